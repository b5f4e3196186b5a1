/*
 * What one decision costs when the FAQ grows: the same messages against 40, 1,000, 10,000 and
 * 100,000 intents. The shipped intents (five keyword lines and five examples of each) are repeated
 * with altered words: about half of the words of more than hiragana become other words of some
 * thousands, and each example names a product of its own, so that lines and examples share common
 * words as those of a real FAQ do. Prints how long each takes to build, and the cost of a decision
 * as a ratio to the first.
 *
 *   bench_intents CONTENT QUESTIONS.jsonl [intents...]
 */
#include "bench.h"

#include "base/utf8.h"
#include "core/content.h"
#include "core/turn.h"

enum {
    LINES = 5, /* keyword lines, and examples, of one intent */
    MESSAGES = 300,
    PASSES = 7,
    POOL = 3000, /* words */
};

static void read_content(const char *dir, struct tree *tree, struct content **content)
{
    struct diags diags;

    diags_init(&diags);
    tree_read(tree, dir, corpus_subdirs, &diags);
    *content = content_parse(tree, &diags);
    if (diags.nerrors > 0) {
        diags_print(&diags, stderr);
        exit(3);
    }
    diags_release(&diags);
}

/* ---- altered words --------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x9E3779B97F4A7C15u;
    return (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
}

/* Two kanji, or three to five katakana. */
static void add_word(uint64_t word, struct buf *out)
{
    uint64_t h = mix(word % POOL + 1);
    bool kanji = h % 2 == 0;
    size_t n = kanji ? 2 : 3 + h / 2 % 3;
    for (size_t i = 0; i < n; i++) {
        h = mix(h + i + 1);
        buf_addcp(out, (uint32_t)(kanji ? 0x4E00 + h % 2000 : 0x30A2 + h % 75));
    }
}

static int script_of(uint32_t cp)
{
    if (cp >= 0x30A1 && cp <= 0x30FC)
        return 1;
    if (cp >= 0x4E00 && cp <= 0x9FFF)
        return 2;
    return 0;
}

/* The line as copy `copy` of its intent says it; copy 0 is the shipped one. What has no word to
 * alter gets one. */
static void add_altered(const char *line, size_t copy, struct buf *out)
{
    struct span rest = span_str(line);
    bool altered = copy == 0;

    while (rest.len > 0) {
        size_t len = 0;
        uint64_t hash = 0;
        int script = -1;
        while (len < rest.len) { /* a run of one script */
            uint32_t cp;
            bool valid;
            size_t n = utf8_decode(rest.ptr + len, rest.len - len, &cp, &valid);
            if (script >= 0 && script_of(cp) != script)
                break;
            script = script_of(cp);
            hash = mix(hash + cp);
            len += n;
        }
        if (copy > 0 && script > 0 && len >= 6 && hash % 2 == 0) {
            add_word(hash + copy * 7919, out);
            altered = true;
        } else {
            buf_add(out, rest.ptr, len);
        }
        rest = span_of(rest.ptr + len, rest.len - len);
    }
    if (!altered) {
        buf_adds(out, " + ");
        add_word(copy * 7919, out);
    }
}

/* Two intents cannot have the same example: `number` is its intent's own. */
static void add_example(const char *example, size_t copy, size_t number, struct buf *out)
{
    if (copy > 0) {
        add_word(copy * 7919, out);
        buf_printf(out, "%zuの", number);
    }
    add_altered(example, copy, out);
}

static void add_lines(const struct content_intent *x, size_t copy, size_t number, struct buf *out)
{
    struct buf line;

    buf_init(&line, 0);
    buf_adds(out, "{\"keywords\":[");
    for (size_t i = 0; i < x->keywords.n && i < LINES; i++) {
        buf_clear(&line);
        add_altered(x->keywords.items[i].s, copy, &line);
        buf_adds(out, i > 0 ? "," : "");
        buf_add_json(out, buf_span(&line));
    }
    buf_adds(out, "],\"examples\":[");
    for (size_t i = 0; i < x->examples.n && i < LINES; i++) {
        buf_clear(&line);
        add_example(x->examples.items[i].s, copy, number, &line);
        buf_adds(out, i > 0 ? "," : "");
        buf_add_json(out, buf_span(&line));
    }
    buf_adds(out, x->reject ? "],\"reject\":true}" : "]}");
    buf_release(&line);
}

/* ---- a content of so many intents ------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    const struct tree_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* tree_add keeps a tree sorted one by one; so many files are sorted once. */
static void add_file(struct tree *t, const char *name, struct span bytes)
{
    t->files = mem_grow(t->files, &t->cap, t->n + 1, sizeof(*t->files));
    t->files[t->n++] =
        (struct tree_file){mem_strdup(name), mem_strndup(bytes.ptr, bytes.len), bytes.len};
}

static void make_tree(const struct tree *shipped, const struct content *content, size_t intents,
                      struct tree *ret)
{
    struct buf bytes;
    char name[160];

    buf_init(&bytes, 0);
    *ret = (struct tree){.root = mem_strdup("synthetic")};
    for (size_t i = 0; i < intents; i++) {
        const struct content_intent *x = &content->intents[i % content->nintents];
        size_t copy = i / content->nintents;
        buf_clear(&bytes);
        add_lines(x, copy, i, &bytes);
        (void)snprintf(name, sizeof(name), "intents/%s-%zu.json", x->id, copy);
        add_file(ret, name, buf_span(&bytes));
        if (x->reject)
            continue;
        buf_clear(&bytes);
        buf_printf(&bytes, "# %s-%zu\n\n%zu\n", x->id, copy, i);
        (void)snprintf(name, sizeof(name), "kb/%s-%zu.md", x->id, copy);
        add_file(ret, name, buf_span(&bytes));
    }
    for (size_t i = 0; i < shipped->n; i++) {
        const struct tree_file *f = &shipped->files[i];
        if (strcmp(f->name, "intents/terms.json") == 0)
            add_file(ret, f->name, span_of(f->bytes, f->len));
    }
    qsort(ret->files, ret->n, sizeof(*ret->files), by_name);
    buf_release(&bytes);
}

/* ---- measuring ------------------------------------------------------------------------------- */

struct result {
    double mean, p99, build_ms;
    size_t answered;
};

static struct result measure(const struct tree *shipped, const struct content *content,
                             size_t intents, const struct bench_questions *q)
{
    const struct corpus_options options = {.answer_at = -1, .choose_at = -1};
    const struct session session = {0};
    double mean[BENCH_ROUNDS], p99[BENCH_ROUNDS];
    size_t nmessages = q->n < MESSAGES ? q->n : MESSAGES;
    double *ns = mem_zalloc_array(PASSES * nmessages, sizeof(*ns));
    struct result r = {0};
    struct tree tree;
    struct diags diags;

    diags_init(&diags);
    make_tree(shipped, content, intents, &tree);
    int64_t begin = bench_ns();
    struct corpus *c = corpus_build(&tree, &options, &diags);
    r.build_ms = (double)(bench_ns() - begin) / 1e6;
    if (c == NULL) {
        diags_print(&diags, stderr);
        exit(3);
    }
    tree_release(&tree);
    diags_release(&diags);
    struct turn *t = turn_new(c);
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        for (size_t k = 0; k < PASSES * nmessages; k++) {
            size_t message = k % nmessages, pass = k / nmessages;
            const char *text = q->items[message * q->n / nmessages]; /* of all kinds */
            begin = bench_ns();
            bool any = turn_decide(t, &session, span_str(text));
            ns[message * PASSES + pass] = (double)(bench_ns() - begin);
            r.answered +=
                round == 0 && pass == 0 && any && t->reply.decision.outcome == OUTCOME_ANSWER;
        }
        struct bench_figures f = bench_summarise(ns, nmessages, PASSES);
        mean[round] = f.mean;
        p99[round] = f.p99;
    }
    r.mean = bench_median(mean, BENCH_ROUNDS);
    r.p99 = bench_median(p99, BENCH_ROUNDS);
    turn_free(t);
    corpus_unref(c);
    free(ns);
    return r;
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {40, 1000, 10000, 100000};
    struct bench_questions q = {0};
    struct tree shipped = {0};
    struct content *content;
    double first = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_intents CONTENT QUESTIONS.jsonl [intents...]\n");
        return 2;
    }
    bench_read_questions(&q, argv[2]);
    read_content(argv[1], &shipped, &content);
    size_t n = argc > 3 ? (size_t)argc - 3 : sizeof(usual) / sizeof(usual[0]);
    for (size_t i = 0; i < n && q.n > 0; i++) {
        size_t intents = argc > 3 ? strtoul(argv[3 + i], NULL, 10) : usual[i];
        struct result r = measure(&shipped, content, intents, &q);
        first = i == 0 ? r.mean : first;
        printf("intents=%zu build_ms=%.0f mean_ns=%.0f p99_ns=%.0f answered=%zu ratio=%.2f\n",
               intents, r.build_ms, r.mean, r.p99, r.answered, r.mean / first);
        fflush(stdout);
    }
    content_free(content);
    tree_release(&shipped);
    bench_release_questions(&q);
    return q.n > 0 ? 0 : 3;
}

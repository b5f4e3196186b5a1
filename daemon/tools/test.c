/*
 * tools/test.c - faqctl test: does the content understand its own examples, and others' questions?
 *
 * Examples are what the classifier learned by heart: they must all reach their topic, and say
 * nothing about the next visitor. Question files do; their figures are printed a file and in all.
 */
#include "base/mem.h"
#include "core/content.h"
#include "core/turn.h"
#include "tools/questions.h"
#include "tools/tools.h"
#include "tools/why.h"

#include <stdlib.h>

enum { TAGS_MAX = 64, TURN_MS = 20 * 1000 /* between two questions of a dialogue */ };

static const char must_pass[] = "must-pass.jsonl";

struct miss { /* a question that was not answered right */
    const char *file;
    unsigned line;
    enum verdict verdict;
    char *want, *got, *text; /* owned */
};

struct file_result {
    const char *file;
    struct tally tally;
    size_t dialogues, dialogues_right;
};

struct tag_result {
    char tag[LABEL_TAG_BYTES_MAX + 1];
    struct tally tally;
};

struct testing {
    const struct tool *o;
    struct corpus *corpus;
    struct turn *turn;
    size_t examples, examples_right;
    struct file_result *files; /* [nfiles] */
    size_t nfiles;
    struct tally all;
    struct reliability reliability;
    struct tag_result tags[TAGS_MAX];
    size_t ntags;
    struct miss *misses, *failed; /* of the files; of the examples */
    size_t nmisses, misses_cap, nfailed, failed_cap;
    bool must_pass_failed;
};

/* ---- what came out, in words ----------------------------------------------------------------- */

static void print_ids(const struct corpus *c, const int32_t *ids, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_addc(out, '|');
        struct span id = corpus_intent_id(c, ids[i]);
        buf_add(out, id.ptr, id.len);
    }
}

static char *taken(struct buf *b)
{
    char *s = mem_strdup(buf_cstr(b));
    buf_release(b);
    return s;
}

static char *wanted_text(const struct corpus *c, const struct label *l)
{
    struct buf b;
    buf_init(&b, 0);
    if (l->nboth > 0)
        print_ids(c, l->both, l->nboth, &b);
    else if (l->want >= 0)
        print_ids(c, &l->want, 1, &b);
    else
        buf_adds(&b, "unanswered");
    return taken(&b);
}

static char *got_text(const struct corpus *c, const struct decision *d)
{
    struct buf b;
    buf_init(&b, 0);
    switch (d->outcome) {
    case OUTCOME_ANSWER:
        print_ids(c, &d->intent, 1, &b);
        break;
    case OUTCOME_CHOOSE:
        buf_adds(&b, "choose ");
        print_ids(c, d->choices, d->nchoices, &b);
        break;
    case OUTCOME_UNANSWERED:
        buf_adds(&b, "unanswered");
        break;
    }
    return taken(&b);
}

static struct miss miss_of(const struct testing *t, const char *file, unsigned line,
                           const char *text, const struct label *l, enum verdict v)
{
    return (struct miss){file,
                         line,
                         v,
                         wanted_text(t->corpus, l),
                         got_text(t->corpus, &t->turn->reply.decision),
                         mem_strdup(text)};
}

/* ---- examples -------------------------------------------------------------------------------- */

static void print_reasons(const struct turn *t, int32_t intent)
{
    struct reason reasons[REASONS_MAX];
    size_t n = why_reasons(t, intent, reasons, REASONS_MAX);
    struct buf line;

    buf_init(&line, 0);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&line);
        why_print(t, &reasons[i], LANG_EN, &line);
        printf("    %s\n", buf_cstr(&line));
    }
    buf_release(&line);
}

static void print_failed(struct testing *t, const struct miss *m, int32_t wanted)
{
    const struct decision *d = &t->turn->reply.decision;

    printf("%s:%u: '%s' should land on %s, but got %s (%.2f)\n", m->file, m->line, m->text, m->want,
           m->got, (double)d->confidence);
    turn_explain(t->turn);
    if (d->intent >= 0) {
        struct span id = corpus_intent_id(t->corpus, d->intent);
        printf("  for %.*s:\n", SPAN_ARG(id));
        print_reasons(t->turn, d->intent);
    }
    if (wanted != d->intent) {
        struct span id = corpus_intent_id(t->corpus, wanted);
        printf("  for %.*s:\n", SPAN_ARG(id));
        print_reasons(t->turn, wanted);
    }
}

static void decide_alone(struct testing *t, const char *text, const char *context, enum lang lang)
{
    struct session session;
    tool_session(&session, context, lang, t->o->now_ms);
    if (!turn_decide(t->turn, &session, span_str(text)))
        t->turn->reply.decision = (struct decision){.outcome = OUTCOME_UNANSWERED, .intent = -1};
}

static void run_example(struct testing *t, int32_t intent, const struct content_string *example)
{
    const struct content_intent *x = &corpus_content(t->corpus)->intents[intent];
    const struct label label = {.want = x->reject ? -1 : intent};

    decide_alone(t, example->s, NULL, LANG_JA);
    enum verdict v = score_verdict(&label, &t->turn->reply.decision);
    t->examples++;
    if (v == VERDICT_RIGHT) {
        t->examples_right++;
        return;
    }
    t->failed = mem_grow(t->failed, &t->failed_cap, t->nfailed + 1, sizeof(*t->failed));
    struct miss *m = &t->failed[t->nfailed++];
    *m = miss_of(t, x->file, example->line, example->s, &label, v);
    if (!t->o->json)
        print_failed(t, m, intent);
}

static void run_examples(struct testing *t)
{
    const struct content *content = corpus_content(t->corpus);
    for (size_t i = 0; i < content->nintents; i++) {
        for (size_t k = 0; k < content->intents[i].examples.n; k++)
            run_example(t, (int32_t)i, &content->intents[i].examples.items[k]);
    }
}

/* ---- question files -------------------------------------------------------------------------- */

/* One turn as the daemon runs it: the dialogue comes and goes as a token. */
static void run_turn(struct testing *t, struct session *session, const char *text)
{
    static const unsigned char key[SESSION_KEY_BYTES] = {0}; /* no visitor sees these tokens */
    const struct turn_env env = {.session_key = key, .now_ms = session->last_ms + TURN_MS};
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct buf message;

    buf_init(&message, 0);
    session_sign(session, key, token);
    buf_printf(&message, "{\"type\":\"ask\",\"session\":\"%s\",\"text\":", token);
    buf_add_json(&message, span_str(text));
    buf_addc(&message, '}');
    turn_run(t->turn, &env, session, buf_span(&message));
    if (t->turn->err.code != WIRE_OK)
        t->turn->reply.decision = (struct decision){.outcome = OUTCOME_UNANSWERED, .intent = -1};
    buf_release(&message);
}

static struct tally *tally_of_tag(struct testing *t, const char *tag)
{
    for (size_t i = 0; i < t->ntags; i++) {
        if (strcmp(t->tags[i].tag, tag) == 0)
            return &t->tags[i].tally;
    }
    if (t->ntags == TAGS_MAX)
        return NULL;
    memcpy(t->tags[t->ntags].tag, tag, strlen(tag) + 1);
    return &t->tags[t->ntags++].tally;
}

static enum verdict count(struct testing *t, struct file_result *f, const struct question *q)
{
    const struct decision *d = &t->turn->reply.decision;
    enum verdict v = score_verdict(&q->label, d);
    struct tally *tag = q->label.tag[0] != '\0' ? tally_of_tag(t, q->label.tag) : NULL;

    tally_add(&f->tally, &q->label, v);
    if (tag != NULL)
        tally_add(tag, &q->label, v);
    reliability_add(&t->reliability, (double)d->confidence, score_is_right(&q->label, d->intent));
    if (v != VERDICT_RIGHT) {
        t->misses = mem_grow(t->misses, &t->misses_cap, t->nmisses + 1, sizeof(*t->misses));
        t->misses[t->nmisses++] = miss_of(t, f->file, q->line, q->text, &q->label, v);
    }
    return v;
}

static void run_dialogues(struct testing *t, struct file_result *f, const struct questions *q)
{
    struct session session = {0};
    bool right = true;

    for (size_t i = 0; i < q->n; i++) {
        if (q->items[i].begins) {
            session_begin(&session, t->o->now_ms);
            right = true;
            f->dialogues++;
        }
        run_turn(t, &session, q->items[i].text);
        right = count(t, f, &q->items[i]) == VERDICT_RIGHT && right;
        if (i + 1 == q->n || q->items[i + 1].begins)
            f->dialogues_right += right;
    }
}

static bool is_must_pass(const char *file)
{
    const char *slash = strrchr(file, '/');
    return strcmp(slash != NULL ? slash + 1 : file, must_pass) == 0;
}

static void run_file(struct testing *t, const struct questions *q)
{
    struct file_result *f = &t->files[t->nfiles++];

    f->file = q->file;
    if (q->dialogues) {
        run_dialogues(t, f, q);
    } else {
        for (size_t i = 0; i < q->n; i++) {
            decide_alone(t, q->items[i].text, q->items[i].context, q->items[i].lang);
            (void)count(t, f, &q->items[i]);
        }
    }
    tally_sum(&t->all, &f->tally);
    if (is_must_pass(q->file) && !tally_all_right(&f->tally))
        t->must_pass_failed = true;
}

/* ---- the report ------------------------------------------------------------------------------ */

static int by_kind(const void *a, const void *b)
{
    const struct miss *x = a, *y = b;
    int order = strcmp(x->want, y->want);
    if (order == 0)
        order = strcmp(x->got, y->got);
    if (order == 0)
        order = strcmp(x->file, y->file);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

struct confusion { /* misses [first, first + n) have the same want and got */
    size_t first, n;
};

static int by_count(const void *a, const void *b)
{
    const struct confusion *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

static size_t group_misses(struct testing *t, struct confusion *groups)
{
    size_t n = 0;
    if (t->nmisses > 0)
        qsort(t->misses, t->nmisses, sizeof(*t->misses), by_kind);
    for (size_t i = 0; i < t->nmisses; i++) {
        if (i > 0 && strcmp(t->misses[i].want, t->misses[i - 1].want) == 0 &&
            strcmp(t->misses[i].got, t->misses[i - 1].got) == 0)
            groups[n - 1].n++;
        else
            groups[n++] = (struct confusion){i, 1};
    }
    if (n > 0)
        qsort(groups, n, sizeof(*groups), by_count);
    return n;
}

static double percent(size_t part, size_t all)
{
    return all > 0 ? 100 * (double)part / (double)all : 0;
}

static void print_row(const char *name, const char *scope, const size_t counts[VERDICTS],
                      size_t all, double share)
{
    if (all == 0)
        return;
    printf("%-34s %-12s %5zu", name, scope, all);
    for (int v = 0; v < VERDICTS; v++)
        printf("  %5zu %5.1f%%", counts[v], percent(counts[v], all));
    printf("  %5.1f%%\n", 100 * share);
}

static void print_tally(const char *name, const struct tally *t)
{
    print_row(name, "in scope", t->in, tally_in(t), tally_in_share(t));
    print_row(name, "out of scope", t->out, tally_out(t), tally_out_share(t));
}

static void print_head(const char *first)
{
    printf("\n%-34s %-12s %5s", first, "", "all");
    for (int v = 0; v < VERDICTS; v++)
        printf("  %12s", verdict_name((enum verdict)v));
    printf("  %6s\n", "score");
}

static void print_reliability(const struct reliability *r)
{
    printf("\nexpected calibration error %.3f\n%-12s %6s %11s %7s\n", reliability_error(r),
           "confidence", "n", "on average", "right");
    for (int i = 0; i < SCORE_BINS; i++) {
        size_t n = r->bins[i].n;
        printf("%.1f to %.1f   %6zu", (double)i / SCORE_BINS, (double)(i + 1) / SCORE_BINS, n);
        if (n > 0)
            printf(" %11.3f %6.1f%%", r->bins[i].confidence / (double)n,
                   percent(r->bins[i].right, n));
        puts("");
    }
}

static void print_confusions(struct testing *t)
{
    struct confusion *groups = mem_zalloc_array(t->nmisses + 1, sizeof(*groups));
    size_t n = group_misses(t, groups);

    if (n > 0)
        puts("\nwanted -> got");
    for (size_t i = 0; i < n; i++) {
        const struct miss *m = &t->misses[groups[i].first];
        printf("%4zu  %s -> %s  (%s)\n", groups[i].n, m->want, m->got, verdict_name(m->verdict));
        for (size_t k = 0; t->o->verbose && k < groups[i].n; k++)
            printf("        %s:%u: %s\n", m[k].file, m[k].line, m[k].text);
    }
    free(groups);
}

static void print_report(struct testing *t)
{
    printf("examples: %zu of %zu reach their topic\n", t->examples_right, t->examples);
    if (t->nfiles == 0)
        return;
    print_head("file");
    for (size_t i = 0; i < t->nfiles; i++)
        print_tally(t->files[i].file, &t->files[i].tally);
    if (t->nfiles > 1)
        print_tally("all", &t->all);
    for (size_t i = 0; i < t->nfiles; i++) {
        if (t->files[i].dialogues > 0)
            printf("%s: %zu of %zu dialogues right from beginning to end\n", t->files[i].file,
                   t->files[i].dialogues_right, t->files[i].dialogues);
    }
    if (t->o->verbose && t->ntags > 0) {
        print_head("tag");
        for (size_t i = 0; i < t->ntags; i++)
            print_tally(t->tags[i].tag, &t->tags[i].tally);
    }
    print_reliability(&t->reliability);
    print_confusions(t);
    if (t->must_pass_failed)
        printf("\n%s: not all right\n", must_pass);
}

/* ---- the same as JSON ------------------------------------------------------------------------ */

static void json_counts(const char *name, const size_t counts[VERDICTS], size_t all, double share,
                        struct buf *out)
{
    buf_printf(out, "\"%s\":{\"all\":%zu", name, all);
    for (int v = 0; v < VERDICTS; v++)
        buf_printf(out, ",\"%s\":%zu", verdict_name((enum verdict)v), counts[v]);
    buf_printf(out, ",\"score\":%.6f}", share);
}

static void json_tally(const struct tally *t, struct buf *out)
{
    json_counts("in_scope", t->in, tally_in(t), tally_in_share(t), out);
    buf_addc(out, ',');
    json_counts("out_of_scope", t->out, tally_out(t), tally_out_share(t), out);
}

static void json_misses(const struct miss *misses, size_t n, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, i > 0 ? ",{\"file\":" : "{\"file\":");
        buf_add_json(out, span_str(misses[i].file));
        buf_printf(out, ",\"line\":%u,\"verdict\":\"%s\",\"want\":", misses[i].line,
                   verdict_name(misses[i].verdict));
        buf_add_json(out, span_str(misses[i].want));
        buf_adds(out, ",\"got\":");
        buf_add_json(out, span_str(misses[i].got));
        buf_adds(out, ",\"q\":");
        buf_add_json(out, span_str(misses[i].text));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void json_files(const struct testing *t, struct buf *out)
{
    buf_adds(out, "\"files\":[");
    for (size_t i = 0; i < t->nfiles; i++) {
        const struct file_result *f = &t->files[i];
        buf_adds(out, i > 0 ? ",{\"file\":" : "{\"file\":");
        buf_add_json(out, span_str(f->file));
        buf_addc(out, ',');
        json_tally(&f->tally, out);
        if (f->dialogues > 0)
            buf_printf(out, ",\"dialogues\":{\"all\":%zu,\"right\":%zu}", f->dialogues,
                       f->dialogues_right);
        buf_addc(out, '}');
    }
    buf_adds(out, "],\"tags\":[");
    for (size_t i = 0; i < t->ntags; i++) {
        buf_adds(out, i > 0 ? ",{\"tag\":" : "{\"tag\":");
        buf_add_json(out, span_str(t->tags[i].tag));
        buf_addc(out, ',');
        json_tally(&t->tags[i].tally, out);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void json_reliability(const struct reliability *r, struct buf *out)
{
    buf_printf(out, "\"calibration_error\":%.6f,\"reliability\":[", reliability_error(r));
    for (int i = 0; i < SCORE_BINS; i++) {
        size_t n = r->bins[i].n;
        double each = n > 0 ? 1.0 / (double)n : 0;
        buf_printf(out,
                   "%s{\"from\":%.1f,\"to\":%.1f,\"n\":%zu,\"confidence\":%.6f,\"right\":%.6f}",
                   i > 0 ? "," : "", (double)i / SCORE_BINS, (double)(i + 1) / SCORE_BINS, n,
                   r->bins[i].confidence * each, (double)r->bins[i].right * each);
    }
    buf_addc(out, ']');
}

static void print_json(struct testing *t)
{
    struct buf out;

    buf_init(&out, 0);
    buf_printf(&out, "{\"revision\":\"%s\",\"examples\":{\"all\":%zu,\"right\":%zu,\"failed\":",
               corpus_revision(t->corpus), t->examples, t->examples_right);
    json_misses(t->failed, t->nfailed, &out);
    buf_adds(&out, "},");
    json_files(t, &out);
    buf_adds(&out, ",\"all\":{");
    json_tally(&t->all, &out);
    buf_adds(&out, "},");
    json_reliability(&t->reliability, &out);
    buf_adds(&out, ",\"misses\":");
    if (t->nmisses > 0)
        qsort(t->misses, t->nmisses, sizeof(*t->misses), by_kind);
    json_misses(t->misses, t->nmisses, &out);
    buf_adds(&out, "}\n");
    (void)fwrite(out.ptr, 1, out.len, stdout); /* tool_finish() looks at ferror */
    buf_release(&out);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Reads all files before any is asked, so that a mistake costs no waiting. */
static bool read_files(const struct tool *o, const struct corpus *c, struct questions *files)
{
    struct diags diags;
    struct err err;
    bool all = true;

    diags_init(&diags);
    for (size_t i = 0; i < o->nwords; i++) {
        if (questions_read(&files[i], o->words[i], c, &diags, &err) != ERR_OK) {
            fprintf(stderr, "faqctl test: %s\n", err.text);
            all = false;
        }
    }
    diags_print(&diags, stderr);
    all = all && diags.nerrors == 0;
    diags_release(&diags);
    return all;
}

static void misses_free(struct miss *misses, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(misses[i].want);
        free(misses[i].got);
        free(misses[i].text);
    }
    free(misses);
}

static int run_all(const struct tool *o, struct corpus *c, const struct questions *files)
{
    struct testing t = {.o = o, .corpus = c, .turn = turn_new(c)};

    t.files = mem_zalloc_array(o->nwords + 1, sizeof(*t.files));
    run_examples(&t);
    for (size_t i = 0; i < o->nwords; i++)
        run_file(&t, &files[i]);
    if (o->json)
        print_json(&t);
    else
        print_report(&t);
    bool fine = t.nfailed == 0 && !t.must_pass_failed;
    misses_free(t.misses, t.nmisses);
    misses_free(t.failed, t.nfailed);
    free(t.files);
    turn_free(t.turn);
    return tool_finish(o, fine ? TOOL_FINE : TOOL_FINDINGS);
}

int test_run(const struct tool *o)
{
    int status = TOOL_TROUBLE;

    for (size_t i = 0; i < o->nwords; i++) {
        if (!questions_takes(o->words[i])) {
            fprintf(stderr, "faqctl test: '%s': must be *.jsonl (questions) or *.txt (dialogues)\n",
                    o->words[i]);
            return TOOL_USAGE;
        }
    }
    struct corpus *c = tool_corpus(o);
    if (c == NULL)
        return TOOL_TROUBLE;
    struct questions *files = mem_zalloc_array(o->nwords + 1, sizeof(*files));
    if (read_files(o, c, files))
        status = run_all(o, c, files);
    for (size_t i = 0; i < o->nwords; i++)
        questions_release(&files[i]);
    free(files);
    corpus_unref(c);
    return status;
}

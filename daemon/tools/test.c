/*
 * tools/test.c - faqctl test: does the content understand its own examples, and others' questions?
 *
 * Examples are what the classifier learned by heart: they must all reach their topic, and say
 * nothing about the next visitor. Question files do; their figures are printed a file and in all.
 */
#include "base/mem.h"
#include "core/content.h"
#include "tools/testing.h"
#include "tools/why.h"

#include <stdlib.h>

enum { TURN_MS = 20 * 1000 /* between two questions of a dialogue */ };

static const char must_pass[] = "must-pass.jsonl";

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

char *testing_got(const struct testing *t)
{
    const struct decision *d = &t->turn->reply.decision;
    struct buf b;

    buf_init(&b, 0);
    switch (d->outcome) {
    case OUTCOME_ANSWER:
        print_ids(t->corpus, &d->intent, 1, &b);
        break;
    case OUTCOME_CHOOSE:
        buf_adds(&b, "choose ");
        print_ids(t->corpus, d->choices, d->nchoices, &b);
        break;
    case OUTCOME_UNANSWERED:
        buf_adds(&b, "unanswered");
        break;
    }
    return taken(&b);
}

/* ---- why it came out so ------------------------------------------------------------------------
 */

static void add_reasons(const struct turn *t, int32_t intent, struct buf *out)
{
    struct reason reasons[REASONS_MAX];
    size_t n = why_reasons(t, intent, reasons, REASONS_MAX);

    if (intent >= 0) {
        struct span id = corpus_intent_id(turn_corpus(t), intent);
        buf_printf(out, "  for %.*s:\n", SPAN_ARG(id));
    }
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, "    ");
        why_print(t, &reasons[i], LANG_EN, out);
        buf_addc(out, '\n');
    }
}

/* What spoke for the topic that came out best, and for the one that was wanted. */
static char *why_text(struct testing *t, int32_t wanted)
{
    const struct decision *d = &t->turn->reply.decision;
    struct buf b;

    buf_init(&b, 0);
    turn_explain(t->turn);
    if (d->intent >= 0)
        add_reasons(t->turn, d->intent, &b);
    if (wanted >= 0 && wanted != d->intent)
        add_reasons(t->turn, wanted, &b);
    return taken(&b);
}

static struct miss miss_of(struct testing *t, const char *file, unsigned line, const char *text,
                           const struct label *l, enum verdict v)
{
    return (struct miss){.file = file,
                         .line = line,
                         .verdict = v,
                         .confidence = t->turn->reply.decision.confidence,
                         .want = wanted_text(t->corpus, l),
                         .got = testing_got(t),
                         .text = mem_strdup(text)};
}

/* ---- examples -------------------------------------------------------------------------------- */

static void print_failed(struct testing *t, struct miss *m, int32_t wanted)
{
    m->why = why_text(t, wanted);
    printf("%s:%u: '%s' should land on %s, but got %s (%.2f)\n%s", m->file, m->line, m->text,
           m->want, m->got, (double)m->confidence, m->why);
}

void testing_decide(struct testing *t, const char *text, const char *context, enum lang lang)
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

    testing_decide(t, example->s, NULL, LANG_JA);
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
    tradeoff_add(&t->tradeoff, &q->label, d->intent, (double)d->confidence);
    if (v != VERDICT_RIGHT) {
        t->misses = mem_grow(t->misses, &t->misses_cap, t->nmisses + 1, sizeof(*t->misses));
        struct miss *m = &t->misses[t->nmisses++];
        *m = miss_of(t, f->file, q->line, q->text, &q->label, v);
        if (t->o->verbose)
            m->why = why_text(t, q->label.nboth > 0 ? q->label.both[0] : q->label.want);
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
            testing_decide(t, q->items[i].text, q->items[i].context, q->items[i].lang);
            (void)count(t, f, &q->items[i]);
        }
    }
    tally_sum(&t->all, &f->tally);
    if (is_must_pass(q->file) && !tally_all_right(&f->tally))
        t->must_pass_failed = true;
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
        free(misses[i].why);
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
    if (!o->quick)
        metamorph_run(&t);
    metamorph_sort(&t);
    if (o->json)
        report_print_json(&t);
    else
        report_print(&t);
    bool fine = t.nfailed == 0 && !t.must_pass_failed && metamorph_all_hold(&t);
    metamorph_release(&t);
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

/*
 * core/corpus.c - content to corpus, in the order in which one part needs another:
 * files → values → answers → terms, lines, patterns → sentences → classifier → calibration
 *
 * Lines are weighed on the content's own sentences, the curve and the thresholds on sentences that
 * a classifier was not trained on. Both see examples and titles only: nothing that a visitor typed.
 */
#include "core/corpus.h"

#include "base/clock.h"
#include "base/mem.h"
#include "core/parts.h"

#include <assert.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

const char *const corpus_subdirs[] = {"intents", "kb", NULL};

enum {
    CACHE_VERSION = 2, /* changes with training, weights and calibration */
    CACHE_BYTES_MAX = 256 << 20,
    CACHE_PATH_MAX = 4096,
    HELD_OUT = 1,
    FOLDS = 2, /* half is held out once: as new to the other half as visitors are, and cheap */
    CALIBRATE_ROUNDS = 30,
};

/* What a line is worth that no sentence has tried yet, and how fast sentences change that. */
static const double PRIOR_OWN = 4, PRIOR_OTHER = 0.4;
static const double LINE_WEIGHT = 1.1, LINE_LEAST = 0.1, LINE_MOST = 1.5;
static const double FURTHER_TERM = 0.15;

/* How many sentences the usual curve counts for. */
static const double PRIOR_CURVE = 100;
static const float ANSWER_AT = 0.6F, CHOOSE_AT = 0.65F;
/* A wrong answer costs as much as so many right ones are worth. */
static const double WRONG_COSTS = 3;
/* Of an honest curve the best threshold is known. What held-out sentences say beyond that is half
 * noise: one more example would move it. */
static const float THRESHOLD_TRUST = 0.3F;

/* ---- terms, lines, patterns ------------------------------------------------------------------ */

struct building {
    struct corpus *c;
    struct diags *diags;
    struct terms_builder *terms;
    struct patterns_builder *patterns;
    size_t patterns_cap;
};

static const char terms_file[] = "intents/terms.json";

static void complain(struct building *b, const char *file, unsigned line, const char *what,
                     const struct err *err)
{
    diags_add(b->diags, SEVERITY_ERROR, file, line, "%s: %s", what, err->text);
}

static void add_spellings(struct building *b, uint32_t id, const struct content_strings *list,
                          const char *what)
{
    struct err err;
    for (size_t i = 0; i < list->n; i++) {
        if (terms_alias(b->terms, id, span_str(list->items[i].s), &err) != ERR_OK)
            complain(b, terms_file, list->items[i].line, what, &err);
    }
}

static void add_term_table(struct building *b)
{
    const struct content *content = b->c->content;
    struct err err;

    for (size_t i = 0; i < content->ntypos; i++) {
        const struct content_typo *typo = &content->typos[i];
        for (size_t k = 0; k < typo->wrong.n; k++) {
            if (terms_misconversion(b->terms, span_str(typo->right),
                                    span_str(typo->wrong.items[k].s), &err) != ERR_OK)
                complain(b, terms_file, typo->wrong.items[k].line, "typos", &err);
        }
    }
    for (size_t i = 0; i < content->guards.n; i++) {
        if (terms_guard(b->terms, span_str(content->guards.items[i].s), &err) != ERR_OK)
            complain(b, terms_file, content->guards.items[i].line, "guards", &err);
    }
    for (size_t i = 0; i < content->nterms; i++) {
        const struct content_term *term = &content->terms[i];
        uint32_t id;
        if (terms_add(b->terms, span_str(term->name), &id, &err) != ERR_OK) {
            complain(b, terms_file, term->line, "terms", &err);
            continue;
        }
        if (id >= b->c->ntable_terms)
            b->c->ntable_terms = id + 1;
        add_spellings(b, id, &term->aliases, "aliases");
        add_spellings(b, id, &term->readings, "readings");
    }
}

/* What people really say is no typing error of a spelling. */
static void add_known_words(struct building *b)
{
    const struct corpus *c = b->c;
    for (size_t i = 0; i < c->content->nintents; i++) {
        const struct content_strings *examples = &c->content->intents[i].examples;
        const struct kb_answer *en = kb_find(c->kb, (int32_t)i, LANG_EN, -1);
        for (size_t k = 0; k < examples->n; k++)
            terms_known_words(b->terms, span_str(examples->items[k].s));
        if (en != NULL)
            terms_known_words(b->terms, en->title);
    }
}

static void add_line(struct building *b, enum rule_kind kind, int32_t intent, int32_t topic,
                     const char *file, const struct content_string *line, const char *what)
{
    struct err err;
    if (rules_add(b->c->rules, b->terms, kind, intent, topic, span_str(line->s), line->s, &err) !=
        ERR_OK)
        complain(b, file, line->line, what, &err);
}

static void add_slots(struct building *b)
{
    const struct content *content = b->c->content;
    for (size_t i = 0; i < content->nslots; i++) {
        for (size_t v = 0; v < content->slots[i].nvalues; v++) {
            const struct content_strings *terms = &content->slots[i].values[v].terms;
            for (size_t k = 0; k < terms->n; k++)
                add_line(b, RULE_SLOT, -1, (int32_t)(i << 8 | v), content->slots[i].file,
                         &terms->items[k], "terms");
        }
    }
}

static void add_pattern(struct building *b, int32_t intent, const char *file,
                        const struct content_string *pattern)
{
    struct err err;
    uint32_t id;
    if (patterns_add(b->patterns, span_str(pattern->s), &id, &err) != ERR_OK) {
        complain(b, file, pattern->line, "regex", &err);
        return;
    }
    b->c->pattern_intent =
        mem_grow(b->c->pattern_intent, &b->patterns_cap, id + (size_t)1, sizeof(int32_t));
    b->c->pattern_intent[id] = intent;
}

static void add_intents(struct building *b)
{
    const struct content *content = b->c->content;
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        for (size_t k = 0; k < x->keywords.n; k++)
            add_line(b, RULE_KEYWORD, (int32_t)i, -1, x->file, &x->keywords.items[k], "keywords");
        for (size_t k = 0; k < x->unless.n; k++)
            add_line(b, RULE_UNLESS, (int32_t)i, -1, x->file, &x->unless.items[k], "unless");
        for (size_t a = 0; a < x->nafter; a++) {
            for (size_t k = 0; k < x->after[a].lines.n; k++)
                add_line(b, RULE_AFTER, (int32_t)i, x->after[a].intent, x->file,
                         &x->after[a].lines.items[k], "after");
        }
        for (size_t k = 0; k < x->patterns.n; k++)
            add_pattern(b, (int32_t)i, x->file, &x->patterns.items[k]);
    }
}

/* ---- sentences ------------------------------------------------------------------------------- */

struct learning {
    struct corpus *c;
    struct classify_set *set;
    struct text *text;
    struct match *m;
    struct terms_scratch *terms;
    struct rules_scratch *rules;
    struct patterns_scratch *patterns;
    size_t examples_cap;
    uint32_t *rule_own,
        *rule_other; /* in how many sentences of its own and other intents a line is complete */
    uint32_t *pattern_own, *pattern_other;
};

static void note_exact(struct corpus *c, const struct text *text, int32_t intent)
{
    uint64_t h = parts_exact_hash(text);
    size_t at = h & (c->exact_slots - 1);
    while (c->exact[at].hash != 0 && c->exact[at].hash != h)
        at = (at + 1) & (c->exact_slots - 1);
    if (c->exact[at].hash == 0)
        c->exact[at] = (struct exact_slot){h, intent};
    else if (c->exact[at].intent != intent)
        c->exact[at].intent = -1; /* two intents claim it: it proves nothing */
}

static void learn(struct learning *l, int32_t intent, struct span sentence)
{
    struct corpus *c = l->c;
    struct match *m = l->m;
    int32_t class = parts_class(c, intent);
    size_t nnear;

    text_make(l->text, sentence);
    m->nhits = terms_run(c->terms, l->terms, l->text, m->hits, TERM_HITS_MAX, NULL, 0, &nnear);
    m->nrules = rules_run(c->rules, l->rules, m->hits, m->nhits, -1, m->rules, RULE_HITS_MAX);
    for (size_t i = 0; i < m->nrules; i++) {
        uint32_t rule = m->rules[i].rule;
        bool own = parts_class(c, rules_get(c->rules, rule)->intent) == class;
        (own ? l->rule_own : l->rule_other)[rule]++;
    }
    size_t n = patterns_run(c->patterns, l->patterns, l->text, m->patterns, MATCH_PATTERNS_MAX);
    for (size_t i = 0; i < n && i < MATCH_PATTERNS_MAX; i++) {
        uint32_t pattern = m->patterns[i].pattern;
        bool own = parts_class(c, c->pattern_intent[pattern]) == class;
        (own ? l->pattern_own : l->pattern_other)[pattern]++;
    }
    c->examples = mem_grow(c->examples, &l->examples_cap, c->nexamples + 1, sizeof(*c->examples));
    c->examples[c->nexamples] = (struct example){intent, sentence};
    classify_set_add(l->set, (uint32_t) class, (uint32_t)c->nexamples++, l->text, m->hits, m->nhits,
                     c->ntable_terms);
    if (!text_empty(l->text))
        note_exact(c, l->text, class);
}

/* What a complete line says for its intent, from how often it was right among the content's own
 * sentences. */
static float line_weight(uint32_t own, uint32_t other, uint32_t nterms)
{
    double right = (own + PRIOR_OWN) / (own + other + PRIOR_OWN + PRIOR_OTHER);
    double unit = log(PRIOR_OWN / PRIOR_OTHER);
    double w = LINE_WEIGHT * log(right / (1 - right)) / unit + FURTHER_TERM * (nterms - 1);
    return (float)fmin(fmax(w, LINE_LEAST), LINE_MOST);
}

static void learn_all(struct learning *l)
{
    struct corpus *c = l->c;
    size_t sentences = 0, nrules = rules_count(c->rules), npatterns = patterns_count(c->patterns);

    for (size_t i = 0; i < c->content->nintents; i++)
        sentences += c->content->intents[i].examples.n + 2;
    c->reject = -1;
    for (size_t i = c->content->nintents; i-- > 0;) {
        if (c->content->intents[i].reject)
            c->reject = (int32_t)i;
    }
    c->exact_slots = 16;
    while (c->exact_slots < 2 * sentences)
        c->exact_slots *= 2;
    c->exact = mem_zalloc_array(c->exact_slots, sizeof(*c->exact));
    for (size_t i = 0; i < c->content->nintents; i++) {
        const struct content_intent *x = &c->content->intents[i];
        const struct kb_answer *ja = kb_find(c->kb, (int32_t)i, LANG_JA, -1);
        const struct kb_answer *en = kb_find(c->kb, (int32_t)i, LANG_EN, -1);
        for (size_t k = 0; k < x->examples.n; k++)
            learn(l, (int32_t)i, span_str(x->examples.items[k].s));
        if (ja != NULL)
            learn(l, (int32_t)i, ja->title);
        if (en != NULL && en->lang == LANG_EN)
            learn(l, (int32_t)i, en->title);
    }
    c->rule_weight = mem_zalloc_array(nrules + 1, sizeof(float));
    for (uint32_t i = 0; i < nrules; i++)
        c->rule_weight[i] =
            line_weight(l->rule_own[i], l->rule_other[i], rules_get(c->rules, i)->nterms);
    c->pattern_weight = mem_zalloc_array(npatterns + 1, sizeof(float));
    for (uint32_t i = 0; i < npatterns; i++)
        c->pattern_weight[i] = line_weight(l->pattern_own[i], l->pattern_other[i], 2);
}

/* ---- calibration ----------------------------------------------------------------------------- */

struct trial { /* a held-out sentence: how its best topic looked, and whether it was right */
    struct outlook outlook;
    bool right;
};

static bool is_reject(const struct corpus *c, uint32_t label)
{
    return c->content->intents[label].reject;
}

static struct trial try_sentence(const struct corpus *c, const struct classify_result *r,
                                 uint32_t label)
{
    struct trial t = {.right = false};
    struct outlook *o = &t.outlook;
    float rival = 0;
    uint32_t best = UINT32_MAX;

    for (size_t i = 0; i < r->n; i++) {
        float s = decide_sentence_score(r->coverage, r->top[i].margin, r->top[i].cosine);
        if (is_reject(c, r->top[i].label)) {
            o->reject = fmaxf(o->reject, s);
        } else if (s > o->score) {
            rival = fmaxf(rival, o->score);
            o->score = s;
            o->support = r->top[i].support;
            best = r->top[i].label;
        } else {
            rival = fmaxf(rival, s);
        }
    }
    o->lead = o->score - fmaxf(rival, o->reject);
    t.right = best == label;
    return t;
}

/* Solves h · d = g by elimination; h is positive definite through the prior. d replaces g. */
static void solve(double h[OUTLOOKS + 1][OUTLOOKS + 1], double g[OUTLOOKS + 1])
{
    for (int a = 0; a <= OUTLOOKS; a++) {
        for (int b = a + 1; b <= OUTLOOKS; b++) {
            double f = h[b][a] / h[a][a];
            for (int k = a; k <= OUTLOOKS; k++)
                h[b][k] -= f * h[a][k];
            g[b] -= f * g[a];
        }
    }
    for (int a = OUTLOOKS; a >= 0; a--) {
        for (int k = a + 1; k <= OUTLOOKS; k++)
            g[a] -= h[a][k] * g[k];
        g[a] /= h[a][a];
    }
}

/* Logistic regression by Newton's method, drawn towards the usual curve. Rounded, so that the last
 * bit of a libm is no other decision. */
static struct calibration fit(const struct trial *trials, size_t n)
{
    struct calibration ret = calibration_usual;
    double w[OUTLOOKS + 1];

    for (int a = 0; a < OUTLOOKS; a++)
        w[a] = (double)ret.by[a];
    w[OUTLOOKS] = (double)ret.offset;
    for (int round = 0; round < CALIBRATE_ROUNDS; round++) {
        double g[OUTLOOKS + 1], h[OUTLOOKS + 1][OUTLOOKS + 1] = {{0}};
        for (int a = 0; a <= OUTLOOKS; a++) {
            double usual =
                (double)(a < OUTLOOKS ? calibration_usual.by[a] : calibration_usual.offset);
            g[a] = PRIOR_CURVE * (w[a] - usual);
            h[a][a] = PRIOR_CURVE;
        }
        for (size_t i = 0; i < n; i++) {
            float f[OUTLOOKS];
            double x[OUTLOOKS + 1], sum = 0;
            outlook_features(&trials[i].outlook, f);
            for (int a = 0; a <= OUTLOOKS; a++) {
                x[a] = a < OUTLOOKS ? (double)f[a] : 1;
                sum += w[a] * x[a];
            }
            double p = 1 / (1 + exp(-sum));
            for (int a = 0; a <= OUTLOOKS; a++) {
                g[a] += (p - trials[i].right) * x[a];
                for (int b = 0; b <= OUTLOOKS; b++)
                    h[a][b] += p * (1 - p) * x[a] * x[b];
            }
        }
        solve(h, g);
        for (int a = 0; a <= OUTLOOKS; a++)
            w[a] -= g[a];
    }
    for (int a = 0; a < OUTLOOKS; a++)
        ret.by[a] = (float)(rint(w[a] * 256) / 256);
    ret.offset = (float)(rint(w[OUTLOOKS] * 256) / 256);
    return ret;
}

/* The threshold at which right answers less WRONG_COSTS times the wrong ones are most. */
static float best_threshold(const struct calibration *k, const struct trial *trials, size_t n)
{
    float best = ANSWER_AT;
    double most = -1e30;
    for (int step = 40; step <= 90; step++) {
        float at = (float)step / 100;
        double worth = 0;
        for (size_t i = 0; i < n; i++) {
            if (calibration_apply(k, &trials[i].outlook) >= at)
                worth += trials[i].right ? 1 : -WRONG_COSTS;
        }
        if (worth > most) {
            most = worth;
            best = at;
        }
    }
    return best;
}

static void calibrate(struct corpus *c, const struct classify_set *set)
{
    size_t n = 0, size = classify_set_size(set);

    c->calibration = calibration_usual;
    c->answer_at = ANSWER_AT;
    c->choose_at = CHOOSE_AT;
    if (size < PARTS_SENTENCES_LEAST || !classifier_linear(c->classifier))
        return;
    struct classifier *part = classify_train(set, FOLDS, HELD_OUT);
    struct classify_scratch *scratch = classify_scratch_new(part);
    struct trial *trials = mem_zalloc_array(size, sizeof(*trials));
    for (size_t i = 0; i < size; i++) {
        struct classify_result r;
        if (classify_set_fold(set, FOLDS, i) != HELD_OUT)
            continue;
        classify_run_set(part, scratch, set, i, &r);
        trials[n++] = try_sentence(c, &r, classify_set_label(set, i));
    }
    c->calibration = fit(trials, n);
    float best = best_threshold(&c->calibration, trials, n);
    float fair = (float)(WRONG_COSTS / (1 + WRONG_COSTS));
    c->answer_at = fair + THRESHOLD_TRUST * (best - fair);
    free(trials);
    classify_scratch_free(scratch);
    classifier_free(part);
}

/* ---- the model cache ------------------------------------------------------------------------- */

struct cache_head {
    char magic[8];
    struct calibration calibration;
    float answer_at, choose_at;
};

enum { CHECKSUM_BYTES = crypto_generichash_BYTES };

/* Named by what was learned from, so that a change of the content, of normalising or of the terms
 * finds no model of before. */
static void cache_path(const struct classify_set *set, const char *dir, char out[CACHE_PATH_MAX])
{
    snprintf(out, CACHE_PATH_MAX, "%s/%016llx-%d.model", dir,
             (unsigned long long)classify_set_digest(set), CACHE_VERSION);
}

/* The cache is an untrusted file: what its checksum or its shape does not fit is trained anew. */
static bool cache_load(struct corpus *c, const struct classify_set *set, const char *dir)
{
    char path[CACHE_PATH_MAX];
    unsigned char sum[CHECKSUM_BYTES];
    struct cache_head head;
    struct buf b;
    struct err err;
    bool ok = false;

    buf_init(&b, 0);
    cache_path(set, dir, path);
    if (file_read(path, CACHE_BYTES_MAX, &b, &err) == ERR_OK &&
        b.len > sizeof(head) + CHECKSUM_BYTES) {
        size_t len = b.len - CHECKSUM_BYTES;
        crypto_generichash(sum, sizeof(sum), (const unsigned char *)b.ptr, len, NULL, 0);
        memcpy(&head, b.ptr, sizeof(head));
        if (memcmp(sum, b.ptr + len, sizeof(sum)) == 0 && memcmp(head.magic, "faqd-ml", 8) == 0) {
            c->classifier = classifier_parse(span_of(b.ptr + sizeof(head), len - sizeof(head)),
                                             c->content->nintents);
            c->calibration = head.calibration;
            c->answer_at = head.answer_at;
            c->choose_at = head.choose_at;
            ok = c->classifier != NULL;
        }
    }
    buf_release(&b);
    return ok;
}

static void cache_save(const struct corpus *c, const struct classify_set *set, const char *dir)
{
    char path[CACHE_PATH_MAX];
    unsigned char sum[CHECKSUM_BYTES];
    struct cache_head head;
    struct buf b;
    struct err err;

    memset(&head, 0, sizeof(head));
    memcpy(head.magic, "faqd-ml", 8);
    head.calibration = c->calibration;
    head.answer_at = c->answer_at;
    head.choose_at = c->choose_at;
    buf_init(&b, 0);
    buf_add(&b, &head, sizeof(head));
    classifier_print(c->classifier, &b);
    crypto_generichash(sum, sizeof(sum), (const unsigned char *)b.ptr, b.len, NULL, 0);
    buf_add(&b, sum, sizeof(sum));
    cache_path(set, dir, path);
    if (file_replace(path, buf_span(&b), &err) != ERR_OK) {
        /* Unwritable: the next start trains again, nothing else changes. */
    }
    buf_release(&b);
}

static void get_classifier(struct corpus *c, const struct classify_set *set, const char *cache_dir)
{
    int64_t begin = clock_mono_us();
    if (cache_dir != NULL && cache_load(c, set, cache_dir))
        return;
    c->classifier = classify_train(set, 0, 0);
    calibrate(c, set);
    c->stats.train_ms = (double)(clock_mono_us() - begin) / 1000;
    if (cache_dir != NULL)
        cache_save(c, set, cache_dir);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void set_mask_rules(struct corpus *c)
{
    const char *const *never;
    size_t n = kb_never_mask(c->kb, &never);

    for (size_t i = 0; i < n && i < MASK_NEVER_MAX; i++)
        c->mask_rules.never[c->mask_rules.nnever++] = never[i];
    for (size_t i = 0; i < c->content->nformats; i++) {
        const struct content_format *f = &c->content->formats[i];
        struct mask_format *m = &c->mask_rules.formats[c->mask_rules.nformats++];
        m->kind = f->mask;
        m->digits_min = f->digits_min;
        m->digits_max = f->digits_max;
        for (size_t k = 0; k < f->nkinds; k++)
            m->prefixes[m->nprefixes++] = f->kinds[k].prefix;
    }
}

static void build_learned(struct corpus *c, const char *cache_dir)
{
    struct learning l = {
        .c = c,
        .set = classify_set_new(c->content->nintents),
        .text = mem_zalloc(sizeof(struct text)),
        .m = mem_zalloc(sizeof(struct match)),
        .terms = terms_scratch_new(c->terms),
        .rules = rules_scratch_new(c->rules),
        .patterns = patterns_scratch_new(c->patterns),
        .rule_own = mem_zalloc_array(rules_count(c->rules) + 1, sizeof(uint32_t)),
        .rule_other = mem_zalloc_array(rules_count(c->rules) + 1, sizeof(uint32_t)),
        .pattern_own = mem_zalloc_array(patterns_count(c->patterns) + 1, sizeof(uint32_t)),
        .pattern_other = mem_zalloc_array(patterns_count(c->patterns) + 1, sizeof(uint32_t)),
    };
    learn_all(&l);
    get_classifier(c, l.set, cache_dir);
    classify_set_free(l.set);
    free(l.text);
    free(l.m);
    terms_scratch_free(l.terms);
    rules_scratch_free(l.rules);
    patterns_scratch_free(l.patterns);
    free(l.rule_own);
    free(l.rule_other);
    free(l.pattern_own);
    free(l.pattern_other);
}

static void corpus_free(struct corpus *c)
{
    content_free(c->content);
    kb_free(c->kb);
    terms_free(c->terms);
    rules_free(c->rules);
    free(c->rule_weight);
    patterns_free(c->patterns);
    free(c->pattern_intent);
    free(c->pattern_weight);
    classifier_free(c->classifier);
    free(c->examples);
    free(c->exact);
    suggest_free(c->suggest);
    free(c);
}

struct corpus *corpus_build(const struct tree *tree, const struct corpus_options *options,
                            struct diags *diags)
{
    int64_t begin = clock_mono_us();
    struct corpus *c = mem_zalloc(sizeof(*c));
    struct building b = {.c = c, .diags = diags};

    atomic_init(&c->refs, 1);
    snprintf(c->revision, sizeof(c->revision), "%016llx", (unsigned long long)tree_digest(tree));
    c->content = content_parse(tree, diags);
    c->kb = kb_build(tree, c->content, options->now_ms, diags);
    c->rules = rules_new();
    b.terms = terms_builder_new();
    b.patterns = patterns_builder_new();
    add_term_table(&b);
    add_slots(&b);
    add_intents(&b);
    if (diags->nerrors == 0) {
        add_known_words(&b);
        c->terms = terms_build(b.terms);
        rules_seal(c->rules, terms_count(c->terms));
        c->patterns = patterns_build(b.patterns);
        set_mask_rules(c);
        build_learned(c, options->cache_dir);
        if (options->answer_at >= 0)
            c->answer_at = (float)options->answer_at;
        if (options->choose_at >= 0)
            c->choose_at = (float)options->choose_at;
        c->suggest = suggest_build(c); /* asks it: all else must be there */
    }
    terms_builder_free(b.terms);
    patterns_builder_free(b.patterns);
    if (diags->nerrors > 0) {
        corpus_free(c);
        return NULL;
    }
#ifdef __GLIBC__
    (void)malloc_trim(0); /* what building needed is several times what is kept */
#endif
    c->stats.build_ms = (double)(clock_mono_us() - begin) / 1000;
    return c;
}

struct corpus *corpus_ref(struct corpus *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void corpus_unref(struct corpus *c)
{
    if (c != NULL && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
        corpus_free(c);
}

/* ---- looking at it --------------------------------------------------------------------------- */

const char *corpus_revision(const struct corpus *c)
{
    return c->revision;
}

size_t corpus_intents(const struct corpus *c)
{
    return c->content->nintents;
}

int corpus_find(const struct corpus *c, struct span id)
{
    return content_find(c->content, id);
}

struct span corpus_intent_id(const struct corpus *c, int32_t intent)
{
    return intent >= 0 ? span_str(c->content->intents[intent].id) : span_str("");
}

const struct mask_rules *corpus_mask_rules(const struct corpus *c)
{
    return &c->mask_rules;
}

const struct content *corpus_content(const struct corpus *c)
{
    return c->content;
}

const struct kb *corpus_kb(const struct corpus *c)
{
    return c->kb;
}

struct span corpus_evidence_name(const struct corpus *c, const struct evidence *e)
{
    switch (e->source) {
    case EVIDENCE_TERM:
    case EVIDENCE_CONTEXT:
        return terms_name(c->terms, e->ref);
    case EVIDENCE_PATTERN:
        return patterns_source(c->patterns, e->ref);
    case EVIDENCE_EXAMPLE:
        return c->examples[e->ref].text;
    case EVIDENCE_SLOT:
        return span_str(c->content->slots[e->ref >> 8].values[e->ref & 0xFF].label.ja);
    case EVIDENCE_FORMAT:
        return span_str(c->content->formats[e->ref].name);
    }
    return span_str("");
}

int32_t corpus_pattern_intent(const struct corpus *c, uint32_t pattern)
{
    return c->pattern_intent[pattern];
}

const char *corpus_rule_source(const struct corpus *c, uint32_t rule)
{
    return rules_get(c->rules, rule)->source;
}

void corpus_stats(const struct corpus *c, struct corpus_stats *ret)
{
    *ret = c->stats;
    ret->intents = c->content->nintents;
    ret->terms = terms_count(c->terms);
    ret->patterns = patterns_count(c->patterns);
    for (uint32_t i = 0; i < ret->patterns; i++)
        ret->patterns_always += patterns_always(c->patterns, i);
    ret->examples = c->nexamples;
    ret->features = classifier_features(c->classifier);
    ret->bytes = classifier_bytes(c->classifier);
}

struct corpus_thresholds corpus_thresholds(const struct corpus *c)
{
    return (struct corpus_thresholds){(double)c->answer_at, (double)c->choose_at};
}

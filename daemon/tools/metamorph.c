/*
 * tools/metamorph.c - does the topic stay when an example is typed in another way?
 *
 * Nobody has to know the right answer: it is the one that the example itself gets. What
 * normalising takes away must never change it. What changes more (okurigana, politeness, endings,
 * typing errors) may, rarely: those least shares were measured on the shipped content and stand a
 * little under what it reaches, so that a step back is noticed.
 */
#include "base/mem.h"
#include "core/content.h"
#include "tools/testing.h"

#include <stdlib.h>

enum {
    TERMS_MAX = 64,     /* of one example; further ones are not compared */
    ENOUGH = 100,       /* fewer variants of a kind tell no share */
    LOST_TERMS_MAX = 4, /* named for one variant */
};

static const double least[VARIANT_KINDS] = {
    [VARIANT_WIDTH] = 1,      [VARIANT_CASE] = 1,
    [VARIANT_SCRIPT] = 0.99, /* in hiragana a word has no edge, and a long mark before は stays */
    [VARIANT_LONG_MARK] = 1,  [VARIANT_SPACES] = 1,
    [VARIANT_REPEAT] = 1,     [VARIANT_PUNCTUATION] = 1,
    [VARIANT_EMOJI] = 1,      [VARIANT_OKURIGANA] = 0.97,
    [VARIANT_POLITE] = 0.97,  [VARIANT_ENDING] = 0.98,
    [VARIANT_MISSING] = 0.95, [VARIANT_DOUBLED] = 0.97,
    [VARIANT_SWAPPED] = 0.92, [VARIANT_VOICED] = 0.95,
    [VARIANT_LETTERS] = 0.88,
};

double metamorph_least(enum variant_kind kind)
{
    return least[kind];
}

bool metamorph_holds(const struct testing *t, enum variant_kind kind)
{
    const struct kind_result *k = &t->kinds[kind];
    if (least[kind] < 1 && k->n < ENOUGH)
        return true;
    return (double)k->kept >= least[kind] * (double)k->n;
}

bool metamorph_all_hold(const struct testing *t)
{
    for (int k = 0; k < VARIANT_KINDS; k++) {
        if (!metamorph_holds(t, (enum variant_kind)k))
            return false;
    }
    return true;
}

struct span testing_term(const struct testing *t, uint32_t term)
{
    const struct evidence e = {.source = EVIDENCE_TERM, .ref = term};
    return corpus_evidence_name(t->corpus, &e);
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct asking { /* the variants of one example */
    struct testing *t;
    struct variants *variants;
    struct buf text; /* the variant, with a NUL behind it */
    const char *file;
    const struct content_string *example;
    int32_t intent;
    bool answered; /* the example; else its topic was offered */
    uint32_t terms[TERMS_MAX];
    size_t nterms;
};

static bool is_offered(const struct decision *d, int32_t intent)
{
    for (uint8_t i = 0; d->outcome == OUTCOME_CHOOSE && i < d->nchoices; i++) {
        if (d->choices[i] == intent)
            return true;
    }
    return false;
}

static bool is_answered(const struct decision *d, int32_t intent)
{
    return d->outcome == OUTCOME_ANSWER && d->intent == intent;
}

/* Each term once, however often it occurs. */
static void note_terms(struct asking *a)
{
    const struct match *m = &a->t->turn->match;

    a->nterms = 0;
    for (size_t i = 0; i < m->nhits && a->nterms < TERMS_MAX; i++) {
        bool known = false;
        for (size_t k = 0; k < a->nterms && !known; k++)
            known = a->terms[k] == m->hits[i].term;
        if (!known)
            a->terms[a->nterms++] = m->hits[i].term;
    }
}

static bool finds_term(const struct match *m, uint32_t term)
{
    for (size_t i = 0; i < m->nhits; i++) {
        if (m->hits[i].term == term)
            return true;
    }
    return false;
}

/* Appends the names of terms that were not found again; returns how many there are. */
static size_t lost_terms(const struct asking *a, enum variant_kind kind, struct buf *names)
{
    struct testing *t = a->t;
    size_t n = 0;

    for (size_t i = 0; i < a->nterms; i++) {
        if (finds_term(&t->turn->match, a->terms[i]))
            continue;
        struct span name = testing_term(t, a->terms[i]);
        if (n++ < LOST_TERMS_MAX) {
            buf_adds(names, names->len > 0 ? ", " : "");
            buf_add(names, name.ptr, name.len);
        }
        t->missed[(size_t)kind * t->nterms + a->terms[i]]++;
    }
    return n;
}

static void ask_variant(void *ctx, enum variant_kind kind, struct span text)
{
    struct asking *a = ctx;
    struct testing *t = a->t;
    const struct decision *d = &t->turn->reply.decision;
    struct kind_result *k = &t->kinds[kind];
    struct buf names;

    buf_clear(&a->text);
    buf_add(&a->text, text.ptr, text.len);
    testing_decide(t, buf_cstr(&a->text), NULL, LANG_JA);
    buf_init(&names, 0);
    k->n++;
    k->terms += lost_terms(a, kind, &names) == 0;
    if (is_answered(d, a->intent) || (!a->answered && is_offered(d, a->intent))) {
        k->kept++;
    } else {
        t->lost = mem_grow(t->lost, &t->lost_cap, t->nlost + 1, sizeof(*t->lost));
        t->lost[t->nlost++] = (struct lost){
            .kind = kind,
            .intent = a->intent,
            .file = a->file,
            .line = a->example->line,
            .example = a->example->s,
            .variant = mem_strndup(text.ptr, text.len),
            .got = testing_got(t),
            .terms = mem_strdup(buf_cstr(&names)),
        };
    }
    buf_release(&names);
}

static void ask_example(struct asking *a)
{
    const struct decision *d = &a->t->turn->reply.decision;

    testing_decide(a->t, a->example->s, NULL, LANG_JA);
    a->answered = is_answered(d, a->intent);
    if (!a->answered && !is_offered(d, a->intent))
        return; /* which is reported already */
    note_terms(a);
    variants_make(a->variants, span_str(a->example->s), ask_variant, a);
}

void metamorph_run(struct testing *t)
{
    const struct content *content = corpus_content(t->corpus);
    struct asking a = {.t = t, .variants = variants_new()};

    struct corpus_stats stats;

    corpus_stats(t->corpus, &stats);
    t->nterms = stats.terms;
    t->missed = mem_zalloc_array(VARIANT_KINDS * (t->nterms + 1), sizeof(*t->missed));
    buf_init(&a.text, 0);
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        a.file = x->file;
        a.intent = (int32_t)i;
        for (size_t k = 0; k < x->examples.n && !x->reject; k++) {
            a.example = &x->examples.items[k];
            ask_example(&a);
        }
    }
    buf_release(&a.text);
    variants_free(a.variants);
}

void metamorph_release(struct testing *t)
{
    for (size_t i = 0; i < t->nlost; i++) {
        free(t->lost[i].variant);
        free(t->lost[i].got);
        free(t->lost[i].terms);
    }
    free(t->lost);
    free(t->missed);
}

static int by_group(const void *a, const void *b)
{
    const struct lost *x = a, *y = b;
    int order = (x->kind > y->kind) - (x->kind < y->kind);
    if (order == 0)
        order = (x->intent > y->intent) - (x->intent < y->intent);
    if (order == 0)
        order = strcmp(x->terms, y->terms);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    return order != 0 ? order : strcmp(x->variant, y->variant);
}

void metamorph_sort(struct testing *t)
{
    if (t->nlost > 0)
        qsort(t->lost, t->nlost, sizeof(*t->lost), by_group);
}

/*
 * core/suggest.c
 *
 * A sentence becomes one or two forms: its signs, and its signs with one symbol for each term of
 * terms.json that occurs. Every place in a form where a word begins gives an entry; all entries
 * lie in one sorted array, so that what begins like a text is a range of it. What is typed is
 * looked up in three ways: as it is; with its terms replaced; and with its last word, as far as it
 * is typed, taken for the beginning of some spelling of a term (that is how a kana prefix finds
 * kanji). Nothing is looked up here that the matcher would have to be asked about.
 *
 * The best topics of a wide range (す begins thousands of sentences) are found when the index is
 * built: every range of more than SCAN_MAX entries has its list.
 *
 * Left out on purpose: readings of words that terms.json does not know (there is no dictionary),
 * and mistyped beginnings: a text long enough to tell is left to the matcher.
 */
#include "core/suggest.h"

#include "base/mem.h"
#include "core/parts.h"
#include "core/trie.h"
#include "core/turn.h"

#include <assert.h>
#include <stdlib.h>

enum {
    KEY_MAX = 32,       /* signs of a beginning; who has typed more is past suggestions */
    SCAN_MAX = 128,     /* entries that are looked at one by one */
    TERMS_TRIED = 8,    /* terms that a half-typed word may stand for, shortest spelling first */
    WORDS_TRIED = 3,    /* places where the half-typed word may begin */
    HALF_TYPED_MAX = 3, /* letters of a syllable: tch */
    LANGS = 2,
    TERM_SYMBOL = ALPHABET_EXTRA, /* + term: beyond every code point */
};

/* How a beginning lies in its sentence, best first. */
enum kind { TITLE_PREFIX, EXAMPLE_PREFIX, TITLE_WORD, EXAMPLE_WORD };
#define RANK_HALF_TYPED 0x10000u /* behind all that fits to the last sign */
static_assert(4 * (TEXT_SIGNS_MAX + 1) <= UINT16_MAX, "kind and length fit into a rank");

struct entry {
    uint32_t at; /* in the pool */
    uint32_t to; /* intent, or term */
    uint16_t n;
    uint16_t rank; /* kind, then length of the sentence; of a spelling: length */
};

struct list {
    struct entry *items;
    size_t n, cap;
};

struct top {
    struct found {
        uint32_t rank;
        int32_t intent;
    } items[SUGGEST_MAX];
    size_t n;
};

/* The best of entries [first, last). */
struct wide {
    uint32_t first, last;
    struct top best[LANGS];
};

struct suggest {
    uint32_t *pool;
    size_t npool, pool_cap;
    struct list entries, spellings; /* sorted */
    struct wide *wide;              /* by first, the wider one first */
    size_t nwide, wide_cap;
    uint8_t *may; /* [intents] bit for each language */
    size_t nintents;
    uint32_t nterms; /* ids below are those of terms.json */
    struct suggest_stats stats;
};

/* ---- the best ------------------------------------------------------------------------------- */

static bool is_before(struct found a, struct found b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.intent < b.intent;
}

static void top_add(struct top *t, struct found f)
{
    size_t at = 0;

    if (t->n == SUGGEST_MAX && !is_before(f, t->items[SUGGEST_MAX - 1]))
        return;
    while (at < t->n && t->items[at].intent != f.intent)
        at++;
    if (at < t->n) {
        if (!is_before(f, t->items[at]))
            return;
    } else if (t->n < SUGGEST_MAX) {
        t->n++;
    } else {
        at--;
    }
    for (; at > 0 && is_before(f, t->items[at - 1]); at--)
        t->items[at] = t->items[at - 1];
    t->items[at] = f;
}

static void top_scan(const struct suggest *s, size_t first, size_t last, enum lang lang,
                     uint32_t behind, struct top *ret)
{
    for (size_t i = first; i < last; i++) {
        const struct entry *e = &s->entries.items[i];
        if (s->may[e->to] >> lang & 1)
            top_add(ret, (struct found){e->rank + behind, (int32_t)e->to});
    }
}

/* ---- sorted beginnings ---------------------------------------------------------------------- */

static int compare(const void *a, const void *b, void *pool)
{
    const struct entry *x = a, *y = b;
    const uint32_t *p = (const uint32_t *)pool + x->at, *q = (const uint32_t *)pool + y->at;

    for (size_t i = 0; i < x->n && i < y->n; i++) {
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    }
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void list_sort(const struct suggest *s, struct list *l)
{
    if (l->n > 0)
        qsort_r(l->items, l->n, sizeof(*l->items), compare, s->pool);
}

/* The first entry that is not before all that begin with `key` (beyond: that is behind them). */
static size_t bound(const struct suggest *s, const struct list *l, const uint32_t *key, size_t n,
                    bool beyond)
{
    size_t lo = 0, hi = l->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2, i = 0;
        const struct entry *e = &l->items[mid];
        const uint32_t *p = s->pool + e->at;
        while (i < n && i < e->n && p[i] == key[i])
            i++;
        bool before = i == n ? beyond : i == e->n || p[i] < key[i];
        if (before)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct wide *find_wide(const struct suggest *s, size_t first, size_t last)
{
    size_t lo = 0, hi = s->nwide;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct wide *w = &s->wide[mid];
        if (w->first < first || (w->first == first && w->last > last))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->nwide && s->wide[lo].first == first && s->wide[lo].last == last ? &s->wide[lo]
                                                                                   : NULL;
}

/* Lists every range of entries [first, last) with `depth` equal signs that is too wide to scan;
 * `listed`: this one is, as one with fewer signs. */
static void list_wide(struct suggest *s, size_t first, size_t last, size_t depth, bool listed)
{
    const struct entry *items = s->entries.items;

    if (last - first <= SCAN_MAX)
        return;
    if (!listed) {
        s->wide = mem_grow(s->wide, &s->wide_cap, s->nwide + 1, sizeof(*s->wide));
        struct wide *w = &s->wide[s->nwide++];
        memset(w, 0, sizeof(*w));
        w->first = (uint32_t)first;
        w->last = (uint32_t)last;
        for (int lang = 0; lang < LANGS; lang++)
            top_scan(s, first, last, (enum lang)lang, 0, &w->best[lang]);
    }
    size_t i = first;
    while (i < last && items[i].n == depth)
        i++;
    while (i < last) {
        size_t from = i;
        uint32_t sign = s->pool[items[i].at + depth];
        while (i < last && s->pool[items[i].at + depth] == sign)
            i++;
        list_wide(s, from, i, depth + 1, from == first && i == last);
    }
}

/* ---- forms ---------------------------------------------------------------------------------- */

struct form {
    uint32_t cps[TEXT_SIGNS_MAX];
    uint16_t sign[TEXT_SIGNS_MAX]; /* of the text, where each began */
    size_t n;
    size_t last_term; /* 1 + place of the last term, 0: none */
};

/* Signs [0, n) of a text; with a symbol for each term that `hits` finds in [0, terms_to). */
static void make_form(const struct suggest *s, const struct text *text, size_t n,
                      const struct term_hit *hits, size_t nhits, size_t terms_to, struct form *ret)
{
    size_t h = 0;

    ret->n = ret->last_term = 0;
    for (size_t i = 0; i < n;) {
        while (h < nhits &&
               (hits[h].first < i || hits[h].last > terms_to || hits[h].term >= s->nterms))
            h++;
        ret->sign[ret->n] = (uint16_t)i;
        if (h < nhits && hits[h].first == i) {
            ret->cps[ret->n++] = TERM_SYMBOL + hits[h].term;
            ret->last_term = ret->n;
            i = hits[h].last;
        } else {
            if (text->signs[i].class != TEXT_SENTINEL) /* a comma more or less */
                ret->cps[ret->n++] = text->signs[i].cp;
            i++;
        }
    }
}

static bool is_particle(const struct text_sign *s, size_t n)
{
    static const uint32_t particles[][2] = {
        {L'の'}, {L'が'}, {L'を'}, {L'は'}, {L'に'},        {L'へ'},        {L'と'},
        {L'で'}, {L'も'}, {L'や'}, {L'か'}, {L'っ', L'て'}, {L'か', L'ら'}, {L'ま', L'で'},
    };
    for (size_t i = 0; i < sizeof(particles) / sizeof(particles[0]); i++) {
        size_t len = particles[i][1] != 0 ? 2 : 1;
        if (n == len && s[0].cp == particles[i][0] && (n == 1 || s[1].cp == particles[i][1]))
            return true;
    }
    return false;
}

static bool is_letter_or_digit(const struct text_sign *s)
{
    return s->class == TEXT_LETTER || s->class == TEXT_DIGIT;
}

/* Does a word begin here? Terms are asked about elsewhere. */
static bool is_joint(const struct text *text, size_t i)
{
    const struct text_sign *s = &text->signs[i];

    if (i == 0 || s->break_before != TEXT_BREAK_NONE || s[-1].class == TEXT_SENTINEL)
        return true;
    if (s->class == TEXT_HIRAGANA) {
        size_t from = i; /* の in スタートパックのもうしこみ */
        while (from > 0 && text->signs[from - 1].class == TEXT_HIRAGANA)
            from--;
        return from > 0 && is_particle(&text->signs[from], i - from);
    }
    return s->class != s[-1].class && !(is_letter_or_digit(s) && is_letter_or_digit(s - 1));
}

/* Marks the signs at which a word begins. */
static void mark_joints(const struct text *text, size_t n, const struct term_hit *hits,
                        size_t nhits, bool joint[TEXT_SIGNS_MAX])
{
    for (size_t i = 0; i < n; i++)
        joint[i] = is_joint(text, i);
    for (size_t h = 0; h < nhits; h++)
        joint[hits[h].first] = true;
}

/* ---- building ------------------------------------------------------------------------------- */

struct building {
    struct suggest *s;
    struct corpus *c;
    struct turn *turn;
    struct session session; /* a first question: nothing came before */
    struct form form;
    bool joint[TEXT_SIGNS_MAX];
};

static uint32_t pool_add(struct suggest *s, const uint32_t *cps, size_t n)
{
    uint32_t at = (uint32_t)s->npool;
    s->pool = mem_grow(s->pool, &s->pool_cap, s->npool + n, sizeof(*s->pool));
    memcpy(s->pool + at, cps, n * sizeof(*cps));
    s->npool += n;
    return at;
}

static void list_add(struct list *l, struct entry e)
{
    l->items = mem_grow(l->items, &l->cap, l->n + 1, sizeof(*l->items));
    l->items[l->n++] = e;
}

/* The beginnings of b->form, those at its first `places` places. */
static void add_form(struct building *b, int32_t intent, bool title, size_t places)
{
    const struct form *f = &b->form;
    size_t length = b->turn->text.nsigns;
    uint32_t at = pool_add(b->s, f->cps, f->n);

    for (size_t i = 0; i < places; i++) {
        if (!b->joint[f->sign[i]])
            continue;
        enum kind kind =
            i == 0 ? (title ? TITLE_PREFIX : EXAMPLE_PREFIX) : (title ? TITLE_WORD : EXAMPLE_WORD);
        list_add(&b->s->entries, (struct entry){
                                     .at = at + (uint32_t)i,
                                     .to = (uint32_t)intent,
                                     .n = (uint16_t)(f->n - i < KEY_MAX ? f->n - i : KEY_MAX),
                                     .rank = (uint16_t)(kind * (TEXT_SIGNS_MAX + 1) + length),
                                 });
    }
}

static bool is_answered(struct building *b, int32_t intent, struct span sentence)
{
    const struct decision *d = &b->turn->reply.decision;
    return turn_decide(b->turn, &b->session, sentence) && d->outcome == OUTCOME_ANSWER &&
           d->intent == intent;
}

/* Asks a sentence and takes it in if it is answered with its topic. */
static bool add_sentence(struct building *b, int32_t intent, struct span sentence, bool title)
{
    const struct text *text = &b->turn->text;
    const struct match *m = &b->turn->match;

    if (!is_answered(b, intent, sentence)) {
        b->s->stats.refused++;
        return false;
    }
    b->s->stats.sentences++;
    mark_joints(text, text->nsigns, m->hits, m->nhits, b->joint);
    make_form(b->s, text, text->nsigns, m->hits, 0, 0, &b->form);
    add_form(b, intent, title, b->form.n);
    /* Behind its last term the second form is the first one once more. */
    make_form(b->s, text, text->nsigns, m->hits, m->nhits, text->nsigns, &b->form);
    if (b->form.last_term > 0)
        add_form(b, intent, title, b->form.last_term);
    return true;
}

static bool is_topic(const struct content_intent *x)
{
    return !x->talk && !x->reject;
}

static void add_titles(struct building *b)
{
    for (size_t i = 0; i < b->s->nintents; i++) {
        if (!is_topic(&b->c->content->intents[i]))
            continue;
        const struct kb_answer *ja = kb_find(b->c->kb, (int32_t)i, LANG_JA, -1);
        const struct kb_answer *en = kb_find(b->c->kb, (int32_t)i, LANG_EN, -1);
        bool ok = ja != NULL && add_sentence(b, (int32_t)i, ja->title, true);
        if (ok)
            b->s->may[i] |= 1 << LANG_JA;
        if (en != NULL && en->lang == LANG_EN)
            ok = add_sentence(b, (int32_t)i, en->title, true);
        if (ok)
            b->s->may[i] |= 1 << LANG_EN;
        b->s->stats.topics += b->s->may[i] >> LANG_JA & 1;
    }
}

/* The first of each topic, then the second of each, until there are none or enough. */
static void add_examples(struct building *b)
{
    size_t asked = 0;
    bool more = true;

    for (size_t k = 0; more && asked < SUGGEST_EXAMPLES_MAX; k++) {
        more = false;
        for (size_t i = 0; i < b->s->nintents && asked < SUGGEST_EXAMPLES_MAX; i++) {
            const struct content_intent *x = &b->c->content->intents[i];
            if (b->s->may[i] == 0 || k >= x->examples.n)
                continue;
            add_sentence(b, (int32_t)i, span_str(x->examples.items[k].s), false);
            asked++;
            more = true;
        }
    }
}

static void add_spelling(struct building *b, struct text *text, uint32_t term, const char *spelling)
{
    text_make(text, span_str(spelling));
    make_form(b->s, text, text->nsigns, b->turn->match.hits, 0, 0, &b->form);
    if (b->form.n == 0)
        return;
    size_t n = b->form.n < KEY_MAX ? b->form.n : KEY_MAX;
    list_add(&b->s->spellings, (struct entry){.at = pool_add(b->s, b->form.cps, n),
                                              .to = term,
                                              .n = (uint16_t)n,
                                              .rank = (uint16_t)n});
}

/* Terms were numbered in the order of their file, less those that are an earlier one written
 * otherwise; what these add to it is found once it is typed out. */
static void add_spellings(struct building *b)
{
    const struct content *content = b->c->content;
    struct text *text = mem_zalloc(sizeof(*text));
    uint32_t id = 0;

    for (size_t i = 0; i < content->nterms && id < b->s->nterms; i++) {
        const struct content_term *term = &content->terms[i];
        if (!span_is(terms_name(b->c->terms, id), term->name))
            continue;
        add_spelling(b, text, id, term->name);
        for (size_t k = 0; k < term->aliases.n; k++)
            add_spelling(b, text, id, term->aliases.items[k].s);
        for (size_t k = 0; k < term->readings.n; k++)
            add_spelling(b, text, id, term->readings.items[k].s);
        id++;
    }
    free(text);
}

struct suggest *suggest_build(struct corpus *c)
{
    struct suggest *s = mem_zalloc(sizeof(*s));
    struct building *b = mem_zalloc(sizeof(*b));

    s->nintents = c->content->nintents;
    s->may = mem_zalloc_array(s->nintents + 1, sizeof(*s->may));
    s->nterms = c->ntable_terms;
    b->s = s;
    b->c = c;
    b->turn = turn_new(c);
    add_titles(b);
    add_examples(b);
    add_spellings(b);
    turn_free(b->turn);
    free(b);
    list_sort(s, &s->entries);
    list_sort(s, &s->spellings);
    list_wide(s, 0, s->entries.n, 0, false);
    s->stats.bytes = s->pool_cap * sizeof(*s->pool) + s->wide_cap * sizeof(*s->wide) +
                     (s->entries.cap + s->spellings.cap) * sizeof(struct entry) + s->nintents;
    return s;
}

void suggest_free(struct suggest *s)
{
    if (s == NULL)
        return;
    free(s->pool);
    free(s->entries.items);
    free(s->spellings.items);
    free(s->wide);
    free(s->may);
    free(s);
}

void suggest_stats(const struct suggest *s, struct suggest_stats *ret)
{
    *ret = s->stats;
}

/* ---- asking --------------------------------------------------------------------------------- */

bool suggest_may(const struct suggest *s, int32_t intent, enum lang lang)
{
    return s->may[intent] >> lang & 1;
}

bool suggest_enough(const struct text *text)
{
    return text->nsigns > 1 || (text->nsigns == 1 && !is_letter_or_digit(&text->signs[0]));
}

struct asking {
    const struct suggest *s;
    const struct text *text;
    const struct term_hit *hits;
    size_t nhits;
    enum lang lang;
    uint32_t behind; /* added to every rank */
    struct top *top;
    struct form form;
    bool joint[TEXT_SIGNS_MAX];
};

static void look_up(struct asking *a, const uint32_t *key, size_t n)
{
    const struct suggest *s = a->s;

    if (n == 0 || n > KEY_MAX)
        return;
    size_t first = bound(s, &s->entries, key, n, false);
    size_t last = bound(s, &s->entries, key, n, true);
    const struct wide *w = last - first > SCAN_MAX ? find_wide(s, first, last) : NULL;
    if (w == NULL) {
        top_scan(s, first, last, a->lang, a->behind, a->top);
        return;
    }
    for (size_t i = 0; i < w->best[a->lang].n; i++) {
        struct found f = w->best[a->lang].items[i];
        f.rank += a->behind;
        top_add(a->top, f);
    }
}

/* The terms that some spelling beginning with `key` belongs to, those of the shortest first. */
static size_t terms_beginning(const struct suggest *s, const uint32_t *key, size_t n,
                              uint32_t ret[TERMS_TRIED])
{
    uint16_t lengths[TERMS_TRIED];
    size_t nret = 0;
    size_t first = bound(s, &s->spellings, key, n, false);
    size_t last = bound(s, &s->spellings, key, n, true);

    for (size_t i = first; i < last; i++) {
        const struct entry *e = &s->spellings.items[i];
        size_t at = 0;
        while (at < nret && ret[at] != e->to)
            at++;
        if (at < nret && lengths[at] <= e->rank)
            continue;
        if (at == nret && nret < TERMS_TRIED)
            nret++;
        else if (at == nret && lengths[--at] <= e->rank)
            continue;
        for (; at > 0 && lengths[at - 1] > e->rank; at--) {
            ret[at] = ret[at - 1];
            lengths[at] = lengths[at - 1];
        }
        ret[at] = e->to;
        lengths[at] = e->rank;
    }
    return nret;
}

/* The text up to sign `n`, its last word from sign `word` on taken for the beginning of a term. */
static void look_up_word(struct asking *a, size_t n, size_t word)
{
    uint32_t terms[TERMS_TRIED], key[KEY_MAX];
    struct form *f = &a->form;
    size_t head = 0;

    make_form(a->s, a->text, n, a->hits, a->nhits, word, f);
    while (head < f->n && f->sign[head] < word)
        head++;
    if (head >= KEY_MAX || head == f->n || f->n - head > KEY_MAX)
        return;
    size_t nterms = terms_beginning(a->s, f->cps + head, f->n - head, terms);
    memcpy(key, f->cps, head * sizeof(*key));
    for (size_t i = 0; i < nterms; i++) {
        key[head] = TERM_SYMBOL + terms[i];
        look_up(a, key, head + 1);
    }
}

/* Looks up signs [0, n) of the text in all three ways. */
static void look_up_text(struct asking *a, size_t n)
{
    size_t words = 0;

    make_form(a->s, a->text, n, a->hits, 0, 0, &a->form);
    if (a->form.n > 2 * KEY_MAX)
        return; /* even with its terms replaced no beginning is so long */
    look_up(a, a->form.cps, a->form.n);
    make_form(a->s, a->text, n, a->hits, a->nhits, n, &a->form);
    if (a->form.last_term > 0)
        look_up(a, a->form.cps, a->form.n);
    look_up_word(a, n, 0);
    for (size_t i = n - 1; i > 0 && words < WORDS_TRIED; i--) {
        if (!a->joint[i])
            continue;
        words++;
        look_up_word(a, n, i);
    }
}

/* How many letters at the end are a syllable that an input method has not made kana of yet: a
 * vowel would have been taken at once. */
static size_t half_typed(const struct text *text)
{
    size_t n = 0;

    while (n < text->nsigns && n <= HALF_TYPED_MAX) {
        const struct text_sign *s = &text->signs[text->nsigns - 1 - n];
        if (s->class != TEXT_LETTER)
            break;
        if (s->cp < 'b' || s->cp > 'z' || s->cp == 'e' || s->cp == 'i' || s->cp == 'o' ||
            s->cp == 'u' || s->break_before != TEXT_BREAK_NONE)
            return 0;
        n++;
    }
    return n < text->nsigns && n <= HALF_TYPED_MAX ? n : 0;
}

/* In kana alone nothing but a term tells where the next word may begin: behind it, or behind a
 * particle that follows it. */
static void mark_behind_terms(struct asking *a)
{
    for (size_t h = 0; h < a->nhits; h++) {
        size_t at = a->hits[h].last, n = a->text->nsigns;
        if (at < n)
            a->joint[at] = true;
        for (size_t len = 1; len <= 2 && at + len < n; len++) {
            if (is_particle(&a->text->signs[at], len))
                a->joint[at + len] = true;
        }
    }
}

size_t suggest_run(const struct suggest *s, const struct text *text, const struct term_hit *hits,
                   size_t nhits, enum lang lang, int32_t ret[SUGGEST_MAX])
{
    struct top top = {.n = 0};
    struct asking a;

    if (!suggest_enough(text))
        return 0;
    a.s = s;
    a.text = text;
    a.hits = hits;
    a.nhits = nhits;
    a.lang = lang;
    a.behind = 0;
    a.top = &top;
    mark_joints(text, text->nsigns, hits, nhits, a.joint);
    mark_behind_terms(&a);
    look_up_text(&a, text->nsigns);
    size_t half = half_typed(text);
    if (half > 0 && top.n < SUGGEST_MAX) {
        a.behind = RANK_HALF_TYPED;
        look_up_text(&a, text->nsigns - half);
    }
    for (size_t i = 0; i < top.n; i++)
        ret[i] = top.items[i].intent;
    return top.n;
}

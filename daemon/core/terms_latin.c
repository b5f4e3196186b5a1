/*
 * Typing errors in Latin words: one letter missing, extra or changed, or two neighbours swapped, in
 * one word of five letters or more.
 *
 * The text is mended and searched again, instead of searching with errors. A word of the text that
 * nobody knows (no spelling, no sentence of the content has it) is looked up among the words of all
 * spellings: words at most one error apart have a form in common that is the word itself or lacks
 * one letter (Mor and Fraenkel, 1982), so a table of these forms finds them without trying every
 * word. What is near takes the place of what was typed, the automaton of exact matches runs over
 * that text, and matches across exactly one mended word are typing errors; the edge rules and the
 * longest match count there as for any other. Words that are known are never mended: leader is no
 * reader where the content speaks of leaders. Left out: two words with an error each, an error at
 * the first letter, spaces inside a mistyped word, particles at joints beside one.
 */
#include "core/terms_impl.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
    ERROR_COST = 2, /* as a whole error in kana */
    INSIDE = UINT16_MAX,
};

static bool is_letter(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xDF && cp <= 0x24F && cp != 0xF7);
}

static bool all_letters(const uint32_t *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(word[i]))
            return false;
    }
    return true;
}

/* Of a word without the letter at `out`; n: of all of it. */
static uint64_t hash_without(const uint32_t *word, size_t n, size_t out)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a, a letter at a time */
    for (size_t i = 0; i < n; i++) {
        if (i != out)
            hash = (hash ^ word[i]) * 1099511628211u;
    }
    return hash ^ hash >> 29;
}

/* --- known words ------------------------------------------------------------------------------ */

static uint64_t *known_slot(const struct known *k, uint64_t hash)
{
    for (size_t i = (size_t)hash;; i++) {
        uint64_t *slot = &k->table[i & (k->size - 1)];
        if (*slot == 0 || *slot == hash)
            return slot;
    }
}

static void known_add(struct known *k, const uint32_t *word, size_t n)
{
    if (k->n * 2 >= k->size) {
        struct known old = *k;
        k->size = old.size > 0 ? old.size * 2 : 64;
        k->table = mem_zalloc_array(k->size, sizeof(*k->table));
        for (size_t i = 0; i < old.size; i++) {
            if (old.table[i] != 0)
                *known_slot(k, old.table[i]) = old.table[i];
        }
        free(old.table);
    }
    uint64_t hash = hash_without(word, n, n) | 1; /* 0 is an empty place */
    uint64_t *slot = known_slot(k, hash);
    k->n += *slot == 0;
    *slot = hash;
}

void known_add_all(struct known *k, const struct text *t)
{
    for (size_t i = 0, end; i < t->nsigns; i = end) {
        uint32_t word[LATIN_LETTERS_MAX];
        size_t n = 0;
        for (end = i; end < t->nsigns && t->signs[end].class == TEXT_LETTER &&
                      (end == i || t->signs[end].break_before == TEXT_BREAK_NONE);
             end++) {
            if (n < LATIN_LETTERS_MAX)
                word[n++] = t->signs[end].cp;
        }
        if (n > 0 && n == end - i)
            known_add(k, word, n);
        end += end == i;
    }
}

static bool is_in(const struct known *k, const uint32_t *word, size_t n)
{
    return k->n > 0 && *known_slot(k, hash_without(word, n, n) | 1) != 0;
}

/* How long the endings are without which the word may be known: 0, s, es. */
static size_t endings(const uint32_t *word, size_t n, size_t lens[3])
{
    size_t nlens = 0;
    lens[nlens++] = 0;
    if (n > LATIN_TYPED_MIN && word[n - 1] == 's') {
        lens[nlens++] = 1;
        if (n > LATIN_TYPED_MIN + 1 && word[n - 2] == 'e')
            lens[nlens++] = 2;
    }
    return nlens;
}

/* --- building --------------------------------------------------------------------------------- */

static int compare_words(const void *pa, const void *pb)
{
    const struct latin_word *a = pa, *b = pb;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (a->letters[i] != b->letters[i])
            return a->letters[i] < b->letters[i] ? -1 : 1;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

void latin_add(struct latin *l, const struct sign *signs, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        uint32_t letters[LATIN_LETTERS_MAX];
        size_t len = 0;
        for (end = i; end < n && signs[end].class == TEXT_LETTER &&
                      (end == i || (!signs[end].soft && !signs[end].bar));
             end++) {
            if (len < LATIN_LETTERS_MAX)
                letters[len++] = signs[end].cp;
        }
        if (end - i >= LATIN_LETTERS_MIN && end - i < LATIN_LETTERS_MAX &&
            all_letters(letters, len)) {
            l->words = mem_grow(l->words, &l->words_cap, l->nwords + 1, sizeof(*l->words));
            struct latin_word *w = &l->words[l->nwords++];
            w->n = (uint8_t)len;
            for (size_t k = 0; k < len; k++)
                w->letters[k] = (uint16_t)letters[k];
        }
        end += end == i;
    }
}

static void add_form(struct latin *l, uint64_t hash, uint32_t word)
{
    size_t i = (size_t)hash;
    while (l->forms[i & l->mask].word != 0)
        i++;
    l->forms[i & l->mask] = (struct latin_form){(uint32_t)(hash >> 32), word + 1};
}

void latin_build(struct latin *l, const struct known *known)
{
    size_t n = 0, forms = 0, size = 16;
    struct latin_word *words = l->words;

    if (l->nwords > 1)
        qsort(words, l->nwords, sizeof(*words), compare_words);
    for (size_t i = 0; i < l->nwords; i++) {
        if (n == 0 || compare_words(&words[n - 1], &words[i]) != 0)
            words[n++] = words[i];
    }
    l->nwords = n;
    l->words = mem_zalloc_array(n, sizeof(*words));
    for (size_t i = 0; i < n; i++) {
        l->words[i] = words[i];
        forms += words[i].n;
    }
    free(words);
    while (size < 2 * forms)
        size *= 2;
    l->mask = size - 1;
    l->forms = mem_zalloc_array(size, sizeof(*l->forms));
    l->known = (struct known){.n = known->n, .size = known->size};
    l->known.table = mem_zalloc_array(known->size, sizeof(*known->table));
    for (size_t i = 0; i < known->size; i++)
        l->known.table[i] = known->table[i];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t letters[LATIN_LETTERS_MAX];
        size_t len = l->words[i].n;
        for (size_t k = 0; k < len; k++)
            letters[k] = l->words[i].letters[k];
        known_add(&l->known, letters, len);     /* start|pack was noted as one word only */
        for (size_t out = 1; out <= len; out++) /* the last time nothing is left out */
            add_form(l, hash_without(letters, len, out), i);
    }
}

void latin_release(struct latin *l)
{
    free(l->words);
    free(l->forms);
    free(l->known.table);
}

/* --- looking up ------------------------------------------------------------------------------- */

/* Exactly one error apart, and the first letter is right? */
static bool is_near(const struct latin_word *w, const uint32_t *typed, size_t n)
{
    size_t shorter = w->n < n ? w->n : n, head = 0, tail = 0;

    if (w->letters[0] != typed[0] || w->n > n + 1 || n > w->n + (size_t)1)
        return false;
    while (head < shorter && w->letters[head] == typed[head])
        head++;
    while (head + tail < shorter && w->letters[w->n - 1 - tail] == typed[n - 1 - tail])
        tail++;
    if (w->n != n)
        return head + tail == shorter;
    return head + tail + 1 == n || (head + tail + 2 == n && w->letters[head] == typed[head + 1] &&
                                    w->letters[head + 1] == typed[head]);
}

/* The words in alphabetical order, so that the order of adding shows in nothing. */
static void note_word(struct latin_fix *fixes, size_t *n, const struct latin_fix *fix)
{
    size_t at = *n;
    for (size_t i = 0; i < *n; i++) {
        if (fixes[i].word == fix->word)
            return;
    }
    if (at == LATIN_CHOICES_MAX) {
        if (fixes[at - 1].word < fix->word)
            return;
        at--;
    }
    for (; at > 0 && fixes[at - 1].word > fix->word; at--)
        fixes[at] = fixes[at - 1];
    fixes[at] = *fix;
    *n += *n < LATIN_CHOICES_MAX;
}

static void look_up(const struct latin *l, struct terms_scratch *s, size_t first, size_t last,
                    struct latin_fix *fixes, size_t *nfixes)
{
    const uint32_t *typed = s->edges.cps + first;
    size_t n = last - first;

    for (size_t out = 1; out <= n; out++) {
        uint64_t hash = hash_without(typed, n, out);
        for (size_t i = (size_t)hash; l->forms[i & l->mask].word != 0; i++) {
            const struct latin_form *form = &l->forms[i & l->mask];
            if (s->steps == 0)
                return;
            s->steps--;
            if (form->hash != (uint32_t)(hash >> 32))
                continue;
            struct latin_fix fix = {
                .word = form->word - 1, .first = (uint16_t)first, .last = (uint16_t)last};
            if (is_near(&l->words[fix.word], typed, n))
                note_word(fixes, nfixes, &fix);
        }
    }
}

/* The words of the text that nobody knows, and what may have been meant. */
static size_t find_fixes(const struct latin *l, struct terms_scratch *s)
{
    const struct edges *e = &s->edges;
    size_t rounds = 0;

    s->nfixes = 0;
    for (size_t i = 0, end; i < e->n; i = end) {
        end = i + 1;
        if (e->class[i] != TEXT_LETTER)
            continue;
        while (end < e->n && e->class[end] == TEXT_LETTER && !e->apart[end])
            end++;
        size_t n = end - i, lens[3], nchoices = 0;
        if (n < LATIN_TYPED_MIN || n > LATIN_LETTERS_MAX || !all_letters(e->cps + i, n))
            continue;
        struct latin_fix choices[LATIN_CHOICES_MAX];
        size_t nlens = endings(e->cps + i, n, lens);
        bool known = false;
        for (size_t k = 0; k < nlens && !known; k++)
            known = is_in(&l->known, e->cps + i, n - lens[k]);
        for (size_t k = 0; k < nlens && !known; k++)
            look_up(l, s, i, end - lens[k], choices, &nchoices);
        for (size_t k = 0; k < nchoices && s->nfixes < LATIN_FIXES_MAX; k++) {
            choices[k].round = (uint8_t)k;
            s->fixes[s->nfixes++] = choices[k];
        }
        rounds = nchoices > rounds ? nchoices : rounds;
    }
    return rounds;
}

/* --- searching again -------------------------------------------------------------------------- */

static void put_sign(struct terms_scratch *s, size_t at, uint32_t cp, size_t from, uint8_t count)
{
    s->mended[at] = cp;
    s->mended_from[at] = (uint16_t)from;
    s->mended_count[at] = count;
}

/* Writes the text with one choice for each mended word; returns how long it is. */
static size_t mend(const struct latin *l, struct terms_scratch *s, size_t round)
{
    const struct edges *e = &s->edges;
    size_t n = 0, i = 0;
    uint8_t count = 0;

    for (size_t f = 0; f < s->nfixes; f++) {
        const struct latin_fix *fix = &s->fixes[f];
        const struct latin_word *w = &l->words[fix->word];
        if (fix->round != round)
            continue;
        for (; i < fix->first; i++)
            put_sign(s, n++, e->cps[i], i, count);
        for (size_t k = 0; k < w->n; k++)
            put_sign(s, n++, w->letters[k], k == 0 ? fix->first : INSIDE, count);
        i = fix->last;
        count++;
    }
    for (; i < e->n; i++)
        put_sign(s, n++, e->cps[i], i, count);
    s->mended_from[n] = (uint16_t)i;
    s->mended_count[n] = count;
    return n;
}

struct again {
    const struct terms *t;
    struct terms_scratch *s;
};

static void on_mended(void *ctx, uint32_t variant, size_t end, size_t len)
{
    const struct again *a = ctx;
    const struct terms *t = a->t;
    struct terms_scratch *s = a->s;
    const struct variant *v = &t->variants[variant];
    size_t first = s->mended_from[end - len], last = s->mended_from[end];

    if (s->mended_count[end] - s->mended_count[end - len] != 1 || first == INSIDE || last == INSIDE)
        return;
    if (!edges_free(&s->edges, v, first, &last))
        return;
    uint32_t look = 1 + (uint32_t)s->nraw / 64;
    for (uint32_t k = 0; k < v->nowners && s->steps > 0; k++) {
        s->steps -= look < s->steps ? look : s->steps;
        struct typo typo = {.term = t->owners[v->owners + k],
                            .variant = variant,
                            .first = (uint16_t)first,
                            .last = (uint16_t)last,
                            .length = v->length,
                            .cost = ERROR_COST};
        typo_keep(t, s, &typo);
    }
}

/* M3: had it been typed right, the longer one would drop the shorter. */
static void drop_inner(struct terms_scratch *s, size_t from)
{
    size_t n = from;
    for (size_t i = from; i < s->ntypos; i++)
        s->typos[i].inner = false;
    for (size_t i = from; i < s->ntypos; i++) {
        struct typo *a = &s->typos[i];
        for (size_t k = from; k < s->ntypos && !a->inner; k++) {
            const struct typo *b = &s->typos[k];
            a->inner = b->first <= a->first && b->last >= a->last &&
                       b->last - b->first > a->last - a->first;
        }
    }
    for (size_t i = from; i < s->ntypos; i++) {
        if (!s->typos[i].inner)
            s->typos[n++] = s->typos[i];
    }
    s->ntypos = n;
}

void latin_run(const struct terms *t, struct terms_scratch *s)
{
    struct again again = {t, s};

    if (t->latin.nwords == 0)
        return;
    size_t rounds = find_fixes(&t->latin, s), before = s->ntypos;
    for (size_t round = 0; round < rounds && s->steps > 0; round++)
        automaton_run(t->exact, s->mended, mend(&t->latin, s, round), on_mended, &again);
    drop_inner(s, before);
}

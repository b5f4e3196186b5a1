/*
 * From one spelling to the forms in which visitors write it: usual mis-conversions in place of a
 * part (section 6 of the rules), no polite お (K2), okurigana left out (K3), and where a particle
 * may stand between (K5).
 *
 * Two things go beyond the letter of the rules, because the table of pairs asks for them or
 * visitors do. Okurigana after the last kanji but before katakana or letters is optional, as
 * between kanji: 顔認証付(き)カードリーダー. And where a piece was left out between two pairs of
 * kanji the joint stays: 申込|方法.
 */
#include "core/terms_impl.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECES_MAX = 8, /* optional okurigana in a spelling: 2^8 forms */
    FORMS_MAX = 64, /* of one spelling, by mis-conversions */
    SWAPS_MAX = 2,  /* mis-conversions in one form; three in one term nobody types */
};

enum { O = 0x304A, GO = 0x3054, GO_KANJI = 0x5FA1 }; /* お ご 御 */

/* Okurigana, normalised: づけ is ずけ (N11). */
static const uint32_t pieces[][2] = {
    {L'し'},        {L'み'},        {L'り'},        {L'き'},        {L'い'},        {L'え'},
    {L'け'},        {L'せ'},        {L'げ'},        {L'ち'},        {L'ぎ'},        {L'び'},
    {L'め'},        {L'れ'},        {L'べ'},        {L'ね'},        {L'わ', L'せ'}, {L'わ', L'り'},
    {L'も', L'り'}, {L'と', L'し'}, {L'ら', L'し'}, {L'ら', L'せ'}, {L'が', L'り'}, {L'か', L'り'},
    {L'ま', L'り'}, {L'つ', L'け'}, {L'ず', L'け'}, {L'じ', L'め'},
};

static bool is_piece(const struct sign *signs, size_t n)
{
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t len = pieces[i][1] != 0 ? 2 : 1;
        if (n == len && signs[0].cp == pieces[i][0] && (n == 1 || signs[1].cp == pieces[i][1]))
            return true;
    }
    return false;
}

static size_t count_kanji(const struct sign *signs, size_t n)
{
    size_t kanji = 0;
    for (size_t i = 0; i < n; i++)
        kanji += signs[i].class == TEXT_KANJI;
    return kanji;
}

/* K2: お申し込み is also said 申し込み; お金 is no 金. */
static bool is_polite(const struct sign *signs, size_t n)
{
    if (n < 2 || signs[1].class != TEXT_KANJI)
        return false;
    if (signs[0].cp != O && signs[0].cp != GO && signs[0].cp != GO_KANJI)
        return false;
    return n - 1 >= 3 || count_kanji(signs + 1, n - 1) >= 2;
}

/* A form on its way to a variant. */
struct work {
    struct sign signs[SPELLING_SIGNS_MAX];
    bool cut[SPELLING_SIGNS_MAX]; /* okurigana was left out before this sign */
    bool joint[SPELLING_SIGNS_MAX];
    size_t n;
};

static size_t run_of_kanji(const struct work *w, size_t from, bool forwards)
{
    size_t n = 0;
    if (forwards) {
        while (from + n < w->n && w->signs[from + n].class == TEXT_KANJI)
            n++;
    } else {
        while (n < from && w->signs[from - n - 1].class == TEXT_KANJI)
            n++;
    }
    return n;
}

/* Is the hiragana that ends before `i` okurigana of a kanji? */
static bool after_piece(const struct work *w, size_t i)
{
    size_t from = i;
    while (from > 0 && w->signs[from - 1].class == TEXT_HIRAGANA)
        from--;
    return from > 0 && w->signs[from - 1].class == TEXT_KANJI &&
           is_piece(w->signs + from, i - from);
}

/* K5 */
static bool is_joint(const struct work *w, size_t i)
{
    const struct sign *s = &w->signs[i];
    enum text_class before = w->signs[i - 1].class, here = s->class;

    if (s->bar)
        return true;
    if (here == TEXT_HIRAGANA)
        return false;
    if (s->soft)
        return true;
    if (before == TEXT_HIRAGANA) {
        if (here == TEXT_KANJI)
            return after_piece(w, i);
        return here == TEXT_LETTER || here == TEXT_KATAKANA;
    }
    if (before == here)
        return w->cut[i] && run_of_kanji(w, i, false) >= 2 && run_of_kanji(w, i, true) >= 2;
    bool letter_before = before == TEXT_LETTER || before == TEXT_DIGIT;
    bool letter_here = here == TEXT_LETTER || here == TEXT_DIGIT;
    return !(letter_before && letter_here);
}

static void emit(struct work *w, unfold_fn *fn, void *ctx)
{
    struct unfolded u = {.signs = w->signs, .joint = w->joint, .n = w->n};
    w->joint[0] = false;
    for (size_t i = 1; i < w->n; i++) {
        w->joint[i] = is_joint(w, i);
        u.any_joint = u.any_joint || w->joint[i];
    }
    fn(ctx, &u);
}

struct piece {
    size_t from, to;
};

/* K3: where okurigana may be left out; what ends the form is taken off at once. */
static size_t find_pieces(const struct sign *signs, size_t *n, struct piece found[PIECES_MAX])
{
    size_t nfound = 0;
    if (count_kanji(signs, *n) < 2)
        return 0;
    for (size_t i = 1; i < *n; i++) {
        if (signs[i].class != TEXT_HIRAGANA || signs[i - 1].class != TEXT_KANJI)
            continue;
        size_t end = i;
        while (end < *n && signs[end].class == TEXT_HIRAGANA)
            end++;
        if (is_piece(signs + i, end - i)) {
            if (end == *n)
                *n = i;
            else if (nfound < PIECES_MAX)
                found[nfound++] = (struct piece){i, end};
        }
        i = end - 1;
    }
    return nfound;
}

/* All ways to leave okurigana out of one form; returns how many. */
static size_t leave_out(struct work *w, const struct sign *signs, size_t n, size_t max,
                        unfold_fn *fn, void *ctx)
{
    struct piece found[PIECES_MAX];
    if (is_polite(signs, n)) {
        signs++;
        n--;
    }
    size_t nfound = find_pieces(signs, &n, found), forms = (size_t)1 << nfound;

    if (forms > max)
        forms = max;
    for (size_t mask = 0; mask < forms; mask++) {
        bool cut = false, soft = false, bar = false;
        w->n = 0;
        for (size_t i = 0, p = 0; i < n; i++) {
            while (p < nfound && found[p].to <= i)
                p++;
            bar = bar || signs[i].bar;
            soft = soft || signs[i].soft;
            if (p < nfound && i >= found[p].from && (mask >> p & 1) != 0) {
                cut = true;
                continue;
            }
            w->signs[w->n] = signs[i];
            w->signs[w->n].bar = bar;
            w->signs[w->n].soft = soft;
            w->cut[w->n++] = cut;
            cut = soft = bar = false;
        }
        emit(w, fn, ctx);
    }
    return forms;
}

/* A spelling with `done` of its signs settled: swaps are made from left to right, once. */
struct form {
    struct sign *signs; /* owned */
    size_t n, done, swaps;
};

static bool same_signs(const struct sign *a, const struct sign *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].cp != b[i].cp)
            return false;
    }
    return true;
}

static struct form swapped(const struct form *f, size_t at, const struct swap *s)
{
    struct form g = {
        .n = f->n - s->nright + s->nwrong, .done = at + s->nwrong, .swaps = f->swaps + 1};
    g.signs = mem_zalloc_array(g.n, sizeof(*g.signs));
    memcpy(g.signs, f->signs, at * sizeof(*g.signs));
    memcpy(g.signs + at, s->wrong, s->nwrong * sizeof(*g.signs));
    memcpy(g.signs + at + s->nwrong, f->signs + at + s->nright,
           (f->n - at - s->nright) * sizeof(*g.signs));
    g.signs[at].bar = f->signs[at].bar;
    g.signs[at].soft = f->signs[at].soft;
    return g;
}

void terms_unfold(const struct sign *signs, size_t n, const struct swap *swaps, size_t nswaps,
                  unfold_fn *fn, void *ctx)
{
    struct form forms[FORMS_MAX];
    struct work *w = mem_alloc(sizeof(*w));
    size_t nforms = 1, nvariants = 0;

    forms[0] = (struct form){.signs = mem_zalloc_array(n, sizeof(*signs)), .n = n};
    memcpy(forms[0].signs, signs, n * sizeof(*signs));
    /* Breadth first: if a ceiling cuts, it cuts the forms with most errors. */
    for (size_t i = 0; i < nforms; i++) {
        for (size_t at = forms[i].done; forms[i].swaps < SWAPS_MAX && at < forms[i].n; at++) {
            for (size_t s = 0; s < nswaps && nforms < FORMS_MAX; s++) {
                const struct swap *swap = &swaps[s];
                if (n > swap->nright && forms[i].n - at >= swap->nright &&
                    forms[i].n - swap->nright + swap->nwrong <= SPELLING_SIGNS_MAX &&
                    same_signs(forms[i].signs + at, swap->right, swap->nright))
                    forms[nforms++] = swapped(&forms[i], at, swap);
            }
        }
        if (nvariants < TERM_VARIANTS_MAX)
            nvariants +=
                leave_out(w, forms[i].signs, forms[i].n, TERM_VARIANTS_MAX - nvariants, fn, ctx);
    }
    for (size_t i = 0; i < nforms; i++)
        free(forms[i].signs);
    free(w);
}

#include "core/terms_impl.h"

#include <string.h>

enum { PARTICLE_MAX = 4 };

/* M4: what may follow; those that may also stand before a word come first. */
static const uint32_t particles[][PARTICLE_MAX] = {
    {L'は'},
    {L'が'},
    {L'を'},
    {L'に'},
    {L'で'},
    {L'と'},
    {L'の'},
    {L'へ'},
    {L'も'},
    {L'や'},
    {L'か'},
    {L'っ', L'て'},
    {L'だ'},
    {L'ま', L'で'},
    {L'よ', L'り'},
    {L'か', L'ら'},
    {L'な', L'ど'},
    {L'と', L'か'},
    {L'だ', L'け'},
    {L'し', L'か'},
    {L'ね'},
    {L'よ'},
    {L'く', L'だ', L'さ', L'い'},
    {L'お', L'し', L'え'},
    {L'し', L'た'},
    {L'す', L'る'},
    {L'し', L'て'},
    {L'し', L'ま'},
    {L'し', L'な'},
    {L'で', L'き'},
    {L'あ', L'り'},
    {L'あ', L'る'},
    {L'な', L'い'},
    {L'い', L'く', L'ら'},
    {L'い', L'つ'},
    {L'ど', L'こ'},
    {L'な', L'に'},
    {L'な', L'ん'},
};

enum {
    NPARTICLES = sizeof(particles) / sizeof(particles[0]),
    NBEFORE = 22, /* particles[0..NBEFORE) may stand before a word as well */
};

static size_t particle_len(size_t i)
{
    size_t n = 1;
    while (n < PARTICLE_MAX && particles[i][n] != 0)
        n++;
    return n;
}

static bool stands_at(const struct edges *e, size_t at, const uint32_t *signs, size_t n)
{
    return e->n - at >= n && memcmp(e->cps + at, signs, n * sizeof(*signs)) == 0;
}

static bool particle_follows(const struct edges *e, size_t at)
{
    if (at == e->n || e->class[at] != TEXT_HIRAGANA)
        return false;
    for (size_t i = 0; i < NPARTICLES; i++) {
        if (particles[i][0] == e->cps[at] && stands_at(e, at, particles[i], particle_len(i)))
            return true;
    }
    return false;
}

static bool particle_before(const struct edges *e, size_t at)
{
    for (size_t i = 0; i < NBEFORE; i++) {
        size_t n = particle_len(i);
        if (at >= n && e->class[at - 1] == TEXT_HIRAGANA && stands_at(e, at - n, particles[i], n))
            return true;
    }
    return false;
}

/* おもうしこみ, ごりよう: the polite sign is no part of the word, what stands before it counts. */
static bool polite_before(const struct edges *e, size_t at)
{
    return at > 0 && (e->cps[at - 1] == L'お' || e->cps[at - 1] == L'ご') &&
           (e->edge[at - 1] || particle_before(e, at - 1));
}

void edges_make(struct edges *e, const struct text *text)
{
    e->text = text;
    e->n = text->nsigns;
    e->apart[0] = e->edge[0] = true;
    for (size_t i = 0; i < e->n; i++) {
        const struct text_sign *s = &text->signs[i];
        e->cps[i] = s->cp;
        e->class[i] = s->class;
        if (i == 0)
            continue;
        e->apart[i] = s->break_before != TEXT_BREAK_NONE;
        if (s->cp == LONG_MARK && !e->apart[i] && e->class[i - 1] == TEXT_HIRAGANA)
            e->class[i] = TEXT_HIRAGANA;
        e->edge[i] = e->apart[i] || e->class[i] != e->class[i - 1];
    }
    e->apart[e->n] = e->edge[e->n] = true;
}

/* s or es, and no letter after it. */
static bool plural_follows(const struct edges *e, size_t at)
{
    if (e->cps[at] == 'e' && at + 1 < e->n && !e->apart[at + 1])
        at++;
    return e->cps[at] == 's' && (e->apart[at + 1] || e->class[at + 1] != TEXT_LETTER);
}

/* M2 for words in kana only: the script of the text decides, not that of the keyword. */
static bool left_kana_free(const struct edges *e, const struct variant *v, size_t first,
                           size_t last)
{
    if (e->edge[first])
        return true;
    if (e->class[first] == TEXT_KATAKANA)
        return v->length >= 4 && (v->right == END_FREE || e->edge[last]);
    return v->length >= 6 ||
           (v->length >= 4 && (particle_before(e, first) || polite_before(e, first)));
}

static bool right_kana_free(const struct edges *e, const struct variant *v, size_t first,
                            size_t last)
{
    if (e->edge[last])
        return true;
    if (e->class[last - 1] == TEXT_KATAKANA)
        return v->length >= 4 && (v->left == END_FREE || e->edge[first]);
    return v->length >= 5 || particle_follows(e, last);
}

static bool left_free(const struct edges *e, const struct variant *v, size_t first, size_t last)
{
    switch ((enum end_rule)v->left) {
    case END_FREE:
        return true;
    case END_LETTER:
        return e->apart[first] || e->class[first - 1] != TEXT_LETTER;
    case END_DIGIT:
        return e->apart[first] || e->class[first - 1] != TEXT_DIGIT;
    case END_LONE_KANJI:
        return e->apart[first] || e->class[first - 1] != TEXT_KANJI;
    case END_KANA:
        return left_kana_free(e, v, first, last);
    }
    return false;
}

static bool right_free(const struct edges *e, const struct variant *v, size_t first, size_t last)
{
    switch ((enum end_rule)v->right) {
    case END_FREE:
        return true;
    case END_LETTER:
        return e->apart[last] || e->class[last] != TEXT_LETTER ||
               (v->plural && plural_follows(e, last));
    case END_DIGIT:
        return e->apart[last] || e->class[last] != TEXT_DIGIT;
    case END_LONE_KANJI:
        return e->apart[last] || (e->class[last] != TEXT_KANJI &&
                                  (e->class[last] != TEXT_HIRAGANA || particle_follows(e, last)));
    case END_KANA:
        return right_kana_free(e, v, first, last);
    }
    return false;
}

bool edges_free(const struct edges *e, const struct variant *v, size_t first, size_t *last)
{
    /* ルーター is searched as ルータ (N12), but inside ルーターセット the text keeps its ー. */
    size_t end = *last;
    if (v->length >= 4 && end < e->n && e->cps[end] == LONG_MARK && !e->apart[end] &&
        is_kana(e->cps[end - 1]) && e->cps[end - 1] != LONG_MARK)
        end++;
    if (!left_free(e, v, first, end) || !right_free(e, v, first, end))
        return false;
    *last = end;
    return true;
}

void edges_widen(const struct edges *e, size_t *first, size_t *last)
{
    enum { WORD_MAX = 20 }; /* hiragana text has no borders: a sentence is no word */
    size_t from = *first, to = *last;
    while (!e->edge[from] && *first - from < WORD_MAX)
        from--;
    while (!e->edge[to] && to - *last < WORD_MAX)
        to++;
    /* 光る: the verb's ending belongs to the word though the class changes. */
    if (to == *last && !e->apart[to] && e->class[to] == TEXT_HIRAGANA &&
        e->class[to - 1] == TEXT_KANJI) {
        do
            to++;
        while (!e->edge[to] && to - *last < WORD_MAX);
    }
    *first = from;
    *last = to;
}

#include "core/joints.h"

#include "core/parts.h"
#include "core/rank.h"

#include <math.h>

static const float SECOND_KEYWORD = 0.7F; /* how clearly a second topic must be named */
static const float SECOND_SHARE = 0.5F;
static const float PART_SURE = 0.9F; /* how sure each part of a message must be by itself */

enum {
    PART_SIGNS = 3,    /* of a part that asks something by itself */
    PARTS_SIGNS = 150, /* longer messages tell a story */
    PARTS_TRIED = 3,   /* joints; each costs two more looks at the text */
};

static bool begins_clause(const struct text *t, size_t at)
{
    return at == 0 || t->signs[at].break_before != TEXT_BREAK_NONE ||
           t->signs[at - 1].cp == 0x304B; /* か */
}

/* A question mark, or a pause behind か. */
static bool ends_question(const struct text *t, size_t at)
{
    const struct text_sign *s = &t->signs[at];
    struct span mark = span_of(t->source.ptr + s->begin, (size_t)(s->end - s->begin));
    return t->signs[at - 1].cp == 0x304B || (mark.len > 0 && mark.ptr[0] == '?') ||
           (mark.len >= 3 && memcmp(mark.ptr, "？", 3) == 0);
}

/* と or や between two nouns, not the と of "said that". */
static bool joins_nouns(const struct text *t, size_t at)
{
    static const uint32_t quoting[] = {0x8A00, 0x601D, 0x805E, 0x66F8, 0x8003}; /* 言 思 聞 書 考 */
    size_t next = at + 1;

    if (t->signs[at].class != TEXT_HIRAGANA || /* not the ト of スタート */
        (t->signs[at].cp != 0x3068 && t->signs[at].cp != 0x3084))
        return false;
    if (t->signs[next].class == TEXT_SENTINEL && next + 1 < t->nsigns)
        next++;
    for (size_t i = 0; i < sizeof(quoting) / sizeof(quoting[0]); i++) {
        if (t->signs[next].cp == quoting[i])
            return false;
    }
    return sign_names(&t->signs[next]) || t->signs[at].break_before != TEXT_BREAK_NONE;
}

/* True if one thing to know ends before sign `at` and another one begins there. */
static bool joins(const struct text *t, size_t at)
{
    static const uint32_t openers[][6] = {
        {0x305D, 0x308C, 0x3068, 0},         /* それと */
        {0x3042, 0x3068, 0},                 /* あと */
        {0x307E, 0x305F, 0},                 /* また */
        {0x305D, 0x308C, 0x304B, 0x3089, 0}, /* それから */
        {0x3064, 0x3044, 0x3067, 0},         /* ついで */
        {'a', 'n', 'd', 0},
    };
    static const uint32_t as_well_as[] = {0x304A, 0x3088, 0x3073, 0}; /* および */

    if (at == 0 || at + 1 >= t->nsigns)
        return false;
    if (t->signs[at].class == TEXT_SENTINEL)
        return ends_question(t, at);
    if (joins_nouns(t, at) || signs_word(t, at, as_well_as) > 0)
        return true;
    for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
        if (begins_clause(t, at) && signs_word(t, at, openers[i]) > 0)
            return true;
    }
    return false;
}

/* True if line `a` is complete before a joint and what line `b` adds to it stands behind. */
static bool lines_stand_apart(const struct corpus *c, const struct match *m,
                              const struct rule_hit *a, const struct rule_hit *b,
                              const struct text *t)
{
    uint32_t na = rules_get(c->rules, a->rule)->nterms, nb = rules_get(c->rules, b->rule)->nterms;
    size_t left = 0, right = SIZE_MAX;

    for (uint32_t i = 0; i < na; i++) {
        if (m->hits[a->first[i]].last > left)
            left = m->hits[a->first[i]].last;
    }
    for (uint32_t i = 0; i < nb; i++) {
        const struct term_hit *hit = &m->hits[b->first[i]];
        bool shared = false;
        for (uint32_t k = 0; k < na && !shared; k++)
            shared = a->first[k] == b->first[i];
        if (!shared && hit->first < right)
            right = hit->first;
    }
    if (right == SIZE_MAX || right < left)
        return false;
    for (size_t at = left; at < right; at++) {
        if (joins(t, at))
            return true;
    }
    return false;
}

/* What the strongest line of `y` weighs that stands apart from a line of `x`, in either order; 0:
 * none. */
static float weight_apart(const struct corpus *c, const struct match *m, int32_t x, int32_t y,
                          const struct text *t)
{
    float most = 0;
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *a = rules_get(c->rules, m->rules[i].rule);
        if (a->kind != RULE_KEYWORD || (a->intent != x && a->intent != y))
            continue;
        for (size_t k = 0; k < m->nrules; k++) {
            const struct rule *b = rules_get(c->rules, m->rules[k].rule);
            if (b->kind == RULE_KEYWORD && b->intent == (a->intent == x ? y : x) &&
                lines_stand_apart(c, m, &m->rules[i], &m->rules[k], t))
                most = fmaxf(most, c->rule_weight[m->rules[a->intent == y ? i : k].rule]);
        }
    }
    return most;
}

/* A second topic that the message asks about as clearly as about the best one; NULL: none. */
static const struct candidate *second_topic(const struct corpus *c, const struct match *m,
                                            const struct text *t, const struct ranking *r,
                                            const struct candidate *best)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        if (k == best || !ranking_may_answer(c, k) || c->content->intents[k->intent].talk)
            continue;
        float weight = weight_apart(c, m, best->intent, k->intent, t);
        if (weight >= SECOND_KEYWORD &&
            fmaxf(k->score, k->sentence + weight) >= SECOND_SHARE * best->score)
            return k;
    }
    return NULL;
}

/* Which topic the signs [first, last) ask about by themselves, -1 if that is not sure. */
static int32_t topic_of_part(const struct corpus *c, struct match_scratch *s,
                             const struct text *text, size_t first, size_t last)
{
    struct ranking r;
    const struct match *m = match_part(c, s, text, first, last, -1);

    ranking_part(c, s, match_part_text(s), m, &r);
    const struct candidate *best = ranking_best(c, m, &r);
    if (best == NULL || c->content->intents[best->intent].talk)
        return -1;
    struct outlook o = ranking_outlook(c, m, &r, best);
    return calibration_apply(&c->calibration, &o) >= PART_SURE ? best->intent : -1;
}

static bool is_vetoed(const struct ranking *r, int32_t intent)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->items[i].intent == intent)
            return r->items[i].vetoed;
    }
    return false;
}

/* A joint that may stand between two questions: と only behind a noun (頼むと is a condition), や
 * not at all (it lists what belongs together). */
static bool parts_sentences(const struct text *t, size_t at)
{
    if (!joins(t, at) || t->signs[at].class == TEXT_LETTER || t->signs[at].cp == 0x3084)
        return false;
    return t->signs[at].cp != 0x3068 || sign_names(&t->signs[at - 1]) ||
           t->signs[at + 1].class == TEXT_SENTINEL;
}

/* The same where no keyword line tells: a message that falls into two at a joint, of which each
 * part is a question of its own, one of them the one that the whole seems to ask. */
static int32_t second_by_parts(const struct corpus *c, struct match_scratch *s,
                               const struct text *text, const struct ranking *whole, int32_t best)
{
    size_t tried = 0;

    if (text->nsigns > PARTS_SIGNS)
        return -1;
    for (size_t at = PART_SIGNS; at + PART_SIGNS < text->nsigns && tried < PARTS_TRIED; at++) {
        if (!parts_sentences(text, at))
            continue;
        tried++;
        size_t behind = at + 1;
        int32_t left = topic_of_part(c, s, text, 0, at);
        int32_t right = left >= 0 ? topic_of_part(c, s, text, behind, text->nsigns) : -1;
        int32_t other = left == best ? right : left;
        if (right >= 0 && left != right && (left == best || right == best) &&
            !is_vetoed(whole, other))
            return other;
    }
    return -1;
}

int32_t joints_second(const struct corpus *c, struct match_scratch *s, const struct text *text,
                      const struct match *m, const struct ranking *r, const struct candidate *best)
{
    const struct candidate *k = second_topic(c, m, text, r, best);
    return k != NULL ? k->intent : second_by_parts(c, s, text, r, best->intent);
}

/*
 * core/rank.c - what speaks for whom, and how much
 *
 * Sentence scores come from the classifier, the rest from what fired: keyword lines and patterns by
 * what they were worth on the content's own sentences, follow-up lines after their topic, slots and
 * identifiers. Two kinds of messages are looked at twice: a denial ("not this but that") once more
 * without what is denied, and a short message after a topic as what that topic makes of it.
 */
#include "core/rank.h"

#include "core/parts.h"

#include <math.h>

/* In units of the sentence score, where a sentence just inside its intent's margin has about 1. */
static const float EXACT_WEIGHT = 2.0F;   /* an editor wrote this very question */
static const float FURTHER_LINE = 0.25F;  /* share of an intent's second best line */
static const float PART_OF_LONGER = 0.3F; /* of a line whose terms a longer line of another holds */
static const float KEYWORD_MAX = 2.2F;
static const float FOLLOW_UP_WEIGHT = 1.6F;
static const float FOLLOW_UP_LEAD = 0.8F; /* before whatever else the words would mean */
static const float CONTEXT_WEIGHT = 0.4F; /* for the last topic, if it is near at all */
static const float CONTEXT_SENTENCE = 0.5F;
static const float SLOT_WEIGHT = 1.2F;
static const float FORMAT_WEIGHT = 2.0F;
static const float IDENTIFIER_GIVES_WAY = 0.8F; /* to what is so much clearer asked for */
static const float SLOT_TOPIC_GIVES_WAY = 1.0F; /* to a topic with this score */
static const float TALK_GIVES_WAY = 0.55F;      /* the same for small talk */
static const float TALK_GIVES_WAY_ALONE = 0.9F; /* without a keyword */
static const float DENIAL_SHARE = 0.7F;         /* of what is said behind "not this but" */
/* A line decides which topic it is; that it is one of the topics at all, the sentence knows better.
 */
static const float KEYWORD_TRUST = 0.3F;

enum {
    FOLLOW_UP_SIGNS = 18, /* a follow-up is short: a longer text stands on its own */
    NAMED_BESIDE = 2,     /* signs that name something beside a slot's value or a follow-up word */
};

static struct candidate *candidate_of(const struct corpus *c, struct match_scratch *s,
                                      const struct match *m, struct ranking *r, int32_t intent)
{
    struct classify_candidate sentence;

    intent = parts_class(c, intent);
    for (size_t i = 0; i < r->n; i++) {
        if (r->items[i].intent == intent)
            return &r->items[i];
    }
    if (r->n == RANKING_MAX)
        return NULL;
    match_score(c, s, intent, &sentence);
    struct candidate *new = &r->items[r->n++];
    *new = (struct candidate){
        .intent = intent,
        .sentence = decide_sentence_score(m->classes.coverage, sentence.margin, sentence.cosine),
        .nearest = sentence.nearest,
        .support = sentence.support,
    };
    return new;
}

/* True if every term of `a` is one of `b`, which has more. */
static bool is_part_of(const struct rule *a, const struct rule *b)
{
    if (a->nterms >= b->nterms)
        return false;
    for (uint32_t i = 0; i < a->nterms; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->nterms && !found; k++)
            found = a->terms[i] == b->terms[k];
        if (!found)
            return false;
    }
    return true;
}

static bool gives_way(const struct corpus *c, const struct match *m, size_t i)
{
    const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
    for (size_t k = 0; k < m->nrules; k++) {
        const struct rule *other = rules_get(c->rules, m->rules[k].rule);
        if (other->kind == RULE_KEYWORD && other->intent != rule->intent && is_part_of(rule, other))
            return true;
    }
    return false;
}

/* The best line counts whole, the second a little: two ways of saying one thing are no proof of
 * two. */
static void add_line(struct candidate *k, float *second, float weight)
{
    if (weight > k->keyword) {
        *second = k->keyword;
        k->keyword = weight;
    } else if (weight > *second) {
        *second = weight;
    }
}

/* How much a follow-up line may say in a text of this length. */
static float follow_up_share(const struct text *text)
{
    if (text->nsigns > 2 * (size_t)FOLLOW_UP_SIGNS)
        return 0;
    return text->nsigns <= FOLLOW_UP_SIGNS ? 1.0F : (float)FOLLOW_UP_SIGNS / (float)text->nsigns;
}

static void weigh_lines(const struct corpus *c, struct match_scratch *s, const struct text *text,
                        const struct match *m, struct ranking *r)
{
    float second[RANKING_MAX] = {0};

    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind == RULE_SLOT)
            continue;
        struct candidate *k = candidate_of(c, s, m, r, rule->intent);
        if (k == NULL)
            continue;
        if (rule->kind == RULE_UNLESS) {
            k->vetoed = true;
            continue;
        }
        float weight = rule->kind == RULE_AFTER ? FOLLOW_UP_WEIGHT * follow_up_share(text)
                                                : c->rule_weight[m->rules[i].rule];
        if (rule->kind == RULE_KEYWORD && gives_way(c, m, i))
            weight *= PART_OF_LONGER;
        add_line(k, &second[k - r->items], weight);
    }
    for (size_t i = 0; i < m->npatterns; i++) {
        uint32_t pattern = m->patterns[i].pattern;
        struct candidate *k = candidate_of(c, s, m, r, c->pattern_intent[pattern]);
        if (k != NULL)
            add_line(k, &second[k - r->items], c->pattern_weight[pattern]);
    }
    for (size_t i = 0; i < r->n; i++)
        r->items[i].keyword += FURTHER_LINE * second[i];
}

static bool names_any(const struct text *t)
{
    for (size_t i = 0; i < t->nsigns; i++) {
        if (sign_names(&t->signs[i]))
            return true;
    }
    return false;
}

/* Words beside a slot's value that only say that it is one: "in the case of", "area", "city". */
static void cover_fillers(const struct text *t, bool *covered)
{
    static const uint32_t fillers[][5] = {
        {0x5834, 0x5408, 0},         /* 場合 */
        {0x5730, 0x57DF, 0},         /* 地域 */
        {0x5730, 0x533A, 0},         /* 地区 */
        {0x3048, 0x308A, 0x3042, 0}, /* エリア */
        {0x4F4F, 0x6240, 0},         /* 住所 */
        {0x5728, 0x4F4F, 0},         /* 在住 */
        {0x65B9, 0},                 /* 方 */
        {0x5185, 0},                 /* 内 */
        {0x770C, 0},                 /* 県 */
        {0x5E02, 0},                 /* 市 */
        {0x533A, 0},                 /* 区 */
    };
    for (size_t i = 0; i < t->nsigns; i++) {
        for (size_t f = 0; f < sizeof(fillers) / sizeof(fillers[0]); f++)
            memset(covered + i, true, signs_word(t, i, fillers[f]));
    }
}

/* How many signs name something (more than hiragana) and lie in none of the lines that `counts` is
 * true for. */
static size_t named_beside(const struct corpus *c, const struct text *text, const struct match *m,
                           bool (*counts)(const struct rule *rule, int32_t which), int32_t which,
                           bool fillers)
{
    bool covered[TEXT_SIGNS_MAX];
    size_t n = 0;

    memset(covered, false, text->nsigns);
    if (fillers)
        cover_fillers(text, covered);

    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        for (uint32_t k = 0; k < rule->nterms && counts(rule, which); k++) {
            const struct term_hit *hit = &m->hits[m->rules[i].first[k]];
            memset(covered + hit->first, true, (size_t)(hit->last - hit->first));
        }
    }
    for (size_t k = 0; k < text->nsigns; k++)
        n += !covered[k] && sign_names(&text->signs[k]);
    return n;
}

static bool is_slot_line(const struct rule *rule, int32_t slot)
{
    return rule->kind == RULE_SLOT && rule->topic >> 8 == slot;
}

static bool is_follow_up(const struct rule *rule, int32_t intent)
{
    return rule->kind == RULE_AFTER && rule->intent == intent;
}

static bool names_own_topic(const struct corpus *c, const struct match *m, int32_t but)
{
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind == RULE_KEYWORD && rule->intent != but)
            return true;
    }
    for (size_t i = 0; i < m->npatterns; i++) {
        if (c->pattern_intent[m->patterns[i].pattern] != but)
            return true;
    }
    return false;
}

/* A message that is little more than a slot's value ("静岡県なんですが", "西日本の場合は?") goes to
 * the last topic if that depends on the slot, else to the topic that tells about the value itself.
 */
static void weigh_slots(const struct corpus *c, struct match_scratch *s, const struct text *text,
                        const struct match *m, struct ranking *r)
{
    for (size_t i = 0; i < c->content->nslots; i++) {
        int32_t topic = c->content->slots[i].topic;
        if (m->slots[i] == 0 || m->slots[i] == MATCH_SLOT_UNCLEAR || names_own_topic(c, m, topic))
            continue;
        size_t beside = named_beside(c, text, m, is_slot_line, (int32_t)i, true);
        if (beside > NAMED_BESIDE)
            continue;
        int32_t to = m->context >= 0 && c->content->intents[m->context].slot == (int32_t)i
                         ? m->context
                         : topic;
        struct candidate *k =
            to >= 0 && (m->exact < 0 || m->exact == to) ? candidate_of(c, s, m, r, to) : NULL;
        if (k == NULL)
            continue;
        k->keyword += to == m->context ? SLOT_WEIGHT + FOLLOW_UP_WEIGHT : SLOT_WEIGHT;
        k->certain |= beside == 0 && names_any(text);
    }
}

/* True if a line of another intent is complete that holds a term which the follow-up lines do not:
 * the message names a subject of its own. */
static bool names_more(const struct corpus *c, const struct match *m, int32_t intent)
{
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind != RULE_KEYWORD || rule->intent == intent || rule->intent == m->context)
            continue;
        for (uint32_t k = 0; k < rule->nterms; k++) {
            bool known = false;
            for (size_t j = 0; j < m->nrules && !known; j++) {
                const struct rule *other = rules_get(c->rules, m->rules[j].rule);
                for (uint32_t t = 0; t < other->nterms && is_follow_up(other, intent); t++)
                    known |= other->terms[t] == rule->terms[k];
            }
            if (!known)
                return true;
        }
    }
    return false;
}

/* Between two that are near each other a short message goes on with what was talked about. */
static void prefer_context(const struct corpus *c, const struct text *text, const struct match *m,
                           struct ranking *r)
{
    if (m->context < 0 || text->nsigns > FOLLOW_UP_SIGNS)
        return;
    for (size_t i = 0; i < r->n; i++) {
        struct candidate *k = &r->items[i];
        if (k->intent == m->context && (k->keyword > 0 || k->sentence >= CONTEXT_SENTENCE) &&
            !names_more(c, m, m->context))
            k->keyword += CONTEXT_WEIGHT;
    }
}

/* A short message that holds a follow-up line and names nothing else belongs to the last topic,
 * even if the same words are an example of another one: there they would have stood alone. */
static void prefer_follow_up(const struct corpus *c, const struct text *text, const struct match *m,
                             struct ranking *r)
{
    struct candidate *best = NULL;
    float most = 0;

    if (m->context < 0 || text->nsigns > FOLLOW_UP_SIGNS)
        return;
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind != RULE_AFTER || names_more(c, m, rule->intent) ||
            named_beside(c, text, m, is_follow_up, rule->intent, false) > NAMED_BESIDE)
            continue;
        for (size_t k = 0; k < r->n; k++) {
            if (r->items[k].intent == rule->intent && !r->items[k].vetoed &&
                (best == NULL || r->items[k].score > best->score))
                best = &r->items[k];
        }
    }
    if (best == NULL)
        return;
    for (size_t k = 0; k < r->n; k++)
        most = fmaxf(most, r->items[k].score);
    best->keyword += most + FOLLOW_UP_LEAD - best->score;
    best->score = most + FOLLOW_UP_LEAD;
    best->support = 1;
    best->certain = true;
}

static bool is_slot_topic_of_any(const struct corpus *c, int32_t intent)
{
    for (size_t i = 0; i < c->content->nslots; i++) {
        if (c->content->slots[i].topic == intent)
            return true;
    }
    return false;
}

/* A typed identifier is what a message is about unless something else is clearly asked for. */
static void prefer_identifier(const struct corpus *c, const struct match *m, struct ranking *r)
{
    float most = 0;
    struct candidate *its = NULL;

    if (m->nformats == 0)
        return;
    for (size_t k = 0; k < r->n; k++) {
        if (r->items[k].intent == c->content->formats[m->formats[0].format].topic)
            its = &r->items[k];
        else if (!is_slot_topic_of_any(c, r->items[k].intent))
            most = fmaxf(most, r->items[k].score);
    }
    if (its == NULL || its->vetoed || most > its->score + IDENTIFIER_GIVES_WAY)
        return;
    for (size_t k = 0; k < r->n; k++)
        most = fmaxf(most, r->items[k].score);
    if (most > its->score || its->score < most + FOLLOW_UP_LEAD) {
        its->keyword += most + FOLLOW_UP_LEAD - its->score;
        its->score = most + FOLLOW_UP_LEAD;
    }
}

static void weigh_formats(const struct corpus *c, struct match_scratch *s, const struct match *m,
                          struct ranking *r)
{
    for (size_t i = 0; i < m->nformats; i++) {
        int32_t topic = c->content->formats[m->formats[i].format].topic;
        struct candidate *k = topic >= 0 ? candidate_of(c, s, m, r, topic) : NULL;
        if (k == NULL)
            continue;
        k->keyword = fmaxf(k->keyword, FORMAT_WEIGHT);
        k->certain = true;
    }
}

/* Share of the signs that name something (more than hiragana, if there are any) which lie in what
 * fired for an intent. */
static float fired_share(const struct corpus *c, const struct text *text, const struct match *m,
                         int32_t intent)
{
    bool covered[TEXT_SIGNS_MAX];
    size_t all[2] = {0}, in[2] = {0};

    memset(covered, false, text->nsigns);

    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        bool counts = rule->kind == RULE_SLOT
                          ? c->content->slots[rule->topic >> 8].topic == intent ||
                                c->content->intents[intent].slot == rule->topic >> 8
                          : rule->intent == intent && rule->kind != RULE_UNLESS;
        for (uint32_t k = 0; counts && k < rule->nterms; k++) {
            const struct term_hit *hit = &m->hits[m->rules[i].first[k]];
            memset(covered + hit->first, true, (size_t)(hit->last - hit->first));
        }
    }
    for (size_t i = 0; i < m->npatterns; i++) {
        if (c->pattern_intent[m->patterns[i].pattern] != intent)
            continue;
        for (size_t k = 0; k < text->nsigns; k++)
            covered[k] |= text->signs[k].begin >= m->patterns[i].begin &&
                          text->signs[k].end <= m->patterns[i].end;
    }
    for (size_t k = 0; k < text->nsigns; k++) {
        bool names = sign_names(&text->signs[k]);
        all[names]++;
        in[names] += covered[k];
    }
    if (all[1] > 0)
        return (float)in[1] / (float)all[1];
    return all[0] > 0 ? (float)in[0] / (float)all[0] : 0;
}

/* Best first; equal ones by id, that is by index. */
static void sort_candidates(struct ranking *r)
{
    for (size_t i = 1; i < r->n; i++) {
        struct candidate x = r->items[i];
        size_t k = i;
        for (; k > 0 && (r->items[k - 1].score < x.score ||
                         (r->items[k - 1].score == x.score && r->items[k - 1].intent > x.intent));
             k--)
            r->items[k] = r->items[k - 1];
        r->items[k] = x;
    }
}

void ranking_part(const struct corpus *c, struct match_scratch *s, const struct text *text,
                  const struct match *m, struct ranking *r)
{
    r->n = 0;
    for (size_t i = 0; i < m->classes.n; i++)
        candidate_of(c, s, m, r, (int32_t)m->classes.top[i].label);
    if (m->exact >= 0)
        candidate_of(c, s, m, r, m->exact);
    for (size_t i = 0; i < m->nformats; i++) {
        if (c->content->formats[m->formats[i].format].topic >= 0)
            candidate_of(c, s, m, r, c->content->formats[m->formats[i].format].topic);
    }
    weigh_lines(c, s, text, m, r);
    weigh_slots(c, s, text, m, r);
    weigh_formats(c, s, m, r);
    prefer_context(c, text, m, r);
    for (size_t i = 0; i < r->n; i++) {
        struct candidate *k = &r->items[i];
        if (k->keyword > 0)
            k->support = fmaxf(k->support, fired_share(c, text, m, k->intent));
        k->keyword = fminf(k->keyword, KEYWORD_MAX);
        if (k->intent == m->exact) {
            k->keyword += EXACT_WEIGHT;
            k->support = 1;
        }
        k->score = k->vetoed ? 0 : k->sentence + k->keyword;
    }
    prefer_follow_up(c, text, m, r);
    prefer_identifier(c, m, r);
    sort_candidates(r);
}

/* "Not this but that": where what counts begins, 0 if nothing is denied. */
static size_t behind_denial(const struct text *t)
{
    static const uint32_t forms[][6] = {
        {0x3067, 0x306F, 0x306A, 0x304F, 0}, /* ではなく */
        {0x3058, 0x3083, 0x306A, 0x304F, 0}, /* じゃなく */
        {0x3067, 0x306A, 0x304F, 0},         /* でなく */
    };
    for (size_t i = 1; i < t->nsigns; i++) {
        for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
            size_t k = i + signs_word(t, i, forms[f]), names = 0;
            if (k == i)
                continue;
            if (k < t->nsigns && t->signs[k].cp == 0x3066) /* て */
                k++;
            while (k < t->nsigns && t->signs[k].class == TEXT_SENTINEL)
                k++;
            for (size_t j = k; j < t->nsigns; j++)
                names += sign_names(&t->signs[j]);
            return names >= 2 ? k : 0;
        }
    }
    return 0;
}

/* What follows a denial decides; what stands before it still says what the whole is about. */
static void blend(struct ranking *r, const struct ranking *tail)
{
    for (size_t i = 0; i < r->n; i++) {
        struct candidate *k = &r->items[i];
        k->sentence *= 1 - DENIAL_SHARE;
        k->keyword *= 1 - DENIAL_SHARE;
        k->support *= 1 - DENIAL_SHARE;
        k->score *= 1 - DENIAL_SHARE;
    }
    for (size_t i = 0; i < tail->n; i++) {
        const struct candidate *x = &tail->items[i];
        struct candidate *k = NULL;
        for (size_t j = 0; j < r->n && k == NULL; j++)
            k = r->items[j].intent == x->intent ? &r->items[j] : NULL;
        if (k == NULL && r->n < RANKING_MAX) {
            k = &r->items[r->n++];
            *k =
                (struct candidate){.intent = x->intent, .nearest = x->nearest, .vetoed = x->vetoed};
        }
        if (k == NULL)
            continue;
        k->sentence += DENIAL_SHARE * x->sentence;
        k->keyword += DENIAL_SHARE * x->keyword;
        k->support += DENIAL_SHARE * x->support;
        k->score = k->vetoed ? 0 : k->sentence + k->keyword;
    }
    sort_candidates(r);
}

void ranking_make(const struct corpus *c, struct match_scratch *s, const struct text *text,
                  const struct match *m, struct ranking *r)
{
    struct ranking tail;
    size_t behind = behind_denial(text);

    ranking_part(c, s, text, m, r);
    if (behind == 0)
        return;
    const struct match *part = match_part(c, s, text, behind, text->nsigns, m->context);
    ranking_part(c, s, match_part_text(s), part, &tail);
    blend(r, &tail);
}

/* ---- looking at a ranking -------------------------------------------------------------------- */

bool ranking_may_answer(const struct corpus *c, const struct candidate *k)
{
    return !k->vetoed && !c->content->intents[k->intent].reject;
}

/* True if `topic` tells about the values of the slot that the answer of `of` depends on. */
static bool is_slot_topic(const struct corpus *c, int32_t topic, int32_t of)
{
    int32_t slot = c->content->intents[of].slot;
    return slot >= 0 && c->content->slots[slot].topic == topic && topic != of;
}

/* True if `k` gives way to another topic that is named as well: small talk to any, the topic that
 * tells about a slot's values to one whose answer depends on the value. */
static bool yields(const struct corpus *c, const struct match *m, const struct candidate *k,
                   const struct candidate *to)
{
    const struct content_intent *x = &c->content->intents[k->intent];
    const struct content_intent *y = &c->content->intents[to->intent];
    if (k->intent == m->exact)
        return false; /* an editor wrote this very question */
    if (x->talk && !y->talk)
        return (to->keyword > 0 || to->sentence >= TALK_GIVES_WAY_ALONE) &&
               to->score >= TALK_GIVES_WAY;
    return is_slot_topic(c, k->intent, to->intent) && !k->certain &&
           to->score >= SLOT_TOPIC_GIVES_WAY;
}

const struct candidate *ranking_best(const struct corpus *c, const struct match *m,
                                     const struct ranking *r)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        if (ranking_may_answer(c, k) && (best == NULL || yields(c, m, best, k)))
            best = k;
    }
    return best != NULL && best->score > 0 ? best : NULL;
}

/* The strongest of the others, reject intents included. */
static float strongest_rival(const struct corpus *c, const struct match *m, const struct ranking *r,
                             const struct candidate *best)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        if (k != best && !k->vetoed && !yields(c, m, k, best))
            return k->score;
    }
    return 0;
}

static float strongest_reject(const struct corpus *c, const struct ranking *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (c->content->intents[r->items[i].intent].reject && !r->items[i].vetoed)
            return r->items[i].score;
    }
    return 0;
}

static float keyword_trust(const struct corpus *c)
{
    return c->nexamples >= PARTS_SENTENCES_LEAST && classifier_linear(c->classifier) ? KEYWORD_TRUST
                                                                                     : 1;
}

struct outlook ranking_outlook(const struct corpus *c, const struct match *m,
                               const struct ranking *r, const struct candidate *best)
{
    return (struct outlook){.score = best->sentence + keyword_trust(c) * best->keyword,
                            .lead = best->score - strongest_rival(c, m, r, best),
                            .support = best->support,
                            .reject = strongest_reject(c, r)};
}

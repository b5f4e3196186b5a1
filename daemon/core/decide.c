/*
 * core/decide.c
 *
 * The weights below were measured once, on sentences that the shipped content does not hold; they
 * are no part of the content, so that a new keyword changes only questions that it matches.
 */
#include "core/decide.h"

#include "core/parts.h"

#include <math.h>

/* In units of the sentence score, where a sentence just inside its intent's margin has about 1. */
static const float EXACT_WEIGHT = 1.0F;
static const float FURTHER_LINE = 0.25F; /* share of an intent's second best line */
static const float PART_OF_LONGER =
    0.3F; /* of a line whose terms a longer line of another intent holds */
static const float FOLLOW_UP_WEIGHT = 1.6F;
static const float FORMAT_WEIGHT = 2.0F;
static const float SLOT_WEIGHT = 1.2F;
static const float KEYWORD_MAX = 2.2F;
static const float CHOICE_DISTANCE = 0.6F; /* how far behind the best a choice may be */
static const float TALK_GIVES_WAY =
    0.55F; /* a topic with this score is asked about, whatever is said around it */

enum {
    FOLLOW_UP_SIGNS = 18, /* a follow-up is short: a longer text stands on its own */
    BARE_SIGNS = 9,       /* beside a slot's value, in a message that holds nothing else */
};

float decide_sentence_score(float coverage, float margin, float cosine)
{
    return (margin + 1 + cosine) * coverage;
}

float calibration_apply(const struct calibration *k, float score, float lead)
{
    float x =
        k->by_score * fminf(score, 3.0F) + k->by_lead * fmaxf(-1.0F, fminf(lead, 1.0F)) + k->offset;
    return 1.0F / (1.0F + expf(-x));
}

/* ---- the ranking ----------------------------------------------------------------------------- */

static struct candidate *candidate_of(const struct corpus *c, struct match_scratch *s,
                                      const struct match *m, struct ranking *r, int32_t intent)
{
    struct classify_candidate sentence;

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

/* Signs that no slot's value covers. */
static size_t signs_beside_slots(const struct corpus *c, const struct text *text,
                                 const struct match *m)
{
    size_t covered = 0;
    for (size_t i = 0; i < m->nhits; i++) {
        bool counts = false;
        for (size_t k = 0; k < m->nrules && !counts; k++)
            counts = rules_get(c->rules, m->rules[k].rule)->kind == RULE_SLOT &&
                     rules_get(c->rules, m->rules[k].rule)->terms[0] == m->hits[i].term;
        if (counts)
            covered += (size_t)(m->hits[i].last - m->hits[i].first);
    }
    return covered < text->nsigns ? text->nsigns - covered : 0;
}

static bool names_own_topic(const struct corpus *c, const struct match *m, int32_t but)
{
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind == RULE_KEYWORD && rule->intent != but)
            return true;
    }
    return m->npatterns > 0;
}

/* A message that is little more than a slot's value ("静岡県なんですが", "西日本の場合は?") goes to
 * the last topic if that depends on the slot, else to the topic that tells about the value itself.
 */
static void weigh_slots(const struct corpus *c, struct match_scratch *s, const struct text *text,
                        const struct match *m, struct ranking *r)
{
    for (size_t i = 0; i < c->content->nslots; i++) {
        int32_t topic = c->content->slots[i].topic;
        if (m->slots[i] == 0 || m->slots[i] == MATCH_SLOT_UNCLEAR ||
            signs_beside_slots(c, text, m) > BARE_SIGNS || names_own_topic(c, m, topic))
            continue;
        int32_t to = m->context >= 0 && c->content->intents[m->context].slot == (int32_t)i
                         ? m->context
                         : topic;
        struct candidate *k = to >= 0 ? candidate_of(c, s, m, r, to) : NULL;
        if (k != NULL)
            k->keyword += to == m->context ? SLOT_WEIGHT + FOLLOW_UP_WEIGHT : SLOT_WEIGHT;
    }
}

static void weigh_formats(const struct corpus *c, struct match_scratch *s, const struct match *m,
                          struct ranking *r)
{
    for (size_t i = 0; i < m->nformats; i++) {
        int32_t topic = c->content->formats[m->formats[i].format].topic;
        struct candidate *k = topic >= 0 ? candidate_of(c, s, m, r, topic) : NULL;
        if (k != NULL && k->keyword < FORMAT_WEIGHT)
            k->keyword = FORMAT_WEIGHT;
    }
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

static void rank(const struct corpus *c, struct match_scratch *s, const struct text *text,
                 const struct match *m, struct ranking *r)
{
    r->n = 0;
    for (size_t i = 0; i < m->classes.n; i++)
        candidate_of(c, s, m, r, (int32_t)m->classes.top[i].label);
    weigh_lines(c, s, text, m, r);
    weigh_slots(c, s, text, m, r);
    weigh_formats(c, s, m, r);
    if (m->exact >= 0) {
        struct candidate *k = candidate_of(c, s, m, r, m->exact);
        if (k != NULL)
            k->keyword += EXACT_WEIGHT;
    }
    for (size_t i = 0; i < r->n; i++) {
        struct candidate *k = &r->items[i];
        k->keyword = fminf(k->keyword, KEYWORD_MAX);
        k->score = k->vetoed ? 0 : k->sentence + k->keyword;
    }
    sort_candidates(r);
}

/* ---- the decision ---------------------------------------------------------------------------- */

static bool may_answer(const struct corpus *c, const struct candidate *k)
{
    return !k->vetoed && !c->content->intents[k->intent].reject;
}

/* Small talk never wins over a topic. */
static const struct candidate *best_of(const struct corpus *c, const struct ranking *r)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        if (!may_answer(c, k))
            continue;
        if (best == NULL)
            best = k;
        else if (c->content->intents[best->intent].talk && !c->content->intents[k->intent].talk &&
                 k->keyword > 0 && k->score >= TALK_GIVES_WAY)
            best = k;
    }
    return best != NULL && best->score > 0 ? best : NULL;
}

/* The strongest of the others, reject intents included. */
static float strongest_rival(const struct corpus *c, const struct ranking *r,
                             const struct candidate *best)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        bool yields =
            c->content->intents[k->intent].talk && !c->content->intents[best->intent].talk;
        if (k != best && !k->vetoed && !yields)
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

/* Fills the choices: the best and what is near it. */
static uint8_t nearest(const struct corpus *c, const struct ranking *r,
                       const struct candidate *best, float least, int32_t ret[DECISION_CHOICES_MAX])
{
    uint8_t n = 0;
    ret[n++] = best->intent;
    for (size_t i = 0; i < r->n && n < DECISION_CHOICES_MAX; i++) {
        const struct candidate *k = &r->items[i];
        if (k != best && may_answer(c, k) && !c->content->intents[k->intent].talk &&
            k->score >= least && k->score > 0)
            ret[n++] = k->intent;
    }
    return n;
}

void decide(const struct corpus *c, struct match_scratch *s, const struct text *text,
            const struct match *m, const struct session *session, struct ranking *ranking,
            struct decision *ret)
{
    *ret = (struct decision){.outcome = OUTCOME_UNANSWERED, .intent = -1};
    for (size_t i = 0; i < SESSION_SLOTS_MAX; i++)
        ret->slots[i] =
            m->slots[i] != 0 && m->slots[i] != MATCH_SLOT_UNCLEAR ? m->slots[i] : session->slots[i];
    rank(c, s, text, m, ranking);
    const struct candidate *best = best_of(c, ranking);
    if (best != NULL) {
        float lead = best->score - strongest_rival(c, ranking, best);
        float alone = calibration_apply(&c->calibration, best->score, 1.0F);
        ret->intent = best->intent;
        ret->confidence = calibration_apply(&c->calibration, best->score, lead);
        bool talk = c->content->intents[best->intent].talk;
        if (ret->confidence >= c->answer_at) {
            ret->outcome = OUTCOME_ANSWER;
        } else {
            /* Torn between topics is one thing, a text about something else another. */
            ret->nchoices = nearest(c, ranking, best, best->score - CHOICE_DISTANCE, ret->choices);
            if (ret->nchoices >= 2 && !talk && alone >= c->choose_at &&
                best->score > strongest_reject(c, ranking)) {
                ret->outcome = OUTCOME_CHOOSE;
            } else {
                ret->nchoices = talk ? 0 : nearest(c, ranking, best, 0, ret->choices);
            }
        }
    }
    ret->handover = ret->outcome == OUTCOME_UNANSWERED && session->misses > 0;
}

/* ---- why ------------------------------------------------------------------------------------- */

static void explain(struct evidence_set *set, enum evidence_source source, int32_t intent,
                    uint32_t ref, size_t begin, size_t end, float weight)
{
    if (set->n == EVIDENCE_MAX)
        return;
    for (size_t i = 0; i < set->n; i++) {
        const struct evidence *e = &set->items[i];
        if (e->source == source && e->intent == intent && e->ref == ref && e->begin == begin)
            return;
    }
    set->items[set->n++] =
        (struct evidence){source, intent, ref, (uint16_t)begin, (uint16_t)end, weight};
}

static void explain_rule(const struct corpus *c, const struct match *m, size_t i,
                         struct evidence_set *ret)
{
    const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
    for (uint32_t k = 0; k < rule->nterms; k++) {
        const struct term_hit *hit = &m->hits[m->rules[i].first[k]];
        switch (rule->kind) {
        case RULE_KEYWORD:
            explain(ret, EVIDENCE_TERM, rule->intent, hit->term, hit->begin, hit->end,
                    c->rule_weight[m->rules[i].rule]);
            break;
        case RULE_UNLESS:
            explain(ret, EVIDENCE_TERM, rule->intent, hit->term, hit->begin, hit->end, -1);
            break;
        case RULE_AFTER:
            explain(ret, EVIDENCE_CONTEXT, rule->intent, hit->term, hit->begin, hit->end,
                    FOLLOW_UP_WEIGHT);
            break;
        case RULE_SLOT:
            explain(ret, EVIDENCE_SLOT, -1, (uint32_t)rule->topic, hit->begin, hit->end, 0);
            break;
        }
    }
}

void decide_explain(const struct corpus *c, const struct text *text, const struct match *m,
                    const struct ranking *ranking, struct evidence_set *ret)
{
    ret->n = 0;
    for (size_t rank = 0; rank < ranking->n; rank++) {
        const struct candidate *k = &ranking->items[rank];
        for (size_t i = 0; i < m->nrules; i++) {
            if (rules_get(c->rules, m->rules[i].rule)->intent == k->intent)
                explain_rule(c, m, i, ret);
        }
        for (size_t i = 0; i < m->npatterns; i++) {
            uint32_t pattern = m->patterns[i].pattern;
            if (c->pattern_intent[pattern] == k->intent)
                explain(ret, EVIDENCE_PATTERN, k->intent, pattern, m->patterns[i].begin,
                        m->patterns[i].end, c->pattern_weight[pattern]);
        }
        if (k->nearest != UINT32_MAX && text->nsigns > 0)
            explain(ret, EVIDENCE_EXAMPLE, k->intent, k->nearest, text->signs[0].begin,
                    text->signs[text->nsigns - 1].end, k->sentence);
    }
    for (size_t i = 0; i < m->nrules; i++) {
        if (rules_get(c->rules, m->rules[i].rule)->kind == RULE_SLOT)
            explain_rule(c, m, i, ret);
    }
}

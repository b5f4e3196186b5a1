/*
 * core/decide.c
 *
 * The weights below were measured once, on sentences that the shipped content does not hold; they
 * are no part of the content, so that a new keyword changes only questions that it matches.
 */
#include "core/decide.h"

#include "core/joints.h"
#include "core/parts.h"
#include "core/rank.h"

#include <math.h>

static const float FOREIGN_LEAD = 0.25F;
static const float CHOICE_DISTANCE = 0.6F; /* how far behind the best a choice may be */
enum { BEHIND_TALK_TRIED = 2 };
static const float LEAD_LEAST = 0.2F;    /* with less, asking back is the answer */
static const float NEAREST_LEAST = 0.4F; /* of a topic that is named beside "I don't know" */

float decide_sentence_score(float coverage, float margin, float cosine)
{
    return (margin + 1 + cosine) * coverage;
}

/* Measured on questions that no content learned from; fitting moves it only as far as a content's
 * own sentences say so. */
const struct calibration calibration_usual = {{2.4F, 0.6F, 2.6F, -2.0F}, -3.0F};

void outlook_features(const struct outlook *o, float ret[OUTLOOKS])
{
    /* From one to two says more than from two to three; as steep as the score itself at two. */
    ret[0] = fminf(2.0F + 2.0F * logf(fmaxf(o->score, 0.1F) / 2.0F), 3.0F);
    ret[1] = fmaxf(-1.0F, fminf(o->lead, 1.0F));
    ret[2] = o->support;
    ret[3] = fminf(o->reject, 2.0F);
}

float calibration_apply(const struct calibration *k, const struct outlook *o)
{
    float x[OUTLOOKS], sum = k->offset;
    outlook_features(o, x);
    for (int i = 0; i < OUTLOOKS; i++)
        sum += k->by[i] * x[i];
    return 1.0F / (1.0F + expf(-sum));
}

/* ---- the decision ---------------------------------------------------------------------------- */

/* Where everything that might answer was vetoed: what would have been nearest. */
static const struct candidate *best_vetoed(const struct corpus *c, const struct ranking *r)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < r->n; i++) {
        const struct candidate *k = &r->items[i];
        if (!c->content->intents[k->intent].reject && !c->content->intents[k->intent].talk &&
            (best == NULL || k->sentence + k->keyword > best->sentence + best->keyword))
            best = k;
    }
    return best;
}

/* Fills the choices: the best and what is near it. */
static uint8_t nearest(const struct corpus *c, const struct ranking *r,
                       const struct candidate *best, float least, int32_t ret[DECISION_CHOICES_MAX])
{
    uint8_t n = 0;
    ret[n++] = best->intent;
    for (size_t i = 0; i < r->n && n < DECISION_CHOICES_MAX; i++) {
        const struct candidate *k = &r->items[i];
        if (k != best && ranking_may_answer(c, k) && !c->content->intents[k->intent].talk &&
            k->score >= least && k->score > 0)
            ret[n++] = k->intent;
    }
    return n;
}

/* Where the words end that the lines of small talk hold: こんにちは料金教えて. */
static size_t end_of_talk(const struct corpus *c, const struct match *m, int32_t talk)
{
    size_t end = 0;
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        for (uint32_t k = 0; k < rule->nterms && rule->intent == talk; k++) {
            size_t last = m->hits[m->rules[i].first[k]].last;
            end = last > end ? last : end;
        }
    }
    return end;
}

/* True if the signs from `first` on ask about a topic that is sure by itself: it is the answer
 * then. */
static bool ask_from(const struct corpus *c, struct match_scratch *s, const struct text *text,
                     const struct match *m, size_t first, struct ranking *ranking,
                     struct decision *ret)
{
    struct ranking r;
    const struct match *part = match_part(c, s, text, first, text->nsigns, m->context);

    ranking_part(c, s, match_part_text(s), part, &r);
    const struct candidate *best = ranking_best(c, part, &r);
    if (best == NULL || c->content->intents[best->intent].talk)
        return false;
    struct outlook o = ranking_outlook(c, part, &r, best);
    float confidence = calibration_apply(&c->calibration, &o);
    if (confidence < c->answer_at)
        return false;
    ret->outcome = OUTCOME_ANSWER;
    ret->intent = best->intent;
    ret->confidence = confidence;
    *ranking = r;
    return true;
}

/* "Hello. What does it cost?": small talk is put aside where a question stands behind it. */
static bool ask_behind_talk(const struct corpus *c, struct match_scratch *s,
                            const struct text *text, const struct match *m, int32_t talk,
                            struct ranking *ranking, struct decision *ret)
{
    size_t tried = 0, end = end_of_talk(c, m, talk);

    if (end > 0 && end < text->nsigns && ask_from(c, s, text, m, end, ranking, ret))
        return true;
    for (size_t at = 0; at + 1 < text->nsigns && tried < BEHIND_TALK_TRIED; at++) {
        if (text->signs[at].class != TEXT_SENTINEL)
            continue;
        tried++;
        if (ask_from(c, s, text, m, at + 1, ranking, ret))
            return true;
    }
    return false;
}

void decide(const struct corpus *c, struct match_scratch *s, const struct text *text,
            const struct match *m, const struct session *session, struct ranking *ranking,
            struct decision *ret)
{
    *ret = (struct decision){.outcome = OUTCOME_UNANSWERED, .intent = -1};
    for (size_t i = 0; i < SESSION_SLOTS_MAX; i++)
        ret->slots[i] =
            m->slots[i] != 0 && m->slots[i] != MATCH_SLOT_UNCLEAR ? m->slots[i] : session->slots[i];
    ranking_make(c, s, text, m, ranking);
    const struct candidate *best = ranking_best(c, m, ranking);
    if (best != NULL && c->content->intents[best->intent].talk && best->intent != m->exact &&
        ask_behind_talk(c, s, text, m, best->intent, ranking, ret))
        return;
    if (best != NULL) {
        struct outlook o = ranking_outlook(c, m, ranking, best);
        if (best->certain)
            o = (struct outlook){.score = fmaxf(o.score, 1), .lead = 1, .support = 1};
        ret->intent = best->intent;
        ret->confidence = calibration_apply(&c->calibration, &o);
        float lead = best->intent == m->exact ? 1 : o.lead;
        o.lead = 1; /* as if nothing else had been asked about */
        float alone = calibration_apply(&c->calibration, &o);
        bool talk = c->content->intents[best->intent].talk;
        int32_t second = -1;
        if (!best->certain && !talk && best->intent != m->exact && alone >= c->choose_at)
            second = joints_second(c, s, text, m, ranking, best);
        if (second >= 0) {
            ret->outcome = OUTCOME_CHOOSE;
            ret->choices[ret->nchoices++] = best->intent;
            ret->choices[ret->nchoices++] = second;
        } else if (ret->confidence >= c->answer_at && (lead >= LEAD_LEAST || best->certain)) {
            ret->outcome = OUTCOME_ANSWER;
        } else {
            /* Torn between topics is one thing, a text about something else another. */
            ret->nchoices = nearest(c, ranking, best, best->score - CHOICE_DISTANCE, ret->choices);
            if (ret->nchoices >= 2 && !talk && alone >= c->choose_at && best->score > o.reject) {
                ret->outcome = OUTCOME_CHOOSE;
            } else {
                ret->nchoices = talk || best->score < NEAREST_LEAST
                                    ? 0
                                    : nearest(c, ranking, best, NEAREST_LEAST, ret->choices);
            }
        }
    }
    if (best == NULL && (best = best_vetoed(c, ranking)) != NULL) {
        ret->intent = best->intent;
        ret->choices[ret->nchoices++] = best->intent;
    }
    ret->handover = ret->outcome == OUTCOME_UNANSWERED && session->misses > 0;
}

void decide_foreign(const struct corpus *c, const struct ranking *ranking, struct decision *d)
{
    const struct candidate *best = NULL;

    d->nchoices = 0;
    for (size_t i = 0; i < ranking->n && d->nchoices < DECISION_CHOICES_MAX; i++) {
        const struct candidate *k = &ranking->items[i];
        if (!ranking_may_answer(c, k) || k->keyword <= 0 || c->content->intents[k->intent].talk)
            continue;
        if (best == NULL)
            best = k;
        if (k->score + FOREIGN_LEAD >= best->score)
            d->choices[d->nchoices++] = k->intent;
    }
    if (best == NULL)
        return;
    d->intent = best->intent;
    d->outcome = d->nchoices > 1 ? OUTCOME_CHOOSE : OUTCOME_ANSWER;
    d->confidence = fmaxf(d->confidence, d->nchoices > 1 ? c->choose_at : c->answer_at);
    if (d->outcome == OUTCOME_ANSWER)
        d->nchoices = 0;
    d->handover = false;
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
            explain(ret, EVIDENCE_CONTEXT, rule->intent, hit->term, hit->begin, hit->end, 1);
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

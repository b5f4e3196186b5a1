#include "tools/score.h"

#include <math.h>

static bool is_among(int32_t x, const int32_t *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == x)
            return true;
    }
    return false;
}

bool label_in_scope(const struct label *l)
{
    return l->nboth > 0 || l->want >= 0;
}

bool score_is_right(const struct label *l, int32_t intent)
{
    if (intent < 0)
        return false;
    if (l->nboth > 0 ? is_among(intent, l->both, l->nboth) : intent == l->want)
        return true;
    return is_among(intent, l->accept, l->naccept);
}

static bool offers_one(const struct label *l, const struct decision *d)
{
    for (uint8_t i = 0; i < d->nchoices; i++) {
        if (score_is_right(l, d->choices[i]))
            return true;
    }
    return false;
}

static bool offers_all(const struct label *l, const struct decision *d)
{
    for (size_t i = 0; i < l->nboth; i++) {
        if (!is_among(l->both[i], d->choices, d->nchoices))
            return false;
    }
    return l->nboth > 0;
}

static enum verdict in_scope_verdict(const struct label *l, const struct decision *d)
{
    switch (d->outcome) {
    case OUTCOME_ANSWER:
        if (is_among(d->intent, l->both, l->nboth))
            return VERDICT_OFFERED; /* one of the two that were asked about */
        return score_is_right(l, d->intent) ? VERDICT_RIGHT : VERDICT_WRONG;
    case OUTCOME_CHOOSE:
        if (offers_all(l, d))
            return VERDICT_RIGHT;
        return offers_one(l, d) ? VERDICT_OFFERED : VERDICT_WRONG;
    case OUTCOME_UNANSWERED:
        break;
    }
    return VERDICT_SILENT;
}

enum verdict score_verdict(const struct label *l, const struct decision *d)
{
    if (label_in_scope(l))
        return in_scope_verdict(l, d);
    if (d->outcome == OUTCOME_UNANSWERED)
        return VERDICT_RIGHT;
    return d->outcome == OUTCOME_ANSWER && is_among(d->intent, l->accept, l->naccept)
               ? VERDICT_RIGHT
               : VERDICT_WRONG;
}

const char *verdict_name(enum verdict v)
{
    static const char *const names[VERDICTS] = {"right", "offered", "wrong", "silent"};
    return names[v];
}

void tally_add(struct tally *t, const struct label *l, enum verdict v)
{
    (label_in_scope(l) ? t->in : t->out)[v]++;
}

void tally_sum(struct tally *t, const struct tally *more)
{
    for (int v = 0; v < VERDICTS; v++) {
        t->in[v] += more->in[v];
        t->out[v] += more->out[v];
    }
}

static size_t sum(const size_t counts[VERDICTS])
{
    size_t n = 0;
    for (int v = 0; v < VERDICTS; v++)
        n += counts[v];
    return n;
}

size_t tally_in(const struct tally *t)
{
    return sum(t->in);
}

size_t tally_out(const struct tally *t)
{
    return sum(t->out);
}

double tally_in_share(const struct tally *t)
{
    size_t n = tally_in(t);
    double worth = (double)t->in[VERDICT_RIGHT] + (double)t->in[VERDICT_OFFERED] / 2;
    return n > 0 ? worth / (double)n : 1;
}

double tally_out_share(const struct tally *t)
{
    size_t n = tally_out(t);
    return n > 0 ? (double)t->out[VERDICT_RIGHT] / (double)n : 1;
}

bool tally_all_right(const struct tally *t)
{
    return t->in[VERDICT_RIGHT] == tally_in(t) && t->out[VERDICT_RIGHT] == tally_out(t);
}

void reliability_add(struct reliability *r, double confidence, bool right)
{
    int bin = (int)(confidence * SCORE_BINS);
    bin = bin < 0 ? 0 : bin >= SCORE_BINS ? SCORE_BINS - 1 : bin;
    r->bins[bin].n++;
    r->bins[bin].right += right;
    r->bins[bin].confidence += confidence;
}

double reliability_error(const struct reliability *r)
{
    double gap = 0;
    size_t n = 0;
    for (int i = 0; i < SCORE_BINS; i++) {
        gap += fabs((double)r->bins[i].right - r->bins[i].confidence);
        n += r->bins[i].n;
    }
    return n > 0 ? gap / (double)n : 0;
}

double tradeoff_at(int step)
{
    return (50 + 5 * step) / 100.0;
}

void tradeoff_add(struct tradeoff *t, const struct label *l, int32_t intent, double confidence)
{
    bool in = label_in_scope(l), right = score_is_right(l, intent);

    (*(in ? &t->in : &t->out))++;
    for (int i = 0; i < TRADEOFF_STEPS && intent >= 0 && confidence >= tradeoff_at(i); i++) {
        t->steps[i].right += in && right;
        t->steps[i].wrong += in && !right;
        t->steps[i].answered += !in && !right; /* accepted ones do no harm */
    }
}

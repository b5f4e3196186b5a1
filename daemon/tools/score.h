/*
 * tools/score.h - how questions with known answers are counted (tests/questions/README.md)
 *
 * Pure: labels and decisions in, figures out.
 */
#ifndef FAQD_TOOLS_SCORE_H
#define FAQD_TOOLS_SCORE_H

#include "core/decide.h"

enum { LABEL_ACCEPT_MAX = 8, LABEL_TAG_BYTES_MAX = 31, SCORE_BINS = 10 };

/* What would be right for one question. */
struct label {
    int32_t want;                       /* topic, -1: out of scope; meaningless with nboth > 0 */
    int32_t both[DECISION_CHOICES_MAX]; /* "choose": the topics that must all be offered */
    size_t nboth;
    int32_t accept[LABEL_ACCEPT_MAX];
    size_t naccept;
    char tag[LABEL_TAG_BYTES_MAX + 1];
};

enum verdict { VERDICT_RIGHT, VERDICT_OFFERED, VERDICT_WRONG, VERDICT_SILENT };
enum { VERDICTS = 4 };

enum verdict score_verdict(const struct label *l, const struct decision *d);
const char *verdict_name(enum verdict v);

/* Would answering `intent` be right? For calibration: that is what a confidence is about. */
bool score_is_right(const struct label *l, int32_t intent);
bool label_in_scope(const struct label *l);

struct tally {
    size_t in[VERDICTS], out[VERDICTS]; /* in scope, out of scope */
};
void tally_add(struct tally *t, const struct label *l, enum verdict v);
void tally_sum(struct tally *t, const struct tally *more);
size_t tally_in(const struct tally *t);
size_t tally_out(const struct tally *t);
double tally_in_share(const struct tally *t);  /* (right + offered / 2) / all; 0 of nothing is 1 */
double tally_out_share(const struct tally *t); /* right / all */
bool tally_all_right(const struct tally *t);

/* Are seven of ten answers right that were given with 0.7? Bins of equal width, [0.9, 1] the last.
 */
struct reliability {
    struct {
        size_t n, right;
        double confidence; /* sum */
    } bins[SCORE_BINS];
};
void reliability_add(struct reliability *r, double confidence, bool right);
/* Expected calibration error: how far confidence and share of right ones lie apart, on average. */
double reliability_error(const struct reliability *r);

/* Wrong answers against unanswered questions, if answers began at another threshold and nothing was
 * offered. */
enum { TRADEOFF_STEPS = 10 }; /* 0.50, 0.55, ... 0.95 */
struct tradeoff {
    size_t in, out; /* questions in scope, out of scope */
    struct {
        size_t right, wrong; /* of those in scope; the others are silent */
        size_t answered;     /* of those out of scope */
    } steps[TRADEOFF_STEPS];
};
double tradeoff_at(int step);
void tradeoff_add(struct tradeoff *t, const struct label *l, int32_t intent, double confidence);

#endif

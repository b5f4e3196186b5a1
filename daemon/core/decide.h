/*
 * core/decide.h - from evidence to a decision
 *
 * Each intent that anything speaks for gets a score: what the classifier thinks of it (margin and
 * nearest sentence, both times the coverage), plus what its best keyword line, pattern or follow-up
 * line weighs. A line weighs what it was worth on the content's own sentences: how often it fired
 * on its own intent's and how often on others'. A line that is part of a longer complete line of
 * another intent gives way to it. Score and lead of the best intent become a probability by a curve
 * that is fitted in cross-validation when the corpus is built; thresholds on it choose between
 * answer, choose and unanswered.
 */
#ifndef FAQD_CORE_DECIDE_H
#define FAQD_CORE_DECIDE_H

#include "core/evidence.h"
#include "core/match.h"
#include "core/record.h"
#include "core/session.h"
#include "core/verdict.h"

enum { DECISION_CHOICES_MAX = 3, RANKING_MAX = 24 };

struct decision {
    enum outcome outcome;
    int32_t intent;   /* best candidate that is not a reject intent; -1: nothing fired */
    float confidence; /* 0..1 */
    uint8_t nchoices;
    int32_t
        choices[DECISION_CHOICES_MAX]; /* choose: 2-3, best first; unanswered: the nearest 0-3 */
    bool handover;       /* two misses in a row, or a person was asked for: offer the contact */
    bool other_language; /* unanswered: neither Japanese nor English */
    uint8_t slots[SESSION_SLOTS_MAX]; /* what the answer's variant is chosen by; as in session */
    uint8_t lang;                     /* enum lang of the reply */
    uint8_t named_slots;              /* bit s: this message named the value of slot s */
    /* The identifiers in this message, in their order, whatever topic they are about. */
    uint8_t nverdicts;
    struct id_verdict verdicts[VERDICTS_MAX];
};

/* All that stood for election, best first: for explanations. */
struct candidate {
    int32_t intent;
    float score;      /* the sum of the next two */
    float sentence;   /* classifier */
    float keyword;    /* keyword lines, patterns, follow-up lines, slots, identifiers */
    uint32_t nearest; /* example ref, UINT32_MAX = none */
    float support;    /* see struct outlook */
    bool certain;     /* a short follow-up, a bare slot value, an identifier: nothing to doubt */
    bool vetoed;      /* an `unless` line fired: out of the race */
};
struct ranking {
    struct candidate items[RANKING_MAX];
    size_t n;
};

/* Weighs. `session` gives last topic, slots and misses and is not changed. Fills decision but for
 * its language, named slots and verdicts. Pure. */
void decide(const struct corpus *c, struct match_scratch *s, const struct text *text,
            const struct match *m, const struct session *session, struct ranking *ranking,
            struct decision *ret);

/* For a message in a language that nothing was written in, after decide() found no answer: the
 * topics whose terms it names, if it names any. The sentence around them says nothing, neither for
 * nor against. */
void decide_foreign(const struct corpus *c, const struct ranking *ranking, struct decision *d);

/* What spoke for the best candidates (and what vetoed): at most EVIDENCE_MAX. Bytes are those of
 * text->source. */
void decide_explain(const struct corpus *c, const struct text *text, const struct match *m,
                    const struct ranking *ranking, struct evidence_set *ret);

/* What a candidate looks like from outside, and the curve from there to a probability: a logistic
 * function whose weights corpus_build fits in cross-validation. */
struct outlook {
    float score;   /* its own */
    float lead;    /* over the strongest rival; negative if it is behind a reject intent */
    float support; /* share of what the text names that speaks for it, 0..1 */
    float reject;  /* score of the strongest reject intent */
};
enum { OUTLOOKS = 4 };
struct calibration {
    float by[OUTLOOKS]; /* in the order of struct outlook */
    float offset;
};
extern const struct calibration calibration_usual; /* where there is too little to fit */
float calibration_apply(const struct calibration *k, const struct outlook *o);
/* The features of the curve: cut where more of them says no more. */
void outlook_features(const struct outlook *o, float ret[OUTLOOKS]);
/* Scores of a classifier result alone, as decide() does without keywords: for fitting. */
float decide_sentence_score(float coverage, float margin, float cosine);

#endif

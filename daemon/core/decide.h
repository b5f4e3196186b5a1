/*
 * core/decide.h - from evidence to a decision
 */
#ifndef FAQD_CORE_DECIDE_H
#define FAQD_CORE_DECIDE_H

#include "core/record.h"
#include "core/session.h"

enum { DECISION_CHOICES_MAX = 3 };

struct decision {
    enum outcome outcome;
    int32_t intent;       /* best candidate that is not a reject intent; -1: nothing fired */
    float confidence;     /* 0..1 */
    uint8_t nchoices;
    int32_t choices[DECISION_CHOICES_MAX]; /* choose: 2-3, best first; unanswered: the nearest 0-3 */
    bool handover;        /* two misses in a row, or a person was asked for: offer the contact */
    uint8_t slots[SESSION_SLOTS_MAX]; /* what the answer's variant is chosen by; as in session */
    uint8_t lang;         /* enum lang of the reply */
};

#endif

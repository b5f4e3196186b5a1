/*
 * core/parts.h - what a corpus is made of; for the sources of core/ only
 */
#ifndef FAQD_CORE_PARTS_H
#define FAQD_CORE_PARTS_H

#include "core/classify.h"
#include "core/content.h"
#include "core/corpus.h"
#include "core/decide.h"
#include "core/kb.h"
#include "core/patterns.h"
#include "core/rules.h"
#include "core/suggest.h"

#include <stdatomic.h>

/* With fewer sentences there is nothing to fit a curve on, and keyword lines are all there is. */
enum { PARTS_SENTENCES_LEAST = 200 };

/* A sentence that the classifier learned from. */
struct example {
    int32_t intent;
    struct span text; /* in content or kb */
};

/* Questions that are an example sign by sign: open addressing over a hash. */
struct exact_slot {
    uint64_t hash;  /* 0 = free */
    int32_t intent; /* -1: two intents have this example once it is normalised */
};

struct corpus {
    atomic_size_t refs;
    char revision[17];
    struct content *content;
    struct kb *kb;
    struct terms *terms;
    uint32_t ntable_terms; /* ids below are those of terms.json: features of the classifier */
    struct rules *rules;
    float *rule_weight; /* [rules] what a complete line adds to its intent's score */
    struct patterns *patterns;
    int32_t *pattern_intent;
    float *pattern_weight;
    struct classifier *classifier;
    int32_t reject; /* the first reject intent: all of them are one class; -1: there is none */
    struct example *examples;
    size_t nexamples;
    struct exact_slot *exact;
    size_t exact_slots; /* power of two */
    struct calibration calibration;
    float answer_at, choose_at;
    struct suggest *suggest;
    struct mask_rules mask_rules;
    struct corpus_stats stats;
};

/* What the classifier and the decision know an intent as: to refuse is one thing, for whatever
 * reason. */
static inline int32_t parts_class(const struct corpus *c, int32_t intent)
{
    return intent >= 0 && c->content->intents[intent].reject ? c->reject : intent;
}

uint64_t parts_exact_hash(const struct text *t); /* of its signs; never 0 */

#endif

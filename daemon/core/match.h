/*
 * core/match.h - text to evidence: everything that fires in one text, in one pass each
 *
 * Gathers and does not judge: terms, keyword lines, patterns, the classifier, slots, identifiers.
 * core/decide.h weighs them.
 */
#ifndef FAQD_CORE_MATCH_H
#define FAQD_CORE_MATCH_H

#include "core/classify.h"
#include "core/corpus.h"
#include "core/mask.h"
#include "core/patterns.h"
#include "core/rules.h"
#include "core/session.h"
#include "core/terms.h"
#include "core/text.h"

struct match_scratch;

enum {
    MATCH_PATTERNS_MAX = 64,
    MATCH_FORMATS_MAX = 8,
    MATCH_NEAR_MAX = 8,
    MATCH_SLOT_UNCLEAR = 255, /* two values of one slot in one text */
};

struct match {
    struct term_hit hits[TERM_HITS_MAX];
    size_t nhits;
    struct term_near near[MATCH_NEAR_MAX]; /* for editors: found, but inside a longer word */
    size_t nnear;
    struct rule_hit rules[RULE_HITS_MAX];
    size_t nrules;
    struct pattern_hit patterns[MATCH_PATTERNS_MAX];
    size_t npatterns;
    struct classify_result classes;
    int32_t exact;   /* intent that has this very question as an example, -1 = none */
    int32_t context; /* last topic, -1 = none */
    uint8_t slots[SESSION_SLOTS_MAX]; /* named here: 0 = not, value index + 1, MATCH_SLOT_UNCLEAR */
    struct mask_found
        formats[MATCH_FORMATS_MAX]; /* identifiers, raw or masked, in bytes of the raw text */
    size_t nformats;
};

struct match_scratch *match_scratch_new(const struct corpus *c);
void match_scratch_free(struct match_scratch *s);

/* `raw` is what `text` was made from, for the identifiers. Cannot fail, allocates nothing that
 * grows with the content. */
void match_run(const struct corpus *c, struct match_scratch *s, const struct text *text,
               struct span raw, int32_t context, struct match *ret);

/* The same for the signs [first, last) of `text`, as if nothing else had been said. What it returns
 * belongs to the scratch and holds until the next call; bytes are those of the part. */
const struct match *match_part(const struct corpus *c, struct match_scratch *s,
                               const struct text *text, size_t first, size_t last, int32_t context);
const struct text *match_part_text(const struct match_scratch *s);

/* How often a pattern ran into a limit of steps or time with this scratch, and how often a text
 * used up the time of all. Any thread. */
uint32_t match_pattern_limits(const struct match_scratch *s, uint32_t pattern);
uint32_t match_pattern_overruns(const struct match_scratch *s);

/* Score of one more intent after match_run, for one that keywords speak for. */
void match_score(const struct corpus *c, struct match_scratch *s, int32_t intent,
                 struct classify_candidate *ret);

#endif

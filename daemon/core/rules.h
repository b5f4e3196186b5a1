/*
 * core/rules.h - keyword lines: which of them are complete in a text?
 *
 * A line is one term, or terms joined by " + " that must all occur, in any order. A line is looked
 * at only when its rarest term was found, so that the cost follows what a text contains and not how
 * many lines there are. Never changes once built; each thread has a scratch of its own.
 */
#ifndef FAQD_CORE_RULES_H
#define FAQD_CORE_RULES_H

#include "core/terms.h"

struct rules;
struct rules_scratch;

enum { RULE_TERMS_MAX = 8, RULE_HITS_MAX = 512 };

enum rule_kind {
    RULE_KEYWORD,
    RULE_UNLESS, /* vetoes the intent */
    RULE_AFTER,  /* counts only right after `topic` */
    RULE_SLOT,   /* sets a slot: `topic` is slot << 8 | value, `intent` -1 */
};

struct rule {
    enum rule_kind kind;
    int32_t intent;
    int32_t topic; /* RULE_AFTER and RULE_SLOT: see there */
    uint32_t nterms;
    uint32_t terms[RULE_TERMS_MAX];
    const char
        *source; /* the line as it was written; belongs to the caller, who outlives the rules */
};

struct rule_hit {
    uint32_t rule;
    uint32_t first[RULE_TERMS_MAX]; /* for each term the index of its first hit */
};

struct rules *rules_new(void);
void rules_free(struct rules *r); /* NULL is fine */

/* Adds a line, registering its terms with `terms`. ERR_INPUT with the reason and a mend, without
 * file and line. */
enum errc rules_add(struct rules *r, struct terms_builder *terms, enum rule_kind kind,
                    int32_t intent, int32_t topic, struct span line, const char *source,
                    struct err *reterr) MUST_CHECK;
/* After the last line: sorts lines under their rarest term. */
void rules_seal(struct rules *r, size_t nterms);
size_t rules_count(const struct rules *r);
const struct rule *rules_get(const struct rules *r, uint32_t i);

struct rules_scratch *rules_scratch_new(const struct rules *r);
void rules_scratch_free(struct rules_scratch *s);

/* Writes the complete lines, in the order of their numbers; returns how many (at most `cap`).
 * RULE_AFTER lines only when their topic is `context` (-1 = none). Cannot fail, allocates nothing.
 */
size_t rules_run(const struct rules *r, struct rules_scratch *s, const struct term_hit *hits,
                 size_t nhits, int32_t context, struct rule_hit *out, size_t cap);

#endif

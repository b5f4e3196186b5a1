/*
 * core/patterns.h - which regular expressions match a text?
 *
 * Patterns are PCRE2 (UTF, no regard to case) and see the light form of a text (core/text.h), where
 * ＩＤ is id and 髙 is 高. What a pattern says literally is brought into that form as well, so that
 * editors may write ＩＤ, ID or id. Two stages: one automaton finds the literals of all
 * patterns in one pass and may err only towards "maybe"; PCRE2 then decides on the few that are
 * left. test_patterns.c holds the result to a plain loop over all patterns. Never changes once
 * built, so that any number of threads may run it at once, each with a scratch of its own.
 */
#ifndef FAQD_CORE_PATTERNS_H
#define FAQD_CORE_PATTERNS_H

#include "base/err.h"
#include "base/span.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

struct patterns;
struct patterns_builder;
struct patterns_scratch;

enum {
    PATTERN_SOURCE_BYTES_MAX = 500,
    PATTERNS_BUDGET_US = 35 * 1000, /* for all patterns on one text; the last steps come on top,
                                       50 ms in all */
    PATTERN_BUDGET_US = 20 * 1000,  /* for one of them */
};

/* The first match of a pattern. */
struct pattern_hit {
    uint32_t pattern;    /* id given by patterns_add */
    uint16_t begin, end; /* bytes of the source of the text */
};

struct patterns_builder *patterns_builder_new(void);
void patterns_builder_free(struct patterns_builder *b); /* NULL is fine, here and below */

/* Compiles one pattern; ids count from 0 without holes, equal patterns get an id each.
 * ERR_INPUT if it is no pattern that we take: the reason names the offset in bytes of `source`
 * and the mend. Not taken are: more than PATTERN_SOURCE_BYTES_MAX bytes, what matches the empty
 * text, verbs (*X), callouts (?C), \C, \G, \K, \Q, (?x), a lone {. */
enum errc patterns_add(struct patterns_builder *b, struct span source, uint32_t *retid,
                       struct err *reterr) MUST_CHECK;

/* Takes what was added out of the builder, which is empty afterwards. Never NULL, also without
 * patterns. */
struct patterns *patterns_build(struct patterns_builder *b);
void patterns_free(struct patterns *p);
size_t patterns_count(const struct patterns *p);

/* As the editor wrote it. */
struct span patterns_source(const struct patterns *p, uint32_t id);

/* As PCRE2 sees it: in the light form. */
struct span patterns_folded(const struct patterns *p, uint32_t id);

/* True if no literal was found that every match must contain: PCRE2 then runs on every text. */
bool patterns_always(const struct patterns *p, uint32_t id);

/* The working memory of one thread, for these patterns only; to be freed before them. */
struct patterns_scratch *patterns_scratch_new(const struct patterns *p);
void patterns_scratch_free(struct patterns_scratch *s);

/* Writes the hits in the order of their ids, at most `cap`; returns how many were written. Cannot
 * fail, allocates nothing. A pattern that runs into a limit of steps, memory or time is no hit and
 * is counted; once PATTERNS_BUDGET_US are used up the patterns that are left are not tried. */
size_t patterns_run(const struct patterns *p, struct patterns_scratch *s, const struct text *text,
                    struct pattern_hit *hits, size_t cap);

/* How often a pattern ran into a limit, and how often a text used up the budget of all. Any thread.
 */
uint32_t patterns_scratch_limits(const struct patterns_scratch *s, uint32_t id);
uint32_t patterns_scratch_overruns(const struct patterns_scratch *s);

#endif

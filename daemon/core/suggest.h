/*
 * core/suggest.h - which topics may a half-typed question be going to?
 *
 * An index over the beginnings of titles and examples, and of the words inside them, twice: as
 * they are written, and with every term in place of its spellings, so that おきゃく and 顧客I find
 * お客さまID. Built when a corpus is built, never changes, any thread may ask it.
 *
 * What is promised: an item is a topic and shows the topic's title, and the matcher itself answers
 * that title, typed as a first question, with that topic. Each title of each language is asked
 * once, through turn_decide(), while the index is built; a topic whose title does not come back to
 * it is never suggested in that language, by whatever sentence or fallback. The sentences of the
 * index pass the same question each. Small talk and reject intents are left out.
 *
 * Bounded: all titles are asked, but only SUGGEST_EXAMPLES_MAX examples, the first ones of each
 * topic in turn (a decision takes tens of microseconds and a start should not wait for it). What a
 * later example would have found is left to the matcher, which learned from all of them.
 */
#ifndef FAQD_CORE_SUGGEST_H
#define FAQD_CORE_SUGGEST_H

#include "core/corpus.h"
#include "core/session.h"
#include "core/terms.h"
#include "core/text.h"

struct suggest;

enum {
    SUGGEST_MAX = 5,             /* topics at a time */
    SUGGEST_EXAMPLES_MAX = 1000, /* of all topics together */
};

/* `c` is complete but for this; it need not outlive what is returned. One decision a sentence. */
struct suggest *suggest_build(struct corpus *c);
void suggest_free(struct suggest *s); /* NULL is fine */

/* May the topic be shown in this language? */
bool suggest_may(const struct suggest *s, int32_t intent, enum lang lang);

/* Is there enough to go by? Nothing is not, nor is one letter or digit. */
bool suggest_enough(const struct text *text);

/* Topics for a half-typed text, best first: by the beginning of a title, of an example, of a word
 * inside; shorter sentences first. A half-typed syllable at the end (りょうk) does not disturb.
 * `hits` are the terms of the text. Returns how many. Cannot fail, allocates nothing; microseconds,
 * however many sentences begin so. */
size_t suggest_run(const struct suggest *s, const struct text *text, const struct term_hit *hits,
                   size_t nhits, enum lang lang, int32_t ret[SUGGEST_MAX]);

struct suggest_stats {
    size_t topics;    /* that may be shown in Japanese */
    size_t sentences; /* in the index */
    size_t refused;   /* asked, and not answered with their topic */
    size_t bytes;
};
void suggest_stats(const struct suggest *s, struct suggest_stats *ret);

#endif

/*
 * core/rank.h - evidence to a ranking of intents; for core/decide.c and core/joints.c
 */
#ifndef FAQD_CORE_RANK_H
#define FAQD_CORE_RANK_H

#include "core/decide.h"

/* True if a sign names something: more than hiragana. */
static inline bool sign_names(const struct text_sign *s)
{
    return s->class != TEXT_HIRAGANA && s->class != TEXT_SENTINEL;
}

/* Length of `word` (folded code points, 0 at the end) in signs if it stands at sign `at`, else 0.
 */
static inline size_t signs_word(const struct text *t, size_t at, const uint32_t *word)
{
    size_t n = 0;
    for (; word[n] != 0; n++) {
        if (at + n >= t->nsigns || t->signs[at + n].cp != word[n])
            return 0;
    }
    return n;
}

/* Everything that anything speaks for, best first; equal ones by index. */
void ranking_make(const struct corpus *c, struct match_scratch *s, const struct text *text,
                  const struct match *m, struct ranking *r);
/* The same for a part of a message, where a denial is not looked for. */
void ranking_part(const struct corpus *c, struct match_scratch *s, const struct text *text,
                  const struct match *m, struct ranking *r);

bool ranking_may_answer(const struct corpus *c, const struct candidate *k); /* no veto, no reject */
/* The best that may answer, after small talk and slot topics gave way; NULL: none. */
const struct candidate *ranking_best(const struct corpus *c, const struct match *m,
                                     const struct ranking *r);
struct outlook ranking_outlook(const struct corpus *c, const struct match *m,
                               const struct ranking *r, const struct candidate *best);

#endif

/*
 * core/verdict.h - a typed identifier -> what is right or wrong about its form
 *
 * Only the form is judged (prefix, digits, writing, where such a prefix is valid); whether the
 * identifier exists nobody here can know, and no sentence says so. A verdict holds nothing of what
 * was typed but its shape, so that a reply may keep it while it waits and never repeats an
 * identifier. A mask in logged text is judged like the identifier it stands for, but for how that
 * was written.
 */
#ifndef FAQD_CORE_VERDICT_H
#define FAQD_CORE_VERDICT_H

#include "core/content.h"
#include "core/lead.h"
#include "core/mask.h"
#include "core/session.h"

enum { VERDICTS_MAX = 4 }; /* of one message; who types more is told about the first ones */

enum verdict_flag {
    VERDICT_DIGITS = 1,      /* too many or too few */
    VERDICT_LETTERS = 2,     /* O, I, l where digits belong */
    VERDICT_WIDE = 4,        /* full width, kanji numerals */
    VERDICT_LOWER = 8,       /* the prefix in lower case */
    VERDICT_SEPARATORS = 16, /* spaces or signs in between */
    VERDICT_ELSEWHERE = 32,  /* not valid where the known value of `slot` holds */
};

struct id_verdict {
    uint8_t format, kind; /* indices into the content */
    uint8_t flags;        /* enum verdict_flag; 0: nothing is wrong */
    int8_t slot;          /* whose values decide where the kind is valid, -1: valid everywhere */
    uint8_t value;        /* the known value of that slot: index + 1, 0 = unknown */
    uint16_t digits;      /* so many were typed */
};

/* `slots` as in struct session. Pure, O(1). */
void verdict_make(const struct content *c, const struct mask_found *found,
                  const uint8_t slots[SESSION_SLOTS_MAX], struct id_verdict *ret);

/* Adds what the visitor is told: a bold sentence with the result, then the reasons. `number`: 1, 2…
 * where a message holds several, 0 where there is one. */
void verdict_print(const struct content *c, const struct id_verdict *v, unsigned number,
                   enum lang lang, struct lead *out);

#endif

/*
 * core/lead.h - what a reply says before its answer: short paragraphs made for this message
 *
 * What was understood (a slot's value) and what is right or wrong about an identifier. Printed on
 * the hot path, so it lives on the stack and allocates nothing; a paragraph that finds no room is
 * left out whole, with all behind it.
 */
#ifndef FAQD_CORE_LEAD_H
#define FAQD_CORE_LEAD_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

enum { LEAD_BYTES_MAX = 6000, LEAD_PARAGRAPHS_MAX = 10 };

struct lead_paragraph {
    uint16_t begin, end; /* bytes, without the line break behind them */
    bool bold;
};

struct lead {
    struct lead_paragraph paragraphs[LEAD_PARAGRAPHS_MAX];
    size_t n;
    bool full;
    size_t len;
    char bytes[LEAD_BYTES_MAX]; /* each paragraph with a line break behind it */
};

void lead_begin(struct lead *l);
/* Opens the next paragraph; lead_add() writes to its end. */
void lead_open(struct lead *l, bool bold);
void lead_add(struct lead *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct span lead_paragraph(const struct lead *l, size_t i);

/* All of it as plain text, a line break behind each paragraph; empty if there is none. */
static inline struct span lead_text(const struct lead *l)
{
    return span_of(l->bytes, l->len);
}

#endif

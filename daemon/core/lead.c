#include "core/lead.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void lead_begin(struct lead *l)
{
    l->n = 0;
    l->len = 0;
    l->full = false;
}

static void give_up(struct lead *l)
{
    l->full = true;
    if (l->n > 0) {
        l->n--;
        l->len = l->paragraphs[l->n].begin;
    }
}

void lead_open(struct lead *l, bool bold)
{
    if (l->full)
        return;
    if (l->n == LEAD_PARAGRAPHS_MAX) {
        l->full = true;
        return;
    }
    l->paragraphs[l->n++] =
        (struct lead_paragraph){.begin = (uint16_t)l->len, .end = (uint16_t)l->len, .bold = bold};
}

void lead_add(struct lead *l, const char *fmt, ...)
{
    va_list args;

    if (l->full)
        return;
    assert(l->n > 0);
    struct lead_paragraph *p = &l->paragraphs[l->n - 1];
    size_t room = sizeof(l->bytes) - p->end;
    va_start(args, fmt);
    int n = vsnprintf(l->bytes + p->end, room, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n + 1 > room) { /* the NUL's place is the line break's */
        give_up(l);
        return;
    }
    p->end = (uint16_t)(p->end + n);
    l->bytes[p->end] = '\n';
    l->len = (size_t)p->end + 1;
}

struct span lead_paragraph(const struct lead *l, size_t i)
{
    assert(i < l->n);
    const struct lead_paragraph *p = &l->paragraphs[i];
    return span_of(l->bytes + p->begin, (size_t)(p->end - p->begin));
}

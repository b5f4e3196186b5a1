/*
 * base/span.h - bytes that somebody else owns
 *
 * Text travels as (pointer, length): what visitors send may hold NUL, and a length that is
 * known need not be looked for. A span never owns; its lifetime is that of the bytes behind it.
 */
#ifndef FAQD_BASE_SPAN_H
#define FAQD_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;      /* bytes */
};

static inline struct span span_of(const char *ptr, size_t len)
{
    return (struct span){ptr, len};
}

/* The bytes of a NUL-terminated string, without the NUL. */
static inline struct span span_str(const char *s)
{
    return (struct span){s, s != NULL ? strlen(s) : 0};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
    return span_eq(a, span_str(s));
}

static inline bool span_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without blanks, tabs and carriage returns at both ends. */
static inline struct span span_trim(struct span s)
{
    while (s.len > 0 && span_is_blank(s.ptr[0]))
        s = span_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && span_is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* For printf("%.*s", SPAN_ARG(s)); a span longer than INT_MAX is cut. */
#define SPAN_ARG(s) (int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len), ((s).ptr ? (s).ptr : "")

#endif

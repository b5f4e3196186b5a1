/*
 * base/buf.h - bytes that grow, up to a ceiling
 *
 * An append beyond the ceiling writes nothing, sets `overflow` and keeps it set, so that a
 * printer may append blindly and look once at the end. One thread at a time.
 */
#ifndef FAQD_BASE_BUF_H
#define FAQD_BASE_BUF_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

struct buf {
    char *ptr; /* owned; no NUL at the end unless buf_cstr() was asked */
    size_t len, cap;
    size_t max; /* ceiling in bytes, 0: none (only for what a visitor cannot make grow) */
    bool overflow;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addu(struct buf *b, uint64_t n); /* decimal */
void buf_addi(struct buf *b, int64_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A code point as UTF-8; what is no scalar value becomes U+FFFD. */
void buf_addcp(struct buf *b, uint32_t cp);
/* A JSON string with its quotes. Escapes ", \, control characters, U+2028/9 and DEL; invalid UTF-8
 * becomes U+FFFD, so that what we print is always valid. */
void buf_add_json(struct buf *b, struct span s);
/* With a NUL behind the bytes; valid until the next append. */
const char *buf_cstr(struct buf *b);

static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->ptr, b->len);
}

#endif

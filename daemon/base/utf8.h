/*
 * base/utf8.h - code points in and out of bytes (RFC 3629: no surrogates, nothing above U+10FFFF)
 */
#ifndef FAQD_BASE_UTF8_H
#define FAQD_BASE_UTF8_H

#include "base/span.h"

#include <stdint.h>

/* Reads one code point at s[0..len), len > 0; returns the bytes it took, at least 1. A maximal
 * invalid prefix counts as one U+FFFD (Unicode 15, table 3-8), *ret is then 0xFFFD and
 * *retvalid false. */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret, bool *retvalid);

/* Writes 1 to 4 bytes; what is no scalar value is written as U+FFFD. */
size_t utf8_encode(uint32_t cp, char out[4]);

/* Length of the valid prefix in bytes: equals s.len when all of it is valid. */
size_t utf8_valid_prefix(struct span s);
static inline bool utf8_valid(struct span s)
{
    return utf8_valid_prefix(s) == s.len;
}

/* How many code points; each invalid sequence counts as one. */
size_t utf8_count(struct span s);

/* The first `n` code points of `s`. */
struct span utf8_head(struct span s, size_t n);

/* Validates a stream that arrives in pieces: 0 after utf8_stream_init. */
struct utf8_stream {
    uint32_t state;
};
/* False at the first byte that cannot be part of valid UTF-8; then stays false. */
bool utf8_stream_feed(struct utf8_stream *u, const void *bytes, size_t len);
/* True if what was fed so far ends on a character border. */
bool utf8_stream_complete(const struct utf8_stream *u);

#endif

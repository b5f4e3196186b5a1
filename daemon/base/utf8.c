/*
 * Decoding follows table 3-7 of the Unicode standard (well-formed byte sequences): the second
 * byte's range depends on the first, which shuts out overlong forms, surrogates and what lies above
 * U+10FFFF. The stream validator is the same table as a state: how many bytes are still to come
 * and the range of the next one, so that it can stop anywhere.
 */
#include "base/utf8.h"

/* Range of the second byte, and how many bytes follow the first; 0: cannot begin a character. */
static unsigned lead_info(unsigned char c, unsigned char *lo, unsigned char *hi)
{
    *lo = 0x80;
    *hi = 0xBF;
    if (c >= 0xC2 && c <= 0xDF)
        return 1;
    if (c >= 0xE0 && c <= 0xEF) {
        if (c == 0xE0)
            *lo = 0xA0;
        else if (c == 0xED)
            *hi = 0x9F;
        return 2;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        if (c == 0xF0)
            *lo = 0x90;
        else if (c == 0xF4)
            *hi = 0x8F;
        return 3;
    }
    return 0;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *ret, bool *retvalid)
{
    unsigned char c = (unsigned char)s[0], lo, hi;

    *retvalid = true;
    if (c < 0x80) {
        *ret = c;
        return 1;
    }
    unsigned more = lead_info(c, &lo, &hi);
    uint32_t cp = more == 1 ? c & 0x1Fu : more == 2 ? c & 0x0Fu : c & 0x07u;
    size_t i = 1;
    for (; more > 0 && i <= more && i < len; i++) {
        unsigned char d = (unsigned char)s[i];
        if (d < lo || d > hi)
            break;
        lo = 0x80;
        hi = 0xBF;
        cp = cp << 6 | (d & 0x3Fu);
    }
    if (more == 0 || i <= more) {
        *ret = 0xFFFD;
        *retvalid = false;
        return i;
    }
    *ret = cp;
    return i;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_valid_prefix(struct span s)
{
    size_t i = 0;
    while (i < s.len) {
        if ((unsigned char)s.ptr[i] < 0x80) {
            i++;
            continue;
        }
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
        if (!valid)
            break;
        i += took;
    }
    return i;
}

struct span utf8_head(struct span s, size_t n)
{
    size_t i = 0;
    for (; n > 0 && i < s.len; n--) {
        uint32_t cp;
        bool valid;
        i += utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
    }
    return span_of(s.ptr, i);
}

size_t utf8_count(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; n++) {
        uint32_t cp;
        bool valid;
        i += utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
    }
    return n;
}

/* state: bits 0-1 bytes still to come, 8-15 lowest and 16-23 highest next byte; bit 31: failed. */
enum { STREAM_FAILED_BIT = 31 };

bool utf8_stream_feed(struct utf8_stream *u, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint32_t state = u->state;

    if (state >> STREAM_FAILED_BIT)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = p[i], lo, hi;
        if (state == 0) {
            if (c < 0x80)
                continue;
            unsigned more = lead_info(c, &lo, &hi);
            if (more == 0) {
                u->state = 1u << STREAM_FAILED_BIT;
                return false;
            }
            state = more | (uint32_t)lo << 8 | (uint32_t)hi << 16;
        } else {
            if (c < (state >> 8 & 0xFF) || c > (state >> 16 & 0xFF)) {
                u->state = 1u << STREAM_FAILED_BIT;
                return false;
            }
            unsigned more = (state & 3) - 1;
            state = more == 0 ? 0 : more | 0x80u << 8 | 0xBFu << 16;
        }
    }
    u->state = state;
    return true;
}

bool utf8_stream_complete(const struct utf8_stream *u)
{
    return u->state == 0;
}

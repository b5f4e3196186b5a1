#include "base/buf.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->ptr);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
}

static bool buf_room(struct buf *b, size_t more)
{
    if (b->overflow || (b->max != 0 && more > b->max - b->len)) {
        b->overflow = true;
        return false;
    }
    b->ptr = mem_grow(b->ptr, &b->cap, b->len + more + 1, 1); /* + 1: room for buf_cstr's NUL */
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0 || !buf_room(b, len))
        return;
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addu(struct buf *b, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_addi(struct buf *b, int64_t n)
{
    if (n < 0)
        buf_addc(b, '-');
    buf_addu(b, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n > 0 && buf_room(b, (size_t)n)) {
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_addcp(struct buf *b, uint32_t cp)
{
    char bytes[4] = {0};
    buf_add(b, bytes, utf8_encode(cp, bytes));
}

void buf_add_json(struct buf *b, struct span s)
{
    static const char hex[] = "0123456789abcdef";

    buf_addc(b, '"');
    size_t from = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        uint32_t cp = c;
        bool valid = true;
        size_t took = c < 0x80 ? 1 : utf8_decode(s.ptr + i, s.len - i, &cp, &valid);

        bool plain = valid && cp >= 0x20 && cp != '"' && cp != '\\' && cp != 0x7f && cp != 0x2028 &&
                     cp != 0x2029;
        if (!plain) {
            buf_add(b, s.ptr + from, i - from);
            from = i + took;
            if (!valid) {
                buf_adds(b, "\xEF\xBF\xBD");
            } else if (cp == '"' || cp == '\\') {
                char pair[2] = {'\\', (char)cp};
                buf_add(b, pair, 2);
            } else if (cp == '\n') {
                buf_adds(b, "\\n");
            } else {
                char u[6] = {
                    '\\',        'u', hex[cp >> 12 & 15], hex[cp >> 8 & 15], hex[cp >> 4 & 15],
                    hex[cp & 15]};
                buf_add(b, u, 6);
            }
        }
        i += took;
    }
    buf_add(b, s.ptr + from, s.len - from);
    buf_addc(b, '"');
}

const char *buf_cstr(struct buf *b)
{
    b->ptr = mem_grow(b->ptr, &b->cap, b->len + 1, 1);
    b->ptr[b->len] = '\0';
    return b->ptr;
}

#include "tools/lines.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

void lines_init(struct lines *l, int fd, FILE *flush)
{
    *l = (struct lines){.fd = fd, .flush = flush};
}

void lines_release(struct lines *l)
{
    free(l->bytes);
    l->bytes = NULL;
}

static bool read_more(struct lines *l)
{
    struct pollfd waiting = {.fd = l->fd, .events = POLLIN};
    ssize_t n;

    if (l->begin > 0 && l->bytes != NULL) {
        memmove(l->bytes, l->bytes + l->begin, l->end - l->begin);
        l->end -= l->begin;
        l->begin = 0;
    }
    if (l->cap - l->end < READ_BYTES) {
        l->cap = 2 * l->cap + READ_BYTES;
        l->bytes = mem_realloc(l->bytes, l->cap);
    }
    if (poll(&waiting, 1, 0) == 0)
        (void)fflush(l->flush); /* a failure stays set: ferror() */
    do {
        n = read(l->fd, l->bytes + l->end, l->cap - l->end);
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        l->end += (size_t)n;
    l->at_end = n == 0;
    return n >= 0;
}

enum lines_result lines_next(struct lines *l, struct span *ret)
{
    size_t looked = 0; /* bytes from begin that hold no \n */
    bool too_long = false;

    for (;;) {
        size_t have = l->end - l->begin;
        const char *from = l->bytes != NULL ? l->bytes + l->begin : "";
        const char *newline = memchr(from + looked, '\n', have - looked);
        if (newline == NULL && !l->at_end) {
            looked = have;
            if (have > LINE_BYTES_MAX) { /* keeps nothing of it but that it was */
                too_long = true;
                l->begin = l->end;
                looked = 0;
            }
            if (!read_more(l))
                return LINES_FAILED;
            continue;
        }
        if (newline == NULL && have == 0 && !too_long)
            return LINES_END;
        size_t len = newline != NULL ? (size_t)(newline - from) : have;
        l->begin += len + (newline != NULL);
        if (too_long || len > LINE_BYTES_MAX)
            return LINES_TOO_LONG;
        *ret = span_of(from, len > 0 && from[len - 1] == '\r' ? len - 1 : len);
        return LINES_ONE;
    }
}

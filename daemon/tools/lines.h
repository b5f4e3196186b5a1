/*
 * tools/lines.h - lines of any bytes from a descriptor, as they come
 *
 * Much at once when there is much, and never waiting while an answer lies unsent: before a read
 * that would wait, what was printed to `flush` is sent, so that a program that asks line by line
 * through a pipe gets each answer at once.
 */
#ifndef FAQD_TOOLS_LINES_H
#define FAQD_TOOLS_LINES_H

#include "base/span.h"

#include <stdio.h>

enum { LINE_BYTES_MAX = 1 << 20 };

struct lines {
    int fd;
    FILE *flush;
    char *bytes; /* owned */
    size_t begin, end, cap;
    bool at_end;
};

enum lines_result {
    LINES_ONE,
    LINES_TOO_LONG, /* a line of more than LINE_BYTES_MAX, which is skipped */
    LINES_END,
    LINES_FAILED, /* errno */
};

void lines_init(struct lines *l, int fd, FILE *flush);
void lines_release(struct lines *l);

/* The next line without its \n or \r\n; a last one without \n counts. Valid until the next call. */
enum lines_result lines_next(struct lines *l, struct span *ret);

#endif

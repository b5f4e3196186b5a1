/*
 * base/err.h - one failure, or a list of them
 *
 * A function that can fail for one reason returns enum errc and fills a struct err on the
 * caller's stack. Loading content can fail in many places at once: it appends to a struct
 * diags and goes on, so that one run shows all there is to mend.
 */
#ifndef FAQD_BASE_ERR_H
#define FAQD_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum errc {
    ERR_OK = 0,
    ERR_INPUT, /* what came from outside is not valid */
    ERR_LIMIT, /* a named ceiling was reached */
    ERR_IO,    /* the operating system said no */
    ERR_LIB,   /* a library said no */
    ERR_BUSY,  /* in use, or a queue is full: trying again later may help */
};

enum { ERR_TEXT_MAX = 512 };

struct err {
    enum errc code;
    char text[ERR_TEXT_MAX]; /* one line, UTF-8, ends in NUL; cut on a character border */
};

/* Fills `err` (which may be NULL) and returns `code`, so that `return err_set(...)` reads well. */
enum errc err_set(struct err *err, enum errc code, const char *fmt, ...) PRINTF_LIKE(3, 4);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

enum { DIAGS_MAX = 10000 }; /* more than that nobody reads: counted, not kept */

struct diag {
    enum severity severity;
    char *file;    /* relative to the content directory, or NULL */
    unsigned line; /* 1 is the first; 0: the whole file */
    char *text;    /* what, why, and the mend */
};

struct diags {
    struct diag *items; /* owned */
    size_t n, cap;
    size_t nerrors, nwarnings; /* all, also those beyond DIAGS_MAX */
};

void diags_init(struct diags *d);
void diags_release(struct diags *d);

/* Appends one; `file` is copied and may be NULL, `line` 0 means the whole file. */
void diags_add(struct diags *d, enum severity severity, const char *file, unsigned line,
               const char *fmt, ...) PRINTF_LIKE(5, 6);

/* By file, then line, then the order they were found in. */
void diags_sort(struct diags *d);

/* One line each, `file:line: text` (warnings: `file:line: warning: text`). */
void diags_print(const struct diags *d, FILE *out);

#endif

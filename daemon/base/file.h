/*
 * base/file.h - whole files and directory trees into memory
 */
#ifndef FAQD_BASE_FILE_H
#define FAQD_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the bytes of a regular file to `out`. Refuses what is no regular file (a FIFO would
 * block for ever) and what is larger than `max` bytes. */
enum errc file_read(const char *path, size_t max, struct buf *out, struct err *reterr) MUST_CHECK;

/* Puts `bytes` in the place of the file `path`, whole or not at all: a new file beside it, synced,
 * then renamed (mode 0600). */
enum errc file_replace(const char *path, struct span bytes, struct err *reterr) MUST_CHECK;

/* The content of a directory, read at once so that a build sees one moment. */
struct tree_file {
    char *name;  /* relative to the directory, with slashes: "intents/greeting.json" */
    char *bytes; /* owned, with a NUL behind it that does not count */
    size_t len;
};

struct tree {
    char *root; /* the directory's name as it was given */
    struct tree_file *files;
    size_t n, cap;
};

enum {
    TREE_FILES_MAX = 300000,
    TREE_FILE_BYTES_MAX = 1 << 20, /* 1 MiB a file (design: limits) */
};

/* Reads `<root>/<sub>` for each of `subs` (NULL at the end), following no symbolic link to a
 * directory, at most 4 levels deep. Files beginning with a dot are left out. A file that cannot be
 * read, is no regular file or is too large becomes a diagnostic; the rest is still read. Sorted by
 * name. */
void tree_read(struct tree *t, const char *root, const char *const subs[], struct diags *diags);
void tree_release(struct tree *t);
/* For tests: adds one file to an empty or sorted tree; bytes are copied. */
void tree_add(struct tree *t, const char *name, struct span bytes);

/* 64-bit FNV-1a over names and bytes: answers "did it change?", no defence against forgers. */
uint64_t tree_digest(const struct tree *t);

#endif

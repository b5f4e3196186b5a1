/*
 * tools/tools.h - what the subcommands of faqctl share
 *
 * main.c reads the command line from one table; each subcommand gets its options as values and
 * returns the exit status. What it found goes to stdout, why it could not work to stderr.
 */
#ifndef FAQD_TOOLS_TOOLS_H
#define FAQD_TOOLS_TOOLS_H

#include "core/corpus.h"
#include "core/session.h"

enum tool_exit {
    TOOL_FINE = 0,
    TOOL_FINDINGS = 1,
    TOOL_USAGE = 2,
    TOOL_TROUBLE = 3, /* the work could not be done */
};

struct tool {
    const char *name;                        /* of the subcommand */
    const char *content, *store, *cache_dir; /* NULL: not given; content: "." */
    const char *context;                     /* topic id, NULL: none */
    enum lang lang;
    bool has_lang, json, strict, verbose, quick;
    int64_t now_ms;
    double answer_at, choose_at; /* negative: those of the build */
    char **words;                /* what is no option; not owned */
    size_t nwords;
};

int check_run(const struct tool *o);
int ask_run(const struct tool *o);
int match_run_tool(const struct tool *o);
int test_run(const struct tool *o);

/* The content of --content, compiled. NULL: diagnostics or the reason were printed to stderr. */
struct corpus *tool_corpus(const struct tool *o);

/* Reads --content into `tree`. False, with the reason on stderr, if there is no such directory. */
bool tool_tree(const struct tool *o, struct tree *tree, struct diags *diags);

/* A dialogue whose last topic is `context` ("" or NULL: which has just begun). */
void tool_session(struct session *s, const char *context, enum lang lang, int64_t now_ms);

/* The text itself, or a copy in `store` with U+FFFD for what is no UTF-8. */
struct span tool_clean(struct span text, struct buf *store);

/* "…: did you mean '--strict'?", or nothing if no known name is near. */
void tool_print_nearest(struct span given, const char *const *known, size_t n);

/* Flushes stdout; `status`, or TOOL_TROUBLE if what was printed did not all arrive. */
int tool_finish(const struct tool *o, int status);

#endif

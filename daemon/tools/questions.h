/*
 * tools/questions.h - files of questions with known answers, and of whole dialogues
 *
 * Their format stands in tests/questions/README.md: *.jsonl one question a line, *.txt dialogues.
 * Mistakes (bad JSON, a topic that the content does not have) are diagnostics with file and line.
 */
#ifndef FAQD_TOOLS_QUESTIONS_H
#define FAQD_TOOLS_QUESTIONS_H

#include "core/corpus.h"
#include "tools/score.h"

struct question {
    char *text;    /* owned */
    char *context; /* owned; NULL: it is the first one */
    enum lang lang;
    bool begins; /* dialogues: a new visitor */
    unsigned line;
    struct label label;
};

struct questions {
    char *file; /* owned */
    bool dialogues;
    struct question *items;
    size_t n, cap;
};

/* True if the name ends in .jsonl or .txt. */
bool questions_takes(const char *file);
/* Reads a file; ERR_IO if it cannot be read at all. */
enum errc questions_read(struct questions *q, const char *file, const struct corpus *c,
                         struct diags *diags, struct err *reterr) MUST_CHECK;
void questions_release(struct questions *q);

#endif

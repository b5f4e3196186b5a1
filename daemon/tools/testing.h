/*
 * tools/testing.h - what faqctl test found out, between those that ask and those that print
 *
 * test.c asks examples and question files, metamorph.c asks the variants of each example, report.c
 * prints.
 */
#ifndef FAQD_TOOLS_TESTING_H
#define FAQD_TOOLS_TESTING_H

#include "core/turn.h"
#include "core/variants.h"
#include "tools/questions.h"
#include "tools/tools.h"

enum { TAGS_MAX = 64 };

struct miss { /* a question that was not answered right */
    const char *file;
    unsigned line;
    enum verdict verdict;
    float confidence;
    char *want, *got, *text; /* owned */
    char *why;               /* owned; lines of evidence; NULL: not asked for */
};

struct file_result {
    const char *file;
    struct tally tally;
    size_t dialogues, dialogues_right;
};

struct tag_result {
    char tag[LABEL_TAG_BYTES_MAX + 1];
    struct tally tally;
};

struct kind_result { /* one kind of variant */
    size_t n;
    size_t kept;  /* the topic */
    size_t terms; /* every term that was found in the example */
};

struct lost { /* a variant that lost its example's topic */
    enum variant_kind kind;
    int32_t intent;
    const char *file, *example; /* of the content */
    unsigned line;
    char *variant, *got; /* owned */
    char *terms;         /* owned; terms of the example that were not found again; "": none */
};

struct testing {
    const struct tool *o;
    struct corpus *corpus;
    struct turn *turn;
    size_t examples, examples_right;
    struct file_result *files; /* [nfiles] */
    size_t nfiles;
    struct tally all;
    struct reliability reliability;
    struct tradeoff tradeoff;
    struct tag_result tags[TAGS_MAX];
    size_t ntags;
    struct miss *misses, *failed; /* of the files; of the examples */
    size_t nmisses, misses_cap, nfailed, failed_cap;
    bool must_pass_failed;
    struct kind_result kinds[VARIANT_KINDS];
    struct lost *lost;
    size_t nlost, lost_cap;
    uint32_t *missed; /* [VARIANT_KINDS * nterms] how often a term was not found again */
    size_t nterms;
};

/* Decides one question outside of any dialogue; nothing left of it is unanswered. */
void testing_decide(struct testing *t, const char *text, const char *context, enum lang lang);
/* "price", "choose price|hours" or "unanswered"; owned by the caller. */
char *testing_got(const struct testing *t);
/* A term as it was written. */
struct span testing_term(const struct testing *t, uint32_t term);

/* Asks the variants of every example that reaches its topic. */
void metamorph_run(struct testing *t);
void metamorph_release(struct testing *t);
/* Which share of a kind must keep its topic. */
double metamorph_least(enum variant_kind kind);
/* False if fewer do; a few cannot tell where the least share is not all. */
bool metamorph_holds(const struct testing *t, enum variant_kind kind);
bool metamorph_all_hold(const struct testing *t);
/* Puts the lost ones into order: by kind, topic and terms. */
void metamorph_sort(struct testing *t);

void report_print(struct testing *t);
void report_print_json(struct testing *t);

#endif

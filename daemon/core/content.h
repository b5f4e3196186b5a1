/*
 * core/content.h - the files of intents/ as values, each with the place it stands at
 *
 * JSON in, structs out; nothing is compiled here. Every string keeps its line, so that whatever
 * is found wrong later (a pattern, a keyword) can name it. Unknown keys, wrong types, empty or
 * duplicate strings, ids that no file has, answers without an intent and intents without an answer
 * are diagnostics, all of them in one run.
 */
#ifndef FAQD_CORE_CONTENT_H
#define FAQD_CORE_CONTENT_H

#include "base/err.h"
#include "base/file.h"
#include "base/span.h"
#include "core/mask.h"
#include "core/session.h"

enum {
    CONTENT_INTENTS_MAX = 100000,
    CONTENT_STRING_BYTES_MAX = 2000, /* one keyword line, pattern or example */
    CONTENT_SLOT_VALUES_MAX = 16,
    CONTENT_KINDS_MAX = MASK_PREFIXES_MAX,
};

struct content_string {
    char *s; /* owned; valid UTF-8, not empty, without NUL or control characters */
    unsigned line;
};

struct content_strings {
    struct content_string *items;
    size_t n;
};

/* Follow-ups: lines that count only right after `topic` was answered. */
struct content_after {
    char *topic;
    int32_t intent; /* index of `topic` */
    unsigned line;
    struct content_strings lines;
};

struct content_intent {
    char *id;
    char *file;     /* "intents/<id>.json" */
    char *category; /* "" = none */
    struct content_strings keywords, patterns, unless, examples;
    struct content_after *after;
    size_t nafter;
    int32_t slot;     /* index into slots, -1: the answer does not depend on one */
    int32_t *related; /* indices of intents */
    size_t nrelated;
    bool talk, reject;
};

struct content_term {
    char *name;
    unsigned line;
    struct content_strings aliases, readings;
};

struct content_typo { /* mis-conversions: `wrong` may stand for `right` inside a longer spelling */
    char *right;
    unsigned line;
    struct content_strings wrong;
};

struct content_label {
    char *ja, *en; /* en == NULL: none was given, show ja */
};

struct content_slot_value {
    char *id; /* "east" */
    struct content_label label;
    struct content_strings terms;
};

struct content_slot {
    char *name; /* "area" */
    char *file;
    int32_t topic; /* intent that answers a bare value, -1 = none */
    struct content_slot_value values[CONTENT_SLOT_VALUES_MAX];
    size_t nvalues;
};

struct content_kind { /* one well-formed shape of an identifier */
    char *prefix;
    unsigned digits;
    uint32_t slot_values[SESSION_SLOTS_MAX]; /* per slot: bit v = valid where value v holds; 0 = no
                                                condition */
};

struct content_format {
    char *name; /* "customer-id" */
    char *file;
    int32_t topic; /* intent that answers it, -1 = none */
    char *mask;    /* kind of the mask */
    struct content_label label;
    unsigned digits_min, digits_max; /* so many are noticed */
    struct content_kind kinds[CONTENT_KINDS_MAX];
    size_t nkinds;
};

struct content {
    struct content_intent *intents; /* sorted by id */
    size_t nintents;
    struct content_term *terms; /* in the order of the file */
    size_t nterms;
    struct content_strings guards;
    struct content_typo *typos;
    size_t ntypos;
    struct content_slot slots[SESSION_SLOTS_MAX]; /* sorted by name */
    size_t nslots;
    struct content_format formats[MASK_FORMATS_MAX]; /* sorted by name */
    size_t nformats;
};

/* Reads all of intents/ and looks whether each intent that is not `reject` has its kb/<id>.md and
 * each kb/ file its intent (and each variant kb/<id>.<value>.md its slot value). NULL never: what
 * could be read is returned even if there are errors in `diags`, so that later stages find theirs
 * too. O(total bytes). */
struct content *content_parse(const struct tree *tree, struct diags *diags);
void content_free(struct content *c); /* NULL is fine */

/* Index of an intent, -1 if there is none. O(log n). */
int32_t content_find(const struct content *c, struct span id);

#endif

/*
 * core/content_load.h - how the files of intents/ are read: for content*.c only
 *
 * A file is read by jansson and walked in step with core/jsonpos, so that each value comes as a
 * `struct place` that knows its line and the way to it. What an object may hold stands in tables of
 * members. Whatever is refused becomes a diagnostic right there, and reading goes on.
 */
#ifndef FAQD_CORE_CONTENT_LOAD_H
#define FAQD_CORE_CONTENT_LOAD_H

#include "core/content.h"
#include "core/jsonpos.h"
#include "core/nearest.h"

struct json_t;

enum { SHOWN_BYTES = 100, SHOWN_FILE_BYTES = 300, SUGGESTION_BYTES = SHOWN_BYTES + 20 };

/* What is known of an intent besides what it holds. */
enum {
    LOST_FILE = 1,  /* its file could not be read: whether it is `reject` is not known */
    LOST_SLOT = 2,  /* it names a slot that there is not */
    HAS_ANSWER = 4, /* kb/<id>.md is there */
};

/* A value and the way to it. */
struct place {
    const struct place *up; /* NULL: the whole file */
    const char *key;        /* of a member; NULL: an element */
    size_t index;           /* of an element */
    struct json_t *json;
    uint32_t node; /* index into the jsonpos */
    unsigned line, key_line;
};

/* A string to be compared with others. */
struct entry {
    uint64_t hash; /* compared first: most comparisons end without touching the strings */
    const char *s;
    unsigned line;
    uint32_t order; /* which is the first of equal ones */
    uint32_t owner; /* whatever the caller wants to know again */
};

/* A topic that visitors will be led to, or that a follow-up waits for. */
struct reference {
    int32_t intent;
    const char *file;
    unsigned line;
    enum severity severity;
    const char *what; /* "related" */
};

struct loader {
    const struct tree *tree;
    struct content *c;
    struct diags *diags;
    struct jsonpos pos;                /* of the file that is being read */
    const char *file;                  /* its name */
    bool lost;                         /* something of its content was refused */
    bool truncated;                    /* there were more intents than are read */
    uint8_t *states;                   /* of the intents: LOST_FILE ... */
    bool slot_lost[SESSION_SLOTS_MAX]; /* not all of its values are known */
    struct entry *entries;             /* of the list that is being looked at */
    size_t nentries, entries_cap;
    struct reference *refs;
    size_t nrefs, refs_cap;
    uint64_t steps; /* of comparing names, see load_suggest() */
};

/* ---- messages ---- */

/* Somebody's string on one line of ours: short, whole characters, nothing that moves a cursor. */
const char *load_show(char *out, size_t cap, const char *s);
#define SHOW(s) load_show((char[SHOWN_BYTES]){0}, SHOWN_BYTES, (s))
#define SHOW_FILE(s) load_show((char[SHOWN_FILE_BYTES]){0}, SHOWN_FILE_BYTES, (s))

/* An error in a value; the path to it goes before the text. */
void load_fail(struct loader *l, const struct place *p, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same on another line, such as that of a key; nothing of the value is lost by it. */
void load_fail_at(struct loader *l, const struct place *p, unsigned line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void load_warn(struct loader *l, const struct place *p, unsigned line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Which name was meant? All calls of a run together have a ceiling, beyond which none is found: a
 * tree of 100,000 intents with as many wrong references must not take hours to say so. */
void load_suggest(struct loader *l, struct nearest *n, const char *want, const char *name);
struct nearest load_nearest_intent(struct loader *l, const char *want);
struct nearest load_nearest_slot(struct loader *l, const char *want);
struct nearest load_nearest_value(struct loader *l, const struct content_slot *slot,
                                  const char *want);
/* ": did you mean 'x'?", or nothing where no known name is near. */
const char *load_say_nearest(char out[SUGGESTION_BYTES], struct nearest n);
#define NEAREST(n) load_say_nearest((char[SUGGESTION_BYTES]){0}, (n))

/* ---- equal strings ---- */

/* Sorted rather than hashed into a table: nobody can choose strings that make it slow. Set nentries
 * to 0, add, sort; equal ones are then neighbours, the first added first. */
void load_add_entry(struct loader *l, const char *s, size_t owner, unsigned line);
void load_sort_entries(struct loader *l);
bool load_entry_same(const struct entry *a, const struct entry *b);

/* ---- files and objects ---- */

/* The JSON of a file, to be released by the caller, and the place of the whole; NULL if it cannot
 * be read, which is said already. */
struct json_t *load_file(struct loader *l, const struct tree_file *f, struct place *retroot);

/* Goes through the members or elements of a value, which must be an object or a list. */
struct walk {
    const struct place *up;
    void *iter;    /* in an object */
    size_t index;  /* of the next child */
    uint32_t node; /* of the next child */
};
struct walk load_walk_begin(const struct place *up);
bool load_walk_next(const struct loader *l, struct walk *w, struct place *ret);

/* A member that an object may have. */
struct member {
    const char *name;
    void (*read)(struct loader *l, const struct place *p, void *into);
    bool required;
};

/* Reads the members of an object by their table, handing `into` to each reader. */
void load_members(struct loader *l, const struct place *p, const struct member *members, size_t n,
                  void *into);
#define LOAD_MEMBERS(l, p, members, into) \
    load_members((l), (p), (members), sizeof(members) / sizeof((members)[0]), (into))

/* ---- values: what does not fit is said, and the result left as it was ---- */

bool load_is_id(struct span s);
bool load_expect(struct loader *l, const struct place *p, bool fits, const char *wanted);
bool load_expect_object(struct loader *l, const struct place *p, const char *wanted);
/* `what` is "" or how the message shall begin. */
bool load_check_string(struct loader *l, const struct place *p, unsigned line, const char *what,
                       const char *s, size_t len);
const char *load_plain(struct loader *l, const struct place *p); /* NULL if it is no good string */
void load_string(struct loader *l, const struct place *p, char **ret);
void load_bool(struct loader *l, const struct place *p, bool *ret);
void load_label(struct loader *l, const struct place *p, struct content_label *ret);
/* A list; second ones of equal strings are dropped with a warning. */
void load_strings(struct loader *l, const struct place *p, struct content_strings *ret);
void load_strings_free(struct content_strings *list);
/* Index of the intent `id`, -1 with an error if there is none. */
int32_t load_resolve(struct loader *l, const struct place *p, unsigned line, const char *id);
/* Remembers a reference to be looked at once it is known which intents are `reject`. */
void load_refer(struct loader *l, int32_t intent, unsigned line, enum severity severity,
                const char *what);
/* A `topic` member. */
void load_topic(struct loader *l, const struct place *p, int32_t *ret);

#endif

/*
 * store/store.h - the log and whatever else is kept, behind a table of functions
 *
 * SQLite now, PostgreSQL for a fleet later; nothing above knows which. A `struct store` is one
 * connection and belongs to one thread at a time. The writer thread (store/writer.h) owns the
 * connection that writes; readers open their own.
 */
#ifndef FAQD_STORE_STORE_H
#define FAQD_STORE_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/record.h"

struct store;

/* What became of one record in a committed batch. */
struct stored {
    int64_t qid;   /* questions.id */
    bool repeated; /* the same client id was asked within 10 minutes: qid, outcome, intent and the
                      rest are the first one's, and no row was added */
    enum outcome outcome;
    char intent[INTENT_ID_BYTES_MAX + 1];
    char choices[3 * (INTENT_ID_BYTES_MAX + 1) + 1];
    double confidence;
};

/* The other things that visitors may do to what they asked. */
enum change_kind {
    CHANGE_PICK,   /* a label of a row: which topic was picked, "" = none of these */
    CHANGE_RATE,   /* helpful or not, with a comment; the last one within 10 minutes holds */
    CHANGE_FORGET, /* empties text, core, page and comment of a session's rows */
};
struct change {
    enum change_kind kind;
    int64_t now_ms;
    char session[2 * SESSION_ID_BYTES + 1];  /* a QID of another session is refused */
    int64_t qid;                             /* pick, rate */
    char intent[INTENT_ID_BYTES_MAX + 1];    /* pick; "" = none of these */
    bool helpful;                            /* rate */
    char comment[RECORD_TEXT_BYTES_MAX + 1]; /* rate: masked; "" = none */
};
enum change_result { CHANGE_DONE, CHANGE_UNKNOWN_QUESTION };

enum {
    STORE_RETRY_WINDOW_MS = 10 * 60 * 1000,
    STORE_RATE_WINDOW_MS = 10 * 60 * 1000, /* from the first rating on it may be changed */
    STORE_BATCH_MAX = 1024,
    STORE_EXPIRE_MAX = 500, /* some milliseconds */
};

struct store_filter {
    int64_t since_ms, until_ms; /* 0 = open */
    int outcome;                /* enum outcome, -1 = any */
    const char *intent;         /* NULL = any */
    const char *search;  /* as typed; found when its signs (without okurigana) occur; NULL = any */
    const char *session; /* NULL = any */
    int64_t before_id;   /* pages: only rows with a smaller id; 0 = from the newest */
    size_t limit;        /* 0 = no limit */
};

struct store_row { /* valid only during the callback */
    int64_t id, asked_at_ms;
    /* Never NULL but `picked`; "" where there is none. */
    const char *session, *lang, *page, *text, *core, *outcome, *intent, *choices, *revision,
        *comment;
    const char *picked; /* NULL: nothing was picked, "": none of these */
    double confidence;
    int helpful;          /* -1 unknown, 0, 1 */
    int64_t rated_at_ms;  /* 0: not rated */
    int64_t erased_at_ms; /* 0: not erased; else text, core, page and comment are empty */
};
typedef bool store_row_fn(void *ctx, const struct store_row *row); /* false: stop */

struct store_group {         /* unanswered questions with equal core */
    const char *core, *text; /* text: the newest member's */
    int64_t count, visitors, first_ms, last_ms;
};
typedef bool store_group_fn(void *ctx, const struct store_group *group);

struct store_ops {
    void (*close)(struct store *s);
    /* One transaction for all: durable when it returns. results[i] belongs to *records[i]. On
     * failure nothing was kept. */
    enum errc (*append)(struct store *s, const struct record *const *records, size_t n,
                        struct stored *results, struct err *reterr);
    enum errc (*change)(struct store *s, const struct change *c, enum change_result *ret,
                        struct err *reterr);
    enum errc (*list)(struct store *s, const struct store_filter *f, store_row_fn *fn, void *ctx,
                      struct err *reterr);
    enum errc (*count)(struct store *s, const struct store_filter *f, int64_t *ret,
                       struct err *reterr);
    enum errc (*groups)(struct store *s, const struct store_filter *f, store_group_fn *fn,
                        void *ctx, struct err *reterr);
    /* Deletes rows older than `before_ms`, oldest first, at most STORE_EXPIRE_MAX a call, so that
     * nobody waits long behind it: call again while *retdeleted is STORE_EXPIRE_MAX. Counts per
     * day, topic and outcome stay. The audit trail loses what is older than `audit_before_ms`. */
    enum errc (*expire)(struct store *s, int64_t before_ms, int64_t audit_before_ms,
                        int64_t *retdeleted, struct err *reterr);
    /* Empties text, core, page and comment of one row (qid > 0) or of a session's rows; writes the
     * audit trail in the same transaction. *retrows 0: nothing found. */
    enum errc (*erase)(struct store *s, int64_t qid, const char *session, const char *actor,
                       int64_t now_ms, int64_t *retrows, struct err *reterr);
    /* Wipes what deleted and emptied rows left outside the tables (the write-ahead log). For idle
     * moments: costs nothing if there is nothing to wipe. ERR_BUSY: a reader is in the way, try
     * later. */
    enum errc (*tidy)(struct store *s, struct err *reterr);
    /* Recomputes the audit trail's chain. *retbad: id of the first row that was tampered with, 0 if
     * none was; *retrows: how many there are. */
    enum errc (*audit_verify)(struct store *s, int64_t *retrows, int64_t *retbad,
                              struct err *reterr);
};

struct store {
    const struct store_ops *ops;
};

enum store_mode {
    STORE_WRITE, /* creates, migrates, takes the daemon's lock */
    STORE_READ,
    STORE_EDIT, /* writes beside a running daemon: erase */
};

/* `url` is "sqlite:PATH". ERR_INPUT for an unknown scheme, ERR_BUSY when another daemon
 * holds the lock (STORE_WRITE only), ERR_IO/ERR_LIB with the file's name else; never overwrites
 * what it cannot read. */
enum errc store_open(const char *url, enum store_mode mode, struct store **ret,
                     struct err *reterr) MUST_CHECK;
void store_close(struct store *s); /* NULL is fine */

#endif

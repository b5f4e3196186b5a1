/*
 * store/sqlite.c - the store in one SQLite file
 *
 * WAL with synchronous=FULL: a transaction that returned is on disk, and readers never stop the
 * writer. All SQL stands in one table below. What may be personal is deleted for good:
 * secure_delete overwrites it in the tables, tidy() empties the write-ahead log, where the old
 * pages would otherwise survive.
 *
 * A file is opened only if it is ours or holds nothing at all, and is looked at before anything is
 * written. One daemon per file: flock on `<file>.lock`, not on the file itself, because closing any
 * descriptor of that would drop SQLite's own locks (POSIX locks belong to process and inode).
 * Left out: mending a damaged file. That is for a person with a backup.
 */
#include "store/sqlite.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/schema.h"
#include "store/search.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_WRITER_MS = 2000, /* an administrator's lock; longer ones are the writer's to retry */
    BUSY_OTHER_MS = 5000,
    BUSY_TIDY_MS = 50,     /* visitors wait behind it */
    CHECK_BUDGET_MS = 200, /* of looking for damage at start: all of a log of some 100,000 rows */
    CHECK_STEPS = 10000,   /* virtual machine steps between looks at the clock */
    JOURNAL_BYTES_MAX = 64 << 20,
    SEARCH_FORMS_BYTES_MAX = 2 * 4 * (TEXT_SIGNS_MAX + 1),
};

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    INSERT,
    RETRY_FIND,
    RETRY_FORGET,
    PICK,
    RATE,
    OWNED,
    ERASE_ROW,
    ERASE_SESSION,
    EXPIRE_COUNT,
    EXPIRE_DELETE,
    AUDIT_EXPIRE,
    AUDIT_LAST,
    AUDIT_INSERT,
    AUDIT_ALL,
    VERSION_FIND,
    VERSION_SET,
    RENORM_ALL,
    RENORM_ONE,
    NSTATEMENTS
};

#define EXPIRED "FROM questions WHERE asked_at < ?1 ORDER BY asked_at, id LIMIT ?2"

static const char *const statements[NSTATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [INSERT] =
        "INSERT INTO questions (asked_at, session, client_id, lang, page, text, core, search,"
        " outcome, intent, choices, confidence, revision)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''), ?11, ?12, ?13)"
        " ON CONFLICT (session, client_id) WHERE client_id <> '' DO NOTHING",
    [RETRY_FIND] = "SELECT id, asked_at, outcome, intent, choices, confidence FROM questions"
                   " WHERE session = ?1 AND client_id = ?2 AND client_id <> ''",
    /* The id was used again after the window: it now belongs to the new question. */
    [RETRY_FORGET] = "UPDATE questions SET client_id = '' WHERE id = ?1",
    [PICK] = "UPDATE questions SET picked = ?3, picked_at = ?4 WHERE id = ?1 AND session = ?2",
    /* An erased row takes a rating but no words again. */
    [RATE] = "UPDATE questions SET helpful = ?3,"
             " comment = CASE WHEN erased_at IS NULL THEN ?4 ELSE '' END,"
             " rated_at = coalesce(rated_at, ?5) WHERE id = ?1 AND session = ?2"
             " AND (rated_at IS NULL OR ?5 - rated_at <= ?6)",
    [OWNED] = "SELECT 1 FROM questions WHERE id = ?1 AND session = ?2",
    [ERASE_ROW] = "UPDATE questions SET text = '', core = '', search = '', page = '', comment = '',"
                  " erased_at = coalesce(erased_at, ?2) WHERE id = ?1",
    [ERASE_SESSION] = "UPDATE questions SET text = '', core = '', search = '', page = '',"
                      " comment = '', erased_at = coalesce(erased_at, ?2) WHERE session = ?1",
    [EXPIRE_COUNT] = "INSERT INTO daily (day, intent, outcome, questions, helpful, unhelpful)"
                     " SELECT date(asked_at / 1000, 'unixepoch', '+9 hours') AS d,"
                     " coalesce(intent, '') AS i, outcome, count(*), total(helpful = 1),"
                     " total(helpful = 0) FROM (SELECT * " EXPIRED ") WHERE true"
                     " GROUP BY d, i, outcome ON CONFLICT (day, intent, outcome) DO UPDATE SET"
                     " questions = questions + excluded.questions,"
                     " helpful = helpful + excluded.helpful,"
                     " unhelpful = unhelpful + excluded.unhelpful",
    [EXPIRE_DELETE] = "DELETE FROM questions WHERE id IN (SELECT id " EXPIRED ")",
    /* Only from the front, so that the rest is still a chain; clocks may have jumped. */
    [AUDIT_EXPIRE] = "DELETE FROM audit WHERE at < ?1 AND id <"
                     " coalesce((SELECT min(id) FROM audit WHERE at >= ?1), 9223372036854775807)",
    [AUDIT_LAST] = "SELECT hash FROM audit ORDER BY id DESC LIMIT 1",
    [AUDIT_INSERT] = "INSERT INTO audit (at, actor, action, object, rows, prev, hash)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [AUDIT_ALL] = "SELECT id, at, actor, action, object, rows, prev, hash FROM audit ORDER BY id",
    [VERSION_FIND] = "SELECT value FROM meta WHERE key = 'text_version'",
    [VERSION_SET] = "INSERT INTO meta (key, value) VALUES ('text_version', ?1)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    [RENORM_ALL] = "SELECT id, text FROM questions WHERE id > ?1 ORDER BY id LIMIT 1000",
    [RENORM_ONE] = "UPDATE questions SET core = ?2, search = ?3 WHERE id = ?1",
};

struct sqlite_store {
    struct store base; /* first: the two are cast into each other */
    char *path;        /* absolute, links resolved */
    sqlite3 *db;
    sqlite3_stmt *prepared[NSTATEMENTS]; /* on first use */
    int lock;                            /* descriptor, -1: none */
    bool writer;
    bool untidy;       /* the write-ahead log may hold what was erased */
    struct text *text; /* scratch */
    struct buf forms;
};

static struct sqlite_store *sqlite_of(struct store *s)
{
    return (struct sqlite_store *)s;
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* What SQLite complains of, in words that tell an operator what to do. */
static enum errc fail(struct sqlite_store *s, const char *doing, struct err *reterr)
{
    int rc = sqlite3_errcode(s->db), os = sqlite3_system_errno(s->db);

    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(reterr, ERR_BUSY, "'%s': %s: locked by another program", s->path, doing);
    case SQLITE_FULL:
        return err_set(reterr, ERR_IO, "'%s': %s: the disk is full", s->path, doing);
    case SQLITE_READONLY:
        return err_set(reterr, ERR_IO, "'%s': %s: it is read-only", s->path, doing);
    case SQLITE_CORRUPT:
        return err_set(reterr, ERR_IO,
                       "'%s': %s: the file is damaged (%s); it was left as it is: put a backup in "
                       "its place or move it away",
                       s->path, doing, sqlite3_errmsg(s->db));
    case SQLITE_NOTADB:
        return err_set(reterr, ERR_IO,
                       "'%s': %s: this is no SQLite database (or its head is damaged); it was left "
                       "as it is",
                       s->path, doing);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return err_set(reterr, ERR_IO, "'%s': %s: %s (%s)", s->path, doing, sqlite3_errmsg(s->db),
                       os != 0 ? strerror(os) : "no reason given");
    default: /* SQLite's codes, not an enum of ours */
        return err_set(reterr, ERR_LIB, "'%s': %s: %s", s->path, doing, sqlite3_errmsg(s->db));
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Ready to be bound; NULL on failure, the reason is SQLite's. */
static sqlite3_stmt *stmt(struct sqlite_store *s, enum statement which)
{
    if (s->prepared[which] == NULL)
        (void)sqlite3_prepare_v3(s->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
                                 &s->prepared[which], NULL);
    return s->prepared[which];
}

/* Binds bytes that outlive the step. */
static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
    sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

static void bind_span(sqlite3_stmt *st, int at, struct span text)
{
    sqlite3_bind_text(st, at, text.len != 0 ? text.ptr : "", (int)text.len, SQLITE_STATIC);
}

/* Runs a statement that gives no rows, and lets go of what was bound. */
static bool run(sqlite3_stmt *st)
{
    if (st == NULL)
        return false;
    int rc = sqlite3_step(st);
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(st);
    sqlite3_reset(st); /* keeps the error code of the step */
    sqlite3_clear_bindings(st);
    return rc == SQLITE_DONE;
}

static const char *column(sqlite3_stmt *st, int i)
{
    const char *text = (const char *)sqlite3_column_text(st, i);
    return text != NULL ? text : "";
}

static void copy(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);
    if (len >= cap) /* cannot come from us: the column was changed by hand */
        len = 0;
    memcpy(out, text, len);
    out[len] = '\0';
}

static bool begin(struct sqlite_store *s)
{
    return run(stmt(s, BEGIN));
}

/* Fills reterr from the failure, then takes everything back. */
static enum errc abandon(struct sqlite_store *s, const char *doing, struct err *reterr)
{
    enum errc code = fail(s, doing, reterr);
    if (!sqlite3_get_autocommit(s->db)) /* after some failures SQLite has rolled back by itself */
        (void)run(stmt(s, ROLLBACK));
    return code;
}

/* ---- questions ------------------------------------------------------------------------------- */

static bool insert(struct sqlite_store *s, const struct record *r)
{
    sqlite3_stmt *st = stmt(s, INSERT);
    if (st == NULL)
        return false;

    buf_clear(&s->forms);
    search_stored(s->text, span_str(r->text), &s->forms);

    sqlite3_bind_int64(st, 1, r->asked_at_ms);
    bind_text(st, 2, r->session);
    bind_text(st, 3, r->client_id);
    bind_text(st, 4, r->lang);
    bind_text(st, 5, r->page);
    bind_text(st, 6, r->text);
    bind_text(st, 7, r->core);
    bind_span(st, 8, buf_span(&s->forms));
    bind_text(st, 9, outcome_name(r->outcome));
    bind_text(st, 10, r->intent);
    bind_text(st, 11, r->choices);
    sqlite3_bind_double(st, 12, r->confidence);
    bind_text(st, 13, r->revision);
    return run(st);
}

/* Looks for the question that was asked under the same id; *retasked_at_ms: when. */
static bool find_first(struct sqlite_store *s, const struct record *r, struct stored *ret,
                       int64_t *retasked_at_ms)
{
    sqlite3_stmt *st = stmt(s, RETRY_FIND);
    if (st == NULL)
        return false;
    bind_text(st, 1, r->session);
    bind_text(st, 2, r->client_id);
    bool found = sqlite3_step(st) == SQLITE_ROW;
    if (found) {
        *ret = (struct stored){.qid = sqlite3_column_int64(st, 0), .repeated = true};
        *retasked_at_ms = sqlite3_column_int64(st, 1);
        (void)outcome_parse(span_str(column(st, 2)), &ret->outcome);
        copy(ret->intent, sizeof(ret->intent), column(st, 3));
        copy(ret->choices, sizeof(ret->choices), column(st, 4));
        ret->confidence = sqlite3_column_double(st, 5);
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return found;
}

static bool append_one(struct sqlite_store *s, const struct record *r, struct stored *ret)
{
    if (!insert(s, r))
        return false;
    if (sqlite3_changes(s->db) == 0) { /* the unique index knows this id */
        int64_t first_ms;
        if (!find_first(s, r, ret, &first_ms))
            return false;
        if (r->asked_at_ms - first_ms <= STORE_RETRY_WINDOW_MS)
            return true;
        sqlite3_stmt *st = stmt(s, RETRY_FORGET);
        if (st == NULL)
            return false;
        sqlite3_bind_int64(st, 1, ret->qid);
        if (!run(st) || !insert(s, r))
            return false;
    }
    *ret = (struct stored){.qid = sqlite3_last_insert_rowid(s->db),
                           .outcome = r->outcome,
                           .confidence = r->confidence};
    memcpy(ret->intent, r->intent, sizeof(ret->intent));
    memcpy(ret->choices, r->choices, sizeof(ret->choices));
    return true;
}

static enum errc sqlite_append(struct store *base, const struct record *const *records, size_t n,
                               struct stored *results, struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);

    if (!begin(s))
        return abandon(s, "writing questions", reterr);
    for (size_t i = 0; i < n; i++) {
        if (!append_one(s, records[i], &results[i]))
            return abandon(s, "writing questions", reterr);
    }
    if (!run(stmt(s, COMMIT)))
        return abandon(s, "committing questions", reterr);
    return ERR_OK;
}

/* ---- audit trail ----------------------------------------------------------------------------- */

struct audit_row {
    int64_t at_ms, rows;
    const char *actor, *action, *object, *prev;
};

enum { HASH_HEX_BYTES = 2 * crypto_hash_sha256_BYTES + 1 };

/* Each field with its length before it, so that no two rows read the same. */
static void audit_hash(const struct audit_row *a, char out[HASH_HEX_BYTES])
{
    struct buf b;
    unsigned char hash[crypto_hash_sha256_BYTES];

    buf_init(&b, 0);
    buf_printf(&b, "%zu:%s %lld %zu:%s %zu:%s %zu:%s %lld", strlen(a->prev), a->prev,
               (long long)a->at_ms, strlen(a->actor), a->actor, strlen(a->action), a->action,
               strlen(a->object), a->object, (long long)a->rows);
    crypto_hash_sha256(hash, (const unsigned char *)b.ptr, b.len);
    sodium_bin2hex(out, HASH_HEX_BYTES, hash, sizeof(hash));
    buf_release(&b);
}

static bool audit_add(struct sqlite_store *s, const struct audit_row *a)
{
    char prev[HASH_HEX_BYTES] = "", hash[HASH_HEX_BYTES];

    sqlite3_stmt *last = stmt(s, AUDIT_LAST), *add = stmt(s, AUDIT_INSERT);
    if (last == NULL || add == NULL)
        return false;
    int rc = sqlite3_step(last);
    if (rc == SQLITE_ROW)
        copy(prev, sizeof(prev), column(last, 0));
    sqlite3_reset(last);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return false;

    struct audit_row linked = *a;
    linked.prev = prev;
    audit_hash(&linked, hash);
    sqlite3_bind_int64(add, 1, a->at_ms);
    bind_text(add, 2, a->actor);
    bind_text(add, 3, a->action);
    bind_text(add, 4, a->object);
    sqlite3_bind_int64(add, 5, a->rows);
    bind_text(add, 6, prev);
    bind_text(add, 7, hash);
    return run(add);
}

static enum errc sqlite_audit_verify(struct store *base, int64_t *retrows, int64_t *retbad,
                                     struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);
    char prev[HASH_HEX_BYTES] = "", hash[HASH_HEX_BYTES];
    int64_t rows = 0, bad = 0;
    int rc = SQLITE_ERROR;

    sqlite3_stmt *st = stmt(s, AUDIT_ALL);
    if (st == NULL)
        return fail(s, "reading the audit trail", reterr);
    while (bad == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct audit_row a = {.at_ms = sqlite3_column_int64(st, 1),
                              .actor = column(st, 2),
                              .action = column(st, 3),
                              .object = column(st, 4),
                              .rows = sqlite3_column_int64(st, 5),
                              .prev = column(st, 6)};
        audit_hash(&a, hash);
        /* The first row's predecessor may have expired. */
        if (strcmp(hash, column(st, 7)) != 0 || (rows > 0 && strcmp(prev, a.prev) != 0))
            bad = sqlite3_column_int64(st, 0);
        memcpy(prev, hash, sizeof(prev));
        rows++;
    }
    enum errc code =
        bad != 0 || rc == SQLITE_DONE ? ERR_OK : fail(s, "reading the audit trail", reterr);
    sqlite3_reset(st);
    if (code == ERR_OK) {
        *retrows = rows;
        *retbad = bad;
    }
    return code;
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool erase_session(struct sqlite_store *s, const char *session, int64_t now_ms)
{
    sqlite3_stmt *st = stmt(s, ERASE_SESSION);
    if (st == NULL)
        return false;
    bind_text(st, 1, session);
    sqlite3_bind_int64(st, 2, now_ms);
    s->untidy = true;
    return run(st);
}

static bool owned(struct sqlite_store *s, const struct change *c, bool *ret)
{
    sqlite3_stmt *st = stmt(s, OWNED);
    if (st == NULL)
        return false;
    sqlite3_bind_int64(st, 1, c->qid);
    bind_text(st, 2, c->session);
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool change_one(struct sqlite_store *s, const struct change *c, enum change_result *ret)
{
    sqlite3_stmt *st = NULL;
    bool mine;

    *ret = CHANGE_DONE;
    if (c->kind == CHANGE_FORGET)
        return erase_session(s, c->session, c->now_ms);

    if (!owned(s, c, &mine))
        return false;
    if (!mine) {
        *ret = CHANGE_UNKNOWN_QUESTION;
        return true;
    }
    st = stmt(s, c->kind == CHANGE_PICK ? PICK : RATE);
    if (st == NULL)
        return false;
    sqlite3_bind_int64(st, 1, c->qid);
    bind_text(st, 2, c->session);
    if (c->kind == CHANGE_PICK) {
        bind_text(st, 3, c->intent);
        sqlite3_bind_int64(st, 4, c->now_ms);
    } else {
        sqlite3_bind_int(st, 3, c->helpful);
        bind_text(st, 4, c->comment);
        sqlite3_bind_int64(st, 5, c->now_ms);
        sqlite3_bind_int64(st, 6, STORE_RATE_WINDOW_MS);
    }
    return run(st); /* a rating after the window changes no row, and is no error */
}

static enum errc sqlite_change(struct store *base, const struct change *c, enum change_result *ret,
                               struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);
    enum change_result result;

    if (!begin(s) || !change_one(s, c, &result) || !run(stmt(s, COMMIT)))
        return abandon(s, "writing a change", reterr);
    *ret = result;
    return ERR_OK;
}

static enum errc sqlite_tidy(struct store *base, struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);

    if (!s->untidy)
        return ERR_OK;
    if (s->writer)
        sqlite3_busy_timeout(s->db, BUSY_TIDY_MS);
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (s->writer)
        sqlite3_busy_timeout(s->db, BUSY_WRITER_MS);
    if (rc != SQLITE_OK)
        return fail(s, "emptying the write-ahead log", reterr);
    s->untidy = false;
    return ERR_OK;
}

static enum errc sqlite_erase(struct store *base, int64_t qid, const char *session,
                              const char *actor, int64_t now_ms, int64_t *retrows,
                              struct err *reterr)
{
    static const char doing[] = "erasing";
    struct sqlite_store *s = sqlite_of(base);
    char number[24];

    if (!begin(s))
        return abandon(s, doing, reterr);
    if (qid > 0) {
        sqlite3_stmt *st = stmt(s, ERASE_ROW);
        if (st == NULL)
            return abandon(s, doing, reterr);
        sqlite3_bind_int64(st, 1, qid);
        sqlite3_bind_int64(st, 2, now_ms);
        s->untidy = true;
        if (!run(st))
            return abandon(s, doing, reterr);
        snprintf(number, sizeof(number), "%lld", (long long)qid);
    } else if (!erase_session(s, session, now_ms)) {
        return abandon(s, doing, reterr);
    }
    int64_t rows = sqlite3_changes64(s->db);
    struct audit_row a = {.at_ms = now_ms,
                          .rows = rows,
                          .actor = actor,
                          .action = qid > 0 ? "erase-question" : "erase-session",
                          .object = qid > 0 ? number : session};
    if ((rows > 0 && !audit_add(s, &a)) || !run(stmt(s, COMMIT)))
        return abandon(s, doing, reterr);
    *retrows = rows;
    return ERR_OK;
}

static enum errc sqlite_expire(struct store *base, int64_t before_ms, int64_t audit_before_ms,
                               int64_t *retdeleted, struct err *reterr)
{
    static const char doing[] = "deleting what has expired";
    static const enum statement both[] = {EXPIRE_COUNT, EXPIRE_DELETE};
    struct sqlite_store *s = sqlite_of(base);
    int64_t deleted = 0;

    if (!begin(s))
        return abandon(s, doing, reterr);
    for (size_t i = 0; i < 2; i++) { /* both see the same rows: one transaction */
        sqlite3_stmt *st = stmt(s, both[i]);
        if (st == NULL)
            return abandon(s, doing, reterr);
        sqlite3_bind_int64(st, 1, before_ms);
        sqlite3_bind_int(st, 2, STORE_EXPIRE_MAX);
        if (!run(st))
            return abandon(s, doing, reterr);
        deleted = sqlite3_changes64(s->db);
    }
    sqlite3_stmt *st = stmt(s, AUDIT_EXPIRE);
    if (st == NULL)
        return abandon(s, doing, reterr);
    sqlite3_bind_int64(st, 1, audit_before_ms);
    if (!run(st))
        return abandon(s, doing, reterr);
    if (sqlite3_changes64(s->db) > 0 || deleted > 0)
        s->untidy = true;
    if (!run(stmt(s, COMMIT)))
        return abandon(s, doing, reterr);
    *retdeleted = deleted;
    return ERR_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum { BINDS_MAX = 8 };

/* A WHERE clause as it grows, with what is to be bound in the same order. */
struct where {
    struct buf sql;
    struct {
        const char *text; /* NULL: a number */
        int64_t number;
    } binds[BINDS_MAX];
    int n;
    struct buf plain, bare; /* the search's two forms */
};

static void where_add(struct where *w, const char *condition, const char *text, int64_t number)
{
    assert(w->n < BINDS_MAX);
    buf_adds(&w->sql, w->n == 0 ? " WHERE " : " AND ");
    buf_adds(&w->sql, condition);
    w->binds[w->n].text = text;
    w->binds[w->n++].number = number;
}

static void where_search(struct sqlite_store *s, struct where *w, const char *search)
{
    search_wanted(s->text, span_str(search), &w->plain, &w->bare);
    if (w->plain.len == 0) { /* only signs, e.g. 〔: as they stand */
        where_add(w, "instr(text, ?) > 0", search, 0);
        return;
    }
    assert(w->n + 2 <= BINDS_MAX);
    where_add(w, "(instr(search, ?) > 0 OR instr(search, ?) > 0)", buf_cstr(&w->plain), 0);
    w->binds[w->n++].text = buf_cstr(&w->bare);
}

static void where_make(struct sqlite_store *s, struct where *w, const struct store_filter *f)
{
    *w = (struct where){.n = 0};
    buf_init(&w->sql, 0);
    buf_init(&w->plain, SEARCH_FORMS_BYTES_MAX);
    buf_init(&w->bare, SEARCH_FORMS_BYTES_MAX);
    if (f->since_ms != 0)
        where_add(w, "asked_at >= ?", NULL, f->since_ms);
    if (f->until_ms != 0)
        where_add(w, "asked_at < ?", NULL, f->until_ms);
    if (f->outcome >= 0)
        where_add(w, "outcome = ?", outcome_name((enum outcome)f->outcome), 0);
    if (f->intent != NULL)
        where_add(w, "coalesce(intent, '') = ?", f->intent, 0);
    if (f->session != NULL)
        where_add(w, "session = ?", f->session, 0);
    if (f->before_id > 0)
        where_add(w, "id < ?", NULL, f->before_id);
    if (f->search != NULL && f->search[0] != '\0')
        where_search(s, w, f->search);
}

static void where_release(struct where *w)
{
    buf_release(&w->sql);
    buf_release(&w->plain);
    buf_release(&w->bare);
}

/* "HEAD WHERE … TAIL", prepared and bound; the limit, if asked for, is the last `?`. */
static enum errc query(struct sqlite_store *s, const char *head, const struct where *w,
                       const char *tail, const size_t *limit, sqlite3_stmt **ret,
                       struct err *reterr)
{
    struct buf sql;

    buf_init(&sql, 0);
    buf_adds(&sql, head);
    buf_add(&sql, w->sql.ptr, w->sql.len);
    buf_adds(&sql, tail);
    int rc = sqlite3_prepare_v2(s->db, buf_cstr(&sql), (int)sql.len + 1, ret, NULL);
    buf_release(&sql);
    if (rc != SQLITE_OK)
        return fail(s, "reading questions", reterr);
    for (int i = 0; i < w->n; i++) {
        if (w->binds[i].text != NULL)
            bind_text(*ret, i + 1, w->binds[i].text);
        else
            sqlite3_bind_int64(*ret, i + 1, w->binds[i].number);
    }
    if (limit != NULL) /* -1: without limit */
        sqlite3_bind_int64(*ret, w->n + 1, *limit != 0 ? (int64_t)*limit : -1);
    return ERR_OK;
}

static int helpful_of(sqlite3_stmt *st, int i)
{
    return sqlite3_column_type(st, i) == SQLITE_NULL ? -1 : sqlite3_column_int(st, i);
}

static enum errc sqlite_list(struct store *base, const struct store_filter *f, store_row_fn *fn,
                             void *ctx, struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);
    struct where w;
    sqlite3_stmt *st = NULL;

    where_make(s, &w, f);
    enum errc code = query(s,
                           "SELECT id, asked_at, session, lang, page, text, core, outcome, intent,"
                           " choices, revision, comment, picked, confidence, helpful, rated_at,"
                           " erased_at FROM questions",
                           &w, " ORDER BY id DESC LIMIT ?", &f->limit, &st, reterr);
    int rc = SQLITE_DONE;
    while (code == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct store_row row = {
            .id = sqlite3_column_int64(st, 0),
            .asked_at_ms = sqlite3_column_int64(st, 1),
            .session = column(st, 2),
            .lang = column(st, 3),
            .page = column(st, 4),
            .text = column(st, 5),
            .core = column(st, 6),
            .outcome = column(st, 7),
            .intent = column(st, 8),
            .choices = column(st, 9),
            .revision = column(st, 10),
            .comment = column(st, 11),
            .picked = (const char *)sqlite3_column_text(st, 12),
            .confidence = sqlite3_column_double(st, 13),
            .helpful = helpful_of(st, 14),
            .rated_at_ms = sqlite3_column_int64(st, 15),
            .erased_at_ms = sqlite3_column_int64(st, 16),
        };
        if (!fn(ctx, &row)) {
            rc = SQLITE_DONE;
            break;
        }
    }
    if (code == ERR_OK && rc != SQLITE_DONE)
        code = fail(s, "reading questions", reterr);
    sqlite3_finalize(st);
    where_release(&w);
    return code;
}

static enum errc sqlite_count(struct store *base, const struct store_filter *f, int64_t *ret,
                              struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);
    struct where w;
    sqlite3_stmt *st = NULL;

    where_make(s, &w, f);
    enum errc code = query(s, "SELECT count(*) FROM questions", &w, "", NULL, &st, reterr);
    if (code == ERR_OK) {
        if (sqlite3_step(st) == SQLITE_ROW)
            *ret = sqlite3_column_int64(st, 0);
        else
            code = fail(s, "counting questions", reterr);
    }
    sqlite3_finalize(st);
    where_release(&w);
    return code;
}

static enum errc sqlite_groups(struct store *base, const struct store_filter *f, store_group_fn *fn,
                               void *ctx, struct err *reterr)
{
    struct sqlite_store *s = sqlite_of(base);
    struct store_filter only = *f;
    struct where w;
    sqlite3_stmt *st = NULL;

    only.outcome = OUTCOME_UNANSWERED;
    where_make(s, &w, &only);
    enum errc code =
        query(s,
              "SELECT g.core, q.text, g.n, g.visitors, g.first, g.last FROM (SELECT core,"
              " count(*) AS n, count(DISTINCT session) AS visitors, min(asked_at) AS first,"
              " max(asked_at) AS last, max(id) AS newest FROM questions",
              &w,
              " AND core <> '' GROUP BY core) AS g JOIN questions AS q ON q.id = g.newest"
              " ORDER BY g.visitors DESC, g.n DESC, g.newest DESC LIMIT ?",
              &f->limit, &st, reterr);
    int rc = SQLITE_DONE;
    while (code == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct store_group group = {.core = column(st, 0),
                                    .text = column(st, 1),
                                    .count = sqlite3_column_int64(st, 2),
                                    .visitors = sqlite3_column_int64(st, 3),
                                    .first_ms = sqlite3_column_int64(st, 4),
                                    .last_ms = sqlite3_column_int64(st, 5)};
        if (!fn(ctx, &group)) {
            rc = SQLITE_DONE;
            break;
        }
    }
    if (code == ERR_OK && rc != SQLITE_DONE)
        code = fail(s, "grouping questions", reterr);
    sqlite3_finalize(st);
    where_release(&w);
    return code;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void sqlite_close(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);

    for (size_t i = 0; i < NSTATEMENTS; i++)
        sqlite3_finalize(s->prepared[i]);
    sqlite3_close(s->db);
    if (s->lock >= 0)
        close(s->lock); /* after the database: the next daemon must find it at rest */
    free(s->path);
    free(s->text);
    buf_release(&s->forms);
    free(s);
}

static void sqlite_freep(struct sqlite_store **s)
{
    if (*s != NULL)
        sqlite_close(&(*s)->base);
}

static const struct store_ops sqlite_ops = {
    .close = sqlite_close,
    .append = sqlite_append,
    .change = sqlite_change,
    .list = sqlite_list,
    .count = sqlite_count,
    .groups = sqlite_groups,
    .expire = sqlite_expire,
    .erase = sqlite_erase,
    .tidy = sqlite_tidy,
    .audit_verify = sqlite_audit_verify,
};

/* The file's one true name, so that two names of it meet in one lock: the file itself may not be
 * there yet, its directory must. */
static enum errc resolve(const char *path, char **ret, struct err *reterr)
{
    *ret = realpath(path, NULL);
    if (*ret != NULL)
        return ERR_OK;
    if (errno != ENOENT)
        return err_set(reterr, ERR_IO, "'%s': %s", path, strerror(errno));

    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    CLEANUP(mem_freep)
    char *dir = slash == NULL ? mem_strdup(".") : mem_strndup(path, (size_t)(slash - path) + 1);
    CLEANUP(mem_freep) char *real = realpath(dir, NULL);
    if (real == NULL)
        return err_set(reterr, ERR_IO, "'%s': its directory: %s", path, strerror(errno));
    if (name[0] == '\0')
        return err_set(reterr, ERR_IO, "'%s' is a directory, not a database file", path);

    struct buf full;
    buf_init(&full, 0);
    buf_adds(&full, real);
    if (full.ptr[full.len - 1] != '/')
        buf_addc(&full, '/');
    buf_adds(&full, name);
    *ret = mem_strdup(buf_cstr(&full));
    buf_release(&full);
    return ERR_OK;
}

static char *beside(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    char *name = mem_alloc(n + m + 1);
    memcpy(name, path, n);
    memcpy(name + n, suffix, m + 1);
    return name;
}

static enum errc take_lock(struct sqlite_store *s, struct err *reterr)
{
    CLEANUP(mem_freep) char *name = beside(s->path, ".lock");

    s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        return err_set(reterr, ERR_IO, "cannot make the lock file '%s': %s", name, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    if (errno == EWOULDBLOCK)
        return err_set(reterr, ERR_BUSY, "'%s' is in use by another faqd (it holds '%s')", s->path,
                       name);
    return err_set(reterr, ERR_IO, "cannot lock '%s': %s", name, strerror(errno));
}

/* What the file system can tell before SQLite is asked. */
static enum errc look_at_file(struct sqlite_store *s, enum store_mode mode, struct err *reterr)
{
    struct stat file, wal;
    CLEANUP(mem_freep) char *wal_name = beside(s->path, "-wal");

    bool there = stat(s->path, &file) == 0;
    if (!there && errno != ENOENT)
        return err_set(reterr, ERR_IO, "'%s': %s", s->path, strerror(errno));
    if (there && S_ISDIR(file.st_mode))
        return err_set(reterr, ERR_IO, "'%s' is a directory, not a database file", s->path);
    if (there && !S_ISREG(file.st_mode))
        return err_set(reterr, ERR_IO, "'%s' is no regular file", s->path);
    /* Also for root, who could write to it all the same: somebody meant it. */
    if (there && mode != STORE_READ && (file.st_mode & 0222) == 0)
        return err_set(reterr, ERR_IO, "'%s' is read-only", s->path);
    if (there && file.st_size > 0)
        return ERR_OK;

    /* SQLite would take the file for a new one and throw the log's rows away. */
    if (stat(wal_name, &wal) == 0 && wal.st_size > 0)
        return err_set(reterr, ERR_IO,
                       "'%s' is %s, but its write-ahead log '%s' is not: put a backup in its place "
                       "or move the log away",
                       s->path, there ? "empty" : "missing", wal_name);
    if (mode != STORE_WRITE)
        return err_set(reterr, ERR_IO, "'%s' %s", s->path,
                       there ? "is empty: no daemon has used it yet" : "does not exist");
    return ERR_OK;
}

static enum errc open_file(struct sqlite_store *s, enum store_mode mode, struct err *reterr)
{
    if (look_at_file(s, mode, reterr) != ERR_OK)
        return reterr->code;
    if (mode == STORE_WRITE) {
        if (take_lock(s, reterr) != ERR_OK)
            return reterr->code;
        /* Made here, for the mode; SQLite gives the same one to -wal and -shm. */
        int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return err_set(reterr, ERR_IO, "cannot open '%s': %s", s->path, strerror(errno));
        close(fd);
    }
    int flags = (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
        if (s->db == NULL)
            return err_set(reterr, ERR_LIB, "'%s': SQLite is out of memory", s->path);
        return fail(s, "opening", reterr);
    }
    sqlite3_busy_timeout(s->db, mode == STORE_WRITE ? BUSY_WRITER_MS : BUSY_OTHER_MS);
    if (mode != STORE_READ && sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(reterr, ERR_IO, "'%s' is read-only", s->path);
    return ERR_OK;
}

/* First column of the first row of `sql`, as a number. */
static bool number(struct sqlite_store *s, const char *sql, int64_t *ret)
{
    sqlite3_stmt *st = NULL;

    bool good = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW;
    if (good)
        *ret = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return good;
}

/* Whose file is it, and how old? Only reads. *retfresh: it holds nothing at all. */
static enum errc identify(struct sqlite_store *s, int64_t *retversion, bool *retfresh,
                          struct err *reterr)
{
    int64_t application, objects;

    if (!number(s, "SELECT count(*) FROM sqlite_schema", &objects) ||
        !number(s, "PRAGMA application_id", &application) ||
        !number(s, "PRAGMA user_version", retversion))
        return fail(s, "opening", reterr);
    *retfresh = objects == 0 && application == 0 && *retversion == 0;
    if (*retfresh)
        return ERR_OK;
    if (application != SCHEMA_APPLICATION_ID)
        return err_set(reterr, ERR_IO,
                       "'%s' is the database of another program; it was left as it is", s->path);
    if (*retversion < 1 || *retversion > (int64_t)schema_nsteps)
        return err_set(reterr, ERR_IO,
                       "'%s' was written by a newer version of faqd (schema %lld, this one knows "
                       "up to %zu); it was left as it is",
                       s->path, (long long)*retversion, schema_nsteps);
    return ERR_OK;
}

static int out_of_time(void *ctx)
{
    const int64_t *deadline_ms = ctx;
    return clock_mono_ms() > *deadline_ms;
}

/* Looks for damage before the first write, within a budget: a large log must not keep visitors
 * waiting at a restart. What lies behind the budget shows when it is read. */
static enum errc look_for_damage(struct sqlite_store *s, struct err *reterr)
{
    int64_t deadline_ms = clock_mono_ms() + CHECK_BUDGET_MS;
    sqlite3_stmt *st = NULL;
    enum errc code = ERR_OK;

    sqlite3_progress_handler(s->db, CHECK_STEPS, out_of_time, &deadline_ms);
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW && strcmp(column(st, 0), "ok") != 0)
        code = err_set(reterr, ERR_IO,
                       "'%s': the file is damaged (%s); it was left as it is: put a backup in its "
                       "place or move it away",
                       s->path, column(st, 0));
    else if (rc != SQLITE_ROW && rc != SQLITE_INTERRUPT)
        code = fail(s, "looking for damage", reterr);
    sqlite3_finalize(st);
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    return code;
}

static bool exec(struct sqlite_store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Our ways of using the connection. */
static enum errc configure(struct sqlite_store *s, enum store_mode mode, struct err *reterr)
{
    if (!exec(s, "PRAGMA trusted_schema = OFF") || !exec(s, "PRAGMA cell_size_check = ON"))
        return fail(s, "opening", reterr);
    if (mode == STORE_READ)
        return ERR_OK;

    sqlite3_stmt *st = NULL;
    bool wal = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &st, NULL) == SQLITE_OK &&
               sqlite3_step(st) == SQLITE_ROW && strcmp(column(st, 0), "wal") == 0;
    sqlite3_finalize(st);
    if (!wal)
        return fail(s, "switching to a write-ahead log", reterr);

    char limit[64];
    snprintf(limit, sizeof(limit), "PRAGMA journal_size_limit = %d", JOURNAL_BYTES_MAX);
    if (!exec(s, "PRAGMA synchronous = FULL") || !exec(s, "PRAGMA secure_delete = ON") ||
        !exec(s, limit))
        return fail(s, "opening", reterr);
    return ERR_OK;
}

/* All missing steps in one transaction: a kill in between leaves the old schema. */
static enum errc migrate(struct sqlite_store *s, int64_t version, struct err *reterr)
{
    char head[128];

    if (version == (int64_t)schema_nsteps)
        return ERR_OK;
    snprintf(head, sizeof(head), "PRAGMA user_version = %zu; PRAGMA application_id = %d",
             schema_nsteps, SCHEMA_APPLICATION_ID);
    bool good = begin(s);
    for (size_t i = (size_t)version; good && i < schema_nsteps; i++)
        good = exec(s, schema_steps[i]);
    if (!good || !exec(s, head) || !run(stmt(s, COMMIT)))
        return abandon(s, "bringing the tables up to date", reterr);
    return ERR_OK;
}

/* One row's derived columns anew. */
static bool renormalise_one(struct sqlite_store *s, int64_t id, const char *text)
{
    struct buf core;

    sqlite3_stmt *st = stmt(s, RENORM_ONE);
    if (st == NULL)
        return false;
    buf_init(&core, RECORD_TEXT_BYTES_MAX);
    buf_clear(&s->forms);
    if (text[0] != '\0') { /* else erased */
        search_stored(s->text, span_str(text), &s->forms);
        text_core(s->text, &core);
    }
    sqlite3_bind_int64(st, 1, id);
    bind_span(st, 2, buf_span(&core));
    bind_span(st, 3, buf_span(&s->forms));
    bool good = run(st);
    buf_release(&core);
    return good;
}

/* Up to 1,000 rows with a larger id than *id, which becomes the last one's; *retn: how many. */
static bool renormalise_some(struct sqlite_store *s, int64_t *id, size_t *retn)
{
    sqlite3_stmt *st = stmt(s, RENORM_ALL);
    if (st == NULL)
        return false;
    *retn = 0;
    sqlite3_bind_int64(st, 1, *id);
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        *id = sqlite3_column_int64(st, 0);
        if (!renormalise_one(s, *id, column(st, 1)))
            break;
        ++*retn;
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE;
}

/* core and search were made by another version of the normaliser: groups and searches would
 * silently miss the older rows. */
static enum errc renormalise(struct sqlite_store *s, struct err *reterr)
{
    static const char doing[] = "normalising older questions anew";
    char version[16];

    snprintf(version, sizeof(version), "%d", TEXT_VERSION);
    sqlite3_stmt *find = stmt(s, VERSION_FIND), *set = stmt(s, VERSION_SET);
    if (find == NULL || set == NULL)
        return fail(s, doing, reterr);
    int rc = sqlite3_step(find);
    bool same = rc == SQLITE_ROW && strcmp(column(find, 0), version) == 0;
    sqlite3_reset(find);
    if (same)
        return ERR_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fail(s, doing, reterr);

    if (!begin(s))
        return abandon(s, doing, reterr);
    int64_t id = 0;
    size_t n;
    do {
        if (!renormalise_some(s, &id, &n))
            return abandon(s, doing, reterr);
    } while (n > 0);
    bind_text(set, 1, version);
    if (!run(set) || !run(stmt(s, COMMIT)))
        return abandon(s, doing, reterr);
    return ERR_OK;
}

enum errc store_sqlite_open(const char *path, enum store_mode mode, struct store **ret,
                            struct err *reterr)
{
    CLEANUP(sqlite_freep) struct sqlite_store *s = mem_zalloc(sizeof(*s));
    int64_t version = 0;
    bool fresh = false;

    s->base.ops = &sqlite_ops;
    s->lock = -1;
    s->writer = mode == STORE_WRITE;
    s->untidy = s->writer; /* what a killed daemon had no time to wipe */
    s->text = mem_zalloc(sizeof(*s->text));
    buf_init(&s->forms, SEARCH_FORMS_BYTES_MAX);

    if (resolve(path, &s->path, reterr) != ERR_OK || open_file(s, mode, reterr) != ERR_OK ||
        identify(s, &version, &fresh, reterr) != ERR_OK)
        return reterr->code;
    if (mode == STORE_WRITE) {
        if (look_for_damage(s, reterr) != ERR_OK || configure(s, mode, reterr) != ERR_OK ||
            migrate(s, version, reterr) != ERR_OK || renormalise(s, reterr) != ERR_OK)
            return reterr->code;
    } else {
        if (fresh)
            return err_set(reterr, ERR_IO, "'%s' is empty: no daemon has used it yet", s->path);
        if (version != (int64_t)schema_nsteps)
            return err_set(reterr, ERR_IO,
                           "'%s' has older tables (schema %lld, needed %zu): start faqd once, it "
                           "brings them up to date",
                           s->path, (long long)version, schema_nsteps);
        if (configure(s, mode, reterr) != ERR_OK)
            return reterr->code;
    }
    *ret = &s->base;
    s = NULL;
    return ERR_OK;
}

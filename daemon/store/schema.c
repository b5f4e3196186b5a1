#include "store/schema.h"

/* Times are milliseconds since 1970 UTC. AUTOINCREMENT, because the number of a question that
 * expired must not be given to another one: visitors' pages still hold it. */
const char *const schema_steps[] = {
    "CREATE TABLE questions ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  asked_at INTEGER NOT NULL,"
    "  session TEXT NOT NULL,"
    "  client_id TEXT NOT NULL DEFAULT '',"
    "  lang TEXT NOT NULL,"
    "  page TEXT NOT NULL DEFAULT '',"
    "  text TEXT NOT NULL,"   /* masked */
    "  core TEXT NOT NULL,"   /* grouping key */
    "  search TEXT NOT NULL," /* store/search.h */
    "  outcome TEXT NOT NULL CHECK (outcome IN ('answer', 'choose', 'unanswered')),"
    "  intent TEXT,"
    "  choices TEXT NOT NULL DEFAULT '',"
    "  confidence REAL NOT NULL,"
    "  revision TEXT NOT NULL,"
    "  helpful INTEGER CHECK (helpful IN (0, 1)),"
    "  comment TEXT NOT NULL DEFAULT '',"
    "  rated_at INTEGER,"
    "  picked TEXT," /* NULL: nothing was picked; '': none of these */
    "  picked_at INTEGER,"
    "  erased_at INTEGER"
    ") STRICT;"
    /* Decides what a retry is, whichever way and on whichever thread it comes in. */
    "CREATE UNIQUE INDEX questions_retry ON questions (session, client_id) WHERE client_id <> '';"
    "CREATE INDEX questions_session ON questions (session);"
    "CREATE INDEX questions_asked ON questions (asked_at);"

    /* What stays of expired questions. Days are those of Asia/Tokyo. */
    "CREATE TABLE daily ("
    "  day TEXT NOT NULL,"
    "  intent TEXT NOT NULL," /* '' where there was none */
    "  outcome TEXT NOT NULL,"
    "  questions INTEGER NOT NULL,"
    "  helpful INTEGER NOT NULL,"
    "  unhelpful INTEGER NOT NULL,"
    "  PRIMARY KEY (day, intent, outcome)"
    ") STRICT, WITHOUT ROWID;"

    /* Who did what; each row's hash covers the one before, so that a change by hand shows. */
    "CREATE TABLE audit ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  at INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  object TEXT NOT NULL,"
    "  rows INTEGER NOT NULL,"
    "  prev TEXT NOT NULL,"
    "  hash TEXT NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER audit_keeps_its_rows BEFORE UPDATE ON audit BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only');"
    "END;"
    /* 365 days: only what retention may remove can be removed at all. */
    "CREATE TRIGGER audit_keeps_a_year BEFORE DELETE ON audit"
    "  WHEN old.at > (CAST(strftime('%s', 'now') AS INTEGER) - 31536000) * 1000 BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only');"
    "END;"

    /* text_version: of the normaliser that made core and search. */
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
};

const size_t schema_nsteps = sizeof(schema_steps) / sizeof(schema_steps[0]);

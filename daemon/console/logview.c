#include "console/logview.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1,
    EXIT_USAGE = 2,
    EXIT_TROUBLE = 3,
    TOKYO_MS = 9 * 60 * 60 * 1000, /* no summer time since 1951 */
    DAY_MS = 24 * 60 * 60 * 1000,
    LIMIT_DEFAULT = 50, /* what a person reads; exports have none */
    SESSION_HEX = 2 * SESSION_ID_BYTES,
    QID_DIGITS_MAX = 18,
};

/* ---- times ----------------------------------------------------------------------------------- */

void logview_time(int64_t ms, char out[LOGVIEW_TIME_BYTES])
{
    time_t seconds = (time_t)((ms + TOKYO_MS) / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(out, LOGVIEW_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        out[0] = '\0';
}

static bool digits(const char *s, size_t n, int *ret)
{
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *ret = *ret * 10 + (s[i] - '0');
    }
    return true;
}

bool logview_date(const char *s, int64_t *retms)
{
    int y, m, d;

    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-' || !digits(s, 4, &y) ||
        !digits(s + 5, 2, &m) || !digits(s + 8, 2, &d) || y < 1970)
        return false;
    struct tm tm = {.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d};
    time_t seconds = timegm(&tm);
    if (tm.tm_year != y - 1900 || tm.tm_mon != m - 1 || tm.tm_mday != d)
        return false; /* 2023-02-30: timegm() has made a March day of it */
    *retms = (int64_t)seconds * 1000 - TOKYO_MS;
    return true;
}

/* ---- printers -------------------------------------------------------------------------------- */

static void add_str(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, span_str(value));
}

static void add_str_or_null(struct buf *out, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        add_str(out, name, value);
    else
        buf_printf(out, ",\"%s\":null", name);
}

static void add_choices(struct buf *out, const char *choices)
{
    const char *from = choices;
    buf_adds(out, ",\"choices\":[");
    while (*from != '\0') {
        size_t len = strcspn(from, ",");
        if (from != choices)
            buf_addc(out, ',');
        buf_add_json(out, span_of(from, len));
        from += len + (from[len] == ',');
    }
    buf_addc(out, ']');
}

void logview_json(const struct store_row *row, struct buf *out)
{
    char when[LOGVIEW_TIME_BYTES];

    logview_time(row->asked_at_ms, when);
    buf_printf(out, "{\"id\":%lld,\"asked_at\":%lld", (long long)row->id,
               (long long)row->asked_at_ms);
    add_str(out, "time", when);
    add_str(out, "session", row->session);
    add_str(out, "lang", row->lang);
    add_str(out, "page", row->page);
    add_str(out, "text", row->text);
    add_str(out, "core", row->core);
    add_str(out, "outcome", row->outcome);
    add_str_or_null(out, "intent", row->intent);
    add_choices(out, row->choices);
    buf_printf(out, ",\"confidence\":%.4f", row->confidence);
    add_str(out, "revision", row->revision);
    buf_printf(out, ",\"helpful\":%s",
               row->helpful < 0    ? "null"
               : row->helpful != 0 ? "true"
                                   : "false");
    add_str(out, "comment", row->comment);
    /* null: nothing was picked; "": none of these */
    if (row->picked != NULL)
        add_str(out, "picked", row->picked);
    else
        buf_adds(out, ",\"picked\":null");
    buf_printf(out, ",\"erased\":%s}", row->erased_at_ms != 0 ? "true" : "false");
}

static void add_cell(struct buf *out, const char *value, char behind)
{
    static const char *const dangers[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};

    buf_addc(out, '"');
    for (size_t i = 0; i < sizeof(dangers) / sizeof(dangers[0]); i++) {
        if (strncmp(value, dangers[i], strlen(dangers[i])) == 0)
            buf_addc(out, '\'');
    }
    for (; *value != '\0'; value++) {
        if (*value == '"')
            buf_addc(out, '"');
        buf_addc(out, *value);
    }
    buf_addc(out, '"');
    buf_addc(out, behind);
}

void logview_csv_head(struct buf *out)
{
    buf_adds(out, "\xEF\xBB\xBFid,asked_at,session,lang,page,text,core,outcome,intent,confidence,"
                  "revision,helpful,comment,choices,picked\r\n");
}

void logview_csv(const struct store_row *row, struct buf *out)
{
    char when[LOGVIEW_TIME_BYTES];

    logview_time(row->asked_at_ms, when);
    buf_printf(out, "%lld,%s,", (long long)row->id, when);
    add_cell(out, row->session, ',');
    add_cell(out, row->lang, ',');
    add_cell(out, row->page, ',');
    add_cell(out, row->text, ',');
    add_cell(out, row->core, ',');
    add_cell(out, row->outcome, ',');
    add_cell(out, row->intent, ',');
    buf_printf(out, "%.4f,", row->confidence);
    add_cell(out, row->revision, ',');
    buf_printf(out, "%s,", row->helpful < 0 ? "" : row->helpful != 0 ? "1" : "0");
    add_cell(out, row->comment, ',');
    add_cell(out, row->choices, ',');
    add_cell(out,
             row->picked == NULL      ? ""
             : row->picked[0] != '\0' ? row->picked
                                      : "(none of these)",
             '\r');
    buf_addc(out, '\n');
}

/* Does a terminal act on it, or turn the line's order round? */
static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

/* What a visitor typed, on one line, for a terminal. */
static void add_plain(struct buf *out, const char *s)
{
    size_t len = strlen(s);
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        i += utf8_decode(s + i, len - i, &cp, &valid);
        if (is_control(cp))
            buf_addc(out, ' ');
        else
            buf_addcp(out, cp);
    }
}

/* ---- command line ---------------------------------------------------------------------------- */

struct view {
    const char *store_url;
    struct store_filter filter;
    const char *word; /* the command's own argument */
    bool json, limited;
    FILE *out, *err;
    struct buf line;
    size_t rows;
};

/* Writes the line out and empties it. */
static bool flush_line(struct view *v)
{
    bool good =
        fwrite(v->line.ptr != NULL ? v->line.ptr : "", 1, v->line.len, v->out) == v->line.len;
    buf_clear(&v->line);
    return good;
}

static int trouble(struct view *v, const struct err *err)
{
    fprintf(v->err, "faqctl log: %s\n", err->text);
    return EXIT_TROUBLE;
}

/* Opens, and says why not. */
static struct store *open_store(struct view *v, enum store_mode mode, int *retstatus)
{
    struct store *s = NULL;
    struct err err;

    enum errc code = store_open(v->store_url, mode, &s, &err);
    *retstatus = EXIT_FINE;
    if (code == ERR_OK)
        return s;
    (void)trouble(v, &err);
    *retstatus = code == ERR_INPUT ? EXIT_USAGE : EXIT_TROUBLE;
    return NULL;
}

static bool print_row(void *ctx, const struct store_row *row)
{
    struct view *v = ctx;
    char when[LOGVIEW_TIME_BYTES];

    v->rows++;
    if (v->json) {
        logview_json(row, &v->line);
    } else {
        logview_time(row->asked_at_ms, when);
        buf_printf(&v->line, "%-8lld %s  %-10s %-28s %4.2f  %-3s  ", (long long)row->id, when,
                   row->outcome, row->intent[0] != '\0' ? row->intent : "-", row->confidence,
                   row->helpful < 0    ? "-"
                   : row->helpful != 0 ? "yes"
                                       : "no");
        add_plain(&v->line, row->erased_at_ms != 0 ? "(erased)" : row->text);
        if (row->comment[0] != '\0') {
            buf_adds(&v->line, "  # ");
            add_plain(&v->line, row->comment);
        }
    }
    buf_addc(&v->line, '\n');
    return flush_line(v);
}

static int run_list(struct view *v)
{
    int status;
    struct err err;

    struct store *s = open_store(v, STORE_READ, &status);
    if (s == NULL)
        return status;
    if (!v->json)
        fprintf(v->out, "%-8s %-19s  %-10s %-28s %-4s  %-3s  %s\n", "id", "asked at (Tokyo)",
                "outcome", "intent", "conf", "ok?", "question");
    if (s->ops->list(s, &v->filter, print_row, v, &err) != ERR_OK)
        status = trouble(v, &err);
    else if (!v->limited && v->rows == v->filter.limit && !v->json)
        fprintf(v->err, "faqctl log: the newest %zu; --limit 0 shows all\n", v->rows);
    store_close(s);
    return status;
}

static int run_search(struct view *v)
{
    v->filter.search = v->word;
    return run_list(v);
}

static int run_count(struct view *v)
{
    int status;
    int64_t n;
    struct err err;

    struct store *s = open_store(v, STORE_READ, &status);
    if (s == NULL)
        return status;
    if (s->ops->count(s, &v->filter, &n, &err) != ERR_OK)
        status = trouble(v, &err);
    else
        fprintf(v->out, v->json ? "{\"count\":%lld}\n" : "%lld\n", (long long)n);
    store_close(s);
    return status;
}

static bool print_group(void *ctx, const struct store_group *g)
{
    struct view *v = ctx;
    char first[LOGVIEW_TIME_BYTES], last[LOGVIEW_TIME_BYTES];

    v->rows++;
    logview_time(g->first_ms, first);
    logview_time(g->last_ms, last);
    if (v->json) {
        buf_printf(&v->line, "{\"count\":%lld,\"visitors\":%lld", (long long)g->count,
                   (long long)g->visitors);
        add_str(&v->line, "first", first);
        add_str(&v->line, "last", last);
        add_str(&v->line, "core", g->core);
        add_str(&v->line, "text", g->text);
        buf_addc(&v->line, '}');
    } else {
        buf_printf(&v->line, "%6lld  %8lld  %.10s  %.10s  ", (long long)g->count,
                   (long long)g->visitors, first, last);
        add_plain(&v->line, g->text);
    }
    buf_addc(&v->line, '\n');
    return flush_line(v);
}

static int run_unanswered(struct view *v)
{
    int status;
    struct err err;

    struct store *s = open_store(v, STORE_READ, &status);
    if (s == NULL)
        return status;
    if (!v->json)
        fprintf(v->out, "%6s  %8s  %-10s  %-10s  %s\n", "asked", "visitors", "first", "last",
                "newest wording");
    if (s->ops->groups(s, &v->filter, print_group, v, &err) != ERR_OK)
        status = trouble(v, &err);
    else if (!v->limited && v->rows == v->filter.limit && !v->json)
        fprintf(v->err, "faqctl log: the first %zu groups; --limit 0 shows all\n", v->rows);
    store_close(s);
    return status;
}

static bool export_row(void *ctx, const struct store_row *row)
{
    struct view *v = ctx;

    if (v->json) {
        logview_json(row, &v->line);
        buf_addc(&v->line, '\n');
    } else {
        logview_csv(row, &v->line);
    }
    return flush_line(v);
}

static int run_export(struct view *v)
{
    int status;
    struct err err;

    struct store *s = open_store(v, STORE_READ, &status);
    if (s == NULL)
        return status;
    if (!v->limited)
        v->filter.limit = 0;
    if (!v->json) {
        logview_csv_head(&v->line);
        (void)flush_line(v); /* ferror() at the end sees it */
    }
    if (s->ops->list(s, &v->filter, export_row, v, &err) != ERR_OK)
        status = trouble(v, &err);
    store_close(s);
    return status;
}

/* A question's number, or a session's 32 hexadecimal digits. */
static bool parse_target(const char *word, int64_t *retqid)
{
    size_t len = strlen(word);

    *retqid = 0;
    if (len == SESSION_HEX)
        return strspn(word, "0123456789abcdef") == len;
    if (len == 0 || len > QID_DIGITS_MAX || strspn(word, "0123456789") != len)
        return false;
    *retqid = strtoll(word, NULL, 10);
    return *retqid > 0;
}

static int run_erase(struct view *v)
{
    int status;
    int64_t qid, rows = 0;
    char actor[64];
    struct err err;

    if (!parse_target(v->word, &qid)) {
        fprintf(v->err,
                "faqctl log erase: '%s' is neither the number of a question nor a session (32 "
                "hexadecimal digits)\n",
                v->word);
        return EXIT_USAGE;
    }
    struct store *s = open_store(v, STORE_EDIT, &status);
    if (s == NULL)
        return status;
    snprintf(actor, sizeof(actor), "faqctl uid=%u", (unsigned)getuid());
    if (s->ops->erase(s, qid, v->word, actor, clock_wall_ms(), &rows, &err) != ERR_OK) {
        status = trouble(v, &err);
    } else if (rows == 0) {
        fprintf(v->err, "faqctl log erase: nothing is kept under %s\n", v->word);
        status = EXIT_FINDINGS;
    } else {
        fprintf(v->out, "erased %lld\n", (long long)rows);
        if (s->ops->tidy(s, &err) != ERR_OK)
            fprintf(v->err,
                    "faqctl log erase: a copy may stay in the write-ahead log until the log is "
                    "next written back: %s\n",
                    err.text);
    }
    store_close(s);
    return status;
}

static int run_audit(struct view *v)
{
    int status;
    int64_t rows, bad;
    struct err err;

    struct store *s = open_store(v, STORE_READ, &status);
    if (s == NULL)
        return status;
    if (s->ops->audit_verify(s, &rows, &bad, &err) != ERR_OK) {
        status = trouble(v, &err);
    } else if (bad != 0) {
        fprintf(v->out, "the audit trail was changed by hand: first at row %lld\n", (long long)bad);
        status = EXIT_FINDINGS;
    } else {
        fprintf(v->out, "%lld rows, unchanged\n", (long long)rows);
    }
    store_close(s);
    return status;
}

static const struct command {
    const char *name, *word; /* word: what it needs, NULL: nothing */
    int (*run)(struct view *v);
    const char *help;
} commands[] = {
    {"list", NULL, run_list, "the newest questions (this is the default)"},
    {"search", "TEXT", run_search, "questions that hold TEXT in any spelling"},
    {"count", NULL, run_count, "how many questions"},
    {"unanswered", NULL, run_unanswered, "unanswered questions, equal ones together"},
    {"export", NULL, run_export, "all as CSV for spreadsheets; with --json one object a line"},
    {"erase", "QID|SESSION", run_erase, "empties a question's or a session's words for good"},
    {"audit", NULL, run_audit, "checks the record of who erased what"},
};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static bool set_since(struct view *v, const char *value)
{
    return logview_date(value, &v->filter.since_ms);
}

static bool set_until(struct view *v, const char *value)
{
    if (!logview_date(value, &v->filter.until_ms))
        return false;
    v->filter.until_ms += DAY_MS; /* that day too */
    return true;
}

static bool set_outcome(struct view *v, const char *value)
{
    enum outcome o;
    if (!outcome_parse(span_str(value), &o))
        return false;
    v->filter.outcome = (int)o;
    return true;
}

static bool set_intent(struct view *v, const char *value)
{
    v->filter.intent = value;
    return true;
}

static bool set_session(struct view *v, const char *value)
{
    v->filter.session = value;
    return true;
}

static bool set_limit(struct view *v, const char *value)
{
    size_t len = strlen(value);
    if (len == 0 || len > 9 || strspn(value, "0123456789") != len)
        return false;
    v->filter.limit = (size_t)strtoul(value, NULL, 10);
    v->limited = true;
    return true;
}

static bool set_store(struct view *v, const char *value)
{
    v->store_url = value;
    return true;
}

static const struct option {
    const char *name, *value, *allowed;
    bool (*set)(struct view *v, const char *value);
    const char *help;
} options[] = {
    {"--since", "DATE", "a date YYYY-MM-DD", set_since, "from this day on (Asia/Tokyo)"},
    {"--until", "DATE", "a date YYYY-MM-DD", set_until, "up to this day, inclusive"},
    {"--outcome", "OUTCOME", "answer, choose or unanswered", set_outcome,
     "answer, choose or unanswered"},
    {"--intent", "ID", "a topic id", set_intent, "best candidate; '' for none"},
    {"--session", "ID", "a session", set_session, "one visitor's dialogue"},
    {"--limit", "N", "a number", set_limit, "at most N (0: all; default 50, export all)"},
    {"--store", "URL", "sqlite:PATH", set_store, "where the log is: sqlite:PATH"},
};
enum { NOPTIONS = sizeof(options) / sizeof(options[0]) };

static void print_help(FILE *out)
{
    fputs("usage: faqctl log [COMMAND] [OPTIONS]\n\n", out);
    for (size_t i = 0; i < NCOMMANDS; i++) {
        char both[48];
        snprintf(both, sizeof(both), "%s %s", commands[i].name,
                 commands[i].word != NULL ? commands[i].word : "");
        fprintf(out, "  %-20s %s\n", both, commands[i].help);
    }
    fputs("\n", out);
    for (size_t i = 0; i < NOPTIONS; i++) {
        char both[48];
        snprintf(both, sizeof(both), "%s %s", options[i].name, options[i].value);
        fprintf(out, "  %-20s %s\n", both, options[i].help);
    }
    fprintf(out, "  %-20s %s\n", "--json", "one JSON object a line");
}

/* Reads the option at argv[*i] and its value; false: usage. */
static bool read_option(struct view *v, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    size_t len = strcspn(arg, "=");

    for (size_t k = 0; k < NOPTIONS; k++) {
        const struct option *o = &options[k];
        if (strlen(o->name) != len || strncmp(arg, o->name, len) != 0)
            continue;
        const char *value = arg[len] == '=' ? arg + len + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (value != NULL && o->set(v, value))
            return true;
        fprintf(v->err, "faqctl log: %s: %s%s%sexpected %s\n", o->name, value != NULL ? "'" : "",
                value != NULL ? value : "", value != NULL ? "': " : "", o->allowed);
        return false;
    }
    fprintf(v->err, "faqctl log: unknown option '%s'; --help shows all\n", arg);
    return false;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* Fills the view from the arguments; NULL: usage, said already. */
static const struct command *parse(struct view *v, int argc, char **argv)
{
    const struct command *command = NULL;
    bool words_only = false; /* after -- */

    for (int i = 0; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!words_only && strcmp(argv[i], "--json") == 0) {
            v->json = true;
        } else if (!words_only && strncmp(argv[i], "--", 2) == 0) {
            if (!read_option(v, argc, argv, &i))
                return NULL;
        } else if (command == NULL) {
            command = find_command(argv[i]);
            if (command == NULL) {
                fprintf(v->err, "faqctl log: unknown command '%s'; --help shows all\n", argv[i]);
                return NULL;
            }
        } else if (command->word != NULL && v->word == NULL) {
            v->word = argv[i];
        } else {
            fprintf(v->err, "faqctl log %s: unexpected '%s'\n", command->name, argv[i]);
            return NULL;
        }
    }
    if (command == NULL)
        command = &commands[0];
    if (command->word != NULL && (v->word == NULL || v->word[0] == '\0')) {
        fprintf(v->err, "faqctl log %s: %s is missing\n", command->name, command->word);
        return NULL;
    }
    if (v->store_url == NULL) {
        fputs("faqctl log: --store sqlite:PATH is missing\n", v->err);
        return NULL;
    }
    return command;
}

int logview_main(const char *store_url, int argc, char **argv, FILE *out, FILE *err)
{
    struct view v = {.store_url = store_url,
                     .filter = {.outcome = -1, .limit = LIMIT_DEFAULT},
                     .out = out,
                     .err = err};

    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(out);
            return EXIT_FINE;
        }
    }
    const struct command *command = parse(&v, argc, argv);
    if (command == NULL)
        return EXIT_USAGE;
    buf_init(&v.line, 0);
    int status = command->run(&v);
    buf_release(&v.line);
    if (fflush(out) != 0 || ferror(out)) {
        fputs("faqctl log: the output could not be written\n", err);
        return EXIT_TROUBLE;
    }
    return status;
}

#include "fixture.h"

#include "base/file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/wait.h>

/* ---- helpers --------------------------------------------------------------------------------- */

/* Runs SQL on the file, beside or without the store. Returns SQLite's code. */
static int sql(const struct fixture *f, const char *statements)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, statements, NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

static int64_t sql_number(const struct fixture *f, const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void read_whole(const char *path, struct buf *out)
{
    struct err err;
    assert_int_equal(file_read(path, 64 << 20, out, &err), ERR_OK);
}

static bool file_holds(const char *path, const char *needle)
{
    struct buf b;
    buf_init(&b, 0);
    bool found = false;
    if (access(path, F_OK) == 0) {
        read_whole(path, &b);
        found = b.len > 0 && memmem(b.ptr, b.len, needle, strlen(needle)) != NULL;
    }
    buf_release(&b);
    return found;
}

/* Is `needle` anywhere in the database or beside it? */
static bool disk_holds(const struct fixture *f, const char *needle)
{
    char wal[128];
    snprintf(wal, sizeof(wal), "%s-wal", f->path);
    return file_holds(f->path, needle) || file_holds(wal, needle);
}

struct seen {
    size_t n;
    int64_t ids[64];
    char text[RECORD_TEXT_BYTES_MAX + 1]; /* of the last */
    char page[RECORD_PAGE_BYTES_MAX + 1], comment[64], intent[65], outcome[16], core[64];
    bool picked_null;
    char picked[65];
    int helpful;
};

static bool see(void *ctx, const struct store_row *row)
{
    struct seen *seen = ctx;
    if (seen->n < 64)
        seen->ids[seen->n] = row->id;
    seen->n++;
    snprintf(seen->text, sizeof(seen->text), "%s", row->text);
    snprintf(seen->page, sizeof(seen->page), "%s", row->page);
    snprintf(seen->comment, sizeof(seen->comment), "%s", row->comment);
    snprintf(seen->intent, sizeof(seen->intent), "%s", row->intent);
    snprintf(seen->outcome, sizeof(seen->outcome), "%s", row->outcome);
    snprintf(seen->core, sizeof(seen->core), "%s", row->core);
    seen->picked_null = row->picked == NULL;
    snprintf(seen->picked, sizeof(seen->picked), "%s", row->picked ? row->picked : "");
    seen->helpful = row->helpful;
    return true;
}

static struct seen list(struct store *s, const struct store_filter *f)
{
    struct seen seen = {.n = 0};
    struct err err = {.code = ERR_OK};
    if (s->ops->list(s, f, see, &seen, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return seen;
}

static struct seen list_all(struct store *s)
{
    return list(s, &(struct store_filter){.outcome = -1});
}

static size_t found(struct store *s, const char *search)
{
    return list(s, &(struct store_filter){.outcome = -1, .search = search}).n;
}

static enum change_result change(struct store *s, struct change c)
{
    enum change_result result;
    struct err err = {.code = ERR_OK};
    if (s->ops->change(s, &c, &result, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return result;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void test_open__new_file__is_private_and_carries_the_schema(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct stat st;
    char wal[128];

    assert_int_equal(ask(s, "s1", "c1", "料金は"), 1);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(wal, sizeof(wal), "%s-wal", f->path);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(s);
    assert_int_equal(sql_number(f, "PRAGMA application_id"), 0x46415144);
    assert_int_equal(sql_number(f, "PRAGMA user_version"), 1);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM questions"), 1);
}

static void test_open__again__keeps_what_was_there(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "c1", "一");
    store_close(s);
    s = open_good(f, STORE_WRITE);
    assert_int_equal(ask(s, "s1", "c2", "二"), 2);
    assert_int_equal(count_rows(s), 2);
    store_close(s);
}

static void test_open__unknown_scheme__is_an_input_error(void **state)
{
    static const char *const urls[] = {"postgresql://db/faq", "log.db", "", "sqlite:", "sqlite"};
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct store *s = NULL;
        struct err err;
        assert_int_equal(store_open(urls[i], STORE_WRITE, &s, &err), ERR_INPUT);
        assert_null(s);
        assert_non_null(strstr(err.text, "sqlite:PATH"));
    }
}

static void test_open__colon_memory__is_a_file_like_any_other(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct err err;
    char before[4096];

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(f->dir), 0);
    assert_int_equal(store_open("sqlite::memory:", STORE_WRITE, &s, &err), ERR_OK);
    store_close(s);
    assert_int_equal(access(":memory:", F_OK), 0);
    assert_int_equal(chdir(before), 0);
}

static void test_open__second_daemon__is_refused_also_under_another_name(void **state)
{
    struct fixture *f = *state, other = *f;
    struct store *s = open_good(f, STORE_WRITE), *second = NULL;
    struct err err;

    open_bad(f, STORE_WRITE, ERR_BUSY, "in use by another faqd");
    snprintf(other.path, sizeof(other.path), "%s/link.db", f->dir);
    snprintf(other.url, sizeof(other.url), "sqlite:%s", other.path);
    assert_int_equal(symlink(f->path, other.path), 0);
    assert_int_equal(store_open(other.url, STORE_WRITE, &second, &err), ERR_BUSY);
    store_close(s);
    store_close(open_good(f, STORE_WRITE)); /* the lock went with its holder */
}

static void test_open__reader_and_editor_beside_a_daemon__see_its_rows(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "", "料金は");
    struct store *reader = open_good(f, STORE_READ), *editor = open_good(f, STORE_EDIT);
    assert_int_equal(count_rows(reader), 1);
    assert_int_equal(count_rows(editor), 1);
    ask(s, "s1", "", "工事費は");
    assert_int_equal(count_rows(reader), 2);
    store_close(reader);
    store_close(editor);
    store_close(s);
}

static void test_open__reader_without_a_file__says_so_and_makes_none(void **state)
{
    struct fixture *f = *state;
    open_bad(f, STORE_READ, ERR_IO, "does not exist");
    open_bad(f, STORE_EDIT, ERR_IO, "does not exist");
    assert_int_equal(access(f->path, F_OK), -1);
    write_file(f->path, "", 0);
    open_bad(f, STORE_READ, ERR_IO, "is empty");
}

static void test_open__directory__is_named(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(f->path, 0700), 0);
    open_bad(f, STORE_WRITE, ERR_IO, "is a directory");
    open_bad(f, STORE_READ, ERR_IO, "is a directory");
}

static void test_open__fifo__does_not_wait_for_ever(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(f->path, 0600), 0);
    open_bad(f, STORE_WRITE, ERR_IO, "no regular file");
}

static void test_open__missing_directory__is_named(void **state)
{
    struct fixture *f = *state;
    snprintf(f->path, sizeof(f->path), "%s/no/log.db", f->dir);
    snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
    open_bad(f, STORE_WRITE, ERR_IO, "No such file");
}

static void test_open__read_only_file__is_refused_even_to_root(void **state)
{
    struct fixture *f = *state;
    store_close(open_good(f, STORE_WRITE));
    assert_int_equal(chmod(f->path, 0400), 0);
    open_bad(f, STORE_WRITE, ERR_IO, "read-only");
    open_bad(f, STORE_EDIT, ERR_IO, "read-only");
    store_close(open_good(f, STORE_READ));
}

static void test_open__empty_file__is_a_new_database(void **state)
{
    struct fixture *f = *state;
    write_file(f->path, "", 0);
    struct store *s = open_good(f, STORE_WRITE);
    assert_int_equal(ask(s, "s1", "", "料金は"), 1);
    store_close(s);
}

/* A copy of a daemon's files as they are while it runs: rows lie in the write-ahead log only. */
static void copy_running(const struct fixture *f, const char *suffix, struct buf *out)
{
    char name[128];
    snprintf(name, sizeof(name), "%s%s", f->path, suffix);
    buf_init(out, 0);
    read_whole(name, out);
}

static void test_open__database_lost_but_log_there__keeps_the_log(void **state)
{
    struct fixture *f = *state;
    struct buf wal;
    char name[128], key[] = "迷子の質問";

    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "", key);
    copy_running(f, "-wal", &wal);
    store_close(s);
    snprintf(name, sizeof(name), "%s-wal", f->path);
    write_file(name, wal.ptr, wal.len);
    assert_int_equal(truncate(f->path, 0), 0);
    open_bad(f, STORE_WRITE, ERR_IO, "write-ahead log");
    assert_int_equal(unlink(f->path), 0);
    open_bad(f, STORE_WRITE, ERR_IO, "write-ahead log");
    open_bad(f, STORE_READ, ERR_IO, "write-ahead log");
    assert_true(file_holds(name, key));
    buf_release(&wal);
}

static void test_open__text_file__is_left_as_it_is(void **state)
{
    static const char letter[] = "Dear Sir or Madam, this is not a database. Far from it, in fact.";
    struct fixture *f = *state;
    struct buf after;

    write_file(f->path, letter, sizeof(letter));
    open_bad(f, STORE_WRITE, ERR_IO, "no SQLite database");
    open_bad(f, STORE_READ, ERR_IO, "no SQLite database");
    buf_init(&after, 0);
    read_whole(f->path, &after);
    assert_int_equal(after.len, sizeof(letter));
    assert_memory_equal(after.ptr, letter, sizeof(letter));
    buf_release(&after);
}

static void test_open__database_of_another_program__is_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct buf before, after;

    assert_int_equal(sql(f, "CREATE TABLE recipes (name); INSERT INTO recipes VALUES ('cake')"),
                     SQLITE_OK);
    buf_init(&before, 0);
    buf_init(&after, 0);
    read_whole(f->path, &before);
    open_bad(f, STORE_WRITE, ERR_IO, "another program");
    read_whole(f->path, &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.ptr, after.ptr, after.len);
    buf_release(&before);
    buf_release(&after);
}

static void test_open__newer_schema__is_refused_clearly(void **state)
{
    struct fixture *f = *state;
    store_close(open_good(f, STORE_WRITE));
    assert_int_equal(sql(f, "PRAGMA user_version = 99"), SQLITE_OK);
    open_bad(f, STORE_WRITE, ERR_IO, "newer version");
    open_bad(f, STORE_READ, ERR_IO, "newer version");
    assert_int_equal(sql_number(f, "PRAGMA user_version"), 99);
}

static void make_full(const struct fixture *f)
{
    struct store *s = open_good(f, STORE_WRITE);
    for (int i = 0; i < 300; i++)
        ask(s, "s1", "", "オンライン資格確認スタートパックの料金を教えてください");
    store_close(s);
}

/* Either refused by name, or opened with every row that can be read whole; never changed when
 * refused. */
static void test_open__cut_anywhere__is_refused_and_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct buf whole, after;

    make_full(f);
    buf_init(&whole, 0);
    buf_init(&after, 0);
    read_whole(f->path, &whole);
    for (size_t i = 1; i < 20; i++) {
        size_t len = whole.len * i / 20 + (i % 3) * 100;
        struct store *s = NULL;
        struct err err = {.code = ERR_OK};
        write_file(f->path, whole.ptr, len);
        assert_int_not_equal(store_open(f->url, STORE_WRITE, &s, &err), ERR_OK);
        assert_non_null(strstr(err.text, f->path));
        buf_clear(&after);
        read_whole(f->path, &after);
        assert_int_equal(after.len, len);
        assert_memory_equal(after.ptr, whole.ptr, len);
    }
    buf_release(&whole);
    buf_release(&after);
}

static void test_open__zeroed_page__is_refused_and_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct buf whole, after;

    make_full(f);
    buf_init(&whole, 0);
    buf_init(&after, 0);
    read_whole(f->path, &whole);
    assert_true(whole.len > 12 * 4096);
    for (size_t page = 0; page < 12; page++) {
        buf_clear(&after);
        buf_add(&after, whole.ptr, whole.len);
        memset(after.ptr + page * 4096, 0, 4096);
        write_file(f->path, after.ptr, after.len);
        struct store *s = NULL;
        struct err err = {.code = ERR_OK};
        enum errc code = store_open(f->url, STORE_WRITE, &s, &err);
        store_close(s);
        if (code == ERR_OK)
            fail_msg("page %zu: opened", page);
        struct buf now;
        buf_init(&now, 0);
        read_whole(f->path, &now);
        assert_int_equal(now.len, after.len);
        assert_memory_equal(now.ptr, after.ptr, now.len);
        buf_release(&now);
    }
    buf_release(&whole);
    buf_release(&after);
}

static void test_open__killed_daemon__loses_no_committed_row(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *s = NULL;
        struct err err;
        if (store_open(f->url, STORE_WRITE, &s, &err) != ERR_OK)
            _exit(1);
        struct record r = record_of("s1", "c1", "消えてはいけない質問");
        const struct record *one = &r;
        struct stored stored;
        _exit(s->ops->append(s, &one, 1, &stored, &err) == ERR_OK ? 0 : 2); /* nothing is closed */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    struct store *reader = open_good(f, STORE_READ); /* before anything was mended */
    assert_int_equal(count_rows(reader), 1);
    store_close(reader);
    struct store *s = open_good(f, STORE_WRITE);
    assert_string_equal(list_all(s).text, "消えてはいけない質問");
    struct record again = record_of("s1", "c1", "消えてはいけない質問");
    struct stored stored = append_good(s, &again);
    assert_true(stored.repeated);
    assert_int_equal(stored.qid, 1);
    store_close(s);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM pragma_integrity_check"
                                   " WHERE integrity_check <> 'ok'"),
                     0);
}

static void test_open__other_text_version__core_and_search_are_made_anew(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    for (int i = 0; i < 2500; i++) /* more than one step of the renewal */
        ask(s, "s1", "", "申し込みの方法");
    store_close(s);
    assert_int_equal(sql(f, "UPDATE questions SET search = 'x', core = 'x';"
                            "UPDATE questions SET text = '', core = '', search = '' WHERE id = 7;"
                            "UPDATE meta SET value = '0'"),
                     SQLITE_OK);
    s = open_good(f, STORE_WRITE);
    assert_int_equal(found(s, "申込"), 2499);
    store_close(s);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM questions WHERE core = 'x'"), 0);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM questions WHERE search = ''"), 1);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void test_append__every_column__reads_back(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "c1", "v6オプションは有料?");
    r.outcome = OUTCOME_CHOOSE;
    strcpy(r.choices, "v6-option,v6-option-fee");
    struct stored stored = append_good(s, &r);
    assert_int_equal(stored.qid, 1);
    assert_false(stored.repeated);
    assert_int_equal(stored.outcome, OUTCOME_CHOOSE);
    assert_string_equal(stored.choices, "v6-option,v6-option-fee");
    struct seen seen = list_all(s);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.text, r.text);
    assert_string_equal(seen.page, r.page);
    assert_string_equal(seen.intent, "v6-option");
    assert_string_equal(seen.outcome, "choose");
    assert_int_equal(seen.helpful, -1);
    assert_true(seen.picked_null);
    store_close(s);
    /* The contract's columns, for whoever reads the table with other tools. */
    assert_int_equal(sql_number(f, "SELECT count(*) FROM (SELECT id, asked_at, session, lang, page,"
                                   " text, core, outcome, intent, confidence, revision, helpful"
                                   " FROM questions WHERE asked_at = 1790000000000)"),
                     1);
}

static void test_append__longest_record__fits(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("0123456789abcdef0123456789abcdef", "", "");
    memset(r.client_id, 'c', CLIENT_ID_BYTES_MAX);
    memset(r.text, 't', RECORD_TEXT_BYTES_MAX);
    memset(r.core, 'k', RECORD_TEXT_BYTES_MAX);
    memset(r.page, 'p', RECORD_PAGE_BYTES_MAX);
    append_good(s, &r);
    assert_string_equal(list_all(s).text, r.text);
    store_close(s);
}

static void test_append__batch_of_the_largest_size__is_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "", "同時の質問");
    const struct record *batch[STORE_BATCH_MAX];
    struct stored *stored = mem_zalloc_array(STORE_BATCH_MAX, sizeof(*stored));
    struct err err;
    for (size_t i = 0; i < STORE_BATCH_MAX; i++)
        batch[i] = &r;
    assert_int_equal(s->ops->append(s, batch, STORE_BATCH_MAX, stored, &err), ERR_OK);
    for (size_t i = 0; i < STORE_BATCH_MAX; i++)
        assert_int_equal(stored[i].qid, i + 1);
    assert_int_equal(count_rows(s), STORE_BATCH_MAX);
    free(stored);
    store_close(s);
}

static void test_append__failing_row_in_a_batch__nothing_of_it_is_kept(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "", "前からある");
    assert_int_equal(sql(f, "CREATE TRIGGER broken BEFORE INSERT ON questions WHEN new.text = 'bad'"
                            " BEGIN SELECT RAISE(FAIL, 'disk on fire'); END"),
                     SQLITE_OK);
    struct record good = record_of("s1", "", "good"), bad = record_of("s1", "", "bad");
    const struct record *batch[] = {&good, &bad, &good};
    struct stored stored[3];
    struct err err;
    assert_int_equal(s->ops->append(s, batch, 3, stored, &err), ERR_LIB);
    assert_non_null(strstr(err.text, "disk on fire"));
    assert_int_equal(count_rows(s), 1);
    assert_int_equal(sql(f, "DROP TRIGGER broken"), SQLITE_OK);
    assert_int_equal(s->ops->append(s, batch, 3, stored, &err), ERR_OK); /* and goes on */
    assert_int_equal(count_rows(s), 4);
    store_close(s);
}

static void test_append__same_id_within_10_minutes__is_the_first_question(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record first = record_of("s1", "c1", "料金は"), again = first;
    strcpy(first.choices, "a,b");
    append_good(s, &first);
    again.asked_at_ms += STORE_RETRY_WINDOW_MS;
    again.outcome = OUTCOME_UNANSWERED; /* the content was changed in between */
    strcpy(again.intent, "other");
    again.confidence = 0.1;
    struct stored stored = append_good(s, &again);
    assert_true(stored.repeated);
    assert_int_equal(stored.qid, 1);
    assert_int_equal(stored.outcome, OUTCOME_ANSWER);
    assert_string_equal(stored.intent, "v6-option");
    assert_string_equal(stored.choices, "a,b");
    assert_true(stored.confidence > 0.8);
    assert_int_equal(count_rows(s), 1);
    store_close(s);
}

static void test_append__same_id_twice_in_one_batch__is_one_row(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "c1", "料金は"), other = record_of("s2", "c1", "別の人");
    const struct record *batch[] = {&r, &other, &r};
    struct stored stored[3];
    struct err err;
    assert_int_equal(s->ops->append(s, batch, 3, stored, &err), ERR_OK);
    assert_int_equal(stored[0].qid, 1);
    assert_int_equal(stored[1].qid, 2);
    assert_int_equal(stored[2].qid, 1);
    assert_false(stored[0].repeated);
    assert_false(stored[1].repeated);
    assert_true(stored[2].repeated);
    assert_int_equal(count_rows(s), 2);
    store_close(s);
}

static void
test_append__same_id_after_the_window__is_a_new_question_with_its_own_retries(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "c1", "料金は");
    assert_int_equal(append_good(s, &r).qid, 1);
    r.asked_at_ms += STORE_RETRY_WINDOW_MS + 1;
    struct stored second = append_good(s, &r);
    assert_true(second.qid > 1);
    assert_false(second.repeated);
    r.asked_at_ms += 1000;
    struct stored third = append_good(s, &r);
    assert_int_equal(third.qid, second.qid);
    assert_true(third.repeated);
    assert_int_equal(count_rows(s), 2);
    store_close(s);
}

static void test_append__no_id__is_always_a_new_question(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    assert_int_equal(ask(s, "s1", "", "料金は"), 1);
    assert_int_equal(ask(s, "s1", "", "料金は"), 2);
    store_close(s);
}

static void test_append__locked_by_an_administrator__fails_and_later_works(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "c1", "料金は");
    const struct record *one = &r;
    struct stored stored;
    struct err err;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(s->ops->append(s, &one, 1, &stored, &err), ERR_BUSY);
    assert_non_null(strstr(err.text, "locked"));
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(s->ops->append(s, &one, 1, &stored, &err), ERR_OK);
    store_close(s);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void test_pick__labels_the_row_of_its_own_session_only(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "c1", "料金は");
    struct change pick = {.kind = CHANGE_PICK, .now_ms = NOW_MS, .qid = 1};
    strcpy(pick.session, "s2");
    strcpy(pick.intent, "price-monthly");
    assert_int_equal(change(s, pick), CHANGE_UNKNOWN_QUESTION);
    strcpy(pick.session, "s1");
    assert_int_equal(change(s, pick), CHANGE_DONE);
    assert_string_equal(list_all(s).picked, "price-monthly");
    pick.intent[0] = '\0';
    assert_int_equal(change(s, pick), CHANGE_DONE); /* none of these */
    assert_false(list_all(s).picked_null);
    assert_string_equal(list_all(s).picked, "");
    pick.qid = 99;
    assert_int_equal(change(s, pick), CHANGE_UNKNOWN_QUESTION);
    assert_int_equal(count_rows(s), 1);
    store_close(s);
}

static void test_rate__last_within_10_minutes_of_the_first_holds(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "c1", "料金は");
    struct change rate = {.kind = CHANGE_RATE, .now_ms = NOW_MS, .qid = 1, .helpful = true};
    strcpy(rate.session, "s1");
    assert_int_equal(change(s, rate), CHANGE_DONE);
    assert_int_equal(list_all(s).helpful, 1);
    rate.helpful = false;
    rate.now_ms += STORE_RATE_WINDOW_MS;
    strcpy(rate.comment, "金額が分からない");
    assert_int_equal(change(s, rate), CHANGE_DONE);
    assert_int_equal(list_all(s).helpful, 0);
    assert_string_equal(list_all(s).comment, "金額が分からない");
    rate.helpful = true;
    rate.now_ms += 1;
    assert_int_equal(change(s, rate), CHANGE_DONE); /* too late to count, but no error */
    assert_int_equal(list_all(s).helpful, 0);
    strcpy(rate.session, "s2");
    assert_int_equal(change(s, rate), CHANGE_UNKNOWN_QUESTION);
    store_close(s);
}

static void test_forget__empties_words_and_keeps_the_counts(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    ask(s, "s1", "c1", "忘れてほしい質問");
    ask(s, "s2", "c1", "覚えていてよい質問");
    struct change rate = {.kind = CHANGE_RATE, .now_ms = NOW_MS, .qid = 1, .helpful = true};
    strcpy(rate.session, "s1");
    strcpy(rate.comment, "忘れてほしい感想");
    change(s, rate);
    struct change forget = {.kind = CHANGE_FORGET, .now_ms = NOW_MS};
    strcpy(forget.session, "s1");
    assert_int_equal(change(s, forget), CHANGE_DONE);
    struct seen one = list(s, &(struct store_filter){.outcome = -1, .session = "s1"});
    assert_string_equal(one.text, "");
    assert_string_equal(one.core, "");
    assert_string_equal(one.page, "");
    assert_string_equal(one.comment, "");
    assert_string_equal(one.outcome, "answer");
    assert_int_equal(one.helpful, 1);
    assert_int_equal(found(s, "忘れて"), 0);
    assert_int_equal(found(s, "覚えていて"), 1);
    assert_int_equal(change(s, rate), CHANGE_DONE); /* brings no words back */
    assert_string_equal(list(s, &(struct store_filter){.outcome = -1, .session = "s1"}).comment,
                        "");

    struct err err;
    assert_int_equal(s->ops->tidy(s, &err), ERR_OK);
    assert_false(disk_holds(f, "忘れてほしい"));
    assert_true(disk_holds(f, "覚えていて"));
    store_close(s);
}

static void test_erase__one_row_or_a_session__is_audited_and_gone_from_disk(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct err err;
    int64_t rows, audited, bad;
    ask(s, "s1", "", "秘密その一");
    ask(s, "s1", "", "秘密その二");
    ask(s, "s2", "", "秘密その三");

    struct store *editor = open_good(f, STORE_EDIT);
    assert_int_equal(editor->ops->erase(editor, 3, NULL, "op", NOW_MS, &rows, &err), ERR_OK);
    assert_int_equal(rows, 1);
    assert_int_equal(editor->ops->erase(editor, 0, "s1", "op", NOW_MS + 1, &rows, &err), ERR_OK);
    assert_int_equal(rows, 2);
    assert_int_equal(editor->ops->erase(editor, 99, NULL, "op", NOW_MS + 2, &rows, &err), ERR_OK);
    assert_int_equal(rows, 0);
    assert_int_equal(editor->ops->tidy(editor, &err), ERR_OK);
    assert_false(disk_holds(f, "秘密"));
    assert_int_equal(editor->ops->audit_verify(editor, &audited, &bad, &err), ERR_OK);
    assert_int_equal(audited, 2);
    assert_int_equal(bad, 0);
    store_close(editor);
    assert_int_equal(count_rows(s), 3);
    store_close(s);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM audit WHERE actor = 'op' AND"
                                   " action = 'erase-session' AND object = 's1' AND rows = 2"),
                     1);
}

static void test_audit__cannot_be_changed_and_shows_what_was(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct err err;
    int64_t rows, bad;
    for (int i = 1; i <= 5; i++) {
        ask(s, "s1", "", "質問");
        assert_int_equal(s->ops->erase(s, i, NULL, "op", NOW_MS + i, &rows, &err), ERR_OK);
    }
    assert_int_not_equal(sql(f, "UPDATE audit SET actor = 'x'"), SQLITE_OK);
    assert_int_not_equal(sql(f, "DELETE FROM audit"), SQLITE_OK);
    assert_int_equal(s->ops->audit_verify(s, &rows, &bad, &err), ERR_OK);
    assert_int_equal(rows, 5);
    assert_int_equal(bad, 0);

    /* By somebody who takes the triggers away first. */
    assert_int_equal(sql(f, "DROP TRIGGER audit_keeps_its_rows; DROP TRIGGER audit_keeps_a_year;"
                            "UPDATE audit SET object = '4' WHERE id = 3"),
                     SQLITE_OK);
    assert_int_equal(s->ops->audit_verify(s, &rows, &bad, &err), ERR_OK);
    assert_int_equal(bad, 3);
    assert_int_equal(sql(f, "UPDATE audit SET object = '3' WHERE id = 3;"
                            "DELETE FROM audit WHERE id = 2"),
                     SQLITE_OK);
    assert_int_equal(s->ops->audit_verify(s, &rows, &bad, &err), ERR_OK);
    assert_int_equal(bad, 3); /* its predecessor is missing */
    store_close(s);
}

/* ---- retention ------------------------------------------------------------------------------- */

static void test_expire__old_rows_go_and_their_counts_stay(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct err err;
    int64_t deleted, total = 0;
    struct record old = record_of("s1", "", "古い質問"), fresh = record_of("s1", "", "新しい質問");
    const int64_t day = 24 * 60 * 60 * 1000;

    old.asked_at_ms = INT64_C(1767193199000); /* 2025-12-31T23:59:59+09:00 */
    const int n = STORE_EXPIRE_MAX + 20;
    for (int i = 0; i < n; i++)
        append_good(s, &old);
    old.outcome = OUTCOME_UNANSWERED;
    old.intent[0] = '\0';
    old.asked_at_ms += 2000; /* already 2026-01-01 in Tokyo, not yet in London */
    append_good(s, &old);
    append_good(s, &fresh);
    struct change rate = {.kind = CHANGE_RATE, .now_ms = NOW_MS, .qid = 1, .helpful = true};
    strcpy(rate.session, "s1");
    change(s, rate);

    int calls = 0;
    do {
        assert_int_equal(s->ops->expire(s, NOW_MS - 180 * day, 0, &deleted, &err), ERR_OK);
        assert_true(deleted <= STORE_EXPIRE_MAX);
        total += deleted;
        calls++;
    } while (deleted == STORE_EXPIRE_MAX);
    assert_int_equal(total, n + 1);
    assert_int_equal(calls, 2);
    assert_int_equal(count_rows(s), 1);
    assert_int_equal(s->ops->tidy(s, &err), ERR_OK);
    assert_false(disk_holds(f, "古い質問"));
    /* The number of a question that is gone is not given again. */
    assert_int_equal(ask(s, "s1", "", "次の質問"), n + 3);
    store_close(s);
    assert_int_equal(sql_number(f, "SELECT questions FROM daily WHERE day = '2025-12-31' AND"
                                   " intent = 'v6-option' AND outcome = 'answer' AND helpful = 1"
                                   " AND unhelpful = 0"),
                     n);
    assert_int_equal(sql_number(f, "SELECT questions FROM daily WHERE day = '2026-01-01' AND"
                                   " intent = '' AND outcome = 'unanswered'"),
                     1);
}

static void test_expire__audit_trail_older_than_a_year_goes_and_the_rest_is_a_chain(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct err err;
    int64_t rows, bad, deleted;
    ask(s, "s1", "", "質問");
    for (int i = 0; i < 6; i++)
        assert_int_equal(s->ops->erase(s, 1, NULL, "op", 1000 + i, &rows, &err), ERR_OK);
    assert_int_equal(s->ops->expire(s, 0, 1003, &deleted, &err), ERR_OK);
    assert_int_equal(deleted, 0);
    assert_int_equal(s->ops->audit_verify(s, &rows, &bad, &err), ERR_OK);
    assert_int_equal(rows, 3);
    assert_int_equal(bad, 0);
    store_close(s);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void test_list__filters_and_pages(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    for (int i = 0; i < 10; i++) {
        struct record r = record_of(i % 2 ? "odd" : "even", "", i < 5 ? "料金は" : "工事費は");
        r.asked_at_ms = NOW_MS + i * 1000;
        r.outcome = i == 9 ? OUTCOME_UNANSWERED : OUTCOME_ANSWER;
        if (i == 8)
            r.intent[0] = '\0';
        append_good(s, &r);
    }
    struct store_filter any = {.outcome = -1};
    struct store_filter q;
    assert_int_equal(list(s, &any).ids[0], 10); /* the newest first */
    q = any, q.limit = 3;
    assert_int_equal(list(s, &q).n, 3);
    q.before_id = 8;
    assert_int_equal(list(s, &q).ids[0], 7);
    q = any, q.since_ms = NOW_MS + 2000, q.until_ms = NOW_MS + 5000;
    assert_int_equal(list(s, &q).n, 3);
    q = any, q.outcome = OUTCOME_UNANSWERED;
    assert_int_equal(list(s, &q).n, 1);
    q = any, q.session = "odd";
    assert_int_equal(list(s, &q).n, 5);
    q = any, q.intent = "";
    assert_int_equal(list(s, &q).n, 1);
    q = any, q.intent = "v6-option", q.session = "even", q.search = "料金", q.limit = 2;
    q.since_ms = 1, q.until_ms = NOW_MS * 2, q.before_id = 100, q.outcome = OUTCOME_ANSWER;
    assert_int_equal(list(s, &q).n, 2); /* all at once */
    int64_t n;
    struct err err;
    assert_int_equal(s->ops->count(s, &q, &n, &err), ERR_OK);
    assert_int_equal(n, 3);
    store_close(s);
}

static void test_search__finds_other_spellings(void **state)
{
    static const struct {
        const char *text, *search;
        bool hit;
    } rows[] = {
        {"申し込みたいのですが", "申込", true},
        {"申込みたいのですが", "申し込み", true},
        {"お申込の方法", "申し込み", true},
        {"お問い合わせ先は?", "問合せ", true},
        {"問合せ先", "問い合わせ", true},
        {"見積りをください", "見積もり", true},
        {"手続きは", "手続", true},
        {"ｽﾀｰﾄﾊﾟｯｸの料金", "スタートパック", true},
        {"すたーとぱっくとは", "スタートパック", true},
        {"ＩＰｖ６は使えますか", "ipv6", true},
        {"ルータの型番", "ルーター", true},
        {"申請しました", "しました", true}, /* begins within what the bare form drops */
        {"連絡先は〔phone〕です", "〔phone〕", true},
        {"料金は", "工事費", false},
        {"100%引きですか", "%", true},
        {"料金は", "%", false},
        {"料金は", "料_は", false}, /* no wildcard */
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct store *s = open_good(f, STORE_WRITE);
        ask(s, "s1", "", rows[i].text);
        if ((found(s, rows[i].search) == 1) != rows[i].hit)
            fail_msg("'%s' in '%s'", rows[i].search, rows[i].text);
        store_close(s);
        assert_int_equal(unlink(f->path), 0);
    }
}

struct group {
    size_t n;
    char core[8][64], text[8][128];
    int64_t count[8], visitors[8], first[8], last[8];
};

static bool see_group(void *ctx, const struct store_group *g)
{
    struct group *seen = ctx;
    if (seen->n < 8) {
        snprintf(seen->core[seen->n], 64, "%s", g->core);
        snprintf(seen->text[seen->n], 128, "%s", g->text);
        seen->count[seen->n] = g->count;
        seen->visitors[seen->n] = g->visitors;
        seen->first[seen->n] = g->first_ms;
        seen->last[seen->n] = g->last_ms;
    }
    seen->n++;
    return true;
}

static void test_groups__unanswered_by_core__most_visitors_first(void **state)
{
    static const struct {
        const char *session, *core, *text;
        enum outcome outcome;
    } rows[] = {
        {"s1", "駐車場", "駐車場は?", OUTCOME_UNANSWERED},
        {"s1", "駐車場", "駐車場は??", OUTCOME_UNANSWERED},
        {"s1", "駐車場", "駐車場ってどこ", OUTCOME_UNANSWERED},
        {"s1", "求人", "求人ありますか", OUTCOME_UNANSWERED},
        {"s2", "求人", "求人について", OUTCOME_UNANSWERED},
        {"s3", "料金", "料金は", OUTCOME_ANSWER},
        {"s4", "", "", OUTCOME_UNANSWERED}, /* erased */
    };
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record r = record_of(rows[i].session, "", rows[i].text);
        snprintf(r.core, sizeof(r.core), "%s", rows[i].core);
        r.outcome = rows[i].outcome;
        r.asked_at_ms = NOW_MS + (int64_t)i;
        append_good(s, &r);
    }
    struct group seen = {.n = 0};
    struct store_filter any = {.outcome = -1};
    struct err err;
    assert_int_equal(s->ops->groups(s, &any, see_group, &seen, &err), ERR_OK);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.core[0], "求人");
    assert_string_equal(seen.text[0], "求人について");
    assert_int_equal(seen.count[0], 2);
    assert_int_equal(seen.visitors[0], 2);
    assert_string_equal(seen.core[1], "駐車場");
    assert_string_equal(seen.text[1], "駐車場ってどこ");
    assert_int_equal(seen.count[1], 3);
    assert_int_equal(seen.visitors[1], 1);
    assert_int_equal(seen.first[1], NOW_MS);
    assert_int_equal(seen.last[1], NOW_MS + 2);
    seen.n = 0;
    any.limit = 1;
    assert_int_equal(s->ops->groups(s, &any, see_group, &seen, &err), ERR_OK);
    assert_int_equal(seen.n, 1);
    store_close(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(test_open__new_file__is_private_and_carries_the_schema),
        T(test_open__again__keeps_what_was_there),
        T(test_open__unknown_scheme__is_an_input_error),
        T(test_open__colon_memory__is_a_file_like_any_other),
        T(test_open__second_daemon__is_refused_also_under_another_name),
        T(test_open__reader_and_editor_beside_a_daemon__see_its_rows),
        T(test_open__reader_without_a_file__says_so_and_makes_none),
        T(test_open__directory__is_named),
        T(test_open__fifo__does_not_wait_for_ever),
        T(test_open__missing_directory__is_named),
        T(test_open__read_only_file__is_refused_even_to_root),
        T(test_open__empty_file__is_a_new_database),
        T(test_open__database_lost_but_log_there__keeps_the_log),
        T(test_open__text_file__is_left_as_it_is),
        T(test_open__database_of_another_program__is_left_as_it_is),
        T(test_open__newer_schema__is_refused_clearly),
        T(test_open__cut_anywhere__is_refused_and_left_as_it_is),
        T(test_open__zeroed_page__is_refused_and_left_as_it_is),
        T(test_open__killed_daemon__loses_no_committed_row),
        T(test_open__other_text_version__core_and_search_are_made_anew),
        T(test_append__every_column__reads_back),
        T(test_append__longest_record__fits),
        T(test_append__batch_of_the_largest_size__is_one_transaction),
        T(test_append__failing_row_in_a_batch__nothing_of_it_is_kept),
        T(test_append__same_id_within_10_minutes__is_the_first_question),
        T(test_append__same_id_twice_in_one_batch__is_one_row),
        T(test_append__same_id_after_the_window__is_a_new_question_with_its_own_retries),
        T(test_append__no_id__is_always_a_new_question),
        T(test_append__locked_by_an_administrator__fails_and_later_works),
        T(test_pick__labels_the_row_of_its_own_session_only),
        T(test_rate__last_within_10_minutes_of_the_first_holds),
        T(test_forget__empties_words_and_keeps_the_counts),
        T(test_erase__one_row_or_a_session__is_audited_and_gone_from_disk),
        T(test_audit__cannot_be_changed_and_shows_what_was),
        T(test_expire__old_rows_go_and_their_counts_stay),
        T(test_expire__audit_trail_older_than_a_year_goes_and_the_rest_is_a_chain),
        T(test_list__filters_and_pages),
        T(test_search__finds_other_spellings),
        T(test_groups__unanswered_by_core__most_visitors_first),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Options: where a value comes from, which one counts, and what is said of a wrong one. */
#include "net/options.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

enum { ARGS_MAX = 12 };

struct run {
    struct options o;
    struct diags diags;
    enum options_result result;
    char path[40]; /* of the configuration file */
};

static void write_config(struct run *r, const char *bytes, size_t len)
{
    strcpy(r->path, "/tmp/faqd-options-XXXXXX");
    int fd = mkstemp(r->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

/* `args` ends with NULL; `file` NULL: no --config. */
static void run(struct run *r, const char *file, const char *const args[])
{
    char *argv[ARGS_MAX + 4] = {(char *)"faqd"};
    int argc = 1;

    *r = (struct run){.result = OPTIONS_RUN};
    diags_init(&r->diags);
    if (file != NULL) {
        write_config(r, file, strlen(file));
        argv[argc++] = (char *)"--config";
        argv[argc++] = r->path;
    }
    for (; *args != NULL; args++) {
        assert_true(argc < ARGS_MAX + 3);
        argv[argc++] = (char *)*args;
    }
    r->result = options_read(&r->o, argc, argv, &r->diags);
}

static void end(struct run *r)
{
    if (r->path[0] != '\0')
        unlink(r->path);
    options_release(&r->o);
    diags_release(&r->diags);
}

static char *said(const struct run *r)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    diags_print(&r->diags, out);
    fclose(out);
    return text;
}

static void assert_runs(const struct run *r)
{
    char *text = said(r);
    if (r->result != OPTIONS_RUN || r->diags.n > 0)
        fail_msg("result %d, said: %s", (int)r->result, text);
    free(text);
}

static const char *const no_args[] = {NULL};

static void test_options__nothing_given__the_documented_defaults(void **state)
{
    struct run r;
    (void)state;
    run(&r, NULL, no_args);
    assert_runs(&r);
    assert_string_equal(r.o.content, ".");
    assert_string_equal(r.o.store, "sqlite:faqd.db");
    assert_string_equal(r.o.cache_dir, "faqd.db.cache");
    assert_string_equal(r.o.listen.host, "127.0.0.1");
    assert_int_equal(r.o.listen.port, 8080);
    assert_string_equal(r.o.admin.host, "");
    assert_int_equal(r.o.workers, 1);
    assert_int_equal(r.o.norigins, 0);
    assert_false(r.o.origin_required);
    assert_int_equal(r.o.nproxies, 0);
    assert_int_equal(r.o.connections, 10000);
    assert_int_equal(r.o.connections_per_address, 50);
    assert_true(r.o.messages_per_second >= 5 && r.o.messages_per_second <= 5);
    assert_int_equal(r.o.message_burst, 30);
    assert_int_equal(r.o.idle_timeout_ms, 60000);
    assert_int_equal(r.o.max_wait_ms, 1000);
    assert_int_equal(r.o.retention_days, 180);
    assert_true(r.o.answer_at < 0 && r.o.choose_at < 0);
    end(&r);
}

static void test_options__flag_set_and_file__the_flag_wins_then_set_then_the_file(void **state)
{
    static const struct {
        const char *name, *file, *args[ARGS_MAX], *content;
        int64_t burst;
    } rows[] = {
        {"nothing", NULL, {NULL}, ".", 30},
        {"file", "content = f\nlimits.message_burst = 1\n", {NULL}, "f", 1},
        {"the last line", "limits.message_burst=1\nlimits.message_burst=2\n", {NULL}, ".", 2},
        {"no line's end", "limits.message_burst=3", {NULL}, ".", 3},
        {"--set over file",
         "content = f\nlimits.message_burst = 1\n",
         {"--set", "content=s", "--set=limits.message_burst=4"},
         "s",
         4},
        {"the last --set", NULL, {"--set", "content=s", "--set", "content=t"}, "t", 30},
        {"flag over --set, whatever comes first",
         "content = f\n",
         {"--content", "c", "--set", "content=s"},
         "c",
         30},
        {"flag over --set", "content = f\n", {"--set", "content=s", "--content=c"}, "c", 30},
        {"the last flag", NULL, {"--content", "c", "--content", "d"}, "d", 30},
        {"a value with =", NULL, {"--set", "content=a=b"}, "a=b", 30},
        {"blanks, comments and a mark at the start",
         "\xEF\xBB\xBF  # c\r\n\r\n\tcontent\t=  データ 1 \r\n",
         {NULL},
         "データ 1",
         30},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct run r;
        run(&r, rows[i].file, rows[i].args);
        assert_runs(&r);
        if (strcmp(r.o.content, rows[i].content) != 0 || r.o.message_burst != rows[i].burst)
            fail_msg("%s: content=%s burst=%lld", rows[i].name, r.o.content,
                     (long long)r.o.message_burst);
        end(&r);
    }
}

static void test_options__a_wrong_value__is_told_even_where_another_one_wins(void **state)
{
    static const struct {
        const char *file, *args[ARGS_MAX], *said; /* "FILE" stands for the file's path */
    } rows[] = {
        {"limits.connections = many\n",
         {NULL},
         "FILE:1: limits.connections = 'many': expected a whole number from 0 to 1000000\n"},
        {"# c\n\nlimits.idle_timeout_ms = 60s\nworkers = 1\nlisten = x\n",
         {"--listen", "127.0.0.1:0"},
         "FILE:3: limits.idle_timeout_ms = '60s': expected a whole number from 0 to 86400000\n"
         "FILE:5: listen = 'x': expected HOST:PORT, e.g. 127.0.0.1:8080 or [::1]:8080\n"},
        {"nonsense\n", {NULL}, "FILE:1: expected `key = value` or a # comment\n"},
        {"limits.conections = 5\n",
         {NULL},
         "FILE:1: unknown option 'limits.conections': did you mean 'limits.connections'?\n"},
        {"colour = blue\n", {NULL}, "FILE:1: unknown option 'colour': faqd --help lists all\n"},
        {"content = ok\ncontent = \xFF\n", {NULL}, "FILE:2: is not valid UTF-8 text\n"},
        {"content =\n", {NULL}, "FILE:1: content = '': must not be empty\n"},
        {NULL,
         {"--set", "log.retention=5"},
         "--set: unknown option 'log.retention': did you mean 'log.retention_days'?\n"},
        {NULL,
         {"--set", "orgins=https://a.example"},
         "--set: unknown option 'orgins': did you mean 'origins'?\n"},
        {NULL, {"--set", "origins"}, "--set origins: expected key=value\n"},
        {NULL, {"--set"}, "--set: a value is missing\n"},
        {NULL, {"--lisen", "x"}, NULL},
        {NULL, {"--limits.connections=5"}, NULL},
        {NULL,
         {"--set", "limits.connections=-1"},
         "--set limits.connections = '-1': expected a whole number from 0 to 1000000\n"},
        {NULL, {"--set", "limits.connections=1000001"}, NULL},
        {NULL, {"--set", "limits.connections=99999999999999999999"}, NULL},
        {NULL, {"--set", "limits.message_burst="}, NULL},
        {NULL, {"--set", "limits.messages_per_second=nan"}, NULL},
        {NULL, {"--set", "limits.messages_per_second=0x10"}, NULL},
        {NULL, {"--set", "limits.messages_per_second=1e999"}, NULL},
        {NULL, {"--set", "log.max_wait_ms=0"}, NULL},
        {NULL, {"--set", "match.answer_at=1.5"}, NULL},
        {NULL,
         {"--set", "origin_required=yes"},
         "--set origin_required = 'yes': expected true or false\n"},
        {NULL, {"--set", "origins=https://a.example/"}, NULL},
        {NULL, {"--set", "origins=https://A.example"}, NULL},
        {NULL, {"--set", "origins=https://a.example,,https://b.example"}, NULL},
        {NULL,
         {"--set", "trusted_proxies=10.0.0.0/33"},
         "--set trusted_proxies = '10.0.0.0/33': '10.0.0.0/33': expected addresses or networks, "
         "e.g. 127.0.0.1, 10.0.0.0/8\n"},
        {NULL, {"--workers", "0"}, NULL},
        {NULL, {"--workers", "2"}, NULL},
        {NULL, {"--store", "sqlite:"}, "store: expected sqlite:PATH\n"},
        {NULL, {"--store", "mysql:x"}, "store: expected sqlite:PATH\n"},
        {NULL, {"serve"}, "unexpected argument 'serve': faqd --help\n"},
        {NULL, {"--config", "/nonexistent/faqd.conf"}, NULL},
        {NULL, {"--config", "/tmp"}, "--config: '/tmp' is no regular file\n"},
        {NULL,
         {"--set", "limits.connections=x", "--set", "limits.connections=5", "--bogus", "--set",
          "x=1"},
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct run r;
        struct buf expected;
        run(&r, rows[i].file, rows[i].args);
        char *got = said(&r);
        if (r.result != OPTIONS_USAGE || r.diags.nerrors == 0)
            fail_msg("row %zu: result %d, said '%s'", i, (int)r.result, got);
        buf_init(&expected, 0);
        for (const char *p = rows[i].said; p != NULL && *p != '\0';) {
            if (strncmp(p, "FILE", 4) == 0) {
                buf_adds(&expected, r.path);
                p += 4;
            } else {
                buf_addc(&expected, *p++);
            }
        }
        if (rows[i].said != NULL && strcmp(got, buf_cstr(&expected)) != 0)
            fail_msg("row %zu: said '%s'", i, got);
        buf_release(&expected);
        free(got);
        end(&r);
    }
}

static void test_options__several_mistakes__are_told_all_at_once(void **state)
{
    static const char *const args[] = {"--set", "x=1", "--bogus", "--listen", "here", NULL};
    struct run r;
    (void)state;
    run(&r, "a = 1\nlimits.connections = x\n", args);
    assert_int_equal(r.diags.nerrors, 5);
    end(&r);
}

/* A password may stand in it: one sentence, and not one word of what was given. */
static void test_options__postgresql__is_refused_with_one_sentence(void **state)
{
    static const char *const urls[] = {"postgresql://faq:secret@db/faq", "postgres://secret@db",
                                       "postgresql:secret"};
    (void)state;
    for (size_t i = 0; i < N(urls); i++) {
        const char *args[] = {"--store", urls[i], NULL};
        struct run r;
        run(&r, NULL, args);
        char *text = said(&r);
        assert_int_equal(r.result, OPTIONS_USAGE);
        assert_string_equal(text,
                            "store: this faqd keeps its log in SQLite only: use sqlite:PATH\n");
        free(text);
        end(&r);
    }
}

static void test_options__lists__are_split_at_commas(void **state)
{
    static const char *const args[] = {"--set", "origins=https://first.example",
                                       "--set", "origins=https://a.example , http://b.example:8080",
                                       "--set", "trusted_proxies=127.0.0.1, 10.0.0.0/8,[::1]",
                                       NULL};
    struct run r;
    (void)state;
    run(&r, NULL, args);
    assert_runs(&r);
    assert_int_equal(r.o.norigins, 2);
    assert_string_equal(r.o.origins[0], "https://a.example");
    assert_string_equal(r.o.origins[1], "http://b.example:8080");
    assert_int_equal(r.o.nproxies, 3);
    assert_int_equal(r.o.proxies[1].bits, 96 + 8);
    assert_int_equal(r.o.proxies[2].bits, 128);
    end(&r);
}

static void test_options__an_origin_more_than_the_ceiling__is_refused(void **state)
{
    enum { MOST = 1000 };
    (void)state;
    for (int n = MOST; n <= MOST + 1; n++) {
        struct buf list;
        struct run r;
        buf_init(&list, 0);
        buf_adds(&list, "origins=https://a.example");
        for (int i = 1; i < n; i++)
            buf_adds(&list, ",https://a.example");
        const char *args[] = {"--set", buf_cstr(&list), NULL};
        run(&r, NULL, args);
        assert_int_equal(r.result, n > MOST ? OPTIONS_USAGE : OPTIONS_RUN);
        end(&r);
        buf_release(&list);
    }
}

static void test_options__the_cache__lies_beside_the_store_unless_it_is_named(void **state)
{
    static const struct {
        const char *args[ARGS_MAX], *dir;
    } rows[] = {
        {{"--store", "sqlite:/var/lib/faqd/log.db"}, "/var/lib/faqd/log.db.cache"},
        {{"--set", "cache.dir=/var/cache/faqd"}, "/var/cache/faqd"},
        {{"--set", "cache.dir="}, NULL},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct run r;
        run(&r, NULL, rows[i].args);
        assert_runs(&r);
        if (rows[i].dir != NULL)
            assert_string_equal(r.o.cache_dir, rows[i].dir);
        else
            assert_null(r.o.cache_dir);
        end(&r);
    }
}

static void test_options__help_and_version__are_asked_for(void **state)
{
    static const struct {
        const char *args[ARGS_MAX];
        enum options_result result;
    } rows[] = {
        {{"--help"}, OPTIONS_HELP},
        {{"-h"}, OPTIONS_HELP},
        {{"--version"}, OPTIONS_VERSION},
        {{"--set", "origin_required=true", "--help"}, OPTIONS_HELP},
        {{"--bogus", "--help"}, OPTIONS_HELP},  /* who asks for help gets it */
        {{"--content", "--help"}, OPTIONS_RUN}, /* a value, not a flag */
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct run r;
        run(&r, NULL, rows[i].args);
        assert_int_equal(r.result, rows[i].result);
        end(&r);
    }
}

/* Takes --help at its word: each key says what holds if it is not given, in brackets a value that
 * is a valid one, else in words after "unset:". */
static void test_help__every_option__has_a_default_that_is_accepted(void **state)
{
    char *text = NULL, *rest = NULL;
    size_t len = 0, keys = 0;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    assert_non_null(out);
    options_help(out);
    fclose(out);
    assert_null(strstr(text, "postgres"));

    char *line = strstr(text, "Keys:");
    assert_non_null(line);
    (void)strtok_r(line, "\n", &rest);
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        char key[64], set[128];
        assert_int_equal(sscanf(line, "  %63[a-z_.] = ", key), 1);
        line = strtok_r(NULL, "\n", &rest);
        assert_non_null(line);
        char *open = strrchr(line, '[');
        keys++;
        if (open == NULL && strstr(line, "unset:") == NULL)
            fail_msg("%s: --help tells no default", key);
        if (open == NULL)
            continue;
        open[strcspn(open, "]")] = '\0';
        snprintf(set, sizeof(set), "%s=%s", key, open + 1);
        const char *args[] = {"--set", set, NULL};
        struct run r;
        run(&r, NULL, args);
        assert_runs(&r);
        end(&r);
    }
    assert_int_equal(keys, 18);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options__nothing_given__the_documented_defaults),
        cmocka_unit_test(test_options__flag_set_and_file__the_flag_wins_then_set_then_the_file),
        cmocka_unit_test(test_options__a_wrong_value__is_told_even_where_another_one_wins),
        cmocka_unit_test(test_options__several_mistakes__are_told_all_at_once),
        cmocka_unit_test(test_options__postgresql__is_refused_with_one_sentence),
        cmocka_unit_test(test_options__lists__are_split_at_commas),
        cmocka_unit_test(test_options__an_origin_more_than_the_ceiling__is_refused),
        cmocka_unit_test(test_options__the_cache__lies_beside_the_store_unless_it_is_named),
        cmocka_unit_test(test_options__help_and_version__are_asked_for),
        cmocka_unit_test(test_help__every_option__has_a_default_that_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

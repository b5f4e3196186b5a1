/* Whole files and directory trees into memory: what lies there is not ours. */
#include "base/file.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct fixture {
    char dir[32];
    char path[128]; /* scratch of at() */
};

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    strcpy(f->dir, "/tmp/faqd-base-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int rc = nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return rc;
}

/* A path inside the test's directory; valid until the next call. */
static const char *at(struct fixture *f, const char *name)
{
    snprintf(f->path, sizeof(f->path), "%s/%s", f->dir, name);
    return f->path;
}

static void put(struct fixture *f, const char *name, const char *bytes, size_t len)
{
    int fd = open(at(f, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void puts_to(struct fixture *f, const char *name, const char *text)
{
    put(f, name, text, strlen(text));
}

static size_t entries(const char *path)
{
    size_t n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

/* ---- one file -------------------------------------------------------------------------------- */

static void test_file_read__a_file__is_appended_whole(void **state)
{
    struct fixture *f = *state;
    struct err err;
    struct buf b;
    buf_init(&b, 0);
    put(f, "x", "料金\0\n", 8);
    put(f, "empty", "", 0);
    buf_adds(&b, "> ");
    assert_int_equal(file_read(at(f, "x"), 8, &b, &err), ERR_OK);
    assert_int_equal(file_read(at(f, "empty"), 0, &b, &err), ERR_OK);
    assert_int_equal(b.len, 10);
    assert_memory_equal(b.ptr, "> 料金\0\n", 10);
    buf_release(&b);
}

static void test_file_read__what_is_no_file_to_read__is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        enum errc code;
        const char *says;
    } rows[] = {
        {"missing", ERR_IO, "cannot open"},        {"dir", ERR_INPUT, "no regular file"},
        {"fifo", ERR_INPUT, "no regular file"}, /* nobody writes: reading would wait for ever */
        {"nine", ERR_LIMIT, "9 bytes; at most 8"}, {"loop", ERR_IO, "cannot open"},
        {"hole", ERR_LIMIT, "at most 8"},
    };
    assert_int_equal(mkdir(at(f, "dir"), 0700), 0);
    assert_int_equal(mkfifo(at(f, "fifo"), 0600), 0);
    assert_int_equal(symlink("loop", at(f, "loop")), 0);
    puts_to(f, "nine", "123456789");
    puts_to(f, "hole", "");
    assert_int_equal(truncate(at(f, "hole"), 1LL << 40), 0); /* takes no place on the disk */

    for (size_t i = 0; i < N(rows); i++) {
        struct err err;
        struct buf b;
        buf_init(&b, 0);
        enum errc rc = file_read(at(f, rows[i].name), 8, &b, &err);
        if (rc != rows[i].code || strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: %d %s", rows[i].name, (int)rc, err.text);
        assert_non_null(strstr(err.text, f->path)); /* which one it was */
        assert_int_equal(b.len, 0);
        buf_release(&b);
    }
}

static void assert_holds(const char *path, const char *bytes, size_t len)
{
    struct err err;
    struct buf b;
    buf_init(&b, 0);
    assert_int_equal(file_read(path, 1 << 20, &b, &err), ERR_OK);
    assert_int_equal(b.len, len);
    if (len > 0)
        assert_memory_equal(b.ptr, bytes, len);
    buf_release(&b);
}

static void test_file_replace__new_or_there__the_bytes_and_nothing_beside_them(void **state)
{
    struct fixture *f = *state;
    struct err err;
    struct stat st;
    assert_int_equal(file_replace(at(f, "key"), span_of("a\0b", 3), &err), ERR_OK);
    assert_holds(at(f, "key"), "a\0b", 3);
    assert_int_equal(stat(at(f, "key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_replace(at(f, "key"), span_of(NULL, 0), &err), ERR_OK);
    assert_holds(at(f, "key"), "", 0);
    assert_int_equal(entries(f->dir), 1);
}

static void test_file_replace__the_disk_is_full__the_old_file_stays(void **state)
{
    struct fixture *f = *state;
    struct rlimit was, tiny;
    struct err err;
    static char big[100000];
    puts_to(f, "key", "old");

    /* A ceiling on the size of files fails in the middle of a write, as a full disk does. */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    tiny = was;
    tiny.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
    enum errc rc = file_replace(at(f, "key"), span_of(big, sizeof(big)), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);

    assert_int_equal(rc, ERR_IO);
    assert_non_null(strstr(err.text, f->path));
    assert_holds(at(f, "key"), "old", 3);
    assert_int_equal(entries(f->dir), 1);
}

static void test_file_replace__a_place_that_cannot_be__is_refused_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct err err;
    assert_int_equal(file_replace(at(f, "no/such"), span_str("x"), &err), ERR_IO);
    assert_int_equal(mkdir(at(f, "dir"), 0700), 0);
    assert_int_equal(file_replace(at(f, "dir"), span_str("x"), &err), ERR_IO);
    assert_int_equal(entries(f->dir), 1);
    assert_int_equal(entries(at(f, "dir")), 0);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static const char *const subs[] = {"intents", "kb", NULL};

static void make_tree(struct fixture *f)
{
    static const char *const dirs[] = {"intents",      "intents/sub", "intents/sub/a",
                                       "intents/.git", "kb",          "other"};
    for (size_t i = 0; i < N(dirs); i++)
        assert_int_equal(mkdir(at(f, dirs[i]), 0700), 0);
    puts_to(f, "kb/b.md", "# b");
    puts_to(f, "kb/a.md", "# a");
    puts_to(f, "kb/.swp", "x");
    puts_to(f, "intents/z.json", "{}");
    puts_to(f, "intents/sub/a/y.json", "{}");
    puts_to(f, "intents/.git/x.json", "{}");
    puts_to(f, "other/x.json", "{}");
}

static void assert_names(const struct tree *t, const char *expected)
{
    struct buf names;
    buf_init(&names, 0);
    for (size_t i = 0; i < t->n; i++)
        buf_printf(&names, "%s%s", i > 0 ? " " : "", t->files[i].name);
    assert_string_equal(buf_cstr(&names), expected);
    buf_release(&names);
}

static void test_tree_read__sorted_by_name_without_dot_files_and_other_directories(void **state)
{
    struct fixture *f = *state;
    struct tree t;
    struct diags d;
    diags_init(&d);
    make_tree(f);
    tree_read(&t, f->dir, subs, &d);
    assert_int_equal(d.n, 0);
    assert_string_equal(t.root, f->dir);
    assert_names(&t, "intents/sub/a/y.json intents/z.json kb/a.md kb/b.md");
    assert_string_equal(t.files[2].bytes, "# a");
    assert_int_equal(t.files[2].len, 3);
    tree_release(&t);
    diags_release(&d);
}

/* What may lie in somebody's directory: each costs a diagnostic, and the rest is still read. */
static void test_tree_read__what_cannot_be_read__is_told_and_the_rest_is_there(void **state)
{
    struct fixture *f = *state;
    struct tree t;
    struct diags d;
    diags_init(&d);
    make_tree(f);
    assert_int_equal(mkfifo(at(f, "kb/fifo.md"), 0600), 0);
    assert_int_equal(symlink("gone", at(f, "kb/gone.md")), 0);
    assert_int_equal(symlink("..", at(f, "kb/up")), 0); /* round and round */
    assert_int_equal(symlink("b.md", at(f, "kb/link.md")), 0);
    puts_to(f, "kb/big.md", "");
    assert_int_equal(truncate(at(f, "kb/big.md"), TREE_FILE_BYTES_MAX + 1), 0);
    puts_to(f, "kb/fits.md", "");
    assert_int_equal(truncate(at(f, "kb/fits.md"), TREE_FILE_BYTES_MAX), 0);
    assert_int_equal(mkdir(at(f, "intents/sub/a/b"), 0700), 0);
    assert_int_equal(mkdir(at(f, "intents/sub/a/b/c"), 0700), 0);
    puts_to(f, "intents/sub/a/b/fourth.json", "{}");
    puts_to(f, "intents/sub/a/b/c/fifth.json", "{}");

    tree_read(&t, f->dir, subs, &d);
    diags_sort(&d);
    static const char *const told[] = {"intents/sub/a/b/c", "kb/big.md", "kb/fifo.md", "kb/gone.md",
                                       "kb/up"};
    assert_int_equal(d.n, N(told));
    for (size_t i = 0; i < N(told); i++)
        assert_string_equal(d.items[i].file, told[i]);
    assert_names(&t, "intents/sub/a/b/fourth.json intents/sub/a/y.json intents/z.json kb/a.md "
                     "kb/b.md kb/fits.md kb/link.md");
    tree_release(&t);
    diags_release(&d);
}

static void test_tree_read__a_directory_that_is_not_there__holds_nothing(void **state)
{
    struct fixture *f = *state;
    struct tree t;
    struct diags d;
    diags_init(&d);
    tree_read(&t, f->dir, subs, &d);
    assert_int_equal(t.n, 0);
    tree_release(&t);
    puts_to(f, "kb", "a file where a directory should be");
    tree_read(&t, f->dir, subs, &d);
    assert_int_equal(t.n, 0);
    assert_int_equal(d.nerrors, 1);
    tree_release(&t);
    diags_release(&d);
}

static void test_tree_add__any_order__is_sorted(void **state)
{
    struct tree t = {0};
    (void)state;
    tree_add(&t, "b", span_str("2"));
    tree_add(&t, "c", span_of("3\0", 2));
    tree_add(&t, "a", span_str(""));
    assert_names(&t, "a b c");
    assert_int_equal(t.files[2].len, 2);
    tree_release(&t);
}

static void test_tree_digest__changes_with_every_name_and_byte(void **state)
{
    static const struct {
        const char *name, *bytes;
    } trees[][2] = {
        {{NULL, NULL}, {NULL, NULL}},
        {{"a", ""}, {NULL, NULL}},
        {{"a", "x"}, {NULL, NULL}},
        {{"a", "y"}, {NULL, NULL}},
        {{"b", "x"}, {NULL, NULL}},
        {{"ax", ""}, {NULL, NULL}}, /* the same bytes all in all, cut elsewhere */
        {{"a", "x"}, {"b", ""}},
        {{"a", ""}, {"b", "x"}},
        {{"a", "xb"}, {NULL, NULL}},
        {{"a", "x"}, {"b", "x"}},
    };
    uint64_t digests[N(trees)];
    (void)state;
    for (size_t i = 0; i < N(trees); i++) {
        struct tree t = {0}, same = {0};
        for (size_t k = 0; k < 2 && trees[i][k].name != NULL; k++) {
            tree_add(&t, trees[i][k].name, span_str(trees[i][k].bytes));
            tree_add(&same, trees[i][k].name, span_str(trees[i][k].bytes));
        }
        digests[i] = tree_digest(&t);
        assert_true(tree_digest(&same) == digests[i]);
        for (size_t k = 0; k < i; k++) {
            if (digests[k] == digests[i])
                fail_msg("trees %zu and %zu", k, i);
        }
        tree_release(&t);
        tree_release(&same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_read__a_file__is_appended_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_file_read__what_is_no_file_to_read__is_refused_at_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_file_replace__new_or_there__the_bytes_and_nothing_beside_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_replace__the_disk_is_full__the_old_file_stays,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_file_replace__a_place_that_cannot_be__is_refused_and_leaves_nothing, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_tree_read__sorted_by_name_without_dot_files_and_other_directories, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_tree_read__what_cannot_be_read__is_told_and_the_rest_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_tree_read__a_directory_that_is_not_there__holds_nothing, set_up, tear_down),
        cmocka_unit_test(test_tree_add__any_order__is_sorted),
        cmocka_unit_test(test_tree_digest__changes_with_every_name_and_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

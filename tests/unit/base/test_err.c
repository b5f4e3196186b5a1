/* One failure, or a list of them. */
#include "base/err.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

static char *printed(const struct diags *d)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    diags_print(d, out);
    fclose(out);
    return text;
}

static void test_err_set__returns_its_code_and_fills_the_text(void **state)
{
    struct err err = {0};
    (void)state;
    assert_int_equal(err_set(&err, ERR_IO, "cannot open '%s'", "x"), ERR_IO);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text, "cannot open 'x'");
    assert_int_equal(err_set(NULL, ERR_LIMIT, "%d", 1), ERR_LIMIT);
}

static void test_err_set__a_long_text__is_cut_on_the_border_of_a_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 3; shift++) {
        char text[ERR_TEXT_MAX + 100] = "";
        struct err err;
        memset(text, 'a', (size_t)shift);
        while (strlen(text) < ERR_TEXT_MAX + 50)
            strcat(text, "料");
        err_set(&err, ERR_INPUT, "%s", text);
        size_t len = strlen(err.text);
        assert_in_range(len, ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
        assert_true(utf8_valid(span_str(err.text)));
        assert_memory_equal(err.text, text, len);
    }
    /* One that fits to the byte is not cut. */
    char fits[ERR_TEXT_MAX];
    struct err err;
    memset(fits, 'b', sizeof(fits) - 1);
    fits[sizeof(fits) - 1] = '\0';
    err_set(&err, ERR_INPUT, "%s", fits);
    assert_string_equal(err.text, fits);
}

static void test_diags__printed__one_line_each_with_its_place(void **state)
{
    static const struct {
        enum severity severity;
        const char *file;
        unsigned line;
        const char *line_printed;
    } rows[] = {
        {SEVERITY_ERROR, "intents/a.json", 14, "intents/a.json:14: why\n"},
        {SEVERITY_WARNING, "intents/a.json", 14, "intents/a.json:14: warning: why\n"},
        {SEVERITY_ERROR, "kb/a.md", 0, "kb/a.md: why\n"},
        {SEVERITY_WARNING, "kb/a.md", 0, "kb/a.md: warning: why\n"},
        {SEVERITY_ERROR, NULL, 0, "why\n"},
        {SEVERITY_WARNING, NULL, 3, "warning: why\n"},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct diags d;
        diags_init(&d);
        diags_add(&d, rows[i].severity, rows[i].file, rows[i].line, "%s", "why");
        char *text = printed(&d);
        assert_string_equal(text, rows[i].line_printed);
        assert_int_equal(d.nerrors, rows[i].severity == SEVERITY_ERROR);
        assert_int_equal(d.nwarnings, rows[i].severity == SEVERITY_WARNING);
        free(text);
        diags_release(&d);
        assert_int_equal(d.n + d.nerrors + d.nwarnings, 0);
    }
}

static void test_diags_sort__by_file_then_line_then_the_order_of_finding(void **state)
{
    struct diags d;
    (void)state;
    diags_init(&d);
    diags_sort(&d); /* nothing */
    diags_add(&d, SEVERITY_ERROR, "b", 2, "1");
    diags_add(&d, SEVERITY_WARNING, "a", 10, "2");
    diags_add(&d, SEVERITY_ERROR, "b", 2, "3");
    diags_add(&d, SEVERITY_ERROR, NULL, 0, "4");
    diags_add(&d, SEVERITY_ERROR, "b", 0, "5");
    diags_add(&d, SEVERITY_ERROR, "a", 9, "6");
    diags_add(&d, SEVERITY_WARNING, "b", 2, "7");
    diags_sort(&d);
    char *text = printed(&d);
    assert_string_equal(text, "4\na:9: 6\na:10: warning: 2\nb: 5\nb:2: 1\nb:2: 3\n"
                              "b:2: warning: 7\n");
    free(text);
    diags_release(&d);
}

static void test_diags__more_than_the_ceiling__are_counted_and_not_kept(void **state)
{
    struct diags d;
    (void)state;
    diags_init(&d);
    for (int i = 0; i < DIAGS_MAX + 3; i++)
        diags_add(&d, i % 2 == 0 ? SEVERITY_ERROR : SEVERITY_WARNING, "f", 1, "%d", i);
    assert_int_equal(d.n, DIAGS_MAX);
    assert_int_equal(d.nerrors + d.nwarnings, DIAGS_MAX + 3);
    char *text = printed(&d);
    assert_non_null(strstr(text, "\nand 3 more that are not shown\n"));
    free(text);
    diags_release(&d);
}

static void test_diags__a_long_text__is_cut_on_the_border_of_a_character(void **state)
{
    char text[4000] = "a";
    struct diags d;
    (void)state;
    while (strlen(text) < sizeof(text) - 4)
        strcat(text, "料");
    diags_init(&d);
    diags_add(&d, SEVERITY_ERROR, NULL, 0, "%s", text);
    assert_in_range(strlen(d.items[0].text), 2000, 2047);
    assert_true(utf8_valid(span_str(d.items[0].text)));
    diags_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set__returns_its_code_and_fills_the_text),
        cmocka_unit_test(test_err_set__a_long_text__is_cut_on_the_border_of_a_character),
        cmocka_unit_test(test_diags__printed__one_line_each_with_its_place),
        cmocka_unit_test(test_diags_sort__by_file_then_line_then_the_order_of_finding),
        cmocka_unit_test(test_diags__more_than_the_ceiling__are_counted_and_not_kept),
        cmocka_unit_test(test_diags__a_long_text__is_cut_on_the_border_of_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

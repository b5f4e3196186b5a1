/* Blanks around a value are nobody's. */
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_span_trim__blanks_at_both_ends__are_cut_and_no_others(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *want;
    } rows[] = {
        {"nothing", "", ""},
        {"blanks alone", " \t\r ", ""},
        {"none", "a", "a"},
        {"both ends", "\t a b \r", "a b"},
        {"one end", " a", "a"},
        {"a line break stays", "\na\n", "\na\n"},
        {"bytes from 0x80 on stay", " \xE3\x80\x80 ", "\xE3\x80\x80"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span got = span_trim(span_str(rows[i].in));
        if (!span_is(got, rows[i].want))
            fail_msg("%s: '%.*s'", rows[i].name, SPAN_ARG(got));
    }
    assert_true(span_is(span_trim(span_of(NULL, 0)), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_trim__blanks_at_both_ends__are_cut_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

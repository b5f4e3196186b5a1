/* Bytes that grow, up to a ceiling. */
#include "base/buf.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void test_buf__appends__stand_one_behind_the_other(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_add(&b, "a\0b", 3);
    buf_add(&b, NULL, 0);
    buf_adds(&b, "料金");
    buf_addc(&b, ' ');
    buf_addu(&b, 0);
    buf_addu(&b, UINT64_MAX);
    buf_addi(&b, INT64_MIN);
    buf_addi(&b, -1);
    buf_printf(&b, "%s=%d", "x", 7);
    buf_printf(&b, "%s", "");
    static const char all[] = "a\0b料金 018446744073709551615-9223372036854775808-1x=7";
    assert_int_equal(b.len, sizeof(all) - 1);
    assert_memory_equal(buf_cstr(&b), all, sizeof(all));
    assert_false(b.overflow);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_release(&b);
}

/* Each row appends to ten bytes under a ceiling of twelve. */
static void add_two(struct buf *b)
{
    buf_adds(b, "xy");
}
static void add_three(struct buf *b)
{
    buf_adds(b, "xyz");
}
static void add_number(struct buf *b)
{
    buf_addu(b, 100);
}
static void add_printed(struct buf *b)
{
    buf_printf(b, "%03d", 1);
}
static void add_character(struct buf *b)
{
    buf_addcp(b, 0x6599);
}

static void test_buf__beyond_the_ceiling__nothing_is_written_and_it_stays_so(void **state)
{
    static const struct {
        void (*add)(struct buf *b);
        bool fits;
    } rows[] = {{add_two, true},
                {add_three, false},
                {add_number, false},
                {add_printed, false},
                {add_character, false}};
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct buf b;
        buf_init(&b, 12);
        buf_adds(&b, "0123456789");
        rows[i].add(&b);
        assert_int_equal(b.overflow, !rows[i].fits);
        assert_int_equal(b.len, rows[i].fits ? 12 : 10);
        buf_addc(&b, 'z'); /* would fit in four of the rows, but half a text is none */
        assert_true(b.overflow);
        assert_int_equal(b.len, rows[i].fits ? 12 : 10);
        buf_clear(&b);
        buf_addc(&b, 'z');
        assert_false(b.overflow);
        assert_string_equal(buf_cstr(&b), "z");
        buf_release(&b);
        assert_int_equal(b.max, 12);
    }
}

static void test_buf_add_json__any_bytes__are_a_string_that_jansson_reads_back(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *json, *back; /* back NULL: the same bytes */
    } rows[] = {
        {"", 0, "\"\"", NULL},
        {"料金は?", 10, "\"料金は?\"", NULL},
        {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\"", NULL},
        {"\n\t\x1f\x7f", 4, "\"\\n\\u0009\\u001f\\u007f\"", NULL},
        {"\u2028\u2029", 6, "\"\\u2028\\u2029\"", NULL},
        {"</script>\U0001F600", 13, "\"</script>\U0001F600\"", NULL},
        {"\xff\xe3\x81"
         "a",
         4, "\"\uFFFD\uFFFDa\"", "\uFFFD\uFFFDa"},
        {"\xed\xa0\x80", 3, "\"\uFFFD\uFFFD\uFFFD\"", "\uFFFD\uFFFD\uFFFD"},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct buf b;
        buf_init(&b, 0);
        buf_add_json(&b, span_of(rows[i].bytes, rows[i].len));
        assert_string_equal(buf_cstr(&b), rows[i].json);
        json_t *j = json_loadb(b.ptr, b.len, JSON_DECODE_ANY, NULL);
        assert_string_equal(json_string_value(j),
                            rows[i].back != NULL ? rows[i].back : rows[i].bytes);
        json_decref(j);
        buf_release(&b);
    }
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        struct buf b;
        buf_init(&b, 0);
        buf_add_json(&b, span_of(&byte, 1));
        assert_true(utf8_valid(buf_span(&b)));
        json_t *j = json_loadb(b.ptr, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(j);
        assert_int_equal(json_string_length(j), c < 0x80 ? 1 : 3);
        json_decref(j);
        buf_release(&b);
    }
}

static void test_buf_addcp__no_scalar_value__becomes_a_replacement_character(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 0);
    buf_addcp(&b, 'a');
    buf_addcp(&b, 0x6599);
    buf_addcp(&b, 0xD800);
    buf_addcp(&b, 0x110000);
    assert_string_equal(buf_cstr(&b), "a料\uFFFD\uFFFD");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__appends__stand_one_behind_the_other),
        cmocka_unit_test(test_buf__beyond_the_ceiling__nothing_is_written_and_it_stays_so),
        cmocka_unit_test(test_buf_add_json__any_bytes__are_a_string_that_jansson_reads_back),
        cmocka_unit_test(test_buf_addcp__no_scalar_value__becomes_a_replacement_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Code points in and out of bytes. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* A copy that ends where the bytes end, so that a sanitizer sees a read behind them. */
static char *exact(const char *s, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, s, len);
    return copy;
}

static void test_utf8__every_scalar_value__comes_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        uint32_t got;
        bool valid, surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        size_t len = utf8_encode(cp, bytes);
        if (utf8_decode(bytes, len, &got, &valid) != len || !valid ||
            got != (surrogate ? 0xFFFD : cp))
            fail_msg("U+%04X", (unsigned)cp);
        if (len != (surrogate ? 3u : cp < 0x80 ? 1u : cp < 0x800 ? 2u : cp < 0x10000 ? 3u : 4u))
            fail_msg("U+%04X in %zu bytes", (unsigned)cp, len);
    }
    char bytes[4];
    assert_int_equal(utf8_encode(0x110000, bytes), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
}

/* One row: the bytes, how many a first code point takes, whether it is one, how many there are. */
static const struct {
    const char *bytes;
    size_t took;
    bool valid;
    size_t valid_prefix, count;
} rows[] = {
    {"a", 1, true, 1, 1},
    {"あa", 3, true, 4, 2},
    {"\xF4\x8F\xBF\xBF", 4, true, 4, 1},
    {"\x80", 1, false, 0, 1},
    {"\xBF\x80", 1, false, 0, 2},
    {"\xC0\x80", 1, false, 0, 2}, /* overlong */
    {"\xC1\xBF", 1, false, 0, 2},
    {"\xE0\x9F\xBF", 1, false, 0, 3},
    {"\xF0\x8F\xBF\xBF", 1, false, 0, 4},
    {"\xED\xA0\x80", 1, false, 0, 3},     /* a surrogate */
    {"\xF4\x90\x80\x80", 1, false, 0, 4}, /* beyond U+10FFFF */
    {"\xF5\x80", 1, false, 0, 2},
    {"\xFF", 1, false, 0, 1},
    {"\xE3\x81", 2, false, 0, 1}, /* a maximal prefix is one */
    {"\xF0\x9F\x98", 3, false, 0, 1},
    {"\xF0\x9F\x98!", 3, false, 0, 2},
    {"\xE3\x81\xE3\x81\x82", 2, false, 0, 2},
    {"料\xC3", 3, true, 3, 2},
};

static void test_utf8__valid_and_not__are_told_apart_as_unicode_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        size_t len = strlen(rows[i].bytes);
        char *s = exact(rows[i].bytes, len);
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(s, len, &cp, &valid);
        if (took != rows[i].took || valid != rows[i].valid ||
            utf8_valid_prefix(span_of(s, len)) != rows[i].valid_prefix ||
            utf8_count(span_of(s, len)) != rows[i].count)
            fail_msg("row %zu: took %zu", i, took);
        if (!valid)
            assert_int_equal(cp, 0xFFFD);
        assert_int_equal(utf8_valid(span_of(s, len)), rows[i].valid_prefix == len);
        free(s);
    }
    assert_true(utf8_valid(span_of(NULL, 0)));
}

static void test_utf8_head__cuts_on_the_border_of_a_character(void **state)
{
    static const struct {
        const char *bytes;
        size_t n, len;
    } cuts[] = {{"料金は", 0, 0}, {"料金は", 1, 3}, {"料金は", 3, 9},   {"料金は", 9, 9},
                {"a料b", 2, 4},   {"\xFF料", 1, 1}, {"\xE3\x81", 1, 2}, {"", 5, 0}};
    (void)state;
    for (size_t i = 0; i < N(cuts); i++)
        assert_int_equal(utf8_head(span_str(cuts[i].bytes), cuts[i].n).len, cuts[i].len);
}

/* Two ways of reading the same bytes: at once, and in pieces cut anywhere. */
static void test_utf8_stream__cut_anywhere__says_what_all_at_once_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        size_t len = strlen(rows[i].bytes);
        for (size_t cut = 0; cut <= len; cut++) {
            struct utf8_stream u = {0};
            bool first = utf8_stream_feed(&u, rows[i].bytes, cut);
            bool second = utf8_stream_feed(&u, rows[i].bytes + cut, len - cut);
            bool whole = second && utf8_stream_complete(&u);
            if (whole != (rows[i].valid_prefix == len) || (!first && second))
                fail_msg("row %zu cut at %zu", i, cut);
            if (!second) {
                assert_false(utf8_stream_feed(&u, "a", 1)); /* once wrong, for good */
                assert_false(utf8_stream_complete(&u));
            }
        }
    }
}

static void test_utf8_stream__any_four_bytes__are_judged_as_at_once(void **state)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                          0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                                          0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5};
    (void)state;
    for (size_t n = 0; n < N(edges) * N(edges) * N(edges) * N(edges); n++) {
        char b[4] = {(char)edges[n % N(edges)], (char)edges[n / N(edges) % N(edges)],
                     (char)edges[n / N(edges) / N(edges) % N(edges)],
                     (char)edges[n / N(edges) / N(edges) / N(edges)]};
        struct utf8_stream u = {0};
        bool stream = true;
        for (size_t i = 0; i < sizeof(b); i++)
            stream = utf8_stream_feed(&u, b + i, 1);
        stream = stream && utf8_stream_complete(&u);
        if (stream != utf8_valid(span_of(b, sizeof(b))))
            fail_msg("%02x %02x %02x %02x", (unsigned char)b[0], (unsigned char)b[1],
                     (unsigned char)b[2], (unsigned char)b[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__every_scalar_value__comes_back),
        cmocka_unit_test(test_utf8__valid_and_not__are_told_apart_as_unicode_says),
        cmocka_unit_test(test_utf8_head__cuts_on_the_border_of_a_character),
        cmocka_unit_test(test_utf8_stream__cut_anywhere__says_what_all_at_once_says),
        cmocka_unit_test(test_utf8_stream__any_four_bytes__are_judged_as_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

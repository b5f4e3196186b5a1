/* Addresses, networks and endpoints as text, and what of X-Forwarded-For is believed. */
#include "net/address.h"

#include "net/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct address address(const char *text)
{
    struct address a = {{0}};
    if (!address_parse(span_str(text), &a))
        fail_msg("'%s' was not understood", text);
    return a;
}

static struct network network(const char *text)
{
    struct network n = {.bits = 0};
    if (!network_parse(span_str(text), &n))
        fail_msg("'%s' was not understood", text);
    return n;
}

static void assert_address(const struct address *a, const char *text)
{
    char out[ADDRESS_TEXT_MAX];
    address_print(a, out);
    assert_string_equal(out, text);
}

static void test_address__what_is_one__is_printed_in_one_form(void **state)
{
    static const struct {
        const char *text, *printed;
        bool loopback;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", false},
        {"[192.0.2.1]", "192.0.2.1", false},
        {"::ffff:192.0.2.1", "192.0.2.1", false},
        {"::FFFF:C000:0201", "192.0.2.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.255.255.254", "127.255.255.254", true},
        {"::ffff:127.0.0.1", "127.0.0.1", true},
        {"128.0.0.1", "128.0.0.1", false},
        {"2001:db8::1", "2001:db8::1", false},
        {"[2001:DB8:0:0::1]", "2001:db8::1", false},
        {"::1", "::1", true},
        {"::2", "::2", false},
        {"::", "::", false},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         false},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct address a = address(rows[i].text);
        assert_address(&a, rows[i].printed);
        assert_int_equal(address_is_loopback(&a), rows[i].loopback);
    }
}

static void test_address__anything_else__is_none(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "localhost",
        "192.0.2",
        "192.0.2.1.",
        "192.0.2.256",
        " 192.0.2.1",
        "192.0.2.1 ",
        "192.0.2.1:80",
        "192.0.2.01",
        "0x7f.1",
        "2001:db8::1::2",
        "[2001:db8::1",
        "2001:db8::1]",
        "fe80::1%eth0",
        "12345::",
        ":",
        "unknown",
        "_hidden",
        "あ",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct address a;
        if (address_parse(span_str(rows[i]), &a))
            fail_msg("'%s' was taken for an address", rows[i]);
    }
    struct address a;
    assert_false(address_parse(span_of("192.0.2.1\0.9", 12), &a));
    assert_false(address_parse(span_of(NULL, 0), &a));
}

/* Whoever holds one IPv6 address holds all of its /64; IPv4 addresses are counted one by one. */
static void test_address_key__of_two_addresses__is_the_same_within_a_64(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"192.0.2.1", "::", false},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct address a = address(rows[i].a), b = address(rows[i].b);
        struct address ka = address_key(&a), kb = address_key(&b);
        assert_int_equal(memcmp(&ka, &kb, sizeof(ka)) == 0, rows[i].same);
    }
}

static void test_network__holds_what_lies_in_it_and_no_more(void **state)
{
    static const struct {
        const char *network, *address;
        bool holds;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"192.0.2.77/31", "192.0.2.76", true}, /* bits behind the prefix count for nothing */
        {"192.0.2.77/31", "192.0.2.78", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.3", false},
        {"192.0.2.1/32", "192.0.2.0", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"[::1]", "::1", true},
        {"::1/128", "::2", false},
        {"127.0.0.1", "::1", false},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct network n = network(rows[i].network);
        struct address a = address(rows[i].address);
        if (network_holds(&n, &a) != rows[i].holds)
            fail_msg("%s and %s", rows[i].network, rows[i].address);
    }
}

static void test_network__garbage__is_none(void **state)
{
    static const char *const rows[] = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/ 8",
        "10.0.0.0/-1",
        "10/8",
        "::/129",
        "::/1280",
        "10.0.0.0/8/8",
        "*",
        "10.0.0.*",
        "::/0x8",
        "[::1/128",
        "loopback",
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct network n;
        if (network_parse(span_str(rows[i]), &n))
            fail_msg("'%s' was taken for a network", rows[i]);
    }
}

static void test_endpoint__read_and_printed__is_the_same(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {"[::1]:0", "::1", 0},
        {"faq.example.jp:65535", "faq.example.jp", 65535},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct endpoint e;
        char out[300];
        assert_true(endpoint_parse(span_str(rows[i].text), &e));
        assert_string_equal(e.host, rows[i].host);
        assert_int_equal(e.port, rows[i].port);
        endpoint_print(&e, out);
        assert_string_equal(out, rows[i].text);
    }
}

static void test_endpoint__garbage__is_none(void **state)
{
    static const char *const rows[] = {
        "",      ":",     ":80",     "host",    "host:",     "host:80a", "host:65536",  "::1:80",
        "[::1]", "[]:80", "host:-1", "[::1:80", "a[::1]:80", "host: 80", "host:000080", "[::1]80",
    };
    char longest[300], text[310];
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct endpoint e;
        if (endpoint_parse(span_str(rows[i]), &e))
            fail_msg("'%s' was taken for HOST:PORT", rows[i]);
    }
    struct endpoint e;
    memset(longest, 'h', sizeof(longest));
    snprintf(text, sizeof(text), "%.255s:80", longest);
    assert_true(endpoint_parse(span_str(text), &e));
    snprintf(text, sizeof(text), "%.256s:80", longest);
    assert_false(endpoint_parse(span_str(text), &e));
}

/* The widget's visitors come through proxies: only ours are believed, and only as far as theirs
 * go. */
static void test_visitor__forwarded_for__is_the_last_hop_that_our_proxies_saw(void **state)
{
    static const struct {
        const char *name, *peer, *forwarded, *visitor;
    } rows[] = {
        {"no header", "10.0.0.1", "", "10.0.0.1"},
        {"one hop", "10.0.0.1", "203.0.113.9", "203.0.113.9"},
        {"a stranger's header", "203.0.113.7", "198.51.100.1", "203.0.113.7"},
        {"two of ours", "10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
        {"a hop that the visitor made up", "10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"},
        {"a proxy's address that was made up", "10.0.0.1", "10.0.0.3,203.0.113.9", "203.0.113.9"},
        {"nobody but ours", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        {"blanks and tabs", "10.0.0.1", " \t203.0.113.9\t ", "203.0.113.9"},
        {"IPv6", "2001:db8:f::1", "2001:db8:a::9", "2001:db8:a::9"},
        {"IPv6 in brackets", "10.0.0.1", "[2001:db8:a::9]", "2001:db8:a::9"},
        {"mapped", "::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"},
        {"garbage", "10.0.0.1", "unknown", "10.0.0.1"},
        {"a port is garbage", "10.0.0.1", "203.0.113.9:4711", "10.0.0.1"},
        {"garbage after ours", "10.0.0.1", "203.0.113.9, x, 10.0.0.2", "10.0.0.2"},
        {"garbage before a visitor", "10.0.0.1", "<script>, 203.0.113.9", "203.0.113.9"},
        {"an empty hop", "10.0.0.1", "203.0.113.9,", "10.0.0.1"},
        {"commas only", "10.0.0.1", ",,,", "10.0.0.1"},
    };
    struct network proxies[] = {network("10.0.0.0/8"), network("2001:db8:f::/48")};
    struct options o = {.proxies = proxies, .nproxies = N(proxies)}, none = {0};
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct address peer = address(rows[i].peer), expected = address(rows[i].visitor);
        struct address got = limits_visitor(&o, &peer, span_str(rows[i].forwarded));
        if (memcmp(&got, &expected, sizeof(got)) != 0) {
            char text[ADDRESS_TEXT_MAX];
            address_print(&got, text);
            fail_msg("%s: %s, not %s", rows[i].name, text, rows[i].visitor);
        }
        got = limits_visitor(&none, &peer, span_str(rows[i].forwarded));
        assert_memory_equal(&got, &peer, sizeof(got)); /* without proxies nobody is believed */
    }
}

/* What an attacker sends costs one walk from the right, however much it is. */
static void test_visitor__ten_thousand_hops__end_at_the_first_stranger(void **state)
{
    enum { HOPS = 10000 };
    static char header[HOPS * 10 + 32];
    struct network proxies[] = {network("10.0.0.0/8")};
    struct options o = {.proxies = proxies, .nproxies = N(proxies)};
    struct address peer = address("10.0.0.1");
    size_t len = 0;
    (void)state;
    for (int i = 0; i < HOPS; i++)
        len += (size_t)snprintf(header + len, sizeof(header) - len, "10.0.0.2, ");
    len += (size_t)snprintf(header + len, sizeof(header) - len, "203.0.113.9");
    struct address got = limits_visitor(&o, &peer, span_of(header, len));
    assert_address(&got, "203.0.113.9");
    len -= strlen(", 203.0.113.9");
    got = limits_visitor(&o, &peer, span_of(header, len));
    assert_address(&got, "10.0.0.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address__what_is_one__is_printed_in_one_form),
        cmocka_unit_test(test_address__anything_else__is_none),
        cmocka_unit_test(test_address_key__of_two_addresses__is_the_same_within_a_64),
        cmocka_unit_test(test_network__holds_what_lies_in_it_and_no_more),
        cmocka_unit_test(test_network__garbage__is_none),
        cmocka_unit_test(test_endpoint__read_and_printed__is_the_same),
        cmocka_unit_test(test_endpoint__garbage__is_none),
        cmocka_unit_test(test_visitor__forwarded_for__is_the_last_hop_that_our_proxies_saw),
        cmocka_unit_test(test_visitor__ten_thousand_hops__end_at_the_first_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

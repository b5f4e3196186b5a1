/* Buckets and counters with a clock that the test feeds by hand. */
#include "net/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>

#define N(table) (sizeof(table) / sizeof((table)[0]))

enum { RATE = 5, BURST = 30 };

static const int64_t NOW = 1000000;

static struct limits *limits(double rate, int64_t burst, int64_t connections)
{
    struct options o = {.messages_per_second = rate,
                        .message_burst = burst,
                        .connections_per_address = connections};
    return limits_new(&o);
}

static struct address numbered(uint32_t n)
{
    struct address a = {{[10] = 0xff, [11] = 0xff, [12] = 10}};
    a.bytes[13] = (unsigned char)(n >> 16);
    a.bytes[14] = (unsigned char)(n >> 8);
    a.bytes[15] = (unsigned char)n;
    return a;
}

/* How many of `n` messages pass at one moment. */
static int passed(struct limits *l, struct limits_host *h, struct bucket *conn, int n, int64_t now)
{
    int all = 0;
    for (int i = 0; i < n; i++)
        all += limits_message(l, h, conn, now) == 0;
    return all;
}

static void test_message__one_visitor__has_a_burst_then_the_rate(void **state)
{
    /* In order, in one connection: after so many ms, so many of a hundred pass. */
    static const struct {
        int64_t after;
        int pass;
    } rows[] = {
        {0, BURST},                           /* the burst is there from the start */
        {0, 0},                               /* the clock stands still: nothing comes back */
        {199, 0},                             /* one message takes 200 ms */
        {1, 1},                               /* to the millisecond */
        {1000, RATE},                         /* refilled at the rate */
        {3000, 3 * RATE},                     /* in one go or in steps */
        {1000LL * BURST / RATE, BURST},       /* full again */
        {1000LL * BURST / RATE + 600, BURST}, /* longer than it takes: no more */
        {1000LL * 3600 * 24 * 365, BURST},    /* a jump of a year gives no more than the burst */
        {0, 0},
    };
    struct limits *l = limits(RATE, BURST, 50);
    struct address a = numbered(1);
    struct limits_host *h = limits_enter(l, &a, false);
    struct bucket conn = {0};
    int64_t now = NOW;
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        now += rows[i].after;
        assert_int_equal(passed(l, h, &conn, 100, now), rows[i].pass);
    }
    limits_free(l);
}

static void test_message__refused__says_after_how_long_it_would_have_passed(void **state)
{
    struct limits *l = limits(RATE, BURST, 50);
    struct address a = numbered(1);
    struct limits_host *h = limits_enter(l, &a, false);
    struct bucket conn = {0};
    (void)state;
    (void)passed(l, h, &conn, BURST, NOW);
    assert_int_equal(limits_message(l, h, &conn, NOW), 1000 / RATE);
    assert_int_equal(limits_message(l, h, &conn, NOW), 1000 / RATE); /* asking costs nothing */
    assert_int_equal(limits_message(l, h, &conn, NOW + 150), 50);
    assert_int_equal(limits_message(l, h, &conn, NOW + 199), 1);
    assert_int_equal(limits_message(l, h, &conn, NOW + 200), 0);

    /* A rate of thirds: whoever waits as told passes. */
    struct limits *thirds = limits(3, 1, 50);
    struct bucket other = {0};
    h = limits_enter(thirds, &a, false);
    assert_int_equal(limits_message(thirds, h, &other, NOW), 0);
    int64_t wait = limits_message(thirds, h, &other, NOW);
    assert_int_equal(wait, 334);
    assert_int_equal(limits_message(thirds, h, &other, NOW + wait), 0);
    limits_free(thirds);
    limits_free(l);
}

/* A clock that never goes back is asked for; if it did, at least nothing would be given away. */
static void test_message__a_clock_set_back__gives_nothing_away_and_takes_nothing(void **state)
{
    struct limits *l = limits(RATE, BURST, 50);
    struct address a = numbered(1);
    struct limits_host *h = limits_enter(l, &a, false);
    struct bucket conn = {0};
    (void)state;
    (void)passed(l, h, &conn, BURST, NOW);
    assert_int_equal(passed(l, h, &conn, 100, NOW - 5000), 0);
    assert_int_equal(passed(l, h, &conn, 100, NOW), 0);
    assert_int_equal(passed(l, h, &conn, 100, NOW + 1000), RATE);
    limits_free(l);
}

static void test_message__zero__is_no_limit(void **state)
{
    static const struct {
        double rate;
        int64_t burst;
        int pass;
    } rows[] = {{0, BURST, 1000}, {RATE, 0, 1000}, {0, 0, 1000}, {RATE, BURST, BURST}};
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct limits *l = limits(rows[i].rate, rows[i].burst, 50);
        struct address a = numbered(1);
        struct limits_host *h = limits_enter(l, &a, false);
        struct bucket conn = {0};
        assert_int_equal(passed(l, h, &conn, 1000, NOW), rows[i].pass);
        assert_int_equal(passed(l, h, NULL, 1000, NOW), rows[i].pass);
        limits_free(l);
    }
}

static void test_message__many_connections_of_one_address__share_ten_times_as_much(void **state)
{
    enum { VISITORS = 2 * LIMITS_SHARE };
    struct limits *l = limits(RATE, BURST, 50);
    struct address a = numbered(1), b = numbered(2);
    struct limits_host *h = limits_enter(l, &a, false), *other = limits_enter(l, &b, false);
    struct bucket conns[VISITORS] = {{0}}, one = {0};
    int all = 0;
    (void)state;
    for (size_t i = 0; i < VISITORS; i++)
        all += passed(l, h, &conns[i], BURST, NOW);
    assert_int_equal(all, LIMITS_SHARE * BURST);
    assert_int_equal(passed(l, other, &one, BURST, NOW), BURST); /* the neighbour has its own */
    assert_int_equal(passed(l, h, NULL, 100, NOW), BURST);       /* and POST a bucket of its own */
    limits_free(l);
}

static void test_refused__more_than_the_most_at_once__is_a_flood(void **state)
{
    struct limits *l = limits(RATE, BURST, 50);
    struct bucket refusals = {0};
    (void)state;
    for (int i = 0; i < LIMITS_REFUSALS_MAX; i++)
        assert_false(limits_refused(l, &refusals, NOW));
    assert_true(limits_refused(l, &refusals, NOW));
    assert_false(limits_refused(l, &refusals, NOW + 60000)); /* forgotten in the meantime */
    limits_free(l);
}

static void test_enter__one_connection_too_many__is_refused(void **state)
{
    enum { MOST = 3 };
    static const struct {
        const char *name;
        struct address first, second;
        bool together;
    } rows[] = {
        {"the same",
         {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
         {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
         true},
        {"another",
         {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
         {{[10] = 0xff, 0xff, 192, 0, 2, 2}},
         false},
        {"IPv6, one /64", {{0x20, 1, [7] = 2, [15] = 1}}, {{0x20, 1, [7] = 2, [8] = 9}}, true},
        {"IPv6, the next /64", {{0x20, 1, [7] = 2}}, {{0x20, 1, [7] = 3}}, false},
    };
    (void)state;
    for (size_t i = 0; i < N(rows); i++) {
        struct limits *l = limits(RATE, BURST, MOST);
        struct limits_host *h = NULL;
        for (int k = 0; k < MOST; k++) {
            h = limits_enter(l, &rows[i].first, false);
            assert_non_null(h);
        }
        if ((limits_enter(l, &rows[i].second, false) == NULL) != rows[i].together)
            fail_msg("%s", rows[i].name);
        assert_non_null(limits_enter(l, &rows[i].first, true)); /* a proxy stands for many */
        assert_null(limits_enter(l, &rows[i].first, false));
        limits_leave(l, h);
        limits_leave(l, h);
        assert_non_null(limits_enter(l, &rows[i].first, false));
        limits_leave(l, NULL);
        limits_free(l);
    }
    struct limits *endless = limits(RATE, BURST, 0);
    for (int i = 0; i < 1000; i++)
        assert_non_null(limits_enter(endless, &rows[0].first, false));
    limits_free(endless);
}

static void sweep_all(struct limits *l, int64_t now)
{
    for (int i = 0; i < 16; i++)
        limits_sweep(l, now);
}

static void test_sweep__an_address_at_rest__is_forgotten_but_not_what_it_used_up(void **state)
{
    struct limits *l = limits(RATE, BURST, 1);
    struct address a = numbered(1);
    struct limits_host *h = limits_enter(l, &a, false);
    (void)state;
    assert_int_equal(passed(l, h, NULL, 100, NOW), BURST);
    limits_leave(l, h);
    sweep_all(l, NOW + 1000);
    h = limits_enter(l, &a, false);
    assert_int_equal(passed(l, h, NULL, 100, NOW + 1000), RATE); /* coming back is no way out */
    sweep_all(l, NOW + 3600000);
    assert_null(limits_enter(l, &a, false)); /* who is here is not forgotten */
    limits_leave(l, h);
    sweep_all(l, NOW + 7200000); /* the sanitizer would tell if it was used later */
    assert_non_null(limits_enter(l, &a, false));
    limits_free(l);
}

static void test_enter__more_addresses_than_entries__strangers_share_one(void **state)
{
    struct limits *l = limits(RATE, BURST, 1);
    struct limits_host *last = NULL;
    (void)state;
    for (uint32_t i = 0; i < LIMITS_HOSTS_MAX; i++) {
        struct address a = numbered(i);
        last = limits_enter(l, &a, false);
        assert_non_null(last);
    }
    struct address one = numbered(LIMITS_HOSTS_MAX), two = numbered(LIMITS_HOSTS_MAX + 1);
    struct limits_host *h = limits_enter(l, &one, false);
    assert_ptr_not_equal(h, last);
    assert_ptr_equal(limits_enter(l, &two, false), h);
    assert_int_equal(passed(l, h, NULL, 100, NOW), BURST);

    limits_leave(l, last);
    sweep_all(l, NOW);
    assert_ptr_not_equal(limits_enter(l, &one, false), h); /* one place became free */
    assert_ptr_equal(limits_enter(l, &two, false), h);
    limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message__one_visitor__has_a_burst_then_the_rate),
        cmocka_unit_test(test_message__refused__says_after_how_long_it_would_have_passed),
        cmocka_unit_test(test_message__a_clock_set_back__gives_nothing_away_and_takes_nothing),
        cmocka_unit_test(test_message__zero__is_no_limit),
        cmocka_unit_test(test_message__many_connections_of_one_address__share_ten_times_as_much),
        cmocka_unit_test(test_refused__more_than_the_most_at_once__is_a_flood),
        cmocka_unit_test(test_enter__one_connection_too_many__is_refused),
        cmocka_unit_test(test_sweep__an_address_at_rest__is_forgotten_but_not_what_it_used_up),
        cmocka_unit_test(test_enter__more_addresses_than_entries__strangers_share_one),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

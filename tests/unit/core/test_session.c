#include "core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static const int64_t NOW = 1732500000000;
static const unsigned char key[SESSION_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const unsigned char other_key[SESSION_KEY_BYTES] = "0123456789abcdef0123456789abcdf";

static struct session fullest(void)
{
    struct session s;

    session_begin(&s, NOW - 5000);
    s.last_ms = NOW;
    memset(s.topic, 'x', INTENT_ID_BYTES_MAX);
    s.topic[INTENT_ID_BYTES_MAX] = '\0';
    s.topic_ms = NOW - 1000;
    s.turns = UINT32_MAX;
    s.topic_turn = UINT32_MAX - 1;
    s.misses = 255;
    s.lang = LANG_EN;
    memset(s.slots, 7, sizeof(s.slots));
    return s;
}

static void assert_same(const struct session *a, const struct session *b)
{
    assert_memory_equal(a->id, b->id, SESSION_ID_BYTES);
    assert_true(a->started_ms == b->started_ms);
    assert_true(a->last_ms == b->last_ms);
    assert_string_equal(a->topic, b->topic);
    assert_true(a->topic_ms == b->topic_ms);
    assert_true(a->turns == b->turns);
    assert_true(a->topic_turn == b->topic_turn);
    assert_int_equal(a->misses, b->misses);
    assert_int_equal(a->lang, b->lang);
    assert_memory_equal(a->slots, b->slots, sizeof(a->slots));
}

static bool accepted(const char *token, size_t len, int64_t now)
{
    struct session got, untouched;

    memset(&got, 0x5a, sizeof(got));
    memset(&untouched, 0x5a, sizeof(untouched));
    bool ok = session_verify(span_of(token, len), key, now, &got);
    if (!ok)
        assert_memory_equal(&got, &untouched, sizeof(got));
    return ok;
}

static void test_session_begin__twice__two_different_empty_dialogues(void **state)
{
    (void)state;
    struct session a, b;
    char hex[2 * SESSION_ID_BYTES + 1];

    session_begin(&a, NOW);
    session_begin(&b, NOW);
    assert_memory_not_equal(a.id, b.id, SESSION_ID_BYTES);
    assert_true(a.started_ms == NOW && a.last_ms == NOW);
    assert_string_equal(a.topic, "");
    assert_int_equal(a.turns, 0);
    for (unsigned i = 0; i < SESSION_ID_BYTES; i++)
        a.id[i] = (unsigned char)(i * 17);
    session_id_hex(&a, hex);
    assert_string_equal(hex, "00112233445566778899aabbccddeeff");
}

static void test_session_verify__what_was_signed__comes_back(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session rows[4], got;

    session_begin(&rows[0], NOW);
    rows[1] = fullest();
    session_begin(&rows[2], NOW);
    strcpy(rows[2].topic, "v6-option-fee");
    rows[2].topic_ms = NOW - 60000;
    rows[2].turns = 3;
    rows[2].topic_turn = 2;
    rows[2].slots[1] = 2;
    session_begin(&rows[3], 0);
    rows[3].last_ms = NOW;
    rows[3].slots[SESSION_SLOTS_MAX - 1] = 255;
    rows[3].misses = 2;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = session_sign(&rows[i], key, token);
        assert_int_equal(len, strlen(token));
        assert_true(len <= SESSION_TOKEN_BYTES_MAX);
        memset(&got, 0x5a, sizeof(got));
        assert_true(session_verify(span_of(token, len), key, NOW, &got));
        assert_same(&rows[i], &got);
    }
}

static void test_session_sign__a_fresh_dialogue__is_short_and_safe_in_urls(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session s;

    session_begin(&s, NOW);
    assert_true(session_sign(&s, key, token) <= 110);
    assert_memory_equal(token, "v1.", 3);
    assert_int_equal(
        strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."),
        strlen(token));
}

static void test_session_verify__any_byte_changed__is_refused(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session s = fullest();
    size_t len = session_sign(&s, key, token);

    assert_true(accepted(token, len, NOW));
    for (size_t i = 0; i < len; i++) {
        char was = token[i];
        for (unsigned change = 1; change < 256; change++) {
            token[i] = (char)((unsigned char)was ^ change);
            assert_false(accepted(token, len, NOW));
        }
        token[i] = was;
    }
    assert_true(accepted(token, len, NOW));
}

static void test_session_verify__cut_or_longer__is_refused(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1], *exact;
    struct session s = fullest();
    size_t len = session_sign(&s, key, token);

    for (size_t n = 0; n < len; n++) {
        exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees a read beyond the end */
        assert_non_null(exact);
        memcpy(exact, token, n);
        assert_false(accepted(exact, n, NOW));
        free(exact);
    }
    static const char tails[] = "=.A\n ";
    for (size_t i = 0; i < sizeof(tails) - 1; i++) {
        token[len] = tails[i];
        assert_false(accepted(token, len + 1, NOW));
    }
    assert_false(accepted(NULL, 0, NOW));
}

static void test_session_verify__ten_kilobytes__are_refused(void **state)
{
    (void)state;
    static char big[10240];
    struct session s = fullest();

    char token[SESSION_TOKEN_BYTES_MAX + 1];
    size_t len = session_sign(&s, key, token);
    memset(big, 'A', sizeof(big));
    memcpy(big, token, len);
    assert_false(accepted(big, sizeof(big), NOW));
    memset(big, '.', sizeof(big));
    memcpy(big, token, 6);
    assert_false(accepted(big, sizeof(big), NOW));
    assert_false(accepted(big, SESSION_TOKEN_BYTES_MAX, NOW));
}

static void test_session_verify__nonsense__is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "v1", "v1.", "v1..", "v1...", "v1.ab.", "v1.ab..", "v2.ab.AAAA.AAAA", "null", "....", "あ",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(accepted(rows[i], strlen(rows[i]), NOW));
}

static void test_session_verify__another_key__is_refused(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1], other[SESSION_TOKEN_BYTES_MAX + 1];
    struct session s = fullest(), got;
    size_t len = session_sign(&s, key, token);

    assert_false(session_verify(span_of(token, len), other_key, NOW, &got));
    size_t other_len = session_sign(&s, other_key, other);
    assert_true(session_verify(span_of(other, other_len), other_key, NOW, &got));
    assert_memory_not_equal(token, other, 5); /* the key's id: v1.ab */

    /* The right key's id before a forged signature helps nobody. */
    memcpy(other, token, 6);
    assert_false(accepted(other, other_len, NOW));
}

static void test_session_verify__a_day_old__is_refused_and_a_moment_less_is_not(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session s = fullest();
    size_t len = session_sign(&s, key, token);

    assert_true(accepted(token, len, NOW + SESSION_EXPIRES_MS - 1));
    assert_false(accepted(token, len, NOW + SESSION_EXPIRES_MS));
    assert_false(accepted(token, len, INT64_MAX));
}

static void test_session_verify__from_the_future__a_minute_is_borne(void **state)
{
    (void)state;
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session s = fullest();
    size_t len = session_sign(&s, key, token);

    assert_true(accepted(token, len, NOW - 60000));
    assert_false(accepted(token, len, NOW - 60001));
    assert_false(accepted(token, len, 0));
    s.last_ms = INT64_MIN;
    len = session_sign(&s, key, token);
    assert_false(accepted(token, len, NOW));
}

/* What another version might write, signed with our key. */
static bool accepted_payload(const unsigned char *payload, size_t n)
{
    char token[1024], head[SESSION_TOKEN_BYTES_MAX + 1];
    unsigned char mac[crypto_auth_BYTES];
    struct session s;

    session_begin(&s, NOW);
    (void)session_sign(&s, key, head);
    memcpy(token, head, 6);
    (void)sodium_bin2base64(token + 6, sizeof(token) - 6, payload, n,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    size_t len = strlen(token);
    (void)crypto_auth(mac, (const unsigned char *)token, len, key);
    token[len++] = '.';
    (void)sodium_bin2base64(token + len, sizeof(token) - len, mac, sizeof(mac),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return accepted(token, strlen(token), NOW);
}

static void test_session_verify__payloads_of_another_version__are_refused(void **state)
{
    (void)state;
    /* format, id, started, last, turns, misses, lang, no slots, no topic */
    unsigned char p[200] = {1};
    const size_t n = 1 + 16 + 8 + 8 + 4 + 1 + 1 + 1 + 1;

    for (unsigned i = 0; i < 8; i++)
        p[25 + i] = (unsigned char)(NOW >> 8 * i & 0xFF);
    assert_true(accepted_payload(p, n));
    assert_false(accepted_payload(p, n - 1));
    assert_false(accepted_payload(p, n + 1));
    assert_false(accepted_payload(p, 0));
    assert_false(accepted_payload(p, 150)); /* longer than any of ours */
    p[0] = 2;
    assert_false(accepted_payload(p, n));
    p[0] = 1;
    p[38] = 2; /* a language that is not known */
    assert_false(accepted_payload(p, n));
    p[38] = 0;
    p[39] = SESSION_SLOTS_MAX + 1;
    assert_false(accepted_payload(p, n + SESSION_SLOTS_MAX + 1));
    p[39] = 0;
    p[40] = INTENT_ID_BYTES_MAX + 1;
    assert_false(accepted_payload(p, n + INTENT_ID_BYTES_MAX + 1 + 12));
}

static void test_session_topic_fresh__turns_and_minutes__both_end_it(void **state)
{
    (void)state;
    struct session s;

    session_begin(&s, NOW);
    assert_false(session_topic_fresh(&s, NOW));
    strcpy(s.topic, "lines");
    s.topic_ms = NOW;
    s.turns = s.topic_turn = 3;
    assert_true(session_topic_fresh(&s, NOW));
    assert_true(session_topic_fresh(&s, NOW + SESSION_FOLLOW_UP_MS));
    assert_false(session_topic_fresh(&s, NOW + SESSION_FOLLOW_UP_MS + 1));
    assert_true(session_topic_fresh(&s, NOW - 1000));
    s.turns = 3 + SESSION_FOLLOW_UP_TURNS - 1;
    assert_true(session_topic_fresh(&s, NOW));
    s.turns = 3 + SESSION_FOLLOW_UP_TURNS;
    assert_false(session_topic_fresh(&s, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_begin__twice__two_different_empty_dialogues),
        cmocka_unit_test(test_session_verify__what_was_signed__comes_back),
        cmocka_unit_test(test_session_sign__a_fresh_dialogue__is_short_and_safe_in_urls),
        cmocka_unit_test(test_session_verify__any_byte_changed__is_refused),
        cmocka_unit_test(test_session_verify__cut_or_longer__is_refused),
        cmocka_unit_test(test_session_verify__ten_kilobytes__are_refused),
        cmocka_unit_test(test_session_verify__nonsense__is_refused),
        cmocka_unit_test(test_session_verify__another_key__is_refused),
        cmocka_unit_test(test_session_verify__a_day_old__is_refused_and_a_moment_less_is_not),
        cmocka_unit_test(test_session_verify__from_the_future__a_minute_is_borne),
        cmocka_unit_test(test_session_verify__payloads_of_another_version__are_refused),
        cmocka_unit_test(test_session_topic_fresh__turns_and_minutes__both_end_it),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

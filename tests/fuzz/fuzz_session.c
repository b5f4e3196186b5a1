/*
 * fuzz_session - tokens that we signed, tokens that somebody changed, and anything else
 *
 * Signing is deterministic and a dialogue has one token only, so a token that is accepted must be
 * the one that its dialogue gets when it is signed again: whatever else passes was never signed.
 * The input is tried as a token, and then as a dialogue and the changes to its token.
 */
#include "core/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what) ((what) ? (void)0 : failed(#what, __LINE__))

static _Noreturn void failed(const char *what, int line)
{
    (void)fprintf(stderr, "fuzz_session.c:%d: not true: %s\n", line, what);
    abort();
}

static const unsigned char key[SESSION_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const unsigned char other_key[SESSION_KEY_BYTES] = "0123456789abcdef0123456789abcdf";
static const int64_t NOW = 1790000000000;

/* True if accepted; then it must be ours. */
static bool accepted(struct span token, int64_t now, struct session *ret)
{
    struct session got, untouched;
    char again[SESSION_TOKEN_BYTES_MAX + 1];

    memset(&got, 0x5a, sizeof(got));
    memset(&untouched, 0x5a, sizeof(untouched));
    if (!session_verify(token, key, now, &got)) {
        CHECK(memcmp(&got, &untouched, sizeof(got)) == 0);
        return false;
    }
    CHECK(got.topic[INTENT_ID_BYTES_MAX] == '\0' || strlen(got.topic) <= INTENT_ID_BYTES_MAX);
    CHECK(now - got.last_ms < SESSION_EXPIRES_MS);
    size_t len = session_sign(&got, key, again);
    CHECK(span_eq(token, span_of(again, len)));
    *ret = got;
    return true;
}

struct bytes {
    const uint8_t *at;
    size_t left;
};

static unsigned next(struct bytes *b)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->at++;
}

static struct session make(struct bytes *b)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    struct session s = {.started_ms = NOW - 1000, .last_ms = NOW - (int64_t)next(b) * 60000};

    for (size_t i = 0; i < SESSION_ID_BYTES; i++)
        s.id[i] = (unsigned char)(i * next(b));
    s.turns = next(b) * 16777259U;
    s.misses = (uint8_t)next(b);
    s.lang = next(b) % 2 != 0 ? LANG_EN : LANG_JA;
    for (size_t n = next(b) % (SESSION_SLOTS_MAX + 1), i = 0; i < n; i++)
        s.slots[i] = (uint8_t)next(b);
    size_t n = next(b) % (INTENT_ID_BYTES_MAX + 1);
    for (size_t i = 0; i < n; i++)
        s.topic[i] = letters[next(b) % (sizeof(letters) - 1)];
    if (n > 0) { /* without a topic its time is not kept */
        s.topic_ms = s.last_ms - 1;
        s.topic_turn = s.turns - 1;
    }
    return s;
}

/* Changes, cuts or adds a byte; the token stays within what `token` holds. */
static size_t change(char *token, size_t len, struct bytes *b)
{
    unsigned how = next(b) % 4, at = next(b) * 256 + next(b);
    switch (how) {
    case 0:
        token[at % len] = (char)next(b);
        return len;
    case 1:
        token[at % len] = (char)((unsigned char)token[at % len] ^ 1U << next(b) % 8);
        return len;
    case 2:
        return len > 1 ? len - 1 : len;
    default:
        if (len < SESSION_TOKEN_BYTES_MAX)
            token[len++] = (char)next(b);
        return len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return sodium_init() < 0 ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    char token[SESSION_TOKEN_BYTES_MAX + 1], changed[SESSION_TOKEN_BYTES_MAX + 1];
    struct session got;

    (void)accepted(span_of((const char *)data, size), NOW, &got);

    struct session s = make(&b);
    size_t len = session_sign(&s, key, token);
    CHECK(len == strlen(token) && len <= SESSION_TOKEN_BYTES_MAX);
    CHECK(accepted(span_of(token, len), NOW, &got));
    CHECK(memcmp(got.id, s.id, sizeof(s.id)) == 0 && strcmp(got.topic, s.topic) == 0);
    CHECK(got.turns == s.turns && got.misses == s.misses && got.lang == s.lang);
    CHECK(memcmp(got.slots, s.slots, sizeof(s.slots)) == 0 && got.last_ms == s.last_ms);
    CHECK(!session_verify(span_of(token, len), other_key, NOW, &got));
    CHECK(!accepted(span_of(token, len), s.last_ms + SESSION_EXPIRES_MS, &got));

    size_t changed_len = len;
    memcpy(changed, token, len);
    for (unsigned i = 0; i < 8 && b.left > 0; i++)
        changed_len = change(changed, changed_len, &b);
    bool same = span_eq(span_of(token, len), span_of(changed, changed_len));
    char *exact = malloc(changed_len); /* so that a sanitizer sees a read behind the end */
    if (exact != NULL) {
        memcpy(exact, changed, changed_len);
        CHECK(accepted(span_of(exact, changed_len), NOW, &got) == same);
    }
    free(exact);
    return 0;
}

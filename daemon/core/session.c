/*
 * core/session.c - the token and what is in it
 *
 *   v1.<kid>.<payload>.<mac>
 *
 * kid is one byte of a hash of the key as two hex digits: it lets a later version hold several
 * keys, while one is replaced by the next, and know which of them signed. Payload and mac are
 * base64url without padding; the mac covers all that stands before the last dot. The payload,
 * little endian:
 *
 *   1 format (1) | 16 id | 8 started_ms | 8 last_ms | 4 turns | 1 misses | 1 lang |
 *   1 n, n slots (zeros at the end left out) | 1 n, n bytes of the topic [| 8 topic_ms | 4
 * topic_turn]
 *
 * A format that is not known is refused like a forgery: a new dialogue begins, which costs the
 * visitor no more than a follow-up question asked in full. Not encrypted: there is nothing in it
 * that the visitor did not get to see.
 */
#include "core/session.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

static_assert(SESSION_KEY_BYTES == crypto_auth_KEYBYTES, "one key signs");

enum {
    PAYLOAD_FORMAT = 1,
    PAYLOAD_BYTES_MAX = 1 + SESSION_ID_BYTES + 8 + 8 + 4 + 1 + 1 + 1 + SESSION_SLOTS_MAX + 1 +
                        INTENT_ID_BYTES_MAX + 8 + 4,
    HEAD_BYTES = 6,            /* "v1.ab." */
    FUTURE_MS_MAX = 60 * 1000, /* clocks of a fleet's nodes differ a little */
    KEY_REST_BYTES = SESSION_KEY_BYTES - crypto_shorthash_KEYBYTES,
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

static_assert(HEAD_BYTES + sodium_base64_ENCODED_LEN(PAYLOAD_BYTES_MAX, BASE64) +
                      sodium_base64_ENCODED_LEN(crypto_auth_BYTES, BASE64) <=
                  SESSION_TOKEN_BYTES_MAX,
              "the longest token fits");

/* ---- payload --------------------------------------------------------------------------------- */

struct writer {
    unsigned char bytes[PAYLOAD_BYTES_MAX];
    size_t len;
};

static void put(struct writer *w, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        w->bytes[w->len++] = (unsigned char)(n >> 8 * i & 0xFF);
}

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
    memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
}

struct reader {
    const unsigned char *bytes;
    size_t len, at;
    bool failed; /* asked for more than there is; keeps being set */
};

static uint64_t get(struct reader *r, size_t bytes)
{
    uint64_t n = 0;

    if (r->failed || r->len - r->at < bytes) {
        r->failed = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        n |= (uint64_t)r->bytes[r->at++] << 8 * i;
    return n;
}

static void get_bytes(struct reader *r, void *out, size_t len)
{
    if (r->failed || r->len - r->at < len) {
        r->failed = true;
        return;
    }
    memcpy(out, r->bytes + r->at, len);
    r->at += len;
}

static void write_payload(const struct session *s, struct writer *w)
{
    size_t nslots = SESSION_SLOTS_MAX, topic = strnlen(s->topic, INTENT_ID_BYTES_MAX);

    while (nslots > 0 && s->slots[nslots - 1] == 0)
        nslots--;
    put(w, PAYLOAD_FORMAT, 1);
    put_bytes(w, s->id, SESSION_ID_BYTES);
    put(w, (uint64_t)s->started_ms, 8);
    put(w, (uint64_t)s->last_ms, 8);
    put(w, s->turns, 4);
    put(w, s->misses, 1);
    put(w, s->lang, 1);
    put(w, nslots, 1);
    put_bytes(w, s->slots, nslots);
    put(w, topic, 1);
    put_bytes(w, s->topic, topic);
    if (topic > 0) {
        put(w, (uint64_t)s->topic_ms, 8);
        put(w, s->topic_turn, 4);
    }
}

/* The signature held, so the bytes are our own; but perhaps those of another version. */
static bool read_payload(struct reader *r, struct session *s)
{
    if (get(r, 1) != PAYLOAD_FORMAT)
        return false;
    get_bytes(r, s->id, SESSION_ID_BYTES);
    s->started_ms = (int64_t)get(r, 8);
    s->last_ms = (int64_t)get(r, 8);
    s->turns = (uint32_t)get(r, 4);
    s->misses = (uint8_t)get(r, 1);
    s->lang = (uint8_t)get(r, 1);
    size_t nslots = (size_t)get(r, 1);
    if (nslots > SESSION_SLOTS_MAX || s->lang > LANG_EN)
        return false;
    get_bytes(r, s->slots, nslots);
    size_t topic = (size_t)get(r, 1);
    if (topic > INTENT_ID_BYTES_MAX)
        return false;
    get_bytes(r, s->topic, topic);
    if (topic > 0) {
        s->topic_ms = (int64_t)get(r, 8);
        s->topic_turn = (uint32_t)get(r, 4);
    }
    return !r->failed && r->at == r->len;
}

/* ---- token ----------------------------------------------------------------------------------- */

static void write_head(const unsigned char key[SESSION_KEY_BYTES], char out[HEAD_BYTES + 1])
{
    unsigned char hash[crypto_shorthash_BYTES];

    /* One byte of a keyed hash gives away which key it is and nothing that helps to guess it. */
    (void)crypto_shorthash(hash, key + crypto_shorthash_KEYBYTES, KEY_REST_BYTES, key);
    (void)snprintf(out, HEAD_BYTES + 1, "v1.%02x.", hash[0]);
}

size_t session_sign(const struct session *s, const unsigned char key[SESSION_KEY_BYTES],
                    char out[SESSION_TOKEN_BYTES_MAX + 1])
{
    struct writer w = {.len = 0};
    unsigned char mac[crypto_auth_BYTES];

    write_payload(s, &w);
    write_head(key, out);
    (void)sodium_bin2base64(out + HEAD_BYTES, SESSION_TOKEN_BYTES_MAX + 1 - HEAD_BYTES, w.bytes,
                            w.len, BASE64);
    size_t len = HEAD_BYTES + strlen(out + HEAD_BYTES);
    (void)crypto_auth(mac, (const unsigned char *)out, len, key);
    out[len++] = '.';
    (void)sodium_bin2base64(out + len, SESSION_TOKEN_BYTES_MAX + 1 - len, mac, sizeof(mac), BASE64);
    return len + strlen(out + len);
}

/* False unless all of `text` is the one base64 text of some bytes: sodium refuses stray bits at
 * the end, so that no two tokens mean the same. Bytes from 0x80 on it takes for a letter now and
 * then (version 1.0.18 looks at them as negative numbers), so they are refused here. */
static bool decode(struct span text, unsigned char *out, size_t cap, size_t *retlen)
{
    for (size_t i = 0; i < text.len; i++) {
        if (((unsigned char)text.ptr[i] & 0x80) != 0)
            return false;
    }
    return sodium_base642bin(out, cap, text.ptr, text.len, NULL, retlen, NULL, BASE64) == 0;
}

bool session_verify(struct span token, const unsigned char key[SESSION_KEY_BYTES], int64_t now_ms,
                    struct session *ret)
{
    char head[HEAD_BYTES + 1];
    unsigned char mac[crypto_auth_BYTES], payload[PAYLOAD_BYTES_MAX];
    size_t mac_len = 0, payload_len = 0, dot = token.len;
    struct session s = {0};

    if (token.len > SESSION_TOKEN_BYTES_MAX || token.len <= HEAD_BYTES)
        return false;
    write_head(key, head);
    if (memcmp(token.ptr, head, HEAD_BYTES) != 0) /* no secret: it stands in every token */
        return false;
    while (dot > HEAD_BYTES && token.ptr[dot - 1] != '.')
        dot--;
    if (dot == HEAD_BYTES)
        return false;
    if (!decode(span_of(token.ptr + dot, token.len - dot), mac, sizeof(mac), &mac_len) ||
        mac_len != sizeof(mac) ||
        crypto_auth_verify(mac, (const unsigned char *)token.ptr, dot - 1, key) != 0)
        return false;
    if (!decode(span_of(token.ptr + HEAD_BYTES, dot - 1 - HEAD_BYTES), payload, sizeof(payload),
                &payload_len))
        return false;

    struct reader r = {.bytes = payload, .len = payload_len};
    if (!read_payload(&r, &s))
        return false;
    /* Negative times are never written; without them the differences cannot overflow. */
    if (s.last_ms < 0 || now_ms < 0 || s.last_ms - now_ms > FUTURE_MS_MAX ||
        now_ms - s.last_ms >= SESSION_EXPIRES_MS)
        return false;
    *ret = s;
    return true;
}

/* ---- dialogue -------------------------------------------------------------------------------- */

void session_begin(struct session *s, int64_t now_ms)
{
    *s = (struct session){.started_ms = now_ms, .last_ms = now_ms};
    randombytes_buf(s->id, sizeof(s->id));
}

void session_id_hex(const struct session *s, char out[2 * SESSION_ID_BYTES + 1])
{
    (void)sodium_bin2hex(out, 2 * SESSION_ID_BYTES + 1, s->id, SESSION_ID_BYTES);
}

bool session_topic_fresh(const struct session *s, int64_t now_ms)
{
    if (s->topic[0] == '\0' || now_ms < 0 || s->topic_ms < 0)
        return false;
    /* `turns` does not count the question at hand yet: 0 is the first after the topic. A clock
     * that was set back a little makes no topic stale. */
    return now_ms - s->topic_ms <= SESSION_FOLLOW_UP_MS &&
           s->turns - s->topic_turn < SESSION_FOLLOW_UP_TURNS;
}

/*
 * core/session.h - one visitor's dialogue, carried by the visitor
 *
 * All that a daemon must know to go on with a dialogue lies in a signed token that the widget
 * brings back, so that any node can go on and none keeps a table. It never holds anything typed.
 * Signing: libsodium crypto_auth (HMAC-SHA512-256) over version, key id and payload.
 */
#ifndef FAQD_CORE_SESSION_H
#define FAQD_CORE_SESSION_H

#include "core/record.h"

#include <stdbool.h>

enum {
    SESSION_SLOTS_MAX = 8,
    SESSION_TOKEN_BYTES_MAX = 512, /* base64url text, without NUL */
    SESSION_KEY_BYTES = 32,
    SESSION_EXPIRES_MS = 24 * 60 * 60 * 1000,
    SESSION_FOLLOW_UP_TURNS = 5,
    SESSION_FOLLOW_UP_MS = 10 * 60 * 1000,
};

enum lang { LANG_JA, LANG_EN };

struct session {
    unsigned char id[SESSION_ID_BYTES];
    int64_t started_ms, last_ms;         /* wall clock */
    char topic[INTENT_ID_BYTES_MAX + 1]; /* last topic answered, "" = none */
    int64_t topic_ms;                    /* when */
    uint32_t turns;                      /* questions so far */
    uint32_t topic_turn;                 /* at which turn the last topic was answered */
    uint8_t misses;                      /* unanswered in a row, at most 255 */
    uint8_t lang;                        /* enum lang */
    uint8_t
        slots[SESSION_SLOTS_MAX]; /* by slot index of the corpus: 0 unknown, else value index + 1 */
};

/* A new dialogue with a random id. */
void session_begin(struct session *s, int64_t now_ms);

/* Writes the token, NUL behind it; returns its length. */
size_t session_sign(const struct session *s, const unsigned char key[SESSION_KEY_BYTES],
                    char out[SESSION_TOKEN_BYTES_MAX + 1]);

/* False (and *ret untouched) if forged, expired or not understood: the caller begins a new one.
 * Constant time in the signature. */
bool session_verify(struct span token, const unsigned char key[SESSION_KEY_BYTES], int64_t now_ms,
                    struct session *ret);

void session_id_hex(const struct session *s, char out[2 * SESSION_ID_BYTES + 1]);

/* True while follow-up questions still refer to the last topic. */
bool session_topic_fresh(const struct session *s, int64_t now_ms);

#endif

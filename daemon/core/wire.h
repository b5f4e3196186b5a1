/*
 * core/wire.h - bytes to message (what a visitor says)
 *
 * A strict reader of its own for the flat JSON object that visitors send: faster than a library,
 * and held to jansson (with JSON_REJECT_DUPLICATES) by a fuzz target: same verdict, same strings.
 * Unknown members of any JSON value are skipped (depth at most 16); duplicate members, lone
 * surrogates, \u0000, numbers like 01, trailing text and invalid UTF-8 are bad_json. Strings are
 * unescaped into the message's own storage.
 */
#ifndef FAQD_CORE_WIRE_H
#define FAQD_CORE_WIRE_H

#include "base/buf.h"
#include "base/span.h"
#include "core/session.h"

enum {
    WIRE_MESSAGE_BYTES_MAX = 16384,
    WIRE_DEPTH_MAX = 16,
};

enum say_type { SAY_HELLO, SAY_ASK, SAY_PICK, SAY_SUGGEST, SAY_RATE, SAY_FORGET };

enum wire_code {
    WIRE_OK,
    WIRE_BAD_JSON,
    WIRE_BAD_REQUEST,
    WIRE_UNKNOWN_TYPE,
    WIRE_EMPTY,
    WIRE_UNKNOWN_INTENT,
    WIRE_UNKNOWN_QUESTION,
    WIRE_RATE_LIMITED,
    WIRE_BUSY,
    WIRE_SHUTTING_DOWN,
};

struct say {
    enum say_type type;
    struct span id;      /* 1..64 bytes; len 0: none was sent */
    struct span text;    /* ask, suggest; ptr NULL: missing */
    struct span session; /* TOKEN; len 0: none or null */
    struct span page;    /* hello, ask: URL as sent */
    struct span intent;  /* pick; len 0 with intent_null */
    struct span comment; /* rate */
    int64_t question;    /* QID (string of digits or integer); 0: none or null */
    enum lang lang;
    bool has_lang;
    bool intent_null;
    bool helpful, has_helpful;
    char storage[WIRE_MESSAGE_BYTES_MAX]; /* the unescaped strings */
};

struct wire_error {
    enum wire_code code;
    char id[CLIENT_ID_BYTES_MAX + 1]; /* of the message refused, "" = null */
    char message[200];      /* English and short: for developers; the widget has its own words */
    int64_t retry_after_ms; /* rate_limited only */
};

/* Reads one message. `type_default_ask`: a missing type means ask (POST /ask). Valid combinations
 * are checked here: ask and suggest need text, rate needs question and helpful, pick needs intent
 * (or null). An unsupported `lang` is not an error (has_lang stays false). Linear; allocates
 * nothing. The spans of `ret` point into it. */
enum wire_code wire_parse(struct span in, bool type_default_ask, struct say *ret,
                          struct wire_error *reterr) MUST_CHECK;

const char *wire_code_name(enum wire_code code); /* "bad_json" */

/* {"type":"error","id":…,"code":…,"message":…[,"retry_after_ms":…]} */
void wire_print_error(const struct wire_error *e, struct buf *out);

/* {"type":"done","id":…[,"session":TOKEN]}; `session` may be NULL. */
void wire_print_done(struct span id, const char *session, struct buf *out);

/* Copies a URL without query, fragment and user part; "" if it is no http(s) URL. */
void wire_page(struct span url, char out[RECORD_PAGE_BYTES_MAX + 1]);

#endif

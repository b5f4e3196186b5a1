/*
 * core/wire.c - bytes to message
 *
 * Two steps. The reader walks over the whole JSON text once, unescapes into the message's storage
 * and keeps the values of the members that we know; only then is the message judged, so that what
 * is not JSON is bad_json whatever it says. All keys of all objects are collected, unescaped, and
 * sorted at the end: that finds duplicates at any depth in O(n log n), where a hash table could be
 * made slow by whoever knows the hash.
 *
 * Verdict and strings are jansson's (with JSON_REJECT_DUPLICATES), but for what is stricter here:
 *   - depth: 16 levels, the message itself being the first;
 *   - size: WIRE_MESSAGE_BYTES_MAX bytes (bad_request);
 *   - numbers with a fraction or exponent must be below 1e308 (jansson: about 1.8e308);
 *   - a NUL byte is never allowed (jansson 2.14 overlooks one right behind a number).
 * Like jansson, and unlike the grammar alone, it refuses \u0000 and integers beyond 64 bits. A
 * well-formed value that is no object is bad_request.
 */
#include "core/wire.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    KEYS_MAX = WIRE_MESSAGE_BYTES_MAX / 5 + 1, /* the shortest member is 5 bytes: `"":1,` */
    REAL_EXPONENT_MAX = 307,                   /* of the first digit that is not 0 */
    EXPONENT_CLAMP = 1000000,                  /* far beyond any length of a message */
    QUOTED_BYTES_MAX = 40,                     /* of the visitor's own words in an error */
};

enum kind {
    KIND_MISSING,
    KIND_NULL,
    KIND_STRING,
    KIND_INTEGER,
    KIND_REAL,
    KIND_TRUE,
    KIND_FALSE,
    KIND_ARRAY,
    KIND_OBJECT,
};

struct value {
    enum kind kind;
    struct span string;
    int64_t integer;
};

enum member {
    MEMBER_TYPE,
    MEMBER_ID,
    MEMBER_TEXT,
    MEMBER_SESSION,
    MEMBER_PAGE,
    MEMBER_INTENT,
    MEMBER_COMMENT,
    MEMBER_QUESTION,
    MEMBER_LANG,
    MEMBER_HELPFUL,
    NMEMBERS, /* also: none that we know */
};

static const char *const member_names[NMEMBERS] = {
    [MEMBER_TYPE] = "type",         [MEMBER_ID] = "id",     [MEMBER_TEXT] = "text",
    [MEMBER_SESSION] = "session",   [MEMBER_PAGE] = "page", [MEMBER_INTENT] = "intent",
    [MEMBER_COMMENT] = "comment",   [MEMBER_LANG] = "lang", [MEMBER_HELPFUL] = "helpful",
    [MEMBER_QUESTION] = "question",
};

static const char *const type_names[] = {
    [SAY_HELLO] = "hello",     [SAY_ASK] = "ask",   [SAY_PICK] = "pick",
    [SAY_SUGGEST] = "suggest", [SAY_RATE] = "rate", [SAY_FORGET] = "forget",
};

enum { NTYPES = sizeof(type_names) / sizeof(type_names[0]) };

struct key {
    uint16_t object;  /* which of the message's objects it belongs to */
    uint16_t at, len; /* in the storage */
};

static_assert(WIRE_MESSAGE_BYTES_MAX <= UINT16_MAX, "offsets of keys are 16 bits");

struct reader {
    const char *begin, *p, *end;
    char *storage; /* as long as the message may be: what is unescaped is never longer */
    size_t used;
    struct value known[NMEMBERS];
    struct wire_error *err;
    size_t nkeys;
    uint16_t nobjects;
    struct key keys[KEYS_MAX]; /* last: never zeroed as a whole */
};

/* ---- errors ---------------------------------------------------------------------------------- */

/* Words of the visitor, cut on a character border. */
static struct span quoted(struct span s)
{
    if (s.len > QUOTED_BYTES_MAX)
        s = span_of(s.ptr, utf8_valid_prefix(span_of(s.ptr, QUOTED_BYTES_MAX)));
    return s;
}

static enum wire_code refuse(struct reader *r, enum wire_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static enum wire_code refuse(struct reader *r, enum wire_code code, const char *fmt, ...)
{
    struct wire_error *e = r->err;
    const struct value *id = &r->known[MEMBER_ID];
    va_list args;

    e->code = code;
    e->retry_after_ms = 0;
    e->id[0] = '\0';
    if (id->kind == KIND_STRING && id->string.len <= CLIENT_ID_BYTES_MAX) {
        memcpy(e->id, id->string.ptr, id->string.len);
        e->id[id->string.len] = '\0';
    }
    va_start(args, fmt);
    (void)vsnprintf(e->message, sizeof(e->message), fmt, args);
    va_end(args);
    return code;
}

/* Not JSON, at the byte where the reader stands. */
static bool broken(struct reader *r, const char *what)
{
    (void)refuse(r, WIRE_BAD_JSON, "%s at byte %zu", what, (size_t)(r->p - r->begin));
    return false;
}

/* ---- strings --------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The XXXX of \uXXXX; r->p stands on the backslash and is moved behind the last digit. */
static bool read_unit(struct reader *r, uint32_t *ret)
{
    uint32_t unit = 0;

    if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
        return false;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(r->p[i]);
        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t)digit;
    }
    r->p += 6;
    *ret = unit;
    return true;
}

static bool read_unicode(struct reader *r, uint32_t *ret)
{
    const char *start = r->p;
    uint32_t high, low;

    if (!read_unit(r, &high))
        return broken(r, "\\u needs four hexadecimal digits");
    *ret = high;
    if (high == 0) {
        r->p = start;
        return broken(r, "\\u0000 is not allowed");
    }
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (high > 0xDBFF || !read_unit(r, &low) || low < 0xDC00 || low > 0xDFFF) {
        r->p = start;
        return broken(r, "half a surrogate pair");
    }
    *ret = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static bool read_escape(struct reader *r)
{
    char c = '\0';
    uint32_t cp = 0;

    if (r->end - r->p >= 2)
        c = r->p[1];
    switch (c) {
    case '"':
    case '\\':
    case '/':
        break;
    case 'b':
        c = '\b';
        break;
    case 'f':
        c = '\f';
        break;
    case 'n':
        c = '\n';
        break;
    case 'r':
        c = '\r';
        break;
    case 't':
        c = '\t';
        break;
    case 'u':
        if (!read_unicode(r, &cp))
            return false;
        r->used += utf8_encode(cp, r->storage + r->used);
        return true;
    default:
        return broken(r, "unknown escape");
    }
    r->p += 2;
    r->storage[r->used++] = c;
    return true;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* r->p stands on the opening quote. */
static bool read_string(struct reader *r, struct span *ret)
{
    size_t start = r->used;

    r->p++;
    for (;;) {
        const char *run = r->p;
        while (r->p < r->end && is_plain((unsigned char)*r->p))
            r->p++;
        memcpy(r->storage + r->used, run, (size_t)(r->p - run));
        r->used += (size_t)(r->p - run);
        if (r->p == r->end)
            return broken(r, "unfinished string");
        if (*r->p == '"')
            break;
        if (*r->p == '\\') {
            if (!read_escape(r))
                return false;
        } else if ((unsigned char)*r->p < 0x20) {
            return broken(r, "control character in a string (must be escaped)");
        } else {
            uint32_t cp;
            bool valid;
            size_t took = utf8_decode(r->p, (size_t)(r->end - r->p), &cp, &valid);
            if (!valid)
                return broken(r, "invalid UTF-8");
            memcpy(r->storage + r->used, r->p, took);
            r->used += took;
            r->p += took;
        }
    }
    r->p++;
    *ret = span_of(r->storage + start, r->used - start);
    return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool at_digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool at(const struct reader *r, char c)
{
    return r->p < r->end && *r->p == c;
}

static bool read_exponent(struct reader *r, int64_t *ret)
{
    bool negative = false;
    int64_t n = 0;

    r->p++;
    if (at(r, '+') || at(r, '-')) {
        negative = *r->p == '-';
        r->p++;
    }
    if (!at_digit(r))
        return broken(r, "digit expected");
    for (; at_digit(r); r->p++) {
        if (n < EXPONENT_CLAMP)
            n = n * 10 + (*r->p - '0');
    }
    *ret = negative ? -n : n;
    return true;
}

static bool read_number(struct reader *r, struct value *ret)
{
    const char *start = r->p;
    bool negative = at(r, '-'), overflow = false, nonzero = false;
    int64_t n = 0, first = 0, exponent = 0; /* first: exponent of the first digit that is not 0 */

    ret->kind = KIND_INTEGER;
    if (negative)
        r->p++;
    if (!at_digit(r))
        return broken(r, "digit expected");
    if (*r->p == '0' && r->end - r->p > 1 && r->p[1] >= '0' && r->p[1] <= '9')
        return broken(r, "number with a leading zero");
    nonzero = *r->p != '0';
    for (const char *digits = r->p; at_digit(r); r->p++) {
        int digit = negative ? '0' - *r->p : *r->p - '0';
        overflow =
            overflow || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n);
        first = r->p - digits;
    }
    if (at(r, '.')) {
        ret->kind = KIND_REAL;
        r->p++;
        if (!at_digit(r))
            return broken(r, "digit expected");
        for (const char *digits = r->p; at_digit(r); r->p++) {
            if (!nonzero && *r->p != '0') {
                nonzero = true;
                first = digits - r->p - 1;
            }
        }
    }
    if (at(r, 'e') || at(r, 'E')) {
        ret->kind = KIND_REAL;
        if (!read_exponent(r, &exponent))
            return false;
    }
    if (ret->kind == KIND_REAL ? nonzero && first + exponent > REAL_EXPONENT_MAX : overflow) {
        r->p = start;
        return broken(r, "number too large");
    }
    ret->integer = n;
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool read_word(struct reader *r, const char *word, enum kind kind, struct value *ret)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
        return broken(r, "value expected");
    r->p += len;
    ret->kind = kind;
    return true;
}

static enum member member_of(struct span name)
{
    unsigned m = 0;

    while (m < NMEMBERS && !span_is(name, member_names[m]))
        m++;
    return (enum member)m;
}

static bool read_value(struct reader *r, unsigned depth, struct value *ret);

/* `"key": value`; the message itself (depth 1) keeps the members that we know. */
static bool read_member(struct reader *r, unsigned depth, uint16_t object)
{
    struct value value = {0};
    struct span name;

    if (!at(r, '"'))
        return broken(r, "name of a member expected, in double quotes");
    if (!read_string(r, &name))
        return false;
    assert(r->nkeys < KEYS_MAX);
    r->keys[r->nkeys++] =
        (struct key){object, (uint16_t)(name.ptr - r->storage), (uint16_t)name.len};
    skip_space(r);
    if (!at(r, ':'))
        return broken(r, "':' expected");
    r->p++;

    enum member m = depth == 1 ? member_of(name) : NMEMBERS;
    if (m < NMEMBERS && r->known[m].kind != KIND_MISSING) {
        if (m == MEMBER_ID)
            r->known[m].kind = KIND_MISSING; /* which of the two would the error be about? */
        (void)refuse(r, WIRE_BAD_JSON, "member '%s' appears twice", member_names[m]);
        return false;
    }
    size_t used = r->used;
    if (!read_value(r, depth + 1, &value))
        return false;
    if (m < NMEMBERS)
        r->known[m] = value;
    else if (value.kind == KIND_STRING)
        r->used = used;
    return true;
}

static bool read_object(struct reader *r, unsigned depth)
{
    uint16_t object = r->nobjects++;

    r->p++;
    skip_space(r);
    if (at(r, '}')) {
        r->p++;
        return true;
    }
    for (;;) {
        if (!read_member(r, depth, object))
            return false;
        skip_space(r);
        if (at(r, '}')) {
            r->p++;
            return true;
        }
        if (!at(r, ','))
            return broken(r, "',' or '}' expected");
        r->p++;
        skip_space(r);
    }
}

static bool read_array(struct reader *r, unsigned depth)
{
    r->p++;
    skip_space(r);
    if (at(r, ']')) {
        r->p++;
        return true;
    }
    for (;;) {
        struct value value = {0};
        size_t used = r->used;
        if (!read_value(r, depth + 1, &value))
            return false;
        if (value.kind == KIND_STRING)
            r->used = used;
        skip_space(r);
        if (at(r, ']')) {
            r->p++;
            return true;
        }
        if (!at(r, ','))
            return broken(r, "',' or ']' expected");
        r->p++;
    }
}

/* Calls itself through objects and arrays, WIRE_DEPTH_MAX levels at most. */
static bool read_value(struct reader *r, unsigned depth, struct value *ret)
{
    skip_space(r);
    char c = '\0';

    if (r->p < r->end)
        c = *r->p;
    switch (c) {
    case '"':
        ret->kind = KIND_STRING;
        return read_string(r, &ret->string);
    case '{':
    case '[':
        if (depth > WIRE_DEPTH_MAX)
            return broken(r, "nested too deeply");
        ret->kind = c == '{' ? KIND_OBJECT : KIND_ARRAY;
        return c == '{' ? read_object(r, depth) : read_array(r, depth);
    case 't':
        return read_word(r, "true", KIND_TRUE, ret);
    case 'f':
        return read_word(r, "false", KIND_FALSE, ret);
    case 'n':
        return read_word(r, "null", KIND_NULL, ret);
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return read_number(r, ret);
        return broken(r, r->p == r->end ? "unfinished message" : "value expected");
    }
}

/* ---- duplicates ------------------------------------------------------------------------------ */

static int key_compare(const struct reader *r, const struct key *a, const struct key *b)
{
    if (a->object != b->object)
        return a->object < b->object ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(r->storage + a->at, r->storage + b->at, a->len);
}

static void key_sift(struct reader *r, size_t i, size_t n)
{
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && key_compare(r, &r->keys[child], &r->keys[child + 1]) < 0)
            child++;
        if (key_compare(r, &r->keys[i], &r->keys[child]) >= 0)
            return;
        struct key swap = r->keys[i];
        r->keys[i] = r->keys[child];
        r->keys[child] = swap;
        i = child;
    }
}

/* Heap sort: qsort() may allocate. */
static bool keys_differ(struct reader *r)
{
    size_t n = r->nkeys;

    for (size_t i = n / 2; i-- > 0;)
        key_sift(r, i, n);
    for (size_t last = n; last-- > 1;) {
        struct key swap = r->keys[0];
        r->keys[0] = r->keys[last];
        r->keys[last] = swap;
        key_sift(r, 0, last);
    }
    for (size_t i = 1; i < n; i++) {
        if (key_compare(r, &r->keys[i - 1], &r->keys[i]) == 0) {
            struct span name = quoted(span_of(r->storage + r->keys[i].at, r->keys[i].len));
            (void)refuse(r, WIRE_BAD_JSON, "member '%.*s' appears twice", SPAN_ARG(name));
            return false;
        }
    }
    return true;
}

static bool read_message(struct reader *r, struct value *ret)
{
    if (!read_value(r, 1, ret))
        return false;
    skip_space(r);
    if (r->p != r->end)
        return broken(r, "text after the end of the message");
    return keys_differ(r);
}

/* ---- from JSON to what was said -------------------------------------------------------------- */

/* Null counts as missing, but for `intent`, where it says "none of these". */
static bool is_missing(const struct reader *r, enum member m)
{
    return r->known[m].kind == KIND_MISSING || r->known[m].kind == KIND_NULL;
}

static enum wire_code take_type(struct reader *r, bool type_default_ask, enum say_type *ret)
{
    const struct value *v = &r->known[MEMBER_TYPE];

    if (is_missing(r, MEMBER_TYPE)) {
        if (!type_default_ask)
            return refuse(r, WIRE_BAD_REQUEST, "member 'type' is missing");
        *ret = SAY_ASK;
        return WIRE_OK;
    }
    if (v->kind != KIND_STRING)
        return refuse(r, WIRE_BAD_REQUEST, "member 'type' must be a string");
    for (unsigned i = 0; i < NTYPES; i++) {
        if (span_is(v->string, type_names[i])) {
            *ret = (enum say_type)i;
            return WIRE_OK;
        }
    }
    struct span name = quoted(v->string);
    return refuse(r, WIRE_UNKNOWN_TYPE,
                  "unknown type '%.*s': must be hello, ask, pick, suggest, rate or forget",
                  SPAN_ARG(name));
}

static enum wire_code take_string(struct reader *r, enum member m, struct span *ret)
{
    if (is_missing(r, m))
        return WIRE_OK;
    if (r->known[m].kind != KIND_STRING)
        return refuse(r, WIRE_BAD_REQUEST, "member '%s' must be a string", member_names[m]);
    *ret = r->known[m].string;
    return WIRE_OK;
}

static enum wire_code take_id(struct reader *r, struct span *ret)
{
    enum wire_code code = take_string(r, MEMBER_ID, ret);

    if (code == WIRE_OK && !is_missing(r, MEMBER_ID) &&
        (ret->len == 0 || ret->len > CLIENT_ID_BYTES_MAX))
        return refuse(r, WIRE_BAD_REQUEST, "member 'id' must have 1 to %d bytes",
                      CLIENT_ID_BYTES_MAX);
    return code;
}

static bool parse_qid(struct span s, int64_t *ret)
{
    int64_t n = 0;

    if (s.len == 0 || s.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, s.ptr[i] - '0', &n))
            return false;
    }
    *ret = n;
    return true;
}

static enum wire_code take_question(struct reader *r, int64_t *ret)
{
    const struct value *v = &r->known[MEMBER_QUESTION];

    if (is_missing(r, MEMBER_QUESTION))
        return WIRE_OK;
    if (v->kind == KIND_INTEGER && v->integer > 0) {
        *ret = v->integer;
        return WIRE_OK;
    }
    if (v->kind == KIND_STRING && parse_qid(v->string, ret))
        return WIRE_OK;
    return refuse(r, WIRE_BAD_REQUEST,
                  "member 'question' must be a number as a reply named it, like \"12\"");
}

/* Tags like ja-JP count by their language. */
static bool lang_is(struct span tag, const char *lang)
{
    return tag.len >= 2 && (tag.ptr[0] | 0x20) == lang[0] && (tag.ptr[1] | 0x20) == lang[1] &&
           (tag.len == 2 || tag.ptr[2] == '-');
}

static enum wire_code take_lang(struct reader *r, struct say *ret)
{
    struct span tag = {0};
    enum wire_code code = take_string(r, MEMBER_LANG, &tag);

    if (code != WIRE_OK)
        return code;
    if (lang_is(tag, "ja")) {
        ret->lang = LANG_JA;
        ret->has_lang = true;
    } else if (lang_is(tag, "en")) {
        ret->lang = LANG_EN;
        ret->has_lang = true;
    }
    return WIRE_OK;
}

static enum wire_code take_helpful(struct reader *r, struct say *ret)
{
    enum kind kind = r->known[MEMBER_HELPFUL].kind;

    if (is_missing(r, MEMBER_HELPFUL))
        return WIRE_OK;
    if (kind != KIND_TRUE && kind != KIND_FALSE)
        return refuse(r, WIRE_BAD_REQUEST, "member 'helpful' must be true or false");
    ret->helpful = kind == KIND_TRUE;
    ret->has_helpful = true;
    return WIRE_OK;
}

static enum wire_code need(struct reader *r, enum say_type type, enum member m)
{
    return refuse(r, WIRE_BAD_REQUEST, "'%s' needs the member '%s'", type_names[type],
                  member_names[m]);
}

static enum wire_code check_needs(struct reader *r, const struct say *say)
{
    switch (say->type) {
    case SAY_ASK:
    case SAY_SUGGEST:
        return is_missing(r, MEMBER_TEXT) ? need(r, say->type, MEMBER_TEXT) : WIRE_OK;
    case SAY_PICK:
        return r->known[MEMBER_INTENT].kind == KIND_MISSING ? need(r, say->type, MEMBER_INTENT)
                                                            : WIRE_OK;
    case SAY_RATE:
        if (is_missing(r, MEMBER_QUESTION))
            return need(r, say->type, MEMBER_QUESTION);
        return is_missing(r, MEMBER_HELPFUL) ? need(r, say->type, MEMBER_HELPFUL) : WIRE_OK;
    case SAY_HELLO:
    case SAY_FORGET:
        break;
    }
    return WIRE_OK;
}

static enum wire_code take_message(struct reader *r, bool type_default_ask, struct say *ret)
{
    /* The type first: a type of a later version may give other members another meaning. */
    enum wire_code code = take_type(r, type_default_ask, &ret->type);

    if (code == WIRE_OK)
        code = take_id(r, &ret->id);
    if (code == WIRE_OK)
        code = take_string(r, MEMBER_TEXT, &ret->text);
    if (code == WIRE_OK)
        code = take_string(r, MEMBER_SESSION, &ret->session);
    if (code == WIRE_OK)
        code = take_string(r, MEMBER_PAGE, &ret->page);
    if (code == WIRE_OK)
        code = take_string(r, MEMBER_INTENT, &ret->intent);
    if (code == WIRE_OK)
        code = take_string(r, MEMBER_COMMENT, &ret->comment);
    if (code == WIRE_OK)
        code = take_question(r, &ret->question);
    if (code == WIRE_OK)
        code = take_lang(r, ret);
    if (code == WIRE_OK)
        code = take_helpful(r, ret);
    if (code == WIRE_OK)
        code = check_needs(r, ret);
    ret->intent_null = r->known[MEMBER_INTENT].kind == KIND_NULL;
    return code;
}

enum wire_code wire_parse(struct span in, bool type_default_ask, struct say *ret,
                          struct wire_error *reterr)
{
    struct reader r; /* some 20 kB, of which only what is used is touched */
    struct value message = {0};

    ret->type = SAY_ASK;
    ret->id = ret->text = ret->session = ret->page = ret->intent = ret->comment = span_of(NULL, 0);
    ret->question = 0;
    ret->lang = LANG_JA;
    ret->has_lang = ret->intent_null = ret->helpful = ret->has_helpful = false;

    r.begin = r.p = in.len > 0 ? in.ptr : "";
    r.end = r.begin + in.len;
    r.storage = ret->storage;
    r.used = r.nkeys = 0;
    r.nobjects = 0;
    r.err = reterr;
    memset(r.known, 0, sizeof(r.known));

    if (in.len > WIRE_MESSAGE_BYTES_MAX)
        return refuse(&r, WIRE_BAD_REQUEST, "a message may have at most %d bytes",
                      WIRE_MESSAGE_BYTES_MAX);
    if (!read_message(&r, &message))
        return reterr->code;
    if (message.kind != KIND_OBJECT)
        return refuse(&r, WIRE_BAD_REQUEST, "a message must be a JSON object");
    return take_message(&r, type_default_ask, ret);
}

/* ---- out ------------------------------------------------------------------------------------- */

const char *wire_code_name(enum wire_code code)
{
    switch (code) {
    case WIRE_OK:
        return "ok";
    case WIRE_BAD_JSON:
        return "bad_json";
    case WIRE_BAD_REQUEST:
        return "bad_request";
    case WIRE_UNKNOWN_TYPE:
        return "unknown_type";
    case WIRE_EMPTY:
        return "empty";
    case WIRE_UNKNOWN_INTENT:
        return "unknown_intent";
    case WIRE_UNKNOWN_QUESTION:
        return "unknown_question";
    case WIRE_RATE_LIMITED:
        return "rate_limited";
    case WIRE_BUSY:
        return "busy";
    case WIRE_SHUTTING_DOWN:
        return "shutting_down";
    }
    assert(false);
    return "";
}

static void print_id(struct span id, struct buf *out)
{
    if (id.len > 0)
        buf_add_json(out, id);
    else
        buf_adds(out, "null");
}

void wire_print_error(const struct wire_error *e, struct buf *out)
{
    buf_adds(out, "{\"type\":\"error\",\"id\":");
    print_id(span_str(e->id), out);
    buf_adds(out, ",\"code\":\"");
    buf_adds(out, wire_code_name(e->code));
    buf_adds(out, "\",\"message\":");
    buf_add_json(out, span_str(e->message));
    if (e->code == WIRE_RATE_LIMITED) {
        buf_adds(out, ",\"retry_after_ms\":");
        buf_addi(out, e->retry_after_ms);
    }
    buf_addc(out, '}');
}

void wire_print_done(struct span id, const char *session, struct buf *out)
{
    buf_adds(out, "{\"type\":\"done\",\"id\":");
    print_id(id, out);
    if (session != NULL) {
        buf_adds(out, ",\"session\":");
        buf_add_json(out, span_str(session));
    }
    buf_addc(out, '}');
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Length of a leading "http://" or "https://" in any case; 0: neither. */
static size_t scheme_len(struct span url)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]), k = 0;
        while (k < len && k < url.len &&
               (url.ptr[k] >= 'A' && url.ptr[k] <= 'Z' ? url.ptr[k] | 0x20 : url.ptr[k]) ==
                   schemes[i][k])
            k++;
        if (k == len)
            return len;
    }
    return 0;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)s.ptr[i + 1] < 0xA0))
            return true; /* the second byte is there: `s` is valid UTF-8 */
    }
    return false;
}

void wire_page(struct span url, char out[RECORD_PAGE_BYTES_MAX + 1])
{
    size_t scheme = scheme_len(url), host = scheme, end = scheme;

    out[0] = '\0';
    if (scheme == 0 || !utf8_valid(url) || has_control(url))
        return;
    /* Browsers take a backslash for a slash, so a user part ends there as well. */
    for (bool authority = true; end < url.len && url.ptr[end] != '?' && url.ptr[end] != '#';
         end++) {
        if (url.ptr[end] == '/' || url.ptr[end] == '\\')
            authority = false;
        else if (authority && url.ptr[end] == '@')
            host = end + 1;
    }
    if (host == end || url.ptr[host] == '/' || url.ptr[host] == '\\' || url.ptr[host] == ':')
        return;

    size_t room = RECORD_PAGE_BYTES_MAX - scheme, len = end - host;
    const char *rest = url.ptr + host;
    if (len > room) {
        len = utf8_valid_prefix(span_of(rest, room));
        for (size_t back = 1; back <= 2 && back <= len; back++) {
            if (rest[len - back] == '%') {
                len -= back; /* half of %E3 would be another character, or none */
                break;
            }
        }
    }
    memcpy(out, url.ptr, scheme);
    memcpy(out + scheme, rest, len);
    out[scheme + len] = '\0';
}

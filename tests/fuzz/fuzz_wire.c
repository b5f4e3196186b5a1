/*
 * fuzz_wire - the reader of messages, held to jansson
 *
 * Same verdict on what is JSON, but for the places where wire.c says it is stricter; same
 * strings for the members that we know; errors print as JSON; pages are clean.
 */
#include "core/wire.h"

#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what) ((what) ? (void)0 : failed(#what, __LINE__))

static _Noreturn void failed(const char *what, int line)
{
    (void)fprintf(stderr, "fuzz_wire.c:%d: not true: %s\n", line, what);
    abort();
}

static void check_string(const json_t *root, const char *member, struct span got)
{
    const json_t *v = json_object_get(root, member);

    if (json_is_string(v)) {
        CHECK(got.ptr != NULL);
        CHECK(span_eq(got, span_of(json_string_value(v), json_string_length(v))));
    } else {
        CHECK(v == NULL || json_is_null(v));
        CHECK(got.len == 0);
    }
}

static void check_ok(const json_t *root, const struct say *say)
{
    const json_t *question = json_object_get(root, "question");
    const json_t *helpful = json_object_get(root, "helpful");

    check_string(root, "id", say->id);
    check_string(root, "text", say->text);
    check_string(root, "session", say->session);
    check_string(root, "page", say->page);
    check_string(root, "intent", say->intent);
    check_string(root, "comment", say->comment);
    CHECK(say->id.len <= CLIENT_ID_BYTES_MAX);
    CHECK(say->intent_null == json_is_null(json_object_get(root, "intent")));
    if (json_is_integer(question))
        CHECK(say->question == json_integer_value(question));
    else if (json_is_string(question))
        CHECK(say->question == strtoll(json_string_value(question), NULL, 10));
    else
        CHECK(say->question == 0);
    CHECK(say->has_helpful == json_is_boolean(helpful));
    CHECK(!say->has_helpful || say->helpful == json_is_true(helpful));
}

static void check_error(const json_t *root, const struct wire_error *err)
{
    struct buf out;

    buf_init(&out, 0);
    wire_print_error(err, &out);
    json_t *printed = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(printed != NULL);
    CHECK(json_string_length(json_object_get(printed, "message")) > 0);
    if (root != NULL && err->code != WIRE_BAD_JSON) {
        const json_t *sent = json_object_get(root, "id");
        size_t len = json_string_length(sent);
        if (json_is_string(sent) && len > 0 && len <= CLIENT_ID_BYTES_MAX)
            CHECK(json_equal(sent, json_object_get(printed, "id")));
        else
            CHECK(json_is_null(json_object_get(printed, "id")));
    }
    json_decref(printed);
    buf_release(&out);
}

static void check_page(struct span url)
{
    char page[RECORD_PAGE_BYTES_MAX + 1];

    wire_page(url, page);
    struct span s = span_str(page);
    CHECK(s.len <= RECORD_PAGE_BYTES_MAX);
    CHECK(utf8_valid(s));
    for (size_t i = 0; i < s.len; i++)
        CHECK((unsigned char)s.ptr[i] >= 0x20 && s.ptr[i] != '?' && s.ptr[i] != '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct say say;
    struct span in = span_of((const char *)data, size);
    bool type_default_ask = size % 2 == 0;
    struct wire_error err = {0};
    size_t blank = 0;

    check_page(in);
    while (blank < size && strchr(" \t\r\n", data[blank] != 0 ? data[blank] : 'x') != NULL)
        blank++;
    enum wire_code code = wire_parse(in, type_default_ask, &say, &err);
    if (blank == size || data[blank] != '{') {
        CHECK(code == WIRE_BAD_JSON || code == WIRE_BAD_REQUEST);
        return 0;
    }

    json_t *root = json_loadb(in.ptr, in.len, JSON_REJECT_DUPLICATES, NULL);
    if (size > WIRE_MESSAGE_BYTES_MAX) {
        CHECK(code == WIRE_BAD_REQUEST);
    } else if (root == NULL || memchr(data, 0, size) != NULL) {
        CHECK(code == WIRE_BAD_JSON);
    } else if (code == WIRE_BAD_JSON) {
        CHECK(strstr(err.message, "nested too deeply") != NULL ||
              strstr(err.message, "number too large") != NULL);
    } else if (code == WIRE_OK) {
        check_ok(root, &say);
    }
    if (code != WIRE_OK && size <= WIRE_MESSAGE_BYTES_MAX)
        check_error(root, &err);
    json_decref(root);
    return 0;
}

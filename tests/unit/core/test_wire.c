#include "core/wire.h"

#include "base/utf8.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct say say;
static struct wire_error err;

static enum wire_code parse(const char *json)
{
    memset(&err, 0x55, sizeof(err));
    return wire_parse(span_str(json), false, &say, &err);
}

static void assert_span(struct span s, const char *expected)
{
    char got[WIRE_MESSAGE_BYTES_MAX + 1];

    assert_true(s.len < sizeof(got));
    if (s.len > 0)
        memcpy(got, s.ptr, s.len);
    got[s.len] = '\0';
    assert_string_equal(got, expected);
}

/* ---- what is JSON ---------------------------------------------------------------------------- */

/* Bodies of a value in {"type":"forget","x":…}: jansson judges them. */
static const char *const values[] = {
    "0",
    "-0",
    "1",
    "01",
    "-01",
    "-",
    "+1",
    "1.",
    ".5",
    "1.5",
    "1e",
    "1e+",
    "1e5",
    "1E-5",
    "1.0e+05",
    "0e0",
    "0x10",
    "1a",
    "NaN",
    "Infinity",
    "-Infinity",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "1e307",
    "1e308000",
    "0.000001e313",
    "0.000001e315",
    "0e999999999999999999999",
    "1e-999999999999999999999",
    "1e999999999999999999999",
    "true",
    "True",
    "tru",
    "truex",
    "false",
    "null",
    "nul",
    "undefined",
    "''",
    "'a'",
    "\"\"",
    "\"a",
    "\"a\\\"",
    "\"\\\"\"",
    "\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\a\"",
    "\"\\x41\"",
    "\"\\'\"",
    "\"\\u\"",
    "\"\\u12\"",
    "\"\\u123g\"",
    "\"\\U0041\"",
    "\"\\u0041\"",
    "\"\\u0000\"",
    "\"\\u0001\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\ud83d\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\n\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ude00\\ud83d\"",
    "\"\\uffff\"",
    "\"\t\"",
    "\"\n\"",
    "\"\x1f\"",
    "\"\x7f\"",
    "\"日本語\"",
    "\"\xe6\x97\"",
    "\"\x80\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xf0\x9f\x98\x80\"",
    "\"\xff\"",
    "\xe3\x80\x80",
    "[]",
    "[ ]",
    "[1]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,2",
    "[1,\"a\",[null,{}]]",
    "[1}",
    "{}",
    "{ }",
    "{\"a\":1}",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{\"a\"}",
    "{a:1}",
    "{1:1}",
    "{null:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,\"b\":2}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
    "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
    "[{\"a\":1},{\"a\":1}]",
    "[{\"a\":1,\"a\":1}]",
    "{\"\":1}",
    "{\"\":1,\"\":2}",
    "{\"\\u0000\":1}",
    "{\"日本\":1,\"日本\":2}",
    "{\"a\":1]",
    "/* c */ 1",
    "1 // c",
    "",
    " ",
    "1}{",
    "1,\"x\":2",
    "1,\"y\":2",
    "1,",
    "1,,\"y\":2",
    "{\"a\":[{\"b\":[{\"c\":1}]}]}",
};

static void assert_same_verdict(const char *bytes, size_t len)
{
    json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    enum wire_code code = wire_parse(span_of(bytes, len), false, &say, &err);

    if ((root != NULL) != (code != WIRE_BAD_JSON))
        fail_msg("jansson %s, wire %s: %.*s", root != NULL ? "accepts" : "refuses",
                 wire_code_name(code), (int)len, bytes);
    json_decref(root);
}

static void test_wire_parse__any_value_of_an_unknown_member__jansson_agrees(void **state)
{
    (void)state;
    char json[512];

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int len = snprintf(json, sizeof(json), "{\"type\":\"forget\",\"x\":%s}", values[i]);
        assert_same_verdict(json, (size_t)len);
        len =
            snprintf(json, sizeof(json), " {\t\"x\" :\r\n%s\t, \"type\":\"forget\" }\n", values[i]);
        assert_same_verdict(json, (size_t)len);
    }
}

static const char *const whole[] = {
    "",  " ",   "{",  "}",    "{}", "{} ",  " {}",  "{}{}",        "{}x", "{},", "\xef\xbb\xbf{}",
    "x", "{\"", "{}", "{\"a", "{}", "\v{}", "{}\f", "{\"a\":1}\"",
};

static void test_wire_parse__whole_messages__jansson_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        assert_same_verdict(whole[i], strlen(whole[i]));
    assert_same_verdict("{}\0", 3);
    assert_same_verdict("{\"a\0b\":1}", 9);
}

static void test_wire_parse__random_damage__jansson_agrees(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"v6\\u30aa\\ud83d\\ude00プションの料金は？\","
        "\"n\":[1,-2.5e3,"
        "{\"a\":null,\"b\":[true,false]}],\"session\":null}",
        "{\"type\":\"rate\",\"id\":\"c4\",\"question\":12,\"helpful\":true,\"comment\":"
        "\"\\\"ok\\\"\"}",
    };
    static const char spice[] = "{}[]\":,\\u0d8eE+-.19tfn \n\x80\xe3\x01";
    uint32_t x = 12345;

    for (int round = 0; round < 20000; round++) {
        char json[256];
        size_t len = strlen(seeds[round & 1]);
        memcpy(json, seeds[round & 1], len);
        for (int edits = 1 + round % 3; edits > 0; edits--) {
            x = x * 1664525 + 1013904223;
            size_t at = (x >> 8) % len;
            char c = spice[(x >> 20) % (sizeof(spice) - 1)];
            if ((x >> 28) % 3 == 0) {
                memmove(json + at, json + at + 1, len - at - 1);
                len--;
            } else if ((x >> 28) % 3 == 1) {
                memmove(json + at + 1, json + at, len - at);
                json[at] = c;
                len++;
            } else {
                json[at] = c;
            }
        }
        if (json[0] == '{')
            assert_same_verdict(json, len);
    }
}

static void test_wire_parse__every_prefix_of_a_message__is_bad_json(void **state)
{
    (void)state;
    const char *json =
        "{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"\\ud83d\\ude00月額\",\"x\":[1.5e3]}";

    for (size_t len = 0; len < strlen(json); len++) {
        char *copy = malloc(len + 1); /* so that a sanitizer sees a read beyond the end */
        assert_non_null(copy);
        char *exact = realloc(copy, len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, json, len);
        assert_int_equal(wire_parse(span_of(exact, len), false, &say, &err), WIRE_BAD_JSON);
        free(exact);
    }
    assert_int_equal(parse(json), WIRE_OK);
}

static void nested(char *out, unsigned depth, char open, char close)
{
    /* The message is level 1. */
    size_t n = 0;
    n += (size_t)sprintf(out, "{\"type\":\"forget\",\"x\":");
    for (unsigned i = 1; i < depth; i++) {
        out[n++] = open;
        if (open == '{') {
            memcpy(out + n, "\"a\":", 4);
            n += 4;
        }
    }
    out[n++] = '1';
    for (unsigned i = 1; i < depth; i++)
        out[n++] = close;
    out[n++] = '}';
    out[n] = '\0';
}

static void test_wire_parse__sixteen_levels__are_read_and_seventeen_refused(void **state)
{
    (void)state;
    char json[512];

    nested(json, WIRE_DEPTH_MAX, '[', ']');
    assert_int_equal(parse(json), WIRE_OK);
    nested(json, WIRE_DEPTH_MAX, '{', '}');
    assert_int_equal(parse(json), WIRE_OK);
    nested(json, WIRE_DEPTH_MAX + 1, '[', ']');
    assert_int_equal(parse(json), WIRE_BAD_JSON);
    assert_non_null(strstr(err.message, "too deeply"));
    nested(json, WIRE_DEPTH_MAX + 1, '{', '}');
    assert_int_equal(parse(json), WIRE_BAD_JSON);
}

static void test_wire_parse__reals_from_1e308_on__are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"forget\",\"x\":9.99e307}"), WIRE_OK);
    assert_int_equal(parse("{\"type\":\"forget\",\"x\":1e308}"), WIRE_BAD_JSON);
    assert_int_equal(parse("{\"type\":\"forget\",\"x\":0.01e309}"), WIRE_OK);
    assert_int_equal(parse("{\"type\":\"forget\",\"x\":-0.1e309}"), WIRE_BAD_JSON);
    assert_non_null(strstr(err.message, "number too large at byte 21"));
}

static void test_wire_parse__more_than_the_ceiling__is_bad_request(void **state)
{
    (void)state;
    static char json[WIRE_MESSAGE_BYTES_MAX + 2];
    const char *head = "{\"type\":\"ask\",\"text\":\"";

    memset(json, 'a', sizeof(json));
    memcpy(json, head, strlen(head));
    memcpy(json + WIRE_MESSAGE_BYTES_MAX - 2, "\"}", 2);
    assert_int_equal(wire_parse(span_of(json, WIRE_MESSAGE_BYTES_MAX), false, &say, &err), WIRE_OK);
    assert_int_equal(say.text.len, WIRE_MESSAGE_BYTES_MAX - strlen(head) - 2);
    json[WIRE_MESSAGE_BYTES_MAX] = ' ';
    assert_int_equal(wire_parse(span_of(json, WIRE_MESSAGE_BYTES_MAX + 1), false, &say, &err),
                     WIRE_BAD_REQUEST);
    assert_string_equal(err.message, "a message may have at most 16384 bytes");
}

/* As many members as a message can hold, so that a ceiling that is too low would show. */
static void test_wire_parse__a_message_full_of_members__duplicates_are_found(void **state)
{
    (void)state;
    static char json[WIRE_MESSAGE_BYTES_MAX + 1];
    size_t n = 0;

    json[n++] = '{';
    while (n + 6 < WIRE_MESSAGE_BYTES_MAX) {
        memcpy(json + n, "\"\":1,", 5);
        n += 5;
    }
    json[n - 1] = '}';
    assert_int_equal(wire_parse(span_of(json, n), false, &say, &err), WIRE_BAD_JSON);

    unsigned members = 0;
    n = (size_t)sprintf(json, "{\"type\":\"forget\"");
    while (n + 40 < WIRE_MESSAGE_BYTES_MAX)
        n += (size_t)sprintf(json + n, ",\"%x\":1", members++ * 2654435761u);
    json[n++] = '}';
    assert_int_equal(wire_parse(span_of(json, n), false, &say, &err), WIRE_OK);
    n = n - 1 + (size_t)sprintf(json + n - 1, ",\"%x\":1}", 77 * 2654435761u);
    assert_true(n <= WIRE_MESSAGE_BYTES_MAX);
    assert_int_equal(wire_parse(span_of(json, n), false, &say, &err), WIRE_BAD_JSON);
    assert_non_null(strstr(err.message, "appears twice"));
}

/* ---- what a message says --------------------------------------------------------------------- */

static void test_wire_parse__an_ask__all_its_members_are_there(void **state)
{
    (void)state;
    const char *json =
        "{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"v6の\\u6599\\u91d1\\n\\ud83d\\ude00\","
        "\"session\":\"v1.ab\",\"lang\":\"en\",\"page\":\"https:\\/\\/a.example\\/\"}";

    assert_int_equal(parse(json), WIRE_OK);
    assert_int_equal(say.type, SAY_ASK);
    assert_span(say.id, "c1");
    assert_span(say.text, "v6の料金\n😀");
    assert_span(say.session, "v1.ab");
    assert_span(say.page, "https://a.example/");
    assert_true(say.has_lang);
    assert_int_equal(say.lang, LANG_EN);
    assert_int_equal(say.question, 0);
    assert_false(say.intent_null);
    assert_false(say.has_helpful);
    assert_true(say.text.ptr >= say.storage && say.text.ptr < say.storage + sizeof(say.storage));
}

static void test_wire_parse__escaped_member_names__are_the_same_members(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"\\u0074ype\":\"ask\",\"te\\u0078t\":\"a\"}"), WIRE_OK);
    assert_span(say.text, "a");
    assert_int_equal(parse("{\"type\":\"ask\",\"text\":\"a\",\"te\\u0078t\":\"b\"}"),
                     WIRE_BAD_JSON);
}

static void test_wire_parse__members_of_inner_objects__do_not_count(void **state)
{
    (void)state;
    assert_int_equal(
        parse("{\"type\":\"forget\",\"x\":{\"id\":\"c9\",\"type\":\"ask\",\"text\":5}}"), WIRE_OK);
    assert_int_equal(say.type, SAY_FORGET);
    assert_int_equal(say.id.len, 0);
    assert_null(say.text.ptr);
}

static void test_wire_parse__empty_text__is_there_but_empty(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"ask\",\"text\":\"\"}"), WIRE_OK);
    assert_non_null(say.text.ptr);
    assert_int_equal(say.text.len, 0);
}

static void test_wire_parse__a_message_after_another__nothing_is_left_of_the_first(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"rate\",\"id\":\"c4\",\"question\":\"7\",\"helpful\":true,"
                           "\"comment\":\"c\",\"lang\":\"en\",\"intent\":null,\"session\":\"s\","
                           "\"page\":\"p\",\"text\":\"t\"}"),
                     WIRE_OK);
    assert_int_equal(parse("{\"type\":\"hello\"}"), WIRE_OK);
    assert_int_equal(say.type, SAY_HELLO);
    assert_int_equal(say.id.len + say.session.len + say.page.len + say.intent.len, 0);
    assert_null(say.text.ptr);
    assert_null(say.comment.ptr);
    assert_int_equal(say.question, 0);
    assert_false(say.has_lang || say.intent_null || say.has_helpful || say.helpful);
}

static void test_wire_parse__languages__those_we_speak_are_known_and_none_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool has;
        enum lang lang;
    } rows[] = {
        {"\"ja\"", true, LANG_JA},    {"\"en\"", true, LANG_EN}, {"\"ja-JP\"", true, LANG_JA},
        {"\"EN-us\"", true, LANG_EN}, {"\"fr\"", false, 0},      {"\"\"", false, 0},
        {"\"j\"", false, 0},          {"\"jam\"", false, 0},     {"\"eng\"", false, 0},
        {"null", false, 0},
    };
    char json[100];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(json, sizeof(json), "{\"type\":\"hello\",\"lang\":%s}", rows[i].json);
        assert_int_equal(parse(json), WIRE_OK);
        assert_int_equal(say.has_lang, rows[i].has);
        if (rows[i].has)
            assert_int_equal(say.lang, rows[i].lang);
    }
}

static void test_wire_parse__question_ids__strings_of_digits_and_integers(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t qid; /* -1: bad_request */
    } rows[] = {
        {"\"12\"", 12},
        {"12", 12},
        {"\"9223372036854775807\"", INT64_MAX},
        {"9223372036854775807", INT64_MAX},
        {"\"9223372036854775808\"", -1},
        {"0", -1},
        {"-1", -1},
        {"1.0", -1},
        {"\"\"", -1},
        {"\"0\"", -1},
        {"\"012\"", -1},
        {"\"-1\"", -1},
        {"\" 1\"", -1},
        {"\"1x\"", -1},
        {"\"１\"", -1},
        {"true", -1},
        {"[1]", -1},
    };
    char json[100];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(json, sizeof(json), "{\"type\":\"rate\",\"helpful\":true,\"question\":%s}",
                       rows[i].json);
        assert_int_equal(parse(json), rows[i].qid < 0 ? WIRE_BAD_REQUEST : WIRE_OK);
        if (rows[i].qid >= 0)
            assert_true(say.question == rows[i].qid);
    }
}

static const struct {
    const char *json;
    enum wire_code code;
    const char *id, *message;
} verdicts[] = {
    {"{\"type\":\"hello\",\"session\":null,\"page\":null,\"id\":null}", WIRE_OK, "", ""},
    {"{\"type\":\"pick\",\"id\":\"c2\",\"intent\":\"v6-option\"}", WIRE_OK, "", ""},
    {"{\"type\":\"pick\",\"id\":\"c2\",\"intent\":null,\"question\":null}", WIRE_OK, "", ""},
    {"{\"type\":\"pick\",\"id\":\"c2\"}", WIRE_BAD_REQUEST, "c2",
     "'pick' needs the member 'intent'"},
    {"{\"type\":\"pick\",\"id\":\"c2\",\"intent\":3}", WIRE_BAD_REQUEST, "c2",
     "member 'intent' must be a string"},
    {"{\"type\":\"suggest\",\"id\":\"c3\",\"text\":\"v\"}", WIRE_OK, "", ""},
    {"{\"type\":\"suggest\",\"id\":\"c3\"}", WIRE_BAD_REQUEST, "c3",
     "'suggest' needs the member 'text'"},
    {"{\"type\":\"ask\",\"id\":\"c1\"}", WIRE_BAD_REQUEST, "c1", "'ask' needs the member 'text'"},
    {"{\"type\":\"ask\",\"id\":\"c1\",\"text\":null}", WIRE_BAD_REQUEST, "c1",
     "'ask' needs the member 'text'"},
    {"{\"type\":\"ask\",\"id\":\"c1\",\"text\":5}", WIRE_BAD_REQUEST, "c1",
     "member 'text' must be a string"},
    {"{\"type\":\"ask\",\"text\":[\"a\"],\"id\":\"c1\"}", WIRE_BAD_REQUEST, "c1",
     "member 'text' must be a string"},
    {"{\"type\":\"ask\",\"id\":1,\"text\":\"a\"}", WIRE_BAD_REQUEST, "",
     "member 'id' must be a string"},
    {"{\"type\":\"ask\",\"id\":\"\",\"text\":\"a\"}", WIRE_BAD_REQUEST, "",
     "member 'id' must have 1 to 64 bytes"},
    {"{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"a\",\"session\":1}", WIRE_BAD_REQUEST, "c1",
     "member 'session' must be a string"},
    {"{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"a\",\"page\":{}}", WIRE_BAD_REQUEST, "c1",
     "member 'page' must be a string"},
    {"{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"a\",\"lang\":1}", WIRE_BAD_REQUEST, "c1",
     "member 'lang' must be a string"},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"question\":\"1\",\"helpful\":false}", WIRE_OK, "", ""},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"helpful\":false}", WIRE_BAD_REQUEST, "c4",
     "'rate' needs the member 'question'"},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"question\":\"1\"}", WIRE_BAD_REQUEST, "c4",
     "'rate' needs the member 'helpful'"},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"question\":\"1\",\"helpful\":\"true\"}", WIRE_BAD_REQUEST,
     "c4", "member 'helpful' must be true or false"},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"question\":\"x\",\"helpful\":true}", WIRE_BAD_REQUEST,
     "c4", "member 'question' must be a number as a reply named it, like \"12\""},
    {"{\"type\":\"rate\",\"id\":\"c4\",\"question\":1,\"helpful\":true,\"comment\":1}",
     WIRE_BAD_REQUEST, "c4", "member 'comment' must be a string"},
    {"{\"type\":\"forget\",\"id\":\"c5\"}", WIRE_OK, "", ""},
    {"{\"type\":\"shout\",\"id\":\"c6\",\"text\":5}", WIRE_UNKNOWN_TYPE, "c6",
     "unknown type 'shout': must be hello, ask, pick, suggest, rate or forget"},
    {"{\"type\":\"あいうえおかきくけこさしすせそ\"}", WIRE_UNKNOWN_TYPE, "",
     "unknown type 'あいうえおかきくけこさしす': must be hello, ask, pick, suggest, rate or "
     "forget"},
    {"{\"type\":1,\"id\":\"c6\"}", WIRE_BAD_REQUEST, "c6", "member 'type' must be a string"},
    {"{\"id\":\"c6\",\"text\":\"a\"}", WIRE_BAD_REQUEST, "c6", "member 'type' is missing"},
    {"{\"type\":null,\"id\":\"c6\"}", WIRE_BAD_REQUEST, "c6", "member 'type' is missing"},
    {"{}", WIRE_BAD_REQUEST, "", "member 'type' is missing"},
    {"[]", WIRE_BAD_REQUEST, "", "a message must be a JSON object"},
    {"\"ask\"", WIRE_BAD_REQUEST, "", "a message must be a JSON object"},
    {"42", WIRE_BAD_REQUEST, "", "a message must be a JSON object"},
    {"料金", WIRE_BAD_JSON, "", "value expected at byte 0"},
    {"", WIRE_BAD_JSON, "", "unfinished message at byte 0"},
    {"{\"id\":\"c7\",\"text\":\"a}", WIRE_BAD_JSON, "c7", "unfinished string at byte 21"},
    {"{\"id\":\"c7\",\"text\":\"\\ud83d\"}", WIRE_BAD_JSON, "c7",
     "half a surrogate pair at byte 19"},
    {"{\"id\":\"c7\",\"text\":\"a\\u0000b\"}", WIRE_BAD_JSON, "c7",
     "\\u0000 is not allowed at byte 20"},
    {"{\"id\":\"c7\",\"text\":\"a\",\"text\":\"b\"}", WIRE_BAD_JSON, "c7",
     "member 'text' appears twice"},
    {"{\"id\":\"c7\",\"id\":\"c8\"}", WIRE_BAD_JSON, "", "member 'id' appears twice"},
    {"{\"id\":\"c7\",\"x\":[{\"名\":1,\"名\":2}]}", WIRE_BAD_JSON, "c7",
     "member '名' appears twice"},
    {"{\"id\":\"c7\"} {}", WIRE_BAD_JSON, "c7", "text after the end of the message at byte 12"},
};

static void test_wire_parse__each_kind_of_message__has_its_verdict_id_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        enum wire_code code = parse(verdicts[i].json);
        if (code != verdicts[i].code)
            fail_msg("%s: %s, not %s", verdicts[i].json, wire_code_name(code),
                     wire_code_name(verdicts[i].code));
        if (code == WIRE_OK)
            continue;
        assert_int_equal(err.code, code);
        assert_string_equal(err.id, verdicts[i].id);
        assert_string_equal(err.message, verdicts[i].message);
        assert_true(err.retry_after_ms == 0);
    }
}

static void test_wire_parse__type_left_out_of_a_post__is_ask(void **state)
{
    (void)state;
    const char *ask = "{\"text\":\"料金\"}", *null = "{\"type\":null,\"text\":\"料金\"}",
               *forget = "{\"type\":\"forget\"}", *nothing = "{}";

    assert_int_equal(wire_parse(span_str(ask), true, &say, &err), WIRE_OK);
    assert_int_equal(say.type, SAY_ASK);
    assert_int_equal(wire_parse(span_str(null), true, &say, &err), WIRE_OK);
    assert_int_equal(wire_parse(span_str(forget), true, &say, &err), WIRE_OK);
    assert_int_equal(say.type, SAY_FORGET);
    assert_int_equal(wire_parse(span_str(nothing), true, &say, &err), WIRE_BAD_REQUEST);
}

static void test_wire_parse__ids__of_64_bytes_are_kept_and_of_65_refused(void **state)
{
    (void)state;
    char json[200];

    (void)snprintf(json, sizeof(json), "{\"type\":\"forget\",\"id\":\"%064d\"}", 0);
    assert_int_equal(parse(json), WIRE_OK);
    assert_int_equal(say.id.len, 64);
    (void)snprintf(json, sizeof(json), "{\"type\":\"forget\",\"id\":\"%065d\"}", 0);
    assert_int_equal(parse(json), WIRE_BAD_REQUEST);
    assert_string_equal(err.id, "");
    (void)snprintf(json, sizeof(json), "{\"type\":\"x\",\"id\":\"%064d\"}", 0);
    assert_int_equal(parse(json), WIRE_UNKNOWN_TYPE);
    assert_int_equal(strlen(err.id), 64);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void test_wire_print_error__any_id_and_message__is_json_with_the_same_strings(void **state)
{
    (void)state;
    struct wire_error e = {.code = WIRE_BAD_REQUEST, .id = "\"c\\1\n", .message = "a 'b' \"c\""};
    struct buf out;

    buf_init(&out, 0);
    wire_print_error(&e, &out);
    json_t *root = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "type")), "error");
    assert_string_equal(json_string_value(json_object_get(root, "id")), e.id);
    assert_string_equal(json_string_value(json_object_get(root, "code")), "bad_request");
    assert_string_equal(json_string_value(json_object_get(root, "message")), e.message);
    assert_null(json_object_get(root, "retry_after_ms"));
    json_decref(root);

    buf_clear(&out);
    e = (struct wire_error){.code = WIRE_RATE_LIMITED, .message = "slow", .retry_after_ms = 250};
    wire_print_error(&e, &out);
    assert_string_equal(buf_cstr(&out), "{\"type\":\"error\",\"id\":null,\"code\":\"rate_limited\","
                                        "\"message\":\"slow\",\"retry_after_ms\":250}");
    buf_release(&out);
}

static void test_wire_print_done__with_and_without_a_session(void **state)
{
    (void)state;
    struct buf out;

    buf_init(&out, 0);
    wire_print_done(span_str("c4"), NULL, &out);
    assert_string_equal(buf_cstr(&out), "{\"type\":\"done\",\"id\":\"c4\"}");
    buf_clear(&out);
    wire_print_done(span_of(NULL, 0), "v1.a.b", &out);
    assert_string_equal(buf_cstr(&out), "{\"type\":\"done\",\"id\":null,\"session\":\"v1.a.b\"}");
    buf_release(&out);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static const struct {
    const char *url, *page;
} pages[] = {
    {"https://flets.example/ons/", "https://flets.example/ons/"},
    {"http://flets.example", "http://flets.example"},
    {"HTTPS://flets.example/a", "HTTPS://flets.example/a"},
    {"https://flets.example:8443/a?q=1#f", "https://flets.example:8443/a"},
    {"https://flets.example/a#f?q", "https://flets.example/a"},
    {"https://flets.example?q=1", "https://flets.example"},
    {"https://taro:secret@flets.example/a", "https://flets.example/a"},
    {"https://a@b@flets.example/", "https://flets.example/"},
    {"https://flets.example/a@b", "https://flets.example/a@b"},
    {"https://flets.example?u=@x", "https://flets.example"},
    {"https://flets.example\\a@b", "https://flets.example\\a@b"},
    {"https://flets.example/料金", "https://flets.example/料金"},
    {"https://taro@", ""},
    {"https://", ""},
    {"https:///a", ""},
    {"https://?q", ""},
    {"https://:80/", ""},
    {"https:/flets.example/", ""},
    {"ftp://flets.example/", ""},
    {"file:///etc/passwd", ""},
    {"javascript:alert(1)", ""},
    {"httpx://a", ""},
    {" https://flets.example/", ""},
    {"https://flets.example/a\nb", ""},
    {"https://flets.example/a\x7f", ""},
    {"https://flets.example/a\xc2\x85", ""},
    {"https://flets.example/a\xc2\xa0", "https://flets.example/a\xc2\xa0"},
    {"https://flets.example/\xe6\x97", ""},
    {"https://flets.example/\xc2", ""},
    {"", ""},
    {"h", ""},
};

static void test_wire_page__urls__lose_query_fragment_and_user(void **state)
{
    (void)state;
    char page[RECORD_PAGE_BYTES_MAX + 1];

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        wire_page(span_str(pages[i].url), page);
        assert_string_equal(page, pages[i].page);
    }
    wire_page(span_of("https://a.example/\0b", 20), page);
    assert_string_equal(page, "");
}

static void test_wire_page__too_long__is_cut_between_characters(void **state)
{
    (void)state;
    char url[2000], page[RECORD_PAGE_BYTES_MAX + 1];

    for (size_t pad = 0; pad < 9; pad++) {
        size_t n = (size_t)sprintf(url, "https://u@a.example/%.*s", (int)pad, "xxxxxxxxx");
        for (int i = 0; i < 200; i++)
            n += (size_t)sprintf(url + n, "料");
        wire_page(span_str(url), page);
        size_t len = strlen(page);
        assert_true(len <= RECORD_PAGE_BYTES_MAX && len > RECORD_PAGE_BYTES_MAX - 3);
        assert_true(utf8_valid(span_str(page)));

        n = (size_t)sprintf(url, "https://a.example/%.*s", (int)pad, "xxxxxxxxx");
        for (int i = 0; i < 200; i++)
            n += (size_t)sprintf(url + n, "%%E6");
        wire_page(span_str(url), page);
        len = strlen(page);
        assert_true(len <= RECORD_PAGE_BYTES_MAX && len > RECORD_PAGE_BYTES_MAX - 3);
        assert_string_equal(page + len - 3, "%E6");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_parse__any_value_of_an_unknown_member__jansson_agrees),
        cmocka_unit_test(test_wire_parse__whole_messages__jansson_agrees),
        cmocka_unit_test(test_wire_parse__random_damage__jansson_agrees),
        cmocka_unit_test(test_wire_parse__every_prefix_of_a_message__is_bad_json),
        cmocka_unit_test(test_wire_parse__sixteen_levels__are_read_and_seventeen_refused),
        cmocka_unit_test(test_wire_parse__reals_from_1e308_on__are_refused),
        cmocka_unit_test(test_wire_parse__more_than_the_ceiling__is_bad_request),
        cmocka_unit_test(test_wire_parse__a_message_full_of_members__duplicates_are_found),
        cmocka_unit_test(test_wire_parse__an_ask__all_its_members_are_there),
        cmocka_unit_test(test_wire_parse__escaped_member_names__are_the_same_members),
        cmocka_unit_test(test_wire_parse__members_of_inner_objects__do_not_count),
        cmocka_unit_test(test_wire_parse__empty_text__is_there_but_empty),
        cmocka_unit_test(test_wire_parse__a_message_after_another__nothing_is_left_of_the_first),
        cmocka_unit_test(test_wire_parse__languages__those_we_speak_are_known_and_none_is_an_error),
        cmocka_unit_test(test_wire_parse__question_ids__strings_of_digits_and_integers),
        cmocka_unit_test(test_wire_parse__each_kind_of_message__has_its_verdict_id_and_reason),
        cmocka_unit_test(test_wire_parse__type_left_out_of_a_post__is_ask),
        cmocka_unit_test(test_wire_parse__ids__of_64_bytes_are_kept_and_of_65_refused),
        cmocka_unit_test(test_wire_print_error__any_id_and_message__is_json_with_the_same_strings),
        cmocka_unit_test(test_wire_print_done__with_and_without_a_session),
        cmocka_unit_test(test_wire_page__urls__lose_query_fragment_and_user),
        cmocka_unit_test(test_wire_page__too_long__is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "core/kb.h"

#include "base/mem.h"
#include "blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* 2025-03-31 24:00 in Asia/Tokyo */
#define APRIL INT64_C(1743433200000)

struct built {
    struct tree tree;
    struct content *content;
    struct kb *kb;
    struct diags diags;
    int64_t now_ms;
};

static void begin(struct built *b)
{
    *b = (struct built){0};
    diags_init(&b->diags);
}

static void add(struct built *b, const char *name, const char *bytes)
{
    tree_add(&b->tree, name, span_str(bytes));
}

static void build(struct built *b)
{
    b->content = content_parse(&b->tree, &b->diags);
    b->kb = kb_build(&b->tree, b->content, b->now_ms, &b->diags);
    assert_non_null(b->kb);
}

static void release(struct built *b)
{
    kb_free(b->kb);
    content_free(b->content);
    tree_release(&b->tree);
    diags_release(&b->diags);
}

static int32_t intent_of(const struct built *b, const char *id)
{
    int32_t i = content_find(b->content, span_str(id));
    assert_true(i >= 0);
    return i;
}

static void need_no_diags(const struct built *b)
{
    if (b->diags.n > 0)
        fail_msg("%s:%u: %s", b->diags.items[0].file, b->diags.items[0].line,
                 b->diags.items[0].text);
}

/* The members that were printed, as an object. */
static json_t *object_of(struct buf *printed)
{
    struct buf whole;
    json_error_t err;
    buf_init(&whole, 0);
    buf_addc(&whole, '{');
    buf_add(&whole, printed->ptr, printed->len);
    buf_addc(&whole, '}');
    json_t *json = json_loadb(whole.ptr, whole.len, JSON_REJECT_DUPLICATES, &err);
    if (json == NULL)
        fail_msg("%s: %s", err.text, buf_cstr(&whole));
    buf_release(&whole);
    buf_release(printed);
    return json;
}

static const char *member(const json_t *json, const char *key)
{
    const char *s = json_string_value(json_object_get(json, key));
    assert_non_null(s);
    return s;
}

static const char slot[] = "{\"values\":{\"east\":{\"label\":{\"ja\":\"東\"},\"terms\":[\"東京\"]},"
                           "\"west\":{\"label\":{\"ja\":"
                           "\"西\"},\"terms\":[\"大阪\"]}}}";

/* Which file answers? Each says its own name. */
static void test_kb__answer__comes_from_the_nearest_file_that_there_is(void **state)
{
    (void)state;
    static const char *const files[] = {"kb/both.md",         "kb/both.east.md", "kb/en/both.md",
                                        "kb/en/both.west.md", "kb/plain.md",     "kb/japanese.md",
                                        "kb/japanese.west.md"};
    struct built b;
    begin(&b);
    add(&b, "intents/both.json", "{\"examples\":[\"あ\"],\"slot\":\"area\"}");
    add(&b, "intents/japanese.json", "{\"examples\":[\"い\"],\"slot\":\"area\"}");
    add(&b, "intents/plain.json", "{\"examples\":[\"う\"]}");
    add(&b, "intents/nobody.json", "{\"examples\":[\"え\"],\"reject\":true}");
    add(&b, "intents/slots/area.json", slot);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char text[100];
        snprintf(text, sizeof(text), "# %s\n\nx\n", files[i] + 3);
        add(&b, files[i], text);
    }
    build(&b);
    need_no_diags(&b);
    assert_int_equal(b.content->nslots, 1);
    int32_t east = strcmp(b.content->slots[0].values[0].id, "east") == 0 ? 0 : 1, west = 1 - east;

    const struct {
        const char *intent;
        enum lang lang;
        int32_t value;
        const char *title;
    } cases[] = {
        {"both", LANG_JA, -1, "both.md"},
        {"both", LANG_JA, east, "both.east.md"},
        {"both", LANG_JA, west, "both.md"},
        {"both", LANG_EN, -1, "en/both.md"},
        {"both", LANG_EN, east, "en/both.md"},
        {"both", LANG_EN, west, "en/both.west.md"},
        {"plain", LANG_JA, -1, "plain.md"},
        {"plain", LANG_JA, 0, "plain.md"},
        {"plain", LANG_EN, 5, "plain.md"},
        {"japanese", LANG_EN, -1, "japanese.md"},
        {"japanese", LANG_EN, east, "japanese.md"},
        {"japanese", LANG_EN, west, "japanese.west.md"},
        {"japanese", LANG_EN, 2, "japanese.md"},
        {"japanese", LANG_EN, INT32_MAX, "japanese.md"},
        {"japanese", LANG_EN, INT32_MIN, "japanese.md"},
        {"nobody", LANG_JA, -1, NULL},
        {"nobody", LANG_EN, 0, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct kb_answer *a =
            kb_find(b.kb, intent_of(&b, cases[i].intent), cases[i].lang, cases[i].value);
        if (cases[i].title == NULL) {
            assert_null(a);
        } else if (a == NULL || !span_is(a->title, cases[i].title)) {
            fail_msg("case %zu: %.*s", i, SPAN_ARG(a != NULL ? a->title : span_str("none")));
        } else {
            assert_int_equal(a->lang, strncmp(cases[i].title, "en/", 3) == 0 ? LANG_EN : LANG_JA);
        }
    }
    assert_null(kb_find(b.kb, -1, LANG_JA, -1));
    assert_null(kb_find(b.kb, (int32_t)b.content->nintents, LANG_JA, -1));
    release(&b);
}

static void test_kb__answer__is_printed_as_members_of_a_reply(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
    add(&b, "kb/a.md",
        "\xEF\xBB\xBF---\r\nsource: 表 \"1\"\r\nreview-by: 2027-06-30\r\nlinks: https://a.example "
        "https://b.example\r\n---\r\n# 題 \"x\"\r\n\r\n一\\\\\r\n\r\n- 二\r\n");
    build(&b);
    need_no_diags(&b);
    const struct kb_answer *a = kb_find(b.kb, 0, LANG_JA, -1);
    assert_true(span_is(a->title, "題 \"x\""));
    assert_true(span_is(a->title_json, "\"題 \\\"x\\\"\""));
    assert_true(span_is(a->text, "一\\\n・二"));
    assert_string_equal(a->valid_until, "");
    assert_true(a->valid_until_ms == INT64_MAX);
    struct buf out;
    buf_init(&out, 0);
    kb_print_answer(b.kb, a, NULL, INT64_MAX - 1, &out);
    json_t *json = object_of(&out);
    assert_string_equal(member(json, "title"), "題 \"x\"");
    assert_string_equal(member(json, "text"), "一\\\n・二");
    assert_int_equal(json_array_size(json_object_get(json, "body")), 2);
    assert_int_equal(json_object_size(json), 3);
    json_decref(json);
    release(&b);
}

static void test_kb__answer_that_is_over__begins_with_a_note(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
    add(&b, "kb/a.md", "---\nvalid-until: 2025-03-31\n---\n# 題\n\n本文\n");
    add(&b, "kb/en/a.md", "---\nvalid-until: 2025-03-31\n---\n# Title\n\nText\n");
    add(&b, "kb/site.json",
        "{\"messages\":{\"expired\":{\"ja\":\"{date}まで。\\n\\\"{date}\\\"\",\"en\":\"Until "
        "{date}.\"}}}");
    b.now_ms = APRIL - 1;
    build(&b);
    need_no_diags(&b);

    const struct kb_answer *ja = kb_find(b.kb, 0, LANG_JA, -1), *en = kb_find(b.kb, 0, LANG_EN, -1);
    assert_string_equal(ja->valid_until, "2025-03-31");
    assert_true(ja->valid_until_ms == APRIL);

    struct buf out;
    buf_init(&out, 0);
    kb_print_answer(b.kb, ja, NULL, APRIL - 1, &out);
    json_t *json = object_of(&out);
    assert_string_equal(member(json, "text"), "本文");
    assert_int_equal(json_array_size(json_object_get(json, "body")), 1);
    json_decref(json);

    kb_print_answer(b.kb, ja, NULL, APRIL, &out);
    json = object_of(&out);
    assert_string_equal(member(json, "text"), "2025年3月31日まで。\n\"2025年3月31日\"\n本文");
    assert_string_equal(member(json, "title"), "題");
    json_t *body = json_object_get(json, "body");
    assert_null(blocks_fault(body));
    assert_int_equal(json_array_size(body), 2);
    assert_string_equal(member(json_array_get(body, 0), "t"), "note");
    assert_int_equal(json_array_size(json_object_get(json_array_get(body, 0), "c")), 2);
    json_decref(json);

    kb_print_answer(b.kb, en, NULL, APRIL, &out);
    json = object_of(&out);
    assert_string_equal(member(json, "text"), "Until 31 March 2025.\nText");
    json_decref(json);
    release(&b);
}

static void test_kb__a_lead__stands_before_all_else_in_text_and_body(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
    add(&b, "kb/a.md", "---\nvalid-until: 2025-03-31\n---\n# 題\n\n本文\n");
    add(&b, "kb/site.json", "{\"messages\":{\"expired\":{\"ja\":\"{date}まで。\"}}}");
    b.now_ms = APRIL - 1;
    build(&b);
    need_no_diags(&b);

    struct lead lead;
    lead_begin(&lead);
    lead_open(&lead, true);
    lead_add(&lead, "太字の\"一\"");
    lead_open(&lead, false);
    lead_add(&lead, "二");
    struct buf out;
    buf_init(&out, 0);
    kb_print_answer(b.kb, kb_find(b.kb, 0, LANG_JA, -1), &lead, APRIL, &out);
    json_t *json = object_of(&out);
    assert_string_equal(member(json, "text"), "太字の\"一\"\n二\n2025年3月31日まで。\n本文");
    json_t *body = json_object_get(json, "body");
    assert_null(blocks_fault(body));
    assert_int_equal(json_array_size(body), 4);
    json_t *first = json_array_get(json_object_get(json_array_get(body, 0), "c"), 0);
    assert_string_equal(member(first, "t"), "b");
    assert_string_equal(json_string_value(json_array_get(json_object_get(first, "c"), 0)),
                        "太字の\"一\"");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_array_get(body, 1), "c"), 0)), "二");
    assert_string_equal(member(json_array_get(body, 2), "t"), "note");
    json_decref(json);

    lead_begin(&lead); /* nothing to say: as without one */
    kb_print_answer(b.kb, kb_find(b.kb, 0, LANG_JA, -1), &lead, APRIL - 1, &out);
    json = object_of(&out);
    assert_string_equal(member(json, "text"), "本文");
    assert_int_equal(json_array_size(json_object_get(json, "body")), 1);
    json_decref(json);
    release(&b);
}

static void test_kb__japanese_sentence_for_an_english_answer__has_a_japanese_date(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
    add(&b, "kb/a.md", "# 題\n\n本文\n");
    add(&b, "kb/en/a.md", "---\nvalid-until: 2025-03-31\n---\n# Title\n\nText\n");
    add(&b, "kb/site.json", "{\"messages\":{\"expired\":{\"ja\":\"{date}まで。\"}}}");
    build(&b);
    need_no_diags(&b);
    struct buf out;
    buf_init(&out, 0);
    kb_print_answer(b.kb, kb_find(b.kb, 0, LANG_EN, -1), NULL, APRIL, &out);
    json_t *json = object_of(&out);
    assert_string_equal(member(json, "text"), "2025年3月31日まで。\nText");
    json_decref(json);
    release(&b);
}

static const struct {
    const char *name, *file;
    enum severity severity;
    unsigned line;
    const char *says; /* NULL: nothing is wrong */
} fronts[] = {
    {"none", "# 題\n\nx\n", SEVERITY_ERROR, 0, NULL},
    {"empty", "---\n---\n# 題\n\nx\n", SEVERITY_ERROR, 0, NULL},
    {"a blank line", "---\nsource: x\n\n---\n# 題\n\nx\n", SEVERITY_ERROR, 0, NULL},
    {"a colon in a value", "---\nsource: x: y\n---\n# 題\n\nx\n", SEVERITY_ERROR, 0, NULL},
    {"an unknown key", "---\nsource: x\nvalid-untill: 2025-03-31\n---\n# 題\n\nx\n", SEVERITY_ERROR,
     3, "unknown key 'valid-untill': did you mean 'valid-until'?"},
    {"a key like no other", "---\nauthor: x\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2,
     "known are source, valid-until, review-by, links"},
    {"a key twice", "---\nsource: x\nsource: y\n---\n# 題\n\nx\n", SEVERITY_ERROR, 3, "twice"},
    {"no colon", "---\nsource\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2, "is no 'key: value' line"},
    {"no value", "---\nsource:\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2, "has no value"},
    {"no end", "---\nsource: x\n", SEVERITY_ERROR, 1, "does not end"},
    {"no end before the heading", "---\nsource: x\n# 題\n\nx\n", SEVERITY_ERROR, 1,
     "before the heading in line 3"},
    {"a day that is none", "---\nvalid-until: 2025-02-30\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2,
     "valid-until: '2025-02-30' is no date"},
    {"a date in quotes", "---\nreview-by: \"2099-01-01\"\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2,
     "review-by: '\"2099-01-01\"' is no date"},
    {"a link", "---\nlinks: https://a.example, javascript:1\n---\n# 題\n\nx\n", SEVERITY_ERROR, 2,
     "links: 'javascript:1' is not allowed"},
    {"over", "---\nvalid-until: 2025-03-31\n---\n# 題\n\nx\n", SEVERITY_WARNING, 2,
     "valid-until: 2025-03-31 is over"},
    {"valid to the last moment", "---\nvalid-until: 2025-04-01\n---\n# 題\n\nx\n", SEVERITY_ERROR,
     0, NULL},
    {"to be looked at", "---\nreview-by: 2025-03-31\n---\n# 題\n\nx\n", SEVERITY_WARNING, 2,
     "review-by: 2025-03-31 is over"},
    {"to be looked at today", "---\nreview-by: 2025-04-01\n---\n# 題\n\nx\n", SEVERITY_ERROR, 0,
     NULL},
    {"a fault below", "---\nsource: x\n---\n# 題\n\n*x*\n", SEVERITY_ERROR, 6, "*emphasis*"},
    {"faults in both", "---\nsauce: x\n---\n# 題\n\n*x*\n", SEVERITY_ERROR, 6, "*emphasis*"},
    {"not UTF-8", "# 題\n\nx\n\xff\n", SEVERITY_ERROR, 4, "byte 0xff is not valid UTF-8"},
    {"a control character", "# 題\n\n\x1b[31m\n", SEVERITY_ERROR, 3, "control character"},
    {"a Windows file", "---\r\nsource: x\r\n---\r\n# 題\r\n\r\nx\r\n", SEVERITY_ERROR, 0, NULL},
};

static void test_kb__front_matter__is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
        struct built b;
        begin(&b);
        add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
        add(&b, "kb/a.md", fronts[i].file);
        b.now_ms = APRIL;
        build(&b);
        bool found = fronts[i].says == NULL && b.diags.n == 0;
        for (size_t d = 0; d < b.diags.n; d++)
            found = found || (fronts[i].says != NULL && b.diags.items[d].line == fronts[i].line &&
                              b.diags.items[d].severity == fronts[i].severity &&
                              strcmp(b.diags.items[d].file, "kb/a.md") == 0 &&
                              strstr(b.diags.items[d].text, fronts[i].says) != NULL);
        if (!found) {
            diags_print(&b.diags, stderr);
            fail_msg("%s", fronts[i].name);
        }
        bool answer = fronts[i].says == NULL || fronts[i].severity == SEVERITY_WARNING;
        assert_true((kb_find(b.kb, 0, LANG_JA, -1) != NULL) == answer);
        release(&b);
    }
}

static void test_kb__faults_of_two_files__are_both_reported(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"]}");
    add(&b, "kb/a.md", "# 題\n\n*x*\n");
    add(&b, "kb/en/a.md", "# Title\n\n<b>x</b>\n");
    add(&b, "kb/site.json", "{\"nam\":1}");
    build(&b);
    size_t ja = 0, en = 0, site = 0;
    for (size_t i = 0; i < b.diags.n; i++) {
        ja += strcmp(b.diags.items[i].file, "kb/a.md") == 0;
        en += strcmp(b.diags.items[i].file, "kb/en/a.md") == 0;
        site += strcmp(b.diags.items[i].file, "kb/site.json") == 0;
    }
    assert_int_equal(ja, 1);
    assert_int_equal(en, 2); /* <b> and </b> */
    assert_int_equal(site, 1);
    release(&b);
}

static const char site_json[] =
    "{\"name\":{\"ja\":\"案内\",\"en\":\"Guide\"},\"welcome\":{\"ja\":\"よう\\nこそ\",\"en\":"
    "\"Hi\"},"
    "\"contacts\":[{\"id\":\"x\",\"label\":{\"ja\":\"窓口\",\"en\":\"Desk\"},\"phone\":\"0120-087-"
    "033\","
    "\"url\":\"https://a.example/\",\"hours\":[{\"days\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\"],"
    "\"from\":\"09:00\",\"to\":\"17:00\"}],\"holidays\":false},{\"label\":\"夜\",\"phone\":\"111\"}"
    "],"
    "\"categories\":[{\"id\":\"two\",\"title\":{\"ja\":\"二\",\"en\":\"Two\"}},{\"id\":\"none\","
    "\"title\":\"無\"},{\"id\":\"one\",\"title\":{\"ja\":\"一\"}}],\"never_mask\":[\"0120-116-"
    "116\"],"
    "\"messages\":{\"choose\":{\"ja\":\"選ぶ\\n\\n\\\"次\\\"\",\"en\":\"Pick\"}}}";

static void begin_site(struct built *b)
{
    begin(b);
    add(b, "intents/a.json", "{\"examples\":[\"あ\"],\"category\":\"one\"}");
    add(b, "intents/b.json", "{\"examples\":[\"い\"],\"category\":\"two\"}");
    add(b, "intents/c.json", "{\"examples\":[\"う\"],\"category\":\"one\"}");
    add(b, "intents/d.json", "{\"examples\":[\"え\"],\"category\":\"one\",\"talk\":true}");
    add(b, "intents/e.json", "{\"examples\":[\"お\"],\"category\":\"one\",\"reject\":true}");
    add(b, "kb/a.md", "# A\n\nx\n");
    add(b, "kb/b.md", "# B\n\nx\n");
    add(b, "kb/c.md", "# C\n\nx\n");
    add(b, "kb/d.md", "# D\n\nx\n");
    add(b, "kb/en/c.md", "# Sea\n\nx\n");
    add(b, "kb/site.json", site_json);
}

static void test_kb__welcome__lists_categories_in_menu_order_with_their_topics(void **state)
{
    (void)state;
    struct built b;
    begin_site(&b);
    build(&b);
    need_no_diags(&b);
    static const struct {
        enum lang lang;
        const char *printed;
    } cases[] = {
        {LANG_JA,
         "\"name\":\"案内\",\"welcome\":\"よう\\nこそ\",\"privacy\":"
         "\"ご質問は、電話番号などの個人の番号を伏せて保"
         "存します。お名前やご住所などの個人情報は入力しないでください。\",\"categories\":[{\"id\":"
         "\"two\","
         "\"title\":\"二\",\"topics\":[{\"intent\":\"b\",\"title\":\"B\"}]},{\"id\":\"one\","
         "\"title\":\"一\","
         "\"topics\":[{\"intent\":\"a\",\"title\":\"A\"},{\"intent\":\"c\",\"title\":\"C\"}]}]"},
        {LANG_EN,
         "\"name\":\"Guide\",\"welcome\":\"Hi\",\"privacy\":\"Your questions are stored with "
         "personal "
         "numbers masked. Please do not enter names, addresses or other personal "
         "data.\",\"categories\":[{\"id\":\"two\",\"title\":\"Two\",\"topics\":[{\"intent\":\"b\","
         "\"title\":\"B\"}]},{\"id\":\"one\",\"title\":\"一\",\"topics\":[{\"intent\":\"a\","
         "\"title\":"
         "\"A\"},{\"intent\":\"c\",\"title\":\"Sea\"}]}]"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        buf_init(&out, 0);
        kb_print_welcome(b.kb, cases[i].lang, &out);
        assert_string_equal(buf_cstr(&out), cases[i].printed);
        buf_release(&out);
    }
    assert_true(span_is(kb_site_name(b.kb, LANG_EN), "Guide"));
    release(&b);
}

static void test_kb__contacts__are_printed_with_their_state(void **state)
{
    (void)state;
    struct built b;
    begin_site(&b);
    build(&b);
    int64_t monday = INT64_C(1795402800000); /* 2026-11-23T03:00:00Z: noon */
    static const struct {
        enum lang lang;
        int64_t after_ms;
        const char *json, *text;
    } cases[] = {
        {LANG_JA, 0,
         "[{\"label\":\"窓口\",\"phone\":\"0120-087-033\",\"url\":\"https://a.example/"
         "\",\"hours\":\"月〜金 9:00〜17:00\",\"open\":true},{\"label\":\"夜\",\"phone\":\"111\","
         "\"open\":null}]",
         "窓口  0120-087-033  https://a.example/  月〜金 9:00〜17:00 (受付中)\n夜  111\n"},
        {LANG_EN, 6 * 3600 * 1000,
         "[{\"label\":\"Desk\",\"phone\":\"0120-087-033\",\"url\":\"https://a.example/"
         "\",\"hours\":\"Mon–Fri 9:00–17:00\",\"open\":false},{\"label\":\"夜\",\"phone\":\"111\","
         "\"open\":null}]",
         "Desk  0120-087-033  https://a.example/  Mon–Fri 9:00–17:00 (closed now)\n夜  111\n"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        buf_init(&out, 0);
        kb_print_contacts(b.kb, cases[i].lang, monday + cases[i].after_ms, &out);
        assert_string_equal(buf_cstr(&out), cases[i].json);
        buf_clear(&out);
        kb_print_contacts_text(b.kb, cases[i].lang, monday + cases[i].after_ms, &out);
        assert_string_equal(buf_cstr(&out), cases[i].text);
        buf_release(&out);
    }
    const char *const *never;
    assert_int_equal(kb_never_mask(b.kb, &never), 1);
    assert_string_equal(never[0], "0120116116");
    release(&b);
}

static void test_kb__message__is_printed_as_members_of_a_reply(void **state)
{
    (void)state;
    struct built b;
    begin_site(&b);
    build(&b);
    struct buf out;
    buf_init(&out, 0);
    kb_print_message(b.kb, KB_CHOOSE, LANG_JA, &out);
    assert_string_equal(
        buf_cstr(&out),
        "\"title\":\"\",\"text\":\"選ぶ\\n\\n\\\"次\\\"\",\"body\":[{\"t\":\"p\",\"c\":[\"選ぶ"
        "\"]},{\"t\":\"p\",\"c\":[\"\\\"次\\\"\"]}]");
    buf_release(&out);
    assert_true(span_is(kb_message_text(b.kb, KB_CHOOSE, LANG_EN), "Pick"));
    release(&b);
}

static void test_kb__no_site_file__has_sentences_no_contacts_and_no_menu(void **state)
{
    (void)state;
    struct built b;
    begin(&b);
    add(&b, "intents/a.json", "{\"examples\":[\"あ\"],\"category\":\"whatever\"}");
    add(&b, "kb/a.md", "# A\n\nx\n");
    build(&b);
    need_no_diags(&b);
    struct buf out;
    buf_init(&out, 0);
    kb_print_contacts(b.kb, LANG_JA, 0, &out);
    assert_string_equal(buf_cstr(&out), "[]");
    buf_clear(&out);
    kb_print_contacts_text(b.kb, LANG_JA, 0, &out);
    assert_int_equal(out.len, 0);
    kb_print_welcome(b.kb, LANG_EN, &out);
    json_t *json = object_of(&out);
    assert_int_equal(json_array_size(json_object_get(json, "categories")), 0);
    assert_true(strlen(member(json, "welcome")) > 0);
    json_decref(json);
    for (enum kb_message m = KB_UNANSWERED; m <= KB_HANDOVER; m++) {
        for (enum lang lang = LANG_JA; lang <= LANG_EN; lang++) {
            kb_print_message(b.kb, m, lang, &out);
            json = object_of(&out);
            assert_null(blocks_fault(json_object_get(json, "body")));
            assert_int_equal(json_array_size(json_object_get(json, "body")), 1);
            json_decref(json);
        }
    }
    release(&b);
}

static void test_kb__category_that_the_site_does_not_list__is_an_error_at_the_intent(void **state)
{
    (void)state;
    struct built b;
    begin_site(&b);
    add(&b, "intents/f.json", "{\"examples\":[\"か\"],\n\"reject\":true,\n\"category\":\"tow\"}");
    add(&b, "intents/g.json", "{\"category\":\"something\",\"examples\":[\"き\"],\"reject\":true}");
    build(&b);
    assert_int_equal(b.diags.nerrors, 2);
    assert_string_equal(b.diags.items[0].file, "intents/f.json");
    assert_int_equal(b.diags.items[0].line, 3);
    assert_non_null(strstr(b.diags.items[0].text, "did you mean 'two'?"));
    assert_string_equal(b.diags.items[1].file, "intents/g.json");
    assert_int_equal(b.diags.items[1].line, 1);
    release(&b);
}

static void test_kb__100000_intents__cost_little_and_are_found(void **state)
{
    (void)state;
    struct content content = {.nintents = CONTENT_INTENTS_MAX};
    struct tree tree = {0};
    struct diags diags;
    diags_init(&diags);
    content.intents = mem_zalloc_array(content.nintents, sizeof(*content.intents));
    tree.files = mem_zalloc_array(content.nintents, sizeof(*tree.files));
    for (size_t i = 0; i < content.nintents; i++) {
        char id[40], file[60], text[60];
        snprintf(id, sizeof(id), "t%06zu", i);
        snprintf(file, sizeof(file), "kb/%s.md", id);
        snprintf(text, sizeof(text), "# %zu\n\nx\n", i);
        content.intents[i] =
            (struct content_intent){.id = mem_strdup(id), .category = "", .slot = -1};
        tree.files[i] = (struct tree_file){mem_strdup(file), mem_strdup(text), strlen(text)};
    }
    tree.n = content.nintents;
    struct kb *kb = kb_build(&tree, &content, 0, &diags);
    assert_int_equal(diags.n, 0);
    for (int32_t i = 0; i < CONTENT_INTENTS_MAX; i += 777) {
        char title[20];
        snprintf(title, sizeof(title), "%d", i);
        assert_true(span_is(kb_find(kb, i, LANG_EN, -1)->title, title));
    }
    kb_free(kb);
    for (size_t i = 0; i < content.nintents; i++)
        free(content.intents[i].id);
    free(content.intents);
    tree_release(&tree);
    diags_release(&diags);
}

/* The content of the project itself. */
static void test_kb__shipped_content__has_no_errors_and_only_allowed_blocks(void **state)
{
    (void)state;
    static const char *const subs[] = {"intents", "kb", NULL};
    struct built b;
    struct diags of_intents;
    begin(&b);
    diags_init(&of_intents); /* test_content.c looks at these */
    tree_read(&b.tree, FAQD_SOURCE_DIR, subs, &b.diags);
    b.content = content_parse(&b.tree, &of_intents);
    diags_release(&of_intents);
    b.kb = kb_build(&b.tree, b.content, INT64_C(1795402800000), &b.diags);
    need_no_diags(&b);

    size_t answers = 0;
    for (size_t i = 0; i < b.content->nintents; i++) {
        const struct content_intent *intent = &b.content->intents[i];
        int32_t values = intent->slot >= 0 ? (int32_t)b.content->slots[intent->slot].nvalues : 0;
        for (int32_t v = -1; v < values; v++) {
            for (enum lang lang = LANG_JA; lang <= LANG_EN; lang++) {
                const struct kb_answer *a = kb_find(b.kb, (int32_t)i, lang, v);
                if (a == NULL)
                    continue;
                struct buf out;
                buf_init(&out, 0);
                kb_print_answer(b.kb, a, NULL, 0, &out);
                json_t *json = object_of(&out);
                const char *fault = blocks_fault(json_object_get(json, "body"));
                if (fault != NULL)
                    fail_msg("%s: %s", intent->id, fault);
                assert_null(strstr(member(json, "text"), "**")); /* all bold was understood */
                json_decref(json);
                answers++;
            }
        }
    }
    assert_true(answers > 40);
    struct buf out;
    buf_init(&out, 0);
    kb_print_contacts_text(b.kb, LANG_JA, INT64_C(1795568400000), &out); /* a Wednesday, 10:00 */
    assert_non_null(
        strstr(buf_cstr(&out), "  0120-087-033  平日 9:00〜17:00(祝日を除く) (受付中)\n"));
    assert_non_null(strstr(buf_cstr(&out), "  0120-116-116  毎日 9:00〜17:00 (受付中)\n"));
    buf_release(&out);
    release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kb__answer__comes_from_the_nearest_file_that_there_is),
        cmocka_unit_test(test_kb__answer__is_printed_as_members_of_a_reply),
        cmocka_unit_test(test_kb__answer_that_is_over__begins_with_a_note),
        cmocka_unit_test(test_kb__a_lead__stands_before_all_else_in_text_and_body),
        cmocka_unit_test(test_kb__japanese_sentence_for_an_english_answer__has_a_japanese_date),
        cmocka_unit_test(test_kb__front_matter__is_read_strictly),
        cmocka_unit_test(test_kb__faults_of_two_files__are_both_reported),
        cmocka_unit_test(test_kb__welcome__lists_categories_in_menu_order_with_their_topics),
        cmocka_unit_test(test_kb__contacts__are_printed_with_their_state),
        cmocka_unit_test(test_kb__message__is_printed_as_members_of_a_reply),
        cmocka_unit_test(test_kb__no_site_file__has_sentences_no_contacts_and_no_menu),
        cmocka_unit_test(test_kb__category_that_the_site_does_not_list__is_an_error_at_the_intent),
        cmocka_unit_test(test_kb__100000_intents__cost_little_and_are_found),
        cmocka_unit_test(test_kb__shipped_content__has_no_errors_and_only_allowed_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

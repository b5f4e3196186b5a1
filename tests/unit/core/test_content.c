#include "core/content.h"
#include "core/jsonpos.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- a small good tree, and what is done to it ----------------------------------------------- */

struct file {
    const char *name;
    const char *bytes;
};

static const struct file good[] = {
    {"intents/bye.json", "{\"talk\": true, \"examples\": [\"さようなら\"]}"},
    {"intents/formats/customer-id.json",
     "{\n"
     "  \"topic\": \"price\",\n"
     "  \"label\": {\"ja\": \"お客さまID\", \"en\": \"customer ID\"},\n"
     "  \"mask\": \"customer-id\",\n"
     "  \"notice\": {\"digits_min\": 5, \"digits_max\": 14},\n"
     "  \"kinds\": [\n"
     "    {\"prefix\": \"CAF\", \"digits\": 10, \"slots\": {\"area\": [\"east\", \"west\"]}},\n"
     "    {\"prefix\": \"COP\", \"digits\": 8, \"slots\": {\"area\": [\"west\"]}}\n"
     "  ]\n"
     "}\n"},
    {"intents/price-fee.json", "{\n"
                               "  \"$schema\": \"schema/intent.json\",\n"
                               "  \"id\": \"price-fee\",\n"
                               "  \"category\": \"price\",\n"
                               "  \"keywords\": [\n"
                               "    \"工事 + 費用\",\n"
                               "    \"工事費\"\n"
                               "  ],\n"
                               "  \"patterns\": [\"工事.{0,8}(いくら|何円)\"],\n"
                               "  \"unless\": [\"解約\"],\n"
                               "  \"examples\": [\"工事はいくらですか\", \"工事費を知りたい\"],\n"
                               "  \"after\": {\n"
                               "    \"price\": [\"工事\", \"設置\"]\n"
                               "  },\n"
                               "  \"slot\": \"area\",\n"
                               "  \"related\": [\"price\", \"bye\"]\n"
                               "}\n"},
    {"intents/price.json", "{\"examples\": [\"料金を教えて\"]}"},
    {"intents/slots/area.json",
     "{\n"
     "  \"topic\": \"price\",\n"
     "  \"values\": {\n"
     "    \"east\": {\"label\": {\"ja\": \"東日本\", \"en\": \"East\"}, \"terms\": [\"東京\"]},\n"
     "    \"west\": {\"label\": {\"ja\": \"西日本\"}, \"terms\": [\n"
     "      \"大阪\",\n"
     "      \"京都\"\n"
     "    ]}\n"
     "  }\n"
     "}\n"},
    {"intents/terms.json", "{\n"
                           "  \"terms\": {\n"
                           "    \"お客さまID\": {\n"
                           "      \"aliases\": [\"お客様ID\", \"契約ID\"],\n"
                           "      \"readings\": [\"おきゃくさまあいでぃー\"]\n"
                           "    },\n"
                           "    \"契約番号\": {\"aliases\": [\"契約ID\"]}\n"
                           "  },\n"
                           "  \"guards\": [\"IP電話\"],\n"
                           "  \"typos\": {\n"
                           "    \"回線\": [\"回船\", \"改選\"]\n"
                           "  }\n"
                           "}\n"},
    {"intents/weather.json", "{\"reject\": true, \"examples\": [\"明日の天気\"]}"},
    {"kb/bye.md", "# さようなら\n"},
    {"kb/en/price-fee.east.md", "# Fee in the east\n"},
    {"kb/en/price.md", "# Prices\n"},
    {"kb/price-fee.east.md", "# 東日本の工事費\n"},
    {"kb/price-fee.md", "# 工事費\n"},
    {"kb/price.md", "# 料金\n"},
    {"kb/site.json", "{}"},
};

enum { GOOD = sizeof(good) / sizeof(good[0]) };

/* The good tree with one file replaced or added, or left out if `bytes` is NULL. */
static void make_tree(struct tree *t, const char *name, struct span bytes)
{
    *t = (struct tree){.root = mem_strdup("test")};
    bool there = false;
    for (size_t i = 0; i < GOOD; i++) {
        if (name == NULL || strcmp(good[i].name, name) != 0) {
            tree_add(t, good[i].name, span_str(good[i].bytes));
            continue;
        }
        there = true;
        if (bytes.ptr != NULL)
            tree_add(t, name, bytes);
    }
    if (name != NULL && !there)
        tree_add(t, name, bytes);
}

/* All diagnostics as they would be printed; static. */
static const char *check(const struct tree *t, size_t *retn)
{
    static char text[65536];
    struct diags diags;

    diags_init(&diags);
    struct content *c = content_parse(t, &diags);
    assert_non_null(c);
    diags_sort(&diags);
    memset(text, 0, sizeof(text));
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");
    assert_non_null(out);
    diags_print(&diags, out);
    fclose(out);
    *retn = diags.n;
    content_free(c);
    diags_release(&diags);
    return text;
}

static const char *check_with(const char *name, struct span bytes, size_t *retn)
{
    struct tree t;
    make_tree(&t, name, bytes);
    const char *text = check(&t, retn);
    tree_release(&t);
    return text;
}

/* ---- what is read ---------------------------------------------------------------------------- */

static void test_content__good_tree__everything_is_there_with_its_line(void **state)
{
    (void)state;
    struct tree t;
    struct diags diags;
    make_tree(&t, NULL, span_of(NULL, 0));
    diags_init(&diags);
    struct content *c = content_parse(&t, &diags);
    tree_release(&t); /* nothing of it is needed any more */
    diags_print(&diags, stderr);
    assert_int_equal(diags.nerrors + diags.nwarnings, 0);

    static const char *const ids[] = {"bye", "price", "price-fee", "weather"};
    assert_int_equal(c->nintents, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(c->intents[i].id, ids[i]);
        assert_int_equal(content_find(c, span_str(ids[i])), i);
    }
    assert_int_equal(content_find(c, span_str("pric")), -1);
    assert_int_equal(content_find(c, span_str("price-")), -1);
    assert_int_equal(content_find(c, span_str("")), -1);
    assert_true(c->intents[0].talk);
    assert_false(c->intents[0].reject);
    assert_true(c->intents[3].reject);
    assert_string_equal(c->intents[0].category, "");
    assert_int_equal(c->intents[0].slot, -1);

    const struct content_intent *fee = &c->intents[2];
    assert_string_equal(fee->file, "intents/price-fee.json");
    assert_string_equal(fee->category, "price");
    assert_int_equal(fee->keywords.n, 2);
    assert_string_equal(fee->keywords.items[1].s, "工事費");
    assert_int_equal(fee->keywords.items[0].line, 6);
    assert_int_equal(fee->keywords.items[1].line, 7);
    assert_int_equal(fee->patterns.n, 1);
    assert_int_equal(fee->patterns.items[0].line, 9);
    assert_string_equal(fee->unless.items[0].s, "解約");
    assert_int_equal(fee->examples.n, 2);
    assert_int_equal(fee->examples.items[1].line, 11);
    assert_int_equal(fee->nafter, 1);
    assert_string_equal(fee->after[0].topic, "price");
    assert_int_equal(fee->after[0].intent, 1);
    assert_int_equal(fee->after[0].line, 13);
    assert_string_equal(fee->after[0].lines.items[1].s, "設置");
    assert_int_equal(fee->slot, 0);
    assert_int_equal(fee->nrelated, 2);
    assert_int_equal(fee->related[0], 1);
    assert_int_equal(fee->related[1], 0);

    assert_int_equal(c->nterms, 2);
    assert_string_equal(c->terms[0].name, "お客さまID");
    assert_int_equal(c->terms[0].line, 3);
    assert_int_equal(c->terms[0].aliases.n, 2);
    assert_int_equal(c->terms[0].readings.items[0].line, 5);
    assert_string_equal(c->terms[1].name, "契約番号");
    assert_int_equal(c->guards.n, 1);
    assert_int_equal(c->ntypos, 1);
    assert_string_equal(c->typos[0].right, "回線");
    assert_int_equal(c->typos[0].line, 11);
    assert_int_equal(c->typos[0].wrong.n, 2);

    assert_int_equal(c->nslots, 1);
    assert_string_equal(c->slots[0].name, "area");
    assert_int_equal(c->slots[0].topic, 1);
    assert_int_equal(c->slots[0].nvalues, 2);
    assert_string_equal(c->slots[0].values[1].id, "west");
    assert_string_equal(c->slots[0].values[0].label.en, "East");
    assert_null(c->slots[0].values[1].label.en);
    assert_int_equal(c->slots[0].values[1].terms.items[1].line, 7);

    assert_int_equal(c->nformats, 1);
    const struct content_format *f = &c->formats[0];
    assert_string_equal(f->name, "customer-id");
    assert_string_equal(f->mask, "customer-id");
    assert_int_equal(f->topic, 1);
    assert_int_equal(f->digits_min, 5);
    assert_int_equal(f->digits_max, 14);
    assert_int_equal(f->nkinds, 2);
    assert_string_equal(f->kinds[0].prefix, "CAF");
    assert_int_equal(f->kinds[0].digits, 10);
    assert_int_equal(f->kinds[0].slot_values[0], 3);
    assert_int_equal(f->kinds[1].slot_values[0], 2);
    content_free(c);
    diags_release(&diags);
}

static void test_content__files_to_be_ignored__are_ignored(void **state)
{
    (void)state;
    static const char *const names[] = {
        "intents/README.md",         "kb/README.md", "kb/en/README.md",
        "intents/.editorconfig",     "kb/.git/HEAD", "intents/schema/intent.json",
        "intents/schema/a/b/c.json", "README.md",    "tests/dialogues/price.txt"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n;
        const char *text = check_with(names[i], span_str("not read"), &n);
        if (n != 0)
            fail_msg("%s: %s", names[i], text);
    }
}

static void test_content__byte_order_mark__is_tolerated_and_moves_no_line(void **state)
{
    (void)state;
    size_t n;
    check_with("intents/price.json", span_str("\xEF\xBB\xBF{\"examples\": [\"料金\"]}"), &n);
    assert_int_equal(n, 0);
    const char *text = check_with(
        "intents/price.json", span_str("\xEF\xBB\xBF{\"examples\": [\"料金\"],\n\"x\": 1}"), &n);
    assert_non_null(strstr(text, "intents/price.json:2: unknown key 'x'"));
}

static void test_content__windows_line_ends__count_once(void **state)
{
    (void)state;
    size_t n;
    const char *text = check_with("intents/price.json",
                                  span_str("{\r\n\"examples\": [\"料金\",\r\n\"\"]\r\n}\r\n"), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, "intents/price.json:3: examples[1]: is empty"));
}

/* ---- what is refused ------------------------------------------------------------------------- */

#define INTENT "intents/price.json"
#define EX "\"examples\": [\"料金を教えて\"]"
#define TERMS "intents/terms.json"
#define SLOT "intents/slots/area.json"
#define FORMAT "intents/formats/customer-id.json"
#define LABEL "\"label\": {\"ja\": \"x\"}"
#define NOTICE "\"mask\": \"customer-id\", \"notice\": {\"digits_min\": 5, \"digits_max\": 14}"
#define KIND(prefix, digits) "{\"prefix\": " prefix ", \"digits\": " digits "}"
#define FORMAT_OF(kinds) "{" LABEL ", " NOTICE ",\n\"kinds\": [\n" kinds "]}"
#define SIX "ああああああ"
#define X64 "x123456789x123456789x123456789x123456789x123456789x123456789x123"

/* With this file in the good tree there is this one diagnostic, and no other. */
static const struct {
    const char *file, *bytes, *where, *what;
} broken[] = {
    /* not even JSON */
    {INTENT, "{\n" EX "\n", INTENT ":2: ", "'}' expected near end of file"},
    {INTENT, "{\n" EX ",\n}\n", INTENT ":3: ", "no valid JSON"},
    {INTENT, "{\n\"talk\": true\n" EX "}", INTENT ":3: ", "no valid JSON"},
    {INTENT, "{\n\n" EX "}\n}", INTENT ":4: ", "end of file expected"},
    {INTENT, "{\n\"examples\": [\"料金]\n}", INTENT ":2: ", "unexpected newline"},
    {INTENT, "", INTENT ":1: ", "is empty"},
    {INTENT, " \n\n ", INTENT ":1: ", "is empty"},
    {INTENT, "\"text\"", INTENT ":1: ", "no valid JSON"},
    {INTENT, "[\"料金\"]", INTENT ":1: ", "is a list [...], but must be an object"},
    {INTENT, "{\n\"examples\": [\"\xE6\x96\"]}", INTENT ":2: ", "byte 16 of the file is no valid"},
    {INTENT, "\xFF\xFE{", INTENT ":1: ", "byte 0 of the file is no valid UTF-8: save it as UTF-8"},
    {INTENT, "{" EX ",\n\"talk\": true,\n\"talk\": true}", INTENT ":3: ", "\"talk\""},
    {INTENT, "{" EX ",\n\"category\": \"a\\u0000b\"}", INTENT ":2: ", "NUL"},
    {INTENT, "{" EX ",\n\"category\": \"\\ud800\"}", INTENT ":2: ", "invalid Unicode"},

    /* keys and types */
    {INTENT, "{" EX ",\n \"keyword\": [\"x\"]}", INTENT ":2: unknown key 'keyword'",
     "did you mean 'keywords'?"},
    {INTENT, "{" EX ",\n\n \"retalde\": []}", INTENT ":3: unknown key 'retalde'",
     "did you mean 'related'?"},
    {INTENT, "{" EX ",\n \"\": 1}", INTENT ":2: unknown key ''", "known are: id, category"},
    {INTENT, "{" EX ",\n \"a\\nb\": 1}", INTENT ":2: unknown key 'a?b'", "known are"},
    {INTENT, "{\n\"exmaples\": [\"料金\"]}", INTENT ":2: unknown key", "'examples'"},
    {INTENT, "{" EX ",\n\"keywords\": \"料金\"}", INTENT ":2: keywords: ", "put it in [ ]"},
    {INTENT, "{" EX ",\n\"keywords\":\n{}}", INTENT ":3: keywords: ", "is an object"},
    {INTENT, "{" EX ",\n\"keywords\": [\"a\",\n \"b\",\n 7]}",
     INTENT ":4: keywords[2]: ", "is a number, but must be a string"},
    {INTENT, "{" EX ",\n\"keywords\": [\"a\", [\n[]]]}", INTENT ":2: keywords[1]: ", "is a list"},
    {INTENT, "{" EX ",\n\"talk\": \"true\"}", INTENT ":2: talk: ", "true or false"},
    {INTENT, "{" EX ",\n\"reject\": 0}", INTENT ":2: reject: ", "true or false"},
    {INTENT, "{" EX ",\n\"category\": [\"a\"]}", INTENT ":2: category: ", "must be a string"},
    {INTENT, "{" EX ",\n\"id\": \"prices\"}", INTENT ":2: id: is 'prices'", "'price'"},
    {INTENT, "{" EX ",\n\"after\": [\"bye\"]}", INTENT ":2: after: ", "must be an object"},

    /* strings */
    {INTENT, "{" EX ",\n\"keywords\": [\"\"]}", INTENT ":2: keywords[0]: ", "is empty"},
    {INTENT, "{" EX ",\n\"keywords\": [\" 　\"]}", INTENT ":2: keywords[0]: ", "is empty"},
    {INTENT, "{" EX ",\n\"patterns\": [\"a\\tb\"]}", INTENT ":2: patterns[0]: ", "U+0009"},
    {INTENT, "{" EX ",\n\"unless\": [\"a\\u0085b\"]}", INTENT ":2: unless[0]: ", "U+0085"},
    {INTENT, "{" EX ",\n\"keywords\": [\"a\",\n\"b\",\n\"a\"]}",
     INTENT ":4: warning: keywords[2]: 'a'", "first on line 2"},

    /* references */
    {INTENT, "{" EX ",\n\"related\": [\"bye\",\n\"price-fe\"]}",
     INTENT ":3: related: ", "no intents/price-fe.json: did you mean 'price-fee'?"},
    {INTENT, "{" EX ",\n\"related\": [\n\"price\"]}", INTENT ":3: warning: related: ", "itself"},
    {INTENT, "{" EX ",\n\"related\": [\n\"weather\"]}", INTENT ":3: related: ", "reject"},
    {INTENT, "{" EX ",\n\"related\": [\n\"terms\"]}", INTENT ":3: related: ", "no intents/terms"},
    {INTENT, "{" EX ",\n\"after\":\n{\"bey\":\n[\"x\"]}}",
     INTENT ":3: after.bey: ", "did you mean 'bye'?"},
    {INTENT, "{" EX ",\n\"after\":\n{\"price\": [\"x\"]}}", INTENT ":3: after.price: ", "itself"},
    {INTENT, "{" EX ",\n\"after\": {\"bye\": [\n\"x\", 1]}}",
     INTENT ":3: after.bye[1]: ", "is a number"},
    {INTENT, "{" EX ",\n\"after\": {\"bye\":\n[]}}", INTENT ":3: after.bye: ", "is empty"},
    {INTENT, "{" EX ",\n\"after\":\n{\"weather\": [\"x\"]}}",
     INTENT ":3: warning: after: ", "reject"},
    {INTENT, "{" EX ",\n\"slot\": \"aera\"}", INTENT ":2: slot: ", "did you mean 'area'?"},

    /* an intent as a whole */
    {INTENT, "{}", INTENT ":1: ", "nothing can recognise"},
    {INTENT, "\n{\"unless\": [\"x\"], \"keywords\": []}", INTENT ":2: ", "nothing can recognise"},
    {"intents/weather.json", "{\"reject\": true,\n \"talk\":\n true,\n \"examples\": [\"天気\"]}",
     "intents/weather.json:3: ", "'talk' and 'reject' are both true"},
    {INTENT, "{\"examples\": [\"料金\",\n\"明日の天気\"]}",
     "intents/weather.json:1: ", "'明日の天気' stands in intents/price.json:2"},

    /* answers */
    {"kb/price.md", NULL, INTENT ":1: ", "has no answer: write kb/price.md"},
    {"kb/prise.md", "# x", "kb/prise.md: ", "did you mean 'price'?"},
    {"kb/en/none.md", "# x", "kb/en/none.md: ", "without an intent"},
    {"kb/none.east.md", "# x", "kb/none.east.md: ", "without an intent"},
    {"kb/price-fee.esat.md", "# x", "kb/price-fee.esat.md: ", "did you mean 'east'?"},
    {"kb/en/price-fee.east.west.md", "# x",
     "kb/en/price-fee.east.west.md: ", "no value 'east.west'"},
    {"kb/price.east.md", "# x", "kb/price.east.md: ", "intents/price.json has no 'slot'"},
    {"kb/weather.md", "# x", "kb/weather.md: ", "reject"},
    {"kb/en/weather.md", "# x", "kb/en/weather.md: ", "reject"},

    /* files that nobody reads */
    {"intents/price.jsn", "{}", "intents/price.jsn: ", "is no file of intents/"},
    {"intents/price.json~", "{}", "intents/price.json~: ", "is no file of intents/"},
    {"intents/lines/a.json", "{}", "intents/lines/a.json: ", "is no file of intents/"},
    {"intents/slots/a/b.json", "{}", "intents/slots/a/b.json: ", "is no file of intents/"},
    {"intents/schema", "{}", "intents/schema: ", "is no file of intents/"},
    {"kb/sites.json", "{}", "kb/sites.json: ", "is no file of kb/"},
    {"kb/fr/price.md", "# x", "kb/fr/price.md: ", "is no file of kb/"},
    {"kb/en/site.json", "{}", "kb/en/site.json: ", "is no file of kb/"},
    {"intents/Opening_Hours.json", "{}", "intents/Opening_Hours.json: ", "such as opening-hours"},
    {"intents/.json", "{}", NULL, NULL}, /* a dot file */
    {"intents/営業.json", "{}", "intents/営業.json: ", "no valid id"},
    {"intents/" X64 "4.json", "{}", "intents/" X64 "4.json: ", "at most 64"},
    {"intents/a\nb.json", "{}", "intents/a?b.json: ", "no valid id"},
    {"intents/slots/Area.json", "{}", "intents/slots/Area.json: ", "no valid id"},

    /* terms */
    {TERMS, "{\"term\": {}}", TERMS ":1: unknown key 'term'", "did you mean 'terms'?"},
    {TERMS, "{\"terms\":\n[]}", TERMS ":2: terms: ", "must be an object"},
    {TERMS, "{\"terms\": {\n\"\": {}}}", TERMS ":2: terms", "the name is empty"},
    {TERMS, "{\"terms\": {\n\"a\": [\"b\"]}}", TERMS ":2: terms.a: ", "must be an object"},
    {TERMS, "{\"terms\": {\"a\": {\n\"alias\": [\"b\"]}}}", TERMS ":2: terms.a: unknown key",
     "did you mean 'aliases'?"},
    {TERMS, "{\"terms\": {\"a\": {\"aliases\": [\n\"b\",\n\"b\"]}}}",
     TERMS ":3: warning: terms.a.aliases[1]: 'b'", "line 2"},
    {TERMS, "{\"terms\": {\"a\": {\"aliases\": [\"b\",\n\"a\"]}}}",
     TERMS ":2: warning: terms.a: ", "own name"},
    {TERMS, "{\"terms\": {\n\"a\": {},\n\"a\": {}}}", TERMS ":3: ", "duplicate object key"},
    {TERMS, "{\"guards\": [\n1]}", TERMS ":2: guards[0]: ", "is a number"},
    {TERMS, "{\"typos\": {\"a\": [\n\"a\"]}}", TERMS ":2: typos.a: ", "no mistake"},
    {TERMS, "{\"typos\": {\"a\":\n\"b\"}}", TERMS ":2: typos.a: ", "put it in [ ]"},

    /* slots; whoever depends on a broken one is left alone */
    {SLOT, "{", SLOT ":1: ", "no valid JSON"},
    {SLOT, "{}", SLOT ":1: ", "'values' is missing"},
    {SLOT, "{\"values\":\n{}}", SLOT ":2: values: ", "at least one"},
    {SLOT, "{\"values\": {\n\"East\": {}}}", SLOT ":2: values.East: ", "no valid name"},
    {SLOT, "{\"values\": {\n\"east\": {" LABEL "}}}",
     SLOT ":2: values.east: ", "'terms' is missing"},
    {SLOT, "{\"values\": {\"east\": {" LABEL ",\n\"terms\": []}}}",
     SLOT ":2: values.east.terms: ", "is empty"},
    {SLOT, "{\"values\": {\"east\": {\"label\":\n{\"en\": \"x\"}, \"terms\": [\"y\"]}}}",
     SLOT ":2: values.east.label: ", "'ja' is missing"},
    {SLOT, "{\"values\": {\"east\": {\"label\":\n\"x\", \"terms\": [\"y\"]}}}",
     SLOT ":2: values.east.label: ", "must be an object"},
    {SLOT,
     "{\"values\": {\"east\": {" LABEL ", \"terms\": [\"東京\"]},\n\"west\": {" LABEL
     ", \"terms\": [\n\"東京\"]}}}",
     SLOT ":3: values: '東京'", "'east' (line 1) and 'west'"},
    {SLOT,
     "{\n\"topic\": \"prices\", \"values\": {\"east\": {" LABEL
     ", \"terms\": [\"a\"]}, \"west\": {" LABEL ", \"terms\": [\"b\"]}}}",
     SLOT ":2: topic: ", "did you mean 'price'?"},

    /* formats */
    {FORMAT, "{\n" LABEL ", " NOTICE "}", FORMAT ":1: ", "'kinds' is missing"},
    {FORMAT, FORMAT_OF(""), FORMAT ":2: kinds: ", "is empty"},
    {FORMAT, FORMAT_OF("1"), FORMAT ":3: kinds[0]: ", "must be an object"},
    {FORMAT, FORMAT_OF(KIND("\"caf\"", "10")), FORMAT ":3: kinds[0].prefix: ", "from A to Z"},
    {FORMAT, FORMAT_OF(KIND("\"ＣＡＦ\"", "10")), FORMAT ":3: kinds[0].prefix: ", "half width"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "\"10\"")),
     FORMAT ":3: kinds[0].digits: ", "without quotes"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "10.0")), FORMAT ":3: kinds[0].digits: ", "whole number"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "0")), FORMAT ":3: kinds[0].digits: ", "from 1 to 30"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "31")), FORMAT ":3: kinds[0].digits: ", "from 1 to 30"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "-1")), FORMAT ":3: kinds[0].digits: ", "from 1 to 30"},
    {FORMAT, FORMAT_OF("{\"prefix\": \"CAF\"}"), FORMAT ":3: kinds[0]: ", "'digits' is missing"},
    {FORMAT, FORMAT_OF("{\"prefix\": \"CAF\",\n\"digits\": 20}"),
     FORMAT ":4: kinds: ", "never be noticed"},
    {FORMAT, FORMAT_OF(KIND("\"CAF\"", "9") ",\n" KIND("\"CAF\"", "8")),
     FORMAT ":4: kinds[1].prefix: ", "one kind for each prefix"},
    {FORMAT, FORMAT_OF("{\"prefix\": \"CAF\", \"digits\": 9, \"slots\": {\n\"aera\": [\"east\"]}}"),
     FORMAT ":4: kinds[0].slots.aera: ", "did you mean 'area'?"},
    {FORMAT, FORMAT_OF("{\"prefix\": \"CAF\", \"digits\": 9, \"slots\": {\"area\": [\n\"eest\"]}}"),
     FORMAT ":4: kinds[0].slots.area: ", "did you mean 'east'?"},
    {FORMAT, FORMAT_OF("{\"prefix\": \"CAF\", \"digits\": 9, \"slots\": {\"area\":\n[]}}"),
     FORMAT ":4: kinds[0].slots.area: ", "is empty"},
    {FORMAT,
     "{\n\"topic\": \"weather\", " LABEL ", " NOTICE ", \"kinds\": [" KIND("\"A\"", "9") "]}",
     FORMAT ":2: topic: ", "reject"},
    {FORMAT,
     "{" LABEL ", \"mask\":\n\"Customer\", \"notice\": {\"digits_min\": 5, \"digits_max\": 14}, "
     "\"kinds\": [" KIND("\"A\"", "9") "]}",
     FORMAT ":2: mask: ", "no valid name"},
    {FORMAT,
     "{" LABEL ", \"mask\": \"m\", \"notice\":\n{\"digits_min\": 15, \"digits_max\": 14}, "
     "\"kinds\": [" KIND("\"A\"", "9") "]}",
     FORMAT ":2: notice: ", "more than"},
    {"intents/formats/order.json", FORMAT_OF(KIND("\"ORD\"", "9")),
     "intents/formats/order.json:1: ", "is the mask of intents/formats/customer-id.json"},
    {"intents/formats/order.json",
     "{" LABEL ", \"mask\": \"order\", \"notice\": {\"digits_min\": 5, \"digits_max\": 14},\n"
     "\"kinds\": [\n" KIND("\"COP\"", "9") "]}",
     "intents/formats/order.json:3: kinds: ", "belongs to intents/formats/customer-id.json"},
};

static void test_content__one_broken_file__one_diagnostic_with_its_line(void **state)
{
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        size_t n;
        const char *bytes = broken[i].bytes;
        const char *text =
            check_with(broken[i].file, bytes != NULL ? span_str(bytes) : span_of(NULL, 0), &n);
        size_t expected = broken[i].where != NULL ? 1 : 0;
        bool right = n == expected;
        if (expected == 1)
            right = right && strncmp(text, broken[i].where, strlen(broken[i].where)) == 0 &&
                    strstr(text, broken[i].what) != NULL;
        if (right)
            continue;
        bad++;
        print_error("%s <- %s\n  expected %s ... %s\n  got %s\n", broken[i].file,
                    bytes != NULL ? bytes : "(removed)", broken[i].where, broken[i].what, text);
    }
    assert_int_equal(bad, 0);
}

static void test_content__bytes_with_nul__are_a_syntax_error(void **state)
{
    (void)state;
    static const char inside[] = "{\"examples\":\n [\"料\0金\"]}";
    static const char behind[] = "{" EX "}\n\0";
    size_t n;
    const char *text = check_with(INTENT, span_of(inside, sizeof(inside) - 1), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, INTENT ":2: "));
    text = check_with(INTENT, span_of(behind, sizeof(behind) - 1), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, INTENT ":2: "));
}

static void test_content__string_at_and_beyond_the_ceiling__allowed_and_refused(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        size_t len = CONTENT_STRING_BYTES_MAX + over, n;
        struct buf b;
        buf_init(&b, 0);
        buf_adds(&b, "{\n\"examples\": [\"");
        for (size_t i = 0; i < len; i++)
            buf_addc(&b, 'x');
        buf_adds(&b, "\"]}");
        const char *text = check_with(INTENT, buf_span(&b), &n);
        assert_int_equal(n, over);
        if (over == 1)
            assert_non_null(strstr(text, INTENT ":2: examples[0]: has 2001 bytes"));
        buf_release(&b);
    }
}

static void test_content__deep_nesting__is_one_error(void **state)
{
    (void)state;
    enum { DEPTH = 500000 };
    char *deep = mem_alloc(DEPTH);
    size_t n;
    memset(deep, '[', DEPTH);
    const char *text = check_with(INTENT, span_of(deep, DEPTH), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, INTENT ":1: lists or objects are nested too deeply"));
    free(deep);

    /* As deep as jansson lets it be: the walk for the lines must bear it. */
    struct buf b;
    buf_init(&b, 0);
    buf_adds(&b, "{" EX ", \"category\":\n");
    for (int i = 0; i < 2000; i++)
        buf_addc(&b, '[');
    for (int i = 0; i < 2000; i++)
        buf_addc(&b, ']');
    buf_adds(&b, ",\n\"x\": 1}");
    text = check_with(INTENT, buf_span(&b), &n);
    assert_int_equal(n, 2);
    assert_non_null(strstr(text, INTENT ":2: category: is a list"));
    assert_non_null(strstr(text, INTENT ":3: unknown key 'x'"));
    buf_release(&b);
}

static void test_content__file_above_the_ceiling__is_refused(void **state)
{
    (void)state;
    char *big = mem_alloc(TREE_FILE_BYTES_MAX + 1);
    size_t n;
    memset(big, ' ', TREE_FILE_BYTES_MAX + 1);
    const char *text = check_with(INTENT, span_of(big, TREE_FILE_BYTES_MAX + 1), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, INTENT ": has 1048577 bytes"));
    free(big);
}

static void test_content__empty_tree__no_intent(void **state)
{
    (void)state;
    struct tree t = {.root = mem_strdup("test")};
    size_t n;
    const char *text = check(&t, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, "intents: there is no intent"));
    tree_release(&t);
}

static void test_content__many_mistakes__all_are_said_in_one_run(void **state)
{
    (void)state;
    static const char *const lines[] = {
        INTENT ":2: unknown key 'keyword'",         INTENT ":4: examples[1]: is empty",
        INTENT ":5: examples[2]: is a number",      INTENT ":7: talk: is a string",
        INTENT ":8: related: there is no",          "kb/stray.md: is an answer without an intent",
        "intents/notes.txt: is no file of intents",
    };
    struct tree t;
    size_t n;
    make_tree(&t, INTENT,
              span_str("{\n\"keyword\": [],\n\"examples\": [\"料金\",\n\"\",\n3\n],\n"
                       "\"talk\": \"yes\",\n\"related\": [\"nowhere\"]}"));
    tree_add(&t, "kb/stray.md", span_str("# x"));
    tree_add(&t, "intents/notes.txt", span_str("x"));
    const char *text = check(&t, &n);
    assert_int_equal(n, sizeof(lines) / sizeof(lines[0]));
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strstr(text, lines[i]) == NULL)
            fail_msg("'%s' is not among\n%s", lines[i], text);
    }
    tree_release(&t);
}

static void test_content__too_many_slots_values_formats_kinds__are_refused(void **state)
{
    (void)state;
    struct tree t;
    struct buf b;
    char name[64];
    size_t n;

    make_tree(&t, NULL, span_of(NULL, 0));
    for (int i = 0; i < SESSION_SLOTS_MAX; i++) {
        snprintf(name, sizeof(name), "intents/slots/z%d.json", i);
        tree_add(&t, name, span_str("{\"values\": {\"a\": {" LABEL ", \"terms\": [\"b\"]}}}"));
    }
    const char *text = check(&t, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, "intents/slots/z7.json: is one slot too many: there may be 8"));
    tree_release(&t);

    make_tree(&t, NULL, span_of(NULL, 0));
    for (int i = 0; i < MASK_FORMATS_MAX; i++) {
        snprintf(name, sizeof(name), "intents/formats/z%02d.json", i);
        buf_init(&b, 0);
        buf_printf(&b,
                   "{" LABEL ", \"mask\": \"z%d\", \"notice\": {\"digits_min\": 5, "
                   "\"digits_max\": 14}, \"kinds\": [{\"prefix\": \"Z%c\", \"digits\": 9}]}",
                   i, 'A' + i);
        tree_add(&t, name, buf_span(&b));
        buf_release(&b);
    }
    text = check(&t, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, "intents/formats/z15.json: is one format too many"));
    tree_release(&t);

    buf_init(&b, 0);
    buf_adds(&b, "{\"values\": {");
    for (int i = 0; i <= CONTENT_SLOT_VALUES_MAX; i++)
        buf_printf(&b, "%s\n\"v%d\": {" LABEL ", \"terms\": [\"t%d\"]}", i > 0 ? "," : "", i, i);
    buf_adds(&b, "}}");
    text = check_with(SLOT, buf_span(&b), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, SLOT ":18: values.v16: is one value too many"));
    buf_release(&b);

    buf_init(&b, 0);
    buf_adds(&b, "{" LABEL ", " NOTICE ", \"kinds\": [");
    for (int i = 0; i <= CONTENT_KINDS_MAX; i++)
        buf_printf(&b, "%s\n{\"prefix\": \"A%c\", \"digits\": 9}", i > 0 ? "," : "", 'A' + i);
    buf_adds(&b, "]}");
    text = check_with(FORMAT, buf_span(&b), &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, FORMAT ":10: kinds[8]: is one kind too many"));
    buf_release(&b);
}

/* ---- size ------------------------------------------------------------------------------------ */

static void make_many(struct tree *t, size_t n, bool wrong)
{
    struct buf b;
    char name[64];

    *t = (struct tree){.root = mem_strdup("test")};
    buf_init(&b, 0);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&b);
        buf_printf(&b, "{\"keywords\": [\"語%zu + 料金\"],\n", i);
        buf_printf(&b, "\"examples\": [\"質問%zuはいくらですか\", \"質問%zuを教えて\"],\n", i, i);
        buf_printf(&b, "\"related\": [\"topic-%s%06zu\"]}", wrong ? "x" : "", (i * 7 + 1) % n);
        snprintf(name, sizeof(name), "intents/topic-%06zu.json", i);
        tree_add(t, name, buf_span(&b));
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "kb/topic-%06zu.md", i);
        tree_add(t, name, span_str("# 題\n"));
    }
    buf_release(&b);
}

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void test_content__as_many_intents_as_allowed__are_read_in_time(void **state)
{
    (void)state;
    struct tree t;
    struct diags diags;

    make_many(&t, CONTENT_INTENTS_MAX, false);
    diags_init(&diags);
    double begin = seconds();
    struct content *c = content_parse(&t, &diags);
    double took = seconds() - begin;
    assert_int_equal(diags.nerrors + diags.nwarnings, 0);
    assert_int_equal(c->nintents, CONTENT_INTENTS_MAX);
    assert_int_equal(content_find(c, span_str("topic-099999")), 99999);
    content_free(c);
    print_message("%d intents in %.2f s\n", CONTENT_INTENTS_MAX, took);
    assert_true(took < 60); /* a loop in a loop over them takes many minutes */

    /* One more is refused, and nobody is blamed for what was then not read. */
    tree_add(&t, "kb/topic-zzz.md", span_str("# x\n"));
    tree_add(&t, "intents/topic-zzz.json", span_str("{\"examples\": [\"x\"]}"));
    c = content_parse(&t, &diags);
    assert_int_equal(diags.nerrors, 1);
    assert_non_null(strstr(diags.items[0].text, "there are 100001 intents, but at most 100000"));
    content_free(c);
    diags_release(&diags);
    tree_release(&t);
}

static void test_content__ten_thousand_wrong_references__cost_no_hours(void **state)
{
    (void)state;
    struct tree t;
    struct diags diags;

    make_many(&t, 10000, true);
    diags_init(&diags);
    double begin = seconds();
    struct content *c = content_parse(&t, &diags);
    double took = seconds() - begin;
    assert_int_equal(diags.nerrors, 10000);
    assert_non_null(strstr(diags.items[0].text, "did you mean 'topic-"));
    assert_true(took < 60);
    content_free(c);
    diags_release(&diags);
    tree_release(&t);
}

static void test_content__one_string_many_times__is_one_string_and_no_hours(void **state)
{
    (void)state;
    struct buf b;
    struct diags diags;
    struct tree t;

    buf_init(&b, 0);
    buf_adds(&b, "{\"examples\": [\"x\"");
    for (int i = 0; i < 200000; i++)
        buf_adds(&b, ",\"x\"");
    buf_adds(&b, "]}");
    make_tree(&t, INTENT, buf_span(&b));
    diags_init(&diags);
    struct content *c = content_parse(&t, &diags);
    assert_int_equal(diags.nwarnings, 200000);
    assert_int_equal(diags.nerrors, 0);
    int32_t price = content_find(c, span_str("price"));
    assert_int_equal(c->intents[price].examples.n, 1);
    content_free(c);
    diags_release(&diags);
    tree_release(&t);
    buf_release(&b);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void test_jsonpos__values_and_keys__have_the_lines_of_the_text(void **state)
{
    (void)state;
    static const char text[] = "\n{\n"                     /* 0: object */
                               "\"a\\\"]\" :\n [ 1,\n"     /* 1: list, 2: 1 */
                               "\"}\\\\\", {} ,\n"         /* 3: string, 4: object */
                               "\"\", true, -1.5e3],\n"    /* 5, 6, 7 */
                               "\"b\": {\"c\":\n\"d\"},\n" /* 8: object, 9: string */
                               "\"e\"\n:\nnull}";          /* 10 */
    static const struct {
        unsigned line, key_line, next;
    } expected[] = {{2, 2, 11}, {4, 3, 8}, {4, 4, 3},  {5, 5, 4},  {5, 5, 5},  {6, 6, 6},
                    {6, 6, 7},  {6, 6, 8}, {7, 7, 10}, {8, 7, 10}, {11, 9, 11}};
    struct jsonpos p;

    jsonpos_init(&p);
    for (int round = 0; round < 2; round++) { /* the second finds the first one's memory */
        jsonpos_make(&p, span_str(text));
        assert_int_equal(p.n, sizeof(expected) / sizeof(expected[0]));
        for (size_t i = 0; i < p.n; i++) {
            assert_int_equal(p.nodes[i].line, expected[i].line);
            assert_int_equal(p.nodes[i].key_line, expected[i].key_line);
            assert_int_equal(p.nodes[i].next, expected[i].next);
        }
    }
    jsonpos_release(&p);
}

static void test_jsonpos__text_that_is_no_json__is_not_read_beyond(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\"", "\"\\", "]]", "{\"a\":", "[[[", "x", "\"a\" "};
    struct jsonpos p;

    jsonpos_init(&p);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t len = strlen(texts[i]);
        char *exact = mem_alloc(len); /* for the sanitizer */
        memcpy(exact, texts[i], len);
        jsonpos_make(&p, span_of(exact, len));
        assert_true(p.n >= 1);
        free(exact);
    }
    jsonpos_release(&p);
}

/* ---- what is shipped ------------------------------------------------------------------------- */

static void test_content__what_is_shipped__has_neither_error_nor_warning(void **state)
{
    (void)state;
    static const char *const subs[] = {"intents", "kb", NULL};
    struct tree t;
    struct diags diags;

    diags_init(&diags);
    tree_read(&t, FAQD_SOURCE_DIR, subs, &diags);
    struct content *c = content_parse(&t, &diags);
    diags_sort(&diags);
    diags_print(&diags, stderr);
    assert_int_equal(diags.nerrors + diags.nwarnings, 0);
    assert_true(c->nintents > 40);
    assert_true(c->nterms > 50);
    content_free(c);
    tree_release(&t);
    diags_release(&diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content__good_tree__everything_is_there_with_its_line),
        cmocka_unit_test(test_content__files_to_be_ignored__are_ignored),
        cmocka_unit_test(test_content__byte_order_mark__is_tolerated_and_moves_no_line),
        cmocka_unit_test(test_content__windows_line_ends__count_once),
        cmocka_unit_test(test_content__one_broken_file__one_diagnostic_with_its_line),
        cmocka_unit_test(test_content__bytes_with_nul__are_a_syntax_error),
        cmocka_unit_test(test_content__string_at_and_beyond_the_ceiling__allowed_and_refused),
        cmocka_unit_test(test_content__deep_nesting__is_one_error),
        cmocka_unit_test(test_content__file_above_the_ceiling__is_refused),
        cmocka_unit_test(test_content__empty_tree__no_intent),
        cmocka_unit_test(test_content__many_mistakes__all_are_said_in_one_run),
        cmocka_unit_test(test_content__too_many_slots_values_formats_kinds__are_refused),
        cmocka_unit_test(test_content__as_many_intents_as_allowed__are_read_in_time),
        cmocka_unit_test(test_content__ten_thousand_wrong_references__cost_no_hours),
        cmocka_unit_test(test_content__one_string_many_times__is_one_string_and_no_hours),
        cmocka_unit_test(test_jsonpos__values_and_keys__have_the_lines_of_the_text),
        cmocka_unit_test(test_jsonpos__text_that_is_no_json__is_not_read_beyond),
        cmocka_unit_test(test_content__what_is_shipped__has_neither_error_nor_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is typed, and what the visitor is then told about it. */
#include "core/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { UNKNOWN, EAST, WEST };

/* CAF is valid everywhere, COP in the east, WEX in the west. */
static const struct content content = {
    .slots = {{.name = "side",
               .topic = -1,
               .values = {{.id = "east", .label = {"東エリア", "East area"}},
                          {.id = "west", .label = {"西エリア", "West area"}}},
               .nvalues = 2}},
    .nslots = 1,
    .formats = {{.name = "line-id",
                 .label = {"回線番号", "line ID"},
                 .digits_min = 5,
                 .digits_max = 14,
                 .kinds = {{.prefix = "CAF", .digits = 10, .slot_values = {3}},
                           {.prefix = "COP", .digits = 8, .slot_values = {1}},
                           {.prefix = "WEX", .digits = 6, .slot_values = {2}}},
                 .nkinds = 3}},
    .nformats = 1,
};

static const struct mask_rules rules = {
    .formats = {{.kind = "line-id",
                 .prefixes = {"CAF", "COP", "WEX"},
                 .nprefixes = 3,
                 .digits_min = 5,
                 .digits_max = 14}},
    .nformats = 1,
};

static struct id_verdict judged(const char *text, uint8_t side)
{
    struct mask_found found;
    struct id_verdict v;
    uint8_t slots[SESSION_SLOTS_MAX] = {side};
    assert_int_equal(mask_find(&rules, span_str(text), &found, 1), 1);
    verdict_make(&content, &found, slots, &v);
    return v;
}

static void tell(const char *text, uint8_t side, enum lang lang, struct lead *out)
{
    struct id_verdict v = judged(text, side);
    lead_begin(out);
    verdict_print(&content, &v, 0, lang, out);
}

#define RIGHT_JA "回線番号の形式は正しいです。\n"
#define WRITTEN_JA "回線番号の形式は正しいですが、書き方をご確認ください。\n"
#define WRONG_JA "回線番号の形式に誤りがあるようです。\n"
#define LIMITS_JA \
    "確認したのは形式だけです。実際に使われている回線番号かどうかは、ここでは分かりません。"
#define PROPER_JA                                                                                                                        \
    "が使われています。正しくは、「CAF」(半角の大文字)と半角数字10桁を、区切らずに続けて書きま" \
    "す。"
#define LETTERS_JA \
    "数字の部分に英字(O、I、l)が混じっています。0(ゼロ)や1(いち)の間違いではありませんか。"
#define COP_JA "COPで始まる回線番号は、東エリアのものです。"

static void test_verdict__what_is_typed__is_told_in_japanese(void **state)
{
    static const struct {
        const char *typed;
        uint8_t side;
        const char *told;
    } rows[] = {
        {"CAF1234567890", UNKNOWN, RIGHT_JA LIMITS_JA},
        {"CAF1234567890", WEST, RIGHT_JA LIMITS_JA},
        {"回線番号はCAF1234567890で合っていますか", EAST, RIGHT_JA LIMITS_JA},
        {"CAF123456789", UNKNOWN,
         WRONG_JA "CAFのあとの数字は10桁ですが、9桁入力されています。1桁足りません。"},
        {"CAF123456789012", UNKNOWN,
         WRONG_JA "CAFのあとの数字は10桁ですが、12桁入力されています。2桁多くなっています。"},
        {"CAF12345678901234567", UNKNOWN,
         WRONG_JA "CAFのあとの数字は10桁ですが、17桁入力されています。7桁多くなっています。"},
        {"CAF123456789O", UNKNOWN, WRONG_JA LETTERS_JA},
        {"CAFl2345I7890", UNKNOWN, WRONG_JA LETTERS_JA},
        {"CAF12345678O", UNKNOWN,
         WRONG_JA "CAFのあとの数字は10桁ですが、9桁入力されています。1桁足りません。" LETTERS_JA},
        {"CAF１２３４５６７８９０", UNKNOWN, WRITTEN_JA "全角の文字" PROPER_JA LIMITS_JA},
        {"CAF一二三四五六七八九〇", UNKNOWN, WRITTEN_JA "全角の文字" PROPER_JA LIMITS_JA},
        {"caf1234567890", UNKNOWN, WRITTEN_JA "小文字" PROPER_JA LIMITS_JA},
        {"CAF-1234-567-890", UNKNOWN, WRITTEN_JA "区切りの空白や記号" PROPER_JA LIMITS_JA},
        {"CAF　1234567890", UNKNOWN, WRITTEN_JA "区切りの空白や記号" PROPER_JA LIMITS_JA},
        {"ｃａｆ １２３４５６７８９０", UNKNOWN,
         WRITTEN_JA "全角の文字、小文字、区切りの空白や記号" PROPER_JA LIMITS_JA},
        {"caf 123456789", UNKNOWN,
         WRONG_JA
         "CAFのあとの数字は10桁ですが、9桁入力されています。1桁足りません。小文字、区切りの空白や"
         "記号" PROPER_JA},
        {"COP12345678", UNKNOWN, RIGHT_JA COP_JA LIMITS_JA},
        {"COP12345678", EAST, RIGHT_JA LIMITS_JA},
        {"COP12345678", WEST,
         "回線番号の形式は正しいですが、西エリアのものではありません。\n" COP_JA
         "西エリアの回線番号は、「CAF」と数字10桁、または「WEX」と数字6桁です。"},
        {"COP1234567", WEST,
         WRONG_JA "COPのあとの数字は8桁ですが、7桁入力されています。1桁足りません。" COP_JA
                  "西エリアの回線番号は、「CAF」と数字10桁、または「WEX」と数字6桁です。"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lead lead;
        char text[LEAD_BYTES_MAX];
        tell(rows[i].typed, rows[i].side, LANG_JA, &lead);
        snprintf(text, sizeof(text), "%s\n", rows[i].told);
        if (!span_is(lead_text(&lead), text))
            fail_msg("%s: told\n%.*snot\n%s", rows[i].typed, SPAN_ARG(lead_text(&lead)), text);
        assert_int_equal(lead.n, 2);
        assert_true(lead.paragraphs[0].bold);
        assert_false(lead.paragraphs[1].bold);
    }
}

#define RIGHT_EN "The format of this line ID is correct.\n"
#define LIMITS_EN \
    "Only the format was checked: this chat cannot tell whether the line ID is in use."
#define WRONG_EN "The format of this line ID does not look right.\n"

static void test_verdict__what_is_typed__is_told_in_english(void **state)
{
    static const struct {
        const char *typed;
        uint8_t side;
        const char *told;
    } rows[] = {
        {"CAF1234567890", UNKNOWN, RIGHT_EN LIMITS_EN},
        {"CAF123456789", UNKNOWN,
         WRONG_EN "CAF is followed by 10 digits, but you entered 9: 1 too few."},
        {"CAF123456789O1", UNKNOWN,
         WRONG_EN "CAF is followed by 10 digits, but you entered 11: 1 too many. There are letters "
                  "(O, I or l) among the digits. Did you mean 0 (zero) or 1 (one)?"},
        {"cop 1234-5678", EAST,
         "The format of this line ID is correct, but please check how it is written.\n"
         "It contains lower-case letters and separators. Write \"COP\" in half-width capital "
         "letters, followed directly by 8 half-width digits. " LIMITS_EN},
        {"ｗｅｘ 123456", WEST,
         "The format of this line ID is correct, but please check how it is written.\n"
         "It contains full-width characters, lower-case letters and separators. Write \"WEX\" in "
         "half-width capital letters, followed directly by 6 half-width digits. " LIMITS_EN},
        {"WEX123456", UNKNOWN,
         RIGHT_EN "Any line ID that begins with WEX belongs to the West area. " LIMITS_EN},
        {"COP12345678", WEST,
         "The format of this line ID is correct, but it does not belong to the West area.\n"
         "Any line ID that begins with COP belongs to the East area. In the West area, the line ID "
         "is CAF followed by 10 digits, or WEX followed by 6 digits."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lead lead;
        char text[LEAD_BYTES_MAX];
        tell(rows[i].typed, rows[i].side, LANG_EN, &lead);
        snprintf(text, sizeof(text), "%s\n", rows[i].told);
        if (!span_is(lead_text(&lead), text))
            fail_msg("%s: told\n%.*snot\n%s", rows[i].typed, SPAN_ARG(lead_text(&lead)), text);
    }
}

static void test_verdict__of_several__each_has_its_number(void **state)
{
    struct id_verdict v = judged("CAF1234567890", UNKNOWN);
    struct lead lead;
    (void)state;
    lead_begin(&lead);
    verdict_print(&content, &v, 1, LANG_JA, &lead);
    verdict_print(&content, &v, 2, LANG_JA, &lead);
    assert_int_equal(lead.n, 4);
    assert_true(span_is(lead_paragraph(&lead, 2), "(2) 回線番号の形式は正しいです。"));
}

static void test_verdict__without_an_english_label__shows_the_japanese_one(void **state)
{
    struct content c = content;
    struct id_verdict v = judged("CAF1234567890", UNKNOWN);
    struct lead lead;
    (void)state;
    c.formats[0].label.en = NULL;
    lead_begin(&lead);
    verdict_print(&c, &v, 0, LANG_EN, &lead);
    assert_true(span_is(lead_paragraph(&lead, 0), "The format of this 回線番号 is correct."));
}

/* A value that a reload took away: the kind is judged as if none were known. */
static void test_verdict__a_slot_value_that_is_gone__counts_as_unknown(void **state)
{
    (void)state;
    struct id_verdict v = judged("COP12345678", 7);
    assert_int_equal(v.flags, 0);
    assert_int_equal(v.slot, 0);
    assert_int_equal(v.value, 0);
}

/* The log keeps prefix and number of digits: what they say must come out alike. */
static void test_verdict__of_logged_text__is_that_of_the_raw_one_but_for_the_writing(void **state)
{
    static const char *const texts[] = {
        "CAF1234567890", "caf 123 456 789",      "ＣＯＰ１２３４５６７８", "CAF12345678O1",
        "WEX-12345",     "COP: 123456789012345", "〔line-id:COP7〕"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (uint8_t side = UNKNOWN; side <= WEST; side++) {
            struct buf out;
            buf_init(&out, 0);
            mask_text(&rules, span_str(texts[i]), &out);
            struct id_verdict raw = judged(texts[i], side), again = judged(buf_cstr(&out), side);
            unsigned tells = VERDICT_DIGITS | VERDICT_ELSEWHERE;
            assert_int_equal(again.flags, raw.flags & tells);
            assert_int_equal(again.kind, raw.kind);
            assert_int_equal(again.digits, raw.digits);
            assert_int_equal(again.slot, raw.slot);
            assert_int_equal(again.value, raw.value);
            buf_release(&out);
        }
    }
}

static void test_lead__no_room__leaves_the_paragraph_out_whole_with_all_behind_it(void **state)
{
    char most[LEAD_BYTES_MAX];
    struct lead lead;
    (void)state;
    memset(most, 'x', sizeof(most) - 1);
    most[sizeof(most) - 1] = '\0';
    lead_begin(&lead);
    lead_open(&lead, false);
    lead_add(&lead, "%s", most); /* fits to the last byte */
    assert_int_equal(lead.len, LEAD_BYTES_MAX);
    assert_int_equal(lead.n, 1);

    lead_begin(&lead);
    lead_open(&lead, true);
    lead_add(&lead, "first");
    lead_open(&lead, false);
    lead_add(&lead, "second ");
    lead_add(&lead, "%s", most);
    lead_add(&lead, "third");
    lead_open(&lead, false);
    lead_add(&lead, "fourth");
    assert_int_equal(lead.n, 1);
    assert_true(span_is(lead_text(&lead), "first\n"));
}

static void test_lead__too_many_paragraphs__ends_with_the_last_that_has_room(void **state)
{
    struct lead lead;
    (void)state;
    lead_begin(&lead);
    for (unsigned i = 0; i <= LEAD_PARAGRAPHS_MAX; i++) {
        lead_open(&lead, false);
        lead_add(&lead, "%u", i);
    }
    assert_int_equal(lead.n, LEAD_PARAGRAPHS_MAX);
    assert_true(span_is(lead_paragraph(&lead, 0), "0"));
    assert_true(span_is(lead_paragraph(&lead, LEAD_PARAGRAPHS_MAX - 1), "9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict__what_is_typed__is_told_in_japanese),
        cmocka_unit_test(test_verdict__what_is_typed__is_told_in_english),
        cmocka_unit_test(test_verdict__of_several__each_has_its_number),
        cmocka_unit_test(test_verdict__without_an_english_label__shows_the_japanese_one),
        cmocka_unit_test(test_verdict__a_slot_value_that_is_gone__counts_as_unknown),
        cmocka_unit_test(test_verdict__of_logged_text__is_that_of_the_raw_one_but_for_the_writing),
        cmocka_unit_test(test_lead__no_room__leaves_the_paragraph_out_whole_with_all_behind_it),
        cmocka_unit_test(test_lead__too_many_paragraphs__ends_with_the_last_that_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "core/mask.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mask_rules rules = {
    .formats = {{.kind = "customer-id",
                 .prefixes = {"CAF", "COP"},
                 .nprefixes = 2,
                 .digits_min = 5,
                 .digits_max = 14}},
    .nformats = 1,
    .never = {"0120116116", "0120087033"},
    .nnever = 2,
};

static char *masked(const char *text, size_t *retn)
{
    static char result[70000];
    struct buf out;
    buf_init(&out, 0);
    size_t n = mask_text(&rules, span_str(text), &out);
    if (retn != NULL)
        *retn = n;
    assert_true(out.len < sizeof(result));
    if (out.len > 0)
        memcpy(result, out.ptr, out.len);
    result[out.len] = '\0';
    buf_release(&out);
    return result;
}

/* What must go, and what then stands there. */
static const struct {
    const char *text, *masked;
} must_hit[] = {
    /* mail */
    {"taro@example.com", "〔mail〕"},
    {"連絡先はtaro.yamada+faq@clinic.example.jpです", "連絡先は〔mail〕です"},
    {"ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "〔mail〕"},
    {"taro(at)example.com", "〔mail〕"},
    {"taro [at] example [dot] com", "〔mail〕"},
    {"taroアットマークexampleドットcom", "〔mail〕"},
    {"taro アットマーク example ドット com まで", "〔mail〕 まで"},
    {"taro ドット yamada アットマーク example.com", "〔mail〕"},
    {"taro @ example.com", "〔mail〕"},
    {"taroｱｯﾄﾏｰｸexampleﾄﾞｯﾄcom", "〔mail〕"},
    {"taro@docomo に送って", "〔mail〕 に送って"},
    {"09012345678@docomo.ne.jp", "〔mail〕"},

    /* customer ID */
    {"CAF1234567890", "〔customer-id:CAF10〕"},
    {"ＣＯＰ１２３４５６７８", "〔customer-id:COP8〕"},
    {"CAF 123 456 7890", "〔customer-id:CAF10〕"},
    {"CAF123456789O", "〔customer-id:CAF10〕"},
    {"お客さまIDはcaf123456789です", "お客さまIDは〔customer-id:CAF9〕です"},
    {"C-A-F-1234567890", "〔customer-id:CAF10〕"},
    {"Ｃａｆ：１２３４５６７８９０", "〔customer-id:CAF10〕"},
    {"COP12345l7B", "〔customer-id:COP7〕B"},
    {"CAF1234567890が3台", "〔customer-id:CAF10〕が3台"},
    {"CAF1234567890 3台", "〔customer-id:CAF10〕 3台"},
    {"COP12345678 0120-116-116", "〔customer-id:COP8〕 0120-116-116"},
    {"CAF1234567890 LANも使う", "〔customer-id:CAF10〕 LANも使う"},
    {"CAF12345678901234567", "〔customer-id:CAF17〕"},
    {"CAF一二三四五六七八九〇", "〔customer-id:CAF10〕"},

    /* phone */
    {"03-1234-5678", "〔phone〕"},
    {"０３ー１２３４ー５６７８", "〔phone〕"},
    {"〇三の一二三四の五六七八", "〔phone〕"},
    {"○三の一二三四の五六七八に電話", "〔phone〕に電話"},
    {"090①234-5678", "〔phone〕"},
    {"(0466)12-3456", "〔phone〕"},
    {"電話（０４６６）１２－３４５６まで", "電話〔phone〕まで"},
    {"090 1234 5678", "〔phone〕"},
    {"080.1234.5678", "〔phone〕"},
    {"09012345678", "〔phone〕"},
    {"〇九〇一二三四五六七八", "〔phone〕"},
    {"050-1234-5678", "〔phone〕"},
    {"0800-123-4567", "〔phone〕"},
    {"0120-123-456", "〔phone〕"},
    {"+81 90 1234 5678", "〔phone〕"},
    {"+81(0)3-1234-5678", "〔phone〕"},
    {"0081-3-1234-5678", "〔phone〕"},
    {"+1 650 555 0100", "〔phone〕"},
    {"03−1234−5678", "〔phone〕"},
    {"０３・１２３４・５６７８", "〔phone〕"},
    {"0 3 1 2 3 4 5 6 7 8", "〔phone〕"},
    {"03-1234-5678 9:00-17:00", "〔phone〕 9:00-17:00"},
    {"0\u200b9\u200b0\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7\u200b8", "〔phone〕"},
    {"0️⃣9️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "〔phone〕"},
    {"٠٩٠١٢٣٤٥٦٧٨", "〔phone〕"},
    {"0466-12-3456と090-1234-5678", "〔phone〕と〔phone〕"},

    /* card */
    {"4111 1111 1111 1111", "〔card〕"},
    {"4111-1111-1111-1111", "〔card〕"},
    {"4111111111111111", "〔card〕"},
    {"3782 822463 10005", "〔card〕"},
    {"３７８２８２２４６３１０００５", "〔card〕"},

    /* 12 digits */
    {"1234 5678 9018", "〔12-digits〕"},
    {"マイナンバーは123456789018です", "マイナンバーは〔12-digits〕です"},
    {"１２３４－５６７８－９０１８", "〔12-digits〕"},
    {"一二三四五六七八九〇一八", "〔12-digits〕"},
    {"012345678901", "〔12-digits〕"},
    {"1 2 3 4 5 6 7 8 9 0 1 8", "〔12-digits〕"},

    /* insurance */
    {"記号・番号は 21700023・12345", "記号・番号は 〔insurance〕"},
    {"保険者番号 06123456", "保険者番号 〔insurance〕"},
    {"保険者番号は138057です", "保険者番号は〔insurance〕です"},
    {"被保険者証の記号１２３４番号５６７８", "被保険者証の記号〔insurance〕番号〔insurance〕"},
    {"被保険者番号：12345678", "被保険者番号：〔insurance〕"},
    {"枝番 01", "枝番 〔insurance〕"},
    {"記号 7013 番号 4321 枝番 02", "記号 〔insurance〕 番号 〔insurance〕 枝番 〔insurance〕"},
    {"資格確認書番号は1234567", "資格確認書番号は〔insurance〕"},
    {"公費負担者番号 21136015", "公費負担者番号 〔insurance〕"},
    {"受給者番号は1234567です", "受給者番号は〔insurance〕です"},
    {"My insurance number is 1234567", "My insurance number is 〔insurance〕"},

    /* institution, postal */
    {"医療機関コードは1312345です", "医療機関コードは〔institution〕です"},
    {"薬局コード 1342345678", "薬局コード 〔institution〕"},
    {"〒100-0001", "〒〔postal〕"},
    {"郵便番号は１０００００１", "郵便番号は〔postal〕"},

    /* rest */
    {"登録番号87654321", "登録番号〔digits〕"},
    {"番号は1234-5678", "番号は〔digits〕"},
    {"ABC1234567890123456789XYZ", "ABC〔digits〕XYZ"},
    {"20230215", "〔digits〕"},
    {"1234 5678", "〔digits〕"},
    {"〔090〕〔1234〕5678が〔09012345678〕", "〔090〕〔1234〕5678が〔〔phone〕〕"},
};

/* What must stay: the page's own figures and what people ask with. */
static const char *const must_stay[] = {
    "",
    "@",
    "@ntt",
    "10@500円",
    "CAFで始まる10桁",
    "COPで始まる8桁の英数字ですか",
    "CAFまたはCOPで始まる番号",
    "CAFEのWi-Fi",
    "DECAF12345",
    "2012年5月29日",
    "2012年5月29日以前に開通した回線",
    "平成24年5月29日",
    "令和5年2月15日",
    "2023-02-15",
    "2023/02/15 10:30",
    "2023.2.15",
    "２０２３－０２－１５",
    "2023-02-15から2023-02-28まで",
    "2023/2と2023/3",
    "2012-2013年度",
    "5/29と6/01",
    "377,366円",
    "157,300円",
    "１５７，３００円ですか",
    "157300円",
    "356,246 377,366",
    "44,000 44,000 67,100 157,300",
    "29,150円~80,300円",
    "12,345,678円",
    "メーカー希望小売価格157,300円",
    "100万円",
    "192.168.1.1",
    "255.255.255.0",
    "Windows 10.0.19045.3693",
    "v6オプションは有料?",
    "IPv6",
    "24時間365日",
    "9:00-17:00",
    "午前9時~午後5時",
    "8:30~16:59",
    "0120-116-116",
    "０１２０ー１１６ー１１６",
    "0120(116)116に電話",
    "0120116116",
    "〇一二〇の一一六の一一六",
    "0120-116-116 0120-087-033",
    "+81 120 116 116",
    "0120-087-033(平日9:00-17:00)",
    "番号は何桁ですか",
    "保険者番号は8桁ですか",
    "枝番は2桁ですか",
    "記号・番号は必要ですか",
    "被保険者証の記号番号が分からない",
    "医療機関コードは10桁ですか",
    "郵便番号を教えて",
    "3台で44,000円",
    "LAN 3m 3本",
    "1 2 3 4 5 6 7",
    "1. 申し込み 2. 調査 3. 工事",
    "三台の端末と二十四時間対応",
    "一般の診療所と一部の薬局で一人一台",
    "○○クリニック ○○-○○○○",
    "0.5から1.5",
    "R05の補助金",
    "アットホームな会社",
    "スタートパックの料金を教えてください。",
    "What is the monthly fee in 2023?",
    "〔phone〕と〔customer-id:CAF9〕と〔12-digits〕",
    "😀👨‍👩‍👧",
};

static void test_mask__must_hit_table(void **state)
{
    (void)state;
    size_t bad = 0, n;
    for (size_t i = 0; i < sizeof(must_hit) / sizeof(must_hit[0]); i++) {
        char *got = masked(must_hit[i].text, &n);
        if (strcmp(got, must_hit[i].masked) != 0 || n == 0) {
            print_error("'%s' became '%s', expected '%s'\n", must_hit[i].text, got,
                        must_hit[i].masked);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
    assert_true(sizeof(must_hit) / sizeof(must_hit[0]) >= 53);
}

static void test_mask__must_stay_table(void **state)
{
    (void)state;
    size_t bad = 0, n;
    for (size_t i = 0; i < sizeof(must_stay) / sizeof(must_stay[0]); i++) {
        char *got = masked(must_stay[i], &n);
        if (strcmp(got, must_stay[i]) != 0 || n != 0) {
            print_error("'%s' became '%s'\n", must_stay[i], got);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
    assert_true(sizeof(must_stay) / sizeof(must_stay[0]) >= 32);
}

static void test_mask__masked_text__stays_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(must_hit) / sizeof(must_hit[0]); i++) {
        size_t n;
        if (strstr(must_hit[i].text, "〔") != NULL)
            continue; /* brackets of the visitor's own */
        assert_string_equal(masked(must_hit[i].masked, &n), must_hit[i].masked);
        assert_int_equal(n, 0);
    }
}

/* Each stands beside a number that goes, and would be another one without it. */
static void test_mask__what_is_left_beside_a_mask__is_looked_at_once_more(void **state)
{
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"① 4111 1111 11-1 111 1111 78", "① 〔digits〕 〔12-digits〕"},
        {"CAF①11 11iiii11112023-0///2-15", "〔customer-id:CAF9〕〔12-digits〕"},
        /* Nine kanji numerals make each of them a digit; once they are gone, 一 is none. */
        {"〇三の一二三四の五六七八 cop5678 ０一年", "〔phone〕 〔customer-id:COP5〕一年"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n;
        assert_string_equal(masked(rows[i].text, NULL), rows[i].masked);
        assert_string_equal(masked(rows[i].masked, &n), rows[i].masked);
        assert_int_equal(n, 0);
        assert_int_equal(mask_find(&rules, span_str(rows[i].text), NULL, 0),
                         mask_find(&rules, span_str(rows[i].masked), NULL, 0));
    }
}

static void test_mask__without_rules__finds_all_but_identifiers(void **state)
{
    static const struct mask_rules none = {.nformats = 0};
    struct buf out;
    (void)state;
    buf_init(&out, 0);
    mask_text(&none, span_str("CAF1234567890 0120-116-116"), &out);
    assert_string_equal(buf_cstr(&out), "CAF〔digits〕 〔phone〕");
    buf_release(&out);
}

static void test_mask__invalid_utf8__other_bytes_pass_unchanged(void **state)
{
    (void)state;
    assert_string_equal(masked("\xff\xfe電話03-1234-5678\xe3\x81", NULL),
                        "\xff\xfe電話〔phone〕\xe3\x81");
}

static void test_mask__nothing__stays_nothing(void **state)
{
    struct mask_range range;
    struct mask_found found;
    struct buf out;
    size_t n;
    (void)state;
    buf_init(&out, 0);
    assert_int_equal(mask_text_ranges(&rules, span_of(NULL, 0), &out, &range, 1, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(mask_find(&rules, span_of(NULL, 0), &found, 1), 0);
    buf_release(&out);
}

/* ---- properties ------------------------------------------------------------------------------ */

static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

/* Do the characters hold 8 digits in a row (in any width), outside what is exempt? */
static bool holds_8_digits(const char *s)
{
    static const char *const exempt[] = {"0120116116", "0120087033"};
    char row[64];
    size_t run = 0, len = strlen(s);
    for (size_t i = 0; i <= len;) {
        uint32_t cp = 0;
        bool valid;
        size_t took = i < len ? utf8_decode(s + i, len - i, &cp, &valid) : 1;
        int digit = cp >= '0' && cp <= '9'         ? (int)(cp - '0')
                    : cp >= 0xFF10 && cp <= 0xFF19 ? (int)(cp - 0xFF10)
                                                   : -1;
        if (digit >= 0 && run < sizeof(row) - 1) {
            row[run++] = (char)('0' + digit);
        } else if (digit < 0) {
            row[run] = '\0';
            if (run >= 8 && strcmp(row, exempt[0]) != 0 && strcmp(row, exempt[1]) != 0)
                return true;
            run = 0;
        }
        i += took;
    }
    return false;
}

static void check_properties(const char *text)
{
    static char once[70000];
    size_t n;
    strcpy(once, masked(text, NULL));
    if (holds_8_digits(once))
        fail_msg("8 digits left of '%s': '%s'", text, once);
    if (utf8_valid(span_str(text)) && !utf8_valid(span_str(once)))
        fail_msg("no longer UTF-8: '%s'", text);
    char *twice = masked(once, &n);
    if (strcmp(once, twice) != 0)
        fail_msg("'%s' became '%s', then '%s'", text, once, twice);
}

static void test_mask__random_pieces__no_8_digits_valid_utf8_idempotent(void **state)
{
    static const char *const pieces[] = {
        "0",
        "1",
        "2",
        "3",
        "9",
        "12",
        "2023",
        "0120",
        "116",
        "５",
        "０",
        "①",
        "一",
        "二",
        "〇",
        "○",
        "-",
        "ー",
        "の",
        " ",
        "　",
        ".",
        "/",
        ",",
        "(",
        ")",
        "+",
        "@",
        "円",
        "年",
        "CAF",
        "cop",
        "O",
        "l",
        "C",
        "記号",
        "番号",
        "枝番",
        "保険者番号",
        "〒",
        "医療機関コード",
        "〔",
        "〕",
        "〔phone〕",
        "a",
        "料金",
        "ドット",
        "アット",
        "\u200b",
        "\ufe0f",
        "⑽",
        "½",
        "万",
        "桁",
        ":",
        "example",
        "com",
        "٣",
        "〔customer-id:CAF9〕",
        "\xff",
    };
    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[600] = "";
        for (uint32_t n = random_below(24); n > 0; n--)
            strcat(text, pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))]);
        check_properties(text);
    }
}

static void test_mask__random_bytes__never_crash(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[256];
        uint32_t n = random_below(sizeof(text) - 1);
        for (uint32_t i = 0; i < n; i++)
            text[i] = (char)(1 + random_below(255));
        text[n] = '\0';
        check_properties(text);
    }
}

static void test_mask__longest_message__is_masked_whole_and_in_linear_time(void **state)
{
    static const char *const fills[] = {"0",     "0 ", "1-",  "@",  "a@",     "CAF",  "記号",
                                        "1,234", "〔", "+81", "一", "アット", "2023-"};
    static char text[16400];
    (void)state;
    for (size_t f = 0; f < sizeof(fills) / sizeof(fills[0]); f++) {
        size_t len = strlen(fills[f]), at = 0;
        for (; at + len < 16300; at += len)
            memcpy(text + at, fills[f], len);
        strcpy(text + at, " 090-1234-5678");
        char *got = masked(text, NULL);
        assert_null(strstr(got, "1234-5678"));
        check_properties(text);
    }
}

/* ---- identifiers ----------------------------------------------------------------------------- */

static void test_find__raw_and_masked__give_the_same_verdict(void **state)
{
    static const struct {
        const char *text;
        size_t prefix;
        unsigned digits;
        bool wide, lower, letters, separators;
    } rows[] = {
        {"CAF1234567890", 0, 10, false, false, false, false},
        {"お客さまIDはｃｏｐ１２３４５６７です", 1, 7, true, true, false, false},
        {"CAF123456789O", 0, 10, false, false, true, false},
        {"caf 123 456 789", 0, 9, false, true, false, true},
        {"CAF-1234567890", 0, 10, false, false, false, true},
        {"C A F1234567890", 0, 10, false, false, false, true},
        {"CAF　1234ー567890", 0, 10, false, false, false, true}, /* a wide space is no letter */
        {"CAF1234567890 です", 0, 10, false, false, false, false},
        {"CAF12\u200B34567890", 0, 10, false, false, false, false}, /* nobody sees it */
        {"CAF一二三四五六七八九〇", 0, 10, true, false, false, false},
        {"CAF١٢٣٤٥٦٧٨٩٠", 0, 10, true, false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mask_found raw, again;
        assert_int_equal(mask_find(&rules, span_str(rows[i].text), &raw, 1), 1);
        assert_int_equal(raw.prefix, rows[i].prefix);
        assert_int_equal(raw.digits, rows[i].digits);
        assert_int_equal(raw.wide, rows[i].wide);
        assert_int_equal(raw.lower, rows[i].lower);
        assert_int_equal(raw.letters, rows[i].letters);
        assert_int_equal(raw.separators, rows[i].separators);
        assert_int_equal(mask_find(&rules, span_str(masked(rows[i].text, NULL)), &again, 1), 1);
        assert_int_equal(again.format, raw.format);
        assert_int_equal(again.prefix, raw.prefix);
        assert_int_equal(again.digits, raw.digits);
        assert_int_equal(again.begin, raw.begin); /* nothing before it was masked */
        assert_false(again.wide || again.lower || again.letters || again.separators);
    }
}

static void test_find__several_or_none(void **state)
{
    struct mask_found found[2];
    static const char both[] = "〔customer-id:COP8〕とCAF1234567890とcop12345678";
    (void)state;
    assert_int_equal(mask_find(&rules, span_str("料金は?"), found, 2), 0);
    assert_int_equal(mask_find(&rules, span_str("〔customer-id:XYZ8〕"), found, 2), 0);
    assert_int_equal(mask_find(&rules, span_str(both), found, 2), 3);
    assert_int_equal(found[0].digits, 8);
    assert_int_equal(found[1].digits, 10);
    assert_int_equal(mask_find(&rules, span_str(both), NULL, 0), 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask__must_hit_table),
        cmocka_unit_test(test_mask__must_stay_table),
        cmocka_unit_test(test_mask__masked_text__stays_as_it_is),
        cmocka_unit_test(test_mask__what_is_left_beside_a_mask__is_looked_at_once_more),
        cmocka_unit_test(test_mask__without_rules__finds_all_but_identifiers),
        cmocka_unit_test(test_mask__invalid_utf8__other_bytes_pass_unchanged),
        cmocka_unit_test(test_mask__nothing__stays_nothing),
        cmocka_unit_test(test_mask__random_pieces__no_8_digits_valid_utf8_idempotent),
        cmocka_unit_test(test_mask__random_bytes__never_crash),
        cmocka_unit_test(test_mask__longest_message__is_masked_whole_and_in_linear_time),
        cmocka_unit_test(test_find__raw_and_masked__give_the_same_verdict),
        cmocka_unit_test(test_find__several_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "core/text.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

static struct text text, other;

/* The signs as text: a soft break before a sign is '_', a hard one ' '. */
static const char *signs_of(struct span source)
{
    static char result[TEXT_SIGNS_MAX * 5 + 1];
    struct buf out;
    buf_init(&out, 0);
    text_make(&text, source);
    for (size_t i = 0; i < text.nsigns; i++) {
        const struct text_sign *s = &text.signs[i];
        if (s->cp != TEXT_HARD) {
            if (s->break_before == TEXT_BREAK_SOFT)
                buf_addc(&out, '_');
            buf_addcp(&out, s->cp);
        } else {
            buf_addc(&out, ' ');
        }
    }
    assert_true(out.len < sizeof(result));
    if (out.len > 0)
        memcpy(result, out.ptr, out.len);
    result[out.len] = '\0';
    buf_release(&out);
    return result;
}

static bool check(const char *rule, const char *what, const char *is, const char *expected)
{
    if (strcmp(is, expected) == 0)
        return true;
    print_error("%s: '%s' gives '%s', expected '%s'\n", rule, what, is, expected);
    return false;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static const struct {
    const char *rule, *text, *signs;
} steps[] = {
    {"nothing", "", ""},
    {"nothing", " 、。!\n", ""},
    {"nothing", "😀👍🏽❤️", ""},

    {"N1", "スタート\u200bパック", "すたーとぱっく"},
    {"N1 soft hyphen, BOM, bidi", "\ufeffア\u00adク\u202eセ\u2066ス", "あくせす"},
    {"N1 variation selector", "葛\U000e0100城市", "葛城市"},
    {"N1 between a kana and its mark", "ハ\u200b\u3099", "ば"},

    {"N2", "ハ゜ック", "ぱっく"},
    {"N2 dakuten", "カ゛イト゛", "がいど"},
    {"N2 nothing to go with", "゛あ゛", "あ"},

    {"N3 half width", "ｽﾀｰﾄﾊﾟｯｸ", "すたーとぱっく"},
    {"N3 half width dakuten", "ｶﾞｲﾄﾞ", "がいど"},
    {"N3 full width", "ＩＰ", "ip"},
    {"N3 circled", "①", "1"},
    {"N3 case", "IPsec", "ipsec"},
    {"N3 sharp s", "Straße", "strasse"},
    {"N3 squared words", "㍿", "株式会社"},
    {"N3 company sign", "㈱山田", "株_山田"},
    {"N3 NFD kana", "か\u3099ぱ", "がぱ"},
    {"N3 NFD katakana", "ハ\u309aック", "ぱっく"},
    {"N3 NFD Latin", "cafe\u0301", "café"},
    {"N3 two marks in the wrong order", "a\u0301\u0323", "ạ\u0301"},
    {"N3 Hangul jamo", "\u1112\u1161\u11ab", "한"},
    {"N3 mark that composes with nothing", "か\u309a", "か"},
    {"N3 compatibility kanji", "\ufa19社", "神社"},
    {"N3 keycap", "1\ufe0f\u20e3", "1"},

    {"N4", "髙﨑德邊澤國學證醫藥圖顏體會對續", "高崎徳辺沢国学証医薬図顔体会対続"},
    {"N4", "髙橋", "高橋"},
    {"N4 many to one", "渡邊渡邉渡辺", "渡辺渡辺渡辺"},
    {"N4 two kanji stay two", "斎藤斉藤齋藤齊藤", "斎藤斉藤斎藤斉藤"},
    {"N4 beyond 16 bits", "𠮷野家", "吉野家"},
    {"N4 before N10", "お客樣", "お客さま"},

    {"N5", "157,300円", "157300円"},
    {"N5 full width", "１５７，３００円", "157300円"},
    {"N5 twice", "1,234,567", "1234567"},
    {"N5 not before four digits", "1,2345", "1 2345"},
    {"N5 not before two", "1,23", "1 23"},
    {"N5 not without a digit before", "a,123", "a 123"},
    {"N5 not the Japanese comma", "1、234", "1 234"},
    {"N5 joins what fires elsewhere", "5,720円", "5720円"},

    {"N6 soft", "フレッツ・v6", "ふれっつ_v6"},
    {"N6 soft", "IPsec+IKE", "ipsec_ike"},
    {"N6 space", "フレッツ 光\u3000ネクスト", "ふれっつ_光_ねくすと"},
    {"N6 brackets and quotes", "「光」(v6)“a”『b』【c】", "光_v6_a_b_c"},
    {"N6 signs", "a&b+c/d_e\"f'g*h#i@j=k%l", "a_b_c_d_e_f_g_h_i_j_k_l"},
    {"N6 dots", "a・b･c·d•e‧f∙g", "a_b_c_d_e_f_g"},
    {"N6 hard", "a、b。c，d．e,f.g!h?i！j？k…l:m;n：o", "a b c d e f g h i j k l m n o"},
    {"N6 line break", "a\nb\r\nc\u2028d", "a b c d"},
    {"N6 emoji", "光😀回線", "光 回線"},
    {"N6 other symbols", "a→b※c☎d①", "a b_c d1"},
    {"N6 dots in a row", "光...回線", "光 回線"},
    {"N6 hard wins", "a 、 b", "a b"},
    {"N6 invalid bytes",
     "a\xff"
     "b",
     "a b"},
    {"N6 a mask", "〔customer-id:CAF9〕", "customer_id caf9"},

    {"N7 long mark", "ル一タ一", "るーた"},
    {"N7 long mark", "スタ一トパック", "すたーとぱっく"},
    {"N7 before hiragana", "ルータ一の", "るーたの"},
    {"N7 before a break", "ルータ一、光", "るーた 光"},
    {"N7 look-alikes", "ネッ卜ワーク", "ねっとわーく"},
    {"N7 look-alikes", "イ二シャルと力タ口グとス夕ート", "いにしゃると力たろぐとすたーと"},
    {"N7 look-alikes", "アエ工オとア八ハと", "あええおとあははと"},
    {"N7 a run of them", "ス夕一ト", "すたーと"},
    {"N7 counting stays", "ルーター一台", "るーた1台"},
    {"N7 word stays", "プラン一覧", "ぷらん一覧"},
    {"N7 つ stays", "ルーター一つ", "るーた一つ"},
    {"N7 months stay", "プラン二ヶ月", "ぷらん2か月"},
    {"N7 one kanji before katakana stays", "サービス口コミ", "さーびす口こみ"},
    {"N7 kanji within katakana", "口コモーション", "口こもーしょん"},
    {"N7 read within katakana", "プ口コトル", "ぷろことる"},
    {"N7 months stay", "プラン一か月", "ぷらん1か月"},
    {"N7 at the edge of katakana stays", "ネット口座", "ねっと口座"},

    {"N8 hyphen", "ル-タ-", "るーた"},
    {"N8 dash", "ル—タ—", "るーた"},
    {"N8 all long marks", "カーナカｰナカ—ナカ―ナカ─ナカ━ナ",
     "かーなかーなかーなかーなかーなかーな"},
    {"N8 all hyphens", "カ-ナカ‐ナカ‑ナカ‒ナカ–ナカ−ナカ⁃ナカ⁻ナカ₋ナカ˗ナカ֊ナカ﹣ナカ－ナ",
     "かーなかーなかーなかーなかーなかーなかーなかーなかーなかーなかーなかーなかーな"},
    {"N8 all tildes", "カ~ナカ〜ナカ～ナカ˜ナカ∼ナカ∾ナカ〰ナ",
     "かーなかーなかーなかーなかーなかーなかーな"},
    {"N8 between letters", "IPーVPN", "ip_vpn"},
    {"N8 between letters", "IP-VPN", "ip_vpn"},
    {"N8 between letters", "IP—VPN", "ip_vpn"},
    {"N8 U+2011", "IP‑VPN", "ip_vpn"},
    {"N8 until", "9時〜17時", "9時 17時"},
    {"N8 until", "9時～17時", "9時 17時"},
    {"N8 until", "a~b˜c∼d∾e〰f", "a b c d e f"},
    {"N8 hyphen before a digit", "ハブ-2台", "はぶ_2台"},
    {"N8 hyphens before a digit", "ハブ--2台", "はぶ_2台"},
    {"N8 hyphen before a letter", "ハブ-A", "はぶ_a"},
    {"N8 long mark before a letter", "カードーA", "かーどa"},
    {"N8 phone number", "０１２０ー１１６ー１１６", "0120_116_116"},
    {"N8 drawn-out hiragana", "お願いしま〜す", "お願いしまーす"},
    {"N8 after kanji", "電話ー番号", "電話_番号"},
    {"N8 alone", "ーー", ""},

    {"N9", "様々", "様様"},
    {"N9 kana", "いすゞ", "いすず"},
    {"N9 kana", "こゝろ", "こころ"},
    {"N9 katakana", "バナヽ", "ばなな"},
    {"N9 katakana voiced", "クヾ", "くぐ"},
    {"N9 nothing before", "a々", "a々"},

    {"N10 honorific", "お客様ＩＤ", "お客さまid"},
    {"N10 honorific", "皆様", "皆さま"},
    {"N10 honorific", "患者様は担当者様と先様と先方様と御社様",
     "患者さまは担当者さまと先さまと先方さまと御社さま"},
    {"N10 honorific before kanji stays", "お客様番号", "お客様番号"},
    {"N10 other 様 stays", "仕様と様子", "仕様と様子"},
    {"N10", "三台", "3台"},
    {"N10", "二十四時間", "24時間"},
    {"N10 counters", "一本二件三円四年五月六日七時間八時九分十回",
     "1本二件三円四年五月六日七時間八時九分十回"},
    {"N10 counters", "一本,二件,三円,四年,五月,六日,七時間,八時,九分,十回",
     "1本 2件 3円 4年 5月 6日 7時間 8時 9分 10回"},
    {"N10 counters", "一回線,二拠点,三箇所,四か所,五か月,六人,七名,八社,九号,十個",
     "1回線 2拠点 3か所 4か所 5か月 6人 7名 8社 9号 10個"},
    {"N10 counters", "一枚,二階,三割,四週間", "1枚 2階 3割 4週間"},
    {"N10 numbers", "千二百三十四円", "1234円"},
    {"N10 numbers", "十五万七千三百円", "157300円"},
    {"N10 numbers", "二〇二五年", "2025年"},
    {"N10 numbers", "一億円", "100000000円"},
    {"N10 numbers", "百円,千円", "100円 1000円"},
    {"N10 no numbers", "二三十円,万円,十十円", "二三十円 万円 十十円"},
    {"N10 months", "３ヶ月", "3か月"},
    {"N10 months", "3カ月", "3か月"},
    {"N10 months", "三か月", "3か月"},
    {"N10 months", "三ヶ月", "3か月"},
    {"N10 places", "3ヵ所,3箇所,3ケ国", "3か所 3か所 3か国"},
    {"N10 after kanji stays", "光二回線", "光二回線"},
    {"N10 after 第約計全各", "第一回,約三台,計三台,全三台,各三台", "第1回 約3台 計3台 全3台 各3台"},
    {"N10 stays", "十分な,十分に,十分で", "十分な 十分に 十分で"},
    {"N10 minutes", "十分待つ,三十分で", "10分待つ 30分で"},
    {"N10 stays", "一番,一時的,一時停止,一時支払", "一番 一時的 一時停止 一時支払"},
    {"N10 hours", "一時間,一時です", "1時間 1時です"},
    {"N10 stays", "一人ひとり,一式", "一人ひとり 一式"},
    {"N10 stays", "三重県,一般,一覧", "三重県 一般 一覧"},
    {"N10 after a digit stays", "3万円", "3万円"},

    {"N11", "ヴァヴィヴヴェヴォ", "ばびぶべぼ"},
    {"N11 hiragana", "ゔぁ", "ば"},
    {"N11 one character", "ヷヸヹヺ", "ばびべぼ"},
    {"N11", "ヂヅぢづ", "じずじず"},
    {"N11", "ヰヱ", "いえ"},
    {"N11", "ヮヵヶ", "わかけ"},
    {"N11 small vowels", "ァアィイゥウェエォオ", "ああいいううええおお"},
    {"N11 small vowels", "ぁぃぅぇぉ", "あいうえお"},
    {"N11", "ヴァージョン", "ばーじょん"},
    {"N11", "ウェブ", "うえぶ"},
    {"N11 stay", "ャュョッゃゅょっをヲ", "ゃゅょっゃゅょっをを"},
    {"N11 stays two words", "びょういん", "びょういん"},
    {"N11 stays two words", "びよういん", "びよういん"},

    {"N12", "ルーター", "るーた"},
    {"N12", "ルーターー!!", "るーた"},
    {"N12", "お願いしまーーす", "お願いしまーす"},
    {"N12 three signs stay", "コピー", "こぴー"},
    {"N12 two signs stay", "カー", "かー"},
    {"N12 only the last", "ルーターセット", "るーたーせっと"},
    {"N12 before another script", "ルーターの", "るーたの"},
    {"N12 hiragana counts as well", "ありがとーございます", "ありがとーございます"},
    {"N12 hiragana counts as well", "ありがとー", "ありがと"},
    {"N12 a run ends at a break", "カード・リーダー", "かーど_りーだ"},
    {"N12 a run ends at a break", "サ・コピー", "さ_こぴー"},
    {"N12 runs of two scripts", "あコピー", "あこぴー"},
    {"N12 three kana", "ねねね", "ね"},
    {"N12 more kana", "すごおおおおい", "すごおい"},
    {"N12 two kana stay", "おおい", "おおい"},
    {"N12 two scripts", "アああ", "あああ"},
    {"N12 letters and digits", "wwww1111", "wwww1111"},
    {"N12 kanji", "様々々", "様様様"},

    {"N13", "フレッツ 光 ネクスト", "ふれっつ_光_ねくすと"},
    {"N13 at the ends", " 、光、 ", "光"},

    {"N14", "ルータ", "るーた"},
    {"N14 long mark stays", "コピー", "こぴー"},
};

static void test_text_make__every_step__gives_the_signs_of_the_rules(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct span source = span_str(steps[i].text);
        good = check(steps[i].rule, steps[i].text, signs_of(source), steps[i].signs) && good;
    }
    assert_true(good);
}

/* What is the same to a reader is the same to us. */
static const struct {
    const char *a, *b;
} same[] = {
    {"ルーター", "ルータ"},     {"ルーター", "ル一タ一"},
    {"ルーター", "ﾙｰﾀｰ"},       {"フレッツ・v6", "フレッツv6"},
    {"IPsec+IKE", "IPsec IKE"}, {"IPーVPN", "IP-VPN"},
    {"三台", "３台"},           {"3カ月", "三か月"},
    {"ウェブ", "ウエブ"},       {"ヴァージョン", "バージョン"},
    {"お客様", "お客さま"},     {"がぱ", "か\u3099は\u309a"},
    {"ガパ", "ｶﾞﾊﾟ"},           {"ひょう", "ヒョウ"},
};
static const struct {
    const char *a, *b;
} differ[] = {
    {"びょういん", "びよういん"}, {"ひょう", "ひよう"}, {"を", "お"},     {"東", "西"},
    {"コピー", "コピ"},           {"斎", "斉"},         {"IPv4", "IPv6"},
};

static bool same_signs(const char *a, const char *b)
{
    text_make(&text, span_str(a));
    text_make(&other, span_str(b));
    bool equal = text.nsigns == other.nsigns;
    for (size_t i = 0; equal && i < text.nsigns; i++)
        equal = text.signs[i].cp == other.signs[i].cp;
    return equal;
}

static void test_text_make__two_writings_of_one_word__give_the_same_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (!same_signs(same[i].a, same[i].b))
            fail_msg("'%s' and '%s' differ", same[i].a, same[i].b);
    }
    for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
        if (same_signs(differ[i].a, differ[i].b))
            fail_msg("'%s' and '%s' are the same", differ[i].a, differ[i].b);
    }
}

/* ---- classes, breaks, ranges, light form ----------------------------------------------------- */

static const struct {
    const char *text, *classes; /* Katakana, Hiragana, kaNji, Letter, Digit, | sentinel */
} classes[] = {
    {"アあ漢a1", "KHNLD"},
    {"ルーメ", "KKK"},
    {"らーめん", "HKHH"},
    {"お客様", "HNHH"},
    {"三台", "DN"},
    {"3ヶ月", "DHN"},
    {"ル一メ", "KKK"},
    {"光。線", "N|N"},
    {"ｱ", "K"},
    {"々〆〇", "NNN"},
    {"がｶﾞ", "HK"},
    {"café한", "LLLLL"},
    {"e\u0301\u0301x\u0300", "LLLL"},
};

static void test_text_make__classes__come_from_before_kana_folding(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        char is[32] = {0};
        text_make(&text, span_str(classes[i].text));
        assert_true(text.nsigns < sizeof(is));
        for (size_t k = 0; k < text.nsigns; k++)
            is[k] = "KHNLD|"[text.signs[k].class];
        good = check("classes", classes[i].text, is, classes[i].classes) && good;
    }
    assert_true(good);
}

static void test_text_make__breaks__are_remembered_in_the_signs_behind_them(void **state)
{
    (void)state;
    text_make(&text, span_str("、光 回・線。 です "));
    static const struct {
        uint32_t cp;
        uint8_t brk;
    } expected[] = {
        {U'光', TEXT_BREAK_HARD},     {U'回', TEXT_BREAK_SOFT}, {U'線', TEXT_BREAK_SOFT},
        {TEXT_HARD, TEXT_BREAK_HARD}, {U'で', TEXT_BREAK_HARD}, {U'す', TEXT_BREAK_NONE},
    };
    assert_int_equal(text.nsigns, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < text.nsigns; i++) {
        assert_int_equal(text.signs[i].cp, expected[i].cp);
        assert_int_equal(text.signs[i].break_before, expected[i].brk);
    }
    assert_true(text.break_at_end);

    text_make(&text, span_str("光"));
    assert_int_equal(text.signs[0].break_before, TEXT_BREAK_HARD);
    assert_false(text.break_at_end);
    text_make(&text, span_str("光!"));
    assert_int_equal(text.nsigns, 1);
    assert_true(text.break_at_end);
    text_make(&text, span_str(""));
    assert_true(text_empty(&text));
}

/* Each sign with the source it names, parted by '|'. */
static const struct {
    const char *name, *text, *pieces;
} ranges[] = {
    {"plain", "光は", "光|は"},
    {"half width", "ｽﾀﾊﾟ", "ｽ|ﾀ|ﾊﾟ"},
    {"NFD", "か\u3099は", "か\u3099|は"},
    {"zero width in between", "か\u200b\u3099は", "か\u200b\u3099|は"},
    {"zero width behind", "か\u200bは", "か\u200b|は"},
    {"one to many", "㍿a", "㍿|㍿|㍿|㍿|a"},
    {"many to one", "ヴァイ", "ヴァ|イ"},
    {"marks that change places", "a\u0301\u0323b", "a\u0301\u0323|a\u0301\u0323|b"},
    {"comma", "1,234", "1|2|3|4"},
    {"dropped long mark", "ルーター。", "ル|ー|ター"},
    {"collapsed", "ねねねね光", "ねねねね|光"},
    {"long marks", "カーーナ", "カ|ーー|ナ"},
    {"number", "約二十四時", "約|二十四|二十四|時"},
    {"honorific", "お客様。", "お|客|様|様"},
    {"hard break", "光。!線", "光|。!|線"},
    {"hard break of many", "光 。 線", "光| 。 |線"},
    {"invalid", "\xff\xe3\x81光", "光"},
    {"case", "Straße", "S|t|r|a|ß|ß|e"},
    {"four bytes", "𠮷野", "𠮷|野"},
};

static void test_text_make__every_sign__knows_the_bytes_it_came_from(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        char is[256] = {0};
        size_t n = 0;
        text_make(&text, span_str(ranges[i].text));
        for (size_t k = 0; k < text.nsigns; k++) {
            const struct text_sign *s = &text.signs[k];
            if (k > 0)
                is[n++] = '|';
            assert_true(n + (size_t)(s->end - s->begin) < sizeof(is));
            memcpy(is + n, ranges[i].text + s->begin, (size_t)(s->end - s->begin));
            n += (size_t)(s->end - s->begin);
        }
        good = check(ranges[i].name, ranges[i].text, is, ranges[i].pieces) && good;
    }
    assert_true(good);
}

static const struct {
    const char *text, *light;
} lights[] = {
    {"ＣＡＦ－１２３　４５", "caf-123 45"},
    {"157,300円", "157300円"},
    {"ル-タ-・ヴァ、三台", "ル-タ-・ヴァ、三台"},
    {"國學ﾊﾟｯｸ", "国学パック"},
    {"ス\u200bタ\xff", "スタ\ufffd"},
    {"カ゛", "ガ"},
    {"あ゛", "あ\u3099"},
    {"…㈱", "...(株)"},
};

static void test_text_make__light_form__is_what_steps_1_to_5_leave(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(lights) / sizeof(lights[0]); i++) {
        text_make(&text, span_str(lights[i].text));
        assert_int_equal(text.light_utf8[text.light_utf8_len], '\0');
        good = check("light", lights[i].text, text.light_utf8, lights[i].light) && good;
    }
    assert_true(good);

    text_make(&text, span_str("ｶﾞ1,234"));
    assert_int_equal(text.nlight, 5);
    assert_int_equal(text.light[0].cp, U'ガ');
    assert_int_equal(text.light[0].begin, 0);
    assert_int_equal(text.light[0].end, 6);
    assert_int_equal(text.light[2].begin, 8); /* behind the comma */
}

static void test_text_print__signs__come_as_text_with_spaces_for_hard_breaks(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 0);
    text_make(&text, span_str("フレッツ 光。三台"));
    text_print(&text, &out);
    assert_string_equal(buf_cstr(&out), "ふれっつ光 3台");
    buf_release(&out);
}

static void test_text_source_cp__a_byte_offset__is_counted_in_code_points(void **state)
{
    (void)state;
    text_make(&text, span_str("a光𠮷b"));
    assert_int_equal(text_source_cp(&text, 0), 0);
    assert_int_equal(text_source_cp(&text, 1), 1);
    assert_int_equal(text_source_cp(&text, 4), 2);
    assert_int_equal(text_source_cp(&text, 8), 3);
    assert_int_equal(text_source_cp(&text, 9), 4);
    assert_int_equal(text_source_cp(&text, 900), 4);
}

/* ---- ceilings -------------------------------------------------------------------------------- */

static char *repeat(const char *what, size_t n)
{
    size_t len = strlen(what);
    char *all = malloc(n * len + 1);
    assert_non_null(all);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * len, what, len);
    all[n * len] = '\0';
    return all;
}

static void test_text_make__501_characters__the_last_is_not_looked_at(void **state)
{
    (void)state;
    static const char *const fills[] = {"a", "光", "𠮷", "\u200b", "\xff"};
    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        char *all = repeat(fills[i], TEXT_LOOKED_AT_MAX + 1);
        text_make(&text, span_str(all));
        assert_int_equal(text.source.len, TEXT_LOOKED_AT_MAX * strlen(fills[i]));
        assert_true(text.nsigns <= TEXT_LOOKED_AT_MAX);
        free(all);
    }
    char *all = repeat("光", TEXT_LOOKED_AT_MAX);
    text_make(&text, span_str(all));
    assert_int_equal(text.nsigns, TEXT_LOOKED_AT_MAX);
    free(all);
}

static void test_text_make__what_grows_most__stops_at_the_ceilings(void **state)
{
    (void)state;
    static const char *const fills[] = {"\ufdfa", "億円",   "千円、", "一億円、",
                                        "㍿",     "㋿様", "客様、", "a\u0301\u0323\u0344"};
    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        char *all = repeat(fills[i], TEXT_LOOKED_AT_MAX);
        text_make(&text, span_str(all));
        assert_true(text.nlight <= TEXT_LIGHT_MAX);
        assert_true(text.nsigns <= TEXT_SIGNS_MAX);
        assert_true(text.light_utf8_len <= TEXT_LIGHT_MAX * 4);
        free(all);
    }
    char *all = repeat("\ufdfa", TEXT_LOOKED_AT_MAX); /* 18 characters each */
    text_make(&text, span_str(all));
    assert_int_equal(text.nlight, TEXT_LIGHT_MAX);
    free(all);
}

/* ---- against something simple ---------------------------------------------------------------- */

/* NFKC, full case folding, NFKC over the whole text, by utf8proc alone. */
static char *folded_by_utf8proc(const char *s)
{
    static const utf8proc_option_t nfkc =
        UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    utf8proc_uint8_t *a, *b, *c;
    assert_true(utf8proc_map((const utf8proc_uint8_t *)s, 0, &a, nfkc) >= 0);
    assert_true(utf8proc_map(a, 0, &b, UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_CASEFOLD) >=
                0);
    assert_true(utf8proc_map(b, 0, &c, nfkc) >= 0);
    free(a);
    free(b);
    return (char *)c;
}

static uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Characters that neither N1, N2, N4 nor N5 touches. */
static const uint32_t mixed[] = U"aZéǅßİŉΐᾴΣςｱｶﾞﾊﾟｰかがはぱヴワカハ光回線ＡｚＺ５①㈱㍿ﷺ한"
                                U"\u3099\u309a\u0301\u0323\u0308\u0345\u0344\u0307\u0327"
                                U"\u1112\u1161\u11ab\u11a8\uac00\u0915\u093c\u09c7\u09be\u0f71"
                                U"\u0f72\u20e3\U0001d165\U0001d157 、。・ー〜…½㌔ﬁ";

static void
test_text_make__mixed_marks__light_form_equals_nfkc_and_folding_of_the_whole(void **state)
{
    (void)state;
    uint32_t seed = 4711;
    size_t nmixed = sizeof(mixed) / sizeof(mixed[0]) - 1;
    for (size_t round = 0; round < 20000; round++) {
        char source[256];
        size_t len = 0;
        for (size_t n = 1 + random_next(&seed) % 12; n > 0; n--)
            len += utf8_encode(mixed[random_next(&seed) % nmixed], source + len);
        source[len] = '\0';
        char *expected = folded_by_utf8proc(source);
        text_make(&text, span_of(source, len));
        bool good = check("NFKC", source, text.light_utf8, expected);
        free(expected);
        assert_true(good);
    }
}

static bool is_deleted_here(uint32_t cp)
{
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c == UTF8PROC_CATEGORY_CF || (cp >= 0xFE00 && cp <= 0xFE0F) || cp == 0x034F ||
           cp == 0x115F || cp == 0x1160 || cp == 0x17B4 || cp == 0x17B5 || cp == 0x3164 ||
           cp == 0xFFA0 || (cp >= 0x180B && cp <= 0x180F) || (cp >= 0x2060 && cp <= 0x206F) ||
           cp >= 0xE0000;
}

static void test_text_make__every_code_point__light_form_is_its_folding_or_a_kanji(void **state)
{
    (void)state;
    size_t kanji = 0;
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
        if (cp >= 0x30000 && cp % 97 != 0) /* unassigned, most of it */
            continue;
        if ((cp >= 0xD800 && cp <= 0xDFFF) || is_deleted_here(cp) || cp == 0x309B || cp == 0x309C ||
            cp == 0x02DC)
            continue;
        char source[8];
        size_t len = utf8_encode(cp, source);
        source[len] = '\0';
        text_make(&text, span_of(source, len));
        char *expected = folded_by_utf8proc(source);
        if (strcmp(expected, text.light_utf8) != 0) {
            assert_int_equal(text.nlight, 1); /* N4: one to one, kanji to kanji of today */
            uint32_t now = text.light[0].cp;
            assert_true(now >= 0x4E00 && now <= 0x9FFF);
            kanji++;
            text_make(&other, span_of(text.light_utf8, text.light_utf8_len));
            assert_int_equal(other.light[0].cp, now); /* and no further */
        }
        free(expected);
    }
    assert_true(kanji >= 500);
}

/* ---- invariants ------------------------------------------------------------------------------ */

static bool on_border(struct span source, size_t at)
{
    size_t i = 0;
    while (i < at) {
        uint32_t cp;
        bool valid;
        i += utf8_decode(source.ptr + i, source.len - i, &cp, &valid);
    }
    return i == at;
}

static void check_invariants(struct span source)
{
    text_make(&text, source);
    assert_true(text.nsigns <= TEXT_SIGNS_MAX && text.nlight <= TEXT_LIGHT_MAX);
    size_t begin = 0, end = 0;
    for (size_t i = 0; i < text.nlight; i++) {
        const struct text_light *l = &text.light[i];
        assert_true(l->begin >= begin && l->end >= end && l->begin < l->end);
        assert_true(l->end <= text.source.len);
        assert_true(on_border(text.source, l->begin) && on_border(text.source, l->end));
        begin = l->begin;
        end = l->end;
    }
    begin = end = 0;
    for (size_t i = 0; i < text.nsigns; i++) {
        const struct text_sign *s = &text.signs[i];
        assert_true(s->begin >= begin && s->end >= end && s->begin < s->end);
        assert_true(s->end <= text.source.len);
        assert_true(on_border(text.source, s->begin) && on_border(text.source, s->end));
        assert_true(s->class <= TEXT_SENTINEL);
        assert_true((s->class == TEXT_SENTINEL) == (s->cp == TEXT_HARD));
        bool after = i > 0 && text.signs[i - 1].cp == TEXT_HARD;
        if (i == 0 || after || s->cp == TEXT_HARD)
            assert_int_equal(s->break_before, TEXT_BREAK_HARD);
        else
            assert_int_not_equal(s->break_before, TEXT_BREAK_HARD);
        assert_false(s->cp == TEXT_HARD && (i == 0 || i + 1 == text.nsigns || after));
        begin = s->begin;
        end = s->end;
    }
    assert_true(utf8_valid(span_of(text.light_utf8, text.light_utf8_len)));
    struct buf out;
    buf_init(&out, 0);
    text_core(&text, &out);
    assert_true(utf8_valid(buf_span(&out)));
    assert_int_equal(out.len == 0, text.nsigns == 0);
    buf_release(&out);

    text_make(&other, source);
    assert_int_equal(text.nsigns, other.nsigns);
    assert_memory_equal(text.signs, other.signs, text.nsigns * sizeof(text.signs[0]));
}

static void test_text_make__pseudo_random_bytes__ranges_lie_in_order_on_borders(void **state)
{
    (void)state;
    static const uint32_t signs[] =
        U"アーカヴァル-〜一二三十百千万億台本時分月ヶか様客々ゝゞ、。 ・1,3a"
        U"\u3099\u309a\u0301\u0323\u200b\ufdfaｶﾞ㍿"
        U"力口工夕卜八ねねすすでかはとが教知";
    size_t nsigns = sizeof(signs) / sizeof(signs[0]) - 1;
    uint32_t seed = 20240229;
    for (size_t round = 0; round < 6000; round++) {
        char *source = malloc(700); /* of its own, so that reading past it is seen */
        size_t len = 0, want = random_next(&seed) % 40;
        assert_non_null(source);
        if (round % 50 == 0)
            want = 600;
        while (len + 4 <= 700 && want-- > 0) {
            uint32_t r = random_next(&seed);
            if (round % 3 == 0 && r % 5 == 0)
                source[len++] = (char)(r >> 8);
            else if (round % 7 == 0)
                len += utf8_encode(r % 0x110000, source + len);
            else
                len += utf8_encode(signs[r % nsigns], source + len);
        }
        char *exact = malloc(len + 1); /* + 1: malloc(0) may be NULL */
        assert_non_null(exact);
        char *at = exact + 1; /* ends where the block ends */
        memcpy(at, source, len);
        check_invariants(span_of(at, len));
        free(exact);
        free(source);
    }
}

static void test_text_make__nfc_and_nfd_of_one_text__give_the_same_signs(void **state)
{
    (void)state;
    uint32_t seed = 99;
    size_t nmixed = sizeof(mixed) / sizeof(mixed[0]) - 1;
    for (size_t round = 0; round < 5000; round++) {
        char source[256];
        size_t len = 0;
        for (size_t n = 1 + random_next(&seed) % 12; n > 0; n--)
            len += utf8_encode(mixed[random_next(&seed) % nmixed], source + len);
        source[len] = '\0';
        char *nfc = (char *)utf8proc_NFC((const utf8proc_uint8_t *)source);
        char *nfd = (char *)utf8proc_NFD((const utf8proc_uint8_t *)source);
        bool good = same_signs(source, nfc) && same_signs(source, nfd);
        if (!good)
            print_error("NFC or NFD of '%s' differs\n", source);
        free(nfc);
        free(nfd);
        assert_true(good);
    }
}

/* ---- core ------------------------------------------------------------------------------------ */

static const char *core_of(const char *s)
{
    static char result[2][TEXT_SIGNS_MAX * 4 + 1];
    static int turn;
    struct buf out;
    turn = 1 - turn;
    buf_init(&out, 0);
    text_make(&text, span_str(s));
    text_core(&text, &out);
    assert_true(out.len < sizeof(result[turn]));
    memcpy(result[turn], buf_cstr(&out), out.len + 1);
    buf_release(&out);
    return result[turn];
}

static const struct {
    const char *a, *b;
} one_question[] = {
    {"スタートパックとは", "スタートパックって何ですか？"},
    {"スタートパックとは", "すみません、スタートパックとは何でしょうか"},
    {"スタートパックとは", "すみません、スタートパックって何ですか？"},
    {"申込方法", "申し込み方法"},
    {"申込方法", "申込みの方法は"},
    {"光クロスは使えますか", "光クロスは使えるのでしょうか"},
    {"光クロスは使えますか", "こんにちは。質問です。あのー、光クロスは使えますかー？"},
    {"料金", "料金を教えてください"},
    {"料金", "料金について知りたいのですが"},
    {"料金", "お世話になります。料金はなんでしょうか"},
    {"料金", "料金をおしえていただけますか"},
    {"料金", "料金に関して知りたいです"},
    {"料金", "料金を教えてほしいのですが、お願いします"},
    {"料金", "料金のこと"},
    {"料金", "料金なのでしょうか"},
    {"料金", "料金ですよね"},
    {"料金", "料金教えてー"},
    {"3台", "三台"},
};
static const struct {
    const char *a, *b;
} two_questions[] = {
    {"使える", "使えない"},
    {"NTT東日本です", "NTT西日本です"},
    {"光クロスは使えますか", "光クロスは使えませんか"},
    {"はい", "いいえ"},
};

static void test_text_core__one_question_in_two_ways__has_one_core(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(one_question) / sizeof(one_question[0]); i++) {
        const char *a = core_of(one_question[i].a);
        good = check("core", one_question[i].b, core_of(one_question[i].b), a) && good;
    }
    assert_true(good);
}

static void test_text_core__two_questions__have_two_cores(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(two_questions) / sizeof(two_questions[0]); i++) {
        const char *a = core_of(two_questions[i].a);
        if (strcmp(a, core_of(two_questions[i].b)) == 0)
            fail_msg("'%s' and '%s' are one", two_questions[i].a, two_questions[i].b);
    }
}

static const struct {
    const char *text, *core;
} cores[] = {
    {"", ""},
    {"スタートパックとは", "すたーとぱっく"},
    {"NTT東日本です", "ntt東日本"},
    {"光は", "光"},   /* never below two signs; は goes as a short run */
    {"です", "です"}, /* all hiragana: nothing is deleted */
    {"かかか", "か"},
    {"モニカ", "もにか"},         /* katakana is no particle */
    {"店のらー油", "店のらー油"}, /* ー is of the hiragana run: three signs stay */
    {"すたーとぱっくとは", "すたーとぱっく"},
    {"何ですか", "何"},
};

static void test_text_core__drops__stop_at_two_signs_and_at_katakana(void **state)
{
    (void)state;
    bool good = true;
    for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++)
        good = check("core", cores[i].text, core_of(cores[i].text), cores[i].core) && good;
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_make__every_step__gives_the_signs_of_the_rules),
        cmocka_unit_test(test_text_make__two_writings_of_one_word__give_the_same_signs),
        cmocka_unit_test(test_text_make__classes__come_from_before_kana_folding),
        cmocka_unit_test(test_text_make__breaks__are_remembered_in_the_signs_behind_them),
        cmocka_unit_test(test_text_make__every_sign__knows_the_bytes_it_came_from),
        cmocka_unit_test(test_text_make__light_form__is_what_steps_1_to_5_leave),
        cmocka_unit_test(test_text_print__signs__come_as_text_with_spaces_for_hard_breaks),
        cmocka_unit_test(test_text_source_cp__a_byte_offset__is_counted_in_code_points),
        cmocka_unit_test(test_text_make__501_characters__the_last_is_not_looked_at),
        cmocka_unit_test(test_text_make__what_grows_most__stops_at_the_ceilings),
        cmocka_unit_test(
            test_text_make__mixed_marks__light_form_equals_nfkc_and_folding_of_the_whole),
        cmocka_unit_test(test_text_make__every_code_point__light_form_is_its_folding_or_a_kanji),
        cmocka_unit_test(test_text_make__pseudo_random_bytes__ranges_lie_in_order_on_borders),
        cmocka_unit_test(test_text_make__nfc_and_nfd_of_one_text__give_the_same_signs),
        cmocka_unit_test(test_text_core__one_question_in_two_ways__has_one_core),
        cmocka_unit_test(test_text_core__two_questions__have_two_cores),
        cmocka_unit_test(test_text_core__drops__stop_at_two_signs_and_at_katakana),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

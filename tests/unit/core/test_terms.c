#include "core/terms.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { ALIASES_MAX = 3, NEAR_MAX = 16 };

/* One dictionary and what it found last. */
struct bench {
    struct terms_builder *builder;
    struct terms *terms;
    struct terms_scratch *scratch;
    struct text text;
    struct term_hit hits[TERM_HITS_MAX];
    size_t nhits;
    struct term_near near[NEAR_MAX];
    size_t nnear;
};

static struct bench *bench_new(void)
{
    struct bench *b = mem_zalloc(sizeof(*b));
    b->builder = terms_builder_new();
    return b;
}

static void bench_free(struct bench *b)
{
    terms_scratch_free(b->scratch);
    terms_free(b->terms);
    terms_builder_free(b->builder);
    free(b);
}

static uint32_t add(struct bench *b, const char *spelling)
{
    struct err err;
    uint32_t id = 0;
    if (terms_add(b->builder, span_str(spelling), &id, &err) != ERR_OK)
        fail_msg("%s: %s", spelling, err.text);
    return id;
}

static void alias(struct bench *b, uint32_t id, const char *spelling)
{
    struct err err;
    if (terms_alias(b->builder, id, span_str(spelling), &err) != ERR_OK)
        fail_msg("%s: %s", spelling, err.text);
}

static void guard(struct bench *b, const char *spelling)
{
    struct err err;
    if (terms_guard(b->builder, span_str(spelling), &err) != ERR_OK)
        fail_msg("%s: %s", spelling, err.text);
}

static void misconversion(struct bench *b, const char *right, const char *wrong)
{
    struct err err;
    if (terms_misconversion(b->builder, span_str(right), span_str(wrong), &err) != ERR_OK)
        fail_msg("%s: %s", right, err.text);
}

static void build(struct bench *b)
{
    b->terms = terms_build(b->builder);
    b->scratch = terms_scratch_new(b->terms);
}

static void run(struct bench *b, const char *text)
{
    text_make(&b->text, span_str(text));
    b->nhits = terms_run(b->terms, b->scratch, &b->text, b->hits, TERM_HITS_MAX, b->near, NEAR_MAX,
                         &b->nnear);
    for (size_t i = 0; i < b->nhits; i++) { /* on character borders, and in order */
        const struct term_hit *h = &b->hits[i];
        assert_true(h->first < h->last && h->last <= b->text.nsigns);
        assert_true(h->begin < h->end && h->end <= b->text.source.len);
        assert_true(((unsigned char)text[h->begin] & 0xC0) != 0x80);
        assert_true(((unsigned char)text[h->end] & 0xC0) != 0x80);
        if (i > 0)
            assert_true(h[-1].first < h->first ||
                        (h[-1].first == h->first && h[-1].last >= h->last));
    }
}

static const struct term_hit *hit_of(const struct bench *b, uint32_t term)
{
    for (size_t i = 0; i < b->nhits; i++) {
        if (b->hits[i].term == term)
            return &b->hits[i];
    }
    return NULL;
}

/* The source under a hit. */
static void assert_bytes(const struct bench *b, const struct term_hit *h, const char *want)
{
    char *got = mem_strndup(b->text.source.ptr + h->begin, (size_t)(h->end - h->begin));
    assert_string_equal(got, want);
    free(got);
}

/* --- the tables of the rules ------------------------------------------------------------------ */

struct pair {
    const char *keyword, *aliases[ALIASES_MAX], *text;
};

static const char *const guards[] = {
    "IP電話",         "東京都",   "西日本",         "東日本",
    "今日中",         "一日中",   "オンライン請求", "オンライン資格確認",
    "光ライトプラス", "株式会社",
};

static const struct pair must_match[] = {
    {"スタートパック", {NULL}, "ｽﾀｰﾄﾊﾟｯｸの申込み"},
    {"スタートパック", {NULL}, "スタート・パックとは"},
    {"スタートパック", {NULL}, "スタート パックの価格"},
    {"スタートパック", {NULL}, "すたーとぱっくって何"},
    {"スタートパック", {NULL}, "スタ一トパックについて"},
    {"スタートパック", {NULL}, "スタートハ\u309Cック"},
    {"スタートパック", {NULL}, "スタートパックｗｗ"},
    {"スタートパック", {NULL}, "スタトパックの料金"},
    {"スタートパック", {NULL}, "スタートバックの費用"},
    {"スタートパック", {NULL}, "「スタートパック」は幾らですか"},
    {"ルーター", {NULL}, "ルータの型番"},
    {"ルーター", {NULL}, "ル-タ-は必要ですか"},
    {"ルーター", {NULL}, "ル\u2014タ\u2014"},
    {"ルーター", {NULL}, "ルーターー!!"},
    {"ルーター", {NULL}, "るーたーを交換"},
    {"ルーター", {NULL}, "ブロードバンドルーター"},
    {"ルーター", {NULL}, "ルーターセット"},
    {"カードリーダー", {NULL}, "カードリーダの手配"},
    {"カードリーダー", {NULL}, "カード リーダー"},
    {"顔認証付きカードリーダー", {NULL}, "顔認証付カードリーダー"},
    {"顔認証付きカードリーダー", {NULL}, "顔認証付きのカードリーダー"},
    {"IP-VPN", {NULL}, "ＩＰ－ＶＰＮ方式"},
    {"IP-VPN", {NULL}, "ip vpnって?"},
    {"IP-VPN", {NULL}, "IPVPN"},
    {"IP-VPN", {NULL}, "IPーVPN方式"},
    {"IP-VPN", {NULL}, "IP\u2011VPN"},
    {"IPsec+IKE", {NULL}, "IPSEC／IKE方式"},
    {"IPsec+IKE", {NULL}, "ipsec ike"},
    {"フレッツ・v6オプション", {NULL}, "フレッツV6オプション"},
    {"フレッツ・v6オプション", {NULL}, "フレッツ ｖ６ オプション"},
    {"フレッツ・v6オプション", {NULL}, "フレッツのv6オプション"},
    {"v6オプション", {NULL}, "フレッツ・v6オプションの工事費"},
    {"フレッツ 光ネクスト", {"フレッツひかりネクスト"}, "フレッツ光ネクストは使える?"},
    {"フレッツ 光ネクスト", {"フレッツひかりネクスト"}, "フレッツヒカリネクスト"},
    {"フレッツ 光ネクスト", {"フレッツひかりネクスト"}, "フレッツ光ネスクト"},
    {"光クロス", {NULL}, "フレッツ 光クロスは対象ですか"},
    {"光コラボ", {"コラボ光", "光コラボレーション"}, "コラボ光でも使えますか"},
    {"お客さまID", {"おきゃくさまID"}, "お客様ＩＤはどこ"},
    {"お客さまID", {"おきゃくさまID"}, "お客さまのIDを知りたい"},
    {"お客さまID", {"おきゃくさまID"}, "おきゃくさまid"},
    {"回線ID", {NULL}, "回線 ID"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "申込"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "申込みたいのですが"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "お申込の方法"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "申し込む"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "申しこみ方法"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "もうしこみ"},
    {"申し込み方法", {NULL}, "申込みの方法を教えて"},
    {"問い合わせ", {NULL}, "問合せ先"},
    {"問い合わせ", {NULL}, "お問い合せ"},
    {"見積もり", {NULL}, "見積りをください"},
    {"見積もり", {NULL}, "お見積をお願いします"},
    {"手続き", {NULL}, "手続について"},
    {"取り付け", {NULL}, "取付工事"},
    {"取り付け", {NULL}, "取り付ける費用"},
    {"支払い", {NULL}, "お支払方法"},
    {"切り替え", {NULL}, "モニタ切替機"},
    {"オンライン資格確認", {"オン資", "視覚確認"}, "オンラインの資格確認"},
    {"オンライン資格確認", {"オン資", "視覚確認"}, "ｵﾝﾗｲﾝ資格確認"},
    {"オンライン資格確認", {"オン資", "視覚確認"}, "オンライン視覚確認"},
    {"オンライン資格確認", {"オン資", "視覚確認"}, "おんらいん資格確認"},
    {"保険証", {"保健証"}, "保健証でもいい?"},
    {"回線", {"回船", "かいせん"}, "回船の種類"},
    {"回線", {"回船", "かいせん"}, "かいせんはなにがつかえますか"},
    {"料金", {NULL}, "月額料金"},
    {"料金", {NULL}, "料金表"},
    {"工事費", {"工事|費用"}, "工事の費用"},
    {"24時間", {NULL}, "２４時間"},
    {"24時間", {NULL}, "二十四時間対応"},
    {"3台", {NULL}, "パソコン三台"},
    {"3か月", {NULL}, "３ヶ月"},
    {"3か月", {NULL}, "三カ月"},
    {"157,300円", {NULL}, "157300円"},
    {"0120-116-116", {NULL}, "０１２０ー１１６ー１１６"},
    {"0120-116-116", {NULL}, "0120(116)116"},
    {"Wi-Fi", {NULL}, "ＷＩＦＩ"},
    {"Wi-Fi", {NULL}, "wi\u2010fi6"},
    {"PC", {NULL}, "ノートＰＣ２台"},
    {"LAN", {NULL}, "LANケーブル"},
    {"HDMIエミュレーター", {NULL}, "HDMIエミュレータ"},
    {"バージョン", {NULL}, "ヴァージョン"},
    {"ウェブサイト", {"WEBサイト"}, "ウエブサイト"},
    {"ウェブサイト", {"WEBサイト"}, "WEBサイト"},
    {"インターフェース", {"インターフェイス"}, "インターフェイス"},
    {"髙橋医院", {NULL}, "高橋医院"},
    {"router", {NULL}, "Routers"},
    {"customer ID", {NULL}, "customer-id"},
    {"ありがとう", {"有難う", "ありがとー"}, "ありがとーございます"},
    {"ありがとう", {"有難う", "ありがとー"}, "有難う"},
    {"光", {NULL}, "光は使えますか"},
    {"ハブ", {NULL}, "ハブ-2台"},
    {"CAF番号", {NULL}, "ＣＡＦの番号"},
};

static const struct pair must_not_match[] = {
    /* letters */
    {"IP", {NULL}, "IPv6の契約"},
    {"IP", {NULL}, "ZIPファイル"},
    {"v6", {NULL}, "IPv6接続"},
    {"PC", {NULL}, "PCR検査"},
    {"ID", {NULL}, "VIDEO"},
    {"LAN", {NULL}, "PLANの変更"},
    {"IC", {NULL}, "NICUの端末"},
    {"AI", {NULL}, "MAILで送って"},
    {"HUB", {NULL}, "GitHub"},
    {"CAF", {NULL}, "CAFEの予約"},
    {"IPv6", {NULL}, "IPv4"},
    /* digits */
    {"v6", {NULL}, "v60という機種"},
    {"5G", {NULL}, "15Gの荷物"},
    {"116", {NULL}, "0120116116"},
    {"720円", {NULL}, "5,720円"},
    {"3台", {NULL}, "13台"},
    {"3台", {NULL}, "三重県の台帳"},
    /* one kanji */
    {"東", {NULL}, "西日本です"},
    {"東", {NULL}, "西"},
    {"東", {NULL}, "東京都"},
    {"光", {NULL}, "観光案内"},
    {"光", {NULL}, "蛍光灯"},
    {"光", {NULL}, "光る看板"},
    {"行", {NULL}, "お知らせを行います"},
    /* longer term */
    {"IP", {NULL}, "IP電話はありますか"},
    {"京都", {NULL}, "東京都です"},
    {"日本", {NULL}, "西日本"},
    {"日中", {NULL}, "今日中に知りたい"},
    {"請求", {NULL}, "オンライン請求と同一回線"},
    {"確認", {NULL}, "オンライン資格確認とは"},
    {"光ライト", {NULL}, "光ライトプラス"},
    /* katakana */
    {"ライト", {NULL}, "サテライトオフィス"},
    {"ライト", {NULL}, "フライト"},
    {"プラン", {NULL}, "インプラント"},
    {"ポート", {NULL}, "サポート"},
    {"ログ", {NULL}, "アナログ回線"},
    {"ハブ", {NULL}, "ハブラシ"},
    {"コール", {NULL}, "アルコール"},
    {"テスト", {NULL}, "コンテスト"},
    {"リース", {NULL}, "リリース"},
    /* kana */
    {"サイト", {NULL}, "教えてくださいと言われた"},
    {"期間", {"きかん"}, "そのときかんがえて"},
    {"病院", {"びょういん"}, "びよういん"},
    {"費用", {"ひよう"}, "ひょうを作る"},
    /* kanji */
    {"光クロス", {NULL}, "光ネクスト"},
    {"光クロス", {NULL}, "光回線の端末"},
    {"初期費用", {NULL}, "月額費用"},
    {"解約", {NULL}, "契約"},
    {"無料", {NULL}, "有料ですか"},
    {"資格確認", {NULL}, "資格取得"},
    {"補助金申請", {NULL}, "利用申請"},
    {"NTT東日本", {NULL}, "NTT西日本"},
    {"申し込み", {"もうしこみ", "申しこみ"}, "申し訳ありません"},
    {"見積もり", {NULL}, "積み立て"},
    {"手続き", {NULL}, "続き物"},
    /* other */
    {"スタートパック", {NULL}, "スターターキット"},
    {"カードリーダー", {NULL}, "リーダーカード"},
    {"電話番号", {NULL}, "電話で番組の話"},
    {"オン資", {NULL}, "オン、資料請求"},
};

enum {
    NMUST = sizeof(must_match) / sizeof(must_match[0]),
    NMUST_NOT = sizeof(must_not_match) / sizeof(must_not_match[0]),
};

_Static_assert(NMUST == 92, "every pair of the rules is a row");
_Static_assert(NMUST_NOT == 59, "every pair of the rules is a row");

/* The keyword is the only term, the guards are loaded less the keyword itself. */
static bool matches(const struct pair *p)
{
    struct bench *b = bench_new();
    uint32_t id = add(b, p->keyword);
    for (size_t i = 0; i < ALIASES_MAX && p->aliases[i] != NULL; i++)
        alias(b, id, p->aliases[i]);
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        if (strcmp(guards[i], p->keyword) != 0)
            guard(b, guards[i]);
    }
    build(b);
    run(b, p->text);
    bool found = b->nhits > 0;
    bench_free(b);
    return found;
}

static void test_run__pairs_that_must_match__match(void **unused)
{
    (void)unused;
    size_t wrong = 0;
    for (size_t i = 0; i < NMUST; i++) {
        if (!matches(&must_match[i])) {
            print_error("'%s' must match '%s'\n", must_match[i].keyword, must_match[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_run__pairs_that_must_not_match__do_not(void **unused)
{
    (void)unused;
    size_t wrong = 0;
    for (size_t i = 0; i < NMUST_NOT; i++) {
        if (matches(&must_not_match[i])) {
            print_error("'%s' must not match '%s'\n", must_not_match[i].keyword,
                        must_not_match[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* --- further rules, pair by pair ---------------------------------------------------------------
 */

static const struct {
    const char *name;
    struct pair pair;
    bool match;
} cases[] = {
    {"* opens the left end", {"*ライト", {NULL}, "サテライト"}, true},
    {"* opens one end only", {"*ライト", {NULL}, "サテライトオフィス"}, false},
    {"* at both ends", {"*ライト*", {NULL}, "サテライトオフィス"}, true},
    {"a full-width ＊", {"＊パック", {NULL}, "バックパック"}, true},
    {"| is a joint", {"接続|方式", {NULL}, "接続の方式"}, true},
    {"a full-width ｜", {"接続｜方式", {NULL}, "接続する方式"}, true},
    {"without | no particle", {"接続方式", {NULL}, "接続の方式"}, false},
    {"| needs no particle", {"接続|方式", {NULL}, "接続方式"}, true},
    {"one particle, not two", {"接続|方式", {NULL}, "接続のが方式"}, false},
    {"a long particle", {"工事|料金", {NULL}, "工事に関する料金"}, true},
    {"two joints, two particles",
     {"フレッツ・v6オプション", {NULL}, "フレッツのv6のオプション"},
     true},
    {"no joint between letter and digit", {"v6", {NULL}, "vの6"}, false},
    {"no joint before hiragana", {"光いくら", {NULL}, "光はいくら"}, false},
    {"okurigana left out, then a particle", {"申し込み方法", {NULL}, "申込の方法"}, true},
    {"okurigana between kanji, and a particle", {"申し込み方法", {NULL}, "お申し込みの方法"}, true},
    {"polite お in the keyword", {"お申し込み", {NULL}, "申込"}, true},
    {"お before one kanji stays", {"お金", {NULL}, "金"}, false},
    {"polite お before a reading", {"料金", {"りょうきん"}, "おりょうきんは"}, true},
    {"okurigana at the end alone", {"始め方", {NULL}, "始方"}, true},
    {"other hiragana stays", {"必要なもの", {NULL}, "必要もの"}, false},
    {"one kanji keeps its okurigana", {"始め", {NULL}, "始"}, false},
    {"plural of a long word", {"router", {NULL}, "two routers please"}, true},
    {"plural with es", {"switch", {NULL}, "switches"}, true},
    {"no plural of a short word", {"LAN", {NULL}, "LANs"}, false},
    {"s within a longer word", {"router", {NULL}, "routersx"}, false},
    {"a digit beside letters", {"PC", {NULL}, "PC2"}, true},
    {"a break between letters", {"IPsec", {NULL}, "IPsec IKE"}, true},
    {"one kanji before a particle", {"光", {NULL}, "光って何"}, true},
    {"one kanji before katakana", {"光", {NULL}, "光コラボ"}, true},
    {"ー stays inside a longer word", {"ルーター", {NULL}, "るーたーとは"}, true},
    {"ー and a particle", {"サーバー", {NULL}, "さーばーは"}, true},
    {"reading in the middle, long enough", {"申し込み", {"もうしこみ"}, "いまのもうしこみ"}, true},
    {"reading in the middle, short", {"費用", {"ひよう"}, "このひよう"}, false},
    {"reading of five in the middle", {"問い合わせ", {"といあわせ"}, "あいといあわせ"}, false},
    {"reading of six in the middle", {"閉域網", {"へいいきもう"}, "あいへいいきもう"}, true},
    {"reading before no particle", {"費用", {"ひよう"}, "ひようい"}, false},
    {"a sentence's end between", {"資格確認", {NULL}, "資格。確認"}, false},
    {"spaces between", {"資格確認", {NULL}, "資格 確認"}, true},

    {"typo: small っ missing", {"スタートパック", {NULL}, "スタートパクの料金"}, true},
    {"typo: つ for っ", {"スタートパック", {NULL}, "スタートパツクの料金"}, true},
    {"typo: one kana more", {"スタートパック", {NULL}, "スタアートパックの料金"}, true},
    {"typo: one kana missing", {"オプション", {NULL}, "オプシンの料金"}, false},
    {"typo: in hiragana", {"スタートパック", {NULL}, "すたとぱっくって何"}, true},
    {"typo: the last sign missing at the end", {"スタートパック", {NULL}, "スタートパッ"}, true},
    {"typo: the last sign other inside a word",
     {"スタートパック", {NULL}, "スタートパッキング"},
     false},
    {"typo: the first sign other", {"スタートパック", {NULL}, "クタートパック"}, false},
    {"typo: the first sign missing", {"スタートパック", {NULL}, "タートパック"}, false},
    {"typo: two whole errors", {"スタートパック", {NULL}, "スカートバナック"}, false},
    {"typo: kanji never change", {"オンライン資格確認", {NULL}, "オンライン視格確認"}, false},
    {"typo: kana beside kanji", {"オンライン資格確認", {NULL}, "オンラン資格確認"}, true},
    {"typo: two cheap ones", {"オンライン資格確認", {NULL}, "オンッライーン資格確認"}, true},
    {"typo: digits never change", {"v6オプション", {NULL}, "v4オプション"}, false},
    {"typo: short word", {"ルーター", {NULL}, "ルッター"}, false},
    {"typo: the first sign folds away", {"使い方", {"つかいかた"}, "づかいかた"}, false},
    {"typo: つ first, ー extra", {"使い方", {"つかいかた"}, "つーかいかた"}, true},
    {"typo: four signs and a ー", {"ID", {"アイディー"}, "アイティー"}, false},
    {"typo: hiragana beside kanji is grammar",
     {"使えるようにする", {NULL}, "使えるようになる"},
     false},
    {"typo: but not its dakuten", {"使えるようにする", {NULL}, "使えるようにずる"}, true},
    {"typo: the next word is no typo", {"光ライトプラス", {NULL}, "光ライトもプラス"}, false},
    {"typo: M2 holds", {"スタートパック", {NULL}, "サスタトパックス"}, false},
    {"typo: two in a long word",
     {"顔認証付きカードリーダーセット", {NULL}, "顔認証付きカドリーダゲセット"},
     true},

    {"Latin: two letters swapped", {"card reader", {NULL}, "card raeder"}, true},
    {"Latin: in the first word", {"contact us", {NULL}, "conact us"}, true},
    {"Latin: the last two swapped", {"hello", {NULL}, "helol"}, true},
    {"Latin: a letter missing", {"guidebook", {NULL}, "Where is the guidbook?"}, true},
    {"Latin: the last letter missing", {"hello", {NULL}, "hell"}, true},
    {"Latin: a letter missing in a name", {"receipt computer", {NULL}, "recipt computer"}, true},
    {"Latin: a letter changed", {"subsidy", {NULL}, "subsity"}, true},
    {"Latin: the last letter changed", {"router", {NULL}, "a routet please"}, true},
    {"Latin: a letter extra", {"router", {NULL}, "routter"}, true},
    {"Latin: a letter extra at the end", {"router", {NULL}, "routerr"}, true},
    {"Latin: an alias", {"申し込み", {"apply"}, "how to aply"}, true},
    {"Latin: full width and capitals", {"router", {NULL}, "ＲＵＯＴＥＲ"}, true},
    {"Latin: the plural", {"router", {NULL}, "two ruoters"}, true},
    {"Latin: the plural with es", {"switch", {NULL}, "swicthes"}, true},
    {"Latin: beside Japanese", {"router", {NULL}, "今のruoterを使えますか"}, true},
    {"Latin: beside a digit", {"v6 option", {NULL}, "v6optoin"}, true},
    {"Latin: with a hyphen", {"customer ID", {NULL}, "cusotmer-id"}, true},
    {"Latin: in a mixed keyword", {"routerの交換", {NULL}, "ruoterの交換"}, true},
    {"Latin: with an accent", {"qualité", {NULL}, "quailté"}, true},
    {"Latin: the first letter changed", {"reader", {NULL}, "leader"}, false},
    {"Latin: the first letter missing", {"reader", {NULL}, "eader"}, false},
    {"Latin: the first two swapped", {"router", {NULL}, "oruter"}, false},
    {"Latin: a letter before", {"router", {NULL}, "xrouter"}, false},
    {"Latin: two errors", {"reader", {NULL}, "raedr"}, false},
    {"Latin: two letters apart swapped", {"router", {NULL}, "rtuoer"}, false},
    {"Latin: an error in each of two words", {"contact reader", {NULL}, "conact raeder"}, false},
    {"Latin: the short word of two", {"start pack", {NULL}, "start pakc"}, false},
    {"Latin: the short word missing", {"start pack", {NULL}, "strat"}, false},
    {"Latin: a short word", {"pack", {NULL}, "pakc"}, false},
    {"Latin: a short word, longer", {"pack", {NULL}, "packk"}, false},
    {"Latin: CAF and COP", {"CAF番号", {NULL}, "COP番号"}, false},
    {"Latin: CAF", {"CAF", {NULL}, "CAFF"}, false},
    {"Latin: IPv6 and IPv4", {"IPv6", {"v6"}, "IPv4"}, false},
    {"Latin: v6 and v60", {"v6", {"v6 option"}, "v60 optoin"}, false},
    {"Latin: digits never change", {"v6 option", {NULL}, "v4 option"}, false},
    {"Latin: nor when a word does", {"v6 option", {NULL}, "v4 optoin"}, false},
    {"Latin: a digit for a letter", {"option", {NULL}, "opt1on"}, false},
    {"Latin: an ID is no word", {"router", {NULL}, "ruoter-CAF1234567890"}, true},
    {"Latin: M2 holds on the left", {"card reader", {NULL}, "discard raeder"}, false},
    {"Latin: M2 holds on the right", {"reader set", {NULL}, "raeder setup"}, false},
    {"Latin: a sentence's end between", {"card reader", {NULL}, "card. raeder"}, false},
    {"Latin: spaces inside the word", {"reader", {NULL}, "rae der"}, false},
    {"a joint within a Latin word, no * before it",
     {"set|reader", {NULL}, "presetのreader"},
     false},
    {"a joint within a Latin word, after a *", {"*set|reader", {NULL}, "presetのreader"}, true},
};

static void test_run__further_rules__as_the_table_says(void **unused)
{
    (void)unused;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (matches(&cases[i].pair) != cases[i].match) {
            print_error("%s: '%s' %s match '%s'\n", cases[i].name, cases[i].pair.keyword,
                        cases[i].match ? "must" : "must not", cases[i].pair.text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* --- registering ------------------------------------------------------------------------------ */

static void test_add__same_normalised_form__same_id(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    assert_int_equal(add(b, "スタートパック"), 0);
    assert_int_equal(add(b, "ﾙｰﾀｰ"), 1);
    assert_int_equal(add(b, "すたーと パック"), 0);
    assert_int_equal(add(b, "ルータ"), 1);
    assert_int_equal(add(b, "*ルータ"), 2); /* another meaning, another term */
    assert_int_equal(add(b, "工事|費用"), 3);
    assert_int_equal(add(b, "工事費用"), 4);
    build(b);
    assert_int_equal(terms_count(b->terms), 5);
    assert_true(span_is(terms_name(b->terms, 0), "スタートパック"));
    assert_true(span_is(terms_name(b->terms, 3), "工事|費用"));
    bench_free(b);
}

static void test_add__many_terms__ids_without_holes(void **unused)
{
    (void)unused;
    enum { MANY = 3000 };
    struct bench *b = bench_new();
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            char spelling[32];
            (void)snprintf(spelling, sizeof(spelling), "機種%u", i);
            assert_int_equal(add(b, spelling), i);
        }
    }
    build(b);
    run(b, "機種2999の料金");
    assert_int_equal(b->nhits, 1);
    assert_int_equal(b->hits[0].term, 2999);
    bench_free(b);
}

static void test_add__nothing_to_search_for__error_says_so(void **unused)
{
    (void)unused;
    static char too_long[TERM_SPELLING_BYTES_MAX + 2];
    memset(too_long, 'a', TERM_SPELLING_BYTES_MAX + 1);
    const struct {
        const char *name, *spelling, *says;
    } bad[] = {
        {"nothing", "", "nothing is left"},
        {"a star alone", " * ", "nothing is left"},
        {"signs only", "!?・|", "nothing is left"},
        {"a sentence's end inside", "オン、資", "'、'"},
        {"too long", too_long, "at most 300 bytes"},
    };
    struct bench *b = bench_new();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = {.code = ERR_OK};
        uint32_t id = 77;
        assert_int_equal(terms_add(b->builder, span_str(bad[i].spelling), &id, &err), ERR_INPUT);
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("%s: %s", bad[i].name, err.text);
        assert_int_equal(id, 77);
        assert_int_equal(terms_guard(b->builder, span_str(bad[i].spelling), &err), ERR_INPUT);
    }
    too_long[TERM_SPELLING_BYTES_MAX] = '\0'; /* one byte less is allowed */
    assert_int_equal(add(b, too_long), 0);
    build(b);
    run(b, too_long);
    assert_int_equal(b->nhits, 1);
    bench_free(b);
}

static void test_run__no_terms_or_no_text__finds_nothing(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    build(b);
    run(b, "料金はいくらですか");
    assert_int_equal(b->nhits, 0);
    assert_int_equal(b->nnear, 0);
    bench_free(b);

    b = bench_new();
    add(b, "料金");
    build(b);
    run(b, "");
    assert_int_equal(b->nhits, 0);
    bench_free(b);
}

/* --- mis-conversions, longest match, near misses ---------------------------------------------- */

static void test_misconversion__inside_a_longer_term__matches(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t line = add(b, "回線"), id = add(b, "回線ID"), apply = add(b, "申し込み方法");
    uint32_t works = add(b, "回線工事費");
    misconversion(b, "回線", "改選");
    misconversion(b, "申し込み", "申し混み");
    misconversion(b, "工事", "公示");
    build(b);

    run(b, "改選IDはどこ");
    assert_non_null(hit_of(b, id));
    assert_null(hit_of(b, line)); /* 改選 alone may mean an election */
    run(b, "議員の改選");
    assert_int_equal(b->nhits, 0);
    run(b, "申し混みの方法");
    assert_non_null(hit_of(b, apply));
    run(b, "改選公示費");
    assert_non_null(hit_of(b, works));
    bench_free(b);
}

static void test_run__longer_match_of_another_term__drops_the_shorter(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t fee = add(b, "料金"), monthly = add(b, "月額料金"),
             option = add(b, "v6オプション料金");
    alias(b, monthly, "料金"); /* one spelling, two terms */
    build(b);

    run(b, "料金は");
    assert_int_equal(b->nhits, 2);
    assert_non_null(hit_of(b, fee));
    assert_non_null(hit_of(b, monthly));
    run(b, "月額料金は");
    assert_null(hit_of(b, fee));
    assert_int_equal(b->nhits, 2); /* 料金 is also its own, and its own drops nothing */
    run(b, "月額料金と料金");
    assert_non_null(hit_of(b, fee));
    run(b, "v6オプションの料金"); /* with a particle between it is not exact: drops nothing */
    assert_non_null(hit_of(b, option));
    assert_int_equal(hit_of(b, option)->how, TERM_GAP);
    assert_non_null(hit_of(b, fee));
    run(b, "v6オプション料金");
    assert_null(hit_of(b, fee));
    assert_int_equal(hit_of(b, option)->how, TERM_EXACT);
    bench_free(b);
}

static void test_run__guard__drops_but_is_not_reported(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t kyoto = add(b, "京都"), tokyo = add(b, "東京都");
    guard(b, "東京都");
    guard(b, "京都");
    build(b);
    run(b, "東京都です");
    assert_int_equal(b->nhits, 1);
    assert_non_null(hit_of(b, tokyo));
    run(b, "京都です");
    assert_int_equal(b->nhits, 1);
    assert_non_null(hit_of(b, kyoto));
    bench_free(b);
}

static void test_run__refused__is_a_near_miss_with_the_word_around_it(void **unused)
{
    (void)unused;
    static const struct {
        const char *keyword, *text, *near, *inside;
    } rows[] = {
        {"ライト", "新サテライトの件", "ライト", "サテライト"},
        {"IP", "IPv6の契約", "IP", "IPv"},
        {"光", "光る看板", "光", "光る"},
        {"京都", "東京都です", "京都", "東京都"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *b = bench_new();
        add(b, rows[i].keyword);
        guard(b, "東京都");
        build(b);
        run(b, rows[i].text);
        assert_int_equal(b->nhits, 0);
        assert_int_equal(b->nnear, 1);
        const char *s = rows[i].text;
        const struct term_near *n = &b->near[0];
        assert_true(span_is(span_of(s + n->begin, (size_t)(n->end - n->begin)), rows[i].near));
        assert_true(span_is(span_of(s + n->inside_begin, (size_t)(n->inside_end - n->inside_begin)),
                            rows[i].inside));
        bench_free(b);
    }
}

static void test_run__hit__tells_place_length_and_how(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t router = add(b, "ルーター"), apply = add(b, "申し込み"),
             pack = add(b, "スタートパック");
    build(b);

    run(b, "新しいルーターセット");
    assert_int_equal(hit_of(b, router)->how, TERM_EXACT);
    assert_int_equal(hit_of(b, router)->signs, 4);
    assert_bytes(b, hit_of(b, router), "ルーター");
    run(b, "ｽﾀｰﾄﾊﾟｯｸのお申し込み");
    assert_bytes(b, hit_of(b, pack), "ｽﾀｰﾄﾊﾟｯｸ");
    assert_bytes(b, hit_of(b, apply), "申し込");
    run(b, "スタトパックを2つ");
    assert_int_equal(hit_of(b, pack)->how, TERM_TYPO);
    assert_bytes(b, hit_of(b, pack), "スタトパック");
    run(b, "スタートパックとスタトパック"); /* an exact match: no typing error is looked for */
    assert_int_equal(b->nhits, 1);
    bench_free(b);
}

static void test_run__exact_match_of_another_term_at_the_error__no_typo(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t pack = add(b, "スタートパック"), skirt = add(b, "スカートパック");
    uint32_t next = add(b, "フレッツ光ネクスト"), flets = add(b, "フレッツ光");
    build(b);

    run(b, "スカートパック");
    assert_non_null(hit_of(b, skirt));
    assert_null(hit_of(b, pack));
    run(b, "フレッツ光ネスクト"); /* フレッツ光 is right, but does not explain ネスクト */
    assert_non_null(hit_of(b, flets));
    assert_non_null(hit_of(b, next));
    assert_int_equal(hit_of(b, next)->how, TERM_TYPO);
    bench_free(b);

    b = bench_new();
    uint32_t option = add(b, "オプション"), v6 = add(b, "v6オプション");
    build(b);
    run(b, "v6オオプション"); /* which オ is one too many? オプション need not hold it */
    assert_non_null(hit_of(b, option));
    assert_non_null(hit_of(b, v6));
    bench_free(b);
}

/* --- Latin words -------------------------------------------------------------------------------
 */

static void test_known_words__a_word_of_the_content__is_no_typing_error(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        bool found;
    } rows[] = {
        {"is there a leader", false}, /* not at all, whoever knows it */
        {"where to render it", false}, {"it renders twice", false}, {"my smart", false},
        {"an apple", false},           {"the aplly button", true},  {"the stast date", true},
        {"the raeder", true},          {"the readr", true},
    };
    struct bench *b = bench_new();
    add(b, "reader");
    add(b, "apply");
    uint32_t start = add(b, "start");
    terms_known_words(b->builder, span_str("Who is the leader? Please render."));
    guard(b, "smart phone");
    alias(b, start, "with Apple");
    build(b);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run(b, rows[i].text);
        if ((b->nhits > 0) != rows[i].found)
            fail_msg("'%s' %s", rows[i].text, rows[i].found ? "must be found" : "is no error");
    }
    bench_free(b);
}

static void test_run__mistyped_latin_word__hit_tells_what_was_typed(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    uint32_t card_reader = add(b, "card reader"), reader = add(b, "reader"), card = add(b, "card");
    build(b);

    run(b, "My card readr, please");
    const struct term_hit *hit = hit_of(b, card_reader);
    assert_non_null(hit);
    assert_int_equal(hit->how, TERM_TYPO);
    assert_int_equal(hit->signs, 10);
    assert_bytes(b, hit, "card readr");
    assert_null(hit_of(b, reader)); /* M3, as if it were typed right */
    assert_int_equal(hit_of(b, card)->how, TERM_EXACT);

    run(b, "a card raeder is a card reader"); /* found exactly: no error is looked for */
    assert_int_equal(hit_of(b, card_reader)->how, TERM_EXACT);
    assert_int_equal(b->nhits, 2);
    assert_int_equal(hit_of(b, card)->first, 1);
    run(b, "raeder");
    assert_null(hit_of(b, card_reader));
    assert_int_equal(hit_of(b, reader)->how, TERM_TYPO);
    bench_free(b);
}

static void test_run__text_or_content_made_to_be_expensive__no_typing_errors(void **unused)
{
    (void)unused;
    enum { OWNERS = 20000, LETTERS = 26 };
    struct bench *b = bench_new();
    for (uint32_t i = 0; i < OWNERS; i++) { /* an alias of very many terms */
        char spelling[32];
        (void)snprintf(spelling, sizeof(spelling), "機種%u", i);
        alias(b, add(b, spelling), "modem");
    }
    /* Very many words in the neighbourhood of one. */
    char word[] = "abcdefgh", text[500] = "";
    uint32_t near = 0;
    for (size_t at = 1; at < sizeof(word) - 1; at++) {
        char kept = word[at];
        for (char c = 'a'; c < 'a' + LETTERS; c++) {
            word[at] = c;
            if (c != kept)
                near = add(b, word);
        }
        word[at] = kept;
    }
    build(b);

    run(b, "moedm");
    assert_int_equal(b->nhits, 0);
    run(b, "modem");
    assert_int_equal(b->nhits, TERM_HITS_MAX);
    run(b, word);
    assert_in_range(b->nhits, 1, 8); /* in alphabetical order, so not this one: */
    assert_null(hit_of(b, near));
    size_t len = 0;
    while (len + sizeof(word) < sizeof(text))
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", word);
    run(b, text);
    assert_int_equal(b->nhits, 0);
    bench_free(b);
}

static void test_run__caps__are_kept(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    add(b, "光");
    build(b);
    run(b, "光 光 光 光 光る 光り");
    assert_int_equal(b->nhits, 4);
    assert_int_equal(terms_run(b->terms, b->scratch, &b->text, b->hits, 2, NULL, 0, NULL), 2);
    assert_int_equal(b->hits[1].first, 1);
    assert_int_equal(terms_run(b->terms, b->scratch, &b->text, NULL, 0, NULL, 0, NULL), 0);

    struct buf text; /* more places than are kept */
    buf_init(&text, 0);
    for (size_t i = 0; i < TERM_HITS_MAX; i++)
        buf_adds(&text, "光 ");
    run(b, buf_cstr(&text));
    assert_int_equal(b->nhits, TEXT_LOOKED_AT_MAX / 2);
    buf_release(&text);
    bench_free(b);
}

static void test_run__alias_of_very_many_terms__hits_stop_at_the_ceiling(void **unused)
{
    (void)unused;
    struct bench *b = bench_new();
    for (uint32_t i = 0; i < TERM_HITS_MAX + 100; i++) {
        char spelling[32];
        (void)snprintf(spelling, sizeof(spelling), "機種%u", i);
        alias(b, add(b, spelling), "型番");
    }
    build(b);
    run(b, "型番は");
    assert_int_equal(b->nhits, TERM_HITS_MAX);
    bench_free(b);
}

/* --- properties over the project's own words -------------------------------------------------- */

static json_t *load_terms(void)
{
    json_error_t error;
    json_t *root = json_load_file(FAQD_SOURCE_DIR "/intents/terms.json", 0, &error);
    assert_non_null(root);
    return root;
}

struct words {
    char **list;
    size_t n, cap;
};

static void words_add(struct words *w, const char *word)
{
    w->list = mem_grow(w->list, &w->cap, w->n + 1, sizeof(*w->list));
    w->list[w->n++] = mem_strdup(word);
}

static void words_free(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->list[i]);
    free(w->list);
}

/* Every name, alias and reading of the table. */
static void words_load(struct words *w)
{
    json_t *root = load_terms(), *term, *value;
    const char *name, *key;
    size_t i;
    json_object_foreach(json_object_get(root, "terms"), name, term)
    {
        json_t *list;
        words_add(w, name);
        json_object_foreach(term, key, list)
        {
            json_array_foreach(list, i, value) words_add(w, json_string_value(value));
        }
    }
    json_decref(root);
}

/* The editor's * and | are no part of the word. */
static void take_marks_out(char *word)
{
    char *to = word;
    for (const char *from = word; *from != '\0'; from++) {
        if (*from != '*' && *from != '|')
            *to++ = *from;
    }
    *to = '\0';
}

static void test_run__every_keyword__matches_itself(void **unused)
{
    (void)unused;
    struct words w = {0};
    words_load(&w);
    assert_true(w.n > 300);
    for (size_t i = 0; i < NMUST; i++)
        words_add(&w, must_match[i].keyword);

    for (size_t i = 0; i < w.n; i++) {
        struct bench *b = bench_new();
        uint32_t id = add(b, w.list[i]);
        build(b);
        char quoted[TERM_SPELLING_BYTES_MAX + 32];
        take_marks_out(w.list[i]);
        (void)snprintf(quoted, sizeof(quoted), "「%s」について", w.list[i]);
        run(b, w.list[i]);
        if (hit_of(b, id) == NULL || hit_of(b, id)->how != TERM_EXACT)
            fail_msg("'%s' does not match itself", w.list[i]);
        run(b, quoted);
        if (hit_of(b, id) == NULL || hit_of(b, id)->how != TERM_EXACT)
            fail_msg("'%s' does not match %s", w.list[i], quoted);
        bench_free(b);
    }
    words_free(&w);
}

/* xorshift: the same numbers on every machine. */
static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* All terms with their aliases, in an order drawn from `seed`. */
static struct bench *bench_of_all(uint64_t seed)
{
    struct bench *b = bench_new();
    json_t *root = load_terms(), *terms = json_object_get(root, "terms"), *term, *value;
    const char **names = mem_zalloc_array(json_object_size(terms), sizeof(*names)), *name, *key;
    size_t n = 0, i;

    json_object_foreach(terms, name, term) names[n++] = name;
    for (i = n; seed != 0 && i > 1; i--) {
        size_t k = next_random(&seed) % i;
        const char *other = names[i - 1];
        names[i - 1] = names[k];
        names[k] = other;
    }
    for (size_t t = 0; t < n; t++) {
        json_t *list;
        uint32_t id = add(b, names[t]);
        json_object_foreach(json_object_get(terms, names[t]), key, list)
        {
            json_array_foreach(list, i, value) alias(b, id, json_string_value(value));
        }
    }
    json_array_foreach(json_object_get(root, "guards"), i, value)
        guard(b, json_string_value(value));
    json_t *wrongs;
    json_object_foreach(json_object_get(root, "typos"), name, wrongs)
    {
        json_array_foreach(wrongs, i, value) misconversion(b, name, json_string_value(value));
    }
    free(names);
    json_decref(root);
    build(b);
    return b;
}

/* What was found, without ids: sorted lines of name, place and how. */
static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum { LINE_MAX_BYTES = 400 };

static size_t print_hits(const struct bench *b, char (*lines)[LINE_MAX_BYTES])
{
    for (size_t i = 0; i < b->nhits; i++) {
        const struct term_hit *h = &b->hits[i];
        (void)snprintf(lines[i], LINE_MAX_BYTES, "%.*s %u-%u %u-%u %u %u",
                       SPAN_ARG(terms_name(b->terms, h->term)), h->first, h->last, h->begin, h->end,
                       h->how, h->signs);
    }
    qsort(lines, b->nhits, sizeof(*lines), compare_lines);
    return b->nhits;
}

/* Puts の where kanji begin or end beside another script than hiragana, if anywhere. */
static void put_particle(char *word, size_t cap)
{
    uint32_t before = 0;
    for (size_t i = 0, n = strlen(word); i < n;) {
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(word + i, n - i, &cp, &valid);
        bool kana = (cp >= 0x3041 && cp <= 0x3096) || (before >= 0x3041 && before <= 0x3096);
        if (i > 0 && !kana && (cp >= 0x4E00) != (before >= 0x4E00) && n + 4 < cap) {
            memmove(word + i + 3, word + i, n - i + 1);
            (void)utf8_encode(0x306E, word + i); /* の: three bytes */
            return;
        }
        before = cp;
        i += took;
    }
}

/* Texts made of the words themselves, with joints, errors and other words between. */
static void make_text(const struct words *w, uint64_t *seed, char *out, size_t cap)
{
    static const char *const between[] = {"の", "は", "と",       "、", " ",
                                          "",   "を", "について", "ー", "ッ"};
    size_t len = 0, nwords = 1 + next_random(seed) % 4;
    out[0] = '\0';
    for (size_t i = 0; i < nwords; i++) {
        char word[TERM_SPELLING_BYTES_MAX + 8];
        (void)snprintf(word, sizeof(word), "%s", w->list[next_random(seed) % w->n]);
        if (next_random(seed) % 3 == 0)
            put_particle(word, sizeof(word));
        size_t n = strlen(word);
        if (next_random(seed) % 3 == 0 && n > 6) { /* one character out */
            size_t at = 3 + next_random(seed) % (n - 3);
            while (((unsigned char)word[at] & 0xC0) == 0x80)
                at--;
            size_t end = at + 1;
            while (((unsigned char)word[end] & 0xC0) == 0x80)
                end++;
            memmove(word + at, word + end, n - end + 1);
        }
        len +=
            (size_t)snprintf(out + len, cap - len, "%s%s", word, between[next_random(seed) % 10]);
        assert_true(len < cap);
    }
}

static void test_run__terms_added_in_another_order__same_hits(void **unused)
{
    (void)unused;
    enum { TEXTS = 2000 };
    static char one[TERM_HITS_MAX][LINE_MAX_BYTES], two[TERM_HITS_MAX][LINE_MAX_BYTES];
    struct words w = {0};
    words_load(&w);
    struct bench *a = bench_of_all(0), *b = bench_of_all(4711);
    uint64_t seed = 99;
    size_t total = 0, typos = 0, gaps = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        char text[2000];
        make_text(&w, &seed, text, sizeof(text));
        run(a, text);
        run(b, text);
        size_t n = print_hits(a, one);
        assert_int_equal(print_hits(b, two), n);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(one[k], two[k]);
        for (size_t k = 0; k < n; k++) {
            typos += a->hits[k].how == TERM_TYPO;
            gaps += a->hits[k].how == TERM_GAP;
        }
        total += n;
    }
    assert_true(total > TEXTS);
    assert_true(typos > TEXTS / 50); /* the texts are worth something */
    assert_true(gaps > TEXTS / 50);
    bench_free(a);
    bench_free(b);
    words_free(&w);
}

/* --- typing errors against a naive search ------------------------------------------------------
 */

/* Kana of one kind; ー stands for the long mark. */
static const char *const kin[] = {"かが", "きぎ", "すず", "てで", "はばぱ",
                                  "つっ", "ら",   "ん",   "ー",   "も"};

struct kana {
    uint32_t cp;
    size_t kin;
};

static struct kana all_kana[32];
static size_t nkana;

static void fill_kana(void)
{
    nkana = 0;
    for (size_t i = 0; i < sizeof(kin) / sizeof(kin[0]); i++) {
        for (const char *s = kin[i]; *s != '\0';) {
            bool valid;
            all_kana[nkana].kin = i;
            s += utf8_decode(s, strlen(s), &all_kana[nkana++].cp, &valid);
        }
    }
}

static const struct kana *kana_of(uint32_t cp)
{
    for (size_t i = 0; i < nkana; i++) {
        if (all_kana[i].cp == cp)
            return &all_kana[i];
    }
    fail_msg("U+%04X is none of the test's kana", cp);
    return NULL;
}

static unsigned naive_changed(uint32_t a, uint32_t b)
{
    return a == b ? 0 : kana_of(a)->kin == kana_of(b)->kin ? 1 : 2;
}

static unsigned naive_missing(uint32_t cp)
{
    return cp == 0x30FC || cp == 0x3063 ? 1 : 2;
}

static unsigned min2(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

enum { NAIVE_MAX = 40 };

/* Plain dynamic programming over the whole of both; first signs must be akin, the text's last must
 * be used. */
static unsigned naive_cost(const uint32_t *word, size_t m, const uint32_t *text, size_t n,
                           bool right_edge)
{
    unsigned d[NAIVE_MAX][NAIVE_MAX] = {{0}};
    if (naive_changed(word[0], text[0]) > 1)
        return 99;
    for (size_t i = 1; i <= m; i++) {
        for (size_t k = 1; k <= n; k++) {
            unsigned best = i == 1 && k == 1 ? naive_changed(word[0], text[0]) : 99;
            if (i > 1 && k > 1) {
                unsigned change = naive_changed(word[i - 1], text[k - 1]);
                if (!(i == m && k == n && change > 1 && !right_edge))
                    best = min2(best, d[i - 1][k - 1] + change);
            }
            if (i > 1 && !(i == m && k == n && !right_edge))
                best = min2(best, d[i - 1][k] + naive_missing(word[i - 1]));
            if (k > 1 && !(i == m && k == n))
                best = min2(best, d[i][k - 1] + naive_missing(text[k - 1]));
            if (i > 2 && k > 2 && word[i - 1] == text[k - 2] && word[i - 2] == text[k - 1])
                best = min2(best, d[i - 2][k - 2] + 2);
            d[i][k] = best;
        }
    }
    return d[m][n];
}

/* Is there any stretch of the text, at an edge at one end at least, near enough? */
static bool naive_find(const uint32_t *word, size_t m, const struct text *t)
{
    uint32_t text[NAIVE_MAX];
    unsigned allowed = m >= 13 ? 4 : m >= 10 ? 3 : m >= 7 ? 2 : 1;
    for (size_t i = 0; i < t->nsigns; i++)
        text[i] = t->signs[i].cp;
    for (size_t from = 0; from < t->nsigns; from++) {
        for (size_t to = from + 1; to <= t->nsigns; to++) {
            if ((from == 0 || to == t->nsigns) &&
                naive_cost(word, m, text + from, to - from, to == t->nsigns) <= allowed)
                return true;
        }
    }
    return false;
}

static void to_katakana(const uint32_t *cps, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out += utf8_encode(cps[i] == 0x30FC ? cps[i] : cps[i] + 0x60, out);
    *out = '\0';
}

static void random_word(uint64_t *seed, uint32_t *cps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        do
            cps[i] = all_kana[next_random(seed) % nkana].cp;
        while ((i == 0 && (cps[i] == 0x30FC || cps[i] == 0x3063)) ||
               (i > 0 && cps[i] == cps[i - 1]));
    }
}

static size_t mangle(uint64_t *seed, uint32_t *cps, size_t n)
{
    size_t errors = 1 + next_random(seed) % 3;
    for (size_t e = 0; e < errors; e++) {
        size_t at = next_random(seed) % n;
        uint32_t cp = all_kana[next_random(seed) % nkana].cp, old = cps[at];
        switch (next_random(seed) % 5) {
        case 0: /* another one */
            cps[at] = cp;
            break;
        case 1: /* of the same kind, often */
            for (size_t i = 0; i < nkana; i++) {
                if (all_kana[i].kin == kana_of(old)->kin && all_kana[i].cp != old)
                    cps[at] = all_kana[i].cp;
            }
            break;
        case 2: /* missing */
            if (n > 5)
                memmove(cps + at, cps + at + 1, (--n - at) * sizeof(*cps));
            break;
        case 3: /* extra */
            memmove(cps + at + 1, cps + at, (n++ - at) * sizeof(*cps));
            cps[at] = cp;
            break;
        default: /* swapped */
            if (at + 1 < n) {
                cps[at] = cps[at + 1];
                cps[at + 1] = old;
            }
        }
    }
    return n;
}

static bool folds_away(uint32_t cp)
{
    return cp == 0x30FC || cp == 0x3063 || cp == 0x3064;
}

/* Words of 5 to 12 signs; the index promises all of theirs. Longer ones: nothing wrong is found. */
static void test_run__mangled_words__same_as_trying_every_term(void **unused)
{
    (void)unused;
    enum { WORDS = 400, TEXTS = 3000 };
    static uint32_t words[WORDS][NAIVE_MAX];
    static size_t lens[WORDS];
    static struct text t;
    struct bench *b = bench_new();
    uint64_t seed = 31337;
    size_t n = 0, found = 0, missed = 0;

    fill_kana();
    while (n < WORDS) {
        uint32_t cps[NAIVE_MAX];
        char spelling[NAIVE_MAX * 4];
        size_t len = 5 + next_random(&seed) % 11, folded = 0;
        random_word(&seed, cps, len);
        to_katakana(cps, len, spelling);
        text_make(&t, span_str(spelling)); /* may take a ー off the end */
        len = t.nsigns;
        for (size_t i = 0; i < t.nsigns; i++) {
            words[n][i] = t.signs[i].cp;
            folded += !folds_away(t.signs[i].cp);
        }
        /* Of words of few other signs less is promised. */
        if (len < 5 || folded < (len < 7 ? 3 : len < 13 ? 5 : 9) || add(b, spelling) != n)
            continue;
        lens[n++] = len;
    }
    build(b);

    for (size_t i = 0; i < TEXTS; i++) {
        uint32_t cps[NAIVE_MAX];
        char text[NAIVE_MAX * 8] = "";
        size_t w = next_random(&seed) % WORDS, len = lens[w];
        memcpy(cps, words[w], len * sizeof(*cps));
        len = mangle(&seed, cps, len);
        to_katakana(cps, len, text);
        run(b, text);
        bool exact = false;
        for (size_t k = 0; k < b->nhits; k++)
            exact = exact || b->hits[k].how == TERM_EXACT;
        if (exact) /* explains errors of others */
            continue;
        for (uint32_t k = 0; k < WORDS; k++) {
            bool want = naive_find(words[k], lens[k], &b->text);
            bool got = hit_of(b, k) != NULL;
            if (want != got && (got || lens[k] < 13)) {
                char spelling[NAIVE_MAX * 4];
                to_katakana(words[k], lens[k], spelling);
                fail_msg("'%s' %s found in '%s'", spelling, got ? "must not be" : "must be", text);
            }
            found += got;
            missed += want && !got;
        }
    }
    print_message("%zu found, %zu long ones with two errors missed\n", found, missed);
    assert_true(found > TEXTS / 4);
    assert_true(missed * 20 < found);
    bench_free(b);
}

/* --- the same for Latin words ------------------------------------------------------------------
 */

enum { LATIN_MAX = 16, LATIN_ALPHABET = 6 };

/* Missing, extra, changed or swapped: one of them, by trying all. */
static bool naive_one_error(const char *word, const char *typed)
{
    size_t n = strlen(word), m = strlen(typed);
    for (size_t at = 0; at < n; at++) {
        if (m == n && strncmp(word, typed, at) == 0 && word[at] != typed[at] &&
            (strcmp(word + at + 1, typed + at + 1) == 0 ||
             (at + 1 < n && word[at] == typed[at + 1] && word[at + 1] == typed[at] &&
              strcmp(word + at + 2, typed + at + 2) == 0)))
            return true;
        if (m + 1 == n && strncmp(word, typed, at) == 0 && strcmp(word + at + 1, typed + at) == 0)
            return true;
    }
    for (size_t at = 0; at <= n; at++) {
        if (m == n + 1 && strncmp(word, typed, at) == 0 && strcmp(word + at, typed + at + 1) == 0)
            return true;
    }
    return false;
}

static void mangle_latin(uint64_t *seed, char *word)
{
    for (size_t errors = next_random(seed) % 3; errors > 0; errors--) {
        size_t n = strlen(word), at = next_random(seed) % n;
        char c = (char)('a' + next_random(seed) % LATIN_ALPHABET), old = word[at];
        switch (next_random(seed) % 4) {
        case 0:
            word[at] = c;
            break;
        case 1:
            memmove(word + at, word + at + 1, n - at);
            break;
        case 2:
            memmove(word + at + 1, word + at, n - at + 1);
            word[at] = c;
            break;
        default:
            if (at + 1 < n) {
                word[at] = word[at + 1];
                word[at + 1] = old;
            }
        }
    }
}

static void test_run__mangled_latin_words__same_as_trying_every_term(void **unused)
{
    (void)unused;
    enum { WORDS = 400, TEXTS = 5000 };
    static char words[WORDS][LATIN_MAX];
    struct bench *b = bench_new();
    uint64_t seed = 4242;
    size_t n = 0, found = 0;

    while (n < WORDS) {
        char *word = words[n];
        size_t len = 4 + next_random(&seed) % 6; /* those of four letters are never mended */
        for (size_t i = 0; i < len; i++)
            word[i] = (char)('a' + next_random(&seed) % LATIN_ALPHABET);
        word[len] = '\0';
        n += add(b, word) == n;
    }
    build(b);

    for (size_t i = 0; i < TEXTS; i++) {
        char typed[LATIN_MAX + 4];
        (void)snprintf(typed, sizeof(typed), "%s", words[next_random(&seed) % WORDS]);
        mangle_latin(&seed, typed);
        run(b, typed);
        bool known = false;
        for (size_t k = 0; k < WORDS; k++)
            known = known || strcmp(words[k], typed) == 0;
        for (uint32_t k = 0; k < WORDS; k++) {
            bool want = known ? strcmp(words[k], typed) == 0
                              : strlen(words[k]) >= 5 && words[k][0] == typed[0] &&
                                    naive_one_error(words[k], typed);
            bool got = hit_of(b, k) != NULL;
            if (want != got)
                fail_msg("'%s' %s found in '%s'", words[k], got ? "must not be" : "must be", typed);
            found += got && !known;
        }
    }
    assert_true(found > TEXTS / 5);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__pairs_that_must_match__match),
        cmocka_unit_test(test_run__pairs_that_must_not_match__do_not),
        cmocka_unit_test(test_run__further_rules__as_the_table_says),
        cmocka_unit_test(test_add__same_normalised_form__same_id),
        cmocka_unit_test(test_add__many_terms__ids_without_holes),
        cmocka_unit_test(test_add__nothing_to_search_for__error_says_so),
        cmocka_unit_test(test_run__no_terms_or_no_text__finds_nothing),
        cmocka_unit_test(test_misconversion__inside_a_longer_term__matches),
        cmocka_unit_test(test_run__longer_match_of_another_term__drops_the_shorter),
        cmocka_unit_test(test_run__guard__drops_but_is_not_reported),
        cmocka_unit_test(test_run__refused__is_a_near_miss_with_the_word_around_it),
        cmocka_unit_test(test_run__hit__tells_place_length_and_how),
        cmocka_unit_test(test_run__exact_match_of_another_term_at_the_error__no_typo),
        cmocka_unit_test(test_known_words__a_word_of_the_content__is_no_typing_error),
        cmocka_unit_test(test_run__mistyped_latin_word__hit_tells_what_was_typed),
        cmocka_unit_test(test_run__text_or_content_made_to_be_expensive__no_typing_errors),
        cmocka_unit_test(test_run__caps__are_kept),
        cmocka_unit_test(test_run__alias_of_very_many_terms__hits_stop_at_the_ceiling),
        cmocka_unit_test(test_run__every_keyword__matches_itself),
        cmocka_unit_test(test_run__terms_added_in_another_order__same_hits),
        cmocka_unit_test(test_run__mangled_words__same_as_trying_every_term),
        cmocka_unit_test(test_run__mangled_latin_words__same_as_trying_every_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

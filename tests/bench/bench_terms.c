/*
 * What terms_run() costs for the keywords of 40 intents and of 10,000: the same messages, the
 * real words below in both, five random compounds an intent beside them. The ratio is what counts:
 * a message must not become dearer because the FAQ grows.
 *
 *   bench_terms [intents]
 */
#include "core/terms.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYWORDS = 5, ROUNDS = 2000, REPEATS = 5 };

static const char *const real[] = {
    "スタートパック",
    "オンライン資格確認",
    "v6オプション",
    "お客さまID",
    "フレッツ 光ネクスト",
    "光クロス",
    "光コラボ",
    "IP-VPN",
    "IPsec+IKE",
    "接続|方式",
    "申し込み",
    "申し込み方法",
    "問い合わせ",
    "見積もり",
    "料金",
    "月額料金",
    "工事費",
    "工事",
    "回線",
    "回線ID",
    "ルーター",
    "顔認証付きカードリーダー",
    "カードリーダー",
    "補助金",
    "期限",
    "保険証",
    "マイナンバーカード",
    "電子カルテ",
    "レセコン",
    "パソコン",
    "HDMIエミュレーター",
    "ウェブサイト",
    "インターフェース",
    "もうしこみ",
    "りょうきん",
    "といあわせ",
    "かいせん",
    "おきゃくさまID",
    "東日本",
    "西日本",
    "card reader",
    "apply",
    "receipt computer",
    "subsidy",
    "online eligibility check",
    "starter pack",
};

static const char *const messages[] = {
    "スタートパックの月額料金を教えてください",
    "オンライン資格確認の導入に必要なものは何ですか",
    "v6オプションって有料なんですか",
    "お客様IDがわからないのですが、どこを見ればいいですか",
    "フレッツ光ネスクトは使えますか",
    "申込みたい",
    "工事の費用はいくらかかりますか？",
    "顔認証付きのカードリーダーはどうやって申し込むのでしょうか",
    "すたーとぱっくのりょうきん",
    "回線の種類がわかりません。どこで調べられますか",
    "今使っているルーターは交換しないといけませんか",
    "補助金の申請期限はいつまでですか",
    "当院はすでに光回線がありますが、スタートパックにすると月々の利用料はどれほど増えますか",
    "How much is the monthly fee of the Starter Pack?",
    "how can i aply for the subsity of a card raeder",
    "WHAT DOES THE STATER PACK COST FOR A RECIPT COMPUTER",
    "明日の天気は",
    "マイナンバーカードを忘れた患者さんが来たときはどうしたらよいか教えてもらえますか",
};

enum {
    NREAL = sizeof(real) / sizeof(real[0]),
    NMESSAGES = sizeof(messages) / sizeof(messages[0]),
};

static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* Compounds of the kind that keywords are: two parts of some thousands, each a real word, two or
 * three kanji, three to six katakana or a Latin word; so words begin and end as real ones do. */
static size_t random_part(uint64_t *seed, char *out)
{
    uint64_t part = 1 + next_random(seed) % 3000;
    size_t len = 0;
    if (part % 4 == 0) {
        struct span word = span_str(real[part % NREAL]);
        memcpy(out, word.ptr, word.len);
        return word.len;
    }
    part *= 0x9E3779B97F4A7C15u;
    if (next_random(&part) % 5 == 0) {
        for (size_t n = 5 + next_random(&part) % 4; n > 0; n--)
            out[len++] = "etaoinshrdlucmpfg"[next_random(&part) % 17];
        out[len++] = ' ';
        return len;
    }
    bool kanji = next_random(&part) % 2 == 0;
    size_t n = (kanji ? 2 : 3) + next_random(&part) % (kanji ? 2 : 4);
    for (size_t i = 0; i < n; i++) {
        uint32_t cp = kanji ? 0x4E00 + next_random(&part) % 2000 : 0x30A2 + next_random(&part) % 75;
        len += utf8_encode(cp, out + len);
    }
    return len;
}

static struct terms *build(size_t intents, size_t *retspellings)
{
    struct terms_builder *b = terms_builder_new();
    struct err err;
    uint32_t id;
    uint64_t seed = 1;

    for (size_t i = 0; i < NREAL; i++) {
        if (terms_add(b, span_str(real[i]), &id, &err) != ERR_OK)
            fprintf(stderr, "%s\n", err.text);
    }
    for (size_t i = 0; i < intents * KEYWORDS; i++) {
        char word[256];
        size_t len = random_part(&seed, word);
        len += random_part(&seed, word + len);
        if (terms_add(b, span_of(word, len), &id, &err) != ERR_OK)
            fprintf(stderr, "%s\n", err.text);
    }
    struct terms *t = terms_build(b);
    terms_builder_free(b);
    *retspellings = NREAL + intents * KEYWORDS;
    return t;
}

/* Nanoseconds a message, the best of some repeats: the machine is not ours alone. */
static double measure(size_t intents, const struct text *texts)
{
    size_t spellings, hits = 0;
    int64_t start = clock_mono_us();
    struct terms *t = build(intents, &spellings);
    double build_ms = (double)(clock_mono_us() - start) / 1000, best = 0;
    struct terms_scratch *s = terms_scratch_new(t);
    static struct term_hit list[TERM_HITS_MAX];

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        hits = 0;
        start = clock_mono_us();
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < NMESSAGES; i++)
                hits += terms_run(t, s, &texts[i], list, TERM_HITS_MAX, NULL, 0, NULL);
        }
        double ns = (double)(clock_mono_us() - start) * 1000 / (ROUNDS * NMESSAGES);
        best = repeat == 0 || ns < best ? ns : best;
    }
    printf("intents=%zu spellings=%zu build_ms=%.0f hits=%zu ns_per_message=%.0f\n", intents,
           spellings, build_ms, hits / ROUNDS, best);
    terms_scratch_free(s);
    terms_free(t);
    return best;
}

int main(int argc, char **argv)
{
    size_t many = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    struct text *texts = mem_zalloc_array(NMESSAGES, sizeof(*texts));
    for (size_t i = 0; i < NMESSAGES; i++)
        text_make(&texts[i], span_str(messages[i]));

    double few = measure(40, texts), all = measure(many, texts);
    printf("ratio=%.2f\n", all / few);
    free(texts);
    return 0;
}

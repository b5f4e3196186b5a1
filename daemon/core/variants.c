/*
 * core/variants.c
 *
 * One function a kind, each from the code points of the sentence to those of a variant. What is
 * replaced comes from tables of Japanese orthography and grammar; they hold no word of any FAQ.
 * Where several places or signs would do, the sentence's own hash picks one: every run is the
 * same, and many sentences together see all of them.
 *
 * Left out on purpose: hiragana to katakana and kana to kanji, which need a dictionary, and typing
 * errors in hiragana, where a program cannot tell words from grammar.
 */
#include "core/variants.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>

enum {
    OUT_MAX = 4 * VARIANTS_SENTENCE_MAX,
    LONG_MARK = 0x30FC,
    HALF_WIDTH_FIRST = 0xFF61,
    HALF_WIDTH_VOICED = 0xFF9E,
    HALF_WIDTH_PLOSIVE = 0xFF9F,
    FULL_WIDTH_APART = 0xFEE0, /* from ASCII */
    KANA_APART = 0x60,         /* from hiragana to katakana */
    WORD_LEAST = 5,            /* shorter words are not known again with an error */
    ENDINGS_MAX = 3,
};

struct variants {
    uint32_t in[VARIANTS_SENTENCE_MAX];
    size_t n;
    uint32_t out[OUT_MAX];
    size_t nout;
    uint64_t seed;
    struct buf bytes;
    variants_fn *fn;
    void *ctx;
};

/* ---- code points ----------------------------------------------------------------------------- */

static bool is_hiragana(uint32_t cp)
{
    return cp >= 0x3041 && cp <= 0x3096;
}

static bool is_katakana(uint32_t cp)
{
    return (cp >= 0x30A1 && cp <= 0x30FA) || cp == LONG_MARK;
}

static bool is_kanji(uint32_t cp)
{
    return (cp >= 0x4E00 && cp <= 0x9FFF) || cp == U'々';
}

static bool is_letter(uint32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z');
}

static bool is_alnum(uint32_t cp)
{
    return is_letter(cp) || (cp >= '0' && cp <= '9');
}

static bool is_japanese(uint32_t cp)
{
    return is_hiragana(cp) || is_katakana(cp) || is_kanji(cp);
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == 0x3000;
}

static bool is_stop(uint32_t cp)
{
    switch (cp) {
    case U'。':
    case U'．':
    case U'？':
    case U'！':
    case U'…':
    case U'、':
    case '.':
    case '?':
    case '!':
    case ',':
        return true;
    default:
        return is_space(cp);
    }
}

/* 0 beyond the end. */
static uint32_t at(const struct variants *v, size_t i)
{
    return i < v->n ? v->in[i] : 0;
}

static size_t length(const uint32_t *s)
{
    size_t n = 0;
    while (s[n] != 0)
        n++;
    return n;
}

static bool stands_at(const struct variants *v, size_t i, const uint32_t *word)
{
    size_t len = length(word);
    return i + len <= v->n && memcmp(v->in + i, word, len * sizeof(*word)) == 0;
}

static void put(struct variants *v, uint32_t cp)
{
    assert(v->nout < OUT_MAX);
    v->out[v->nout++] = cp;
}

static void put_all(struct variants *v, const uint32_t *s)
{
    for (; *s != 0; s++)
        put(v, *s);
}

static void put_in(struct variants *v, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        put(v, v->in[i]);
}

/* What was put is a variant, if it is another sentence; then begins anew. */
static void emit(struct variants *v, enum variant_kind kind)
{
    bool same = v->nout == v->n && memcmp(v->out, v->in, v->n * sizeof(*v->in)) == 0;
    if (!same && v->nout > 0) {
        buf_clear(&v->bytes);
        for (size_t i = 0; i < v->nout; i++)
            buf_addcp(&v->bytes, v->out[i]);
        v->fn(v->ctx, kind, buf_span(&v->bytes));
    }
    v->nout = 0;
}

/* One of `n`, by the sentence; `salt` tells choices apart. */
static size_t pick(const struct variants *v, uint64_t salt, size_t n)
{
    uint64_t h = (v->seed + salt) * 0x9E3779B97F4A7C15u;
    return (size_t)((h ^ h >> 29) % n);
}

/* ---- signs ----------------------------------------------------------------------------------- */

static void put_half_width(struct variants *v, uint32_t cp)
{
    static const uint32_t order[] =
        U"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"
        U"ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
    const uint32_t mark[] = {0, HALF_WIDTH_VOICED, HALF_WIDTH_PLOSIVE};
    bool marked = cp >= U'ガ' && cp <= U'ポ';

    if (cp == U'ヴ') {
        put_half_width(v, U'ウ');
        put(v, HALF_WIDTH_VOICED);
        return;
    }
    for (uint32_t apart = 0; apart <= (marked ? 2 : 0); apart++) {
        for (uint32_t i = 0; order[i] != 0; i++) {
            if (order[i] != cp - apart)
                continue;
            put(v, HALF_WIDTH_FIRST + i);
            if (apart > 0)
                put(v, mark[apart]);
            return;
        }
    }
    put(v, cp);
}

static void make_width(struct variants *v)
{
    bool letters = false;

    for (size_t i = 0; i < v->n; i++)
        put_half_width(v, v->in[i]);
    emit(v, VARIANT_WIDTH);
    for (size_t i = 0; i < v->n; i++) {
        uint32_t cp = v->in[i];
        letters = letters || is_alnum(cp);
        put(v, cp == ' ' ? 0x3000 : cp > ' ' && cp < 0x7F ? cp + FULL_WIDTH_APART : cp);
    }
    if (letters)
        emit(v, VARIANT_WIDTH);
    v->nout = 0;
}

static void make_case(struct variants *v)
{
    for (size_t i = 0; i < v->n; i++)
        put(v, v->in[i] >= 'a' && v->in[i] <= 'z' ? v->in[i] - 'a' + 'A' : v->in[i]);
    emit(v, VARIANT_CASE);
    for (size_t i = 0; i < v->n; i++)
        put(v, v->in[i] >= 'A' && v->in[i] <= 'Z' ? v->in[i] - 'A' + 'a' : v->in[i]);
    emit(v, VARIANT_CASE);
}

static void make_script(struct variants *v)
{
    for (size_t i = 0; i < v->n; i++)
        put(v, v->in[i] >= U'ァ' && v->in[i] <= U'ヶ' ? v->in[i] - KANA_APART : v->in[i]);
    emit(v, VARIANT_SCRIPT);
}

static void put_long_marks(struct variants *v, const uint32_t *as)
{
    for (size_t i = 0; i < v->n; i++) {
        bool ambiguous = is_alnum(at(v, i + 1)); /* サーバ-2台 */
        if (v->in[i] == LONG_MARK && !ambiguous)
            put_all(v, as);
        else
            put(v, v->in[i]);
    }
    emit(v, VARIANT_LONG_MARK);
}

static size_t katakana_end(const struct variants *v, size_t i)
{
    while (i < v->n && is_katakana(v->in[i]))
        i++;
    return i;
}

static void make_long_mark(struct variants *v)
{
    static const uint32_t *const like[] = {U"‐", U"−", U"―", U"〜", U"ｰ", U"─"};
    enum { LIKE = sizeof(like) / sizeof(like[0]), DROPPED_LEAST = 4 };

    put_long_marks(v, U"ーー");
    put_long_marks(v, U"-");
    put_long_marks(v, like[pick(v, 1, LIKE)]);
    for (size_t i = 0; i < v->n;) { /* ルーター is ルータ, コピー is not コピ */
        size_t end = katakana_end(v, i);
        bool drops = end >= i + DROPPED_LEAST && v->in[end - 1] == LONG_MARK;
        end += end == i;
        put_in(v, i, end - drops);
        i = end;
    }
    emit(v, VARIANT_LONG_MARK);
}

enum script { OTHER, HIRAGANA, KATAKANA, KANJI, ALNUM };

static enum script script_of(uint32_t cp)
{
    if (is_hiragana(cp))
        return HIRAGANA;
    if (is_katakana(cp))
        return KATAKANA;
    if (is_kanji(cp))
        return KANJI;
    return is_alnum(cp) ? ALNUM : OTHER;
}

/* Does a word or a part of one begin here? What hiragana begins is mostly the end of a word. */
static bool is_joint(const struct variants *v, size_t i)
{
    if (i == 0 || i >= v->n)
        return false;
    enum script before = script_of(v->in[i - 1]), here = script_of(v->in[i]);
    if (v->in[i] == LONG_MARK) /* かーど */
        return false;
    return before != here && before != OTHER && here != OTHER && here != HIRAGANA;
}

static void make_spaces(struct variants *v)
{
    size_t joints = 0, taken = 0, nth = 0;

    for (size_t i = 0; i < v->n; i++) {
        if (is_joint(v, i)) {
            put(v, ' ');
            joints++;
        }
        put(v, v->in[i]);
    }
    emit(v, VARIANT_SPACES);
    for (size_t i = 0; i < v->n && joints > 1; i++) {
        if (is_joint(v, i) && nth++ == pick(v, 2, joints))
            put(v, 0x3000);
        put(v, v->in[i]);
    }
    emit(v, VARIANT_SPACES);
    for (size_t i = 0; i < v->n; i++) {
        bool between = i > 0 && is_japanese(v->in[i - 1]) && is_japanese(at(v, i + 1));
        if (is_space(v->in[i]) && between)
            taken++;
        else
            put(v, v->in[i]);
    }
    if (taken > 0)
        emit(v, VARIANT_SPACES);
    v->nout = 0;
}

static void make_repeat(struct variants *v)
{
    for (size_t i = 0; i < v->n; i++) {
        bool again = i > 0 && is_kanji(v->in[i]) && v->in[i] == v->in[i - 1];
        if (again)
            put(v, U'々');
        else
            put(v, i > 0 && v->in[i] == U'々' ? v->in[i - 1] : v->in[i]);
    }
    emit(v, VARIANT_REPEAT);
}

/* The sentence without what ends it; all of it if nothing else is there. */
static size_t bare_length(const struct variants *v)
{
    size_t n = v->n;
    while (n > 0 && is_stop(v->in[n - 1]))
        n--;
    return n > 0 ? n : v->n;
}

static void make_punctuation(struct variants *v)
{
    static const uint32_t *const tails[] = {U"", U"？", U"!", U"。", U"……"};
    size_t bare = bare_length(v);

    for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
        put_in(v, 0, bare);
        put_all(v, tails[k]);
        emit(v, VARIANT_PUNCTUATION);
    }
    for (size_t i = 0; i < bare; i++) {
        if (v->in[i] != U'、')
            put(v, v->in[i]);
    }
    if (v->nout < bare)
        emit(v, VARIANT_PUNCTUATION);
    v->nout = 0;
}

static void make_emoji(struct variants *v)
{
    static const uint32_t *const tails[] = {U"🙏", U"😢😢", U"♪", U"✨", U"☺️", U"👨‍💻"};
    enum { TAILS = sizeof(tails) / sizeof(tails[0]) };
    size_t first = pick(v, 3, TAILS);

    for (size_t k = 0; k < 2; k++) {
        put_in(v, 0, v->n);
        put_all(v, tails[(first + k) % TAILS]);
        emit(v, VARIANT_EMOJI);
    }
}

/* ---- words ----------------------------------------------------------------------------------- */

enum { SPELLINGS_MAX = 4 };

/* Each row is one word. A spelling without okurigana stands only where no verb goes on. */
static const uint32_t *const okurigana[][SPELLINGS_MAX] = {
    {U"申し込み", U"申込み", U"申込"},
    {U"申し込む", U"申込む"},
    {U"申し込め", U"申込め"},
    {U"申し込ん", U"申込ん"},
    {U"問い合わせ", U"問合わせ", U"問い合せ", U"問合せ"},
    {U"見積もり", U"見積り", U"見積"},
    {U"手続き", U"手続"},
    {U"支払い", U"支払"},
    {U"切り替え", U"切替え", U"切替"},
    {U"取り付け", U"取付け", U"取付"},
    {U"引き込み", U"引込み", U"引込"},
    {U"乗り換え", U"乗換え", U"乗換"},
    {U"受け付け", U"受付け", U"受付"},
    {U"受け取り", U"受取り", U"受取"},
    {U"取り扱い", U"取扱い", U"取扱"},
    {U"取り消し", U"取消し", U"取消"},
    {U"取り替え", U"取替え", U"取替"},
    {U"振り込み", U"振込み", U"振込"},
    {U"引き落とし", U"引落とし", U"引落し", U"引落"},
    {U"引っ越し", U"引越し", U"引越"},
    {U"立ち会い", U"立会い", U"立会"},
    {U"打ち合わせ", U"打合わせ", U"打ち合せ", U"打合せ"},
    {U"締め切り", U"締切り", U"締切"},
    {U"割り引き", U"割引き", U"割引"},
    {U"読み取り", U"読取り", U"読取"},
    {U"買い替え", U"買替え", U"買替"},
    {U"入れ替え", U"入替え", U"入替"},
    {U"組み合わせ", U"組合わせ", U"組み合せ", U"組合せ"},
    {U"書き込み", U"書込み", U"書込"},
    {U"持ち込み", U"持込み", U"持込"},
    {U"払い戻し", U"払戻し", U"払戻"},
    {U"貸し出し", U"貸出し", U"貸出"},
    {U"届け出", U"届出"},
    {U"申し出", U"申出"},
    {U"終わり", U"終り"},
    {U"行なう", U"行う"},
};
enum { OKURIGANA = sizeof(okurigana) / sizeof(okurigana[0]) };

/* May a noun end before the sign at `i`? A compound may go on with kanji, but 支払 also stands in
 * 支払う. */
static bool noun_ends(const struct variants *v, size_t i)
{
    static const uint32_t particles[] = U"をのはがにでともかっや";
    uint32_t next = at(v, i);

    for (size_t k = 0; is_hiragana(next) && particles[k] != 0; k++) {
        if (particles[k] == next)
            return true;
    }
    return !is_hiragana(next);
}

/* Which spelling of this word stands at `i`, the longest; NULL: none. */
static const uint32_t *spelling_at(const struct variants *v, const uint32_t *const *word, size_t i)
{
    const uint32_t *best = NULL;
    for (size_t k = 0; k < SPELLINGS_MAX && word[k] != NULL; k++) {
        if (!stands_at(v, i, word[k]) || (best != NULL && length(best) >= length(word[k])))
            continue;
        size_t end = i + length(word[k]);
        if (!is_kanji(v->in[end - 1]) || (noun_ends(v, end) && !is_kanji(at(v, end))))
            best = word[k];
    }
    return best;
}

/* The sentence with one spelling of a word throughout; false, if it has no place for it. */
static bool put_spelling(struct variants *v, const uint32_t *const *word, const uint32_t *as)
{
    bool bare = is_kanji(as[length(as) - 1]);
    for (size_t i = 0; i < v->n;) {
        const uint32_t *found = spelling_at(v, word, i);
        if (found == NULL) {
            put(v, v->in[i++]);
            continue;
        }
        i += length(found);
        if (bare && !noun_ends(v, i)) {
            v->nout = 0;
            return false;
        }
        put_all(v, as);
    }
    return true;
}

static void make_okurigana(struct variants *v)
{
    for (size_t w = 0; w < OKURIGANA; w++) {
        for (size_t k = 0; k < SPELLINGS_MAX && okurigana[w][k] != NULL; k++) {
            if (put_spelling(v, okurigana[w], okurigana[w][k]))
                emit(v, VARIANT_OKURIGANA);
        }
    }
}

/* Words that are said with and without it, in that form; お金 and ご飯 are others. */
static const struct {
    uint32_t prefix;
    const uint32_t *word;
} polite[] = {
    {U'お', U"申し込み"}, {U'お', U"申込み"}, {U'お', U"問い合わせ"}, {U'お', U"問い合せ"},
    {U'お', U"問合わせ"}, {U'お', U"問合せ"}, {U'お', U"見積もり"},   {U'お', U"見積り"},
    {U'お', U"支払い"},   {U'お', U"手続き"}, {U'お', U"打ち合わせ"}, {U'お', U"値段"},
    {U'お', U"名前"},     {U'お', U"電話"},   {U'お', U"返事"},       {U'ご', U"契約"},
    {U'ご', U"利用"},     {U'ご', U"案内"},   {U'ご', U"連絡"},       {U'ご', U"相談"},
    {U'ご', U"住所"},     {U'ご', U"希望"},   {U'ご', U"確認"},       {U'ご', U"説明"},
    {U'ご', U"質問"},     {U'ご', U"回答"},   {U'ご', U"請求"},       {U'ご', U"準備"},
    {U'ご', U"予約"},     {U'ご', U"用意"},   {U'ご', U"依頼"},       {U'ご', U"対応"},
    {U'ご', U"紹介"},     {U'ご', U"検討"},
};
enum { POLITE = sizeof(polite) / sizeof(polite[0]) };

/* Which of them begins at `i`, the longest. */
static size_t polite_at(const struct variants *v, size_t i)
{
    size_t best = POLITE;
    for (size_t k = 0; k < POLITE; k++) {
        if (stands_at(v, i, polite[k].word) &&
            (best == POLITE || length(polite[k].word) > length(polite[best].word)))
            best = k;
    }
    return best;
}

static void make_polite(struct variants *v)
{
    for (size_t i = 0; i < v->n; i++) { /* without */
        size_t k = polite_at(v, i + 1);
        if (k == POLITE || v->in[i] != polite[k].prefix)
            put(v, v->in[i]);
    }
    emit(v, VARIANT_POLITE);
    for (size_t i = 0; i < v->n;) { /* with: only where a word begins, and no compound goes on */
        size_t k = polite_at(v, i);
        size_t len = k < POLITE ? length(polite[k].word) : 1;
        uint32_t before = i > 0 ? v->in[i - 1] : 0, next = at(v, i + len);
        bool begins = before == 0 || is_stop(before) ||
                      (is_hiragana(before) && before != U'お' && before != U'ご');
        bool ends = !is_kanji(next) && !is_katakana(next) && !is_alnum(next);
        if (k < POLITE && begins && ends)
            put(v, polite[k].prefix);
        put_in(v, i, i + len);
        i += len;
    }
    emit(v, VARIANT_POLITE);
}

/* The longest ending that fits is replaced. */
static const struct {
    const uint32_t *ending, *as[ENDINGS_MAX];
} endings[] = {
    {U"るのでしょうか", {U"るのですか", U"るんでしょうか", U"りますか"}},
    {U"のでしょうか", {U"のですか", U"んでしょうか"}},
    {U"んでしょうか", {U"のでしょうか", U"んですか"}},
    {U"ますでしょうか", {U"ますか"}},
    {U"でしょうか", {U"ですか", U"ですかね"}},
    {U"のですか", {U"のでしょうか", U"んですか"}},
    {U"んですか", {U"のですか", U"んでしょうか"}},
    {U"ですか", {U"でしょうか", U"ですかね", U"ですか教えてください"}},
    {U"ませんか", {U"ませんでしょうか"}},
    {U"ましたか", {U"ましたでしょうか"}},
    {U"ますか", {U"ますでしょうか", U"ますかね", U"ますか教えてください"}},
    {U"教えてください", {U"教えていただけますか", U"教えて", U"教えてほしいのですが"}},
    {U"教えて下さい", {U"教えてください", U"教えていただけますか"}},
    {U"教えて", {U"教えてください", U"教えてもらえますか", U"教えてほしいのですが"}},
    {U"てください", {U"ていただけますか", U"てほしいのですが"}},
    {U"たいのですが", {U"たいです", U"たいんですが", U"たい"}},
    {U"たいんですが", {U"たいです", U"たいのですが", U"たい"}},
    {U"たいです", {U"たいのですが", U"たい"}},
    {U"たい", {U"たいのですが", U"たいです"}},
    {U"ほしい", {U"ほしいのですが", U"ほしいです"}},
    {U"ないのですが", {U"ないんですが", U"ないです", U"ない"}},
    {U"ない", {U"ないのですが", U"ないんです"}},
    {U"のですが", {U"んですが", U"のです"}},
    {U"んですが", {U"のですが", U"んです"}},
    {U"ました", {U"ましたが", U"ましたのですが"}},
    {U"ません", {U"ませんが", U"ないのですが"}},
    {U"ございます", {U"ございます"}}, /* as it is */
    {U"ます", {U"ますが", U"るのですが"}},
    {U"です", {U"ですが", U"なのですが"}},
    {U"るの", {U"るのですか", U"るのでしょうか", U"るんですか"}},
    {U"いの", {U"いのですか", U"いのでしょうか", U"いんですか"}},
    {U"るか", {U"るのですか", U"るのでしょうか", U"るでしょうか"}},
    {U"る", {U"るのですか", U"るのでしょうか", U"るか"}},
};
enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

/* Some endings ask for a stem: 使えます is also 使えるのですが, 書きます is not 書きる. */
static bool fits_stem(const struct variants *v, size_t stem, const uint32_t *ending,
                      const uint32_t *as)
{
    static const uint32_t goes_on_with_ru[] = U"えけせてねべめれげ";
    static const uint32_t goes_on_with_ri[] = U"あか"; /* ある, かかる; but 使える */
    const uint32_t *stems;

    if (ending[0] == U'ま' && (as[0] == U'る' || as[0] == U'な'))
        stems = goes_on_with_ru;
    else if (as[0] == U'り')
        stems = goes_on_with_ri;
    else
        return true;
    for (; stem > 0 && *stems != 0; stems++) {
        if (*stems == v->in[stem - 1])
            return true;
    }
    return false;
}

static void make_ending(struct variants *v)
{
    static const uint32_t *const of_nouns[] = {U"ですか", U"でしょうか", U"なのですが",
                                               U"について教えてください"};
    size_t bare = bare_length(v), best = ENDINGS;
    uint32_t last = v->in[bare - 1];

    for (size_t e = 0; e < ENDINGS; e++) {
        size_t len = length(endings[e].ending);
        if (len <= bare && stands_at(v, bare - len, endings[e].ending) &&
            (best == ENDINGS || len > length(endings[best].ending)))
            best = e;
    }
    if (best < ENDINGS) {
        size_t stem = bare - length(endings[best].ending);
        for (size_t k = 0; k < ENDINGS_MAX && endings[best].as[k] != NULL; k++) {
            if (!fits_stem(v, stem, endings[best].ending, endings[best].as[k]))
                continue;
            put_in(v, 0, stem);
            put_all(v, endings[best].as[k]);
            emit(v, VARIANT_ENDING);
        }
    } else if (is_kanji(last) || is_katakana(last)) {
        size_t first = pick(v, 4, 2);
        for (size_t k = first; k < 4; k += 2) { /* two of the four */
            put_in(v, 0, bare);
            put_all(v, of_nouns[k]);
            emit(v, VARIANT_ENDING);
        }
    }
}

/* ---- typing errors --------------------------------------------------------------------------- */

struct word {
    size_t begin, len; /* len 0: there is none */
};

/* One of the words of WORD_LEAST signs or more that `is_part` knows. */
static struct word pick_word(const struct variants *v, bool (*is_part)(uint32_t cp))
{
    struct word found[VARIANTS_SENTENCE_MAX / WORD_LEAST + 1];
    size_t n = 0;

    for (size_t i = 0; i < v->n;) {
        size_t end = i;
        while (end < v->n && is_part(v->in[end]))
            end++;
        if (end >= i + WORD_LEAST)
            found[n++] = (struct word){i, end - i};
        i = end + (end == i);
    }
    return n > 0 ? found[pick(v, 5, n)] : (struct word){0, 0};
}

/* The first sign is seldom missed. */
static void put_missing(struct variants *v, struct word w)
{
    size_t gone = w.begin + 1 + pick(v, 6, w.len - 1);
    put_in(v, 0, gone);
    put_in(v, gone + 1, v->n);
}

static void put_doubled(struct variants *v, struct word w)
{
    size_t twice = w.begin + pick(v, 7, w.len);
    put_in(v, 0, twice + 1);
    put_in(v, twice, v->n);
}

static void put_swapped(struct variants *v, struct word w)
{
    size_t places = w.len - 2, first = pick(v, 8, places);

    for (size_t k = 0; k < places; k++) {
        size_t i = w.begin + 1 + (first + k) % places;
        if (v->in[i] == v->in[i + 1])
            continue;
        put_in(v, 0, i);
        put(v, v->in[i + 1]);
        put(v, v->in[i]);
        put_in(v, i + 2, v->n);
        return;
    }
}

/* カ and ガ, ハ and バ, パ and バ; 0: it has no other. */
static uint32_t other_voice(uint32_t cp)
{
    if (cp >= U'カ' && cp <= U'ヂ')
        return cp % 2 == U'カ' % 2 ? cp + 1 : cp - 1;
    if (cp >= U'ツ' && cp <= U'ド')
        return cp % 2 == U'ツ' % 2 ? cp + 1 : cp - 1;
    if (cp >= U'ハ' && cp <= U'ポ')
        return cp % 3 == U'ハ' % 3 ? cp + 1 : cp - 1;
    return 0;
}

static void put_voiced(struct variants *v, struct word w)
{
    size_t first = pick(v, 9, w.len);

    for (size_t k = 0; k < w.len; k++) {
        size_t i = w.begin + (first + k) % w.len;
        if (other_voice(v->in[i]) == 0)
            continue;
        put_in(v, 0, i);
        put(v, other_voice(v->in[i]));
        put_in(v, i + 1, v->n);
        return;
    }
}

static void make_errors(struct variants *v)
{
    struct word w = pick_word(v, is_katakana), letters = pick_word(v, is_letter);

    if (w.len > 0) {
        put_missing(v, w);
        emit(v, VARIANT_MISSING);
        put_doubled(v, w);
        emit(v, VARIANT_DOUBLED);
        put_swapped(v, w);
        emit(v, VARIANT_SWAPPED);
        put_voiced(v, w);
        emit(v, VARIANT_VOICED);
    }
    if (letters.len > 0) {
        put_missing(v, letters);
        emit(v, VARIANT_LETTERS);
        put_doubled(v, letters);
        emit(v, VARIANT_LETTERS);
        put_swapped(v, letters);
        emit(v, VARIANT_LETTERS);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

const char *variant_kind_name(enum variant_kind kind)
{
    static const char *const names[VARIANT_KINDS] = {
        "width",        "case",         "kana script", "long marks", "spaces", "repetition",
        "punctuation",  "emoji",        "okurigana",   "politeness", "ending", "kana missing",
        "kana doubled", "kana swapped", "kana voiced", "Latin typo"};
    return names[kind];
}

struct variants *variants_new(void)
{
    struct variants *v = mem_zalloc(sizeof(*v));
    buf_init(&v->bytes, 0);
    return v;
}

void variants_free(struct variants *v)
{
    if (v == NULL)
        return;
    buf_release(&v->bytes);
    free(v);
}

void variants_make(struct variants *v, struct span sentence, variants_fn *fn, void *ctx)
{
    static void (*const makers[])(struct variants * v) = {
        make_width,       make_case,  make_script,    make_long_mark, make_spaces, make_repeat,
        make_punctuation, make_emoji, make_okurigana, make_polite,    make_ending, make_errors};

    if (sentence.len == 0 || utf8_count(sentence) > VARIANTS_SENTENCE_MAX)
        return;
    v->n = v->nout = 0;
    v->seed = 0xcbf29ce484222325u;
    v->fn = fn;
    v->ctx = ctx;
    for (size_t i = 0; i < sentence.len;) {
        bool valid;
        i += utf8_decode(sentence.ptr + i, sentence.len - i, &v->in[v->n], &valid);
        v->seed = (v->seed ^ v->in[v->n++]) * 0x100000001b3u;
    }
    for (size_t k = 0; k < sizeof(makers) / sizeof(makers[0]); k++)
        makers[k](v);
}

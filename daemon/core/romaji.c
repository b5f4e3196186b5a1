#include "core/romaji.h"

enum {
    WORD_LETTERS_MAX = 60,
    READ_LETTERS_LEAST = 5, /* of all words that read as Japanese */
    LONG_WORD_LETTERS = 4,  /* shorter ones count only beside a longer one: "to", "no", "are" */
};

struct syllable {
    const char *romaji, *kana;
};

/* Longest first within each length: looked through from three letters down to one. */
static const struct syllable three[] = {
    {"kya", "きゃ"}, {"kyu", "きゅ"}, {"kyo", "きょ"}, {"gya", "ぎゃ"}, {"gyu", "ぎゅ"},
    {"gyo", "ぎょ"}, {"sha", "しゃ"}, {"shu", "しゅ"}, {"sho", "しょ"}, {"shi", "し"},
    {"she", "しぇ"}, {"sya", "しゃ"}, {"syu", "しゅ"}, {"syo", "しょ"}, {"cha", "ちゃ"},
    {"chu", "ちゅ"}, {"cho", "ちょ"}, {"chi", "ち"},   {"che", "ちぇ"}, {"tya", "ちゃ"},
    {"tyu", "ちゅ"}, {"tyo", "ちょ"}, {"tsu", "つ"},   {"nya", "にゃ"}, {"nyu", "にゅ"},
    {"nyo", "にょ"}, {"hya", "ひゃ"}, {"hyu", "ひゅ"}, {"hyo", "ひょ"}, {"mya", "みゃ"},
    {"myu", "みゅ"}, {"myo", "みょ"}, {"rya", "りゃ"}, {"ryu", "りゅ"}, {"ryo", "りょ"},
    {"bya", "びゃ"}, {"byu", "びゅ"}, {"byo", "びょ"}, {"pya", "ぴゃ"}, {"pyu", "ぴゅ"},
    {"pyo", "ぴょ"}, {"zya", "じゃ"}, {"zyu", "じゅ"}, {"zyo", "じょ"}, {"jya", "じゃ"},
    {"jyu", "じゅ"}, {"jyo", "じょ"}, {"xtu", "っ"},   {"ltu", "っ"},   {"thi", "てぃ"},
    {"dhi", "でぃ"},
};
static const struct syllable two[] = {
    {"ka", "か"},   {"ki", "き"},   {"ku", "く"},   {"ke", "け"},   {"ko", "こ"},   {"ga", "が"},
    {"gi", "ぎ"},   {"gu", "ぐ"},   {"ge", "げ"},   {"go", "ご"},   {"sa", "さ"},   {"si", "し"},
    {"su", "す"},   {"se", "せ"},   {"so", "そ"},   {"za", "ざ"},   {"zi", "じ"},   {"ji", "じ"},
    {"zu", "ず"},   {"ze", "ぜ"},   {"zo", "ぞ"},   {"ja", "じゃ"}, {"ju", "じゅ"}, {"jo", "じょ"},
    {"ta", "た"},   {"ti", "ち"},   {"tu", "つ"},   {"te", "て"},   {"to", "と"},   {"da", "だ"},
    {"di", "ぢ"},   {"du", "づ"},   {"de", "で"},   {"do", "ど"},   {"na", "な"},   {"ni", "に"},
    {"nu", "ぬ"},   {"ne", "ね"},   {"no", "の"},   {"ha", "は"},   {"hi", "ひ"},   {"hu", "ふ"},
    {"fu", "ふ"},   {"he", "へ"},   {"ho", "ほ"},   {"ba", "ば"},   {"bi", "び"},   {"bu", "ぶ"},
    {"be", "べ"},   {"bo", "ぼ"},   {"pa", "ぱ"},   {"pi", "ぴ"},   {"pu", "ぷ"},   {"pe", "ぺ"},
    {"po", "ぽ"},   {"ma", "ま"},   {"mi", "み"},   {"mu", "む"},   {"me", "め"},   {"mo", "も"},
    {"ya", "や"},   {"yu", "ゆ"},   {"yo", "よ"},   {"ra", "ら"},   {"ri", "り"},   {"ru", "る"},
    {"re", "れ"},   {"ro", "ろ"},   {"wa", "わ"},   {"wo", "を"},   {"nn", "ん"},   {"fa", "ふぁ"},
    {"fi", "ふぃ"}, {"fe", "ふぇ"}, {"fo", "ふぉ"}, {"vu", "ゔ"},
};
static const struct syllable one[] = {
    {"a", "あ"}, {"i", "い"}, {"u", "う"}, {"e", "え"}, {"o", "お"}, {"n", "ん"}, {"-", "ー"},
};
/* Words that are written otherwise than they sound. */
static const struct syllable particles[] = {
    {"wa", "は"}, {"e", "へ"}, {"o", "を"}, {"towa", "とは"}, {"niwa", "には"}, {"dewa", "では"},
};

static const char *find(const struct syllable *table, size_t n, const char *s, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(table[i].romaji) == len && memcmp(table[i].romaji, s, len) == 0)
            return table[i].kana;
    }
    return NULL;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The kana at `s` and how many letters they take; NULL: this is no Japanese. */
static const char *syllable_at(const char *s, size_t len, size_t *rettaken)
{
    const char *kana;
    if (len >= 3 && (kana = find(three, COUNT(three), s, 3)) != NULL) {
        *rettaken = 3;
    } else if (len >= 4 && s[0] == 'n' && s[1] == 'n' && strchr("aiueoy", s[2]) != NULL) {
        kana = "ん"; /* onna: the second n begins the next one */
        *rettaken = 1;
    } else if (len >= 2 && (kana = find(two, COUNT(two), s, 2)) != NULL) {
        *rettaken = 2;
    } else if (len >= 2 && s[0] == s[1] && strchr("kstpgdbzjc", s[0]) != NULL) {
        kana = "っ";
        *rettaken = 1;
    } else if (len >= 3 && s[0] == 't' && s[1] == 'c' && s[2] == 'h') {
        kana = "っ";
        *rettaken = 1;
    } else {
        kana = find(one, COUNT(one), s, 1);
        *rettaken = 1;
    }
    return kana;
}

static bool read_word(const char *s, size_t len, struct buf *out)
{
    size_t before = out->len, taken;

    for (size_t i = 0; i < len; i += taken) {
        const char *kana = syllable_at(s + i, len - i, &taken);
        if (kana == NULL) {
            out->len = before;
            return false;
        }
        buf_adds(out, kana);
    }
    return true;
}

bool romaji_kana(const struct text *t, struct buf *out)
{
    size_t letters = 0, read = 0, words_read = 0, words_left = 0;
    bool any_long = false;

    for (size_t i = 0; i < t->nlight;) {
        char word[WORD_LETTERS_MAX];
        size_t n = 0;
        while (i + n < t->nlight && n < WORD_LETTERS_MAX && t->light[i + n].cp >= 'a' &&
               t->light[i + n].cp <= 'z') {
            word[n] = (char)t->light[i + n].cp;
            n++;
        }
        if (n == 0) {
            buf_addcp(out, t->light[i++].cp);
            continue;
        }
        bool part_of_name =
            i + n < t->nlight && t->light[i + n].cp >= '0' && t->light[i + n].cp <= '9';
        const char *particle = find(particles, COUNT(particles), word, n);
        letters += n;
        if (particle != NULL && i > 0) {
            buf_adds(out, particle);
            read += n;
            words_read++;
        } else if (!part_of_name && n >= 2 && read_word(word, n, out)) {
            read += n;
            words_read++;
            any_long |= n >= LONG_WORD_LETTERS;
        } else {
            buf_add(out, word, n);
            words_left += !part_of_name;
        }
        i += n;
    }
    /* What does "yoroshiku" mean? is an English question, whatever it is about. */
    return any_long && read >= READ_LETTERS_LEAST && 2 * read > letters &&
           2 * words_left <= words_read;
}

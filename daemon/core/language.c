#include "core/language.h"

#include <stdbool.h>

enum {
    ENGLISH_WORDS = 2, /* one Latin word alone is a name as often as a language: ONS, router */
    FOREIGN_WORDS = 4, /* so many without a common English one are something else */
    LATIN_LETTERS_MIN = 4,
};

/* Frequent in Chinese, unknown to Japanese writing: 么 吗 请 们 这 个 哪 怎 你 您 费 编 呢 线 网 证
 * 认 问 说 开 为 嗎 這. */
static const uint32_t chinese[] = {
    0x4E48, 0x5417, 0x8BF7, 0x4EEC, 0x8FD9, 0x4E2A, 0x54EA, 0x600E, 0x4F60, 0x60A8, 0x8D39, 0x7F16,
    0x5462, 0x7EBF, 0x7F51, 0x8BC1, 0x8BA4, 0x95EE, 0x8BF4, 0x5F00, 0x4E3A, 0x55CE, 0x9019,
};

static bool is_chinese_only(uint32_t cp)
{
    for (size_t i = 0; i < sizeof(chinese) / sizeof(chinese[0]); i++) {
        if (chinese[i] == cp)
            return true;
    }
    return false;
}

/* Hardly an English sentence of some words does without all of these. */
static const char *const english[] = {
    "a",    "about", "an",     "and",   "any",   "are",    "can",   "cost",        "do",
    "does", "for",   "from",   "have",  "how",   "i",      "if",    "in",          "is",
    "it",   "list",  "me",     "much",  "my",    "need",   "not",   "of",          "on",
    "or",   "our",   "fee",    "the",   "there", "this",   "to",    "use",         "want",
    "we",   "what",  "when",   "where", "which", "who",    "why",   "with",        "you",
    "your", "price", "please", "hello", "thank", "thanks", "apply", "application",
};

static bool is_english(const struct text *t, size_t first, size_t n)
{
    for (size_t i = 0; i < sizeof(english) / sizeof(english[0]); i++) {
        size_t k = 0;
        while (k < n && english[i][k] != '\0' && t->light[first + k].cp == (uint32_t)english[i][k])
            k++;
        if (k == n && english[i][k] == '\0')
            return true;
    }
    return false;
}

static bool is_latin(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xC0 && cp <= 0x24F) ||
           (cp >= 0x1E00 && cp <= 0x1EFF);
}

enum language language_of(const struct text *t)
{
    size_t kana = 0, kanji = 0, latin = 0, words = 0, known = 0, marked = 0, chinese_only = 0;
    size_t other = 0, begin = 0;
    bool in_word = false;

    for (size_t i = 0; i < t->nlight; i++) {
        uint32_t cp = t->light[i].cp;
        bool word = is_latin(cp);
        if (word && !in_word) {
            words++;
            begin = i;
        }
        if (word && (i + 1 == t->nlight || !is_latin(t->light[i + 1].cp)))
            known += is_english(t, begin, i + 1 - begin);
        marked += word && cp > 0x7F;
        in_word = word || cp == '\'';
        latin += word;
        kana += cp >= 0x3041 && cp <= 0x30FF && cp != 0x30FB;
        if (cp >= 0x4E00 && cp <= 0x9FFF) {
            kanji++;
            chinese_only += is_chinese_only(cp);
        }
        other += (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x0370 && cp <= 0x1DFF);
    }
    if (kana > 0 && chinese_only == 0 && other <= kana)
        return LANGUAGE_JAPANESE;
    if (chinese_only > 0 || other > latin + kana + kanji)
        return LANGUAGE_OTHER;
    if (kana + kanji > 0)
        return LANGUAGE_JAPANESE;
    if (marked > 0 || (words >= FOREIGN_WORDS && known == 0))
        return LANGUAGE_OTHER;
    if (words >= ENGLISH_WORDS && latin >= LATIN_LETTERS_MIN)
        return LANGUAGE_ENGLISH;
    return LANGUAGE_UNSURE;
}

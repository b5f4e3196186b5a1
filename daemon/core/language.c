#include "core/language.h"

#include <stdbool.h>

enum {
    ENGLISH_WORDS = 2, /* one Latin word alone is a name as often as a language: ONS, router */
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

static bool is_latin(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xC0 && cp <= 0x24F);
}

enum language language_of(const struct text *t)
{
    size_t kana = 0, kanji = 0, latin = 0, words = 0, chinese_only = 0, other = 0;
    bool in_word = false;

    for (size_t i = 0; i < t->nlight; i++) {
        uint32_t cp = t->light[i].cp;
        bool word = is_latin(cp);
        words += word && !in_word;
        in_word = word || cp == '\'';
        latin += word;
        kana += cp >= 0x3041 && cp <= 0x30FF && cp != 0x30FB;
        if (cp >= 0x4E00 && cp <= 0x9FFF) {
            kanji++;
            chinese_only += is_chinese_only(cp);
        }
        other += (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x0370 && cp <= 0x1FFF);
    }
    if (kana > 0 && chinese_only == 0 && other <= kana)
        return LANGUAGE_JAPANESE;
    if (chinese_only > 0 || other > latin + kana + kanji)
        return LANGUAGE_OTHER;
    if (kana + kanji > 0)
        return LANGUAGE_JAPANESE;
    if (words >= ENGLISH_WORDS && latin >= LATIN_LETTERS_MIN)
        return LANGUAGE_ENGLISH;
    return LANGUAGE_UNSURE;
}

/*
 * Okurigana are dropped wherever a piece of the list below follows a kanji, without asking what
 * comes behind: the rule must not depend on a neighbour that the query may lack, and since text
 * and query are treated alike it need not be right, only equal on both sides. What it breaks
 * (a query that begins within a dropped piece) the plain form still finds.
 */
#include "store/search.h"

/* Longest first: わせ before し. The pieces of the keyword rules (K3), kana folded by text_make. */
static const char *const okurigana[] = {
    "らせ", "わせ", "わり", "もり", "とし", "らし", "がり", "かり", "まり", "つけ",
    "ずけ", "じめ", "し",   "み",   "り",   "き",   "い",   "え",   "け",   "せ",
    "げ",   "ち",   "ぎ",   "び",   "め",   "れ",   "べ",   "ね",
};
enum { NOKURIGANA = sizeof(okurigana) / sizeof(okurigana[0]) };

/* The pieces as code points; every one is one or two hiragana of three bytes. */
static uint32_t hiragana_at(const char *s, size_t i)
{
    const unsigned char *c = (const unsigned char *)s + 3 * i;
    return (uint32_t)(c[0] & 0x0F) << 12 | (uint32_t)(c[1] & 0x3F) << 6 | (c[2] & 0x3Fu);
}

/* How many signs from `at` on are an okurigana piece: 0 if none. */
static size_t okurigana_len(const struct text *t, size_t at)
{
    for (size_t k = 0; k < NOKURIGANA; k++) {
        size_t n = strlen(okurigana[k]) / 3, i = 0;
        while (i < n && at + i < t->nsigns && t->signs[at + i].class == TEXT_HIRAGANA &&
               t->signs[at + i].cp == hiragana_at(okurigana[k], i))
            i++;
        if (i == n)
            return n;
    }
    return 0;
}

static void print_bare(const struct text *t, struct buf *out)
{
    for (size_t i = 0; i < t->nsigns;) {
        const struct text_sign *sign = &t->signs[i++];
        buf_addcp(out, sign->cp == TEXT_HARD ? ' ' : sign->cp);
        if (sign->class == TEXT_KANJI)
            i += okurigana_len(t, i);
    }
}

void search_stored(struct text *scratch, struct span text, struct buf *out)
{
    text_make(scratch, text);
    text_print(scratch, out);
    buf_addc(out, '\n');
    print_bare(scratch, out);
}

void search_wanted(struct text *scratch, struct span text, struct buf *plain, struct buf *bare)
{
    text_make(scratch, text);
    text_print(scratch, plain);
    print_bare(scratch, bare);
}

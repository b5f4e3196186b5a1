/*
 * core/variants.h - the same sentence as other people would type it
 *
 * Variants that mean what the sentence means: other width, case and kana, long marks, spaces,
 * okurigana, politeness, punctuation, endings, one typing error. Whoever tests content asks them
 * as well: the topic must stay. The same sentence always gives the same variants. For tests and
 * editors, never for what visitors send.
 */
#ifndef FAQD_CORE_VARIANTS_H
#define FAQD_CORE_VARIANTS_H

#include "base/span.h"

enum variant_kind {
    VARIANT_WIDTH,       /* ﾙｰﾀｰ, ｖ６ */
    VARIANT_CASE,        /* V6, wi-fi */
    VARIANT_SCRIPT,      /* katakana words in hiragana: るーたー */
    VARIANT_LONG_MARK,   /* ルーーター, ル-タ-, ルータ */
    VARIANT_SPACES,      /* added where scripts meet; those between Japanese words taken out */
    VARIANT_REPEAT,      /* 月月, 月々 */
    VARIANT_PUNCTUATION, /* ？ ! 。 …… behind it, none at all, no commas within */
    VARIANT_EMOJI,       /* behind it */
    VARIANT_OKURIGANA,   /* 申し込み, 申込み, 申込 */
    VARIANT_POLITE,      /* お申し込み, ご契約, and without */
    VARIANT_ENDING,      /* か, ですか, でしょうか, のですが */
    VARIANT_MISSING,     /* typing errors in a katakana word of five or more: a kana left out, */
    VARIANT_DOUBLED,     /* typed twice, */
    VARIANT_SWAPPED,     /* two of them the wrong way round, */
    VARIANT_VOICED,      /* カ for ガ or the other way round */
    VARIANT_LETTERS,     /* the first three in a Latin word of five letters or more */
};
enum {
    VARIANT_KINDS = VARIANT_LETTERS + 1,
    VARIANTS_SENTENCE_MAX = 240, /* code points; longer sentences have no variants */
};

const char *variant_kind_name(enum variant_kind kind);

struct variants; /* working memory of one thread */
struct variants *variants_new(void);
void variants_free(struct variants *v);

/* `text` is valid during the call only. */
typedef void variants_fn(void *ctx, enum variant_kind kind, struct span text);

/* Calls `fn` for each variant, by kind, at most some thirty times; none is equal to `sentence`,
 * which must be valid UTF-8. Linear in the sentence. */
void variants_make(struct variants *v, struct span sentence, variants_fn *fn, void *ctx);

#endif

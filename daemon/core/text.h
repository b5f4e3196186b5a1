/*
 * core/text.h - what a visitor typed, made comparable
 *
 * The only place where bytes become text. Two forms come out of one pass: the *light* form
 * (N1-N5: width, case, old kanji; regular expressions see it) and the *signs* (N1-N14: kana
 * folded, long marks and hyphens sorted out, breaks taken out and remembered; keywords, examples
 * and the log search see them). Every sign and every light code point knows which bytes of the
 * source it came from, so that whatever matched can be shown in the visitor's own words.
 * daemon/core/README.md has the steps; TEXT_VERSION changes with them.
 */
#ifndef FAQD_CORE_TEXT_H
#define FAQD_CORE_TEXT_H

#include "base/buf.h"
#include "base/span.h"

#include <stdint.h>

enum {
    TEXT_VERSION = 1,         /* stored beside whatever is stored in normalised form */
    TEXT_LOOKED_AT_MAX = 500, /* code points of the source that are looked at */
    TEXT_SIGNS_MAX = 2000,    /* a ceiling on what normalising gives */
    TEXT_LIGHT_MAX = 2000,    /* code points */
};

enum text_class {
    TEXT_KATAKANA,
    TEXT_HIRAGANA,
    TEXT_KANJI,
    TEXT_LETTER,
    TEXT_DIGIT,
    TEXT_SENTINEL
};
enum text_break { TEXT_BREAK_NONE, TEXT_BREAK_SOFT, TEXT_BREAK_HARD };

/* One normalised character. A hard break inside the text leaves a sign of class TEXT_SENTINEL with
 * cp TEXT_HARD, which no keyword can contain. */
struct text_sign {
    uint32_t cp;          /* folded code point */
    uint8_t class;        /* enum text_class, from before kana folding */
    uint8_t break_before; /* enum text_break; the first sign has TEXT_BREAK_HARD */
    uint16_t begin, end;  /* bytes of the source: [begin, end), on character borders */
};

#define TEXT_HARD 0xFFFFFFFFu

struct text_light {
    uint32_t cp;
    uint16_t begin, end; /* bytes of the source */
};

struct text {
    struct span source; /* the first TEXT_LOOKED_AT_MAX code points of what was given; not owned */
    struct text_sign signs[TEXT_SIGNS_MAX];
    size_t nsigns;
    struct text_light light[TEXT_LIGHT_MAX];
    size_t nlight;
    char light_utf8[TEXT_LIGHT_MAX * 4 + 1]; /* the light form for PCRE2; NUL behind it */
    size_t light_utf8_len;
    bool break_at_end; /* a break (soft or hard) follows the last sign */
};

/* Fills `t` from any bytes (invalid UTF-8 becomes U+FFFD). Never fails and allocates nothing but
 * what utf8proc needs for characters outside the table of stable ones. `source` must outlive `t`.
 * Linear. */
void text_make(struct text *t, struct span source);

/* True if nothing is left after normalising (only spaces, signs, emoji). */
bool text_empty(const struct text *t);

/* The signs as UTF-8 (sentinels as a space), e.g. for a search index. */
void text_print(const struct text *t, struct buf *out);

/* Which code point of the source a byte offset is: for `begin`/`end` in code points. */
size_t text_source_cp(const struct text *t, size_t byte);

/* The core of a question, its grouping key (section 7 of the rules): equal for
 * スタートパックとは and すみません、スタートパックって何ですか？. UTF-8 appended to `out`. */
void text_core(const struct text *t, struct buf *out);

#endif

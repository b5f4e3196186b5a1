/*
 * core/mask.h - personal data out of a text before it reaches disk or a log
 *
 * E-mail addresses, phone numbers, 12-digit numbers, insurance numbers, postal codes and whatever
 * else is 8 or more digits and no money or date, in all writings (full width, kanji digits,
 * separators), are replaced by 〔mail〕 〔phone〕 〔card〕 〔12-digits〕 〔insurance〕
 * 〔institution〕 〔postal〕 〔digits〕; identifiers that the content describes (intents/formats)
 * by 〔kind:verdict〕, e.g. 〔customer-id:CAF9〕, prefix and number of digits, never the digits.
 * Masking a masked text changes nothing.
 */
#ifndef FAQD_CORE_MASK_H
#define FAQD_CORE_MASK_H

#include "base/buf.h"
#include "base/span.h"

enum { MASK_FORMATS_MAX = 16, MASK_PREFIXES_MAX = 8, MASK_NEVER_MAX = 64 };

/* An identifier that visitors may type, from intents/formats/<name>.json. */
struct mask_format {
    const char *kind; /* "customer-id": lower case letters, digits and hyphens */
    const char *prefixes[MASK_PREFIXES_MAX]; /* upper case letters: "CAF", "COP" */
    size_t nprefixes;
    unsigned digits_min, digits_max; /* so many [0-9OIl] after the prefix are noticed */
};

struct mask_rules {
    struct mask_format formats[MASK_FORMATS_MAX];
    size_t nformats;
    const char *never[MASK_NEVER_MAX]; /* digits only ("0120116116"): the page's own numbers stay */
    size_t nnever;
};

/* Appends `text` with what is personal replaced. Works on the whole of it, before any cut. Never
 * fails; linear. Output is valid UTF-8 when the input was, and never holds 8 digits in a row that
 * were not exempt. Returns how many were replaced. */
size_t mask_text(const struct mask_rules *rules, struct span text, struct buf *out);

/* The same, and where: what was replaced and the masks that stood there already, in order, as bytes
 * of `text`. Writes at most `cap` of them, *retn is how many there are. */
struct mask_range {
    size_t begin, end;         /* bytes of `text` */
    size_t out_begin, out_end; /* bytes appended to `out`, counted from its length before */
};
size_t mask_text_ranges(const struct mask_rules *rules, struct span text, struct buf *out,
                        struct mask_range *ranges, size_t cap, size_t *retn);

/* An identifier as it was typed, or what its mask says of it. */
struct mask_found {
    size_t format, prefix; /* indices into the rules */
    unsigned digits;       /* how many; O, I and l in their midst count as such */
    size_t begin, end;     /* bytes of the text */
    /* How it was written: letters or digits not half width, small prefix, O/I/l for digits, spaces
     * or signs in between; all false in a mask. */
    bool wide, lower, letters, separators;
};

/* Finds the identifiers that mask_text() would mask, and those masked already, in order: who judges
 * them (right prefix, right number of digits) judges the raw and the logged text alike. Returns how
 * many there are; writes at most `cap`. */
size_t mask_find(const struct mask_rules *rules, struct span text, struct mask_found *out,
                 size_t cap);

#endif

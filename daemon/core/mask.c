/*
 * core/mask.c - personal data out of a text
 *
 * The text becomes an array of folded characters (NFKC one by one, upper case, digits of any
 * script, kanji numerals), each of which knows its bytes in the source. Then come the rules, one
 * pass each, in the order of their rank: first what must stay (masks, the page's own numbers,
 * money, dates, addresses of machines), then what must go. A character that a pass has claimed is
 * no digit for the passes after it. All of them are linear: what they look at from one place
 * is bounded by a constant, and so is how often they are repeated.
 *
 * Doubtful cases are masked: a number too many hidden costs an editor a glance, one too few
 * costs a patient. Left out: names and street addresses, which no rule of this kind can know.
 */
#include "core/mask.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

enum {
    SEPARATORS_MAX = 3,     /* between two digits of one number */
    FILLERS_MAX = 14,       /* characters between 記号・番号 and its digits */
    FOLDED_MAX = 18,        /* what NFKC makes of one character, at most */
    ON_STACK = 1024,        /* characters; longer texts go to the heap */
    MASK_CONTENT_MAX = 48,  /* characters between 〔 and 〕 */
    VERDICT_DIGITS_MAX = 3, /* how many digits the number of digits may have */
    REST_DIGITS = 8,
    MONEY_DIGITS_MAX = 7, /* without commas; from 8 on a price is not told from a number */
    LOCAL_PART_MAX = 64,
    DOMAIN_MAX = 255,
    ROUNDS_MAX = 8, /* more a text is made for, not typed */
    NO_DIGIT = 0xff,
};

enum state { FREE, KEPT, TAKEN }; /* TAKEN: goes, or is a mask already */

struct sign {
    uint32_t cp;
    uint32_t begin, end; /* bytes of the source */
    uint32_t kanji;      /* what it was before it became a digit; 0: no kanji */
    uint8_t digit;       /* 0-9, or NO_DIGIT */
    uint8_t state;       /* enum state */
    bool wide, lower;    /* in the source; kanji digits are wide */
};

struct hit {
    size_t first, last; /* signs [first, last) */
    const char *kind;   /* NULL: a mask that stood there already, left as it is */
    const char *prefix; /* of an identifier; NULL otherwise */
    unsigned digits;
};

struct masker {
    const struct mask_rules *rules;
    struct sign *s;
    size_t n;
    struct hit *hits; /* at most one for every two signs; sorted only at the end */
    size_t nhits;
    struct mask_found *found; /* mask_find() only */
    size_t nfound, found_cap;
};

/* ---- characters ------------------------------------------------------------------------------ */

static uint32_t cp_at(const struct masker *m, size_t i)
{
    return i < m->n ? m->s[i].cp : 0;
}

static bool is_digit(const struct masker *m, size_t i)
{
    return i < m->n && m->s[i].digit != NO_DIGIT && m->s[i].state == FREE;
}

static bool is_letter(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z'; /* upper case after folding */
}

enum separator { SEP_HYPHEN = 1, SEP_SPACE = 2, SEP_OTHER = 4, SEP_ALL = 7 };

static unsigned separator(uint32_t cp)
{
    switch (cp) {
    case '-':
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2043:
    case 0x2212:
    case 0x2500:
    case 0x2501:
    case 0x02D7:
    case 0x058A:
    case 0x30FC: /* ー */
    case 0x30FB: /* ・ */
    case 0x00B7:
    case 0x306E: /* の */
    case 0x30CE: /* ノ */
    case 0x4E00: /* 一, typed for ー; where kanji are digits it is no longer 一 here */
        return SEP_HYPHEN;
    case ' ':
    case '\t':
        return SEP_SPACE;
    case '.':
    case '/':
    case '(':
    case ')':
    case '[':
    case ']':
        return SEP_OTHER;
    default:
        return 0;
    }
}

/* The characters of a literal, upper case, at `i`: its length in signs, 0 if it is not there. */
static size_t word_at(const struct masker *m, size_t i, const char *word)
{
    size_t n = 0;
    for (size_t len = strlen(word), at = 0; at < len; n++) {
        uint32_t cp;
        bool valid;
        at += utf8_decode(word + at, len - at, &cp, &valid);
        if (i + n >= m->n || m->s[i + n].cp != cp || m->s[i + n].state != FREE)
            return 0;
    }
    return n;
}

/* How a list of words may begin: looked at before the words, for speed. The array ends in 0. */
static bool may_begin(const struct masker *m, size_t i, const uint32_t first[])
{
    for (; *first != 0; first++) {
        if (m->s[i].cp == *first)
            return true;
    }
    return false;
}

static size_t words_at(const struct masker *m, size_t i, const char *const words[])
{
    for (; *words != NULL; words++) {
        size_t n = word_at(m, i, *words);
        if (n != 0)
            return n;
    }
    return 0;
}

/* ---- folding --------------------------------------------------------------------------------- */

/* Nothing to see and nothing that parts: zero-width, bidi, variation selectors, keycaps. */
static bool is_invisible(uint32_t cp)
{
    return cp == 0xAD || cp == 0x034F || cp == 0x061C || cp == 0x115F || cp == 0x1160 ||
           (cp >= 0x17B4 && cp <= 0x17B5) || (cp >= 0x180B && cp <= 0x180F) ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2060 && cp <= 0x206F) || cp == 0x20E3 || cp == 0x3164 ||
           (cp >= 0xFE00 && cp <= 0xFE0F) || cp == 0xFEFF || cp == 0xFFA0 ||
           (cp >= 0xE0000 && cp <= 0xE0FFF);
}

/* Digits of other scripts lie in tens, the zero first. */
static uint8_t digit_of(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= '0' && cp <= '9' ? (uint8_t)(cp - '0') : NO_DIGIT;
    if (cp < 0x660 || (cp >= 0x2E80 && cp < 0xA620) ||
        utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_ND)
        return NO_DIGIT;
    uint32_t zero = cp;
    while (cp - zero < 9 && utf8proc_category((utf8proc_int32_t)zero - 1) == UTF8PROC_CATEGORY_ND)
        zero--;
    return (uint8_t)(cp - zero);
}

static void add_sign(struct masker *m, uint32_t cp, size_t begin, size_t end, bool wide)
{
    /* ﾄﾞ and NFD: only what our words hold, so no exceptions such as ヴ. */
    if ((cp == 0x3099 || cp == 0x309A) && m->n > 0 && m->s[m->n - 1].cp >= 0x304B &&
        m->s[m->n - 1].cp <= 0x30DB) {
        m->s[m->n - 1].cp += cp - 0x3098;
        m->s[m->n - 1].end = (uint32_t)end;
        return;
    }
    bool lower = cp >= 'a' && cp <= 'z';
    if (lower)
        cp -= 'a' - 'A';
    m->s[m->n++] = (struct sign){.cp = cp,
                                 .begin = (uint32_t)begin,
                                 .end = (uint32_t)end,
                                 .digit = digit_of(cp),
                                 .wide = wide,
                                 .lower = lower};
}

/* Plain kana and kanji, most of what comes: nothing to fold. */
static bool is_stable(uint32_t cp)
{
    return cp < 0x80 || (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30A1 && cp <= 0x30FE) ||
           (cp >= 0x4E00 && cp <= 0x9FFF);
}

/* Adds what one source character of `bytes` bytes folds to: never more signs than bytes, so that
 * the array need not be larger than the text. */
static void fold(struct masker *m, uint32_t cp, size_t begin, size_t bytes)
{
    utf8proc_int32_t out[FOLDED_MAX];
    size_t end = begin + bytes, kept = 0;

    if (is_invisible(cp)) {
        if (m->n > 0) /* goes where the character before it goes */
            m->s[m->n - 1].end = (uint32_t)end;
        return;
    }
    if (is_stable(cp)) {
        add_sign(m, cp, begin, end, false);
        return;
    }
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, out, FOLDED_MAX,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL);
    if (n < 1 || n > FOLDED_MAX) {
        add_sign(m, cp, begin, end, false);
        return;
    }
    if ((size_t)n > bytes) { /* ⑽ is (10): only what may belong to a number */
        for (utf8proc_ssize_t i = 0; i < n; i++) {
            if (digit_of((uint32_t)out[i]) != NO_DIGIT)
                out[kept++] = out[i];
        }
        n = kept >= 1 && kept <= bytes ? (utf8proc_ssize_t)kept : 0;
        if (n == 0) {
            add_sign(m, cp, begin, end, false);
            return;
        }
    }
    for (utf8proc_ssize_t i = 0; i < n; i++)
        add_sign(m, (uint32_t)out[i], begin, end, true);
}

static uint8_t kanji_digit(uint32_t cp)
{
    switch (cp) {
    case 0x3007:
    case 0x96F6: /* 〇 零 */
        return 0;
    case 0x4E00:
        return 1;
    case 0x4E8C:
        return 2;
    case 0x4E09:
        return 3;
    case 0x56DB:
        return 4;
    case 0x4E94:
        return 5;
    case 0x516D:
        return 6;
    case 0x4E03:
        return 7;
    case 0x516B:
        return 8;
    case 0x4E5D:
        return 9;
    default:
        return NO_DIGIT;
    }
}

/* ○ and ◯ are what an input method gives for まる. */
static bool is_circle(uint32_t cp)
{
    return cp == 0x25CB || cp == 0x25EF;
}

/* Kanji become digits where three stand together, or everywhere if nine stand in the text; circles
 * only in company of other numerals, for ○○ alone is a blank to be filled in. */
static void fold_kanji_digits(struct masker *m)
{
    size_t all = 0;
    for (size_t i = 0; i < m->n; i++)
        all += kanji_digit(m->s[i].cp) != NO_DIGIT;
    if (all == 0)
        return;
    for (size_t i = 0; i < m->n;) {
        size_t end = i, real = 0;
        for (; end < m->n; end++) {
            uint8_t d = kanji_digit(m->s[end].cp);
            if (d == NO_DIGIT && !is_circle(m->s[end].cp))
                break;
            real += d != NO_DIGIT && d != 0;
        }
        bool digits = end > i && (all >= 9 || (real > 0 && end - i >= 3));
        for (; i < end; i++) {
            uint8_t d = kanji_digit(m->s[i].cp);
            if (digits && (d != NO_DIGIT || real > 0)) {
                m->s[i].digit = d != NO_DIGIT ? d : 0;
                m->s[i].kanji = m->s[i].cp;
                m->s[i].cp = (uint32_t)'0' + m->s[i].digit;
                m->s[i].wide = true;
            }
        }
        i = end > i ? end : i + 1;
    }
}

static void fold_all(struct masker *m, struct span text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(text.ptr + i, text.len - i, &cp, &valid);
        fold(m, cp, i, took);
        i += took;
    }
    fold_kanji_digits(m);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Where the next digit is, over at most three separators of the given kinds; m->n if nowhere. */
static size_t next_digit(const struct masker *m, size_t i, unsigned seps)
{
    for (size_t k = 0; k <= SEPARATORS_MAX; k++, i++) {
        if (is_digit(m, i))
            return i;
        if (i >= m->n || m->s[i].state != FREE || (separator(m->s[i].cp) & seps) == 0)
            break;
    }
    return m->n;
}

/* Digits that stand together, from `i` on. */
static size_t group_end(const struct masker *m, size_t i)
{
    while (is_digit(m, i))
        i++;
    return i;
}

static bool starts_group(const struct masker *m, size_t i)
{
    return is_digit(m, i) && (i == 0 || !is_digit(m, i - 1));
}

enum { COLLECT_MAX = 20 };

struct number {
    uint8_t v[COLLECT_MAX];
    size_t n;
    size_t end; /* sign behind the last digit */
};

/* Up to `want` digits from the digit at `i` on, over separators. */
static struct number collect(const struct masker *m, size_t i, unsigned seps, size_t want)
{
    struct number num = {.n = 0, .end = i};
    while (num.n < want && i < m->n) {
        num.v[num.n++] = m->s[i].digit;
        num.end = i + 1;
        i = next_digit(m, i + 1, seps);
    }
    return num;
}

/* Exactly `want`, with no further digit directly behind. */
static bool collect_exactly(const struct masker *m, size_t i, unsigned seps, size_t want,
                            struct number *ret)
{
    *ret = collect(m, i, seps, want);
    return ret->n == want && !is_digit(m, ret->end);
}

/* Is there no digit before the one at `i`, not even over separators? */
static bool starts_run(const struct masker *m, size_t i)
{
    for (size_t k = 0; k <= SEPARATORS_MAX && i > 0; k++) {
        i--;
        if (is_digit(m, i))
            return false;
        if (m->s[i].state != FREE || separator(m->s[i].cp) == 0)
            break;
    }
    return true;
}

/* Exactly `want`, with no further digit before or behind, not even over separators. */
static bool collect_all(const struct masker *m, size_t i, size_t want, struct number *ret)
{
    return starts_run(m, i) && collect_exactly(m, i, SEP_ALL, want, ret) &&
           next_digit(m, ret->end, SEP_ALL) == m->n;
}

/* Exactly groups of these lengths (0 at the end). */
static bool collect_groups(const struct masker *m, size_t i, const uint8_t *lengths,
                           struct number *ret)
{
    *ret = (struct number){.n = 0};
    for (; *lengths != 0; lengths++) {
        if (ret->n != 0)
            i = next_digit(m, ret->end, SEP_ALL);
        size_t end = group_end(m, i);
        if (i >= m->n || end - i != *lengths)
            return false;
        for (; i < end; i++)
            ret->v[ret->n++] = m->s[i].digit;
        ret->end = end;
    }
    return true;
}

static void keep(struct masker *m, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++)
        m->s[i].state = KEPT;
}

static void take(struct masker *m, size_t first, size_t last, const char *kind)
{
    for (size_t i = first; i < last; i++)
        m->s[i].state = TAKEN;
    m->hits[m->nhits++] = (struct hit){.first = first, .last = last, .kind = kind};
}

/* ---- what stays ------------------------------------------------------------------------------ */

static void note_found(struct masker *m, const struct mask_found *f)
{
    if (m->found == NULL)
        return;
    if (m->nfound < m->found_cap)
        m->found[m->nfound] = *f;
    m->nfound++;
}

/* Is this `PREFIX9` of a format, as its mask says it? */
static bool parse_verdict(const struct mask_format *f, const char *s, size_t *retprefix,
                          unsigned *retdigits)
{
    for (size_t p = 0; p < f->nprefixes; p++) {
        size_t len = strlen(f->prefixes[p]), n = 0;
        unsigned digits = 0;
        if (strncmp(s, f->prefixes[p], len) != 0)
            continue;
        for (; s[len + n] >= '0' && s[len + n] <= '9'; n++)
            digits = digits * 10 + (unsigned)(s[len + n] - '0');
        if (s[len + n] == '\0' && n >= 1 && n <= VERDICT_DIGITS_MAX) {
            *retprefix = p;
            *retdigits = digits;
            return true;
        }
    }
    return false;
}

/* Is `content` what stands in one of our masks? Only that, or brackets would be a way to keep a
 * number. */
static bool is_mask(struct masker *m, const char *content, struct mask_found *ret, bool *retid)
{
    static const char *const kinds[] = {"mail",      "phone",       "card",   "12-digits",
                                        "insurance", "institution", "postal", "digits"};
    *retid = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(content, kinds[i]) == 0)
            return true;
    }
    const char *colon = strchr(content, ':');
    for (size_t f = 0; colon != NULL && f < m->rules->nformats; f++) {
        const struct mask_format *format = &m->rules->formats[f];
        if (span_is(span_of(content, (size_t)(colon - content)), format->kind) &&
            parse_verdict(format, colon + 1, &ret->prefix, &ret->digits)) {
            ret->format = f;
            *retid = true;
            return true;
        }
    }
    return false;
}

/* 〔kind〕 and 〔kind:PREFIX9〕: masked before. */
static void keep_masks(struct masker *m, struct span source)
{
    for (size_t i = 0; i < m->n; i++) {
        char content[MASK_CONTENT_MAX + 1];
        struct mask_found found = {.begin = m->s[i].begin};
        size_t len = 0, k = i + 1;
        bool id;
        if (m->s[i].cp != 0x3014)
            continue;
        for (; k < m->n && len < MASK_CONTENT_MAX && m->s[k].end - m->s[k].begin == 1; k++)
            content[len++] = source.ptr[m->s[k].begin];
        content[len] = '\0';
        if (cp_at(m, k) != 0x3015 || !is_mask(m, content, &found, &id))
            continue;
        take(m, i, k + 1, NULL);
        if (id) {
            found.end = m->s[k].end;
            note_found(m, &found);
        }
        i = k;
    }
}

static bool equals(const struct number *num, const char *digits)
{
    for (size_t i = 0; i < num->n; i++) {
        if (digits[i] != (char)('0' + num->v[i]))
            return false;
    }
    return digits[num->n] == '\0';
}

/* The page's own numbers, however they are written. */
static void keep_never(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!starts_group(m, i))
            continue;
        for (size_t k = 0; k < m->rules->nnever; k++) {
            const char *never = m->rules->never[k];
            struct number num;
            size_t len = strlen(never);
            if (len == 0 || len > COLLECT_MAX)
                continue;
            if (collect_exactly(m, i, SEP_ALL, len, &num) && equals(&num, never)) {
                keep(m, i, num.end);
                break;
            }
            /* +81 120 116 116 */
            if (never[0] == '0' && i > 0 && m->s[i - 1].cp == '+' && m->s[i].digit == 8 &&
                is_digit(m, i + 1) && m->s[i + 1].digit == 1) {
                size_t at = next_digit(m, i + 2, SEP_ALL);
                if (at < m->n && collect_exactly(m, at, SEP_ALL, len - 1, &num) &&
                    equals(&num, never + 1)) {
                    keep(m, i, num.end);
                    break;
                }
            }
        }
    }
}

static bool is_money_unit(uint32_t cp)
{
    return cp == 0x5186 || cp == 0x4E07 || cp == 0x5104 || cp == 0x5343 || cp == '%'; /* 円万億千 */
}

/* 157,300 with or without 円, and 2200円. */
static void keep_money(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!starts_group(m, i) || (i > 0 && m->s[i - 1].cp == ','))
            continue;
        size_t first = group_end(m, i), end = first;
        while (cp_at(m, end) == ',' && group_end(m, end + 1) == end + 4)
            end += 4;
        bool commas = end > first && first - i <= 3 && m->s[i].digit != 0;
        if (commas && !(cp_at(m, end) == ',' && is_digit(m, end + 1)))
            keep(m, i, end);
        else if (first - i <= MONEY_DIGITS_MAX && is_money_unit(cp_at(m, first)))
            keep(m, i, first);
    }
}

static unsigned value(const struct masker *m, size_t first, size_t last)
{
    unsigned v = 0;
    for (; first < last; first++)
        v = v * 10 + m->s[first].digit;
    return v;
}

static bool is_year(const struct masker *m, size_t first, size_t last)
{
    return last - first == 4 && value(m, first, last) >= 1900 && value(m, first, last) < 2100;
}

static bool is_within(const struct masker *m, size_t first, size_t last, unsigned least,
                      unsigned most)
{
    return last - first >= 1 && last - first <= 2 && value(m, first, last) >= least &&
           value(m, first, last) <= most;
}

/* Is the sign at `i` one that may part the pieces of a date? */
static bool is_date_mark(const struct masker *m, size_t i)
{
    uint32_t cp = cp_at(m, i);
    return i < m->n && m->s[i].state == FREE &&
           (cp == '/' || cp == '.' || (separator(cp) == SEP_HYPHEN && cp != 0x306E));
}

/* Where a date that begins at `i` ends: 2023-02-15, 2023/2, 2012-2013, 5/29. `i` if there is none.
 */
static size_t date_end(const struct masker *m, size_t i)
{
    size_t a = group_end(m, i);
    if (!is_date_mark(m, a))
        return i;
    size_t b = group_end(m, a + 1);
    bool more = is_date_mark(m, b) && is_digit(m, b + 1);
    if (is_year(m, i, a)) {
        if (more && is_within(m, a + 1, b, 1, 12)) {
            size_t c = group_end(m, b + 1);
            if (is_within(m, b + 1, c, 1, 31) && !(is_date_mark(m, c) && is_digit(m, c + 1)))
                return c;
        }
        if (!more && (is_within(m, a + 1, b, 1, 12) || is_year(m, a + 1, b)))
            return b;
    } else if (!more && cp_at(m, a) == '/' && is_within(m, i, a, 1, 12) &&
               is_within(m, a + 1, b, 1, 31)) {
        return b;
    }
    return i;
}

static void keep_dates(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!starts_group(m, i) || (i >= 2 && is_date_mark(m, i - 1) && is_digit(m, i - 2)))
            continue;
        keep(m, i, date_end(m, i));
    }
}

/* 192.168.1.1 and 10.0.19045.3693: three or more groups with one dot each, the first of them
 * short and not 0, where telephone numbers begin. */
static void keep_dotted(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!starts_group(m, i) || m->s[i].digit == 0 || (i > 0 && m->s[i - 1].cp == '.'))
            continue;
        size_t groups = 1, end = group_end(m, i), first = end - i, longest = first;
        while (cp_at(m, end) == '.' && is_digit(m, end + 1)) {
            size_t next = group_end(m, end + 1);
            if (next - end - 1 > longest)
                longest = next - end - 1;
            end = next;
            groups++;
        }
        bool address = groups == 4 && longest <= 3;
        bool version = groups >= 3 && groups <= 4 && first <= 2 && longest <= 5;
        if (address || version)
            keep(m, i, end);
        i = end;
    }
}

/* ---- what goes ------------------------------------------------------------------------------- */

static bool is_mail_sign(uint32_t cp)
{
    return is_letter(cp) || (cp >= '0' && cp <= '9') || cp == '-' || cp == '_';
}

static bool is_local_sign(uint32_t cp)
{
    return is_mail_sign(cp) || cp == '.' || cp == '+' || cp == '%' || cp == '\'';
}

static const char *const at_words[] = {"@", "(AT)", "[AT]", "アットマーク", "アット", NULL};
static const char *const dot_words[] = {"ドット", "(DOT)", "[DOT]", NULL};

static size_t skip_space(const struct masker *m, size_t i)
{
    return cp_at(m, i) == ' ' ? i + 1 : i;
}

/* Backwards from `at` to where the local part begins; `at` itself if there is none. */
static size_t local_begin(const struct masker *m, size_t at)
{
    size_t i = at, begin = at;
    if (i > 1 && m->s[i - 1].cp == ' ')
        i--;
    while (i > 0 && at - i < LOCAL_PART_MAX && m->s[i - 1].state == FREE) {
        if (is_local_sign(m->s[i - 1].cp)) {
            begin = --i;
            continue;
        }
        /* taro ドット yamada */
        size_t j = m->s[i - 1].cp == ' ' ? i - 1 : i;
        if (begin < at && j >= 4 && word_at(m, j - 3, "ドット") == 3) {
            size_t k = m->s[j - 4].cp == ' ' && j >= 5 ? j - 4 : j - 3;
            if (is_local_sign(m->s[k - 1].cp)) {
                i = k;
                continue;
            }
        }
        break;
    }
    return begin;
}

/* Forward from `i` to the end of a domain; `i` if there is none. */
static size_t domain_end(const struct masker *m, size_t i)
{
    size_t from = i, end = i, dots = 0, letters = 0;

    while (i < m->n && i - from < DOMAIN_MAX) {
        size_t label = i;
        while (i < m->n && m->s[i].state == FREE && is_mail_sign(m->s[i].cp)) {
            letters += is_letter(m->s[i].cp);
            i++;
        }
        if (i == label)
            break;
        end = i;
        size_t word = skip_space(m, i), n = words_at(m, word, dot_words);
        if (n != 0) {
            i = skip_space(m, word + n);
        } else if (cp_at(m, i) == '.') {
            i++;
        } else {
            break;
        }
        dots++;
    }
    /* taro@docomo is one too; 10@500 is a price. */
    return letters >= 2 && (dots > 0 || end - from >= 3) ? end : from;
}

static void take_mail(struct masker *m)
{
    static const uint32_t first[] = {'@', '(', '[', 0x30A2 /* ア */, 0};
    for (size_t i = 0; i < m->n; i++) {
        size_t n = may_begin(m, i, first) ? words_at(m, i, at_words) : 0;
        if (n == 0)
            continue;
        size_t begin = local_begin(m, i), from = skip_space(m, i + n), end = domain_end(m, from);
        if (begin < i && end > from) {
            take(m, begin, end, "mail");
            i = end - 1;
        }
    }
}

/* A digit of an identifier, or what is typed for one. */
static bool is_id_digit(const struct masker *m, size_t i)
{
    uint32_t cp = cp_at(m, i);
    return is_digit(m, i) ||
           (i < m->n && m->s[i].state == FREE && (cp == 'O' || cp == 'I' || cp == 'L'));
}

/* Digits that are counted or measured do not go on an identifier: 3台, 10月. */
static bool is_counter(uint32_t cp)
{
    static const char counters[] = "年月日時分秒円台本件名人回階番桁個%";
    for (size_t at = 0; at < sizeof(counters) - 1;) {
        uint32_t c;
        bool valid;
        at += utf8_decode(counters + at, sizeof(counters) - 1 - at, &c, &valid);
        if (c == cp)
            return true;
    }
    return false;
}

/* One group of an identifier's digits; letters at its end belong to a word if that goes on. */
static size_t id_group_end(const struct masker *m, size_t i, bool *retdigit)
{
    size_t end = i;
    *retdigit = false;
    while (is_id_digit(m, end)) {
        *retdigit = *retdigit || is_digit(m, end);
        end++;
    }
    if (is_letter(cp_at(m, end))) {
        while (end > i && !is_digit(m, end - 1))
            end--;
    }
    return end;
}

/* How many signs a prefix takes at `i`, separators within it included; 0: it is not there. */
static size_t prefix_len(const struct masker *m, size_t i, const char *prefix)
{
    size_t at = i;
    for (const char *p = prefix; *p != '\0'; p++) {
        for (size_t k = 0; p != prefix && k < SEPARATORS_MAX && at < m->n &&
                           (separator(m->s[at].cp) & (SEP_HYPHEN | SEP_SPACE | SEP_OTHER)) != 0;
             k++)
            at++;
        if (at >= m->n || m->s[at].state != FREE || m->s[at].cp != (uint32_t)*p)
            return 0;
        at++;
    }
    return at - i;
}

/* Where an identifier ends whose prefix ends at `i`: groups of digits over separators, the first
 * one whole, further ones while they fit. 0: too few digits. */
static size_t id_end(const struct masker *m, size_t i, const struct mask_format *f,
                     unsigned *retdigits)
{
    size_t end = 0, count = 0;

    for (;;) {
        size_t at = i, skipped = 0;
        bool digit;
        while (skipped < SEPARATORS_MAX && at < m->n && m->s[at].state == FREE &&
               !is_id_digit(m, at) && (separator(m->s[at].cp) != 0 || cp_at(m, at) == ':') &&
               cp_at(m, at) != 0x306E) {
            at++;
            skipped++;
        }
        size_t group = id_group_end(m, at, &digit), len = group - at;
        if (!digit || (count > 0 && (count + len > f->digits_max || is_counter(cp_at(m, group)))))
            break;
        count += len;
        end = group;
        i = group;
    }
    *retdigits = (unsigned)count;
    return count >= f->digits_min ? end : 0;
}

static size_t take_id(struct masker *m, size_t i, size_t format, size_t prefix)
{
    const struct mask_format *f = &m->rules->formats[format];
    size_t letters = prefix_len(m, i, f->prefixes[prefix]);
    unsigned digits;

    if (letters == 0)
        return i;
    size_t end = id_end(m, i + letters, f, &digits);
    if (end == 0)
        return i;
    struct mask_found found = {.format = format,
                               .prefix = prefix,
                               .digits = digits,
                               .begin = m->s[i].begin,
                               .end = m->s[end - 1].end};
    for (size_t k = i; k < end; k++) {
        bool parts = !is_letter(m->s[k].cp) && m->s[k].digit == NO_DIGIT;
        found.separators = found.separators || parts;
        found.wide = found.wide || (m->s[k].wide && !parts);
        found.lower = found.lower || (k < i + letters && m->s[k].lower);
        found.letters = found.letters || (k >= i + letters && is_letter(m->s[k].cp));
    }
    take(m, i, end, f->kind);
    m->hits[m->nhits - 1].prefix = f->prefixes[prefix];
    m->hits[m->nhits - 1].digits = digits;
    note_found(m, &found);
    return end;
}

/* The identifiers of intents/formats. */
static void take_ids(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!is_letter(m->s[i].cp) || m->s[i].state != FREE || (i > 0 && is_letter(m->s[i - 1].cp)))
            continue;
        size_t end = i;
        for (size_t f = 0; end == i && f < m->rules->nformats; f++) {
            for (size_t p = 0; end == i && p < m->rules->formats[f].nprefixes; p++)
                end = take_id(m, i, f, p);
        }
        if (end > i)
            i = end - 1;
    }
}

/* A number in brackets takes its opening one along: (0466)12-3456. */
static size_t with_bracket(const struct masker *m, size_t first, size_t last)
{
    if (first == 0 || m->s[first - 1].cp != '(' || m->s[first - 1].state != FREE)
        return first;
    for (size_t i = first; i < last; i++) {
        if (m->s[i].cp == ')')
            return first - 1;
        if (m->s[i].cp == '(')
            break;
    }
    return first;
}

/* +81 90…, +1 650…; `i` is the first digit behind the plus sign. */
static bool abroad(const struct masker *m, size_t i, struct number *ret)
{
    *ret = collect(m, i, SEP_ALL, 15);
    if (ret->n < 2)
        return false;
    if (ret->v[0] == 8 && ret->v[1] == 1) {
        for (size_t want = 13; want >= 11; want--) { /* with (0) and 10, 10, 9 digits behind it */
            if (collect_exactly(m, i, SEP_ALL, want, ret))
                return true;
        }
        return false;
    }
    return ret->n >= 10;
}

static bool domestic(const struct masker *m, size_t i, struct number *ret)
{
    struct number head = collect(m, i, SEP_ALL, 5);
    if (head.n < 5 || head.v[0] != 0)
        return false;
    if (cp_at(m, i + 1) == '.' && m->s[i].digit == 0) /* 0.5 */
        return false;
    if ((head.v[1] == 0 && head.v[2] == 8 && head.v[3] == 1) ||
        (head.v[1] == 1 && head.v[2] == 0 && head.v[3] == 8 && head.v[4] == 1)) { /* 0081, 01081 */
        for (size_t want = 15; want >= 13; want--) {
            if (collect_exactly(m, i, SEP_ALL, want, ret))
                return true;
        }
    }
    if (head.v[1] == 0)
        return false;
    bool mobile = head.v[1] >= 5 && head.v[2] == 0; /* 050 to 090, 0800 */
    return (mobile && collect_exactly(m, i, SEP_ALL, 11, ret)) ||
           collect_exactly(m, i, SEP_ALL, 10, ret);
}

static void take_phones(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct number num;
        if (m->s[i].cp == '+' && m->s[i].state == FREE) {
            size_t at = next_digit(m, i + 1, SEP_ALL);
            if (at < m->n && abroad(m, at, &num)) {
                take(m, i, num.end, "phone");
                i = num.end - 1;
            }
        } else if (starts_group(m, i) && domestic(m, i, &num)) {
            take(m, with_bracket(m, i, num.end), num.end, "phone");
            i = num.end - 1;
        }
    }
}

static void take_cards(struct masker *m)
{
    static const uint8_t shapes[][5] = {{4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}};
    for (size_t i = 0; i < m->n; i++) {
        struct number num = {.n = 0};
        if (!starts_group(m, i) || m->s[i].digit < 3 || m->s[i].digit > 6)
            continue;
        size_t direct = group_end(m, i) - i;
        bool card = direct >= 14 && direct <= 16 && collect_exactly(m, i, 0, direct, &num);
        for (size_t k = 0; !card && k < sizeof(shapes) / sizeof(shapes[0]); k++)
            card = collect_groups(m, i, shapes[k], &num);
        for (size_t want = 14; !card && want <= 16; want++)
            card = collect_all(m, i, want, &num);
        if (card) {
            take(m, i, num.end, "card");
            i = num.end - 1;
        }
    }
}

/* My Number or anything else of that length, right or wrong in its check digit. */
static void take_12_digits(struct masker *m)
{
    static const uint8_t shape[] = {4, 4, 4, 0};
    for (size_t i = 0; i < m->n; i++) {
        struct number num;
        if (!starts_group(m, i))
            continue;
        if (collect_exactly(m, i, 0, 12, &num) || collect_groups(m, i, shape, &num) ||
            collect_all(m, i, 12, &num)) {
            take(m, i, num.end, "12-digits");
            i = num.end - 1;
        }
    }
}

/* What may stand between the word for a number and the number. */
static size_t skip_fillers(const struct masker *m, size_t i)
{
    static const char *const words[] = {
        "記号番号", "記号", "番号", "枝番号", "枝番",   "です", "及び", "および", "が", "は", "を",
        "の",       "も",   "と",   "NO",     "NUMBER", "IS",   ":",    "=",      "#",  ".",  ",",
        "、",       "・",   "-",    "/",      " ",      "\t",   "(",    ")",      "「", "」", "『",
        "』",       "【",   "】",   "\"",     "'",      "→",    "ー",   NULL};
    size_t from = i, n;
    while (i - from < FILLERS_MAX && (n = words_at(m, i, words)) != 0)
        i += n;
    return i;
}

/* Numbers that follow a word, at least `least` digits each, at most `most` numbers. */
static void take_after(struct masker *m, size_t i, size_t least, size_t longest, size_t most,
                       const char *kind)
{
    for (; most > 0; most--) {
        i = skip_fillers(m, i);
        if (!is_digit(m, i))
            return;
        struct number num = collect(m, i, SEP_ALL, COLLECT_MAX);
        while (is_digit(m, num.end)) /* longer than any of them: all the same */
            num.end++;
        /* 枝番は2桁, 3種類: a question about numbers. */
        bool counted = is_counter(cp_at(m, num.end)) && word_at(m, num.end, "番号") == 0;
        if (num.n < least || num.n > longest || counted)
            return;
        take(m, i, num.end, kind);
        i = num.end;
    }
}

static void take_insurance(struct masker *m)
{
    static const struct {
        const char *word;
        size_t least;
    } words[] = {
        {"保険者番号", 4},       {"保険者の番号", 4},
        {"保険者証番号", 3},     {"保険者証の番号", 3},
        {"保険者証の記号", 2},   {"保険者証記号", 2},
        {"保険者記号", 2},       {"保険者の記号", 2},
        {"保険証番号", 3},       {"保険証の番号", 3},
        {"保険証記号", 2},       {"保険証の記号", 2},
        {"記号番号", 2},         {"記号・番号", 2},
        {"記号と番号", 2},       {"記号", 3},
        {"枝番号", 1},           {"枝番", 1},
        {"資格確認書番号", 4},   {"資格確認書の番号", 4},
        {"資格確認書の記号", 2}, {"公費負担者番号", 4},
        {"公費番号", 4},         {"公費の番号", 4},
        {"受給者番号", 4},       {"受給者証番号", 4},
        {"受給者証の番号", 4},   {"負担者番号", 4},
        {"INSURANCE NUMBER", 4}, {"INSURANCE NO", 4},
        {"INSURED NUMBER", 4},   {"INSURER NUMBER", 4},
        {"INSURANCE ID", 4},     {"INSURANCE CARD NUMBER", 4},
    };
    static const uint32_t first[] = {0x4FDD /* 保 */,
                                     0x8A18 /* 記 */,
                                     0x679D /* 枝 */,
                                     0x8CC7 /* 資 */,
                                     0x516C /* 公 */,
                                     0x53D7 /* 受 */,
                                     0x8CA0 /* 負 */,
                                     'I',
                                     0};
    for (size_t i = 0; i < m->n; i++) {
        if (!may_begin(m, i, first))
            continue;
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            size_t n = word_at(m, i, words[k].word);
            if (n != 0) {
                take_after(m, i + n, words[k].least, COLLECT_MAX, 4, "insurance");
                break;
            }
        }
    }
}

static void take_institutions(struct masker *m)
{
    static const char *const words[] = {"医療機関コード", "医療機関等コード", "医療機関番号",
                                        "薬局コード",     "薬局番号",         NULL};
    static const uint32_t first[] = {0x533B /* 医 */, 0x85AC /* 薬 */, 0};
    for (size_t i = 0; i < m->n; i++) {
        size_t n = may_begin(m, i, first) ? words_at(m, i, words) : 0;
        if (n != 0)
            take_after(m, i + n, 7, 10, 1, "institution");
    }
}

static void take_postal(struct masker *m)
{
    static const char *const words[] = {"〒", "郵便番号", "POSTAL CODE", "ZIP CODE", NULL};
    static const uint32_t first[] = {0x3012 /* 〒 */, 0x90F5 /* 郵 */, 'P', 'Z', 0};
    for (size_t i = 0; i < m->n; i++) {
        size_t n = may_begin(m, i, first) ? words_at(m, i, words) : 0;
        if (n == 0)
            continue;
        size_t at = skip_fillers(m, i + n);
        struct number num;
        if (is_digit(m, at) && collect_exactly(m, at, SEP_ALL, 7, &num))
            take(m, at, num.end, "postal");
    }
}

/* Where digits in groups of at least `least` end, over the given separators; *retn: how many. */
static size_t rest_end(const struct masker *m, size_t i, unsigned seps, size_t least, size_t *retn)
{
    size_t end = i;
    *retn = 0;
    while (i < m->n) {
        size_t group = group_end(m, i);
        if (group - i < least)
            break;
        *retn += group - i;
        end = group;
        i = next_digit(m, group, seps);
    }
    return end;
}

/* Whatever else has 8 digits or more. Over blanks, dots and slashes only in groups of three and
 * more: 1 2 3 4 5 6 7 8 is a list. */
static void take_rest(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        size_t n, end;
        if (!starts_group(m, i))
            continue;
        if (((end = rest_end(m, i, SEP_ALL, 3, &n)) > i && n >= REST_DIGITS) ||
            ((end = rest_end(m, i, SEP_HYPHEN, 1, &n)) > i && n >= REST_DIGITS) ||
            ((end = rest_end(m, i, 0, 1, &n)) > i && n >= REST_DIGITS)) {
            take(m, i, end, "digits");
            i = end - 1;
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static bool holds_digits(const struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->s[i].digit != NO_DIGIT)
            return true;
    }
    return false;
}

/* Room for the signs and hits of a text, on the heap if it is long. */
struct room {
    struct sign signs[ON_STACK];
    struct hit hits[ON_STACK];
    struct sign *more_signs;
    struct hit *more_hits;
};

static void masker_begin(struct masker *m, struct room *room, const struct mask_rules *rules,
                         struct span text)
{
    room->more_signs = NULL;
    room->more_hits = NULL;
    if (text.len > ON_STACK) {
        room->more_signs = mem_alloc(text.len * sizeof(struct sign));
        room->more_hits = mem_alloc(text.len * sizeof(struct hit));
    }
    *m = (struct masker){.rules = rules,
                         .s = room->more_signs != NULL ? room->more_signs : room->signs,
                         .hits = room->more_hits != NULL ? room->more_hits : room->hits};
    fold_all(m, text);
}

static void masker_end(struct room *room)
{
    free(room->more_signs);
    free(room->more_hits);
}

static void print_mask(const struct hit *h, struct buf *out)
{
    buf_adds(out, "〔");
    buf_adds(out, h->kind);
    if (h->prefix != NULL) {
        buf_addc(out, ':');
        buf_adds(out, h->prefix);
        buf_addu(out, h->digits);
    }
    buf_adds(out, "〕");
}

/* As if the masked text had been read: where something was taken stands a mask, and nothing of it
 * is a digit or a word any more. */
static void read_again(struct masker *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct sign *s = &m->s[i];
        if (s->state == TAKEN) {
            s->cp = 0x3015; /* 〕 */
            s->digit = NO_DIGIT;
            continue;
        }
        s->state = FREE;
        if (s->kanji != 0) {
            s->cp = s->kanji;
            s->kanji = 0;
            s->digit = NO_DIGIT;
        }
    }
    fold_kanji_digits(m);
}

/* Until nothing is found: what was taken no longer stands beside what is left, and so the masked
 * text would be masked a little more the next time. Without personal data once is enough. */
static void pass_all(struct masker *m)
{
    bool digits = holds_digits(m);
    for (size_t round = 0; round < ROUNDS_MAX; round++) {
        size_t before = m->nhits;
        if (round > 0)
            read_again(m);
        if (digits)
            keep_never(m);
        take_mail(m);
        if (digits) { /* most questions hold none */
            take_ids(m);
            keep_money(m);
            keep_dates(m);
            keep_dotted(m);
            take_phones(m);
            take_cards(m);
            take_12_digits(m);
            take_insurance(m);
            take_institutions(m);
            take_postal(m);
            take_rest(m);
        }
        if (m->nhits == before)
            break;
    }
}

size_t mask_text_ranges(const struct mask_rules *rules, struct span text, struct buf *out,
                        struct mask_range *ranges, size_t cap, size_t *retn)
{
    struct room room;
    struct masker m;
    size_t before = out->len, from = 0, replaced = 0;

    masker_begin(&m, &room, rules, text);
    keep_masks(&m, text);
    pass_all(&m);
    qsort(m.hits, m.nhits, sizeof(m.hits[0]), by_place);
    for (size_t i = 0; i < m.nhits; i++) {
        const struct hit *h = &m.hits[i];
        struct mask_range range = {.begin = m.s[h->first].begin, .end = m.s[h->last - 1].end};
        if (range.begin > from)
            buf_add(out, text.ptr + from, range.begin - from);
        range.out_begin = out->len - before;
        if (h->kind != NULL) {
            print_mask(h, out);
            replaced++;
        } else {
            buf_add(out, text.ptr + range.begin, range.end - range.begin);
        }
        range.out_end = out->len - before;
        from = range.end > from ? range.end : from;
        if (i < cap)
            ranges[i] = range;
    }
    if (text.len > from) /* an empty text may lie nowhere */
        buf_add(out, text.ptr + from, text.len - from);
    *retn = m.nhits;
    masker_end(&room);
    return replaced;
}

size_t mask_text(const struct mask_rules *rules, struct span text, struct buf *out)
{
    size_t n;
    return mask_text_ranges(rules, text, out, NULL, 0, &n);
}

static int by_begin(const void *a, const void *b)
{
    const struct mask_found *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

size_t mask_find(const struct mask_rules *rules, struct span text, struct mask_found *out,
                 size_t cap)
{
    struct room room;
    struct masker m;
    struct mask_found none = {0};

    masker_begin(&m, &room, rules, text);
    m.found = cap > 0 ? out : &none;
    m.found_cap = cap;
    keep_masks(&m, text);
    pass_all(&m);
    masker_end(&room);
    if (cap > 0)
        qsort(out, m.nfound < cap ? m.nfound : cap, sizeof(*out), by_begin);
    return m.nfound;
}

/*
 * core/patterns.c - patterns: read, folded, taken apart, run
 *
 * Added. PCRE2 compiles the pattern as it was written, for its messages and offsets. Then it is
 * folded: what it says literally goes through text_make() as the text will, run by run of literal
 * characters, so that ﾊﾟ is パ, 157,300 is 157300 and （ is \(. A character that becomes several
 * stays one for the quantifier behind it. In classes each character is folded by itself; kanji at
 * the ends of a range stay, because folding would move the range. Escapes, names and all else are
 * copied. The folded pattern is what runs, and what is taken apart.
 *
 * Taken apart. A small reader finds groups of alternative literals of which every match must
 * contain one: お客さま(ID|番号).{0,6}どこ needs {お客さま} and {id, 番号} and {どこ}. What it does
 * not look into (classes, look-arounds, conditions, back references, what may occur no time) says
 * nothing; an alternative without a literal takes the groups of its neighbours with it. What would
 * need more than that is refused when added: (?x), comments (in a(?#)* the star belongs to the a),
 * \Q, verbs (after *ACCEPT nothing need follow). The literals are compared as code points, for in
 * folded text no two characters differ only in case.
 *
 * Run. The automaton marks the literals of a text; a pattern becomes a candidate through its
 * rarest group and is run if a literal of each group was marked. pcre2_match() counts its steps
 * anew for each start, and a step may walk over the whole text: the match limit is no limit of
 * time. So we look at the clock every STEPS_MAX steps: after some starts at once that share them,
 * or, where that is too few, after each start. Its memory comes out of the scratch: two blocks,
 * because it copies from one to the next when it grows.
 *
 * No JIT: it would need memory that is writable and executable.
 */
#include "core/patterns.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/automaton.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    NESTING_MAX = 50,      /* parentheses within parentheses */
    LITERAL_CPS_MAX = 24,  /* of a longer one the beginning says enough */
    ALTERNATIVES_MAX = 64, /* of a group; one with more would hardly ever be missing */
    GROUPS_MAX = 8,        /* of a pattern; the rarest are kept */
    STEPS_MAX = 10000,     /* of pcre2_match(), for each start */
    DEPTH_MAX = 5000,
    HEAP_KIB_MAX = 512,
    STARTS = 32, /* tried at once, with fewer steps for each, before it is done one by one */
};

#define COMPILE_OPTIONS \
    (PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT)

/* ---- syntax ---------------------------------------------------------------------------------- */

static bool is_ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static char char_at(const char *p, const char *end, size_t i)
{
    if (i < (size_t)(end - p))
        return p[i];
    return '\0';
}

/* Bytes up to and with the next `c` from p on; all that is left if there is none. */
static size_t up_to(const char *p, const char *end, char c)
{
    const char *found = memchr(p, c, (size_t)(end - p));
    return (size_t)((found != NULL ? found + 1 : end) - p);
}

static size_t char_len(const char *p, const char *end)
{
    uint32_t cp;
    bool valid;
    return utf8_decode(p, (size_t)(end - p), &cp, &valid);
}

/* Length of the quantifier at p with what makes it lazy or possessive; 0: there is none. */
static size_t quantifier(const char *p, const char *end, bool *retnone)
{
    const char *q = p;

    if (p == end)
        return 0;
    if (is_one_of(*p, "*+?")) {
        *retnone = *p != '+';
        q++;
    } else if (*p == '{') {
        bool none = true;
        q++;
        if (q == end || !is_ascii_digit(*q))
            return 0;
        for (; q < end && is_ascii_digit(*q); q++)
            none = none && *q == '0';
        if (q < end && *q == ',')
            for (q++; q < end && is_ascii_digit(*q);)
                q++;
        if (q == end || *q != '}')
            return 0;
        *retnone = none;
        q++;
    } else {
        return 0;
    }
    if (q < end && is_one_of(*q, "+?"))
        q++;
    return (size_t)(q - p);
}

static size_t bracketed(const char *p, const char *end)
{
    if (p < end && *p == '{')
        return up_to(p, end, '}');
    if (p < end && *p == '<')
        return up_to(p, end, '>');
    if (p < end && *p == '\'')
        return 1 + up_to(p + 1, end, '\'');
    return 0;
}

static size_t run_of(const char *p, const char *end, const char *set, size_t max)
{
    size_t n = 0;
    while (n < max && p + n < end && is_one_of(p[n], set))
        n++;
    return n;
}

/* Length of the escape at p, arguments and all. *retliteral: it stands for the character behind
 * the backslash. */
static size_t escape(const char *p, const char *end, bool *retliteral)
{
    const char *q = p + 2; /* PCRE2 refused a backslash at the end */
    bool none;

    if (end - p < 2) {
        *retliteral = false;
        return (size_t)(end - p);
    }
    *retliteral = !is_ascii_letter(p[1]) && !is_ascii_digit(p[1]);
    if (*retliteral)
        return 1 + char_len(p + 1, end);
    switch (p[1]) {
    case 'x':
        if (q < end && *q == '{')
            return 2 + bracketed(q, end);
        return 2 + run_of(q, end, "0123456789abcdefABCDEF", 2);
    case 'o':
        return 2 + bracketed(q, end);
    case 'N':
        return 2 + (quantifier(q, end, &none) > 0 || q == end || *q != '{' ? 0 : bracketed(q, end));
    case 'p':
    case 'P':
        if (q < end && *q == '{')
            return 2 + bracketed(q, end);
        return 2 + (q < end ? char_len(q, end) : 0);
    case 'g':
    case 'k':
        if (bracketed(q, end) > 0)
            return 2 + bracketed(q, end);
        if (q < end && is_one_of(*q, "+-"))
            q++;
        return (size_t)(q - p) + run_of(q, end, "0123456789", SIZE_MAX);
    case 'c':
        return 2 + (q < end ? char_len(q, end) : 0);
    default:
        /* \12 may be a back reference or a code: the digits are no literals either way. */
        return 2 + (is_ascii_digit(p[1]) ? run_of(q, end, "0123456789", SIZE_MAX) : 0);
    }
}

/* Length of [:name:] at p within a class; 0: the bracket stands for itself. As PCRE2 sees it. */
static size_t posix_class(const char *p, const char *end)
{
    if (end - p < 4 || !is_one_of(p[1], ":.="))
        return 0;
    for (const char *q = p + 2; end - q >= 2; q++) {
        if (*q == '\\' && (q[1] == ']' || q[1] == '\\'))
            q++;
        else if ((*q == '[' && q[1] == p[1]) || *q == ']')
            return 0;
        else if (*q == p[1] && q[1] == ']')
            return (size_t)(q + 2 - p);
    }
    return 0;
}

/* Length of the class at p. */
static size_t class_len(const char *p, const char *end)
{
    const char *q = p + 1;
    bool literal;

    if (q < end && *q == '^')
        q++;
    if (q < end && *q == ']')
        q++;
    while (q < end && *q != ']') {
        size_t posix = *q == '[' ? posix_class(q, end) : 0;
        q += posix > 0 ? posix : *q == '\\' ? escape(q, end, &literal) : 1;
    }
    return (size_t)(q - p) + (q < end ? 1 : 0);
}

enum group {
    GROUP_PLAIN,     /* what is in it must match */
    GROUP_LOOK,      /* what is in it may lie anywhere, or must not be there */
    GROUP_CONDITION, /* the condition follows, in parentheses of its own */
    GROUP_NONE,      /* there is nothing in it: an option, a back reference, a call */
    GROUP_REFUSED,
};

/* What the parenthesis at p opens, and the length of what belongs to it (for GROUP_NONE: all). */
static enum group group_open(const char *p, const char *end, size_t *retlen, const char **retwhy)
{
    char a = char_at(p, end, 2), b = char_at(p, end, 3);

    *retlen = 1;
    if (char_at(p, end, 1) == '*') {
        *retwhy = "verbs like (*NAME) are not allowed: write \\( for the sign itself";
        return GROUP_REFUSED;
    }
    if (char_at(p, end, 1) != '?')
        return GROUP_PLAIN;
    *retlen = 3;
    switch (a) {
    case ':':
    case '>':
    case '|':
        return GROUP_PLAIN;
    case '=':
    case '!':
    case '*':
        return GROUP_LOOK;
    case '<':
        if (is_one_of(b, "=!*")) {
            *retlen = 4;
            return GROUP_LOOK;
        }
        *retlen = up_to(p, end, '>');
        return GROUP_PLAIN;
    case '\'':
        *retlen = 3 + up_to(p + 3, end, '\'');
        return GROUP_PLAIN;
    case 'P':
        *retlen = up_to(p, end, b == '<' ? '>' : ')');
        return b == '<' ? GROUP_PLAIN : GROUP_NONE;
    case '(':
        *retlen = 2;
        return GROUP_CONDITION;
    case 'C':
        *retwhy = "callouts like (?C1) are not allowed: leave it out";
        return GROUP_REFUSED;
    case '#':
        *retwhy = "comments are not allowed in a pattern: leave it out";
        return GROUP_REFUSED;
    default:
        break;
    }
    if (is_one_of(a, "&R+") || is_ascii_digit(a) || (a == '-' && is_ascii_digit(b))) {
        *retlen = up_to(p, end, ')');
        return GROUP_NONE;
    }
    size_t options = run_of(p + 2, end, "imsnJU^-", SIZE_MAX);
    if (p + 2 + options < end && is_one_of(p[2 + options], ":)")) {
        *retlen = 3 + options;
        return p[2 + options] == ':' ? GROUP_PLAIN : GROUP_NONE;
    }
    *retwhy = "a group or option that is not allowed here (allowed: (?:, look-arounds, names, "
              "(?i), (?s), (?m)): leave it out";
    return GROUP_REFUSED;
}

/* True if the condition at p, behind "(?", is a look-around rather than a name. */
static bool condition_is_look(const char *p, const char *end)
{
    return end - p >= 2 && p[1] == '?';
}

/* ---- folding --------------------------------------------------------------------------------- */

struct folder {
    struct text *text; /* working memory */
    const char *begin, *p, *end;
    const char *run, *unit; /* literal characters not yet written; where the last one begins */
    struct buf literal;     /* the run without its backslashes */
    size_t literal_unit;    /* where the last character begins in it */
    struct buf *out;
    const char *why; /* set when refused */
};

static void add_literal(struct buf *out, uint32_t cp)
{
    if (cp < 0x80 && is_one_of((char)cp, "\\^$.[]|()?*+{}"))
        buf_addc(out, '\\');
    buf_addcp(out, cp);
}

static void add_folded(struct folder *f, struct span s, bool as_one)
{
    if (s.len == 0)
        return;
    text_make(f->text, s);
    as_one = as_one && f->text->nlight > 1;
    if (as_one)
        buf_adds(f->out, "(?:");
    for (size_t i = 0; i < f->text->nlight; i++)
        add_literal(f->out, f->text->light[i].cp);
    if (as_one)
        buf_addc(f->out, ')');
}

/* Writes the literal characters that were gathered; a quantifier belongs to the last one. */
static void flush_literal(struct folder *f, bool quantified)
{
    size_t head = quantified ? f->literal_unit : f->literal.len;

    add_folded(f, span_of(f->literal.ptr, head), false);
    if (quantified && f->literal.len > head)
        add_folded(f, span_of(f->literal.ptr + head, f->literal.len - head), true);
    buf_clear(&f->literal);
    f->literal_unit = 0;
}

/* Marks that the reader sees as part of the character before them, and what is not seen at all. */
static bool joins_before(struct folder *f, const char *p, size_t len)
{
    uint32_t cp;
    bool valid;

    (void)utf8_decode(p, len, &cp, &valid);
    if ((cp >= 0x3099 && cp <= 0x309C) || cp == 0xFF9E || cp == 0xFF9F ||
        (cp >= 0x0300 && cp <= 0x036F))
        return true;
    if (cp < 0x80)
        return false;
    text_make(f->text, span_of(p, len));
    return f->text->nlight == 0;
}

static void gather(struct folder *f, const char *p, size_t len)
{
    if (f->literal.len == 0 || !joins_before(f, p, len))
        f->literal_unit = f->literal.len;
    buf_add(&f->literal, p, len);
}

static bool refuse(struct folder *f, const char *why)
{
    f->why = why;
    return false;
}

static const char *escape_refused(char c)
{
    switch (c) {
    case 'C':
        return "\\C is not allowed: write . for any character";
    case 'G':
        return "\\G is not allowed: write ^ for the start of the text";
    case 'K':
        return "\\K is not allowed: write (?<=...) for what must stand before";
    case 'Q':
    case 'E':
        return "\\Q and \\E are not allowed: write a backslash before each sign";
    default:
        return NULL;
    }
}

/* One character of a class. It must stay one. */
static bool fold_member(struct folder *f, const char *p, size_t len, bool in_range)
{
    uint32_t cp;
    bool valid;

    (void)utf8_decode(p, len, &cp, &valid);
    if (cp < 0x80 || (in_range && cp >= 0x3400 && cp < 0xF900)) {
        buf_add(f->out, p, len);
        return true;
    }
    text_make(f->text, span_of(p, len));
    if (f->text->nlight == 0 && !in_range)
        return true; /* not seen by the editor, and never in a text */
    if (f->text->nlight != 1)
        return refuse(f, "a character in [...] stands for several: write (?:a|b) instead");
    cp = f->text->light[0].cp;
    if (cp < 0x80 && is_one_of((char)cp, "\\[]^-"))
        buf_addc(f->out, '\\');
    buf_addcp(f->out, cp);
    return true;
}

static bool fold_class(struct folder *f)
{
    const char *end = f->p + class_len(f->p, f->end), *p = f->p + 1;
    bool range = false; /* the next character ends a range */

    buf_addc(f->out, '[');
    while (p < end) {
        bool literal = false, first = p == f->p + 1 || (p == f->p + 2 && p[-1] == '^');
        size_t len = *p == '[' ? posix_class(p, end) : 0;
        if (len == 0 && *p == '\\') {
            len = escape(p, end, &literal);
            if (!literal && len >= 2 && escape_refused(p[1]) != NULL) {
                f->p = p;
                return refuse(f, escape_refused(p[1]));
            }
            literal = literal && (unsigned char)p[1] >= 0x80;
        } else if (len == 0) {
            len = char_len(p, end);
            literal = (unsigned char)*p >= 0x80;
        }
        bool hyphen = *p == '-' && len == 1 && !first;
        bool starts = p + len < end && p[len] == '-' && p + len + 1 < end && p[len + 1] != ']';
        if (literal) {
            size_t skip = *p == '\\' ? 1 : 0;
            f->p = p;
            if (!fold_member(f, p + skip, len - skip, range || starts))
                return false;
        } else {
            buf_add(f->out, p, len);
        }
        range = hyphen;
        p += len;
    }
    f->p = end;
    return true;
}

static bool fold_group(struct folder *f)
{
    size_t len;
    enum group group = group_open(f->p, f->end, &len, &f->why);

    if (group == GROUP_REFUSED)
        return false;
    buf_add(f->out, f->p, len);
    f->p += len;
    if (group == GROUP_CONDITION && !condition_is_look(f->p, f->end)) {
        len = up_to(f->p, f->end, ')');
        buf_add(f->out, f->p, len);
        f->p += len;
    }
    return true;
}

static bool fold_one(struct folder *f)
{
    bool literal, none;
    size_t len = quantifier(f->p, f->end, &none);

    if (len > 0) {
        flush_literal(f, true);
        buf_add(f->out, f->p, len);
        f->p += len;
        return true;
    }
    switch (*f->p) {
    case '{':
        return refuse(f, "{ begins no count like {0,6}: write \\{ for the sign itself");
    case '\\':
        len = escape(f->p, f->end, &literal);
        if (literal) {
            gather(f, f->p + 1, len - 1);
            break;
        }
        if (len >= 2 && escape_refused(f->p[1]) != NULL)
            return refuse(f, escape_refused(f->p[1]));
        flush_literal(f, false);
        buf_add(f->out, f->p, len);
        break;
    case '[':
        flush_literal(f, false);
        return fold_class(f);
    case '(':
        flush_literal(f, false);
        return fold_group(f);
    case ')':
    case '|':
    case '.':
    case '^':
    case '$':
        flush_literal(f, false);
        len = 1;
        buf_add(f->out, f->p, len);
        break;
    default:
        len = char_len(f->p, f->end);
        gather(f, f->p, len);
        break;
    }
    f->p += len;
    return true;
}

static enum errc fold(struct text *text, struct span source, struct buf *out, struct err *reterr)
{
    struct folder f = {.text = text,
                       .begin = source.ptr,
                       .p = source.ptr,
                       .end = source.ptr + source.len,
                       .out = out};
    bool ok = true;

    buf_init(&f.literal, 0);
    while (ok && f.p < f.end)
        ok = fold_one(&f);
    flush_literal(&f, false);
    buf_release(&f.literal);
    if (!ok)
        return err_set(reterr, ERR_INPUT, "%s (at offset %zu)", f.why, (size_t)(f.p - f.begin));
    return ERR_OK;
}

/* ---- taking apart ---------------------------------------------------------------------------- */

struct literal {
    uint32_t at, len; /* in the pool's code points */
};

/* Every match contains one of these. */
struct choice {
    uint32_t first, n; /* literals of the pool */
    double share;      /* of texts that contain one, roughly */
};

/* Every match contains one of each. */
struct need {
    uint32_t choices[GROUPS_MAX];
    uint32_t n;
};

struct pool {
    uint32_t *cps;
    size_t ncps, cps_cap;
    struct literal *literals;
    size_t nliterals, literals_cap;
    struct choice *choices;
    size_t nchoices, choices_cap;
};

struct taker {
    struct pool *pool;
    const char *p, *end;
};

/* How much a character says, in bits. */
static int bits(uint32_t cp)
{
    if (cp == ' ')
        return 3;
    if (cp >= '0' && cp <= '9')
        return 4;
    if (cp < 0x80 || (cp >= 0x3040 && cp <= 0x30FF))
        return 5;
    return 8;
}

static uint32_t pool_literal(struct pool *pool, const uint32_t *cps, size_t n)
{
    pool->cps = mem_grow(pool->cps, &pool->cps_cap, pool->ncps + n, sizeof(*pool->cps));
    memcpy(pool->cps + pool->ncps, cps, n * sizeof(*cps));
    pool->literals =
        mem_grow(pool->literals, &pool->literals_cap, pool->nliterals + 1, sizeof(*pool->literals));
    pool->literals[pool->nliterals] =
        (struct literal){.at = (uint32_t)pool->ncps, .len = (uint32_t)n};
    pool->ncps += n;
    return (uint32_t)pool->nliterals++;
}

static uint32_t pool_choice(struct pool *pool, struct choice c)
{
    pool->choices =
        mem_grow(pool->choices, &pool->choices_cap, pool->nchoices + 1, sizeof(*pool->choices));
    pool->choices[pool->nchoices] = c;
    return (uint32_t)pool->nchoices++;
}

/* Keeps the rarest ones, the very rarest in front. */
static void need_add(const struct pool *pool, struct need *need, uint32_t choice)
{
    double share = pool->choices[choice].share;
    uint32_t i;

    if (need->n < GROUPS_MAX)
        need->n++;
    else if (share >= pool->choices[need->choices[GROUPS_MAX - 1]].share)
        return;
    for (i = need->n - 1; i > 0 && pool->choices[need->choices[i - 1]].share > share; i--)
        need->choices[i] = need->choices[i - 1];
    need->choices[i] = choice;
}

static void need_add_all(const struct pool *pool, struct need *need, const struct need *more)
{
    for (uint32_t i = 0; i < more->n; i++)
        need_add(pool, need, more->choices[i]);
}

/* Literal characters that stand side by side in every match. */
struct run {
    uint32_t cps[LITERAL_CPS_MAX];
    size_t n;
    bool carried; /* the first one was part of the run before already */
};

static void run_end(struct taker *t, struct run *run, struct need *need)
{
    if (run->n > (run->carried ? 1u : 0u)) {
        double share = 1;
        for (size_t i = 0; i < run->n; i++)
            share = ldexp(share, -bits(run->cps[i]));
        uint32_t first = pool_literal(t->pool, run->cps, run->n);
        need_add(t->pool, need,
                 pool_choice(t->pool, (struct choice){.first = first, .n = 1, .share = share}));
    }
    run->n = 0;
    run->carried = false;
}

static void run_push(struct taker *t, struct run *run, struct need *need, uint32_t cp)
{
    if (run->n == LITERAL_CPS_MAX)
        run_end(t, run, need);
    run->cps[run->n++] = cp;
}

static void take_alternatives(struct taker *t, struct need *ret);

/* What `(` opens, with its closing parenthesis. */
static void take_group(struct taker *t, struct need *ret)
{
    size_t len;
    const char *why;
    struct need inside = {.n = 0}, ignored = {.n = 0};
    enum group group = group_open(t->p, t->end, &len, &why);

    t->p += len;
    switch (group) {
    case GROUP_NONE:
        return;
    case GROUP_CONDITION:
        if (condition_is_look(t->p, t->end))
            take_group(t, &ignored);
        else
            t->p += up_to(t->p, t->end, ')');
        break;
    case GROUP_PLAIN:
    case GROUP_LOOK:
    case GROUP_REFUSED: /* not in what was folded */
        break;
    }
    take_alternatives(t, &inside);
    if (t->p < t->end)
        t->p++;
    if (group == GROUP_PLAIN)
        *ret = inside;
}

enum atom { ATOM_LITERAL, ATOM_GROUP, ATOM_OTHER };

static enum atom take_atom(struct taker *t, uint32_t *retcp, struct need *retneed)
{
    bool literal = true, valid;
    size_t len = 1;
    const char *p = t->p;

    switch (*p) {
    case '(':
        take_group(t, retneed);
        return ATOM_GROUP;
    case '[':
        t->p += class_len(p, t->end);
        return ATOM_OTHER;
    case '.':
    case '^':
    case '$':
        t->p++;
        return ATOM_OTHER;
    case '\\':
        len = escape(p, t->end, &literal);
        t->p += len;
        if (!literal)
            return ATOM_OTHER;
        (void)utf8_decode(p + 1, len - 1, retcp, &valid);
        return ATOM_LITERAL;
    default:
        t->p += utf8_decode(p, (size_t)(t->end - p), retcp, &valid);
        return ATOM_LITERAL;
    }
}

static void take_sequence(struct taker *t, struct need *ret)
{
    struct run run = {.n = 0};

    while (t->p < t->end && *t->p != '|' && *t->p != ')') {
        uint32_t cp = 0;
        struct need inside = {.n = 0};
        enum atom atom = take_atom(t, &cp, &inside);
        bool quantified = false, optional = false, none = false;
        for (size_t len; (len = quantifier(t->p, t->end, &none)) > 0; t->p += len) {
            quantified = true;
            optional = optional || none; /* a{2}{0,1} is optional as a whole */
        }
        if (atom == ATOM_LITERAL && !optional) {
            run_push(t, &run, ret, cp);
            if (quantified) { /* ab+c contains ab and bc */
                run_end(t, &run, ret);
                run_push(t, &run, ret, cp);
                run.carried = true;
            }
            continue;
        }
        run_end(t, &run, ret);
        if (atom == ATOM_GROUP && !optional)
            need_add_all(t->pool, ret, &inside);
    }
    run_end(t, &run, ret);
}

/* a|b|c: one choice of the rarest of each; none if one of them needs nothing. */
static void take_alternatives(struct taker *t, struct need *ret)
{
    struct need needs[ALTERNATIVES_MAX];
    size_t n = 0, nliterals = 0;
    bool all = true;

    for (;;) {
        struct need one = {.n = 0};
        take_sequence(t, &one);
        if (one.n == 0 || n == ALTERNATIVES_MAX) {
            all = false;
        } else {
            needs[n++] = one;
            nliterals += t->pool->choices[one.choices[0]].n;
        }
        if (t->p == t->end || *t->p != '|')
            break;
        t->p++;
    }
    if (!all || nliterals > ALTERNATIVES_MAX)
        return;
    if (n == 1) {
        need_add_all(t->pool, ret, &needs[0]);
        return;
    }
    struct choice c = {.first = (uint32_t)t->pool->nliterals};
    for (size_t i = 0; i < n; i++) {
        struct choice from = t->pool->choices[needs[i].choices[0]];
        for (uint32_t k = 0; k < from.n; k++) {
            struct literal l = t->pool->literals[from.first + k];
            uint32_t copy[LITERAL_CPS_MAX]; /* the pool moves when it grows */
            memcpy(copy, t->pool->cps + l.at, l.len * sizeof(*copy));
            (void)pool_literal(t->pool, copy, l.len);
        }
        c.n += from.n;
        c.share += from.share;
    }
    need_add(t->pool, ret, pool_choice(t->pool, c));
}

static void take_apart(struct pool *pool, struct span folded, struct need *ret)
{
    struct taker t = {.pool = pool, .p = folded.ptr, .end = folded.ptr + folded.len};

    ret->n = 0;
    take_alternatives(&t, ret);
    if (t.p != t.end)
        ret->n = 0; /* a parenthesis that we do not understand: PCRE2 decides alone */
}

/* ---- builder --------------------------------------------------------------------------------- */

struct entry {
    char *source, *folded; /* owned */
    size_t source_len, folded_len;
    pcre2_code *code;
    bool anchored;
    struct need need;              /* while building */
    uint32_t first_group, ngroups; /* once built; none: always */
};

struct patterns_builder {
    struct entry *entries;
    size_t n, cap;
    struct pool pool;
    pcre2_compile_context *context;
    struct text *text;
};

static const struct {
    int code;
    const char *mend;
} mends[] = {
    {PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS, "close it, or write \\( for the sign itself"},
    {PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS, "open it, or write \\) for the sign itself"},
    {PCRE2_ERROR_MISSING_SQUARE_BRACKET, "close it, or write \\[ for the sign itself"},
    {PCRE2_ERROR_QUANTIFIER_INVALID, "write \\*, \\+ or \\? for the sign itself"},
    {PCRE2_ERROR_END_BACKSLASH, "write \\\\ for the sign itself"},
    {PCRE2_ERROR_BACKSLASH_C_CALLER_DISABLED, "write . for any character"},
    {PCRE2_ERROR_PATTERN_TOO_LARGE, "use smaller counts in {...}"},
    {PCRE2_ERROR_QUANTIFIER_TOO_BIG, "use smaller counts in {...}"},
    {PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH, "use no *, + or ? in (?<=...)"},
    {PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP, "use fewer parentheses"},
};

static enum errc compile(struct patterns_builder *b, struct span s, pcre2_code **ret,
                         struct err *reterr)
{
    int code;
    size_t offset;
    PCRE2_UCHAR text[256];
    const char *mend = "put a backslash before a sign that stands for itself";

    *ret = pcre2_compile((PCRE2_SPTR)s.ptr, s.len, COMPILE_OPTIONS, &code, &offset, b->context);
    if (*ret != NULL)
        return ERR_OK;
    for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++) {
        if (mends[i].code == code)
            mend = mends[i].mend;
    }
    if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
        text[0] = '\0';
    return err_set(reterr, ERR_INPUT, "%s at offset %zu: %s", (const char *)text, offset, mend);
}

struct patterns_builder *patterns_builder_new(void)
{
    struct patterns_builder *b = mem_zalloc(sizeof(*b));

    b->context = pcre2_compile_context_create(NULL);
    assert(b->context != NULL);
    (void)pcre2_set_parens_nest_limit(b->context, NESTING_MAX);
    b->text = mem_alloc(sizeof(*b->text));
    return b;
}

static void entries_free(struct entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(entries[i].source);
        free(entries[i].folded);
        pcre2_code_free(entries[i].code);
    }
    free(entries);
}

void patterns_builder_free(struct patterns_builder *b)
{
    if (b == NULL)
        return;
    entries_free(b->entries, b->n);
    free(b->pool.cps);
    free(b->pool.literals);
    free(b->pool.choices);
    pcre2_compile_context_free(b->context);
    free(b->text);
    free(b);
}

static enum errc check_source(struct span source, struct err *reterr)
{
    if (source.len == 0)
        return err_set(reterr, ERR_INPUT, "the pattern is empty: leave it out");
    if (source.len > PATTERN_SOURCE_BYTES_MAX)
        return err_set(reterr, ERR_INPUT,
                       "the pattern has %zu bytes, at most %d are allowed: write several patterns",
                       source.len, PATTERN_SOURCE_BYTES_MAX);
    if (!utf8_valid(source))
        return err_set(reterr, ERR_INPUT, "invalid UTF-8 at offset %zu: save the file as UTF-8",
                       utf8_valid_prefix(source));
    if (source.len >= 2 && memcmp(source.ptr, "(*", 2) == 0)
        return err_set(reterr, ERR_INPUT,
                       "verbs like (*NAME) are not allowed: write \\( for the "
                       "sign itself (at offset 0)");
    return ERR_OK;
}

enum errc patterns_add(struct patterns_builder *b, struct span source, uint32_t *retid,
                       struct err *reterr)
{
    struct entry e = {.source_len = source.len};
    struct buf folded;
    struct err inner;
    pcre2_code *as_written;
    uint32_t empty = 1, options = 0;
    enum errc code = check_source(source, reterr);

    if (code != ERR_OK)
        return code;
    code = compile(b, source, &as_written, reterr);
    if (code != ERR_OK)
        return code;
    pcre2_code_free(as_written);

    buf_init(&folded, 0);
    code = fold(b->text, source, &folded, reterr);
    if (code == ERR_OK && compile(b, buf_span(&folded), &e.code, &inner) != ERR_OK)
        code = err_set(reterr, ERR_INPUT, "in normal width and case it reads '%.*s': %s",
                       SPAN_ARG(buf_span(&folded)), inner.text);
    if (code != ERR_OK) {
        buf_release(&folded);
        return code;
    }
    (void)pcre2_pattern_info(e.code, PCRE2_INFO_MATCHEMPTY, &empty);
    if (empty != 0) {
        pcre2_code_free(e.code);
        buf_release(&folded);
        return err_set(reterr, ERR_INPUT,
                       "matches the empty text, and so every question: write "
                       "what must be there");
    }
    (void)pcre2_pattern_info(e.code, PCRE2_INFO_ALLOPTIONS, &options);
    e.anchored = (options & PCRE2_ANCHORED) != 0;
    e.source = mem_strndup(source.ptr, source.len);
    e.folded = mem_strndup(folded.ptr, folded.len);
    e.folded_len = folded.len;
    take_apart(&b->pool, buf_span(&folded), &e.need);
    buf_release(&folded);

    b->entries = mem_grow(b->entries, &b->cap, b->n + 1, sizeof(*b->entries));
    b->entries[b->n] = e;
    *retid = (uint32_t)b->n++;
    return ERR_OK;
}

/* ---- built ----------------------------------------------------------------------------------- */

/* Lists of numbers, one after the other: list i is items[start[i]] to items[start[i + 1] - 1]. */
struct lists {
    uint32_t *start, *items;
};

struct patterns {
    struct entry *entries;
    size_t n;
    struct automaton *automaton; /* reports literals */
    size_t nliterals;
    struct lists keys;   /* by literal: the patterns that it makes candidates */
    struct lists groups; /* by group: its literals */
    uint32_t *always;
    size_t nalways;
};

struct word {
    const uint32_t *cps;
    uint32_t len;
    uint32_t slot; /* in groups.items */
};

static int word_compare(const void *a, const void *b)
{
    const struct word *x = a, *y = b;

    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->cps, y->cps, x->len * sizeof(*x->cps));
}

/* Equal literals of all patterns become one. */
static void number_literals(struct patterns *p, struct word *words, size_t n)
{
    struct automaton_word *distinct = mem_zalloc_array(n, sizeof(*distinct));

    if (n > 0)
        qsort(words, n, sizeof(*words), word_compare);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || word_compare(&words[i - 1], &words[i]) != 0) {
            distinct[p->nliterals] = (struct automaton_word){
                .symbols = words[i].cps, .len = words[i].len, .value = (uint32_t)p->nliterals};
            p->nliterals++;
        }
        p->groups.items[words[i].slot] = (uint32_t)p->nliterals - 1;
    }
    p->automaton = automaton_build(distinct, p->nliterals);
    free(distinct);
}

/* The first group of an entry is its rarest. */
static void index_keys(struct patterns *p)
{
    size_t total = 0;

    p->keys.start = mem_zalloc_array(p->nliterals + 2, sizeof(*p->keys.start));
    for (size_t i = 0; i < p->n; i++) {
        const struct entry *e = &p->entries[i];
        for (uint32_t k = e->ngroups > 0 ? p->groups.start[e->first_group] : 0;
             e->ngroups > 0 && k < p->groups.start[e->first_group + 1]; k++) {
            p->keys.start[p->groups.items[k] + 2]++;
            total++;
        }
    }
    for (size_t i = 2; i < p->nliterals + 2; i++)
        p->keys.start[i] += p->keys.start[i - 1];
    p->keys.items = mem_zalloc_array(total, sizeof(*p->keys.items));
    for (size_t i = 0; i < p->n; i++) {
        const struct entry *e = &p->entries[i];
        for (uint32_t k = e->ngroups > 0 ? p->groups.start[e->first_group] : 0;
             e->ngroups > 0 && k < p->groups.start[e->first_group + 1]; k++)
            p->keys.items[p->keys.start[p->groups.items[k] + 1]++] = (uint32_t)i;
    }
}

struct patterns *patterns_build(struct patterns_builder *b)
{
    struct patterns *p = mem_zalloc(sizeof(*p));
    size_t ngroups = 0, nwords = 0;

    p->entries = b->entries;
    p->n = b->n;
    b->entries = NULL;
    b->n = b->cap = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct entry *e = &p->entries[i];
        e->first_group = (uint32_t)ngroups;
        e->ngroups = e->need.n;
        ngroups += e->need.n;
        for (uint32_t k = 0; k < e->need.n; k++)
            nwords += b->pool.choices[e->need.choices[k]].n;
        p->nalways += e->need.n == 0;
    }

    struct word *words = mem_zalloc_array(nwords, sizeof(*words));
    p->groups.start = mem_zalloc_array(ngroups + 1, sizeof(*p->groups.start));
    p->groups.items = mem_zalloc_array(nwords, sizeof(*p->groups.items));
    p->always = mem_zalloc_array(p->nalways, sizeof(*p->always));
    size_t group = 0, always = 0;
    uint32_t slot = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct need *need = &p->entries[i].need;
        if (need->n == 0)
            p->always[always++] = (uint32_t)i;
        for (uint32_t k = 0; k < need->n; k++) {
            const struct choice *c = &b->pool.choices[need->choices[k]];
            for (uint32_t l = 0; l < c->n; l++, slot++) {
                const struct literal *literal = &b->pool.literals[c->first + l];
                words[slot] = (struct word){b->pool.cps + literal->at, literal->len, slot};
            }
            p->groups.start[++group] = slot;
        }
    }
    number_literals(p, words, nwords);
    index_keys(p);
    free(words);
    b->pool.ncps = b->pool.nliterals = b->pool.nchoices = 0;
    return p;
}

void patterns_free(struct patterns *p)
{
    if (p == NULL)
        return;
    entries_free(p->entries, p->n);
    automaton_free(p->automaton);
    free(p->keys.start);
    free(p->keys.items);
    free(p->groups.start);
    free(p->groups.items);
    free(p->always);
    free(p);
}

size_t patterns_count(const struct patterns *p)
{
    return p->n;
}

struct span patterns_source(const struct patterns *p, uint32_t id)
{
    assert(id < p->n);
    return span_of(p->entries[id].source, p->entries[id].source_len);
}

struct span patterns_folded(const struct patterns *p, uint32_t id)
{
    assert(id < p->n);
    return span_of(p->entries[id].folded, p->entries[id].folded_len);
}

bool patterns_always(const struct patterns *p, uint32_t id)
{
    assert(id < p->n);
    return p->entries[id].ngroups == 0;
}

/* ---- scratch --------------------------------------------------------------------------------- */

enum { BLOCKS = 2 };

struct patterns_scratch {
    const struct patterns *patterns;
    uint32_t epoch;     /* marks equal to it were made for this text */
    uint32_t *literals; /* marks by literal */
    uint32_t *marks;    /* by pattern: it is a candidate */
    uint32_t *candidates;
    size_t ncandidates;
    uint32_t symbols[TEXT_LIGHT_MAX];
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *data;
    bool running; /* PCRE2 gets its memory from the blocks */
    bool block_used[BLOCKS];
    char *blocks[BLOCKS];
    _Atomic uint32_t *limits; /* by pattern */
    _Atomic uint32_t overruns;
};

static void *scratch_malloc(size_t bytes, void *data)
{
    struct patterns_scratch *s = data;

    if (!s->running)
        return mem_alloc(bytes);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (!s->block_used[i] && bytes <= HEAP_KIB_MAX * (size_t)1024) {
            s->block_used[i] = true;
            return s->blocks[i];
        }
    }
    return NULL; /* PCRE2_ERROR_NOMEMORY: one more limit */
}

static void scratch_mfree(void *p, void *data)
{
    struct patterns_scratch *s = data;

    for (size_t i = 0; i < BLOCKS; i++) {
        if (p != NULL && p == s->blocks[i]) {
            s->block_used[i] = false;
            return;
        }
    }
    free(p);
}

struct patterns_scratch *patterns_scratch_new(const struct patterns *p)
{
    struct patterns_scratch *s = mem_zalloc(sizeof(*s));

    s->patterns = p;
    s->literals = mem_zalloc_array(p->nliterals, sizeof(*s->literals));
    s->marks = mem_zalloc_array(p->n, sizeof(*s->marks));
    s->candidates = mem_zalloc_array(p->n, sizeof(*s->candidates));
    s->limits = mem_zalloc_array(p->n, sizeof(*s->limits));
    for (size_t i = 0; i < BLOCKS; i++)
        s->blocks[i] = mem_alloc(HEAP_KIB_MAX * (size_t)1024);
    s->general = pcre2_general_context_create(scratch_malloc, scratch_mfree, s);
    s->context = pcre2_match_context_create(s->general);
    s->data = pcre2_match_data_create(1, s->general);
    assert(s->general != NULL && s->context != NULL && s->data != NULL);
    (void)pcre2_set_depth_limit(s->context, DEPTH_MAX);
    (void)pcre2_set_heap_limit(s->context, HEAP_KIB_MAX);
    return s;
}

void patterns_scratch_free(struct patterns_scratch *s)
{
    if (s == NULL)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    pcre2_general_context_free(s->general);
    for (size_t i = 0; i < BLOCKS; i++)
        free(s->blocks[i]);
    free(s->limits);
    free(s->candidates);
    free(s->marks);
    free(s->literals);
    free(s);
}

uint32_t patterns_scratch_limits(const struct patterns_scratch *s, uint32_t id)
{
    assert(id < s->patterns->n);
    return atomic_load_explicit(&s->limits[id], memory_order_relaxed);
}

uint32_t patterns_scratch_overruns(const struct patterns_scratch *s)
{
    return atomic_load_explicit(&s->overruns, memory_order_relaxed);
}

/* ---- run ------------------------------------------------------------------------------------- */

static void next_epoch(struct patterns_scratch *s)
{
    if (++s->epoch != 0)
        return;
    memset(s->literals, 0, s->patterns->nliterals * sizeof(*s->literals));
    memset(s->marks, 0, s->patterns->n * sizeof(*s->marks));
    s->epoch = 1;
}

static void on_literal(void *ctx, uint32_t literal, size_t end, size_t len)
{
    struct patterns_scratch *s = ctx;
    const struct lists *keys = &s->patterns->keys;

    (void)end;
    (void)len;
    if (s->literals[literal] == s->epoch)
        return;
    s->literals[literal] = s->epoch;
    for (uint32_t i = keys->start[literal]; i < keys->start[literal + 1]; i++) {
        uint32_t pattern = keys->items[i];
        if (s->marks[pattern] != s->epoch) {
            s->marks[pattern] = s->epoch;
            s->candidates[s->ncandidates++] = pattern;
        }
    }
}

static bool has_all_groups(const struct patterns_scratch *s, uint32_t pattern)
{
    const struct entry *e = &s->patterns->entries[pattern];
    const struct lists *groups = &s->patterns->groups;

    for (uint32_t g = e->first_group + 1; g < e->first_group + e->ngroups; g++) {
        uint32_t i = groups->start[g];
        while (i < groups->start[g + 1] && s->literals[groups->items[i]] != s->epoch)
            i++;
        if (i == groups->start[g + 1])
            return false;
    }
    return true;
}

static void sift(uint32_t *a, size_t i, size_t n)
{
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && a[child] < a[child + 1])
            child++;
        if (a[i] >= a[child])
            return;
        uint32_t swap = a[i];
        a[i] = a[child];
        a[child] = swap;
        i = child;
    }
}

/* Heap sort: qsort() may allocate. */
static void sort_numbers(uint32_t *a, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(a, i, n);
    for (size_t last = n; last-- > 1;) {
        uint32_t swap = a[0];
        a[0] = a[last];
        a[last] = swap;
        sift(a, 0, last);
    }
}

static void find_candidates(struct patterns_scratch *s, const struct text *text)
{
    size_t n = 0;

    next_epoch(s);
    s->ncandidates = 0;
    for (size_t i = 0; i < text->nlight; i++)
        s->symbols[i] = text->light[i].cp;
    automaton_run(s->patterns->automaton, s->symbols, text->nlight, on_literal, s);
    for (size_t i = 0; i < s->ncandidates; i++) {
        if (has_all_groups(s, s->candidates[i]))
            s->candidates[n++] = s->candidates[i];
    }
    for (size_t i = 0; i < s->patterns->nalways; i++)
        s->candidates[n++] = s->patterns->always[i];
    s->ncandidates = n;
    sort_numbers(s->candidates, n);
}

enum verdict { VERDICT_MATCH, VERDICT_NO_MATCH, VERDICT_LIMIT };

/* Tries the starts in [from, to) with so many steps for each. */
static int try_starts(struct patterns_scratch *s, const struct entry *e, const struct text *text,
                      size_t from, size_t to, uint32_t steps)
{
    (void)pcre2_set_match_limit(s->context, steps);
    (void)pcre2_set_offset_limit(s->context, to - 1);
    s->running = true;
    int rc = pcre2_match(e->code, (PCRE2_SPTR)text->light_utf8, text->light_utf8_len, from,
                         PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, s->data, s->context);
    s->running = false;
    return rc;
}

static enum verdict match(struct patterns_scratch *s, const struct entry *e,
                          const struct text *text, int64_t until_us)
{
    const char *subject = text->light_utf8;
    size_t len = text->light_utf8_len, from = 0, one_by_one = 0;

    while (from < len) {
        size_t to = from, n = from < one_by_one ? 1 : STARTS;
        for (size_t i = 0; i < n && to < len; i++)
            to += char_len(subject + to, subject + len);
        int rc = try_starts(s, e, text, from, to, (uint32_t)(STEPS_MAX / n));
        if (rc >= 0) /* 0: there were more groups than places for them */
            return VERDICT_MATCH;
        if (rc == PCRE2_ERROR_MATCHLIMIT && n > 1) {
            one_by_one = to;
            to = from;
        } else if (rc != PCRE2_ERROR_NOMATCH) {
            return VERDICT_LIMIT;
        } else if (e->anchored) {
            return VERDICT_NO_MATCH;
        }
        if (to < len && clock_mono_us() >= until_us)
            return VERDICT_LIMIT;
        from = to;
    }
    return VERDICT_NO_MATCH;
}

/* From bytes of the light form to bytes of the source. */
static struct pattern_hit hit_of(const struct text *text, uint32_t pattern, const size_t *range)
{
    size_t i = 0, byte = 0, first = 0;

    for (; i < text->nlight && byte < range[1]; i++) {
        if (byte <= range[0])
            first = i;
        byte += char_len(text->light_utf8 + byte, text->light_utf8 + text->light_utf8_len);
    }
    return (struct pattern_hit){
        .pattern = pattern, .begin = text->light[first].begin, .end = text->light[i - 1].end};
}

size_t patterns_run(const struct patterns *p, struct patterns_scratch *s, const struct text *text,
                    struct pattern_hit *hits, size_t cap)
{
    size_t n = 0;

    assert(s->patterns == p);
    find_candidates(s, text);
    if (s->ncandidates == 0)
        return 0;

    int64_t now = clock_mono_us(), until = now + PATTERNS_BUDGET_US;
    for (size_t i = 0; i < s->ncandidates && n < cap; i++) {
        uint32_t pattern = s->candidates[i];
        if (i > 0 && (now = clock_mono_us()) >= until) {
            (void)atomic_fetch_add_explicit(&s->overruns, 1, memory_order_relaxed);
            break;
        }
        int64_t own = now + PATTERN_BUDGET_US;
        switch (match(s, &p->entries[pattern], text, own < until ? own : until)) {
        case VERDICT_MATCH:
            hits[n++] = hit_of(text, pattern, pcre2_get_ovector_pointer(s->data));
            break;
        case VERDICT_NO_MATCH:
            break;
        case VERDICT_LIMIT:
            (void)atomic_fetch_add_explicit(&s->limits[pattern], 1, memory_order_relaxed);
            break;
        }
    }
    return n;
}

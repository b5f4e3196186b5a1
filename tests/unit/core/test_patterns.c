#include "core/patterns.h"

#include "base/clock.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { HITS_MAX = 4096 };

static struct pattern_hit hits[HITS_MAX];
static struct text text;

static struct patterns *build(const char *const sources[], size_t n)
{
    struct patterns_builder *b = patterns_builder_new();
    struct err err;

    for (size_t i = 0; i < n; i++) {
        uint32_t id = UINT32_MAX;
        if (patterns_add(b, span_str(sources[i]), &id, &err) != ERR_OK)
            fail_msg("%s: %s", sources[i], err.text);
        assert_int_equal(id, i);
    }
    struct patterns *p = patterns_build(b);
    patterns_builder_free(b);
    assert_int_equal(patterns_count(p), n);
    return p;
}

static enum errc add_one(const char *source, size_t len, struct err *err)
{
    struct patterns_builder *b = patterns_builder_new();
    uint32_t id = UINT32_MAX;
    enum errc code = patterns_add(b, span_of(source, len), &id, err);

    assert_int_equal(id, code == ERR_OK ? 0 : UINT32_MAX);
    patterns_builder_free(b);
    return code;
}

/* The first match of one pattern; false if there is none. */
static bool find(const char *source, const char *in, struct pattern_hit *ret)
{
    struct patterns *p = build(&source, 1);
    struct patterns_scratch *s = patterns_scratch_new(p);

    text_make(&text, span_str(in));
    size_t n = patterns_run(p, s, &text, ret, 1);
    patterns_scratch_free(s);
    patterns_free(p);
    return n == 1;
}

/* ---- what is taken --------------------------------------------------------------------------- */

static const struct {
    const char *source, *reason; /* what the reason must contain */
} refused[] = {
    {"", "empty"},
    {"(料金|費用", "missing closing parenthesis at offset 14: close it, or write \\("},
    {"(abc|def", "missing closing parenthesis at offset 8"},
    {"料金)", "unmatched closing parenthesis at offset 6"},
    {"[あ-ん", "missing terminating ] for character class at offset 8"},
    {"*料金", "quantifier does not follow a repeatable item at offset 0: write \\*"},
    {"料金\\", "\\ at end of pattern at offset 7"},
    {"a{1,99999}b", "use smaller counts"},
    {"\xe6\x97", "invalid UTF-8 at offset 0"},
    {"料金\xff", "invalid UTF-8 at offset 6"},
    {"(*LIMIT_MATCH=1000)a", "verbs"},
    {"(*UTF)a", "verbs"},
    {"(*UCP)a", "verbs"},
    {"(*CRLF)a", "verbs"},
    {"(*NOSUCH)a", "verbs"},
    {"a(*ACCEPT)b",
     "verbs like (*NAME) are not allowed: write \\( for the sign itself (at offset 1)"},
    {"ab(*COMMIT)c", "(at offset 2)"},
    {"(?C)a", "callouts"},
    {"a(?C1)", "callouts"},
    {"a(?C'x')", "callouts"},
    {"a(?(?C1)(?=a)a|b)", "callouts"},
    {"a\\Cb", "\\C"},
    {"a\\Gb", "\\G"},
    {"a\\Kb", "\\K"},
    {"\\Qa.b\\E", "\\Q"},
    {"[\\Qa\\E]", "\\Q"},
    {"(?x) a b", "not allowed here"},
    {"(?x: a b )", "not allowed here"},
    {"a(?#eins)*b", "comments"},
    {"a{x}", "write \\{"},
    {"a{,3}b", "write \\{"},
    {"a.{０，６}b", "write \\{"},
    {"[㈱a]", "several: write (?:a|b)"},
    {"a*", "empty text"},
    {"a|", "empty text"},
    {"(料金)?", "empty text"},
    {"^", "empty text"},
    {"\\b", "empty text"},
    {"(?=料金)", "empty text"},
    {"a{0}", "empty text"},
    {"((((a{1,100}){1,100}){1,100}){1,100})", "too large"},
};

static void test_patterns_add__what_is_not_taken__says_where_and_what_to_do(void **state)
{
    (void)state;
    struct err err;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const char *source = refused[i].source;
        if (add_one(source, strlen(source), &err) != ERR_INPUT)
            fail_msg("'%s' was taken", source);
        if (strstr(err.text, refused[i].reason) == NULL)
            fail_msg("'%s': '%s' says nothing of '%s'", source, err.text, refused[i].reason);
    }
}

static void test_patterns_add__500_bytes__are_taken_and_501_refused(void **state)
{
    (void)state;
    char source[PATTERN_SOURCE_BYTES_MAX + 1];
    struct err err;

    memset(source, 'a', sizeof(source));
    assert_int_equal(add_one(source, PATTERN_SOURCE_BYTES_MAX, &err), ERR_OK);
    assert_int_equal(add_one(source, PATTERN_SOURCE_BYTES_MAX + 1, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "501 bytes, at most 500"));
}

static void test_patterns_add__characters_that_become_many__are_taken(void **state)
{
    (void)state;
    char source[PATTERN_SOURCE_BYTES_MAX + 1];
    size_t n = 0;
    struct err err;

    while (n + 3 <= PATTERN_SOURCE_BYTES_MAX)
        n += (size_t)snprintf(source + n, sizeof(source) - n, "㍿");
    assert_int_equal(add_one(source, n, &err), ERR_OK);
}

static void test_patterns_add__a_refused_pattern__takes_no_id(void **state)
{
    (void)state;
    struct patterns_builder *b = patterns_builder_new();
    struct err err;
    uint32_t id = 99;

    assert_int_equal(patterns_add(b, span_str("料金"), &id, &err), ERR_OK);
    assert_int_equal(id, 0);
    assert_int_equal(patterns_add(b, span_str("料金("), &id, &err), ERR_INPUT);
    assert_int_equal(id, 0);
    assert_int_equal(patterns_add(b, span_str("料金"), &id, &err), ERR_OK);
    assert_int_equal(id, 1);
    struct patterns *p = patterns_build(b);
    struct patterns *none = patterns_build(b);
    patterns_builder_free(b);
    assert_int_equal(patterns_count(p), 2);
    assert_int_equal(patterns_count(none), 0);
    assert_true(span_is(patterns_source(p, 1), "料金"));
    struct patterns_scratch *s = patterns_scratch_new(none);
    text_make(&text, span_str("料金"));
    assert_int_equal(patterns_run(none, s, &text, hits, HITS_MAX), 0);
    patterns_scratch_free(s);
    s = patterns_scratch_new(p);
    assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 2);
    assert_int_equal(patterns_run(p, s, &text, hits, 1), 1);
    patterns_scratch_free(s);
    patterns_free(none);
    patterns_free(p);
}

/* ---- what is matched ------------------------------------------------------------------------- */

static const struct {
    const char *source, *in, *matched; /* NULL: nothing */
} finds[] = {
    {"お客さま(ID|番号).{0,6}どこ", "お客さまIDはどこに書いてありますか", "お客さまIDはどこ"},
    {"お客さま(ID|番号).{0,6}どこ", "お客さま番号どこ", "お客さま番号どこ"},
    {"お客さま(ID|番号).{0,6}どこ", "お客さまＩＤってどこ", "お客さまＩＤってどこ"},
    {"お客さま(ID|番号).{0,6}どこ", "お客さまのIDはどこ", NULL},
    {"お客さま(ID|番号).{0,6}どこ", "どこ お客さまID", NULL},
    {"v6.{0,8}(いくら|何円)", "ｖ６オプションはいくら？", "ｖ６オプションはいくら"},
    /* width, case, composition, old kanji, on both sides */
    {"ＩＤ", "idを忘れた", "id"},
    {"id", "ＩＤを忘れた", "ＩＤ"},
    {"iD", "Ｉdを忘れた", "Ｉd"},
    {"ﾊﾟｯｸ", "スタートパックとは", "パック"},
    {"パック", "ｽﾀｰﾄﾊﾟｯｸとは", "ﾊﾟｯｸ"},
    {"ハ゜ック", "パック", "パック"},
    {"パ\u200bック", "パック", "パック"},
    {"髙橋", "高橋", "高橋"},
    {"高橋", "髙橋", "髙橋"},
    {"會社", "会社", "会社"},
    {"①", "1番", "1"},
    {"㈱", "(株)あ", "(株)"},
    {"(株)", "(株)あ", "株"},
    {"（株）", "(株)あ", "(株)"},
    {"いくら？", "いくら?です", "いくら?"},
    {"いくら\\?", "いくら？です", "いくら？"},
    {"あ｜い", "あ|い", "あ|い"},
    {"あ｜い", "い", NULL},
    {"1．5", "1.5", "1.5"},
    {"1．5", "125", NULL},
    {"157,300円", "157300円", "157300円"},
    {"157300円", "157,300円", "157,300円"},
    {"157\\,300", "157,300円", "157,300"},
    {"\\（株\\）", "(株)", "(株)"},
    {"Ａ\\＋Ｂ", "A+B", "A+B"},
    {"straße", "STRASSE", "STRASSE"},
    {"A　B", "a b", "a b"},
    /* quantifiers belong to the character that the editor sees */
    {"ﾊﾟ+ｯ", "パパッ", "パパッ"},
    {"ﾊﾟ?ｯｸ", "ック", "ック"},
    {"あ㈱+い", "あ(株)(株)い", "あ(株)(株)い"},
    {"あ㈱?い", "あい", "あい"},
    {"あ\\．+い", "あ..い", "あ..い"},
    {"あいう?え", "あいえ", "あいえ"},
    {"あい{2}え", "あいいえ", "あいいえ"},
    {"あ\u200b+い", "ああい", "ああい"},
    /* classes */
    {"[Ａ-Ｚ]{3}[０-９]+", "caf123", "caf123"},
    {"[A-Z]{3}[0-9]+", "ＣＡＦ１２３です", "ＣＡＦ１２３"},
    {"あ[－ー‐]い", "あ-い", "あ-い"},
    {"あ[＾]い", "あ^い", "あ^い"},
    {"あ[［］]い", "あ]い", "あ]い"},
    {"あ[^Ａ]い", "あaい", NULL},
    {"あ[^Ａ]い", "あbい", "あbい"},
    {"[亜-龠]{2}料", "月額料", "月額料"},
    {"あ[ｱ-ﾝ]い", "あカい", "あカい"},
    {"あ[會]い", "あ会い", "あ会い"},
    {"あ[]x]い", "あ]い", "あ]い"},
    {"あ[^]x]い", "あyい", "あyい"},
    {"あ[[:digit:]]い", "あ３い", "あ３い"},
    {"あ[a[:x]い", "あ:い", "あ:い"},
    {"あ[\\]\\d]い", "あ5い", "あ5い"},
    {"あ[\\x{3042}-\\x{3044}]う", "ああう", "ああう"},
    /* escapes and their arguments */
    {"あ\\x41い", "あａい", "あａい"},
    {"あ\\x{41}い", "あaい", "あaい"},
    {"あ\\101い", "あaい", "あaい"},
    {"あ\\o{101}い", "あaい", "あaい"},
    {"あ\\N{U+41}い", "あaい", "あaい"},
    {"あ\\N{2}い", "あxyい", "あxyい"},
    {"あ\\p{Han}い", "あ金い", "あ金い"},
    {"あ\\pNい", "あ5い", "あ5い"},
    {"あ\\P{Han}い", "あxい", "あxい"},
    {"(a)あ\\g{1}い", "aあaい", "aあaい"},
    {"(a)あ\\g1い", "aあaい", "aあaい"},
    {"(a)あ\\g{-1}い", "aあaい", "aあaい"},
    {"(?<n>a)あ\\k<n>い", "aあaい", "aあaい"},
    {"(?<n>a)あ\\k{n}い", "aあaい", "aあaい"},
    {"(?'n'a)あ\\k'n'い", "aあaい", "aあaい"},
    {"(?P<n>a)あ(?P=n)い", "aあaい", "aあaい"},
    {"(?P<n>[ab])あ(?P>n)い", "aあbい", "aあbい"},
    {"(?<n>[ab])あ(?&n)い", "aあbい", "aあbい"},
    {"([ab])あ(?1)い", "aあbい", "aあbい"},
    {"([ab])あ(?-1)い", "aあbい", "aあbい"},
    {"([ab])あ\\g<1>い", "aあbい", "aあbい"},
    {"あ\\tい", "あ\tい", "あ\tい"},
    {"あ\\cAい", "あ\x01い", "あ\x01い"},
    {"あ\\Rい", "あ\nい", "あ\nい"},
    {"あ\\sい", "あ い", "あ い"},
    {"\\bid\\b", "my ID!", "ID"},
    /* groups */
    {"(?:a|b)c", "bc", "bc"},
    {"(?>a|b)c", "bc", "bc"},
    {"(?|a(x)|b(x))c", "bxc", "bxc"},
    {"(?i)AB", "ab", "ab"},
    {"a(?i:B)c", "abc", "abc"},
    {"a(?s).b", "a\nb", "a\nb"},
    {"a(?^).b", "axb", "axb"},
    {"料金(?=表)", "料金表", "料金"},
    {"料金(?!表)", "料金表", NULL},
    {"料金(?!表)", "料金は", "料金"},
    {"(?<=月額)料金", "月額料金", "料金"},
    {"(?<!月額)料金", "月額料金", NULL},
    {"(?<!月額)料金", "この料金", "料金"},
    {"(料)?金(?(1)表|額)", "料金表", "料金表"},
    {"(料)?金(?(1)表|額)", "金額", "金額"},
    {"(?(?=料)料金|費用)", "費用", "費用"},
    {"(?(DEFINE)(?<n>料金))この(?&n)", "この料金", "この料金"},
    {"(?(<n>)x|y)(?<n>z)", "yz", "yz"},
    {"(a(?:b|)c)+", "acabc", "acabc"},
    {"a(b|c(d|e)?)+f", "acebf", "acebf"},
    {"(料金|費用|)表", "表", "表"},
    {"^料金$", "料金", "料金"},
    {"^料金$", "料金表", NULL},
    {"\\(a\\)", "（Ａ）", "（Ａ）"},
    {"a]b}c", "a]b}c", "a]b}c"},
    /* more than is kept of a literal, of the groups and of the alternatives */
    {"いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやま",
     "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやま",
     "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやま"},
    {"a.b.c.d.e.f.g.h.i.j.k.l", "a-b-c-d-e-f-g-h-i-j-k-l", "a-b-c-d-e-f-g-h-i-j-k-l"},
    {"x(0|1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|あ|い|う|え|お|か|"
     "き|く|け|こ|さ|し|す|せ|そ|た|ち|つ|て|と|な|に|ぬ|ね|の|は|ひ|ふ|へ|ほ|ま)y",
     "xまy", "xまy"},
};

static void test_patterns_run__patterns_and_texts__match_what_an_editor_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        struct pattern_hit hit = {0};
        char got[200] = "";
        bool found = find(finds[i].source, finds[i].in, &hit);
        if (found)
            (void)snprintf(got, sizeof(got), "%.*s", (int)(hit.end - hit.begin),
                           finds[i].in + hit.begin);
        if (found != (finds[i].matched != NULL) || (found && strcmp(got, finds[i].matched) != 0))
            fail_msg("/%s/ in '%s': %s '%s', not '%s'", finds[i].source, finds[i].in,
                     found ? "found" : "nothing", got,
                     finds[i].matched != NULL ? finds[i].matched : "nothing");
    }
}

static const struct {
    const char *source;
    bool always;
} alwayses[] = {
    {"料金", false},          {"(料金|費用)", false}, {"(料金)?.", true},
    {"[料費]金?", true},      {"料[金]", false},      {"(料金|.)", true},
    {"(料金){0,2}.", true},   {"(料金){1,2}", false}, {"(?=料金).", true},
    {"(?!料金).x", false},    {"\\d+", true},         {"(.)\\1", true},
    {"料*.", true},           {"料+", false},         {"\\x41", true},
    {"\\d{3}-\\d{4}", false}, {"(?(?=a)b|c)", true},  {"(?:a|b|[cd])", true},
    {"(?:a|b|[cd]x)", false},
};

static void test_patterns_always__without_a_literal__it_is_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alwayses) / sizeof(alwayses[0]); i++) {
        struct patterns *p = build(&alwayses[i].source, 1);
        if (patterns_always(p, 0) != alwayses[i].always)
            fail_msg("/%s/ should %sbe always", alwayses[i].source,
                     alwayses[i].always ? "" : "not ");
        patterns_free(p);
    }
}

/* ---- held to a plain loop -------------------------------------------------------------------- */

/* The first match by PCRE2 alone, without a prefilter and with its own limits: -1 if it ran into
 * one. */
static int plain_match(struct span folded, const struct text *t, struct pattern_hit *ret)
{
    int code;
    size_t offset;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)folded.ptr, folded.len,
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &code, &offset, NULL);
    assert_non_null(re);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)t->light_utf8, t->light_utf8_len, 0, 0, data, NULL);
    if (rc >= 0) {
        const size_t *range = pcre2_get_ovector_pointer(data);
        size_t at[2] = {0}, byte = 0;
        for (size_t i = 0; i <= t->nlight; i++) {
            if (byte == range[0])
                at[0] = i;
            if (byte == range[1])
                at[1] = i;
            byte += i < t->nlight ? (t->light[i].cp < 0x80      ? 1u
                                     : t->light[i].cp < 0x800   ? 2u
                                     : t->light[i].cp < 0x10000 ? 3u
                                                                : 4u)
                                  : 0u;
        }
        ret->begin = t->light[at[0]].begin;
        ret->end = t->light[at[1] - 1].end;
    }
    pcre2_match_data_free(data);
    pcre2_code_free(re);
    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static size_t unknown; /* runs that say nothing, because a limit was reached */

static size_t assert_same_as_loop(const struct patterns *p, struct patterns_scratch *s,
                                  const char *in, size_t len)
{
    size_t n, k = 0;
    static uint32_t before[1000];

    for (uint32_t id = 0; id < patterns_count(p); id++)
        before[id] = patterns_scratch_limits(s, id);
    text_make(&text, span_of(in, len));
    n = patterns_run(p, s, &text, hits, HITS_MAX);
    for (uint32_t id = 0; id < patterns_count(p); id++) {
        struct pattern_hit expected = {.pattern = id};
        int plain = plain_match(patterns_folded(p, id), &text, &expected);
        bool found = plain == 1, got = k < n && hits[k].pattern == id;
        if (plain < 0 || patterns_scratch_limits(s, id) != before[id]) {
            unknown++;
            k += got;
            continue;
        }
        if (found != got)
            fail_msg("/%.*s/ in '%.*s': %s", SPAN_ARG(patterns_source(p, id)), (int)len, in,
                     found ? "lost" : "invented");
        if (found && (hits[k].begin != expected.begin || hits[k].end != expected.end))
            fail_msg("/%.*s/ in '%.*s': %u-%u, not %u-%u", SPAN_ARG(patterns_source(p, id)),
                     (int)len, in, hits[k].begin, hits[k].end, expected.begin, expected.end);
        k += got;
    }
    assert_int_equal(k, n);
    return n;
}

static void test_patterns_run__all_patterns_at_once__same_as_a_loop(void **state)
{
    (void)state;
    enum { N = sizeof(finds) / sizeof(finds[0]) };
    const char *sources[N];

    for (size_t i = 0; i < N; i++)
        sources[i] = finds[i].source;
    struct patterns *p = build(sources, N);
    struct patterns_scratch *s = patterns_scratch_new(p);
    size_t total = 0;
    for (size_t i = 0; i < N; i++)
        total += assert_same_as_loop(p, s, finds[i].in, strlen(finds[i].in));
    assert_true(total > N / 2);
    patterns_scratch_free(s);
    patterns_free(p);
}

struct random {
    uint32_t x;
};

static uint32_t below(struct random *r, uint32_t n)
{
    r->x = r->x * 1664525 + 1013904223;
    return (r->x >> 8) % n;
}

static const char *const letters[] = {"a",  "b",  "Ａ", "Ｂ", "1",  "あ", "い",
                                      "料", "金", "ﾊﾟ", "パ", "㈱", "髙", "高"};

static const char *letter(struct random *r)
{
    return letters[below(r, sizeof(letters) / sizeof(letters[0]))];
}

static void random_pattern(struct random *r, struct buf *out, unsigned depth);

static void random_atom(struct random *r, struct buf *out, unsigned depth)
{
    static const char *const opens[] = {"(",   "(?:",  "(?>",          "(?=",   "(?!",
                                        "(?|", "(?i:", "(?<=a|料)(?:", "(?-i:", "(?<!い)("};
    static const char *const others[] = {
        ".",   "\\w", "\\d",  "[ab料]",  "[^a金]",     "\\1",           "\\x41",       "[Ａ-Ｚ]",
        "\\W", "^",   "$",    "\\b",     "(?i)",       "\\x{6599}",     "[[:alpha:]]", "\\pL",
        "\\.", "（",  "(?1)", "[あ-ん]", "(?(1)a|料)", "(?(?=料)料|b)", "\\101"};

    switch (below(r, depth > 0 ? 8 : 6)) {
    case 0:
        buf_adds(out, others[below(r, sizeof(others) / sizeof(others[0]))]);
        break;
    case 6:
    case 7:
        buf_adds(out, opens[below(r, sizeof(opens) / sizeof(opens[0]))]);
        random_pattern(r, out, depth - 1);
        buf_addc(out, ')');
        break;
    default:
        buf_adds(out, letter(r));
        break;
    }
}

static void random_pattern(struct random *r, struct buf *out, unsigned depth)
{
    static const char *const counts[] = {"?",  "*",  "+",  "{0,2}", "{2}", "{1,2}",   "{0}",
                                         "??", "+?", "*+", "{1,}",  "++",  "{2}{0,1}"};

    for (uint32_t branches = 1 + (below(r, 3) == 0 ? 1 + below(r, 2) : 0); branches > 0;
         branches--) {
        for (uint32_t atoms = below(r, 12) == 0 ? 0 : 1 + below(r, 4); atoms > 0; atoms--) {
            random_atom(r, out, depth);
            if (below(r, 4) == 0)
                buf_adds(out, counts[below(r, sizeof(counts) / sizeof(counts[0]))]);
        }
        if (branches > 1)
            buf_addc(out, '|');
    }
}

static void random_text(struct random *r, struct buf *out)
{
    static const char *const more[] = {".", "(", " ", "\n", "c", "2", "ん", "株"};

    for (uint32_t n = below(r, 16); n > 0; n--)
        buf_adds(out, below(r, 5) == 0 ? more[below(r, 8)] : letter(r));
}

static void test_patterns_run__random_patterns_and_texts__same_as_a_loop(void **state)
{
    (void)state;
    struct random r = {.x = 2024};
    size_t taken = 0, filtered = 0, found = 0;

    for (int round = 0; round < 40; round++) {
        struct patterns_builder *b = patterns_builder_new();
        struct buf source, in;
        struct err err;
        buf_init(&source, 0);
        buf_init(&in, 0);
        for (int i = 0; i < 100; i++) {
            uint32_t id;
            buf_clear(&source);
            random_pattern(&r, &source, 3);
            taken += source.len > 0 && patterns_add(b, buf_span(&source), &id, &err) == ERR_OK;
        }
        struct patterns *p = patterns_build(b);
        struct patterns_scratch *s = patterns_scratch_new(p);
        for (uint32_t id = 0; id < patterns_count(p); id++)
            filtered += !patterns_always(p, id);
        for (int i = 0; i < 40; i++) {
            buf_clear(&in);
            random_text(&r, &in);
            found += assert_same_as_loop(p, s, in.len > 0 ? in.ptr : "", in.len);
        }
        buf_release(&source);
        buf_release(&in);
        patterns_scratch_free(s);
        patterns_free(p);
        patterns_builder_free(b);
    }
    /* Else this would prove little. */
    assert_true(unknown < 200);
    assert_true(taken > 1500);
    assert_true(filtered > taken / 2);
    assert_true(found > 5000);
}

/* Long texts are searched a few starts at a time: no match may fall between. */
static void test_patterns_run__long_texts__same_as_a_loop(void **state)
{
    (void)state;
    static const char *const sources[] = {"金",       "料.{0,40}金", "(?<=料{3})金", "^料",
                                          "^.*金",    "金$",         "(?m)^金",      "\\b金",
                                          "[^料]+金", "(?<!料)金",   "料金?",        "(.)金.*\\1"};
    struct patterns *p = build(sources, sizeof(sources) / sizeof(sources[0]));
    struct patterns_scratch *s = patterns_scratch_new(p);
    char in[1600];

    for (size_t at = 0; at < 140; at++) {
        size_t n = 0;
        for (size_t i = 0; i < 140; i++)
            n += (size_t)snprintf(in + n, sizeof(in) - n, "%s",
                                  i == at       ? "金"
                                  : i == at / 2 ? "\n"
                                                : (i % 7 == 3 ? "a" : "料"));
        assert_true(assert_same_as_loop(p, s, in, n) > 0);
    }
    patterns_scratch_free(s);
    patterns_free(p);
}

static void test_patterns_run__ten_thousand_patterns__same_as_a_loop(void **state)
{
    (void)state;
    struct patterns_builder *b = patterns_builder_new();
    struct err err;
    uint32_t id;
    char source[100];

    for (int i = 0; i < 10000; i++) {
        (void)snprintf(source, sizeof(source), "商品%d番?(の|は).{0,6}(料金|費用%d)", i, i % 10);
        assert_int_equal(patterns_add(b, span_str(source), &id, &err), ERR_OK);
    }
    struct patterns *p = patterns_build(b);
    patterns_builder_free(b);
    struct patterns_scratch *s = patterns_scratch_new(p);

    text_make(&text, span_str("商品４２１７番の費用７を教えて"));
    assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 1);
    assert_int_equal(hits[0].pattern, 4217);
    text_make(&text, span_str("商品４２１７番の費用８を教えて"));
    assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 0);
    text_make(&text, span_str("商品12の料金と商品3は料金"));
    assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 2);
    assert_int_equal(hits[0].pattern, 3);
    assert_int_equal(hits[1].pattern, 12);
    patterns_scratch_free(s);
    patterns_free(p);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const char *const evil[] = {
    "(a+)+$",
    "(a|aa)+$",
    "^(\\w+\\s?)*$x?y",
    "a+a+[bc]",
    "(?:.*a){12}",
    "(?:.*a){12}b",
    "(a{1,30}){1,30}(a{1,30}){1,30}b",
    "(.*)(.*)(.*)(.*)(.*)b",
    "(?:a?){30}a{30}b",
    "(?=(a+))\\1*b",
    "(((a+)+)+)+b",
    "(\\w+\\s?)+!",
    "([^b]*)*(a|b)*c",
    "(a+|b)(?R)?c",
    "a{1,20}a+a++[bc]",
    "a{1,19}.*a++[bc]",
};

static int64_t time_of(const struct patterns *p, struct patterns_scratch *s, const char *in)
{
    text_make(&text, span_str(in));
    int64_t start = clock_mono_us();
    (void)patterns_run(p, s, &text, hits, HITS_MAX);
    return clock_mono_us() - start;
}

static void test_patterns_run__evil_patterns__keep_to_the_budget(void **state)
{
    (void)state;
    enum { N = sizeof(evil) / sizeof(evil[0]) };
    struct patterns *all = build(evil, N);
    struct patterns_scratch *s = patterns_scratch_new(all);
    char in[4][501];
    uint32_t limits = 0;

    memset(in, 0, sizeof(in));
    memset(in[0], 'a', 500);
    memset(in[1], 'a', 499);
    in[1][499] = '!';
    for (int i = 0; i < 500; i++) {
        in[2][i] = i % 6 == 5 ? ' ' : 'a';
        in[3][i] = "abc!"[i % 7 == 6 ? 3 : i % 3];
    }
    for (size_t k = 0; k < 4; k++) {
        int64_t took = time_of(all, s, in[k]);
        if (took > 500000)
            fail_msg("all patterns took %lld us", (long long)took);
    }
    for (uint32_t id = 0; id < N; id++)
        limits += patterns_scratch_limits(s, id);
    assert_true(limits > 0);
    patterns_scratch_free(s);
    patterns_free(all);

    for (size_t i = 0; i < N; i++) {
        struct patterns *one = build(&evil[i], 1);
        s = patterns_scratch_new(one);
        for (size_t k = 0; k < 4; k++) {
            int64_t took = time_of(one, s, in[k]);
            if (took > 500000)
                fail_msg("/%s/ took %lld us", evil[i], (long long)took);
        }
        patterns_scratch_free(s);
        patterns_free(one);
    }
}

static void test_patterns_run__a_pattern_at_its_limit__is_no_hit_and_counted(void **state)
{
    (void)state;
    static const char *const sources[] = {"(a+)+b?$", "(a+)+\\d", "aaa!"};
    struct patterns *p = build(sources, 3);
    struct patterns_scratch *s = patterns_scratch_new(p);
    char in[101];

    memset(in, 'a', 99);
    in[99] = '!';
    in[100] = '\0';
    text_make(&text, span_str(in));
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 1);
        assert_int_equal(hits[0].pattern, 2);
        assert_int_equal(patterns_scratch_limits(s, 1), i);
        assert_int_equal(patterns_scratch_limits(s, 2), 0);
    }
    patterns_scratch_free(s);
    patterns_free(p);
}

/* PCRE2 would run into its limit: so it was not asked. */
static void test_patterns_run__a_group_is_missing__the_pattern_is_not_tried(void **state)
{
    (void)state;
    static const char *const sources[] = {"(a+)+[xyz](料金|費用)(額|表)"};
    static const struct {
        const char *end;
        bool tried;
    } rows[] = {
        {"!", false}, {"!料金", false}, {"!表", false}, {"!料金と表", true}, {"!額は費用", true}};
    struct patterns *p = build(sources, 1);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct patterns_scratch *s = patterns_scratch_new(p);
        char in[200];
        memset(in, 'a', 100);
        (void)snprintf(in + 100, sizeof(in) - 100, "%s", rows[i].end);
        text_make(&text, span_str(in));
        assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 0);
        assert_int_equal(patterns_scratch_limits(s, 0), rows[i].tried);
        patterns_scratch_free(s);
    }
    patterns_free(p);
}

/* Frames beyond the first 20 kB come out of the scratch, and go back there. */
static void test_patterns_run__deep_matches__get_memory_from_the_scratch(void **state)
{
    (void)state;
    static const char *const sources[] = {"(?:(a)|(b)|(c))+d", "((?:(a)|(b))(?:(b)|(a)|(c))?)+d"};
    struct patterns *p = build(sources, 2);
    struct patterns_scratch *s = patterns_scratch_new(p);
    char in[501];

    for (int i = 0; i < 499; i++)
        in[i] = "abc"[i % 3];
    in[499] = 'd';
    in[500] = '\0';
    text_make(&text, span_str(in));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), 2);
        assert_int_equal(hits[0].begin, 0);
        assert_int_equal(hits[0].end, 500);
    }
    assert_int_equal(patterns_scratch_limits(s, 0) + patterns_scratch_limits(s, 1), 0);
    patterns_scratch_free(s);
    patterns_free(p);
}

static void test_patterns_run__many_evil_patterns__the_budget_of_all_holds(void **state)
{
    (void)state;
    enum { N = 300 };
    const char *sources[N];
    char in[501];

    for (size_t i = 0; i < N; i++)
        sources[i] = "a.*a.*a.*[bc]";
    struct patterns *p = build(sources, N);
    struct patterns_scratch *s = patterns_scratch_new(p);
    memset(in, 'a', 500);
    in[500] = '\0';
    int64_t took = time_of(p, s, in);
    if (took > 500000)
        fail_msg("took %lld us", (long long)took);
    uint32_t limits = 0;
    for (uint32_t id = 0; id < N; id++)
        limits += patterns_scratch_limits(s, id);
    assert_true(limits > 0);
    assert_true(limits == N || patterns_scratch_overruns(s) == 1);

    /* The next text starts afresh. */
    text_make(&text, span_str("aaab"));
    assert_int_equal(patterns_run(p, s, &text, hits, HITS_MAX), N);
    patterns_scratch_free(s);
    patterns_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_add__what_is_not_taken__says_where_and_what_to_do),
        cmocka_unit_test(test_patterns_add__500_bytes__are_taken_and_501_refused),
        cmocka_unit_test(test_patterns_add__characters_that_become_many__are_taken),
        cmocka_unit_test(test_patterns_add__a_refused_pattern__takes_no_id),
        cmocka_unit_test(test_patterns_run__patterns_and_texts__match_what_an_editor_means),
        cmocka_unit_test(test_patterns_always__without_a_literal__it_is_so),
        cmocka_unit_test(test_patterns_run__all_patterns_at_once__same_as_a_loop),
        cmocka_unit_test(test_patterns_run__random_patterns_and_texts__same_as_a_loop),
        cmocka_unit_test(test_patterns_run__long_texts__same_as_a_loop),
        cmocka_unit_test(test_patterns_run__ten_thousand_patterns__same_as_a_loop),
        cmocka_unit_test(test_patterns_run__evil_patterns__keep_to_the_budget),
        cmocka_unit_test(test_patterns_run__a_pattern_at_its_limit__is_no_hit_and_counted),
        cmocka_unit_test(test_patterns_run__a_group_is_missing__the_pattern_is_not_tried),
        cmocka_unit_test(test_patterns_run__deep_matches__get_memory_from_the_scratch),
        cmocka_unit_test(test_patterns_run__many_evil_patterns__the_budget_of_all_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

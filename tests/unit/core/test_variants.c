/* Which variants of a sentence are made, and that nothing of it is lost or invented. */
#include "core/variants.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* All of one kind (or all kinds: VARIANT_KINDS), joined by " / ". */
struct listing {
    int kind;
    struct buf out;
    size_t n;
};

static void note(void *ctx, enum variant_kind kind, struct span text)
{
    struct listing *l = ctx;
    assert_true(utf8_valid(text));
    l->n++;
    if (l->kind != VARIANT_KINDS && l->kind != (int)kind)
        return;
    if (l->out.len > 0)
        buf_adds(&l->out, " / ");
    buf_add(&l->out, text.ptr, text.len);
}

static struct listing list(const char *sentence, int kind)
{
    struct listing l = {.kind = kind};
    struct variants *v = variants_new();
    buf_init(&l.out, 0);
    variants_make(v, span_str(sentence), note, &l);
    variants_free(v);
    return l;
}

static const struct {
    const char *name;
    enum variant_kind kind;
    const char *sentence, *variants;
} table[] = {
    {"half-width katakana with its marks", VARIANT_WIDTH, "ガイドブック、パ", "ｶﾞｲﾄﾞﾌﾞｯｸ､ﾊﾟ"},
    {"half-width ヴ and ー", VARIANT_WIDTH, "ヴァー", "ｳﾞｧｰ"},
    {"full-width letters, digits and spaces", VARIANT_WIDTH, "v6 は?", "ｖ６　は？"},
    {"a question mark alone is no width", VARIANT_WIDTH, "料金は?", ""},
    {"both cases", VARIANT_CASE, "Wi-Fi", "WI-FI / wi-fi"},
    {"one case that it has already", VARIANT_CASE, "ONSとは", "onsとは"},
    {"katakana words in hiragana", VARIANT_SCRIPT, "ルーターとヴ", "るーたーとゔ"},
    {"hiragana stays", VARIANT_SCRIPT, "るーたー", ""},
    {"dropped only from words of four", VARIANT_LONG_MARK, "コピー", "コピーー / コピ- / コピ─"},
    {"no long mark that a number would make a hyphen", VARIANT_LONG_MARK, "ハブー2", ""},
    {"at joints, one of them alone, never before ー", VARIANT_SPACES, "v6の料金とかーど",
     "v6の 料金とかーど"},
    {"out between Japanese words only", VARIANT_SPACES, "フレッツ 光 v6", "フレッツ光 v6"},
    {"repeated kanji", VARIANT_REPEAT, "月月の人々", "月々の人人"},
    {"all endings that it has not", VARIANT_PUNCTUATION, "料金は？",
     "料金は / 料金は! / 料金は。 / 料金は……"},
    {"without commas", VARIANT_PUNCTUATION, "では、料金は。",
     "では、料金は / では、料金は？ / では、料金は! / では、料金は…… / では料金は"},
    {"nothing but stops stays what it is", VARIANT_PUNCTUATION, "？", "？？ / ？! / ？。 / ？……"},
    {"other okurigana", VARIANT_OKURIGANA, "申込みを", "申し込みを / 申込を"},
    {"a verb goes on", VARIANT_OKURIGANA, "申し込みたい", "申込みたい"},
    {"a verb without okurigana is no noun", VARIANT_OKURIGANA, "支払う", ""},
    {"a compound is no noun of its own", VARIANT_OKURIGANA, "手続中", ""},
    {"politeness dropped", VARIANT_POLITE, "お見積もりは", "見積もりは"},
    {"politeness added", VARIANT_POLITE, "利用と契約", "ご利用とご契約"},
    {"not to compounds", VARIANT_POLITE, "月額利用と利用料", ""},
    {"a question's ending", VARIANT_ENDING, "何ですか。",
     "何でしょうか / 何ですかね / 何ですか教えてください"},
    {"an ending by its stem", VARIANT_ENDING, "使えます", "使えますが / 使えるのですが"},
    {"not by another stem", VARIANT_ENDING, "書きます", "書きますが"},
    {"no noun's ending behind Latin", VARIANT_ENDING, "price", ""},
    {"no errors in short words", VARIANT_MISSING, "カメラ", ""},
    {"no errors in hiragana", VARIANT_SWAPPED, "すたーとぱっく", ""},
    {"no voice to change", VARIANT_VOICED, "アイエアイ", ""},
};

static void test_make__one_kind__gives_these(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct listing l = list(table[i].sentence, (int)table[i].kind);
        if (strcmp(buf_cstr(&l.out), table[i].variants) != 0)
            fail_msg("%s: '%s' gave '%s', not '%s'", table[i].name, table[i].sentence,
                     buf_cstr(&l.out), table[i].variants);
        buf_release(&l.out);
    }
}

/* ---- errors: which place is hit is the sentence's own, so only what each one does is fixed ----
 */

static size_t signs_of(const char *s)
{
    return utf8_count(span_str(s));
}

static void test_make__typing_errors__are_one_error_in_the_word(void **state)
{
    (void)state;
    static const struct {
        enum variant_kind kind;
        int longer;
    } errors[] = {
        {VARIANT_MISSING, -1}, {VARIANT_DOUBLED, 1}, {VARIANT_SWAPPED, 0}, {VARIANT_VOICED, 0}};
    static const char *const sentences[] = {"スタートパック", "料金はガイドブックに",
                                            "ネットワーク図と回線", "オプションか"};

    for (size_t k = 0; k < sizeof(errors) / sizeof(errors[0]); k++) {
        for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
            struct listing l = list(sentences[i], (int)errors[k].kind);
            assert_int_not_equal(l.out.len, 0);
            assert_int_equal((int)signs_of(buf_cstr(&l.out)),
                             (int)signs_of(sentences[i]) + errors[k].longer);
            assert_string_not_equal(buf_cstr(&l.out), sentences[i]);
            buf_release(&l.out);
        }
    }
}

/* ---- what normalising must take away is taken away ------------------------------------------- */

struct comparing {
    struct text text;
    struct buf before, after;
    size_t n;
};

static void compare(void *ctx, enum variant_kind kind, struct span text)
{
    struct comparing *c = ctx;
    if (kind > VARIANT_SCRIPT && kind != VARIANT_REPEAT && kind != VARIANT_EMOJI)
        return;
    buf_clear(&c->after);
    text_make(&c->text, text);
    text_print(&c->text, &c->after);
    assert_string_equal(buf_cstr(&c->after), buf_cstr(&c->before));
    c->n++;
}

static void test_make__width_case_script_and_emoji__are_the_same_text(void **state)
{
    (void)state;
    static const char *const sentences[] = {"スタートパックの月々の料金は?", "Wi-Fiルーター、v6で",
                                            "ヴァイオリン 2,200円", "What is ONS?"};
    static struct comparing c;
    struct variants *v = variants_new();

    buf_init(&c.before, 0);
    buf_init(&c.after, 0);
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        buf_clear(&c.before);
        text_make(&c.text, span_str(sentences[i]));
        text_print(&c.text, &c.before);
        variants_make(v, span_str(sentences[i]), compare, &c);
    }
    assert_true(c.n >= 15);
    variants_free(v);
    buf_release(&c.before);
    buf_release(&c.after);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void test_make__too_long_or_empty__has_none(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    struct listing none = list("", VARIANT_KINDS);
    assert_int_equal(none.n, 0);
    for (int i = 0; i < VARIANTS_SENTENCE_MAX; i++)
        buf_adds(&b, "ー");
    struct listing longest = list(buf_cstr(&b), VARIANT_KINDS);
    assert_true(longest.n > 0);
    buf_adds(&b, "ー");
    struct listing longer = list(buf_cstr(&b), VARIANT_KINDS);
    assert_int_equal(longer.n, 0);
    buf_release(&none.out);
    buf_release(&longest.out);
    buf_release(&longer.out);
    buf_release(&b);
}

static void test_make__twice__is_the_same(void **state)
{
    (void)state;
    struct listing a = list("v6オプションの月々の料金を、教えてください", VARIANT_KINDS);
    struct listing b = list("v6オプションの月々の料金を、教えてください", VARIANT_KINDS);
    assert_true(a.n >= 20 && a.n <= 40);
    assert_string_equal(buf_cstr(&a.out), buf_cstr(&b.out));
    buf_release(&a.out);
    buf_release(&b.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make__one_kind__gives_these),
        cmocka_unit_test(test_make__typing_errors__are_one_error_in_the_word),
        cmocka_unit_test(test_make__width_case_script_and_emoji__are_the_same_text),
        cmocka_unit_test(test_make__too_long_or_empty__has_none),
        cmocka_unit_test(test_make__twice__is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

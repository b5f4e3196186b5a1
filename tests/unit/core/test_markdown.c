#include "core/markdown.h"

#include "blocks.h"
#include "core/kb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct made {
    struct markdown m;
    struct diags diags;
    bool ok;
};

static void make(struct made *r, const char *source, enum lang lang)
{
    markdown_init(&r->m);
    diags_init(&r->diags);
    r->ok = markdown_make(&r->m, span_str(source), "kb/a.md", 1, lang, &r->diags);
    if (r->ok) {
        json_t *body = json_loadb(r->m.body.ptr, r->m.body.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(body);
        const char *fault = blocks_fault(body);
        if (fault != NULL)
            fail_msg("%s: %s", fault, buf_cstr(&r->m.body));
        json_decref(body);
    }
}

static void release(struct made *r)
{
    markdown_release(&r->m);
    diags_release(&r->diags);
}

/* Below the heading "# 題". */
static const struct {
    const char *name, *source, *body, *text;
    enum lang lang;
} shown[] = {
    {"paragraphs", "一つめ。\n\n二つめ。",
     "[{\"t\":\"p\",\"c\":[\"一つめ。\"]},{\"t\":\"p\",\"c\":[\"二つめ。\"]}]",
     "一つめ。\n二つめ。", LANG_JA},
    {"a heading", "## 料金\n\n無料です。",
     "[{\"t\":\"h\",\"c\":[\"料金\"]},{\"t\":\"p\",\"c\":[\"無料です。\"]}]", "料金\n無料です。",
     LANG_JA},
    {"bold", "これは**太字**です。",
     "[{\"t\":\"p\",\"c\":[\"これは\",{\"t\":\"b\",\"c\":[\"太字\"]},\"です。\"]}]",
     "これは太字です。", LANG_JA},
    {"bold beside Japanese brackets", "電話か**「サイト」**で、**110円**(税込)、**終わり。**次",
     "[{\"t\":\"p\",\"c\":[\"電話か\",{\"t\":\"b\",\"c\":[\"「サイト」\"]},\"で、\",{\"t\":\"b\","
     "\"c\":[\"110円\"]},\"(税込)、\",{\"t\":\"b\",\"c\":[\"終わり。\"]},\"次\"]}]",
     "電話か「サイト」で、110円(税込)、終わり。次", LANG_JA},
    {"bold in the cells of a table", "| a | b |\n|---|---|\n| は**「x」**で | は**(y)**で |",
     "[{\"t\":\"table\",\"head\":[[\"a\"],[\"b\"]],\"rows\":[[[\"は\",{\"t\":\"b\",\"c\":["
     "\"「x」\"]},"
     "\"で\"],[\"は\",{\"t\":\"b\",\"c\":[\"(y)\"]},\"で\"]]]}]",
     "a: は「x」で、b: は(y)で", LANG_JA},
    {"a soft break in Japanese", "長い文は、\n続きます。\n**ONS**の\nIDです。",
     "[{\"t\":\"p\",\"c\":[\"長い文は、続きます。\",{\"t\":\"b\",\"c\":[\"ONS\"]},\"のIDです。\"]}"
     "]",
     "長い文は、続きます。ONSのIDです。", LANG_JA},
    {"a soft break in English", "one\ntwo\n**three** フレッツ\n光 four\nフレッツ",
     "[{\"t\":\"p\",\"c\":[\"one two \",{\"t\":\"b\",\"c\":[\"three\"]},\" フレッツ光 four "
     "フレッツ\"]}]",
     "one two three フレッツ光 four フレッツ", LANG_EN},
    {"a soft break between Latin words in Japanese", "LAN\ncable",
     "[{\"t\":\"p\",\"c\":[\"LAN cable\"]}]", "LAN cable", LANG_JA},
    {"a hard break", "一行め  \n二行め",
     "[{\"t\":\"p\",\"c\":[\"一行め\",{\"t\":\"br\"},\"二行め\"]}]", "一行め\n二行め", LANG_JA},
    {"neighbouring texts become one", "a &amp; b \\* c_d & \"e\"",
     "[{\"t\":\"p\",\"c\":[\"a & b * c_d & \\\"e\\\"\"]}]", "a & b * c_d & \"e\"", LANG_JA},
    {"lists", "- 一\n- 二\n  - 内\n\n1. 初\n2. 次",
     "[{\"t\":\"ul\",\"items\":[[{\"t\":\"p\",\"c\":[\"一\"]}],[{\"t\":\"p\",\"c\":[\"二\"]},{"
     "\"t\":"
     "\"ul\",\"items\":[[{\"t\":\"p\",\"c\":[\"内\"]}]]}]]},{\"t\":\"ol\",\"items\":[[{\"t\":\"p\","
     "\"c\":[\"初\"]}],[{\"t\":\"p\",\"c\":[\"次\"]}]]}]",
     "・一\n・二\n  ・内\n1. 初\n2. 次", LANG_JA},
    {"lists in English", "- one\n- two",
     "[{\"t\":\"ul\",\"items\":[[{\"t\":\"p\",\"c\":[\"one\"]}],[{\"t\":\"p\",\"c\":[\"two\"]}]]}]",
     "- one\n- two", LANG_EN},
    {"an item of two paragraphs", "- 一\n\n  続き",
     "[{\"t\":\"ul\",\"items\":[[{\"t\":\"p\",\"c\":[\"一\"]},{\"t\":\"p\",\"c\":[\"続き\"]}]]}]",
     "・一\n  続き", LANG_JA},
    {"a table", "| 項目 | 価格 |\n|---|---|\n| 合計 | **1円** |\n| 空 | |",
     "[{\"t\":\"table\",\"head\":[[\"項目\"],[\"価格\"]],\"rows\":[[[\"合計\"],[{\"t\":\"b\",\"c\":"
     "["
     "\"1円\"]}]],[[\"空\"],[]]]}]",
     "項目: 合計、価格: 1円\n項目: 空", LANG_JA},
    {"a table in English", "| Item | Price |\n|---|---|\n| Total | 1 yen |",
     "[{\"t\":\"table\",\"head\":[[\"Item\"],[\"Price\"]],\"rows\":[[[\"Total\"],[\"1 yen\"]]]}]",
     "Item: Total; Price: 1 yen", LANG_EN},
    {"a note", "> ご注意です。\n>\n> 続き",
     "[{\"t\":\"note\",\"c\":[{\"t\":\"p\",\"c\":[\"ご注意です。\"]},{\"t\":\"p\",\"c\":[\"続き\"]}"
     "]}]",
     "※ご注意です。\n続き", LANG_JA},
    {"a note in English", "> Mind the gap.",
     "[{\"t\":\"note\",\"c\":[{\"t\":\"p\",\"c\":[\"Mind the gap.\"]}]}]", "Note: Mind the gap.",
     LANG_EN},
    {"a phone number that is its own link", "[0120-116-116](tel:0120116116)(無料)",
     "[{\"t\":\"p\",\"c\":[{\"t\":\"a\",\"href\":\"tel:0120116116\",\"c\":[\"0120-116-116\"]},"
     "\"(無料)\"]}]",
     "0120-116-116(無料)", LANG_JA},
    {"a phone number behind words", "[お電話](tel:0120116116)",
     "[{\"t\":\"p\",\"c\":[{\"t\":\"a\",\"href\":\"tel:0120116116\",\"c\":[\"お電話\"]}]}]",
     "お電話 (0120116116)", LANG_JA},
    {"an address that is its own link", "[flets.com/a/](https://flets.com/a)",
     "[{\"t\":\"p\",\"c\":[{\"t\":\"a\",\"href\":\"https://flets.com/a\",\"c\":[\"flets.com/a/"
     "\"]}]}]",
     "flets.com/a/", LANG_JA},
    {"an address behind words", "[**ここ**](https://a.example/?b=1&c=2)と",
     "[{\"t\":\"p\",\"c\":[{\"t\":\"a\",\"href\":\"https://a.example/"
     "?b=1&c=2\",\"c\":[{\"t\":\"b\",\"c\":[\"ここ\"]}]},\"と\"]}]",
     "ここ (https://a.example/?b=1&c=2)と", LANG_JA},
    {"bare links", "<https://a.example> <x@a.example>",
     "[{\"t\":\"p\",\"c\":[{\"t\":\"a\",\"href\":\"https://a.example\",\"c\":[\"https://"
     "a.example\"]},"
     "\" \",{\"t\":\"a\",\"href\":\"mailto:x@a.example\",\"c\":[\"x@a.example\"]}]}]",
     "https://a.example x@a.example", LANG_JA},
    {"one tilde is no strike", "9:00~12:00、13:00~17:00",
     "[{\"t\":\"p\",\"c\":[\"9:00~12:00、13:00~17:00\"]}]", "9:00~12:00、13:00~17:00", LANG_JA},
    {"characters that turn a line round", "a&#27;[31mb&#x202e;c&#0;d",
     "[{\"t\":\"p\",\"c\":[\"a[31mbc\xEF\xBF\xBD"
     "d\"]}]",
     "a[31mbc\xEF\xBF\xBD"
     "d",
     LANG_JA},
};

static void test_markdown__what_is_allowed__becomes_blocks_and_plain_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        struct made r;
        char source[1000];
        snprintf(source, sizeof(source), "# 題\n\n%s\n", shown[i].source);
        make(&r, source, shown[i].lang);
        if (!r.ok || r.diags.n > 0)
            fail_msg("%s: %s", shown[i].name, r.diags.n > 0 ? r.diags.items[0].text : "");
        if (strcmp(buf_cstr(&r.m.body), shown[i].body) != 0)
            fail_msg("%s: %s", shown[i].name, buf_cstr(&r.m.body));
        if (strcmp(buf_cstr(&r.m.text), shown[i].text) != 0)
            fail_msg("%s: %s", shown[i].name, buf_cstr(&r.m.text));
        assert_string_equal(buf_cstr(&r.m.title), "題");
        release(&r);
    }
}

/* The first line is 1; `says` stands in the message. */
static const struct {
    const char *name, *source;
    unsigned line;
    const char *says;
} refused[] = {
    {"nothing", "", 1, "must begin with '# '"},
    {"no heading", "\n本文\n", 2, "must begin with '# '"},
    {"a smaller heading first", "## 題\n\n本文\n", 1, "must begin with '# '"},
    {"an empty heading", "#\n\n本文\n", 1, "has 0 characters"},
    {"a heading of 61 characters",
     "# "
     "ああああああああああああああああああああああああああああああああああああああああああああああ"
     "ああ"
     "あああああああああああああ\n\n本文\n",
     1, "has 61 characters"},
    {"a link in the heading", "# [題](https://a.example)\n\n本文\n", 1, "plain text"},
    {"a second heading", "# 題\n\n本文\n\n# 二\n", 5, "second '# heading'"},
    {"a second heading in a note", "# 題\n\n> # 二\n", 3, "second '# heading'"},
    {"a heading alone", "# 題\n", 1, "no answer below"},
    {"nothing that can be seen", "# 題\n\n&#8;\n", 1, "is empty"},
    {"an HTML block", "# 題\n\n本文\n\n<div>\nx\n</div>\n", 5, "HTML"},
    {"HTML in a line", "# 題\n\n本文\nと <b>太字</b>\n", 4, "HTML"},
    {"an HTML comment", "# 題\n\n本文 <!-- x -->\n", 3, "HTML"},
    {"an image", "# 題\n\n![図](https://a.example/a.png)\n", 3, "an image"},
    {"code", "# 題\n\n本文\n`x`\n", 4, "`code`"},
    {"a code block", "# 題\n\n```\nx\n```\n", 3, "a code block"},
    {"an indented code block", "# 題\n\n    x\n", 3, "a code block"},
    {"a rule", "# 題\n\n本文\n\n***\n", 5, "a rule"},
    {"one star", "# 題\n\n- 一\n- *二*\n", 4, "*emphasis*"},
    {"an underscore", "# 題\n\n_二_\n", 3, "*emphasis*"},
    {"three stars", "# 題\n\n***二***\n", 3, "*emphasis*"},
    {"struck out", "# 題\n\n~~二~~\n", 3, "struck out"},
    {"a footnote", "# 題\n\n本文[^1]\n\n終\n", 3, "footnote"},
    {"a footnote's text", "# 題\n\n本文\n\n[^1]: 注\n", 5, "footnote"},
    {"a link without words", "# 題\n\n[](https://a.example)\n", 3, "no words"},
    {"a star in the cell of a table", "# 題\n\n| a |\n|---|\n| b |\n| *c* |\n", 6, "*emphasis*"},
};

static bool says(const struct diags *d, unsigned line, const char *text)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->items[i].line == line && strstr(d->items[i].text, text) != NULL)
            return true;
    }
    return false;
}

static void test_markdown__what_has_no_block__is_an_error_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct made r;
        make(&r, refused[i].source, LANG_JA);
        if (r.ok || r.diags.nerrors == 0 || !says(&r.diags, refused[i].line, refused[i].says)) {
            diags_print(&r.diags, stderr);
            fail_msg("%s", refused[i].name);
        }
        assert_int_equal(r.m.body.len, 0);
        assert_int_equal(r.m.text.len, 0);
        release(&r);
    }
}

static const char *const bad_links[] = {
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java script:alert(1)>)",
    "[x](<java\tscript:alert(1)>)",
    "[x](java&Tab;script:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x01;javascript:alert(1))",
    "[x](&#x20;javascript:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](java&#xAD;script:alert(1))",
    "[x](java&#x200b;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](javascript%3Aalert(1))",
    "[x](ｊａｖａｓｃｒｉｐｔ:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](view-source:javascript:1)",
    "[x](feed:javascript:1)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a.example/1)",
    "[x](//a.example/)",
    "[x](/a)",
    "[x](a.md)",
    "[x](#a)",
    "[x](?a)",
    "[x]()",
    "[x](https:a.example)",
    "[x](https:///a)",
    "[x](https://)",
    "[x](http:javascript:alert(1))",
    "[x](&#x1;https://a.example)",
    "[x](https://a.example/\"onclick=1)",
    "[x](<https://a.example/\\<script\\>>)",
    "[x](https://a.example/&quot;x)",
    "[x](https://a.example/\\\\x)",
    "[x](tel:)",
    "[x](tel:javascript)",
    "[x](mailto:)",
    "[x](mailto:@)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "**[x](javascript:alert(1))**",
    "> [x](javascript:alert(1))",
    "- [x](javascript:alert(1))",
    "| a |\n|---|\n| [x](javascript:alert(1)) |",
};

static void test_markdown__link_that_is_not_https_http_tel_mailto__is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_links) / sizeof(bad_links[0]); i++) {
        struct made r;
        char source[300];
        snprintf(source, sizeof(source), "# 題\n\n%s\n", bad_links[i]);
        make(&r, source, LANG_JA);
        if (r.ok || r.diags.nerrors == 0)
            fail_msg("%s: %s", bad_links[i], buf_cstr(&r.m.body));
        release(&r);
    }
}

static void test_markdown__link_in_capitals__is_a_link(void **state)
{
    (void)state;
    struct made r;
    make(&r, "# 題\n\n[x](HTTPS://a.example/日本語) [y](TEL:+81-3-1234-5678;ext=1)\n", LANG_JA);
    assert_true(r.ok);
    release(&r);
}

static void test_markdown__table_of_four_columns__is_a_warning(void **state)
{
    (void)state;
    struct made r;
    make(&r, "# 題\n\n本文\n\n| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |\n", LANG_JA);
    assert_true(r.ok);
    assert_int_equal(r.diags.nwarnings, 1);
    assert_true(says(&r.diags, 5, "has 4 columns"));
    release(&r);
    make(&r, "# 題\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n", LANG_JA);
    assert_int_equal(r.diags.n, 0);
    release(&r);
}

static void test_markdown__what_would_show_otherwise_than_written__is_a_warning(void **state)
{
    (void)state;
    struct made r;
    make(&r, "# 題\n\n3. c\n4. d\n\n終** わり\n", LANG_JA);
    assert_true(r.ok);
    assert_int_equal(r.diags.nwarnings, 2);
    assert_true(says(&r.diags, 3, "begins with 3"));
    assert_true(says(&r.diags, 6, "'**' is shown"));
    release(&r);
}

static void test_markdown__bold_that_is_not_closed__ends_with_its_paragraph(void **state)
{
    (void)state;
    struct made r;
    make(&r, "# 題\n\n開く**だけ\n\n次は**「太字」**です\n", LANG_JA);
    assert_true(r.ok);
    assert_non_null(strstr(buf_cstr(&r.m.body), "{\"t\":\"b\",\"c\":[\"「太字」\"]}"));
    release(&r);
}

static void test_markdown__several_faults__are_all_reported_behind_the_first_line(void **state)
{
    (void)state;
    struct markdown m;
    struct diags diags;
    markdown_init(&m);
    diags_init(&diags);
    struct span s = span_str("# 題\r\n\r\n*a*\r\n<b>\r\n\r\n`c`\r\n");
    assert_false(markdown_make(&m, s, "kb/a.md", 5, LANG_JA, &diags));
    assert_int_equal(diags.nerrors, 3);
    assert_true(says(&diags, 7, "*emphasis*"));
    assert_true(says(&diags, 8, "HTML"));
    assert_true(says(&diags, 10, "`code`"));
    assert_string_equal(diags.items[0].file, "kb/a.md");
    markdown_release(&m);
    diags_release(&diags);
}

static void test_markdown__nested_beyond_the_ceiling__is_an_error_and_no_crash(void **state)
{
    (void)state;
    struct made r;
    make(&r, "# 題\n\n- a\n  - b\n    - c\n      - d\n        - e\n", LANG_JA);
    assert_true(r.ok);
    release(&r);

    size_t n = 50000;
    char *deep = malloc(n + 20);
    assert_non_null(deep);
    strcpy(deep, "# x\n\n");
    memset(deep + 5, '>', n);
    strcpy(deep + 5 + n, "a\n");
    make(&r, deep, LANG_JA);
    assert_false(r.ok);
    assert_true(says(&r.diags, 3, "nested too deeply"));
    release(&r);
    free(deep);
}

static void test_markdown__bytes_that_are_no_text__do_no_harm(void **state)
{
    (void)state;
    struct markdown m;
    struct diags diags;
    static const char bytes[] = "# x\n\n\xff\xfe**\xe3\x81\0**\\";
    for (size_t len = 0; len <= sizeof(bytes) - 1; len++) {
        markdown_init(&m);
        diags_init(&diags);
        bool ok = markdown_make(&m, span_of(bytes, len), "kb/a.md", 1, LANG_EN, &diags);
        if (ok) {
            json_t *body = json_loadb(m.body.ptr, m.body.len, 0, NULL);
            assert_non_null(body);
            json_decref(body);
        }
        markdown_release(&m);
        diags_release(&diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown__what_is_allowed__becomes_blocks_and_plain_text),
        cmocka_unit_test(test_markdown__what_has_no_block__is_an_error_with_its_line),
        cmocka_unit_test(test_markdown__link_that_is_not_https_http_tel_mailto__is_an_error),
        cmocka_unit_test(test_markdown__link_in_capitals__is_a_link),
        cmocka_unit_test(test_markdown__table_of_four_columns__is_a_warning),
        cmocka_unit_test(test_markdown__what_would_show_otherwise_than_written__is_a_warning),
        cmocka_unit_test(test_markdown__bold_that_is_not_closed__ends_with_its_paragraph),
        cmocka_unit_test(test_markdown__several_faults__are_all_reported_behind_the_first_line),
        cmocka_unit_test(test_markdown__nested_beyond_the_ceiling__is_an_error_and_no_crash),
        cmocka_unit_test(test_markdown__bytes_that_are_no_text__do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Keyword lines: complete or not, held to a plain loop over all lines. */
#include "core/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

struct fixture {
    struct terms_builder *builder;
    struct terms *terms;
    struct rules *rules;
    struct terms_scratch *terms_scratch;
    struct rules_scratch *scratch;
    struct text text;
    struct term_hit hits[TERM_HITS_MAX];
    size_t nhits;
    struct rule_hit found[RULE_HITS_MAX];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->builder = terms_builder_new();
    f->rules = rules_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rules_scratch_free(f->scratch);
    terms_scratch_free(f->terms_scratch);
    rules_free(f->rules);
    terms_free(f->terms);
    terms_builder_free(f->builder);
    free(f);
    return 0;
}

static void add(struct fixture *f, enum rule_kind kind, int32_t intent, int32_t topic,
                const char *line)
{
    struct err err;
    assert_int_equal(
        rules_add(f->rules, f->builder, kind, intent, topic, span_str(line), line, &err), ERR_OK);
}

static size_t run(struct fixture *f, const char *text, int32_t context)
{
    size_t near;
    if (f->terms == NULL) {
        f->terms = terms_build(f->builder);
        rules_seal(f->rules, terms_count(f->terms));
        f->terms_scratch = terms_scratch_new(f->terms);
        f->scratch = rules_scratch_new(f->rules);
    }
    text_make(&f->text, span_str(text));
    f->nhits =
        terms_run(f->terms, f->terms_scratch, &f->text, f->hits, TERM_HITS_MAX, NULL, 0, &near);
    return rules_run(f->rules, f->scratch, f->hits, f->nhits, context, f->found, RULE_HITS_MAX);
}

static void test_rules__two_terms__fire_only_together_and_in_any_order(void **state)
{
    struct fixture *f = *state;
    add(f, RULE_KEYWORD, 0, -1, "ルーター + 料金");
    assert_int_equal(run(f, "ルーターの型番", -1), 0);
    assert_int_equal(run(f, "料金表", -1), 0);
    assert_int_equal(run(f, "ルーターの料金", -1), 1);
    assert_int_equal(run(f, "料金はルーターだといくら", -1), 1);
}

static void test_rules__a_hit__names_the_places_of_its_terms(void **state)
{
    struct fixture *f = *state;
    add(f, RULE_KEYWORD, 3, -1, "料金 + ルーター");
    assert_int_equal(run(f, "ルーターの料金", -1), 1);
    const struct rule *rule = rules_get(f->rules, f->found[0].rule);
    assert_int_equal(rule->intent, 3);
    assert_int_equal(rule->nterms, 2);
    assert_int_equal(f->hits[f->found[0].first[0]].begin, 15); /* 料金, after five characters */
    assert_int_equal(f->hits[f->found[0].first[1]].begin, 0);
}

static void test_rules__a_plus_without_blanks__belongs_to_the_term(void **state)
{
    struct fixture *f = *state;
    add(f, RULE_KEYWORD, 0, -1, "IPsec+IKE");
    assert_int_equal(rules_get(f->rules, 0)->nterms, 1);
    assert_int_equal(run(f, "ipsec ike方式", -1), 1);
}

static void test_rules__a_follow_up__counts_only_after_its_topic(void **state)
{
    struct fixture *f = *state;
    add(f, RULE_AFTER, 0, 7, "料金");
    assert_int_equal(run(f, "料金は", -1), 0);
    assert_int_equal(run(f, "料金は", 6), 0);
    assert_int_equal(run(f, "料金は", 7), 1);
}

static void test_rules__a_text_after_another__remembers_nothing_of_it(void **state)
{
    struct fixture *f = *state;
    add(f, RULE_KEYWORD, 0, -1, "ルーター + 料金");
    assert_int_equal(run(f, "ルーター", -1), 0);
    assert_int_equal(run(f, "料金", -1), 0);
}

static void test_rules__a_line_that_cannot_be__is_refused_with_a_mend(void **state)
{
    static const char *const lines[] = {"料金 + ", " + 料金", "料金 +  + 工事", "", "   ", "。、"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct err err = {0};
        assert_int_equal(rules_add(f->rules, f->builder, RULE_KEYWORD, 0, -1, span_str(lines[i]),
                                   lines[i], &err),
                         ERR_INPUT);
        assert_true(strlen(err.text) > 10);
    }
    struct err err = {0};
    const char *many = "一階 + 二階 + 三階 + 四階 + 五階 + 六階 + 七階 + 八階 + 九階";
    assert_int_equal(
        rules_add(f->rules, f->builder, RULE_KEYWORD, 0, -1, span_str(many), many, &err),
        ERR_INPUT);
    assert_int_equal(rules_count(f->rules), 0);
}

/* The index by rarest term against a loop over all lines. */
static void test_rules__many_lines__equal_a_plain_loop(void **state)
{
    static const char *const words[] = {"料金", "回線", "工事", "解約", "申請",
                                        "設置", "期限", "電話", "住所", "保守"};
    enum { WORDS = sizeof(words) / sizeof(words[0]), LINES = 200, TEXTS = 300 };
    static char lines[LINES][64];
    static unsigned wants[LINES];
    struct fixture *f = *state;
    uint32_t seed = 7;

    for (size_t i = 0; i < LINES; i++) {
        lines[i][0] = '\0';
        size_t n = 1 + (seed = seed * 1103515245u + 12345u) / 65536 % 3;
        for (size_t k = 0; k < n; k++) {
            size_t w = (seed = seed * 1103515245u + 12345u) / 65536 % WORDS;
            strcat(lines[i], k > 0 ? " + " : "");
            strcat(lines[i], words[w]);
            wants[i] |= 1u << w;
        }
        add(f, RULE_KEYWORD, (int32_t)i, -1, lines[i]);
    }
    for (size_t t = 0; t < TEXTS; t++) {
        char text[256] = "";
        unsigned has = 0;
        for (size_t k = 0; k < 4; k++) {
            size_t w = (seed = seed * 1103515245u + 12345u) / 65536 % WORDS;
            strcat(text, words[w]);
            strcat(text, "、");
            has |= 1u << w;
        }
        size_t n = run(f, text, -1), at = 0;
        for (size_t i = 0; i < LINES; i++) {
            if ((wants[i] & ~has) != 0)
                continue;
            assert_true(at < n);
            assert_int_equal(f->found[at++].rule, i);
        }
        assert_int_equal(at, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_rules__two_terms__fire_only_together_and_in_any_order),
        TEST(test_rules__a_hit__names_the_places_of_its_terms),
        TEST(test_rules__a_plus_without_blanks__belongs_to_the_term),
        TEST(test_rules__a_follow_up__counts_only_after_its_topic),
        TEST(test_rules__a_text_after_another__remembers_nothing_of_it),
        TEST(test_rules__a_line_that_cannot_be__is_refused_with_a_mend),
        TEST(test_rules__many_lines__equal_a_plain_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

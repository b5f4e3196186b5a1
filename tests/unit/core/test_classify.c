/* The classifier: learns from sentences alone, always the same, and survives a cache it cannot
 * trust. */
#include "core/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

static const char *const sentences[][4] = {
    {"料金はいくらですか", "費用を教えてください", "値段が知りたい", "いくらかかりますか"},
    {"工事の日程を知りたい", "工事はいつですか", "工事に何日かかりますか",
     "作業はいつ始まりますか"},
    {"電話番号を教えて", "連絡先はどこですか", "電話で相談したい", "窓口の電話は何番ですか"},
    {"how do I apply", "where can I apply for it", "application form", "I want to apply online"},
};
enum { CLASSES = 4, EACH = 4 };

static struct text text; /* too large for a stack */

static struct classify_set *learned(void)
{
    struct classify_set *set = classify_set_new(CLASSES);
    for (uint32_t i = 0; i < CLASSES; i++) {
        for (uint32_t k = 0; k < EACH; k++) {
            text_make(&text, span_str(sentences[i][k]));
            classify_set_add(set, i, i * EACH + k, &text, NULL, 0, 0);
        }
    }
    return set;
}

static struct classify_result look(const struct classifier *c, const char *s)
{
    struct classify_scratch *scratch = classify_scratch_new(c);
    struct classify_result r;
    text_make(&text, span_str(s));
    classify_run(c, scratch, &text, NULL, 0, 0, &r);
    classify_scratch_free(scratch);
    return r;
}

static void test_classify__a_sentence_it_learned__is_its_own_nearest(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *c = classify_train(set, 0, 0);
    for (uint32_t i = 0; i < CLASSES; i++) {
        for (uint32_t k = 0; k < EACH; k++) {
            struct classify_result r = look(c, sentences[i][k]);
            assert_int_equal(r.top[0].label, i);
            assert_int_equal(r.top[0].nearest, i * EACH + k);
            assert_true(r.top[0].cosine > 0.999F);
            assert_true(r.coverage > 0.999F);
        }
    }
    classifier_free(c);
    classify_set_free(set);
}

static void test_classify__a_new_sentence__goes_to_the_intent_it_resembles(void **state)
{
    static const struct {
        const char *text;
        uint32_t label;
    } rows[] = {{"費用はいくらかかるの", 0},
                {"工事は何日ですか", 1},
                {"電話の番号", 2},
                {"how can I apply", 3}};
    (void)state;
    struct classify_set *set = learned();
    struct classifier *c = classify_train(set, 0, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(look(c, rows[i].text).top[0].label, rows[i].label);
    classifier_free(c);
    classify_set_free(set);
}

static void test_classify__a_text_about_something_else__is_not_covered(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *c = classify_train(set, 0, 0);
    assert_true(look(c, "猫はかわいい").coverage < 0.4F);
    assert_true(look(c, "料金はいくら").coverage > 0.9F);
    assert_int_equal(look(c, "").n, 0);
    classifier_free(c);
    classify_set_free(set);
}

static void test_classify__a_word_that_now_begins_the_text__is_not_all_known(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *c = classify_train(set, 0, 0);
    assert_true(look(c, "application form").coverage > 0.999F);
    assert_true(look(c, "form").coverage < 0.999F);
    classifier_free(c);
    classify_set_free(set);
}

/* How often a gram occurs shares a word with its number: 400 times must not run over into it. */
static void test_classify__one_sign_400_times__is_still_its_own_nearest(void **state)
{
    char many[400 * 3 + 1];
    (void)state;
    for (size_t i = 0; i < 400; i++)
        memcpy(many + 3 * i, "猫", 3);
    many[sizeof(many) - 1] = '\0';
    struct classify_set *set = learned();
    text_make(&text, span_str(many));
    classify_set_add(set, 2, 99, &text, NULL, 0, 0);
    struct classifier *c = classify_train(set, 0, 0);
    struct classify_result r = look(c, many);
    assert_int_equal(r.top[0].label, 2);
    assert_int_equal(r.top[0].nearest, 99);
    assert_true(r.top[0].cosine > 0.999F);
    assert_true(r.coverage > 0.999F);
    classifier_free(c);
    classify_set_free(set);
}

static void test_classify__trained_twice__has_the_same_weights(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *a = classify_train(set, 0, 0);
    (void)rand();
    struct classifier *b = classify_train(set, 0, 0);
    assert_true(classifier_digest(a) == classifier_digest(b));
    classifier_free(a);
    classifier_free(b);
    classify_set_free(set);
}

static void test_classify__a_fold__was_not_learned_from(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *c = classify_train(set, 4, 1);
    struct classify_scratch *s = classify_scratch_new(c);
    struct classify_result r;
    classify_run_set(c, s, set, 1, &r); /* 費用を教えてください: index 1 */
    assert_true(r.coverage < 0.999F);
    classify_run_set(c, s, set, 0, &r);
    assert_true(r.coverage > 0.999F);
    classify_scratch_free(s);
    classifier_free(c);
    classify_set_free(set);
}

static void test_classify__printed_and_read_back__decides_alike(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *a = classify_train(set, 0, 0);
    struct buf b;
    buf_init(&b, 0);
    classifier_print(a, &b);
    struct classifier *c = classifier_parse(buf_span(&b), CLASSES);
    assert_non_null(c);
    assert_true(classifier_digest(a) == classifier_digest(c));
    struct classify_result x = look(a, "工事の電話"), y = look(c, "工事の電話");
    assert_memory_equal(&x.coverage, &y.coverage, sizeof(x.coverage));
    assert_int_equal(x.n, y.n);
    for (size_t i = 0; i < x.n; i++) {
        assert_int_equal(x.top[i].label, y.top[i].label);
        assert_true(x.top[i].margin == y.top[i].margin);
    }
    classifier_free(c);
    classifier_free(a);
    buf_release(&b);
    classify_set_free(set);
}

static void test_classify__a_damaged_cache__is_refused_or_harmless(void **state)
{
    (void)state;
    struct classify_set *set = learned();
    struct classifier *a = classify_train(set, 0, 0);
    struct buf b;
    buf_init(&b, 0);
    classifier_print(a, &b);
    assert_null(classifier_parse(span_of(b.ptr, b.len - 1), CLASSES));
    assert_null(classifier_parse(span_of(b.ptr, 10), CLASSES));
    assert_null(classifier_parse(buf_span(&b), CLASSES + 1));
    /* Each word in turn becomes a large number: no index may then leave its array. */
    for (size_t at = 0; at + 4 <= b.len; at += 4) {
        char kept[4];
        memcpy(kept, b.ptr + at, 4);
        memset(b.ptr + at, 0x7F, 4);
        struct classifier *c = classifier_parse(buf_span(&b), CLASSES);
        if (c != NULL)
            (void)look(c, "料金の電話 apply");
        classifier_free(c);
        memcpy(b.ptr + at, kept, 4);
    }
    classifier_free(a);
    buf_release(&b);
    classify_set_free(set);
}

static void test_classify__one_intent_or_none__is_no_special_case(void **state)
{
    (void)state;
    struct classify_set *set = classify_set_new(1);
    struct classifier *none = classify_train(set, 0, 0);
    assert_int_equal(look(none, "料金").n, 0);
    classifier_free(none);
    text_make(&text, span_str("料金はいくらですか"));
    classify_set_add(set, 0, 0, &text, NULL, 0, 0);
    struct classifier *one = classify_train(set, 0, 0);
    struct classify_result r = look(one, "料金はいくらですか");
    assert_int_equal(r.n, 1);
    assert_true(r.top[0].cosine > 0.999F);
    classifier_free(one);
    classify_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classify__a_sentence_it_learned__is_its_own_nearest),
        cmocka_unit_test(test_classify__a_new_sentence__goes_to_the_intent_it_resembles),
        cmocka_unit_test(test_classify__a_text_about_something_else__is_not_covered),
        cmocka_unit_test(test_classify__a_word_that_now_begins_the_text__is_not_all_known),
        cmocka_unit_test(test_classify__one_sign_400_times__is_still_its_own_nearest),
        cmocka_unit_test(test_classify__trained_twice__has_the_same_weights),
        cmocka_unit_test(test_classify__a_fold__was_not_learned_from),
        cmocka_unit_test(test_classify__printed_and_read_back__decides_alike),
        cmocka_unit_test(test_classify__a_damaged_cache__is_refused_or_harmless),
        cmocka_unit_test(test_classify__one_intent_or_none__is_no_special_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

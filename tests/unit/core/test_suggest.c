/* Suggestions while typing: on small trees for the rules, on the shipped content for the promise
 * that whatever is offered is answered. */
#include "core/turn.h"

#include "core/content.h"
#include "core/kb.h"
#include "core/suggest.h"

#include "content_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>

static const unsigned char key[SESSION_KEY_BYTES] = {1, 2, 3};
static const int64_t now = 1790000000000;

struct asked {
    struct corpus *corpus;
    struct turn *turn;
    enum lang lang;
};

static struct asked asked_new(struct corpus *c)
{
    assert_non_null(c);
    return (struct asked){c, turn_new(c), LANG_JA};
}

static void asked_release(struct asked *a)
{
    turn_free(a->turn);
    corpus_unref(a->corpus);
}

/* What is offered for a half-typed text: "id id id". */
static const char *offered(const struct asked *a, const char *text)
{
    static char ids[SUGGEST_MAX * (INTENT_ID_BYTES_MAX + 1) + 1];
    const struct turn_env env = {.session_key = key, .now_ms = now};
    struct session session;
    struct buf message;
    size_t len = 0;

    buf_init(&message, 0);
    buf_printf(&message,
               "{\"type\":\"suggest\",\"lang\":\"%s\",\"text\":", a->lang == LANG_EN ? "en" : "ja");
    buf_add_json(&message, span_str(text));
    buf_addc(&message, '}');
    session_begin(&session, now);
    turn_run(a->turn, &env, &session, buf_span(&message));
    assert_int_equal(a->turn->err.code, WIRE_OK);
    assert_int_equal(session.turns, 0);
    assert_true(a->turn->nsuggestions <= SUGGEST_MAX);
    ids[0] = '\0';
    for (size_t i = 0; i < a->turn->nsuggestions; i++) {
        struct span id = corpus_intent_id(a->corpus, a->turn->suggestions[i]);
        len += (size_t)sprintf(ids + len, "%s%.*s", i > 0 ? " " : "", SPAN_ARG(id));
    }
    buf_release(&message);
    return ids;
}

static void assert_first(const struct asked *a, const char *text, const char *want)
{
    const char *ids = offered(a, text);
    size_t len = strlen(want);
    if (strncmp(ids, want, len) != 0 || (ids[len] != ' ' && ids[len] != '\0') ||
        (len == 0 && ids[0] != '\0'))
        fail_msg("%s: '%s', not '%s' first", text, ids, want);
}

static struct corpus *corpus_of(const struct fixture_file *files, size_t n)
{
    const struct corpus_options options = {.answer_at = -1, .choose_at = -1, .now_ms = now};
    struct tree tree = {0};
    struct diags diags;

    diags_init(&diags);
    for (size_t i = 0; i < n; i++)
        tree_add(&tree, files[i].name, span_str(files[i].text));
    struct corpus *c = corpus_build(&tree, &options, &diags);
    if (c == NULL)
        diags_print(&diags, stderr);
    diags_release(&diags);
    tree_release(&tree);
    return c;
}

/* ---- the rules ------------------------------------------------------------------------------- */

/* A ticket office: sentences that begin alike in all the ways that are ranked. */
static const struct fixture_file office[] = {
    {"intents/seat.json", "{\"keywords\":[\"指定席\"],\"examples\":[\"指定席を予約したい\","
                          "\"窓側に座りたい\",\"座席のきまり\"]}"},
    {"intents/seat-price.json", "{\"keywords\":[\"指定席 + 料金\"],\"examples\":["
                                "\"指定席はいくらですか\",\"座席の料金が知りたい\"]}"},
    {"intents/refund.json", "{\"keywords\":[\"払い戻し\"],\"examples\":["
                            "\"買った指定席を払い戻したい\",\"お金を返してほしい\"]}"},
    {"intents/member-number.json", "{\"keywords\":[\"会員さまID\"],\"examples\":["
                                   "\"会員さまIDを忘れた\",\"v6会員って何\"]}"},
    {"intents/pets.json", "{\"keywords\":[\"ペット\"],\"unless\":[\"ヘビ\"],\"examples\":["
                          "\"ペットを連れて乗りたい\",\"ヘビは乗れますか\"]}"},
    {"intents/snakes.json", "{\"unless\":[\"爬虫類\"],\"examples\":[\"トカゲと乗りたい\","
                            "\"カメは持ち込めるか\"]}"},
    {"intents/bikes.json", "{\"keywords\":[\"自転車\"],\"unless\":[\"carriage\"],"
                           "\"examples\":[\"自転車を積みたい\",\"自転車は乗せられますか\"]}"},
    {"intents/hello.json", "{\"talk\":true,\"examples\":[\"こんばんは\",\"やあ元気\"]}"},
    {"intents/reject-planes.json", "{\"reject\":true,\"examples\":[\"飛行機の切符はありますか\","
                                   "\"飛行機に乗りたい\"]}"},
    {"intents/terms.json",
     "{\"terms\":{\"指定席\":{\"readings\":[\"していせき\"]},"
     "\"料金\":{\"aliases\":[\"費用\",\"*いくら\"],\"readings\":[\"りょうきん\",\"ひよう\"]},"
     "\"会員さまID\":{\"aliases\":[\"会員番号\"],\"readings\":[\"かいいんさまID\"]},"
     "\"払い戻し\":{\"readings\":[\"はらいもどし\"]}},\"guards\":[],\"typos\":{}}"},
    {"kb/seat.md", "# 指定席\n\nあります。\n"},
    {"kb/en/seat.md", "# Reserved seats\n\nYes.\n"},
    {"kb/seat-price.md", "# 座席の料金\n\n500円です。\n"},
    {"kb/refund.md", "# 払い戻し\n\n窓口へどうぞ。\n"},
    {"kb/member-number.md", "# 会員さまIDとは\n\n番号です。\n"},
    {"kb/pets.md", "# ペット\n\nどうぞ。\n"},
    {"kb/snakes.md", "# 爬虫類の持ち込み\n\nご遠慮ください。\n"},
    {"kb/bikes.md", "# 自転車\n\nどうぞ。\n"},
    {"kb/en/bikes.md", "# Carriage of bicycles\n\nYes.\n"},
    {"kb/hello.md", "# ごあいさつ\n\nこんばんは。\n"},
};
enum { OFFICE_FILES = sizeof(office) / sizeof(office[0]) };

static int set_up(void **state)
{
    static struct asked a;
    a = asked_new(corpus_of(office, OFFICE_FILES));
    *state = &a;
    return 0;
}

static int tear_down(void **state)
{
    asked_release(*state);
    return 0;
}

static void test_suggest__what_is_typed__finds_topics_by_every_way_of_writing(void **state)
{
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"the title's beginning", "指定", "seat"},
        {"title, example, inside", "指定席", "seat seat-price refund"},
        {"the beginning of an example", "お金", "refund"},
        {"a word behind a particle", "料", "seat-price"},
        {"a word in hiragana behind one", "きま", "seat"},
        {"a kana prefix", "してい", "seat seat-price refund"},
        {"a second reading", "ひよ", "seat-price"},
        {"an alias", "会員番", "member-number"},
        {"half-width, other case", "会員ｻﾏｉ", "member-number"},
        {"kana and letters, not yet converted", "かいいんさまid", "member-number"},
        {"a half-typed syllable", "していs", "seat seat-price refund"},
        {"a half-typed syllable of two letters", "りょうky", "seat-price"},
        {"a half-typed syllable, full width", "はらいｍ", "refund"},
        {"a half-typed syllable of katakana", "ペッt", "pets"},
        {"a letter that is meant", "v", ""},
        {"letters that are meant", "v6", "member-number"},
        {"kana behind kanji", "座席のりょ", "seat-price"},
        {"kana behind a term in kana", "していせきはい", "seat-price"},
        {"okurigana left out", "払戻", "refund"},
        {"a comma more", "指定席、を", "seat"},
        {"other words, for the matcher", "席の予約 指定席", "seat"},
        {"nothing", "", ""},
        {"nothing to see", " 、。", ""},
        {"one digit", "6", ""},
        {"one letter, full width", "Ｖ", ""},
        {"nothing begins so", "ぬぬぬ", ""},
        {"small talk", "こんばん", ""},
        {"small talk, all of it", "こんばんは", ""},
        {"what is refused", "飛行機の切", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].name);
        assert_first(*state, rows[i].text, rows[i].want);
    }
}

/* An example that its own `unless` line vetoes, and a title. */
static void test_suggest__what_the_matcher_answers_otherwise__is_not_offered(void **state)
{
    struct asked *a = *state;
    struct session session;
    session_begin(&session, now);

    assert_first(a, "ペッ", "pets");
    assert_string_equal(offered(a, "ヘビは"), "");
    assert_true(turn_decide(a->turn, &session, span_str("トカゲと乗りたい")));
    assert_true(span_is(corpus_intent_id(a->corpus, a->turn->reply.decision.intent), "snakes"));
    assert_int_equal(a->turn->reply.decision.outcome, OUTCOME_ANSWER);
    assert_string_equal(offered(a, "爬虫"), "");
    assert_string_equal(offered(a, "トカゲ"), "");
    assert_string_equal(offered(a, "トカゲと乗りたい"), ""); /* its title would not be answered */
}

static void test_suggest__a_session_in_english__is_shown_titles_that_are_answered(void **state)
{
    struct asked *a = *state;
    struct buf out;
    buf_init(&out, 0);
    a->lang = LANG_EN;
    assert_first(a, "reser", "seat");
    turn_print_suggestions(a->corpus, a->turn, &out);
    assert_non_null(strstr(buf_cstr(&out), "\"Reserved seats\""));
    assert_first(a, "していせ", "seat");
    assert_string_equal(offered(a, "自転"), ""); /* its English title is not answered */
    a->lang = LANG_JA;
    assert_first(a, "自転", "bikes");
    assert_first(a, "reserved s", "seat");
    buf_release(&out);
}

static void test_suggest__a_variant_of_an_answer__changes_no_title(void **state)
{
    struct asked a = asked_new(fixture_corpus(NULL, NULL));
    (void)state;
    assert_first(&a, "配", "delivery delivery-fee");
    assert_first(&a, "宅", "delivery");
    assert_first(&a, "りょうき", "delivery-fee");
    a.lang = LANG_EN;
    assert_first(&a, "Op", "hours");
    asked_release(&a);
}

static void test_suggest__built_twice__offers_the_same(void **state)
{
    static const char *const texts[] = {"指", "指定席", "りょう", "お", "会員さまi", "v6"};
    struct asked *a = *state, b = asked_new(corpus_of(office, OFFICE_FILES));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char first[SUGGEST_MAX * (INTENT_ID_BYTES_MAX + 1) + 1];
        strcpy(first, offered(a, texts[i]));
        assert_string_equal(first, offered(&b, texts[i]));
    }
    asked_release(&b);
}

/* More sentences than are looked at one by one: the best of all, not of the first ones. */
static void test_suggest__hundreds_begin_alike__the_shortest_titles_win(void **state)
{
    enum { TOPICS = 300, FILES = 2 * TOPICS };
    static struct fixture_file files[FILES];
    (void)state;
    for (unsigned i = 0; i < TOPICS; i++) {
        char text[400], name[60];
        /* The shortest five: 40, 93, 146, 199, 252. */
        const char *tail = i % 53 == 40 ? "" : i % 2 != 0 ? "の場所と行き方" : "の場所";
        snprintf(name, sizeof(name), "intents/t%03u.json", i);
        files[2 * i].name = strdup(name);
        snprintf(text, sizeof(text), "{\"examples\":[\"窓口なら%u番ですか\"]}", 100 + i * 7);
        files[2 * i].text = strdup(text);
        snprintf(name, sizeof(name), "kb/t%03u.md", i);
        files[2 * i + 1].name = strdup(name);
        snprintf(text, sizeof(text), "# 窓口%u番%s\n\nはい。\n", 100 + i * 7, tail);
        files[2 * i + 1].text = strdup(text);
    }
    struct asked a = asked_new(corpus_of(files, FILES));
    assert_string_equal(offered(&a, "窓"), "t040 t093 t146 t199 t252");
    assert_string_equal(offered(&a, "窓口"), "t040 t093 t146 t199 t252");
    asked_release(&a);
    for (size_t i = 0; i < FILES; i++) {
        free((char *)files[i].name);
        free((char *)files[i].text);
    }
}

/* ---- the shipped content --------------------------------------------------------------------- */

static struct corpus *shipped(void)
{
    const struct corpus_options options = {.answer_at = -1, .choose_at = -1, .now_ms = now};
    struct tree tree = {0};
    struct diags diags;

    diags_init(&diags);
    tree_read(&tree, FAQD_SOURCE_DIR, corpus_subdirs, &diags);
    struct corpus *c = corpus_build(&tree, &options, &diags);
    diags_release(&diags);
    tree_release(&tree);
    return c;
}

static bool is_answered(struct turn *t, int32_t intent, struct span question)
{
    const struct decision *d = &t->reply.decision;
    struct session session;
    session_begin(&session, now);
    return turn_decide(t, &session, question) && d->outcome == OUTCOME_ANSWER &&
           d->intent == intent;
}

/* All that is offered for all beginnings of `text`. */
static void offer_beginnings(const struct asked *a, struct span text, bool *seen)
{
    for (size_t len = 1; len <= text.len && len < 60; len++) {
        char typed[64];
        if (len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
            continue;
        memcpy(typed, text.ptr, len);
        typed[len] = '\0';
        offered(a, typed);
        for (size_t i = 0; i < a->turn->nsuggestions; i++)
            seen[a->turn->suggestions[i]] = true;
    }
}

static void check_language(struct asked *a, enum lang lang)
{
    const struct content *content = corpus_content(a->corpus);
    bool *seen = calloc(content->nintents, sizeof(*seen));
    size_t shown = 0, wrong = 0;

    a->lang = lang;
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        const struct kb_answer *answer = kb_find(corpus_kb(a->corpus), (int32_t)i, lang, -1);
        if (answer != NULL)
            offer_beginnings(a, answer->title, seen);
        for (size_t k = 0; k < x->examples.n; k += 4) /* each fourth: the test is to be quick */
            offer_beginnings(a, span_str(x->examples.items[k].s), seen);
    }
    for (size_t i = 0; i < content->nterms; i++) {
        for (size_t k = 0; k < content->terms[i].readings.n; k++)
            offer_beginnings(a, span_str(content->terms[i].readings.items[k].s), seen);
    }
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        if (!seen[i])
            continue;
        shown++;
        assert_false(x->talk || x->reject);
        struct span title = kb_find(corpus_kb(a->corpus), (int32_t)i, lang, -1)->title;
        if (!is_answered(a->turn, (int32_t)i, title)) {
            print_error("%s: its title '%.*s' is not answered with it\n", x->id, SPAN_ARG(title));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(shown > 20); /* or nothing was shown that could have been wrong */
    free(seen);
}

static void test_suggest__shipped_content__all_that_is_offered_is_answered_with_it(void **state)
{
    check_language(*state, LANG_JA);
    check_language(*state, LANG_EN);
}

/* A topic whose own title is not answered cannot be suggested: its keywords want mending. */
static void test_suggest__shipped_content__each_topic_is_found_by_its_title(void **state)
{
    struct asked *a = *state;
    const struct content *content = corpus_content(a->corpus);
    size_t missing = 0;
    for (int lang = LANG_JA; lang <= LANG_EN; lang++) {
        a->lang = (enum lang)lang;
        for (size_t i = 0; i < content->nintents; i++) {
            const struct content_intent *x = &content->intents[i];
            char title[300];
            if (x->talk || x->reject)
                continue;
            const struct kb_answer *answer = kb_find(corpus_kb(a->corpus), (int32_t)i, a->lang, -1);
            snprintf(title, sizeof(title), "%.*s", SPAN_ARG(answer->title));
            offered(a, title);
            if (a->turn->nsuggestions == 0 || a->turn->suggestions[0] != (int32_t)i) {
                print_error("%s is not found first by its title '%s'\n", x->id, title);
                missing++;
            }
        }
    }
    assert_int_equal(missing, 0);
}

static void test_suggest__shipped_content__kana_finds_what_is_written_in_kanji(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"おきゃく", "customer-id"},
        {"おきゃくさまid", "customer-id"},
        {"お客さ", "customer-id-find"},
        {"スタートp", "case-studies"},
        {"v6おp", "v6-option-fee"},
        {"ほじょき", "subsidy"},
        {"補助金n", "subsidy"},
        {"かおにん", "card-reader"},
        {"でんわば", "contact"},
        {"まいつき", "price-monthly"},
        {"げんばちょ", "price-site-survey"},
    };
    struct asked *a = *state;
    a->lang = LANG_JA;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *ids = offered(a, rows[i].text);
        if (strstr(ids, rows[i].want) == NULL)
            fail_msg("%s: '%s', without %s", rows[i].text, ids, rows[i].want);
    }
    static const char *const price[] = {"りょうきん", "りょうk", "りょう"};
    for (size_t i = 0; i < sizeof(price) / sizeof(price[0]); i++) {
        assert_non_null(strstr(offered(a, price[i]), "price-"));
        assert_int_equal(a->turn->nsuggestions, SUGGEST_MAX);
    }
}

static int build_shipped(void **state)
{
    static struct asked a;
    a = asked_new(shipped());
    *state = &a;
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_suggest__what_is_typed__finds_topics_by_every_way_of_writing),
        TEST(test_suggest__what_the_matcher_answers_otherwise__is_not_offered),
        TEST(test_suggest__a_session_in_english__is_shown_titles_that_are_answered),
        cmocka_unit_test(test_suggest__a_variant_of_an_answer__changes_no_title),
        TEST(test_suggest__built_twice__offers_the_same),
        cmocka_unit_test(test_suggest__hundreds_begin_alike__the_shortest_titles_win),
        cmocka_unit_test(test_suggest__shipped_content__all_that_is_offered_is_answered_with_it),
        cmocka_unit_test(test_suggest__shipped_content__each_topic_is_found_by_its_title),
        cmocka_unit_test(test_suggest__shipped_content__kana_finds_what_is_written_in_kanji),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, build_shipped, tear_down);
}

/* The whole turn, on a small FAQ: what goes in as a message comes out as a reply. */
#include "core/turn.h"

#include "core/kb.h"

#include "blocks.h"
#include "content_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

static const unsigned char key[SESSION_KEY_BYTES] = {1, 2, 3};
static const int64_t now = 1790000000000;

struct fixture {
    struct corpus *corpus;
    struct turn *turn;
    struct session session;
    struct turn_env env;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->corpus = fixture_corpus(NULL, NULL);
    if (f->corpus == NULL)
        return -1;
    f->turn = turn_new(f->corpus);
    f->env = (struct turn_env){.session_key = key, .now_ms = now};
    session_begin(&f->session, now);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    turn_free(f->turn);
    corpus_unref(f->corpus);
    free(f);
    return 0;
}

/* Runs a message and gives the reply as JSON. */
static json_t *say(struct fixture *f, const char *message)
{
    struct buf out;
    buf_init(&out, 0);
    turn_run(f->turn, &f->env, &f->session, span_str(message));
    if (f->turn->err.code != WIRE_OK) {
        wire_print_error(&f->turn->err, &out);
    } else if (f->turn->say.type == SAY_SUGGEST) {
        turn_print_suggestions(f->corpus, f->turn, &out);
    } else if (f->turn->say.type == SAY_HELLO) {
        turn_print_welcome(f->corpus, &f->env, &f->session, f->turn->resumed, &out);
    } else {
        turn_print_reply(f->corpus, &f->env, &f->turn->reply, 7, &out);
    }
    json_t *j = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    buf_release(&out);
    return j;
}

static json_t *ask(struct fixture *f, const char *text)
{
    char message[4096];
    snprintf(message, sizeof(message), "{\"type\":\"ask\",\"id\":\"c1\",\"text\":\"%s\"}", text);
    return say(f, message);
}

static const char *member(const json_t *j, const char *name)
{
    const char *s = json_string_value(json_object_get(j, name));
    return s != NULL ? s : "(none)";
}

/* The words of a paragraph that is all bold or all plain. */
static const char *plain(const json_t *block)
{
    const json_t *k = json_array_get(json_object_get(block, "c"), 0);
    if (json_is_object(k))
        k = json_array_get(json_object_get(k, "c"), 0);
    const char *s = json_string_value(k);
    return s != NULL ? s : "(none)";
}

static void assert_asked(struct fixture *f, const char *text, const char *outcome,
                         const char *intent)
{
    json_t *j = ask(f, text);
    if (strcmp(member(j, "outcome"), outcome) != 0 ||
        (intent != NULL && strcmp(member(j, "intent"), intent) != 0))
        fail_msg("%s: %s %s, not %s %s", text, member(j, "outcome"), member(j, "intent"), outcome,
                 intent != NULL ? intent : "");
    json_decref(j);
}

static void test_turn__a_question__is_answered_with_all_members_of_the_contract(void **state)
{
    json_t *j = ask(*state, "営業時間を教えてください");
    assert_string_equal(member(j, "type"), "reply");
    assert_string_equal(member(j, "id"), "c1");
    assert_string_equal(member(j, "lang"), "ja");
    assert_string_equal(member(j, "question"), "7");
    assert_string_equal(member(j, "outcome"), "answer");
    assert_string_equal(member(j, "intent"), "hours");
    assert_string_equal(member(j, "title"), "営業時間");
    assert_string_equal(member(j, "text"), "9時から18時までです。");
    assert_int_equal(json_array_size(json_object_get(j, "body")), 1);
    assert_int_equal(json_array_size(json_object_get(j, "choices")), 0);
    assert_int_equal(json_array_size(json_object_get(j, "contact")), 0);
    assert_true(json_number_value(json_object_get(j, "confidence")) > 0.5);
    assert_true(strlen(member(j, "session")) > 40);
    json_decref(j);
}

static void test_turn__keywords_and_examples__find_their_topics(void **state)
{
    static const struct {
        const char *text, *outcome, *intent;
    } rows[] = {
        {"配達", "answer", "delivery"},
        {"宅配の方法は?", "answer", "delivery"},
        {"配達の料金", "answer", "delivery-fee"}, /* the longer line wins */
        {"配達の値段", "answer", "delivery-fee"}, /* by an alias */
        {"送料", "answer", "delivery-fee"},
        {"配達していくら", "answer", "delivery-fee"},
        {"何時まで開いていますか", "answer", "hours"}, /* by example alone */
        {"会員番号", "answer", "member-id"},
        {"MEM12345678", "answer", "member-id"},
        {"ＭＥＭ　１２３４５６７８　です", "answer", "member-id"},
        {"こんにちは", "answer", "hello"},
        {"こんにちは、営業時間を教えて", "answer", "hours"},       /* talk gives way */
        {"こんにちは。何時まで開いていますか", "answer", "hours"}, /* to no keyword, too */
        {"北町", "answer", "side-info"},
        {"明日の天気は", "unanswered", NULL},
        {"配達員のアルバイトはありますか", "unanswered", NULL},
        {"猫の飼い方を教えて", "unanswered", NULL},
        {"zzz qqq", "unanswered", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture *f = *state;
        session_begin(&f->session, now);
        assert_asked(f, rows[i].text, rows[i].outcome, rows[i].intent);
    }
}

static void test_turn__nothing_answerable__names_the_contact_and_counts_the_misses(void **state)
{
    struct fixture *f = *state;
    json_t *j = ask(f, "猫の飼い方");
    assert_string_equal(member(j, "outcome"), "unanswered");
    assert_int_equal(json_array_size(json_object_get(j, "contact")), 1);
    assert_int_equal(f->session.misses, 1);
    assert_false(f->turn->reply.decision.handover);
    json_decref(j);
    json_decref(ask(f, "犬の散歩"));
    assert_true(f->turn->reply.decision.handover);
    assert_int_equal(f->session.misses, 2);
    json_decref(ask(f, "営業時間"));
    assert_int_equal(f->session.misses, 0);
}

static void test_turn__an_answer_about_reaching_people__says_whether_somebody_is_there(void **state)
{
    (void)state;
    struct fixture f = {
        .corpus = fixture_corpus("kb/hours.md", "# 営業時間\n\n店は0120-111-222です。\n")};
    f.turn = turn_new(f.corpus);
    f.env = (struct turn_env){.session_key = key, .now_ms = now};
    session_begin(&f.session, now);
    json_t *j = ask(&f, "営業時間");
    assert_string_equal(member(j, "outcome"), "answer");
    assert_int_equal(json_array_size(json_object_get(j, "contact")), 1);
    json_decref(j);
    j = ask(&f, "送料");
    assert_int_equal(json_array_size(json_object_get(j, "contact")), 0);
    json_decref(j);
    turn_free(f.turn);
    corpus_unref(f.corpus);
}

static void test_turn__a_follow_up__belongs_to_the_last_topic_while_it_is_fresh(void **state)
{
    struct fixture *f = *state;
    assert_asked(f, "配達はしていますか", "answer", "delivery");
    assert_asked(f, "いくら?", "answer", "delivery-fee");
    assert_asked(f, "配達はしていますか", "answer", "delivery");
    f->env.now_ms += SESSION_FOLLOW_UP_MS + 1000;
    json_t *j = ask(f, "それは料金は?");
    assert_string_not_equal(member(j, "outcome"), "answer");
    json_decref(j);
}

static void test_turn__a_follow_up_word__never_takes_a_complete_question(void **state)
{
    struct fixture *f = *state;
    assert_asked(f, "配達はしていますか", "answer", "delivery");
    json_t *j = ask(f, "日曜日の営業時間はいくらか短くなりますか");
    assert_string_equal(member(j, "intent"), "hours");
    json_decref(j);
}

static void test_turn__a_slot_value__chooses_the_variant_and_is_remembered(void **state)
{
    struct fixture *f = *state;
    json_t *j = ask(f, "南町ですが配達はしていますか");
    assert_string_equal(member(j, "text"), "南地区の場合\n南地区へは翌日にお届けします。");
    json_decref(j);
    j = ask(f, "北地区の場合は?");
    assert_string_equal(member(j, "intent"), "delivery");
    assert_string_equal(member(j, "text"), "北地区の場合\n北地区へは当日にお届けします。");
    json_decref(j);
    j = ask(f, "宅配の方法");
    assert_string_equal(member(j, "text"), "北地区の場合\n北地区へは当日にお届けします。");
    json_decref(j);
}

static void
test_turn__a_slot_value__is_confirmed_where_it_matters_and_can_be_corrected(void **state)
{
    static const struct {
        const char *text, *first, *why;
    } rows[] = {
        {"配達はしていますか", "お届けします。", "no value is known"},
        {"南町です", "南地区の場合", "the last topic depends on it"},
        {"営業時間", "9時から18時までです。", "the same everywhere"},
        {"配達はしていますか", "南地区の場合", "remembered"},
        {"やっぱり北町です", "北地区の場合", "corrected"},
        {"北町の営業時間は", "9時から18時までです。", "named, but the same everywhere"},
        {"北町と南町の配達はしていますか", "北地区の場合", "unclear: as it was"},
        {"do you deliver medicine", "We deliver.", "the English answer has no variants"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *j = ask(f, rows[i].text);
        json_t *body = json_object_get(j, "body");
        const char *text = member(j, "text");
        if (strcspn(text, "\n") != strlen(rows[i].first) ||
            strncmp(text, rows[i].first, strlen(rows[i].first)) != 0)
            fail_msg("%s (%s): \"%s\"", rows[i].text, rows[i].why, text);
        assert_null(blocks_fault(body));
        assert_string_equal(plain(json_array_get(body, 0)), rows[i].first);
        json_decref(j);
    }
}

static void test_turn__a_picked_topic__shows_for_which_value_it_is(void **state)
{
    struct fixture *f = *state;
    json_decref(ask(f, "南町"));
    json_t *j =
        say(f, "{\"type\":\"pick\",\"id\":\"c4\",\"question\":\"7\",\"intent\":\"delivery\"}");
    assert_string_equal(member(j, "text"), "南地区の場合\n南地区へは翌日にお届けします。");
    json_decref(j);
}

static void test_turn__a_typed_identifier__is_judged_first_and_never_repeated(void **state)
{
    static const struct {
        const char *text, *first;
    } rows[] = {
        {"MEM12345678", "会員番号の形式は正しいです。"},
        {"MEM1234567", "会員番号の形式に誤りがあるようです。"},
        {"会員番号はＭＥＭ　１２３４５６７８　です",
         "会員番号の形式は正しいですが、書き方をご確認ください。"},
        {"〔member-id:MEM7〕", "会員番号の形式に誤りがあるようです。"},
        {"MEM12345678とMEM1234567", "(1) 会員番号の形式は正しいです。"},
        {"会員番号", "MEMと数字8桁です。"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *j = ask(f, rows[i].text);
        json_t *body = json_object_get(j, "body");
        const char *text = member(j, "text");
        assert_string_equal(member(j, "intent"), "member-id");
        if (strcspn(text, "\n") != strlen(rows[i].first) ||
            strncmp(text, rows[i].first, strlen(rows[i].first)) != 0)
            fail_msg("%s: \"%s\"", rows[i].text, text);
        assert_non_null(strstr(text, "MEMと数字8桁です。")); /* the answer follows */
        assert_null(blocks_fault(body));
        assert_string_equal(plain(json_array_get(body, 0)), rows[i].first);
        json_object_del(j, "session");
        char *all = json_dumps(j, 0);
        assert_null(strstr(all, "1234567"));
        assert_null(strstr(all, "１２３４５６７"));
        free(all);
        json_decref(j);
    }
}

static void test_turn__a_named_slot_value__is_confirmed_in_the_language_of_the_answer(void **state)
{
    struct fixture *f = *state;
    json_decref(say(f, "{\"type\":\"hello\",\"session\":null,\"lang\":\"en\"}"));
    json_t *j = ask(f, "南町ですが配達はしていますか");
    assert_string_equal(member(j, "text"), "For the south:\nWe deliver.");
    json_decref(j);
    j = ask(f, "配達はしていますか"); /* no variant in English, and nothing named */
    assert_string_equal(member(j, "text"), "We deliver.");
    json_decref(j);
}

static void test_turn__english__is_answered_in_english_where_there_is_an_answer(void **state)
{
    json_t *j = ask(*state, "what are your opening hours");
    assert_string_equal(member(j, "intent"), "hours");
    assert_string_equal(member(j, "lang"), "en");
    assert_string_equal(member(j, "title"), "Opening hours");
    json_decref(j);
    j = ask(*state, "how much is delivery");
    assert_string_equal(member(j, "intent"), "delivery-fee");
    assert_string_equal(member(j, "lang"), "ja"); /* there is only a Japanese one */
    json_decref(j);
}

static void test_turn__hello__greets_and_keeps_the_language(void **state)
{
    struct fixture *f = *state;
    json_t *j = say(f, "{\"type\":\"hello\",\"session\":null,\"lang\":\"en\"}");
    assert_string_equal(member(j, "type"), "welcome");
    assert_string_equal(member(j, "lang"), "en");
    assert_string_equal(member(j, "name"), "みなと薬局");
    assert_true(json_is_false(json_object_get(j, "resumed")));
    json_decref(j);
    j = ask(f, "営業時間");
    assert_string_equal(member(j, "lang"), "en");
    json_decref(j);
}

static void test_turn__a_token__resumes_and_a_forged_one_begins_anew(void **state)
{
    struct fixture *f = *state;
    char message[1200], token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session other;

    json_decref(ask(f, "配達はしていますか"));
    session_sign(&f->turn->reply.session, key, token);
    session_begin(&other, now);
    f->session = other;
    snprintf(message, sizeof(message),
             "{\"type\":\"ask\",\"id\":\"c2\",\"session\":\"%s\",\"text\":\"いくら\"}", token);
    json_t *j = say(f, message);
    assert_true(f->turn->resumed);
    assert_string_equal(member(j, "intent"), "delivery-fee");
    assert_int_equal(f->session.turns, 2);
    json_decref(j);
    token[20] = token[20] == 'A' ? 'B' : 'A';
    session_begin(&other, now);
    f->session = other;
    snprintf(message, sizeof(message),
             "{\"type\":\"ask\",\"id\":\"c3\",\"session\":\"%s\",\"text\":\"営業時間\"}", token);
    json_decref(say(f, message));
    assert_false(f->turn->resumed);
    assert_memory_equal(f->session.id, other.id, sizeof(other.id));
}

static void test_turn__a_pick__answers_its_topic_and_none_of_these_names_the_contact(void **state)
{
    struct fixture *f = *state;
    json_t *j = say(f, "{\"type\":\"pick\",\"id\":\"c4\",\"question\":\"7\",\"intent\":\"hours\"}");
    assert_string_equal(member(j, "outcome"), "answer");
    assert_string_equal(member(j, "intent"), "hours");
    json_decref(j);
    j = say(f, "{\"type\":\"pick\",\"id\":\"c5\",\"question\":\"7\",\"intent\":null}");
    assert_string_equal(member(j, "outcome"), "unanswered");
    assert_int_equal(json_array_size(json_object_get(j, "contact")), 1);
    json_decref(j);
    static const char *const unknown[] = {"nothing", "reject-weather"};
    for (size_t i = 0; i < 2; i++) {
        char message[200];
        snprintf(message, sizeof(message),
                 "{\"type\":\"pick\",\"id\":\"c6\",\"question\":\"7\",\"intent\":\"%s\"}",
                 unknown[i]);
        j = say(f, message);
        assert_string_equal(member(j, "code"), "unknown_intent");
        assert_string_equal(member(j, "id"), "c6");
        json_decref(j);
    }
}

static void test_turn__suggest__names_topics_and_changes_no_session_counter(void **state)
{
    struct fixture *f = *state;
    json_t *j = say(f, "{\"type\":\"suggest\",\"id\":\"c7\",\"text\":\"配達\"}");
    const json_t *items = json_object_get(j, "items");
    assert_string_equal(member(j, "type"), "suggestions");
    assert_true(json_array_size(items) >= 1 && json_array_size(items) <= 5);
    assert_string_equal(member(json_array_get(items, 0), "intent"), "delivery");
    assert_int_equal(f->session.turns, 0);
    json_decref(j);
}

static void test_turn__an_empty_text__is_an_error_and_no_turn(void **state)
{
    static const char *const texts[] = {"", "   ", "。。。", "!?", "😀", "\\u3000\\n"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *j = ask(f, texts[i]);
        assert_string_equal(member(j, "code"), "empty");
        json_decref(j);
    }
    assert_int_equal(f->session.turns, 0);
}

static void test_turn__the_record__holds_the_masked_question_and_the_decision(void **state)
{
    struct fixture *f = *state;
    json_decref(say(f, "{\"type\":\"ask\",\"id\":\"c8\",\"page\":\"https://a.example/x?y=1#z\","
                       "\"text\":\"営業時間を電話03-1234-5678に教えて\"}"));
    const struct record *r = &f->turn->record;
    assert_string_equal(r->text, "営業時間を電話〔phone〕に教えて");
    assert_string_equal(r->client_id, "c8");
    assert_string_equal(r->page, "https://a.example/x");
    assert_string_equal(r->lang, "ja");
    assert_string_equal(r->intent, "hours");
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_true(r->asked_at_ms == now);
    assert_int_equal(strlen(r->session), 32);
    assert_true(strstr(r->core, "1234") == NULL);
    assert_string_equal(r->revision, corpus_revision(f->corpus));
}

/* What is logged must decide as what was typed did: or a replay of the log would lie. */
static void test_turn__the_masked_text__decides_like_the_raw_one(void **state)
{
    static const char *const texts[] = {
        "MEM12345678",
        "会員番号はMEM1234567で合っていますか",
        "mem 1234 5678 の配達",
        "電話は090-1234-5678です。配達はいくらですか",
        "taro@example.com に営業時間を送って",
        "〒100-0001 の北町ですが配達はしていますか",
        "4111 1111 1111 1111 は会員番号ですか",
        "保険証の記号・番号は 21700023・12345 です 天気は",
        "0120-111-222 は何時まで",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char masked[RECORD_TEXT_BYTES_MAX + 1];
        struct session s;
        session_begin(&s, now);
        assert_true(turn_decide(f->turn, &s, span_str(texts[i])));
        struct decision raw = f->turn->reply.decision;
        memcpy(masked, f->turn->record.text, sizeof(masked));
        assert_true(turn_decide(f->turn, &s, span_str(masked)));
        struct decision again = f->turn->reply.decision;
        assert_string_equal(masked, f->turn->record.text);
        assert_int_equal(raw.outcome, again.outcome);
        assert_int_equal(raw.intent, again.intent);
        assert_true(raw.confidence == again.confidence);
    }
}

static void test_turn__a_long_text__is_masked_before_it_is_cut(void **state)
{
    struct fixture *f = *state;
    static char text[4000];
    size_t n = 0;
    for (; n < 3 * 495; n += 3)
        memcpy(text + n, "あ", 3);
    strcpy(text + n, "09012345678いろは");
    session_begin(&f->session, now);
    assert_true(turn_decide(f->turn, &f->session, span_str(text)));
    assert_true(strstr(f->turn->record.text, "090") == NULL);
    assert_true(strlen(f->turn->record.text) <= RECORD_TEXT_BYTES_MAX);
    assert_true(strstr(f->turn->record.text, "〔") == NULL); /* no half mask */
}

static void test_turn__evidence__points_into_the_visitors_own_text(void **state)
{
    static const char text[] = "電話03-1234-5678で配達の料金を教えて";
    struct fixture *f = *state;
    bool seen = false;
    assert_true(turn_decide(f->turn, &f->session, span_str(text)));
    turn_explain(f->turn);
    for (size_t i = 0; i < f->turn->evidence.n; i++) {
        const struct evidence *e = &f->turn->evidence.items[i];
        assert_true(e->begin <= e->end && e->end <= sizeof(text) - 1);
        struct span name = corpus_evidence_name(f->corpus, e);
        if (e->source == EVIDENCE_TERM && span_is(name, "料金")) {
            assert_int_equal(e->end - e->begin, 6);
            assert_memory_equal(text + e->begin, "料金", 6);
            seen = true;
        }
    }
    assert_true(seen);
}

/* What is not stored must not decide, or a replay of the log would decide otherwise. */
static void test_turn__an_identifier_beyond_the_first_500__is_not_looked_at(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < 501; i++)
        buf_adds(&text, "ん");
    buf_adds(&text, "MEM12345678");
    assert_true(turn_decide(f->turn, &f->session, buf_span(&text)));
    assert_int_equal(f->turn->match.nformats, 0);
    assert_int_equal(f->turn->reply.decision.nverdicts, 0);
    buf_release(&text);
}

/* A long identifier before it: what is looked at may begin far behind its place in the log. */
static void test_turn__evidence_behind_64_kib__points_there_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    bool seen = false;
    buf_init(&text, 0);
    for (int i = 0; i < 70000; i++)
        buf_addc(&text, (char)('1' + i % 9));
    buf_adds(&text, "。配達の料金");
    assert_true(turn_decide(f->turn, &f->session, buf_span(&text)));
    turn_explain(f->turn);
    for (size_t i = 0; i < f->turn->evidence.n; i++) {
        const struct evidence *e = &f->turn->evidence.items[i];
        assert_true(e->begin <= e->end && e->end <= text.len);
        if (e->source == EVIDENCE_TERM && span_is(corpus_evidence_name(f->corpus, e), "料金")) {
            assert_int_equal(e->begin, text.len - 6);
            seen = true;
        }
    }
    assert_true(seen);
    buf_release(&text);
}

static void assert_both(struct fixture *f, const char *text, const char *one, const char *other)
{
    json_t *j = ask(f, text);
    const json_t *choices = json_object_get(j, "choices");
    bool seen[2] = {false, false};
    for (size_t i = 0; i < json_array_size(choices); i++) {
        seen[0] |= strcmp(member(json_array_get(choices, i), "intent"), one) == 0;
        seen[1] |= strcmp(member(json_array_get(choices, i), "intent"), other) == 0;
    }
    if (strcmp(member(j, "outcome"), "choose") != 0 || !seen[0] || !seen[1])
        fail_msg("%s: %s %s", text, member(j, "outcome"), member(j, "intent"));
    json_decref(j);
}

static void test_turn__two_topics_in_one_message__are_both_offered(void **state)
{
    struct fixture *f = *state;
    assert_both(f, "営業時間と送料を教えてください", "hours", "delivery-fee");
    assert_both(f, "会員番号とは何ですか?あと営業時間も", "member-id", "hours");
    /* A ト in a katakana word is no joint, nor is the と of what somebody said. */
    assert_asked(f, "配達にトラブルがあると言われたが送料は", "answer", "delivery-fee");
}

static void test_turn__a_denial__leaves_what_follows_it(void **state)
{
    struct fixture *f = *state;
    json_t *j = ask(f, "送料ではなくて営業時間を知りたい");
    assert_string_equal(member(j, "intent"), "hours");
    json_decref(j);
    j = ask(f, "営業時間じゃなく送料です");
    assert_string_equal(member(j, "intent"), "delivery-fee");
    json_decref(j);
}

static void test_turn__keywords_alone__are_enough(void **state)
{
    (void)state;
    struct fixture f = {.corpus =
                            fixture_corpus("intents/hours.json", "{\"keywords\":[\"営業時間\"]}")};
    f.turn = turn_new(f.corpus);
    f.env = (struct turn_env){.session_key = key, .now_ms = now};
    session_begin(&f.session, now);
    assert_asked(&f, "営業時間", "answer", "hours");
    assert_asked(&f, "営業時間について知りたいです", "answer", "hours");
    turn_free(f.turn);
    corpus_unref(f.corpus);
}

static void test_turn__an_unless_line__takes_its_topic_out_of_the_race(void **state)
{
    (void)state;
    struct corpus *c =
        fixture_corpus("intents/hours.json", "{\"keywords\":[\"営業時間\"],\"unless\":[\"配達\"],"
                                             "\"examples\":[\"何時まで開いていますか\"]}");
    struct turn *t = turn_new(c);
    struct session s;
    session_begin(&s, now);
    assert_true(turn_decide(t, &s, span_str("営業時間")));
    assert_true(span_is(corpus_intent_id(c, t->reply.decision.intent), "hours"));
    assert_true(turn_decide(t, &s, span_str("配達の営業時間")));
    assert_false(span_is(corpus_intent_id(c, t->reply.decision.intent), "hours"));
    turn_free(t);
    corpus_unref(c);
}

/* A new keyword changes only what it matches. */
static void test_turn__a_new_keyword__changes_only_questions_that_it_matches(void **state)
{
    static const char *const texts[] = {"配達",         "送料",           "何時まで開いていますか",
                                        "会員番号は",   "猫の飼い方",     "明日の天気は",
                                        "配達の値段は", "日曜はお休みか", "hello"};
    struct fixture *f = *state;
    struct corpus *c =
        fixture_corpus("intents/hours.json", "{\"keywords\":[\"営業時間\",\"定休日\",\"年末年始\"],"
                                             "\"examples\":[\"何時まで開いていますか\","
                                             "\"営業時間を知りたい\",\"日曜日はやっていますか\","
                                             "\"お店は何時からですか\",\"opening hours\"]}");
    struct turn *t = turn_new(c);
    session_begin(&f->session, now);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(turn_decide(f->turn, &f->session, span_str(texts[i])));
        assert_true(turn_decide(t, &f->session, span_str(texts[i])));
        assert_int_equal(f->turn->reply.decision.outcome, t->reply.decision.outcome);
        assert_int_equal(f->turn->reply.decision.intent, t->reply.decision.intent);
        assert_true(f->turn->reply.decision.confidence == t->reply.decision.confidence);
    }
    assert_true(turn_decide(t, &f->session, span_str("年末年始は?")));
    assert_true(span_is(corpus_intent_id(c, t->reply.decision.intent), "hours"));
    assert_int_equal(t->reply.decision.outcome, OUTCOME_ANSWER);
    turn_free(t);
    corpus_unref(c);
}

static void test_turn__a_repeated_question__is_restated_as_the_first_one_was_decided(void **state)
{
    struct fixture *f = *state;
    struct buf out;
    struct stored_view first = {OUTCOME_CHOOSE, span_str("hours"), span_str("hours,delivery"), 0.4};
    json_decref(ask(f, "会員番号"));
    turn_restate(f->corpus, &first, &f->turn->reply);
    buf_init(&out, 0);
    turn_print_reply(f->corpus, &f->env, &f->turn->reply, 3, &out);
    json_t *j = json_loadb(out.ptr, out.len, 0, NULL);
    assert_string_equal(member(j, "outcome"), "choose");
    assert_int_equal(json_array_size(json_object_get(j, "choices")), 2);
    assert_string_equal(member(j, "question"), "3");
    json_decref(j);
    /* What was typed is judged as it stands in the message at hand, for the topic it is about. */
    json_decref(ask(f, "MEM1234567"));
    for (size_t i = 0; i < 2; i++) {
        first = (struct stored_view){OUTCOME_ANSWER, span_str(i == 0 ? "member-id" : "hours"),
                                     span_str(""), 0.9};
        turn_restate(f->corpus, &first, &f->turn->reply);
        buf_clear(&out);
        turn_print_reply(f->corpus, &f->env, &f->turn->reply, 3, &out);
        assert_int_equal(strstr(buf_cstr(&out), "7桁入力されています") != NULL, i == 0);
    }
    /* A topic that a reload took away in between. */
    first = (struct stored_view){OUTCOME_ANSWER, span_str("gone"), span_str(""), 0.9};
    turn_restate(f->corpus, &first, &f->turn->reply);
    assert_int_equal(f->turn->reply.decision.outcome, OUTCOME_UNANSWERED);
    /* Choices that a reload made reject intents have no title any more. */
    first = (struct stored_view){OUTCOME_CHOOSE, span_str("hours"),
                                 span_str("hours,reject-weather,delivery"), 0.4};
    turn_restate(f->corpus, &first, &f->turn->reply);
    assert_int_equal(f->turn->reply.decision.nchoices, 2);
    buf_clear(&out);
    turn_print_reply(f->corpus, &f->env, &f->turn->reply, 3, &out);
    buf_release(&out);
}

static void test_corpus__built_twice__decides_the_same_to_the_last_bit(void **state)
{
    struct fixture *f = *state;
    struct corpus *c = fixture_corpus(NULL, NULL);
    struct turn *t = turn_new(c);
    static const char *const texts[] = {"配達の方法", "日曜の営業", "How much is it?", "天気"};
    session_begin(&f->session, now);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(turn_decide(f->turn, &f->session, span_str(texts[i])));
        assert_true(turn_decide(t, &f->session, span_str(texts[i])));
        assert_true(f->turn->reply.decision.confidence == t->reply.decision.confidence);
    }
    turn_free(t);
    corpus_unref(c);
}

static void test_corpus__a_broken_file__gives_no_corpus_and_names_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"intents/hours.json", "{\"keywords\":[\"営業時間 + \"]}",
         "intents/hours.json:1: keywords"},
        {"intents/hours.json", "{\n\"patterns\":[\n\"(営業\"]}", "intents/hours.json:3: regex"},
        {"intents/hours.json", "{\"keywords\":[\"。、\"]}", "intents/hours.json:1: keywords"},
        {"intents/terms.json", "{\"terms\":{\"、\":{}},\"guards\":[],\"typos\":{}}",
         "intents/terms.json:1: terms"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tree tree = {0};
        struct diags diags;
        struct corpus_options options = {.answer_at = -1, .choose_at = -1, .now_ms = now};
        bool found = false;
        char line[1024];
        diags_init(&diags);
        for (size_t k = 0; k < sizeof(fixture_files) / sizeof(fixture_files[0]); k++) {
            if (strcmp(rows[i].name, fixture_files[k].name) != 0)
                tree_add(&tree, fixture_files[k].name, span_str(fixture_files[k].text));
        }
        tree_add(&tree, rows[i].name, span_str(rows[i].text));
        assert_null(corpus_build(&tree, &options, &diags));
        for (size_t k = 0; k < diags.n; k++) {
            snprintf(line, sizeof(line), "%s:%u: %s", diags.items[k].file, diags.items[k].line,
                     diags.items[k].text);
            found |= strncmp(line, rows[i].want, strlen(rows[i].want)) == 0;
        }
        if (!found)
            fail_msg("no diagnostic begins with '%s'", rows[i].want);
        diags_release(&diags);
        tree_release(&tree);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_turn__a_question__is_answered_with_all_members_of_the_contract),
        TEST(test_turn__keywords_and_examples__find_their_topics),
        TEST(test_turn__nothing_answerable__names_the_contact_and_counts_the_misses),
        TEST(test_turn__an_answer_about_reaching_people__says_whether_somebody_is_there),
        TEST(test_turn__a_follow_up__belongs_to_the_last_topic_while_it_is_fresh),
        TEST(test_turn__a_follow_up_word__never_takes_a_complete_question),
        TEST(test_turn__a_slot_value__chooses_the_variant_and_is_remembered),
        TEST(test_turn__a_slot_value__is_confirmed_where_it_matters_and_can_be_corrected),
        TEST(test_turn__a_picked_topic__shows_for_which_value_it_is),
        TEST(test_turn__a_typed_identifier__is_judged_first_and_never_repeated),
        TEST(test_turn__a_named_slot_value__is_confirmed_in_the_language_of_the_answer),
        TEST(test_turn__english__is_answered_in_english_where_there_is_an_answer),
        TEST(test_turn__hello__greets_and_keeps_the_language),
        TEST(test_turn__a_token__resumes_and_a_forged_one_begins_anew),
        TEST(test_turn__a_pick__answers_its_topic_and_none_of_these_names_the_contact),
        TEST(test_turn__suggest__names_topics_and_changes_no_session_counter),
        TEST(test_turn__an_empty_text__is_an_error_and_no_turn),
        TEST(test_turn__the_record__holds_the_masked_question_and_the_decision),
        TEST(test_turn__the_masked_text__decides_like_the_raw_one),
        TEST(test_turn__a_long_text__is_masked_before_it_is_cut),
        TEST(test_turn__evidence__points_into_the_visitors_own_text),
        TEST(test_turn__an_identifier_beyond_the_first_500__is_not_looked_at),
        TEST(test_turn__evidence_behind_64_kib__points_there_all_the_same),
        TEST(test_turn__two_topics_in_one_message__are_both_offered),
        TEST(test_turn__a_denial__leaves_what_follows_it),
        TEST(test_turn__keywords_alone__are_enough),
        TEST(test_turn__an_unless_line__takes_its_topic_out_of_the_race),
        TEST(test_turn__a_new_keyword__changes_only_questions_that_it_matches),
        TEST(test_turn__a_repeated_question__is_restated_as_the_first_one_was_decided),
        TEST(test_corpus__built_twice__decides_the_same_to_the_last_bit),
        TEST(test_corpus__a_broken_file__gives_no_corpus_and_names_the_place),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_turn - any bytes as a dialogue with a small FAQ
 *
 * Each line is one message: as it stands if it begins with a brace, else as the words of a
 * question. Whatever comes, there is one answer, it is JSON as the protocol has it, the token in
 * it carries the dialogue on, what the log would keep is bounded, and the masked text in it decides
 * like the raw one.
 */
#include "core/turn.h"

#include "base/utf8.h"

#include "../unit/core/blocks.h"
#include "../unit/core/content_fixture.h"

#include <sodium.h>
#include <stdlib.h>

#define CHECK(what) ((what) ? (void)0 : failed(#what, __LINE__))

static _Noreturn void failed(const char *what, int line)
{
    (void)fprintf(stderr, "fuzz_turn.c:%d: not true: %s\n", line, what);
    abort();
}

enum { LINES_MAX = 32 };

static const unsigned char key[SESSION_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const struct turn_env env = {
    .session_key = key, .now_ms = 1790000000000, .type_default_ask = true};

static struct corpus *corpus;
static struct turn *turn;

static json_t *parsed(const struct buf *out)
{
    json_t *j = json_loadb(out->ptr, out->len, JSON_REJECT_DUPLICATES, NULL);
    CHECK(j != NULL && json_is_object(j));
    CHECK(json_is_string(json_object_get(j, "type")));
    return j;
}

static void check_id(const json_t *j, const char *id)
{
    const char *got = json_string_value(json_object_get(j, "id"));
    CHECK(id[0] == '\0' ? got == NULL : got != NULL && strcmp(got, id) == 0);
}

static void check_token(const json_t *j, const struct session *now)
{
    const json_t *token = json_object_get(j, "session");
    struct session got;
    CHECK(json_is_string(token));
    CHECK(session_verify(span_of(json_string_value(token), json_string_length(token)), key,
                         env.now_ms, &got));
    CHECK(got.turns == now->turns && strcmp(got.topic, now->topic) == 0);
}

static void check_topics(const json_t *list, size_t least, size_t most)
{
    size_t i;
    json_t *item;
    CHECK(json_is_array(list));
    CHECK(json_array_size(list) >= least && json_array_size(list) <= most);
    json_array_foreach(list, i, item)
    {
        const json_t *id = json_object_get(item, "intent");
        CHECK(json_is_string(id) && json_string_length(json_object_get(item, "title")) > 0);
        CHECK(corpus_find(corpus, span_str(json_string_value(id))) >= 0);
    }
}

static void check_reply(struct buf *out, const struct session *now)
{
    turn_print_reply(corpus, &env, &turn->reply, 7, out);
    json_t *j = parsed(out);
    const char *outcome = json_string_value(json_object_get(j, "outcome"));
    enum outcome parsed_outcome;

    CHECK(strcmp(json_string_value(json_object_get(j, "type")), "reply") == 0);
    CHECK(outcome != NULL && outcome_parse(span_str(outcome), &parsed_outcome));
    check_id(j, turn->reply.id);
    check_token(j, now);
    CHECK(blocks_fault(json_object_get(j, "body")) == NULL);
    CHECK(json_string_length(json_object_get(j, "text")) > 0);
    double confidence = json_number_value(json_object_get(j, "confidence"));
    CHECK(confidence >= 0 && confidence <= 1);
    check_topics(json_object_get(j, "choices"), parsed_outcome == OUTCOME_CHOOSE ? 2 : 0,
                 parsed_outcome == OUTCOME_ANSWER ? 0 : 3);
    const json_t *intent = json_object_get(j, "intent"); /* unanswered: the nearest, if any */
    CHECK(json_is_string(intent) || (json_is_null(intent) && parsed_outcome != OUTCOME_ANSWER));
    json_decref(j);
}

static void check_record(struct session before)
{
    const struct record r = turn->record;
    enum outcome outcome = turn->reply.decision.outcome;
    int32_t intent = turn->reply.decision.intent;

    CHECK(strlen(r.text) <= RECORD_TEXT_BYTES_MAX && utf8_valid(span_str(r.text)));
    CHECK(strlen(r.core) <= RECORD_TEXT_BYTES_MAX && utf8_valid(span_str(r.core)));
    CHECK(utf8_count(span_str(r.text)) <= TEXT_LOOKED_AT_MAX);
    CHECK(r.outcome == outcome && strcmp(r.client_id, turn->reply.id) == 0);

    turn_explain(turn);
    for (size_t i = 0; i < turn->evidence.n; i++) {
        CHECK(turn->evidence.items[i].begin <= turn->evidence.items[i].end);
        CHECK(turn->evidence.items[i].end <= turn->say.text.len);
    }

    /* A question that was asked before gets the first one's answer, whatever the corpus is now. */
    struct stored_view first = {
        .outcome = r.outcome, .intent = span_str(r.intent), .choices = span_str(r.choices)};
    struct turn_reply restated = turn->reply;
    turn_restate(corpus, &first, &restated);
    CHECK(restated.decision.outcome == outcome && restated.decision.intent == intent);

    before.last_ms = env.now_ms;
    CHECK(turn_decide(turn, &before, span_str(r.text)));
    CHECK(turn->reply.decision.outcome == outcome && turn->reply.decision.intent == intent);
    CHECK(strcmp(turn->record.text, r.text) == 0 && strcmp(turn->record.core, r.core) == 0);
}

static void run(struct session *session, struct span message)
{
    struct session before = *session;
    struct buf out;

    buf_init(&out, 0);
    turn_run(turn, &env, session, message);
    if (turn->err.code != WIRE_OK) {
        CHECK(memcmp(&before, session, sizeof(before)) == 0);
        wire_print_error(&turn->err, &out);
        json_t *j = parsed(&out);
        CHECK(json_string_length(json_object_get(j, "message")) > 0);
        check_id(j, turn->err.id);
        json_decref(j);
        buf_release(&out);
        return;
    }
    if (turn->resumed) /* the dialogue of the token is the one that goes on */
        CHECK(session_verify(turn->say.session, key, env.now_ms, &before));
    if (turn->say.has_lang)
        before.lang = (uint8_t)turn->say.lang;
    switch (turn->say.type) {
    case SAY_ASK:
        check_reply(&out, session);
        check_record(before);
        break;
    case SAY_PICK:
        check_reply(&out, session);
        break;
    case SAY_SUGGEST: {
        turn_print_suggestions(corpus, turn, &out);
        json_t *j = parsed(&out);
        check_topics(json_object_get(j, "items"), 0, 5);
        json_decref(j);
        break;
    }
    case SAY_HELLO: {
        turn_print_welcome(corpus, &env, session, turn->resumed, &out);
        json_t *j = parsed(&out);
        check_token(j, session);
        json_decref(j);
        break;
    }
    case SAY_RATE:
    case SAY_FORGET:
        wire_print_done(turn->say.id, NULL, &out);
        json_decref(parsed(&out));
        break;
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (sodium_init() < 0)
        return -1;
    corpus = fixture_corpus(NULL, NULL);
    CHECK(corpus != NULL);
    turn = turn_new(corpus);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of((const char *)data, size);
    struct session session;

    session_begin(&session, env.now_ms);
    memset(session.id, 7, sizeof(session.id)); /* the same input, the same run */
    for (int i = 0; i < LINES_MAX && rest.len > 0; i++) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct span line = span_of(rest.ptr, end != NULL ? (size_t)(end - rest.ptr) : rest.len);
        rest = span_of(rest.ptr + line.len, rest.len - line.len);
        if (end != NULL)
            rest = span_of(rest.ptr + 1, rest.len - 1);
        if (line.len > 0 && line.ptr[0] == '{') {
            run(&session, line);
            continue;
        }
        struct buf message;
        buf_init(&message, 0);
        buf_adds(&message, "{\"type\":\"ask\",\"id\":\"c1\",\"text\":");
        buf_add_json(&message, line);
        buf_addc(&message, '}');
        run(&session, buf_span(&message));
        buf_release(&message);
    }
    return 0;
}

/*
 * tools/ask.c - faqctl ask: one question, the answer as a visitor gets it, and why
 *
 * In the language that the answer is in. The question runs as a message through turn_run(), so that
 * what is shown is what the daemon would send.
 */
#include "base/mem.h"
#include "core/content.h"
#include "core/kb.h"
#include "core/turn.h"
#include "tools/tools.h"
#include "tools/why.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum word {
    WORD_QUESTION,
    WORD_ANSWER,
    WORD_CHOOSE,
    WORD_UNANSWERED,
    WORD_NEAREST,
    WORD_CONFIDENCE,
    WORD_CONTACT,
    WORD_WHY,
    WORD_NOTHING,
    WORD_RIVAL,
    WORD_RULED_OUT,
    WORD_REJECT,
    WORD_STRONGER,
    WORD_LOWER,
    WORD_NO_LINE,
    WORD_NEAR,
    WORD_INSIDE,
};

static const char *const words[][2] = {
    [WORD_QUESTION] = {"質問", "question"},
    [WORD_ANSWER] = {"回答", "answer"},
    [WORD_CHOOSE] = {"候補から選んでもらう", "offers a choice"},
    [WORD_UNANSWERED] = {"回答なし", "unanswered"},
    [WORD_NEAREST] = {"近い話題", "nearest topics"},
    [WORD_CONFIDENCE] = {"確信度", "confidence"},
    [WORD_CONTACT] = {"お問い合わせ先", "contact"},
    [WORD_WHY] = {"理由", "why"},
    [WORD_NOTHING] = {"手がかりがありませんでした", "nothing spoke for any topic"},
    [WORD_RIVAL] = {"次の候補", "runner-up"},
    [WORD_RULED_OUT] = {"除外した話題", "ruled out"},
    [WORD_REJECT] = {"FAQの対象外の質問に似ています", "it resembles questions outside the FAQ"},
    [WORD_STRONGER] = {"点数は上ですが、優先されませんでした",
                       "it scores higher, but gives way to the topic"},
    [WORD_LOWER] = {"点数が下です", "it scores lower"},
    [WORD_NO_LINE] = {"キーワードの行はどれも当てはまりませんでした",
                      "none of its keyword lines is complete here"},
    [WORD_NEAR] = {"数えなかった語", "found, but not counted"},
    [WORD_INSIDE] = {"「%.*s」は「%.*s」の一部です", "\"%.*s\" is only a part of \"%.*s\""},
};

struct asking {
    const struct tool *o;
    const struct corpus *corpus;
    const struct turn *turn;
    struct span question;
    const json_t *reply; /* what a visitor would get */
    enum lang lang;
    struct buf *out;
};

static const char *say(const struct asking *a, enum word w)
{
    return words[w][a->lang];
}

static const char *reply_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s != NULL ? s : "";
}

/* ---- the question, with the words that counted ----------------------------------------------- */

static void mark_words(const struct asking *a, bool *on)
{
    const struct evidence_set *set = &a->turn->evidence;
    int32_t intent = a->turn->reply.decision.intent;

    for (size_t i = 0; i < set->n; i++) {
        const struct evidence *e = &set->items[i];
        bool ours =
            e->intent == intent || e->source == EVIDENCE_SLOT || e->source == EVIDENCE_FORMAT;
        /* An example resembles the whole question: marking all of it says nothing. */
        if (!ours || e->source == EVIDENCE_EXAMPLE || e->weight < 0)
            continue;
        for (size_t b = e->begin; b < e->end && b < a->question.len; b++)
            on[b] = true;
    }
}

static void print_marked(const struct asking *a)
{
    bool style = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    const char *before = style ? "\033[1;4m" : "【", *after = style ? "\033[0m" : "】";
    bool *on = mem_zalloc_array(a->question.len + 1, sizeof(*on));

    mark_words(a, on);
    for (size_t i = 0; i < a->question.len; i++) {
        const char *byte = a->question.ptr + i;
        if (on[i] && (i == 0 || !on[i - 1]))
            buf_adds(a->out, before);
        /* A terminal obeys control characters. */
        bool control = (unsigned char)*byte < 0x20 || *byte == 0x7f;
        buf_add(a->out, control ? " " : byte, 1);
        if (on[i] && !on[i + 1])
            buf_adds(a->out, after);
    }
    free(on);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void print_indented(const struct asking *a, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        buf_printf(a->out, len > 0 ? "  %.*s\n" : "\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void print_choices(const struct asking *a)
{
    const json_t *choices = json_object_get(a->reply, "choices");
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const json_t *choice = json_array_get(choices, i);
        buf_printf(a->out, "  %zu. %s (%s)\n", i + 1, reply_string(choice, "title"),
                   reply_string(choice, "intent"));
    }
}

static void print_contacts(const struct asking *a)
{
    struct buf text;
    buf_init(&text, 0);
    kb_print_contacts_text(corpus_kb(a->corpus), a->lang, a->o->now_ms, &text);
    if (text.len > 0) {
        buf_printf(a->out, "%s\n", say(a, WORD_CONTACT));
        print_indented(a, buf_cstr(&text));
    }
    buf_release(&text);
}

static void print_answer(const struct asking *a)
{
    const struct decision *d = &a->turn->reply.decision;

    switch (d->outcome) {
    case OUTCOME_ANSWER:
        buf_printf(a->out, "%s  %s (%s, %s %.2f)\n\n", say(a, WORD_ANSWER),
                   reply_string(a->reply, "title"), reply_string(a->reply, "intent"),
                   say(a, WORD_CONFIDENCE), (double)d->confidence);
        print_indented(a, reply_string(a->reply, "text"));
        break;
    case OUTCOME_CHOOSE:
        buf_printf(a->out, "%s  %s (%s %.2f)\n\n", say(a, WORD_ANSWER), say(a, WORD_CHOOSE),
                   say(a, WORD_CONFIDENCE), (double)d->confidence);
        print_indented(a, reply_string(a->reply, "text"));
        print_choices(a);
        break;
    case OUTCOME_UNANSWERED:
        buf_printf(a->out, "%s  %s (%s %.2f)\n\n", say(a, WORD_ANSWER), say(a, WORD_UNANSWERED),
                   say(a, WORD_CONFIDENCE), (double)d->confidence);
        print_indented(a, reply_string(a->reply, "text"));
        if (d->nchoices > 0)
            buf_printf(a->out, "%s\n", say(a, WORD_NEAREST));
        print_choices(a);
        print_contacts(a);
        break;
    }
}

/* ---- why ------------------------------------------------------------------------------------- */

static const struct candidate *candidate_of(const struct turn *t, int32_t intent)
{
    for (size_t i = 0; i < t->ranking.n; i++) {
        if (t->ranking.items[i].intent == intent)
            return &t->ranking.items[i];
    }
    return NULL;
}

/* Returns how many there were. */
static size_t print_reasons(const struct asking *a, int32_t intent)
{
    struct reason reasons[REASONS_MAX];
    size_t n = why_reasons(a->turn, intent, reasons, REASONS_MAX);

    for (size_t i = 0; i < n; i++) {
        buf_adds(a->out, "  - ");
        why_print(a->turn, &reasons[i], a->lang, a->out);
        buf_addc(a->out, '\n');
    }
    return n;
}

static void print_score(const struct asking *a, const struct candidate *k)
{
    buf_printf(a->out,
               a->lang == LANG_EN ? "score %.2f = sentences %.2f + keywords %.2f"
                                  : "点数 %.2f = 例文 %.2f + キーワード %.2f",
               (double)k->score, (double)k->sentence, (double)k->keyword);
}

static void print_why(const struct asking *a)
{
    int32_t intent = a->turn->reply.decision.intent;
    const struct candidate *best = candidate_of(a->turn, intent);
    size_t n = 0;

    buf_printf(a->out, "\n%s", say(a, WORD_WHY));
    if (best != NULL) {
        struct span id = corpus_intent_id(a->corpus, intent);
        buf_printf(a->out, "  %.*s: ", SPAN_ARG(id));
        print_score(a, best);
    }
    buf_addc(a->out, '\n');
    if (intent >= 0)
        n = print_reasons(a, intent);
    n += print_reasons(a, -1);
    if (n == 0)
        buf_printf(a->out, "  %s\n", say(a, WORD_NOTHING));
}

static enum word why_it_lost(const struct asking *a, const struct candidate *rival,
                             const struct candidate *best)
{
    if (corpus_content(a->corpus)->intents[rival->intent].reject)
        return WORD_REJECT;
    return best != NULL && rival->score > best->score ? WORD_STRONGER : WORD_LOWER;
}

static void print_topic(const struct asking *a, enum word head, int32_t intent)
{
    const struct kb_answer *answer = kb_find(corpus_kb(a->corpus), intent, a->lang, -1);
    struct span id = corpus_intent_id(a->corpus, intent);

    buf_printf(a->out, "\n%s  ", say(a, head));
    if (answer != NULL)
        buf_printf(a->out, "%.*s (%.*s)", SPAN_ARG(answer->title), SPAN_ARG(id));
    else
        buf_printf(a->out, "%.*s", SPAN_ARG(id));
}

static void print_rival(const struct asking *a, const struct candidate *rival,
                        const struct candidate *best)
{
    print_topic(a, WORD_RIVAL, rival->intent);
    buf_adds(a->out, ": ");
    print_score(a, rival);
    buf_printf(a->out, "\n  - %s\n", say(a, why_it_lost(a, rival, best)));
    if (rival->keyword <= 0)
        buf_printf(a->out, "  - %s\n", say(a, WORD_NO_LINE));
    (void)print_reasons(a, rival->intent);
}

/* An `unless` line took them out of the race, however well they fitted. */
static void print_ruled_out(const struct asking *a)
{
    for (size_t i = 0; i < a->turn->ranking.n; i++) {
        const struct candidate *k = &a->turn->ranking.items[i];
        if (!k->vetoed)
            continue;
        print_topic(a, WORD_RULED_OUT, k->intent);
        buf_addc(a->out, '\n');
        (void)print_reasons(a, k->intent);
    }
}

/* The letters are there, but in the midst of another word: often a spelling for the table of terms.
 */
static void print_near(const struct asking *a)
{
    const struct match *m = &a->turn->match;
    const struct span source = a->turn->text.source;

    if (m->nnear > 0)
        buf_printf(a->out, "\n%s\n", say(a, WORD_NEAR));
    for (size_t i = 0; i < m->nnear; i++) {
        const struct term_near *near = &m->near[i];
        const struct evidence term = {.source = EVIDENCE_TERM, .ref = near->term};
        struct span name = corpus_evidence_name(a->corpus, &term);
        struct span inside = span_of(source.ptr + near->inside_begin,
                                     (size_t)(near->inside_end - near->inside_begin));
        buf_adds(a->out, "  - ");
        if (a->lang == LANG_EN)
            buf_printf(a->out, words[WORD_INSIDE][LANG_EN], SPAN_ARG(name), SPAN_ARG(inside));
        else
            buf_printf(a->out, words[WORD_INSIDE][LANG_JA], SPAN_ARG(name), SPAN_ARG(inside));
        buf_addc(a->out, '\n');
    }
}

static void print_people(const struct asking *a)
{
    int32_t intent = a->turn->reply.decision.intent;
    const struct candidate *rival = why_rival(a->turn, intent);

    buf_printf(a->out, "%s  ", say(a, WORD_QUESTION));
    print_marked(a);
    buf_addc(a->out, '\n');
    print_answer(a);
    print_why(a);
    if (rival != NULL)
        print_rival(a, rival, candidate_of(a->turn, intent));
    print_ruled_out(a);
    print_near(a);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void print_ranking(const struct asking *a)
{
    const struct ranking *r = &a->turn->ranking;
    for (size_t i = 0; i < r->n; i++) {
        buf_adds(a->out, i > 0 ? ",{\"intent\":" : "{\"intent\":");
        buf_add_json(a->out, corpus_intent_id(a->corpus, r->items[i].intent));
        buf_printf(a->out, ",\"score\":%.4f,\"sentence\":%.4f,\"keyword\":%.4f,\"vetoed\":%s}",
                   (double)r->items[i].score, (double)r->items[i].sentence,
                   (double)r->items[i].keyword, r->items[i].vetoed ? "true" : "false");
    }
}

static void print_json(const struct asking *a, struct span reply)
{
    buf_adds(a->out, "{\"reply\":");
    buf_add(a->out, reply.ptr, reply.len);
    buf_adds(a->out, ",\"why\":");
    why_print_json(a->turn, a->question, a->out);
    buf_adds(a->out, ",\"ranking\":[");
    print_ranking(a);
    buf_adds(a->out, "]}\n");
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void print_message(const struct tool *o, struct span question, struct buf *out)
{
    buf_adds(out, "{\"type\":\"ask\",\"text\":");
    buf_add_json(out, question);
    if (o->has_lang)
        buf_printf(out, ",\"lang\":\"%s\"", o->lang == LANG_EN ? "en" : "ja");
    buf_addc(out, '}');
}

static int explain(const struct tool *o, struct turn *t, const struct turn_env *env,
                   struct span question)
{
    struct buf reply, out;
    json_error_t error;

    turn_explain(t);
    buf_init(&reply, 0);
    buf_init(&out, 0);
    turn_print_reply(turn_corpus(t), env, &t->reply, 0, &reply);
    json_t *json = json_loadb(reply.ptr, reply.len, 0, &error);
    const struct asking a = {
        .o = o,
        .corpus = turn_corpus(t),
        .turn = t,
        .question = question,
        .reply = json,
        .lang = o->has_lang ? o->lang : (enum lang)t->reply.decision.lang,
        .out = &out,
    };
    if (o->json)
        print_json(&a, buf_span(&reply));
    else
        print_people(&a);
    (void)fwrite(out.ptr, 1, out.len, stdout); /* tool_finish() looks at ferror */
    json_decref(json);
    buf_release(&reply);
    buf_release(&out);
    return tool_finish(o, TOOL_FINE);
}

static int ask(const struct tool *o, struct corpus *c, struct span question)
{
    static const unsigned char key[SESSION_KEY_BYTES] = {0}; /* nobody goes on with this dialogue */
    const struct turn_env env = {.session_key = key, .now_ms = o->now_ms};
    struct session session;
    struct buf message;

    if (o->context != NULL && corpus_find(c, span_str(o->context)) < 0) {
        fprintf(stderr, "faqctl ask: --context '%s': the content has no such topic\n", o->context);
        return TOOL_USAGE;
    }
    tool_session(&session, o->context, o->lang, o->now_ms);
    struct turn *t = turn_new(c);
    buf_init(&message, 0);
    print_message(o, question, &message);
    turn_run(t, &env, &session, buf_span(&message));
    int status = TOOL_USAGE;
    if (t->err.code == WIRE_OK)
        status = explain(o, t, &env, question);
    else
        fprintf(stderr, "faqctl ask: %s: %s\n", wire_code_name(t->err.code), t->err.message);
    buf_release(&message);
    turn_free(t);
    return status;
}

int ask_run(const struct tool *o)
{
    struct buf question, clean;

    if (o->nwords == 0) {
        fputs("faqctl ask: the question is missing: faqctl ask \"...\"\n", stderr);
        return TOOL_USAGE;
    }
    struct corpus *c = tool_corpus(o);
    if (c == NULL)
        return TOOL_TROUBLE;
    buf_init(&question, 0);
    for (size_t i = 0; i < o->nwords; i++) {
        if (i > 0)
            buf_addc(&question, ' ');
        buf_adds(&question, o->words[i]);
    }
    buf_init(&clean, 0);
    int status = ask(o, c, tool_clean(buf_span(&question), &clean));
    buf_release(&clean);
    buf_release(&question);
    corpus_unref(c);
    return status;
}

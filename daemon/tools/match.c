/*
 * tools/match.c - faqctl match: questions from standard input, decisions as JSON lines
 *
 * One line out for each line in, in order, whatever stands on it.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "core/turn.h"
#include "tools/lines.h"
#include "tools/tools.h"
#include "tools/why.h"

#include <errno.h>
#include <jansson.h>
#include <unistd.h>

struct matching {
    const struct tool *o;
    struct corpus *corpus;
    struct turn *turn;
    struct buf clean; /* a question whose bytes were no UTF-8 */
    struct buf out;
    bool errors;
};

static void print_error(struct matching *m, const char *why)
{
    m->errors = true;
    buf_adds(&m->out, "{\"outcome\":\"error\",\"intent\":null,\"confidence\":0,\"choices\":[],"
                      "\"why\":[],\"error\":");
    buf_add_json(&m->out, span_str(why));
    buf_adds(&m->out, "}\n");
}

static void print_id(const struct corpus *c, int32_t intent, struct buf *out)
{
    if (intent >= 0)
        buf_add_json(out, corpus_intent_id(c, intent));
    else
        buf_adds(out, "null");
}

static void print_decision(struct matching *m, struct span q)
{
    const struct decision *d = &m->turn->reply.decision;
    struct buf *out = &m->out;

    turn_explain(m->turn);
    buf_adds(out, "{\"outcome\":\"");
    buf_adds(out, outcome_name(d->outcome));
    buf_adds(out, "\",\"intent\":");
    print_id(m->corpus, d->intent, out);
    buf_printf(out, ",\"confidence\":%.6g,\"choices\":[", (double)d->confidence);
    for (uint8_t i = 0; i < d->nchoices; i++) {
        if (i > 0)
            buf_addc(out, ',');
        print_id(m->corpus, d->choices[i], out);
    }
    buf_adds(out, "],\"why\":");
    why_print_json(m->turn, q, out);
    buf_adds(out, "}\n");
}

/* What lies beyond the longest message that a visitor can send is not looked at here either. */
static struct span as_sent(struct span q)
{
    size_t len = q.len < WIRE_MESSAGE_BYTES_MAX ? q.len : WIRE_MESSAGE_BYTES_MAX;
    while (len > 0 && len < q.len && ((unsigned char)q.ptr[len] & 0xC0) == 0x80)
        len--;
    return span_of(q.ptr, len);
}

static void answer(struct matching *m, struct span q, const char *context, enum lang lang)
{
    struct session session;
    tool_session(&session, context, lang, m->o->now_ms);
    q = as_sent(q);
    if (turn_decide(m->turn, &session, q))
        print_decision(m, q);
    else
        print_error(m, "empty");
}

/* NULL if the member is a string, null or not there. */
static const char *string_member(const json_t *object, const char *key, const char *why,
                                 struct span *ret)
{
    const json_t *value = json_object_get(object, key);
    *ret = span_of(NULL, 0);
    if (value == NULL || json_is_null(value))
        return NULL;
    if (!json_is_string(value))
        return why;
    *ret = span_of(json_string_value(value), json_string_length(value));
    return NULL;
}

static const char *answer_object(struct matching *m, const json_t *object)
{
    struct span q, context, lang;
    const char *why = string_member(object, "q", "'q' must be a string", &q);

    if (why == NULL && q.ptr == NULL)
        why = "'q' is missing";
    if (why == NULL)
        why = string_member(object, "context", "'context' must be a topic id or null", &context);
    if (why == NULL && context.len > 0 && corpus_find(m->corpus, context) < 0)
        why = "'context' names no topic";
    if (why == NULL)
        why = string_member(object, "lang", "'lang' must be \"ja\", \"en\" or null", &lang);
    if (why != NULL)
        return why;
    /* Any other language is taken for Japanese, as the daemon does. */
    answer(m, q, context.ptr, span_is(lang, "en") ? LANG_EN : LANG_JA);
    return NULL;
}

static void answer_json(struct matching *m, struct span line)
{
    json_error_t error;
    char why[JSON_ERROR_TEXT_LENGTH + 40];
    json_t *object = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &error);

    if (object == NULL) {
        (void)snprintf(why, sizeof(why), "bad JSON at byte %d: %s", error.position, error.text);
        print_error(m, why);
        return;
    }
    const char *bad = answer_object(m, object);
    if (bad != NULL)
        print_error(m, bad);
    json_decref(object);
}

static void answer_line(struct matching *m, struct span line)
{
    size_t blank = 0;
    while (blank < line.len && (line.ptr[blank] == ' ' || line.ptr[blank] == '\t'))
        blank++;
    if (blank == line.len)
        print_error(m, "empty");
    else if (line.ptr[blank] == '{')
        answer_json(m, line);
    else
        answer(m, tool_clean(line, &m->clean), NULL, LANG_JA);
}

static int answer_all(struct matching *m)
{
    static const char too_long[] = "the line is longer than 1 MiB";
    struct lines lines;
    struct span line;
    enum lines_result result;

    lines_init(&lines, STDIN_FILENO, stdout);
    while ((result = lines_next(&lines, &line)) == LINES_ONE || result == LINES_TOO_LONG) {
        buf_clear(&m->out);
        if (result == LINES_TOO_LONG)
            print_error(m, too_long);
        else
            answer_line(m, line);
        if (fwrite(m->out.ptr, 1, m->out.len, stdout) != m->out.len)
            break; /* nobody reads any more; tool_finish() says so */
    }
    lines_release(&lines);
    if (result == LINES_FAILED) {
        fprintf(stderr, "faqctl match: cannot read standard input: %s\n", strerror(errno));
        return tool_finish(m->o, TOOL_TROUBLE);
    }
    return tool_finish(m->o, m->errors ? TOOL_FINDINGS : TOOL_FINE);
}

int match_run_tool(const struct tool *o)
{
    struct corpus *c = tool_corpus(o);
    if (c == NULL)
        return TOOL_TROUBLE;
    struct matching m = {.o = o, .corpus = c, .turn = turn_new(c)};
    buf_init(&m.clean, 0);
    buf_init(&m.out, 0);
    int status = answer_all(&m);
    buf_release(&m.clean);
    buf_release(&m.out);
    turn_free(m.turn);
    corpus_unref(c);
    return status;
}

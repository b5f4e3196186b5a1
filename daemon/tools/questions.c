#include "tools/questions.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>

enum { QUESTIONS_BYTES_MAX = 64 << 20 };

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

bool questions_takes(const char *file)
{
    return ends_in(file, ".jsonl") || ends_in(file, ".txt");
}

struct reading {
    struct questions *q;
    const struct corpus *c;
    struct diags *diags;
    unsigned line;
    bool asked;  /* dialogues: a question waits for its topic */
    bool begins; /* the next one is a new visitor's */
};

static void complain(const struct reading *r, const char *what, struct span which)
{
    diags_add(r->diags, SEVERITY_ERROR, r->q->file, r->line, which.len > 0 ? "%s: '%.*s'" : "%s",
              what, SPAN_ARG(which));
}

static struct question *new_question(struct reading *r)
{
    struct questions *q = r->q;
    q->items = mem_grow(q->items, &q->cap, q->n + 1, sizeof(*q->items));
    q->items[q->n] = (struct question){.line = r->line, .label.want = -1};
    return &q->items[q->n++];
}

/* -1, with a diagnostic, if the content has no such topic. */
static int32_t topic(const struct reading *r, struct span id)
{
    int32_t intent = corpus_find(r->c, id);
    if (intent < 0)
        complain(r, "the content has no such topic", id);
    return intent;
}

/* ---- questions ------------------------------------------------------------------------------- */

static struct span json_span(const json_t *value)
{
    return span_of(json_string_value(value), json_string_length(value));
}

/* One topic or a list of them. */
static size_t read_topics(const struct reading *r, const json_t *value, const char *what,
                          int32_t *out, size_t cap)
{
    size_t n = 0, all = json_is_array(value) ? json_array_size(value) : 1;

    if (all > cap) {
        complain(r, "too many topics", span_str(what));
        return 0;
    }
    for (size_t i = 0; i < all; i++) {
        const json_t *id = json_is_array(value) ? json_array_get(value, i) : value;
        if (json_is_string(id))
            out[n++] = topic(r, json_span(id));
        else
            complain(r, "must be a topic id, or a list of them", span_str(what));
    }
    return n;
}

static bool is_known(const char *key)
{
    static const char *const known[] = {"q", "want", "choose", "accept", "context", "lang", "tag"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i], key) == 0)
            return true;
    }
    return false;
}

static void read_label(const struct reading *r, const json_t *o, struct label *l)
{
    const json_t *want = json_object_get(o, "want"), *choose = json_object_get(o, "choose");
    const json_t *accept = json_object_get(o, "accept"), *tag = json_object_get(o, "tag");

    if ((want == NULL) == (choose == NULL))
        complain(r, "needs exactly one of 'want' and 'choose'", span_of(NULL, 0));
    else if (choose != NULL)
        l->nboth = read_topics(r, choose, "choose", l->both, DECISION_CHOICES_MAX);
    else if (!json_is_null(want))
        (void)read_topics(r, want, "want", &l->want, 1);
    if (accept != NULL)
        l->naccept = read_topics(r, accept, "accept", l->accept, LABEL_ACCEPT_MAX);
    if (json_is_string(tag))
        (void)snprintf(l->tag, sizeof(l->tag), "%s", json_string_value(tag));
}

static void read_question(struct reading *r, struct span line)
{
    json_error_t error;
    json_t *o = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &error);
    const char *key;
    json_t *value;

    if (!json_is_object(o)) {
        complain(r, "is no JSON object", o == NULL ? span_str(error.text) : span_of(NULL, 0));
        json_decref(o);
        return;
    }
    json_object_foreach(o, key, value)
    {
        if (!is_known(key))
            complain(r, "unknown key", span_str(key));
    }
    const json_t *q = json_object_get(o, "q"), *context = json_object_get(o, "context");
    const json_t *lang = json_object_get(o, "lang");
    if (json_is_string(q)) {
        struct question *new = new_question(r);
        new->text = mem_strndup(json_string_value(q), json_string_length(q));
        if (json_is_string(lang) && strcmp(json_string_value(lang), "en") == 0)
            new->lang = LANG_EN;
        if (json_is_string(context) && topic(r, json_span(context)) >= 0)
            new->context = mem_strdup(json_string_value(context));
        read_label(r, o, &new->label);
    } else {
        complain(r, "'q' must be a string", span_of(NULL, 0));
    }
    json_decref(o);
}

/* ---- dialogues ------------------------------------------------------------------------------- */

static void read_expected(struct reading *r, struct span ids)
{
    if (!r->asked) {
        complain(r, "'<' without a '>' before it", span_of(NULL, 0));
        return;
    }
    r->asked = false;
    struct label *l = &r->q->items[r->q->n - 1].label;
    if (span_is(ids, "?"))
        return;
    if (memchr(ids.ptr, '|', ids.len) == NULL) {
        l->want = topic(r, ids);
        return;
    }
    while (ids.len > 0 && l->nboth < DECISION_CHOICES_MAX) {
        const char *bar = memchr(ids.ptr, '|', ids.len);
        size_t len = bar != NULL ? (size_t)(bar - ids.ptr) : ids.len;
        l->both[l->nboth++] = topic(r, span_trim(span_of(ids.ptr, len)));
        ids.ptr += len + (bar != NULL);
        ids.len -= len + (bar != NULL);
    }
    if (ids.len > 0)
        complain(r, "more topics than can be offered", ids);
}

static void read_said(struct reading *r, struct span text)
{
    if (r->asked)
        complain(r, "'>' where '<' must name the topic of the question before", span_of(NULL, 0));
    struct question *new = new_question(r);
    new->text = mem_strndup(text.ptr, text.len);
    new->begins = r->begins;
    r->asked = true;
    r->begins = false;
}

static void read_dialogue_line(struct reading *r, struct span line)
{
    struct span rest = line.len > 0 ? span_trim(span_of(line.ptr + 1, line.len - 1)) : line;

    if (line.len == 0 || line.ptr[0] == '#') {
        if (r->asked)
            complain(r, "the question before has no '<'", span_of(NULL, 0));
        r->asked = false;
        r->begins = true;
    } else if (line.ptr[0] == '>' && rest.len > 0) {
        read_said(r, rest);
    } else if (line.ptr[0] == '<' && rest.len > 0) {
        read_expected(r, rest);
    } else {
        complain(r, "must be '> question', '< topic', '# comment' or empty", span_of(NULL, 0));
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static void read_line(struct reading *r, struct span line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (!utf8_valid(line))
        complain(r, "is not valid UTF-8", span_of(NULL, 0));
    else if (r->q->dialogues)
        read_dialogue_line(r, line);
    else if (span_trim(line).len > 0)
        read_question(r, line);
}

enum errc questions_read(struct questions *q, const char *file, const struct corpus *c,
                         struct diags *diags, struct err *reterr)
{
    struct buf bytes;

    *q = (struct questions){.file = mem_strdup(file), .dialogues = ends_in(file, ".txt")};
    buf_init(&bytes, 0);
    if (file_read(file, QUESTIONS_BYTES_MAX, &bytes, reterr) != ERR_OK) {
        buf_release(&bytes);
        return reterr->code;
    }
    struct reading r = {.q = q, .c = c, .diags = diags, .begins = true};
    struct span rest = buf_span(&bytes);
    while (rest.len > 0) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        size_t len = newline != NULL ? (size_t)(newline - rest.ptr) : rest.len;
        r.line++;
        read_line(&r, span_of(rest.ptr, len));
        rest.ptr += len + (newline != NULL);
        rest.len -= len + (newline != NULL);
    }
    if (r.asked)
        complain(&r, "the last question has no '<'", span_of(NULL, 0));
    buf_release(&bytes);
    return ERR_OK;
}

void questions_release(struct questions *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->items[i].text);
        free(q->items[i].context);
    }
    free(q->items);
    free(q->file);
    *q = (struct questions){0};
}

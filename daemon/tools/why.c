#include "tools/why.h"

#include "base/utf8.h"
#include "core/content.h"
#include "core/kb.h"

/* ---- lines as they were written -------------------------------------------------------------- */

struct written { /* a keyword line, follow-up line, veto or slot's term */
    enum reason_kind kind;
    int32_t intent; /* -1: a slot's */
    const char *file;
    unsigned line;
};

/* The compiled line points to the string that it was made from, which is how it is found again. */
static const struct content_string *find_string(const struct content_strings *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].s == s)
            return &list->items[i];
    }
    return NULL;
}

static const struct content_string *find_in_intent(const struct content_intent *x,
                                                   const char *source, enum reason_kind *retkind)
{
    const struct content_string *s = find_string(&x->keywords, source);
    *retkind = REASON_KEYWORD;
    if (s == NULL) {
        s = find_string(&x->unless, source);
        *retkind = REASON_UNLESS;
    }
    for (size_t a = 0; a < x->nafter && s == NULL; a++) {
        s = find_string(&x->after[a].lines, source);
        *retkind = REASON_AFTER;
    }
    return s;
}

static bool find_written(const struct content *content, const char *source, struct written *ret)
{
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        const struct content_string *s = find_in_intent(x, source, &ret->kind);
        if (s != NULL) {
            ret->intent = (int32_t)i;
            ret->file = x->file;
            ret->line = s->line;
            return true;
        }
    }
    return false; /* a slot's term: its evidence says what it set */
}

static size_t count_terms(const char *line)
{
    size_t n = 1;
    for (const char *p = line; (p = strstr(p, " + ")) != NULL; p += 3)
        n++;
    return n < RULE_TERMS_MAX ? n : RULE_TERMS_MAX;
}

/* ---- what gave way to a longer line ---------------------------------------------------------- */

static bool has_term(const struct match *m, const struct rule_hit *hit, size_t n, uint32_t term)
{
    for (size_t i = 0; i < n; i++) {
        if (m->hits[hit->first[i]].term == term)
            return true;
    }
    return false;
}

/* The intent of a complete line that holds all terms of line `i` and more; as decide() sees it. */
static int32_t longer_line_of(const struct corpus *c, const struct match *m, size_t i,
                              int32_t intent)
{
    size_t n = count_terms(corpus_rule_source(c, m->rules[i].rule));
    for (size_t k = 0; k < m->nrules; k++) {
        const char *source = corpus_rule_source(c, m->rules[k].rule);
        size_t nk = count_terms(source);
        bool all = nk > n;
        for (size_t j = 0; j < n && all; j++)
            all = has_term(m, &m->rules[k], nk, m->hits[m->rules[i].first[j]].term);
        struct written w;
        if (all && find_written(corpus_content(c), source, &w) && w.kind == REASON_KEYWORD &&
            w.intent != intent)
            return w.intent;
    }
    return -1;
}

/* ---- reasons --------------------------------------------------------------------------------- */

struct reasons {
    struct reason *out;
    size_t n, cap;
};

static void add(struct reasons *r, struct reason reason)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->out[i].kind == reason.kind && span_eq(r->out[i].what, reason.what) &&
            r->out[i].line == reason.line)
            return;
    }
    if (r->n < r->cap)
        r->out[r->n++] = reason;
}

static void add_lines(const struct turn *t, int32_t intent, struct reasons *r)
{
    const struct corpus *c = turn_corpus(t);
    for (size_t i = 0; i < t->match.nrules; i++) {
        const char *source = corpus_rule_source(c, t->match.rules[i].rule);
        struct written w;
        if (!find_written(corpus_content(c), source, &w) || w.intent != intent)
            continue;
        add(r, (struct reason){w.kind, intent, span_str(source), w.file, w.line,
                               w.kind == REASON_KEYWORD ? longer_line_of(c, &t->match, i, intent)
                                                        : -1});
    }
}

static bool find_place(const struct content_intent *x, struct reason *reason)
{
    const struct content_strings *list =
        reason->kind == REASON_PATTERN ? &x->patterns : &x->examples;
    for (size_t i = 0; i < list->n; i++) {
        if (span_is(reason->what, list->items[i].s)) {
            reason->file = x->file;
            reason->line = list->items[i].line;
            return true;
        }
    }
    return false;
}

/* Reject intents are learned as one, so what spoke may be an example of any of them. */
static void find_place_in_rejects(const struct content *content, struct reason *reason)
{
    for (size_t i = 0; i < content->nintents; i++) {
        if (content->intents[i].reject && find_place(&content->intents[i], reason))
            return;
    }
}

static struct reason reason_of(const struct corpus *c, const struct evidence *e,
                               enum reason_kind kind)
{
    struct reason reason = {
        .kind = kind, .intent = e->intent, .what = corpus_evidence_name(c, e), .gives_way_to = -1};
    const struct content *content = corpus_content(c);
    const struct content_intent *x = e->intent >= 0 ? &content->intents[e->intent] : NULL;

    if (kind == REASON_SLOT)
        reason.file = content->slots[e->ref >> 8].file;
    else if (kind == REASON_FORMAT)
        reason.file = content->formats[e->ref].file;
    else if (x != NULL && !find_place(x, &reason) && x->reject)
        find_place_in_rejects(content, &reason);
    return reason;
}

size_t why_reasons(const struct turn *t, int32_t intent, struct reason *out, size_t cap)
{
    const struct corpus *c = turn_corpus(t);
    struct reasons r = {.out = out, .cap = cap};

    if (intent >= 0)
        add_lines(t, intent, &r);
    for (size_t i = 0; i < t->evidence.n; i++) {
        const struct evidence *e = &t->evidence.items[i];
        switch (e->source) {
        case EVIDENCE_TERM:
        case EVIDENCE_CONTEXT:
            break; /* its whole line is there already */
        case EVIDENCE_PATTERN:
            if (e->intent == intent)
                add(&r, reason_of(c, e, REASON_PATTERN));
            break;
        case EVIDENCE_EXAMPLE:
            if (e->intent == intent)
                add(&r, reason_of(c, e, t->match.exact == intent ? REASON_EXACT : REASON_EXAMPLE));
            break;
        case EVIDENCE_SLOT:
            if (intent < 0)
                add(&r, reason_of(c, e, REASON_SLOT));
            break;
        case EVIDENCE_FORMAT:
            if (intent < 0)
                add(&r, reason_of(c, e, REASON_FORMAT));
            break;
        }
    }
    return r.n;
}

static const char *const kind_text[][2] = {
    [REASON_KEYWORD] = {"キーワード", "keyword line"},
    [REASON_PATTERN] = {"パターン", "pattern"},
    [REASON_AFTER] = {"続きの質問としてのキーワード", "follow-up line"},
    [REASON_UNLESS] = {"除外キーワード(unless)", "unless line"},
    [REASON_EXACT] = {"同じ質問の例文", "the very same example"},
    [REASON_EXAMPLE] = {"いちばん近い例文", "nearest example"},
    [REASON_SLOT] = {"条件", "condition"},
    [REASON_FORMAT] = {"入力された番号の種類", "typed identifier"},
};

/* A sentence that is no example is the heading of an answer. */
static void print_heading_place(const struct corpus *c, const struct reason *r, struct buf *out)
{
    const struct kb_answer *en = kb_find(corpus_kb(c), r->intent, LANG_EN, -1);
    struct span id = corpus_intent_id(c, r->intent);
    bool is_en = en != NULL && en->lang == LANG_EN && span_eq(en->title, r->what);
    buf_printf(out, "  (kb/%s%.*s.md)", is_en ? "en/" : "", SPAN_ARG(id));
}

void why_print(const struct turn *t, const struct reason *r, enum lang lang, struct buf *out)
{
    const struct corpus *c = turn_corpus(t);

    buf_printf(out, lang == LANG_EN ? "%s \"%.*s\"" : "%s「%.*s」", kind_text[r->kind][lang],
               SPAN_ARG(r->what));
    if (r->file != NULL && r->line > 0)
        buf_printf(out, "  (%s:%u)", r->file, r->line);
    else if (r->file != NULL)
        buf_printf(out, "  (%s)", r->file);
    else if (r->kind == REASON_EXAMPLE || r->kind == REASON_EXACT)
        print_heading_place(c, r, out);
    if (r->gives_way_to >= 0) {
        struct span to = corpus_intent_id(c, r->gives_way_to);
        buf_printf(out,
                   lang == LANG_EN ? "  gives way to a longer line of %.*s"
                                   : "  %.*s のより長いキーワードを優先",
                   SPAN_ARG(to));
    }
}

const struct candidate *why_rival(const struct turn *t, int32_t but)
{
    for (size_t i = 0; i < t->ranking.n; i++) {
        const struct candidate *k = &t->ranking.items[i];
        if (k->intent != but && !k->vetoed)
            return k;
    }
    return NULL;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

struct shown { /* whose evidence is printed */
    int32_t intents[2 + DECISION_CHOICES_MAX];
    size_t n;
};

static bool is_shown(const struct shown *s, const struct evidence *e)
{
    bool found = e->intent < 0 || e->source == EVIDENCE_FORMAT;
    for (size_t i = 0; i < s->n && !found; i++)
        found = s->intents[i] == e->intent;
    return found && e->weight >= 0;
}

static bool is_double(const struct turn *t, size_t i)
{
    const struct evidence *a = &t->evidence.items[i];
    for (size_t k = 0; k < i; k++) {
        const struct evidence *b = &t->evidence.items[k];
        if (a->source == b->source && a->intent == b->intent && a->begin == b->begin &&
            a->end == b->end && a->weight >= 0 && b->weight >= 0 &&
            span_eq(corpus_evidence_name(turn_corpus(t), a),
                    corpus_evidence_name(turn_corpus(t), b)))
            return true;
    }
    return false;
}

void why_print_json(const struct turn *t, struct span q, struct buf *out)
{
    const struct decision *d = &t->reply.decision;
    const struct candidate *rival = why_rival(t, d->intent);
    struct shown shown = {0};
    bool first = true;

    shown.intents[shown.n++] = d->intent;
    for (uint8_t i = 0; i < d->nchoices; i++)
        shown.intents[shown.n++] = d->choices[i];
    if (rival != NULL)
        shown.intents[shown.n++] = rival->intent;
    buf_addc(out, '[');
    for (size_t i = 0; i < t->evidence.n; i++) {
        const struct evidence *e = &t->evidence.items[i];
        if (!is_shown(&shown, e) || is_double(t, i))
            continue;
        size_t begin = utf8_count(span_of(q.ptr, e->begin));
        size_t end = begin + utf8_count(span_of(q.ptr + e->begin, (size_t)(e->end - e->begin)));
        buf_adds(out, first ? "{\"source\":\"" : ",{\"source\":\"");
        buf_adds(out, evidence_source_name(e->source));
        buf_adds(out, "\",\"what\":");
        buf_add_json(out, corpus_evidence_name(turn_corpus(t), e));
        buf_adds(out, ",\"intent\":");
        if (e->intent >= 0)
            buf_add_json(out, corpus_intent_id(turn_corpus(t), e->intent));
        else
            buf_adds(out, "null");
        buf_adds(out, ",\"begin\":");
        buf_addu(out, begin);
        buf_adds(out, ",\"end\":");
        buf_addu(out, end);
        buf_addc(out, '}');
        first = false;
    }
    buf_addc(out, ']');
}

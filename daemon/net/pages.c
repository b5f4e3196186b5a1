/*
 * net/pages.c - the protocol's JSON as HTML
 *
 * /chat keeps nothing in the daemon: the dialogue is the token in the form. Each form carries an
 * id of its own, so a page that is sent twice ("reload") is answered and logged once.
 */
#include "net/pages.h"

#include "base/mem.h"
#include "core/content.h"
#include "core/kb.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    DEPTH_MAX = 12, /* deeper than any answer */
    FIELD_BYTES_MAX = 8192,
    DAY_MS = 86400000,
    JAPAN_MS = 9 * 3600000,
};

struct pages {
    struct corpus *corpus;                              /* what was printed from */
    int64_t day;                                        /* in Japan: answers expire at midnight */
    struct buf before[LANG_EN + 1], after[LANG_EN + 1]; /* around what a query found */
};

void pages_free(struct pages *p)
{
    if (p == NULL)
        return;
    for (int lang = 0; lang <= LANG_EN; lang++) {
        buf_release(&p->before[lang]);
        buf_release(&p->after[lang]);
    }
    corpus_unref(p->corpus);
    free(p);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const struct words {
    const char *lang, *other_lang, *other, *faq, *chat, *search, *find, *found, *nothing, *topics,
        *contact, *hours, *call, *ask, *send, *yours, *near, *none, *rate, *yes, *no, *thanks, *top,
        *again, *empty, *busy, *gone;
} languages[] = {
    [LANG_JA] = {"ja",
                 "en",
                 "English",
                 "よくあるご質問",
                 "ご質問チャット",
                 "ご質問を探す",
                 "探す",
                 "近い項目",
                 "近い項目が見つかりませんでした。別の言葉でお試しください。",
                 "目次",
                 "お問い合わせ先",
                 "受付時間",
                 "電話",
                 "ご質問を入力してください",
                 "送信",
                 "ご質問",
                 "近い項目",
                 "この中にはない",
                 "この回答で解決しましたか?",
                 "解決した",
                 "解決しなかった",
                 "ありがとうございました。",
                 "目次へ戻る",
                 "申し訳ありません。送信できませんでした。もう一度お試しください。",
                 "ご質問が読み取れませんでした。文字でご入力ください。",
                 "ただいま混み合っています。少し待ってから、もう一度送信してください。",
                 "この項目は新しくなりました。お手数ですが、ご質問を入力してください。"},
    [LANG_EN] = {"en",
                 "ja",
                 "日本語",
                 "Frequently asked questions",
                 "Ask a question",
                 "Find an answer",
                 "Find",
                 "Related topics",
                 "No related topic was found. Please try other words.",
                 "Contents",
                 "Contact",
                 "Hours",
                 "Call",
                 "Type your question",
                 "Send",
                 "Your question",
                 "Related topics",
                 "None of these",
                 "Did this answer your question?",
                 "Yes",
                 "No",
                 "Thank you.",
                 "Back to the contents",
                 "Sorry, your message could not be sent. Please try again.",
                 "We could not read your question. Please type it in words.",
                 "We are busy. Please wait a little and send it again.",
                 "This topic has changed. Please type your question."},
};

/* ---- HTML ------------------------------------------------------------------------------------ */

static void escape(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '>':
            buf_adds(out, "&gt;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        case '\'':
            buf_adds(out, "&#39;");
            break;
        default:
            buf_addc(out, s.ptr[i]);
            break;
        }
    }
}

static void escape_str(struct buf *out, const char *s)
{
    escape(out, span_str(s));
}

static struct span text_of(const json_t *object, const char *key)
{
    const json_t *s = json_object_get(object, key);
    return json_is_string(s) ? span_of(json_string_value(s), json_string_length(s))
                             : span_of("", 0);
}

static bool link_allowed(struct span href)
{
    static const char *const schemes[] = {"https:", "http:", "tel:", "mailto:"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (href.len > len && memcmp(href.ptr, schemes[i], len) == 0)
            return true;
    }
    return false;
}

static void print_inlines(struct buf *out, const json_t *nodes, unsigned depth);

static void print_inline(struct buf *out, const json_t *node, unsigned depth)
{
    struct span t = text_of(node, "t");
    const json_t *inside = json_object_get(node, "c");

    if (json_is_string(node)) {
        escape(out, span_of(json_string_value(node), json_string_length(node)));
    } else if (span_is(t, "b")) {
        buf_adds(out, "<strong>");
        print_inlines(out, inside, depth + 1);
        buf_adds(out, "</strong>");
    } else if (span_is(t, "a") && link_allowed(text_of(node, "href"))) {
        buf_adds(out, "<a rel=\"noreferrer\" href=\"");
        escape(out, text_of(node, "href"));
        buf_adds(out, "\">");
        print_inlines(out, inside, depth + 1);
        buf_adds(out, "</a>");
    } else if (span_is(t, "br")) {
        buf_adds(out, "<br>");
    } else {
        print_inlines(out, inside, depth + 1);
    }
}

static void print_inlines(struct buf *out, const json_t *nodes, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        print_inline(out, json_array_get(nodes, i), depth);
}

static void print_row(struct buf *out, const json_t *row, bool head, unsigned depth)
{
    buf_adds(out, "<tr>");
    for (size_t i = 0; i < json_array_size(row); i++) {
        const json_t *cell = json_array_get(row, i);
        bool names = (head || i == 0) && json_array_size(cell) > 0; /* a header says something */
        buf_adds(out, !names ? "<td>" : head ? "<th scope=\"col\">" : "<th scope=\"row\">");
        print_inlines(out, cell, depth + 1);
        buf_adds(out, names ? "</th>" : "</td>");
    }
    buf_adds(out, "</tr>");
}

static void print_table(struct buf *out, const json_t *node, unsigned depth)
{
    const json_t *head = json_object_get(node, "head");

    buf_adds(out, "<div class=\"table\" role=\"group\" tabindex=\"0\"><table>");
    if (json_array_size(head) > 0) {
        buf_adds(out, "<thead>");
        print_row(out, head, true, depth);
        buf_adds(out, "</thead>");
    }
    buf_adds(out, "<tbody>");
    for (size_t i = 0; i < json_array_size(json_object_get(node, "rows")); i++)
        print_row(out, json_array_get(json_object_get(node, "rows"), i), false, depth);
    buf_adds(out, "</tbody></table></div>");
}

static void print_blocks(struct buf *out, const json_t *nodes, const char *heading, unsigned depth);

static void print_list(struct buf *out, const json_t *node, const char *tag, const char *heading,
                       unsigned depth)
{
    buf_printf(out, "<%s>", tag);
    for (size_t i = 0; i < json_array_size(json_object_get(node, "items")); i++) {
        const json_t *item = json_array_get(json_object_get(node, "items"), i);
        buf_adds(out, "<li>");
        print_blocks(out, item, heading, depth + 1);
        buf_adds(out, "</li>");
    }
    buf_printf(out, "</%s>", tag);
}

/* `heading` is the tag of a heading inside of an answer. */
static void print_block(struct buf *out, const json_t *node, const char *heading, unsigned depth)
{
    struct span t = text_of(node, "t");

    if (span_is(t, "ul")) {
        print_list(out, node, "ul", heading, depth);
    } else if (span_is(t, "ol")) {
        print_list(out, node, "ol", heading, depth);
    } else if (span_is(t, "table")) {
        print_table(out, node, depth);
    } else if (span_is(t, "note")) {
        buf_adds(out, "<div class=\"note\" role=\"note\">");
        print_blocks(out, json_object_get(node, "c"), heading, depth + 1);
        buf_adds(out, "</div>");
    } else {
        const char *tag = span_is(t, "h") ? heading : "p";
        buf_printf(out, "<%s>", tag);
        print_inlines(out, json_object_get(node, "c"), depth + 1);
        buf_printf(out, "</%s>", tag);
    }
}

static void print_blocks(struct buf *out, const json_t *nodes, const char *heading, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        print_block(out, json_array_get(nodes, i), heading, depth);
}

static void print_contacts(struct buf *out, const json_t *contacts, const struct words *w)
{
    if (json_array_size(contacts) == 0)
        return;
    buf_printf(out, "<section class=\"contact\"><h2>%s</h2>", w->contact);
    for (size_t i = 0; i < json_array_size(contacts); i++) {
        const json_t *c = json_array_get(contacts, i);
        struct span phone = text_of(c, "phone"), url = text_of(c, "url");
        buf_adds(out, "<div class=\"place\"><p>");
        escape(out, text_of(c, "label"));
        buf_adds(out, "</p>");
        if (phone.len > 0) {
            buf_adds(out, "<p><a class=\"tel\" href=\"tel:");
            for (size_t k = 0; k < phone.len; k++) {
                if (strchr("0123456789+", phone.ptr[k]) != NULL && phone.ptr[k] != '\0')
                    buf_addc(out, phone.ptr[k]);
            }
            buf_printf(out, "\">%s ", w->call);
            escape(out, phone);
            buf_adds(out, "</a></p>");
        }
        if (link_allowed(url)) {
            buf_adds(out, "<p><a rel=\"noreferrer\" href=\"");
            escape(out, url);
            buf_adds(out, "\">");
            escape(out, url);
            buf_adds(out, "</a></p>");
        }
        if (text_of(c, "hours").len > 0) {
            buf_printf(out, "<p class=\"small\">%s: ", w->hours);
            escape(out, text_of(c, "hours"));
            buf_adds(out, "</p>");
        }
        buf_adds(out, "</div>");
    }
    buf_adds(out, "</section>");
}

static void print_head(struct buf *out, const struct words *w, const char *title, struct span name)
{
    buf_printf(
        out,
        "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>%s - ",
        w->lang, title);
    escape(out, name);
    buf_adds(out, "</title><link rel=\"stylesheet\" href=\"pages.css\"></head><body><header><p>");
    escape(out, name);
    buf_printf(out, "</p><h1>%s</h1></header><main>", title);
}

/* What one of core's printers says, as a value; the caller lets go of it. */
static json_t *read_object(struct buf *text)
{
    json_t *value = json_loadb(text->ptr, text->len, 0, NULL);
    buf_release(text);
    return value;
}

static json_t *read_welcome(const struct kb *kb, enum lang lang)
{
    struct buf text;

    buf_init(&text, 0);
    buf_addc(&text, '{');
    kb_print_welcome(kb, lang, &text);
    buf_addc(&text, '}');
    return read_object(&text);
}

static json_t *read_contacts(const struct kb *kb, enum lang lang, int64_t now_ms)
{
    struct buf text;

    buf_init(&text, 0);
    kb_print_contacts(kb, lang, now_ms, &text);
    return read_object(&text);
}

/* ---- /faq ------------------------------------------------------------------------------------ */

struct faq {
    struct buf *out;
    const struct corpus *corpus;
    const struct kb *kb;
    enum lang lang;
    int64_t now_ms;
};

static void print_variant(const struct faq *f, const struct kb_answer *a)
{
    struct buf text;

    buf_init(&text, 0);
    buf_addc(&text, '{');
    kb_print_answer(f->kb, a, NULL, f->now_ms, &text);
    buf_addc(&text, '}');
    json_t *answer = read_object(&text);
    print_blocks(f->out, json_object_get(answer, "body"), "h4", 0);
    json_decref(answer);
}

static void print_topic(const struct faq *f, int32_t intent)
{
    const struct kb_answer *general = kb_find(f->kb, intent, f->lang, -1);
    const struct content *content = corpus_content(f->corpus);
    struct span id = corpus_intent_id(f->corpus, intent);

    buf_printf(f->out, "<article id=\"%.*s\" lang=\"%s\"><h3><a href=\"#%.*s\">", SPAN_ARG(id),
               languages[general->lang].lang, SPAN_ARG(id));
    escape(f->out, general->title);
    buf_adds(f->out, "</a></h3>");
    print_variant(f, general);
    int32_t slot = content->intents[intent].slot;
    for (size_t v = 0; slot >= 0 && v < content->slots[slot].nvalues; v++) {
        const struct kb_answer *a = kb_find(f->kb, intent, f->lang, (int32_t)v);
        const struct content_label *label = &content->slots[slot].values[v].label;
        if (a == general || a == NULL)
            continue;
        buf_adds(f->out, "<h4>");
        escape_str(f->out, f->lang == LANG_EN && label->en != NULL ? label->en : label->ja);
        buf_adds(f->out, "</h4>");
        print_variant(f, a);
    }
    buf_printf(f->out, "<p class=\"small\"><a href=\"#top\">%s</a></p></article>",
               languages[f->lang].top);
}

static void print_contents(const struct faq *f, const json_t *categories)
{
    buf_printf(f->out, "<nav id=\"top\" aria-label=\"%s\"><h2>%s</h2>", languages[f->lang].topics,
               languages[f->lang].topics);
    for (size_t i = 0; i < json_array_size(categories); i++) {
        const json_t *category = json_array_get(categories, i);
        buf_adds(f->out, "<h3>");
        escape(f->out, text_of(category, "title"));
        buf_adds(f->out, "</h3><ul>");
        for (size_t k = 0; k < json_array_size(json_object_get(category, "topics")); k++) {
            const json_t *topic = json_array_get(json_object_get(category, "topics"), k);
            buf_adds(f->out, "<li><a href=\"#");
            escape(f->out, text_of(topic, "intent"));
            buf_adds(f->out, "\">");
            escape(f->out, text_of(topic, "title"));
            buf_adds(f->out, "</a></li>");
        }
        buf_adds(f->out, "</ul>");
    }
    buf_adds(f->out, "</nav>");
}

static void print_answers(const struct faq *f, const json_t *categories)
{
    size_t n = corpus_intents(f->corpus);
    bool *printed = mem_zalloc_array(n + 1, sizeof(*printed));
    bool rest = false;

    for (size_t i = 0; i < json_array_size(categories); i++) {
        const json_t *category = json_array_get(categories, i);
        buf_adds(f->out, "<section><h2>");
        escape(f->out, text_of(category, "title"));
        buf_adds(f->out, "</h2>");
        for (size_t k = 0; k < json_array_size(json_object_get(category, "topics")); k++) {
            const json_t *topic = json_array_get(json_object_get(category, "topics"), k);
            int intent = corpus_find(f->corpus, text_of(topic, "intent"));
            if (intent < 0)
                continue;
            printed[intent] = true;
            print_topic(f, intent);
        }
        buf_adds(f->out, "</section>");
    }
    /* A site without categories has its answers, too. */
    for (size_t intent = 0; intent < n; intent++) {
        const struct content_intent *in = &corpus_content(f->corpus)->intents[intent];
        if (printed[intent] || in->talk || in->reject ||
            kb_find(f->kb, (int32_t)intent, f->lang, -1) == NULL)
            continue;
        if (!rest)
            buf_adds(f->out, "<section>");
        rest = true;
        print_topic(f, (int32_t)intent);
    }
    if (rest)
        buf_adds(f->out, "</section>");
    free(printed);
}

static void print_parts(struct pages *p, enum lang lang, int64_t now_ms)
{
    const struct words *w = &languages[lang];
    struct faq f = {&p->before[lang], p->corpus, corpus_kb(p->corpus), lang, now_ms};
    json_t *welcome = read_welcome(f.kb, lang), *contacts = read_contacts(f.kb, lang, now_ms);
    const json_t *categories = json_object_get(welcome, "categories");

    buf_clear(&p->before[lang]);
    buf_clear(&p->after[lang]);
    print_head(f.out, w, w->faq, text_of(welcome, "name"));
    buf_printf(f.out,
               "<p class=\"ways\"><a href=\"chat?lang=%s\">%s</a> <a lang=\"%s\" hreflang=\"%s\" "
               "href=\"faq?lang=%s\">%s</a></p>"
               "<form action=\"faq\" role=\"search\"><input type=\"hidden\" name=\"lang\" "
               "value=\"%s\"><label for=\"q\">%s</label><span class=\"line\"><input id=\"q\" "
               "name=\"q\" type=\"search\" maxlength=\"80\"><button>%s</button></span></form>",
               w->lang, w->chat, w->other_lang, w->other_lang, w->other_lang, w->other, w->lang,
               w->search, w->find);
    f.out = &p->after[lang];
    print_contents(&f, categories);
    print_answers(&f, categories);
    print_contacts(f.out, contacts, w);
    buf_adds(f.out, "</main></body></html>\n");
    json_decref(welcome);
    json_decref(contacts);
}

static const struct pages *pages_of(struct service *s)
{
    struct corpus *corpus = turn_corpus(s->turn);
    int64_t day = (s->env.now_ms + JAPAN_MS) / DAY_MS;

    if (s->pages == NULL)
        s->pages = mem_zalloc(sizeof(*s->pages));
    struct pages *p = s->pages;
    if (p->corpus != corpus || p->day != day) {
        corpus_unref(p->corpus);
        p->corpus = corpus_ref(corpus);
        p->day = day;
        for (int lang = 0; lang <= LANG_EN; lang++)
            print_parts(p, (enum lang)lang, s->env.now_ms);
    }
    return p;
}

static void print_found(struct service *s, const struct pages_query *query, struct buf *out)
{
    const struct words *w = &languages[query->lang];
    const struct kb *kb = corpus_kb(turn_corpus(s->turn));
    struct session session;
    struct buf message;

    session_begin(&session, s->env.now_ms);
    buf_init(&message, 0);
    buf_printf(&message, "{\"type\":\"suggest\",\"id\":\"q\",\"lang\":\"%s\",\"text\":", w->lang);
    buf_add_json(&message, span_str(query->q));
    buf_addc(&message, '}');
    s->env.type_default_ask = true;
    turn_run(s->turn, &s->env, &session, buf_span(&message));
    buf_release(&message);
    size_t n = s->turn->err.code == WIRE_OK ? s->turn->nsuggestions : 0;
    buf_printf(out, "<section class=\"found\"><h2>%s: ", w->found);
    escape_str(out, query->q);
    buf_adds(out, "</h2>");
    if (n == 0)
        buf_printf(out, "<p>%s</p>", w->nothing);
    else
        buf_adds(out, "<ul>");
    for (size_t i = 0; i < n; i++) {
        int32_t intent = s->turn->suggestions[i];
        const struct kb_answer *a = kb_find(kb, intent, query->lang, -1);
        if (a == NULL)
            continue;
        buf_printf(out, "<li><a href=\"#%.*s\">",
                   SPAN_ARG(corpus_intent_id(turn_corpus(s->turn), intent)));
        escape(out, a->title);
        buf_adds(out, "</a></li>");
    }
    buf_adds(out, n == 0 ? "</section>" : "</ul></section>");
}

void pages_print_faq(struct service *s, const struct pages_query *query, struct buf *out)
{
    const struct pages *p = pages_of(s);

    buf_add(out, p->before[query->lang].ptr, p->before[query->lang].len);
    if (query->q[0] != '\0')
        print_found(s, query, out);
    buf_add(out, p->after[query->lang].ptr, p->after[query->lang].len);
}

/* ---- forms ----------------------------------------------------------------------------------- */

/* The value of a hexadecimal digit, 16 for anything else. */
static unsigned hex(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (unsigned)(at - digits) % 16 : 16;
}

/* The first field of that name, decoded and with a NUL behind; false: none, or it is too long. */
static bool field(struct span form, const char *name, char *ret, size_t cap)
{
    size_t nlen = strlen(name), at = 0;

    while (at < form.len) {
        const char *end = memchr(form.ptr + at, '&', form.len - at);
        size_t len = (end != NULL ? (size_t)(end - form.ptr) : form.len) - at;
        const char *p = form.ptr + at;
        at += len + 1;
        if (len <= nlen || memcmp(p, name, nlen) != 0 || p[nlen] != '=')
            continue;
        size_t n = 0;
        for (size_t i = nlen + 1; i < len; i++) {
            char c = p[i];
            if (c == '+')
                c = ' ';
            if (c == '%' && i + 2 < len && hex(p[i + 1]) < 16 && hex(p[i + 2]) < 16) {
                c = (char)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
                i += 2;
            }
            if (n + 1 >= cap || c == '\0')
                return false;
            ret[n++] = c;
        }
        ret[n] = '\0';
        return true;
    }
    return false;
}

static enum lang lang_of(struct span form)
{
    char lang[8];
    return field(form, "lang", lang, sizeof(lang)) && strcmp(lang, "en") == 0 ? LANG_EN : LANG_JA;
}

void pages_query_take(struct pages_query *query, struct span arg)
{
    if (span_is(arg, "lang=en"))
        query->lang = LANG_EN;
    if (arg.len <= 2 || memcmp(arg.ptr, "q=", 2) != 0 || arg.len - 2 >= sizeof(query->q))
        return;
    memcpy(query->q, arg.ptr + 2, arg.len - 2);
    query->q[arg.len - 2] = '\0';
}

static void add_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, span_str(value));
}

bool pages_message(struct span form, struct buf *out)
{
    char value[FIELD_BYTES_MAX];

    buf_printf(out, "{\"lang\":\"%s\"", languages[lang_of(form)].lang);
    if (field(form, "session", value, sizeof(value)) && value[0] != '\0')
        add_member(out, "session", value);
    if (field(form, "id", value, CLIENT_ID_BYTES_MAX + 1) && value[0] != '\0')
        add_member(out, "id", value);
    if (field(form, "question", value, sizeof(value)) && value[0] != '\0')
        add_member(out, "question", value);
    bool known = true;
    if (field(form, "pick", value, sizeof(value))) {
        buf_adds(out, ",\"type\":\"pick\"");
        if (value[0] != '\0')
            add_member(out, "intent", value);
        else
            buf_adds(out, ",\"intent\":null");
    } else if (field(form, "rate", value, sizeof(value))) {
        buf_printf(out, ",\"type\":\"rate\",\"helpful\":%s",
                   strcmp(value, "yes") == 0 ? "true" : "false");
    } else if (field(form, "tongue", value, sizeof(value))) {
        buf_adds(out, ",\"type\":\"hello\"");
    } else if (field(form, "text", value, sizeof(value))) {
        buf_adds(out, ",\"type\":\"ask\"");
        add_member(out, "text", value);
    } else {
        known = false;
    }
    buf_addc(out, '}');
    return known;
}

/* ---- /chat ----------------------------------------------------------------------------------- */

/* What all forms of a page carry on. */
static void print_hidden(struct buf *out, const struct words *w, struct span session,
                         struct span question)
{
    unsigned char random[12];
    char id[2 * sizeof(random) + 1];

    randombytes_buf(random, sizeof(random));
    sodium_bin2hex(id, sizeof(id), random, sizeof(random));
    buf_printf(out,
               "<form method=\"post\" action=\"chat\"><input type=\"hidden\" name=\"id\" "
               "value=\"%s\"><input type=\"hidden\" name=\"lang\" value=\"%s\">",
               id, w->lang);
    buf_adds(out, "<input type=\"hidden\" name=\"session\" value=\"");
    escape(out, session);
    buf_adds(out, "\">");
    if (question.len > 0) {
        buf_adds(out, "<input type=\"hidden\" name=\"question\" value=\"");
        escape(out, question);
        buf_adds(out, "\">");
    }
}

static void print_ask(struct buf *out, const struct words *w, struct span session, const char *text)
{
    struct words other = *w;

    print_hidden(out, w, session, span_of("", 0));
    buf_printf(out,
               "<label for=\"text\">%s</label><textarea id=\"text\" name=\"text\" rows=\"3\" "
               "maxlength=\"500\" required>",
               w->ask);
    escape_str(out, text);
    buf_printf(out, "</textarea><button>%s</button></form>", w->send);
    other.lang = w->other_lang;
    buf_printf(out, "<div class=\"ways\"><a href=\"faq?lang=%s\">%s</a>", w->lang, w->faq);
    print_hidden(out, &other, session, span_of("", 0));
    buf_printf(out,
               "<button class=\"plain\" lang=\"%s\" name=\"tongue\" value=\"%s\">%s</button>"
               "</form></div>",
               w->other_lang, w->other_lang, w->other);
}

static void print_welcome(struct buf *out, const json_t *welcome)
{
    buf_adds(out, "<p>");
    escape(out, text_of(welcome, "welcome"));
    buf_adds(out, "</p>");
    if (text_of(welcome, "privacy").len > 0) {
        buf_adds(out, "<p class=\"privacy\">");
        escape(out, text_of(welcome, "privacy"));
        buf_adds(out, "</p>");
    }
}

void pages_print_chat(struct service *s, const struct pages_query *query, struct buf *out)
{
    const struct words *w = &languages[query->lang];
    json_t *welcome = read_welcome(corpus_kb(turn_corpus(s->turn)), query->lang);
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    struct session session;

    /* Already here: without it each sending of the first form would be a dialogue of its own. */
    session_begin(&session, s->env.now_ms);
    session.lang = (uint8_t)query->lang;
    session_sign(&session, s->env.session_key, token);
    print_head(out, w, w->chat, text_of(welcome, "name"));
    print_welcome(out, welcome);
    print_ask(out, w, span_str(token), query->q);
    buf_adds(out, "</main></body></html>\n");
    json_decref(welcome);
}

static void print_choices(struct buf *out, const json_t *reply, const struct words *w)
{
    const json_t *choices = json_object_get(reply, "choices");
    struct span question = text_of(reply, "question");

    if (json_array_size(choices) == 0)
        return;
    buf_printf(out, "<h3>%s</h3>", w->near);
    print_hidden(out, w, text_of(reply, "session"), question);
    buf_adds(out, "<ul class=\"choices\">");
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const json_t *choice = json_array_get(choices, i);
        buf_printf(out, "<li><button name=\"%s\" value=\"", question.len > 0 ? "pick" : "text");
        escape(out, text_of(choice, question.len > 0 ? "intent" : "title"));
        buf_adds(out, "\">");
        escape(out, text_of(choice, "title"));
        buf_adds(out, "</button></li>");
    }
    if (question.len > 0 && span_is(text_of(reply, "outcome"), "choose"))
        buf_printf(out, "<li><button name=\"pick\" value=\"\">%s</button></li>", w->none);
    buf_adds(out, "</ul></form>");
}

static void print_reply(struct buf *out, const json_t *reply, const struct words *w)
{
    struct span title = text_of(reply, "title"), question = text_of(reply, "question");
    bool answered = span_is(text_of(reply, "outcome"), "answer");

    buf_adds(out, "<article lang=\"");
    escape(out, text_of(reply, "lang"));
    buf_adds(out, "\">");
    if (title.len > 0) {
        buf_adds(out, "<h2>");
        escape(out, title);
        buf_adds(out, "</h2>");
    }
    print_blocks(out, json_object_get(reply, "body"), "h3", 0);
    buf_adds(out, "</article>");
    print_choices(out, reply, w);
    print_contacts(out, json_object_get(reply, "contact"), w);
    if (answered && question.len > 0) {
        print_hidden(out, w, text_of(reply, "session"), question);
        buf_printf(out,
                   "<p class=\"rate\">%s <button name=\"rate\" value=\"yes\">%s</button> "
                   "<button name=\"rate\" value=\"no\">%s</button></p></form>",
                   w->rate, w->yes, w->no);
    }
}

static const char *words_of_error(const json_t *error, const struct words *w)
{
    struct span code = text_of(error, "code");

    if (span_is(code, "empty"))
        return w->empty;
    if (span_is(code, "rate_limited") || span_is(code, "busy") || span_is(code, "shutting_down"))
        return w->busy;
    return span_is(code, "unknown_intent") ? w->gone : w->again;
}

void pages_print_answer(struct service *s, struct span form, struct span answer, struct buf *out)
{
    char text[FIELD_BYTES_MAX], old[FIELD_BYTES_MAX];
    enum lang lang = lang_of(form);
    const struct words *w = &languages[lang];
    const struct kb *kb = corpus_kb(turn_corpus(s->turn));
    json_t *message = json_loadb(answer.ptr, answer.len, 0, NULL);
    struct span type = text_of(message, "type"), session = text_of(message, "session");
    const char *again = "";

    if (!field(form, "text", text, sizeof(text)))
        text[0] = '\0';
    if (session.len == 0 && field(form, "session", old, sizeof(old)))
        session = span_str(old);
    print_head(out, w, w->chat, kb_site_name(kb, lang));
    if (span_is(type, "reply")) {
        if (text[0] != '\0') {
            buf_printf(out, "<p class=\"asked\"><span class=\"small\">%s</span><br>", w->yours);
            escape_str(out, text);
            buf_adds(out, "</p>");
        }
        print_reply(out, message, w);
    } else if (span_is(type, "welcome")) {
        print_welcome(out, message);
    } else if (span_is(type, "done")) {
        buf_printf(out, "<p role=\"status\">%s</p>", w->thanks);
    } else {
        buf_printf(out, "<p role=\"alert\" class=\"error\">%s</p>", words_of_error(message, w));
        again = text; /* what was typed is not to be typed again */
    }
    print_ask(out, w, session, again);
    if (span_is(type, "error")) {
        json_t *contacts = read_contacts(kb, lang, s->env.now_ms);
        print_contacts(out, contacts, w);
        json_decref(contacts);
    }
    buf_adds(out, "</main></body></html>\n");
    json_decref(message);
}

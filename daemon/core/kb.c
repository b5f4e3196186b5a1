/*
 * Everything a reply can hold of an answer is printed when the corpus is built and lies ready as
 * bytes; a turn copies them. Which answer stands for (intent, language, slot value) is worked out
 * at build time too, fall-backs included: `cells` holds for each intent two rows (Japanese,
 * English) of one cell for "value unknown" and one for each value of its slot. An intent without a
 * slot costs two cells, so 100,000 of them cost little.
 */
#include "core/kb.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "core/calendar.h"
#include "core/jsonpos.h"
#include "core/markdown.h"
#include "core/nearest.h"
#include "core/site.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct kb_answer answer; /* first: kb_print_answer() gets the entry back from it */
    char *bytes;             /* owned: what the spans of `answer` show */
    char *over;              /* owned: the sentence for when it is over, or NULL: it never is */
};

struct printed_contact {
    struct buf json; /* without `,"open":…}` */
    struct buf text; /* without the state in brackets */
};

struct kb {
    struct site *site;
    struct entry *entries;
    size_t nentries, entries_cap;
    uint32_t *cells; /* entry + 1, or 0: no answer */
    uint32_t *first; /* [nintents + 1]: where the cells of an intent begin */
    size_t nintents;
    struct printed_contact contacts[KB_CONTACTS_MAX][2]; /* by enum lang */
    struct buf welcome[2];
};

/* ---- front matter ---- */

struct front {
    bool has_valid_until;
    int32_t valid_until, review_by;
    char valid_until_text[11];
};

struct source {
    const char *file;
    struct span rest; /* not yet read */
    unsigned line;    /* of its first byte */
    struct diags *diags;
    int64_t now_ms;
};

/* Takes the next line without its end; false behind the last one. */
static bool take_line(struct source *s, struct span *ret)
{
    if (s->rest.len == 0)
        return false;
    const char *end = memchr(s->rest.ptr, '\n', s->rest.len);
    size_t len = end != NULL ? (size_t)(end - s->rest.ptr) : s->rest.len;
    size_t took = end != NULL ? len + 1 : len;
    *ret = span_of(s->rest.ptr, len);
    s->rest = span_of(s->rest.ptr + took, s->rest.len - took);
    s->line++;
    return true;
}

/* Is it one of these? */
static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* UTF-8 and no control characters; one diagnostic for the first that is wrong. */
static bool bytes_ok(const char *file, struct span bytes, struct diags *diags)
{
    size_t valid = utf8_valid_prefix(bytes);
    for (size_t i = 0; i < valid; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
            diags_add(diags, SEVERITY_ERROR, file, jsonpos_line(bytes, i),
                      "a control character (byte 0x%02x) stands here: take it out", c);
            return false;
        }
    }
    if (valid == bytes.len)
        return true;
    diags_add(diags, SEVERITY_ERROR, file, jsonpos_line(bytes, valid),
              "byte 0x%02x is not valid UTF-8: save the file as UTF-8",
              (unsigned char)bytes.ptr[valid]);
    return false;
}

static bool read_day(const struct source *s, unsigned line, const char *key, struct span value,
                     int32_t *ret)
{
    if (calendar_parse_date(value, ret))
        return true;
    diags_add(s->diags, SEVERITY_ERROR, s->file, line,
              "%s: '%.*s' is no date of the calendar: write it as 2027-06-30", key,
              SPAN_ARG(utf8_head(value, 40)));
    return false;
}

static bool is_past(const struct source *s, int32_t day)
{
    return s->now_ms >= calendar_begin_ms(day + 1);
}

/* Addresses separated by spaces or commas. */
static bool check_links(const struct source *s, unsigned line, struct span value)
{
    bool ok = true;
    for (size_t i = 0; i < value.len;) {
        size_t end = i;
        while (end < value.len && !one_of(value.ptr[end], ", \t"))
            end++;
        struct span url = span_of(value.ptr + i, end - i);
        const char *why;
        if (url.len > 0 && !markdown_link_ok(url, &why)) {
            diags_add(s->diags, SEVERITY_ERROR, s->file, line, "links: '%.*s' %s",
                      SPAN_ARG(utf8_head(url, 100)), why);
            ok = false;
        }
        i = end + 1;
    }
    return ok;
}

static const char *const front_keys[] = {"source", "valid-until", "review-by", "links"};
enum { FRONT_SOURCE, FRONT_VALID_UNTIL, FRONT_REVIEW_BY, FRONT_LINKS, FRONT_KEYS };

static bool front_value(const struct source *s, unsigned line, int key, struct span value,
                        struct front *f)
{
    switch (key) {
    case FRONT_VALID_UNTIL:
        f->has_valid_until = read_day(s, line, front_keys[key], value, &f->valid_until);
        if (!f->has_valid_until)
            return false;
        memcpy(f->valid_until_text, value.ptr, 10); /* a date has 10 bytes */
        f->valid_until_text[10] = '\0';
        if (is_past(s, f->valid_until))
            diags_add(
                s->diags, SEVERITY_WARNING, s->file, line,
                "valid-until: %s is over, visitors see a note: bring the answer up to date and "
                "the day with it",
                f->valid_until_text);
        return true;
    case FRONT_REVIEW_BY:
        if (!read_day(s, line, front_keys[key], value, &f->review_by))
            return false;
        if (is_past(s, f->review_by))
            diags_add(
                s->diags, SEVERITY_WARNING, s->file, line,
                "review-by: %.*s is over: look whether the answer is still right and set a new "
                "day",
                SPAN_ARG(value));
        return true;
    case FRONT_LINKS:
        return check_links(s, line, value);
    default: /* source: for people */
        return true;
    }
}

static bool front_line(const struct source *s, unsigned line, struct span text, struct front *f,
                       bool seen[FRONT_KEYS])
{
    const char *colon = memchr(text.ptr, ':', text.len);
    if (colon == NULL) {
        diags_add(s->diags, SEVERITY_ERROR, s->file, line,
                  "'%.*s' is no 'key: value' line: write one, or end the front matter with '---'",
                  SPAN_ARG(utf8_head(text, 40)));
        return false;
    }
    size_t len = (size_t)(colon - text.ptr);
    struct span key = span_trim(span_of(text.ptr, len));
    struct span value = span_trim(span_of(colon + 1, text.len - len - 1));

    int k = 0;
    while (k < FRONT_KEYS && !span_is(key, front_keys[k]))
        k++;
    if (k == FRONT_KEYS) {
        const char *near = nearest_of(key, front_keys, FRONT_KEYS);
        diags_add(s->diags, SEVERITY_ERROR, s->file, line, "unknown key '%.*s': %s%s%s",
                  SPAN_ARG(utf8_head(key, 40)), near != NULL ? "did you mean '" : "known are ",
                  near != NULL ? near : "source, valid-until, review-by, links",
                  near != NULL ? "'?" : "");
        return false;
    }
    if (seen[k]) {
        diags_add(s->diags, SEVERITY_ERROR, s->file, line, "'%s' stands there twice: take one away",
                  front_keys[k]);
        return false;
    }
    seen[k] = true;
    if (value.len == 0) {
        diags_add(s->diags, SEVERITY_ERROR, s->file, line,
                  "'%s' has no value: write one on the same line, or take the line away",
                  front_keys[k]);
        return false;
    }
    return front_value(s, line, k, value, f);
}

/* Reads the lines between two '---', if the file begins so; `s` then stands behind them. */
static bool read_front(struct source *s, struct front *f)
{
    struct source ahead = *s;
    struct span text;
    bool seen[FRONT_KEYS] = {false}, ok = true;

    if (!take_line(&ahead, &text) || !span_is(span_trim(text), "---") || text.ptr[0] != '-')
        return true;
    unsigned begin = s->line;
    for (;;) {
        unsigned line = ahead.line;
        if (!take_line(&ahead, &text)) {
            diags_add(s->diags, SEVERITY_ERROR, s->file, begin,
                      "the front matter does not end: write '---' below its last line");
            return false;
        }
        text = span_trim(text);
        if (span_is(text, "---"))
            break;
        if (text.len > 0 && text.ptr[0] == '#') { /* most likely the heading: name the cause */
            diags_add(s->diags, SEVERITY_ERROR, s->file, begin,
                      "the front matter does not end before the heading in line %u: write '---' "
                      "above it",
                      line);
            return false;
        }
        if (text.len > 0)
            ok = front_line(s, line, text, f, seen) && ok;
    }
    *s = ahead;
    return ok;
}

/* ---- answers ---- */

/* The site's sentence for an answer that is over, with its date, in one language. */
static char *print_over(const struct site *site, int32_t day, enum lang lang)
{
    const struct site_sentence *s = &site->messages[KB_EXPIRED];
    const char *text = site_text(s, lang);
    struct buf out;

    buf_init(&out, 0);
    for (const char *at; (at = strstr(text, "{date}")) != NULL; text = at + strlen("{date}")) {
        buf_add(&out, text, (size_t)(at - text));
        if (lang == LANG_JA || s->text[lang] == NULL)
            calendar_print_ja(day, &out);
        else
            calendar_print_en(day, &out);
    }
    buf_adds(&out, text);
    char *over = mem_strdup(buf_cstr(&out));
    buf_release(&out);
    return over;
}

/* Paragraphs for the lines of a sentence, separated by commas. */
static void print_paragraphs(const char *text, struct buf *out)
{
    bool any = false;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (len > 0) {
            buf_adds(out, any ? "," : "");
            buf_adds(out, "{\"t\":\"p\",\"c\":[");
            buf_add_json(out, span_of(text, len));
            buf_adds(out, "]}");
            any = true;
        }
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}

static struct span place(char **at, struct span s)
{
    struct span placed = span_of(*at, s.len);
    if (s.len > 0)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return placed;
}

static bool names_contacts(const struct site *site, struct span text)
{
    size_t with_phone = 0;
    for (size_t i = 0; i < site->ncontacts; i++) {
        const char *phone = site->contacts[i].phone;
        if (phone == NULL)
            continue;
        with_phone++;
        if (memmem(text.ptr, text.len, phone, strlen(phone)) == NULL)
            return false;
    }
    return with_phone > 0;
}

/* Puts what was printed into one block of memory and adds it; returns its number + 1. */
static uint32_t add_entry(struct kb *kb, const struct markdown *m, const struct front *f,
                          enum lang lang)
{
    struct buf title, text;
    buf_init(&title, 0);
    buf_init(&text, 0);
    buf_add_json(&title, buf_span(&m->title));
    buf_add_json(&text, buf_span(&m->text));

    char *bytes = mem_alloc(m->title.len + title.len + m->text.len + text.len + m->body.len);
    char *at = bytes;
    struct entry e = {.bytes = bytes};
    e.answer.title = place(&at, buf_span(&m->title));
    e.answer.title_json = place(&at, buf_span(&title));
    e.answer.text = place(&at, buf_span(&m->text));
    e.answer.text_json = place(&at, buf_span(&text));
    e.answer.body_json = place(&at, buf_span(&m->body));
    e.answer.lang = lang;
    e.answer.names_contacts = names_contacts(kb->site, e.answer.text);
    e.answer.valid_until_ms = INT64_MAX;
    if (f->has_valid_until) {
        memcpy(e.answer.valid_until, f->valid_until_text, sizeof(e.answer.valid_until));
        e.answer.valid_until_ms = calendar_begin_ms(f->valid_until + 1);
        e.over = print_over(kb->site, f->valid_until, lang);
    }
    buf_release(&title);
    buf_release(&text);

    kb->entries = mem_grow(kb->entries, &kb->entries_cap, kb->nentries + 1, sizeof(e));
    kb->entries[kb->nentries++] = e;
    return (uint32_t)kb->nentries;
}

/* What a file below kb/ is an answer for. */
struct answer_name {
    enum lang lang;
    struct span id, value; /* value: empty = for all */
};

static bool parse_name(const char *file, struct answer_name *ret)
{
    struct span s = span_str(file);
    if (s.len < 6 || memcmp(s.ptr, "kb/", 3) != 0 || memcmp(s.ptr + s.len - 3, ".md", 3) != 0)
        return false;
    s = span_of(s.ptr + 3, s.len - 6);
    ret->lang = LANG_JA;
    if (s.len >= 3 && memcmp(s.ptr, "en/", 3) == 0) {
        ret->lang = LANG_EN;
        s = span_of(s.ptr + 3, s.len - 3);
    }
    if (s.len == 0 || memchr(s.ptr, '/', s.len) != NULL || span_is(s, "README"))
        return false;
    const char *dot = memchr(s.ptr, '.', s.len);
    size_t id = dot != NULL ? (size_t)(dot - s.ptr) : s.len;
    ret->id = span_of(s.ptr, id);
    ret->value = dot != NULL ? span_of(dot + 1, s.len - id - 1) : span_of(NULL, 0);
    return true;
}

/* The cell that a file fills; NULL: none, content_parse() says why. */
static uint32_t *cell_of(struct kb *kb, const struct content *content, const struct answer_name *n)
{
    int32_t intent = content_find(content, n->id);
    if (intent < 0 || content->intents[intent].reject)
        return NULL;
    uint32_t width = (kb->first[intent + 1] - kb->first[intent]) / 2;
    uint32_t *row = &kb->cells[kb->first[intent] + (n->lang == LANG_EN ? width : 0)];
    if (n->value.len == 0)
        return &row[0];
    for (uint32_t v = 0; v + 1 < width; v++) {
        const struct content_slot *slot = &content->slots[content->intents[intent].slot];
        if (span_is(n->value, slot->values[v].id))
            return &row[v + 1];
    }
    return NULL;
}

static void read_answer(struct kb *kb, const struct content *content, const struct tree_file *file,
                        const struct answer_name *name, struct markdown *scratch, int64_t now_ms,
                        struct diags *diags)
{
    struct source s = {.file = file->name,
                       .rest = span_of(file->bytes, file->len),
                       .line = 1,
                       .diags = diags,
                       .now_ms = now_ms};
    struct front front = {0};

    if (!bytes_ok(file->name, s.rest, diags))
        return;
    if (s.rest.len >= 3 && memcmp(s.rest.ptr, "\xEF\xBB\xBF", 3) == 0) /* Windows editors */
        s.rest = span_of(s.rest.ptr + 3, s.rest.len - 3);
    bool ok = read_front(&s, &front);
    /* Also behind a bad front matter, and for a file without an intent: all faults in one run. */
    ok = markdown_make(scratch, s.rest, file->name, s.line, name->lang, diags) && ok;
    uint32_t *cell = cell_of(kb, content, name);
    if (ok && cell != NULL)
        *cell = add_entry(kb, scratch, &front, name->lang);
}

static void make_cells(struct kb *kb, const struct content *content)
{
    uint32_t n = 0;
    kb->nintents = content->nintents;
    kb->first = mem_zalloc_array(content->nintents + 1, sizeof(*kb->first));
    for (size_t i = 0; i < content->nintents; i++) {
        int32_t slot = content->intents[i].slot;
        kb->first[i] = n;
        n += 2 * (1 + (slot >= 0 ? (uint32_t)content->slots[slot].nvalues : 0));
    }
    kb->first[content->nintents] = n;
    kb->cells = mem_zalloc_array(n, sizeof(*kb->cells));
}

/* Writes into every empty cell what is shown instead. */
static void fall_back(struct kb *kb)
{
    for (size_t i = 0; i < kb->nintents; i++) {
        uint32_t width = (kb->first[i + 1] - kb->first[i]) / 2;
        uint32_t *ja = &kb->cells[kb->first[i]], *en = ja + width;
        for (uint32_t v = width; v-- > 0;) { /* [0], the one for all, last: it is still needed */
            uint32_t ja_here = ja[v] != 0 ? ja[v] : ja[0];
            en[v] = en[v] != 0 ? en[v] : en[0] != 0 ? en[0] : ja_here;
            ja[v] = ja_here;
        }
    }
}

const struct kb_answer *kb_find(const struct kb *kb, int32_t intent, enum lang lang, int32_t value)
{
    if (intent < 0 || (size_t)intent >= kb->nintents)
        return NULL;
    uint32_t width = (kb->first[intent + 1] - kb->first[intent]) / 2;
    uint32_t column = value >= 0 && (uint32_t)value < width - 1 ? (uint32_t)value + 1 : 0;
    uint32_t cell = kb->cells[kb->first[intent] + (lang == LANG_EN ? width : 0) + column];
    return cell != 0 ? &kb->entries[cell - 1].answer : NULL;
}

/* ---- categories ---- */

static int tree_file_order(const void *name, const void *file)
{
    return strcmp(name, ((const struct tree_file *)file)->name);
}

/* struct content does not keep where the category stands, and only an error asks for it. */
static unsigned category_line(const struct tree *tree, const char *name)
{
    const struct tree_file *file =
        tree->n > 0 ? bsearch(name, tree->files, tree->n, sizeof(*tree->files), tree_file_order)
                    : NULL;
    json_t *json = file != NULL ? json_loadb(file->bytes, file->len, 0, NULL) : NULL;
    unsigned line = 0;
    if (json_is_object(json)) {
        struct jsonpos pos;
        jsonpos_init(&pos);
        jsonpos_make(&pos, span_of(file->bytes, file->len));
        const char *key;
        json_t *member;
        uint32_t node = 1;
        json_object_foreach(json, key, member)
        {
            if (node >= pos.n)
                break;
            if (strcmp(key, "category") == 0)
                line = pos.nodes[node].line;
            node = pos.nodes[node].next;
        }
        jsonpos_release(&pos);
    }
    json_decref(json);
    return line;
}

/* The number of each intent's category in the menu, -1: none. Owned by the caller. */
static int *find_categories(const struct site *site, const struct tree *tree,
                            const struct content *content, struct diags *diags)
{
    int *of = mem_zalloc_array(content->nintents, sizeof(*of));
    int same = -1; /* neighbours often share theirs */

    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *intent = &content->intents[i];
        of[i] = -1;
        if (!site->has_categories || intent->category[0] == '\0')
            continue;
        struct nearest near = {0};
        if (same >= 0 && strcmp(site->categories[same].id, intent->category) == 0)
            of[i] = same;
        for (size_t c = 0; c < site->ncategories && of[i] < 0; c++) {
            if (strcmp(site->categories[c].id, intent->category) == 0)
                of[i] = same = (int)c;
        }
        if (of[i] >= 0)
            continue;
        for (size_t c = 0; c < site->ncategories; c++)
            nearest_try(&near, span_str(intent->category), site->categories[c].id);
        diags_add(diags, SEVERITY_ERROR, intent->file, category_line(tree, intent->file),
                  "category: '%.*s' is not in 'categories' of kb/site.json: %s%s%s",
                  SPAN_ARG(utf8_head(span_str(intent->category), 64)),
                  near.name != NULL ? "did you mean '" : "add it there, or use one of these",
                  near.name != NULL ? near.name : "", near.name != NULL ? "'?" : "");
    }
    return of;
}

static void print_member(const char *key, const char *text, struct buf *out)
{
    buf_printf(out, "\"%s\":", key);
    buf_add_json(out, span_str(text));
}

static void print_welcome(struct kb *kb, const struct content *content, const int *category_of,
                          enum lang lang, struct buf *out)
{
    const struct site *site = kb->site;
    bool any_category = false;

    print_member("name", site_text(&site->name, lang), out);
    buf_addc(out, ',');
    print_member("welcome", site_text(&site->welcome, lang), out);
    buf_addc(out, ',');
    print_member("privacy", site_text(&site->privacy, lang), out);
    buf_adds(out, ",\"categories\":[");
    for (size_t c = 0; c < site->ncategories; c++) {
        bool any = false; /* a category without topics would be a menu that opens on nothing */
        for (size_t i = 0; i < content->nintents; i++) {
            const struct content_intent *intent = &content->intents[i];
            const struct kb_answer *a = kb_find(kb, (int32_t)i, lang, -1);
            if (category_of[i] != (int)c || a == NULL || intent->talk || intent->reject)
                continue;
            if (!any) {
                buf_adds(out, any_category ? ",{" : "{");
                print_member("id", site->categories[c].id, out);
                buf_addc(out, ',');
                print_member("title", site_text(&site->categories[c].title, lang), out);
                buf_adds(out, ",\"topics\":[");
            }
            buf_adds(out, any ? ",{" : "{");
            print_member("intent", intent->id, out);
            buf_adds(out, ",\"title\":");
            buf_add(out, a->title_json.ptr, a->title_json.len);
            buf_addc(out, '}');
            any = any_category = true;
        }
        if (any)
            buf_adds(out, "]}");
    }
    buf_addc(out, ']');
}

/* ---- contacts ---- */

static void print_contact(const struct site_contact *c, enum lang lang, struct printed_contact *to)
{
    struct buf hours;
    buf_init(&hours, 0);
    buf_init(&to->json, 0);
    buf_init(&to->text, 0);
    site_print_hours(c, lang, &hours);

    buf_addc(&to->json, '{');
    print_member("label", site_text(&c->label, lang), &to->json);
    buf_adds(&to->text, site_text(&c->label, lang));
    if (c->phone != NULL) {
        buf_addc(&to->json, ',');
        print_member("phone", c->phone, &to->json);
        buf_printf(&to->text, "  %s", c->phone);
    }
    if (c->url != NULL) {
        buf_addc(&to->json, ',');
        print_member("url", c->url, &to->json);
        buf_printf(&to->text, "  %s", c->url);
    }
    if (hours.len > 0) {
        buf_addc(&to->json, ',');
        print_member("hours", buf_cstr(&hours), &to->json);
        buf_printf(&to->text, "  %s", buf_cstr(&hours));
    }
    buf_release(&hours);
}

void kb_print_contacts(const struct kb *kb, enum lang lang, int64_t now_ms, struct buf *out)
{
    static const char *const words[] = {"false", "true", "null"}; /* by enum site_open */

    buf_addc(out, '[');
    for (size_t i = 0; i < kb->site->ncontacts; i++) {
        const struct buf *json = &kb->contacts[i][lang].json;
        if (i > 0)
            buf_addc(out, ',');
        buf_add(out, json->ptr, json->len);
        buf_adds(out, ",\"open\":");
        buf_adds(out, words[site_open_at(kb->site, &kb->site->contacts[i], now_ms)]);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void kb_print_contacts_text(const struct kb *kb, enum lang lang, int64_t now_ms, struct buf *out)
{
    static const char *const words[2][3] = {{" (受付時間外)", " (受付中)", ""},
                                            {" (closed now)", " (open now)", ""}};

    for (size_t i = 0; i < kb->site->ncontacts; i++) {
        const struct buf *text = &kb->contacts[i][lang].text;
        buf_add(out, text->ptr, text->len);
        buf_adds(out, words[lang][site_open_at(kb->site, &kb->site->contacts[i], now_ms)]);
        buf_addc(out, '\n');
    }
}

/* ---- the whole ---- */

struct kb *kb_build(const struct tree *tree, const struct content *content, int64_t now_ms,
                    struct diags *diags)
{
    struct kb *kb = mem_zalloc(sizeof(*kb));
    struct markdown scratch;

    kb->site = site_parse(tree, now_ms, diags);
    make_cells(kb, content);
    markdown_init(&scratch);
    for (size_t i = 0; i < tree->n; i++) {
        struct answer_name name;
        if (parse_name(tree->files[i].name, &name))
            read_answer(kb, content, &tree->files[i], &name, &scratch, now_ms, diags);
    }
    markdown_release(&scratch);
    fall_back(kb);

    int *category_of = find_categories(kb->site, tree, content, diags);
    for (enum lang lang = LANG_JA; lang <= LANG_EN; lang++) {
        buf_init(&kb->welcome[lang], 0);
        print_welcome(kb, content, category_of, lang, &kb->welcome[lang]);
        for (size_t i = 0; i < kb->site->ncontacts; i++)
            print_contact(&kb->site->contacts[i], lang, &kb->contacts[i][lang]);
    }
    free(category_of);
    return kb;
}

void kb_free(struct kb *kb)
{
    if (kb == NULL)
        return;
    for (size_t i = 0; i < kb->nentries; i++) {
        free(kb->entries[i].bytes);
        free(kb->entries[i].over);
    }
    for (size_t i = 0; i < kb->site->ncontacts; i++) {
        for (size_t lang = 0; lang < 2; lang++) {
            buf_release(&kb->contacts[i][lang].json);
            buf_release(&kb->contacts[i][lang].text);
        }
    }
    buf_release(&kb->welcome[LANG_JA]);
    buf_release(&kb->welcome[LANG_EN]);
    free(kb->entries);
    free(kb->cells);
    free(kb->first);
    site_free(kb->site);
    free(kb);
}

/* Goes on with a string that was begun with its quote. */
static void print_more(struct span text, struct buf *out)
{
    size_t from = out->len;
    buf_add_json(out, text);
    if (out->overflow)
        return;
    size_t len = out->len - from - 2; /* both quotes */
    memmove(out->ptr + from, out->ptr + from + 1, len);
    out->len = from + len;
}

static void print_lead_blocks(const struct lead *lead, struct buf *out)
{
    for (size_t i = 0; i < lead->n; i++) {
        bool bold = lead->paragraphs[i].bold;
        buf_adds(out, bold ? "{\"t\":\"p\",\"c\":[{\"t\":\"b\",\"c\":[" : "{\"t\":\"p\",\"c\":[");
        buf_add_json(out, lead_paragraph(lead, i));
        buf_adds(out, bold ? "]}]}," : "]},");
    }
}

void kb_print_answer(const struct kb *kb, const struct kb_answer *a, const struct lead *lead,
                     int64_t now_ms, struct buf *out)
{
    const struct entry *e = (const struct entry *)a;
    const char *over = now_ms >= a->valid_until_ms ? e->over : NULL;

    (void)kb;
    buf_adds(out, "\"title\":");
    buf_add(out, a->title_json.ptr, a->title_json.len);
    buf_adds(out, ",\"text\":\"");
    if (lead != NULL)
        print_more(lead_text(lead), out);
    if (over != NULL) {
        print_more(span_str(over), out);
        buf_adds(out, "\\n");
    }
    buf_add(out, a->text_json.ptr + 1, a->text_json.len - 1);
    buf_adds(out, ",\"body\":[");
    if (lead != NULL)
        print_lead_blocks(lead, out);
    if (over != NULL) {
        buf_adds(out, "{\"t\":\"note\",\"c\":[");
        print_paragraphs(over, out);
        buf_adds(out, "]},");
    }
    buf_add(out, a->body_json.ptr + 1, a->body_json.len - 1); /* never empty: "[]" is an error */
}

void kb_print_message(const struct kb *kb, enum kb_message m, enum lang lang, struct buf *out)
{
    const char *text = site_text(&kb->site->messages[m], lang);
    buf_adds(out, "\"title\":\"\",\"text\":");
    buf_add_json(out, span_str(text));
    buf_adds(out, ",\"body\":[");
    print_paragraphs(text, out);
    buf_addc(out, ']');
}

struct span kb_message_text(const struct kb *kb, enum kb_message m, enum lang lang)
{
    return span_str(site_text(&kb->site->messages[m], lang));
}

void kb_print_welcome(const struct kb *kb, enum lang lang, struct buf *out)
{
    buf_add(out, kb->welcome[lang].ptr, kb->welcome[lang].len);
}

struct span kb_site_name(const struct kb *kb, enum lang lang)
{
    return span_str(site_text(&kb->site->name, lang));
}

size_t kb_never_mask(const struct kb *kb, const char *const **ret)
{
    *ret = (const char *const *)kb->site->never;
    return kb->site->nnever;
}

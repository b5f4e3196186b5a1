/*
 * A table of fields for each kind of object says which keys there are and who reads them; one
 * function walks all of them, beside the nodes of core/jsonpos.h that know the lines. The path
 * ("contacts[1].hours[0].from") stands in every message, because a line may hold several values.
 */
#include "core/site.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "core/jsonpos.h"
#include "core/markdown.h"
#include "core/nearest.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SITE_FILE "kb/site.json"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct reader {
    struct diags *diags;
    struct jsonpos pos;
    struct buf path;
    struct site *site;
    bool lines; /* the string being read may have more than one */
};

struct value {
    json_t *json;
    uint32_t node;
};

typedef void read_fn(struct reader *r, struct value v, void *to);

struct field {
    const char *key;
    read_fn *read;
    bool required;
};

enum { FIELDS_MAX = 16 };

/* ---- what all readers need ---- */

static unsigned line_of(const struct reader *r, struct value v)
{
    return v.node < r->pos.n ? r->pos.nodes[v.node].line : 1;
}

static void wrong(struct reader *r, struct value v, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void wrong(struct reader *r, struct value v, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diags_add(r->diags, SEVERITY_ERROR, SITE_FILE, line_of(r, v), "%s%s%s",
              r->path.len > 0 ? buf_cstr(&r->path) : "", r->path.len > 0 ? ": " : "", text);
}

static const char *type_name(const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static struct value first_child(struct value v, json_t *json)
{
    return (struct value){json, v.node + 1};
}

static uint32_t next_node(const struct reader *r, uint32_t node)
{
    return node < r->pos.n ? r->pos.nodes[node].next : node + 1;
}

static void unknown_key(struct reader *r, uint32_t node, const char *key,
                        const struct field *fields, size_t n)
{
    struct nearest near = {0};
    struct buf all;
    buf_init(&all, 0);
    for (size_t i = 0; i < n; i++) {
        nearest_try(&near, span_str(key), fields[i].key);
        buf_printf(&all, "%s%s", i > 0 ? ", " : "", fields[i].key);
    }
    unsigned line = node < r->pos.n ? r->pos.nodes[node].key_line : 1;
    diags_add(r->diags, SEVERITY_ERROR, SITE_FILE, line, "%s%sunknown key '%.*s': %s%s%s",
              r->path.len > 0 ? buf_cstr(&r->path) : "", r->path.len > 0 ? ": " : "",
              SPAN_ARG(utf8_head(span_str(key), 60)),
              near.name != NULL ? "did you mean '" : "known are ",
              near.name != NULL ? near.name : buf_cstr(&all), near.name != NULL ? "'?" : "");
    buf_release(&all);
}

/* Reads the members of an object into `to`; false if it is none, or if a required one is missing.
 */
static bool read_object(struct reader *r, struct value v, const struct field *fields, size_t n,
                        void *to)
{
    bool seen[FIELDS_MAX] = {false}, complete = true;

    if (!json_is_object(v.json)) {
        wrong(r, v, "must be an object {…}, not %s", type_name(v.json));
        return false;
    }
    const char *key;
    json_t *member;
    uint32_t node = v.node + 1;
    json_object_foreach(v.json, key, member)
    {
        size_t i = 0;
        while (i < n && strcmp(fields[i].key, key) != 0)
            i++;
        if (i == n) {
            unknown_key(r, node, key, fields, n);
        } else {
            size_t path = r->path.len;
            buf_printf(&r->path, "%s%s", path > 0 ? "." : "", key);
            fields[i].read(r, (struct value){member, node}, to);
            r->path.len = path;
            seen[i] = true;
        }
        node = next_node(r, node);
    }
    for (size_t i = 0; i < n; i++) {
        if (fields[i].required && !seen[i]) {
            wrong(r, v, "has no '%s': add it", fields[i].key);
            complete = false;
        }
    }
    return complete;
}

/* Calls `each` for the elements of a list, at most `max` of them. */
static void read_list(struct reader *r, struct value v, size_t max, read_fn *each, void *to)
{
    if (!json_is_array(v.json)) {
        wrong(r, v, "must be a list […], not %s", type_name(v.json));
        return;
    }
    if (json_array_size(v.json) > max)
        wrong(r, v, "has %zu elements: at most %zu are allowed", json_array_size(v.json), max);
    struct value e = first_child(v, NULL);
    for (size_t i = 0; i < json_array_size(v.json) && i < max; i++) {
        size_t path = r->path.len;
        e.json = json_array_get(v.json, i);
        buf_printf(&r->path, "[%zu]", i);
        each(r, e, to);
        r->path.len = path;
        e.node = next_node(r, e.node);
    }
}

/* A string that has something in it, or NULL with a diagnostic. */
static const char *get_string(struct reader *r, struct value v)
{
    if (!json_is_string(v.json)) {
        wrong(r, v, "must be a string \"…\", not %s", type_name(v.json));
        return NULL;
    }
    const char *s = json_string_value(v.json);
    size_t len = json_string_length(v.json);
    bool blank = true;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && !(c == '\n' && r->lines)) || c == 0x7f) {
            wrong(r, v, "has a control character or a line break in it: take it out");
            return NULL;
        }
        blank = blank && (c == ' ' || c == '\n');
    }
    if (blank) {
        wrong(r, v, "is empty: write something, or leave the key out");
        return NULL;
    }
    if (len > SITE_TEXT_BYTES_MAX) {
        wrong(r, v, "has %zu bytes: at most %d are allowed", len, SITE_TEXT_BYTES_MAX);
        return NULL;
    }
    return s;
}

static void put(char **to, const char *s)
{
    free(*to);
    *to = mem_strdup(s);
}

/* ---- sentences ---- */

static void read_ja(struct reader *r, struct value v, void *to)
{
    const char *s = get_string(r, v);
    if (s != NULL)
        put(&((struct site_sentence *)to)->text[LANG_JA], s);
}

static void read_en(struct reader *r, struct value v, void *to)
{
    const char *s = get_string(r, v);
    if (s != NULL)
        put(&((struct site_sentence *)to)->text[LANG_EN], s);
}

static void sentence_release(struct site_sentence *s)
{
    free(s->text[LANG_JA]);
    free(s->text[LANG_EN]);
    *s = (struct site_sentence){0};
}

/* Replaces what stood there: a Japanese sentence of the site is not mixed with a built-in English
 * one, which might say something else. */
static void read_sentence(struct reader *r, struct value v, struct site_sentence *to)
{
    static const struct field fields[] = {{"ja", read_ja, true}, {"en", read_en, false}};
    struct site_sentence s = {0};

    if (json_is_string(v.json)) {
        read_ja(r, v, &s);
    } else if (json_is_object(v.json)) {
        read_object(r, v, fields, COUNT(fields), &s);
    } else {
        wrong(r, v, "must be {\"ja\": \"…\", \"en\": \"…\"} or a string, not %s",
              type_name(v.json));
    }
    if (s.text[LANG_JA] != NULL) {
        sentence_release(to);
        *to = s;
    } else {
        sentence_release(&s);
    }
}

/* A sentence that may have paragraphs. */
static void read_sentences(struct reader *r, struct value v, struct site_sentence *to)
{
    r->lines = true;
    read_sentence(r, v, to);
    r->lines = false;
}

const char *site_text(const struct site_sentence *s, enum lang lang)
{
    return s->text[lang] != NULL ? s->text[lang] : s->text[LANG_JA];
}

/* ---- ids, dates, times ---- */

/* Lower case letters, digits and hyphens; NULL with a diagnostic otherwise. */
static const char *get_id(struct reader *r, struct value v)
{
    const char *s = get_string(r, v);
    if (s == NULL)
        return NULL;
    size_t len = strlen(s);
    if (len > 64 || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
        wrong(r, v, "'%.*s' is no id: use a-z, 0-9 and '-', at most 64 of them",
              SPAN_ARG(utf8_head(span_str(s), 60)));
        return NULL;
    }
    return s;
}

static bool get_date(struct reader *r, struct value v, int32_t *ret)
{
    const char *s = get_string(r, v);
    if (s == NULL)
        return false;
    if (calendar_parse_date(span_str(s), ret))
        return true;
    wrong(r, v, "'%.*s' is no date of the calendar: write it as 2027-12-31",
          SPAN_ARG(utf8_head(span_str(s), 40)));
    return false;
}

/* ---- contacts ---- */

static void read_contact_id(struct reader *r, struct value v, void *to)
{
    struct site_contact *c = to;
    const char *s = get_id(r, v);
    if (s == NULL)
        return;
    for (size_t i = 0; i < r->site->ncontacts; i++) {
        if (r->site->contacts[i].id != NULL && strcmp(r->site->contacts[i].id, s) == 0)
            wrong(r, v, "'%s' is the id of another contact: give each its own", s);
    }
    put(&c->id, s);
}

static void read_contact_label(struct reader *r, struct value v, void *to)
{
    read_sentence(r, v, &((struct site_contact *)to)->label);
}

static void read_contact_phone(struct reader *r, struct value v, void *to)
{
    const char *s = get_string(r, v);
    if (s == NULL)
        return;
    size_t digits = 0;
    for (const char *p = s; *p != '\0'; p++)
        digits += *p >= '0' && *p <= '9';
    if (digits < 3 || strlen(s) > 40 || strspn(s, "0123456789+-() ") != strlen(s)) {
        wrong(r, v, "'%.*s' is no phone number: digits and hyphens, as in 0120-087-033",
              SPAN_ARG(utf8_head(span_str(s), 40)));
        return;
    }
    put(&((struct site_contact *)to)->phone, s);
}

static void read_contact_url(struct reader *r, struct value v, void *to)
{
    const char *s = get_string(r, v), *why;
    if (s == NULL)
        return;
    if (strncmp(s, "https://", 8) != 0)
        wrong(r, v, "'%.*s' is no https:// address: write one, or leave the key out",
              SPAN_ARG(utf8_head(span_str(s), 60)));
    else if (!markdown_link_ok(span_str(s), &why))
        wrong(r, v, "'%.*s' %s", SPAN_ARG(utf8_head(span_str(s), 60)), why);
    else
        put(&((struct site_contact *)to)->url, s);
}

struct hours {
    bool days[7];
    bool any_day;
    unsigned from, to;
    bool has_from, has_to;
};

static const char *const day_keys[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static void read_day(struct reader *r, struct value v, void *to)
{
    struct hours *h = to;
    const char *s = get_string(r, v);
    if (s == NULL)
        return;
    for (size_t i = 0; i < COUNT(day_keys); i++) {
        if (strcmp(day_keys[i], s) == 0) {
            if (h->days[i])
                wrong(r, v, "'%s' stands there twice: take one away", s);
            h->days[i] = h->any_day = true;
            return;
        }
    }
    const char *near = nearest_of(span_str(s), day_keys, COUNT(day_keys));
    wrong(r, v, "'%.*s' is no day: %s%s%s", SPAN_ARG(utf8_head(span_str(s), 40)),
          near != NULL ? "did you mean '" : "write mon, tue, wed, thu, fri, sat or sun",
          near != NULL ? near : "", near != NULL ? "'?" : "");
}

static void read_days(struct reader *r, struct value v, void *to)
{
    read_list(r, v, COUNT(day_keys), read_day, to);
    if (json_is_array(v.json) && json_array_size(v.json) == 0)
        wrong(r, v, "is empty: name the days, mon to sun");
}

static bool read_time(struct reader *r, struct value v, unsigned *ret)
{
    const char *s = get_string(r, v);
    if (s == NULL)
        return false;
    if (calendar_parse_time(span_str(s), ret))
        return true;
    wrong(r, v, "'%.*s' is no time of day: write it as 09:00, up to 24:00",
          SPAN_ARG(utf8_head(span_str(s), 40)));
    return false;
}

static void read_from(struct reader *r, struct value v, void *to)
{
    struct hours *h = to;
    h->has_from = read_time(r, v, &h->from);
}

static void read_to(struct reader *r, struct value v, void *to)
{
    struct hours *h = to;
    h->has_to = read_time(r, v, &h->to);
}

/* Keeps the intervals of a weekday in order and apart. */
static bool add_interval(struct site_contact *c, size_t day, struct site_interval add)
{
    size_t n = c->nhours[day], at = n;
    if (n >= SITE_INTERVALS_MAX)
        return false;
    while (at > 0 && c->hours[day][at - 1].from > add.from)
        at--;
    if ((at > 0 && c->hours[day][at - 1].to > add.from) ||
        (at < n && c->hours[day][at].from < add.to))
        return false;
    memmove(&c->hours[day][at + 1], &c->hours[day][at], (n - at) * sizeof(add));
    c->hours[day][at] = add;
    c->nhours[day]++;
    return true;
}

static void read_hours_entry(struct reader *r, struct value v, void *to)
{
    static const struct field fields[] = {
        {"days", read_days, true}, {"from", read_from, true}, {"to", read_to, true}};
    struct site_contact *c = to;
    struct hours h = {0};

    if (!read_object(r, v, fields, COUNT(fields), &h) || !h.has_from || !h.has_to || !h.any_day)
        return;
    if (h.from >= h.to) {
        wrong(r, v,
              "'from' must be before 'to': what goes past midnight is written in two entries, to "
              "24:00 and from 00:00");
        return;
    }
    for (size_t day = 0; day < COUNT(day_keys); day++) {
        if (h.days[day] && !add_interval(c, day, (struct site_interval){h.from, h.to}))
            wrong(r, v,
                  "overlaps other hours of '%s', or there are more than %d of them: join them into "
                  "one",
                  day_keys[day], SITE_INTERVALS_MAX);
    }
    c->has_hours = true;
}

static void read_contact_hours(struct reader *r, struct value v, void *to)
{
    read_list(r, v, (size_t)COUNT(day_keys) * SITE_INTERVALS_MAX, read_hours_entry, to);
    if (json_is_array(v.json) && json_array_size(v.json) == 0)
        wrong(r, v, "is empty: name the hours, or leave the key out");
}

struct ranges {
    struct site_range *items;
    size_t *n;
};

static void read_range(struct reader *r, struct value v, void *to)
{
    struct ranges *ranges = to;
    const char *s = get_string(r, v);
    if (s == NULL)
        return;
    struct site_range range;
    if (strlen(s) == 11 && s[5] == '/' && calendar_parse_month_day(span_of(s, 5), &range.from) &&
        calendar_parse_month_day(span_of(s + 6, 5), &range.to))
        ranges->items[(*ranges->n)++] = range;
    else
        wrong(r, v, "'%.*s' is no range of days: write first and last day as 12-29/01-03",
              SPAN_ARG(utf8_head(span_str(s), 40)));
}

static void read_contact_closed(struct reader *r, struct value v, void *to)
{
    struct site_contact *c = to;
    read_list(r, v, SITE_RANGES_MAX, read_range, &(struct ranges){c->closed, &c->nclosed});
}

static void read_contact_unknown(struct reader *r, struct value v, void *to)
{
    struct site_contact *c = to;
    read_list(r, v, SITE_RANGES_MAX, read_range, &(struct ranges){c->unknown, &c->nunknown});
}

static void read_contact_holidays(struct reader *r, struct value v, void *to)
{
    struct site_contact *c = to;
    if (!json_is_boolean(v.json))
        wrong(r, v, "must be true (closed on national holidays) or false (open), not %s",
              type_name(v.json));
    else
        c->holidays = json_is_true(v.json) ? SITE_HOLIDAYS_CLOSED : SITE_HOLIDAYS_OPEN;
}

static void contact_release(struct site_contact *c)
{
    free(c->id);
    sentence_release(&c->label);
    free(c->phone);
    free(c->url);
}

static void read_contact(struct reader *r, struct value v, void *to)
{
    static const struct field fields[] = {
        {"id", read_contact_id, false},           {"label", read_contact_label, true},
        {"phone", read_contact_phone, false},     {"url", read_contact_url, false},
        {"hours", read_contact_hours, false},     {"closed", read_contact_closed, false},
        {"unknown", read_contact_unknown, false}, {"holidays", read_contact_holidays, false},
    };
    struct site *s = to;
    struct site_contact *c = &s->contacts[s->ncontacts]; /* read_list() knows the ceiling */

    if (read_object(r, v, fields, COUNT(fields), c) && c->label.text[LANG_JA] != NULL) {
        if (c->phone == NULL && c->url == NULL && !json_object_get(v.json, "phone") &&
            !json_object_get(v.json, "url"))
            wrong(r, v, "has neither 'phone' nor 'url': say how to reach it");
        s->ncontacts++;
    } else {
        contact_release(c);
        memset(c, 0, sizeof(*c));
    }
}

static void read_contacts(struct reader *r, struct value v, void *to)
{
    read_list(r, v, KB_CONTACTS_MAX, read_contact, to);
}

/* ---- holidays, categories, messages ---- */

struct until {
    bool known;
    unsigned line;
    int32_t day;
};

static void read_until(struct reader *r, struct value v, void *to)
{
    struct until *u = to;
    u->known = get_date(r, v, &u->day);
    u->line = line_of(r, v);
}

static void read_holiday(struct reader *r, struct value v, void *to)
{
    struct site *s = to;
    int32_t day;
    if (!get_date(r, v, &day))
        return;
    s->holidays = mem_grow(s->holidays, &s->holidays_cap, s->nholidays + 1, sizeof(day));
    s->holidays[s->nholidays++] = day;
}

static void read_dates(struct reader *r, struct value v, void *to)
{
    (void)to;
    read_list(r, v, SITE_HOLIDAYS_MAX, read_holiday, r->site);
}

static int day_order(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static void read_holidays(struct reader *r, struct value v, void *to)
{
    static const struct field fields[] = {{"until", read_until, true}, {"dates", read_dates, true}};
    struct site *s = to;
    struct until until = {0};

    if (!read_object(r, v, fields, COUNT(fields), &until) || !until.known)
        return;
    s->has_holidays = true;
    s->holidays_until = until.day;
    if (s->nholidays > 0)
        qsort(s->holidays, s->nholidays, sizeof(*s->holidays), day_order);
    if (s->nholidays > 0 && s->holidays[s->nholidays - 1] > until.day)
        diags_add(r->diags, SEVERITY_WARNING, SITE_FILE, until.line,
                  "holidays.until: the list goes on after this day: write its last day here (as a "
                  "rule 31 December)");
}

static void read_category_id(struct reader *r, struct value v, void *to)
{
    const char *s = get_id(r, v);
    if (s == NULL)
        return;
    for (size_t i = 0; i < r->site->ncategories; i++) {
        if (strcmp(r->site->categories[i].id, s) == 0)
            wrong(r, v, "'%s' is the id of another category: give each its own", s);
    }
    put(&((struct site_category *)to)->id, s);
}

static void read_category_title(struct reader *r, struct value v, void *to)
{
    read_sentence(r, v, &((struct site_category *)to)->title);
}

static void category_release(struct site_category *c)
{
    free(c->id);
    sentence_release(&c->title);
}

static void read_category(struct reader *r, struct value v, void *to)
{
    static const struct field fields[] = {{"id", read_category_id, true},
                                          {"title", read_category_title, true}};
    struct site *s = to;
    struct site_category c = {0};

    if (read_object(r, v, fields, COUNT(fields), &c) && c.id != NULL &&
        c.title.text[LANG_JA] != NULL)
        s->categories[s->ncategories++] = c; /* read_list() knows the ceiling */
    else
        category_release(&c);
}

static void read_categories(struct reader *r, struct value v, void *to)
{
    struct site *s = to;
    s->has_categories = true;
    read_list(r, v, SITE_CATEGORIES_MAX, read_category, s);
}

static void read_unanswered(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->messages[KB_UNANSWERED]);
}

static void read_choose(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->messages[KB_CHOOSE]);
}

static void read_other_language(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->messages[KB_OTHER_LANGUAGE]);
}

static void read_expired(struct reader *r, struct value v, void *to)
{
    struct site_sentence *s = &((struct site *)to)->messages[KB_EXPIRED];
    read_sentences(r, v, s);
    for (enum lang lang = LANG_JA; lang <= LANG_EN; lang++) {
        if (s->text[lang] != NULL && strstr(s->text[lang], "{date}") == NULL)
            diags_add(r->diags, SEVERITY_WARNING, SITE_FILE, line_of(r, v),
                      "messages.expired: says nothing of the day: write {date} where it belongs");
    }
}

static void read_handover(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->messages[KB_HANDOVER]);
}

static void read_messages(struct reader *r, struct value v, void *to)
{
    static const struct field fields[] = {
        {"unanswered", read_unanswered, false},
        {"choose", read_choose, false},
        {"other-language", read_other_language, false},
        {"expired", read_expired, false},
        {"handover", read_handover, false},
    };
    read_object(r, v, fields, COUNT(fields), to);
}

static void read_never(struct reader *r, struct value v, void *to)
{
    struct site *s = to;
    const char *text = get_string(r, v);
    if (text == NULL)
        return;
    char digits[41];
    size_t n = 0;
    for (const char *p = text; *p != '\0' && n < sizeof(digits) - 1; p++) {
        if (*p >= '0' && *p <= '9')
            digits[n++] = *p;
    }
    digits[n] = '\0';
    if (n == 0 || strlen(text) > 40 || strspn(text, "0123456789+-() ") != strlen(text))
        wrong(r, v, "'%.*s' is no number: digits and hyphens, as in 0120-116-116",
              SPAN_ARG(utf8_head(span_str(text), 40)));
    else
        s->never[s->nnever++] = mem_strdup(digits); /* read_list() knows the ceiling */
}

static void read_never_mask(struct reader *r, struct value v, void *to)
{
    read_list(r, v, MASK_NEVER_MAX, read_never, to);
}

static void read_name(struct reader *r, struct value v, void *to)
{
    read_sentence(r, v, &((struct site *)to)->name);
}

static void read_welcome(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->welcome);
}

static void read_privacy(struct reader *r, struct value v, void *to)
{
    read_sentences(r, v, &((struct site *)to)->privacy);
}

/* ---- the whole ---- */

static const struct field site_fields[] = {
    {"name", read_name, false},         {"welcome", read_welcome, false},
    {"privacy", read_privacy, false},   {"contacts", read_contacts, false},
    {"holidays", read_holidays, false}, {"categories", read_categories, false},
    {"messages", read_messages, false}, {"never_mask", read_never_mask, false},
};

static void say(struct site_sentence *s, const char *ja, const char *en)
{
    put(&s->text[LANG_JA], ja);
    put(&s->text[LANG_EN], en);
}

/* Neutral ones: they promise no contact, because there may be none. */
static void say_built_in(struct site *s)
{
    say(&s->name, "よくあるご質問", "Frequently asked questions");
    say(&s->welcome, "こんにちは。ご質問に自動でお答えします。ふだんの言葉でご質問ください。",
        "Hello. This chat answers questions automatically. Please ask in your own words.");
    say(&s->privacy,
        "ご質問は、電話番号などの個人の番号を伏せて保存します。お名前やご住所などの個人情報は入力し"
        "ない"
        "でください。",
        "Your questions are stored with personal numbers masked. Please do not enter names, "
        "addresses or other personal data.");
    say(&s->messages[KB_UNANSWERED],
        "申し訳ございません。そのご質問には、お答えできる内容が見つかりませんでした。言い方を変えて"
        "、もう"
        "一度お試しください。",
        "Sorry, I could not find an answer to that. Please try other words.");
    say(&s->messages[KB_CHOOSE], "お知りになりたいことに近いものをお選びください。",
        "Please choose what comes closest to your question.");
    say(&s->messages[KB_OTHER_LANGUAGE],
        "恐れ入りますが、このチャットは日本語と英語でお答えしています。どちらかの言葉でお聞きくださ"
        "い。",
        "Sorry, answers are available in Japanese and English only. Please ask in one of these "
        "languages.");
    say(&s->messages[KB_EXPIRED],
        "この案内は{date}までの内容です。今の状況とは異なることがあります。",
        "This information was valid until {date}. The situation may have changed since then.");
    say(&s->messages[KB_HANDOVER],
        "恐れ入りますが、このチャットは自動でお答えしており、担当者におつなぎすることはできません"
        "。",
        "Sorry, this chat answers automatically and cannot connect you to a person.");
}

static bool needs_holidays(const struct site *s, const struct site_contact *c)
{
    if (!c->has_hours || c->holidays == SITE_HOLIDAYS_OPEN)
        return false;
    if (c->holidays == SITE_HOLIDAYS_CLOSED)
        return true;
    return s->has_holidays && c->nhours[5] == 0 && c->nhours[6] == 0;
}

static void check_holidays(struct reader *r, int64_t now_ms)
{
    struct site *s = r->site;
    bool needed = false;
    for (size_t i = 0; i < s->ncontacts; i++)
        needed = needed || needs_holidays(s, &s->contacts[i]);
    if (!needed)
        return;
    if (!s->has_holidays)
        diags_add(
            r->diags, SEVERITY_WARNING, SITE_FILE, 0,
            "a contact is closed on holidays, but 'holidays' has no list of them: \"open now\" "
            "cannot be shown");
    else if (now_ms >= calendar_begin_ms(s->holidays_until + 1))
        diags_add(r->diags, SEVERITY_WARNING, SITE_FILE, 0,
                  "the list of holidays has come to its end: extend holidays.dates and "
                  "holidays.until, until then \"open now\" is not shown");
}

struct site *site_parse(const struct tree *tree, int64_t now_ms, struct diags *diags)
{
    struct site *s = mem_zalloc(sizeof(*s));
    const struct tree_file *file = NULL;

    say_built_in(s);
    for (size_t i = 0; i < tree->n && file == NULL; i++) {
        if (strcmp(tree->files[i].name, SITE_FILE) == 0)
            file = &tree->files[i];
    }
    if (file == NULL)
        return s;

    json_error_t err;
    json_t *json = json_loadb(file->bytes, file->len, JSON_REJECT_DUPLICATES, &err);
    if (json == NULL) {
        diags_add(diags, SEVERITY_ERROR, SITE_FILE, err.line > 0 ? (unsigned)err.line : 1,
                  "is not valid JSON: %s", err.text);
        return s;
    }
    struct reader r = {.diags = diags, .site = s};
    jsonpos_init(&r.pos);
    jsonpos_make(&r.pos, span_of(file->bytes, file->len));
    buf_init(&r.path, 0);
    read_object(&r, (struct value){json, 0}, site_fields, COUNT(site_fields), s);
    check_holidays(&r, now_ms);
    buf_release(&r.path);
    jsonpos_release(&r.pos);
    json_decref(json);
    return s;
}

void site_free(struct site *s)
{
    if (s == NULL)
        return;
    sentence_release(&s->name);
    sentence_release(&s->welcome);
    sentence_release(&s->privacy);
    for (size_t i = 0; i < KB_MESSAGES; i++)
        sentence_release(&s->messages[i]);
    for (size_t i = 0; i < s->ncontacts; i++)
        contact_release(&s->contacts[i]);
    for (size_t i = 0; i < s->ncategories; i++)
        category_release(&s->categories[i]);
    for (size_t i = 0; i < s->nnever; i++)
        free(s->never[i]);
    free(s->holidays);
    free(s);
}

/* ---- open or closed ---- */

static bool in_range(const struct site_range *ranges, size_t n, unsigned month_day)
{
    for (size_t i = 0; i < n; i++) {
        bool after = month_day >= ranges[i].from, before = month_day <= ranges[i].to;
        if (ranges[i].from <= ranges[i].to ? after && before : after || before)
            return true;
    }
    return false;
}

static bool is_holiday(const struct site *s, int32_t day)
{
    return s->nholidays > 0 &&
           bsearch(&day, s->holidays, s->nholidays, sizeof(day), day_order) != NULL;
}

enum site_open site_open_at(const struct site *s, const struct site_contact *c, int64_t now_ms)
{
    struct calendar_moment m = calendar_at(now_ms);
    if (!c->has_hours)
        return SITE_UNKNOWN;
    if (in_range(c->closed, c->nclosed, m.month_day))
        return SITE_CLOSED;
    if (in_range(c->unknown, c->nunknown, m.month_day))
        return SITE_UNKNOWN;
    if (needs_holidays(s, c)) {
        if (!s->has_holidays || m.day > s->holidays_until)
            return SITE_UNKNOWN;
        if (is_holiday(s, m.day))
            return SITE_CLOSED;
    }
    for (size_t i = 0; i < c->nhours[m.weekday]; i++) {
        const struct site_interval *h = &c->hours[m.weekday][i];
        if (m.minute >= h->from && m.minute < h->to)
            return SITE_OPEN;
    }
    return SITE_CLOSED;
}

/* ---- hours in words ---- */

static void print_days(unsigned set, bool workdays, enum lang lang, struct buf *out)
{
    static const char *const names[2][7] = {{"月", "火", "水", "木", "金", "土", "日"},
                                            {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}};
    bool ja = lang == LANG_JA;

    if (set == 0x7f) {
        buf_adds(out, ja ? "毎日" : "Daily");
        return;
    }
    if (ja && set == 0x1f && workdays) {
        buf_adds(out, "平日");
        return;
    }
    bool any = false;
    for (unsigned day = 0; day < 7; day++) {
        if (!(set >> day & 1))
            continue;
        unsigned last = day;
        while (last + 1 < 7 && set >> (last + 1) & 1)
            last++;
        if (any)
            buf_adds(out, ja ? "・" : ", ");
        any = true;
        buf_adds(out, names[lang][day]);
        if (last >= day + 2) { /* two days in a row are named, three are a span */
            buf_adds(out, ja ? "〜" : "–");
            buf_adds(out, names[lang][last]);
            day = last;
        }
    }
    if (ja && (set & (set - 1)) == 0)
        buf_adds(out, "曜");
}

static void print_interval(struct site_interval i, enum lang lang, struct buf *out)
{
    if (i.from == 0 && i.to == CALENDAR_MINUTES_A_DAY)
        buf_adds(out, lang == LANG_JA ? "24時間" : "24 hours");
    else
        buf_printf(out, "%u:%02u%s%u:%02u", i.from / 60, i.from % 60, lang == LANG_JA ? "〜" : "–",
                   i.to / 60, i.to % 60);
}

static bool same_hours(const struct site_contact *c, size_t a, size_t b)
{
    return c->nhours[a] == c->nhours[b] &&
           memcmp(c->hours[a], c->hours[b], c->nhours[a] * sizeof(c->hours[a][0])) == 0;
}

/* Days with equal hours are named together, whichever way the file puts them. */
void site_print_hours(const struct site_contact *c, enum lang lang, struct buf *out)
{
    bool ja = lang == LANG_JA, any = false;
    unsigned done = 0;

    for (size_t day = 0; day < 7; day++) {
        if (c->nhours[day] == 0 || (done >> day & 1))
            continue;
        unsigned set = 0;
        for (size_t other = day; other < 7; other++) {
            if (same_hours(c, day, other))
                set |= 1u << other;
        }
        done |= set;
        if (any)
            buf_adds(out, ja ? "、" : "; ");
        any = true;
        print_days(set, c->holidays != SITE_HOLIDAYS_OPEN, lang, out);
        for (size_t i = 0; i < c->nhours[day]; i++) {
            buf_adds(out, i == 0 ? " " : ja ? "、" : ", ");
            print_interval(c->hours[day][i], lang, out);
        }
    }
    if (any && c->holidays == SITE_HOLIDAYS_CLOSED)
        buf_adds(out, ja ? "(祝日を除く)" : " (except national holidays)");
}

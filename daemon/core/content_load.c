#include "core/content_load.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    NAME_STEPS_MAX = 300000000, /* pairs of letters compared: about half a second */
    MEMBERS_MAX = 16,
};

/* ---- messages -------------------------------------------------------------------------------- */

const char *load_show(char *out, size_t cap, const char *s)
{
    size_t len = strlen(s), n = 0;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(s + i, len - i, &cp, &valid);
        if (n + took > cap - sizeof("…")) {
            memcpy(out + n, "…", sizeof("…"));
            return out;
        }
        if (!valid || cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x2028 && cp <= 0x202E)) {
            out[n++] = '?';
        } else {
            memcpy(out + n, s + i, took);
            n += took;
        }
        i += took;
    }
    out[n] = '\0';
    return out;
}

/* "values.east.terms[3]"; nothing for the whole file. */
static void print_path(const struct place *p, struct buf *out)
{
    if (p->up == NULL)
        return;
    print_path(p->up, out);
    if (p->key == NULL)
        buf_printf(out, "[%zu]", p->index);
    else
        buf_printf(out, "%s%s", out->len > 0 ? "." : "", SHOW(p->key));
}

static void report_va(struct loader *l, enum severity severity, const struct place *p,
                      unsigned line, const char *fmt, va_list args)
{
    char text[1024];
    struct buf path;

    vsnprintf(text, sizeof(text), fmt, args);
    buf_init(&path, 0);
    print_path(p, &path);
    if (path.len > 0)
        buf_adds(&path, ": ");
    diags_add(l->diags, severity, l->file, line, "%s%s", buf_cstr(&path), text);
    buf_release(&path);
}

void load_fail(struct loader *l, const struct place *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report_va(l, SEVERITY_ERROR, p, p->line, fmt, args);
    va_end(args);
    l->lost = true;
}

void load_fail_at(struct loader *l, const struct place *p, unsigned line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report_va(l, SEVERITY_ERROR, p, line, fmt, args);
    va_end(args);
}

void load_warn(struct loader *l, const struct place *p, unsigned line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report_va(l, SEVERITY_WARNING, p, line, fmt, args);
    va_end(args);
}

/* ---- the nearest known name ------------------------------------------------------------------ */

void load_suggest(struct loader *l, struct nearest *n, const char *want, const char *name)
{
    size_t a = strlen(want), b = strlen(name);
    if (l->steps > NAME_STEPS_MAX || (n->name != NULL && n->changes <= 1))
        return;
    l->steps += 1 + (a <= NEAREST_BYTES_MAX && b <= NEAREST_BYTES_MAX ? a * b : 0);
    nearest_try(n, span_of(want, a), name);
}

const char *load_say_nearest(char out[SUGGESTION_BYTES], struct nearest n)
{
    out[0] = '\0';
    if (n.name != NULL)
        snprintf(out, SUGGESTION_BYTES, ": did you mean '%s'?", SHOW(n.name));
    return out;
}

struct nearest load_nearest_intent(struct loader *l, const char *want)
{
    struct nearest n = {0};
    for (size_t i = 0; i < l->c->nintents; i++)
        load_suggest(l, &n, want, l->c->intents[i].id);
    return n;
}

struct nearest load_nearest_value(struct loader *l, const struct content_slot *slot,
                                  const char *want)
{
    struct nearest n = {0};
    for (size_t i = 0; i < slot->nvalues; i++)
        load_suggest(l, &n, want, slot->values[i].id);
    return n;
}

struct nearest load_nearest_slot(struct loader *l, const char *want)
{
    struct nearest n = {0};
    for (size_t i = 0; i < l->c->nslots; i++)
        load_suggest(l, &n, want, l->c->slots[i].name);
    return n;
}

/* ---- strings --------------------------------------------------------------------------------- */

bool load_is_id(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return s.len >= 1 && s.len <= INTENT_ID_BYTES_MAX;
}

enum fault { FAULT_NONE, FAULT_EMPTY, FAULT_LONG, FAULT_CONTROL };

/* `retcp` is the character that FAULT_CONTROL means. */
static enum fault string_fault(const char *s, size_t len, uint32_t *retcp)
{
    bool blank = true;
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        bool valid;
        if (!blank && c >= 0x80 && c != 0xC2) { /* above U+00BF there is nothing to find */
            i++;
            continue;
        }
        i += utf8_decode(s + i, len - i, retcp, &valid);
        if (*retcp < 0x20 || (*retcp >= 0x7F && *retcp < 0xA0))
            return FAULT_CONTROL;
        blank = blank && (*retcp == ' ' || *retcp == 0xA0 || *retcp == 0x3000);
    }
    return blank ? FAULT_EMPTY : len > CONTENT_STRING_BYTES_MAX ? FAULT_LONG : FAULT_NONE;
}

bool load_check_string(struct loader *l, const struct place *p, unsigned line, const char *what,
                       const char *s, size_t len)
{
    uint32_t cp = 0;
    struct place at = *p;

    at.line = line;
    switch (string_fault(s, len, &cp)) {
    case FAULT_NONE:
        return true;
    case FAULT_EMPTY:
        load_fail(l, &at, "%sis empty: write something or remove it", what);
        break;
    case FAULT_LONG:
        load_fail(l, &at, "%shas %zu bytes: at most %d are allowed", what, len,
                  CONTENT_STRING_BYTES_MAX);
        break;
    case FAULT_CONTROL:
        load_fail(l, &at, "%sholds the control character U+%04X: remove it", what, (unsigned)cp);
        break;
    }
    return false;
}

static uint64_t hash_string(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

static int entry_order(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    int by_string = strcmp(a->s, b->s);
    if (by_string != 0)
        return by_string;
    return a->order < b->order ? -1 : a->order > b->order;
}

bool load_entry_same(const struct entry *a, const struct entry *b)
{
    return a->hash == b->hash && strcmp(a->s, b->s) == 0;
}

void load_add_entry(struct loader *l, const char *s, size_t owner, unsigned line)
{
    l->entries = mem_grow(l->entries, &l->entries_cap, l->nentries + 1, sizeof(*l->entries));
    l->entries[l->nentries] = (struct entry){.hash = hash_string(s),
                                             .s = s,
                                             .line = line,
                                             .order = (uint32_t)l->nentries,
                                             .owner = (uint32_t)owner};
    l->nentries++;
}

void load_sort_entries(struct loader *l)
{
    if (l->nentries > 1)
        qsort(l->entries, l->nentries, sizeof(*l->entries), entry_order);
}

/* ---- walking a tree -------------------------------------------------------------------------- */

struct walk load_walk_begin(const struct place *up)
{
    return (struct walk){.up = up, .iter = json_object_iter(up->json), .node = up->node + 1};
}

bool load_walk_next(const struct loader *l, struct walk *w, struct place *ret)
{
    json_t *json;
    const char *key = NULL;

    if (json_is_object(w->up->json)) {
        if (w->iter == NULL)
            return false;
        key = json_object_iter_key(w->iter);
        json = json_object_iter_value(w->iter);
        w->iter = json_object_iter_next(w->up->json, w->iter);
    } else {
        json = json_array_get(w->up->json, w->index);
        if (json == NULL)
            return false;
    }
    assert(w->node < l->pos.n);
    const struct jsonpos_node *node = &l->pos.nodes[w->node];
    *ret = (struct place){.up = w->up,
                          .key = key,
                          .index = w->index++,
                          .json = json,
                          .node = w->node,
                          .line = node->line,
                          .key_line = node->key_line};
    w->node = node->next;
    return true;
}

static const char *type_name(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object {...}";
    case JSON_ARRAY:
        return "a list [...]";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

bool load_expect(struct loader *l, const struct place *p, bool fits, const char *wanted)
{
    if (!fits)
        load_fail(l, p, "is %s, but must be %s", type_name(p->json), wanted);
    return fits;
}

bool load_expect_object(struct loader *l, const struct place *p, const char *wanted)
{
    return load_expect(l, p, json_is_object(p->json), wanted);
}

/* ---- values ---------------------------------------------------------------------------------- */

const char *load_plain(struct loader *l, const struct place *p)
{
    if (!load_expect(l, p, json_is_string(p->json), "a string in quotes"))
        return NULL;
    const char *s = json_string_value(p->json);
    return load_check_string(l, p, p->line, "", s, json_string_length(p->json)) ? s : NULL;
}

void load_string(struct loader *l, const struct place *p, char **ret)
{
    const char *s = load_plain(l, p);
    if (s != NULL) {
        free(*ret);
        *ret = mem_strdup(s);
    }
}

void load_bool(struct loader *l, const struct place *p, bool *ret)
{
    if (load_expect(l, p, json_is_boolean(p->json), "true or false, without quotes"))
        *ret = json_is_true(p->json);
}

/* Takes out of `list` what `entries` (sorted, order = index into the list) say of second ones. */
static void drop_duplicates(struct loader *l, const struct place *p, struct content_strings *list)
{
    size_t first = 0, kept = 0;
    for (size_t i = 1; i < l->nentries; i++) {
        const struct entry *e = &l->entries[i];
        if (!load_entry_same(&l->entries[first], e)) {
            first = i;
            continue;
        }
        const struct place at = {.up = p, .index = e->owner};
        load_warn(l, &at, e->line, "'%s' stands here twice, first on line %u: remove one",
                  SHOW(e->s), l->entries[first].line);
        free(list->items[e->order].s); /* e->s: nothing equal is compared with it any more */
        list->items[e->order].s = NULL;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].s != NULL)
            list->items[kept++] = list->items[i];
    }
    list->n = kept;
}

void load_strings(struct loader *l, const struct place *p, struct content_strings *ret)
{
    struct place e;

    if (json_is_string(p->json)) {
        load_fail(l, p, "is a string, but must be a list of strings: put it in [ ]");
        return;
    }
    if (!load_expect(l, p, json_is_array(p->json), "a list of strings [\"...\", \"...\"]"))
        return;
    ret->items = mem_zalloc_array(json_array_size(p->json), sizeof(*ret->items));
    l->nentries = 0;
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &e);) {
        const char *s = load_plain(l, &e);
        if (s == NULL)
            continue;
        struct content_string *item = &ret->items[ret->n++];
        *item = (struct content_string){.s = mem_strdup(s), .line = e.line};
        load_add_entry(l, item->s, e.index, e.line);
    }
    load_sort_entries(l);
    drop_duplicates(l, p, ret);
}

void load_strings_free(struct content_strings *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].s);
    free(list->items);
}

int32_t load_resolve(struct loader *l, const struct place *p, unsigned line, const char *id)
{
    int32_t found = content_find(l->c, span_str(id));
    if (found >= 0 || l->truncated)
        return found;
    load_fail_at(l, p, line, "there is no intents/%s.json%s", SHOW(id),
                 NEAREST(load_nearest_intent(l, id)));
    return -1;
}

void load_refer(struct loader *l, int32_t intent, unsigned line, enum severity severity,
                const char *what)
{
    if (intent < 0)
        return;
    l->refs = mem_grow(l->refs, &l->refs_cap, l->nrefs + 1, sizeof(*l->refs));
    l->refs[l->nrefs++] = (struct reference){
        .intent = intent, .file = l->file, .line = line, .severity = severity, .what = what};
}

void load_topic(struct loader *l, const struct place *p, int32_t *ret)
{
    const char *id = load_plain(l, p);
    if (id != NULL)
        *ret = load_resolve(l, p, p->line, id);
    load_refer(l, *ret, p->line, SEVERITY_ERROR, "topic");
}

/* ---- objects --------------------------------------------------------------------------------- */

static void unknown_key(struct loader *l, const struct place *p, const struct member *members,
                        size_t n)
{
    struct nearest near = {0};
    struct buf known;

    assert(p->key != NULL && p->up != NULL);
    buf_init(&known, 0);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", members[i].name);
        load_suggest(l, &near, p->key, members[i].name);
    }
    /* The path to the object, not to a key that must not be there. */
    struct place at = *p->up;
    at.line = p->key_line;
    load_fail(l, &at, "unknown key '%s'%s (known are: %s)", SHOW(p->key), NEAREST(near),
              buf_cstr(&known));
    buf_release(&known);
}

void load_members(struct loader *l, const struct place *p, const struct member *members, size_t n,
                  void *into)
{
    struct place m;
    bool seen[MEMBERS_MAX] = {false};

    assert(n <= MEMBERS_MAX);
    if (!load_expect_object(l, p, "an object {...}"))
        return;
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        size_t i = 0;
        assert(m.key != NULL);
        while (i < n && strcmp(members[i].name, m.key) != 0)
            i++;
        if (i < n) {
            seen[i] = true;
            members[i].read(l, &m, into);
        } else if (p->up != NULL || strcmp(m.key, "$schema") != 0) { /* an editor's own */
            unknown_key(l, &m, members, n);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (members[i].required && !seen[i])
            load_fail(l, p, "'%s' is missing: add it", members[i].name);
    }
}

static void read_label_ja(struct loader *l, const struct place *p, void *into)
{
    struct content_label *label = into;
    load_string(l, p, &label->ja);
}

static void read_label_en(struct loader *l, const struct place *p, void *into)
{
    struct content_label *label = into;
    load_string(l, p, &label->en);
}

static const struct member label_members[] = {
    {"ja", read_label_ja, true},
    {"en", read_label_en, false},
};

void load_label(struct loader *l, const struct place *p, struct content_label *ret)
{
    LOAD_MEMBERS(l, p, label_members, ret);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Line of the last byte that is no white space: where the end came too early. */
static unsigned last_line(struct span text)
{
    size_t end = text.len;
    while (end > 0 && (text.ptr[end - 1] == ' ' || text.ptr[end - 1] == '\t' ||
                       text.ptr[end - 1] == '\r' || text.ptr[end - 1] == '\n'))
        end--;
    return jsonpos_line(text, end);
}

static void report_syntax(struct loader *l, struct span text, const json_error_t *error)
{
    unsigned line = error->line > 0 ? (unsigned)error->line : 1, last = last_line(text);
    if (line > last)
        line = last;
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        diags_add(l->diags, SEVERITY_ERROR, l->file, line,
                  "%s: the key is there already, put both into one", SHOW(error->text));
        break;
    case json_error_stack_overflow:
        diags_add(
            l->diags, SEVERITY_ERROR, l->file, line,
            "lists or objects are nested too deeply: nothing here needs more than five levels");
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        diags_add(l->diags, SEVERITY_ERROR, l->file, line, "holds the character NUL: remove it");
        break;
    default:
        diags_add(l->diags, SEVERITY_ERROR, l->file, line,
                  "is no valid JSON: %s; look here and just before for a comma, quote or brace "
                  "that is missing or too many",
                  SHOW(error->text));
    }
}

json_t *load_file(struct loader *l, const struct tree_file *f, struct place *retroot)
{
    struct span text = span_of(f->bytes, f->len);
    json_error_t error;

    l->file = f->name;
    l->lost = false;
    if (text.len > TREE_FILE_BYTES_MAX) { /* a tree need not come from a disk */
        diags_add(l->diags, SEVERITY_ERROR, l->file, 0,
                  "has %zu bytes, but at most %d are read: make two of it", text.len,
                  TREE_FILE_BYTES_MAX);
        return NULL;
    }
    size_t valid = utf8_valid_prefix(text);
    if (valid < text.len) {
        diags_add(l->diags, SEVERITY_ERROR, l->file, jsonpos_line(text, valid),
                  "byte %zu of the file is no valid UTF-8: save it as UTF-8", valid);
        return NULL;
    }
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0)
        text = span_of(text.ptr + 3, text.len - 3);
    if (strspn(text.ptr, " \t\r\n") == text.len) { /* a NUL stands behind every file */
        diags_add(l->diags, SEVERITY_ERROR, l->file, 1,
                  "is empty: write at least {}, or remove the file");
        return NULL;
    }
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        report_syntax(l, text, &error);
        return NULL;
    }
    jsonpos_make(&l->pos, text);
    *retroot = (struct place){
        .json = json, .line = l->pos.nodes[0].line, .key_line = l->pos.nodes[0].line};
    return json;
}

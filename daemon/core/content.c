/*
 * core/content.c - the files of intents/ as values
 *
 * 1. The names of all files are looked at, so that every id is known before the first file is
 *    read and a reference can be resolved, or refused, where it stands.
 * 2. Each file is read by jansson and walked in step with core/jsonpos, which knows the lines.
 *    What a file may hold stands in tables of members; a member's reader gets its place.
 * 3. What no file can know alone: an example in two intents, a reference to an intent that is
 *    never answered, answers without an intent and intents without an answer.
 *
 * An error must not breed others: a file that could not be read keeps its id, and whatever
 * depends on what is missing in it is not held against anybody. Duplicates are found by sorting
 * and not by hashing, so that nobody can choose strings that make it slow.
 */
#include "core/content.h"

#include "base/mem.h"
#include "core/content_load.h"
#include "core/content_slot.h"

#include <jansson.h>
#include <stdlib.h>

/* ---- intents --------------------------------------------------------------------------------- */

struct intent_reading {
    struct content_intent *intent;
    uint8_t *state;
    unsigned talk_line, reject_line;
};

static struct content_intent *intent_of(void *into)
{
    return ((struct intent_reading *)into)->intent;
}

static void read_id(struct loader *l, const struct place *p, void *into)
{
    const struct content_intent *intent = intent_of(into);
    const char *id = load_plain(l, p);
    if (id != NULL && strcmp(id, intent->id) != 0)
        load_fail(l, p,
                  "is '%s', but the file's name says '%s': the name counts, remove the member",
                  SHOW(id), intent->id);
}

static void read_category(struct loader *l, const struct place *p, void *into)
{
    load_string(l, p, &intent_of(into)->category);
}

static void read_keywords(struct loader *l, const struct place *p, void *into)
{
    load_strings(l, p, &intent_of(into)->keywords);
}

static void read_patterns(struct loader *l, const struct place *p, void *into)
{
    load_strings(l, p, &intent_of(into)->patterns);
}

static void read_unless(struct loader *l, const struct place *p, void *into)
{
    load_strings(l, p, &intent_of(into)->unless);
}

static void read_examples(struct loader *l, const struct place *p, void *into)
{
    load_strings(l, p, &intent_of(into)->examples);
}

static void read_after(struct loader *l, const struct place *p, void *into)
{
    struct content_intent *intent = intent_of(into);
    struct place m;

    if (!load_expect_object(l, p, "an object {\"topic\": [\"keyword\", ...]}"))
        return;
    intent->after = mem_zalloc_array(json_object_size(p->json), sizeof(*intent->after));
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        int32_t topic = load_resolve(l, &m, m.key_line, m.key);
        if (strcmp(m.key, intent->id) == 0) {
            load_fail_at(l, &m, m.key_line,
                         "a topic cannot follow on itself: move the lines to 'keywords' or remove "
                         "them");
            topic = -1;
        }
        struct content_after *after = &intent->after[intent->nafter];
        load_strings(l, &m, &after->lines);
        if (json_is_array(m.json) && json_array_size(m.json) == 0)
            load_fail(l, &m, "is empty: write keywords that count after '%s', or remove it",
                      SHOW(m.key));
        after->topic = mem_strdup(m.key);
        after->intent = topic;
        after->line = m.key_line;
        load_refer(l, topic, m.key_line, SEVERITY_WARNING, "after");
        intent->nafter++;
    }
}

static void read_slot(struct loader *l, const struct place *p, void *into)
{
    struct intent_reading *r = into;
    const char *name = load_plain(l, p);

    *r->state |= LOST_SLOT;
    if (name == NULL)
        return;
    for (size_t i = 0; i < l->c->nslots; i++) {
        if (strcmp(l->c->slots[i].name, name) == 0) {
            r->intent->slot = (int32_t)i;
            *r->state &= (uint8_t)~LOST_SLOT;
            return;
        }
    }
    load_fail_at(l, p, p->line, "there is no slot '%s' (intents/slots/%s.json)%s", SHOW(name),
                 SHOW(name), NEAREST(load_nearest_slot(l, name)));
}

static void read_related(struct loader *l, const struct place *p, void *into)
{
    struct content_intent *intent = intent_of(into);
    struct content_strings ids = {0};

    load_strings(l, p, &ids);
    intent->related = mem_zalloc_array(ids.n, sizeof(*intent->related));
    for (size_t i = 0; i < ids.n; i++) {
        const char *id = ids.items[i].s;
        unsigned line = ids.items[i].line;
        if (strcmp(id, intent->id) == 0) {
            load_warn(l, p, line, "'%s' is this topic itself: remove it", SHOW(id));
            continue;
        }
        int32_t found = load_resolve(l, p, line, id);
        load_refer(l, found, line, SEVERITY_ERROR, "related");
        if (found >= 0)
            intent->related[intent->nrelated++] = found;
    }
    load_strings_free(&ids);
}

static void read_talk(struct loader *l, const struct place *p, void *into)
{
    struct intent_reading *r = into;
    r->talk_line = p->line;
    load_bool(l, p, &r->intent->talk);
}

static void read_reject(struct loader *l, const struct place *p, void *into)
{
    struct intent_reading *r = into;
    r->reject_line = p->line;
    load_bool(l, p, &r->intent->reject);
}

static const struct member intent_members[] = {
    {"id", read_id, false},
    {"category", read_category, false},
    {"keywords", read_keywords, false},
    {"patterns", read_patterns, false},
    {"unless", read_unless, false},
    {"examples", read_examples, false},
    {"after", read_after, false},
    {"slot", read_slot, false},
    {"related", read_related, false},
    {"talk", read_talk, false},
    {"reject", read_reject, false},
};

static void read_intent(struct loader *l, const struct tree_file *f, size_t index)
{
    struct content_intent *intent = &l->c->intents[index];
    struct intent_reading r = {.intent = intent, .state = &l->states[index]};
    struct place root;

    json_t *json = load_file(l, f, &root);
    if (json == NULL || !json_is_object(json))
        *r.state |= LOST_FILE;
    if (json == NULL)
        return;
    LOAD_MEMBERS(l, &root, intent_members, &r);
    if (intent->talk && intent->reject) {
        root.line = r.talk_line > r.reject_line ? r.talk_line : r.reject_line;
        load_fail(l, &root,
                  "'talk' and 'reject' are both true: small talk has an answer, what is "
                  "rejected has none; remove one");
    }
    /* With an error in the file, what is missing may be what the error is about. */
    if (!l->lost && intent->keywords.n == 0 && intent->patterns.n == 0 && intent->examples.n == 0 &&
        intent->nafter == 0)
        load_fail(l, &root,
                  "nothing can recognise this topic: add 'examples', sentences that a "
                  "visitor might type, or keywords");
    json_decref(json);
}

/* ---- terms ----------------------------------------------------------------------------------- */

static void read_aliases(struct loader *l, const struct place *p, void *into)
{
    struct content_term *term = into;
    load_strings(l, p, &term->aliases);
}

static void read_readings(struct loader *l, const struct place *p, void *into)
{
    struct content_term *term = into;
    load_strings(l, p, &term->readings);
}

static const struct member term_members[] = {
    {"aliases", read_aliases, false},
    {"readings", read_readings, false},
};

/* An alias that is the name itself says nothing. */
static void drop_own_name(struct loader *l, const struct place *p, const char *name,
                          struct content_strings *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i].s, name) != 0) {
            list->items[kept++] = list->items[i];
            continue;
        }
        load_warn(l, p, list->items[i].line, "the term's own name is among its aliases: remove it");
        free(list->items[i].s);
    }
    list->n = kept;
}

static void read_terms(struct loader *l, const struct place *p, void *into)
{
    struct content *c = into;
    struct place m;

    if (!load_expect_object(l, p, "an object {\"term\": {\"aliases\": [...]}}"))
        return;
    c->terms = mem_zalloc_array(json_object_size(p->json), sizeof(*c->terms));
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        if (!load_check_string(l, &m, m.key_line, "the name ", m.key, strlen(m.key)))
            continue;
        struct content_term *term = &c->terms[c->nterms++];
        *term = (struct content_term){.name = mem_strdup(m.key), .line = m.key_line};
        LOAD_MEMBERS(l, &m, term_members, term);
        drop_own_name(l, &m, term->name, &term->aliases);
    }
}

static void read_guards(struct loader *l, const struct place *p, void *into)
{
    struct content *c = into;
    load_strings(l, p, &c->guards);
}

static void read_typos(struct loader *l, const struct place *p, void *into)
{
    struct content *c = into;
    struct place m;

    if (!load_expect_object(l, p, "an object {\"right\": [\"wrong\", ...]}"))
        return;
    c->typos = mem_zalloc_array(json_object_size(p->json), sizeof(*c->typos));
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        if (!load_check_string(l, &m, m.key_line, "the name ", m.key, strlen(m.key)))
            continue;
        struct content_typo *typo = &c->typos[c->ntypos++];
        *typo = (struct content_typo){.right = mem_strdup(m.key), .line = m.key_line};
        load_strings(l, &m, &typo->wrong);
        for (size_t i = 0; i < typo->wrong.n; i++) {
            if (strcmp(typo->wrong.items[i].s, typo->right) == 0)
                load_fail_at(l, &m, typo->wrong.items[i].line,
                             "'%s' is no mistake for itself: remove it", SHOW(m.key));
        }
    }
}

static const struct member terms_members[] = {
    {"terms", read_terms, false},
    {"guards", read_guards, false},
    {"typos", read_typos, false},
};

static void read_terms_file(struct loader *l, const struct tree_file *f)
{
    struct place root;
    json_t *json = load_file(l, f, &root);
    if (json != NULL)
        LOAD_MEMBERS(l, &root, terms_members, l->c);
    json_decref(json);
}

/* ---- names of files -------------------------------------------------------------------------- */

enum what {
    WHAT_IGNORED,
    WHAT_STRAY,
    WHAT_INTENT,
    WHAT_TERMS,
    WHAT_SLOT,
    WHAT_FORMAT,
    WHAT_ANSWER
};

static bool cut_head(struct span *s, const char *head)
{
    size_t n = strlen(head);
    if (s->len < n || memcmp(s->ptr, head, n) != 0)
        return false;
    *s = span_of(s->ptr + n, s->len - n);
    return true;
}

static bool cut_tail(struct span *s, const char *tail)
{
    size_t n = strlen(tail);
    if (s->len < n || memcmp(s->ptr + s->len - n, tail, n) != 0)
        return false;
    s->len -= n;
    return true;
}

static bool has_slash(struct span s)
{
    return s.len > 0 && memchr(s.ptr, '/', s.len) != NULL;
}

/* README.md anywhere, and whatever lies behind a dot. */
static bool is_ignored(const char *name)
{
    const char *slash = strrchr(name, '/');
    return strstr(name, "/.") != NULL || (slash != NULL && strcmp(slash, "/README.md") == 0);
}

/* What a file is by its name; `retstem` is the id, or <id>.<value> of an answer. */
static enum what classify(const char *name, struct span *retstem)
{
    struct span s = span_str(name);
    bool intents = cut_head(&s, "intents/");

    if ((!intents && !cut_head(&s, "kb/")) || is_ignored(name))
        return WHAT_IGNORED;
    if (!intents) {
        if (span_is(s, "site.json")) /* core/kb reads it */
            return WHAT_IGNORED;
        cut_head(&s, "en/");
        *retstem = s;
        return cut_tail(retstem, ".md") && !has_slash(s) ? WHAT_ANSWER : WHAT_STRAY;
    }
    enum what what = WHAT_INTENT;
    if (cut_head(&s, "schema/"))
        return WHAT_IGNORED;
    if (cut_head(&s, "slots/"))
        what = WHAT_SLOT;
    else if (cut_head(&s, "formats/"))
        what = WHAT_FORMAT;
    *retstem = s;
    if (!cut_tail(retstem, ".json") || has_slash(s))
        return WHAT_STRAY;
    return what == WHAT_INTENT && span_is(*retstem, "terms") ? WHAT_TERMS : what;
}

static void report_stray(struct loader *l, const struct tree_file *f)
{
    static const char mend[] = "rename, move or remove it";
    const char *name = SHOW_FILE(f->name);

    if (strncmp(name, "kb/", 3) == 0)
        diags_add(l->diags, SEVERITY_ERROR, name, 0,
                  "is no file of kb/, where <id>.md, <id>.<slot value>.md, the same in en/, and "
                  "site.json may be: %s",
                  mend);
    else
        diags_add(l->diags, SEVERITY_ERROR, name, 0,
                  "is no file of intents/, where <id>.json, terms.json, slots/<name>.json and "
                  "formats/<name>.json may be: %s",
                  mend);
}

static void report_bad_id(struct loader *l, const struct tree_file *f, struct span stem)
{
    char id[INTENT_ID_BYTES_MAX + 1];
    size_t n = stem.len <= INTENT_ID_BYTES_MAX ? stem.len : 0;

    for (size_t i = 0; i < n; i++) {
        char c = stem.ptr[i];
        id[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c == '_' || c == ' ' ? '-' : c);
    }
    id[n] = '\0';
    bool mended = load_is_id(span_str(id));
    diags_add(l->diags, SEVERITY_ERROR, SHOW_FILE(f->name), 0,
              "the file's name is no valid id: use a-z, 0-9 and '-', at most %d characters%s%s",
              INTENT_ID_BYTES_MAX, mended ? ", such as " : "", id[0] != '\0' && mended ? id : "");
}

/* ---- the parts together ---------------------------------------------------------------------- */

struct named_file {
    const struct tree_file *file;
    struct span id;
};

struct named_files {
    struct named_file *items;
    size_t n, cap;
};

static int span_order(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int by_bytes = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;
    return by_bytes != 0 ? by_bytes : (a.len > b.len) - (a.len < b.len);
}

/* "a-b.json" comes before "a.json", "a" before "a-b": the tree's order is not that of the ids. */
static int named_file_order(const void *pa, const void *pb)
{
    const struct named_file *a = pa, *b = pb;
    return span_order(a->id, b->id);
}

static void sort_named(struct named_files *files)
{
    if (files->n > 1)
        qsort(files->items, files->n, sizeof(*files->items), named_file_order);
}

static void add_named(struct named_files *files, const struct tree_file *f, struct span id)
{
    files->items = mem_grow(files->items, &files->cap, files->n + 1, sizeof(*files->items));
    files->items[files->n++] = (struct named_file){.file = f, .id = id};
}

/* Sorts the files out by their names. */
static const struct tree_file *collect(struct loader *l, struct named_files *intents,
                                       struct named_files *slots, struct named_files *formats)
{
    const struct tree_file *terms = NULL;

    for (size_t i = 0; i < l->tree->n; i++) {
        const struct tree_file *f = &l->tree->files[i];
        struct span stem = {0};
        struct named_files *into = NULL;

        switch (classify(f->name, &stem)) {
        case WHAT_IGNORED:
        case WHAT_ANSWER:
            break;
        case WHAT_STRAY:
            report_stray(l, f);
            break;
        case WHAT_TERMS:
            terms = f;
            break;
        case WHAT_INTENT:
            into = intents;
            break;
        case WHAT_SLOT:
            into = slots;
            break;
        case WHAT_FORMAT:
            into = formats;
            break;
        }
        if (into != NULL && load_is_id(stem))
            add_named(into, f, stem);
        else if (into != NULL)
            report_bad_id(l, f, stem);
    }
    sort_named(intents);
    sort_named(slots);
    sort_named(formats);
    return terms;
}

/* Makes room for the intents and gives them their ids. */
static void name_intents(struct loader *l, struct named_files *files)
{
    struct content *c = l->c;

    if (files->n == 0)
        diags_add(l->diags, SEVERITY_ERROR, "intents", 0,
                  "there is no intent: add intents/<id>.json with 'examples', and kb/<id>.md");
    if (files->n > CONTENT_INTENTS_MAX) {
        diags_add(l->diags, SEVERITY_ERROR, "intents", 0,
                  "there are %zu intents, but at most %d are read: remove some", files->n,
                  CONTENT_INTENTS_MAX);
        files->n = CONTENT_INTENTS_MAX;
        l->truncated = true;
    }
    c->intents = mem_zalloc_array(files->n, sizeof(*c->intents));
    l->states = mem_zalloc_array(files->n, sizeof(*l->states));
    c->nintents = files->n;
    for (size_t i = 0; i < files->n; i++) {
        c->intents[i] = (struct content_intent){
            .id = mem_strndup(files->items[i].id.ptr, files->items[i].id.len),
            .file = mem_strdup(files->items[i].file->name),
            .category = mem_strdup(""),
            .slot = -1,
        };
    }
}

/* ---- what no file knows alone ---------------------------------------------------------------- */

static void check_examples(struct loader *l)
{
    const struct content *c = l->c;
    size_t first = 0;

    l->nentries = 0;
    for (size_t i = 0; i < c->nintents; i++) {
        for (size_t e = 0; e < c->intents[i].examples.n; e++) {
            const struct content_string *example = &c->intents[i].examples.items[e];
            load_add_entry(l, example->s, i, example->line);
        }
    }
    load_sort_entries(l);
    for (size_t i = 1; i < l->nentries; i++) {
        const struct entry *a = &l->entries[first], *b = &l->entries[i];
        if (!load_entry_same(a, b)) {
            first = i;
            continue;
        }
        diags_add(l->diags, SEVERITY_ERROR, c->intents[b->owner].file, b->line,
                  "the example '%s' stands in %s:%u too: it cannot belong to both, remove it from "
                  "one",
                  SHOW(b->s), c->intents[a->owner].file, a->line);
    }
}

static void check_references(struct loader *l)
{
    for (size_t i = 0; i < l->nrefs; i++) {
        const struct reference *r = &l->refs[i];
        const struct content_intent *target = &l->c->intents[r->intent];
        if (target->reject)
            diags_add(l->diags, r->severity, r->file, r->line,
                      "%s: '%s' is a reject intent and never answered: name another topic or "
                      "remove it",
                      r->what, target->id);
    }
}

/* kb/<id>.<value>.md: is there such a value? */
static void check_variant(struct loader *l, const struct tree_file *f, int32_t intent,
                          struct span value)
{
    const struct content_intent *in = &l->c->intents[intent];

    if ((l->states[intent] & LOST_SLOT) != 0)
        return;
    if (in->slot < 0) {
        diags_add(l->diags, SEVERITY_ERROR, SHOW_FILE(f->name), 0,
                  "answers for a slot's value, but %s has no 'slot': add it there, or remove this "
                  "file",
                  in->file);
        return;
    }
    const struct content_slot *slot = &l->c->slots[in->slot];
    for (size_t v = 0; v < slot->nvalues; v++) {
        if (span_is(value, slot->values[v].id))
            return;
    }
    if (l->slot_lost[in->slot])
        return;
    char *want = mem_strndup(value.ptr, value.len);
    struct nearest n = load_nearest_value(l, slot, want);
    diags_add(l->diags, SEVERITY_ERROR, SHOW_FILE(f->name), 0,
              "the slot '%s' has no value '%s'%s: rename or remove the file", slot->name,
              SHOW(want), NEAREST(n));
    free(want);
}

static void check_answer(struct loader *l, const struct tree_file *f, struct span stem)
{
    const char *dot = stem.len > 0 ? memchr(stem.ptr, '.', stem.len) : NULL;
    struct span id = dot != NULL ? span_of(stem.ptr, (size_t)(dot - stem.ptr)) : stem;
    int32_t intent = content_find(l->c, id);

    if (intent < 0) {
        if (l->truncated)
            return;
        char *want = mem_strndup(id.ptr, id.len);
        struct nearest n = load_nearest_intent(l, want);
        diags_add(l->diags, SEVERITY_ERROR, SHOW_FILE(f->name), 0,
                  "is an answer without an intent: add intents/%s.json, or rename or remove this "
                  "file%s",
                  SHOW(want), NEAREST(n));
        free(want);
        return;
    }
    if (dot == NULL && strncmp(f->name, "kb/en/", 6) != 0)
        l->states[intent] |= HAS_ANSWER;
    if ((l->states[intent] & LOST_FILE) != 0)
        return;
    if (l->c->intents[intent].reject)
        diags_add(l->diags, SEVERITY_ERROR, f->name, 0,
                  "is never shown, for %s is a reject intent: remove the answer, or 'reject' "
                  "there",
                  l->c->intents[intent].file);
    else if (dot != NULL)
        check_variant(l, f, intent, span_of(dot + 1, stem.len - id.len - 1));
}

static void check_answers(struct loader *l)
{
    for (size_t i = 0; i < l->tree->n; i++) {
        struct span stem = {0};
        if (classify(l->tree->files[i].name, &stem) == WHAT_ANSWER)
            check_answer(l, &l->tree->files[i], stem);
    }
    for (size_t i = 0; i < l->c->nintents; i++) {
        const struct content_intent *intent = &l->c->intents[i];
        if (!intent->reject && (l->states[i] & (LOST_FILE | HAS_ANSWER)) == 0)
            diags_add(l->diags, SEVERITY_ERROR, intent->file, 1,
                      "has no answer: write kb/%s.md, or set 'reject' to true", intent->id);
    }
}

/* ---- interface ------------------------------------------------------------------------------- */

struct content *content_parse(const struct tree *tree, struct diags *diags)
{
    struct loader l = {.tree = tree, .diags = diags, .c = mem_zalloc(sizeof(struct content))};
    struct named_files intents = {0}, slots = {0}, formats = {0};

    jsonpos_init(&l.pos);
    const struct tree_file *terms = collect(&l, &intents, &slots, &formats);
    name_intents(&l, &intents);
    for (size_t i = 0; i < slots.n; i++)
        content_slot_read(&l, slots.items[i].file, slots.items[i].id);
    for (size_t i = 0; i < formats.n; i++)
        content_format_read(&l, formats.items[i].file, formats.items[i].id);
    if (terms != NULL)
        read_terms_file(&l, terms);
    for (size_t i = 0; i < intents.n; i++)
        read_intent(&l, intents.items[i].file, i);

    check_examples(&l);
    check_references(&l);
    check_answers(&l);

    free(intents.items);
    free(slots.items);
    free(formats.items);
    free(l.states);
    free(l.entries);
    free(l.refs);
    jsonpos_release(&l.pos);
    return l.c;
}

static void free_intent(struct content_intent *intent)
{
    free(intent->id);
    free(intent->file);
    free(intent->category);
    load_strings_free(&intent->keywords);
    load_strings_free(&intent->patterns);
    load_strings_free(&intent->unless);
    load_strings_free(&intent->examples);
    for (size_t i = 0; i < intent->nafter; i++) {
        free(intent->after[i].topic);
        load_strings_free(&intent->after[i].lines);
    }
    free(intent->after);
    free(intent->related);
}

void content_free(struct content *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->nintents; i++)
        free_intent(&c->intents[i]);
    free(c->intents);
    for (size_t i = 0; i < c->nterms; i++) {
        free(c->terms[i].name);
        load_strings_free(&c->terms[i].aliases);
        load_strings_free(&c->terms[i].readings);
    }
    free(c->terms);
    load_strings_free(&c->guards);
    for (size_t i = 0; i < c->ntypos; i++) {
        free(c->typos[i].right);
        load_strings_free(&c->typos[i].wrong);
    }
    free(c->typos);
    for (size_t i = 0; i < c->nslots; i++)
        content_slot_free(&c->slots[i]);
    for (size_t i = 0; i < c->nformats; i++)
        content_format_free(&c->formats[i]);
    free(c);
}

int32_t content_find(const struct content *c, struct span id)
{
    size_t lo = 0, hi = c->nintents;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = span_order(span_str(c->intents[mid].id), id);
        if (order == 0)
            return (int32_t)mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

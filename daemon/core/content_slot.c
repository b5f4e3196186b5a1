/*
 * core/content_slot.c - intents/slots/ and intents/formats/
 *
 * Slots are read before formats, whose kinds may depend on a slot's values.
 */
#include "core/content_slot.h"

#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>

enum {
    KIND_DIGITS_MAX = 30,
    /* Kind, colon, prefix and number of digits must fit the 48 characters of a mask (core/mask). */
    MASK_NAME_BYTES_MAX = 32,
    PREFIX_BYTES_MAX = 12,
};

/* ---- slots ----------------------------------------------------------------------------------- */

static void read_value_label(struct loader *l, const struct place *p, void *into)
{
    struct content_slot_value *value = into;
    load_label(l, p, &value->label);
}

static void read_value_terms(struct loader *l, const struct place *p, void *into)
{
    struct content_slot_value *value = into;
    load_strings(l, p, &value->terms);
    if (json_is_array(p->json) && json_array_size(p->json) == 0)
        load_fail(l, p, "is empty: write the words that set this value");
}

static const struct member value_members[] = {
    {"label", read_value_label, true},
    {"terms", read_value_terms, true},
};

static void read_slot_topic(struct loader *l, const struct place *p, void *into)
{
    struct content_slot *slot = into;
    load_topic(l, p, &slot->topic);
}

static void check_slot_terms(struct loader *l, const struct place *p,
                             const struct content_slot *slot)
{
    size_t first = 0;

    l->nentries = 0;
    for (size_t v = 0; v < slot->nvalues; v++) {
        for (size_t i = 0; i < slot->values[v].terms.n; i++) {
            const struct content_string *term = &slot->values[v].terms.items[i];
            load_add_entry(l, term->s, v, term->line);
        }
    }
    load_sort_entries(l);
    for (size_t i = 1; i < l->nentries; i++) {
        if (!load_entry_same(&l->entries[first], &l->entries[i])) {
            first = i;
            continue;
        }
        load_fail_at(l, p, l->entries[i].line,
                     "'%s' cannot set both '%s' (line %u) and '%s': remove one",
                     SHOW(l->entries[i].s), slot->values[l->entries[first].owner].id,
                     l->entries[first].line, slot->values[l->entries[i].owner].id);
    }
}

static void read_values(struct loader *l, const struct place *p, void *into)
{
    struct content_slot *slot = into;
    struct place m;

    if (!load_expect_object(l, p, "an object {\"value\": {\"label\": ..., \"terms\": [...]}}"))
        return;
    if (json_object_size(p->json) == 0)
        load_fail(l, p, "is empty: a slot needs at least one value");
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        if (!load_is_id(span_str(m.key))) {
            load_fail_at(l, &m, m.key_line,
                         "is no valid name of a value: use a-z, 0-9 and '-', at most %d",
                         INTENT_ID_BYTES_MAX);
            l->lost = true;
            continue;
        }
        if (slot->nvalues == CONTENT_SLOT_VALUES_MAX) {
            load_fail_at(l, &m, m.key_line, "is one value too many: a slot may have %d",
                         CONTENT_SLOT_VALUES_MAX);
            l->lost = true;
            break;
        }
        struct content_slot_value *value = &slot->values[slot->nvalues++];
        value->id = mem_strdup(m.key);
        LOAD_MEMBERS(l, &m, value_members, value);
        if (value->label.ja == NULL)
            value->label.ja = mem_strdup(m.key);
    }
    check_slot_terms(l, p, slot);
}

static const struct member slot_members[] = {
    {"topic", read_slot_topic, false},
    {"values", read_values, true},
};

void content_slot_read(struct loader *l, const struct tree_file *f, struct span name)
{
    struct place root;
    size_t index = l->c->nslots;

    if (index == SESSION_SLOTS_MAX) {
        diags_add(l->diags, SEVERITY_ERROR, f->name, 0, "is one slot too many: there may be %d",
                  SESSION_SLOTS_MAX);
        return;
    }
    struct content_slot *slot = &l->c->slots[l->c->nslots++];
    slot->name = mem_strndup(name.ptr, name.len);
    slot->file = mem_strdup(f->name);
    slot->topic = -1;
    json_t *json = load_file(l, f, &root);
    if (json != NULL)
        LOAD_MEMBERS(l, &root, slot_members, slot);
    l->slot_lost[index] = json == NULL || l->lost;
    json_decref(json);
}

/* ---- formats --------------------------------------------------------------------------------- */

static void read_digits(struct loader *l, const struct place *p, unsigned *ret)
{
    if (!load_expect(l, p, json_is_integer(p->json), "a whole number without quotes"))
        return;
    json_int_t n = json_integer_value(p->json);
    if (n < 1 || n > KIND_DIGITS_MAX)
        load_fail(l, p, "is %" JSON_INTEGER_FORMAT ", but must be from 1 to %d", n,
                  KIND_DIGITS_MAX);
    else
        *ret = (unsigned)n;
}

struct format_reading {
    struct content_format *format;
    unsigned prefix_lines[CONTENT_KINDS_MAX], digits_lines[CONTENT_KINDS_MAX];
};

struct kind_reading {
    struct content_kind kind;
    const struct content_format *format;
    unsigned prefix_line, digits_line;
};

static struct content_format *format_of(void *into)
{
    return ((struct format_reading *)into)->format;
}

static void read_prefix(struct loader *l, const struct place *p, void *into)
{
    struct kind_reading *r = into;
    const char *s = load_plain(l, p);

    if (s == NULL)
        return;
    size_t len = strlen(s);
    if (len > PREFIX_BYTES_MAX || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len) {
        load_fail(l, p, "'%s' must be 1 to %d letters from A to Z, upper case, half width", SHOW(s),
                  PREFIX_BYTES_MAX);
        return;
    }
    for (size_t i = 0; i < r->format->nkinds; i++) {
        if (strcmp(r->format->kinds[i].prefix, s) == 0) {
            load_fail(l, p, "'%s' is the prefix of kinds[%zu] already: one kind for each prefix", s,
                      i);
            return;
        }
    }
    r->kind.prefix = mem_strdup(s);
    r->prefix_line = p->line;
}

static void read_kind_digits(struct loader *l, const struct place *p, void *into)
{
    struct kind_reading *r = into;
    read_digits(l, p, &r->kind.digits);
    r->digits_line = p->line;
}

/* The values of one slot where a kind is valid, as bits. */
static uint32_t read_conditions(struct loader *l, const struct place *p, size_t slot_index)
{
    const struct content_slot *slot = &l->c->slots[slot_index];
    struct content_strings names = {0};
    uint32_t bits = 0;

    load_strings(l, p, &names);
    if (json_is_array(p->json) && json_array_size(p->json) == 0)
        load_fail(l, p, "is empty: name the values where the kind is valid, or remove '%s'",
                  slot->name);
    for (size_t i = 0; i < names.n; i++) {
        size_t v = 0;
        while (v < slot->nvalues && strcmp(slot->values[v].id, names.items[i].s) != 0)
            v++;
        if (v < slot->nvalues) {
            bits |= UINT32_C(1) << v;
        } else if (!l->slot_lost[slot_index]) {
            struct nearest n = load_nearest_value(l, slot, names.items[i].s);
            load_fail_at(l, p, names.items[i].line, "the slot '%s' has no value '%s'%s", slot->name,
                         SHOW(names.items[i].s), NEAREST(n));
        }
    }
    load_strings_free(&names);
    return bits;
}

static void read_kind_slots(struct loader *l, const struct place *p, void *into)
{
    struct kind_reading *r = into;
    struct place m;

    if (!load_expect_object(l, p, "an object {\"slot\": [\"value\", ...]}"))
        return;
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &m);) {
        size_t i = 0;
        while (i < l->c->nslots && strcmp(l->c->slots[i].name, m.key) != 0)
            i++;
        if (i < l->c->nslots)
            r->kind.slot_values[i] = read_conditions(l, &m, i);
        else
            load_fail_at(l, &m, m.key_line, "there is no slot '%s' (intents/slots/%s.json)%s",
                         SHOW(m.key), SHOW(m.key), NEAREST(load_nearest_slot(l, m.key)));
    }
}

static const struct member kind_members[] = {
    {"prefix", read_prefix, true},
    {"digits", read_kind_digits, true},
    {"slots", read_kind_slots, false},
};

static void read_kinds(struct loader *l, const struct place *p, void *into)
{
    struct format_reading *reading = into;
    struct content_format *format = reading->format;
    struct place e;

    if (!load_expect(l, p, json_is_array(p->json), "a list of objects [{...}, {...}]"))
        return;
    if (json_array_size(p->json) == 0)
        load_fail(l, p, "is empty: describe at least one kind");
    for (struct walk w = load_walk_begin(p); load_walk_next(l, &w, &e);) {
        struct kind_reading r = {.format = format};
        if (format->nkinds == CONTENT_KINDS_MAX) {
            load_fail(l, &e, "is one kind too many: a format may have %d", CONTENT_KINDS_MAX);
            break;
        }
        LOAD_MEMBERS(l, &e, kind_members, &r);
        if (r.kind.prefix == NULL || r.kind.digits == 0) { /* said already */
            free(r.kind.prefix);
            continue;
        }
        reading->prefix_lines[format->nkinds] = r.prefix_line;
        reading->digits_lines[format->nkinds] = r.digits_line;
        format->kinds[format->nkinds++] = r.kind;
    }
}

static void read_digits_min(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);
    read_digits(l, p, &format->digits_min);
}

static void read_digits_max(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);
    read_digits(l, p, &format->digits_max);
}

static const struct member notice_members[] = {
    {"digits_min", read_digits_min, true},
    {"digits_max", read_digits_max, true},
};

static void read_notice(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);

    LOAD_MEMBERS(l, p, notice_members, into);
    if (format->digits_min > format->digits_max && format->digits_max != 0)
        load_fail(l, p, "'digits_min' (%u) is more than 'digits_max' (%u): exchange them",
                  format->digits_min, format->digits_max);
}

static void read_format_topic(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);
    load_topic(l, p, &format->topic);
}

static void read_format_label(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);
    load_label(l, p, &format->label);
}

static void read_mask(struct loader *l, const struct place *p, void *into)
{
    struct content_format *format = format_of(into);
    const char *s = load_plain(l, p);

    if (s == NULL)
        return;
    if (!load_is_id(span_str(s)) || strlen(s) > MASK_NAME_BYTES_MAX) {
        load_fail(l, p, "'%s' is no valid name of a mask: use a-z, 0-9 and '-', at most %d",
                  SHOW(s), MASK_NAME_BYTES_MAX);
        return;
    }
    free(format->mask);
    format->mask = mem_strdup(s);
    /* The log says of an identifier only its mask: two formats with one could not be told apart. */
    for (const struct content_format *other = l->c->formats; other < format; other++) {
        if (strcmp(other->mask, s) == 0)
            load_fail(l, p, "'%s' is the mask of %s already: choose another name", s, other->file);
    }
}

static const struct member format_members[] = {
    {"topic", read_format_topic, false}, {"label", read_format_label, true},
    {"mask", read_mask, true},           {"notice", read_notice, true},
    {"kinds", read_kinds, true},
};

/* What two members or two files say together. */
static void check_kinds(struct loader *l, const struct place *root,
                        const struct format_reading *reading)
{
    const struct content_format *format = reading->format;

    for (size_t k = 0; k < format->nkinds; k++) {
        const struct content_kind *kind = &format->kinds[k];
        if (format->digits_min != 0 && format->digits_min <= format->digits_max &&
            (kind->digits < format->digits_min || kind->digits > format->digits_max))
            load_fail_at(
                l, root, reading->digits_lines[k],
                "kinds: '%s' with %u digits would never be noticed: 'notice' is %u to %u digits",
                kind->prefix, kind->digits, format->digits_min, format->digits_max);
        for (const struct content_format *other = l->c->formats; other < format; other++) {
            for (size_t i = 0; i < other->nkinds; i++) {
                if (strcmp(other->kinds[i].prefix, kind->prefix) == 0)
                    load_fail_at(l, root, reading->prefix_lines[k],
                                 "kinds: the prefix '%s' belongs to %s already: remove it from one",
                                 kind->prefix, other->file);
            }
        }
    }
}

void content_format_read(struct loader *l, const struct tree_file *f, struct span name)
{
    struct place root;

    if (l->c->nformats == MASK_FORMATS_MAX) {
        diags_add(l->diags, SEVERITY_ERROR, f->name, 0, "is one format too many: there may be %d",
                  MASK_FORMATS_MAX);
        return;
    }
    struct content_format *format = &l->c->formats[l->c->nformats++];
    format->name = mem_strndup(name.ptr, name.len);
    format->file = mem_strdup(f->name);
    format->mask = mem_strdup(format->name);
    format->topic = -1;
    json_t *json = load_file(l, f, &root);
    if (json != NULL) {
        struct format_reading reading = {.format = format};
        LOAD_MEMBERS(l, &root, format_members, &reading);
        check_kinds(l, &root, &reading);
    }
    if (format->label.ja == NULL)
        format->label.ja = mem_strdup(format->name);
    json_decref(json);
}

/* ---- release --------------------------------------------------------------------------------- */

static void free_label(struct content_label *label)
{
    free(label->ja);
    free(label->en);
}

void content_slot_free(struct content_slot *slot)
{
    free(slot->name);
    free(slot->file);
    for (size_t i = 0; i < slot->nvalues; i++) {
        free(slot->values[i].id);
        free_label(&slot->values[i].label);
        load_strings_free(&slot->values[i].terms);
    }
}

void content_format_free(struct content_format *format)
{
    free(format->name);
    free(format->file);
    free(format->mask);
    free_label(&format->label);
    for (size_t i = 0; i < format->nkinds; i++)
        free(format->kinds[i].prefix);
}

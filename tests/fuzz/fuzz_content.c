/*
 * fuzz_content - any bytes as one file of intents/
 *
 * The first byte chooses which file they are; the rest of the tree is good. Whatever comes, what
 * was read keeps the promises of core/content.h, each diagnostic is one clean line that points into
 * a file that is there, and core/jsonpos counts the same values as jansson.
 */
#include "core/content.h"
#include "core/jsonpos.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(what) ((what) ? (void)0 : failed(#what, __LINE__))

static _Noreturn void failed(const char *what, int line)
{
    (void)fprintf(stderr, "fuzz_content.c:%d: not true: %s\n", line, what);
    abort();
}

static const struct {
    const char *name, *bytes;
} files[] = {
    {"intents/bye.json", "{\"talk\": true, \"examples\": [\"さようなら\"]}"},
    {"intents/formats/id.json",
     "{\"topic\": \"fee\", \"label\": {\"ja\": \"ID\"}, \"mask\": \"id\", \"notice\": "
     "{\"digits_min\": 5, \"digits_max\": 14}, \"kinds\": [{\"prefix\": \"CAF\", \"digits\": 10, "
     "\"slots\": {\"area\": [\"east\"]}}]}"},
    {"intents/fee.json",
     "{\"id\": \"fee\", \"category\": \"price\", \"keywords\": [\"工事 + 費用\"], \"patterns\": "
     "[\"a|b\"], \"unless\": [\"解約\"], \"examples\": [\"いくら\"], \"after\": {\"bye\": "
     "[\"料金\"]}, \"slot\": \"area\", \"related\": [\"bye\"]}"},
    {"intents/slots/area.json",
     "{\"topic\": \"fee\", \"values\": {\"east\": {\"label\": {\"ja\": \"東\", \"en\": \"East\"}, "
     "\"terms\": [\"東京\"]}, \"west\": {\"label\": {\"ja\": \"西\"}, \"terms\": [\"大阪\"]}}}"},
    {"intents/terms.json",
     "{\"terms\": {\"ID\": {\"aliases\": [\"番号\"], \"readings\": [\"あいでぃー\"]}}, "
     "\"guards\": [\"IP電話\"], \"typos\": {\"回線\": [\"回船\"]}}"},
    {"kb/bye.md", "# x"},
    {"kb/fee.east.md", "# x"},
    {"kb/fee.md", "# x"},
};

enum { FILES = sizeof(files) / sizeof(files[0]), JSON_FILES = 5 };

static bool clean(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7F)
            return false;
    }
    return true;
}

static void check_strings(const struct content_strings *list, unsigned lines)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *s = list->items[i].s;
        CHECK(s != NULL && s[0] != '\0' && clean(s));
        CHECK(strlen(s) <= CONTENT_STRING_BYTES_MAX && utf8_valid(span_str(s)));
        CHECK(list->items[i].line >= 1 && list->items[i].line <= lines);
        for (size_t k = 0; k < i && k < 50; k++)
            CHECK(strcmp(s, list->items[k].s) != 0);
    }
}

static void check_intents(const struct content *c, unsigned lines)
{
    for (size_t i = 0; i < c->nintents; i++) {
        const struct content_intent *in = &c->intents[i];
        CHECK(i == 0 || strcmp(c->intents[i - 1].id, in->id) < 0);
        CHECK(content_find(c, span_str(in->id)) == (int32_t)i);
        CHECK(in->file != NULL && in->category != NULL);
        check_strings(&in->keywords, lines);
        check_strings(&in->patterns, lines);
        check_strings(&in->unless, lines);
        check_strings(&in->examples, lines);
        for (size_t k = 0; k < in->nafter; k++) {
            CHECK(in->after[k].topic != NULL && in->after[k].intent < (int32_t)c->nintents);
            check_strings(&in->after[k].lines, lines);
        }
        CHECK(in->slot >= -1 && in->slot < (int32_t)c->nslots);
        for (size_t k = 0; k < in->nrelated; k++)
            CHECK(in->related[k] >= 0 && in->related[k] < (int32_t)c->nintents);
    }
}

static void check_rest(const struct content *c, unsigned lines)
{
    for (size_t i = 0; i < c->nterms; i++) {
        CHECK(c->terms[i].name[0] != '\0' && clean(c->terms[i].name));
        check_strings(&c->terms[i].aliases, lines);
        check_strings(&c->terms[i].readings, lines);
    }
    check_strings(&c->guards, lines);
    for (size_t i = 0; i < c->ntypos; i++)
        check_strings(&c->typos[i].wrong, lines);
    for (size_t i = 0; i < c->nslots; i++) {
        CHECK(c->slots[i].topic >= -1 && c->slots[i].topic < (int32_t)c->nintents);
        for (size_t v = 0; v < c->slots[i].nvalues; v++) {
            CHECK(c->slots[i].values[v].id != NULL && c->slots[i].values[v].label.ja != NULL);
            check_strings(&c->slots[i].values[v].terms, lines);
        }
    }
    for (size_t i = 0; i < c->nformats; i++) {
        const struct content_format *f = &c->formats[i];
        CHECK(f->mask != NULL && f->label.ja != NULL && f->topic < (int32_t)c->nintents);
        for (size_t k = 0; k < f->nkinds; k++) {
            CHECK(f->kinds[k].prefix[0] != '\0');
            CHECK(f->kinds[k].digits >= 1 && f->kinds[k].digits <= 30);
        }
    }
}

static void check_diags(const struct diags *d, unsigned lines)
{
    for (size_t i = 0; i < d->n; i++) {
        CHECK(d->items[i].file != NULL && clean(d->items[i].file));
        CHECK(d->items[i].line <= lines);
        CHECK(d->items[i].text[0] != '\0' && clean(d->items[i].text));
        CHECK(utf8_valid(span_str(d->items[i].text)));
    }
}

static size_t count_values(json_t *json)
{
    size_t n = 1, i;
    const char *key;
    json_t *v;

    json_object_foreach(json, key, v) n += count_values(v);
    json_array_foreach(json, i, v) n += count_values(v);
    return n;
}

/* In step with jansson: the keys of the text in the order of the tree, the same number of values.
 */
static void check_jsonpos(struct span text)
{
    struct jsonpos p;
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);

    jsonpos_init(&p);
    jsonpos_make(&p, text); /* valid or not */
    CHECK(p.n >= 1);
    for (size_t i = 0; i < p.n; i++) {
        CHECK(p.nodes[i].next > i && p.nodes[i].next <= p.n);
        CHECK(p.nodes[i].key_line <= p.nodes[i].line && p.nodes[i].key_line >= 1);
    }
    if (json != NULL)
        CHECK(p.n == count_values(json) && p.nodes[0].next == p.n);
    jsonpos_release(&p);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tree t = {0};
    struct diags diags;
    size_t chosen = size > 0 ? data[0] % JSON_FILES : 0;
    struct span bytes = span_of((const char *)data + (size > 0), size - (size > 0));
    unsigned lines = jsonpos_line(bytes, bytes.len);

    if (size == 0)
        return 0;
    for (size_t i = 0; i < FILES; i++)
        tree_add(&t, files[i].name, i == chosen ? bytes : span_str(files[i].bytes));
    check_jsonpos(bytes);

    diags_init(&diags);
    struct content *c = content_parse(&t, &diags);
    tree_release(&t);
    CHECK(c != NULL && c->nintents == 2);
    check_intents(c, lines);
    check_rest(c, lines);
    check_diags(&diags, lines);
    content_free(c);
    diags_release(&diags);
    return 0;
}

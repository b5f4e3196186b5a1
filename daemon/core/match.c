#include "core/match.h"

#include "base/mem.h"
#include "core/parts.h"

#include <stdlib.h>

struct match_scratch {
    struct terms_scratch *terms;
    struct rules_scratch *rules;
    struct patterns_scratch *patterns;
    struct classify_scratch *classify;
    struct text *part_text;
    struct match *part;
};

struct match_scratch *match_scratch_new(const struct corpus *c)
{
    struct match_scratch *s = mem_zalloc(sizeof(*s));
    s->terms = terms_scratch_new(c->terms);
    s->rules = rules_scratch_new(c->rules);
    s->patterns = patterns_scratch_new(c->patterns);
    s->classify = classify_scratch_new(c->classifier);
    s->part_text = mem_zalloc(sizeof(*s->part_text));
    s->part = mem_zalloc(sizeof(*s->part));
    return s;
}

void match_scratch_free(struct match_scratch *s)
{
    if (s == NULL)
        return;
    terms_scratch_free(s->terms);
    rules_scratch_free(s->rules);
    patterns_scratch_free(s->patterns);
    classify_scratch_free(s->classify);
    free(s->part_text);
    free(s->part);
    free(s);
}

uint64_t parts_exact_hash(const struct text *t)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < t->nsigns; i++) {
        if (t->signs[i].class != TEXT_SENTINEL)
            h = (h ^ t->signs[i].cp) * 0x100000001b3u;
    }
    return h != 0 ? h : 1;
}

static int32_t find_exact(const struct corpus *c, const struct text *text)
{
    uint64_t h = parts_exact_hash(text);
    for (size_t at = h & (c->exact_slots - 1);; at = (at + 1) & (c->exact_slots - 1)) {
        if (c->exact[at].hash == 0)
            return -1;
        if (c->exact[at].hash == h)
            return c->exact[at].intent;
    }
}

/* Lines of RULE_SLOT set slots. A name inside a longer one was dropped by the terms already. */
static void read_slots(const struct corpus *c, struct match *m)
{
    memset(m->slots, 0, sizeof(m->slots));
    for (size_t i = 0; i < m->nrules; i++) {
        const struct rule *rule = rules_get(c->rules, m->rules[i].rule);
        if (rule->kind != RULE_SLOT)
            continue;
        uint8_t *slot = &m->slots[rule->topic >> 8];
        uint8_t value = (uint8_t)((rule->topic & 0xFF) + 1);
        *slot = *slot == 0 || *slot == value ? value : MATCH_SLOT_UNCLEAR;
    }
}

void match_run(const struct corpus *c, struct match_scratch *s, const struct text *text,
               struct span raw, int32_t context, struct match *ret)
{
    ret->context = context;
    ret->nhits = terms_run(c->terms, s->terms, text, ret->hits, TERM_HITS_MAX, ret->near,
                           MATCH_NEAR_MAX, &ret->nnear);
    ret->nrules =
        rules_run(c->rules, s->rules, ret->hits, ret->nhits, context, ret->rules, RULE_HITS_MAX);
    ret->npatterns =
        patterns_run(c->patterns, s->patterns, text, ret->patterns, MATCH_PATTERNS_MAX);
    if (ret->npatterns > MATCH_PATTERNS_MAX)
        ret->npatterns = MATCH_PATTERNS_MAX;
    classify_run(c->classifier, s->classify, text, ret->hits, ret->nhits, c->ntable_terms,
                 &ret->classes);
    ret->exact = text_empty(text) ? -1 : find_exact(c, text);
    read_slots(c, ret);
    ret->nformats = c->mask_rules.nformats > 0
                        ? mask_find(&c->mask_rules, raw, ret->formats, MATCH_FORMATS_MAX)
                        : 0;
    if (ret->nformats > MATCH_FORMATS_MAX)
        ret->nformats = MATCH_FORMATS_MAX;
}

const struct match *match_part(const struct corpus *c, struct match_scratch *s,
                               const struct text *text, size_t first, size_t last, int32_t context)
{
    size_t begin = text->signs[first].begin, end = text->signs[last - 1].end;
    struct span part = span_of(text->source.ptr + begin, end - begin);
    text_make(s->part_text, part);
    match_run(c, s, s->part_text, part, context, s->part);
    return s->part;
}

const struct text *match_part_text(const struct match_scratch *s)
{
    return s->part_text;
}

uint32_t match_pattern_limits(const struct match_scratch *s, uint32_t pattern)
{
    return patterns_scratch_limits(s->patterns, pattern);
}

uint32_t match_pattern_overruns(const struct match_scratch *s)
{
    return patterns_scratch_overruns(s->patterns);
}

void match_score(const struct corpus *c, struct match_scratch *s, int32_t intent,
                 struct classify_candidate *ret)
{
    classify_score(c->classifier, s->classify, (uint32_t)intent, ret);
}

#include "core/rules.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct rules {
    struct rule *items;
    size_t n, cap;
    size_t nterms;
    uint32_t *first; /* [nterms + 1] lines under each term as their rarest: lines[first[t]...] */
    uint32_t *lines;
};

struct rules_scratch {
    uint32_t *seen; /* [nterms] index of the first hit + 1 of the terms of this text, else 0 */
    uint32_t found[TERM_HITS_MAX]; /* which terms those are */
};

struct rules *rules_new(void)
{
    return mem_zalloc(sizeof(struct rules));
}

void rules_free(struct rules *r)
{
    if (r == NULL)
        return;
    free(r->items);
    free(r->first);
    free(r->lines);
    free(r);
}

/* Cuts the piece up to the next " + " off `rest`. Without blanks around it a + belongs to the term
 * (IPsec+IKE). */
static struct span next_piece(struct span *rest, bool *retmore)
{
    for (size_t i = 0; i + 2 < rest->len; i++) {
        if (memcmp(rest->ptr + i, " + ", 3) == 0) {
            struct span piece = span_of(rest->ptr, i);
            rest->ptr += i + 3;
            rest->len -= i + 3;
            *retmore = true;
            return span_trim(piece);
        }
    }
    *retmore = false;
    return span_trim(*rest);
}

enum errc rules_add(struct rules *r, struct terms_builder *terms, enum rule_kind kind,
                    int32_t intent, int32_t topic, struct span line, const char *source,
                    struct err *reterr)
{
    struct rule rule = {.kind = kind, .intent = intent, .topic = topic, .source = source};
    bool more = true;

    while (more) {
        struct span piece = next_piece(&line, &more);
        uint32_t id;
        if (piece.len == 0)
            return err_set(
                reterr, ERR_INPUT,
                "a term is missing beside ' + ': write 'term + term', or one term alone");
        if (rule.nterms == RULE_TERMS_MAX)
            return err_set(reterr, ERR_INPUT,
                           "more than %d terms in one line: leave out those "
                           "that the others imply",
                           RULE_TERMS_MAX);
        if (terms_add(terms, piece, &id, reterr) != ERR_OK)
            return reterr->code;
        rule.terms[rule.nterms++] = id;
    }
    r->items = mem_grow(r->items, &r->cap, r->n + 1, sizeof(*r->items));
    r->items[r->n++] = rule;
    return ERR_OK;
}

void rules_seal(struct rules *r, size_t nterms)
{
    uint32_t *uses = mem_zalloc_array(nterms + 1, sizeof(*uses));
    uint32_t *rarest = mem_zalloc_array(r->n + 1, sizeof(*rarest));

    assert(r->first == NULL);
    r->nterms = nterms;
    for (size_t i = 0; i < r->n; i++) {
        for (uint32_t k = 0; k < r->items[i].nterms; k++)
            uses[r->items[i].terms[k]]++;
    }
    r->first = mem_zalloc_array(nterms + 1, sizeof(*r->first));
    for (size_t i = 0; i < r->n; i++) {
        const struct rule *rule = &r->items[i];
        rarest[i] = rule->terms[0];
        for (uint32_t k = 1; k < rule->nterms; k++) {
            if (uses[rule->terms[k]] < uses[rarest[i]])
                rarest[i] = rule->terms[k];
        }
        r->first[rarest[i] + 1]++;
    }
    for (size_t t = 0; t < nterms; t++)
        r->first[t + 1] += r->first[t];
    r->lines = mem_zalloc_array(r->n + 1, sizeof(*r->lines));
    memcpy(uses, r->first, nterms * sizeof(*uses));
    for (size_t i = 0; i < r->n; i++)
        r->lines[uses[rarest[i]]++] = (uint32_t)i;
    free(uses);
    free(rarest);
}

size_t rules_count(const struct rules *r)
{
    return r->n;
}

const struct rule *rules_get(const struct rules *r, uint32_t i)
{
    return &r->items[i];
}

struct rules_scratch *rules_scratch_new(const struct rules *r)
{
    struct rules_scratch *s = mem_zalloc(sizeof(*s));
    s->seen = mem_zalloc_array(r->nterms + 1, sizeof(*s->seen));
    return s;
}

void rules_scratch_free(struct rules_scratch *s)
{
    if (s == NULL)
        return;
    free(s->seen);
    free(s);
}

static bool is_complete(const struct rule *rule, const uint32_t *seen, int32_t context,
                        struct rule_hit *ret)
{
    if (rule->kind == RULE_AFTER && (context < 0 || rule->topic != context))
        return false;
    for (uint32_t k = 0; k < rule->nterms; k++) {
        if (seen[rule->terms[k]] == 0)
            return false;
        ret->first[k] = seen[rule->terms[k]] - 1;
    }
    return true;
}

/* By insertion: few lines fire, and qsort() may allocate. */
static void sort_hits(struct rule_hit *hits, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct rule_hit hit = hits[i];
        size_t k = i;
        for (; k > 0 && hits[k - 1].rule > hit.rule; k--)
            hits[k] = hits[k - 1];
        hits[k] = hit;
    }
}

size_t rules_run(const struct rules *r, struct rules_scratch *s, const struct term_hit *hits,
                 size_t nhits, int32_t context, struct rule_hit *out, size_t cap)
{
    size_t nfound = 0, n = 0;

    for (size_t i = 0; i < nhits; i++) {
        if (s->seen[hits[i].term] == 0) {
            s->seen[hits[i].term] = (uint32_t)i + 1;
            s->found[nfound++] = hits[i].term;
        }
    }
    for (size_t i = 0; i < nfound; i++) {
        uint32_t t = s->found[i];
        for (uint32_t k = r->first[t]; k < r->first[t + 1] && n < cap; k++) {
            if (is_complete(&r->items[r->lines[k]], s->seen, context, &out[n])) {
                out[n].rule = r->lines[k];
                n++;
            }
        }
    }
    for (size_t i = 0; i < nfound; i++)
        s->seen[s->found[i]] = 0;
    sort_hits(out, n);
    return n;
}

#include "core/trie.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void alphabet_init(struct alphabet *a)
{
    *a = (struct alphabet){.npages = 1};
    a->pages = mem_grow(NULL, &a->cap, 1, sizeof(*a->pages));
    memset(a->pages[0], 0, sizeof(a->pages[0]));
}

void alphabet_release(struct alphabet *a)
{
    free(a->pages);
    a->pages = NULL;
}

uint32_t alphabet_add(struct alphabet *a, uint32_t symbol)
{
    assert(symbol < ALPHABET_END);
    uint16_t *page = &a->page_of[symbol >> 8];
    if (*page == 0) {
        a->pages = mem_grow(a->pages, &a->cap, a->npages + 1, sizeof(*a->pages));
        memset(a->pages[a->npages], 0, sizeof(a->pages[0]));
        *page = (uint16_t)a->npages++;
    }
    uint32_t *id = &a->pages[*page][symbol & 255];
    if (*id == 0)
        *id = ++a->n;
    return *id;
}

static int compare(const void *pa, const void *pb)
{
    const struct trie_word *a = pa, *b = pb;
    uint32_t shorter = a->len < b->len ? a->len : b->len;
    for (uint32_t i = 0; i < shorter; i++) {
        if (a->symbols[i] != b->symbols[i])
            return a->symbols[i] < b->symbols[i] ? -1 : 1;
    }
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

/* The sorted words below a node, and how many symbols they share. */
struct range {
    uint32_t from, to, depth;
};

/* The words that end at this node stand first in its range. */
static uint32_t take_ends(struct trie *t, const struct trie_word *words, uint32_t node,
                          const struct range *r)
{
    uint32_t i = r->from;
    for (; i < r->to && words[i].len == r->depth; i++) {
        if (t->nodes[node].values == 0)
            t->nodes[node].values = (uint32_t)t->nvalues + 1;
        t->values[t->nvalues++] = words[i].value;
    }
    if (i > r->from)
        t->values[t->nvalues - 1] |= TRIE_LAST;
    return i;
}

void trie_build(struct trie *t, struct trie_word *words, size_t n)
{
    size_t nodes_max = 1, ranges_cap = 0, below_cap = 0, nodes_cap = 0;

    for (size_t i = 0; i < n; i++) {
        assert(words[i].len > 0 && words[i].value < TRIE_LAST);
        nodes_max += words[i].len;
    }
    assert(nodes_max < TRIE_NONE);
    if (n > 1)
        qsort(words, n, sizeof(*words), compare);

    *t = (struct trie){.nnodes = 1};
    t->values = mem_zalloc_array(n, sizeof(*t->values));
    struct range *ranges = mem_grow(NULL, &ranges_cap, 1, sizeof(*ranges));
    t->nodes = mem_grow(NULL, &nodes_cap, 1, sizeof(*t->nodes));
    t->below = mem_grow(NULL, &below_cap, 1, sizeof(*t->below));
    t->nodes[0] = (struct trie_node){0};
    ranges[0] = (struct range){.to = (uint32_t)n};

    for (uint32_t node = 0; node < t->nnodes; node++) {
        struct range r = ranges[node];
        struct trie_below below = {.least = {UINT8_MAX, UINT8_MAX}};
        for (uint32_t i = r.from; i < r.to; i++) {
            if (words[i].least[0] < below.least[0])
                below.least[0] = words[i].least[0];
            if (words[i].least[1] < below.least[1])
                below.least[1] = words[i].least[1];
        }

        uint32_t i = take_ends(t, words, node, &r);
        t->nodes[node].child = (uint32_t)t->nnodes;
        while (i < r.to) {
            uint32_t symbol = words[i].symbols[r.depth], from = i;
            while (i < r.to && words[i].symbols[r.depth] == symbol)
                i++;
            ranges = mem_grow(ranges, &ranges_cap, t->nnodes + 1, sizeof(*ranges));
            t->nodes = mem_grow(t->nodes, &nodes_cap, t->nnodes + 1, sizeof(*t->nodes));
            t->below = mem_grow(t->below, &below_cap, t->nnodes + 1, sizeof(*t->below));
            ranges[t->nnodes] = (struct range){from, i, r.depth + 1};
            t->nodes[t->nnodes++] = (struct trie_node){.symbol = symbol};
            t->nodes[node].nchildren++;
            below.symbols |= UINT32_C(1) << symbol % 32;
        }
        below.ends = t->nodes[node].values != 0;
        t->below[node] = below;
    }
    free(ranges);
    t->nodes = mem_realloc(t->nodes, t->nnodes * sizeof(*t->nodes));
    t->below = mem_realloc(t->below, t->nnodes * sizeof(*t->below));
}

void trie_release(struct trie *t)
{
    free(t->nodes);
    free(t->below);
    free(t->values);
    *t = (struct trie){0};
}

size_t trie_bytes(const struct trie *t)
{
    return t->nnodes * (sizeof(*t->nodes) + sizeof(*t->below)) + t->nvalues * sizeof(*t->values);
}

/*
 * A trie of all words (trie.h) is laid out as a double array: the child of state s by symbol c
 * is cell base[s] + c if that cell's `check` says s. One cell is 16 bytes and holds all that a step
 * needs, so that a symbol of the text costs about one cache line. The root has thousands of
 * children in Japanese; it has a table of its own, and most steps of a text end there.
 *
 * Nodes with many children are placed first, while the array is empty; then those with one child,
 * in depth-first order, so that the rest of a word lies in cells side by side. A node that finds no
 * place in a few tries goes to the end of the array: a few holes are cheaper than the search.
 */
#include "core/automaton.h"

#include "base/mem.h"
#include "core/trie.h"

#include <assert.h>
#include <stdlib.h>

enum { PLACE_TRIES = 64 };

#define NO_STATE 0xFFFFFFFFu

struct cell {
    uint32_t base;  /* modulo 2^32: may point before the first cell */
    uint32_t check; /* the parent's state; NO_STATE: free */
    uint32_t fail;
    uint32_t out; /* 1 + index of the first output, 0: none */
};

struct output {
    uint32_t value, len;
    uint32_t next; /* like `out`: the same word again, then shorter ones */
};

struct automaton {
    struct alphabet alphabet;
    uint32_t *root;     /* a state for each id of the alphabet, 0: stay */
    struct cell *cells; /* cells[0] is the root */
    size_t ncells, cap;
    struct output *outputs;
    size_t noutputs;
};

/* The free cells as a ring through cell 0, only while building. */
struct holes {
    uint32_t *next, *prev;
    size_t cap_next, cap_prev;
};

static void grow(struct automaton *a, struct holes *h, size_t ncells)
{
    if (ncells <= a->ncells)
        return;
    a->cells = mem_grow(a->cells, &a->cap, ncells, sizeof(*a->cells));
    h->next = mem_grow(h->next, &h->cap_next, ncells, sizeof(*h->next));
    h->prev = mem_grow(h->prev, &h->cap_prev, ncells, sizeof(*h->prev));
    for (size_t i = a->ncells; i < ncells; i++) {
        a->cells[i] = (struct cell){.check = NO_STATE};
        h->prev[i] = i > 0 ? h->prev[0] : 0;
        h->next[i] = 0;
        h->next[h->prev[i]] = (uint32_t)i;
        h->prev[0] = (uint32_t)i;
    }
    a->ncells = ncells;
}

static void take(struct automaton *a, struct holes *h, uint32_t cell)
{
    assert(a->cells[cell].check == NO_STATE);
    a->cells[cell].check = 0; /* whose it is gets known when all are placed */
    h->next[h->prev[cell]] = h->next[cell];
    h->prev[h->next[cell]] = h->prev[cell];
}

static bool fits(const struct automaton *a, const struct trie_node *kids, uint32_t n, uint32_t base)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = base + kids[i].symbol; /* beyond the last cell there is room */
        if (at < a->ncells && a->cells[at].check != NO_STATE)
            return false;
    }
    return true;
}

/* Finds cells for the children of a node; returns its base. */
static uint32_t place(struct automaton *a, struct holes *h, const struct trie *t, uint32_t node,
                      uint32_t *state_of)
{
    const struct trie_node *n = &t->nodes[node], *kids = &t->nodes[n->child];
    uint32_t hole = h->next[0], tries = 0;

    /* The first child has the least symbol: no other one can fall before the hole. */
    while (hole != 0 && !fits(a, kids, n->nchildren, hole - kids[0].symbol))
        hole = ++tries < PLACE_TRIES ? h->next[hole] : 0;
    if (hole == 0)
        hole = (uint32_t)a->ncells;

    uint32_t base = hole - kids[0].symbol;
    grow(a, h, (size_t)(base + kids[n->nchildren - 1].symbol) + 1);
    for (uint32_t i = 0; i < n->nchildren; i++) {
        state_of[n->child + i] = base + kids[i].symbol;
        take(a, h, base + kids[i].symbol);
    }
    return base;
}

/* The inner nodes: those with many children first, the rest in depth-first order. */
static uint32_t *placing_order(const struct trie *t, size_t *retn)
{
    enum { MANY = 256 };
    uint32_t *stack = mem_zalloc_array(t->nnodes, sizeof(*stack));
    uint32_t *inner = mem_zalloc_array(t->nnodes, sizeof(*inner));
    size_t starts[MANY + 1] = {0}, nstack = 1, n = 0;

    while (nstack > 0) {
        uint32_t node = stack[--nstack], kids = t->nodes[node].nchildren;
        if (kids > 0) {
            inner[n++] = node;
            starts[kids < MANY ? kids : MANY]++;
        }
        for (uint32_t i = kids; i > 0; i--)
            stack[nstack++] = t->nodes[node].child + i - 1;
    }
    size_t start = 0;
    for (size_t kids = MANY; kids > 0; kids--) {
        size_t many = starts[kids];
        starts[kids] = start;
        start += many;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t kids = t->nodes[inner[i]].nchildren;
        stack[starts[kids < MANY ? kids : MANY]++] = inner[i];
    }
    free(inner);
    *retn = n;
    return stack;
}

static void lay_out(struct automaton *a, const struct trie *t, uint32_t *state_of)
{
    struct holes h = {0};
    size_t n;
    uint32_t *base_of = mem_zalloc_array(t->nnodes, sizeof(*base_of));
    uint32_t *order = placing_order(t, &n);

    grow(a, &h, t->nnodes + a->alphabet.n + 1);
    assert(h.next != NULL && h.prev != NULL);
    a->cells[0].check = 0; /* the root's own, never in the ring: it is the ring's anchor */
    state_of[0] = 0;
    for (size_t i = 0; i < n; i++)
        base_of[order[i]] = place(a, &h, t, order[i], state_of);

    for (size_t i = 0; i < n; i++) {
        const struct trie_node *node = &t->nodes[order[i]];
        a->cells[state_of[order[i]]].base = base_of[order[i]];
        for (uint32_t k = 0; k < node->nchildren; k++)
            a->cells[state_of[node->child + k]].check = state_of[order[i]];
    }
    for (uint32_t i = 0; i < t->nodes[0].nchildren; i++) {
        uint32_t child = t->nodes[0].child + i;
        a->root[t->nodes[child].symbol] = state_of[child];
    }
    free(order);
    free(base_of);
    free(h.next);
    free(h.prev);
}

static inline uint32_t step(const struct automaton *a, uint32_t state, uint32_t symbol)
{
    while (state != 0) {
        uint32_t to = a->cells[state].base + symbol;
        if (to < a->ncells && a->cells[to].check == state)
            return to;
        state = a->cells[state].fail;
    }
    return a->root[symbol];
}

/* Links each state to that of its longest proper suffix, and its outputs to the suffix's.
 * Breadth first: the suffix is shorter, so its own links are there already. */
static void link_up(struct automaton *a, const struct trie *t, const uint32_t *state_of,
                    const struct automaton_word *words)
{
    a->outputs = mem_zalloc_array(t->nvalues, sizeof(*a->outputs));
    for (uint32_t node = 0; node < t->nnodes; node++) {
        const struct trie_node *n = &t->nodes[node];
        struct cell *cell = &a->cells[state_of[node]];

        for (uint32_t i = 0; i < n->nchildren; i++) {
            uint32_t child = n->child + i;
            a->cells[state_of[child]].fail =
                node == 0 ? 0 : step(a, cell->fail, t->nodes[child].symbol);
        }
        if (node == 0)
            continue;
        uint32_t next = a->cells[cell->fail].out;
        if (n->values == 0) {
            cell->out = next;
            continue;
        }
        cell->out = (uint32_t)a->noutputs + 1;
        for (uint32_t v = n->values - 1;; v++) {
            const struct automaton_word *w = &words[t->values[v] & ~TRIE_LAST];
            bool last = (t->values[v] & TRIE_LAST) != 0;
            struct output *out = &a->outputs[a->noutputs++];
            *out = (struct output){w->value, w->len, last ? next : (uint32_t)a->noutputs + 1};
            if (last)
                break;
        }
    }
}

struct automaton *automaton_build(const struct automaton_word *words, size_t n)
{
    struct automaton *a = mem_zalloc(sizeof(*a));
    size_t total = 0;

    alphabet_init(&a->alphabet);
    for (size_t i = 0; i < n; i++)
        total += words[i].len;
    uint32_t *ids = mem_zalloc_array(total, sizeof(*ids)), *id = ids;
    struct trie_word *list = mem_zalloc_array(n, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct trie_word){.symbols = id, .len = words[i].len, .value = (uint32_t)i};
        for (uint32_t k = 0; k < words[i].len; k++)
            *id++ = alphabet_add(&a->alphabet, words[i].symbols[k]);
    }

    struct trie t;
    trie_build(&t, list, n);
    uint32_t *state_of = mem_zalloc_array(t.nnodes, sizeof(*state_of));
    a->root = mem_zalloc_array(a->alphabet.n + 1, sizeof(*a->root));
    lay_out(a, &t, state_of);
    link_up(a, &t, state_of, words);
    a->cells = mem_realloc(a->cells, a->ncells * sizeof(*a->cells));

    free(state_of);
    trie_release(&t);
    free(list);
    free(ids);
    return a;
}

void automaton_free(struct automaton *a)
{
    if (a == NULL)
        return;
    alphabet_release(&a->alphabet);
    free(a->root);
    free(a->cells);
    free(a->outputs);
    free(a);
}

size_t automaton_bytes(const struct automaton *a)
{
    return sizeof(*a) + a->alphabet.cap * sizeof(*a->alphabet.pages) +
           (a->alphabet.n + 1) * sizeof(*a->root) + a->ncells * sizeof(*a->cells) +
           a->noutputs * sizeof(*a->outputs);
}

void automaton_run(const struct automaton *a, const uint32_t *symbols, size_t n,
                   automaton_hit_fn *fn, void *ctx)
{
    uint32_t state = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = alphabet_id(&a->alphabet, symbols[i]);
        state = id == ALPHABET_UNKNOWN ? 0 : step(a, state, id);
        for (uint32_t o = a->cells[state].out; o != 0; o = a->outputs[o - 1].next)
            fn(ctx, a->outputs[o - 1].value, i + 1, a->outputs[o - 1].len);
    }
}

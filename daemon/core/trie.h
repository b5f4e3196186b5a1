/*
 * core/trie.h - a tree over many words that never changes, and the alphabet they are written in
 *
 * What automaton.c and terms_build() have in common: symbols are numbered from 1 in the order in
 * which they were met, words become nodes in breadth-first order, children lie side by side,
 * sorted.
 */
#ifndef FAQD_CORE_TRIE_H
#define FAQD_CORE_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ALPHABET_UNKNOWN = 0,      /* the id of every symbol that was never added */
    ALPHABET_EXTRA = 0x110000, /* the first of 256 symbols that no text can contain */
    ALPHABET_END = 0x110100,   /* symbols from here on cannot be added */
    ALPHABET_PAGES = ALPHABET_END / 256,
};

struct alphabet {
    uint16_t page_of[ALPHABET_PAGES]; /* 0: nothing of this page was added */
    uint32_t (*pages)[256];           /* page 0 is empty and not used */
    size_t npages, cap;
    uint32_t n; /* ids 1..n are given */
};

void alphabet_init(struct alphabet *a);
void alphabet_release(struct alphabet *a);
/* The id of a symbol < ALPHABET_END, a new one if need be. */
uint32_t alphabet_add(struct alphabet *a, uint32_t symbol);

static inline uint32_t alphabet_id(const struct alphabet *a, uint32_t symbol)
{
    if (symbol >= ALPHABET_END || a->page_of[symbol >> 8] == 0)
        return ALPHABET_UNKNOWN;
    return a->pages[a->page_of[symbol >> 8]][symbol & 255];
}

struct trie_word {
    const uint32_t *symbols; /* ids of an alphabet, never 0; not kept */
    uint32_t len;            /* > 0 */
    uint32_t value;          /* < 2^31 */
    uint8_t least[2];        /* the caller's numbers; a node knows the least ones below it */
};

struct trie_node {
    uint32_t child; /* the first child's index; the others follow, by symbol */
    uint32_t nchildren;
    uint32_t symbol; /* by which its parent leads here */
    uint32_t values; /* 1 + index of the first value of the words that end here; 0: none ends */
};

/* What is below a node, to turn back early; siblings lie side by side. */
struct trie_below {
    uint32_t symbols; /* bit (symbol % 32) of each child's symbol */
    uint8_t least[2]; /* see struct trie_word */
    bool ends;        /* a word ends at the node itself */
};

struct trie {
    struct trie_node *nodes;  /* nodes[0] is the root */
    struct trie_below *below; /* for each node */
    size_t nnodes;
    uint32_t *values; /* the top bit marks the last one of a node */
    size_t nvalues;
};

#define TRIE_LAST 0x80000000u /* in `values` */
#define TRIE_NONE 0xFFFFFFFFu

/* Sorts `words`. Equal words keep all their values, ascending. O(total length + n log n). */
void trie_build(struct trie *t, struct trie_word *words, size_t n);
void trie_release(struct trie *t);
size_t trie_bytes(const struct trie *t);

/* False: the node has no child by `symbol`. */
static inline bool trie_may_go_on(const struct trie *t, uint32_t node, uint32_t symbol)
{
    return (t->below[node].symbols >> symbol % 32 & 1) != 0;
}

/* The child by `symbol`, or TRIE_NONE. */
static inline uint32_t trie_child(const struct trie *t, uint32_t node, uint32_t symbol)
{
    const struct trie_node *n = &t->nodes[node];
    uint32_t lo = n->child, left = n->nchildren;
    while (left > 1) {
        uint32_t half = left / 2;
        lo += t->nodes[lo + half].symbol <= symbol ? half : 0;
        left -= half;
    }
    return left == 1 && t->nodes[lo].symbol == symbol ? lo : TRIE_NONE;
}

#endif

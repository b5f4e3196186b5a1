/*
 * core/automaton.h - many words in one pass (Aho and Corasick, 1975)
 *
 * Words are sequences of 32-bit symbols (code points); the automaton is a double array over a
 * compact alphabet (symbols that occur in no word share one class), so that 100,000 words cost a
 * few cache lines per symbol of the text. Never changes once built.
 */
#ifndef FAQD_CORE_AUTOMATON_H
#define FAQD_CORE_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

struct automaton;

struct automaton_word {
    const uint32_t *symbols; /* not kept */
    uint32_t len;            /* > 0 */
    uint32_t value;          /* reported; two equal words are both reported */
};

/* NULL never; `n` may be 0. O(total length), and a sort of the words. */
struct automaton *automaton_build(const struct automaton_word *words, size_t n);
void automaton_free(struct automaton *a); /* NULL is fine */
size_t automaton_bytes(const struct automaton *a);

/* Called for each occurrence: symbols[end - len, end). Order: by end, longest first. */
typedef void automaton_hit_fn(void *ctx, uint32_t value, size_t end, size_t len);
void automaton_run(const struct automaton *a, const uint32_t *symbols, size_t n,
                   automaton_hit_fn *fn, void *ctx);

#endif

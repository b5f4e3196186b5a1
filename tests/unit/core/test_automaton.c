#include "core/automaton.h"

#include "base/clock.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HITS_MAX = 100000 };

struct hit {
    uint32_t value;
    size_t end, len;
};

struct hits {
    struct hit list[HITS_MAX];
    size_t n;
};

static struct hits got, want;

static void note(void *ctx, uint32_t value, size_t end, size_t len)
{
    struct hits *h = ctx;
    assert_true(h->n < HITS_MAX);
    h->list[h->n++] = (struct hit){value, end, len};
}

/* Every word at every place: by end, longest first, then in the order of the words. */
static void search_naively(const struct automaton_word *words, size_t nwords, const uint32_t *text,
                           size_t n)
{
    want.n = 0;
    for (size_t end = 1; end <= n; end++) {
        for (size_t len = end; len > 0; len--) {
            for (size_t w = 0; w < nwords; w++) {
                if (words[w].len == len &&
                    memcmp(words[w].symbols, text + end - len, len * sizeof(*text)) == 0)
                    note(&want, words[w].value, end, len);
            }
        }
    }
}

static void assert_same_hits(void)
{
    assert_int_equal(got.n, want.n);
    for (size_t i = 0; i < got.n; i++) {
        assert_int_equal(got.list[i].value, want.list[i].value);
        assert_int_equal(got.list[i].end, want.list[i].end);
        assert_int_equal(got.list[i].len, want.list[i].len);
    }
}

/* xorshift: the same words on every machine. */
static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* A small alphabet makes words overlap; spread over Unicode it also crosses the alphabet's pages.
 */
static uint32_t random_symbol(uint64_t *state, uint32_t letters)
{
    static const uint32_t spread[] = {'a', 'b', 0x3042, 0x30AB, 0x6599, 0x91D1, 0x20B9F, 0x10FFFF};
    uint32_t r = next_random(state) % letters;
    return r < 8 ? spread[r] : 0x4E00 + r;
}

static void test_run__random_words_and_texts__same_hits_as_a_naive_search(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        size_t nwords;
        uint32_t letters, len_max;
    } cases[] = {
        {"two letters, short words", 20, 2, 5},
        {"three letters, long words", 60, 3, 9},
        {"eight letters", 200, 8, 6},
        {"many letters", 300, 500, 3},
        {"one word", 1, 2, 3},
        {"no word", 0, 2, 3},
    };
    enum { TEXT = 200, ROUNDS = 30 };
    static uint32_t symbols[300 * 9], text[TEXT];
    static struct automaton_word words[300];
    uint64_t seed = 20240501;
    size_t found = 0;

    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        for (int round = 0; round < ROUNDS; round++) {
            uint32_t *at = symbols;
            for (size_t w = 0; w < cases[c].nwords; w++) {
                uint32_t len = 1 + next_random(&seed) % cases[c].len_max;
                words[w] = (struct automaton_word){at, len, 1000 + (uint32_t)w};
                for (uint32_t i = 0; i < len; i++)
                    *at++ = random_symbol(&seed, cases[c].letters);
            }
            for (size_t i = 0; i < TEXT; i++)
                text[i] = random_symbol(&seed, cases[c].letters + 1);
            text[next_random(&seed) % TEXT] = 0xFFFFFFFF; /* as a hard break in a text */

            struct automaton *a = automaton_build(words, cases[c].nwords);
            got.n = 0;
            automaton_run(a, text, TEXT, note, &got);
            automaton_free(a);
            search_naively(words, cases[c].nwords, text, TEXT);
            assert_same_hits();
            found += got.n;
        }
    }
    assert_true(found > 10000);
}

static void test_run__equal_words__each_is_reported(void **unused)
{
    (void)unused;
    static const uint32_t ab[] = {'a', 'b'};
    const struct automaton_word words[] = {{ab, 2, 7}, {ab + 1, 1, 8}, {ab, 2, 7}, {ab, 2, 9}};
    struct automaton *a = automaton_build(words, 4);

    got.n = 0;
    automaton_run(a, ab, 2, note, &got);
    search_naively(words, 4, ab, 2);
    assert_int_equal(want.n, 4);
    assert_same_hits();
    automaton_free(a);
}

static void test_build__no_words__finds_nothing(void **unused)
{
    (void)unused;
    static const uint32_t text[] = {0, 'a', 0x10FFFF, 0xFFFFFFFF};
    struct automaton *a = automaton_build(NULL, 0);

    got.n = 0;
    automaton_run(a, text, 4, note, &got);
    automaton_run(a, text, 0, note, &got);
    assert_int_equal(got.n, 0);
    automaton_free(a);
    automaton_free(NULL);
}

/* A ceiling in time so generous that only a build that is not nearly linear fails, and one in
 * memory that a table of states by symbols would exceed a hundred times. */
static void test_build__100000_words__fast_and_small(void **unused)
{
    (void)unused;
    enum { WORDS = 100000, LEN_MAX = 14 };
    uint32_t *symbols = mem_zalloc_array((size_t)WORDS * LEN_MAX, sizeof(*symbols)), *at = symbols;
    struct automaton_word *words = mem_zalloc_array(WORDS, sizeof(*words));
    uint64_t seed = 7;

    size_t total = 0;
    for (uint32_t w = 0; w < WORDS; w++) {
        uint32_t len = 3 + next_random(&seed) % (LEN_MAX - 2);
        words[w] = (struct automaton_word){at, len, w};
        for (uint32_t i = 0; i < len; i++)
            *at++ =
                i % 4 == 0 ? 0x4E00 + next_random(&seed) % 3000 : 0x3041 + next_random(&seed) % 80;
        total += len;
    }
    int64_t start = clock_mono_ms();
    struct automaton *a = automaton_build(words, WORDS);
    int64_t took = clock_mono_ms() - start;
    print_message("100000 words, %zu symbols: %lld ms, %zu bytes\n", total, (long long)took,
                  automaton_bytes(a));
    assert_true(took < 10000);
    assert_true(automaton_bytes(a) < 40 * total);

    for (uint32_t w = 0; w < WORDS; w += 997) {
        got.n = 0;
        automaton_run(a, words[w].symbols, words[w].len, note, &got);
        bool found = false;
        for (size_t i = 0; i < got.n; i++)
            found = found || got.list[i].value == w;
        assert_true(found);
    }
    automaton_free(a);
    free(words);
    free(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__random_words_and_texts__same_hits_as_a_naive_search),
        cmocka_unit_test(test_run__equal_words__each_is_reported),
        cmocka_unit_test(test_build__no_words__finds_nothing),
        cmocka_unit_test(test_build__100000_words__fast_and_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

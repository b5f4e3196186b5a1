/*
 * bench.h - what the benchmarks share: questions from files, a fine clock, medians
 */
#ifndef FAQD_TESTS_BENCH_H
#define FAQD_TESTS_BENCH_H

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_FILE_BYTES_MAX = 64 << 20, BENCH_ROUNDS = 5 };

static inline int64_t bench_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int bench_by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), bench_by_size);
    return values[n / 2];
}

/* The cost of each of `n` items, sampled `passes` times: the median of an item's own samples, which
 * a machine that is not ours alone does not move much; then mean and percentiles over the items. */
struct bench_figures {
    double mean, p50, p99;
};

/* samples[item * passes + pass]; sorts them. */
static inline struct bench_figures bench_summarise(double *samples, size_t n, size_t passes)
{
    struct bench_figures f = {0};
    for (size_t i = 0; i < n; i++) {
        samples[i] = bench_median(samples + i * passes, passes);
        f.mean += samples[i] / (double)n;
    }
    qsort(samples, n, sizeof(*samples), bench_by_size);
    f.p50 = samples[n / 2];
    f.p99 = samples[n * 99 / 100];
    return f;
}

struct bench_questions {
    char **items;
    size_t n, cap;
};

/* Adds the "q" of each line of a *.jsonl file; ends the program if it cannot be read. */
static inline void bench_read_questions(struct bench_questions *q, const char *file)
{
    struct buf bytes;
    struct err err;

    buf_init(&bytes, 0);
    if (file_read(file, BENCH_FILE_BYTES_MAX, &bytes, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(3);
    }
    const char *at = buf_cstr(&bytes), *end = at + bytes.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline != NULL ? newline : end) - at);
        json_t *line = json_loadb(at, len, 0, NULL);
        const char *text = json_string_value(json_object_get(line, "q"));
        if (text != NULL) {
            q->items = mem_grow(q->items, &q->cap, q->n + 1, sizeof(*q->items));
            q->items[q->n++] = mem_strdup(text);
        }
        json_decref(line);
        at += len + 1;
    }
    buf_release(&bytes);
}

static inline void bench_release_questions(struct bench_questions *q)
{
    for (size_t i = 0; i < q->n; i++)
        free(q->items[i]);
    free(q->items);
}

#endif

#include "core/nearest.h"

#include <stdint.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the usual table are enough to know a swap. */
static size_t changes(struct span a, struct span b)
{
    size_t rows[3][NEAREST_BYTES_MAX + 1];
    size_t *older = rows[0], *old = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        old[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            now[j] = least(least(old[j], now[j - 1]) + 1, old[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[b.len];
}

void nearest_try(struct nearest *n, struct span given, const char *known)
{
    struct span k = span_str(known);
    if (given.len > NEAREST_BYTES_MAX || k.len > NEAREST_BYTES_MAX)
        return;
    size_t few = 1 + least(given.len, k.len) / 3; /* more than a third changed is another word */
    size_t apart = given.len > k.len ? given.len - k.len : k.len - given.len;
    if (apart > few)
        return;
    size_t c = changes(given, k);
    if (c <= few && (n->name == NULL || c < n->changes))
        *n = (struct nearest){known, c};
}

const char *nearest_of(struct span given, const char *const *known, size_t n)
{
    struct nearest best = {0};
    for (size_t i = 0; i < n; i++)
        nearest_try(&best, given, known[i]);
    return best.name;
}

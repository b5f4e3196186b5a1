/*
 * core/nearest.h - which known name was meant?
 *
 * For diagnostics: an unknown key or id names the known one that takes the fewest changes of a
 * letter (inserted, left out, replaced, swapped with its neighbour), if these are few enough for a
 * slip.
 */
#ifndef FAQD_CORE_NEAREST_H
#define FAQD_CORE_NEAREST_H

#include "base/span.h"

enum { NEAREST_BYTES_MAX = 64 }; /* longer names are compared to equals only */

struct nearest {
    const char *name; /* the best so far, NULL: none was near enough; not owned */
    size_t changes;
};

/* Looks at one more known name. Begin with a zeroed struct; among equals the first stays.
 * O(given x known). */
void nearest_try(struct nearest *n, struct span given, const char *known);

/* The same over `n` names; NULL if none is near. */
const char *nearest_of(struct span given, const char *const *known, size_t n);

#endif

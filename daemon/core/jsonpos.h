/*
 * core/jsonpos.h - on which line does each value of a JSON text stand?
 *
 * jansson knows the line of a syntax error, but not of a value that is wrong. This walks a text
 * that jansson has accepted once more and notes the line of each value and key, in the order of the
 * text. jansson keeps that order when it iterates, so whoever walks its tree can walk the nodes in
 * step: the first child of node i is i + 1, the next sibling of node i is nodes[i].next.
 */
#ifndef FAQD_CORE_JSONPOS_H
#define FAQD_CORE_JSONPOS_H

#include "base/span.h"

#include <stdint.h>

struct jsonpos_node {
    unsigned line;     /* of the value's first character; 1 is the first */
    unsigned key_line; /* of its key; equals `line` for what is no member of an object */
    uint32_t next;     /* index behind the value and all within it */
};

struct jsonpos {
    struct jsonpos_node *nodes; /* owned; nodes[0] is the whole */
    size_t n, cap;
    uint32_t *open; /* owned; containers not yet closed: working memory */
    size_t nopen, open_cap;
};

void jsonpos_init(struct jsonpos *p);
void jsonpos_release(struct jsonpos *p);

/* `text` must be valid JSON without duplicate keys (what is not gives nodes that mean nothing, but
 * never reads beyond it), shorter than 4 GiB. Forgets what was there and keeps the memory, so that
 * many files cost few allocations. O(text), no recursion. There is always at least nodes[0]. */
void jsonpos_make(struct jsonpos *p, struct span text);

/* Line of the byte at `offset`. O(offset). */
unsigned jsonpos_line(struct span text, size_t offset);

#endif

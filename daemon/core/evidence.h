/*
 * core/evidence.h - what fired, where in the visitor's own words
 */
#ifndef FAQD_CORE_EVIDENCE_H
#define FAQD_CORE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

enum evidence_source {
    EVIDENCE_TERM,    /* a keyword line's term; ref = term */
    EVIDENCE_PATTERN, /* ref = pattern */
    EVIDENCE_EXAMPLE, /* the classifier, nearest example; ref = example */
    EVIDENCE_CONTEXT, /* a follow-up line after the last topic; ref = term */
    EVIDENCE_SLOT,    /* ref = slot << 8 | value */
    EVIDENCE_FORMAT,  /* ref = format */
};

struct evidence {
    enum evidence_source source;
    int32_t intent;      /* -1: none (a slot) */
    uint32_t ref;        /* see above: what fired */
    uint32_t begin, end; /* bytes of the source text: [begin, end) */
    float weight;        /* its share in the intent's score */
};

enum { EVIDENCE_MAX = 256 };

struct evidence_set {
    struct evidence items[EVIDENCE_MAX];
    size_t n; /* more are not kept; decisions do not depend on this list, explanations do */
};

const char *evidence_source_name(enum evidence_source s); /* "term", "pattern", … */

#endif

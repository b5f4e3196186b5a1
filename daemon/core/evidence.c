#include "core/evidence.h"

#include <assert.h>

static const char *const names[] = {
    [EVIDENCE_TERM] = "term",       [EVIDENCE_PATTERN] = "pattern", [EVIDENCE_EXAMPLE] = "example",
    [EVIDENCE_CONTEXT] = "context", [EVIDENCE_SLOT] = "slot",       [EVIDENCE_FORMAT] = "format",
};

const char *evidence_source_name(enum evidence_source s)
{
    assert((size_t)s < sizeof(names) / sizeof(names[0]));
    return names[s];
}

#include "core/record.h"

#include <assert.h>

static const char *const names[] = {
    [OUTCOME_ANSWER] = "answer",
    [OUTCOME_CHOOSE] = "choose",
    [OUTCOME_UNANSWERED] = "unanswered",
};

enum { NNAMES = sizeof(names) / sizeof(names[0]) };

const char *outcome_name(enum outcome o)
{
    assert((size_t)o < NNAMES);
    return names[o];
}

bool outcome_parse(struct span s, enum outcome *ret)
{
    for (size_t i = 0; i < NNAMES; i++) {
        if (span_is(s, names[i])) {
            *ret = (enum outcome)i;
            return true;
        }
    }
    return false;
}

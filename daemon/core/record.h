/*
 * core/record.h - what the log keeps of one question: already masked, ready for the store
 */
#ifndef FAQD_CORE_RECORD_H
#define FAQD_CORE_RECORD_H

#include "base/span.h"

#include <stdint.h>

enum outcome { OUTCOME_ANSWER, OUTCOME_CHOOSE, OUTCOME_UNANSWERED };

enum {
    SESSION_ID_BYTES = 16,
    CLIENT_ID_BYTES_MAX = 64,
    RECORD_TEXT_BYTES_MAX = 2048, /* 500 code points, with room for masks */
    RECORD_PAGE_BYTES_MAX = 512,
    INTENT_ID_BYTES_MAX = 64,
};

/* Fixed size, copied by value through the queue to the writer: no pointer to free. */
struct record {
    int64_t asked_at_ms;                     /* wall clock, UTC */
    char session[2 * SESSION_ID_BYTES + 1];  /* hex */
    char client_id[CLIENT_ID_BYTES_MAX + 1]; /* "" = none: retries are not recognised */
    char lang[8];                            /* "ja", "en" */
    char page[RECORD_PAGE_BYTES_MAX + 1];    /* without query and fragment, "" = unknown */
    char text[RECORD_TEXT_BYTES_MAX + 1];    /* masked */
    char core[RECORD_TEXT_BYTES_MAX + 1];    /* of the masked text */
    enum outcome outcome;
    char intent[INTENT_ID_BYTES_MAX + 1];            /* best candidate, "" = none */
    char choices[3 * (INTENT_ID_BYTES_MAX + 1) + 1]; /* comma separated ids offered */
    double confidence;
    char revision[20]; /* digest of the content that answered, hex */
};

const char *outcome_name(enum outcome o); /* "answer", "choose", "unanswered" */
/* False if `s` is no outcome's name. */
bool outcome_parse(struct span s, enum outcome *ret);

#endif

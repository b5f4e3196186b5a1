/*
 * tools/why.h - what spoke for a topic, with the place in the content where an editor finds it
 *
 * For people: the lines as they were written. For programs (faqctl match): the evidence as JSON.
 * All of it about the turn that was decided last; turn_explain must have run.
 */
#ifndef FAQD_TOOLS_WHY_H
#define FAQD_TOOLS_WHY_H

#include "core/turn.h"

enum reason_kind {
    REASON_KEYWORD,
    REASON_PATTERN,
    REASON_AFTER, /* a follow-up line: only right after another topic */
    REASON_UNLESS,
    REASON_EXACT,   /* the question is an example of the topic, word by word */
    REASON_EXAMPLE, /* the nearest sentence */
    REASON_SLOT,
    REASON_FORMAT,
};

struct reason {
    enum reason_kind kind;
    int32_t intent;   /* -1: a slot or an identifier */
    struct span what; /* as the editor wrote it */
    const char *file; /* NULL: not known */
    unsigned line;    /* 0: the whole file */
    int32_t
        gives_way_to; /* keyword lines: a longer line of this intent is complete too; -1: none */
};

enum { REASONS_MAX = 64 };

/* Reasons for `intent` (and those against: REASON_UNLESS), keyword lines first; slots and
 * identifiers, which belong to no single topic, for -1. Returns how many; at most `cap`. */
size_t why_reasons(const struct turn *t, int32_t intent, struct reason *out, size_t cap);

/* One line without its end: キーワード「v6オプション + 料金」 (intents/v6-option-fee.json:4) */
void why_print(const struct turn *t, const struct reason *r, enum lang lang, struct buf *out);

/* The evidence about what the decision names, about its strongest rival and about no topic at all:
 * [{"source","what","intent","begin","end"}], begin and end in code points of `q`, which is the
 * text that was decided. Vetoes are left out: they speak for nothing. */
void why_print_json(const struct turn *t, struct span q, struct buf *out);

/* The best in the ranking but `but` that no line vetoed; NULL: there is none. */
const struct candidate *why_rival(const struct turn *t, int32_t but);

#endif

/*
 * core/markdown.h - an answer in Markdown -> the blocks of the protocol, as JSON text and as plain
 * text
 *
 * CommonMark with GFM tables, read by cmark-gfm. What the protocol has no block for (HTML, images,
 * code, rules, *emphasis*, footnotes) and what may not leave the house (a link that is not https,
 * http, tel or mailto) is an error with its line and a mend; nothing is dropped in silence.
 *
 * `**` beside Japanese signs: CommonMark lets か**「…」**で stay as it is written, because a
 * sign next to the stars must be next to a space on the other side. Japanese has no such spaces, so
 * here the stars mean what their writer means: the first pair of a paragraph opens, the next one
 * closes.
 */
#ifndef FAQD_CORE_MARKDOWN_H
#define FAQD_CORE_MARKDOWN_H

#include "base/buf.h"
#include "base/err.h"
#include "core/session.h"

enum {
    MARKDOWN_DEPTH_MAX = 24,  /* blocks and inlines within each other */
    MARKDOWN_COLUMNS_MAX = 3, /* what a phone can show; more is a warning */
};

struct markdown {
    struct buf title; /* plain text of the first heading */
    struct buf text;  /* plain text of what follows, lines separated by \n */
    struct buf body;  /* the same as JSON: array of blocks */
};

void markdown_init(struct markdown *m);
void markdown_release(struct markdown *m);

/* Reads `source` (valid UTF-8, at most 2 GiB), whose first line is line `first_line` of `file`.
 * False: there were errors, and `m` holds nothing. Any thread. Linear for what people write. */
bool markdown_make(struct markdown *m, struct span source, const char *file, unsigned first_line,
                   enum lang lang, struct diags *diags) MUST_CHECK;

/* True if `url` is an address that a page may link to: https or http with a host, tel with a
 * number, mailto with an address; without spaces, control characters or signs that must be written
 * as %XX. Else `*retwhy` says what is wrong and how to mend it. */
bool markdown_link_ok(struct span url, const char **retwhy) MUST_CHECK;

#endif

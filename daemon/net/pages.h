/*
 * net/pages.h - two pages that need no scripts: /chat (ask by form) and /faq (all answers)
 *
 * Both show what the protocol's JSON says, turned into HTML here and nowhere else; all text is
 * escaped. Service thread only.
 */
#ifndef FAQD_NET_PAGES_H
#define FAQD_NET_PAGES_H

#include "net/conn.h"

struct pages;                     /* what is kept between two requests: /faq, printed */
void pages_free(struct pages *p); /* NULL is fine */

/* What stands behind the ? of an address: `q` may be anything that somebody typed. */
struct pages_query {
    enum lang lang;
    char q[256];
};
/* `arg` is one `name=value`, decoded already; unknown ones are passed over. */
void pages_query_take(struct pages_query *query, struct span arg);

/* All answers by category, each with an address of its own (#id); for a query the nearest topics
 * first. Printed once per corpus, language and day: later calls copy. */
void pages_print_faq(struct service *s, const struct pages_query *query, struct buf *out);
void pages_print_chat(struct service *s, const struct pages_query *query, struct buf *out);

/* The form of /chat as a message of the protocol (POST /ask); false: it is none of ours. */
bool pages_message(struct span form, struct buf *out);
/* The page with the daemon's `answer` to that form. */
void pages_print_answer(struct service *s, struct span form, struct span answer, struct buf *out);

#endif

/*
 * net/limits.h - how much one visitor, one address and all together may ask of us
 *
 * Belongs to one service thread. Messages are limited per WebSocket connection, and per address:
 * many visitors may share one (a hospital), so all connections of an address together get
 * LIMITS_SHARE times as much, while POST /ask, which has no connection to count by, gets what one
 * visitor gets. Memory is bounded: beyond LIMITS_HOSTS_MAX addresses, strangers share one entry.
 */
#ifndef FAQD_NET_LIMITS_H
#define FAQD_NET_LIMITS_H

#include "net/options.h"

enum {
    LIMITS_HOSTS_MAX = 65536,
    LIMITS_SHARE = 10,
    /* So many refusals at once (they are forgotten at the rate that messages are allowed), and a
     * connection is closed: nobody who reads our answers goes on for so long. */
    LIMITS_REFUSALS_MAX = 300,
};

struct bucket {
    double level; /* what was used up; leaks at the allowed rate */
    int64_t at_ms;
};

struct limits;
struct limits_host; /* one address */

struct limits *limits_new(const struct options *o);
void limits_free(struct limits *l);

/* Counts a connection; NULL: that address has too many. `exempt`: a trusted proxy's own. */
struct limits_host *limits_enter(struct limits *l, const struct address *a, bool exempt);
void limits_leave(struct limits *l, struct limits_host *h); /* NULL is fine */

/* 0: may pass; else after how many ms it would have. `conn` NULL: POST. */
int64_t limits_message(struct limits *l, struct limits_host *h, struct bucket *conn,
                       int64_t now_ms);
/* Notes a refusal; true: that were too many. */
bool limits_refused(struct limits *l, struct bucket *refusals, int64_t now_ms);

/* Forgets addresses that came to rest; a part of them each time. Once a second. */
void limits_sweep(struct limits *l, int64_t now_ms);

/* The visitor's address: the peer's own, or, if that is a trusted proxy, the last hop of
 * X-Forwarded-For that is none. What does not parse is not believed. */
struct address limits_visitor(const struct options *o, const struct address *peer,
                              struct span forwarded);
bool limits_trusts(const struct options *o, const struct address *a);

#endif

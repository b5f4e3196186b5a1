/*
 * net/dialogue.h - a visitor's message in, its answer out: the same for WebSocket and POST
 */
#ifndef FAQD_NET_DIALOGUE_H
#define FAQD_NET_DIALOGUE_H

#include "net/conn.h"

/* Runs one message; its answer stands at the end of the connection's line, perhaps still waiting
 * for the writer. May set c->flooding. */
void dialogue_hear(struct conn *c, struct span message, bool post);

/* True if the first of the line can be sent. */
bool dialogue_ready(const struct conn *c);

struct printed {
    bool error;
    enum wire_code code;
    int64_t retry_after_ms;
};
/* Appends the first of the line, which must be ready, to `out`, and takes it out of the line. */
struct printed dialogue_print(struct conn *c, struct buf *out);

/* Lets go of the whole line. */
void dialogue_drop(struct conn *c);

/* What the writer has done: marks at most CONN_BATCH_MAX as ready and gives back their
 * connections, linked by flush_next. *retmore: call again. */
struct conn *dialogue_take(struct service *s, bool *retmore);
/* Those who have waited long enough: the same list. */
struct conn *dialogue_expire(struct service *s);

void dialogue_release(struct service *s);

#endif

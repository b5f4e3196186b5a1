/*
 * store/writer.h - the one thread that writes
 *
 * Service threads hand over records through a bounded queue; the writer takes all that waits,
 * commits it as one transaction, and gives each its result back through the service
 * thread's completion queue, waking its loop by a callback that must be safe from any thread
 * (uv_async_send) and must not call the writer. While nothing waits, it sleeps. If a record is not
 * committed `max_wait_ms` after it was handed over, the service thread answers without
 * (writer_submit's slot comes back later as late and is only counted); the row stays queued up to
 * QUEUE ceiling, beyond which rows are dropped and counted. Never silent. A commit that fails (disk
 * full, I/O error) is tried again every 200 ms with all that waits; meanwhile state says so.
 */
#ifndef FAQD_STORE_WRITER_H
#define FAQD_STORE_WRITER_H

#include "store/store.h"

struct writer;
struct writer_port; /* one service thread's end of the queue */

enum {
    WRITER_QUEUE_MAX = 8192, /* records that may wait, in all, results not yet taken among them */
    WRITER_RETRY_MS = 200,   /* after a commit that failed */
    WRITER_AUDIT_DAYS = 366, /* how long the audit trail is kept */
};

enum writer_job_kind { WRITER_ASK, WRITER_CHANGE };

/* What a service thread gets back. `ticket` is what it gave (slot and generation of a waiting
 * reply). */
struct writer_done {
    uint64_t ticket;
    enum writer_job_kind kind;
    bool failed;               /* dropped: was never and will never be written */
    struct stored stored;      /* ask */
    enum change_result change; /* change */
};

struct writer_stats { /* a snapshot, for /healthz and /metrics */
    uint64_t committed, repeated, batches, dropped, failures; /* since start */
    uint64_t queued;                                          /* now */
    int64_t oldest_wait_ms; /* of what waits now; 0 if nothing does */
    bool degraded;          /* the last commit failed, or something waits longer than max_wait_ms */
    char last_error[200];
    double commit_ms_last, commit_ms_max;
};

/* Takes ownership of `store` (opened with STORE_WRITE). Retention runs in this thread: at start and
 * daily, rows older than `retention_days` (0 = never). */
enum errc writer_start(struct store *store, int64_t max_wait_ms, int64_t retention_days,
                       struct writer **ret, struct err *reterr) MUST_CHECK;

/* Commits what waits (at most `timeout_ms`, later rows are counted as dropped), joins, closes the
 * store. Returns how many rows were dropped now. A disk that hangs cannot be joined: after the
 * timeout its thread is left to itself and the store stays open. Ports may be closed before or
 * afterwards; results that came until now can still be taken. NULL is fine. */
uint64_t writer_stop(struct writer *w, int64_t timeout_ms);

/* `wake(ctx)` is called by the writer's thread after it put something into the port's completion
 * queue. */
struct writer_port *writer_port_open(struct writer *w, void (*wake)(void *ctx), void *ctx);
void writer_port_close(struct writer_port *p); /* results still to come are thrown away */

/* Service thread. False: the queue is full, the row was dropped and counted. */
bool writer_ask(struct writer_port *p, uint64_t ticket, const struct record *r) MUST_CHECK;
bool writer_change(struct writer_port *p, uint64_t ticket, const struct change *c) MUST_CHECK;

/* Service thread: takes up to `cap` results that have come back; returns how many. If it is `cap`,
 * more may wait, for which nobody wakes again. Results of one port come in the order of its jobs.
 */
size_t writer_take(struct writer_port *p, struct writer_done *out, size_t cap);

void writer_stats(struct writer *w, struct writer_stats *ret); /* any thread, before writer_stop */

#endif

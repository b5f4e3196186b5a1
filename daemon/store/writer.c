/*
 * store/writer.c - the one thread that writes
 *
 * Every job lies in a slot of one fixed array from the moment it is handed over until its result
 * is taken, so one ceiling bounds queue and results together and nothing is allocated on the way.
 * Free slots are a stack, and one that was never used is taken only when that is empty: as long as
 * little waits, the same few pages are used again and again, and the array costs no more than
 * those.
 *
 * A slot is on exactly one list: free, queue (in the order of arrival; it stays there while it is
 * being committed, so that a commit that failed has nothing to put back), or its port's results.
 * All lists and counters belong to one mutex that is held for some pointer moves, never
 * during a commit nor while a record is copied.
 */
#include "store/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    CLOCK_JUMP_MS = 60 * 60 * 1000, /* wall against monotonic clock, between two retentions */
    TIDY_AFTER_MS = 1000,           /* after something was erased: many share one wiping */
    TIDY_AGAIN_MS = 5000,           /* after a reader was in the way */
    EXPIRE_AGAIN_MS = 60 * 60 * 1000,
    LOG_AGAIN_MS = 60 * 1000, /* a failure that lasts is told once a minute */
};

struct slot {
    struct slot *next;
    struct writer_port *port;
    int64_t handed_ms; /* monotonic */
    struct writer_done done;
    union {
        struct record record;
        struct change change;
    };
};

struct writer_port {
    struct writer *writer;
    void (*wake)(void *ctx);
    void *ctx;
    /* {lock} from here on */
    struct slot *first, **last; /* results */
    size_t in_flight;           /* queued, its own */
    bool closed;
};

struct writer {
    struct store *store; /* writer thread, and writer_stop after it */
    pthread_t thread;
    int64_t max_wait_ms, retention_days;

    pthread_mutex_t lock;
    pthread_cond_t work; /* something is queued, or it is time to stop */
    pthread_cond_t end;  /* the thread has finished */
    /* {lock} from here on */
    struct slot *free;
    size_t nused;               /* slots that were ever used */
    struct slot *first, **last; /* the queue */
    size_t queued;
    size_t refs;    /* writer_stop and each port: who comes last frees */
    bool stopping;  /* nothing more is taken in */
    bool finished;  /* the thread has left its loop */
    bool abandoned; /* it hangs in a commit, and nobody waits for it any more */
    bool gone;      /* what is queued now, nobody will ever commit */
    int64_t stop_at_ms;
    bool failing; /* the last commit failed */
    struct writer_stats stats;

    /* writer thread only */
    int64_t expire_at_ms, tidy_at_ms, told_at_ms; /* monotonic */
    int64_t wall_ms, mono_ms;                     /* at the last retention */
    int64_t expired;                              /* rows so far, of a retention in several steps */
    const struct record *records[STORE_BATCH_MAX];
    struct slot *batch[STORE_BATCH_MAX];
    struct stored results[STORE_BATCH_MAX];
    enum change_result changed;

    struct slot slots[WRITER_QUEUE_MAX];
};

/* ---- lists, all under the lock --------------------------------------------------------------- */

static void slot_free(struct writer *w, struct slot *slot)
{
    slot->next = w->free;
    w->free = slot;
}

static void port_release(struct writer_port *p) /* if nobody needs it any more */
{
    if (p->closed && p->in_flight == 0)
        free(p);
}

/* Takes the first job out of the queue and gives it back to its port, or to nobody. */
static void deliver(struct writer *w)
{
    struct slot *slot = w->first;
    struct writer_port *port = slot->port;

    w->first = slot->next;
    if (w->first == NULL)
        w->last = &w->first;
    w->queued--;
    port->in_flight--;
    if (port->closed) {
        slot_free(w, slot);
        port_release(port);
        return;
    }
    /* Results that it has not taken yet had their wake-up. Under the lock, because
     * writer_port_close() must not return while a wake-up is on its way. */
    if (port->first == NULL)
        port->wake(port->ctx);
    slot->next = NULL;
    *port->last = slot;
    port->last = &slot->next;
}

static uint64_t drop_all(struct writer *w)
{
    uint64_t asks = 0;

    while (w->first != NULL) {
        if (w->first->done.kind == WRITER_ASK)
            asks++;
        w->first->done.failed = true;
        deliver(w);
    }
    w->stats.dropped += asks;
    return asks;
}

static void writer_free(struct writer *w)
{
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->end);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* Lets go of one reference and of the lock. */
static void unref_unlock(struct writer *w)
{
    bool last = --w->refs == 0 && !w->abandoned;
    pthread_mutex_unlock(&w->lock);
    if (last)
        writer_free(w);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void wait_until(struct writer *w, pthread_cond_t *cond, int64_t mono_ms)
{
    struct timespec t = {.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(cond, &w->lock, &t);
}

/* Under the lock: a run of asks from the queue's head, or one change. */
static size_t take_batch(struct writer *w)
{
    size_t n = 0;

    for (struct slot *s = w->first; s != NULL && n < STORE_BATCH_MAX; s = s->next) {
        if (s->done.kind == WRITER_CHANGE && n > 0)
            break;
        w->batch[n++] = s;
        if (s->done.kind == WRITER_CHANGE)
            break;
    }
    return n;
}

static bool is_change(const struct writer *w)
{
    return w->batch[0]->done.kind == WRITER_CHANGE;
}

/* Without the lock: only the writer thread takes slots out of the queue, so they stay as they are.
 */
static enum errc commit(struct writer *w, size_t n, struct err *reterr)
{
    if (is_change(w))
        return w->store->ops->change(w->store, &w->batch[0]->change, &w->changed, reterr);
    for (size_t i = 0; i < n; i++)
        w->records[i] = &w->batch[i]->record;
    return w->store->ops->append(w->store, w->records, n, w->results, reterr);
}

static void note_success(struct writer *w, size_t n, int64_t us)
{
    struct writer_stats *stats = &w->stats;
    double ms = (double)us / 1000;

    if (w->failing)
        log_info("store-recovered", "queued=%zu", w->queued);
    w->failing = false;
    stats->batches++;
    stats->commit_ms_last = ms;
    if (ms > stats->commit_ms_max)
        stats->commit_ms_max = ms;
    if (is_change(w)) {
        w->batch[0]->done.change = w->changed;
        if (w->batch[0]->change.kind == CHANGE_FORGET)
            w->tidy_at_ms = clock_mono_ms() + TIDY_AFTER_MS;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        w->batch[i]->done.stored = w->results[i];
        if (w->results[i].repeated)
            stats->repeated++;
        else
            stats->committed++;
    }
}

static void note_failure(struct writer *w, const struct err *err)
{
    int64_t now = clock_mono_ms();

    if (!w->failing || now - w->told_at_ms >= LOG_AGAIN_MS) {
        log_error("store-failed", "queued=%zu failures=%llu error=\"%s\"", w->queued,
                  (unsigned long long)w->stats.failures + 1, err->text);
        w->told_at_ms = now;
    }
    w->failing = true;
    w->stats.failures++;
    snprintf(w->stats.last_error, sizeof(w->stats.last_error), "%.*s",
             (int)sizeof(w->stats.last_error) - 1, err->text);
}

/* Commits one batch. Called and left with the lock held. */
static void work_once(struct writer *w, size_t n)
{
    struct err err;

    pthread_mutex_unlock(&w->lock);
    int64_t from = clock_mono_us();
    enum errc code = commit(w, n, &err);
    int64_t took = clock_mono_us() - from;
    pthread_mutex_lock(&w->lock);

    if (w->abandoned)
        return; /* writer_stop() gave up on us and has already counted these */
    if (code == ERR_OK) {
        note_success(w, n, took);
        for (size_t i = 0; i < n; i++)
            deliver(w);
        return;
    }
    note_failure(w, &err);
    int64_t again = clock_mono_ms() + WRITER_RETRY_MS;
    for (int64_t now; (now = clock_mono_ms()) < again;) {
        if (w->stopping && w->stop_at_ms <= now)
            return;
        wait_until(w, &w->work, w->stopping && w->stop_at_ms < again ? w->stop_at_ms : again);
    }
}

/* Retention counts days by the wall clock, and must not believe one that has jumped: it would
 * delete everything. At start there is nothing to compare it with. */
static bool clock_jumped(struct writer *w)
{
    int64_t wall = clock_wall_ms(), mono = clock_mono_ms();
    int64_t ahead = (wall - w->wall_ms) - (mono - w->mono_ms);
    bool jumped = w->mono_ms != 0 && (ahead > CLOCK_JUMP_MS || ahead < -CLOCK_JUMP_MS);

    w->wall_ms = wall;
    w->mono_ms = mono;
    if (jumped)
        log_warn("retention-skipped", "clock_ahead_ms=%lld", (long long)ahead);
    return jumped;
}

/* One step of what can wait, without the lock: visitors' questions may come between two steps. */
static void upkeep(struct writer *w)
{
    struct err err;
    int64_t now = clock_mono_ms(), deleted = 0;

    if (now >= w->tidy_at_ms) {
        enum errc code = w->store->ops->tidy(w->store, &err);
        /* A reader may have been in the way. */
        w->tidy_at_ms = code == ERR_OK ? INT64_MAX : now + TIDY_AGAIN_MS;
        return;
    }
    if (w->expire_at_ms >= 0 && clock_jumped(w)) { /* the first step of many */
        w->expire_at_ms = now + DAY_MS;
        return;
    }
    int64_t wall = clock_wall_ms();
    enum errc code = w->store->ops->expire(
        w->store, w->retention_days > 0 ? wall - w->retention_days * DAY_MS : 0,
        wall - (int64_t)WRITER_AUDIT_DAYS * DAY_MS, &deleted, &err);
    if (code != ERR_OK) {
        log_warn("retention-failed", "error=\"%s\"", err.text);
        w->expire_at_ms = now + EXPIRE_AGAIN_MS;
        return;
    }
    w->expired += deleted;
    if (deleted > 0)
        w->tidy_at_ms = now + TIDY_AFTER_MS;
    if (deleted == STORE_EXPIRE_MAX) {
        w->expire_at_ms = -1; /* more to do: at once, but after the questions that wait */
        return;
    }
    if (w->expired > 0)
        log_info("retention", "deleted=%lld", (long long)w->expired);
    w->expired = 0;
    w->expire_at_ms = now + DAY_MS;
}

static void *writer_main(void *ctx)
{
    struct writer *w = ctx;

    pthread_mutex_lock(&w->lock);
    while (!w->abandoned) {
        size_t n = take_batch(w);
        int64_t now = clock_mono_ms();
        int64_t due = w->expire_at_ms < w->tidy_at_ms ? w->expire_at_ms : w->tidy_at_ms;
        if (w->stopping && (n == 0 || now >= w->stop_at_ms))
            break;
        if (n > 0)
            work_once(w, n);
        /* Beside a steady stream of questions too, but never before those that wait. */
        if (now >= due && !w->stopping) {
            pthread_mutex_unlock(&w->lock);
            upkeep(w);
            pthread_mutex_lock(&w->lock);
        } else if (n == 0) {
            wait_until(w, &w->work, due);
        }
    }
    w->finished = true;
    pthread_cond_signal(&w->end);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------- */

enum errc writer_start(struct store *store, int64_t max_wait_ms, int64_t retention_days,
                       struct writer **ret, struct err *reterr)
{
    struct writer *w = mem_zalloc(sizeof(*w)); /* fresh pages: only what is touched is used */
    pthread_condattr_t attr;

    w->store = store;
    w->max_wait_ms = max_wait_ms;
    w->retention_days = retention_days;
    w->refs = 1;
    w->last = &w->first;

    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &attr);
    pthread_cond_init(&w->end, &attr);
    pthread_condattr_destroy(&attr);

    int rc = pthread_create(&w->thread, NULL, writer_main, w);
    if (rc != 0) {
        writer_free(w);
        return err_set(reterr, ERR_LIB, "cannot start the writer thread: %s", strerror(rc));
    }
    *ret = w;
    return ERR_OK;
}

uint64_t writer_stop(struct writer *w, int64_t timeout_ms)
{
    if (w == NULL)
        return 0;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    w->stop_at_ms = clock_mono_ms() + timeout_ms;
    pthread_cond_signal(&w->work);
    /* A little more than the thread itself is given: it decides, if it can. */
    int64_t until = w->stop_at_ms + WRITER_RETRY_MS;
    while (!w->finished && clock_mono_ms() < until)
        wait_until(w, &w->end, until);

    w->gone = true;
    w->abandoned = !w->finished;
    uint64_t dropped = drop_all(w);
    if (dropped > 0)
        log_error("store-dropped", "rows=%llu at=stop", (unsigned long long)dropped);
    if (w->abandoned) {
        log_error("store-hangs", "the writer thread is left behind in a commit");
        pthread_detach(w->thread); /* w is never freed: the thread may come back at any time */
        pthread_mutex_unlock(&w->lock);
        return dropped;
    }
    pthread_mutex_unlock(&w->lock);

    pthread_join(w->thread, NULL);
    store_close(w->store);
    pthread_mutex_lock(&w->lock);
    unref_unlock(w);
    return dropped;
}

/* ---- the service threads' side --------------------------------------------------------------- */

struct writer_port *writer_port_open(struct writer *w, void (*wake)(void *ctx), void *ctx)
{
    struct writer_port *p = mem_zalloc(sizeof(*p));

    *p = (struct writer_port){.writer = w, .wake = wake, .ctx = ctx};
    p->last = &p->first;
    pthread_mutex_lock(&w->lock);
    w->refs++;
    pthread_mutex_unlock(&w->lock);
    return p;
}

void writer_port_close(struct writer_port *p)
{
    if (p == NULL)
        return;
    struct writer *w = p->writer;
    pthread_mutex_lock(&w->lock);
    while (p->first != NULL) {
        struct slot *slot = p->first;
        p->first = slot->next;
        slot_free(w, slot);
    }
    p->closed = true;
    port_release(p);
    unref_unlock(w);
}

/* A free slot that nobody else sees, or NULL: full, or the writer has stopped. */
static struct slot *slot_take(struct writer_port *p, enum writer_job_kind kind)
{
    struct writer *w = p->writer;

    pthread_mutex_lock(&w->lock);
    struct slot *slot = NULL;
    if (w->stopping) {
        /* none */
    } else if (w->free != NULL) {
        slot = w->free;
        w->free = slot->next;
    } else if (w->nused < WRITER_QUEUE_MAX) {
        slot = &w->slots[w->nused++];
    }
    if (slot == NULL && kind == WRITER_ASK)
        w->stats.dropped++;
    pthread_mutex_unlock(&w->lock);
    return slot;
}

static bool slot_queue(struct writer_port *p, struct slot *slot, enum writer_job_kind kind,
                       uint64_t ticket)
{
    struct writer *w = p->writer;

    slot->next = NULL;
    slot->port = p;
    slot->handed_ms = clock_mono_ms();
    slot->done = (struct writer_done){.ticket = ticket, .kind = kind};
    pthread_mutex_lock(&w->lock);
    if (w->gone) {
        slot_free(w, slot);
        w->stats.dropped += kind == WRITER_ASK;
        pthread_mutex_unlock(&w->lock);
        return false;
    }
    bool sleeping = w->first == NULL;
    *w->last = slot;
    w->last = &slot->next;
    w->queued++;
    p->in_flight++;
    if (sleeping)
        pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    return true;
}

bool writer_ask(struct writer_port *p, uint64_t ticket, const struct record *r)
{
    struct slot *slot = slot_take(p, WRITER_ASK);
    if (slot == NULL)
        return false;
    slot->record = *r;
    return slot_queue(p, slot, WRITER_ASK, ticket);
}

bool writer_change(struct writer_port *p, uint64_t ticket, const struct change *c)
{
    struct slot *slot = slot_take(p, WRITER_CHANGE);
    if (slot == NULL)
        return false;
    slot->change = *c;
    return slot_queue(p, slot, WRITER_CHANGE, ticket);
}

size_t writer_take(struct writer_port *p, struct writer_done *out, size_t cap)
{
    struct writer *w = p->writer;
    size_t n = 0;

    pthread_mutex_lock(&w->lock);
    for (; n < cap && p->first != NULL; n++) {
        struct slot *slot = p->first;
        p->first = slot->next;
        if (p->first == NULL)
            p->last = &p->first;
        out[n] = slot->done;
        slot_free(w, slot);
    }
    pthread_mutex_unlock(&w->lock);
    return n;
}

void writer_stats(struct writer *w, struct writer_stats *ret)
{
    pthread_mutex_lock(&w->lock);
    *ret = w->stats;
    ret->queued = w->queued;
    ret->oldest_wait_ms = w->first != NULL ? clock_mono_ms() - w->first->handed_ms : 0;
    ret->degraded = w->failing || ret->oldest_wait_ms > w->max_wait_ms;
    pthread_mutex_unlock(&w->lock);
}

#include "fixture.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/writer.h"

#include <pthread.h>
#include <sodium.h>

/* ---- a store that does as it is told --------------------------------------------------------- */

struct stub {
    struct store base;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* {lock} from here on */
    bool stalled; /* append waits while this is true */
    bool waiting; /* … and this is true while it does */
    int failing;  /* so many appends and changes fail yet; -1: all */
    size_t appends, rows, changes, expires, tidies, largest;
    int64_t expirable; /* rows that expire() still has to delete */
    int64_t before_ms; /* what it was asked for last */
    int tidy_busy;     /* so many tidies fail yet */
    bool closed;
    char last_text[32];
    int64_t order[4096]; /* client numbers in the order of commit */
};

static bool stub_fails(struct stub *s, struct err *reterr)
{
    if (s->failing == 0)
        return false;
    if (s->failing > 0)
        s->failing--;
    err_set(reterr, ERR_IO, "the disk is full");
    return true;
}

static enum errc stub_append(struct store *base, const struct record *const *records, size_t n,
                             struct stored *results, struct err *reterr)
{
    struct stub *s = (struct stub *)base;
    enum errc code = ERR_OK;
    pthread_mutex_lock(&s->lock);
    s->waiting = s->stalled;
    pthread_cond_broadcast(&s->changed);
    while (s->stalled)
        pthread_cond_wait(&s->changed, &s->lock);
    s->waiting = false;
    s->appends++;
    if (n > s->largest)
        s->largest = n;
    if (stub_fails(s, reterr))
        code = ERR_IO;
    for (size_t i = 0; code == ERR_OK && i < n; i++) {
        if (s->rows < 4096)
            s->order[s->rows] = atoll(records[i]->client_id);
        results[i] = (struct stored){.qid = (int64_t)++s->rows, .outcome = OUTCOME_ANSWER};
        results[i].repeated = strcmp(records[i]->text, "again") == 0;
        snprintf(s->last_text, sizeof(s->last_text), "%.31s", records[i]->text);
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static enum errc stub_change(struct store *base, const struct change *c, enum change_result *ret,
                             struct err *reterr)
{
    struct stub *s = (struct stub *)base;
    pthread_mutex_lock(&s->lock);
    bool fails = stub_fails(s, reterr);
    if (!fails) {
        s->changes++;
        *ret = c->qid > (int64_t)s->rows ? CHANGE_UNKNOWN_QUESTION : CHANGE_DONE;
    }
    pthread_mutex_unlock(&s->lock);
    return fails ? ERR_IO : ERR_OK;
}

static enum errc stub_expire(struct store *base, int64_t before_ms, int64_t audit_before_ms,
                             int64_t *retdeleted, struct err *reterr)
{
    struct stub *s = (struct stub *)base;
    (void)audit_before_ms;
    (void)reterr;
    pthread_mutex_lock(&s->lock);
    s->expires++;
    s->before_ms = before_ms;
    *retdeleted = s->expirable < STORE_EXPIRE_MAX ? s->expirable : STORE_EXPIRE_MAX;
    s->expirable -= *retdeleted;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return ERR_OK;
}

static enum errc stub_tidy(struct store *base, struct err *reterr)
{
    struct stub *s = (struct stub *)base;
    pthread_mutex_lock(&s->lock);
    s->tidies++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    (void)reterr;
    return ERR_OK;
}

static void stub_close(struct store *base)
{
    ((struct stub *)base)->closed = true;
}

static const struct store_ops stub_ops = {
    .close = stub_close,
    .append = stub_append,
    .change = stub_change,
    .expire = stub_expire,
    .tidy = stub_tidy,
};

static struct stub *stub_new(void)
{
    struct stub *s = mem_zalloc(sizeof(*s));
    s->base.ops = &stub_ops;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    return s;
}

static void stub_free(struct stub *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void stub_stall(struct stub *s, bool stalled)
{
    pthread_mutex_lock(&s->lock);
    s->stalled = stalled;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void stub_wait_stalled(struct stub *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->waiting)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

/* ---- a service thread's end ------------------------------------------------------------------ */

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    size_t rings;
};

static void ring(void *ctx)
{
    struct bell *b = ctx;
    pthread_mutex_lock(&b->lock);
    b->rings++;
    pthread_cond_signal(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

static struct bell bell_make(void)
{
    return (struct bell){.lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};
}

/* Takes exactly `n` results, sleeping until the bell rings, as a loop does. */
static void take_n(struct writer_port *p, struct bell *b, struct writer_done *out, size_t n)
{
    size_t have = 0;
    while (have < n) {
        size_t got = writer_take(p, out + have, n - have);
        have += got;
        if (have == n)
            return;
        if (got != 0)
            continue;
        pthread_mutex_lock(&b->lock);
        while (b->rings == 0)
            pthread_cond_wait(&b->rung, &b->lock);
        b->rings = 0;
        pthread_mutex_unlock(&b->lock);
    }
}

static struct writer *start(struct store *s, int64_t max_wait_ms, int64_t retention_days)
{
    struct writer *w = NULL;
    struct err err;
    if (writer_start(s, max_wait_ms, retention_days, &w, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return w;
}

static struct writer_stats stats_of(struct writer *w)
{
    struct writer_stats stats;
    writer_stats(w, &stats);
    return stats;
}

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_ask__comes_back_committed_with_its_ticket(void **state)
{
    struct fixture *f = *state;
    struct bell bell = bell_make();
    struct writer *w = start(open_good(f, STORE_WRITE), 1000, 180);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "c1", "料金は");
    struct writer_done done;

    assert_true(writer_ask(p, 42, &r));
    take_n(p, &bell, &done, 1);
    assert_int_equal(done.ticket, 42);
    assert_int_equal(done.kind, WRITER_ASK);
    assert_false(done.failed);
    assert_int_equal(done.stored.qid, 1);
    struct store *reader = open_good(f, STORE_READ);
    assert_int_equal(count_rows(reader), 1); /* it is there when we hear of it */
    store_close(reader);

    assert_true(writer_ask(p, 43, &r)); /* a retry */
    take_n(p, &bell, &done, 1);
    assert_true(done.stored.repeated);
    assert_int_equal(done.stored.qid, 1);

    struct change c = {.kind = CHANGE_RATE, .now_ms = NOW_MS, .qid = 1, .helpful = true};
    strcpy(c.session, "s1");
    assert_true(writer_change(p, 44, &c));
    c.qid = 7;
    assert_true(writer_change(p, 45, &c));
    struct writer_done two[2];
    take_n(p, &bell, two, 2);
    assert_int_equal(two[0].ticket, 44);
    assert_int_equal(two[0].kind, WRITER_CHANGE);
    assert_int_equal(two[0].change, CHANGE_DONE);
    assert_int_equal(two[1].change, CHANGE_UNKNOWN_QUESTION);

    struct writer_stats stats = stats_of(w);
    assert_int_equal(stats.committed, 1);
    assert_int_equal(stats.repeated, 1);
    assert_int_equal(stats.dropped, 0);
    assert_int_equal(stats.queued, 0);
    assert_false(stats.degraded);
    assert_true(stats.commit_ms_max > 0);
    writer_port_close(p);
    assert_int_equal(writer_stop(w, 1000), 0);
    store_close(open_good(f, STORE_WRITE)); /* the lock was let go */
}

static void test_ask__while_one_commits__the_rest_share_the_next(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct writer_done *done = mem_zalloc_array(501, sizeof(*done));
    (void)state;

    stub_stall(s, true);
    for (int i = 0; i <= 500; i++) {
        snprintf(r.client_id, sizeof(r.client_id), "%d", i);
        assert_true(writer_ask(p, (uint64_t)i, &r));
        if (i == 0)
            stub_wait_stalled(s);
    }
    stub_stall(s, false);
    take_n(p, &bell, done, 501);
    for (int i = 0; i <= 500; i++) {
        assert_int_equal(done[i].ticket, i); /* in order */
        assert_int_equal(s->order[i], i);
    }
    assert_int_equal(s->appends, 2);
    assert_int_equal(s->largest, 500);
    free(done);
    writer_port_close(p);
    writer_stop(w, 1000);
    assert_true(s->closed);
    stub_free(s);
}

static void test_ask__batches_never_exceed_their_ceiling(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    const size_t n = 3 * STORE_BATCH_MAX;
    struct writer_done *done = mem_zalloc_array(n, sizeof(*done));
    (void)state;

    stub_stall(s, true);
    for (size_t i = 0; i < n; i++)
        assert_true(writer_ask(p, i, &r));
    stub_stall(s, false);
    take_n(p, &bell, done, n);
    assert_true(s->largest <= STORE_BATCH_MAX);
    free(done);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_stalled_disk__shows_in_the_stats_and_loses_nothing(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 50, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct writer_done done[2];
    (void)state;

    stub_stall(s, true);
    assert_true(writer_ask(p, 1, &r));
    assert_true(writer_ask(p, 2, &r));
    stub_wait_stalled(s);
    sleep_ms(80);
    struct writer_stats stats = stats_of(w);
    assert_true(stats.degraded);
    assert_true(stats.oldest_wait_ms >= 80);
    assert_int_equal(stats.queued, 2);
    assert_int_equal(stats.failures, 0);
    assert_int_equal(writer_take(p, done, 2), 0);
    stub_stall(s, false);
    take_n(p, &bell, done, 2); /* late, and only counted by the service thread */
    assert_false(done[0].failed);
    stats = stats_of(w);
    assert_false(stats.degraded);
    assert_int_equal(stats.committed, 2);
    assert_int_equal(stats.oldest_wait_ms, 0);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_failing_commit__is_tried_again_with_all_that_waits(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct change c = {.kind = CHANGE_PICK, .qid = 1};
    struct writer_done done[3];
    (void)state;

    s->failing = 2;
    assert_true(writer_ask(p, 1, &r));
    for (int i = 0; stats_of(w).failures == 0; i++) {
        assert_true(i < 2000);
        sleep_ms(1);
    }
    struct writer_stats stats = stats_of(w);
    assert_true(stats.degraded);
    assert_string_equal(stats.last_error, "the disk is full");
    assert_true(writer_ask(p, 2, &r));
    assert_true(writer_change(p, 3, &c));
    take_n(p, &bell, done, 3);
    assert_int_equal(done[0].ticket, 1);
    assert_int_equal(done[1].ticket, 2);
    assert_int_equal(done[2].change, CHANGE_DONE);
    assert_int_equal(s->largest, 2);
    stats = stats_of(w);
    assert_false(stats.degraded);
    assert_int_equal(stats.failures, 2);
    assert_int_equal(stats.dropped, 0);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_queue__one_past_the_ceiling__is_dropped_and_counted(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct change c = {.kind = CHANGE_PICK};
    struct writer_done *done = mem_zalloc_array(WRITER_QUEUE_MAX, sizeof(*done));
    (void)state;

    stub_stall(s, true);
    for (size_t i = 0; i < WRITER_QUEUE_MAX; i++)
        assert_true(writer_ask(p, i, &r));
    assert_false(writer_ask(p, 1, &r));
    assert_false(writer_change(p, 1, &c));
    assert_int_equal(stats_of(w).dropped, 1);
    assert_int_equal(stats_of(w).queued, WRITER_QUEUE_MAX);
    stub_stall(s, false);
    take_n(p, &bell, done, WRITER_QUEUE_MAX);
    assert_true(writer_ask(p, 1, &r)); /* room again */
    take_n(p, &bell, done, 1);
    assert_int_equal(s->rows, WRITER_QUEUE_MAX + 1);
    free(done);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_results_nobody_takes__count_against_the_ceiling(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    (void)state;
    for (size_t i = 0; i < WRITER_QUEUE_MAX; i++)
        assert_true(writer_ask(p, i, &r));
    while (stats_of(w).queued > 0)
        sleep_ms(1);
    assert_false(writer_ask(p, 1, &r));
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_stop__rows_pending__are_committed_first(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct writer_done *done = mem_zalloc_array(3000, sizeof(*done));
    (void)state;
    for (size_t i = 0; i < 3000; i++)
        assert_true(writer_ask(p, i, &r));
    assert_int_equal(writer_stop(w, 5000), 0);
    assert_int_equal(s->rows, 3000);
    assert_true(s->closed);
    assert_int_equal(writer_take(p, done, 3000), 3000); /* also after the stop */
    assert_false(done[2999].failed);
    assert_false(writer_ask(p, 1, &r));
    free(done);
    writer_port_close(p);
    stub_free(s);
}

static void test_stop__commits_keep_failing__rows_are_dropped_in_time_and_counted(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct change c = {.kind = CHANGE_PICK};
    struct writer_done done[3];
    (void)state;
    s->failing = -1;
    assert_true(writer_ask(p, 1, &r));
    assert_true(writer_ask(p, 2, &r));
    assert_true(writer_change(p, 3, &c));
    int64_t from = clock_mono_ms();
    assert_int_equal(writer_stop(w, 300), 2);
    assert_true(clock_mono_ms() - from < 2000);
    assert_int_equal(writer_take(p, done, 3), 3);
    assert_true(done[0].failed);
    assert_true(done[1].failed);
    assert_true(done[2].failed);
    writer_port_close(p);
    stub_free(s);
}

static void test_stop__disk_hangs__does_not_wait_for_it(void **state)
{
    static struct stub *s; /* these outlive the test, as the thread does */
    static struct writer *w;
    struct bell bell = bell_make();
    (void)state;
    s = stub_new();
    w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct record r = record_of("s1", "", "");
    struct writer_done done;

    stub_stall(s, true);
    assert_true(writer_ask(p, 1, &r));
    stub_wait_stalled(s);
    int64_t from = clock_mono_ms();
    assert_int_equal(writer_stop(w, 100), 1);
    assert_true(clock_mono_ms() - from < 2000);
    assert_int_equal(writer_take(p, &done, 1), 1);
    assert_true(done.failed);
    writer_port_close(p);
    stub_stall(s, false); /* and when the disk comes back, nobody is hurt */
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&s->lock);
        bool over = s->appends > 0;
        pthread_mutex_unlock(&s->lock);
        sleep_ms(over ? 20 : 5);
    }
    assert_false(s->closed);
}

static void test_port__closed_with_jobs_under_way__is_never_woken_again(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make(), other_bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct writer_port *other = writer_port_open(w, ring, &other_bell);
    struct record r = record_of("s1", "", "");
    struct writer_done done;
    (void)state;
    stub_stall(s, true);
    assert_true(writer_ask(p, 1, &r));
    assert_true(writer_ask(other, 2, &r));
    stub_wait_stalled(s);
    writer_port_close(p);
    stub_stall(s, false);
    take_n(other, &other_bell, &done, 1);
    assert_int_equal(done.ticket, 2);
    assert_int_equal(bell.rings, 0);
    assert_int_equal(s->rows, 2); /* the row was written all the same */
    writer_port_close(other);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_retention__at_start__in_steps_between_which_questions_come_through(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct record r = record_of("s1", "", "");
    struct writer_done done;
    (void)state;
    s->expirable = 10 * STORE_EXPIRE_MAX + 1;
    int64_t now = clock_wall_ms();
    struct writer *w = start(&s->base, 1000, 180);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    assert_true(writer_ask(p, 1, &r));
    take_n(p, &bell, &done, 1);
    pthread_mutex_lock(&s->lock);
    while (s->expirable > 0)
        pthread_cond_wait(&s->changed, &s->lock);
    assert_int_equal(s->expires, 11);
    int64_t days = (now - s->before_ms) / (24 * 60 * 60 * 1000);
    assert_true(days >= 179 && days <= 180);
    size_t tidies = s->tidies;
    while (s->tidies == tidies) /* what was deleted is wiped soon after */
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

static void test_retention__never__deletes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store *s = open_good(f, STORE_WRITE);
    struct record r = record_of("s1", "", "とても古い質問");
    r.asked_at_ms = 1;
    append_good(s, &r);
    struct writer *w = start(s, 1000, 0);
    sleep_ms(50);
    writer_stop(w, 1000);
    s = open_good(f, STORE_WRITE);
    assert_int_equal(count_rows(s), 1);
    w = start(s, 1000, 180);
    sleep_ms(200);
    writer_stop(w, 1000);
    s = open_good(f, STORE_READ);
    assert_int_equal(count_rows(s), 0);
    store_close(s);
}

static void test_forget__is_wiped_from_disk_soon_after(void **state)
{
    struct stub *s = stub_new();
    struct bell bell = bell_make();
    struct writer *w = start(&s->base, 1000, 0);
    struct writer_port *p = writer_port_open(w, ring, &bell);
    struct change c = {.kind = CHANGE_FORGET};
    struct writer_done done;
    (void)state;
    sleep_ms(50); /* the one at start is over */
    assert_true(writer_change(p, 1, &c));
    take_n(p, &bell, &done, 1);
    pthread_mutex_lock(&s->lock);
    while (s->tidies < 2)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
    writer_port_close(p);
    writer_stop(w, 1000);
    stub_free(s);
}

/* ---- many at once ---------------------------------------------------------------------------- */

enum { THREADS = 4, EACH = 3000 };

struct worker {
    struct writer *w;
    pthread_t thread;
    int index;
    size_t committed, refused;
};

static void *worker_main(void *ctx)
{
    struct worker *me = ctx;
    struct bell bell = bell_make();
    struct writer_port *p = writer_port_open(me->w, ring, &bell);
    struct writer_done done[64];
    size_t sent = 0, back = 0;
    struct record r = record_of("", "", "同時の質問");

    snprintf(r.session, sizeof(r.session), "s%d", me->index);
    while (back < sent || sent < EACH) {
        for (int i = 0; i < 32 && sent < EACH; i++) {
            snprintf(r.client_id, sizeof(r.client_id), "c%zu", sent);
            if (!writer_ask(p, sent, &r)) {
                me->refused++;
                break;
            }
            sent++;
        }
        size_t got = writer_take(p, done, 64);
        for (size_t i = 0; i < got; i++) {
            if (done[i].ticket != back++ || done[i].failed)
                return "out of order";
            me->committed++;
        }
        if (got == 0 && back < sent) {
            struct writer_done one;
            take_n(p, &bell, &one, 1);
            if (one.ticket != back++ || one.failed)
                return "out of order";
            me->committed++;
        }
    }
    writer_port_close(p);
    return NULL;
}

static void test_many_threads__every_row_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    struct writer *w = start(open_good(f, STORE_WRITE), 1000, 180);
    struct worker workers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.w = w, .index = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *problem;
        assert_int_equal(pthread_join(workers[i].thread, &problem), 0);
        assert_null(problem);
        assert_int_equal(workers[i].committed, EACH);
    }
    assert_int_equal(stats_of(w).committed, THREADS * EACH);
    assert_int_equal(writer_stop(w, 1000), 0);
    struct store *s = open_good(f, STORE_READ);
    assert_int_equal(count_rows(s), THREADS * EACH);
    store_close(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(test_ask__comes_back_committed_with_its_ticket),
        T(test_ask__while_one_commits__the_rest_share_the_next),
        T(test_ask__batches_never_exceed_their_ceiling),
        T(test_stalled_disk__shows_in_the_stats_and_loses_nothing),
        T(test_failing_commit__is_tried_again_with_all_that_waits),
        T(test_queue__one_past_the_ceiling__is_dropped_and_counted),
        T(test_results_nobody_takes__count_against_the_ceiling),
        T(test_stop__rows_pending__are_committed_first),
        T(test_stop__commits_keep_failing__rows_are_dropped_in_time_and_counted),
        T(test_stop__disk_hangs__does_not_wait_for_it),
        T(test_port__closed_with_jobs_under_way__is_never_woken_again),
        T(test_retention__at_start__in_steps_between_which_questions_come_through),
        T(test_retention__never__deletes_nothing),
        T(test_forget__is_wiped_from_disk_soon_after),
        T(test_many_threads__every_row_once_and_in_order),
    };
    if (sodium_init() < 0)
        return 1;
    log_set_level(LOG_LEVEL_ERROR + 1); /* failures are wanted here */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

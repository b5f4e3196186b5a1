#include "net/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/models.h"
#include "net/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    NICE = 10, /* visitors come first */
    SETTLE_MS = 20,
    STOP_S = 1,
};

struct reload {
    const struct options *options;
    struct service *service;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* {lock} from here on */
    bool wanted, stopping;
    struct reload_view view;
    /* the thread's own: freeing a corpus takes time that the service's thread has not */
    struct corpus *current, *previous;
    int64_t drop_at_ms; /* previous: by then no reply holds it any more; monotonic */
};

struct corpus *reload_build(const struct options *o, struct err *reterr)
{
    struct corpus_options how = {.answer_at = o->answer_at,
                                 .choose_at = o->choose_at,
                                 .now_ms = clock_wall_ms(),
                                 .cache_dir = o->cache_dir};
    struct corpus *c = NULL;
    struct diags diags;
    struct tree tree;

    models_open(o->cache_dir);
    diags_init(&diags);
    tree_read(&tree, o->content, corpus_subdirs, &diags);
    c = corpus_build(&tree, &how, &diags);
    tree_release(&tree);
    diags_sort(&diags);
    diags_print(&diags, stderr);
    if (c != NULL && diags.nerrors > 0) { /* a file that could not be read */
        corpus_unref(c);
        c = NULL;
    }
    if (c == NULL) {
        const struct diag *first = NULL;
        for (size_t i = 0; first == NULL && i < diags.n; i++) {
            if (diags.items[i].severity == SEVERITY_ERROR)
                first = &diags.items[i];
        }
        err_set(reterr, ERR_INPUT, "%zu error%s in '%s'%s%s%s%s", diags.nerrors,
                diags.nerrors == 1 ? "" : "s", o->content, first != NULL ? ", the first: " : "",
                first != NULL && first->file != NULL ? first->file : "",
                first != NULL && first->file != NULL ? ": " : "", first != NULL ? first->text : "");
    }
    diags_release(&diags);
    models_tidy(o->cache_dir);
    return c;
}

static void note_current(struct reload *r, struct corpus *c)
{
    snprintf(r->view.revision, sizeof(r->view.revision), "%s", corpus_revision(c));
    corpus_stats(c, &r->view.stats);
}

/* A reply that waits for its commit holds its corpus; then nobody does. */
static void retire(struct reload *r, bool now)
{
    if (r->previous == NULL || (!now && clock_mono_ms() < r->drop_at_ms))
        return;
    corpus_unref(r->previous);
    r->previous = NULL;
}

static void take_over(struct reload *r, struct corpus *fresh)
{
    struct timespec pause = {.tv_nsec = SETTLE_MS * 1000000L};

    retire(r, true);
    r->previous = r->current;
    r->current = fresh;
    service_publish(r->service, fresh);
    while (!service_settled(r->service)) {
        pthread_mutex_lock(&r->lock);
        bool stop = r->stopping;
        pthread_mutex_unlock(&r->lock);
        if (stop)
            break;
        nanosleep(&pause, NULL);
    }
    r->drop_at_ms = clock_mono_ms() + 2 * r->options->max_wait_ms + 1000;
}

static void note_failure(struct reload_view *view, const struct err *err)
{
    size_t len = strlen(err->text), room = sizeof(view->last_error) - 1;

    if (len > room)
        len = utf8_valid_prefix(span_of(err->text, room));
    memcpy(view->last_error, err->text, len);
    view->last_error[len] = '\0';
    view->failed++;
}

/* Called and left without the lock. */
static void reload_once(struct reload *r)
{
    struct err err;
    int64_t from = clock_mono_ms();
    struct corpus *fresh = reload_build(r->options, &err);
    long long took = clock_mono_ms() - from;

    if (fresh == NULL) {
        log_error("reload-failed", "ms=%lld error=\"%s\"", took, err.text);
    } else {
        log_info("reload", "revision=%s intents=%zu ms=%lld", corpus_revision(fresh),
                 corpus_intents(fresh), took);
        take_over(r, fresh);
    }
    /* Last: whoever reads that it is done may rely on it. */
    pthread_mutex_lock(&r->lock);
    r->view.last_ms = clock_wall_ms();
    r->view.last_failed = fresh == NULL;
    r->view.last_error[0] = '\0';
    if (fresh == NULL) {
        note_failure(&r->view, &err);
    } else {
        r->view.done++;
        note_current(r, fresh);
    }
    pthread_mutex_unlock(&r->lock);
}

static void wait_for_work(struct reload *r)
{
    if (r->previous == NULL) {
        pthread_cond_wait(&r->wake, &r->lock);
        return;
    }
    struct timespec at = {.tv_sec = r->drop_at_ms / 1000,
                          .tv_nsec = r->drop_at_ms % 1000 * 1000000};
    pthread_cond_timedwait(&r->wake, &r->lock, &at);
}

static void *reload_main(void *ctx)
{
    struct reload *r = ctx;

    /* On Linux this is the thread's own; if it is not allowed, so be it. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        if (r->wanted) {
            r->wanted = false;
            pthread_mutex_unlock(&r->lock);
            reload_once(r);
            pthread_mutex_lock(&r->lock);
            continue;
        }
        wait_for_work(r);
        retire(r, false);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

enum errc reload_start(const struct options *o, struct corpus *current, struct reload **ret,
                       struct err *reterr)
{
    struct reload *r = mem_zalloc(sizeof(*r));
    pthread_condattr_t attr;

    r->options = o;
    r->current = corpus_ref(current);
    note_current(r, current);
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_condattr_destroy(&attr);
    int rc = pthread_create(&r->thread, NULL, reload_main, r);
    if (rc != 0) {
        corpus_unref(r->current);
        free(r);
        return err_set(reterr, ERR_LIB, "cannot start the reload thread: %s", strerror(rc));
    }
    *ret = r;
    return ERR_OK;
}

void reload_attach(struct reload *r, struct service *s)
{
    pthread_mutex_lock(&r->lock);
    r->service = s;
    pthread_mutex_unlock(&r->lock);
}

void reload_request(struct reload *r)
{
    pthread_mutex_lock(&r->lock);
    r->wanted = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

bool reload_stop(struct reload *r)
{
    struct timespec until;

    if (r == NULL)
        return true;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_S;
    if (pthread_timedjoin_np(r->thread, NULL, &until) != 0)
        return false;
    corpus_unref(r->previous);
    corpus_unref(r->current);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return true;
}

void reload_view(struct reload *r, struct reload_view *ret)
{
    pthread_mutex_lock(&r->lock);
    *ret = r->view;
    pthread_mutex_unlock(&r->lock);
}

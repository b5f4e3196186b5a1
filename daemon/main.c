/*
 * main.c - the order of start and stop, and the exit codes
 *
 * Up: options, content, store, sockets, threads, `ready`. Down: the service answers what waits
 * and says good-bye, then the writer commits what is queued. Signals are blocked in every thread
 * and fetched here. Exit status: 0 ended by SIGTERM, 1 something could not be opened, 2 usage.
 */
#include "base/clock.h"
#include "base/log.h"
#include "net/key.h"
#include "net/options.h"
#include "net/reload.h"
#include "net/service.h"
#include "store/store.h"
#include "store/writer.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_OPEN = 1,
    EXIT_USAGE = 2,
    EXIT_CUT = 3,      /* a second SIGTERM: something may be lost */
    RESERVED_FDS = 64, /* database, log, content, the loop's own */
    STOP_STORE_MS = 2000,
    SIGNAL_ENDED = SIGUSR1, /* from the service: it has drained */
};

struct daemon {
    struct options options;
    unsigned char session_key[SESSION_KEY_BYTES];
    struct corpus *corpus;
    struct writer *writer;
    struct reload *reload;
    struct service *service;
    int listen_fd, admin_fd;
    struct endpoint listen, admin; /* with the ports that we got */
    bool loopback;
    pthread_t main_thread;
};

static int fail(const struct err *err)
{
    fprintf(stderr, "faqd: %s\n", err->text);
    return EXIT_OPEN;
}

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGNAL_ENDED);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void harden(void)
{
    struct rlimit none = {0};

    umask(0077);
    (void)setrlimit(RLIMIT_CORE, &none); /* what visitors typed must not get onto disk that way */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* As many descriptors as are needed and no more: lws searches tables of that size. Returns how
 * many connections are possible; 0: no limit. */
static int64_t make_room(int64_t connections)
{
    struct rlimit now;
    rlim_t want = (rlim_t)connections + RESERVED_FDS;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return connections;
    if (connections == 0) {
        want = now.rlim_cur;
    } else if (now.rlim_max != RLIM_INFINITY && want > now.rlim_max) {
        want = now.rlim_max;
    }
    struct rlimit then = {.rlim_cur = want, .rlim_max = now.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &then) != 0)
        want = now.rlim_cur;
    int64_t possible = want > RESERVED_FDS ? (int64_t)want - RESERVED_FDS : 1;
    if (connections > 0 && possible < connections)
        log_warn("connections-limited", "wanted=%lld possible=%lld reason=descriptors",
                 (long long)connections, (long long)possible);
    return possible;
}

static void on_ended(void *ctx)
{
    struct daemon *d = ctx;
    pthread_kill(d->main_thread, SIGNAL_ENDED);
}

/* ---- up -------------------------------------------------------------------------------------- */

static enum errc open_sockets(struct daemon *d, struct err *reterr)
{
    const struct options *o = &d->options;
    bool ignored;

    d->listen = o->listen;
    d->admin = o->admin;
    enum errc rc =
        endpoint_listen(&o->listen, &d->listen_fd, &d->listen.port, &d->loopback, reterr);
    if (rc == ERR_OK && o->admin.host[0] != '\0')
        rc = endpoint_listen(&o->admin, &d->admin_fd, &d->admin.port, &ignored, reterr);
    return rc;
}

static enum errc open_store(struct daemon *d, struct err *reterr)
{
    const struct options *o = &d->options;
    struct store *store;

    enum errc rc = store_open(o->store, STORE_WRITE, &store, reterr);
    if (rc == ERR_OK) {
        rc = key_open(o->store + strlen("sqlite:"), d->session_key, reterr);
        if (rc == ERR_OK)
            rc = writer_start(store, o->max_wait_ms, o->retention_days, &d->writer, reterr);
        if (rc != ERR_OK)
            store_close(store);
    }
    return rc;
}

static enum errc open_all(struct daemon *d, struct err *reterr)
{
    const struct options *o = &d->options;
    int64_t connections = make_room(o->connections);

    enum errc rc = open_sockets(d, reterr);
    if (rc != ERR_OK)
        return rc;
    d->corpus = reload_build(o, reterr);
    if (d->corpus == NULL)
        return reterr->code;
    rc = open_store(d, reterr);
    if (rc == ERR_OK)
        rc = reload_start(o, d->corpus, &d->reload, reterr);
    if (rc != ERR_OK)
        return rc;

    struct service_config config = {
        .options = o,
        .session_key = d->session_key,
        .corpus = d->corpus,
        .writer = d->writer,
        .reload = d->reload,
        .listen_fd = d->listen_fd,
        .admin_fd = d->admin_fd,
        .admin_here = o->admin.host[0] == '\0' && d->loopback,
        .connections_max = connections,
        .ended = on_ended,
        .ctx = d,
    };
    d->listen_fd = d->admin_fd = -1; /* the service's, whatever becomes of it */
    rc = service_start(&config, &d->service, reterr);
    if (rc == ERR_OK)
        reload_attach(d->reload, d->service);
    return rc;
}

static void announce(const struct daemon *d, int64_t from_ms)
{
    char text[300];

    if (d->options.admin.host[0] != '\0') {
        endpoint_print(&d->admin, text);
        log_info("admin", "http=%s", text);
    } else if (!d->loopback) {
        log_info("admin", "http=none reason=\"--listen is no loopback address and admin.listen is "
                          "not set: /healthz and /metrics are not served\"");
    }
    log_info("started", "revision=%s intents=%zu ms=%lld", corpus_revision(d->corpus),
             corpus_intents(d->corpus), (long long)(clock_mono_ms() - from_ms));
    endpoint_print(&d->listen, text);
    printf("ready http=%s\n", text);
    fflush(stdout);
}

/* ---- down ------------------------------------------------------------------------------------ */

static void serve(struct daemon *d, const sigset_t *set)
{
    bool draining = false;

    for (;;) {
        int signal = 0;
        if (sigwait(set, &signal) != 0)
            continue;
        if (signal == SIGNAL_ENDED) {
            if (draining)
                return;
        } else if (signal == SIGHUP) {
            if (!draining)
                reload_request(d->reload);
        } else if (draining) {
            log_warn("cut", "reason=\"a second signal\"");
            _exit(EXIT_CUT);
        } else {
            draining = true;
            service_drain(d->service);
        }
    }
}

static void close_all(struct daemon *d)
{
    if (!reload_stop(d->reload)) { /* in the midst of a long build: nothing of it is needed */
        writer_stop(d->writer, STOP_STORE_MS);
        log_info("stopped", "during=reload");
        _exit(0);
    }
    service_free(d->service);
    uint64_t dropped = writer_stop(d->writer, STOP_STORE_MS);
    if (d->service != NULL)
        log_info("stopped", "dropped=%llu", (unsigned long long)dropped);
    corpus_unref(d->corpus);
    if (d->listen_fd >= 0)
        close(d->listen_fd);
    if (d->admin_fd >= 0)
        close(d->admin_fd);
    sodium_memzero(d->session_key, sizeof(d->session_key));
}

static int run(struct daemon *d)
{
    sigset_t set;
    struct err err;
    int64_t from_ms = clock_mono_ms();
    int status = EXIT_SUCCESS;

    block_signals(&set);
    harden();
    if (open_all(d, &err) == ERR_OK) {
        announce(d, from_ms);
        serve(d, &set);
    } else {
        status = fail(&err);
    }
    close_all(d);
    return status;
}

int main(int argc, char *argv[])
{
    struct daemon d = {.listen_fd = -1, .admin_fd = -1, .main_thread = pthread_self()};
    struct diags diags;
    int status = EXIT_SUCCESS;

    if (sodium_init() < 0) {
        fputs("faqd: libsodium does not start\n", stderr);
        return EXIT_OPEN;
    }
    diags_init(&diags);
    switch (options_read(&d.options, argc, argv, &diags)) {
    case OPTIONS_HELP:
        options_help(stdout);
        break;
    case OPTIONS_VERSION:
        puts("faqd " FAQD_VERSION);
        break;
    case OPTIONS_USAGE:
        diags_print(&diags, stderr);
        status = EXIT_USAGE;
        break;
    case OPTIONS_RUN:
        status = run(&d);
        break;
    }
    diags_release(&diags);
    options_release(&d.options);
    return status;
}

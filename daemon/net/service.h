/*
 * net/service.h - a thread that serves visitors: its loop, its connections, its working memory
 *
 * One so far. Nothing here is shared between services but the corpus, which never changes, and
 * the writer, so that more of them need no more than sockets that share a port.
 */
#ifndef FAQD_NET_SERVICE_H
#define FAQD_NET_SERVICE_H

#include "core/corpus.h"
#include "net/options.h"
#include "store/writer.h"

struct reload;
struct service;

struct service_config {
    const struct options *options;
    const unsigned char *session_key;
    struct corpus *corpus; /* the first one; the service takes its own reference */
    struct writer *writer;
    struct reload *reload;    /* what /healthz says of it; outlives the service */
    int listen_fd, admin_fd;  /* listening; the service's from now on. admin_fd -1: none */
    bool admin_here;          /* /healthz and /metrics on listen_fd, too */
    int64_t connections_max;  /* what options and descriptors allow */
    void (*ended)(void *ctx); /* from the service's thread: it has drained */
    void *ctx;
};

/* Creates everything and starts the thread: it serves when this returns. Closes the sockets also
 * if it fails. */
enum errc service_start(const struct service_config *config, struct service **ret,
                        struct err *reterr) MUST_CHECK;

/* Any thread: from now on answer with this corpus (a reference is taken). */
void service_publish(struct service *s, struct corpus *c);
/* Any thread: true once everything published is in use. */
bool service_settled(struct service *s);

/* Any thread: no new connections, answer what waits, say good-bye (1001), end. */
void service_drain(struct service *s);
/* After `ended` was called: joins the thread. NULL is fine. */
void service_free(struct service *s);

#endif

/*
 * net/service.c - a thread that serves visitors: its loop, its connections
 *
 * libwebsockets runs on a libuv loop of ours. We listen and accept ourselves and hand over each
 * socket: so connections are counted and refused before they cost anything, and several services
 * can share a port. One vhost serves both listening sockets, because lws chooses among vhosts by
 * the Host that a visitor sends; where a connection came in is noted in `struct conn`.
 *
 * Two traps of lws 4.1 with libuv. Its own timers are armed only after one of its sockets had an
 * event: a silent crowd would stay for ever, so all deadlines are looked after in on_timer(). And
 * a connection is destroyed in two steps, CLOSED at once and WSI_DESTROY from the loop: in
 * between, nothing may be done with its wsi, which therefore is NULL in `struct conn`.
 */
#include "net/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/dialogue.h"
#include "net/gate.h"
#include "net/http.h"
#include "net/pages.h"
#include "net/visitor.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum {
    LISTENERS = 2,
    ACCEPTS_MAX = 64,  /* at once, then others have their turn */
    GOODBYE_MS = 5000, /* how long we wait for the answer to ours */
    QUIET_MS = 10000,  /* an HTTP connection without a whole request */
    DRAIN_MS = 7000,   /* whoever has not gone by then is cut */
    TICK_MAX_MS = 1000,
    TICK_MIN_MS = 10,
    RX_BYTES = 1024,    /* one read; memory of each WebSocket connection */
    TX_BYTES = 1 << 20, /* beyond any reply: lws sends it in one piece */
    HANDSHAKE_S = 5,
    LOG_AGAIN_MS = 10000,
};

struct listener {
    uv_poll_t poll;
    int fd; /* -1: none, or closed */
    bool admin, open;
};

struct loop {
    struct service *service;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t timer;
    struct listener listeners[LISTENERS];
    struct lws_context *context;
    struct lws_vhost *vhost;
    pthread_t thread;

    _Atomic(struct corpus *) fresh; /* published, not in use yet */
    atomic_bool drain;

    int64_t due_ms, tick_ms, next_tick_ms, drain_until_ms, told_ms; /* monotonic */
    bool paused; /* no descriptors left: nothing is accepted until the next tick */
    bool finished;
};

void service_touch(struct service *s)
{
    s->now_ms = clock_mono_ms();
    s->env.now_ms = clock_wall_ms();
}

/* ---- connections ----------------------------------------------------------------------------- */

void conn_drop_input(struct conn *c)
{
    free(c->in);
    c->in = NULL;
    c->in_len = c->in_cap = 0;
}

bool conn_add_input(struct conn *c, const void *bytes, size_t len, size_t max)
{
    if (len > max - c->in_len)
        return false;
    if (len == 0)
        return true;
    c->in = mem_grow(c->in, &c->in_cap, c->in_len + len, 1);
    memcpy(c->in + c->in_len, bytes, len);
    c->in_len += len;
    return true;
}

static struct conn *conn_new(struct service *s, const struct address *peer,
                             struct limits_host *host, bool admin)
{
    struct conn *c = mem_zalloc(sizeof(*c));

    if (s->nfree > 0) {
        c->slot = s->free_slots[--s->nfree];
    } else {
        size_t cap = s->slots_cap;
        s->conns = mem_grow(s->conns, &s->slots_cap, s->nslots + 1, sizeof(struct conn *));
        s->free_slots = mem_grow(s->free_slots, &cap, s->slots_cap, sizeof(*s->free_slots));
        c->slot = (uint32_t)s->nslots++;
    }
    s->conns[c->slot] = c;
    s->nconns++;
    c->service = s;
    c->last = &c->first;
    c->peer = *peer;
    c->host = host;
    c->admin = admin;
    c->heard_ms = s->now_ms;
    return c;
}

/* lws has closed it; its wsi lives on for a moment. */
static void conn_closed(struct conn *c)
{
    if (c->ws)
        c->service->nws--;
    c->ws = false;
    c->closing = true;
    c->wsi = NULL;
    dialogue_drop(c);
    conn_drop_input(c);
}

static void conn_free(struct conn *c)
{
    struct service *s = c->service;

    conn_closed(c);
    limits_leave(s->limits, c->host);
    s->conns[c->slot] = NULL;
    s->free_slots[s->nfree++] = c->slot;
    s->nconns--;
    free(c->page);
    free(c->origin);
    free(c);
}

void conn_kill(struct conn *c)
{
    struct lws *wsi = c->wsi;

    c->closing = true;
    dialogue_drop(c);
    conn_drop_input(c);
    if (wsi == NULL)
        return;
    if (c->rx_off)
        lws_rx_flow_control(wsi, 1);
    c->rx_off = false;
    if (!lws_partial_buffered(wsi)) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
        return;
    }
    /* lws would wait politely for what it has buffered to be taken: let it fail instead. */
    shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
    lws_callback_on_writable(wsi);
}

/* ---- what lws tells -------------------------------------------------------------------------- */

static int refuse_raw(struct lws *wsi)
{
    /* CONNECT: lws gives such a connection up for one without a protocol. */
    static const char text[] = "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    unsigned char out[LWS_PRE + sizeof(text)] = {0};

    memcpy(out + LWS_PRE, text, sizeof(text) - 1);
    (void)lws_write(wsi, out + LWS_PRE, sizeof(text) - 1, LWS_WRITE_HTTP);
    return -1;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    struct conn *c = lws_get_opaque_user_data(wsi);

    (void)user;
    if (c == NULL)
        return 0; /* lws's own pipe, or its start and end */
    switch (why) {
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        c->wsi = wsi;
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        service_touch(c->service);
        return gate_check(c);
    case LWS_CALLBACK_HTTP:
        service_touch(c->service);
        return http_request(c);
    case LWS_CALLBACK_HTTP_BODY:
        return http_body(c, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        service_touch(c->service);
        return http_body_done(c);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return c->closing ? -1 : 0;
    case LWS_CALLBACK_ESTABLISHED:
        service_touch(c->service);
        visitor_open(c);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        service_touch(c->service);
        return visitor_receive(c, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        service_touch(c->service);
        visitor_pong(c);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        service_touch(c->service);
        return visitor_writeable(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        service_touch(c->service);
        return visitor_peer_closes(c, in, len);
    case LWS_CALLBACK_RAW_ADOPT:
        return refuse_raw(wsi);
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
        return -1;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_RAW_CLOSE:
        conn_closed(c);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        lws_set_opaque_user_data(wsi, NULL);
        conn_free(c);
        return 0;
    default:
        return 0;
    }
}

/* lws compares a visitor's offer with these names; without one it takes the first. */
static const struct lws_protocols protocols[] = {
    {.name = "faq.v1", .callback = on_lws, .rx_buffer_size = RX_BYTES, .tx_packet_size = TX_BYTES},
    {.name = NULL},
};

/* ---- accepting ------------------------------------------------------------------------------- */

static void tell_full(struct loop *l, const char *why)
{
    struct service *s = l->service;

    if (l->told_ms != 0 && s->now_ms - l->told_ms < LOG_AGAIN_MS)
        return;
    l->told_ms = s->now_ms;
    log_warn("connections-refused", "reason=%s open=%zu refused=%llu", why, s->nconns,
             (unsigned long long)s->count.refused_full);
}

static void adopt(struct loop *l, int fd, bool admin)
{
    struct service *s = l->service;
    struct address peer = address_of_peer(fd);
    int on = 1;

    if (s->config.connections_max > 0 && s->nconns >= (size_t)s->config.connections_max) {
        s->count.refused_full++;
        tell_full(l, "limits.connections");
        close(fd);
        return;
    }
    struct limits_host *host = limits_enter(s->limits, &peer, limits_trusts(s->options, &peer));
    if (host == NULL) {
        s->count.refused_address++;
        close(fd);
        return;
    }
    s->count.accepted++;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    struct conn *c = conn_new(s, &peer, host, admin);
    uint32_t slot = c->slot;
    lws_adopt_desc_t how = {.vh = l->vhost,
                            .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
                            .fd = {.sockfd = fd},
                            .opaque = c};
    if (lws_adopt_descriptor_vhost_via_info(&how) == NULL && s->conns[slot] == c) {
        /* Refused before it had a wsi to be destroyed. */
        if (c->wsi == NULL)
            conn_free(c);
    }
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    struct listener *from = poll->data;
    struct loop *l = poll->loop->data;

    (void)status;
    (void)events;
    service_touch(l->service);
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4(from->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            adopt(l, fd, from->admin);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* It stays readable: without a pause we would spin. */
            l->service->count.refused_full++;
            tell_full(l, "descriptors");
            l->paused = true;
            for (size_t k = 0; k < LISTENERS; k++) {
                if (l->listeners[k].open)
                    uv_poll_stop(&l->listeners[k].poll);
            }
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void listen_again(struct loop *l)
{
    if (!l->paused)
        return;
    l->paused = false;
    for (size_t k = 0; k < LISTENERS; k++) {
        if (l->listeners[k].open)
            uv_poll_start(&l->listeners[k].poll, UV_READABLE, on_listen);
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct listener *from = handle->data;
    close(from->fd);
    from->fd = -1;
}

static void stop_listening(struct loop *l)
{
    for (size_t k = 0; k < LISTENERS; k++) {
        if (!l->listeners[k].open)
            continue;
        l->listeners[k].open = false;
        uv_close((uv_handle_t *)&l->listeners[k].poll, on_listener_closed);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static void flush(struct conn *list)
{
    while (list != NULL) {
        struct conn *c = list;
        list = c->flush_next;
        c->flush_queued = false;
        int rc = c->ws ? visitor_flush(c) : http_flush(c);
        if (rc == 0 || c->wsi == NULL)
            continue;
        if (!c->ws && lws_partial_buffered(c->wsi))
            lws_callback_on_writable(c->wsi); /* the rest goes, then HTTP_WRITEABLE closes */
        else
            conn_kill(c);
    }
}

static void finish(struct loop *l)
{
    if (l->finished)
        return;
    l->finished = true;
    writer_port_close(l->service->port); /* from here on nobody wakes us */
    l->service->port = NULL;
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->timer, NULL);
    /* Its sockets and timers close through the loop, which ends when all have. */
    lws_context_destroy(l->context);
}

static void drain_step(struct loop *l)
{
    struct service *s = l->service;
    bool late = s->now_ms >= l->drain_until_ms;

    for (size_t i = 0; i < s->nslots; i++) {
        struct conn *c = s->conns[i];
        if (c == NULL)
            continue;
        if (late)
            conn_kill(c);
        else if (c->ws)
            visitor_leave(c);
        else if (c->http == HTTP_IDLE && !c->closing)
            conn_kill(c);
    }
    if (s->nconns == 0 || s->now_ms >= l->drain_until_ms + TICK_MAX_MS)
        finish(l);
}

static void begin_drain(struct loop *l)
{
    struct service *s = l->service;

    s->draining = true;
    l->drain_until_ms = s->now_ms + DRAIN_MS;
    l->tick_ms = TICK_MIN_MS;
    l->next_tick_ms = s->now_ms;
    log_info("drain", "connections=%zu", s->nconns);
    stop_listening(l);
    drain_step(l);
    service_due(s, l->next_tick_ms);
}

static void use_fresh(struct loop *l)
{
    struct corpus *fresh = atomic_load(&l->fresh);

    if (fresh == NULL)
        return;
    turn_use(l->service->turn, fresh);
    /* Only now: service_settled() means that it is in use. */
    if (atomic_compare_exchange_strong(&l->fresh, &fresh, NULL))
        corpus_unref(fresh);
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->loop->data;
    struct service *s = l->service;
    bool more = false;

    service_touch(s);
    use_fresh(l);
    flush(dialogue_take(s, &more));
    if (more)
        uv_async_send(&l->wake); /* after the sockets had their turn */
    if (atomic_load(&l->drain) && !s->draining)
        begin_drain(l);
}

static void tick(struct loop *l)
{
    struct service *s = l->service;

    l->next_tick_ms = s->now_ms + l->tick_ms;
    listen_again(l);
    limits_sweep(s->limits, s->now_ms);
    for (size_t i = 0; i < s->nslots; i++) {
        struct conn *c = s->conns[i];
        if (c == NULL)
            continue;
        int64_t quiet_ms = s->now_ms - c->heard_ms;
        if ((c->closing && quiet_ms >= GOODBYE_MS) ||
            (!c->ws && c->http == HTTP_IDLE && quiet_ms >= QUIET_MS))
            conn_kill(c);
        else if (c->ws)
            visitor_tick(c);
        else
            http_tick(c);
    }
    if (s->draining)
        drain_step(l);
    if (s->out.cap > CONN_OUT_KEEP_BYTES * 4)
        buf_release(&s->out);
    if (s->body.cap > CONN_OUT_KEEP_BYTES * 4)
        buf_release(&s->body);
}

static void on_timer(uv_timer_t *timer)
{
    struct loop *l = timer->loop->data;
    struct service *s = l->service;

    service_touch(s);
    l->due_ms = INT64_MAX;
    flush(dialogue_expire(s));
    if (s->now_ms >= l->next_tick_ms)
        tick(l);
    if (l->finished)
        return;
    service_due(s, l->next_tick_ms);
    if (s->soonest != NULL)
        service_due(s, s->soonest->deadline_ms);
}

void service_due(struct service *s, int64_t at_ms)
{
    struct loop *l = s->loop;

    if (l->finished || at_ms >= l->due_ms)
        return;
    l->due_ms = at_ms;
    int64_t in_ms = at_ms - s->now_ms;
    /* One more: the loop's own clock is cut to whole milliseconds, too. */
    uv_timer_start(&l->timer, on_timer, in_ms > 0 ? (uint64_t)in_ms + 1 : 0, 0);
}

/* ---- start and stop -------------------------------------------------------------------------- */

static void wake_from_writer(void *ctx)
{
    struct loop *l = ctx;
    uv_async_send(&l->wake);
}

static void *service_main(void *ctx)
{
    struct loop *l = ctx;
    struct service *s = l->service;

    pthread_setname_np(pthread_self(), "faqd-service");
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (s->config.ended != NULL)
        s->config.ended(s->config.ctx);
    return NULL;
}

static enum errc open_lws(struct loop *l, struct err *reterr)
{
    static const lws_retry_bo_t no_pings = {0}; /* default: opening 10,000 takes 5 times as long */
    void *loops[] = {&l->uv};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .pcontext = &l->context,
        .retry_and_idle_policy = &no_pings,
        .timeout_secs = HANDSHAKE_S,
        .keepalive_timeout = HANDSHAKE_S,
        .gid = -1,
        .uid = -1,
        .vhost_name = "faqd",
    };

    l->context = lws_create_context(&info);
    if (l->context == NULL)
        return err_set(reterr, ERR_LIB,
                       "libwebsockets does not start: is libwebsockets-evlib-uv installed?");
    l->vhost = lws_create_vhost(l->context, &info);
    if (l->vhost == NULL) {
        lws_context_destroy(l->context);
        return err_set(reterr, ERR_LIB, "libwebsockets does not start: no vhost");
    }
    return ERR_OK;
}

static void open_listener(struct loop *l, struct listener *from, int fd, bool admin)
{
    from->fd = fd;
    from->admin = admin;
    if (fd < 0)
        return;
    from->open = true;
    from->poll.data = from;
    uv_poll_init(&l->uv, &from->poll, fd);
    from->poll.data = from;
    uv_poll_start(&from->poll, UV_READABLE, on_listen);
}

static void release(struct service *s)
{
    struct loop *l = s->loop;

    if (l->context != NULL)
        lws_context_destroy(l->context);
    corpus_unref(atomic_load(&l->fresh));
    writer_port_close(s->port);
    dialogue_release(s);
    limits_free(s->limits);
    turn_free(s->turn);
    pages_free(s->pages);
    buf_release(&s->out);
    buf_release(&s->body);
    free(s->conns);
    free(s->free_slots);
    free(l);
    free(s);
}

enum errc service_start(const struct service_config *config, struct service **ret,
                        struct err *reterr)
{
    struct service *s = mem_zalloc(sizeof(*s));
    struct loop *l = mem_zalloc(sizeof(*l));

    s->config = *config;
    s->options = config->options;
    s->loop = l;
    l->service = s;
    service_touch(s);
    s->started_ms = s->env.now_ms;
    s->env.session_key = config->session_key;
    buf_init(&s->out, 0);
    buf_init(&s->body, 0);

    lws_set_log_level(LLL_ERR, NULL);
    uv_loop_init(&l->uv);
    l->uv.data = l;
    enum errc rc = open_lws(l, reterr);
    if (rc != ERR_OK) {
        close(config->listen_fd);
        if (config->admin_fd >= 0)
            close(config->admin_fd);
        free(l);
        free(s);
        return rc;
    }
    /* From here on a visitor could make it write a line for each of his mistakes. */
    lws_set_log_level(0, NULL);

    s->turn = turn_new(config->corpus);
    s->limits = limits_new(s->options);
    uv_async_init(&l->uv, &l->wake, on_wake);
    uv_timer_init(&l->uv, &l->timer);
    s->port = writer_port_open(config->writer, wake_from_writer, l);
    int64_t idle = s->options->idle_timeout_ms;
    l->tick_ms = idle > 0 && idle / 8 < TICK_MAX_MS ? idle / 8 : TICK_MAX_MS;
    if (l->tick_ms < TICK_MIN_MS)
        l->tick_ms = TICK_MIN_MS;
    l->due_ms = INT64_MAX;
    l->next_tick_ms = s->now_ms + l->tick_ms;
    service_due(s, l->next_tick_ms);
    open_listener(l, &l->listeners[0], config->listen_fd, false);
    open_listener(l, &l->listeners[1], config->admin_fd, true);

    int err = pthread_create(&l->thread, NULL, service_main, l);
    if (err != 0) {
        stop_listening(l);
        finish(l);
        uv_run(&l->uv, UV_RUN_DEFAULT);
        release(s);
        return err_set(reterr, ERR_LIB, "cannot start the service thread: %s", strerror(err));
    }
    *ret = s;
    return ERR_OK;
}

void service_publish(struct service *s, struct corpus *c)
{
    corpus_unref(atomic_exchange(&s->loop->fresh, corpus_ref(c)));
    uv_async_send(&s->loop->wake);
}

bool service_settled(struct service *s)
{
    return atomic_load(&s->loop->fresh) == NULL;
}

void service_drain(struct service *s)
{
    atomic_store(&s->loop->drain, true);
    uv_async_send(&s->loop->wake);
}

void service_free(struct service *s)
{
    if (s == NULL)
        return;
    pthread_join(s->loop->thread, NULL);
    int rc = uv_loop_close(&s->loop->uv);
    if (rc != 0)
        log_warn("loop-busy", "error=%s", uv_strerror(rc));
    release(s);
}

/*
 * net/conn.h - what the parts of a service share: its connections and the replies they wait for
 *
 * All of it belongs to the service's thread.
 *
 * Every message of a visitor becomes a `struct pending` in the line of its connection, and
 * replies leave in the order of that line. The writer knows a pending only by its ticket (number
 * and generation), never by an address, so that it may be gone when its row is on disk.
 */
#ifndef FAQD_NET_CONN_H
#define FAQD_NET_CONN_H

#include "base/utf8.h"
#include "core/turn.h"
#include "net/limits.h"
#include "net/service.h"

struct loop;
struct lws;
struct pages;

enum {
    CONN_LINE_MAX = 16, /* messages of one connection without an answer; then we stop reading */
    CONN_STALLED_MS = 30000, /* a reader who takes nothing for so long is cut */
    CONN_REQUEST_MS = 15000, /* a whole HTTP request */
    CONN_SWALLOW_BYTES_MAX =
        1 << 20,          /* of a body that is refused, so that its sender may read why */
    CONN_BATCH_MAX = 256, /* replies that go out together */
    CONN_OUT_KEEP_BYTES = 1 << 16,
};

enum answer_kind {
    ANSWER_REPLY,   /* reply, qid */
    ANSWER_WELCOME, /* session, resumed */
    ANSWER_DONE,    /* id, session if `tokened` */
    ANSWER_BYTES,   /* printed already */
    ANSWER_ERROR,
};

struct pending {
    uint32_t number, generation;
    struct conn *conn;               /* NULL: not in use */
    struct pending *next;            /* in the line of its connection, or of those not in use */
    struct pending *later, *earlier; /* while it waits: by deadline */
    int64_t deadline_ms;             /* monotonic */
    bool waiting;                    /* for the writer */
    enum answer_kind kind;
    enum say_type type;
    struct corpus *corpus; /* whose indices `reply` holds; NULL: none */
    int64_t qid;
    char id[CLIENT_ID_BYTES_MAX + 1];
    struct session session;
    bool resumed, tokened;
    union {
        struct turn_reply reply;
        struct wire_error error;
        struct {
            char *ptr;
            size_t len;
        } bytes; /* owned */
    };
};

enum http_state {
    HTTP_IDLE,    /* between two requests, or in a request's head */
    HTTP_COLLECT, /* the body of POST /ask */
    HTTP_SWALLOW, /* a body that is refused already */
    HTTP_WAIT,    /* for the writer */
};

struct conn {
    struct service *service;
    struct lws *wsi; /* NULL: closed, or nothing may be written any more */
    uint32_t slot;
    bool admin;   /* came in through admin.listen */
    bool ws;      /* a WebSocket */
    bool closing; /* our part is over: whatever still comes is ignored */
    bool said_goodbye;
    bool flooding;
    bool rx_off;  /* we do not read */
    bool stalled; /* the socket takes no more */
    bool pinged;  /* since it was last heard */
    bool flush_queued;
    bool has_session;
    bool assembling;
    unsigned close_code; /* to be sent when the socket is writable; 0: none */

    struct address peer;
    struct limits_host *host;
    struct bucket bucket, refusals;
    int64_t heard_ms, stalled_ms, assembling_ms; /* monotonic */

    struct pending *first, **last;
    size_t nline;
    struct pending *holding; /* until it is done, nothing else is read */
    struct conn *flush_next;

    struct session session;
    char *page; /* of a WebSocket's hello; NULL: unknown */
    struct utf8_stream utf8;
    char *in; /* a message that came in parts */
    size_t in_len, in_cap;

    enum http_state http;
    size_t http_got; /* of its body */
    bool http_close, http_head;
    bool form;         /* POST /chat: the answer is a page */
    unsigned refusal;  /* HTTP_SWALLOW: with this status */
    const char *allow; /* 405 */
    char *origin;      /* to be echoed; NULL: none */
};

struct counters {
    uint64_t accepted, refused_full, refused_address, refused_gate, refused_origin;
    uint64_t messages[SAY_FORGET + 1];
    uint64_t outcomes[OUTCOME_UNANSWERED + 1];
    uint64_t errors[WIRE_SHUTTING_DOWN + 1];
    uint64_t unlogged; /* replies that left without their row being on disk */
    uint64_t late;     /* rows that came after their reply */
    uint64_t repeated;
    uint64_t http[6]; /* by the status's first digit */
    uint64_t closed_idle, closed_stalled, closed_flood, closed_protocol;
};

struct service {
    struct service_config config;
    const struct options *options;
    struct loop *loop; /* service.c's own */
    struct turn *turn;
    struct turn_env env;
    struct limits *limits;
    struct writer_port *port;
    struct pages *pages;  /* pages.c's own; NULL until somebody looks */
    struct buf out, body; /* the frame or response being printed; the body of one */
    int64_t started_ms;   /* wall clock */
    int64_t now_ms;       /* monotonic; of the event that is being handled */
    bool draining;
    struct counters count;

    struct conn **conns; /* by slot; NULL: free */
    uint32_t *free_slots;
    size_t nconns, nslots, nfree, slots_cap;
    size_t nws;

    struct pending **pendings; /* by number */
    size_t npendings, pendings_cap;
    struct pending *spare;
    struct pending *soonest, *latest; /* those that wait for the writer */
};

/* service.c */
void service_touch(struct service *s);              /* reads the clocks */
void service_due(struct service *s, int64_t at_ms); /* look at what waits, at that time */
void conn_kill(struct conn *c);                     /* closes soon, without a word */
void conn_drop_input(struct conn *c);
bool conn_add_input(struct conn *c, const void *bytes, size_t len, size_t max);

#endif

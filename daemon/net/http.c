/*
 * net/http.c - plain HTTP: the demo page and the widget's files, /chat and /faq, POST /ask,
 * /healthz, /metrics
 *
 * Nothing is ever looked for on disk: what is served lies in the binary. A response is printed
 * whole into one buffer. A request's body is read to its end before anything is answered, also if
 * it is refused, for whoever closes a socket with unread bytes in it takes the answer back;
 * bodies beyond CONN_SWALLOW_BYTES_MAX do not get that courtesy.
 *
 * lws calls HTTP_BODY_COMPLETION for a POST with Content-Length: 0 even after it was answered, and
 * takes a POST without a length for one of 100 MB: so the first is answered only then, and the
 * second at once, with a close. And when a request with a body came in one packet with the request
 * before it, lws hands over its head as its body, and would then turn in a circle for ever: so the
 * connection is closed, and the sender, who must expect that of pipelined requests, tries again.
 */
#include "net/http.h"

#include "base/mem.h"
#include "net/assets.h"
#include "net/dialogue.h"
#include "net/health.h"
#include "net/pages.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <strings.h>

enum { FORWARDED_BYTES_MAX = 4096 }; /* of a whole head, lws takes no more */

enum method { GET = 1, HEAD = 2, POST = 4, OPTIONS = 8, OTHER = 16 };

static const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Vary: Accept-Encoding\r\n"
    "Cache-Control: no-cache\r\n";
/* Other sites' pages load these, as modules. */
static const char widget_headers[] = "Access-Control-Allow-Origin: *\r\n"
                                     "Cross-Origin-Resource-Policy: cross-origin\r\n"
                                     "Vary: Accept-Encoding\r\n"
                                     "Cache-Control: no-cache\r\n";
/* Pages without scripts. With no-referrer, browsers send forms from `Origin: null`. */
static const char form_headers[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cache-Control: no-store\r\n";
static const char data_headers[] = "Content-Security-Policy: default-src 'none'; "
                                   "frame-ancestors 'none'\r\n"
                                   "Cross-Origin-Resource-Policy: same-origin\r\n"
                                   "Cache-Control: no-store\r\n";
static const char ask_headers[] = "Cache-Control: no-store\r\n"
                                  "Cross-Origin-Resource-Policy: cross-origin\r\n"
                                  "Vary: Origin\r\n";

static const char json_type[] = "application/json; charset=utf-8";
static const char html_type[] = "text/html; charset=utf-8";
static const char text_type[] = "text/plain; charset=utf-8";

/* ---- what is asked for ----------------------------------------------------------------------- */

struct header http_header(const struct conn *c, int token)
{
    struct header h = {.text = ""};
    int n = lws_hdr_copy(c->wsi, h.text, sizeof(h.text), (enum lws_token_indexes)token);
    if (n < 0) {
        h.too_long = true;
        h.text[0] = '\0';
    } else if (n > 0) {
        h.there = true;
        h.len = strlen(h.text); /* a NUL cuts it short, and then it equals nothing that we want */
    }
    return h;
}

static enum method method_of(const struct conn *c, struct header *path)
{
    static const struct {
        int token;
        enum method method;
    } tokens[] = {
        {WSI_TOKEN_GET_URI, GET},         {WSI_TOKEN_HEAD_URI, HEAD}, {WSI_TOKEN_POST_URI, POST},
        {WSI_TOKEN_OPTIONS_URI, OPTIONS}, {WSI_TOKEN_PUT_URI, OTHER}, {WSI_TOKEN_PATCH_URI, OTHER},
        {WSI_TOKEN_DELETE_URI, OTHER},
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        *path = http_header(c, tokens[i].token);
        if (path->there || path->too_long)
            return tokens[i].method;
    }
    return OTHER;
}

static bool default_port(struct span host, struct span origin, const char *scheme, const char *port)
{
    /* Browsers leave the scheme's own port out of Origin; proxies sometimes write it into Host. */
    size_t slen = strlen(scheme), plen = strlen(port);
    return origin.len > slen && memcmp(origin.ptr, scheme, slen) == 0 &&
           host.len == origin.len - slen + plen &&
           memcmp(host.ptr, origin.ptr + slen, origin.len - slen) == 0 &&
           memcmp(host.ptr + host.len - plen, port, plen) == 0;
}

static bool is_own(struct span origin, struct span host)
{
    static const char *const schemes[] = {"http://", "https://"};
    static const char *const ports[] = {":80", ":443"};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (host.len > 0 && origin.len == len + host.len &&
            memcmp(origin.ptr, schemes[i], len) == 0 &&
            memcmp(origin.ptr + len, host.ptr, host.len) == 0)
            return true;
        if (default_port(host, origin, schemes[i], ports[i]))
            return true;
    }
    return false;
}

/* http://localhost and http://127.0.0.1, on any port */
static bool is_local(struct span origin)
{
    static const char *const hosts[] = {"http://localhost", "http://127.0.0.1"};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(hosts[i]);
        if (origin.len < len || memcmp(origin.ptr, hosts[i], len) != 0)
            continue;
        if (origin.len == len)
            return true;
        size_t digits = origin.len - len - 1;
        bool port = origin.ptr[len] == ':' && digits >= 1 && digits <= 5;
        for (size_t k = len + 1; port && k < origin.len; k++)
            port = origin.ptr[k] >= '0' && origin.ptr[k] <= '9';
        if (port)
            return true;
    }
    return false;
}

bool http_origin_allowed(const struct options *o, struct span origin, struct span host)
{
    if (is_own(origin, host))
        return true;
    for (size_t i = 0; i < o->norigins; i++) {
        if (span_is(origin, o->origins[i]))
            return true;
    }
    return o->norigins == 0 && is_local(origin);
}

bool http_meet(struct conn *c)
{
    struct service *s = c->service;

    if (!limits_trusts(s->options, &c->peer))
        return true; /* counted when it was accepted */
    char forwarded[FORWARDED_BYTES_MAX + 1];
    int len = lws_hdr_copy(c->wsi, forwarded, sizeof(forwarded), WSI_TOKEN_X_FORWARDED_FOR);
    struct address visitor =
        limits_visitor(s->options, &c->peer, span_of(forwarded, len > 0 ? (size_t)len : 0));
    /* Proxies add to what their visitor sent: too much of it must free nobody from the limit. */
    bool own = len >= 0 && limits_trusts(s->options, &visitor);
    struct limits_host *host = limits_enter(s->limits, &visitor, own);
    if (host == NULL) {
        s->count.refused_address++;
        return false;
    }
    limits_leave(s->limits, c->host);
    c->host = host;
    return true;
}

/* ---- responses ------------------------------------------------------------------------------- */

struct response {
    unsigned status;
    const char *type; /* NULL: no body */
    struct span body;
    const char *headers; /* lines */
    const char *etag;    /* NULL: none */
    const char *allow;   /* NULL: none */
    const char *origin;  /* to be echoed; NULL: none */
    bool preflight, gzip;
    int64_t retry_ms; /* 0: none */
};

static const char *reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Error";
}

static bool print_response(struct conn *c, const struct response *r, bool close)
{
    struct service *s = c->service;
    struct buf *out = &s->out;
    unsigned char room[LWS_PRE] = {0};

    s->count.http[r->status / 100 % 6]++;
    buf_clear(out);
    buf_add(out, room, sizeof(room));
    buf_printf(out, "HTTP/1.1 %u %s\r\n", r->status, reason(r->status));
    if (r->type != NULL)
        buf_printf(out, "Content-Type: %s\r\n", r->type);
    if (r->status != 204 && r->status != 304)
        buf_printf(out, "Content-Length: %zu\r\n", r->body.len);
    if (r->etag != NULL)
        buf_printf(out, "ETag: %s\r\n", r->etag);
    if (r->allow != NULL)
        buf_printf(out, "Allow: %s\r\n", r->allow);
    if (r->origin != NULL)
        buf_printf(out, "Access-Control-Allow-Origin: %s\r\n", r->origin);
    if (r->preflight)
        buf_adds(out, "Access-Control-Allow-Methods: POST\r\n"
                      "Access-Control-Allow-Headers: Content-Type\r\n"
                      "Access-Control-Max-Age: 600\r\n");
    if (r->retry_ms > 0)
        buf_printf(out, "Retry-After: %lld\r\n", (long long)((r->retry_ms + 999) / 1000));
    if (r->gzip)
        buf_adds(out, "Content-Encoding: gzip\r\n");
    buf_adds(out, r->headers);
    buf_adds(out, "X-Content-Type-Options: nosniff\r\n");
    if (r->headers != form_headers)
        buf_adds(out, "Referrer-Policy: no-referrer\r\n");
    buf_adds(out, close ? "Connection: close\r\n\r\n" : "\r\n");
    if (!c->http_head)
        buf_add(out, r->body.ptr, r->body.len);
    size_t len = out->len - LWS_PRE;
    return lws_write(c->wsi, (unsigned char *)out->ptr + LWS_PRE, len, LWS_WRITE_HTTP) >= 0;
}

static void request_over(struct conn *c)
{
    c->http = HTTP_IDLE;
    c->form = false;
    free(c->origin);
    c->origin = NULL;
    conn_drop_input(c);
}

/* Answers, and makes ready for the next request or has the connection closed. */
static int respond(struct conn *c, const struct response *r)
{
    bool close = c->http_close || c->service->draining;
    bool sent = print_response(c, r, close);

    request_over(c);
    c->heard_ms = c->service->now_ms;
    if (!sent || close) {
        c->closing = true;
        return -1;
    }
    return lws_http_transaction_completed(c->wsi) != 0 ? -1 : 0;
}

static int respond_text(struct conn *c, unsigned status, const char *allow)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%s\n", reason(status));
    struct response r = {.status = status,
                         .type = text_type,
                         .body = span_of(text, (size_t)n),
                         .headers = data_headers,
                         .allow = allow};
    if (status == 426)
        r.headers = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    return respond(c, &r);
}

void http_refuse(struct conn *c, unsigned status, const char *more, const char *text)
{
    struct response r = {
        .status = status, .type = text_type, .body = span_str(text), .headers = more};

    c->closing = true;
    c->http_head = http_header(c, WSI_TOKEN_HEAD_URI).there;
    print_response(c, &r, true);
}

/* ---- POST /ask ------------------------------------------------------------------------------- */

static unsigned status_of(struct printed printed)
{
    if (!printed.error)
        return 200;
    switch (printed.code) {
    case WIRE_RATE_LIMITED:
        return 429;
    case WIRE_BUSY:
    case WIRE_SHUTTING_DOWN:
        return 503;
    case WIRE_OK:
    case WIRE_BAD_JSON:
    case WIRE_BAD_REQUEST:
    case WIRE_UNKNOWN_TYPE:
    case WIRE_EMPTY:
    case WIRE_UNKNOWN_INTENT:
    case WIRE_UNKNOWN_QUESTION:
        return 400;
    }
    return 400;
}

int http_flush(struct conn *c)
{
    struct service *s = c->service;

    if (c->closing || c->wsi == NULL || c->http != HTTP_WAIT || !dialogue_ready(c))
        return 0;
    buf_clear(&s->body);
    struct printed printed = dialogue_print(c, &s->body);
    struct buf page;
    buf_init(&page, 0);
    struct response r = {
        .status = status_of(printed),
        .type = json_type,
        .body = buf_span(&s->body),
        .headers = ask_headers,
        .origin = c->origin,
        .retry_ms = printed.code == WIRE_SHUTTING_DOWN ? 5000 : printed.retry_after_ms,
    };
    if (c->form) {
        pages_print_answer(s, span_of(c->in, c->in_len), buf_span(&s->body), &page);
        r.type = html_type;
        r.body = buf_span(&page);
        r.headers = form_headers;
        r.origin = NULL;
    }
    if (c->rx_off) {
        c->rx_off = false;
        lws_rx_flow_control(c->wsi, 1);
    }
    /* respond() frees the origin only after it was printed. */
    int rc = respond(c, &r);
    buf_release(&page);
    return rc;
}

static int refuse_ask(struct conn *c, unsigned status, const char *why)
{
    struct wire_error e = {.code = WIRE_BAD_REQUEST};

    if (c->form)
        return respond_text(c, status, c->allow);
    snprintf(e.message, sizeof(e.message), "%s", why);
    buf_clear(&c->service->body);
    wire_print_error(&e, &c->service->body);
    struct response r = {.status = status,
                         .type = json_type,
                         .body = buf_span(&c->service->body),
                         .headers = ask_headers,
                         .allow = c->allow,
                         .origin = c->origin};
    return respond(c, &r);
}

static bool hear_form(struct conn *c)
{
    struct buf message;

    buf_init(&message, 0);
    bool known = pages_message(span_of(c->in, c->in_len), &message);
    if (known)
        dialogue_hear(c, buf_span(&message), true);
    buf_release(&message);
    return known;
}

static int ask_body_done(struct conn *c)
{
    c->http = HTTP_WAIT;
    if (!c->form)
        dialogue_hear(c, span_of(c->in, c->in_len), true);
    else if (!hear_form(c))
        return respond_text(c, 400, NULL);
    if (c->flooding)
        c->http_close = true;
    int rc = http_flush(c);
    if (rc == 0 && c->http == HTTP_WAIT) {
        /* A request that comes behind this one would be taken for more of its body. */
        c->rx_off = true;
        lws_rx_flow_control(c->wsi, 0);
    }
    return rc;
}

static bool is_readable(const struct conn *c)
{
    const char *wanted = c->form ? "application/x-www-form-urlencoded" : "application/json";
    struct header type = http_header(c, WSI_TOKEN_HTTP_CONTENT_TYPE);
    size_t len = strlen(wanted);

    return type.len >= len && strncasecmp(type.text, wanted, len) == 0 &&
           memchr("\0; \t", type.text[len], 4) != NULL;
}

/* 0: as it should be. */
static unsigned judge_ask(struct conn *c, enum method method, uint64_t length)
{
    const struct options *o = c->service->options;
    struct header origin = http_header(c, WSI_TOKEN_ORIGIN);
    struct header host = http_header(c, WSI_TOKEN_HOST);

    if (origin.there || origin.too_long) {
        if (!http_origin_allowed(o, header_span(&origin), header_span(&host))) {
            c->service->count.refused_origin++;
            return 403;
        }
        c->origin = mem_strndup(origin.text, origin.len);
    }
    if (method == OPTIONS)
        return 0;
    if (!is_readable(c))
        return 415;
    if (length > WIRE_MESSAGE_BYTES_MAX)
        return 413;
    return http_meet(c) ? 0 : 429;
}

static const char *why_refused(unsigned status)
{
    switch (status) {
    case 403:
        return "this page may not use the chat";
    case 405:
        return "messages come by POST";
    case 413:
        return "a message has at most 16384 bytes";
    case 415:
        return "Content-Type must be application/json";
    case 429:
        return "too many connections of one address";
    default:
        return "bad request";
    }
}

/* ---- routes ---------------------------------------------------------------------------------- */

static int serve_ask(struct conn *c)
{
    /* Only OPTIONS comes here; a POST is answered when its body is there. */
    struct response r = {.status = 204,
                         .headers = ask_headers,
                         .allow = "POST, OPTIONS",
                         .origin = c->origin,
                         .preflight = c->origin != NULL};
    return respond(c, &r);
}

static int serve_health(struct conn *c)
{
    struct buf *body = &c->service->body;
    buf_clear(body);
    bool serving = health_print(c->service, body);
    struct response r = {.status = serving ? 200 : 503,
                         .type = json_type,
                         .body = buf_span(body),
                         .headers = data_headers};
    return respond(c, &r);
}

static int serve_metrics(struct conn *c)
{
    struct buf *body = &c->service->body;
    buf_clear(body);
    health_metrics(c->service, body);
    struct response r = {.status = 200,
                         .type = "text/plain; version=0.0.4; charset=utf-8",
                         .body = buf_span(body),
                         .headers = data_headers};
    return respond(c, &r);
}

static int serve_page(struct conn *c,
                      void (*print)(struct service *, const struct pages_query *, struct buf *))
{
    struct buf *body = &c->service->body;
    struct pages_query query = {.lang = LANG_JA};
    char arg[HTTP_HEADER_MAX];

    for (int i = 0, n = 0; n >= 0; i++) {
        n = lws_hdr_copy_fragment(c->wsi, arg, sizeof(arg), WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n > 0)
            pages_query_take(&query, span_of(arg, (size_t)n));
    }
    buf_clear(body);
    print(c->service, &query, body);
    struct response r = {
        .status = 200, .type = html_type, .body = buf_span(body), .headers = form_headers};
    return respond(c, &r);
}

static int serve_faq(struct conn *c)
{
    return serve_page(c, pages_print_faq);
}

/* A POST is answered when its body is there. */
static int serve_chat(struct conn *c)
{
    return serve_page(c, pages_print_chat);
}

static int serve_upgrade(struct conn *c)
{
    return respond_text(c, 426, NULL);
}

enum where { FOR_VISITORS, FOR_ADMINS };

static const struct route {
    const char *path;
    enum where where;
    unsigned methods;
    const char *allow;
    int (*serve)(struct conn *c);
} routes[] = {
    {"/ask", FOR_VISITORS, POST | OPTIONS, "POST, OPTIONS", serve_ask},
    {"/chat", FOR_VISITORS, GET | HEAD | POST, "GET, HEAD, POST", serve_chat},
    {"/faq", FOR_VISITORS, GET | HEAD, "GET, HEAD", serve_faq},
    {"/ws", FOR_VISITORS, GET | HEAD, "GET, HEAD", serve_upgrade},
    {"/healthz", FOR_ADMINS, GET | HEAD, "GET, HEAD", serve_health},
    {"/metrics", FOR_ADMINS, GET | HEAD, "GET, HEAD", serve_metrics},
};

static bool served_here(const struct conn *c, enum where where)
{
    switch (where) {
    case FOR_VISITORS:
        return !c->admin;
    case FOR_ADMINS:
        return c->admin || c->service->config.admin_here;
    }
    return false;
}

static const struct route *find_route(const struct conn *c, const struct header *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(path->text, routes[i].path) == 0)
            return served_here(c, routes[i].where) ? &routes[i] : NULL;
    }
    return NULL;
}

static const struct asset *find_asset(const struct conn *c, const struct header *path)
{
    for (size_t i = 0; !c->admin && i < nassets; i++) {
        if (strcmp(path->text, assets[i].path) == 0)
            return &assets[i];
    }
    return NULL;
}

static bool etag_known(const struct conn *c, const char *etag)
{
    struct header known = http_header(c, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    return known.there && (strcmp(known.text, "*") == 0 || strstr(known.text, etag) != NULL);
}

static bool accepts_gzip(const struct conn *c)
{
    struct header coding = http_header(c, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
    const char *at = strcasestr(coding.text, "gzip");
    return at != NULL && strncmp(at + 4, ";q=0", 4) != 0;
}

static int serve_asset(struct conn *c, const struct asset *a)
{
    bool page = strncmp(a->type, "text/html", 9) == 0;
    struct response r = {.status = 200,
                         .type = a->type,
                         .body = span_of((const char *)a->bytes, a->len),
                         .headers = page ? page_headers : widget_headers,
                         .etag = a->etag};
    if (accepts_gzip(c)) {
        r.body = span_of((const char *)a->gzip, a->gzip_len);
        r.etag = a->gzip_etag;
        r.gzip = true;
    }
    if (etag_known(c, r.etag)) {
        r.gzip = false;
        r.status = 304;
        r.type = NULL;
        r.body = span_of(NULL, 0);
    }
    return respond(c, &r);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* False: no number, or several. */
static bool content_length(const struct conn *c, bool *there, uint64_t *ret)
{
    struct header h = http_header(c, WSI_TOKEN_HTTP_CONTENT_LENGTH);

    *there = h.there;
    *ret = 0;
    if (h.too_long || h.len > 15)
        return false;
    for (size_t i = 0; i < h.len; i++) {
        if (h.text[i] < '0' || h.text[i] > '9')
            return false;
        *ret = *ret * 10 + (uint64_t)(h.text[i] - '0');
    }
    return true;
}

static bool is_http_1_1(const struct conn *c)
{
    struct header version = http_header(c, WSI_TOKEN_HTTP);
    return strcmp(version.text, "HTTP/1.1") == 0;
}

static bool wants_close(const struct conn *c)
{
    struct header connection = http_header(c, WSI_TOKEN_CONNECTION);
    return !is_http_1_1(c) || strcasestr(connection.text, "close") != NULL || connection.too_long;
}

static int close_after(struct conn *c, unsigned status)
{
    c->http_close = true;
    return respond_text(c, status, NULL);
}

/* Its body is read first; http_body_done() then answers. */
static int refuse_later(struct conn *c, unsigned status, uint64_t length)
{
    if (length > CONN_SWALLOW_BYTES_MAX) {
        c->http_close = true;
        return status == 413 ? refuse_ask(c, status, why_refused(status))
                             : respond_text(c, status, c->allow);
    }
    c->http = HTTP_SWALLOW;
    c->refusal = status;
    return 0;
}

int http_request(struct conn *c)
{
    struct header path, host = http_header(c, WSI_TOKEN_HOST);
    struct header coding = http_header(c, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
    uint64_t length;
    bool sized;
    enum method method = method_of(c, &path);

    if (c->closing)
        return -1;
    c->heard_ms = c->service->now_ms;
    c->http_close = wants_close(c);
    c->http_head = method == HEAD;
    c->http_got = 0;
    c->form = false;
    c->allow = NULL;
    bool valid = content_length(c, &sized, &length);
    if (!valid || host.too_long || memchr(host.text, ',', host.len) != NULL ||
        (!host.there && is_http_1_1(c)))
        return close_after(c, 400);
    if (method == OTHER && !sized)
        c->http_close = true; /* of a PUT, too, lws expects 100 MB */
    if (coding.there || coding.too_long || (method == POST && !sized))
        return close_after(c, 411);

    const struct route *route = find_route(c, &path);
    const struct asset *asset = route == NULL ? find_asset(c, &path) : NULL;
    unsigned methods = route != NULL ? route->methods : asset != NULL ? GET | HEAD : 0;
    unsigned status = 0;
    if (methods == 0) {
        status = 404;
    } else if ((methods & (unsigned)method) == 0) {
        status = 405;
        c->allow = route != NULL ? route->allow : "GET, HEAD";
    } else if (method == POST || method == OPTIONS) {
        c->form = route != NULL && route->serve == serve_chat;
        status = judge_ask(c, method, length);
    }
    bool body = length > 0 || (method == POST && sized);
    if (body && status == 0 && method != POST)
        status = 400; /* a GET with a body is somebody's trick */
    if (body && status != 0)
        return refuse_later(c, status, length);
    if (body) {
        c->http = HTTP_COLLECT;
        return 0;
    }
    if (status != 0)
        return methods & POST ? refuse_ask(c, status, why_refused(status))
                              : respond_text(c, status, c->allow);
    return route != NULL ? route->serve(c) : serve_asset(c, asset);
}

/* True for the beginning of a request, however little of it there is: no message begins like that,
 * and of a body that is refused anyway nobody cares. */
static bool begins_like_a_head(const char *bytes, size_t len)
{
    static const char *const methods[] = {"GET ", "HEAD ",  "POST ",   "OPTIONS ",
                                          "PUT ", "PATCH ", "DELETE ", "CONNECT "};

    while (len > 0 && memchr("\r\n\t ", bytes[0], 4) != NULL) {
        bytes++;
        len--;
    }
    for (size_t i = 0; len > 0 && i < sizeof(methods) / sizeof(methods[0]); i++) {
        size_t whole = strlen(methods[i]);
        if (strncasecmp(bytes, methods[i], len < whole ? len : whole) == 0)
            return true;
    }
    return false;
}

int http_body(struct conn *c, const char *bytes, size_t len)
{
    if (c->closing)
        return -1;
    bool first = c->http_got == 0;
    c->http_got += len;
    if (first && begins_like_a_head(bytes, len)) { /* the head once more: see above */
        c->http_close = true;
        return c->http == HTTP_SWALLOW ? respond_text(c, c->refusal, c->allow) : -1;
    }
    if (c->http == HTTP_COLLECT && len > 0 &&
        !conn_add_input(c, bytes, len, WIRE_MESSAGE_BYTES_MAX))
        return -1; /* more than was announced */
    return 0;
}

int http_body_done(struct conn *c)
{
    if (c->closing)
        return -1;
    switch (c->http) {
    case HTTP_COLLECT:
        return ask_body_done(c);
    case HTTP_SWALLOW:
        if (c->refusal == 400)
            c->http_close = true;
        if (c->refusal == 404 || c->refusal == 405 || c->refusal == 400)
            return respond_text(c, c->refusal, c->allow);
        return refuse_ask(c, c->refusal, why_refused(c->refusal));
    case HTTP_IDLE:
    case HTTP_WAIT:
        return 0;
    }
    return 0;
}

void http_tick(struct conn *c)
{
    /* lws times each read of a body on its own: whoever drips would stay for ever. */
    bool open = c->http == HTTP_COLLECT || c->http == HTTP_SWALLOW;
    if (!c->closing && open && c->service->now_ms - c->heard_ms >= CONN_REQUEST_MS) {
        c->service->count.closed_idle++;
        conn_kill(c);
    }
}

/*
 * net/gate.c - who may become a WebSocket connection
 *
 * Called from LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, whose `in` must not be touched: after an upgrade
 * that lws does not know, it points into freed memory (CVE-2025-11677), and lws has then already
 * answered 403 itself, so that a second answer would be taken for the next request's. lws looks at
 * the first Upgrade header alone; so do we to find that case, and at all of them to judge.
 */
#include "net/gate.h"

#include "net/http.h"

#include <libwebsockets.h>
#include <strings.h>

enum { PROTOCOLS_BYTES_MAX = 120 }; /* lws drops longer ones without an answer */

static bool first_upgrade_is(const struct conn *c, const char *name)
{
    char text[32];
    int n = lws_hdr_copy_fragment(c->wsi, text, sizeof(text), WSI_TOKEN_UPGRADE, 0);
    return n > 0 && strcasecmp(text, name) == 0;
}

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           memchr("!#$%&'*+-.^_`|~", c, 15) != NULL;
}

/* One part of a comma separated list; false at its end. */
static bool list_next(struct span *rest, struct span *ret)
{
    if (rest->ptr == NULL)
        return false;
    const char *comma = memchr(rest->ptr, ',', rest->len);
    size_t len = comma != NULL ? (size_t)(comma - rest->ptr) : rest->len;
    struct span part = span_of(rest->ptr, len);
    *rest = comma != NULL ? span_of(comma + 1, rest->len - len - 1) : span_of(NULL, 0);
    *ret = span_trim(part);
    return true;
}

static bool lists_upgrade(const struct header *h)
{
    struct span rest = header_span(h), part;
    while (list_next(&rest, &part)) {
        if (part.len == 7 && strncasecmp(part.ptr, "upgrade", 7) == 0)
            return true;
    }
    return false;
}

/* 16 bytes in base64. */
static bool is_key(const struct header *h)
{
    if (h->len != 24 || strcmp(h->text + 22, "==") != 0)
        return false;
    for (size_t i = 0; i < 22; i++) {
        char c = h->text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    return true;
}

/* True if none is offered, or ours is among them. */
static bool protocols_fit(const struct header *h)
{
    bool ours = false;
    struct span rest = header_span(h), part;

    if (!h->there)
        return true;
    if (h->len > PROTOCOLS_BYTES_MAX)
        return false;
    while (list_next(&rest, &part)) {
        if (part.len == 0)
            return false;
        for (size_t i = 0; i < part.len; i++) {
            if (!is_token(part.ptr[i]))
                return false;
        }
        ours = ours || span_is(part, "faq.v1");
    }
    return ours;
}

static bool has_body(const struct conn *c)
{
    struct header length = http_header(c, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    struct header coding = http_header(c, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
    return length.too_long || coding.there || coding.too_long ||
           (length.there && strcmp(length.text, "0") != 0);
}

struct refusal {
    unsigned status; /* 0: none */
    const char *more, *text;
};

static struct refusal judge_request(const struct conn *c)
{
    struct header upgrade = http_header(c, WSI_TOKEN_UPGRADE);
    struct header path = http_header(c, WSI_TOKEN_GET_URI);
    struct header version = http_header(c, WSI_TOKEN_HTTP);

    if (strcasecmp(upgrade.text, "websocket") != 0)
        return (struct refusal){400, "", "only Upgrade: websocket is possible\n"};
    if (!path.there && !path.too_long)
        return (struct refusal){405, "Allow: GET\r\n", "a WebSocket begins with GET\n"};
    if (c->admin || strcmp(path.text, "/ws") != 0)
        return (struct refusal){404, "", "the WebSocket is at /ws\n"};
    if (strcmp(version.text, "HTTP/1.1") != 0)
        return (struct refusal){400, "", "a WebSocket needs HTTP/1.1\n"};
    if (has_body(c))
        return (struct refusal){400, "", "a WebSocket begins without a body\n"};
    return (struct refusal){0};
}

static struct refusal judge_handshake(const struct conn *c)
{
    struct header host = http_header(c, WSI_TOKEN_HOST);
    struct header connection = http_header(c, WSI_TOKEN_CONNECTION);
    struct header version = http_header(c, WSI_TOKEN_VERSION);
    struct header key = http_header(c, WSI_TOKEN_KEY);
    struct header protocols = http_header(c, WSI_TOKEN_PROTOCOL);

    if (!host.there || memchr(host.text, ',', host.len) != NULL)
        return (struct refusal){400, "", "exactly one Host is needed\n"};
    if (!connection.there || connection.len > PROTOCOLS_BYTES_MAX || !lists_upgrade(&connection))
        return (struct refusal){400, "", "Connection: Upgrade is missing\n"};
    if (strcmp(version.text, "13") != 0)
        return (struct refusal){426, "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n",
                                "only version 13 is spoken\n"};
    if (!is_key(&key))
        return (struct refusal){400, "", "Sec-WebSocket-Key is not valid\n"};
    if (protocols.too_long || !protocols_fit(&protocols))
        return (struct refusal){400, "", "only the subprotocol faq.v1 is spoken\n"};
    return (struct refusal){0};
}

static struct refusal judge_origin(struct conn *c)
{
    struct service *s = c->service;
    struct header origin = http_header(c, WSI_TOKEN_ORIGIN);
    struct header host = http_header(c, WSI_TOKEN_HOST);

    bool allowed = origin.there
                       ? http_origin_allowed(s->options, header_span(&origin), header_span(&host))
                       : !origin.too_long && !s->options->origin_required;
    if (allowed)
        return (struct refusal){0};
    s->count.refused_origin++;
    return (struct refusal){403, "", "this page may not use the chat\n"};
}

int gate_check(struct conn *c)
{
    if (!first_upgrade_is(c, "websocket") && !first_upgrade_is(c, "h2c"))
        return -1; /* lws has answered */

    struct refusal r = judge_request(c);
    if (r.status == 0)
        r = judge_handshake(c);
    if (r.status == 0)
        r = judge_origin(c);
    if (r.status == 0 && c->service->draining)
        r = (struct refusal){503, "Retry-After: 5\r\n", "this node is going down\n"};
    if (r.status == 0 && !http_meet(c))
        r = (struct refusal){429, "Retry-After: 5\r\n", "too many connections of one address\n"};
    if (r.status == 0)
        return 0;
    c->service->count.refused_gate++;
    http_refuse(c, r.status, r.more, r.text);
    return -1;
}

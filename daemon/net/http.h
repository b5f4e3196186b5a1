/*
 * net/http.h - plain HTTP: the demo page and the widget's files, /chat and /faq, POST /ask,
 * /healthz, /metrics
 *
 * Functions that return int are for lws callbacks: -1 asks lws to close the connection.
 */
#ifndef FAQD_NET_HTTP_H
#define FAQD_NET_HTTP_H

#include "net/conn.h"

int http_request(struct conn *c);
int http_body(struct conn *c, const char *bytes, size_t len);
int http_body_done(struct conn *c);
/* POST /ask: sends the answer, if it is ready. */
int http_flush(struct conn *c);
void http_tick(struct conn *c);

/* A whole response with a short text, for a connection that is closed afterwards. `more` are
 * header lines ("A: b\r\n"), "" for none. */
void http_refuse(struct conn *c, unsigned status, const char *more, const char *text);

enum { HTTP_HEADER_MAX = 512 };
struct header {
    char text[HTTP_HEADER_MAX]; /* "" if it is missing or too long */
    size_t len;
    bool there, too_long;
};
/* Copies a header; several of one name are joined by commas. */
struct header http_header(const struct conn *c, int token);
static inline struct span header_span(const struct header *h)
{
    return span_of(h->text, h->len);
}

/* The rules of who may talk to us from which page; `host` is the request's Host. */
bool http_origin_allowed(const struct options *o, struct span origin, struct span host);

/* Counts a connection under the address that a trusted proxy names for this request; false: that
 * address has too many. */
bool http_meet(struct conn *c);

#endif

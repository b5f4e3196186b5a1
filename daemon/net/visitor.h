/*
 * net/visitor.h - a WebSocket connection: frames to messages, answers to frames
 *
 * Functions that return int are for lws callbacks: -1 asks lws to close the connection.
 */
#ifndef FAQD_NET_VISITOR_H
#define FAQD_NET_VISITOR_H

#include "net/conn.h"

void visitor_open(struct conn *c);
int visitor_receive(struct conn *c, const char *bytes, size_t len);
void visitor_pong(struct conn *c);
int visitor_writeable(struct conn *c);
int visitor_peer_closes(struct conn *c, const unsigned char *payload, size_t len);

/* Sends what is ready, as far as the socket takes it. */
int visitor_flush(struct conn *c);
/* Says good-bye as soon as nothing waits any more. */
void visitor_leave(struct conn *c);
/* Pings who is quiet, cuts who is gone or does not read. */
void visitor_tick(struct conn *c);

#endif

/*
 * net/gate.h - who may become a WebSocket connection
 *
 * lws 4.1 itself looks at nothing but the presence of a key. Called for each request with an
 * Upgrade header; 0 lets it in, -1 closes (a status was sent).
 */
#ifndef FAQD_NET_GATE_H
#define FAQD_NET_GATE_H

#include "net/conn.h"

int gate_check(struct conn *c);

#endif

/*
 * net/health.h - how we are: /healthz for people and load balancers, /metrics for Prometheus
 */
#ifndef FAQD_NET_HEALTH_H
#define FAQD_NET_HEALTH_H

#include "net/conn.h"

/* Prints a JSON object; false: draining, send nobody here any more. */
bool health_print(struct service *s, struct buf *out);
/* Prometheus' text format. */
void health_metrics(struct service *s, struct buf *out);

#endif

/*
 * net/address.h - addresses of peers, networks of proxies, and where to listen
 */
#ifndef FAQD_NET_ADDRESS_H
#define FAQD_NET_ADDRESS_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

/* IPv6; an IPv4 address is mapped (::ffff:a.b.c.d). All zero: unknown. */
struct address {
    unsigned char bytes[16];
};

enum { ADDRESS_TEXT_MAX = 46 }; /* with its NUL */

/* The other end of a connected socket; all zero if the system does not say. */
struct address address_of_peer(int fd);
/* "192.0.2.1", "2001:db8::1", also with brackets; false for anything else. */
bool address_parse(struct span s, struct address *ret);
void address_print(const struct address *a, char out[ADDRESS_TEXT_MAX]);
bool address_is_loopback(const struct address *a);

/* What limits count by: whoever has one IPv6 address has 2^64 of them. */
struct address address_key(const struct address *a);

/* "10.0.0.0/8", "::1" */
struct network {
    struct address base;
    unsigned bits; /* of 128 */
};
bool network_parse(struct span s, struct network *ret);
bool network_holds(const struct network *n, const struct address *a);

/* HOST:PORT, [IPV6]:PORT */
struct endpoint {
    char host[256]; /* as given, without brackets */
    uint16_t port;  /* 0: any */
};
bool endpoint_parse(struct span s, struct endpoint *ret);
/* "127.0.0.1:8080", "[::1]:8080" */
void endpoint_print(const struct endpoint *e, char out[300]);

/* Resolves, binds and listens. The socket does not block; *retport is the port it got. */
enum errc endpoint_listen(const struct endpoint *e, int *retfd, uint16_t *retport,
                          bool *retloopback, struct err *reterr) MUST_CHECK;

#endif

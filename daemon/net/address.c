#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024, /* the system cuts it to what it allows */
    MAPPED_BITS = 96,
    ADDRESS_BITS = 128,
};

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct address from_v4(const void *four)
{
    struct address a;
    memcpy(a.bytes, mapped, sizeof(mapped));
    memcpy(a.bytes + sizeof(mapped), four, 4);
    return a;
}

static struct address from_sockaddr(const struct sockaddr_storage *sa)
{
    struct address a = {{0}};
    if (sa->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        return from_v4(&in.sin_addr);
    }
    if (sa->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        memcpy(a.bytes, &in6.sin6_addr, sizeof(a.bytes));
    }
    return a;
}

static bool is_v4(const struct address *a)
{
    return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

struct address address_of_peer(int fd)
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    if (getpeername(fd, (struct sockaddr *)&sa, &len) != 0)
        return (struct address){{0}};
    return from_sockaddr(&sa);
}

bool address_parse(struct span s, struct address *ret)
{
    char text[ADDRESS_TEXT_MAX];
    unsigned char raw[16];

    if (s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        s = span_of(s.ptr + 1, s.len - 2);
    if (s.len == 0 || s.len >= sizeof(text) || memchr(s.ptr, '\0', s.len) != NULL)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    if (inet_pton(AF_INET, text, raw) == 1) {
        *ret = from_v4(raw);
        return true;
    }
    if (inet_pton(AF_INET6, text, raw) == 1) {
        memcpy(ret->bytes, raw, sizeof(raw));
        return true;
    }
    return false;
}

void address_print(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    if (is_v4(a))
        inet_ntop(AF_INET, a->bytes + sizeof(mapped), out, ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
}

bool address_is_loopback(const struct address *a)
{
    static const unsigned char one[16] = {[15] = 1};
    if (is_v4(a))
        return a->bytes[12] == 127;
    return memcmp(a->bytes, one, sizeof(one)) == 0;
}

struct address address_key(const struct address *a)
{
    struct address key = *a;
    if (!is_v4(a))
        memset(key.bytes + 8, 0, 8);
    return key;
}

bool network_parse(struct span s, struct network *ret)
{
    const char *slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
    struct span host = slash != NULL ? span_of(s.ptr, (size_t)(slash - s.ptr)) : s;

    if (!address_parse(host, &ret->base))
        return false;
    ret->bits = ADDRESS_BITS;
    if (slash == NULL)
        return true;
    unsigned bits = 0;
    const char *end = s.ptr + s.len;
    if (slash + 1 == end || end - slash > 4)
        return false;
    for (const char *p = slash + 1; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        bits = bits * 10 + (unsigned)(*p - '0');
    }
    bool v4 = is_v4(&ret->base);
    if (bits > (v4 ? 32u : 128u))
        return false;
    ret->bits = v4 ? MAPPED_BITS + bits : bits;
    return true;
}

bool network_holds(const struct network *n, const struct address *a)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->base.bytes, a->bytes, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return ((n->base.bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

bool endpoint_parse(struct span s, struct endpoint *ret)
{
    size_t colon = s.len;
    while (colon > 0 && s.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    struct span host = span_of(s.ptr, colon - 1);
    struct span port = span_of(s.ptr + colon, s.len - colon);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = span_of(host.ptr + 1, host.len - 2);
    else if (memchr(host.ptr, ':', host.len) != NULL || memchr(host.ptr, '[', host.len) != NULL)
        return false; /* an IPv6 address without brackets: where does the port begin? */
    if (host.len == 0 || host.len >= sizeof(ret->host) || port.len == 0 || port.len > 5)
        return false;
    unsigned long number = 0;
    for (size_t i = 0; i < port.len; i++) {
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
        number = number * 10 + (unsigned long)(port.ptr[i] - '0');
    }
    if (number > 65535)
        return false;
    memcpy(ret->host, host.ptr, host.len);
    ret->host[host.len] = '\0';
    ret->port = (uint16_t)number;
    return true;
}

void endpoint_print(const struct endpoint *e, char out[300])
{
    const char *form = strchr(e->host, ':') != NULL ? "[%s]:%u" : "%s:%u";
    snprintf(out, 300, form, e->host, (unsigned)e->port);
}

static int open_one(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* A restart must not wait for connections of the one before to be forgotten. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

enum errc endpoint_listen(const struct endpoint *e, int *retfd, uint16_t *retport,
                          bool *retloopback, struct err *reterr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *all = NULL;
    char port[8], name[300];

    endpoint_print(e, name);
    snprintf(port, sizeof(port), "%u", (unsigned)e->port);
    int rc = getaddrinfo(e->host, port, &hints, &all);
    if (rc != 0)
        return err_set(reterr, ERR_IO, "cannot listen on %s: %s", name, gai_strerror(rc));

    int fd = -1;
    for (const struct addrinfo *i = all; fd < 0 && i != NULL; i = i->ai_next)
        fd = open_one(i);
    int why = errno;
    freeaddrinfo(all);
    if (fd < 0)
        return err_set(reterr, ERR_IO, "cannot listen on %s: %s", name, strerror(why));

    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0) {
        why = errno;
        close(fd);
        return err_set(reterr, ERR_IO, "cannot listen on %s: %s", name, strerror(why));
    }
    struct address own = from_sockaddr(&sa);
    if (sa.ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &sa, sizeof(in));
        *retport = ntohs(in.sin_port);
    } else {
        struct sockaddr_in6 in6;
        memcpy(&in6, &sa, sizeof(in6));
        *retport = ntohs(in6.sin6_port);
    }
    *retloopback = address_is_loopback(&own);
    *retfd = fd;
    return ERR_OK;
}

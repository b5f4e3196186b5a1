#include "net/limits.h"

#include "base/mem.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    CHAINS = 16384, /* a power of two */
    SWEEP_CHAINS = CHAINS / 16,
    WAIT_MS_MAX = 24 * 60 * 60 * 1000, /* a rate near nothing: more is no number of ms at all */
};

struct limits_host {
    struct limits_host *next;
    struct address key;
    uint32_t connections;
    struct bucket shared, post;
};

struct limits {
    double rate, burst; /* 0: no limit */
    int64_t per_address;
    unsigned char secret[crypto_shorthash_KEYBYTES]; /* or somebody fills one chain */
    size_t nhosts, sweep;
    struct limits_host crowd; /* whoever comes when all entries are taken */
    struct limits_host *chains[CHAINS];
};

struct limits *limits_new(const struct options *o)
{
    struct limits *l = mem_zalloc(sizeof(*l));
    l->per_address = o->connections_per_address;
    l->rate = o->messages_per_second;
    /* Without a burst not even one message could pass. */
    l->burst = o->message_burst > 0 ? (double)o->message_burst : INFINITY;
    crypto_shorthash_keygen(l->secret);
    return l;
}

void limits_free(struct limits *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < CHAINS; i++) {
        while (l->chains[i] != NULL) {
            struct limits_host *h = l->chains[i];
            l->chains[i] = h->next;
            free(h);
        }
    }
    free(l);
}

/* ---- buckets --------------------------------------------------------------------------------- */

static void leak(struct bucket *b, double rate, int64_t now_ms)
{
    b->level -= (double)(now_ms - b->at_ms) / 1000 * rate;
    if (b->level < 0)
        b->level = 0;
    b->at_ms = now_ms;
}

/* 0 and one message more in it, or how long until there is room. */
static int64_t pour(struct bucket *b, double rate, double burst, int64_t now_ms)
{
    leak(b, rate, now_ms);
    if (b->level + 1 <= burst) {
        b->level += 1;
        return 0;
    }
    return (int64_t)fmin(ceil((b->level + 1 - burst) / rate * 1000), WAIT_MS_MAX);
}

int64_t limits_message(struct limits *l, struct limits_host *h, struct bucket *conn, int64_t now_ms)
{
    if (l->rate <= 0 || isinf(l->burst))
        return 0;
    if (conn == NULL)
        return pour(&h->post, l->rate, l->burst, now_ms);
    int64_t wait = pour(conn, l->rate, l->burst, now_ms);
    if (wait == 0)
        wait = pour(&h->shared, l->rate * LIMITS_SHARE, l->burst * LIMITS_SHARE, now_ms);
    return wait;
}

bool limits_refused(struct limits *l, struct bucket *refusals, int64_t now_ms)
{
    leak(refusals, l->rate, now_ms);
    refusals->level += 1;
    return refusals->level > LIMITS_REFUSALS_MAX;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static struct limits_host **chain_of(struct limits *l, const struct address *key)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t n;
    crypto_shorthash(hash, key->bytes, sizeof(key->bytes), l->secret);
    memcpy(&n, hash, sizeof(n));
    return &l->chains[n % CHAINS];
}

static struct limits_host *host_of(struct limits *l, const struct address *a)
{
    struct address key = address_key(a);
    struct limits_host **chain = chain_of(l, &key);

    for (struct limits_host *h = *chain; h != NULL; h = h->next) {
        if (memcmp(&h->key, &key, sizeof(key)) == 0)
            return h;
    }
    if (l->nhosts == LIMITS_HOSTS_MAX)
        return &l->crowd;
    struct limits_host *h = mem_zalloc(sizeof(*h));
    h->key = key;
    h->next = *chain;
    *chain = h;
    l->nhosts++;
    return h;
}

struct limits_host *limits_enter(struct limits *l, const struct address *a, bool exempt)
{
    struct limits_host *h = host_of(l, a);
    if (!exempt && l->per_address > 0 && h->connections >= l->per_address && h != &l->crowd)
        return NULL;
    h->connections++;
    return h;
}

void limits_leave(struct limits *l, struct limits_host *h)
{
    (void)l; /* the sweep frees it: its buckets may still hold something */
    if (h != NULL)
        h->connections--;
}

void limits_sweep(struct limits *l, int64_t now_ms)
{
    for (size_t i = 0; i < SWEEP_CHAINS; i++) {
        struct limits_host **at = &l->chains[l->sweep];
        l->sweep = (l->sweep + 1) % CHAINS;
        while (*at != NULL) {
            struct limits_host *h = *at;
            leak(&h->shared, l->rate * LIMITS_SHARE, now_ms);
            leak(&h->post, l->rate, now_ms);
            if (h->connections == 0 && h->shared.level <= 0 && h->post.level <= 0) {
                *at = h->next;
                free(h);
                l->nhosts--;
            } else {
                at = &h->next;
            }
        }
    }
}

/* ---- behind proxies -------------------------------------------------------------------------- */

bool limits_trusts(const struct options *o, const struct address *a)
{
    for (size_t i = 0; i < o->nproxies; i++) {
        if (network_holds(&o->proxies[i], a))
            return true;
    }
    return false;
}

struct address limits_visitor(const struct options *o, const struct address *peer,
                              struct span forwarded)
{
    struct address at = *peer;

    /* From the right: each hop was added by the one before, which must be one of ours. */
    while (forwarded.len > 0 && limits_trusts(o, &at)) {
        size_t from = forwarded.len;
        while (from > 0 && forwarded.ptr[from - 1] != ',')
            from--;
        struct address hop;
        if (!address_parse(span_trim(span_of(forwarded.ptr + from, forwarded.len - from)), &hop))
            break;
        at = hop;
        forwarded.len = from > 0 ? from - 1 : 0;
    }
    return at;
}

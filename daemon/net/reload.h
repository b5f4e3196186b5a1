/*
 * net/reload.h - new content while serving: built beside, swapped whole, or not at all
 *
 * A thread of low priority waits for requests. Those that come during a build become one more
 * build. Content that has errors changes nothing: they go to stderr, and /healthz says so.
 */
#ifndef FAQD_NET_RELOAD_H
#define FAQD_NET_RELOAD_H

#include "core/corpus.h"
#include "net/options.h"

struct reload;
struct service;

/* Reads and builds the content; diagnostics go to stderr. NULL if there are errors; *reterr is
 * then one line about them. */
struct corpus *reload_build(const struct options *o, struct err *reterr) MUST_CHECK;

/* `current` is what is being served; a reference is taken. */
enum errc reload_start(const struct options *o, struct corpus *current, struct reload **ret,
                       struct err *reterr) MUST_CHECK;
/* Where new content goes. Before the first request. */
void reload_attach(struct reload *r, struct service *s);
void reload_request(struct reload *r); /* any thread */
/* Waits for a build that is running, but not for long. False: it goes on, and whatever it uses must
 * stay. NULL is fine. Before the service is freed. */
bool reload_stop(struct reload *r) MUST_CHECK;

struct reload_view {
    uint64_t done, failed;
    bool last_failed;
    char last_error[256]; /* of the last one, if it failed */
    int64_t last_ms;      /* wall clock; 0: never */
    char revision[20];    /* of what is being served */
    struct corpus_stats stats;
};
void reload_view(struct reload *r, struct reload_view *ret); /* any thread */

#endif

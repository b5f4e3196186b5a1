/*
 * net/options.h - flags, --set and the configuration file, from one table
 *
 * A key's value comes from its flag, else from --set, else from the file, else it is the default;
 * among equals the last one wins. All that is wrong is found in one run and says where it stands.
 */
#ifndef FAQD_NET_OPTIONS_H
#define FAQD_NET_OPTIONS_H

#include "base/err.h"
#include "net/address.h"

#include <stdio.h>

struct options {
    char *content, *store, *cache_dir; /* cache_dir: NULL = none */
    bool cache_given;
    struct endpoint listen, admin; /* admin.host "": not given */
    int64_t workers;
    char **origins; /* exact, e.g. "https://www.example.jp" */
    size_t norigins;
    bool origin_required;
    struct network *proxies;
    size_t nproxies;
    int64_t connections, connections_per_address, message_burst, idle_timeout_ms; /* 0: no limit */
    double messages_per_second;                                                   /* 0: no limit */
    int64_t max_wait_ms, retention_days;
    double answer_at, choose_at; /* negative: those of the build */
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_USAGE, /* `diags` says why */
};

enum options_result options_read(struct options *o, int argc, char *const argv[],
                                 struct diags *diags) MUST_CHECK;
void options_release(struct options *o); /* also after OPTIONS_USAGE */
void options_help(FILE *out);

#endif

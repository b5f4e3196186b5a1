/*
 * net/assets.h - the files that lie inside the binary: widget, demo page, later the console
 *
 * The table is generated from web-widget/ when the daemon is built (net/assets.cmake).
 */
#ifndef FAQD_NET_ASSETS_H
#define FAQD_NET_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path; /* in HTTP: "/widget.js"; the demo page is "/" */
    const char *type; /* Content-Type */
    const unsigned char *bytes;
    size_t len;
    const char *etag;          /* with its quotes: changes with the bytes */
    const unsigned char *gzip; /* the same, compressed */
    size_t gzip_len;
    const char *gzip_etag;
};

extern const struct asset assets[];
extern const size_t nassets;

#endif

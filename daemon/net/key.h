/*
 * net/key.h - the key that signs dialogues, kept beside the database
 */
#ifndef FAQD_NET_KEY_H
#define FAQD_NET_KEY_H

#include "base/err.h"
#include "core/session.h"

/* Reads `<path>.key`, or creates it (0600, whole or not at all) with a random key. */
enum errc key_open(const char *path, unsigned char ret[SESSION_KEY_BYTES],
                   struct err *reterr) MUST_CHECK;

#endif

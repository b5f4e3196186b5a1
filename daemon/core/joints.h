/*
 * core/joints.h - two topics in one message; for core/decide.c
 */
#ifndef FAQD_CORE_JOINTS_H
#define FAQD_CORE_JOINTS_H

#include "core/decide.h"

/* A second topic that a message asks about as clearly as about `best`, on the other side of a joint
 * ("and", "also", the end of a question): by a keyword line of its own, or because each part is a
 * question by itself. -1: none. */
int32_t joints_second(const struct corpus *c, struct match_scratch *s, const struct text *text,
                      const struct match *m, const struct ranking *r, const struct candidate *best);

#endif

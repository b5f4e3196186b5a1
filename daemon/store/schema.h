/*
 * store/schema.h - the tables, as the steps that lead to them
 *
 * `PRAGMA user_version` counts the steps that a file has been through. A step that was ever
 * shipped is never changed; what must change becomes a further step.
 */
#ifndef FAQD_STORE_SCHEMA_H
#define FAQD_STORE_SCHEMA_H

#include <stddef.h>

/* Written into the file's header ("FAQD"), so that the database of another program is recognised
 * before anything is written to it. */
enum { SCHEMA_APPLICATION_ID = 0x46415144 };

extern const char *const schema_steps[];
extern const size_t schema_nsteps;

#endif

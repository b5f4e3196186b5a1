/* store/sqlite.h - the store in one SQLite file; see store.h */
#ifndef FAQD_STORE_SQLITE_H
#define FAQD_STORE_SQLITE_H

#include "store/store.h"

enum errc store_sqlite_open(const char *path, enum store_mode mode, struct store **ret,
                            struct err *reterr) MUST_CHECK;

#endif

/* A directory of its own for each test, and records to put into it. */
#ifndef FAQD_TESTS_STORE_FIXTURE_H
#define FAQD_TESTS_STORE_FIXTURE_H

#include "base/mem.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1790000000000) /* 2026-09-21 in Tokyo */

struct fixture {
    char dir[64];
    char path[96]; /* of the database */
    char url[128];
};

static inline int fixture_make(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    strcpy(f->dir, "/tmp/faqd-store-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/log.db", f->dir);
    snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
    *state = f;
    return 0;
}

static inline int fixture_remove(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static inline struct store *open_good(const struct fixture *f, enum store_mode mode)
{
    struct store *s = NULL;
    struct err err = {.code = ERR_OK};
    if (store_open(f->url, mode, &s, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return s;
}

/* Fails to open, for a reason that holds `part`. */
static inline void open_bad(const struct fixture *f, enum store_mode mode, enum errc code,
                            const char *part)
{
    struct store *s = NULL;
    struct err err = {.code = ERR_OK};
    enum errc got = store_open(f->url, mode, &s, &err);
    if (got != code || s != NULL || strstr(err.text, part) == NULL)
        fail_msg("expected %d and '%s', got %d and '%s'", (int)code, part, (int)got, err.text);
    assert_non_null(strstr(err.text, f->path));
}

static inline struct record record_of(const char *session, const char *client_id, const char *text)
{
    struct record r = {.asked_at_ms = NOW_MS, .outcome = OUTCOME_ANSWER, .confidence = 0.9};
    snprintf(r.session, sizeof(r.session), "%s", session);
    snprintf(r.client_id, sizeof(r.client_id), "%s", client_id);
    snprintf(r.text, sizeof(r.text), "%s", text);
    snprintf(r.core, sizeof(r.core), "%s", text);
    strcpy(r.lang, "ja");
    strcpy(r.page, "https://clinic.example/faq");
    strcpy(r.intent, "v6-option");
    strcpy(r.revision, "0123456789abcdef");
    return r;
}

static inline struct stored append_good(struct store *s, const struct record *r)
{
    struct stored result;
    struct err err = {.code = ERR_OK};
    if (s->ops->append(s, &r, 1, &result, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return result;
}

static inline int64_t ask(struct store *s, const char *session, const char *client_id,
                          const char *text)
{
    struct record r = record_of(session, client_id, text);
    return append_good(s, &r).qid;
}

static inline int64_t count_rows(struct store *s)
{
    struct store_filter all = {.outcome = -1};
    struct err err = {.code = ERR_OK};
    int64_t n = -1;
    if (s->ops->count(s, &all, &n, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return n;
}

#endif

/*
 * console/logview.h - the log of questions, for people: lists, groups, exports, erasing
 *
 * What `faqctl log` does, and the printers that the console shares with it. All times are shown in
 * Asia/Tokyo. What visitors typed is printed without control characters: a terminal obeys them.
 */
#ifndef FAQD_CONSOLE_LOGVIEW_H
#define FAQD_CONSOLE_LOGVIEW_H

#include "base/buf.h"
#include "store/store.h"

#include <stdio.h>

/* Runs `faqctl log ARGS`: argv holds what follows `log`, e.g. {"search", "料金"}. `store_url` may
 * be NULL when
 * --store is among them. Returns the exit status: 0 fine, 1 nothing was found to erase or the audit
 * trail was tampered with, 2 usage, 3 store or output trouble. */
int logview_main(const char *store_url, int argc, char **argv, FILE *out, FILE *err);

/* One question as a JSON object, without a line end. */
void logview_json(const struct store_row *row, struct buf *out);

/* One question as a line of CSV with its line end, and the head above them (with a BOM, or
 * spreadsheets take it for another encoding). A cell that a spreadsheet would run as a formula gets
 * a ' in front. */
void logview_csv_head(struct buf *out);
void logview_csv(const struct store_row *row, struct buf *out);

/* "2026-09-21 15:04:05" in Asia/Tokyo. */
enum { LOGVIEW_TIME_BYTES = 32 };
void logview_time(int64_t ms, char out[LOGVIEW_TIME_BYTES]);

/* 00:00 in Asia/Tokyo of a date YYYY-MM-DD; false if it is none. */
bool logview_date(const char *s, int64_t *retms);

#endif

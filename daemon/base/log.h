/*
 * base/log.h - one line on stderr per event: `info reload intents=43 ms=180`
 *
 * Level, event, then key=value. Never what a visitor typed: that is kept in the database, where
 * it can be deleted. Any thread. Control characters in values are escaped.
 */
#ifndef FAQD_BASE_LOG_H
#define FAQD_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_set_level(enum log_level least);
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif

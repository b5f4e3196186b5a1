/*
 * core/calendar.h - days and minutes in Asia/Tokyo, which is UTC+9 all year
 *
 * Its own arithmetic (proleptic Gregorian, days since 1970-01-01) and no time zone of the system:
 * the same moment gives the same answer on any machine.
 */
#ifndef FAQD_CORE_CALENDAR_H
#define FAQD_CORE_CALENDAR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

enum { CALENDAR_MINUTES_A_DAY = 24 * 60 };

struct calendar_date {
    int year;
    unsigned month, day; /* 1 is the first */
};

/* What a moment is in Asia/Tokyo. */
struct calendar_moment {
    int32_t day;        /* since 1970-01-01 */
    unsigned minute;    /* of the day */
    unsigned weekday;   /* 0 = Monday */
    unsigned month_day; /* month * 100 + day */
};

struct calendar_moment calendar_at(int64_t now_ms);

/* Exactly "2025-03-31", a day that the calendar has (2024-02-29, not 2025-02-29), from 1900 on. */
bool calendar_parse_date(struct span s, int32_t *retday) MUST_CHECK;
/* Exactly "12-29" (02-29 included): month * 100 + day. */
bool calendar_parse_month_day(struct span s, unsigned *ret) MUST_CHECK;
/* "9:00", "09:00" up to "24:00": minutes. */
bool calendar_parse_time(struct span s, unsigned *ret) MUST_CHECK;

struct calendar_date calendar_date(int32_t day);

/* The moment at which a day begins in Asia/Tokyo. */
int64_t calendar_begin_ms(int32_t day);

/* 2025年3月31日 */
void calendar_print_ja(int32_t day, struct buf *out);
/* 31 March 2025 */
void calendar_print_en(int32_t day, struct buf *out);

#endif

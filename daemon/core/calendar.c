#include "core/calendar.h"

enum { TOKYO_MS = 9 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };
#define DAY_MS ((int64_t)CALENDAR_MINUTES_A_DAY * MINUTE_MS)
#define CLOCK_MS_MAX ((int64_t)1 << 50) /* 35,000 years: all days before fit into 32 bits */

/* Days since 1970-01-01. Years begin in March here, so that the leap day comes last. */
static int32_t days_of(int year, unsigned month, unsigned day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * ((int)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int)day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct calendar_date calendar_date(int32_t day)
{
    int32_t z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct calendar_date){.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
                                  .month = (unsigned)month,
                                  .day = (unsigned)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

static unsigned days_in_month(int year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

struct calendar_moment calendar_at(int64_t now_ms)
{
    if (now_ms > CLOCK_MS_MAX || now_ms < -CLOCK_MS_MAX) /* a broken clock: any day will do */
        now_ms = 0;
    int64_t local = now_ms + TOKYO_MS;
    int64_t day = local / DAY_MS - (local % DAY_MS < 0 ? 1 : 0);
    int64_t in_day = ((local % DAY_MS) + DAY_MS) % DAY_MS;
    struct calendar_date date = calendar_date((int32_t)day);
    return (struct calendar_moment){
        .day = (int32_t)day,
        .minute = (unsigned)(in_day / MINUTE_MS),
        .weekday = (unsigned)(((day + 3) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
        .month_day = date.month * 100 + date.day,
    };
}

int64_t calendar_begin_ms(int32_t day)
{
    return day * DAY_MS - TOKYO_MS;
}

/* `n` digits and nothing else. */
static bool parse_digits(struct span s, size_t at, size_t n, unsigned *ret)
{
    unsigned value = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(s.ptr[i] - '0');
    }
    *ret = value;
    return true;
}

bool calendar_parse_date(struct span s, int32_t *retday)
{
    unsigned year, month, day;
    if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-' || !parse_digits(s, 0, 4, &year) ||
        !parse_digits(s, 5, 2, &month) || !parse_digits(s, 8, 2, &day))
        return false;
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > days_in_month((int)year, month))
        return false;
    *retday = days_of((int)year, month, day);
    return true;
}

bool calendar_parse_month_day(struct span s, unsigned *ret)
{
    unsigned month, day;
    if (s.len != 5 || s.ptr[2] != '-' || !parse_digits(s, 0, 2, &month) ||
        !parse_digits(s, 3, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(2024, month)) /* a leap year */
        return false;
    *ret = month * 100 + day;
    return true;
}

bool calendar_parse_time(struct span s, unsigned *ret)
{
    unsigned hour, minute;
    size_t colon = s.len == 5 ? 2 : 1;
    if ((s.len != 5 && s.len != 4) || s.ptr[colon] != ':' || !parse_digits(s, 0, colon, &hour) ||
        !parse_digits(s, colon + 1, 2, &minute))
        return false;
    if (minute > 59 || hour * 60 + minute > CALENDAR_MINUTES_A_DAY)
        return false;
    *ret = hour * 60 + minute;
    return true;
}

void calendar_print_ja(int32_t day, struct buf *out)
{
    struct calendar_date d = calendar_date(day);
    buf_printf(out, "%d年%u月%u日", d.year, d.month, d.day);
}

void calendar_print_en(int32_t day, struct buf *out)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct calendar_date d = calendar_date(day);
    buf_printf(out, "%u %s %d", d.day, months[d.month - 1], d.year);
}

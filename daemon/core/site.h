/*
 * core/site.h - kb/site.json: what a site says of itself, and when somebody answers the phone
 *
 * Name, greeting, set phrases, contacts with hours, holidays, categories. Every sentence has a
 * Japanese text and maybe an English one. Without the file, and for each sentence that is left out,
 * there are neutral built-in ones. Wrong or unknown members are diagnostics with their line; never
 * NULL. Private to kb.c and its tests: everybody else sees core/kb.h.
 */
#ifndef FAQD_CORE_SITE_H
#define FAQD_CORE_SITE_H

#include "base/err.h"
#include "base/file.h"
#include "core/calendar.h"
#include "core/kb.h"
#include "core/mask.h"

enum {
    SITE_TEXT_BYTES_MAX = 4000, /* one sentence */
    SITE_INTERVALS_MAX = 8,     /* of one weekday */
    SITE_RANGES_MAX = 16,
    SITE_CATEGORIES_MAX = 200,
    SITE_HOLIDAYS_MAX = 4000,
};

struct site_sentence {
    char *text[2]; /* by enum lang; [LANG_EN] may be NULL: then the Japanese one is shown */
};

struct site_interval {
    unsigned from, to; /* minutes of the day: [from, to) */
};

struct site_range {
    unsigned from, to; /* month * 100 + day, both included; from > to: over the turn of the year */
};

/* SITE_HOLIDAYS_UNSAID: hours that name no Saturday and no Sunday are 平日, which leaves listed
 * holidays out; other hours hold on holidays too. */
enum site_holidays { SITE_HOLIDAYS_UNSAID, SITE_HOLIDAYS_CLOSED, SITE_HOLIDAYS_OPEN };

struct site_contact {
    char *id; /* NULL: none */
    struct site_sentence label;
    char *phone, *url;                                 /* NULL: none */
    struct site_interval hours[7][SITE_INTERVALS_MAX]; /* by weekday, 0 = Monday; in order */
    size_t nhours[7];
    bool has_hours;
    struct site_range closed[SITE_RANGES_MAX], unknown[SITE_RANGES_MAX];
    size_t nclosed, nunknown;
    enum site_holidays holidays;
};

struct site_category {
    char *id;
    struct site_sentence title;
};

struct site {
    struct site_sentence name, welcome, privacy, messages[KB_MESSAGES];
    struct site_contact contacts[KB_CONTACTS_MAX];
    size_t ncontacts;
    struct site_category categories[SITE_CATEGORIES_MAX]; /* in menu order */
    size_t ncategories;
    bool has_categories; /* the file names some: then intents may name no others */
    bool has_holidays;
    int32_t holidays_until; /* last day that the list covers */
    int32_t *holidays;      /* sorted */
    size_t nholidays, holidays_cap;
    char *never[MASK_NEVER_MAX]; /* digits only */
    size_t nnever;
};

/* `now_ms` is for the warning that the list of holidays has come to its end. */
struct site *site_parse(const struct tree *tree, int64_t now_ms, struct diags *diags);
void site_free(struct site *s);

/* The text in a language, or in Japanese. Never NULL. */
const char *site_text(const struct site_sentence *s, enum lang lang);

enum site_open { SITE_CLOSED, SITE_OPEN, SITE_UNKNOWN };
/* Is a contact open at this moment? Unknown: it names no hours, the day is in one of its `unknown`
 * ranges, or it is closed on holidays and the list of holidays does not reach that far. */
enum site_open site_open_at(const struct site *s, const struct site_contact *c, int64_t now_ms);

/* 平日 9:00〜17:00(祝日を除く) / Mon–Fri 9:00–17:00 (except national holidays). Nothing without
 * hours. */
void site_print_hours(const struct site_contact *c, enum lang lang, struct buf *out);

#endif

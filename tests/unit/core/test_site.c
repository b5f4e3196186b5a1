#include "core/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Wall clock for a moment in Asia/Tokyo, "2026-11-25 09:00", by another way than calendar.c. */
static int64_t at(const char *when)
{
    int year, month, day, hour, minute;
    assert_int_equal(sscanf(when, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
    int64_t days = 0;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int y = 1970; y < year; y++)
        days += 365 + ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
    for (int m = 1; m < month; m++)
        days +=
            lengths[m - 1] + (m == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
    days += day - 1;
    return (((days * 24 + hour - 9) * 60) + minute) * 60000;
}

struct parsed {
    struct site *site;
    struct diags diags;
};

static void parse(struct parsed *p, const char *json, int64_t now_ms)
{
    struct tree tree = {0};
    diags_init(&p->diags);
    if (json != NULL)
        tree_add(&tree, "kb/site.json", span_str(json));
    p->site = site_parse(&tree, now_ms, &p->diags);
    assert_non_null(p->site);
    tree_release(&tree);
}

static void release(struct parsed *p)
{
    site_free(p->site);
    diags_release(&p->diags);
}

#define WORKDAYS "\"days\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\"]"
#define ALL_DAYS "\"days\":[\"mon\",\"tue\",\"wed\",\"thu\",\"fri\",\"sat\",\"sun\"]"

static const char desks[] =
    "{\"contacts\":["
    /* 0: weekdays, closed on holidays, nobody knows the turn of the year */
    "{\"label\":\"a\",\"phone\":\"0120-087-033\",\"hours\":[{" WORKDAYS
    ",\"from\":\"09:00\",\"to\":\"17:00\"}],\"unknown\":[\"12-28/01-04\"],\"holidays\":true},"
    /* 1: every day, holidays too, closed at the turn of the year */
    "{\"label\":\"b\",\"phone\":\"0120-116-116\",\"hours\":[{" ALL_DAYS
    ",\"from\":\"9:00\",\"to\":\"17:00\"}],\"closed\":[\"12-29/01-03\",\"08-13/"
    "08-15\"],\"holidays\":"
    "false},"
    /* 2: no hours */
    "{\"label\":\"c\",\"url\":\"https://a.example/\"},"
    /* 3: day and night */
    "{\"label\":\"d\",\"phone\":\"110\",\"hours\":[{" ALL_DAYS
    ",\"from\":\"00:00\",\"to\":\"24:00\"}],\"holidays\":false},"
    /* 4: over noon closed, Friday past midnight, nothing said of holidays, all of February unknown
     */
    "{\"label\":\"e\",\"phone\":\"111\",\"hours\":[{" WORKDAYS
    ",\"from\":\"13:00\",\"to\":\"17:00\"},{" WORKDAYS
    ",\"from\":\"09:00\",\"to\":\"12:00\"},{\"days\":[\"fri\"],\"from\":\"22:00\",\"to\":\"24:00\"}"
    "],"
    "\"unknown\":[\"02-01/02-29\"]}],"
    "\"holidays\":{\"until\":\"2027-12-31\",\"dates\":[\"2026-11-23\",\"2027-01-11\",\"2026-02-"
    "11\","
    "\"2027-11-03\"]}}";

static const struct {
    const char *name, *when;
    enum site_open open[5];
} moments[] = {
#define C SITE_CLOSED
#define O SITE_OPEN
#define U SITE_UNKNOWN
    {"a weekday", "2026-11-25 10:00", {O, O, U, O, O}},
    {"a minute before", "2026-11-25 08:59", {C, C, U, O, C}},
    {"the first minute", "2026-11-25 09:00", {O, O, U, O, O}},
    {"the last minute", "2026-11-25 16:59", {O, O, U, O, O}},
    {"the end", "2026-11-25 17:00", {C, C, U, O, C}},
    {"noon", "2026-11-25 12:00", {O, O, U, O, C}},
    {"after noon", "2026-11-25 13:00", {O, O, U, O, O}},
    {"midnight", "2026-11-25 00:00", {C, C, U, O, C}},
    {"before midnight", "2026-11-25 23:59", {C, C, U, O, C}},
    {"Friday, late", "2026-11-27 23:59", {C, C, U, O, O}},
    {"Saturday, first minute", "2026-11-28 00:00", {C, C, U, O, C}},
    {"Saturday", "2026-11-28 10:00", {C, O, U, O, C}},
    {"Sunday", "2026-11-29 10:00", {C, O, U, O, C}},
    {"Monday", "2026-11-30 10:00", {O, O, U, O, O}},
    {"a holiday", "2026-11-23 10:00", {C, O, U, O, C}},
    {"a holiday, a day later", "2026-11-24 10:00", {O, O, U, O, O}},
    {"a summer day off", "2026-08-13 10:00", {O, C, U, O, O}},
    {"the last summer day off", "2026-08-15 10:00", {C, C, U, O, C}},
    {"after the summer days off", "2026-08-16 10:00", {C, O, U, O, C}},
    {"before the unknown days", "2026-12-27 23:59", {C, C, U, O, C}},
    {"the first unknown day", "2026-12-28 00:00", {U, C, U, O, C}},
    {"the first unknown day at noon", "2026-12-28 10:00", {U, O, U, O, O}},
    {"the first day closed", "2026-12-29 10:00", {U, C, U, O, O}},
    {"New Year's Eve", "2026-12-31 23:59", {U, C, U, O, C}},
    {"New Year's Day", "2027-01-01 00:00", {U, C, U, O, C}},
    {"the last day closed", "2027-01-03 16:00", {U, C, U, O, C}},
    {"the last unknown day", "2027-01-04 16:59", {U, O, U, O, O}},
    {"after the unknown days", "2027-01-05 09:00", {O, O, U, O, O}},
    {"a leap day", "2028-02-29 10:00", {U, O, U, O, U}},
    {"an unknown month", "2027-02-10 10:00", {O, O, U, O, U}},
    {"before the unknown month", "2027-01-29 10:00", {O, O, U, O, O}},
    {"the last day of the list", "2027-12-27 10:00", {O, O, U, O, O}},
    {"after the list", "2028-01-05 10:00", {U, O, U, O, U}},
    {"after the list, a Sunday", "2028-01-09 10:00", {U, O, U, O, U}},
    {"the first minute after the list", "2028-01-01 00:00", {U, C, U, O, U}},
#undef C
#undef O
#undef U
};

static void test_site__contact_at_a_moment__is_open_closed_or_not_known(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, desks, at("2026-11-25 10:00"));
    if (p.diags.n > 0)
        fail_msg("%s", p.diags.items[0].text);
    assert_int_equal(p.site->ncontacts, 5);
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        for (size_t c = 0; c < 5; c++) {
            int64_t begin = at(moments[i].when);
            for (int64_t ms = 0; ms < 60000; ms += 59999) { /* the minute's first and last moment */
                if (site_open_at(p.site, &p.site->contacts[c], begin + ms) != moments[i].open[c])
                    fail_msg("%s: contact %zu", moments[i].name, c);
            }
        }
    }
    release(&p);
}

static void test_site__moment_without_a_calendar__needs_no_time_zone(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC", "America/New_York", "Asia/Tokyo"};
    struct parsed p;
    parse(&p, desks, 0);
    for (size_t i = 0; i < 3; i++) {
        setenv("TZ", zones[i], 1);
        assert_int_equal(site_open_at(p.site, &p.site->contacts[0], INT64_C(1795568400000)),
                         SITE_OPEN); /* 2026-11-25T01:00:00Z */
    }
    unsetenv("TZ");
    /* clocks that are broken */
    (void)site_open_at(p.site, &p.site->contacts[0], INT64_MAX);
    (void)site_open_at(p.site, &p.site->contacts[0], INT64_MIN);
    assert_int_equal(site_open_at(p.site, &p.site->contacts[1], -1), SITE_CLOSED);
    release(&p);
}

static const struct {
    const char *hours; /* and what follows in the contact */
    const char *ja, *en;
} words[] = {
    {"[{" WORKDAYS ",\"from\":\"09:00\",\"to\":\"17:00\"}],\"holidays\":true",
     "平日 9:00〜17:00(祝日を除く)", "Mon–Fri 9:00–17:00 (except national holidays)"},
    {"[{" WORKDAYS ",\"from\":\"09:00\",\"to\":\"17:00\"}]", "平日 9:00〜17:00",
     "Mon–Fri 9:00–17:00"},
    {"[{" WORKDAYS ",\"from\":\"09:00\",\"to\":\"17:00\"}],\"holidays\":false",
     "月〜金 9:00〜17:00", "Mon–Fri 9:00–17:00"},
    {"[{" ALL_DAYS ",\"from\":\"09:00\",\"to\":\"17:00\"}],\"holidays\":false", "毎日 9:00〜17:00",
     "Daily 9:00–17:00"},
    {"[{" ALL_DAYS ",\"from\":\"00:00\",\"to\":\"24:00\"}]", "毎日 24時間", "Daily 24 hours"},
    {"[{" WORKDAYS
     ",\"from\":\"13:00\",\"to\":\"17:30\"},{\"days\":[\"sat\"],\"from\":\"9:00\",\"to\":\"12:"
     "00\"},{" WORKDAYS ",\"from\":\"9:00\",\"to\":\"12:00\"}],\"holidays\":true",
     "平日 9:00〜12:00、13:00〜17:30、土曜 9:00〜12:00(祝日を除く)",
     "Mon–Fri 9:00–12:00, 13:00–17:30; Sat 9:00–12:00 (except national holidays)"},
    {"[{\"days\":[\"mon\",\"wed\",\"fri\",\"sat\",\"sun\"],\"from\":\"10:00\",\"to\":\"10:30\"}]",
     "月・水・金〜日 10:00〜10:30", "Mon, Wed, Fri–Sun 10:00–10:30"},
    {"[{\"days\":[\"sun\",\"sat\"],\"from\":\"10:00\",\"to\":\"18:00\"}]", "土・日 10:00〜18:00",
     "Sat, Sun 10:00–18:00"},
    {"[{\"days\":[\"mon\"],\"from\":\"9:00\",\"to\":\"17:00\"},{\"days\":[\"tue\",\"wed\",\"thu\","
     "\"fri\",\"sat\"],\"from\":\"9:00\",\"to\":\"17:00\"}]",
     "月〜土 9:00〜17:00", "Mon–Sat 9:00–17:00"},
};

static void test_site__hours__are_told_as_people_write_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct parsed p;
        struct buf json, ja, en;
        buf_init(&json, 0);
        buf_init(&ja, 0);
        buf_init(&en, 0);
        buf_printf(&json, "{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\"hours\":%s}]}",
                   words[i].hours);
        parse(&p, buf_cstr(&json), 0);
        if (p.diags.nerrors > 0)
            fail_msg("%s", p.diags.items[0].text);
        site_print_hours(&p.site->contacts[0], LANG_JA, &ja);
        site_print_hours(&p.site->contacts[0], LANG_EN, &en);
        assert_string_equal(buf_cstr(&ja), words[i].ja);
        assert_string_equal(buf_cstr(&en), words[i].en);
        release(&p);
        buf_release(&json);
        buf_release(&ja);
        buf_release(&en);
    }
}

#define HOURS(days, from, to)                                                        \
    "{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"hours\":[{\"days\":" days \
    ",\"from\":" from ",\"to\":" to "}]}]}"

static const struct {
    const char *json;
    unsigned line;
    const char *says;
} wrong[] = {
    {"{", 1, "is not valid JSON"},
    {"{\n\"name\":\"a\",\n\"name\":\"b\"}", 3, "duplicate"},
    {"[]", 1, "must be an object"},
    {"{\n\"nmae\":\"a\"}", 2, "unknown key 'nmae': did you mean 'name'?"},
    {"{\n\"zzzzzz\":\"a\"}", 2, "unknown key 'zzzzzz': known are name, welcome"},
    {"{\n\"name\":\n1}", 3, "name: must be {\"ja\""},
    {"{\n\"name\":\"\"}", 2, "name: is empty"},
    {"{\n\"name\":{\"en\":\"a\"}}", 2, "name: has no 'ja'"},
    {"{\n\"name\":{\"ja\":\"a\",\n\"fr\":\"b\"}}", 3, "name: unknown key 'fr'"},
    {"{\n\"name\":{\"ja\":[]}}", 2, "name.ja: must be a string"},
    {"{\n\"name\":\"a\\nb\"}", 2, "line break"},
    {"{\n\"welcome\":\"a\\u0007b\"}", 2, "control character"},
    {"{\n\"contacts\":{}}", 2, "contacts: must be a list"},
    {"{\n\"contacts\":[\n1]}", 3, "contacts[0]: must be an object"},
    {"{\n\"contacts\":[\n{\"phone\":\"111\"}]}", 3, "contacts[0]: has no 'label'"},
    {"{\n\"contacts\":[{\"label\":\"a\"}]}", 2, "neither 'phone' nor 'url'"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\"},\n{\"label\":\"a\",\n\"fone\":\"1\"}]}", 3,
     "contacts[1]: unknown key 'fone': did you mean 'phone'?"},
    {"{\"contacts\":[{\"label\":\"a\",\n\"phone\":\"<b>\"}]}", 2, "is no phone number"},
    {"{\"contacts\":[{\"label\":\"a\",\n\"phone\":120}]}", 2, "must be a string"},
    {"{\"contacts\":[{\"label\":\"a\",\n\"url\":\"http://a.example\"}]}", 2, "no https://"},
    {"{\"contacts\":[{\"label\":\"a\",\n\"url\":\"javascript:1\"}]}", 2, "no https://"},
    {"{\"contacts\":[{\"label\":\"a\",\n\"url\":\"https://a b\"}]}", 2, "has a space"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"id\":\"A\"}]}", 2, "is no id"},
    {"{\"contacts\":[{\"id\":\"a\",\"label\":\"a\",\"phone\":\"111\"},\n{\"id\":\"a\",\"label\":"
     "\"b\","
     "\"phone\":\"111\"}]}",
     2, "is the id of another contact"},
    {HOURS("[\"mo\"]", "\"9:00\"", "\"17:00\""), 2, "did you mean 'mon'?"},
    {HOURS("[\"mon\",\"mon\"]", "\"9:00\"", "\"17:00\""), 2, "twice"},
    {HOURS("\"mon\"", "\"9:00\"", "\"17:00\""), 2, "hours[0].days: must be a list"},
    {HOURS("[]", "\"9:00\"", "\"17:00\""), 2, "is empty"},
    {HOURS("[\"mon\"]", "\"9\"", "\"17:00\""), 2, "hours[0].from: '9' is no time"},
    {HOURS("[\"mon\"]", "9", "\"17:00\""), 2, "must be a string"},
    {HOURS("[\"mon\"]", "\"9:60\"", "\"17:00\""), 2, "is no time"},
    {HOURS("[\"mon\"]", "\"9:00\"", "\"24:01\""), 2, "is no time"},
    {HOURS("[\"mon\"]", "\"17:00\"", "\"9:00\""), 2, "must be before"},
    {HOURS("[\"mon\"]", "\"9:00\"", "\"9:00\""), 2, "must be before"},
    {HOURS("[\"mon\"],\"too\":1", "\"9:00\"", "\"9:30\""), 2, "did you mean 'to'?"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\"hours\":[{\"days\":[\"mon\"],\"from\":"
     "\"9:"
     "00\",\"to\":\"12:00\"},\n{\"days\":[\"mon\"],\"from\":\"11:00\",\"to\":\"13:00\"}]}]}",
     2, "overlaps other hours of 'mon'"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"hours\":[]}]}", 2, "is empty"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"closed\":[\"12-29\"]}]}", 2,
     "closed[0]: '12-29' is no range"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"unknown\":[\"02-30/03-01\"]}]}", 2,
     "is no range"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"closed\":[\"13-01/01-01\"]}]}", 2,
     "is no range"},
    {"{\"contacts\":[{\"label\":\"a\",\"phone\":\"111\",\n\"holidays\":\"no\"}]}", 2,
     "must be true (closed"},
    {"{\n\"holidays\":{\"dates\":[]}}", 2, "holidays: has no 'until'"},
    {"{\n\"holidays\":{\"until\":\"2027-12-31\"}}", 2, "holidays: has no 'dates'"},
    {"{\"holidays\":{\"until\":\"2027-12-31\",\"dates\":[\"2027-01-01\",\n\"2025-02-29\"]}}", 2,
     "holidays.dates[1]: '2025-02-29' is no date"},
    {"{\"holidays\":{\n\"until\":\"2027-6-1\",\"dates\":[]}}", 2, "is no date"},
    {"{\"categories\":[{\"id\":\"a\",\"title\":\"A\"},\n{\"id\":\"a\",\"title\":\"B\"}]}", 2,
     "is the id of another category"},
    {"{\"categories\":[\n{\"id\":\"a\"}]}", 2, "categories[0]: has no 'title'"},
    {"{\"categories\":[\n{\"id\":\"a b\",\"title\":\"A\"}]}", 2, "is no id"},
    {"{\"messages\":{\n\"choise\":\"a\"}}", 2,
     "messages: unknown key 'choise': did you mean 'choose'"},
    {"{\"messages\":{\n\"choose\":null}}", 2, "messages.choose: must be"},
    {"{\"never_mask\":[\"0120-116-116\",\n\"abc\"]}", 2, "never_mask[1]: 'abc' is no number"},
    {"{\"never_mask\":[\n1]}", 2, "must be a string"},
};

static void test_site__wrong_file__is_an_error_with_line_and_mend(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct parsed p;
        bool found = false;
        parse(&p, wrong[i].json, 0);
        for (size_t d = 0; d < p.diags.n; d++) {
            found = found || (p.diags.items[d].severity == SEVERITY_ERROR &&
                              p.diags.items[d].line == wrong[i].line &&
                              strstr(p.diags.items[d].text, wrong[i].says) != NULL);
            assert_string_equal(p.diags.items[d].file, "kb/site.json");
        }
        if (!found) {
            diags_print(&p.diags, stderr);
            fail_msg("%s", wrong[i].json);
        }
        release(&p);
    }
}

static void test_site__two_faults__are_both_reported(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "{\n\"nam\":1,\n\"contacts\":[{\"label\":1,\"phone\":\"x\"}],\n\"never_mask\":1}", 0);
    assert_int_equal(p.diags.nerrors, 4);
    release(&p);
}

static void test_site__one_contact_too_many__is_an_error(void **state)
{
    (void)state;
    for (int n = KB_CONTACTS_MAX; n <= KB_CONTACTS_MAX + 1; n++) {
        struct parsed p;
        struct buf json;
        buf_init(&json, 0);
        buf_adds(&json, "{\"contacts\":[");
        for (int i = 0; i < n; i++)
            buf_printf(&json, "%s{\"label\":\"a\",\"phone\":\"111\"}", i > 0 ? "," : "");
        buf_adds(&json, "]}");
        parse(&p, buf_cstr(&json), 0);
        assert_int_equal(p.diags.nerrors, n > KB_CONTACTS_MAX ? 1 : 0);
        assert_int_equal(p.site->ncontacts, KB_CONTACTS_MAX);
        release(&p);
        buf_release(&json);
    }
}

static void test_site__no_file__has_polite_sentences_and_no_contact(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, NULL, 0);
    assert_int_equal(p.diags.n, 0);
    assert_int_equal(p.site->ncontacts, 0);
    assert_false(p.site->has_categories);
    for (size_t i = 0; i < KB_MESSAGES; i++) {
        assert_true(strlen(site_text(&p.site->messages[i], LANG_JA)) > 0);
        assert_true(strlen(site_text(&p.site->messages[i], LANG_EN)) > 0);
        assert_string_not_equal(site_text(&p.site->messages[i], LANG_JA),
                                site_text(&p.site->messages[i], LANG_EN));
    }
    assert_non_null(strstr(site_text(&p.site->messages[KB_EXPIRED], LANG_JA), "{date}"));
    release(&p);
}

static void test_site__sentence_in_japanese_alone__is_shown_in_english_too(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "{\"name\":\"案内\",\"messages\":{\"choose\":{\"ja\":\"選ぶ\"}}}", 0);
    assert_int_equal(p.diags.n, 0);
    assert_string_equal(site_text(&p.site->name, LANG_EN), "案内");
    assert_string_equal(site_text(&p.site->messages[KB_CHOOSE], LANG_EN), "選ぶ");
    release(&p);
}

static void test_site__list_of_holidays_that_ended__is_a_warning(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        size_t warnings;
    } cases[] = {{"2027-12-31 23:59", 0}, {"2028-01-01 00:00", 1}};
    for (size_t i = 0; i < 2; i++) {
        struct parsed p;
        parse(&p, desks, at(cases[i].when));
        assert_int_equal(p.diags.nwarnings, cases[i].warnings);
        release(&p);
    }
    struct parsed p;
    parse(&p, "{\"messages\":{\"expired\":\"終わりました\"}}", 0);
    assert_int_equal(p.diags.nwarnings, 1);
    release(&p);
}

static void test_site__numbers_never_masked__are_digits(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "{\"never_mask\":[\"0120-116-116\",\"(03) 1234 5678\"]}", 0);
    assert_int_equal(p.site->nnever, 2);
    assert_string_equal(p.site->never[0], "0120116116");
    assert_string_equal(p.site->never[1], "0312345678");
    release(&p);
}

static void test_calendar__every_day_of_400_years__is_printed_and_parsed_back(void **state)
{
    (void)state;
    int32_t before, day;
    assert_true(calendar_parse_date(span_str("1899-12-31"), &before) == false);
    assert_true(calendar_parse_date(span_str("1900-01-01"), &before));
    for (int32_t d = before; d < before + 146097; d++) {
        struct calendar_date date = calendar_date(d);
        char text[40];
        snprintf(text, sizeof(text), "%04d-%02u-%02u", date.year, date.month, date.day);
        assert_true(calendar_parse_date(span_str(text), &day));
        assert_int_equal(day, d);
    }
    assert_true(calendar_parse_date(span_str("1970-01-01"), &day));
    assert_int_equal(day, 0);
    static const char *const none[] = {"2025-02-30", "2025-02-29",  "2100-02-29", "2025-04-31",
                                       "2025-13-01", "2025-00-10",  "2025-01-00", "2025-1-01",
                                       "2025/01/01", "2025-01-01 ", "",           "２０２５-01-01"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(calendar_parse_date(span_str(none[i]), &day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_site__contact_at_a_moment__is_open_closed_or_not_known),
        cmocka_unit_test(test_site__moment_without_a_calendar__needs_no_time_zone),
        cmocka_unit_test(test_site__hours__are_told_as_people_write_them),
        cmocka_unit_test(test_site__wrong_file__is_an_error_with_line_and_mend),
        cmocka_unit_test(test_site__two_faults__are_both_reported),
        cmocka_unit_test(test_site__one_contact_too_many__is_an_error),
        cmocka_unit_test(test_site__no_file__has_polite_sentences_and_no_contact),
        cmocka_unit_test(test_site__sentence_in_japanese_alone__is_shown_in_english_too),
        cmocka_unit_test(test_site__list_of_holidays_that_ended__is_a_warning),
        cmocka_unit_test(test_site__numbers_never_masked__are_digits),
        cmocka_unit_test(test_calendar__every_day_of_400_years__is_printed_and_parsed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which language a question is in, and Japanese that was typed with Latin letters. */
#include "core/language.h"
#include "core/romaji.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct text text; /* too large for a stack */

static void test_language__scripts_and_words__tell_what_the_answer_should_be_in(void **state)
{
    static const struct {
        const char *text;
        enum language want;
    } rows[] = {
        {"料金はいくらですか", LANGUAGE_JAPANESE},
        {"初期費用", LANGUAGE_JAPANESE},
        {"ｽﾀｰﾄﾊﾟｯｸ", LANGUAGE_JAPANESE},
        {"IPv6とは", LANGUAGE_JAPANESE},
        {"What is the monthly fee?", LANGUAGE_ENGLISH},
        {"how to apply", LANGUAGE_ENGLISH},
        {"price list", LANGUAGE_ENGLISH},
        {"ONS", LANGUAGE_UNSURE},
        {"v6", LANGUAGE_UNSURE},
        {"router", LANGUAGE_UNSURE},
        {"12345", LANGUAGE_UNSURE},
        {"请问费用是多少", LANGUAGE_OTHER},
        {"客户编号是什么", LANGUAGE_OTHER},
        {"요금이 얼마예요", LANGUAGE_OTHER},
        {"Сколько это стоит", LANGUAGE_OTHER},
        {"Làm sao để đăng ký", LANGUAGE_OTHER},
        {"¿Cuánto cuesta la instalación?", LANGUAGE_OTHER},
        {"magkano ang buwanang bayad", LANGUAGE_OTHER},
        {"ราคาเท่าไหร่", LANGUAGE_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_make(&text, span_str(rows[i].text));
        if (language_of(&text) != rows[i].want)
            fail_msg("%s: %d", rows[i].text, (int)language_of(&text));
    }
}

static void test_romaji__japanese_in_latin_letters__becomes_kana(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: is left alone */
    } rows[] = {
        {"setsuzoku houshiki", "せつぞく ほうしき"},
        {"setuzoku housiki", "せつぞく ほうしき"},
        {"okyakusama ID wa doko", "おきゃくさま id は どこ"},
        {"ryoukin wo oshiete", "りょうきん を おしえて"},
        {"onnrainnsikakukakuninntoha", "おんらいんしかくかくにんとは"},
        {"shinbun kippu zasshi matcha", "しんぶん きっぷ ざっし まっちゃ"},
        {"v6 no moushikomi", "v6 の もうしこみ"},
        {"Denwa Bangou", "でんわ ばんごう"},
        {"konnichiwa", "こんにちわ"},
        {"onshi towa", "おんし とは"},
        {"onnanohito", "おんなのひと"},
        {"what does yoroshiku mean", NULL},
        {"v6 option no moushikomi", "v6 option の もうしこみ"},
        {"how much is it", NULL},
        {"what is the price of the router", NULL},
        {"to no", NULL},
        {"price list", NULL},
        {"CAF", NULL},
        {"料金", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out;
        buf_init(&out, 0);
        text_make(&text, span_str(rows[i].text));
        bool read = romaji_kana(&text, &out);
        if (read != (rows[i].want != NULL) || (read && !span_is(buf_span(&out), rows[i].want)))
            fail_msg("%s: %s", rows[i].text, read ? buf_cstr(&out) : "(left alone)");
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_language__scripts_and_words__tell_what_the_answer_should_be_in),
        cmocka_unit_test(test_romaji__japanese_in_latin_letters__becomes_kana),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

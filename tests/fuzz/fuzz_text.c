/*
 * Any bytes become text: ranges in order and on character borders, the same twice, everything
 * that is printed valid UTF-8. libFuzzer's own copy of the input ends where the bytes end, so that
 * AddressSanitizer sees a read behind them.
 */
#include "core/text.h"

#include "base/utf8.h"

#include <stdlib.h>

#define CHECK(what)  \
    do {             \
        if (!(what)) \
            abort(); \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text text, again;

/* borders[i]: does a character of the source begin at byte i (or the source end there)? */
static void find_borders(struct span s, bool *borders)
{
    memset(borders, 0, s.len + 1);
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        bool valid;
        borders[i] = true;
        i += utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
    }
    borders[s.len] = true;
}

static void check_light(const bool *borders)
{
    size_t begin = 0, end = 0, at = 0;

    CHECK(text.nlight <= TEXT_LIGHT_MAX);
    for (size_t i = 0; i < text.nlight; i++) {
        const struct text_light *l = &text.light[i];
        CHECK(l->begin >= begin && l->end >= end && l->begin < l->end);
        CHECK(l->end <= text.source.len && borders[l->begin] && borders[l->end]);
        begin = l->begin;
        end = l->end;

        uint32_t cp;
        bool valid;
        CHECK(at < text.light_utf8_len);
        at += utf8_decode(text.light_utf8 + at, text.light_utf8_len - at, &cp, &valid);
        CHECK(valid && cp == l->cp);
    }
    CHECK(at == text.light_utf8_len && text.light_utf8[at] == '\0');
}

static void check_signs(const bool *borders)
{
    size_t begin = 0, end = 0;
    bool after_hard = false;

    CHECK(text.nsigns <= TEXT_SIGNS_MAX);
    for (size_t i = 0; i < text.nsigns; i++) {
        const struct text_sign *s = &text.signs[i];
        CHECK(s->begin >= begin && s->end >= end && s->begin < s->end);
        CHECK(s->end <= text.source.len && borders[s->begin] && borders[s->end]);
        CHECK(s->class <= TEXT_SENTINEL && s->break_before <= TEXT_BREAK_HARD);
        bool hard = s->cp == TEXT_HARD;
        CHECK(hard == (s->class == TEXT_SENTINEL));
        CHECK(!hard || (i > 0 && i + 1 < text.nsigns && !after_hard));
        CHECK((s->break_before == TEXT_BREAK_HARD) == (i == 0 || hard || after_hard));
        CHECK(hard || (s->cp <= 0x10FFFF && (s->cp < 0x30A1 || s->cp > 0x30F6)));
        begin = s->begin;
        end = s->end;
        after_hard = hard;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool borders[TEXT_LOOKED_AT_MAX * 4 + 1];
    struct span source = span_of((const char *)data, size);

    text_make(&text, source);
    CHECK(text.source.len <= TEXT_LOOKED_AT_MAX * 4);
    CHECK(utf8_count(text.source) <= TEXT_LOOKED_AT_MAX);
    CHECK(text.source.len == size || utf8_count(text.source) == TEXT_LOOKED_AT_MAX);
    find_borders(text.source, borders);
    check_light(borders);
    check_signs(borders);

    text_make(&again, source);
    CHECK(text.nlight == again.nlight && text.nsigns == again.nsigns);
    CHECK(text.break_at_end == again.break_at_end);
    CHECK(memcmp(text.light, again.light, text.nlight * sizeof(text.light[0])) == 0);
    CHECK(memcmp(text.signs, again.signs, text.nsigns * sizeof(text.signs[0])) == 0);

    struct buf out;
    buf_init(&out, 0);
    text_print(&text, &out);
    CHECK(utf8_valid(buf_span(&out)) && (out.len == 0) == text_empty(&text));
    CHECK(utf8_count(buf_span(&out)) == text.nsigns);
    buf_clear(&out);
    text_core(&text, &out);
    CHECK(utf8_valid(buf_span(&out)) && (out.len == 0) == text_empty(&text));
    CHECK(utf8_count(buf_span(&out)) <= text.nsigns);
    buf_release(&out);

    for (size_t i = 0; i < text.nsigns; i++)
        CHECK(text_source_cp(&text, text.signs[i].begin) <
              text_source_cp(&text, text.signs[i].end));
    return 0;
}

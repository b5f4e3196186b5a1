/*
 * fuzz_mask - any bytes as a text with personal data in it
 *
 * What the header promises: no 8 digits in a row are left but those that are exempt, valid UTF-8
 * stays valid, masking twice changes nothing, the ranges are in order and inside and all between
 * them is the visitor's own, and the identifiers found in the masked text are those of the raw one.
 * Control characters stand for words and signs that mask.c knows, which no fuzzer would hit upon.
 */
#include "core/mask.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#define CHECK(what) ((what) ? (void)0 : failed(#what, __LINE__))

static _Noreturn void failed(const char *what, int line)
{
    (void)fprintf(stderr, "fuzz_mask.c:%d: not true: %s\n", line, what);
    abort();
}

enum { ROW = 8, RANGES_MAX = 512, FOUND_MAX = 64 };

static const struct mask_rules rules = {
    .formats = {{.kind = "customer-id",
                 .prefixes = {"CAF", "COP"},
                 .nprefixes = 2,
                 .digits_min = 5,
                 .digits_max = 14}},
    .nformats = 1,
    .never = {"0120116116", "0120087033"},
    .nnever = 2,
};

static const char *const words[0x20] = {
    "記号",
    "番号",
    "枝番",
    "保険者番号",
    "〒",
    "医療機関コード",
    "〔",
    "〕",
    "〔phone〕",
    "〔mail〕",
    "〔customer-id:CAF9〕",
    "アットマーク",
    "ドット",
    "円",
    "年",
    "月",
    "日",
    "CAF",
    "cop",
    "０",
    "一",
    "〇",
    "○",
    "の",
    "ー",
    "\u200b",
    "①",
    "٣",
    "2023-02-",
    "0120116116",
    "+81",
    "万",
};

static void spell(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];
        if (c < sizeof(words) / sizeof(words[0]) && c != '\n' && c != '\t')
            buf_adds(out, words[c]);
        else
            buf_addc(out, (char)c);
    }
}

/* The digit's value, of whatever script; -1: none. Scripts have theirs in tens, the zero first. */
static int digit_of(uint32_t cp)
{
    int value = 0;
    if (utf8proc_category((utf8proc_int32_t)cp) != UTF8PROC_CATEGORY_ND)
        return -1;
    if (cp >= 0x1D7CE && cp <= 0x1D7FF) /* five alphabets of mathematics, without a gap */
        return (int)((cp - 0x1D7CE) % 10);
    while (value < 9 && utf8proc_category((utf8proc_int32_t)cp - value - 1) == UTF8PROC_CATEGORY_ND)
        value++;
    return value;
}

/* Our own numbers, also as they are called from abroad. */
static bool is_exempt(const char *row)
{
    for (size_t i = 0; i < rules.nnever; i++) {
        const char *never = rules.never[i];
        if (strcmp(row, never) == 0 ||
            (strncmp(row, "81", 2) == 0 && strcmp(row + 2, never + 1) == 0))
            return true;
    }
    return false;
}

static void check_no_row(struct span s)
{
    char row[64];
    size_t n = 0;
    for (size_t i = 0; i <= s.len;) {
        uint32_t cp = 0;
        bool valid;
        i += i < s.len ? utf8_decode(s.ptr + i, s.len - i, &cp, &valid) : 1;
        int digit = digit_of(cp);
        if (digit >= 0) {
            if (n < sizeof(row) - 1)
                row[n++] = (char)('0' + digit);
            continue;
        }
        row[n] = '\0';
        CHECK(n < ROW || is_exempt(row));
        n = 0;
    }
}

static void check_ranges(struct span in, const struct buf *out, const struct mask_range *ranges,
                         size_t n)
{
    size_t at = 0, out_at = 0;
    for (size_t i = 0; i < n && i < RANGES_MAX; i++) {
        const struct mask_range *r = &ranges[i];
        CHECK(r->begin >= at && r->begin < r->end && r->end <= in.len);
        CHECK(r->out_begin < r->out_end && r->out_end <= out->len);
        CHECK(r->begin - at == r->out_begin - out_at);
        CHECK(memcmp(in.ptr + at, out->ptr + out_at, r->begin - at) == 0);
        CHECK(memcmp(out->ptr + r->out_begin, "〔", 3) == 0);
        /* What nobody sees goes with the sign before it, so the bracket need not be the last. */
        CHECK(memmem(out->ptr + r->out_begin, r->out_end - r->out_begin, "〕", 3) != NULL);
        at = r->end;
        out_at = r->out_end;
    }
    if (n <= RANGES_MAX) {
        CHECK(in.len - at == out->len - out_at);
        CHECK(in.len == at || memcmp(in.ptr + at, out->ptr + out_at, in.len - at) == 0);
    }
}

static void check_found(struct span raw, struct span masked)
{
    static struct mask_found found[FOUND_MAX], again[FOUND_MAX];
    size_t n = mask_find(&rules, raw, found, FOUND_MAX);
    CHECK(mask_find(&rules, masked, again, FOUND_MAX) == n);
    for (size_t i = 0; i < n && i < FOUND_MAX; i++) {
        CHECK(found[i].begin < found[i].end && found[i].end <= raw.len);
        CHECK(found[i].prefix == again[i].prefix && found[i].digits == again[i].digits);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mask_range ranges[RANGES_MAX];
    struct buf spelt, once, twice;
    size_t n, again;

    buf_init(&spelt, 0);
    buf_init(&once, 0);
    buf_init(&twice, 0);
    spell(span_of((const char *)data, size), &spelt);
    struct span in = buf_span(&spelt);

    size_t replaced = mask_text_ranges(&rules, in, &once, ranges, RANGES_MAX, &n);
    CHECK(replaced <= n);
    CHECK(!utf8_valid(in) || utf8_valid(buf_span(&once)));
    check_no_row(buf_span(&once));
    check_ranges(in, &once, ranges, n);
    check_found(in, buf_span(&once));

    CHECK(mask_text_ranges(&rules, buf_span(&once), &twice, ranges, RANGES_MAX, &again) == 0);
    CHECK(span_eq(buf_span(&once), buf_span(&twice)));
    CHECK(again == n);
    buf_release(&spelt);
    buf_release(&once);
    buf_release(&twice);
    return 0;
}

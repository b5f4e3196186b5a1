/*
 * A small FAQ of a pharmacy, in memory: enough of everything that a corpus can hold, and nothing of
 * the shipped content.
 */
#ifndef TESTS_UNIT_CORE_CONTENT_FIXTURE_H
#define TESTS_UNIT_CORE_CONTENT_FIXTURE_H

#include "core/corpus.h"

#include <stdio.h>

struct fixture_file {
    const char *name, *text;
};

static const struct fixture_file fixture_files[] = {
    {"intents/delivery.json",
     "{\"keywords\":[\"配達\",\"配達 + 方法\"],"
     "\"examples\":[\"薬を家まで届けてもらえますか\",\"配達はしていますか\",\"宅配の頼み方\","
     "\"自宅に送ってほしい\",\"do you deliver medicine\"],\"slot\":\"side\"}"},
    {"intents/delivery-fee.json",
     "{\"keywords\":[\"配達 + 料金\",\"送料\"],\"patterns\":[\"配達.{0,6}(いくら|何円)\"],"
     "\"examples\":[\"配達の料金を教えて\",\"送料はかかりますか\",\"届けてもらうのにお金は要るの\","
     "\"how much is delivery\"],\"after\":{\"delivery\":[\"料金\",\"いくら\"]}}"},
    {"intents/hours.json",
     "{\"keywords\":[\"営業時間\",\"定休日\"],"
     "\"examples\":[\"何時まで開いていますか\",\"営業時間を知りたい\",\"日曜日はやっていますか\","
     "\"お店は何時からですか\",\"opening hours\"]}"},
    {"intents/member-id.json",
     "{\"keywords\":[\"会員番号\"],\"examples\":[\"会員番号とは何ですか\",\"会員番号は何桁\"]}"},
    {"intents/side-info.json",
     "{\"examples\":[\"私の住所はどちらの地区ですか\",\"地区の分け方を知りたい\"]}"},
    {"intents/hello.json", "{\"talk\":true,\"examples\":[\"こんにちは\",\"はじめまして\","
                           "\"おはようございます\",\"hello\"]}"},
    {"intents/reject-weather.json", "{\"reject\":true,\"examples\":[\"明日の天気は\","
                                    "\"今日は雨が降りますか\",\"台風はいつ来るの\","
                                    "\"配達員のアルバイトはありますか\",\"時給はいくら\"]}"},
    {"intents/terms.json", "{\"terms\":{\"料金\":{\"aliases\":[\"費用\",\"値段\",\"*いくら\"],"
                           "\"readings\":[\"りょうきん\"]},\"配達\":{\"aliases\":[\"宅配\"]}},"
                           "\"guards\":[],\"typos\":{}}"},
    {"intents/slots/side.json",
     "{\"topic\":\"side-info\",\"values\":{\"north\":{\"label\":{\"ja\":\"北地区\",\"en\":"
     "\"north\"},"
     "\"terms\":[\"北地区\",\"北町\"]},\"south\":{\"label\":{\"ja\":\"南地区\",\"en\":\"south\"},"
     "\"terms\":[\"南地区\",\"南町\"]}}}"},
    {"intents/formats/member-id.json",
     "{\"topic\":\"member-id\",\"label\":{\"ja\":\"会員番号\",\"en\":\"member ID\"},"
     "\"mask\":\"member-id\",\"notice\":{\"digits_min\":5,\"digits_max\":12},"
     "\"kinds\":[{\"prefix\":\"MEM\",\"digits\":8}]}"},
    {"kb/delivery.md", "# 配達\n\nお届けします。\n"},
    {"kb/delivery.north.md", "# 配達\n\n北地区へは当日にお届けします。\n"},
    {"kb/delivery.south.md", "# 配達\n\n南地区へは翌日にお届けします。\n"},
    {"kb/en/delivery.md", "# Delivery\n\nWe deliver.\n"},
    {"kb/delivery-fee.md", "# 配達の料金\n\n配達は**300円**です。\n"},
    {"kb/hours.md", "# 営業時間\n\n9時から18時までです。\n"},
    {"kb/en/hours.md", "# Opening hours\n\nFrom 9 to 18.\n"},
    {"kb/member-id.md", "# 会員番号\n\nMEMと数字8桁です。\n"},
    {"kb/side-info.md", "# 地区\n\n川の北が北地区です。\n"},
    {"kb/hello.md", "# あいさつ\n\nこんにちは。\n"},
    {"kb/site.json",
     "{\"name\":{\"ja\":\"みなと薬局\"},\"contacts\":[{\"id\":\"shop\",\"label\":{\"ja\":\"店\"},"
     "\"phone\":\"0120-111-222\"}],\"never_mask\":[\"0120-111-222\"]}"},
};

/* The fixture with one file added or replaced (name NULL: as it is); NULL text: left out. */
static struct corpus *fixture_corpus(const char *name, const char *text)
{
    struct tree tree = {0};
    struct diags diags;
    struct corpus_options options = {.answer_at = -1, .choose_at = -1, .now_ms = 1790000000000};

    diags_init(&diags);
    for (size_t i = 0; i < sizeof(fixture_files) / sizeof(fixture_files[0]); i++) {
        if (name == NULL || strcmp(name, fixture_files[i].name) != 0)
            tree_add(&tree, fixture_files[i].name, span_str(fixture_files[i].text));
    }
    if (name != NULL && text != NULL)
        tree_add(&tree, name, span_str(text));
    struct corpus *c = corpus_build(&tree, &options, &diags);
    if (diags.nerrors > 0)
        diags_print(&diags, stderr);
    diags_release(&diags);
    tree_release(&tree);
    return c;
}

#endif

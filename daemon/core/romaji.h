/*
 * core/romaji.h - Japanese typed with Latin letters, back to kana
 *
 * For visitors without a Japanese input method, or whose input method was off: "okyakusama ID wa
 * doko", "onnrainnsikakukakuninntoha". Hepburn, Kunrei and what input methods take (nn, xtu, wo).
 */
#ifndef FAQD_CORE_ROMAJI_H
#define FAQD_CORE_ROMAJI_H

#include "base/buf.h"
#include "core/text.h"

/* Appends the text with each word that reads as Japanese written in hiragana; other words stay as
 * they are. False (and nothing of use in `out`) if too little of it does to be meant so. Linear. */
bool romaji_kana(const struct text *t, struct buf *out);

#endif

/*
 * store/search.h - the form in which logged questions are searched
 *
 * The signs of core/text.h, once as they are and once more without okurigana, so that 申込 finds
 * 申し込み and お問合せ finds お問い合わせ. Both what is stored and what is looked for go through
 * here.
 */
#ifndef FAQD_STORE_SEARCH_H
#define FAQD_STORE_SEARCH_H

#include "base/buf.h"
#include "core/text.h"

/* What the `search` column holds: both forms, a line break between them (which no sign is).
 * `scratch` is the caller's: a struct text is too large for a stack of unknown size. */
void search_stored(struct text *scratch, struct span text, struct buf *out);

/* The two forms to look for; either may be found. Empty if nothing is left after normalising. */
void search_wanted(struct text *scratch, struct span text, struct buf *plain, struct buf *bare);

#endif

/*
 * core/content_slot.h - intents/slots/ and intents/formats/: for content.c only
 */
#ifndef FAQD_CORE_CONTENT_SLOT_H
#define FAQD_CORE_CONTENT_SLOT_H

#include "core/content_load.h"

/* Each appends one to the loader's content; all slots go before the first format. */
void content_slot_read(struct loader *l, const struct tree_file *f, struct span name);
void content_format_read(struct loader *l, const struct tree_file *f, struct span name);

void content_slot_free(struct content_slot *slot);
void content_format_free(struct content_format *format);

#endif

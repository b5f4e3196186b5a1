/*
 * core/language.h - which language is a question written in?
 *
 * Only as far as the answer depends on it: Japanese, English, something else, or too short to tell.
 */
#ifndef FAQD_CORE_LANGUAGE_H
#define FAQD_CORE_LANGUAGE_H

#include "core/text.h"

enum language { LANGUAGE_UNSURE, LANGUAGE_JAPANESE, LANGUAGE_ENGLISH, LANGUAGE_OTHER };

/* From the scripts of the light form, and from characters that Chinese writes and Japanese does
 * not. Linear. */
enum language language_of(const struct text *t);

#endif

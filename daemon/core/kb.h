/*
 * core/kb.h - the answers and the site's own sentences, printed once when a corpus is built
 *
 * Markdown (CommonMark with GFM tables, read by cmark-gfm) becomes the blocks of the protocol, as
 * JSON text and as plain text. What the protocol has no block for (HTML, images, code, rules,
 * *emphasis*) is an error with its line. Links only https, http, tel, mailto. kb/site.json is read
 * here too: contacts with their hours, holidays, categories, messages; without the file neutral
 * sentences and no contact.
 */
#ifndef FAQD_CORE_KB_H
#define FAQD_CORE_KB_H

#include "core/content.h"
#include "core/lead.h"

struct kb;

struct kb_answer {
    struct span title;      /* plain text: the first heading */
    struct span title_json; /* with its quotes */
    struct span text;       /* plain text of the body, lines separated by \n */
    struct span text_json;
    struct span body_json; /* array of blocks, without the first heading */
    enum lang lang;        /* what it is written in; LANG_JA where there is no English one */
    bool names_contacts;  /* names the phone number of every contact: it is about reaching people */
    char valid_until[11]; /* "2025-03-31", "" = for ever */
    int64_t valid_until_ms; /* the first moment at which it is over (24:00 in Asia/Tokyo); INT64_MAX
                               = never */
};

enum kb_message { KB_UNANSWERED, KB_CHOOSE, KB_OTHER_LANGUAGE, KB_EXPIRED, KB_HANDOVER };
enum { KB_MESSAGES = 5, KB_CONTACTS_MAX = 16, KB_TITLE_CP_MAX = 60 };

/* Reads kb/ of the tree. `now_ms` (wall clock) is for warnings about valid-until and review-by.
 * Never NULL; look at diags->nerrors. What it returns owns everything; `tree` and `content` may go.
 */
struct kb *kb_build(const struct tree *tree, const struct content *content, int64_t now_ms,
                    struct diags *diags);
void kb_free(struct kb *kb);

/* The answer of an intent in a language, for a value of its slot (-1: unknown). Falls back: the
 * language's variant, the language's own, the Japanese variant, the Japanese one. NULL: the intent
 * has no answer (reject). O(1). */
const struct kb_answer *kb_find(const struct kb *kb, int32_t intent, enum lang lang, int32_t value);

/* Prints `"title":…,"text":…,"body":[…]` (no braces); text and body begin with the lead (NULL:
 * there is none). An answer that is over gets messages.expired with its date before its own words,
 * as a note in body and as a line in text. */
void kb_print_answer(const struct kb *kb, const struct kb_answer *a, const struct lead *lead,
                     int64_t now_ms, struct buf *out);
/* The same three members for one of the site's sentences; title is "". */
void kb_print_message(const struct kb *kb, enum kb_message m, enum lang lang, struct buf *out);
/* The sentence itself, plain. */
struct span kb_message_text(const struct kb *kb, enum kb_message m, enum lang lang);

/* Prints the array of contacts: [{"label","phone","url","hours","open"}], members that are not
 * known left out, `open` true, false or null at `now_ms` (Asia/Tokyo, no daylight saving). "[]" if
 * there are none. */
void kb_print_contacts(const struct kb *kb, enum lang lang, int64_t now_ms, struct buf *out);
/* The same for a terminal or a page: one line each, "label  phone  hours (open now)". */
void kb_print_contacts_text(const struct kb *kb, enum lang lang, int64_t now_ms, struct buf *out);

/* Prints
 * `"name":…,"welcome":…,"privacy":…,"categories":[{"id","title","topics":[{"intent","title"}]}]`:
 * categories in menu order with their answerable topics (talk and reject left out), prepared at
 * build. */
void kb_print_welcome(const struct kb *kb, enum lang lang, struct buf *out);
struct span kb_site_name(const struct kb *kb, enum lang lang);

/* The page's own numbers, digits only: for mask_rules.never. Owned by kb. */
size_t kb_never_mask(const struct kb *kb, const char *const **ret);

#endif

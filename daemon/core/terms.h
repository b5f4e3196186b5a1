/*
 * core/terms.h - which terms occur in a text?
 *
 * A term is a keyword's unit: a name with its aliases, readings and mis-converted spellings. All
 * spellings of all terms lie in one automaton (Aho-Corasick over signs), built for the keywords
 * of 10,000 intents; what it finds is then held to the edge rules (M1-M6). Never changes
 * once built, so that any number of threads may run it at once, each with a scratch of its own.
 */
#ifndef FAQD_CORE_TERMS_H
#define FAQD_CORE_TERMS_H

#include "base/err.h"
#include "core/text.h"

struct terms;
struct terms_scratch;
struct terms_builder;

enum {
    TERM_SPELLING_BYTES_MAX = 300,
    TERM_VARIANTS_MAX = 256, /* spellings one written form may unfold to (okurigana, joints) */
    TERM_HITS_MAX = 512,     /* hits of one text; the first ones are kept */
};

/* How a spelling was found. */
enum term_how { TERM_EXACT, TERM_GAP /* a particle stood at a joint */, TERM_TYPO };

struct term_hit {
    uint32_t term;        /* id given by terms_add */
    uint16_t first, last; /* signs [first, last) of the text */
    uint16_t begin, end;  /* bytes of the source */
    uint8_t how;          /* enum term_how */
    uint16_t signs;       /* length of the spelling (K6), a measure of how much it says */
};

/* A near miss for the editor: the letters are there, a rule refused (M6). */
struct term_near {
    uint32_t term;
    uint16_t begin, end;               /* bytes of the source */
    uint16_t inside_begin, inside_end; /* the longer word that it lies in, in bytes of the source */
};

struct terms_builder *terms_builder_new(void);
void terms_builder_free(struct terms_builder *b);

/* Registers a written form as a term of its own or returns the id of the term that has exactly this
 * normalised form already. `spelling` is UTF-8 as an editor typed it ("*パック", "工事|費用"). Ids
 * count from 0 without holes. ERR_INPUT if nothing is left after normalising or it is too long: the
 * reason says what to do. */
enum errc terms_add(struct terms_builder *b, struct span spelling, uint32_t *retid,
                    struct err *reterr) MUST_CHECK;

/* One more spelling of a term (alias, reading). An alias may belong to several terms. */
enum errc terms_alias(struct terms_builder *b, uint32_t id, struct span spelling,
                      struct err *reterr) MUST_CHECK;

/* A word that only protects (M3). */
enum errc terms_guard(struct terms_builder *b, struct span spelling, struct err *reterr) MUST_CHECK;

/* Mis-conversion: in every spelling strictly longer than `right` that contains it, `wrong` may
 * stand in its place. Call before terms_build; applies to all terms. */
enum errc terms_misconversion(struct terms_builder *b, struct span right, struct span wrong,
                              struct err *reterr) MUST_CHECK;

/* The Latin words of a sentence are no typing errors of others (neither are those of spellings and
 * guards): if people ask about a leader, it is not read as reader. Linear. */
void terms_known_words(struct terms_builder *b, struct span sentence);

/* Builds the automaton and consumes nothing: the builder may be freed afterwards. */
struct terms *terms_build(const struct terms_builder *b);
void terms_free(struct terms *t);
size_t terms_count(const struct terms *t);

/* How the term was written when it was added; for explanations. */
struct span terms_name(const struct terms *t, uint32_t id);

struct terms_scratch *terms_scratch_new(const struct terms *t);
void terms_scratch_free(struct terms_scratch *s);

/* Writes at most `cap` hits, ordered by first sign, longest first; returns how many were written.
 * Guard terms are never reported, but drop what lies inside them, as every longer exact match drops
 * a shorter one of ANOTHER term inside it. Same term, same place: once. A term may be reported
 * several times at several places; mistyped only once, where it is least wrong, and only if it was
 * not found otherwise. `near` may be NULL; else up to `near_cap` near misses, their number in
 * *retnear. Cannot fail, allocates nothing, O(text + raw matches). */
size_t terms_run(const struct terms *t, struct terms_scratch *s, const struct text *text,
                 struct term_hit *hits, size_t cap, struct term_near *near, size_t near_cap,
                 size_t *retnear);

#endif

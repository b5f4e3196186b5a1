/*
 * core/corpus.h - all content, compiled: intents, terms, patterns, model, answers, site
 *
 * Built whole from a directory's files in memory, never changed, swapped whole, counted: a turn
 * that began with one ends with it.
 */
#ifndef FAQD_CORE_CORPUS_H
#define FAQD_CORE_CORPUS_H

#include "base/err.h"
#include "base/file.h"
#include "core/mask.h"

struct content;
struct corpus;
struct kb;

struct corpus_options {
    double answer_at, choose_at; /* thresholds; negative: those of the build */
    int64_t now_ms;              /* wall clock, for expiry warnings */
    const char *cache_dir;       /* NULL: no model cache */
};

/* The directories of a content tree to read with tree_read(): "intents", "kb", NULL. */
extern const char *const corpus_subdirs[];

/* NULL if anything is wrong: `diags` then holds at least one error. Takes milliseconds to seconds:
 * at start or on a worker thread, never while answering. `tree` may be released afterwards. */
struct corpus *corpus_build(const struct tree *tree, const struct corpus_options *options,
                            struct diags *diags) MUST_CHECK;
struct corpus *corpus_ref(struct corpus *c); /* any thread */
void corpus_unref(struct corpus *c);         /* any thread; NULL is fine */

/* Digest of the content, 16 hex digits. */
const char *corpus_revision(const struct corpus *c);
size_t corpus_intents(const struct corpus *c);
/* Index of an intent, -1 if there is none. */
int corpus_find(const struct corpus *c, struct span id);
/* Its id; "" for -1. */
struct span corpus_intent_id(const struct corpus *c, int32_t intent);
const struct mask_rules *corpus_mask_rules(const struct corpus *c);
/* What it was built from, for tools: files as values, answers. */
const struct content *corpus_content(const struct corpus *c);
const struct kb *corpus_kb(const struct corpus *c);
/* What an evidence item names, for people: the term, the pattern, the example, the slot's value. */
struct evidence;
struct span corpus_evidence_name(const struct corpus *c, const struct evidence *e);
/* Whose pattern it is (id of core/patterns.h, below corpus_stats.patterns). */
int32_t corpus_pattern_intent(const struct corpus *c, uint32_t pattern);
/* A keyword line, pattern or follow-up line that fired, as it was written (rule index of
 * core/rules.h). */
const char *corpus_rule_source(const struct corpus *c, uint32_t rule);

struct corpus_thresholds {
    double answer, choose; /* the least confidence for each; see core/decide.h */
};
/* Those in force: of the options, else of the build. */
struct corpus_thresholds corpus_thresholds(const struct corpus *c);

struct corpus_stats {
    size_t intents, terms, spellings, patterns, patterns_always, examples, features;
    size_t bytes;
    double build_ms, train_ms;
};
void corpus_stats(const struct corpus *c, struct corpus_stats *ret);

#endif

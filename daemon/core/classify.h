/*
 * core/classify.h - which intent do a text's words resemble?
 *
 * One linear support vector machine an intent (one against all others; liblinear, L2-regularised
 * L2-loss, dual: Hsieh et al. 2008), over tf-idf of character n-grams (Japanese), words, word
 * pairs and letters (scripts that have words), and the terms of the content's table. Beside it the
 * nearest training sentence by cosine, and the *coverage*: how much of the text the training
 * sentences know, which is what tells a question about something else. It learns from sentences
 * alone and draws no random number that is not seeded: same sentences, same weights.
 *
 * Never changes once trained: any number of threads, each with a scratch of its own.
 */
#ifndef FAQD_CORE_CLASSIFY_H
#define FAQD_CORE_CLASSIFY_H

#include "base/buf.h"
#include "core/terms.h"
#include "core/text.h"

enum {
    CLASSIFY_FEATURES_MAX = 3000, /* of one text; more are not looked at */
    /* Classes times sentences up to which linear models are trained (seconds); beyond, only the
     * nearest sentence counts. */
    CLASSIFY_LINEAR_MAX = 4000000,
    CLASSIFY_TOP = 8,
};

struct classifier;
struct classify_scratch;
struct classify_set; /* training sentences, as features */

/* Collects sentences. `classes`: how many intents there are. */
struct classify_set *classify_set_new(size_t classes);
void classify_set_free(struct classify_set *s);
/* One sentence of class `label`; `hits` are its terms, of which those with an id below `nterms` are
 * features. `ref` is given back for the nearest sentence. */
void classify_set_add(struct classify_set *s, uint32_t label, uint32_t ref, const struct text *text,
                      const struct term_hit *hits, size_t nhits, uint32_t nterms);
size_t classify_set_size(const struct classify_set *s);
/* Digest of all that training looks at: sentences as features, and their classes. */
uint64_t classify_set_digest(const struct classify_set *s);
uint32_t classify_set_label(const struct classify_set *s, size_t i);

/* Which of `folds` parts sentence `i` is in. A part is a stretch of each class, in the order in
 * which sentences were added: people write like sentences one after the other, and a held-out
 * sentence should be as new as a visitor's. */
unsigned classify_set_fold(const struct classify_set *s, unsigned folds, size_t i);

/* Trains on all sentences but those of part `fold` (folds 0: on all). One at a time in
 * a process: liblinear draws from rand(). Seconds for 15,000 sentences; never on a loop. */
struct classifier *classify_train(const struct classify_set *s, unsigned folds, unsigned fold);
void classifier_free(struct classifier *c);         /* NULL is fine */
bool classifier_linear(const struct classifier *c); /* it has linear models */
size_t classifier_features(const struct classifier *c);
size_t classifier_bytes(const struct classifier *c);
/* Digest of the quantised weights. */
uint64_t classifier_digest(const struct classifier *c);

/* As bytes for a cache, and back; NULL if the bytes are not what was printed (untrusted: checked).
 */
void classifier_print(const struct classifier *c, struct buf *out);
struct classifier *classifier_parse(struct span bytes, size_t classes);

struct classify_scratch *classify_scratch_new(const struct classifier *c);
void classify_scratch_free(struct classify_scratch *s);

struct classify_candidate {
    uint32_t label;
    float margin; /* of the linear model; -1 where there is none */
    float
        support; /* share of what the text names (grams of more than hiragana) that speaks for it */
    float cosine;     /* to the nearest sentence of this class, 0..1 */
    uint32_t nearest; /* its ref */
};

struct classify_result {
    float coverage; /* 0..1 */
    size_t n;       /* the best candidates by margin and cosine, best first */
    struct classify_candidate top[CLASSIFY_TOP];
};

/* Cannot fail, allocates nothing. O(features x classes) for the linear part. */
void classify_run(const struct classifier *c, struct classify_scratch *s, const struct text *text,
                  const struct term_hit *hits, size_t nhits, uint32_t nterms,
                  struct classify_result *ret);
/* The same for sentence `i` of a set (cross-validation). */
void classify_run_set(const struct classifier *c, struct classify_scratch *s,
                      const struct classify_set *set, size_t i, struct classify_result *ret);
/* Score of one more class after classify_run: for an intent that other evidence speaks for. */
void classify_score(const struct classifier *c, struct classify_scratch *s, uint32_t label,
                    struct classify_candidate *ret);

#endif

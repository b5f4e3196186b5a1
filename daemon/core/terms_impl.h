/*
 * core/terms_impl.h - what the parts of core/terms.h share; for terms*.c only
 *
 * terms.c registers spellings and builds · terms_unfold.c makes the variants of a spelling (K2-K5)
 * · terms_edges.c tells whether the ends of a match are free (M2) · terms_run.c finds, terms_typo.c
 * finds what was mistyped in kana, terms_latin.c in Latin words. daemon/core/README.md has the
 * rules K1-K6 and M1-M6.
 */
#ifndef FAQD_CORE_TERMS_IMPL_H
#define FAQD_CORE_TERMS_IMPL_H

#include "core/automaton.h"
#include "core/terms.h"
#include "core/trie.h"

enum {
    SPELLING_SIGNS_MAX = TERM_SPELLING_BYTES_MAX * 2, /* normalising can make a text longer */
    JOINT_SYMBOL = ALPHABET_EXTRA, /* stands for a joint in `struct terms.gaps` */
    RAW_MAX = 4096,                /* matches of one text before M3 */
    REFUSED_MAX = 256,
    TYPOS_MAX = 64,        /* mistyped terms of one text */
    JUDGED = 64,           /* places that are remembered as judged */
    LATIN_LETTERS_MIN = 5, /* of a word in which an error is looked for */
    LATIN_LETTERS_MAX = 32,
    LATIN_TYPED_MIN = LATIN_LETTERS_MIN - 1,
    LATIN_CHOICES_MAX = 8, /* words that one mistyped word may have been */
    LATIN_FIXES_MAX = 64,  /* choices for all words of a text */
    MENDED_MAX = TEXT_SIGNS_MAX + LATIN_FIXES_MAX,
};

#define GUARD 0xFFFFFFFFu /* the owner of guard terms */
#define LONG_MARK 0x30FCu /* ー */

/* One sign of a spelling. */
struct sign {
    uint32_t cp;
    uint8_t class; /* enum text_class; ー counts as what it lengthens */
    bool soft;     /* a soft break stood before it */
    bool bar;      /* the editor's | stood before it */
};

/* What must be true of the signs beside a match (M2). */
enum end_rule { END_FREE, END_LETTER, END_DIGIT, END_LONE_KANJI, END_KANA };

/* One form that is searched: what a spelling unfolds to. */
struct variant {
    uint32_t at;              /* its signs in the pool */
    uint16_t n;               /* signs */
    uint16_t length;          /* K6 */
    uint8_t left, right;      /* enum end_rule */
    bool plural;              /* s or es may follow (M2) */
    bool mixed;               /* more than one class */
    uint8_t kana;             /* how many signs are kana, at most 255 */
    uint32_t owners, nowners; /* the terms it belongs to, GUARD last */
};

struct unfolded {
    const struct sign *signs;
    const bool *joint; /* joint[i]: one before signs[i] */
    size_t n;
    bool any_joint;
};

/* What to put in place of what (misconversions). */
struct swap {
    struct sign *right, *wrong;
    size_t nright, nwrong;
};

typedef void unfold_fn(void *ctx, const struct unfolded *u);
/* Calls `fn` for each variant, at most TERM_VARIANTS_MAX times; the spelling as it is comes first.
 */
void terms_unfold(const struct sign *signs, size_t n, const struct swap *swaps, size_t nswaps,
                  unfold_fn *fn, void *ctx);

static inline bool is_kana(uint32_t cp)
{
    return (cp >= 0x3041 && cp <= 0x3096) || cp == LONG_MARK;
}

/* Where nothing binds two neighbours, and of which class each sign is, for one text. */
struct edges {
    const struct text *text;
    uint32_t cps[TEXT_SIGNS_MAX];
    uint8_t class[TEXT_SIGNS_MAX];  /* ー counts as what it lengthens */
    bool apart[TEXT_SIGNS_MAX + 1]; /* start, end or a break at this border */
    bool edge[TEXT_SIGNS_MAX + 1];  /* that, or a change of class */
    size_t n;
};

void edges_make(struct edges *e, const struct text *text);
/* Are both ends of [first, *last) free for this variant? May move *last behind a ー. */
bool edges_free(const struct edges *e, const struct variant *v, size_t first, size_t *last);
/* The word around a refused match, for the editor: signs [*first, *last). */
void edges_widen(const struct edges *e, size_t *first, size_t *last);

/* A list of words by their first two symbols, so that most places of a text are done with after
 * one look. */
struct starts {
    struct start {
        uint32_t first, second, node; /* node 0: an empty place */
    } * table;
    size_t mask;
};

void starts_build(struct starts *s, const struct trie *t);
void starts_release(struct starts *s);

static inline uint32_t starts_hash(uint32_t first, uint32_t second)
{
    uint32_t hash = first * 0x9E3779B1u + second * 0x85EBCA6Bu;
    return hash ^ hash >> 15;
}

/* The node two symbols below the root, 0: no word begins so. */
static inline uint32_t starts_find(const struct starts *s, uint32_t first, uint32_t second)
{
    for (size_t i = starts_hash(first, second);; i++) {
        const struct start *p = &s->table[i & s->mask];
        if (p->node == 0 || (p->first == first && p->second == second))
            return p->node;
    }
}

/* Both directions of the search for mistyped words; see terms_typo.c. */
struct typos {
    struct trie forward, backward;
    struct starts forward_starts, backward_starts;
    uint8_t *ops;    /* for each variant: whole errors it may have, TYPO_NEVER: none at all */
    uint8_t *folded; /* for each variant: its length when folded */
    bool *symbol_is_kana;
};

/* A set of words, by their hashes: an error in 2^64 costs one typing error that is not mended. */
struct known {
    uint64_t *table; /* 0: free */
    size_t n, size;
};

struct latin_word {
    uint16_t letters[LATIN_LETTERS_MAX];
    uint8_t n;
};

/* What is mended in Latin words; see terms_latin.c. */
struct latin {
    struct latin_word *words; /* of all spellings, sorted once built */
    size_t nwords, words_cap;
    struct latin_form {
        uint32_t hash;
        uint32_t word; /* 1 + index, 0: an empty place */
    } * forms;         /* each word, and without each of its letters but the first */
    size_t mask;
    struct known known;
};

struct terms {
    uint32_t *pool;   /* code points of all variants */
    uint8_t *classes; /* and their classes: enum text_class */
    struct variant *variants;
    size_t nvariants;
    bool open_letters; /* a * stands before a letter somewhere */
    uint32_t *owners;
    char *names; /* of all terms, one after another */
    size_t *name_at;
    size_t nterms;
    struct alphabet alphabet; /* of the tries */
    struct automaton *exact;
    struct trie gaps; /* variants with JOINT_SYMBOL at their joints */
    struct starts gap_starts;
    struct typos typos;
    struct latin latin;
};

/* A match before M3; `term` is GUARD for all owners of the variant, else only that one. */
struct raw {
    uint32_t variant, term;
    uint16_t first, last;
    uint8_t how;
};

struct typo {
    uint32_t term, variant;
    uint16_t first, last;
    uint16_t length; /* K6 of the variant */
    uint8_t cost;    /* in halves */
    bool inner;      /* inside a longer one */
};

/* A word that may have been meant by signs [first, last) of the text. */
struct latin_fix {
    uint32_t word;
    uint16_t first, last;
    uint8_t round; /* of several choices only one a round is tried */
};

struct terms_scratch {
    struct edges edges;
    uint32_t ids[TEXT_SIGNS_MAX]; /* the text in the alphabet of the tries */
    struct raw raw[RAW_MAX];
    size_t nraw;
    uint64_t order[RAW_MAX];
    struct raw refused[REFUSED_MAX]; /* by M2 */
    size_t nrefused;
    bool want_refused;
    struct typo typos[TYPOS_MAX];
    size_t ntypos;
    uint32_t folded[2][TEXT_SIGNS_MAX]; /* symbols, forwards and backwards */
    uint16_t folded_at[TEXT_SIGNS_MAX]; /* the sign each came from */
    bool folded_kana[2][TEXT_SIGNS_MAX];
    size_t nfolded;
    uint64_t judged[JUDGED]; /* 1 + variant and place, 0: nothing */
    struct latin_fix fixes[LATIN_FIXES_MAX];
    size_t nfixes;
    uint32_t mended[MENDED_MAX];          /* the text with mended words */
    uint16_t mended_from[MENDED_MAX + 1]; /* for each border of it: the one of the text */
    uint8_t mended_count[MENDED_MAX + 1]; /* and how many mended words lie before it */
    uint32_t steps;                       /* that the search for mistyped words may still take */
    uint32_t now;      /* counts runs and places: a mark of an earlier one is no mark */
    uint32_t run;      /* `now` when this run began */
    uint32_t *found;   /* for each term: `run` if it was found exactly */
    uint32_t *seen;    /* for each term: `now` if it has a hit at the present place */
    uint32_t *seen_as; /* for each term: that hit's index */
    size_t nterms;
};

void typos_build(struct terms *t);
void typos_release(struct typos *y);
/* Adds mistyped terms to s->raw; all exact matches are there already and s->found is marked. */
void typos_run(const struct terms *t, struct terms_scratch *s);

/* Keeps a typing error if the term is wanted and nothing else explains it. */
void typo_keep(const struct terms *t, struct terms_scratch *s, const struct typo *typo);

void known_add_all(struct known *k, const struct text *t);
void latin_add(struct latin *l, const struct sign *signs, size_t n);
void latin_build(struct latin *l, const struct known *known);
void latin_release(struct latin *l);
/* Adds to s->typos what is mistyped in Latin words. */
void latin_run(const struct terms *t, struct terms_scratch *s);

#endif

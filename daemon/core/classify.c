/*
 * core/classify.c
 *
 * A text becomes a bag of grams, each a 32-bit hash: of 100,000 known grams two share a hash with
 * probability one, and that pair costs nothing measurable, while exact strings would cost memory
 * and time. Which grams: character 1-3-grams where a script has no spaces; the word, word pairs,
 * the first and the last word and the 2-4-grams of " word " where it has; one for each term of the
 * table. Weights are (1 + ln tf) · idf^⅔, the known part scaled to length one: a whole idf lets
 * what is rare outvote what decides, none at all forgets what a text is about.
 *
 * Weights of the linear models are kept as one byte each with one scale a class, in rows by
 * gram, so that a text reads one short row for each gram it has. For the nearest sentence a
 * postings list adds up the grams that are not too common; the best sentence of each candidate is
 * then measured exactly. Sentences and postings hold how often a gram occurs, not what it weighs:
 * four bytes instead of eight, and nothing rounded.
 *
 * Left out, since measuring showed no gain on public sets: a morphological analyser, background
 * sentences as a class of their own, mixing the cosine into the choice of the intent; pairs of
 * words with one left out, word triples, 5-grams, grams across words, 3-4-grams alone, weights by
 * kind of gram, by how a gram spreads over the classes, other costs than 1, a full idf for the
 * cosine alone. A stricter end of the solver's work moves nothing but time.
 */
#include "core/classify.h"

#include "base/mem.h"

#include <assert.h>
#include <linear.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdlib.h>

enum {
    BAG_SLOTS = 8192, /* power of two, more than twice CLASSIFY_FEATURES_MAX */
    WORD_SIGNS_MAX = 64,
    TF_CONTENT = 0x8000, /* the gram holds more than hiragana: it names something */
    TF_MAX = 0xFF,
    TF_SHIFT = 24, /* a gram and how often, or a sentence and how often, in one word */
    ID_MAX = 1 << TF_SHIFT,
    ROW_ALIGN = 16,
    TEXT_UNIT = 1 << 12, /* weights of a text as whole numbers: 127 · 2^12 · √3000 < 2^31 */
    POSTINGS_LEAST = 48, /* a gram in more sentences than this, and than one in 128, does not help
                             to find the nearest */
    EVEN_CLASSES = 32, /* among up to so many, a class's own sentences weigh no more than others */
    CACHE_MAGIC = 0x46514332,
};

/* ---- grams ----------------------------------------------------------------------------------- */

struct bag {
    uint32_t hash[CLASSIFY_FEATURES_MAX];
    uint16_t tf[CLASSIFY_FEATURES_MAX]; /* TF_CONTENT | how often */
    uint16_t at[CLASSIFY_FEATURES_MAX]; /* its slot, so that only used ones need be cleared */
    size_t n;
    uint16_t slot[BAG_SLOTS]; /* index + 1 into hash, 0 = free */
};

enum gram_kind {
    GRAM_CHARS = 1,
    GRAM_WORD,
    GRAM_PAIR,
    GRAM_LETTERS,
    GRAM_TERM,
    GRAM_FIRST,
    GRAM_LAST
};

static uint32_t mix(uint32_t h, uint32_t value)
{
    h = (h ^ value) * 0x9E3779B1u;
    return h ^ h >> 15;
}

static void bag_clear(struct bag *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->slot[b->at[i]] = 0;
    b->n = 0;
}

static void bag_add(struct bag *b, uint32_t hash, uint16_t content)
{
    uint32_t at = (hash * 0x85EBCA6Bu) >> 19; /* the top 13 bits */
    while (b->slot[at] != 0) {
        size_t i = b->slot[at] - 1u;
        if (b->hash[i] == hash) {
            if ((b->tf[i] & TF_MAX) < TF_MAX)
                b->tf[i]++;
            return;
        }
        at = (at + 1) & (BAG_SLOTS - 1);
    }
    if (b->n == CLASSIFY_FEATURES_MAX)
        return;
    b->hash[b->n] = hash;
    b->tf[b->n] = content | 1;
    b->at[b->n] = (uint16_t)at;
    b->slot[at] = (uint16_t)++b->n;
}

static bool is_wordlike(const struct text_sign *s)
{
    return s->class == TEXT_LETTER || s->class == TEXT_DIGIT;
}

/* True outside of the text and where a sentence of it ends. */
static bool is_edge(const struct text *t, size_t i)
{
    return i >= t->nsigns || t->signs[i].class == TEXT_SENTINEL;
}

/* The letters of " word ", in pieces of 2 to 4. */
static void bag_letters(struct bag *b, const struct text_sign *s, size_t n)
{
    uint32_t padded[WORD_SIGNS_MAX + 2];
    size_t len = 0;
    padded[len++] = ' ';
    for (size_t i = 0; i < n && i < WORD_SIGNS_MAX; i++)
        padded[len++] = s[i].cp;
    padded[len++] = ' ';
    for (size_t i = 0; i < len; i++) {
        uint32_t h = GRAM_LETTERS;
        for (size_t k = 0; k < 4 && i + k < len; k++) {
            h = mix(h, padded[i + k]);
            if (k >= 1)
                bag_add(b, h, TF_CONTENT);
        }
    }
}

static void bag_text(struct bag *b, const struct text *t, const struct term_hit *hits, size_t nhits,
                     uint32_t nterms)
{
    uint32_t previous = 0; /* hash of the word that ended right before this place */
    size_t i = 0;

    bag_clear(b);
    while (i < t->nsigns) {
        const struct text_sign *s = &t->signs[i];
        if (s->class == TEXT_SENTINEL) {
            previous = 0;
            i++;
        } else if (is_wordlike(s)) {
            uint32_t h = GRAM_WORD;
            size_t begin = i;
            do
                h = mix(h, t->signs[i++].cp);
            while (i < t->nsigns && is_wordlike(&t->signs[i]) &&
                   t->signs[i].break_before == TEXT_BREAK_NONE);
            bag_add(b, h, TF_CONTENT);
            if (previous != 0)
                bag_add(b, mix(mix(GRAM_PAIR, previous), h), TF_CONTENT);
            if (is_edge(t, begin - 1))
                bag_add(b, mix(GRAM_FIRST, h), TF_CONTENT);
            if (is_edge(t, i))
                bag_add(b, mix(GRAM_LAST, h), TF_CONTENT);
            bag_letters(b, s, i - begin);
            previous = h;
        } else {
            uint32_t h = GRAM_CHARS;
            uint16_t content = 0;
            for (size_t k = 0; k < 3 && i + k < t->nsigns; k++) {
                const struct text_sign *next = &t->signs[i + k];
                if (next->class == TEXT_SENTINEL || is_wordlike(next))
                    break;
                h = mix(h, next->cp);
                if (next->class != TEXT_HIRAGANA)
                    content = TF_CONTENT;
                bag_add(b, h, content);
            }
            previous = 0;
            i++;
        }
    }
    for (i = 0; i < nhits; i++) {
        if (hits[i].term < nterms)
            bag_add(b, mix(GRAM_TERM, hits[i].term), 0);
    }
}

/* ---- sentences to learn from ----------------------------------------------------------------- */

struct sentence {
    uint32_t label, ref;
    uint32_t place; /* among the sentences of its class */
    size_t first;   /* of its grams */
    uint32_t n;
};

struct classify_set {
    size_t classes;
    uint32_t *of_class; /* [classes] how many sentences each has */
    struct sentence *sentences;
    size_t n, cap;
    uint32_t *hash;
    uint16_t *tf;
    size_t ngrams, hash_cap, tf_cap;
    struct bag bag;
};

struct classify_set *classify_set_new(size_t classes)
{
    struct classify_set *s = mem_zalloc(sizeof(*s));
    s->classes = classes;
    s->of_class = mem_zalloc_array(classes + 1, sizeof(*s->of_class));
    return s;
}

void classify_set_free(struct classify_set *s)
{
    if (s == NULL)
        return;
    free(s->of_class);
    free(s->sentences);
    free(s->hash);
    free(s->tf);
    free(s);
}

void classify_set_add(struct classify_set *s, uint32_t label, uint32_t ref, const struct text *text,
                      const struct term_hit *hits, size_t nhits, uint32_t nterms)
{
    struct bag *b = &s->bag;

    assert(label < s->classes);
    bag_text(b, text, hits, nhits, nterms);
    if (b->n == 0)
        return;
    s->sentences = mem_grow(s->sentences, &s->cap, s->n + 1, sizeof(*s->sentences));
    s->hash = mem_grow(s->hash, &s->hash_cap, s->ngrams + b->n, sizeof(*s->hash));
    s->tf = mem_grow(s->tf, &s->tf_cap, s->ngrams + b->n, sizeof(*s->tf));
    memcpy(s->hash + s->ngrams, b->hash, b->n * sizeof(*s->hash));
    memcpy(s->tf + s->ngrams, b->tf, b->n * sizeof(*s->tf));
    s->sentences[s->n++] =
        (struct sentence){label, ref, s->of_class[label]++, s->ngrams, (uint32_t)b->n};
    s->ngrams += b->n;
}

static uint64_t digest_bytes(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

uint64_t classify_set_digest(const struct classify_set *s)
{
    uint64_t h = digest_bytes(0xcbf29ce484222325u, &s->classes, sizeof(s->classes));
    for (size_t i = 0; i < s->n; i++) {
        const struct sentence *x = &s->sentences[i];
        h = digest_bytes(h, &x->label, sizeof(x->label));
        h = digest_bytes(h, s->hash + x->first, x->n * sizeof(*s->hash));
        h = digest_bytes(h, s->tf + x->first, x->n * sizeof(*s->tf));
    }
    return h;
}

size_t classify_set_size(const struct classify_set *s)
{
    return s->n;
}

unsigned classify_set_fold(const struct classify_set *s, unsigned folds, size_t i)
{
    const struct sentence *x = &s->sentences[i];
    return (unsigned)((uint64_t)x->place * folds / s->of_class[x->label]);
}

uint32_t classify_set_label(const struct classify_set *s, size_t i)
{
    return s->sentences[i].label;
}

/* ---- the model ------------------------------------------------------------------------------- */

/* Everything of a size that depends on the content. One table, so that freeing, printing and
 * reading back cannot forget one. */
struct classifier {
    uint32_t classes, stride, features, examples, postings, example_grams, slots;
    bool linear;
    float weight_unknown;
    uint32_t *slot_hash;  /* [slots] open addressing over the grams */
    uint32_t *slot_value; /* [slots] gram + 1, 0 = free */
    float *weight;        /* [features] of a gram that occurs once: idf^⅔ */
    int8_t *weights;      /* [features * stride] */
    float *scale, *bias;  /* [stride] */
    uint32_t *trained;    /* [stride] 1 if the class has sentences */
    /* sentences, ordered by class */
    uint32_t *example_label, *example_ref; /* [examples] */
    uint32_t *example_first;               /* [examples + 1] */
    float *example_scale;                  /* [examples] makes the sentence's length one */
    uint32_t *example_gram;                /* [example_grams] with how often */
    uint32_t *posting_first;               /* [features + 1] */
    uint32_t *posting_example;             /* [postings] with how often */
};

struct array {
    size_t offset; /* of the pointer in struct classifier */
    size_t each;
};

#define ARRAY(member)                                                                  \
    {                                                                                  \
        offsetof(struct classifier, member), sizeof(*((struct classifier *)0)->member) \
    }
static const struct array arrays[] = {
    ARRAY(slot_hash),     ARRAY(slot_value),      ARRAY(weight),
    ARRAY(weights),       ARRAY(scale),           ARRAY(bias),
    ARRAY(trained),       ARRAY(example_label),   ARRAY(example_ref),
    ARRAY(example_first), ARRAY(example_scale),   ARRAY(example_gram),
    ARRAY(posting_first), ARRAY(posting_example),
};
enum { NARRAYS = sizeof(arrays) / sizeof(arrays[0]) };

static void **array_at(const struct classifier *c, size_t i)
{
    return (void **)(void *)((const char *)c + arrays[i].offset);
}

/* How many elements each of `arrays` has, from the sizes in the head. */
static void array_counts(const struct classifier *c, size_t n[NARRAYS])
{
    const size_t counts[NARRAYS] = {
        c->slots,
        c->slots,
        c->features,
        (size_t)c->features * c->stride,
        c->stride,
        c->stride,
        c->stride,
        c->examples,
        c->examples,
        c->examples + (size_t)1,
        c->examples,
        c->example_grams,
        c->features + (size_t)1,
        c->postings,
    };
    memcpy(n, counts, sizeof(counts));
}

static void arrays_alloc(struct classifier *c)
{
    size_t n[NARRAYS];
    array_counts(c, n);
    for (size_t i = 0; i < NARRAYS; i++) {
        if (*array_at(c, i) == NULL)
            *array_at(c, i) = mem_zalloc_array(n[i] > 0 ? n[i] : 1, arrays[i].each);
    }
}

void classifier_free(struct classifier *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < NARRAYS; i++)
        free(*array_at(c, i));
    free(c);
}

bool classifier_linear(const struct classifier *c)
{
    return c->linear;
}

size_t classifier_features(const struct classifier *c)
{
    return c->features;
}

size_t classifier_bytes(const struct classifier *c)
{
    size_t n[NARRAYS], sum = sizeof(*c);
    array_counts(c, n);
    for (size_t i = 0; i < NARRAYS; i++)
        sum += n[i] * arrays[i].each;
    return sum;
}

static uint32_t find_gram(const struct classifier *c, uint32_t hash)
{
    uint32_t at = hash & (c->slots - 1);
    while (c->slot_value[at] != 0) {
        if (c->slot_hash[at] == hash)
            return c->slot_value[at];
        at = (at + 1) & (c->slots - 1);
    }
    return 0;
}

static bool is_used(const struct classify_set *s, unsigned folds, unsigned fold, size_t i)
{
    return folds == 0 || classify_set_fold(s, folds, i) != fold;
}

static float tf_weight(uint32_t tf)
{
    return tf == 1 ? 1.0F : 1.0F + logf((float)tf);
}

/* Gram and weight of entry `k` of `example_gram`, before the sentence's scale. */
static uint32_t example_entry(const struct classifier *c, uint32_t k, float *retweight)
{
    uint32_t gram = c->example_gram[k] & (ID_MAX - 1);
    *retweight = tf_weight(c->example_gram[k] >> TF_SHIFT) * c->weight[gram];
    return gram;
}

static uint32_t free_slot(const struct classifier *c, uint32_t hash)
{
    uint32_t at = hash & (c->slots - 1);
    while (c->slot_value[at] != 0)
        at = (at + 1) & (c->slots - 1);
    return at;
}

/* Twice as many slots. Grown, since a table for all grams of all sentences would be many times
 * larger than what they have in common needs, and every page of it would be touched. */
static void grow_slots(struct classifier *c)
{
    uint32_t *hash = c->slot_hash, *value = c->slot_value, old = c->slots;

    c->slots = old > 0 ? 2 * old : 16;
    c->slot_hash = mem_zalloc_array(c->slots, sizeof(uint32_t));
    c->slot_value = mem_zalloc_array(c->slots, sizeof(uint32_t));
    for (uint32_t i = 0; i < old; i++) {
        if (value[i] == 0)
            continue;
        uint32_t at = free_slot(c, hash[i]);
        c->slot_hash[at] = hash[i];
        c->slot_value[at] = value[i];
    }
    free(hash);
    free(value);
}

/* Which grams there are, and in how many sentences each occurs. */
static uint32_t *collect_grams(struct classifier *c, const struct classify_set *s, unsigned folds,
                               unsigned fold)
{
    size_t cap = 0;
    uint32_t *df = mem_grow(NULL, &cap, 1, sizeof(*df));

    grow_slots(c);
    for (size_t i = 0; i < s->n; i++) {
        if (!is_used(s, folds, fold, i))
            continue;
        for (size_t k = 0; k < s->sentences[i].n; k++) {
            uint32_t hash = s->hash[s->sentences[i].first + k];
            uint32_t gram = find_gram(c, hash);
            if (gram == 0) {
                assert(c->features < ID_MAX); /* sentences of a gigabyte */
                if (2 * ((size_t)c->features + 1) > c->slots)
                    grow_slots(c);
                uint32_t at = free_slot(c, hash);
                gram = ++c->features;
                c->slot_hash[at] = hash;
                c->slot_value[at] = gram;
                df = mem_grow(df, &cap, gram, sizeof(*df));
                df[gram - 1] = 0;
            }
            df[gram - 1]++;
        }
    }
    return df;
}

static void fill_examples(struct classifier *c, const struct classify_set *s, unsigned folds,
                          unsigned fold)
{
    uint32_t e = 0, g = 0;
    /* by class: a counting sort, stable */
    uint32_t *at = mem_zalloc_array((size_t)c->classes + 1, sizeof(*at));
    uint32_t *order = mem_zalloc_array(c->examples > 0 ? c->examples : 1, sizeof(*order));
    for (size_t i = 0; i < s->n; i++) {
        if (is_used(s, folds, fold, i))
            at[s->sentences[i].label + 1]++;
    }
    for (uint32_t k = 0; k < c->classes; k++)
        at[k + 1] += at[k];
    for (size_t i = 0; i < s->n; i++) {
        if (is_used(s, folds, fold, i))
            order[at[s->sentences[i].label]++] = (uint32_t)i;
    }
    for (e = 0; e < c->examples; e++) {
        const struct sentence *x = &s->sentences[order[e]];
        double sum = 0;
        c->example_label[e] = x->label;
        c->example_ref[e] = x->ref;
        c->example_first[e] = g;
        for (uint32_t k = 0; k < x->n; k++) {
            uint32_t gram = find_gram(c, s->hash[x->first + k]) - 1;
            uint32_t tf = s->tf[x->first + k] & TF_MAX;
            double w = (double)(tf_weight(tf) * c->weight[gram]);
            c->example_gram[g++] = gram | tf << TF_SHIFT;
            sum += w * w;
        }
        c->example_scale[e] = sum > 0 ? (float)(1.0 / sqrt(sum)) : 0;
    }
    c->example_first[e] = g;
    free(order);
    free(at);
}

static void fill_postings(struct classifier *c, const uint32_t *df)
{
    uint32_t most = c->examples / 128 > POSTINGS_LEAST ? c->examples / 128 : POSTINGS_LEAST;
    uint32_t *at = mem_zalloc_array((size_t)c->features + 1, sizeof(*at));

    c->posting_first = mem_zalloc_array((size_t)c->features + 1, sizeof(uint32_t));
    for (uint32_t f = 0; f < c->features; f++) {
        c->posting_first[f + 1] = c->posting_first[f] + (df[f] <= most ? df[f] : 0);
        at[f] = c->posting_first[f];
    }
    c->postings = c->posting_first[c->features];
    arrays_alloc(c);
    for (uint32_t e = 0; e < c->examples; e++) {
        for (uint32_t k = c->example_first[e]; k < c->example_first[e + 1]; k++) {
            uint32_t f = c->example_gram[k] & (ID_MAX - 1);
            if (df[f] <= most)
                c->posting_example[at[f]++] = e | (c->example_gram[k] & ~(uint32_t)(ID_MAX - 1));
        }
    }
    free(at);
}

static void say_nothing(const char *s)
{
    (void)s; /* liblinear prints its progress on stdout otherwise, where only `ready` may stand */
}

/* One binary problem a class. */
static void train_linear(struct classifier *c, uint32_t with)
{
    struct feature_node *nodes =
        mem_alloc(((size_t)c->example_grams + 2 * (size_t)c->examples) * sizeof(*nodes));
    struct feature_node **rows =
        mem_alloc((c->examples + (size_t)1) * sizeof(struct feature_node *));
    c->weights = mem_zalloc_array((size_t)c->features * c->stride, sizeof(*c->weights));
    c->scale = mem_zalloc_array(c->stride, sizeof(*c->scale));
    c->bias = mem_zalloc_array(c->stride, sizeof(*c->bias));
    c->trained = mem_zalloc_array(c->stride, sizeof(*c->trained));
    double *y = mem_zalloc_array(c->examples + (size_t)1, sizeof(*y));
    size_t n = 0;

    for (uint32_t e = 0; e < c->examples; e++) {
        rows[e] = &nodes[n];
        for (uint32_t k = c->example_first[e]; k < c->example_first[e + 1]; k++) {
            float w;
            uint32_t gram = example_entry(c, k, &w);
            nodes[n++] = (struct feature_node){(int)gram + 1, (double)(w * c->example_scale[e])};
        }
        nodes[n++] = (struct feature_node){(int)c->features + 1, 1.0};
        nodes[n++] = (struct feature_node){-1, 0};
    }
    set_print_string_function(say_nothing);
    /* The more classes stand against one, the less its own sentences would count. */
    int own_label = 1;
    double own_weight = fmax(1, sqrt((double)with / EVEN_CLASSES));
    const struct parameter parameter = {.solver_type = L2R_L2LOSS_SVC_DUAL,
                                        .eps = 0.3,
                                        .C = 1,
                                        .p = 0.1,
                                        .nr_weight = 1,
                                        .weight_label = &own_label,
                                        .weight = &own_weight};
    const struct problem problem = {
        .l = (int)c->examples, .n = (int)c->features + 1, .y = y, .x = rows, .bias = 1};
    for (uint32_t k = 0; k < c->classes; k++) {
        uint32_t own = 0;
        for (uint32_t e = 0; e < c->examples; e++) {
            y[e] = c->example_label[e] == k ? 1 : -1;
            own += c->example_label[e] == k;
        }
        if (own == 0 || own == c->examples)
            continue;
        srand(1); /* the solver visits the sentences in an order drawn from rand() */
        struct model *model = train(&problem, &parameter);
        double largest = 0;
        for (uint32_t f = 0; f < c->features; f++)
            largest = fmax(largest, fabs(model->w[f]));
        c->trained[k] = 1;
        c->scale[k] = (float)(largest / 127);
        c->bias[k] = (float)model->w[c->features];
        for (uint32_t f = 0; f < c->features && largest > 0; f++)
            c->weights[(size_t)f * c->stride + k] = (int8_t)lrint(model->w[f] / largest * 127);
        free_and_destroy_model(&model);
    }
    free(nodes);
    free(rows);
    free(y);
#ifdef __GLIBC__
    (void)malloc_trim(0); /* the solver's copy of all sentences is the largest thing there is */
#endif
}

static float weight_of_idf(double idf)
{
    return (float)cbrt(idf * idf);
}

struct classifier *classify_train(const struct classify_set *s, unsigned folds, unsigned fold)
{
    struct classifier *c = mem_zalloc(sizeof(*c));
    uint32_t *df;

    c->classes = (uint32_t)s->classes;
    df = collect_grams(c, s, folds, fold);
    uint32_t with = 0, last = UINT32_MAX;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_used(s, folds, fold, i))
            continue;
        assert(c->examples < ID_MAX);
        c->examples++;
        c->example_grams += s->sentences[i].n;
        with += s->sentences[i].label != last;
        last = s->sentences[i].label;
    }
    c->linear = with > 1 && (uint64_t)with * c->examples <= CLASSIFY_LINEAR_MAX;
    c->stride = c->linear ? (c->classes + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN : 0;
    c->weight = mem_zalloc_array(c->features > 0 ? c->features : 1, sizeof(float));
    for (uint32_t f = 0; f < c->features; f++)
        c->weight[f] = weight_of_idf(log((1.0 + c->examples) / (1.0 + df[f])) + 1);
    c->weight_unknown = weight_of_idf(log(1.0 + c->examples) + 1);
    c->example_label = mem_zalloc_array(c->examples + (size_t)1, sizeof(uint32_t));
    c->example_ref = mem_zalloc_array(c->examples + (size_t)1, sizeof(uint32_t));
    c->example_first = mem_zalloc_array(c->examples + (size_t)1, sizeof(uint32_t));
    c->example_gram = mem_zalloc_array(c->example_grams + (size_t)1, sizeof(uint32_t));
    c->example_scale = mem_zalloc_array(c->examples + (size_t)1, sizeof(float));
    fill_examples(c, s, folds, fold);
    if (c->linear)
        train_linear(c, with);
    fill_postings(c, df); /* and whatever arrays are not there yet */
    free(df);
    return c;
}

uint64_t classifier_digest(const struct classifier *c)
{
    uint64_t h = 0xcbf29ce484222325u;
    const unsigned char *p = (const unsigned char *)c->weights;
    for (size_t i = 0; i < (size_t)c->features * c->stride; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

/* ---- to bytes and back ----------------------------------------------------------------------- */

void classifier_print(const struct classifier *c, struct buf *out)
{
    uint32_t head[] = {CACHE_MAGIC, c->classes,       c->stride, c->features, c->examples,
                       c->postings, c->example_grams, c->slots,  c->linear};
    size_t n[NARRAYS];

    buf_add(out, head, sizeof(head));
    buf_add(out, &c->weight_unknown, sizeof(c->weight_unknown));
    array_counts(c, n);
    for (size_t i = 0; i < NARRAYS; i++)
        buf_add(out, *array_at(c, i), n[i] * arrays[i].each);
}

static bool is_rising(const uint32_t *first, size_t n, uint32_t last)
{
    if (first[0] != 0 || first[n] != last)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (first[i] > first[i + 1])
            return false;
    }
    return true;
}

static bool all_below(const uint32_t *a, size_t n, uint32_t limit)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] >= limit)
            return false;
    }
    return true;
}

/* The same for words that hold how often as well, which is never 0. */
static bool all_counted_below(const uint32_t *a, size_t n, uint32_t limit)
{
    for (size_t i = 0; i < n; i++) {
        if ((a[i] & (ID_MAX - 1)) >= limit || a[i] >> TF_SHIFT == 0)
            return false;
    }
    return true;
}

/* Sums over postings tell by > 0 what was touched: no product may vanish. */
static bool all_positive(const float *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(a[i] > 1e-6F && a[i] < 1e6F))
            return false;
    }
    return true;
}

/* Whatever is used as an index must lie inside; wrong weights are only wrong answers, and the
 * checksum around the cache finds them. */
static bool is_sound(const struct classifier *c)
{
    bool free_slot = false;
    for (uint32_t i = 0; i < c->slots; i++)
        free_slot |= c->slot_value[i] == 0;
    return free_slot && all_below(c->slot_value, c->slots, c->features + 1) &&
           all_below(c->example_label, c->examples, c->classes) &&
           is_rising(c->example_first, c->examples, c->example_grams) &&
           all_counted_below(c->example_gram, c->example_grams, c->features) &&
           is_rising(c->posting_first, c->features, c->postings) &&
           all_counted_below(c->posting_example, c->postings, c->examples) &&
           all_positive(&c->weight_unknown, 1) && all_positive(c->weight, c->features) &&
           all_positive(c->example_scale, c->examples);
}

struct classifier *classifier_parse(struct span bytes, size_t classes)
{
    uint32_t head[9];
    size_t n[NARRAYS], want = sizeof(head) + sizeof(float);
    struct classifier *c;

    if (bytes.len < want)
        return NULL;
    memcpy(head, bytes.ptr, sizeof(head));
    if (head[0] != CACHE_MAGIC || head[1] != classes || head[8] > 1 || head[7] < 2 ||
        (head[7] & (head[7] - 1)) != 0 || head[7] < head[3] ||
        (head[8] == 1 ? head[2] < head[1] || head[2] > head[1] + ROW_ALIGN : head[2] != 0))
        return NULL;
    c = mem_zalloc(sizeof(*c));
    c->classes = head[1];
    c->stride = head[2];
    c->features = head[3];
    c->examples = head[4];
    c->postings = head[5];
    c->example_grams = head[6];
    c->slots = head[7];
    c->linear = head[8] == 1;
    memcpy(&c->weight_unknown, bytes.ptr + sizeof(head), sizeof(float));
    array_counts(c, n);
    for (size_t i = 0; i < NARRAYS; i++) {
        if (n[i] > bytes.len) {
            free(c);
            return NULL;
        }
        want += n[i] * arrays[i].each;
    }
    if (want != bytes.len) {
        free(c);
        return NULL;
    }
    arrays_alloc(c);
    const char *from = bytes.ptr + sizeof(head) + sizeof(float);
    for (size_t i = 0; i < NARRAYS; i++) {
        memcpy(*array_at(c, i), from, n[i] * arrays[i].each);
        from += n[i] * arrays[i].each;
    }
    if (!is_sound(c)) {
        classifier_free(c);
        return NULL;
    }
    return c;
}

/* ---- looking at a text ----------------------------------------------------------------------- */

struct classify_scratch {
    struct bag bag;
    uint32_t known[CLASSIFY_FEATURES_MAX]; /* grams of the text that the model has */
    float weight[CLASSIFY_FEATURES_MAX];   /* scaled to length one */
    int16_t whole[CLASSIFY_FEATURES_MAX];  /* the same in units of 1 / TEXT_UNIT */
    size_t nknown;
    float named[CLASSIFY_FEATURES_MAX]; /* what each known one counts in `support`, 0 = nothing */
    float all_named;                    /* the sum, unknown ones included */
    float coverage;
    float tf[TF_MAX + 1]; /* tf_weight() of each */
    float *margin;        /* [stride] */
    float *dense; /* [features] what a sentence's gram adds to its cosine, 0 if not in the text */
    float *sum;   /* [examples] 0 but for those touched */
    uint32_t *touched;       /* [examples] */
    float *class_best;       /* [classes] best sum of each class; 0 but for those touched */
    uint32_t *class_example; /* [classes] whose it is */
    uint32_t *class_touched; /* [classes] */
    size_t nclass_touched;
};

struct classify_scratch *classify_scratch_new(const struct classifier *c)
{
    struct classify_scratch *s = mem_zalloc(sizeof(*s));
    for (uint32_t i = 1; i <= TF_MAX; i++)
        s->tf[i] = tf_weight(i);
    s->margin = mem_zalloc_array(c->stride + (size_t)1, sizeof(float));
    s->dense = mem_zalloc_array(c->features + (size_t)1, sizeof(float));
    s->sum = mem_zalloc_array(c->examples + (size_t)1, sizeof(float));
    s->touched = mem_zalloc_array(c->examples + (size_t)1, sizeof(uint32_t));
    s->class_best = mem_zalloc_array(c->classes + (size_t)1, sizeof(float));
    s->class_example = mem_zalloc_array(c->classes + (size_t)1, sizeof(uint32_t));
    s->class_touched = mem_zalloc_array(c->classes + (size_t)1, sizeof(uint32_t));
    return s;
}

void classify_scratch_free(struct classify_scratch *s)
{
    if (s == NULL)
        return;
    free(s->margin);
    free(s->dense);
    free(s->sum);
    free(s->touched);
    free(s->class_best);
    free(s->class_example);
    free(s->class_touched);
    free(s);
}

/* Grams to weights: the known ones scaled to length one, and how much of the whole they are. */
static void weigh(const struct classifier *c, struct classify_scratch *s, const uint32_t *hash,
                  const uint16_t *tf, size_t n)
{
    float known = 0, all = 0;
    bool names = false; /* a text all in hiragana has no gram that names more than others */

    for (size_t i = 0; i < n && !names; i++)
        names = (tf[i] & TF_CONTENT) != 0;
    for (size_t i = 0; i < s->nknown; i++)
        s->dense[s->known[i]] = 0;
    s->nknown = 0;
    s->all_named = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t gram = find_gram(c, hash[i]);
        float once = gram != 0 ? c->weight[gram - 1] : c->weight_unknown;
        float w = s->tf[tf[i] & TF_MAX] * once;
        float named = !names || (tf[i] & TF_CONTENT) != 0 ? w * w : 0;
        all += w * w;
        s->all_named += named;
        if (gram == 0)
            continue;
        s->named[s->nknown] = named;
        s->known[s->nknown] = gram - 1;
        s->weight[s->nknown++] = w;
        known += w * w;
    }
    s->coverage = all > 0 ? sqrtf(known / all) : 0;
    float scale = known > 0 ? 1.0F / sqrtf(known) : 0;
    for (size_t i = 0; i < s->nknown; i++) {
        s->weight[i] *= scale;
        s->whole[i] = (int16_t)(s->weight[i] * TEXT_UNIT + 0.5F);
        s->dense[s->known[i]] = s->weight[i] * c->weight[s->known[i]];
    }
}

/* In whole numbers, a few classes at a time: their sums stay in registers, and no order of adding
 * makes another result. */
static void linear_margins(const struct classifier *c, struct classify_scratch *s)
{
    for (uint32_t first = 0; first < c->stride; first += ROW_ALIGN) {
        int32_t sum[ROW_ALIGN] = {0};
        for (size_t i = 0; i < s->nknown; i++) {
            const int8_t *row = c->weights + (size_t)s->known[i] * c->stride + first;
            int16_t w = s->whole[i];
            for (uint32_t k = 0; k < ROW_ALIGN; k++)
                sum[k] += w * (int16_t)row[k];
        }
        for (uint32_t k = 0; k < ROW_ALIGN; k++)
            s->margin[first + k] =
                c->trained[first + k] != 0
                    ? (float)sum[k] / TEXT_UNIT * c->scale[first + k] + c->bias[first + k]
                    : -2;
    }
}

/* The best sentence of each class that shares a telling gram with the text. */
static void nearest_sums(const struct classifier *c, struct classify_scratch *s)
{
    float *restrict sum = s->sum;
    const float *restrict tf = s->tf;
    uint32_t *restrict touched = s->touched;
    size_t ntouched = 0;

    for (size_t i = 0; i < s->nclass_touched; i++)
        s->class_best[s->class_touched[i]] = 0;
    s->nclass_touched = 0;
    for (size_t i = 0; i < s->nknown; i++) {
        uint32_t f = s->known[i];
        float w = s->weight[i] * c->weight[f];
        const uint32_t *postings = c->posting_example + c->posting_first[f];
        for (uint32_t k = 0, n = c->posting_first[f + 1] - c->posting_first[f]; k < n; k++) {
            uint32_t e = postings[k] & (ID_MAX - 1);
            if (sum[e] == 0)
                touched[ntouched++] = e;
            sum[e] += w * tf[postings[k] >> TF_SHIFT];
        }
    }
    for (size_t i = 0; i < ntouched; i++) {
        uint32_t e = touched[i], label = c->example_label[e];
        float cosine = sum[e] * c->example_scale[e];
        sum[e] = 0;
        if (s->class_best[label] == 0)
            s->class_touched[s->nclass_touched++] = label;
        /* of equal ones the first of the class, whatever the order in which they were touched */
        if (cosine > s->class_best[label] ||
            (cosine == s->class_best[label] && e < s->class_example[label])) {
            s->class_best[label] = cosine;
            s->class_example[label] = e;
        }
    }
}

static float exact_cosine(const struct classifier *c, const struct classify_scratch *s, uint32_t e)
{
    float sum = 0;
    for (uint32_t k = c->example_first[e]; k < c->example_first[e + 1]; k++) {
        sum += s->tf[c->example_gram[k] >> TF_SHIFT] * s->dense[c->example_gram[k] & (ID_MAX - 1)];
    }
    sum *= c->example_scale[e];
    return sum > 1 ? 1 : sum;
}

/* How much of what the text names speaks for the class rather than against it. */
static float class_support(const struct classifier *c, const struct classify_scratch *s,
                           uint32_t label)
{
    float sum = 0;
    if (!c->linear || s->all_named <= 0)
        return 0;
    for (size_t i = 0; i < s->nknown; i++) {
        if (c->weights[(size_t)s->known[i] * c->stride + label] > 0)
            sum += s->named[i];
    }
    return sum / s->all_named;
}

void classify_score(const struct classifier *c, struct classify_scratch *s, uint32_t label,
                    struct classify_candidate *ret)
{
    *ret = (struct classify_candidate){.label = label, .margin = -1, .nearest = UINT32_MAX};
    if (s->class_best[label] > 0) {
        uint32_t e = s->class_example[label];
        ret->cosine = exact_cosine(c, s, e);
        ret->nearest = c->example_ref[e];
    }
    if (c->linear)
        ret->margin = s->margin[label] > -1 ? s->margin[label] : -1;
    ret->support = class_support(c, s, label);
    if (!c->linear)
        ret->margin = 2 * ret->cosine - 1;
}

static void keep_best(uint32_t *top, float *score, size_t *n, uint32_t label, float value)
{
    size_t at = *n;
    if (at == CLASSIFY_TOP && value <= score[at - 1])
        return;
    if (at == CLASSIFY_TOP)
        at--;
    else
        ++*n;
    for (; at > 0 && value > score[at - 1]; at--) {
        score[at] = score[at - 1];
        top[at] = top[at - 1];
    }
    score[at] = value;
    top[at] = label;
}

static void look(const struct classifier *c, struct classify_scratch *s, const uint32_t *hash,
                 const uint16_t *tf, size_t n, struct classify_result *ret)
{
    uint32_t top[CLASSIFY_TOP];
    float score[CLASSIFY_TOP];
    size_t ntop = 0;

    weigh(c, s, hash, tf, n);
    nearest_sums(c, s);
    if (c->linear) {
        linear_margins(c, s);
        for (uint32_t k = 0; k < c->classes && s->nknown > 0; k++) {
            if (c->trained[k] != 0 && s->margin[k] > -1)
                keep_best(top, score, &ntop, k, s->margin[k]);
        }
    } else {
        for (size_t i = 0; i < s->nclass_touched; i++)
            keep_best(top, score, &ntop, s->class_touched[i], s->class_best[s->class_touched[i]]);
    }
    ret->coverage = s->coverage;
    ret->n = ntop;
    for (size_t i = 0; i < ntop; i++)
        classify_score(c, s, top[i], &ret->top[i]);
}

void classify_run(const struct classifier *c, struct classify_scratch *s, const struct text *text,
                  const struct term_hit *hits, size_t nhits, uint32_t nterms,
                  struct classify_result *ret)
{
    bag_text(&s->bag, text, hits, nhits, nterms);
    look(c, s, s->bag.hash, s->bag.tf, s->bag.n, ret);
}

void classify_run_set(const struct classifier *c, struct classify_scratch *s,
                      const struct classify_set *set, size_t i, struct classify_result *ret)
{
    const struct sentence *x = &set->sentences[i];
    look(c, s, set->hash + x->first, set->tf + x->first, x->n, ret);
}

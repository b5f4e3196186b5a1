/*
 * Registering spellings, and building what terms_run() needs: an automaton over the signs of all
 * variants for exact matches, a trie of those with joints (terms_run.c walks it where a particle
 * may stand between), two tries of folded kana for typing errors (terms_typo.c), and a table of
 * Latin words for theirs (terms_latin.c). Variants that several terms share are kept once with a
 * list of owners, so that a common alias costs one match.
 */
#include "core/terms_impl.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct spelling {
    uint32_t owner;
    size_t at; /* its signs in the builder's pool */
    size_t n;
    bool open_left, open_right;
    bool long_end; /* a final ー was dropped by normalising (K6) */
};

struct name {
    size_t at, len;   /* as it was typed, in `names` */
    size_t key, nkey; /* what makes it this term, in `keys` */
};

struct terms_builder {
    struct sign *signs;
    size_t nsigns, signs_cap;
    struct spelling *spellings;
    size_t nspellings, spellings_cap;
    struct name *terms;
    size_t nterms, terms_cap;
    char *names;
    size_t names_len, names_cap;
    uint32_t *keys;
    size_t nkeys, keys_cap;
    uint32_t *table; /* 1 + term by the hash of its key; 0: free */
    size_t table_size;
    struct swap *swaps;
    size_t nswaps, swaps_cap;
    struct known known; /* words that are no typing errors */
    struct text text;   /* of the spelling at hand: too large for a stack */
};

/* A spelling as it was read, before it is anybody's. */
struct reading {
    struct sign signs[SPELLING_SIGNS_MAX];
    size_t n;
    bool open_left, open_right, long_end;
};

struct terms_builder *terms_builder_new(void)
{
    struct terms_builder *b = mem_zalloc(sizeof(*b));
    b->table_size = 64;
    b->table = mem_zalloc_array(b->table_size, sizeof(*b->table));
    return b;
}

void terms_builder_free(struct terms_builder *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->nswaps; i++) {
        free(b->swaps[i].right);
        free(b->swaps[i].wrong);
    }
    free(b->swaps);
    free(b->signs);
    free(b->spellings);
    free(b->terms);
    free(b->names);
    free(b->keys);
    free(b->table);
    free(b->known.table);
    free(b);
}

static uint32_t hash_words(const uint32_t *words, size_t n)
{
    uint32_t hash = 2166136261u; /* FNV-1a, a word at a time */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ words[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* --- reading what an editor typed ------------------------------------------------------------ */

static size_t decode(struct span s, size_t at, uint32_t *retcp)
{
    bool valid;
    return utf8_decode(s.ptr + at, s.len - at, retcp, &valid);
}

static bool is_star(uint32_t cp)
{
    return cp == '*' || cp == 0xFF0A;
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == 0x3000;
}

/* K1: takes * off the ends; they say that this end is open. */
static struct span strip_stars(struct span s, struct reading *r)
{
    size_t from = 0, end = 0;
    bool lead = true, open_right = false;

    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t next = i + decode(s, i, &cp);
        if (is_star(cp)) {
            r->open_left = r->open_left || lead;
            open_right = true;
        } else if (!is_space(cp)) {
            if (lead)
                from = i;
            lead = open_right = false;
            end = next;
        }
        i = next;
    }
    r->open_right = open_right;
    return lead ? span_of(s.ptr, 0) : span_of(s.ptr + from, end - from);
}

/* K1: takes | out of the spelling and notes the bytes behind which a joint is. */
static size_t take_bars(struct span s, char *out, size_t *bars, size_t *retnbars)
{
    size_t len = 0, nbars = 0;
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t took = decode(s, i, &cp);
        if (cp == '|' || cp == 0xFF5C) {
            bars[nbars++] = len;
        } else {
            memcpy(out + len, s.ptr + i, took);
            len += took;
        }
        i += took;
    }
    *retnbars = nbars;
    return len;
}

/* K6: is a ー gone that the editor typed at the end? */
static bool lost_long_end(const struct text *t)
{
    if (t->nlight == 0 || t->nsigns == 0 || t->signs[t->nsigns - 1].class == TEXT_SENTINEL)
        return false;
    uint32_t last = t->signs[t->nsigns - 1].cp;
    return t->light[t->nlight - 1].cp == LONG_MARK && is_kana(last) && last != LONG_MARK;
}

static enum errc read_spelling(struct terms_builder *b, struct span spelling, struct reading *r,
                               struct err *reterr)
{
    char typed[TERM_SPELLING_BYTES_MAX];
    size_t bars[TERM_SPELLING_BYTES_MAX], nbars, bar = 0;
    const struct text *t = &b->text;

    *r = (struct reading){0};
    if (spelling.len > TERM_SPELLING_BYTES_MAX)
        return err_set(reterr, ERR_INPUT,
                       "the keyword '%.*s…' is too long: at most %d bytes (about %d characters)",
                       30, utf8_head(spelling, 10).ptr, TERM_SPELLING_BYTES_MAX,
                       TERM_SPELLING_BYTES_MAX / 3);
    size_t len = take_bars(strip_stars(spelling, r), typed, bars, &nbars);
    text_make(&b->text, span_of(typed, len));
    size_t n = t->nsigns;
    while (n > 0 && t->signs[n - 1].class == TEXT_SENTINEL)
        n--;
    size_t first = 0;
    while (first < n && t->signs[first].class == TEXT_SENTINEL)
        first++;
    if (first == n)
        return err_set(reterr, ERR_INPUT,
                       "the keyword '%.*s' has no letter, digit, kana or kanji: nothing is left to "
                       "search for",
                       SPAN_ARG(spelling));
    if (n - first > SPELLING_SIGNS_MAX)
        return err_set(reterr, ERR_INPUT, "the keyword '%.*s' is too long: at most %d characters",
                       SPAN_ARG(spelling), SPELLING_SIGNS_MAX);

    for (size_t i = first; i < n; i++) {
        const struct text_sign *s = &t->signs[i];
        if (s->class == TEXT_SENTINEL)
            return err_set(reterr, ERR_INPUT,
                           "the keyword '%.*s' contains the end of a sentence ('%.*s'), which no "
                           "match can go across: make it two keywords or leave that sign out",
                           SPAN_ARG(spelling), (int)(s->end - s->begin), typed + s->begin);
        struct sign *sign = &r->signs[r->n++];
        *sign = (struct sign){.cp = s->cp, .class = s->class};
        if (i > first) {
            sign->soft = s->break_before != TEXT_BREAK_NONE;
            if (s->cp == LONG_MARK && !sign->soft && sign[-1].class == TEXT_HIRAGANA)
                sign->class = TEXT_HIRAGANA;
        }
        for (; bar < nbars && s->begin >= bars[bar]; bar++)
            sign->bar = i > first;
    }
    r->long_end = lost_long_end(t);
    known_add_all(&b->known, t);
    return ERR_OK;
}

/* --- registering ----------------------------------------------------------------------------- */

static void add_spelling(struct terms_builder *b, uint32_t owner, const struct reading *r)
{
    b->signs = mem_grow(b->signs, &b->signs_cap, b->nsigns + r->n, sizeof(*b->signs));
    memcpy(b->signs + b->nsigns, r->signs, r->n * sizeof(*r->signs));
    b->spellings =
        mem_grow(b->spellings, &b->spellings_cap, b->nspellings + 1, sizeof(*b->spellings));
    b->spellings[b->nspellings++] = (struct spelling){.owner = owner,
                                                      .at = b->nsigns,
                                                      .n = r->n,
                                                      .open_left = r->open_left,
                                                      .open_right = r->open_right,
                                                      .long_end = r->long_end};
    b->nsigns += r->n;
}

/* What makes two written forms the same term: the signs, and the editor's own marks. */
static size_t make_key(const struct reading *r, uint32_t key[SPELLING_SIGNS_MAX + 1])
{
    key[0] = (uint32_t)r->open_left | (uint32_t)r->open_right << 1;
    for (size_t i = 0; i < r->n; i++)
        key[i + 1] = r->signs[i].cp | (r->signs[i].bar ? 0x80000000u : 0);
    return r->n + 1;
}

/* The place in the table of the term with this key, or of the hole where it belongs. */
static uint32_t *find_term(struct terms_builder *b, const uint32_t *key, size_t nkey)
{
    for (size_t i = hash_words(key, nkey);; i++) {
        uint32_t *slot = &b->table[i & (b->table_size - 1)];
        if (*slot == 0)
            return slot;
        const struct name *t = &b->terms[*slot - 1];
        if (t->nkey == nkey && memcmp(b->keys + t->key, key, nkey * sizeof(*key)) == 0)
            return slot;
    }
}

static void grow_table(struct terms_builder *b)
{
    if (b->nterms * 2 < b->table_size)
        return;
    b->table_size *= 2;
    free(b->table);
    b->table = mem_zalloc_array(b->table_size, sizeof(*b->table));
    for (size_t i = 0; i < b->nterms; i++)
        *find_term(b, b->keys + b->terms[i].key, b->terms[i].nkey) = (uint32_t)i + 1;
}

enum errc terms_add(struct terms_builder *b, struct span spelling, uint32_t *retid,
                    struct err *reterr)
{
    struct reading r;
    uint32_t key[SPELLING_SIGNS_MAX + 1];

    if (read_spelling(b, spelling, &r, reterr) != ERR_OK)
        return reterr->code;
    size_t nkey = make_key(&r, key);
    uint32_t *slot = find_term(b, key, nkey);
    if (*slot == 0) {
        struct name t = {b->names_len, spelling.len, b->nkeys, nkey};
        b->names = mem_grow(b->names, &b->names_cap, b->names_len + spelling.len, 1);
        memcpy(b->names + b->names_len, spelling.ptr, spelling.len);
        b->names_len += spelling.len;
        b->keys = mem_grow(b->keys, &b->keys_cap, b->nkeys + nkey, sizeof(*b->keys));
        memcpy(b->keys + b->nkeys, key, nkey * sizeof(*key));
        b->nkeys += nkey;
        b->terms = mem_grow(b->terms, &b->terms_cap, b->nterms + 1, sizeof(*b->terms));
        b->terms[b->nterms++] = t;
        *slot = (uint32_t)b->nterms;
        *retid = (uint32_t)b->nterms - 1;
        grow_table(b);
    } else {
        *retid = *slot - 1;
    }
    /* Also if the term is known: ルータ and ルーター, or IPVPN and IP-VPN, are one term, but the
     * second spelling may allow more, and the order of adding must not matter. */
    add_spelling(b, *retid, &r);
    return ERR_OK;
}

enum errc terms_alias(struct terms_builder *b, uint32_t id, struct span spelling,
                      struct err *reterr)
{
    struct reading r;
    assert(id < b->nterms);
    if (read_spelling(b, spelling, &r, reterr) != ERR_OK)
        return reterr->code;
    add_spelling(b, id, &r);
    return ERR_OK;
}

enum errc terms_guard(struct terms_builder *b, struct span spelling, struct err *reterr)
{
    struct reading r;
    if (read_spelling(b, spelling, &r, reterr) != ERR_OK)
        return reterr->code;
    add_spelling(b, GUARD, &r);
    return ERR_OK;
}

void terms_known_words(struct terms_builder *b, struct span sentence)
{
    text_make(&b->text, sentence);
    known_add_all(&b->known, &b->text);
}

static struct sign *copy_signs(const struct reading *r)
{
    struct sign *signs = mem_zalloc_array(r->n, sizeof(*signs));
    memcpy(signs, r->signs, r->n * sizeof(*signs));
    return signs;
}

enum errc terms_misconversion(struct terms_builder *b, struct span right, struct span wrong,
                              struct err *reterr)
{
    struct reading r, w;
    if (read_spelling(b, right, &r, reterr) != ERR_OK ||
        read_spelling(b, wrong, &w, reterr) != ERR_OK)
        return reterr->code;
    b->swaps = mem_grow(b->swaps, &b->swaps_cap, b->nswaps + 1, sizeof(*b->swaps));
    b->swaps[b->nswaps++] = (struct swap){
        .right = copy_signs(&r), .nright = r.n, .wrong = copy_signs(&w), .nwrong = w.n};
    return ERR_OK;
}

/* --- building -------------------------------------------------------------------------------- */

struct owning {
    uint32_t variant, owner;
};

/* A variant with its joints, as a word for the trie. */
struct gapped {
    size_t at;
    uint32_t n, variant;
};

struct build {
    struct terms *t;
    const struct spelling *spelling; /* being unfolded */
    size_t npool, pool_cap, classes_cap, variants_cap;
    uint32_t *table; /* 1 + variant by hash; 0: free */
    size_t table_size;
    struct owning *ownings;
    size_t nownings, ownings_cap;
    uint32_t *gap_ids;
    size_t ngap_ids, gap_ids_cap;
    struct gapped *gaps;
    size_t ngaps, gaps_cap;
};

static enum end_rule rule_of(const struct sign *end, size_t kanji, bool mixed)
{
    switch ((enum text_class)end->class) {
    case TEXT_LETTER:
        return END_LETTER;
    case TEXT_DIGIT:
        return END_DIGIT;
    case TEXT_KANJI:
        return kanji >= 2 || mixed ? END_FREE : END_LONE_KANJI;
    case TEXT_KATAKANA:
    case TEXT_HIRAGANA:
        return kanji >= 2 || mixed ? END_FREE : END_KANA;
    case TEXT_SENTINEL:
        break; /* read_spelling() lets none through */
    }
    return END_FREE;
}

static struct variant describe(const struct spelling *s, const struct unfolded *u)
{
    struct variant v = {.n = (uint16_t)u->n, .length = (uint16_t)(u->n + s->long_end)};
    size_t kanji = 0, letters = 0, kana = 0;

    for (size_t i = 0; i < u->n; i++) {
        kanji += u->signs[i].class == TEXT_KANJI;
        letters += u->signs[i].class == TEXT_LETTER;
        kana += is_kana(u->signs[i].cp);
        v.mixed = v.mixed || u->signs[i].class != u->signs[0].class;
    }
    v.kana = kana < UINT8_MAX ? (uint8_t)kana : UINT8_MAX;
    v.plural = letters >= 4;
    v.left = (uint8_t)(s->open_left ? END_FREE : rule_of(&u->signs[0], kanji, v.mixed));
    v.right = (uint8_t)(s->open_right ? END_FREE : rule_of(&u->signs[u->n - 1], kanji, v.mixed));
    return v;
}

static bool same_variant(const struct terms *t, const struct variant *a, const struct variant *b)
{
    return a->n == b->n && a->length == b->length && a->left == b->left && a->right == b->right &&
           a->plural == b->plural &&
           memcmp(t->pool + a->at, t->pool + b->at, a->n * sizeof(*t->pool)) == 0 &&
           memcmp(t->classes + a->at, t->classes + b->at, a->n) == 0;
}

static uint32_t *find_variant(const struct build *b, const struct variant *v)
{
    const struct terms *t = b->t;
    for (size_t i = hash_words(t->pool + v->at, v->n);; i++) {
        uint32_t *slot = &b->table[i & (b->table_size - 1)];
        if (*slot == 0 || same_variant(t, &t->variants[*slot - 1], v))
            return slot;
    }
}

static uint32_t add_variant(struct build *b, struct variant *v, const struct sign *signs)
{
    struct terms *t = b->t;

    t->pool = mem_grow(t->pool, &b->pool_cap, b->npool + v->n, sizeof(*t->pool));
    t->classes = mem_grow(t->classes, &b->classes_cap, b->npool + v->n, 1);
    v->at = (uint32_t)b->npool;
    for (size_t i = 0; i < v->n; i++) {
        t->pool[v->at + i] = signs[i].cp;
        t->classes[v->at + i] = signs[i].class;
    }
    uint32_t *slot = find_variant(b, v);
    if (*slot != 0)
        return *slot - 1;

    b->npool += v->n;
    t->variants = mem_grow(t->variants, &b->variants_cap, t->nvariants + 1, sizeof(*t->variants));
    t->variants[t->nvariants++] = *v;
    *slot = (uint32_t)t->nvariants;
    if (t->nvariants * 2 > b->table_size) {
        b->table_size *= 2;
        free(b->table);
        b->table = mem_zalloc_array(b->table_size, sizeof(*b->table));
        for (size_t i = 0; i < t->nvariants; i++)
            *find_variant(b, &t->variants[i]) = (uint32_t)i + 1;
    }
    return (uint32_t)t->nvariants - 1;
}

static void add_gapped(struct build *b, uint32_t variant, const struct unfolded *u)
{
    struct alphabet *a = &b->t->alphabet;

    b->gap_ids = mem_grow(b->gap_ids, &b->gap_ids_cap, b->ngap_ids + 2 * u->n, sizeof(*b->gap_ids));
    b->gaps = mem_grow(b->gaps, &b->gaps_cap, b->ngaps + 1, sizeof(*b->gaps));
    struct gapped *g = &b->gaps[b->ngaps++];
    *g = (struct gapped){.at = b->ngap_ids, .variant = variant};
    for (size_t i = 0; i < u->n; i++) {
        if (u->joint[i])
            b->gap_ids[b->ngap_ids++] = alphabet_add(a, JOINT_SYMBOL);
        b->gap_ids[b->ngap_ids++] = alphabet_add(a, u->signs[i].cp);
    }
    g->n = (uint32_t)(b->ngap_ids - g->at);
}

static void on_unfolded(void *ctx, const struct unfolded *u)
{
    struct build *b = ctx;
    struct variant v = describe(b->spelling, u);
    uint32_t variant = add_variant(b, &v, u->signs);

    b->ownings = mem_grow(b->ownings, &b->ownings_cap, b->nownings + 1, sizeof(*b->ownings));
    b->ownings[b->nownings++] = (struct owning){variant, b->spelling->owner};
    if (u->any_joint && b->spelling->owner != GUARD) /* guards protect by exact matches only */
        add_gapped(b, variant, u);
}

static int compare_ownings(const void *pa, const void *pb)
{
    const struct owning *a = pa, *b = pb;
    if (a->variant != b->variant)
        return a->variant < b->variant ? -1 : 1;
    return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* GUARD is the greatest owner: it comes last. */
static void list_owners(struct build *b)
{
    struct terms *t = b->t;
    uint32_t n = 0;

    if (b->nownings > 1)
        qsort(b->ownings, b->nownings, sizeof(*b->ownings), compare_ownings);
    t->owners = mem_zalloc_array(b->nownings, sizeof(*t->owners));
    for (size_t i = 0; i < b->nownings; i++) {
        if (i > 0 && compare_ownings(&b->ownings[i - 1], &b->ownings[i]) == 0)
            continue;
        struct variant *v = &t->variants[b->ownings[i].variant];
        if (v->nowners++ == 0)
            v->owners = n;
        t->owners[n++] = b->ownings[i].owner;
    }
}

static void build_exact(struct terms *t)
{
    struct automaton_word *words = mem_zalloc_array(t->nvariants, sizeof(*words));
    for (uint32_t i = 0; i < t->nvariants; i++)
        words[i] = (struct automaton_word){t->pool + t->variants[i].at, t->variants[i].n, i};
    t->exact = automaton_build(words, t->nvariants);
    free(words);
}

static void build_gaps(struct build *b)
{
    struct trie_word *words = mem_zalloc_array(b->ngaps, sizeof(*words));
    for (size_t i = 0; i < b->ngaps; i++)
        words[i] = (struct trie_word){.symbols = b->gap_ids + b->gaps[i].at,
                                      .len = b->gaps[i].n,
                                      .value = b->gaps[i].variant};
    trie_build(&b->t->gaps, words, b->ngaps);
    starts_build(&b->t->gap_starts, &b->t->gaps);
    free(words);
}

void starts_build(struct starts *s, const struct trie *t)
{
    size_t n = 0, size = 16;
    const struct trie_node *root = &t->nodes[0];

    for (uint32_t i = 0; i < root->nchildren; i++)
        n += t->nodes[root->child + i].nchildren;
    while (size < 2 * n)
        size *= 2;
    s->mask = size - 1;
    s->table = mem_zalloc_array(size, sizeof(*s->table));
    for (uint32_t i = 0; i < root->nchildren; i++) {
        const struct trie_node *first = &t->nodes[root->child + i];
        for (uint32_t k = 0; k < first->nchildren; k++) {
            uint32_t node = first->child + k, second = t->nodes[node].symbol;
            size_t at = starts_hash(first->symbol, second);
            while (s->table[at & s->mask].node != 0)
                at++;
            s->table[at & s->mask] = (struct start){first->symbol, second, node};
        }
    }
}

void starts_release(struct starts *s)
{
    free(s->table);
    *s = (struct starts){0};
}

struct terms *terms_build(const struct terms_builder *b)
{
    struct terms *t = mem_zalloc(sizeof(*t));
    struct build build = {.t = t, .table_size = 64};

    build.table = mem_zalloc_array(build.table_size, sizeof(*build.table));
    alphabet_init(&t->alphabet);
    t->nterms = b->nterms;
    t->names = mem_strndup(b->names, b->names_len);
    t->name_at = mem_zalloc_array(b->nterms + 1, sizeof(*t->name_at));
    for (size_t i = 0; i < b->nterms; i++)
        t->name_at[i] = b->terms[i].at;
    t->name_at[b->nterms] = b->names_len;

    for (size_t i = 0; i < b->nspellings; i++) {
        build.spelling = &b->spellings[i];
        if (build.spelling->owner != GUARD)
            latin_add(&t->latin, b->signs + build.spelling->at, build.spelling->n);
        terms_unfold(b->signs + build.spelling->at, build.spelling->n, b->swaps, b->nswaps,
                     on_unfolded, &build);
    }
    for (size_t i = 0; i < t->nvariants; i++)
        t->open_letters = t->open_letters || (t->variants[i].left == END_FREE &&
                                              t->classes[t->variants[i].at] == TEXT_LETTER);
    list_owners(&build);
    build_exact(t);
    build_gaps(&build);
    typos_build(t);
    latin_build(&t->latin, &b->known);

    free(build.table);
    free(build.ownings);
    free(build.gap_ids);
    free(build.gaps);
    return t;
}

void terms_free(struct terms *t)
{
    if (t == NULL)
        return;
    free(t->pool);
    free(t->classes);
    free(t->variants);
    free(t->owners);
    free(t->names);
    free(t->name_at);
    alphabet_release(&t->alphabet);
    automaton_free(t->exact);
    trie_release(&t->gaps);
    starts_release(&t->gap_starts);
    typos_release(&t->typos);
    latin_release(&t->latin);
    free(t);
}

size_t terms_count(const struct terms *t)
{
    return t->nterms;
}

struct span terms_name(const struct terms *t, uint32_t id)
{
    assert(id < t->nterms);
    return span_of(t->names + t->name_at[id], t->name_at[id + 1] - t->name_at[id]);
}

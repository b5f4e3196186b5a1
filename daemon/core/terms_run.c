/*
 * Finding: exact matches by the automaton, matches with a particle at a joint by a walk through the
 * trie of gaps, mistyped terms (terms_typo.c); each held to the edge rules at once (M2). Then all
 * are put in order, and one sweep from left to right drops what lies inside a longer exact match of
 * another term (M3): since everything that can contain a match comes before it in that order, it is
 * enough to remember how far the two furthest matches of different terms reach.
 */
#include "core/terms_impl.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct terms_scratch *terms_scratch_new(const struct terms *t)
{
    struct terms_scratch *s = mem_zalloc(sizeof(*s));
    s->nterms = t->nterms;
    s->found = mem_zalloc_array(t->nterms, sizeof(*s->found));
    s->seen = mem_zalloc_array(t->nterms, sizeof(*s->seen));
    s->seen_as = mem_zalloc_array(t->nterms, sizeof(*s->seen_as));
    return s;
}

void terms_scratch_free(struct terms_scratch *s)
{
    if (s == NULL)
        return;
    free(s->found);
    free(s->seen);
    free(s->seen_as);
    free(s);
}

struct run {
    const struct terms *t;
    struct terms_scratch *s;
};

/* Keeps a match if its ends are free; else, if somebody wants to know, as refused. */
static void consider(const struct terms *t, struct terms_scratch *s, uint32_t variant, size_t first,
                     size_t last, enum term_how how)
{
    size_t end = last;
    struct raw raw = {
        .variant = variant, .term = GUARD, .first = (uint16_t)first, .how = (uint8_t)how};

    if (edges_free(&s->edges, &t->variants[variant], first, &end)) {
        raw.last = (uint16_t)end;
        if (s->nraw < RAW_MAX)
            s->raw[s->nraw++] = raw;
    } else if (s->want_refused && s->nrefused < REFUSED_MAX) {
        raw.last = (uint16_t)last;
        s->refused[s->nrefused++] = raw;
    }
}

static void on_exact(void *ctx, uint32_t variant, size_t end, size_t len)
{
    struct run *r = ctx;
    consider(r->t, r->s, variant, end - len, end, TERM_EXACT);
}

/* --- particles at joints (M1) ---------------------------------------------------------------- */

enum { PIECE_MAX = 5 };

static const uint32_t pieces[][PIECE_MAX] = {
    {L'の'},
    {L'を'},
    {L'が'},
    {L'は'},
    {L'に'},
    {L'へ'},
    {L'で'},
    {L'と'},
    {L'も'},
    {L'や'},
    {L'な'},
    {L'っ', L'て'},
    {L'で', L'の'},
    {L'へ', L'の'},
    {L'に', L'は'},
    {L'と', L'か'},
    {L'す', L'る'},
    {L'し', L'た'},
    {L'を', L'す', L'る'},
    {L'に', L'関', L'す', L'る'},
    {L'に', L'つ', L'い', L'て', L'の'},
    {L'の', L'た', L'め', L'の'},
    {L'用'},
    {L'用', L'の'},
    {L'し', L'た', L'い'},
};

static size_t piece_at(const struct edges *e, size_t at, size_t i)
{
    size_t n = 0;
    while (n < PIECE_MAX && pieces[i][n] != 0) {
        if (at + n >= e->n || e->cps[at + n] != pieces[i][n])
            return 0;
        n++;
    }
    return n;
}

struct walk {
    const struct terms *t;
    struct terms_scratch *s;
    const uint32_t *ids; /* the text in the tries' alphabet */
    uint32_t joint;      /* the symbol of a joint */
    size_t first;
};

/* From `node` with the text read up to `at`. Branches at joints only, and only where a particle
 * stands; as deep as the longest variant. */
static void walk_gaps(struct walk *w, uint32_t node, size_t at, bool gap)
{
    const struct trie *gaps = &w->t->gaps;
    const struct edges *e = &w->s->edges;

    while (node != TRIE_NONE) {
        if (gap && gaps->nodes[node].values != 0) {
            for (uint32_t v = gaps->nodes[node].values - 1;; v++) {
                consider(w->t, w->s, gaps->values[v] & ~TRIE_LAST, w->first, at, TERM_GAP);
                if ((gaps->values[v] & TRIE_LAST) != 0)
                    break;
            }
        }
        if (at == e->n)
            return;
        uint32_t joint = trie_child(gaps, node, w->joint);
        if (joint != TRIE_NONE) {
            for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
                size_t n = piece_at(e, at, i);
                if (n > 0)
                    walk_gaps(w, joint, at + n, true);
            }
            walk_gaps(w, joint, at, gap);
        }
        node = w->ids[at] == ALPHABET_UNKNOWN ? TRIE_NONE : trie_child(gaps, node, w->ids[at]);
        at++;
    }
}

/* No spelling that begins with a letter begins in the midst of a word (M2), unless an editor opened
 * that end. */
static bool inside_word(const struct edges *e, size_t at)
{
    return e->class[at] == TEXT_LETTER && !e->edge[at];
}

static void find_gaps(const struct terms *t, struct terms_scratch *s)
{
    struct walk w = {
        .t = t, .s = s, .ids = s->ids, .joint = alphabet_id(&t->alphabet, JOINT_SYMBOL)};
    const struct starts *starts = &t->gap_starts;

    if (w.joint == ALPHABET_UNKNOWN)
        return;
    for (w.first = 0; w.first + 2 < s->edges.n; w.first++) {
        uint32_t one = s->ids[w.first], two = s->ids[w.first + 1], node;
        if (one == ALPHABET_UNKNOWN || (!t->open_letters && inside_word(&s->edges, w.first)))
            continue;
        if (two != ALPHABET_UNKNOWN && (node = starts_find(starts, one, two)) != 0)
            walk_gaps(&w, node, w.first + 2, false);
        if ((node = starts_find(starts, one, w.joint)) != 0) {
            for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
                size_t n = piece_at(&s->edges, w.first + 1, i);
                if (n > 0)
                    walk_gaps(&w, node, w.first + 1 + n, true);
            }
            walk_gaps(&w, node, w.first + 1, false);
        }
    }
}

/* --- what stays (M3) ------------------------------------------------------------------------- */

/* Shell sort: qsort() may allocate. Nearly always some dozen keys. */
static void sort_keys(uint64_t *keys, size_t n)
{
    static const size_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
        for (size_t i = gaps[g]; i < n; i++) {
            uint64_t key = keys[i];
            size_t k = i;
            for (; k >= gaps[g] && keys[k - gaps[g]] > key; k -= gaps[g])
                keys[k] = keys[k - gaps[g]];
            keys[k] = key;
        }
    }
}

/* By first sign, longest first. */
static void put_in_order(struct terms_scratch *s)
{
    for (size_t i = 0; i < s->nraw; i++)
        s->order[i] =
            (uint64_t)s->raw[i].first << 48 | (uint64_t)(uint16_t)~s->raw[i].last << 32 | i;
    sort_keys(s->order, s->nraw);
}

static const struct raw *ordered(const struct terms_scratch *s, size_t i)
{
    return &s->raw[s->order[i] & 0xFFFFFFFFu];
}

/* The two furthest exact matches so far, of different owners. */
struct reach {
    struct {
        uint32_t owner;
        uint16_t first, last; /* last 0: none */
    } best[2];
};

static void reach_add(struct reach *r, uint32_t owner, const struct raw *raw)
{
    size_t i = r->best[0].last == 0 || r->best[0].owner == owner ? 0 : 1;
    if (raw->last > r->best[i].last) {
        r->best[i].owner = owner;
        r->best[i].first = raw->first;
        r->best[i].last = raw->last;
    }
    if (r->best[1].last > r->best[0].last) {
        struct reach old = *r;
        r->best[0] = old.best[1];
        r->best[1] = old.best[0];
    }
}

/* Which of the two drops a match of `owner` that ends at `last`? -1: none. */
static int reach_find(const struct reach *r, uint32_t owner, size_t last)
{
    for (int i = 0; i < 2; i++) {
        if (r->best[i].last >= last && r->best[i].owner != owner)
            return i;
    }
    return -1;
}

struct out {
    struct term_hit *hits;
    size_t n, cap;
    struct term_near *near;
    size_t nnear, near_cap;
};

static uint16_t byte_begin(const struct terms_scratch *s, size_t sign)
{
    return s->edges.text->signs[sign].begin;
}

static uint16_t byte_end(const struct terms_scratch *s, size_t last)
{
    return s->edges.text->signs[last - 1].end;
}

static void put_near(struct out *out, const struct terms_scratch *s, uint32_t term, size_t first,
                     size_t last, size_t inside_first, size_t inside_last)
{
    struct term_near near = {.term = term,
                             .begin = byte_begin(s, first),
                             .end = byte_end(s, last),
                             .inside_begin = byte_begin(s, inside_first),
                             .inside_end = byte_end(s, inside_last)};
    for (size_t i = 0; i < out->nnear; i++) {
        if (memcmp(&out->near[i], &near, sizeof(near)) == 0)
            return;
    }
    if (out->nnear < out->near_cap)
        out->near[out->nnear++] = near;
}

/* One hit of a term at the present place; a better one of the same term takes its place. */
static void put_hit(struct out *out, struct terms_scratch *s, const struct variant *v,
                    const struct raw *raw, uint32_t term)
{
    struct term_hit hit = {.term = term,
                           .first = raw->first,
                           .last = raw->last,
                           .begin = byte_begin(s, raw->first),
                           .end = byte_end(s, raw->last),
                           .how = raw->how,
                           .signs = v->length};
    if (s->seen[term] == s->now) {
        struct term_hit *old = &out->hits[s->seen_as[term]];
        if (hit.how < old->how || (hit.how == old->how && hit.signs > old->signs))
            *old = hit;
    } else if (out->n < out->cap) {
        s->seen[term] = s->now;
        s->seen_as[term] = (uint32_t)out->n;
        out->hits[out->n++] = hit;
    }
}

/* The order in which terms were added shows in nothing but this. */
static void sort_by_term(struct term_hit *hits, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct term_hit hit = hits[i];
        size_t k = i;
        for (; k > 0 && hits[k - 1].term > hit.term; k--)
            hits[k] = hits[k - 1];
        hits[k] = hit;
    }
}

static void sweep(const struct terms *t, struct terms_scratch *s, struct out *out)
{
    struct reach reach = {0};

    for (size_t i = 0, end; i < s->nraw; i = end) {
        const struct raw *place = ordered(s, i);
        size_t from = out->n;
        s->now++;
        for (end = i; end < s->nraw; end++) {
            const struct raw *raw = ordered(s, end);
            if (raw->first != place->first || raw->last != place->last)
                break;
            const struct variant *v = &t->variants[raw->variant];
            for (uint32_t k = 0; k < v->nowners; k++) {
                uint32_t owner = t->owners[v->owners + k];
                if (owner == GUARD || (raw->term != GUARD && raw->term != owner))
                    continue;
                int by = reach_find(&reach, owner, raw->last);
                if (by < 0 || raw->how == TERM_TYPO)
                    put_hit(out, s, v, raw, owner);
                else if (out->near_cap > 0)
                    put_near(out, s, owner, raw->first, raw->last, reach.best[by].first,
                             reach.best[by].last);
            }
        }
        sort_by_term(out->hits + from, out->n - from);
        /* Only now: matches of the same place do not drop each other. */
        for (size_t k = i; k < end; k++) {
            const struct raw *raw = ordered(s, k);
            const struct variant *v = &t->variants[raw->variant];
            for (uint32_t o = 0; raw->how == TERM_EXACT && o < v->nowners; o++)
                reach_add(&reach, t->owners[v->owners + o], raw);
        }
    }
}

static void tell_refused(const struct terms *t, struct terms_scratch *s, struct out *out)
{
    for (size_t i = 0; i < s->nrefused; i++) {
        const struct raw *raw = &s->refused[i];
        const struct variant *v = &t->variants[raw->variant];
        size_t first = raw->first, last = raw->last;
        edges_widen(&s->edges, &first, &last);
        for (uint32_t k = 0; k < v->nowners; k++) {
            uint32_t owner = t->owners[v->owners + k];
            if (owner != GUARD && s->found[owner] != s->run)
                put_near(out, s, owner, raw->first, raw->last, first, last);
        }
    }
}

static void mark_found(const struct terms *t, struct terms_scratch *s)
{
    for (size_t i = 0; i < s->nraw; i++) {
        const struct variant *v = &t->variants[s->raw[i].variant];
        for (uint32_t k = 0; k < v->nowners; k++) {
            if (t->owners[v->owners + k] != GUARD)
                s->found[t->owners[v->owners + k]] = s->run;
        }
    }
}

static void begin_run(struct terms_scratch *s)
{
    /* Each run takes at most one number a match; long before they are used up all marks go. */
    if (s->now > UINT32_MAX - RAW_MAX - 2) {
        memset(s->found, 0, s->nterms * sizeof(*s->found));
        memset(s->seen, 0, s->nterms * sizeof(*s->seen));
        s->now = 0;
    }
    s->run = ++s->now;
    s->nraw = s->nrefused = 0;
}

size_t terms_run(const struct terms *t, struct terms_scratch *s, const struct text *text,
                 struct term_hit *hits, size_t cap, struct term_near *near, size_t near_cap,
                 size_t *retnear)
{
    struct run r = {t, s};
    struct out out = {.hits = hits,
                      .cap = cap < TERM_HITS_MAX ? cap : TERM_HITS_MAX,
                      .near = near,
                      .near_cap = near != NULL ? near_cap : 0};

    assert(s->nterms == t->nterms);
    begin_run(s);
    s->want_refused = out.near_cap > 0;
    edges_make(&s->edges, text);
    for (size_t i = 0; i < s->edges.n; i++)
        s->ids[i] = alphabet_id(&t->alphabet, s->edges.cps[i]);

    automaton_run(t->exact, s->edges.cps, s->edges.n, on_exact, &r);
    find_gaps(t, s);
    mark_found(t, s);
    typos_run(t, s);
    put_in_order(s);
    sweep(t, s, &out);
    tell_refused(t, s, &out);
    if (retnear != NULL)
        *retnear = out.nnear;
    return out.n;
}

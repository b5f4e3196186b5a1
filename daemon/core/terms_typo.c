/*
 * Typing errors in kana (section 5 of the rules), found without trying every term.
 *
 * The cheap errors (ー or っ missing or extra, a wrong dakuten, つ for っ) are folded away: words
 * and text are written without ー, っ, つ and dakuten, so that only whole errors are left, at most
 * two. A word of which the beginning or the end is right is then found by walking a trie from each
 * place of the text: exactly over the part that must be right, and from there with errors. One trie
 * holds the words forwards, one backwards. With one error either the first or the second half is
 * right, so nothing is missed; of words with two errors those are found of which the first or the
 * last third is right, unless the errors stand side by side. All terms that begin alike share the
 * walk, so its cost hardly depends on how many there are.
 *
 * What the walk finds is only where to look: the cost is then worked out sign by sign, on the
 * unfolded text.
 */
#include "core/terms_impl.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
    TYPO_NEVER = 255,
    TYPO_SIGNS_MIN = 5, /* shorter words are too near to other words */
    TYPO_KANA_MIN = 4,
    TYPO_SIGNS_MAX = 64,
    TYPO_STEPS_MAX = 10000, /* a text made to be expensive gets no typing errors corrected */
    BAND = 4,               /* missing or extra signs that the dearest allowed cost can pay for */
    DEAR = 100,             /* more than any cost that is allowed */
};

enum { SMALL_TSU = 0x3063, TSU = 0x3064, DZU = 0x3065 };

/* --- folding and costs ----------------------------------------------------------------------- */

static bool folds_away(uint32_t cp)
{
    return cp == LONG_MARK || cp == SMALL_TSU || cp == TSU || cp == DZU;
}

/* Hiragana without dakuten: Unicode has them in pairs か が, and in threes は ば ぱ. */
static uint32_t fold(uint32_t cp)
{
    if (cp >= 0x304B && cp <= 0x3062)
        return cp - (cp - 0x304B) % 2;
    if (cp >= SMALL_TSU && cp <= DZU)
        return TSU;
    if (cp >= 0x3066 && cp <= 0x3069)
        return cp - cp % 2;
    if (cp >= 0x306F && cp <= 0x307D)
        return cp - (cp - 0x306F) % 3;
    return cp == 0x3094 ? 0x3046 : cp;
}

/* In halves, as all costs here. */
static unsigned cost_allowed(const struct variant *v)
{
    return v->n >= 13 ? 4 : v->n >= 10 ? 3 : v->n >= 7 ? 2 : 1;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* A word and the text from the place where it may begin. */
struct pair {
    const uint32_t *word, *text;
    const uint8_t *word_class, *text_class;
    bool mixed;
};

/* Hiragana in a word of several scripts is its grammar: 使えるように する and なる are no slips. */
static bool is_grammar(const struct pair *p, size_t i)
{
    return p->mixed && p->word_class[i] == TEXT_HIRAGANA;
}

/* Hiragana right behind katakana is the next word: 光ライトも. */
static bool begins_word(const struct pair *p, size_t k)
{
    return k > 0 && p->text_class[k] == TEXT_HIRAGANA && p->text_class[k - 1] == TEXT_KATAKANA;
}

/* Each for word[i] and text[k]. */
static unsigned cost_changed(const struct pair *p, size_t i, size_t k)
{
    uint32_t a = p->word[i], b = p->text[k];
    if (a == b)
        return 0;
    if (!is_kana(a) || !is_kana(b))
        return DEAR;
    if (fold(a) == fold(b))
        return 1;
    return is_grammar(p, i) || begins_word(p, k) ? DEAR : 2;
}

static unsigned cost_missing(const struct pair *p, size_t i)
{
    if (p->word[i] == LONG_MARK || p->word[i] == SMALL_TSU)
        return 1;
    return !is_kana(p->word[i]) || is_grammar(p, i) ? DEAR : 2;
}

/* text[k] stands behind word[i] and is none of the word's signs. */
static unsigned cost_extra(const struct pair *p, size_t i, size_t k)
{
    if (p->text[k] == LONG_MARK || p->text[k] == SMALL_TSU)
        return 1;
    return !is_kana(p->text[k]) || is_grammar(p, i) || begins_word(p, k) ? DEAR : 2;
}

/* word[i - 1] and word[i] stand the other way round in the text. */
static unsigned cost_swapped(const struct pair *p, size_t i, size_t k)
{
    if (p->word[i] != p->text[k - 1] || p->word[i - 1] != p->text[k])
        return DEAR;
    if (!is_kana(p->word[i]) || !is_kana(p->word[i - 1]))
        return DEAR;
    return is_grammar(p, i) || is_grammar(p, i - 1) ? DEAR : 2;
}

/* The best cost of the variant against text that begins at `first`, and where it ends. The first
 * sign must be there; the last sign of the text must be one of the word's. If the word's last sign
 * is missing or another one, the word must end at an edge, else any longer word would be a typing
 * error. */
static unsigned measure(const struct terms *t, const struct edges *e, const struct variant *v,
                        size_t first, size_t *retlast)
{
    /* costs[i][k]: of the first i signs of the word against the first k of the text */
    uint8_t costs[TYPO_SIGNS_MAX + 1][TYPO_SIGNS_MAX + BAND + 2];
    const struct pair p = {.word = t->pool + v->at,
                           .text = e->cps + first,
                           .word_class = t->classes + v->at,
                           .text_class = e->class + first,
                           .mixed = v->mixed};
    size_t m = v->n, width = e->n - first < m + BAND ? e->n - first : m + BAND;
    unsigned best = DEAR;

    if (cost_changed(&p, 0, 0) > 1)
        return DEAR;
    for (size_t i = 0; i <= m; i++)
        memset(costs[i], DEAR, width + 2);
    costs[0][0] = 0;
    for (size_t i = 1; i <= m; i++) {
        for (size_t k = i > BAND ? i - BAND : 1; k <= width && k <= i + BAND; k++) {
            unsigned same = cost_changed(&p, i - 1, k - 1);
            unsigned changed = costs[i - 1][k - 1] + same;
            unsigned missing = i > 1 ? costs[i - 1][k] + cost_missing(&p, i - 1) : DEAR;
            unsigned extra = k > 1 ? costs[i][k - 1] + cost_extra(&p, i - 1, k - 1) : DEAR;
            unsigned swapped = DEAR;
            if (i > 2 && k > 2)
                swapped = costs[i - 2][k - 2] + cost_swapped(&p, i - 1, k - 1);
            costs[i][k] =
                (uint8_t)least(least(least(changed, swapped), least(missing, extra)), DEAR);
            if (i < m)
                continue;

            size_t last = first + k;
            if (!edges_free(e, v, first, &last))
                continue;
            unsigned cost = least(same <= 1 ? changed : DEAR, swapped);
            if (e->edge[last])
                cost = least(cost, least(changed, missing));
            if (cost < best) {
                best = cost;
                *retlast = last;
            }
        }
    }
    return best;
}

/* --- building -------------------------------------------------------------------------------- */

static uint8_t count_folded(const uint32_t *word, size_t n)
{
    uint8_t folded = 0;
    for (size_t i = 0; i < n; i++)
        folded = (uint8_t)(folded + !folds_away(word[i]));
    return folded;
}

/* How many whole errors may be looked for, or TYPO_NEVER. Where folding leaves little, few. */
static uint8_t ops_of(const struct terms *t, const struct variant *v)
{
    if (v->n < TYPO_SIGNS_MIN || v->kana < TYPO_KANA_MIN || v->n > TYPO_SIGNS_MAX ||
        t->owners[v->owners] == GUARD)
        return TYPO_NEVER;
    uint8_t folded = count_folded(t->pool + v->at, v->n);
    unsigned ops = cost_allowed(v) / 2;
    if (folded < 3)
        return TYPO_NEVER;
    if (folded < 5)
        return 0;
    return (uint8_t)(folded < 9 ? least(ops, 1) : ops);
}

/* How many signs must be right before the first error. A swap across the middle is to be found from
 * one side at least: so the forward half is the smaller one. */
static uint8_t right_signs(uint8_t ops, uint8_t folded, bool forward)
{
    if (ops == 2)
        return folded / 3;
    return (uint8_t)((folded - (forward ? 1 : 0)) / 2);
}

void typos_build(struct terms *t)
{
    struct typos *y = &t->typos;
    size_t nwords = 0, total = 0;

    y->ops = mem_zalloc_array(t->nvariants, 1);
    y->folded = mem_zalloc_array(t->nvariants, 1);
    for (size_t i = 0; i < t->nvariants; i++) {
        y->ops[i] = ops_of(t, &t->variants[i]);
        if (y->ops[i] == TYPO_NEVER)
            continue;
        y->folded[i] = count_folded(t->pool + t->variants[i].at, t->variants[i].n);
        total += y->folded[i];
        nwords++;
    }

    uint32_t *ids = mem_zalloc_array(2 * total, sizeof(*ids)), *id = ids;
    struct trie_word *forward = mem_zalloc_array(nwords, sizeof(*forward));
    struct trie_word *backward = mem_zalloc_array(nwords, sizeof(*backward));
    nwords = 0;
    for (uint32_t i = 0; i < t->nvariants; i++) {
        const struct variant *v = &t->variants[i];
        uint8_t n = y->folded[i], ops = y->ops[i], at = 0;
        if (ops == TYPO_NEVER)
            continue;
        struct trie_word word = {.symbols = id, .len = n, .value = i, .least = {255, 255}};
        for (size_t k = 0; k < v->n; k++) {
            uint32_t cp = t->pool[v->at + k];
            if (folds_away(cp))
                continue;
            uint32_t symbol = alphabet_add(&t->alphabet, fold(cp));
            id[at] = symbol;
            id[2 * n - 1 - at] = symbol;
            at++;
        }
        forward[nwords] = backward[nwords] = word;
        backward[nwords].symbols = id + n;
        for (uint8_t error = 0; error < ops; error++) {
            forward[nwords].least[error] = right_signs(ops, n, true);
            backward[nwords].least[error] = right_signs(ops, n, false);
        }
        id += 2 * (size_t)n;
        nwords++;
    }
    trie_build(&y->forward, forward, nwords);
    trie_build(&y->backward, backward, nwords);
    starts_build(&y->forward_starts, &y->forward);
    starts_build(&y->backward_starts, &y->backward);
    y->symbol_is_kana = mem_zalloc_array(t->alphabet.n + 1, sizeof(*y->symbol_is_kana));
    for (uint32_t cp = 0x3041; cp <= LONG_MARK; cp++)
        y->symbol_is_kana[alphabet_id(&t->alphabet, cp)] = is_kana(cp);
    y->symbol_is_kana[ALPHABET_UNKNOWN] = false;
    free(forward);
    free(backward);
    free(ids);
}

void typos_release(struct typos *y)
{
    trie_release(&y->forward);
    trie_release(&y->backward);
    starts_release(&y->forward_starts);
    starts_release(&y->backward_starts);
    free(y->ops);
    free(y->folded);
    free(y->symbol_is_kana);
}

/* --- judging --------------------------------------------------------------------------------- */

/* Does an exact match of another term explain the place of the error? One that lies beside the
 * error does not: フレッツ光 is exact in フレッツ光ネスクト. Which of two equal signs is the one
 * too many nobody can tell: オプション in v6オオプション lies beside it as well as v6オ. */
static bool is_explained(const struct terms *t, const struct terms_scratch *s,
                         const struct typo *typo)
{
    const struct variant *v = &t->variants[typo->variant];
    const uint32_t *word = t->pool + v->at, *text = s->edges.cps + typo->first;
    size_t n = (size_t)(typo->last - typo->first), shorter = n < v->n ? n : v->n;
    size_t head = 0, tail = 0;

    while (head < shorter && word[head] == text[head])
        head++;
    while (tail < shorter && word[v->n - 1 - tail] == text[n - 1 - tail])
        tail++;
    for (size_t i = 0; i < s->nraw; i++) {
        const struct raw *raw = &s->raw[i];
        const struct variant *other = &t->variants[raw->variant];
        if (raw->how != TERM_EXACT || raw->last <= typo->first || raw->first >= typo->last)
            continue;
        if (raw->first >= typo->first && raw->last <= typo->first + head)
            continue;
        if (raw->last <= typo->last && raw->first >= typo->last - tail)
            continue;
        if (other->nowners > 1 || t->owners[other->owners] != typo->term)
            return true;
    }
    return false;
}

static bool is_better(const struct typo *a, const struct typo *b)
{
    if (a->cost != b->cost)
        return a->cost < b->cost;
    if (a->first != b->first)
        return a->first < b->first;
    if (a->last != b->last)
        return a->last > b->last;
    return a->length > b->length;
}

/* The best one of each term. */
static void keep(struct terms_scratch *s, const struct typo *typo)
{
    for (size_t i = 0; i < s->ntypos; i++) {
        if (s->typos[i].term == typo->term) {
            if (is_better(typo, &s->typos[i]))
                s->typos[i] = *typo;
            return;
        }
    }
    if (s->ntypos < TYPOS_MAX)
        s->typos[s->ntypos++] = *typo;
}

static bool is_wanted(const struct terms_scratch *s, uint32_t owner)
{
    return owner != GUARD && s->found[owner] != s->run;
}

void typo_keep(const struct terms *t, struct terms_scratch *s, const struct typo *typo)
{
    if (is_wanted(s, typo->term) && !is_explained(t, s, typo))
        keep(s, typo);
}

static void judge_at(const struct terms *t, struct terms_scratch *s, uint32_t variant, size_t first)
{
    const struct variant *v = &t->variants[variant];
    uint64_t key = (uint64_t)variant << 16 | first;
    uint64_t *memo = &s->judged[(variant * 31 + first) % JUDGED];
    size_t last = 0;

    if (*memo == key + 1) /* several walks lead here */
        return;
    *memo = key + 1;
    unsigned cost = measure(t, &s->edges, v, first, &last);
    if (cost == 0 || cost > cost_allowed(v))
        return;
    for (uint32_t k = 0; k < v->nowners; k++) {
        struct typo typo = {.term = t->owners[v->owners + k],
                            .variant = variant,
                            .first = (uint16_t)first,
                            .last = (uint16_t)last,
                            .length = v->length,
                            .cost = (uint8_t)cost};
        typo_keep(t, s, &typo);
    }
}

/* A walk has found the variant; its first folded sign is s->folded_at[at]. */
static void judge(const struct terms *t, struct terms_scratch *s, uint32_t variant, size_t at)
{
    const struct variant *v = &t->variants[variant];
    bool wanted = false;
    for (uint32_t k = 0; k < v->nowners && !wanted; k++)
        wanted = is_wanted(s, t->owners[v->owners + k]);
    if (!wanted || at >= s->nfolded)
        return;
    size_t first = s->folded_at[at];
    if (!folds_away(t->pool[v->at])) {
        judge_at(t, s, variant, first);
        return;
    }
    /* つかいかた: its first sign was folded away and stands before. */
    while (first > 0 && folds_away(s->edges.cps[first - 1]))
        judge_at(t, s, variant, --first);
}

/* --- walking --------------------------------------------------------------------------------- */

struct hunt {
    const struct terms *t;
    struct terms_scratch *s;
    const struct trie *trie;
    const uint32_t *ids; /* the folded text in this direction */
    const bool *kana;
    size_t n, start;
    bool forward;
};

struct place {
    uint32_t node;
    uint32_t at;    /* text read so far */
    uint8_t depth;  /* signs of the word read so far */
    uint8_t errors; /* so far */
    uint8_t right;  /* signs before the first error */
    bool just_erred;
};

static void arrive(const struct hunt *h, const struct place *p)
{
    const struct typos *y = &h->t->typos;
    uint32_t v = h->trie->nodes[p->node].values;
    if (v == 0)
        return;
    for (v--;; v++) {
        uint32_t variant = h->trie->values[v] & ~TRIE_LAST;
        uint8_t ops = y->ops[variant];
        if (p->errors == 0 ||
            (p->errors <= ops && p->right >= right_signs(ops, y->folded[variant], h->forward)))
            judge(h->t, h->s, variant, h->forward ? h->start : h->n - p->at);
        if ((h->trie->values[v] & TRIE_LAST) != 0)
            break;
    }
}

static bool may_err(const struct hunt *h, const struct place *p, uint32_t node)
{
    return p->errors < 2 && !p->just_erred &&
           (p->errors == 0 ? p->depth : p->right) >= h->trie->below[node].least[p->errors];
}

/* Is there anything to find behind an error that leads to `node`, with the text read up to `at`?
 * Nearly always not, and this looks at nothing but what lies beside the node's siblings. */
static bool leads_on(const struct hunt *h, uint32_t node, size_t at)
{
    return h->trie->below[node].ends || (at < h->n && trie_may_go_on(h->trie, node, h->ids[at]));
}

static void hunt_on(const struct hunt *h, struct place p);

static void hunt_errors(const struct hunt *h, const struct place *p)
{
    const struct trie_node *n = &h->trie->nodes[p->node];
    const bool *is_kana_symbol = h->t->typos.symbol_is_kana;
    bool kana_here = p->at < h->n && h->kana[p->at];
    struct place q = *p;

    q.right = p->errors == 0 ? p->depth : p->right;
    q.errors++;
    q.just_erred = true;
    h->s->steps -= least(h->s->steps, n->nchildren / 8); /* a look at a child is a small step */
    if (kana_here) {                                     /* extra */
        q.at = p->at + 1;
        hunt_on(h, q);
    }
    q.depth = (uint8_t)(p->depth + 1);
    for (uint32_t k = n->child; k < n->child + n->nchildren; k++) {
        bool missing = leads_on(h, k, p->at);
        bool changed = kana_here && leads_on(h, k, p->at + 1);
        uint32_t symbol;
        if ((!missing && !changed) || !may_err(h, p, k) ||
            !is_kana_symbol[symbol = h->trie->nodes[k].symbol])
            continue;
        q.node = k;
        if (missing) {
            q.at = p->at;
            hunt_on(h, q);
        }
        if (changed && symbol != h->ids[p->at]) {
            q.at = p->at + 1;
            hunt_on(h, q);
        }
    }
    if (kana_here && p->at + 1 < h->n && h->kana[p->at + 1] && /* swapped */
        h->ids[p->at] != h->ids[p->at + 1]) {
        q.node = trie_child(h->trie, p->node, h->ids[p->at + 1]);
        if (q.node == TRIE_NONE)
            return;
        q.node = trie_child(h->trie, q.node, h->ids[p->at]);
        if (q.node == TRIE_NONE)
            return;
        q.at = p->at + 2;
        q.depth = (uint8_t)(p->depth + 2);
        hunt_on(h, q);
    }
}

/* Calls itself as deep as two errors: all else is a loop. */
static void hunt_on(const struct hunt *h, struct place p)
{
    while (h->s->steps > 0) {
        h->s->steps--;
        arrive(h, &p);
        if (may_err(h, &p, p.node))
            hunt_errors(h, &p);
        if (p.at >= h->n)
            return;
        p.node = trie_child(h->trie, p.node, h->ids[p.at]);
        if (p.node == TRIE_NONE)
            return;
        p.at++;
        p.depth++;
        p.just_erred = false;
    }
}

static void hunt_all(const struct terms *t, struct terms_scratch *s, bool forward)
{
    const struct starts *starts = forward ? &t->typos.forward_starts : &t->typos.backward_starts;
    struct hunt h = {.t = t,
                     .s = s,
                     .trie = forward ? &t->typos.forward : &t->typos.backward,
                     .ids = s->folded[forward ? 0 : 1],
                     .kana = s->folded_kana[forward ? 0 : 1],
                     .n = s->nfolded,
                     .forward = forward};

    for (h.start = 0; h.start + 1 < h.n; h.start++) {
        if (h.ids[h.start] == ALPHABET_UNKNOWN || h.ids[h.start + 1] == ALPHABET_UNKNOWN)
            continue;
        uint32_t node = starts_find(starts, h.ids[h.start], h.ids[h.start + 1]);
        if (node != 0)
            hunt_on(&h, (struct place){.node = node, .at = (uint32_t)h.start + 2, .depth = 2});
    }
}

/* Returns how many kana the text has. */
static size_t fold_text(const struct terms *t, struct terms_scratch *s)
{
    const struct edges *e = &s->edges;
    size_t n = 0, kana = 0;

    for (size_t i = 0; i < e->n; i++) {
        kana += is_kana(e->cps[i]);
        if (folds_away(e->cps[i]))
            continue;
        uint32_t folded = fold(e->cps[i]);
        s->folded[0][n] = folded == e->cps[i] ? s->ids[i] : alphabet_id(&t->alphabet, folded);
        s->folded_kana[0][n] = is_kana(folded);
        s->folded_at[n++] = (uint16_t)i;
    }
    s->nfolded = n;
    for (size_t i = 0; i < n; i++) {
        s->folded[1][i] = s->folded[0][n - 1 - i];
        s->folded_kana[1][i] = s->folded_kana[0][n - 1 - i];
    }
    return kana;
}

void typos_run(const struct terms *t, struct terms_scratch *s)
{
    s->ntypos = 0;
    s->steps = TYPO_STEPS_MAX;
    if (fold_text(t, s) >= TYPO_KANA_MIN - 1) { /* one of them may be missing */
        memset(s->judged, 0, sizeof(s->judged));
        hunt_all(t, s, true);
        hunt_all(t, s, false);
    }
    latin_run(t, s);
    /* Half of the walk would depend on the order in which terms were added. */
    if (s->steps == 0)
        return;
    for (size_t i = 0; i < s->ntypos && s->nraw < RAW_MAX; i++) {
        const struct typo *y = &s->typos[i];
        s->raw[s->nraw++] = (struct raw){.variant = y->variant,
                                         .term = y->term,
                                         .first = y->first,
                                         .last = y->last,
                                         .how = TERM_TYPO};
    }
}

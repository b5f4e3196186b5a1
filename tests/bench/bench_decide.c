/*
 * What one decision costs on the shipped content: from a visitor's bytes over masking,
 * normalising, terms, patterns, classifier to the outcome, as the daemon runs it but for the
 * message around it and the log. A question costs the median of its passes, and each figure over
 * the questions is the median of five rounds; the reference, normalising alone, is measured in the
 * same rounds on the same questions.
 *
 *   bench_decide CONTENT QUESTIONS.jsonl...
 */
#include "bench.h"

#include "core/turn.h"

enum { PASSES = 9 /* over all questions in a round */ };

static struct corpus *load(const char *content)
{
    const struct corpus_options options = {.answer_at = -1, .choose_at = -1};
    struct tree tree = {0};
    struct diags diags;

    diags_init(&diags);
    tree_read(&tree, content, corpus_subdirs, &diags);
    struct corpus *c = diags.nerrors == 0 ? corpus_build(&tree, &options, &diags) : NULL;
    if (c == NULL) {
        diags_print(&diags, stderr);
        exit(3);
    }
    tree_release(&tree);
    diags_release(&diags);
    return c;
}

static struct bench_figures decide_all(struct turn *t, const struct bench_questions *q, double *ns,
                                       size_t *answered)
{
    *answered = 0;
    for (size_t pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < q->n; i++) {
            const struct session session = {0};
            int64_t begin = bench_ns();
            bool any = turn_decide(t, &session, span_str(q->items[i]));
            ns[i * PASSES + pass] = (double)(bench_ns() - begin);
            *answered += pass == 0 && any && t->reply.decision.outcome == OUTCOME_ANSWER;
        }
    }
    return bench_summarise(ns, q->n, PASSES);
}

static struct bench_figures normalise_all(struct text *text, const struct bench_questions *q,
                                          double *ns)
{
    for (size_t pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < q->n; i++) {
            int64_t begin = bench_ns();
            text_make(text, span_str(q->items[i]));
            ns[i * PASSES + pass] = (double)(bench_ns() - begin);
        }
    }
    return bench_summarise(ns, q->n, PASSES);
}

int main(int argc, char **argv)
{
    struct bench_questions q = {0};
    double mean[BENCH_ROUNDS], p50[BENCH_ROUNDS], p99[BENCH_ROUNDS], reference[BENCH_ROUNDS];
    size_t answered = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_decide CONTENT QUESTIONS.jsonl...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        bench_read_questions(&q, argv[i]);
    struct corpus *c = load(argv[1]);
    struct turn *t = turn_new(c);
    struct text *text = mem_zalloc(sizeof(*text));
    double *ns = mem_zalloc_array(PASSES * q.n + 1, sizeof(*ns));

    for (int round = 0; round < BENCH_ROUNDS && q.n > 0; round++) {
        struct bench_figures f = decide_all(t, &q, ns, &answered);
        mean[round] = f.mean;
        p50[round] = f.p50;
        p99[round] = f.p99;
        reference[round] = normalise_all(text, &q, ns).mean;
    }
    if (q.n > 0) {
        double decision = bench_median(mean, BENCH_ROUNDS);
        double alone = bench_median(reference, BENCH_ROUNDS);
        printf("intents=%zu questions=%zu answered=%zu mean_ns=%.0f p50_ns=%.0f p99_ns=%.0f "
               "normalise_ns=%.0f ratio=%.1f\n",
               corpus_intents(c), q.n, answered, decision, bench_median(p50, BENCH_ROUNDS),
               bench_median(p99, BENCH_ROUNDS), alone, decision / alone);
    }
    free(ns);
    free(text);
    turn_free(t);
    corpus_unref(c);
    bench_release_questions(&q);
    return q.n > 0 ? 0 : 3;
}

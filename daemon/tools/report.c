/*
 * tools/report.c - what faqctl test found out, for people and as one JSON object
 */
#include "base/mem.h"
#include "tools/testing.h"

#include <stdlib.h>

enum {
    SAMPLES = 3,      /* lost variants shown of each group */
    TERMS_SHOWN = 12, /* of those that were not found again */
};

static int by_kind(const void *a, const void *b)
{
    const struct miss *x = a, *y = b;
    int order = strcmp(x->want, y->want);
    if (order == 0)
        order = strcmp(x->got, y->got);
    if (order == 0)
        order = strcmp(x->file, y->file);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

struct confusion { /* misses [first, first + n) have the same want and got */
    size_t first, n;
};

static int by_count(const void *a, const void *b)
{
    const struct confusion *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

static size_t group_misses(struct testing *t, struct confusion *groups)
{
    size_t n = 0;
    if (t->nmisses > 0)
        qsort(t->misses, t->nmisses, sizeof(*t->misses), by_kind);
    for (size_t i = 0; i < t->nmisses; i++) {
        if (i > 0 && strcmp(t->misses[i].want, t->misses[i - 1].want) == 0 &&
            strcmp(t->misses[i].got, t->misses[i - 1].got) == 0)
            groups[n - 1].n++;
        else
            groups[n++] = (struct confusion){i, 1};
    }
    if (n > 0)
        qsort(groups, n, sizeof(*groups), by_count);
    return n;
}

static double percent(size_t part, size_t all)
{
    return all > 0 ? 100 * (double)part / (double)all : 0;
}

static void print_row(const char *name, const char *scope, const size_t counts[VERDICTS],
                      size_t all, double share)
{
    if (all == 0)
        return;
    printf("%-34s %-12s %5zu", name, scope, all);
    for (int v = 0; v < VERDICTS; v++)
        printf("  %5zu %5.1f%%", counts[v], percent(counts[v], all));
    printf("  %5.1f%%\n", 100 * share);
}

static void print_tally(const char *name, const struct tally *t)
{
    print_row(name, "in scope", t->in, tally_in(t), tally_in_share(t));
    print_row(name, "out of scope", t->out, tally_out(t), tally_out_share(t));
}

static void print_head(const char *first)
{
    printf("\n%-34s %-12s %5s", first, "", "all");
    for (int v = 0; v < VERDICTS; v++)
        printf("  %12s", verdict_name((enum verdict)v));
    printf("  %6s\n", "score");
}

static void print_reliability(const struct reliability *r)
{
    printf("\nexpected calibration error %.3f\n%-12s %6s %11s %7s\n", reliability_error(r),
           "confidence", "n", "on average", "right");
    for (int i = 0; i < SCORE_BINS; i++) {
        size_t n = r->bins[i].n;
        printf("%.1f to %.1f   %6zu", (double)i / SCORE_BINS, (double)(i + 1) / SCORE_BINS, n);
        if (n > 0)
            printf(" %11.3f %6.1f%%", r->bins[i].confidence / (double)n,
                   percent(r->bins[i].right, n));
        puts("");
    }
}

static void print_tradeoff(const struct tradeoff *t)
{
    printf("\n%-12s %6s %7s %7s %24s\n", "answered at", "right", "wrong", "silent",
           "answered out of scope");
    for (int i = 0; i < TRADEOFF_STEPS; i++) {
        size_t silent = t->in - t->steps[i].right - t->steps[i].wrong;
        printf("%-12.2f %5.1f%% %6.1f%% %6.1f%% %23.1f%%\n", tradeoff_at(i),
               percent(t->steps[i].right, t->in), percent(t->steps[i].wrong, t->in),
               percent(silent, t->in), percent(t->steps[i].answered, t->out));
    }
}

static void print_confusions(struct testing *t)
{
    struct confusion *groups = mem_zalloc_array(t->nmisses + 1, sizeof(*groups));
    size_t n = group_misses(t, groups);

    if (n > 0)
        puts("\nwanted -> got");
    for (size_t i = 0; i < n; i++) {
        const struct miss *m = &t->misses[groups[i].first];
        printf("%4zu  %s -> %s  (%s)\n", groups[i].n, m->want, m->got, verdict_name(m->verdict));
        for (size_t k = 0; t->o->verbose && k < groups[i].n; k++)
            printf("        %s:%u: %s (%.2f)\n%s", m[k].file, m[k].line, m[k].text,
                   (double)m[k].confidence, m[k].why != NULL ? m[k].why : "");
    }
    free(groups);
}

/* Lost variants [first, first + n) are of one kind, topic and set of terms. */
static size_t lost_group(const struct testing *t, size_t first)
{
    const struct lost *a = &t->lost[first];
    size_t n = 1;
    while (first + n < t->nlost && a[n].kind == a->kind && a[n].intent == a->intent &&
           strcmp(a[n].terms, a->terms) == 0)
        n++;
    return n;
}

static void print_lost(const struct testing *t, enum variant_kind kind)
{
    for (size_t i = 0, n; i < t->nlost; i += n) {
        const struct lost *a = &t->lost[i];
        n = lost_group(t, i);
        if (a->kind != kind)
            continue;
        struct span id = corpus_intent_id(t->corpus, a->intent);
        printf("%4zu  %.*s  %s%s\n", n, SPAN_ARG(id),
               a->terms[0] != '\0' ? "no longer found: " : "all terms found", a->terms);
        for (size_t k = 0; t->o->verbose && k < n && k < SAMPLES; k++)
            printf("        %s:%u: '%s' as '%s': %s\n", a[k].file, a[k].line, a[k].example,
                   a[k].variant, a[k].got);
    }
}

/* The terms that this kind of variant hides most often, whether or not a topic was lost with them.
 */
static void print_missed(const struct testing *t, enum variant_kind kind)
{
    uint32_t *missed = t->missed + (size_t)kind * t->nterms;
    const char *head = "terms not found again: ";

    for (int shown = 0; shown < TERMS_SHOWN; shown++) {
        uint32_t most = 0;
        for (uint32_t i = 1; i < t->nterms; i++) {
            if (missed[i] > missed[most])
                most = i;
        }
        if (t->nterms == 0 || missed[most] == 0)
            break;
        printf("%s%.*s %u", head, SPAN_ARG(testing_term(t, most)), missed[most]);
        missed[most] = 0; /* shown */
        head = ", ";
    }
    if (head[0] == ',')
        puts("");
}

/* Which kinds lost a topic, and without -v only of those that must not. */
static void print_variants(const struct testing *t)
{
    printf("\n%-14s %7s %8s %7s %11s\n", "typed with", "n", "kept", "least", "terms kept");
    for (int k = 0; k < VARIANT_KINDS; k++) {
        const struct kind_result *r = &t->kinds[k];
        if (r->n > 0)
            printf("%-14s %7zu %7.2f%% %6.0f%% %10.1f%%\n", variant_kind_name((enum variant_kind)k),
                   r->n, percent(r->kept, r->n), 100 * metamorph_least((enum variant_kind)k),
                   percent(r->terms, r->n));
    }
    for (int k = 0; k < VARIANT_KINDS; k++) {
        const struct kind_result *r = &t->kinds[k];
        bool holds = metamorph_holds(t, (enum variant_kind)k);
        if ((r->kept == r->n && r->terms == r->n) || (holds && !t->o->verbose))
            continue;
        printf("\n%s: %zu of %zu lost their topic%s\n", variant_kind_name((enum variant_kind)k),
               r->n - r->kept, r->n, holds ? "" : ", which is too many");
        print_missed(t, (enum variant_kind)k);
        print_lost(t, (enum variant_kind)k);
    }
    puts("");
}

void report_print(struct testing *t)
{
    struct corpus_thresholds at = corpus_thresholds(t->corpus);

    printf("examples: %zu of %zu reach their topic\n", t->examples_right, t->examples);
    if (!t->o->quick)
        print_variants(t);
    printf("thresholds: answered at %.2f, offered at %.2f\n", at.answer, at.choose);
    if (t->nfiles == 0)
        return;
    print_head("file");
    for (size_t i = 0; i < t->nfiles; i++)
        print_tally(t->files[i].file, &t->files[i].tally);
    if (t->nfiles > 1)
        print_tally("all", &t->all);
    for (size_t i = 0; i < t->nfiles; i++) {
        if (t->files[i].dialogues > 0)
            printf("%s: %zu of %zu dialogues right from beginning to end\n", t->files[i].file,
                   t->files[i].dialogues_right, t->files[i].dialogues);
    }
    if (t->o->verbose && t->ntags > 0) {
        print_head("tag");
        for (size_t i = 0; i < t->ntags; i++)
            print_tally(t->tags[i].tag, &t->tags[i].tally);
    }
    print_reliability(&t->reliability);
    print_tradeoff(&t->tradeoff);
    print_confusions(t);
    if (t->must_pass_failed)
        puts("\nmust-pass.jsonl: not all right");
}

/* ---- the same as JSON ------------------------------------------------------------------------ */

static void json_counts(const char *name, const size_t counts[VERDICTS], size_t all, double share,
                        struct buf *out)
{
    buf_printf(out, "\"%s\":{\"all\":%zu", name, all);
    for (int v = 0; v < VERDICTS; v++)
        buf_printf(out, ",\"%s\":%zu", verdict_name((enum verdict)v), counts[v]);
    buf_printf(out, ",\"score\":%.6f}", share);
}

static void json_tally(const struct tally *t, struct buf *out)
{
    json_counts("in_scope", t->in, tally_in(t), tally_in_share(t), out);
    buf_addc(out, ',');
    json_counts("out_of_scope", t->out, tally_out(t), tally_out_share(t), out);
}

static void json_misses(const struct miss *misses, size_t n, struct buf *out)
{
    buf_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, i > 0 ? ",{\"file\":" : "{\"file\":");
        buf_add_json(out, span_str(misses[i].file));
        buf_printf(out, ",\"line\":%u,\"verdict\":\"%s\",\"want\":", misses[i].line,
                   verdict_name(misses[i].verdict));
        buf_add_json(out, span_str(misses[i].want));
        buf_adds(out, ",\"got\":");
        buf_add_json(out, span_str(misses[i].got));
        buf_adds(out, ",\"q\":");
        buf_add_json(out, span_str(misses[i].text));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void json_files(const struct testing *t, struct buf *out)
{
    buf_adds(out, "\"files\":[");
    for (size_t i = 0; i < t->nfiles; i++) {
        const struct file_result *f = &t->files[i];
        buf_adds(out, i > 0 ? ",{\"file\":" : "{\"file\":");
        buf_add_json(out, span_str(f->file));
        buf_addc(out, ',');
        json_tally(&f->tally, out);
        if (f->dialogues > 0)
            buf_printf(out, ",\"dialogues\":{\"all\":%zu,\"right\":%zu}", f->dialogues,
                       f->dialogues_right);
        buf_addc(out, '}');
    }
    buf_adds(out, "],\"tags\":[");
    for (size_t i = 0; i < t->ntags; i++) {
        buf_adds(out, i > 0 ? ",{\"tag\":" : "{\"tag\":");
        buf_add_json(out, span_str(t->tags[i].tag));
        buf_addc(out, ',');
        json_tally(&t->tags[i].tally, out);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void json_reliability(const struct reliability *r, struct buf *out)
{
    buf_printf(out, "\"calibration_error\":%.6f,\"reliability\":[", reliability_error(r));
    for (int i = 0; i < SCORE_BINS; i++) {
        size_t n = r->bins[i].n;
        double each = n > 0 ? 1.0 / (double)n : 0;
        buf_printf(out,
                   "%s{\"from\":%.1f,\"to\":%.1f,\"n\":%zu,\"confidence\":%.6f,\"right\":%.6f}",
                   i > 0 ? "," : "", (double)i / SCORE_BINS, (double)(i + 1) / SCORE_BINS, n,
                   r->bins[i].confidence * each, (double)r->bins[i].right * each);
    }
    buf_addc(out, ']');
}

static void json_tradeoff(const struct tradeoff *t, struct buf *out)
{
    buf_adds(out, ",\"tradeoff\":[");
    for (int i = 0; i < TRADEOFF_STEPS; i++)
        buf_printf(out,
                   "%s{\"at\":%.2f,\"right\":%zu,\"wrong\":%zu,\"silent\":%zu,"
                   "\"answered_out_of_scope\":%zu}",
                   i > 0 ? "," : "", tradeoff_at(i), t->steps[i].right, t->steps[i].wrong,
                   t->in - t->steps[i].right - t->steps[i].wrong, t->steps[i].answered);
    buf_addc(out, ']');
}

static void json_variants(const struct testing *t, struct buf *out)
{
    buf_adds(out, ",\"variants\":[");
    for (int k = 0; k < VARIANT_KINDS && !t->o->quick; k++)
        buf_printf(out, "%s{\"kind\":\"%s\",\"all\":%zu,\"kept\":%zu,\"least\":%.2f,\"terms\":%zu}",
                   k > 0 ? "," : "", variant_kind_name((enum variant_kind)k), t->kinds[k].n,
                   t->kinds[k].kept, metamorph_least((enum variant_kind)k), t->kinds[k].terms);
    buf_adds(out, "],\"lost\":[");
    for (size_t i = 0; i < t->nlost; i++) {
        const struct lost *l = &t->lost[i];
        buf_printf(out, "%s{\"kind\":\"%s\",\"file\":", i > 0 ? "," : "",
                   variant_kind_name(l->kind));
        buf_add_json(out, span_str(l->file));
        buf_printf(out, ",\"line\":%u,\"want\":", l->line);
        buf_add_json(out, corpus_intent_id(t->corpus, l->intent));
        buf_adds(out, ",\"got\":");
        buf_add_json(out, span_str(l->got));
        buf_adds(out, ",\"q\":");
        buf_add_json(out, span_str(l->example));
        buf_adds(out, ",\"variant\":");
        buf_add_json(out, span_str(l->variant));
        buf_adds(out, ",\"terms\":");
        buf_add_json(out, span_str(l->terms));
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void report_print_json(struct testing *t)
{
    struct corpus_thresholds at = corpus_thresholds(t->corpus);
    struct buf out;

    buf_init(&out, 0);
    buf_printf(&out, "{\"revision\":\"%s\",\"examples\":{\"all\":%zu,\"right\":%zu,\"failed\":",
               corpus_revision(t->corpus), t->examples, t->examples_right);
    json_misses(t->failed, t->nfailed, &out);
    buf_adds(&out, "},");
    json_files(t, &out);
    buf_adds(&out, ",\"all\":{");
    json_tally(&t->all, &out);
    buf_adds(&out, "},");
    json_reliability(&t->reliability, &out);
    buf_printf(&out, ",\"thresholds\":{\"answer_at\":%.6f,\"choose_at\":%.6f}", at.answer,
               at.choose);
    json_tradeoff(&t->tradeoff, &out);
    json_variants(t, &out);
    buf_adds(&out, ",\"misses\":");
    if (t->nmisses > 0)
        qsort(t->misses, t->nmisses, sizeof(*t->misses), by_kind);
    json_misses(t->misses, t->nmisses, &out);
    buf_adds(&out, "}\n");
    (void)fwrite(out.ptr, 1, out.len, stdout); /* tool_finish() looks at ferror */
    buf_release(&out);
}

/*
 * tools/check.c - faqctl check: all that is wrong with the content, in one run
 */
#include "core/content.h"
#include "core/patterns.h"
#include "tools/tools.h"

/* A pattern without a literal runs on every question: correct, but it costs all of them. */
static void warn_about_slow_patterns(const struct content *content, struct diags *diags)
{
    struct patterns_builder *builder = patterns_builder_new();
    struct err err;
    uint32_t id;

    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_strings *list = &content->intents[i].patterns;
        for (size_t k = 0; k < list->n; k++)
            if (patterns_add(builder, span_str(list->items[k].s), &id, &err) != ERR_OK)
                continue; /* corpus_build has said so */
    }
    struct patterns *patterns = patterns_build(builder);
    id = 0;
    for (size_t i = 0; i < content->nintents; i++) {
        const struct content_intent *x = &content->intents[i];
        for (size_t k = 0; k < x->patterns.n && id < patterns_count(patterns); k++, id++) {
            if (patterns_always(patterns, id))
                diags_add(diags, SEVERITY_WARNING, x->file, x->patterns.items[k].line,
                          "patterns[%zu]: '%s' contains nothing that every match must hold, so it "
                          "is tried on every question: put in a word that always occurs",
                          k, x->patterns.items[k].s);
        }
    }
    patterns_free(patterns);
    patterns_builder_free(builder);
}

static bool is_answer(const struct tree_file *f)
{
    return f->len > 0 && strncmp(f->name, "kb/", 3) == 0 &&
           span_is(span_of(f->name + strlen(f->name) - 3, 3), ".md") &&
           strstr(f->name, "README.md") == NULL;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_sizes(const struct corpus *c, const struct tree *tree)
{
    const struct content *content = corpus_content(c);
    size_t keywords = 0, patterns = 0, examples = 0, answers = 0;

    for (size_t i = 0; i < content->nintents; i++) {
        keywords += content->intents[i].keywords.n;
        patterns += content->intents[i].patterns.n;
        examples += content->intents[i].examples.n;
    }
    for (size_t i = 0; i < tree->n; i++)
        answers += is_answer(&tree->files[i]);
    printf("%zu intent%s, %zu keyword line%s, %zu pattern%s, %zu example%s, %zu term%s, "
           "%zu answer%s: ",
           content->nintents, plural(content->nintents), keywords, plural(keywords), patterns,
           plural(patterns), examples, plural(examples), content->nterms, plural(content->nterms),
           answers, plural(answers));
}

int check_run(const struct tool *o)
{
    const struct corpus_options options = {.answer_at = o->answer_at,
                                           .choose_at = o->choose_at,
                                           .now_ms = o->now_ms,
                                           .cache_dir = o->cache_dir};
    struct tree tree = {0};
    struct diags diags;
    int status = TOOL_TROUBLE;

    diags_init(&diags);
    if (tool_tree(o, &tree, &diags)) {
        struct corpus *c = corpus_build(&tree, &options, &diags);
        if (c != NULL)
            warn_about_slow_patterns(corpus_content(c), &diags);
        diags_sort(&diags);
        diags_print(&diags, stdout);
        bool fine = diags.nerrors == 0 && (diags.nwarnings == 0 || !o->strict);
        if (fine && c != NULL)
            print_sizes(c, &tree);
        if (diags.nerrors > 0)
            printf("%zu error%s, ", diags.nerrors, plural(diags.nerrors));
        if (!fine || diags.nwarnings > 0)
            printf("%zu warning%s%s\n", diags.nwarnings, plural(diags.nwarnings),
                   fine ? ", else fine" : "");
        else
            puts("fine");
        status = tool_finish(o, fine ? TOOL_FINE : TOOL_FINDINGS);
        corpus_unref(c);
    }
    tree_release(&tree);
    diags_release(&diags);
    return status;
}

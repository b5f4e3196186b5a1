#include "base/utf8.h"
#include "tools/tools.h"

#include <dirent.h>
#include <errno.h>

bool tool_tree(const struct tool *o, struct tree *tree, struct diags *diags)
{
    DIR *dir = opendir(o->content);
    if (dir == NULL) {
        fprintf(stderr, "faqctl %s: cannot open the directory '%s': %s\n", o->name, o->content,
                strerror(errno));
        return false;
    }
    closedir(dir);
    tree_read(tree, o->content, corpus_subdirs, diags);
    return true;
}

struct corpus *tool_corpus(const struct tool *o)
{
    const struct corpus_options options = {.answer_at = o->answer_at,
                                           .choose_at = o->choose_at,
                                           .now_ms = o->now_ms,
                                           .cache_dir = o->cache_dir};
    struct corpus *c = NULL;
    struct tree tree = {0};
    struct diags diags;

    diags_init(&diags);
    if (tool_tree(o, &tree, &diags)) {
        if (diags.nerrors == 0)
            c = corpus_build(&tree, &options, &diags);
        if (c == NULL) {
            diags_sort(&diags);
            diags_print(&diags, stderr);
            fprintf(stderr, "faqctl %s: the content of '%s' must be mended first\n", o->name,
                    o->content);
        }
    }
    tree_release(&tree);
    diags_release(&diags);
    return c;
}

void tool_session(struct session *s, const char *context, enum lang lang, int64_t now_ms)
{
    *s = (struct session){.started_ms = now_ms, .last_ms = now_ms, .lang = (uint8_t)lang};
    if (context == NULL || context[0] == '\0')
        return;
    (void)snprintf(s->topic, sizeof(s->topic), "%s", context);
    s->topic_ms = now_ms;
    s->turns = s->topic_turn = 1;
}

struct span tool_clean(struct span text, struct buf *store)
{
    if (utf8_valid(text))
        return text;
    buf_clear(store);
    for (size_t at = 0; at < text.len;) {
        uint32_t cp;
        bool valid;
        at += utf8_decode(text.ptr + at, text.len - at, &cp, &valid);
        buf_addcp(store, cp);
    }
    return buf_span(store);
}

int tool_finish(const struct tool *o, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "faqctl %s: the output could not be written\n", o->name);
    return TOOL_TROUBLE;
}

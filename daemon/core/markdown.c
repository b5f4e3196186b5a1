/*
 * Three walks over cmark's tree: look for what is not allowed, print JSON, print text. The first
 * one bounds the depth, so that the others may recurse; they run only if it found no error.
 *
 * cmark's own HTML, commonmark and plain text renderers are not used: the protocol carries no HTML.
 */
#include "core/markdown.h"

#include "base/utf8.h"
#include "core/kb.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

/* Stands for a space beside `**` that only cmark sees: it counts as one there (category Zs), nobody
 * writes Ogham in an FAQ, and text_add() takes it out again. */
#define MARK_CP 0x1680u
#define MARK_UTF8 "\xE1\x9A\x80"

void markdown_init(struct markdown *m)
{
    buf_init(&m->title, 0);
    buf_init(&m->text, 0);
    buf_init(&m->body, 0);
}

void markdown_release(struct markdown *m)
{
    buf_release(&m->title);
    buf_release(&m->text);
    buf_release(&m->body);
}

/* ---- stars ---- */

/* Is it one of these? */
static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool cp_is_space(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r' ||
           utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_ZS;
}

static bool cp_is_punct(uint32_t cp)
{
    if (cp < 0x80)
        return cp > ' ' && cp < 0x7f && !(cp >= '0' && cp <= '9') && !(cp >= 'A' && cp <= 'Z') &&
               !(cp >= 'a' && cp <= 'z');
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

/* The code point that begins at `at`; behind the end: a line break. */
static uint32_t cp_at(struct span s, size_t at)
{
    uint32_t cp = '\n';
    bool valid;
    if (at < s.len)
        utf8_decode(s.ptr + at, s.len - at, &cp, &valid);
    return cp;
}

static uint32_t cp_before(struct span s, size_t at)
{
    if (at == 0)
        return '\n';
    size_t begin = at - 1;
    while (begin > 0 && at - begin < 4 && ((unsigned char)s.ptr[begin] & 0xC0) == 0x80)
        begin--;
    return cp_at(s, begin);
}

/* May the stars between these two open bold text, for CommonMark? Turned round: close it? */
static bool flanking(uint32_t outside, uint32_t inside)
{
    return !cp_is_space(inside) &&
           (!cp_is_punct(inside) || cp_is_space(outside) || cp_is_punct(outside));
}

/* True where a paragraph cannot go on, so that the next stars open. */
static bool line_begins_anew(struct span s, size_t at)
{
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
        at++;
    return at >= s.len || one_of(s.ptr[at], "\r\n#-|");
}

static void mark_stars(struct span s, struct buf *out)
{
    bool open = false, row = false; /* row: of a table, where each cell stands alone */
    size_t from = 0;                /* what was not yet copied */

    for (size_t i = 0; i < s.len;) {
        if (i == 0 || s.ptr[i - 1] == '\n') {
            bool anew = line_begins_anew(s, i);
            open = open && !anew;
            row = anew && memchr(s.ptr + i, '|', s.len - i < 4 ? s.len - i : 4) != NULL;
        }
        if (s.ptr[i] == '|' && row)
            open = false;
        if (s.ptr[i] == '\\') {
            i += 2;
            continue;
        }
        if (s.ptr[i] != '*') {
            i++;
            continue;
        }
        size_t end = i;
        while (end < s.len && s.ptr[end] == '*')
            end++;
        uint32_t before = cp_before(s, i), after = cp_at(s, end);
        if (end - i == 2 && !open && !cp_is_space(after)) {
            buf_add(out, s.ptr + from, i - from);
            if (!flanking(before, after))
                buf_adds(out, MARK_UTF8);
            from = i;
            open = true;
        } else if (end - i == 2 && open && !cp_is_space(before)) {
            buf_add(out, s.ptr + from, end - from);
            if (!flanking(after, before))
                buf_adds(out, MARK_UTF8);
            from = end;
            open = false;
        }
        i = end;
    }
    if (from < s.len)
        buf_add(out, s.ptr + from, s.len - from);
}

/* ---- links ---- */

static bool all_of(struct span s, const char *set)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\0' || strchr(set, s.ptr[i]) == NULL)
            return false;
    }
    return true;
}

static bool strip_scheme(struct span *url, const char *scheme)
{
    size_t n = strlen(scheme);
    if (url->len < n || strncasecmp(url->ptr, scheme, n) != 0)
        return false;
    *url = span_of(url->ptr + n, url->len - n);
    return true;
}

static size_t count_digits(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] >= '0' && s.ptr[i] <= '9';
    return n;
}

bool markdown_link_ok(struct span url, const char **retwhy)
{
    for (size_t i = 0; i < url.len;) {
        uint32_t cp;
        bool valid;
        i += utf8_decode(url.ptr + i, url.len - i, &cp, &valid);
        utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
        if (!valid || cp_is_space(cp) || c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF ||
            c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP) {
            *retwhy = "has a space or an invisible character in it: take it out";
            return false;
        }
        if (cp < 0x80 && strchr("\"<>\\^`{|}", (int)cp) != NULL) {
            *retwhy =
                "has a sign in it that addresses must not have (\" < > \\ ^ ` { | }): write it "
                "as %XX";
            return false;
        }
    }
    struct span rest = url;
    if (strip_scheme(&rest, "https://") || strip_scheme(&rest, "http://")) {
        if (rest.len > 0 && !one_of(rest.ptr[0], "/?#:@"))
            return true;
        *retwhy = "names no host: write https://host/…";
    } else if (strip_scheme(&rest, "tel:")) {
        if (count_digits(rest) >= 3 &&
            all_of(rest, "+0123456789-.()*#;=abcdefghijklmnopqrstuvwxyz"))
            return true;
        *retwhy = "is no phone number: write tel: and the digits, as in tel:0120116116";
    } else if (strip_scheme(&rest, "mailto:")) {
        if (rest.len > 2 && rest.ptr[0] != '@' && memchr(rest.ptr, '@', rest.len - 1) != NULL)
            return true;
        *retwhy = "is no mail address: write mailto:name@host";
    } else {
        *retwhy =
            "is not allowed: links begin with https://, http://, tel: or mailto: (other topics "
            "are mentioned in words)";
    }
    return false;
}

/* ---- looking for what is not allowed ---- */

struct check {
    const char *file;
    unsigned first_line;
    struct diags *diags;
    size_t errors;
};

/* Inlines of some kinds have no line of their own: then the block's. */
static unsigned line_of(const struct check *c, cmark_node *node)
{
    int line = 0;
    for (; node != NULL && line <= 0; node = cmark_node_parent(node))
        line = cmark_node_get_start_line(node);
    return c->first_line + (line > 0 ? (unsigned)line - 1 : 0);
}

static bool is_type(cmark_node *node, const char *name)
{
    return strcmp(cmark_node_get_type_string(node), name) == 0;
}

static struct span literal(cmark_node *node)
{
    return span_str(cmark_node_get_literal(node));
}

static void refuse(struct check *c, cmark_node *node, const char *what, const char *mend)
{
    diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, node), "%s cannot be shown: %s", what,
              mend);
    c->errors++;
}

static void check_link(struct check *c, cmark_node *node)
{
    const char *why;
    struct span url = span_str(cmark_node_get_url(node));
    if (!markdown_link_ok(url, &why)) {
        diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, node), "the link to '%.*s' %s",
                  SPAN_ARG(utf8_head(url, 100)), why);
        c->errors++;
    }
    if (cmark_node_first_child(node) == NULL) {
        diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, node),
                  "the link to '%.*s' has no words: write them between [ and ]",
                  SPAN_ARG(utf8_head(url, 100)));
        c->errors++;
    }
}

static void check_table(struct check *c, cmark_node *node)
{
    unsigned columns = cmark_gfm_extensions_get_table_columns(node);
    if (columns > MARKDOWN_COLUMNS_MAX)
        diags_add(c->diags, SEVERITY_WARNING, c->file, line_of(c, node),
                  "the table has %u columns: a phone shows at most %d; use fewer, or a list",
                  columns, MARKDOWN_COLUMNS_MAX);
}

static void check_node(struct check *c, cmark_node *node)
{
    switch ((int)cmark_node_get_type(node)) {
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
    case CMARK_NODE_CUSTOM_BLOCK:
    case CMARK_NODE_CUSTOM_INLINE:
        refuse(c, node, "HTML", "write it in Markdown (a '<' as such is written '\\<')");
        break;
    case CMARK_NODE_IMAGE:
        refuse(c, node, "an image", "say in words what it shows, or link to it");
        break;
    case CMARK_NODE_CODE:
        refuse(c, node, "`code`", "take the ` away, or write 「」 instead");
        break;
    case CMARK_NODE_CODE_BLOCK:
        refuse(c, node, "a code block",
               "take away the ``` or the four spaces at the beginning of the line");
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        refuse(c, node, "a rule", "take the line away, or write a '## heading'");
        break;
    case CMARK_NODE_EMPH:
        refuse(c, node, "*emphasis*", "write **bold** (a star as such is written '\\*')");
        break;
    case CMARK_NODE_FOOTNOTE_DEFINITION:
    case CMARK_NODE_FOOTNOTE_REFERENCE:
        refuse(c, node, "a footnote", "write a '> note'");
        break;
    case CMARK_NODE_HEADING:
        if (cmark_node_get_heading_level(node) == 1 &&
            (cmark_node_previous(node) != NULL ||
             cmark_node_get_type(cmark_node_parent(node)) != CMARK_NODE_DOCUMENT)) {
            diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, node),
                      "a second '# heading': there is one, at the beginning; write '## ' here");
            c->errors++;
        }
        break;
    case CMARK_NODE_LIST:
        if (cmark_node_get_list_type(node) == CMARK_ORDERED_LIST &&
            cmark_node_get_list_start(node) != 1)
            diags_add(
                c->diags, SEVERITY_WARNING, c->file, line_of(c, node),
                "the list begins with %d but is shown from 1: begin with 1, or join it with the "
                "list above",
                cmark_node_get_list_start(node));
        break;
    case CMARK_NODE_LINK:
        check_link(c, node);
        break;
    case CMARK_NODE_TEXT:
        if (strstr(cmark_node_get_literal(node), "**") != NULL)
            diags_add(c->diags, SEVERITY_WARNING, c->file, line_of(c, node),
                      "'**' is shown as it is: bold needs ** before and after, without a space "
                      "inside");
        break;
    default: /* cmark's, and the extensions' types that are not constants */
        if (is_type(node, "table"))
            check_table(c, node);
        else if (is_type(node, "strikethrough"))
            refuse(c, node, "~~struck out text~~", "write what is true now");
    }
}

static void check_tree(struct check *c, cmark_node *node, unsigned depth)
{
    if (depth > MARKDOWN_DEPTH_MAX) {
        diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, node),
                  "lists, notes or bold text are nested too deeply: at most %d levels",
                  MARKDOWN_DEPTH_MAX);
        c->errors++;
        return;
    }
    check_node(c, node);
    for (cmark_node *k = cmark_node_first_child(node); k != NULL; k = cmark_node_next(k))
        check_tree(c, k, depth + 1);
}

/* A footnote that nothing refers to would vanish in cmark, and one that is not switched on becomes
 * a link, so they are looked for in the source. */
static void check_footnotes(struct check *c, struct span s)
{
    unsigned line = c->first_line;
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.ptr[i] == '\n') {
            line++;
        } else if (s.ptr[i] == '\\' && s.ptr[i + 1] != '\n') {
            i++;
        } else if (s.ptr[i] == '[' && s.ptr[i + 1] == '^') {
            diags_add(c->diags, SEVERITY_ERROR, c->file, line,
                      "a footnote cannot be shown: write a '> note'");
            c->errors++;
            do
                i++;
            while (i + 1 < s.len && s.ptr[i + 1] != '\n'); /* one a line is enough */
        }
    }
}

static void check_heading(struct check *c, cmark_node *root)
{
    cmark_node *first = cmark_node_first_child(root);
    if (first == NULL || cmark_node_get_type(first) != CMARK_NODE_HEADING ||
        cmark_node_get_heading_level(first) != 1) {
        diags_add(c->diags, SEVERITY_ERROR, c->file,
                  first != NULL ? line_of(c, first) : c->first_line,
                  "the answer must begin with '# ' and the name of the topic");
        c->errors++;
        return;
    }
    for (cmark_node *k = cmark_node_first_child(first); k != NULL; k = cmark_node_next(k)) {
        if (cmark_node_get_type(k) == CMARK_NODE_LINK)
            refuse(c, k, "a link in the '# heading'", "the name of the topic is plain text");
    }
    if (cmark_node_next(first) == NULL) {
        diags_add(c->diags, SEVERITY_ERROR, c->file, line_of(c, first),
                  "there is no answer below the heading: write one, or remove the file");
        c->errors++;
    }
}

/* ---- text ---- */

/* Appends without what could do harm on a terminal or turn the order of the letters round. */
static void text_add(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
        if (cp == '\n' || cp == '\r' || cp == '\t' || cp == 0x2028 || cp == 0x2029)
            buf_addc(out, ' ');
        else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == MARK_CP || cp == 0xfeff ||
                 (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069))
            ;
        else
            buf_addcp(out, cp);
        i += took;
    }
}

static uint32_t last_cp(struct span s)
{
    return s.len == 0 ? 0 : cp_before(s, s.len);
}

/* The first character behind a soft break, wherever it stands; 0: none before a hard one. */
static uint32_t next_cp(cmark_node *node)
{
    for (node = cmark_node_next(node); node != NULL; node = cmark_node_next(node)) {
        cmark_node *leaf = node;
        while (cmark_node_first_child(leaf) != NULL)
            leaf = cmark_node_first_child(leaf);
        if (cmark_node_get_type(leaf) != CMARK_NODE_TEXT)
            return 0;
        struct span s = literal(leaf);
        for (size_t i = 0; i < s.len;) {
            uint32_t cp;
            bool valid;
            i += utf8_decode(s.ptr + i, s.len - i, &cp, &valid);
            if (cp != MARK_CP)
                return cp;
        }
    }
    return 0;
}

/* Written without spaces between words, in the wide cells of Japanese type. */
static bool cp_is_wide(uint32_t cp)
{
    return cp >= 0x1100 && utf8proc_charwidth((utf8proc_int32_t)cp) == 2;
}

/* What a line break of the source means: nothing inside Japanese, a space between words. A
 * Japanese sentence has none beside a Latin word either; an English one has. */
static bool break_is_space(uint32_t before, uint32_t after, enum lang lang)
{
    if (before == 0 || before == ' ' || after == 0)
        return false;
    bool wide_before = cp_is_wide(before), wide_after = cp_is_wide(after);
    return lang == LANG_JA ? !wide_before && !wide_after : !(wide_before && wide_after);
}

/* ---- JSON ---- */

struct json {
    struct buf *out;
    struct buf run;  /* text that is not yet printed, so that neighbours become one string */
    uint32_t before; /* last character, for soft breaks */
    enum lang lang;
};

static void json_comma(struct json *j, bool *any)
{
    if (*any)
        buf_addc(j->out, ',');
    *any = true;
}

static void json_flush(struct json *j, bool *any)
{
    if (j->run.len == 0)
        return;
    json_comma(j, any);
    buf_add_json(j->out, buf_span(&j->run));
    buf_clear(&j->run);
}

static void json_inlines(struct json *j, cmark_node *parent)
{
    bool any = false;

    buf_addc(j->out, '[');
    for (cmark_node *k = cmark_node_first_child(parent); k != NULL; k = cmark_node_next(k)) {
        switch ((int)cmark_node_get_type(k)) {
        case CMARK_NODE_TEXT:
            text_add(&j->run, literal(k));
            if (j->run.len > 0)
                j->before = last_cp(buf_span(&j->run));
            break;
        case CMARK_NODE_SOFTBREAK:
            if (break_is_space(j->before, next_cp(k), j->lang)) {
                buf_addc(&j->run, ' ');
                j->before = ' ';
            }
            break;
        case CMARK_NODE_LINEBREAK:
            json_flush(j, &any);
            json_comma(j, &any);
            buf_adds(j->out, "{\"t\":\"br\"}");
            j->before = 0;
            break;
        case CMARK_NODE_STRONG:
            json_flush(j, &any);
            json_comma(j, &any);
            buf_adds(j->out, "{\"t\":\"b\",\"c\":");
            json_inlines(j, k);
            buf_addc(j->out, '}');
            break;
        case CMARK_NODE_LINK:
            json_flush(j, &any);
            json_comma(j, &any);
            buf_adds(j->out, "{\"t\":\"a\",\"href\":");
            buf_add_json(j->out, span_str(cmark_node_get_url(k)));
            buf_adds(j->out, ",\"c\":");
            json_inlines(j, k);
            buf_addc(j->out, '}');
            break;
        default: /* check_node() let nothing else through */
            break;
        }
    }
    json_flush(j, &any);
    buf_addc(j->out, ']');
}

static void json_inline_block(struct json *j, cmark_node *node)
{
    j->before = 0;
    json_inlines(j, node);
}

static void json_cells(struct json *j, cmark_node *row)
{
    bool any = false;
    buf_addc(j->out, '[');
    for (cmark_node *k = cmark_node_first_child(row); k != NULL; k = cmark_node_next(k)) {
        json_comma(j, &any);
        json_inline_block(j, k);
    }
    buf_addc(j->out, ']');
}

static void json_table(struct json *j, cmark_node *table)
{
    bool any = false;
    cmark_node *head = cmark_node_first_child(table);

    buf_adds(j->out, "{\"t\":\"table\",\"head\":");
    json_cells(j, head);
    buf_adds(j->out, ",\"rows\":[");
    for (cmark_node *k = cmark_node_next(head); k != NULL; k = cmark_node_next(k)) {
        json_comma(j, &any);
        json_cells(j, k);
    }
    buf_adds(j->out, "]}");
}

static void json_blocks(struct json *j, cmark_node *first);

static void json_list(struct json *j, cmark_node *list)
{
    bool any = false;
    bool ordered = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;

    buf_printf(j->out, "{\"t\":\"%s\",\"items\":[", ordered ? "ol" : "ul");
    for (cmark_node *k = cmark_node_first_child(list); k != NULL; k = cmark_node_next(k)) {
        json_comma(j, &any);
        json_blocks(j, cmark_node_first_child(k));
    }
    buf_adds(j->out, "]}");
}

static void json_block(struct json *j, cmark_node *node)
{
    switch ((int)cmark_node_get_type(node)) {
    case CMARK_NODE_LIST:
        json_list(j, node);
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        buf_adds(j->out, "{\"t\":\"note\",\"c\":");
        json_blocks(j, cmark_node_first_child(node));
        buf_addc(j->out, '}');
        break;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        buf_adds(j->out, cmark_node_get_type(node) == CMARK_NODE_HEADING ? "{\"t\":\"h\",\"c\":"
                                                                         : "{\"t\":\"p\",\"c\":");
        json_inline_block(j, node);
        buf_addc(j->out, '}');
        break;
    default:
        json_table(j, node);
    }
}

/* `first` and what follows it. */
static void json_blocks(struct json *j, cmark_node *first)
{
    bool any = false;
    buf_addc(j->out, '[');
    for (cmark_node *k = first; k != NULL; k = cmark_node_next(k)) {
        json_comma(j, &any);
        json_block(j, k);
    }
    buf_addc(j->out, ']');
}

/* ---- plain text ---- */

struct plain {
    struct buf *out;
    struct buf indent; /* of the lists around */
    bool begun;        /* behind a "・" or "※": the next block goes on in its line */
    bool bare;         /* one line without addresses: for the title */
    uint32_t before;
    enum lang lang;
};

static void plain_line(struct plain *p)
{
    if (!p->begun) {
        if (p->out->len > 0)
            buf_addc(p->out, '\n');
        buf_add(p->out, p->indent.ptr, p->indent.len);
    }
    p->begun = false;
    p->before = 0;
}

static struct span trim_slash(struct span s)
{
    if (s.len > 0 && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

/* Do both hold the same digits? 0120-116-116 and 0120116116 do. */
static bool same_number(struct span a, struct span b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a.len && one_of(a.ptr[i], "-.() "))
            i++;
        while (k < b.len && one_of(b.ptr[k], "-.() "))
            k++;
        if (i >= a.len || k >= b.len)
            return i >= a.len && k >= b.len;
        if (a.ptr[i] != b.ptr[k])
            return false;
    }
}

/* The address in brackets, unless the words say it already. */
static void plain_href(struct plain *p, struct span words, struct span url)
{
    struct span rest = url;
    bool said;
    if (strip_scheme(&rest, "tel:")) {
        said = same_number(words, rest);
        url = rest;
    } else if (strip_scheme(&rest, "mailto:")) {
        said = span_eq(words, rest);
        url = rest;
    } else {
        if (!strip_scheme(&rest, "https://"))
            (void)strip_scheme(&rest, "http://");
        if (!strip_scheme(&words, "https://"))
            (void)strip_scheme(&words, "http://");
        said = span_eq(trim_slash(words), trim_slash(rest));
    }
    if (!said) {
        buf_adds(p->out, " (");
        text_add(p->out, url);
        buf_addc(p->out, ')');
        p->before = ')';
    }
}

static void plain_inlines(struct plain *p, cmark_node *parent)
{
    for (cmark_node *k = cmark_node_first_child(parent); k != NULL; k = cmark_node_next(k)) {
        size_t from = p->out->len;
        switch ((int)cmark_node_get_type(k)) {
        case CMARK_NODE_TEXT:
            text_add(p->out, literal(k));
            if (p->out->len > from)
                p->before = last_cp(buf_span(p->out));
            break;
        case CMARK_NODE_SOFTBREAK:
            if (break_is_space(p->before, next_cp(k), p->lang)) {
                buf_addc(p->out, ' ');
                p->before = ' ';
            }
            break;
        case CMARK_NODE_LINEBREAK:
            if (p->bare)
                buf_addc(p->out, ' ');
            else
                plain_line(p);
            break;
        case CMARK_NODE_LINK:
            plain_inlines(p, k);
            if (!p->bare)
                plain_href(p, span_of(p->out->ptr + from, p->out->len - from),
                           span_str(cmark_node_get_url(k)));
            break;
        default:
            plain_inlines(p, k);
        }
    }
}

/* One line a row, each cell with the head of its column, so that nothing depends on columns. */
static void plain_table(struct plain *p, cmark_node *table)
{
    cmark_node *head = cmark_node_first_child(table);

    for (cmark_node *row = cmark_node_next(head); row != NULL; row = cmark_node_next(row)) {
        bool any = false;
        cmark_node *name = cmark_node_first_child(head);
        plain_line(p);
        for (cmark_node *cell = cmark_node_first_child(row); cell != NULL;
             cell = cmark_node_next(cell)) {
            if (cmark_node_first_child(cell) != NULL) {
                if (any)
                    buf_adds(p->out, p->lang == LANG_JA ? "、" : "; ");
                any = true;
                p->before = 0;
                if (name != NULL && cmark_node_first_child(name) != NULL) {
                    plain_inlines(p, name);
                    buf_adds(p->out, ": ");
                }
                p->before = 0;
                plain_inlines(p, cell);
            }
            name = name != NULL ? cmark_node_next(name) : NULL;
        }
    }
}

static void plain_blocks(struct plain *p, cmark_node *first);

static void plain_list(struct plain *p, cmark_node *list)
{
    bool ordered = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;
    uint64_t number = 1;

    for (cmark_node *k = cmark_node_first_child(list); k != NULL; k = cmark_node_next(k)) {
        plain_line(p);
        if (ordered) {
            buf_addu(p->out, number++);
            buf_adds(p->out, ". ");
        } else {
            buf_adds(p->out, p->lang == LANG_JA ? "・" : "- ");
        }
        size_t indent = p->indent.len;
        buf_adds(&p->indent, "  ");
        p->begun = true;
        plain_blocks(p, cmark_node_first_child(k));
        p->begun = false;
        p->indent.len = indent;
    }
}

static void plain_blocks(struct plain *p, cmark_node *first)
{
    for (cmark_node *k = first; k != NULL; k = cmark_node_next(k)) {
        switch ((int)cmark_node_get_type(k)) {
        case CMARK_NODE_LIST:
            plain_list(p, k);
            break;
        case CMARK_NODE_BLOCK_QUOTE:
            plain_line(p);
            buf_adds(p->out, p->lang == LANG_JA ? "※" : "Note: ");
            p->begun = true;
            plain_blocks(p, cmark_node_first_child(k));
            p->begun = false;
            break;
        case CMARK_NODE_PARAGRAPH:
        case CMARK_NODE_HEADING:
            plain_line(p);
            plain_inlines(p, k);
            break;
        default:
            plain_table(p, k);
        }
    }
}

/* ---- all of it ---- */

static void register_extensions(void)
{
    cmark_gfm_core_extensions_ensure_registered();
}

static cmark_node *parse(struct span source)
{
    /* cmark keeps its extensions in a list of its own that two threads must not fill at once. */
    static pthread_once_t registered = PTHREAD_ONCE_INIT;
    pthread_once(&registered, register_extensions);

    /* One tilde is "from to" in 9:00~17:00. */
    cmark_parser *parser =
        cmark_parser_new(CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE);
    static const char *const extensions[] = {"table", "strikethrough"};
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        cmark_syntax_extension *e = cmark_find_syntax_extension(extensions[i]);
        if (e != NULL)
            cmark_parser_attach_syntax_extension(parser, e);
    }
    struct buf marked;
    buf_init(&marked, 0);
    mark_stars(source, &marked);
    if (marked.len > 0)
        cmark_parser_feed(parser, marked.ptr, marked.len);
    cmark_node *root = cmark_parser_finish(parser);
    buf_release(&marked);
    cmark_parser_free(parser);
    return root;
}

static void print_all(struct markdown *m, cmark_node *root, enum lang lang)
{
    cmark_node *heading = cmark_node_first_child(root);

    struct plain title = {.out = &m->title, .bare = true, .begun = true, .lang = lang};
    plain_inlines(&title, heading);

    struct json j = {.out = &m->body, .lang = lang};
    buf_init(&j.run, 0);
    json_blocks(&j, cmark_node_next(heading));
    buf_release(&j.run);

    struct plain p = {.out = &m->text, .lang = lang};
    buf_init(&p.indent, 0);
    plain_blocks(&p, cmark_node_next(heading));
    buf_release(&p.indent);
}

bool markdown_make(struct markdown *m, struct span source, const char *file, unsigned first_line,
                   enum lang lang, struct diags *diags)
{
    struct check c = {.file = file, .first_line = first_line, .diags = diags};
    buf_clear(&m->title);
    buf_clear(&m->text);
    buf_clear(&m->body);

    cmark_node *root = parse(source);
    check_footnotes(&c, source);
    check_heading(&c, root);
    check_tree(&c, root, 0);
    if (c.errors == 0) {
        print_all(m, root, lang);
        size_t n = utf8_count(buf_span(&m->title));
        unsigned line = line_of(&c, cmark_node_first_child(root));
        if (n == 0 || n > KB_TITLE_CP_MAX) {
            diags_add(
                diags, SEVERITY_ERROR, file, line,
                "the name of the topic has %zu characters: it is shown in menus and needs 1 to "
                "%d, better at most 24",
                n, KB_TITLE_CP_MAX);
            c.errors++;
        }
        if (m->text.len == 0) {
            diags_add(diags, SEVERITY_ERROR, file, line, "the answer below the heading is empty");
            c.errors++;
        }
    }
    cmark_node_free(root);
    if (c.errors > 0) {
        buf_clear(&m->title);
        buf_clear(&m->text);
        buf_clear(&m->body);
    }
    return c.errors == 0;
}

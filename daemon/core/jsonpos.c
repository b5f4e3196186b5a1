#include "core/jsonpos.h"

#include "base/mem.h"

#include <stdlib.h>

void jsonpos_init(struct jsonpos *p)
{
    memset(p, 0, sizeof(*p));
}

void jsonpos_release(struct jsonpos *p)
{
    free(p->nodes);
    free(p->open);
    jsonpos_init(p);
}

unsigned jsonpos_line(struct span text, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_end(char c)
{
    return is_blank(c) || c == ',' || c == ':' || c == ']' || c == '}';
}

/* Index behind the string that begins at `i`; no newline can stand in one. */
static size_t skip_string(struct span text, size_t i)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++) {
        if (text.ptr[i] == '\\')
            i++;
    }
    return i + 1;
}

/* Index behind a number or a word. */
static size_t skip_plain(struct span text, size_t i)
{
    while (i < text.len && !is_end(text.ptr[i]))
        i++;
    return i;
}

static void add_node(struct jsonpos *p, unsigned line, unsigned key_line)
{
    p->nodes = mem_grow(p->nodes, &p->cap, p->n + 1, sizeof(*p->nodes));
    p->nodes[p->n] = (struct jsonpos_node){
        .line = line, .key_line = key_line != 0 ? key_line : line, .next = (uint32_t)p->n + 1};
    p->n++;
}

static void open_container(struct jsonpos *p)
{
    p->open = mem_grow(p->open, &p->open_cap, p->nopen + 1, sizeof(*p->open));
    p->open[p->nopen++] = (uint32_t)p->n - 1;
}

static void close_container(struct jsonpos *p)
{
    if (p->nopen > 0)
        p->nodes[p->open[--p->nopen]].next = (uint32_t)p->n;
}

/* Is the string that ends before `i` a key? */
static bool before_colon(struct span text, size_t i)
{
    while (i < text.len && is_blank(text.ptr[i]))
        i++;
    return i < text.len && text.ptr[i] == ':';
}

void jsonpos_make(struct jsonpos *p, struct span text)
{
    unsigned line = 1, key_line = 0;

    p->n = p->nopen = 0;
    for (size_t i = 0; i < text.len;) {
        switch (text.ptr[i]) {
        case '\n':
            line++;
            i++;
            break;
        case ' ':
        case '\t':
        case '\r':
        case ',':
        case ':':
            i++;
            break;
        case '{':
        case '[':
            add_node(p, line, key_line);
            open_container(p);
            key_line = 0;
            i++;
            break;
        case '}':
        case ']':
            close_container(p);
            i++;
            break;
        case '"':
            i = skip_string(text, i);
            if (before_colon(text, i)) {
                key_line = line;
                break;
            }
            add_node(p, line, key_line);
            key_line = 0;
            break;
        default:
            add_node(p, line, key_line);
            key_line = 0;
            i = skip_plain(text, i);
        }
    }
    while (p->nopen > 0)
        close_container(p);
    if (p->n == 0)
        add_node(p, 1, 0);
}

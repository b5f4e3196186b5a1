#include "base/err.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum errc err_set(struct err *err, enum errc code, const char *fmt, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    if (n >= (int)sizeof(err->text)) { /* cut: not within a character */
        size_t whole = utf8_valid_prefix(span_of(err->text, sizeof(err->text) - 1));
        err->text[whole] = '\0';
    }
    err->code = code;
    return code;
}

void diags_init(struct diags *d)
{
    memset(d, 0, sizeof(*d));
}

void diags_release(struct diags *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
    }
    free(d->items);
    diags_init(d);
}

void diags_add(struct diags *d, enum severity severity, const char *file, unsigned line,
               const char *fmt, ...)
{
    if (severity == SEVERITY_ERROR)
        d->nerrors++;
    else
        d->nwarnings++;
    if (d->n >= DIAGS_MAX)
        return;

    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    text[utf8_valid_prefix(span_str(text))] = '\0';

    d->items = mem_grow(d->items, &d->cap, d->n + 1, sizeof(*d->items));
    d->items[d->n++] = (struct diag){
        .severity = severity,
        .file = file != NULL ? mem_strdup(file) : NULL,
        .line = line,
        .text = mem_strdup(text),
    };
}

static int diag_before(const struct diag *a, const struct diag *b)
{
    int by_file = strcmp(a->file != NULL ? a->file : "", b->file != NULL ? b->file : "");
    if (by_file != 0)
        return by_file;
    return a->line < b->line ? -1 : a->line > b->line;
}

/* Merge sort: stable, which qsort is not. */
static void diags_sort_range(struct diag *items, struct diag *scratch, size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2;
    diags_sort_range(items, scratch, half);
    diags_sort_range(items + half, scratch, n - half);
    memcpy(scratch, items, n * sizeof(*items));
    size_t i = 0, j = half;
    for (size_t k = 0; k < n; k++) {
        bool left = j >= n || (i < half && diag_before(&scratch[i], &scratch[j]) <= 0);
        items[k] = left ? scratch[i++] : scratch[j++];
    }
}

void diags_sort(struct diags *d)
{
    struct diag *scratch = mem_zalloc_array(d->n, sizeof(*scratch));
    diags_sort_range(d->items, scratch, d->n);
    free(scratch);
}

void diags_print(const struct diags *d, FILE *out)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct diag *g = &d->items[i];
        if (g->file != NULL && g->line > 0)
            fprintf(out, "%s:%u: ", g->file, g->line);
        else if (g->file != NULL)
            fprintf(out, "%s: ", g->file);
        fprintf(out, "%s%s\n", g->severity == SEVERITY_WARNING ? "warning: " : "", g->text);
    }
    size_t all = d->nerrors + d->nwarnings;
    if (all > d->n)
        fprintf(out, "and %zu more that are not shown\n", all - d->n);
}

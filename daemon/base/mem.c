#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one place outside main.c where the process may end: there is nothing sensible left to do. */
static void mem_out(size_t bytes)
{
    fprintf(stderr, "error out-of-memory bytes=%zu\n", bytes);
    abort();
}

void *mem_alloc(size_t bytes)
{
    void *p = malloc(bytes != 0 ? bytes : 1);
    if (p == NULL)
        mem_out(bytes);
    return p;
}

void *mem_zalloc(size_t bytes)
{
    return mem_zalloc_array(1, bytes);
}

void *mem_zalloc_array(size_t n, size_t each)
{
    void *p = calloc(n != 0 ? n : 1, each != 0 ? each : 1);
    if (p == NULL)
        mem_out(n);
    return p;
}

void *mem_realloc(void *p, size_t bytes)
{
    void *q = realloc(p, bytes != 0 ? bytes : 1);
    if (q == NULL)
        mem_out(bytes);
    return q;
}

char *mem_strndup(const char *s, size_t len)
{
    char *p = mem_alloc(len + 1);
    if (len != 0)
        memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

void *mem_grow(void *p, size_t *cap, size_t need, size_t each)
{
    if (need <= *cap && p != NULL)
        return p;
    size_t next = *cap < 8 ? 8 : *cap;
    while (next < need)
        next *= 2;
    if (next > SIZE_MAX / each)
        mem_out(SIZE_MAX);
    *cap = next;
    return mem_realloc(p, next * each);
}

void mem_freep(void *pp)
{
    void *p;
    memcpy(&p, pp, sizeof(p)); /* any pointer type may stand behind pp */
    free(p);
}

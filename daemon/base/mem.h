/*
 * base/mem.h - memory that is there, or the process ends
 *
 * Running out of memory ends the process with a message; this is sound because every buffer,
 * list and queue that a visitor can make grow has a named ceiling. None of these returns NULL.
 */
#ifndef FAQD_BASE_MEM_H
#define FAQD_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
void *mem_zalloc_array(size_t n, size_t each) __attribute__((malloc, returns_nonnull));
void *mem_realloc(void *p, size_t bytes) __attribute__((returns_nonnull));
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
/* A copy of `len` bytes with a NUL behind it. */
char *mem_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));

/* Makes room for one more element in an array that doubles: *cap counts elements. */
void *mem_grow(void *p, size_t *cap, size_t need, size_t each) __attribute__((returns_nonnull));

/* Runs `fn(&var)` when `var` leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
void mem_freep(void *pp); /* for CLEANUP(mem_freep) char *x */

#endif

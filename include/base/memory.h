/*
 * Allocation that does not return on failure: the program says so in one line and ends with exit
 * status 2. A result that lacks a part for want of memory must never be printed as if it were
 * whole, and a NULL check after every allocation is code that no test would ever run.
 */
#ifndef MXDANE_BASE_MEMORY_H
#define MXDANE_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for `count` items of `size` bytes; released with free(). Never NULL. */
void *memory_new(size_t count, size_t size);

/* Grows or shrinks an allocation of memory_new; new bytes are undefined. Never NULL. */
void *memory_resize(void *old, size_t count, size_t size);

/* A copy of a string, released with free(). Never NULL. */
char *memory_dup(const char *text);

/*
 * What malloc, calloc and realloc are, but never NULL: for the libraries that let their user
 * allocate for them. What they do without memory nobody has tried; getdns, for one, crashes.
 */
void *memory_malloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_realloc(void *old, size_t size);

#endif

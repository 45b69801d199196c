/*
 * Linked with --wrap in front of the allocator: what the program allocates, for itself and for the
 * libraries that let it, is counted and fails. OpenSSL's, nine tenths of it, is left to itself
 * unless MXDANE_OPENSSL_TOO is set.
 */
#include <stdlib.h>

#include "faults/count.h"

typedef void *allocate(size_t, const char *, int);
typedef void *resize(void *, size_t, const char *, int);
typedef void release(void *, const char *, int);

int __real_CRYPTO_set_mem_functions(allocate *, resize *, release *);
int __wrap_CRYPTO_set_mem_functions(allocate *, resize *, release *);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

int __wrap_CRYPTO_set_mem_functions(allocate *one, resize *other, release *none)
{
    return getenv("MXDANE_OPENSSL_TOO") == NULL || __real_CRYPTO_set_mem_functions(one, other, none);
}

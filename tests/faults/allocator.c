/*
 * Linked with --wrap in front of the allocator: of what the program allocates, for itself and for
 * the libraries that let it, the allocation number MXDANE_FAIL_ALLOCATION fails, once. How many
 * there were goes to descriptor MXDANE_COUNT_TO at the end. OpenSSL's, nine tenths of them, are left
 * to itself unless MXDANE_OPENSSL_TOO is set.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static atomic_ulong allocations, failing;
static int count_to = -1;

static unsigned long number_from(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    failing = number_from("MXDANE_FAIL_ALLOCATION");
    count_to = (int)number_from("MXDANE_COUNT_TO");
}

__attribute__((destructor)) static void end(void)
{
    if (count_to > 0)
        dprintf(count_to, "%lu\n", (unsigned long)allocations);
}

static int fails(void)
{
    if (++allocations != failing)
        return 0;
    errno = ENOMEM;
    return 1;
}

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

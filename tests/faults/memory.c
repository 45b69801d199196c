/*
 * To be preloaded: the allocation number MXDANE_FAIL_ALLOCATION of the whole process, libraries and
 * all, fails, once. How many there were goes to descriptor MXDANE_COUNT_TO at the end.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own names, so that none of them has to be looked up. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

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
    allocations = 0;
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

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, count * size);
}

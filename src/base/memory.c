#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char message[] = "mxdane: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);

    (void)ignored;
    _exit(2);
}

void *memory_new(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (memory == NULL)
        out_of_memory();
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count > 0 ? count : 1, size);

    if (memory == NULL)
        out_of_memory();
    return memory;
}

char *memory_dup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_new(size, 1), text, size);
}

void *memory_malloc(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    if (memory == NULL)
        out_of_memory();
    return memory;
}

void *memory_calloc(size_t count, size_t size)
{
    return memory_new(count, size);
}

void *memory_realloc(void *old, size_t size)
{
    return memory_resize(old, size, 1);
}

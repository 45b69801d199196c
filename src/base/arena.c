#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK_SIZE = 4096 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena)
{
    arena->blocks = NULL;
    arena->bytes = 0;
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;

        arena->blocks = block->next;
        free(block);
    }
    arena->bytes = 0;
}

static struct arena_block *block_add(struct arena *arena, size_t need)
{
    size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct arena_block *block = memory_new(1, sizeof *block + size);

    block->size = size;
    arena->bytes += sizeof *block + size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_new(struct arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *block = arena->blocks;
    size_t need;
    void *memory;

    assert(size == 0 || count <= (SIZE_MAX - align) / size);
    need = (count * size + align - 1) / align * align;
    if (block == NULL || block->size - block->used < need)
        block = block_add(arena, need);
    memory = block->data + block->used;
    block->used += need;
    return memory;
}

void *arena_copy(struct arena *arena, const void *data, size_t length)
{
    void *copy = arena_new(arena, length, 1);

    if (length > 0)
        memcpy(copy, data, length);
    return copy;
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_new(arena, length + 1, 1);

    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_dup(struct arena *arena, const char *text)
{
    return arena_text(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    int length;
    char *text;

    assert(format != NULL);
    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    text = arena_new(arena, (size_t)length + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

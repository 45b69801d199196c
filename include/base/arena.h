/*
 * Memory that dies together: everything an audited domain or an MX host consists of. Nothing in
 * an arena is freed alone; pointers into it are valid until arena_fini.
 */
#ifndef MXDANE_BASE_ARENA_H
#define MXDANE_BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t bytes; /* of all of them */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* Zeroed, aligned for any object. Never NULL (see base/memory.h). */
void *arena_new(struct arena *arena, size_t count, size_t size);

/* Copies into the arena; arena_text adds a final NUL to `length` bytes. */
void *arena_copy(struct arena *arena, const void *data, size_t length);
char *arena_text(struct arena *arena, const char *text, size_t length);
char *arena_dup(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

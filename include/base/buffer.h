/*
 * A growing byte buffer with a cap. What would pass the cap is dropped as a whole and `overflow`
 * is set: the owner decides what that means.
 */
#ifndef MXDANE_BASE_BUFFER_H
#define MXDANE_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data; /* NUL after the last byte once anything was added */
    size_t length;
    size_t capacity;
    size_t maximum; /* bytes; 0: none */
    bool overflow;
};

void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_fini(struct buffer *buffer);

/* Forgets the contents and the overflow; keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Drops the first `count` bytes. */
void buffer_consume(struct buffer *buffer, size_t count);

void buffer_add(struct buffer *buffer, const void *data, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

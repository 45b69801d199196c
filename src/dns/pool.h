/*
 * Memory for getdns, which allocates and frees some two hundred pieces for each question: with
 * malloc, nearly half of what it computes. What is freed is kept, by its size, for the next piece; so the
 * pool is as large as the questions in flight once needed. For one thread. Internal to the room.
 */
#ifndef MXDANE_DNS_POOL_H
#define MXDANE_DNS_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/* `zeroed`: every piece is, as of calloc. */
struct pool *pool_new(bool zeroed);

/* Every piece has to be freed before. NULL allowed. */
void pool_free(struct pool *pool);

/* What malloc, realloc and free are, as getdns wants them: `pool` is a struct pool. Never NULL. */
void *pool_take(void *pool, size_t size);
void *pool_resize(void *pool, void *old, size_t size);
void pool_give(void *pool, void *data);

#endif

#include "pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    STEP = 64,     /* bytes from one size to the next */
    PACKETS = 32,  /* steps of the last size: it has PACKET bytes, and ROOM behind them */
    PACKET = 8192, /* what is larger is not kept */
    ROOM = 65536
};

#ifdef MXDANE_SANITIZED
static const size_t kept_max = 0; /* a sanitizer has to see each piece come and go */
#else
static const size_t kept_max = PACKET;
#endif

struct piece {
    size_t size;
    struct piece *next; /* while it is kept */
    alignas(max_align_t) unsigned char data[];
};

struct pool {
    bool zeroed;
    struct piece *kept[PACKETS + 1]; /* by steps */
};

struct pool *pool_new(bool zeroed)
{
    struct pool *pool = memory_new(1, sizeof *pool);

    pool->zeroed = zeroed;
    return pool;
}

void pool_free(struct pool *pool)
{
    for (size_t i = 0; pool != NULL && i <= PACKETS; i++)
        while (pool->kept[i] != NULL) {
            struct piece *piece = pool->kept[i];

            pool->kept[i] = piece->next;
            free(piece);
        }
    free(pool);
}

static struct piece *piece_of(void *data)
{
    return (struct piece *)((unsigned char *)data - offsetof(struct piece, data));
}

static size_t steps_of(size_t size)
{
    size_t steps = size > 0 ? (size - 1) / STEP + 1 : 1;

    return steps < PACKETS ? steps : PACKETS;
}

/*
 * getdns 1.6.0 reads up to 64 KiB behind a packet whose last option says that it is so long: what
 * it keeps packets in has that much room behind it, which is never touched otherwise.
 */
static struct piece *piece_new(const struct pool *pool, size_t size)
{
    size_t more = sizeof(struct piece) + (steps_of(size) == PACKETS ? ROOM : 0);
    size_t whole = size <= SIZE_MAX - more ? size + more : SIZE_MAX; /* which there is not */
    struct piece *piece = pool->zeroed ? memory_new(1, whole) : memory_malloc(whole);

    piece->size = size;
    return piece;
}

static struct piece *take(struct pool *pool, size_t size)
{
    size_t steps = steps_of(size);
    struct piece *piece = pool->kept[steps];

    if (size > kept_max)
        return piece_new(pool, size);
    if (piece == NULL)
        return piece_new(pool, steps < PACKETS ? steps * STEP : PACKET);
    pool->kept[steps] = piece->next;
    return piece;
}

void *pool_take(void *pool, size_t size)
{
    struct piece *piece = take(pool, size);

    if (((struct pool *)pool)->zeroed)
        memset(piece->data, 0, piece->size); /* and what is behind a packet */
    return piece->data;
}

void pool_give(void *pool, void *data)
{
    struct piece *piece, **kept;

    if (data == NULL)
        return;
    piece = piece_of(data);
    if (piece->size > kept_max) {
        free(piece);
        return;
    }
    kept = &((struct pool *)pool)->kept[steps_of(piece->size)];
    piece->next = *kept;
    *kept = piece;
}

void *pool_resize(void *pool, void *old, size_t size)
{
    size_t kept = old != NULL ? piece_of(old)->size : 0;
    void *data;

    if (old != NULL && size <= kept)
        return old;
    data = pool_take(pool, size);
    if (old != NULL)
        memcpy(data, old, kept);
    pool_give(pool, old);
    return data;
}

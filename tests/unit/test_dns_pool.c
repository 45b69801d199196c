/*
 * The memory of getdns: whatever is taken, resized and given back, no two pieces share a byte.
 */
#include "dns/pool.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PIECES = 200, ROUNDS = 20000, SIZE_MOST = 20000 };

struct held {
    unsigned char *data;
    size_t size;
    unsigned char mark;
};

static void assert_marked(const struct held *held, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(held->data[i], held->mark);
}

static void hold(struct held *held, unsigned char *data, size_t size, unsigned round)
{
    assert_int_equal((uintptr_t)data % alignof(max_align_t), 0);
    held->data = data;
    held->size = size;
    held->mark = (unsigned char)(round % 255 + 1);
    memset(data, held->mark, size);
}

/* Sizes as getdns has them: most are small, some are packets, few are larger. */
static size_t random_size(uint32_t *random)
{
    uint32_t number = *random = *random * 1664525 + 1013904223;
    size_t most = number >> 28 == 0 ? SIZE_MOST : number >> 28 < 3 ? 4096 : 200;

    return (number >> 8) % most;
}

static void test_pieces(void **state)
{
    struct pool *pool = pool_new(false);
    struct held held[PIECES] = {{0}};
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct held *one = &held[(random >> 16) % PIECES];
        size_t size = random_size(&random);

        if (one->data != NULL && round % 3 == 0) {
            assert_marked(one, one->size);
            pool_give(pool, one->data);
            one->data = NULL;
        } else {
            unsigned char *data = pool_resize(pool, one->data, size);

            one->data = data;
            assert_marked(one, one->size < size ? one->size : size);
            hold(one, data, size, round);
        }
        if (one->data == NULL)
            one->size = 0;
    }
    for (size_t i = 0; i < PIECES; i++) {
        assert_marked(&held[i], held[i].data != NULL ? held[i].size : 0);
        pool_give(pool, held[i].data);
    }
    pool_free(pool);
}

static void test_zeroed(void **state)
{
    struct pool *pool = pool_new(true);

    (void)state;
    for (size_t size = 1; size < SIZE_MOST; size += size / 2 + 1)
        for (int again = 0; again < 2; again++) {
            unsigned char *data = pool_take(pool, size);

            for (size_t i = 0; i < size; i++)
                assert_int_equal(data[i], 0);
            memset(data, 0xff, size);
            pool_give(pool, data);
        }
    pool_free(pool);
}

/* The 64 KiB behind a packet are nobody else's; of zeros where pieces are, whatever was there. */
static void test_room(void **state)
{
    enum { ROOM = 65536 };
    static const size_t sizes[] = {2048, 8192, 8193, SIZE_MOST};
    unsigned char *data[2 * sizeof sizes / sizeof *sizes];

    (void)state;
    for (int zeroed = 0; zeroed < 2; zeroed++) {
        struct pool *pool = pool_new(zeroed);

        for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
            size_t size = sizes[i / 2];
            unsigned char *used = pool_take(pool, size + 100);

            memset(used, 0xff, size + 100);
            pool_give(pool, used);
            data[i] = pool_take(pool, size);
            for (size_t at = 0; zeroed && at < ROOM; at++)
                assert_int_equal(data[i][size + at], 0);
        }
        for (size_t i = 0; i < sizeof data / sizeof *data; i++)
            memset(data[i], (int)i + 1, sizes[i / 2] + ROOM);
        for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
            for (size_t at = 0; at < sizes[i / 2] + ROOM; at++)
                assert_int_equal(data[i][at], i + 1);
            pool_give(pool, data[i]);
        }
        pool_free(pool);
    }
}

/* What is given back is the next of its size, but for a sanitizer, which has to see it go. */
static void test_kept(void **state)
{
    struct pool *pool = pool_new(false);
    void *first = pool_take(pool, 100), *second;

    (void)state;
    pool_give(pool, first);
    second = pool_take(pool, 120);
#ifndef MXDANE_SANITIZED
    assert_ptr_equal(second, first);
#endif
    pool_give(pool, second);
    pool_give(pool, NULL);
    pool_free(pool);
    pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

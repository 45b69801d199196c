/* A pipe that is full, and what is told of it. */
#include "base/writable.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

static void on_ready(void *argument)
{
    ++*(int *)argument;
}

static void fill(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    char block[4096];

    memset(block, 'x', sizeof block);
    while (poll(&ready, 1, 0) == 1)
        assert_int_equal(write(fd, block, sizeof block), sizeof block);
}

static void drain(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char block[65536];

    while (poll(&ready, 1, 0) == 1 && read(fd, block, sizeof block) > 0)
        ;
}

static void close_loop(uv_loop_t *loop, struct writable *writable)
{
    writable_free(writable);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void test_pipe(void **state)
{
    uv_loop_t loop;
    int ends[2], calls = 0;
    struct writable *writable;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    writable = writable_new(&loop, ends[1], on_ready, &calls);
    for (int round = 1; round <= 3; round++) {
        fill(ends[1]);
        assert_true(writable_wait(writable));
        uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(calls, round - 1);
        drain(ends[0]);
        uv_run(&loop, UV_RUN_DEFAULT); /* until it is told */
        assert_int_equal(calls, round);
        uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(calls, round);
    }
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    close_loop(&loop, writable);
    close(ends[0]);
    close(ends[1]);
}

/* A reader that goes away is told too: the next write fails. */
static void test_gone(void **state)
{
    uv_loop_t loop;
    int ends[2], calls = 0;
    struct writable *writable;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    writable = writable_new(&loop, ends[1], on_ready, &calls);
    fill(ends[1]);
    assert_true(writable_wait(writable));
    close(ends[0]);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(calls, 1);
    close_loop(&loop, writable);
    close(ends[1]);
}

static void test_regular(void **state)
{
    uv_loop_t loop;
    FILE *file = tmpfile();
    int calls = 0;
    struct writable *writable;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    writable = writable_new(&loop, fileno(file), on_ready, &calls);
    assert_false(writable_wait(writable));
    close_loop(&loop, writable);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_regular),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

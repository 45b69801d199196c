#include "base/writable.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <uv.h>

#include "base/memory.h"

/* An epoll instance of its own, which alone is what the loop watches. */
struct writable {
    uv_poll_t poll; /* first: freed by its address */
    int fd, epoll;
    bool added;
    void (*ready)(void *argument);
    void *argument;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct writable *writable = poll->data;
    struct epoll_event event;

    (void)status; /* whatever it is, a write says it better */
    (void)events;
    (void)epoll_wait(writable->epoll, &event, 1, 0);
    uv_poll_stop(poll);
    writable->ready(writable->argument);
}

struct writable *writable_new(uv_loop_t *loop, int fd, void (*ready)(void *argument),
                              void *argument)
{
    struct writable *writable = memory_new(1, sizeof *writable);

    writable->fd = fd;
    writable->ready = ready;
    writable->argument = argument;
    writable->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (writable->epoll >= 0 && uv_poll_init(loop, &writable->poll, writable->epoll) == 0) {
        writable->poll.data = writable;
        return writable;
    }
    if (writable->epoll >= 0)
        close(writable->epoll);
    free(writable);
    return NULL;
}

bool writable_wait(struct writable *writable)
{
    struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT};
    int how = writable->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (epoll_ctl(writable->epoll, how, writable->fd, &event) != 0)
        return false;
    writable->added = true;
    return uv_poll_start(&writable->poll, UV_READABLE, on_ready) == 0;
}

static void on_close(uv_handle_t *handle)
{
    free(handle);
}

void writable_free(struct writable *writable)
{
    if (writable == NULL)
        return;
    uv_close((uv_handle_t *)&writable->poll, on_close);
    close(writable->epoll);
}

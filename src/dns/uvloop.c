#include "dns/uvloop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>
#include <uv.h>

#include "base/memory.h"

static const uint64_t NO_TIMEOUT = UINT64_MAX; /* getdns says "for ever" so */
static const uint32_t BOTH = EPOLLIN | EPOLLOUT;

struct event {
    struct event *next; /* of the same descriptor */
    struct uvloop *uvloop;
    getdns_eventloop_event *getdns;
    int fd;           /* -1: a timer only */
    uint32_t pending; /* EPOLLIN, EPOLLOUT not yet delivered */
    bool has_timer;
    uv_timer_t timer;
};

struct descriptor { /* a file descriptor that getdns watches, or did */
    struct event *events;
    uint32_t watched; /* EPOLLIN, EPOLLOUT, as the kernel knows them from us */
    uint32_t serial;  /* of those that had this number */
};

/*
 * getdns has a socket for each question and watches it twice. An uv_poll_t for each would cost ten
 * system calls; here one of them watches an epoll instance, which takes three.
 */
struct uvloop {
    getdns_eventloop base; /* first: getdns hands us a pointer to it */
    uv_loop_t *loop;
    int epoll;
    uv_poll_t *poll;
    struct descriptor *descriptors; /* by number */
    size_t count;
};

static uint32_t interest(const struct event *event)
{
    return (event->getdns->read_cb != NULL ? EPOLLIN : 0) |
           (event->getdns->write_cb != NULL ? EPOLLOUT : 0);
}

/* The first event of the descriptor with something to deliver. */
static struct event *next_pending(const struct uvloop *uvloop, int fd)
{
    struct event *event = uvloop->descriptors[fd].events;

    while (event != NULL && event->pending == 0)
        event = event->next;
    return event;
}

/* A callback may clear any event and add others, so everything is read anew after each. */
static void deliver(struct uvloop *uvloop, int fd, uint32_t ready)
{
    struct event *event = uvloop->descriptors[fd].events;

    for (; event != NULL; event = event->next)
        event->pending = ready & interest(event);
    while ((event = next_pending(uvloop, fd)) != NULL) {
        getdns_eventloop_event *target = event->getdns;

        if (event->pending & EPOLLIN) {
            event->pending &= ~EPOLLIN;
            target->read_cb(target->userarg);
        } else {
            event->pending = 0;
            target->write_cb(target->userarg);
        }
    }
}

static uint32_t wanted(const struct uvloop *uvloop, int fd)
{
    uint32_t events = 0;

    for (const struct event *event = uvloop->descriptors[fd].events; event != NULL;
         event = event->next)
        events |= interest(event);
    return events;
}

/* What epoll_wait gives back: the descriptor and its serial. */
static uint64_t name_of(const struct uvloop *uvloop, int fd)
{
    return (uint64_t)uvloop->descriptors[fd].serial << 32 | (uint32_t)fd;
}

/*
 * Tells the kernel what the descriptor's events wait for. A descriptor that getdns closed is gone
 * there too, and its number may be another one's now. getdns begins with writing: what waits for
 * that is new as a rule, what waits for reading is not.
 */
static bool descriptor_watch(struct uvloop *uvloop, int fd)
{
    struct descriptor *descriptor = &uvloop->descriptors[fd];
    struct epoll_event event = {.events = wanted(uvloop, fd), .data.u64 = name_of(uvloop, fd)};

    descriptor->watched = event.events;
    if (event.events == 0)
        return epoll_ctl(uvloop->epoll, EPOLL_CTL_DEL, fd, NULL) == 0;
    if ((event.events & EPOLLOUT) == 0 &&
        epoll_ctl(uvloop->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        return true;
    descriptor->serial++;
    event.data.u64 = name_of(uvloop, fd);
    return epoll_ctl(uvloop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ||
           epoll_ctl(uvloop->epoll, EPOLL_CTL_MOD, fd, &event) == 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    enum { AT_ONCE = 64 };
    struct uvloop *uvloop = poll->data;
    struct epoll_event ready[AT_ONCE];
    int count = epoll_wait(uvloop->epoll, ready, AT_ONCE, 0);

    (void)status; /* epoll_wait says what is wrong with which descriptor */
    (void)events;
    for (int i = 0; i < count; i++) {
        int fd = (int)(uint32_t)ready[i].data.u64;
        uint32_t what = ready[i].events & BOTH;

        if (ready[i].data.u64 != name_of(uvloop, fd))
            continue; /* a callback above closed it */
        if (uvloop->descriptors[fd].watched != wanted(uvloop, fd))
            descriptor_watch(uvloop, fd);
        deliver(uvloop, fd, what != 0 ? what : BOTH); /* an error: either finds it */
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct event *event = timer->data;

    event->getdns->timeout_cb(event->getdns->userarg);
}

static void descriptors_grow(struct uvloop *uvloop, int fd)
{
    size_t count = uvloop->count;

    if ((size_t)fd < count)
        return;
    uvloop->count = (size_t)fd * 2 + 64;
    uvloop->descriptors =
        memory_resize(uvloop->descriptors, uvloop->count, sizeof *uvloop->descriptors);
    memset(uvloop->descriptors + count, 0, (uvloop->count - count) * sizeof *uvloop->descriptors);
}

static void event_detach(struct event *event)
{
    struct event **link = &event->uvloop->descriptors[event->fd].events;

    while (*link != event)
        link = &(*link)->next;
    *link = event->next;
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

/* The descriptor stays watched: getdns closes it now, or waits for something else of it. */
static void event_release(struct event *event)
{
    if (event->fd >= 0)
        event_detach(event);
    if (event->has_timer)
        uv_close((uv_handle_t *)&event->timer, free_data);
    else
        free(event);
}

static getdns_return_t schedule(getdns_eventloop *base, int fd, uint64_t timeout,
                                getdns_eventloop_event *getdns)
{
    struct uvloop *uvloop = (struct uvloop *)base;
    struct event *event = memory_new(1, sizeof *event);

    event->uvloop = uvloop;
    event->getdns = getdns;
    event->fd = getdns->read_cb != NULL || getdns->write_cb != NULL ? fd : -1;
    if (getdns->timeout_cb != NULL && timeout != NO_TIMEOUT) {
        uv_timer_init(uvloop->loop, &event->timer);
        event->timer.data = event;
        event->has_timer = true;
        uv_timer_start(&event->timer, on_timer, timeout, 0);
    }
    if (event->fd >= 0) {
        descriptors_grow(uvloop, fd);
        event->next = uvloop->descriptors[fd].events;
        uvloop->descriptors[fd].events = event;
        if (!descriptor_watch(uvloop, fd)) {
            event_release(event);
            return GETDNS_RETURN_GENERIC_ERROR;
        }
    }
    getdns->ev = event;
    return GETDNS_RETURN_GOOD;
}

static getdns_return_t clear(getdns_eventloop *base, getdns_eventloop_event *getdns)
{
    (void)base;
    if (getdns->ev != NULL)
        event_release(getdns->ev);
    getdns->ev = NULL;
    return GETDNS_RETURN_GOOD;
}

static void cleanup(getdns_eventloop *base)
{
    (void)base; /* uvloop_free is the owner's */
}

static void run_once(getdns_eventloop *base, int blocking)
{
    uv_run(((struct uvloop *)base)->loop, blocking ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

static void run(getdns_eventloop *base)
{
    uv_run(((struct uvloop *)base)->loop, UV_RUN_DEFAULT);
}

struct uvloop *uvloop_new(uv_loop_t *loop)
{
    static getdns_eventloop_vmt functions = {cleanup, schedule, clear, run, run_once};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct uvloop *uvloop;

    if (epoll < 0)
        return NULL;
    uvloop = memory_new(1, sizeof *uvloop);
    uvloop->base.vmt = &functions;
    uvloop->loop = loop;
    uvloop->epoll = epoll;
    uvloop->poll = memory_new(1, sizeof *uvloop->poll);
    if (uv_poll_init(loop, uvloop->poll, epoll) != 0) {
        free(uvloop->poll);
        uvloop->poll = NULL;
        uvloop_free(uvloop);
        return NULL;
    }
    uvloop->poll->data = uvloop;
    uv_poll_start(uvloop->poll, UV_READABLE, on_poll);
    return uvloop;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void uvloop_free(struct uvloop *uvloop)
{
    if (uvloop == NULL)
        return;
    for (size_t i = 0; i < uvloop->count; i++)
        assert(uvloop->descriptors[i].events == NULL);
    if (uvloop->poll != NULL)
        uv_close((uv_handle_t *)uvloop->poll, free_handle);
    close(uvloop->epoll);
    free(uvloop->descriptors);
    free(uvloop);
}

getdns_eventloop *uvloop_eventloop(struct uvloop *uvloop)
{
    return &uvloop->base;
}

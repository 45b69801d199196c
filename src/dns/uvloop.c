#include "dns/uvloop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>
#include <uv.h>

#include "base/memory.h"

static const uint64_t NO_TIMEOUT = UINT64_MAX; /* getdns says "for ever" so */

struct descriptor {
    struct descriptor *next;
    int fd;
    uv_poll_t poll;
    struct event *events;
};

struct event {
    struct event *next; /* of the same descriptor */
    struct uvloop *uvloop;
    getdns_eventloop_event *getdns;
    struct descriptor *descriptor; /* NULL: a timer only */
    int pending;                   /* UV_READABLE, UV_WRITABLE not yet delivered */
    bool has_timer;
    uv_timer_t timer;
};

struct uvloop {
    getdns_eventloop base; /* first: getdns hands us a pointer to it */
    uv_loop_t *loop;
    struct descriptor *descriptors;
};

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

static int interest(const struct event *event)
{
    return (event->getdns->read_cb != NULL ? UV_READABLE : 0) |
           (event->getdns->write_cb != NULL ? UV_WRITABLE : 0);
}

/* The first event of the descriptor with something to deliver. */
static struct event *next_pending(const struct descriptor *descriptor)
{
    struct event *event = descriptor->events;

    while (event != NULL && event->pending == 0)
        event = event->next;
    return event;
}

/* A callback may clear any event, so the list is read anew after each. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct descriptor *descriptor = poll->data;
    struct event *event;

    if (status < 0)
        events = UV_READABLE | UV_WRITABLE;
    for (event = descriptor->events; event != NULL; event = event->next)
        event->pending = events & interest(event);
    while ((event = next_pending(descriptor)) != NULL) {
        getdns_eventloop_event *target = event->getdns;

        if (event->pending & UV_READABLE) {
            event->pending &= ~UV_READABLE;
            target->read_cb(target->userarg);
        } else {
            event->pending = 0;
            target->write_cb(target->userarg);
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct event *event = timer->data;

    event->getdns->timeout_cb(event->getdns->userarg);
}

static int descriptor_update(struct descriptor *descriptor)
{
    int events = 0;

    for (const struct event *event = descriptor->events; event != NULL; event = event->next)
        events |= interest(event);
    return uv_poll_start(&descriptor->poll, events, on_poll);
}

static struct descriptor *descriptor_get(struct uvloop *uvloop, int fd)
{
    struct descriptor *descriptor = uvloop->descriptors;

    while (descriptor != NULL && descriptor->fd != fd)
        descriptor = descriptor->next;
    if (descriptor != NULL)
        return descriptor;
    descriptor = memory_new(1, sizeof *descriptor);
    descriptor->fd = fd;
    if (uv_poll_init(uvloop->loop, &descriptor->poll, fd) != 0) {
        free(descriptor);
        return NULL;
    }
    descriptor->poll.data = descriptor;
    descriptor->next = uvloop->descriptors;
    uvloop->descriptors = descriptor;
    return descriptor;
}

static void descriptor_close(struct uvloop *uvloop, struct descriptor *descriptor)
{
    struct descriptor **link = &uvloop->descriptors;

    while (*link != descriptor)
        link = &(*link)->next;
    *link = descriptor->next;
    uv_close((uv_handle_t *)&descriptor->poll, free_data);
}

static void event_detach(struct event *event)
{
    struct descriptor *descriptor = event->descriptor;
    struct event **link = &descriptor->events;

    while (*link != event)
        link = &(*link)->next;
    *link = event->next;
    event->descriptor = NULL;
    if (descriptor->events == NULL)
        descriptor_close(event->uvloop, descriptor);
    else
        descriptor_update(descriptor);
}

static void event_release(struct event *event)
{
    if (event->descriptor != NULL)
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
    if (getdns->timeout_cb != NULL && timeout != NO_TIMEOUT) {
        uv_timer_init(uvloop->loop, &event->timer);
        event->timer.data = event;
        event->has_timer = true;
        uv_timer_start(&event->timer, on_timer, timeout, 0);
    }
    if (fd >= 0 && (getdns->read_cb != NULL || getdns->write_cb != NULL)) {
        struct descriptor *descriptor = descriptor_get(uvloop, fd);

        if (descriptor != NULL) {
            event->descriptor = descriptor;
            event->next = descriptor->events;
            descriptor->events = event;
        }
        if (descriptor == NULL || descriptor_update(descriptor) != 0) {
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
    struct uvloop *uvloop = memory_new(1, sizeof *uvloop);

    uvloop->base.vmt = &functions;
    uvloop->loop = loop;
    return uvloop;
}

void uvloop_free(struct uvloop *uvloop)
{
    if (uvloop == NULL)
        return;
    assert(uvloop->descriptors == NULL);
    free(uvloop);
}

getdns_eventloop *uvloop_eventloop(struct uvloop *uvloop)
{
    return &uvloop->base;
}

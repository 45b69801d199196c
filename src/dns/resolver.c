#include "dns/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>
#include <uv.h>

#include "base/limits.h"
#include "base/memory.h"
#include "dns/answer.h"
#include "dns/context.h"
#include "dns/uvloop.h"
#include "dns/walk.h"

enum { MOMENT_MS = 1000 };

struct question {
    struct question *next;
    struct resolver *resolver;
    struct arena *arena;
    struct lookup *lookup; /* the caller's */
    struct lookup *asked;  /* the same, or its first alias's CNAME RRset */
    resolver_callback *callback;
    void *argument;
    uint64_t started; /* ms of the loop's clock */
    uint64_t sent;    /* the same, of this try */
    bool retry;       /* done, but to be asked again */
    bool forgotten;   /* only getdns still knows it */
};

struct queue {
    struct question *first, **end;
};

struct resolver {
    uv_loop_t *loop;
    struct uvloop *uvloop;
    struct pool *pool; /* of all that getdns allocates for the context and its answers */
    getdns_context *context;
    getdns_dict *extensions;
    uv_timer_t *turn;  /* fires at once: what came inside getdns is acted upon from the loop */
    uv_timer_t *watch; /* active while questions are asked */
    uint64_t patience; /* ms: getdns has given up a question by then, or forgotten it */
    struct queue waiting, answered, asked;
    size_t in_flight;
    size_t most;    /* questions in flight, ever */
    size_t window;  /* as many as the resolver takes */
    size_t outcomes, timeouts; /* since the window was last looked at */
    unsigned tries;
    const char *server; /* what -v names */
    bool embedded;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_push(struct queue *queue, struct question *question)
{
    question->next = NULL;
    *queue->end = question;
    queue->end = &question->next;
}

static struct question *queue_pop(struct queue *queue)
{
    struct question *question = queue->first;

    if (question == NULL)
        return NULL;
    queue->first = question->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return question;
}

static void queue_remove(struct queue *queue, struct question *question)
{
    struct question **link = &queue->first;

    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    if (*link == NULL)
        queue->end = link;
}

static void queue_drop(struct queue *queue)
{
    struct question *question;

    while ((question = queue_pop(queue)) != NULL)
        free(question);
}

static void take_turn(uv_timer_t *timer);

static void plan_turn(struct resolver *resolver)
{
    if (!uv_is_active((uv_handle_t *)resolver->turn))
        uv_timer_start(resolver->turn, take_turn, 0, 0);
}

/*
 * A resolver that has too much to do loses most of what it is asked; names whose servers are dead
 * are no sign of that.
 */
static void window_adapt(struct resolver *resolver, bool timeout)
{
    resolver->timeouts += timeout;
    if (++resolver->outcomes < resolver->window)
        return;
    if (2 * resolver->timeouts > resolver->outcomes)
        resolver->window = (resolver->window + 1) / 2;
    else if (resolver->window < resolver->most)
        resolver->window++;
    resolver->outcomes = resolver->timeouts = 0;
}

static void question_timeout(struct question *question)
{
    window_adapt(question->resolver, true);
    question->asked->status = LOOKUP_TIMEOUT;
    question->asked->reason = "no answer from the resolver";
    question->retry = question->asked->tries < question->resolver->tries;
}

/* May run inside getdns_general: only stores, never asks. */
static void on_answer(getdns_context *context, getdns_callback_type_t type, getdns_dict *response,
                      void *argument, getdns_transaction_t id)
{
    struct question *question = argument;
    struct resolver *resolver = question->resolver;

    (void)context;
    (void)id;
    if (question->forgotten) {
        getdns_dict_destroy(response);
        free(question);
        return;
    }
    if (type == GETDNS_CALLBACK_COMPLETE && response != NULL) {
        if (resolver->embedded)
            answer_read_validated(response, question->arena, question->asked);
        else
            answer_read(response, question->arena, question->asked);
        window_adapt(resolver, false);
    } else {
        question_timeout(question);
    }
    getdns_dict_destroy(response);
    queue_remove(&resolver->asked, question);
    queue_push(&resolver->answered, question);
    plan_turn(resolver);
}

/* Another one takes its place, because getdns may yet answer this one. */
static void forget(struct resolver *resolver, struct question *question)
{
    struct question *heir = memory_new(1, sizeof *heir);

    *heir = *question;
    queue_remove(&resolver->asked, question);
    question->forgotten = true;
    question_timeout(heir);
    queue_push(&resolver->answered, heir);
    plan_turn(resolver);
}

/*
 * A question for which there was no descriptor waits inside getdns for another one's end, with no
 * deadline of its own, and cancelling it crashes getdns 1.6.0. Those asked stand in the order in
 * which they were sent.
 */
static void on_watch(uv_timer_t *timer)
{
    struct resolver *resolver = timer->data;
    uint64_t now = uv_now(resolver->loop);

    while (resolver->asked.first != NULL &&
           now - resolver->asked.first->sent >= resolver->patience)
        forget(resolver, resolver->asked.first);
    if (resolver->asked.first != NULL)
        uv_timer_start(timer, on_watch, resolver->asked.first->sent + resolver->patience - now, 0);
}

static struct lookup *lookup_new(const struct resolver *resolver, struct arena *arena,
                                 const char *name, enum record_type type)
{
    struct lookup *lookup = arena_new(arena, 1, sizeof *lookup);

    *lookup = (struct lookup){.name = name, .owner = name, .type = type,
                              .status = LOOKUP_SERVFAIL, .server = resolver->server};
    return lookup;
}

static void send_question(struct resolver *resolver, struct question *question)
{
    struct lookup *lookup = question->asked;
    getdns_transaction_t id;
    getdns_return_t result;

    lookup->tries++;
    question->retry = false;
    question->sent = uv_now(resolver->loop);
    queue_push(&resolver->asked, question);
    resolver->in_flight++;
    result = getdns_general(resolver->context, lookup->name, (uint16_t)lookup->type,
                            resolver->extensions, question, &id, on_answer);
    if (!uv_is_active((uv_handle_t *)resolver->watch))
        uv_timer_start(resolver->watch, on_watch, resolver->patience, 0);
    if (result == GETDNS_RETURN_GOOD)
        return;
    lookup->status = LOOKUP_SERVFAIL;
    lookup->reason = getdns_get_errorstr_by_id(result);
    queue_remove(&resolver->asked, question);
    queue_push(&resolver->answered, question);
    plan_turn(resolver);
}

/* RFC 7672 section 2.1.3: an insecure answer through an alias; the alias may yet be secure. */
static void ask_alias(struct resolver *resolver, struct question *question)
{
    question->asked = lookup_new(resolver, question->arena, question->lookup->name, RECORD_CNAME);
    queue_push(&resolver->waiting, question);
}

static void finish(struct resolver *resolver, struct question *question)
{
    struct lookup *lookup = question->lookup;

    resolver->in_flight--;
    if (question->retry) {
        queue_push(&resolver->waiting, question);
        return;
    }
    if (question->asked != lookup) {
        walk_apply_cname(lookup, question->asked);
    } else if (walk_needs_cname(lookup)) {
        ask_alias(resolver, question);
        return;
    }
    lookup->milliseconds = (unsigned)(uv_now(resolver->loop) - question->started);
    question->callback(question->argument);
    free(question);
}

static void take_turn(uv_timer_t *timer)
{
    struct resolver *resolver = timer->data;
    struct question *question;

    while ((question = queue_pop(&resolver->answered)) != NULL)
        finish(resolver, question);
    while (resolver->in_flight < resolver->window &&
           (question = queue_pop(&resolver->waiting)) != NULL)
        send_question(resolver, question);
}

void resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                  enum record_type type, struct lookup **lookup, resolver_callback *callback,
                  void *argument)
{
    struct question *question = memory_new(1, sizeof *question);

    *lookup = lookup_new(resolver, arena, name, type);
    question->resolver = resolver;
    question->arena = arena;
    question->lookup = question->asked = *lookup;
    question->callback = callback;
    question->argument = argument;
    question->started = uv_now(resolver->loop);
    queue_push(&resolver->waiting, question);
    plan_turn(resolver);
}

/* Without them the embedded resolver would not say how a validation ended. */
static bool set_extensions(struct resolver *resolver, const struct resolver_config *config)
{
    getdns_dict *extensions = getdns_dict_create();

    resolver->extensions = extensions;
    if (resolver->embedded)
        return !getdns_dict_set_int(extensions, "dnssec_return_all_statuses",
                                    GETDNS_EXTENSION_TRUE);
    return !getdns_dict_set_int(extensions, "/header/ad", 1) &&
           !getdns_dict_set_int(extensions, "/add_opt_parameters/maximum_udp_payload_size",
                                config->udp_size) &&
           (config->nameserver_count == 1 ||
            !getdns_dict_set_int(extensions, "return_call_reporting", GETDNS_EXTENSION_TRUE));
}

/* The nameservers for -v; the answer says which of several gave it. */
static char *describe(const struct resolver_config *config)
{
    struct buffer text;
    char *copy;

    buffer_init(&text, 0);
    if (config->nameserver_count == 0)
        buffer_puts(&text, "embedded resolver");
    for (size_t i = 0; i < config->nameserver_count; i++)
        buffer_printf(&text, "%s%s", i > 0 ? " or " : "", config->nameservers[i]);
    copy = memory_dup(text.data);
    buffer_fini(&text);
    return copy;
}

static uv_timer_t *timer_new(uv_loop_t *loop, struct resolver *resolver)
{
    uv_timer_t *timer = memory_new(1, sizeof *timer);

    uv_timer_init(loop, timer);
    timer->data = resolver;
    return timer;
}

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_config *config,
                              struct failure *failure)
{
    struct resolver *resolver = memory_new(1, sizeof *resolver);

    resolver->loop = loop;
    resolver->embedded = config->nameserver_count == 0;
    resolver->tries = config->tries;
    resolver->most = config->questions;
    resolver->window = resolver->most;
    resolver->server = describe(config);
    queue_init(&resolver->waiting);
    queue_init(&resolver->answered);
    queue_init(&resolver->asked);
    resolver->turn = timer_new(loop, resolver);
    resolver->watch = timer_new(loop, resolver);
    resolver->patience = config->timeout_ms * 2 + MOMENT_MS;
    /*
     * getdns 1.6.0 stores the name of its temporary root hints file without a terminator and then
     * removes another one; in zeroed memory it finds the right one.
     */
    resolver->pool = pool_new(resolver->embedded);
    resolver->uvloop = uvloop_new(loop);
    if (resolver->uvloop == NULL)
        failure_set(failure, "epoll: %s", strerror(errno));
    else if (!set_extensions(resolver, config))
        failure_set(failure, "getdns: the questions cannot be set up");
    else
        resolver->context = context_new(resolver->pool, resolver->uvloop, config, failure);
    if (resolver->context == NULL) {
        resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    getdns_dict_destroy(resolver->extensions);
    if (resolver->context != NULL)
        getdns_context_destroy(resolver->context);
    pool_free(resolver->pool);
    uvloop_free(resolver->uvloop);
    queue_drop(&resolver->waiting);
    queue_drop(&resolver->answered);
    queue_drop(&resolver->asked);
    uv_close((uv_handle_t *)resolver->turn, free_handle);
    uv_close((uv_handle_t *)resolver->watch, free_handle);
    free((char *)resolver->server);
    free(resolver);
}

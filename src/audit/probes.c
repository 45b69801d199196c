#include "audit/probes.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "model/transport.h"
#include "session/probe.h"

enum { BUCKETS = 1024 };

struct job {
    struct job *next, *previous; /* of a queue; while it runs, of `running` */
    struct probes *probes;
    struct peer *peer;
    const struct host *host;
    struct address *address;
    struct probe_memory *memory;
    struct probes_listener listener;
    struct probe *probe; /* while it runs */
    bool aside, stalled, repeated;
};

struct jobs {
    struct job *first, **end;
};

/* An address that is probed, rests after a probe, or is waited for. */
struct peer {
    struct peer *next; /* of its bucket */
    struct peer *resting_next;
    bool ipv6;
    uint8_t bytes[16];
    bool taken;   /* a job of it is ready or runs, or it rests */
    bool stalled; /* and that will last */
    uint64_t rested; /* ms of the loop's clock */
    struct jobs waiting;
};

struct resting { /* in the order in which the rest ends */
    struct peer *first, **end;
};

struct probes {
    uv_loop_t *loop;
    size_t most, most_aside;
    uint64_t pause, long_pause;
    struct probe_config config;
    struct peer *buckets[BUCKETS];
    struct jobs ready;
    struct job *running;
    size_t running_count, aside_count; /* of the running */
    size_t begun;
    struct resting briefly, longer;
    uv_timer_t *timer, *round;
    bool cancelled;
};

static void jobs_init(struct jobs *jobs)
{
    jobs->first = NULL;
    jobs->end = &jobs->first;
}

static void jobs_push(struct jobs *jobs, struct job *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
}

static void jobs_push_first(struct jobs *jobs, struct job *job)
{
    job->next = jobs->first;
    jobs->first = job;
    if (job->next == NULL)
        jobs->end = &job->next;
}

static struct job *jobs_pop(struct jobs *jobs)
{
    struct job *job = jobs->first;

    if (job == NULL)
        return NULL;
    jobs->first = job->next;
    if (jobs->first == NULL)
        jobs->end = &jobs->first;
    return job;
}

static void jobs_drop(struct jobs *jobs)
{
    struct job *job;

    while ((job = jobs_pop(jobs)) != NULL)
        free(job);
}

static size_t bucket_of(const struct address *address)
{
    return text_hash((struct bytes){address->bytes, sizeof address->bytes}) % BUCKETS;
}

static struct peer *peer_get(struct probes *probes, const struct address *address)
{
    struct peer **bucket = &probes->buckets[bucket_of(address)];
    struct peer *peer = *bucket;

    while (peer != NULL && (peer->ipv6 != address->ipv6 ||
                            memcmp(peer->bytes, address->bytes, sizeof peer->bytes) != 0))
        peer = peer->next;
    if (peer != NULL)
        return peer;
    peer = memory_new(1, sizeof *peer);
    peer->ipv6 = address->ipv6;
    memcpy(peer->bytes, address->bytes, sizeof peer->bytes);
    jobs_init(&peer->waiting);
    peer->next = *bucket;
    *bucket = peer;
    return peer;
}

static void peer_drop(struct probes *probes, struct peer *peer, const struct address *address)
{
    struct peer **link = &probes->buckets[bucket_of(address)];

    while (*link != peer)
        link = &(*link)->next;
    *link = peer->next;
    free(peer);
}

static void start_ready(struct probes *probes);

static void job_stall(struct job *job)
{
    if (!job->stalled)
        job->listener.stalled(job->listener.argument);
    job->stalled = true;
}

/* Its turn and that of all who wait for the same address will not be soon. */
static void peer_stall(struct peer *peer)
{
    peer->stalled = true;
    for (struct job *job = peer->waiting.first; job != NULL; job = job->next)
        job_stall(job);
}

/* The next job of a peer, or the end of the peer. */
static void peer_go_on(struct probes *probes, struct peer *peer)
{
    struct job *job = jobs_pop(&peer->waiting);
    struct address address = {.ipv6 = peer->ipv6};

    peer->taken = job != NULL;
    peer->stalled = false;
    if (job != NULL) {
        jobs_push(&probes->ready, job);
        return;
    }
    memcpy(address.bytes, peer->bytes, sizeof address.bytes);
    peer_drop(probes, peer, &address);
}

static void on_rested(uv_timer_t *timer);

static void watch_rest(struct probes *probes)
{
    const struct peer *briefly = probes->briefly.first, *longer = probes->longer.first;
    const struct peer *first = briefly == NULL || (longer != NULL && longer->rested < briefly->rested)
                                   ? longer
                                   : briefly;
    uint64_t now = uv_now(probes->loop);

    if (first == NULL)
        uv_timer_stop(probes->timer);
    else
        uv_timer_start(probes->timer, on_rested, first->rested > now ? first->rested - now : 0, 0);
}

static void wake(struct probes *probes, struct resting *resting)
{
    while (resting->first != NULL && resting->first->rested <= uv_now(probes->loop)) {
        struct peer *peer = resting->first;

        resting->first = peer->resting_next;
        if (resting->first == NULL)
            resting->end = &resting->first;
        peer_go_on(probes, peer);
    }
}

static void on_rested(uv_timer_t *timer)
{
    struct probes *probes = timer->data;

    wake(probes, &probes->briefly);
    wake(probes, &probes->longer);
    watch_rest(probes);
    start_ready(probes);
}

static void rest(struct probes *probes, struct peer *peer, bool briefly)
{
    struct resting *resting = briefly ? &probes->briefly : &probes->longer;

    peer->rested = uv_now(probes->loop) + (briefly ? probes->pause : probes->long_pause);
    peer->resting_next = NULL;
    *resting->end = peer;
    resting->end = &peer->resting_next;
    watch_rest(probes);
}

/* As it was before the probe. */
static void forget_result(struct address *address)
{
    struct address fresh = {.ipv6 = address->ipv6, .after.transport = TRANSPORT_OK};

    memcpy(fresh.bytes, address->bytes, sizeof fresh.bytes);
    *address = fresh;
}

static void set_aside(struct probes *probes, struct job *job, bool aside)
{
    if (aside && !job->aside && probes->aside_count == probes->most_aside)
        return;
    probes->aside_count += aside;
    probes->aside_count -= job->aside;
    job->aside = aside;
}

static void running_add(struct probes *probes, struct job *job)
{
    job->previous = NULL;
    job->next = probes->running;
    if (job->next != NULL)
        job->next->previous = job;
    probes->running = job;
    probes->running_count++;
}

static void running_remove(struct probes *probes, struct job *job)
{
    *(job->previous != NULL ? &job->previous->next : &probes->running) = job->next;
    if (job->next != NULL)
        job->next->previous = job->previous;
    probes->running_count--;
    set_aside(probes, job, false);
}

/*
 * Servers that are silent, for long or for ever, would hold up all others: they make room, as far
 * as there is some beside -j, until they go on.
 */
static void on_round(uv_timer_t *timer)
{
    struct probes *probes = timer->data;

    for (struct job *job = probes->running; job != NULL; job = job->next) {
        bool silent = probe_silence(job->probe) >= LIMIT_PROMPT_MS;

        set_aside(probes, job, silent);
        if (!silent)
            continue;
        job_stall(job);
        peer_stall(job->peer);
    }
    start_ready(probes);
    if (probes->running == NULL)
        uv_timer_stop(timer);
}

/*
 * Until the handshake nothing is said that depends on the host's name. And a server that let one
 * session run into a deadline would hold up each of its names for as long.
 */
static bool is_of_address(const struct transport_end *end)
{
    switch (end->transport) {
    case TRANSPORT_REFUSED:
    case TRANSPORT_CONNECT_TIMEOUT:
    case TRANSPORT_CONNECT_FAILED:
    case TRANSPORT_NO_STARTTLS:
    case TRANSPORT_TIMEOUT:
    case TRANSPORT_TLS_TIMEOUT: return true;
    case TRANSPORT_REPLY:
    case TRANSPORT_CLOSED:
    case TRANSPORT_RESET:
    case TRANSPORT_REPLY_TOO_LONG:
    case TRANSPORT_MALFORMED: return end->state < SMTP_HANDSHAKE;
    case TRANSPORT_UNTRIED:
    case TRANSPORT_RESERVED:
    case TRANSPORT_OK:
    case TRANSPORT_INJECTED:
    case TRANSPORT_HANDSHAKE_FAILED: break;
    }
    return false;
}

/* What became of one host's session, for the next host of the same address. */
static void copy_end(const struct job *from, struct job *to)
{
    const struct transport_end *end = &from->address->end;
    struct dialogue_line *line;
    const char *text;

    to->address->end = *end;
    if (end->text.length > 0)
        to->address->end.text.data = arena_copy(&to->memory->session, end->text.data, end->text.length);
    if (end->reason != NULL)
        to->address->end.reason = arena_dup(&to->memory->session, end->reason);
    if (!to->probes->config.dialogue)
        return;
    text = arena_format(&to->memory->session, "not connected again after %s", from->host->name);
    line = arena_new(&to->memory->session, 1, sizeof *line);
    *line = (struct dialogue_line){0, '*', {(const uint8_t *)text, strlen(text)}};
    to->address->dialogue = line;
    to->address->dialogue_count = 1;
}

static void job_done(struct job *job)
{
    job->listener.done(job->listener.argument, job->address);
    free(job);
}

/* A server that does not come as far as TLS is not asked again for each host that waits for it. */
static void share_end(const struct job *from)
{
    struct jobs waiting = from->peer->waiting;
    struct job *job;

    jobs_init(&from->peer->waiting);
    while ((job = jobs_pop(&waiting)) != NULL) {
        copy_end(from, job);
        job_done(job);
    }
}

static void on_probed(void *argument)
{
    struct job *job = argument;
    struct probes *probes = job->probes;
    bool again = transport_is_busy(&job->address->end) && !job->repeated && !probes->cancelled;

    running_remove(probes, job);
    if (!probes->cancelled)
        rest(probes, job->peer, !again);
    if (again) {
        forget_result(job->address);
        job->repeated = true;
        jobs_push_first(&job->peer->waiting, job);
        peer_stall(job->peer);
    } else {
        if (is_of_address(&job->address->end) && !probes->cancelled)
            share_end(job);
        job_done(job);
    }
    start_ready(probes);
}

static void start(struct probes *probes, struct job *job)
{
    enum { ROUND_MS = LIMIT_PROMPT_MS / 4 };

    probes->begun++;
    running_add(probes, job);
    job->probe = probe_start(probes->loop, &probes->config, job->host, job->address, job->memory,
                             on_probed, job);
    if (!uv_is_active((uv_handle_t *)probes->round))
        uv_timer_start(probes->round, on_round, ROUND_MS, ROUND_MS);
}

static void start_ready(struct probes *probes)
{
    while (!probes->cancelled && probes->ready.first != NULL &&
           probes->running_count < probes->most + probes->aside_count)
        start(probes, jobs_pop(&probes->ready));
}

void probes_add(struct probes *probes, const struct host *host, struct address *address,
                struct probe_memory *memory, const struct probes_listener *listener)
{
    struct job *job = memory_new(1, sizeof *job);

    *job = (struct job){.probes = probes, .peer = peer_get(probes, address), .host = host,
                        .address = address, .memory = memory, .listener = *listener};
    if (job->peer->taken) {
        jobs_push(&job->peer->waiting, job);
        if (job->peer->stalled)
            job_stall(job);
        return;
    }
    job->peer->taken = true;
    jobs_push(&probes->ready, job);
    start_ready(probes);
}

static uv_timer_t *timer_new(struct probes *probes)
{
    uv_timer_t *timer = memory_new(1, sizeof *timer);

    uv_timer_init(probes->loop, timer);
    timer->data = probes;
    return timer;
}

struct probes *probes_new(uv_loop_t *loop, const struct plan *plan, struct handshake_context *tls)
{
    struct probes *probes = memory_new(1, sizeof *probes);

    probes->loop = loop;
    probes->most = plan->jobs;
    probes->most_aside = plan->jobs_aside;
    probes->pause = plan->pause_ms;
    probes->long_pause =
        plan->pause_ms > plan->smtp_timeout_ms ? plan->pause_ms : plan->smtp_timeout_ms;
    probes->config = (struct probe_config){.tls = tls,
                                           .helo = plan->helo,
                                           .timeout_ms = plan->smtp_timeout_ms,
                                           .line_limit = plan->line_limit,
                                           .port = plan->port,
                                           .verify_time = plan->verify_time,
                                           .dialogue = plan->dialogue,
                                           .scratch = memory_new(LIMIT_READ_BYTES, 1)};
    jobs_init(&probes->ready);
    probes->briefly.end = &probes->briefly.first;
    probes->longer.end = &probes->longer.first;
    probes->timer = timer_new(probes);
    probes->round = timer_new(probes);
    return probes;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

size_t probes_count(const struct probes *probes)
{
    return probes->begun;
}

void probes_cancel(struct probes *probes)
{
    struct job *job, *next;

    probes->cancelled = true;
    jobs_drop(&probes->ready);
    for (job = probes->running; job != NULL; job = next) {
        next = job->next;
        probe_cancel(job->probe);
    }
    uv_close((uv_handle_t *)probes->timer, free_handle);
    uv_close((uv_handle_t *)probes->round, free_handle);
}

void probes_free(struct probes *probes)
{
    if (probes == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (probes->buckets[i] != NULL) {
            struct peer *peer = probes->buckets[i];

            probes->buckets[i] = peer->next;
            jobs_drop(&peer->waiting);
            free(peer);
        }
    free(probes->config.scratch);
    free(probes);
}

#include "audit/probes.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "smtp/probe.h"

enum { BUCKETS = 1024 };

struct job {
    struct job *next;
    struct probes *probes;
    struct peer *peer;
    const struct host *host;
    struct address *address;
    struct arena *arena;
    void (*done)(void *argument);
    void *argument;
    struct probe *probe; /* while it runs */
    bool repeated;
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
    bool taken; /* a job of it is ready or runs, or it rests */
    uint64_t rested; /* ms of the loop's clock */
    struct jobs waiting;
};

struct resting { /* in the order in which the rest ends */
    struct peer *first, **end;
};

struct probes {
    uv_loop_t *loop;
    size_t most;
    uint64_t pause, long_pause;
    struct probe_config config;
    struct peer *buckets[BUCKETS];
    struct jobs ready;
    struct job *running;
    size_t running_count;
    size_t begun;
    struct resting briefly, longer;
    uv_timer_t *timer;
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

/* FNV-1a: the addresses are the zones' choice, but a long chain costs only time. */
static size_t bucket_of(const struct address *address)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < sizeof address->bytes; i++)
        hash = (hash ^ address->bytes[i]) * 16777619u;
    return hash % BUCKETS;
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

/* The next job of a peer, or the end of the peer. */
static void peer_go_on(struct probes *probes, struct peer *peer)
{
    struct job *job = jobs_pop(&peer->waiting);
    struct address address = {.ipv6 = peer->ipv6};

    peer->taken = job != NULL;
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

/* "Not now" instead of a greeting, RFC 5321 section 4.2.1: 421, and 450 as many servers say it. */
static bool is_busy(const struct address *address)
{
    return address->end.transport == TRANSPORT_REPLY && address->end.state == SMTP_GREETING &&
           (address->end.code == 421 || address->end.code == 450);
}

/* As it was before the probe. */
static void forget_result(struct address *address)
{
    struct address fresh = {.ipv6 = address->ipv6, .after.transport = TRANSPORT_OK};

    memcpy(fresh.bytes, address->bytes, sizeof fresh.bytes);
    *address = fresh;
}

static void remove_running(struct job *job)
{
    struct job **link = &job->probes->running;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    job->probes->running_count--;
}

static void on_probed(void *argument)
{
    struct job *job = argument;
    struct probes *probes = job->probes;
    bool again = is_busy(job->address) && !job->repeated && !probes->cancelled;

    remove_running(job);
    if (again) {
        forget_result(job->address);
        job->repeated = true;
        jobs_push_first(&job->peer->waiting, job);
    }
    if (!probes->cancelled)
        rest(probes, job->peer, !again);
    if (!again) {
        job->done(job->argument);
        free(job);
    }
    start_ready(probes);
}

static void start_ready(struct probes *probes)
{
    struct job *job;

    while (!probes->cancelled && probes->running_count < probes->most &&
           (job = jobs_pop(&probes->ready)) != NULL) {
        probes->running_count++;
        probes->begun++;
        job->next = probes->running;
        probes->running = job;
        job->probe = probe_start(probes->loop, &probes->config, job->host, job->address,
                                 job->arena, on_probed, job);
    }
}

void probes_add(struct probes *probes, const struct host *host, struct address *address,
                struct arena *arena, void (*done)(void *argument), void *argument)
{
    struct job *job = memory_new(1, sizeof *job);

    *job = (struct job){.probes = probes, .peer = peer_get(probes, address), .host = host,
                        .address = address, .arena = arena, .done = done, .argument = argument};
    if (job->peer->taken) {
        jobs_push(&job->peer->waiting, job);
        return;
    }
    job->peer->taken = true;
    jobs_push(&probes->ready, job);
    start_ready(probes);
}

struct probes *probes_new(uv_loop_t *loop, const struct plan *plan, struct handshake_context *tls)
{
    struct probes *probes = memory_new(1, sizeof *probes);

    probes->loop = loop;
    probes->most = plan->jobs;
    probes->pause = plan->pause_ms;
    probes->long_pause = plan->pause_ms * LIMIT_BUSY_PAUSES;
    probes->config = (struct probe_config){.tls = tls,
                                           .helo = plan->helo,
                                           .timeout_ms = plan->smtp_timeout_ms,
                                           .line_limit = plan->line_limit,
                                           .port = plan->port,
                                           .verify_time = plan->verify_time,
                                           .dialogue = plan->dialogue};
    jobs_init(&probes->ready);
    probes->briefly.end = &probes->briefly.first;
    probes->longer.end = &probes->longer.first;
    probes->timer = memory_new(1, sizeof *probes->timer);
    uv_timer_init(loop, probes->timer);
    probes->timer->data = probes;
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
    free(probes);
}

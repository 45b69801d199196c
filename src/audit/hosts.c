#include "audit/hosts.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "dns/name.h"
#include "dns/resolver.h"
#include "dns/walk.h"
#include "smtp/probe.h"

struct waiter {
    struct waiter *next;
    void (*done)(void *, const struct host *);
    void *argument;
};

struct entry {
    struct entry *next;
    struct hosts *hosts;
    struct arena arena;
    struct arena *address_arenas; /* one each: the thread pool writes to them */
    struct host host;
    const char *bases[WALK_BASES];
    size_t base_count, base_at;
    size_t pending; /* answers or probes awaited */
    bool finished;
    struct waiter *waiters;
};

struct job { /* a probe that waits for its turn, or runs */
    struct job *next;
    struct entry *entry;
    size_t index;
    struct probe *probe;
};

struct hosts {
    uv_loop_t *loop;
    const struct plan *plan;
    struct resolver *resolver;
    struct probe_config probe;
    struct entry *entries;
    struct job *jobs, **jobs_end;
    struct job *running;
    size_t probes;
};

struct hosts *hosts_new(uv_loop_t *loop, const struct plan *plan, struct resolver *resolver,
                        struct handshake_context *tls)
{
    struct hosts *hosts = memory_new(1, sizeof *hosts);

    hosts->loop = loop;
    hosts->plan = plan;
    hosts->resolver = resolver;
    hosts->jobs_end = &hosts->jobs;
    hosts->probe = (struct probe_config){.tls = tls,
                                         .helo = plan->helo,
                                         .timeout_ms = plan->smtp_timeout_ms,
                                         .line_limit = plan->line_limit,
                                         .port = plan->port,
                                         .verify_time = plan->verify_time};
    return hosts;
}

static void entry_free(struct entry *entry)
{
    while (entry->waiters != NULL) {
        struct waiter *waiter = entry->waiters;

        entry->waiters = waiter->next;
        free(waiter);
    }
    for (size_t i = 0; i < entry->host.address_count && entry->address_arenas != NULL; i++)
        arena_fini(&entry->address_arenas[i]);
    arena_fini(&entry->arena);
    free(entry);
}

void hosts_free(struct hosts *hosts)
{
    if (hosts == NULL)
        return;
    while (hosts->entries != NULL) {
        struct entry *entry = hosts->entries;

        hosts->entries = entry->next;
        entry_free(entry);
    }
    free(hosts);
}

static void finish(struct entry *entry)
{
    struct waiter *waiter = entry->waiters;

    entry->finished = true;
    entry->waiters = NULL;
    while (waiter != NULL) {
        struct waiter *next = waiter->next;

        waiter->done(waiter->argument, &entry->host);
        free(waiter);
        waiter = next;
    }
}

static void start_jobs(struct hosts *hosts);

static void on_probed(void *argument)
{
    struct job *job = argument, **link;
    struct entry *entry = job->entry;
    struct hosts *hosts = entry->hosts;

    for (link = &hosts->running; *link != job; link = &(*link)->next)
        ;
    *link = job->next;
    free(job);
    hosts->probes--;
    if (--entry->pending == 0)
        finish(entry);
    start_jobs(hosts);
}

static void start_jobs(struct hosts *hosts)
{
    while (hosts->jobs != NULL && hosts->probes < LIMIT_PROBES) {
        struct job *job = hosts->jobs;
        struct entry *entry = job->entry;

        hosts->jobs = job->next;
        if (hosts->jobs == NULL)
            hosts->jobs_end = &hosts->jobs;
        hosts->probes++;
        job->next = hosts->running;
        hosts->running = job;
        job->probe = probe_start(hosts->loop, &hosts->probe, &entry->host,
                                 &entry->host.addresses[job->index],
                                 &entry->address_arenas[job->index], on_probed, job);
    }
}

void hosts_cancel(struct hosts *hosts)
{
    if (hosts == NULL)
        return;
    while (hosts->jobs != NULL) {
        struct job *job = hosts->jobs;

        hosts->jobs = job->next;
        free(job);
    }
    for (struct job *job = hosts->running; job != NULL; job = job->next)
        probe_cancel(job->probe);
}

static bool wants_probe(const struct plan *plan, struct address *address)
{
    if (address->ipv6 ? plan->no_ipv6 : plan->no_ipv4)
        return false;
    if (!plan->reserved && walk_is_reserved(address)) {
        address->end.transport = TRANSPORT_RESERVED;
        return false;
    }
    return true;
}

static void queue_job(struct entry *entry, size_t index)
{
    struct job *job = memory_new(1, sizeof *job);

    job->entry = entry;
    job->index = index;
    *entry->hosts->jobs_end = job;
    entry->hosts->jobs_end = &job->next;
    entry->pending++;
}

/* RFC 7672 section 2.1.2: where the TLSA look-up failed the host must not be connected to. */
static void probe_all(struct entry *entry)
{
    struct host *host = &entry->host;
    const struct plan *plan = entry->hosts->plan;

    host->probed = plan_probes_host(plan, host->name) &&
                   (host->tlsa_state == TLSA_SECURE ||
                    (plan->all && host->tlsa_state != TLSA_FAILED));
    host->address_count =
        walk_addresses(host->a, host->aaaa, &entry->arena, &host->addresses);
    entry->address_arenas =
        arena_new(&entry->arena, host->address_count, sizeof *entry->address_arenas);
    for (size_t i = 0; host->probed && i < host->address_count; i++)
        if (wants_probe(plan, &host->addresses[i]))
            queue_job(entry, i);
    if (entry->pending == 0)
        finish(entry);
    else
        start_jobs(entry->hosts);
}

static void ask_tlsa(struct entry *entry);

static void on_tlsa(void *argument)
{
    struct entry *entry = argument;
    struct host *host = &entry->host;

    host->base = entry->bases[entry->base_at];
    if (lookup_is_error(host->tlsa))
        host->tlsa_state = TLSA_FAILED;
    else if (lookup_is_secure_data(host->tlsa))
        host->tlsa_state = TLSA_SECURE;
    else
        host->tlsa_state = TLSA_ABSENT;
    if (host->tlsa_state == TLSA_ABSENT && ++entry->base_at < entry->base_count)
        ask_tlsa(entry);
    else
        probe_all(entry);
}

static void ask_tlsa(struct entry *entry)
{
    const char *owner = name_tlsa_owner(&entry->arena, entry->bases[entry->base_at],
                                        entry->hosts->plan->port);

    resolver_ask(entry->hosts->resolver, &entry->arena, owner, RECORD_TLSA, &entry->host.tlsa,
                 on_tlsa, entry);
}

static void on_addresses_known(struct entry *entry)
{
    entry->base_count = walk_tlsa_bases(entry->host.a, entry->host.aaaa, entry->bases);
    if (entry->base_count > 0)
        ask_tlsa(entry);
    else
        probe_all(entry);
}

static void on_address(void *argument)
{
    struct entry *entry = argument;

    if (--entry->pending == 0)
        on_addresses_known(entry);
}

static void begin(struct entry *entry)
{
    struct host *host = &entry->host;
    struct resolver *resolver = entry->hosts->resolver;

    if (name_is_tld(host->name)) {
        host->a = arena_new(&entry->arena, 1, sizeof *host->a);
        *host->a = (struct lookup){.name = host->name, .owner = host->name, .type = RECORD_A,
                                   .status = LOOKUP_TLD_MX_HOST};
        finish(entry);
        return;
    }
    entry->pending = 2;
    resolver_ask(resolver, &entry->arena, host->name, RECORD_A, &host->a, on_address, entry);
    resolver_ask(resolver, &entry->arena, host->name, RECORD_AAAA, &host->aaaa, on_address,
                 entry);
}

static struct entry *find(struct hosts *hosts, const char *name)
{
    struct entry *entry = hosts->entries;

    while (entry != NULL && strcmp(entry->host.name, name) != 0)
        entry = entry->next;
    return entry;
}

void hosts_find(struct hosts *hosts, const char *name,
                void (*done)(void *argument, const struct host *host), void *argument)
{
    struct entry *entry = find(hosts, name);
    struct waiter *waiter;

    if (entry != NULL && entry->finished) {
        done(argument, &entry->host);
        return;
    }
    waiter = memory_new(1, sizeof *waiter);
    waiter->done = done;
    waiter->argument = argument;
    if (entry != NULL) {
        waiter->next = entry->waiters;
        entry->waiters = waiter;
        return;
    }
    entry = memory_new(1, sizeof *entry);
    entry->hosts = hosts;
    arena_init(&entry->arena);
    entry->host.name = arena_dup(&entry->arena, name);
    entry->host.base = entry->host.name;
    entry->host.port = hosts->plan->port;
    entry->waiters = waiter;
    entry->next = hosts->entries;
    hosts->entries = entry;
    begin(entry);
}

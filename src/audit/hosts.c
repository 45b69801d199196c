#include "audit/hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/probes.h"
#include "base/memory.h"
#include "dns/name.h"
#include "dns/resolver.h"
#include "dns/walk.h"

struct waiter {
    struct waiter *next;
    void (*done)(void *, const struct host *);
    void *argument;
};

struct entry {
    struct host host; /* first: hosts_release gets a pointer to it */
    struct entry *next; /* of its bucket */
    struct entry *older, *newer; /* while nobody uses it */
    struct hosts *hosts;
    struct arena arena;
    struct arena *address_arenas; /* one each: the thread pool writes to them */
    const char *bases[WALK_BASES];
    size_t base_count, base_at;
    size_t pending; /* answers or probes awaited */
    size_t users;   /* domains that wait for it or hold it */
    bool finished;
    bool stalled; /* a server of it is silent, or has to rest */
    struct waiter *waiters;
};

struct hosts {
    const struct plan *plan;
    struct resolver *resolver;
    struct probes *probes;
    struct entry **buckets;
    size_t bucket_count; /* a power of 2 */
    size_t count;
    size_t looked_up; /* ever */
    size_t stalled;   /* users of stalled hosts */
    void (*made_room)(void *argument);
    void *argument;
    struct entry *oldest, *newest; /* of those nobody uses */
};

enum { FEWEST_BUCKETS = 256 };

struct hosts *hosts_new(struct uv_loop_s *loop, const struct plan *plan, struct resolver *resolver,
                        struct handshake_context *tls, void (*made_room)(void *argument),
                        void *argument)
{
    struct hosts *hosts = memory_new(1, sizeof *hosts);

    hosts->plan = plan;
    hosts->resolver = resolver;
    hosts->probes = probes_new(loop, plan, tls);
    hosts->made_room = made_room;
    hosts->argument = argument;
    hosts->bucket_count = FEWEST_BUCKETS;
    while (hosts->bucket_count < plan->hosts)
        hosts->bucket_count *= 2;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the buckets are pointers */
    hosts->buckets = memory_new(hosts->bucket_count, sizeof *hosts->buckets);
    return hosts;
}

static struct entry **bucket_of(const struct hosts *hosts, const char *name)
{
    uint32_t hash = text_hash((struct bytes){(const uint8_t *)name, strlen(name)});

    return &hosts->buckets[hash & (hosts->bucket_count - 1)];
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
    for (size_t i = 0; i < hosts->bucket_count; i++)
        while (hosts->buckets[i] != NULL) {
            struct entry *entry = hosts->buckets[i];

            hosts->buckets[i] = entry->next;
            entry_free(entry);
        }
    probes_free(hosts->probes);
    free(hosts->buckets);
    free(hosts);
}

void hosts_cancel(struct hosts *hosts)
{
    if (hosts != NULL)
        probes_cancel(hosts->probes);
}

static void idle_remove(struct hosts *hosts, struct entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &hosts->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &hosts->newest) = entry->older;
    entry->older = entry->newer = NULL;
}

static void idle_add(struct hosts *hosts, struct entry *entry)
{
    entry->older = hosts->newest;
    entry->newer = NULL;
    *(hosts->newest != NULL ? &hosts->newest->newer : &hosts->oldest) = entry;
    hosts->newest = entry;
}

/* Forgets the hosts used longest ago, as far as nobody uses them. */
static void evict(struct hosts *hosts)
{
    while (hosts->count > hosts->plan->hosts && hosts->oldest != NULL) {
        struct entry *entry = hosts->oldest, **link = bucket_of(hosts, entry->host.name);

        assert(entry->older == NULL);
        while (*link != entry)
            link = &(*link)->next;
        *link = entry->next;
        idle_remove(hosts, entry);
        entry_free(entry);
        hosts->count--;
    }
}

void hosts_release(struct hosts *hosts, const struct host *host)
{
    struct entry *entry = (struct entry *)host;

    if (--entry->users > 0)
        return;
    idle_add(hosts, entry);
    evict(hosts);
}

static void finish(struct entry *entry)
{
    struct waiter *waiter = entry->waiters;

    if (entry->stalled)
        entry->hosts->stalled -= entry->users;
    entry->stalled = false;
    entry->finished = true;
    entry->waiters = NULL;
    while (waiter != NULL) {
        struct waiter *next = waiter->next;

        waiter->done(waiter->argument, &entry->host);
        free(waiter);
        waiter = next;
    }
}

static void on_probed(void *argument)
{
    struct entry *entry = argument;

    if (--entry->pending == 0)
        finish(entry);
}

static void on_stalled(void *argument)
{
    struct entry *entry = argument;
    struct hosts *hosts = entry->hosts;

    if (entry->stalled)
        return;
    entry->stalled = true;
    hosts->stalled += entry->users;
    hosts->made_room(hosts->argument);
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

/* RFC 7672 section 2.1.2: where the TLSA look-up failed the host must not be connected to. */
static void probe_all(struct entry *entry)
{
    struct host *host = &entry->host;
    const struct plan *plan = entry->hosts->plan;
    const struct probes_listener listener = {on_probed, on_stalled, entry};

    host->probed = plan_probes_host(plan, host->name) &&
                   (host->tlsa_state == TLSA_SECURE ||
                    (plan->all && host->tlsa_state != TLSA_FAILED));
    host->address_count =
        walk_addresses(host->a, host->aaaa, &entry->arena, &host->addresses);
    if (host->address_count > LIMIT_ADDRESSES) {
        host->excess = EXCESS_ADDRESSES;
        host->address_count = LIMIT_ADDRESSES;
    }
    entry->address_arenas =
        arena_new(&entry->arena, host->address_count, sizeof *entry->address_arenas);
    entry->pending = 1; /* until all are added */
    for (size_t i = 0; host->probed && i < host->address_count; i++)
        if (wants_probe(plan, &host->addresses[i])) {
            entry->pending++;
            probes_add(entry->hosts->probes, host, &host->addresses[i],
                       &entry->address_arenas[i], &listener);
        }
    on_probed(entry);
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

static struct entry *find(const struct hosts *hosts, const char *name)
{
    struct entry *entry = *bucket_of(hosts, name);

    while (entry != NULL && strcmp(entry->host.name, name) != 0)
        entry = entry->next;
    return entry;
}

static struct entry *entry_new(struct hosts *hosts, const char *name)
{
    struct entry **bucket = bucket_of(hosts, name);
    struct entry *entry = memory_new(1, sizeof *entry);

    entry->hosts = hosts;
    entry->users = 1;
    arena_init(&entry->arena);
    entry->host.name = arena_dup(&entry->arena, name);
    entry->host.base = entry->host.name;
    entry->host.port = hosts->plan->port;
    entry->next = *bucket;
    *bucket = entry;
    hosts->count++;
    hosts->looked_up++;
    return entry;
}

void hosts_find(struct hosts *hosts, const char *name,
                void (*done)(void *argument, const struct host *host), void *argument)
{
    struct entry *entry = find(hosts, name);
    struct waiter *waiter;

    if (entry != NULL && entry->finished && entry->users++ == 0)
        idle_remove(hosts, entry);
    if (entry != NULL && entry->finished) {
        done(argument, &entry->host);
        return;
    }
    waiter = memory_new(1, sizeof *waiter);
    waiter->done = done;
    waiter->argument = argument;
    if (entry != NULL) {
        entry->users++;
        hosts->stalled += entry->stalled;
        waiter->next = entry->waiters;
        entry->waiters = waiter;
        return;
    }
    entry = entry_new(hosts, name);
    entry->waiters = waiter;
    begin(entry);
}

void hosts_count(const struct hosts *hosts, size_t *looked_up, size_t *probes)
{
    *looked_up = hosts != NULL ? hosts->looked_up : 0;
    *probes = hosts != NULL ? probes_count(hosts->probes) : 0;
}

size_t hosts_stalled(const struct hosts *hosts)
{
    return hosts->stalled;
}

#include "audit/hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/explain.h"
#include "audit/probes.h"
#include "base/memory.h"
#include "dane/match.h"
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
    struct probe_memory *memory; /* one each: the thread pool writes to them */
    bool *done;                  /* addresses whose probe is done */
    const char *bases[WALK_BASES];
    size_t base_count, base_at;
    size_t wanted;  /* addresses, by the domain that wants most */
    size_t begun;   /* of them */
    size_t pending; /* answers or probes awaited */
    size_t users;   /* domains that wait for it or hold it */
    size_t waiting; /* of them */
    bool addresses_known;
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
    struct plan_met met;
    size_t stalled; /* domains that wait for stalled hosts */
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
    for (size_t i = 0; i < entry->host.address_count && entry->memory != NULL; i++) {
        arena_fini(&entry->memory[i].session);
        arena_fini(&entry->memory[i].tls);
    }
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
        entry->hosts->stalled -= entry->waiting;
    entry->stalled = false;
    entry->finished = true;
    entry->waiting = 0;
    entry->waiters = NULL;
    while (waiter != NULL) {
        struct waiter *next = waiter->next;

        waiter->done(waiter->argument, &entry->host);
        free(waiter);
        waiter = next;
    }
}

static void on_part(void *argument)
{
    struct entry *entry = argument;

    if (--entry->pending == 0)
        finish(entry);
}

/* The servers of a host have the same chain as a rule: it is kept once. */
static void share_chain(struct entry *entry, size_t index)
{
    struct address *address = &entry->host.addresses[index];
    struct probe_memory *memory = &entry->memory[index];
    size_t same = 0;

    while (same < entry->host.address_count &&
           (same == index || !entry->done[same] ||
            !chain_equals(&entry->host.addresses[same].chain, &address->chain)))
        same++;
    if (!address->handshaken || same == entry->host.address_count)
        return;
    if (address->group != NULL)
        address->group = arena_dup(&memory->session, address->group);
    if (address->dane_reason != NULL)
        address->dane_reason = arena_dup(&memory->session, address->dane_reason);
    address->chain = entry->host.addresses[same].chain;
    address->matches = entry->host.addresses[same].matches;
    arena_fini(&memory->tls);
}

static void on_probed(void *argument, const struct address *address)
{
    struct entry *entry = argument;
    size_t index = (size_t)(address - entry->host.addresses);

    share_chain(entry, index);
    entry->done[index] = true;
    on_part(entry);
}

static void on_stalled(void *argument)
{
    struct entry *entry = argument;
    struct hosts *hosts = entry->hosts;

    if (entry->stalled)
        return;
    entry->stalled = true;
    hosts->stalled += entry->waiting;
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

/* True: it takes its time, beside the probes. */
static bool explain_insecurity(struct entry *entry)
{
    const struct host *host = &entry->host;
    struct lookup *lookups[EXPLAIN_LOOKUPS] = {host->a, host->aaaa, host->tlsa};

    return entry->hosts->plan->findings &&
           explain_lookups(entry->hosts->resolver, &entry->arena, lookups, EXPLAIN_LOOKUPS,
                           on_part, entry);
}

/* Those that are wanted and not begun. */
static void probe_more(struct entry *entry)
{
    struct host *host = &entry->host;
    const struct probes_listener listener = {on_probed, on_stalled, entry};

    entry->pending++; /* until all are added */
    for (; entry->begun < entry->wanted && entry->begun < host->address_count; entry->begun++) {
        struct address *address = &host->addresses[entry->begun];

        if (!host->probed || !wants_probe(entry->hosts->plan, address))
            continue;
        entry->pending++;
        probes_add(entry->hosts->probes, host, address, &entry->memory[entry->begun], &listener);
    }
    on_part(entry);
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
    if (host->address_count > LIMIT_ADDRESSES) {
        host->excess = EXCESS_ADDRESSES;
        host->address_count = LIMIT_ADDRESSES;
    }
    entry->memory = arena_new(&entry->arena, host->address_count, sizeof *entry->memory);
    entry->done = arena_new(&entry->arena, host->address_count, sizeof *entry->done);
    entry->addresses_known = true;
    entry->pending = explain_insecurity(entry);
    probe_more(entry);
}

static void ask_tlsa(struct entry *entry);

static void take_tlsa(struct entry *entry)
{
    struct host *host = &entry->host;

    host->tlsa_state = TLSA_SECURE;
    host->tlsa_facts =
        match_facts(host->tlsa->records, host->tlsa->record_count, &entry->arena);
}

static void on_tlsa(void *argument)
{
    struct entry *entry = argument;
    struct host *host = &entry->host;

    host->base = entry->bases[entry->base_at];
    if (lookup_is_error(host->tlsa))
        host->tlsa_state = TLSA_FAILED;
    else if (lookup_is_secure_data(host->tlsa))
        take_tlsa(entry);
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
    plan_meet(hosts->plan, name, &hosts->met);
    return entry;
}

static bool has(const struct entry *entry, size_t addresses)
{
    return entry->finished &&
           (entry->begun >= addresses || entry->begun == entry->host.address_count);
}

/* The entry has a user more, who waits for it. */
static void join(struct entry *entry, size_t addresses,
                 void (*done)(void *argument, const struct host *host), void *argument)
{
    struct waiter *waiter = memory_new(1, sizeof *waiter);

    *waiter = (struct waiter){entry->waiters, done, argument};
    entry->waiters = waiter;
    entry->waiting++;
    entry->hosts->stalled += entry->stalled;
    entry->finished = false;
    if (addresses > entry->wanted)
        entry->wanted = addresses;
}

void hosts_find(struct hosts *hosts, const char *name, size_t addresses,
                void (*done)(void *argument, const struct host *host), void *argument)
{
    struct entry *entry = find(hosts, name);
    bool new = entry == NULL;

    if (new)
        entry = entry_new(hosts, name);
    else if (entry->users++ == 0)
        idle_remove(hosts, entry);
    if (has(entry, addresses)) {
        done(argument, &entry->host);
        return;
    }
    join(entry, addresses, done, argument);
    if (new)
        begin(entry);
    else if (entry->addresses_known)
        probe_more(entry);
}

void hosts_count(const struct hosts *hosts, size_t *looked_up, size_t *probes)
{
    *looked_up = hosts != NULL ? hosts->looked_up : 0;
    *probes = hosts != NULL ? probes_count(hosts->probes) : 0;
}

const struct plan_met *hosts_met(const struct hosts *hosts)
{
    return &hosts->met;
}

size_t hosts_stalled(const struct hosts *hosts)
{
    return hosts->stalled;
}

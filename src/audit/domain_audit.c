#include "audit/domain_audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/explain.h"
#include "base/memory.h"
#include "dane/delegation.h"
#include "dane/verdict.h"
#include "dns/name.h"
#include "dns/resolver.h"
#include "dns/walk.h"

struct host_wait;

struct domain_audit {
    const struct domain_audit_services *services;
    struct arena arena;
    struct domain domain;
    struct lookup *lookups[3];
    struct lookup *nsec3param;
    struct host_wait *waits; /* one per host */
    size_t pending;          /* answers or hosts awaited */
    bool finished;
    void (*callback)(void *argument);
    void *argument;
};

static void finish(struct domain_audit *audit)
{
    audit->finished = true;
    audit->callback(audit->argument);
}

static void decide_verdicts(struct domain_audit *audit, struct domain_host *entry)
{
    const struct host *host = entry->host;
    const struct lookup *mx = audit->lookups[2];
    struct verdict *verdicts = arena_new(&audit->arena, entry->address_count, sizeof *verdicts);
    const char *references[3];
    struct verdict_rules rules = {.references = references,
                                  .ee_checks = audit->services->plan->ee_checks,
                                  .verify_time = audit->services->plan->verify_time,
                                  .tlsa = host->tlsa_state};

    rules.reference_count =
        walk_references(mx, audit->domain.name, host->name, host->base, references);
    for (size_t i = 0; i < entry->address_count; i++)
        verdicts[i] = verdict_decide(&host->addresses[i], &rules);
    entry->verdicts = verdicts;
}

struct host_wait {
    struct domain_audit *audit;
    size_t index;
    size_t share; /* of the addresses that are probed for one domain */
};

static void take_host(struct domain_audit *audit, const struct host_wait *wait)
{
    struct domain_host *entry = &audit->domain.hosts[wait->index];
    const struct host *host = entry->host;
    bool cut = host->address_count > wait->share;

    entry->address_count = cut ? wait->share : host->address_count;
    entry->excess = cut && host->probed ? EXCESS_DOMAIN_ADDRESSES : host->excess;
    decide_verdicts(audit, entry);
}

/* A host without sessions takes none from the others. */
static size_t needed(const struct host *host)
{
    return host->probed ? host->address_count : 0;
}

/* What some hosts need less of their share goes to the first that need more. */
static size_t unused_share(const struct domain_audit *audit)
{
    size_t unused = audit->services->plan->addresses;

    for (size_t i = 0; i < audit->domain.host_count; i++) {
        size_t need = needed(audit->domain.hosts[i].host);

        unused -= need < audit->waits[i].share ? need : audit->waits[i].share;
    }
    return unused;
}

static void on_all_hosts(struct domain_audit *audit)
{
    for (size_t i = 0; i < audit->domain.host_count; i++)
        take_host(audit, &audit->waits[i]);
    finish(audit);
}

/* The host is held since its first look-up, and now twice. */
static void on_more(void *argument, const struct host *host)
{
    struct domain_audit *audit = ((struct host_wait *)argument)->audit;

    hosts_release(audit->services->hosts, host);
    if (--audit->pending == 0)
        on_all_hosts(audit);
}

static void find_more(struct domain_audit *audit)
{
    size_t unused = unused_share(audit);

    audit->pending = 1;
    for (size_t i = 0; i < audit->domain.host_count && unused > 0; i++) {
        const struct host *host = audit->domain.hosts[i].host;
        struct host_wait *wait = &audit->waits[i];
        size_t more = needed(host) > wait->share ? needed(host) - wait->share : 0;

        more = more < unused ? more : unused;
        unused -= more;
        wait->share += more;
        if (more > 0) {
            audit->pending++;
            hosts_find(audit->services->hosts, host->name, wait->share, on_more, wait);
        }
    }
    if (--audit->pending == 0)
        on_all_hosts(audit);
}

static void on_host(void *argument, const struct host *host)
{
    const struct host_wait *wait = argument;
    struct domain_audit *audit = wait->audit;

    audit->domain.hosts[wait->index].host = host;
    if (--audit->pending == 0)
        find_more(audit);
}

static void find_hosts(struct domain_audit *audit)
{
    const char **names;
    const struct lookup *mx = audit->lookups[2];
    size_t count = walk_mx_hosts(mx, audit->domain.name, &audit->arena, &names);

    audit->domain.walked = true;
    if (count > LIMIT_HOSTS) {
        audit->domain.excess = EXCESS_MX_HOSTS;
        count = LIMIT_HOSTS;
    }
    audit->domain.null_mx_among_others = walk_has_null_mx(mx) && !walk_is_null_mx(mx);
    audit->domain.needs_host = !walk_has_null_mx(mx);
    audit->domain.hosts = arena_new(&audit->arena, count, sizeof *audit->domain.hosts);
    audit->domain.host_count = count;
    audit->pending = count;
    if (count == 0) {
        finish(audit);
        return;
    }
    audit->waits = arena_new(&audit->arena, count, sizeof *audit->waits);
    for (size_t i = 0; i < count; i++) {
        size_t addresses = audit->services->plan->addresses;

        audit->waits[i] = (struct host_wait){audit, i, addresses / count + (i < addresses % count)};
        hosts_find(audit->services->hosts, names[i], audit->waits[i].share, on_host,
                   &audit->waits[i]);
    }
}

static bool shown(struct domain_audit *audit, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        audit->domain.lookups[audit->domain.lookup_count++] = audit->lookups[i];
        if (domain_lookup_fails(audit->lookups[i]) && !audit->services->plan->all)
            return false;
    }
    return true;
}

/* contract: printing stops after the first that is not as it must be; -A goes on. */
static void on_mail_lookups(struct domain_audit *audit)
{
    const struct lookup *mx = audit->lookups[2];

    if (!shown(audit, 3) || lookup_is_error(mx) || mx->status == LOOKUP_NXDOMAIN)
        finish(audit);
    else
        find_hosts(audit);
}

static void on_zone_lookups(struct domain_audit *audit, size_t count)
{
    audit->domain.walked = true;
    for (size_t i = 0; i < count; i++) {
        bool data = lookup_is_secure_data(audit->lookups[i]);

        audit->domain.lookups[audit->domain.lookup_count++] = audit->lookups[i];
        if (!data) {
            audit->domain.walked = false;
            break;
        }
    }
    finish(audit);
}

/* The root has no DS; the look-ups of every other domain begin with DS and DNSKEY. */
static void compare_delegation(struct domain_audit *audit)
{
    const struct lookup *ds = audit->lookups[0], *dnskey = audit->lookups[1];
    uint8_t wire[LIMIT_NAME_WIRE];
    struct bytes owner = {wire, name_to_wire(ds->owner, wire)};

    if (ds->type == RECORD_DS && lookup_is_secure_data(ds) && lookup_is_secure_data(dnskey) &&
        strcmp(ds->owner, dnskey->owner) == 0 && owner.length > 0)
        audit->domain.delegation = delegation_compare(ds, dnskey, owner, &audit->arena);
}

static void on_explained(void *argument)
{
    struct domain_audit *audit = argument;
    const char *name = audit->domain.name;

    if (strcmp(name, ".") == 0)
        on_zone_lookups(audit, 2);
    else if (name_is_tld(name))
        on_zone_lookups(audit, 3);
    else
        on_mail_lookups(audit);
}

static void on_lookup(void *argument)
{
    struct domain_audit *audit = argument;
    size_t count = audit->lookups[2] != NULL ? 3 : 2;

    if (--audit->pending > 0)
        return;
    audit->domain.nsec3param = audit->nsec3param;
    compare_delegation(audit);
    if (!audit->services->plan->findings ||
        !explain_lookups(audit->services->resolver, &audit->arena, audit->lookups, count,
                         on_explained, audit))
        on_explained(audit);
}

static void ask(struct domain_audit *audit, const enum record_type *types, size_t count)
{
    bool nsec3param = audit->services->plan->findings; /* asked for advice only */

    audit->pending = count + nsec3param;
    if (nsec3param)
        resolver_ask(audit->services->resolver, &audit->arena, audit->domain.name,
                     RECORD_NSEC3PARAM, &audit->nsec3param, on_lookup, audit);
    for (size_t i = 0; i < count; i++)
        resolver_ask(audit->services->resolver, &audit->arena, audit->domain.name, types[i],
                     &audit->lookups[i], on_lookup, audit);
}

static void begin(struct domain_audit *audit)
{
    static const enum record_type root[] = {RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type tld[] = {RECORD_DS, RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type mail[] = {RECORD_DS, RECORD_DNSKEY, RECORD_MX};
    const char *name = name_parse(&audit->arena, audit->domain.input);

    audit->domain.name = name;
    if (name == NULL)
        finish(audit);
    else if (strcmp(name, ".") == 0)
        ask(audit, root, 2);
    else
        ask(audit, name_is_tld(name) ? tld : mail, 3);
}

struct domain_audit *domain_audit_new(const struct domain_audit_services *services,
                                      const char *input, void (*finished)(void *argument),
                                      void *argument)
{
    struct domain_audit *audit = memory_new(1, sizeof *audit);

    audit->services = services;
    audit->callback = finished;
    audit->argument = argument;
    arena_init(&audit->arena);
    audit->domain.input = arena_dup(&audit->arena, input);
    begin(audit);
    return audit;
}

const struct domain *domain_audit_facts(const struct domain_audit *audit)
{
    return &audit->domain;
}

void domain_audit_free(struct domain_audit *audit)
{
    if (audit == NULL)
        return;
    for (size_t i = 0; audit->finished && i < audit->domain.host_count; i++)
        hosts_release(audit->services->hosts, audit->domain.hosts[i].host);
    arena_fini(&audit->arena);
    free(audit);
}

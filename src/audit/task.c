#include "audit/task.h"

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

struct task {
    const struct task_services *services;
    struct arena arena;
    struct domain domain;
    struct lookup *lookups[3];
    struct lookup *nsec3param;
    struct host_wait *waits; /* one per host */
    size_t pending; /* answers or hosts awaited */
    bool finished;
    void (*callback)(void *argument);
    void *argument;
};

static void finish(struct task *task)
{
    task->finished = true;
    task->callback(task->argument);
}

static void decide_verdicts(struct task *task, struct domain_host *entry)
{
    const struct host *host = entry->host;
    const struct lookup *mx = task->lookups[2];
    struct verdict *verdicts = arena_new(&task->arena, entry->address_count, sizeof *verdicts);
    const char *references[3];
    struct verdict_rules rules = {.references = references,
                                  .ee_checks = task->services->plan->ee_checks,
                                  .verify_time = task->services->plan->verify_time,
                                  .tlsa = host->tlsa_state};

    rules.reference_count =
        walk_references(mx, task->domain.name, host->name, host->base, references);
    for (size_t i = 0; i < entry->address_count; i++)
        verdicts[i] = verdict_decide(&host->addresses[i], &rules);
    entry->verdicts = verdicts;
}

struct host_wait {
    struct task *task;
    size_t index;
    size_t share; /* of the addresses that are probed for one domain */
};

static void take_host(struct task *task, const struct host_wait *wait)
{
    struct domain_host *entry = &task->domain.hosts[wait->index];
    const struct host *host = entry->host;
    bool cut = host->address_count > wait->share;

    entry->address_count = cut ? wait->share : host->address_count;
    entry->excess = cut && host->probed ? EXCESS_DOMAIN_ADDRESSES : host->excess;
    decide_verdicts(task, entry);
}

/* What some hosts need less of their share goes to the first that need more. */
static size_t unused_share(const struct task *task)
{
    size_t unused = task->services->plan->addresses;

    for (size_t i = 0; i < task->domain.host_count; i++)
        unused -= task->domain.hosts[i].host->address_count < task->waits[i].share
                      ? task->domain.hosts[i].host->address_count
                      : task->waits[i].share;
    return unused;
}

static void on_all_hosts(struct task *task)
{
    for (size_t i = 0; i < task->domain.host_count; i++)
        take_host(task, &task->waits[i]);
    finish(task);
}

/* The host is held since its first look-up, and now twice. */
static void on_more(void *argument, const struct host *host)
{
    struct task *task = ((struct host_wait *)argument)->task;

    hosts_release(task->services->hosts, host);
    if (--task->pending == 0)
        on_all_hosts(task);
}

static void find_more(struct task *task)
{
    size_t unused = unused_share(task);

    task->pending = 1;
    for (size_t i = 0; i < task->domain.host_count && unused > 0; i++) {
        const struct host *host = task->domain.hosts[i].host;
        struct host_wait *wait = &task->waits[i];
        size_t more = host->address_count > wait->share ? host->address_count - wait->share : 0;

        more = more < unused ? more : unused;
        unused -= more;
        wait->share += more;
        if (more > 0) {
            task->pending++;
            hosts_find(task->services->hosts, host->name, wait->share, on_more, wait);
        }
    }
    if (--task->pending == 0)
        on_all_hosts(task);
}

static void on_host(void *argument, const struct host *host)
{
    const struct host_wait *wait = argument;
    struct task *task = wait->task;

    task->domain.hosts[wait->index].host = host;
    if (--task->pending == 0)
        find_more(task);
}

static void find_hosts(struct task *task)
{
    const char **names;
    const struct lookup *mx = task->lookups[2];
    size_t count = walk_mx_hosts(mx, task->domain.name, &task->arena, &names);

    task->domain.walked = true;
    if (count > LIMIT_HOSTS) {
        task->domain.excess = EXCESS_MX_HOSTS;
        count = LIMIT_HOSTS;
    }
    task->domain.null_mx_among_others = walk_has_null_mx(mx) && !walk_is_null_mx(mx);
    task->domain.needs_host = !walk_has_null_mx(mx);
    task->domain.hosts = arena_new(&task->arena, count, sizeof *task->domain.hosts);
    task->domain.host_count = count;
    task->pending = count;
    if (count == 0) {
        finish(task);
        return;
    }
    task->waits = arena_new(&task->arena, count, sizeof *task->waits);
    for (size_t i = 0; i < count; i++) {
        size_t addresses = task->services->plan->addresses;

        task->waits[i] = (struct host_wait){task, i, addresses / count + (i < addresses % count)};
        hosts_find(task->services->hosts, names[i], task->waits[i].share, on_host, &task->waits[i]);
    }
}

static bool shown(struct task *task, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        task->domain.lookups[task->domain.lookup_count++] = task->lookups[i];
        if (domain_lookup_fails(task->lookups[i]) && !task->services->plan->all)
            return false;
    }
    return true;
}

/* contract: printing stops after the first that is not as it must be; -A goes on. */
static void on_mail_lookups(struct task *task)
{
    const struct lookup *mx = task->lookups[2];

    if (!shown(task, 3) || lookup_is_error(mx) || mx->status == LOOKUP_NXDOMAIN)
        finish(task);
    else
        find_hosts(task);
}

static void on_zone_lookups(struct task *task, size_t count)
{
    task->domain.walked = true;
    for (size_t i = 0; i < count; i++) {
        bool data = lookup_is_secure_data(task->lookups[i]);

        task->domain.lookups[task->domain.lookup_count++] = task->lookups[i];
        if (!data) {
            task->domain.walked = false;
            break;
        }
    }
    finish(task);
}

/* The root has no DS; the look-ups of every other domain begin with DS and DNSKEY. */
static void compare_delegation(struct task *task)
{
    const struct lookup *ds = task->lookups[0], *dnskey = task->lookups[1];
    uint8_t wire[LIMIT_NAME_WIRE];
    struct bytes owner = {wire, name_to_wire(ds->owner, wire)};

    if (ds->type == RECORD_DS && lookup_is_secure_data(ds) && lookup_is_secure_data(dnskey) &&
        strcmp(ds->owner, dnskey->owner) == 0 && owner.length > 0)
        task->domain.delegation = delegation_compare(ds, dnskey, owner, &task->arena);
}

static void on_explained(void *argument)
{
    struct task *task = argument;
    const char *name = task->domain.name;

    if (strcmp(name, ".") == 0)
        on_zone_lookups(task, 2);
    else if (name_is_tld(name))
        on_zone_lookups(task, 3);
    else
        on_mail_lookups(task);
}

static void on_lookup(void *argument)
{
    struct task *task = argument;
    size_t count = task->lookups[2] != NULL ? 3 : 2;

    if (--task->pending > 0)
        return;
    task->domain.nsec3param = task->nsec3param;
    compare_delegation(task);
    if (!task->services->plan->findings ||
        !explain_lookups(task->services->resolver, &task->arena, task->lookups, count,
                         on_explained, task))
        on_explained(task);
}

static void ask(struct task *task, const enum record_type *types, size_t count)
{
    bool nsec3param = task->services->plan->findings; /* asked for advice only */

    task->pending = count + nsec3param;
    if (nsec3param)
        resolver_ask(task->services->resolver, &task->arena, task->domain.name,
                     RECORD_NSEC3PARAM, &task->nsec3param, on_lookup, task);
    for (size_t i = 0; i < count; i++)
        resolver_ask(task->services->resolver, &task->arena, task->domain.name, types[i],
                     &task->lookups[i], on_lookup, task);
}

static void begin(struct task *task)
{
    static const enum record_type root[] = {RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type tld[] = {RECORD_DS, RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type mail[] = {RECORD_DS, RECORD_DNSKEY, RECORD_MX};
    const char *name = name_parse(&task->arena, task->domain.input);

    task->domain.name = name;
    if (name == NULL)
        finish(task);
    else if (strcmp(name, ".") == 0)
        ask(task, root, 2);
    else
        ask(task, name_is_tld(name) ? tld : mail, 3);
}

struct task *task_new(const struct task_services *services, const char *input,
                      void (*finished)(void *argument), void *argument)
{
    struct task *task = memory_new(1, sizeof *task);

    task->services = services;
    task->callback = finished;
    task->argument = argument;
    arena_init(&task->arena);
    task->domain.input = arena_dup(&task->arena, input);
    begin(task);
    return task;
}

const struct domain *task_domain(const struct task *task)
{
    return &task->domain;
}

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    for (size_t i = 0; task->finished && i < task->domain.host_count; i++)
        hosts_release(task->services->hosts, task->domain.hosts[i].host);
    arena_fini(&task->arena);
    free(task);
}

/*
 * The audit of a domain with a resolver and with hosts made by hand: the linker puts these functions
 * in the place of dns/resolver's and audit/hosts'.
 */
#ifndef MXDANE_TESTS_AUDIT_DOMAIN_H
#define MXDANE_TESTS_AUDIT_DOMAIN_H

#include "audit/domain_audit.h"

#include "audit_zone.h"

enum { MOST_FINDS = 128, MOST_KNOWN = 4 };

struct seen_find {
    const char *name;
    size_t addresses; /* wanted */
    void (*done)(void *, const struct host *);
    void *argument;
    bool released;
};

struct world {
    struct plan plan;
    struct domain_audit_services services;
    struct domain_audit *audit;
    unsigned finished;
};

static struct seen_find finds[MOST_FINDS];
static size_t find_count;
static struct host *known[MOST_KNOWN]; /* handed over from inside hosts_find */

void __wrap_hosts_find(struct hosts *hosts, const char *name, size_t addresses,
                       void (*done)(void *, const struct host *), void *argument);
void __wrap_hosts_release(struct hosts *hosts, const struct host *host);

void __wrap_hosts_find(struct hosts *hosts, const char *name, size_t addresses,
                       void (*done)(void *, const struct host *), void *argument)
{
    (void)hosts;
    assert_true(find_count < MOST_FINDS);
    finds[find_count++] = (struct seen_find){name, addresses, done, argument, false};
    for (size_t i = 0; i < MOST_KNOWN; i++)
        if (known[i] != NULL && strcmp(known[i]->name, name) == 0)
            done(argument, known[i]);
}

void __wrap_hosts_release(struct hosts *hosts, const struct host *host)
{
    (void)hosts;
    for (size_t i = 0; i < find_count; i++)
        if (strcmp(finds[i].name, host->name) == 0 && !finds[i].released) {
            finds[i].released = true;
            return;
        }
    fail_msg("%s was not asked for so often", host->name);
}

static inline void on_finished(void *argument)
{
    ((struct world *)argument)->finished++;
}

static inline const struct domain *world_begin(struct world *world, const char *input,
                                        const struct zone_row *rows, struct plan plan)
{
    zone_set(rows);
    find_count = 0;
    memset(known, 0, sizeof known);
    *world = (struct world){.plan = plan};
    if (plan.addresses == 0)
        world->plan.addresses = 200;
    world->services.plan = &world->plan;
    world->audit = domain_audit_new(&world->services, input, on_finished, world);
    return domain_audit_facts(world->audit);
}

static inline void world_end(struct world *world)
{
    domain_audit_free(world->audit);
    for (size_t i = 0; i < find_count; i++)
        assert_int_equal(finds[i].released, world->finished);
}

#define AT(name, type, status, ad, count)                                                          \
    {name, RECORD_##type, LOOKUP_##status, ad, count, NULL, false, NULL}
#define MX(status, ad, list) {"x.y.", RECORD_MX, LOOKUP_##status, ad, COUNT(list), NULL, false, list}
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const struct record one_mx[] = {{.type = RECORD_MX, .data.mx = {10, "mx.x.y."}}};
static const struct record two_mx[] = {{.type = RECORD_MX, .data.mx = {10, "b.x.y."}},
                                       {.type = RECORD_MX, .data.mx = {20, "a.x.y."}},
                                       {.type = RECORD_MX, .data.mx = {30, "b.x.y."}}};
static const struct record null_and_mx[] = {{.type = RECORD_MX, .data.mx = {0, "."}},
                                            {.type = RECORD_MX, .data.mx = {10, "mx.x.y."}}};

#endif

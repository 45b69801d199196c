/*
 * The hosts of a run with a resolver and with probes made by hand: the linker puts these functions
 * in the place of dns/resolver's and audit/probes'.
 */
#ifndef MXDANE_TESTS_AUDIT_HOSTS_H
#define MXDANE_TESTS_AUDIT_HOSTS_H

#include "audit/hosts.h"

#include "audit/probes.h"
#include "audit_zone.h"

enum { MOST_PROBES = 128, MOST_DONE = 8 };

struct seen_probe {
    const struct host *host;
    struct address *address;
    struct probe_memory *memory;
    struct probes_listener listener;
};

struct world {
    struct plan plan;
    struct hosts *hosts;
    const struct host *done[MOST_DONE]; /* what was handed over */
    size_t done_count;
    unsigned made_room;
};

static struct seen_probe probes[MOST_PROBES];
static size_t probe_count;
static unsigned probes_new_count, probes_cancelled, probes_freed;

struct probes *__wrap_probes_new(struct uv_loop_s *loop, const struct plan *plan,
                                 struct handshake_context *tls);
void __wrap_probes_cancel(struct probes *these);
void __wrap_probes_free(struct probes *these);
size_t __wrap_probes_count(const struct probes *these);
void __wrap_probes_add(struct probes *these, const struct host *host, struct address *address,
                       struct probe_memory *memory, const struct probes_listener *listener);

static struct probes *the_probes(void)
{
    return (struct probes *)probes; /* any address but NULL */
}

struct probes *__wrap_probes_new(struct uv_loop_s *loop, const struct plan *plan,
                                 struct handshake_context *tls)
{
    (void)loop;
    (void)plan;
    (void)tls;
    probes_new_count++;
    return the_probes();
}

void __wrap_probes_cancel(struct probes *these)
{
    assert_ptr_equal(these, the_probes());
    probes_cancelled++;
}

void __wrap_probes_free(struct probes *these)
{
    assert_ptr_equal(these, the_probes());
    probes_freed++;
}

size_t __wrap_probes_count(const struct probes *these)
{
    assert_ptr_equal(these, the_probes());
    return probe_count;
}

void __wrap_probes_add(struct probes *these, const struct host *host, struct address *address,
                       struct probe_memory *memory, const struct probes_listener *listener)
{
    assert_ptr_equal(these, the_probes());
    assert_true(probe_count < MOST_PROBES);
    arena_dup(&memory->session, "what a probe keeps");
    arena_dup(&memory->tls, "and what of TLS");
    probes[probe_count++] = (struct seen_probe){host, address, memory, *listener};
}

static void on_made_room(void *argument)
{
    ((struct world *)argument)->made_room++;
}

static inline void on_host(void *argument, const struct host *host)
{
    struct world *world = argument;

    assert_true(world->done_count < MOST_DONE);
    world->done[world->done_count++] = host;
}

static inline void world_init(struct world *world, const struct zone_row *rows, struct plan plan)
{
    zone_set(rows);
    probe_count = 0;
    probes_new_count = probes_cancelled = probes_freed = 0;
    *world = (struct world){.plan = plan};
    if (plan.port == 0)
        world->plan.port = 25;
    world->hosts = hosts_new(NULL, &world->plan, NULL, NULL, on_made_room, world);
}

static inline void world_fini(struct world *world)
{
    hosts_free(world->hosts);
    assert_int_equal(probes_new_count, 1);
    assert_int_equal(probes_freed, 1);
}

static inline void end_probe(size_t index)
{
    probes[index].address->end.transport = TRANSPORT_OK;
    probes[index].listener.done(probes[index].listener.argument,
                                 probes[index].address);
}

#define A_OK {"mx.x.", RECORD_A, LOOKUP_NOERROR, true, 1, NULL, false, NULL}
#define TLSA_OK {"_25._tcp.mx.x.", RECORD_TLSA, LOOKUP_NOERROR, true, 1, NULL, false, NULL}

static const struct record one_reserved[] = {
    {.type = RECORD_A, .data.address = {9, 9, 9, 1}},
    {.type = RECORD_A, .data.address = {127, 0, 0, 1}},
};

static const struct zone_row both_families[] = {
    {"mx.x.", RECORD_A, LOOKUP_NOERROR, true, 2, NULL, false, one_reserved},
    {"mx.x.", RECORD_AAAA, LOOKUP_NOERROR, true, 1, NULL, false, NULL},
    TLSA_OK,
    {0}};

#endif

/*
 * Which sessions run when: -j, the room beside it, one at a time to an address. The sessions are
 * made by hand: the linker puts these functions in place of smtp/probe's.
 */
#include "audit/probes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <uv.h>

#include <cmocka.h>

#include "session/probe.h"

enum { MOST = 8, ADDRESSES = 8 };

struct probe {
    uint64_t silence;
    unsigned looked_at;
    struct address *address;
    void (*done)(void *);
    void *argument;
};

struct world {
    uv_loop_t loop;
    struct plan plan;
    struct probe_memory memory;
    struct host host;
    struct address addresses[ADDRESSES];
    struct probes *probes;
    unsigned done, stalled;
};

static struct probe started[MOST]; /* in the order of their beginning */
static unsigned count;

struct probe *__wrap_probe_start(struct uv_loop_s *loop, const struct probe_config *config,
                                 const struct host *host, struct address *address,
                                 struct probe_memory *memory, void (*done)(void *), void *argument);
void __wrap_probe_cancel(struct probe *probe);
uint64_t __wrap_probe_silence(const struct probe *probe);

struct probe *__wrap_probe_start(struct uv_loop_s *loop, const struct probe_config *config,
                                 const struct host *host, struct address *address,
                                 struct probe_memory *memory, void (*done)(void *), void *argument)
{
    (void)loop;
    (void)config;
    (void)host;
    (void)memory;
    assert_true(count < MOST);
    address->end.transport = TRANSPORT_OK;
    started[count] = (struct probe){.address = address, .done = done, .argument = argument};
    return &started[count++];
}

void __wrap_probe_cancel(struct probe *probe)
{
    probe->done(probe->argument);
}

uint64_t __wrap_probe_silence(const struct probe *probe)
{
    started[probe - started].looked_at++;
    return probe->silence;
}

static void on_done(void *argument, const struct address *address)
{
    (void)address;
    ((struct world *)argument)->done++;
}

static void on_stalled(void *argument)
{
    ((struct world *)argument)->stalled++;
}

static void world_init(struct world *world, size_t jobs, size_t aside)
{
    memset(world, 0, sizeof *world);
    memset(started, 0, sizeof started);
    count = 0;
    uv_loop_init(&world->loop);
    arena_init(&world->memory.session);
    arena_init(&world->memory.tls);
    world->plan = (struct plan){.jobs = jobs, .jobs_aside = aside, .pause_ms = 1,
                                .smtp_timeout_ms = 20};
    world->host = (struct host){.name = "mx.x.", .base = "mx.x."};
    world->probes = probes_new(&world->loop, &world->plan, NULL);
}

static void add(struct world *world, uint8_t last)
{
    static unsigned next;
    struct address *address = &world->addresses[next++ % ADDRESSES];

    *address = (struct address){.bytes = {192, 0, 2, last}};
    probes_add(world->probes, &world->host, address, &world->memory,
               &(struct probes_listener){on_done, on_stalled, world});
}

/* What runs is cut off; the loop is empty after it. */
static void world_fini(struct world *world)
{
    probes_cancel(world->probes);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    probes_free(world->probes);
    arena_fini(&world->memory.session);
    arena_fini(&world->memory.tls);
}

/* Until this one has been looked at twice more: what it was before has been acted upon. */
static void pass_rounds(struct world *world, unsigned index)
{
    unsigned until = started[index].looked_at + 2;

    while (started[index].looked_at < until)
        uv_run(&world->loop, UV_RUN_ONCE);
}

static void end(unsigned index)
{
    started[index].done(started[index].argument);
}

/* Without silence -j holds; the next begins when one ends. */
static void test_jobs(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 2, 4);
    for (uint8_t i = 0; i < 4; i++)
        add(&world, i);
    started[0].silence = started[1].silence = LIMIT_PROMPT_MS - 1;
    pass_rounds(&world, 0);
    assert_int_equal(count, 2);
    assert_int_equal(world.stalled, 0);
    end(1);
    assert_int_equal(count, 3);
    assert_int_equal(world.done, 1);
    world_fini(&world);
}

/* A silent server makes room while it is silent, and as far as there is some. */
static void test_aside(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 2, 1);
    for (uint8_t i = 0; i < 6; i++)
        add(&world, i);
    started[0].silence = started[1].silence = LIMIT_PROMPT_MS;
    pass_rounds(&world, 0);
    assert_int_equal(count, 3);
    assert_int_equal(world.stalled, 2);
    started[0].silence = started[1].silence = 0;
    pass_rounds(&world, 0);
    end(0); /* it goes on, and counts again: this end makes no room */
    assert_int_equal(count, 3);
    end(1);
    assert_int_equal(count, 4);
    world_fini(&world);
}

/* The room that it made goes with it. */
static void test_aside_ends(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 1, 1);
    for (uint8_t i = 0; i < 3; i++)
        add(&world, i);
    started[0].silence = LIMIT_PROMPT_MS;
    pass_rounds(&world, 0);
    assert_int_equal(count, 2);
    end(0);
    assert_int_equal(count, 2);
    end(1);
    assert_int_equal(count, 3);
    world_fini(&world);
}

/* -j N is N: nothing is beside it. */
static void test_strict(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 1, 0);
    add(&world, 1);
    add(&world, 2);
    started[0].silence = 1000;
    pass_rounds(&world, 0);
    assert_int_equal(count, 1);
    assert_int_equal(world.stalled, 1);
    world_fini(&world);
}

/* One at a time to an address, and a pause: whoever waits is told when that is long. */
static void test_address(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 4, 4);
    add(&world, 1);
    add(&world, 1);
    assert_int_equal(count, 1);
    started[0].silence = LIMIT_PROMPT_MS;
    pass_rounds(&world, 0);
    assert_int_equal(count, 1);
    assert_int_equal(world.stalled, 2);
    end(0);
    assert_int_equal(count, 1);
    while (count < 2)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_int_equal(world.done, 1);
    world_fini(&world);
}

static void end_with_reply(unsigned index, enum smtp_state state, unsigned code)
{
    started[index].address->end =
        (struct transport_end){.transport = TRANSPORT_REPLY, .state = state, .code = code};
    end(index);
}

/* "Not now" before TLS, in any state: asked once more, after the longer pause, and not again. */
static void test_busy(void **state)
{
    static const enum smtp_state states[] = {SMTP_GREETING, SMTP_EHLO, SMTP_STARTTLS};
    static const unsigned codes[] = {421, 450};
    struct world world;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        uint64_t before;

        world_init(&world, 4, 4);
        add(&world, 1);
        add(&world, 1);
        before = uv_now(&world.loop);
        end_with_reply(0, states[i / 2], codes[i % 2]);
        assert_int_equal(world.done, 0);
        assert_int_equal(started[0].address->end.transport, TRANSPORT_UNTRIED);
        while (count < 2)
            uv_run(&world.loop, UV_RUN_ONCE);
        assert_true(uv_now(&world.loop) - before >= world.plan.smtp_timeout_ms);
        assert_ptr_equal(started[1].address, started[0].address);
        end_with_reply(1, states[i / 2], codes[i % 2]);
        assert_int_equal(world.done, 2); /* who waits for the same address is told the same */
        assert_int_equal(started[1].address->end.code, codes[i % 2]);
        world_fini(&world);
        assert_int_equal(count, 2);
    }
}

/* Whatever else a server says is its answer. */
static void test_not_busy(void **state)
{
    static const enum smtp_state states[] = {SMTP_GREETING, SMTP_EHLO, SMTP_STARTTLS};
    static const unsigned codes[] = {354, 420, 422, 451, 454, 521, 554};
    struct world world;

    (void)state;
    for (size_t i = 0; i < 3 * 7; i++) {
        world_init(&world, 4, 4);
        add(&world, 1);
        end_with_reply(0, states[i / 7], codes[i % 7]);
        assert_int_equal(world.done, 1);
        world_fini(&world);
        assert_int_equal(count, 1);
    }
}

/* After the handshake the result stands: one that is busy then is not asked again. */
static void test_busy_after_tls(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 4, 4);
    add(&world, 1);
    started[0].address->after =
        (struct transport_end){.transport = TRANSPORT_REPLY, .state = SMTP_EHLO_TLS, .code = 421};
    end(0);
    assert_int_equal(world.done, 1);
    world_fini(&world);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_aside),
        cmocka_unit_test(test_aside_ends),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_not_busy),
        cmocka_unit_test(test_busy_after_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

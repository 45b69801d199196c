/*
 * The hosts of a run: looked up once, handed to everybody who asks, kept while somebody needs them
 * and some of them longer.
 */
#include "audit_hosts.h"

static const struct zone_row two_hosts[] = {
    A_OK,
    TLSA_OK,
    {"mx.y.", RECORD_A, LOOKUP_NOERROR, true, 1, NULL, false, NULL},
    {0}};

static void check_counts(const struct world *world, size_t looked_up, size_t sessions)
{
    size_t hosts = 99, sum = 99;

    hosts_count(world->hosts, &hosts, &sum);
    assert_int_equal(hosts, looked_up);
    assert_int_equal(sum, sessions);
}

/* Whoever asks meanwhile, and afterwards, gets the same host: it is looked up once. */
static void test_once(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, two_hosts, (struct plan){.hosts = 2});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(world.done_count, 0);
    end_probe(0);
    assert_int_equal(world.done_count, 3);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(world.done_count, 4); /* from inside: it is known */
    for (size_t i = 1; i < 4; i++)
        assert_ptr_equal(world.done[i], world.done[0]);
    assert_int_equal(zone.asked, 3);
    assert_int_equal(probe_count, 1);
    check_counts(&world, 1, 1);
    world_fini(&world);
}

/* Of the hosts nobody holds plan->hosts are remembered, those used last. */
static void test_forgotten(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, NULL, (struct plan){.hosts = 2});
    for (size_t i = 0; i < 3; i++) {
        hosts_find(world.hosts, (const char *[]){"a.x.", "b.x.", "c.x."}[i], LIMIT_ADDRESSES, on_host, &world);
        zone_answer_all();
    }
    assert_int_equal(world.done_count, 3);
    hosts_find(world.hosts, "a.x.", LIMIT_ADDRESSES, on_host, &world); /* held twice */
    hosts_release(world.hosts, world.done[0]);
    hosts_release(world.hosts, world.done[1]); /* the only one nobody holds: it goes */
    check_counts(&world, 3, 0);
    hosts_find(world.hosts, "a.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(zone.asked, 6);
    hosts_find(world.hosts, "b.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(zone.asked, 8);
    check_counts(&world, 4, 0);
    zone_answer_all();
    hosts_release(world.hosts, world.done[2]); /* c, of three */
    hosts_find(world.hosts, "a.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(zone.asked, 8);
    assert_ptr_equal(world.done[6], world.done[0]);
    world_fini(&world);
}

/* Looks it up, or finds it, and gives it back; whether it was still known. */
static bool use(struct world *world, const char *name)
{
    size_t asked = zone.asked;

    world->done_count = 0;
    hosts_find(world->hosts, name, LIMIT_ADDRESSES, on_host, world);
    zone_answer_all();
    assert_int_equal(world->done_count, 1);
    assert_string_equal(world->done[0]->name, name);
    hosts_release(world->hosts, world->done[0]);
    return zone.asked == asked;
}

/* A host that is used again is not the oldest any more, wherever it stood. */
static void test_used_again(void **state)
{
    static const char *const again[] = {"a.x.", "b.x.", "c.x."};
    static const char *const ages[][3] = {
        {"b.x.", "c.x.", "a.x."}, {"a.x.", "c.x.", "b.x."}, {"a.x.", "b.x.", "c.x."}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world world;

        world_init(&world, NULL, (struct plan){.hosts = 3});
        for (size_t j = 0; j < 3; j++)
            assert_false(use(&world, again[j]));
        assert_true(use(&world, again[i]));
        assert_true(use(&world, again[i]));
        assert_false(use(&world, "d.x.")); /* the oldest goes: ages[i][0] */
        assert_true(use(&world, ages[i][1]));
        assert_true(use(&world, ages[i][2]));
        assert_false(use(&world, ages[i][0])); /* and d for it */
        assert_true(use(&world, ages[i][1]));
        assert_false(use(&world, "d.x."));
        assert_int_equal(hosts_stalled(world.hosts), 0);
        world_fini(&world);
    }
}

/* Those who wait for a silent server are counted, also those who come later, until it ends. */
static void test_stalled(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, both_families, (struct plan){.hosts = 2});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    assert_int_equal(probe_count, 2);
    assert_int_equal(hosts_stalled(world.hosts), 0);
    probes[0].listener.stalled(probes[0].listener.argument);
    assert_int_equal(hosts_stalled(world.hosts), 2);
    assert_int_equal(world.made_room, 1);
    probes[1].listener.stalled(probes[1].listener.argument); /* the same host */
    assert_int_equal(hosts_stalled(world.hosts), 2);
    assert_int_equal(world.made_room, 1);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(hosts_stalled(world.hosts), 3);
    end_probe(0);
    assert_int_equal(hosts_stalled(world.hosts), 3);
    end_probe(1);
    assert_int_equal(world.done_count, 3);
    assert_int_equal(hosts_stalled(world.hosts), 0);
    world_fini(&world);
}

/* What ends before its hosts are known leaves nothing behind (valgrind, ASan). */
static void test_cancelled(void **state)
{
    struct world world;
    size_t looked_up, sessions;

    (void)state;
    world_init(&world, two_hosts, (struct plan){.hosts = 2});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    hosts_find(world.hosts, "mx.y.", LIMIT_ADDRESSES, on_host, &world);
    hosts_cancel(world.hosts);
    assert_int_equal(probes_cancelled, 1);
    assert_int_equal(world.done_count, 0);
    world_fini(&world);
    hosts_cancel(NULL);
    hosts_free(NULL);
    hosts_count(NULL, &looked_up, &sessions);
    assert_int_equal(looked_up, 0);
    assert_int_equal(sessions, 0);
}

/* More hosts than buckets: those that share one stay apart, and the last used stay. */
static void test_many(void **state)
{
    static const unsigned kept[] = {0, 300, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct world world;
        char name[32];

        world_init(&world, NULL, (struct plan){.hosts = kept[i]});
        for (unsigned n = 0; n < 1000; n++) {
            snprintf(name, sizeof name, "mx%u.x.", n);
            zone_set(NULL);
            assert_false(use(&world, name));
        }
        check_counts(&world, 1000, 0);
        for (unsigned n = 1000; n-- > 0;) { /* backwards: what is looked up anew takes old places */
            snprintf(name, sizeof name, "mx%u.x.", n);
            zone_set(NULL);
            assert_int_equal(use(&world, name), 1000 - n <= kept[i]);
        }
        world_fini(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),      cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_used_again), cmocka_unit_test(test_stalled),
        cmocka_unit_test(test_cancelled), cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

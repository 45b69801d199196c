/*
 * A host whose addresses are wanted in parts, by domains with shares of different sizes, and what
 * its servers have in common: a chain is kept once.
 */
#include "audit_hosts.h"

static const struct zone_row five[] = {
    {"mx.x.", RECORD_A, LOOKUP_NOERROR, true, 5, NULL, false, NULL}, TLSA_OK, {0}};

static void find(struct world *world, size_t addresses)
{
    hosts_find(world->hosts, "mx.x.", addresses, on_host, world);
}

/* The probes begun so far are those of the first addresses, each once. */
static void check_begun(const struct world *world, size_t begun, size_t done)
{
    assert_int_equal(probe_count, begun);
    assert_int_equal(world->done_count, done);
    for (size_t i = 0; i < begun; i++) {
        assert_ptr_equal(probes[i].address, &probes[0].host->addresses[i]);
        assert_ptr_equal(probes[i].memory, &probes[0].memory[i]);
    }
}

/* A domain that wants more of a host that another holds waits for the rest, which is probed then. */
static void test_more_of_finished(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 2});
    find(&world, 2);
    zone_answer_all();
    check_begun(&world, 2, 0);
    end_probe(1);
    check_begun(&world, 2, 0);
    end_probe(0);
    check_begun(&world, 2, 1);
    assert_int_equal(world.done[0]->address_count, 5);
    find(&world, 4);
    check_begun(&world, 4, 1);
    find(&world, 1); /* it is known, but the host is not finished */
    check_begun(&world, 4, 1);
    end_probe(2);
    check_begun(&world, 4, 1);
    end_probe(3);
    check_begun(&world, 4, 3);
    find(&world, 3);
    find(&world, 4);
    check_begun(&world, 4, 5);
    find(&world, 5);
    check_begun(&world, 5, 5);
    end_probe(4);
    check_begun(&world, 5, 6);
    find(&world, 5);
    find(&world, LIMIT_ADDRESSES);
    check_begun(&world, 5, 8);
    for (size_t i = 1; i < world.done_count; i++)
        assert_ptr_equal(world.done[i], world.done[0]);
    assert_int_equal(zone.asked, 3);
    world_fini(&world);
}

/* Whoever wants more while the others wait has all of them wait; the smaller share changes nothing. */
static void test_more_of_unfinished(void **state)
{
    static const size_t shares[][3] = {{1, 3, 2}, {3, 1, 2}, {2, 1, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        for (size_t late = 0; late <= 3; late++) { /* how many ask once the addresses are known */
            struct world world;

            world_init(&world, five, (struct plan){.hosts = 2});
            for (size_t j = 0; j < 3; j++) {
                if (j == 3 - late)
                    zone_answer_all();
                find(&world, shares[i][j]);
            }
            zone_answer_all();
            check_begun(&world, 3, 0);
            end_probe(2);
            end_probe(0);
            check_begun(&world, 3, 0);
            end_probe(1);
            check_begun(&world, 3, 3);
            world_fini(&world);
        }
}

/* What is not to be probed is known without. */
static void test_more_without_probes(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 2, .down = {"mx.x"}, .down_count = 1});
    find(&world, 1);
    zone_answer_all();
    check_begun(&world, 0, 1);
    find(&world, 3);
    find(&world, LIMIT_ADDRESSES);
    check_begun(&world, 0, 3);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(world.done[0]->addresses[i].end.transport, TRANSPORT_UNTRIED);
    world_fini(&world);
}

/* An address beyond every share stays untried, a reserved one too. */
static void test_beyond(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, both_families, (struct plan){.hosts = 2});
    find(&world, 1);
    zone_answer_all();
    end_probe(0);
    check_begun(&world, 1, 1);
    assert_int_equal(world.done[0]->addresses[1].end.transport, TRANSPORT_UNTRIED);
    assert_int_equal(world.done[0]->addresses[2].end.transport, TRANSPORT_UNTRIED);
    find(&world, 2); /* the reserved one takes a place of the share */
    check_begun(&world, 1, 2);
    assert_int_equal(world.done[0]->addresses[1].end.transport, TRANSPORT_RESERVED);
    world_fini(&world);
}

/* Nobody holds the host: it is remembered with what it has, and goes on from there. */
static void test_more_of_released(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 1});
    find(&world, 1);
    zone_answer_all();
    end_probe(0);
    hosts_release(world.hosts, world.done[0]);
    find(&world, 2);
    check_begun(&world, 2, 1);
    end_probe(1);
    check_begun(&world, 2, 2);
    hosts_release(world.hosts, world.done[1]);
    find(&world, 2);
    check_begun(&world, 2, 3);
    assert_int_equal(zone.asked, 3);
    world_fini(&world);
}

/* Those who hold a host do not wait for a server of it that somebody else wants. */
static void test_stalled_with_holders(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 2});
    find(&world, 1);
    find(&world, 1);
    zone_answer_all();
    end_probe(0);
    check_begun(&world, 1, 2); /* two holders */
    find(&world, 3);
    assert_int_equal(hosts_stalled(world.hosts), 0);
    probes[1].listener.stalled(probes[1].listener.argument);
    assert_int_equal(hosts_stalled(world.hosts), 1);
    assert_int_equal(world.made_room, 1);
    find(&world, 1);
    assert_int_equal(hosts_stalled(world.hosts), 2);
    hosts_release(world.hosts, world.done[0]);
    assert_int_equal(hosts_stalled(world.hosts), 2);
    end_probe(1);
    assert_int_equal(hosts_stalled(world.hosts), 2);
    end_probe(2);
    assert_int_equal(hosts_stalled(world.hosts), 0);
    assert_int_equal(world.done_count, 4);
    find(&world, 4); /* the next server begins anew */
    assert_int_equal(hosts_stalled(world.hosts), 0);
    probes[3].listener.stalled(probes[3].listener.argument);
    assert_int_equal(hosts_stalled(world.hosts), 1);
    assert_int_equal(world.made_room, 2);
    end_probe(3);
    assert_int_equal(hosts_stalled(world.hosts), 0);
    world_fini(&world);
}

static void ask_for_more(void *argument, const struct host *host)
{
    (void)host;
    find(argument, 3);
}

/* A domain asks for more from inside the call that hands it the host: the others are served too. */
static void test_more_from_inside(void **state)
{
    for (unsigned place = 0; place < 3; place++) {
        struct world world;

        (void)state;
        world_init(&world, five, (struct plan){.hosts = 2});
        for (unsigned i = 0; i < 3; i++)
            hosts_find(world.hosts, "mx.x.", 1, i == place ? ask_for_more : on_host, &world);
        zone_answer_all();
        end_probe(0);
        check_begun(&world, 3, 2);
        end_probe(1);
        end_probe(2);
        check_begun(&world, 3, 3);
        world_fini(&world);
    }
}

/*
 * Chains: a letter for each certificate, which stands for its digest; `path` of them are the path.
 */
struct server {
    const char *chain;
    size_t path;
    bool no_handshake;
};

static const char *text_of(size_t index)
{
    static const char *const texts[] = {"zero", "one", "two", "three", "four"};

    return texts[index];
}

/* What the thread pool writes, all of it in the memory that sharing gives up. */
static void write_chain(size_t index, const struct server *server)
{
    struct arena *arena = &probes[index].memory->tls;
    struct address *address = probes[index].address;
    size_t count = strlen(server->chain);
    struct certificate *certificates = arena_new(arena, count, sizeof *certificates);

    for (size_t i = 0; i < count; i++)
        certificates[i].data[CERTIFICATE_CERT_SHA256] =
            (struct bytes){arena_copy(arena, &server->chain[i], 1), 1};
    address->handshaken = !server->no_handshake;
    address->chain = (struct chain){certificates, server->path, count};
    address->matches = arena_new(arena, 1, sizeof *address->matches);
    address->group = arena_dup(arena, text_of(index));
    address->dane_reason = arena_dup(arena, text_of(4 - index));
}

static void check_chain(const char *name, size_t index, const struct server *servers, size_t as)
{
    const struct address *address = probes[index].address, *other = probes[as].address;
    size_t count = strlen(servers[index].chain);

    if (address->chain.certificates != other->chain.certificates ||
        address->matches != other->matches)
        fail_msg("%s: the chain of %zu is not that of %zu", name, index, as);
    if ((probes[index].memory->tls.blocks == NULL) != (index != as))
        fail_msg("%s: the memory of %zu", name, index);
    assert_int_equal(address->chain.count, count);
    assert_int_equal(address->chain.path_length, servers[index].path);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(address->chain.certificates[i].data[CERTIFICATE_CERT_SHA256].data,
                            &servers[index].chain[i], 1);
    assert_string_equal(address->group, text_of(index));
    assert_string_equal(address->dane_reason, text_of(4 - index));
}

/* Equal chains of a host are one; what is said of each server stays its own (ASan). */
static void test_chains(void **state)
{
    static const struct {
        const char *name;
        struct server servers[3];
        size_t order[3]; /* in which they end */
        size_t as[3];    /* whose chain each has then */
    } rows[] = {
        {"all the same", {{"ab", 2, 0}, {"ab", 2, 0}, {"ab", 2, 0}}, {0, 1, 2}, {0, 0, 0}},
        {"the first that ends", {{"ab", 2, 0}, {"ab", 2, 0}, {"ab", 2, 0}}, {1, 2, 0}, {1, 1, 1}},
        {"the last one other", {{"ab", 2, 0}, {"ab", 2, 0}, {"ac", 2, 0}}, {0, 1, 2}, {0, 0, 2}},
        {"the middle one other", {{"ab", 2, 0}, {"b", 1, 0}, {"ab", 2, 0}}, {0, 1, 2}, {0, 1, 0}},
        {"another leaf", {{"ab", 2, 0}, {"cb", 2, 0}, {"cb", 2, 0}}, {0, 1, 2}, {0, 1, 1}},
        {"the order counts", {{"ab", 2, 0}, {"ba", 2, 0}, {"ab", 2, 0}}, {0, 1, 2}, {0, 1, 0}},
        {"one is longer", {{"ab", 2, 0}, {"abc", 2, 0}, {"a", 1, 0}}, {0, 1, 2}, {0, 1, 2}},
        {"another path", {{"ab", 2, 0}, {"ab", 1, 0}, {"ab", 1, 0}}, {0, 1, 2}, {0, 1, 1}},
        {"no certificates", {{"", 0, 0}, {"", 0, 0}, {"a", 1, 0}}, {0, 1, 2}, {0, 1, 2}},
        {"without a handshake", {{"a", 1, 0}, {"a", 1, 1}, {"a", 1, 0}}, {0, 1, 2}, {0, 1, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;

        world_init(&world, five, (struct plan){.hosts = 2});
        find(&world, 3);
        zone_answer_all();
        for (size_t j = 0; j < 3; j++)
            write_chain(j, &rows[i].servers[j]);
        for (size_t j = 0; j < 3; j++)
            end_probe(rows[i].order[j]);
        check_begun(&world, 3, 1);
        for (size_t j = 0; j < 3; j++)
            check_chain(rows[i].name, j, rows[i].servers, rows[i].as[j]);
        world_fini(&world);
    }
}

/* The pool may still write to the chain of a probe that is not done: nobody reads it. */
static void test_unfinished_chain(void **state)
{
    static const struct server servers[2] = {{"ab", 2, 0}, {"ab", 2, 0}};
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 2});
    find(&world, 2);
    zone_answer_all();
    write_chain(0, &servers[0]);
    write_chain(1, &servers[1]);
    end_probe(1);
    check_chain("before", 0, servers, 0);
    check_chain("before", 1, servers, 1);
    end_probe(0);
    check_chain("after", 0, servers, 1);
    check_chain("after", 1, servers, 1);
    world_fini(&world);
}

/* A server without a group, whose chain is right, has neither text. */
static void test_chain_without_texts(void **state)
{
    static const struct server server = {"a", 1, 0};
    struct world world;

    (void)state;
    world_init(&world, five, (struct plan){.hosts = 2});
    find(&world, 2);
    zone_answer_all();
    for (size_t i = 0; i < 2; i++) {
        write_chain(i, &server);
        probes[i].address->group = probes[i].address->dane_reason = NULL;
        end_probe(i);
    }
    assert_ptr_equal(probes[1].address->chain.certificates, probes[0].address->chain.certificates);
    assert_null(probes[1].address->group);
    assert_null(probes[1].address->dane_reason);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_of_finished),    cmocka_unit_test(test_more_of_unfinished),
        cmocka_unit_test(test_more_without_probes), cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_more_of_released),    cmocka_unit_test(test_stalled_with_holders),
        cmocka_unit_test(test_more_from_inside),    cmocka_unit_test(test_chains),
        cmocka_unit_test(test_unfinished_chain),    cmocka_unit_test(test_chain_without_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

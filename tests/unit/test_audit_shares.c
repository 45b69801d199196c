/*
 * The addresses that are probed for one domain are shared among its MX hosts; what some do not need
 * goes to the first that need more. What is left out is said where it would have been probed.
 */
#include "audit_domain.h"

enum { HOSTS = 3 };

static const struct record three_mx[HOSTS] = {{.type = RECORD_MX, .data.mx = {10, "a.x.y."}},
                                              {.type = RECORD_MX, .data.mx = {20, "b.x.y."}},
                                              {.type = RECORD_MX, .data.mx = {30, "c.x.y."}}};
static const struct zone_row zone_rows[] = {MX(NOERROR, 1, three_mx), {0}};

#define NONE EXCESS_NONE
#define HOST EXCESS_ADDRESSES
#define DOMAIN EXCESS_DOMAIN_ADDRESSES

struct row {
    const char *name;
    unsigned addresses; /* of the plan */
    struct {
        size_t addresses;
        bool down; /* not to be probed */
        enum excess excess;
    } hosts[HOSTS];
    const char *asked; /* in the two rounds */
    size_t shown[HOSTS];
    enum excess excess[HOSTS];
};

static const struct row rows[] = {
    {"room for all", 200, {{100, 0, 0}, {1, 0, 0}, {1, 0, 0}}, "a67 b67 c66 | a100", {100, 1, 1},
     {NONE, NONE, NONE}},
    {"nobody needs more", 10, {{2, 0, 0}, {2, 0, 0}, {3, 0, 0}}, "a4 b3 c3 |", {2, 2, 3},
     {NONE, NONE, NONE}},
    {"as many as the shares", 10, {{4, 0, 0}, {3, 0, 0}, {3, 0, 0}}, "a4 b3 c3 |", {4, 3, 3},
     {NONE, NONE, NONE}},
    {"one too many, of each", 10, {{5, 0, 0}, {4, 0, 0}, {4, 0, 0}}, "a4 b3 c3 |", {4, 3, 3},
     {DOMAIN, DOMAIN, DOMAIN}},
    {"no remainder", 9, {{3, 0, 0}, {4, 0, 0}, {3, 0, 0}}, "a3 b3 c3 |", {3, 3, 3},
     {NONE, DOMAIN, NONE}},
    {"the first gets what is left", 10, {{9, 0, 0}, {1, 0, 0}, {2, 0, 0}}, "a4 b3 c3 | a7",
     {7, 1, 2}, {DOMAIN, NONE, NONE}},
    {"the first that needs more", 10, {{2, 0, 0}, {9, 0, 0}, {9, 0, 0}}, "a4 b3 c3 | b5",
     {2, 5, 3}, {NONE, DOMAIN, DOMAIN}},
    {"it needs a part", 10, {{1, 0, 0}, {5, 0, 0}, {9, 0, 0}}, "a4 b3 c3 | b5 c4", {1, 5, 4},
     {NONE, NONE, DOMAIN}},
    {"just enough", 10, {{1, 0, 0}, {5, 0, 0}, {4, 0, 0}}, "a4 b3 c3 | b5 c4", {1, 5, 4},
     {NONE, NONE, NONE}},
    {"more than enough", 10, {{1, 0, 0}, {4, 0, 0}, {4, 0, 0}}, "a4 b3 c3 | b4 c4", {1, 4, 4},
     {NONE, NONE, NONE}},
    {"a host without an address", 10, {{0, 0, 0}, {6, 0, 0}, {4, 0, 0}}, "a4 b3 c3 | b6 c4",
     {0, 6, 4}, {NONE, NONE, NONE}},
    {"fewer than hosts", 2, {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}, "a1 b1 c0 |", {1, 1, 0},
     {NONE, NONE, DOMAIN}},
    {"fewer than hosts, one unused", 2, {{0, 0, 0}, {1, 0, 0}, {1, 0, 0}}, "a1 b1 c0 | c1",
     {0, 1, 1}, {NONE, NONE, NONE}},
    {"one for all", 1, {{2, 0, 0}, {1, 0, 0}, {0, 0, 0}}, "a1 b0 c0 |", {1, 0, 0},
     {DOMAIN, DOMAIN, NONE}},
    {"one that is not probed needs none", 10, {{4, 0, 0}, {4, 1, 0}, {5, 0, 0}},
     "a4 b3 c3 | c5", {4, 3, 5}, {NONE, NONE, NONE}},
    {"one that is not probed gets no more", 10, {{1, 0, 0}, {9, 1, 0}, {9, 0, 0}},
     "a4 b3 c3 | c9", {1, 3, 9}, {NONE, NONE, NONE}},
    {"one that is not probed leaves no failure", 10, {{4, 0, 0}, {4, 1, 0}, {3, 0, 0}},
     "a4 b3 c3 |", {4, 3, 3}, {NONE, NONE, NONE}},
    {"the host's own limit", 10, {{1, 0, HOST}, {1, 0, 0}, {1, 1, HOST}}, "a4 b3 c3 |", {1, 1, 1},
     {HOST, NONE, HOST}},
    {"both limits", 10, {{9, 0, HOST}, {3, 0, 0}, {4, 1, HOST}}, "a4 b3 c3 | a7", {7, 3, 3},
     {DOMAIN, NONE, HOST}},
};

static struct address addresses[HOSTS][100];
static struct host hosts[HOSTS];

static void make_hosts(const struct row *row)
{
    static const struct certificate certificate = {.dates_valid = true};
    static struct lookup secure = {.status = LOOKUP_NOERROR, .ad = true, .record_count = 1};

    for (size_t i = 0; i < HOSTS; i++) {
        for (size_t j = 0; j < row->hosts[i].addresses; j++)
            addresses[i][j] = (struct address){
                .end.transport = row->hosts[i].down ? TRANSPORT_UNTRIED : TRANSPORT_OK,
                .after.transport = TRANSPORT_OK,
                .handshaken = !row->hosts[i].down,
                .chain = {&certificate, 1, 1},
                .dane = DANE_MATCH_EE};
        hosts[i] = (struct host){.name = three_mx[i].data.mx.exchange,
                                 .base = three_mx[i].data.mx.exchange,
                                 .a = &secure, .aaaa = &secure, .tlsa = &secure,
                                 .tlsa_state = TLSA_SECURE,
                                 .probed = !row->hosts[i].down,
                                 .addresses = addresses[i],
                                 .address_count = row->hosts[i].addresses,
                                 .excess = row->hosts[i].excess};
    }
}

static void hand_over(size_t index)
{
    for (size_t i = 0; i < HOSTS; i++)
        if (strcmp(hosts[i].name, finds[index].name) == 0)
            finds[index].done(finds[index].argument, &hosts[i]);
}

static void note_asked(char *text, size_t size, size_t from)
{
    for (size_t i = from; i < find_count; i++)
        snprintf(text + strlen(text), size - strlen(text), " %c%zu", finds[i].name[0],
                 finds[i].addresses);
}

static void check_domain(const struct row *row, const struct domain *domain, const char *asked)
{
    bool whole = true;

    if (strcmp(asked + 1, row->asked) != 0) /* behind its first blank */
        fail_msg("%s: asked%s", row->name, asked);
    assert_int_equal(domain->host_count, HOSTS);
    for (size_t i = 0; i < HOSTS; i++) {
        const struct domain_host *entry = &domain->hosts[i];

        assert_ptr_equal(entry->host, &hosts[i]);
        if (entry->address_count != row->shown[i] || entry->excess != row->excess[i])
            fail_msg("%s: host %zu: %zu addresses, excess %d", row->name, i, entry->address_count,
                     entry->excess);
        for (size_t j = 0; j < entry->address_count; j++)
            assert_int_equal(entry->verdicts[j].code,
                             hosts[i].probed ? VERDICT_PASS : VERDICT_UNTESTED);
        whole &= row->excess[i] == EXCESS_NONE && hosts[i].address_count > 0;
    }
    assert_int_equal(domain_exit_status(domain), whole ? EXIT_SECURE : EXIT_WRONG);
}

/* The hosts are found in any order, and what is asked for then at once (`inside`) or later. */
static void check_row(const struct row *row, bool backwards, bool inside)
{
    struct world world;
    const struct domain *domain =
        world_begin(&world, "x.y", zone_rows, (struct plan){.addresses = row->addresses});
    char asked[64] = "";

    make_hosts(row);
    zone_answer_all();
    assert_int_equal(find_count, HOSTS);
    note_asked(asked, sizeof asked, 0);
    strcat(asked, " |");
    for (size_t i = 0; i < HOSTS; i++) {
        assert_int_equal(world.finished, 0);
        assert_int_equal(find_count, HOSTS);
        for (size_t j = 0; inside && i == HOSTS - 1 && j < HOSTS; j++)
            known[j] = &hosts[j];
        hand_over(backwards ? HOSTS - 1 - i : i);
    }
    for (size_t count = find_count, i = HOSTS; !inside && i < count; i++) {
        assert_int_equal(world.finished, 0);
        hand_over(backwards ? count + HOSTS - 1 - i : i);
        assert_int_equal(find_count, count);
    }
    assert_int_equal(world.finished, 1);
    note_asked(asked, sizeof asked, HOSTS);
    check_domain(row, domain, asked);
    world_end(&world);
}

static void test_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (unsigned how = 0; how < 4; how++)
            check_row(&rows[i], how & 1, how & 2);
}

/* Never more than the plan's, whatever the hosts have, and all of them where there is enough. */
static void test_sums(void **state)
{
    (void)state;
    for (unsigned most = 1; most <= 12; most++)
        for (size_t i = 0; i < 6 * 6 * 6; i++) {
            struct row row = {"", most, {{i % 6, 0, 0}, {i / 6 % 6, 0, 0}, {i / 36, 0, 0}}, "",
                              {0}, {0}};
            size_t wanted = i % 6 + i / 6 % 6 + i / 36, sum = 0;
            struct world world;
            const struct domain *domain;

            make_hosts(&row);
            domain = world_begin(&world, "x.y", zone_rows, (struct plan){.addresses = most});
            for (size_t j = 0; j < HOSTS; j++)
                known[j] = &hosts[j];
            zone_answer_all();
            assert_int_equal(world.finished, 1);
            for (size_t j = 0; j < HOSTS; j++) {
                bool whole = domain->hosts[j].address_count == hosts[j].address_count;

                sum += domain->hosts[j].address_count;
                assert_int_equal(domain->hosts[j].excess, whole ? NONE : DOMAIN);
            }
            assert_int_equal(sum, wanted < most ? wanted : most);
            world_end(&world);
        }
}

/* An audit that ends while it waits for more gives nothing back but what it held twice. */
static void test_unfinished(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world, "x.y", zone_rows, (struct plan){.addresses = 10});
    make_hosts(&rows[8]); /* just enough */
    zone_answer_all();
    for (size_t i = 0; i < HOSTS; i++)
        hand_over(i);
    assert_int_equal(find_count, HOSTS + 2);
    hand_over(HOSTS);
    assert_int_equal(world.finished, 0);
    domain_audit_free(world.audit);
    for (size_t i = 0; i < find_count; i++)
        assert_int_equal(finds[i].released, i == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

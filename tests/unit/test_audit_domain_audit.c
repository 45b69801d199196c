/*
 * The audit of a domain: which look-ups, how far, and which hosts.
 */
#include "audit_domain.h"

static const struct record null_mx[] = {{.type = RECORD_MX, .data.mx = {0, "."}}};
static const struct record odd_null_mx[] = {{.type = RECORD_MX, .data.mx = {10, "."}}};

struct row {
    const char *name;
    bool all;
    struct zone_row zone[4];
    size_t shown; /* look-ups */
    bool walked, needs_host, null_mx_among_others;
    const char *hosts; /* asked for, each with a blank */
};

static const struct row rows[] = {
    {"one MX host", 0, {MX(NOERROR, 1, one_mx)}, 3, 1, 1, 0, "mx.x.y. "},
    {"each host once", 0, {MX(NOERROR, 1, two_mx)}, 3, 1, 1, 0, "b.x.y. a.x.y. "},
    {"implicit MX (E24)", 0, {{0}}, 3, 1, 1, 0, "x.y. "},
    {"null MX (E23)", 0, {MX(NOERROR, 1, null_mx)}, 3, 1, 0, 0, ""},
    {"null MX of another preference", 0, {MX(NOERROR, 1, odd_null_mx)}, 3, 1, 0, 1, ""},
    {"null MX among others (E23b)", 0, {MX(NOERROR, 1, null_and_mx)}, 3, 1, 0, 1, "mx.x.y. "},
    {"insecure DS (E01)", 0, {AT("x.y.", DS, NODATA, 0, 0)}, 1, 0, 0, 0, ""},
    {"insecure DS, -A",
     1,
     {AT("x.y.", DS, NODATA, 0, 0), MX(NOERROR, 1, one_mx)},
     3,
     1,
     1,
     0,
     "mx.x.y. "},
    {"DS fails", 0, {AT("x.y.", DS, SERVFAIL, 0, 0)}, 1, 0, 0, 0, ""},
    {"insecure DNSKEY", 0, {AT("x.y.", DNSKEY, NOERROR, 0, 2)}, 2, 0, 0, 0, ""},
    {"insecure DNSKEY, -A",
     1,
     {AT("x.y.", DNSKEY, NOERROR, 0, 2), MX(NOERROR, 1, one_mx)},
     3,
     1,
     1,
     0,
     "mx.x.y. "},
    {"insecure MX (E15)", 0, {MX(NOERROR, 0, one_mx)}, 3, 0, 0, 0, ""},
    {"insecure MX, -A", 1, {MX(NOERROR, 0, one_mx)}, 3, 1, 1, 0, "mx.x.y. "},
    {"insecure absence of MX, -A", 1, {AT("x.y.", MX, NODATA, 0, 0)}, 3, 1, 1, 0, "x.y. "},
    {"MX fails, -A", 1, {AT("x.y.", MX, SERVFAIL, 0, 0)}, 3, 0, 0, 0, ""},
    {"MX times out", 0, {AT("x.y.", MX, TIMEOUT, 0, 0)}, 3, 0, 0, 0, ""},
    {"MX times out, -A", 1, {AT("x.y.", MX, TIMEOUT, 0, 0)}, 3, 0, 0, 0, ""},
    {"does not exist", 0, {AT("x.y.", MX, NXDOMAIN, 1, 0)}, 3, 0, 0, 0, ""},
    {"does not exist, -A", 1, {AT("x.y.", MX, NXDOMAIN, 1, 0)}, 3, 0, 0, 0, ""},
};

static void check_row(const struct row *row)
{
    static const enum record_type shown[] = {RECORD_DS, RECORD_DNSKEY, RECORD_MX};
    struct host host = {.name = "mx.x.y.", .base = "mx.x.y."};
    struct world world;
    const struct domain *domain = world_begin(&world, "X.y", row->zone, (struct plan){.all = row->all});
    char hosts[64] = "";

    assert_int_equal(world.finished, 0);
    assert_string_equal(zone.text, "DS x.y.;DNSKEY x.y.;MX x.y.;");
    zone_answer_all();
    for (size_t i = 0; i < find_count; i++) {
        snprintf(hosts + strlen(hosts), sizeof hosts - strlen(hosts), "%s ", finds[i].name);
        if (world.finished != 0)
            fail_msg("%s: finished before its hosts", row->name);
    }
    if (strcmp(hosts, row->hosts) != 0)
        fail_msg("%s: hosts %s", row->name, hosts);
    for (size_t i = 0; i < find_count; i++) {
        host.name = host.base = finds[i].name;
        finds[i].done(finds[i].argument, arena_copy(zone.questions[0].arena, &host, sizeof host));
    }
    assert_int_equal(world.finished, 1);
    assert_string_equal(domain->name, "x.y.");
    assert_string_equal(domain->input, "X.y");
    if (domain->lookup_count != row->shown || domain->walked != row->walked ||
        domain->needs_host != row->needs_host ||
        domain->null_mx_among_others != row->null_mx_among_others)
        fail_msg("%s: %zu look-ups, walked %d, needs %d, among %d", row->name,
                 domain->lookup_count, domain->walked, domain->needs_host,
                 domain->null_mx_among_others);
    for (size_t i = 0; i < domain->lookup_count; i++)
        assert_int_equal(domain->lookups[i]->type, shown[i]);
    assert_int_equal(domain->host_count, find_count);
    for (size_t i = 0; i < find_count; i++)
        assert_string_equal(domain->hosts[i].host->name, finds[i].name);
    assert_int_equal(domain->excess, EXCESS_NONE);
    world_end(&world);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

/* `.` and TLDs: data with AD=1, each of them, or it stops there. */
static void test_zones(void **state)
{
    static const struct {
        const char *input;
        struct zone_row zone[4];
        const char *asked;
        size_t shown;
        bool walked;
    } zones[] = {
        {".", {AT(".", DNSKEY, NOERROR, 1, 2), AT(".", SOA, NOERROR, 1, 1)},
         "DNSKEY .;SOA .;", 2, true},
        {".", {AT(".", DNSKEY, NOERROR, 0, 2), AT(".", SOA, NOERROR, 1, 1)},
         "DNSKEY .;SOA .;", 1, false},
        {".", {AT(".", DNSKEY, NOERROR, 1, 2), AT(".", SOA, NOERROR, 0, 1)},
         "DNSKEY .;SOA .;", 2, false},
        {".", {AT(".", DNSKEY, NOERROR, 1, 2)}, "DNSKEY .;SOA .;", 2, false},
        {"y", {AT("y.", DS, NOERROR, 1, 1), AT("y.", DNSKEY, NOERROR, 1, 2),
               AT("y.", SOA, NOERROR, 1, 1)},
         "DS y.;DNSKEY y.;SOA y.;", 3, true},
        {"y.", {AT("y.", DS, NODATA, 1, 0), AT("y.", DNSKEY, NOERROR, 1, 2),
                AT("y.", SOA, NOERROR, 1, 1)},
         "DS y.;DNSKEY y.;SOA y.;", 1, false},
        {"y", {AT("y.", DS, NOERROR, 1, 1), AT("y.", DNSKEY, SERVFAIL, 0, 0),
               AT("y.", SOA, NOERROR, 1, 1)},
         "DS y.;DNSKEY y.;SOA y.;", 2, false},
        {"y", {AT("y.", DS, NOERROR, 1, 1), AT("y.", DNSKEY, NOERROR, 1, 2),
               AT("y.", SOA, NOERROR, 0, 1)},
         "DS y.;DNSKEY y.;SOA y.;", 3, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(zones); i++) {
        struct world world;
        const struct domain *domain =
            world_begin(&world, zones[i].input, zones[i].zone, (struct plan){.all = true});

        assert_string_equal(zone.text, zones[i].asked);
        while (zone.answered < zone.asked) {
            assert_int_equal(world.finished, 0);
            zone_answer(zone.answered);
        }
        assert_int_equal(world.finished, 1);
        if (domain->lookup_count != zones[i].shown || domain->walked != zones[i].walked)
            fail_msg("zone %zu: %zu look-ups, walked %d", i, domain->lookup_count, domain->walked);
        assert_int_equal(find_count, 0);
        assert_false(domain->needs_host);
        assert_int_equal(domain_exit_status(domain), zones[i].walked ? EXIT_SECURE : EXIT_WRONG);
        world_end(&world);
    }
}

/* What is no domain name is not asked about, and is finished from inside. */
static void test_no_name(void **state)
{
    struct world world;
    const struct domain *domain = world_begin(&world, "a..b", NULL, (struct plan){.all = true});

    (void)state;
    assert_int_equal(zone.asked, 0);
    assert_int_equal(world.finished, 1);
    assert_null(domain->name);
    assert_string_equal(domain->input, "a..b");
    assert_false(domain->walked);
    assert_int_equal(domain_exit_status(domain), EXIT_WRONG);
    world_end(&world);
    domain_audit_free(NULL);
}

/* The answers may come in any order; what is shown keeps its own. */
static void test_order(void **state)
{
    static const struct zone_row zone_rows[] = {MX(NOERROR, 1, null_mx), {0}};
    static const size_t orders[][3] = {{2, 1, 0}, {1, 2, 0}, {2, 0, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct world world;
        const struct domain *domain = world_begin(&world, "x.y", zone_rows, (struct plan){.all = 0});

        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(world.finished, 0);
            zone_answer(orders[i][j]);
        }
        assert_int_equal(world.finished, 1);
        assert_int_equal(domain->lookups[0]->type, RECORD_DS);
        assert_int_equal(domain->lookups[2]->type, RECORD_MX);
        assert_null(domain->nsec3param);
        world_end(&world);
    }
}

/* LIMIT_HOSTS are asked for, and that there are more is said. */
static void test_most_hosts(void **state)
{
    static struct record records[LIMIT_HOSTS + 1];
    static char names[LIMIT_HOSTS + 1][16];

    (void)state;
    for (size_t i = 0; i <= LIMIT_HOSTS; i++) {
        snprintf(names[i], sizeof names[i], "mx%zu.x.y.", i);
        records[i] = (struct record){.type = RECORD_MX, .data.mx = {10, names[i]}};
    }
    for (unsigned count = LIMIT_HOSTS; count <= LIMIT_HOSTS + 1; count++) {
        const struct zone_row zone_rows[] = {
            {"x.y.", RECORD_MX, LOOKUP_NOERROR, true, count, NULL, false, records}, {0}};
        struct world world;
        const struct domain *domain = world_begin(&world, "x.y", zone_rows, (struct plan){.all = 0});
        struct host hosts[LIMIT_HOSTS];

        zone_answer_all();
        assert_int_equal(find_count, LIMIT_HOSTS);
        assert_int_equal(domain->excess, count > LIMIT_HOSTS ? EXCESS_MX_HOSTS : EXCESS_NONE);
        for (size_t i = 0; i < LIMIT_HOSTS; i++) {
            assert_int_equal(world.finished, 0);
            hosts[i] = (struct host){.name = finds[i].name, .base = finds[i].name};
            finds[i].done(finds[i].argument, &hosts[i]);
        }
        assert_int_equal(world.finished, 1);
        assert_int_equal(domain->host_count, LIMIT_HOSTS);
        world_end(&world);
    }
}

/* A domain that is ended before it is finished gives nothing back that it has not got. */
static void test_unfinished(void **state)
{
    static const struct zone_row zone_rows[] = {MX(NOERROR, 1, two_mx), {0}};
    struct host host = {.name = "b.x.y.", .base = "b.x.y."};
    struct world world;

    (void)state;
    world_begin(&world, "x.y", zone_rows, (struct plan){.all = 0});
    zone_answer_all();
    assert_int_equal(find_count, 2);
    finds[0].done(finds[0].argument, &host);
    assert_int_equal(world.finished, 0);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_zones),
        cmocka_unit_test(test_no_name),    cmocka_unit_test(test_order),
        cmocka_unit_test(test_most_hosts), cmocka_unit_test(test_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The facts of an MX host: what is asked, and which addresses are probed.
 */
#include "audit_hosts.h"

#define TLSA_AT(name, status, ad, count)                                                           \
    {"_25._tcp." name, RECORD_TLSA, LOOKUP_##status, ad, count, NULL, false, NULL}
#define ALIAS(type, status, ad, count, alias_ad)                                                   \
    {"mx.x.", RECORD_##type, LOOKUP_##status, ad, count, "real.y.", alias_ad, NULL}
#define ASKED "A mx.x.;AAAA mx.x.;"

struct row {
    const char *name;
    bool all;
    struct zone_row zone[6];
    const char *asked; /* behind the addresses */
    const char *base;
    enum tlsa_state state;
    size_t probes, addresses;
};

static const struct row rows[] = {
    {"secure", false, {A_OK, TLSA_OK}, "TLSA _25._tcp.mx.x.;", "mx.x.", TLSA_SECURE, 1, 1},
    {"no address (E22)", true, {{0}}, "", "mx.x.", TLSA_NOT_ASKED, 0, 0},
    {"insecure address (E14)",
     false,
     {{"mx.x.", RECORD_A, LOOKUP_NOERROR, false, 1, NULL, false, NULL}, TLSA_OK},
     "",
     "mx.x.",
     TLSA_NOT_ASKED,
     0,
     1},
    {"insecure address, -A",
     true,
     {{"mx.x.", RECORD_A, LOOKUP_NOERROR, false, 1, NULL, false, NULL}, TLSA_OK},
     "",
     "mx.x.",
     TLSA_NOT_ASKED,
     1,
     1},
    {"A bogus, AAAA secure (E13)",
     false,
     {{"mx.x.", RECORD_A, LOOKUP_SERVFAIL, false, 0, NULL, false, NULL},
      {"mx.x.", RECORD_AAAA, LOOKUP_NOERROR, true, 2, NULL, false, NULL},
      TLSA_OK},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_SECURE,
     2,
     2},
    {"both bogus, -A",
     true,
     {{"mx.x.", RECORD_A, LOOKUP_SERVFAIL, false, 0, NULL, false, NULL},
      {"mx.x.", RECORD_AAAA, LOOKUP_TIMEOUT, false, 0, NULL, false, NULL}},
     "",
     "mx.x.",
     TLSA_NOT_ASKED,
     0,
     0},
    {"no TLSA", false, {A_OK}, "TLSA _25._tcp.mx.x.;", "mx.x.", TLSA_ABSENT, 0, 1},
    {"no TLSA, -A", true, {A_OK}, "TLSA _25._tcp.mx.x.;", "mx.x.", TLSA_ABSENT, 1, 1},
    {"insecure denial of TLSA (E12)",
     false,
     {A_OK, TLSA_AT("mx.x.", NODATA, false, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_ABSENT,
     0,
     1},
    {"NXDOMAIN of TLSA, -A",
     true,
     {A_OK, TLSA_AT("mx.x.", NXDOMAIN, true, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_ABSENT,
     1,
     1},
    {"insecure TLSA (E17b)",
     false,
     {A_OK, TLSA_AT("mx.x.", NOERROR, false, 1)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_ABSENT,
     0,
     1},
    {"TLSA is an alias into an unsigned zone (E17b)",
     false,
     {A_OK, {"_25._tcp.mx.x.", RECORD_TLSA, LOOKUP_NOERROR, false, 1, "keys.y.", true, NULL}},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_ABSENT,
     0,
     1},
    {"TLSA is a secure alias (E17): the base stays",
     false,
     {A_OK, {"_25._tcp.mx.x.", RECORD_TLSA, LOOKUP_NOERROR, true, 1, "keys.y.", true, NULL}},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_SECURE,
     1,
     1},
    {"TLSA fails (E03)",
     false,
     {A_OK, TLSA_AT("mx.x.", SERVFAIL, false, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_FAILED,
     0,
     1},
    {"TLSA fails, -A (E03b)",
     true,
     {A_OK, TLSA_AT("mx.x.", SERVFAIL, false, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_FAILED,
     0,
     1},
    {"TLSA times out, -A",
     true,
     {A_OK, TLSA_AT("mx.x.", TIMEOUT, false, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_FAILED,
     0,
     1},
    {"TLSA aliases loop, -A (E17c)",
     true,
     {A_OK, TLSA_AT("mx.x.", CNAME_ERROR, false, 0)},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_FAILED,
     0,
     1},
    {"alias, all secure (E16): expanded",
     false,
     {ALIAS(A, NOERROR, true, 1, true), TLSA_AT("real.y.", NOERROR, true, 1), TLSA_OK},
     "TLSA _25._tcp.real.y.;",
     "real.y.",
     TLSA_SECURE,
     1,
     1},
    {"alias, all secure: then original (E16e)",
     false,
     {ALIAS(A, NOERROR, true, 1, true), TLSA_OK},
     "TLSA _25._tcp.real.y.;TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_SECURE,
     1,
     1},
    {"alias, insecure TLSA at the expanded: then original",
     false,
     {ALIAS(A, NOERROR, true, 1, true), TLSA_AT("real.y.", NOERROR, false, 1), TLSA_OK},
     "TLSA _25._tcp.real.y.;TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_SECURE,
     1,
     1},
    {"alias, TLSA of the target bogus: no way out (E16f)",
     true,
     {ALIAS(A, NOERROR, true, 1, true), TLSA_AT("real.y.", SERVFAIL, false, 0), TLSA_OK},
     "TLSA _25._tcp.real.y.;",
     "real.y.",
     TLSA_FAILED,
     0,
     1},
    {"alias, none at either",
     false,
     {ALIAS(A, NOERROR, true, 1, true)},
     "TLSA _25._tcp.real.y.;TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_ABSENT,
     0,
     1},
    {"alias, none at the first, the second fails",
     true,
     {ALIAS(A, NOERROR, true, 1, true), TLSA_AT("mx.x.", REFUSED, false, 0)},
     "TLSA _25._tcp.real.y.;TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_FAILED,
     0,
     1},
    {"secure alias, insecure target (E16b): original only",
     false,
     {ALIAS(A, NOERROR, false, 1, true), TLSA_AT("real.y.", NOERROR, true, 1), TLSA_OK},
     "TLSA _25._tcp.mx.x.;",
     "mx.x.",
     TLSA_SECURE,
     1,
     1},
    {"alias, all insecure (E16c)",
     false,
     {ALIAS(A, NOERROR, false, 1, false), TLSA_AT("real.y.", NOERROR, true, 1), TLSA_OK},
     "",
     "mx.x.",
     TLSA_NOT_ASKED,
     0,
     1},
};

static void check_row(const struct row *row)
{
    struct world world;
    const struct host *host;
    char asked[ZONE_TEXT];

    world_init(&world, row->zone, (struct plan){.all = row->all});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    snprintf(asked, sizeof asked, ASKED "%s", row->asked);
    if (strcmp(zone.text, asked) != 0)
        fail_msg("%s: asked %s, not %s", row->name, zone.text, asked);
    if (probe_count != row->probes || world.done_count != (row->probes == 0))
        fail_msg("%s: %zu probes, %zu done", row->name, probe_count, world.done_count);
    for (size_t i = 0; i < row->probes; i++) {
        if (world.done_count > 0)
            fail_msg("%s: done before its probes", row->name);
        end_probe(i);
    }
    assert_int_equal(world.done_count, 1);
    host = world.done[0];
    if (strcmp(host->name, "mx.x.") != 0 || strcmp(host->base, row->base) != 0)
        fail_msg("%s: base %s", row->name, host->base);
    if (host->tlsa_state != row->state || host->address_count != row->addresses)
        fail_msg("%s: state %d, %zu addresses", row->name, host->tlsa_state, host->address_count);
    if ((host->tlsa_facts != NULL) != (row->state == TLSA_SECURE))
        fail_msg("%s: facts", row->name);
    if ((host->tlsa != NULL) != (row->state != TLSA_NOT_ASKED))
        fail_msg("%s: TLSA", row->name);
    assert_int_equal(host->port, 25);
    hosts_release(world.hosts, host);
    world_fini(&world);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}

/* The two address answers may come in either order; TLSA waits for both. */
static void test_order(void **state)
{
    static const struct zone_row zone_rows[] = {
        {"mx.x.", RECORD_A, LOOKUP_NOERROR, false, 1, NULL, false, NULL},
        {"mx.x.", RECORD_AAAA, LOOKUP_NOERROR, true, 1, NULL, false, NULL},
        {0}};

    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct world world;

        world_init(&world, zone_rows, (struct plan){0});
        hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
        zone_answer(first);
        assert_int_equal(world.done_count, 0);
        assert_int_equal(zone.asked, 2);
        zone_answer(1 - first);
        assert_int_equal(world.done_count, 1); /* A is insecure: no TLSA, whoever came last */
        assert_int_equal(zone.asked, 2);
        assert_int_equal(world.done[0]->address_count, 2);
        world_fini(&world);
    }
}

/* A TLD is no MX host, and is not asked about. */
static void test_tld(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, NULL, (struct plan){.all = true});
    hosts_find(world.hosts, "mx.", LIMIT_ADDRESSES, on_host, &world);
    assert_int_equal(zone.asked, 0);
    assert_int_equal(world.done_count, 1);
    assert_int_equal(world.done[0]->a->status, LOOKUP_TLD_MX_HOST);
    assert_int_equal(world.done[0]->a->type, RECORD_A);
    assert_string_equal(world.done[0]->a->name, "mx.");
    assert_null(world.done[0]->aaaa);
    assert_null(world.done[0]->tlsa);
    assert_false(world.done[0]->probed);
    assert_int_equal(world.done[0]->address_count, 0);
    assert_true(host_lookups_fail(world.done[0]));
    hosts_find(world.hosts, "mx.", LIMIT_ADDRESSES, on_host, &world); /* another domain's too */
    assert_int_equal(world.done_count, 2);
    assert_ptr_equal(world.done[1], world.done[0]);
    world_fini(&world);
}

/* Which of the hosts of -D were met, by those that were looked up. */
static void test_met(void **state)
{
    static const struct zone_row zone_rows[] = {A_OK, {0}};
    struct world world;

    (void)state;
    world_init(&world, zone_rows, (struct plan){.down = {"mx.y", "mx.x"}, .down_count = 2});
    assert_false(hosts_met(world.hosts)->down[1]);
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    assert_false(hosts_met(world.hosts)->down[0]);
    assert_true(hosts_met(world.hosts)->down[1]);
    zone_answer_all();
    world_fini(&world);
}

/* Where findings are wanted the host waits until an insecure answer is explained, beside its probes. */
static void test_explained(void **state)
{
    static const struct zone_row zone_rows[] = {
        {"mx.x.", RECORD_A, LOOKUP_NOERROR, false, 1, NULL, false, NULL},
        {"mx.x.", RECORD_DS, LOOKUP_NOERROR, true, 1, NULL, false, NULL},
        {"mx.x.", RECORD_DNSKEY, LOOKUP_NOERROR, false, 1, NULL, false, NULL},
        {0}};

    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        bool findings = how & 1, all = how & 2;
        struct world world;

        world_init(&world, zone_rows, (struct plan){.findings = findings, .all = all});
        hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
        zone_answer(0);
        zone_answer(1);
        assert_int_equal(probe_count, all);
        assert_int_equal(world.done_count, !findings && !all);
        if (how == 3)
            end_probe(0);
        zone_answer_all();
        if (how == 2)
            end_probe(0);
        assert_int_equal(world.done_count, 1);
        assert_string_equal(zone.text, findings ? ASKED "DS mx.x.;DNSKEY mx.x.;" : ASKED);
        assert_int_equal(world.done[0]->a->zone_ds != NULL, findings);
        world_fini(&world);
    }
}

/* -p makes the owner of the TLSA records. */
static void test_port(void **state)
{
    static const struct zone_row zone_rows[] = {A_OK, {0}};
    struct world world;

    (void)state;
    world_init(&world, zone_rows, (struct plan){.port = 587});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    assert_string_equal(zone.text, ASKED "TLSA _587._tcp.mx.x.;");
    assert_int_equal(world.done[0]->port, 587);
    world_fini(&world);
}

/* Every plan that decides; `probed` has a letter for each address: 9 (9.9.9.1), r (127.0.0.1), 6. */
static void test_wanted(void **state)
{
    static const struct {
        const char *name;
        struct plan plan;
        const char *probed;
        bool wanted;
    } wants[] = {
        {"all but the reserved", {.port = 25}, "96", true},
        {"-R", {.reserved = true}, "9r6", true},
        {"-4", {.no_ipv4 = true}, "6", true},
        {"-6", {.no_ipv6 = true}, "9", true},
        {"-6 -R", {.no_ipv6 = true, .reserved = true}, "9r", true},
        {"-4 -6", {.no_ipv4 = true, .no_ipv6 = true, .reserved = true}, "", true},
        {"-D", {.reserved = true, .down = {"mx.x"}, .down_count = 1}, "", false},
        {"-D -A", {.all = true, .down = {"mx.x"}, .down_count = 1}, "", false},
        {"-D of another", {.down = {"mx.y"}, .down_count = 1}, "96", true},
        {"-D -U", {.down = {"mx.x"}, .down_count = 1, .down_only = true}, "96", true},
        {"-D -U of another", {.down = {"mx.y"}, .down_count = 1, .down_only = true}, "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        struct world world;
        char probed[8] = "";

        world_init(&world, both_families, wants[i].plan);
        hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
        zone_answer_all();
        for (size_t j = 0; j < probe_count; j++)
            probed[j] = probes[j].address->ipv6 ? '6'
                        : probes[j].address->bytes[0] == 9 ? '9' : 'r';
        for (size_t j = probe_count; j-- > 0;)
            end_probe(j);
        assert_int_equal(world.done_count, 1);
        if (strcmp(probed, wants[i].probed) != 0 || world.done[0]->probed != wants[i].wanted)
            fail_msg("%s: probed %s", wants[i].name, probed);
        assert_int_equal(world.done[0]->address_count, 3);
        for (size_t j = 0; j < 3; j++) {
            bool told = j == 1 && wants[i].wanted && !wants[i].plan.reserved &&
                        !wants[i].plan.no_ipv4;
            bool was = strchr(wants[i].probed, "9r6"[j]) != NULL;
            enum transport wanted = told  ? TRANSPORT_RESERVED
                                    : was ? TRANSPORT_OK
                                          : TRANSPORT_UNTRIED;

            if (world.done[0]->addresses[j].end.transport != wanted ||
                world.done[0]->addresses[j].after.transport != TRANSPORT_OK)
                fail_msg("%s: address %zu", wants[i].name, j);
        }
        world_fini(&world);
    }
}

/* Each session has its host, an address of its own and an arena of its own: the pool writes there.
 */
static void test_own_arenas(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, both_families, (struct plan){.reserved = true});
    hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
    zone_answer_all();
    assert_int_equal(probe_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world.done_count, 0);
        assert_string_equal(probes[i].host->base, "mx.x.");
        assert_int_equal(probes[i].host->tlsa_state, TLSA_SECURE);
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(probes[i].memory, probes[j].memory);
            assert_ptr_not_equal(probes[i].address, probes[j].address);
        }
    }
    for (size_t i = 0; i < 3; i++)
        end_probe(i);
    assert_int_equal(world.done_count, 1);
    world_fini(&world);
}

/* LIMIT_ADDRESSES are probed, and that there are more is said. */
static void test_most_addresses(void **state)
{
    (void)state;
    for (unsigned count = LIMIT_ADDRESSES - 1; count <= LIMIT_ADDRESSES + 1; count++) {
        const struct zone_row zone_rows[] = {
            {"mx.x.", RECORD_A, LOOKUP_NOERROR, true, count, NULL, false, NULL}, TLSA_OK, {0}};
        unsigned least = count < LIMIT_ADDRESSES ? count : LIMIT_ADDRESSES;
        struct world world;

        world_init(&world, zone_rows, (struct plan){0});
        hosts_find(world.hosts, "mx.x.", LIMIT_ADDRESSES, on_host, &world);
        zone_answer_all();
        assert_int_equal(probe_count, least);
        for (size_t i = 0; i < least; i++)
            end_probe(i);
        assert_int_equal(world.done_count, 1);
        assert_int_equal(world.done[0]->address_count, least);
        assert_int_equal(world.done[0]->excess,
                         count > LIMIT_ADDRESSES ? EXCESS_ADDRESSES : EXCESS_NONE);
        world_fini(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_tld),    cmocka_unit_test(test_port),
        cmocka_unit_test(test_wanted), cmocka_unit_test(test_own_arenas),
        cmocka_unit_test(test_most_addresses), cmocka_unit_test(test_met),
        cmocka_unit_test(test_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

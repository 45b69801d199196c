/*
 * The audit of a domain: which look-ups, how far, which hosts, and a verdict for each address. The
 * resolver and the hosts are made by hand: the linker puts these functions in their place.
 */
#include "audit/task.h"

#include "audit_zone.h"

enum { MOST_FINDS = 128 };

struct seen_find {
    const char *name;
    void (*done)(void *, const struct host *);
    void *argument;
    unsigned released;
};

struct world {
    struct plan plan;
    struct task_services services;
    struct task *task;
    unsigned finished;
};

static struct seen_find finds[MOST_FINDS];
static size_t find_count;
static struct host *known; /* handed over from inside hosts_find; NULL: none */

void __wrap_hosts_find(struct hosts *hosts, const char *name,
                       void (*done)(void *, const struct host *), void *argument);
void __wrap_hosts_release(struct hosts *hosts, const struct host *host);

void __wrap_hosts_find(struct hosts *hosts, const char *name,
                       void (*done)(void *, const struct host *), void *argument)
{
    (void)hosts;
    assert_true(find_count < MOST_FINDS);
    finds[find_count++] = (struct seen_find){name, done, argument, 0};
    if (known != NULL)
        done(argument, known);
}

void __wrap_hosts_release(struct hosts *hosts, const struct host *host)
{
    (void)hosts;
    for (size_t i = 0; i < find_count; i++)
        if (strcmp(finds[i].name, host->name) == 0) {
            finds[i].released++;
            return;
        }
    fail_msg("%s was not asked for", host->name);
}

static void on_finished(void *argument)
{
    ((struct world *)argument)->finished++;
}

static const struct domain *world_begin(struct world *world, const char *input,
                                        const struct zone_row *rows, struct plan plan)
{
    zone_set(rows);
    find_count = 0;
    known = NULL;
    *world = (struct world){.plan = plan};
    world->services.plan = &world->plan;
    world->task = task_new(&world->services, input, on_finished, world);
    return task_domain(world->task);
}

static void world_end(struct world *world)
{
    task_free(world->task);
    for (size_t i = 0; i < find_count; i++)
        assert_int_equal(finds[i].released, world->finished);
}

/* --- The look-ups. --- */

#define AT(name, type, status, ad, count)                                                          \
    {name, RECORD_##type, LOOKUP_##status, ad, count, NULL, false, NULL}
#define MX(status, ad, list) {"x.y.", RECORD_MX, LOOKUP_##status, ad, COUNT(list), NULL, false, list}
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const struct record one_mx[] = {{.type = RECORD_MX, .data.mx = {10, "mx.x.y."}}};
static const struct record two_mx[] = {{.type = RECORD_MX, .data.mx = {10, "b.x.y."}},
                                       {.type = RECORD_MX, .data.mx = {20, "a.x.y."}},
                                       {.type = RECORD_MX, .data.mx = {30, "b.x.y."}}};
static const struct record null_mx[] = {{.type = RECORD_MX, .data.mx = {0, "."}}};
static const struct record odd_null_mx[] = {{.type = RECORD_MX, .data.mx = {10, "."}}};
static const struct record null_and_mx[] = {{.type = RECORD_MX, .data.mx = {0, "."}},
                                            {.type = RECORD_MX, .data.mx = {10, "mx.x.y."}}};

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
    task_free(NULL);
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

/* --- Hosts and verdicts. --- */

/* What a server with a certificate for `mx.x.y` and its issuer showed. */
static struct address made_address(uint8_t last, enum dane_result dane, bool handshaken)
{
    static const struct bytes names[] = {{(const uint8_t *)"mx.x.y", 6}};
    static const struct certificate chain[] = {{.names = names,
                                                .name_count = 1,
                                                .dates_valid = true,
                                                .not_before = 1000,
                                                .not_after = 2000},
                                               {.dates_valid = true}};

    return (struct address){.bytes = {9, 9, 9, last},
                            .end.transport = handshaken ? TRANSPORT_OK : TRANSPORT_REFUSED,
                            .after.transport = TRANSPORT_OK,
                            .handshaken = handshaken,
                            .chain = {chain, 2, 2},
                            .dane = dane,
                            .dane_depth = dane == DANE_MATCH_TA};
}

struct verdict_row {
    const char *name;
    const char *input;
    struct plan plan;
    struct zone_row zone[2];
    const char *host, *base;
    enum tlsa_state tlsa;
    enum dane_result dane;
    enum verdict_code wanted;
};

#define ONE {MX(NOERROR, 1, one_mx)}
#define TIME(...) {.verify_time = 1500, __VA_ARGS__}

static const struct verdict_row verdict_rows[] = {
    {"EE", "x.y", TIME(), ONE, "mx.x.y.", "mx.x.y.", TLSA_SECURE, DANE_MATCH_EE, VERDICT_PASS},
    {"TA", "x.y", TIME(), ONE, "mx.x.y.", "mx.x.y.", TLSA_SECURE, DANE_MATCH_TA, VERDICT_PASS},
    {"TA, the base has another name", "x.y", TIME(), ONE, "mx.x.y.", "real.x.y.", TLSA_SECURE,
     DANE_MATCH_TA, VERDICT_NAME_MISMATCH},
    {"TA, the expanded host is named", "x.y", TIME(), ONE, "alias.x.y.", "mx.x.y.", TLSA_SECURE,
     DANE_MATCH_TA, VERDICT_PASS},
    {"TA, the domain is named", "mx.x.y", TIME(),
     {{"mx.x.y.", RECORD_MX, LOOKUP_NOERROR, true, 1, NULL, false, two_mx}}, "b.x.y.", "b.x.y.",
     TLSA_SECURE, DANE_MATCH_TA, VERDICT_PASS},
    {"TA, insecure MX: the domain's name does not count (E15)", "mx.x.y", TIME(.all = true),
     {{"mx.x.y.", RECORD_MX, LOOKUP_NOERROR, false, 1, NULL, false, two_mx}}, "b.x.y.", "b.x.y.",
     TLSA_SECURE, DANE_MATCH_TA, VERDICT_NAME_MISMATCH},
    {"TA, insecure MX: the host's does, not its expansion's", "x.y", TIME(.all = true),
     {MX(NOERROR, 0, one_mx)}, "alias.x.y.", "mx.x.y.", TLSA_SECURE, DANE_MATCH_TA,
     VERDICT_NAME_MISMATCH},
    {"TA, insecure MX: the host's does", "x.y", TIME(.all = true), {MX(NOERROR, 0, one_mx)},
     "mx.x.y.", "mx.x.y.", TLSA_SECURE, DANE_MATCH_TA, VERDICT_PASS},
    {"EE, too late, without -e", "x.y", {.verify_time = 2000}, ONE, "mx.x.y.", "mx.x.y.",
     TLSA_SECURE, DANE_MATCH_EE, VERDICT_PASS},
    {"EE, too late, -e", "x.y", {.verify_time = 2000, .ee_checks = true}, ONE, "mx.x.y.",
     "mx.x.y.", TLSA_SECURE, DANE_MATCH_EE, VERDICT_CERT_EXPIRED},
    {"EE, too early, -e", "x.y", {.verify_time = 999, .ee_checks = true}, ONE, "mx.x.y.",
     "mx.x.y.", TLSA_SECURE, DANE_MATCH_EE, VERDICT_CERT_EXPIRED},
    {"EE, another name, -e", "x.y", TIME(.ee_checks = true), ONE, "z.x.y.", "z.x.y.", TLSA_SECURE,
     DANE_MATCH_EE, VERDICT_NAME_MISMATCH},
    {"no TLSA, -A", "x.y", TIME(.all = true), ONE, "mx.x.y.", "mx.x.y.", TLSA_ABSENT,
     DANE_NOT_CHECKED, VERDICT_TLSA_ABSENT},
    {"no TLSA, -A: nothing that a handshake says counts", "x.y", TIME(.all = true), ONE, "mx.x.y.",
     "mx.x.y.", TLSA_ABSENT, DANE_MATCH_EE, VERDICT_TLSA_ABSENT},
    {"TLSA not asked, -A", "x.y", TIME(.all = true), ONE, "mx.x.y.", "mx.x.y.", TLSA_NOT_ASKED,
     DANE_MATCH_TA, VERDICT_TLSA_ABSENT},
    {"TLSA failed, -A", "x.y", TIME(.all = true), ONE, "mx.x.y.", "mx.x.y.", TLSA_FAILED,
     DANE_MATCH_EE, VERDICT_TLSA_ABSENT},
    {"mismatch", "x.y", TIME(), ONE, "mx.x.y.", "mx.x.y.", TLSA_SECURE, DANE_MISMATCH,
     VERDICT_TLSA_MISMATCH},
    {"unusable", "x.y", TIME(), ONE, "mx.x.y.", "mx.x.y.", TLSA_SECURE, DANE_UNUSABLE,
     VERDICT_TLSA_UNUSABLE},
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(verdict_rows); i++) {
        const struct verdict_row *row = &verdict_rows[i];
        struct world world;
        const struct domain *domain = world_begin(&world, row->input, row->zone, row->plan);
        struct address addresses[] = {made_address(1, row->dane, false),
                                      made_address(2, row->dane, true)};
        struct host host = {.name = row->host,
                            .base = row->base,
                            .tlsa_state = row->tlsa,
                            .probed = true,
                            .addresses = addresses,
                            .address_count = 2};

        zone_answer_all();
        assert_int_equal(find_count, 1);
        finds[0].name = row->host;
        finds[0].done(finds[0].argument, &host);
        assert_int_equal(world.finished, 1);
        assert_ptr_equal(domain->hosts[0].host, &host);
        assert_int_equal(domain->hosts[0].verdicts[0].code, VERDICT_UNTESTED);
        if (domain->hosts[0].verdicts[1].code != row->wanted)
            fail_msg("%s: %d", row->name, domain->hosts[0].verdicts[1].code);
        world_end(&world);
    }
}

/* Each address has its own verdict: another certificate at one of them (E62). */
static void test_each_address(void **state)
{
    static const struct zone_row zone_rows[] = {MX(NOERROR, 1, one_mx), {0}};
    static const enum verdict_code wanted[] = {VERDICT_PASS, VERDICT_TLSA_MISMATCH,
                                               VERDICT_CERT_EXPIRED, VERDICT_UNTESTED};
    struct address addresses[] = {
        made_address(1, DANE_MATCH_EE, true), made_address(2, DANE_MISMATCH, true),
        made_address(3, DANE_EXPIRED, true), made_address(4, DANE_MATCH_EE, false)};
    struct lookup a = {.name = "mx.x.y.", .type = RECORD_A, .status = LOOKUP_NOERROR, .ad = true,
                       .record_count = 4};
    struct host host = {.name = "mx.x.y.", .base = "mx.x.y.", .a = &a, .tlsa = &a,
                        .tlsa_state = TLSA_SECURE, .probed = true, .addresses = addresses};
    struct world world;

    (void)state;
    for (size_t count = 1; count <= COUNT(wanted); count++) {
        const struct domain *domain = world_begin(&world, "x.y", zone_rows, (struct plan){.all = 0});

        host.address_count = a.record_count = count;
        known = &host; /* the host is known: all of it is done from inside hosts_find */
        zone_answer_all();
        assert_int_equal(world.finished, 1);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(domain->hosts[0].verdicts[i].code, wanted[i]);
        world_end(&world);
    }
}

/* Findings, and the question that is asked for them, only where the plan wants them. */
static void test_findings(void **state)
{
    static const struct zone_row zone_rows[] = {
        AT("x.y.", DS, NODATA, 0, 0), AT("x.y.", NSEC3PARAM, NODATA, 0, 0), {0}};
    struct world world;

    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        const struct domain *domain =
            world_begin(&world, "x.y", zone_rows, (struct plan){.findings = wanted});

        assert_int_equal(zone.asked, 3 + wanted);
        while (zone.answered < zone.asked) {
            assert_int_equal(world.finished, 0);
            zone_answer(zone.asked - 1 - zone.answered);
        }
        assert_int_equal(world.finished, 1);
        assert_int_equal(domain->finding_count > 0, wanted);
        assert_int_equal(domain->nsec3param != NULL, wanted);
        if (wanted)
            assert_int_equal(domain->nsec3param->type, RECORD_NSEC3PARAM);
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
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_zones),
        cmocka_unit_test(test_no_name),      cmocka_unit_test(test_order),
        cmocka_unit_test(test_most_hosts),   cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_each_address), cmocka_unit_test(test_findings),
        cmocka_unit_test(test_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

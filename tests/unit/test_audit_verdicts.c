/*
 * The audit of a domain: a verdict for each address of its hosts, and what its findings are about.
 */
#include "audit_domain.h"
#include "findings/findings.h"
#include "models/compare.h"
#include "model/finding.h"

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
        known[0] = &host; /* the host is known: all of it is done from inside hosts_find */
        zone_answer_all();
        assert_int_equal(world.finished, 1);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(domain->hosts[0].verdicts[i].code, wanted[i]);
        world_end(&world);
    }
}

/* The question that is asked for findings, only where the plan wants them. */
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
        for (size_t asked = zone.asked, i = 0; i < asked; i++) {
            assert_int_equal(world.finished, 0);
            zone_answer(asked - 1 - i);
        }
        zone_answer_all(); /* what is asked to say why an answer is insecure */
        assert_int_equal(world.finished, 1);
        assert_int_equal(domain->finding_count, 0); /* they are the judge's */
        assert_int_equal(domain->nsec3param != NULL, wanted);
        if (wanted)
            assert_int_equal(domain->nsec3param->type, RECORD_NSEC3PARAM);
        world_end(&world);
    }
}

static const struct finding *find_code(const struct domain *domain, enum finding_code code)
{
    for (size_t i = 0; i < domain->finding_count; i++)
        if (domain->findings[i].code == code)
            return &domain->findings[i];
    return NULL;
}

/* What a finding is about: the MX look-up, the part of the session after TLS; nothing untried. */
static void test_what_findings_are_about(void **state)
{
    static const struct zone_row zone_rows[] = {MX(NOERROR, 1, null_and_mx), {0}};
    struct lookup a = {.name = "mx.x.y.", .owner = "mx.x.y.", .type = RECORD_A,
                       .status = LOOKUP_NOERROR, .ad = true, .record_count = 3};
    struct lookup aaaa = {.name = "mx.x.y.", .owner = "mx.x.y.", .type = RECORD_AAAA,
                          .status = LOOKUP_NODATA, .ad = true};
    struct record record = {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, {NULL, 0}}};
    struct lookup tlsa = {.name = "_25._tcp.mx.x.y.", .owner = "_25._tcp.mx.x.y.",
                          .type = RECORD_TLSA, .status = LOOKUP_NOERROR, .ad = true,
                          .records = &record, .record_count = 1};
    struct address addresses[] = {made_address(1, DANE_NOT_CHECKED, false),
                                  made_address(2, DANE_NOT_CHECKED, false),
                                  made_address(3, DANE_NOT_CHECKED, false)};
    struct host host = {.name = "mx.x.y.", .base = "mx.x.y.", .a = &a, .aaaa = &aaaa,
                        .tlsa = &tlsa, .tlsa_state = TLSA_SECURE, .probed = true,
                        .addresses = addresses, .address_count = 3};
    struct world world;
    const struct domain *facts =
        world_begin(&world, "x.y", zone_rows, (struct plan){.findings = true});
    const struct findings_rules rules = {.warn_days = 0};
    const struct finding *finding;
    struct domain judged;
    const struct domain *domain = &judged;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    compare_host(&host, &arena);
    addresses[1].end.transport = TRANSPORT_UNTRIED;
    addresses[2].after.transport = TRANSPORT_CLOSED;
    known[0] = &host;
    zone_answer_all();
    assert_int_equal(world.finished, 1);
    judged = *facts;
    findings_find(&judged, &rules, &arena);
    finding = find_code(domain, FINDING_NULL_MX_AMONG_OTHERS);
    assert_non_null(finding);
    assert_int_equal(finding->lookup->type, RECORD_MX);
    finding = find_code(domain, FINDING_CONNECTION_REFUSED);
    assert_non_null(finding);
    assert_ptr_equal(finding->end, &addresses[0].end);
    finding = find_code(domain, FINDING_EHLO_TLS_FAILED);
    assert_non_null(finding);
    assert_ptr_equal(finding->end, &addresses[2].after);
    for (size_t i = 0; i < domain->finding_count; i++)
        assert_ptr_not_equal(domain->findings[i].address, &addresses[1]);
    world_end(&world);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_each_address),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_what_findings_are_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Fail closed: what is missing, failed or unknown is never EXIT_SECURE. */
#include "model/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "report/trace.h"

/* A whole audit that passes; each row breaks one thing. */
struct world {
    struct record record, mx_record;
    struct lookup_alias alias;
    struct lookup ds, dnskey, mx, a, aaaa, tlsa;
    struct address addresses[2];
    struct verdict verdicts[2];
    struct host host;
    struct domain_host entry;
    struct domain domain;
};

static struct lookup secure(enum record_type type, const struct record *record)
{
    return (struct lookup){.name = "x.", .owner = "x.", .type = type, .ad = true,
                           .status = LOOKUP_NOERROR, .records = record, .record_count = 1};
}

static struct lookup denied(enum record_type type)
{
    return (struct lookup){.name = "x.", .owner = "x.", .type = type, .ad = true,
                           .status = LOOKUP_NODATA};
}

static struct lookup of_host(struct lookup lookup)
{
    lookup.name = lookup.owner = "mx.x.";
    return lookup;
}

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->ds = secure(RECORD_DS, &world->record);
    world->dnskey = secure(RECORD_DNSKEY, &world->record);
    world->mx_record = (struct record){.type = RECORD_MX, .data.mx = {10, "mx.x."}};
    world->alias = (struct lookup_alias){"mx.x.", "y.", true, 1};
    world->mx = secure(RECORD_MX, &world->mx_record);
    world->a = of_host(secure(RECORD_A, &world->record));
    world->aaaa = of_host(denied(RECORD_AAAA));
    world->tlsa = of_host(secure(RECORD_TLSA, &world->record));
    for (size_t i = 0; i < 2; i++) {
        world->addresses[i].end.transport = world->addresses[i].after.transport = TRANSPORT_OK;
        world->addresses[i].handshaken = true;
        world->verdicts[i].code = VERDICT_PASS;
    }
    world->host = (struct host){.name = "mx.x.", .base = "mx.x.", .a = &world->a, .aaaa = &world->aaaa,
                                .tlsa = &world->tlsa, .tlsa_state = TLSA_SECURE, .probed = true,
                                .addresses = world->addresses, .address_count = 1};
    world->entry = (struct domain_host){&world->host, world->verdicts, 1, EXCESS_NONE};
    world->domain = (struct domain){.input = "x", .name = "x.", .walked = true,
                                    .lookups = {&world->ds, &world->dnskey, &world->mx},
                                    .lookup_count = 3, .needs_host = true,
                                    .hosts = &world->entry, .host_count = 1};
}

static void nothing(struct world *world) { (void)world; }
static void no_name(struct world *world) { world->domain.name = NULL; }
static void no_lookups(struct world *world) { world->domain.lookup_count = 0; }
static void not_walked(struct world *world) { world->domain.walked = false; }
static void no_hosts(struct world *world) { world->domain.host_count = 0; }
static void null_mx(struct world *world) { no_hosts(world); world->domain.needs_host = false; }
static void null_mx_beside(struct world *world) { world->domain.null_mx_among_others = true; }
static void hosts_left_out(struct world *world) { world->domain.excess = EXCESS_MX_HOSTS; }
static void addresses_left_out(struct world *world) { world->entry.excess = EXCESS_ADDRESSES; }
static void ds_insecure(struct world *world) { world->ds.ad = false; }
static void unsigned_tld(struct world *world)
{
    not_walked(world);
    no_hosts(world);
    world->ds = denied(RECORD_DS);
    world->domain.lookup_count = 1;
}
static void ds_denied(struct world *world) { world->ds = denied(RECORD_DS); }
static void ds_nxdomain(struct world *world)
{
    world->ds = denied(RECORD_DS);
    world->ds.status = LOOKUP_NXDOMAIN;
}
static void dnskey_bogus(struct world *world)
{
    world->dnskey =
        (struct lookup){.owner = "x.", .type = RECORD_DNSKEY, .status = LOOKUP_SERVFAIL};
}
/* A status and an AD bit without records must not count as data. */
static void dnskey_empty(struct world *world) { world->dnskey.record_count = 0; }
static void validators_differ(struct world *world) { world->domain.delegation.split = true; }
static void mx_insecure(struct world *world) { world->mx.ad = false; }
static void soa_denied(struct world *world) { world->mx = denied(RECORD_SOA); }
static void a_insecure(struct world *world) { world->a.ad = false; }
static void aaaa_insecure(struct world *world) { world->aaaa.ad = false; }
static void aaaa_timeout(struct world *world)
{
    world->aaaa = (struct lookup){.owner = "x.", .type = RECORD_AAAA, .status = LOOKUP_TIMEOUT};
}
static void a_missing(struct world *world) { world->host.a = NULL; }
static void aaaa_missing(struct world *world) { world->host.aaaa = NULL; }
static void no_address(struct world *world) { world->host.address_count = world->entry.address_count = 0; }
static void tlsa_absent(struct world *world) { world->host.tlsa_state = TLSA_ABSENT; }
static void tlsa_failed(struct world *world) { world->host.tlsa_state = TLSA_FAILED; }
static void tlsa_not_asked(struct world *world) { world->host.tlsa_state = TLSA_NOT_ASKED; }
static void mismatch(struct world *world) { world->verdicts[0].code = VERDICT_TLSA_MISMATCH; }
static void unusable(struct world *world) { world->verdicts[0].code = VERDICT_TLSA_UNUSABLE; }
static void untested(struct world *world)
{
    world->verdicts[0].code = VERDICT_UNTESTED;
    world->addresses[0].end.transport = TRANSPORT_TIMEOUT;
}
static void unknown_verdict(struct world *world) { world->verdicts[0].code = (enum verdict_code)99; }
static void ehlo_after_fails(struct world *world)
{
    world->addresses[0].after.transport = TRANSPORT_CLOSED;
}
static void untried(struct world *world)
{
    untested(world);
    world->addresses[0].end.transport = TRANSPORT_UNTRIED;
}
static void one_untried(struct world *world) { untried(world); world->host.address_count = world->entry.address_count = 2; }
static void host_left_out(struct world *world) { untried(world); world->host.probed = false; }
static void reserved(struct world *world)
{
    untested(world);
    world->addresses[0].end.transport = TRANSPORT_RESERVED;
}
static void insecure_behind_alias(struct world *world)
{
    world->a.ad = world->aaaa.ad = false;
    world->a.aliases = world->aaaa.aliases = &world->alias;
    world->a.alias_count = world->aaaa.alias_count = 1;
    world->a.owner = world->aaaa.owner = "y.";
}
static void aaaa_insecure_behind_alias(struct world *world)
{
    insecure_behind_alias(world);
    world->a.ad = true;
}
static void behind_insecure_alias(struct world *world)
{
    insecure_behind_alias(world);
    world->alias.ad = false;
}
static void tlsa_of_insecure_target(struct world *world)
{
    insecure_behind_alias(world);
    world->host.base = "y.";
}
static void tlsa_absent_at_alias(struct world *world)
{
    insecure_behind_alias(world);
    tlsa_absent(world);
}

/* What was never asked has no line. */
static bool is_printable(const struct world *world)
{
    return world->domain.lookup_count > 0 && world->host.a != NULL && world->host.aaaa != NULL;
}

/*
 * With -q silence means that all is well, so it must not mean anything else, also with -v; and what
 * is said begins with a line that is the domain's own.
 */
static const char *quiet_is_wrong(const struct domain *domain, bool passes)
{
    const char *complaint = NULL;
    struct buffer out;

    for (unsigned verbose = 0; verbose < 2 && complaint == NULL; verbose++) {
        struct trace_options quiet = {.quiet = true, .verbose = verbose};

        buffer_init(&out, 0);
        trace_render(domain, &quiet, &out);
        if ((out.length == 0) != passes)
            complaint = passes ? "it is not silent" : "it is silent";
        else if (!passes && out.data[0] != 'x')
            complaint = "nobody knows whose block it is";
        buffer_fini(&out);
    }
    return complaint;
}

static void test_exit_status(void **state)
{
    static const struct {
        const char *name;
        void (*change)(struct world *world);
        enum exit_status wanted;
    } rows[] = {
        {"all well", nothing, EXIT_SECURE},
        {"null MX alone", null_mx, EXIT_SECURE},
        {"DS securely denied (root of trust below)", ds_denied, EXIT_SECURE},
        {"one address of two not wanted (-4)", one_untried, EXIT_SECURE},
        {"an insecure target of a secure alias with TLSA (E16b)", insecure_behind_alias,
         EXIT_SECURE},
        {"the same, A secure", aaaa_insecure_behind_alias, EXIT_SECURE},
        {"no address wanted (-4 -6)", untried, EXIT_WRONG},
        {"no host wanted (-D, --only, --skip)", host_left_out, EXIT_WRONG},
        {"a reserved address", reserved, EXIT_WRONG},
        {"an insecure target of an insecure alias (E16c)", behind_insecure_alias, EXIT_WRONG},
        {"TLSA of an insecure target", tlsa_of_insecure_target, EXIT_WRONG},
        {"no TLSA at the alias of an insecure target", tlsa_absent_at_alias, EXIT_WRONG},
        {"no domain name", no_name, EXIT_WRONG},
        {"nothing looked up", no_lookups, EXIT_WRONG},
        {"the walk ended early", not_walked, EXIT_WRONG},
        {"a TLD without DS", unsigned_tld, EXIT_WRONG},
        {"no host", no_hosts, EXIT_WRONG},
        {"null MX beside others", null_mx_beside, EXIT_WRONG},
        {"MX hosts beyond the limit", hosts_left_out, EXIT_WRONG},
        {"addresses beyond the limit", addresses_left_out, EXIT_WRONG},
        {"DS insecure", ds_insecure, EXIT_WRONG},
        {"DS NXDomain", ds_nxdomain, EXIT_WRONG},
        {"DNSKEY bogus", dnskey_bogus, EXIT_WRONG},
        {"DNSKEY without records", dnskey_empty, EXIT_WRONG},
        {"validators differ about DS", validators_differ, EXIT_WRONG},
        {"MX insecure", mx_insecure, EXIT_WRONG},
        {"SOA denied", soa_denied, EXIT_WRONG},
        {"A insecure", a_insecure, EXIT_WRONG},
        {"AAAA denial insecure", aaaa_insecure, EXIT_WRONG},
        {"AAAA timeout (E13)", aaaa_timeout, EXIT_WRONG},
        {"A not asked", a_missing, EXIT_WRONG},
        {"AAAA not asked", aaaa_missing, EXIT_WRONG},
        {"no address", no_address, EXIT_WRONG},
        {"TLSA absent (E26)", tlsa_absent, EXIT_WRONG},
        {"TLSA failed", tlsa_failed, EXIT_WRONG},
        {"TLSA not asked", tlsa_not_asked, EXIT_WRONG},
        {"mismatch", mismatch, EXIT_WRONG},
        {"unusable", unusable, EXIT_WRONG},
        {"untested", untested, EXIT_WRONG},
        {"unknown verdict", unknown_verdict, EXIT_WRONG},
        {"EHLO after the handshake", ehlo_after_fails, EXIT_WRONG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        const char *complaint;

        world_init(&world);
        rows[i].change(&world);
        if (domain_exit_status(&world.domain) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
        complaint = is_printable(&world)
                        ? quiet_is_wrong(&world.domain, rows[i].wanted == EXIT_SECURE)
                        : NULL;
        if (complaint != NULL)
            fail_msg("%s: -q: %s", rows[i].name, complaint);
    }
}

/* RFC 7672 sections 2.2.2, 2.2.3: only TLSA records at a secure alias make its target's do no harm. */
static void test_address_lookup(void **state)
{
    static const struct {
        void (*change)(struct world *world);
        bool fails;
    } rows[] = {{nothing, false},        {insecure_behind_alias, false}, {a_insecure, true},
                {behind_insecure_alias, true}, {tlsa_of_insecure_target, true},
                {tlsa_absent_at_alias, true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;

        world_init(&world);
        rows[i].change(&world);
        if (host_address_lookup_fails(&world.host, world.host.a) != rows[i].fails)
            fail_msg("row %zu", i);
    }
}

/* One of three hosts, or one of three addresses, is enough: wherever it stands. */
static void test_each_counts(void **state)
{
    (void)state;
    for (size_t bad = 0; bad <= 3; bad++) {
        struct world world;
        struct host hosts[3];
        struct address addresses[3];
        struct verdict verdicts[3];
        struct domain_host entries[3];

        world_init(&world);
        for (size_t i = 0; i < 3; i++) {
            hosts[i] = world.host;
            hosts[i].tlsa_state = i == bad ? TLSA_ABSENT : TLSA_SECURE;
            entries[i] = (struct domain_host){&hosts[i], world.verdicts, 1, EXCESS_NONE};
            addresses[i] = world.addresses[0];
            verdicts[i].code = i == bad ? VERDICT_NAME_MISMATCH : VERDICT_PASS;
        }
        world.domain.hosts = entries;
        world.domain.host_count = 3;
        assert_int_equal(domain_exit_status(&world.domain), bad == 3 ? EXIT_SECURE : EXIT_WRONG);
        world.domain.hosts = &world.entry;
        world.domain.host_count = 1;
        world.host.addresses = addresses;
        world.host.address_count = world.entry.address_count = 3;
        world.entry.verdicts = verdicts;
        assert_int_equal(domain_exit_status(&world.domain), bad == 3 ? EXIT_SECURE : EXIT_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status),
        cmocka_unit_test(test_address_lookup),
        cmocka_unit_test(test_each_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The trace of models made by hand, byte for byte; the texts were checked against the contract. */
#include "report/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/grammar.h"
#include "model/finding.h"

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}
#define DIGEST "0123456789abcdef0123456789abcdef"

static const struct record ds = {.type = RECORD_DS, .ttl = 300,
                                 .data.ds = {41219, 13, 2, BYTES("\1\2")}};
static const struct record mx = {.type = RECORD_MX, .ttl = 60, .data.mx = {10, "mx.x."}};
static const struct record a = {.type = RECORD_A, .data.address = {192, 0, 2, 1}};
static const struct record tlsa = {.type = RECORD_TLSA,
                                   .data.tlsa = {2, 0, 0, BYTES("fourteen bytes")}};
static struct lookup_alias alias = {.owner = "mx.x.", .target = "real.x.", .ad = true};
static struct lookup_ede ede = {22, BYTES("nobody\nhome")};
static const struct bytes names[] = {BYTES("real.x"), BYTES("*.x\033")};

static struct certificate leaf = {
    .issuer_cn = BYTES("CA"),
    .issuer_org = BYTES("Org\nforged. IN TLSA ? ; AD=1 NoError"),
    .not_before = 0,
    .not_after = 86400,
    .dates_valid = true,
    .subject_cn = BYTES("real.x"),
    .names = names,
    .name_count = 2,
    .key = "EC-P256",
    .data = {[CERTIFICATE_PKEY_SHA256] = BYTES(DIGEST), [CERTIFICATE_FULL_CERT] = BYTES(DIGEST),
             [CERTIFICATE_FULL_SPKI] = BYTES("short")},
    .marks = {[CERTIFICATE_PKEY_SHA256] = {true, false}, [CERTIFICATE_FULL_CERT] = {true, false},
              [CERTIFICATE_FULL_SPKI] = {true, true}},
};

struct world {
    struct lookup lookups[3], host_a, host_aaaa, host_tlsa;
    struct certificate chain[2];
    struct dialogue_line dialogue[2];
    struct address addresses[2];
    struct verdict verdicts[2];
    struct host host;
    struct domain_host entry;
    struct domain domain;
};

static struct lookup lookup(enum record_type type, const struct record *record)
{
    return (struct lookup){.name = "x.", .owner = "x.", .type = type, .ad = true,
                           .status = record != NULL ? LOOKUP_NOERROR : LOOKUP_NODATA,
                           .records = record, .record_count = record != NULL,
                           .server = "192.0.2.53", .tries = 1, .milliseconds = 7};
}

static void make_addresses(struct world *world)
{
    struct address *good = &world->addresses[0], *bad = &world->addresses[1];

    world->chain[0] = leaf;
    world->chain[1] = leaf;
    world->chain[1].dates_valid = false;
    world->chain[1].marks[CERTIFICATE_FULL_CERT].matched = true;
    world->dialogue[0] = (struct dialogue_line){3, '<', BYTES("220 \033[31mred")};
    *good = (struct address){.bytes = {192, 0, 2, 1}, .handshaken = true, .tls_version = "TLS13",
                             .cipher = "TLS_AES_256_GCM_SHA384", .group = "X25519",
                             .end = {.transport = TRANSPORT_OK},
                             .after = {.transport = TRANSPORT_CLOSED, .state = SMTP_EHLO_TLS},
                             .chain = {world->chain, 2, 2},
                             .dialogue = world->dialogue, .dialogue_count = 1};
    world->verdicts[0] = (struct verdict){VERDICT_PASS, 1, names[1]};
    *bad = (struct address){.bytes = {192, 0, 2, 9},
                            .end = {TRANSPORT_REPLY, SMTP_GREETING, 554, BYTES("5.7.1 no\rway"),
                                    NULL, EXCESS_NONE, false},
                            .after = {.transport = TRANSPORT_OK}};
}

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->lookups[0] = lookup(RECORD_DS, &ds);
    world->lookups[1] = lookup(RECORD_DNSKEY, NULL);
    world->lookups[2] = lookup(RECORD_MX, &mx);
    world->host_a = lookup(RECORD_A, &a);
    world->host_a.name = "mx.x.";
    world->host_a.owner = "real.x.";
    world->host_a.aliases = &alias;
    world->host_a.alias_count = 1;
    world->host_aaaa = (struct lookup){.name = "mx.x.", .owner = "mx.x.", .type = RECORD_AAAA,
                                       .status = LOOKUP_SERVFAIL, .server = "192.0.2.53",
                                       .tries = 2, .reason = "why", .edes = &ede, .ede_count = 1};
    world->host_tlsa = lookup(RECORD_TLSA, &tlsa);
    world->host_tlsa.name = world->host_tlsa.owner = "_25._tcp.real.x.";
    make_addresses(world);
    world->host = (struct host){.name = "mx.x.", .base = "real.x.", .a = &world->host_a,
                                .aaaa = &world->host_aaaa, .tlsa = &world->host_tlsa,
                                .tlsa_state = TLSA_SECURE, .port = 25, .probed = true,
                                .addresses = world->addresses, .address_count = 2};
    world->entry = (struct domain_host){&world->host, world->verdicts, 2, EXCESS_NONE};
    world->domain = (struct domain){.input = "x", .name = "x.", .lookup_count = 3,
                                    .lookups = {&world->lookups[0], &world->lookups[1],
                                                &world->lookups[2]},
                                    .walked = true, .needs_host = true, .hosts = &world->entry,
                                    .host_count = 1};
}

static void check(const char *name, const struct domain *domain,
                  const struct trace_options *options, const char *wanted)
{
    struct grammar_complaint complaint;
    struct buffer out;

    buffer_init(&out, 0);
    trace_render(domain, options, &out);
    if (strcmp(out.length > 0 ? out.data : "", wanted) != 0)
        fail_msg("%s:\n%s\ninstead of\n%s", name, out.data, wanted);
    if (options->grep == NULL && !options->color && !grammar_check(out.data, out.length, &complaint))
        fail_msg("%s: line %zu: %s\n%s", name, complaint.line, complaint.what, out.data);
    buffer_fini(&out);
}

#define DS "x. IN DS 41219 13 2 0102 ; AD=1 NoError\n"
#define DNSKEY "x. IN DNSKEY ? ; AD=1 NODATA\n"
#define MX "x. IN MX 10 mx.x. ; AD=1 NoError\n"
#define HOST_A "mx.x. IN CNAME real.x. ; AD=1 NoError\nreal.x. IN A 192.0.2.1 ; AD=1 NoError\n"
#define HOST_AAAA "mx.x. IN AAAA ? ; AD=0 ServFail\n"
#define TLSA                                                                                       \
    "_25._tcp.real.x. IN TLSA 2 0 0 666f75727465656e206279746573 ; AD=1 NoError\n"
#define PASS                                                                                       \
    "  real.x[192.0.2.1]: pass: TLSA match: depth = 1, name = *.x\\x1b\n"                          \
    "  real.x[192.0.2.1]: EHLO-TLS connection closed\n"
#define HEX "3031323334353637383961626364656630313233343536373839616263646566"
#define FIELDS(dates)                                                                              \
    "      Issuer CommonName = CA\n"                                                               \
    "      Issuer Organization = Org\\x0aforged. IN TLSA ? ; AD=1 NoError\n" dates                  \
    "      Subject CommonName = real.x\n"
#define TLS                                                                                        \
    "    TLS = TLS13 with TLS_AES_256_GCM_SHA384,X25519,EC-P256\n"                                 \
    "    name = real.x\n"                                                                          \
    "    name = *.x\\x1b\n"                                                                        \
    "    depth = 0\n" FIELDS("      notBefore = 1970-01-01T00:00:00Z\n"                            \
                             "      notAfter = 1970-01-02T00:00:00Z\n")                            \
    "      pkey sha256 [nomatch] <- 3 1 1 " HEX "\n"                                               \
    "      full cert [nomatch] <- 3 0 0 303132333435...616263646566\n"                             \
    "      full spki [matched] <- 3 1 0 73686f7274\n"                                              \
    "    depth = 1\n" FIELDS("      notBefore = malformed\n      notAfter = malformed\n")          \
    "      pkey sha256 [nomatch] <- 2 1 1 " HEX "\n"                                               \
    "      full cert [matched] <- 2 0 0 303132333435...616263646566\n"                             \
    "      full spki [matched] <- 2 1 0 73686f7274\n"
#define BAD "  real.x[192.0.2.9]: GREETING 554 5.7.1 no\\x0dway\n"

static void test_whole(void **state)
{
    static const struct trace_options plain = {0}, quiet = {.quiet = true};
    struct world world;

    (void)state;
    world_init(&world);
    check("whole", &world.domain, &plain,
          DS DNSKEY MX HOST_A HOST_AAAA TLSA PASS TLS BAD);
    check("quiet", &world.domain, &quiet, MX HOST_AAAA PASS BAD);
}

static void test_verbose(void **state)
{
    static const struct trace_options verbose = {.verbose = 1};
    struct world world;

    (void)state;
    world_init(&world);
    world.addresses[0].chain.path_length = 1;
    world.domain.lookups[1] = &world.lookups[2];
    world.domain.lookup_count = 2;
    world.host.address_count = world.entry.address_count = 1;
    check("verbose", &world.domain, &verbose,
          DS "  ; DS x.: TTL 300, 7 ms, 1 try, 192.0.2.53\n"
          MX "  ; MX x.: TTL 60, 7 ms, 1 try, 192.0.2.53\n"
          HOST_A "  ; A mx.x.: TTL 0, 7 ms, 1 try, 192.0.2.53\n"
          HOST_AAAA "  ; AAAA mx.x.: 0 ms, 2 tries, 192.0.2.53\n"
          "  ; why\n  ; EDE 22: nobody\\x0ahome\n"
          TLSA "  ; TLSA _25._tcp.real.x.: TTL 0, 7 ms, 1 try, 192.0.2.53\n"
          PASS "         3 ms < 220 \\x1b[31mred\n"
          "    TLS = TLS13 with TLS_AES_256_GCM_SHA384,X25519,EC-P256\n"
          "    name = real.x\n"
          "    name = *.x\\x1b\n"
          "    depth = 0\n" FIELDS("      notBefore = 1970-01-01T00:00:00Z\n"
                                   "      notAfter = 1970-01-02T00:00:00Z\n")
          "      pkey sha256 [nomatch] <- 3 1 1 " HEX "\n"
          "      full cert [nomatch] <- 3 0 0 303132333435...616263646566\n"
          "      full spki [matched] <- 3 1 0 73686f7274\n"
          "    belongs to no path\n"
          FIELDS("      notBefore = malformed\n      notAfter = malformed\n")
          "      pkey sha256 [nomatch] <- 2 1 1 " HEX "\n"
          "      full cert [matched] <- 2 0 0 303132333435...616263646566\n"
          "      full spki [matched] <- 2 1 0 73686f7274\n");
}

/* Each limit is said below the line it concerns, with and without -v or -q. */
static void test_excess(void **state)
{
    static const struct trace_options plain = {0}, quiet = {.quiet = true};
    struct world world;

    (void)state;
    world_init(&world);
    world.domain.excess = EXCESS_MX_HOSTS;
    world.entry.excess = EXCESS_ADDRESSES;
    world.host_a.excess = EXCESS_ALIASES;
    world.addresses[0].after.excess = EXCESS_SESSION_TIME;
    world.addresses[1].end.excess = EXCESS_REPLY_LINE;
    check("quiet", &world.domain, &quiet,
          MX "  ; more than 100 MX hosts: the others are not checked\n"
          HOST_A "  ; more than 16 aliases in a chain\n"
          HOST_AAAA "  ; more than 100 addresses: the others are not probed\n"
          PASS "  ; more than 4 times -s for a session\n"
          BAD "  ; a line longer than -l allows\n");
    check("plain", &world.domain, &plain,
          DS DNSKEY MX "  ; more than 100 MX hosts: the others are not checked\n"
          HOST_A "  ; more than 16 aliases in a chain\n"
          HOST_AAAA "  ; more than 100 addresses: the others are not probed\n"
          TLSA PASS "  ; more than 4 times -s for a session\n"
          TLS BAD "  ; a line longer than -l allows\n");
}

static void test_filter(void **state)
{
    struct failure failure;
    struct trace_options options = {.color = true};
    struct pattern *grep = pattern_new("-g", "AD=(?!1 No)|pass|forged", &failure);
    struct world world;

    (void)state;
    options.grep = grep;
    world_init(&world);
    check("grep and colour", &world.domain, &options,
          "\033[32mx. IN DNSKEY ? ; AD=1 NODATA\033[0m\n"
          "\033[31mmx.x. IN AAAA ? ; AD=0 ServFail\033[0m\n"
          "\033[32m  real.x[192.0.2.1]: pass: TLSA match: depth = 1, name = *.x\\x1b\033[0m\n"
          "      Issuer Organization = Org\\x0aforged. IN TLSA ? ; AD=1 NoError\n"
          "      Issuer Organization = Org\\x0aforged. IN TLSA ? ; AD=1 NoError\n");
    pattern_free(grep);
}

/* What a server writes into a certificate or a reply never paints its line. */
static void test_painted(void **state)
{
    static const struct trace_options color = {.color = true};
    static const struct bytes forged = BYTES("mx [matched] <- 3 1 1 " DIGEST);
    static const struct bytes forged_name = BYTES("pass: TLSA match: depth = 0");
    struct certificate certificate = leaf;
    struct world world;

    (void)state;
    world_init(&world);
    certificate.issuer_cn = certificate.issuer_org = certificate.subject_cn = forged;
    certificate.names = &forged_name;
    certificate.name_count = 1;
    certificate.marks[CERTIFICATE_FULL_SPKI].matched = false;
    world.addresses[0].chain = (struct chain){&certificate, 1, 1};
    world.addresses[0].after.transport = TRANSPORT_OK;
    world.verdicts[0] = (struct verdict){.code = VERDICT_TLSA_MISMATCH};
    world.addresses[1].end.text = forged;
    world.domain.lookup_count = 0;
    check("painted", &world.domain, &color,
          "\033[32mmx.x. IN CNAME real.x. ; AD=1 NoError\033[0m\n"
          "\033[32mreal.x. IN A 192.0.2.1 ; AD=1 NoError\033[0m\n"
          "\033[31mmx.x. IN AAAA ? ; AD=0 ServFail\033[0m\n"
          "\033[32m_25._tcp.real.x. IN TLSA 2 0 0 666f75727465656e206279746573 ; AD=1 NoError\033[0m\n"
          "\033[31m  real.x[192.0.2.1]: tlsa-mismatch\033[0m\n"
          "    TLS = TLS13 with TLS_AES_256_GCM_SHA384,X25519,EC-P256\n"
          "    name = pass: TLSA match: depth = 0\n"
          "    depth = 0\n"
          "      Issuer CommonName = mx [matched] <- 3 1 1 " DIGEST "\n"
          "      Issuer Organization = mx [matched] <- 3 1 1 " DIGEST "\n"
          "      notBefore = 1970-01-01T00:00:00Z\n"
          "      notAfter = 1970-01-02T00:00:00Z\n"
          "      Subject CommonName = mx [matched] <- 3 1 1 " DIGEST "\n"
          "      pkey sha256 [nomatch] <- 3 1 1 " HEX "\n"
          "      full cert [nomatch] <- 3 0 0 303132333435...616263646566\n"
          "      full spki [nomatch] <- 3 1 0 73686f7274\n"
          "\033[31m  real.x[192.0.2.9]: GREETING 554 mx [matched] <- 3 1 1 " DIGEST "\033[0m\n");
}

static void test_invalid(void **state)
{
    static const struct trace_options plain = {0};
    const struct domain domain = {.input = "a b\n"};

    (void)state;
    check("no domain name", &domain, &plain, "a b\\x0a IN MX ? ; AD=0 Invalid\n");
}

static void test_without_tlsa(void **state)
{
    static const struct trace_options plain = {0};
    struct world world;

    (void)state;
    world_init(&world);
    world.domain.lookups[0] = &world.lookups[2];
    world.domain.lookup_count = 1;
    world.host.tlsa = NULL;
    world.host.tlsa_state = TLSA_NOT_ASKED;
    world.host.base = "mx.x.";
    world.host.port = 26;
    world.addresses[0].end.transport = TRANSPORT_UNTRIED;
    world.addresses[1].end.transport = TRANSPORT_RESERVED;
    check("-A", &world.domain, &plain,
          MX HOST_A HOST_AAAA "_26._tcp.mx.x. IN TLSA ? ; AD=0 NODATA\n"
          "  mx.x[192.0.2.9]: address reserved\n");
    world.host.probed = false;
    world.host_a.ad = true;
    world.host_a.status = LOOKUP_NXDOMAIN;
    world.host_a.record_count = world.host_a.alias_count = 0;
    world.host.address_count = world.entry.address_count = 0;
    check("a host that does not exist: its A line alone", &world.domain, &plain,
          MX "real.x. IN A ? ; AD=1 NXDomain\n");
}

/* Nothing is wrong and nothing is proved: with -q too the trace says so, below whose hosts they are. */
/* RFC 4074 section 4.2: servers that deny the name to whoever asks for the other family. */
static void test_denied_family(void **state)
{
    static const struct record aaaa = {.type = RECORD_AAAA,
                                       .data.address = {0x20, 1, 0xd, 0xb8}};
    struct trace_options options = {0};
    struct world world;

    (void)state;
    world_init(&world);
    world.host_a = lookup(RECORD_A, NULL);
    world.host_a.owner = "mx.x.";
    world.host_a.status = LOOKUP_NXDOMAIN;
    world.host_aaaa = lookup(RECORD_AAAA, &aaaa);
    world.host_aaaa.owner = "mx.x.";
    world.host.address_count = world.entry.address_count = 0;
    check("denied family", &world.domain, &options,
          DS DNSKEY MX "mx.x. IN A ? ; AD=1 NXDomain\n"
                       "mx.x. IN AAAA 2001:db8:: ; AD=1 NoError\n" TLSA);
}

static void test_unprobed(void **state)
{
    static const struct trace_options plain = {0}, quiet = {.quiet = true}, color = {.color = true};
    struct world world;

    (void)state;
    world_init(&world);
    world.host_aaaa = lookup(RECORD_AAAA, NULL);
    world.addresses[0].end.transport = world.addresses[1].end.transport = TRANSPORT_UNTRIED;
    world.domain.lookups[0] = &world.lookups[2];
    world.domain.lookup_count = 1;
    check("-4 -6", &world.domain, &quiet,
          MX "  ; no server was probed: -4 or -6 leaves out every address\n");
    world.host.probed = false;
    check("-D", &world.domain, &quiet,
          MX "  ; no server was probed: -D, -U, --only or --skip leaves out every MX host\n");
    check("-D, all lines", &world.domain, &plain,
          MX HOST_A "x. IN AAAA ? ; AD=1 NODATA\n" TLSA
          "  ; no server was probed: -D, -U, --only or --skip leaves out every MX host\n");
    world.host.a = &world.host_aaaa; /* insecure behind a secure alias: neither good nor bad */
    world.host.base = "mx.x.";
    world.host.tlsa = NULL;
    world.host_aaaa.aliases = &alias;
    world.host_aaaa.alias_count = 1;
    world.host_aaaa.ad = false;
    check("colour", &world.domain, &color,
          "\033[32mx. IN MX 10 mx.x. ; AD=1 NoError\033[0m\n"
          "\033[32mmx.x. IN CNAME real.x. ; AD=1 NoError\033[0m\n"
          "x. IN AAAA ? ; AD=0 NODATA\n"
          "\033[32mmx.x. IN CNAME real.x. ; AD=1 NoError\033[0m\n"
          "x. IN AAAA ? ; AD=0 NODATA\n"
          "\033[31m  ; no server was probed: -D, -U, --only or --skip leaves out every MX host"
          "\033[0m\n");
}

/* -q: of several hosts the line that names the one that fails; aliases and what stands for MX too. */
static void test_named(void **state)
{
    static const struct trace_options quiet = {.quiet = true, .verbose = 1};
    static const struct record hosts[] = {
        {.type = RECORD_MX, .data.mx = {5, "a.x."}}, {.type = RECORD_MX, .data.mx = {5, "b.x."}},
        {.type = RECORD_MX, .data.mx = {7, "a.x."}}, {.type = RECORD_MX, .data.mx = {9, "c.x."}}};
    static struct lookup_alias of_domain = {.owner = "y.", .target = "x.", .ad = true};
    struct finding advice = {.code = FINDING_NOTHING_PROBED, .text = BYTES("huh")};
    struct host passing, failing;
    struct domain_host entries[3];
    struct world world;

    (void)state;
    world_init(&world);
    world.host_aaaa = lookup(RECORD_AAAA, NULL);
    world.addresses[0].after.transport = TRANSPORT_OK;
    passing = failing = world.host;
    passing.name = "a.x.";
    passing.address_count = 1;
    failing.name = "c.x.";
    failing.addresses = &world.addresses[1];
    failing.address_count = 1;
    entries[0] = entries[1] = (struct domain_host){&passing, world.verdicts, 1, EXCESS_NONE};
    entries[2] = (struct domain_host){&failing, &world.verdicts[1], 1, EXCESS_NONE};
    advice.host = &entries[0];
    world.domain.hosts = entries;
    world.domain.host_count = 3;
    world.domain.findings = &advice;
    world.domain.finding_count = 1;
    world.lookups[2].records = hosts;
    world.lookups[2].record_count = 4;
    world.lookups[2].aliases = &of_domain;
    world.lookups[2].alias_count = 1;
    check("of three hosts one", &world.domain, &quiet,
          "y. IN CNAME x. ; AD=1 NoError\nx. IN MX 9 c.x. ; AD=1 NoError\n" BAD);
    world.lookups[2] = lookup(RECORD_MX, NULL);
    entries[0] = entries[2];
    world.domain.host_count = 1;
    advice.host = NULL;
    check("the domain itself", &world.domain, &quiet,
          "x. IN MX ? ; AD=1 NODATA\n" BAD "  ; untested: no server was probed: huh [nothing-probed]\n");
    world.domain.host_count = 0;
    world.domain.needs_host = false;
    check("all is well", &world.domain, &quiet, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_filter),  cmocka_unit_test(test_painted),  cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_without_tlsa), cmocka_unit_test(test_excess),
        cmocka_unit_test(test_unprobed), cmocka_unit_test(test_denied_family),
        cmocka_unit_test(test_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

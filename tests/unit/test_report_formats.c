/*
 * The formats for programs, byte for byte against testdata/golden: a domain that passes, one that
 * fails with servers and zones that would forge what they can, and no domain at all.
 */
#include "report/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/finding.h"

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}
#define DIGEST "0123456789abcdef0123456789abcdef"
#define NOW 1700000000

static const struct record ds = {RECORD_DS, 300, {.ds = {41219, 13, 2, BYTES("\1\2")}}};
static const struct record dnskey = {RECORD_DNSKEY, 300, {.dnskey = {257, 3, 13, BYTES("key")}}};
static const struct record soa = {RECORD_SOA, 5, {.soa = {"ns.x.", "a\\.b.x.", 1, 2, 3, 4, 5}}};
static const struct record param = {RECORD_NSEC3PARAM, 9,
                                    {.nsec3param = {1, 0, 10, BYTES("\xab")}}};
static const struct record mx = {RECORD_MX, 60, {.mx = {10, "mx.x."}}};
static const struct record a = {RECORD_A, 61, {.address = {192, 0, 2, 1}}};
static const struct record aaaa = {RECORD_AAAA, 62, {.address = {0x20, 1, 0xd, 0xb8, [15] = 1}}};
static const struct record tlsa[] = {
    {RECORD_TLSA, 63, {.tlsa = {2, 0, 0, BYTES("fourteen bytes")}}},
    {RECORD_TLSA, 63, {.tlsa = {3, 1, 1, BYTES(DIGEST)}}},
    {RECORD_TLSA, 63, {.tlsa = {3, 1, 1, BYTES("another")}}},
};
static struct lookup_alias alias = {"mx.x.", "re\\\"al.x.", true, 7};
static struct lookup_ede edes[] = {{22, BYTES("nobody\nhome")}, {9, {NULL, 0}}};
static const struct bytes names[] = {BYTES("real.x"), BYTES("*.\xff\033")};

static const struct certificate leaf = {
    .issuer_cn = BYTES("C\\xA"),
    .issuer_org = BYTES("Org\n\"x\" | ok=1"),
    .not_before = 0,
    .not_after = NOW + 86400 * 3 - 1,
    .dates_valid = true,
    .subject_cn = BYTES("real.x"),
    .names = names,
    .name_count = 2,
    .key = "EC-P256",
    .signature = "ecdsa-with-SHA256",
    .data = {[CERTIFICATE_CERT_SHA256] = BYTES(DIGEST), [CERTIFICATE_PKEY_SHA256] = BYTES(DIGEST),
             [CERTIFICATE_CERT_SHA512] = BYTES(DIGEST), [CERTIFICATE_PKEY_SHA512] = BYTES(DIGEST),
             [CERTIFICATE_FULL_CERT] = BYTES(DIGEST)},
    .marks = {[CERTIFICATE_PKEY_SHA256] = {true, true}},
};

struct world {
    struct lookup lookups[3], nsec3param, host_a, host_aaaa, host_tlsa;
    struct certificate chain[3];
    struct dialogue_line dialogue[3];
    struct address addresses[2];
    struct verdict verdicts[2];
    struct host host;
    struct domain_host entry;
    struct finding findings[4];
    struct domain domain;
};

static struct lookup lookup(const char *name, const struct record *records, size_t count)
{
    return (struct lookup){.name = name, .owner = name, .type = records->type, .ad = true,
                           .status = LOOKUP_NOERROR, .records = records, .record_count = count,
                           .server = "192.0.2.53", .tries = 1, .milliseconds = 7};
}

static void make_lookups(struct world *world)
{
    world->lookups[0] = lookup("x.", &ds, 1);
    world->lookups[1] = lookup("x.", &dnskey, 1);
    world->lookups[2] = lookup("x.", &mx, 1);
    world->nsec3param = lookup("x.", &param, 1);
    world->host_a = lookup("mx.x.", &a, 1);
    world->host_a.aliases = &alias;
    world->host_a.alias_count = 1;
    world->host_a.owner = alias.target;
    world->host_aaaa = lookup("mx.x.", &aaaa, 1);
    world->host_aaaa.edes = edes;
    world->host_aaaa.ede_count = 2;
    world->host_aaaa.reason = "why";
    world->host_tlsa = lookup("_25._tcp.mx.x.", tlsa, 3);
}

static void make_addresses(struct world *world)
{
    world->chain[0] = world->chain[1] = world->chain[2] = leaf;
    world->chain[1].not_after = NOW - 1;
    world->chain[1].marks[CERTIFICATE_PKEY_SHA256].matched = false;
    world->chain[2].dates_valid = false;
    world->dialogue[0] = (struct dialogue_line){1, '*', BYTES("connected")};
    world->dialogue[1] = (struct dialogue_line){3, '<', BYTES("220 \033[31mred\xff")};
    world->dialogue[2] = (struct dialogue_line){3, '>', BYTES("EHLO x")};
    world->addresses[0] = (struct address){
        .bytes = {192, 0, 2, 1}, .milliseconds = 1234, .handshaken = true, .tls_version = "TLS13",
        .cipher = "TLS_AES_256_GCM_SHA384", .group = "X25519", .dane = DANE_MATCH_EE,
        .end = {.transport = TRANSPORT_OK, .state = SMTP_HANDSHAKE},
        .after = {.transport = TRANSPORT_OK, .state = SMTP_EHLO_TLS},
        .chain = {world->chain, 2, 3}, .dialogue = world->dialogue, .dialogue_count = 3};
    world->addresses[1] = (struct address){
        .ipv6 = true, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}, .milliseconds = 5,
        .end = {TRANSPORT_REPLY, SMTP_GREETING, 554,
                BYTES("no|ok=1\r\nDANE OK \" \\ \\x0a \xe2\x80\xae"), NULL, EXCESS_REPLY_LINE},
        .after = {.transport = TRANSPORT_OK}};
    world->verdicts[0] = (struct verdict){VERDICT_PASS, 0, names[1]};
}

/* With a second address that fails: the domain fails. */
static void world_init(struct world *world, size_t addresses)
{
    memset(world, 0, sizeof *world);
    make_lookups(world);
    make_addresses(world);
    world->host = (struct host){.name = "mx.x.", .base = "mx.x.", .a = &world->host_a,
                                .aaaa = &world->host_aaaa, .tlsa = &world->host_tlsa,
                                .tlsa_state = TLSA_SECURE, .port = 25, .probed = true,
                                .addresses = world->addresses, .address_count = addresses};
    world->entry = (struct domain_host){&world->host, world->verdicts, addresses, EXCESS_NONE};
    world->findings[0] = (struct finding){.code = FINDING_NSEC3_ITERATIONS,
                                          .lookup = &world->nsec3param, .record = &param,
                                          .number = 10};
    world->findings[1] =
        (struct finding){.code = FINDING_CERT_EXPIRES_SOON, .host = &world->entry,
                         .address = &world->addresses[0], .certificate = &world->chain[0],
                         .number = 2};
    world->findings[2] = (struct finding){.code = FINDING_SMTP_REFUSED, .host = &world->entry,
                                          .address = &world->addresses[1],
                                          .end = &world->addresses[1].end};
    world->findings[3] = (struct finding){.code = FINDING_MX_IS_ALIAS, .host = &world->entry,
                                          .lookup = &world->host_a};
    world->domain = (struct domain){
        .input = "x", .name = "x.", .lookup_count = 3, .walked = true, .needs_host = true,
        .lookups = {&world->lookups[0], &world->lookups[1], &world->lookups[2]},
        .nsec3param = &world->nsec3param, .hosts = &world->entry, .host_count = 1,
        .findings = world->findings, .finding_count = addresses + 1};
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);

    if (file == NULL)
        fail_msg("%s cannot be read", path);
    assert_true(fread(text, 1, 65535, file) < 65535);
    fclose(file);
    return text;
}

static void check_golden(const char *name, const struct buffer *out)
{
    char path[128];
    char *wanted;

    snprintf(path, sizeof path, "testdata/golden/%s", name);
    wanted = read_file(path);
    if (strcmp(wanted, out->length > 0 ? out->data : "") != 0) {
        fputs(out->length > 0 ? out->data : "", stderr);
        fail_msg("another text than %s, above", path);
    }
    free(wanted);
}

static int render(const char *format, const struct report_options *options, bool whole,
                  struct buffer *out)
{
    static const struct domain invalid = {.input = "a|b\n\"c\"\xff"};
    struct finding no_name = {.code = FINDING_DOMAIN_INVALID, .text = BYTES("a|b\n\"c\"\xff")};
    struct domain none = invalid;
    const struct report_sum sum = {.whole = whole, .milliseconds = 61005, .now = NOW + 61};
    struct world good, bad;
    struct report report;

    world_init(&good, 1);
    world_init(&bad, 2);
    bad.domain.input = "y";
    bad.domain.name = "y.";
    bad.lookups[2] = lookup("y.", &soa, 1);
    none.findings = &no_name;
    none.finding_count = 1;
    report_begin(&report, report_format_find(format), options);
    report_domain(&report, &good.domain, NULL, out);
    report_domain(&report, &bad.domain, NULL, out);
    report_domain(&report, &good.domain, NULL, out);
    report_domain(&report, &none, NULL, out);
    return report_end(&report, &sum, EXIT_WRONG, out);
}

/* A run that was cut after one domain, which passes. */
static int render_passing(const char *format, const struct report_options *options,
                          struct buffer *out)
{
    const struct report_sum sum = {.whole = false};
    struct report report;
    struct world good;

    world_init(&good, 1);
    good.domain.finding_count = 0;
    report_begin(&report, report_format_find(format), options);
    report_domain(&report, &good.domain, NULL, out);
    return report_end(&report, &sum, 128 + 15, out);
}

static void check(const char *format, bool terminal, const char *name, int wanted)
{
    static const struct trace_options trace = {.verbose = 1};
    const struct report_options options = {&trace, terminal, false, NOW};
    struct buffer out;

    buffer_init(&out, 0);
    assert_int_equal(render(format, &options, true, &out), wanted);
    check_golden(name, &out);
    buffer_fini(&out);
}

static void test_golden(void **state)
{
    (void)state;
    check("trace", false, "trace-verbose", EXIT_WRONG);
    check("json", false, "json", EXIT_WRONG);
    check("nagios", false, "nagios", 2);
    check("prometheus", false, "prometheus", EXIT_WRONG);
    check("summary", false, "summary", EXIT_WRONG);
    check("summary", true, "summary-terminal", EXIT_WRONG);
}

/* What is not whole: no metrics, and for a check nothing is well, but what failed has failed. */
static void test_cut(void **state)
{
    static const struct trace_options trace = {.quiet = true};
    static const struct report_options options = {.trace = &trace},
                                       terminal = {.trace = &trace, .terminal = true};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    assert_int_equal(render("prometheus", &options, false, &out), EXIT_WRONG);
    assert_int_equal(out.length, 0);
    assert_int_equal(render("nagios", &options, false, &out), 2);
    assert_non_null(strstr(out.data, "DANE CRITICAL - interrupted; 4 domains, 1 CRITICAL, 3 WARNING; "
                                     "a\\x7cb"));
    assert_ptr_equal(memchr(out.data, '\n', out.length), out.data + out.length - 1); /* quiet */
    buffer_clear(&out);
    assert_int_equal(render_passing("nagios", &options, &out), 3);
    assert_non_null(strstr(out.data, "DANE UNKNOWN - interrupted; 1 domains, 1 OK|domains=1;"));
    buffer_clear(&out);
    render("summary", &terminal, false, &out);
    assert_non_null(strstr(out.data, "\n4 domains: 2 pass, 2 do not; interrupted\n"));
    buffer_fini(&out);
}

/* -q leaves out what passes. */
static void test_quiet(void **state)
{
    static const struct trace_options trace = {.quiet = true};
    static const struct report_options options = {.trace = &trace};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render("summary", &options, true, &out);
    assert_int_equal(strncmp(out.data, "y\tuntested\t", 11), 0);
    assert_non_null(strstr(out.data, "\na|b\\x0a\"c\"\\xff\tfail\t"));
    buffer_clear(&out);
    render("json", &options, true, &out);
    assert_null(strstr(out.data, "\"verdict\":\"pass\",\"verify"));
    buffer_fini(&out);
}

/* The text of a format for domains that are no names, by these inputs. */
static int render_inputs(const char *format, bool terminal, const char *const *inputs,
                         const char *failure, struct buffer *out)
{
    static const struct trace_options trace = {0};
    const struct report_options options = {.trace = &trace, .terminal = terminal};
    const struct report_sum sum = {.whole = failure == NULL, .failure = failure};
    struct report report;

    report_begin(&report, report_format_find(format), &options);
    for (size_t i = 0; inputs[i] != NULL; i++) {
        struct finding finding = {.code = FINDING_DOMAIN_INVALID,
                                  .text = {(const uint8_t *)inputs[i], strlen(inputs[i])}};
        struct domain domain = {.input = inputs[i], .findings = &finding, .finding_count = 1};

        report_domain(&report, &domain, NULL, out);
    }
    return report_end(&report, &sum, EXIT_WRONG, out);
}

/* The columns of a terminal, of which a character takes none, one or two. */
static void test_width(void **state)
{
    static const char *const inputs[] = {"b\u00fccher..x", "\u65e5\u672c..x", "e\u0301..x",
                                         "a-name-that-takes-the-whole-column..x", NULL};
    static const char wanted[] =
        "b\u00fccher..x                       fail         b\u00fccher..x is no domain name\n"
        "\u65e5\u672c..x                         fail         \u65e5\u672c..x is no domain name\n"
        "e\u0301..x                            fail         e\u0301..x is no domain name\n"
        "a-name-that-takes-the-whole-column..x fail         "
        "a-name-that-takes-the-whole-column..x is no domain name\n"
        "4 domains: 0 pass, 4 do not\n";
    static const char *const none[] = {NULL};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render_inputs("summary", true, inputs, NULL, &out);
    assert_string_equal(out.data, wanted);
    buffer_clear(&out);
    render_inputs("summary", true, none, NULL, &out);
    assert_string_equal(out.data, "0 domains: 0 pass, 0 do not\n");
    buffer_clear(&out);
    render_inputs("summary", true, none, "no resolver", &out);
    assert_int_equal(out.length, 0);
    buffer_fini(&out);
}

/* Where only what changed is reported, nobody knows the totals. */
static void test_changes(void **state)
{
    static const struct trace_options trace = {0};
    static const struct report_options options = {.trace = &trace, .terminal = true, .changes = true};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render("summary", &options, true, &out);
    assert_null(strstr(out.data, " domains: "));
    buffer_fini(&out);
}

/* The first of the worst is named; no domain is not well, nor is a failure behind any number. */
static void test_nagios(void **state)
{
    static const char *const inputs[] = {"a..x", "b..x", NULL}, *const none[] = {NULL};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    assert_int_equal(render_inputs("nagios", false, inputs, NULL, &out), 2);
    assert_non_null(strstr(out.data, "DANE CRITICAL - 2 domains, 2 CRITICAL; a..x: fail: "));
    buffer_clear(&out);
    assert_int_equal(render_inputs("nagios", false, none, NULL, &out), 3);
    assert_non_null(strstr(out.data, "DANE UNKNOWN - 0 domains|"));
    buffer_clear(&out);
    assert_int_equal(render_inputs("nagios", false, inputs, "no disk", &out), 3);
    assert_non_null(strstr(out.data, "DANE UNKNOWN - no disk|"));
    buffer_fini(&out);
}

/* However much a server says, the status line ends within what a monitor reads, at a character. */
static void test_long_reason(void **state)
{
    static char input[4097];
    const char *const inputs[] = {input, NULL};
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < sizeof input - 1; i++)
        input[i] = "\u20ac"[i % 3];
    for (size_t cut = 0; cut < 3; cut++, input[sizeof input - 1 - cut] = '\0') {
        const char *end;

        buffer_init(&out, 0);
        render_inputs("nagios", false, inputs, NULL, &out);
        end = strstr(out.data, "\u20ac...|domains=1;");
        assert_non_null(end);
        assert_true(end < out.data + 1100 && memchr(out.data, '\n', 1300) != NULL);
        assert_non_null(strstr(out.data, " is no domain name\n"));
        buffer_fini(&out);
    }
}

/* The exposition format's own escapes, apart from ours. */
static void test_labels(void **state)
{
    static const char *const inputs[] = {"a\"b", "c\\d", "e\\", "\\x0a", "\n", NULL};
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render_inputs("prometheus", false, inputs, NULL, &out);
    assert_non_null(strstr(out.data, "mxdane_up{domain=\"a\\\"b\"} 0\n"
                                     "mxdane_up{domain=\"c\\\\d\"} 0\n"
                                     "mxdane_up{domain=\"e\\\\\"} 0\n"
                                     "mxdane_up{domain=\"\\\\\\\\x0a\"} 0\n"
                                     "mxdane_up{domain=\"\\\\x0a\"} 0\n"));
    buffer_fini(&out);
}

static void test_failure(void **state)
{
    static const struct trace_options trace = {0};
    static const struct report_options options = {.trace = &trace};
    static const struct report_sum sum = {.failure = "no | resolver\n"};
    struct report report;
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    report_begin(&report, report_format_find("nagios"), &options);
    assert_int_equal(report_end(&report, &sum, EXIT_OWN_FAILURE, &out), 3);
    assert_int_equal(strncmp(out.data, "DANE UNKNOWN - no \\x7c resolver\\x0a|", 35), 0);
    assert_int_equal(report_own_failure(report_format_find("nagios")), 3);
    assert_int_equal(report_own_failure(report_format_find("json")), EXIT_OWN_FAILURE);
    assert_null(report_format_find("xml"));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_nagios),
        cmocka_unit_test(test_long_reason),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

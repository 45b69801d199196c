/* Which series there are, and what a TLSA series says; its text is in testdata/golden. */
#include "report/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}
#define PLACE "domain=\"x.\",host=\"mx.x.\",address=\"192.0.2.1\""

static const struct record tlsa[] = {
    {RECORD_TLSA, 1, {.tlsa = {2, 0, 1, BYTES("a")}}}, {RECORD_TLSA, 1, {.tlsa = {2, 1, 1, BYTES("a")}}},
    {RECORD_TLSA, 1, {.tlsa = {3, 0, 1, BYTES("a")}}}, {RECORD_TLSA, 1, {.tlsa = {3, 1, 0, BYTES("a")}}},
    {RECORD_TLSA, 1, {.tlsa = {3, 1, 1, BYTES("a")}}}, {RECORD_TLSA, 1, {.tlsa = {3, 1, 1, BYTES("b")}}},
    {RECORD_TLSA, 1, {.tlsa = {3, 1, 2, BYTES("a")}}}, {RECORD_TLSA, 1, {.tlsa = {3, 1, 3, BYTES("a")}}},
    {RECORD_TLSA, 1, {.tlsa = {3, 2, 1, BYTES("a")}}}, {RECORD_TLSA, 1, {.tlsa = {4, 1, 1, BYTES("a")}}},
};
static struct lookup answer = {.name = "_25._tcp.mx.x.", .type = RECORD_TLSA, .ad = true,
                               .records = tlsa, .record_count = 10};
/* A leaf and its issuer, whose dates are none, are the path; what else was sent is not. */
static const struct certificate chain[] = {
    {.not_before = 500, .not_after = 1000, .dates_valid = true, .marks = {[CERTIFICATE_PKEY_SHA256] = {.matched = true}}},
    {.not_after = 2000, .marks = {[CERTIFICATE_CERT_SHA256] = {.matched = true}}},
    {.not_after = 3000, .dates_valid = true},
};

/* The metrics of a domain whose host has these addresses, each by itself or with itself. */
static void render(const struct address *addresses, size_t count, struct buffer *out)
{
    static const struct trace_options trace = {0};
    static const struct report_options options = {.trace = &trace};
    const struct verdict verdicts[3] = {{.code = VERDICT_PASS}, {.code = VERDICT_PASS}};
    const struct host host = {.name = "mx.x.", .base = "mx.x.", .tlsa = &answer,
                              .addresses = (struct address *)addresses, .address_count = count};
    struct domain_host entry = {&host, verdicts, count, EXCESS_NONE};
    const struct domain domain = {.input = "x", .name = "x.", .hosts = &entry, .host_count = 1};
    const struct report_sum sum = {.whole = true};
    struct report report;

    report_begin(&report, report_format_find("prometheus"), &options);
    report_domain(&report, &domain, NULL, out);
    assert_int_equal(report_end(&report, &sum, EXIT_WRONG, out), EXIT_WRONG);
}

static unsigned count_of(const struct buffer *out, const char *text)
{
    unsigned count = 0;

    for (const char *at = out->data; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static struct address probed(uint8_t last)
{
    return (struct address){.bytes = {192, 0, 2, last}, .handshaken = true, .tls_version = "TLS13",
                            .cipher = "X", .end = {.transport = TRANSPORT_OK},
                            .after = {.transport = TRANSPORT_OK},
                            .chain = {(struct certificate *)chain, 2, 3}};
}

/*
 * A record matches by its usage, selector and matching type, as the trace marks it. What is not
 * registered has no series: a zone could name 1,024, for each of its addresses.
 */
static void test_tlsa(void **state)
{
    static const struct {
        const char *fields;
        int match;
    } rows[] = {
        {"usage=\"2\",selector=\"0\",mtype=\"1\"", 1}, {"usage=\"2\",selector=\"1\",mtype=\"1\"", 0},
        {"usage=\"3\",selector=\"0\",mtype=\"1\"", 0}, {"usage=\"3\",selector=\"1\",mtype=\"0\"", 0},
        {"usage=\"3\",selector=\"1\",mtype=\"1\"", 1}, {"usage=\"3\",selector=\"1\",mtype=\"2\"", 0},
    };
    struct address address = probed(1);
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render(&address, 1, &out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[160];

        snprintf(line, sizeof line, "\nmxdane_tlsa_match{" PLACE ",%s} %d\n", rows[i].fields,
                 rows[i].match);
        if (strstr(out.data, line) == NULL)
            fail_msg("no line %s", line);
    }
    assert_int_equal(count_of(&out, "\nmxdane_tlsa_match{"), 6);
    buffer_fini(&out);
}

/* Only of the path, and no date that could not be read. */
static void test_ends(void **state)
{
    struct address address = probed(1);
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    render(&address, 1, &out);
    assert_non_null(strstr(out.data, "\nmxdane_cert_not_after_seconds{" PLACE ",depth=\"0\"} 1000\n"));
    assert_int_equal(count_of(&out, "\nmxdane_cert_not_after_seconds{"), 1);
    assert_non_null(strstr(out.data, "\nmxdane_cert_not_before_seconds{" PLACE ",depth=\"0\"} 500\n"));
    assert_int_equal(count_of(&out, "\nmxdane_cert_not_before_seconds{"), 1);
    buffer_fini(&out);
}

/* An address that a zone names twice is one series; one that was not tried is none. */
static void test_addresses(void **state)
{
    struct address addresses[] = {probed(1), probed(1), probed(2)};
    struct buffer out;

    (void)state;
    addresses[2].end.transport = TRANSPORT_UNTRIED;
    buffer_init(&out, 0);
    render(addresses, 3, &out);
    assert_int_equal(count_of(&out, "\nmxdane_address_up{"), 1);
    assert_int_equal(count_of(&out, "192.0.2.2"), 0);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tlsa),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

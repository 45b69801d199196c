/*
 * What becomes of findings: a word for a host and an address, a line for a monitor. Words are those
 * of the table; that nothing passes which only advice, or nothing, was said of.
 */
#include "model/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct address addresses[2];
static struct verdict verdicts[2];
static const struct host hosts[2] = {
    {.name = "mx.x.", .base = "mx.x.", .addresses = addresses, .address_count = 2},
    {.name = "b.x.", .base = "b.x.", .addresses = addresses, .address_count = 2}};
static const struct domain_host entries[2] = {{&hosts[0], verdicts, 2, EXCESS_NONE},
                                              {&hosts[1], verdicts, 2, EXCESS_NONE}};

static void set_addresses(enum transport transport, enum verdict_code code)
{
    for (size_t i = 0; i < 2; i++) {
        addresses[i] = (struct address){.end = {.transport = transport},
                                        .after = {.transport = TRANSPORT_OK},
                                        .dane_reason = "because"};
        verdicts[i] = (struct verdict){.code = code};
    }
}

static void test_severities(void **state)
{
    static const char *const names[] = {"notice", "warning", "untested", "unprotected", "failure"};

    (void)state;
    for (int i = FINDING_NOTICE; i <= FINDING_FAILURE; i++)
        assert_string_equal(finding_severity_name(i), names[i - FINDING_NOTICE]);
}

/* A host that nobody probed has not passed, whatever advice there is for it. */
static void test_hosts(void **state)
{
    static const struct {
        enum transport transport;
        enum finding_code code; /* FINDING_CODES: none */
        const char *outcome;
    } rows[] = {
        {TRANSPORT_UNTRIED, FINDING_CODES, "not-probed"},
        {TRANSPORT_UNTRIED, FINDING_TTL_LONG, "not-probed"},
        {TRANSPORT_UNTRIED, FINDING_TLSA_MANY, "not-probed"},
        {TRANSPORT_UNTRIED, FINDING_TLSA_LOOKUP_FAILED, "fail"},
        {TRANSPORT_UNTRIED, FINDING_TLSA_ABSENT, "unprotected"},
        {TRANSPORT_OK, FINDING_CODES, "pass"},
        {TRANSPORT_OK, FINDING_TTL_LONG, "pass"},
        {TRANSPORT_OK, FINDING_TLSA_MANY, "pass"},
        {TRANSPORT_REFUSED, FINDING_CONNECTION_REFUSED, "untested"},
        {TRANSPORT_OK, FINDING_TLSA_MISMATCH, "fail"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct finding finding = {.code = rows[i].code, .host = &entries[0]};
        struct domain domain = {.findings = &finding,
                                .finding_count = rows[i].code != FINDING_CODES};

        set_addresses(rows[i].transport, VERDICT_PASS);
        if (strcmp(host_outcome(&domain, &entries[0]), rows[i].outcome) != 0)
            fail_msg("row %zu: %s", i, host_outcome(&domain, &entries[0]));
    }
}

/* An address that fails, of which only advice was said, fails. */
static void test_advice_only(void **state)
{
    struct finding findings[] = {
        {.code = FINDING_TLSA_MANY, .host = &entries[0]},
        {.code = FINDING_KEY_WEAK, .host = &entries[0], .address = &addresses[0]}};
    struct domain domain = {.findings = findings, .finding_count = 2};

    (void)state;
    set_addresses(TRANSPORT_OK, VERDICT_TLSA_MISMATCH);
    assert_string_equal(address_outcome(&domain, &entries[0], 0), "fail");
    assert_string_equal(address_result(&domain, &entries[0], 0), "tlsa-mismatch");
    assert_string_equal(address_outcome(&domain, &entries[0], 1), "fail");
}

/* What could not be tested is neither fine nor somebody's failure; what fails is critical. */
static void test_checks(void **state)
{
    static const struct {
        enum finding_code code;
        enum check_status status;
    } rows[] = {
        {FINDING_CONNECTION_REFUSED, CHECK_UNKNOWN}, {FINDING_NOTHING_PROBED, CHECK_UNKNOWN},
        {FINDING_TLSA_MISMATCH, CHECK_CRITICAL},     {FINDING_TLSA_ABSENT, CHECK_CRITICAL},
        {FINDING_KEY_WEAK, CHECK_CRITICAL},          {FINDING_TTL_LONG, CHECK_CRITICAL},
        {FINDING_CERT_EXPIRES_SOON, CHECK_CRITICAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct finding finding = {.code = rows[i].code};
        struct domain domain = {.name = "x.", .findings = &finding, .finding_count = 1};

        if (domain_check(&domain) != rows[i].status)
            fail_msg("row %zu: %d", i, domain_check(&domain));
    }
}

/* A finding of a host (0 or 1), of one of its addresses (0 or 1) or of none (-1), with a record. */
struct said {
    enum finding_code code;
    int host, address;
    bool record;
};

static struct finding finding_of(const struct said *said)
{
    static const struct record record = {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, {NULL, 0}}};
    static const struct lookup lookup = {.name = "x.", .owner = "x.", .type = RECORD_TLSA};
    static const struct certificate certificate = {.key = "?"};

    return (struct finding){.code = said->code,
                            .host = &entries[said->host],
                            .address = said->address >= 0 ? &addresses[said->address] : NULL,
                            .record = said->record ? &record : NULL,
                            .lookup = &lookup,
                            .certificate = &certificate,
                            .text = {(const uint8_t *)"t", 1}};
}

/* The first of the weightiest, and behind it the record that tells more about it. */
static void test_reasons(void **state)
{
    static const struct {
        const char *name;
        struct said said[3];
        size_t count;
        int reason, cause; /* of what was said; -1: none */
    } rows[] = {
        {"nothing", {{0}}, 0, -1, -1},
        {"a notice", {{FINDING_TTL_LONG, 0, -1, 0}}, 1, -1, -1},
        {"a warning", {{FINDING_TLSA_MANY, 0, -1, 0}}, 1, 0, -1},
        {"no record", {{FINDING_TLSA_MISMATCH, 0, 0, 0}}, 1, 0, -1},
        {"a record of the address",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 0, 0, 1}}, 2, 0, 1},
        {"a record of the host",
         {{FINDING_TLSA_KEY_UNKNOWN, 0, -1, 1}, {FINDING_TLSA_MISMATCH, 0, 0, 0}}, 2, 1, 0},
        {"all unusable",
         {{FINDING_TLSA_RECORD_UNUSABLE, 0, -1, 1}, {FINDING_TLSA_ALL_UNUSABLE, 0, 0, 0}}, 2, 1, 0},
        {"the first of two",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 0, 0, 1},
          {FINDING_TLSA_ANCHOR_UNKNOWN, 0, 0, 1}}, 3, 0, 1},
        {"of another address",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 0, 1, 1}}, 2, 0, -1},
        {"of another host",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 1, -1, 1}}, 2, 0, -1},
        {"without a record",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 0, 0, 0}}, 2, 0, -1},
        {"advice about a record that is no cause",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_COMBINATION, 0, 0, 1}}, 2, 0, -1},
        {"a notice of a record",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_TLSA_SINGLE, 0, 0, 1}}, 2, 0, -1},
        {"itself, with a record", {{FINDING_TLSA_MISMATCH, 0, 0, 1}}, 1, 0, -1},
        {"another failure",
         {{FINDING_TLSA_MISMATCH, 0, 0, 0}, {FINDING_CHAIN_UNTRUSTED, 0, 0, 1}}, 2, 0, -1},
        {"not of a mismatch",
         {{FINDING_NAME_MISMATCH, 0, 0, 0}, {FINDING_TLSA_KEY_UNKNOWN, 0, 0, 1}}, 2, 0, -1},
    };

    (void)state;
    set_addresses(TRANSPORT_OK, VERDICT_TLSA_MISMATCH);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct finding findings[3];
        struct domain domain = {.findings = findings, .finding_count = rows[i].count};
        struct buffer wanted, out;

        for (size_t j = 0; j < rows[i].count; j++)
            findings[j] = finding_of(&rows[i].said[j]);
        buffer_init(&wanted, 0);
        buffer_init(&out, 0);
        buffer_puts(&wanted, "");
        buffer_puts(&out, "");
        if (rows[i].reason >= 0)
            finding_add_line(&wanted, &findings[rows[i].reason]);
        if (rows[i].cause >= 0) {
            buffer_puts(&wanted, "; ");
            finding_add_sentence(&wanted, &findings[rows[i].cause]);
        }
        finding_add_reason(&out, &domain);
        if (out.length != wanted.length ||
            (out.length > 0 && memcmp(out.data, wanted.data, out.length) != 0))
            fail_msg("%s: %s", rows[i].name, out.length > 0 ? out.data : "nothing");
        buffer_fini(&wanted);
        buffer_fini(&out);
    }
}

static void check_says(struct finding finding, const struct buffer *wanted)
{
    struct buffer out;

    buffer_init(&out, 0);
    finding_add_sentence(&out, &finding);
    if (strstr(out.data, wanted->data) == NULL)
        fail_msg("%s has no %s", out.data, wanted->data);
    buffer_fini(&out);
}

/* A record as the trace has it: a TLSA record's data by its ends, if it has some. */
static void test_records(void **state)
{
    static const uint8_t data[32] = {1, 2, 3};
    const struct record records[] = {
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, {data, sizeof data}}},
        {.type = RECORD_TLSA, .data.tlsa = {2, 0, 1, {NULL, 0}}},
        {.type = RECORD_DS, .data.ds = {4711, 13, 2, {data, sizeof data}}}};
    struct finding finding = {.code = FINDING_TLSA_RECORD_UNUSABLE};
    struct buffer wanted;

    (void)state;
    buffer_init(&wanted, 0);
    buffer_puts(&wanted, "3 1 1 ");
    text_add_hex_ends(&wanted, records[0].data.tlsa.data);
    finding.record = &records[0];
    check_says(finding, &wanted);
    buffer_clear(&wanted);
    buffer_puts(&wanted, "2 0 1 cannot"); /* one blank */
    finding.record = &records[1];
    check_says(finding, &wanted);
    buffer_clear(&wanted);
    record_add_rdata(&wanted, &records[2]);
    finding.record = &records[2];
    check_says(finding, &wanted);
    buffer_fini(&wanted);
}

/* What would be right: usage 3 for the leaf, 2 for what is above it. */
static void test_right(void **state)
{
    static const struct record record = {.type = RECORD_TLSA, .data.tlsa = {1, 1, 1, {NULL, 0}}};
    static const struct certificate certificate = {.key = "?"};
    static const char *const rights[] = {"3 1 2", "2 1 2", "2 1 2"};

    (void)state;
    for (unsigned depth = 0; depth < 3; depth++) {
        struct buffer wanted;

        buffer_init(&wanted, 0);
        buffer_puts(&wanted, rights[depth]);
        check_says((struct finding){.code = FINDING_TLSA_UNDER_PKIX, .record = &record,
                                    .certificate = &certificate, .depth = depth,
                                    .digest = CERTIFICATE_PKEY_SHA512}, &wanted);
        buffer_fini(&wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_severities), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_advice_only), cmocka_unit_test(test_checks),
        cmocka_unit_test(test_reasons),    cmocka_unit_test(test_records),
        cmocka_unit_test(test_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The one table of findings: ids that a program can rely on, sentences that are whole. */
#include "model/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}

/* Everything a sentence may speak of; hostile where a peer chose it. */
static const struct record record = {.type = RECORD_TLSA,
                                     .data.tlsa = {3, 1, 1, BYTES("0123456789abcdef")}};
static const struct lookup lookup = {.name = "x.example.", .owner = "x.example.",
                                     .type = RECORD_MX, .status = LOOKUP_SERVFAIL,
                                     .reason = "because", .records = &record};
static const struct host host = {.name = "mx.example.", .base = "mx.example."};
static const struct domain_host entry = {.host = &host};
static const struct certificate certificate = {.subject_cn = BYTES("a\nb")};
static const struct address address = {.dane_reason = "a reason"};
static const struct transport_end end = {TRANSPORT_REPLY, SMTP_EHLO, 550, BYTES("no\rway"),
                                         NULL, EXCESS_NONE, false};

static struct finding whole(enum finding_code code)
{
    return (struct finding){.code = code, .host = &entry, .lookup = &lookup, .record = &record,
                            .address = &address, .end = &end, .certificate = &certificate,
                            .depth = 2, .number = 7, .excess = EXCESS_MX_HOSTS, .text = BYTES("t\033")};
}

static void check_id(const char *id)
{
    assert_true(strlen(id) > 0);
    assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(id));
}

static void test_ids(void **state)
{
    (void)state;
    for (int code = 0; code < FINDING_CODES; code++) {
        check_id(finding_id(code));
        for (int other = 0; other < code; other++)
            assert_string_not_equal(finding_id(code), finding_id(other));
    }
}

/* RFC 8460 section 4.3, and the policy type of a domain without DANE. */
static void test_result_types(void **state)
{
    static const char *const types[] = {
        "starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
        "certificate-not-trusted", "validation-failure", "tlsa-invalid", "dnssec-invalid",
        "no-policy-found"};

    (void)state;
    for (int code = 0; code < FINDING_CODES; code++) {
        const char *type = finding_result_type(code);
        bool known = type == NULL;

        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            known |= type != NULL && strcmp(type, types[i]) == 0;
        assert_true(known);
    }
}

/* Every argument has a name that is known, and nothing of a peer is raw. */
static void test_sentences(void **state)
{
    (void)state;
    for (int code = 0; code < FINDING_CODES; code++) {
        struct finding finding = whole(code);
        struct buffer out;

        buffer_init(&out, 0);
        finding_add_sentence(&out, &finding);
        assert_true(out.length > 0);
        assert_null(strpbrk(out.data, "{}\n\r\033"));
        assert_null(strstr(out.data, "  "));
        assert_true(out.data[out.length - 1] != ' ' && out.data[out.length - 1] != ':');
        buffer_fini(&out);
    }
}

static void check_sentence(struct finding finding, const char *wanted)
{
    struct buffer out;

    buffer_init(&out, 0);
    finding_add_sentence(&out, &finding);
    assert_string_equal(out.data, wanted);
    buffer_fini(&out);
}

static void test_arguments(void **state)
{
    (void)state;
    check_sentence(whole(FINDING_LOOKUP_FAILED),
                   "the look-up of MX x.example failed: ServFail (because)");
    check_sentence(whole(FINDING_DOMAIN_INVALID), "t\\x1b is no domain name");
    check_sentence(whole(FINDING_HOST_ABSENT), "the MX host mx.example does not exist");
    check_sentence(whole(FINDING_SMTP_REFUSED),
                   "the server ended the session: EHLO 550 no\\x0dway");
    check_sentence(whole(FINDING_CERT_EXPIRES_SOON),
                   "the certificate at depth 2 (a\\x0ab) expires in 7 days");
}

/* The first of the weightiest, of all or of one host or address. */
static void test_worst(void **state)
{
    struct finding findings[] = {{.code = FINDING_CERT_EXPIRES_SOON, .host = &entry},
                                 {.code = FINDING_TLSA_ABSENT},
                                 {.code = FINDING_LOOKUP_INSECURE},
                                 {.code = FINDING_SMTP_REFUSED, .address = &address}};
    struct domain domain = {.findings = findings, .finding_count = 4};

    (void)state;
    assert_ptr_equal(finding_worst(&domain, NULL, NULL), &findings[1]);
    assert_ptr_equal(finding_worst(&domain, &entry, NULL), &findings[0]);
    assert_ptr_equal(finding_worst(&domain, NULL, &address), &findings[3]);
    domain.finding_count = 0;
    assert_null(finding_worst(&domain, NULL, NULL));
}

/* Of several certificates that end soon the one that ends first. */
static void test_soonest(void **state)
{
    struct finding findings[] = {whole(FINDING_CERT_EXPIRES_SOON),
                                 whole(FINDING_CERT_EXPIRES_SOON),
                                 whole(FINDING_CERT_EXPIRES_SOON)};
    struct domain domain = {.findings = findings, .finding_count = 3};
    struct buffer out;

    (void)state;
    findings[1].number = 2;
    buffer_init(&out, 0);
    finding_add_reason(&out, &domain);
    assert_non_null(strstr(out.data, " expires in 2 days"));
    buffer_clear(&out);
    findings[2] = whole(FINDING_ANCHOR_DATES); /* has ended, and is a monitor's warning too */
    findings[2].number = 0;
    finding_add_reason(&out, &domain);
    assert_non_null(strstr(out.data, "the trust anchor that the server sends, at depth 2 (a\\x0ab), t"));
    buffer_fini(&out);
}

/* A domain that passes, with what a monitor warns of, or with other advice. */
static void test_check(void **state)
{
    static const enum finding_code codes[] = {FINDING_CERT_EXPIRES_SOON, FINDING_ANCHOR_DATES,
                                              FINDING_TLSA_ANCHOR_DATES};
    struct finding finding = {.code = FINDING_KEY_WEAK};
    const struct lookup secure = {.type = RECORD_SOA, .ad = true, .record_count = 1};
    struct domain domain = {.name = "x.", .walked = true, .lookups = {&secure}, .lookup_count = 1,
                            .findings = &finding, .finding_count = 1};

    (void)state;
    assert_int_equal(domain_check(&domain), CHECK_OK);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        finding.code = codes[i];
        assert_int_equal(domain_check(&domain), CHECK_WARNING);
    }
}

/* Fail closed: what did not pass is never called "pass", whatever was found. */
static void test_outcome(void **state)
{
    struct finding finding = {.code = FINDING_CERT_EXPIRES_SOON};
    struct domain domain = {.name = "x.", .findings = &finding};

    (void)state;
    assert_string_equal(domain_outcome(&domain), "fail");
    assert_int_equal(domain_check(&domain), CHECK_CRITICAL);
    domain.finding_count = 1;
    assert_string_equal(domain_outcome(&domain), "fail");
    finding.code = FINDING_CONNECTION_REFUSED;
    assert_string_equal(domain_outcome(&domain), "untested");
    finding.code = FINDING_TLSA_ABSENT;
    assert_string_equal(domain_outcome(&domain), "unprotected");
    finding.code = FINDING_TLSA_MISMATCH;
    assert_string_equal(domain_outcome(&domain), "fail");
}

/* A result never says otherwise than the outcome. */
static void test_result(void **state)
{
    static const struct {
        enum transport transport, after;
        enum verdict_code verdict;
        enum finding_code own, of_host; /* FINDING_CODES: none */
        const char *outcome, *result;
    } rows[] = {
        {TRANSPORT_OK, TRANSPORT_OK, VERDICT_PASS, FINDING_CODES, FINDING_CODES, "pass", "pass"},
        {TRANSPORT_OK, TRANSPORT_OK, VERDICT_PASS, FINDING_TLS_OLD, FINDING_CODES, "pass", "pass"},
        {TRANSPORT_UNTRIED, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_CODES, FINDING_CODES,
         "not-probed", "not-probed"},
        {TRANSPORT_TIMEOUT, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_SMTP_BROKEN, FINDING_CODES,
         "untested", "untested"},
        {TRANSPORT_RESERVED, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_ADDRESS_RESERVED,
         FINDING_CODES, "untested", "untested"},
        {TRANSPORT_NO_STARTTLS, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_STARTTLS_ABSENT,
         FINDING_CODES, "fail", "starttls-not-offered"},
        {TRANSPORT_REPLY, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_STARTTLS_REFUSED, FINDING_CODES,
         "fail", "starttls-refused"},
        {TRANSPORT_INJECTED, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_PLAINTEXT_INJECTED,
         FINDING_CODES, "fail", "plaintext-injected"},
        {TRANSPORT_HANDSHAKE_FAILED, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_HANDSHAKE_FAILED,
         FINDING_CODES, "fail", "tls-handshake-failed"},
        {TRANSPORT_OK, TRANSPORT_CLOSED, VERDICT_PASS, FINDING_EHLO_TLS_FAILED, FINDING_CODES,
         "fail", "ehlo-after-tls-failed"},
        {TRANSPORT_OK, TRANSPORT_CLOSED, VERDICT_TLSA_MISMATCH, FINDING_EHLO_TLS_FAILED,
         FINDING_CODES, "fail", "tlsa-mismatch"},
        {TRANSPORT_OK, TRANSPORT_CLOSED, VERDICT_TLSA_ABSENT, FINDING_EHLO_TLS_FAILED,
         FINDING_TLSA_ABSENT, "fail", "ehlo-after-tls-failed"},
        {TRANSPORT_OK, TRANSPORT_OK, VERDICT_TLSA_MISMATCH, FINDING_CHAIN_UNTRUSTED,
         FINDING_CODES, "fail", "tlsa-mismatch"},
        {TRANSPORT_OK, TRANSPORT_OK, VERDICT_TLSA_ABSENT, FINDING_CODES, FINDING_TLSA_ABSENT,
         "unprotected", "tlsa-absent"},
        {TRANSPORT_OK, TRANSPORT_OK, VERDICT_TLSA_ABSENT, FINDING_CODES,
         FINDING_ADDRESS_LOOKUP_FAILED, "fail", "tlsa-absent"},
        {TRANSPORT_NO_STARTTLS, TRANSPORT_OK, VERDICT_UNTESTED, FINDING_CODES, FINDING_CODES,
         "fail", "incomplete"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address one = {.end = {.transport = rows[i].transport},
                              .after = {.transport = rows[i].after}};
        const struct verdict verdict = {.code = rows[i].verdict};
        const struct host its_host = {.name = "mx.", .addresses = &one, .address_count = 1};
        const struct domain_host its_entry = {&its_host, &verdict, 1, EXCESS_NONE};
        struct finding findings[2];
        struct domain domain = {.findings = findings};

        if (rows[i].own != FINDING_CODES)
            findings[domain.finding_count++] =
                (struct finding){.code = rows[i].own, .host = &its_entry, .address = &one};
        if (rows[i].of_host != FINDING_CODES)
            findings[domain.finding_count++] =
                (struct finding){.code = rows[i].of_host, .host = &its_entry};
        if (strcmp(address_outcome(&domain, &its_entry, 0), rows[i].outcome) != 0 ||
            strcmp(address_result(&domain, &its_entry, 0), rows[i].result) != 0)
            fail_msg("row %zu: %s, %s", i, address_outcome(&domain, &its_entry, 0),
                     address_result(&domain, &its_entry, 0));
    }
}

/* An address has its own reason, or its host's; never another address's. */
static void test_address_outcome(void **state)
{
    struct address addresses[2] = {{.end = {.transport = TRANSPORT_OK},
                                    .after = {.transport = TRANSPORT_OK}},
                                   {.end = {.transport = TRANSPORT_NO_STARTTLS}}};
    struct verdict verdicts[2] = {{.code = VERDICT_PASS}, {.code = VERDICT_UNTESTED}};
    const struct host two = {.name = "mx.", .addresses = addresses, .address_count = 2};
    const struct domain_host of_two = {&two, verdicts, 2, EXCESS_NONE};
    struct finding findings[] = {
        {.code = FINDING_STARTTLS_ABSENT, .host = &of_two, .address = &addresses[1]},
        {.code = FINDING_TLSA_ABSENT, .host = &of_two},
        {.code = FINDING_TLS_OLD, .host = &of_two, .address = &addresses[0]},
        {.code = FINDING_CONNECTION_REFUSED, .host = &entry}};
    struct domain domain = {.findings = findings, .finding_count = 4};

    (void)state;
    assert_string_equal(address_outcome(&domain, &of_two, 0), "pass");
    assert_string_equal(address_outcome(&domain, &of_two, 1), "fail");
    verdicts[0].code = VERDICT_TLSA_ABSENT;
    assert_string_equal(address_outcome(&domain, &of_two, 0), "unprotected");
    findings[0].code = FINDING_SMTP_REFUSED;
    assert_string_equal(address_outcome(&domain, &of_two, 1), "untested");
    domain.finding_count = 0;
    assert_string_equal(address_outcome(&domain, &of_two, 0), "fail");
    addresses[0].end.transport = TRANSPORT_UNTRIED;
    assert_string_equal(address_outcome(&domain, &of_two, 0), "not-probed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),       cmocka_unit_test(test_result_types),
        cmocka_unit_test(test_sentences), cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_worst),     cmocka_unit_test(test_soonest),
        cmocka_unit_test(test_check),     cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_address_outcome), cmocka_unit_test(test_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "dane/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000 };

struct row {
    const char *name;
    bool handshaken;
    enum dane_result dane;
    enum tlsa_state tlsa;
    bool ee_checks, dates_valid;
    int64_t before, after;
    const char *reference;
    enum verdict_code wanted;
    bool named;
};

#define GOOD true, 500, 1500, "mx.example.org"
#define OTHER true, 500, 1500, "other.example.org"
#define LATE true, 500, NOW, "mx.example.org" /* notAfter is already too late, as in OpenSSL */
#define EARLY true, NOW + 1, 1500, "mx.example.org"

static const struct row rows[] = {
    {"EE", 1, DANE_MATCH_EE, TLSA_SECURE, 0, GOOD, VERDICT_PASS, 1},
    {"EE, other name (E57)", 1, DANE_MATCH_EE, TLSA_SECURE, 0, OTHER, VERDICT_PASS, 0},
    {"EE, expired (E57)", 1, DANE_MATCH_EE, TLSA_SECURE, 0, LATE, VERDICT_PASS, 1},
    {"EE -e", 1, DANE_MATCH_EE, TLSA_SECURE, 1, GOOD, VERDICT_PASS, 1},
    {"EE -e, first second", 1, DANE_MATCH_EE, TLSA_SECURE, 1, true, NOW, NOW + 1, "mx.example.org",
     VERDICT_PASS, 1},
    {"EE -e, other name", 1, DANE_MATCH_EE, TLSA_SECURE, 1, OTHER, VERDICT_NAME_MISMATCH, 0},
    {"EE -e, expired", 1, DANE_MATCH_EE, TLSA_SECURE, 1, LATE, VERDICT_CERT_EXPIRED, 0},
    {"EE -e, not yet", 1, DANE_MATCH_EE, TLSA_SECURE, 1, EARLY, VERDICT_CERT_EXPIRED, 0},
    {"EE -e, no dates", 1, DANE_MATCH_EE, TLSA_SECURE, 1, false, 500, 1500, "mx.example.org",
     VERDICT_CERT_EXPIRED, 0},
    {"EE -e, expired and other name", 1, DANE_MATCH_EE, TLSA_SECURE, 1, true, 500, NOW, "x.example",
     VERDICT_CERT_EXPIRED, 0},
    {"TA", 1, DANE_MATCH_TA, TLSA_SECURE, 0, GOOD, VERDICT_PASS, 1},
    {"TA, other name (E55)", 1, DANE_MATCH_TA, TLSA_SECURE, 0, OTHER, VERDICT_NAME_MISMATCH, 0},
    {"TA, other name -e", 1, DANE_MATCH_TA, TLSA_SECURE, 1, OTHER, VERDICT_NAME_MISMATCH, 0},
    {"TA, expired (E56)", 1, DANE_EXPIRED, TLSA_SECURE, 0, GOOD, VERDICT_CERT_EXPIRED, 0},
    {"mismatch (E30)", 1, DANE_MISMATCH, TLSA_SECURE, 0, GOOD, VERDICT_TLSA_MISMATCH, 0},
    {"unusable (E37)", 1, DANE_UNUSABLE, TLSA_SECURE, 0, GOOD, VERDICT_TLSA_UNUSABLE, 0},
    {"secure, never checked", 1, DANE_NOT_CHECKED, TLSA_SECURE, 0, GOOD, VERDICT_TLSA_MISMATCH, 0},
    {"unknown result", 1, (enum dane_result)99, TLSA_SECURE, 0, GOOD, VERDICT_TLSA_MISMATCH, 0},
    {"absent", 1, DANE_NOT_CHECKED, TLSA_ABSENT, 0, GOOD, VERDICT_TLSA_ABSENT, 0},
    {"absent never passes", 1, DANE_MATCH_EE, TLSA_ABSENT, 0, GOOD, VERDICT_TLSA_ABSENT, 0},
    {"not asked never passes", 1, DANE_MATCH_TA, TLSA_NOT_ASKED, 0, GOOD, VERDICT_TLSA_ABSENT, 0},
    {"failed never passes", 1, DANE_MATCH_EE, TLSA_FAILED, 0, GOOD, VERDICT_TLSA_ABSENT, 0},
    {"no handshake", 0, DANE_MATCH_EE, TLSA_SECURE, 0, GOOD, VERDICT_UNTESTED, 0},
    {"no handshake, no TLSA", 0, DANE_NOT_CHECKED, TLSA_ABSENT, 0, GOOD, VERDICT_UNTESTED, 0},
};

static void check_row(const struct row *row)
{
    static const struct bytes names[] = {{(const uint8_t *)"mx.example.org", 14}};
    struct certificate leaf = {.not_before = row->before,
                               .not_after = row->after,
                               .dates_valid = row->dates_valid,
                               .names = names,
                               .name_count = 1};
    struct address address = {
        .handshaken = row->handshaken, .dane = row->dane, .dane_depth = 3, .chain = {&leaf, 1, 1}};
    struct verdict_rules rules = {&row->reference, 1, row->ee_checks, NOW, row->tlsa};
    struct verdict verdict = verdict_decide(&address, &rules);

    if (verdict.code != row->wanted)
        fail_msg("%s: %d, not %d", row->name, verdict.code, row->wanted);
    if ((verdict.name.data != NULL) != row->named)
        fail_msg("%s: name", row->name);
    if (verdict.code == VERDICT_PASS)
        assert_int_equal(verdict.depth, 3);
}

static void test_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}

/* A match without a certificate is a contradiction: it does not pass. */
static void test_no_chain(void **state)
{
    const char *reference = "mx.example.org";
    struct verdict_rules rules = {&reference, 1, false, NOW, TLSA_SECURE};
    static const struct bytes names[] = {{(const uint8_t *)"mx.example.org", 14}};
    struct certificate leaf = {.names = names, .name_count = 1};
    const struct chain chains[] = {{NULL, 0, 0}, {&leaf, 0, 0}, {NULL, 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct address address = {.handshaken = true, .chain = chains[i]};

        address.dane = DANE_MATCH_EE;
        assert_int_equal(verdict_decide(&address, &rules).code, VERDICT_TLSA_MISMATCH);
        address.dane = DANE_MATCH_TA;
        assert_int_equal(verdict_decide(&address, &rules).code, VERDICT_TLSA_MISMATCH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide),
        cmocka_unit_test(test_no_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the audit of a domain makes of its own DS and DNSKEY answers: it compares them where both
 * are secure and of the same name, and explains an insecure answer where findings are wanted.
 */
#include "audit_domain.h"

#include <openssl/evp.h>

#include "dane/delegation.h"

#define KEY "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"

static const struct record null_mx[] = {{.type = RECORD_MX, .data.mx = {0, "."}}};
static const struct record dnskey[] = {
    {.type = RECORD_DNSKEY, .data.dnskey = {257, 3, 13, {(const uint8_t *)KEY, 64}}}};
static struct record right[1], split[2];
static uint8_t digests[3][32];

/* The DS record of the key for the zone x.y, RFC 4034 section 5.1.4. */
static struct record ds_of_key(uint8_t digest_type, uint8_t digest[32])
{
    static const char wire[] = "\1x\1y\0\1\1\3\15" KEY;
    unsigned length;

    assert_int_equal(EVP_Digest(wire, sizeof wire - 1, digest, &length,
                                digest_type == 1 ? EVP_sha1() : EVP_sha256(), NULL), 1);
    return (struct record){.type = RECORD_DS,
                           .data.ds = {(uint16_t)delegation_key_tag(&dnskey[0].data.dnskey), 13,
                                       digest_type, {digest, length}}};
}

static int make_records(void **state)
{
    (void)state;
    right[0] = ds_of_key(2, digests[0]);
    split[0] = ds_of_key(1, digests[1]);
    split[1] = ds_of_key(2, digests[2]);
    digests[2][0] ^= 1;
    return 0;
}

#define ROW(name, type, status, ad, list, target)                                                  \
    {name, RECORD_##type, LOOKUP_##status, ad, COUNT(list), target, true, list}
#define DS(status, ad, list) ROW("x.y.", DS, status, ad, list, NULL)
#define DNSKEY(status, ad) ROW("x.y.", DNSKEY, status, ad, dnskey, NULL)
#define NULL_MX MX(NOERROR, 1, null_mx)

static const struct row {
    const char *name, *input;
    struct zone_row zone[4];
    bool compared;
    enum ds_state state; /* of the last DS record */
    bool split;
    enum exit_status status; /* without -A */
} rows[] = {
    {"the key's", "x.y", {DS(NOERROR, 1, right), DNSKEY(NOERROR, 1), NULL_MX}, true, DS_MATCHES,
     false, EXIT_SECURE},
    {"validators differ (RFC 4509 section 3)", "x.y",
     {DS(NOERROR, 1, split), DNSKEY(NOERROR, 1), NULL_MX}, true, DS_HIDES_WEAKER, true, EXIT_WRONG},
    {"DS insecure", "x.y", {DS(NOERROR, 0, right), DNSKEY(NOERROR, 1), NULL_MX}, false, 0, false,
     EXIT_WRONG},
    {"DNSKEY insecure", "x.y", {DS(NOERROR, 1, right), DNSKEY(NOERROR, 0), NULL_MX}, false, 0,
     false, EXIT_WRONG},
    {"no DS", "x.y", {AT("x.y.", DS, NODATA, 1, 0), DNSKEY(NOERROR, 1), NULL_MX}, false, 0, false,
     EXIT_SECURE},
    {"DNSKEY fails", "x.y",
     {DS(NOERROR, 1, right), AT("x.y.", DNSKEY, SERVFAIL, 0, 0), NULL_MX}, false, 0, false,
     EXIT_WRONG},
    {"DNSKEY of an alias's target", "x.y",
     {DS(NOERROR, 1, right), ROW("x.y.", DNSKEY, NOERROR, 1, dnskey, "z.y."), NULL_MX}, false, 0,
     false, EXIT_SECURE},
    {"DS of an alias's target", "x.y",
     {ROW("x.y.", DS, NOERROR, 1, right, "a.y."), DNSKEY(NOERROR, 1), NULL_MX}, false, 0, false,
     EXIT_SECURE},
    {"a TLD", "y",
     {ROW("y.", DS, NOERROR, 1, right, NULL), ROW("y.", DNSKEY, NOERROR, 1, dnskey, NULL),
      AT("y.", SOA, NOERROR, 1, 1)}, true, DS_WRONG, false, EXIT_SECURE},
    {"the root", ".",
     {ROW(".", DNSKEY, NOERROR, 1, dnskey, NULL), AT(".", SOA, NOERROR, 1, 1)}, false, 0, false,
     EXIT_SECURE},
};

/* Whatever else is wanted of the domain. */
static void check_row(const struct row *row, struct plan plan)
{
    struct world world;
    const struct domain *domain = world_begin(&world, row->input, row->zone, plan);
    const struct delegation *delegation = &domain->delegation;

    zone_answer_all();
    assert_int_equal(world.finished, 1);
    if ((delegation->states != NULL) != row->compared || delegation->split != row->split)
        fail_msg("%s: compared %d, split %d", row->name, delegation->states != NULL,
                 delegation->split);
    if (row->compared)
        assert_int_equal(delegation->states[domain->lookups[0]->record_count - 1], row->state);
    if (domain_exit_status(domain) != row->status)
        fail_msg("%s: status %d", row->name, domain_exit_status(domain));
    world_end(&world);
}

static void test_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (unsigned how = 0; how < 4; how++)
            check_row(&rows[i], (struct plan){.findings = how & 1, .all = how & 2});
}

/* Every insecure answer of a zone whose keys are, though its DS is secure, without a question more. */
static void test_explained(void **state)
{
    static const struct {
        const char *input;
        struct zone_row zone[4];
    } explained[] = {
        {"x.y", {DS(NOERROR, 1, right), DNSKEY(NOERROR, 0), MX(NOERROR, 0, null_mx)}},
        {"y", {ROW("y.", DS, NOERROR, 1, right, NULL), ROW("y.", DNSKEY, NOERROR, 0, dnskey, NULL),
               AT("y.", SOA, NOERROR, 0, 1)}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(explained); i++)
        for (unsigned findings = 0; findings < 2; findings++) {
            struct world world;

            world_begin(&world, explained[i].input, explained[i].zone,
                        (struct plan){.findings = findings});
            zone_answer_all();
            assert_int_equal(world.finished, 1);
            assert_int_equal(zone.asked, 3 + findings); /* NSEC3PARAM first */
            for (size_t j = 1; j < 3; j++)
                assert_ptr_equal(zone.questions[findings + j].lookup->zone_ds,
                                 findings ? zone.questions[findings].lookup : NULL);
            world_end(&world);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compared),
        cmocka_unit_test(test_explained),
    };

    return cmocka_run_group_tests(tests, make_records, NULL);
}

/* What a TLSA record that does not match is: each row a record and what the bytes prove of it. */
#include "dane/diagnosis.h"

#include "dane/match.h"
#include "dane_world.h"

#include <openssl/pem.h>
#include <openssl/sha.h>

/* The chain of every row: LEAF, INTER. */
static struct chain make_chain(const struct world *world, struct certificate certificates[2])
{
    certificates[0] = world->models[LEAF];
    certificates[1] = world->models[INTER];
    return (struct chain){certificates, 2, 2};
}

static struct record make_record(uint8_t usage, uint8_t selector, uint8_t mtype,
                                 struct bytes data)
{
    return (struct record){.type = RECORD_TLSA, .data.tlsa = {usage, selector, mtype, data}};
}

static struct finding find(struct world *world, const struct record *record,
                           const struct chain *chain)
{
    const struct record_facts *facts = match_facts(record, 1, &world->arena);
    const struct record_match *match =
        match_records(record, facts, 1, (struct certificate *)chain->certificates, chain->count,
                      &world->arena);

    return diagnosis_find(record, facts, match, chain);
}

static void check(struct world *world, struct record record, enum finding_code code,
                  unsigned depth)
{
    struct certificate certificates[2];
    struct chain chain = make_chain(world, certificates);
    struct finding finding = find(world, &record, &chain);

    if (finding.code != code)
        fail_msg("%u %u %u: %d instead of %d", record.data.tlsa.usage, record.data.tlsa.selector,
                 record.data.tlsa.mtype, finding.code, code);
    assert_int_equal(finding.depth, depth);
    assert_ptr_equal(finding.record, &record);
}

static void test_fields(void **state)
{
    struct world *world = *state;
    static const struct {
        enum cert cert;
        enum certificate_digest digest;
        uint8_t usage, selector, mtype;
        enum finding_code code;
        unsigned depth;
    } rows[] = {
        {LEAF, CERTIFICATE_PKEY_SHA256, 3, 1, 1, FINDING_CODES, 0},
        {LEAF, CERTIFICATE_FULL_CERT, 3, 0, 0, FINDING_CODES, 0},
        {INTER, CERTIFICATE_CERT_SHA512, 2, 0, 2, FINDING_CODES, 1},
        {INTER, CERTIFICATE_PKEY_SHA256, 3, 1, 1, FINDING_TLSA_ISSUER_UNDER_EE, 1},
        {LEAF, CERTIFICATE_PKEY_SHA256, 2, 1, 1, FINDING_TLSA_LEAF_UNDER_TA, 0},
        {LEAF, CERTIFICATE_PKEY_SHA256, 1, 1, 1, FINDING_TLSA_UNDER_PKIX, 0},
        {INTER, CERTIFICATE_PKEY_SHA256, 0, 1, 1, FINDING_TLSA_UNDER_PKIX, 1},
        {LEAF, CERTIFICATE_PKEY_SHA256, 9, 1, 1, FINDING_TLSA_UNDER_PKIX, 0},
        {LEAF, CERTIFICATE_CERT_SHA256, 3, 1, 1, FINDING_TLSA_SELECTOR_WRONG, 0},
        {LEAF, CERTIFICATE_PKEY_SHA512, 3, 0, 2, FINDING_TLSA_SELECTOR_WRONG, 0},
        {INTER, CERTIFICATE_PKEY_SHA256, 2, 0, 1, FINDING_TLSA_SELECTOR_WRONG, 1},
        {LEAF, CERTIFICATE_PKEY_SHA256, 3, 1, 2, FINDING_TLSA_MTYPE_WRONG, 0},
        {LEAF, CERTIFICATE_PKEY_SHA256, 3, 1, 0, FINDING_TLSA_MTYPE_WRONG, 0},
        {LEAF, CERTIFICATE_FULL_SPKI, 3, 1, 1, FINDING_TLSA_MTYPE_WRONG, 0},
        {ROOT, CERTIFICATE_PKEY_SHA256, 2, 1, 1, FINDING_TLSA_ANCHOR_UNKNOWN, 0},
        {LEAF_OLD, CERTIFICATE_CERT_SHA256, 3, 0, 1, FINDING_TLSA_CERT_UNKNOWN, 0},
        {ROOT, CERTIFICATE_PKEY_SHA256, 3, 1, 1, FINDING_TLSA_KEY_UNKNOWN, 0},
        {LEAF_OLD, CERTIFICATE_FULL_CERT, 3, 0, 0, FINDING_TLSA_RENEWED, 0},
        {STRAY, CERTIFICATE_FULL_CERT, 3, 0, 0, FINDING_TLSA_CERT_UNKNOWN, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(world,
              make_record(rows[i].usage, rows[i].selector, rows[i].mtype,
                          world->models[rows[i].cert].data[rows[i].digest]),
              rows[i].code, rows[i].depth);
}

/* The right triple goes with what was found. */
static void test_right(void **state)
{
    struct world *world = *state;
    struct certificate certificates[2];
    struct chain chain = make_chain(world, certificates);
    struct record record =
        make_record(3, 0, 2, world->models[INTER].data[CERTIFICATE_PKEY_SHA256]);
    struct finding finding = find(world, &record, &chain);

    assert_int_equal(finding.digest, CERTIFICATE_PKEY_SHA256);
    assert_ptr_equal(finding.certificate, &certificates[1]);
}

static void test_nothing(void **state)
{
    struct world *world = *state;
    uint8_t digest[SHA512_DIGEST_LENGTH];

    check(world, make_record(3, 1, 1, (struct bytes){(const uint8_t *)"", 0}),
          FINDING_TLSA_DIGEST_OF_NOTHING, 0);
    SHA256((const uint8_t *)"", 0, digest);
    check(world, make_record(3, 1, 1, (struct bytes){digest, SHA256_DIGEST_LENGTH}),
          FINDING_TLSA_DIGEST_OF_NOTHING, 0);
    SHA512((const uint8_t *)"", 0, digest);
    check(world, make_record(2, 0, 2, (struct bytes){digest, SHA512_DIGEST_LENGTH}),
          FINDING_TLSA_DIGEST_OF_NOTHING, 0);
}

/* The PEM of OpenSSL's own writer, its final newline left out or not. */
static void check_pem(struct world *world, BIO *bio, unsigned depth, bool newline)
{
    uint8_t digest[SHA512_DIGEST_LENGTH];
    char *text;
    size_t length = (size_t)BIO_get_mem_data(bio, &text) - !newline;

    SHA256((const uint8_t *)text, length, digest);
    check(world, make_record(3, 1, 1, (struct bytes){digest, SHA256_DIGEST_LENGTH}),
          FINDING_TLSA_DIGEST_OF_PEM, depth);
    SHA512((const uint8_t *)text, length, digest);
    check(world, make_record(3, 0, 2, (struct bytes){digest, SHA512_DIGEST_LENGTH}),
          FINDING_TLSA_DIGEST_OF_PEM, depth);
    check(world, make_record(3, 0, 0, (struct bytes){(const uint8_t *)text, length}),
          FINDING_TLSA_DIGEST_OF_PEM, depth);
}

static void test_pem(void **state)
{
    struct world *world = *state;
    static const enum cert certs[] = {LEAF, INTER};

    for (unsigned depth = 0; depth < 2; depth++)
        for (int newline = 0; newline < 2; newline++) {
            BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());

            PEM_write_bio_X509(cert, world->certs[certs[depth]]);
            PEM_write_bio_PUBKEY(key, X509_get0_pubkey(world->certs[certs[depth]]));
            check_pem(world, cert, depth, newline);
            check_pem(world, key, depth, newline);
            BIO_free(cert);
            BIO_free(key);
        }
}

/* Each record is looked at, not only the first. */
static void test_pem_behind_a_match(void **state)
{
    struct world *world = *state;
    struct certificate certificates[2];
    struct chain chain = make_chain(world, certificates);
    struct record records[3];
    const struct record_facts *facts;
    const struct record_match *matches;
    BIO *pem = BIO_new(BIO_s_mem());
    char *text;

    PEM_write_bio_X509(pem, world->certs[INTER]);
    size_t length = (size_t)BIO_get_mem_data(pem, &text);

    records[0] = make_record(3, 1, 1, world->models[LEAF].data[CERTIFICATE_PKEY_SHA256]);
    records[1] = make_record(2, 0, 0, (struct bytes){(const uint8_t *)text, length});
    records[2] = make_record(2, 1, 1, world->models[INTER].data[CERTIFICATE_PKEY_SHA256]);
    facts = match_facts(records, 3, &world->arena);
    matches = match_records(records, facts, 3, certificates, chain.count, &world->arena);
    assert_int_equal(matches[0].kind, RECORD_MATCH_FITS);
    assert_int_equal(matches[1].kind, RECORD_MATCH_PEM);
    assert_int_equal(matches[1].depth, 1);
    assert_int_equal(matches[2].kind, RECORD_MATCH_FITS);
    BIO_free(pem);
}

/* A certificate that stands twice matches where it may. */
static void test_twice(void **state)
{
    struct world *world = *state;
    struct certificate certificates[2] = {world->models[LEAF_SELF], world->models[LEAF_SELF]};
    struct chain chain = {certificates, 1, 2};
    struct record record =
        make_record(3, 1, 1, world->models[LEAF_SELF].data[CERTIFICATE_PKEY_SHA256]);

    assert_int_equal(find(world, &record, &chain).code, FINDING_CODES);
    record.data.tlsa.usage = 2;
    assert_int_equal(find(world, &record, &chain).code, FINDING_CODES);
    chain.count = 1;
    assert_int_equal(find(world, &record, &chain).code,
                     FINDING_TLSA_LEAF_UNDER_TA);
    chain.count = 0;
    assert_int_equal(find(world, &record, &chain).code,
                     FINDING_TLSA_ANCHOR_UNKNOWN);
}

/* Renewed with the same key: of the leaf, alone or not, and of nothing where none was sent. */
static void test_renewed(void **state)
{
    static const enum finding_code codes[] = {FINDING_TLSA_CERT_UNKNOWN, FINDING_TLSA_RENEWED,
                                              FINDING_TLSA_RENEWED};
    struct world *world = *state;
    struct certificate certificates[2];
    struct chain chain = make_chain(world, certificates);
    struct record record = make_record(3, 0, 0, world->models[LEAF_OLD].data[CERTIFICATE_FULL_CERT]);

    for (chain.count = 0; chain.count <= 2; chain.count++)
        assert_int_equal(find(world, &record, &chain).code, codes[chain.count]);
}

/* Only a certificate that names a policy of the baseline requirements. */
static void test_public(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *policy;
        bool is_public;
    } rows[] = {{"2.23.140.1.2.1", true}, {"1.2.3.4,2.23.140.1.1", true}, {"1.2.3.4", false},
                {NULL, false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pki_spec spec = {.cn = "p", .policies = rows[i].policy};
        struct certificate certificate;
        X509 *x509 = pki_issue(&spec, world->keys[KEY_LEAF], NULL, NULL);

        assert_true(certificate_parse(pki_der(x509, &world->arena), &world->arena, &certificate));
        assert_int_equal(certificate.public_ca, rows[i].is_public);
        X509_free(x509);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),  cmocka_unit_test(test_right),
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_pem),
        cmocka_unit_test(test_twice),   cmocka_unit_test(test_public),
        cmocka_unit_test(test_renewed), cmocka_unit_test(test_pem_behind_a_match),
    };

    return cmocka_run_group_tests(tests, world_new, world_free);
}

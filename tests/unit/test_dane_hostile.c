/* Certificates and servers that mean harm, as far as a lab with OpenSSL's own servers cannot go. */
#include "base/limits.h"
#include "dane/names.h"
#include "dane_world.h"

static const struct handshake_config plain_config = {.base = "mx.example.org",
                                                     .verify_time = PKI_NOW};

static void add_raw(X509 *x509, const void *value, size_t length)
{
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    ASN1_OCTET_STRING_set(data, value, (int)length);
    extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, data);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(data);
}

#define MX "mx.example.org"
#define OTHER "other.example.org"

struct names_row {
    const char *name;
    const char *values[2];
    size_t lengths[2];
    const char *cn;
    bool wanted;
};

static const struct names_row names_rows[] = {
    {"no alternative names", {NULL}, {0}, MX, true},
    {"none of DNS", {"\x30\x06\x87\x04\x7f\0\0\1"}, {8}, MX, true},
    {"another name", {"\x30\x03\x82\x01x"}, {5}, MX, false},
    {"no SEQUENCE", {"\x05\0"}, {2}, MX, false},
    {"cut off", {"\x30\x0d\x82\x0bother.ex"}, {12}, MX, false},
    {"nothing", {""}, {0}, MX, false},
    {"twice", {"\x30\x03\x82\x01x", "\x30\x03\x82\x01y"}, {5, 5}, MX, false},
    {"a dNSName", {"\x30\x10\x82\x0e" MX}, {18}, OTHER, true},
    {"an e-mail address is no dNSName", {"\x30\x10\x81\x0e" MX}, {18}, OTHER, false},
    {"an e-mail address, and the common name", {"\x30\x10\x81\x0e" MX}, {18}, MX, true},
    {"a URI is no dNSName", {"\x30\x10\x86\x0e" MX}, {18}, OTHER, false},
    {"a URI, and the common name", {"\x30\x10\x86\x0e" MX}, {18}, MX, true},
    {"an address is no dNSName", {"\x30\x10\x87\x0e" MX}, {18}, OTHER, false},
    {"a URI before a dNSName", {"\x30\x13\x86\x01x\x82\x0e" MX}, {21}, OTHER, true},
    {"a URI beside another dNSName", {"\x30\x13\x86\x0e" MX "\x82\x01x"}, {21}, MX, false},
};

/* RFC 7672 section 3.2.3: the common name counts where there are no others, not where they are broken. */
static void test_broken_names(void **state)
{
    static const char *const references[] = {"mx.example.org."};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof names_rows / sizeof names_rows[0]; i++) {
        const struct names_row *row = &names_rows[i];
        struct pki_spec spec = {.cn = row->cn};
        X509 *x509 = pki_issue(&spec, world->keys[KEY_LEAF], NULL, NULL);
        struct certificate certificate;

        for (size_t n = 0; n < 2 && row->values[n] != NULL; n++)
            add_raw(x509, row->values[n], row->lengths[n]);
        assert_true(X509_sign(x509, world->keys[KEY_LEAF], EVP_sha256()) > 0);
        assert_true(
            certificate_parse(pki_der(x509, &world->arena), &world->arena, &certificate));
        if (names_match(&certificate, references, 1, NULL) != row->wanted)
            fail_msg("%s", row->name);
        X509_free(x509);
    }
}

/* `count` keys of anchors that nobody uses; the last one is the issuer's if `last`. */
static void check_anchor_keys(struct world *world, size_t count, bool last, bool leaf,
                              enum excess excess, enum dane_result result)
{
    X509 *const sent[] = {world->certs[LEAF], world->certs[INTER]};
    struct record records[LIMIT_ANCHOR_KEYS + 3] = {{0}};
    struct handshake_config config = {"mx.example.org", records, count, PKI_NOW, NULL};
    struct address address = {0};
    struct pki_link link;

    for (size_t i = 0; i < count; i++) {
        unsigned char *der = NULL;
        EVP_PKEY *key = EVP_EC_gen("P-256");
        int length = i2d_PUBKEY(last && i + 1 == count ? world->keys[KEY_ROOT] : key, &der);
        struct bytes data = {arena_copy(&world->arena, der, (size_t)length), (size_t)length};

        records[i] = (struct record){.type = RECORD_TLSA, .data.tlsa = {2, 1, 0, data}};
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
    if (leaf)
        records[config.tlsa_count++] = (struct record){
            .type = RECORD_TLSA,
            .data.tlsa = {3, 1, 1, world->models[LEAF].data[CERTIFICATE_PKEY_SHA256]}};
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, 2);

    pki_link_init(&link, server, world->context, &config);
    pki_run(&link);
    handshake_result(link.client, &world->arena, &address);
    assert_int_equal(handshake_excess(link.client), excess);
    assert_int_equal(address.handshaken, excess == EXCESS_NONE);
    assert_int_equal(address.dane, result);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

/* As many as the limit are all tried; of more, what was not tried is no mismatch. */
static void test_anchor_keys(void **state)
{
    enum { MOST = LIMIT_ANCHOR_KEYS };

    check_anchor_keys(*state, MOST, true, false, EXCESS_NONE, DANE_MATCH_TA);
    check_anchor_keys(*state, MOST, false, false, EXCESS_NONE, DANE_MISMATCH);
    check_anchor_keys(*state, MOST + 1, false, false, EXCESS_ANCHOR_KEYS, DANE_NOT_CHECKED);
    check_anchor_keys(*state, MOST + 2, true, false, EXCESS_ANCHOR_KEYS, DANE_NOT_CHECKED);
    check_anchor_keys(*state, MOST + 2, false, true, EXCESS_NONE, DANE_MATCH_EE);
}

/* RFC 5280 section 4.2.1.3: the first bit, where there is a key usage at all. */
static void test_key_usage(void **state)
{
    static const struct {
        const char *usage; /* NULL: none */
        bool cannot_sign;
    } usage_rows[] = {
        {NULL, false},
        {"digitalSignature", false},
        {"digitalSignature,keyEncipherment", false},
        {"keyEncipherment", true},
        {"keyEncipherment,keyAgreement,nonRepudiation", true},
        {"DER:030100", true}, /* no bit at all */
        {"DER:0402ffff", false}, /* not a key usage: nothing is known */
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof usage_rows / sizeof *usage_rows; i++) {
        struct pki_spec spec = {.cn = "mx"};
        struct certificate certificate;

        spec.more[0] = usage_rows[i].usage != NULL ? "keyUsage" : NULL;
        spec.more[1] = usage_rows[i].usage;
        X509 *x509 = pki_issue(&spec, world->keys[KEY_LEAF], NULL, NULL);

        assert_true(certificate_parse(pki_der(x509, &world->arena), &world->arena, &certificate));
        if (certificate.cannot_sign != usage_rows[i].cannot_sign)
            fail_msg("%s", usage_rows[i].usage);
        X509_free(x509);
    }
}

static void check_flood(struct world *world, const char *name, int (*send)(SSL *ssl))
{
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    enum handshake_status status = HANDSHAKE_DONE;
    struct pki_link link;

    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    buffer_clear(&link.to_server);
    for (int i = 0; i < 20000 && status == HANDSHAKE_DONE; i++) {
        if (send(link.server) != 1 || SSL_do_handshake(link.server) != 1)
            fail_msg("%s: the server cannot", name);
        status = pki_client(&link);
    }
    if (status != HANDSHAKE_FAILED || handshake_excess(link.client) != EXCESS_TLS_BYTES)
        fail_msg("%s: %d, limit %d", name, status, handshake_excess(link.client));
    if (link.to_server.length > LIMIT_TLS_BYTES)
        fail_msg("%s: %zu bytes to send", name, link.to_server.length);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static int key_update(SSL *ssl)
{
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
}

/* A server that never reads: what it makes us hold and do has an end. */
static void test_floods(void **state)
{
    check_flood(*state, "KeyUpdate", key_update);
    check_flood(*state, "NewSessionTicket", SSL_new_session_ticket);
}

/* Issuers of one name: each one that might be it costs a signature. */
static void check_names(struct world *world, size_t issuers, size_t right, enum excess wanted)
{
    struct pki_spec ca = {.cn = "Issuer", .basic = CA}, leaf = {.cn = "Leaf", .san = NAME};
    X509 *sent[LIMIT_CERTIFICATES];
    EVP_PKEY *keys[LIMIT_CERTIFICATES];
    struct pki_link link;

    for (size_t i = 1; i <= issuers; i++) {
        keys[i] = EVP_EC_gen("P-256");
        sent[i] = pki_issue(&ca, keys[i], NULL, NULL);
    }
    sent[0] = pki_issue(&leaf, world->keys[KEY_LEAF], sent[right], keys[right]);
    assert_true(X509_sign(sent[right], keys[1], EVP_sha256()) > 0); /* issued by the first */
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, issuers + 1);

    pki_link_init(&link, server, world->context, &plain_config);
    pki_run(&link);
    assert_int_equal(handshake_excess(link.client), wanted);
    pki_link_fini(&link);
    SSL_CTX_free(server);
    X509_free(sent[0]);
    for (size_t i = 1; i <= issuers; i++) {
        X509_free(sent[i]);
        EVP_PKEY_free(keys[i]);
    }
}

static void test_signatures(void **state)
{
    check_names(*state, 20, 20, EXCESS_NONE);
    check_names(*state, LIMIT_CERTIFICATES - 1, LIMIT_CERTIFICATES - 1, EXCESS_SIGNATURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchor_keys),
        cmocka_unit_test(test_broken_names),
        cmocka_unit_test(test_key_usage),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_signatures),
    };

    return cmocka_run_group_tests(tests, world_new, world_free);
}

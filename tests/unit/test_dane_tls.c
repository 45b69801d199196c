/*
 * TLS itself: versions, what is told of a session, and servers that misbehave.
 */
#include <pthread.h>

#include "base/limits.h"
#include "dane_world.h"

/* What a newer OpenSSL says otherwise. */
#if OPENSSL_VERSION_PREREQ(3, 5)
#define HANDSHAKE_FAILURE "ssl/tls alert handshake failure"
#define RECORD_TOO_LONG "data length too long"
#else
#define HANDSHAKE_FAILURE "sslv3 alert handshake failure"
#define RECORD_TOO_LONG "packet length too long"
#endif

static const struct handshake_config plain_config = {"mx.example.org.", NULL, 0, PKI_NOW, NULL};

struct version_row {
    int version;
    bool rsa;
    const char *ciphers, *groups;
    size_t chunk;
    const char *name, *cipher, *group, *key;
};

static const struct version_row version_rows[] = {
    {TLS1_VERSION, 0, "ECDHE-ECDSA-AES128-SHA", "P-256", 0, "TLS10", "ECDHE-ECDSA-AES128-SHA",
     "P-256", "EC-P256"},
    {TLS1_VERSION, 1, "AES128-SHA", "P-256", 0, "TLS10", "AES128-SHA", NULL, "RSA-1024"},
    {TLS1_1_VERSION, 1, "DHE-RSA-AES128-SHA", "P-256", 0, "TLS11", "DHE-RSA-AES128-SHA", "DH-1024",
     "RSA-1024"},
    {TLS1_2_VERSION, 0, "ALL", "P-384", 0, "TLS12", "ECDHE-ECDSA-AES256-GCM-SHA384", "P-384",
     "EC-P256"},
    {TLS1_2_VERSION, 1, "ALL", "X25519", 1, "TLS12", "ECDHE-RSA-AES256-GCM-SHA384", "X25519",
     "RSA-1024"},
    {TLS1_2_VERSION, 1, "AES256-GCM-SHA384", "P-256", 7, "TLS12", "AES256-GCM-SHA384", NULL,
     "RSA-1024"},
    {TLS1_3_VERSION, 0, "ALL", "X25519", 0, "TLS13", "TLS_AES_256_GCM_SHA384", "X25519", "EC-P256"},
    {TLS1_3_VERSION, 0, "ALL", "X25519", 1, "TLS13", "TLS_AES_256_GCM_SHA384", "X25519", "EC-P256"},
    {TLS1_3_VERSION, 0, "ALL", "P-521", 3, "TLS13", "TLS_AES_256_GCM_SHA384", "P-521", "EC-P256"},
    {TLS1_3_VERSION, 0, "ALL", "ffdhe2048", 0, "TLS13", "TLS_AES_256_GCM_SHA384", "ffdhe2048",
     "EC-P256"},
#if OPENSSL_VERSION_PREREQ(3, 5)
    {TLS1_3_VERSION, 0, "ALL", "X25519MLKEM768", 0, "TLS13", "TLS_AES_256_GCM_SHA384",
     "X25519MLKEM768", "EC-P256"},
#endif
};

static SSL_CTX *version_server(const struct world *world, const struct version_row *row)
{
    char ciphers[128];
    SSL_CTX *server = pki_server(row->rsa ? world->rsa : world->keys[KEY_LEAF],
                                 row->rsa ? &world->rsa_leaf : &world->certs[LEAF_SELF], 1);

    snprintf(ciphers, sizeof ciphers, "%s:@SECLEVEL=0", row->ciphers);
    SSL_CTX_set_min_proto_version(server, row->version);
    SSL_CTX_set_max_proto_version(server, row->version);
    SSL_CTX_set_cipher_list(server, ciphers);
    SSL_CTX_set1_groups_list(server, row->groups);
    SSL_CTX_set_dh_auto(server, 1);
    return server;
}

static void check_echo(struct pki_link *link, const char *name)
{
    char text[32];

    assert_true(handshake_write(link->client, "EHLO x\r\n", 8, &link->to_server));
    pki_to_server(link);
    assert_int_equal(SSL_read(link->server, text, sizeof text), 8);
    assert_int_equal(SSL_write(link->server, "250 y\r\n", 7), 7);
    while (BIO_pending(SSL_get_wbio(link->server)) > 0)
        assert_int_equal(pki_client(link), HANDSHAKE_DONE);
    if (link->plain.length != 7 || memcmp(link->plain.data, "250 y\r\n", 7) != 0)
        fail_msg("%s: echo", name);
}

static void check_closed(struct pki_link *link)
{
    SSL_shutdown(link->server);
    while (BIO_pending(SSL_get_wbio(link->server)) > 1)
        pki_client(link);
    assert_int_equal(pki_client(link), HANDSHAKE_CLOSED);
    assert_int_equal(pki_client(link), HANDSHAKE_CLOSED);
    assert_false(handshake_write(link->client, "x", 1, &link->to_server));
    assert_null(handshake_reason(link->client));
}

static void check_version(struct world *world, const struct version_row *row)
{
    SSL_CTX *server = version_server(world, row);
    struct address address = {0};
    struct pki_link link;

    pki_link_init(&link, server, world->context, &plain_config);
    link.chunk = row->chunk;
    handshake_result(link.client, &world->arena, &address);
    assert_false(address.handshaken);
    if (pki_run(&link) != HANDSHAKE_DONE)
        fail_msg("%s %s: %s", row->name, row->ciphers, handshake_reason(link.client));
    handshake_result(link.client, &world->arena, &address);
    assert_true(address.handshaken);
    assert_string_equal(address.tls_version, row->name);
    assert_string_equal(address.cipher, row->cipher);
    if (row->group == NULL)
        assert_null(address.group);
    else
        assert_string_equal(address.group, row->group);
    assert_string_equal(address.chain.certificates[0].key, row->key);
    assert_string_equal(SSL_get_servername(link.server, TLSEXT_NAMETYPE_host_name),
                        "mx.example.org");
    check_echo(&link, row->name);
    check_closed(&link);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void test_versions(void **state)
{
    for (size_t i = 0; i < sizeof version_rows / sizeof version_rows[0]; i++)
        check_version(*state, &version_rows[i]);
}

/* E64: an RSA-1024 key and a SHA-1 signature are seen, and under DANE-TA they pass. */
static void test_weak(void **state)
{
    struct world *world = *state;
    struct pki_spec ca = {.cn = "Weak CA", .basic = "critical,CA:TRUE", .digest = EVP_sha1()};
    struct pki_spec leaf = {.cn = "mx", .digest = EVP_sha1()};
    X509 *sent[2];
    unsigned char *spki = NULL;
    struct record record = {.type = RECORD_TLSA};
    struct handshake_config config = {"mx.example.org", &record, 1, PKI_NOW, NULL};
    struct address address = {0};
    struct pki_link link;

    sent[1] = pki_issue(&ca, world->rsa, NULL, NULL);
    sent[0] = pki_issue(&leaf, world->keys[KEY_LEAF], sent[1], world->rsa);
    int length = i2d_PUBKEY(world->rsa, &spki);

    record.data.tlsa = (struct record_tlsa){2, 1, 0, {spki, (size_t)length}};
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, 2);

    pki_link_init(&link, server, world->context, &config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    handshake_result(link.client, &world->arena, &address);
    assert_int_equal(address.dane, DANE_MATCH_TA);
    assert_int_equal(address.dane_depth, 1);
    assert_string_equal(address.chain.certificates[0].signature, "sha1WithRSAEncryption");
    assert_string_equal(address.chain.certificates[1].key, "RSA-1024");
    pki_link_fini(&link);
    SSL_CTX_free(server);
    OPENSSL_free(spki);
    X509_free(sent[0]);
    X509_free(sent[1]);
}

static void check_sni(struct world *world, const char *base, const char *wanted)
{
    struct handshake_config config = {base, NULL, 0, PKI_NOW, NULL};
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    struct pki_link link;

    pki_link_init(&link, server, world->context, &config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    const char *sni = SSL_get_servername(link.server, TLSEXT_NAMETYPE_host_name);

    if (wanted == NULL)
        assert_null(sni);
    else
        assert_string_equal(sni, wanted);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void test_sni(void **state)
{
    char longest[257];

    memset(longest, 'a', sizeof longest);
    longest[256] = '\0';
    check_sni(*state, "mx.example.org.", "mx.example.org");
    check_sni(*state, "mx.example.org", "mx.example.org");
    check_sni(*state, "m_x.example.org", "m_x.example.org");
    check_sni(*state, ".", NULL);
    check_sni(*state, "", NULL);
    check_sni(*state, "a\\032b.example.org.", NULL);
    check_sni(*state, longest, NULL);
}

static enum handshake_status step(struct pki_link *link, const char *bytes, size_t length)
{
    return handshake_step(link->client, bytes, length, &link->to_server, &link->plain);
}

struct bad_row {
    const char *name, *bytes;
    size_t length;
    const char *reason;
};

static const struct bad_row bad_rows[] = {
    {"SMTP in the clear", "220 ready\r\n", 11, "wrong version number"},
    {"alert (E76)", "\x15\x03\x01\x00\x02\x02\x28", 7, HANDSHAKE_FAILURE},
    {"alert, SNI (E61)", "\x15\x03\x01\x00\x02\x02\x70", 7, "tlsv1 unrecognized name"},
    {"alert, version", "\x15\x03\x01\x00\x02\x02\x46", 7, "tlsv1 alert protocol version"},
    {"record too long", "\x16\x03\x03\xff\xff", 5, RECORD_TOO_LONG},
    {"SSL 3.0 (E76)",
     "\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00"
     "0123456789abcdef0123456789abcdef\x00\x00\x2f\x00",
     47, "unsupported protocol"},
};

static void check_bad(struct world *world, const struct bad_row *row, size_t chunk)
{
    enum handshake_status status = HANDSHAKE_MORE;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    struct address address = {0};
    struct pki_link link;

    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(step(&link, NULL, 0), HANDSHAKE_MORE);
    assert_true(link.to_server.length > 100); /* the ClientHello */
    for (size_t i = 0; i < row->length && status == HANDSHAKE_MORE; i += chunk)
        status = step(&link, row->bytes + i, i + chunk > row->length ? row->length - i : chunk);
    if (status != HANDSHAKE_FAILED)
        fail_msg("%s: %d", row->name, status);
    if (strcmp(handshake_reason(link.client), row->reason) != 0)
        fail_msg("%s: %s", row->name, handshake_reason(link.client));
    assert_int_equal(step(&link, NULL, 0), HANDSHAKE_FAILED);
    assert_false(handshake_write(link.client, "x", 1, &link.to_server));
    handshake_result(link.client, &world->arena, &address);
    assert_false(address.handshaken);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void test_bad(void **state)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        check_bad(*state, &bad_rows[i], 64);
        check_bad(*state, &bad_rows[i], 1);
    }
}

/* The server's flight stops at every byte: never a crash, never a success. */
static void test_truncated(void **state)
{
    struct world *world = *state;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);

    for (size_t cut = 0; cut < 700; cut += 13) {
        struct pki_link link;

        pki_link_init(&link, server, world->context, &plain_config);
        step(&link, NULL, 0);
        pki_to_server(&link);
        SSL_do_handshake(link.server);
        link.chunk = cut;
        if (cut > 0 && cut < (size_t)BIO_pending(SSL_get_wbio(link.server)))
            assert_int_equal(pki_client(&link), HANDSHAKE_MORE);
        assert_int_equal(step(&link, NULL, 0), HANDSHAKE_MORE);
        pki_link_fini(&link);
    }
    SSL_CTX_free(server);
}

/* The step that completes says DONE; what came with it is told by the next. */
static void test_close_with_finish(void **state)
{
    struct world *world = *state;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    struct pki_link link;

    SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
    pki_link_init(&link, server, world->context, &plain_config);
    step(&link, NULL, 0);
    for (int i = 0; i < 2; i++) {
        pki_to_server(&link);
        SSL_do_handshake(link.server);
        if (i == 1) { /* Finished, data, close_notify in one piece */
            SSL_write(link.server, "220 x\r\n", 7);
            SSL_shutdown(link.server);
        }
        assert_int_equal(pki_client(&link), i == 0 ? HANDSHAKE_MORE : HANDSHAKE_DONE);
    }
    assert_int_equal(link.plain.length, 7);
    assert_int_equal(step(&link, NULL, 0), HANDSHAKE_CLOSED);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

/* E79: TLS 1.3 tells of the missing client certificate only after the handshake. */
static void check_client_certificate(struct world *world, int version, enum handshake_status wanted)
{
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    struct pki_link link;

    SSL_CTX_set_max_proto_version(server, version);
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    pki_link_init(&link, server, world->context, &plain_config);
    enum handshake_status status = HANDSHAKE_MORE, first = HANDSHAKE_MORE;

    for (int i = 0; i < 10; i++) {
        status = pki_client(&link);
        if (first == HANDSHAKE_MORE)
            first = status;
        pki_to_server(&link);
        SSL_do_handshake(link.server);
    }
    assert_int_equal(first, wanted);
    assert_int_equal(status, HANDSHAKE_FAILED);
    assert_non_null(strstr(handshake_reason(link.client), "alert"));
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void test_client_certificate(void **state)
{
    check_client_certificate(*state, TLS1_2_VERSION, HANDSHAKE_FAILED);
    check_client_certificate(*state, TLS1_3_VERSION, HANDSHAKE_DONE);
}

/* E79: anonymous only. */
static void test_anonymous(void **state)
{
    struct world *world = *state;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    struct pki_link link;

    SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(server, "aNULL:@SECLEVEL=0");
    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(pki_run(&link), HANDSHAKE_FAILED);
    assert_string_equal(handshake_reason(link.client), HANDSHAKE_FAILURE);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void check_certificates(struct world *world, size_t count, enum handshake_status wanted)
{
    X509 *sent[PKI_SENT];
    struct pki_link link;
    struct address address = {0};

    for (size_t i = 0; i < count; i++)
        sent[i] = world->certs[LEAF_SELF];
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, count);

    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(pki_run(&link), wanted);
    handshake_result(link.client, &world->arena, &address);
    assert_int_equal(address.chain.count, wanted == HANDSHAKE_DONE ? count : 0);
    if (wanted == HANDSHAKE_FAILED)
        assert_int_equal(handshake_excess(link.client), EXCESS_CERTIFICATES);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static X509 *leaf_of_names(struct world *world, size_t count)
{
    struct pki_spec spec = {.cn = "mx"};
    struct buffer san;

    buffer_init(&san, 0);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&san, "%sDNS:n%zu.example", i == 0 ? "" : ",", i);
    spec.san = san.data;
    X509 *leaf = pki_issue(&spec, world->keys[KEY_LEAF], NULL, NULL);

    buffer_fini(&san);
    return leaf;
}

static X509 *leaf_of_cns(struct world *world, size_t count)
{
    struct pki_spec spec = {.cn = "mx"};
    X509 *leaf = pki_issue(&spec, world->keys[KEY_LEAF], NULL, NULL);

    for (size_t i = 1; i < count; i++)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)"n", -1, -1, 0);
    assert_true(X509_sign(leaf, world->keys[KEY_LEAF], EVP_sha256()) > 0);
    return leaf;
}

static void check_names(struct world *world, X509 *leaf, enum handshake_status wanted)
{
    struct pki_link link;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &leaf, 1);

    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(pki_run(&link), wanted);
    if (wanted == HANDSHAKE_FAILED)
        assert_int_equal(handshake_excess(link.client), EXCESS_CERT_NAMES);
    pki_link_fini(&link);
    SSL_CTX_free(server);
    X509_free(leaf);
}

static void test_limits(void **state)
{
    check_certificates(*state, LIMIT_CERTIFICATES, HANDSHAKE_DONE);
    check_certificates(*state, LIMIT_CERTIFICATES + 1, HANDSHAKE_FAILED);
    check_names(*state, leaf_of_names(*state, LIMIT_CERT_NAMES), HANDSHAKE_DONE);
    check_names(*state, leaf_of_names(*state, LIMIT_CERT_NAMES + 1), HANDSHAKE_FAILED);
    check_names(*state, leaf_of_cns(*state, LIMIT_CERT_NAMES), HANDSHAKE_DONE);
    check_names(*state, leaf_of_cns(*state, LIMIT_CERT_NAMES + 1), HANDSHAKE_FAILED);
}

static void test_bytes(void **state)
{
    struct world *world = *state;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    enum handshake_status status = HANDSHAKE_DONE;
    struct pki_link link;
    char data[8192] = {0};
    int records = 0;

    pki_link_init(&link, server, world->context, &plain_config);
    assert_int_equal(pki_run(&link), HANDSHAKE_DONE);
    for (; records < 1000 && status == HANDSHAKE_DONE; records++) {
        SSL_write(link.server, data, sizeof data);
        status = pki_client(&link);
    }
    assert_int_equal(status, HANDSHAKE_FAILED);
    assert_int_equal(handshake_excess(link.client), EXCESS_TLS_BYTES);
    assert_int_equal(records, LIMIT_TLS_BYTES / sizeof data);
    assert_true(link.plain.length <= LIMIT_TLS_BYTES);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

/* One context, several threads. */
static void *thread_run(void *argument)
{
    struct world *world = argument;
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], &world->certs[LEAF_SELF], 1);
    size_t done = 0;

    for (int i = 0; i < 20; i++) {
        struct pki_link link;

        pki_link_init(&link, server, world->context, &plain_config);
        done += pki_run(&link) == HANDSHAKE_DONE;
        pki_link_fini(&link);
    }
    SSL_CTX_free(server);
    return (void *)done;
}

static void test_threads(void **state)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_run, *state), 0);
    for (int i = 0; i < 4; i++) {
        void *done;

        pthread_join(threads[i], &done);
        assert_int_equal((size_t)done, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_weak),
        cmocka_unit_test(test_sni),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_close_with_finish),
        cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_anonymous),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, world_new, world_free);
}

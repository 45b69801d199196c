/*
 * Keys, certificates and a TLS server in memory, for the tests of the dane room.
 */
#ifndef MXDANE_TESTS_DANE_PKI_H
#define MXDANE_TESTS_DANE_PKI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/buffer.h"
#include "dane/handshake.h"

#define PKI_NOW ((int64_t)1800000000) /* 2027-01-15: every test's time */

enum { PKI_SENT = 72 };

struct pki_spec {
    const char *cn;
    const char *second_cn;   /* NULL: none */
    const char *san;         /* OpenSSL's notation; NULL: none */
    const char *basic;       /* basicConstraints; NULL: none */
    const char *constraints; /* nameConstraints; NULL: none */
    const char *policies;    /* certificatePolicies; NULL: none */
    int from, until;         /* days from PKI_NOW; both 0: from -10 until 10 */
    const EVP_MD *digest;    /* NULL: SHA-256 */
    const char *not_before, *not_after; /* dates that are none; NULL: by `from`, `until` */
    const char *more[2]; /* the name of another extension and its value; NULL: none */
};

static inline void pki_extend(X509 *x509, int nid, const char *value)
{
    if (value == NULL)
        return;
    X509V3_CTX context;

    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    CONF *empty = NCONF_new(NULL); /* some extensions ask for one */

    X509V3_set_nconf(&context, empty);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    NCONF_free(empty);
}

static inline void pki_extend_more(X509 *x509, const char *const more[2])
{
    X509V3_CTX context;

    if (more[0] == NULL)
        return;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf(NULL, &context, more[0], more[1]);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Issued by `issuer`; NULL: self-signed. */
static inline X509 *pki_issue(const struct pki_spec *spec, EVP_PKEY *key, X509 *issuer,
                              EVP_PKEY *issuer_key)
{
    X509 *x509 = X509_new();
    X509_NAME *name = X509_get_subject_name(x509);
    time_t now = PKI_NOW;
    bool plain_dates = spec->from == 0 && spec->until == 0;

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 7);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Test", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)spec->cn, -1, -1,
                               0);
    if (spec->second_cn != NULL)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   (const unsigned char *)spec->second_cn, -1, -1, 0);
    X509_set_issuer_name(x509, issuer == NULL ? name : X509_get_subject_name(issuer));
    X509_time_adj_ex(X509_getm_notBefore(x509), plain_dates ? -10 : spec->from, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(x509), plain_dates ? 10 : spec->until, 0, &now);
    if (spec->not_before != NULL)
        ASN1_STRING_set(X509_getm_notBefore(x509), spec->not_before, -1);
    if (spec->not_after != NULL)
        ASN1_STRING_set(X509_getm_notAfter(x509), spec->not_after, -1);
    X509_set_pubkey(x509, key);
    pki_extend(x509, NID_subject_alt_name, spec->san);
    pki_extend(x509, NID_basic_constraints, spec->basic);
    pki_extend(x509, NID_name_constraints, spec->constraints);
    pki_extend(x509, NID_certificate_policies, spec->policies);
    pki_extend_more(x509, spec->more);
    assert_true(X509_sign(x509, issuer == NULL ? key : issuer_key,
                          spec->digest == NULL ? EVP_sha256() : spec->digest) > 0);
    return x509;
}

static inline struct bytes pki_der(X509 *x509, struct arena *arena)
{
    unsigned char *der = NULL;
    int length = i2d_X509(x509, &der);
    struct bytes copy;

    assert_true(length > 0);
    copy = (struct bytes){arena_copy(arena, der, (size_t)length), (size_t)length};
    OPENSSL_free(der);
    return copy;
}

/* A server that sends exactly these certificates; `sent[0]` is the leaf of `key`. */
static inline SSL_CTX *pki_server(EVP_PKEY *key, X509 *const *sent, size_t count)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    assert_int_equal(SSL_CTX_use_certificate(context, sent[0]), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    for (size_t i = 1; i < count; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(context, sent[i]), 1);
    return context;
}

struct pki_link {
    SSL *server;
    struct handshake *client;
    struct buffer to_server, plain;
    size_t chunk; /* bytes fed to the client at once; 0: all */
};

static inline void pki_link_init(struct pki_link *link, SSL_CTX *server,
                                 struct handshake_context *context,
                                 const struct handshake_config *config)
{
    struct failure failure;

    *link = (struct pki_link){.server = SSL_new(server)};
    SSL_set_bio(link->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(link->server);
    link->client = handshake_new(context, config, &failure);
    assert_non_null(link->client);
    buffer_init(&link->to_server, 0);
    buffer_init(&link->plain, 0);
}

static inline void pki_link_fini(struct pki_link *link)
{
    SSL_free(link->server);
    handshake_free(link->client);
    buffer_fini(&link->to_server);
    buffer_fini(&link->plain);
}

/* One step of the client with what the server has to say. */
static inline enum handshake_status pki_client(struct pki_link *link)
{
    char bytes[65536];
    int want = link->chunk == 0 ? (int)sizeof bytes : (int)link->chunk;
    int length = BIO_read(SSL_get_wbio(link->server), bytes, want);

    return handshake_step(link->client, bytes, length < 0 ? 0 : (size_t)length, &link->to_server,
                          &link->plain);
}

static inline void pki_to_server(struct pki_link *link)
{
    if (link->to_server.length > 0)
        BIO_write(SSL_get_rbio(link->server), link->to_server.data, (int)link->to_server.length);
    buffer_clear(&link->to_server);
}

/* Until the client is done or failed and both have nothing more to say. */
static inline enum handshake_status pki_run(struct pki_link *link)
{
    enum handshake_status status = HANDSHAKE_MORE;

    for (int i = 0; i < 200000 && status != HANDSHAKE_FAILED; i++) {
        status = pki_client(link);
        pki_to_server(link);
        SSL_do_handshake(link->server);
        if (status == HANDSHAKE_DONE && BIO_pending(SSL_get_wbio(link->server)) == 0)
            break;
    }
    return status;
}

#endif

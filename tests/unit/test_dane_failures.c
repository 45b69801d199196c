/* What fails, or contradicts itself, inside OpenSSL is never a match: its calls are stood in for. */
#include "dane/certificate.h"
#include "dane_world.h"

enum failing {
    NOTHING,
    ADD_FAILS,
    ADD_TAKES_NONE,
    NO_AUTHORITY,
    AUTHORITY_ABOVE, /* one certificate above the one that matched */
    AUTHORITY_BELOW, /* and one below */
    AUTHORITY_IN_PATH, /* one above, in a path of all that was sent */
    NO_RECORD,
    NO_PATH,
    NO_CHAIN
};

static enum failing failing;

int __real_SSL_dane_tlsa_add(SSL *ssl, uint8_t usage, uint8_t selector, uint8_t mtype,
                             const unsigned char *data, size_t length);
int __wrap_SSL_dane_tlsa_add(SSL *ssl, uint8_t usage, uint8_t selector, uint8_t mtype,
                             const unsigned char *data, size_t length);
int __real_SSL_get0_dane_authority(SSL *ssl, X509 **certificate, EVP_PKEY **key);
int __wrap_SSL_get0_dane_authority(SSL *ssl, X509 **certificate, EVP_PKEY **key);
int __real_SSL_get0_dane_tlsa(SSL *ssl, uint8_t *usage, uint8_t *selector, uint8_t *mtype,
                              const unsigned char **data, size_t *length);
int __wrap_SSL_get0_dane_tlsa(SSL *ssl, uint8_t *usage, uint8_t *selector, uint8_t *mtype,
                              const unsigned char **data, size_t *length);
STACK_OF(X509) *__real_SSL_get0_verified_chain(const SSL *ssl);
STACK_OF(X509) *__wrap_SSL_get0_verified_chain(const SSL *ssl);
STACK_OF(X509) *__real_SSL_get_peer_cert_chain(const SSL *ssl);
STACK_OF(X509) *__wrap_SSL_get_peer_cert_chain(const SSL *ssl);

int __wrap_SSL_dane_tlsa_add(SSL *ssl, uint8_t usage, uint8_t selector, uint8_t mtype,
                             const unsigned char *data, size_t length)
{
    int added = __real_SSL_dane_tlsa_add(ssl, usage, selector, mtype, data, length);

    return failing == ADD_FAILS ? -1 : failing == ADD_TAKES_NONE ? 0 : added;
}

int __wrap_SSL_get0_dane_authority(SSL *ssl, X509 **certificate, EVP_PKEY **key)
{
    int depth = __real_SSL_get0_dane_authority(ssl, certificate, key);

    return failing == NO_AUTHORITY
               ? -1
               : depth + (failing == AUTHORITY_ABOVE || failing == AUTHORITY_IN_PATH) -
                     (failing == AUTHORITY_BELOW);
}

int __wrap_SSL_get0_dane_tlsa(SSL *ssl, uint8_t *usage, uint8_t *selector, uint8_t *mtype,
                              const unsigned char **data, size_t *length)
{
    int depth = __real_SSL_get0_dane_tlsa(ssl, usage, selector, mtype, data, length);

    return failing == NO_RECORD ? -1 : depth;
}

STACK_OF(X509) *__wrap_SSL_get0_verified_chain(const SSL *ssl)
{
    if (failing == AUTHORITY_IN_PATH)
        return __real_SSL_get_peer_cert_chain(ssl);
    return failing == NO_PATH ? NULL : __real_SSL_get0_verified_chain(ssl);
}

STACK_OF(X509) *__wrap_SSL_get_peer_cert_chain(const SSL *ssl)
{
    return failing == NO_CHAIN ? NULL : __real_SSL_get_peer_cert_chain(ssl);
}

static const struct row {
    const char *name;
    enum failing failing;
    uint8_t usage; /* of a TLSA record with the leaf's key, or the issuer's */
    enum cert issuer;
    enum handshake_status status;
    enum dane_result result;
} rows[] = {
    {"EE", NOTHING, 3, INTER, HANDSHAKE_DONE, DANE_MATCH_EE},
    {"TA", NOTHING, 2, INTER, HANDSHAKE_DONE, DANE_MATCH_TA},
    {"a record cannot be added", ADD_FAILS, 3, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"no record is taken", ADD_TAKES_NONE, 3, INTER, HANDSHAKE_DONE, DANE_UNUSABLE},
    {"EE, nobody matched", NO_AUTHORITY, 3, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"TA, nobody matched", NO_AUTHORITY, 2, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"EE above the leaf", AUTHORITY_ABOVE, 3, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"EE above the leaf, in a path", AUTHORITY_IN_PATH, 3, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"EE, no record matched", NO_RECORD, 3, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"TA, no record matched", NO_RECORD, 2, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"TA without a path", NO_PATH, 2, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"TA at the leaf", AUTHORITY_BELOW, 2, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"TA above the path", AUTHORITY_ABOVE, 2, INTER, HANDSHAKE_DONE, DANE_MISMATCH},
    {"no certificate", NO_CHAIN, 3, INTER, HANDSHAKE_FAILED, DANE_NOT_CHECKED},
};

static void check_row(struct world *world, const struct row *row)
{
    X509 *sent[] = {world->certs[LEAF], world->certs[row->issuer]};
    const struct certificate *matched = &world->models[row->usage == 3 ? LEAF : row->issuer];
    struct record record = {.type = RECORD_TLSA};
    struct handshake_config config = {"mx.example.org.", &record, 1, PKI_NOW, NULL};
    SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, 2);
    struct address address = {0};
    enum handshake_status status;
    struct pki_link link;

    record.data.tlsa =
        (struct record_tlsa){row->usage, 1, 1, matched->data[CERTIFICATE_PKEY_SHA256]};
    failing = row->failing;
    pki_link_init(&link, server, world->context, &config);
    status = pki_run(&link);
    handshake_result(link.client, &world->arena, &address);
    failing = NOTHING;
    if (status != row->status || address.dane != row->result)
        fail_msg("%s: status %d, result %d", row->name, status, address.dane);
    pki_link_fini(&link);
    SSL_CTX_free(server);
}

static void test_failures(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(*state, &rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failures)};

    return cmocka_run_group_tests(tests, world_new, world_free);
}

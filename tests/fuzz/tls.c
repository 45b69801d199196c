#include "fuzz/tls.h"

#include <string.h>

#include <openssl/err.h>

#include "fuzz/fuzz.h"

EVP_PKEY *tls_key(unsigned index)
{
    static EVP_PKEY *keys[TLS_KEYS];
    uint8_t secret[32];

    memset(secret, (int)index + 1, sizeof secret);
    if (keys[index] == NULL)
        keys[index] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
    return keys[index];
}

struct handshake_context *tls_context(void)
{
    static struct handshake_context *context;
    struct failure failure;

    if (context == NULL)
        context = handshake_context_new(&failure);
    fuzz_require(context != NULL, "there is a context");
    return context;
}

static EVP_PKEY *key_of(const X509 *x509)
{
    for (unsigned i = 0; i < TLS_KEYS; i++)
        if (EVP_PKEY_eq(X509_get0_pubkey(x509), tls_key(i)) == 1)
            return tls_key(i);
    return NULL;
}

SSL *tls_server(X509 *const *sent, size_t count, int version)
{
    SSL_CTX *context;
    EVP_PKEY *key = key_of(sent[0]);
    SSL *server;
    bool good;

    if (key == NULL)
        return NULL;
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    good =
        SSL_CTX_use_certificate(context, sent[0]) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    for (size_t i = 1; good && i < count; i++)
        good = SSL_CTX_add1_chain_cert(context, sent[i]) == 1;
    server = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(server);
    if (good)
        return server;
    tls_server_free(server);
    return NULL;
}

void tls_server_free(SSL *server)
{
    SSL_free(server);
    ERR_clear_error();
}

void tls_exchange(SSL *server, struct buffer *from_client, struct buffer *out)
{
    char chunk[4096];
    int length;

    if (from_client->length > 0)
        BIO_write(SSL_get_rbio(server), from_client->data, (int)from_client->length);
    buffer_clear(from_client);
    if (SSL_is_init_finished(server))
        SSL_read(server, chunk, sizeof chunk);
    else
        SSL_do_handshake(server);
    while ((length = BIO_read(SSL_get_wbio(server), chunk, sizeof chunk)) > 0)
        buffer_add(out, chunk, (size_t)length);
    ERR_clear_error();
}

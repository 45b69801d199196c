/*
 * A TLS server in memory for the targets of the dane room, with keys that are the same in every
 * run, so that certificates in the seeds belong to them.
 */
#ifndef MXDANE_TESTS_FUZZ_TLS_H
#define MXDANE_TESTS_FUZZ_TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/buffer.h"
#include "dane/handshake.h"

#define TLS_NOW ((int64_t)1800000000) /* 2027-01-15: every target's time */

enum { TLS_KEYS = 4 };

/* Ed25519, of 32 octets `index` + 1. Lives as long as the program. */
EVP_PKEY *tls_key(unsigned index);

/* The handshakes' context. Lives as long as the program. */
struct handshake_context *tls_context(void);

/* A server that sends these certificates, the first of them with its key; NULL: no key fits it. */
SSL *tls_server(X509 *const *sent, size_t count, int version);
void tls_server_free(SSL *server);

/* What the server wants to send goes to `out`, what the client sent to the server. */
void tls_exchange(SSL *server, struct buffer *from_client, struct buffer *out);

#endif

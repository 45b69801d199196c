/*
 * What a finished handshake agreed upon, in the trace's words. For the dane room only: OpenSSL's
 * types.
 */
#ifndef MXDANE_DANE_PARAMETERS_H
#define MXDANE_DANE_PARAMETERS_H

#include <openssl/ssl.h>

#include "base/arena.h"

/* "TLS13"; "TLS" where the version is none we know. */
const char *parameters_version(const SSL *ssl);

/* "X25519", "P-256", "DH-2048"; NULL: no group. What is not static lives in `arena`. */
const char *parameters_group(SSL *ssl, struct arena *arena);

#endif

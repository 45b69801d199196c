/*
 * Digests of what TLSA records hold by mistake, or hold whole. Behind it is OpenSSL.
 */
#ifndef MXDANE_DANE_DIGEST_H
#define MXDANE_DANE_DIGEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/certificate.h"

/* PEM text of a certificate and of its key, with and without the last newline, by two digests. */
enum { DIGEST_PEM_FORMS = 8 };

struct digest_pem {
    struct bytes forms[DIGEST_PEM_FORMS];
};

/* No data, or the SHA2-256 or SHA2-512 of no data: what a broken pipeline publishes. */
bool digest_is_of_nothing(struct bytes data);

/* The SHA2-256 of data that is not as long as a digest; absent for what is, and for none. */
struct bytes digest_sha256_of_odd(struct bytes data, struct arena *arena);

/* Of a certificate with its full data. RFC 7468: lines of 64 characters. */
struct digest_pem digest_pem(const struct certificate *certificate, struct arena *arena);

#endif

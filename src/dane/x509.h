/*
 * What the dane room's own files share of OpenSSL's types. Not for other rooms.
 */
#ifndef MXDANE_DANE_X509_H
#define MXDANE_DANE_X509_H

#include <stddef.h>

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/limits.h"
#include "model/certificate.h"
#include "model/excess.h"

/* The certificates a server sent, in the order of the trace; borrowed from the SSL object. */
struct x509_chain {
    X509 *certificates[LIMIT_CERTIFICATES];
    size_t path_length; /* the leaf, its issuer, and so on; the strays follow */
    size_t count;
};

/* certificate.c: everything but the marks; the full data in `scratch`, all else in `arena`. */
void certificate_from_x509(X509 *x509, struct arena *arena, struct arena *scratch,
                           struct certificate *certificate);

/* certificate.c: how many dNSNames it has, or CNs if none, whatever LIMIT_CERT_NAMES says. */
size_t certificate_count_names(const X509 *x509);

/*
 * chain.c: orders what was sent, at least one and at most LIMIT_CERTIFICATES. `verified` is the
 * path OpenSSL took, NULL allowed: where several certificates could be the issuer, its choice is
 * ours, so that marks and verdict speak of the same path. May leave errors in OpenSSL's queue.
 * EXCESS_ISSUERS, EXCESS_SIGNATURES: the order was not found within the limits.
 */
enum excess chain_order(const STACK_OF(X509) * sent, const STACK_OF(X509) * verified,
                 struct x509_chain *chain);

#endif

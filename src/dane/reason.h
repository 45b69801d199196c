/*
 * Why a chain does not authenticate its server, in words that a postmaster can act on. For the dane
 * room only: OpenSSL's types.
 */
#ifndef MXDANE_DANE_REASON_H
#define MXDANE_DANE_REASON_H

#include "x509.h"

enum { REASON_NOWHERE = -1 };

struct reason {
    const char *words; /* static; of a certificate what it is or has; NULL: there is none */
    int depth;         /* of the certificate that it is about, or REASON_NOWHERE */
};

/* Of one of OpenSSL's X509_V_ERR_*; what this program has no words for is said in OpenSSL's. */
struct reason reason_of_error(long error, int depth);

/*
 * Why OpenSSL's path `verified` does not lead to the trust anchor `anchor`, the index of a
 * certificate in `sent` above the leaf: its answer is only that nothing matches. The words are NULL
 * where that is all there is to say.
 */
struct reason reason_of_gap(const STACK_OF(X509) * verified, const struct x509_chain *sent,
                            size_t anchor);

/* "the certificate at depth 1 has expired", in `arena` or static; NULL without words. */
const char *reason_text(const struct reason *reason, struct arena *arena);

#endif

/*
 * What OpenSSL's verification of a chain means for DANE. For the dane room only: OpenSSL's types.
 */
#ifndef MXDANE_DANE_JUDGE_H
#define MXDANE_DANE_JUDGE_H

#include <openssl/ssl.h>

#include "model/address.h"

struct judgement {
    enum dane_result result;
    unsigned depth;     /* of the match; see handshake_result */
    const char *reason; /* static; NULL: a match */
};

/* After a handshake with at least one usable TLSA record. Never a match without a matched record.
 */
struct judgement judge_chain(SSL *ssl);

#endif

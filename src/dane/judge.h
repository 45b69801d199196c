/*
 * What OpenSSL's verification of a chain means for DANE. For the dane room only: OpenSSL's types.
 */
#ifndef MXDANE_DANE_JUDGE_H
#define MXDANE_DANE_JUDGE_H

#include <openssl/ssl.h>

#include "model/address.h"
#include "reason.h"

struct judgement {
    enum dane_result result;
    unsigned depth; /* of the match; see handshake_result */
    bool unmatched; /* all that OpenSSL says is that no record matches */
    struct reason reason;
};

/*
 * Before the handshake. OpenSSL looks at dates while it verifies signatures, at those of an anchor
 * only if it is self-signed, and stops at the first that is wrong: dates are left to judge_chain,
 * so that none hides what else is wrong. `failed_depth` will be the place of the first other fault;
 * it is borrowed as long as `ssl` lives.
 */
void judge_watch(SSL *ssl, int *failed_depth);

/*
 * After a handshake with at least one usable TLSA record. Never a match without a matched record.
 * DANE_EXPIRED: nothing but dates is wrong. Those of the trust anchor itself do not count: it is a
 * name and a key (RFC 5280 section 6.1.1 (d)).
 */
struct judgement judge_chain(SSL *ssl, int failed_depth);

/*
 * Why it is none, in `arena` or static; NULL for a match. `anchor` is the place in `sent` of a
 * trust anchor whose record counts, 0: none was sent. Where one was, "nothing matches" is not all
 * there is to say.
 */
const char *judge_reason(const struct judgement *judgement, SSL *ssl,
                         const struct x509_chain *sent, size_t anchor, struct arena *arena);

#endif

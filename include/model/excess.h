/*
 * Which limit of base/limits.h ended something that a peer or a zone sent. What was ended fails,
 * and every report says which limit it was.
 */
#ifndef MXDANE_MODEL_EXCESS_H
#define MXDANE_MODEL_EXCESS_H

#include "base/buffer.h"

enum excess {
    EXCESS_NONE,
    EXCESS_ALIASES,       /* of a look-up */
    EXCESS_RECORDS,       /* of an answer */
    EXCESS_MX_HOSTS,      /* of a domain */
    EXCESS_ADDRESSES,     /* of a host */
    EXCESS_DOMAIN_ADDRESSES, /* of all hosts of a domain: --addresses */
    EXCESS_REPLY_LINE,    /* of a session, from here on */
    EXCESS_REPLY_LINES,
    EXCESS_SESSION_BYTES,
    EXCESS_SESSION_TIME,
    EXCESS_TLS_BYTES,
    EXCESS_CHAIN_BYTES,
    EXCESS_CERTIFICATES,
    EXCESS_CERT_NAMES,
    EXCESS_ISSUERS,
    EXCESS_SIGNATURES,
    EXCESS_ANCHOR_KEYS /* of the TLSA records of a host */
};

/* "more than 100 MX hosts: the others are not checked"; nothing for EXCESS_NONE. */
void excess_add_text(struct buffer *buffer, enum excess excess);

#endif

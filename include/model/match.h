/*
 * What the TLSA records of a host are: each by itself, and in the chain of one address. Worked out
 * once, by dane/records; marks, findings and formats read it and compare nothing themselves.
 */
#ifndef MXDANE_MODEL_MATCH_H
#define MXDANE_MODEL_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "model/certificate.h"

/* Why a record cannot authenticate an SMTP server: the first reason, in the order of its fields. */
enum tlsa_usability {
    TLSA_USABLE,
    TLSA_UNKNOWN_USAGE,
    TLSA_PKIX_USAGE, /* PKIX-TA(0), PKIX-EE(1): undefined for SMTP, RFC 7672 section 3.1.3 */
    TLSA_UNKNOWN_SELECTOR,
    TLSA_UNKNOWN_MTYPE,
    TLSA_WRONG_LENGTH,  /* the data is not as long as its digest */
    TLSA_MALFORMED_DATA /* Full(0), and the data is no certificate or no public key */
};

/* A record by itself. */
struct record_facts {
    enum tlsa_usability usability;
    bool hidden;       /* beside a usable SHA2-512 record of its usage and selector: RFC 7671 9 */
    bool nothing;      /* no data, or the digest of no data */
    struct bytes sha256; /* of the data, where its length is no digest's; else absent */
    const struct certificate *certificate; /* that a record of Full(0) holds; NULL: none */
};

enum record_match_kind {
    RECORD_MATCH_NONE,    /* nothing in the chain explains the data */
    RECORD_MATCH_FITS,    /* the certificate at `depth`, as the record's fields say */
    RECORD_MATCH_FIELDS,  /* a digest of it, but the record's fields say another */
    RECORD_MATCH_PEM,     /* of its PEM text, where the DER is wanted */
    RECORD_MATCH_RENEWED  /* a certificate that had the leaf's key */
};

/* A record in a chain. */
struct record_match {
    uint8_t kind;   /* enum record_match_kind */
    uint8_t depth;  /* of the first certificate that makes it so */
    uint8_t digest; /* enum certificate_digest: of FITS and FIELDS */
};

#endif

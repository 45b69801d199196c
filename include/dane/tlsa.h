/*
 * Whether a TLSA record can authenticate an SMTP server at all, before any certificate is seen:
 * RFC 6698 section 4.1, RFC 7671 section 9 step one (unusable records go first, then digest
 * agility), RFC 7672 section 3.1.3 (usages 0 and 1).
 */
#ifndef MXDANE_DANE_TLSA_H
#define MXDANE_DANE_TLSA_H

#include <stdbool.h>
#include <stddef.h>

#include "model/record.h"

enum tlsa_usability {
    TLSA_USABLE,
    TLSA_UNKNOWN_USAGE,
    TLSA_PKIX_USAGE, /* PKIX-TA(0), PKIX-EE(1): undefined for SMTP */
    TLSA_UNKNOWN_SELECTOR,
    TLSA_UNKNOWN_MTYPE,
    TLSA_WRONG_LENGTH,  /* the data is not as long as its digest */
    TLSA_MALFORMED_DATA /* Full(0), and the data is no certificate or no public key */
};

/* The first thing that is wrong, in the order of the fields. */
enum tlsa_usability tlsa_usability(const struct record_tlsa *tlsa);

/* Whether it has no say beside a usable SHA2-512 record of its usage and selector. */
bool tlsa_is_hidden(const struct record_tlsa *tlsa, const struct record *all, size_t count);

/* "usable", "unknown certificate usage"... Static. */
const char *tlsa_usability_text(enum tlsa_usability usability);

#endif

/*
 * Whether a TLSA record can authenticate an SMTP server at all, before any certificate is seen:
 * RFC 6698 section 4.1, RFC 7671 section 9 step one (unusable records go first, then digest
 * agility), RFC 7672 section 3.1.3 (usages 0 and 1).
 */
#ifndef MXDANE_DANE_TLSA_H
#define MXDANE_DANE_TLSA_H

#include "model/match.h"
#include "model/record.h"

/* The first thing that is wrong, in the order of the fields. */
enum tlsa_usability tlsa_usability(const struct record_tlsa *tlsa);

/* "usable", "unknown certificate usage"... Static. */
const char *tlsa_usability_text(enum tlsa_usability usability);

#endif

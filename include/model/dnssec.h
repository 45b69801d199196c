/*
 * The numbers of DNSSEC: algorithms of keys and types of digests, as IANA registers them.
 */
#ifndef MXDANE_MODEL_DNSSEC_H
#define MXDANE_MODEL_DNSSEC_H

#include <stdbool.h>
#include <stdint.h>

/* The registry's mnemonic: "ED448"; NULL: it has none. */
const char *dnssec_algorithm_name(uint8_t algorithm);

/* Validators in common use know it. What they do not know they take for unsigned, RFC 4035 5.2. */
bool dnssec_algorithm_is_common(uint8_t algorithm);

/* How strong a DS digest is, RFC 4509 section 3, RFC 6605; 0: validators do not know its type. */
unsigned dnssec_digest_strength(uint8_t digest_type);

enum { DNSSEC_STRENGTH_SHA1 = 1, DNSSEC_STRENGTH_SHA256, DNSSEC_STRENGTH_SHA384 };

#endif

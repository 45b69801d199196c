/*
 * DS records against the keys of the zone, RFC 4034 section 5.
 */
#ifndef MXDANE_DANE_DELEGATION_H
#define MXDANE_DANE_DELEGATION_H

#include "base/arena.h"
#include "base/text.h"
#include "model/delegation.h"
#include "model/lookup.h"

/* RFC 4034 appendix B. */
unsigned delegation_key_tag(const struct record_dnskey *key);

/*
 * Compares two secure answers, whose records are sorted; `owner` is the zone's name on the wire, in
 * lower case. The states live in `arena`. The work grows with the records of both, not with their
 * product: each key is hashed once for each type of digest, whatever tags collide.
 */
struct delegation delegation_compare(const struct lookup *ds, const struct lookup *dnskey,
                                     struct bytes owner, struct arena *arena);

#endif

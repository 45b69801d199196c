/*
 * Why a TLSA record does not match: what its data is, compared with every certificate of a chain
 * whatever the record's fields say. Says only what the bytes prove. No I/O, no clock; signatures
 * are not looked at.
 */
#ifndef MXDANE_DANE_DIAGNOSIS_H
#define MXDANE_DANE_DIAGNOSIS_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/certificate.h"
#include "model/finding.h"
#include "model/record.h"

/*
 * What the record is in this chain. The finding has its code, record, certificate, depth and
 * digest set; the code is FINDING_CODES where the record matches as its fields say. A record
 * whose data nothing explains is FINDING_TLSA_CERT_UNKNOWN, _KEY_UNKNOWN or _ANCHOR_UNKNOWN.
 * `arena` is for what is parsed meanwhile.
 */
struct finding diagnosis_find(const struct record *record, const struct chain *chain,
                              struct arena *arena);

/* Whether the record, by its selector and matching type, is the chain's leaf. */
bool diagnosis_is_leaf(const struct record_tlsa *tlsa, const struct chain *chain);

/* No data, or the digest of no data: what a broken pipeline publishes. */
bool diagnosis_is_nothing(const struct record_tlsa *tlsa);

#endif

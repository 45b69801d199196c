/*
 * Why a TLSA record does not match, in the words of the findings: what its data is, whatever its
 * fields say. Says only what the bytes prove. Pure, and nothing is compared here (dane/records).
 */
#ifndef MXDANE_DANE_DIAGNOSIS_H
#define MXDANE_DANE_DIAGNOSIS_H

#include "model/certificate.h"
#include "model/finding.h"
#include "model/match.h"
#include "model/record.h"

/*
 * The finding has its code, record, certificate, depth and digest set; the code is FINDING_CODES
 * where the record matches as its fields say. A record whose data nothing explains is
 * FINDING_TLSA_CERT_UNKNOWN, _KEY_UNKNOWN or _ANCHOR_UNKNOWN.
 */
struct finding diagnosis_find(const struct record *record, const struct record_facts *facts,
                              const struct record_match *match, const struct chain *chain);

#endif

/*
 * Certificates against TLSA records, and names against reference identifiers. Pure: no I/O, no
 * clock.
 */
#ifndef MXDANE_DANE_MATCH_H
#define MXDANE_DANE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/certificate.h"
#include "model/record.h"

/*
 * Sets the marks of a certificate that stands at `depth` (0: the leaf). `[matched]`: the record
 * U S M DATA is in the RRset, U being DANE-EE(3) at depth 0 and DANE-TA(2) deeper. `pkey sha256`
 * is always shown, another digest where a record of any usage has its selector and matching type.
 * A mark is a fact about one record: digest agility and the path decide only in the handshake.
 */
void match_mark(struct certificate *certificate, unsigned depth, const struct record *tlsa,
                size_t count);

/*
 * The first certificate above the leaf that a usable DANE-TA(2) record is which digest agility does
 * not hide (RFC 7671 section 9), in a path or not; 0: there is none.
 */
size_t match_anchor(const struct chain *chain, const struct record *tlsa, size_t count);

/*
 * Whether the leaf carries one of the reference identifiers (RFC 7672 sections 3.2.2, 3.2.3).
 * References are tried in order, the primary first, each exactly before by wildcard; a trailing
 * dot is ignored. The leaf's dNSNames count; its CNs, every one, only where it has none. Case does not
 * matter.
 * A wildcard is the whole first label, stands for one label, and has two labels or more behind
 * it. A name with a byte no host name has (NUL above all) never matches.
 * `matched` (NULL allowed) is the name as in the certificate, borrowed from `leaf`; absent
 * (data NULL) where the result is false.
 */
bool match_name(const struct certificate *leaf, const char *const *references, size_t count,
                struct bytes *matched);

#endif

/*
 * Names of a certificate against reference identifiers. Pure: no I/O, no clock, no OpenSSL.
 */
#ifndef MXDANE_DANE_NAMES_H
#define MXDANE_DANE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/certificate.h"

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
bool names_match(const struct certificate *leaf, const char *const *references, size_t count,
                 struct bytes *matched);

#endif

/*
 * What an address of a host means for one domain.
 */
#ifndef MXDANE_MODEL_VERDICT_H
#define MXDANE_MODEL_VERDICT_H

#include <stdbool.h>

#include "base/text.h"

enum verdict_code {
    VERDICT_UNTESTED, /* the session did not come to a handshake: see address.end */
    VERDICT_PASS,
    VERDICT_TLSA_MISMATCH,
    VERDICT_TLSA_UNUSABLE,
    VERDICT_TLSA_ABSENT,
    VERDICT_NAME_MISMATCH,
    VERDICT_CERT_EXPIRED
};

struct verdict {
    enum verdict_code code;
    unsigned depth;    /* VERDICT_PASS: of the TLSA match */
    struct bytes name; /* the certificate's name that matched a reference identifier; or absent */
};

#endif

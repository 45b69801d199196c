#include "dane/tlsa.h"

#include "dane/certificate.h"

enum { USAGE_PKIX_EE = 1, USAGE_DANE_EE = 3, SELECTOR_SPKI = 1 };
enum { MTYPE_FULL = 0, MTYPE_SHA256 = 1, MTYPE_SHA512 = 2 };
enum { SHA256_LENGTH = 32, SHA512_LENGTH = 64 };

static enum tlsa_usability tlsa_data_usability(const struct record_tlsa *tlsa)
{
    if (tlsa->mtype == MTYPE_FULL)
        return certificate_data_is_valid(tlsa->selector, tlsa->data) ? TLSA_USABLE
                                                                     : TLSA_MALFORMED_DATA;
    size_t wanted = tlsa->mtype == MTYPE_SHA256 ? SHA256_LENGTH : SHA512_LENGTH;

    return tlsa->data.length == wanted ? TLSA_USABLE : TLSA_WRONG_LENGTH;
}

enum tlsa_usability tlsa_usability(const struct record_tlsa *tlsa)
{
    if (tlsa->usage > USAGE_DANE_EE)
        return TLSA_UNKNOWN_USAGE;
    if (tlsa->usage <= USAGE_PKIX_EE)
        return TLSA_PKIX_USAGE;
    if (tlsa->selector > SELECTOR_SPKI)
        return TLSA_UNKNOWN_SELECTOR;
    if (tlsa->mtype > MTYPE_SHA512)
        return TLSA_UNKNOWN_MTYPE;
    return tlsa_data_usability(tlsa);
}

const char *tlsa_usability_text(enum tlsa_usability usability)
{
    switch (usability) {
    case TLSA_USABLE:
        return "usable";
    case TLSA_UNKNOWN_USAGE:
        return "unknown certificate usage";
    case TLSA_PKIX_USAGE:
        return "PKIX certificate usage, not for SMTP";
    case TLSA_UNKNOWN_SELECTOR:
        return "unknown selector";
    case TLSA_UNKNOWN_MTYPE:
        return "unknown matching type";
    case TLSA_WRONG_LENGTH:
        return "data of the wrong length for its digest";
    case TLSA_MALFORMED_DATA:
        return "data is no certificate or public key";
    }
    return "unknown";
}

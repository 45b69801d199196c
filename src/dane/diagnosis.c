#include "dane/diagnosis.h"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

static enum finding_code wrong_field(const struct record_tlsa *tlsa,
                                     const struct record_match *match)
{
    if (tlsa->mtype != certificate_digest_mtype(match->digest))
        return FINDING_TLSA_MTYPE_WRONG;
    if (tlsa->selector != certificate_digest_selector(match->digest))
        return FINDING_TLSA_SELECTOR_WRONG;
    if (tlsa->usage != USAGE_DANE_EE && tlsa->usage != USAGE_DANE_TA)
        return FINDING_TLSA_UNDER_PKIX;
    return match->depth == 0 ? FINDING_TLSA_LEAF_UNDER_TA : FINDING_TLSA_ISSUER_UNDER_EE;
}

static enum finding_code unexplained(const struct record_tlsa *tlsa)
{
    if (tlsa->usage != USAGE_DANE_EE)
        return FINDING_TLSA_ANCHOR_UNKNOWN;
    return tlsa->selector == 0 ? FINDING_TLSA_CERT_UNKNOWN : FINDING_TLSA_KEY_UNKNOWN;
}

static enum finding_code code_of(const struct record_tlsa *tlsa, const struct record_match *match)
{
    switch ((enum record_match_kind)match->kind) {
    case RECORD_MATCH_NONE: break;
    case RECORD_MATCH_FITS: return FINDING_CODES;
    case RECORD_MATCH_FIELDS: return wrong_field(tlsa, match);
    case RECORD_MATCH_PEM: return FINDING_TLSA_DIGEST_OF_PEM;
    case RECORD_MATCH_RENEWED: return FINDING_TLSA_RENEWED;
    }
    return unexplained(tlsa);
}

static bool is_of_certificate(const struct record_match *match)
{
    return match->kind == RECORD_MATCH_FITS || match->kind == RECORD_MATCH_FIELDS ||
           match->kind == RECORD_MATCH_PEM;
}

struct finding diagnosis_find(const struct record *record, const struct record_facts *facts,
                              const struct record_match *match, const struct chain *chain)
{
    const struct record_tlsa *tlsa = &record->data.tlsa;
    struct finding finding = {.code = FINDING_TLSA_DIGEST_OF_NOTHING, .record = record};

    if (facts->nothing)
        return finding;
    finding.code = code_of(tlsa, match);
    if (!is_of_certificate(match))
        return finding;
    finding.certificate = &chain->certificates[match->depth];
    finding.depth = match->depth;
    finding.digest = match->digest;
    return finding;
}

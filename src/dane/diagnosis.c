#include "dane/diagnosis.h"

#include <string.h>

#include <openssl/sha.h>

#include "dane/certificate.h"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

static bool bytes_equal(struct bytes left, struct bytes right)
{
    return left.data != NULL && right.data != NULL && left.length > 0 &&
           left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

/* Whether `data` is the SHA2-256 or SHA2-512 of `text`, or `text` itself. */
static bool is_of(struct bytes data, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    uint8_t digest[SHA512_DIGEST_LENGTH];

    if (bytes_equal(data, (struct bytes){bytes, length}))
        return true;
    if (data.length == SHA256_DIGEST_LENGTH && SHA256(bytes, length, digest) != NULL)
        return memcmp(data.data, digest, data.length) == 0;
    if (data.length == SHA512_DIGEST_LENGTH && SHA512(bytes, length, digest) != NULL)
        return memcmp(data.data, digest, data.length) == 0;
    return false;
}

bool diagnosis_is_nothing(const struct record_tlsa *tlsa)
{
    return tlsa->data.length == 0 || is_of(tlsa->data, "", 0);
}

/* RFC 7468: lines of 64 characters. */
static void add_pem(struct buffer *out, const char *label, struct bytes der)
{
    enum { LINE_BYTES = 48 };

    buffer_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < der.length; at += LINE_BYTES) {
        size_t left = der.length - at;

        text_add_base64(out, (struct bytes){der.data + at, left < LINE_BYTES ? left : LINE_BYTES});
        buffer_puts(out, "\n");
    }
    buffer_printf(out, "-----END %s-----\n", label);
}

/* With or without the final newline. */
static bool is_of_pem(struct bytes data, const char *label, struct bytes der)
{
    struct buffer text;
    bool found;

    buffer_init(&text, 0);
    add_pem(&text, label, der);
    found = is_of(data, text.data, text.length) || is_of(data, text.data, text.length - 1);
    buffer_fini(&text);
    return found;
}

static bool is_digest(const struct record_tlsa *tlsa, enum certificate_digest digest)
{
    return tlsa->selector == certificate_digest_selector(digest) &&
           tlsa->mtype == certificate_digest_mtype(digest);
}

/* Where the record may stand at `depth` by its usage. */
static bool usage_fits(const struct record_tlsa *tlsa, size_t depth)
{
    return tlsa->usage == (depth == 0 ? USAGE_DANE_EE : USAGE_DANE_TA);
}

static enum finding_code wrong_field(const struct record_tlsa *tlsa,
                                     enum certificate_digest digest, size_t depth)
{
    if (tlsa->mtype != certificate_digest_mtype(digest))
        return FINDING_TLSA_MTYPE_WRONG;
    if (tlsa->selector != certificate_digest_selector(digest))
        return FINDING_TLSA_SELECTOR_WRONG;
    if (tlsa->usage != USAGE_DANE_EE && tlsa->usage != USAGE_DANE_TA)
        return FINDING_TLSA_UNDER_PKIX;
    return depth == 0 ? FINDING_TLSA_LEAF_UNDER_TA : FINDING_TLSA_ISSUER_UNDER_EE;
}

/* What the data is at one depth; false: it is nothing of it. */
static bool find_digest(struct finding *finding, const struct chain *chain, size_t depth)
{
    const struct record_tlsa *tlsa = &finding->record->data.tlsa;
    const struct certificate *certificate = &chain->certificates[depth];

    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++) {
        if (!bytes_equal(tlsa->data, certificate->data[digest]))
            continue;
        finding->certificate = certificate;
        finding->depth = (unsigned)depth;
        finding->digest = digest;
        finding->code = is_digest(tlsa, digest) && usage_fits(tlsa, depth)
                            ? FINDING_CODES
                            : wrong_field(tlsa, digest, depth);
        return true;
    }
    return false;
}

static bool find_pem(struct finding *finding, const struct chain *chain, size_t depth)
{
    const struct certificate *certificate = &chain->certificates[depth];
    struct bytes data = finding->record->data.tlsa.data;

    if (!is_of_pem(data, "CERTIFICATE", certificate->data[CERTIFICATE_FULL_CERT]) &&
        !is_of_pem(data, "PUBLIC KEY", certificate->data[CERTIFICATE_FULL_SPKI]))
        return false;
    finding->code = FINDING_TLSA_DIGEST_OF_PEM;
    finding->certificate = certificate;
    finding->depth = (unsigned)depth;
    return true;
}

/* A record with a whole certificate: the one before is here to be compared. */
static bool is_renewed(const struct record_tlsa *tlsa, const struct chain *chain,
                       struct arena *arena)
{
    struct certificate before;

    return tlsa->usage == USAGE_DANE_EE && is_digest(tlsa, CERTIFICATE_FULL_CERT) &&
           chain->count > 0 && certificate_parse(tlsa->data, arena, &before) &&
           bytes_equal(before.data[CERTIFICATE_FULL_SPKI],
                       chain->certificates[0].data[CERTIFICATE_FULL_SPKI]);
}

static enum finding_code unexplained(const struct record_tlsa *tlsa)
{
    if (tlsa->usage != USAGE_DANE_EE)
        return FINDING_TLSA_ANCHOR_UNKNOWN;
    return tlsa->selector == 0 ? FINDING_TLSA_CERT_UNKNOWN : FINDING_TLSA_KEY_UNKNOWN;
}

/* A match as the fields say comes before anything else that the data may be too. */
static bool find_in_chain(struct finding *finding, const struct chain *chain)
{
    struct finding other;
    bool found = false;

    for (size_t depth = 0; depth < chain->count; depth++) {
        other = *finding;
        if (!find_digest(&other, chain, depth))
            continue;
        if (!found || other.code == FINDING_CODES)
            *finding = other;
        found = true;
        if (finding->code == FINDING_CODES)
            return true;
    }
    return found;
}

struct finding diagnosis_find(const struct record *record, const struct chain *chain,
                              struct arena *arena)
{
    const struct record_tlsa *tlsa = &record->data.tlsa;
    struct finding finding = {.code = FINDING_TLSA_DIGEST_OF_NOTHING, .record = record};

    if (diagnosis_is_nothing(tlsa) || find_in_chain(&finding, chain))
        return finding;
    for (size_t depth = 0; depth < chain->count; depth++)
        if (find_pem(&finding, chain, depth))
            return finding;
    finding.code = is_renewed(tlsa, chain, arena) ? FINDING_TLSA_RENEWED : unexplained(tlsa);
    return finding;
}

bool diagnosis_is_leaf(const struct record_tlsa *tlsa, const struct chain *chain)
{
    for (int digest = 0; chain->count > 0 && digest < CERTIFICATE_DIGESTS; digest++)
        if (is_digest(tlsa, digest) &&
            bytes_equal(tlsa->data, chain->certificates[0].data[digest]))
            return true;
    return false;
}

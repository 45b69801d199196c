#include "reason.h"

#include <stdbool.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/*
 * What can be wrong with a chain here: no CRLs, no policies and no OCSP are looked at, no CA is
 * known locally, and OpenSSL's strict checks are off. Key and digest too weak are for a library
 * whose defaults forbid them whatever the security level.
 */
static const struct row {
    long error;
    const char *words;
} rows[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
     "has an issuer whose certificate the server does not send"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "has an issuer whose certificate the server does not send"},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH,
     "has an issuer whose certificate the server does not send"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "has an issuer whose key cannot be read"},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "has an issuer whose key cannot be read"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE,
     "is not signed with the key of the issuer's certificate that the server sends"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM,
     "is signed with an algorithm that OpenSSL does not support"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,
     "has a signature algorithm that does not go with its issuer's key"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "is not yet valid"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "has expired"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "has a notBefore that is not a valid date"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "has a notAfter that is not a valid date"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "is the end of a path that is too long"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,
     "has a path length constraint that allows fewer CA certificates below it"},
    {X509_V_ERR_INVALID_PURPOSE,
     "has a key usage or extended key usage that does not allow TLS servers (serverAuth)"},
    {X509_V_ERR_INVALID_CA,
     "issued the one below, but is not a CA certificate (basic constraints, keyCertSign)"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
     "has a key usage that does not allow signing certificates (keyCertSign)"},
    {X509_V_ERR_AKID_SKID_MISMATCH,
     "has an authority key identifier that names another key than its issuer's: reissue it, or "
     "send the certificate it names"},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
     "has an authority key identifier that names another issuer or serial number than its "
     "issuer's: reissue it, or send the certificate it names"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "has a critical extension that senders do not know"},
    {X509_V_ERR_INVALID_EXTENSION, "has an extension that cannot be read"},
    {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, "is a proxy certificate, which senders refuse"},
    {X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, "is a proxy certificate, which senders refuse"},
    {X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, "is a proxy certificate, which senders refuse"},
    {X509_V_ERR_INVALID_NON_CA, "is a CA certificate where none may be"},
    {X509_V_ERR_UNNESTED_RESOURCE,
     "lists IP addresses or AS numbers that its issuer does not have (RFC 3779)"},
    {X509_V_ERR_PERMITTED_VIOLATION,
     "has a name outside of those that the name constraints of a CA above it permit"},
    {X509_V_ERR_EXCLUDED_VIOLATION,
     "has a name that the name constraints of a CA above it exclude"},
    {X509_V_ERR_SUBTREE_MINMAX,
     "is below a CA whose name constraints use a minimum or maximum, which senders refuse"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
     "is below a CA whose name constraints are of a type that OpenSSL does not support"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
     "is below a CA whose name constraints cannot be read"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
     "has a name that cannot be compared with the name constraints of a CA above it"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "has a key that is too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "has a key that is too weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "is signed with a digest that is too weak"},
};

struct reason reason_of_error(long error, int depth)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error)
            return (struct reason){rows[i].words, depth};
    return (struct reason){X509_verify_cert_error_string(error), REASON_NOWHERE};
}

static bool same_name_and_key(X509 *left, X509 *right)
{
    const EVP_PKEY *one = X509_get0_pubkey(left), *two = X509_get0_pubkey(right);

    return X509_NAME_cmp(X509_get_subject_name(left), X509_get_subject_name(right)) == 0 &&
           one != NULL && two != NULL && EVP_PKEY_eq(one, two) == 1;
}

/* The place of a certificate in the path that has the anchor's name and key; 0: none. */
static int find_twin(const STACK_OF(X509) * verified, X509 *anchor)
{
    for (int i = 1; i < sk_X509_num(verified); i++)
        if (same_name_and_key(sk_X509_value(verified, i), anchor))
            return i;
    return 0;
}

/* Why none of the certificates with the name of the issuer is one; their absence, if there is none. */
static long issuer_error(X509 *subject, const struct x509_chain *sent)
{
    long error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

    for (size_t i = 1; i < sent->count; i++) {
        int found = X509_check_issued(sent->certificates[i], subject);

        if (found == X509_V_OK)
            return X509_V_OK;
        if (found != X509_V_ERR_SUBJECT_ISSUER_MISMATCH)
            error = found;
    }
    return error;
}

struct reason reason_of_gap(const STACK_OF(X509) * verified, const struct x509_chain *sent,
                            size_t anchor)
{
    int top = sk_X509_num(verified) - 1;
    X509 *subject = top >= 0 ? sk_X509_value(verified, top) : NULL;
    int twin = find_twin(verified, sent->certificates[anchor]);

    if (subject == NULL)
        return (struct reason){NULL, REASON_NOWHERE};
    if (twin > 0)
        return (struct reason){"has the trust anchor's name and key and stands in its place: publish "
                               "the hash of the key, 2 1 1",
                               twin};
    if (X509_check_issued(subject, subject) == X509_V_OK)
        return (struct reason){"is self-signed and ends the path before the trust anchor", top};
    long error = issuer_error(subject, sent);

    return error == X509_V_OK ? (struct reason){NULL, REASON_NOWHERE}
                              : reason_of_error(error, top);
}

const char *reason_text(const struct reason *reason, struct arena *arena)
{
    if (reason->words == NULL || reason->depth == REASON_NOWHERE)
        return reason->words;
    return arena_format(arena, "the certificate at depth %d %s", reason->depth, reason->words);
}

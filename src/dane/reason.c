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
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "the server does not send its issuer's certificate"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "the server does not send its issuer's certificate"},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH, "the server does not send its issuer's certificate"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "its issuer's key cannot be read"},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "its issuer's key cannot be read"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE,
     "its signature is not by the key of the issuer's certificate that the server sends"},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM,
     "it is signed with an algorithm that OpenSSL does not support"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,
     "its signature algorithm is not one of its issuer's key"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "it is not yet valid"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "it has expired"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "its notBefore is not a valid date"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "its notAfter is not a valid date"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "the path up to here is too long"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,
     "its path length constraint allows fewer CA certificates below it"},
    {X509_V_ERR_INVALID_PURPOSE,
     "its key usage or extended key usage does not allow TLS servers (serverAuth)"},
    {X509_V_ERR_INVALID_CA,
     "it is not a CA certificate (basic constraints, keyCertSign), but issued the one below it"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
     "its key usage does not allow signing certificates (keyCertSign)"},
    {X509_V_ERR_AKID_SKID_MISMATCH,
     "its authority key identifier names another key than that of its issuer's certificate: "
     "reissue it, or send the certificate that it names"},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
     "its authority key identifier names another issuer or serial number than that of its "
     "issuer's certificate: reissue it, or send the certificate that it names"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     "it has a critical extension that senders do not know"},
    {X509_V_ERR_INVALID_EXTENSION, "it has an extension that cannot be read"},
    {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, "it is a proxy certificate, which senders refuse"},
    {X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, "it is a proxy certificate, which senders refuse"},
    {X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, "it is a proxy certificate, which senders refuse"},
    {X509_V_ERR_INVALID_NON_CA, "it is a CA certificate where none may be"},
    {X509_V_ERR_UNNESTED_RESOURCE,
     "it lists IP addresses or AS numbers that its issuer has not (RFC 3779)"},
    {X509_V_ERR_PERMITTED_VIOLATION,
     "it has a name outside of those that the name constraints of a CA above it permit"},
    {X509_V_ERR_EXCLUDED_VIOLATION,
     "it has a name that the name constraints of a CA above it exclude"},
    {X509_V_ERR_SUBTREE_MINMAX,
     "the name constraints of a CA above it use a minimum or maximum, which senders refuse"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
     "the name constraints of a CA above it are of a type that OpenSSL does not support"},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
     "the name constraints of a CA above it cannot be read"},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
     "it has a name that cannot be compared with the name constraints of a CA above it"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "its key is too weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "it is signed with a digest that is too weak"},
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
        return (struct reason){"it has the trust anchor's name and key, and stands in its place: "
                               "publish the hash of the key, 2 1 1",
                               twin};
    if (X509_check_issued(subject, subject) == X509_V_OK)
        return (struct reason){"the path ends here, and does not lead to the trust anchor", top};
    long error = issuer_error(subject, sent);

    return error == X509_V_OK ? (struct reason){NULL, REASON_NOWHERE}
                              : reason_of_error(error, top);
}

const char *reason_text(const struct reason *reason, struct arena *arena)
{
    if (reason->words == NULL || reason->depth == REASON_NOWHERE)
        return reason->words;
    return arena_format(arena, "at depth %d: %s", reason->depth, reason->words);
}

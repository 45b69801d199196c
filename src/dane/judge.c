#include "judge.h"

#include <openssl/x509_vfy.h>

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

/* What is wrong with a certificate's dates. OpenSSL's comparison is 0 for a date that is none. */
static long date_error(const X509 *x509, time_t now)
{
    int before = X509_cmp_time(X509_get0_notBefore(x509), &now);
    int after = X509_cmp_time(X509_get0_notAfter(x509), &now);

    if (before == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
    if (after == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
    if (before > 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    return after < 0 ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

/* OpenSSL takes an anchor that is not self-signed whatever its dates: the path's are all checked.
 */
static long path_date_error(SSL *ssl)
{
    const STACK_OF(X509) *path = SSL_get0_verified_chain(ssl);
    time_t now = X509_VERIFY_PARAM_get_time(SSL_get0_param(ssl));
    long error = sk_X509_num(path) > 0 ? X509_V_OK : X509_V_ERR_UNSPECIFIED;

    for (int i = 0; i < sk_X509_num(path) && error == X509_V_OK; i++)
        error = date_error(sk_X509_value(path, i), now);
    return error;
}

/*
 * Without usages 0 and 1 OpenSSL checks dates only once a trust anchor matched, so that "expired"
 * implies the match.
 */
static struct judgement judge_error(long error)
{
    bool dates = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;

    return (struct judgement){.result = dates ? DANE_EXPIRED : DANE_MISMATCH,
                              .reason = X509_verify_cert_error_string(error)};
}

/* For a bare key OpenSSL tells the depth of what it signed; the anchor stands one above. */
static struct judgement judge_anchor(SSL *ssl, int depth, const EVP_PKEY *bare_key)
{
    long error = path_date_error(ssl);

    if (error != X509_V_OK)
        return judge_error(error);
    return (struct judgement){.result = DANE_MATCH_TA,
                              .depth = (unsigned)depth + (bare_key != NULL)};
}

struct judgement judge_chain(SSL *ssl)
{
    long error = SSL_get_verify_result(ssl);
    EVP_PKEY *bare_key = NULL;
    uint8_t usage = 0;

    if (error != X509_V_OK)
        return judge_error(error);
    int depth = SSL_get0_dane_authority(ssl, NULL, &bare_key);

    /* "OK" alone is no authentication: a record must have matched. */
    if (depth < 0 || SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL) < 0)
        return judge_error(X509_V_ERR_DANE_NO_MATCH);
    if (usage == USAGE_DANE_EE && depth == 0)
        return (struct judgement){.result = DANE_MATCH_EE};
    if (usage == USAGE_DANE_TA)
        return judge_anchor(ssl, depth, bare_key);
    return judge_error(X509_V_ERR_DANE_NO_MATCH);
}

#include "judge.h"

#include <openssl/x509_vfy.h>

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };

static bool is_of_dates(long error)
{
    return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID ||
           error == X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD ||
           error == X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
}

/* OpenSSL's verification goes on where this says 1. */
static int watch(int ok, X509_STORE_CTX *context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    int *failed_depth = SSL_get_app_data(ssl);

    if (ok == 1)
        return 1;
    if (is_of_dates(X509_STORE_CTX_get_error(context))) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    *failed_depth = X509_STORE_CTX_get_error_depth(context);
    return 0;
}

void judge_watch(SSL *ssl, int *failed_depth)
{
    *failed_depth = REASON_NOWHERE;
    SSL_set_app_data(ssl, failed_depth);
    SSL_set_verify(ssl, SSL_VERIFY_NONE, watch);
}

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

static struct judgement judge_error(long error, int depth)
{
    bool dates = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;

    return (struct judgement){.result = dates ? DANE_EXPIRED : DANE_MISMATCH,
                              .unmatched = error == X509_V_ERR_DANE_NO_MATCH,
                              .reason = reason_of_error(error, depth)};
}

/*
 * The dates of the path below the anchor: the leaf's at least. For a bare key OpenSSL tells the
 * depth of what it signed; the anchor stands one above, and not in the path.
 */
static struct judgement judge_dates(SSL *ssl, int depth, bool bare)
{
    const STACK_OF(X509) *path = SSL_get0_verified_chain(ssl);
    time_t now = X509_VERIFY_PARAM_get_time(SSL_get0_param(ssl));
    int anchor = depth + bare;

    if (anchor < 1 || sk_X509_num(path) <= depth)
        return judge_error(X509_V_ERR_UNSPECIFIED, REASON_NOWHERE);
    for (int i = 0; i < anchor; i++) {
        long error = date_error(sk_X509_value(path, i), now);

        if (error != X509_V_OK)
            return judge_error(error, i);
    }
    return (struct judgement){.result = DANE_MATCH_TA, .depth = (unsigned)anchor};
}

struct judgement judge_chain(SSL *ssl, int failed_depth)
{
    long error = SSL_get_verify_result(ssl);
    EVP_PKEY *bare_key = NULL;
    uint8_t usage = 0;

    if (error != X509_V_OK)
        return judge_error(error, failed_depth);
    int depth = SSL_get0_dane_authority(ssl, NULL, &bare_key);

    /* "OK" alone is no authentication: a record must have matched. */
    if (depth < 0 || SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL) < 0)
        return judge_error(X509_V_ERR_DANE_NO_MATCH, REASON_NOWHERE);
    if (usage == USAGE_DANE_EE && depth == 0)
        return (struct judgement){.result = DANE_MATCH_EE};
    if (usage == USAGE_DANE_TA)
        return judge_dates(ssl, depth, bare_key != NULL);
    return judge_error(X509_V_ERR_DANE_NO_MATCH, REASON_NOWHERE);
}

const char *judge_reason(const struct judgement *judgement, SSL *ssl,
                         const struct x509_chain *sent, size_t anchor, struct arena *arena)
{
    struct reason gap = {NULL, REASON_NOWHERE};

    if (judgement->unmatched && anchor > 0)
        gap = reason_of_gap(SSL_get0_verified_chain(ssl), sent, anchor);
    return reason_text(gap.words != NULL ? &gap : &judgement->reason, arena);
}

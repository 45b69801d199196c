/*
 * The other judge: plain X509_verify_cert, without OpenSSL's DANE code. A matching anchor is a trusted
 * certificate; digests, usability and agility are worked out anew from RFC 6698 and RFC 7671.
 */
#ifndef MXDANE_TESTS_DANE_OTHER_H
#define MXDANE_TESTS_DANE_OTHER_H

#include "base/arena.h"
#include "dane_pki.h"
#include "model/certificate.h"
#include "model/verdict.h"

enum { MOST_SENT = 6, MOST_RECORDS = 3, MOST_REFERENCES = 3 };

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct vector {
    X509 *sent[MOST_SENT];
    struct certificate models[MOST_SENT]; /* what the records are made of */
    size_t sent_count;
    struct record records[MOST_RECORDS];
    size_t record_count;
    int64_t time;
    const char *const *references;
    size_t reference_count;
};

static inline struct bytes digest_with(struct arena *arena, const EVP_MD *md, struct bytes data)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (md == NULL)
        return data;
    assert_int_equal(EVP_Digest(data.data, data.length, digest, &length, md, NULL), 1);
    return (struct bytes){arena_copy(arena, digest, length), length};
}

static inline bool record_is(const struct record_tlsa *tlsa, X509 *x509, struct arena *arena)
{
    static const EVP_MD *(*const kinds[])(void) = {EVP_md_null, EVP_sha256, EVP_sha512};
    struct bytes data = pki_der(x509, arena);

    if (tlsa->selector == 1) {
        unsigned char *der = NULL;
        int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

        data = (struct bytes){arena_copy(arena, der, (size_t)length), (size_t)length};
        OPENSSL_free(der);
    }
    data = digest_with(arena, tlsa->mtype == 0 ? NULL : kinds[tlsa->mtype](), data);
    return data.length == tlsa->data.length &&
           memcmp(data.data, tlsa->data.data, data.length) == 0;
}

static inline X509 *record_certificate(const struct record_tlsa *tlsa)
{
    const unsigned char *at = tlsa->data.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)tlsa->data.length);

    if (x509 != NULL && at != tlsa->data.data + tlsa->data.length) {
        X509_free(x509);
        x509 = NULL;
    }
    return x509;
}

static inline EVP_PKEY *record_key(const struct record_tlsa *tlsa)
{
    const unsigned char *at = tlsa->data.data;

    return d2i_PUBKEY(NULL, &at, (long)tlsa->data.length);
}

/* RFC 6698 section 4.1, RFC 7672 section 3.1.3. A certificate without a key can match nothing. */
static inline bool is_usable(const struct record_tlsa *tlsa)
{
    X509 *x509;
    EVP_PKEY *key;
    bool usable;

    if (tlsa->usage < 2 || tlsa->usage > 3 || tlsa->selector > 1 || tlsa->mtype > 2)
        return false;
    if (tlsa->mtype > 0)
        return tlsa->data.length == (tlsa->mtype == 1 ? 32 : 64);
    x509 = tlsa->selector == 0 ? record_certificate(tlsa) : NULL;
    key = tlsa->selector == 1 ? record_key(tlsa) : NULL;
    usable = key != NULL || (x509 != NULL && X509_get0_pubkey(x509) != NULL);
    X509_free(x509);
    EVP_PKEY_free(key);
    return usable;
}

/* RFC 7671 section 9: SHA2-256 beside a usable SHA2-512 of its usage and selector. */
static inline bool is_outranked(const struct vector *vector, const struct record_tlsa *tlsa)
{
    for (size_t i = 0; i < vector->record_count; i++) {
        const struct record_tlsa *other = &vector->records[i].data.tlsa;

        if (tlsa->mtype == 1 && other->mtype == 2 && is_usable(other) &&
            other->usage == tlsa->usage && other->selector == tlsa->selector)
            return true;
    }
    return false;
}

struct errors {
    X509 *anchor; /* whose own dates don't count: RFC 5280 section 6.1 */
    bool dates, others;
};

static inline int on_error(int ok, X509_STORE_CTX *context)
{
    struct errors *errors = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);
    bool dates = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;

    if (ok)
        return 1;
    if (!dates)
        errors->others = true;
    else if (X509_cmp(X509_STORE_CTX_get_current_cert(context), errors->anchor) != 0)
        errors->dates = true;
    return 1;
}

static inline enum verdict_code worst(const struct errors *errors)
{
    return errors->others  ? VERDICT_TLSA_MISMATCH
           : errors->dates ? VERDICT_CERT_EXPIRED
                           : VERDICT_PASS;
}

static inline bool dates_hold(const X509 *x509, int64_t now)
{
    time_t time = now;

    return X509_cmp_time(X509_get0_notBefore(x509), &time) < 0 &&
           X509_cmp_time(X509_get0_notAfter(x509), &time) > 0;
}

/* The path from the leaf to `anchor`, which is trusted as it is. */
static inline enum verdict_code verify(const struct vector *vector, X509 *anchor)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *sent = sk_X509_new_null();
    struct errors errors = {.anchor = anchor};

    X509_STORE_add_cert(store, anchor);
    for (size_t i = 1; i < vector->sent_count; i++)
        sk_X509_push(sent, vector->sent[i]);
    assert_int_equal(X509_STORE_CTX_init(context, store, vector->sent[0], sent), 1);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(param, (time_t)vector->time);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_STORE_CTX_set_app_data(context, &errors);
    X509_STORE_CTX_set_verify_cb(context, on_error);
    if (X509_verify_cert(context) != 1)
        errors.others = true;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(sent);
    return worst(&errors);
}

/* The better of two, a pass being the best. */
static inline enum verdict_code better(enum verdict_code left, enum verdict_code right)
{
    static const enum verdict_code ranks[] = {VERDICT_PASS, VERDICT_NAME_MISMATCH,
                                              VERDICT_CERT_EXPIRED, VERDICT_TLSA_MISMATCH};

    for (size_t i = 0; i < COUNT(ranks); i++)
        if (left == ranks[i] || right == ranks[i])
            return ranks[i];
    return VERDICT_TLSA_MISMATCH;
}

/*
 * RFC 7671 section 5.2.3: the key's own certificate was not sent, and the key signed one of the path,
 * the dates of which count.
 */
static inline enum verdict_code verify_key(const struct vector *vector, EVP_PKEY *key)
{
    enum verdict_code best = VERDICT_TLSA_MISMATCH;

    for (size_t i = 0; i < vector->sent_count; i++)
        if (X509_verify(vector->sent[i], key) == 1) {
            enum verdict_code code = verify(vector, vector->sent[i]);

            if (!dates_hold(vector->sent[i], vector->time) && code != VERDICT_TLSA_MISMATCH)
                code = VERDICT_CERT_EXPIRED;
            best = better(best, code);
        }
    return best;
}

/* One of that name is come to by going from the leaf to issuer after issuer. */
static inline bool is_in_path(const struct vector *vector, size_t index)
{
    const X509_NAME *wanted = X509_get_subject_name(vector->sent[index]);
    const X509_NAME *name = X509_get_issuer_name(vector->sent[0]);

    for (size_t steps = 0; steps < vector->sent_count; steps++) {
        size_t i = 1;

        if (X509_NAME_cmp(name, wanted) == 0)
            return true;
        while (i < vector->sent_count &&
               X509_NAME_cmp(X509_get_subject_name(vector->sent[i]), name) != 0)
            i++;
        if (i == vector->sent_count)
            return false;
        name = X509_get_issuer_name(vector->sent[i]);
    }
    return false;
}

/* The anchor that a record of usage 2 is: sent above the leaf, or whole in DNS. */
static inline enum verdict_code judge_anchor(const struct vector *vector, const struct record_tlsa *tlsa,
                                      struct arena *arena)
{
    enum verdict_code best = VERDICT_TLSA_MISMATCH;
    bool sent = false;

    for (size_t i = 1; i < vector->sent_count; i++)
        if (record_is(tlsa, vector->sent[i], arena)) {
            sent = sent || is_in_path(vector, i);
            best = better(best, verify(vector, vector->sent[i]));
        }
    if (tlsa->mtype == 0 && tlsa->selector == 0) {
        X509 *anchor = record_certificate(tlsa);

        if (X509_cmp(anchor, vector->sent[0]) != 0)
            best = better(best, verify(vector, anchor));
        X509_free(anchor);
    }
    if (tlsa->mtype == 0 && tlsa->selector == 1 && !sent) {
        EVP_PKEY *key = record_key(tlsa);

        best = better(best, verify_key(vector, key));
        EVP_PKEY_free(key);
    }
    return best;
}

struct opinion {
    enum verdict_code path;
    bool leaf;         /* a record of usage 3 matches: names don't count */
};

/* Of the path, whatever the names. */
static inline struct opinion judge_path(const struct vector *vector, struct arena *arena)
{
    struct opinion opinion = {.path = VERDICT_TLSA_UNUSABLE};

    for (size_t i = 0; i < vector->record_count; i++) {
        const struct record_tlsa *tlsa = &vector->records[i].data.tlsa;
        enum verdict_code code = VERDICT_TLSA_MISMATCH;

        if (!is_usable(tlsa))
            continue;
        if (!is_outranked(vector, tlsa) && tlsa->usage == 2)
            code = judge_anchor(vector, tlsa, arena);
        else if (!is_outranked(vector, tlsa) && record_is(tlsa, vector->sent[0], arena))
            opinion.leaf = true;
        opinion.path =
            opinion.path == VERDICT_TLSA_UNUSABLE ? code : better(opinion.path, code);
    }
    return opinion;
}

static inline enum verdict_code their_verdict(const struct vector *vector, const struct opinion *opinion)
{
    if (opinion->leaf)
        return VERDICT_PASS;
    for (size_t i = 0; i < vector->reference_count; i++)
        if (X509_check_host(vector->sent[0], vector->references[i], 0,
                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1)
            return opinion->path;
    return opinion->path == VERDICT_PASS ? VERDICT_NAME_MISMATCH : opinion->path;
}

/* Two certificates of one subject among what was sent, or beside an anchor that is only in DNS. */
static inline bool has_two_ways(const struct vector *vector)
{
    for (size_t i = 1; i < vector->sent_count; i++) {
        const X509_NAME *subject = X509_get_subject_name(vector->sent[i]);

        for (size_t j = i + 1; j < vector->sent_count; j++)
            if (X509_NAME_cmp(subject, X509_get_subject_name(vector->sent[j])) == 0)
                return true;
        for (size_t j = 0; j < vector->record_count; j++) {
            const struct record_tlsa *tlsa = &vector->records[j].data.tlsa;
            X509 *anchor = is_usable(tlsa) && tlsa->selector == 0 && tlsa->mtype == 0
                               ? record_certificate(tlsa)
                               : NULL;
            bool same = anchor != NULL && X509_cmp(anchor, vector->sent[i]) != 0 &&
                        X509_NAME_cmp(subject, X509_get_subject_name(anchor)) == 0;

            X509_free(anchor);
            if (same)
                return true;
        }
    }
    return false;
}

/*
 * The one difference that may be: of two ways up OpenSSL's DANE code, like Postfix with it, goes one
 * and looks for anchors on that (RFC 5280 section 6 leaves the choice open); the other judge tries
 * each anchor. So ours may be worse there, and is never better.
 */
static inline bool may_differ(const struct vector *vector, enum verdict_code ours,
                       enum verdict_code theirs)
{
    return has_two_ways(vector) && better(ours, theirs) == theirs;
}

#endif

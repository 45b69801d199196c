/*
 * A certificate as data: what the trace shows and what TLSA records are compared with.
 */
#ifndef MXDANE_MODEL_CERTIFICATE_H
#define MXDANE_MODEL_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* In the order the trace shows them; each is one selector with one matching type. */
enum certificate_digest {
    CERTIFICATE_CERT_SHA256, /* selector 0, matching type 1 */
    CERTIFICATE_PKEY_SHA256, /* 1 1 */
    CERTIFICATE_CERT_SHA512, /* 0 2 */
    CERTIFICATE_PKEY_SHA512, /* 1 2 */
    CERTIFICATE_FULL_CERT,   /* 0 0: the certificate's DER */
    CERTIFICATE_FULL_SPKI,   /* 1 0: the DER of its SubjectPublicKeyInfo */
    CERTIFICATE_DIGESTS
};

struct certificate_mark {
    bool shown;
    bool matched;
};

struct certificate {
    struct bytes issuer_cn, issuer_org, subject_cn, subject_org; /* UTF-8 as OpenSSL decodes; raw */
    int64_t not_before, not_after;                               /* seconds since the epoch */
    bool dates_valid;          /* false: a date that is none; never "not expired" */
    const struct bytes *names; /* dNSNames, raw bytes */
    size_t name_count;
    const struct bytes *more_cns; /* the common names behind `subject_cn`, which is the first */
    size_t more_cn_count;
    bool names_broken;     /* alternative names that cannot be read: no name counts, the CN least */
    bool cannot_sign;      /* it has a key usage, and digitalSignature is not in it */
    const char *key;       /* "EC-P256", "RSA-2048", "Ed25519" */
    bool public_ca;        /* a policy in it says that a public CA issued it */
    const char *signature; /* "ecdsa-with-SHA256"; never NULL, like the key */
    struct bytes data[CERTIFICATE_DIGESTS]; /* the full ones only where a mark shows them */
    struct certificate_mark marks[CERTIFICATE_DIGESTS];
};

/* The certificates a server sent, ordered. All in the arena of the host. */
struct chain {
    const struct certificate *certificates; /* leaf, its issuer, and so on; then the strays */
    size_t path_length;                     /* how many belong to the path from the leaf */
    size_t count;
};

/* Whether `time` is within its dates: the second of notAfter itself is too late, as in OpenSSL. */
bool certificate_dates_hold(const struct certificate *certificate, int64_t time);

/*
 * The names that can be compared with a reference identifier: its dNSNames, its common names only
 * where it has none (RFC 7672 section 3.2.3), every one of them as with OpenSSL. In the order of
 * the trace; `index` is below the count.
 */
size_t certificate_name_count(const struct certificate *certificate);
struct bytes certificate_name(const struct certificate *certificate, size_t index);

/* The same certificates in the same places, by the SHA2-256 of each; no chain equals none. */
bool chain_equals(const struct chain *left, const struct chain *right);

/* The selector, matching type and trace label ("pkey sha256") of a digest. */
uint8_t certificate_digest_selector(enum certificate_digest digest);
uint8_t certificate_digest_mtype(enum certificate_digest digest);
const char *certificate_digest_label(enum certificate_digest digest);

#endif

#include "dane/certificate.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "x509.h"

enum { OID_TEXT = 128 };

static struct bytes bytes_copy(struct arena *arena, const void *data, size_t length)
{
    return (struct bytes){arena_copy(arena, data, length), length};
}

static struct bytes entry_at(const X509_NAME *name, int index, struct arena *arena)
{
    unsigned char *utf8 = NULL;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
    int length = ASN1_STRING_to_UTF8(&utf8, value);

    if (length < 0)
        return bytes_copy(arena, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    struct bytes copy = bytes_copy(arena, utf8, (size_t)length);

    OPENSSL_free(utf8);
    return copy;
}

/* The first one: a name with several is odd, and which of them were meant nobody can say. */
static struct bytes name_entry(const X509_NAME *name, int nid, struct arena *arena)
{
    int index = X509_NAME_get_index_by_NID(name, nid, -1);

    return index < 0 ? (struct bytes){NULL, 0} : entry_at(name, index, arena);
}

static size_t count_cns(const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    size_t count = 0;

    for (; at >= 0; at = X509_NAME_get_index_by_NID(name, NID_commonName, at))
        count++;
    return count;
}

/* Without dNSNames each of them is compared with the reference identifiers, as OpenSSL does. */
static void copy_more_cns(const X509_NAME *subject, struct arena *arena,
                          struct certificate *certificate)
{
    size_t room = count_cns(subject), taken = 0;
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (room > LIMIT_CERT_NAMES)
        room = LIMIT_CERT_NAMES;
    struct bytes *names = arena_new(arena, room, sizeof *names);

    while (taken + 1 < room) {
        at = X509_NAME_get_index_by_NID(subject, NID_commonName, at);
        names[taken++] = entry_at(subject, at, arena);
    }
    certificate->more_cns = names;
    certificate->more_cn_count = taken;
}

static void copy_names(const X509 *x509, struct arena *arena, struct certificate *certificate)
{
    certificate->issuer_cn = name_entry(X509_get_issuer_name(x509), NID_commonName, arena);
    certificate->issuer_org = name_entry(X509_get_issuer_name(x509), NID_organizationName, arena);
    certificate->subject_cn = name_entry(X509_get_subject_name(x509), NID_commonName, arena);
    copy_more_cns(X509_get_subject_name(x509), arena, certificate);
    certificate->subject_org = name_entry(X509_get_subject_name(x509), NID_organizationName, arena);
}

static bool date_to_seconds(const ASN1_TIME *date, int64_t *seconds)
{
    struct tm tm;

    /* OpenSSL takes a NULL time for the present one. */
    if (date == NULL || ASN1_TIME_to_tm(date, &tm) != 1)
        return false;
    *seconds = timegm(&tm);
    return true;
}

static void copy_dates(const X509 *x509, struct certificate *certificate)
{
    bool before = date_to_seconds(X509_get0_notBefore(x509), &certificate->not_before);
    bool after = date_to_seconds(X509_get0_notAfter(x509), &certificate->not_after);

    certificate->dates_valid = before && after;
}

size_t certificate_count_names(const X509 *x509)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    size_t count = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
        count += sk_GENERAL_NAME_value(all, i)->type == GEN_DNS;
    GENERAL_NAMES_free(all);
    return count > 0 ? count : count_cns(X509_get_subject_name(x509));
}

static void copy_dns_names(const X509 *x509, struct arena *arena, struct certificate *certificate)
{
    int critical; /* -1: there is no such extension */
    GENERAL_NAMES *all = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
    int total = sk_GENERAL_NAME_num(all); /* -1: none */

    certificate->names_broken = all == NULL && critical != -1;
    if (total > 0) {
        size_t room = total < LIMIT_CERT_NAMES ? (size_t)total : LIMIT_CERT_NAMES;
        struct bytes *names = arena_new(arena, room, sizeof *names);

        for (int i = 0; i < total && certificate->name_count < room; i++) {
            const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);

            if (name->type == GEN_DNS)
                names[certificate->name_count++] =
                    bytes_copy(arena, ASN1_STRING_get0_data(name->d.dNSName),
                               (size_t)ASN1_STRING_length(name->d.dNSName));
        }
        certificate->names = names;
    }
    GENERAL_NAMES_free(all);
}

static const char *object_text(const ASN1_OBJECT *object, struct arena *arena)
{
    char text[OID_TEXT];
    int nid = OBJ_obj2nid(object);

    if (nid != NID_undef)
        return arena_dup(arena, OBJ_nid2ln(nid));
    if (OBJ_obj2txt(text, sizeof text, object, 1) <= 0)
        return "unknown";
    return arena_dup(arena, text);
}

/* EC-P256: the NIST name without its dash, else OpenSSL's name of the curve. */
static const char *ec_key_name(const EVP_PKEY *key, struct arena *arena)
{
    char group[OID_TEXT];

    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return "EC";
    const char *nist = EC_curve_nid2nist(OBJ_txt2nid(group));

    if (nist != NULL && strncmp(nist, "P-", 2) == 0)
        return arena_format(arena, "EC-P%s", nist + 2);
    return arena_format(arena, "EC-%s", group);
}

static const char *key_name(const X509 *x509, struct arena *arena)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    if (key == NULL) { /* an algorithm OpenSSL has not got: name it by its OID */
        ASN1_OBJECT *algorithm = NULL;

        if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509)) != 1)
            return "unknown";
        return object_text(algorithm, arena);
    }
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
        return ec_key_name(key, arena);
    case EVP_PKEY_RSA:
        return arena_format(arena, "RSA-%d", EVP_PKEY_get_bits(key));
    case EVP_PKEY_RSA_PSS:
        return arena_format(arena, "RSA-PSS-%d", EVP_PKEY_get_bits(key));
    case EVP_PKEY_DSA:
        return arena_format(arena, "DSA-%d", EVP_PKEY_get_bits(key));
    case EVP_PKEY_ED25519:
        return "Ed25519";
    case EVP_PKEY_ED448:
        return "Ed448";
    default: {
        const char *name = EVP_PKEY_get0_type_name(key);

        return name == NULL ? "unknown" : arena_dup(arena, name);
    }
    }
}

/* RFC 5280 section 4.2.1.3: bit 0. What cannot be read says nothing. */
static bool cannot_sign(const X509 *x509)
{
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(x509, NID_key_usage, NULL, NULL);
    bool cannot = usage != NULL && ASN1_BIT_STRING_get_bit(usage, 0) == 0;

    ASN1_BIT_STRING_free(usage);
    return cannot;
}

static const char *signature_name(const X509 *x509, struct arena *arena)
{
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *object;

    X509_get0_signature(NULL, &algorithm, x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return object_text(object, arena);
}

/*
 * A policy of the CA/Browser Forum's baseline requirements, section 7.1.6.1: 2.23.140.1.1
 * (extended), 2.23.140.1.2.1-3 (domain, organization, individual).
 */
static bool policy_is_public(const ASN1_OBJECT *policy)
{
    static const char forum[] = "2.23.140.1.";
    char text[OID_TEXT];

    return OBJ_obj2txt(text, sizeof text, policy, 1) > 0 &&
           strncmp(text, forum, sizeof forum - 1) == 0;
}

static bool is_public(const X509 *x509)
{
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(x509, NID_certificate_policies, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_POLICYINFO_num(policies) && !found; i++)
        found = policy_is_public(sk_POLICYINFO_value(policies, i)->policyid);
    CERTIFICATEPOLICIES_free(policies);
    return found;
}

static struct bytes take_der(struct arena *arena, unsigned char *der, int length)
{
    struct bytes copy = {NULL, 0};

    if (length > 0)
        copy = bytes_copy(arena, der, (size_t)length);
    OPENSSL_free(der);
    return copy;
}

static void add_digests(struct arena *arena, struct certificate *certificate,
                        enum certificate_digest full, enum certificate_digest sha256,
                        enum certificate_digest sha512)
{
    struct bytes der = certificate->data[full];
    unsigned char digest[SHA512_DIGEST_LENGTH];

    if (der.data == NULL)
        return;
    if (SHA256(der.data, der.length, digest) != NULL)
        certificate->data[sha256] = bytes_copy(arena, digest, SHA256_DIGEST_LENGTH);
    if (SHA512(der.data, der.length, digest) != NULL)
        certificate->data[sha512] = bytes_copy(arena, digest, SHA512_DIGEST_LENGTH);
}

/* The SubjectPublicKeyInfo as the certificate has it, not as OpenSSL would write the key. */
static void copy_data(X509 *x509, struct arena *arena, struct arena *scratch,
                      struct certificate *certificate)
{
    unsigned char *der = NULL;
    int length = i2d_X509(x509, &der);

    certificate->data[CERTIFICATE_FULL_CERT] = take_der(scratch, der, length);
    der = NULL;
    length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    certificate->data[CERTIFICATE_FULL_SPKI] = take_der(scratch, der, length);
    add_digests(arena, certificate, CERTIFICATE_FULL_CERT, CERTIFICATE_CERT_SHA256,
                CERTIFICATE_CERT_SHA512);
    add_digests(arena, certificate, CERTIFICATE_FULL_SPKI, CERTIFICATE_PKEY_SHA256,
                CERTIFICATE_PKEY_SHA512);
}

void certificate_from_x509(X509 *x509, struct arena *arena, struct arena *scratch,
                           struct certificate *certificate)
{
    *certificate = (struct certificate){0};
    copy_names(x509, arena, certificate);
    copy_dates(x509, certificate);
    copy_dns_names(x509, arena, certificate);
    certificate->cannot_sign = cannot_sign(x509);
    certificate->key = key_name(x509, arena);
    certificate->signature = signature_name(x509, arena);
    certificate->public_ca = is_public(x509);
    copy_data(x509, arena, scratch, certificate);
    ERR_clear_error();
}

static X509 *x509_parse(struct bytes der)
{
    const unsigned char *end = der.data;

    if (der.data == NULL || der.length > INT_MAX)
        return NULL;
    X509 *x509 = d2i_X509(NULL, &end, (long)der.length);

    if (x509 != NULL && end != der.data + der.length) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}

bool certificate_parse(struct bytes der, struct arena *arena, struct certificate *certificate)
{
    X509 *x509 = x509_parse(der);

    if (x509 == NULL)
        return false;
    certificate_from_x509(x509, arena, arena, certificate);
    X509_free(x509);
    return true;
}

static bool certificate_is_usable(struct bytes der)
{
    X509 *x509 = x509_parse(der);
    bool usable = x509 != NULL && X509_get0_pubkey(x509) != NULL;

    X509_free(x509);
    return usable;
}

static bool key_is_usable(struct bytes der)
{
    const unsigned char *end = der.data;

    if (der.data == NULL || der.length > INT_MAX)
        return false;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &end, (long)der.length);
    bool usable = key != NULL && end == der.data + der.length;

    EVP_PKEY_free(key);
    return usable;
}

bool certificate_data_is_valid(uint8_t selector, struct bytes data)
{
    bool valid = selector == 0 ? certificate_is_usable(data) : key_is_usable(data);

    ERR_clear_error();
    return valid;
}

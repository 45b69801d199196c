#include "model/certificate.h"

#include <string.h>

struct digest_row {
    uint8_t selector;
    uint8_t mtype;
    const char *label;
};

static const struct digest_row digest_rows[CERTIFICATE_DIGESTS] = {
    [CERTIFICATE_CERT_SHA256] = {0, 1, "cert sha256"},
    [CERTIFICATE_PKEY_SHA256] = {1, 1, "pkey sha256"},
    [CERTIFICATE_CERT_SHA512] = {0, 2, "cert sha512"},
    [CERTIFICATE_PKEY_SHA512] = {1, 2, "pkey sha512"},
    [CERTIFICATE_FULL_CERT] = {0, 0, "full cert"},
    [CERTIFICATE_FULL_SPKI] = {1, 0, "full spki"},
};

bool certificate_dates_hold(const struct certificate *certificate, int64_t time)
{
    return certificate->dates_valid && certificate->not_before <= time &&
           time < certificate->not_after;
}

size_t certificate_name_count(const struct certificate *certificate)
{
    if (certificate->name_count > 0)
        return certificate->name_count;
    return (certificate->subject_cn.data != NULL || certificate->more_cn_count > 0) +
           certificate->more_cn_count;
}

struct bytes certificate_name(const struct certificate *certificate, size_t index)
{
    if (certificate->name_count > 0)
        return certificate->names[index];
    return index == 0 ? certificate->subject_cn : certificate->more_cns[index - 1];
}

uint8_t certificate_digest_selector(enum certificate_digest digest)
{
    return digest_rows[digest].selector;
}

uint8_t certificate_digest_mtype(enum certificate_digest digest)
{
    return digest_rows[digest].mtype;
}

const char *certificate_digest_label(enum certificate_digest digest)
{
    return digest_rows[digest].label;
}

static bool same_certificate(const struct certificate *left, const struct certificate *right)
{
    struct bytes one = left->data[CERTIFICATE_CERT_SHA256];
    struct bytes two = right->data[CERTIFICATE_CERT_SHA256];

    return one.data != NULL && two.data != NULL && one.length == two.length &&
           memcmp(one.data, two.data, one.length) == 0;
}

bool chain_equals(const struct chain *left, const struct chain *right)
{
    if (left->count == 0 || left->count != right->count || left->path_length != right->path_length)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!same_certificate(&left->certificates[i], &right->certificates[i]))
            return false;
    return true;
}

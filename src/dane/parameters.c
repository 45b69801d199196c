#include "parameters.h"

#include <openssl/ec.h>
#include <openssl/objects.h>

enum { GROUP_TEXT = 80 };

const char *parameters_version(const SSL *ssl)
{
    switch (SSL_version(ssl)) {
    case TLS1_VERSION:
        return "TLS10";
    case TLS1_1_VERSION:
        return "TLS11";
    case TLS1_2_VERSION:
        return "TLS12";
    case TLS1_3_VERSION:
        return "TLS13";
    default:
        return "TLS";
    }
}

/* "P-256", "X25519", "ffdhe2048"; NULL: OpenSSL knows no name. */
static const char *group_name(int nid)
{
    const char *name = EC_curve_nid2nist(nid);

    return name != NULL ? name : nid == NID_undef ? NULL : OBJ_nid2sn(nid);
}

/* Before TLS 1.3 there are key exchanges without a group (RSA), or with one of the server's own. */
static const char *temporary_key_name(SSL *ssl, struct arena *arena)
{
    EVP_PKEY *key = NULL;
    char group[GROUP_TEXT];
    const char *name;

    if (SSL_get_peer_tmp_key(ssl, (void *)&key) != 1)
        return NULL;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_DH)
        name = arena_format(arena, "DH-%d", EVP_PKEY_get_bits(key));
    else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
             EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
        name = group_name(OBJ_txt2nid(group));
    else
        name = group_name(EVP_PKEY_get_base_id(key));
    EVP_PKEY_free(key);
    return name;
}

const char *parameters_group(SSL *ssl, struct arena *arena)
{
    if (SSL_version(ssl) < TLS1_3_VERSION)
        return temporary_key_name(ssl, arena);
    int id = (int)SSL_get_negotiated_group(ssl);

    return (id & TLSEXT_nid_unknown) != 0 ? SSL_group_to_name(ssl, id) : group_name(id);
}

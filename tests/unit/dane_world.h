/*
 * The keys and certificates the handshake tests are about: made once per program.
 */
#ifndef MXDANE_TESTS_DANE_WORLD_H
#define MXDANE_TESTS_DANE_WORLD_H

#include "base/arena.h"
#include "dane/certificate.h"
#include "dane_pki.h"

enum cert {
    END,
    LEAF,
    LEAF_OLD,
    LEAF_NEW,
    LEAF_SELF,
    LEAF_DEEP,      /* issued by INTER2 */
    LEAF_UNDER_CN,  /* issued by INTER_CONSTRAINED */
    LEAF_UNDER_END, /* issued by the key of INTER_NO_CA */
    LEAF_OLD_UNDER_CN,
    LEAF_OTHER_KEYID,  /* its authority key identifier is of no key here */
    LEAF_OTHER_SERIAL, /* and has another serial number */
    LEAF_CLIENT,       /* for client certificates only */
    LEAF_CRITICAL,     /* has a critical extension of our own */
    LEAF_UNENDED,
    INTER,
    INTER_OLD,
    INTER_UNDATED,     /* its notBefore is no date */
    INTER_UNENDED,     /* its notAfter is no date */
    INTER_CROSS,       /* INTER's name and key, issued by ROOT2 */
    INTER_CONSTRAINED, /* permits another domain only */
    INTER_NO_CA,
    INTER_NO_SIGN,     /* its key usage is another */
    INTER_CLIENT,      /* for client certificates only */
    INTER_EXCLUDES,    /* the leaf's name */
    INTER_KEYID,       /* has a subject key identifier */
    INTER2,   /* under INTER */
    IMPOSTOR_OLD, /* the same, self-signed and expired */
    IMPOSTOR, /* INTER's name, another key */
    ROOT,
    ROOT_SHORT, /* ROOT with pathlen:0 */
    ROOT_OLD,   /* ROOT, expired */
    ROOT_NEW,   /* ROOT, not yet valid */
    ROOT2,
    STRAY,
    RING_A, /* RING_A and RING_B issued each other */
    RING_B,
    LEAF_RING,
    CERTS
};

enum key { KEY_LEAF, KEY_INTER, KEY_INTER2, KEY_ROOT, KEY_ROOT2, KEY_OTHER, KEYS };

struct world {
    EVP_PKEY *rsa;  /* 1024 bits */
    X509 *rsa_leaf; /* signed with SHA-1 */
    EVP_PKEY *keys[KEYS];
    X509 *certs[CERTS];
    struct arena arena;
    struct certificate models[CERTS];
    struct handshake_context *context;
};

struct cert_row {
    struct pki_spec spec;
    enum key key;
    enum cert issuer; /* END: self-signed. Issuers come first in `order`. */
    enum key issuer_key;
};

#define CA "critical,CA:TRUE"
#define NAME "DNS:mx.example.org"

static const struct cert_row cert_rows[CERTS] = {
    [ROOT] = {{.cn = "Root", .basic = CA}, KEY_ROOT, END, KEY_ROOT},
    [ROOT_SHORT] = {{.cn = "Root", .basic = CA ",pathlen:0"}, KEY_ROOT, END, KEY_ROOT},
    [ROOT_OLD] = {{.cn = "Root", .basic = CA, .from = -9, .until = -1}, KEY_ROOT, END, KEY_ROOT},
    [ROOT_NEW] = {{.cn = "Root", .basic = CA, .from = 1, .until = 9}, KEY_ROOT, END, KEY_ROOT},
    [ROOT2] = {{.cn = "Root Two", .basic = CA}, KEY_ROOT2, END, KEY_ROOT2},
    [INTER] = {{.cn = "Inter", .basic = CA}, KEY_INTER, ROOT, KEY_ROOT},
    [INTER_OLD] = {{.cn = "Inter", .basic = CA, .from = -9, .until = -1},
                   KEY_INTER,
                   ROOT,
                   KEY_ROOT},
    [INTER_UNDATED] = {{.cn = "Inter", .basic = CA, .not_before = "2701xx000000Z"},
                       KEY_INTER,
                       ROOT,
                       KEY_ROOT},
    [INTER_UNENDED] = {{.cn = "Inter", .basic = CA, .not_after = "2701xx000000Z"},
                       KEY_INTER,
                       ROOT,
                       KEY_ROOT},
    [INTER_CROSS] = {{.cn = "Inter", .basic = CA}, KEY_INTER, ROOT2, KEY_ROOT2},
    [INTER_CONSTRAINED] = {{.cn = "Narrow",
                            .basic = CA,
                            .constraints = "permitted;DNS:example.net"},
                           KEY_INTER,
                           ROOT,
                           KEY_ROOT},
    [INTER_NO_CA] = {{.cn = "No CA", .basic = "critical,CA:FALSE"}, KEY_INTER, ROOT, KEY_ROOT},
    [INTER_NO_SIGN] = {{.cn = "Inter", .basic = CA, .more = {"keyUsage", "digitalSignature"}},
                       KEY_INTER,
                       ROOT,
                       KEY_ROOT},
    [INTER_CLIENT] = {{.cn = "Inter", .basic = CA, .more = {"extendedKeyUsage", "clientAuth"}},
                      KEY_INTER,
                      ROOT,
                      KEY_ROOT},
    [INTER_EXCLUDES] = {{.cn = "Inter", .basic = CA, .constraints = "excluded;DNS:example.org"},
                        KEY_INTER,
                        ROOT,
                        KEY_ROOT},
    [INTER_KEYID] = {{.cn = "Inter", .basic = CA, .more = {"subjectKeyIdentifier", "hash"}},
                     KEY_INTER,
                     ROOT,
                     KEY_ROOT},
    [INTER2] = {{.cn = "Inter 2", .basic = CA}, KEY_INTER2, INTER, KEY_INTER},
    [IMPOSTOR] = {{.cn = "Inter", .basic = CA}, KEY_OTHER, ROOT, KEY_ROOT},
    [IMPOSTOR_OLD] = {{.cn = "Inter", .basic = CA, .from = -9, .until = -1},
                      KEY_OTHER,
                      END,
                      KEY_OTHER},
    [STRAY] = {{.cn = "Stray", .basic = CA}, KEY_OTHER, END, KEY_OTHER},
    [RING_A] = {{.cn = "Stray", .basic = CA}, KEY_OTHER, ROOT2, KEY_ROOT2},
    [RING_B] = {{.cn = "Root Two", .basic = CA}, KEY_ROOT2, STRAY, KEY_OTHER},
    [LEAF_RING] = {{.cn = "Leaf", .san = NAME}, KEY_LEAF, STRAY, KEY_OTHER},
    [LEAF] = {{.cn = "Leaf", .san = NAME}, KEY_LEAF, INTER, KEY_INTER},
    [LEAF_OLD] = {{.cn = "Leaf", .san = NAME, .from = -9, .until = -1}, KEY_LEAF, INTER, KEY_INTER},
    [LEAF_NEW] = {{.cn = "Leaf", .san = NAME, .from = 1, .until = 9}, KEY_LEAF, INTER, KEY_INTER},
    [LEAF_SELF] = {{.cn = "Self", .san = NAME}, KEY_LEAF, END, KEY_LEAF},
    [LEAF_DEEP] = {{.cn = "Deep", .san = NAME}, KEY_LEAF, INTER2, KEY_INTER2},
    [LEAF_UNDER_CN] = {{.cn = "Leaf", .san = NAME}, KEY_LEAF, INTER_CONSTRAINED, KEY_INTER},
    [LEAF_UNDER_END] = {{.cn = "Leaf", .san = NAME}, KEY_LEAF, INTER_NO_CA, KEY_INTER},
    [LEAF_OLD_UNDER_CN] = {{.cn = "Leaf", .san = NAME, .from = -9, .until = -1},
                           KEY_LEAF,
                           INTER_CONSTRAINED,
                           KEY_INTER},
    [LEAF_OTHER_KEYID] = {{.cn = "Leaf",
                           .san = NAME,
                           .more = {"authorityKeyIdentifier", "DER:3006800401020304"}},
                          KEY_LEAF,
                          INTER,
                          KEY_INTER},
    [LEAF_OTHER_SERIAL] = {{.cn = "Leaf",
                            .san = NAME,
                            .more = {"authorityKeyIdentifier", "DER:3003820163"}},
                           KEY_LEAF,
                           INTER,
                           KEY_INTER},
    [LEAF_CLIENT] = {{.cn = "Leaf", .san = NAME, .more = {"extendedKeyUsage", "clientAuth"}},
                     KEY_LEAF,
                     INTER,
                     KEY_INTER},
    [LEAF_CRITICAL] = {{.cn = "Leaf",
                        .san = NAME,
                        .more = {"1.3.6.1.4.1.99999.2", "critical,DER:0500"}},
                       KEY_LEAF,
                       INTER,
                       KEY_INTER},
    [LEAF_UNENDED] = {{.cn = "Leaf", .san = NAME, .not_after = "2701xx000000Z"},
                      KEY_LEAF,
                      INTER,
                      KEY_INTER},
};

static const enum cert order[] = {
    ROOT,        ROOT_SHORT, ROOT2,    INTER,     INTER_OLD, INTER_CROSS,   INTER_CONSTRAINED, INTER_UNDATED,
    INTER_UNENDED, ROOT_OLD, ROOT_NEW, INTER_NO_SIGN, INTER_CLIENT, INTER_EXCLUDES, INTER_KEYID,
    IMPOSTOR_OLD, LEAF_OTHER_KEYID, LEAF_OTHER_SERIAL, LEAF_CLIENT, LEAF_CRITICAL, LEAF_UNENDED,
    LEAF_OLD_UNDER_CN,
    INTER_NO_CA, INTER2,     IMPOSTOR, STRAY,     RING_A,    RING_B,        LEAF_RING,
    LEAF,        LEAF_OLD,   LEAF_NEW, LEAF_SELF, LEAF_DEEP, LEAF_UNDER_CN, LEAF_UNDER_END};

static inline int world_new(void **state)
{
    static const char *const curves[KEYS] = {"P-256", "P-256", "P-384", "P-384", "P-256", "P-256"};
    struct world *world = test_calloc(1, sizeof *world);
    struct pki_spec weak = {.cn = "mx", .san = NAME, .digest = EVP_sha1()};
    struct failure failure;

    arena_init(&world->arena);
    for (int i = 0; i < KEYS; i++)
        world->keys[i] = EVP_EC_gen(curves[i]);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct cert_row *row = &cert_rows[order[i]];
        X509 *x509 = pki_issue(&row->spec, world->keys[row->key], world->certs[row->issuer],
                               world->keys[row->issuer_key]);

        world->certs[order[i]] = x509;
        certificate_parse(pki_der(x509, &world->arena), &world->arena, &world->models[order[i]]);
    }
    world->rsa = EVP_RSA_gen(1024);
    world->rsa_leaf = pki_issue(&weak, world->rsa, NULL, NULL);
    world->context = handshake_context_new(&failure);
    *state = world;
    return world->context == NULL;
}

static inline int world_free(void **state)
{
    struct world *world = *state;

    handshake_context_free(world->context);
    for (int i = 0; i < KEYS; i++)
        EVP_PKEY_free(world->keys[i]);
    for (int i = 0; i < CERTS; i++)
        X509_free(world->certs[i]);
    EVP_PKEY_free(world->rsa);
    X509_free(world->rsa_leaf);
    arena_fini(&world->arena);
    test_free(world);
    return 0;
}

#endif

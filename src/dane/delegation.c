#include "dane/delegation.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "model/dnssec.h"

enum { ZONE_KEY = 0x0100, REVOKED = 0x0080, DNSSEC_PROTOCOL = 3, RSAMD5 = 1 };
enum { KEY_FIELDS = 4 }; /* octets of a DNSKEY's RDATA before the key */

static const struct {
    uint8_t type; /* of the DS record */
    const EVP_MD *(*algorithm)(void);
} digests[] = {{1, EVP_sha1}, {2, EVP_sha256}, {4, EVP_sha384}};

enum { DIGESTS = sizeof digests / sizeof *digests };

struct comparison {
    const struct lookup *ds;
    struct bytes owner;
    enum ds_state *states;
    bool missing[UINT8_MAX + 1]; /* types of digests that OpenSSL would not make */
};

static void put_fields(const struct record_dnskey *key, uint8_t fields[KEY_FIELDS])
{
    fields[0] = (uint8_t)(key->flags >> 8);
    fields[1] = (uint8_t)key->flags;
    fields[2] = key->protocol;
    fields[3] = key->algorithm;
}

unsigned delegation_key_tag(const struct record_dnskey *key)
{
    uint8_t fields[KEY_FIELDS];
    uint32_t sum = 0;
    size_t length = key->key.length;

    if (key->algorithm == RSAMD5) /* appendix B.1: of the modulus, whose end is the key's */
        return length < 3 ? 0u
                          : (unsigned)key->key.data[length - 3] << 8 | key->key.data[length - 2];
    put_fields(key, fields);
    for (size_t i = 0; i < KEY_FIELDS; i++)
        sum += i % 2 == 0 ? (uint32_t)fields[i] << 8 : fields[i];
    for (size_t i = 0; i < length; i++)
        sum += i % 2 == 0 ? (uint32_t)key->key.data[i] << 8 : key->key.data[i];
    return (sum + (sum >> 16)) & 0xffff;
}

/* RFC 4034 section 5.1.4. False: OpenSSL does not have the algorithm. */
static bool digest_key(const struct record_dnskey *key, struct bytes owner,
                       const EVP_MD *algorithm, uint8_t out[EVP_MAX_MD_SIZE], struct bytes *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t fields[KEY_FIELDS];
    unsigned length = 0;
    bool good;

    put_fields(key, fields);
    good = context != NULL && EVP_DigestInit_ex(context, algorithm, NULL) == 1 &&
           EVP_DigestUpdate(context, owner.data, owner.length) == 1 &&
           EVP_DigestUpdate(context, fields, sizeof fields) == 1 &&
           EVP_DigestUpdate(context, key->key.data, key->key.length) == 1 &&
           EVP_DigestFinal_ex(context, out, &length) == 1;
    EVP_MD_CTX_free(context);
    *digest = (struct bytes){out, length};
    return good;
}

/* The first DS record not before `wanted`. */
static size_t lower_bound(const struct lookup *ds, const struct record *wanted)
{
    size_t low = 0, high = ds->record_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (record_compare(&ds->records[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool same_key(const struct record_ds *left, const struct record_ds *right)
{
    return left->tag == right->tag && left->algorithm == right->algorithm;
}

static enum ds_state state_of(const struct record_dnskey *key)
{
    if ((key->flags & ZONE_KEY) == 0 || key->protocol != DNSSEC_PROTOCOL)
        return DS_OF_NO_ZONE_KEY;
    return (key->flags & REVOKED) != 0 ? DS_OF_REVOKED_KEY : DS_MATCHES;
}

/* Marks the record that has this digest of a key. */
static void mark_digest(struct comparison *comparison, const struct record *wanted,
                        enum ds_state state)
{
    const struct lookup *ds = comparison->ds;
    size_t at = lower_bound(ds, wanted);

    if (at < ds->record_count && record_compare(&ds->records[at], wanted) == 0)
        comparison->states[at] = state;
}

/*
 * Marks the records of one key. That a key is there is marked at the first record of its tag and
 * algorithm only: many keys may share them.
 */
static void mark_key(struct comparison *comparison, const struct record_dnskey *key)
{
    struct record wanted = {.type = RECORD_DS,
                            .data.ds = {.tag = (uint16_t)delegation_key_tag(key),
                                        .algorithm = key->algorithm,
                                        .digest = {(const uint8_t *)"", 0}}};
    const struct lookup *ds = comparison->ds;
    size_t first = lower_bound(ds, &wanted);
    uint8_t out[EVP_MAX_MD_SIZE];

    if (first == ds->record_count || !same_key(&ds->records[first].data.ds, &wanted.data.ds))
        return;
    if (comparison->states[first] == DS_OF_NO_KEY)
        comparison->states[first] = DS_WRONG;
    for (size_t i = 0; i < DIGESTS; i++) {
        wanted.data.ds.digest_type = digests[i].type;
        if (digest_key(key, comparison->owner, digests[i].algorithm(), out,
                       &wanted.data.ds.digest))
            mark_digest(comparison, &wanted, state_of(key));
        else
            comparison->missing[digests[i].type] = true;
    }
}

/* What holds of the first record of a key holds of those behind it that have found no match. */
static void spread(struct comparison *comparison)
{
    const struct lookup *ds = comparison->ds;
    enum ds_state *states = comparison->states;
    bool there = false;

    for (size_t i = 0; i < ds->record_count; i++) {
        const struct record_ds *record = &ds->records[i].data.ds;

        if (i == 0 || !same_key(record, &ds->records[i - 1].data.ds))
            there = states[i] != DS_OF_NO_KEY;
        if (states[i] == DS_OF_NO_KEY && there)
            states[i] = DS_WRONG;
        if (dnssec_digest_strength(record->digest_type) == 0)
            states[i] = DS_TYPE_UNKNOWN;
        else if (comparison->missing[record->digest_type])
            states[i] = DS_NOT_COMPARED;
    }
}

/* 0: validators ignore it, for its algorithm or the type of its digest. */
static unsigned strength(const struct record *record)
{
    return dnssec_algorithm_is_common(record->data.ds.algorithm)
               ? dnssec_digest_strength(record->data.ds.digest_type)
               : 0;
}

static unsigned best_match(const struct comparison *comparison)
{
    unsigned best = 0;

    for (size_t i = 0; i < comparison->ds->record_count; i++) {
        unsigned own = strength(&comparison->ds->records[i]);

        if (comparison->states[i] == DS_MATCHES && own > best)
            best = own;
    }
    return best;
}

/*
 * RFC 4509 section 3: SHA-1 does not count in an RRset that has SHA-256 (or SHA-384), of whatever
 * key. Between SHA-256 and SHA-384 only validators that are set to be strict take the stronger
 * alone: there a DS of a key to come is no fault.
 */
static bool hides_weaker(enum ds_state state, unsigned own, unsigned best)
{
    return best > 0 && own > best && state != DS_NOT_COMPARED &&
           (best == DNSSEC_STRENGTH_SHA1 || state == DS_WRONG);
}

/*
 * What makes validators differ about a record. RFC 5011 section 2.1: a revoked key is good for
 * nothing; BIND holds to that, Unbound does not.
 */
static enum ds_state differing(enum ds_state state, unsigned own, unsigned best)
{
    if (hides_weaker(state, own, best))
        return DS_HIDES_WEAKER;
    return state == DS_OF_REVOKED_KEY && own > 0 && best == 0 ? DS_ONLY_REVOKED : state;
}

struct delegation delegation_compare(const struct lookup *ds, const struct lookup *dnskey,
                                     struct bytes owner, struct arena *arena)
{
    enum ds_state *states = arena_new(arena, ds->record_count, sizeof *states);
    struct comparison comparison = {.ds = ds, .owner = owner, .states = states};
    struct delegation delegation = {.states = states};
    unsigned best;

    for (size_t i = 0; i < ds->record_count; i++)
        states[i] = DS_OF_NO_KEY;
    for (size_t i = 0; i < dnskey->record_count; i++)
        mark_key(&comparison, &dnskey->records[i].data.dnskey);
    spread(&comparison);
    best = best_match(&comparison);
    for (size_t i = 0; i < ds->record_count; i++) {
        states[i] = differing(states[i], strength(&ds->records[i]), best);
        delegation.split |= states[i] == DS_HIDES_WEAKER || states[i] == DS_ONLY_REVOKED;
    }
    return delegation;
}

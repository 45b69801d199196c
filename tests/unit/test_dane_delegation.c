/* DS records against keys: the digests are those that the RFCs print. */
#include "dane/delegation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

static uint8_t rfc4509_key[130], rfc6605_key[96];

static const uint8_t rfc4509_owner[] = "\5dskey\7example\3com";
static const struct bytes owner = {rfc4509_owner, sizeof rfc4509_owner};

/* RFC 4034 section 5.4, RFC 4509 section 2.3: of the key 256 3 5 of dskey.example.com. */
static const char sha1[] = "2bb183af5f22588179a53b0a98631fad1a292118";
static const char sha256[] = "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a";
/* Worked out with another program from the same key. */
static const char sha384[] =
    "ab64dbebe13c0b6bae558b78ccab93b836f8ada4cbed2d4484a8715a819de7b9e846315e70ea5d884b377394bdaf16"
    "a3";

/* RFC 6605 section 6.2: of the key 257 3 14 of example.net. */
static const char rfc6605_sha384[] =
    "72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983"
    "d6";

static void decode(const char *base64, uint8_t *out, size_t size)
{
    uint8_t whole[256];

    assert_true((size_t)EVP_DecodeBlock(whole, (const uint8_t *)base64, (int)strlen(base64)) >=
                size);
    memcpy(out, whole, size);
}

static int make_keys(void **state)
{
    (void)state;
    decode("AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUS"
           "djMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/r"
           "ljwvFw==",
           rfc4509_key, sizeof rfc4509_key);
    decode("xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+O"
           "B+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
           rfc6605_key, sizeof rfc6605_key);
    return 0;
}

/* OpenSSL's, counted, or refused: all of them, or those of one length. */
static size_t digests;
static bool refused;
static int refused_length;

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *out, unsigned *length);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *out, unsigned *length);

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *out, unsigned *length)
{
    digests++;
    if (EVP_MD_CTX_get_size(context) == refused_length)
        return 0;
    return refused ? 0 : __real_EVP_DigestFinal_ex(context, out, length);
}

static struct bytes unhex(struct arena *arena, const char *hex)
{
    size_t length = strlen(hex) / 2;
    uint8_t *bytes = arena_new(arena, length, 1);

    for (size_t i = 0; i < length; i++) {
        unsigned octet;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
        bytes[i] = (uint8_t)octet;
    }
    return (struct bytes){bytes, length};
}

static struct lookup sorted(enum record_type type, struct record *records, size_t count)
{
    qsort(records, count, sizeof *records, record_compare);
    return (struct lookup){.type = type, .ad = true, .records = records, .record_count = count};
}

static struct record key(uint16_t flags, uint8_t protocol, uint8_t algorithm)
{
    return (struct record){.type = RECORD_DNSKEY,
                           .data.dnskey = {flags, protocol, algorithm,
                                           {rfc4509_key, sizeof rfc4509_key}}};
}

static void test_tag(void **state)
{
    static const uint8_t odd[] = {1, 2, 3};
    struct record_dnskey dnskey = {256, 3, 5, {rfc4509_key, sizeof rfc4509_key}};

    (void)state;
    assert_int_equal(delegation_key_tag(&dnskey), 60485); /* RFC 4034 section 5.4 */
    dnskey = (struct record_dnskey){257, 3, 14, {rfc6605_key, sizeof rfc6605_key}};
    assert_int_equal(delegation_key_tag(&dnskey), 10771); /* RFC 6605 section 6.2 */
    dnskey = (struct record_dnskey){256, 3, 8, {odd, sizeof odd}};
    assert_int_equal(delegation_key_tag(&dnskey), 0x100 + 0x308 + 0x102 + 0x300);
    dnskey.algorithm = 1; /* RSAMD5: of the last octets but one */
    assert_int_equal(delegation_key_tag(&dnskey), 0x102);
    for (size_t length = 0; length < 3; length++) {
        dnskey.key.length = length;
        assert_int_equal(delegation_key_tag(&dnskey), 0);
    }
}

static void test_sha384_of_the_rfc(void **state)
{
    struct arena arena;
    struct record dnskey = {.type = RECORD_DNSKEY,
                            .data.dnskey = {257, 3, 14, {rfc6605_key, sizeof rfc6605_key}}};
    struct record ds = {.type = RECORD_DS, .data.ds = {10771, 14, 4, {NULL, 0}}};
    struct lookup keys = sorted(RECORD_DNSKEY, &dnskey, 1), parent = sorted(RECORD_DS, &ds, 1);
    const struct bytes example_net = {(const uint8_t *)"\7example\3net", 13};
    struct delegation got;

    (void)state;
    arena_init(&arena);
    ds.data.ds.digest = unhex(&arena, rfc6605_sha384);
    got = delegation_compare(&parent, &keys, example_net, &arena);
    assert_int_equal(got.states[0], DS_MATCHES);
    assert_false(got.split);
    arena_fini(&arena);
}

struct ds_row {
    uint16_t tag;
    uint8_t algorithm, type;
    const char *digest; /* OTHER: as long as it has to be, of something else */
    enum ds_state wanted;
};

#define OTHER "other"

enum { TAG = 60485, MOST = 4 };

/* The zone has the key of RFC 4509, of tag 60485 and algorithm 5; DS records in their order. */
static const struct row {
    const char *name;
    bool split;
    struct ds_row ds[MOST];
} rows[] = {
    {"SHA-1", false, {{TAG, 5, 1, sha1, DS_MATCHES}}},
    {"SHA-256", false, {{TAG, 5, 2, sha256, DS_MATCHES}}},
    {"all of them", false,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 2, sha256, DS_MATCHES},
      {TAG, 5, 4, sha384, DS_MATCHES}}},
    {"SHA-256 wrong beside SHA-1", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 2, OTHER, DS_HIDES_WEAKER}}},
    {"SHA-384 wrong beside SHA-1", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 4, OTHER, DS_HIDES_WEAKER}}},
    {"SHA-384 wrong beside SHA-256", true,
     {{TAG, 5, 2, sha256, DS_MATCHES}, {TAG, 5, 4, OTHER, DS_HIDES_WEAKER}}},
    {"SHA-256 and SHA-384 wrong beside SHA-1", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 2, OTHER, DS_HIDES_WEAKER},
      {TAG, 5, 4, OTHER, DS_HIDES_WEAKER}}},
    {"SHA-1 wrong beside SHA-256", false,
     {{TAG, 5, 1, OTHER, DS_WRONG}, {TAG, 5, 2, sha256, DS_MATCHES}}},
    {"SHA-256 wrong beside SHA-384", false,
     {{TAG, 5, 2, OTHER, DS_WRONG}, {TAG, 5, 4, sha384, DS_MATCHES}}},
    {"SHA-256 wrong beside SHA-256", false,
     {{TAG, 5, 2, OTHER, DS_WRONG}, {TAG, 5, 2, sha256, DS_MATCHES}}},
    {"SHA-256 cut off", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 2, "d4b7d520", DS_HIDES_WEAKER}}},
    {"SHA-256 empty", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 5, 2, "", DS_HIDES_WEAKER}}},
    {"SHA-256 under the number of SHA-384", false, {{TAG, 5, 4, sha256, DS_WRONG}}},
    /* RFC 4509 speaks of the RRset, not of the key */
    {"SHA-256 of no key beside SHA-1", true,
     {{1, 5, 2, OTHER, DS_HIDES_WEAKER}, {TAG, 5, 1, sha1, DS_MATCHES}}},
    {"SHA-256 of an algorithm without a key beside SHA-1", true,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 13, 2, OTHER, DS_HIDES_WEAKER}}},
    {"SHA-256 of an algorithm nobody knows beside SHA-1", false,
     {{TAG, 5, 1, sha1, DS_MATCHES}, {TAG, 18, 2, OTHER, DS_OF_NO_KEY}}},
    {"SHA-384 of a key to come", false,
     {{1, 5, 4, OTHER, DS_OF_NO_KEY}, {TAG, 5, 2, sha256, DS_MATCHES}}},
    {"of no key, by its tag", false,
     {{1, 5, 2, sha256, DS_OF_NO_KEY}, {TAG, 5, 2, sha256, DS_MATCHES},
      {TAG + 1, 5, 2, sha256, DS_OF_NO_KEY}}},
    {"of no key, by its algorithm", false,
     {{TAG, 4, 2, sha256, DS_OF_NO_KEY}, {TAG, 5, 2, sha256, DS_MATCHES},
      {TAG, 7, 2, sha256, DS_OF_NO_KEY}}},
    {"of no key, and none before it", false,
     {{TAG, 7, 2, sha256, DS_OF_NO_KEY}, {TAG + 1, 5, 2, sha256, DS_OF_NO_KEY}}},
    {"an empty digest of type 0 before wrong ones", false,
     {{TAG, 5, 0, "", DS_TYPE_UNKNOWN}, {TAG, 5, 2, OTHER, DS_WRONG}, {TAG, 5, 4, OTHER, DS_WRONG}}},
    {"types that nobody knows", false,
     {{TAG, 5, 0, sha256, DS_TYPE_UNKNOWN}, {TAG, 5, 1, sha1, DS_MATCHES},
      {TAG, 5, 3, OTHER, DS_TYPE_UNKNOWN}, {TAG, 5, 5, OTHER, DS_TYPE_UNKNOWN}}},
    {"none leads to a key", false,
     {{1, 5, 2, OTHER, DS_OF_NO_KEY}, {TAG, 5, 2, OTHER, DS_WRONG}}},
};

static struct bytes digest_of(struct arena *arena, const struct ds_row *row)
{
    struct bytes other = {arena_new(arena, 48, 1), row->type == 1 ? 20 : row->type == 4 ? 48 : 32};

    return strcmp(row->digest, OTHER) == 0 ? other : unhex(arena, row->digest);
}

static void check_row(const struct row *row)
{
    struct record ds[MOST], dnskey = key(256, 3, 5);
    struct lookup parent, zone = sorted(RECORD_DNSKEY, &dnskey, 1);
    struct arena arena;
    struct delegation got;
    size_t count = 0;

    arena_init(&arena);
    for (; count < MOST && row->ds[count].digest != NULL; count++) {
        const struct ds_row *from = &row->ds[count];

        ds[count] = (struct record){.type = RECORD_DS,
                                    .data.ds = {from->tag, from->algorithm, from->type,
                                                digest_of(&arena, from)}};
    }
    parent = sorted(RECORD_DS, ds, count);
    got = delegation_compare(&parent, &zone, owner, &arena);
    for (size_t i = 0; i < count; i++)
        if (ds[i].data.ds.digest_type != row->ds[i].type || got.states[i] != row->ds[i].wanted)
            fail_msg("%s: DS %zu is %d", row->name, i, (int)got.states[i]);
    if (got.split != row->split)
        fail_msg("%s: validators %s", row->name, got.split ? "differ" : "agree");
    arena_fini(&arena);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

/* A digest that OpenSSL would not make is not compared, and nobody's fault. */
static void test_refused(void **state)
{
    struct record ds[2], dnskey = key(256, 3, 5);
    struct lookup parent, zone = sorted(RECORD_DNSKEY, &dnskey, 1);
    struct arena arena;
    struct delegation got;

    (void)state;
    arena_init(&arena);
    ds[0] = (struct record){.type = RECORD_DS, .data.ds = {TAG, 5, 1, unhex(&arena, sha1)}};
    ds[1] = (struct record){.type = RECORD_DS, .data.ds = {TAG, 5, 2, unhex(&arena, sha384)}};
    parent = sorted(RECORD_DS, ds, 2);
    refused = true;
    got = delegation_compare(&parent, &zone, owner, &arena);
    refused = false;
    assert_int_equal(got.states[0], DS_NOT_COMPARED);
    assert_int_equal(got.states[1], DS_NOT_COMPARED);
    assert_false(got.split);
    refused_length = 32; /* SHA-256 alone: that of SHA-1 still counts */
    got = delegation_compare(&parent, &zone, owner, &arena);
    refused_length = 0;
    assert_int_equal(got.states[0], DS_MATCHES);
    assert_int_equal(got.states[1], DS_NOT_COMPARED);
    assert_false(got.split);
    arena_fini(&arena);
}

static const struct unfit {
    const char *name;
    uint16_t flags;
    uint8_t protocol;
    enum ds_state wanted;
} unfit[] = {
    {"a KSK", 257, 3, DS_MATCHES},
    {"a ZSK", 256, 3, DS_MATCHES},
    {"no zone key bit", 1, 3, DS_OF_NO_ZONE_KEY},
    {"no flag", 0, 3, DS_OF_NO_ZONE_KEY},
    {"another protocol", 257, 2, DS_OF_NO_ZONE_KEY},
    {"revoked", 0x181, 3, DS_ONLY_REVOKED},
    {"revoked, no zone key bit", 0x81, 3, DS_OF_NO_ZONE_KEY},
};

static void digest_by_hand(const struct record_dnskey *fields, const EVP_MD *algorithm,
                           uint8_t digest[32])
{
    const uint8_t front[] = {(uint8_t)(fields->flags >> 8), (uint8_t)fields->flags,
                             fields->protocol, fields->algorithm};
    uint8_t text[sizeof rfc4509_owner + sizeof front + sizeof rfc4509_key];

    memcpy(text, rfc4509_owner, sizeof rfc4509_owner);
    memcpy(text + sizeof rfc4509_owner, front, sizeof front);
    memcpy(text + sizeof rfc4509_owner + sizeof front, rfc4509_key, sizeof rfc4509_key);
    EVP_Digest(text, sizeof text, digest, NULL, algorithm, NULL);
}

/*
 * The DS of a key that must not be used, with its own tag and digest, and a wrong one with SHA-384.
 * Some validators follow a DS to a revoked key, none to one that is no zone key.
 */
static void test_unfit_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        struct record dnskey = key(unfit[i].flags, unfit[i].protocol, 13), ds[2];
        const struct record_dnskey *fields = &dnskey.data.dnskey;
        uint16_t tag = (uint16_t)delegation_key_tag(fields);
        uint8_t digest[32], wrong[48] = {0};
        struct lookup zone = sorted(RECORD_DNSKEY, &dnskey, 1), parent;
        struct arena arena;
        struct delegation got;

        digest_by_hand(fields, EVP_sha256(), digest);
        ds[0] = (struct record){.type = RECORD_DS, .data.ds = {tag, 13, 2, {digest, 32}}};
        ds[1] = (struct record){.type = RECORD_DS, .data.ds = {tag, 13, 4, {wrong, 48}}};
        parent = sorted(RECORD_DS, ds, 2);
        arena_init(&arena);
        got = delegation_compare(&parent, &zone, owner, &arena);
        if (got.states[0] != unfit[i].wanted ||
            got.split != (unfit[i].wanted != DS_OF_NO_ZONE_KEY))
            fail_msg("%s", unfit[i].name);
        arena_fini(&arena);
    }
}

/* A revoked key beside a good one: where both have SHA-256 it does not matter. */
static void test_revoked_beside_another(void **state)
{
    struct record dnskey[2] = {key(256, 3, 5), key(0x181, 3, 13)}, ds[2];
    const struct record_dnskey *revoked = &dnskey[1].data.dnskey;
    uint8_t digest[32];
    struct arena arena;

    (void)state;
    arena_init(&arena);
    digest_by_hand(revoked, EVP_sha256(), digest);
    for (int weak = 0; weak < 2; weak++) {
        struct lookup parent, zone;
        struct delegation got;
        size_t at;

        ds[0] = (struct record){.type = RECORD_DS,
                                .data.ds = {TAG, 5, weak ? 1 : 2,
                                            unhex(&arena, weak ? sha1 : sha256)}};
        ds[1] = (struct record){.type = RECORD_DS,
                                .data.ds = {(uint16_t)delegation_key_tag(revoked), 13, 2,
                                            {digest, 32}}};
        parent = sorted(RECORD_DS, ds, 2);
        at = ds[1].data.ds.algorithm == 13;
        zone = (struct lookup){.records = dnskey, .record_count = 2};
        got = delegation_compare(&parent, &zone, owner, &arena);
        assert_int_equal(got.states[1 - at], DS_MATCHES);
        assert_int_equal(got.states[at], weak ? DS_HIDES_WEAKER : DS_OF_REVOKED_KEY);
        assert_int_equal(got.split, weak);
    }
    arena_fini(&arena);
}

/* Alone, a revoked key matters where validators know its algorithm, however weak the digest. */
static void test_revoked_alone(void **state)
{
    static const struct {
        uint8_t algorithm, type;
        size_t length;
        enum ds_state wanted;
    } revoked[] = {{13, 2, 32, DS_ONLY_REVOKED},
                   {13, 1, 20, DS_ONLY_REVOKED},
                   {18, 2, 32, DS_OF_REVOKED_KEY}};

    (void)state;
    for (size_t i = 0; i < sizeof revoked / sizeof *revoked; i++) {
        struct record dnskey = key(0x181, 3, revoked[i].algorithm);
        const struct record_dnskey *fields = &dnskey.data.dnskey;
        uint8_t digest[32];
        struct record ds = {.type = RECORD_DS,
                            .data.ds = {(uint16_t)delegation_key_tag(fields), fields->algorithm,
                                        revoked[i].type, {digest, revoked[i].length}}};
        struct lookup zone = sorted(RECORD_DNSKEY, &dnskey, 1), parent = sorted(RECORD_DS, &ds, 1);
        struct arena arena;
        struct delegation got;

        arena_init(&arena);
        digest_by_hand(fields, revoked[i].type == 1 ? EVP_sha1() : EVP_sha256(), digest);
        got = delegation_compare(&parent, &zone, owner, &arena);
        assert_int_equal(got.states[0], revoked[i].wanted);
        assert_int_equal(got.split, revoked[i].wanted == DS_ONLY_REVOKED);
        arena_fini(&arena);
    }
}

/* Two keys of the same tag (RFC 4034 appendix B): either may be the one. */
static void test_same_tags(void **state)
{
    struct record ds = {.type = RECORD_DS, .data.ds = {TAG, 5, 2, {NULL, 0}}}, dnskey[2];
    uint8_t swapped[sizeof rfc4509_key];
    struct lookup zone, parent = sorted(RECORD_DS, &ds, 1);
    struct arena arena;

    (void)state;
    arena_init(&arena);
    ds.data.ds.digest = unhex(&arena, sha256);
    memcpy(swapped, rfc4509_key, sizeof swapped);
    swapped[2] = rfc4509_key[4]; /* the sum stays */
    swapped[4] = rfc4509_key[2];
    dnskey[0] = dnskey[1] = key(256, 3, 5);
    dnskey[1].data.dnskey.key.data = swapped;
    assert_int_equal(delegation_key_tag(&dnskey[1].data.dnskey), TAG);
    zone = (struct lookup){.type = RECORD_DNSKEY, .records = dnskey, .record_count = 2};
    assert_int_equal(delegation_compare(&parent, &zone, owner, &arena).states[0], DS_MATCHES);
    dnskey[0] = dnskey[1];
    dnskey[1] = key(256, 3, 5);
    assert_int_equal(delegation_compare(&parent, &zone, owner, &arena).states[0], DS_MATCHES);
    arena_fini(&arena);
}

/* As many records as an answer may have, all of one tag: not their product of digests. */
static void test_many(void **state)
{
    enum { MANY = 1024 };
    static struct record ds[MANY], dnskey[MANY];
    static uint8_t bytes[MANY][64], data[MANY][32];
    struct lookup parent, zone;
    struct arena arena;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        bytes[i][0] = data[i][0] = (uint8_t)(i >> 8);
        bytes[i][1] = data[i][1] = (uint8_t)i;
        bytes[i][2] = (uint8_t)(0xff - bytes[i][0]);
        bytes[i][3] = (uint8_t)(0xff - bytes[i][1]);
        dnskey[i] = (struct record){.type = RECORD_DNSKEY,
                                    .data.dnskey = {257, 3, 13, {bytes[i], 64}}};
        ds[i] = (struct record){.type = RECORD_DS,
                                .data.ds = {(uint16_t)delegation_key_tag(&dnskey[0].data.dnskey),
                                            13, 2, {data[i], 32}}};
    }
    parent = sorted(RECORD_DS, ds, MANY);
    zone = sorted(RECORD_DNSKEY, dnskey, MANY);
    arena_init(&arena);
    digests = 0;
    assert_int_equal(delegation_compare(&parent, &zone, owner, &arena).states[MANY - 1], DS_WRONG);
    assert_int_equal(digests, 3 * MANY);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tag),       cmocka_unit_test(test_sha384_of_the_rfc),
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_unfit_keys),
        cmocka_unit_test(test_same_tags), cmocka_unit_test(test_many),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_revoked_beside_another),
        cmocka_unit_test(test_revoked_alone),
    };

    return cmocka_run_group_tests(tests, make_keys, NULL);
}

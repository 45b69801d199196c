/*
 * DANE: real handshakes against OpenSSL's server over memory. In every case the marks must agree
 * with OpenSSL's verdict.
 */
#include "dane/handshake.h"

#include "dane/certificate.h"
#include "dane/tlsa.h"
#include "base/limits.h"
#include "dane_world.h"

enum damage { INTACT, FLIPPED, CUT };

struct rr {
    uint8_t usage, selector, mtype;
    enum cert cert; /* END: no more records */
    enum damage damage;
};

struct row {
    const char *name;
    enum cert sent[7];
    struct rr tlsa[4];
    enum dane_result wanted;
    unsigned depth, path;
    const char *reason;
};

#define NO_MATCH "no matching DANE TLSA records"
#define AT(depth) "the certificate at depth " #depth " "
#define NOT_SENT AT(0) "has an issuer whose certificate the server does not send"
#define PURPOSE                                                                                    \
    "has a key usage or extended key usage that does not allow TLS servers (serverAuth)"
#define SIGNATURE                                                                                  \
    AT(0) "is not signed with the key of the issuer's certificate that the server sends"
#define PERMITTED                                                                                  \
    AT(0) "has a name outside of those that the name constraints of a CA above it permit"
#define PATH_LENGTH                                                                                \
    AT(2) "has a path length constraint that allows fewer CA certificates below it"
#define NO_CA                                                                                      \
    AT(1) "issued the one below, but is not a CA certificate (basic constraints, keyCertSign)"
#define OTHER_KEY                                                                                  \
    AT(0) "has an authority key identifier that names another key than its issuer's: reissue it, " \
          "or send the certificate it names"

static const struct row rows[] = {
    {"no TLSA", {LEAF, INTER}, {{0}}, DANE_NOT_CHECKED, 0, 2, NULL},
    {"3 1 1", {LEAF, INTER}, {{3, 1, 1, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"3 0 1", {LEAF, INTER}, {{3, 0, 1, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"3 1 2", {LEAF, INTER}, {{3, 1, 2, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"3 0 2", {LEAF, INTER}, {{3, 0, 2, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"3 0 0", {LEAF, INTER}, {{3, 0, 0, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"3 1 0", {LEAF, INTER}, {{3, 1, 0, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"2 1 1 intermediate", {LEAF, INTER}, {{2, 1, 1, INTER, 0}}, DANE_MATCH_TA, 1, 2, NULL},
    {"2 0 1 root", {LEAF, INTER, ROOT}, {{2, 0, 1, ROOT, 0}}, DANE_MATCH_TA, 2, 3, NULL},
    {"2 0 2 root", {LEAF, INTER, ROOT}, {{2, 0, 2, ROOT, 0}}, DANE_MATCH_TA, 2, 3, NULL},
    {"2 0 0 sent", {LEAF, INTER, ROOT}, {{2, 0, 0, ROOT, 0}}, DANE_MATCH_TA, 2, 3, NULL},
    {"2 1 0 sent", {LEAF, INTER, ROOT}, {{2, 1, 0, ROOT, 0}}, DANE_MATCH_TA, 2, 3, NULL},
    {"2 0 0 not sent (E51)", {LEAF, INTER}, {{2, 0, 0, ROOT, 0}}, DANE_MATCH_TA, 2, 2, NULL},
    {"2 1 0 not sent (E52)", {LEAF, INTER}, {{2, 1, 0, ROOT, 0}}, DANE_MATCH_TA, 2, 2, NULL},
    {"2 0 0 over the leaf", {LEAF}, {{2, 0, 0, INTER, 0}}, DANE_MATCH_TA, 1, 1, NULL},
    {"2 1 0 over the leaf", {LEAF}, {{2, 1, 0, INTER, 0}}, DANE_MATCH_TA, 1, 1, NULL},
    {"2 0 0 and a stray", {LEAF, STRAY}, {{2, 0, 0, INTER, 0}}, DANE_MATCH_TA, 1, 1, NULL},
    {"2 0 0 beside a cross-sign of it",
     {LEAF, INTER, ROOT},
     {{2, 0, 0, INTER_CROSS, 0}},
     DANE_MATCH_TA,
     1,
     1,
     NULL},
    {"2 1 1 not sent (E50)", {LEAF, INTER}, {{2, 1, 1, ROOT, 0}}, DANE_MISMATCH, 0, 2, NO_MATCH},
    {"2 0 1 not sent (E50)", {LEAF}, {{2, 0, 1, INTER, 0}}, DANE_MISMATCH, 0, 1, NO_MATCH},
    {"2 0 0 of no path", {LEAF, INTER}, {{2, 0, 0, ROOT2, 0}}, DANE_MISMATCH, 0, 2, NO_MATCH},
    {"2 1 0 of no path", {LEAF, INTER}, {{2, 1, 0, ROOT2, 0}}, DANE_MISMATCH, 0, 2, NO_MATCH},
    {"0 and 1 only (E37)",
     {LEAF, INTER},
     {{1, 1, 1, LEAF, 0}, {0, 1, 1, INTER, 0}},
     DANE_UNUSABLE,
     0,
     2,
     NULL},
    {"wrong length (E35)", {LEAF}, {{3, 1, 1, LEAF, CUT}}, DANE_UNUSABLE, 0, 1, NULL},
    {"unknown fields (E38)",
     {LEAF},
     {{3, 2, 1, LEAF, 0}, {3, 1, 3, LEAF, 0}, {9, 1, 1, LEAF, 0}},
     DANE_UNUSABLE,
     0,
     1,
     NULL},
    {"malformed full",
     {LEAF},
     {{3, 0, 0, LEAF, CUT}, {2, 1, 0, LEAF, CUT}},
     DANE_UNUSABLE,
     0,
     1,
     NULL},
    {"unusable and usable (E39)",
     {LEAF},
     {{1, 1, 1, LEAF, 0}, {3, 1, 1, LEAF, 0}},
     DANE_MATCH_EE,
     0,
     1,
     NULL},
    {"unusable and failing",
     {LEAF},
     {{3, 1, 1, LEAF, CUT}, {3, 0, 1, LEAF, FLIPPED}},
     DANE_MISMATCH,
     0,
     1,
     NO_MATCH},
    {"digest (E30)", {LEAF, INTER}, {{3, 1, 1, LEAF, FLIPPED}}, DANE_MISMATCH, 0, 2, NO_MATCH},
    {"3 1 1 of the issuer (E33)",
     {LEAF, INTER},
     {{3, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     NO_MATCH},
    {"2 1 1 of the leaf (E33)", {LEAF, INTER}, {{2, 1, 1, LEAF, 0}}, DANE_MISMATCH, 0, 2, NO_MATCH},
    {"two keys (E43)",
     {LEAF},
     {{3, 1, 1, LEAF, FLIPPED}, {3, 1, 1, LEAF, 0}},
     DANE_MATCH_EE,
     0,
     1,
     NULL},
    {"stale 3 1 2 (E41)",
     {LEAF},
     {{3, 1, 1, LEAF, 0}, {3, 1, 2, LEAF, FLIPPED}},
     DANE_MISMATCH,
     0,
     1,
     NO_MATCH},
    {"stale 2 1 2 (E41)",
     {LEAF, INTER},
     {{2, 1, 1, INTER, 0}, {2, 1, 2, INTER, FLIPPED}},
     DANE_MISMATCH,
     0,
     2,
     NO_MATCH},
    {"stale 3 0 2, other selector",
     {LEAF},
     {{3, 1, 1, LEAF, 0}, {3, 0, 2, LEAF, FLIPPED}},
     DANE_MATCH_EE,
     0,
     1,
     NULL},
    {"short 3 1 2 does not count",
     {LEAF},
     {{3, 1, 1, LEAF, 0}, {3, 1, 2, LEAF, CUT}},
     DANE_MATCH_EE,
     0,
     1,
     NULL},
    {"full beside a digest",
     {LEAF},
     {{3, 1, 0, LEAF, 0}, {3, 1, 2, LEAF, FLIPPED}},
     DANE_MATCH_EE,
     0,
     1,
     NULL},
    {"EE fails, TA (E40)",
     {LEAF, INTER},
     {{3, 1, 1, LEAF, FLIPPED}, {2, 1, 1, INTER, 0}},
     DANE_MATCH_TA,
     1,
     2,
     NULL},
    {"EE, TA fails (E42)",
     {LEAF, INTER},
     {{3, 1, 1, LEAF, 0}, {2, 1, 1, INTER, FLIPPED}},
     DANE_MATCH_EE,
     0,
     2,
     NULL},
    {"EE, expired leaf (E57)",
     {LEAF_OLD, INTER},
     {{3, 1, 1, LEAF_OLD, 0}},
     DANE_MATCH_EE,
     0,
     2,
     NULL},
    {"EE, future leaf (E57)", {LEAF_NEW}, {{3, 1, 1, LEAF_NEW, 0}}, DANE_MATCH_EE, 0, 1, NULL},
    {"EE, expired issuer", {LEAF, INTER_OLD}, {{3, 1, 1, LEAF, 0}}, DANE_MATCH_EE, 0, 2, NULL},
    {"EE, self-signed (E57)", {LEAF_SELF}, {{3, 0, 1, LEAF_SELF, 0}}, DANE_MATCH_EE, 0, 1, NULL},
    {"TA, expired leaf (E56)",
     {LEAF_OLD, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_EXPIRED,
     0,
     2,
     AT(0) "has expired"},
    {"TA, future leaf (E56)",
     {LEAF_NEW, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_EXPIRED,
     0,
     2,
     AT(0) "is not yet valid"},
    {"TA, expired issuer (E56)",
     {LEAF, INTER_OLD, ROOT},
     {{2, 1, 1, ROOT, 0}},
     DANE_EXPIRED,
     0,
     3,
     AT(1) "has expired"},
    {"expired anchor, an intermediate",
     {LEAF, INTER_OLD},
     {{2, 1, 1, INTER_OLD, 0}},
     DANE_MATCH_TA,
     1,
     2,
     NULL},
    {"expired anchor, self-signed",
     {LEAF, INTER, ROOT_OLD},
     {{2, 1, 1, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired anchor, 2 0 1",
     {LEAF, INTER, ROOT_OLD},
     {{2, 0, 1, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired anchor, 2 1 0, sent",
     {LEAF, INTER, ROOT_OLD},
     {{2, 1, 0, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired anchor, 2 1 0, not sent",
     {LEAF, INTER},
     {{2, 1, 0, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     2,
     NULL},
    {"expired anchor, 2 0 0, sent",
     {LEAF, INTER, ROOT_OLD},
     {{2, 0, 0, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired anchor, 2 0 0, not sent",
     {LEAF, INTER},
     {{2, 0, 0, ROOT_OLD, 0}},
     DANE_MATCH_TA,
     2,
     2,
     NULL},
    {"future anchor, self-signed",
     {LEAF, INTER, ROOT_NEW},
     {{2, 0, 1, ROOT_NEW, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired anchor, expired leaf",
     {LEAF_OLD, INTER_OLD},
     {{2, 1, 1, INTER_OLD, 0}},
     DANE_EXPIRED,
     0,
     2,
     AT(0) "has expired"},
    {"expired anchor, expired issuer",
     {LEAF, INTER_OLD, ROOT_OLD},
     {{2, 1, 1, ROOT_OLD, 0}},
     DANE_EXPIRED,
     0,
     3,
     AT(1) "has expired"},
    {"an expired copy and a current one",
     {LEAF, INTER_OLD, INTER, ROOT},
     {{2, 1, 1, ROOT, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"expired leaf under a bare key",
     {LEAF_OLD},
     {{2, 1, 0, INTER, 0}},
     DANE_EXPIRED,
     0,
     1,
     AT(0) "has expired"},
    {"expired anchor, a false signature",
     {LEAF, IMPOSTOR_OLD},
     {{2, 0, 1, IMPOSTOR_OLD, 0}},
     DANE_MISMATCH,
     0,
     1,
     SIGNATURE},
    {"expired leaf, name constraints",
     {LEAF_OLD_UNDER_CN, INTER_CONSTRAINED},
     {{2, 0, 1, INTER_CONSTRAINED, 0}},
     DANE_MISMATCH,
     0,
     2,
     PERMITTED},
    {"TA only in DNS, expired",
     {LEAF},
     {{2, 0, 0, INTER_OLD, 0}},
     DANE_MATCH_TA,
     1,
     1,
     NULL},
    {"an anchor with a date that is none",
     {LEAF, INTER_UNDATED},
     {{2, 1, 1, INTER_UNDATED, 0}},
     DANE_MATCH_TA,
     1,
     2,
     NULL},
    {"an anchor with an end that is none",
     {LEAF, INTER_UNENDED},
     {{2, 1, 1, INTER_UNENDED, 0}},
     DANE_MATCH_TA,
     1,
     2,
     NULL},
    {"an issuer with a beginning that is none",
     {LEAF, INTER_UNDATED, ROOT},
     {{2, 1, 1, ROOT, 0}},
     DANE_MISMATCH,
     0,
     3,
     AT(1) "has a notBefore that is not a valid date"},
    {"an issuer with an end that is none",
     {LEAF, INTER_UNENDED, ROOT},
     {{2, 1, 1, ROOT, 0}},
     DANE_MISMATCH,
     0,
     3,
     AT(1) "has a notAfter that is not a valid date"},
    {"a leaf with an end that is none",
     {LEAF_UNENDED, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(0) "has a notAfter that is not a valid date"},
    {"no match, expired leaf",
     {LEAF_OLD, INTER},
     {{2, 1, 1, ROOT2, 0}},
     DANE_MISMATCH,
     0,
     2,
     NO_MATCH},
    {"out of order (E53)",
     {LEAF_DEEP, ROOT, INTER, INTER2},
     {{2, 0, 1, ROOT, 0}},
     DANE_MATCH_TA,
     3,
     4,
     NULL},
    {"strays (E53)", {LEAF, STRAY, ROOT2, INTER}, {{2, 1, 1, INTER, 0}}, DANE_MATCH_TA, 1, 2, NULL},
    {"duplicates (E53)",
     {LEAF, LEAF, INTER, INTER, ROOT, ROOT},
     {{2, 1, 1, ROOT, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"cross-signed (E53)",
     {LEAF, INTER, INTER_CROSS, ROOT, ROOT2},
     {{2, 0, 1, ROOT, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"cross-signed, key (E53)",
     {LEAF, INTER_CROSS, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_MATCH_TA,
     1,
     2,
     NULL},
    {"cross-signed, old first",
     {LEAF, INTER_OLD, INTER_CROSS, ROOT2},
     {{2, 0, 1, ROOT2, 0}},
     DANE_MATCH_TA,
     2,
     3,
     NULL},
    {"a ring, twice",
     {LEAF_RING, RING_A, RING_B, RING_A, RING_B},
     {{3, 1, 1, LEAF_RING, 0}},
     DANE_MATCH_EE,
     0,
     3,
     NULL},
    {"a root, two ways",
     {LEAF, INTER, ROOT, ROOT_SHORT},
     {{3, 1, 1, LEAF, 0}},
     DANE_MATCH_EE,
     0,
     3,
     NULL},
    {"anchor signs nothing (E54)",
     {LEAF, STRAY},
     {{2, 0, 1, STRAY, 0}},
     DANE_MISMATCH,
     0,
     1,
     NOT_SENT},
    {"anchor has but the name (E54)",
     {LEAF, IMPOSTOR},
     {{2, 0, 1, IMPOSTOR, 0}},
     DANE_MISMATCH,
     0,
     1,
     SIGNATURE},
    {"name constraints (E58)",
     {LEAF_UNDER_CN, INTER_CONSTRAINED},
     {{2, 0, 1, INTER_CONSTRAINED, 0}},
     DANE_MISMATCH,
     0,
     2,
     PERMITTED},
    {"path length (E58)",
     {LEAF, INTER, ROOT_SHORT},
     {{2, 0, 1, ROOT_SHORT, 0}},
     DANE_MISMATCH,
     0,
     3,
     PATH_LENGTH},
    {"path length, 2 0 0 (rule 39)",
     {LEAF, INTER},
     {{2, 0, 0, ROOT_SHORT, 0}},
     DANE_MISMATCH,
     0,
     2,
     PATH_LENGTH},
    {"issuer is no CA (E58)",
     {LEAF_UNDER_END, INTER_NO_CA},
     {{2, 0, 1, INTER_NO_CA, 0}},
     DANE_MISMATCH,
     0,
     2,
     NO_CA},
    {"key usage without keyCertSign",
     {LEAF, INTER_NO_SIGN},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     NO_CA},
    {"names excluded",
     {LEAF, INTER_EXCLUDES},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(0) "has a name that the name constraints of a CA above it exclude"},
    {"a leaf for clients",
     {LEAF_CLIENT, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(0) PURPOSE},
    {"an issuer for clients",
     {LEAF, INTER_CLIENT},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(1) PURPOSE},
    {"a critical extension",
     {LEAF_CRITICAL, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(0) "has a critical extension that senders do not know"},
    {"another key identifier",
     {LEAF_OTHER_KEYID, INTER_KEYID},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     OTHER_KEY},
    {"another key identifier, a whole chain",
     {LEAF_OTHER_KEYID, INTER_KEYID, ROOT},
     {{2, 0, 1, ROOT, 0}},
     DANE_MISMATCH,
     0,
     3,
     OTHER_KEY},
    {"another key identifier, under EE",
     {LEAF_OTHER_KEYID, INTER_KEYID},
     {{3, 1, 1, LEAF, 0}},
     DANE_MATCH_EE,
     0,
     2,
     NULL},
    {"another serial number",
     {LEAF_OTHER_SERIAL, INTER},
     {{2, 1, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     2,
     AT(0) "has an authority key identifier that names another issuer or serial number than its "
           "issuer's: reissue it, or send the certificate it names"},
    {"an issuer between is not sent",
     {LEAF_DEEP, INTER, ROOT},
     {{2, 0, 1, ROOT, 0}},
     DANE_MISMATCH,
     0,
     1,
     NOT_SENT},
    {"another root's path",
     {LEAF, INTER, ROOT, ROOT2},
     {{2, 0, 1, ROOT2, 0}},
     DANE_MISMATCH,
     0,
     3,
     AT(2) "is self-signed and ends the path before the trust anchor"},
    {"a cross-sign in the anchor's place",
     {LEAF, INTER_CROSS, INTER, ROOT2},
     {{2, 0, 1, INTER, 0}},
     DANE_MISMATCH,
     0,
     3,
     AT(1) "has the trust anchor's name and key and stands in its place: publish the hash of the "
           "key, 2 1 1"},
    {"2 0 1 of itself (E59)",
     {LEAF_SELF},
     {{2, 0, 1, LEAF_SELF, 0}},
     DANE_MISMATCH,
     0,
     1,
     NO_MATCH},
    {"2 1 1 of itself (E59)",
     {LEAF_SELF},
     {{2, 1, 1, LEAF_SELF, 0}},
     DANE_MISMATCH,
     0,
     1,
     NO_MATCH},
    {"2 1 0 of itself (E59)", {LEAF_SELF}, {{2, 1, 0, LEAF_SELF, 0}}, DANE_MATCH_TA, 1, 1, NULL},
};

static enum certificate_digest digest_of(const struct rr *rr)
{
    for (int i = 0; i < CERTIFICATE_DIGESTS; i++)
        if (certificate_digest_selector(i) == rr->selector &&
            certificate_digest_mtype(i) == rr->mtype)
            return i;
    return CERTIFICATE_PKEY_SHA256; /* for unknown fields: any data */
}

static size_t make_records(struct world *world, const struct rr *rr, struct record *records)
{
    size_t count = 0;

    for (; count < 4 && rr[count].cert != END; count++) {
        struct bytes data = world->models[rr[count].cert].data[digest_of(&rr[count])];
        uint8_t *copy = arena_copy(&world->arena, data.data, data.length);

        copy[data.length - 1] ^= rr[count].damage == FLIPPED;
        data = (struct bytes){copy, data.length - (rr[count].damage == CUT)};
        records[count] = (struct record){.type = RECORD_TLSA};
        records[count].data.tlsa =
            (struct record_tlsa){rr[count].usage, rr[count].selector, rr[count].mtype, data};
    }
    return count;
}

static bool outranked(const struct record *records, size_t count, uint8_t usage,
                      enum certificate_digest digest)
{
    for (size_t i = 0; i < count; i++) {
        const struct record_tlsa *tlsa = &records[i].data.tlsa;

        if (tlsa_usability(tlsa) == TLSA_USABLE && tlsa->usage == usage && tlsa->mtype == 2 &&
            tlsa->selector == certificate_digest_selector(digest) &&
            certificate_digest_mtype(digest) == 1)
            return true;
    }
    return false;
}

/* A mark that counts: not one that digest agility outranks. */
static bool has_mark(const struct certificate *certificate, size_t depth,
                     const struct record *records, size_t count)
{
    for (int i = 0; i < CERTIFICATE_DIGESTS; i++)
        if (certificate->marks[i].matched && !outranked(records, count, depth == 0 ? 3 : 2, i))
            return true;
    return false;
}

static void check_marks(const struct row *row, const struct address *address,
                        const struct record *records, size_t count)
{
    const struct chain *chain = &address->chain;
    bool match = address->dane == DANE_MATCH_EE || address->dane == DANE_MATCH_TA;
    bool no_match = address->dane == DANE_MISMATCH && strcmp(address->dane_reason, NO_MATCH) == 0;

    if (match && address->dane_depth > chain->path_length)
        fail_msg("%s: depth %u", row->name, address->dane_depth);
    if (match && address->dane_depth < chain->path_length &&
        !has_mark(&chain->certificates[address->dane_depth], address->dane_depth, records, count))
        fail_msg("%s: no mark at depth %u", row->name, address->dane_depth);
    for (size_t i = 0; (no_match || address->dane == DANE_UNUSABLE) && i < chain->path_length; i++)
        if (has_mark(&chain->certificates[i], i, records, count))
            fail_msg("%s: a mark at depth %zu, and no match", row->name, i);
}

static void check_result(const struct row *row, const struct address *address, size_t sent)
{
    const char *reason = address->dane_reason;

    if (address->dane != row->wanted || address->dane_depth != row->depth)
        fail_msg("%s: %d at %u: %s", row->name, address->dane, address->dane_depth,
                 reason == NULL ? "-" : reason);
    if (address->chain.path_length != row->path || address->chain.count != sent)
        fail_msg("%s: path of %zu in %zu", row->name, address->chain.path_length,
                 address->chain.count);
    if ((reason != NULL) != (row->wanted == DANE_EXPIRED || row->wanted == DANE_MISMATCH))
        fail_msg("%s: reason", row->name);
    if (row->reason != NULL && strcmp(reason, row->reason) != 0)
        fail_msg("%s: reason %s", row->name, reason);
}

static void check_row(struct world *world, const struct row *row, SSL_CTX *server, size_t sent)
{
    struct record records[4];
    struct handshake_config config = {"mx.example.org.", records, 0, PKI_NOW, NULL};
    struct address address = {0};
    struct pki_link link;

    config.tlsa_count = make_records(world, row->tlsa, records);
    pki_link_init(&link, server, world->context, &config);
    if (pki_run(&link) != HANDSHAKE_DONE)
        fail_msg("%s: %s", row->name, handshake_reason(link.client));
    handshake_result(link.client, &world->arena, &address);
    pki_link_fini(&link);
    check_result(row, &address, sent);
    check_marks(row, &address, records, config.tlsa_count);
}

static void test_dane(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509 *sent[7];
        size_t count = 0;

        for (; count < 7 && rows[i].sent[count] != END; count++)
            sent[count] = world->certs[rows[i].sent[count]];
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            SSL_CTX *server = pki_server(world->keys[KEY_LEAF], sent, count);

            SSL_CTX_set_max_proto_version(server, version);
            check_row(world, &rows[i], server, count);
            SSL_CTX_free(server);
        }
    }
}

/* LIMIT_CHAIN_DEPTH issuers, the anchor on top; one more is too far. */
static void check_depth(struct world *world, size_t issuers, enum excess excess)
{
    EVP_PKEY *key = world->keys[KEY_LEAF];
    X509 *sent[LIMIT_CHAIN_DEPTH + 2], *issuer = NULL;
    struct record record = {.type = RECORD_TLSA};
    struct handshake_config config = {"mx.example.org", &record, 1, PKI_NOW, NULL};
    struct certificate top;
    struct address address = {0};
    struct pki_link link;

    for (size_t i = issuers + 1; i-- > 0;) {
        char name[32];
        struct pki_spec spec = {.cn = name, .basic = i == 0 ? NULL : CA};

        snprintf(name, sizeof name, "Level %zu", i);
        issuer = sent[i] = pki_issue(&spec, key, issuer, key);
    }
    certificate_parse(pki_der(sent[issuers], &world->arena), &world->arena, &top);
    record.data.tlsa = (struct record_tlsa){2, 0, 1, top.data[CERTIFICATE_CERT_SHA256]};
    SSL_CTX *server = pki_server(key, sent, issuers + 1);

    pki_link_init(&link, server, world->context, &config);
    pki_run(&link);
    handshake_result(link.client, &world->arena, &address);
    assert_int_equal(handshake_excess(link.client), excess);
    assert_int_equal(address.handshaken, excess == EXCESS_NONE);
    assert_int_equal(address.dane, excess == EXCESS_NONE ? DANE_MATCH_TA : DANE_NOT_CHECKED);
    assert_int_equal(address.chain.path_length, excess == EXCESS_NONE ? issuers + 1 : 0);
    pki_link_fini(&link);
    SSL_CTX_free(server);
    for (size_t i = 0; i <= issuers; i++)
        X509_free(sent[i]);
}

static void test_depth(void **state)
{
    check_depth(*state, LIMIT_CHAIN_DEPTH, EXCESS_NONE);
    check_depth(*state, LIMIT_CHAIN_DEPTH + 1, EXCESS_ISSUERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dane),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, world_new, world_free);
}

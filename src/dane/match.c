#include "dane/match.h"

#include <stdlib.h>
#include <string.h>

#include "dane/certificate.h"
#include "dane/digest.h"
#include "dane/tlsa.h"

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3, SELECTORS = 2 };
enum { MTYPE_FULL = 0, MTYPE_SHA256 = 1, MTYPE_SHA512 = 2 };

/* Something of a certificate that a record may hold. */
struct entry {
    struct bytes data;
    uint8_t depth;
    uint8_t digest; /* enum certificate_digest; of a PEM text: anything */
};

struct index { /* sorted by the data, then by depth */
    struct entry *entries;
    size_t count;
};

static int compare_bytes(struct bytes left, struct bytes right)
{
    if (left.length != right.length)
        return left.length < right.length ? -1 : 1;
    return memcmp(left.data, right.data, left.length);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *one = left, *two = right;
    int order = compare_bytes(one->data, two->data);

    return order != 0 ? order : (int)one->depth - (int)two->depth;
}

static void index_add(struct index *index, struct bytes data, size_t depth, int digest)
{
    if (data.data != NULL && data.length > 0)
        index->entries[index->count++] = (struct entry){data, (uint8_t)depth, (uint8_t)digest};
}

static void index_sort(struct index *index)
{
    qsort(index->entries, index->count, sizeof *index->entries, compare_entries);
}

/* The first entry with this data, or where it would stand. */
static size_t index_find(const struct index *index, struct bytes data)
{
    size_t low = 0, high = index->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare_bytes(index->entries[middle].data, data) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool index_has(const struct index *index, size_t at, struct bytes data)
{
    return at < index->count && compare_bytes(index->entries[at].data, data) == 0;
}

/* RFC 7671 section 9: a usable SHA2-512 record hides those of SHA2-256 beside it. */
static void hide(struct record_facts *facts, const struct record *tlsa, size_t count)
{
    bool strong[USAGE_DANE_EE + 1][SELECTORS] = {{false}};

    for (size_t i = 0; i < count; i++)
        if (facts[i].usability == TLSA_USABLE && tlsa[i].data.tlsa.mtype == MTYPE_SHA512)
            strong[tlsa[i].data.tlsa.usage][tlsa[i].data.tlsa.selector] = true;
    for (size_t i = 0; i < count; i++)
        facts[i].hidden = facts[i].usability == TLSA_USABLE &&
                          tlsa[i].data.tlsa.mtype == MTYPE_SHA256 &&
                          strong[tlsa[i].data.tlsa.usage][tlsa[i].data.tlsa.selector];
}

static const struct certificate *held_certificate(struct bytes data, struct arena *arena)
{
    struct certificate *certificate = arena_new(arena, 1, sizeof *certificate);

    return certificate_parse(data, arena, certificate) ? certificate : NULL;
}

const struct record_facts *match_facts(const struct record *tlsa, size_t count, struct arena *arena)
{
    struct record_facts *facts = arena_new(arena, count, sizeof *facts);

    for (size_t i = 0; i < count; i++) {
        const struct record_tlsa *record = &tlsa[i].data.tlsa;

        facts[i].usability = tlsa_usability(record);
        facts[i].nothing = digest_is_of_nothing(record->data);
        facts[i].sha256 = digest_sha256_of_odd(record->data, arena);
        if (record->selector == 0 && record->mtype == MTYPE_FULL)
            facts[i].certificate = held_certificate(record->data, arena);
    }
    hide(facts, tlsa, count);
    return facts;
}

static bool fits(const struct record_tlsa *tlsa, const struct entry *entry)
{
    return tlsa->usage == (entry->depth == 0 ? USAGE_DANE_EE : USAGE_DANE_TA) &&
           tlsa->selector == certificate_digest_selector(entry->digest) &&
           tlsa->mtype == certificate_digest_mtype(entry->digest);
}

static struct index index_chain(const struct certificate *certificates, size_t count,
                                struct arena *arena)
{
    struct index index = {arena_new(arena, count * CERTIFICATE_DIGESTS, sizeof *index.entries), 0};

    for (size_t depth = 0; depth < count; depth++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            index_add(&index, certificates[depth].data[digest], depth, digest);
    index_sort(&index);
    return index;
}

/* A key or a certificate may stand at several depths: each place that fits has its mark. */
static struct record_match find(const struct index *index, const struct record_tlsa *tlsa,
                                struct certificate *certificates)
{
    struct record_match match = {.kind = RECORD_MATCH_NONE};

    for (size_t i = index_find(index, tlsa->data); index_has(index, i, tlsa->data); i++) {
        const struct entry *entry = &index->entries[i];
        bool good = fits(tlsa, entry);

        if (good)
            certificates[entry->depth].marks[entry->digest].matched = true;
        if (match.kind == RECORD_MATCH_NONE || (good && match.kind == RECORD_MATCH_FIELDS))
            match = (struct record_match){good ? RECORD_MATCH_FITS : RECORD_MATCH_FIELDS,
                                          entry->depth, entry->digest};
    }
    return match;
}

static void show_marks(const struct record *tlsa, size_t count, struct certificate *certificates,
                       size_t certificate_count)
{
    bool shown[CERTIFICATE_DIGESTS] = {false};

    for (size_t i = 0; i < count; i++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            shown[digest] |= tlsa[i].data.tlsa.selector == certificate_digest_selector(digest) &&
                             tlsa[i].data.tlsa.mtype == certificate_digest_mtype(digest);
    for (size_t depth = 0; depth < certificate_count; depth++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            certificates[depth].marks[digest] = (struct certificate_mark){
                .shown = digest == CERTIFICATE_PKEY_SHA256 ||
                         (shown[digest] && certificates[depth].data[digest].data != NULL)};
}

/* The certificate before had the key that the leaf has. */
static bool is_renewed(const struct record_tlsa *tlsa, const struct certificate *before,
                       const struct certificate *leaf)
{
    struct bytes key = leaf->data[CERTIFICATE_PKEY_SHA256];

    return tlsa->usage == USAGE_DANE_EE && before != NULL && key.data != NULL &&
           compare_bytes(before->data[CERTIFICATE_PKEY_SHA256], key) == 0;
}

static void find_all(struct record_match *matches, const struct record *tlsa,
                     const struct record_facts *facts, size_t count,
                     struct certificate *certificates, size_t certificate_count,
                     struct arena *scratch)
{
    struct index index = index_chain(certificates, certificate_count, scratch);

    for (size_t i = 0; i < count; i++) {
        matches[i] = find(&index, &tlsa[i].data.tlsa, certificates);
        if (matches[i].kind == RECORD_MATCH_NONE && certificate_count > 0 &&
            is_renewed(&tlsa[i].data.tlsa, facts[i].certificate, &certificates[0]))
            matches[i].kind = RECORD_MATCH_RENEWED;
    }
}

static bool is_unexplained(const struct record_match *match, const struct record_facts *facts)
{
    return match->kind == RECORD_MATCH_NONE && !facts->nothing;
}

static bool any_unexplained(const struct record_match *matches, const struct record_facts *facts,
                            size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_unexplained(&matches[i], &facts[i]))
            return true;
    return false;
}

static struct index index_pem(const struct certificate *certificates, size_t count,
                              struct arena *arena)
{
    struct index index = {arena_new(arena, count * DIGEST_PEM_FORMS, sizeof *index.entries), 0};

    for (size_t depth = 0; depth < count; depth++) {
        struct digest_pem pem = digest_pem(&certificates[depth], arena);

        for (size_t i = 0; i < DIGEST_PEM_FORMS; i++)
            index_add(&index, pem.forms[i], depth, 0);
    }
    index_sort(&index);
    return index;
}

/* A record that holds the text itself, in place of a digest, is compared by the text's digest. */
static void find_pem(struct record_match *matches, const struct record *tlsa,
                     const struct record_facts *facts, size_t count,
                     const struct certificate *certificates, size_t certificate_count,
                     struct arena *scratch)
{
    struct index index = index_pem(certificates, certificate_count, scratch);

    for (size_t i = 0; i < count; i++) {
        struct bytes data = facts[i].sha256.data != NULL ? facts[i].sha256 : tlsa[i].data.tlsa.data;
        size_t at = index_find(&index, data);

        if (is_unexplained(&matches[i], &facts[i]) && index_has(&index, at, data))
            matches[i] = (struct record_match){RECORD_MATCH_PEM, index.entries[at].depth, 0};
    }
}

const struct record_match *match_records(const struct record *tlsa,
                                         const struct record_facts *facts, size_t count,
                                         struct certificate *certificates, size_t certificate_count,
                                         struct arena *arena)
{
    struct record_match *matches = arena_new(arena, count, sizeof *matches);
    struct arena scratch;

    arena_init(&scratch);
    show_marks(tlsa, count, certificates, certificate_count);
    find_all(matches, tlsa, facts, count, certificates, certificate_count, &scratch);
    if (any_unexplained(matches, facts, count))
        find_pem(matches, tlsa, facts, count, certificates, certificate_count, &scratch);
    arena_fini(&scratch);
    return matches;
}

size_t match_anchor(const struct record *tlsa, const struct record_facts *facts,
                    const struct record_match *matches, size_t count)
{
    size_t lowest = 0;

    for (size_t i = 0; i < count; i++)
        if (tlsa[i].data.tlsa.usage == USAGE_DANE_TA && matches[i].kind == RECORD_MATCH_FITS &&
            facts[i].usability == TLSA_USABLE && !facts[i].hidden &&
            (lowest == 0 || matches[i].depth < lowest))
            lowest = matches[i].depth;
    return lowest;
}

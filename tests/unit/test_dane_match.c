/* TLSA records against chains: marks, matches, and what a record is by itself. */
#include "dane/match.h"

#include "dane_pki.h"

#include "base/arena.h"

static void mark(struct certificate *chain, size_t depths, const struct record *tlsa, size_t count)
{
    struct arena arena;

    arena_init(&arena);
    match_records(tlsa, match_facts(tlsa, count, &arena), count, chain, depths, &arena);
    arena_fini(&arena);
}

static const uint8_t letters[2][64] = {{1}, {2}};

struct mark_row {
    const char *name;
    uint8_t usage, selector, mtype;
    unsigned depth;
    enum certificate_digest mark;
    bool good, shown, matched;
};

static const struct mark_row mark_rows[] = {
    {"3 1 1 at 0", 3, 1, 1, 0, CERTIFICATE_PKEY_SHA256, 1, 1, 1},
    {"3 1 1 at 1 (E33)", 3, 1, 1, 1, CERTIFICATE_PKEY_SHA256, 1, 1, 0},
    {"2 1 1 at 1", 2, 1, 1, 1, CERTIFICATE_PKEY_SHA256, 1, 1, 1},
    {"2 1 1 at 7", 2, 1, 1, 7, CERTIFICATE_PKEY_SHA256, 1, 1, 1},
    {"2 1 1 at 0 (E33)", 2, 1, 1, 0, CERTIFICATE_PKEY_SHA256, 1, 1, 0},
    {"1 1 1 at 0 (E37)", 1, 1, 1, 0, CERTIFICATE_PKEY_SHA256, 1, 1, 0},
    {"other data (E30)", 3, 1, 1, 0, CERTIFICATE_PKEY_SHA256, 0, 1, 0},
    {"pkey sha256 always", 3, 0, 2, 0, CERTIFICATE_PKEY_SHA256, 1, 1, 0},
    {"3 0 1", 3, 0, 1, 0, CERTIFICATE_CERT_SHA256, 1, 1, 1},
    {"3 1 2", 3, 1, 2, 0, CERTIFICATE_PKEY_SHA512, 1, 1, 1},
    {"3 0 2", 3, 0, 2, 0, CERTIFICATE_CERT_SHA512, 1, 1, 1},
    {"3 0 0", 3, 0, 0, 0, CERTIFICATE_FULL_CERT, 1, 1, 1},
    {"3 1 0", 3, 1, 0, 0, CERTIFICATE_FULL_SPKI, 1, 1, 1},
    {"0 0 1 is shown", 0, 0, 1, 0, CERTIFICATE_CERT_SHA256, 1, 1, 0},
    {"not asked, not shown", 3, 1, 1, 0, CERTIFICATE_CERT_SHA256, 1, 0, 0},
    {"unknown selector", 3, 2, 1, 0, CERTIFICATE_CERT_SHA256, 1, 0, 0},
};

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mark_rows / sizeof mark_rows[0]; i++) {
        const struct mark_row *row = &mark_rows[i];
        struct record record = {.type = RECORD_TLSA};
        struct certificate chain[8] = {{.key = "?"}};
        struct certificate *certificate = &chain[row->depth];

        record.data.tlsa = (struct record_tlsa){
            row->usage, row->selector, row->mtype, {letters[row->good ? 0 : 1], 64}};
        for (int j = 0; j < CERTIFICATE_DIGESTS; j++)
            certificate->data[j] = (struct bytes){letters[0], 64};
        mark(chain, row->depth + 1, &record, 1);
        if (certificate->marks[row->mark].shown != row->shown ||
            certificate->marks[row->mark].matched != row->matched)
            fail_msg("%s", row->name);
    }
}

static void test_mark_of_nothing(void **state)
{
    struct record record = {.type = RECORD_TLSA};
    struct certificate certificate = {.key = "?"};

    (void)state;
    record.data.tlsa = (struct record_tlsa){3, 0, 0, {NULL, 0}};
    mark(&certificate, 1, &record, 1); /* nothing equals nothing */
    assert_false(certificate.marks[CERTIFICATE_FULL_CERT].matched);
    certificate.data[CERTIFICATE_FULL_CERT] = (struct bytes){letters[0], 0};
    mark(&certificate, 1, &record, 1); /* nor does what is empty */
    assert_false(certificate.marks[CERTIFICATE_FULL_CERT].matched);
    for (int i = 0; i < CERTIFICATE_DIGESTS; i++) {
        record.data.tlsa.selector = certificate_digest_selector(i);
        record.data.tlsa.mtype = certificate_digest_mtype(i);
        mark(&certificate, 1, &record, 1);
        assert_false(certificate.marks[i].matched);
    }
    mark(&certificate, 1, NULL, 0);
    assert_true(certificate.marks[CERTIFICATE_PKEY_SHA256].shown);
    assert_false(certificate.marks[CERTIFICATE_FULL_CERT].shown);
}

/* Each record of an RRset shows its digest, not only the first. */
static void test_shown_by_any(void **state)
{
    struct record records[2] = {{.type = RECORD_TLSA}, {.type = RECORD_TLSA}};
    struct certificate certificate = {.key = "?"};

    (void)state;
    for (int i = 0; i < CERTIFICATE_DIGESTS; i++)
        certificate.data[i] = (struct bytes){letters[0], 64};
    records[0].data.tlsa = (struct record_tlsa){3, 1, 1, {letters[1], 64}};
    records[1].data.tlsa = (struct record_tlsa){3, 0, 2, {letters[0], 64}};
    mark(&certificate, 1, records, 2);
    for (int i = 0; i < CERTIFICATE_DIGESTS; i++) {
        bool asked = i == CERTIFICATE_CERT_SHA512;

        assert_int_equal(certificate.marks[i].shown, asked || i == CERTIFICATE_PKEY_SHA256);
        assert_int_equal(certificate.marks[i].matched, asked);
    }
}

static size_t anchor(struct certificate chain[3], const struct record *tlsa, size_t count)
{
    struct arena arena;
    const struct record_facts *facts;
    size_t depth;

    arena_init(&arena);
    facts = match_facts(tlsa, count, &arena);
    depth = match_anchor(tlsa, facts, match_records(tlsa, facts, count, chain, 3, &arena), count);
    arena_fini(&arena);
    return depth;
}

/* Above the leaf, by a usable record of usage 2 that counts. */
static void test_anchor(void **state)
{
    const uint8_t bytes[3][32] = {{1}, {2}, {3}};
    struct certificate certificates[3];
    struct record record = {.type = RECORD_TLSA};

    (void)state;
    memset(certificates, 0, sizeof certificates);
    for (int i = 0; i < 3; i++)
        certificates[i].data[CERTIFICATE_PKEY_SHA256] =
            certificates[i].data[CERTIFICATE_FULL_SPKI] = (struct bytes){bytes[i], 32};
    for (uint8_t i = 0; i < 3; i++) {
        record.data.tlsa = (struct record_tlsa){2, 1, 1, {bytes[i], 32}};
        assert_int_equal(anchor(certificates, &record, 1), i);
        assert_int_equal(anchor(certificates, &record, 0), 0);
        record.data.tlsa.usage = 3;
        assert_int_equal(anchor(certificates, &record, 1), 0);
        record.data.tlsa = (struct record_tlsa){2, 1, 0, {bytes[i], 32}}; /* no key: unusable */
        assert_int_equal(anchor(certificates, &record, 1), 0);
        record.data.tlsa = (struct record_tlsa){2, 0, 1, {bytes[i], 32}};
        assert_int_equal(anchor(certificates, &record, 1), 0);
    }
}

/* Of several the lowest, and none that digest agility hides. */
static void test_anchor_of_several(void **state)
{
    const uint8_t bytes[3][64] = {{1}, {2}, {3}};
    struct certificate certificates[3];
    struct record records[2] = {{.type = RECORD_TLSA}, {.type = RECORD_TLSA}};

    (void)state;
    memset(certificates, 0, sizeof certificates);
    for (int i = 0; i < 3; i++)
        certificates[i].data[CERTIFICATE_PKEY_SHA256] = (struct bytes){bytes[i], 32};
    for (int i = 0; i < 2; i++)
        records[i].data.tlsa = (struct record_tlsa){2, 1, 1, {bytes[i + 1], 32}};
    assert_int_equal(anchor(certificates, records, 2), 1);
    records[0].data.tlsa.data = (struct bytes){bytes[2], 32};
    records[1].data.tlsa.data = (struct bytes){bytes[1], 32};
    assert_int_equal(anchor(certificates, records, 2), 1);
    records[0].data.tlsa = (struct record_tlsa){2, 1, 2, {bytes[0], 64}};
    assert_int_equal(anchor(certificates, records, 2), 0);
    certificates[2].data[CERTIFICATE_PKEY_SHA512] = (struct bytes){bytes[0], 64};
    assert_int_equal(anchor(certificates, records, 2), 2);
}

enum { RANDOM_RECORDS = 300, RANDOM_CERTIFICATES = 9, ALPHABET = 40 };

/* Few different digests, so that records and certificates meet often, and at several depths. */
struct random_world {
    uint8_t letters[ALPHABET][64];
    struct record records[RANDOM_RECORDS];
    struct certificate chain[RANDOM_CERTIFICATES];
    uint32_t state;
};

static uint32_t roll(struct random_world *world, uint32_t sides)
{
    world->state = world->state * 1664525u + 1013904223u;
    return (world->state >> 8) % sides;
}

static void fill(struct random_world *world, uint32_t seed)
{
    static const size_t lengths[CERTIFICATE_DIGESTS] = {32, 32, 64, 64, 40, 41};

    *world = (struct random_world){.state = seed};
    for (size_t i = 0; i < ALPHABET; i++)
        memset(world->letters[i], (int)i, sizeof world->letters[i]);
    for (size_t i = 0; i < RANDOM_CERTIFICATES; i++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            world->chain[i].data[digest] =
                (struct bytes){world->letters[roll(world, ALPHABET)], lengths[digest]};
    for (size_t i = 0; i < RANDOM_RECORDS; i++)
        world->records[i] = (struct record){
            .type = RECORD_TLSA,
            .data.tlsa = {(uint8_t)roll(world, 5), (uint8_t)roll(world, 3), (uint8_t)roll(world, 4),
                          {world->letters[roll(world, ALPHABET)], lengths[roll(world, 6)]}}};
}

static bool equal(struct bytes left, struct bytes right)
{
    return left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
}

/* The definition itself: each record beside each digest of each certificate. */
static bool fits(const struct record_tlsa *tlsa, const struct certificate *chain, size_t depth,
                 int digest)
{
    return equal(tlsa->data, chain[depth].data[digest]) &&
           tlsa->usage == (depth == 0 ? 3 : 2) &&
           tlsa->selector == certificate_digest_selector(digest) &&
           tlsa->mtype == certificate_digest_mtype(digest);
}

static struct record_match define(const struct random_world *world, size_t index)
{
    const struct record_tlsa *tlsa = &world->records[index].data.tlsa;
    struct record_match other = {RECORD_MATCH_NONE, 0, 0};

    for (size_t depth = 0; depth < RANDOM_CERTIFICATES; depth++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++) {
            if (fits(tlsa, world->chain, depth, digest))
                return (struct record_match){RECORD_MATCH_FITS, (uint8_t)depth, (uint8_t)digest};
            if (other.kind == RECORD_MATCH_NONE && equal(tlsa->data, world->chain[depth].data[digest]))
                other = (struct record_match){RECORD_MATCH_FIELDS, (uint8_t)depth, (uint8_t)digest};
        }
    return other;
}

static bool is_marked(const struct random_world *world, size_t depth, int digest)
{
    for (size_t i = 0; i < RANDOM_RECORDS; i++)
        if (fits(&world->records[i].data.tlsa, world->chain, depth, digest))
            return true;
    return false;
}

static void check_random(const struct random_world *world, const struct record_match *matches)
{
    for (size_t i = 0; i < RANDOM_RECORDS; i++) {
        struct record_match wanted = define(world, i);

        assert_int_equal(matches[i].kind, wanted.kind);
        assert_int_equal(matches[i].depth, wanted.depth);
        if (wanted.kind == RECORD_MATCH_FITS)
            assert_int_equal(matches[i].digest, wanted.digest);
    }
    for (size_t depth = 0; depth < RANDOM_CERTIFICATES; depth++)
        for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
            assert_int_equal(world->chain[depth].marks[digest].matched,
                             is_marked(world, depth, digest));
}

static void test_random(void **state)
{
    static struct random_world world;

    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        struct arena arena;
        const struct record_facts *facts;

        arena_init(&arena);
        fill(&world, seed);
        facts = match_facts(world.records, RANDOM_RECORDS, &arena);
        check_random(&world, match_records(world.records, facts, RANDOM_RECORDS, world.chain,
                                           RANDOM_CERTIFICATES, &arena));
        arena_fini(&arena);
    }
}

/* RFC 7671 section 9: by usage and selector, and only by what is usable. */
static void test_hidden(void **state)
{
    static const struct {
        uint8_t usage, selector, mtype, length;
        bool hidden;
    } rows[] = {{3, 1, 1, 32, true},  {3, 1, 2, 64, false}, {3, 0, 1, 32, false},
                {2, 1, 1, 32, false}, {2, 1, 2, 63, false}, {3, 1, 1, 31, false},
                {3, 1, 1, 32, true},  {2, 0, 1, 32, true},  {2, 0, 2, 64, false}};
    enum { ROWS = sizeof rows / sizeof *rows };
    struct record records[ROWS];
    const struct record_facts *facts;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ROWS; i++)
        records[i] = (struct record){.type = RECORD_TLSA,
                                     .data.tlsa = {rows[i].usage, rows[i].selector, rows[i].mtype,
                                                   {letters[0], rows[i].length}}};
    facts = match_facts(records, ROWS, &arena);
    for (size_t i = 0; i < ROWS; i++)
        if (facts[i].hidden != rows[i].hidden)
            fail_msg("row %zu", i);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_mark_of_nothing),
        cmocka_unit_test(test_shown_by_any),
        cmocka_unit_test(test_anchor),
        cmocka_unit_test(test_anchor_of_several),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "dane/tlsa.h"

#include "dane/certificate.h"
#include "dane/match.h"
#include "dane_pki.h"

enum data { NONE, ZERO, CERT, SPKI, CERT_LONGER, SPKI_LONGER, CERT_SHORTER, SPKI_SHORTER };

struct row {
    const char *name;
    uint8_t usage, selector, mtype;
    enum data data;
    size_t length; /* of ZERO */
    enum tlsa_usability wanted;
};

static const struct row rows[] = {
    {"3 1 1", 3, 1, 1, ZERO, 32, TLSA_USABLE},
    {"2 0 2", 2, 0, 2, ZERO, 64, TLSA_USABLE},
    {"usage 0 (E37)", 0, 1, 1, ZERO, 32, TLSA_PKIX_USAGE},
    {"usage 1 (E37)", 1, 1, 1, ZERO, 32, TLSA_PKIX_USAGE},
    {"usage 4", 4, 1, 1, ZERO, 32, TLSA_UNKNOWN_USAGE},
    {"usage 255 (E38)", 255, 1, 1, ZERO, 32, TLSA_UNKNOWN_USAGE},
    {"selector 2 (E38)", 3, 2, 1, ZERO, 32, TLSA_UNKNOWN_SELECTOR},
    {"selector 255", 3, 255, 1, ZERO, 32, TLSA_UNKNOWN_SELECTOR},
    {"mtype 3 (E38)", 3, 1, 3, ZERO, 32, TLSA_UNKNOWN_MTYPE},
    {"mtype 255", 3, 1, 255, ZERO, 32, TLSA_UNKNOWN_MTYPE},
    {"SHA-256 of 31", 3, 1, 1, ZERO, 31, TLSA_WRONG_LENGTH},
    {"SHA-256 of 33", 3, 1, 1, ZERO, 33, TLSA_WRONG_LENGTH},
    {"SHA-512 of 63", 3, 1, 2, ZERO, 63, TLSA_WRONG_LENGTH},
    {"SHA-512 of 65", 3, 1, 2, ZERO, 65, TLSA_WRONG_LENGTH},
    {"SHA-256 under mtype 2 (E35)", 3, 1, 2, ZERO, 32, TLSA_WRONG_LENGTH},
    {"SHA-256 under mtype 0 (E35)", 3, 1, 0, ZERO, 32, TLSA_MALFORMED_DATA},
    {"no data, digest (E36)", 3, 1, 1, NONE, 0, TLSA_WRONG_LENGTH},
    {"no data, full (E36)", 3, 0, 0, NONE, 0, TLSA_MALFORMED_DATA},
    {"2 0 0", 2, 0, 0, CERT, 0, TLSA_USABLE},
    {"2 1 0", 2, 1, 0, SPKI, 0, TLSA_USABLE},
    {"3 0 0", 3, 0, 0, CERT, 0, TLSA_USABLE},
    {"key under selector 0 (E34)", 2, 0, 0, SPKI, 0, TLSA_MALFORMED_DATA},
    {"certificate under selector 1 (E34)", 2, 1, 0, CERT, 0, TLSA_MALFORMED_DATA},
    {"certificate and a byte", 2, 0, 0, CERT_LONGER, 0, TLSA_MALFORMED_DATA},
    {"key and a byte", 2, 1, 0, SPKI_LONGER, 0, TLSA_MALFORMED_DATA},
    {"certificate less a byte", 2, 0, 0, CERT_SHORTER, 0, TLSA_MALFORMED_DATA},
    {"key less a byte", 2, 1, 0, SPKI_SHORTER, 0, TLSA_MALFORMED_DATA},
};

static struct bytes row_data(const struct row *row, const struct certificate *certificate,
                             uint8_t *memory, size_t size)
{
    bool cert = row->data == CERT || row->data == CERT_LONGER || row->data == CERT_SHORTER;
    struct bytes full = certificate->data[cert ? CERTIFICATE_FULL_CERT : CERTIFICATE_FULL_SPKI];

    memset(memory, 0, size);
    if (row->data == NONE)
        return (struct bytes){NULL, 0};
    if (row->data == ZERO)
        return (struct bytes){memory, row->length};
    assert_true(full.length + 1 < size);
    memcpy(memory, full.data, full.length);
    full.data = memory;
    full.length += row->data == CERT_LONGER || row->data == SPKI_LONGER;
    full.length -= row->data == CERT_SHORTER || row->data == SPKI_SHORTER;
    return full;
}

static void make_certificate(struct arena *arena, struct certificate *certificate)
{
    struct pki_spec spec = {.cn = "Root"};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = pki_issue(&spec, key, NULL, NULL);

    assert_true(certificate_parse(pki_der(x509, arena), arena, certificate));
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void test_usability(void **state)
{
    struct certificate certificate;
    struct arena arena;
    uint8_t memory[4096];

    (void)state;
    arena_init(&arena);
    make_certificate(&arena, &certificate);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct record_tlsa tlsa = {row->usage, row->selector, row->mtype,
                                   row_data(row, &certificate, memory, sizeof memory)};

        if (tlsa_usability(&tlsa) != row->wanted)
            fail_msg("%s: %s", row->name, tlsa_usability_text(tlsa_usability(&tlsa)));
    }
    arena_fini(&arena);
}

/* RFC 7671 section 9: of the usable digests of one usage and selector the strongest counts. */
static void test_agility(void **state)
{
    static const uint8_t bytes[64] = {1};
    static const struct {
        const char *name;
        uint8_t weak[3], strong[3];
        size_t length; /* of the second record's data */
        bool hidden;
    } agility_rows[] = {
        {"2 1 1 beside 2 1 2", {2, 1, 1}, {2, 1, 2}, 64, true},
        {"3 0 1 beside 3 0 2", {3, 0, 1}, {3, 0, 2}, 64, true},
        {"another selector", {2, 1, 1}, {2, 0, 2}, 64, false},
        {"another usage", {2, 1, 1}, {3, 1, 2}, 64, false},
        {"unusable", {2, 1, 1}, {2, 1, 2}, 63, false},
        {"the strong one", {2, 1, 2}, {2, 1, 2}, 64, false},
        {"a whole key", {2, 1, 0}, {2, 1, 2}, 64, false},
        {"the same twice", {2, 1, 1}, {2, 1, 1}, 32, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof agility_rows / sizeof *agility_rows; i++) {
        const uint8_t *weak = agility_rows[i].weak, *strong = agility_rows[i].strong;
        struct record both[2] = {{.type = RECORD_TLSA}, {.type = RECORD_TLSA}};
        struct arena arena;

        both[0].data.tlsa = (struct record_tlsa){weak[0], weak[1], weak[2], {bytes, 32}};
        both[1].data.tlsa = (struct record_tlsa){strong[0], strong[1], strong[2],
                                                 {bytes, agility_rows[i].length}};
        arena_init(&arena);
        if (match_facts(both, 2, &arena)[0].hidden != agility_rows[i].hidden)
            fail_msg("%s", agility_rows[i].name);
        arena_fini(&arena);
    }
}

/* Only a record that holds a whole certificate has one to show. */
static void test_held_certificate(void **state)
{
    static const struct {
        uint8_t usage, selector, mtype;
        enum data data;
        bool held;
    } held_rows[] = {
        {2, 0, 0, CERT, true},         {3, 0, 0, CERT, true},  {2, 0, 0, CERT_SHORTER, false},
        {2, 0, 0, CERT_LONGER, false}, {2, 0, 0, SPKI, false}, {2, 1, 0, CERT, false},
        {2, 0, 1, CERT, false},        {2, 0, 0, NONE, false},
    };
    struct certificate certificate;
    struct arena arena;
    uint8_t memory[4096];

    (void)state;
    arena_init(&arena);
    make_certificate(&arena, &certificate);
    for (size_t i = 0; i < sizeof held_rows / sizeof *held_rows; i++) {
        struct row row = {.data = held_rows[i].data};
        struct record record = {.type = RECORD_TLSA,
                                .data.tlsa = {held_rows[i].usage, held_rows[i].selector,
                                              held_rows[i].mtype,
                                              row_data(&row, &certificate, memory, sizeof memory)}};

        if ((match_facts(&record, 1, &arena)->certificate != NULL) != held_rows[i].held)
            fail_msg("row %zu", i);
    }
    arena_fini(&arena);
}

/* Truncated at every byte, a certificate is none. */
static void test_truncation(void **state)
{
    struct certificate certificate, parsed;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    make_certificate(&arena, &certificate);
    struct bytes der = certificate.data[CERTIFICATE_FULL_CERT];

    assert_true(certificate_parse(der, &arena, &parsed));
    for (size_t length = 0; length < der.length; length++)
        assert_false(certificate_parse((struct bytes){der.data, length}, &arena, &parsed));
    assert_false(certificate_parse((struct bytes){NULL, 0}, &arena, &parsed));
    arena_fini(&arena);
}

static void test_texts(void **state)
{
    (void)state;
    for (int i = TLSA_USABLE; i <= TLSA_MALFORMED_DATA; i++)
        for (int j = TLSA_USABLE; j < i; j++)
            assert_string_not_equal(tlsa_usability_text(i), tlsa_usability_text(j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usability),
        cmocka_unit_test(test_agility),
        cmocka_unit_test(test_held_certificate),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

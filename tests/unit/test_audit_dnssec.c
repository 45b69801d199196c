/* The sentence of an answer whose zone is signed with what the resolver does not know. */
#include "findings/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model/finding.h"

enum { MOST = 5 };

#define CANNOT(what)                                                                               \
    "DNSKEY mx.x cannot be judged: x is signed with " what                                         \
    ", which this resolver does not validate: ask one that does (-n)"
#define UNKNOWN(what)                                                                              \
    "DNSKEY mx.x is not validated: x is signed with " what                                         \
    ", which validators do not know: DANE does not apply"

static const struct {
    const char *name;
    struct {
        uint16_t tag;
        uint8_t algorithm, type;
    } ds[MOST]; /* up to a type of 0 */
    const char *wanted;
} rows[] = {
    {"one", {{1, 16, 2}}, CANNOT("ED448 (algorithm 16)")},
    {"one with several digests", {{1, 16, 1}, {1, 16, 2}, {1, 16, 4}},
     CANNOT("ED448 (algorithm 16)")},
    {"two", {{1, 15, 2}, {2, 16, 2}}, CANNOT("ED25519 (algorithm 15), ED448 (algorithm 16)")},
    {"two keys each", {{1, 15, 2}, {2, 16, 2}, {3, 15, 2}, {4, 16, 2}},
     CANNOT("ED25519 (algorithm 15), ED448 (algorithm 16)")},
    {"three are enough", {{1, 8, 2}, {2, 13, 2}, {3, 15, 2}, {4, 16, 2}},
     CANNOT("RSASHA256 (algorithm 8), ECDSAP256SHA256 (algorithm 13), ED25519 (algorithm 15)")},
    {"beside what nobody knows", {{1, 12, 3}, {2, 16, 2}, {3, 18, 2}, {4, 16, 3}},
     CANNOT("ED448 (algorithm 16)")},
    {"no name", {{1, 18, 2}}, UNKNOWN("algorithm 18")},
    {"private", {{1, 253, 2}, {1, 254, 2}}, UNKNOWN("algorithm 253, algorithm 254")},
    {"GOST", {{1, 12, 3}}, UNKNOWN("ECC-GOST (algorithm 12) and a DS digest of type 3")},
    {"a digest", {{1, 13, 5}, {1, 13, 6}},
     UNKNOWN("ECDSAP256SHA256 (algorithm 13) and a DS digest of type 5, "
             "ECDSAP256SHA256 (algorithm 13) and a DS digest of type 6")},
};

static void check(size_t row)
{
    struct record records[MOST];
    struct lookup ds = {.name = "x.", .owner = "x.", .type = RECORD_DS, .ad = true,
                        .records = records};
    struct lookup keys = {.name = "mx.x.", .owner = "mx.x.", .type = RECORD_DNSKEY,
                          .status = LOOKUP_NODATA, .zone_ds = &ds};
    struct domain domain = {.input = "mx.x", .name = "mx.x.", .lookups = {&keys},
                            .lookup_count = 1};
    struct findings_rules rules = {0};
    struct arena arena;
    struct buffer text;

    for (; ds.record_count < MOST && rows[row].ds[ds.record_count].type != 0; ds.record_count++)
        records[ds.record_count] =
            (struct record){.type = RECORD_DS,
                            .data.ds = {rows[row].ds[ds.record_count].tag,
                                        rows[row].ds[ds.record_count].algorithm,
                                        rows[row].ds[ds.record_count].type, {NULL, 0}}};
    arena_init(&arena);
    buffer_init(&text, 0);
    findings_find(&domain, &rules, &arena);
    assert_int_equal(domain.finding_count, 1);
    finding_add_sentence(&text, &domain.findings[0]);
    if (strcmp(text.data, rows[row].wanted) != 0)
        fail_msg("%s: %s", rows[row].name, text.data);
    assert_string_equal(domain_outcome(&domain),
                        strstr(text.data, "cannot") != NULL ? "untested" : "unprotected");
    buffer_fini(&text);
    arena_fini(&arena);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

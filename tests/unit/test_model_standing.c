/* What a later run compares: worse, better or other, whatever the numbers and texts say. */
#include "model/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct host mx1 = {.name = "mx1.x.", .base = "mx1.x."};
static const struct host mx2 = {.name = "mx2.x.", .base = "mx2.x."};
static const struct domain_host hosts[] = {{.host = &mx1}, {.host = &mx2}};
static const struct address one = {.bytes = {192, 0, 2, 1}}, two = {.bytes = {192, 0, 2, 2}};
static const struct lookup ds = {.name = "x.", .owner = "x.", .type = RECORD_DS, .ad = true,
                                 .status = LOOKUP_NODATA};

/* Nothing, or a failure of the first host's first address. */
#define MISMATCH(entry, at) {.code = FINDING_TLSA_MISMATCH, .host = (entry), .address = (at)}
static const struct finding mismatch = MISMATCH(&hosts[0], &one);
static const struct finding mismatch_there = MISMATCH(&hosts[1], &two);
static const struct finding mismatch_elsewhere = MISMATCH(&hosts[0], &two);
static const struct finding refused = {.code = FINDING_CONNECTION_REFUSED, .host = &hosts[0],
                                       .address = &one};
static const struct finding absent = {.code = FINDING_TLSA_ABSENT, .host = &hosts[0]};
static const struct finding soon = {.code = FINDING_CERT_EXPIRES_SOON, .host = &hosts[0],
                                    .address = &one, .number = 13};
static const struct finding sooner = {.code = FINDING_CERT_EXPIRES_SOON, .host = &hosts[0],
                                      .address = &one, .number = 12};

static struct standing stand(const struct finding *first, const struct finding *second)
{
    struct finding findings[2];
    const struct lookup *lookup = &ds;
    struct domain domain = {.name = "x.", .walked = true, .findings = findings};

    domain.lookups[0] = lookup;
    domain.lookup_count = 1;
    if (first != NULL)
        findings[domain.finding_count++] = *first;
    if (second != NULL)
        findings[domain.finding_count++] = *second;
    return standing_of(&domain);
}

static void test_changes(void **state)
{
    static const struct {
        const struct finding *was[2], *is[2];
        enum change_kind kind;
    } rows[] = {
        {{NULL}, {NULL}, CHANGE_NONE},
        {{NULL}, {&mismatch}, CHANGE_WORSE},
        {{&mismatch}, {NULL}, CHANGE_BETTER},
        {{&mismatch}, {&mismatch}, CHANGE_NONE},
        {{NULL}, {&soon}, CHANGE_WORSE},
        {{&soon}, {&sooner}, CHANGE_NONE},
        {{&soon}, {&mismatch}, CHANGE_WORSE},
        {{&refused}, {&absent}, CHANGE_WORSE},
        {{&mismatch}, {&refused}, CHANGE_BETTER},
        {{&mismatch}, {&mismatch, &mismatch_there}, CHANGE_WORSE},
        {{&mismatch, &mismatch_there}, {&mismatch_there}, CHANGE_BETTER},
        {{&mismatch}, {&mismatch_there}, CHANGE_OTHER},
        {{&mismatch}, {&mismatch_elsewhere}, CHANGE_OTHER},
        {{&mismatch, &mismatch_there}, {&mismatch_there, &mismatch}, CHANGE_NONE},
        {{&mismatch, &soon}, {&soon, &mismatch}, CHANGE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct standing was = stand(rows[i].was[0], rows[i].was[1]);
        struct standing is = stand(rows[i].is[0], rows[i].is[1]);
        struct change change = standing_compare(&was, &is);

        if (change.kind != rows[i].kind)
            fail_msg("row %zu: %s, not %s", i, change_name(change.kind),
                     change_name(rows[i].kind));
        assert_int_equal(change.was.reason, was.reason);
    }
}

/* A domain of which nothing was known tells of itself where something is wrong. */
static void test_first(void **state)
{
    struct standing good = stand(NULL, NULL), bad = stand(&refused, NULL);

    (void)state;
    assert_int_equal(standing_first(&good).kind, CHANGE_NONE);
    assert_int_equal(standing_first(&bad).kind, CHANGE_NEW);
}

/* Advice is nothing to wake somebody for, at whatever place it stands. */
static void test_advice(void **state)
{
    struct finding advice = {.code = FINDING_CODES};
    struct standing standing;

    (void)state;
    for (int code = 0; code < FINDING_CODES; code++)
        if (finding_severity(code) == FINDING_NOTICE)
            advice.code = code;
    if (advice.code == FINDING_CODES)
        skip();
    standing = stand(&advice, NULL);
    assert_int_equal(standing.reason, FINDING_CODES);
    assert_int_equal(standing.count, 0);
    assert_string_equal(standing_outcome(&standing), "pass");
}

/* Fail closed: a domain that does not pass never stands as one that does. */
static void test_unexplained(void **state)
{
    struct finding finding = soon;
    struct domain domain = {.name = "x.", .findings = &finding};
    struct standing standing = standing_of(&domain);

    (void)state;
    assert_string_equal(standing_outcome(&standing), "fail");
    assert_string_equal(standing_reason(&standing), "incomplete");
    domain.finding_count = 1;
    standing = standing_of(&domain);
    assert_string_equal(standing_outcome(&standing), "fail");
    assert_int_equal(standing.count, 2);
}

static void check_text(const struct finding *was, const struct finding *is, const char *wanted)
{
    struct standing before = stand(was, NULL), now = stand(is, NULL);
    struct change change = standing_compare(&before, &now);
    struct buffer out;

    buffer_init(&out, 0);
    change_add_text(&out, &change);
    assert_string_equal(out.data, wanted);
    buffer_fini(&out);
}

static void test_texts(void **state)
{
    (void)state;
    check_text(NULL, &mismatch, "worse: was pass");
    check_text(&mismatch, NULL, "better: was fail (tlsa-mismatch)");
    check_text(&mismatch, &mismatch_there, "other: was fail (tlsa-mismatch)");
    check_text(&soon, &absent, "worse: was pass (cert-expires-soon)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),     cmocka_unit_test(test_first),
        cmocka_unit_test(test_advice),      cmocka_unit_test(test_unexplained),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

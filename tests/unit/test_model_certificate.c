/*
 * A certificate as data: its dates, the names that count, and when two chains are one.
 */
#include "model/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}

static void test_dates(void **state)
{
    struct certificate certificate = {.dates_valid = true, .not_before = -5, .not_after = 10};

    (void)state;
    assert_false(certificate_dates_hold(&certificate, -6));
    assert_true(certificate_dates_hold(&certificate, -5));
    assert_true(certificate_dates_hold(&certificate, 9));
    assert_false(certificate_dates_hold(&certificate, 10));
    certificate.dates_valid = false;
    assert_false(certificate_dates_hold(&certificate, 0));
}

/* dNSNames hide the common names; the first of these may be empty, or missing. */
static void test_names(void **state)
{
    static const struct bytes names[] = {BYTES("a.x"), BYTES("b.x")};
    static const struct bytes more[] = {BYTES("d.x"), BYTES("e.x")};
    static const struct {
        struct certificate certificate;
        const char *names[4]; /* up to NULL; "": an absent one */
    } rows[] = {
        {{.names = names, .name_count = 2, .subject_cn = BYTES("c.x"), .more_cns = more,
          .more_cn_count = 2}, {"a.x", "b.x"}},
        {{.names = names, .name_count = 1, .subject_cn = BYTES("c.x")}, {"a.x"}},
        {{.subject_cn = BYTES("c.x")}, {"c.x"}},
        {{.subject_cn = BYTES("c.x"), .more_cns = more, .more_cn_count = 1}, {"c.x", "d.x"}},
        {{.subject_cn = BYTES("c.x"), .more_cns = more, .more_cn_count = 2}, {"c.x", "d.x", "e.x"}},
        {{.more_cns = more, .more_cn_count = 2}, {"", "d.x", "e.x"}},
        {{.names = NULL}, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = 0;

        while (rows[i].names[count] != NULL)
            count++;
        assert_int_equal(certificate_name_count(&rows[i].certificate), count);
        for (size_t j = 0; j < count; j++) {
            struct bytes name = certificate_name(&rows[i].certificate, j);

            assert_int_equal(name.length, strlen(rows[i].names[j]));
            assert_memory_equal(name.length > 0 ? name.data : (const uint8_t *)"",
                                rows[i].names[j], name.length);
        }
    }
}

/* A letter stands for the digest of a certificate, '-' for one without. */
struct sent {
    const char *certificates;
    size_t path;
};

static struct chain make(struct certificate certificates[4], const struct sent *sent)
{
    size_t count = strlen(sent->certificates);

    memset(certificates, 0, 4 * sizeof *certificates);
    for (size_t i = 0; i < count; i++)
        if (sent->certificates[i] != '-')
            certificates[i].data[CERTIFICATE_CERT_SHA256] =
                (struct bytes){(const uint8_t *)&sent->certificates[i], 1};
    return (struct chain){certificates, sent->path, count};
}

static void test_equal(void **state)
{
    static const struct {
        struct sent left, right;
        bool equal;
    } rows[] = {
        {{"a", 1}, {"a", 1}, true},     {{"a", 1}, {"b", 1}, false},
        {{"abc", 3}, {"abc", 3}, true}, {{"abc", 2}, {"abc", 2}, true},
        {{"abc", 3}, {"abc", 2}, false}, {{"abc", 3}, {"abd", 3}, false},
        {{"abc", 3}, {"bac", 3}, false}, {{"ab", 2}, {"abc", 2}, false},
        {{"a", 1}, {"", 0}, false},     {{"", 0}, {"", 0}, false},
        {{"-", 1}, {"-", 1}, false},    {{"a", 1}, {"-", 1}, false},
        {{"a-", 2}, {"ab", 2}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate left[4], right[4];
        struct chain one = make(left, &rows[i].left), two = make(right, &rows[i].right);

        assert_int_equal(chain_equals(&one, &two), rows[i].equal);
        assert_int_equal(chain_equals(&two, &one), rows[i].equal);
    }
}

/* A digest of another length is another, whatever it begins with. */
static void test_digest_lengths(void **state)
{
    struct certificate left = {.data = {[CERTIFICATE_CERT_SHA256] = BYTES("ab")}},
                       right = {.data = {[CERTIFICATE_CERT_SHA256] = BYTES("a")}};
    struct chain one = {&left, 1, 1}, two = {&right, 1, 1};

    (void)state;
    assert_false(chain_equals(&one, &two));
    assert_false(chain_equals(&two, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_digest_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

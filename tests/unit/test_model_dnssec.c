#include "model/dnssec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Exactly these are common; every other number of an octet is unknown. */
static void test_algorithms(void **state)
{
    static const char common[] = {5, 7, 8, 10, 13, 14, 15, 16};

    (void)state;
    for (unsigned i = 0; i <= UINT8_MAX; i++) {
        bool wanted = memchr(common, (int)i, sizeof common) != NULL;

        if (dnssec_algorithm_is_common((uint8_t)i) != wanted)
            fail_msg("algorithm %u", i);
        if (wanted && dnssec_algorithm_name((uint8_t)i) == NULL)
            fail_msg("algorithm %u has no name", i);
    }
    assert_string_equal(dnssec_algorithm_name(16), "ED448");
    assert_string_equal(dnssec_algorithm_name(12), "ECC-GOST");
    assert_null(dnssec_algorithm_name(0));
    assert_null(dnssec_algorithm_name(18));
    assert_null(dnssec_algorithm_name(255));
}

static void test_digests(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= UINT8_MAX; i++)
        if ((dnssec_digest_strength((uint8_t)i) != 0) != (i == 1 || i == 2 || i == 4))
            fail_msg("digest type %u", i);
    assert_true(dnssec_digest_strength(1) < dnssec_digest_strength(2));
    assert_true(dnssec_digest_strength(2) < dnssec_digest_strength(4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_matches(void **state)
{
    static const struct {
        const char *name, *pattern, *text;
        bool wanted;
    } rows[] = {
        {"anywhere", "AD=", "x ; AD=1 NoError", true},
        {"nowhere", "AD=0", "x ; AD=1 NoError", false},
        {"lookahead of the contract", "AD=(?!1 No)", "x ; AD=1 NoError", false},
        {"lookahead, bogus", "AD=(?!1 No)", "x ; AD=0 ServFail", true},
        {"empty pattern", "", "", true},
        {"invalid UTF-8 subject", "b", "\xff\xfe" "b", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure failure;
        struct pattern *pattern = pattern_new("-g", rows[i].pattern, &failure);

        assert_non_null(pattern);
        for (int in_doubt = 0; in_doubt < 2; in_doubt++)
            if (pattern_matches(pattern, rows[i].text, strlen(rows[i].text), in_doubt) !=
                rows[i].wanted)
                fail_msg("%s", rows[i].name);
        pattern_free(pattern);
    }
}

/* A name of a zone's choice must not turn a pattern into "no". */
static void test_bound(void **state)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    struct failure failure;
    struct pattern *pattern = pattern_new("--only", "(a+)+(a+)+$", &failure);

    (void)state;
    assert_non_null(pattern);
    assert_true(pattern_matches(pattern, text, strlen(text), true));
    assert_false(pattern_matches(pattern, text, strlen(text), false));
    pattern_free(pattern);
}

static void test_bad(void **state)
{
    struct failure failure;

    (void)state;
    assert_null(pattern_new("--only", "ab(c", &failure));
    assert_string_equal(failure.text,
                        "--only: bad pattern at offset 4: missing closing parenthesis");
    pattern_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

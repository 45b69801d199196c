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
        {"catastrophic, bounded", "(a+)+(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure failure;
        struct pattern *pattern = pattern_new("-g", rows[i].pattern, &failure);

        assert_non_null(pattern);
        if (pattern_matches(pattern, rows[i].text, strlen(rows[i].text)) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
        pattern_free(pattern);
    }
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
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

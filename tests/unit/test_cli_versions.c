#include "cli/versions.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#define NUMBER "[0-9]+[.][0-9]+([.][0-9]+)?[a-z0-9.+-]*"
#define LIBRARY(name) "^" name " " NUMBER " \\(built with " NUMBER "\\)$"

static char *printed(void)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    versions_print(file);
    fclose(file);
    return text;
}

/* A line each, in this order, and nothing else. */
static void test_lines(void **state)
{
    static const char *const lines[] = {
        "^mxdane " NUMBER "$",
        LIBRARY("getdns"),
        "^libunbound " NUMBER " \\(through getdns\\)$",
        LIBRARY("OpenSSL"),
        LIBRARY("libuv"),
        LIBRARY("PCRE2"),
        LIBRARY("libidn2"),
        LIBRARY("libseccomp"),
        LIBRARY("jansson"),
    };
    char *text = printed(), *rest = text;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *line = strsep(&rest, "\n");
        regex_t pattern;

        assert_non_null(rest);
        assert_int_equal(regcomp(&pattern, lines[i], REG_EXTENDED | REG_NOSUB), 0);
        if (regexec(&pattern, line, 0, NULL, 0) != 0)
            fail_msg("%s is not like %s", line, lines[i]);
        regfree(&pattern);
    }
    assert_string_equal(rest, "");
    free(text);
}

/* The two of a line are not each other's: the first is the loaded library's own word. */
static void test_running(void **state)
{
    char *text = printed(), wanted[64];

    (void)state;
    snprintf(wanted, sizeof wanted, "\nlibuv %s (built with %d.%d.%d", uv_version_string(),
             UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH);
    assert_non_null(strstr(text, wanted));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_running)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

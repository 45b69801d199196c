#include "history/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_line(void **state)
{
    static const struct {
        const char *line, *wanted; /* NULL: holds none */
    } rows[] = {
        {"example.org", "example.org"},
        {"example.org\r", "example.org"},
        {" \texample.org\t ", "example.org"},
        {"example.org # comment", "example.org"},
        {"example.org\t#comment", "example.org"},
        {"exa#mple.org", "exa#mple.org"},
        {"postmaster@example.org", "example.org"},
        {"a@b@example.org", "example.org"},
        {"@example.org", "example.org"},
        {"user@", "user@"},
        {"@", "@"},
        {"two words", "two words"},
        {"# comment", NULL},
        {"  # comment", NULL},
        {"", NULL},
        {" \t\r", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *start = rows[i].line;
        size_t length = strlen(start);
        bool found = list_line(&start, &length);

        if (found != (rows[i].wanted != NULL) ||
            (found && (length != strlen(rows[i].wanted) ||
                       memcmp(start, rows[i].wanted, length) != 0)))
            fail_msg("\"%s\": \"%.*s\"", rows[i].line, (int)length, start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_line(void **state)
{
    static const struct {
        struct run_counts counts;
        const char *wanted;
    } rows[] = {
        {{.total = 0, .in_flight = 0}, "0 done, 0/s, 0 failing, 0 in flight"},
        {{.total = 10, .in_flight = 10, .milliseconds = 250},
         "0 of 10 done, 0/s, 0 failing, 10 in flight"},
        {{.total = 10, .done = 5, .wrong = 1, .in_flight = 3, .milliseconds = 2500},
         "5 of 10 done, 2/s, 1 failing, 3 in flight, 0:02 left"},
        {{.total = 100, .earlier = 40, .done = 20, .milliseconds = 20000},
         "60 of 100 done, 1/s, 0 failing, 0 in flight, 0:40 left"},
        {{.total = 1000000, .done = 1000, .milliseconds = 10000},
         "1000 of 1000000 done, 100/s, 0 failing, 0 in flight, 2:46:30 left"},
        {{.total = 0, .done = 7, .in_flight = 2, .milliseconds = 1000}, /* a pipe */
         "7 done, 7/s, 0 failing, 2 in flight"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer line;

        buffer_init(&line, 0);
        progress_line(&line, &rows[i].counts);
        assert_string_equal(line.data, rows[i].wanted);
        buffer_fini(&line);
    }
}

static void test_summary(void **state)
{
    const struct run_counts counts = {.earlier = 10, .done = 90, .wrong = 3, .hosts = 20,
                                      .probes = 40, .milliseconds = 1500};
    struct buffer line;

    (void)state;
    buffer_init(&line, 0);
    progress_summary(&line, &counts);
    assert_string_equal(line.data, "100 domains, 3 failing (10 by earlier runs); 20 MX hosts, "
                                   "40 SMTP sessions; 1.5 s, 60/s\n");
    buffer_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line),
                                       cmocka_unit_test(test_summary)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

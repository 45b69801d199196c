/* The file of CAs that no longer issue: what it holds, and what is no such file. */
#include "audit/retired.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "files.h"

static void check_file(const char *text, const char *wanted)
{
    char path[] = "/tmp/mxdane-retired-XXXXXX";
    int fd = mkstemp(path);
    struct failure failure = {{0}};
    struct retired *list;

    assert_true(fd >= 0);
    close(fd);
    file_write(path, text, strlen(text));
    list = retired_open(path, &failure);
    remove(path);
    if (wanted == NULL)
        assert_non_null(list);
    else
        assert_non_null(strstr(failure.text, wanted));
    assert_int_equal(list == NULL, wanted != NULL);
    retired_free(list);
}

#define HEX32 "60b87575447dcba2a36b7d11ac09fb24a9db406fee12d2cc90180517616e8a18"

static void test_file(void **state)
{
    struct failure failure;

    (void)state;
    check_file("", NULL);
    check_file("# only\n\n", NULL);
    check_file(HEX32 " A name\r\n" HEX32 "\tAnother", NULL);
    check_file(HEX32 "\n", "line 1: not a SHA2-256");
    check_file("#\n" HEX32 "0 x\n", "line 2: not a SHA2-256");
    check_file("60b8\n", "line 1: not a SHA2-256");
    check_file("60g8" HEX32 " x\n", "line 1: not a SHA2-256");
    assert_null(retired_open("/nonexistent/file", &failure));
    assert_non_null(strstr(failure.text, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

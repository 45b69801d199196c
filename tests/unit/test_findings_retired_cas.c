/* The file of CAs that no longer issue: what it holds, and what is no such file. */
#include "findings/retired_cas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "files.h"

static void check_bytes(const char *text, size_t length, const char *wanted)
{
    char path[] = "/tmp/mxdane-retired-XXXXXX";
    int fd = mkstemp(path);
    struct failure failure = {{0}};
    struct retired *list;

    assert_true(fd >= 0);
    close(fd);
    file_write(path, text, length);
    list = retired_open(path, path, &failure);
    remove(path);
    if (wanted == NULL)
        assert_non_null(list);
    else
        assert_non_null(strstr(failure.text, wanted));
    assert_int_equal(list == NULL, wanted != NULL);
    retired_free(list);
}

static void check_file(const char *text, const char *wanted)
{
    check_bytes(text, strlen(text), wanted);
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
    check_file(HEX32 "\vx\n", "line 1: not a SHA2-256");
    check_file("60b8\n", "line 1: not a SHA2-256");
    check_file("60g8" HEX32 " x\n", "line 1: not a SHA2-256");
    assert_null(retired_open("/nonexistent/file", "it", &failure));
    assert_non_null(strstr(failure.text, "No such file"));
    assert_null(retired_open("/tmp", "--retired /tmp", &failure));
    assert_string_equal(failure.text, "--retired /tmp: Is a directory");
}

/* A line is read whole or not at all: what is behind a NUL or the limit is no other line. */
static void test_whole_lines(void **state)
{
    char text[600];

    (void)state;
    check_bytes(HEX32 " x\0y\n", sizeof HEX32 " x\0y", "line 1: not a SHA2-256");
    check_bytes("\0binary\n", 8, "line 1: not a SHA2-256");
    snprintf(text, sizeof text, "#%0*d\n", LIMIT_RETIRED_LINE - 3, 0);
    check_file(text, NULL);
    snprintf(text, sizeof text, "#%0*d" HEX32 " x\n", LIMIT_RETIRED_LINE - 2, 0);
    check_file(text, "line 1: not a SHA2-256");
}

static void check_issuer(const struct retired *list, uint8_t first, const char *name,
                         enum retired_state state)
{
    uint8_t digest[32] = {first};
    const struct record_tlsa tlsa = {2, 1, 1, {digest, sizeof digest}};
    const struct retired_issuer *issuer = retired_find(list, &tlsa);

    assert_non_null(issuer);
    assert_string_equal(issuer->name, name);
    assert_int_equal(issuer->state, state);
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

/* The state is a word before a name; lines of older files have none. */
static void test_states(void **state)
{
    static const char text[] = "01" ZEROS " Old CA\n"
                               "02" ZEROS " retired Gone CA\n"
                               "03" ZEROS "\tsuperseded \tLast year's CA\r\n"
                               "04" ZEROS " superseded\n"
                               "05" ZEROS " Superseded CA\n"
                               "06" ZEROS " supersededs CA\n"
                               "07" ZEROS " retired retired CA\n";
    char path[] = "/tmp/mxdane-retired-XXXXXX";
    int fd = mkstemp(path);
    struct failure failure;
    struct retired *list;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    file_write(path, text, sizeof text - 1);
    list = retired_open(path, path, &failure);
    remove(path);
    assert_non_null(list);
    check_issuer(list, 1, "Old CA", RETIRED_GONE);
    check_issuer(list, 2, "Gone CA", RETIRED_GONE);
    check_issuer(list, 3, "Last year's CA", RETIRED_SUPERSEDED);
    check_issuer(list, 4, "superseded", RETIRED_GONE);
    check_issuer(list, 5, "Superseded CA", RETIRED_GONE);
    check_issuer(list, 6, "supersededs CA", RETIRED_GONE);
    check_issuer(list, 7, "retired CA", RETIRED_GONE);
    retired_free(list);
}

/* As many keys as there may be, and what is no key behind them. */
static void test_limit(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text, 0);
    for (size_t i = 0; i < LIMIT_RETIRED; i++)
        buffer_puts(&text, HEX32 " x\n");
    buffer_puts(&text, "# the last\n\n");
    check_file(text.data, NULL);
    buffer_puts(&text, HEX32 " x\n");
    check_file(text.data, "more than 256 keys");
    buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file),
                                       cmocka_unit_test(test_whole_lines),
                                       cmocka_unit_test(test_states),
                                       cmocka_unit_test(test_limit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

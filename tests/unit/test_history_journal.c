#include "history/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "files.h"

static char path[] = "/tmp/mxdane-journal-XXXXXX";

static struct journal *open_good(void)
{
    struct failure failure = {{0}};
    struct journal *journal = journal_open("--journal", path, &failure);

    if (journal == NULL)
        fail_msg("%s", failure.text);
    return journal;
}

static void test_goes_on(void **state)
{
    static const char before[] = "0 0 a.example\n2 1 c.example\n";
    struct failure failure = {{0}};
    struct journal *journal;
    enum exit_status status = EXIT_OWN_FAILURE;

    (void)state;
    file_write(path, before, strlen(before));
    journal = open_good();
    assert_int_equal(journal_look(journal, 0, "a.example", &status), JOURNAL_DONE);
    assert_int_equal(status, EXIT_SECURE);
    assert_int_equal(journal_look(journal, 1, "b.example", &status), JOURNAL_OPEN);
    assert_int_equal(journal_look(journal, 2, "c.example", &status), JOURNAL_DONE);
    assert_int_equal(status, EXIT_WRONG);
    assert_int_equal(journal_look(journal, 2, "d.example", &status), JOURNAL_ANOTHER);
    assert_int_equal(journal_look(journal, 3, "d.example", &status), JOURNAL_OPEN);
    assert_int_equal(journal_look(journal, SIZE_MAX, "d.example", &status), JOURNAL_OPEN);
    assert_true(journal_fits(journal, 3));
    assert_false(journal_fits(journal, 2));
    assert_true(journal_add(journal, 1, EXIT_WRONG, "b.example", &failure));
    journal_close(journal);
    assert_file(path, "0 0 a.example\n2 1 c.example\n1 1 b.example\n");
}

/* Whatever a kill leaves of the last line is as if it had not been begun. */
static void test_cut_everywhere(void **state)
{
    static const char whole[] = "0 0 a.example\n1 0 b.example\n";
    static const char first[] = "0 0 a.example\n";

    (void)state;
    for (size_t length = strlen(first); length < strlen(whole); length++) {
        enum exit_status status;
        struct journal *journal;

        file_write(path, whole, length);
        journal = open_good();
        assert_int_equal(journal_look(journal, 0, "a.example", &status), JOURNAL_DONE);
        assert_int_equal(journal_look(journal, 1, "b.example", &status), JOURNAL_OPEN);
        journal_close(journal);
        assert_file(path, first);
    }
}

static void test_refused(void **state)
{
    static const char *const rows[] = {
        "a.example\n",
        "\n",
        "-1 0 a.example\n",
        " 1 0 a.example\n",
        "1 2 a.example\n",
        "1 0a.example\n",
        "1a 0 a.example\n",
        "1 a.example\n",
        "99999999999999999999999 0 a.example\n",
        "100000 0 far above the number of lines\n",
        "0 0 a.example\nsomething else\n",
        "a list's only domain, without a line end",
        "0 0 a.example\nexample.org",
        "0 2",
        "0 0x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure failure = {{0}};

        file_write(path, rows[i], strlen(rows[i]));
        if (journal_open("--journal", path, &failure) != NULL)
            fail_msg("taken: %s", rows[i]);
        assert_non_null(strstr(failure.text, "not a journal"));
        assert_file(path, rows[i]);
    }
}

/* A NUL ends no line, and what has no end within the longest line is no journal. */
static void test_odd_bytes(void **state)
{
    static const char with_nul[] = "0 0 a.example\n1 0 b\0c\n";
    char endless[4096];
    struct failure failure = {{0}};

    (void)state;
    file_write(path, with_nul, sizeof with_nul - 1);
    assert_null(journal_open("--journal", path, &failure));
    memset(endless, '1', sizeof endless);
    file_write(path, endless, sizeof endless);
    assert_null(journal_open("--journal", path, &failure));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_goes_on),
                                       cmocka_unit_test(test_cut_everywhere),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_odd_bytes)};
    int fd = mkstemp(path), result;

    if (fd < 0)
        return 1;
    close(fd);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return result;
}

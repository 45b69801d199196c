/* The state file: what it holds, what is no state, and that the old or the new one is there. */
#include "history/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "files.h"

static char directory[] = "/tmp/mxdane-state-XXXXXX";
static char path[sizeof directory + sizeof "/state"];

static const char good[] = "mxdane state 1\n"
                           "a.example\tpass\t-\t0\t00000000\n"
                           "b.example\tfail\ttlsa-mismatch\t2\t0123abcd\n"
                           "two\\x09words\tfail\tdomain-invalid\t1\t00000001\n"
                           "end 3\n";

static struct state *open_good(void)
{
    struct failure failure = {{0}};
    struct state *state = state_open("--state", path, &failure);

    if (state == NULL)
        fail_msg("%s", failure.text);
    return state;
}

/* A domain that passes, or fails by this. */
static struct domain domain_with(const char *input, const char *name, const struct finding *finding)
{
    static const struct lookup ds = {.owner = "x.", .type = RECORD_DS, .ad = true,
                                     .status = LOOKUP_NODATA};
    struct domain domain = {.input = input, .name = name, .walked = true, .lookups = {&ds},
                            .lookup_count = 1};

    if (finding != NULL) {
        domain.findings = finding;
        domain.finding_count = 1;
    }
    return domain;
}

static enum change_kind kind_of(struct state *state, const struct domain *domain)
{
    return state_compare(state, domain).kind;
}

static void test_first_run(void **unused)
{
    static const struct finding refused = {.code = FINDING_CONNECTION_REFUSED};
    struct failure failure = {{0}};
    struct domain fine = domain_with("A.example.", "a.example.", NULL);
    struct domain bad = domain_with("b.example", "b.example.", &refused);
    struct domain root = domain_with(".", ".", NULL);
    struct domain odd = domain_with("two\twords", NULL, NULL);
    struct standing was;
    struct state *state;
    size_t next = 0;

    (void)unused;
    unlink(path);
    state = open_good();
    assert_int_equal(kind_of(state, &fine), CHANGE_NONE);
    assert_int_equal(kind_of(state, &bad), CHANGE_NEW);
    assert_true(state_add(state, &fine, &failure));
    assert_true(state_add(state, &bad, &failure));
    assert_true(state_add(state, &root, &failure));
    assert_true(state_add(state, &odd, &failure));
    assert_null(state_next_gone(state, &next, &was));
    assert_true(state_publish(state, &failure));
    state_free(state);
    assert_file(path, "mxdane state 1\na.example\tpass\t-\t0\t00000000\n"
                "b.example\tuntested\tconnection-refused\t1\t08a3bdde\n"
                ".\tpass\t-\t0\t00000000\ntwo\\x09words\tfail\tincomplete\t1\t00000000\nend 4\n");
    assert_int_equal(count_files(directory), 1);
    state = open_good();
    assert_int_equal(kind_of(state, &fine), CHANGE_NONE);
    assert_int_equal(kind_of(state, &bad), CHANGE_NONE);
    assert_int_equal(kind_of(state, &root), CHANGE_NONE);
    assert_int_equal(kind_of(state, &odd), CHANGE_NONE);
    state_free(state);
    assert_int_equal(count_files(directory), 1);
}

static void test_gone(void **unused)
{
    struct domain again = domain_with("B.Example", "b.example.", NULL);
    struct standing was;
    struct state *state;
    size_t next = 0;

    (void)unused;
    file_write(path, good, strlen(good));
    state = open_good();
    assert_int_equal(kind_of(state, &again), CHANGE_BETTER);
    assert_string_equal(state_next_gone(state, &next, &was), "a.example");
    assert_int_equal(was.reason, FINDING_CODES);
    assert_string_equal(state_next_gone(state, &next, &was), "two\\x09words");
    assert_int_equal(was.reason, FINDING_DOMAIN_INVALID);
    assert_null(state_next_gone(state, &next, &was));
    state_free(state);
    assert_file(path, good);
    assert_int_equal(count_files(directory), 1);
}

/* Named twice in the list, it is one domain. */
static void test_twice(void **unused)
{
    static const char text[] = "mxdane state 1\nb\tpass\t-\t0\t00000000\n"
                               "a\tpass\t-\t0\t00000000\nb\tpass\t-\t0\t00000000\nend 3\n";
    struct domain b = domain_with("b", "b.", NULL);
    struct standing was;
    struct state *state;
    size_t next = 0;

    (void)unused;
    file_write(path, text, strlen(text));
    state = open_good();
    kind_of(state, &b);
    assert_string_equal(state_next_gone(state, &next, &was), "a");
    assert_null(state_next_gone(state, &next, &was));
    state_free(state);
}

/* What is written is read again, however odd the input. */
static void test_odd_names(void **unused)
{
    static const char *const inputs[] = {"", "b\u00fccher..x", "\\x41 \\\\x\\", "\xff\\\x80\u202e",
                                         "\t\n\033[0m\u00e9\\"};
    struct finding finding = {.code = FINDING_DOMAIN_INVALID};
    struct failure failure = {{0}};

    (void)unused;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct domain domain = domain_with(inputs[i], NULL, &finding);
        struct state *state;

        unlink(path);
        state = open_good();
        assert_true(state_add(state, &domain, &failure) && state_publish(state, &failure));
        state_free(state);
        state = open_good();
        assert_int_equal(kind_of(state, &domain), CHANGE_NONE);
        state_free(state);
    }
}

static void refuse(const char *text, size_t length, const char *wanted)
{
    struct failure failure = {{0}};
    struct state *state;

    file_write(path, text, length);
    state = state_open("--state", path, &failure);
    if (state != NULL)
        fail_msg("taken: %.*s", (int)length, text);
    if (strstr(failure.text, wanted) == NULL)
        fail_msg("%s: not %s", failure.text, wanted);
    assert_non_null(strstr(failure.text, path));
    assert_int_equal(count_files(directory), 1);
}

/* Wherever it is cut it is no state: the domains that are missing would be unknown, not gone. */
static void test_cut_everywhere(void **unused)
{
    (void)unused;
    for (size_t length = 0; length < strlen(good); length++)
        refuse(good, length, length == 0 ? "empty" : length < 15 ? "not a state" : "");
}

static void test_broken(void **unused)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"root:x:0:0\n", "is not a state"},
        {"mxdane state 2\nend 0\n", "is not a state"},
        {"mxdane state 1\nend 1\n", "line 2"},
        {"mxdane state 1\na\tpass\t-\t0\t00000000\nend 2\n", "line 3"},
        {"mxdane state 1\nend 0\n\n", "not whole"},
        {"mxdane state 1\nend 0\na\tpass\t-\t0\t00000000\n", "not whole"},
        {"mxdane state 1\n\033[2J\tpass\t-\t0\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\xff\tpass\t-\t0\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\n\xc3\\\xbc\tpass\t-\t0\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\u202e\tpass\t-\t0\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tpass\t-\t0\nend 1\n", "line 2"},
        {"mxdane state 1\na\tfail\tno-such-id\t1\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tfail\t-\t1\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tfail\ttlsa-mismatch\t0\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tfail\ttlsa-mismatch\tx\t00000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tpass\t-\t0\t0000000\nend 1\n", "line 2"},
        {"mxdane state 1\na\tpass\t-\t0\t0000000G\nend 1\n", "line 2"},
        {"mxdane state 1\na\tpass\t-\t0\t00000000\tmore\nend 1\n", "line 2"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse(rows[i].text, strlen(rows[i].text), rows[i].wanted);
    refuse("mxdane state 1\n\0end 0\n", 21, "not whole");
}

/* No file of another kind is read or replaced, and nothing is made where there is no folder. */
static void test_other_files(void **unused)
{
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        {"/dev/null", "not a regular file"},
        {"/tmp", "not a regular file"},
        {"/nonexistent/state", "No such file"},
    };
    struct failure failure;

    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        failure.text[0] = '\0';
        assert_null(state_open("--state", rows[i].path, &failure));
        assert_non_null(strstr(failure.text, rows[i].path));
        assert_non_null(strstr(failure.text, rows[i].wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_run), cmocka_unit_test(test_gone),
        cmocka_unit_test(test_twice),     cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_broken),    cmocka_unit_test(test_other_files),
    };
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/state", directory);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(directory);
    return failed;
}

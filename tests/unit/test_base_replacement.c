/* A file that is replaced as a whole: its rights, links, names that cannot be, what is left. */
#include "base/replacement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "files.h"

static char directory[] = "/tmp/mxdane-replacement-XXXXXX";
static char path[sizeof directory + sizeof "/report"], link_path[sizeof path + sizeof ".link"];

/* The file as it was before, with these rights. */
static void make_file(mode_t mode)
{
    file_write(path, "before", 6);
    assert_int_equal(chmod(path, mode), 0);
}

static struct stat status_of(const char *name)
{
    struct stat status;

    assert_int_equal(lstat(name, &status), 0);
    return status;
}

/* Replaces what has this name. */
static void replace(const char *name)
{
    struct failure failure = {{0}};
    struct replacement replacement;

    if (!replacement_open(&replacement, "-o", name, &failure))
        fail_msg("%s", failure.text);
    assert_int_equal(write(replacement.fd, "after", 5), 5);
    if (!replacement_publish(&replacement, &failure))
        fail_msg("%s", failure.text);
    replacement_close(&replacement);
    assert_int_equal(status_of(path).st_size, 5);
}

static void assert_refused(const char *name, const char *wanted)
{
    struct failure failure = {{0}};
    struct replacement replacement;

    assert_false(replacement_open(&replacement, "-o", name, &failure));
    assert_string_equal(failure.text, wanted);
}

/* As a redirection: a new one by the mask, one that was there with the rights it had. */
static void test_mode(void **state)
{
    static const mode_t modes[] = {0600, 0640, 0644, 0666, 0400};
    mode_t mask = umask(027);

    (void)state;
    unlink(path);
    replace(path);
    assert_int_equal(status_of(path).st_mode & 07777, 0640);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        make_file(modes[i]);
        replace(path);
        assert_int_equal(status_of(path).st_mode & 07777, modes[i]);
        unlink(path);
    }
    umask(mask);
    assert_int_equal(count_files(directory), 0);
}

/* Who may give files away keeps the owner, too. */
static void test_owner(void **state)
{
    (void)state;
    make_file(04750);
    if (chown(path, 906, 907) != 0)
        skip();
    replace(path);
    assert_int_equal(status_of(path).st_uid, 906);
    assert_int_equal(status_of(path).st_gid, 907);
    assert_int_equal(status_of(path).st_mode & 07777, 0750);
    unlink(path);
}

/* Who may not: another group does not get the rights of the one that was. */
static void test_foreign(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    make_file(0664);
    assert_int_equal(chmod(directory, 0777) | setegid(907) | seteuid(906), 0);
    replace(path);
    assert_int_equal(seteuid(0) | setegid(0), 0);
    assert_int_equal(status_of(path).st_uid, 906);
    assert_int_equal(status_of(path).st_mode & 07777, 0604);
    unlink(path);
}

static void test_link(void **state)
{
    char wanted[256];

    (void)state;
    make_file(0600);
    assert_int_equal(symlink(path, link_path), 0);
    replace(link_path);
    assert_true(S_ISLNK(status_of(link_path).st_mode));
    assert_int_equal(status_of(path).st_mode & 07777, 0600);
    unlink(path);
    snprintf(wanted, sizeof wanted, "-o %s: is a link that leads nowhere", link_path);
    assert_refused(link_path, wanted);
    assert_true(S_ISLNK(status_of(link_path).st_mode));
    unlink(link_path);
    assert_int_equal(count_files(directory), 0);
}

/* Before anything is audited. */
static void test_names(void **state)
{
    char wanted[256];

    (void)state;
    assert_refused("", "-o : No such file or directory");
    snprintf(wanted, sizeof wanted, "-o %s: is not a regular file", directory);
    assert_refused(directory, wanted);
    assert_refused("/dev/null", "-o /dev/null: is not a regular file");
    assert_refused("/proc/nowhere/report", "-o /proc/nowhere/report: No such file or directory");
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/report", directory);
    snprintf(link_path, sizeof link_path, "%s.link", path);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

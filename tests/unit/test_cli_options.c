#include "cli/options.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ARGUMENTS = 8 };

/* Parses with argv[0] before and returns whether it was taken. */
static bool parse(struct options *options, const char *const arguments[ARGUMENTS],
                  struct failure *failure)
{
    char *argv[ARGUMENTS + 2] = {(char *)"mxdane"};
    const struct options_terminal terminal = {.color = true, .progress = true};
    int argc = 1;

    while (argc <= ARGUMENTS && arguments[argc - 1] != NULL) {
        argv[argc] = (char *)arguments[argc - 1];
        argc++;
    }
    optind = 0;
    failure->text[0] = '\0';
    return options_parse(options, argc, argv, 1000, &terminal, failure);
}

static void test_defaults(void **state)
{
    static const char *const none[ARGUMENTS] = {NULL};
    struct options options;
    struct failure failure;

    (void)state;
    assert_true(parse(&options, none, &failure));
    assert_int_equal(options.plan.resolver.nameserver_count, 0);
    assert_int_equal(options.plan.resolver.timeout_ms, 3000);
    assert_int_equal(options.plan.resolver.tries, 6);
    assert_int_equal(options.plan.resolver.udp_size, 1216);
    assert_int_equal(options.plan.smtp_timeout_ms, 30000);
    assert_int_equal(options.plan.line_limit, 4096);
    assert_int_equal(options.plan.port, 25);
    assert_int_equal(options.plan.verify_time, 1000);
    assert_true(options.trace.color);
    assert_int_equal(options.domain_count, 1);
    assert_string_equal(options.domains[0], ".");
    options_fini(&options);
}

static void test_values(void **state)
{
    static const char *const some[ARGUMENTS] = {"-n", "::1@5353", "-d", "30", "-p2525",
                                                "-6vv", "a.example", "b.example"};
    struct options options;
    struct failure failure;

    (void)state;
    assert_true(parse(&options, some, &failure));
    assert_string_equal(options.plan.resolver.nameservers[0], "::1@5353");
    assert_int_equal(options.plan.verify_time, 1000 + 30 * 86400);
    assert_int_equal(options.plan.port, 2525);
    assert_true(options.plan.no_ipv6);
    assert_false(options.plan.no_ipv4);
    assert_int_equal(options.trace.verbose, 2);
    assert_int_equal(options.domain_count, 2);
    assert_string_equal(options.domains[1], "b.example");
    options_fini(&options);
}

/* The last one counts, "auto" too; without a list there is nothing to show. */
static void test_when(void **state)
{
    static const struct {
        const char *arguments[ARGUMENTS];
        bool color, progress;
    } rows[] = {
        {{"-f", "list"}, true, true},
        {{"a.example"}, true, false},
        {{"--progress", "always", "a.example"}, true, false},
        {{"--progress", "never", "--color", "never", "-f", "list"}, false, false},
        {{"--progress", "never", "--progress", "auto", "-f", "list"}, true, true},
        {{"--color", "never", "--color", "auto", "-f", "list"}, true, true},
        {{"--color", "never", "--color", "always", "-f", "list"}, true, true},
        {{"-o", "file", "-f", "list"}, false, true},
        {{"-o", "file", "--color", "auto", "-f", "list"}, false, true},
        {{"--color", "always", "-o", "file", "-f", "list"}, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct failure failure;

        assert_true(parse(&options, rows[i].arguments, &failure));
        if (options.trace.color != rows[i].color || options.progress != rows[i].progress)
            fail_msg("row %zu", i);
        options_fini(&options);
    }
}

/* Findings and dialogues are for those who show them. */
static void test_format(void **state)
{
    static const struct {
        const char *arguments[ARGUMENTS];
        const char *format;
        bool findings, dialogue;
    } rows[] = {
        {{"a.example"}, "trace", false, false},
        {{"-q", "-f", "list"}, "trace", false, false},
        {{"-v"}, "trace", true, true},
        {{"--format", "json", "--journal", "j", "-f", "list"}, "json", true, true},
        {{"--format", "nagios", "."}, "nagios", true, false},
        {{"--format", "prometheus"}, "prometheus", true, false},
        {{"--format", "summary", "-q"}, "summary", true, false},
        {{"--format", "summary", "--format", "trace"}, "trace", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct failure failure;

        assert_true(parse(&options, rows[i].arguments, &failure));
        assert_string_equal(options.format->name, rows[i].format);
        assert_int_equal(options.plan.findings, rows[i].findings);
        assert_int_equal(options.plan.dialogue, rows[i].dialogue);
        assert_int_equal(options.rules.warn_days, 14);
        options_fini(&options);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *arguments[ARGUMENTS];
        const char *wanted;
    } rows[] = {
        {{"-x"}, "unknown option: -x (see mxdane --help)"},
        {{"--nonsense"}, "unknown option: --nonsense (see mxdane --help)"},
        {{"--a\n\033[31mb"}, "unknown option: --a\\x0a\\x1b[31mb (see mxdane --help)"},
        {{"-g"}, "option needs an argument: -g (see mxdane --help)"},
        {{"--journal", "j", "a.example"}, "--journal: only with -f"},
        {{"--changes", "a.example"}, "--changes: only with --state"},
        {{"--journal", "j", "--state", "s", "-f", "list"},
         "--journal: not with --state, which is of a whole run"},
        {{"--progress", "often", "-f", "list"}, "--progress: auto, always or never, not often"},
        {{"-g", "["}, "-g: bad pattern at offset 1: missing terminating ] for character class"},
        {{"--only", "("}, "--only: bad pattern at offset 1: missing closing parenthesis"},
        {{"-t", "0"}, "-t: not a number from 1 to 600000: 0"},
        {{"-p", "65536"}, "-p: not a number from 1 to 65535: 65536"},
        {{"-p", "25x"}, "-p: not a number from 1 to 65535: 25x"},
        {{"--color", "sometimes"}, "--color: auto, always or never, not sometimes"},
        {{"-n", "resolver.example"},
         "-n: not an address of a nameserver: resolver.example"},
        {{"-n", "[127.0.0.1]"}, "-n: not an address of a nameserver: [127.0.0.1]"},
        {{"-H", "a b"}, "-H: not an EHLO name"},
        {{"-w", "x"}, "-w: not a number from 0 to 36500: x"},
        {{"--format", "xml"}, "--format: trace, json, nagios, prometheus, summary, not xml"},
        {{"--format", "json", "-g", "x"}, "-g: only with --format trace, whose lines it picks"},
        {{"-q", "--format", "prometheus"},
         "-q: not with --format prometheus, where what is left out is missing"},
        {{"--journal", "j", "-f", "l", "--format", "nagios"},
         "--journal: not with --format nagios, which is one text for all domains"},
        {{"--journal", "j", "-f", "l", "--format", "prometheus"},
         "--journal: not with --format prometheus, which is one text for all domains"},
        {{"--format", "nagios"}, "--format nagios: no domain (. is the root)"},
        {{"-o", "a", "-o", "b"}, "-o: given twice"},
        {{"--state", "f", "-o", "f"}, "-o: not the file of --state, which would replace it"},
        {{"--journal", "j", "-f", "l", "-o", "file"},
         "--journal: not with -o, which would replace what the run before has written"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct failure failure;

        if (parse(&options, rows[i].arguments, &failure) ||
            strcmp(failure.text, rows[i].wanted) != 0)
            fail_msg("row %zu: %s, not %s", i, failure.text, rows[i].wanted);
        options_fini(&options);
    }
}

static void test_hosts(void **state)
{
    static const struct {
        const char *name;
        const char *arguments[ARGUMENTS];
        const char *host;
        bool wanted;
    } rows[] = {
        {"every host", {NULL}, "a.x.", true},
        {"-D", {"-D", "a.x"}, "a.x.", false},
        {"-D, absolute, upper case", {"-D", "A.X."}, "a.x.", false},
        {"-D another", {"-D", "b.a.x"}, "a.x.", true},
        {"-U with -D", {"-U", "-D", "a.x"}, "a.x.", true},
        {"-U with -D another", {"-U", "-D", "b.x"}, "a.x.", false},
        {"-U alone: none", {"-U"}, "a.x.", false},
        {"--only, anchored at the end", {"--only", "x$"}, "a.x.", true},
        {"--only another", {"--only", "^b"}, "a.x.", false},
        {"--skip", {"--skip", "^a"}, "a.x.", false},
        {"--only and --skip", {"--only", "x", "--skip", "^b"}, "a.x.", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct failure failure;

        assert_true(parse(&options, rows[i].arguments, &failure));
        if (plan_probes_host(&options.plan, rows[i].host) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
        options_fini(&options);
    }
}

/* Each name and pattern by itself, whatever the others do with the host. */
static void test_met(void **state)
{
    static const struct {
        const char *hosts[3];
        bool first, second, only, skip;
    } rows[] = {
        {{NULL}, false, false, false, false},
        {{"a.x."}, true, false, false, false},
        {{"b.x."}, false, true, true, false},
        {{"b.y.", "c.x."}, false, false, true, true},
        {{"a.x.", "b.x.", "c."}, true, true, true, true},
    };
    static const char *const arguments[ARGUMENTS] = {"-DA.X.", "-D", "b.x",  "--only",
                                                     "^b",     "--skip", "^c"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct failure failure;
        struct plan_met met = {.only = false};

        assert_true(parse(&options, arguments, &failure));
        for (size_t host = 0; host < 3 && rows[i].hosts[host] != NULL; host++)
            plan_meet(&options.plan, rows[i].hosts[host], &met);
        if (met.down[0] != rows[i].first || met.down[1] != rows[i].second ||
            met.only != rows[i].only || met.skip != rows[i].skip)
            fail_msg("row %zu", i);
        options_fini(&options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_when), cmocka_unit_test(test_format),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

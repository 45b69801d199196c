/*
 * From the options to the exit status. The linker puts the run and its output under the test's hand:
 * what the command makes of what they return, and in which order it does things.
 */
#include "cli/audit_command.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/run.h"
#include "cli/delivery.h"
#include "cli/process.h"
#include "findings/retired_cas.h"

enum { NAGIOS_UNKNOWN = 3, OTHER_STATUS = 77 };

/* What the stand-ins return. */
struct script {
    bool no_retired, no_output, no_descriptors, run_fails, name_refused, close_fails, installed;
    enum run_report_status report;
    enum sandbox_status sandbox; /* once it is entered */
    struct run_outcome outcome;
};

/* What they were given. */
struct seen {
    char order[32]; /* b u: signals blocked, unblocked; o r c: open, run, close; p s: sandbox */
    size_t order_length;
    struct report_sum sum;
    bool failed;
    char sum_failure[64];
    int status;
    unsigned rights;
    struct retired *retired; /* of the rules, while the domains run */
    unsigned freed;
    struct plan plan;
    struct run_input input;
    enum run_report_status report; /* as the run is told */
    size_t drawn;                  /* domains, by the progress */
    char path[64], what[64];
};

static struct script script;
static struct seen seen;

void __wrap_process_hold_signals(int how);
bool __wrap_process_fit_descriptors(struct plan *plan, struct failure *failure);
void __wrap_sandbox_prepare(struct sandbox *sandbox);
void __wrap_sandbox_enter(struct sandbox *sandbox, unsigned rights);
bool __wrap_delivery_open(struct delivery *delivery, const struct options *options,
                          struct failure *failure);
enum run_report_status __wrap_delivery_report(struct delivery *delivery,
                                              const struct domain *domain,
                                              struct failure *failure);
int __wrap_delivery_close(struct delivery *delivery, const struct report_sum *sum, int status,
                          struct failure *failure);
void __wrap_progress_draw(struct progress *progress, const struct run_counts *counts);
int __wrap_access(const char *path, int mode);
bool __wrap_run_domains(const struct plan *plan, const struct run_input *input,
                        const struct run_reader *reader, struct run_outcome *outcome,
                        struct failure *failure);
struct retired *__wrap_retired_open(const char *path, const char *what, struct failure *failure);
void __wrap_retired_free(struct retired *retired);

static void did(char what)
{
    assert_true(seen.order_length < sizeof seen.order - 1);
    seen.order[seen.order_length++] = what;
}

void __wrap_process_hold_signals(int how)
{
    did(how == SIG_BLOCK ? 'b' : 'u');
}

bool __wrap_process_fit_descriptors(struct plan *plan, struct failure *failure)
{
    plan->jobs = 17;
    return !script.no_descriptors || failure_set(failure, "no descriptors");
}

void __wrap_sandbox_prepare(struct sandbox *sandbox)
{
    did('p');
    sandbox->status = SANDBOX_PREPARED;
}

void __wrap_sandbox_enter(struct sandbox *sandbox, unsigned rights)
{
    did('s');
    seen.rights = rights;
    if (sandbox->status == SANDBOX_PREPARED)
        sandbox->status = script.sandbox;
    failure_set(&sandbox->reason, "the system's reason");
}

bool __wrap_delivery_open(struct delivery *delivery, const struct options *options,
                          struct failure *failure)
{
    did('o');
    *delivery = (struct delivery){.options = options};
    return !script.no_output || failure_set(failure, "no output");
}

static const struct domain a_domain;
static struct delivery *the_delivery;

enum run_report_status __wrap_delivery_report(struct delivery *delivery,
                                              const struct domain *domain,
                                              struct failure *failure)
{
    assert_ptr_equal(delivery, the_delivery);
    assert_ptr_equal(domain, &a_domain);
    assert_string_equal(failure->text, "");
    return script.report;
}

void __wrap_progress_draw(struct progress *progress, const struct run_counts *counts)
{
    assert_ptr_equal(progress, &the_delivery->output.progress);
    seen.drawn += counts->done;
}

int __wrap_access(const char *path, int mode)
{
    assert_int_equal(mode, F_OK);
    assert_string_equal(path, MXDANE_SHARE "/retired-issuers");
    return script.installed ? 0 : -1;
}

int __wrap_delivery_close(struct delivery *delivery, const struct report_sum *sum, int status,
                          struct failure *failure)
{
    did('c');
    (void)delivery;
    seen.sum = *sum;
    seen.status = status;
    seen.failed = sum->failure != NULL;
    if (sum->failure != NULL)
        snprintf(seen.sum_failure, sizeof seen.sum_failure, "%s", sum->failure);
    if (script.close_fails) {
        failure_set(failure, "no close");
        return OTHER_STATUS;
    }
    return status;
}

bool __wrap_run_domains(const struct plan *plan, const struct run_input *input,
                        const struct run_reader *reader, struct run_outcome *outcome,
                        struct failure *failure)
{
    struct delivery *delivery = reader->argument;

    did('r');
    seen.plan = *plan;
    seen.input = *input;
    seen.retired = delivery->options->rules.retired != NULL
                       ? (struct retired *)&seen : NULL;
    the_delivery = delivery;
    assert_ptr_equal(reader->output, &delivery->output.fd);
    delivery->name_refused = script.name_refused;
    *outcome = script.outcome;
    if (!reader->opened(delivery, failure))
        return false;
    seen.report = reader->report(delivery, &a_domain, failure);
    if (reader->progress != NULL)
        reader->progress(delivery, &outcome->counts);
    return !script.run_fails || failure_set(failure, "no run");
}

struct retired *__wrap_retired_open(const char *path, const char *what, struct failure *failure)
{
    snprintf(seen.path, sizeof seen.path, "%s", path);
    snprintf(seen.what, sizeof seen.what, "%s", what);
    if (!script.no_retired)
        return (struct retired *)&seen; /* any address but NULL */
    failure_set(failure, "no retired");
    return NULL;
}

void __wrap_retired_free(struct retired *retired)
{
    seen.freed += retired != NULL;
}

/* What a stream gets while the command runs. */
static char told[1024], printed[1024];

static int divert(int fd)
{
    FILE *file = tmpfile();
    int copy = dup(fd);

    assert_non_null(file);
    assert_true(copy >= 0 && dup2(fileno(file), fd) == fd);
    fclose(file);
    return copy;
}

static void restore(int fd, int copy, char *text, size_t size)
{
    ssize_t count = pread(fd, text, size - 1, 0);

    assert_true(count >= 0);
    text[count] = '\0';
    assert_int_equal(dup2(copy, fd), fd);
    close(copy);
}

static struct failure failure;

static int command(struct options *options)
{
    int errors, output, status;

    memset(&seen, 0, sizeof seen);
    memset(&failure, 0, sizeof failure);
    fflush(stdout);
    fflush(stderr);
    errors = divert(STDERR_FILENO);
    output = divert(STDOUT_FILENO);
    status = audit_command(options, &failure);
    fflush(stdout);
    fflush(stderr);
    restore(STDOUT_FILENO, output, printed, sizeof printed);
    restore(STDERR_FILENO, errors, told, sizeof told);
    return status;
}

/* One domain by a resolver of this host; nothing to be told. */
static struct options options_of(const char *format)
{
    static const char *const domains[] = {"x.y"};
    static const char *const here[] = {"127.0.0.1", "192.0.2.1 is not looked at"};
    struct options options = {.format = report_format_find(format), .host_name = "this.host.x",
                              .domains = domains, .domain_count = 1};

    options.plan.resolver.nameservers = here;
    options.plan.resolver.nameserver_count = 1;
    options.plan.helo = "mail.x";
    script = (struct script){.sandbox = SANDBOX_HOLDS,
                             .outcome = {.counts = {.done = 1, .hosts = 1, .milliseconds = 12}}};
    return options;
}

#define WHOLE "boprsubcu"

static const struct row {
    const char *name;
    struct script script; /* its outcome counts only as below */
    enum exit_status domains;
    int signal;
    int status, nagios;
    const char *order;
    int closed_with; /* the status of the run */
    bool whole;
    const char *failure;
} rows[] = {
    {"all pass", {0}, EXIT_SECURE, 0, 0, 0, WHOLE, 0, true, ""},
    {"one fails", {0}, EXIT_WRONG, 0, 1, 1, WHOLE, 1, true, ""},
    {"the run fails", {.run_fails = true}, EXIT_SECURE, 0, 2, 2, WHOLE, 2, false, "no run"},
    {"the run fails beside failing domains", {.run_fails = true}, EXIT_WRONG, 0, 2, 2, WHOLE, 2,
     false, "no run"},
    {"the run fails after a signal", {.run_fails = true}, EXIT_SECURE, SIGTERM, 2, 2, WHOLE, 2,
     false, "no run"},
    {"SIGTERM", {0}, EXIT_SECURE, SIGTERM, 143, 143, WHOLE, 143, false, ""},
    {"SIGINT, and failing domains", {0}, EXIT_WRONG, SIGINT, 130, 130, WHOLE, 130, false, ""},
    {"the sandbox fails", {.sandbox = SANDBOX_FAILED}, EXIT_SECURE, 0, 2, 2, "boprsbcu", 2, false,
     "sandbox: the system's reason"},
    {"no sandbox here", {.sandbox = SANDBOX_UNAVAILABLE}, EXIT_SECURE, 0, 0, 0, WHOLE, 0, true, ""},
    {"too few descriptors", {.no_descriptors = true}, EXIT_SECURE, 0, 2, 2, "bopbcu", 2, false,
     "no descriptors"},
    {"the output cannot be made", {.no_output = true}, EXIT_SECURE, 0, 2, NAGIOS_UNKNOWN, "bo", 0,
     false, "no output"},
    {"the output cannot be closed", {.close_fails = true}, EXIT_SECURE, 0, OTHER_STATUS,
     OTHER_STATUS, WHOLE, 0, true, "no close"},
};

static void check_row(const struct row *row, const char *format)
{
    struct options options = options_of(format);
    struct run_outcome outcome = script.outcome;
    bool nagios = options.format->one_text;
    int status;

    script = row->script;
    if (script.sandbox == SANDBOX_OFF)
        script.sandbox = SANDBOX_HOLDS;
    script.outcome = outcome;
    script.outcome.status = row->domains;
    script.outcome.signal = row->signal;
    status = command(&options);
    if (status != (nagios ? row->nagios : row->status))
        fail_msg("%s, %s: %d", row->name, format, status);
    if (strcmp(seen.order, row->order) != 0)
        fail_msg("%s: %s", row->name, seen.order);
    assert_string_equal(failure.text, row->failure);
    if (seen.status != row->closed_with || seen.sum.whole != row->whole)
        fail_msg("%s: closed with %d, whole %d", row->name, seen.status, seen.sum.whole);
    if (strchr(seen.order, 'c') == NULL)
        return;
    assert_int_equal(seen.failed, row->script.run_fails || row->closed_with == EXIT_OWN_FAILURE);
    assert_string_equal(seen.sum_failure, row->script.close_fails ? "" : row->failure);
    assert_int_equal(seen.sum.milliseconds, strchr(seen.order, 'r') != NULL ? 12 : 0);
    assert_true(seen.sum.now > 1700000000);
}

static void test_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i], "trace");
        check_row(&rows[i], "nagios");
    }
}

/* A failure before there is an output is the status line of a format that has one. */
static void test_early_failure(void **state)
{
    struct options options = options_of("nagios");

    (void)state;
    script.no_output = true;
    assert_int_equal(command(&options), NAGIOS_UNKNOWN);
    assert_non_null(strstr(printed, "UNKNOWN"));
    assert_non_null(strstr(printed, "no output"));
    options = options_of("trace");
    script.no_output = true;
    assert_int_equal(command(&options), EXIT_OWN_FAILURE);
    assert_string_equal(printed, "");
    assert_string_equal(told, "");
}

/* The run gets the plan as it fits the system, and the input as it was given. */
static void test_input(void **state)
{
    struct options options = options_of("trace");

    (void)state;
    options.plan.jobs = 200;
    options.list = "list";
    options.journal = "journal";
    assert_int_equal(command(&options), EXIT_SECURE);
    assert_int_equal(seen.plan.jobs, 17);
    assert_int_equal(options.plan.jobs, 200);
    assert_string_equal(seen.input.path, "list");
    assert_string_equal(seen.input.journal, "journal");
    assert_string_equal(seen.input.path_option, "-f");
    assert_string_equal(seen.input.journal_option, "--journal");
    assert_ptr_equal(seen.input.domains, options.domains);
    assert_int_equal(seen.input.count, 1);
    assert_int_equal(seen.drawn, 0);
    options.progress = true;
    assert_int_equal(command(&options), EXIT_SECURE);
    assert_int_equal(seen.drawn, 1);
}

/* What becomes of a finished domain is the delivery's word. */
static void test_report(void **state)
{
    static const enum run_report_status reports[] = {RUN_REPORTED, RUN_REPORT_LATER,
                                                     RUN_REPORT_FAILED};

    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        struct options options = options_of("trace");

        script.report = reports[i];
        assert_int_equal(command(&options), EXIT_SECURE);
        assert_int_equal(seen.report, reports[i]);
    }
}

/* What is left of the files that the sandbox takes away. */
static void test_rights(void **state)
{
    static const struct {
        size_t nameservers;
        const char *output, *state;
        unsigned rights;
    } rights[] = {
        {1, NULL, NULL, 0},
        {0, NULL, NULL, SANDBOX_REMOVES_FILES},
        {1, "o", NULL, SANDBOX_RENAMES_FILES},
        {1, NULL, "s", SANDBOX_RENAMES_FILES},
        {0, "o", "s", SANDBOX_REMOVES_FILES | SANDBOX_RENAMES_FILES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        struct options options = options_of("trace");

        options.plan.resolver.nameserver_count = rights[i].nameservers;
        options.output = rights[i].output;
        options.state = rights[i].state;
        assert_int_equal(command(&options), EXIT_SECURE);
        assert_int_equal(seen.rights, rights[i].rights);
    }
}

/* A file that was named must be there: without it advice would be missing unseen. */
static void test_retired(void **state)
{
    struct options options = options_of("nagios");

    (void)state;
    options.retired = "file";
    assert_int_equal(command(&options), EXIT_SECURE); /* nobody asks for findings */
    assert_string_equal(seen.what, "");
    assert_null(seen.retired);
    options.plan.findings = true;
    assert_int_equal(command(&options), EXIT_SECURE);
    assert_string_equal(seen.path, "file");
    assert_string_equal(seen.what, "--retired file");
    assert_non_null(seen.retired);
    assert_int_equal(seen.freed, 1);
    script.no_retired = true;
    assert_int_equal(command(&options), NAGIOS_UNKNOWN);
    assert_string_equal(seen.order, "");
    assert_string_equal(failure.text, "no retired");
    options.format = report_format_find("json");
    assert_int_equal(command(&options), EXIT_OWN_FAILURE);
}

/* The one that is installed may be missing, but what is there must be readable. */
static void test_installed(void **state)
{
    static const char path[] = MXDANE_SHARE "/retired-issuers";
    struct options options = options_of("trace");

    (void)state;
    options.plan.findings = true;
    assert_int_equal(command(&options), EXIT_SECURE);
    assert_string_equal(seen.what, "");
    assert_null(seen.retired);
    script.installed = true;
    assert_int_equal(command(&options), EXIT_SECURE);
    assert_string_equal(seen.path, path);
    assert_string_equal(seen.what, path);
    assert_non_null(seen.retired);
    script.no_retired = true;
    assert_int_equal(command(&options), EXIT_OWN_FAILURE);
}

/*
 * What is told on standard error.
 */
enum { SAYS_PATH = 1, SAYS_NAME = 2, SAYS_DOWN = 4, SAYS_ONLY = 8, SAYS_SKIP = 16, SAYS_DONE = 32,
       SAYS_SUMMARY = 64, SAYS_SANDBOX = 128, SAYS_NO_SANDBOX = 256 };

static unsigned all_told(void)
{
    static const struct {
        unsigned what;
        const char *text;
    } texts[] = {
        {SAYS_PATH, "warning: answers of 192.0.2.1"},
        {SAYS_NAME, "warning: a server refused the name of this host, here:"},
        {SAYS_DOWN, "warning: -D mx.y:"},
        {SAYS_ONLY, "warning: --only o:"},
        {SAYS_SKIP, "warning: --skip s:"},
        {SAYS_DONE, "--journal journal:"},
        {SAYS_SUMMARY, "mxdane: 1 domains, 0 failing"},
        {SAYS_SANDBOX, "sandbox: no programs"},
        {SAYS_NO_SANDBOX, "sandbox: off: "},
    };
    unsigned result = 0;
    size_t lines = 0, bits = 0;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(told, texts[i].text) != NULL) {
            result |= texts[i].what;
            bits++;
        }
    for (const char *at = told; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    if (lines != bits)
        fail_msg("%zu lines: %s", lines, told);
    return result;
}

static void far(struct options *options)
{
    static const char *const there[] = {"127.0.0.1", "192.0.2.1", "192.0.2.2"};

    options->plan.resolver.nameservers = there;
    options->plan.resolver.nameserver_count = 3;
}

static void far_first(struct options *options)
{
    static const char *const there[] = {"192.0.2.1"};

    options->plan.resolver.nameservers = there;
}

static void plain_name(struct options *options)
{
    script.name_refused = true;
    strcpy(options->host_name, "here");
    options->plan.helo = options->host_name;
}

static void choose(struct options *options)
{
    options->plan.down[0] = "mx.x";
    options->plan.down[1] = "mx.y";
    options->plan.down_count = 2;
    options->only = "o";
    options->skip = "s";
    script.outcome.met.down[0] = true;
}

static void listed(struct options *options)
{
    options->list = "list";
    options->journal = "journal";
}

/* clang-format off */
static void nothing(struct options *o) { (void)o; }
static void trusted(struct options *o) { far(o); o->trust_ad = true; }
static void nobody_refuses(struct options *o) { plain_name(o); script.name_refused = false; }
static void chosen_name(struct options *o) { plain_name(o); o->plan.helo = "here"; }
static void whole_name(struct options *o) { plain_name(o); strcpy(o->host_name, "here.x"); }
static void met(struct options *o) { choose(o); script.outcome.met.down[1] = script.outcome.met.only = script.outcome.met.skip = true; }
static void first_met_none(struct options *o) { met(o); o->plan.down[0] = "mx.y"; o->plan.down[1] = "mx.x"; script.outcome.met.down[0] = false; }
static void met_only(struct options *o) { choose(o); script.outcome.met.only = true; }
static void met_skip(struct options *o) { choose(o); script.outcome.met.skip = true; }
static void no_hosts(struct options *o) { choose(o); script.outcome.counts.hosts = 0; }
static void earlier(struct options *o) { choose(o); script.outcome.counts.earlier = 1; }
static void stopped(struct options *o) { choose(o); script.outcome.signal = SIGTERM; }
static void done_before(struct options *o) { listed(o); script.outcome.counts.done = 0; }
static void done_and_stopped(struct options *o) { done_before(o); script.outcome.signal = SIGTERM; }
static void verbose(struct options *o) { o->trace.verbose = 1; }
static void verbose_list(struct options *o) { verbose(o); listed(o); }
static void verbose_without_sandbox(struct options *o) { verbose(o); script.sandbox = SANDBOX_UNAVAILABLE; }
static void no_sandbox(struct options *o) { o->no_sandbox = true; }
static void verbose_no_sandbox(struct options *o) { verbose(o); no_sandbox(o); }
/* clang-format on */

static const struct tell_row {
    const char *name;
    void (*change)(struct options *);
    unsigned told;
} tell_rows[] = {
    {"nothing", nothing, 0},
    {"a resolver elsewhere, once", far, SAYS_PATH},
    {"the first of them", far_first, SAYS_PATH},
    {"--trust-ad", trusted, 0},
    {"a refused name without a dot", plain_name, SAYS_NAME},
    {"a name without a dot", nobody_refuses, 0},
    {"the same name by -H", chosen_name, 0},
    {"a refused name with a dot", whole_name, 0},
    {"what met no host", choose, SAYS_DOWN | SAYS_ONLY | SAYS_SKIP},
    {"all met one", met, 0},
    {"the first -D met none", first_met_none, SAYS_DOWN},
    {"--only met one", met_only, SAYS_DOWN | SAYS_SKIP},
    {"--skip met one", met_skip, SAYS_DOWN | SAYS_ONLY},
    {"no hosts", no_hosts, 0},
    {"hosts of an earlier run", earlier, 0},
    {"a run that was stopped", stopped, 0},
    {"a list", listed, 0},
    {"a list that was done before", done_before, SAYS_DONE},
    {"and a signal", done_and_stopped, 0},
    {"-v", verbose, SAYS_SANDBOX},
    {"-v -f", verbose_list, SAYS_SANDBOX | SAYS_SUMMARY},
    {"-v, none here", verbose_without_sandbox, SAYS_NO_SANDBOX},
    {"--no-sandbox", no_sandbox, 0},
    {"-v --no-sandbox", verbose_no_sandbox, SAYS_NO_SANDBOX},
};

static void test_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tell_rows / sizeof *tell_rows; i++)
        for (unsigned nagios = 0; nagios < 2; nagios++) {
            struct options options = options_of(nagios ? "nagios" : "trace");

            tell_rows[i].change(&options);
            command(&options);
            if (all_told() != tell_rows[i].told)
                fail_msg("%s: told %s", tell_rows[i].name, told);
            assert_int_equal(strchr(seen.order, 'p') == NULL, options.no_sandbox);
            if (options.no_sandbox && options.trace.verbose > 0)
                assert_non_null(strstr(told, "off: --no-sandbox"));
            if (script.sandbox == SANDBOX_UNAVAILABLE)
                assert_non_null(strstr(told, "off: the system's reason"));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses), cmocka_unit_test(test_early_failure),
        cmocka_unit_test(test_input),    cmocka_unit_test(test_rights),
        cmocka_unit_test(test_report),   cmocka_unit_test(test_retired),
        cmocka_unit_test(test_installed), cmocka_unit_test(test_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

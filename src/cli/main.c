#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "findings/retired_cas.h"
#include "audit/run.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/front.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
#include "cli/versions.h"
#include "dns/nameserver.h"

static enum run_report_status report(void *argument, const struct domain *domain,
                                     struct failure *failure)
{
    return front_report(argument, domain, failure);
}

static void progress(void *argument, const struct run_counts *counts)
{
    struct front *front = argument;

    progress_draw(&front->output.progress, counts);
}

static unsigned rights_of(const struct options *options)
{
    unsigned embedded = options->plan.resolver.nameserver_count == 0 ? SANDBOX_REMOVES_FILES : 0;
    bool renames = options->output != NULL || options->state != NULL;

    return embedded | (renames ? SANDBOX_RENAMES_FILES : 0);
}

/*
 * The files of -o and --state are there before the loop watches signals and after it does: one
 * that comes then must wait, else a temporary file would stay.
 */
static void hold_signals(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(how, &signals, NULL);
}

/* A system that refuses the filter is no reason not to audit; -v tells. */
static bool give_up_rights(void *argument, struct failure *failure)
{
    struct front *front = argument;
    const struct options *options = front->options;
    const struct sandbox *sandbox = &front->sandbox;

    sandbox_enter(&front->sandbox, rights_of(options));
    if (sandbox->status == SANDBOX_FAILED)
        return failure_set(failure, "sandbox: %s", sandbox->reason.text);
    hold_signals(SIG_UNBLOCK);
    if (options->trace.verbose > 0 && sandbox->status == SANDBOX_HOLDS)
        fprintf(stderr, "mxdane: sandbox: no programs, no files, internet sockets only\n");
    else if (options->trace.verbose > 0)
        fprintf(stderr, "mxdane: sandbox: off: %s\n",
                options->no_sandbox ? "--no-sandbox" : sandbox->reason.text);
    return true;
}

/* RFC 7672 section 2.1.1: AD counts from a resolver one trusts, over a channel nobody can change. */
static void warn_of_paths(const struct options *options)
{
    const struct resolver_config *config = &options->plan.resolver;
    struct nameserver nameserver;

    for (size_t i = 0; !options->trust_ad && i < config->nameserver_count; i++)
        if (nameserver_parse(&nameserver, config->nameservers[i]) &&
            !nameserver_is_local(&nameserver)) {
            fprintf(stderr,
                    "mxdane: warning: answers of %s can be forged on their way here; "
                    "--trust-ad where they cannot\n",
                    config->nameservers[i]);
            return;
        }
}

/* The thread pool follows the cores; libuv reads this once, at its first use. */
static void size_thread_pool(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    char text[24];

    snprintf(text, sizeof text, "%ld", cores > 1 ? cores : 2);
    setenv("UV_THREADPOOL_SIZE", text, 0);
}

/* Those that were there before us; the standard streams, where it cannot be known. */
static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    if (folder == NULL)
        return 3;
    /* cppcheck-suppress readdirCalled ; safe on a stream that one thread has */
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; /* "." and "..", and the folder's own */
}

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

/*
 * As many descriptors as the system allows; what is too much for them is done later. Half of what
 * the libraries leave is for questions, the rest for probes.
 */
static bool fit_descriptors(struct plan *plan, struct failure *failure)
{
    struct rlimit limit;
    size_t taken = count_descriptors() + LIMIT_DESCRIPTORS_KEPT, left;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return failure_set(failure, "descriptors: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < taken + 2)
        return failure_set(failure, "too few descriptors: %llu, not %zu (ulimit -n)",
                           (unsigned long long)limit.rlim_cur, taken + 2);
    left = (size_t)limit.rlim_cur - taken;
    plan->resolver.questions = least(plan->resolver.questions, left / 2);
    left -= plan->resolver.questions;
    plan->jobs = least(plan->jobs, left);
    plan->jobs_aside = least(plan->jobs_aside, left - plan->jobs);
    return true;
}

static void warn_unmet(const char *option, const char *argument, const char *what)
{
    struct failure line; /* escapes the argument */

    failure_set(&line, "%s %s: %s", option, argument, what);
    fprintf(stderr, "mxdane: warning: %s\n", line.text);
}

/* A misspelt name would leave out nothing, or everything, and nobody would know. */
static void warn_of_unmet(const struct options *options, const struct plan_met *met)
{
    const struct plan *plan = &options->plan;

    for (size_t i = 0; i < plan->down_count; i++)
        if (!met->down[i])
            warn_unmet("-D", plan->down[i], "no MX host has this name");
    if (options->only != NULL && !met->only)
        warn_unmet("--only", options->only, "no MX host matches");
    if (options->skip != NULL && !met->skip)
        warn_unmet("--skip", options->skip, "no MX host matches");
}

/* Whether this run has seen the MX hosts of all domains, as far as they have some. */
static bool saw_all_hosts(const struct report_sum *sum, const struct run_counts *counts)
{
    return sum->whole && counts->earlier == 0 && counts->hosts > 0;
}

static void print_summary(const struct run_counts *counts)
{
    struct buffer line;

    buffer_init(&line, 0);
    progress_summary(&line, counts);
    fprintf(stderr, "mxdane: %s", line.data);
    buffer_fini(&line);
}

/* In a container, and often elsewhere, the rest of the world does not know the host's name. */
static void tell_of_name(const struct options *options)
{
    bool chosen = options->plan.helo != options->host_name;
    const char *name = options->host_name;
    struct buffer text;

    if (chosen || strchr(name, '.') != NULL)
        return;
    buffer_init(&text, 0);
    text_add_escaped(&text, (struct bytes){(const uint8_t *)name, strlen(name)});
    fprintf(stderr,
            "mxdane: warning: a server refused the name of this host, %s: "
            "give a fully qualified one (-H)\n",
            text.data);
    buffer_fini(&text);
}

/* A failure before there is an output: some formats have their own words for it. */
static int fail_early(const struct options *options, const struct failure *failure)
{
    struct report_sum sum = {.failure = failure->text};
    struct report early;
    struct buffer text;
    int status;

    buffer_init(&text, 0);
    report_begin(&early, options->format, &options->report);
    status = report_end(&early, &sum, report_own_failure(options->format), &text);
    if (text.length > 0)
        fputs(text.data, stdout);
    (void)fflush(stdout); /* it is a failure already */
    buffer_fini(&text);
    return status;
}

static int run(const struct options *options, struct failure *failure)
{
    struct front front;
    struct plan plan = options->plan;
    struct run_input input = {options->list, options->domains, options->domain_count,
                              options->journal, "-f", "--journal"};
    struct run_reader reader = {give_up_rights, report, &front.output.fd,
                                options->progress ? progress : NULL, &front};
    struct run_outcome outcome = {0};
    struct report_sum sum = {0};
    bool good;
    int status;

    hold_signals(SIG_BLOCK);
    if (!front_open(&front, options, failure))
        return fail_early(options, failure);
    if (!options->format->one_text)
        warn_of_paths(options);
    if (!options->no_sandbox)
        sandbox_prepare(&front.sandbox);
    good = fit_descriptors(&plan, failure) &&
           run_domains(&plan, &input, &reader, &outcome, failure);
    hold_signals(SIG_BLOCK);
    sum.whole = good && outcome.signal == 0;
    sum.failure = good ? NULL : failure->text;
    sum.milliseconds = outcome.counts.milliseconds;
    sum.now = (int64_t)time(NULL);
    status = outcome.signal != 0 ? 128 + outcome.signal : (int)outcome.status;
    status = front_close(&front, &sum, good ? status : EXIT_OWN_FAILURE, failure);
    hold_signals(SIG_UNBLOCK);
    if (options->format->one_text) /* Icinga reads both streams: the status line is the first */
        warn_of_paths(options);
    if (front.name_refused)
        tell_of_name(options);
    if (saw_all_hosts(&sum, &outcome.counts))
        warn_of_unmet(options, &outcome.met);
    if (sum.whole && outcome.counts.done == 0) /* it succeeds, and may not be what was meant */
        fprintf(stderr, "mxdane: --journal %s: nothing to do: the list is already finished\n",
                options->journal);
    if (options->list != NULL && options->trace.verbose > 0)
        print_summary(&outcome.counts);
    return status;
}

/* The file that is installed may be missing, one that the user names may not. */
static bool read_retired(const struct options *options, struct retired **retired,
                         struct failure *failure)
{
    static const char installed[] = MXDANE_SHARE "/retired-issuers";
    bool named = options->retired != NULL;
    const char *path = named ? options->retired : installed;
    struct buffer what;

    if (!options->plan.findings || (!named && access(installed, F_OK) != 0))
        return true;
    buffer_init(&what, 0);
    buffer_printf(&what, "%s%s", named ? "--retired " : "", path);
    *retired = retired_open(path, what.data, failure);
    buffer_fini(&what);
    return *retired != NULL;
}

static int run_with_files(struct options *options, struct failure *failure)
{
    struct retired *retired = NULL;
    int status;

    if (!read_retired(options, &retired, failure))
        return fail_early(options, failure);
    options->plan.retired = retired;
    status = run(options, failure);
    retired_free(retired);
    return status;
}

static int act(struct options *options, struct failure *failure)
{
    switch (options->action) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        break;
    case OPTIONS_VERSION:
        versions_print(stdout);
        break;
    case OPTIONS_RUN:
        return run_with_files(options, failure);
    }
    if (fflush(stdout) == 0)
        return 0;
    failure_set(failure, "standard output cannot be written");
    return EXIT_OWN_FAILURE;
}

/*
 * A standard stream that is closed would be the number of the next socket. It gets what cannot be
 * read, or written, so that both fail as they have to.
 */
static void open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != fd)
            abort();
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure = {{0}};
    struct options_terminal terminal = {
        .color = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL,
        .progress = isatty(STDERR_FILENO) == 1,
        .output = isatty(STDOUT_FILENO) == 1};
    int status = EXIT_OWN_FAILURE;

    open_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    size_thread_pool();
    if (uv_replace_allocator(memory_malloc, memory_realloc, memory_calloc, free) != 0)
        abort();
    if (options_parse(&options, argc, argv, (int64_t)time(NULL), &terminal, &failure)) {
        status = act(&options, &failure);
    } else {
        status = fail_early(&options, &failure);
    }
    options_fini(&options);
    uv_library_shutdown(); /* ends the pool's threads while OpenSSL can still release theirs */
    if (failure.text[0] != '\0')
        fprintf(stderr, "mxdane: %s\n", failure.text);
    return status;
}

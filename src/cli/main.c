#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "audit/run.h"
#include "base/buffer.h"
#include "cli/options.h"
#include "report/trace.h"

struct output {
    const struct trace_options *trace;
    struct buffer text;
};

/* A domain's block goes out whole, or the run ends. */
static bool print_domain(void *argument, const struct domain *domain)
{
    struct output *output = argument;
    bool good;

    buffer_clear(&output->text);
    trace_render(domain, output->trace, &output->text);
    if (output->text.length == 0)
        return true;
    good = fwrite(output->text.data, 1, output->text.length, stdout) == output->text.length;
    return fflush(stdout) == 0 && good;
}

/* The thread pool follows the cores; libuv reads this once, at its first use. */
static void size_thread_pool(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    char text[24];

    snprintf(text, sizeof text, "%ld", cores > 1 ? cores : 2);
    setenv("UV_THREADPOOL_SIZE", text, 0);
}

/*
 * As many descriptors as the system allows; what is too much for them is done later. Half goes to
 * questions, half to probes, beside those the libraries keep.
 */
static void fit_descriptors(struct plan *plan)
{
    struct rlimit limit;
    size_t half;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    half = limit.rlim_cur > LIMIT_DESCRIPTORS_KEPT + 2
               ? (size_t)(limit.rlim_cur - LIMIT_DESCRIPTORS_KEPT) / 2
               : 1;
    if (plan->resolver.questions > half)
        plan->resolver.questions = half;
    if (plan->jobs > half)
        plan->jobs = half;
}

static int run(const struct options *options, struct failure *failure)
{
    struct output output = {.trace = &options->trace};
    struct run_input input = {options->list, options->domains, options->domain_count};
    struct run_outcome outcome = {0};
    bool good;

    buffer_init(&output.text, 0);
    good = run_domains(&options->plan, &input, print_domain, &output, &outcome, failure);
    buffer_fini(&output.text);
    if (!good)
        return EXIT_OWN_FAILURE;
    return outcome.signal != 0 ? 128 + outcome.signal : (int)outcome.status;
}

static int act(const struct options *options, struct failure *failure)
{
    switch (options->action) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        break;
    case OPTIONS_VERSION:
        printf("mxdane %s\n", MXDANE_VERSION);
        break;
    case OPTIONS_RUN:
        return run(options, failure);
    }
    if (fflush(stdout) == 0)
        return 0;
    failure_set(failure, "standard output cannot be written");
    return EXIT_OWN_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure = {{0}};
    bool terminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    int status = EXIT_OWN_FAILURE;

    signal(SIGPIPE, SIG_IGN);
    size_thread_pool();
    if (options_parse(&options, argc, argv, (int64_t)time(NULL), terminal, &failure)) {
        fit_descriptors(&options.plan);
        status = act(&options, &failure);
    }
    options_fini(&options);
    uv_library_shutdown(); /* ends the pool's threads while OpenSSL can still release theirs */
    if (failure.text[0] != '\0')
        fprintf(stderr, "mxdane: %s\n", failure.text);
    return status;
}

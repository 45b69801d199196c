#include "cli/audit_command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/run.h"
#include "base/buffer.h"
#include "base/text.h"
#include "cli/delivery.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
#include "dns/nameserver.h"
#include "findings/retired_cas.h"

static enum run_report_status report(void *argument, const struct domain *domain,
                                     struct failure *failure)
{
    return delivery_report(argument, domain, failure);
}

static void progress(void *argument, const struct run_counts *counts)
{
    struct delivery *delivery = argument;

    progress_draw(&delivery->output.progress, counts);
}

static unsigned rights_of(const struct options *options)
{
    unsigned embedded = options->plan.resolver.nameserver_count == 0 ? SANDBOX_REMOVES_FILES : 0;
    bool renames = options->output != NULL || options->state != NULL;

    return embedded | (renames ? SANDBOX_RENAMES_FILES : 0);
}

/* A system that refuses the filter is no reason not to audit; -v tells. */
static bool give_up_rights(void *argument, struct failure *failure)
{
    struct delivery *delivery = argument;
    const struct options *options = delivery->options;
    const struct sandbox *sandbox = &delivery->sandbox;

    sandbox_enter(&delivery->sandbox, rights_of(options));
    if (sandbox->status == SANDBOX_FAILED)
        return failure_set(failure, "sandbox: %s", sandbox->reason.text);
    process_hold_signals(SIG_UNBLOCK);
    if (options->trace.verbose > 0 && sandbox->status == SANDBOX_HOLDS)
        fprintf(stderr, "mxdane: sandbox: no programs, no files, internet sockets only\n");
    else if (options->trace.verbose > 0)
        fprintf(stderr, "mxdane: sandbox: off: %s\n",
                options->no_sandbox ? "--no-sandbox" : sandbox->reason.text);
    return true;
}

/* RFC 7672 section 2.1.1: AD counts from a resolver one trusts, over a channel nobody can change.
 */
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

int audit_command_fail(const struct options *options, const struct failure *failure)
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
    struct delivery delivery;
    struct plan plan = options->plan;
    struct run_input input = {
        options->list, options->domains, options->domain_count, options->journal,
        "-f",          "--journal"};
    struct run_reader reader = {give_up_rights, report, &delivery.output.fd,
                                options->progress ? progress : NULL, &delivery};
    struct run_outcome outcome = {0};
    struct report_sum sum = {0};
    bool good;
    int status;

    process_hold_signals(SIG_BLOCK);
    if (!delivery_open(&delivery, options, failure))
        return audit_command_fail(options, failure);
    if (!options->format->one_text)
        warn_of_paths(options);
    if (!options->no_sandbox)
        sandbox_prepare(&delivery.sandbox);
    good = process_fit_descriptors(&plan, failure) &&
           run_domains(&plan, &input, &reader, &outcome, failure);
    process_hold_signals(SIG_BLOCK);
    sum.whole = good && outcome.signal == 0;
    sum.failure = good ? NULL : failure->text;
    sum.milliseconds = outcome.counts.milliseconds;
    sum.now = (int64_t)time(NULL);
    status = outcome.signal != 0 ? 128 + outcome.signal : (int)outcome.status;
    status = delivery_close(&delivery, &sum, good ? status : EXIT_OWN_FAILURE, failure);
    process_hold_signals(SIG_UNBLOCK);
    if (options->format->one_text) /* Icinga reads both streams: the status line is the first */
        warn_of_paths(options);
    if (delivery.name_refused)
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

int audit_command(struct options *options, struct failure *failure)
{
    struct retired *retired = NULL;
    int status;

    if (!read_retired(options, &retired, failure))
        return audit_command_fail(options, failure);
    options->rules.retired = retired;
    status = run(options, failure);
    retired_free(retired);
    return status;
}

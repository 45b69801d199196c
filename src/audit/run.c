#include "audit/run.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "audit/hosts.h"
#include "history/journal.h"
#include "history/list.h"
#include "audit/domain_audit.h"
#include "base/memory.h"
#include "base/writable.h"
#include "dns/resolver.h"

enum { SIGNALS = 3 };

struct entry { /* a domain in flight, or finished and not reported */
    struct entry *older, *newer; /* begun before, after */
    struct entry *next_ready;
    struct run *run;
    struct domain_audit *audit;
    size_t position; /* in the input */
    bool finished;
};

struct run {
    uv_loop_t loop;
    struct domain_audit_services services;
    struct handshake_context *tls;
    const struct run_input *input;
    const struct run_reader *reader;
    struct list *list;       /* NULL: the domains come from the array */
    struct journal *journal; /* NULL: none */
    struct writable *output;
    size_t most;             /* domains in flight, beside those that are stalled */
    size_t taken;            /* of the input */
    size_t turn;             /* lines that may be taken before the loop has its turn */
    bool input_ended;
    struct entry *oldest, *newest;    /* not ready */
    struct entry *ready, **ready_end; /* to be reported, in this order */
    struct run_outcome outcome;
    struct failure *failure;
    bool failed;   /* the reason is in `failure` */
    bool settling; /* inside settle(): it loops, it does not recurse */
    bool stopping;
    uint64_t began; /* ms of the loop's clock */
    uv_signal_t signals[SIGNALS];
    uv_timer_t progress, later, ending;
};

static void entry_free(struct entry *entry)
{
    domain_audit_free(entry->audit);
    free(entry);
}

static void unlink_entry(struct run *run, struct entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &run->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &run->newest) = entry->older;
}

static void make_ready(struct run *run, struct entry *entry)
{
    unlink_entry(run, entry);
    *run->ready_end = entry;
    run->ready_end = &entry->next_ready;
}

static struct entry *take_ready(struct run *run)
{
    struct entry *entry = run->ready;

    run->ready = entry->next_ready;
    if (run->ready == NULL)
        run->ready_end = &run->ready;
    return entry;
}

static void settle(struct run *run);

static void on_later(uv_timer_t *timer)
{
    settle(timer->data);
}

static void settle_later(struct run *run, uint64_t milliseconds)
{
    if (!run->stopping)
        uv_timer_start(&run->later, on_later, milliseconds, 0);
}

/* The journal says what the output has: it is written after it. */
static void count_reported(struct run *run, const struct entry *entry)
{
    const struct domain *domain = domain_audit_facts(entry->audit);
    enum exit_status status = domain_exit_status(domain);
    struct run_counts *counts = &run->outcome.counts;

    counts->done++;
    counts->in_flight--;
    counts->wrong += status != EXIT_SECURE;
    if (status > run->outcome.status)
        run->outcome.status = status;
    if (run->journal != NULL)
        run->failed =
            !journal_add(run->journal, entry->position, status, domain->input, run->failure);
}

static void report_ready(struct run *run)
{
    while (run->ready != NULL && !run->failed) {
        const struct domain *domain = domain_audit_facts(run->ready->audit);

        switch (run->reader->report(run->reader->argument, domain, run->failure)) {
        case RUN_REPORTED:
            count_reported(run, run->ready);
            entry_free(take_ready(run));
            break;
        case RUN_REPORT_LATER:
            if (!writable_wait(run->output))
                settle_later(run, 0);
            return;
        case RUN_REPORT_FAILED:
            run->failed = true;
            break;
        }
    }
}

static bool start_more(struct run *run);

/* Reports what is ready and starts what there is room for, until neither changes anything. */
static void settle(struct run *run)
{
    if (run->settling || run->stopping)
        return;
    run->settling = true;
    run->turn = LIMIT_TURN;
    do
        report_ready(run);
    while (start_more(run));
    run->settling = false;
    if (run->turn == 0)
        settle_later(run, 0);
    if (run->failed || (run->input_ended && run->outcome.counts.in_flight == 0))
        uv_stop(&run->loop);
}

/* A list's domains are ready as they finish, those of the command line in their order. */
static void on_finished(void *argument)
{
    struct entry *entry = argument;
    struct run *run = entry->run;

    entry->finished = true;
    if (run->list != NULL)
        make_ready(run, entry);
    while (run->list == NULL && run->oldest != NULL && run->oldest->finished)
        make_ready(run, run->oldest);
    settle(run);
}

static void begin(struct run *run, const char *domain)
{
    struct entry *entry = memory_new(1, sizeof *entry);

    entry->run = run;
    entry->position = run->taken++;
    entry->older = run->newest;
    *(run->newest != NULL ? &run->newest->newer : &run->oldest) = entry;
    run->newest = entry;
    run->outcome.counts.in_flight++;
    entry->audit = domain_audit_new(&run->services, domain, on_finished, entry);
}

static void fail_journal(struct run *run)
{
    run->failed = !failure_set(run->failure, "%s %s: belongs to a different list",
                               run->input->journal_option, run->input->journal);
}

/* Whether an earlier run finished this domain; a journal of another list fails the run. */
static bool finished_earlier(struct run *run, const char *domain)
{
    enum exit_status status;

    if (run->journal == NULL)
        return false;
    switch (journal_look(run->journal, run->taken, domain, &status)) {
    case JOURNAL_OPEN:
        return false;
    case JOURNAL_DONE:
        run->taken++;
        run->outcome.counts.earlier++;
        run->outcome.counts.wrong += status != EXIT_SECURE;
        if (status > run->outcome.status)
            run->outcome.status = status;
        return true;
    case JOURNAL_ANOTHER: fail_journal(run); return false;
    }
    return false;
}

/*
 * What an earlier run finished behind the list's end was never on it. A list without a domain is a
 * mistake: whoever waits for its run to fail would wait for ever.
 */
static void end_list(struct run *run)
{
    run->input_ended = true;
    if (run->journal != NULL && !journal_fits(run->journal, run->taken))
        fail_journal(run);
    else if (run->taken == 0)
        run->failed = !failure_set(run->failure, "%s %s: the list contains no domains",
                                   run->input->path_option, run->input->path);
}

/* The next domain of the list that no earlier run finished; NULL where there is none, or none yet. */
static const char *take_listed(struct run *run)
{
    const char *domain = NULL;

    while (run->turn > 0) {
        run->turn--;
        switch (list_next(run->list, &domain, run->failure)) {
        case LIST_DOMAIN:
            if (!finished_earlier(run, domain))
                return run->failed ? NULL : domain;
            break;
        case LIST_WAIT: return NULL;
        case LIST_END: end_list(run); return NULL;
        case LIST_FAILED: run->failed = run->input_ended = true; return NULL;
        }
    }
    return NULL;
}

static const char *take_input(struct run *run)
{
    if (run->list != NULL)
        return take_listed(run);
    run->input_ended = run->taken == run->input->count;
    return run->input_ended ? NULL : run->input->domains[run->taken];
}

static bool start_more(struct run *run)
{
    size_t stalled = hosts_stalled(run->services.hosts);
    size_t most = run->most + (stalled < LIMIT_STALLED ? stalled : LIMIT_STALLED);
    bool started = false;

    while (!run->input_ended && !run->failed && run->outcome.counts.in_flight < most) {
        const char *domain = take_input(run);

        if (domain == NULL)
            break;
        started = true;
        begin(run, domain);
    }
    return started;
}

/* There is more of the list, or the output takes more. */
static void on_go(void *argument)
{
    settle(argument);
}

/* Who says so is in the middle of something: the loop goes on from here. */
static void on_room(void *argument)
{
    settle_later(argument, 0);
}

static void on_ending(uv_timer_t *timer)
{
    struct run *run = timer->data;

    uv_stop(&run->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;
    bool cut = run->list == NULL || run->outcome.signal != 0;

    run->outcome.signal = number;
    run->input_ended = true;
    uv_timer_start(&run->ending, on_ending, cut ? 0 : LIMIT_ENDING_MS, 0);
    settle(run);
}

static void watch_signals(struct run *run)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction hangup;

    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        if (numbers[i] != SIGHUP || sigaction(SIGHUP, NULL, &hangup) != 0 ||
            hangup.sa_handler != SIG_IGN) /* nohup */
            uv_signal_start(&run->signals[i], on_signal, numbers[i]);
    }
}

static void count(struct run *run)
{
    hosts_count(run->services.hosts, &run->outcome.counts.hosts, &run->outcome.counts.probes);
    run->outcome.counts.milliseconds = uv_now(&run->loop) - run->began;
}

static void on_progress(uv_timer_t *timer)
{
    struct run *run = timer->data;

    count(run);
    run->reader->progress(run->reader->argument, &run->outcome.counts);
}

static void set_up_timers(struct run *run)
{
    enum { PROGRESS_MS = 250 };
    uv_timer_t *timers[] = {&run->progress, &run->later, &run->ending};

    for (size_t i = 0; i < 3; i++) {
        uv_timer_init(&run->loop, timers[i]);
        timers[i]->data = run;
    }
    if (run->reader->progress != NULL)
        uv_timer_start(&run->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
}

static bool set_up_input(struct run *run, struct failure *failure)
{
    const struct run_input *input = run->input;

    run->outcome.counts.total = input->count;
    if (input->path == NULL)
        return true;
    run->list = list_new(&run->loop, input->path_option, input->path, on_go, run, failure);
    if (run->list == NULL)
        return false;
    if (run->reader->progress != NULL)
        run->outcome.counts.total = list_count(input->path);
    if (input->journal == NULL)
        return true;
    run->journal = journal_open(input->journal_option, input->journal, failure);
    return run->journal != NULL;
}

static bool set_up(struct run *run, const struct plan *plan, struct failure *failure)
{
    struct domain_audit_services *services = &run->services;

    services->plan = plan;
    run->most = LIMIT_DOMAINS_IN_FLIGHT + plan->jobs;
    run->tls = handshake_context_new(failure);
    if (run->tls == NULL)
        return false;
    services->resolver = resolver_new(&run->loop, &plan->resolver, failure);
    if (services->resolver == NULL)
        return false;
    run->output = writable_new(&run->loop, *run->reader->output, on_go, run);
    if (run->output == NULL)
        return failure_set(failure, "too few descriptors");
    services->hosts = hosts_new(&run->loop, plan, services->resolver, run->tls, on_room, run);
    return set_up_input(run, failure);
}

/* Everything closed and drained: a handle that leaked is our bug. */
static void tear_down(struct run *run)
{
    int result;

    run->stopping = true;
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    uv_close((uv_handle_t *)&run->progress, NULL);
    uv_close((uv_handle_t *)&run->later, NULL);
    uv_close((uv_handle_t *)&run->ending, NULL);
    list_free(run->list);
    writable_free(run->output);
    journal_close(run->journal);
    hosts_cancel(run->services.hosts);
    resolver_free(run->services.resolver);
    while (uv_loop_alive(&run->loop)) /* an earlier uv_stop ends one uv_run too early */
        uv_run(&run->loop, UV_RUN_DEFAULT);
    result = uv_loop_close(&run->loop);
    assert(result == 0);
    (void)result;
    while (run->ready != NULL)
        entry_free(take_ready(run));
    while (run->oldest != NULL) {
        struct entry *entry = run->oldest;

        run->oldest = entry->newer;
        entry_free(entry);
    }
    hosts_free(run->services.hosts);
    handshake_context_free(run->tls);
}

bool run_domains(const struct plan *plan, const struct run_input *input,
                 const struct run_reader *reader, struct run_outcome *outcome,
                 struct failure *failure)
{
    struct run run = {.input = input, .reader = reader, .failure = failure};

    run.ready_end = &run.ready;
    if (uv_loop_init(&run.loop) != 0)
        return failure_set(failure, "libuv: no event loop");
    run.began = uv_now(&run.loop);
    watch_signals(&run);
    set_up_timers(&run);
    run.failed = !set_up(&run, plan, failure) || !reader->opened(reader->argument, failure);
    if (!run.failed) {
        settle(&run);
        if (!run.failed && !(run.input_ended && run.outcome.counts.in_flight == 0))
            uv_run(&run.loop, UV_RUN_DEFAULT);
        count(&run);
        run.outcome.met = *hosts_met(run.services.hosts);
    }
    tear_down(&run);
    *outcome = run.outcome;
    return !run.failed;
}

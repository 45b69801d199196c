#include "audit/run.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "audit/hosts.h"
#include "audit/list.h"
#include "base/memory.h"
#include "dane/verdict.h"
#include "dns/name.h"
#include "dns/resolver.h"
#include "dns/walk.h"

struct task { /* one domain */
    struct task *older, *newer; /* begun before, after */
    struct task *next_finished;
    struct run *run;
    struct arena arena;
    struct domain domain;
    struct lookup *lookups[3];
    size_t pending;
    bool finished;
};

struct run {
    uv_loop_t loop;
    const struct plan *plan;
    struct resolver *resolver;
    struct handshake_context *tls;
    struct hosts *hosts;
    const struct run_input *input;
    struct list *list; /* NULL: the domains come from the array */
    size_t taken;      /* of the array */
    bool input_ended;
    struct task *oldest, *newest; /* in flight, or finished and not reported */
    struct task *finished, **finished_end;
    size_t in_flight;
    run_report *report;
    void *argument;
    struct run_outcome outcome;
    struct failure *failure;
    bool failed;   /* the reason is in `failure` */
    bool settling; /* inside settle(): it loops, it does not recurse */
    bool stopping;
    uv_signal_t signals[2];
};

static bool start_more(struct run *run);

/* Takes the task out of the run. */
static void task_free(struct task *task)
{
    struct run *run = task->run;

    *(task->older != NULL ? &task->older->newer : &run->oldest) = task->newer;
    *(task->newer != NULL ? &task->newer->older : &run->newest) = task->older;
    run->in_flight--;
    arena_fini(&task->arena);
    free(task);
}

static void report(struct task *task)
{
    struct run *run = task->run;
    enum exit_status status = domain_exit_status(&task->domain);

    if (!run->report(run->argument, &task->domain))
        run->failed = !failure_set(run->failure, "standard output cannot be written");
    if (status > run->outcome.status)
        run->outcome.status = status;
    for (size_t i = 0; i < task->domain.host_count; i++)
        hosts_release(run->hosts, task->domain.hosts[i].host);
    task_free(task);
}

/* A list's domains are reported as they finish, those of the command line in their order. */
static void report_finished(struct run *run)
{
    struct task *task;

    while (run->list != NULL && (task = run->finished) != NULL && !run->failed) {
        run->finished = task->next_finished;
        if (run->finished == NULL)
            run->finished_end = &run->finished;
        report(task);
    }
    while (run->list == NULL && run->oldest != NULL && run->oldest->finished && !run->failed)
        report(run->oldest);
}

/* Reports what is finished and starts what there is room for, until neither changes anything. */
static void settle(struct run *run)
{
    if (run->settling || run->stopping)
        return;
    run->settling = true;
    do
        report_finished(run);
    while (start_more(run));
    run->settling = false;
    if (run->failed || (run->input_ended && run->in_flight == 0))
        uv_stop(&run->loop);
}

static void finish(struct task *task)
{
    struct run *run = task->run;

    task->finished = true;
    if (run->list != NULL) {
        *run->finished_end = task;
        run->finished_end = &task->next_finished;
    }
    settle(run);
}

static void decide_verdicts(struct task *task, struct domain_host *entry)
{
    const struct host *host = entry->host;
    const struct lookup *mx = task->lookups[2];
    struct verdict *verdicts = arena_new(&task->arena, host->address_count, sizeof *verdicts);
    const char *references[3];
    struct verdict_rules rules = {.references = references,
                                  .ee_checks = task->run->plan->ee_checks,
                                  .verify_time = task->run->plan->verify_time,
                                  .tlsa = host->tlsa_state};

    rules.reference_count =
        walk_references(mx, task->domain.name, host->name, host->base, references);
    for (size_t i = 0; i < host->address_count; i++)
        verdicts[i] = verdict_decide(&host->addresses[i], &rules);
    entry->verdicts = verdicts;
}

struct host_wait {
    struct task *task;
    size_t index;
};

static void on_host(void *argument, const struct host *host)
{
    struct host_wait *wait = argument;
    struct task *task = wait->task;
    struct domain_host *entry = &task->domain.hosts[wait->index];

    entry->host = host;
    decide_verdicts(task, entry);
    if (--task->pending == 0)
        finish(task);
}

static void find_hosts(struct task *task)
{
    const char **names;
    const struct lookup *mx = task->lookups[2];
    size_t count = walk_mx_hosts(mx, task->domain.name, &task->arena, &names);

    task->domain.walked = count <= LIMIT_HOSTS;
    if (count > LIMIT_HOSTS)
        count = LIMIT_HOSTS;
    task->domain.null_mx_among_others = count > 0 && walk_has_null_mx(mx);
    task->domain.needs_host = !walk_has_null_mx(mx);
    task->domain.hosts = arena_new(&task->arena, count, sizeof *task->domain.hosts);
    task->domain.host_count = count;
    task->pending = count;
    if (count == 0) {
        finish(task);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct host_wait *wait = arena_new(&task->arena, 1, sizeof *wait);

        wait->task = task;
        wait->index = i;
        hosts_find(task->run->hosts, names[i], on_host, wait);
    }
}

static bool shown(struct task *task, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        task->domain.lookups[task->domain.lookup_count++] = task->lookups[i];
        if (domain_lookup_fails(task->lookups[i]) && !task->run->plan->all)
            return false;
    }
    return true;
}

/* contract: printing stops after the first that is not as it must be; -A goes on. */
static void on_mail_lookups(struct task *task)
{
    const struct lookup *mx = task->lookups[2];

    if (!shown(task, 3) || lookup_is_error(mx) || mx->status == LOOKUP_NXDOMAIN)
        finish(task);
    else
        find_hosts(task);
}

static void on_zone_lookups(struct task *task, size_t count)
{
    task->domain.walked = true;
    for (size_t i = 0; i < count; i++) {
        bool data = lookup_is_secure_data(task->lookups[i]);

        task->domain.lookups[task->domain.lookup_count++] = task->lookups[i];
        if (!data) {
            task->domain.walked = false;
            break;
        }
    }
    finish(task);
}

static void on_lookup(void *argument)
{
    struct task *task = argument;
    const char *name = task->domain.name;

    if (--task->pending > 0)
        return;
    if (strcmp(name, ".") == 0)
        on_zone_lookups(task, 2);
    else if (name_is_tld(name))
        on_zone_lookups(task, 3);
    else
        on_mail_lookups(task);
}

static void ask(struct task *task, const enum record_type *types, size_t count)
{
    task->pending = count;
    for (size_t i = 0; i < count; i++)
        resolver_ask(task->run->resolver, &task->arena, task->domain.name, types[i],
                     &task->lookups[i], on_lookup, task);
}

static void begin(struct task *task)
{
    static const enum record_type root[] = {RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type tld[] = {RECORD_DS, RECORD_DNSKEY, RECORD_SOA};
    static const enum record_type mail[] = {RECORD_DS, RECORD_DNSKEY, RECORD_MX};
    const char *name = name_parse(&task->arena, task->domain.input);

    task->domain.name = name;
    if (name == NULL)
        finish(task);
    else if (strcmp(name, ".") == 0)
        ask(task, root, 2);
    else
        ask(task, name_is_tld(name) ? tld : mail, 3);
}

static struct task *task_new(struct run *run)
{
    struct task *task = memory_new(1, sizeof *task);

    task->run = run;
    arena_init(&task->arena);
    task->older = run->newest;
    *(run->newest != NULL ? &run->newest->newer : &run->oldest) = task;
    run->newest = task;
    run->in_flight++;
    return task;
}

/* The next domain of the input into the task; false where there is none, or none yet. */
static bool take_input(struct run *run, struct task *task)
{
    if (run->list != NULL) {
        enum list_status status =
            list_next(run->list, &task->arena, &task->domain.input, run->failure);

        run->failed |= status == LIST_FAILED;
        run->input_ended = status == LIST_END || status == LIST_FAILED;
        return status == LIST_DOMAIN;
    }
    run->input_ended = run->taken == run->input->count;
    if (run->input_ended)
        return false;
    task->domain.input = run->input->domains[run->taken++];
    return true;
}

static bool start_more(struct run *run)
{
    bool started = false;

    while (!run->input_ended && !run->failed && run->in_flight < LIMIT_DOMAINS_IN_FLIGHT) {
        struct task *task = task_new(run);

        if (!take_input(run, task)) {
            task_free(task);
            break;
        }
        started = true;
        begin(task);
    }
    return started;
}

static void on_input(void *argument)
{
    settle(argument);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;

    run->outcome.signal = number;
    uv_stop(&run->loop);
}

static void watch_signals(struct run *run)
{
    static const int numbers[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        uv_signal_start(&run->signals[i], on_signal, numbers[i]);
    }
}

static bool set_up(struct run *run, struct failure *failure)
{
    run->tls = handshake_context_new(failure);
    if (run->tls == NULL)
        return false;
    run->resolver = resolver_new(&run->loop, &run->plan->resolver, failure);
    if (run->resolver == NULL)
        return false;
    run->hosts = hosts_new(&run->loop, run->plan, run->resolver, run->tls);
    if (run->input->path == NULL)
        return true;
    run->list = list_new(&run->loop, run->input->path, on_input, run, failure);
    return run->list != NULL;
}

/* Everything closed and drained: a handle that leaked is our bug. */
static void tear_down(struct run *run)
{
    int result;

    run->stopping = true;
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    list_free(run->list);
    hosts_cancel(run->hosts);
    resolver_free(run->resolver);
    while (uv_loop_alive(&run->loop)) /* an earlier uv_stop ends one uv_run too early */
        uv_run(&run->loop, UV_RUN_DEFAULT);
    result = uv_loop_close(&run->loop);
    assert(result == 0);
    (void)result;
    hosts_free(run->hosts);
    handshake_context_free(run->tls);
    while (run->oldest != NULL)
        task_free(run->oldest);
}

bool run_domains(const struct plan *plan, const struct run_input *input, run_report *report_to,
                 void *argument, struct run_outcome *outcome, struct failure *failure)
{
    struct run run = {.plan = plan, .input = input, .report = report_to, .argument = argument,
                      .failure = failure};

    run.finished_end = &run.finished;
    if (uv_loop_init(&run.loop) != 0)
        return failure_set(failure, "libuv: no event loop");
    watch_signals(&run);
    run.failed = !set_up(&run, failure);
    if (!run.failed) {
        settle(&run);
        if (!run.failed && !(run.input_ended && run.in_flight == 0))
            uv_run(&run.loop, UV_RUN_DEFAULT);
    }
    tear_down(&run);
    *outcome = run.outcome;
    return !run.failed;
}

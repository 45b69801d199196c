#include "cli/delivery.h"

bool delivery_open(struct delivery *delivery, const struct options *options,
                   struct failure *failure)
{
    *delivery = (struct delivery){.options = options};
    if (options->state != NULL) {
        delivery->state = state_open("--state", options->state, failure);
        if (delivery->state == NULL)
            return false;
    }
    if (output_open(&delivery->output, options->format, &options->report, options->output, failure))
        return true;
    state_free(delivery->state);
    return false;
}

/* The facts of the audit with what there is to say of them, once however often it is called. */
static const struct domain *judge(struct delivery *delivery, const struct domain *facts)
{
    if (!delivery->options->plan.findings)
        return facts;
    if (delivery->facts != facts) {
        delivery->facts = facts;
        delivery->judged = *facts;
        arena_init(&delivery->arena);
        findings_find(&delivery->judged, &delivery->options->rules, &delivery->arena);
    }
    return &delivery->judged;
}

static void forget(struct delivery *delivery)
{
    if (delivery->facts != NULL)
        arena_fini(&delivery->arena);
    delivery->facts = NULL;
}

/* A domain that is reported later is asked for again: its state is added once. */
static enum run_report_status report_judged(struct delivery *delivery, const struct domain *domain,
                                            struct failure *failure)
{
    struct state *state = delivery->state;
    struct change change = {0};
    enum run_report_status status;

    if (state != NULL)
        change = state_compare(state, domain);
    status = output_report(&delivery->output, domain, delivery->options->changes ? &change : NULL,
                           failure);
    if (status == RUN_REPORTED && state != NULL && !state_add(state, domain, failure))
        return RUN_REPORT_FAILED;
    return status;
}

enum run_report_status delivery_report(struct delivery *delivery, const struct domain *facts,
                                       struct failure *failure)
{
    enum run_report_status status = report_judged(delivery, judge(delivery, facts), failure);

    delivery->name_refused = delivery->name_refused || domain_name_refused(facts);
    if (status != RUN_REPORT_LATER)
        forget(delivery);
    return status;
}

static void report_gone_domains(struct delivery *delivery)
{
    struct standing was;
    const char *name;
    size_t next = 0;

    while ((name = state_next_gone(delivery->state, &next, &was)) != NULL)
        output_gone(&delivery->output, name, &was);
}

int delivery_close(struct delivery *delivery, const struct report_sum *sum, int status,
                   struct failure *failure)
{
    forget(delivery);
    if (sum->whole && delivery->options->changes)
        report_gone_domains(delivery);
    status = output_close(&delivery->output, sum, status, failure);
    if (delivery->state != NULL && sum->whole && failure->text[0] == '\0' &&
        !state_publish(delivery->state, failure))
        status = report_own_failure(delivery->options->format);
    state_free(delivery->state);
    return status;
}

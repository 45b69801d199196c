#include "cli/front.h"

bool front_open(struct front *front, const struct options *options, struct failure *failure)
{
    *front = (struct front){.options = options};
    if (options->state != NULL) {
        front->state = state_open("--state", options->state, failure);
        if (front->state == NULL)
            return false;
    }
    if (output_open(&front->output, options->format, &options->report, options->output, failure))
        return true;
    state_free(front->state);
    return false;
}

enum run_report_status front_report(struct front *front, const struct domain *domain,
                                    struct failure *failure)
{
    struct state *state = front->state;
    struct change change = {0};
    enum run_report_status status;

    front->name_refused = front->name_refused || domain_name_refused(domain);
    if (state != NULL)
        change = state_compare(state, domain);
    status = output_report(&front->output, domain, front->options->changes ? &change : NULL,
                           failure);
    if (status == RUN_REPORTED && state != NULL && !state_add(state, domain, failure))
        return RUN_REPORT_FAILED;
    return status;
}

static void report_gone_domains(struct front *front)
{
    struct standing was;
    const char *name;
    size_t next = 0;

    while ((name = state_next_gone(front->state, &next, &was)) != NULL)
        output_gone(&front->output, name, &was);
}

int front_close(struct front *front, const struct report_sum *sum, int status,
                struct failure *failure)
{
    if (sum->whole && front->options->changes)
        report_gone_domains(front);
    status = output_close(&front->output, sum, status, failure);
    if (front->state != NULL && sum->whole && failure->text[0] == '\0' &&
        !state_publish(front->state, failure))
        status = report_own_failure(front->options->format);
    state_free(front->state);
    return status;
}

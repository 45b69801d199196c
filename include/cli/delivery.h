/*
 * What a run has before it: the report's output, with --state how the domains stood before, and the
 * sandbox that it enters.
 */
#ifndef MXDANE_CLI_DELIVERY_H
#define MXDANE_CLI_DELIVERY_H

#include "audit/run.h"
#include "history/state.h"
#include "base/failure.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/sandbox.h"

struct delivery {
    const struct options *options;
    struct output output;
    struct state *state; /* NULL: none */
    struct sandbox sandbox;
    struct arena arena;         /* of the findings of */
    struct domain judged;       /* the finished domain that is being reported, */
    const struct domain *facts; /* as the audit handed it over; NULL: none is */
    bool name_refused;   /* a server refused our EHLO name */
};

/*
 * `options` are borrowed. False with the reason in `failure`: a file cannot be read or made; then
 * there is nothing to close.
 */
bool delivery_open(struct delivery *delivery, const struct options *options, struct failure *failure);

/* A finished domain, as output_report: with --changes only if something changed. */
enum run_report_status delivery_report(struct delivery *delivery, const struct domain *domain,
                                       struct failure *failure);

/* As output_close. The state is replaced after the output, and only if all was told. */
int delivery_close(struct delivery *delivery, const struct report_sum *sum, int status,
                   struct failure *failure);

#endif

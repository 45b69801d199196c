/*
 * What a run has before it: the report's output, with --state how the domains stood before, and the
 * sandbox that it enters.
 */
#ifndef MXDANE_CLI_FRONT_H
#define MXDANE_CLI_FRONT_H

#include "audit/run.h"
#include "history/state.h"
#include "base/failure.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/sandbox.h"

struct front {
    const struct options *options;
    struct output output;
    struct state *state; /* NULL: none */
    struct sandbox sandbox;
    bool name_refused;   /* a server refused our EHLO name */
};

/*
 * `options` are borrowed. False with the reason in `failure`: a file cannot be read or made; then
 * there is nothing to close.
 */
bool front_open(struct front *front, const struct options *options, struct failure *failure);

/* A finished domain, as output_report: with --changes only if something changed. */
enum run_report_status front_report(struct front *front, const struct domain *domain,
                                    struct failure *failure);

/* As output_close. The state is replaced after the output, and only if all was told. */
int front_close(struct front *front, const struct report_sum *sum, int status,
                struct failure *failure);

#endif

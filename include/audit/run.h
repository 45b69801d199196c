/*
 * The scheduler: domains in, results out, within the limits.
 */
#ifndef MXDANE_AUDIT_RUN_H
#define MXDANE_AUDIT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/plan.h"
#include "base/failure.h"
#include "model/domain.h"

/* Takes a finished domain; false stops the run (the output cannot be written). */
typedef bool run_report(void *argument, const struct domain *domain);

struct run_outcome {
    enum exit_status status; /* the worst of the domains reported */
    int signal;              /* SIGINT or SIGTERM stopped the run; 0: none */
};

struct run_input {
    const char *path; /* of a list of domains, "-" for standard input; or NULL and */
    const char *const *domains;
    size_t count;
};

/*
 * Audits the input's domains: those of a list are reported as they finish, the others in their
 * order. Each exactly once, malformed ones too. False with the reason in `failure` where mxdane
 * itself could not do its work. The loop is drained and closed in every case.
 */
bool run_domains(const struct plan *plan, const struct run_input *input, run_report *report,
                 void *argument, struct run_outcome *outcome, struct failure *failure);

#endif

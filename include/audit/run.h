/*
 * The scheduler: domains in, results out, in the order given, within the limits.
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

/*
 * Audits `inputs`, reporting each in this order. False with the reason in `failure` where mxdane
 * itself could not do its work. The loop is drained and closed in every case.
 */
bool run_domains(const struct plan *plan, const char *const *inputs, size_t count,
                 run_report *report, void *argument, struct run_outcome *outcome,
                 struct failure *failure);

#endif

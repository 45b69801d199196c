/*
 * The scheduler: domains in, results out, within the limits.
 */
#ifndef MXDANE_AUDIT_RUN_H
#define MXDANE_AUDIT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/plan.h"
#include "base/failure.h"
#include "model/domain.h"

enum run_report_status {
    RUN_REPORTED,
    RUN_REPORT_LATER, /* the reader of the output is slow: to be called again when it reads */
    RUN_REPORT_FAILED /* the output cannot be written: ends the run */
};

struct run_counts {
    size_t total;     /* domains of the input; 0: not known */
    size_t earlier;   /* finished by earlier runs, by the journal */
    size_t done;      /* reported by this run */
    size_t wrong;     /* of `earlier` and `done` */
    size_t in_flight; /* begun and not reported */
    size_t hosts;     /* MX hosts looked up */
    size_t probes;    /* SMTP sessions begun */
    uint64_t milliseconds; /* since the run began */
};

struct run_reader { /* takes what a run gives */
    /* Everything is open, nothing was asked yet. False, with the reason: ends the run. */
    bool (*opened)(void *argument, struct failure *failure);
    /* A finished domain. RUN_REPORT_FAILED: with the reason in `failure`. */
    enum run_report_status (*report)(void *argument, const struct domain *domain,
                                     struct failure *failure);
    /* What RUN_REPORT_LATER waits for: that this descriptor takes bytes. */
    const int *output;
    /* Four times a second; NULL: never. */
    void (*progress)(void *argument, const struct run_counts *counts);
    void *argument;
};

struct run_outcome {
    struct run_counts counts;
    struct plan_met met; /* by the MX hosts of this run */
    enum exit_status status; /* the worst of the domains, of earlier runs too */
    int signal;              /* SIGINT, SIGTERM or SIGHUP stopped the run; 0: none */
};

struct run_input { /* the options are what failures name before a path */
    const char *path; /* of a list of domains, "-" for standard input; or NULL and */
    const char *const *domains;
    size_t count;
    const char *journal; /* of a list: what an earlier run finished is left out; NULL: none */
    const char *path_option, *journal_option;
};

/*
 * Audits the input's domains: those of a list are reported as they finish, the others in their
 * order. Each exactly once, malformed ones too. False with the reason in `failure` where mxdane
 * itself could not do its work, a list without a domain included. The loop is drained and closed in
 * every case.
 *
 * SIGINT, SIGTERM and, where it is not ignored, SIGHUP end a list within LIMIT_ENDING_MS: nothing is
 * begun any more, what is in flight is finished or, by the second signal, cut off. Without a list
 * they cut at once.
 */
bool run_domains(const struct plan *plan, const struct run_input *input,
                 const struct run_reader *reader, struct run_outcome *outcome,
                 struct failure *failure);

#endif

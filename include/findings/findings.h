/*
 * Everything there is to say about a domain whose audit is finished. Pure: the model in, findings
 * out. Costs more than a verdict, so it is done only where a format shows findings.
 */
#ifndef MXDANE_FINDINGS_FINDINGS_H
#define MXDANE_FINDINGS_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "findings/retired_cas.h"
#include "model/domain.h"

struct findings_rules {
    int64_t verify_time; /* seconds since the epoch */
    unsigned warn_days;  /* how long before its end a certificate is warned of, or a third of its
                            lifetime where that is shorter */
    bool ee_checks;      /* the leaf's dates count for DANE-EE(3) too */
    const struct retired *retired; /* NULL: none */
};

/*
 * Sets the findings of `domain`, in the order of the trace; they live in `arena`. Where the domain
 * fails there is at least one that says so, and where it does not, none.
 */
void findings_find(struct domain *domain, const struct findings_rules *rules,
                   struct arena *arena);

#endif

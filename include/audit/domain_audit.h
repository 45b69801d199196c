/*
 * The audit of one domain: its look-ups, its MX hosts, a verdict for each of their addresses.
 */
#ifndef MXDANE_AUDIT_DOMAIN_AUDIT_H
#define MXDANE_AUDIT_DOMAIN_AUDIT_H

#include "audit/hosts.h"
#include "audit/plan.h"
#include "model/domain.h"

struct domain_audit;

struct domain_audit_services { /* what the audits of a run share */
    const struct plan *plan;
    struct resolver *resolver;
    struct hosts *hosts;
};

/*
 * Begins with `input`, which is copied and may be no domain name. `finished` is called exactly
 * once, from the loop or from inside domain_audit_new. `services` are borrowed.
 */
struct domain_audit *domain_audit_new(const struct domain_audit_services *services,
                                      const char *input, void (*finished)(void *argument),
                                      void *argument);

/* Whole once the audit is finished; lives as long as the audit. */
const struct domain *domain_audit_facts(const struct domain_audit *audit);

/* Of a finished audit: gives its hosts back. Of another: after the loop is drained. NULL allowed. */
void domain_audit_free(struct domain_audit *audit);

#endif

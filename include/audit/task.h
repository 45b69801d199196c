/*
 * The audit of one domain: its look-ups, its MX hosts, a verdict for each of their addresses.
 */
#ifndef MXDANE_AUDIT_TASK_H
#define MXDANE_AUDIT_TASK_H

#include "audit/hosts.h"
#include "audit/plan.h"
#include "model/domain.h"

struct task;

struct task_services { /* what the tasks of a run share */
    const struct plan *plan;
    struct resolver *resolver;
    struct hosts *hosts;
};

/*
 * Begins with `input`, which is copied and may be no domain name. `finished` is called exactly
 * once, from the loop or from inside task_new. `services` are borrowed.
 */
struct task *task_new(const struct task_services *services, const char *input,
                      void (*finished)(void *argument), void *argument);

/* Whole once the task is finished; lives as long as the task. */
const struct domain *task_domain(const struct task *task);

/* Of a finished task: gives its hosts back. Of another: after the loop is drained. NULL allowed. */
void task_free(struct task *task);

#endif

/*
 * The probes of a run: so many at once, one at a time to an address and a pause after it, and once
 * more where a server says before TLS that it is busy (421, 450). A session whose server is silent
 * for LIMIT_PROMPT_MS is set aside: it makes room for another, for as many as plan->jobs_aside says.
 * How a session ended before TLS is told to all hosts that wait for the same address.
 */
#ifndef MXDANE_AUDIT_PROBES_H
#define MXDANE_AUDIT_PROBES_H

#include "audit/plan.h"
#include "dane/handshake.h"
#include "model/host.h"
#include "session/probe.h"

struct uv_loop_s;
struct probes;

struct probes_listener { /* called from the loop */
    void (*done)(void *argument, const struct address *address); /* once */
    void (*stalled)(void *argument); /* at most once before: the server is silent, or has to rest */
    void *argument;
};

/* `plan` and `tls` are borrowed. */
struct probes *probes_new(struct uv_loop_s *loop, const struct plan *plan,
                          struct handshake_context *tls);

/* Begins the end: what waits is dropped, what runs is cut off; handles close on the loop. */
void probes_cancel(struct probes *probes);

/* After the loop is drained. NULL allowed. */
void probes_free(struct probes *probes);

/*
 * Probes `address` of `host` when its turn comes and fills it in. `stalled` may be called from
 * inside. `memory` is the address's own: the thread pool writes to it.
 */
void probes_add(struct probes *probes, const struct host *host, struct address *address,
                struct probe_memory *memory, const struct probes_listener *listener);

/* SMTP sessions begun so far. */
size_t probes_count(const struct probes *probes);

#endif

/*
 * What is known of MX hosts, found once per run and shared by every domain that names them.
 */
#ifndef MXDANE_AUDIT_HOSTS_H
#define MXDANE_AUDIT_HOSTS_H

#include "audit/plan.h"
#include "dane/handshake.h"
#include "model/host.h"

struct uv_loop_s;
struct hosts;

/* `plan`, `resolver` and `tls` are borrowed. `made_room`: more is stalled. */
struct hosts *hosts_new(struct uv_loop_s *loop, const struct plan *plan,
                        struct resolver *resolver, struct handshake_context *tls,
                        void (*made_room)(void *argument), void *argument);

/* Begins the end: probes in flight are cut off, their handles close on the loop. NULL allowed. */
void hosts_cancel(struct hosts *hosts);

/* After the loop is drained. NULL allowed. */
void hosts_free(struct hosts *hosts);

/*
 * The facts about an MX host, of its first `addresses` at least: `done` is called exactly once,
 * from inside where they are known. What is not told yet of an address that is beyond may still
 * be written.
 * Domains that ask while they are being found join the others. The result is valid until it is
 * released.
 */
void hosts_find(struct hosts *hosts, const char *name, size_t addresses,
                void (*done)(void *argument, const struct host *host), void *argument);

/* The domain is done with it. Of the hosts nobody holds, plan->hosts are remembered. */
void hosts_release(struct hosts *hosts, const struct host *host);

/* Since the beginning: MX hosts looked up, SMTP sessions begun. NULL allowed: none. */
void hosts_count(const struct hosts *hosts, size_t *looked_up, size_t *probes);

/* What the hosts looked up so far have met. */
const struct plan_met *hosts_met(const struct hosts *hosts);

/* Domains that wait for servers which are silent or have to rest. */
size_t hosts_stalled(const struct hosts *hosts);

#endif

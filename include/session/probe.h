/*
 * One probe: a session and a handshake over a TCP connection on the libuv loop, the OpenSSL work
 * in the thread pool. It frees itself.
 */
#ifndef MXDANE_SESSION_PROBE_H
#define MXDANE_SESSION_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "dane/handshake.h"
#include "model/host.h"

struct uv_loop_s;
struct probe;

struct probe_config { /* of the run */
    struct handshake_context *tls;
    const char *helo;
    uint64_t timeout_ms; /* of each step; the session has LIMIT_SESSION_FACTOR times this */
    size_t line_limit;   /* bytes */
    uint16_t port;
    int64_t verify_time; /* seconds since the epoch */
    bool dialogue;       /* keep what was said */
    char *scratch;       /* LIMIT_READ_BYTES that the probes of a loop read into, one after another */
};

/* What an address consists of; the second half may be given up for an equal one's. */
struct probe_memory {
    struct arena session; /* dialogue and ends */
    struct arena tls;     /* what handshake_result fills in */
};

/*
 * Probes `address` (family and bytes set) of `host` and fills in the rest; everything lives in
 * `memory`, which the thread pool uses too and nobody else may meanwhile, and is complete when
 * `done` is called, once, from the loop, all handles closed.
 */
struct probe *probe_start(struct uv_loop_s *loop, const struct probe_config *config,
                          const struct host *host, struct address *address,
                          struct probe_memory *memory, void (*done)(void *),
                          void *argument);

/* Ends it early: `done` is still called, from the loop. */
void probe_cancel(struct probe *probe);

/* Milliseconds that the server has been waited for; 0 while the work is ours. */
uint64_t probe_silence(const struct probe *probe);

#endif

/*
 * The checked options of a run. Immutable once the run starts.
 */
#ifndef MXDANE_AUDIT_PLAN_H
#define MXDANE_AUDIT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/pattern.h"
#include "dns/resolver.h"

struct plan {
    struct resolver_config resolver;
    const char *helo;
    uint64_t smtp_timeout_ms;
    size_t line_limit; /* bytes */
    uint16_t port;
    int64_t verify_time; /* seconds since the epoch */
    size_t jobs;       /* probes in flight at most, */
    size_t jobs_aside; /* and so many with silent servers beside them */
    size_t hosts;      /* MX hosts remembered at most */
    size_t addresses;  /* probed for one domain at most, its hosts' together */
    uint64_t pause_ms; /* between two connections to an address */
    bool dialogue;     /* keep the SMTP dialogues */
    bool findings;     /* ask too what findings need to know */
    bool reserved, no_ipv4, no_ipv6, all, ee_checks, down_only;
    const char *down[LIMIT_DOWN_HOSTS];
    size_t down_count;
    struct pattern *only, *skip; /* NULL: none */
};

struct plan_met { /* which of the options that choose MX hosts had one to choose */
    bool down[LIMIT_DOWN_HOSTS];
    bool only, skip;
};

/* Adds what this MX host (with its trailing dot) meets. */
void plan_meet(const struct plan *plan, const char *name, struct plan_met *met);

/* Whether an MX host (with its trailing dot) is to be probed: -D, -U, --only, --skip. */
bool plan_probes_host(const struct plan *plan, const char *name);

#endif

/*
 * DNS questions through getdns on the libuv loop, in one of two modes: an embedded validating
 * resolver that recurses from the root, or a validating resolver whose AD bit is trusted
 * (RFC 7672 section 2.1.1, RFC 4035 section 4.9.3).
 */
#ifndef MXDANE_DNS_RESOLVER_H
#define MXDANE_DNS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "model/lookup.h"

struct uv_loop_s;
struct resolver;

struct resolver_config {
    const char *const *nameservers; /* ADDR[@PORT]; none: the embedded resolver */
    size_t nameserver_count;
    const char *trust_anchor; /* files of the embedded resolver */
    const char *root_hints;
    uint64_t timeout_ms;
    unsigned tries;
    size_t questions; /* in flight at most: each has a socket of its own */
    uint16_t udp_size;
};

/* Called from the loop, never from inside resolver_ask. */
typedef void resolver_callback(void *argument);

/* NULL with the reason in `failure`: a bad address, a missing or broken file, getdns's refusal. */
struct resolver *resolver_new(struct uv_loop_s *loop, const struct resolver_config *config,
                              struct failure *failure);

/* Questions still open are dropped without a callback. Handles close on the loop afterwards. */
void resolver_free(struct resolver *resolver);

/*
 * Asks for `type` at `name` (absolute). *lookup lives in `arena`, its name and type are set at
 * once, the rest before the callback.
 */
void resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                  enum record_type type, struct lookup **lookup, resolver_callback *callback,
                  void *argument);

#endif

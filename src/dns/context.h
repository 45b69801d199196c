/*
 * A getdns context as the options want it: the embedded validating resolver with its trust anchor
 * and root hints, or a stub that asks the given nameservers. Internal to the room.
 */
#ifndef MXDANE_DNS_CONTEXT_H
#define MXDANE_DNS_CONTEXT_H

#include <getdns/getdns.h>

#include "base/failure.h"
#include "dns/resolver.h"
#include "dns/uvloop.h"
#include "pool.h"

/*
 * NULL with the reason in `failure`. The event loop functions stay the caller's, and so does the
 * pool, which outlives the context.
 */
getdns_context *context_new(struct pool *pool, struct uvloop *uvloop,
                            const struct resolver_config *config, struct failure *failure);

#endif

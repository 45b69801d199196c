/*
 * Asks why answers are insecure (dns/insecurity decides what), for findings.
 */
#ifndef MXDANE_AUDIT_EXPLAIN_H
#define MXDANE_AUDIT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/lookup.h"

struct resolver;

enum { EXPLAIN_LOOKUPS = 3 };

/*
 * Sets `zone_ds` of the insecure ones of at most EXPLAIN_LOOKUPS look-ups, one after another; NULL
 * among them is allowed. An answer that is one of them is not asked for again. What is asked lives
 * in `arena`: LIMIT_ZONE_QUESTIONS questions at most, none after a timeout. False: all is known at
 * once; else `done` is called from the loop when it is.
 */
bool explain_lookups(struct resolver *resolver, struct arena *arena, struct lookup *const *lookups,
                     size_t count, void (*done)(void *argument), void *argument);

#endif

/*
 * How the domains stood in the last run, so that a run can say what changed, and how they stand in
 * this one. The file is text: a first line, a line "DOMAIN OUTCOME REASON COUNT DIGEST" per domain
 * with tabs between, and how many there are. It is read as a whole before anything is audited, and
 * replaced when the run is done. In memory: a domain's line and 24 bytes, twice those while sorted.
 */
#ifndef MXDANE_HISTORY_STATE_H
#define MXDANE_HISTORY_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "model/domain.h"
#include "model/standing.h"

struct state;

/*
 * A file that is not there is a first run's. NULL with the reason in `failure`: it cannot be read,
 * it is not a state or not a whole one, there is no way to write beside it. `option` is what
 * failures name before the path; both are borrowed.
 */
struct state *state_open(const char *option, const char *path, struct failure *failure);

/* What is not published is dropped. NULL allowed. */
void state_free(struct state *state);

/* Since the last run. The domain is not gone. */
struct change state_compare(struct state *state, const struct domain *domain);

/* False with the reason in `failure` where it cannot be written. */
bool state_add(struct state *state, const struct domain *domain, struct failure *failure);

/*
 * The domains of the last run that were not compared, by name; NULL: that was the last. `next`
 * begins with 0. The name is the state's.
 */
const char *state_next_gone(const struct state *state, size_t *next, struct standing *was);

/* This run's standings take the file's place. False with the reason in `failure`. */
bool state_publish(struct state *state, struct failure *failure);

#endif

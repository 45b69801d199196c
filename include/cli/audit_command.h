/*
 * The audit, from the options to the exit status: gather, judge, tell.
 */
#ifndef MXDANE_CLI_AUDIT_COMMAND_H
#define MXDANE_CLI_AUDIT_COMMAND_H

#include "base/failure.h"
#include "cli/options.h"

/* The exit status; `failure` has a text where mxdane itself could not do its work. */
int audit_command(struct options *options, struct failure *failure);

/* A failure before there is an output: some formats have their own words for it, and status. */
int audit_command_fail(const struct options *options, const struct failure *failure);

#endif

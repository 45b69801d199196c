/*
 * How far a run over a list is: one line on a terminal's standard error that redraws itself, and
 * the summary at its end.
 */
#ifndef MXDANE_CLI_PROGRESS_H
#define MXDANE_CLI_PROGRESS_H

#include <stdbool.h>

#include "audit/run.h"
#include "base/buffer.h"

struct progress {
    bool drawn; /* the line is on the screen, the cursor behind it */
};

/* Draws the line, unless standard error would make us wait. */
void progress_draw(struct progress *progress, const struct run_counts *counts);

/* Takes the line off the screen, so that something else can be written there. */
void progress_clear(struct progress *progress);

/* Appends "5 of 10 done, 2/s, 1 failing, 3 in flight, 0:02 left"; the total where it is known. */
void progress_line(struct buffer *out, const struct run_counts *counts);

/* Appends one line: domains, what was asked of the world, time. */
void progress_summary(struct buffer *out, const struct run_counts *counts);

#endif

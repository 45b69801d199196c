/*
 * A text file of the user's, line by line and as a whole: what cannot be read to its end is a failure.
 */
#ifndef MXDANE_BASE_LINES_H
#define MXDANE_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/*
 * `line` has `length` bytes, NULs and its newline included, and a NUL behind them; it may be changed.
 * `number` counts from 1. False, with the reason in `failure`, ends the reading.
 */
typedef bool lines_reader(void *argument, char *line, size_t length, size_t number,
                          struct failure *failure);

/* False with the reason in `failure`: the reader's, or "`what`: " and the system's. */
bool lines_read(const char *path, const char *what, lines_reader *reader, void *argument,
                struct failure *failure);

#endif

/*
 * A list of domains: one a line, # comments, blank lines, CRLF, user@domain. Read as it is needed,
 * from a file or a pipe that may be slow.
 */
#ifndef MXDANE_HISTORY_LIST_H
#define MXDANE_HISTORY_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

struct uv_loop_s;
struct list;

enum list_status {
    LIST_DOMAIN,
    LIST_WAIT, /* nothing yet: `ready` will be called */
    LIST_END,
    LIST_FAILED
};

/*
 * "-" is standard input. `option` is what failures name before the path; both are borrowed. `ready`
 * is called from the loop. NULL with the reason in `failure`.
 */
struct list *list_new(struct uv_loop_s *loop, const char *option, const char *path,
                      void (*ready)(void *argument), void *argument, struct failure *failure);

/* Handles close on the loop. NULL allowed. */
void list_free(struct list *list);

/*
 * The next domain, valid until the next call; it may be malformed. LIST_FAILED: the reason in
 * `failure`.
 */
enum list_status list_next(struct list *list, const char **domain, struct failure *failure);

/* How many domains a file lists; 0 where that can't be known without waiting. */
size_t list_count(const char *path);

/*
 * The domain of a line without its line end, cut to [*start, *start + *length); false where the
 * line holds none. Pure.
 */
bool list_line(const char **start, size_t *length);

#endif

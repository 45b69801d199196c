/*
 * What a run over a list has finished, so that another run with the same list goes on. A line is
 * the position of a domain in the list, its exit status and the domain; it is written after the
 * domain's block.
 */
#ifndef MXDANE_HISTORY_JOURNAL_H
#define MXDANE_HISTORY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "model/domain.h"

struct journal;

/*
 * Opens or makes the journal. An unfinished last line, as a kill leaves it, is cut off. NULL with
 * the reason in `failure`: no such folder, not writable, not a journal, another run writes to it.
 * `option` is what failures name before the path; both are borrowed.
 */
struct journal *journal_open(const char *option, const char *path, struct failure *failure);
void journal_close(struct journal *journal);

enum journal_status {
    JOURNAL_OPEN,
    JOURNAL_DONE,   /* an earlier run finished this domain, with *status */
    JOURNAL_ANOTHER /* at this position the journal's list had another domain */
};

/* `position` counts the domains of the list from 0. */
enum journal_status journal_look(const struct journal *journal, size_t position,
                                 const char *domain, enum exit_status *status);

/* Whether it knows of nothing behind the list's `count` domains: else it is another list's. */
bool journal_fits(const struct journal *journal, size_t count);

/* False with the reason in `failure` where it cannot be written. */
bool journal_add(struct journal *journal, size_t position, enum exit_status status,
                 const char *domain, struct failure *failure);

#endif

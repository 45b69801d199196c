/*
 * A file that is replaced as a whole: what is written goes to a temporary file beside it, which
 * then takes its name. Whatever happens, the old file or the new one is there, never a part, and
 * who may read the old one may read the new one: the mode stays, and the owner where we may set it.
 */
#ifndef MXDANE_BASE_REPLACEMENT_H
#define MXDANE_BASE_REPLACEMENT_H

#include <stdbool.h>

#include "base/failure.h"

struct replacement {
    const char *option, *name; /* as the user gave them, for messages */
    char *path;                /* the file, links resolved */
    char *temporary;           /* beside it; NULL: not there, or no longer */
    int fd;                    /* of the temporary file */
};

/*
 * `option` and `name` are borrowed. False with the reason in `failure` where the file cannot be
 * made, or where something that is no regular file has its name, a link that leads nowhere included;
 * then there is nothing to close.
 */
bool replacement_open(struct replacement *replacement, const char *option, const char *name,
                      struct failure *failure);

/* Gives the temporary file the name. False with the reason in `failure`. */
bool replacement_publish(struct replacement *replacement, struct failure *failure);

/* What was not published is removed. */
void replacement_close(struct replacement *replacement);

/* Sets `failure` to what errno says of the file; false. */
bool replacement_fail(const struct replacement *replacement, struct failure *failure);

#endif

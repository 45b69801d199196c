/*
 * Our own failures: a bad option, a file that is not there, a resolver that cannot be set up.
 * A function that can fail so returns false and leaves one line of text here; main prints it and
 * exits with status 2. What a remote party does is never a failure but a result in the model.
 */
#ifndef MXDANE_BASE_FAILURE_H
#define MXDANE_BASE_FAILURE_H

#include <stdbool.h>

enum { FAILURE_TEXT = 512 }; /* bytes before they are escaped; what is longer is cut */

struct failure {
    char text[4 * FAILURE_TEXT];
};

/* Sets the text, escaped like a peer's (base/text), and returns false, so that a caller can `return failure_set(...)`. */
bool failure_set(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

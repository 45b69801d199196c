/*
 * Why an answer is insecure, as pure decisions: answers in, the next question out. A zone is
 * insecure where its parent says that it has no DS. One that has a secure DS and keys that are
 * insecure all the same has only algorithms that the resolver does not know, or was told not to
 * validate (RFC 4035 section 5.2, RFC 7646): it is signed, and others may well validate it. So what
 * a resolver knows is learnt from what it does, in whatever mode and version it is.
 */
#ifndef MXDANE_DNS_INSECURITY_H
#define MXDANE_DNS_INSECURITY_H

#include <stdbool.h>
#include <stddef.h>

#include "model/lookup.h"

struct insecurity {
    const struct lookup *lookup; /* the insecure answer */
    size_t link;                 /* of its chain: 0 is the name that was asked */
    const char *name;            /* the next question, borrowed from the chain */
    enum record_type type;       /* DS or DNSKEY */
    bool below;                  /* a name below was insecure */
    unsigned answers;
    /* In the end: the secure DS RRset of a signed zone whose keys are insecure. NULL: not known. */
    const struct lookup *ds;
};

/* An answer, not an error, without AD: there may be something to explain. */
bool insecurity_is_of(const struct lookup *lookup);

/*
 * `lookup` is borrowed until the end. False: there is nothing to ask. Else `name` and `type` are
 * the question whose answer is to be given to insecurity_take, until that returns false.
 */
bool insecurity_begin(struct insecurity *insecurity, const struct lookup *lookup);

/* `answer` is borrowed until the end. LIMIT_ZONE_QUESTIONS answers are taken at most. */
bool insecurity_take(struct insecurity *insecurity, const struct lookup *answer);

#endif

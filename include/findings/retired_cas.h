/*
 * Keys of public CAs that no longer issue, or no longer by default, from a file that users can
 * extend: the SHA2-256 of the SubjectPublicKeyInfo in hex, `retired` or `superseded`, and the CA's
 * name, a line each. A line without a state, as older files have them, is of a retired one.
 */
#ifndef MXDANE_FINDINGS_RETIRED_CAS_H
#define MXDANE_FINDINGS_RETIRED_CAS_H

#include "base/failure.h"
#include "model/record.h"

struct retired;

enum retired_state {
    RETIRED_GONE,      /* nothing is issued under it any more */
    RETIRED_SUPERSEDED /* new certificates are issued under another by default */
};

struct retired_issuer {
    const char *name;
    enum retired_state state;
};

/*
 * NULL with the reason in `failure`: it cannot be read, a line is malformed. `what` is what failures
 * call the file.
 */
struct retired *retired_open(const char *path, const char *what, struct failure *failure);
void retired_free(struct retired *retired);

/* The CA whose key the record is the digest of; NULL: of none. `retired` may be NULL. */
const struct retired_issuer *retired_find(const struct retired *retired,
                                          const struct record_tlsa *tlsa);

#endif

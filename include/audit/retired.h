/*
 * Keys of public CAs that no longer issue, from a file that users can extend: the SHA2-256 of the
 * SubjectPublicKeyInfo in hex and the CA's name, a line each.
 */
#ifndef MXDANE_AUDIT_RETIRED_H
#define MXDANE_AUDIT_RETIRED_H

#include "base/failure.h"
#include "model/record.h"

struct retired;

/*
 * NULL with the reason in `failure`: it cannot be read, a line is malformed. `what` is what failures
 * call the file.
 */
struct retired *retired_open(const char *path, const char *what, struct failure *failure);
void retired_free(struct retired *retired);

/* The CA whose key the record is the digest of; NULL: of none. `retired` may be NULL. */
const char *retired_find(const struct retired *retired, const struct record_tlsa *tlsa);

#endif

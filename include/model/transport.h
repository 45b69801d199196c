/*
 * How a session ended and the verdict of an address: in the words of the trace, and as names for
 * programs.
 */
#ifndef MXDANE_MODEL_TRANSPORT_H
#define MXDANE_MODEL_TRANSPORT_H

#include "base/buffer.h"
#include "model/address.h"
#include "model/verdict.h"

/* "refused", "handshake-failed"... */
const char *transport_name(enum transport transport);

/* "pass", "tlsa-mismatch"... */
const char *verdict_name(enum verdict_code code);

void transport_add_verdict(struct buffer *out, const struct address *address,
                           const struct verdict *verdict);

/* How a session, or its part after the handshake, ended. */
void transport_add_end(struct buffer *out, const struct transport_end *end);

#endif

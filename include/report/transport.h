/*
 * The verdict of an address in the words of the trace.
 */
#ifndef MXDANE_REPORT_TRANSPORT_H
#define MXDANE_REPORT_TRANSPORT_H

#include "base/buffer.h"
#include "model/address.h"
#include "model/verdict.h"

void transport_add_verdict(struct buffer *out, const struct address *address,
                           const struct verdict *verdict);

/* How a session, or its part after the handshake, ended. */
void transport_add_end(struct buffer *out, const struct transport_end *end);

#endif

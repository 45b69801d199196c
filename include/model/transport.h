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

/* "Not now", in whatever state (RFC 5321 section 4.2.3): 421, and 450 as many servers say it. */
bool transport_is_busy(const struct transport_end *end);

/*
 * EHLO's reply refuses our own name, which says nothing about the server: 501 and 504 are about a
 * command's parameter (RFC 5321 section 4.2.2), and EHLO has no other; where the code may mean
 * anything, the text tells.
 */
bool transport_refuses_name(const struct transport_end *end);

/*
 * A firewall keeps STARTTLS from us (RFC 3207 section 6): it wrote over the server's offer, or over
 * our command, which the server then has in its reply.
 */
bool transport_hides_starttls(const struct transport_end *end);

/* How a session, or its part after the handshake, ended. */
void transport_add_end(struct buffer *out, const struct transport_end *end);

#endif

/*
 * Domain names: the user's input (IDNA2008), the wire (RFC 1035) and the owners of TLSA records.
 * All text forms are lower case, absolute (with the trailing dot), in A-labels.
 */
#ifndef MXDANE_DNS_NAME_H
#define MXDANE_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/limits.h"

/*
 * A user's domain name, UTF-8 or A-labels, with or without its trailing dot, "." for the root.
 * NULL where it is none: an empty or over-long label or name, or a character no host name has.
 */
const char *name_parse(struct arena *arena, const char *input);

/* An uncompressed wire name; NULL where it is malformed. */
const char *name_from_wire(struct arena *arena, const uint8_t *wire, size_t length);

/*
 * The wire name of an absolute name as the functions above make them: octets written to `wire`, at
 * most LIMIT_NAME_WIRE; 0: it is none.
 */
size_t name_to_wire(const char *name, uint8_t wire[LIMIT_NAME_WIRE]);

/* What is behind the first label, "." behind the last; NULL: the root has no parent. Borrowed. */
const char *name_parent(const char *name);

/* One label, and not the root. */
bool name_is_tld(const char *name);

/* "_25._tcp.BASE", RFC 7672 section 2.2.3. */
const char *name_tlsa_owner(struct arena *arena, const char *base, unsigned port);

#endif

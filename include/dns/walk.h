/*
 * RFC 7672's discovery as pure decisions: answers in, the next questions out.
 */
#ifndef MXDANE_DNS_WALK_H
#define MXDANE_DNS_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/address.h"
#include "model/lookup.h"

enum { WALK_BASES = 2 };

/*
 * The MX hosts of a domain by preference, then name, each once; the domain itself where there is
 * no MX (RFC 5321 section 5.1). Null MX entries are left out (RFC 7505).
 */
size_t walk_mx_hosts(const struct lookup *mx, const char *domain, struct arena *arena,
                     const char ***hosts);

/* A null MX record is in the RRset, RFC 7505 section 3. */
bool walk_has_null_mx(const struct lookup *mx);

/* It says that there is no mail: one record, of preference 0, RFC 7505 section 3. */
bool walk_is_null_mx(const struct lookup *mx);

/*
 * The answer is insecure and came through an alias: the alias itself must be asked about, it may
 * be secure (RFC 7672 sections 2.1.3 and 2.2.2).
 */
bool walk_needs_cname(const struct lookup *answer);

/* The AD of the first alias, learnt from its own CNAME RRset, into an answer's chain. */
void walk_apply_cname(struct lookup *answer, const struct lookup *cname);

/* TLSA base domains to try in this order, RFC 7672 section 2.2.2. Zero: TLSA is not asked. */
size_t walk_tlsa_bases(const struct lookup *a, const struct lookup *aaaa,
                       const char *bases[WALK_BASES]);

/* The addresses of a host, as the trace orders them. */
size_t walk_addresses(const struct lookup *a, const struct lookup *aaaa, struct arena *arena,
                      struct address **addresses);

/* In a special-purpose registry of IANA (RFC 6890): not to be connected to unasked. */
bool walk_is_reserved(const struct address *address);

/* RFC 7672 section 3.2.2: the reference identifiers for a base domain. At most 3; returns count. */
size_t walk_references(const struct lookup *mx, const char *domain, const char *host,
                       const char *base, const char *references[3]);

#endif

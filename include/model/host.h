/*
 * What is known of an MX host, whichever domains name it.
 */
#ifndef MXDANE_MODEL_HOST_H
#define MXDANE_MODEL_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"
#include "model/lookup.h"

enum tlsa_state {
    TLSA_NOT_ASKED, /* the addresses are insecure or absent: RFC 7672 section 2.2.2 */
    TLSA_SECURE,    /* an RRset with AD=1, usable or not */
    TLSA_ABSENT,    /* denied, or insecure: no DANE for this host */
    TLSA_FAILED     /* the look-up failed: the host counts as unreachable */
};

struct host {
    const char *name;    /* the MX exchange */
    const char *base;    /* TLSA base domain; the name where there is no TLSA */
    struct lookup *a;    /* NULL: not asked */
    struct lookup *aaaa; /* NULL: not asked */
    struct lookup *tlsa; /* of the candidate that decided; NULL: not asked */
    enum tlsa_state tlsa_state;
    const struct record_facts *tlsa_facts; /* one per record of `tlsa` where it is secure; else NULL */
    unsigned port;             /* of its SMTP service */
    bool probed;               /* sessions were wanted */
    struct address *addresses; /* in the order of the trace */
    size_t address_count;
    enum excess excess; /* addresses were left out */
};

/* "secure", "absent"... */
const char *tlsa_state_name(enum tlsa_state state);

/*
 * Whether the answer to A or AAAA (NULL: not asked) is not as DANE needs it. What a secure alias
 * leads to may be insecure where the alias's own TLSA records decide: RFC 7672 section 2.2.2.
 */
bool host_address_lookup_fails(const struct host *host, const struct lookup *lookup);

/* Whether its look-ups alone make a domain fail that uses this host. */
bool host_lookups_fail(const struct host *host);

#endif

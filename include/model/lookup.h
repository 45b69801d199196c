/*
 * The answer to one DNS question: what was asked, the CNAME chain, the RRset, and how sure that is.
 */
#ifndef MXDANE_MODEL_LOOKUP_H
#define MXDANE_MODEL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/excess.h"
#include "model/record.h"

enum lookup_status {
    LOOKUP_NOERROR, /* there are records */
    LOOKUP_NODATA,
    LOOKUP_NXDOMAIN,
    LOOKUP_SERVFAIL, /* DNSSEC-bogus too, in every resolver mode */
    LOOKUP_FORMERR,
    LOOKUP_NOTIMP,
    LOOKUP_REFUSED,
    LOOKUP_TIMEOUT,
    LOOKUP_TLD_MX_HOST, /* not asked: a TLD cannot be an MX host */
    LOOKUP_CNAME_ERROR, /* a loop, several CNAMEs at one owner, or too many */
    LOOKUP_RCODE        /* another RCODE: see `rcode` */
};

struct lookup_alias {
    const char *owner;
    const char *target;
    bool ad;
    uint32_t ttl;
};

struct lookup_ede { /* an extended DNS error, RFC 8914 */
    uint16_t code;
    struct bytes text;
};

struct lookup {
    const char *name; /* as asked */
    enum record_type type;
    enum lookup_status status;
    uint16_t rcode; /* as received: of LOOKUP_RCODE */
    bool ad; /* the answer as a whole is DNSSEC-secure */
    /*
     * Of an insecure answer, where findings are wanted: the secure DS RRset of its zone, which is
     * signed, though the resolver takes it for unsigned. NULL: it is unsigned, or not known.
     */
    const struct lookup *zone_ds;

    struct lookup_alias *aliases; /* in the order of the chain */
    size_t alias_count;
    const char *owner; /* of the records, or of their absence: the last alias's target */
    const struct record *records; /* sorted */
    size_t record_count;
    enum excess excess; /* the limit that made it an error */

    /* What -v shows. */
    const char *server; /* who answered: address@port, or "embedded resolver" */
    unsigned tries;
    unsigned milliseconds; /* from the first try to the answer */
    const char *reason;    /* what the RCODE does not say; NULL: nothing */
    struct lookup_ede *edes;
    size_t ede_count;
};

/* AD=1 and records. */
bool lookup_is_secure_data(const struct lookup *lookup);

/* There are records, secure or not. */
bool lookup_has_data(const struct lookup *lookup);

/* A denial, secure or not: NODATA or NXDOMAIN (RFC 7672 section 2.1.1: an answer, no error). */
bool lookup_is_denial(const struct lookup *lookup);

/* Neither data nor denial: RFC 7672 section 2.1.1 "bogus", "indeterminate" or a failure. */
bool lookup_is_error(const struct lookup *lookup);

/* The RCODE column: "NoError", "ServFail", "RCODE23"... */
void lookup_add_status(struct buffer *buffer, const struct lookup *lookup);

/* The same as a number: what is bogus is SERVFAIL (2) in every resolver mode. -1: it is none. */
int lookup_rcode(const struct lookup *lookup);

#endif

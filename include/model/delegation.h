/*
 * What the DS records at the parent say of the zone's keys.
 */
#ifndef MXDANE_MODEL_DELEGATION_H
#define MXDANE_MODEL_DELEGATION_H

#include <stdbool.h>
#include <stddef.h>

enum ds_state {
    DS_NOT_COMPARED,   /* nothing to compare it with, or no means */
    DS_MATCHES,        /* it is the digest of a key of the zone */
    DS_OF_NO_KEY,      /* no key has its tag and algorithm */
    DS_WRONG,          /* a key has, but another digest */
    DS_OF_NO_ZONE_KEY, /* of a key that must not sign the zone, RFC 4034 section 2.1 */
    DS_OF_REVOKED_KEY, /* RFC 5011 section 2.1 */
    DS_TYPE_UNKNOWN,   /* validators do not know the type of its digest */
    /*
     * It leads to no key, only DS records with a weaker digest do, and validators that follow
     * RFC 4509 section 3 do not look at those beside it: they call the zone bogus.
     */
    DS_HIDES_WEAKER,
    DS_ONLY_REVOKED /* as DS_OF_REVOKED_KEY, and no DS leads to a key that is not: only some follow */
};

struct delegation {
    const enum ds_state *states; /* one per record of the DS look-up; NULL: not compared */
    bool split;                  /* one of them is of the last two: validators differ */
};

#endif

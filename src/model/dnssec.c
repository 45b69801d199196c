#include "model/dnssec.h"

#include <stddef.h>

struct algorithm {
    const char *name;
    bool common;
};

/*
 * Common is what the validators of BIND, Unbound, Knot and PowerDNS have in common. RFC 8624
 * section 3.1 forbids 1, 3, 6 and 12; of 17 and 23 (RFC 9563, RFC 9558) there are few.
 */
static const struct algorithm algorithms[] = {
    [1] = {"RSAMD5", false},
    [3] = {"DSA", false},
    [5] = {"RSASHA1", true},
    [6] = {"DSA-NSEC3-SHA1", false},
    [7] = {"RSASHA1-NSEC3-SHA1", true},
    [8] = {"RSASHA256", true},
    [10] = {"RSASHA512", true},
    [12] = {"ECC-GOST", false},
    [13] = {"ECDSAP256SHA256", true},
    [14] = {"ECDSAP384SHA384", true},
    [15] = {"ED25519", true},
    [16] = {"ED448", true},
    [17] = {"SM2SM3", false},
    [23] = {"ECC-GOST12", false},
};

enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

const char *dnssec_algorithm_name(uint8_t algorithm)
{
    return algorithm < ALGORITHMS ? algorithms[algorithm].name : NULL;
}

bool dnssec_algorithm_is_common(uint8_t algorithm)
{
    return algorithm < ALGORITHMS && algorithms[algorithm].common;
}

unsigned dnssec_digest_strength(uint8_t digest_type)
{
    enum { SHA1 = 1, SHA256 = 2, SHA384 = 4 };

    switch (digest_type) {
    case SHA1: return DNSSEC_STRENGTH_SHA1;
    case SHA256: return DNSSEC_STRENGTH_SHA256;
    case SHA384: return DNSSEC_STRENGTH_SHA384;
    default: return 0;
    }
}

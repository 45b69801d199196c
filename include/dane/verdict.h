/*
 * The decision of RFC 7672 sections 2.2 and 3.1 for one address and one domain. Pure: whatever is
 * unknown or contradicts itself does not pass.
 */
#ifndef MXDANE_DANE_VERDICT_H
#define MXDANE_DANE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/address.h"
#include "model/host.h"
#include "model/verdict.h"

struct verdict_rules {
    const char *const *references; /* reference identifiers, primary first; RFC 7672 3.2.2 */
    size_t reference_count;
    bool ee_checks;      /* -e: the leaf's dates and names count for DANE-EE(3) too */
    int64_t verify_time; /* seconds since the epoch */
    enum tlsa_state tlsa;
};

/*
 * The name of a pass is set wherever a reference identifier matched, for DANE-EE(3) too (where it
 * decides nothing unless ee_checks): it is borrowed from the address's chain.
 */
struct verdict verdict_decide(const struct address *address, const struct verdict_rules *rules);

#endif

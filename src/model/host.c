#include "model/host.h"

/* An address look-up that securely says there is none is no failure while the other has some. */
static bool address_lookup_fails(const struct lookup *lookup)
{
    return lookup != NULL && (lookup_is_error(lookup) || !lookup->ad);
}

bool host_lookups_fail(const struct host *host)
{
    return address_lookup_fails(host->a) || address_lookup_fails(host->aaaa) ||
           host->tlsa_state != TLSA_SECURE || host->address_count == 0 ||
           host->excess != EXCESS_NONE;
}

#include "model/host.h"

const char *tlsa_state_name(enum tlsa_state state)
{
    switch (state) {
    case TLSA_NOT_ASKED: return "not-asked";
    case TLSA_SECURE: return "secure";
    case TLSA_ABSENT: return "absent";
    case TLSA_FAILED: return "failed";
    }
    return "?";
}

/*
 * An address look-up that securely says there is none is no failure while the other has some; one
 * that was not made is.
 */
static bool address_lookup_fails(const struct lookup *lookup)
{
    return lookup == NULL || lookup_is_error(lookup) || !lookup->ad;
}

bool host_lookups_fail(const struct host *host)
{
    return address_lookup_fails(host->a) || address_lookup_fails(host->aaaa) ||
           host->tlsa_state != TLSA_SECURE || host->address_count == 0 ||
           host->excess != EXCESS_NONE;
}

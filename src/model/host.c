#include "model/host.h"

#include <string.h>

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

/* RFC 7672 sections 2.2.2, 2.2.3: the first CNAME is secure and its owner has TLSA records. */
static bool alias_decides(const struct host *host, const struct lookup *lookup)
{
    return host->tlsa_state == TLSA_SECURE && strcmp(host->base, host->name) == 0 &&
           lookup->alias_count > 0 && lookup->aliases[0].ad;
}

/* An answer that securely says there is none is no failure while the other family has some. */
bool host_address_lookup_fails(const struct host *host, const struct lookup *lookup)
{
    if (lookup == NULL || lookup_is_error(lookup))
        return true;
    return !lookup->ad && !alias_decides(host, lookup);
}

bool host_lookups_fail(const struct host *host)
{
    return host_address_lookup_fails(host, host->a) ||
           host_address_lookup_fails(host, host->aaaa) || host->tlsa_state != TLSA_SECURE ||
           host->address_count == 0 || host->excess != EXCESS_NONE;
}

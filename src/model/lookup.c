#include "model/lookup.h"

bool lookup_has_data(const struct lookup *lookup)
{
    return lookup->status == LOOKUP_NOERROR && lookup->record_count > 0;
}

bool lookup_is_secure_data(const struct lookup *lookup)
{
    return lookup->ad && lookup_has_data(lookup);
}

bool lookup_is_denial(const struct lookup *lookup)
{
    return lookup->status == LOOKUP_NODATA || lookup->status == LOOKUP_NXDOMAIN;
}

bool lookup_is_error(const struct lookup *lookup)
{
    return !lookup_has_data(lookup) && !lookup_is_denial(lookup);
}

static const struct {
    const char *name;
    int rcode;
} statuses[] = {
    [LOOKUP_NOERROR] = {"NoError", 0},        [LOOKUP_NODATA] = {"NODATA", 0},
    [LOOKUP_NXDOMAIN] = {"NXDomain", 3},      [LOOKUP_SERVFAIL] = {"ServFail", 2},
    [LOOKUP_FORMERR] = {"FormErr", 1},        [LOOKUP_NOTIMP] = {"NotImp", 4},
    [LOOKUP_REFUSED] = {"Refused", 5},        [LOOKUP_TIMEOUT] = {"timeout", -1},
    [LOOKUP_TLD_MX_HOST] = {"TldMXHost", -1}, [LOOKUP_CNAME_ERROR] = {"CnameErr", -1},
};

void lookup_add_status(struct buffer *buffer, const struct lookup *lookup)
{
    if (lookup->status == LOOKUP_RCODE)
        buffer_printf(buffer, "RCODE%u", lookup->rcode);
    else
        buffer_puts(buffer, statuses[lookup->status].name);
}

int lookup_rcode(const struct lookup *lookup)
{
    return lookup->status == LOOKUP_RCODE ? lookup->rcode : statuses[lookup->status].rcode;
}

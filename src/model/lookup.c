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

void lookup_add_status(struct buffer *buffer, const struct lookup *lookup)
{
    static const char *const names[] = {
        [LOOKUP_NOERROR] = "NoError",      [LOOKUP_NODATA] = "NODATA",
        [LOOKUP_NXDOMAIN] = "NXDomain",    [LOOKUP_SERVFAIL] = "ServFail",
        [LOOKUP_FORMERR] = "FormErr",      [LOOKUP_NOTIMP] = "NotImp",
        [LOOKUP_REFUSED] = "Refused",      [LOOKUP_TIMEOUT] = "timeout",
        [LOOKUP_TLD_MX_HOST] = "TldMXHost", [LOOKUP_CNAME_ERROR] = "CnameErr",
    };

    if (lookup->status == LOOKUP_RCODE)
        buffer_printf(buffer, "RCODE%u", lookup->rcode);
    else
        buffer_puts(buffer, names[lookup->status]);
}

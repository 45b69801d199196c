#include "model/domain.h"

bool domain_lookup_fails(const struct lookup *lookup)
{
    bool denial_is_fine = lookup->type != RECORD_SOA;

    if (!lookup->ad)
        return true;
    return !(lookup_has_data(lookup) || (denial_is_fine && lookup->status == LOOKUP_NODATA));
}

/* Where validators differ about the DS records, senders behind some of them do not deliver. */
bool domain_lookup_is_wrong(const struct domain *domain, size_t index)
{
    const struct lookup *lookup = domain->lookups[index];

    return domain_lookup_fails(lookup) ||
           (lookup->type == RECORD_DS && domain->delegation.split);
}

bool domain_address_fails(const struct address *address, const struct verdict *verdict)
{
    if (address->end.transport == TRANSPORT_UNTRIED)
        return false;
    return verdict->code != VERDICT_PASS || address->after.transport != TRANSPORT_OK;
}

static bool host_fails(const struct domain_host *entry)
{
    if (host_lookups_fail(entry->host))
        return true;
    for (size_t i = 0; i < entry->host->address_count; i++)
        if (domain_address_fails(&entry->host->addresses[i], &entry->verdicts[i]))
            return true;
    return false;
}

enum exit_status domain_exit_status(const struct domain *domain)
{
    if (domain->name == NULL || domain->lookup_count == 0 || domain->null_mx_among_others ||
        domain->excess != EXCESS_NONE)
        return EXIT_WRONG;
    for (size_t i = 0; i < domain->lookup_count; i++)
        if (domain_lookup_is_wrong(domain, i))
            return EXIT_WRONG;
    for (size_t i = 0; i < domain->host_count; i++)
        if (host_fails(&domain->hosts[i]))
            return EXIT_WRONG;
    return domain->walked && (domain->host_count > 0 || !domain->needs_host) ? EXIT_SECURE
                                                                             : EXIT_WRONG;
}

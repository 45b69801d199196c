#include "model/domain.h"

#include "model/transport.h"

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

bool domain_host_fails(const struct domain_host *host)
{
    if (host_lookups_fail(host->host) || host->excess != EXCESS_NONE)
        return true;
    for (size_t i = 0; i < host->address_count; i++)
        if (domain_address_fails(&host->host->addresses[i], &host->verdicts[i]))
            return true;
    return false;
}

static bool host_name_refused(const struct domain_host *host)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (transport_refuses_name(&host->host->addresses[i].end) ||
            transport_refuses_name(&host->host->addresses[i].after))
            return true;
    return false;
}

bool domain_name_refused(const struct domain *domain)
{
    for (size_t i = 0; i < domain->host_count; i++)
        if (host_name_refused(&domain->hosts[i]))
            return true;
    return false;
}

bool domain_host_probed(const struct domain_host *host)
{
    for (size_t i = 0; i < host->address_count; i++)
        if (host->host->addresses[i].end.transport != TRANSPORT_UNTRIED)
            return true;
    return false;
}

static bool any_probed(const struct domain *domain)
{
    for (size_t i = 0; i < domain->host_count; i++)
        if (domain_host_probed(&domain->hosts[i]))
            return true;
    return false;
}

const char *domain_unprobed(const struct domain *domain)
{
    bool wanted = false;

    if (!domain->walked || !domain->needs_host || domain->host_count == 0 || any_probed(domain))
        return NULL;
    for (size_t i = 0; i < domain->host_count; i++) {
        if (domain_host_fails(&domain->hosts[i]))
            return NULL;
        wanted |= domain->hosts[i].host->probed;
    }
    return wanted ? "-4 or -6 leaves out every address" :
                    "-D, -U, --only or --skip leaves out every MX host";
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
        if (domain_host_fails(&domain->hosts[i]))
            return EXIT_WRONG;
    return domain->walked && (any_probed(domain) || !domain->needs_host) ? EXIT_SECURE
                                                                         : EXIT_WRONG;
}

#include "findings/findings.h"

#include <stdlib.h>

#include "base/limits.h"
#include "collector.h"

static void find_address(struct collector *collector, const struct domain_host *entry,
                         const struct tlsa_view *view, size_t index)
{
    if (entry->host->addresses[index].end.transport == TRANSPORT_UNTRIED)
        return;
    failures_find_address(collector, entry, view, index);
    advice_find_address(collector, entry, view, index);
    failures_find_after(collector, entry, index);
}

static void find_host(struct collector *collector, const struct domain_host *entry)
{
    const struct tlsa_view *view = tlsa_view_new(collector, entry);

    failures_find_host(collector, entry);
    advice_find_host(collector, entry, view);
    for (size_t i = 0; i < entry->address_count; i++)
        find_address(collector, entry, view, i);
}

static bool says_failure(const struct collector *collector)
{
    for (size_t i = 0; i < collector->count; i++)
        if (finding_severity(collector->list[i].code) >= FINDING_UNTESTED)
            return true;
    return false;
}

void findings_find(struct domain *domain, const struct findings_rules *rules, struct arena *arena)
{
    struct collector collector = {.rules = rules, .domain = domain, .arena = arena};

    arena_init(&collector.scratch);
    failures_find_domain(&collector);
    dnssec_find_delegation(&collector);
    advice_find_domain(&collector);
    for (size_t i = 0; i < domain->host_count; i++)
        find_host(&collector, &domain->hosts[i]);
    failures_find_unprobed(&collector);
    if (domain_exit_status(domain) != EXIT_SECURE && !says_failure(&collector))
        collector_add(&collector, (struct finding){.code = FINDING_INCOMPLETE});
    if (collector.full)
        collector_append(&collector,
                         (struct finding){.code = FINDING_ADVICE_LIMITED, .number = LIMIT_ADVICE});
    domain->findings = arena_copy(arena, collector.list, collector.count * sizeof *collector.list);
    domain->finding_count = collector.count;
    free(collector.list);
    arena_fini(&collector.scratch);
}

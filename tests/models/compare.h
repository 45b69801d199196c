/*
 * Of a model made by hand: what the audit works out of its TLSA records and certificates.
 */
#ifndef MXDANE_TESTS_MODELS_COMPARE_H
#define MXDANE_TESTS_MODELS_COMPARE_H

#include "base/arena.h"
#include "dane/match.h"
#include "model/host.h"

/* Sets the facts of the host's records, and marks and matches of its addresses, in `arena`. */
static inline void compare_host(struct host *host, struct arena *arena)
{
    const struct lookup *tlsa = host->tlsa;

    if (host->tlsa_state != TLSA_SECURE)
        return;
    host->tlsa_facts = match_facts(tlsa->records, tlsa->record_count, arena);
    for (size_t i = 0; i < host->address_count; i++) {
        struct chain *chain = &host->addresses[i].chain;
        struct certificate *copies = arena_copy(arena, chain->certificates,
                                                chain->count * sizeof *copies);

        if (!host->addresses[i].handshaken)
            continue;
        chain->certificates = copies;
        host->addresses[i].matches = match_records(tlsa->records, host->tlsa_facts,
                                                   tlsa->record_count, copies, chain->count, arena);
    }
}

#endif

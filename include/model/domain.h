/*
 * The result of the audit of one domain.
 */
#ifndef MXDANE_MODEL_DOMAIN_H
#define MXDANE_MODEL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/delegation.h"
#include "model/host.h"
#include "model/lookup.h"
#include "model/verdict.h"

struct domain_host {
    const struct host *host;        /* borrowed from the run's hosts */
    const struct verdict *verdicts; /* one per address, */
    size_t address_count; /* of the first addresses of the host: so many are looked at for the domain */
    enum excess excess;   /* addresses were left out, of the host's or of the domain's limit */
};

struct finding;

struct domain {
    const char *input; /* as the user wrote it */
    const char *name;  /* with its trailing dot; NULL: the input is no domain name */
    const struct lookup *lookups[3]; /* printed in this order: DS, DNSKEY, MX or SOA; then NULL */
    size_t lookup_count;
    struct delegation delegation; /* of the DS look-up, where it and DNSKEY are secure */
    const struct lookup *nsec3param; /* for findings; in no trace; NULL: not asked */
    bool walked;       /* every look-up that belongs to the audit was made */
    bool needs_host;   /* mail is accepted: without a host to check nothing is proved */
    bool null_mx_among_others;
    struct domain_host *hosts; /* by preference, then by name */
    size_t host_count;
    enum excess excess; /* MX hosts were left out */
    const struct finding *findings; /* where the plan wants them */
    size_t finding_count;
};

enum exit_status { EXIT_SECURE = 0, EXIT_WRONG = 1, EXIT_OWN_FAILURE = 2 };

/* A DS, DNSKEY, SOA or MX look-up that is not as DANE needs it. */
bool domain_lookup_fails(const struct lookup *lookup);

/* The same of the domain's look-up `index`, with what the others say of it. */
bool domain_lookup_is_wrong(const struct domain *domain, size_t index);

/* An address whose verdict or whose session makes the domain fail. */
bool domain_address_fails(const struct address *address, const struct verdict *verdict);

/* Whether one of its servers refuses our own name. */
bool domain_name_refused(const struct domain *domain);

/* A look-up or an address of the host that makes the domain fail. */
bool domain_host_fails(const struct domain_host *host);

/* Whether a session with one of its addresses was wanted and begun, or had a reason not to be. */
bool domain_host_probed(const struct domain_host *host);

/*
 * Why nothing is proved though nothing is wrong with its hosts: the options that leave out every
 * server. NULL: a host fails, a server was asked, or none had to be.
 */
const char *domain_unprobed(const struct domain *domain);

/* The one roll-up. A domain that accepts mail passes only by a server that was asked. */
enum exit_status domain_exit_status(const struct domain *domain);

#endif

/*
 * The result of the audit of one domain.
 */
#ifndef MXDANE_MODEL_DOMAIN_H
#define MXDANE_MODEL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/host.h"
#include "model/lookup.h"
#include "model/verdict.h"

struct domain_host {
    const struct host *host;        /* borrowed from the run's hosts */
    const struct verdict *verdicts; /* one per address of the host */
};

struct finding;

struct domain {
    const char *input; /* as the user wrote it */
    const char *name;  /* with its trailing dot; NULL: the input is no domain name */
    const struct lookup *lookups[3]; /* printed in this order: DS, DNSKEY, MX or SOA; then NULL */
    size_t lookup_count;
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

/* An address whose verdict or whose session makes the domain fail. */
bool domain_address_fails(const struct address *address, const struct verdict *verdict);

/* A look-up or an address of the host that makes the domain fail. */
bool domain_host_fails(const struct domain_host *host);

/*
 * Why nothing is proved though nothing is wrong with its hosts: the options that leave out every
 * server. NULL: a host fails, a server was asked, or none had to be.
 */
const char *domain_unprobed(const struct domain *domain);

/* The one roll-up. A domain that accepts mail passes only by a server that was asked. */
enum exit_status domain_exit_status(const struct domain *domain);

#endif

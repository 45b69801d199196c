/*
 * What an audit has to say about a domain: everything that makes it fail, and advice that does
 * not. A finding is a code and what it is about; the table below gives the words, once for every
 * format. Findings are found by audit/findings, for the formats that show them.
 */
#ifndef MXDANE_MODEL_FINDING_H
#define MXDANE_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/address.h"
#include "model/domain.h"
#include "model/lookup.h"

/* In the order of their weight: from FINDING_UNTESTED on the domain fails. */
enum finding_severity {
    FINDING_NOTICE,      /* advice */
    FINDING_WARNING,     /* mail comes through, but something is wrong or soon will be */
    FINDING_UNTESTED,    /* a server that could not be tested proves nothing */
    FINDING_UNPROTECTED, /* DANE does not apply: mail comes through unprotected */
    FINDING_FAILURE      /* a sender that knows DANE does not deliver */
};

/*
 * The one table: code, id, severity, RFC and section, result type of RFC 8460 section 4.3,
 * sentence. Ids are for programs and never change. In a sentence {lookup} is its type and name,
 * {status} its RCODE and why; {record} the RDATA, {number} and {text} are arguments, {end} is how a
 * session ended, {reason} the words of OpenSSL or the system for it, {depth} and {subject} are a
 * certificate's, {excess} is the limit that was exceeded.
 */
/* clang-format off */
#define FINDING_TABLE(X) \
    X(DOMAIN_INVALID, "domain-invalid", FAILURE, "RFC 1035 section 2.3.1", NULL, \
      "{text} is no domain name") \
    X(LOOKUP_FAILED, "lookup-failed", FAILURE, "RFC 7672 section 2.1.1", "dnssec-invalid", \
      "the look-up of {lookup} failed: {status}") \
    X(LOOKUP_INSECURE, "lookup-insecure", UNPROTECTED, "RFC 7672 section 2.2", "no-policy-found", \
      "the answer to {lookup} is not secured by DNSSEC: DANE does not apply") \
    X(DOMAIN_ABSENT, "domain-does-not-exist", FAILURE, NULL, NULL, \
      "{lookup}: there is no such domain") \
    X(RECORDS_ABSENT, "records-missing", FAILURE, NULL, NULL, \
      "{lookup}: there is no such record") \
    X(NULL_MX_AMONG_OTHERS, "null-mx-among-others", FAILURE, "RFC 7505 section 3", NULL, \
      "a null MX record (no mail) stands beside other MX records") \
    X(LIMIT_EXCEEDED, "limit-exceeded", FAILURE, NULL, NULL, "{excess}") \
    X(INCOMPLETE, "incomplete", FAILURE, NULL, NULL, \
      "the audit did not come to its end") \
    X(HOST_IS_TLD, "mx-host-is-tld", FAILURE, "RFC 7672 section 2.2", NULL, \
      "the MX host {host} is a top-level domain") \
    X(HOST_ABSENT, "mx-host-does-not-exist", FAILURE, "RFC 5321 section 5.1", NULL, \
      "the MX host {host} does not exist") \
    X(HOST_WITHOUT_ADDRESS, "mx-host-without-address", FAILURE, "RFC 5321 section 5.1", NULL, \
      "the MX host {host} has no address") \
    X(ADDRESS_LOOKUP_FAILED, "address-lookup-failed", FAILURE, "RFC 7672 section 2.1.2", \
      "dnssec-invalid", "the look-up of {lookup} failed: {status}") \
    X(ADDRESS_INSECURE, "address-insecure", UNPROTECTED, "RFC 7672 section 2.2.2", \
      "no-policy-found", "the answer to {lookup} is not secured by DNSSEC: DANE does not apply") \
    X(TLSA_LOOKUP_FAILED, "tlsa-lookup-failed", FAILURE, "RFC 7672 section 2.1.2", \
      "dnssec-invalid", "the look-up of {lookup} failed: {status}: senders must not deliver") \
    X(TLSA_INSECURE, "tlsa-insecure", UNPROTECTED, "RFC 7672 section 2.2", "no-policy-found", \
      "the answer to {lookup} is not secured by DNSSEC: DANE does not apply") \
    X(TLSA_ABSENT, "tlsa-absent", UNPROTECTED, "RFC 7672 section 2.2", "no-policy-found", \
      "there are no TLSA records for {host}: mail to it is not protected") \
    X(ADDRESS_RESERVED, "address-reserved", UNTESTED, "RFC 6890", NULL, \
      "the address is for special purposes: not connected to") \
    X(CONNECTION_REFUSED, "connection-refused", UNTESTED, NULL, NULL, "{end}") \
    X(CONNECTION_TIMEOUT, "connection-timeout", UNTESTED, NULL, NULL, "{end}") \
    X(CONNECTION_FAILED, "connection-failed", UNTESTED, NULL, NULL, "{end}") \
    X(SMTP_REFUSED, "smtp-refused", UNTESTED, "RFC 5321 section 4.2", NULL, \
      "the server ended the session: {end}") \
    X(SMTP_BROKEN, "smtp-broken", UNTESTED, "RFC 5321 section 4.2", NULL, \
      "the session broke off: {end}") \
    X(STARTTLS_ABSENT, "starttls-not-offered", FAILURE, "RFC 7672 section 2.2", \
      "starttls-not-supported", "STARTTLS is not offered: senders must not deliver") \
    X(STARTTLS_REFUSED, "starttls-refused", FAILURE, "RFC 7672 section 2.2", \
      "starttls-not-supported", "STARTTLS is offered and refused: {end}") \
    X(PLAINTEXT_INJECTED, "plaintext-injected", FAILURE, "RFC 3207 section 4.2", \
      "validation-failure", "plaintext after the reply to STARTTLS, before TLS") \
    X(HANDSHAKE_FAILED, "tls-handshake-failed", FAILURE, "RFC 7672 section 2.2", \
      "validation-failure", "{end}") \
    X(TLS_TIMEOUT, "tls-timeout", UNTESTED, NULL, NULL, "{end}") \
    X(EHLO_TLS_FAILED, "ehlo-after-tls-failed", FAILURE, "RFC 3207 section 4.2", NULL, \
      "the session does not go on after the handshake: {end}") \
    X(TLSA_MISMATCH, "tlsa-mismatch", FAILURE, "RFC 7672 section 3", "validation-failure", \
      "the TLSA records do not authenticate the server: {reason}") \
    X(TLSA_ALL_UNUSABLE, "tlsa-unusable", FAILURE, "RFC 7672 section 2.2", "tlsa-invalid", \
      "no TLSA record can be used: TLS without authentication") \
    X(NAME_MISMATCH, "name-mismatch", FAILURE, "RFC 7672 section 3.2.2", \
      "certificate-host-mismatch", "the trust anchor matches, but no name of the certificate does") \
    X(CERT_EXPIRED, "cert-expired", FAILURE, "RFC 7672 section 3.1.2", "certificate-expired", \
      "a certificate is expired or not yet valid") \
    X(CERT_EXPIRES_SOON, "cert-expires-soon", WARNING, "RFC 7672 section 3.1.2", NULL, \
      "the certificate at depth {depth} ({subject}) expires in {number} days")
/* clang-format on */

#define FINDING_CODE(code, id, severity, rfc, result, sentence) FINDING_##code,
enum finding_code { FINDING_TABLE(FINDING_CODE) FINDING_CODES };
#undef FINDING_CODE

/* What a code is about: the pointers are the model's own; NULL: not about one. */
struct finding {
    enum finding_code code;
    const struct domain_host *host;
    const struct lookup *lookup;
    const struct record *record; /* of `lookup` */
    const struct address *address;
    const struct transport_end *end;
    const struct certificate *certificate; /* of the chain of `address` */
    unsigned depth;                        /* of `certificate` */
    enum excess excess;
    uint64_t number;
    struct bytes text; /* raw */
};

const char *finding_id(enum finding_code code);
enum finding_severity finding_severity(enum finding_code code);
const char *finding_rfc(enum finding_code code);         /* NULL: none */
const char *finding_result_type(enum finding_code code); /* NULL: none */

/* "notice", "warning", "untested", "unprotected", "failure". */
const char *finding_severity_name(enum finding_severity severity);

/* The sentence with its arguments, escaped. */
void finding_add_sentence(struct buffer *out, const struct finding *finding);

/*
 * The weightiest finding of a domain, of one of its hosts, of an address of that host (NULL: of
 * all); the first of several. NULL: there is none.
 */
const struct finding *finding_worst(const struct domain *domain, const struct domain_host *host,
                                    const struct address *address);

/*
 * What comes out for a domain, or for one of its hosts: "pass", "untested", "unprotected" or
 * "fail"; "not-probed" for a host that was left out. Of a domain only "pass" is EXIT_SECURE.
 */
const char *domain_outcome(const struct domain *domain);
const char *host_outcome(const struct domain *domain, const struct domain_host *host);

#endif

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
 * session ended, {reason} why a chain does not verify, {excess} the limit that was exceeded, {depth} and
 * {subject} are a certificate's, {digest} is one of its digests and {right} the usage, selector and
 * matching type that would be right for it.
 */
/* clang-format off */
#define FINDING_TABLE(X) \
    X(DOMAIN_INVALID, "domain-invalid", FAILURE, "RFC 1035 section 2.3.1", NULL, \
      "{text} is no domain name") \
    X(LOOKUP_FAILED, "lookup-failed", FAILURE, "RFC 7672 section 2.1.1", "dnssec-invalid", \
      "the look-up of {lookup} failed: {status}") \
    X(LOOKUP_INSECURE, "lookup-insecure", UNPROTECTED, "RFC 7672 section 2.2", "no-policy-found", \
      "the answer to {lookup} is not secured by DNSSEC: DANE does not apply") \
    X(ZONE_NOT_JUDGED, "zone-not-judged", UNTESTED, "RFC 4035 section 5.2", NULL, \
      "{lookup} cannot be judged: {text}, which this resolver does not validate: ask one that " \
      "does (-n)") \
    X(ZONE_ALGORITHM_UNKNOWN, "zone-algorithm-unknown", UNPROTECTED, "RFC 4035 section 5.2", \
      "no-policy-found", "{lookup} is not validated: {text}, which validators do not know: DANE " \
      "does not apply") \
    X(DOMAIN_ABSENT, "domain-does-not-exist", FAILURE, NULL, NULL, \
      "{lookup}: there is no such domain") \
    X(RECORDS_ABSENT, "records-missing", FAILURE, NULL, NULL, \
      "{lookup}: there is no such record") \
    X(NULL_MX_AMONG_OTHERS, "null-mx-among-others", FAILURE, "RFC 7505 section 3", NULL, \
      "a null MX record (no mail) stands beside others, or has a preference other than 0") \
    X(LIMIT_EXCEEDED, "limit-exceeded", UNTESTED, NULL, NULL, "{excess}") \
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
    X(NOTHING_PROBED, "nothing-probed", UNTESTED, NULL, NULL, "no server was probed: {text}") \
    X(ADDRESS_RESERVED, "address-reserved", UNTESTED, "RFC 6890", NULL, \
      "the address is for special purposes: not connected to") \
    X(CONNECTION_REFUSED, "connection-refused", UNTESTED, NULL, NULL, "{end}") \
    X(CONNECTION_TIMEOUT, "connection-timeout", UNTESTED, NULL, NULL, "{end}") \
    X(CONNECTION_FAILED, "connection-failed", UNTESTED, NULL, NULL, "{end}") \
    X(SMTP_REFUSED, "smtp-refused", UNTESTED, "RFC 5321 section 4.2", NULL, \
      "the server ended the session: {end}") \
    X(NAME_REFUSED, "ehlo-name-refused", UNTESTED, "RFC 5321 section 4.1.4", NULL, \
      "the server refuses the EHLO name of this host (-H sets another): {end}") \
    X(SMTP_BROKEN, "smtp-broken", UNTESTED, "RFC 5321 section 4.2", NULL, \
      "the session broke off: {end}") \
    X(STARTTLS_ABSENT, "starttls-not-offered", FAILURE, "RFC 7672 section 2.2", \
      "starttls-not-supported", "STARTTLS is not offered: senders must not deliver") \
    X(STARTTLS_MASKED, "starttls-masked", FAILURE, "RFC 3207 section 6", \
      "starttls-not-supported", "a firewall hides STARTTLS, as Cisco's SMTP inspection does: turn " \
      "its inspection off (if every server looks like this, the firewall is on this side)") \
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
      "{text}") \
    X(CHAIN_UNTRUSTED, "chain-not-trusted", FAILURE, "RFC 7672 section 3.1.2", \
      "certificate-not-trusted", \
      "the trust anchor of {record} was sent, but the chain does not verify: {reason}") \
    X(CERT_EXPIRES_SOON, "cert-expires-soon", WARNING, "RFC 7672 section 3.1.2", NULL, \
      "the certificate at depth {depth} ({subject}) expires in {number} days") \
    X(ANCHOR_DATES, "anchor-expired", WARNING, "RFC 5280 section 6.1", NULL, \
      "the trust anchor that the server sends, at depth {depth} ({subject}), {text}: send a " \
      "current copy") \
    X(TLSA_ANCHOR_DATES, "tlsa-anchor-expired", WARNING, "RFC 5280 section 6.1", NULL, \
      "the trust anchor in {record} {text}: publish a current copy") \
    X(CHAIN_LONG, "chain-long", NOTICE, "RFC 5280 section 6.1", NULL, \
      "{number} intermediates stand between the server's certificate and its trust anchor: " \
      "Postfix follows 9 by default (smtp_tls_scert_verifydepth)") \
    /* what a TLSA record that does not match is */ \
    X(TLSA_ISSUER_UNDER_EE, "tlsa-issuer-under-usage-3", WARNING, "RFC 7671 section 5.1", \
      "tlsa-invalid", "{record} is the {digest} of the issuer at depth {depth} ({subject}), and " \
      "usage 3 is for the server's own: this is {right}") \
    X(TLSA_LEAF_UNDER_TA, "tlsa-leaf-under-usage-2", WARNING, "RFC 7671 section 5.2", \
      "tlsa-invalid", "{record} is the {digest} of the server's own certificate, and usage 2 is " \
      "for an issuer's: this is {right}") \
    X(TLSA_UNDER_PKIX, "tlsa-under-pkix-usage", WARNING, "RFC 7672 section 3.1.3", \
      "tlsa-invalid", "{record} is the {digest} at depth {depth} ({subject}), and only usages 2 " \
      "and 3 are for SMTP: this is {right}") \
    X(TLSA_SELECTOR_WRONG, "tlsa-selector-wrong", WARNING, "RFC 6698 section 2.1.2", \
      "tlsa-invalid", "{record} is the {digest} at depth {depth} ({subject}): this is {right}") \
    X(TLSA_MTYPE_WRONG, "tlsa-matching-type-wrong", WARNING, "RFC 6698 section 2.1.3", \
      "tlsa-invalid", "{record} is the {digest} at depth {depth} ({subject}): this is {right}") \
    X(TLSA_DIGEST_OF_NOTHING, "tlsa-digest-of-nothing", WARNING, "RFC 6698 section 2.1.4", \
      "tlsa-invalid", "{record} is nothing, or the digest of nothing") \
    X(TLSA_DIGEST_OF_PEM, "tlsa-digest-of-pem", WARNING, "RFC 6698 section 2.1.4", \
      "tlsa-invalid", \
      "{record} is of the PEM text at depth {depth} ({subject}), and has to be of the DER") \
    X(TLSA_RENEWED, "tlsa-certificate-renewed", WARNING, "RFC 7671 section 5.1", \
      "validation-failure", "the certificate of {record} was renewed and its key was kept: the " \
      "hash of the key, 3 1 1, would still match") \
    X(TLSA_CERT_STALE, "tlsa-certificate-hash-stale", WARNING, "RFC 7671 section 5.1", \
      "validation-failure", "the server's key is in another record, its certificate is not " \
      "{record}: a certificate's hash has to change at every renewal, a key's, 3 1 1, has not") \
    X(TLSA_CERT_UNKNOWN, "tlsa-certificate-hash-unknown", WARNING, "RFC 7671 section 5.1", \
      "validation-failure", "no certificate that was sent is {record}: a certificate's hash has " \
      "to change at every renewal, a key's, 3 1 1, has not") \
    X(TLSA_KEY_UNKNOWN, "tlsa-key-unknown", WARNING, "RFC 7671 section 8.1", \
      "validation-failure", "no key that was sent is {record}: the next key's record has to be " \
      "published before the key is used") \
    X(TLSA_ANCHOR_UNKNOWN, "tlsa-anchor-not-sent", WARNING, "RFC 7671 section 5.2.2", \
      "validation-failure", "no issuer that was sent is {record}: a server has to send its trust " \
      "anchor{text}") \
    X(TLSA_ANCHOR_CROSS_SIGNED, "tlsa-anchor-cross-signed", WARNING, "RFC 7671 section 5.2", \
      "validation-failure", "{record} is another certificate with the name and key of the one at " \
      "depth {depth} ({subject}): a cross-sign changes the hash of the certificate, not that of " \
      "the key: publish 2 1 1") \
    X(TLSA_OF_ANOTHER_HOST, "tlsa-of-another-host", WARNING, "RFC 7671 section 8", \
      "validation-failure", "{record} is of the MX host {text}") \
    X(TLSA_OF_ANOTHER_ADDRESS, "tlsa-of-another-address", WARNING, "RFC 7671 section 8", \
      "validation-failure", \
      "{record} matches at {text}: the servers of {host} have different certificates") \
    X(TLSA_RETIRED_ISSUER, "tlsa-retired-issuer", WARNING, "RFC 7671 section 5.2", \
      "validation-failure", "{record} is {text}, which does not issue any more") \
    X(TLSA_SUPERSEDED_ISSUER, "tlsa-superseded-issuer", WARNING, "RFC 7671 section 5.2", \
      "validation-failure", "{record} is {text}, under which no new certificates are issued by " \
      "default: publish the hash of the server's own key, 3 1 1, or of the next issuer's before " \
      "the certificate is renewed") \
    X(TLSA_RECORD_UNUSABLE, "tlsa-record-unusable", WARNING, "RFC 6698 section 4.1", \
      "tlsa-invalid", "{record} cannot be used: {text}") \
    X(TLSA_HIDDEN, "tlsa-hidden-by-sha2-512", WARNING, "RFC 7671 section 9", \
      "validation-failure", \
      "{record} matches, but does not count beside a SHA2-512 record that does not") \
    X(TLSA_COMBINATION, "tlsa-combination-unmatched", WARNING, "RFC 7671 section 8", NULL, \
      "no {text} record matches, and each combination that is published has to") \
    /* what might be better */ \
    X(TLSA_CERT_HASH, "tlsa-certificate-hash", NOTICE, "RFC 7671 section 5.1", NULL, \
      "{record} has to change at every renewal: the hash of the key, 3 1 1, has not") \
    X(TLSA_PUBLIC_INTERMEDIATE, "tlsa-public-intermediate", NOTICE, "RFC 7671 section 5.2", NULL, \
      "{record} is an intermediate ({subject}) of a public CA, whose next certificate may be " \
      "issued by another") \
    X(TLSA_MANY, "tlsa-many-records", WARNING, "RFC 7671 section 10.1", NULL, \
      "{number} TLSA records: more than 12 make an answer that does not reach everybody") \
    X(TLSA_SINGLE, "tlsa-single-record", NOTICE, "RFC 7671 section 8.1", NULL, \
      "{record} is the only usable record: before a change of key or issuer the next one's is to " \
      "be published too") \
    X(TTL_LONG, "ttl-above-a-day", NOTICE, "RFC 7671 section 13", NULL, \
      "the TTL of {lookup} is {number} seconds: a mistake would last longer than a day") \
    X(KEY_WEAK, "key-weak", WARNING, "RFC 9325 section 4.5", NULL, \
      "the key at depth {depth} ({subject}) is {text}: 2048 bits are the least") \
    X(SIGNATURE_WEAK, "signature-weak", WARNING, "RFC 9325 section 4.5", NULL, \
      "the certificate at depth {depth} ({subject}) is signed with {text}") \
    X(KEY_EXCHANGE_WEAK, "key-exchange-weak", WARNING, "RFC 9325 section 4.5", NULL, \
      "the key exchange is {text}: at least 2048 bits are required") \
    X(KEY_USAGE, "key-usage-without-signature", WARNING, "RFC 5280 section 4.2.1.3", NULL, \
      "the key usage of the server's certificate leaves out digitalSignature: senders that use " \
      "GnuTLS, such as Debian's Exim, end the handshake") \
    X(TLS_OLD, "tls-old", WARNING, "RFC 8996 section 2", NULL, \
      "the server's best version is {text}: it has been deprecated") \
    X(DS_SHA1, "ds-sha1", WARNING, "RFC 8624 section 3.3", NULL, \
      "the DS record of key {number} has a SHA-1 digest") \
    X(DNSSEC_ALGORITHM, "dnssec-algorithm", WARNING, "RFC 8624 section 3.1", NULL, \
      "{lookup} has algorithm {number}, which must not be used") \
    X(DS_WEAKER_ONLY, "ds-digest-mismatch", FAILURE, "RFC 4509 section 3", "dnssec-invalid", \
      "the DS record {record} leads to no key of the zone, only one with a weaker digest does: " \
      "some validators call the zone bogus") \
    X(DS_ONLY_REVOKED, "ds-key-revoked", FAILURE, "RFC 5011 section 2.1", "dnssec-invalid", \
      "the DS record {record} is of a revoked key, and none leads to another: some validators " \
      "call the zone bogus") \
    X(DS_STALE, "ds-stale", NOTICE, "RFC 4034 section 5", NULL, \
      "the DS record {record} matches no key of the zone: remove it, unless its key is to come") \
    X(DS_KEY_UNFIT, "ds-key-unfit", WARNING, "RFC 4034 section 2.1", NULL, \
      "the DS record {record} is of a key that validators must not use: {text}") \
    X(DS_DIGEST_UNKNOWN, "ds-digest-unknown", NOTICE, "RFC 8624 section 3.3", NULL, \
      "validators do not know the digest of the DS record {record}: they ignore it") \
    X(DS_ALGORITHM, "ds-algorithm-without-key", WARNING, "RFC 6840 section 5.11", NULL, \
      "the DS record {record} has an algorithm of which the zone has no key: strict validators " \
      "call the zone bogus") \
    X(NSEC3_ITERATIONS, "nsec3-iterations", WARNING, "RFC 9276 section 3.1", NULL, \
      "NSEC3 with {number} iterations: anything but 0 may count as insecure") \
    X(ALIAS_TARGET_INSECURE, "alias-target-insecure", NOTICE, "RFC 7672 section 2.2.2", NULL, \
      "the answer to {lookup} is not secured by DNSSEC: senders use the TLSA records of the " \
      "alias {host}") \
    X(MX_IS_ALIAS, "mx-host-is-alias", WARNING, "RFC 5321 section 5.1", NULL, \
      "the MX host {host} is an alias (CNAME)") \
    X(COVERAGE_PARTIAL, "coverage-partial", WARNING, "RFC 7672 section 2.2.1", NULL, \
      "MX hosts without usable TLSA records: {number}: mail through them is not protected") \
    X(ADVICE_LIMITED, "findings-limited", NOTICE, NULL, NULL, \
      "more than {number} warnings and notices: the rest are not shown")
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
    enum certificate_digest digest;        /* of `certificate` */
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

/* "pass", "untested", "unprotected" or "fail": what comes out where this is the weightiest. */
const char *finding_outcome(enum finding_severity worst);

/* The sentence with its arguments, escaped. */
void finding_add_sentence(struct buffer *out, const struct finding *finding);

/*
 * The weightiest finding of a domain, of one of its hosts, of an address of that host (NULL: of
 * all); the first of several. NULL: there is none.
 */
const struct finding *finding_worst(const struct domain *domain, const struct domain_host *host,
                                    const struct address *address);

/*
 * Why a domain does not pass, or what there is to warn of: "mx.example[192.0.2.1]: " where it is of
 * an address, the sentence, and what explains it. Nothing where there is neither.
 */
void finding_add_reason(struct buffer *out, const struct domain *domain);

/* The same place and sentence of one finding. */
void finding_add_line(struct buffer *out, const struct finding *finding);

/* For monitoring, in the order of what counts most. */
enum check_status { CHECK_OK, CHECK_UNKNOWN, CHECK_WARNING, CHECK_CRITICAL };

/*
 * CHECK_CRITICAL where the domain fails, but CHECK_UNKNOWN where servers that could not be tested
 * are all there is; CHECK_WARNING where a certificate whose dates count ends soon, or a trust
 * anchor's own have passed.
 */
enum check_status domain_check(const struct domain *domain);

/*
 * What comes out for a domain, for one of its hosts, or for an address of that host: "pass",
 * "untested", "unprotected" or "fail"; "not-probed" for a host or an address that was left out. Of
 * a domain only "pass" is EXIT_SECURE, an address that fails never is "pass".
 */
const char *domain_outcome(const struct domain *domain);
const char *host_outcome(const struct domain *domain, const struct domain_host *host);
const char *address_outcome(const struct domain *domain, const struct domain_host *host,
                            size_t index);

/*
 * The same in more detail, for programs: "pass", "untested" and "not-probed" as in the outcome, for
 * any other the trace's name of the verdict or the id of the finding that says what fails.
 */
const char *address_result(const struct domain *domain, const struct domain_host *host,
                           size_t index);

#endif

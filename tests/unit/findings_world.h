/*
 * The audit of a domain about which there is nothing to say, made by hand: what a test changes in it
 * is what the findings are about.
 */
#ifndef MXDANE_TESTS_FINDINGS_WORLD_H
#define MXDANE_TESTS_FINDINGS_WORLD_H

#include "findings/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "model/finding.h"
#include "models/compare.h"

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}
#define TEN "0123456789"

enum { NOW = 1000000000, HOUR = 3600, DAY = 86400 };

struct world {
    struct record ds, dnskey, mx, param, tlsa[14], more[LIMIT_ADVICE + 1];
    struct lookup lookups[3], nsec3param, a[2], aaaa[2], tlsa_lookup[2];
    struct lookup_alias alias;
    struct certificate chain[2][3]; /* of either address: leaf, issuer; a stray */
    struct address addresses[2];
    struct verdict verdicts[2];
    struct host hosts[2]; /* one address each, the second not used as a rule */
    struct domain_host entries[2];
    struct record zone_record[4];
    struct lookup zone_ds; /* why something is insecure */
    enum ds_state ds_states[1];
    struct domain domain;
    struct findings_rules rules;
};

static struct lookup secure(enum record_type type, const char *name, const struct record *records,
                            size_t count)
{
    return (struct lookup){.name = name, .owner = name, .type = type, .ad = true,
                           .status = count > 0 ? LOOKUP_NOERROR : LOOKUP_NODATA,
                           .records = records, .record_count = count};
}

static const uint8_t *const keys[] = {(const uint8_t *)"leaf key" TEN TEN "0123",
                                      (const uint8_t *)"issuers key" TEN TEN "0",
                                      (const uint8_t *)"other key" TEN TEN "012"};
static const uint8_t *const certs[] = {(const uint8_t *)"leaf cert" TEN TEN "012",
                                       (const uint8_t *)"issuers cert" TEN TEN,
                                       (const uint8_t *)"other cert" TEN TEN "01"};

enum who { THE_LEAF, THE_ISSUER, ANOTHER };

static struct bytes key_of(enum who who)
{
    return (struct bytes){keys[who], 32};
}

static struct bytes cert_of(enum who who)
{
    return (struct bytes){certs[who], 32};
}

static struct certificate certificate(enum who who)
{
    return (struct certificate){
        .subject_cn = {keys[who], 4},
        .issuer_cn = BYTES("CA"),
        .dates_valid = true,
        .not_before = NOW - 77 * DAY,
        .not_after = (int64_t)NOW + 100 * DAY,
        .key = "EC-P256",
        .signature = "ecdsa-with-SHA256",
        .data = {[CERTIFICATE_CERT_SHA256] = cert_of(who), [CERTIFICATE_PKEY_SHA256] = key_of(who),
                 [CERTIFICATE_CERT_SHA512] = {certs[who], 33},
                 [CERTIFICATE_PKEY_SHA512] = {keys[who], 33},
                 [CERTIFICATE_FULL_CERT] = {certs[who], 31},
                 [CERTIFICATE_FULL_SPKI] = {keys[who], 31}}};
}

static struct record tlsa(uint8_t usage, uint8_t selector, uint8_t mtype, struct bytes data)
{
    return (struct record){.type = RECORD_TLSA, .ttl = 300,
                           .data.tlsa = {usage, selector, mtype, data}};
}

static void make_host(struct world *world, size_t index, const char *name)
{
    world->a[index] = secure(RECORD_A, name, &world->mx, 1);
    world->aaaa[index] = secure(RECORD_AAAA, name, NULL, 0);
    world->tlsa_lookup[index] = secure(RECORD_TLSA, "_25._tcp.mx.x.", world->tlsa, 2);
    world->chain[index][0] = certificate(THE_LEAF);
    world->chain[index][1] = certificate(THE_ISSUER);
    world->addresses[index] =
        (struct address){.bytes = {192, 0, 2, (uint8_t)index},
                         .end = {.transport = TRANSPORT_OK},
                         .after = {.transport = TRANSPORT_OK},
                         .handshaken = true,
                         .tls_version = "TLS13",
                         .cipher = "c",
                         .chain = {world->chain[index], 2, 2},
                         .dane = DANE_MATCH_EE};
    world->verdicts[index] = (struct verdict){.code = VERDICT_PASS};
    world->hosts[index] =
        (struct host){.name = name, .base = name, .a = &world->a[index],
                      .aaaa = &world->aaaa[index], .tlsa = &world->tlsa_lookup[index],
                      .tlsa_state = TLSA_SECURE, .probed = true,
                      .addresses = &world->addresses[index], .address_count = 1};
    world->entries[index] = (struct domain_host){&world->hosts[index],
                                                   &world->verdicts[index], 1, EXCESS_NONE};
}

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->ds = (struct record){.type = RECORD_DS, .data.ds = {1, 13, 2, BYTES("d")}};
    world->dnskey = (struct record){.type = RECORD_DNSKEY, .data.dnskey = {257, 3, 13, BYTES("k")}};
    world->mx = (struct record){.type = RECORD_MX, .data.mx = {10, "mx.x."}};
    world->param = (struct record){.type = RECORD_NSEC3PARAM};
    for (size_t i = 0; i < 14; i++)
        world->tlsa[i] = tlsa(3, 1, 1, i == 0 ? key_of(THE_LEAF) : key_of(ANOTHER));
    world->lookups[0] = secure(RECORD_DS, "x.", &world->ds, 1);
    world->lookups[1] = secure(RECORD_DNSKEY, "x.", &world->dnskey, 1);
    world->lookups[2] = secure(RECORD_MX, "x.", &world->mx, 1);
    world->nsec3param = secure(RECORD_NSEC3PARAM, "x.", &world->param, 1);
    world->alias = (struct lookup_alias){"mx.x.", "y.", true, 1};
    make_host(world, 0, "mx.x.");
    make_host(world, 1, "mx2.x.");
    world->domain = (struct domain){.input = "x", .name = "x.", .walked = true,
                                    .lookups = {&world->lookups[0], &world->lookups[1],
                                                &world->lookups[2]},
                                    .lookup_count = 3, .needs_host = true,
                                    .nsec3param = &world->nsec3param,
                                    .hosts = world->entries, .host_count = 1};
    world->zone_ds = secure(RECORD_DS, "z.", world->zone_record, 1);
    world->ds_states[0] = DS_MATCHES;
    world->domain.delegation.states = world->ds_states;
    world->rules = (struct findings_rules){.verify_time = NOW, .warn_days = 14};
}

/* The address does not match any more. */
static inline void mismatch(struct world *world)
{
    world->addresses[0].dane = DANE_MISMATCH;
    world->addresses[0].dane_reason = "because";
    world->verdicts[0].code = VERDICT_TLSA_MISMATCH;
}

static inline void fail_lookup(struct lookup *lookup)
{
    lookup->status = LOOKUP_SERVFAIL;
    lookup->ad = false;
    lookup->record_count = 0;
}

static inline void no_addresses(struct world *world, enum lookup_status status)
{
    world->a[0] = secure(RECORD_A, "mx.x.", NULL, 0);
    world->a[0].status = status;
    world->hosts[0].address_count = world->entries[0].address_count = 0;
    world->hosts[0].tlsa_state = TLSA_NOT_ASKED;
}

#endif

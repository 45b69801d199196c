/*
 * Resource records as fields. Names are in presentation form with their trailing dot, ASCII,
 * lower case, odd octets as \DDD or \. (RFC 1035 section 5.1), so they print as they are.
 */
#ifndef MXDANE_MODEL_RECORD_H
#define MXDANE_MODEL_RECORD_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

enum record_type {
    RECORD_A = 1,
    RECORD_CNAME = 5,
    RECORD_SOA = 6,
    RECORD_MX = 15,
    RECORD_AAAA = 28,
    RECORD_DS = 43,
    RECORD_DNSKEY = 48,
    RECORD_NSEC3PARAM = 51,
    RECORD_TLSA = 52
};

struct record_mx {
    uint16_t preference;
    const char *exchange;
};

struct record_ds {
    uint16_t tag;
    uint8_t algorithm;
    uint8_t digest_type;
    struct bytes digest;
};

struct record_dnskey {
    uint16_t flags;
    uint8_t protocol;
    uint8_t algorithm;
    struct bytes key;
};

struct record_soa {
    const char *mname;
    const char *rname;
    uint32_t serial, refresh, retry, expire, minimum;
};

struct record_nsec3param {
    uint8_t hash;
    uint8_t flags;
    uint16_t iterations;
    struct bytes salt;
};

struct record_tlsa {
    uint8_t usage;
    uint8_t selector;
    uint8_t mtype;
    struct bytes data;
};

struct record {
    enum record_type type;
    uint32_t ttl; /* seconds */
    union {
        uint8_t address[16]; /* A: the first 4; AAAA */
        struct record_mx mx;
        struct record_ds ds;
        struct record_dnskey dnskey;
        struct record_soa soa;
        struct record_nsec3param nsec3param;
        struct record_tlsa tlsa;
    } data;
};

/* "A", "DNSKEY"... */
const char *record_type_name(enum record_type type);

/* qsort order of an RRset: by the fields of its type, numbers first, bytes as memcmp. */
int record_compare(const void *left, const void *right);

/* The record's RDATA as the trace prints it. */
void record_add_rdata(struct buffer *buffer, const struct record *record);

#endif

#include "model/record.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

const char *record_type_name(enum record_type type)
{
    switch (type) {
    case RECORD_A: return "A";
    case RECORD_CNAME: return "CNAME";
    case RECORD_SOA: return "SOA";
    case RECORD_MX: return "MX";
    case RECORD_AAAA: return "AAAA";
    case RECORD_DS: return "DS";
    case RECORD_DNSKEY: return "DNSKEY";
    case RECORD_NSEC3PARAM: return "NSEC3PARAM";
    case RECORD_TLSA: return "TLSA";
    }
    return "?";
}

static int compare_numbers(const uint32_t *left, const uint32_t *right, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static int compare_bytes(struct bytes left, struct bytes right)
{
    size_t common = left.length < right.length ? left.length : right.length;
    int order = common > 0 ? memcmp(left.data, right.data, common) : 0;

    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

/* The up to three leading numbers of an RDATA, and the bytes after them. */
static struct bytes record_key(const struct record *record, uint32_t numbers[3])
{
    switch (record->type) {
    case RECORD_A:
        return (struct bytes){record->data.address, 4};
    case RECORD_AAAA:
        return (struct bytes){record->data.address, 16};
    case RECORD_MX:
        numbers[0] = record->data.mx.preference;
        return (struct bytes){(const uint8_t *)record->data.mx.exchange,
                              strlen(record->data.mx.exchange)};
    case RECORD_DS:
        numbers[0] = record->data.ds.tag;
        numbers[1] = record->data.ds.algorithm;
        numbers[2] = record->data.ds.digest_type;
        return record->data.ds.digest;
    case RECORD_DNSKEY:
        numbers[0] = record->data.dnskey.flags;
        numbers[1] = record->data.dnskey.protocol;
        numbers[2] = record->data.dnskey.algorithm;
        return record->data.dnskey.key;
    case RECORD_TLSA:
        numbers[0] = record->data.tlsa.usage;
        numbers[1] = record->data.tlsa.selector;
        numbers[2] = record->data.tlsa.mtype;
        return record->data.tlsa.data;
    case RECORD_NSEC3PARAM:
        numbers[0] = record->data.nsec3param.hash;
        numbers[1] = record->data.nsec3param.flags;
        numbers[2] = record->data.nsec3param.iterations;
        return record->data.nsec3param.salt;
    case RECORD_SOA:
        numbers[0] = record->data.soa.serial;
        break;
    case RECORD_CNAME:
        break;
    }
    return (struct bytes){(const uint8_t *)"", 0};
}

int record_compare(const void *left, const void *right)
{
    uint32_t left_numbers[3] = {0}, right_numbers[3] = {0};
    struct bytes left_bytes = record_key(left, left_numbers);
    struct bytes right_bytes = record_key(right, right_numbers);
    int order = compare_numbers(left_numbers, right_numbers, 3);

    return order != 0 ? order : compare_bytes(left_bytes, right_bytes);
}

/*
 * RFC 1035 section 3.3.13: the first label of RNAME is a mailbox's local part. A name of one label
 * stays a name: no domain follows the @.
 */
static void add_mailbox(struct buffer *buffer, const char *rname)
{
    size_t local = 0;

    while (rname[local] != '\0' && rname[local] != '.')
        local += rname[local] == '\\' && rname[local + 1] != '\0' ? 2 : 1;
    if (local == 0 || rname[local] == '\0' || rname[local + 1] == '\0') {
        buffer_puts(buffer, rname);
        return;
    }
    buffer_add(buffer, rname, local);
    buffer_printf(buffer, "@%s", rname + local + 1);
}

static void add_address(struct buffer *buffer, int family, const uint8_t *bytes)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(family, bytes, text, sizeof text);
    buffer_puts(buffer, text);
}

static void add_numbers(struct buffer *buffer, const uint32_t numbers[3])
{
    for (size_t i = 0; i < 3; i++) {
        text_add_number(buffer, numbers[i]);
        buffer_puts(buffer, " ");
    }
}

void record_add_rdata(struct buffer *buffer, const struct record *record)
{
    uint32_t numbers[3] = {0};
    struct bytes bytes = record_key(record, numbers);

    switch (record->type) {
    case RECORD_A:
        add_address(buffer, AF_INET, record->data.address);
        break;
    case RECORD_AAAA:
        add_address(buffer, AF_INET6, record->data.address);
        break;
    case RECORD_MX:
        text_add_number(buffer, numbers[0]);
        buffer_puts(buffer, " ");
        buffer_puts(buffer, record->data.mx.exchange);
        break;
    case RECORD_SOA:
        buffer_printf(buffer, "%s ", record->data.soa.mname);
        add_mailbox(buffer, record->data.soa.rname);
        buffer_printf(buffer, " %u %u %u %u %u", record->data.soa.serial,
                      record->data.soa.refresh, record->data.soa.retry, record->data.soa.expire,
                      record->data.soa.minimum);
        break;
    case RECORD_NSEC3PARAM:
        add_numbers(buffer, numbers);
        if (bytes.length == 0) /* RFC 5155 section 4.3 */
            buffer_puts(buffer, "-");
        text_add_hex(buffer, bytes);
        break;
    case RECORD_DS:
    case RECORD_TLSA:
        add_numbers(buffer, numbers);
        text_add_hex(buffer, bytes);
        break;
    case RECORD_DNSKEY:
        add_numbers(buffer, numbers);
        text_add_base64(buffer, bytes);
        break;
    case RECORD_CNAME:
        break;
    }
}

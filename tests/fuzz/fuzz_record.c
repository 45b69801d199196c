/*
 * The input is an octet for the type and the RDATA of records of one RRset: two octets of length
 * before each. What is printed of a record reads back as the same record.
 */
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "fuzz/dns.h"
#include "fuzz/fuzz.h"

enum {
    RECORDS_MAX = 8,
    READABLE = 1000, /* bytes that getdns reads back from text */
    ROOM = 65536     /* behind the packet, as dns/pool gives it: getdns reads there */
};

static void put16(struct buffer *wire, size_t value)
{
    buffer_add(wire, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

/* A secure answer about x. with `count` records to come. */
static void begin(struct buffer *wire, enum record_type type, size_t count)
{
    static const uint8_t header[] = {0, 7, 0x81, 0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0};

    buffer_add(wire, header, sizeof header);
    wire->data[7] = (char)count;
    put16(wire, (size_t)type);
    put16(wire, 1);
}

static void add_record(struct buffer *wire, enum record_type type, struct bytes rdata)
{
    static const uint8_t owner[] = {0xc0, 12};

    buffer_add(wire, owner, sizeof owner);
    put16(wire, (size_t)type);
    put16(wire, 1);
    buffer_add(wire, (uint8_t[]){0, 0, 1, 44}, 4);
    put16(wire, rdata.length);
    buffer_add(wire, rdata.data, rdata.length);
}

static bool read_wire(const struct buffer *wire, enum record_type type, struct arena *arena,
                      struct lookup *lookup)
{
    uint8_t *packet = arena_new(arena, wire->length + ROOM, 1);
    getdns_dict *reply = NULL, *response;

    memcpy(packet, wire->data, wire->length);
    if (getdns_wire2msg_dict(packet, wire->length, &reply) != GETDNS_RETURN_GOOD)
        return false;
    response = dns_response(reply);
    dns_read(response, "x.", type, arena, lookup);
    getdns_dict_destroy(reply);
    getdns_dict_destroy(response);
    return true;
}

/* As a line of a zone file: the trace has an @ in a mailbox. */
static void add_zone_line(struct buffer *line, const struct record *record)
{
    size_t start;

    buffer_printf(line, "x. 300 IN %s ", record_type_name(record->type));
    start = line->length;
    record_add_rdata(line, record);
    if (record->type != RECORD_SOA)
        return;
    for (size_t i = start; i < line->length; i++) {
        if (line->data[i] == '\\')
            i++;
        else if (line->data[i] == '@')
            line->data[i] = '.';
    }
}

static bool is_empty(const struct record *record)
{
    return (record->type == RECORD_TLSA && record->data.tlsa.data.length == 0) ||
           (record->type == RECORD_DS && record->data.ds.digest.length == 0) ||
           (record->type == RECORD_DNSKEY && record->data.dnskey.key.length == 0);
}

/* Prints the record and reads it back; what has no data has no form in a zone file. */
static void check_record(const struct record *record, struct arena *arena)
{
    struct buffer line, again, wire;
    uint8_t rr[READABLE + 64];
    size_t length = sizeof rr;
    getdns_dict *dict = NULL;
    struct lookup lookup;

    buffer_init(&line, 0);
    buffer_init(&again, 0);
    buffer_init(&wire, 0);
    add_zone_line(&line, record);
    if (!is_empty(record) && line.length < READABLE) {
        fuzz_require(getdns_str2rr_dict(line.data, &dict, NULL, 300) == GETDNS_RETURN_GOOD,
                     "what is printed can be read");
        fuzz_require(getdns_rr_dict2wire_buf(dict, rr, &length) == GETDNS_RETURN_GOOD,
                     "what is read can be written");
        begin(&wire, record->type, 1);
        buffer_add(&wire, rr, length);
        fuzz_require(read_wire(&wire, record->type, arena, &lookup) && lookup.record_count == 1,
                     "what is written can be read");
        add_zone_line(&again, &lookup.records[0]);
        fuzz_require(strcmp(line.data, again.data) == 0, "what is read is what was printed");
        fuzz_require(record_compare(record, &lookup.records[0]) == 0, "it is the same record");
    }
    getdns_dict_destroy(dict);
    buffer_fini(&line);
    buffer_fini(&again);
    buffer_fini(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    enum record_type type = dns_types[fuzz_byte(&input) % (DNS_TYPES - 1)];
    struct bytes rdata[RECORDS_MAX];
    struct buffer wire;
    struct arena arena;
    struct lookup lookup;
    size_t count = 0;

    while (input.length > 0 && count < RECORDS_MAX)
        rdata[count++] = fuzz_part(&input);
    arena_init(&arena);
    buffer_init(&wire, 0);
    begin(&wire, type, count);
    for (size_t i = 0; i < count; i++)
        add_record(&wire, type, rdata[i]);
    if (read_wire(&wire, type, &arena, &lookup)) {
        dns_check(&lookup);
        for (size_t i = 0; i < lookup.record_count; i++)
            check_record(&lookup.records[i], &arena);
    }
    buffer_fini(&wire);
    arena_fini(&arena);
    return 0;
}

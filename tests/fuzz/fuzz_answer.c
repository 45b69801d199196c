/*
 * The input is a reply from the wire, and before it what is done to the dict that getdns makes of
 * it: an octet of flags, an octet that counts the changes, the changes.
 */
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

#include "base/arena.h"
#include "dns/name.h"
#include "fuzz/dns.h"
#include "fuzz/fuzz.h"

enum { EMBEDDED = 1, ANOTHER_NAME = 2, ANOTHER_TYPE = 4 }; /* dnssec_status by the bits above */

static const uint32_t dnssec_statuses[] = {GETDNS_DNSSEC_SECURE,        GETDNS_DNSSEC_INSECURE,
                                           GETDNS_DNSSEC_BOGUS,         GETDNS_DNSSEC_INDETERMINATE,
                                           GETDNS_DNSSEC_NOT_PERFORMED, 4711};

#define REPLY "/replies_tree/0"
#define ANSWER REPLY "/answer/0"
#define SECOND REPLY "/answer/1"
#define OPTION REPLY "/additional/0/rdata/options/0"

static const char *const paths[] = {
    "/replies_tree",
    REPLY,
    REPLY "/dnssec_status",
    REPLY "/header",
    REPLY "/header/rcode",
    REPLY "/header/ad",
    REPLY "/header/rd",
    REPLY "/header/ra",
    REPLY "/question",
    REPLY "/question/qname",
    REPLY "/question/qtype",
    REPLY "/answer",
    ANSWER,
    ANSWER "/name",
    ANSWER "/type",
    ANSWER "/class",
    ANSWER "/ttl",
    ANSWER "/rdata",
    ANSWER "/rdata/cname",
    ANSWER "/rdata/ipv4_address",
    ANSWER "/rdata/ipv6_address",
    ANSWER "/rdata/preference",
    ANSWER "/rdata/exchange",
    ANSWER "/rdata/mname",
    ANSWER "/rdata/rname",
    ANSWER "/rdata/serial",
    ANSWER "/rdata/minimum",
    ANSWER "/rdata/key_tag",
    ANSWER "/rdata/digest_type",
    ANSWER "/rdata/digest",
    ANSWER "/rdata/flags",
    ANSWER "/rdata/public_key",
    ANSWER "/rdata/certificate_usage",
    ANSWER "/rdata/selector",
    ANSWER "/rdata/matching_type",
    ANSWER "/rdata/certificate_association_data",
    SECOND,
    SECOND "/name",
    SECOND "/type",
    SECOND "/rdata",
    REPLY "/additional",
    REPLY "/additional/0",
    REPLY "/additional/0/type",
    REPLY "/additional/0/extended_rcode",
    REPLY "/additional/0/rdata",
    REPLY "/additional/0/rdata/options",
    OPTION,
    OPTION "/option_code",
    OPTION "/option_data",
    "/call_reporting",
    "/call_reporting/0/query_to",
    "/call_reporting/0/query_to/address_data",
    "/call_reporting/0/query_to/port",
};

static void set_bytes(getdns_dict *response, const char *path, struct bytes bytes)
{
    getdns_bindata data = {bytes.length, (uint8_t *)(uintptr_t)bytes.data};

    getdns_dict_set_bindata(response, path, &data);
}

static uint32_t read_number(struct bytes *input, int octets)
{
    uint32_t number = 0;

    for (int i = 0; i < octets; i++)
        number = number << 8 | fuzz_byte(input);
    return number;
}

static void set_number(getdns_dict *response, const char *path, struct bytes *input)
{
    getdns_dict_set_int(response, path, read_number(input, 4));
}

/* A field is taken out, or is another kind of thing than it should be. */
static void change(getdns_dict *response, struct bytes *input)
{
    const char *path = paths[fuzz_byte(input) % (sizeof paths / sizeof *paths)];
    getdns_dict *dict = getdns_dict_create();
    getdns_list *list = getdns_list_create();

    switch (fuzz_byte(input) % 5) {
    case 0:
        getdns_dict_remove_name(response, path);
        break;
    case 1:
        set_number(response, path, input);
        break;
    case 2:
        set_bytes(response, path, fuzz_part(input));
        break;
    case 3:
        getdns_dict_set_dict(response, path, dict);
        break;
    case 4:
        getdns_dict_set_list(response, path, list);
        break;
    }
    getdns_list_destroy(list);
    getdns_dict_destroy(dict);
}

/* Over a name that ends within the packet, wherever its pointers lead. */
static bool skip_name(struct bytes packet, struct bytes *rest)
{
    char name[NS_MAXDNAME];
    const uint8_t *end = packet.data + packet.length;
    int length = dn_expand(packet.data, end, rest->data, name, sizeof name);

    return length > 0 && fuzz_take(rest, (size_t)length).length == (size_t)length;
}

/* RFC 6891 section 6.1.2: a code, a length, and so many octets. */
static bool is_sound_opt(struct bytes rdata)
{
    while (rdata.length > 0) {
        struct bytes head = fuzz_take(&rdata, 4);
        size_t length = head.length == 4 ? (size_t)head.data[2] << 8 | head.data[3] : SIZE_MAX;

        if (fuzz_take(&rdata, length).length < length)
            return false;
    }
    return true;
}

/* Whether what the RDATA of a type that our answers hold is made of ends within it. */
static bool is_sound_rdata(struct bytes packet, uint32_t type, struct bytes rdata)
{
    switch (type) {
    case GETDNS_RRTYPE_CNAME:
    case GETDNS_RRTYPE_DNAME:
        return skip_name(packet, &rdata);
    case GETDNS_RRTYPE_MX:
        return fuzz_take(&rdata, 2).length == 2 && skip_name(packet, &rdata);
    case GETDNS_RRTYPE_SOA:
        return skip_name(packet, &rdata) && skip_name(packet, &rdata);
    case GETDNS_RRTYPE_OPT:
        return is_sound_opt(rdata);
    }
    for (size_t i = 0; i < DNS_TYPES; i++)
        if (type == (uint32_t)dns_types[i])
            return true;
    return false;
}

static bool is_sound_record(struct bytes packet, struct bytes *rest)
{
    struct bytes head, rdata;
    size_t length;

    if (!skip_name(packet, rest))
        return false;
    head = fuzz_take(rest, 10); /* type, class, TTL, length */
    if (head.length < 10)
        return false;
    length = (size_t)head.data[8] << 8 | head.data[9];
    rdata = fuzz_take(rest, length);
    return rdata.length == length &&
           is_sound_rdata(packet, (uint32_t)head.data[0] << 8 | head.data[1], rdata);
}

/*
 * getdns 1.6.0 itself reads behind a packet whose names, records or options do not end in it, and
 * behind the RDATA of some types (APL). What a resolver made is never like that; here it would
 * only hide what is ours. (What it costs the program: src/dns/context.c.)
 */
static bool is_sound(struct bytes packet)
{
    struct bytes rest = packet;
    uint32_t questions, records;

    if (packet.length < NS_HFIXEDSZ)
        return false;
    read_number(&rest, 4);
    questions = read_number(&rest, 2);
    records = read_number(&rest, 2) + read_number(&rest, 2) + read_number(&rest, 2);
    for (uint32_t i = 0; i < questions; i++)
        if (!skip_name(packet, &rest) || fuzz_take(&rest, 4).length < 4)
            return false;
    for (uint32_t i = 0; i < records && rest.length > 0; i++)
        if (!is_sound_record(packet, &rest))
            return false;
    return true;
}

static getdns_dict *make_response(struct bytes input, uint8_t flags)
{
    const size_t statuses = sizeof dnssec_statuses / sizeof *dnssec_statuses;
    getdns_dict *reply = NULL, *response;
    struct bytes changes = input;
    size_t count = fuzz_byte(&input) % 8;

    for (size_t i = 0; i < count; i++) { /* over them, to the wire */
        fuzz_byte(&input);
        switch (fuzz_byte(&input) % 5) {
        case 1:
            fuzz_take(&input, 4);
            break;
        case 2:
            fuzz_part(&input);
            break;
        }
    }
    if (!is_sound(input) ||
        getdns_wire2msg_dict(input.data, input.length, &reply) != GETDNS_RETURN_GOOD)
        return NULL;
    if (flags & EMBEDDED)
        getdns_dict_set_int(reply, "dnssec_status", dnssec_statuses[(flags >> 3) % statuses]);
    response = dns_response(reply);
    getdns_dict_destroy(reply);
    fuzz_byte(&changes);
    for (size_t i = 0; i < count; i++)
        change(response, &changes);
    return response;
}

static uint32_t number_at(getdns_dict *response, const char *path, uint32_t absent)
{
    uint32_t number;

    return getdns_dict_get_int(response, path, &number) == GETDNS_RETURN_GOOD ? number : absent;
}

static const char *question_name(getdns_dict *response, struct arena *arena)
{
    getdns_bindata *data;
    const char *name = NULL;

    if (getdns_dict_get_bindata(response, REPLY "/question/qname", &data) == GETDNS_RETURN_GOOD)
        name = name_from_wire(arena, data->data, data->size);
    return name;
}

static enum record_type question_type(getdns_dict *response)
{
    uint32_t type = number_at(response, REPLY "/question/qtype", 0);

    for (size_t i = 0; i < DNS_TYPES; i++)
        if (type == (uint32_t)dns_types[i])
            return dns_types[i];
    return RECORD_A;
}

/* Nothing is secure but what the resolver says is, of an answer to this question. */
static void check_security(getdns_dict *response, const struct lookup *lookup, bool ours)
{
    uint32_t status = number_at(response, REPLY "/dnssec_status", GETDNS_DNSSEC_SECURE);
    uint32_t rcode = number_at(response, REPLY "/header/rcode", 2);

    if (!lookup->ad)
        return;
    fuzz_require(number_at(response, REPLY "/header/ad", 0) == 1, "AD is the resolver's");
    fuzz_require(status == GETDNS_DNSSEC_SECURE, "AD is what DNSSEC proved");
    fuzz_require(rcode == 0 || rcode == 3, "AD is of an answer");
    fuzz_require(ours, "AD is of an answer to the question");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    uint8_t flags = fuzz_byte(&input);
    getdns_dict *response = make_response(input, flags);
    struct arena arena;
    struct lookup lookup;
    const char *name;
    enum record_type type;
    bool ours;

    if (response == NULL)
        return 0;
    arena_init(&arena);
    name = question_name(response, &arena);
    type = question_type(response);
    ours = name != NULL && number_at(response, REPLY "/question/qtype", 0) == (uint32_t)type;
    if (name == NULL || (flags & ANOTHER_NAME)) {
        ours = ours && strcmp(name, "x.") == 0;
        name = "x.";
    }
    if (flags & ANOTHER_TYPE) {
        ours = ours && type == RECORD_TLSA;
        type = RECORD_TLSA;
    }
    dns_read(response, name, type, &arena, &lookup);
    fuzz_require(ours || lookup_is_error(&lookup), "an answer to another question is an error");
    check_security(response, &lookup, ours);
    dns_check(&lookup);
    arena_fini(&arena);
    getdns_dict_destroy(response);
    return 0;
}

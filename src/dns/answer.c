#include "dns/answer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

#include "base/limits.h"
#include "dns/name.h"

/* An RR of the answer section, read once: a chain looks at them again and again. */
struct rr {
    getdns_dict *dict;
    const char *owner; /* NULL: not yet read */
    uint32_t type;     /* 0: unreadable, or not of class IN */
};

/* getdns finds a name faster in the dict that holds it than by a path from the top. */
struct reader {
    struct arena *arena;
    getdns_dict *reply;
    getdns_dict *header;
    getdns_dict *question; /* NULL: none */
    getdns_list *additional;
    size_t additional_count;
    struct rr *rrs;
    size_t count;
};

static bool get_number(const getdns_dict *dict, const char *path, uint64_t maximum, uint32_t *out)
{
    if (getdns_dict_get_int(dict, path, out) != GETDNS_RETURN_GOOD)
        return false;
    return *out <= maximum;
}

static bool get_bytes(struct arena *arena, const getdns_dict *dict, const char *path,
                      struct bytes *out)
{
    getdns_bindata *data;

    if (getdns_dict_get_bindata(dict, path, &data) != GETDNS_RETURN_GOOD)
        return false;
    *out = (struct bytes){arena_copy(arena, data->data, data->size), data->size};
    return true;
}

static const char *get_name(struct arena *arena, const getdns_dict *dict, const char *path)
{
    getdns_bindata *data;

    if (getdns_dict_get_bindata(dict, path, &data) != GETDNS_RETURN_GOOD)
        return NULL;
    return name_from_wire(arena, data->data, data->size);
}

static bool read_address(struct arena *arena, const getdns_dict *rdata, const char *name,
                         size_t size, uint8_t *out)
{
    struct bytes bytes;

    if (!get_bytes(arena, rdata, name, &bytes) || bytes.length != size)
        return false;
    memcpy(out, bytes.data, size);
    return true;
}

static bool read_mx(struct arena *arena, const getdns_dict *rdata, struct record_mx *mx)
{
    uint32_t preference;

    mx->exchange = get_name(arena, rdata, "exchange");
    if (mx->exchange == NULL || !get_number(rdata, "preference", UINT16_MAX, &preference))
        return false;
    mx->preference = (uint16_t)preference;
    return true;
}

static bool read_ds(struct arena *arena, const getdns_dict *rdata, struct record_ds *ds)
{
    uint32_t tag, algorithm, type;

    if (!get_number(rdata, "key_tag", UINT16_MAX, &tag) ||
        !get_number(rdata, "algorithm", UINT8_MAX, &algorithm) ||
        !get_number(rdata, "digest_type", UINT8_MAX, &type))
        return false;
    ds->tag = (uint16_t)tag;
    ds->algorithm = (uint8_t)algorithm;
    ds->digest_type = (uint8_t)type;
    return get_bytes(arena, rdata, "digest", &ds->digest);
}

static bool read_dnskey(struct arena *arena, const getdns_dict *rdata, struct record_dnskey *key)
{
    uint32_t flags, protocol, algorithm;

    if (!get_number(rdata, "flags", UINT16_MAX, &flags) ||
        !get_number(rdata, "protocol", UINT8_MAX, &protocol) ||
        !get_number(rdata, "algorithm", UINT8_MAX, &algorithm))
        return false;
    key->flags = (uint16_t)flags;
    key->protocol = (uint8_t)protocol;
    key->algorithm = (uint8_t)algorithm;
    return get_bytes(arena, rdata, "public_key", &key->key);
}

static bool read_tlsa(struct arena *arena, const getdns_dict *rdata, struct record_tlsa *tlsa)
{
    uint32_t usage, selector, mtype;

    if (!get_number(rdata, "certificate_usage", UINT8_MAX, &usage) ||
        !get_number(rdata, "selector", UINT8_MAX, &selector) ||
        !get_number(rdata, "matching_type", UINT8_MAX, &mtype))
        return false;
    tlsa->usage = (uint8_t)usage;
    tlsa->selector = (uint8_t)selector;
    tlsa->mtype = (uint8_t)mtype;
    return get_bytes(arena, rdata, "certificate_association_data", &tlsa->data);
}

static bool read_nsec3param(struct arena *arena, const getdns_dict *rdata,
                            struct record_nsec3param *param)
{
    uint32_t hash, flags, iterations;

    if (!get_number(rdata, "hash_algorithm", UINT8_MAX, &hash) ||
        !get_number(rdata, "flags", UINT8_MAX, &flags) ||
        !get_number(rdata, "iterations", UINT16_MAX, &iterations))
        return false;
    param->hash = (uint8_t)hash;
    param->flags = (uint8_t)flags;
    param->iterations = (uint16_t)iterations;
    return get_bytes(arena, rdata, "salt", &param->salt);
}

static bool read_soa(struct arena *arena, const getdns_dict *rdata, struct record_soa *soa)
{
    soa->mname = get_name(arena, rdata, "mname");
    soa->rname = get_name(arena, rdata, "rname");
    return soa->mname != NULL && soa->rname != NULL &&
           get_number(rdata, "serial", UINT32_MAX, &soa->serial) &&
           get_number(rdata, "refresh", UINT32_MAX, &soa->refresh) &&
           get_number(rdata, "retry", UINT32_MAX, &soa->retry) &&
           get_number(rdata, "expire", UINT32_MAX, &soa->expire) &&
           get_number(rdata, "minimum", UINT32_MAX, &soa->minimum);
}

static bool read_record(struct arena *arena, const getdns_dict *rr, enum record_type type,
                        struct record *record)
{
    getdns_dict *rdata;

    record->type = type;
    if (!get_number(rr, "ttl", UINT32_MAX, &record->ttl) ||
        getdns_dict_get_dict(rr, "rdata", &rdata) != GETDNS_RETURN_GOOD)
        return false;
    switch (type) {
    case RECORD_A: return read_address(arena, rdata, "ipv4_address", 4, record->data.address);
    case RECORD_AAAA: return read_address(arena, rdata, "ipv6_address", 16, record->data.address);
    case RECORD_MX: return read_mx(arena, rdata, &record->data.mx);
    case RECORD_DS: return read_ds(arena, rdata, &record->data.ds);
    case RECORD_DNSKEY: return read_dnskey(arena, rdata, &record->data.dnskey);
    case RECORD_TLSA: return read_tlsa(arena, rdata, &record->data.tlsa);
    case RECORD_NSEC3PARAM: return read_nsec3param(arena, rdata, &record->data.nsec3param);
    case RECORD_SOA: return read_soa(arena, rdata, &record->data.soa);
    case RECORD_CNAME: break;
    }
    return false;
}

/* The answer section's RR `index` where it is of this owner and type in class IN. */
static getdns_dict *rr_of(const struct reader *reader, size_t index, const char *owner,
                          enum record_type type)
{
    struct rr *rr = &reader->rrs[index];

    if (rr->type != (uint32_t)type)
        return NULL;
    if (rr->owner == NULL)
        rr->owner = get_name(reader->arena, rr->dict, "name");
    return rr->owner != NULL && strcmp(rr->owner, owner) == 0 ? rr->dict : NULL;
}

/* The CNAMEs at `owner`; the first goes to *alias. */
static size_t find_alias(const struct reader *reader, const char *owner,
                         struct lookup_alias *alias)
{
    size_t found = 0;

    for (size_t i = 0; i < reader->count; i++) {
        const getdns_dict *rr = rr_of(reader, i, owner, RECORD_CNAME);

        if (rr == NULL || found++ > 0)
            continue;
        alias->owner = owner;
        alias->target = get_name(reader->arena, rr, "/rdata/cname");
        if (!get_number(rr, "ttl", UINT32_MAX, &alias->ttl))
            alias->ttl = 0;
    }
    return found;
}

/* RFC 7672 section 2.1.3: follows the chain; an error anywhere is the look-up's. */
static bool read_aliases(const struct reader *reader, struct lookup *lookup)
{
    struct lookup_alias *aliases =
        arena_new(reader->arena, LIMIT_ALIASES, sizeof *aliases);
    size_t limit = lookup->type == RECORD_CNAME ? 1 : LIMIT_ALIASES;

    lookup->aliases = aliases;
    for (;;) {
        struct lookup_alias alias;
        size_t found = find_alias(reader, lookup->owner, &alias);

        if (found == 0 || (lookup->type == RECORD_CNAME && lookup->alias_count == 1))
            return true;
        if (lookup->alias_count == limit)
            lookup->excess = EXCESS_ALIASES;
        if (found > 1 || alias.target == NULL || lookup->alias_count == limit)
            return false;
        alias.ad = lookup->ad;
        aliases[lookup->alias_count++] = alias;
        lookup->owner = alias.target;
    }
}

static bool read_records(const struct reader *reader, struct lookup *lookup)
{
    struct record *records = arena_new(reader->arena, reader->count, sizeof *records);

    lookup->records = records;
    for (size_t i = 0; i < reader->count; i++) {
        const getdns_dict *rr = rr_of(reader, i, lookup->owner, lookup->type);

        if (rr == NULL)
            continue;
        if (lookup->record_count == LIMIT_RECORDS) {
            lookup->excess = EXCESS_RECORDS;
            return false;
        }
        if (!read_record(reader->arena, rr, lookup->type, &records[lookup->record_count]))
            return false;
        lookup->record_count++;
    }
    qsort(records, lookup->record_count, sizeof *records, record_compare);
    return true;
}

static void fail(struct lookup *lookup, enum lookup_status status, const char *reason)
{
    lookup->status = status;
    lookup->reason = reason;
    lookup->ad = false;
    lookup->record_count = 0;
}

static enum lookup_status status_of(uint16_t rcode)
{
    switch (rcode) {
    case 0: return LOOKUP_NOERROR;
    case 1: return LOOKUP_FORMERR;
    case 2: return LOOKUP_SERVFAIL;
    case 3: return LOOKUP_NXDOMAIN;
    case 4: return LOOKUP_NOTIMP;
    case 5: return LOOKUP_REFUSED;
    default: return LOOKUP_RCODE;
    }
}

/* A reply to another question than ours must not count as an answer. */
static bool question_matches(const struct reader *reader, const struct lookup *lookup)
{
    uint32_t type;
    const char *name =
        reader->question != NULL ? get_name(reader->arena, reader->question, "qname") : NULL;

    return name != NULL && strcmp(name, lookup->name) == 0 &&
           get_number(reader->question, "qtype", UINT16_MAX, &type) &&
           type == (uint32_t)lookup->type;
}

static bool flag(const struct reader *reader, const char *name)
{
    uint32_t value;

    return get_number(reader->header, name, 1, &value) && value == 1;
}

/*
 * An embedded resolver that failed hands over whatever packet it received last, from any server
 * and about any question. What it made itself has RD and RA set, which answers to its own
 * questions do not have. (Its AD is never trusted: dnssec_status decides.)
 */
static bool is_leftover(const struct reader *reader, const struct lookup *lookup)
{
    uint32_t status;
    bool embedded = get_number(reader->reply, "dnssec_status", UINT32_MAX, &status);

    return embedded && (!flag(reader, "rd") || !flag(reader, "ra") ||
                        !question_matches(reader, lookup));
}

/* RFC 8914: the options of code 15. */
static void read_edes(const struct reader *reader, getdns_list *options, struct lookup *lookup)
{
    size_t count = 0;

    getdns_list_get_length(options, &count);
    lookup->edes = arena_new(reader->arena, count, sizeof *lookup->edes);
    for (size_t i = 0; i < count; i++) {
        struct lookup_ede *ede = &lookup->edes[lookup->ede_count];
        getdns_dict *option;
        uint32_t code;
        struct bytes data;

        if (getdns_list_get_dict(options, i, &option) != GETDNS_RETURN_GOOD ||
            !get_number(option, "option_code", UINT16_MAX, &code) || code != 15 ||
            !get_bytes(reader->arena, option, "option_data", &data) || data.length < 2 ||
            data.length - 2 > LIMIT_EDE_TEXT)
            continue;
        ede->code = (uint16_t)(data.data[0] << 8 | data.data[1]);
        ede->text = (struct bytes){data.data + 2, data.length - 2};
        lookup->ede_count++;
    }
}

/* RFC 6891 section 6.1.3: the OPT record holds the upper bits of the RCODE, and options. */
static void read_opt(const struct reader *reader, struct lookup *lookup)
{
    for (size_t i = 0; i < reader->additional_count; i++) {
        getdns_dict *rr;
        getdns_list *options;
        uint32_t type, upper;

        if (getdns_list_get_dict(reader->additional, i, &rr) != GETDNS_RETURN_GOOD ||
            !get_number(rr, "type", UINT16_MAX, &type) || type != GETDNS_RRTYPE_OPT)
            continue;
        if (get_number(rr, "extended_rcode", UINT8_MAX, &upper))
            lookup->rcode |= (uint16_t)(upper << 4);
        if (getdns_dict_get_list(rr, "/rdata/options", &options) == GETDNS_RETURN_GOOD)
            read_edes(reader, options, lookup);
        return;
    }
}

/* AD as the resolver says it; what is bogus or indeterminate is an error (RFC 7672 2.1.1). */
static bool read_security(const struct reader *reader, struct lookup *lookup)
{
    uint32_t status;

    lookup->ad = flag(reader, "ad");
    if (!get_number(reader->reply, "dnssec_status", UINT32_MAX, &status))
        return true;
    if (status != GETDNS_DNSSEC_SECURE)
        lookup->ad = false;
    return status == GETDNS_DNSSEC_SECURE || status == GETDNS_DNSSEC_INSECURE;
}

static bool get_list(const getdns_dict *dict, const char *name, getdns_list **list, size_t *length)
{
    return getdns_dict_get_list(dict, name, list) == GETDNS_RETURN_GOOD &&
           getdns_list_get_length(*list, length) == GETDNS_RETURN_GOOD;
}

static void read_rr(getdns_list *answer, size_t index, struct rr *rr)
{
    uint32_t class;

    if (getdns_list_get_dict(answer, index, &rr->dict) != GETDNS_RETURN_GOOD ||
        !get_number(rr->dict, "class", UINT16_MAX, &class) || class != GETDNS_RRCLASS_IN ||
        !get_number(rr->dict, "type", UINT16_MAX, &rr->type))
        rr->type = 0;
}

static bool open_reply(const getdns_dict *response, struct reader *reader)
{
    getdns_list *answer;

    if (getdns_dict_get_dict(response, "/replies_tree/0", &reader->reply) ||
        getdns_dict_get_dict(reader->reply, "header", &reader->header) ||
        !get_list(reader->reply, "answer", &answer, &reader->count))
        return false;
    getdns_dict_get_dict(reader->reply, "question", &reader->question);
    get_list(reader->reply, "additional", &reader->additional, &reader->additional_count);
    reader->rrs = arena_new(reader->arena, reader->count, sizeof *reader->rrs);
    for (size_t i = 0; i < reader->count; i++)
        read_rr(answer, i, &reader->rrs[i]);
    return true;
}

/*
 * getdns leaves out what it cannot read: a record less could be a denial, an address untried, or
 * the upper bits of the RCODE.
 */
static bool is_whole(const struct reader *reader)
{
    uint32_t answer, additional;

    return get_number(reader->header, "ancount", UINT16_MAX, &answer) &&
           get_number(reader->header, "arcount", UINT16_MAX, &additional) &&
           answer == reader->count && additional == reader->additional_count;
}

/* Getdns 1.6.0 hands over what UDP brought where it cannot open a TCP socket, or connect it. */
static bool is_truncated(const struct reader *reader)
{
    uint32_t truncated;

    return !get_number(reader->header, "tc", 1, &truncated) || truncated != 0;
}

/* Where there are several nameservers: which of them answered. */
static void read_server(const getdns_dict *response, struct arena *arena, struct lookup *lookup)
{
    getdns_bindata *address;
    char text[INET6_ADDRSTRLEN];
    uint32_t port = 53;

    if (getdns_dict_get_bindata(response, "/call_reporting/0/query_to/address_data", &address) !=
            GETDNS_RETURN_GOOD ||
        (address->size != 4 && address->size != 16))
        return;
    inet_ntop(address->size == 16 ? AF_INET6 : AF_INET, address->data, text, sizeof text);
    get_number(response, "/call_reporting/0/query_to/port", UINT16_MAX, &port);
    lookup->server = port == 53 ? arena_dup(arena, text)
                                : arena_format(arena, "%s@%u", text, (unsigned)port);
}

void answer_read(const getdns_dict *response, struct arena *arena, struct lookup *lookup)
{
    struct reader reader = {.arena = arena};
    uint32_t rcode;

    read_server(response, arena, lookup);
    if (!open_reply(response, &reader) ||
        !get_number(reader.header, "rcode", 15, &rcode)) {
        fail(lookup, LOOKUP_SERVFAIL, "the resolver gave no reply");
        return;
    }
    lookup->rcode = (uint16_t)rcode;
    if (is_leftover(&reader, lookup)) {
        fail(lookup, LOOKUP_SERVFAIL, "the name servers of the domain gave no usable answer");
        return;
    }
    read_opt(&reader, lookup);
    lookup->status = status_of(lookup->rcode);
    if (!read_security(&reader, lookup)) {
        fail(lookup, LOOKUP_SERVFAIL, "DNSSEC validation failed");
        return;
    }
    if (lookup->status != LOOKUP_NOERROR && lookup->status != LOOKUP_NXDOMAIN) {
        lookup->ad = false;
        return;
    }
    if (!question_matches(&reader, lookup))
        fail(lookup, LOOKUP_FORMERR, "the answer is to another question");
    else if (is_truncated(&reader))
        fail(lookup, LOOKUP_SERVFAIL, "the answer is truncated and there is no way over TCP");
    else if (!is_whole(&reader))
        fail(lookup, LOOKUP_FORMERR, "the answer has fewer records than it says");
    else if (!read_aliases(&reader, lookup))
        fail(lookup, LOOKUP_CNAME_ERROR, "a CNAME loop, or several CNAMEs at one name");
    else if (!read_records(&reader, lookup))
        fail(lookup, LOOKUP_FORMERR, lookup->excess == EXCESS_NONE ? "a malformed record" : NULL);
    else if (lookup->status == LOOKUP_NXDOMAIN && lookup->record_count > 0)
        fail(lookup, LOOKUP_FORMERR, "records of a name that does not exist");
    else if (lookup->status == LOOKUP_NOERROR && lookup->record_count == 0 &&
             (lookup->type != RECORD_CNAME || lookup->alias_count == 0))
        lookup->status = LOOKUP_NODATA;
}

void answer_read_validated(const struct getdns_dict *response, struct arena *arena,
                           struct lookup *lookup)
{
    uint32_t status;

    answer_read(response, arena, lookup);
    if (!get_number(response, "/replies_tree/0/dnssec_status", UINT32_MAX, &status) &&
        !lookup_is_error(lookup))
        fail(lookup, LOOKUP_SERVFAIL, "the resolver does not say how the validation ended");
}

#include "fuzz/dns.h"

#include <string.h>

#include <getdns/getdns_extra.h>

#include "base/limits.h"
#include "dns/answer.h"
#include "fuzz/fuzz.h"

const enum record_type dns_types[DNS_TYPES] = {RECORD_A,  RECORD_AAAA,   RECORD_MX,   RECORD_SOA,
                                               RECORD_DS, RECORD_DNSKEY, RECORD_TLSA, RECORD_CNAME};

getdns_dict *dns_response(getdns_dict *reply)
{
    uint8_t address[] = {192, 0, 2, 53};
    getdns_bindata data = {sizeof address, address};
    getdns_dict *response = getdns_dict_create();

    getdns_dict_set_dict(response, "/replies_tree/0", reply);
    getdns_dict_set_bindata(response, "/call_reporting/0/query_to/address_data", &data);
    getdns_dict_set_int(response, "/call_reporting/0/query_to/port", 53);
    return response;
}

void dns_read(const getdns_dict *response, const char *name, enum record_type type,
              struct arena *arena, struct lookup *lookup)
{
    *lookup = (struct lookup){
        .name = name, .owner = name, .type = type, .status = LOOKUP_SERVFAIL, .tries = 1};
    answer_read(response, arena, lookup);
}

static void check_chain(const struct lookup *lookup)
{
    const char *owner = lookup->name;

    fuzz_require(lookup->alias_count <= LIMIT_ALIASES, "aliases are limited");
    for (size_t i = 0; i < lookup->alias_count; i++) {
        fuzz_require(strcmp(lookup->aliases[i].owner, owner) == 0, "an alias follows the last");
        owner = lookup->aliases[i].target;
    }
    fuzz_require(strcmp(lookup->owner, owner) == 0, "the records belong to the last target");
}

void dns_check(const struct lookup *lookup)
{
    bool data = lookup->type == RECORD_CNAME ? lookup->alias_count > 0 : lookup->record_count > 0;

    fuzz_require(!lookup_is_error(lookup) || lookup->type == RECORD_CNAME || !lookup->ad,
                 "an error is not secure");
    fuzz_require(lookup->status != LOOKUP_NOERROR || data, "NoError has data");
    fuzz_require(lookup->status == LOOKUP_NOERROR || lookup->record_count == 0,
                 "only NoError has data");
    fuzz_require(lookup->record_count <= LIMIT_RECORDS, "records are limited");
    for (size_t i = 1; i < lookup->record_count; i++)
        fuzz_require(record_compare(&lookup->records[i - 1], &lookup->records[i]) <= 0,
                     "records are sorted");
    check_chain(lookup);
    if (lookup->type != RECORD_CNAME) /* is asked for an alias's AD, and not printed */
        fuzz_print_lookup(lookup);
}

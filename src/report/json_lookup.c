#include "json_parts.h"

static json_t *json_address_of(const struct record *record)
{
    struct buffer text;

    buffer_init(&text, 0);
    record_add_rdata(&text, record);
    return json_buffer(&text);
}

static json_t *json_base64(struct bytes data)
{
    struct buffer text;

    buffer_init(&text, 0);
    text_add_base64(&text, data);
    return json_buffer(&text);
}

static void put_number(json_t *object, const char *key, uint32_t value)
{
    json_put(object, key, json_integer(value));
}

static void put_ds(json_t *object, const struct record_ds *ds)
{
    put_number(object, "tag", ds->tag);
    put_number(object, "algorithm", ds->algorithm);
    put_number(object, "digest_type", ds->digest_type);
    json_put(object, "digest", json_hex(ds->digest));
}

static void put_dnskey(json_t *object, const struct record_dnskey *dnskey)
{
    put_number(object, "flags", dnskey->flags);
    put_number(object, "protocol", dnskey->protocol);
    put_number(object, "algorithm", dnskey->algorithm);
    json_put(object, "key", json_base64(dnskey->key));
}

static void put_soa(json_t *object, const struct record_soa *soa)
{
    json_put(object, "mname", json_words(soa->mname));
    json_put(object, "rname", json_words(soa->rname));
    put_number(object, "serial", soa->serial);
    put_number(object, "refresh", soa->refresh);
    put_number(object, "retry", soa->retry);
    put_number(object, "expire", soa->expire);
    put_number(object, "minimum", soa->minimum);
}

static void put_nsec3param(json_t *object, const struct record_nsec3param *param)
{
    put_number(object, "hash", param->hash);
    put_number(object, "flags", param->flags);
    put_number(object, "iterations", param->iterations);
    json_put(object, "salt", json_hex(param->salt));
}

static void put_tlsa(json_t *object, const struct record_tlsa *tlsa)
{
    put_number(object, "usage", tlsa->usage);
    put_number(object, "selector", tlsa->selector);
    put_number(object, "mtype", tlsa->mtype);
    json_put(object, "data", json_hex(tlsa->data));
}

static void put_fields(json_t *object, const struct record *record)
{
    switch (record->type) {
    case RECORD_A:
    case RECORD_AAAA: json_put(object, "address", json_address_of(record)); break;
    case RECORD_MX:
        put_number(object, "preference", record->data.mx.preference);
        json_put(object, "exchange", json_words(record->data.mx.exchange));
        break;
    case RECORD_DS: put_ds(object, &record->data.ds); break;
    case RECORD_DNSKEY: put_dnskey(object, &record->data.dnskey); break;
    case RECORD_NSEC3PARAM: put_nsec3param(object, &record->data.nsec3param); break;
    case RECORD_SOA: put_soa(object, &record->data.soa); break;
    case RECORD_TLSA: put_tlsa(object, &record->data.tlsa); break;
    case RECORD_CNAME: break;
    }
}

json_t *json_record(const struct record *record)
{
    json_t *object = json_object();
    struct buffer text;

    buffer_init(&text, 0);
    record_add_rdata(&text, record);
    json_put(object, "ttl", json_integer(record->ttl));
    json_put(object, "text", json_buffer(&text));
    put_fields(object, record);
    return object;
}

static json_t *json_aliases(const struct lookup *lookup)
{
    json_t *array = json_array();

    for (size_t i = 0; i < lookup->alias_count; i++) {
        const struct lookup_alias *alias = &lookup->aliases[i];
        json_t *object = json_object();

        json_put(object, "owner", json_words(alias->owner));
        json_put(object, "target", json_words(alias->target));
        json_put(object, "ad", json_boolean(alias->ad));
        json_put(object, "ttl", json_integer(alias->ttl));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_edes(const struct lookup *lookup)
{
    json_t *array = json_array();

    for (size_t i = 0; i < lookup->ede_count; i++) {
        json_t *object = json_object();

        json_put(object, "code", json_integer(lookup->edes[i].code));
        json_put(object, "text", json_bytes(lookup->edes[i].text));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_records(const struct lookup *lookup)
{
    json_t *array = json_array();

    for (size_t i = 0; i < lookup->record_count; i++)
        json_array_append_new(array, json_record(&lookup->records[i]));
    return array;
}

json_t *json_lookup(const struct lookup *lookup)
{
    json_t *object;
    struct buffer status;
    int rcode;

    if (lookup == NULL)
        return json_null();
    rcode = lookup_rcode(lookup);
    object = json_object();
    buffer_init(&status, 0);
    lookup_add_status(&status, lookup);
    json_put(object, "name", json_words(lookup->name));
    json_put(object, "type", json_words(record_type_name(lookup->type)));
    json_put(object, "ad", json_boolean(lookup->ad));
    json_put(object, "status", json_buffer(&status));
    json_put(object, "rcode", rcode >= 0 ? json_integer(rcode) : json_null());
    json_put(object, "aliases", json_aliases(lookup));
    json_put(object, "owner", json_words(lookup->owner));
    json_put(object, "records", json_records(lookup));
    json_put(object, "server", json_words(lookup->server));
    json_put(object, "tries", json_integer(lookup->tries));
    json_put(object, "milliseconds", json_integer(lookup->milliseconds));
    json_put(object, "reason", json_words(lookup->reason));
    json_put(object, "excess", json_excess(lookup->excess));
    json_put(object, "ede", json_edes(lookup));
    return object;
}

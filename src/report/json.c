/*
 * One compact JSON object per domain and line: docs/json-schema.json says what is in it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats.h"
#include "json_parts.h"
#include "model/finding.h"

enum { JSON_SCHEMA = 1 };

void json_put(json_t *object, const char *key, json_t *value)
{
    int result = json_object_set_new(object, key, value);

    assert(result == 0); /* the value is valid, and there was memory for it */
    (void)result;
}

json_t *json_buffer(struct buffer *text)
{
    json_t *value = json_stringn(text->length > 0 ? text->data : "", text->length);

    buffer_fini(text);
    return value;
}

json_t *json_bytes(struct bytes text)
{
    struct buffer escaped;

    if (text.data == NULL)
        return json_null();
    buffer_init(&escaped, 0);
    text_add_escaped(&escaped, text);
    return json_buffer(&escaped);
}

json_t *json_words(const char *words)
{
    return words != NULL ? json_bytes((struct bytes){(const uint8_t *)words, strlen(words)})
                         : json_null();
}

json_t *json_hex(struct bytes data)
{
    struct buffer text;

    buffer_init(&text, 0);
    text_add_hex(&text, data);
    return json_buffer(&text);
}

json_t *json_time(int64_t seconds)
{
    struct buffer text;

    buffer_init(&text, 0);
    text_add_time(&text, seconds);
    return json_buffer(&text);
}

json_t *json_excess(enum excess excess)
{
    struct buffer text;

    if (excess == EXCESS_NONE)
        return json_null();
    buffer_init(&text, 0);
    excess_add_text(&text, excess);
    return json_buffer(&text);
}

static json_t *json_lookups(const struct domain *domain)
{
    json_t *array = json_array();

    for (size_t i = 0; i < domain->lookup_count; i++)
        json_array_append_new(array, json_lookup(domain->lookups[i]));
    return array;
}

static json_t *json_addresses(const struct domain *domain, const struct domain_host *entry,
                              int64_t verify_time)
{
    json_t *array = json_array();

    for (size_t i = 0; i < entry->address_count; i++)
        json_array_append_new(array, json_address(domain, entry, i, verify_time));
    return array;
}

static json_t *json_host(const struct domain *domain, const struct domain_host *entry,
                         int64_t verify_time)
{
    const struct host *host = entry->host;
    json_t *object = json_object();

    json_put(object, "name", json_words(host->name));
    json_put(object, "verdict", json_words(host_outcome(domain, entry)));
    json_put(object, "probed", json_boolean(host->probed));
    json_put(object, "base", json_words(host->base));
    json_put(object, "port", json_integer(host->port));
    json_put(object, "a", json_lookup(host->a));
    json_put(object, "aaaa", json_lookup(host->aaaa));
    json_put(object, "tlsa", json_lookup(host->tlsa));
    json_put(object, "tlsa_state", json_words(tlsa_state_name(host->tlsa_state)));
    json_put(object, "excess", json_excess(entry->excess));
    json_put(object, "addresses", json_addresses(domain, entry, verify_time));
    return object;
}

static json_t *json_hosts(const struct domain *domain, int64_t verify_time)
{
    json_t *array = json_array();

    for (size_t i = 0; i < domain->host_count; i++)
        json_array_append_new(array, json_host(domain, &domain->hosts[i], verify_time));
    return array;
}

static json_t *json_sentence(const struct finding *finding)
{
    struct buffer text;

    buffer_init(&text, 0);
    finding_add_sentence(&text, finding);
    return json_buffer(&text);
}

static json_t *json_finding_lookup(const struct lookup *lookup)
{
    json_t *object;

    if (lookup == NULL)
        return json_null();
    object = json_object();
    json_put(object, "name", json_words(lookup->name));
    json_put(object, "type", json_words(record_type_name(lookup->type)));
    return object;
}

static json_t *json_finding(const struct finding *finding)
{
    const struct domain_host *host = finding->host;
    const struct address *address = finding->address;
    json_t *object = json_object();

    json_put(object, "id", json_words(finding_id(finding->code)));
    json_put(object, "severity",
             json_words(finding_severity_name(finding_severity(finding->code))));
    json_put(object, "sentence", json_sentence(finding));
    json_put(object, "rfc", json_words(finding_rfc(finding->code)));
    json_put(object, "result_type", json_words(finding_result_type(finding->code)));
    json_put(object, "lookup", json_finding_lookup(finding->lookup));
    json_put(object, "host", json_words(host != NULL ? host->host->name : NULL));
    json_put(object, "address", address != NULL ? json_address_text(address) : json_null());
    json_put(object, "record",
             finding->record != NULL ? json_record(finding->record) : json_null());
    json_put(object, "depth",
             finding->certificate != NULL ? json_integer(finding->depth) : json_null());
    return object;
}

static json_t *json_findings(const struct domain *domain)
{
    json_t *array = json_array();

    for (size_t i = 0; i < domain->finding_count; i++)
        json_array_append_new(array, json_finding(&domain->findings[i]));
    return array;
}

static int add_chunk(const char *data, size_t size, void *out)
{
    buffer_add(out, data, size);
    return 0;
}

static void add_line(struct buffer *out, json_t *object)
{
    json_dump_callback(object, add_chunk, out, JSON_COMPACT);
    json_decref(object);
    buffer_puts(out, "\n");
}

static json_t *json_standing(const struct standing *standing)
{
    json_t *object = json_object();

    json_put(object, "verdict", json_words(standing_outcome(standing)));
    json_put(object, "reason", json_words(standing_reason(standing)));
    return object;
}

/* `was` NULL: the domain was not known. */
static json_t *json_change(const char *kind, const struct standing *was)
{
    json_t *object = json_object();

    json_put(object, "kind", json_words(kind));
    json_put(object, "was", was != NULL ? json_standing(was) : json_null());
    return object;
}

void json_domain(struct report *report, const struct domain *domain, struct buffer *out)
{
    const struct change *change = report->change;
    int64_t verify_time = report->options->verify_time;
    json_t *object;

    if (change == NULL && report->options->trace->quiet &&
        domain_exit_status(domain) == EXIT_SECURE)
        return;
    object = json_object();
    json_put(object, "schema", json_integer(JSON_SCHEMA));
    json_put(object, "input", json_words(domain->input));
    json_put(object, "domain", json_words(domain->name));
    json_put(object, "verdict", json_words(domain_outcome(domain)));
    json_put(object, "verify_time", json_time(verify_time));
    json_put(object, "lookups", json_lookups(domain));
    json_put(object, "nsec3param", json_lookup(domain->nsec3param));
    json_put(object, "excess", json_excess(domain->excess));
    json_put(object, "hosts", json_hosts(domain, verify_time));
    json_put(object, "findings", json_findings(domain));
    if (change != NULL)
        json_put(object, "change",
                 json_change(change_name(change->kind),
                             change->kind != CHANGE_NEW ? &change->was : NULL));
    add_line(out, object);
}

void json_gone(const struct report *report, const char *name, const struct standing *was,
               struct buffer *out)
{
    json_t *object = json_object();

    (void)report;
    json_put(object, "schema", json_integer(JSON_SCHEMA));
    json_put(object, "input", json_words(name));
    json_put(object, "change", json_change("gone", was));
    add_line(out, object);
}

static void *allocate(size_t size)
{
    return memory_new(size, 1);
}

/* jansson's NULL for want of memory would leave a part out of the object. */
void *json_begin(void)
{
    json_set_alloc_funcs(allocate, free);
    return NULL;
}

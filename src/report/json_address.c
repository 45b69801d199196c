#include "json_parts.h"

#include "model/finding.h"
#include "model/transport.h"

json_t *json_address_text(const struct address *address)
{
    struct buffer text;
    json_t *value;

    buffer_init(&text, 0);
    address_add_text(&text, address);
    value = json_words(text.data);
    buffer_fini(&text);
    return value;
}

static json_t *json_end(const struct transport_end *end)
{
    json_t *object = json_object();
    struct buffer text;

    buffer_init(&text, 0);
    transport_add_end(&text, end);
    json_put(object, "result", json_words(transport_name(end->transport)));
    json_put(object, "text", json_buffer(&text));
    json_put(object, "state", json_words(smtp_state_name(end->state)));
    json_put(object, "code", end->code > 0 ? json_integer(end->code) : json_null());
    json_put(object, "reply", json_bytes(end->text));
    json_put(object, "reason", json_words(end->reason));
    json_put(object, "excess", json_excess(end->excess));
    return object;
}

static json_t *json_verdict(const struct domain *domain, const struct domain_host *entry,
                            size_t index)
{
    const struct address *address = &entry->host->addresses[index];
    const struct verdict *verdict = &entry->verdicts[index];
    json_t *object = json_object();
    bool pass = verdict->code == VERDICT_PASS;
    struct buffer text;

    buffer_init(&text, 0);
    transport_add_verdict(&text, address, verdict);
    json_put(object, "outcome", json_words(address_outcome(domain, entry, index)));
    json_put(object, "result", json_words(address_result(domain, entry, index)));
    json_put(object, "text", json_buffer(&text));
    json_put(object, "depth", pass ? json_integer(verdict->depth) : json_null());
    json_put(object, "name", json_bytes(verdict->name));
    json_put(object, "reason", json_words(address->dane_reason));
    return object;
}

static json_t *json_dialogue(const struct address *address)
{
    static const char *const directions[] = {"sent", "received", "event"};
    json_t *array = json_array();

    for (size_t i = 0; i < address->dialogue_count; i++) {
        const struct dialogue_line *line = &address->dialogue[i];
        json_t *object = json_object();

        json_put(object, "milliseconds", json_integer(line->milliseconds));
        json_put(object, "direction",
                 json_words(directions[line->direction == '>'   ? 0
                                       : line->direction == '<' ? 1
                                                                : 2]));
        json_put(object, "text", json_bytes(line->text));
        json_array_append_new(array, object);
    }
    return array;
}

static void put_dates(json_t *object, const struct certificate *certificate, int64_t verify_time)
{
    enum { SECONDS_A_DAY = 86400 };
    int64_t left = certificate->not_after - verify_time;
    bool valid = certificate->dates_valid;

    json_put(object, "not_before",
             valid ? json_time(certificate->not_before) : json_null());
    json_put(object, "not_after", valid ? json_time(certificate->not_after) : json_null());
    json_put(object, "days_left",
             valid ? json_integer(left / SECONDS_A_DAY - (left % SECONDS_A_DAY < 0))
                   : json_null());
}

static json_t *json_names(const struct certificate *certificate)
{
    json_t *array = json_array();

    for (size_t i = 0; i < certificate->name_count; i++)
        json_array_append_new(array, json_bytes(certificate->names[i]));
    return array;
}

static json_t *json_more_cns(const struct certificate *certificate)
{
    json_t *array = json_array();

    for (size_t i = 0; i < certificate->more_cn_count; i++)
        json_array_append_new(array, json_bytes(certificate->more_cns[i]));
    return array;
}

static json_t *json_digest(const struct certificate *certificate, enum certificate_digest digest,
                           size_t depth)
{
    json_t *object = json_object();

    json_put(object, "label", json_words(certificate_digest_label(digest)));
    json_put(object, "usage", json_integer(depth == 0 ? 3 : 2));
    json_put(object, "selector", json_integer(certificate_digest_selector(digest)));
    json_put(object, "mtype", json_integer(certificate_digest_mtype(digest)));
    json_put(object, "data", json_hex(certificate->data[digest]));
    json_put(object, "shown", json_boolean(certificate->marks[digest].shown));
    json_put(object, "matched", json_boolean(certificate->marks[digest].matched));
    return object;
}

static json_t *json_digests(const struct certificate *certificate, size_t depth)
{
    json_t *array = json_array();

    for (int digest = 0; digest < CERTIFICATE_DIGESTS; digest++)
        if (certificate->data[digest].data != NULL)
            json_array_append_new(array, json_digest(certificate, digest, depth));
    return array;
}

static json_t *json_certificate(const struct certificate *certificate, size_t depth, bool in_path,
                                int64_t verify_time)
{
    json_t *object = json_object();

    json_put(object, "depth", in_path ? json_integer((json_int_t)depth) : json_null());
    json_put(object, "issuer_cn", json_bytes(certificate->issuer_cn));
    json_put(object, "issuer_org", json_bytes(certificate->issuer_org));
    json_put(object, "subject_cn", json_bytes(certificate->subject_cn));
    json_put(object, "more_subject_cns", json_more_cns(certificate));
    json_put(object, "subject_org", json_bytes(certificate->subject_org));
    put_dates(object, certificate, verify_time);
    json_put(object, "names", json_names(certificate));
    json_put(object, "key", json_words(certificate->key));
    json_put(object, "signature", json_words(certificate->signature));
    json_put(object, "digests", json_digests(certificate, depth));
    return object;
}

static json_t *json_tls(const struct address *address, int64_t verify_time)
{
    const struct chain *chain = &address->chain;
    json_t *object, *certificates;

    if (!address->handshaken)
        return json_null();
    object = json_object();
    certificates = json_array();
    json_put(object, "version", json_words(address->tls_version));
    json_put(object, "cipher", json_words(address->cipher));
    json_put(object, "group", json_words(address->group));
    for (size_t i = 0; i < chain->count; i++)
        json_array_append_new(certificates,
                              json_certificate(&chain->certificates[i], i,
                                               i < chain->path_length, verify_time));
    json_put(object, "chain", certificates);
    return object;
}

json_t *json_address(const struct domain *domain, const struct domain_host *entry, size_t index,
                     int64_t verify_time)
{
    const struct address *address = &entry->host->addresses[index];
    const struct verdict *verdict = &entry->verdicts[index];
    json_t *object = json_object();

    json_put(object, "address", json_address_text(address));
    json_put(object, "family", json_words(address->ipv6 ? "ipv6" : "ipv4"));
    json_put(object, "fails", json_boolean(domain_address_fails(address, verdict)));
    json_put(object, "verdict", json_verdict(domain, entry, index));
    json_put(object, "transport", json_end(&address->end));
    json_put(object, "ehlo_after_tls",
             address->handshaken ? json_end(&address->after) : json_null());
    json_put(object, "milliseconds", json_integer(address->milliseconds));
    json_put(object, "tls", json_tls(address, verify_time));
    json_put(object, "dialogue", json_dialogue(address));
    return object;
}

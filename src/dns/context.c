#include "dns/context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <getdns/getdns_extra.h>

#include "base/limits.h"
#include "base/text.h"

/* "ADDR[@PORT]" or "[v6]@PORT" as getdns wants an upstream. */
static getdns_dict *parse_nameserver(const char *text, struct failure *failure)
{
    char address[INET6_ADDRSTRLEN + 2];
    const char *at = strchr(text, '@');
    size_t length = at != NULL ? (size_t)(at - text) : strlen(text);
    uint64_t port = 53;
    uint8_t bytes[16];
    bool ipv6;
    getdns_dict *dict;
    getdns_bindata data;

    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    snprintf(address, sizeof address, "%.*s", (int)length, text);
    ipv6 = strchr(address, ':') != NULL;
    if (length >= sizeof address || inet_pton(ipv6 ? AF_INET6 : AF_INET, address, bytes) != 1 ||
        (at != NULL && !text_to_number(at + 1, 1, 65535, &port))) {
        failure_set(failure, "-n: not an address of a nameserver: %s", text);
        return NULL;
    }
    data = (getdns_bindata){ipv6 ? 16 : 4, bytes};
    dict = getdns_dict_create();
    getdns_dict_util_set_string(dict, "address_type", ipv6 ? "IPv6" : "IPv4");
    getdns_dict_set_bindata(dict, "address_data", &data);
    getdns_dict_set_int(dict, "port", (uint32_t)port);
    return dict;
}

static bool set_nameservers(getdns_context *context, const struct resolver_config *config,
                            struct failure *failure)
{
    getdns_list *upstreams = getdns_list_create();
    bool good = true;

    for (size_t i = 0; good && i < config->nameserver_count; i++) {
        getdns_dict *upstream = parse_nameserver(config->nameservers[i], failure);

        good = upstream != NULL &&
               getdns_list_set_dict(upstreams, i, upstream) == GETDNS_RETURN_GOOD;
        getdns_dict_destroy(upstream);
    }
    if (good && (getdns_context_set_resolution_type(context, GETDNS_RESOLUTION_STUB) ||
                 getdns_context_set_upstream_recursive_servers(context, upstreams)))
        good = failure_set(failure, "-n: getdns refuses the nameservers");
    getdns_list_destroy(upstreams);
    return good;
}

/*
 * One line of a zone file: a record of `type` goes to the list. False where it is no record.
 * getdns_fp2rr_list reads uninitialised memory in 1.6.0, hence line by line.
 */
static bool read_line(char *line, uint32_t wanted, uint32_t other, getdns_list *list)
{
    getdns_dict *rr = NULL;
    uint32_t type = 0;
    size_t count = 0;
    bool good;

    line[strcspn(line, ";\r\n")] = '\0';
    if (line[strspn(line, " \t")] == '\0')
        return true;
    if (getdns_str2rr_dict(line, &rr, NULL, 3600) != GETDNS_RETURN_GOOD || rr == NULL)
        return false;
    getdns_dict_get_int(rr, "type", &type);
    getdns_list_get_length(list, &count);
    good = count < LIMIT_ANCHORS;
    if (type == wanted || type == other)
        good = good && getdns_list_set_dict(list, count, rr) == GETDNS_RETURN_GOOD;
    getdns_dict_destroy(rr);
    return good;
}

static bool read_file(const char *path, const char *what, uint32_t wanted, uint32_t other,
                      getdns_list *list, struct failure *failure)
{
    FILE *file = fopen(path, "re");
    char line[LIMIT_ANCHOR_LINE];
    unsigned number = 0;
    size_t count = 0;
    bool good = true;

    if (file == NULL)
        return failure_set(failure, "%s %s: %s", what, path, strerror(errno));
    while (good && fgets(line, sizeof line, file) != NULL) {
        number++;
        if (strlen(line) == sizeof line - 1 || !read_line(line, wanted, other, list))
            good = failure_set(failure, "%s %s: line %u is no resource record", what, path,
                               number);
    }
    if (good && ferror(file))
        good = failure_set(failure, "%s %s: cannot be read", what, path);
    (void)fclose(file); /* only read */
    getdns_list_get_length(list, &count);
    if (good && count == 0)
        good = failure_set(failure, "%s %s: holds no usable record", what, path);
    return good;
}

/* The addresses of the hints' A and AAAA records, as getdns wants root servers. */
static getdns_list *root_addresses(getdns_list *hints)
{
    getdns_list *roots = getdns_list_create();
    size_t count = 0, used = 0;

    getdns_list_get_length(hints, &count);
    for (size_t i = 0; i < count; i++) {
        getdns_dict *rr, *root = getdns_dict_create();
        getdns_bindata *data;
        bool ipv6 = true;

        getdns_list_get_dict(hints, i, &rr);
        if (getdns_dict_get_bindata(rr, "/rdata/ipv6_address", &data) != GETDNS_RETURN_GOOD) {
            ipv6 = false;
            if (getdns_dict_get_bindata(rr, "/rdata/ipv4_address", &data) != GETDNS_RETURN_GOOD)
                data = NULL;
        }
        if (data != NULL) {
            getdns_dict_util_set_string(root, "address_type", ipv6 ? "IPv6" : "IPv4");
            getdns_dict_set_bindata(root, "address_data", data);
            getdns_list_set_dict(roots, used++, root);
        }
        getdns_dict_destroy(root);
    }
    return roots;
}

static bool set_embedded(getdns_context *context, const struct resolver_config *config,
                         struct failure *failure)
{
    getdns_list *anchors = getdns_list_create(), *hints = getdns_list_create();
    getdns_list *roots = NULL;
    bool good = read_file(config->trust_anchor, "trust anchor file", GETDNS_RRTYPE_DS,
                          GETDNS_RRTYPE_DNSKEY, anchors, failure) &&
                read_file(config->root_hints, "root hints file", GETDNS_RRTYPE_A,
                          GETDNS_RRTYPE_AAAA, hints, failure);

    if (good) {
        roots = root_addresses(hints);
        if (getdns_context_set_resolution_type(context, GETDNS_RESOLUTION_RECURSING) ||
            getdns_context_set_dnssec_trust_anchors(context, anchors))
            good = failure_set(failure, "trust anchor file %s: getdns refuses it",
                               config->trust_anchor);
        else if (getdns_context_set_dns_root_servers(context, roots))
            good = failure_set(failure, "root hints file %s: getdns refuses it",
                               config->root_hints);
    }
    getdns_list_destroy(roots);
    getdns_list_destroy(hints);
    getdns_list_destroy(anchors);
    return good;
}

static bool set_common(getdns_context *context, struct uvloop *uvloop,
                       const struct resolver_config *config, struct failure *failure)
{
    getdns_transport_list_t transports[] = {GETDNS_TRANSPORT_UDP, GETDNS_TRANSPORT_TCP};
    getdns_namespace_t namespaces[] = {GETDNS_NAMESPACE_DNS};

    if (getdns_context_set_eventloop(context, uvloop_eventloop(uvloop)) ||
        getdns_context_set_namespaces(context, 1, namespaces) ||
        getdns_context_set_dns_transport_list(context, 2, transports) ||
        getdns_context_set_timeout(context, config->timeout_ms) ||
        getdns_context_set_edns_maximum_udp_payload_size(context, config->udp_size))
        return failure_set(failure, "getdns: the resolver cannot be set up");
    return true;
}

/*
 * getdns 1.6.0 stores the name of its temporary root hints file without a terminator and then
 * removes another one; in zeroed memory it finds the right one.
 */
static void *zeroed(size_t size)
{
    return calloc(1, size);
}

getdns_context *context_new(struct uvloop *uvloop, const struct resolver_config *config,
                            struct failure *failure)
{
    getdns_context *context = NULL;

    bool embedded = config->nameserver_count == 0;

    if (getdns_context_create_with_memory_functions(&context, 0, embedded ? zeroed : malloc,
                                                    realloc, free) != GETDNS_RETURN_GOOD) {
        failure_set(failure, "getdns: no context");
        return NULL;
    }
    if (set_common(context, uvloop, config, failure) &&
        (embedded ? set_embedded(context, config, failure)
                  : set_nameservers(context, config, failure)))
        return context;
    getdns_context_destroy(context);
    return NULL;
}

#include "dns/context.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include <getdns/getdns_extra.h>

#include "anchors.h"
#include "dns/nameserver.h"

/* A nameserver as getdns wants an upstream. */
static getdns_dict *make_upstream(const char *text, struct failure *failure)
{
    struct nameserver nameserver;
    getdns_bindata data;
    getdns_dict *dict;

    if (!nameserver_parse(&nameserver, text)) {
        failure_set(failure, "nameserver %s: not an address", text);
        return NULL;
    }
    data = (getdns_bindata){nameserver.ipv6 ? 16 : 4, nameserver.bytes};
    dict = getdns_dict_create();
    if (getdns_dict_util_set_string(dict, "address_type", nameserver.ipv6 ? "IPv6" : "IPv4") ||
        getdns_dict_set_bindata(dict, "address_data", &data) ||
        getdns_dict_set_int(dict, "port", nameserver.port)) {
        failure_set(failure, "nameserver %s: getdns cannot take it", text);
        getdns_dict_destroy(dict);
        return NULL;
    }
    return dict;
}

static bool set_nameservers(getdns_context *context, const struct resolver_config *config,
                            struct failure *failure)
{
    getdns_list *upstreams = getdns_list_create();
    bool good = true;

    for (size_t i = 0; good && i < config->nameserver_count; i++) {
        getdns_dict *upstream = make_upstream(config->nameservers[i], failure);

        good = upstream != NULL &&
               getdns_list_set_dict(upstreams, i, upstream) == GETDNS_RETURN_GOOD;
        getdns_dict_destroy(upstream);
    }
    if (good && (getdns_context_set_resolution_type(context, GETDNS_RESOLUTION_STUB) ||
                 getdns_context_set_upstream_recursive_servers(context, upstreams)))
        good = failure_set(failure, "nameservers: getdns refuses them");
    getdns_list_destroy(upstreams);
    return good;
}

/* getdns hands the hints to libunbound in a temporary file, and does not see a full disk. */
static bool set_roots(getdns_context *context, getdns_list *roots, struct failure *failure)
{
    static const char what[] = "the embedded resolver's temporary file in " P_tmpdir;
    struct statvfs system;

    if (statvfs(P_tmpdir, &system) == 0 && system.f_bavail == 0)
        return failure_set(failure, "%s: %s", what, strerror(ENOSPC));
    errno = 0;
    if (getdns_context_set_dns_root_servers(context, roots) == GETDNS_RETURN_GOOD)
        return true;
    return failure_set(failure, "%s: %s", what, errno != 0 ? strerror(errno) : "getdns refuses it");
}

static bool set_embedded(getdns_context *context, const struct resolver_config *config,
                         struct failure *failure)
{
    getdns_list *anchors = anchors_read(config->trust_anchor, failure);
    getdns_list *roots = anchors != NULL ? anchors_read_hints(config->root_hints, failure) : NULL;
    bool good = roots != NULL;

    if (good && (getdns_context_set_resolution_type(context, GETDNS_RESOLUTION_RECURSING) ||
                 getdns_context_set_dnssec_trust_anchors(context, anchors)))
        good = failure_set(failure, "trust anchor file %s: getdns refuses it",
                           config->trust_anchor);
    good = good && set_roots(context, roots, failure);
    getdns_list_destroy(roots);
    getdns_list_destroy(anchors);
    return good;
}

static void on_start(getdns_context *context, getdns_callback_type_t type, getdns_dict *response,
                     void *argument, getdns_transaction_t id)
{
    bool *started = argument;

    (void)context;
    (void)id;
    *started = type == GETDNS_CALLBACK_COMPLETE;
    getdns_dict_destroy(response);
}

/*
 * With its first question libunbound opens what it needs, and only then does it say what is wrong
 * with it. This one it answers itself at once, so that all is read before anything is asked.
 */
static bool start_embedded(getdns_context *context, bool *started, struct failure *failure)
{
    getdns_return_t result =
        getdns_general(context, "localhost.", GETDNS_RRTYPE_A, NULL, started, NULL, on_start);

    return *started || failure_set(failure, "the embedded resolver does not start: %s",
                                   getdns_get_errorstr_by_id(result));
}

static bool set_common(getdns_context *context, struct uvloop *uvloop,
                       const struct resolver_config *config, struct failure *failure)
{
    getdns_transport_list_t transports[] = {GETDNS_TRANSPORT_UDP, GETDNS_TRANSPORT_TCP};
    getdns_namespace_t namespaces[] = {GETDNS_NAMESPACE_DNS};
    /*
     * getdns mistrusts an anchor that is not the root's: it would take another from the user's home,
     * or fetch one from IANA and keep it there. Without a CA to verify that, it does not.
     */
    static const char no_authority[] = "";

    if (getdns_context_set_eventloop(context, uvloop_eventloop(uvloop)) ||
        getdns_context_set_trust_anchors_verify_CA(context, no_authority) ||
        getdns_context_set_namespaces(context, 1, namespaces) ||
        getdns_context_set_dns_transport_list(context, 2, transports) ||
        getdns_context_set_timeout(context, config->timeout_ms) ||
        getdns_context_set_edns_maximum_udp_payload_size(context, config->udp_size))
        return failure_set(failure, "getdns: the resolver cannot be set up");
    return true;
}

getdns_context *context_new(struct pool *pool, struct uvloop *uvloop,
                            const struct resolver_config *config, struct failure *failure)
{
    getdns_context *context = NULL;
    bool embedded = config->nameserver_count == 0;
    bool started = false; /* until the context is destroyed, where it did not */

    if (getdns_context_create_with_extended_memory_functions(
            &context, 0, pool, pool_take, pool_resize, pool_give) != GETDNS_RETURN_GOOD) {
        failure_set(failure, "getdns: no context");
        return NULL;
    }
    if (set_common(context, uvloop, config, failure) &&
        (embedded ? set_embedded(context, config, failure) &&
                        start_embedded(context, &started, failure)
                  : set_nameservers(context, config, failure)))
        return context;
    getdns_context_destroy(context);
    return NULL;
}

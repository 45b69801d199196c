#include "dns/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>
#include <uv.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "dns/answer.h"
#include "dns/uvloop.h"
#include "dns/walk.h"

struct question {
    struct question *next;
    struct resolver *resolver;
    struct arena *arena;
    struct lookup *lookup; /* the caller's */
    struct lookup *asked;  /* the same, or its first alias's CNAME RRset */
    resolver_callback *callback;
    void *argument;
    uint64_t started; /* ms of the loop's clock */
    bool retry;       /* done, but to be asked again */
};

struct queue {
    struct question *first, **end;
};

struct resolver {
    uv_loop_t *loop;
    struct uvloop *uvloop;
    getdns_context *context;
    getdns_dict *extensions;
    uv_timer_t *turn; /* fires at once: what came inside getdns is acted upon from the loop */
    struct queue waiting, answered, asked;
    size_t in_flight;
    unsigned tries;
    const char *server; /* what -v names */
    bool embedded;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_push(struct queue *queue, struct question *question)
{
    question->next = NULL;
    *queue->end = question;
    queue->end = &question->next;
}

static struct question *queue_pop(struct queue *queue)
{
    struct question *question = queue->first;

    if (question == NULL)
        return NULL;
    queue->first = question->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return question;
}

static void queue_remove(struct queue *queue, struct question *question)
{
    struct question **link = &queue->first;

    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    if (*link == NULL)
        queue->end = link;
}

static void queue_drop(struct queue *queue)
{
    struct question *question;

    while ((question = queue_pop(queue)) != NULL)
        free(question);
}

static void take_turn(uv_timer_t *timer);

static void plan_turn(struct resolver *resolver)
{
    if (!uv_is_active((uv_handle_t *)resolver->turn))
        uv_timer_start(resolver->turn, take_turn, 0, 0);
}

static void question_timeout(struct question *question)
{
    question->asked->status = LOOKUP_TIMEOUT;
    question->asked->reason = "no answer from the resolver";
    question->retry = question->asked->tries < question->resolver->tries;
}

/* May run inside getdns_general: only stores, never asks. */
static void on_answer(getdns_context *context, getdns_callback_type_t type, getdns_dict *response,
                      void *argument, getdns_transaction_t id)
{
    struct question *question = argument;
    struct resolver *resolver = question->resolver;

    (void)context;
    (void)id;
    if (type == GETDNS_CALLBACK_COMPLETE && response != NULL)
        answer_read(response, question->arena, question->asked);
    else if (type == GETDNS_CALLBACK_CANCEL)
        question->asked->status = LOOKUP_SERVFAIL;
    else
        question_timeout(question);
    getdns_dict_destroy(response);
    queue_remove(&resolver->asked, question);
    queue_push(&resolver->answered, question);
    plan_turn(resolver);
}

static struct lookup *lookup_new(const struct resolver *resolver, struct arena *arena,
                                 const char *name, enum record_type type)
{
    struct lookup *lookup = arena_new(arena, 1, sizeof *lookup);

    *lookup = (struct lookup){.name = name, .owner = name, .type = type,
                              .status = LOOKUP_SERVFAIL, .server = resolver->server};
    return lookup;
}

static void send_question(struct resolver *resolver, struct question *question)
{
    struct lookup *lookup = question->asked;
    getdns_transaction_t id;
    getdns_return_t result;

    lookup->tries++;
    question->retry = false;
    queue_push(&resolver->asked, question);
    resolver->in_flight++;
    result = getdns_general(resolver->context, lookup->name, (uint16_t)lookup->type,
                            resolver->extensions, question, &id, on_answer);
    if (result == GETDNS_RETURN_GOOD)
        return;
    lookup->status = LOOKUP_SERVFAIL;
    lookup->reason = getdns_get_errorstr_by_id(result);
    queue_remove(&resolver->asked, question);
    queue_push(&resolver->answered, question);
    plan_turn(resolver);
}

/* RFC 7672 section 2.1.3: an insecure answer through an alias; the alias may yet be secure. */
static void ask_alias(struct resolver *resolver, struct question *question)
{
    question->asked = lookup_new(resolver, question->arena, question->lookup->name, RECORD_CNAME);
    queue_push(&resolver->waiting, question);
}

static void finish(struct resolver *resolver, struct question *question)
{
    struct lookup *lookup = question->lookup;

    resolver->in_flight--;
    if (question->retry) {
        queue_push(&resolver->waiting, question);
        return;
    }
    if (question->asked != lookup) {
        walk_apply_cname(lookup, question->asked);
    } else if (walk_needs_cname(lookup)) {
        ask_alias(resolver, question);
        return;
    }
    lookup->milliseconds = (unsigned)(uv_now(resolver->loop) - question->started);
    question->callback(question->argument);
    free(question);
}

static void take_turn(uv_timer_t *timer)
{
    struct resolver *resolver = timer->data;
    struct question *question;

    while ((question = queue_pop(&resolver->answered)) != NULL)
        finish(resolver, question);
    while (resolver->in_flight < LIMIT_QUESTIONS &&
           (question = queue_pop(&resolver->waiting)) != NULL)
        send_question(resolver, question);
}

void resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                  enum record_type type, struct lookup **lookup, resolver_callback *callback,
                  void *argument)
{
    struct question *question = memory_new(1, sizeof *question);

    *lookup = lookup_new(resolver, arena, name, type);
    question->resolver = resolver;
    question->arena = arena;
    question->lookup = question->asked = *lookup;
    question->callback = callback;
    question->argument = argument;
    question->started = uv_now(resolver->loop);
    queue_push(&resolver->waiting, question);
    plan_turn(resolver);
}

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

static bool set_nameservers(struct resolver *resolver, const struct resolver_config *config,
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
    if (good && (getdns_context_set_resolution_type(resolver->context, GETDNS_RESOLUTION_STUB) ||
                 getdns_context_set_upstream_recursive_servers(resolver->context, upstreams)))
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
    fclose(file);
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

static bool set_embedded(struct resolver *resolver, const struct resolver_config *config,
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
        if (getdns_context_set_resolution_type(resolver->context, GETDNS_RESOLUTION_RECURSING) ||
            getdns_context_set_dnssec_trust_anchors(resolver->context, anchors))
            good = failure_set(failure, "trust anchor file %s: getdns refuses it",
                               config->trust_anchor);
        else if (getdns_context_set_dns_root_servers(resolver->context, roots))
            good = failure_set(failure, "root hints file %s: getdns refuses it",
                               config->root_hints);
    }
    getdns_list_destroy(roots);
    getdns_list_destroy(hints);
    getdns_list_destroy(anchors);
    return good;
}

static bool set_common(struct resolver *resolver, const struct resolver_config *config,
                       struct failure *failure)
{
    getdns_transport_list_t transports[] = {GETDNS_TRANSPORT_UDP, GETDNS_TRANSPORT_TCP};
    getdns_namespace_t namespaces[] = {GETDNS_NAMESPACE_DNS};
    getdns_context *context = resolver->context;

    if (getdns_context_set_eventloop(context, uvloop_eventloop(resolver->uvloop)) ||
        getdns_context_set_namespaces(context, 1, namespaces) ||
        getdns_context_set_dns_transport_list(context, 2, transports) ||
        getdns_context_set_timeout(context, config->timeout_ms) ||
        getdns_context_set_edns_maximum_udp_payload_size(context, config->udp_size))
        return failure_set(failure, "getdns: the resolver cannot be set up");
    return true;
}

static void set_extensions(struct resolver *resolver, const struct resolver_config *config)
{
    resolver->extensions = getdns_dict_create();
    if (resolver->embedded) {
        getdns_dict_set_int(resolver->extensions, "dnssec_return_all_statuses",
                            GETDNS_EXTENSION_TRUE);
        return;
    }
    getdns_dict_set_int(resolver->extensions, "/header/ad", 1);
    getdns_dict_set_int(resolver->extensions, "/add_opt_parameters/maximum_udp_payload_size",
                        config->udp_size);
}

/* The names of the nameservers for -v; getdns does not say which of several answered. */
static char *describe(const struct resolver_config *config)
{
    struct buffer text;
    char *copy;

    buffer_init(&text, 0);
    if (config->nameserver_count == 0)
        buffer_puts(&text, "embedded resolver");
    for (size_t i = 0; i < config->nameserver_count; i++)
        buffer_printf(&text, "%s%s", i > 0 ? " or " : "", config->nameservers[i]);
    copy = memory_dup(text.data);
    buffer_fini(&text);
    return copy;
}

/*
 * getdns 1.6.0 stores the name of its temporary root hints file without a terminator and then
 * removes another one; in zeroed memory it finds the right one.
 */
static void *zeroed(size_t size)
{
    return calloc(1, size);
}

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_config *config,
                              struct failure *failure)
{
    struct resolver *resolver = memory_new(1, sizeof *resolver);
    bool good;

    resolver->loop = loop;
    resolver->embedded = config->nameserver_count == 0;
    resolver->tries = config->tries;
    resolver->server = describe(config);
    queue_init(&resolver->waiting);
    queue_init(&resolver->answered);
    queue_init(&resolver->asked);
    resolver->turn = memory_new(1, sizeof *resolver->turn);
    uv_timer_init(loop, resolver->turn);
    resolver->turn->data = resolver;
    resolver->uvloop = uvloop_new(loop);
    if (getdns_context_create_with_memory_functions(&resolver->context, 0, zeroed, realloc,
                                                    free) != GETDNS_RETURN_GOOD)
        good = failure_set(failure, "getdns: no context");
    else
        good = set_common(resolver, config, failure) &&
               (resolver->embedded ? set_embedded(resolver, config, failure)
                                   : set_nameservers(resolver, config, failure));
    set_extensions(resolver, config);
    if (!good) {
        resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    getdns_dict_destroy(resolver->extensions);
    if (resolver->context != NULL)
        getdns_context_destroy(resolver->context);
    uvloop_free(resolver->uvloop);
    queue_drop(&resolver->waiting);
    queue_drop(&resolver->answered);
    queue_drop(&resolver->asked);
    uv_close((uv_handle_t *)resolver->turn, free_handle);
    free((char *)resolver->server);
    free(resolver);
}

/*
 * What three questions a domain cost with getdns alone: DS, DNSKEY and MX of sN.bench.lab, so many
 * in flight, answers counted and thrown away, lost ones asked again.
 * usage: questions NAMESERVER COUNT
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

enum { IN_FLIGHT = 256, TYPES = 3 };

static const uint16_t types[TYPES] = {GETDNS_RRTYPE_DS, GETDNS_RRTYPE_DNSKEY, GETDNS_RRTYPE_MX};
static unsigned long asked, answered, wanted, in_flight;
static getdns_dict *extensions;

static void ask(getdns_context *context, uintptr_t number);
static void ask_more(getdns_context *context);

static void on_answer(getdns_context *context, getdns_callback_type_t type, getdns_dict *response,
                      void *argument, getdns_transaction_t id)
{
    (void)id;
    getdns_dict_destroy(response);
    in_flight--;
    if (type == GETDNS_CALLBACK_COMPLETE)
        answered++;
    else
        ask(context, (uintptr_t)argument); /* lost */
    ask_more(context);
}

static void ask(getdns_context *context, uintptr_t number)
{
    getdns_transaction_t id;
    char name[64];

    snprintf(name, sizeof name, "s%lu.bench.lab.", (unsigned long)number / TYPES);
    in_flight++;
    if (getdns_general(context, name, types[number % TYPES], extensions, (void *)number, &id,
                       on_answer) != GETDNS_RETURN_GOOD)
        exit(1);
}

static void ask_more(getdns_context *context)
{
    while (in_flight < IN_FLIGHT && asked < wanted)
        ask(context, asked++);
}

int main(int argc, char **argv)
{
    getdns_context *context;
    getdns_list *servers = getdns_list_create();
    getdns_dict *server;

    extensions = getdns_dict_create();
    if (argc != 3 || getdns_context_create(&context, 0) != GETDNS_RETURN_GOOD ||
        getdns_str2dict(argv[1], &server) != GETDNS_RETURN_GOOD)
        return 2;
    wanted = strtoul(argv[2], NULL, 10) * TYPES;
    getdns_list_set_dict(servers, 0, server);
    getdns_context_set_resolution_type(context, GETDNS_RESOLUTION_STUB);
    getdns_context_set_upstream_recursive_servers(context, servers);
    getdns_context_set_limit_outstanding_queries(context, 0);
    getdns_dict_set_int(extensions, "/header/ad", 1);
    ask_more(context);
    getdns_context_run(context);
    getdns_context_destroy(context);
    if (answered != wanted) {
        fprintf(stderr, "questions: %lu of %lu answered\n", answered, wanted);
        return 1;
    }
    return 0;
}

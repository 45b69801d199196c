/*
 * The address of a validating resolver as users write it.
 */
#ifndef MXDANE_DNS_NAMESERVER_H
#define MXDANE_DNS_NAMESERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nameserver {
    uint8_t bytes[16]; /* IPv4: the first four */
    bool ipv6;
    uint16_t port;
};

/* "ADDR", "ADDR@PORT", "[v6]" or "[v6]@PORT"; false where it is anything else. */
bool nameserver_parse(struct nameserver *nameserver, const char *text);

/* Whether what it answers never leaves this host (RFC 1122 3.2.1.3, RFC 4291 2.5.3, 2.5.5.2). */
bool nameserver_is_local(const struct nameserver *nameserver);

#endif

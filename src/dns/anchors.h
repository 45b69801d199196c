/*
 * The two files of the embedded resolver: zone file lines, one record each. Internal to the room.
 */
#ifndef MXDANE_DNS_ANCHORS_H
#define MXDANE_DNS_ANCHORS_H

#include <getdns/getdns.h>

#include "base/failure.h"

/* The DS and DNSKEY records of a trust anchor file, at least one; NULL with the reason. */
getdns_list *anchors_read(const char *path, struct failure *failure);

/* The addresses in a root hints file as getdns wants root servers, at least one; NULL likewise. */
getdns_list *anchors_read_hints(const char *path, struct failure *failure);

#endif

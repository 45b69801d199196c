/*
 * The lines below an address: TLS parameters, names, certificates by depth.
 */
#ifndef MXDANE_REPORT_TLS_H
#define MXDANE_REPORT_TLS_H

#include "lines.h"
#include "model/address.h"

/* None without a handshake. Certificates that belong to no path are there where `lines` is verbose. */
void tls_lines(struct lines *lines, const struct address *address);

#endif

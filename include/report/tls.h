/*
 * The lines of the trace below an address: TLS parameters, names, certificates by depth.
 */
#ifndef MXDANE_REPORT_TLS_H
#define MXDANE_REPORT_TLS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "model/address.h"

/* With `strays`, certificates that belong to no path are shown too. Each line ends in a newline. */
void tls_render(const struct address *address, bool strays, struct buffer *out);

#endif

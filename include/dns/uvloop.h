/*
 * getdns's event loop functions over a libuv loop. libunbound asks for reading and writing the
 * same descriptor in two events: interests are merged.
 */
#ifndef MXDANE_DNS_UVLOOP_H
#define MXDANE_DNS_UVLOOP_H

struct uv_loop_s;
struct uvloop;
struct getdns_eventloop;

/* NULL with errno where the system has no descriptor for it. */
struct uvloop *uvloop_new(struct uv_loop_s *loop);

/* After the getdns context is destroyed. Handles still closing finish on the loop. */
void uvloop_free(struct uvloop *uvloop);

/* What getdns_context_set_eventloop takes. */
struct getdns_eventloop *uvloop_eventloop(struct uvloop *uvloop);

#endif

/*
 * TLS as a client, and DANE, over bytes: what the peer sent goes in, what is to be sent comes
 * out. No sockets, no clock, no event loop. It is an auditor's handshake: everything from TLS 1.0
 * at security level 0 is taken, no CA store is loaded (RFC 7672 section 3.1.2), and a chain that
 * does not verify does not end the handshake but is the result.
 *
 * A context serves any number of handshakes in any threads. A handshake may move between threads
 * as long as one uses it at a time.
 */
#ifndef MXDANE_DANE_HANDSHAKE_H
#define MXDANE_DANE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/failure.h"
#include "model/address.h"
#include "model/record.h"

struct handshake;
struct handshake_context;

struct handshake_config {
    const char *base;          /* TLSA base domain, with or without its final dot: the SNI */
    const struct record *tlsa; /* the secure TLSA RRset; usable or not */
    size_t tlsa_count;         /* 0: DANE is not asked for */
    int64_t verify_time;       /* seconds since the epoch: the dates of chains are judged by it */
    const struct record_facts *facts; /* of these records, kept by the caller until the result is
                                         taken; NULL: the handshake works them out */
};

enum handshake_status {
    HANDSHAKE_MORE,   /* not done; feed what comes */
    HANDSHAKE_DONE,   /* data may be written; what was decrypted is in `plain` */
    HANDSHAKE_FAILED, /* see handshake_reason; `out` may hold the alert that says so */
    HANDSHAKE_CLOSED  /* done, and closed since: close_notify or end of the connection */
};

/* NULL with the reason in `failure`. Outlives its handshakes. */
struct handshake_context *handshake_context_new(struct failure *failure);
void handshake_context_free(struct handshake_context *context);

/* Copies what it needs of `config`. NULL with the reason in `failure`. */
struct handshake *handshake_new(struct handshake_context *context,
                                const struct handshake_config *config, struct failure *failure);
void handshake_free(struct handshake *handshake);

/*
 * Takes `in_length` bytes of the peer (0: to begin), appends what is to be sent to `out` and what
 * was decrypted to `plain`. Safe to run in a worker thread: this is where the cryptography is.
 * The step that completes the handshake says DONE even if its bytes also closed the connection;
 * the next step, with or without bytes, then says that. FAILED and CLOSED are final.
 * A peer that exceeds a limit (bytes of TLS, certificates, names, issuers, signatures) has FAILED.
 */
enum handshake_status handshake_step(struct handshake *handshake, const void *in, size_t in_length,
                                     struct buffer *out, struct buffer *plain);

/* Encrypts `data` into `out`. False, and nothing written, unless the handshake stands. */
bool handshake_write(struct handshake *handshake, const void *data, size_t length,
                     struct buffer *out);

/* OpenSSL's words for the failure, or ours; NULL where nothing failed. Static storage. */
const char *handshake_reason(const struct handshake *handshake);

/* The limit behind the failure, or EXCESS_NONE. */
enum excess handshake_excess(const struct handshake *handshake);

/*
 * Fills `handshaken`, the TLS fields, `chain` with its marks, `matches` and the `dane` fields of
 * `address`; nothing but `handshaken` where the handshake was not done. All of it lives in `arena`
 * or is static. Costs some digests per certificate; the signatures were verified in the step.
 *
 * `dane_depth` is the place of the certificate that matched. A trust anchor that is only in DNS
 * (2 0 0, 2 1 0; RFC 7671 sections 5.2.2, 5.2.3) stands one above the topmost certificate of the
 * path it anchors, where no certificate of the chain is shown.
 */
void handshake_result(const struct handshake *handshake, struct arena *arena,
                      struct address *address);

#endif

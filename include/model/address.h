/*
 * What is known of one address of an MX host: how far the SMTP session came (transport), what TLS
 * said, and how the chain stands to the host's TLSA records. Nothing here depends on the domain
 * that named the host, so that one probe serves every domain (see model/verdict.h).
 */
#ifndef MXDANE_MODEL_ADDRESS_H
#define MXDANE_MODEL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/certificate.h"
#include "model/excess.h"
#include "model/match.h"

enum smtp_state {
    SMTP_CONNECT,
    SMTP_GREETING,
    SMTP_EHLO,
    SMTP_STARTTLS,
    SMTP_HANDSHAKE,
    SMTP_EHLO_TLS,
    SMTP_QUIT,
    SMTP_END
};

enum transport {
    TRANSPORT_UNTRIED,            /* no session was wanted: --skip, -D, -4, -6, or not yet */
    TRANSPORT_RESERVED,           /* a special-purpose address, and no -R */
    TRANSPORT_OK,                 /* the handshake was done */
    TRANSPORT_REFUSED,
    TRANSPORT_CONNECT_TIMEOUT,
    TRANSPORT_CONNECT_FAILED,     /* `reason` says why */
    TRANSPORT_NO_STARTTLS,        /* EHLO's reply does not offer it */
    TRANSPORT_REPLY,              /* a reply ended it: `code`, `text` */
    TRANSPORT_TIMEOUT,
    TRANSPORT_CLOSED,
    TRANSPORT_RESET,
    TRANSPORT_REPLY_TOO_LONG,
    TRANSPORT_MALFORMED,
    TRANSPORT_INJECTED,           /* plaintext after STARTTLS's 220: RFC 3207 section 4.2 */
    TRANSPORT_HANDSHAKE_FAILED,   /* `reason` is OpenSSL's */
    TRANSPORT_TLS_TIMEOUT
};

/* How a session, or the part of it after the handshake, ended. */
struct transport_end {
    enum transport transport;
    enum smtp_state state; /* where */
    unsigned code;         /* of the reply */
    struct bytes text;     /* of the reply: its lines' texts joined by a blank; raw */
    const char *reason;    /* our or OpenSSL's words; NULL: none */
    enum excess excess;    /* the limit that ended it */
    bool masked;           /* no STARTTLS, and the marks of a firewall that writes over replies */
};

/* How OpenSSL judged the chain against the usable TLSA records, names left aside. */
enum dane_result {
    DANE_NOT_CHECKED, /* no handshake, or no TLSA RRset */
    DANE_UNUSABLE,    /* no usable record: TLS without authentication, RFC 7672 section 2.2 */
    DANE_MATCH_EE,    /* DANE-EE(3) */
    DANE_MATCH_TA,    /* DANE-TA(2), path and dates valid; names remain to be checked */
    DANE_EXPIRED,     /* DANE-TA(2) matches; a certificate of the path is outside its dates */
    DANE_MISMATCH     /* nothing matches, or the path is not valid; `dane_reason` */
};

struct dialogue_line {
    unsigned milliseconds; /* since the connection was begun */
    char direction;        /* '>' ours, '<' the server's, '*' an event */
    struct bytes text;     /* without its line end; raw */
};

struct address {
    bool ipv6;
    uint8_t bytes[16]; /* the first 4 for IPv4 */
    struct transport_end end;
    struct transport_end after; /* EHLO after the handshake; TRANSPORT_OK: fine */
    unsigned milliseconds;

    bool handshaken;
    const char *tls_version; /* "TLS13" */
    const char *cipher;
    const char *group; /* NULL: none */
    struct chain chain;
    const struct record_match *matches; /* one per TLSA record of the host; NULL: none were compared */

    enum dane_result dane;
    unsigned dane_depth;     /* of the match */
    const char *dane_reason; /* where dane is EXPIRED or MISMATCH */

    const struct dialogue_line *dialogue;
    size_t dialogue_count;
};

/* The address in text: 192.0.2.1, 2001:db8::1. */
void address_add_text(struct buffer *buffer, const struct address *address);

/* "GREETING", "EHLO-TLS"... */
const char *smtp_state_name(enum smtp_state state);

#endif

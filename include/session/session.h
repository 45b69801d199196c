/*
 * The SMTP session with one address, as a state table (RFC 5321, RFC 3207). Pure: events in,
 * bytes to send and a state out; no socket, no clock. Times are given by the caller.
 */
#ifndef MXDANE_SESSION_SESSION_H
#define MXDANE_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/address.h"
#include "session/reply.h"

struct session {
    enum smtp_state state;
    struct buffer send; /* plaintext for the peer; the driver empties it */
    struct transport_end end;
    struct transport_end after;
    unsigned now_ms; /* set by the driver before an event */

    struct arena *arena; /* of the texts in end, after and dialogue */
    const char *helo;
    struct reply reply;
    bool masked; /* so far: as reply.masked */
    size_t received;
    bool keeps_dialogue;
    struct dialogue_line *dialogue;
    size_t dialogue_count, dialogue_room;
};

/* In SMTP_CONNECT. `helo` and `arena` are borrowed. `dialogue`: keep it. */
void session_init(struct session *session, struct arena *arena, const char *helo,
                  size_t line_limit, bool dialogue);
void session_fini(struct session *session);

void session_connected(struct session *session);

/* Ends a session that could not connect: TRANSPORT_REFUSED, _CONNECT_TIMEOUT, _CONNECT_FAILED. */
void session_connect_failed(struct session *session, enum transport transport,
                            const char *reason);

/* What happened outside the dialogue, for -v. */
void session_event(struct session *session, const char *text);

/* Plaintext of the peer. */
void session_bytes(struct session *session, const char *data, size_t length);

/* The end of the connection, a reset of it, or the end of a step's deadline. */
void session_closed(struct session *session, bool reset);
void session_timeout(struct session *session);

/* A limit ends it. */
void session_exceeded(struct session *session, enum excess excess);

void session_handshake_done(struct session *session);
void session_handshake_failed(struct session *session, const char *reason);

#endif

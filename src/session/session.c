#include "session/session.h"

#include <string.h>

#include "base/limits.h"

void session_init(struct session *session, struct arena *arena, const char *helo,
                  size_t line_limit, bool dialogue)
{
    memset(session, 0, sizeof *session);
    session->arena = arena;
    session->helo = helo;
    session->end.transport = TRANSPORT_CONNECT_FAILED;
    session->after.transport = TRANSPORT_OK;
    reply_init(&session->reply, line_limit);
    buffer_init(&session->send, 0);
    session->keeps_dialogue = dialogue;
}

void session_fini(struct session *session)
{
    reply_fini(&session->reply);
    buffer_fini(&session->send);
}

static struct bytes keep(struct session *session, const char *text, size_t length)
{
    return (struct bytes){arena_copy(session->arena, text, length), length};
}

/* Most dialogues have a dozen lines; twice as many whenever they do not fit. */
static void make_room(struct session *session)
{
    enum { FIRST = 16 };
    size_t room = session->dialogue_room > 0 ? 2 * session->dialogue_room : FIRST;
    struct dialogue_line *lines = arena_new(session->arena, room, sizeof *lines);

    if (session->dialogue_count > 0)
        memcpy(lines, session->dialogue, session->dialogue_count * sizeof *lines);
    session->dialogue = lines;
    session->dialogue_room = room;
}

static void record(struct session *session, char direction, const char *text, size_t length)
{
    if (!session->keeps_dialogue || session->dialogue_count == LIMIT_DIALOGUE)
        return;
    if (session->dialogue_count == session->dialogue_room)
        make_room(session);
    session->dialogue[session->dialogue_count++] =
        (struct dialogue_line){session->now_ms, direction, keep(session, text, length)};
}

void session_event(struct session *session, const char *text)
{
    record(session, '*', text, strlen(text));
}

static void record_line(void *argument, const char *line, size_t length)
{
    record(argument, '<', line, length);
}

/* What a state sends when it is entered. */
static void enter(struct session *session, enum smtp_state state)
{
    size_t before = session->send.length;

    session->state = state;
    reply_reset(&session->reply);
    switch (state) {
    case SMTP_EHLO:
    case SMTP_EHLO_TLS:
        buffer_printf(&session->send, "EHLO %s\r\n", session->helo);
        break;
    case SMTP_STARTTLS:
        buffer_puts(&session->send, "STARTTLS\r\n");
        break;
    case SMTP_QUIT:
        buffer_puts(&session->send, "QUIT\r\n");
        break;
    case SMTP_CONNECT:
    case SMTP_GREETING:
    case SMTP_HANDSHAKE:
    case SMTP_END:
        break;
    }
    if (session->send.length > before)
        record(session, '>', session->send.data + before, session->send.length - before - 2);
}

/* After the handshake an event is the second EHLO's; before it, the session's. */
static struct transport_end *current_end(struct session *session)
{
    return session->state == SMTP_EHLO_TLS ? &session->after : &session->end;
}

/* The first cause stays; a failure in QUIT changes nothing. */
static void set_end(struct session *session, struct transport_end end)
{
    end.state = session->state;
    if (session->state != SMTP_QUIT && session->state != SMTP_END)
        *current_end(session) = end;
}

static enum smtp_state refuse_reply(struct session *session)
{
    set_end(session, (struct transport_end){
                         .transport = TRANSPORT_REPLY,
                         .code = session->reply.code,
                         .text = keep(session, session->reply.text.data,
                                      session->reply.text.length)});
    return SMTP_QUIT;
}

static enum smtp_state judge_ehlo(struct session *session)
{
    if (session->reply.starttls)
        return SMTP_STARTTLS;
    set_end(session, (struct transport_end){.transport = TRANSPORT_NO_STARTTLS,
                                            .masked = session->masked});
    return SMTP_QUIT;
}

/* Only here the part after the handshake becomes good. */
static enum smtp_state accept_tls(struct session *session)
{
    session->after.transport = TRANSPORT_OK;
    return SMTP_QUIT;
}

/* What a whole reply leads to. Every state is named: a forgotten one is a compiler error. */
static enum smtp_state judge(struct session *session)
{
    bool positive = session->reply.code / 100 == 2;

    session->masked |= session->reply.masked;
    switch (session->state) {
    case SMTP_GREETING:
        return positive ? SMTP_EHLO : refuse_reply(session);
    case SMTP_EHLO:
        return positive ? judge_ehlo(session) : refuse_reply(session);
    case SMTP_STARTTLS:
        return positive ? SMTP_HANDSHAKE : refuse_reply(session);
    case SMTP_EHLO_TLS:
        return positive ? accept_tls(session) : refuse_reply(session);
    case SMTP_CONNECT:
    case SMTP_HANDSHAKE:
    case SMTP_QUIT:
    case SMTP_END:
        break;
    }
    return SMTP_END;
}

static void end_with(struct session *session, enum transport transport)
{
    set_end(session, (struct transport_end){.transport = transport});
    enter(session, SMTP_END);
}

void session_connected(struct session *session)
{
    session_event(session, "connected");
    enter(session, SMTP_GREETING);
}

void session_connect_failed(struct session *session, enum transport transport, const char *reason)
{
    set_end(session, (struct transport_end){.transport = transport,
                                            .reason = arena_dup(session->arena, reason)});
    session_event(session, reason);
    enter(session, SMTP_END);
}

static enum transport timeout_in(enum smtp_state state)
{
    switch (state) {
    case SMTP_CONNECT:
        return TRANSPORT_CONNECT_TIMEOUT;
    case SMTP_HANDSHAKE:
        return TRANSPORT_TLS_TIMEOUT;
    case SMTP_GREETING:
    case SMTP_EHLO:
    case SMTP_STARTTLS:
    case SMTP_EHLO_TLS:
    case SMTP_QUIT:
    case SMTP_END:
        break;
    }
    return TRANSPORT_TIMEOUT;
}

/* What the limit left unfinished says how it ended; the limit itself is said beside it. */
static enum transport exceeded_in(enum smtp_state state, enum excess excess)
{
    if (excess == EXCESS_SESSION_TIME)
        return timeout_in(state);
    return state == SMTP_HANDSHAKE ? TRANSPORT_HANDSHAKE_FAILED : TRANSPORT_REPLY_TOO_LONG;
}

void session_exceeded(struct session *session, enum excess excess)
{
    static const char reason[] = "a limit was exceeded";

    session_event(session, reason);
    set_end(session, (struct transport_end){.transport = exceeded_in(session->state, excess),
                                            .reason = reason, .excess = excess});
    enter(session, SMTP_END);
}

/* RFC 3207 section 4.2: what comes in the clear after the 220 was never the server's to say. */
static bool injected(const struct session *session, size_t rest)
{
    return session->state == SMTP_HANDSHAKE && rest > 0;
}

/* Until a reply is not whole, or the session ends. */
static void take_replies(struct session *session, const char *data, size_t length)
{
    while (length > 0 && session->state != SMTP_END) {
        size_t taken;
        enum reply_status status =
            reply_feed(&session->reply, data, length, &taken, record_line, session);

        data += taken;
        length -= taken;
        if (status == REPLY_MORE)
            return;
        if (status == REPLY_BAD)
            end_with(session, TRANSPORT_MALFORMED);
        if (status == REPLY_TOO_LONG)
            session_exceeded(session, session->reply.excess);
        if (status != REPLY_DONE)
            return;
        enter(session, judge(session));
        if (injected(session, length)) {
            session->state = SMTP_STARTTLS;
            end_with(session, TRANSPORT_INJECTED);
        }
    }
}

/* What is within the limit counts, whatever comes with it. */
void session_bytes(struct session *session, const char *data, size_t length)
{
    size_t room = LIMIT_SESSION_BYTES - session->received;
    bool exceeds = length > room;

    session->received += exceeds ? room : length;
    take_replies(session, data, exceeds ? room : length);
    if (exceeds && session->state != SMTP_END)
        session_exceeded(session, EXCESS_SESSION_BYTES);
}

void session_closed(struct session *session, bool reset)
{
    const char *text = reset ? "connection reset" : "connection closed";

    if (session->state == SMTP_HANDSHAKE) {
        session_handshake_failed(session, text);
        return;
    }
    session_event(session, text);
    end_with(session, reset ? TRANSPORT_RESET : TRANSPORT_CLOSED);
}

void session_timeout(struct session *session)
{
    session_event(session, "timeout");
    end_with(session, timeout_in(session->state));
}

void session_handshake_done(struct session *session)
{
    session_event(session, "TLS established");
    session->end = (struct transport_end){.transport = TRANSPORT_OK, .state = SMTP_HANDSHAKE};
    session->after = (struct transport_end){.transport = TRANSPORT_UNTRIED, .state = SMTP_EHLO_TLS};
    enter(session, SMTP_EHLO_TLS);
}

void session_handshake_failed(struct session *session, const char *reason)
{
    session_event(session, reason);
    set_end(session, (struct transport_end){.transport = TRANSPORT_HANDSHAKE_FAILED,
                                            .reason = arena_dup(session->arena, reason)});
    enter(session, SMTP_END);
}

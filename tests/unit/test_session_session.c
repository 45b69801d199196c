/* The reply parser and the session's state table: each row is a server's whole side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "session/session.h"

struct row {
    const char *name;
    const char *server; /* plaintext of the server up to the handshake */
    enum smtp_state state;
    enum transport transport;
    enum smtp_state at;
    unsigned code;
    const char *text;
};

#define GOOD "220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n"

static const struct row rows[] = {
    {"good", GOOD, SMTP_HANDSHAKE, 0, 0, 0, NULL},
    {"LF only", "220 mx\n250-mx\n250 STARTTLS\n220 go\n", SMTP_HANDSHAKE, 0, 0, 0, NULL},
    {"odd case (E80)", "220 mx\r\n250-mx\r\n250 sTaRtTlS\r\n220 go\r\n", SMTP_HANDSHAKE, 0, 0, 0,
     NULL},
    {"with arguments (E80)", "220 mx\r\n250-mx\r\n250 STARTTLS now\r\n220\r\n", SMTP_HANDSHAKE, 0, 0,
     0, NULL},
    {"multi-line greeting", "220-a\r\n220 b\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n",
     SMTP_HANDSHAKE, 0, 0, 0, NULL},
    {"CR CR LF", "220 mx\r\r\n250-mx\r\r\n250 STARTTLS\r\r\n220 go\r\r\n", SMTP_HANDSHAKE, 0, 0, 0,
     NULL},
    {"a CR after the first EHLO line's LF", "220 mx\r\n250-mx\n\r250 STARTTLS\r\n", SMTP_END,
     TRANSPORT_MALFORMED, SMTP_EHLO, 0, NULL},
    {"only in the first line", "220 mx\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
     SMTP_QUIT, TRANSPORT_NO_STARTTLS, SMTP_EHLO, 0, NULL},
    {"in the only line", "220 mx\r\n250 STARTTLS\r\n", SMTP_QUIT, TRANSPORT_NO_STARTTLS, SMTP_EHLO,
     0, NULL},
    {"in the greeting", "220-mx ESMTP STARTTLS\r\n220 STARTTLS\r\n250-mx\r\n250 x\r\n", SMTP_QUIT,
     TRANSPORT_NO_STARTTLS, SMTP_EHLO, 0, NULL},
    {"421 at EHLO", "220 mx\r\n421 4.7.0 later\r\n", SMTP_QUIT, TRANSPORT_REPLY, SMTP_EHLO, 421,
     "4.7.0 later"},
    {"421 at STARTTLS", "220 mx\r\n250-mx\r\n250 STARTTLS\r\n421 later\r\n", SMTP_QUIT,
     TRANSPORT_REPLY, SMTP_STARTTLS, 421, "later"},
    {"not offered (E70)", "220 mx\r\n250-mx\r\n250 STARTTLSX\r\n", SMTP_QUIT, TRANSPORT_NO_STARTTLS,
     SMTP_EHLO, 0, NULL},
    {"454 (E71)", "220 mx\r\n250-mx\r\n250 STARTTLS\r\n454 4.7.0 TLS not available\r\n",
     SMTP_QUIT, TRANSPORT_REPLY, SMTP_STARTTLS, 454, "4.7.0 TLS not available"},
    {"554 banner (E73)", "554-5.7.1 no\r\n554 go away\r\n", SMTP_QUIT, TRANSPORT_REPLY,
     SMTP_GREETING, 554, "5.7.1 no go away"},
    {"EHLO rejected (E80)", "220 mx\r\n502 what\r\n", SMTP_QUIT, TRANSPORT_REPLY, SMTP_EHLO, 502,
     "what"},
    {"injected (E77)", GOOD "250 x\r\n", SMTP_END, TRANSPORT_INJECTED, SMTP_STARTTLS, 0, NULL},
    {"code 000", "000 mx\r\n", SMTP_END, TRANSPORT_MALFORMED, SMTP_GREETING, 0, NULL},
    {"code 999", "999 mx\r\n", SMTP_END, TRANSPORT_MALFORMED, SMTP_GREETING, 0, NULL},
    {"no code", "hello\r\n", SMTP_END, TRANSPORT_MALFORMED, SMTP_GREETING, 0, NULL},
    {"changing code", "220-a\r\n221 b\r\n", SMTP_END, TRANSPORT_MALFORMED, SMTP_GREETING, 0, NULL},
    {"354 greeting", "354 mx\r\n", SMTP_QUIT, TRANSPORT_REPLY, SMTP_GREETING, 354, "mx"},
};

static void feed(struct session *session, struct arena *arena, const char *server, size_t length,
                 size_t piece)
{
    arena_init(arena);
    session_init(session, arena, "client.example", 128, true);
    session_connected(session);
    for (size_t at = 0; at < length; at += piece)
        session_bytes(session, server + at, piece < length - at ? piece : length - at);
}

static void drop(struct session *session, struct arena *arena)
{
    session_fini(session);
    arena_fini(arena);
}

static void check(const struct row *row, const struct session *session)
{
    assert_int_equal(session->state, row->state);
    if (row->state == SMTP_HANDSHAKE)
        return;
    assert_int_equal(session->end.transport, row->transport);
    assert_int_equal(session->end.state, row->at);
    assert_int_equal(session->end.code, row->code);
    if (row->text != NULL)
        assert_memory_equal(session->end.text.data, row->text, strlen(row->text));
}

static void test_rows(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i].server);

        print_message("%s\n", rows[i].name);
        feed(&session, &arena, rows[i].server, length, length);
        check(&rows[i], &session);
        drop(&session, &arena);
        if (rows[i].transport == TRANSPORT_INJECTED)
            continue; /* later bytes are the handshake's to judge */
        feed(&session, &arena, rows[i].server, length, 1);
        check(&rows[i], &session);
        drop(&session, &arena);
    }
}

/* However much of a good dialogue came: nothing but the whole of it leads to the handshake. */
static void test_truncation(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t length = 0; length < strlen(GOOD); length++) {
        feed(&session, &arena, GOOD, length, 7);
        assert_int_not_equal(session.state, SMTP_HANDSHAKE);
        session_closed(&session, false);
        assert_int_equal(session.state, SMTP_END);
        assert_int_equal(session.end.transport, TRANSPORT_CLOSED);
        drop(&session, &arena);
    }
}

static void test_limits(void **unused)
{
    struct session session;
    struct arena arena;
    char line[256];

    (void)unused;
    memset(line, 'x', sizeof line);
    feed(&session, &arena, line, sizeof line, 16);
    assert_int_equal(session.end.transport, TRANSPORT_REPLY_TOO_LONG);
    assert_int_equal(session.end.excess, EXCESS_REPLY_LINE);
    drop(&session, &arena);
    feed(&session, &arena, "", 0, 1);
    for (int i = 0; i <= LIMIT_REPLY_LINES; i++)
        session_bytes(&session, "220-a\r\n", 7);
    assert_int_equal(session.state, SMTP_END);
    assert_int_equal(session.end.transport, TRANSPORT_REPLY_TOO_LONG);
    assert_int_equal(session.end.excess, EXCESS_REPLY_LINES);
    drop(&session, &arena);
}

static void reply(struct session *session, const char *code, int lines)
{
    char line[] = "xxx-" "0123456789012345678901234567890123456789" "\r\n";

    memcpy(line, code, 3);
    for (int i = 1; i <= lines; i++) {
        line[3] = i < lines ? '-' : ' ';
        session_bytes(session, line, sizeof line - 1);
    }
}

/* What five whole replies say is kept: -v leaves nothing out. */
static void test_dialogue(void **unused)
{
    static const char *const codes[] = {"220", "250", "220", "250", "221"};
    struct session session;
    struct arena arena;

    (void)unused;
    feed(&session, &arena, "", 0, 1);
    for (int i = 0; i < 5; i++) {
        if (session.state == SMTP_HANDSHAKE)
            session_handshake_done(&session);
        if (session.state == SMTP_EHLO)
            session_bytes(&session, "250-mx\r\n250-STARTTLS\r\n", 22);
        reply(&session, codes[i], LIMIT_REPLY_LINES - 2 * (session.state == SMTP_EHLO));
    }
    assert_int_equal(session.state, SMTP_END);
    assert_int_equal(session.after.transport, TRANSPORT_OK);
    assert_int_equal(session.dialogue_count, 5 * LIMIT_REPLY_LINES + 6); /* ours, and events */
    assert_memory_equal(session.dialogue[session.dialogue_count - 1].text.data, "221 0", 5);
    drop(&session, &arena);
}

/* The marks of a firewall, in the greeting or in EHLO's reply, count where STARTTLS is missing. */
static void test_masks(void **unused)
{
    static const struct {
        const char *server;
        enum smtp_state state;
        bool masked;
    } masks[] = {
        {"220 mx\r\n250-mx\r\n250 XXXXXXXA\r\n", SMTP_QUIT, true},
        {"220 **********2******\r\n250-mx\r\n250 SIZE\r\n", SMTP_QUIT, true},
        {"220 **********2******\r\n250 ********\r\n", SMTP_QUIT, true},
        {"220 mx\r\n250-mx\r\n250 SIZE\r\n", SMTP_QUIT, false},
        {"220 XXXXXXXA\r\n250 XXXXXXXA\r\n", SMTP_QUIT, false},
        {"220 **********2******\r\n250-mx\r\n250-XXXXXXXA\r\n250 STARTTLS\r\n", SMTP_STARTTLS,
         false},
    };
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        feed(&session, &arena, masks[i].server, strlen(masks[i].server), 5);
        assert_int_equal(session.state, masks[i].state);
        if (session.end.masked != masks[i].masked)
            fail_msg("%s", masks[i].server);
        drop(&session, &arena);
    }
}

static size_t count_lines(const struct session *session, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < session->dialogue_count; i++)
        count += session->dialogue[i].text.length == strlen(text) &&
                 memcmp(session->dialogue[i].text.data, text, strlen(text)) == 0;
    return count;
}

/* What ends a session is one event, whatever the state: -v tells it once. */
static void test_one_event(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t length = 0; length <= strlen(GOOD); length++) {
        feed(&session, &arena, GOOD, length, 7);
        session_closed(&session, false);
        assert_int_equal(count_lines(&session, "connection closed"), 1);
        drop(&session, &arena);
        feed(&session, &arena, GOOD, length, 7);
        session_closed(&session, true);
        assert_int_equal(count_lines(&session, "connection reset"), 1);
        drop(&session, &arena);
        feed(&session, &arena, GOOD, length, 7);
        session_timeout(&session);
        assert_int_equal(count_lines(&session, "timeout"), 1);
        drop(&session, &arena);
    }
}

/* A session's bytes are counted from its beginning to its end. */
static void test_bytes(void **unused)
{
    struct session session;
    struct arena arena;
    size_t sent = strlen(GOOD);
    char line[128] = "250-";

    (void)unused;
    memset(line + 4, 'x', sizeof line - 4);
    line[125] = '\n';
    feed(&session, &arena, GOOD, sent, 100);
    session_handshake_done(&session);
    while (session.state == SMTP_EHLO_TLS && sent <= LIMIT_SESSION_BYTES) {
        session.reply.lines = 0; /* the limit of lines comes first */
        session_bytes(&session, line, 126);
        sent += 126;
    }
    assert_true(sent > LIMIT_SESSION_BYTES);
    assert_int_equal(session.state, SMTP_END);
    assert_int_equal(session.end.transport, TRANSPORT_OK);
    assert_int_equal(session.after.transport, TRANSPORT_REPLY_TOO_LONG);
    assert_int_equal(session.after.excess, EXCESS_SESSION_BYTES);
    drop(&session, &arena);
}

/* What a limit ends is never reached, whatever the state. */
/* A malformed reply before the limit is one, whether what follows it comes with it or not. */
static void test_bytes_in_pieces(void **unused)
{
    static char bytes[LIMIT_SESSION_BYTES + 100] = "hello\r\n";
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t piece = 100; piece <= sizeof bytes; piece *= 10) {
        feed(&session, &arena, bytes, sizeof bytes, piece);
        assert_int_equal(session.end.transport, TRANSPORT_MALFORMED);
        drop(&session, &arena);
    }
    feed(&session, &arena, bytes, sizeof bytes, sizeof bytes);
    assert_int_equal(session.end.transport, TRANSPORT_MALFORMED);
    drop(&session, &arena);
}

static void test_exceeded(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    for (size_t length = 0; length <= strlen(GOOD); length++) {
        feed(&session, &arena, GOOD, length, 7);
        enum smtp_state state = session.state;

        session_exceeded(&session, EXCESS_SESSION_TIME);
        assert_int_equal(session.state, SMTP_END);
        assert_int_equal(session.end.transport,
                         state == SMTP_HANDSHAKE ? TRANSPORT_TLS_TIMEOUT : TRANSPORT_TIMEOUT);
        assert_int_equal(session.end.excess, EXCESS_SESSION_TIME);
        drop(&session, &arena);
        feed(&session, &arena, GOOD, length, 7);
        session_exceeded(&session, EXCESS_TLS_BYTES);
        assert_int_equal(session.end.transport, state == SMTP_HANDSHAKE
                                                    ? TRANSPORT_HANDSHAKE_FAILED
                                                    : TRANSPORT_REPLY_TOO_LONG);
        drop(&session, &arena);
    }
    feed(&session, &arena, GOOD, strlen(GOOD), 100);
    session_handshake_done(&session);
    session_exceeded(&session, EXCESS_TLS_BYTES);
    assert_int_equal(session.after.transport, TRANSPORT_REPLY_TOO_LONG);
    assert_int_equal(session.after.excess, EXCESS_TLS_BYTES);
    drop(&session, &arena);
}

static void test_timeouts(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    feed(&session, &arena, "220 mx\r\n", 8, 8);
    session_timeout(&session);
    assert_int_equal(session.end.transport, TRANSPORT_TIMEOUT);
    assert_int_equal(session.end.state, SMTP_EHLO);
    drop(&session, &arena);
    feed(&session, &arena, GOOD, strlen(GOOD), 100);
    session_timeout(&session);
    assert_int_equal(session.end.transport, TRANSPORT_TLS_TIMEOUT);
    drop(&session, &arena);
}

/* After the handshake: the second EHLO has an end of its own, QUIT changes nothing. */
static void test_after(void **unused)
{
    struct session session;
    struct arena arena;

    (void)unused;
    feed(&session, &arena, GOOD, strlen(GOOD), 100);
    session_handshake_done(&session);
    session_closed(&session, true);
    assert_int_equal(session.end.transport, TRANSPORT_OK);
    assert_int_equal(session.after.transport, TRANSPORT_RESET);
    assert_int_equal(session.after.state, SMTP_EHLO_TLS);
    drop(&session, &arena);
    feed(&session, &arena, GOOD, strlen(GOOD), 100);
    session_handshake_done(&session);
    assert_int_not_equal(session.after.transport, TRANSPORT_OK); /* until the reply says so */
    session_bytes(&session, "250 mx\r\n", 8);
    assert_int_equal(session.after.transport, TRANSPORT_OK);
    assert_int_equal(session.state, SMTP_QUIT);
    session_timeout(&session);
    assert_int_equal(session.end.transport, TRANSPORT_OK);
    assert_int_equal(session.after.transport, TRANSPORT_OK);
    drop(&session, &arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_dialogue), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bytes_in_pieces), cmocka_unit_test(test_one_event),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_exceeded), cmocka_unit_test(test_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

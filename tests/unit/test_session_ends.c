/*
 * What a session says before its connection stands and after its handshake failed, and what it keeps
 * of the dialogue: the parts of a server's doing that are no reply.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "session/session.h"

#define GOOD "220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n"

struct world {
    struct session session;
    struct arena arena;
};

static void begin(struct world *world, bool dialogue)
{
    memset(world, 0xff, sizeof *world); /* what is not set is wrong */
    arena_init(&world->arena);
    session_init(&world->session, &world->arena, "client.example", 128, dialogue);
}

static void finish(struct world *world)
{
    session_fini(&world->session);
    arena_fini(&world->arena);
}

static void connect_and_say(struct world *world, const char *server)
{
    begin(world, true);
    session_connected(&world->session);
    session_bytes(&world->session, server, strlen(server));
}

static void check_end(const struct transport_end *end, enum transport transport,
                      enum smtp_state state, const char *reason)
{
    assert_int_equal(end->transport, transport);
    assert_int_equal(end->state, state);
    assert_int_equal(end->code, 0);
    assert_int_equal(end->excess, EXCESS_NONE);
    if (reason == NULL)
        assert_null(end->reason);
    else
        assert_string_equal(end->reason, reason);
}

static void check_line(const struct session *session, size_t index, char direction,
                       const char *text)
{
    const struct dialogue_line *line = &session->dialogue[index];

    assert_true(index < session->dialogue_count);
    assert_int_equal(line->direction, direction);
    assert_int_equal(line->text.length, strlen(text));
    assert_memory_equal(line->text.data, text, strlen(text));
}

/* Nothing has failed after a handshake that was not made, and nothing is well before the connection. */
static void test_begin(void **state)
{
    struct world world;

    (void)state;
    begin(&world, true);
    assert_int_equal(world.session.state, SMTP_CONNECT);
    check_end(&world.session.end, TRANSPORT_CONNECT_FAILED, SMTP_CONNECT, NULL);
    check_end(&world.session.after, TRANSPORT_OK, SMTP_CONNECT, NULL);
    assert_int_equal(world.session.send.length, 0);
    assert_int_equal(world.session.dialogue_count, 0);
    finish(&world);
}

static void test_not_connected(void **state)
{
    static const struct {
        enum transport transport;
        const char *reason;
    } failures[] = {{TRANSPORT_REFUSED, "connection refused"},
                    {TRANSPORT_CONNECT_FAILED, "network is unreachable"}};
    struct world world;

    (void)state;
    begin(&world, true);
    session_timeout(&world.session);
    check_end(&world.session.end, TRANSPORT_CONNECT_TIMEOUT, SMTP_CONNECT, NULL);
    check_line(&world.session, 0, '*', "timeout");
    assert_int_equal(world.session.state, SMTP_END);
    finish(&world);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        begin(&world, true);
        session_connect_failed(&world.session, failures[i].transport, failures[i].reason);
        check_end(&world.session.end, failures[i].transport, SMTP_CONNECT, failures[i].reason);
        check_line(&world.session, 0, '*', failures[i].reason);
        assert_int_equal(world.session.state, SMTP_END);
        finish(&world);
    }
    begin(&world, true);
    session_exceeded(&world.session, EXCESS_SESSION_TIME);
    assert_int_equal(world.session.end.transport, TRANSPORT_CONNECT_TIMEOUT);
    assert_int_equal(world.session.end.excess, EXCESS_SESSION_TIME);
    finish(&world);
}

/* However a handshake ends that is not done, it has failed: nothing of it is well. */
static void test_no_handshake(void **state)
{
    static const char *const reasons[] = {"wrong version number", "connection closed",
                                          "connection reset"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world world;

        connect_and_say(&world, GOOD);
        assert_int_equal(world.session.state, SMTP_HANDSHAKE);
        if (i == 0)
            session_handshake_failed(&world.session, reasons[i]);
        else
            session_closed(&world.session, i == 2);
        check_end(&world.session.end, TRANSPORT_HANDSHAKE_FAILED, SMTP_HANDSHAKE, reasons[i]);
        check_end(&world.session.after, TRANSPORT_OK, SMTP_CONNECT, NULL);
        check_line(&world.session, world.session.dialogue_count - 1, '*', reasons[i]);
        assert_int_equal(world.session.state, SMTP_END);
        finish(&world);
    }
}

/* Both sides, and what happens, in their order. */
static void test_dialogue(void **state)
{
    struct world world;
    struct session *session = &world.session;

    (void)state;
    connect_and_say(&world, GOOD);
    session_handshake_done(session);
    session_bytes(session, "250 mx\r\n", 8);
    check_line(session, 0, '*', "connected");
    check_line(session, 1, '<', "220 mx ESMTP");
    check_line(session, 2, '>', "EHLO client.example");
    check_line(session, 3, '<', "250-mx");
    check_line(session, 4, '<', "250 STARTTLS");
    check_line(session, 5, '>', "STARTTLS");
    check_line(session, 6, '<', "220 go");
    check_line(session, 7, '*', "TLS established");
    check_line(session, 8, '>', "EHLO client.example");
    check_line(session, 9, '<', "250 mx");
    check_line(session, 10, '>', "QUIT");
    assert_int_equal(session->dialogue_count, 11);
    finish(&world);
}

/* What does not fit any more is left out; what was there stays. */
static void test_long_dialogue(void **state)
{
    struct world world;

    (void)state;
    begin(&world, true);
    session_event(&world.session, "first");
    for (size_t i = 1; i < LIMIT_DIALOGUE; i++)
        session_event(&world.session, i < 20 ? "one of twenty" : "more");
    assert_int_equal(world.session.dialogue_count, LIMIT_DIALOGUE);
    session_event(&world.session, "left out");
    assert_int_equal(world.session.dialogue_count, LIMIT_DIALOGUE);
    check_line(&world.session, 0, '*', "first");
    check_line(&world.session, 19, '*', "one of twenty");
    check_line(&world.session, LIMIT_DIALOGUE - 1, '*', "more");
    finish(&world);
    begin(&world, false);
    session_event(&world.session, "nobody wants it");
    assert_int_equal(world.session.dialogue_count, 0);
    finish(&world);
}

static size_t count_limits(const struct session *session)
{
    static const char text[] = "a limit was exceeded";
    size_t count = 0;

    for (size_t i = 0; i < session->dialogue_count; i++)
        count += session->dialogue[i].text.length == sizeof text - 1 &&
                 memcmp(session->dialogue[i].text.data, text, sizeof text - 1) == 0;
    return count;
}

/* A limit that ends the session is told once; one that the session did not live to see, not. */
static void test_limit_told(void **state)
{
    static const struct {
        const char *server;
        enum transport transport;
        size_t told;
    } ends[] = {{"220 mx\r\n", TRANSPORT_REPLY_TOO_LONG, 1},
                {"hello\r\n", TRANSPORT_MALFORMED, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        static char bytes[LIMIT_SESSION_BYTES + 1];
        struct world world;

        memset(bytes, 'x', sizeof bytes);
        memcpy(bytes, ends[i].server, strlen(ends[i].server));
        begin(&world, true);
        session_connected(&world.session);
        session_bytes(&world.session, bytes, sizeof bytes);
        assert_int_equal(world.session.state, SMTP_END);
        assert_int_equal(world.session.end.transport, ends[i].transport);
        assert_int_equal(count_limits(&world.session), ends[i].told);
        finish(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin),        cmocka_unit_test(test_not_connected),
        cmocka_unit_test(test_no_handshake), cmocka_unit_test(test_dialogue),
        cmocka_unit_test(test_long_dialogue), cmocka_unit_test(test_limit_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

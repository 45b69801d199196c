/*
 * The input is a whole session: what the server says, and between it events, each an octet 0xff
 * and a letter: h the handshake is done, f it failed, c closed, r reset, t timeout, e an event
 * for the dialogue.
 */
#include "session/session.h"

#include <string.h>

#include "base/limits.h"
#include "dane/verdict.h"
#include "fuzz/fuzz.h"

enum { EVENT = 0xff };

struct run {
    struct arena arena;
    struct session session;
    struct buffer sent;
    bool injected; /* there was plaintext between STARTTLS's reply and TLS */
    bool handshaken;
};

static void run_init(struct run *run)
{
    *run = (struct run){.injected = false};
    arena_init(&run->arena);
    session_init(&run->session, &run->arena, "probe.example", 256, true);
    session_connected(&run->session);
    buffer_init(&run->sent, 0);
}

static void run_fini(struct run *run)
{
    session_fini(&run->session);
    arena_fini(&run->arena);
    buffer_fini(&run->sent);
}

static void drain(struct run *run)
{
    buffer_add(&run->sent, run->session.send.data, run->session.send.length);
    buffer_clear(&run->session.send);
}

static void apply_event(struct run *run, uint8_t event)
{
    struct session *session = &run->session;
    bool handshake = session->state == SMTP_HANDSHAKE;

    switch (event) {
    case 'c':
    case 'r':
        session_closed(session, event == 'r');
        break;
    case 't':
        session_timeout(session);
        break;
    case 'e':
        session_event(session, "event");
        break;
    case 'h':
        run->handshaken |= handshake;
        if (handshake)
            session_handshake_done(session);
        break;
    case 'f':
        if (handshake)
            session_handshake_failed(session, "handshake failure");
        break;
    }
}

/*
 * What comes between the reply to STARTTLS and TLS is injected if it came with the reply; as a
 * piece of its own it is TLS's to refuse. Here it counts as injected in both cases.
 */
static void feed_bytes(struct run *run, struct bytes bytes, struct fuzz_pieces *pieces)
{
    while (bytes.length > 0 && run->session.state != SMTP_END && !run->injected) {
        size_t size = pieces != NULL ? fuzz_piece(pieces, bytes.length) : bytes.length;
        struct bytes piece = fuzz_take(&bytes, size);

        if (run->session.state == SMTP_HANDSHAKE)
            run->injected = true;
        else
            session_bytes(&run->session, (const char *)piece.data, piece.length);
        run->injected |= run->session.end.transport == TRANSPORT_INJECTED;
        drain(run);
    }
}

static void feed(struct run *run, struct bytes input, struct fuzz_pieces *pieces)
{
    while (input.length > 0 && run->session.state != SMTP_END && !run->injected) {
        const uint8_t *event = memchr(input.data, EVENT, input.length);
        size_t length = event != NULL ? (size_t)(event - input.data) : input.length;

        feed_bytes(run, fuzz_take(&input, length), pieces);
        if (event == NULL || run->session.state == SMTP_END || run->injected)
            continue;
        fuzz_byte(&input);
        apply_event(run, fuzz_byte(&input));
        drain(run);
    }
}

static bool same_bytes(struct bytes left, struct bytes right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

static void check_same_end(const struct transport_end *left, const struct transport_end *right)
{
    fuzz_require(left->transport == right->transport, "pieces: the same end");
    fuzz_require(left->state == right->state, "pieces: the same state at the end");
    fuzz_require(left->code == right->code, "pieces: the same code");
    fuzz_require(same_bytes(left->text, right->text), "pieces: the same text");
}

static void check_same(const struct run *whole, const struct run *cut)
{
    fuzz_require(whole->injected == cut->injected, "pieces: the same injection");
    if (whole->injected)
        return;
    fuzz_require(whole->session.state == cut->session.state, "pieces: the same state");
    check_same_end(&whole->session.end, &cut->session.end);
    check_same_end(&whole->session.after, &cut->session.after);
    fuzz_require(same_bytes((struct bytes){(const uint8_t *)whole->sent.data, whole->sent.length},
                            (struct bytes){(const uint8_t *)cut->sent.data, cut->sent.length}),
                 "pieces: the same commands");
    fuzz_require(whole->session.dialogue_count == cut->session.dialogue_count,
                 "pieces: the same dialogue");
    for (size_t i = 0; i < whole->session.dialogue_count; i++)
        fuzz_require(same_bytes(whole->session.dialogue[i].text, cut->session.dialogue[i].text),
                     "pieces: the same dialogue");
}

/* What ended it is told once. */
static void check_events(const struct session *session)
{
    static const char *const ends[] = {"connection closed", "connection reset", "timeout"};
    size_t count = 0;

    for (size_t i = 0; i < session->dialogue_count; i++)
        for (size_t end = 0; end < sizeof ends / sizeof *ends; end++)
            count += session->dialogue[i].direction == '*' &&
                     same_bytes(session->dialogue[i].text,
                                (struct bytes){(const uint8_t *)ends[end], strlen(ends[end])});
    fuzz_require(count <= 1, "the dialogue ends once");
}

static void make_handshaken(struct address *address, struct certificate *leaf)
{
    static const uint8_t digest[32];

    *leaf = (struct certificate){.subject_cn = {(const uint8_t *)"mx.x", 4},
                                 .key = "EC-P256",
                                 .signature = "ecdsa-with-SHA256",
                                 .dates_valid = true,
                                 .data[CERTIFICATE_PKEY_SHA256] = {digest, sizeof digest},
                                 .marks[CERTIFICATE_PKEY_SHA256] = {true, true}};
    address->handshaken = true;
    address->tls_version = "TLS13";
    address->cipher = "TLS_AES_256_GCM_SHA384";
    address->dane = DANE_MATCH_EE;
    address->chain = (struct chain){leaf, 1, 1};
}

/* It was connected: how it ended is about what came then. */
static bool is_end_of_a_session(enum transport transport)
{
    return transport >= TRANSPORT_OK && transport != TRANSPORT_REFUSED &&
           transport != TRANSPORT_CONNECT_TIMEOUT && transport != TRANSPORT_CONNECT_FAILED;
}

/* Whatever the server said, only a handshake leads to a pass, and then all that followed it. */
static void check_report(const struct run *run)
{
    static const uint8_t digest[32];
    static const struct record tlsa = {.type = RECORD_TLSA,
                                       .data.tlsa = {3, 1, 1, {digest, sizeof digest}}};
    const struct session *session = &run->session;
    struct address address = {.bytes = {192, 0, 2, 1},
                              .end = session->end,
                              .after = session->after,
                              .dialogue = session->dialogue,
                              .dialogue_count = session->dialogue_count};
    struct certificate leaf;
    bool fine;

    if (run->handshaken)
        make_handshaken(&address, &leaf);
    struct verdict verdict = verdict_decide(&address, &(struct verdict_rules){.tlsa = TLSA_SECURE});

    fine = run->handshaken && session->after.transport == TRANSPORT_OK;
    fuzz_require(is_end_of_a_session(session->end.transport), "it ended as a session can");
    fuzz_require(verdict.code == (run->handshaken ? VERDICT_PASS : VERDICT_UNTESTED),
                 "only a handshake is tested");
    fuzz_require(run->handshaken == (session->end.transport == TRANSPORT_OK),
                 "a session without a handshake has an end of its own");
    fuzz_require((fuzz_print_address(&address, &verdict, &tlsa, 1) == EXIT_SECURE) == fine,
                 "what goes wrong makes the domain fail");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct run whole;

    run_init(&whole);
    feed(&whole, input, NULL);
    for (uint32_t seed = 0; seed < 3; seed++) {
        struct fuzz_pieces pieces = {seed + (uint32_t)size};
        struct run cut;

        run_init(&cut);
        feed(&cut, input, &pieces);
        check_same(&whole, &cut);
        run_fini(&cut);
    }
    if (whole.session.state != SMTP_END) { /* as a driver ends what goes on */
        apply_event(&whole, 't');
        fuzz_require(whole.session.state == SMTP_END, "a timeout ends every session");
    }
    fuzz_require(whole.session.dialogue_count <= LIMIT_DIALOGUE, "the dialogue is limited");
    check_events(&whole.session);
    if (!whole.injected || whole.session.end.transport == TRANSPORT_INJECTED)
        check_report(&whole);
    run_fini(&whole);
    return 0;
}

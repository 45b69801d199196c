/*
 * The input is a session through TLS: two octets of flags and of changes, the changes to what the
 * server sends in TLS, and what it says (after the handshake, in it; before, in the clear).
 */
#include <string.h>

#include "base/limits.h"
#include "dane/handshake.h"
#include "dane/verdict.h"
#include "fuzz/fuzz.h"
#include "fuzz/tls.h"
#include "session/session.h"

enum { OLD_TLS = 1, RAW = 2, HANGS_UP = 4 }; /* RAW: no server, the bytes themselves */
enum { CHANGES_MAX = 4, TURNS = 64 };

struct change { /* to an octet that the server sends */
    size_t at;
    uint8_t mask;
};

struct script {
    uint8_t flags;
    struct change changes[CHANGES_MAX];
    size_t change_count;
    struct bytes says; /* in TLS, or raw */
};

struct run {
    struct arena arena;
    struct session session;
    struct handshake *client;
    SSL *server; /* NULL: RAW */
    struct buffer to_client, to_server, plain;
    size_t sent; /* by the server */
    bool said, done;
    enum handshake_status status;
};

static X509 *server_certificate(void)
{
    static X509 *x509; /* as a target keeps what is dear */

    if (x509 == NULL) {
        x509 = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_time_adj_ex(X509_getm_notBefore(x509), 0, 0, &(time_t){TLS_NOW - 1000});
        X509_time_adj_ex(X509_getm_notAfter(x509), 0, 0, &(time_t){TLS_NOW + 1000});
        X509_set_pubkey(x509, tls_key(0));
        X509_sign(x509, tls_key(0), NULL);
    }
    return x509;
}

/* 3 1 1 of the server's key. */
static const struct record *server_tlsa(void)
{
    static uint8_t digest[32];
    static struct record record = {.type = RECORD_TLSA,
                                   .data.tlsa = {3, 1, 1, {digest, sizeof digest}}};
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(tls_key(0), &der);

    EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    return &record;
}

static void run_init(struct run *run, const struct script *script)
{
    struct handshake_config config = {
        .base = "mx.example.org.", .tlsa = server_tlsa(), .tlsa_count = 1, .verify_time = TLS_NOW};
    static const char before[] = "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n";
    X509 *sent = server_certificate();
    struct failure failure;

    *run = (struct run){.status = HANDSHAKE_MORE};
    arena_init(&run->arena);
    session_init(&run->session, &run->arena, "probe.example", 256, true);
    session_connected(&run->session);
    session_bytes(&run->session, before, sizeof before - 1);
    fuzz_require(run->session.state == SMTP_HANDSHAKE, "STARTTLS leads to a handshake");
    buffer_clear(&run->session.send);
    run->client = handshake_new(tls_context(), &config, &failure);
    buffer_init(&run->to_client, 0);
    buffer_init(&run->to_server, 0);
    buffer_init(&run->plain, LIMIT_TLS_BYTES);
    if (!(script->flags & RAW))
        run->server =
            tls_server(&sent, 1, script->flags & OLD_TLS ? TLS1_2_VERSION : TLS1_3_VERSION);
}

static void run_fini(struct run *run)
{
    tls_server_free(run->server);
    handshake_free(run->client);
    session_fini(&run->session);
    arena_fini(&run->arena);
    buffer_fini(&run->to_client);
    buffer_fini(&run->to_server);
    buffer_fini(&run->plain);
}

/* What the server sends now, changed where the script says so. */
static void serve(struct run *run, const struct script *script)
{
    size_t before = run->to_client.length;

    if (run->server == NULL) {
        if (!run->said)
            buffer_add(&run->to_client, script->says.data, script->says.length);
        run->said = true;
        return;
    }
    if (!run->said && SSL_is_init_finished(run->server) && script->says.length > 0) {
        SSL_write(run->server, script->says.data, (int)script->says.length);
        run->said = true;
    }
    tls_exchange(run->server, &run->to_server, &run->to_client);
    for (size_t i = 0; i < script->change_count; i++) {
        const struct change *change = &script->changes[i];

        if (change->at >= run->sent && change->at < run->sent + run->to_client.length - before)
            run->to_client.data[before + change->at - run->sent] ^= (char)change->mask;
    }
    run->sent += run->to_client.length - before;
}

/* As a probe does with what a step made of the bytes. */
static void apply(struct run *run)
{
    struct session *session = &run->session;

    if (session->state == SMTP_HANDSHAKE && run->status == HANDSHAKE_DONE) {
        run->done = true;
        session_handshake_done(session);
    }
    if (run->plain.length > 0 && session->state != SMTP_END)
        session_bytes(session, run->plain.data, run->plain.length);
    buffer_clear(&run->plain);
    if (session->state == SMTP_END)
        return;
    if (run->status == HANDSHAKE_FAILED && !run->done)
        session_handshake_failed(session, "failed");
    else if (run->status == HANDSHAKE_FAILED || run->status == HANDSHAKE_CLOSED)
        session_closed(session, false);
}

static void feed(struct run *run, struct fuzz_pieces *pieces)
{
    size_t at = 0;

    do { /* once with nothing, to begin */
        size_t left = run->to_client.length - at;
        size_t size = pieces != NULL && left > 0 ? fuzz_piece(pieces, left) : left;
        const char *piece = left > 0 ? run->to_client.data + at : NULL;

        run->status = handshake_step(run->client, piece, size, &run->to_server, &run->plain);
        fuzz_require(!run->done || run->status != HANDSHAKE_MORE, "a handshake is done once");
        at += size;
        apply(run);
    } while (at < run->to_client.length && run->session.state != SMTP_END);
    buffer_clear(&run->to_client);
}

static void finish(struct session *session, const struct script *script)
{
    if (session->state != SMTP_END && script->flags & HANGS_UP)
        session_closed(session, false);
    if (session->state != SMTP_END)
        session_timeout(session);
}

static void drive(struct run *run, const struct script *script, struct fuzz_pieces *pieces)
{
    struct session *session = &run->session;

    feed(run, NULL);
    for (int i = 0; i < TURNS && session->state != SMTP_END; i++) {
        if (session->send.length > 0)
            fuzz_require(handshake_write(run->client, session->send.data, session->send.length,
                                         &run->to_server) ||
                             run->status != HANDSHAKE_DONE,
                         "a handshake that stands can be written to");
        buffer_clear(&session->send);
        serve(run, script);
        if (run->to_client.length > 0)
            feed(run, pieces);
    }
    finish(session, script);
}

/* What is said in TLS is heard as if it were said in the clear. */
static void check_plain(const struct run *run, const struct script *script)
{
    const struct transport_end *after = &run->session.after;
    struct run plain;

    run_init(&plain, script);
    session_handshake_done(&plain.session);
    if (script->says.length > 0)
        session_bytes(&plain.session, (const char *)script->says.data, script->says.length);
    finish(&plain.session, script);
    fuzz_require(after->transport == plain.session.after.transport, "TLS: the same end");
    fuzz_require(after->code == plain.session.after.code, "TLS: the same code");
    fuzz_require(after->text.length == plain.session.after.text.length, "TLS: the same text");
    run_fini(&plain);
}

static void check_result(const struct run *run, const struct script *script)
{
    const struct session *session = &run->session;
    struct address address = {.bytes = {192, 0, 2, 1},
                              .end = session->end,
                              .after = session->after,
                              .dialogue = session->dialogue,
                              .dialogue_count = session->dialogue_count};
    struct arena arena;
    struct verdict verdict;

    arena_init(&arena);
    handshake_result(run->client, &arena, &address);
    verdict = verdict_decide(&address, &(struct verdict_rules){.tlsa = TLSA_SECURE});
    fuzz_require(address.handshaken == run->done, "a result is of a handshake");
    fuzz_require(!run->done || run->server != NULL, "bytes alone are no handshake");
    fuzz_require((verdict.code == VERDICT_PASS) == run->done, "the server's own key passes");
    fuzz_require(run->done || script->change_count > 0 || run->server == NULL,
                 "nothing but a change spoils a handshake");
    fuzz_require((fuzz_print_address(&address, &verdict, server_tlsa(), 1) == EXIT_SECURE) ==
                     (run->done && session->after.transport == TRANSPORT_OK),
                 "what goes wrong makes the domain fail");
    arena_fini(&arena);
}

/* What is encrypted says the same whatever pieces it comes in. */
static void check_pieces(const struct run *whole, const struct script *script)
{
    struct fuzz_pieces pieces = {(uint32_t)script->says.length};
    struct run cut;

    run_init(&cut, script);
    drive(&cut, script, &pieces);
    fuzz_require(cut.done == whole->done, "pieces: the same handshake");
    fuzz_require(cut.session.end.transport == whole->session.end.transport, "pieces: the same end");
    fuzz_require(cut.session.after.transport == whole->session.after.transport,
                 "pieces: the same end after the handshake");
    fuzz_require(cut.session.after.code == whole->session.after.code, "pieces: the same code");
    run_fini(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct script script = {.flags = fuzz_byte(&input)};
    struct run whole;

    script.change_count = fuzz_byte(&input) % (CHANGES_MAX + 1);
    for (size_t i = 0; i < script.change_count; i++) {
        script.changes[i].at = (size_t)fuzz_byte(&input) << 8;
        script.changes[i].at |= fuzz_byte(&input);
        script.changes[i].mask = fuzz_byte(&input);
    }
    script.says = input;
    run_init(&whole, &script);
    drive(&whole, &script, NULL);
    check_result(&whole, &script);
    if (script.change_count == 0 && whole.done)
        check_plain(&whole, &script);
    if (script.change_count == 0)
        check_pieces(&whole, &script);
    run_fini(&whole);
    return 0;
}

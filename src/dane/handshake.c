#include "dane/handshake.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/limits.h"
#include "base/memory.h"
#include "dane/match.h"
#include "judge.h"
#include "parameters.h"
#include "x509.h"

enum { READ_CHUNK = 4096, SNI_MAXIMUM = 255 };

struct handshake_context {
    SSL_CTX *ssl;
};

struct handshake {
    SSL *ssl;
    BIO *in, *out; /* the SSL object's own */
    struct arena arena;
    struct record *tlsa;
    const struct record_facts *facts;
    size_t tlsa_count, usable_count;
    size_t anchor_keys; /* of the usable records, as far as OpenSSL was given them */
    bool keys_left;     /* it was not given all */
    const char *tlsa_failure; /* a record could not be added: nothing may pass */
    size_t received;
    bool done;
    enum handshake_status status;
    const char *reason;
    enum excess excess;
    struct x509_chain chain;
    int failed_depth; /* in OpenSSL's path */
    struct judgement judgement;
};

/* OpenSSL's first error, or a general one: "context: reason". */
static bool fail_own(struct failure *failure, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    ERR_clear_error();
    return failure_set(failure, "TLS: %s: %s", what, reason == NULL ? "failed" : reason);
}

/*
 * Old servers must be seen, so everything OpenSSL still has is offered; anonymous suites are not:
 * without a certificate there is nothing to audit (RFC 7672 section 8.2). Legacy renegotiation is
 * a fault of the server's that Postfix tolerates; without it the server would just be "failed".
 */
static bool context_set_up(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl, SSL_OP_ALL | SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET |
                                 SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_security_level(ssl, 0);
    SSL_CTX_set_max_cert_list(ssl, LIMIT_CHAIN_BYTES);
    /* The leaf, intermediates, and the trust anchor on top: LIMIT_CHAIN_DEPTH issuers. */
    SSL_CTX_set_verify_depth(ssl, LIMIT_CHAIN_DEPTH - 1);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, 0) == 1 &&
           SSL_CTX_set_cipher_list(ssl, "DEFAULT:!aNULL:!PSK:!SRP:@SECLEVEL=0") == 1 &&
           SSL_CTX_dane_enable(ssl) > 0;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size > 0 ? memory_malloc(size) : NULL;
}

static void *resize(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size > 0)
        return memory_realloc(old, size);
    free(old);
    return NULL;
}

static void release(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

struct handshake_context *handshake_context_new(struct failure *failure)
{
    struct handshake_context *context = memory_new(1, sizeof *context);

    /* Want of memory must not look like a server's fault. Refused where OpenSSL is in use by now. */
    (void)CRYPTO_set_mem_functions(allocate, resize, release);
    ERR_clear_error();
    context->ssl = SSL_CTX_new(TLS_client_method());
    if (context->ssl == NULL || !context_set_up(context->ssl)) {
        fail_own(failure, "cannot set up OpenSSL");
        handshake_context_free(context);
        return NULL;
    }
    SSL_CTX_dane_set_flags(context->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    return context;
}

void handshake_context_free(struct handshake_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

/* A base domain with octets that no host name has is sent no SNI: there is no way to write it. */
static bool set_sni(SSL *ssl, const char *base)
{
    char name[SNI_MAXIMUM + 1];
    size_t length = strlen(base);

    if (length > 0 && base[length - 1] == '.')
        length--;
    if (length == 0 || length > SNI_MAXIMUM)
        return true;
    memcpy(name, base, length);
    name[length] = '\0';
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != length)
        return true;
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

/*
 * A key that the server need not send (RFC 7671 section 5.2.3). To find out whether it is in use
 * costs a signature for each key at each address: a zone would choose both numbers.
 */
static bool is_beyond_limit(struct handshake *handshake, const struct record_tlsa *tlsa)
{
    enum { USAGE_DANE_TA = 2, SELECTOR_SPKI = 1, MTYPE_FULL = 0 };

    if (tlsa->usage != USAGE_DANE_TA || tlsa->selector != SELECTOR_SPKI ||
        tlsa->mtype != MTYPE_FULL)
        return false;
    handshake->keys_left |= handshake->anchor_keys == LIMIT_ANCHOR_KEYS;
    handshake->anchor_keys += !handshake->keys_left;
    return handshake->keys_left;
}

/*
 * RFC 7671 section 9: what is unusable goes before digest agility, which is OpenSSL's. A record
 * that OpenSSL could not take for want of something of ours must not turn into a milder verdict.
 */
static void add_tlsa(struct handshake *handshake, const struct record *source)
{
    size_t index = handshake->tlsa_count++;
    struct record *record = &handshake->tlsa[index];
    struct record_tlsa *tlsa = &record->data.tlsa;

    *record = *source;
    tlsa->data.data = arena_copy(&handshake->arena, tlsa->data.data, tlsa->data.length);
    if (handshake->facts[index].usability != TLSA_USABLE || is_beyond_limit(handshake, tlsa))
        return;
    int added = SSL_dane_tlsa_add(handshake->ssl, tlsa->usage, tlsa->selector, tlsa->mtype,
                                  tlsa->data.data, tlsa->data.length);

    handshake->usable_count += added > 0;
    if (added < 0)
        handshake->tlsa_failure = "a TLSA record could not be taken";
}

/*
 * Names depend on the domain and are checked elsewhere, so OpenSSL gets none: with the SNI set,
 * SSL_dane_enable sets neither it nor a host to verify.
 */
static bool set_up_dane(struct handshake *handshake, const struct handshake_config *config)
{
    X509_VERIFY_PARAM_set_time(SSL_get0_param(handshake->ssl), (time_t)config->verify_time);
    if (config->tlsa_count == 0)
        return true;
    if (SSL_dane_enable(handshake->ssl, NULL) <= 0)
        return false;
    handshake->tlsa = arena_new(&handshake->arena, config->tlsa_count, sizeof *handshake->tlsa);
    handshake->facts = config->facts;
    if (handshake->facts == NULL)
        handshake->facts = match_facts(config->tlsa, config->tlsa_count, &handshake->arena);
    for (size_t i = 0; i < config->tlsa_count; i++)
        add_tlsa(handshake, &config->tlsa[i]);
    return true;
}

static bool set_up(struct handshake *handshake, const struct handshake_config *config)
{
    handshake->in = BIO_new(BIO_s_mem());
    handshake->out = BIO_new(BIO_s_mem());
    if (handshake->ssl == NULL || handshake->in == NULL || handshake->out == NULL) {
        BIO_free(handshake->in);
        BIO_free(handshake->out);
        return false;
    }
    SSL_set_bio(handshake->ssl, handshake->in, handshake->out);
    SSL_set_connect_state(handshake->ssl);
    return set_sni(handshake->ssl, config->base) && set_up_dane(handshake, config);
}

struct handshake *handshake_new(struct handshake_context *context,
                                const struct handshake_config *config, struct failure *failure)
{
    struct handshake *handshake = memory_new(1, sizeof *handshake);

    ERR_clear_error();
    arena_init(&handshake->arena);
    handshake->ssl = SSL_new(context->ssl);
    if (handshake->ssl != NULL)
        judge_watch(handshake->ssl, &handshake->failed_depth);
    if (!set_up(handshake, config)) {
        fail_own(failure, "cannot begin a handshake");
        handshake_free(handshake);
        return NULL;
    }
    ERR_clear_error();
    return handshake;
}

void handshake_free(struct handshake *handshake)
{
    if (handshake == NULL)
        return;
    SSL_free(handshake->ssl);
    arena_fini(&handshake->arena);
    free(handshake);
}

static void fail(struct handshake *handshake, const char *reason)
{
    handshake->status = HANDSHAKE_FAILED;
    handshake->reason = reason;
}

static void fail_excess(struct handshake *handshake, enum excess excess)
{
    fail(handshake, "a limit was exceeded");
    handshake->excess = excess;
}

/*
 * The first error of the SSL library says what happened; before it there may be a decoder's, which
 * says how, and an error of the system has none at all.
 */
static const char *first_reason(void)
{
    const char *reason = NULL;
    unsigned long error;

    while ((error = ERR_get_error()) != 0) {
        const char *text = ERR_reason_error_string(error);

        if (ERR_GET_LIB(error) == ERR_LIB_SSL && text != NULL)
            return text;
        if (reason == NULL)
            reason = text;
    }
    return reason == NULL ? "TLS protocol error" : reason;
}

static void judge(struct handshake *handshake)
{
    struct judgement *judgement = &handshake->judgement;

    if (handshake->tlsa_count == 0)
        *judgement = (struct judgement){.result = DANE_NOT_CHECKED};
    else if (handshake->tlsa_failure != NULL)
        *judgement = (struct judgement){.result = DANE_MISMATCH,
                                        .reason = {handshake->tlsa_failure, REASON_NOWHERE}};
    else if (handshake->usable_count == 0)
        *judgement = (struct judgement){.result = DANE_UNUSABLE};
    else
        *judgement = judge_chain(handshake->ssl, handshake->failed_depth);
}

static enum excess excess_of(const STACK_OF(X509) * sent)
{
    if (sk_X509_num(sent) > LIMIT_CERTIFICATES)
        return EXCESS_CERTIFICATES;
    for (int i = 0; i < sk_X509_num(sent); i++)
        if (certificate_count_names(sk_X509_value(sent, i)) > LIMIT_CERT_NAMES)
            return EXCESS_CERT_NAMES;
    return EXCESS_NONE;
}

/* A match stands by itself; that nothing matches holds only if everything was compared. */
static bool is_undecided(const struct handshake *handshake)
{
    return handshake->keys_left && handshake->judgement.result == DANE_MISMATCH;
}

/* What is beyond a limit is no handshake: nothing of it is shown, nothing of it can pass. */
static void complete(struct handshake *handshake)
{
    const STACK_OF(X509) *sent = SSL_get_peer_cert_chain(handshake->ssl);
    enum excess excess = excess_of(sent);

    if (excess == EXCESS_NONE)
        excess = chain_order(sent, SSL_get0_verified_chain(handshake->ssl), &handshake->chain);
    if (excess == EXCESS_NONE)
        judge(handshake);
    if (excess == EXCESS_NONE && is_undecided(handshake))
        excess = EXCESS_ANCHOR_KEYS;
    if (sk_X509_num(sent) <= 0) {
        fail(handshake, "no certificate");
    } else if (excess != EXCESS_NONE) {
        fail_excess(handshake, excess);
    } else {
        handshake->done = true;
        handshake->status = HANDSHAKE_DONE;
    }
    ERR_clear_error();
}

/* OpenSSL has a limit for each message; only that of the certificates is ours. */
static bool is_chain_too_long(const SSL *ssl)
{
    return SSL_get_state(ssl) == TLS_ST_CR_CERT &&
           ERR_GET_REASON(ERR_peek_error()) == SSL_R_EXCESSIVE_MESSAGE_SIZE;
}

static void negotiate(struct handshake *handshake)
{
    int result = SSL_do_handshake(handshake->ssl);

    if (result == 1)
        complete(handshake);
    else if (is_chain_too_long(handshake->ssl))
        fail_excess(handshake, EXCESS_CHAIN_BYTES);
    else if (SSL_get_error(handshake->ssl, result) != SSL_ERROR_WANT_READ)
        fail(handshake, first_reason());
}

/* A peer that hangs up without close_notify has hung up: the session's parser sees it is short. */
static void read_end(struct handshake *handshake, int result)
{
    int error = SSL_get_error(handshake->ssl, result);

    if (error == SSL_ERROR_WANT_READ)
        return;
    if (error == SSL_ERROR_ZERO_RETURN ||
        ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        handshake->status = HANDSHAKE_CLOSED;
    else
        fail(handshake, first_reason());
    ERR_clear_error();
}

static void read_plain(struct handshake *handshake, struct buffer *plain)
{
    char chunk[READ_CHUNK];
    int result;

    while ((result = SSL_read(handshake->ssl, chunk, sizeof chunk)) > 0)
        buffer_add(plain, chunk, (size_t)result);
    read_end(handshake, result);
}

static void drain(struct handshake *handshake, struct buffer *out)
{
    char *data = NULL;
    long length = BIO_get_mem_data(handshake->out, &data);

    if (length > 0)
        buffer_add(out, data, (size_t)length);
    (void)BIO_reset(handshake->out);
}

static bool feed(struct handshake *handshake, const void *in, size_t length)
{
    if (length > LIMIT_TLS_BYTES - handshake->received) {
        fail_excess(handshake, EXCESS_TLS_BYTES);
        return false;
    }
    handshake->received += length;
    if (length > 0 && BIO_write(handshake->in, in, (int)length) != (int)length) {
        fail(handshake, first_reason());
        return false;
    }
    return true;
}

enum handshake_status handshake_step(struct handshake *handshake, const void *in, size_t in_length,
                                     struct buffer *out, struct buffer *plain)
{
    bool was_done = handshake->done;

    if (handshake->status == HANDSHAKE_FAILED || handshake->status == HANDSHAKE_CLOSED)
        return handshake->status;
    ERR_clear_error();
    if (!feed(handshake, in, in_length))
        return handshake->status;
    if (!handshake->done)
        negotiate(handshake);
    if (handshake->done)
        read_plain(handshake, plain);
    drain(handshake, out);
    return handshake->done && !was_done ? HANDSHAKE_DONE : handshake->status;
}

bool handshake_write(struct handshake *handshake, const void *data, size_t length,
                     struct buffer *out)
{
    if (handshake->status != HANDSHAKE_DONE || length > INT_MAX)
        return false;
    ERR_clear_error();
    if (length > 0 && SSL_write(handshake->ssl, data, (int)length) != (int)length) {
        fail(handshake, first_reason());
        return false;
    }
    drain(handshake, out);
    return true;
}

const char *handshake_reason(const struct handshake *handshake)
{
    return handshake->reason;
}

enum excess handshake_excess(const struct handshake *handshake)
{
    return handshake->excess;
}

/* The full data is long: it stays where a record is compared with it, and so a mark shows it. */
static void keep_data(struct certificate *certificate, struct arena *arena)
{
    for (int digest = CERTIFICATE_FULL_CERT; digest <= CERTIFICATE_FULL_SPKI; digest++) {
        struct bytes *data = &certificate->data[digest];

        *data = certificate->marks[digest].shown && data->data != NULL
                    ? (struct bytes){arena_copy(arena, data->data, data->length), data->length}
                    : (struct bytes){NULL, 0};
    }
}

static void copy_chain(const struct handshake *handshake, struct arena *arena,
                       struct address *address)
{
    size_t count = handshake->chain.count;
    struct certificate *certificates = arena_new(arena, count, sizeof *certificates);
    struct arena scratch;

    arena_init(&scratch);
    for (size_t i = 0; i < count; i++)
        certificate_from_x509(handshake->chain.certificates[i], arena, &scratch, &certificates[i]);
    address->matches = match_records(handshake->tlsa, handshake->facts, handshake->tlsa_count,
                                     certificates, count, arena);
    for (size_t i = 0; i < count; i++)
        keep_data(&certificates[i], arena);
    arena_fini(&scratch);
    address->chain = (struct chain){certificates, handshake->chain.path_length, count};
}

void handshake_result(const struct handshake *handshake, struct arena *arena,
                      struct address *address)
{
    size_t anchor = 0;

    address->handshaken = handshake->done;
    if (!handshake->done)
        return;
    address->tls_version = parameters_version(handshake->ssl);
    address->cipher = SSL_get_cipher_name(handshake->ssl);
    address->group = parameters_group(handshake->ssl, arena);
    copy_chain(handshake, arena, address);
    address->dane = handshake->judgement.result;
    address->dane_depth = handshake->judgement.depth;
    if (handshake->judgement.unmatched)
        anchor = match_anchor(handshake->tlsa, handshake->facts, address->matches,
                              handshake->tlsa_count);
    address->dane_reason =
        judge_reason(&handshake->judgement, handshake->ssl, &handshake->chain, anchor, arena);
    ERR_clear_error();
}

/*
 * A TLS server that does after the handshake what no good server does and Python's ssl cannot. The
 * connection is descriptor 0; STARTTLS was just answered.
 * usage: tlsd WHAT CHAIN_FILE KEY_FILE
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

/* Each sends one thing; false: the client is gone. */
static bool key_update(SSL *ssl)
{
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1;
}

static bool ticket(SSL *ssl)
{
    return SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

static bool hello_request(SSL *ssl)
{
    return SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

static bool take_command(SSL *ssl)
{
    char command[1024];

    return SSL_read(ssl, command, sizeof command) > 0;
}

/* A command, and what is said to it. */
static bool answer(SSL *ssl, const char *reply)
{
    return take_command(ssl) && SSL_write(ssl, reply, (int)strlen(reply)) > 0;
}

/* In place of an answer: before the command, it could be answered first. */
static bool hello_request_for_command(SSL *ssl)
{
    return take_command(ssl) && hello_request(ssl);
}

static bool ehlo(SSL *ssl)
{
    return answer(ssl, "250 lab\r\n");
}

static void for_ever(SSL *ssl, bool (*send)(SSL *ssl))
{
    while (send(ssl))
        ;
}

static const struct behaviour {
    const char *name;
    int version;               /* the newest it speaks */
    bool (*first)(SSL *ssl);   /* NULL: nothing */
    bool (*for_ever)(SSL *ssl);
} behaviours[] = {
    {"key-updates", TLS1_3_VERSION, NULL, key_update},
    {"key-updates-after-quit", TLS1_3_VERSION, ehlo, key_update},
    {"tickets", TLS1_3_VERSION, NULL, ticket},
    {"renegotiations", TLS1_2_VERSION, NULL, hello_request},
    {"one-renegotiation", TLS1_2_VERSION, hello_request_for_command, ehlo},
};

static const struct behaviour *find(const char *name)
{
    for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++)
        if (strcmp(behaviours[i].name, name) == 0)
            return &behaviours[i];
    return NULL;
}

static SSL *accept_client(SSL_CTX *context, const struct behaviour *behaviour, const char *chain,
                          const char *key)
{
    SSL *ssl;

    SSL_CTX_set_max_proto_version(context, behaviour->version);
    if (SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return NULL;
    ssl = SSL_new(context);
    SSL_set_fd(ssl, 0);
    if (SSL_accept(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

int main(int argc, char **argv)
{
    const struct behaviour *behaviour = argc == 4 ? find(argv[1]) : NULL;
    SSL_CTX *context;
    SSL *ssl;

    if (behaviour == NULL) {
        fputs("usage: tlsd WHAT CHAIN_FILE KEY_FILE\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK);
    context = SSL_CTX_new(TLS_server_method());
    ssl = accept_client(context, behaviour, argv[2], argv[3]);
    if (ssl != NULL && (behaviour->first == NULL || behaviour->first(ssl)))
        for_ever(ssl, behaviour->for_ever);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return 0;
}

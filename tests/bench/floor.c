/*
 * The floor of what a STARTTLS session costs: connect, EHLO, STARTTLS, handshake, QUIT, one server
 * after the other, with blocking sockets and nothing checked.
 * usage: floor FIRST COUNT: the addresses 127.64.0.0 + FIRST and on
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

/* Reads until the last line of a reply. */
static void read_reply(int fd)
{
    char text[4096];
    size_t length = 0;

    for (;;) {
        ssize_t count = read(fd, text + length, sizeof text - 1 - length);
        const char *line = text;

        if (count <= 0)
            exit(1);
        length += (size_t)count;
        text[length] = '\0';
        for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            if (end - line > 3 && line[3] == ' ')
                return;
    }
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        exit(1);
    read_reply(fd);
}

static void visit(SSL_CTX *context, uint32_t number)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(25),
                                  .sin_addr.s_addr = htonl(0x7f400000u + number)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(context);
    char text[512];
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        exit(1);
    read_reply(fd);
    say(fd, "EHLO bench.lab\r\n");
    say(fd, "STARTTLS\r\n");
    if (SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        exit(1);
    if (SSL_write(ssl, "QUIT\r\n", 6) != 6 || SSL_read(ssl, text, sizeof text) <= 0)
        exit(1);
    SSL_free(ssl);
    close(fd);
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    uint32_t first, count;

    if (argc != 3 || context == NULL)
        return 2;
    first = (uint32_t)strtoul(argv[1], NULL, 10);
    count = (uint32_t)strtoul(argv[2], NULL, 10);
    for (uint32_t i = 0; i < count; i++)
        visit(context, first + i);
    SSL_CTX_free(context);
    return 0;
}

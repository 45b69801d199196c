#include "model/address.h"

#include <arpa/inet.h>

void address_add_text(struct buffer *buffer, const struct address *address)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(address->ipv6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
    buffer_puts(buffer, text);
}

const char *smtp_state_name(enum smtp_state state)
{
    switch (state) {
    case SMTP_CONNECT: return "CONNECT";
    case SMTP_GREETING: return "GREETING";
    case SMTP_EHLO: return "EHLO";
    case SMTP_STARTTLS: return "STARTTLS";
    case SMTP_HANDSHAKE: return "TLS";
    case SMTP_EHLO_TLS: return "EHLO-TLS";
    case SMTP_QUIT: return "QUIT";
    case SMTP_END: return "END";
    }
    return "?";
}

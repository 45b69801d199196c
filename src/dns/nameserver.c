#include "dns/nameserver.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

bool nameserver_parse(struct nameserver *nameserver, const char *text)
{
    char address[INET6_ADDRSTRLEN];
    const char *at = strchr(text, '@');
    size_t length = at != NULL ? (size_t)(at - text) : strlen(text);
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    uint64_t port = 53;

    if (at != NULL && !text_to_number(at + 1, 1, 65535, &port))
        return false;
    if (brackets) {
        text++;
        length -= 2;
    }
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    *nameserver = (struct nameserver){.ipv6 = strchr(address, ':') != NULL,
                                      .port = (uint16_t)port};
    if (brackets && !nameserver->ipv6)
        return false;
    return inet_pton(nameserver->ipv6 ? AF_INET6 : AF_INET, address, nameserver->bytes) == 1;
}

bool nameserver_is_local(const struct nameserver *nameserver)
{
    static const uint8_t local[16] = {[15] = 1};
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};

    if (!nameserver->ipv6)
        return nameserver->bytes[0] == 127;
    return memcmp(nameserver->bytes, local, sizeof local) == 0 ||
           memcmp(nameserver->bytes, mapped, sizeof mapped) == 0;
}

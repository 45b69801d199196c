#include "dns/nameserver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        bool ipv6;
        uint8_t first, last;
        uint16_t port;
    } rows[] = {
        {"192.0.2.53", false, 192, 53, 53},
        {"192.0.2.53@5353", false, 192, 53, 5353},
        {"2001:db8::35", true, 0x20, 0x35, 53},
        {"2001:db8::35@65535", true, 0x20, 0x35, 65535},
        {"[2001:db8::35]", true, 0x20, 0x35, 53},
        {"[2001:db8::35]@1", true, 0x20, 0x35, 1},
        {"::ffff:192.0.2.53", true, 0, 53, 53},
    };
    struct nameserver nameserver;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!nameserver_parse(&nameserver, rows[i].text) || nameserver.ipv6 != rows[i].ipv6 ||
            nameserver.bytes[0] != rows[i].first || nameserver.port != rows[i].port ||
            nameserver.bytes[rows[i].ipv6 ? 15 : 3] != rows[i].last)
            fail_msg("%s", rows[i].text);
}

static void test_refused(void **state)
{
    static const char *const rows[] = {
        "", "@", "@53", "localhost", "192.0.2", "192.0.2.256", "192.0.2.53@", "192.0.2.53@0",
        "192.0.2.53@65536", "192.0.2.53@53x", "192.0.2.53 ", "[]", "[", "]", "[::1", "::1]",
        "[[::1]]", "[192.0.2.53]", "fe80::1%lo", "::1@-1", "1:2:3:4:5:6:7:8:9",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
    };
    struct nameserver nameserver;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (nameserver_parse(&nameserver, rows[i]))
            fail_msg("taken: %s", rows[i]);
}

static void test_local(void **state)
{
    static const struct {
        const char *text;
        bool local;
    } rows[] = {
        {"127.0.0.1", true},        {"127.255.255.254@53", true}, {"::1", true},
        {"[::1]@5353", true},       {"::ffff:127.0.0.53", true},  {"128.0.0.1", false},
        {"126.255.255.255", false}, {"0.0.0.0", false},           {"10.0.0.1", false},
        {"::", false},              {"::2", false},               {"::127.0.0.1", false},
        {"fe80::1", false},         {"::ffff:126.0.0.1", false},  {"::fffe:127.0.0.1", false},
        {"7f00::1", false},
    };
    struct nameserver nameserver;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(nameserver_parse(&nameserver, rows[i].text));
        if (nameserver_is_local(&nameserver) != rows[i].local)
            fail_msg("%s", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

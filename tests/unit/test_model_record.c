#include "model/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) {(const uint8_t *)literal, sizeof literal - 1}

static void test_rdata(void **state)
{
    static const struct {
        const char *wanted;
        struct record record;
    } rows[] = {
        {"192.0.2.255", {.type = RECORD_A, .data.address = {192, 0, 2, 255}}},
        {"2001:db8::1", {.type = RECORD_AAAA, .data.address = {0x20, 1, 0xd, 0xb8, [15] = 1}}},
        {"10 mx.example.org.", {.type = RECORD_MX, .data.mx = {10, "mx.example.org."}}},
        {"0 .", {.type = RECORD_MX, .data.mx = {0, "."}}},
        {"41219 13 2 00ff", {.type = RECORD_DS, .data.ds = {41219, 13, 2, BYTES("\0\xff")}}},
        {"257 3 13 Zm8=", {.type = RECORD_DNSKEY, .data.dnskey = {257, 3, 13, BYTES("fo")}}},
        {"3 1 1 0a", {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, BYTES("\n")}}},
        {"255 255 255 ", {.type = RECORD_TLSA, .data.tlsa = {255, 255, 255, {NULL, 0}}}},
        {"ns.x. hostmaster@x. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "hostmaster.x.", 1, 2, 3, 4, 5}}},
        {"ns.x. a\\.b@x. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "a\\.b.x.", 1, 2, 3, 4, 5}}},
        {"ns.x. hostmaster. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "hostmaster.", 1, 2, 3, 4, 5}}},
        {"ns.x. host\\.master. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "host\\.master.", 1, 2, 3, 4, 5}}},
        {"ns.x. a@b. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "a.b.", 1, 2, 3, 4, 5}}},
        {"ns.x. a@b.c. 1 2 3 4 5",
         {.type = RECORD_SOA, .data.soa = {"ns.x.", "a.b.c.", 1, 2, 3, 4, 5}}},
        {". . 0 0 0 0 4294967295",
         {.type = RECORD_SOA, .data.soa = {".", ".", 0, 0, 0, 0, UINT32_MAX}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer text;

        buffer_init(&text, 0);
        record_add_rdata(&text, &rows[i].record);
        assert_string_equal(text.data, rows[i].wanted);
        buffer_fini(&text);
    }
}

/* Each list is in the order of the trace; it is sorted from its reverse. */
static void check_order(const struct record *sorted, size_t count)
{
    struct record records[8];

    for (size_t i = 0; i < count; i++)
        records[i] = sorted[count - 1 - i];
    qsort(records, count, sizeof *records, record_compare);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(record_compare(&records[i], &sorted[i]), 0);
    for (size_t i = 1; i < count; i++)
        assert_true(record_compare(&sorted[i - 1], &sorted[i]) < 0);
}

static void test_order(void **state)
{
    static const struct record addresses[] = {
        {.type = RECORD_A, .data.address = {9, 0, 0, 200}},
        {.type = RECORD_A, .data.address = {10, 0, 0, 3}},
        {.type = RECORD_A, .data.address = {10, 0, 0, 20}},
        {.type = RECORD_A, .data.address = {200, 0, 0, 1}},
    };
    static const struct record mx[] = {
        {.type = RECORD_MX, .data.mx = {9, "z."}},
        {.type = RECORD_MX, .data.mx = {10, "a."}},
        {.type = RECORD_MX, .data.mx = {10, "aa."}},
        {.type = RECORD_MX, .data.mx = {10, "b."}},
    };
    static const struct record tlsa[] = {
        {.type = RECORD_TLSA, .data.tlsa = {2, 1, 2, BYTES("\xff")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 0, 2, BYTES("\xff")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, BYTES("")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, BYTES("\1")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, BYTES("\1\1")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 1, BYTES("\2")}},
        {.type = RECORD_TLSA, .data.tlsa = {3, 1, 2, BYTES("\1")}},
    };
    static const struct record keys[] = {
        {.type = RECORD_DNSKEY, .data.dnskey = {256, 3, 13, BYTES("b")}},
        {.type = RECORD_DNSKEY, .data.dnskey = {257, 3, 8, BYTES("b")}},
        {.type = RECORD_DNSKEY, .data.dnskey = {257, 3, 13, BYTES("a")}},
    };
    static const struct record ds[] = {
        {.type = RECORD_DS, .data.ds = {1, 13, 4, BYTES("a")}},
        {.type = RECORD_DS, .data.ds = {2, 8, 2, BYTES("a")}},
        {.type = RECORD_DS, .data.ds = {2, 13, 1, BYTES("b")}},
        {.type = RECORD_DS, .data.ds = {2, 13, 2, BYTES("a")}},
    };

    (void)state;
    check_order(addresses, 4);
    check_order(mx, 4);
    check_order(tlsa, 7);
    check_order(keys, 3);
    check_order(ds, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rdata),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

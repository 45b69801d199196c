/* Replies as getdns reads them from the wire, into the model. */
#include "dns/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

enum { WIRE_MAX = 65535, UNSAID = 4712 };

struct message {
    uint8_t wire[WIRE_MAX];
    size_t length;
    bool embedded;
    uint32_t dnssec_status; /* embedded only; UNSAID: the reply lacks it */
};

static void put(struct message *message, const void *data, size_t length)
{
    assert_true(message->length + length <= WIRE_MAX);
    memcpy(message->wire + message->length, data, length);
    message->length += length;
}

static void put16(struct message *message, unsigned value)
{
    put(message, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put_name(struct message *message, const char *name)
{
    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        put(message, (uint8_t[]){(uint8_t)label}, 1);
        put(message, name, label);
        name += label + (name[label] == '.');
    }
    put(message, "", 1);
}

enum { QR = 0x8000, RD = 0x0100, RA = 0x0080, AD = 0x0020, AA = 0x0400, TC = 0x0200 };

static void begin(struct message *message, unsigned flags, const char *name, enum record_type type)
{
    message->length = 0;
    message->embedded = false;
    put16(message, 7);
    put16(message, QR | flags);
    put16(message, 1);
    put16(message, 0);
    put16(message, 0);
    put16(message, 0);
    put_name(message, name);
    put16(message, (unsigned)type);
    put16(message, 1);
}

/* Adds a record and counts it: section 6 answer, 8 authority, 10 additional. */
static void add(struct message *message, size_t section, const char *owner, unsigned type,
                unsigned class, uint32_t ttl, const void *rdata, size_t length)
{
    put_name(message, owner);
    put16(message, type);
    put16(message, class);
    put16(message, ttl >> 16);
    put16(message, ttl & 0xffff);
    put16(message, (unsigned)length);
    put(message, rdata, length);
    message->wire[section + 1]++;
}

static void answer(struct message *message, const char *owner, unsigned type, const void *rdata,
                   size_t length)
{
    add(message, 6, owner, type, 1, 300, rdata, length);
}

static void alias(struct message *message, const char *owner, const char *target)
{
    struct message rdata = {.length = 0};

    put_name(&rdata, target);
    answer(message, owner, RECORD_CNAME, rdata.wire, rdata.length);
}

/* As the resolver does; `lookup` is the question. */
static void read_message(const struct message *message, struct arena *arena,
                         struct lookup *lookup, const char *name, enum record_type type)
{
    getdns_dict *reply = NULL, *response = getdns_dict_create();
    getdns_list *tree = getdns_list_create();

    *lookup = (struct lookup){.name = name, .owner = name, .type = type,
                              .status = LOOKUP_SERVFAIL};
    assert_int_equal(getdns_wire2msg_dict(message->wire, message->length, &reply), 0);
    if (message->embedded && message->dnssec_status != UNSAID)
        getdns_dict_set_int(reply, "dnssec_status", message->dnssec_status);
    getdns_list_set_dict(tree, 0, reply);
    getdns_dict_set_list(response, "replies_tree", tree);
    (message->embedded ? answer_read_validated : answer_read)(response, arena, lookup);
    getdns_list_destroy(tree);
    getdns_dict_destroy(reply);
    getdns_dict_destroy(response);
}

static const uint8_t A[] = {192, 0, 2, 1};
static struct message message;

static void check_excess(const char *name, enum excess excess)
{
    struct arena arena;
    struct lookup lookup;

    arena_init(&arena);
    read_message(&message, &arena, &lookup, "x.", RECORD_A);
    if (lookup.excess != excess)
        fail_msg("%s: limit %d", name, lookup.excess);
    arena_fini(&arena);
}

static void check(const char *name, enum lookup_status status, bool ad, size_t records,
                  size_t aliases)
{
    struct arena arena;
    struct lookup lookup;

    arena_init(&arena);
    read_message(&message, &arena, &lookup, "x.", RECORD_A);
    if (lookup.status != status || lookup.ad != ad || lookup.record_count != records ||
        lookup.alias_count != aliases)
        fail_msg("%s: status %d, AD %d, %zu records, %zu aliases", name, lookup.status, lookup.ad,
                 lookup.record_count, lookup.alias_count);
    arena_fini(&arena);
}

static void test_status(void **state)
{
    (void)state;
    begin(&message, RD | RA | AD, "x", RECORD_A);
    check("secure NODATA", LOOKUP_NODATA, true, 0, 0);
    answer(&message, "x", RECORD_A, A, 4);
    check("secure data", LOOKUP_NOERROR, true, 1, 0);
    answer(&message, "y", RECORD_A, A, 4);
    check("another owner's record does not count", LOOKUP_NOERROR, true, 1, 0);
    add(&message, 6, "x", RECORD_A, 3, 300, A, 4);
    check("another class's record does not count", LOOKUP_NOERROR, true, 1, 0);

    begin(&message, RD | RA, "x", RECORD_A);
    answer(&message, "x", RECORD_A, A, 4);
    check("insecure data", LOOKUP_NOERROR, false, 1, 0);

    begin(&message, RD | RA | AD, "X", RECORD_A);
    answer(&message, "X", RECORD_A, A, 4);
    check("another case", LOOKUP_NOERROR, true, 1, 0);

    begin(&message, RD | RA | AD | 3, "x", RECORD_A);
    check("NXDomain", LOOKUP_NXDOMAIN, true, 0, 0);
    for (unsigned rcode = 1; rcode < 16; rcode++) {
        static const enum lookup_status wanted[16] = {
            0, LOOKUP_FORMERR, LOOKUP_SERVFAIL, LOOKUP_NXDOMAIN, LOOKUP_NOTIMP, LOOKUP_REFUSED,
            LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE,
            LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE, LOOKUP_RCODE};

        begin(&message, RD | RA | AD | rcode, "x", RECORD_A);
        check("an RCODE is never secure but NXDomain", wanted[rcode], rcode == 3, 0, 0);
    }

    begin(&message, RD | RA | AD, "y", RECORD_A);
    answer(&message, "x", RECORD_A, A, 4);
    check("another name was asked", LOOKUP_FORMERR, false, 0, 0);
    begin(&message, RD | RA | AD, "x", RECORD_TLSA);
    check("another type was asked", LOOKUP_FORMERR, false, 0, 0);
    begin(&message, RD | RA | AD, "x", RECORD_A);
    message.wire[5] = 0; /* no question at all */
    message.length = 12;
    check("no question", LOOKUP_FORMERR, false, 0, 0);
}

static void test_embedded(void **state)
{
    static const struct {
        const char *name;
        uint32_t dnssec_status;
        enum lookup_status status;
        bool ad;
    } rows[] = {
        {"secure", GETDNS_DNSSEC_SECURE, LOOKUP_NOERROR, true},
        {"insecure, whatever its AD bit", GETDNS_DNSSEC_INSECURE, LOOKUP_NOERROR, false},
        {"bogus", GETDNS_DNSSEC_BOGUS, LOOKUP_SERVFAIL, false},
        {"indeterminate", GETDNS_DNSSEC_INDETERMINATE, LOOKUP_SERVFAIL, false},
        {"not performed", GETDNS_DNSSEC_NOT_PERFORMED, LOOKUP_SERVFAIL, false},
        {"unknown", 4711, LOOKUP_SERVFAIL, false},
        {"unsaid", UNSAID, LOOKUP_SERVFAIL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&message, RD | RA | AD, "x", RECORD_A);
        answer(&message, "x", RECORD_A, A, 4);
        message.embedded = true;
        message.dnssec_status = rows[i].dnssec_status;
        check(rows[i].name, rows[i].status, rows[i].ad, rows[i].status == LOOKUP_NOERROR, 0);
    }
    /* What libunbound received last stands where an answer should be. */
    for (size_t i = 0; i < 3; i++) {
        begin(&message, (unsigned[]){AA | AD, RD | AD, RA | AA | AD}[i], "x", RECORD_A);
        answer(&message, "x", RECORD_A, A, 4);
        message.embedded = true;
        message.dnssec_status = GETDNS_DNSSEC_SECURE;
        check("a name server's packet", LOOKUP_SERVFAIL, false, 0, 0);
    }
    begin(&message, RD | RA | AD, "other", RECORD_A);
    message.embedded = true;
    check("an answer to another question", LOOKUP_SERVFAIL, false, 0, 0);
}

/* Each alias of the chain with its owner, its target and the answer's AD. */
static void check_chain(bool ad)
{
    struct arena arena;
    struct lookup lookup;

    arena_init(&arena);
    read_message(&message, &arena, &lookup, "x.", RECORD_A);
    assert_int_equal(lookup.alias_count, 2);
    assert_string_equal(lookup.aliases[0].owner, "x.");
    assert_string_equal(lookup.aliases[0].target, "y.");
    assert_string_equal(lookup.aliases[1].owner, "y.");
    assert_string_equal(lookup.aliases[1].target, "z.");
    assert_int_equal(lookup.aliases[1].ttl, 300);
    assert_int_equal(lookup.aliases[0].ad, ad);
    assert_int_equal(lookup.aliases[1].ad, ad);
    assert_string_equal(lookup.owner, "z.");
    arena_fini(&arena);
}

static void test_aliases(void **state)
{
    (void)state;
    begin(&message, RD | RA, "x", RECORD_A);
    alias(&message, "x", "y");
    alias(&message, "y", "z");
    answer(&message, "z", RECORD_A, A, 4);
    check_chain(false);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    alias(&message, "x", "y");
    alias(&message, "y", "z");
    answer(&message, "z", RECORD_A, A, 4);
    check("a chain", LOOKUP_NOERROR, true, 1, 2);
    check_chain(true);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    answer(&message, "z", RECORD_A, A, 4);
    alias(&message, "y", "z");
    alias(&message, "x", "y");
    check("a chain in another order", LOOKUP_NOERROR, true, 1, 2);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    alias(&message, "x", "y");
    check("nothing at its end", LOOKUP_NODATA, true, 0, 1);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    alias(&message, "x", "y");
    alias(&message, "x", "z");
    check("two at one owner (E19)", LOOKUP_CNAME_ERROR, false, 0, 0);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    alias(&message, "x", "x");
    check("a loop of one", LOOKUP_CNAME_ERROR, false, 0, 16);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    alias(&message, "x", "a");
    for (int i = 0; i < 15; i++)
        alias(&message, (char[]){(char)('a' + i), '\0'}, (char[]){(char)('b' + i), '\0'});
    answer(&message, "p", RECORD_A, A, 4);
    check("sixteen", LOOKUP_NOERROR, true, 1, 16);
    check_excess("sixteen", EXCESS_NONE);
    alias(&message, "p", "q");
    check("seventeen", LOOKUP_CNAME_ERROR, false, 0, 16);
    check_excess("seventeen", EXCESS_ALIASES);
}

static void test_malformed(void **state)
{
    (void)state;
    begin(&message, RD | RA | AD | 3, "x", RECORD_A);
    answer(&message, "x", RECORD_A, A, 4);
    check("records of what does not exist", LOOKUP_FORMERR, false, 0, 0);

    begin(&message, RD | RA | AD | TC, "x", RECORD_A);
    check("a truncated answer is no denial", LOOKUP_SERVFAIL, false, 0, 0);
    answer(&message, "x", RECORD_A, A, 4);
    check("a truncated answer is no whole one", LOOKUP_SERVFAIL, false, 0, 0);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    message.wire[7] = 1;
    check("a record that is missing is no denial", LOOKUP_FORMERR, false, 0, 0);
    begin(&message, RD | RA | AD, "x", RECORD_A);
    answer(&message, "x", RECORD_A, A, 4);
    message.wire[7] = 2;
    check("one of two is missing", LOOKUP_FORMERR, false, 0, 0);
    begin(&message, RD | RA | AD, "x", RECORD_A);
    message.wire[11] = 1;
    check("the OPT record is missing", LOOKUP_FORMERR, false, 0, 0);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    for (int i = 0; i < 200; i++)
        answer(&message, "x", RECORD_A, A, 4);
    check("many", LOOKUP_NOERROR, true, 200, 0);

    begin(&message, RD | RA | AD, "x", RECORD_A);
    for (int i = 0; i < 1025; i++)
        answer(&message, "x", RECORD_A, A, 4);
    message.wire[6] = 1025 >> 8;
    message.wire[7] = 1025 & 0xff;
    check("above the limit nothing is left out silently", LOOKUP_FORMERR, false, 0, 0);
    check_excess("above the limit", EXCESS_RECORDS);
}

/* RFC 6895 section 2.3: what has no meaning for us is an error, whatever comes with it. */
static void test_rcodes(void **state)
{
    (void)state;
    for (unsigned rcode = 1; rcode < 4096; rcode++) {
        struct arena arena;
        struct lookup lookup;

        arena_init(&arena);
        begin(&message, RD | RA | AD | (rcode & 15), "x", RECORD_A);
        answer(&message, "x", RECORD_A, A, 4);
        add(&message, 10, "", 41, 1232, (rcode >> 4) << 24, "", 0);
        read_message(&message, &arena, &lookup, "x.", RECORD_A);
        if (!lookup_is_error(&lookup) || lookup.ad || lookup.record_count > 0 ||
            lookup.rcode != rcode)
            fail_msg("RCODE %u: status %d, RCODE %u", rcode, lookup.status, lookup.rcode);
        arena_fini(&arena);
    }
}

/* RFC 6891: the upper bits of the RCODE; RFC 8914: extended errors. */
static void test_opt(void **state)
{
    static const uint8_t options[] = {0, 15, 0, 5, 0, 10, 'h', 'u', 'h',
                                      0, 10, 0, 1, 0,
                                      0, 15, 0, 2, 1, 0,
                                      0, 15, 0, 1, 9};
    struct arena arena;
    struct lookup lookup;

    (void)state;
    arena_init(&arena);
    begin(&message, RD | RA | AD, "x", RECORD_A);
    add(&message, 10, "", 41, 1232, 1u << 24, options, sizeof options);
    read_message(&message, &arena, &lookup, "x.", RECORD_A);
    assert_int_equal(lookup.status, LOOKUP_RCODE);
    assert_int_equal(lookup.rcode, 16);
    assert_false(lookup.ad);
    assert_int_equal(lookup.ede_count, 2);
    assert_int_equal(lookup.edes[0].code, 10);
    assert_int_equal(lookup.edes[0].text.length, 3);
    assert_memory_equal(lookup.edes[0].text.data, "huh", 3);
    assert_int_equal(lookup.edes[1].code, 256);
    assert_int_equal(lookup.edes[1].text.length, 0);
    arena_fini(&arena);
}

static void check_rdata(const char *wanted, enum record_type type, const void *rdata, size_t length)
{
    struct arena arena;
    struct lookup lookup;
    struct buffer text;

    arena_init(&arena);
    buffer_init(&text, 0);
    begin(&message, RD | RA | AD, "x", type);
    answer(&message, "x", (unsigned)type, rdata, length);
    read_message(&message, &arena, &lookup, "x.", type);
    assert_int_equal(lookup.record_count, 1);
    assert_int_equal(lookup.records[0].ttl, 300);
    record_add_rdata(&text, &lookup.records[0]);
    assert_string_equal(text.data, wanted);
    buffer_fini(&text);
    arena_fini(&arena);
}

#define RDATA(literal) literal, sizeof literal - 1

static void test_rdata(void **state)
{
    (void)state;
    check_rdata("10 mx.y.", RECORD_MX, RDATA("\0\12\2mx\1y\0"));
    check_rdata("0 .", RECORD_MX, RDATA("\0\0\0"));
    check_rdata("3 1 1 abcdef", RECORD_TLSA, RDATA("\3\1\1\xab\xcd\xef"));
    check_rdata("41219 13 2 0102", RECORD_DS, RDATA("\xa1\x03\15\2\1\2"));
    check_rdata("257 3 13 Zm8=", RECORD_DNSKEY, RDATA("\1\1\3\15fo"));
    check_rdata("1 0 10 abcd", RECORD_NSEC3PARAM, RDATA("\1\0\0\12\2\xab\xcd"));
    check_rdata("192.0.2.9", RECORD_A, RDATA("\xc0\0\2\11"));
    check_rdata("2001:db8::", RECORD_AAAA, RDATA("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\0"));
    check_rdata("n. a@b. 1 2 3 4 5", RECORD_SOA,
                RDATA("\1n\0\1a\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"));
}

static void test_nothing(void **state)
{
    getdns_dict *response = getdns_dict_create();
    struct arena arena;
    struct lookup lookup = {.name = "x.", .type = RECORD_A, .ad = true};

    (void)state;
    arena_init(&arena);
    answer_read(response, &arena, &lookup);
    assert_int_equal(lookup.status, LOOKUP_SERVFAIL);
    assert_false(lookup.ad);
    getdns_dict_destroy(response);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),    cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_aliases),   cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_rcodes), cmocka_unit_test(test_opt),       cmocka_unit_test(test_rdata),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

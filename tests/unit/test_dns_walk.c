#include "dns/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct record one_address[] = {{.type = RECORD_A, .data.address = {192, 0, 2, 1}}};

/* A look-up of `host.` : its status, AD, and an alias to `real.` where alias is 0 or 1 (its AD). */
struct answer {
    enum lookup_status status;
    bool ad;
    int alias;
};

#define NONE {LOOKUP_NODATA, true, -1}

static void make(struct lookup *lookup, struct lookup_alias *alias, const struct answer *answer)
{
    *lookup = (struct lookup){.name = "host.x.", .owner = "host.x.", .type = RECORD_A,
                              .status = answer->status, .ad = answer->ad};
    if (answer->status == LOOKUP_NOERROR) {
        lookup->records = one_address;
        lookup->record_count = 1;
    }
    if (answer->alias >= 0) {
        *alias = (struct lookup_alias){.owner = "host.x.", .target = "real.x.",
                                       .ad = answer->alias == 1};
        lookup->aliases = alias;
        lookup->alias_count = 1;
        lookup->owner = "real.x.";
    }
}

static void test_bases(void **state)
{
    static const struct {
        const char *name;
        struct answer a, aaaa;
        const char *bases[WALK_BASES];
    } rows[] = {
        {"secure, no alias", {LOOKUP_NOERROR, 1, -1}, NONE, {"host.x."}},
        {"insecure, no alias (E14)", {LOOKUP_NOERROR, 0, -1}, NONE, {NULL}},
        {"secure chain: expanded, then original", {LOOKUP_NOERROR, 1, 1}, NONE,
         {"real.x.", "host.x."}},
        {"secure alias, insecure target: original", {LOOKUP_NOERROR, 0, 1}, NONE, {"host.x."}},
        {"insecure alias", {LOOKUP_NOERROR, 0, 0}, NONE, {NULL}},
        {"only AAAA, secure", NONE, {LOOKUP_NOERROR, 1, -1}, {"host.x."}},
        {"only AAAA, insecure", NONE, {LOOKUP_NOERROR, 0, -1}, {NULL}},
        {"A bogus, AAAA secure (E13)", {LOOKUP_SERVFAIL, 0, -1}, {LOOKUP_NOERROR, 1, -1},
         {"host.x."}},
        {"A insecure decides over AAAA secure", {LOOKUP_NOERROR, 0, -1},
         {LOOKUP_NOERROR, 1, -1}, {NULL}},
        {"no address (E22)", NONE, NONE, {NULL}},
        {"does not exist", {LOOKUP_NXDOMAIN, 1, -1}, {LOOKUP_NXDOMAIN, 1, -1}, {NULL}},
        {"both bogus", {LOOKUP_SERVFAIL, 0, -1}, {LOOKUP_TIMEOUT, 0, -1}, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lookup a, aaaa;
        struct lookup_alias a_alias, aaaa_alias;
        const char *bases[WALK_BASES] = {NULL};
        size_t count;

        make(&a, &a_alias, &rows[i].a);
        make(&aaaa, &aaaa_alias, &rows[i].aaaa);
        count = walk_tlsa_bases(&a, &aaaa, bases);
        for (size_t j = 0; j < WALK_BASES; j++) {
            const char *got = j < count ? bases[j] : "none";
            const char *wanted = rows[i].bases[j] != NULL ? rows[i].bases[j] : "none";

            if (strcmp(got, wanted) != 0)
                fail_msg("%s: base %zu is %s, not %s", rows[i].name, j, got, wanted);
        }
    }
}

static void test_alias_question(void **state)
{
    static const struct {
        const char *name;
        struct answer answer;
        bool wanted;
    } rows[] = {
        {"insecure through an alias", {LOOKUP_NOERROR, 0, 0}, true},
        {"insecure denial through an alias", {LOOKUP_NODATA, 0, 0}, true},
        {"secure through an alias", {LOOKUP_NOERROR, 1, 1}, false},
        {"insecure, no alias", {LOOKUP_NOERROR, 0, -1}, false},
        {"failed", {LOOKUP_SERVFAIL, 0, -1}, false},
        {"failed after an alias", {LOOKUP_CNAME_ERROR, 0, 0}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lookup lookup;
        struct lookup_alias alias;

        make(&lookup, &alias, &rows[i].answer);
        if (walk_needs_cname(&lookup) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
        lookup.type = RECORD_CNAME;
        assert_false(walk_needs_cname(&lookup));
    }
}

static void test_alias_answer(void **state)
{
    static const struct answer secure = {LOOKUP_NOERROR, 1, 1}, insecure = {LOOKUP_NOERROR, 0, 0},
                               failed = {LOOKUP_SERVFAIL, 0, -1},
                               denied = {LOOKUP_NODATA, 1, -1}, plain = {LOOKUP_NOERROR, 0, -1};
    struct lookup lookup, cname;
    struct lookup_alias alias, cname_alias;

    (void)state;
    make(&lookup, &alias, &plain); /* without an alias there is nothing to learn */
    make(&cname, &cname_alias, &secure);
    walk_apply_cname(&lookup, &cname);
    assert_int_equal(walk_tlsa_bases(&lookup, NULL, (const char *[WALK_BASES]){NULL}), 0);
    make(&lookup, &alias, &insecure);
    make(&cname, &cname_alias, &denied); /* a secure "there is no alias" makes none secure */
    walk_apply_cname(&lookup, &cname);
    assert_false(alias.ad);
    make(&cname, &cname_alias, &failed);
    walk_apply_cname(&lookup, &cname);
    assert_false(alias.ad);
    make(&cname, &cname_alias, &insecure);
    walk_apply_cname(&lookup, &cname);
    assert_false(alias.ad);
    make(&cname, &cname_alias, &secure);
    walk_apply_cname(&lookup, &cname);
    assert_true(alias.ad);
    assert_false(lookup.ad);
}

static size_t hosts_of(const struct record *records, size_t count, enum lookup_status status,
                       struct arena *arena, const char ***hosts)
{
    struct lookup mx = {.name = "x.", .owner = "x.", .type = RECORD_MX, .status = status,
                        .ad = true, .records = records, .record_count = count};

    return walk_mx_hosts(&mx, "x.", arena, hosts);
}

static void test_mx(void **state)
{
    static const struct record several[] = {
        {.type = RECORD_MX, .data.mx = {10, "a.x."}},
        {.type = RECORD_MX, .data.mx = {10, "b.x."}},
        {.type = RECORD_MX, .data.mx = {20, "a.x."}},
    };
    static const struct record null[] = {{.type = RECORD_MX, .data.mx = {0, "."}}};
    struct arena arena;
    const char **hosts;

    (void)state;
    arena_init(&arena);
    assert_int_equal(hosts_of(several, 3, LOOKUP_NOERROR, &arena, &hosts), 2);
    assert_string_equal(hosts[0], "a.x.");
    assert_string_equal(hosts[1], "b.x.");
    assert_int_equal(hosts_of(null, 1, LOOKUP_NOERROR, &arena, &hosts), 0);
    assert_int_equal(hosts_of(NULL, 0, LOOKUP_NODATA, &arena, &hosts), 1);
    assert_string_equal(hosts[0], "x.");
    assert_int_equal(hosts_of(NULL, 0, LOOKUP_NXDOMAIN, &arena, &hosts), 0);
    assert_int_equal(hosts_of(NULL, 0, LOOKUP_SERVFAIL, &arena, &hosts), 0);
    arena_fini(&arena);
}

/* What is a null MX, wherever it stands: RFC 7505 section 3. */
static void test_null_mx(void **state)
{
    static const struct record records[] = {
        {.type = RECORD_MX, .data.mx = {10, "a.x."}},
        {.type = RECORD_MX, .data.mx = {20, "."}},
        {.type = RECORD_MX, .data.mx = {0, "."}},
        {.type = RECORD_MX, .data.mx = {0, "."}},
    };
    static const struct {
        size_t first, count;
        bool has, is;
    } rows[] = {{0, 0, false, false}, {0, 1, false, false}, {0, 2, true, false},
                {1, 1, true, false},  {2, 1, true, true},   {2, 2, true, false},
                {0, 4, true, false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lookup mx = {.records = records + rows[i].first, .record_count = rows[i].count};

        assert_int_equal(walk_has_null_mx(&mx), rows[i].has);
        assert_int_equal(walk_is_null_mx(&mx), rows[i].is);
    }
}

static void test_addresses(void **state)
{
    static const struct record v4[] = {{.type = RECORD_A, .data.address = {1, 2, 3, 4, 5}},
                                       {.type = RECORD_A, .data.address = {6, 7, 8, 9, 10}}};
    static const struct record v6[] = {
        {.type = RECORD_AAAA,
         .data.address = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}};
    static const uint8_t wanted[3][16] = {
        {1, 2, 3, 4}, {6, 7, 8, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    struct lookup a = {.type = RECORD_A, .records = v4, .record_count = 2};
    struct lookup aaaa = {.type = RECORD_AAAA, .records = v6, .record_count = 1};
    struct address *addresses;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_int_equal(walk_addresses(&a, NULL, &arena, &addresses), 2);
    assert_int_equal(walk_addresses(&a, &aaaa, &arena, &addresses), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(addresses[i].bytes, wanted[i], 16);
        assert_int_equal(addresses[i].ipv6, i == 2);
        assert_int_equal(addresses[i].end.transport, TRANSPORT_UNTRIED);
        assert_int_equal(addresses[i].after.transport, TRANSPORT_OK);
        assert_false(addresses[i].handshaken);
    }
    arena_fini(&arena);
}

/* The first and the last address, and their neighbours. */
static void check_edges(bool ipv6, const uint8_t prefix[4], unsigned bits, bool out)
{
    uint32_t low = (uint32_t)prefix[0] << 24 | (uint32_t)prefix[1] << 16 |
                   (uint32_t)prefix[2] << 8 | prefix[3];
    uint32_t high = low | (bits < 32 ? UINT32_MAX >> bits : 0);
    const uint32_t tried[] = {low, high, low - 1, high + 1};

    for (size_t i = 0; i < 4; i++) {
        struct address address = {.ipv6 = ipv6};

        for (int j = 0; j < 4; j++)
            address.bytes[j] = (uint8_t)(tried[i] >> (24 - 8 * j));
        memset(address.bytes + 4, i % 2 == 0 ? 0 : 0xff, 12);
        if (i >= 2 && ((i == 2 && low == 0) || (i == 3 && high == UINT32_MAX) || !out))
            continue;
        if (walk_is_reserved(&address) != (i < 2))
            fail_msg("%d.%d.%d.%d/%u: %zu", prefix[0], prefix[1], prefix[2], prefix[3], bits, i);
    }
}

/* IANA's special-purpose registries; `out`: what is beside the prefix is not reserved too. */
static void test_edges(void **state)
{
    static const struct {
        bool ipv6;
        uint8_t prefix[4];
        unsigned bits;
        bool out;
    } rows[] = {
        {false, {0}, 8, true},
        {false, {10}, 8, true},
        {false, {100, 64}, 10, true},
        {false, {127}, 8, true},
        {false, {169, 254}, 16, true},
        {false, {172, 16}, 12, true},
        {false, {192, 0, 0}, 24, true},
        {false, {192, 0, 2}, 24, true},
        {false, {192, 88, 99}, 24, true},
        {false, {192, 168}, 16, true},
        {false, {198, 18}, 15, true},
        {false, {198, 51, 100}, 24, true},
        {false, {203, 0, 113}, 24, true},
        {false, {224}, 4, false},
        {false, {240}, 4, false},
        {true, {0}, 3, false},
        {true, {0x20, 0x01}, 23, false},
        {true, {0x20, 0x01, 0x0d, 0xb8}, 32, true},
        {true, {0x20, 0x02}, 16, true},
        {true, {0x3f, 0xff}, 20, true},
        {true, {0x40}, 2, false},
        {true, {0x80}, 1, false},
    };
    static const struct address global[] = {
        {.bytes = {223, 255, 255, 255}},
        {.ipv6 = true, .bytes = {0x20}},
        {.ipv6 = true, .bytes = {0x20, 0x01, 0x02}},
        {.ipv6 = true, .bytes = {0x3f, 0xff, 0x10}},
        {.ipv6 = true, .bytes = {0x3f, 0xff, 0xff, 0xff, 0xff}},
        {.ipv6 = true, .bytes = {0x30}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_edges(rows[i].ipv6, rows[i].prefix, rows[i].bits, rows[i].out);
    for (size_t i = 0; i < sizeof global / sizeof *global; i++)
        if (walk_is_reserved(&global[i]))
            fail_msg("global %zu", i);
}

static void test_reserved(void **state)
{
    static const struct {
        const char *name;
        struct address address;
        bool wanted;
    } rows[] = {
        {"127.0.0.1", {.bytes = {127, 0, 0, 1}}, true},
        {"10.255.0.1", {.bytes = {10, 255, 0, 1}}, true},
        {"172.15.0.1", {.bytes = {172, 15, 0, 1}}, false},
        {"172.31.0.1", {.bytes = {172, 31, 0, 1}}, true},
        {"172.32.0.1", {.bytes = {172, 32, 0, 1}}, false},
        {"100.64.0.1", {.bytes = {100, 64, 0, 1}}, true},
        {"100.128.0.1", {.bytes = {100, 128, 0, 1}}, false},
        {"192.0.2.1", {.bytes = {192, 0, 2, 1}}, true},
        {"192.31.195.255", {.bytes = {192, 31, 195, 255}}, false},
        {"192.31.196.0", {.bytes = {192, 31, 196, 0}}, true},
        {"192.31.196.255", {.bytes = {192, 31, 196, 255}}, true},
        {"192.31.197.0", {.bytes = {192, 31, 197, 0}}, false},
        {"192.52.192.255", {.bytes = {192, 52, 192, 255}}, false},
        {"192.52.193.0", {.bytes = {192, 52, 193, 0}}, true},
        {"192.52.193.255", {.bytes = {192, 52, 193, 255}}, true},
        {"192.52.194.0", {.bytes = {192, 52, 194, 0}}, false},
        {"192.175.47.255", {.bytes = {192, 175, 47, 255}}, false},
        {"192.175.48.0", {.bytes = {192, 175, 48, 0}}, true},
        {"192.175.48.255", {.bytes = {192, 175, 48, 255}}, true},
        {"192.175.49.0", {.bytes = {192, 175, 49, 0}}, false},
        {"8.8.8.8", {.bytes = {8, 8, 8, 8}}, false},
        {"255.255.255.255", {.bytes = {255, 255, 255, 255}}, true},
        {"::1", {.ipv6 = true, .bytes = {[15] = 1}}, true},
        {"fe80::1", {.ipv6 = true, .bytes = {0xfe, 0x80, [15] = 1}}, true},
        {"fd00::1", {.ipv6 = true, .bytes = {0xfd, [15] = 1}}, true},
        {"2001:db8::1", {.ipv6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}}, true},
        {"2002::1 (6to4)", {.ipv6 = true, .bytes = {0x20, 0x02, [15] = 1}}, true},
        {"2a00::1", {.ipv6 = true, .bytes = {0x2a, [15] = 1}}, false},
        {"2001:4860::1", {.ipv6 = true, .bytes = {0x20, 0x01, 0x48, 0x60, [15] = 1}}, false},
        {"2620:4f:7fff:ffff::1",
         {.ipv6 = true, .bytes = {0x26, 0x20, 0x00, 0x4f, 0x7f, 0xff, 0xff, 0xff, [15] = 1}}, false},
        {"2620:4f:8000::", {.ipv6 = true, .bytes = {0x26, 0x20, 0x00, 0x4f, 0x80}}, true},
        {"2620:4f:8000:ffff::1",
         {.ipv6 = true, .bytes = {0x26, 0x20, 0x00, 0x4f, 0x80, 0x00, 0xff, 0xff, [15] = 1}}, true},
        {"2620:4f:8001::1",
         {.ipv6 = true, .bytes = {0x26, 0x20, 0x00, 0x4f, 0x80, 0x01, [15] = 1}}, false},
        {"::ffff:8.8.8.8", {.ipv6 = true, .bytes = {[10] = 0xff, 0xff, 8, 8, 8, 8}}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (walk_is_reserved(&rows[i].address) != rows[i].wanted)
            fail_msg("%s", rows[i].name);
}

static void test_references(void **state)
{
    const char *references[3];
    struct lookup mx = {.name = "alias.x.", .owner = "real.x.", .type = RECORD_MX, .ad = true};

    (void)state;
    assert_int_equal(walk_references(&mx, "alias.x.", "mx.x.", "base.x.", references), 3);
    assert_string_equal(references[0], "base.x.");
    assert_string_equal(references[1], "alias.x.");
    assert_string_equal(references[2], "real.x.");
    mx.owner = "alias.x.";
    assert_int_equal(walk_references(&mx, "alias.x.", "mx.x.", "base.x.", references), 2);
    assert_int_equal(walk_references(&mx, "alias.x.", "alias.x.", "alias.x.", references), 1);
    mx.ad = false; /* RFC 7672 section 3.2.2: the MX host name is the only one */
    assert_int_equal(walk_references(&mx, "alias.x.", "mx.x.", "base.x.", references), 1);
    assert_string_equal(references[0], "mx.x.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bases),        cmocka_unit_test(test_alias_question),
        cmocka_unit_test(test_alias_answer), cmocka_unit_test(test_mx),
        cmocka_unit_test(test_null_mx),      cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_reserved),     cmocka_unit_test(test_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

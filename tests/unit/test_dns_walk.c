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
                               failed = {LOOKUP_SERVFAIL, 0, -1};
    struct lookup lookup, cname;
    struct lookup_alias alias, cname_alias;

    (void)state;
    make(&lookup, &alias, &insecure);
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
        cmocka_unit_test(test_reserved),     cmocka_unit_test(test_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

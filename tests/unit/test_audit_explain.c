/* Which questions are asked to explain several look-ups; the resolver is stood in for. */
#include "audit/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dns/resolver.h"

static const struct record one_record[1];

/* The question that waits for its answer. */
static struct {
    struct lookup *lookup;
    resolver_callback *callback;
    void *argument;
    size_t asked;
} question;

void __wrap_resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                         enum record_type type, struct lookup **lookup,
                         resolver_callback *callback, void *argument);

void __wrap_resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                         enum record_type type, struct lookup **lookup,
                         resolver_callback *callback, void *argument)
{
    (void)resolver;
    assert_null(question.lookup);
    *lookup = arena_new(arena, 1, sizeof **lookup);
    **lookup = (struct lookup){.name = name, .owner = name, .type = type, .status = LOOKUP_NODATA};
    question.lookup = *lookup;
    question.callback = callback;
    question.argument = argument;
    question.asked++;
}

static struct lookup make(const char *name, enum record_type type, bool ad, size_t records)
{
    return (struct lookup){.name = name, .owner = name, .type = type, .ad = ad,
                           .status = records > 0 ? LOOKUP_NOERROR : LOOKUP_NODATA,
                           .records = one_record, .record_count = records};
}

/* x. has a secure DS and insecure keys, y. securely no DS; everything else is insecurely denied. */
static void give_answer(void)
{
    struct lookup *lookup = question.lookup;
    bool x = strcmp(lookup->name, "x.") == 0;

    if (strcmp(lookup->name, "silent.") == 0)
        lookup->status = LOOKUP_TIMEOUT;

    if (x)
        *lookup = make("x.", lookup->type, lookup->type == RECORD_DS, 1);
    lookup->ad |= strcmp(lookup->name, "y.") == 0;
    question.lookup = NULL;
    question.callback(question.argument);
}

static void on_done(void *argument)
{
    ++*(int *)argument;
}

static void explain(struct arena *arena, struct lookup *const *lookups, size_t count,
                    size_t questions)
{
    int done = 0;

    memset(&question, 0, sizeof question);
    if (explain_lookups(NULL, arena, lookups, count, on_done, &done)) {
        assert_int_equal(done, 0);
        while (question.lookup != NULL) {
            assert_int_equal(done, 0);
            give_answer();
        }
        assert_int_equal(done, 1);
    }
    assert_int_equal(done, question.asked > 0);
    assert_int_equal(question.asked, questions);
}

/* What the domain's own look-ups say already is not asked for. */
static void test_domain(void **state)
{
    struct lookup ds = make("x.", RECORD_DS, true, 1), keys = make("x.", RECORD_DNSKEY, false, 1);
    struct lookup mx = make("x.", RECORD_MX, false, 1);
    struct lookup *lookups[] = {&ds, &keys, &mx};
    struct arena arena;

    (void)state;
    arena_init(&arena);
    explain(&arena, lookups, 3, 0);
    assert_null(ds.zone_ds);
    assert_ptr_equal(keys.zone_ds, &ds);
    assert_ptr_equal(mx.zone_ds, &ds);
    ds = make("y.", RECORD_DS, true, 0); /* unsigned */
    keys = make("y.", RECORD_DNSKEY, false, 0);
    mx = make("y.", RECORD_MX, false, 1);
    explain(&arena, lookups, 3, 0);
    assert_null(keys.zone_ds);
    assert_null(mx.zone_ds);
    ds = make("x.", RECORD_DS, true, 1); /* all is well */
    keys = make("x.", RECORD_DNSKEY, true, 1);
    mx = make("x.", RECORD_MX, true, 1);
    explain(&arena, lookups, 3, 0);
    arena_fini(&arena);
}

/* A name that is no zone of its own: above it is asked, once for all three. */
static void test_below(void **state)
{
    struct lookup ds = make("a.x.", RECORD_DS, false, 0);
    struct lookup keys = make("a.x.", RECORD_DNSKEY, false, 0);
    struct lookup mx = make("a.x.", RECORD_MX, false, 1);
    struct lookup *lookups[] = {&ds, &keys, &mx};
    struct arena arena;

    (void)state;
    arena_init(&arena);
    explain(&arena, lookups, 3, 2);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(lookups[i]->zone_ds->name, "x.");
    arena_fini(&arena);
}

static void test_host(void **state)
{
    struct lookup_alias alias = {"_25._tcp.mx.z.", "t.x.", true, 1};
    struct lookup a = make("mx.x.", RECORD_A, false, 1);
    struct lookup aaaa = make("mx.x.", RECORD_AAAA, false, 0);
    struct lookup tlsa = make("_25._tcp.mx.z.", RECORD_TLSA, false, 1);
    struct lookup *lookups[] = {&a, &aaaa, NULL};
    struct arena arena;

    (void)state;
    arena_init(&arena);
    explain(&arena, lookups, 3, 3); /* DS mx.x., DS x., DNSKEY x. */
    assert_string_equal(a.zone_ds->name, "x.");
    assert_ptr_equal(aaaa.zone_ds, a.zone_ds);
    aaaa = make("mx.x.", RECORD_AAAA, false, 0);
    aaaa.status = LOOKUP_SERVFAIL;
    a = make("mx.y.", RECORD_A, false, 1);
    tlsa.aliases = &alias;
    tlsa.alias_count = 1;
    tlsa.owner = "t.x.";
    lookups[2] = &tlsa;
    explain(&arena, lookups, 3, 2 + 3); /* each of A and TLSA by itself */
    assert_null(a.zone_ds);
    assert_null(aaaa.zone_ds);
    assert_string_equal(tlsa.zone_ds->name, "x.");
    tlsa.name = a.name; /* the same name by another way */
    lookups[1] = NULL;
    explain(&arena, lookups, 3, 2 + 3);
    assert_null(a.zone_ds);
    assert_string_equal(tlsa.zone_ds->name, "x.");
    arena_fini(&arena);
}

/* What a zone can cost has one limit for all its look-ups; one that does not answer is left alone. */
static void test_cost(void **state)
{
    static const char name[] = "a.a.a.a.a.a.a.a.a.a.a.a.x.";
    struct lookup_alias alias = {"b.x.", name, false, 1};
    struct lookup a = make(name, RECORD_A, false, 1), aaaa = make("b.x.", RECORD_AAAA, false, 1);
    struct lookup tlsa = make("c.x.", RECORD_TLSA, false, 1);
    struct lookup *lookups[] = {&a, &aaaa, &tlsa};
    struct arena arena;

    (void)state;
    arena_init(&arena);
    aaaa.aliases = &alias;
    aaaa.alias_count = 1;
    aaaa.owner = name;
    explain(&arena, lookups, 3, LIMIT_ZONE_QUESTIONS);
    assert_string_equal(a.zone_ds->name, "x."); /* with 14 */
    assert_null(aaaa.zone_ds);                  /* which needs 3 */
    assert_null(tlsa.zone_ds);
    a = make("silent.", RECORD_A, false, 1);
    aaaa = make("b.x.", RECORD_AAAA, false, 1);
    explain(&arena, lookups, 3, 1);
    assert_null(aaaa.zone_ds);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_cost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

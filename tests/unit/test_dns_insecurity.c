/* Why an answer is insecure: each row is a tree of zones, what is asked of it, what comes out. */
#include "dns/insecurity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"

/* What a resolver says: of all other names an insecure denial. */
struct fact {
    const char *name;
    enum record_type type;
    enum lookup_status status;
    bool ad;
    bool alias; /* a chain of its own */
};

#define DS(name, ad) {name, RECORD_DS, LOOKUP_NOERROR, ad, false}
#define NO_DS(name, ad) {name, RECORD_DS, LOOKUP_NODATA, ad, false}
#define KEYS(name, ad) {name, RECORD_DNSKEY, LOOKUP_NOERROR, ad, false}

enum { FACTS = 8, LINKS = 3 };

static const struct row {
    const char *name;
    const char *chain[LINKS]; /* the name asked, then the targets */
    bool first_ad;            /* of the first alias */
    struct fact facts[FACTS];
    const char *zone;      /* NULL: nothing is known */
    const char *questions; /* the names, those of keys in brackets */
} rows[] = {
    {"an unknown algorithm", {"x.lab."}, 0, {DS("x.lab.", 1), KEYS("x.lab.", 0)}, "x.lab.",
     "x.lab. [x.lab.]"},
    {"a host there", {"mx.x.lab."}, 0, {DS("x.lab.", 1), KEYS("x.lab.", 0)}, "x.lab.",
     "mx.x.lab. x.lab. [x.lab.]"},
    {"the zone above it", {"mx.x.lab."}, 0, {DS("x.lab.", 0), DS("lab.", 1), KEYS("lab.", 0)},
     "lab.", "mx.x.lab. x.lab. lab. [lab.]"},
    {"keys denied", {"x.lab."}, 0,
     {DS("x.lab.", 1), {"x.lab.", RECORD_DNSKEY, LOOKUP_NODATA, 0, 0}}, "x.lab.",
     "x.lab. [x.lab.]"},
    {"an unsigned zone", {"x.lab."}, 0, {NO_DS("x.lab.", 1)}, NULL, "x.lab."},
    {"a host there", {"mx.x.lab."}, 0, {NO_DS("x.lab.", 1)}, NULL, "mx.x.lab. x.lab."},
    {"a secure zone whose denials are insecure", {"a.x.lab."}, 0,
     {DS("x.lab.", 1), KEYS("x.lab.", 1)}, NULL, "a.x.lab. x.lab. [x.lab.]"},
    {"an unsigned zone below an unknown algorithm", {"a.x.lab."}, 0,
     {DS("lab.", 1), KEYS("lab.", 0)}, "lab.", "a.x.lab. x.lab. lab. [lab.]"},
    {"a DS that fails", {"x.lab."}, 0, {{"x.lab.", RECORD_DS, LOOKUP_SERVFAIL, 0, 0}}, NULL,
     "x.lab."},
    {"a DS above that fails", {"a.x.lab."}, 0, {{"x.lab.", RECORD_DS, LOOKUP_TIMEOUT, 0, 0}}, NULL,
     "a.x.lab. x.lab."},
    {"keys that fail", {"x.lab."}, 0,
     {DS("x.lab.", 1), {"x.lab.", RECORD_DNSKEY, LOOKUP_SERVFAIL, 0, 0}}, NULL, "x.lab. [x.lab.]"},
    {"nothing is secure", {"a.x.lab."}, 0, {DS("lab.", 0)}, NULL, "a.x.lab. x.lab. lab."},
    {"the root", {"."}, 0, {{0}}, NULL, ""},
    {"a TLD", {"lab."}, 0, {DS("lab.", 1), KEYS("lab.", 0)}, "lab.", "lab. [lab.]"},
    {"an insecure alias", {"a.x.lab.", "b.y.lab."}, 0, {DS("x.lab.", 1), KEYS("x.lab.", 0)},
     "x.lab.", "a.x.lab. x.lab. [x.lab.]"},
    {"a secure alias", {"a.x.lab.", "b.y.lab."}, 1, {DS("y.lab.", 1), KEYS("y.lab.", 0)},
     "y.lab.", "b.y.lab. y.lab. [y.lab.]"},
    {"the alias behind a secure one", {"a.x.lab.", "b.y.lab.", "c.z.lab."}, 1,
     {NO_DS("b.y.lab.", 1), DS("z.lab.", 1), KEYS("z.lab.", 0)}, "z.lab.",
     "b.y.lab. c.z.lab. z.lab. [z.lab.]"},
    {"an alias in an unsigned zone before it", {"a.x.lab.", "b.y.lab.", "c.z.lab."}, 1,
     {NO_DS("y.lab.", 1), DS("z.lab.", 1), KEYS("z.lab.", 0)}, NULL, "b.y.lab. y.lab."},
    {"a DS that is another's", {"a.x.lab."}, 0,
     {{"a.x.lab.", RECORD_DS, LOOKUP_NOERROR, 1, true}, KEYS("a.x.lab.", 0)}, NULL, "a.x.lab."},
};

static struct lookup answers[LIMIT_ZONE_QUESTIONS + 1];
static struct lookup_alias one_alias[1];
static const struct record one_record[1];

static const struct lookup *answer(const struct row *row, const struct insecurity *insecurity,
                                   size_t index)
{
    struct lookup *lookup = &answers[index];

    *lookup = (struct lookup){.name = insecurity->name, .owner = insecurity->name,
                              .type = insecurity->type, .status = LOOKUP_NODATA};
    for (size_t i = 0; i < FACTS && row->facts[i].name != NULL; i++) {
        const struct fact *fact = &row->facts[i];

        if (fact->type != insecurity->type || strcmp(fact->name, insecurity->name) != 0)
            continue;
        lookup->status = fact->status;
        lookup->ad = fact->ad;
        lookup->records = one_record;
        lookup->record_count = fact->status == LOOKUP_NOERROR;
        lookup->aliases = one_alias;
        lookup->alias_count = fact->alias;
    }
    return lookup;
}

static struct lookup insecure(const struct row *row, struct lookup_alias aliases[LINKS])
{
    struct lookup lookup = {.name = row->chain[0], .owner = row->chain[0], .type = RECORD_A,
                            .status = LOOKUP_NOERROR, .records = one_record, .record_count = 1,
                            .aliases = aliases};

    for (size_t i = 1; i < LINKS && row->chain[i] != NULL; i++) {
        aliases[i - 1] = (struct lookup_alias){row->chain[i - 1], row->chain[i],
                                               i == 1 && row->first_ad, 1};
        lookup.alias_count++;
        lookup.owner = row->chain[i];
    }
    return lookup;
}

static void check_row(const struct row *row)
{
    struct lookup_alias aliases[LINKS];
    struct lookup lookup = insecure(row, aliases);
    struct insecurity insecurity;
    struct buffer questions;
    size_t count = 0;
    bool more = insecurity_begin(&insecurity, &lookup);

    buffer_init(&questions, 0);
    buffer_puts(&questions, "");
    while (more) {
        assert_true(count <= LIMIT_ZONE_QUESTIONS);
        buffer_printf(&questions, insecurity.type == RECORD_DNSKEY ? "%s[%s]" : "%s%s",
                      count > 0 ? " " : "", insecurity.name);
        more = insecurity_take(&insecurity, answer(row, &insecurity, count));
        count++;
    }
    if (strcmp(questions.length > 0 ? questions.data : "", row->questions) != 0)
        fail_msg("%s: asked %s", row->name, questions.data);
    if (strcmp(insecurity.ds != NULL ? insecurity.ds->name : "none",
               row->zone != NULL ? row->zone : "none") != 0)
        fail_msg("%s: %s", row->name, insecurity.ds != NULL ? insecurity.ds->name : "none");
    buffer_fini(&questions);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

/* What is secure, or an error, has nothing to explain. */
static void test_begin(void **state)
{
    struct lookup lookup = {.name = "x.", .owner = "x.", .status = LOOKUP_NODATA};
    struct insecurity insecurity;

    (void)state;
    assert_true(insecurity_begin(&insecurity, &lookup));
    lookup.ad = true;
    assert_false(insecurity_begin(&insecurity, &lookup));
    assert_null(insecurity.ds);
    lookup.ad = false;
    lookup.status = LOOKUP_SERVFAIL;
    assert_false(insecurity_begin(&insecurity, &lookup));
    assert_false(insecurity_is_of(NULL));
}

/* A name of many labels, and aliases beside them: the questions have one limit. */
static void test_limit(void **state)
{
    struct lookup_alias aliases[2 * LIMIT_ZONE_QUESTIONS];
    struct lookup lookup = {.name = "x.", .type = RECORD_A, .status = LOOKUP_NODATA,
                            .aliases = aliases};
    struct lookup denial = {.type = RECORD_DS, .status = LOOKUP_NODATA};
    struct insecurity insecurity;
    char name[2 * 2 * LIMIT_ZONE_QUESTIONS + 1] = "";

    (void)state;
    for (size_t i = 0; i < 2 * LIMIT_ZONE_QUESTIONS; i++)
        memcpy(name + 2 * i, "a.", 3);
    for (int aliased = 0; aliased < 2; aliased++) {
        size_t count = 1;

        lookup.name = lookup.owner = name;
        lookup.alias_count = aliased ? 2 * LIMIT_ZONE_QUESTIONS : 0;
        for (size_t i = 0; i < lookup.alias_count; i++)
            aliases[i] = (struct lookup_alias){name, name, false, 1};
        denial.ad = aliased;
        assert_true(insecurity_begin(&insecurity, &lookup));
        while (insecurity_take(&insecurity, &denial))
            count++;
        assert_int_equal(count, LIMIT_ZONE_QUESTIONS);
        assert_null(insecurity.ds);
    }
}

/* A DS that comes as the last answer that may be taken: its keys are not asked. */
static void test_limit_at_ds(void **state)
{
    struct lookup lookup = {.type = RECORD_A, .status = LOOKUP_NODATA};
    struct lookup denial = {.type = RECORD_DS, .status = LOOKUP_NODATA};
    struct lookup ds = {.type = RECORD_DS, .status = LOOKUP_NOERROR, .ad = true,
                        .records = one_record, .record_count = 1};
    struct insecurity insecurity;
    char name[2 * 2 * LIMIT_ZONE_QUESTIONS + 1] = "";

    (void)state;
    for (size_t i = 0; i < 2 * LIMIT_ZONE_QUESTIONS; i++)
        memcpy(name + 2 * i, "a.", 3);
    lookup.name = lookup.owner = name;
    assert_true(insecurity_begin(&insecurity, &lookup));
    for (size_t i = 1; i < LIMIT_ZONE_QUESTIONS; i++)
        assert_true(insecurity_take(&insecurity, &denial));
    assert_false(insecurity_take(&insecurity, &ds));
    assert_null(insecurity.ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_begin),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_at_ds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

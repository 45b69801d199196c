/*
 * A finished domain on its way: judged once, compared with the last run, reported, remembered. The
 * linker puts the output, the state and the judge under the test's hand.
 */
#include "cli/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OTHER_STATUS = 77, NAGIOS_UNKNOWN = 3 };

static struct script { /* what the stand-ins return */
    bool no_state, no_output, no_add, no_publish, close_fails;
    enum run_report_status report;
    size_t gone;
} script;

/* o O: state, output opened; j: judged; ?: compared; r, R: reported, with a change; +: added;
 * g: gone; c: output closed; p: published; f: state freed; each in order. */
static char order[64];
static const struct domain *reported;

bool __wrap_output_open(struct output *output, const struct report_format *format,
                        const struct report_options *options, const char *name,
                        struct failure *failure);
enum run_report_status __wrap_output_report(struct output *output, const struct domain *domain,
                                            const struct change *change, struct failure *failure);
void __wrap_output_gone(struct output *output, const char *name, const struct standing *was);
int __wrap_output_close(struct output *output, const struct report_sum *sum, int status,
                        struct failure *failure);
struct state *__wrap_state_open(const char *option, const char *path, struct failure *failure);
void __wrap_state_free(struct state *state);
struct change __wrap_state_compare(struct state *state, const struct domain *domain);
bool __wrap_state_add(struct state *state, const struct domain *domain, struct failure *failure);
const char *__wrap_state_next_gone(const struct state *state, size_t *next, struct standing *was);
bool __wrap_state_publish(struct state *state, struct failure *failure);
void __wrap_findings_find(struct domain *domain, const struct findings_rules *rules,
                          struct arena *arena);

static void did(char what)
{
    size_t length = strlen(order);

    assert_true(length < sizeof order - 1);
    order[length] = what;
}

static struct state *the_state(void)
{
    return (struct state *)order; /* any address but NULL */
}

bool __wrap_output_open(struct output *output, const struct report_format *format,
                        const struct report_options *options, const char *name,
                        struct failure *failure)
{
    did('O');
    (void)format;
    (void)options;
    (void)name;
    memset(output, 0, sizeof *output);
    return !script.no_output || failure_set(failure, "no output");
}

enum run_report_status __wrap_output_report(struct output *output, const struct domain *domain,
                                            const struct change *change, struct failure *failure)
{
    (void)output;
    did(change != NULL ? 'R' : 'r');
    if (change != NULL)
        assert_int_equal(change->kind, CHANGE_WORSE);
    reported = domain;
    if (script.report == RUN_REPORT_FAILED)
        failure_set(failure, "no report");
    return script.report;
}

void __wrap_output_gone(struct output *output, const char *name, const struct standing *was)
{
    did('g');
    (void)output;
    assert_string_equal(name, "gone.x");
    assert_int_equal(was->count, 5);
}

int __wrap_output_close(struct output *output, const struct report_sum *sum, int status,
                        struct failure *failure)
{
    did('c');
    (void)output;
    (void)sum;
    if (!script.close_fails)
        return status;
    failure_set(failure, "x"); /* one byte is a text */
    return OTHER_STATUS;
}

struct state *__wrap_state_open(const char *option, const char *path, struct failure *failure)
{
    did('o');
    assert_string_equal(option, "--state");
    assert_string_equal(path, "file");
    if (!script.no_state)
        return the_state();
    failure_set(failure, "no state");
    return NULL;
}

void __wrap_state_free(struct state *state)
{
    if (state != NULL)
        did('f');
}

struct change __wrap_state_compare(struct state *state, const struct domain *domain)
{
    did('?');
    assert_ptr_equal(state, the_state());
    assert_int_equal(domain->finding_count, 7); /* judged */
    return (struct change){.kind = CHANGE_WORSE};
}

bool __wrap_state_add(struct state *state, const struct domain *domain, struct failure *failure)
{
    did('+');
    assert_ptr_equal(state, the_state());
    assert_int_equal(domain->finding_count, 7);
    return !script.no_add || failure_set(failure, "no add");
}

const char *__wrap_state_next_gone(const struct state *state, size_t *next, struct standing *was)
{
    assert_ptr_equal(state, the_state());
    if ((*next)++ >= script.gone)
        return NULL;
    *was = (struct standing){.count = 5};
    return "gone.x";
}

bool __wrap_state_publish(struct state *state, struct failure *failure)
{
    did('p');
    assert_ptr_equal(state, the_state());
    return !script.no_publish || failure_set(failure, "no publish");
}

/* The arena is used, so that one which is not emptied is a leak. */
void __wrap_findings_find(struct domain *domain, const struct findings_rules *rules,
                          struct arena *arena)
{
    did('j');
    assert_int_equal(rules->warn_days, 14);
    arena_dup(arena, "what a judge keeps");
    assert_int_equal(domain->finding_count, 0);
    domain->finding_count = 7;
}

struct world {
    struct options options;
    struct delivery delivery;
    struct failure failure;
};

static bool begin(struct world *world, bool findings, bool state, bool changes, const char *format)
{
    memset(order, 0, sizeof order);
    *world = (struct world){
        .options = {.format = report_format_find(format), .plan.findings = findings,
                    .rules.warn_days = 14, .state = state ? "file" : NULL, .changes = changes}};
    return delivery_open(&world->delivery, &world->options, &world->failure);
}

static enum run_report_status report(struct world *world, const struct domain *facts)
{
    return delivery_report(&world->delivery, facts, &world->failure);
}

static int end(struct world *world, bool whole, int status)
{
    const struct report_sum sum = {.whole = whole};

    return delivery_close(&world->delivery, &sum, status, &world->failure);
}

static void test_open(void **state)
{
    struct world world;

    (void)state;
    script = (struct script){.no_output = true};
    assert_false(begin(&world, true, true, false, "json"));
    assert_string_equal(order, "oOf");
    assert_string_equal(world.failure.text, "no output");
    script = (struct script){.no_state = true};
    assert_false(begin(&world, true, true, false, "json"));
    assert_string_equal(order, "o");
    assert_string_equal(world.failure.text, "no state");
    script = (struct script){0};
    assert_true(begin(&world, true, false, false, "json"));
    assert_string_equal(order, "O");
    assert_int_equal(end(&world, true, 1), 1);
    assert_string_equal(order, "Oc");
}

/* The judge is asked where somebody wants findings; the audit's facts stay as they are. */
static void test_judged(void **state)
{
    const struct domain facts[2] = {{.input = "a"}, {.input = "b"}};
    struct world world;

    (void)state;
    script = (struct script){.report = RUN_REPORTED};
    assert_true(begin(&world, false, false, false, "trace"));
    assert_int_equal(report(&world, &facts[0]), RUN_REPORTED);
    assert_ptr_equal(reported, &facts[0]);
    assert_int_equal(end(&world, true, 0), 0);
    assert_string_equal(order, "Orc");
    assert_true(begin(&world, true, false, false, "json"));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(report(&world, &facts[i]), RUN_REPORTED);
        assert_string_equal(reported->input, facts[i].input);
        assert_int_equal(reported->finding_count, 7);
        assert_int_equal(facts[i].finding_count, 0);
    }
    assert_int_equal(report(&world, &facts[1]), RUN_REPORTED); /* the same place, another domain */
    assert_int_equal(end(&world, true, 1), 1);
    assert_string_equal(order, "Ojrjrjrc");
}

/* A reader that pauses: the domain is judged once, and added when all of it is written. */
static void test_later(void **state)
{
    const struct domain facts = {.input = "a"};
    struct world world;

    (void)state;
    script = (struct script){.report = RUN_REPORT_LATER};
    assert_true(begin(&world, true, true, false, "json"));
    assert_int_equal(report(&world, &facts), RUN_REPORT_LATER);
    assert_int_equal(report(&world, &facts), RUN_REPORT_LATER);
    script.report = RUN_REPORTED;
    assert_int_equal(report(&world, &facts), RUN_REPORTED);
    assert_string_equal(order, "oOj?r?r?r+");
    script.report = RUN_REPORT_LATER;
    assert_int_equal(report(&world, &facts), RUN_REPORT_LATER);
    assert_int_equal(end(&world, false, 143), 143); /* cut off in the middle: nothing is published */
    assert_string_equal(order, "oOj?r?r?r+j?rcf");
}

static void test_failures(void **state)
{
    const struct domain facts = {.input = "a"};
    struct world world;

    (void)state;
    script = (struct script){.report = RUN_REPORT_FAILED};
    assert_true(begin(&world, true, true, false, "json"));
    assert_int_equal(report(&world, &facts), RUN_REPORT_FAILED);
    assert_string_equal(world.failure.text, "no report");
    assert_int_equal(end(&world, false, 2), 2);
    assert_string_equal(order, "oOj?rcf");
    script = (struct script){.report = RUN_REPORTED, .no_add = true};
    assert_true(begin(&world, true, true, false, "json"));
    assert_int_equal(report(&world, &facts), RUN_REPORT_FAILED);
    assert_string_equal(world.failure.text, "no add");
    assert_int_equal(end(&world, false, 2), 2);
    assert_string_equal(order, "oOj?r+cf");
}

static const struct close_row {
    const char *name;
    struct script script;
    bool state, changes, whole;
    const char *format;
    int wanted;
    const char *order;
} close_rows[] = {
    {"no state", {.gone = 2}, false, false, true, "json", 1, "Oc"},
    {"a state", {.gone = 2}, true, false, true, "json", 1, "oOcpf"},
    {"changes", {.gone = 2}, true, true, true, "json", 1, "oOggcpf"},
    {"nothing gone", {.gone = 0}, true, true, true, "json", 1, "oOcpf"},
    {"a run that was cut", {.gone = 2}, true, true, false, "json", 1, "oOcf"},
    {"the output fails", {.close_fails = true}, true, false, true, "json", OTHER_STATUS, "oOcf"},
    {"the state fails", {.no_publish = true}, true, false, true, "json", 2, "oOcpf"},
    {"the state fails, nagios", {.no_publish = true}, true, false, true, "nagios", NAGIOS_UNKNOWN,
     "oOcpf"},
};

/* The state takes its place after the output, where all was told. */
static void test_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof close_rows / sizeof *close_rows; i++) {
        const struct close_row *row = &close_rows[i];
        struct world world;
        int status;

        script = row->script;
        assert_true(begin(&world, true, row->state, row->changes, row->format));
        status = end(&world, row->whole, 1);
        if (status != row->wanted || strcmp(order, row->order) != 0)
            fail_msg("%s: %d, %s", row->name, status, order);
    }
}

/* With --changes the output is told what changed, else not. */
static void test_changes(void **state)
{
    const struct domain facts = {.input = "a"};
    struct world world;

    (void)state;
    for (unsigned changes = 0; changes < 2; changes++) {
        script = (struct script){.report = RUN_REPORTED};
        assert_true(begin(&world, true, true, changes, "json"));
        assert_int_equal(report(&world, &facts), RUN_REPORTED);
        assert_int_equal(end(&world, true, 0), 0);
        assert_string_equal(order, changes ? "oOj?R+cpf" : "oOj?r+cpf");
    }
}

/* A server that refuses our name is remembered, whoever comes after it. */
static void test_name_refused(void **state)
{
    struct address addresses[2] = {
        {.end = {.transport = TRANSPORT_OK}, .after = {.transport = TRANSPORT_OK}},
        {.end = {.transport = TRANSPORT_REPLY, .state = SMTP_EHLO, .code = 504},
         .after = {.transport = TRANSPORT_OK}}};
    const struct host hosts[2] = {{.addresses = &addresses[0], .address_count = 1},
                                  {.addresses = &addresses[1], .address_count = 1}};
    struct domain_host entries[2] = {{.host = &hosts[0], .address_count = 1},
                                     {.host = &hosts[1], .address_count = 1}};
    const struct domain fine = {.hosts = &entries[0], .host_count = 1},
                        refused = {.hosts = &entries[1], .host_count = 1};
    struct world world;

    (void)state;
    script = (struct script){.report = RUN_REPORTED};
    assert_true(begin(&world, false, false, false, "trace"));
    report(&world, &fine);
    assert_false(world.delivery.name_refused);
    report(&world, &refused);
    assert_true(world.delivery.name_refused);
    report(&world, &fine);
    assert_true(world.delivery.name_refused);
    end(&world, true, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),     cmocka_unit_test(test_judged),
        cmocka_unit_test(test_later),    cmocka_unit_test(test_failures),
        cmocka_unit_test(test_close),    cmocka_unit_test(test_changes),
        cmocka_unit_test(test_name_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

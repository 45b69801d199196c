/*
 * A resolver by table, for the tests of the audit room: the linker puts it in place of
 * dns/resolver's. It keeps what was asked, and answers when the test says so.
 */
#ifndef MXDANE_TESTS_AUDIT_ZONE_H
#define MXDANE_TESTS_AUDIT_ZONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/resolver.h"

enum { ZONE_MOST_RECORDS = 200, ZONE_MOST_QUESTIONS = 64, ZONE_TEXT = 2048 };

/* An answer; a question that no row has is NODATA with AD=1. */
struct zone_row {
    const char *name;
    enum record_type type;
    enum lookup_status status;
    bool ad;
    unsigned count;       /* of the records: numbered, or from `records` */
    const char *target;   /* of an alias at the name; NULL: none */
    bool alias_ad;
    const struct record *records;
};

struct zone_question {
    struct arena *arena;
    struct lookup *lookup;
    resolver_callback *callback;
    void *argument;
};

struct zone {
    const struct zone_row *rows; /* to one without a name */
    struct zone_question questions[ZONE_MOST_QUESTIONS];
    size_t asked, answered;
    char text[ZONE_TEXT]; /* "TYPE name" of all that was asked, each with a semicolon */
};

static struct zone zone; /* of the test that runs */

void __wrap_resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                         enum record_type type, struct lookup **lookup,
                         resolver_callback *callback, void *argument);

void __wrap_resolver_ask(struct resolver *resolver, struct arena *arena, const char *name,
                         enum record_type type, struct lookup **lookup,
                         resolver_callback *callback, void *argument)
{
    size_t used = strlen(zone.text);

    (void)resolver;
    assert_true(zone.asked < ZONE_MOST_QUESTIONS);
    snprintf(zone.text + used, sizeof zone.text - used, "%s %s;", record_type_name(type), name);
    *lookup = arena_new(arena, 1, sizeof **lookup);
    **lookup = (struct lookup){.name = arena_dup(arena, name), .type = type};
    zone.questions[zone.asked++] =
        (struct zone_question){arena, *lookup, callback, argument};
}

static inline void zone_set(const struct zone_row *rows)
{
    memset(&zone, 0, sizeof zone);
    zone.rows = rows;
}

static inline const struct zone_row *zone_find(const struct lookup *question)
{
    static const struct zone_row nothing = {.status = LOOKUP_NODATA, .ad = true};

    for (const struct zone_row *row = zone.rows; row != NULL && row->name != NULL; row++)
        if (strcmp(row->name, question->name) == 0 && row->type == question->type)
            return row;
    return &nothing;
}

/* Records of the type that differ in a number: A 9.9.9.N, which is no reserved address. */
static inline const struct record *zone_records(struct arena *arena, enum record_type type,
                                                unsigned count)
{
    struct record *records = arena_new(arena, count, sizeof *records);

    for (unsigned i = 0; i < count; i++) {
        records[i].type = type;
        if (type == RECORD_A || type == RECORD_AAAA)
            memcpy(records[i].data.address,
                   type == RECORD_A ? (const uint8_t[16]){9, 9, 9}
                                    : (const uint8_t[16]){0x26, 0x20, 0, 0xfe},
                   16);
        records[i].data.address[type == RECORD_A ? 3 : 15] = (uint8_t)(i + 1);
        if (type == RECORD_TLSA)
            records[i].data.tlsa = (struct record_tlsa){3, 1, 1, {NULL, 0}};
    }
    return records;
}

/* The oldest question that is open, or by its number. */
static inline void zone_answer(size_t number)
{
    struct zone_question *question = &zone.questions[number];
    struct lookup *lookup = question->lookup;
    const struct zone_row *row = zone_find(lookup);

    zone.answered++;
    lookup->status = row->status;
    lookup->ad = row->ad;
    lookup->owner = row->target != NULL ? row->target : lookup->name;
    if (row->target != NULL) {
        lookup->aliases = arena_new(question->arena, 1, sizeof *lookup->aliases);
        lookup->aliases[0] = (struct lookup_alias){
            .owner = lookup->name, .target = row->target, .ad = row->alias_ad};
        lookup->alias_count = 1;
    }
    lookup->record_count = row->count;
    lookup->records = row->records != NULL
                          ? row->records
                          : zone_records(question->arena, lookup->type, row->count);
    question->callback(question->argument);
}

/* Everything that is asked, and what is asked for that, in the order of the questions. */
static inline void zone_answer_all(void)
{
    while (zone.answered < zone.asked)
        zone_answer(zone.answered);
}

#endif

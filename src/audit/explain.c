#include "audit/explain.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "dns/insecurity.h"
#include "dns/resolver.h"

struct explanation {
    struct resolver *resolver;
    struct arena *arena;
    struct lookup *lookups[EXPLAIN_LOOKUPS];
    size_t count, at;
    size_t asked; /* of all of them: what a slow zone can cost does not multiply */
    struct insecurity insecurity; /* of the look-up `at` */
    struct lookup *answer;
    void (*done)(void *argument);
    void *argument;
};

static bool same_name(const struct lookup *left, const struct lookup *right)
{
    return left->alias_count == 0 && right->alias_count == 0 &&
           strcmp(left->name, right->name) == 0;
}

/* A and AAAA of a host, MX and DNSKEY of a domain: what holds of one holds of the other. */
static const struct lookup *find_same(const struct explanation *explanation)
{
    const struct lookup *lookup = explanation->lookups[explanation->at];

    for (size_t i = 0; i < explanation->at; i++)
        if (insecurity_is_of(explanation->lookups[i]) &&
            same_name(explanation->lookups[i], lookup))
            return explanation->lookups[i];
    return NULL;
}

static const struct lookup *find_answer(const struct explanation *explanation)
{
    const struct insecurity *insecurity = &explanation->insecurity;

    for (size_t i = 0; i < explanation->count; i++) {
        const struct lookup *lookup = explanation->lookups[i];

        if (lookup != NULL && lookup->type == insecurity->type &&
            strcmp(lookup->name, insecurity->name) == 0)
            return lookup;
    }
    return NULL;
}

static void on_answer(void *argument);

/*
 * Goes on with the look-up `at` as far as answers are known. True: one has to be waited for. What is
 * not known in the end is not explained.
 */
static bool ask(struct explanation *explanation)
{
    struct insecurity *insecurity = &explanation->insecurity;
    const struct lookup *known;

    while ((known = find_answer(explanation)) != NULL)
        if (!insecurity_take(insecurity, known))
            return false;
    if (explanation->asked++ == LIMIT_ZONE_QUESTIONS) {
        explanation->count = explanation->at + 1;
        insecurity->ds = NULL;
        return false;
    }
    resolver_ask(explanation->resolver, explanation->arena, insecurity->name, insecurity->type,
                 &explanation->answer, on_answer, explanation);
    return true;
}

static void keep(struct explanation *explanation)
{
    explanation->lookups[explanation->at++]->zone_ds = explanation->insecurity.ds;
}

/* From the look-up `at` on. True: an answer has to be waited for. */
static bool explain(struct explanation *explanation)
{
    while (explanation->at < explanation->count) {
        struct lookup *lookup = explanation->lookups[explanation->at];
        const struct lookup *same = insecurity_is_of(lookup) ? find_same(explanation) : NULL;

        if (same != NULL) {
            lookup->zone_ds = same->zone_ds;
        } else if (insecurity_begin(&explanation->insecurity, lookup)) {
            if (ask(explanation))
                return true;
            keep(explanation);
            continue;
        }
        explanation->at++;
    }
    return false;
}

static void on_answer(void *argument)
{
    struct explanation *explanation = argument;

    if (explanation->answer->status == LOOKUP_TIMEOUT)
        explanation->count = explanation->at + 1; /* nor will it answer about the others */
    if (insecurity_take(&explanation->insecurity, explanation->answer) && ask(explanation))
        return;
    keep(explanation);
    if (!explain(explanation))
        explanation->done(explanation->argument);
}

bool explain_lookups(struct resolver *resolver, struct arena *arena, struct lookup *const *lookups,
                     size_t count, void (*done)(void *argument), void *argument)
{
    struct explanation *explanation = arena_new(arena, 1, sizeof *explanation);

    assert(count <= EXPLAIN_LOOKUPS);
    memcpy(explanation->lookups, lookups, count * sizeof *lookups);
    explanation->count = count;
    explanation->resolver = resolver;
    explanation->arena = arena;
    explanation->done = done;
    explanation->argument = argument;
    return explain(explanation);
}

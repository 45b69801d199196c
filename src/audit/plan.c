#include "audit/plan.h"

#include <string.h>
#include <strings.h>

static bool same_host(const char *option, const char *name, size_t length)
{
    size_t given = strlen(option);

    if (given > 1 && option[given - 1] == '.')
        given--;
    return given == length && strncasecmp(option, name, length) == 0;
}

/* Without the trailing dot, as users write it. */
static size_t length_of(const char *name)
{
    size_t length = strlen(name);

    return length > 1 ? length - 1 : length;
}

static bool is_only(const struct plan *plan, const char *name, size_t length)
{
    return plan->only != NULL && pattern_matches(plan->only, name, length, true);
}

static bool is_skipped(const struct plan *plan, const char *name, size_t length)
{
    return plan->skip != NULL && pattern_matches(plan->skip, name, length, false);
}

void plan_meet(const struct plan *plan, const char *name, struct plan_met *met)
{
    size_t length = length_of(name);

    for (size_t i = 0; i < plan->down_count; i++)
        met->down[i] |= same_host(plan->down[i], name, length);
    met->only |= is_only(plan, name, length);
    met->skip |= is_skipped(plan, name, length);
}

static bool is_down(const struct plan *plan, const char *name, size_t length)
{
    for (size_t i = 0; i < plan->down_count; i++)
        if (same_host(plan->down[i], name, length))
            return true;
    return false;
}

bool plan_probes_host(const struct plan *plan, const char *name)
{
    size_t length = length_of(name);

    return is_down(plan, name, length) == plan->down_only &&
           (plan->only == NULL || is_only(plan, name, length)) && !is_skipped(plan, name, length);
}

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

static bool is_down(const struct plan *plan, const char *name, size_t length)
{
    for (size_t i = 0; i < plan->down_count; i++)
        if (same_host(plan->down[i], name, length))
            return true;
    return false;
}

bool plan_probes_host(const struct plan *plan, const char *name)
{
    size_t length = strlen(name);

    if (length > 1)
        length--; /* without the trailing dot, as users write it */
    if (is_down(plan, name, length) != plan->down_only)
        return false;
    if (plan->only != NULL && !pattern_matches(plan->only, name, length, true))
        return false;
    return plan->skip == NULL || !pattern_matches(plan->skip, name, length, false);
}

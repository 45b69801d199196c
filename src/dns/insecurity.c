#include "dns/insecurity.h"

#include <string.h>

#include "base/limits.h"
#include "dns/name.h"

bool insecurity_is_of(const struct lookup *lookup)
{
    return lookup != NULL && !lookup->ad && !lookup_is_error(lookup);
}

/* The root has no DS, and the chain ends with the name that holds the records. */
static bool ask_link(struct insecurity *insecurity, size_t link)
{
    const struct lookup *lookup = insecurity->lookup;

    if (link > lookup->alias_count)
        return false;
    insecurity->link = link;
    insecurity->name = link == 0 ? lookup->name : lookup->aliases[link - 1].target;
    insecurity->type = RECORD_DS;
    insecurity->below = false;
    return strcmp(insecurity->name, ".") != 0;
}

/* An alias that is secure is not where it begins (RFC 7672 section 2.1.3). */
bool insecurity_begin(struct insecurity *insecurity, const struct lookup *lookup)
{
    *insecurity = (struct insecurity){.lookup = lookup};
    return insecurity_is_of(lookup) &&
           ask_link(insecurity, lookup->alias_count > 0 && lookup->aliases[0].ad);
}

static bool ask_parent(struct insecurity *insecurity)
{
    const char *parent = name_parent(insecurity->name);

    insecurity->below = true;
    insecurity->name = parent;
    return parent != NULL && strcmp(parent, ".") != 0;
}

static bool ask_keys(struct insecurity *insecurity, const struct lookup *ds)
{
    insecurity->ds = ds;
    insecurity->type = RECORD_DNSKEY;
    return true;
}

/*
 * A secure denial behind insecure answers is where the unsigned zone begins. At the first name it
 * may as well be of a name that is no zone, so that the next alias has to be looked at.
 */
static bool take_ds(struct insecurity *insecurity, const struct lookup *answer)
{
    if (lookup_is_error(answer))
        return false;
    if (!answer->ad)
        return ask_parent(insecurity);
    if (lookup_has_data(answer) && answer->alias_count == 0)
        return ask_keys(insecurity, answer);
    return !insecurity->below && ask_link(insecurity, insecurity->link + 1);
}

bool insecurity_take(struct insecurity *insecurity, const struct lookup *answer)
{
    if (insecurity->type == RECORD_DNSKEY) {
        if (!insecurity_is_of(answer))
            insecurity->ds = NULL;
        return false;
    }
    if (!take_ds(insecurity, answer))
        return false;
    if (++insecurity->answers < LIMIT_ZONE_QUESTIONS)
        return true;
    insecurity->ds = NULL;
    return false;
}

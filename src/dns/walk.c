#include "dns/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static bool is_null_mx(const struct record *record)
{
    return strcmp(record->data.mx.exchange, ".") == 0;
}

bool walk_has_null_mx(const struct lookup *mx)
{
    for (size_t i = 0; i < mx->record_count; i++)
        if (is_null_mx(&mx->records[i]))
            return true;
    return false;
}

bool walk_is_null_mx(const struct lookup *mx)
{
    return mx->record_count == 1 && is_null_mx(&mx->records[0]) &&
           mx->records[0].data.mx.preference == 0;
}

static bool holds(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

size_t walk_mx_hosts(const struct lookup *mx, const char *domain, struct arena *arena,
                     const char ***hosts)
{
    size_t count = 0;
    const char **names = (const char **)arena_new(arena, mx->record_count + 1, sizeof *names);

    *hosts = names;
    if (mx->record_count == 0 && mx->status == LOOKUP_NODATA)
        names[count++] = domain;
    for (size_t i = 0; i < mx->record_count; i++) {
        const char *exchange = mx->records[i].data.mx.exchange;

        if (!is_null_mx(&mx->records[i]) && !holds(names, count, exchange))
            names[count++] = exchange;
    }
    return count;
}

/* The address answer that decides: A, or AAAA where A holds no address. */
static const struct lookup *deciding(const struct lookup *a, const struct lookup *aaaa)
{
    if (lookup_has_data(a))
        return a;
    return aaaa != NULL && lookup_has_data(aaaa) ? aaaa : NULL;
}

bool walk_needs_cname(const struct lookup *answer)
{
    return answer->type != RECORD_CNAME && !lookup_is_error(answer) && !answer->ad &&
           answer->alias_count > 0;
}

void walk_apply_cname(struct lookup *answer, const struct lookup *cname)
{
    if (answer->alias_count > 0 && cname->alias_count > 0 && cname->ad)
        answer->aliases[0].ad = true;
}

size_t walk_tlsa_bases(const struct lookup *a, const struct lookup *aaaa,
                       const char *bases[WALK_BASES])
{
    const struct lookup *answer = deciding(a, aaaa);
    size_t count = 0;

    if (answer == NULL)
        return 0;
    if (answer->ad)
        bases[count++] = answer->owner;
    if (answer->alias_count > 0 && answer->aliases[0].ad)
        bases[count++] = answer->name;
    return count;
}

size_t walk_addresses(const struct lookup *a, const struct lookup *aaaa, struct arena *arena,
                      struct address **addresses)
{
    size_t total = a->record_count + (aaaa != NULL ? aaaa->record_count : 0);
    struct address *list = arena_new(arena, total, sizeof *list);

    for (size_t i = 0; i < total; i++) {
        bool ipv6 = i >= a->record_count;
        const struct record *record =
            ipv6 ? &aaaa->records[i - a->record_count] : &a->records[i];

        list[i].ipv6 = ipv6;
        list[i].after.transport = TRANSPORT_OK;
        memcpy(list[i].bytes, record->data.address, ipv6 ? 16 : 4);
    }
    *addresses = list;
    return total;
}

struct prefix {
    uint8_t bytes[6];
    unsigned bits;
};

static bool in_prefix(const uint8_t *address, const struct prefix *prefix)
{
    for (unsigned i = 0; i < prefix->bits; i++) {
        uint8_t bit = (uint8_t)(0x80 >> i % 8);

        if ((address[i / 8] & bit) != (prefix->bytes[i / 8] & bit))
            return false;
    }
    return true;
}

static bool in_any(const uint8_t *address, const struct prefix *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (in_prefix(address, &prefixes[i]))
            return true;
    return false;
}

bool walk_is_reserved(const struct address *address)
{
    static const struct prefix ipv4[] = {
        {{0}, 8},           {{10}, 8},          {{100, 64}, 10},     {{127}, 8},
        {{169, 254}, 16},    {{172, 16}, 12},      {{192, 0, 0}, 24},   {{192, 0, 2}, 24},
        {{192, 31, 196}, 24}, {{192, 52, 193}, 24}, {{192, 88, 99}, 24}, {{192, 168}, 16},
        {{192, 175, 48}, 24}, {{198, 18}, 15},      {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
        {{224}, 4},           {{240}, 4},
    };
    static const struct prefix global[] = {{{0x20}, 3}}; /* 2000::/3 is what is routed at all */
    static const struct prefix ipv6[] = {
        {{0x20, 0x01, 0x00, 0x00}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02}, 16},
        {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, {{0x3f, 0xff, 0x00}, 20},
    };

    if (!address->ipv6)
        return in_any(address->bytes, ipv4, sizeof ipv4 / sizeof *ipv4);
    return !in_any(address->bytes, global, 1) ||
           in_any(address->bytes, ipv6, sizeof ipv6 / sizeof *ipv6);
}

static size_t add_reference(const char *references[3], size_t count, const char *name)
{
    if (!holds(references, count, name))
        references[count++] = name;
    return count;
}

size_t walk_references(const struct lookup *mx, const char *domain, const char *host,
                       const char *base, const char *references[3])
{
    size_t count = 0;

    if (!mx->ad) { /* rule: the MX host name is the only identifier */
        references[count++] = host;
        return count;
    }
    references[count++] = base;
    count = add_reference(references, count, domain);
    return add_reference(references, count, mx->owner);
}

#include "anchors.h"

#include <string.h>

#include <getdns/getdns_extra.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/lines.h"

struct wanted { /* what a file is read for */
    const char *what;
    struct {
        uint32_t type;
        const char *field; /* that makes it what it is: getdns takes a record without its RDATA */
    } records[2];
};

static bool is_wanted(const struct wanted *wanted, uint32_t type, const char **field)
{
    for (size_t i = 0; i < 2; i++)
        if (wanted->records[i].type == type) {
            *field = wanted->records[i].field;
            return true;
        }
    return false;
}

static bool add_record(getdns_list *list, const getdns_dict *rr, const struct wanted *wanted)
{
    getdns_bindata *data;
    const char *field;
    uint32_t type;
    size_t count;

    if (getdns_dict_get_int(rr, "type", &type) || getdns_list_get_length(list, &count))
        return false;
    if (!is_wanted(wanted, type, &field))
        return true;
    return count < LIMIT_ANCHORS && getdns_dict_get_bindata(rr, field, &data) == 0 &&
           data->size > 0 && getdns_list_set_dict(list, count, rr) == 0;
}

/*
 * One line: a record of a wanted type goes to the list. False where it is no record.
 * getdns_fp2rr_list reads uninitialised memory in 1.6.0, hence line by line.
 */
static bool read_line(char *line, size_t length, const struct wanted *wanted, getdns_list *list)
{
    getdns_dict *rr = NULL;
    bool good;

    if (length >= LIMIT_ANCHOR_LINE || memchr(line, '\0', length) != NULL)
        return false;
    line[strcspn(line, ";\r\n")] = '\0';
    if (line[strspn(line, " \t")] == '\0')
        return true;
    if (getdns_str2rr_dict(line, &rr, NULL, 3600) != GETDNS_RETURN_GOOD || rr == NULL)
        return false;
    good = add_record(list, rr, wanted);
    getdns_dict_destroy(rr);
    return good;
}

struct reading {
    const struct wanted *wanted;
    getdns_list *list;
    const char *what; /* and which file */
};

static bool read_numbered(void *argument, char *line, size_t length, size_t number,
                          struct failure *failure)
{
    const struct reading *reading = argument;

    return read_line(line, length, reading->wanted, reading->list) ||
           failure_set(failure, "%s: line %zu is no resource record", reading->what, number);
}

static bool read_records(const char *path, struct reading *reading, struct failure *failure)
{
    size_t count = 0;

    if (!lines_read(path, reading->what, read_numbered, reading, failure))
        return false;
    getdns_list_get_length(reading->list, &count);
    return count > 0 || failure_set(failure, "%s: holds no usable record", reading->what);
}

static getdns_list *read_file(const char *path, const struct wanted *wanted,
                              struct failure *failure)
{
    struct reading reading = {.wanted = wanted, .list = getdns_list_create()};
    struct buffer what;
    bool good;

    buffer_init(&what, 0);
    buffer_printf(&what, "%s %s", wanted->what, path);
    reading.what = what.data;
    good = read_records(path, &reading, failure);
    buffer_fini(&what);
    if (good)
        return reading.list;
    getdns_list_destroy(reading.list);
    return NULL;
}

getdns_list *anchors_read(const char *path, struct failure *failure)
{
    static const struct wanted wanted = {
        "trust anchor file",
        {{GETDNS_RRTYPE_DS, "/rdata/digest"}, {GETDNS_RRTYPE_DNSKEY, "/rdata/public_key"}}};

    return read_file(path, &wanted, failure);
}

/* False where getdns cannot take it. */
static bool add_root(getdns_list *roots, size_t index, const getdns_dict *rr)
{
    getdns_bindata *data;
    bool ipv6 = getdns_dict_get_bindata(rr, "/rdata/ipv6_address", &data) == GETDNS_RETURN_GOOD;
    getdns_dict *root;
    bool good;

    if (!ipv6 && getdns_dict_get_bindata(rr, "/rdata/ipv4_address", &data) != GETDNS_RETURN_GOOD)
        return false;
    root = getdns_dict_create();
    good = !getdns_dict_util_set_string(root, "address_type", ipv6 ? "IPv6" : "IPv4") &&
           !getdns_dict_set_bindata(root, "address_data", data) &&
           !getdns_list_set_dict(roots, index, root);
    getdns_dict_destroy(root);
    return good;
}

static bool add_roots(getdns_list *roots, getdns_list *hints)
{
    size_t count = 0;
    bool good = getdns_list_get_length(hints, &count) == GETDNS_RETURN_GOOD;

    for (size_t i = 0; good && i < count; i++) {
        getdns_dict *rr;

        good = getdns_list_get_dict(hints, i, &rr) == GETDNS_RETURN_GOOD && add_root(roots, i, rr);
    }
    return good;
}

getdns_list *anchors_read_hints(const char *path, struct failure *failure)
{
    static const struct wanted wanted = {
        "root hints file",
        {{GETDNS_RRTYPE_A, "/rdata/ipv4_address"}, {GETDNS_RRTYPE_AAAA, "/rdata/ipv6_address"}}};
    getdns_list *hints = read_file(path, &wanted, failure);
    getdns_list *roots = hints != NULL ? getdns_list_create() : NULL;

    if (hints != NULL && !add_roots(roots, hints)) {
        failure_set(failure, "%s %s: getdns cannot take it", wanted.what, path);
        getdns_list_destroy(roots);
        roots = NULL;
    }
    getdns_list_destroy(hints);
    return roots;
}

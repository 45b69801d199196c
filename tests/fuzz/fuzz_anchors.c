/* The input is a trust anchor file, and a root hints file. */
#include "dns/anchors.h"

#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"

typedef getdns_list *read_function(const char *path, struct failure *failure);

static size_t list_length(const getdns_list *list)
{
    size_t length = 0;

    getdns_list_get_length(list, &length);
    return length;
}

static bool is_one_line(const char *text)
{
    return text[0] != '\0' && strchr(text, '\n') == NULL;
}

static bool is_anchor(const getdns_list *list, size_t index)
{
    getdns_dict *dict;
    getdns_bindata *data;
    uint32_t type;
    const char *field = "/rdata/public_key";

    if (getdns_list_get_dict(list, index, &dict) != GETDNS_RETURN_GOOD ||
        getdns_dict_get_int(dict, "type", &type) != GETDNS_RETURN_GOOD)
        return false;
    if (type == GETDNS_RRTYPE_DS)
        field = "/rdata/digest";
    else if (type != GETDNS_RRTYPE_DNSKEY)
        return false;
    return getdns_dict_get_bindata(dict, field, &data) == GETDNS_RETURN_GOOD && data->size > 0;
}

static size_t address_length(const getdns_list *list, size_t index)
{
    getdns_dict *dict;
    getdns_bindata *data;

    if (getdns_list_get_dict(list, index, &dict) != GETDNS_RETURN_GOOD ||
        getdns_dict_get_bindata(dict, "address_data", &data) != GETDNS_RETURN_GOOD)
        return 0;
    return data->size;
}

/* A file that cannot be used says why; one that can holds something. */
static getdns_list *check_file(struct bytes content, read_function *read)
{
    struct failure failure = {{0}};
    struct fuzz_file file;
    getdns_list *list;

    fuzz_file_open(&file, content);
    list = read(file.path, &failure);
    fuzz_file_close(&file);
    fuzz_require((list != NULL) == (failure.text[0] == '\0'), "a failure says why");
    fuzz_require(list != NULL || is_one_line(failure.text), "a failure is one line");
    fuzz_require(list == NULL || list_length(list) > 0, "a file holds something");
    fuzz_require(list_length(list) <= LIMIT_ANCHORS, "records are limited");
    return list;
}

/* A line more that is no record spoils every file. */
static void check_spoilt(struct bytes content, read_function *read)
{
    struct buffer spoilt;
    getdns_list *list;

    buffer_init(&spoilt, 0);
    buffer_add(&spoilt, content.data, content.length);
    buffer_puts(&spoilt, "\nno record\n");
    list = check_file((struct bytes){(const uint8_t *)spoilt.data, spoilt.length}, read);
    fuzz_require(list == NULL, "a line that is no record is not passed over");
    buffer_fini(&spoilt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    getdns_list *anchors = check_file(content, anchors_read);
    getdns_list *roots = check_file(content, anchors_read_hints);

    for (size_t i = 0; i < list_length(anchors); i++)
        fuzz_require(is_anchor(anchors, i), "an anchor is a DS or DNSKEY record with its data");
    for (size_t i = 0; i < list_length(roots); i++)
        fuzz_require(address_length(roots, i) == 4 || address_length(roots, i) == 16,
                     "a root server has an address");
    getdns_list_destroy(anchors);
    getdns_list_destroy(roots);
    check_spoilt(content, anchors_read);
    check_spoilt(content, anchors_read_hints);
    return 0;
}

#include "dane/names.h"

#include <stdint.h>
#include <string.h>

static uint8_t to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

/* Letters and digits of ASCII, whatever the locale says, and the dash: what a wildcard covers. */
static bool is_ldh(uint8_t c)
{
    uint8_t lower = to_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Underscores are no host name's, but there are hosts and certificates with them. */
static bool is_hostname(struct bytes name, bool underscores)
{
    for (size_t i = 0; i < name.length; i++)
        if (!is_ldh(name.data[i]) && name.data[i] != '.' && !(underscores && name.data[i] == '_'))
            return false;
    return name.length > 0 && name.data[0] != '.';
}

static bool equal_nocase(struct bytes left, struct bytes right)
{
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++)
        if (to_lower(left.data[i]) != to_lower(right.data[i]))
            return false;
    return true;
}

static struct bytes bytes_skip(struct bytes bytes, size_t count)
{
    return (struct bytes){bytes.data + count, bytes.length - count};
}

/* Whether the dots and dashes after the star stand where a host name may have them. */
static bool is_wildcard_parent(struct bytes parent)
{
    size_t dots = 0;

    if (!is_hostname(parent, false))
        return false;
    for (size_t i = 0; i < parent.length; i++) {
        uint8_t c = parent.data[i];
        uint8_t before = i == 0 ? '.' : parent.data[i - 1];
        uint8_t after = i + 1 == parent.length ? '.' : parent.data[i + 1];

        if (c == '.' && before == '.')
            return false;
        if (c == '-' && (before == '.' || after == '.'))
            return false;
        dots += c == '.';
    }
    return dots > 0 && parent.data[parent.length - 1] != '.';
}

static bool match_exact(struct bytes name, struct bytes reference)
{
    return is_hostname(name, true) && equal_nocase(name, reference);
}

static bool match_wildcard(struct bytes name, struct bytes reference)
{
    size_t label = 0;

    if (name.length < 3 || name.data[0] != '*' || name.data[1] != '.')
        return false;
    while (label < reference.length && is_ldh(reference.data[label]))
        label++;
    if (label == 0 || label == reference.length || reference.data[label] != '.')
        return false;
    return is_wildcard_parent(bytes_skip(name, 2)) &&
           equal_nocase(bytes_skip(name, 1), bytes_skip(reference, label));
}

/* Each name exactly before any by wildcard; absent: none matches. */
static struct bytes match_reference(const struct certificate *leaf, struct bytes reference)
{
    size_t count = certificate_name_count(leaf);

    for (size_t i = 0; i < count; i++)
        if (match_exact(certificate_name(leaf, i), reference))
            return certificate_name(leaf, i);
    for (size_t i = 0; i < count; i++)
        if (match_wildcard(certificate_name(leaf, i), reference))
            return certificate_name(leaf, i);
    return (struct bytes){NULL, 0};
}

static struct bytes reference_bytes(const char *reference)
{
    size_t length = strlen(reference);

    if (length > 0 && reference[length - 1] == '.')
        length--;
    return (struct bytes){(const uint8_t *)reference, length};
}

bool names_match(const struct certificate *leaf, const char *const *references, size_t count,
                 struct bytes *matched)
{
    struct bytes found = {NULL, 0};

    for (size_t i = 0; i < count && found.data == NULL && !leaf->names_broken; i++)
        found = match_reference(leaf, reference_bytes(references[i]));
    if (matched != NULL)
        *matched = found;
    return found.data != NULL;
}

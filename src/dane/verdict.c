#include "dane/verdict.h"

#include "dane/names.h"

static struct verdict verdict_of(enum verdict_code code)
{
    return (struct verdict){.code = code};
}

static struct verdict verdict_pass(const struct address *address, struct bytes name)
{
    return (struct verdict){.code = VERDICT_PASS, .depth = address->dane_depth, .name = name};
}

/* RFC 7672 section 3.1.1: neither names nor dates count, unless the user asked for them. */
static struct verdict decide_ee(const struct address *address, const struct verdict_rules *rules)
{
    const struct certificate *leaf = &address->chain.certificates[0];
    struct bytes name;
    bool named = names_match(leaf, rules->references, rules->reference_count, &name);

    if (rules->ee_checks && !certificate_dates_hold(leaf, rules->verify_time))
        return verdict_of(VERDICT_CERT_EXPIRED);
    if (rules->ee_checks && !named)
        return verdict_of(VERDICT_NAME_MISMATCH);
    return verdict_pass(address, name);
}

/* RFC 7672 section 3.1.2; the dates of the path were judged with the path. */
static struct verdict decide_ta(const struct address *address, const struct verdict_rules *rules)
{
    const struct certificate *leaf = &address->chain.certificates[0];
    struct bytes name;

    if (!names_match(leaf, rules->references, rules->reference_count, &name))
        return verdict_of(VERDICT_NAME_MISMATCH);
    return verdict_pass(address, name);
}

static struct verdict decide_dane(const struct address *address, const struct verdict_rules *rules)
{
    bool has_leaf = address->chain.count > 0 && address->chain.certificates != NULL;

    switch (address->dane) {
    case DANE_UNUSABLE:
        return verdict_of(VERDICT_TLSA_UNUSABLE);
    case DANE_EXPIRED:
        return verdict_of(VERDICT_CERT_EXPIRED);
    case DANE_MATCH_EE:
        return has_leaf ? decide_ee(address, rules) : verdict_of(VERDICT_TLSA_MISMATCH);
    case DANE_MATCH_TA:
        return has_leaf ? decide_ta(address, rules) : verdict_of(VERDICT_TLSA_MISMATCH);
    case DANE_NOT_CHECKED: /* a secure RRset that nobody looked at proves nothing */
    case DANE_MISMATCH:
        break;
    }
    return verdict_of(VERDICT_TLSA_MISMATCH);
}

struct verdict verdict_decide(const struct address *address, const struct verdict_rules *rules)
{
    if (!address->handshaken)
        return verdict_of(VERDICT_UNTESTED);
    /* Only a secure RRset can authenticate: RFC 7672 section 2.2. */
    if (rules->tlsa != TLSA_SECURE)
        return verdict_of(VERDICT_TLSA_ABSENT);
    return decide_dane(address, rules);
}

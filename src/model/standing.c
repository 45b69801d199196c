#include "model/standing.h"

#include <string.h>

#include "base/text.h"
#include "model/address.h"

static uint32_t digest_text(uint32_t digest, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        digest = (digest ^ (uint8_t)text[i]) * 16777619u; /* FNV-1a */
    return (digest ^ '\n') * 16777619u;
}

/*
 * What it is and which host, address or look-up it is about. Not its numbers and texts: the days
 * left of a certificate and a server's wording change without anything being better or worse.
 */
static uint32_t digest_of(const struct finding *finding)
{
    uint32_t digest = digest_text(2166136261u, finding_id(finding->code));

    digest = digest_text(digest, finding->host != NULL ? finding->host->host->name : "");
    digest = digest_text(digest, finding->lookup != NULL ? record_type_name(finding->lookup->type)
                                                         : "");
    if (finding->address != NULL) {
        struct buffer text;

        buffer_init(&text, 0);
        address_add_text(&text, finding->address);
        digest = digest_text(digest, text.data);
        buffer_fini(&text);
    }
    return digest;
}

static enum finding_severity severity_of(const struct standing *standing)
{
    return standing->reason == FINDING_CODES ? FINDING_NOTICE : finding_severity(standing->reason);
}

struct standing standing_of(const struct domain *domain)
{
    const struct finding *worst = finding_worst(domain, NULL, NULL);
    struct standing standing = {.reason = FINDING_CODES};

    for (size_t i = 0; i < domain->finding_count; i++)
        if (finding_severity(domain->findings[i].code) >= FINDING_WARNING) {
            standing.count++;
            standing.digest += digest_of(&domain->findings[i]);
        }
    if (standing.count > 0)
        standing.reason = worst->code;
    if (domain_exit_status(domain) != EXIT_SECURE && severity_of(&standing) < FINDING_UNTESTED) {
        standing.reason = FINDING_INCOMPLETE;
        standing.count++;
    }
    return standing;
}

static enum change_kind kind_of(const struct standing *was, const struct standing *is)
{
    enum finding_severity before = severity_of(was), now = severity_of(is);

    if (now != before)
        return now > before ? CHANGE_WORSE : CHANGE_BETTER;
    if (is->count != was->count)
        return is->count > was->count ? CHANGE_WORSE : CHANGE_BETTER;
    return is->reason != was->reason || is->digest != was->digest ? CHANGE_OTHER : CHANGE_NONE;
}

struct change standing_compare(const struct standing *was, const struct standing *is)
{
    return (struct change){kind_of(was, is), *was};
}

struct change standing_first(const struct standing *is)
{
    bool wrong = is->reason != FINDING_CODES;

    return (struct change){wrong ? CHANGE_NEW : CHANGE_NONE, {.reason = FINDING_CODES}};
}

const char *standing_outcome(const struct standing *standing)
{
    return finding_outcome(severity_of(standing));
}

const char *standing_reason(const struct standing *standing)
{
    return standing->reason == FINDING_CODES ? NULL : finding_id(standing->reason);
}

const char *change_name(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_NONE: break;
    case CHANGE_WORSE: return "worse";
    case CHANGE_BETTER: return "better";
    case CHANGE_OTHER: return "other";
    case CHANGE_NEW: return "new";
    }
    return "none";
}

void standing_add_text(struct buffer *out, const struct standing *standing)
{
    const char *reason = standing_reason(standing);

    buffer_puts(out, standing_outcome(standing));
    if (reason != NULL)
        buffer_printf(out, " (%s)", reason);
}

void change_add_text(struct buffer *out, const struct change *change)
{
    buffer_puts(out, change_name(change->kind));
    if (change->kind == CHANGE_NEW)
        return;
    buffer_puts(out, ": was ");
    standing_add_text(out, &change->was);
}

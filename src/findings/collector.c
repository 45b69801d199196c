#include "collector.h"

#include "base/limits.h"
#include "base/memory.h"

void collector_append(struct collector *collector, struct finding finding)
{
    if (collector->count == collector->room) {
        collector->room = collector->room > 0 ? 2 * collector->room : 16;
        collector->list = memory_resize(collector->list, collector->room, sizeof *collector->list);
    }
    collector->list[collector->count++] = finding;
}

void collector_add(struct collector *collector, struct finding finding)
{
    bool advice = finding_severity(finding.code) < FINDING_UNTESTED;

    collector->full |= advice && collector->advice == LIMIT_ADVICE;
    if (advice && collector->full)
        return;
    collector->advice += advice;
    collector_append(collector, finding);
}

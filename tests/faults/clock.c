/*
 * To be preloaded: the time of day is an hour off, to one side and the other in turn, from every
 * MXDANE_CLOCK_STEP-th time that it is asked for.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static atomic_long asked;

static time_t offset(void)
{
    static const time_t offsets[] = {0, 3600, -3600};
    const char *text = getenv("MXDANE_CLOCK_STEP");
    long step = text != NULL ? strtol(text, NULL, 10) : 0;

    return step > 0 ? offsets[asked++ / step % 3] : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    int result;

    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec moment;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &moment);
    *now = (struct timeval){moment.tv_sec, moment.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *seconds)
{
    struct timespec moment;

    clock_gettime(CLOCK_REALTIME, &moment);
    if (seconds != NULL)
        *seconds = moment.tv_sec;
    return moment.tv_sec;
}

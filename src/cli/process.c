#include "cli/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"

void process_open_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != fd)
            abort();
}

void process_size_pool(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    char text[24];

    snprintf(text, sizeof text, "%ld", cores > 1 ? cores : 2);
    setenv("UV_THREADPOOL_SIZE", text, 0);
}

void process_hold_signals(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(how, &signals, NULL);
}

/* Those that were there before us; the standard streams, where it cannot be known. */
static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    if (folder == NULL)
        return 3;
    /* cppcheck-suppress readdirCalled ; safe on a stream that one thread has */
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; /* "." and "..", and the folder's own */
}

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

bool process_fit_descriptors(struct plan *plan, struct failure *failure)
{
    struct rlimit limit;
    size_t taken = count_descriptors() + LIMIT_DESCRIPTORS_KEPT, left;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return failure_set(failure, "descriptors: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < taken + 2)
        return failure_set(failure, "too few descriptors: %llu, not %zu (ulimit -n)",
                           (unsigned long long)limit.rlim_cur, taken + 2);
    left = (size_t)limit.rlim_cur - taken;
    plan->resolver.questions = least(plan->resolver.questions, left / 2);
    left -= plan->resolver.questions;
    plan->jobs = least(plan->jobs, left);
    plan->jobs_aside = least(plan->jobs_aside, left - plan->jobs);
    return true;
}

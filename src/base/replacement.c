#include "base/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/*
 * What mkostemp makes is for its owner alone. The file is to be as after a redirection: a new one
 * as the mask has it, one that was there (`was`, else all zero) with the rights that it had.
 */
static bool set_rights(int fd, const struct stat *was)
{
    mode_t mode = was->st_mode & 0777;

    if (was->st_mode == 0) {
        mode_t mask = umask(0);

        umask(mask);
        mode = 0666 & ~mask;
    } else if (fchown(fd, was->st_uid, was->st_gid) != 0) {
        mode &= ~(mode_t)S_IRWXG; /* they would be those of another group */
    }
    return fchmod(fd, mode) == 0;
}

/* The name of a file that is to be made: not that of a link, which would become a file. */
static char *new_name(const struct replacement *replacement, struct failure *failure)
{
    struct stat status;

    if (lstat(replacement->name, &status) == 0)
        failure_set(failure, "%s %s: is a link that leads nowhere", replacement->option,
                    replacement->name);
    else if (replacement->name[0] == '\0')
        replacement_fail(replacement, failure);
    else
        return memory_dup(replacement->name);
    return NULL;
}

/* The file that a link leads to is replaced, not the link; a device or a pipe never is. */
static char *resolve(const struct replacement *replacement, struct stat *was,
                     struct failure *failure)
{
    char *path = realpath(replacement->name, NULL);

    *was = (struct stat){0};
    if (path == NULL && errno == ENOENT)
        return new_name(replacement, failure);
    if (path == NULL)
        replacement_fail(replacement, failure);
    else if (stat(path, was) != 0 || !S_ISREG(was->st_mode))
        failure_set(failure, "%s %s: is not a regular file", replacement->option,
                    replacement->name);
    else
        return path;
    free(path);
    return NULL;
}

bool replacement_open(struct replacement *replacement, const char *option, const char *name,
                      struct failure *failure)
{
    static const char suffix[] = ".XXXXXX";
    struct stat was;
    size_t size;

    *replacement = (struct replacement){.option = option, .name = name, .fd = -1};
    replacement->path = resolve(replacement, &was, failure);
    if (replacement->path == NULL)
        return false;
    size = strlen(replacement->path) + sizeof suffix;
    replacement->temporary = memory_new(size, 1);
    snprintf(replacement->temporary, size, "%s%s", replacement->path, suffix);
    replacement->fd = mkostemp(replacement->temporary, O_CLOEXEC);
    if (replacement->fd < 0) {
        replacement_fail(replacement, failure);
        free(replacement->temporary);
        replacement->temporary = NULL; /* it was never made */
    } else if (set_rights(replacement->fd, &was)) {
        return true;
    } else {
        replacement_fail(replacement, failure);
    }
    replacement_close(replacement);
    return false;
}

bool replacement_publish(struct replacement *replacement, struct failure *failure)
{
    if (fsync(replacement->fd) != 0 || rename(replacement->temporary, replacement->path) != 0)
        return replacement_fail(replacement, failure);
    free(replacement->temporary);
    replacement->temporary = NULL;
    return true;
}

void replacement_close(struct replacement *replacement)
{
    if (replacement->temporary != NULL)
        unlink(replacement->temporary);
    if (replacement->fd >= 0)
        close(replacement->fd);
    free(replacement->temporary);
    free(replacement->path);
    *replacement = (struct replacement){.fd = -1};
}

bool replacement_fail(const struct replacement *replacement, struct failure *failure)
{
    return failure_set(failure, "%s %s: %s", replacement->option, replacement->name,
                       strerror(errno));
}

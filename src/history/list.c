#include "history/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

enum { CHUNK = 65536 };

struct list {
    const char *option, *path; /* for messages */
    int fd;
    uv_poll_t *poll; /* NULL: a regular file, which never makes wait */
    bool waiting;
    bool begun; /* the first line was taken */
    bool ended;
    int error;
    struct buffer text;
    size_t at; /* of the next line in `text` */
    bool skipping; /* the rest of a line above the limit */
    char domain[LIMIT_NAME_TEXT + 2];
    void (*ready)(void *argument);
    void *argument;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Where a comment begins: with the line, or after a blank; its end where there is none. */
static const char *comment_of(const char *text, const char *end)
{
    for (const char *at = text; at < end; at++)
        if (*at == '#' && (at == text || is_blank(at[-1])))
            return at;
    return end;
}

bool list_line(const char **start, size_t *length)
{
    const char *text = *start, *end = comment_of(text, text + *length), *at;

    while (text < end && is_blank(*text))
        text++;
    while (text < end && is_blank(end[-1]))
        end--;
    for (at = end; at > text; at--)
        if (at[-1] == '@' && at < end) {
            text = at;
            break;
        }
    *start = text;
    *length = (size_t)(end - text);
    return text < end;
}

/*
 * The same of a line that may be cut at LIMIT_LIST_LINE: what goes on behind that, and not as a
 * comment, is answered as no domain, whatever a part of it looks like.
 */
static bool read_line(const char **start, size_t *length)
{
    if (*length <= LIMIT_LIST_LINE)
        return list_line(start, length);
    *length = LIMIT_LIST_LINE;
    return comment_of(*start, *start + *length) == *start + *length || list_line(start, length);
}

static void read_some(struct list *list)
{
    char chunk[CHUNK];
    ssize_t count;

    do
        count = read(list->fd, chunk, sizeof chunk);
    while (count < 0 && errno == EINTR);
    if (count > 0) {
        buffer_consume(&list->text, list->at);
        list->at = 0;
        buffer_add(&list->text, chunk, (size_t)count);
        return;
    }
    if (count < 0 && errno == EAGAIN)
        return;
    list->ended = true;
    list->error = count < 0 ? errno : 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct list *list = poll->data;

    (void)status; /* read says what is wrong */
    (void)events;
    uv_poll_stop(poll);
    list->waiting = false;
    read_some(list);
    list->ready(list->argument);
}

static void wait_for_more(struct list *list)
{
    if (!list->waiting && uv_poll_start(list->poll, UV_READABLE, on_readable) == 0)
        list->waiting = true;
}

/* Takes the next line out of the buffer, or so much of it that it is above the limit. */
static bool take_line(struct list *list, const char **start, size_t *length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 so */
    size_t left = list->text.length - list->at;
    const char *line = left > 0 ? list->text.data + list->at : "";
    const char *end = memchr(line, '\n', left);
    bool skipped = list->skipping;

    if (end == NULL && left <= LIMIT_LIST_LINE && !(list->ended && left > 0))
        return false;
    *start = line;
    *length = end != NULL ? (size_t)(end - line) : left;
    list->at += *length + (end != NULL);
    list->skipping = end == NULL && !list->ended;
    if (skipped)
        *length = 0;
    if (!list->begun && *length >= sizeof mark - 1 && memcmp(line, mark, sizeof mark - 1) == 0) {
        *start += sizeof mark - 1;
        *length -= sizeof mark - 1;
    }
    list->begun = true;
    return true;
}

/* What is too long or has a NUL must stay no domain: it is cut above the limit, a NUL is made \1. */
static const char *keep(struct list *list, const char *start, size_t length)
{
    if (length > sizeof list->domain - 1)
        length = sizeof list->domain - 1;
    for (size_t i = 0; i < length; i++)
        list->domain[i] = (char)(start[i] != '\0' ? start[i] : '\1');
    list->domain[length] = '\0';
    return list->domain;
}

enum list_status list_next(struct list *list, const char **domain, struct failure *failure)
{
    const char *start;
    size_t length;

    for (;;) {
        if (take_line(list, &start, &length)) {
            if (!read_line(&start, &length))
                continue;
            *domain = keep(list, start, length);
            return LIST_DOMAIN;
        }
        if (list->error != 0) {
            failure_set(failure, "%s %s: %s", list->option, list->path, strerror(list->error));
            return LIST_FAILED;
        }
        if (list->ended)
            return LIST_END;
        if (list->poll != NULL) {
            wait_for_more(list);
            return LIST_WAIT;
        }
        read_some(list);
    }
}

static bool is_regular(const char *path)
{
    struct stat status;

    return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

size_t list_count(const char *path)
{
    int fd = is_regular(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct list list = {.option = "", .path = path, .fd = fd};
    struct failure failure;
    const char *domain;
    size_t count = 0;

    if (fd < 0)
        return 0;
    buffer_init(&list.text, 0);
    while (list_next(&list, &domain, &failure) == LIST_DOMAIN)
        count++;
    buffer_fini(&list.text);
    close(fd);
    return count;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

/*
 * NULL: what it is never makes wait. libuv makes the descriptor non-blocking, which would outlive
 * us where standard input is shared with the shell; what is ready is read without a wait anyhow.
 */
static uv_poll_t *poll_new(uv_loop_t *loop, int fd)
{
    uv_poll_t *poll = memory_new(1, sizeof *poll);
    int flags = fcntl(fd, F_GETFL);
    int result = uv_poll_init(loop, poll, fd);

    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags);
    if (result == 0)
        return poll;
    free(poll);
    return NULL; /* EPERM: a regular file */
}

struct list *list_new(struct uv_loop_s *loop, const char *option, const char *path,
                      void (*ready)(void *argument), void *argument, struct failure *failure)
{
    bool standard = strcmp(path, "-") == 0;
    /* A pipe without a writer must not hold up what a signal asks for. */
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct list *list;

    if (fd < 0) {
        failure_set(failure, "%s %s: %s", option, path, strerror(errno));
        return NULL;
    }
    list = memory_new(1, sizeof *list);
    list->option = option;
    list->path = standard ? "standard input" : path;
    list->fd = fd;
    list->ready = ready;
    list->argument = argument;
    buffer_init(&list->text, 0);
    list->poll = poll_new(loop, fd);
    if (list->poll != NULL)
        list->poll->data = list;
    return list;
}

void list_free(struct list *list)
{
    if (list == NULL)
        return;
    if (list->poll != NULL)
        uv_close((uv_handle_t *)list->poll, free_handle);
    if (list->fd != STDIN_FILENO)
        close(list->fd);
    buffer_fini(&list->text);
    free(list);
}

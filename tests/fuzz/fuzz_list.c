/* The input is a list of domains: as a file, and as a pipe that gives it piece by piece. */
#include "history/list.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <uv.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"

struct reading {
    uv_loop_t loop;
    struct list *list;
    struct buffer domains; /* each with a newline */
    size_t count;
    bool ended;
};

static void on_ready(void *argument)
{
    (void)argument; /* what there is is taken after each turn of the loop */
}

static void reading_init(struct reading *reading, const char *path)
{
    struct failure failure;

    *reading = (struct reading){.count = 0};
    uv_loop_init(&reading->loop);
    reading->list = list_new(&reading->loop, "-f", path, on_ready, reading, &failure);
    fuzz_require(reading->list != NULL, "the list can be opened");
    buffer_init(&reading->domains, 0);
}

static void reading_fini(struct reading *reading)
{
    list_free(reading->list);
    uv_run(&reading->loop, UV_RUN_DEFAULT);
    fuzz_require(uv_loop_close(&reading->loop) == 0, "every handle is closed");
    buffer_fini(&reading->domains);
}

/* All that can be had without waiting. */
static void take(struct reading *reading)
{
    struct failure failure;
    const char *domain;
    enum list_status status;

    while ((status = list_next(reading->list, &domain, &failure)) == LIST_DOMAIN) {
        fuzz_require(domain[0] != '\0' && strchr(domain, '\n') == NULL, "a domain is some text");
        fuzz_require(strlen(domain) <= LIMIT_NAME_TEXT + 1, "a domain is cut above the limit");
        buffer_puts(&reading->domains, domain);
        buffer_puts(&reading->domains, "\n");
        reading->count++;
    }
    fuzz_require(status != LIST_FAILED, "it can be read");
    reading->ended = status == LIST_END;
}

static void read_file(struct reading *reading, const char *path)
{
    reading_init(reading, path);
    take(reading);
    fuzz_require(reading->ended, "a file never makes wait");
}

static void read_pipe(struct reading *reading, struct bytes content, size_t piece)
{
    char path[32];
    int ends[2];

    fuzz_require(pipe(ends) == 0, "there is a pipe");
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    reading_init(reading, path);
    close(ends[0]);
    take(reading);
    while (content.length > 0) {
        struct bytes part = fuzz_take(&content, piece);

        fuzz_require(write(ends[1], part.data, part.length) == (ssize_t)part.length,
                     "the pipe takes a piece");
        uv_run(&reading->loop, UV_RUN_ONCE);
        take(reading);
    }
    close(ends[1]);
    while (!reading->ended) {
        uv_run(&reading->loop, UV_RUN_ONCE);
        take(reading);
    }
}

static void check_same(const struct reading *left, const struct reading *right)
{
    fuzz_require(left->count == right->count, "pieces: as many domains");
    fuzz_require(left->domains.length == right->domains.length &&
                     (left->domains.length == 0 ||
                      memcmp(left->domains.data, right->domains.data, left->domains.length) == 0),
                 "pieces: the same domains");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {data, size};
    struct reading whole, cut;
    struct fuzz_file file;

    fuzz_file_open(&file, content);
    read_file(&whole, file.path);
    fuzz_require(list_count(file.path) == whole.count, "the count is of what is read");
    fuzz_file_close(&file);
    for (size_t pieces = 1; pieces < 16; pieces *= 3) {
        read_pipe(&cut, content, size / pieces + 1);
        check_same(&whole, &cut);
        reading_fini(&cut);
    }
    reading_fini(&whole);
    return 0;
}

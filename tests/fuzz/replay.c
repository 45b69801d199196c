/*
 * A target as an ordinary program: feeds it each file given, and the files of each directory
 * given. Any compiler will do. Says how many there were; 1 where there was none.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "fuzz/fuzz.h"

static const char *replayed = ""; /* now: read by the signal handler */

/* So that a sanitizer's report ends in the signal that names the file. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
    return "abort_on_error=1:print_stacktrace=1";
}

static void on_abort(int number)
{
    ssize_t ignored = write(STDERR_FILENO, replayed, strlen(replayed));

    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    (void)number; /* the abort goes on */
}

static size_t replay_file(const char *path)
{
    FILE *file = fopen(path, "re");
    struct buffer content;
    char chunk[65536];
    size_t count;
    uint8_t *exact;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    buffer_init(&content, 0);
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_add(&content, chunk, count);
    fclose(file);
    replayed = path;
    exact = memory_new(content.length, 1); /* so that a sanitizer sees a read past the end */
    if (content.length > 0)
        memcpy(exact, content.data, content.length);
    LLVMFuzzerTestOneInput(exact, content.length);
    free(exact);
    buffer_fini(&content);
    return 1;
}

static size_t replay(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    size_t count = 0;

    if (directory == NULL)
        return replay_file(path);
    while ((entry = readdir(directory)) != NULL) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count += replay_file(name);
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;

    signal(SIGABRT, on_abort);
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%s: %zu inputs\n", argv[0], count);
    return count > 0 ? 0 : 1;
}

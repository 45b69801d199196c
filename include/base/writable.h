/*
 * Tells the loop when a descriptor takes bytes. The descriptor stays as it is: libuv's own watcher
 * would make it non-blocking, and with it the shell's and everybody's who shares the file.
 */
#ifndef MXDANE_BASE_WRITABLE_H
#define MXDANE_BASE_WRITABLE_H

#include <stdbool.h>

struct uv_loop_s;
struct writable;

/* `fd` is borrowed. NULL: there are no descriptors left. */
struct writable *writable_new(struct uv_loop_s *loop, int fd, void (*ready)(void *argument),
                              void *argument);

/*
 * Has `ready` called once, from the loop, when bytes can be written or writing fails. False where
 * the system cannot watch such a file: a regular one, which always takes bytes.
 */
bool writable_wait(struct writable *writable);

/* Handles close on the loop. NULL allowed. */
void writable_free(struct writable *writable);

#endif

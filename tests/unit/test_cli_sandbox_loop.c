/*
 * The loop and the sandbox: no io_uring stays open behind the filter, whoever made it, and libuv
 * goes on without.
 */
#include "cli/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <uv.h>

#include "sandbox_child.h"

enum { IO_URING_SETUP = 425, FAILED = 1 };

/* In a child: what does not hold is told, and ends it. */
static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    _exit(FAILED);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Below 0 where the system has none for us. */
static int make_ring(void)
{
    uint32_t parameters[30] = {0};

    return (int)syscall(IO_URING_SETUP, 4, parameters);
}

static bool is_ring(int fd)
{
    char path[32], target[64] = "";

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return readlink(path, target, sizeof target - 1) > 0 && strstr(target, "io_uring") != NULL;
}

static size_t count_rings(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += is_ring(fd);
    return count;
}

static int outcome_of(void (*child)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        child();
        _exit(0);
    }
    return child_outcome(pid);
}

static void run_child(void (*child)(void))
{
    assert_int_equal(outcome_of(child), 0);
}

static void need_rings(void)
{
    int fd = make_ring();

    if (fd < 0)
        skip();
    close(fd);
}

static void loop_without_ring(void)
{
    struct sandbox sandbox = {0};
    uv_loop_t loop;

    setenv("UV_USE_IO_URING", "1", 1);
    sandbox_prepare(&sandbox);
    need(sandbox.status == SANDBOX_PREPARED, "it can be prepared");
    need(uv_loop_init(&loop) == 0, "libuv makes a loop");
    need(count_rings() == 0, "the loop has no io_uring");
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_HOLDS, "the sandbox holds");
}

static void test_loop_without_ring(void **state)
{
    (void)state;
    run_child(loop_without_ring);
}

static void inherited_ring(void)
{
    struct sandbox sandbox = {0};
    int fd = make_ring();

    need(is_ring(fd), "there is an io_uring");
    sandbox_prepare(&sandbox);
    need(!is_open(fd), "the io_uring is closed");
    need(is_open(STDERR_FILENO), "nothing else is");
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_HOLDS, "the sandbox holds");
}

static void test_inherited_ring(void **state)
{
    (void)state;
    need_rings();
    run_child(inherited_ring);
}

/* A standard stream's number must not become a socket's. */
static void ring_as_stream(void)
{
    struct sandbox sandbox = {0};

    need(dup2(make_ring(), STDIN_FILENO) == STDIN_FILENO, "there is an io_uring");
    sandbox_prepare(&sandbox);
    need(is_open(STDIN_FILENO), "the stream is open");
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_FAILED, "the sandbox fails");
    need(strcmp(sandbox.reason.text, "an io_uring is open") == 0, "and says why");
}

static void test_ring_as_stream(void **state)
{
    (void)state;
    need_rings();
    run_child(ring_as_stream);
}

/* As if somebody had made it in spite of sandbox_prepare. */
static void ring_between(void)
{
    struct sandbox sandbox = {SANDBOX_PREPARED, {""}};
    int fd = make_ring();

    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_FAILED, "the sandbox fails");
    need(is_open(fd), "the io_uring is its maker's");
}

static void test_ring_between(void **state)
{
    (void)state;
    need_rings();
    run_child(ring_between);
}

/* They cannot be counted: nothing says that there is none. */
static void no_descriptor_left(void)
{
    struct sandbox sandbox = {SANDBOX_PREPARED, {""}};

    while (dup(STDERR_FILENO) >= 0)
        continue;
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_FAILED, "the sandbox fails");
}

static void test_no_descriptor_left(void **state)
{
    (void)state;
    run_child(no_descriptor_left);
}

/* What libuv makes of a loop where nobody prepared it: refused, if it is an io_uring. */
static void unprepared_loop(void)
{
    struct sandbox sandbox = {SANDBOX_PREPARED, {""}};
    uv_loop_t loop;
    bool rings;

    need(uv_loop_init(&loop) == 0, "libuv makes a loop");
    rings = count_rings() > 0;
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == (rings ? SANDBOX_FAILED : SANDBOX_HOLDS), "an io_uring is refused");
}

static void test_unprepared_loop(void **state)
{
    (void)state;
    run_child(unprepared_loop);
}

/* What is done on the loop below, and how much of it was. */
enum { TIMERS = 3, DATAGRAMS = 4, ECHOES = 8, WORKS = 16, FILES = 4, SIGNALS = 1 };

static struct work {
    uv_loop_t loop;
    int file;
    struct sockaddr_in server;
    uv_timer_t timer;
    uv_signal_t signal;
    uv_udp_t sender, receiver;
    uv_udp_send_t sends[DATAGRAMS];
    uv_tcp_t stream;
    uv_connect_t connect;
    uv_write_t writes[ECHOES];
    uv_work_t works[WORKS];
    uv_fs_t files[FILES];
    char bytes[64];
    int timers, signals, datagrams, echoes, worked, filed;
} work;

static uv_buf_t bytes(void)
{
    return uv_buf_init(work.bytes, sizeof work.bytes);
}

static void give_bytes(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)handle;
    (void)size;
    *buffer = bytes();
}

static void close_handle(void *handle)
{
    uv_close(handle, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    if (++work.timers < TIMERS)
        return;
    close_handle(timer);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    work.signals++;
    close_handle(handle);
}

static void send_datagram(void)
{
    struct sockaddr_in to;
    int length = sizeof to;
    uv_buf_t buffer = uv_buf_init((char *)"datagram", 8);

    need(uv_udp_getsockname(&work.receiver, (struct sockaddr *)&to, &length) == 0, "an address");
    need(uv_udp_send(&work.sends[work.datagrams], &work.sender, &buffer, 1, (struct sockaddr *)&to,
                     NULL) == 0,
         "a datagram is sent");
}

static void on_datagram(uv_udp_t *socket, ssize_t length, const uv_buf_t *buffer,
                        const struct sockaddr *from, unsigned flags)
{
    (void)buffer;
    (void)flags;
    if (length == 0 && from == NULL)
        return; /* nothing more to read now */
    need(length == 8, "the datagram is whole");
    if (++work.datagrams < DATAGRAMS) {
        send_datagram();
        return;
    }
    close_handle(socket);
    close_handle(&work.sender);
}

static void send_line(void)
{
    uv_buf_t buffer = uv_buf_init((char *)"line\n", 5);

    need(uv_write(&work.writes[work.echoes], (uv_stream_t *)&work.stream, &buffer, 1, NULL) == 0,
         "a line is sent");
}

static void on_echo(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    (void)buffer;
    if (length == 0)
        return;
    need(length == 5, "the line comes back");
    if (++work.echoes < ECHOES)
        send_line();
    else
        close_handle(stream);
}

static void on_connected(uv_connect_t *connect, int status)
{
    need(status == 0, "the connection stands");
    need(uv_read_start(connect->handle, give_bytes, on_echo) == 0, "the connection is read");
    send_line();
}

static void do_work(uv_work_t *request)
{
    void *memory = malloc(1 << 20);

    need(memory != NULL, "the pool's threads get memory");
    free(memory);
    request->data = request;
}

static void on_worked(uv_work_t *request, int status)
{
    need(status == 0 && request->data == request, "the pool worked");
    work.worked++;
}

static void on_filed(uv_fs_t *request)
{
    static const struct {
        const char *name;
        bool good;
    } outcomes[FILES] = {{"fstat", true}, {"read", true}, {"open", false}, {"stat", false}};
    size_t which = (size_t)(request - work.files);
    bool good = outcomes[which].good ? request->result >= 0 : request->result == UV_EACCES;

    need(good, outcomes[which].name);
    work.filed++;
    uv_fs_req_cleanup(request);
}

static void start_files(void)
{
    uv_buf_t buffer = bytes();

    need(uv_fs_fstat(&work.loop, &work.files[0], work.file, on_filed) == 0 &&
             uv_fs_read(&work.loop, &work.files[1], work.file, &buffer, 1, -1, on_filed) == 0 &&
             uv_fs_open(&work.loop, &work.files[2], "/etc/passwd", O_RDONLY, 0, on_filed) == 0 &&
             uv_fs_stat(&work.loop, &work.files[3], "/etc/passwd", on_filed) == 0,
         "files are asked about");
}

static void start_sockets(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    need(uv_udp_init(&work.loop, &work.sender) == 0 &&
             uv_udp_init(&work.loop, &work.receiver) == 0 &&
             uv_udp_bind(&work.receiver, (struct sockaddr *)&any, 0) == 0 &&
             uv_udp_recv_start(&work.receiver, give_bytes, on_datagram) == 0,
         "datagrams can be taken");
    send_datagram();
    need(uv_tcp_init(&work.loop, &work.stream) == 0 &&
             uv_tcp_connect(&work.connect, &work.stream, (struct sockaddr *)&work.server,
                            on_connected) == 0,
         "a connection is begun");
}

static void start_all(void)
{
    need(uv_timer_init(&work.loop, &work.timer) == 0 &&
             uv_timer_start(&work.timer, on_timer, 1, 1) == 0,
         "a timer");
    need(uv_signal_init(&work.loop, &work.signal) == 0 &&
             uv_signal_start(&work.signal, on_signal, SIGUSR1) == 0 && raise(SIGUSR1) == 0,
         "a signal");
    start_sockets();
    start_files();
    for (size_t i = 0; i < WORKS; i++)
        need(uv_queue_work(&work.loop, &work.works[i], do_work, on_worked) == 0, "work");
}

static void loop_goes_on(void)
{
    struct sandbox sandbox = {0};

    setenv("UV_USE_IO_URING", "1", 1);
    work.file = open("/etc/passwd", O_RDONLY);
    sandbox_prepare(&sandbox);
    need(uv_loop_init(&work.loop) == 0, "libuv makes a loop");
    sandbox_enter(&sandbox, 0);
    need(sandbox.status == SANDBOX_HOLDS, "the sandbox holds");
    start_all();
    need(uv_run(&work.loop, UV_RUN_DEFAULT) == 0, "the loop comes to its end");
    need(work.timers == TIMERS && work.signals == SIGNALS && work.datagrams == DATAGRAMS &&
             work.echoes == ECHOES && work.worked == WORKS && work.filed == FILES,
         "everything was done");
    need(uv_loop_close(&work.loop) == 0, "nothing is left open");
}

/* Sends back what comes, until it is killed; outside of the sandbox, where nobody may accept. */
static _Noreturn void echo(int listener)
{
    char text[64];
    int fd = accept(listener, NULL, NULL);
    ssize_t length;

    while ((length = read(fd, text, sizeof text)) > 0 && write(fd, text, (size_t)length) == length)
        continue;
    for (;;)
        pause();
}

static void test_loop_goes_on(void **state)
{
    socklen_t length = sizeof work.server;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pid_t server;
    int outcome;

    (void)state;
    work.server.sin_family = AF_INET;
    work.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&work.server, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&work.server, &length), 0);
    server = fork();
    if (server == 0)
        echo(listener);
    close(listener);
    outcome = outcome_of(loop_goes_on);
    kill(server, SIGKILL);
    assert_int_equal(child_outcome(server), -1);
    assert_int_equal(outcome, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_without_ring), cmocka_unit_test(test_inherited_ring),
        cmocka_unit_test(test_ring_as_stream),    cmocka_unit_test(test_ring_between),
        cmocka_unit_test(test_unprepared_loop),   cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_loop_goes_on),
    };

#ifdef MXDANE_SANITIZED /* has no sandbox: test_cli_sandbox */
    (void)tests;
    return 0;
#else
    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}

#include "session/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/limits.h"
#include "base/memory.h"
#include "session/session.h"

struct probe {
    uv_loop_t *loop;
    const struct probe_config *config;
    const struct host *host;
    struct address *address;
    struct probe_memory *memory;
    void (*done)(void *);
    void *argument;

    uv_tcp_t tcp;
    uv_timer_t step_timer, total_timer;
    uv_connect_t connect;
    uv_work_t work;
    unsigned handles;  /* not yet closed */
    bool closing;
    bool working;      /* a TLS step is in the thread pool */
    bool ended_by_peer, reset, timed_out, overtime, cancelled; /* acted upon when no TLS step is
                                                                  in the pool */
    bool paused; /* not reading: enough is waiting for the pool */
    uint64_t started, heard; /* ms of the loop's clock; the server's last sign of life */
    enum smtp_state timed; /* the state the step timer runs for */
    uint64_t step_left;    /* ms of it, while the work is ours */

    struct session session;
    struct handshake *handshake; /* NULL until its first step */
    struct failure failure;      /* why it could not begin */
    bool established;
    enum handshake_status status; /* of the last TLS step */
    struct buffer received;       /* from the peer, not yet worked on */
    struct buffer input;          /* what the TLS step in the pool works on */
    struct buffer command;        /* what the TLS step is to encrypt */
    struct buffer output;         /* of a TLS step, for the peer */
    struct buffer plain;          /* of a TLS step, for the session */
};

struct write {
    uv_write_t request;
    char data[];
};

static void advance(struct probe *probe);
static void on_timeout(uv_timer_t *timer);
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void release(struct probe *probe)
{
    handshake_free(probe->handshake);
    session_fini(&probe->session);
    buffer_fini(&probe->received);
    buffer_fini(&probe->input);
    buffer_fini(&probe->command);
    buffer_fini(&probe->output);
    buffer_fini(&probe->plain);
    free(probe);
}

static void finish(struct probe *probe)
{
    void (*done)(void *) = probe->done;
    void *argument = probe->argument;

    probe->address->end = probe->session.end;
    probe->address->after = probe->session.after;
    probe->address->dialogue = probe->session.dialogue;
    probe->address->dialogue_count = probe->session.dialogue_count;
    probe->address->milliseconds = (unsigned)(uv_now(probe->loop) - probe->started);
    release(probe);
    done(argument);
}

static void on_close(uv_handle_t *handle)
{
    struct probe *probe = handle->data;

    if (--probe->handles == 0)
        finish(probe);
}

/* Only while no TLS step is in the pool: it uses the buffers. */
static void close_all(struct probe *probe)
{
    if (probe->closing)
        return;
    probe->closing = true;
    uv_close((uv_handle_t *)&probe->tcp, on_close);
    uv_close((uv_handle_t *)&probe->step_timer, on_close);
    uv_close((uv_handle_t *)&probe->total_timer, on_close);
}

/* A broken connection shows when it is read, but a write may have taken the reason away. */
static void on_write(uv_write_t *request, int status)
{
    struct probe *probe = request->handle->data;

    probe->reset |= status == UV_ECONNRESET;
    free(request);
}

static void send_bytes(struct probe *probe, struct buffer *bytes)
{
    struct write *write;
    uv_buf_t buffer;

    if (bytes->length == 0)
        return;
    write = memory_new(1, sizeof *write + bytes->length);
    memcpy(write->data, bytes->data, bytes->length);
    buffer = uv_buf_init(write->data, (unsigned)bytes->length);
    if (uv_write(&write->request, (uv_stream_t *)&probe->tcp, &buffer, 1, on_write) != 0)
        free(write);
    buffer_fini(bytes);
}

/* In the pool too: OpenSSL parses each record of Full(0) for each handshake. */
static bool begin_handshake(struct probe *probe)
{
    const struct host *host = probe->host;
    struct handshake_config config = {.base = host->base,
                                      .verify_time = probe->config->verify_time};

    if (host->tlsa_state == TLSA_SECURE) {
        config.tlsa = host->tlsa->records;
        config.tlsa_count = host->tlsa->record_count;
        config.facts = host->tlsa_facts;
    }
    probe->handshake = handshake_new(probe->config->tls, &config, &probe->failure);
    return probe->handshake != NULL;
}

/* Runs in the thread pool. */
static void work_tls(uv_work_t *work)
{
    struct probe *probe = work->data;

    if (probe->handshake == NULL && !begin_handshake(probe)) {
        probe->status = HANDSHAKE_FAILED;
        return;
    }
    probe->status = handshake_step(probe->handshake, probe->input.data, probe->input.length,
                                   &probe->output, &probe->plain);
    if (probe->status == HANDSHAKE_DONE && probe->command.length > 0 &&
        !handshake_write(probe->handshake, probe->command.data, probe->command.length,
                         &probe->output))
        probe->status = HANDSHAKE_FAILED;
    if (probe->status != HANDSHAKE_MORE && probe->status != HANDSHAKE_FAILED &&
        !probe->established)
        handshake_result(probe->handshake, &probe->memory->tls, probe->address);
}

/* Our own fault: nothing is known of the server. */
static void tls_impossible(struct probe *probe, const char *reason)
{
    session_connect_failed(&probe->session, TRANSPORT_CONNECT_FAILED, reason);
}

static void tls_failed(struct probe *probe)
{
    const char *reason = handshake_reason(probe->handshake);
    enum excess excess = handshake_excess(probe->handshake);

    if (excess != EXCESS_NONE) {
        session_exceeded(&probe->session, excess);
    } else if (!probe->established) {
        session_handshake_failed(&probe->session, reason != NULL ? reason : "unknown");
    } else {
        session_event(&probe->session, reason != NULL ? reason : "TLS failed");
        session_closed(&probe->session, false);
    }
}

static void on_worked(uv_work_t *work, int status)
{
    struct probe *probe = work->data;

    probe->working = false;
    probe->heard = uv_now(probe->loop); /* only now it can go on */
    if (probe->session.state == probe->timed)
        uv_timer_start(&probe->step_timer, on_timeout, probe->step_left, 0);
    buffer_fini(&probe->input); /* from here on the server may be silent: nothing is kept for it */
    buffer_fini(&probe->command);
    if (status != 0)
        probe->status = HANDSHAKE_FAILED;
    probe->session.now_ms = (unsigned)(uv_now(probe->loop) - probe->started);
    send_bytes(probe, &probe->output);
    if (probe->session.state == SMTP_HANDSHAKE && probe->status == HANDSHAKE_DONE) {
        probe->established = true;
        session_handshake_done(&probe->session);
    }
    if (probe->plain.length > 0)
        session_bytes(&probe->session, probe->plain.data, probe->plain.length);
    buffer_fini(&probe->plain);
    if (probe->handshake == NULL)
        tls_impossible(probe, probe->failure.text);
    else if (probe->status == HANDSHAKE_FAILED)
        tls_failed(probe);
    if (probe->status == HANDSHAKE_CLOSED && probe->session.state != SMTP_END)
        session_closed(&probe->session, false);
    advance(probe);
}

static void queue_tls(struct probe *probe)
{
    struct buffer empty = probe->input;

    probe->input = probe->received;
    probe->received = empty;
    if (probe->established) {
        buffer_add(&probe->command, probe->session.send.data, probe->session.send.length);
        buffer_clear(&probe->session.send);
    }
    if (probe->paused)
        uv_read_start((uv_stream_t *)&probe->tcp, on_alloc, on_read);
    probe->paused = false;
    probe->step_left = uv_timer_get_due_in(&probe->step_timer);
    uv_timer_stop(&probe->step_timer);
    probe->working = true;
    probe->work.data = probe;
    if (uv_queue_work(probe->loop, &probe->work, work_tls, on_worked) != 0) {
        probe->working = false;
        tls_impossible(probe, "no worker thread");
    }
}

static void on_timeout(uv_timer_t *timer)
{
    struct probe *probe = timer->data;

    probe->timed_out = true;
    advance(probe);
}

static void on_overtime(uv_timer_t *timer)
{
    struct probe *probe = timer->data;

    probe->overtime = true;
    advance(probe);
}

/* Each state has its own deadline, for the server: a queue before the thread pool is our doing. */
static void watch_step(struct probe *probe)
{
    if (probe->working || probe->session.state == probe->timed)
        return;
    probe->timed = probe->session.state;
    uv_timer_start(&probe->step_timer, on_timeout, probe->config->timeout_ms, 0);
}

static void peer_ended(struct probe *probe)
{
    probe->ended_by_peer = false;
    session_closed(&probe->session, probe->reset);
}

static void feed_plain(struct probe *probe)
{
    session_bytes(&probe->session, probe->received.data, probe->received.length);
    buffer_clear(&probe->received);
}

/* The one step: whatever happened, see what the session wants next. */
static void advance(struct probe *probe)
{
    struct session *session = &probe->session;

    if (probe->working || probe->closing)
        return;
    session->now_ms = (unsigned)(uv_now(probe->loop) - probe->started);
    if (probe->cancelled) {
        close_all(probe);
        return;
    }
    if (probe->handshake == NULL && session->state != SMTP_HANDSHAKE) {
        if (probe->received.length > 0)
            feed_plain(probe);
        send_bytes(probe, &session->send);
    }
    if (session->state != SMTP_END) {
        if (probe->overtime)
            session_exceeded(session, EXCESS_SESSION_TIME);
        else if (probe->timed_out)
            session_timeout(session);
        else if (session->state == SMTP_HANDSHAKE && probe->handshake == NULL)
            queue_tls(probe);
        else if (probe->handshake != NULL &&
                 (probe->received.length > 0 || session->send.length > 0))
            queue_tls(probe);
        else if (probe->ended_by_peer)
            peer_ended(probe);
    }
    if (session->state == SMTP_END && !probe->working)
        close_all(probe);
    else
        watch_step(probe);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct probe *probe = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(probe->config->scratch, LIMIT_READ_BYTES);
}

/* libuv calls a reset the end where data came before it; the socket still knows. */
static bool is_reset(const uv_stream_t *stream, ssize_t count)
{
    int error = 0;
    socklen_t size = sizeof error;
    uv_os_fd_t fd;

    if (count == UV_EOF && uv_fileno((const uv_handle_t *)stream, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        return error == ECONNRESET;
    return count == UV_ECONNRESET || count == UV_EPIPE;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct probe *probe = stream->data;

    probe->heard = uv_now(probe->loop);
    if (count > 0)
        buffer_add(&probe->received, buffer->base, (size_t)count);
    if (count < 0) {
        uv_read_stop(stream);
        probe->ended_by_peer = true;
        probe->reset |= is_reset(stream, count);
    }
    if (count > 0 && probe->working && probe->received.length > LIMIT_READ_BYTES) {
        uv_read_stop(stream);
        probe->paused = true;
    }
    advance(probe);
}

static void connect_failed(struct probe *probe, int error)
{
    enum transport transport = error == UV_ECONNREFUSED ? TRANSPORT_REFUSED
                               : error == UV_ETIMEDOUT  ? TRANSPORT_CONNECT_TIMEOUT
                                                        : TRANSPORT_CONNECT_FAILED;

    if (probe->session.state == SMTP_CONNECT)
        session_connect_failed(&probe->session, transport, uv_strerror(error));
}

static void on_connect(uv_connect_t *request, int status)
{
    struct probe *probe = request->data;

    if (probe->closing)
        return;
    probe->heard = uv_now(probe->loop);
    probe->session.now_ms = (unsigned)(probe->heard - probe->started);
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&probe->tcp, on_alloc, on_read);
    if (status == 0 || status == UV_ECONNRESET)
        session_connected(&probe->session);
    if (status == UV_ECONNRESET) /* after it was made: else it would be refused */
        session_closed(&probe->session, true);
    else if (status != 0)
        connect_failed(probe, status);
    advance(probe);
}

static int begin_connect(struct probe *probe)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(probe->config->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(probe->config->port)};
    bool ipv6 = probe->address->ipv6;

    memcpy(&v6.sin6_addr, probe->address->bytes, 16);
    memcpy(&v4.sin_addr, probe->address->bytes, 4);
    probe->connect.data = probe;
    return uv_tcp_connect(&probe->connect, &probe->tcp,
                          ipv6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4,
                          on_connect);
}

static void init_handles(struct probe *probe)
{
    uv_tcp_init(probe->loop, &probe->tcp);
    uv_timer_init(probe->loop, &probe->step_timer);
    uv_timer_init(probe->loop, &probe->total_timer);
    probe->tcp.data = probe;
    probe->step_timer.data = probe;
    probe->total_timer.data = probe;
    probe->handles = 3;
}

struct probe *probe_start(uv_loop_t *loop, const struct probe_config *config,
                          const struct host *host, struct address *address,
                          struct probe_memory *memory, void (*done)(void *), void *argument)
{
    struct probe *probe = memory_new(1, sizeof *probe);
    int error;

    probe->loop = loop;
    probe->config = config;
    probe->host = host;
    probe->address = address;
    probe->memory = memory;
    probe->done = done;
    probe->argument = argument;
    probe->started = probe->heard = uv_now(loop);
    probe->timed = SMTP_END;
    session_init(&probe->session, &memory->session, config->helo, config->line_limit, config->dialogue);
    init_handles(probe);
    uv_timer_start(&probe->total_timer, on_overtime,
                   config->timeout_ms * LIMIT_SESSION_FACTOR, 0);
    error = begin_connect(probe);
    if (error != 0)
        connect_failed(probe, error);
    advance(probe);
    return probe;
}

void probe_cancel(struct probe *probe)
{
    probe->cancelled = true;
    advance(probe);
}

uint64_t probe_silence(const struct probe *probe)
{
    return probe->working ? 0 : uv_now(probe->loop) - probe->heard;
}

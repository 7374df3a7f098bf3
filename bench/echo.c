/*
 * The least that a server on libuv can do: bench-echo SOCKET sends back whatever comes, on a Unix
 * socket. Says "ready" and stays until it is ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static char buffer[65536];

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
    *out = uv_buf_init(buffer, sizeof(buffer));
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *data)
{
    uv_buf_t out;

    if (length < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    out = uv_buf_init(data->base, (unsigned)length);
    (void)uv_try_write(stream, &out, 1); /* its clients read before they ask again */
}

static void on_connection(uv_stream_t *server, int status)
{
    uv_pipe_t *client = calloc(1, sizeof(*client));

    if (!client || uv_pipe_init(server->loop, client, 0) < 0 ||
        uv_accept(server, (uv_stream_t *)client) < 0 ||
        uv_read_start((uv_stream_t *)client, allocate, on_read) < 0)
        exit(1);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    uv_pipe_t server;

    if (argc != 2 || uv_pipe_init(loop, &server, 0) < 0 || uv_pipe_bind(&server, argv[1]) < 0 ||
        uv_listen((uv_stream_t *)&server, 16, on_connection) < 0)
        return 1;
    puts("ready");
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}

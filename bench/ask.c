/*
 * Requests to raise an interface, to the CAN interface daemon in the classic form, or to
 * bench-echo. NAME is one that nothing is done for: no name at all, or any where there is no CAN.
 *
 *     bench-ask latency SOCKET NAME COUNT
 *         one after the other on one connection; prints the median and the 99th percentile in ns
 *     bench-ask pipeline SOCKET NAME COUNT CONNECTIONS
 *         64 at a time on each connection; prints how many a second
 *
 * What comes back is counted in bytes by what the first answer had.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/clock.h"

#define IN_A_ROW 64u
#define MOST     64u
#define WARM_UP  1000u
#define ANSWER   4096u

static uint8_t request[2 + 255] = {0x02};
static size_t request_size;

static void fail(const char *what)
{
    fprintf(stderr, "bench-ask: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_connection(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
        fail(path);
    return fd;
}

static void send_all(int fd, const void *data, size_t length)
{
    if (send(fd, data, length, 0) != (ssize_t)length)
        fail("send");
}

static size_t ask(int fd)
{
    uint8_t answer[ANSWER];
    ssize_t length;

    send_all(fd, request, request_size);
    length = recv(fd, answer, sizeof(answer), 0);
    if (length <= 0)
        fail("recv");
    return (size_t)length;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void latency(const char *path, size_t count)
{
    uint64_t *times = calloc(count, sizeof(*times));
    int fd = open_connection(path);

    for (size_t i = 0; i < WARM_UP; i++)
        ask(fd);
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = now_ns();

        ask(fd);
        times[i] = now_ns() - begin;
    }
    qsort(times, count, sizeof(*times), compare);
    printf("%" PRIu64 " %" PRIu64 "\n", times[count / 2], times[count * 99 / 100]);
    free(times);
}

/* ---- many at a time ---- */

struct row {
    uint8_t bytes[IN_A_ROW * sizeof(request)];
    size_t size, answers; /* bytes */
};

/* Returns how many requests were answered: a whole row, or none yet. */
static size_t receive(int fd, const struct row *row, size_t *left)
{
    uint8_t answers[65536];
    ssize_t length = recv(fd, answers, sizeof(answers), 0);

    if (length <= 0 || (size_t)length > *left)
        fail("recv");
    *left -= (size_t)length;
    if (*left > 0)
        return 0;
    *left = row->answers;
    send_all(fd, row->bytes, row->size);
    return IN_A_ROW;
}

static void pipeline(const char *path, size_t count, size_t connections)
{
    struct row row = {.size = IN_A_ROW * request_size};
    struct pollfd fds[MOST];
    size_t left[MOST];
    uint64_t begin;

    for (size_t i = 0; i < IN_A_ROW; i++)
        memcpy(row.bytes + i * request_size, request, request_size);
    for (size_t i = 0; i < connections; i++)
        fds[i] = (struct pollfd){.fd = open_connection(path), .events = POLLIN};
    row.answers = IN_A_ROW * ask(fds[0].fd);
    begin = now_ns();
    for (size_t i = 0; i < connections; i++) {
        send_all(fds[i].fd, row.bytes, row.size);
        left[i] = row.answers;
    }
    for (size_t done = 0; done < count;) {
        if (poll(fds, connections, -1) < 0)
            fail("poll");
        for (size_t i = 0; i < connections; i++)
            done += fds[i].revents ? receive(fds[i].fd, &row, &left[i]) : 0;
    }
    printf("%.0f\n", (double)count * 1e9 / (double)(now_ns() - begin));
}

int main(int argc, char **argv)
{
    size_t count = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    size_t connections = argc > 5 ? strtoul(argv[5], NULL, 10) : 1;

    if (count == 0 || connections == 0 || connections > MOST || strlen(argv[3]) > 255)
        return 2;
    request[1] = (uint8_t)strlen(argv[3]);
    memcpy(request + 2, argv[3], request[1]);
    request_size = 2 + (size_t)request[1];
    if (strcmp(argv[1], "latency") == 0)
        latency(argv[2], count);
    else
        pipeline(argv[2], count, connections);
    return 0;
}

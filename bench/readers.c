/*
 * Many clients of an event socket in one process: bench-readers SOCKET CLIENTS LINES REQUEST
 * [ages]. Says "ready" once all have their hello; when each has so many events, in order and
 * without a hole, prints one object: when the first and the last line came (CLOCK_MONOTONIC, ns),
 * the bytes, and with `ages` how old events were when they were read (ns: median, 99th percentile,
 * maximum).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/clock.h"

#define BUFFER (256u << 10)

struct reader {
    int fd;
    char *rest;
    size_t length;
    uint64_t seq, lines;
    int greeted;
};

static struct {
    struct reader *readers;
    unsigned count, greeted, done;
    uint64_t wanted, first, last, bytes;
    uint64_t *ages;
    size_t age_count;
} all;

static void fail(const char *what)
{
    fprintf(stderr, "bench-readers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_reader(struct reader *reader, const char *path, const char *request, int epoll)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = reader};

    strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
    reader->rest = malloc(BUFFER);
    reader->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (reader->fd < 0 || connect(reader->fd, (struct sockaddr *)&name, sizeof(name)) < 0)
        fail(path);
    if (dprintf(reader->fd, "%s\n", request) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, reader->fd, &event) < 0)
        fail("request");
}

static void note_age(const char *line, size_t length, uint64_t now)
{
    const char *at = memmem(line, length, "\"monotonic_ns\":", 15);

    if (at)
        all.ages[all.age_count++] = now - strtoull(at + 15, NULL, 10);
}

static void take_line(struct reader *reader, const char *line, size_t length, uint64_t now)
{
    uint64_t seq;

    if (!reader->greeted) {
        reader->greeted = 1;
        all.greeted++;
        return;
    }
    if (length < 8 || memcmp(line, "{\"seq\":", 7) != 0) {
        fprintf(stderr, "bench-readers: no event: %.*s\n", (int)length, line);
        exit(1);
    }
    seq = strtoull(line + 7, NULL, 10);
    if (reader->seq > 0 && seq != reader->seq + 1) {
        fprintf(stderr, "bench-readers: %" PRIu64 " after %" PRIu64 "\n", seq, reader->seq);
        exit(1);
    }
    reader->seq = seq;
    if (all.first == 0)
        all.first = now;
    if (all.ages)
        note_age(line, length, now);
    if (++reader->lines == all.wanted) {
        all.done++;
        all.last = now;
    }
}

static void read_some(struct reader *reader)
{
    ssize_t got = read(reader->fd, reader->rest + reader->length, BUFFER - reader->length);
    char *at = reader->rest, *end, *newline;
    uint64_t now = now_ns();

    if (got <= 0)
        fail("read");
    end = reader->rest + reader->length + got;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        take_line(reader, at, (size_t)(newline - at), now);
        at = newline + 1;
    }
    all.bytes += (uint64_t)got;
    reader->length = (size_t)(end - at);
    memmove(reader->rest, at, reader->length);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void report(void)
{
    size_t n = all.age_count;

    printf("{\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"bytes\":%" PRIu64, all.first, all.last,
           all.bytes);
    if (n > 0) {
        qsort(all.ages, n, sizeof(all.ages[0]), compare);
        printf(",\"median\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"max\":%" PRIu64, all.ages[n / 2],
               all.ages[n - 1 - n / 100], all.ages[n - 1]);
    }
    printf("}\n");
}

int main(int argc, char **argv)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), ready = 0;
    struct epoll_event events[64];

    if (argc < 5 || epoll < 0)
        return 2;
    all.count = (unsigned)atoi(argv[2]);
    all.wanted = strtoull(argv[3], NULL, 10);
    all.readers = calloc(all.count, sizeof(all.readers[0]));
    if (argc > 5)
        all.ages = malloc(all.count * all.wanted * sizeof(uint64_t));
    for (unsigned i = 0; i < all.count; i++)
        open_reader(&all.readers[i], argv[1], argv[4], epoll);
    while (all.done < all.count) {
        int count = epoll_wait(epoll, events, 64, 30000);

        if (count <= 0)
            fail("nothing came for 30 s");
        for (int i = 0; i < count; i++)
            read_some(events[i].data.ptr);
        if (!ready && all.greeted == all.count) {
            ready = 1;
            puts("ready");
            fflush(stdout);
        }
    }
    report();
    return 0;
}

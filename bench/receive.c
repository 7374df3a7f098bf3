/*
 * A receiver of webhooks that costs as little as it can: one thread, epoll, HTTP/1.1 without
 * anything that is not needed. It answers 200 and notes which ids have come:
 *
 *     bench-receive PORT OUTPUT
 *
 * A line "EPOCH-SEQ ENDPOINT NUMBER" for each event goes to OUTPUT, buffered; SIGUSR1 writes it
 * out and prints how many there were. The endpoint is the path, the number a member of the body. Of
 * a batch each event makes a line and counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (1 << 20)

struct connection {
    int fd;
    size_t length;
    char buffer[BUFFER + 1];
};

static FILE *output;
static unsigned long count;

static void check(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    check(fd, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    check(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
    check(listen(fd, 128), "listen");
    return fd;
}

/* What is written down of a request whose head ends at `end`: all that has an id and a number. */
static void note(char *head, const char *end)
{
    static const char id_key[] = "\"id\":\"", number_key[] = "\"number\":";
    const char *path = strchr(head, ' '), *at = end;

    while (path && (at = strstr(at, id_key))) {
        const char *id = at + strlen(id_key), *number = strstr(id, number_key);

        if (!number)
            break;
        at = number + strlen(number_key);
        count++;
        fprintf(output, "%.*s %.*s %lu\n", (int)strcspn(id, "\""), id, (int)strcspn(path + 1, " "),
                path + 1, strtoul(at, NULL, 10));
    }
}

/* One whole request at the front of the buffer: its length; 0: there is none yet. */
static size_t request_length(struct connection *connection)
{
    char *end, *field;
    size_t length;

    connection->buffer[connection->length] = '\0';
    end = strstr(connection->buffer, "\r\n\r\n");
    if (!end)
        return 0;
    field = strcasestr(connection->buffer, "\r\ncontent-length: ");
    length = (size_t)(end + 4 - connection->buffer);
    if (field && field < end)
        length += strtoul(field + strlen("\r\ncontent-length: "), NULL, 10);
    if (length > connection->length)
        return 0;
    note(connection->buffer, end);
    return length;
}

static bool serve(struct connection *connection)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    size_t length;
    ssize_t n = recv(connection->fd, connection->buffer + connection->length,
                     BUFFER - connection->length, MSG_DONTWAIT);

    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    connection->length += (size_t)n;
    while ((length = request_length(connection)) > 0) {
        connection->length -= length;
        memmove(connection->buffer, connection->buffer + length, connection->length);
        if (send(connection->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
            return false;
    }
    return true;
}

static void admit(int epoll, int listener)
{
    struct connection *connection = malloc(sizeof(*connection));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int on = 1;

    connection->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    connection->length = 0;
    check(connection->fd, "accept");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event), "epoll_ctl");
}

static int watch_signals(void)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC);
    check(fd, "signalfd");
    return fd;
}

static void tell(int signals)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof(info)) < 0)
        return;
    fflush(output);
    printf("%lu\n", count);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct epoll_event events[64], event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC), listener, signals = watch_signals();
    struct connection ours[2];

    if (argc != 3 || !(output = fopen(argv[2], "a")))
        return 2;
    listener = listen_on(argv[1]);
    event.data.ptr = &ours[0];
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    event.data.ptr = &ours[1];
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &event), "epoll_ctl");
    puts("ready");
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(epoll, events, 64, -1);

        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;

            if (connection == &ours[0]) {
                admit(epoll, listener);
            } else if (connection == &ours[1]) {
                tell(signals);
            } else if (!serve(connection)) {
                close(connection->fd);
                free(connection);
            }
        }
    }
}

/*
 * How long a program lasts, from its start to its end, again and again.
 *
 *     bench-lasts RUNS PROGRAM [ARGUMENT...]    ns of each run; its output is thrown away
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

extern char **environ;

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;

    if (argc < 3 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        return EXIT_FAILURE;
    for (unsigned long left = strtoul(argv[1], NULL, 10); left > 0; left--) {
        uint64_t begin = now_ns();
        int status = -1;
        pid_t pid;

        if (posix_spawn(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0 ||
            waitpid(pid, &status, 0) < 0 || status != 0) {
            fprintf(stderr, "bench-lasts: %s ended with %d\n", argv[2], status);
            return EXIT_FAILURE;
        }
        printf("%llu\n", (unsigned long long)(now_ns() - begin));
    }
    return EXIT_SUCCESS;
}

/*
 * The handler of fatal signals. It only writes: one line to the log, one to the record of crashes
 * (quarantine.c reads it); then the signal takes its course, core dump included.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "engine/engine.h"
#include "engine/plugins/quarantine.h"
#include "lib/array.h"
#include "lib/cleanup.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static struct sigaction before[ELEMENTS(fatal)];
static void *alternate_stack;
static int record = -1;
static volatile sig_atomic_t handling;

struct text {
    char bytes[256];
    size_t length;
};

static void add(struct text *text, const char *string)
{
    size_t length = MIN(strlen(string), sizeof(text->bytes) - text->length);

    memcpy(text->bytes + text->length, string, length);
    text->length += length;
}

static void add_number(struct text *text, uint64_t number)
{
    char digits[24];
    char *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(text, at);
}

static void put(int fd, const struct text *text)
{
    ssize_t written = fd >= 0 ? write(fd, text->bytes, text->length) : 0;

    (void)written;
}

static void report(int signal, const struct vane_call *call)
{
    struct text text = {.length = 0};

    add(&text, call && call->self ? call->self->name : "engine");
    add(&text, ": error: crashed with signal ");
    add_number(&text, (uint64_t)signal);
    if (call) {
        add(&text, " in its ");
        add(&text, call->what);
        add(&text, " callback");
    }
    add(&text, "\n");
    put(STDERR_FILENO, &text);
}

static void remember(int signal, const struct vane_call *call)
{
    struct text text = {.length = 0};
    struct timespec now;

    if (!call || !call->self)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    add_number(&text, (uint64_t)now.tv_sec);
    add(&text, " ");
    add(&text, call->self->name);
    add(&text, " ");
    add_number(&text, (uint64_t)signal);
    add(&text, "\n");
    put(record, &text);
}

/* Returning runs the faulty instruction again, now under the handler that was there before; a
 * signal that was sent, as abort() does, is raised again. */
static void on_fatal(int signal, siginfo_t *info, void *context)
{
    const struct vane_call *call = vane_call_current();

    (void)context;
    if (!handling) {
        handling = 1;
        report(signal, call);
        remember(signal, call);
    }
    for (size_t i = 0; i < ELEMENTS(fatal); i++)
        sigaction(fatal[i], &before[i], NULL);
    if (info->si_code <= 0)
        raise(signal);
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_size = 16384};

    alternate_stack = g_malloc(stack.ss_size);
    stack.ss_sp = alternate_stack;
    sigaltstack(&stack, NULL);
    action.sa_sigaction = on_fatal;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ELEMENTS(fatal); i++)
        sigaction(fatal[i], &action, &before[i]);
}

/* What is no regular file, as a FIFO that nobody reads, would hold us up, at the start or in the
 * handler. */
static int open_record(const char *file)
{
    _cleanup_close_ int fd = open(
        file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    struct stat st;

    if (fd < 0)
        return errno == ENXIO ? -EINVAL : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? steal_fd(&fd) : -EINVAL;
}

int vane_crash_handler_install(const char *state_directory)
{
    g_autofree char *file = g_build_filename(state_directory, "crashes", NULL);

    if (!alternate_stack)
        install_handlers();
    if (record >= 0)
        close(record);
    record = open_record(file);
    return MIN(record, 0);
}

void vane_crash_handler_remove(void)
{
    stack_t off = {.ss_flags = SS_DISABLE};

    if (!alternate_stack)
        return;
    for (size_t i = 0; i < ELEMENTS(fatal); i++)
        sigaction(fatal[i], &before[i], NULL);
    sigaltstack(&off, NULL);
    g_clear_pointer(&alternate_stack, g_free);
    if (record >= 0)
        close(record);
    record = -1;
    handling = 0;
}

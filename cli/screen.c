/* The whole terminal. See screen.h. */
#include "cli/screen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/width.h"

#define ENTER       "\033[?1049h\033[?25l\033[2J"
#define LEAVE       "\033[?25h\033[?1049l"
#define HOME        "\033[H"
#define REST_OF_ROW "\033[K"
#define REST        "\033[J"

static struct termios before;
static bool open_now;

static void put(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, text, length);

        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
}

int vane_screen_open(void)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
        return -ENOTTY;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    put(ENTER, strlen(ENTER));
    open_now = true;
    return 0;
}

void vane_screen_close(void)
{
    if (!open_now)
        return;
    put(LEAVE, strlen(LEAVE));
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    open_now = false;
}

void vane_screen_size(unsigned *rows, unsigned *columns)
{
    struct winsize size = {0};

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *rows = size.ws_row ? size.ws_row : 24;
    *columns = size.ws_col ? size.ws_col : 80;
}

/* As many letters as fit, wide ones counted twice. */
static void append_cut(GString *out, const char *text, unsigned columns)
{
    size_t width = 0;

    for (const char *at = text, *next; *at; at = next) {
        char letter[8] = "";

        next = g_utf8_next_char(at);
        memcpy(letter, at, MIN((size_t)(next - at), sizeof(letter) - 1));
        width += vane_cli_width(letter);
        if (width > columns)
            return;
        g_string_append(out, letter);
    }
}

void vane_screen_line(GString *picture, unsigned columns, enum vane_screen_style style,
                      const char *text)
{
    bool styled = style != VANE_SCREEN_PLAIN && vane_cli_colour();

    if (picture->len > 0)
        g_string_append(picture, "\r\n");
    if (styled)
        g_string_append(picture, style == VANE_SCREEN_HEAD ? "\033[1m" : "\033[2m");
    append_cut(picture, text, columns);
    if (styled)
        g_string_append(picture, "\033[0m");
    g_string_append(picture, REST_OF_ROW);
}

/* In one write, so that nothing flickers. */
void vane_screen_show(const GString *picture)
{
    g_autofree char *whole = g_strconcat(HOME, picture->str, REST, NULL);

    put(whole, strlen(whole));
}

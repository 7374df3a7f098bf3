/* D-Bus authentication. See auth.h. */
#include "engine/control/auth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/text/hex.h"

static const char rejected[] = "REJECTED EXTERNAL\r\n";

void vane_auth_init(struct vane_auth *auth, uint32_t uid)
{
    *auth = (struct vane_auth){.state = VANE_AUTH_NUL, .uid = uid};
}

/* The identity is the uid in decimal digits, in hexadecimal; none at all means "as you see me". */
static bool is_peer(const struct vane_auth *auth, const char *identity)
{
    char decimal[16], expected[2 * sizeof(decimal) + 1];

    if (*identity == '\0')
        return true;
    snprintf(decimal, sizeof(decimal), "%" PRIu32, auth->uid);
    vane_text_hex(decimal, strlen(decimal), expected);
    return strcmp(identity, expected) == 0;
}

static int decide(struct vane_auth *auth, const char *identity, const char **answer)
{
    if (is_peer(auth, identity)) {
        auth->state = VANE_AUTH_BEGIN;
        return VANE_AUTH_ACCEPT;
    }
    auth->state = VANE_AUTH_COMMAND;
    *answer = rejected;
    return VANE_AUTH_ANSWER;
}

/* What follows a command word, or NULL when the line has another word. */
static const char *rest_of(const char *line, const char *command)
{
    size_t length = strlen(command);

    if (strncmp(line, command, length) != 0)
        return NULL;
    if (line[length] == '\0')
        return line + length;
    return line[length] == ' ' ? line + length + 1 : NULL;
}

static int refuse(struct vane_auth *auth, const char **answer)
{
    auth->state = VANE_AUTH_COMMAND;
    *answer = rejected;
    return VANE_AUTH_ANSWER;
}

static int misunderstood(const char **answer)
{
    *answer = "ERROR\r\n";
    return VANE_AUTH_ANSWER;
}

static int on_command(struct vane_auth *auth, const char **answer)
{
    const char *identity = rest_of(auth->line, "AUTH EXTERNAL");

    if (identity && *identity)
        return decide(auth, identity, answer);
    if (identity) {
        auth->state = VANE_AUTH_DATA;
        *answer = "DATA\r\n";
        return VANE_AUTH_ANSWER;
    }
    if (rest_of(auth->line, "AUTH") || rest_of(auth->line, "ERROR") ||
        rest_of(auth->line, "CANCEL"))
        return refuse(auth, answer);
    return misunderstood(answer);
}

static int on_data(struct vane_auth *auth, const char **answer)
{
    const char *identity = rest_of(auth->line, "DATA");

    if (identity)
        return decide(auth, identity, answer);
    if (rest_of(auth->line, "CANCEL") || rest_of(auth->line, "ERROR"))
        return refuse(auth, answer);
    return misunderstood(answer);
}

static int on_line(struct vane_auth *auth, const char **answer)
{
    bool begin = strcmp(auth->line, "BEGIN") == 0;

    if (++auth->lines > VANE_AUTH_LINES_MAX)
        return -E2BIG;
    switch (auth->state) {
    case VANE_AUTH_COMMAND:
        return begin ? -EPROTO : on_command(auth, answer);
    case VANE_AUTH_DATA:
        return begin ? -EPROTO : on_data(auth, answer);
    case VANE_AUTH_BEGIN:
        if (!begin)
            return misunderstood(answer);
        auth->state = VANE_AUTH_OVER;
        return VANE_AUTH_START;
    case VANE_AUTH_NUL:
    case VANE_AUTH_OVER:
        break;
    }
    return -EPROTO;
}

/* Adds a byte to the line: 1 when that completed it. */
static int add(struct vane_auth *auth, uint8_t byte)
{
    if (byte == '\n') {
        if (auth->length == 0 || auth->line[auth->length - 1] != '\r')
            return -EPROTO;
        auth->line[auth->length - 1] = '\0';
        auth->length = 0;
        return 1;
    }
    if (byte != '\r' && (byte < 0x20 || byte > 0x7e))
        return -EPROTO;
    if (auth->length == sizeof(auth->line))
        return -E2BIG;
    auth->line[auth->length++] = (char)byte;
    return 0;
}

int vane_auth_feed(struct vane_auth *auth, const uint8_t *bytes, size_t length, size_t *used,
                   const char **answer)
{
    *used = 0;
    if (auth->state == VANE_AUTH_NUL && length > 0) {
        if (bytes[(*used)++] != 0)
            return -EPROTO;
        auth->state = VANE_AUTH_COMMAND;
    }
    while (*used < length) {
        int r = add(auth, bytes[(*used)++]);

        if (r < 0)
            return r;
        if (r > 0)
            return on_line(auth, answer);
    }
    return VANE_AUTH_WAIT;
}

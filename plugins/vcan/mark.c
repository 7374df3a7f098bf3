/* Marks on interfaces. See mark.h. */
#include "plugins/vcan/mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#define PREFIX "netvane-vcan uid="

void vane_mark_write(const struct vane_mark *mark, char text[static VANE_MARK_SIZE])
{
    char lease[48] = "none";

    if (mark->lease == VANE_LEASE_CONNECTION)
        g_strlcpy(lease, "connection", sizeof(lease));
    if (mark->lease == VANE_LEASE_UNTIL)
        snprintf(lease, sizeof(lease), "until:%" PRIu64, mark->until);
    snprintf(text, VANE_MARK_SIZE, PREFIX "%" PRIu32 " lease=%s socket=%s", mark->uid,
             mark->peer ? "peer" : lease, mark->socket);
}

/* Decimal digits up to `end`; moves *at behind them. */
static bool take_number(const char **at, char end, uint64_t *value)
{
    char *stop;

    if (!g_ascii_isdigit(**at))
        return false;
    *value = g_ascii_strtoull(*at, &stop, 10);
    *at = stop + 1;
    return *stop == end;
}

static bool take_word(const char **at, const char *word)
{
    if (!g_str_has_prefix(*at, word))
        return false;
    *at += strlen(word);
    return true;
}

static bool take_lease(const char **at, struct vane_mark *mark)
{
    mark->lease = VANE_LEASE_NONE;
    if (take_word(at, "none "))
        return true;
    mark->peer = take_word(at, "peer ");
    if (mark->peer)
        return true;
    mark->lease = VANE_LEASE_CONNECTION;
    if (take_word(at, "connection "))
        return true;
    mark->lease = VANE_LEASE_UNTIL;
    if (!take_word(at, "until:"))
        return false;
    return take_number(at, ' ', &mark->until);
}

bool vane_mark_read(const char *alias, struct vane_mark *mark)
{
    const char *at = alias;
    uint64_t uid;

    if (!at || !take_word(&at, PREFIX))
        return false;
    *mark = (struct vane_mark){0};
    if (!take_number(&at, ' ', &uid) || uid > UINT32_MAX || !take_word(&at, "lease="))
        return false;
    mark->uid = (uint32_t)uid;
    if (!take_lease(&at, mark) || !take_word(&at, "socket="))
        return false;
    return g_strlcpy(mark->socket, at, sizeof(mark->socket)) < sizeof(mark->socket);
}

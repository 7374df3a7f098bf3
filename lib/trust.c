/*
 * The check of a file's ownership. See trust.h.
 *
 * Between this check and execve(2) or dlopen(3) lies a moment. Nobody can use it: every directory
 * that was walked is writable by root alone, so only root can replace a component, and the file is
 * writable by root alone, so only root can change its content. That is why each directory counts
 * and why a sticky bit does not help (it protects files from others, not names from their owner).
 * The walk itself holds a descriptor of each directory, so it is not led astray half-way.
 */
#include "lib/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <glib.h>

#include "lib/cleanup.h"

#define LINKS_MAX 40 /* as the kernel has it, path_resolution(7) */

struct walk {
    int directory;  /* where it has come to */
    GString *rest;  /* what is still to go */
    GString *where; /* the resolved path so far, for messages */
    unsigned links;
    uid_t owner;
    enum vane_trust_kind kind;
    struct vane_refusal *refusal;
};

void vane_refusal_clear(struct vane_refusal *refusal)
{
    g_clear_pointer(&refusal->reason, g_free);
}

/* Bytes that an entry of the user database may take; of a longer one the number is told. */
#define ENTRY_MAX 16384

/* Files are looked at on threads, too. */
static char *user_name(uid_t uid)
{
    g_autofree char *room = g_malloc(ENTRY_MAX);
    struct passwd entry, *found = NULL;

    (void)getpwuid_r(uid, &entry, room, ENTRY_MAX, &found);
    return found ? g_strdup(found->pw_name) : g_strdup_printf("uid %u", uid);
}

static char *group_name(gid_t gid)
{
    g_autofree char *room = g_malloc(ENTRY_MAX);
    struct group entry, *found = NULL;

    (void)getgrgid_r(gid, &entry, room, ENTRY_MAX, &found);
    return found ? g_strdup(found->gr_name) : g_strdup_printf("gid %u", gid);
}

static int refuse(struct walk *walk, const struct stat *st, char *reason)
{
    walk->refusal->reason = reason;
    walk->refusal->change =
        (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
    return -EACCES;
}

static int check_owner(struct walk *walk, const struct stat *st)
{
    g_autofree char *user = NULL;

    if (st->st_uid == 0 || st->st_uid == walk->owner)
        return 0;
    user = user_name(st->st_uid);
    return refuse(walk, st,
                  g_strdup_printf("%s belongs to %s (chown root)", walk->where->str, user));
}

/* A sticky directory, as /tmp, is meant for everybody: it is the file that is in the wrong place.
 */
static const char *mode_advice(const struct stat *st)
{
    return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX)
               ? "keep it in a directory that only root can write"
               : "chmod o-w";
}

static int check_mode(struct walk *walk, const struct stat *st)
{
    g_autofree char *group = NULL;

    if (st->st_mode & S_IWOTH)
        return refuse(
            walk, st,
            g_strdup_printf("%s is writable by everybody (%s)", walk->where->str, mode_advice(st)));
    if (!(st->st_mode & S_IWGRP))
        return 0;
    group = group_name(st->st_gid);
    return refuse(
        walk, st,
        g_strdup_printf("%s is writable by group %s (chmod g-w)", walk->where->str, group));
}

/* Takes the next component off the path; NULL when there is none left. */
static char *next_component(GString *rest)
{
    size_t slashes = strspn(rest->str, "/"), length;
    char *component;

    g_string_erase(rest, 0, (gssize)slashes);
    length = strcspn(rest->str, "/");
    if (length == 0)
        return NULL;
    component = g_strndup(rest->str, length);
    g_string_erase(rest, 0, (gssize)length);
    return component;
}

static void show_component(GString *where, const char *component)
{
    char *slash;

    if (strcmp(component, "..") != 0) {
        if (where->str[where->len - 1] != '/')
            g_string_append_c(where, '/');
        g_string_append(where, component);
        return;
    }
    slash = strrchr(where->str, '/');
    g_string_truncate(where, MAX((gsize)(slash - where->str), 1));
}

static int go_to(struct walk *walk, int fd)
{
    cleanup_close(&walk->directory);
    walk->directory = fd;
    return 0;
}

static int go_to_root(struct walk *walk)
{
    struct stat st;
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), r;

    if (fd < 0)
        return -errno;
    (void)go_to(walk, fd);
    g_string_assign(walk->where, "/");
    if (fstat(fd, &st) < 0)
        return -errno;
    r = check_owner(walk, &st);
    return r < 0 ? r : check_mode(walk, &st);
}

static int follow_link(struct walk *walk, int fd)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(fd, "", target, sizeof(target) - 1);
    char *slash;

    if (length < 0)
        return -errno;
    if (++walk->links > LINKS_MAX)
        return -ELOOP;
    target[length] = '\0';
    g_string_prepend_c(walk->rest, '/');
    g_string_prepend(walk->rest, target);
    slash = strrchr(walk->where->str, '/');
    g_string_truncate(walk->where, MAX((gsize)(slash - walk->where->str), 1));
    return target[0] == '/' ? go_to_root(walk) : 0;
}

static int check_file(struct walk *walk, const struct stat *st)
{
    if (walk->rest->len > strspn(walk->rest->str, "/"))
        return -ENOTDIR;
    if (walk->kind == VANE_TRUST_SETTINGS)
        return 1;
    if (!S_ISREG(st->st_mode))
        return refuse(walk, st, g_strdup_printf("%s is no regular file", walk->where->str));
    if (walk->kind == VANE_TRUST_PROGRAM && !(st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        return refuse(walk, st,
                      g_strdup_printf("%s is not executable (chmod +x)", walk->where->str));
    return 1;
}

static bool is_null_device(const struct walk *walk, const struct stat *st)
{
    return walk->kind == VANE_TRUST_SETTINGS && S_ISCHR(st->st_mode) &&
           st->st_rdev == makedev(1, 3);
}

/* 0: go on; 1: this was the file, and it is fine. */
static int step(struct walk *walk, const char *component)
{
    _cleanup_close_ int fd = openat(walk->directory, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    int r;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    show_component(walk->where, component);
    r = check_owner(walk, &st);
    if (r < 0)
        return r;
    if (S_ISLNK(st.st_mode))
        return follow_link(walk, fd);
    if (is_null_device(walk, &st))
        return 1;
    r = check_mode(walk, &st);
    if (r < 0)
        return r;
    return S_ISDIR(st.st_mode) ? go_to(walk, steal_fd(&fd)) : check_file(walk, &st);
}

static int walk_all(struct walk *walk)
{
    int r = go_to_root(walk);

    while (r == 0) {
        g_autofree char *component = next_component(walk->rest);

        if (!component)
            return -EISDIR;
        if (strcmp(component, ".") != 0)
            r = step(walk, component);
    }
    return r < 0 ? r : 0;
}

int vane_trust_check(const char *path, enum vane_trust_kind kind, uid_t owner,
                     struct vane_refusal *refusal)
{
    struct walk walk = {.directory = -1, .kind = kind, .owner = owner, .refusal = refusal};
    int r;

    if (path[0] != '/')
        return -EINVAL;
    walk.rest = g_string_new(path);
    walk.where = g_string_new("/");
    r = walk_all(&walk);
    cleanup_close(&walk.directory);
    g_string_free(walk.rest, TRUE);
    g_string_free(walk.where, TRUE);
    return r;
}

/* The files that a configuration is read from. See sources.h. */
#include "engine/config/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/trust.h"

/* With the NUL and the length, so that no two sequences of files look the same. */
static void digest(struct vane_ini *ini, const char *path, const char *bytes, size_t length)
{
    guint64 size = length;

    g_checksum_update(ini->read, (const guchar *)path, (gssize)strlen(path) + 1);
    g_checksum_update(ini->read, (const guchar *)&size, sizeof(size));
    g_checksum_update(ini->read, (const guchar *)bytes, (gssize)length);
}

char *vane_sources_digest(const struct vane_ini *ini)
{
    GChecksum *copy = g_checksum_copy(ini->read);
    char *text = g_strdup(g_checksum_get_string(copy));

    g_checksum_free(copy);
    return text;
}

static void refuse(struct vane_ini *ini, struct vane_problems *problems, const char *path,
                   const char *reason)
{
    struct vane_place place = {.file = path};

    digest(ini, path, reason, strlen(reason));
    vane_problems_error(problems, &place, "%s", reason);
}

static void refuse_errno(struct vane_ini *ini, struct vane_problems *problems, const char *path,
                         int error)
{
    g_autofree char *reason = g_strdup_printf("cannot be read: %s", g_strerror(error));

    refuse(ini, problems, path, reason);
}

/* All that is in the file, but not more than one byte beyond what is allowed. */
static int read_all(int fd, GString *text)
{
    char buffer[16384];
    ssize_t n;

    while (text->len <= VANE_INI_MAX) {
        n = read(fd, buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        g_string_append_len(text, buffer, n);
    }
    return -EFBIG;
}

/* /dev/null stands for an empty file, which is also how a drop-in is masked. */
static bool is_null_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static void read_descriptor(struct vane_ini *ini, int fd, const char *file,
                            struct vane_problems *problems)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct stat st;
    int r;

    if (fstat(fd, &st) < 0)
        return refuse_errno(ini, problems, file, errno);
    if (!S_ISREG(st.st_mode) && !is_null_device(&st))
        return refuse(ini, problems, file, "is not a regular file");
    r = read_all(fd, text);
    if (r == -EFBIG)
        return refuse(ini, problems, file, "is larger than 1 MiB, too large for a configuration");
    if (r < 0)
        return refuse_errno(ini, problems, file, -r);
    digest(ini, file, text->str, text->len);
    vane_ini_parse(ini, file, text->str, text->len, problems);
}

static void read_file(struct vane_ini *ini, const char *file, bool required,
                      struct vane_problems *problems)
{
    /* Without O_NONBLOCK a FIFO of that name would hold the daemon for ever. */
    _cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0)
        read_descriptor(ini, fd, file, problems);
    else if (errno != ENOENT || required)
        refuse_errno(ini, problems, file, errno);
}

/* Who may change the configuration of a daemon that runs as root is root: it names the directories
 * of plugins and scripts. NULL: all is well, or it cannot be opened either. */
static char *distrust(const char *file)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *path =
        g_path_is_absolute(file) ? g_strdup(file) : g_build_filename(here, file, NULL);
    g_autofree char *reason = NULL;
    struct vane_refusal refusal = {0};

    if (geteuid() == 0)
        (void)vane_trust_check(path, VANE_TRUST_SETTINGS, 0, &refusal);
    reason = refusal.reason;
    return reason ? g_strdup_printf("is not obeyed: %s", reason) : NULL;
}

static void read_trusted(struct vane_ini *ini, const char *file, bool required,
                         struct vane_problems *problems)
{
    g_autofree char *reason = distrust(file);

    if (reason)
        refuse(ini, problems, file, reason);
    else
        read_file(ini, file, required, problems);
}

static int is_drop_in(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, ".conf");
}

/* By bytes, so that the order does not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_drop_ins(struct vane_ini *ini, const char *directory,
                          struct vane_problems *problems)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_drop_in, by_name);

    if (count < 0) {
        if (errno != ENOENT)
            refuse_errno(ini, problems, directory, errno);
        return;
    }
    for (int i = 0; i < count; i++) {
        g_autofree char *file = g_build_filename(directory, entries[i]->d_name, NULL);

        read_trusted(ini, file, true, problems);
        free(entries[i]);
    }
    free(entries);
}

void vane_sources_read(struct vane_ini *ini, const char *file, bool required,
                       struct vane_problems *problems)
{
    g_autofree char *directory = g_strconcat(file, ".d", NULL);

    read_trusted(ini, file, required, problems);
    read_drop_ins(ini, directory, problems);
}

void vane_sources_read_candidate(struct vane_ini *ini, const char *file, const char *candidate,
                                 struct vane_problems *problems)
{
    g_autofree char *directory = g_strconcat(file, ".d", NULL);

    read_file(ini, candidate, true, problems);
    read_drop_ins(ini, directory, problems);
}

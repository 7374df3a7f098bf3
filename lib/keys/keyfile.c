/* Key files. See keyfile.h. */
#include "lib/keys/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>
#include <sodium.h>

#include "lib/cleanup.h"

__attribute__((format(printf, 3, 4))) static int refuse(char **why, int error, const char *format,
                                                        ...)
{
    va_list arguments;

    va_start(arguments, format);
    *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return error;
}

static int refuse_errno(char **why, const char *path, const char *what)
{
    int error = -errno;

    return refuse(why, error, "%s: cannot %s: %s", path, what, strerror(-error));
}

static int check_file(int fd, const char *path, char **why)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return refuse_errno(why, path, "examine it");
    if (!S_ISREG(st.st_mode))
        return refuse(why, -EINVAL, "%s is no regular file", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return refuse(why, -EPERM, "%s belongs to user %u, who could change it (chown root)", path,
                      st.st_uid);
    if (st.st_mode & 077)
        return refuse(why, -EPERM, "%s has mode %04o, so that others get at it (chmod 0600)", path,
                      st.st_mode & 07777);
    if (st.st_size > VANE_SSHKEY_MAX)
        return refuse(why, -EFBIG, "%s is too long for a key", path);
    return 0;
}

static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    while (length < size) {
        got = read(fd, text + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* The second half of a key follows from the first; a file that says otherwise would make us sign
 * in a way that gives the key away. */
static bool is_consistent(const struct vane_sshkey *key)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    bool same;

    crypto_sign_seed_keypair(public_key, secret, key->seed);
    same = memcmp(public_key, key->public_key, sizeof(public_key)) == 0;
    sodium_memzero(secret, sizeof(secret));
    return same;
}

static int parse(const char *path, const char *text, size_t length, struct vane_sshkey *key,
                 char **why)
{
    const char *problem;
    int r = vane_sshkey_parse(text, length, key, &problem);

    if (r == 0 && !is_consistent(key)) {
        sodium_memzero(key, sizeof(*key));
        r = -EINVAL;
        problem = "is damaged: its halves do not belong together";
    }
    return r < 0 ? refuse(why, r, "%s %s", path, problem) : 0;
}

int vane_keyfile_read(const char *path, struct vane_sshkey *key, char **why)
{
    /* O_NONBLOCK: a FIFO must not hold us up before it is refused */
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char text[VANE_SSHKEY_MAX];
    ssize_t length;
    int r;

    if (fd < 0)
        return refuse_errno(why, path, "open it");
    r = check_file(fd, path, why);
    if (r < 0)
        return r;
    length = read_all(fd, text, sizeof(text));
    r = length < 0 ? refuse_errno(why, path, "read it")
                   : parse(path, text, (size_t)length, key, why);
    sodium_memzero(text, sizeof(text));
    return r;
}

static int write_file(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        text += written;
        length -= (size_t)written;
    }
    return fsync(fd);
}

static int write_new(const char *path, char **why)
{
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    char text[VANE_SSHKEY_TEXT_MAX];
    struct vane_sshkey key;
    size_t length;
    int r = 0;

    if (fd < 0)
        return refuse_errno(why, path, "make it");
    randombytes_buf(key.seed, sizeof(key.seed));
    crypto_sign_seed_keypair(key.public_key, secret, key.seed);
    length = vane_sshkey_format(&key, randombytes_random(), text);
    if (write_file(fd, text, length) < 0)
        r = refuse_errno(why, path, "write it");
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(&key, sizeof(key));
    sodium_memzero(text, sizeof(text));
    return r;
}

/* A new name is on the disk only when its directory is. */
static void sync_directory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        (void)fsync(fd);
}

/* link(2) gives the name only if nobody has it, so two that start at once end with one key. */
int vane_keyfile_make(const char *path, char **why)
{
    g_autofree char *new_path = g_strdup_printf("%s.%08x.new", path, randombytes_random());
    int r = write_new(new_path, why);

    if (r == 0 && link(new_path, path) < 0)
        r = errno == EEXIST ? -EEXIST : refuse_errno(why, path, "make it");
    (void)unlink(new_path);
    if (r == 0)
        sync_directory(path);
    return r;
}

/* Files of secrets: whose they are, who may read them, and what is in them. See secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "plugins/webhook/secret.h"

#define FILE_MAX   4096u
#define CREDENTIAL "credential:"
#define KEYS_MAX   8u
#define LINE_SIZE  96u /* whsk_, the base64 of 32 bytes, a newline */

__attribute__((format(printf, 3, 4))) static int fail(char **why, int error, const char *format,
                                                      ...)
{
    va_list arguments;

    va_start(arguments, format);
    *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return error;
}

static int check_owner(const char *path, const struct stat *info, char **why)
{
    if (!S_ISREG(info->st_mode))
        return fail(why, -EINVAL, "%s is not a regular file", path);
    if (info->st_uid != 0 && info->st_uid != geteuid())
        return fail(why, -EACCES, "%s belongs to user %u (chown it to root)", path, info->st_uid);
    if (info->st_mode & 077)
        return fail(why, -EACCES, "%s can be read or written by others (chmod 600 %s)", path, path);
    if (info->st_size > (off_t)FILE_MAX)
        return fail(why, -EFBIG, "%s is larger than %u bytes", path, FILE_MAX);
    return 0;
}

/* The whole file, NUL behind it, in memory that is not dumped. To be freed with sodium_free(). */
static int read_guarded(const char *path, char **text, size_t *length, char **why)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    char *buffer;
    ssize_t n;
    int r;

    if (fd < 0 || fstat(fd, &info) < 0)
        return fail(why, -errno, "%s cannot be opened: %s", path, g_strerror(errno));
    r = check_owner(path, &info, why);
    if (r < 0)
        return r;
    buffer = sodium_malloc(FILE_MAX + 1);
    if (!buffer)
        return fail(why, -ENOMEM, "there is no memory that is kept out of core dumps");
    n = read(fd, buffer, FILE_MAX);
    if (n < 0) {
        r = fail(why, -errno, "%s cannot be read: %s", path, g_strerror(errno));
        sodium_free(buffer);
        return r;
    }
    buffer[n] = '\0';
    *text = buffer;
    *length = (size_t)n;
    return 0;
}

static int locate(const char *source, char **path, char **why)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY"), *name;

    if (source[0] == '/') {
        *path = g_strdup(source);
        return 0;
    }
    if (!g_str_has_prefix(source, CREDENTIAL))
        return fail(why, -EINVAL, "%s is neither an absolute path nor credential:NAME", source);
    name = source + strlen(CREDENTIAL);
    if (!name[0] || strchr(name, '/') || name[0] == '.')
        return fail(why, -EINVAL, "%s has no name of a credential", source);
    if (!directory)
        return fail(why, -ENOENT, "the service manager gave no credentials (LoadCredential=%s:...)",
                    name);
    *path = g_build_filename(directory, name, NULL);
    return 0;
}

static int read_source(const char *source, char **path, char **text, size_t *length, char **why)
{
    int r = locate(source, path, why);

    return *path ? read_guarded(*path, text, length, why) : r;
}

int vane_secret_text_read(const char *source, char **text, size_t *length, char **why)
{
    g_autofree char *path = NULL;

    return read_source(source, &path, text, length, why);
}

int vane_secret_read(const char *source, bool plain, struct vane_secret *secret, char **why)
{
    g_autofree char *path = NULL;
    const char *reason = NULL;
    char *text = NULL;
    size_t length = 0;
    int r = read_source(source, &path, &text, &length, why);

    if (r < 0)
        return r;
    r = vane_secret_parse(text, length, plain, secret, &reason);
    sodium_free(text);
    return r < 0 ? fail(why, r, "%s is no secret: %s", path, reason ? reason : "no memory") : 0;
}

/* ---- the plugin's own keys ---- */

static int read_lines(const char *path, const char *text, size_t length, GArray *keys, char **why)
{
    while (length > 0 && keys->len < KEYS_MAX) {
        const char *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;
        struct vane_signing_key key = {0};

        if (line > 0 && vane_signing_key_parse(text, line, &key) < 0)
            return fail(why, -EBADMSG, "%s has a line that is no key (whsk_...)", path);
        if (line > 0)
            g_array_append_val(keys, key);
        line += end != NULL;
        text += line;
        length -= line;
    }
    return keys->len > 0 ? 0 : fail(why, -EBADMSG, "%s has no key", path);
}

static int begin_keys(const char *path, GArray *keys, char **why)
{
    struct vane_signing_key key = {0};
    int r = vane_signing_key_make(&key);

    if (r < 0)
        return fail(why, -ENOMEM, "there is no memory that is kept out of core dumps");
    g_array_append_val(keys, key);
    r = vane_signing_keys_write(path, keys);
    return r < 0 ? fail(why, r, "%s cannot be written: %s", path, g_strerror(-r)) : 0;
}

int vane_signing_keys_read(const char *path, GArray *keys, char **why)
{
    char *text = NULL;
    size_t length = 0;
    int r;

    if (access(path, F_OK) < 0 && errno == ENOENT)
        return begin_keys(path, keys, why);
    r = read_guarded(path, &text, &length, why);
    if (r < 0)
        return r;
    r = read_lines(path, text, length, keys, why);
    sodium_free(text);
    return r;
}

static void render(const GArray *keys, char *text)
{
    for (guint i = 0; i < keys->len; i++) {
        const struct vane_signing_key *key = &g_array_index(keys, struct vane_signing_key, i);

        strcpy(text, "whsk_");
        text += strlen(text);
        sodium_bin2base64(text, LINE_SIZE - 6, key->secret, crypto_sign_SEEDBYTES,
                          sodium_base64_VARIANT_ORIGINAL);
        text += strlen(text);
        *text++ = '\n';
        *text = '\0';
    }
}

int vane_signing_keys_write(const char *path, const GArray *keys)
{
    char *text = sodium_malloc(LINE_SIZE * KEYS_MAX + 1);
    int r;

    if (!text)
        return -ENOMEM;
    render(keys, text);
    r = vane_file_replace(path, text, strlen(text), 0600);
    sodium_free(text);
    return r;
}

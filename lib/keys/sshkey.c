/* OpenSSH private keys, from text and to text. See sshkey.h. */
#include "lib/keys/sshkey.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#define FIRST_LINE  "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define LAST_LINE   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC       "openssh-key-v1" /* with its NUL */
#define KEY_TYPE    "ssh-ed25519"
#define COMMENT     "netvane"
#define LINE_LENGTH 70
#define BLOCK_SIZE  8 /* of the cipher "none" */

struct reader {
    const uint8_t *at;
    size_t left;
};

struct text {
    const uint8_t *at;
    size_t length;
};

static int refuse(const char **problem, const char *reason)
{
    *problem = reason;
    return -EINVAL;
}

static bool take(struct reader *reader, size_t length, const uint8_t **at)
{
    if (length > reader->left)
        return false;
    *at = reader->at;
    reader->at += length;
    reader->left -= length;
    return true;
}

/* uint32 (RFC 4251 section 5) */
static bool take_number(struct reader *reader, uint32_t *number)
{
    const uint8_t *at;

    if (!take(reader, 4, &at))
        return false;
    *number = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return true;
}

/* string (RFC 4251 section 5) */
static bool take_text(struct reader *reader, struct text *text)
{
    uint32_t length;

    if (!take_number(reader, &length))
        return false;
    text->length = length;
    return take(reader, length, &text->at);
}

static bool says(const struct text *text, const char *word)
{
    return text->length == strlen(word) && memcmp(text->at, word, text->length) == 0;
}

/* The padding counts from 1. */
static bool is_padding(const struct reader *reader)
{
    for (size_t i = 0; i < reader->left; i++)
        if (reader->at[i] != i + 1)
            return false;
    return reader->left < BLOCK_SIZE;
}

static int parse_private(struct reader reader, struct vane_sshkey *key, const char **problem)
{
    struct text type, public_key, secret, comment;
    uint32_t check, again;

    if (!take_number(&reader, &check) || !take_number(&reader, &again) || check != again ||
        !take_text(&reader, &type))
        return refuse(problem, "is damaged");
    if (!says(&type, KEY_TYPE))
        return refuse(problem, "is no Ed25519 key (ssh-keygen -t ed25519 makes one)");
    if (!take_text(&reader, &public_key) || !take_text(&reader, &secret) ||
        !take_text(&reader, &comment) || !is_padding(&reader))
        return refuse(problem, "is damaged");
    if (public_key.length != 32 || secret.length != 64 ||
        memcmp(secret.at + 32, public_key.at, 32) != 0)
        return refuse(problem, "is damaged");
    memcpy(key->public_key, public_key.at, 32);
    memcpy(key->seed, secret.at, 32);
    return 0;
}

static int parse_blob(struct reader reader, struct vane_sshkey *key, const char **problem)
{
    struct text cipher, kdf, kdf_options, public_blob, secret;
    const uint8_t *magic;
    uint32_t count;

    if (!take(&reader, sizeof(MAGIC), &magic) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
        !take_text(&reader, &cipher) || !take_text(&reader, &kdf) ||
        !take_text(&reader, &kdf_options) || !take_number(&reader, &count))
        return refuse(problem, "is damaged");
    if (!says(&cipher, "none") || !says(&kdf, "none"))
        return refuse(problem, "is encrypted; the daemon has nobody to ask for its passphrase "
                               "(ssh-keygen -p removes it)");
    if (count != 1 || !take_text(&reader, &public_blob) || !take_text(&reader, &secret) ||
        reader.left != 0)
        return refuse(problem, "is damaged, or holds more than one key");
    return parse_private((struct reader){secret.at, secret.length}, key, problem);
}

static const char *find(const char *at, size_t length, const char *word)
{
    return memmem(at, length, word, strlen(word));
}

/* What is between the first and the last line. */
static int find_body(const char *text, size_t length, struct text *body, const char **problem)
{
    const size_t first = strlen(FIRST_LINE);
    const char *end;

    if (length > VANE_SSHKEY_MAX)
        return refuse(problem, "is too long for a key");
    if (length < first || memcmp(text, FIRST_LINE, first) != 0)
        return refuse(problem, find(text, length, "PRIVATE KEY-----")
                                   ? "is a key in another format than OpenSSH's own "
                                     "(ssh-keygen -p -N '' rewrites it)"
                                   : "is no private key of OpenSSH");
    end = find(text + first, length - first, LAST_LINE);
    if (!end)
        return refuse(problem, "is cut off");
    body->at = (const uint8_t *)text + first;
    body->length = (size_t)(end - text) - first;
    return 0;
}

int vane_sshkey_parse(const char *text, size_t length, struct vane_sshkey *key,
                      const char **problem)
{
    uint8_t blob[VANE_SSHKEY_MAX];
    struct text body;
    size_t used;
    int r = find_body(text, length, &body, problem);

    if (r < 0)
        return r;
    r = sodium_base642bin(blob, sizeof(blob), (const char *)body.at, body.length, "\r\n", &used,
                          NULL, sodium_base64_VARIANT_ORIGINAL);
    if (r < 0)
        r = refuse(problem, "is damaged");
    else
        r = parse_blob((struct reader){blob, used}, key, problem);
    sodium_memzero(blob, sizeof(blob));
    return r;
}

struct writer {
    uint8_t bytes[300];
    size_t length;
};

static void put(struct writer *writer, const void *bytes, size_t length)
{
    memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

static void put_number(struct writer *writer, uint32_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 8), (uint8_t)number};

    put(writer, bytes, sizeof(bytes));
}

static void put_text(struct writer *writer, const void *bytes, size_t length)
{
    put_number(writer, (uint32_t)length);
    put(writer, bytes, length);
}

static void put_word(struct writer *writer, const char *word)
{
    put_text(writer, word, strlen(word));
}

static void put_public(struct writer *writer, const struct vane_sshkey *key)
{
    put_word(writer, KEY_TYPE);
    put_text(writer, key->public_key, sizeof(key->public_key));
}

static void put_private(struct writer *writer, const struct vane_sshkey *key, uint32_t check)
{
    const size_t start = writer->length;

    put_number(writer, check);
    put_number(writer, check);
    put_public(writer, key);
    put_number(writer, 64);
    put(writer, key->seed, sizeof(key->seed));
    put(writer, key->public_key, sizeof(key->public_key));
    put_word(writer, COMMENT);
    for (uint8_t i = 1; (writer->length - start) % BLOCK_SIZE != 0; i++)
        put(writer, &i, 1);
}

/* Puts a part that begins with its own length. */
static void put_sized(struct writer *writer, const struct writer *part)
{
    put_text(writer, part->bytes, part->length);
}

static size_t put_lines(const struct writer *writer, char text[VANE_SSHKEY_TEXT_MAX])
{
    char base64[sodium_base64_ENCODED_LEN(sizeof(writer->bytes), sodium_base64_VARIANT_ORIGINAL)];
    char *end = stpcpy(text, FIRST_LINE);
    size_t encoded, line;

    sodium_bin2base64(base64, sizeof(base64), writer->bytes, writer->length,
                      sodium_base64_VARIANT_ORIGINAL);
    encoded = strlen(base64);
    for (size_t at = 0; at < encoded; at += line) {
        line = encoded - at < LINE_LENGTH ? encoded - at : LINE_LENGTH;
        end = mempcpy(end, base64 + at, line);
        *end++ = '\n';
    }
    end = stpcpy(end, LAST_LINE "\n");
    sodium_memzero(base64, sizeof(base64));
    return (size_t)(end - text);
}

size_t vane_sshkey_format(const struct vane_sshkey *key, uint32_t check,
                          char text[VANE_SSHKEY_TEXT_MAX])
{
    struct writer all = {0}, public_part = {0}, private_part = {0};
    size_t length;

    put_public(&public_part, key);
    put_private(&private_part, key, check);
    put(&all, MAGIC, sizeof(MAGIC));
    put_word(&all, "none");
    put_word(&all, "none");
    put_word(&all, "");
    put_number(&all, 1);
    put_sized(&all, &public_part);
    put_sized(&all, &private_part);
    length = put_lines(&all, text);
    sodium_memzero(&all, sizeof(all));
    sodium_memzero(&private_part, sizeof(private_part));
    return length;
}

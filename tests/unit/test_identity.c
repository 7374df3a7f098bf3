/* The machine's key: made, read, refused, and what is signed with it. ssh-keygen(1) is the judge of
 * the format. */
#include <errno.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/identity.h"
#include "lib/keys/sshkey.h"
#include "tests/unit/engine_fixture.h"

#define IDENTITY (&vane_identity_table)

static int start(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture_start(fixture);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;

    vane_identity_key_free(fixture->engine.identity);
    fixture_stop(fixture);
    g_free(fixture);
    return 0;
}

/* The engine's key; NULL: its own. */
static void set_key(struct fixture *fixture, const char *file)
{
    vane_identity_key_free(fixture->engine.identity);
    assert_int_equal(vane_identity_key_new(&fixture->engine, fixture->directory, file,
                                           &fixture->engine.identity),
                     0);
}

static char *file_in(const struct fixture *fixture, const char *name)
{
    return g_build_filename(fixture->directory, name, NULL);
}

/* Runs a command of words; returns what it printed. */
static char *run(const char *const *words)
{
    char *output = NULL;
    int status = -1;

    assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)words, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output,
                             NULL, &status, NULL));
    assert_int_equal(status, 0);
    return output;
}

/* ssh-keygen makes a key file. */
static char *generate(const struct fixture *fixture, const char *type, const char *passphrase,
                      const char *format)
{
    char *path = file_in(fixture, "generated");
    const char *const words[] = {"ssh-keygen", "-q", "-t", type, "-N",   passphrase, "-C",
                                 "a comment",  "-f", path, "-m", format, NULL};

    g_free(run(words));
    return path;
}

/* The public key that ssh-keygen reads out of a file: the last 32 bytes of its blob. */
static void public_key_by_ssh(const char *path, uint8_t key[32])
{
    const char *const words[] = {"ssh-keygen", "-y", "-P", "", "-f", path, NULL};
    g_autofree char *line = run(words);
    g_auto(GStrv) parts = g_strsplit(g_strstrip(line), " ", 3);
    g_autofree uint8_t *blob = NULL;
    size_t length = 0;

    assert_string_equal(parts[0], "ssh-ed25519");
    blob = g_base64_decode(parts[1], &length);
    assert_int_equal(length, 51);
    memcpy(key, blob + 19, 32);
}

static void test_a_key_is_made_once_for_us_alone(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *path = file_in(fixture, "identity.key");
    uint8_t first[32], second[32], by_ssh[32];
    const char *told = NULL;
    mode_t umask_before = umask(0);
    struct stat st;

    set_key(fixture, NULL);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(IDENTITY->public_key(&fixture->alpha, first), 0);
    assert_int_equal(IDENTITY->path(&fixture->alpha, &told), 0);
    assert_string_equal(told, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1);

    set_key(fixture, NULL);
    assert_int_equal(IDENTITY->public_key(&fixture->alpha, second), 0);
    assert_memory_equal(first, second, 32);
    public_key_by_ssh(path, by_ssh);
    assert_memory_equal(first, by_ssh, 32);
    umask(umask_before);
}

static void test_a_key_of_ssh_keygen_is_read(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *path = generate(fixture, "ed25519", "", "RFC4716");
    uint8_t ours[32], by_ssh[32];

    set_key(fixture, path);
    assert_int_equal(IDENTITY->public_key(&fixture->alpha, ours), 0);
    public_key_by_ssh(path, by_ssh);
    assert_memory_equal(ours, by_ssh, 32);
}

static void assert_unusable(struct fixture *fixture, const char *path, const char *because)
{
    uint32_t id;
    const char *told;

    g_string_truncate(fixture->log, 0);
    set_key(fixture, path);
    assert_int_equal(IDENTITY->node_id(&fixture->alpha, &id), -ENOKEY);
    if (!logged(fixture, because))
        fail_msg("instead of \"%s\": %s", because, fixture->log->str);
    g_string_truncate(fixture->log, 0);
    assert_int_equal(IDENTITY->path(&fixture->alpha, &told), -ENOKEY);
    assert_int_equal(fixture->log->len, 0); /* said once */
}

static void test_an_encrypted_key_is_refused(void **state)
{
    g_autofree char *path = generate(*state, "ed25519", "secret", "RFC4716");

    assert_unusable(*state, path, "is encrypted");
}

static void test_a_key_of_another_type_is_refused(void **state)
{
    g_autofree char *path = generate(*state, "ecdsa", "", "RFC4716");

    assert_unusable(*state, path, "is no Ed25519 key");
}

static void test_a_key_in_another_format_is_refused(void **state)
{
    g_autofree char *path = generate(*state, "ecdsa", "", "PEM");

    assert_unusable(*state, path, "another format");
}

static void test_a_key_that_others_can_read_is_refused(void **state)
{
    g_autofree char *path = generate(*state, "ed25519", "", "RFC4716");

    assert_int_equal(chmod(path, 0640), 0);
    assert_unusable(*state, path, "chmod 0600");
}

static void test_a_key_of_another_user_is_refused(void **state)
{
    g_autofree char *path = generate(*state, "ed25519", "", "RFC4716");

    if (geteuid() != 0)
        return; /* only root can give a file away */
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_unusable(*state, path, "belongs to user 12345");
}

static void test_what_is_no_key_is_refused(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *missing = file_in(fixture, "missing");
    g_autofree char *text = file_in(fixture, "text");
    g_autofree char *fifo = file_in(fixture, "fifo");
    g_autofree char *huge = g_strnfill(20000, 'x');

    assert_unusable(fixture, missing, "cannot open it");
    assert_int_equal(access(missing, F_OK), -1);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_unusable(fixture, fifo, "no regular file");
    assert_true(g_file_set_contents(text, "hello", -1, NULL));
    assert_int_equal(chmod(text, 0600), 0);
    assert_unusable(fixture, text, "no private key of OpenSSH");
    assert_true(g_file_set_contents(text, huge, -1, NULL));
    assert_int_equal(chmod(text, 0600), 0);
    assert_unusable(fixture, text, "too long");
}

/* A key file whose public half is another key's. */
static void test_halves_that_do_not_belong_together_are_refused(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *path = file_in(fixture, "mixed");
    struct vane_sshkey key = {.public_key = {1}, .seed = {2}};
    char text[VANE_SSHKEY_TEXT_MAX];

    vane_sshkey_format(&key, 7, text);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(chmod(path, 0600), 0);
    assert_unusable(fixture, path, "do not belong together");
}

static void test_every_truncation_of_a_key_is_refused(void **state)
{
    struct vane_sshkey key = {.public_key = {1}, .seed = {2}}, read;
    char text[VANE_SSHKEY_TEXT_MAX];
    const char *problem = NULL;
    size_t length = vane_sshkey_format(&key, 7, text);

    assert_int_equal(vane_sshkey_parse(text, length, &read, &problem), 0);
    assert_memory_equal(&read, &key, sizeof(key));
    for (size_t i = 0; i < length - 1; i++)
        assert_int_equal(vane_sshkey_parse(text, i, &read, &problem), -EINVAL);
}

static void test_the_node_id_is_the_head_of_a_hash(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *path = generate(fixture, "ed25519", "", "RFC4716");
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *expected = NULL;
    uint8_t key[32];
    uint32_t id = 0;
    char told[9];

    set_key(fixture, path);
    assert_int_equal(IDENTITY->node_id(&fixture->alpha, &id), 0);
    public_key_by_ssh(path, key);
    g_checksum_update(sum, key, sizeof(key));
    expected = g_strndup(g_checksum_get_string(sum), 8);
    g_snprintf(told, sizeof(told), "%08x", id);
    assert_string_equal(told, expected);
}

static void test_a_signature_holds_for_its_context_and_plugin_only(void **state)
{
    static const char for_alpha[] = "netvane:cluster.join:alpha\0data";
    static const char for_beta[] = "netvane:cluster.join:beta\0data";
    struct fixture *fixture = *state;
    uint8_t signature[64], key[32];

    set_key(fixture, NULL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, "cluster.join", "data", 4, signature), 0);
    assert_int_equal(IDENTITY->public_key(&fixture->alpha, key), 0);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)for_alpha,
                                                 sizeof(for_alpha) - 1, key),
                     0);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)for_beta,
                                                 sizeof(for_beta) - 1, key),
                     -1);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)"data", 4, key), -1);
}

static void test_contexts_are_plain_words(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *longest = g_strnfill(64, 'x'), *too_long = g_strnfill(65, 'x');
    uint8_t signature[64];

    set_key(fixture, NULL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, longest, NULL, 0, signature), 0);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, too_long, NULL, 0, signature), -EINVAL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, "", NULL, 0, signature), -EINVAL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, "a:b", NULL, 0, signature), -EINVAL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, NULL, NULL, 0, signature), -EINVAL);
    assert_int_equal(IDENTITY->sign(&fixture->alpha, "a", NULL, 1, signature), -EINVAL);
}

/* Nothing that means something elsewhere can be had signed as a nonce. */
static void test_only_a_servers_nonce_is_signed_as_it_is(void **state)
{
    static const char *const bad[] = {"", "short12", "netvane:request:cluster", "a b c d e f",
                                      "SSHSIG\n\1 text"};
    static const char nonce[] = "Zm9vYmFy_-3Q9zA";
    struct fixture *fixture = *state;
    g_autofree char *too_long = g_strnfill(65, 'x');
    uint8_t signature[64], key[32];

    set_key(fixture, NULL);
    assert_int_equal(IDENTITY->sign_nonce(&fixture->alpha, nonce, signature), 0);
    assert_int_equal(IDENTITY->public_key(&fixture->alpha, key), 0);
    assert_int_equal(
        crypto_sign_verify_detached(signature, (const uint8_t *)nonce, strlen(nonce), key), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_int_equal(IDENTITY->sign_nonce(&fixture->alpha, bad[i], signature), -EINVAL);
    assert_int_equal(IDENTITY->sign_nonce(&fixture->alpha, too_long, signature), -EINVAL);
    assert_int_equal(IDENTITY->sign_nonce(&fixture->alpha, NULL, signature), -EINVAL);
}

static void test_the_host_has_a_version(void **state)
{
    assert_true(g_ascii_isdigit(IDENTITY->host_version()[0]));
    assert_non_null(IDENTITY->host_commit());
    assert_non_null(IDENTITY->host_build_time());
}

#define identity_test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        identity_test(test_a_key_is_made_once_for_us_alone),
        identity_test(test_a_key_of_ssh_keygen_is_read),
        identity_test(test_an_encrypted_key_is_refused),
        identity_test(test_a_key_of_another_type_is_refused),
        identity_test(test_a_key_in_another_format_is_refused),
        identity_test(test_a_key_that_others_can_read_is_refused),
        identity_test(test_a_key_of_another_user_is_refused),
        identity_test(test_what_is_no_key_is_refused),
        identity_test(test_halves_that_do_not_belong_together_are_refused),
        identity_test(test_every_truncation_of_a_key_is_refused),
        identity_test(test_the_node_id_is_the_head_of_a_hash),
        identity_test(test_a_signature_holds_for_its_context_and_plugin_only),
        identity_test(test_contexts_are_plain_words),
        identity_test(test_only_a_servers_nonce_is_signed_as_it_is),
        identity_test(test_the_host_has_a_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Secrets and signatures, against vectors that others publish and files with wrong manners. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/array.h"
#include "plugins/webhook/secret.h"
#include "plugins/webhook/sign.h"

/* The example of the Standard Webhooks specification. */
#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID        "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIMESTAMP 1614265330
#define BODY      "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static char directory[] = "/tmp/netvane-secret-XXXXXX";

static GArray *secrets_of(const char *first, const char *second, bool plain)
{
    GArray *secrets = vane_secrets_new();
    const char *texts[] = {first, second}, *why = NULL;

    for (size_t i = 0; i < ELEMENTS(texts) && texts[i]; i++) {
        struct vane_secret secret = {0};

        assert_int_equal(vane_secret_parse(texts[i], strlen(texts[i]), plain, &secret, &why), 0);
        g_array_append_val(secrets, secret);
    }
    return secrets;
}

static void test_signature_is_that_of_the_specification(void **state)
{
    g_autoptr(GString) value = g_string_new(NULL);
    GArray *secrets = secrets_of(SECRET, NULL, false);

    vane_sign_standard(ID, TIMESTAMP, BODY, strlen(BODY), secrets, NULL, value);
    assert_string_equal(value->str, SIGNATURE);
    g_array_unref(secrets);
}

static void test_all_secrets_sign_while_they_are_exchanged(void **state)
{
    g_autoptr(GString) value = g_string_new(NULL);
    GArray *secrets =
        secrets_of("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA=", SECRET, false);

    vane_sign_standard(ID, TIMESTAMP, BODY, strlen(BODY), secrets, NULL, value);
    assert_int_equal(memcmp(value->str, "v1,", 3), 0);
    assert_non_null(strstr(value->str, " " SIGNATURE));
    g_array_unref(secrets);
}

static void test_own_key_signs_id_timestamp_and_body(void **state)
{
    static const char signed_text[] = ID ".1614265330." BODY;
    g_autoptr(GString) value = g_string_new(NULL);
    GArray *keys = vane_signing_keys_new();
    struct vane_signing_key key = {0};
    uint8_t signature[64];

    assert_int_equal(vane_signing_key_make(&key), 0);
    g_array_append_val(keys, key);
    vane_sign_standard(ID, TIMESTAMP, BODY, strlen(BODY), NULL, keys, value);
    assert_int_equal(memcmp(value->str, "v1a,", 4), 0);
    assert_int_equal(sodium_base642bin(signature, sizeof(signature), value->str + 4, value->len - 4,
                                       NULL, NULL, NULL, sodium_base64_VARIANT_ORIGINAL),
                     0);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)signed_text,
                                                 strlen(signed_text), key.public),
                     0);
    g_array_unref(keys);
}

/* The first case of RFC 4231 has a key that is no text; this is its second. */
static void test_pilot_signature_is_the_hmac_of_the_body(void **state)
{
    g_autoptr(GString) value = g_string_new(NULL);
    GArray *secrets = secrets_of("Jefe", NULL, true);

    vane_sign_pilot("what do ya want for nothing?", 28, secrets, value);
    assert_string_equal(value->str, "sha256=5bdcc146bf60754e6a042426089575c7"
                                    "5a003f089d2739839dec58b964ec3843");
    g_array_unref(secrets);
}

static void test_bad_secrets_are_refused_with_the_reason(void **state)
{
    static const char *const bad[] = {"",
                                      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      "whsec_",
                                      "whsec_dG9vIHNob3J0",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!w",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw trailing"};
    struct vane_secret secret = {0};

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        const char *why = NULL;

        assert_int_equal(vane_secret_parse(bad[i], strlen(bad[i]), false, &secret, &why), -EINVAL);
        assert_non_null(why);
        assert_null(secret.key);
    }
}

static char *write_file(const char *name, const char *text, mode_t mode)
{
    char *path = g_build_filename(directory, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void assert_file_refused(const char *path, const char *words)
{
    g_autofree char *why = NULL;
    struct vane_secret secret = {0};

    assert_true(vane_secret_read(path, false, &secret, &why) < 0);
    if (!why || !strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void test_files_that_others_may_read_are_refused(void **state)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0660, 0601};

    for (size_t i = 0; i < ELEMENTS(modes); i++) {
        g_autofree char *path = write_file("open", SECRET "\n", modes[i]);

        assert_file_refused(path, "chmod 600");
    }
    assert_file_refused(directory, "not a regular file");
    assert_file_refused("/nonexistent", "cannot be opened");
    assert_file_refused("relative", "neither");
    assert_file_refused("credential:../etc/shadow", "no name of a credential");
    if (geteuid() == 0) {
        g_autofree char *path = write_file("theirs", SECRET, 0600);

        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_file_refused(path, "belongs to user 65534");
    }
}

static void test_closed_file_and_credential_are_read(void **state)
{
    g_autofree char *path = write_file("closed", "  " SECRET "\n\n", 0600), *why = NULL;
    struct vane_secret secret = {0};

    assert_int_equal(vane_secret_read(path, false, &secret, &why), 0);
    assert_int_equal(secret.length, 24);
    vane_secret_clear(&secret);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_file_refused("credential:closed", "LoadCredential=closed");
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    assert_int_equal(vane_secret_read("credential:closed", false, &secret, &why), 0);
    vane_secret_clear(&secret);
}

static void test_own_keys_are_made_once_and_kept(void **state)
{
    g_autofree char *path = g_build_filename(directory, "keys", NULL), *why = NULL;
    g_autofree char *first_public = NULL, *again = NULL;
    GArray *first = vane_signing_keys_new(), *second = vane_signing_keys_new();
    struct vane_signing_key key = {0};
    struct stat info;

    assert_int_equal(vane_signing_keys_read(path, first, &why), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    first_public = vane_signing_key_public(&g_array_index(first, struct vane_signing_key, 0));
    assert_true(g_str_has_prefix(first_public, "whpk_"));
    assert_int_equal(vane_signing_key_make(&key), 0);
    g_array_prepend_val(first, key);
    assert_int_equal(vane_signing_keys_write(path, first), 0);
    assert_int_equal(vane_signing_keys_read(path, second, &why), 0);
    assert_int_equal(second->len, 2);
    again = vane_signing_key_public(&g_array_index(second, struct vane_signing_key, 1));
    assert_string_equal(again, first_public);
    g_array_unref(first);
    g_array_unref(second);
}

static int set_up(void **state)
{
    return sodium_init() < 0 || !mkdtemp(directory);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"open", "theirs", "closed", "keys"};

    for (size_t i = 0; i < ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);

        (void)unlink(path);
    }
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_is_that_of_the_specification),
        cmocka_unit_test(test_all_secrets_sign_while_they_are_exchanged),
        cmocka_unit_test(test_own_key_signs_id_timestamp_and_body),
        cmocka_unit_test(test_pilot_signature_is_the_hmac_of_the_body),
        cmocka_unit_test(test_bad_secrets_are_refused_with_the_reason),
        cmocka_unit_test(test_files_that_others_may_read_are_refused),
        cmocka_unit_test(test_closed_file_and_credential_are_read),
        cmocka_unit_test(test_own_keys_are_made_once_and_kept),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* NKeys, public keys of SSH, credential files. The keys are from CBus's documentation, and from
 * base32 and CRC of Python's own library. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <sodium.h>

#include "lib/array.h"
#include "lib/keys/credentials.h"
#include "lib/keys/nkey.h"
#include "lib/keys/sshpublic.h"
#include "lib/text/hex.h"

#define COUNTING_KEY  "UAAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB63NN"
#define COUNTING_SEED "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"

static void count_up(uint8_t bytes[32])
{
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
}

static void test_known_keys_are_written_and_read(void **state)
{
    static const struct {
        const char *nkey, *hex;
    } known[] = {
        {"UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7",
         "61442b0628be23f6ec2f74fd35bc2491cbcee602a7bb4cdbb9a9bdf74361cd98"},
        {"UAILZJS66U24VALTH2D6OWVD5JTS3IDFMKOICJSOX7CHNAF3AXFVWIFX",
         "10bca65ef535ca81733e87e75aa3ea672da065629c81264ebfc47680bb05cb5b"},
        {COUNTING_KEY, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
    };

    for (size_t i = 0; i < ELEMENTS(known); i++) {
        uint8_t expected[32], key[32];
        char text[VANE_NKEY_LENGTH + 1];

        assert_int_equal(vane_text_unhex(known[i].hex, expected, 32), 0);
        assert_int_equal(vane_nkey_parse(known[i].nkey, key), 0);
        assert_memory_equal(key, expected, 32);
        vane_nkey_format(expected, text);
        assert_string_equal(text, known[i].nkey);
    }
}

static void test_a_mistyped_key_is_refused_wherever_the_slip_is(void **state)
{
    uint8_t key[32];

    for (size_t i = 0; i < VANE_NKEY_LENGTH; i++) {
        char text[] = COUNTING_KEY;

        text[i] = text[i] == 'Q' ? 'R' : 'Q';
        assert_int_equal(vane_nkey_parse(text, key), -EINVAL);
        text[i] = '1';
        assert_int_equal(vane_nkey_parse(text, key), -EINVAL);
        text[i] = '\0';
        assert_int_equal(vane_nkey_parse(text, key), -EINVAL);
    }
    assert_int_equal(vane_nkey_parse(COUNTING_KEY "A", key), -EINVAL);
    assert_int_equal(vane_nkey_parse(COUNTING_SEED, key), -EINVAL);
    assert_false(vane_nkey_valid("uaaacaqdaqcqmbyibefawdanbyhraeiscmkbkfqxdamrugy4dupb63nn"));
}

static void test_a_seed_is_read_and_a_public_key_is_none(void **state)
{
    uint8_t expected[32], seed[32];

    count_up(expected);
    assert_int_equal(vane_nkey_parse_seed(COUNTING_SEED "\n", seed), 0);
    assert_memory_equal(seed, expected, 32);
    assert_int_equal(vane_nkey_parse_seed(COUNTING_KEY "AA", seed), -EINVAL);
    assert_int_equal(vane_nkey_parse_seed("", seed), -EINVAL);
    /* an account's seed, well made but not a user's */
    assert_int_equal(
        vane_nkey_parse_seed("SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI", seed),
        -EINVAL);
}

/* The line that ssh-keygen(1) would write for a key. */
static char *ssh_line(const uint8_t key[32], const char *before, const char *behind)
{
    static const uint8_t head[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20";
    uint8_t blob[19 + 32];
    char base64[sodium_base64_ENCODED_LEN(sizeof(blob), sodium_base64_VARIANT_ORIGINAL)];

    memcpy(blob, head, 19);
    memcpy(blob + 19, key, 32);
    sodium_bin2base64(base64, sizeof(base64), blob, sizeof(blob), sodium_base64_VARIANT_ORIGINAL);
    return g_strdup_printf("%sssh-ed25519 %s%s", before, base64, behind);
}

static void test_a_public_key_is_found_on_its_line(void **state)
{
    static const char *const around[][2] = {{"", ""},
                                            {"", " root@web1\n"},
                                            {"web1.example ", "\r\n"},
                                            {"[web1]:2222 ", ""},
                                            {"  ", ""}};
    uint8_t expected[32], key[32];
    const char *problem = NULL;

    count_up(expected);
    for (size_t i = 0; i < ELEMENTS(around); i++) {
        g_autofree char *line = ssh_line(expected, around[i][0], around[i][1]);

        assert_int_equal(vane_sshpublic_parse(line, key, &problem), 0);
        assert_memory_equal(key, expected, 32);
    }
}

static void test_other_lines_are_refused_with_a_reason(void **state)
{
    static const char *const lines[][2] = {
        {"", "no Ed25519"},
        {"ssh-rsa AAAAB3NzaC1yc2E= root", "no Ed25519"},
        {"ssh-ed25519", "no Ed25519"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "damaged"},
        {"ssh-ed25519 %%%%", "damaged"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----", "private key"},
    };

    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        const char *problem = "";
        uint8_t key[32];

        assert_int_equal(vane_sshpublic_parse(lines[i][0], key, &problem), -EINVAL);
        if (!strstr(problem, lines[i][1]))
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", lines[i][0], problem, lines[i][1]);
    }
}

static void test_credentials_are_a_jwt_and_a_seed_or_a_seed_alone(void **state)
{
    struct vane_credentials credentials;
    uint8_t expected[32];

    count_up(expected);
    assert_int_equal(vane_credentials_parse("-----BEGIN NATS USER JWT-----\neyJ0eXAi.e30.c2ln\n"
                                            "------END NATS USER JWT------\n\nkeep it secret\n"
                                            "-----BEGIN USER NKEY SEED-----\n" COUNTING_SEED
                                            "\n------END USER NKEY SEED------\n",
                                            &credentials),
                     0);
    assert_memory_equal(credentials.seed, expected, 32);
    assert_int_equal(credentials.jwt_length, strlen("eyJ0eXAi.e30.c2ln"));
    assert_memory_equal(credentials.jwt, "eyJ0eXAi.e30.c2ln", credentials.jwt_length);

    assert_int_equal(vane_credentials_parse("\n" COUNTING_SEED "\n", &credentials), 0);
    assert_null(credentials.jwt);
    assert_int_equal(vane_credentials_parse("", &credentials), -EINVAL);
    assert_int_equal(vane_credentials_parse("-----BEGIN USER NKEY SEED-----", &credentials),
                     -EINVAL);
    assert_int_equal(vane_credentials_parse(COUNTING_SEED "A", &credentials), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_keys_are_written_and_read),
        cmocka_unit_test(test_a_mistyped_key_is_refused_wherever_the_slip_is),
        cmocka_unit_test(test_a_seed_is_read_and_a_public_key_is_none),
        cmocka_unit_test(test_a_public_key_is_found_on_its_line),
        cmocka_unit_test(test_other_lines_are_refused_with_a_reason),
        cmocka_unit_test(test_credentials_are_a_jwt_and_a_seed_or_a_seed_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

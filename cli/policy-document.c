/* netvane policy check and test. See policy-document.h. */
#include "cli/policy-document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/policy/example.h"

#define CHECK_USAGE "policy check FILE"
#define TEST_USAGE  "policy test FILE --event JSON"

static bool begins(const char *word, const char *whole)
{
    return word && strlen(word) >= 2 && g_str_has_prefix(whole, word);
}

bool vane_cli_is_policy_document(char *const *words)
{
    return begins(words[0], "policy") && (begins(words[1], "check") || begins(words[1], "test"));
}

/* ---- the file ---- */

/* Whatever can be read: a pipe and what a shell makes of <(...) are waited for. */
static int read_any(const char *path, char **text, size_t *length)
{
    _cleanup_close_ int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                                    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? -errno : vane_file_read_stream(fd, VANE_POLICY_SIZE_MAX, text, length);
}

/* NULL: it was complained about. */
static char *read_file(struct vane_cli *cli, const char *path, size_t *length)
{
    char *text = NULL;
    int r = read_any(path, &text, length);

    if (r < 0)
        vane_cli_complain(cli, "%s cannot be read: %s", path, g_strerror(-r));
    return text;
}

static void print_problems(const struct vane_cli *cli, const char *path,
                           const struct vane_policy_problems *problems)
{
    struct vane_json json = {0};

    if (cli->json) {
        vane_policy_problems_write(&json, problems->list);
        printf("%s\n", vane_json_text(&json, NULL));
        vane_json_clear(&json);
        return;
    }
    for (guint i = 0; i < problems->list->len; i++) {
        g_autofree char *line = vane_policy_problem_line(problems->list->pdata[i], path);

        printf("%s\n", line);
    }
}

/* NULL: it was complained about. `remarks` are to be cleared in any case. */
static struct vane_policy *read_policy(struct vane_cli *cli, const char *path,
                                       struct vane_policy_problems *remarks)
{
    struct vane_policy_problems problems = {0};
    struct vane_policy *policy = NULL;
    size_t length = 0;
    g_autofree char *text = read_file(cli, path, &length);

    if (!text)
        return NULL;
    if (vane_policy_read(text, length, &policy, &problems, remarks) < 0)
        print_problems(cli, path, &problems);
    vane_policy_problems_clear(&problems);
    return policy;
}

/* ---- check ---- */

static char *check_answer(const char *path, const struct vane_policy *policy,
                          const struct vane_policy_problems *remarks)
{
    struct vane_json json = {0};
    char *answer;

    vane_json_object_begin(&json);
    vane_json_key(&json, "result");
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "file", path);
    vane_json_member_uint64(&json, "rules", policy->rules->len);
    vane_json_member_uint64(&json, "mistakes", 0);
    if (remarks->list->len > 0) {
        vane_json_key(&json, "remarks");
        vane_json_array_begin(&json);
        for (guint i = 0; i < remarks->list->len; i++) {
            g_autofree char *line = vane_policy_problem_line(remarks->list->pdata[i], path);

            vane_json_string(&json, line);
        }
        vane_json_array_end(&json);
    }
    vane_json_object_end(&json);
    vane_json_object_end(&json);
    answer = vane_json_steal(&json, NULL);
    vane_json_clear(&json);
    return answer;
}

static int check(struct vane_cli *cli, char *const *words, char **answer)
{
    struct vane_policy_problems remarks = {0};
    struct vane_policy *policy;

    if (!words[0] || words[1]) {
        vane_cli_complain(cli, "unknown command: one file is to be checked (" CHECK_USAGE ")");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    policy = read_policy(cli, words[0], &remarks);
    if (policy)
        *answer = check_answer(words[0], policy, &remarks);
    vane_policy_problems_clear(&remarks);
    vane_policy_unref(policy);
    return *answer ? VANE_EXIT_DONE : VANE_EXIT_FAILED;
}

/* ---- test ---- */

static void write_columns(struct vane_json *json)
{
    static const char *const columns[][2] = {
        {"SUBJECT", "subject"}, {"RULE", "rule"}, {"RESULT", "result"},   {"BECAUSE", "because"},
        {"VALUE", "value"},     {"WITH", "with"}, {"VERDICT", "verdict"},
    };

    vane_json_key(json, "columns");
    vane_json_array_begin(json);
    for (size_t i = 0; i < ELEMENTS(columns); i++) {
        vane_json_object_begin(json);
        vane_json_member_string(json, "title", columns[i][0]);
        vane_json_member_string(json, "member", columns[i][1]);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

static char *test_answer(struct vane_policy *policy, const struct vane_policy_example *example)
{
    const struct vane_policy_hands none = {0};
    struct vane_policy_state *state = vane_policy_state_new(policy, &none);
    struct vane_policy_outcome outcome;
    struct vane_json json = {0};
    char *answer;

    vane_json_object_begin(&json);
    write_columns(&json);
    vane_json_key(&json, "result");
    vane_json_array_begin(&json);
    vane_policy_state_explain(state, &example->occurrence, &json, &outcome);
    vane_json_array_end(&json);
    vane_json_object_end(&json);
    answer = vane_json_steal(&json, NULL);
    vane_json_clear(&json);
    vane_policy_state_free(state);
    return answer;
}

static int try(struct vane_cli *cli, const char *path, const char *event, char **answer)
{
    struct vane_policy_problems remarks = {0};
    struct vane_policy_example example;
    struct vane_policy *policy;
    g_autofree char *why = NULL;

    if (vane_policy_example_read(event, strlen(event), &example, &why) < 0) {
        vane_cli_complain(cli, "--event: %s", why);
        return VANE_EXIT_FAILED;
    }
    policy = read_policy(cli, path, &remarks);
    if (policy)
        *answer = test_answer(policy, &example);
    vane_policy_problems_clear(&remarks);
    vane_policy_example_clear(&example);
    vane_policy_unref(policy);
    return *answer ? VANE_EXIT_DONE : VANE_EXIT_FAILED;
}

static int test(struct vane_cli *cli, char *const *words, char **answer)
{
    const char *path = NULL, *event = NULL;

    for (; *words; words++) {
        if (g_str_has_prefix(*words, "--event="))
            event = *words + strlen("--event=");
        else if (g_str_equal(*words, "--event") && words[1])
            event = *++words;
        else if (!path && !g_str_has_prefix(*words, "--"))
            path = *words;
        else
            path = event = NULL;
    }
    if (path && event)
        return try(cli, path, event, answer);
    vane_cli_complain(cli, "unknown command: a file and an event are needed (" TEST_USAGE ")");
    return VANE_EXIT_NOT_A_COMMAND;
}

int vane_cli_policy_document(struct vane_cli *cli, char *const *words, char **answer)
{
    *answer = NULL;
    return begins(words[0], "check") ? check(cli, words + 1, answer) : test(cli, words + 1, answer);
}

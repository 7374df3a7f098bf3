/* netvane policy eval. See policy.h. */
#include "cli/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cel/cel.h"
#include "lib/cel/json.h"
#include "lib/cleanup.h"
#include "lib/json/scanner.h"

#define VALUE_MAX                                                                                  \
    (64u << 20) /* bytes of what is printed: parts that it shares are many times there */
#define USAGE "policy eval EXPR [--facts JSON] [--typed] [--typed-facts], or policy eval --batch"

struct eval {
    const char *expression, *facts;
    bool typed, typed_facts, batch;
    struct vane_cel_scratch *facts_scratch, *scratch;
};

/* What went wrong with one expression, and where. */
struct trouble {
    char *message;       /* to be freed; NULL: nothing did */
    size_t line, column; /* 0: not in the expression */
};

bool vane_cli_is_policy_eval(char *const *words)
{
    return words[0] && words[1] && strlen(words[0]) >= 2 && g_str_has_prefix("policy", words[0]) &&
           strlen(words[1]) >= 2 && g_str_has_prefix("eval", words[1]);
}

static int refuse(const struct vane_cli *cli, const char *why)
{
    vane_cli_complain(cli, "unknown command: %s (%s)", why, USAGE);
    return VANE_EXIT_NOT_A_COMMAND;
}

/* A word of the command; false for one too many. */
static bool read_word(struct eval *eval, char *const **word)
{
    if (g_str_equal(**word, "--typed"))
        eval->typed = true;
    else if (g_str_equal(**word, "--typed-facts"))
        eval->typed_facts = true;
    else if (g_str_equal(**word, "--batch"))
        eval->batch = true;
    else if (g_str_has_prefix(**word, "--facts="))
        eval->facts = **word + strlen("--facts=");
    else if (g_str_equal(**word, "--facts") && (*word)[1])
        eval->facts = *++*word;
    else if (g_str_has_prefix(**word, "--") || eval->expression)
        return false;
    else
        eval->expression = **word;
    return true;
}

static int read_words(struct vane_cli *cli, struct eval *eval, char *const *words)
{
    for (; *words; words++)
        if (!read_word(eval, &words))
            return refuse(cli, "an option that is not known, or lacks its value, or a second "
                               "expression");
    if (eval->batch && (eval->expression || eval->facts))
        return refuse(cli, "--batch reads expressions and facts from standard input");
    if (!eval->batch && !eval->expression)
        return refuse(cli, "an expression is missing");
    return VANE_EXIT_DONE;
}

static bool scan(const char *text, size_t len, const char *what, struct trouble *trouble)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    struct vane_json_error error;

    limits.uint64 = limits.nul = true;
    if (vane_json_scan(text, len, &limits, &error) == 0)
        return true;
    trouble->message = g_strdup_printf("%s: not JSON: line %zu, column %zu: %s", what, error.line,
                                       error.column, error.reason);
    return false;
}

/* The members of an object of facts: names, and values by slot. */
struct facts {
    GArray *names;  /* struct vane_cel_name; owns the names */
    GArray *values; /* struct vane_cel_value */
};

static void clear_name(void *name)
{
    g_free((char *)((struct vane_cel_name *)name)->name);
}

static void facts_init(struct facts *facts)
{
    facts->names = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_name));
    facts->values = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_value));
    g_array_set_clear_func(facts->names, clear_name);
}

static void facts_clear(struct facts *facts)
{
    g_array_unref(facts->names);
    g_array_unref(facts->values);
}

static bool facts_read(struct facts *facts, const struct eval *eval, struct vane_json_view object,
                       struct trouble *trouble)
{
    enum vane_cel_form form = eval->typed_facts ? VANE_CEL_TYPED : VANE_CEL_PLAIN;
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, member;

    if (object.len && vane_json_type_of(object) != VANE_JSON_OBJECT) {
        trouble->message = g_strdup("facts are an object of names and values");
        return false;
    }
    while (vane_json_next_member(&cursor, &key, &member)) {
        struct vane_cel_name name = {.kind = VANE_CEL_DYN};
        struct vane_cel_value value;
        const char *why = NULL;
        char *text = NULL;

        vane_json_get_string(key, &text);
        name.name = text;
        g_array_append_val(facts->names, name);
        if (vane_cel_read_json(member, form, eval->facts_scratch, &value, &why) < 0) {
            trouble->message = g_strdup_printf("facts: %s: %s", text, why);
            return false;
        }
        g_array_append_val(facts->values, value);
    }
    return true;
}

static void not_compiled(struct vane_cel_error *error, struct trouble *trouble)
{
    *trouble = (struct trouble){g_steal_pointer(&error->message), error->line, error->column};
}

static void write_value(struct vane_json *json, const struct eval *eval,
                        struct vane_cel_value value)
{
    vane_cel_write_json(json, eval->typed ? VANE_CEL_TYPED : VANE_CEL_PLAIN, value);
}

/* Compiles and evaluates; the value goes into `json`. */
static bool evaluate(const struct eval *eval, const char *text, size_t len, const char *container,
                     const struct facts *facts, struct vane_json *json, struct trouble *trouble)
{
    struct vane_cel_environment environment = {
        .names = (const struct vane_cel_name *)(const void *)facts->names->data,
        .n_names = facts->names->len,
        .container = container};
    struct vane_cel_input input = {
        .slots = (const struct vane_cel_value *)(const void *)facts->values->data};
    struct vane_cel_error error;
    struct vane_cel_program *program = vane_cel_compile(text, len, &environment, &error);
    struct vane_cel_value value;

    if (!program) {
        not_compiled(&error, trouble);
        return false;
    }
    value = vane_cel_evaluate(program, &input, eval->scratch);
    if (value.kind == VANE_CEL_ERROR) {
        trouble->message = g_strdup(value.problem->message);
        vane_cel_program_place(program, value.problem->offset, &trouble->line, &trouble->column);
    } else if (!vane_cel_json_fits(value, VALUE_MAX)) {
        trouble->message =
            g_strdup_printf("the value is too large to print: more than %u MiB", VALUE_MAX >> 20);
    } else {
        write_value(json, eval, value);
    }
    vane_cel_program_free(program);
    return !trouble->message;
}

static int eval_one(struct vane_cli *cli, const struct eval *eval)
{
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    struct trouble trouble = {0};
    const char *text = eval->facts ? eval->facts : "{}";
    struct facts facts;
    int status = VANE_EXIT_FAILED;

    facts_init(&facts);
    if (scan(text, strlen(text), "--facts", &trouble) &&
        facts_read(&facts, eval, vane_json_root(text, strlen(text)), &trouble) &&
        evaluate(eval, eval->expression, strlen(eval->expression), NULL, &facts, &json, &trouble)) {
        puts(vane_json_text(&json, NULL));
        status = VANE_EXIT_DONE;
    } else if (trouble.line) {
        vane_cli_complain(cli, "line %zu, column %zu: %s", trouble.line, trouble.column,
                          trouble.message);
    } else {
        vane_cli_complain(cli, "%s", trouble.message);
    }
    facts_clear(&facts);
    g_free(trouble.message);
    return status;
}

/* {"expr","bindings"}, and "container" if names are to be looked up in one. */
static bool eval_request(const struct eval *eval, struct vane_json_view request,
                         struct vane_json *json, struct trouble *trouble)
{
    struct vane_cel_value expression;
    g_autofree char *container = NULL;
    struct vane_json_view member, bindings;
    struct facts facts;
    bool evaluated;

    vane_cel_scratch_reset(eval->facts_scratch);
    if (!vane_json_find(request, "expr", &member) ||
        vane_cel_read_json(member, VANE_CEL_PLAIN, eval->facts_scratch, &expression, NULL) < 0 ||
        expression.kind != VANE_CEL_STRING) {
        trouble->message = g_strdup("a request is {\"expr\":\"...\",\"bindings\":{...}}");
        return false;
    }
    if (vane_json_find(request, "container", &member))
        vane_json_get_string(member, &container);
    vane_json_find(request, "bindings", &bindings);
    facts_init(&facts);
    evaluated = facts_read(&facts, eval, bindings, trouble) &&
                evaluate(eval, expression.text, expression.len, container, &facts, json, trouble);
    facts_clear(&facts);
    return evaluated;
}

static void write_trouble(struct vane_json *json, const struct trouble *trouble)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "error", trouble->message);
    if (trouble->line) {
        vane_json_member_uint64(json, "line", trouble->line);
        vane_json_member_uint64(json, "column", trouble->column);
    }
    vane_json_object_end(json);
}

static void answer(const struct eval *eval, const char *line, size_t len)
{
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    struct trouble trouble = {0};

    vane_json_object_begin(&json);
    vane_json_key(&json, "value");
    if (scan(line, len, "the line", &trouble) &&
        eval_request(eval, vane_json_root(line, len), &json, &trouble)) {
        vane_json_object_end(&json);
    } else {
        vane_json_clear(&json);
        json = (struct vane_json){0};
        write_trouble(&json, &trouble);
    }
    puts(vane_json_text(&json, NULL));
    g_free(trouble.message);
}

/* One answer a line, at once: somebody may be waiting for it before asking more. */
static int eval_batch(struct vane_cli *cli, const struct eval *eval)
{
    g_autofree char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) >= 0) {
        if (len > 0 && line[len - 1] == '\n')
            len--;
        answer(eval, line, (size_t)len);
        if (fflush(stdout) != 0) {
            vane_cli_complain(cli, "cannot write to standard output: %m");
            return VANE_EXIT_FAILED;
        }
    }
    return VANE_EXIT_DONE;
}

int vane_cli_policy_eval(struct vane_cli *cli, char *const *words)
{
    struct eval eval = {0};
    int status = read_words(cli, &eval, words);

    if (status != VANE_EXIT_DONE)
        return status;
    eval.facts_scratch = vane_cel_scratch_new();
    eval.scratch = vane_cel_scratch_new();
    status = eval.batch ? eval_batch(cli, &eval) : eval_one(cli, &eval);
    vane_cel_scratch_free(eval.facts_scratch);
    vane_cel_scratch_free(eval.scratch);
    return status;
}

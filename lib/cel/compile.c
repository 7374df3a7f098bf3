/* From text to program, and what a program tells about itself. See cel.h. */
#include <string.h>

#include "lib/cel/eval.h"
#include "lib/cel/pattern.h"
#include "lib/cel/program.h"
#include "lib/text/utf8.h"

/* Nodes take about 200 bytes for each of the source at worst. */
#define PROGRAM_MEMORY ((size_t)32 << 20)
#define PROGRAM_BLOCK  512 /* a policy has ten thousand programs, most of them a few nodes */

static void place_of(const char *text, size_t offset, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

static void clear_use(gpointer use)
{
    g_free(((struct vane_cel_use *)use)->name);
}

static struct vane_cel_program *program_new(const char *text, size_t len,
                                            const struct vane_cel_environment *environment)
{
    struct vane_cel_program *program = g_new0(struct vane_cel_program, 1);

    program->arena.limit = PROGRAM_MEMORY;
    program->arena.first = PROGRAM_BLOCK;
    program->text = g_malloc(len + 1);
    if (len > 0)
        memcpy(program->text, text, len);
    program->text[len] = '\0';
    program->len = len;
    program->uses = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_use));
    g_array_set_clear_func(program->uses, clear_use);
    program->slots = environment->n_names;
    return program;
}

static bool resolve(struct vane_cel_program *program, struct vane_cel_node *root,
                    const struct vane_cel_environment *environment,
                    struct vane_cel_complaint *complaint)
{
    g_autoptr(GHashTable) met = g_hash_table_new(g_str_hash, g_str_equal);
    struct vane_cel_resolver resolver = {.environment = environment,
                                         .program = program,
                                         .complaint = complaint,
                                         .met = met,
                                         .scratch = vane_cel_scratch_new()};
    bool resolved;

    resolved = vane_cel_resolve(&resolver, root);
    vane_cel_scratch_free(resolver.scratch);
    if (resolved && (environment->flags & VANE_CEL_CONDITION) && root->kind != VANE_CEL_BOOL &&
        root->kind != VANE_CEL_DYN) {
        complaint->message = g_strdup_printf("a condition is true or false, this is of type %s",
                                             vane_cel_kind_name((enum vane_cel_kind)root->kind));
        complaint->offset = root->offset;
        return false;
    }
    return resolved;
}

static bool compile(struct vane_cel_program *program,
                    const struct vane_cel_environment *environment,
                    struct vane_cel_complaint *complaint)
{
    struct vane_cel_node *root;

    if (program->len > VANE_CEL_LENGTH_MAX) {
        complaint->message =
            g_strdup_printf("an expression has at most %d bytes", VANE_CEL_LENGTH_MAX);
        return false;
    }
    if (!vane_utf8_valid(program->text, program->len)) {
        complaint->message = g_strdup("the expression is not valid UTF-8");
        return false;
    }
    root = vane_cel_parse(program->text, program->len, &program->arena, complaint);
    program->root = root;
    return root && resolve(program, root, environment, complaint);
}

struct vane_cel_program *vane_cel_compile(const char *text, size_t len,
                                          const struct vane_cel_environment *environment,
                                          struct vane_cel_error *error)
{
    static const struct vane_cel_environment none = {0};
    struct vane_cel_complaint complaint = {0};
    struct vane_cel_program *program;

    environment = environment ? environment : &none;
    program = program_new(text, len, environment);
    if (compile(program, environment, &complaint))
        return program;
    if (error) {
        *error = (struct vane_cel_error){.message = g_steal_pointer(&complaint.message),
                                         .offset = complaint.offset};
        place_of(program->text, error->offset, &error->line, &error->column);
    }
    g_free(complaint.message);
    vane_cel_program_free(program);
    return NULL;
}

void vane_cel_program_free(struct vane_cel_program *program)
{
    if (!program)
        return;
    while (program->patterns) {
        struct vane_cel_pattern *next = program->patterns->next;

        vane_regex_free(program->patterns->regex);
        g_free(program->patterns);
        program->patterns = next;
    }
    vane_cel_arena_clear(&program->arena);
    g_array_unref(program->uses);
    g_free(program->text);
    g_free(program);
}

void vane_cel_error_clear(struct vane_cel_error *error)
{
    g_clear_pointer(&error->message, g_free);
}

size_t vane_cel_program_slots(const struct vane_cel_program *program)
{
    return program->slots;
}

const char *vane_cel_program_name(const struct vane_cel_program *program, size_t slot)
{
    guint at = vane_cel_use_at(program, slot);
    const struct vane_cel_use *use;

    if (at == program->uses->len)
        return NULL;
    use = &g_array_index(program->uses, struct vane_cel_use, at);
    return use->slot == slot ? use->name : NULL;
}

const char *vane_cel_program_text(const struct vane_cel_program *program, size_t *len)
{
    if (len)
        *len = program->len;
    return program->text;
}

void vane_cel_program_place(const struct vane_cel_program *program, size_t offset, size_t *line,
                            size_t *column)
{
    place_of(program->text, MIN(offset, program->len), line, column);
}

enum vane_cel_kind vane_cel_program_kind(const struct vane_cel_program *program)
{
    return (enum vane_cel_kind)program->root->kind;
}

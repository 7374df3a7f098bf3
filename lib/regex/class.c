/* Sets of characters: ranges, Perl's and POSIX's classes, Unicode's categories and scripts. */
#include <string.h>

#include "lib/array.h"
#include "lib/regex/regex-internal.h"

void regex_class_add(struct regex_class *class, uint32_t low, uint32_t high)
{
    struct regex_range range = {low, high};

    g_array_append_val(class->ranges, range);
}

void regex_class_add_others(struct regex_class *class, const uint32_t (*ranges)[2], size_t n)
{
    uint32_t low = 0;

    for (size_t i = 0; i < n; i++) {
        if (ranges[i][0] > low)
            regex_class_add(class, low, ranges[i][0] - 1);
        low = ranges[i][1] + 1;
    }
    regex_class_add(class, low, 0x10ffff);
}

static void add_ranges(struct regex_class *class, const uint32_t (*ranges)[2], size_t n,
                       bool negated)
{
    if (negated) {
        regex_class_add_others(class, ranges, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        regex_class_add(class, ranges[i][0], ranges[i][1]);
}

bool regex_class_add_perl(struct regex_class *class, char letter)
{
    static const uint32_t digits[][2] = {{'0', '9'}};
    static const uint32_t spaces[][2] = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    static const uint32_t words[][2] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    bool negated = g_ascii_isupper(letter);

    switch (g_ascii_tolower(letter)) {
    case 'd':
        add_ranges(class, digits, ELEMENTS(digits), negated);
        return true;
    case 's':
        add_ranges(class, spaces, ELEMENTS(spaces), negated);
        return true;
    case 'w':
        add_ranges(class, words, ELEMENTS(words), negated);
        return true;
    default:
        return false;
    }
}

static const struct {
    const char *name;
    uint32_t ranges[4][2]; /* up to the first {0, 0} behind the first */
    size_t n;
} posix[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}, 2},
    {"ascii", {{0, 0x7f}}, 1},
    {"blank", {{'\t', '\t'}, {' ', ' '}}, 2},
    {"cntrl", {{0, 0x1f}, {0x7f, 0x7f}}, 2},
    {"digit", {{'0', '9'}}, 1},
    {"graph", {{'!', '~'}}, 1},
    {"lower", {{'a', 'z'}}, 1},
    {"print", {{' ', '~'}}, 1},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, 4},
    {"space", {{'\t', '\r'}, {' ', ' '}}, 2},
    {"upper", {{'A', 'Z'}}, 1},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
};

bool regex_class_add_posix(struct regex_class *class, const char *name, size_t len)
{
    bool negated = len > 0 && *name == '^';

    name += negated;
    len -= negated;
    for (size_t i = 0; i < ELEMENTS(posix); i++) {
        if (strlen(posix[i].name) == len && memcmp(posix[i].name, name, len) == 0) {
            add_ranges(class, posix[i].ranges, posix[i].n, negated);
            return true;
        }
    }
    return false;
}

#define CATEGORY(name) (1U << G_UNICODE_##name)

static const struct {
    char name[3];
    uint32_t categories;
} categories[] = {
    {"Cc", CATEGORY(CONTROL)},           {"Cf", CATEGORY(FORMAT)},
    {"Co", CATEGORY(PRIVATE_USE)},       {"Cs", CATEGORY(SURROGATE)},
    {"Ll", CATEGORY(LOWERCASE_LETTER)},  {"Lm", CATEGORY(MODIFIER_LETTER)},
    {"Lo", CATEGORY(OTHER_LETTER)},      {"Lt", CATEGORY(TITLECASE_LETTER)},
    {"Lu", CATEGORY(UPPERCASE_LETTER)},  {"Mc", CATEGORY(SPACING_MARK)},
    {"Me", CATEGORY(ENCLOSING_MARK)},    {"Mn", CATEGORY(NON_SPACING_MARK)},
    {"Nd", CATEGORY(DECIMAL_NUMBER)},    {"Nl", CATEGORY(LETTER_NUMBER)},
    {"No", CATEGORY(OTHER_NUMBER)},      {"Pc", CATEGORY(CONNECT_PUNCTUATION)},
    {"Pd", CATEGORY(DASH_PUNCTUATION)},  {"Pe", CATEGORY(CLOSE_PUNCTUATION)},
    {"Pf", CATEGORY(FINAL_PUNCTUATION)}, {"Pi", CATEGORY(INITIAL_PUNCTUATION)},
    {"Po", CATEGORY(OTHER_PUNCTUATION)}, {"Ps", CATEGORY(OPEN_PUNCTUATION)},
    {"Sc", CATEGORY(CURRENCY_SYMBOL)},   {"Sk", CATEGORY(MODIFIER_SYMBOL)},
    {"Sm", CATEGORY(MATH_SYMBOL)},       {"So", CATEGORY(OTHER_SYMBOL)},
    {"Zl", CATEGORY(LINE_SEPARATOR)},    {"Zp", CATEGORY(PARAGRAPH_SEPARATOR)},
    {"Zs", CATEGORY(SPACE_SEPARATOR)},
};

static const struct {
    const char *name;
    GUnicodeScript script;
} scripts[] = {
    {"Arabic", G_UNICODE_SCRIPT_ARABIC},     {"Armenian", G_UNICODE_SCRIPT_ARMENIAN},
    {"Bengali", G_UNICODE_SCRIPT_BENGALI},   {"Common", G_UNICODE_SCRIPT_COMMON},
    {"Cyrillic", G_UNICODE_SCRIPT_CYRILLIC}, {"Devanagari", G_UNICODE_SCRIPT_DEVANAGARI},
    {"Ethiopic", G_UNICODE_SCRIPT_ETHIOPIC}, {"Georgian", G_UNICODE_SCRIPT_GEORGIAN},
    {"Greek", G_UNICODE_SCRIPT_GREEK},       {"Han", G_UNICODE_SCRIPT_HAN},
    {"Hangul", G_UNICODE_SCRIPT_HANGUL},     {"Hebrew", G_UNICODE_SCRIPT_HEBREW},
    {"Hiragana", G_UNICODE_SCRIPT_HIRAGANA}, {"Katakana", G_UNICODE_SCRIPT_KATAKANA},
    {"Latin", G_UNICODE_SCRIPT_LATIN},       {"Tamil", G_UNICODE_SCRIPT_TAMIL},
    {"Thai", G_UNICODE_SCRIPT_THAI},         {"Tibetan", G_UNICODE_SCRIPT_TIBETAN},
};

/* "L" is every category that begins so. */
static uint32_t categories_named(const char *name, size_t len)
{
    uint32_t set = 0;

    for (size_t i = 0; len >= 1 && len <= 2 && i < ELEMENTS(categories); i++)
        if (memcmp(categories[i].name, name, len) == 0)
            set |= categories[i].categories;
    return set;
}

static bool add_script(struct regex_class *class, const char *name, size_t len, bool negated)
{
    for (size_t i = 0; i < ELEMENTS(scripts); i++) {
        struct regex_script script = {scripts[i].script, negated};
        bool there = false;

        if (strlen(scripts[i].name) != len || memcmp(scripts[i].name, name, len) != 0)
            continue;
        for (guint n = 0; n < class->scripts->len; n++) {
            const struct regex_script *other =
                &g_array_index(class->scripts, struct regex_script, n);

            there |= other->script == script.script && other->negated == negated;
        }
        if (!there)
            g_array_append_val(class->scripts, script);
        return true;
    }
    return false;
}

bool regex_class_add_property(struct regex_class *class, const char *name, size_t len, bool negated)
{
    uint32_t set;

    if (len > 0 && *name == '^') {
        negated = !negated;
        name++;
        len--;
    }
    if (len == 3 && memcmp(name, "Any", 3) == 0) {
        if (!negated)
            regex_class_add(class, 0, 0x10ffff);
        return true;
    }
    set = categories_named(name, len);
    class->categories |= set && negated ? ~set : set;
    return set || add_script(class, name, len, negated);
}

static bool ranges_have(const GArray *ranges, uint32_t character)
{
    guint low = 0, high = ranges->len;

    while (low < high) {
        guint middle = (low + high) / 2;
        const struct regex_range *range = &g_array_index(ranges, struct regex_range, middle);

        if (character < range->low)
            high = middle;
        else if (character > range->high)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

static bool scripts_have(const GArray *scripts_wanted, uint32_t character)
{
    GUnicodeScript script = scripts_wanted->len ? g_unichar_get_script(character) : 0;

    for (guint i = 0; i < scripts_wanted->len; i++) {
        const struct regex_script *wanted = &g_array_index(scripts_wanted, struct regex_script, i);

        if ((wanted->script == script) != wanted->negated)
            return true;
    }
    return false;
}

static bool is_in(const struct regex_class *class, uint32_t character)
{
    return ranges_have(class->ranges, character) ||
           (class->categories && class->categories >> g_unichar_type(character) & 1) ||
           scripts_have(class->scripts, character);
}

/* U+212A is a K and U+017F an s to those who do not care for case; glib knows one direction. */
static bool ascii_twin(const struct regex_class *class, uint32_t character)
{
    switch (character) {
    case 'k':
    case 'K':
        return is_in(class, 0x212a);
    case 's':
    case 'S':
        return is_in(class, 0x17f);
    default:
        return false;
    }
}

bool regex_class_has_wide(const struct regex_class *class, uint32_t character)
{
    bool has = is_in(class, character);

    if (!has && class->fold)
        has = is_in(class, g_unichar_tolower(character)) ||
              is_in(class, g_unichar_toupper(character)) ||
              is_in(class, g_unichar_tolower(g_unichar_toupper(character))) ||
              is_in(class, g_unichar_toupper(g_unichar_tolower(character))) ||
              ascii_twin(class, character);
    return has != class->negated;
}

static gint by_low(gconstpointer a, gconstpointer b)
{
    const struct regex_range *left = a, *right = b;

    return left->low < right->low ? -1 : left->low > right->low;
}

static void merge_ranges(GArray *ranges)
{
    struct regex_range *all = (struct regex_range *)(void *)ranges->data;
    guint n = 0;

    g_array_sort(ranges, by_low);
    for (guint i = 0; i < ranges->len; i++) {
        if (n > 0 && all[i].low <= all[n - 1].high + 1)
            all[n - 1].high = MAX(all[n - 1].high, all[i].high);
        else
            all[n++] = all[i];
    }
    g_array_set_size(ranges, n);
}

void regex_class_finish(struct regex_class *class)
{
    merge_ranges(class->ranges);
    for (uint32_t character = 0; character < 128; character++)
        if (regex_class_has_wide(class, character))
            class->ascii[character / 64] |= UINT64_C(1) << (character % 64);
}

void regex_class_clear(struct regex_class *class)
{
    g_clear_pointer(&class->ranges, g_array_unref);
    g_clear_pointer(&class->scripts, g_array_unref);
}

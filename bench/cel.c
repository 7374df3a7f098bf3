/*
 * What one evaluation costs: three comparisons of numbers and one test of a text, by lib/cel on an
 * event's facts in slots, by Lua on a table that is there already, and by Lua with the event made
 * into a table each time. Prints "NAME NANOSECONDS" lines, the medians of rounds that alternate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bench/clock.h"
#include "lib/array.h"
#include "lib/cel/cel.h"

#define ROUNDS 21
#define TIMES  200000

/* The facts of a link event; every other evaluation sees another MTU, so that nothing is foreseen.
 */
static const struct vane_cel_name names[] = {
    {"interface_index", VANE_CEL_INT, false},
    {"interface_name", VANE_CEL_STRING, false},
    {"interface_type", VANE_CEL_STRING, false},
    {"mtu", VANE_CEL_INT, false},
    {"operational_state", VANE_CEL_STRING, false},
    {"flags", VANE_CEL_INT, false},
    {"carrier", VANE_CEL_BOOL, false},
    {"driver", VANE_CEL_STRING, false},
};

static const char condition[] =
    "interface_index > 1 && mtu >= 1400 && flags != 0 && interface_name.startsWith(\"eth\")";
static const char lua_condition[] =
    "return function(e) return e.interface_index > 1 and e.mtu >= 1400 and e.flags ~= 0 and "
    "string.sub(e.interface_name, 1, 3) == 'eth' end";

static struct vane_cel_value facts[ELEMENTS(names)];
static unsigned long yes;

static void fill(void)
{
    facts[0] = vane_cel_int(7);
    facts[1] = vane_cel_string("eth0", 4);
    facts[2] = vane_cel_string("ether", 5);
    facts[3] = vane_cel_int(1500);
    facts[4] = vane_cel_string("routable", 8);
    facts[5] = vane_cel_int(0x1043);
    facts[6] = vane_cel_bool(true);
    facts[7] = vane_cel_string("e1000e", 6);
}

static double cel(const struct vane_cel_program *program, struct vane_cel_scratch *scratch)
{
    struct vane_cel_input input = {.slots = facts};
    uint64_t start = now_ns();

    for (unsigned i = 0; i < TIMES; i++) {
        facts[3].integer = 1500 + (i & 1);
        yes += vane_cel_evaluate(program, &input, scratch).truth;
    }
    return (double)(now_ns() - start) / TIMES;
}

static void push_event(lua_State *lua)
{
    lua_createtable(lua, 0, ELEMENTS(names));
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        if (facts[i].kind == VANE_CEL_INT)
            lua_pushinteger(lua, facts[i].integer);
        else if (facts[i].kind == VANE_CEL_BOOL)
            lua_pushboolean(lua, facts[i].truth);
        else
            lua_pushlstring(lua, facts[i].text, facts[i].len);
        lua_setfield(lua, -2, names[i].name);
    }
}

/* The function is at index 1, and the table at index 2. */
static double lua_ready(lua_State *lua)
{
    uint64_t start = now_ns();

    for (unsigned i = 0; i < TIMES; i++) {
        lua_pushvalue(lua, 1);
        lua_pushvalue(lua, 2);
        lua_call(lua, 1, 1);
        yes += (unsigned long)lua_toboolean(lua, -1);
        lua_pop(lua, 1);
    }
    return (double)(now_ns() - start) / TIMES;
}

static double lua_built(lua_State *lua)
{
    uint64_t start = now_ns();

    for (unsigned i = 0; i < TIMES; i++) {
        facts[3].integer = 1500 + (i & 1);
        lua_pushvalue(lua, 1);
        push_event(lua);
        lua_call(lua, 1, 1);
        yes += (unsigned long)lua_toboolean(lua, -1);
        lua_pop(lua, 1);
    }
    return (double)(now_ns() - start) / TIMES;
}

static int ascending(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static void report(const char *name, double *rounds)
{
    qsort(rounds, ROUNDS, sizeof(*rounds), ascending);
    printf("%s %.2f\n", name, rounds[ROUNDS / 2]);
}

int main(void)
{
    struct vane_cel_environment environment = {
        .names = names, .n_names = ELEMENTS(names), .flags = VANE_CEL_CONDITION};
    struct vane_cel_program *program =
        vane_cel_compile(condition, strlen(condition), &environment, NULL);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    double times[3][ROUNDS];
    lua_State *lua = luaL_newstate();

    luaL_openlibs(lua);
    if (!program || luaL_dostring(lua, lua_condition))
        return 1;
    fill();
    push_event(lua);
    for (unsigned i = 0; i < ROUNDS; i++) {
        times[0][i] = cel(program, scratch);
        times[1][i] = lua_ready(lua);
        times[2][i] = lua_built(lua);
    }
    report("cel", times[0]);
    report("lua-ready", times[1]);
    report("lua-built", times[2]);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
    lua_close(lua);
    return yes == 3UL * ROUNDS * TIMES ? 0 : 1;
}

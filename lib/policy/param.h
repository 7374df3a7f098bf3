/* Parameters of actions: what kinds there are, and reading one. For lib/policy alone. */
#ifndef NETVANE_LIB_POLICY_PARAM_H
#define NETVANE_LIB_POLICY_PARAM_H

#include "lib/policy/read-internal.h"

enum vane_policy_param_kind {
    VANE_POLICY_A_TEXT,
    VANE_POLICY_A_VALUE,
    VANE_POLICY_A_VALUES,
    VANE_POLICY_A_OBJECT,
    VANE_POLICY_A_NUMBER,
    VANE_POLICY_A_SPAN,
    VANE_POLICY_A_CHOICE,
    VANE_POLICY_A_PATH,
    VANE_POLICY_A_TOPIC,
    VANE_POLICY_A_FACT,
    VANE_POLICY_A_CONDITION,
    VANE_POLICY_A_MEASURE, /* an expression that gives a number */
};

struct vane_policy_param_form {
    const char *name; /* NULL: no more */
    enum vane_policy_param_kind kind;
    bool required;
    int64_t min, max, fallback;
    const char *choices; /* separated by spaces */
};

struct vane_policy_param_reading {
    struct vane_policy_reading *reading;
    struct vane_policy_rule *rule;
    const struct vane_policy_param_form *form;
    struct vane_policy_param *param;
};

/* False: it was complained about. */
bool vane_policy_param_read(const struct vane_policy_param_reading *it, struct vane_json_view json);

#endif

# Makes a C table of docs/events.md and docs/policy.md: what happens or is asked for, and the fields
# that go with it. A row is {subject, is it a gate action, field, its type}; a subject without
# fields has one row with a NULL field. "Fields as of `x.y`" brings the fields of another.

function kind(type) {
    if (type == "string") return "VANE_CEL_STRING"
    if (type == "integer") return "VANE_CEL_INT"
    if (type == "number") return "VANE_CEL_DOUBLE"
    if (type == "boolean") return "VANE_CEL_BOOL"
    if (type ~ /^list/) return "VANE_CEL_LIST"
    return "VANE_CEL_DYN"
}

function add(subject, field, type) {
    fields[subject] = fields[subject] field " " kind(type) "\n"
}

FNR == 1 { gates = (FILENAME ~ /policy\.md$/); section = subject = "" }
/^## / { section = $0; subject = "" }
gates && section != "## Gate actions" && section != "## Events of a network" { next }
/^### / {
    subject = $2
    gsub(/`/, "", subject)
    order[++count] = subject
    gate[subject] = (section == "## Gate actions")
    next
}
match($0, /Fields as of `[a-z0-9_.-]+`/) {
    if (subject != "")
        like[subject] = substr($0, RSTART + 14, RLENGTH - 15)
}
/^\| `[a-z0-9_]+` \| / {
    split($0, cell, / *\| */)
    name = cell[2]
    gsub(/`/, "", name)
    if (subject != "")
        add(subject, name, cell[3])
    else if (section == "## Links")
        link = link name " " kind(cell[3]) "\n"
}
END {
    for (i = 1; i <= count; i++) {
        subject = order[i]
        all = fields[subject]
        if (subject in like)
            all = fields[like[subject]] all
        if (!gate[subject] && subject ~ /^(link|wifi)\./)
            all = link all
        rows = split(all, row, "\n")
        if (rows < 2)
            printf "{\"%s\", %d, NULL, 0},\n", subject, gate[subject]
        for (r = 1; r < rows; r++) {
            split(row[r], part, " ")
            printf "{\"%s\", %d, \"%s\", %s},\n", subject, gate[subject], part[1], part[2]
        }
    }
}

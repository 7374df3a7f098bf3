# Makes two C tables of docs/events.md and docs/policy.md: the fields of what happens or is asked
# for, and the subjects that have them. "Fields as of `x.y`" brings the fields of another.

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
        from = rows
        n = split(all, row, "\n")
        for (r = 1; r < n; r++) {
            split(row[r], part, " ")
            table = table "    {\"" part[1] "\", " part[2] "},\n"
            rows++
        }
        list = list "    {\"" subject "\", " gate[subject] + 0 ", " from + 0 ", " rows - from "},\n"
    }
    print "static const struct field fields[] = {"
    printf "%s};\n\n", table
    print "static const struct subject subjects[] = {"
    printf "%s};\n", list
}

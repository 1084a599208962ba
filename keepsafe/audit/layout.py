"""A table as printed: which column holds what, how many cases each group has, what stands in each row."""

import re
from dataclasses import replace

from keepsafe.audit.beneath import BULLET, indent, inherit, is_statistic, settle, stubs, unanswered
from keepsafe.audit.beside import beside, name_statistic
from keepsafe.audit.cells import cell, has_decimal_commas, plain
from keepsafe.audit.grid import Grid
from keepsafe.audit.headings import (
    LAST_MARK,
    MARKS,
    ROLES,
    SIZE_ALONE,
    WHOLES,
    Kind,
    counts_cases,
    kind_of,
    named,
    parts_of,
)
from keepsafe.audit.rows import OTHER_TESTS, Entry, Group, Row, Table
from keepsafe.problems import InputError, Problem, shortened


def table_of(grid: Grid) -> Table:
    """Read a grid as a table of groups."""
    roles = roles_of(grid)
    comma = has_decimal_commas([text for row in grid.rows for text in row])
    groups, problems = groups_of(grid, [i for i, role in enumerate(roles) if role == "group"])
    if problems:
        raise InputError(problems)
    table = Table(grid, groups, [], [])
    _fill(table, roles, comma)
    return table


def roles_of(grid: Grid) -> list[str]:
    """What each column holds, by its heading; the first is the variable where no heading says which is."""
    roles = []
    parts = [parts_of(head) for head in grid.heads]
    sized = any(size is not None for _, size, _ in parts)
    named_n = (row for k, row in enumerate(grid.rows) if counts_cases(row[0].strip(), row[1:], k, sized))
    sizes = next(named_n, [""] * len(grid.heads))
    for place, head in enumerate(grid.heads):
        said = re.sub("[‐‑−–]", "-", LAST_MARK.sub("", MARKS.sub("", head)).strip())
        plain = re.sub(r"[_.]+", " ", said) if not re.search(r"[0-9]\.[0-9]", said) else said
        role = next((role for role, pattern in ROLES if re.fullmatch(pattern, plain, re.IGNORECASE)), "group")
        if parts[place][1] is not None and (role != "statistic" or re.search(r"\bn\s*[=:]", said, re.IGNORECASE)):
            role = "group"
        if role == "statistic" and sum(bool(kind_of(row[place]).form) for row in grid.rows) * 2 > len(grid.rows):
            role = "level"  # not of a test: n, mean, SD, or 'Male, n (%)'
        if plain.lower() in ("d", "g") and not {"b", "c", "e", "f"} & {each.lower() for each in grid.heads}:
            role = "estimate"  # Cohen's, Hedges's
        if role not in ("variable", "level", "kind", "ignored") and re.fullmatch("[1-9][0-9]*", sizes[place].strip()):
            role = "group"  # F may be of females
        if not head:
            role = "variable" if place == 0 else "ignored"
        roles.append("group" if role in ("variable", "level", "kind") and role in roles else role)
    if "variable" not in roles:
        first = next((i for i, role in enumerate(roles) if role == "group"), None)
        if first is None:
            raise InputError.of(
                "no column names the rows", file=grid.file, line=grid.first, remedy="call the first column 'variable'"
            )
        roles[first] = "variable"
    if {"se", "interval"} & set(roles):  # b may be a group, or a coefficient
        named_b = [head.lower() in ("b", "est") for head in grid.heads]
        roles = ["estimate" if b else role for role, b in zip(roles, named_b, strict=True)]
    return roles


def groups_of(grid: Grid, places: list[int]) -> tuple[list[Group], list[Problem]]:
    """The columns of figures, and those whose number of cases is in a form not understood."""
    groups, problems = [], []
    for place in places:
        name, size, said = parts_of(grid.heads[place])
        digits = re.sub(r"[,\s']", "", size) if size is not None else "1"
        if not re.fullmatch(r"0*[1-9][0-9]*", digits):
            remedy = "write the heading as in 'placebo (n=154)'"
            problem = f"{shortened(size)!r} is no number of cases"
            problems.append(Problem(problem, grid.file, grid.first, grid.column(place), remedy))
        groups.append(Group(name, grid.heads[place], place, int(digits) if size and not problems else None, said))
    names = [group.name for group in groups]
    return [replace(g, name=g.heading) if names.count(g.name) > 1 else g for g in groups], problems


def _fill(table: Table, roles: list[str], comma: bool) -> None:
    """Read the rows from top to bottom; a row n holds for the rows below it."""
    at: dict[str, int] = {
        role: roles.index(role)
        for role in ("variable", "level", "kind", "total n", "df", "low", "high")
        if role in roles
    }
    names = ("variable", "level", "kind", "ignored")
    sizes = {group.name: group.n for group in table.groups}
    if not any(sizes.values()):
        sizes |= _summed(table, at["variable"], comma)
    above: Row | None = None  # the row that names a variable, with its levels beneath
    variable, inner, own = "", 0, {}
    of_statistics = "level" in at and bool(re.match("statistic", table.grid.heads[at["level"]], re.IGNORECASE))
    for number, texts in enumerate(table.grid.rows):
        said, level, kind = (texts[at[role]].strip() if role in at else "" for role in names[:3])
        said, depth = BULLET.sub("", said), indent(texts[at["variable"]])
        if said and of_statistics:
            own = {}
        if of_statistics and level.lower() in ("n", "no", "no.", "number"):
            variable, own = said or variable, _sizes(table, number, texts, comma)
            above = Row(variable, "", Kind(), number, heads=True)
            beside(table, above, roles, texts, comma, at)
            table.rows.append(above)
            continue
        inside = Kind()
        if of_statistics and level:
            level, inside = ("", kind_of(level)) if is_statistic(level) else named(level, "")
        filled = [i for i, role in enumerate(roles) if role not in names and cell(texts[i]).form != "blank"]
        cases = counts_cases(said, [texts[group.place] for group in table.groups], number, all(sizes.values()))
        if cases and filled and not level and not re.search("mean|median|%", kind):
            inner, own = depth, _sizes(table, number, texts, comma)
            sizes |= {} if depth else own
            for i in filled:
                if roles[i] not in ("group", "total n"):
                    at_i = table.grid.heads[i], table.grid.address(number, i), texts[i]
                    table.unread.append((said, *at_i, "beside numbers of cases, and of nothing that is checked"))
            continue
        if depth < inner:
            inner, own = 0, {}  # a row n beneath a name holds for what is beneath it
        name, meant = named(said or variable, kind)
        meant = inside if inside.form else meant
        over = {group.said for group in table.groups if texts[group.place].strip()}
        if not meant.form and len(over) == 1 and not kind and (heading := kind_of(*over)).form != "percent":
            meant = heading  # as the headings say
        row = Row(name, level, meant, number, indent=depth)
        beside(table, row, roles, texts, comma, at)
        for group in table.groups:
            n = own.get(group.name, sizes[group.name])
            if n is None and len(table.groups) == 1 and "total n" in at and texts[at["total n"]].strip().isdecimal():
                n = int(texts[at["total n"]])
            _entry(table, row, group, texts[group.place], n, comma)
        if said and not level and not any(texts[group.place].strip() for group in table.groups):
            if not filled and OTHER_TESTS.search(said) and re.search(r"\b(tests?|by|using|p|for|with)\b", said):
                table.notes.append(said)  # a footnote names the tests
            above, variable = row, said
            row.heads = True
            table.rows.append(row)
            continue
        if not filled:
            continue
        variable = said or variable
        if (level or of_statistics) and above is not None and row.variable == above.variable:
            inherit(row, above)
        above = None
        table.rows.append(row)
    table.groups[:] = [replace(group, n=sizes[group.name]) for group in table.groups]
    stubs(table)
    unanswered(table)
    table.rows[:] = [row for row in table.rows if not row.heads or row.p or row.statistic or row.estimates]
    levels: dict[str, set[str]] = {}
    for row in table.rows:
        levels.setdefault(row.variable, set()).add(row.level)
    for row in table.rows:
        row.alone = row.level == "" or (len(levels[row.variable]) == 1 and row.level.lower() in ("1", "yes"))
        settle(row)
        name_statistic(table, row, comma)
        for entry in row.entries.values():
            entry.group = table.group(entry.group.name)


def _summed(table: Table, name: int, comma: bool) -> dict[str, int]:
    """Numbers of cases that stand below: a last row n, a row 'Total' of 100%, or one that the rows above add up to."""
    cells = [[row[group.place] for group in table.groups] for row in table.grid.rows]
    for number, (row, texts) in enumerate(zip(table.grid.rows, cells, strict=True)):
        whole = WHOLES.fullmatch(row[name].strip()) and all(re.search(r"\(\s*100(\.0+)?\s*%?\s*\)", t) for t in texts)
        if whole or (number + 1 == len(cells) and counts_cases(row[name].strip(), texts, number, False)):
            return _sizes(table, number, row, comma)
    rows = [[re.match(r"\s*([0-9]+)\b(?![.,])", text) for text in texts] for texts in cells]
    if len(rows) < 3 or not WHOLES.fullmatch(table.grid.rows[-1][name].strip()) or any(None in row for row in rows):
        return {}
    *parts, total = [[int(found[1]) for found in row] for row in rows]
    right = [sum(column) == n for column, n in zip(zip(*parts, strict=True), total, strict=True)]
    if 2 * sum(right) < len(right):
        return {}
    return {group.name: n for group, n in zip(table.groups, total, strict=True) if n}


def _sizes(table: Table, number: int, texts: list[str], comma: bool) -> dict[str, int]:
    found, problems = {}, []
    for group in table.groups:
        text = re.sub(r"(?<=.)\s*\(\s*[0-9.]+\s*%?\s*\)$", "", plain(texts[group.place], comma))
        size = SIZE_ALONE.fullmatch(text)
        if size:
            found[group.name] = int(re.sub(r"\D", "", size[1]))
        elif text:
            problems.append(
                Problem(
                    f"{shortened(texts[group.place])!r} is no number of cases",
                    table.grid.file,
                    table.grid.lines[number],
                    table.grid.column(group.place),
                    "write a whole number above 0",
                )
            )
    if problems:
        raise InputError(problems)
    return found


def _entry(table: Table, row: Row, group: Group, text: str, n: int | None, comma: bool) -> None:
    address = table.grid.address(row.line, group.place)
    if (table.grid.lines[row.line], group.place) in table.grid.dates:
        reason = "the spreadsheet has made a date of it: format the cell as text and type it again"
        table.unread.append((row.name, group.heading, address, text, reason))
        row.unread.add(group.name)
        return
    read = cell(text, comma)
    if read.form == "unknown":
        reason = "of no known form; write it as 14 (8.9%), 14/158, 51.42 (11.01), 3.2 ± 1.1 or 1.8 (1.1 to 2.9)"
        table.unread.append((row.name, group.heading, address, text, reason))
        row.unread.add(group.name)
    elif read.form != "blank":
        row.entries[group.name] = Entry(row, group, read, address, read.n or n, read.n is not None)

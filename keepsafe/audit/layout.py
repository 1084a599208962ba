"""A table as printed: which column holds what, how many cases each group has, what stands in each row.

Longer than 300 lines: roles of columns, kinds of rows and numbers of cases are read in one pass from the top.
"""

import re
from dataclasses import replace
from itertools import groupby

from keepsafe.audit.arithmetic import share_prints
from keepsafe.audit.around import (
    BULLET,
    as_others,
    beside,
    indent,
    inherit,
    is_statistic,
    name_statistic,
    settle,
    stubs,
    unanswered,
)
from keepsafe.audit.cells import cell, has_decimal_commas, p_value, plain, statistic
from keepsafe.audit.rows import (
    HEAD_KIND,
    OTHER_TESTS,
    ROLES,
    SIZE_ALONE,
    WHOLES,
    Entry,
    Grid,
    Group,
    Kind,
    Row,
    Table,
    parts_of,
    unmarked,
)
from keepsafe.problems import InputError, Problem, shortened

SIZE_ROW = re.compile(
    r"n|no\.?|number|(unweighted )?base( \(n\))?|sample( size)?(,? \(?n\)?)?|total n|n \(total\)|"
    r"((number|no\.?|n) of )?(patients|"
    r"participants|cases|subjects|persons|people|respondents|women|men|children|individuals)(?<!^cases)(?<!^women)(?<!^men)(?<!^children)"
    r"(,? \(?(n|no\.)\)?)?",
    re.IGNORECASE,
)
#: Of measurements whose unit is per cent, and which are no shares of persons.
IN_PERCENT = re.compile(
    r"ejection|\b[lr]vef\b|\bef\b|a1c|h(a)?emato|saturation|sp?[ao]o?2|\bfe[vf]|\bfvc\b|\bdlco\b|predicted|body fat|"
    r"fat mass|stenosis|score|change|adheren|compliance|reduction|weight|accuracy|correct",
    re.IGNORECASE,
)
OF_WEIGHTS = re.compile(r"(percent|%|means?\b|data|estimate|proportion|prevalence).*\bweighted|^weighted (per|%)", re.I)
OF_ERRORS = re.compile(r"means?,? ?(±|\+/?-|\(|and|with)[ ±(]*(s\.?e\.?m?\b|standard errors?)", re.IGNORECASE)
_MEAN = r"(?=.*(\bmean\b|\bm\b ?[(±+]|\bsd\b|\baverage\b))"
#: What a kind's words match from their beginning, and its form: the first that they match.
SAID = [
    (r".*% ?[(\[,;] ?(n|no)\b", "count percent"),
    (r".*(\bmedian|\biqr\b|quartile|geometric)", "median"),
    (rf"{_MEAN}.*\bsem?\b", "mean se"),
    (rf"{_MEAN}.*(\bci\b|interval)", "mean ci"),
    (rf"{_MEAN}(?!.*(\bsd\b|±)).*(\brange\b|\bmin)", "mean range"),
    (_MEAN, "mean sd"),
    (r".*\b(or|rr|hr|ratio|estimate|difference|interval|ci)\b", "interval"),
    (r"(?=.*(%|per ?cent)).*\b(n|no|number|count)\b", "count percent"),
    (r".*(%|per ?cent)", "percent"),
    (r".*\b(n|no|number|counts?)\b", "count"),
]


def roles_of(grid: Grid) -> list[str]:
    """What each column holds, by its heading; the first is the variable where no heading says which is."""
    roles = []
    parts = [parts_of(head) for head in grid.heads]
    sized = any(size is not None for _, size, _ in parts)
    named_n = (row for k, row in enumerate(grid.rows) if counts_cases(row[0].strip(), row[1:], k, sized))
    sizes = next(named_n, [""] * len(grid.heads))
    for place, head in enumerate(grid.heads):
        said = re.sub("[‐‑−–]", "-", unmarked(head))
        plain = re.sub(r"\b([a-z])\.\s?([a-z])\.(?![a-z])", r"\1\2", said, flags=re.IGNORECASE)  # S.E., C.I.
        plain = re.sub(r"[_.]+", " ", plain) if not re.search(r"[0-9]\.[0-9]", said) else plain
        plain = " ".join(plain.split())
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
    if "variable" not in roles and roles[0] != "group":  # 'Test' or 'Subgroup' may name the rows
        figures = [cell(row[0]).form != "unknown" or statistic(row[0]) or p_value(row[0]) for row in grid.rows]
        roles[0] = "variable" if 2 * sum(map(bool, figures)) < len(figures) else roles[0]
    if "variable" not in roles:
        first = next((i for i, role in enumerate(roles) if role == "group"), None)
        if first is None:
            remedy = "call the first column 'variable'"
            raise InputError.of("no column names the rows", file=grid.file, line=grid.first, remedy=remedy)
        roles[first] = "variable"
    ends = {place for place, role in enumerate(roles) if role in ("low", "high")}
    if any(cell(row[place]).form not in ("number", "blank") for row in grid.rows for place in ends) or (
        "estimate" not in roles and any(unmarked(grid.heads[place]).lower() == "low" for place in ends)
    ):
        roles = ["group" if place in ends else role for place, role in enumerate(roles)]  # low, medium and high risk
    if {"se", "interval"} & set(roles):  # b may be a group, or a coefficient
        named_b = [head.lower() in ("b", "est") for head in grid.heads]
        roles = ["estimate" if b else role for role, b in zip(roles, named_b, strict=True)]
    return roles


def counts_cases(name: str, cells: list[str], number: int, sized: bool) -> bool:
    """Whether a row holds numbers of cases, by its name; 'No' may be a level, and so may 'N' where cases are known."""
    shares = any(re.search(r"[(\[]\s*[0-9.]+\s*%?\s*[)\]]", text) for text in cells)
    if name.lower() == "base" and any(text.strip() and not SIZE_ALONE.fullmatch(text.strip()) for text in cells):
        return False  # a value at the beginning
    return bool(SIZE_ROW.fullmatch(name)) and not (name.lower() == "no" and number) and not (sized and shares)


def named(variable: str, kind: str) -> tuple[str, Kind]:
    """The variable's name without what it says of its cells, and the kind that it or the kind column says."""
    variable = re.sub(r"\s*[*†‡§¶‖#]+$", "", variable)
    tail = re.search(
        r"[,;(\[]?\s*\(?(\b(n \((weighted )?%\)|no\.? \(%\)"
        r"|mean [(±+].*|mean|m ?(\(|±|\+/?-) ?(sd|se|s\.|standard).*|median.*)"
        r"|(?<![a-z])% ?\(n(o\.?)?\)|(?<=\W)(weighted )?%)\]?\)?"
        r"\s*$",
        variable,
        re.IGNORECASE,
    )
    if tail and tail[0].strip(" ,;([)]") == "%" and IN_PERCENT.search(variable):
        tail = None
    said = kind_of(kind or (tail[0] if tail else ""))
    return (variable[: tail.start()].strip(" ,;:-–—") or variable if tail and not kind else variable), said


def kind_of(text: str) -> Kind:
    """What a kind says, in the words of a table's stub.

    >>> kind_of("mean (SD), whole").whole, kind_of("n (%)").form, kind_of("mean (SD), 1-7, 3 items").scale
    (True, 'count percent', (1.0, 7.0))
    """
    said = text.lower().replace("standard deviation", "sd").replace("standard error", "se")
    form = next((form for pattern, form in SAID if re.match(pattern, said, re.DOTALL)), "")
    items = re.search(r"([0-9]+) items?|items? ?= ?([0-9]+)", said)
    number = r"(-?[0-9]+(?:\.[0-9]+)?)"
    scale = re.search(rf"{number}\s*(?:\.\.|–|-|\bto\b)\s*{number}", re.sub(r"95%.*", "", said))
    level = re.search(r"\b([89][0-9](?:\.[0-9])?) ?%", said)
    binary = bool(re.search(r"\b0/1\b|\bbinary\b|dichotom|yes/no", said))
    return Kind(
        form,
        "whole" in said or "integer" in said or binary,
        binary,
        int(items[1] or items[2]) if items else 1,
        (0.0, 1.0) if binary else (float(scale[1]), float(scale[2])) if scale else None,
        bool(re.search("several|multiple|more than one", said)),
        float(level[1]) if level else 95.0,
        bool(re.search(r"\bweighted\b", said)),
    )


def _groups(grid: Grid, roles: list[str]) -> list[Group]:
    """The columns of figures; a number of cases in a form not understood is refused."""
    groups, problems = [], []
    for place in [place for place, role in enumerate(roles) if role == "group"]:
        name, size, said = parts_of(grid.heads[place])
        size = re.sub(r"(?<=[0-9])[a-h]$", "", size) if size is not None else None  # a footnote's letter
        digits = re.sub(r"[,\s']", "", size) if size is not None else "1"
        if not re.fullmatch(r"0*[1-9][0-9]*", digits):
            remedy = "write the heading as in 'placebo (n=154)'"
            problem = f"{shortened(size)!r} is no number of cases"
            problems.append(Problem(problem, grid.file, grid.first, grid.column(place), remedy))
        groups.append(Group(name, grid.heads[place], place, int(digits) if size and not problems else None, said))
    if problems:
        raise InputError(problems)
    names = [group.name for group in groups]
    return [replace(g, name=g.heading) if names.count(g.name) > 1 else g for g in groups]


def table_of(grid: Grid) -> Table:
    """Read a grid as a table of groups, from top to bottom; a row n holds for the rows below it."""
    roles = roles_of(grid)
    groups, comma = _groups(grid, roles), has_decimal_commas([text for row in grid.rows for text in row])
    table = Table(grid, roles, groups, comma)
    names = ("variable", "level", "kind", "ignored")
    sizes = {group.name: group.n for group in groups}
    if not any(sizes.values()):
        sizes |= _summed(table)
    above: Row | None = None  # the row that names a variable, with its levels beneath
    variable, inner, own = "", 0, {}
    of_statistics = "level" in roles and bool(re.match("statistic", grid.heads[roles.index("level")], re.IGNORECASE))
    for number, texts in enumerate(grid.rows):
        said, level, kind = (table.said(number, role) for role in names[:3])
        said, depth = BULLET.sub("", said), indent(texts[roles.index("variable")])
        inside = Kind()
        if of_statistics:
            own = {} if said else own
            if level.lower() in ("n", "no", "no.", "number"):
                variable, own = said or variable, _sizes(table, number)
                above = Row(variable, "", Kind(), number, heads=True)
                beside(table, above)
                table.rows.append(above)
                continue
            if level:
                level, inside = ("", kind_of(level)) if is_statistic(level) else named(level, "")
        filled = [i for i, role in enumerate(roles) if role not in names and cell(texts[i]).form != "blank"]
        figures = [texts[group.place] for group in groups]
        cases = counts_cases(said, figures, number, all(sizes.values()))
        cases = cases or number == table.of_all
        if cases and filled and not level and not re.search("mean|median|%", kind):
            inner, own = depth, _sizes(table, number)
            sizes |= {} if depth else own
            for i in filled:
                if roles[i] not in ("group", "total n"):
                    at_i = grid.heads[i], grid.address(number, i), texts[i]
                    table.unread.append((said, *at_i, "beside numbers of cases, and of nothing that is checked"))
            continue
        if depth < inner:
            inner, own = 0, {}  # a row n beneath a name holds for what is beneath it
        name, meant = named(said or variable, kind)
        meant = inside if inside.form else meant
        over = {kind_of(g.said) for g in groups if texts[g.place].strip() and (g.said or not g.whole)}
        if not meant.form and len(over) == 1 and not kind and (heading := next(iter(over))).form != "percent":
            meant = heading  # as the headings say
        row = Row(name, level, meant, number, indent=depth)
        beside(table, row)
        total = table.said(number, "total n")
        for group in groups:
            n = own.get(group.name, sizes[group.name])
            _entry(table, row, group, int(total) if n is None and len(groups) == 1 and total.isdecimal() else n)
        if said and not level and not any(map(str.strip, figures)):
            if not filled and OTHER_TESTS.search(said) and re.search(r"\b(tests?|by|using|p|for|with)\b", said):
                table.notes.append(said)  # a footnote names the tests
            above, variable = row, said
            row.heads = True
        elif filled:
            variable = said or variable
            if (level or of_statistics) and above is not None and row.variable == above.variable:
                inherit(row, above)
            above = None
        if row.heads or filled:
            table.rows.append(row)
    table.groups = [replace(group, n=sizes[group.name]) for group in groups]
    stubs(table)
    unanswered(table)
    table.rows = [row for row in table.rows if not row.heads or row.p or row.statistic or row.estimates]
    told = [grid.title, *(texts[0] for texts in grid.rows if not any(map(str.strip, texts[1:])))]
    errors = any(OF_ERRORS.search(text) for text in told)  # a title or a note says that SEs stand beside the means
    weighted = any(OF_WEIGHTS.search(text) for text in told)
    levels: dict[str, set[str]] = {}
    for row in table.rows:
        levels.setdefault(row.variable, set()).add(row.level)
    for variable, same in groupby(table.rows, key=lambda row: row.variable):
        siblings = list(same)
        for row in siblings:
            row.siblings = siblings
            row.alone = row.level == "" or (len(levels[variable]) == 1 and row.level.lower() in ("1", "yes"))
            said = row.kind.form
            settle(row)
            if row.kind.weighted or weighted:
                _weighted(row)
            if errors and not said and row.kind.form == "mean sd":
                row.kind = replace(row.kind, form="mean se")
            name_statistic(table, row)
            for entry in row.entries.values():
                entry.group = table.group(entry.group.name)
    as_others(table)
    variables = [row.variable for row in table.rows]
    if any(sorted([whole, *parts]) == sorted(variables) for whole, parts in table.row_sums):
        for row in table.rows:  # counts that a last row adds up
            row.kind = row.kind if row.kind.form else replace(row.kind, form="count")
    else:
        table.row_sums.clear()
    _of_total(table)
    return table


def _weighted(row: Row) -> None:
    """Weighted percentages are taken off their counts, and what stands beside them is of no test of the counts."""
    row.kind = replace(row.kind, weighted=True)
    for entry in row.entries.values():
        if entry.percent is not None and entry.count is not None:
            entry.cell = replace(entry.cell, numbers=entry.cell.numbers[:1])
        if row.kind.form == "percent":
            entry.n = None
        entry.reasons.append("weighted: no count gives it")


def _of_total(table: Table) -> None:
    """Counts beside a bare total are of it, where no number of cases is known and two thirds of percentages say so."""
    wholes = [group for group in table.groups if group.whole]
    pairs = [
        (entry, int(total.cell.numbers[0].value))
        for row in table.rows
        for total in [row.entries.get(group.name) for group in wholes]
        if total and total.cell.form == "number" and total.cell.numbers[0].whole
        for entry in row.entries.values()
        if entry is not total and entry.count is not None and entry.percent is not None
    ]
    if len(wholes) != 1 or any(group.n for group in table.groups) or any(entry.n for entry, _ in pairs):
        return
    fits = [n > 0 and share_prints(entry.count, n, entry.percent) for entry, n in pairs]
    if len(fits) > 1 and 3 * sum(fits) >= 2 * len(fits):
        for entry, n in pairs:
            entry.n, entry.own = n or None, True


def _summed(table: Table) -> dict[str, int]:
    """Numbers of cases that stand below: a last row n, a row 'Total' of 100%, or one that the rows above add up to."""
    names = [table.said(number, "variable") for number in range(len(table.grid.rows))]
    cells = [[row[group.place] for group in table.groups] for row in table.grid.rows]
    for number, (name, texts) in enumerate(zip(names, cells, strict=True)):
        whole = WHOLES.fullmatch(name) and all(re.search(r"\(\s*100(\.0+)?\s*%?\s*\)", text) for text in texts)
        if not number and not whole and WHOLES.fullmatch(name) and _of_all(texts):
            table.of_all = number
            return _sizes(table, number)
        if whole or (number + 1 == len(cells) and counts_cases(name, texts, number, False)):
            return _sizes(table, number)
    rows = [[re.match(r"\s*([0-9]+)\b(?![.,])", text) for text in texts] for texts in cells]
    if len(rows) < 3 or not WHOLES.fullmatch(names[-1]) or any(None in row for row in rows):
        return {}
    *parts, total = [[int(found[1]) for found in row] for row in rows]
    right = [sum(column) == n for column, n in zip(zip(*parts, strict=True), total, strict=True)]
    if 2 * sum(right) < len(right):
        return {}
    if all(re.fullmatch(r"\s*[0-9]+\s*", text) for texts in cells for text in texts):
        table.row_sums.append((names[-1], tuple(names[:-1])))
    return {group.name: n for group, n in zip(table.groups, total, strict=True) if n}


def _of_all(texts: list[str]) -> bool:
    """Whether counts have percentages of the largest of them: 305 (100.0), 145 (47.5), 160 (52.5)."""
    read = [cell(text).numbers for text in texts]
    if len(read) < 2 or any(len(pair) != 2 or not pair[0].whole for pair in read):
        return False
    most = max(int(k.value) for k, _ in read)
    return most > 0 and all(share_prints(int(k.value), most, percent) for k, percent in read)


def _sizes(table: Table, line: int) -> dict[str, int]:
    """The numbers of cases that a row holds, by group."""
    found, problems, grid = {}, [], table.grid
    for group in table.groups:
        printed = grid.rows[line][group.place]
        text = re.sub(r"(?<=.)\s*\(\s*[0-9.]+\s*%?\s*\)$", "", plain(printed, table.comma))
        size = SIZE_ALONE.fullmatch(text)
        if size:
            found[group.name] = int(re.sub(r"\D", "", size[1]))
        elif text:
            said, place = f"{shortened(printed)!r} is no number of cases", grid.column(group.place)
            problems.append(Problem(said, grid.file, grid.lines[line], place, "write a whole number above 0"))
    if problems:
        raise InputError(problems)
    return found


def _entry(table: Table, row: Row, group: Group, n: int | None) -> None:
    """A cell in its place, or why it could not be read."""
    grid, text = table.grid, table.grid.rows[row.line][group.place]
    read, address = cell(text, table.comma), grid.address(row.line, group.place)
    dated = (grid.lines[row.line], group.place) in grid.dates
    other = HEAD_KIND.fullmatch(group.heading) and not all(HEAD_KIND.fullmatch(g.heading) for g in table.groups)
    if other and read.form not in ("blank", "unknown"):
        reason = f"{group.heading} beside figures of another kind: kept, and not checked"
        table.unread.append((row.name, group.heading, address, text, reason))
    elif dated or read.form == "unknown":
        reason = "of no known form; write it as 14 (8.9%), 14/158, 51.42 (11.01), 3.2 ± 1.1 or 1.8 (1.1 to 2.9)"
        if dated:
            reason = "the spreadsheet has made a date of it: format the cell as text and type it again"
        table.unread.append((row.name, group.heading, address, text, reason))
        row.unread.add(group.name)
    elif read.form != "blank":
        row.entries[group.name] = Entry(row, group, read, address, read.n or n, read.n is not None)

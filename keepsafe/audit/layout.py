"""A table as printed: which column holds what, how many cases each group has, what each row's cells mean.

Longer than 300 lines: rows, what stands beside them and what stands beneath a name are read in one pass.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from keepsafe.audit.cells import Cell, P, Statistic, cell, has_decimal_commas, p_value, plain, statistic
from keepsafe.audit.grid import Grid, Group, Kind, counts_cases, groups_of, named, roles_of
from keepsafe.problems import InputError, Problem, shortened

BULLET = re.compile(r"[-–—•·*>]\s+(?=\S)")
STATISTICS = (
    r"mean|median|average|sd|sem?|iqr|range|min|max|minimum|maximum|q1|q3|n|no|number|ci|geometric|and|to|whole|"
    r"standard|deviation|error|interquartile|quartiles?"
)
SHARES = ("count percent", "count", "percent")
UNKNOWN = re.compile(
    r"^\W*(missing|unknown|not (known|recorded|stated|available)|unclear|no answer|n/?a)\b", re.IGNORECASE
)
#: Tests that cannot be worked out from what is printed.
OTHER_TESTS = re.compile(
    r"mann|wilcox|kruskal|rank|paired|mcnemar|friedman|ancova|mixed|log.?rank|regress|adjusted|cox|"
    r"sign test|median test|mood|permut|bootstrap|kolmogorov|spearman|pearson.?s? r|bayes|"
    r"interaction|inferior|multivari",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Entry:
    """One printed cell in its place; `own` says that its number of cases was printed in it."""

    row: "Row"
    group: Group
    cell: Cell
    address: str
    n: int | None
    own: bool = False
    checked: bool = False
    fits: bool = True
    reasons: list[str] = field(default_factory=list)
    sizes: list[int] = field(
        default_factory=list
    )  # numbers of cases that its percentage fits, where not the printed one

    @property
    def count(self) -> int | None:
        """A printed count, if it is a whole number from 0 to n."""
        counted = self.row.kind.form in ("count percent", "count") and self.cell.numbers
        k = self.cell.numbers[0] if counted else None
        return (
            int(k.value) if k is not None and k.whole and 0 <= k.value and not (self.n and k.value > self.n) else None
        )

    @property
    def percent(self):
        if self.row.kind.form == "percent":
            return self.cell.numbers[0] if self.cell.numbers else None
        return self.cell.numbers[1] if self.row.kind.form == "count percent" and len(self.cell.numbers) > 1 else None


@dataclass(eq=False)
class Row:
    """A printed row: variable, level, kind, cells by group, and what stands beside them."""

    variable: str
    level: str
    kind: Kind
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)
    p: list[tuple[P, str, str]] = field(default_factory=list)  # with heading and address
    statistic: tuple[Statistic, str, str] | None = None
    test: str = ""
    estimates: list[tuple[Cell, str, str]] = field(default_factory=list)
    se: Cell | None = None
    se_of: str = ""  # the address of the estimate that it stands beside
    alone: bool = True
    indent: int = 0
    heads: bool = False  # a name without figures, with its levels beneath
    unnamed: tuple[str, str, str] | None = None  # a test statistic whose heading does not say which
    ranked: bool = False  # a median is printed beside its mean

    @property
    def name(self) -> str:
        return self.variable if self.alone else f"{self.variable}: {self.level}"


@dataclass
class Table:
    """A table as read: groups, rows in order, and remarks on cells that were not understood."""

    grid: Grid
    groups: list[Group]
    rows: list[Row]
    unread: list[tuple[str, str, str, str, str]]  # row, column, address, text, reason
    sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    wholes: set[str] = field(default_factory=set)
    row_sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # footnotes that name tests
    loose: list[tuple[str, list[Entry]]] = field(default_factory=list)  # rows beneath a name that are not summed

    @cached_property
    def places(self) -> dict[Row, int]:
        """Where each row is among the rows."""
        return {row: place for place, row in enumerate(self.rows)}

    def group(self, name: str) -> Group:
        return next(group for group in self.groups if group.name == name)


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


def _fill(table: Table, roles: list[str], comma: bool) -> None:
    """Read the rows from top to bottom; a row n holds for the rows below it."""
    at = {
        role: roles.index(role)
        for role in ("variable", "level", "kind", "total n", "df", "low", "high")
        if role in roles
    }
    names = ("variable", "level", "kind", "ignored")
    sizes = {group.name: group.n for group in table.groups}
    above: Row | None = None  # the row that names a variable, with its levels beneath
    variable, inner, own = "", 0, {}
    for number, texts in enumerate(table.grid.rows):
        said, level, kind = (texts[at[role]].strip() if role in at else "" for role in names[:3])
        said, depth = BULLET.sub("", said), indent(texts[at["variable"]])
        filled = [i for i, role in enumerate(roles) if role not in names and cell(texts[i]).form != "blank"]
        cases = counts_cases(said, [texts[group.place] for group in table.groups], number, all(sizes.values()))
        if cases and filled and not level and not re.search("mean|median|%", kind):
            inner, own = depth, _sizes(table, number, texts, comma)
            sizes |= {} if depth else own
            continue
        if depth < inner:
            inner, own = 0, {}  # a row n beneath a name holds for what is beneath it
        name, meant = named(said or variable, kind)
        row = Row(name, level, meant, number, indent=depth)
        _beside(table, row, roles, texts, comma, at)
        for group in table.groups:
            _entry(table, row, group, texts[group.place], own.get(group.name, sizes[group.name]), comma)
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
        if level and above is not None and row.variable == above.variable:
            _inherit(row, above)
        above = None
        table.rows.append(row)
    table.groups[:] = [replace(group, n=sizes[group.name]) for group in table.groups]
    _stubs(table)
    _unanswered(table)
    table.rows[:] = [row for row in table.rows if not row.heads or row.p or row.statistic or row.estimates]
    levels = {}
    for row in table.rows:
        levels.setdefault(row.variable, set()).add(row.level)
    for row in table.rows:
        row.alone = row.level == "" or (len(levels[row.variable]) == 1 and row.level.lower() in ("1", "yes"))
        _turn(row)
        row.kind = _settled(row)
        if row.unnamed and not row.statistic:
            text, head, address = row.unnamed
            many = sum(not group.whole for group in table.groups)
            name = "chi2" if row.kind.form in SHARES else "t" if many == 2 else "F"
            known = row.kind.form in SHARES or row.kind.form.startswith("mean")
            found = statistic(f"{text}", comma, name) if known and name in _named(head) else None
            if found:
                row.statistic = replace(found, text=f"{name} = {text}"), head, address
            else:
                table.unread.append(
                    (row.name, head, address, text, "a statistic of a test that its heading does not name")
                )
        for entry in row.entries.values():
            entry.group = table.group(entry.group.name)


def _named(heading: str) -> set[str]:
    """The statistics that a heading may be of: those it names, or any."""
    said = {
        "chi2" if found in "χx" or found.startswith("chi") else found.upper() if found == "f" else found
        for found in re.findall(r"chi|[tfzχx](?![a-z])", heading.lower())
    }
    return said or {"t", "F", "chi2"}


def indent(text: str) -> int:
    """How far a name is indented, by blanks or a bullet.

    >>> indent("  female"), indent("– female"), indent("female")
    (2, 1, 0)
    """
    text = text.expandtabs(4)
    return len(text) - len(text.lstrip()) + bool(BULLET.match(text.strip()))


def _inherit(row: Row, above: Row) -> None:
    """What stands beside a variable's name is of its rows together; the first of them carries it."""
    for name in ("p", "statistic", "test"):
        if getattr(above, name) and not getattr(row, name):
            setattr(row, name, getattr(above, name))
            setattr(above, name, type(getattr(row, name))() if name != "statistic" else None)
    row.kind = row.kind if row.kind.form else replace(row.kind, form=above.kind.form, several=above.kind.several)


def _stubs(table: Table) -> None:
    """Rows beneath a name that has no figures: a statistic of it, its levels, or rows that stand alone."""
    rows, indented = table.rows, any(row.indent for row in table.rows)
    for place, head in enumerate(rows):
        if not head.heads:
            continue
        block = []
        for row in rows[place + 1 :]:
            if row.heads or row.level or (indented and row.indent <= head.indent):
                break
            if not indented and (block and row.p and head.p or (block and row.kind.form and not _stub(row))):
                break
            block.append(row)
        for row in [each for each in block if _stub(each)]:
            row.variable = head.variable
            row.ranked = any(other.kind.form == "median" for other in block)
            if not any(other.p for other in block):
                _inherit(row, head)
        shares = [row for row in block if not _stub(row) and _counted(row)]
        if not shares or head.kind.form.startswith("me"):
            continue
        many = _complete(table, shares, indented)
        if not many and len(shares) == 1 and shares[0].variable.lower() in ("yes", "no"):
            many = 1
        for row in shares[:many]:
            row.variable, row.level = head.variable, row.variable
            _inherit(row, head)
        if not many and len(shares) > 1 and not head.kind.several:
            entries = [entry for row in shares for entry in row.entries.values()]
            table.loose.append((head.variable, entries))


def _unanswered(table: Table) -> None:
    """A row 'Unknown' of counts alone, beneath a variable, leaves its number out of what the variable is of."""
    for row, below in zip(table.rows, table.rows[1:], strict=False):
        if (
            not UNKNOWN.search(below.variable)
            or below.level
            or any(e.cell.form != "number" for e in below.entries.values())
        ):
            continue
        for other in (each for each in table.rows if each.variable == row.variable):
            for name, entry in other.entries.items():
                gone = below.entries[name].cell.numbers[0] if name in below.entries else None
                if gone is None or entry.own or not entry.n or not gone.whole or gone.value >= entry.n:
                    continue
                if len(entry.cell.numbers) == 2 and entry.cell.form in ("pair", "count percent"):
                    k, percent = entry.cell.numbers
                    if k.whole and abs(100 * k.value / entry.n - percent.value) <= percent.half:
                        continue  # a percentage of everybody
                entry.n, entry.own = entry.n - int(gone.value), True
                below.entries[name].reasons.append("taken from the cases of the row above")


def _stub(row: Row) -> bool:
    """Whether a row's name is that of a statistic alone: 'Mean (SD)'."""
    return bool(re.fullmatch(rf"({STATISTICS}|[\W0-9])+", row.variable, re.IGNORECASE)) and (
        not row.level and row.variable.lower() not in ("no", "n")  # levels: no, and N of a code
    )


def _counted(row: Row) -> bool:
    """Whether a row's cells can be counts or percentages."""
    if row.kind.form in SHARES:
        return True
    read = [entry.cell for entry in row.entries.values()]
    return not row.kind.form and all(
        each.form in ("count percent", "percent", "pair", "number")
        and (each.form == "percent" or (each.numbers[0].whole and each.numbers[0].decimals == 0))
        for each in read
    )


def _complete(table: Table, rows: list[Row], indented: bool) -> int:
    """How many of the rows are levels that make up their groups, in half of the columns at least; 0 if none do."""
    best = (0, 0)
    for many in [len(rows)] if indented else range(2, len(rows) + 1):
        whole = tried = 0
        for group in table.groups:
            read = [row.entries[group.name].cell for row in rows[:many] if group.name in row.entries]
            if not read or any(len(each.numbers) not in (1, 2) for each in read):
                continue
            tried += 1
            firsts = [each.numbers[0] for each in read]
            percents = [each.numbers[-1] for each in read if len(each.numbers) == 2 or each.form == "percent"]
            slack = sum(number.half for number in percents) + 1e-9
            hundred = len(percents) == len(read) and abs(sum(number.value for number in percents) - 100) <= slack
            counted = all(number.whole for number in firsts) and sum(number.value for number in firsts) == group.n
            whole += hundred or counted
        if many > 1 and whole and 2 * whole >= tried:
            best = max(best, (whole, many))  # a column may be complete before its last level, which is 0 in it
    return best[1]


def _sizes(table: Table, number: int, texts: list[str], comma: bool) -> dict[str, int]:
    found, problems = {}, []
    for group in table.groups:
        text = plain(re.sub(r"^\s*[nN]\s*=\s*", "", texts[group.place]), comma)
        text = re.sub(r"\s*\(\s*[0-9.]+\s*%?\s*\)$", "", text)
        if re.fullmatch(r"0*[1-9][0-9]*", text):
            found[group.name] = int(text)
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
        return
    read = cell(text, comma)
    if read.form == "unknown":
        reason = "of no known form; write it as 14 (8.9%), 14/158, 51.42 (11.01), 3.2 ± 1.1 or 1.8 (1.1 to 2.9)"
        table.unread.append((row.name, group.heading, address, text, reason))
    elif read.form != "blank":
        row.entries[group.name] = Entry(row, group, read, address, read.n or n, read.n is not None)


def _beside(table: Table, row: Row, roles: list[str], texts: list[str], comma: bool, at: dict[str, int]) -> None:
    """What stands beside the groups: p, statistics, estimates with their interval, standard errors."""
    grid, loose = table.grid, []
    for place, role in enumerate(roles):
        text, head, address = texts[place].strip(), grid.heads[place], grid.address(row.line, place)
        if not text or cell(text).form == "blank":
            continue
        wrong = ""
        if role == "p":
            p = p_value(text, comma)
            row.p += [(p, head, address)] if p else []
            wrong = "" if p else "no p-value; write it as 0.023, <.001 or ns"
        elif role == "statistic":
            headed = f"{head} = {text}" if "(" in head and re.fullmatch("-?[0-9.,]+", text) else text
            found = statistic(headed, comma, re.sub(r"[- ]?(test|value)$", "", head, flags=re.IGNORECASE))
            inside = re.search(r"\bp\s*([=<>].*)$", text, re.IGNORECASE)
            if found:
                if not found.df and "df" in at and re.fullmatch(r"[0-9.]+([,;] ?[0-9.]+)?", texts[at["df"]].strip()):
                    found = replace(found, df=tuple(map(float, re.split("[,;] ?", texts[at["df"]].strip()))))
                row.statistic = found, head, address
            elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain(text, comma)):
                row.unnamed = text, head, address  # a number: of which test, its row tells
            else:
                row.test = text
            if inside and (p := p_value(inside[1], comma)):
                row.p.append((p, head, address))
        elif role in ("estimate", "interval"):
            read = cell(text, comma)
            if read.form in ("interval", "range", "number", "percent", "pair"):
                loose.append((role, read, head, address))
            else:
                wrong = "no estimate; write it as 1.8 (1.1 to 2.9)"
        elif role == "se":
            row.se, row.se_of = cell(text, comma), loose[-1][3] if loose else ""
        elif role == "rate":
            table.unread.append((row.name, head, address, text, "a rate or time at risk: kept, and not checked"))
        if wrong:
            table.unread.append((row.name, head, address, text, wrong))
    ends = [cell(texts[at[role]], comma) for role in ("low", "high") if role in at]
    if len(ends) == 2 and all(end.form == "number" for end in ends):
        both = Cell(f"{ends[0].text} to {ends[1].text}", "range", ends[0].numbers + ends[1].numbers)
        loose.append(("interval", both, grid.heads[at["low"]], grid.address(row.line, at["low"])))
    row.estimates = _joined(loose)


def _joined(loose: list[tuple[str, Cell, str, str]]) -> list[tuple[Cell, str, str]]:
    """Estimates with the interval of the column after them, where that is a column of its own."""
    found = []
    for role, read, head, address in loose:
        last = found[-1] if found else None
        if role == "interval" and read.form == "range" and last and last[0].form in ("number", "pair"):
            whole = Cell(f"{last[0].text} ({read.text})", "interval", last[0].numbers[:1] + read.numbers)
            found[-1] = whole, f"{last[1]} {head}", last[2]
        else:
            found.append((read, head, address))
    return found


def _turn(row: Row) -> None:
    """Percentages printed before their counts, as the counts with their percentages."""
    pairs = [e for e in row.entries.values() if e.cell.form == "pair" and e.n and e.cell.numbers[1].whole]
    near = [
        e for e in pairs if abs(100 * e.cell.numbers[1].value / e.n - e.cell.numbers[0].value) <= e.cell.numbers[0].half
    ]
    right = [e for e in pairs if abs(100 * e.cell.numbers[0].value / e.n - e.cell.numbers[1].value) <= 1]
    said = row.kind.form in ("", "count percent", "percent")
    if said and 2 * len(near) >= len(row.entries) and len(near) > len(right):
        for entry in pairs:
            entry.cell = replace(entry.cell, form="count percent", numbers=entry.cell.numbers[::-1])
        row.kind = replace(row.kind, form="count percent")


def _settled(row: Row) -> Kind:
    """The kind of a row, from what its cells look like where nothing says it."""
    kind, entries = row.kind, list(row.entries.values())
    forms = {entry.cell.form for entry in entries}
    if "mean sd" in forms or "mean se" in forms:
        return replace(
            kind, form=kind.form if kind.form.startswith("m") else "mean se" if "mean se" in forms else "mean sd"
        )
    if kind.form or not entries:
        return kind
    if forms & {"count percent", "percent"}:
        return replace(kind, form="percent" if forms <= {"percent"} else "count percent")
    if "pair" in forms:
        pairs = [entry for entry in entries if entry.cell.form == "pair"]
        counts = [
            e.cell.numbers[0].decimals == 0
            and e.cell.numbers[0].value <= (e.n or 1e9)
            and e.cell.numbers[1].value <= 100
            for e in pairs
        ]
        near = [abs(100 * e.cell.numbers[0].value / e.n - e.cell.numbers[1].value) < 5 for e in pairs if e.n]
        if row.level or (all(counts) and any(near)):
            return replace(kind, form="count percent" if all(counts) or row.level else "mean sd")
        return replace(
            kind, form="mean sd" if not all(counts) or any(e.cell.numbers[0].decimals for e in pairs) else ""
        )
    if forms <= {"number"}:
        whole = all(e.cell.numbers[0].decimals == 0 for e in entries)
        return replace(kind, form="count" if row.level and whole else "mean sd" if kind.whole or kind.scale else "")
    return kind

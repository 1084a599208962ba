"""A table as printed: which column holds what, how many cases each group has, what each row's cells mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property

from keepsafe.audit.cells import Cell, P, Statistic, cell, has_decimal_commas, p_value, plain, statistic
from keepsafe.audit.grid import Grid, letters
from keepsafe.problems import InputError, Problem, shortened

SIZED = re.compile(r"[(\[,;:]?\s*\b[nN]\s*[=:]\s*([^)\];]*?)\s*[)\]]?\s*$")
BARE_SIZE = re.compile(r"\s*\(\s*([0-9][0-9, ]*)\s*\)\s*$")
ROLES = [
    ("variable", r"variables?|characteristics?|row|outcomes?|measures?|items?|name|parameter"),
    ("level", r"levels?|category|categories|values?|subgroup"),
    ("kind", r"kind|type|form|statistic shown|what"),
    ("p", r"p|p[- ]?values?|sig\.?|significance|p\b[ ,(].*|p[- ]?value\b.*"),
    ("df", r"df|d\.f\.|degrees of freedom"),
    ("statistic", r"tests?|statistics?|test statistic|[tfz]|chi(2|\^2|-squared?)|[χx][2²]|[tf][- ]?(test|value)"),
    ("low", r"(lower|low)( (limit|bound|ci))?|(95%? ?ci )?lower|ll|lcl"),
    ("high", r"(upper|high)( (limit|bound|ci))?|(95%? ?ci )?upper|ul|ucl"),
    ("interval", r"[0-9.]*\s*%?\s*(ci|confidence interval|interval)( \(?[0-9.]+ ?%\)?)?"),
    ("estimate", r".*\b(a?or|odds ratio|a?rr|risk ratio|relative risk|rate ratio|a?hr|hazard ratio|prevalence ratio"
                 r"|difference|diff|md|smd|rd|estimate|effect|coefficient|coef|beta|β|ci|confidence interval)\b.*"),
    ("se", r"se|s\.e\.|standard error"),
    ("total n", r"n|number|total n"),
    ("ignored", r"notes?|comments?|source|units?|remarks?|footnotes?"),
]  # fmt: skip
WHOLES = re.compile(
    r"(?:^|[\s_])(total|totals|overall|all|everyone|everybody|whole|combined|pooled|entire|together)(?:$|[\s_])",
    re.IGNORECASE,
)
SIZE_ROW = re.compile(
    r"n|no\.?|number|sample( size)?|total n|n \(total\)|number of (patients|participants|cases|subjects|"
    r"persons|people|respondents)|participants|patients|subjects",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Group:
    """A column of figures: its name, heading as typed, place, and number of cases where one is printed."""

    name: str
    heading: str
    place: int
    n: int | None = None

    @property
    def whole(self) -> bool:
        return bool(WHOLES.search(self.name))


@dataclass(frozen=True)
class Kind:
    """What a row's cells hold: `form` (count percent, count, percent, mean sd, mean se, median, interval or '')."""

    form: str = ""
    whole: bool = False
    binary: bool = False
    items: int = 1
    scale: tuple[float, float] | None = None
    several: bool = False


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
    alone: bool = True

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

    @cached_property
    def places(self) -> dict[Row, int]:
        """Where each row is among the rows."""
        return {row: place for place, row in enumerate(self.rows)}

    def group(self, name: str) -> Group:
        return next(group for group in self.groups if group.name == name)


def table_of(grid: Grid, whole: Sequence[str] = (), items: Mapping[str, int] | None = None,
             scale: Mapping[str, tuple[float, float]] | None = None,
             total: Mapping[str, Sequence[str]] | None = None) -> Table:  # fmt: skip
    """Read a grid as a table of groups. Arguments as for `keepsafe.audit_table`."""
    roles = _roles(grid)
    comma = has_decimal_commas([text for row in grid.rows for text in row])
    groups, problems = _groups(grid, [i for i, role in enumerate(roles) if role == "group"])
    if problems:
        raise InputError(problems)
    table = Table(grid, groups, [], [])
    _fill(table, roles, comma)
    _options(table, whole, items or {}, scale or {}, total or {})
    return table


def _roles(grid: Grid) -> list[str]:
    """What each column holds, by its heading; the first is the variable where no heading says which is."""
    roles = []
    for place, head in enumerate(grid.heads):
        said = re.sub(r"[*†‡§]", "", head).strip()
        sized = SIZED.search(said) or BARE_SIZE.search(said)
        role = next(
            (role for role, pattern in ROLES if not sized and re.fullmatch(pattern, said, re.IGNORECASE)), "group"
        )
        if not head:
            role = "variable" if place == 0 else "ignored"
        roles.append("group" if role in ("variable", "level", "kind") and role in roles else role)
    if "variable" not in roles:
        first = next((i for i, role in enumerate(roles) if role == "group"), None)
        if first is None:
            raise InputError.of("no column names the rows", file=grid.file, line=grid.lines[0] - 1,
                                remedy="call the first column 'variable'")  # fmt: skip
        roles[first] = "variable"
    return roles


def _groups(grid: Grid, places: list[int]) -> tuple[list[Group], list[Problem]]:
    groups, problems = [], []
    for place in places:
        head = re.sub(r"[*†‡§]", "", grid.heads[place]).strip()
        name, n = head, None
        sized = SIZED.search(head) or BARE_SIZE.search(head)
        if sized:
            digits = re.sub(r"[,\s']", "", sized[1])
            if not re.fullmatch(r"[0-9]+", digits) or int(digits) == 0:
                problems.append(Problem(f"{shortened(sized[1])!r} is no number of cases", grid.file, grid.lines[0] - 1,
                                        letters(place), "write the heading as in 'placebo (n=154)'"))  # fmt: skip
                continue
            name, n = head[: sized.start()].strip(" ,;:([") or head, int(digits)
        groups.append(Group(name, grid.heads[place], place, n))
    return groups, problems


def _fill(table: Table, roles: list[str], comma: bool) -> None:
    """Read the rows from top to bottom; a row n holds for the rows below it."""
    grid = table.grid
    at = {
        role: roles.index(role)
        for role in ("variable", "level", "kind", "total n", "df", "low", "high")
        if role in roles
    }
    sizes = {group.name: group.n for group in table.groups}
    variable, heading = "", None
    for number, texts in enumerate(grid.rows):
        said, level, kind = (texts[at[role]].strip() if role in at else "" for role in ("variable", "level", "kind"))
        filled = any(
            texts[i].strip() for i, role in enumerate(roles) if role not in ("variable", "level", "kind", "ignored")
        )
        if not filled:
            if said and not level:
                variable, heading = said, said if _kind(said).form else None
            continue
        if SIZE_ROW.fullmatch(said) and not level and not re.search("mean|median|%", kind):
            sizes |= _sizes(table, number, texts, comma)
            continue
        if not said and level:
            said = variable
        elif heading and not level and "level" not in at:
            said, level = heading, said
        else:
            heading = None
        variable = said or variable
        name, kind = _named(variable, kind or (heading or ""))
        row = Row(name, level, kind, number)
        _beside(table, row, roles, texts, comma, at)
        for group in table.groups:
            _entry(table, row, group, texts[group.place], sizes[group.name], comma)
        table.rows.append(row)
    table.groups[:] = [replace(group, n=sizes[group.name]) for group in table.groups]
    levels = {}
    for row in table.rows:
        levels.setdefault(row.variable, set()).add(row.level)
    for row in table.rows:
        row.alone = row.level == "" or (len(levels[row.variable]) == 1 and row.level.lower() in ("1", "yes"))
        row.kind = _settled(row)
        for entry in row.entries.values():
            entry.group = table.group(entry.group.name)


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
                    letters(group.place),
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
            found = statistic(text, comma, re.sub(r"[- ]?(test|value)$", "", head, flags=re.IGNORECASE))
            inside = re.search(r"\bp\s*([=<>].*)$", text, re.IGNORECASE)
            if found:
                if not found.df and "df" in at and re.fullmatch(r"[0-9.]+([,;] ?[0-9.]+)?", texts[at["df"]].strip()):
                    found = replace(found, df=tuple(map(float, re.split("[,;] ?", texts[at["df"]].strip()))))
                row.statistic = found, head, address
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
            row.se = cell(text, comma)
        elif role == "total n" and re.fullmatch("[0-9]+", plain(text)):
            row.test = row.test or ""
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


def _named(variable: str, kind: str) -> tuple[str, Kind]:
    """The variable's name without what it says of its cells, and the kind that it or the kind column says."""
    tail = re.search(
        r"[,;(\[]?\s*\(?\b(n \(%\)|no\.? \(%\)|%|mean [(±+].*|mean|median.*)\]?\)?\s*$", variable, re.IGNORECASE
    )
    said = _kind(kind or (tail[0] if tail else ""))
    return (variable[: tail.start()].strip(" ,;-–") or variable if tail and not kind else variable), said


def _kind(text: str) -> Kind:
    """What a kind says, in the words of a table's stub.

    >>> _kind("mean (SD), whole").whole, _kind("n (%)").form, _kind("mean (SD), 1-7, 3 items").scale
    (True, 'count percent', (1.0, 7.0))
    """
    said = text.lower().replace("standard deviation", "sd").replace("standard error", "se")
    form = ""
    if re.search(r"\bmedian|\biqr\b|quartile|geometric", said):
        form = "median"
    elif re.search(r"\bmean\b|\bm\b ?\(|\bsd\b|\baverage\b", said):
        form = (
            "mean se"
            if re.search(r"\bsem?\b", said)
            else "mean ci"
            if re.search(r"\bci\b|interval", said)
            else "mean sd"
        )
    elif re.search(r"\b(or|rr|hr|ratio|estimate|difference|interval|ci)\b", said):
        form = "interval"
    elif re.search(r"%|per ?cent", said):
        form = "count percent" if re.search(r"\b(n|no|number|count)\b", said) else "percent"
    elif re.search(r"\b(n|no|number|counts?)\b", said):
        form = "count"
    items = re.search(r"([0-9]+) items?|items? ?= ?([0-9]+)", said)
    scale = re.search(
        r"(-?[0-9]+(?:\.[0-9]+)?)\s*(?:\.\.|–|-|\bto\b)\s*(-?[0-9]+(?:\.[0-9]+)?)", re.sub(r"95%.*", "", said)
    )
    binary = bool(re.search(r"\b0/1\b|\bbinary\b|dichotom|yes/no", said))
    return Kind(form, "whole" in said or "integer" in said or binary, binary, int(items[1] or items[2]) if items else 1,
                (0.0, 1.0) if binary else (float(scale[1]), float(scale[2])) if scale else None,
                bool(re.search("several|multiple|more than one", said)))  # fmt: skip


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


def _options(table: Table, whole, items, scale, total) -> None:
    """What the caller says of variables and groups; a name that is in the table nowhere is refused."""
    variables = list(dict.fromkeys(row.variable for row in table.rows))
    names = {group.name.casefold(): group.name for group in table.groups}
    names |= {group.heading.casefold(): group.name for group in table.groups}
    problems = []

    def known(name: str, among: list[str], what: str) -> bool:
        if name in among:
            return True
        near = get_close_matches(name, among, 1)
        problems.append(
            Problem(
                f"the table has no {what} {shortened(name)!r}",
                table.grid.file,
                remedy=f"did you mean {near[0]}?" if near else f"it has {', '.join(among[:12])}",
            )
        )
        return False

    for name, many in items.items():
        if known(name, variables, "variable"):
            _change(table, name, items=int(many), whole=True)
    for name, ends in scale.items():
        if known(name, variables, "variable"):
            _change(table, name, scale=tuple(map(float, ends)))
    for name in whole:
        group = names.get(name.casefold())
        if group:
            table.wholes.add(group)
        elif known(name, variables, "column or variable"):
            _change(table, name, whole=True)
    for name, parts in total.items():
        rows = name in variables
        among = variables if rows else [group.name for group in table.groups]
        if all([known(each if rows else names.get(each.casefold(), each), among, "variable" if rows else "column")
                for each in (name, *parts)]):  # fmt: skip
            found = tuple(each if rows else names[each.casefold()] for each in (name, *parts))
            (table.row_sums if rows else table.sums).append((found[0], found[1:]))
    if problems:
        raise InputError(problems)


def _change(table: Table, variable: str, **said) -> None:
    for row in table.rows:
        if row.variable == variable:
            row.kind = replace(row.kind, **said)
            if not row.kind.form:
                row.kind = replace(row.kind, form="mean sd")

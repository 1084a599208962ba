"""A table's cells as typed, with their spreadsheet addresses, and what its headings and stubs say.

Longer than 300 lines: it is every way in which a table may be typed, from file to heading.
"""

import csv
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from itertools import islice
from pathlib import Path

import pandas as pd

from keepsafe import reading
from keepsafe.audit.cells import cell
from keepsafe.problems import InputError, Problem, shortened
from keepsafe.reading.table import as_text

ENOUGH = 100_000  # cells
PART = re.compile(r"(.*\S[\s_,:(-]+)?(n|no|%|percent|mean|m|sd|s\.d\.|se)\.?\)?", re.IGNORECASE)


@dataclass(frozen=True)
class Grid:
    """Texts of a table: its heading row, the rows below, and the number of each row in a spreadsheet."""

    file: str
    heads: list[str]
    rows: list[list[str]]
    lines: list[int]
    dates: frozenset[tuple[int, int]] = frozenset()
    first: int = 1  # the number of the heading row
    places: tuple[int, ...] = ()  # of each column in the spreadsheet, where some were joined

    def column(self, place: int) -> str:
        """The letters of a column."""
        return letters(self.places[place] if self.places else place)

    def address(self, row: int, column: int) -> str:
        """The spreadsheet address of a cell; row -1 is the heading."""
        return f"{self.column(column)}{self.lines[row] if row >= 0 else self.first}"


def letters(column: int) -> str:
    """The letters of a spreadsheet's column, counted from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    found, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def read_grid(path: str | Path) -> Grid:
    """Read a table as typed, from CSV (or text with ; tab or | between the cells) or the first sheet of an .xlsx."""
    path = Path(path)
    file = reading.read(path, cases=False).file  # refuses, in words, what is no table
    with path.open("rb") as opened:
        workbook = opened.read(4) == b"PK\x03\x04"
    raw, dates, merged = _of_workbook(path) if workbook else (_of_text(path), frozenset(), [])
    numbered = [(line, row) for line, row in enumerate(raw, 1) if any(text.strip() for text in row)]
    while len(numbered) > 2 and sum(map(bool, map(str.strip, numbered[0][1]))) == 1:
        del numbered[0]  # a title above the headings
    (first, heads), rows = numbered[0], numbered[1:]
    heads = [" ".join(text.split()) for text in heads]
    while heads and not heads[-1]:
        heads.pop()
    reaches = [reach for line, reach in merged if line == first]
    if rows and _two_rows(heads, rows[0][1]):
        heads = _one_row(heads, rows[0][1], reaches)
        del rows[0]
        merged = []
    problems = [
        Problem(
            f"the headings {reach} are merged",
            file,
            first,
            remedy="give each column a heading of its own, and type what belongs together in one cell: 14 (8.9)",
        )
        for line, reach in merged
        if line == first
    ]
    problems += _faults(file, first, heads, rows) if not problems else []
    if problems:
        raise InputError(problems)
    if len(heads) * len(rows) > ENOUGH:
        raise InputError.of(
            f"has {len(rows):,} rows of {len(heads)} cells",
            file=file,
            remedy="is it a table as printed? Case files are checked by keepsafe check",
        )
    width = len(heads)
    cells = [(row + [""] * width)[:width] for _, row in rows]
    return _joined(Grid(file, heads, cells, [line for line, _ in rows], dates, first))


def _two_rows(heads: list[str], below: list[str]) -> bool:
    """Whether the row below the headings has headings too: texts, some beneath a heading that reaches over them."""
    said = [text.strip() for text in below]
    plain = all(cell(re.sub(r"[(\[].*", "", text)).form in ("unknown", "blank") for text in said)
    return (
        plain
        and sum(map(bool, said)) > 1
        and any(text and (place >= len(heads) or not heads[place]) for place, text in enumerate(said) if place)
    )


def _one_row(heads: list[str], below: list[str], reaches: list[str]) -> list[str]:
    """Two rows of headings as one; a heading reaches over the blanks beside it, or as far as its cells are merged."""
    made, carry, width = [], "", max(len(heads), len(below))
    from openpyxl.utils import range_boundaries

    over = {place for left, _, right, _ in map(range_boundaries, reaches) for place in range(left - 1, right)}
    for place in range(width):
        own, text = (row[place].strip() if place < len(row) else "" for row in (heads, below))
        carry = own or (carry if place in over or not over else "")
        test = any(re.fullmatch(pattern, text, re.IGNORECASE) for role, pattern in ROLES if role in ALONE)
        made.append(text if test and not own and not over else _under(carry if text else own, text))
    return [" ".join(text.split()) for text in made]


def _under(heading: str, text: str) -> str:
    """A heading with the one beneath it, the number of cases last; a test with the comparison that it is of."""
    if any(re.fullmatch(pattern, text, re.IGNORECASE) for role, pattern in ROLES if role in ALONE):
        return f"{text} ({heading})" if re.search(r"\b(vs?|versus|against)\b", heading) else text
    size = SIZED.search(heading) or BARE_SIZE.search(heading)
    name = heading[: size.start()] if size else heading
    return f"{name} {text} {size[0].strip() if size else ''}".strip()


def of_frame(frame: pd.DataFrame) -> Grid:
    """A data frame as a table typed from A1; an index with names becomes its first columns."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError.of(f"{type(frame).__name__} is no data frame", remedy="pass a pandas DataFrame")
    if frame.index.names != [None] or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names = [name if isinstance(name, tuple) else (name,) for name in frame.columns]
    heads = [" ".join(reduce(_under, map(str, name)).split()) for name in names]
    rows = [
        [value if isinstance(value, str) else as_text(value) for value in row]
        for row in frame.itertuples(index=False, name=None)
    ]
    kept = [(line, row) for line, row in enumerate(rows, 2) if any(text.strip() for text in row)]
    problems = _faults("the data frame", 1, heads, kept)
    if not kept:
        problems = [Problem("the data frame has no rows")]
    if problems:
        raise InputError(problems)
    return _joined(Grid("the data frame", heads, [row for _, row in kept], [line for line, _ in kept]))


def _joined(grid: Grid) -> Grid:
    """Columns of one group that stand apart ('drug mean', 'drug SD', 'drug n') as the one that they make."""
    parts: dict[str, dict[str, int]] = {}
    sizes: dict[str, str] = {}
    for place, head in enumerate(grid.heads):
        size = SIZED.search(head)
        found = PART.fullmatch(head[: size.start()].strip() if size else head)
        if found:
            sizes[(found[1] or "").strip(" ,:(_-")] = size[0].strip() if size else ""
            name = {"m": "mean", "no": "n", "percent": "%", "s.d.": "sd"}.get(found[2].lower(), found[2].lower())
            parts.setdefault((found[1] or "").strip(" ,:(_-") or "figures", {}).setdefault(name, place)
    parts = {
        base: at
        for base, at in parts.items()
        if {"mean", "sd"} <= set(at) or {"mean", "se"} <= set(at) or {"n", "%"} <= set(at)
    }
    if not parts:
        return grid
    first = {min(at.values()): (base, at) for base, at in parts.items()}
    gone = {place for at in parts.values() for place in at.values()} - set(first)
    kept = [place for place in range(len(grid.heads)) if place not in gone]
    named_ = {base: f"{base} {sizes.get(base, '')}".strip() for base in parts}
    heads = [named_[first[place][0]] if place in first else grid.heads[place] for place in kept]
    rows = [[_one(row, first[place][1]) if place in first else row[place] for place in kept] for row in grid.rows]
    return replace(grid, heads=heads, rows=rows, places=tuple(kept))


def _one(row: list[str], at: dict[str, int]) -> str:
    """A cell of the texts that stand apart."""
    said = {name: row[place].strip() for name, place in at.items()}
    n, percent = said.get("n", ""), said.get("%", "").rstrip("% ")
    if said.get("mean"):
        spread = f" ({said['sd']})" if said.get("sd") else f" (SE {said['se']})" if said.get("se") else ""
        return f"{said['mean']}{spread}" + (f" [{n}]" if n else "")
    return f"{n} ({percent}%)" if n and percent else n or (f"{percent}%" if percent else "")


def _faults(file: str, first: int, heads: list[str], rows: list[tuple[int, list[str]]]) -> list[Problem]:
    problems = []
    for line, row in rows:
        entries = max((i for i, text in enumerate(row, 1) if text.strip()), default=0)
        if entries > len(heads):
            problems.append(
                Problem(
                    f"has {entries} cells where the heading has {len(heads)}",
                    file,
                    line,
                    remedy="quote cells that hold a comma, and give every column a heading",
                )
            )
    seen: dict[str, int] = {}
    for column, head in enumerate(heads):
        if not head and column and any(row[column].strip() for _, row in rows if len(row) > column):
            problems.append(
                Problem(
                    f"column {letters(column)} has no heading of its own",
                    file,
                    first,
                    letters(column),
                    "were two headings merged? Give each column one, and type what belongs together in "
                    "one cell: 14 (8.9)",
                )
            )
        elif head and head.casefold() in seen:
            other = letters(seen[head.casefold()])
            problems.append(
                Problem(
                    f"columns {other} and {letters(column)} have one name, {shortened(head)!r}",
                    file,
                    first,
                    letters(column),
                    "give each a name of its own",
                )
            )
        seen.setdefault(head.casefold(), column)
    return problems


def _of_text(path: Path) -> list[list[str]]:
    from keepsafe.reading.delimited import delimiter_of, encoding_of

    with path.open(encoding=encoding_of(path), newline="") as text:
        sample = text.read(1 << 16)
        text.seek(0)
        return list(csv.reader(text, delimiter=delimiter_of(sample, ("variable", "level", "kind", "p"))))


def _of_workbook(path: Path) -> tuple[list[list[str]], frozenset, list[tuple[int, str]]]:
    """Texts as the sheet shows them, cells that it holds as dates, and what is merged (first row, reach)."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings(action="ignore"):
        sheet = load_workbook(path, data_only=True, keep_links=False).worksheets[0]
    rows, dates = [], set()
    for number, row in enumerate(islice(sheet.iter_rows(), ENOUGH)):
        rows.append([_shown(each) for each in row])
        steps = int(getattr(row[0].alignment, "indent", 0) or 0) if row else 0
        rows[-1][:1] = ["  " * steps + text for text in rows[-1][:1]]
        dates |= {(number + 1, place) for place, each in enumerate(row) if isinstance(each.value, date)}
    merged = [(reach.min_row, reach.coord) for reach in sheet.merged_cells.ranges if reach.min_col != reach.max_col]
    return rows, frozenset(dates), merged


def _shown(each) -> str:
    """A cell's text with the decimals that its number format shows: 3.20 is stored as 3.2."""
    value, shape = each.value, (each.number_format or "").split(";")[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return as_text(value) if not isinstance(value, str) else value
    percent = shape.rstrip().endswith("%")
    decimals = len(shape.partition(".")[2].rstrip("% ").replace("#", "0")) if "." in shape else 0
    if percent:
        return f"{100 * value:.{decimals}f}%"
    if set(shape) <= set("0#,."):
        return f"{value:.{decimals}f}"
    return as_text(value)


SIZED = re.compile(r"[(\[,;:]?\s*\b[nN]\s*[=:]\s*([^)\];]*?)\s*[)\]]?\s*$")
BARE_SIZE = re.compile(r"\s*\(\s*([0-9][0-9, ]*)\s*\)\s*$")
ROLES = [
    ("variable", r"variables?|characteristics?|row|outcomes?|measures?|items?|name|parameter"),
    ("level", r"levels?|category|categories|values?|subgroup"),
    ("kind", r"kind|type|form|statistic shown|what"),
    (
        "p",
        r"((un)?adj(usted|\.)?|crude|overall|two-sided) p\b.*"
        r"|p|p[- ]?values?|sig\.?|significance|p\b[ ,(].*|p[- ]?value\b.*",
    ),
    ("df", r"df|d\.f\.|degrees of freedom"),
    (
        "statistic",
        r"tests?|statistics?|test statistic|[tfz]|chi(2|\^2|-squared?)|[χx][2²]|[tf][- ]?(test|value)"
        r"|([tfz]|chi\^?2|[χx][2²]) ?\([0-9., ]+\)|([tfz]|chi\^?2|[χx][2²])( ?(/|,|or) ?([tfz]|chi\^?2|[χx][2²]))+",
    ),
    ("low", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(lower|low|ll|lcl)( (limit|bound|ci|95%? ci))*"),
    ("high", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(upper|high|ul|ucl)( (limit|bound|ci|95%? ci))*"),
    ("interval", r"[0-9.]*\s*%?\s*(ci|confidence interval|interval)( \(?[0-9.]+ ?%\)?)?"),
    (
        "estimate",
        r".*\b(a?or|odds ratio|a?rr|risk ratio|relative risk|rate ratio|a?hr|hazard ratio|prevalence ratio"
        r"|difference|diff|md|smd|rd|estimate|effect|coefficient|coef|beta|β|ci|confidence interval)\b.*",
    ),
    (
        "estimate",
        r"cohen.{0,2}s? ?d|hedges.{0,2} ?g|effect size.*|standardi[sz]ed .*|(partial )?(η|eta).*|cram[eé]r.*|smd",
    ),
    ("rate", r"(.*\b(incidence|rates?|person.?(years?|months?|days?))\b.*|.*\bper 10+,?0*\b.*)"),
    ("se", r"se|s\.e\.|standard error"),
    ("total n", r"n|number|total n"),
    ("ignored", r"notes?|comments?|source|units?|remarks?|footnotes?"),
]
MARKS = re.compile(r"[*†‡§¶‖#ᵃ-ᶻ⁰⁴-⁹¹]")  # of footnotes; ² and ³ where they are of no symbol
LAST_MARK = re.compile(r"(?<=[0-9A-Za-wyz)])[²³](?=$|[ ,)])")
ALONE = ("p", "statistic", "df", "level", "kind", "variable")  # headings of no group, whatever stands above them
WHOLES = re.compile(
    r"(?:^|[\s_])(total|totals|overall|all|everyone|everybody|whole|combined|pooled|entire|together)(?:$|[\s_])",
    re.IGNORECASE,
)
SIZE_ROW = re.compile(
    r"n|no\.?|number|sample( size)?(,? \(?n\)?)?|total n|n \(total\)|((number|no\.?|n) of )?(patients|"
    r"participants|cases|subjects|persons|people|respondents|women|men|children|individuals)(?<!^cases)(?<!^women)(?<!^men)(?<!^children)"
    r"(,? \(?(n|no\.)\)?)?",
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


def counts_cases(name: str, cells: list[str], number: int, sized: bool) -> bool:
    """Whether a row holds numbers of cases, by its name; 'No' may be a level, and so may 'N' where cases are known."""
    shares = any(re.search(r"[(\[]\s*[0-9.]+\s*%?\s*[)\]]", text) for text in cells)
    return bool(SIZE_ROW.fullmatch(name)) and not (name.lower() == "no" and number) and not (sized and shares)


def roles_of(grid: Grid) -> list[str]:
    """What each column holds, by its heading; the first is the variable where no heading says which is."""
    roles = []
    named_n = (
        row
        for k, row in enumerate(grid.rows)
        if counts_cases(row[0].strip(), row[1:], k, any(SIZED.search(head) for head in grid.heads))
    )
    sizes = next(named_n, [""] * len(grid.heads))
    for place, head in enumerate(grid.heads):
        said = LAST_MARK.sub("", MARKS.sub("", head)).strip()
        plain = re.sub(r"[_.]+", " ", said) if not re.search(r"[0-9]\.[0-9]", said) else said
        role = next((role for role, pattern in ROLES if re.fullmatch(pattern, plain, re.IGNORECASE)), "group")
        if SIZED.search(said) or (BARE_SIZE.search(said) and role != "statistic"):
            role = "group"
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
    groups, problems = [], []
    for place in places:
        head = LAST_MARK.sub("", MARKS.sub("", grid.heads[place])).strip()
        name, n = head, None
        sized = SIZED.search(head) or BARE_SIZE.search(head)
        if sized:
            digits = re.sub(r"[,\s']", "", sized[1])
            if not re.fullmatch(r"[0-9]+", digits) or int(digits) == 0:
                problems.append(
                    Problem(
                        f"{shortened(sized[1])!r} is no number of cases",
                        grid.file,
                        grid.first,
                        grid.column(place),
                        "write the heading as in 'placebo (n=154)'",
                    )
                )
                continue
            name, n = head[: sized.start()].strip(" ,;:([") or head, int(digits)
        groups.append(Group(name, grid.heads[place], place, n))
    names = [group.name for group in groups]
    return [replace(g, name=g.heading) if names.count(g.name) > 1 else g for g in groups], problems


def named(variable: str, kind: str) -> tuple[str, Kind]:
    """The variable's name without what it says of its cells, and the kind that it or the kind column says."""
    variable = re.sub(r"\s*[*†‡§¶‖#]+$", "", variable)
    tail = re.search(
        r"[,;(\[]?\s*\(?\b(n \(%\)|no\.? \(%\)|% ?\(n(o\.?)?\)|%|mean [(±+].*|mean|median.*)\]?\)?\s*$",
        variable,
        re.IGNORECASE,
    )
    said = kind_of(kind or (tail[0] if tail else ""))
    return (variable[: tail.start()].strip(" ,;:-–—") or variable if tail and not kind else variable), said


def kind_of(text: str) -> Kind:
    """What a kind says, in the words of a table's stub.

    >>> kind_of("mean (SD), whole").whole, kind_of("n (%)").form, kind_of("mean (SD), 1-7, 3 items").scale
    (True, 'count percent', (1.0, 7.0))
    """
    said = text.lower().replace("standard deviation", "sd").replace("standard error", "se")
    turned = re.search(r"% ?[(\[,;] ?(n|no)\b", said)
    form = ""
    if turned:
        form = "count percent"
    elif re.search(r"\bmedian|\biqr\b|quartile|geometric", said):
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
    return Kind(
        form,
        "whole" in said or "integer" in said or binary,
        binary,
        int(items[1] or items[2]) if items else 1,
        (0.0, 1.0) if binary else (float(scale[1]), float(scale[2])) if scale else None,
        bool(re.search("several|multiple|more than one", said)),
    )

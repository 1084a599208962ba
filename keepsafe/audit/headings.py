"""What headings and stubs say: which column holds what, how many cases, what kind of cells a row has."""

import re
from dataclasses import dataclass, replace

from keepsafe.audit.grid import Grid
from keepsafe.problems import InputError, Problem, shortened

SIZED = re.compile(r"[(\[,;:]?\s*\b[nN]\s*[=:]\s*([^)\];]*?)\s*[)\]]?\s*$")
BARE_SIZE = re.compile(r"\s*\(\s*([0-9][0-9, ]*)\s*\)\s*$")
ROLES = [
    ("variable", r"variables?|characteristics?|row|outcomes?|measures?|items?|name|parameter"),
    ("level", r"levels?|category|categories|values?|subgroup"),
    ("kind", r"kind|type|form|statistic shown|what"),
    ("p", r"p|p[- ]?values?|sig\.?|significance|p\b[ ,(].*|p[- ]?value\b.*"),
    ("df", r"df|d\.f\.|degrees of freedom"),
    ("statistic", r"tests?|statistics?|test statistic|[tfz]|chi(2|\^2|-squared?)|[χx][2²]|[tf][- ]?(test|value)"
                  r"|([tfz]|chi\^?2|[χx][2²]) ?\([0-9., ]+\)"),
    ("low", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(lower|low|ll|lcl)( (limit|bound|ci|95%? ci))*"),
    ("high", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(upper|high|ul|ucl)( (limit|bound|ci|95%? ci))*"),
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


def roles_of(grid: Grid) -> list[str]:
    """What each column holds, by its heading; the first is the variable where no heading says which is."""
    roles = []
    sizes = next((row for row in grid.rows if SIZE_ROW.fullmatch(row[0].strip())), [""] * len(grid.heads))
    for place, head in enumerate(grid.heads):
        said = re.sub(r"[*†‡§]", "", head).strip()
        plain = re.sub(r"[_.]+", " ", said) if not re.search(r"[0-9]\.[0-9]", said) else said
        role = next((role for role, pattern in ROLES if re.fullmatch(pattern, plain, re.IGNORECASE)), "group")
        if SIZED.search(said) or (BARE_SIZE.search(said) and role != "statistic"):
            role = "group"
        if role not in ("variable", "level", "kind", "ignored") and re.fullmatch("[1-9][0-9]*", sizes[place].strip()):
            role = "group"  # F may be of females
        if not head:
            role = "variable" if place == 0 else "ignored"
        roles.append("group" if role in ("variable", "level", "kind") and role in roles else role)
    if "variable" not in roles:
        first = next((i for i, role in enumerate(roles) if role == "group"), None)
        if first is None:
            raise InputError.of("no column names the rows", file=grid.file, line=grid.first,
                                remedy="call the first column 'variable'")  # fmt: skip
        roles[first] = "variable"
    if {"se", "interval"} & set(roles):  # b may be a group, or a coefficient
        named_b = [head.lower() in ("b", "est") for head in grid.heads]
        roles = ["estimate" if b else role for role, b in zip(roles, named_b, strict=True)]
    return roles


def groups_of(grid: Grid, places: list[int]) -> tuple[list[Group], list[Problem]]:
    groups, problems = [], []
    for place in places:
        head = re.sub(r"[*†‡§]", "", grid.heads[place]).strip()
        name, n = head, None
        sized = SIZED.search(head) or BARE_SIZE.search(head)
        if sized:
            digits = re.sub(r"[,\s']", "", sized[1])
            if not re.fullmatch(r"[0-9]+", digits) or int(digits) == 0:
                problems.append(Problem(f"{shortened(sized[1])!r} is no number of cases", grid.file, grid.first,
                                        grid.column(place), "write the heading as in 'placebo (n=154)'"))  # fmt: skip
                continue
            name, n = head[: sized.start()].strip(" ,;:([") or head, int(digits)
        groups.append(Group(name, grid.heads[place], place, n))
    names = [group.name for group in groups]
    return [replace(g, name=g.heading) if names.count(g.name) > 1 else g for g in groups], problems


def named(variable: str, kind: str) -> tuple[str, Kind]:
    """The variable's name without what it says of its cells, and the kind that it or the kind column says."""
    tail = re.search(
        r"[,;(\[]?\s*\(?\b(n \(%\)|no\.? \(%\)|%|mean [(±+].*|mean|median.*)\]?\)?\s*$", variable, re.IGNORECASE
    )
    said = kind_of(kind or (tail[0] if tail else ""))
    return (variable[: tail.start()].strip(" ,;-–") or variable if tail and not kind else variable), said


def kind_of(text: str) -> Kind:
    """What a kind says, in the words of a table's stub.

    >>> kind_of("mean (SD), whole").whole, kind_of("n (%)").form, kind_of("mean (SD), 1-7, 3 items").scale
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

"""What a check says: a row of what was expected and printed, the verdict and a sentence; and the page of them all."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import pandas as pd

from keepsafe import __version__
from keepsafe.audit.rows import Entry, Table

HOLDS, UNDER, CANNOT = "holds", "holds only under", "cannot hold"
HINT, UNCHECKED = "hint", "not checked"
SEVERITY = (CANNOT, UNDER, HINT, UNCHECKED, HOLDS)
#: Of several: how many ...
SAID = {CANNOT: "cannot hold", UNDER: "hold only under a condition", HOLDS: "hold", HINT: "hints", UNCHECKED: UNCHECKED}

#: Columns of the checks of a table, all text; `item` is the check of INSPECT-SR that a row bears on.
OF_TABLE = ["check", "row", "column", "cell", "printed", "expected", "verdict", "under", "explanation", "item"]

#: Checks of INSPECT-SR (Wilkinson and others 2025), fourth domain.
ITEMS = {"4.6": "numbers of participants", "4.8": "means and variances of whole numbers", "4.9": "statistical results"}
BEARS_ON = dict.fromkeys(("sum", "levels", "number of cases", "count", "percentage", "groups"), "4.6")
BEARS_ON |= dict.fromkeys(("whole-number mean", "whole-number SD", "0/1 SD"), "4.8")
BEARS_ON |= {f"{what} within the {of}": "4.8" for what in ("mean", "SD") for of in ("scale", "range")}

COLUMNS = [
    *("document", "check", "variable", "phase", "statistic", "figures"),
    *("expected", "printed", "verdict", "under", "explanation"),
]


def _verdict(found: str | bool, under: str) -> str:
    """What does not hold may under a condition."""
    return found if isinstance(found, str) else HOLDS if found else UNDER if under else CANNOT


def check(
    kind: str, of: Any, statistic: str, figures: Iterable[str], *said: str, verdict: str | bool, under: str = ""
) -> tuple:
    """One row of `checks`; `of` is a figure, or (document, variable, phase); `said` expected, printed, explanation."""
    document, *place = of if type(of) is tuple else (of.document, of.column, of.phase)
    expected, printed, explanation = said
    ids = " ".join(dict.fromkeys(figures))
    return document, kind, *place, statistic, ids, expected, printed, _verdict(verdict, under), under, explanation


def checks(rows: list[tuple] | pd.DataFrame) -> pd.DataFrame:
    """Rows of checks in their form; what a row does not say is blank."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=COLUMNS)
    return frame.reindex(columns=COLUMNS, fill_value="").astype(str)


def joined(texts: pd.Series, by: pd.Series, sep: str = " ") -> pd.Series:
    """Texts of each value of `by`, joined, in order of appearance."""
    found: dict = {}
    for text, key in zip(texts.tolist(), by.tolist(), strict=True):
        found.setdefault(key, []).append(text)
    return pd.Series([sep.join(parts) for parts in found.values()], index=list(found), dtype=object)


def words(*names: str) -> str:
    """Names of the tables as they are read; level 1 (yes) and blanks say nothing.

    >>> words("low_risk"), words("1", "non_cse")
    ('low risk', 'non cse')
    """
    return ", ".join(str(name).replace("_", " ").replace("|", " or ") for name in names if name not in ("", "1"))


def finding(
    check: str,
    where: Sequence,
    expected: str,
    verdict: str | bool,
    explanation: str,
    under: str = "",
    printed: str = "",
    of: Sequence[Entry] = (),
) -> dict:
    """One row of the checks of a table; `where` are entries, or places (row, column, address, text).

    Entries that are there, or that it is `of`, took part in a check. What does not hold may under a condition.
    """
    verdict = _verdict(verdict, under)
    under = "" if verdict == HOLDS else under
    for entry in (*where, *of):
        if isinstance(entry, Entry):
            entry.checked = True
    places = [place.place if isinstance(place, Entry) else place for place in where]
    row, column, cell = ("; ".join(dict.fromkeys(part)) for part in list(zip(*places, strict=True))[:3])
    printed = printed or "; ".join(place[3] for place in places)
    item = BEARS_ON.get(check, "4.9") if verdict != UNCHECKED else ""
    row = (check, row, column, cell.replace("; ", " "), printed, expected, verdict, under, explanation, item)
    return dict(zip(OF_TABLE, row, strict=True))


def mend(place, expected: str, instead: str, fits: str, printed: str = "") -> dict:
    """A hint: what two neighbouring digits exchanged would mend."""
    said = f"with two neighbouring digits exchanged, {instead}, {fits}"
    return finding("digits exchanged", [place], expected, HINT, said, printed=printed)


def by_severity(rows: list[dict]) -> pd.DataFrame:
    """Findings as a table, those that weigh most first, else in their order."""
    frame = pd.DataFrame(rows, columns=OF_TABLE).astype(str)
    return frame.sort_values("verdict", key=lambda said: said.map(SEVERITY.index), kind="stable", ignore_index=True)


def notes_of(found: pd.DataFrame) -> list[str]:
    """What is to be known before the findings: columns that do not make up their total, so that no sum was checked."""
    told = found.loc[(found["check"] == "groups") & (found["verdict"] == UNCHECKED), "explanation"]
    return [f"{text[:1].upper()}{text[1:]}." for text in told]


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names in a row: a, b and c; the rest is counted.

    >>> listed(["a", "b", "c"]), listed(list("abcdefg"))
    ('a, b and c', 'a, b, c, d and 3 more')
    """
    names = list(names)
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(found: pd.DataFrame) -> str:
    """How many checks were made, and how many have each verdict, in words."""
    made, rest = (CANNOT, UNDER, HOLDS), of_verdicts(found, (HINT, UNCHECKED))
    total = int(found["verdict"].isin(made).sum())
    return f"{total} checks: {of_verdicts(found, made)}" + (f"; {rest}" if rest else "")


def of_verdicts(found: pd.DataFrame, verdicts: Sequence[str]) -> str:
    """How many findings have each of some verdicts, in words."""
    counts = found["verdict"].value_counts()
    return ", ".join(f"{counts[verdict]} {SAID[verdict]}" for verdict in verdicts if verdict in counts)


#: The kinds of check by family, in words for a reader.
FAMILIES = {
    "percentages are whole persons": (
        *("percentage", "count and percentage", "denominator", "group defined"),
        "whole-number mean",
    ),
    "parts make the whole": ("groups", "levels", "items", "union of levels", "part", "part of a group", "strata"),
    "means, SDs and ranges fit": ("pooled SD", "pooled mean", "mean of items", "SD and range", "range"),
    "words fit figures": ("words", "prose", "table and text", "most", "direction"),
    "markers fit figures": ("marker", "wording", "by strata"),
}


def check_families(checks: pd.Series) -> pd.Series:
    """The family of each kind of check, as an ordered category.

    Parameters
    ----------
    checks : the column `check` of an audit.

    Examples
    --------
    >>> check_families(pd.Series(["levels", "marker"])).tolist()
    ['parts make the whole', 'markers fit figures']
    """
    family = {check: name for name, kinds in FAMILIES.items() for check in kinds}
    return pd.Series(pd.Categorical(checks.map(family), list(FAMILIES), ordered=True), checks.index)


MEANING = (
    "‘Cannot hold’ means that the figures, as typed here, cannot all come from the same persons by any usual "
    "rounding or test. It says nothing of how that came about: a slip in typing this table, in print, or a case left "
    "out is as likely as any other reason. Look at the printed page first."
)
TITLES = {
    CANNOT: "Cannot hold",
    UNDER: "Holds only under a condition",
    HINT: "Hints: what would mend a finding",
    UNCHECKED: "Not checked",
}
MARKS = {CANNOT: ("cannot", "✗"), UNDER: ("under", "?"), HINT: ("", "")}


def page_of(table: Table, found: pd.DataFrame) -> str:
    """The page, as HTML that needs no network and no script."""
    grid, title, page = table.grid, f"Can it be true? {table.grid.file}", files(__package__)
    by_cell: dict[str, list[int]] = {}
    for number, cells in enumerate(found["cell"]):
        for address in cells.split():
            by_cell.setdefault(address, []).append(number)
    lines = []
    for row, texts in enumerate([grid.heads, *grid.rows], -1):
        cells = []
        for column, text in enumerate(texts):
            numbers = by_cell.get(grid.address(row, column), [])
            name = row >= 0 and column == 0 and text.strip() and not numbers
            tag = 'th scope="col"' if row < 0 else 'th scope="row"' if name else "td"
            cells.append(_cell(tag, text, numbers, found))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    sections = []
    for verdict in SEVERITY[:-1]:
        mine = found.index[found["verdict"] == verdict]
        if len(mine):
            told = "\n".join(_item(number, found.loc[number]) for number in mine)
            sections.append(f'<h2>{TITLES[verdict]} ({len(mine)})</h2>\n<ol class="findings">\n{told}\n</ol>')
    columns = ", ".join(
        f"{escape(group.heading)}{'' if group.n is None or str(group.n) in group.heading else f' (n = {group.n})'}"
        for group in table.groups
    )
    return Template(page.joinpath("page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style=page.joinpath("page.css").read_text(encoding="utf-8"),
        counted=escape(counted(found)),
        rows=len(table.rows),
        columns=columns,
        notes="".join(f"<p>{escape(note)}</p>" for note in notes_of(found)),
        meaning=MEANING,
        heads=lines[0],
        lines="\n".join(lines[1:]),
        findings="\n".join(sections),
        items="; ".join(f"{key} {text}" for key, text in ITEMS.items()),
        version=__version__,
    )


def _cell(tag: str, text: str, numbers: list[int], found: pd.DataFrame) -> str:
    """A cell with the arithmetic of its findings."""
    shown, kind, verdicts = escape(text.strip()), "", [found.at[number, "verdict"] for number in numbers]
    open_ = [number for number in numbers if found.at[number, "verdict"] in MARKS]
    if open_:
        name, sign = MARKS[min(verdicts, key=SEVERITY.index)]
        kind = f' class="{name}"'
        told = "".join(f"<span>{escape(found.at[number, 'explanation'])}</span>" for number in open_)
        link = f'<a href="#finding-{open_[0]}">{shown or "(blank)"}<span class="sign">{sign}</span></a>'
        shown = f'{link}<span class="arithmetic" role="note">{told}</span>'
    elif set(verdicts) == {UNCHECKED}:
        kind = ' class="unchecked"'
    return f"<{tag}{kind}>{shown}</{tag[:2]}>"


def _item(number: int, row: pd.Series) -> str:
    where = " · ".join(part for part in (row["cell"], row["row"], row["column"], row["check"]) if part)
    item = f" [{row['item']}]" if row["item"] else ""
    under = f' <span class="verdict">Holds only under {escape(row["under"])}.</span>' if row["under"] else ""
    return (
        f'<li id="finding-{number}"><span class="where">{escape(where)}{item}</span>'
        f"{escape(row['explanation'][:1].upper() + row['explanation'][1:])}.{under}</li>"
    )

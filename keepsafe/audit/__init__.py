"""The audit: can the printed figures all be true, and which tests give which markers?

Of any table as printed it is here: every check, what was not checked and why. Of the report, whose figures are data, it
is in modules that are imported when they are asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import pandas as pd

from keepsafe.audit.comparisons import comparison_checks
from keepsafe.audit.estimates import estimate_checks
from keepsafe.audit.findings import UNCHECKED, by_severity, finding
from keepsafe.audit.grid import of_frame, read_grid
from keepsafe.audit.layout import table_of
from keepsafe.audit.means import mean_checks
from keepsafe.audit.percentages import share_checks
from keepsafe.audit.printed_tests import statistic_checks
from keepsafe.audit.rows import Grid, Kind, Table
from keepsafe.audit.sums import structure, sum_checks
from keepsafe.problems import InputError, Problem, shortened

#: Where the audit of a report is: a table's loads none of what it needs.
_HOMES = {
    "audit": "checking",
    "check_families": "findings",
    "conclusions": "printed_text",
    "crude_odds_ratios": "statements",
    "marker_conventions": "markers",
    "noticed": "sensitivity",
    "planted_errors": "sensitivity",
    "power": "sensitivity",
    "printed_comparisons": "printed_text",
    "seraf_by_cse": "statements",
    "unexplained_markers": "markers",
}
__all__ = sorted(("audit_table", *_HOMES))


def __getattr__(name: str):
    """A public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def audit_table(
    frame: pd.DataFrame | str | Path,
    whole: Sequence[str] = (),
    items: Mapping[str, int] | None = None,
    scale: Mapping[str, tuple[float, float]] | None = None,
    total: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Check whether the figures of a printed table can all be true.

    Parameters
    ----------
    frame : the table as printed, one row a variable or level, one column a group with its number of cases in the
        heading, as in 'placebo (n=154)', or in a row called n; cells such as '14 (8.9%)', '14/158', '51.42 (11.01)',
        '3.2 ± 1.1 [41]'; columns p, test, and estimates with their interval. Or the path of a .csv or .xlsx of it.
        Decimals count: a data frame should hold text.
    whole : columns that are the total of others, and variables that are whole numbers.
    items : of a variable, how many whole-number answers each person's value is the mean of.
    scale : of a variable, the lowest and highest value possible.
    total : of a column (or variable), the columns (or variables) that add up to it.

    Returns
    -------
    DataFrame
        A row a check, all text, what weighs most first: check, row, column and cell (where: name of the row, heading,
        spreadsheet address), printed, expected, verdict ('cannot hold', 'holds only under', 'hint', 'not checked',
        'holds'), under (the condition), explanation (the arithmetic), item (of INSPECT-SR). 'Cannot hold' means not
        reproducible from the figures as typed, by any usual rounding or test; it says nothing of how that came about.

    Raises
    ------
    InputError
        for a table that cannot be read, names that it does not have, and where nothing at all could be checked.

    Examples
    --------
    >>> table = pd.DataFrame({"variable": ["female"], "drug (n=158)": ["137 (86.7)"], "placebo (n=154)": ["139 (91.3)"],
    ...                       "p": ["0.421"]})
    >>> found = audit_table(table)
    >>> found.loc[found["verdict"] == "cannot hold", ["check", "cell", "expected"]].values.tolist()
    [['percentage', 'C2', '90.3%']]
    """
    grid = read_grid(frame) if isinstance(frame, str | Path) else of_frame(frame)
    return by_severity(checks_of(grid, whole, items, scale, total)[0])


def checks_of(grid: Grid, whole=(), items=None, scale=None, total=None) -> tuple[list[dict], Table]:
    """All rows of checks of a grid in their order, and the table as it was read."""
    table = table_of(grid)
    _options(table, whole, items or {}, scale or {}, total or {})
    found = structure(table)
    rows = [*found.notes, *share_checks(table)] + sum_checks(table, found) + mean_checks(table)
    rows += comparison_checks(table, found) + statistic_checks(table, found) + estimate_checks(table, found)
    rows += _unchecked(table, {address for row in rows for address in row["cell"].split()})
    if all(row["verdict"] == UNCHECKED for row in rows):
        raise _nothing(table, rows)
    return rows, table


def _unchecked(table: Table, told: set[str]) -> list[dict]:
    """A row for each cell that took part in no check, with the reason; `told` are cells that have one."""
    rows = []
    for *place, text, reason in (each for each in table.unread if each[2] not in told):
        said = f"{shortened(text)!r}: {reason}"
        rows.append(finding("cell", [(*place, text)], "", UNCHECKED, said, printed=shortened(text)))
    for name, entries in table.loose:
        said = f"the rows beneath {name} make up the whole of no column, so they are not held against it as its levels"
        said += "; if they are, give them a column 'level'"
        rows.append(finding("levels", [entry.place for entry in entries], "", UNCHECKED, said))
    for row in table.rows:
        for entry in row.entries.values():
            if not entry.checked and entry.address not in told:
                reason = entry.reasons[-1] if entry.reasons else _why(row.kind)
                rows.append(finding("cell", [entry], "", UNCHECKED, reason))
        beside: list[tuple] = [*row.p, *row.estimates, *([row.statistic] if row.statistic else [])]
        for read, head, address in beside:
            if address not in told:
                reason = "nothing printed beside it to hold it against"
                rows.append(finding("cell", [(row.name, head, address, read.text)], "", UNCHECKED, reason))
    return rows


def _why(kind: Kind) -> str:
    """Why a cell of a kind took part in no check."""
    if kind.form in ("mean sd", "mean se") and not kind.whole:
        return "no total, p or scale to hold it against; if it is of whole numbers, add ', whole' to its kind"
    return {
        "median": "medians and their ranges are kept, and cannot be worked out from anything printed",
        "": "counts, percentages or means? Say so in a column 'kind', as n (%) or mean (SD)",
        "mean range": "a mean with its range, which no p can be worked out from",
    }.get(kind.form, "nothing printed to hold it against")


def _nothing(table: Table, rows: list[dict]) -> InputError:
    """That nothing could be checked, and what would let it be."""
    sized = any(group.n for group in table.groups) or any(e.n for row in table.rows for e in row.entries.values())
    line = None if sized else table.grid.first
    if not table.groups or not table.rows:
        message, remedy = "holds no figures that could be checked", "one row a variable, one column a group"
    elif not sized:
        message = "prints no number of cases"
        remedy = "put it in the headings, as in 'placebo (n=154)', or in a row called n"
    else:
        message = "nothing in it could be checked"
        remedy = f"the first reason: {rows[0]['explanation']}" if rows else None
    return InputError.of(message, file=table.grid.file, line=line, remedy=remedy)


def _options(table: Table, whole, items, scale, total) -> None:
    """What the caller says of variables and groups; a name that is in the table nowhere is refused."""
    variables = list(dict.fromkeys(row.variable for row in table.rows))
    columns = [group.name for group in table.groups]
    names = {group.name.casefold(): group.name for group in table.groups}
    names |= {group.heading.casefold(): group.name for group in table.groups}
    problems = []

    def known(name: str, among: list[str], what: str) -> bool:
        if name not in among:
            near = get_close_matches(name, among, 1)
            remedy = f"did you mean {near[0]}?" if near else f"it has {', '.join(among[:12])}"
            problems.append(Problem(f"the table has no {what} {shortened(name)!r}", table.grid.file, remedy=remedy))
        return name in among

    def say(name: str, what: str = "variable", **said) -> None:
        if known(name, variables, what):
            for row in table.rows:
                if row.variable == name:
                    row.kind = replace(row.kind, form=row.kind.form or "mean sd", **said)

    for name, many in items.items():
        say(name, items=int(many), whole=True)
    for name, ends in scale.items():
        say(name, scale=tuple(map(float, ends)))
    for name in whole:
        if group := names.get(name.casefold()):
            table.wholes.add(group)
        else:
            say(name, "column or variable", whole=True)
    for name, parts in total.items():
        of_rows = name in variables
        found = [each if of_rows else names.get(each.casefold(), each) for each in (name, *parts)]
        among, what = (variables, "variable") if of_rows else (columns, "column")
        if all([known(each, among, what) for each in found]):
            (table.row_sums if of_rows else table.sums).append((found[0], tuple(found[1:])))
    if problems:
        raise InputError(problems)

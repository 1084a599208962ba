"""How good the audit of any table is: errors of twelve kinds planted in 200 right tables; and how long it takes.

The tables are R's (tests/oracles/audit): printed by R from persons in data sets that come with R, with R's own tests.
`--plant` plants the errors and writes data/audit/planted.csv anew (some minutes).
"""

import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from measure import row, run, taken

from keepsafe.audit import audit_table
from keepsafe.audit.arithmetic import exchanged, whole_sums
from keepsafe.audit.cells import cell, p_value, statistic
from keepsafe.audit.significance import p_of_statistic

TABLES = Path(__file__).parents[1] / "oracles" / "audit" / "tables.csv"
PLANTED = Path(__file__).parents[2] / "data" / "audit" / "planted.csv"
SEED = 2019
SIZES = ("small", "large")
FINDINGS = ("cannot hold", "holds only under")
Table = list[list[str]]


def tables() -> list[Table]:
    """The right tables, heading first."""
    text = pd.read_csv(TABLES, dtype=str, keep_default_na=False)
    found = []
    for _, rows in text.groupby("table", sort=False):
        cells = rows.iloc[:, 2:].to_numpy().tolist()
        width = sum(bool(head) for head in cells[0])
        found.append([line[:width] for line in cells])
    return found


def audited(table: Table) -> pd.DataFrame:
    return audit_table(pd.DataFrame(table[1:], columns=table[0]))


def findings(table: Table) -> set[tuple[str, ...]]:
    """What does not hold: check, cells, verdict."""
    found = audited(table)
    bad = found[found["verdict"].isin(FINDINGS)]
    return set(bad[["check", "cell", "verdict", "under"]].itertuples(index=False, name=None))


def grim_alone(table: Table) -> int:
    """Means of whole numbers that are no whole sum, percentages that are no share of their n: cell by cell."""
    missed = 0
    for line in table[1:]:
        for head, text in zip(table[0], line, strict=True):
            n = re.search(r"n=([0-9]+)\)", head)
            read = cell(text)
            if not n or read.form not in ("pair", "mean sd", "count percent"):
                continue
            size = read.n or int(n[1])
            if line[2].endswith("whole"):
                missed += not len(whole_sums(read.numbers[0], size))
            elif line[2] == "n (%)":
                share = read.numbers[1]
                near = round(share.value * size / 100)
                missed += not any(abs(Decimal(100 * k) / size - Decimal(share.text)) <= Decimal(str(share.half))
                                  for k in (near - 1, near, near + 1))  # fmt: skip
    return missed


def statcheck_alone(table: Table) -> int:
    """Statistics whose p is not the printed one, as statcheck sees them in a text."""
    missed = 0
    for line in table[1:]:
        said = dict(zip(table[0], line, strict=True))
        found, p = statistic(said.get("test", "")), p_value(said["p"])
        if found and p:
            missed += not p.meets(*p_of_statistic(found.name, *found.value.ends, found.df))
    return missed


def groups(table: Table) -> list[int]:
    return [i for i, head in enumerate(table[0]) if "(n=" in head]


def places(table: Table, kind: str, whole: bool = False) -> list[tuple[int, int]]:
    """Cells of groups whose row is of a kind, and of whole numbers where that is asked."""
    return [
        (i, j)
        for i, line in enumerate(table)
        if i and line[2].startswith(kind) and (not whole or "whole" in line[2])
        for j in groups(table)
    ]


def shifted(text: str, place: int, by: float, factor: float = 1.0) -> str | None:
    """A cell with one of its numbers moved by so many units of its last digit, or multiplied."""
    found = list(re.finditer(r"-?[0-9]+(?:\.[0-9]+)?", text))
    if len(found) <= place:
        return None
    old = found[place][0]
    decimals = len(old.partition(".")[2])
    new = f"{float(old) * factor + by * 10**-decimals:.{decimals}f}"
    return None if new == old or float(new) < 0 else text[: found[place].start()] + new + text[found[place].end() :]


def of_cell(kind: str, change: Callable[[str, str, int], str | None], whole: bool = False):
    """Plant in one cell of a kind; `change` has the text, the size and n."""

    def plant(table: Table, size: str, draw: np.random.Generator) -> bool:
        at = places(table, kind, whole)
        for k in draw.permutation(len(at)):
            i, j = at[k]
            n = int(re.search(r"n=([0-9]+)\)", table[0][j])[1])
            new = change(table[i][j], size, n)
            if new and new != table[i][j]:
                table[i][j] = new
                return True
        return False

    return plant


def _together(text: str, size: str, n: int) -> str | None:
    """Count and percentage of other persons, right by themselves."""
    read = cell(text)
    if read.form not in ("pair", "count percent") or read.n:
        return None
    k, percent = read.numbers
    new = int(k.value) + (1 if size == "small" else max(3, n // 10))
    return f"{new} ({100 * new / n:.{percent.decimals}f})" if new <= n else None


def _se(text: str, size: str, n: int) -> str | None:
    """The standard error in the SD's place; of one size only, in two draws."""
    read = cell(text)
    if len(read.numbers) < 2:
        return None
    return shifted(text, 1, 0, 1 / float(read.n or n) ** 0.5)


def _digits(table: Table, size: str, draw: np.random.Generator) -> bool:
    at = places(table, "mean") + places(table, "n (%)")
    for k in draw.permutation(len(at)):
        i, j = at[k]
        number = re.match(r"-?[0-9]+(?:\.[0-9]+)?", table[i][j])
        made = exchanged(number[0]) if number else []
        made = [new for new in made if not re.match(r"0[0-9]", new)]
        made = sorted(made, key=lambda new: abs(float(new) - float(number[0])))
        if made:
            table[i][j] = (made[0] if size == "small" else made[-1]) + table[i][j][number.end() :]
            return True
    return False


def _p(table: Table, size: str, draw: np.random.Generator) -> bool:
    """Another p: a tenth off (at least two units of its last digit), or its point at another place."""
    column = table[0].index("p")
    at = [i for i, line in enumerate(table) if i and re.fullmatch(r"[01]\.[0-9]+", line[column])]
    for i in draw.permutation(at):
        old = table[i][column]
        decimals = len(old) - 2
        value = float(old)
        if size == "small":
            new = value + max(0.1 * value, 2 * 10**-decimals) * (1 if value < 0.8 else -1)
        else:
            new = value / 10 if value >= 0.1 else value * 5 + 0.05
        text = f"{new:.{decimals}f}"
        if text != old and 0 <= new <= 1:
            table[i][column] = text
            return True
    return False


def _statistic(table: Table, size: str, draw: np.random.Generator) -> bool:
    if "test" not in table[0]:
        return False
    column = table[0].index("test")
    at = [i for i, line in enumerate(table) if i and "=" in line[column]]
    for i in draw.permutation(at):
        head, _, value = table[i][column].rpartition("= ")
        new = float(value) * (1.1 if size == "small" else 2) + (0.05 if size == "small" else 0.5) * (
            1 if float(value) >= 0 else -1
        )
        table[i][column] = f"{head}= {new:.2f}"
        return True
    return False


def _exchanged_columns(table: Table, size: str, draw: np.random.Generator) -> bool:
    """The cells of two groups exchanged: in one row, or in all rows of counts."""
    arms = [j for j in groups(table) if not table[0][j].startswith("all ")]
    rows = [i for i, line in enumerate(table) if i and (line[2] == "n (%)" if size == "large" else True)]
    rows = [i for i in rows if table[i][arms[0]] != table[i][arms[1]]]
    if not rows or (size == "large" and table[0][arms[0]].split("(")[-1] == table[0][arms[1]].split("(")[-1]):
        return False
    for i in rows if size == "large" else [draw.choice(rows)]:
        table[i][arms[0]], table[i][arms[1]] = table[i][arms[1]], table[i][arms[0]]
    return True


def _cases(table: Table, size: str, draw: np.random.Generator) -> bool:
    j = draw.choice(groups(table))
    n = int(re.search(r"n=([0-9]+)\)", table[0][j])[1])
    new = n + (2 if size == "small" else max(5, n // 5))
    table[0][j] = table[0][j].replace(f"n={n})", f"n={new})")
    return True


def _interval(table: Table, size: str, draw: np.random.Generator) -> bool:
    heads = [j for j, head in enumerate(table[0]) if "CI" in head]
    at = [i for i, line in enumerate(table) if i and heads and line[heads[0]]]
    for i in draw.permutation(at):
        place = int(draw.integers(0, 3))
        new = shifted(table[i][heads[0]], place, 3 if size == "small" else 20, 1.0 if size == "small" else 1.3)
        if new:
            table[i][heads[0]] = new
            return True
    return False


def moved(place: int, by: float, factor: float):
    """Move a number of a cell by units of its last digit (small), or by a factor (large)."""

    def change(text: str, size: str, n: int) -> str | None:
        at = 2 if place and "/" in text else place
        return shifted(text, at, by if size == "small" else 0, 1.0 if size == "small" else factor)

    return change


KINDS = {
    "count": of_cell("n (%)", lambda text, size, n: shifted(text, 0, 1 if size == "small" else max(3, n // 10))),
    "percentage": of_cell("n (%)", moved(1, 3, 1.5)),
    "count with its percentage": of_cell("n (%)", _together),
    "mean of whole numbers": of_cell("mean", moved(0, 3, 1.2), whole=True),
    "SD": of_cell("mean", moved(1, 3, 1.5)),
    "SE for SD": of_cell("mean", _se),
    "digits exchanged": _digits,
    "p": _p,
    "test statistic": _statistic,
    "columns exchanged": _exchanged_columns,
    "number of cases": _cases,
    "estimate or interval": _interval,
}


def planted(most: int | None = None) -> pd.DataFrame:
    """Plant one error at a time; a row a table, kind and size: what the audit says new, and what the two others say.

    Returns
    -------
    DataFrame with table, kind, size, found (anything that did not hold before), cannot (as 'cannot hold'), grim,
    statcheck; and rows of kind 'none': whether a right table raises a finding.
    """
    rows = []
    for number, right in enumerate(tables()[:most], 1):
        before, grim, statcheck = findings(right), grim_alone(right), statcheck_alone(right)
        cannot = any("cannot hold" in each for each in before)
        rows.append((number, "none", "", bool(before), cannot, grim > 0, statcheck > 0))
        for k, (kind, plant) in enumerate(KINDS.items()):
            for s, size in enumerate(SIZES):
                table = [list(line) for line in right]
                if not plant(table, size, np.random.default_rng([SEED, number, k, s])):
                    continue
                new = findings(table) - before
                rows.append((number, kind, size, bool(new), any("cannot hold" in each for each in new),
                             grim_alone(table) > grim, statcheck_alone(table) > statcheck))  # fmt: skip
    return pd.DataFrame(rows, columns=["table", "kind", "size", "found", "cannot", "grim", "statcheck"])


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Numbers by kind and size, with the seed and the tables' checksum."""
    made = trials.groupby(["kind", "size"], sort=False)[["found", "cannot", "grim", "statcheck"]].agg("sum").astype(int)
    made.insert(0, "planted", trials.groupby(["kind", "size"], sort=False).size())
    return made.reset_index().assign(seed=SEED, tables=sha256(TABLES.read_bytes()).hexdigest()[:16])


def rows(quick: bool) -> Iterator[dict]:
    """The time of a table of 40 rows and of 10,000 cells."""
    right = tables()
    wide = max(right, key=len)
    forty = [wide[0], *[[f"{line[0]} {k}", *line[1:]] for k in range(6) for line in wide[1:]][:40]]
    alone = taken(lambda: grim_alone(forty) + statcheck_alone(forty))["seconds"]
    yield row("audit of a table", 40, "rows", "GRIM and statcheck alone", alone, **taken(lambda: audited(forty), 3))
    times = 5 if quick else 10_000 // (len(wide) * len(groups(wide)))
    many = [wide[0], *[[f"{line[0]} {k}", *line[1:]] for k in range(times) for line in wide[1:]]]
    cells = (len(many) - 1) * len(groups(wide))
    yield row("audit of a table", cells, "cells", **taken(lambda: audited(many), 0 if quick else 1))


if __name__ == "__main__":
    if "--plant" in sys.argv:
        PLANTED.parent.mkdir(exist_ok=True)
        summary(planted()).to_csv(PLANTED, index=False)
    else:
        run("audit_table", rows)

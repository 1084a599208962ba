"""Levels of a variable in a table: exclusive ones make up their group, joined ones are as many as their parts."""

from itertools import groupby

from keepsafe.audit.arithmetic import counts_of_share, exchanged, span
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNDER, finding
from keepsafe.audit.layout import Entry, Row, Table

SHARES = ("count percent", "count", "percent")
COMPLETE = 0.9  # of a group in the levels printed: the rest may lack an answer


def blocks(table: Table) -> list[list[Row]]:
    """Rows of counts or percentages that follow each other and are levels of one variable."""
    found = [
        [row for row in rows if row.kind.form in SHARES] for _, rows in groupby(table.rows, key=lambda r: r.variable)
    ]
    return [block for block in found if block]


def block_of(table: Table, row: Row) -> list[Row]:
    """The rows of the row's variable, itself among them."""
    first = last = table.places[row]
    while first and table.rows[first - 1].variable == row.variable:
        first -= 1
    while last < len(table.rows) and table.rows[last].variable == row.variable:
        last += 1
    return [each for each in table.rows[first:last] if each.kind.form in SHARES]


def count_range(entry: Entry | None) -> tuple[int, int] | None:
    """The whole counts that an entry stands for, where its own figures allow it to be told."""
    if entry is None:
        return None
    if entry.count is not None:
        return entry.count, entry.count
    if entry.percent is None or not entry.n or not entry.fits:
        return None
    made = counts_of_share(entry.n, entry.percent)
    return (made[0], made[-1]) if len(made) else None


def level_checks(block: list[Row], table: Table) -> list[dict]:
    """Levels that exclude each other make up their group; levels joined by | are as many as their parts."""
    rows = []
    plain = [row for row in block if "|" not in row.level]
    for union in (row for row in block if "|" in row.level):
        rows += _union(union, plain)
    if len(plain) < 2 or len({row.level for row in plain}) < len(plain) or any(row.kind.several for row in plain):
        return rows
    for group in table.groups:
        entries = [row.entries.get(group.name) for row in plain]
        ranges = [count_range(entry) for entry in entries]
        if None in ranges or len({entry.n for entry in entries}) > 1:
            if None not in entries and all(e.percent is not None and not e.n for e in entries):
                rows += _hundred(entries)
            continue
        n, told = entries[0].n, " + ".join(span(*ends) for ends in ranges)
        low, high = (sum(ends[i] for ends in ranges) for i in (0, 1))
        if not n or (n != group.n and not entries[0].own and low == high == n):
            continue  # told by the number of cases that the percentages share
        for entry in entries:
            entry.checked = True
        said = f"{told} = {span(low, high)}"
        verdict, under = HOLDS, ""
        if low > n:
            sums = [row.level for row, ends in zip(plain, ranges, strict=True) if low == high and low - ends[0] == n]
            verdict, under = (
                (UNDER, f"{sums[0]} being a sum of other levels") if sums and len(plain) > 3 else (CANNOT, "")
            )
            said += f", more than the group's {n}"
        elif high < n:
            said += f", {n - high} fewer than the group's {n}"
            if high < COMPLETE * n:
                for entry in entries:
                    entry.reasons.append(f"the levels printed make {high} of {n}: others are not printed")
                continue
            verdict, under = UNDER, f"{n - high} without an answer, or in a level that is not printed"
        else:
            said += f", the whole group of {n}" if low == high else f", which can be the group's {n}"
        printed = "; ".join(entry.cell.text for entry in entries)
        rows.append(finding("levels", entries, printed, f"{n}", verdict, said, under))
        if verdict == CANNOT and low == high:
            rows += mended(entries, low - n)
    return rows


def _hundred(entries: list[Entry]) -> list[dict]:
    """Percentages of levels, of an unknown number of cases, make 100 within their rounding."""
    total = sum(e.percent.value for e in entries)
    slack = sum(e.percent.half for e in entries) + 1e-9
    if total < 100 - slack:
        return []
    for entry in entries:
        entry.checked = True
    verdict, digits = HOLDS if total <= 100 + slack else CANNOT, max(e.percent.decimals for e in entries)
    said = f"{' + '.join(e.percent.text for e in entries)} = {total:.{digits}f}%"
    return [finding("levels", entries, "; ".join(e.cell.text for e in entries), "100%", verdict, said)]


def _union(union: Row, plain: list[Row]) -> list[dict]:
    rows, parts = [], [row for row in plain if row.level in union.level.split("|")]
    if len(parts) < union.level.count("|") + 1:
        return rows
    for name, entry in union.entries.items():
        ranges = [count_range(row.entries.get(name)) for row in parts]
        mine = count_range(entry)
        if mine is None or None in ranges:
            continue
        low, high = (sum(ends[i] for ends in ranges) for i in (0, 1))
        entry.checked = True
        verdict = HOLDS if low <= mine[1] and mine[0] <= high else CANNOT
        said = f"{' + '.join(span(*ends) for ends in ranges)} = {span(low, high)}, printed {entry.cell.text}"
        rows.append(finding("levels", [*(row.entries[name] for row in parts), entry], entry.cell.text, span(low, high),
                            verdict, said))  # fmt: skip
    return rows


def mended(entries: list[Entry], over: int) -> list[dict]:
    """Hints: the one count which, with two neighbouring digits exchanged, would mend a sum."""
    rows = []
    for entry in entries:
        text = entry.cell.numbers[0].text
        for other in exchanged(text):
            if int(other) == entry.count - over:
                rows.append(
                    finding(
                        "digits exchanged",
                        [entry],
                        entry.cell.text,
                        other,
                        HINT,
                        f"with two neighbouring digits exchanged, {other} for {text}, the sum would fit",
                    )
                )
    return rows

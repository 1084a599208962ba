"""The rows under a variable's name, its levels or its statistics, and what their cells hold where no word says it."""

import re
from dataclasses import replace

from keepsafe.audit.rows import SHARES, UNKNOWN, Entry, Kind, Row, Table

BULLET = re.compile(r"[-–—•·*>]\s+(?=\S)")
FORMS_OF_SHARES = ("pair", "count percent")
STATISTICS = (
    r"mean|median|average|sd|sem?|iqr|range|min|max|minimum|maximum|q1|q3|n|no|number|ci|geometric|and|to|whole|"
    r"standard|deviation|error|interquartile|quartiles?"
)


def indent(text: str) -> int:
    """How far a name is indented, by blanks or a bullet.

    >>> indent("  female"), indent("– female"), indent("female")
    (2, 1, 0)
    """
    text = text.expandtabs(4)
    return len(text) - len(text.lstrip()) + bool(BULLET.match(text.strip()))


def inherit(row: Row, above: Row) -> None:
    """What stands beside a variable's name is of its rows together; the first of them carries it."""
    for name in ("p", "statistic", "test"):
        if getattr(above, name) and not getattr(row, name):
            setattr(row, name, getattr(above, name))
            setattr(above, name, type(getattr(row, name))() if name != "statistic" else None)
    row.kind = row.kind if row.kind.form else replace(row.kind, form=above.kind.form, several=above.kind.several)


def stubs(table: Table) -> None:
    """Rows beneath a name that has no figures: a statistic of it, its levels, or rows that stand alone."""
    rows, indented = table.rows, any(row.indent for row in table.rows)
    for place, head in enumerate(rows):
        if not head.heads:
            continue
        block = []
        for row in rows[place + 1 :]:
            if row.heads or row.level or (indented and row.indent <= head.indent):
                break
            other = row.kind.form not in ("", *SHARES) and not _stub(row)
            if not indented and block and (other or (row.p and head.p)):
                break
            block.append(row)
        for row in [each for each in block if _stub(each)]:
            row.stub, row.variable = row.variable, head.variable
            row.ranked = any(other.kind.form == "median" for other in block)
            if not any(other.p for other in block):
                inherit(row, head)
        _reached(block)
        shares = [row for row in block if not _stub(row) and _counted(row)]
        if not shares or head.kind.form.startswith("me"):
            continue
        many = _complete(table, shares, indented)
        if not many and len(shares) == 1 and shares[0].variable.lower() in ("yes", "no"):
            many = 1
        for row in shares[:many]:
            row.variable, row.level = head.variable, row.variable
            inherit(row, head)
        if not many and len(shares) > 1 and not head.kind.several:
            entries = [entry for row in shares for entry in row.entries.values()]
            table.loose.append((head.variable, entries))


def _reached(block: list[Row]) -> None:
    """A row 'Range' beneath a name has the lowest and highest values of the mean beside it."""
    for row in block:
        if not row.stub or not re.search(r"\brange\b|\bmin", row.stub, re.IGNORECASE) or "inter" in row.stub.lower():
            continue
        for other in (each for each in block if each.stub and each is not row):
            for name, entry in row.entries.items():
                mine = other.entries.get(name)
                if mine and mine.n and mine.cell.form in ("pair", "mean sd") and entry.cell.form == "range":
                    mine.cell = replace(mine.cell, reach=(entry.cell.numbers[0], entry.cell.numbers[1]))
                    entry.checked = True


def unanswered(table: Table) -> None:
    """A row 'Unknown' of counts alone, beneath a variable, leaves its number out of what the variable is of."""
    for row, below in zip(table.rows, table.rows[1:], strict=False):
        told = below.level or below.variable
        if not UNKNOWN.search(told) or any(e.cell.form != "number" for e in below.entries.values()):
            continue
        variable = below.variable if below.level else row.variable
        others = [each for each in table.rows if each.variable == variable and each is not below]
        for name, without in below.entries.items():
            mine = [other.entries[name] for other in others if name in other.entries]
            gone = without.cell.numbers[0]
            if not gone.whole or any(e.own or not e.n or gone.value >= e.n for e in mine) or _of_everybody(mine):
                continue
            for entry in mine:
                entry.n, entry.own = entry.n - int(gone.value), True
            without.reasons.append("taken from the cases of the row above")


def _of_everybody(entries: list[Entry]) -> bool:
    """Whether there are percentages, and all are of the full number of cases."""
    shares = [(e, *e.cell.numbers) for e in entries if len(e.cell.numbers) == 2 and e.cell.form in FORMS_OF_SHARES]
    return bool(shares) and all(
        k.whole and abs(100 * k.value / e.n - percent.value) <= percent.half for e, k, percent in shares
    )


def is_statistic(name: str) -> bool:
    """Whether a name is that of a statistic alone: 'Mean (SD)'; 'no' may be a level, and so may N, of a code.

    >>> is_statistic("Mean (SD)"), is_statistic("no"), is_statistic("1-2")
    (True, False, False)
    """
    found = re.fullmatch(rf"({STATISTICS}|[\W0-9])+", name, re.IGNORECASE) and re.search("[a-z]", name, re.IGNORECASE)
    return bool(found) and name.lower() not in ("no", "n")


def _stub(row: Row) -> bool:
    return is_statistic(row.variable) and not row.level


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


def settle(row: Row) -> None:
    """Which number of a pair is which, and the kind of a row from what its cells look like where nothing says it."""
    _turn(row)
    row.kind = _settled(row)


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
    if kind.form == "percent" and "pair" in forms:
        kind = replace(kind, form="")  # 'Male (%)' above 60 (52.0)
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
        parts = [e for e in pairs if not e.group.whole]
        whole = sum(e.cell.numbers[0].value for e in parts)
        of_row = len(parts) > 1 and all(
            abs(100 * k.value - whole * p.value) < whole for k, p in (e.cell.numbers for e in parts)
        )
        if row.level or (all(counts) and (any(near) or of_row)):
            return replace(kind, form="count percent" if all(counts) or row.level else "mean sd")
        return replace(
            kind, form="mean sd" if not all(counts) or any(e.cell.numbers[0].decimals for e in pairs) else ""
        )
    if forms <= {"number"}:
        whole = all(e.cell.numbers[0].decimals == 0 for e in entries)
        return replace(kind, form="count" if row.level and whole else "mean sd" if kind.whole or kind.scale else "")
    return kind

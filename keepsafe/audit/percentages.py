"""Counts and percentages of a table: whole persons of their cases, levels that make the group, cases that all share.

Longer than 300 lines: a percentage that does not fit may fit the cases that its variable's levels share.
"""

from itertools import groupby

from keepsafe.audit.arithmetic import FEWER, cases_of_share, counts_of_share, exchanged, share_prints, span
from keepsafe.audit.cells import number
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNDER, finding, listed
from keepsafe.audit.rows import SHARES, UNKNOWN, Entry, Row, Table

CUT = "decimals cut off"


def share_checks(table: Table) -> list[dict]:
    """Every check of single counts and percentages, and of the levels of a variable."""
    of_rows, open_cells = _of_rows(table), []
    rows = [finding for row in of_rows for finding in _of_its_row(row)]
    for row in table.rows:
        if row.kind.form in SHARES and row not in of_rows:
            for entry in row.entries.values():
                rows += _impossible(entry) or _one(entry, table, open_cells)
    rows += _shared_cases(table, open_cells)
    for block in blocks(table):
        rows += level_checks(block, table)
    return rows


def _across(row: Row) -> list[Entry]:
    """The entries of a row of which each percentage is of the row's count, a total's 100; none where one is not."""
    every = [e for e in row.entries.values() if e.count is not None and e.percent is not None]
    parts = [e for e in every if not e.group.whole]
    whole = sum(e.count for e in parts)
    fits = len(parts) > 1 and whole and all(share_prints(e.count, whole, e.percent) for e in every)
    return every if fits and len(every) == len(row.entries) else []


def _of_rows(table: Table) -> list[Row]:
    """The rows of a table whose percentages are of their rows, two at least, and not of the columns."""
    found = [row for row in table.rows if row.kind.form in SHARES and _across(row)]
    shares = [row for row in table.rows if any(e.percent is not None for e in row.entries.values())]
    by_columns = all(e.n and share_prints(e.count, e.n, e.percent) for row in found for e in row.entries.values())
    return found if len(found) > 1 and len(found) == len(shares) and not by_columns else []


def _of_its_row(row: Row) -> list[dict]:
    entries = list(row.entries.values())
    whole = sum(e.count for e in entries if not e.group.whole)
    for entry in entries:
        entry.checked = True
    said = f"{', '.join(f'{e.percent.text}% is {e.count}' for e in entries)} of the row's {whole}"
    return [finding("percentage", entries, f"of {whole}", HOLDS, said)]


def _impossible(entry: Entry) -> list[dict]:
    """A count that is no whole number of the cases, a percentage outside 0 to 100."""
    numbers, n, said = entry.cell.numbers, entry.n, ""
    form = "percent" if entry.row.kind.form == "percent" else "count"
    if not numbers:
        return []
    first = numbers[0]
    percents = numbers if form == "percent" else numbers[1:2]
    if form == "count" and (first.value < 0 or not first.whole):
        said = f"{first.text} is no number of persons", "a whole number from 0"
    elif form == "count" and n and first.value > n:
        said = f"{first.text} is more than the {n} cases", f"at most {n}"
    elif any(not 0 <= p.value <= 100 for p in percents):
        said = f"{percents[0].text}% is no share of a group", "0 to 100"
    if not said:
        return []
    entry.checked, entry.fits = True, False
    return [finding(form if form == "count" else "percentage", [entry], said[1], CANNOT, said[0])]


def _one(entry: Entry, table: Table, open_cells: list) -> list[dict]:
    k, percent, n = entry.count, entry.percent, entry.n
    if percent is None:
        entry.reasons.append("a count alone, with no percentage, sum or p to hold it against")
        return []
    if n is None:
        entry.reasons.append("no number of cases: put it in the heading, as in 'placebo (n=154)', or in a row n")
        return []
    if k is None and n >= 100 * 10**percent.decimals:
        entry.reasons.append(f"of {n} cases every percentage with {percent.decimals} decimals is possible")
        return []
    entry.checked = True
    made = counts_of_share(n, percent)
    if share_prints(k, n, percent) if k is not None else len(made):
        said = f"{percent.text}% is {k if k is not None else span(made[0], made[-1])} of {n}"
        return [finding("percentage", [entry], _would(k, n, percent), HOLDS, said)]
    entry.fits = False
    open_cells.append(entry)
    return []


def _would(k: int | None, n: int, percent) -> str:
    return f"k of {n}" if k is None else f"{100 * k / n:.{percent.decimals}f}%"


def _other_cases(entry: Entry) -> set[int]:
    """Numbers of cases, not above the printed one, with which an entry fits."""
    k, percent, n = entry.count, entry.percent, entry.n
    if entry.own:
        return set()
    if k is not None:
        low, high = cases_of_share(k, percent)
        return set(range(max(low, k, 1), min(high, n) + 1))
    return {m for m in range(n, max(int(n - n * FEWER), 1) - 1, -1) if len(counts_of_share(m, percent))}


def _shared_cases(table: Table, open_cells: list[Entry]) -> list[dict]:
    """Percentages that do not fit the printed number of cases: cut off, of the row, or of fewer cases they share."""
    rows, left = [], {}
    for entry in open_cells:
        reading = _other_reading(entry, table)
        if reading:
            entry.fits = True
            rows.append(_under(entry, reading, f"{_sum(entry)}; it holds only under {reading}"))
        elif not _other_cases(entry):
            rows += _cannot(entry, table)
        else:
            left.setdefault(entry.group.name, []).append(entry)
    for entries in left.values():
        parts: list[tuple] = []
        for _, same in groupby(entries, key=lambda entry: entry.row.variable):
            same = list(same)
            everybody = _with_levels(same[0], table)
            shared = set.intersection(*(_other_cases(e) if not e.fits else _fitting(e) for e in everybody))
            total = sum(e.count for e in everybody) if all(e.count is not None for e in everybody) else None
            if len(everybody) > 1 and shared:
                shared = {total} if total in shared else shared
                parts.append((same, shared, everybody, total))
            else:
                parts += [([entry], _other_cases(entry), [entry], None) for entry in same]
        joint = set.intersection(*(part[1] for part in parts))
        if len(parts) > 1 and joint:
            parts = [([e for part in parts for e in part[0]], joint, [e for part in parts for e in part[2]], None)]
        rows += [hint for part in parts for entry in part[0] for hint in _swapped(entry)]
        rows += [_fewer(*part) for part in parts]
    return rows


def _fitting(entry: Entry) -> set[int]:
    return _other_cases(entry) | ({entry.n} if entry.n else set())


def _with_levels(entry: Entry, table: Table) -> list[Entry]:
    """The entries of all levels of the entry's variable in its column that carry a percentage."""
    found = [row.entries[entry.group.name] for row in block_of(table, entry.row) if entry.group.name in row.entries]
    return [e for e in found if e.percent is not None and e.n == entry.n and not e.own] or [entry]


def _other_reading(entry: Entry, table: Table) -> str:
    """How else a percentage may have been worked out: decimals cut off, of the row, of all columns together."""
    k, percent, n = entry.count, entry.percent, entry.n
    if share_prints(k, n, percent, cut=True) if k is not None else len(counts_of_share(n, percent, cut=True)):
        return "decimals cut off"
    mine = [
        e for e in entry.row.entries.values() if not e.group.whole and e.count is not None and e.percent is not None
    ]
    if k is None or len(mine) < 2:
        return ""
    across, everybody = sum(e.count for e in mine), sum(e.n or 0 for e in mine)
    if across and all(share_prints(e.count, across, e.percent) for e in mine):
        return f"percentages of the row's {across}"
    if all(e.n for e in mine) and all(share_prints(e.count, everybody, e.percent) for e in mine):
        return f"percentages of all {everybody}"
    return ""


def _sum(entry: Entry) -> str:
    k, percent, n = entry.count, entry.percent, entry.n
    if k is not None:
        return f"{k} of {n} is {100 * k / n:.{percent.decimals + 1}f}%, printed as {percent.text}%"
    at = percent.value * n / 100
    return (
        f"{percent.text}% of {n} is {at:.2f}, no count: {int(at)} is {100 * int(at) / n:.{percent.decimals + 1}f}%"
        f" and {int(at) + 1} is {100 * (int(at) + 1) / n:.{percent.decimals + 1}f}%"
    )


def _under(entry: Entry, under: str, said: str) -> dict:
    return finding("percentage", [entry], _would(entry.count, entry.n, entry.percent), UNDER, said, under)


def _fewer(entries: list[Entry], shared: set[int], everybody: list[Entry], total: int | None) -> dict:
    """One row for all percentages that hold only with the same smaller number of cases."""
    n, low, high = entries[0].n, min(shared), max(shared)
    listing = sorted(shared)
    some = span(low, high) if high - low + 1 == len(listing) else listed([str(m) for m in listing[::-1]])
    said = f"{_sum(entries[0])}; "
    if len(entries) > 1:
        said = f"{len(entries)} percentages do not fit {n}: " + "; ".join(_sum(e) for e in entries[:4]) + "; "
    which = "all of them" if len(entries) > 1 else "it"
    levels = len({e.row.variable for e in everybody}) == 1 and len(everybody) > 1
    if levels:
        which = f"all {len(everybody)} levels"
    said += f"{which} fit{'s' if which == 'it' else ''} n = {some}"
    if levels and total in shared:
        said += f", and sum to {total}"
    for entry in everybody if levels else entries:
        entry.n, entry.sizes = (total, []) if total in shared else (high, [low, high])
    for entry in entries:
        entry.fits = True
    printed = "; ".join(e.cell.text for e in entries)
    return finding(
        "number of cases", everybody if levels else entries, f"n = {some}", UNDER, said, f"n = {some}", printed=printed
    )


def _cannot(entry: Entry, table: Table) -> list[dict]:
    k, percent, n = entry.count, entry.percent, entry.n
    said = _sum(entry)
    if k is not None:
        low, high = cases_of_share(k, percent)
        needed = f"{span(low, high)} cases" if low <= high < 10**9 else "no number of cases"
        said += f"; {percent.text}% would take {needed}"
    else:
        said += "; no number of cases down to a fifth fewer fits either"
    found = [finding("percentage", [entry], _would(k, n, percent), CANNOT, said)]
    mends = []
    if k is not None:
        mends += [
            f"{other} for {entry.cell.numbers[0].text}"
            for other in exchanged(entry.cell.numbers[0].text)
            if int(other) <= n and share_prints(int(other), n, percent)
        ]
        mends += [
            f"{other}% for {percent.text}%" for other in exchanged(percent.text) if share_prints(k, n, number(other))
        ]
    if mends:
        found.append(
            finding(
                "digits exchanged",
                [entry],
                mends[0],
                HINT,
                f"with two neighbouring digits exchanged, {listed(mends)}, it would fit",
            )
        )
    return found + _swapped(entry)


def _swapped(entry: Entry) -> list[dict]:
    """A hint where a count is its percentage of another column's cases, and that column's own cell is not right."""
    k, percent = entry.count, entry.percent
    for other in entry.row.entries.values() if k is not None else ():
        if other.fits or other is entry or not other.group.n or k > other.group.n:
            continue
        if share_prints(k, other.group.n, percent):
            said = f"{k} is {percent.text}% of the {other.group.n} of {other.group.name}: the cells, or the cases"
            return [finding("columns exchanged", [entry], f"{k} of {other.group.n}", HINT, f"{said}, may be exchanged")]
    return []


def held(check: str, where, expected: str, holds: bool, said: str, under: str = "", printed: str = "") -> dict:
    """A finding: it holds; or only under a condition, where there is one; or cannot."""
    verdict = HOLDS if holds else UNDER if under else CANNOT
    return finding(check, where, expected, verdict, said, "" if holds else under, printed)


def mend(place, expected: str, instead: str, fits: str, printed: str = "") -> dict:
    """A hint: what two neighbouring digits exchanged would mend."""
    said = f"with two neighbouring digits exchanged, {instead}, {fits}"
    return finding("digits exchanged", [place], expected, HINT, said, printed=printed)


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
        if None not in entries and len({entry.n for entry in entries}) > 1:  # those without an answer are no level
            entries = [entry for entry in entries if not UNKNOWN.search(entry.row.level)]
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
        rows.append(finding("levels", entries, f"{n}", verdict, said, under))
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
    return [finding("levels", entries, "100%", verdict, said)]


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
        rows.append(
            finding(
                "levels",
                [*(row.entries[name] for row in parts), entry],
                span(low, high),
                verdict,
                said,
                printed=entry.cell.text,
            )
        )
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
                        other,
                        HINT,
                        f"with two neighbouring digits exchanged, {other} for {text}, the sum would fit",
                    )
                )
    return rows

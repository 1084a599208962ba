"""Printed test statistics: against their p, against the table, and their degrees of freedom."""

import numpy as np

from keepsafe.audit.arithmetic import span
from keepsafe.audit.cells import P
from keepsafe.audit.comparisons import HALF, compared, level_table
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, finding, listed
from keepsafe.audit.headings import ONE_SIDE
from keepsafe.audit.means import as_sd
from keepsafe.audit.percentages import block_of
from keepsafe.audit.rows import OTHER_TESTS, SHARES, Row, Table
from keepsafe.audit.significance import FEWEST_DF, NAMES, chi_squares, f_of_means, p_of_any_df, p_of_statistic, welch_df
from keepsafe.audit.sums import Structure


def statistic_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed t, F, chi-square, z and r: against the p beside it, and against its row."""
    rows = []
    for row in table.rows:
        if row.statistic:
            for p, head, address in row.p:
                if p.value is None or 0 <= p.value.value <= 1:
                    rows += _of_statistic(table, row, p, (row.name, head, address, p.text), found)
            rows += _statistic_of_table(table, row, found) + _impossible(row)
    return rows


def _df(table: Table, row: Row, found: Structure) -> tuple[float, ...]:
    """Degrees of freedom of a printed statistic; where none are printed, those of the columns and levels."""
    stat = row.statistic[0]
    if stat.df or stat.name == "z":
        return stat.df
    for groups in [] if row.unread or OTHER_TESTS.search(f"{row.test} {row.statistic[1]}") else found.compared:
        sizes = [row.entries[g.name].n for g in groups if g.name in row.entries]
        if len(sizes) > 1 and all(sizes):
            if stat.name == "t" and len(sizes) == 2:
                return (sum(sizes) - 2.0,)
            if stat.name == "chi2" and row.kind.form in SHARES:
                return ((max(len(block_of(table, row)), 2) - 1.0) * (len(sizes) - 1.0),)
            if stat.name == "F":
                return (len(sizes) - 1.0, float(sum(sizes) - len(sizes)))
    return ()


def _of_statistic(table: Table, row: Row, p: P, place, found: Structure) -> list[dict]:
    """A printed p against the printed statistic with its degrees of freedom."""
    stat, head, address = row.statistic
    df = _df(table, row, found)
    wanted = {"t": 1, "r": 1, "chi2": 1, "F": 2, "z": 0}[stat.name]
    if stat.name == "t" and not df:
        return _of_unknown_df(stat, p, place)
    if len(df) < wanted or (wanted and min(df[:wanted]) <= 0):
        return [
            finding(
                "p of the statistic", [place], "", UNCHECKED, f"{stat.text}: its degrees of freedom are not printed"
            )
        ]
    ends = stat.value.ends
    low, high = p_of_statistic(stat.name, *ends, df)
    tests = [(stat.text, low, high)]
    others = [("a one-sided test", low / 2, high / 2)] if stat.name in ("t", "z", "r") else []
    if others and ONE_SIDE.search(f"{place[1]} {row.test} {head}"):
        others = [("a two-sided test", low, high)]
        low, high = (low / 2, high / 2) if p.meets(low / 2, high / 2) else (1 - high / 2, 1 - low / 2)
        tests = [(f"{stat.text}, one-sided", low, high)]
    others.append(("decimals cut off", *p_of_statistic(stat.name, *stat.value.cut, df)))
    if not stat.df and stat.name == "t":  # Welch's t has fewer
        smaller = min(row.entries[g.name].n for g in found.compared[0] if g.name in row.entries) - 1
        tests.append(
            (
                f"{stat.text} with {smaller} degrees of freedom or more",
                low,
                p_of_statistic(stat.name, *ends, (max(smaller, 1),))[1],
            )
        )
    usual = [name for name, a, b in tests if p.meets(a, b)]
    under = [name for name, a, b in others if p.meets(a, b)]
    shown = p.shown(low, high)
    said = f"{stat.text} gives p {shown}; printed {p.text}"
    verdict = HOLDS if usual else UNDER if under else CANNOT
    said += f"; it holds only under {under[0]}" if verdict == UNDER else ""
    return [finding("p of the statistic", [place], shown, verdict, said, under[0] if verdict == UNDER else "")]


def _of_unknown_df(stat, p: P, place) -> list[dict]:
    """The p of a t whose degrees of freedom are not printed: of five, or of any more."""
    low, high = p_of_any_df(*stat.value.ends)
    shown = p.shown(low, high)
    said = f"{stat.text} gives p {shown} with {FEWEST_DF} degrees of freedom or more; printed {p.text}"
    if p.meets(low, high):
        return [finding("p of the statistic", [place], shown, HOLDS, said)]
    under = "a one-sided test" if p.meets(low / 2, high / 2) else ""
    return [finding("p of the statistic", [place], shown, UNDER if under else CANNOT, said, under)]


def _impossible(row: Row) -> list[dict]:
    stat, head, address = row.statistic
    if (stat.name in ("F", "chi2") and stat.value.value < 0) or (stat.name == "r" and abs(stat.value.value) > 1):
        expected = "0 or more" if stat.name != "r" else "-1 to 1"
        return [
            finding(
                "statistic",
                [(row.name, head, address, stat.text)],
                expected,
                CANNOT,
                f"{stat.name} is always {expected}",
            )
        ]
    return []


def _statistic_of_table(table: Table, row: Row, found: Structure) -> list[dict]:
    """A printed t, F or chi-square against the means or counts of its row, and its degrees of freedom."""
    stat, head, address = row.statistic
    place = (row.name, head, address, stat.text)
    groups, problem = compared(head, found, table)
    if unread := row.unread & {group.name for parts in groups for group in parts}:
        problem = problem or f"{stat.text}: the cell of {listed(sorted(unread))} was not understood"
    if other := next((text for text in (row.test, head) if OTHER_TESTS.search(text)), ""):
        problem = problem or f"{other}: it cannot be worked out from what is printed"
    for parts in [] if problem else groups:
        entries = [row.entries[g.name] for g in parts if g.name in row.entries]
        moments = [as_sd(entry) for entry in entries]
        if stat.name in ("t", "F") and len(entries) > 1 and None not in moments and all(e.n > 1 for e in entries):
            return _f_against(row, place, stat, entries, moments)
        if stat.name == "chi2" and row.kind.form in SHARES:
            made = _chi_against(table, row, place, stat, parts)
            if made:
                return made
    reason = problem or f"{stat.text}: nothing in its row to work it out from"
    return [] if row.p and not problem else [finding("statistic", [place], "", UNCHECKED, reason)]


def _f_against(row: Row, place, stat, entries, moments) -> list[dict]:
    for entry in entries:
        entry.checked = True
    sizes, means = [entry.n for entry in entries], [m[0].ends for m in moments]
    root = stat.name == "t"
    if root and len(entries) > 2:
        return [finding("statistic", [place], "", UNCHECKED, "a t of more than two columns")]

    def ranges(means, sds, sizes):
        return {
            test: tuple((end[0] ** 0.5 if root else end[0]) for end in ends)
            for test, ends in f_of_means(means, sds, sizes).items()
        }

    made = ranges(means, [m[2] for m in moments], sizes)
    value = abs(stat.value.value)
    ends = value - stat.value.half, value + stat.value.half
    digits = max(stat.value.decimals + 1, 2)
    names = {"t": "Student" if root else "ANOVA", "welch": "Welch"}
    shown = "; ".join(f"{names[test]} {span(both[0], both[1], digits)}" for test, both in made.items())
    sides = " against ".join(f"{e.group.name} {e.cell.text} (n = {e.n})" for e in entries)
    said = f"{sides}: {stat.name} by {shown}; printed {stat.text}"
    holds = [names[test] for test, (low, high) in made.items() if low <= ends[1] + 1e-9 and high >= ends[0] - 1e-9]
    under = ""
    if not holds:
        cut = ranges(
            [m[0].cut for m in moments],
            [(max(m[1].cut[0], 0), m[1].cut[1]) if row.kind.form == "mean sd" else m[2] for m in moments],
            sizes,
        )
        if any(low <= ends[1] and high >= ends[0] for low, high in cut.values()):
            under = "decimals cut off"
        elif not any(entry.own for entry in entries) and value < min(low for low, _ in made.values()):
            least = ranges(means, [m[2] for m in moments], [max(int(n * HALF), 2) for n in sizes])
            under = "fewer cases" if any(low <= ends[1] for low, _ in least.values()) else ""
    elif all(m[1].decimals - m[0].decimals >= 2 for m in moments):
        fine = [(m[0].value - m[1].half, m[0].value + m[1].half) for m in moments]
        narrow = ranges(fine, [m[2] for m in moments], sizes)
        if not any(low <= ends[1] + 1e-9 and high >= ends[0] - 1e-9 for low, high in narrow.values()):
            shown = "; ".join(f"{names[test]} {span(both[0], both[1], digits)}" for test, both in narrow.items())
            said = f"{sides}: {stat.name} by {shown}; printed {stat.text}"
            holds, under = [], "means rounded further than their SDs"
    verdict = HOLDS if holds else UNDER if under else CANNOT
    said += f"; it holds by {listed(holds)}" if holds else f"; it holds only under {under}" if under else ""
    rows = [finding("statistic", [place], shown, verdict, said, under)]
    return rows + _df_against(row, place, stat, sizes, welch_df([m[2] for m in moments], sizes))


def _df_against(row: Row, place, stat, sizes, welch: tuple[float, float]) -> list[dict]:
    """Degrees of freedom against the numbers of cases; Welch's may be fewer."""
    if not stat.df:
        return []
    df, full = stat.df[-1], sum(sizes) - len(sizes)
    if df == full and (stat.name == "t" or stat.df[0] == len(sizes) - 1):
        return [finding("degrees of freedom", [place], str(full), HOLDS, f"{sum(sizes)} cases in {len(sizes)} groups")]
    said = f"{sum(sizes)} cases in {len(sizes)} groups leave {full} degrees of freedom; printed {df:g}"
    if stat.name == "F" and stat.df[0] != len(sizes) - 1:
        return [
            finding(
                "degrees of freedom",
                [place],
                str(len(sizes) - 1),
                UNDER,
                f"F has {stat.df[0]:g} degrees of freedom for {len(sizes)} groups",
                "another comparison than of these columns",
            )
        ]
    if df > full:
        return [finding("degrees of freedom", [place], f"at most {full}", CANNOT, said)]
    slack = 1.0  # some print whole ones
    if welch[0] - slack <= df <= welch[1] + slack:
        return [
            finding("degrees of freedom", [place], str(full), HOLDS, f"{said}, as Welch's test has: {span(*welch, 1)}")
        ]
    if df != int(df):
        return [
            finding(
                "degrees of freedom",
                [place],
                span(*welch, 1),
                CANNOT,
                f"{said}, and Welch's test has {span(*welch, 1)}",
            )
        ]
    under = f"fewer cases, {df + len(sizes):g} in all"
    return [finding("degrees of freedom", [place], str(full), UNDER, said, under)]


def _chi_against(table: Table, row: Row, place, stat, parts) -> list[dict]:
    levels, entries = level_table(table, row, parts)
    mine = [row.entries.get(g.name) for g in parts]
    candidates = [levels] if levels is not None else []
    if None not in mine and all(e.n and e.count is not None for e in mine):
        candidates.append(np.array([[e.count for e in mine], [e.n - e.count for e in mine]]))
        entries = entries or mine
    if not candidates:
        return []
    for entry in entries:
        entry.checked = True
    made = [(NAMES[name], x, df) for each in candidates for name, (x, df) in chi_squares(each).items()]
    if stat.df:
        made = [m for m in made if m[2] == stat.df[0]] or made
    digits = stat.value.decimals + 1
    shown = "; ".join(f"{name} {x:.{digits}f}" for name, x, _ in dict.fromkeys(made))
    holds = [name for name, x, _ in made if stat.value.ends[0] - 1e-9 <= x <= stat.value.ends[1] + 1e-9]
    cut = [name for name, x, _ in made if stat.value.cut[0] <= x < stat.value.cut[1]]
    verdict = HOLDS if holds else UNDER if cut else CANNOT
    said = f"chi-square by {shown}; printed {stat.text}" + (f"; it holds by {listed(holds)}" if holds else "")
    return [finding("statistic", [place], shown, verdict, said, "decimals cut off" if verdict == UNDER else "")]

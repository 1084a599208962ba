"""Printed test statistics: against their p, against the row that they stand in, and their degrees of freedom."""

from itertools import product

import numpy as np

from keepsafe.audit.arithmetic import FEWER, distance, meets, span
from keepsafe.audit.cells import P
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, finding, listed
from keepsafe.audit.means import Moments, as_sd
from keepsafe.audit.percentages import CUT, level_table, with_fewer_cases
from keepsafe.audit.rows import (
    MODELLED,
    ONE_SIDE,
    OTHER_TESTS,
    PAIRED,
    SHARES,
    Entry,
    Row,
    Table,
    headings,
    may_be_paired,
)
from keepsafe.audit.significance import (
    FEWEST_DF,
    HALF,
    NAMES,
    ONE_SIDED,
    chi_squares,
    f_ranges,
    p_of_any_df,
    p_of_statistic,
    rounded_further,
    welch_df,
)
from keepsafe.audit.sums import Structure


def statistic_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed t, F, chi-square, z and r: against the p beside it, and against its row."""
    rows = []
    for row in table.rows:
        if not row.statistic:
            continue
        for p, head, address in row.p:
            if p.value is None or 0 <= p.value.value <= 1:
                rows += _against_p(row, p, (row.name, head, address, p.text), found)
        stat, head, address = row.statistic
        place = (row.name, head, address, stat.text)
        rows += _against_row(row, place, found)
        if (stat.name in ("F", "chi2") and stat.value.value < 0) or (stat.name == "r" and abs(stat.value.value) > 1):
            expected = "0 or more" if stat.name != "r" else "-1 to 1"
            rows.append(finding("statistic", [place], expected, CANNOT, f"{stat.name} is always {expected}"))
    return rows


def _df(row: Row, found: Structure) -> tuple[float, ...]:
    """Degrees of freedom of a printed statistic; where none are printed, those of the columns and levels."""
    stat = row.statistic[0]
    if stat.df or stat.name == "z" or row.unread or OTHER_TESTS.search(f"{row.test} {row.statistic[1]}"):
        return stat.df
    for groups in found.compared:
        sizes = [row.entries[g.name].n for g in groups if g.name in row.entries]
        if len(sizes) > 1 and all(sizes):
            if stat.name == "t" and len(sizes) == 2:
                return (sum(sizes) - 2.0,)
            if stat.name == "chi2" and row.kind.form in SHARES:
                return ((max(len(row.block), 2) - 1.0) * (len(sizes) - 1.0),)
            if stat.name == "F":
                return (len(sizes) - 1.0, float(sum(sizes) - len(sizes)))
    return ()


def _against_p(row: Row, p: P, place, found: Structure) -> list[dict]:
    """A printed p against the printed statistic with its degrees of freedom."""
    stat, head, address = row.statistic
    name, ends, df, check = stat.name, stat.value.ends, _df(row, found), "p of the statistic"
    both = [place, (row.name, head, address, stat.text)]
    if name == "t" and not df:
        low, high = p_of_any_df(*ends)
        shown = p.shown(low, high)
        said = f"{stat.text} gives p {shown} with {FEWEST_DF} degrees of freedom or more; printed {p.text}"
        under = ONE_SIDED if p.meets(low / 2, high / 2) else CUT if p.meets(*p_of_any_df(*stat.value.cut)) else ""
        return [finding(check, both, shown, p.meets(low, high), said, under, p.text)]
    wanted = {"t": 1, "r": 1, "chi2": 1, "F": 2, "z": 0}[name]
    if len(df) < wanted or (wanted and min(df[:wanted]) <= 0):
        return [finding(check, [place], "", UNCHECKED, f"{stat.text}: its degrees of freedom are not printed")]
    low, high = p_of_statistic(name, *ends, df)
    others = [(ONE_SIDED, low / 2, high / 2)] if name in ("t", "z", "r") else []
    if others and ONE_SIDE.search(f"{place[1]} {row.test} {head}"):
        others = [("a two-sided test", low, high)]
        low, high = (low / 2, high / 2) if p.meets(low / 2, high / 2) else (1 - high / 2, 1 - low / 2)
    others.append((CUT, *p_of_statistic(name, *stat.value.cut, df)))
    holds = p.meets(low, high)
    if not stat.df and name == "t":  # Welch's t has fewer
        fewer = min(row.entries[g.name].n for g in found.compared[0] if g.name in row.entries) - 1
        holds = holds or p.meets(low, p_of_statistic(name, *ends, (max(fewer, 1),))[1])
    under = "" if holds else next((under for under, *ends in others if p.meets(*ends)), "")
    shown = p.shown(low, high)
    said = f"{stat.text} gives p {shown}; printed {p.text}"
    said += f"; it holds only under {under}" if under else ""
    return [finding(check, both, shown, holds, said, under, p.text)]


def _against_row(row: Row, place, found: Structure) -> list[dict]:
    """A printed t, F or chi-square against the means or counts of its row, and its degrees of freedom."""
    stat, head, _ = row.statistic
    groups, problem = found.of(head)
    if unread := row.unread & {group.name for parts in groups for group in parts}:
        problem = problem or f"{stat.text}: the cell of {listed(sorted(unread))} was not understood"
    modelled = ["weighted"] * row.kind.weighted + [text for text in headings(row, groups) if MODELLED.search(text)]
    if other := next(iter(modelled + [text for text in (row.test, head) if OTHER_TESTS.search(text)]), ""):
        problem = problem or f"{other}: it cannot be worked out from what is printed"
    for parts in [] if problem else groups:
        entries = [row.entries[g.name] for g in parts if g.name in row.entries]
        moments = [as_sd(entry) for entry in entries]
        if stat.name in ("t", "F") and len(entries) > 1 and None not in moments and all(e.n > 1 for e in entries):
            return _f_against(place, stat, entries, moments, may_be_paired(row, parts))
        if stat.name == "chi2" and row.kind.form in SHARES and (made := _chi_against(row, place, stat, parts)):
            return made
    reason = problem or f"{stat.text}: nothing in its row to work it out from"
    return [] if row.p and not problem else [finding("statistic", [place], "", UNCHECKED, reason)]


def _f_against(place, stat, entries: list[Entry], moments: list[Moments], paired: bool) -> list[dict]:
    root, sizes = stat.name == "t", [entry.n for entry in entries]
    if root and len(entries) > 2:
        return [finding("statistic", [place], "", UNCHECKED, "a t of more than two columns", of=entries)]
    names = {"t": "Student" if root else "ANOVA", "welch": "Welch"}
    value, (least, most) = abs(stat.value.value), distance(stat.value.ends)

    def ranges(sizes, **how) -> dict[str, tuple[float, float]]:
        found = f_ranges(moments, sizes, **how)
        return {names[test]: tuple(f**0.5 if root else f for f, *_ in ends) for test, ends in found.items()}

    def fitting(made) -> list[str]:
        return [test for test, (low, high) in made.items() if low <= most + 1e-9 and high >= least - 1e-9]

    made, under = ranges(sizes), ""
    holds = fitting(made)
    if not holds:
        if fitting(ranges(sizes, cut=True)):
            under = CUT
        elif not any(entry.own for entry in entries) and any(value < low for low, _ in made.values()):
            fewest = ranges([max(int(n * HALF), 2) for n in sizes])
            fewer = any(value < low and fewest[test][0] <= most for test, (low, _) in made.items())
            under = "fewer cases" if fewer else ""
        under = PAIRED if paired else under
    elif rounded_further(moments) and not fitting(narrow := ranges(sizes, fine=True)):
        made, holds, under = narrow, [], "means rounded further than their SDs"
    digits = max(stat.value.decimals + 1, 2)
    shown = "; ".join(f"{test} {span(low, high, digits)}" for test, (low, high) in made.items())
    sides = " against ".join(f"{e.group.name} {e.cell.text} (n = {e.n})" for e in entries)
    said = f"{sides}: {stat.name} by {shown}; printed {stat.text}"
    said += f"; it holds by {listed(holds)}" if holds else f"; it holds only under {under}" if under else ""
    rows = [finding("statistic", [place], shown, bool(holds), said, under, of=entries)]
    return rows + _df_against(place, stat, entries, moments, paired)


def _df_against(place, stat, entries: list[Entry], moments: list[Moments], paired: bool) -> list[dict]:
    """Degrees of freedom against the numbers of cases; Welch's may be fewer, and so are those of pairs."""
    if not stat.df:
        return []
    sizes = [entry.n for entry in entries]
    df, full, groups = stat.df[-1], sum(sizes) - len(sizes), len(sizes)

    def told(expected: str, verdict: str, said: str, under: str = "") -> list[dict]:
        return [finding("degrees of freedom", [place], expected, verdict, said, under)]

    if stat.name == "F" and stat.df[0] != groups - 1:
        said = f"F has {stat.df[0]:g} degrees of freedom for {groups} groups"
        return told(str(groups - 1), UNDER, said, "another comparison than of these columns")
    if df == full:
        return told(str(full), HOLDS, f"{sum(sizes)} cases in {groups} groups")
    said = f"{sum(sizes)} cases in {groups} groups leave {full} degrees of freedom; printed {df:g}"
    if paired and stat.name == "t" and df < min(sizes):
        return told(str(full), UNDER, said, PAIRED)
    if df > full:
        return told(f"at most {full}", CANNOT, said)
    low, high = welch_df([m.ends for m in moments], sizes)
    shown = span(low, high, 1)
    if low - 1 <= df <= high + 1:  # some print whole ones
        return told(str(full), HOLDS, f"{said}, as Welch's test has: {shown}")
    if df != int(df):
        least = [n if entry.own else max(int(n - n * FEWER), 2) for n, entry in zip(sizes, entries, strict=True)]
        ways = [welch_df([m.ends for m in moments], ns)[0] for ns in product(*zip(sizes, least, strict=True))]
        under = "fewer cases" if min(ways) <= df < low else ""
        return [finding("degrees of freedom", [place], shown, False, f"{said}, and Welch's test has {shown}", under)]
    return told(str(full), UNDER, said, f"fewer cases, {df + groups:g} in all")


def _chi_against(row: Row, place, stat, parts) -> list[dict]:
    levels, entries = level_table(row, parts)
    mine = [row.entries.get(g.name) for g in parts]
    candidates = [levels] if levels is not None else []
    if None not in mine and all(e.n and e.count is not None for e in mine):
        candidates.append(np.array([[e.count for e in mine], [e.n - e.count for e in mine]]))
        entries = entries or mine
    if not candidates:
        return []
    made = [(NAMES[name], x, df) for each in candidates for name, (x, df) in chi_squares(each).items()]
    if stat.df:
        made = [m for m in made if m[2] == stat.df[0]] or made
    shown = "; ".join(f"{name} {x:.{stat.value.decimals + 1}f}" for name, x, _ in dict.fromkeys(made))
    holds = [name for name, x, _ in made if stat.value.ends[0] - 1e-9 <= x <= stat.value.ends[1] + 1e-9]
    under = CUT if any(stat.value.cut[0] <= x < stat.value.cut[1] for _, x, _ in made) else ""
    if not holds and not under and None not in mine:
        fewer = [chi_squares(each) for each in with_fewer_cases(mine)]
        for name in NAMES.keys() & {name for each in fewer for name in each}:
            x = [each[name][0] for each in fewer if name in each]
            under = "fewer cases" if meets((min(x), max(x)), stat.value.ends) else under
    said = f"chi-square by {shown}; printed {stat.text}" + (f"; it holds by {listed(holds)}" if holds else "")
    return [finding("statistic", [place], shown, bool(holds), said, under, of=entries)]

"""p-values and test statistics of a table against its counts, and against its means and SDs."""

import re
from itertools import combinations

import numpy as np

from keepsafe.audit.arithmetic import exchanged, span
from keepsafe.audit.cells import Number, P, p_value
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNCHECKED, UNDER, finding, listed
from keepsafe.audit.layout import Entry, Group, Row, Table
from keepsafe.audit.means import as_sd
from keepsafe.audit.shares import SHARES, block_of, count_range
from keepsafe.audit.significance import (
    NAMES,
    chi_squares,
    f_of_means,
    p_between,
    p_exact,
    p_of_f,
    p_of_levels,
    p_of_statistic,
    p_ordered,
    welch_df,
)
from keepsafe.audit.sums import Structure

OTHER_TESTS = re.compile(
    r"mann|wilcox|kruskal|rank|paired|mcnemar|friedman|ancova|mixed|log.?rank|regress|adjusted|cox|"
    r"sign test|median test|mood|permut|bootstrap|kolmogorov|spearman|pearson.?s? r|bayes",
    re.IGNORECASE,
)
HALF = 0.5  # of the cases at least, for a p that fewer cases would give


def comparison_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed p and statistic: against the table, and against each other."""
    rows = []
    for row in table.rows:
        for p, head, address in row.p:
            place = (row.name, head, address)
            if p.value is not None and (p.value.value > 1 or p.value.value < 0):
                rows.append(finding("p", [place], p.text, "0 to 1", CANNOT, f"a p is between 0 and 1: {p.text}"))
                continue
            told = _of_statistic(row, p, place, found) if row.statistic else []
            rows += told
            rows += _of_table(table, row, p, place, found, quiet=bool(told))
        if row.statistic:
            rows += _statistic_of_table(table, row, found)
            if not row.p:
                rows += _lone_statistic(row)
    return rows


def _compared(head: str, found: Structure, table: Table) -> tuple[list[tuple[Group, ...]], str]:
    """The groups that a p is of: those its heading names, else those that make up a whole, else all."""
    named = re.search(r"[(,:\s]\s*([^(,:]+?)\s+(?:vs?\.?|versus|against)\s+([^),]+)", head, re.IGNORECASE)
    if not named:
        return list(found.compared), ""
    names = {group.name.casefold(): group for group in table.groups}
    pair = [names.get(part.strip().casefold()) for part in named.groups()]
    if None in pair:
        missing = [part for part, group in zip(named.groups(), pair, strict=True) if group is None]
        return [], f"no column is called {listed([repr(m.strip()) for m in missing])}"
    return [tuple(pair)], ""


def _of_table(table: Table, row: Row, p: P, place, found: Structure, quiet: bool) -> list[dict]:
    """A p against the counts or means that it is of."""
    groups, problem = _compared(place[1], found, table)
    reason = problem
    if not problem and OTHER_TESTS.search(row.test):
        reason = f"{row.test}: it cannot be worked out from what is printed"
    elif not problem and not groups:
        reason = "fewer than two columns to compare"
    if not reason:
        form = row.kind.form
        if form in SHARES:
            tried = _by_counts(table, row, p, groups)
        elif form in ("mean sd", "mean se"):
            tried = _by_means(row, p, groups)
        else:
            what = "medians" if form == "median" else "no counts, and no means with SDs"
            tried = f"nothing to hold it against: {what} in its row"
        if not isinstance(tried, str):
            return _verdict("p", row, place, p, *tried)
        reason = tried
    return [] if quiet else [finding("p", [place], p.text, "", UNCHECKED, reason)]


def _verdict(check: str, row: Row, place, p: P, entries, tests, others, digits: int = 3) -> list[dict]:
    """One row: does a usual test give the p; and if none, under which condition?

    `tests` and `others` are lists of (name, low, high); the others hold only under their name.
    """
    for entry in entries:
        entry.checked = True
    usual = [name for name, low, high in tests if p.meets(low, high)]
    shown = "; ".join(f"{name} {_p_span(low, high, p)}" for name, low, high in dict.fromkeys(tests))
    sides = " against ".join(f"{e.group.name} {e.cell.text}{'' if e.row is row or e.row.level == row.level else ''}"
                             f" (n = {e.n})" for e in entries if e.row is row)  # fmt: skip
    said = f"{sides or row.name}: p by {shown}; printed {p.text}"
    if usual:
        return [finding(check, [place], p.text, shown, HOLDS, f"{said}; it holds by {listed(usual)}")]
    hints = [(name, low, high) for name, low, high in others if name.startswith("hint:") and p.meets(low, high)]
    under = list(
        dict.fromkeys(name for name, low, high in others if not name.startswith("hint:") and p.meets(low, high))
    )
    verdict = UNDER if under else CANNOT
    said += f"; it holds only under {' or '.join(under[:3])}" if under else "; no usual test gives it"
    rows = [finding(check, [place], p.text, shown, verdict, said, " or ".join(under[:3]))]
    if hints:
        name = hints[0][0].removeprefix("hint:")
        rows.append(finding("SE for SD", [place], p.text, name, HINT, f"{name}, the printed p would hold"))
    if verdict == CANNOT and p.value is not None and not p.value.sign:
        for other in exchanged(p.text):
            new = p_value(other)
            if new and any(new.meets(low, high) for _, low, high in tests):
                rows.append(
                    finding(
                        "digits exchanged",
                        [place],
                        p.text,
                        other,
                        HINT,
                        f"with two neighbouring digits exchanged, {other} for {p.text}, it would hold",
                    )
                )
                break
    return rows


def _p_span(low: float, high: float, p: P) -> str:
    digits = max(3, (p.value.decimals if p.value else 3) + 1)

    def text(value: float) -> str:
        return "1" if value > 1 - 0.5 * 10.0**-digits else f"<.{'0' * (digits - 1)}1" if value < 10.0**-digits else (
            f"{value:.{digits}f}".removeprefix("0"))  # fmt: skip

    return text(low) if text(low) == text(high) else f"{text(low)} to {text(high)}"


def _by_means(row: Row, p: P, contrasts):
    """Student's t or ANOVA and Welch's, and what else might give the p."""
    tests, others, used, reason = [], [], [], ""
    for groups in contrasts:
        entries = [row.entries.get(group.name) for group in groups]
        if None in entries:
            entries = [entry for entry in entries if entry is not None]
        moments = [as_sd(entry) for entry in entries]
        if len(entries) < 2 or None in moments or any(entry.n < 2 for entry in entries):
            reason = "not two columns with a mean, an SD and a number of cases"
            continue
        used += entries
        sizes = [entry.n for entry in entries]
        tests += _means(moments, sizes)
        if any(p.meets(low, high) for _, low, high in tests):
            wide = _coarse(moments, sizes, p)
            if wide:
                others, tests = [(wide, 0.0, 1.0)], [t for t in _means(moments, sizes, fine=True)]
            continue
        others += _other_means(row, entries, moments, sizes, tests, p)
        if len(entries) > 2:
            for pair in combinations(range(len(entries)), 2):
                names = f"{entries[pair[0]].group.name} against {entries[pair[1]].group.name} alone"
                others += [(names, low, high) for _, low, high in
                           _means([moments[i] for i in pair], [sizes[i] for i in pair])]  # fmt: skip
    return (used, tests, others) if used else reason


def _ends(number: Number, cut: bool = False, fine: int | None = None) -> tuple[float, float]:
    if fine is not None:
        half = 0.5 * 10.0 ** -max(fine, number.decimals)
        return number.value - half, number.value + half
    return number.cut if cut else number.ends


def _means(moments, sizes, cut: bool = False, fine: bool = False) -> list[tuple[str, float, float]]:
    means = [_ends(m[0], cut, m[1].decimals if fine else None) for m in moments]
    sds = [(max(m[1].cut[0], 0), m[1].cut[1]) if cut and m[1] else m[2] for m in moments]
    found = f_of_means(means, sds, sizes)
    names = {"t": "t", "welch": "welch"} if len(sizes) == 2 else {"t": "anova", "welch": "welch anova"}
    return [(NAMES[names[test]], p_of_f(*most), p_of_f(*least)) for test, (least, most) in found.items()]


def _coarse(moments, sizes, p: P) -> str:
    """Where means were printed with at least two decimals fewer than their SDs, and only that rounding gives the p."""
    if not all(m[1].decimals - m[0].decimals >= 2 for m in moments):
        return ""
    if any(p.meets(low, high) for _, low, high in _means(moments, sizes, fine=True)):
        return ""
    texts = listed([f"{m[0].text} for {span(*m[0].ends, m[0].decimals + 1)}" for m in moments])
    return f"means rounded further than their SDs ({texts})"


def _other_means(row: Row, entries, moments, sizes, tests, p: P) -> list[tuple[str, float, float]]:
    """One-sided tests, decimals cut off, fewer cases; standard errors taken for SDs."""
    others = [("a one-sided test", low / 2, high / 2) for _, low, high in tests] if len(sizes) == 2 else []
    others += [("decimals cut off", low, high) for _, low, high in _means(moments, sizes, cut=True)]
    if not any(entry.own for entry in entries):
        fewest = [max(int(n * HALF), 2) for n in sizes]
        for full, fewer in zip(_means(moments, sizes), _means(moments, fewest), strict=True):
            if fewer[2] > full[2] and p.meets(full[2], fewer[2]):
                said = _how_many(moments, sizes, p) if len(sizes) == 2 else ""
                others.append((f"fewer cases{said}", full[2], fewer[2]))
    if row.kind.form == "mean sd":
        scaled = [(m[0], m[1], tuple(end * n**0.5 for end in m[2])) for m, n in zip(moments, sizes, strict=True)]
        others += [("hint:taken as standard errors, not SDs", low, high) for _, low, high in _means(scaled, sizes)]
    return others


def _how_many(moments, sizes, p: P) -> str:
    """With how many cases in all a p would hold, were as large a share lost in each column."""

    def ends(share: float) -> list[tuple[str, float, float]]:
        return _means(moments, [max(round(n * share), 2) for n in sizes])

    found = []
    for reached in (lambda low, high: high >= p.low, lambda low, high: low > p.high):  # p grows as cases are lost
        few, many = HALF, 1.0
        for _ in range(9):
            middle = (few + many) / 2
            hit = any(reached(low, high) for _, low, high in ends(middle))
            few, many = (middle, many) if hit else (few, middle)
        found.append(few)
    total = sum(sizes)
    low, high = (int(total * share) for share in found[::-1])
    return f", some {span(low, high)} of {total}"


def _level_table(table: Table, row: Row, groups) -> tuple[np.ndarray | None, list[Entry]]:
    """All levels of the row's variable by groups, as counts, where every one is exact."""
    plain = [each for each in block_of(table, row) if "|" not in each.level]
    entries = [[each.entries.get(group.name) for group in groups] for each in plain]
    ranges = [[count_range(entry) for entry in line] for line in entries]
    if len(plain) < 2 or any(r is None or r[0] != r[1] for line in ranges for r in line):
        return None, []
    return np.array([[r[0] for r in line] for line in ranges]), [e for line in entries for e in line]


def _by_counts(table: Table, row: Row, p: P, contrasts):
    """Pearson, Yates, likelihood ratio and Fisher, of the row alone and of its variable's levels together."""
    tests, others, used, reason = [], [], [], "not two columns with a count and a number of cases"
    for groups in contrasts:
        pairs = [(entry, count_range(entry)) for group in groups if (entry := row.entries.get(group.name))]
        pairs = [(entry, ends) for entry, ends in pairs if ends is not None and entry.n]
        levels, entries = _level_table(table, row, groups)
        if levels is not None:
            used += entries
            tests += _of_levels(levels)
            # a level that is not printed is one more row of the test
            rest = np.array([max(e.n or 0, 0) for e in entries[: len(groups)]]) - levels.sum(axis=0)
            if all(e.n for e in entries) and (rest >= 0).all() and rest.any():
                tests += _of_levels(np.vstack([levels, rest]))
            others += [("a test for levels in their order", value, value) for value in p_ordered(levels).values()]
            if not any(p.meets(low, high) for _, low, high in tests):
                exact = p_exact(levels)
                tests += [("Fisher", exact, exact)] if exact is not None else []
                others += (
                    []
                    if exact is not None
                    else [("Fisher's exact test of a large table, not worked out", 0.0, 1.0)]
                    if _near_p(tests, p)
                    else []
                )
        if len(pairs) < 2 or (levels is not None and len(levels) == 2):
            continue
        used += [entry for entry, _ in pairs]
        tests += _of_row(pairs)
        if len(pairs) > 2 and _near_p(tests, p) and not any(p.meets(low, high) for _, low, high in tests):
            exact = p_exact(np.array([[low, entry.n - low] for entry, (low, high) in pairs if low == high]))
            tests += [("Fisher", exact, exact)] if exact is not None else []
        if len(pairs) == 2:
            others += [("a one-sided test", low / 2, high / 2) for _, low, high in tests]
        else:
            for one, two in combinations(pairs, 2):
                names = f"{one[0].group.name} against {two[0].group.name} alone"
                others += [(names, low, high) for _, low, high in _of_row([one, two])]
    return (list(dict.fromkeys(used)), tests, others) if used else reason


def _near_p(tests, p: P) -> bool:
    """Whether a p is as near to Pearson's as an exact test's can be: within a third on the scale of odds."""
    return any(p.high > low / 1.5 and p.low < high * 1.5 for _, low, high in tests)


def _of_levels(levels: np.ndarray) -> list[tuple[str, float, float]]:
    if levels.shape == (2, 2):
        (a, b), (c, d) = levels
        return [(NAMES[name], *map(float, ends)) for name, ends in p_between(a, a, a + c, b, b, b + d).items()]
    return [(NAMES[name], value, value) for name, value in p_of_levels(levels).items()]


def _of_row(pairs) -> list[tuple[str, float, float]]:
    """The row with and without, by columns."""
    if len(pairs) == 2:
        (one, (low1, high1)), (two, (low2, high2)) = pairs
        n1, n2 = (x.ravel() for x in np.meshgrid(one.sizes or [one.n], two.sizes or [two.n]))
        found = p_between(low1, high1, n1, low2, high2, n2)
        return [(NAMES[name], float(np.min(low)), float(np.max(high))) for name, (low, high) in found.items()]
    if any(low != high for _, (low, high) in pairs):
        return []
    table = np.array([[low, entry.n - low] for entry, (low, _) in pairs]).T
    return _of_levels(table)


def _df(row: Row, found: Structure) -> tuple[float, ...]:
    """Degrees of freedom of a printed statistic; of a t or F without, those of the columns."""
    stat = row.statistic[0]
    if stat.df or stat.name == "z":
        return stat.df
    for groups in found.compared:
        sizes = [row.entries[g.name].n for g in groups if g.name in row.entries]
        if len(sizes) > 1 and all(sizes):
            if stat.name == "t" and len(sizes) == 2:
                return (sum(sizes) - 2.0,)
            if stat.name == "F":
                return (len(sizes) - 1.0, float(sum(sizes) - len(sizes)))
    return ()


def _of_statistic(row: Row, p: P, place, found: Structure) -> list[dict]:
    """A printed p against the printed statistic with its degrees of freedom."""
    stat, head, address = row.statistic
    df = _df(row, found)
    wanted = {"t": 1, "r": 1, "chi2": 1, "F": 2, "z": 0}[stat.name]
    if len(df) < wanted or (wanted and min(df[:wanted]) <= 0):
        return [
            finding(
                "p of the statistic",
                [place],
                p.text,
                "",
                UNCHECKED,
                f"{stat.text}: its degrees of freedom are not printed",
            )
        ]
    ends = stat.value.ends
    low, high = p_of_statistic(stat.name, *ends, df)
    tests = [(stat.text, low, high)]
    others = [("a one-sided test", low / 2, high / 2)] if stat.name in ("t", "z", "r") else []
    others.append(("decimals cut off", *p_of_statistic(stat.name, *stat.value.cut, df)))
    if not stat.df and stat.name == "t":  # Welch's t has fewer
        smaller = min(row.entries[g.name].n for g in found.compared[0] if g.name in row.entries) - 1
        tests.append((f"{stat.text} with {smaller} degrees of freedom or more", low,
                      p_of_statistic(stat.name, *ends, (max(smaller, 1),))[1]))  # fmt: skip
    usual = [name for name, a, b in tests if p.meets(a, b)]
    under = [name for name, a, b in others if p.meets(a, b)]
    shown = _p_span(low, high, p)
    said = f"{stat.text} gives p {shown}; printed {p.text}"
    verdict = HOLDS if usual else UNDER if under else CANNOT
    said += f"; it holds only under {under[0]}" if verdict == UNDER else ""
    return [finding("p of the statistic", [place], p.text, shown, verdict, said, under[0] if verdict == UNDER else "")]


def _lone_statistic(row: Row) -> list[dict]:
    stat, head, address = row.statistic
    if stat.name in ("F", "chi2") and stat.value.value < 0:
        return [finding("statistic", [(row.name, head, address)], stat.text, "0 or more", CANNOT,
                        f"{stat.name} is never negative")]  # fmt: skip
    return []


def _statistic_of_table(table: Table, row: Row, found: Structure) -> list[dict]:
    """A printed t, F or chi-square against the means or counts of its row, and its degrees of freedom."""
    stat, head, address = row.statistic
    place = (row.name, head, address)
    groups, problem = _compared(head, found, table)
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
    return [] if row.p and not problem else [finding("statistic", [place], stat.text, "", UNCHECKED, reason)]


def _f_against(row: Row, place, stat, entries, moments) -> list[dict]:
    for entry in entries:
        entry.checked = True
    sizes, means = [entry.n for entry in entries], [m[0].ends for m in moments]
    root = stat.name == "t"
    if root and len(entries) > 2:
        return [finding("statistic", [place], stat.text, "", UNCHECKED, "a t of more than two columns")]

    def ranges(means, sds, sizes):
        return {test: tuple((end[0] ** 0.5 if root else end[0]) for end in ends)
                for test, ends in f_of_means(means, sds, sizes).items()}  # fmt: skip

    made = ranges(means, [m[2] for m in moments], sizes)
    value = abs(stat.value.value)
    ends = value - stat.value.half, value + stat.value.half
    digits = max(stat.value.decimals + 1, 2)
    names = {"t": "Student" if root else "ANOVA", "welch": "Welch"}
    shown = "; ".join(f"{names[test]} {span(*both, digits)}" for test, both in made.items())
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
    verdict = HOLDS if holds else UNDER if under else CANNOT
    said += f"; it holds by {listed(holds)}" if holds else f"; it holds only under {under}" if under else ""
    rows = [finding("statistic", [place], stat.text, shown, verdict, said, under)]
    return rows + _df_against(row, place, stat, sizes, welch_df([m[2] for m in moments], sizes))


def _df_against(row: Row, place, stat, sizes, welch: tuple[float, float]) -> list[dict]:
    """Degrees of freedom against the numbers of cases; Welch's may be fewer."""
    if not stat.df:
        return []
    df, full = stat.df[-1], sum(sizes) - len(sizes)
    if df == full and (stat.name == "t" or stat.df[0] == len(sizes) - 1):
        return [
            finding(
                "degrees of freedom", [place], stat.text, str(full), HOLDS, f"{sum(sizes)} cases in {len(sizes)} groups"
            )
        ]
    said = f"{sum(sizes)} cases in {len(sizes)} groups leave {full} degrees of freedom; printed {df:g}"
    if stat.name == "F" and stat.df[0] != len(sizes) - 1:
        return [
            finding(
                "degrees of freedom",
                [place],
                stat.text,
                str(len(sizes) - 1),
                UNDER,
                f"F has {stat.df[0]:g} degrees of freedom for {len(sizes)} groups",
                "another comparison than of these columns",
            )
        ]
    if df > full:
        return [finding("degrees of freedom", [place], stat.text, f"at most {full}", CANNOT, said)]
    slack = 1.0  # some print whole ones
    if welch[0] - slack <= df <= welch[1] + slack:
        return [finding("degrees of freedom", [place], stat.text, str(full), HOLDS,
                        f"{said}, as Welch's test has: {span(*welch, 1)}")]  # fmt: skip
    if df != int(df):
        return [finding("degrees of freedom", [place], stat.text, span(*welch, 1), CANNOT,
                        f"{said}, and Welch's test has {span(*welch, 1)}")]  # fmt: skip
    under = f"fewer cases, {df + len(sizes):g} in all"
    return [finding("degrees of freedom", [place], stat.text, str(full), UNDER, said, under)]


def _chi_against(table: Table, row: Row, place, stat, parts) -> list[dict]:
    levels, entries = _level_table(table, row, parts)
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
    return [
        finding("statistic", [place], stat.text, shown, verdict, said, "decimals cut off" if verdict == UNDER else "")
    ]

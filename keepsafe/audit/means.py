"""Single means and SDs of a table: what whole numbers, answers on a scale, or zeros and ones can give."""

from typing import NamedTuple

from scipy import special

from keepsafe.audit.arithmetic import (
    FEWER,
    Span,
    meets,
    sd_bounds,
    sd_of_shares,
    sd_of_whole,
    sd_within,
    span,
    whole_sums,
)
from keepsafe.audit.cells import Number
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, finding, listed
from keepsafe.audit.rows import Entry, Table

MEANS = ("mean sd", "mean se", "mean ci", "mean range")


def mean_checks(table: Table) -> list[dict]:
    """Checks of means with their SD: GRIM, GRIMMER, DEBIT, the ends of a scale, and what no SD can be."""
    rows, failed = [], {}
    for row in table.rows:
        if row.kind.form not in MEANS:
            continue
        for entry in row.entries.values():
            rows += _impossible(entry)
            if entry.fits and row.kind.whole and entry.n:
                rows += _whole(entry, failed)
            elif entry.fits and row.kind.whole:
                entry.reasons.append(
                    "no number of cases: put it in the heading, as in 'placebo (n=154)', or in a row n"
                )
            if entry.fits and row.kind.scale and entry.n:
                rows += _scale(entry)
            if entry.fits and entry.cell.reach and entry.n:
                rows += _reach(entry, *entry.cell.reach)
    for entries in failed.values():
        rows += _fewer(entries, table)
    return rows


def _spread(entry: Entry):
    numbers = entry.cell.numbers
    return numbers[1] if entry.row.kind.form == "mean sd" and len(numbers) == 2 else None


def _impossible(entry: Entry) -> list[dict]:
    numbers = entry.cell.numbers
    forms = ("interval",) if entry.row.kind.form in ("mean ci", "mean range") else ("pair", "mean sd", "mean se")
    if entry.cell.form not in (*forms, "number") or not numbers:
        entry.reasons.append("a mean of another form than 51.42 (11.01) or 3.2 ± 1.1")
        entry.fits = False
        return []
    if len(numbers) > 1 and numbers[1].value < 0:
        entry.checked, entry.fits = True, False
        return [finding("SD", [entry], "0 or more", CANNOT, f"an SD is never negative: {numbers[1].text}")]
    return []


def _whole(entry: Entry, failed: dict) -> list[dict]:
    """GRIM, and GRIMMER where it holds."""
    mean, sd, n, kind = entry.cell.numbers[0], _spread(entry), entry.n, entry.row.kind
    size, rows = n * kind.items, []
    of = f"{n} x {kind.items} items" if kind.items > 1 else f"{n}"
    sums = whole_sums(mean, n, kind.items)
    if size >= 10**mean.decimals:
        entry.reasons.append(f"of {of} whole numbers every mean with {mean.decimals} decimals is possible")
    else:
        entry.checked = True
        if not sums:
            failed.setdefault((entry.group.name, n), []).append(entry)
            return rows
        said = f"{mean.text} x {of} = {mean.value * size:.2f}; a sum of {span(sums[0], sums[-1])} prints as it"
        rows.append(finding("whole-number mean", [entry], f"a whole sum over {of}", HOLDS, said))
    # a binary variable has its own, sharper test of the SD
    if sd is None or kind.binary or n < 2:
        return rows
    why = sd_of_whole(mean, sd, n, kind.items, kind.scale)
    if not why:
        if 4 * sd.half * sd.value * n * kind.items**2 < 2:  # fewer than two whole sums of squares: it could have failed
            entry.checked = True
            rows.append(
                finding(
                    "whole-number SD",
                    [entry],
                    f"of {of} whole numbers",
                    HOLDS,
                    f"{of} whole numbers can have a mean of {mean.text} and an SD of {sd.text}",
                )
            )
        return rows
    entry.checked = True
    under = ""
    if not sd_of_whole(mean, sd, n, kind.items, kind.scale, divisor=0):
        under = "an SD with n as its divisor"
    elif not sd_of_whole(mean, sd, n, kind.items, kind.scale, cut=True):
        under = "decimals cut off"
    elif not entry.own and (fewer := [m for m in _near(n) if not sd_of_whole(mean, sd, m, kind.items, kind.scale)]):
        under = f"n = {fewer[0]}"
    said = f"no {of} whole numbers have a mean of {mean.text} and an SD of {sd.text}: {why}"
    rows.append(
        finding(
            "whole-number SD",
            [entry],
            f"of {of} whole numbers",
            UNDER if under else CANNOT,
            said + (f"; it holds only under {under}" if under else ""),
            under,
        )
    )
    return rows


def _near(n: int) -> range:
    """Numbers of cases from one fewer down to a fifth fewer."""
    return range(n - 1, max(int(n - n * FEWER), 1) - 1, -1)


def _fewer(entries: list[Entry], table: Table) -> list[dict]:
    """Means of one column that are no whole sum of its cases: of fewer cases that all share, or each its own."""
    rows, left = [], []
    for entry in entries:
        mean, n, items = entry.cell.numbers[0], entry.n, entry.row.kind.items
        cut = "decimals cut off" if len(whole_sums(mean, n, items, cut=True)) else ""
        if entry.own or not (fits := [m for m in _near(n) if len(whole_sums(mean, m, items))]):
            rows.append(_row(entry, cut))
        else:
            left.append((entry, fits))
    if not left:
        return rows
    group, n = left[0][0].group.name, left[0][0].n
    every = [
        e
        for row in table.rows
        if row.kind.whole
        and row.kind.form in MEANS
        and (e := row.entries.get(group))
        and e.n == n
        and not e.own
        and e.fits
    ]
    shared = [m for m in _near(n) if all(len(whole_sums(e.cell.numbers[0], m, e.row.kind.items)) for e in every)]
    if shared and len(left) > 1:
        entries = [entry for entry, _ in left]
        said = (
            f"{len(left)} means are no whole sum over {n}: {listed([_sum(e) for e in entries])}; all {len(every)} of "
            f"whole numbers in this column fit n = {listed([str(m) for m in shared])}"
        )
        under = f"n = {listed([str(m) for m in shared])}"
        return [*rows, finding("number of cases", entries, under, UNDER, said, under)]
    for entry, fits in left:
        cut = len(whole_sums(entry.cell.numbers[0], entry.n, entry.row.kind.items, cut=True))
        rows.append(_row(entry, f"n = {listed([str(m) for m in fits])}{', or decimals cut off' if cut else ''}"))
    if len(every) > 1 and not shared:
        lowest = _near(n)[-1]
        said = f"no number of cases from {lowest} to {n} fits all {len(every)} means of whole numbers in this column"
        printed = "; ".join(e.cell.numbers[0].text for e in every)
        head = every[0].group  # the column is marked, and not its every cell
        at = ("; ".join(e.row.name for e in every), head.heading, table.grid.address(-1, head.place), printed)
        rows.append(finding("number of cases", [at], "one n for all", UNDER, said, "another n for some"))
    return rows


def _sum(entry: Entry) -> str:
    mean, size = entry.cell.numbers[0], entry.n * entry.row.kind.items
    at = mean.value * size
    low = int(at // 1)
    return (
        f"{mean.text} x {size} = {at:.2f}, and {low} / {size} = {low / size:.{mean.decimals + 1}f}, "
        f"{low + 1} / {size} = {(low + 1) / size:.{mean.decimals + 1}f}"
    )


def _row(entry: Entry, under: str) -> dict:
    said = _sum(entry)
    said += (
        f"; it holds only under {under}"
        if under
        else (
            "; its number of cases is printed with it"
            if entry.own
            else "; no number of cases down to a fifth fewer fits"
        )
    )
    if not under:
        entry.fits = False
    return finding(
        "whole-number mean",
        [entry],
        f"a whole sum over {entry.n * entry.row.kind.items}",
        UNDER if under else CANNOT,
        said,
        under,
    )


def _scale(entry: Entry) -> list[dict]:
    """A mean within its scale, an SD no larger than the scale allows; of zeros and ones, the SD that they have."""
    mean, sd, n, kind = entry.cell.numbers[0], _spread(entry), entry.n, entry.row.kind
    low, high = kind.scale
    of = f"{low:g} to {high:g}"
    entry.checked = True
    if not meets(mean.ends, (low, high)):
        return [
            finding("mean within the scale", [entry], of, CANNOT, f"a mean of {mean.text} is outside the scale of {of}")
        ]
    if sd is None:
        return [finding("mean within the scale", [entry], of, HOLDS, f"{mean.text} is within {of}")]
    digits = sd.decimals + 1
    if kind.binary:
        least, most = sd_of_shares(mean.ends, n)
        cut = sd_of_shares(mean.cut, n)
        check, told = "0/1 SD", f"zeros and ones with a mean of {mean.text}"
    else:
        (least, most), cut = sd_bounds(mean.ends, n, (low, high)), sd_bounds(mean.cut, n, (low, high))
        check, told = "SD within the scale", f"answers from {of} with a mean of {mean.text}"
    holds, by_cut = meets((least, most), sd.ends), meets(cut, sd.cut)
    said = f"{told} have an SD of {span(least, most, digits)}; printed {sd.text}"
    verdict, under = (HOLDS, "") if holds else (UNDER, "decimals cut off") if by_cut else (CANNOT, "")
    return [finding(check, [entry], span(least, most, digits), verdict, said, under)]


def _reach(entry: Entry, low, high) -> list[dict]:
    """A mean between the lowest and the highest value printed, and an SD that values between them can have."""
    mean, sd, of = entry.cell.numbers[0], _spread(entry), f"{low.text} to {high.text}"
    entry.checked = True
    if low.value > high.value or not meets(mean.ends, (low.ends[0], high.ends[1])):
        said = f"a mean of {mean.text} is outside the printed range of {of}"
        return [finding("mean within the range", [entry], of, CANNOT, said)]
    if sd is None or entry.n < 2:
        return [finding("mean within the range", [entry], of, HOLDS, f"{mean.text} is within {of}")]
    made, cut = (
        sd_within(m, entry.n, a, b) for m, a, b in ((mean.ends, low.ends, high.ends), (mean.cut, low.cut, high.cut))
    )
    shown = span(*made, sd.decimals + 1)
    under = "decimals cut off" if not meets(made, sd.ends) and meets(cut, sd.cut) else ""
    verdict = HOLDS if meets(made, sd.ends) else UNDER if under else CANNOT
    said = f"{entry.n} values from {of} with a mean of {mean.text} have an SD of {shown}; printed {sd.text}"
    return [finding("SD within the range", [entry], shown, verdict, said, under)]


class Moments(NamedTuple):
    """A printed mean, and an SD: the number it was printed as, and what it can be, rounded or with decimals cut off."""

    mean: Number
    printed: Number
    ends: Span
    cut: Span


def as_sd(entry: Entry) -> Moments | None:
    """Mean and SD of an entry, an SE or an interval made an SD; None where it has none or they cannot be."""
    numbers, form, n = entry.cell.numbers, entry.row.kind.form, entry.n
    if form == "mean ci" and entry.cell.form == "interval" and n and n > 1:
        mean, low, high = numbers
        share = 0.5 + entry.row.kind.level / 200
        by = float(special.stdtrit(n - 1, share)), float(special.ndtri(share))  # by t, and by the normal

        def of(low: Span, high: Span) -> Span:
            least, most = (max(high[k] - low[1 - k], 0.0) / 2 / by[k] * n**0.5 for k in (0, 1))
            return least, most

        return Moments(mean, mean, of(low.ends, high.ends), of(low.cut, high.cut))
    if form not in ("mean sd", "mean se") or len(numbers) != 2 or not n or numbers[1].value < 0:
        return None
    mean, sd = numbers
    root = n**0.5 if form == "mean se" else 1
    ends, cut = ((max(low, 0.0) * root, high * root) for low, high in (sd.ends, sd.cut))
    return Moments(mean, sd, ends, cut)

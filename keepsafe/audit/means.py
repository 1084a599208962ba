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
from keepsafe.audit.percentages import CUT, NO_CASES
from keepsafe.audit.rows import Entry, Table

MEANS = ("mean sd", "mean se", "mean ci", "mean range")


def mean_checks(table: Table) -> list[dict]:
    """Checks of means with their SD: GRIM, GRIMMER, DEBIT, the ends of a scale, and what no SD can be."""
    rows: list[dict] = []
    failed: dict[tuple, list[Entry]] = {}
    for row in table.rows:
        for entry in row.entries.values() if row.kind.form in MEANS else ():
            rows += _impossible(entry)
            if entry.fits and row.kind.whole and entry.n:
                rows += _whole(entry, failed)
            elif entry.fits and row.kind.whole:
                entry.reasons.append(NO_CASES)
            if entry.fits and row.kind.scale and entry.n:
                rows += _scale(entry)
            if entry.fits and entry.cell.reach and entry.n:
                rows += _reach(entry, *entry.cell.reach)
    for entries in failed.values():
        rows += _fewer(entries, table)
    return rows


def _spread(entry: Entry) -> Number | None:
    numbers = entry.cell.numbers
    return numbers[1] if entry.row.kind.form == "mean sd" and len(numbers) == 2 else None


def _impossible(entry: Entry) -> list[dict]:
    numbers = entry.cell.numbers
    forms = ("interval",) if entry.row.kind.form in ("mean ci", "mean range") else ("pair", "mean sd", "mean se")
    if entry.cell.form not in (*forms, "number"):
        entry.reasons.append("a mean of another form than 51.42 (11.01) or 3.2 ± 1.1")
        entry.fits = False
        return []
    if len(numbers) > 1 and numbers[1].value < 0:
        entry.fits = False
        return [finding("SD", [entry], "0 or more", CANNOT, f"an SD is never negative: {numbers[1].text}")]
    return []


def _whole(entry: Entry, failed: dict[tuple, list[Entry]]) -> list[dict]:
    """GRIM, and GRIMMER where it holds; a mean that is no whole sum is kept, for it may be of fewer cases."""
    mean, sd, n, kind = entry.cell.numbers[0], _spread(entry), entry.n, entry.row.kind
    size, rows = n * kind.items, []
    of = f"{n} x {kind.items} items" if kind.items > 1 else f"{n}"
    if size >= 10**mean.decimals:
        entry.reasons.append(f"of {of} whole numbers every mean with {mean.decimals} decimals is possible")
    else:
        sums = whole_sums(mean, n, kind.items)
        if not sums:
            failed.setdefault((entry.group.name, n), []).append(entry)
            return []
        said = f"{mean.text} x {of} = {mean.value * size:.2f}; a sum of {span(sums[0], sums[-1])} prints as it"
        rows.append(finding("whole-number mean", [entry], f"a whole sum over {of}", HOLDS, said))
    # a binary variable has its own, sharper test of the SD
    if sd is None or kind.binary or n < 2:
        return rows

    def fault(n: int, **how) -> str:
        return sd_of_whole(mean, sd, n, kind.items, kind.scale, **how)

    why, under = fault(n), ""
    if not why and 4 * sd.half * sd.value * n * kind.items**2 >= 2:
        return rows  # two whole sums of squares or more: it could not have failed
    said = f"{of} whole numbers can have a mean of {mean.text} and an SD of {sd.text}"
    if why:
        said = f"no {of} whole numbers have a mean of {mean.text} and an SD of {sd.text}: {why}"
        if not fault(n, divisor=0):
            under = "an SD with n as its divisor"
        elif not fault(n, cut=True):
            under = CUT
        elif fewer := next((m for m in _near(n) if not entry.own and not fault(m)), 0):
            under = f"n = {fewer}"
        said += f"; it holds only under {under}" if under else ""
    return [*rows, finding("whole-number SD", [entry], f"of {of} whole numbers", not why, said, under)]


def _near(n: int) -> range:
    """Numbers of cases from one fewer down to a fifth fewer."""
    return range(n - 1, max(int(n - n * FEWER), 1) - 1, -1)


def _fitting(entry: Entry) -> list[int]:
    """Numbers of cases, fewer than printed, of which a mean is a whole sum."""
    return [m for m in _near(entry.n) if whole_sums(entry.cell.numbers[0], m, entry.row.kind.items)]


def _fewer(entries: list[Entry], table: Table) -> list[dict]:
    """Means of one column that are no whole sum of its cases: of fewer cases that all share, or each its own."""
    rows, left = [], []
    cut = {e for e in entries if whole_sums(e.cell.numbers[0], e.n, e.row.kind.items, cut=True)}
    for entry in entries:
        if entry.own or not _fitting(entry):
            rows.append(_no_sum(entry, CUT if entry in cut else ""))
        else:
            left.append(entry)
    if not left:
        return rows
    group, n = left[0].group, left[0].n
    whole = [row.entries.get(group.name) for row in table.rows if row.kind.whole and row.kind.form in MEANS]
    every = [e for e in whole if e is not None and e.n == n and not e.own and e.fits]
    joint = set(_near(n)).intersection(*map(_fitting, every))
    shared = [str(m) for m in sorted(joint, reverse=True)]
    if shared and len(left) > 1:
        under = f"n = {listed(shared)}"
        said = f"{len(left)} means are no whole sum over {n}: {listed([_sum(e) for e in left])}; all {len(every)} of "
        said += f"whole numbers in this column fit {under}"
        return [*rows, finding("number of cases", left, under, UNDER, said, under)]
    for entry in left:
        under = f"n = {listed([str(m) for m in _fitting(entry)])}"
        rows.append(_no_sum(entry, under + (f", or {CUT}" if entry in cut else "")))
    if len(every) > 1 and not shared:
        said = f"no number of cases from {_near(n)[-1]} to {n} fits all {len(every)} means of whole numbers in "
        said += "this column"
        printed = "; ".join(e.cell.numbers[0].text for e in every)
        # the column is marked, and not its every cell
        at = ("; ".join(e.row.name for e in every), group.heading, table.grid.address(-1, group.place), printed)
        rows.append(finding("number of cases", [at], "one n for all", UNDER, said, "another n for some"))
    return rows


def _sum(entry: Entry) -> str:
    mean, size = entry.cell.numbers[0], entry.n * entry.row.kind.items
    at = mean.value * size
    low = int(at // 1)
    near = ", ".join(f"{total} / {size} = {total / size:.{mean.decimals + 1}f}" for total in (low, low + 1))
    return f"{mean.text} x {size} = {at:.2f}, and {near}"


def _no_sum(entry: Entry, under: str) -> dict:
    entry.fits = bool(under)
    if under:
        said = f"it holds only under {under}"
    elif entry.own:
        said = "its number of cases is printed with it"
    else:
        said = "no number of cases down to a fifth fewer fits"
    expected = f"a whole sum over {entry.n * entry.row.kind.items}"
    return finding("whole-number mean", [entry], expected, False, f"{_sum(entry)}; {said}", under)


def _scale(entry: Entry) -> list[dict]:
    """A mean within its scale, an SD no larger than the scale allows; of zeros and ones, the SD that they have."""
    mean, sd, n, kind = entry.cell.numbers[0], _spread(entry), entry.n, entry.row.kind
    low, high = kind.scale
    of = f"{low:g} to {high:g}"
    inside = meets(mean.ends, (low, high))
    if sd is None or not inside:
        said = f"{mean.text} is within {of}" if inside else f"a mean of {mean.text} is outside the scale of {of}"
        return [finding("mean within the scale", [entry], of, inside, said)]
    if kind.binary:
        made, cut = sd_of_shares(mean.ends, n), sd_of_shares(mean.cut, n)
        check, told = "0/1 SD", f"zeros and ones with a mean of {mean.text}"
    else:
        made, cut = sd_bounds(mean.ends, n, (low, high)), sd_bounds(mean.cut, n, (low, high))
        check, told = "SD within the scale", f"answers from {of} with a mean of {mean.text}"
    return [_sd_between(check, entry, sd, made, cut, told)]


def _reach(entry: Entry, low: Number, high: Number) -> list[dict]:
    """A mean between the lowest and the highest value printed, and an SD that values between them can have."""
    mean, sd, n, of = entry.cell.numbers[0], _spread(entry), entry.n, f"{low.text} to {high.text}"
    inside = low.value <= high.value and meets(mean.ends, (low.ends[0], high.ends[1]))
    if sd is None or n < 2 or not inside:
        outside = f"a mean of {mean.text} is outside the printed range of {of}"
        said = f"{mean.text} is within {of}" if inside else outside
        return [finding("mean within the range", [entry], of, inside, said)]
    made, cut = sd_within(mean.ends, n, low.ends, high.ends), sd_within(mean.cut, n, low.cut, high.cut)
    told = f"{n} values from {of} with a mean of {mean.text}"
    return [_sd_between("SD within the range", entry, sd, made, cut, told)]


def _sd_between(check: str, entry: Entry, sd: Number, made: Span, cut: Span, told: str) -> dict:
    shown = span(*made, sd.decimals + 1)
    under = CUT if meets(cut, sd.cut) else ""
    said = f"{told} have an SD of {shown}; printed {sd.text}"
    return finding(check, [entry], shown, meets(made, sd.ends), said, under)


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

"""What each group holds of one variable: its counts, or its mean and SD, their test, and what has to be withheld."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from keepsafe.files.disclosure import WHY, Limits, marks, models
from keepsafe.files.disclosure.models import tells_of_everybody, tells_of_numbers
from keepsafe.statistics.association import Tested, equal_means, equal_noisy_means
from keepsafe.statistics.columns import Coded, Comparison

MISSING = "missing"
LEFT_OUT, COUNTED = "left out of the test", "counted as not having it"
WITHHELD = f"withheld: {WHY}"
MOSTLY_MISSING = "more than half missing: if they were not asked, use denominators='known'"


@dataclass(frozen=True)
class Part:
    """One contrast within one stratum, with the positions of the persons in each of its groups, and in none.

    `marks` tell persons apart, and `sizes` is how many a group has, under disclosure control rounded.
    """

    contrast: Comparison
    stratum: str
    members: tuple[np.ndarray, ...]
    rest: np.ndarray
    marks: np.ndarray
    sizes: tuple[int, ...]

    def row(self, column: Coded, level: str, group: int, outcome: Tested, tested: str = "variable") -> dict:
        """What every row says: where it belongs, and the test of its contrast."""
        place = {
            "variable": column.name,
            "level": level,
            "stratum": self.stratum,
            "contrast": self.contrast.name,
            "group": self.contrast.groups[group],
            "group_label": self.contrast.labels[group],
            "n": self.sizes[group],
            "tested": tested if outcome.test else "",
            "reference": self.contrast.groups[0] if group else "",
        }
        return place | vars(outcome)


def parts(
    contrasts: Sequence[Comparison], strata: Sequence[Comparison], index: pd.Index, limits: Limits | None = None
) -> list[Part]:
    """Every contrast within every stratum, strata outermost; strata may overlap. `index` tells persons apart."""
    inside = {name: part.codes == position for part in strata for position, name in enumerate(part.groups)}
    inside, persons, made = inside or {"": np.ones(len(index), bool)}, marks(index), []
    for name, rows in inside.items():
        for contrast in contrasts:
            members = tuple(np.flatnonzero(rows & (contrast.codes == g)) for g in range(len(contrast.groups)))
            sizes = [limits.rounded(len(m), persons[m].sum()) if limits else len(m) for m in members]
            rest = np.flatnonzero(rows & (contrast.codes < 0))
            made.append(Part(contrast, name, members, rest, persons, tuple(sizes)))
    return made


def count_rows(
    column: Coded,
    part: Part,
    all_cases: bool,
    unknown: Collection[str],
    joined: Sequence[str],
    independence: Callable[..., Tested],
    limits: Limits | None = None,
) -> Iterator[dict]:
    """Rows of a variable that is counted: one for 0/1, else an overall row, each level, joined levels."""
    size = len(column.levels)
    codes = [column.codes[m] + 1 for m in part.members]
    counts = np.array([np.bincount(each, minlength=size + 1) for each in codes])
    keep = [i for i, level in enumerate(column.levels) if all_cases or level not in unknown]
    names = ["1"] if column.kind == "binary" else [column.levels[i] for i in keep]
    as_level = column.kind != "binary" and all_cases and (column.codes < 0).any()
    names = [*names, MISSING] if as_level else names

    def laid_out(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Missing, with each level, and all: of counts, or of what stands for those counted."""
        levels = table[:, 1:]
        events = levels[:, [1]] if column.kind == "binary" else levels[:, keep]
        known = levels.sum(1) if column.kind == "binary" else events.sum(1)
        missing = table.sum(1) - known
        return missing, np.column_stack([events, missing]) if as_level else events, known

    missing, events, known = laid_out(counts)
    # a group of which nothing is known was not asked: it has no percentage, whatever the denominator
    cases = np.where(known > 0, known + missing if all_cases else known, 0)
    events = np.where(known[:, None] > 0, events, 0)
    unions, several = [_union(events, names, each) for each in joined], len(part.members) > 1
    if limits:
        cells = np.column_stack([events, cases[:, None] - events, *([] if all_cases else [missing])])
        nowhere = np.bincount(column.codes[part.rest] + 1, minlength=size + 1)  # the total less the groups
        levels = events if column.kind != "binary" else np.column_stack([events, cases - events[:, 0]])
        everybody = several and tells_of_everybody(levels, cases[:, None], limits)
        if limits.small(cells) or limits.small(nowhere) or everybody:
            yield from withheld_rows(column, part)
            return
        who = np.zeros((len(codes), size + 1), np.uint64)
        for row, each, m in zip(who, codes, part.members, strict=True):
            np.add.at(row, each, part.marks[m])
        left, having, knowing = laid_out(who)
        unions = [limits.rounded(_union(events, names, each), _union(having, names, each)) for each in joined]
        events, cases = limits.rounded(events, having), limits.rounded(cases, knowing + left * np.uint64(all_cases))
    overall = len(names) > 2
    unknown_here = missing[cases > 0].sum()
    if overall:
        outcome = independence(events) if several else Tested()
        outcome = _noting(outcome, unknown_here, "tested as a level" if all_cases else LEFT_OUT, limits)
        for g in range(len(part.members)):
            yield part.row(column, "", g, outcome) | {"missing": missing[g], "denominator": cases[g]}
    for level, with_level in zip([*names, *joined], [*events.T, *unions], strict=True):
        outcome = independence(np.column_stack([cases - with_level, with_level])) if several else Tested()
        if level != MISSING:
            outcome = _noting(outcome, unknown_here, COUNTED if all_cases else LEFT_OUT, limits)
        for g in range(len(part.members)):
            row = part.row(column, level, g, outcome, "level" if overall else "variable")
            row |= {"missing": missing[g], "denominator": cases[g], "k": with_level[g]}
            if 2 * missing[g] > cases[g] > known[g]:
                row["note"] = "; ".join(filter(None, (row["note"], MOSTLY_MISSING)))
            yield row | {"k0": with_level[0], "n0": cases[0]}


def _union(events: np.ndarray, names: Sequence[str], union: str) -> np.ndarray:
    """With any of the levels of a union, such as "a|b"."""
    return events[:, [names.index(each) for each in union.split("|") if each in names]].sum(1)


def number_rows(column: Coded, part: Part, mean_test: str, limits: Limits | None = None) -> Iterator[dict]:
    """Rows of a variable that is averaged: one a group, over its known values."""
    samples = [column.values[m] for m in part.members]
    samples = [sample[~np.isnan(sample)] for sample in samples]
    if limits:
        rest = column.values[part.rest]
        if any(tells_of_numbers(sample, limits) for sample in (*samples, rest[~np.isnan(rest)])):
            yield from withheld_rows(column, part)
            return
    sizes, missing = [len(sample) for sample in samples], [len(member) for member in part.members]
    missing = np.subtract(missing, sizes)
    if limits:
        inside = [np.isin(np.arange(len(column.values)), member) for member in part.members]
        means, sds = map(list, zip(*(models.moments(column.values, each) for each in inside), strict=True))
        known = [m[~np.isnan(column.values[m])] for m in part.members]
        # where few are unknown, the difference of two sizes would show them
        known = [m if limits.small([gone]) else k for m, k, gone in zip(part.members, known, missing, strict=True)]
        sizes = [limits.rounded(len(each), part.marks[each].sum()) for each in known]
        outcome = equal_noisy_means(means, sds, sizes, mean_test) if len(samples) > 1 else Tested()
    else:
        means = [sample.mean() if len(sample) else np.nan for sample in samples]
        sds = [sample.std(ddof=1) if len(sample) > 1 else np.nan for sample in samples]
        outcome = equal_means(samples, mean_test) if len(samples) > 1 else Tested()
    outcome = _noting(outcome, missing.sum(), LEFT_OUT, limits)
    for g, sample in enumerate(samples):
        yield part.row(column, "", g, outcome) | {
            "missing": missing[g],
            "denominator": sizes[g],
            "mean": means[g],
            "sd": sds[g],
            "min": sample.min() if len(sample) else np.nan,
            "max": sample.max() if len(sample) else np.nan,
            "n0": sizes[0],
            "mean0": means[0],
            "sd0": sds[0],
        }


def _noting(outcome: Tested, unknown: int, became: str, limits: Limits | None) -> Tested:
    """A test with what became of the unknown beside it; under disclosure control not how many, or whether any."""
    if not outcome.test or not (unknown or limits):
        return outcome
    said = f"unknown, if any, {became}" if limits else f"{unknown} unknown {became}"
    return replace(outcome, note="; ".join(filter(None, (outcome.note, said))))


def withheld_rows(column: Coded, part: Part) -> Iterator[dict]:
    """A row a group that says no more than that there is nothing to be said."""
    for g in range(len(part.members)):
        yield part.row(column, "", g, Tested()) | {"note": WITHHELD}

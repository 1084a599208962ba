"""Rows of a comparison: what each group holds of one variable, and the test between the groups."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepsafe.files.disclosure import WHY, Limits, tells_of_everybody, tells_of_numbers
from keepsafe.statistics.compare.association import Tested, equal_means
from keepsafe.statistics.compare.coding import Coded
from keepsafe.statistics.compare.groups import Comparison

MISSING = "missing"
LEFT_OUT, COUNTED = "left out of the test", "counted as not having it"
WITHHELD = f"withheld: {WHY}"
MOSTLY_MISSING = "more than half missing: if they were not asked, use denominators='known'"


@dataclass(frozen=True)
class Part:
    """One contrast within one stratum, with the positions of the persons in each of its groups, and in none."""

    contrast: Comparison
    stratum: str
    members: tuple[np.ndarray, ...]
    rest: np.ndarray

    def row(self, column: Coded, level: str, group: int, outcome: Tested, tested: str = "variable") -> dict:
        """What every row says: where it belongs, and the test of its contrast."""
        place = {
            "variable": column.name, "level": level, "stratum": self.stratum, "contrast": self.contrast.name,
            "group": self.contrast.groups[group], "group_label": self.contrast.labels[group],
            "n": len(self.members[group]), "tested": tested if outcome.test else "",
            "reference": self.contrast.groups[0] if group else "",
        }  # fmt: skip
        return place | vars(outcome)


def parts(contrasts: Sequence[Comparison], strata: Sequence[Comparison], size: int) -> list[Part]:
    """Every contrast within every stratum, strata outermost; strata may overlap."""
    inside = {name: part.codes == position for part in strata for position, name in enumerate(part.groups)}
    inside = inside or {"": np.ones(size, bool)}
    return [
        Part(
            contrast,
            name,
            tuple(np.flatnonzero(rows & (contrast.codes == g)) for g in range(len(contrast.groups))),
            np.flatnonzero(rows & (contrast.codes < 0)),
        )
        for name, rows in inside.items()
        for contrast in contrasts
    ]


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
    counts = np.array([np.bincount(column.codes[m] + 1, minlength=size + 1) for m in part.members])
    missing, counts = counts[:, 0], counts[:, 1:]
    if column.kind == "binary":
        names, events = ["1"], counts[:, [1]]
        known = counts.sum(1)
    else:
        keep = [i for i, level in enumerate(column.levels) if all_cases or level not in unknown]
        names, events = [column.levels[i] for i in keep], counts[:, keep]
        known = events.sum(1)
        missing = missing + counts.sum(1) - known
        if all_cases and (column.codes < 0).any():
            names, events = [*names, MISSING], np.column_stack([events, missing])
    # a group of which nothing is known was not asked: it has no percentage, whatever the denominator
    cases = np.where(known > 0, known + missing if all_cases else known, 0)
    events = np.where(known[:, None] > 0, events, 0)
    several = len(part.members) > 1
    if limits:
        cells = np.column_stack([events, cases[:, None] - events, *([] if all_cases else [missing])])
        nowhere = np.bincount(column.codes[part.rest] + 1, minlength=size + 1)  # the total less the groups
        levels = events if column.kind != "binary" else np.column_stack([events, cases - events[:, 0]])
        everybody = several and tells_of_everybody(levels, cases[:, None], limits)
        if limits.small(cells) or limits.small(nowhere) or everybody:
            yield from withheld_rows(column, part)
            return
        events, cases = limits.rounded(events), limits.rounded(cases)
    overall = len(names) > 2
    unknown_here = missing[cases > 0].sum()
    if overall:
        outcome = independence(events) if several else Tested()
        outcome = _noting(outcome, unknown_here, "tested as a level" if all_cases else LEFT_OUT, limits)
        for g in range(len(part.members)):
            yield part.row(column, "", g, outcome) | {"missing": missing[g], "denominator": cases[g]}
    unions = [events[:, [names.index(each) for each in union.split("|") if each in names]].sum(1) for union in joined]
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


def number_rows(column: Coded, part: Part, mean_test: str, limits: Limits | None = None) -> Iterator[dict]:
    """Rows of a variable that is averaged: one a group, over its known values."""
    samples = [column.values[m] for m in part.members]
    samples = [sample[~np.isnan(sample)] for sample in samples]
    if limits:
        rest = column.values[part.rest]
        if any(tells_of_numbers(sample, limits) for sample in (*samples, rest[~np.isnan(rest)])):
            yield from withheld_rows(column, part)
            return
    outcome = equal_means(samples, mean_test) if len(samples) > 1 else Tested()
    outcome = replace(outcome, df=np.nan) if limits else outcome  # it is the exact number of persons, less one or two
    outcome = _noting(outcome, sum(map(len, part.members)) - sum(map(len, samples)), LEFT_OUT, limits)
    means = [sample.mean() if len(sample) else np.nan for sample in samples]
    sds = [sample.std(ddof=1) if len(sample) > 1 else np.nan for sample in samples]
    for g, sample in enumerate(samples):
        yield part.row(column, "", g, outcome) | {
            "missing": len(part.members[g]) - len(sample),
            "denominator": len(part.members[g]) if limits and limits.small([len(part.members[g]) - len(sample)])
            else len(sample),
            "mean": means[g], "sd": sds[g],
            "min": sample.min() if len(sample) else np.nan, "max": sample.max() if len(sample) else np.nan,
            "n0": len(samples[0]), "mean0": means[0], "sd0": sds[0],
        }  # fmt: skip


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

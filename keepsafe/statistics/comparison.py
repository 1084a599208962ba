"""Compare groups on many variables at once: counts, means, tests and effect sizes in one tidy frame.

Longer than 300 lines: what a row holds is read beside how it is made, and what disclosure control withholds of it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe import runs
from keepsafe.files.disclosure import WHY, Limits, active, coarse, marks, models
from keepsafe.files.disclosure.models import tells_of_everybody, tells_of_numbers
from keepsafe.problems import Problem, require_frame
from keepsafe.statistics import intervals
from keepsafe.statistics.association import (
    MEAN_TESTS,
    TESTS,
    MeanTest,
    Test,
    Tested,
    equal_means,
    equal_noisy_means,
    independence,
    marker,
)
from keepsafe.statistics.columns import (
    Coded,
    Comparison,
    comparisons,
    is_whole,
    no_choice,
    no_confidence,
    no_seed,
    out_of_range,
    read_columns,
    refuse,
)

EFFECTS = ("risk_difference", "risk_ratio", "odds_ratio", "mean_difference", "smd", "cramers_v")
UNKNOWN = ("unknown", "unclear")
COLUMNS = (
    "variable", "level", "stratum", "contrast", "group", "group_label", "n", "missing", "denominator",
    "k", "percent", "percent_low", "percent_high", "mean", "mean_low", "mean_high", "sd", "min", "max",
    "tested", "test", "statistic", "df", "p", "q", "marker", "min_expected",
    "reference", *(f"{effect}{end}" for effect in EFFECTS for end in ("", "_low", "_high")), "note",
)  # fmt: skip
NEEDED = (*COLUMNS, "k0", "n0", "mean0", "sd0", "pearson", "table_df", "smaller", "cases")
MISSING, NOT_RECORDED = "missing", "not recorded"  # the level of the unknown; the second where the first is a code
LEFT_OUT, COUNTED = "left out of the test", "counted as not having it"
WITHHELD = f"withheld: {WHY}"
MOSTLY_MISSING = "more than half missing: if they were not asked, use denominators='known'"


def compare_groups(
    cohort: pd.DataFrame,
    variables: Sequence[str],
    by: object,
    within: object = None,
    denominators: Literal["known", "all"] | None = None,
    test: Test = "auto",
    mean_test: MeanTest = "t",
    total: bool = True,
    unknown: Sequence[str] = UNKNOWN,
    numeric: Sequence[str] = (),
    joined: Mapping[str, Sequence[str]] | None = None,
    confidence: float = 0.95,
    resamples: int = 9_999,
    seed: int = 2019,
) -> pd.DataFrame:
    """Compare groups, overlapping ones too: a row a variable, level, stratum, contrast and group.

    Parameters
    ----------
    cohort : data frame, one row a person.
    variables : columns to describe. Those with only 0 and 1 are counted, other numbers averaged, the rest
        counted level by level (categoricals keep their order).
    by : a column; or a study, whose groups may overlap; or a sequence of columns, contrasts and groups.
    within : like `by`; everything is done within each of its groups (strata), instead of on everybody.
    denominators : "known" leaves missing cases out of percentages and tests, as SPSS and R do, and the levels in
        `unknown` too; "all" counts them in every percentage (as not having the level), shows them as a level of their
        own, and tests them with the others. By default what the study says that `by`, or else `within`, is
        (denominators under [study] in its file), and "known" where there is none. Either way `missing` counts them, and
        the note beside a test says what became of them.
    test : for counts; "auto" is Pearson's chi-square, or Fisher's exact test where an expected count is below
        5.
    mean_test : for numbers; with more than two groups their analogues (analysis of variance, Kruskal-Wallis).
    total : the whole cohort first, as a group of its own.
    numeric : 0/1 columns to average rather than count.
    joined : levels to count together as well, by column: {"parents_p1": ["dysfunctional|breakdown"]}.
    confidence : of every interval, between 0 and 1.
    resamples, seed : of Fisher's test where tables are too many to enumerate.

    Returns
    -------
    A row a group, so that any number of groups, overlapping or not, fit one frame and each row reads alone.
    Place: variable, level ("1" for a 0/1 variable; blank for a number and for the overall row of a category),
    stratum, contrast, group, group_label.
    What the group holds: n (persons), missing, denominator, k, percent (Wilson limits), mean (t limits), sd,
    min, max.
    The contrast's test, the same on each of its rows: tested ("variable", or "level": one against the rest),
    test (its name), statistic, df, p, q (Benjamini-Hochberg over the frame, each test once, variables and
    levels apart), marker, min_expected.
    Effect sizes with limits, of the group against `reference`, the contrast's first group: risk_difference (a
    proportion, Newcombe), risk_ratio and odds_ratio (Wald on the log; score intervals at empty cells),
    mean_difference, smd (Cohen's d); cramers_v is the whole contrast's.
    note: why a test is missing, or a caution; how many unknown were left out of a test, or counted in it.
    Under disclosure control a table with a small cell, of a group that is all of one level, or with a mean that one
    person dominates, has one blank row a group, with a note; other counts are rounded before anything is computed from
    them, and missing, min, max and the df of a test of means are blank.

    Raises
    ------
    InputError : every fault found in the columns and the arguments, with its remedy.

    Examples
    --------
    >>> cohort = pd.DataFrame({"cse": [0] * 151 + [1] * 54})
    >>> cohort["care"] = [1] * 78 + [0] * 73 + [1] * 36 + [0] * 18
    >>> frame = compare_groups(cohort, ["care"], by="cse", test="pearson")
    >>> print(frame[["group_label", "n", "k", "percent", "marker", "p"]].round(3).to_string(index=False))
    group_label   n   k  percent marker     p
          Total 205 114   55.610          NaN
          cse 0 151  78   51.656      † 0.057
          cse 1  54  36   66.667      † 0.057
    """
    require_frame(cohort=cohort)
    variables, unknown, numeric = (
        [names] if isinstance(names, str) else list(names) for names in (variables, unknown, numeric)
    )
    if withheld := runs.withheld():  # the run's list of them names each with its reason
        variables = [name for name in variables if name in cohort or name not in withheld["columns"]]
        joined = {name: unions for name, unions in (joined or {}).items() if name in variables}
        if not variables:
            return pd.DataFrame(columns=list(COLUMNS))
    if denominators is None:
        said = (getattr(each, "denominators", None) for each in (by, within))
        denominators = next(filter(None, said), "known")
    sides = ("denominators", denominators, ("all", "known"))
    choices = no_choice(sides, ("test", test, TESTS), ("mean_test", mean_test, MEAN_TESTS))
    ranges = out_of_range(
        ("variables", variables, bool(variables), "name at least one column to compare"),
        ("resamples", resamples, is_whole(resamples, 99), "too few for a p-value; give 999 or more"),
    )
    refuse([*choices, *ranges, *no_confidence(confidence), *no_seed(seed)])
    columns, joined = read_columns(cohort, variables, numeric), joined or {}
    refuse(_unjoinable(joined, columns))
    contrasts = comparisons(cohort, by, total)
    strata = () if within is None else comparisons(cohort, within, total=False)
    made_of = {part.variable for part in (*contrasts, *strata)}
    remedy = "leave it out of the variables"
    same = [str(name) for name in variables if str(name) in made_of]
    refuse(Problem("the groups are made of this column", column=name, remedy=remedy) for name in same)
    independent = partial(independence, test=test, resamples=resamples, seed=seed)
    pieces, rows = parts(contrasts, strata, cohort.index), []
    for column in columns.values():
        if column.kind == "number":
            rows_of = partial(number_rows, column, mean_test=mean_test)
        else:
            every, unions = denominators == "all", joined.get(column.name, ())
            rows_of = partial(count_rows, column, all_cases=every, unknown=unknown, joined=unions, tested=independent)
        made = [(part, list(rows_of(part))) for part in pieces]
        hidden = {part.contrast.name for part, found in made if any(row["note"] == WITHHELD for row in found)}
        for part, found in made:
            # what one stratum withholds is what everybody has less the others
            rows += withheld_rows(column, part) if strata and part.contrast.name in hidden else found
    frame = with_effects(pd.DataFrame(rows).reindex(columns=list(NEEDED)), mean_test == "t", confidence)
    frame["q"], frame.attrs["confidence"] = false_discovery(frame), confidence
    frame["marker"] = frame["p"].map(marker)
    frame = frame[list(COLUMNS)].astype({name: "Int64" for name in ("n", "missing", "denominator", "k")})
    if active():  # the number missing, the smallest and the largest value can be one person's
        frame = frame.assign(**{name: coarse(frame[name]) for name in frame.select_dtypes("float")})
        frame = frame.assign(missing=pd.array([pd.NA] * len(frame), "Int64"), min=np.nan, max=np.nan)
    return frame


def _unjoinable(joined: Mapping[str, Sequence[str]], columns: Mapping[str, Coded]) -> Iterator[Problem]:
    for name, unions in joined.items():
        levels = columns[name].levels if name in columns else ()
        for level in sorted({each for union in unions for each in union.split("|")} - set(levels)):
            remedy = f"its levels are {', '.join(levels)}" if levels else "name it among the variables"
            yield Problem(f"'{level}' is to be joined but is not a level", column=name, remedy=remedy)


@dataclass(frozen=True)
class Part:
    """One contrast within one stratum, with the positions of the persons in each of its groups, and in none.

    `marks` tell persons apart, and `sizes` is how many a group has, under disclosure control rounded, by its `limits`.
    """

    contrast: Comparison
    stratum: str
    members: tuple[np.ndarray, ...]
    rest: np.ndarray
    marks: np.ndarray
    sizes: tuple[int, ...]
    limits: Limits | None

    def row(self, column: Coded, level: str, group: int, outcome: Tested, tested: str = "variable") -> dict:
        """What every row says: where it belongs, and the test of its contrast."""
        names, labels = self.contrast.groups, self.contrast.labels
        place = {"variable": column.name, "level": level, "stratum": self.stratum, "contrast": self.contrast.name}
        whom = {"group": names[group], "group_label": labels[group], "n": self.sizes[group]}
        against = {"tested": tested if outcome.test else "", "reference": names[0] if group else ""}
        return place | whom | against | vars(outcome)


def parts(contrasts: Sequence[Comparison], strata: Sequence[Comparison], index: pd.Index) -> list[Part]:
    """Every contrast within every stratum, strata outermost; strata may overlap. `index` tells persons apart."""
    inside = {name: part.codes == position for part in strata for position, name in enumerate(part.groups)}
    inside = inside or {"": np.ones(len(index), bool)}
    limits, persons, made = active(), marks(index), []
    for name, rows in inside.items():
        for contrast in contrasts:
            members = tuple(np.flatnonzero(rows & (contrast.codes == g)) for g in range(len(contrast.groups)))
            sizes = [limits.rounded(len(m), persons[m].sum()) if limits else len(m) for m in members]
            rest = np.flatnonzero(rows & (contrast.codes < 0))
            made.append(Part(contrast, name, members, rest, persons, tuple(sizes), limits))
    return made


def count_rows(
    column: Coded, part: Part, all_cases: bool, unknown: Collection[str], joined: Sequence[str], tested: Callable
) -> Iterator[dict]:
    """Rows of a variable that is counted: one for 0/1, else an overall row, each level, joined levels."""
    size, limits = len(column.levels), part.limits
    codes = [column.codes[m] + 1 for m in part.members]
    counts = np.array([np.bincount(each, minlength=size + 1) for each in codes])
    keep = [i for i, level in enumerate(column.levels) if all_cases or level not in unknown]
    names = ["1"] if column.kind == "binary" else [column.levels[i] for i in keep]
    as_level = column.kind != "binary" and all_cases and (column.codes < 0).any()
    blank = MISSING if MISSING not in names else NOT_RECORDED
    names = [*names, blank] if as_level else names

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
        outcome = tested(events) if several else Tested()
        outcome = _noting(outcome, unknown_here, "tested as a level" if all_cases else LEFT_OUT, limits)
        for g in range(len(part.members)):
            yield part.row(column, "", g, outcome) | {"missing": missing[g], "denominator": cases[g]}
    for level, with_level in zip([*names, *joined], [*events.T, *unions], strict=True):
        outcome = tested(np.column_stack([cases - with_level, with_level])) if several else Tested()
        if level != blank or not as_level:
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


def number_rows(column: Coded, part: Part, mean_test: str) -> Iterator[dict]:
    """Rows of a variable that is averaged: one a group, over its known values."""
    limits, samples = part.limits, [column.values[m] for m in part.members]
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
        sds = [sample.std(ddof=1) * bool(np.ptp(sample)) if len(sample) > 1 else np.nan for sample in samples]
        outcome = equal_means(samples, mean_test) if len(samples) > 1 else Tested()
    outcome = _noting(outcome, missing.sum(), LEFT_OUT, limits)
    for g, sample in enumerate(samples):
        row = part.row(column, "", g, outcome) | {"missing": missing[g], "denominator": sizes[g], "n0": sizes[0]}
        row |= {"mean": means[g], "sd": sds[g], "mean0": means[0], "sd0": sds[0]}
        yield row | ({"min": sample.min(), "max": sample.max()} if len(sample) else {})


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


def with_effects(frame: pd.DataFrame, pooled: bool, confidence: float) -> pd.DataFrame:
    """Add percentages and effect sizes with their intervals, each group against its contrast's first."""
    out = frame.copy()
    k, n, mean, sd = (out[name].to_numpy(float) for name in ("k", "denominator", "mean", "sd"))
    low, high = intervals.wilson(k, n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["percent"], out["percent_low"], out["percent_high"] = 100 * k / n, 100 * low, 100 * high
    out["mean_low"], out["mean_high"] = intervals.mean_interval(mean, sd, n, confidence)
    second = out["reference"] != ""
    counted, averaged, tested = second & out["k"].notna(), second & out["mean"].notna(), out["pearson"].notna()
    counts, moments = ("k", "denominator", "k0", "n0"), ("mean", "sd", "denominator", "mean0", "sd0", "n0")
    effects: dict[str, tuple[Callable, pd.Series, tuple[str, ...]]] = {
        "risk_difference": (intervals.risk_difference, counted, counts),
        "risk_ratio": (intervals.risk_ratio, counted, counts),
        "odds_ratio": (intervals.odds_ratio, counted, counts),
        "mean_difference": (partial(intervals.mean_difference, pooled=pooled), averaged, moments),
        "smd": (intervals.standardised_mean_difference, averaged, moments),
        "cramers_v": (intervals.cramers_v, tested, ("pearson", "table_df", "cases", "smaller")),
    }
    for effect, (measure, rows, needed) in effects.items():
        estimate = measure(*(out.loc[rows, name].to_numpy(float) for name in needed), confidence=confidence)
        for end, values in zip(("", "_low", "_high"), estimate, strict=True):
            out.loc[rows, effect + end] = values
    return out


def false_discovery(frame: pd.DataFrame) -> pd.Series:
    """Benjamini and Hochberg's (1995) q, each test once; variables' and level tests are two families."""
    q = pd.Series(np.nan, frame.index)
    level = frame["level"].where(frame["tested"] == "level", "")
    test = frame.assign(level=level).groupby(["variable", "stratum", "contrast", "level"], sort=False).ngroup()
    for family in ("variable", "level"):
        rows = (frame["tested"] == family) & frame["p"].notna()
        once = rows & ~test.where(rows).duplicated()
        if once.any():
            adjusted = pd.Series(stats.false_discovery_control(frame.loc[once, "p"]), test[once])
            q[rows] = test[rows].map(adjusted)
    return q

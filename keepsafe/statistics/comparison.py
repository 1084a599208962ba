"""Compare groups on many variables at once: counts, means, tests and effect sizes in one tidy frame."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe import runs
from keepsafe.files.disclosure import active, coarse
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics import intervals
from keepsafe.statistics.association import MEAN_TESTS, TESTS, MeanTest, Test, independence, marker
from keepsafe.statistics.columns import Coded, comparisons, read_columns
from keepsafe.statistics.descriptives import WITHHELD, count_rows, number_rows, parts, withheld_rows

EFFECTS = ("risk_difference", "risk_ratio", "odds_ratio", "mean_difference", "smd", "cramers_v")
UNKNOWN = ("unknown", "unclear")
COLUMNS = (
    "variable", "level", "stratum", "contrast", "group", "group_label", "n", "missing", "denominator",
    "k", "percent", "percent_low", "percent_high", "mean", "mean_low", "mean_high", "sd", "min", "max",
    "tested", "test", "statistic", "df", "p", "q", "marker", "min_expected",
    "reference", *(f"{effect}{end}" for effect in EFFECTS for end in ("", "_low", "_high")), "note",
)  # fmt: skip
NEEDED = (*COLUMNS, "k0", "n0", "mean0", "sd0", "pearson", "table_df", "smaller", "cases")


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
    proportion, Newcombe), risk_ratio and odds_ratio (Wald on the log; a half added at empty cells),
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
    variables = [variables] if isinstance(variables, str) else list(variables)
    if withheld := runs.withheld():  # the run's list of them names each with its reason
        variables = [name for name in variables if name in cohort or name not in withheld["columns"]]
        joined = {name: unions for name, unions in (joined or {}).items() if name in variables}
        if not variables:
            return pd.DataFrame(columns=list(COLUMNS))
    if denominators is None:
        said = (getattr(each, "denominators", None) for each in (by, within))
        denominators = next(filter(None, said), "known")
    _check(variables, denominators, test, mean_test, confidence, resamples)
    columns, joined = read_columns(cohort, variables, numeric), joined or {}
    _check_joined(joined, columns)
    contrasts = comparisons(cohort, by, total)
    strata = () if within is None else comparisons(cohort, within, total=False)
    made_of = {part.variable for part in (*contrasts, *strata)}
    if same := [name for name in variables if name in made_of]:
        remedy = "leave it out of the variables"
        raise InputError(Problem("the groups are made of this column", column=name, remedy=remedy) for name in same)
    independent = partial(independence, test=test, resamples=resamples, seed=seed)
    limits = active()
    pieces = parts(contrasts, strata, cohort.index, limits)
    rows = []
    for column in columns.values():
        made = [
            list(
                number_rows(column, part, mean_test, limits)
                if column.kind == "number"
                else count_rows(
                    column, part, denominators == "all", unknown, joined.get(column.name, ()), independent, limits
                )
            )
            for part in pieces
        ]
        if limits and len(strata):  # what one stratum withholds is what everybody has less the others
            gone = {
                part.contrast.name for part, found in zip(pieces, made, strict=True) if found[0]["note"] == WITHHELD
            }
            made = [
                list(withheld_rows(column, part)) if part.contrast.name in gone else found
                for part, found in zip(pieces, made, strict=True)
            ]
        rows += [row for found in made for row in found]
    frame = with_effects(pd.DataFrame(rows).reindex(columns=list(NEEDED)), mean_test == "t", confidence)
    frame["q"] = false_discovery(frame)
    frame["marker"] = frame["p"].map(marker)
    frame = frame[list(COLUMNS)].astype({name: "Int64" for name in ("n", "missing", "denominator", "k")})
    return _blurred(frame) if limits else frame


def _blurred(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers coarse; without smallest and largest value and the number missing: these can be one person's."""
    frame = frame.assign(**{name: coarse(frame[name]) for name in frame.select_dtypes("float")})
    return frame.assign(missing=pd.array([pd.NA] * len(frame), "Int64"), min=float("nan"), max=float("nan"))


def _check_joined(joined: Mapping[str, Sequence[str]], columns: Mapping[str, Coded]) -> None:
    problems = []
    for name, unions in joined.items():
        levels = columns[name].levels if name in columns else ()
        for level in {each for union in unions for each in union.split("|")} - set(levels):
            remedy = f"its levels are {', '.join(levels)}" if levels else "name it among the variables"
            problems.append(Problem(f"'{level}' is to be joined but is not a level", column=name, remedy=remedy))
    if problems:
        raise InputError(problems)


def _check(
    variables: list[str], denominators: str, test: str, mean_test: str, confidence: float, resamples: int
) -> None:
    allowed = {
        "denominators": (denominators, ("all", "known")),
        "test": (test, TESTS),
        "mean_test": (mean_test, MEAN_TESTS),
    }
    problems = [
        Problem(f"{name} = {value!r} is not a choice", remedy=f"choose one of {', '.join(choices)}")
        for name, (value, choices) in allowed.items()
        if value not in choices
    ]
    if not variables:
        problems.append(Problem("no variables to compare", remedy="name at least one column"))
    if not 0 < confidence < 1:
        problems.append(Problem(f"confidence = {confidence} is out of range", remedy="give a share such as 0.95"))
    if resamples < 99:
        problems.append(Problem(f"resamples = {resamples} is too few for a p-value", remedy="give 999 or more"))
    if problems:
        raise InputError(problems)


def with_effects(frame: pd.DataFrame, pooled: bool, confidence: float) -> pd.DataFrame:
    """Add percentages and effect sizes with their intervals, each group against its contrast's first."""
    out = frame.copy()
    k, n = out["k"].to_numpy(float), out["denominator"].to_numpy(float)
    low, high = intervals.wilson(k, n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["percent"], out["percent_low"], out["percent_high"] = 100 * k / n, 100 * low, 100 * high
    mean, sd = out["mean"].to_numpy(float), out["sd"].to_numpy(float)
    out["mean_low"], out["mean_high"] = intervals.mean_interval(mean, sd, n, confidence)
    second = out["reference"] != ""
    counted, averaged = out[second & out["k"].notna()], out[second & out["mean"].notna()]
    proportions = [counted[name].to_numpy(float) for name in ("k", "denominator", "k0", "n0")]
    for name in ("risk_difference", "risk_ratio", "odds_ratio"):
        _put(out, name, counted.index, getattr(intervals, name)(*proportions, confidence))
    mean, sd, n, mean0, sd0, n0 = (
        averaged[name].to_numpy(float) for name in ("mean", "sd", "denominator", "mean0", "sd0", "n0")
    )
    moments = mean, sd, n, mean0, sd0, n0
    _put(out, "mean_difference", averaged.index, intervals.mean_difference(*moments, pooled, confidence))
    _put(out, "smd", averaged.index, intervals.standardised_mean_difference(*moments, confidence))
    tested = out[out["pearson"].notna()]
    chi2, df, cases, smaller = (tested[name].to_numpy(float) for name in ("pearson", "table_df", "cases", "smaller"))
    _put(out, "cramers_v", tested.index, intervals.cramers_v(chi2, df, cases, smaller, confidence))
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


def _put(frame: pd.DataFrame, name: str, index: pd.Index, estimate: tuple[np.ndarray, ...]) -> None:
    for suffix, values in zip(("", "_low", "_high"), estimate, strict=True):
        frame[name + suffix] = pd.Series(values, index).reindex(frame.index)

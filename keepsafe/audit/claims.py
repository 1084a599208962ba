"""Odds ratios said in words beside those of printed tables, and SERAF categories by CSE."""

import numpy as np
import pandas as pd

from keepsafe.audit.figures import Count, Counts, cells, prepared
from keepsafe.audit.rules import Rules, rules_of
from keepsafe.problems import InputError
from keepsafe.statistics.intervals import odds_ratio, wilson
from keepsafe.study.codebook import Codebook
from keepsafe.study.definition import Study

#: How to read an E-value, in one sentence.
READING = (
    "To account for all of an odds ratio, an unmeasured cause would need a risk ratio of at least the "
    "E-value with both sides, beyond what was adjusted for; it does not say whether there is one."
)


def crude_odds_ratios(
    figures: pd.DataFrame, claims: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """The crude odds ratio from printed counts beside each adjusted one that the text gives a size for.

    Parameters
    ----------
    figures, claims : as `keepsafe.load_figures` and `keepsafe.load_claims` return them.
    codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        A row an odds ratio with a printed size (said again elsewhere, it appears once): outcome, predictor,
        or_low, or_high (what the words stand for), k1, n1, k0, n0 (with the feature of those in the second
        group, and of those in the first), odds_ratio, low, high (crude; Woolf's 95% interval), inside (the
        words' range meets that interval), e_low, e_high (E-values of the words' range), e_crude, figures
        (ids).

    Notes
    -----
    E-value for a common outcome (VanderWeele and Ding 2017): rr + sqrt(rr (rr - 1)), with rr = sqrt(odds
    ratio). No interval was printed, so there is no E-value of an interval. How to read one: `READING`.

    Examples
    --------
    >>> from keepsafe import load_claims, load_figures
    >>> found = crude_odds_ratios(load_figures(), load_claims()).set_index("predictor")
    >>> found.loc["female", ["k1", "n1", "k0", "n0"]].tolist()
    [41, 54, 71, 151]
    """
    rules = _with_study(figures, codebook, study)
    counts = Counts(cells(prepared(figures, rules)), rules)
    sized = claims[claims["size"] == "printed"].drop_duplicates(["outcome", "predictor"])
    rows = []
    for r in sized.itertuples():
        pair = _two_by_two(r.outcome, r.predictor, counts, rules)
        if pair is None:
            continue
        first, second = pair
        rows.append(
            dict(
                outcome=r.outcome,
                predictor=r.predictor,
                or_low=r.or_low,
                or_high=r.or_high,
                k1=int(second.low),
                n1=int(second.n),
                k0=int(first.low),
                n0=int(first.n),
                figures=" ".join(dict.fromkeys(first.figures + second.figures)),
            )
        )
    frame = pd.DataFrame(rows, columns=["outcome", "predictor", "or_low", "or_high", "k1", "n1", "k0", "n0", "figures"])
    crude, low, high = odds_ratio(frame["k1"], frame["n1"], frame["k0"], frame["n0"])
    return frame.assign(
        odds_ratio=crude,
        low=low,
        high=high,
        inside=(frame["or_low"] <= high) & (frame["or_high"] >= low),
        e_low=e_value(frame["or_low"]),
        e_high=e_value(frame["or_high"]),
        e_crude=e_value(crude),
    )


def e_value(odds_ratio) -> np.ndarray:
    """The E-value of an odds ratio of a common outcome; ratios below 1 are turned over.

    Examples
    --------
    >>> e_value([4.0, 0.25, 1.0]).round(2).tolist()
    [3.41, 3.41, 1.0]
    """
    ratio = np.asarray(odds_ratio, float)
    risk = np.sqrt(np.where(ratio < 1, 1 / ratio, ratio))
    return risk + np.sqrt(risk * (risk - 1))


def seraf_by_cse(
    figures: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None, group: str = "cse"
) -> pd.DataFrame:
    """Share of each SERAF category with strong indications of CSE at any time, from printed figures alone.

    Categories are set beside CSE at any time, for some of it before the rating: proportions of groups as
    history had them, and not a test's sensitivity.

    Parameters
    ----------
    figures, codebook, study : as for `keepsafe.audit.audit`.
    group : the group whose share is wanted.

    Returns
    -------
    DataFrame
        A row a category: category, label, k, n, percent, low, high (Wilson's 95% interval), figures (ids). A
        count printed only roughly is what the other categories leave of the group.

    Examples
    --------
    >>> from keepsafe import load_figures
    >>> seraf_by_cse(load_figures())[["category", "k", "n"]].values.tolist()[0]
    ['no', 12, 102]
    """
    rules = _with_study(figures, codebook, study)
    category = rules.study.settings["cohort"]["category"]
    counts = Counts(cells(prepared(figures, rules)), rules)
    rows = []
    for level in rules.levels[category]:
        n, k = counts.of("", category, level, rules.whole), counts.of("", category, level, group)
        if n is None or k is None:
            raise InputError.of(f"no printed count of {level!r}", column=category)
        rows.append(
            (
                level,
                rules.study.codebook.level_label(category, level),
                k.low,
                k.high,
                k.n,
                n.low,
                " ".join(k.figures + n.figures),
            )
        )
    frame = pd.DataFrame(rows, columns=["category", "label", "k", "k_high", "size", "n", "figures"])
    rest = frame["size"] - (frame["k"].sum() - frame["k"])
    frame["k"] = frame["k"].where(frame["k"] == frame["k_high"], rest).astype(int)
    low, high = wilson(frame["k"], frame["n"])
    frame = frame.assign(
        n=frame["n"].astype(int), percent=100 * frame["k"] / frame["n"], low=100 * low, high=100 * high
    )
    return frame[["category", "label", "k", "n", "percent", "low", "high", "figures"]]


def _with_study(figures: pd.DataFrame, codebook: Codebook | None, study: Study | None) -> Rules:
    rules = rules_of(figures, codebook, study)
    if rules.study is None:
        raise InputError.of("these figures are of no study file", remedy="pass the study that says what they mean")
    return rules


def _two_by_two(outcome: str, predictor: str, counts: Counts, rules: Rules) -> tuple[Count, Count] | None:
    """Counts of one side of a claim in the two groups that the other side makes, first group first."""
    study = rules.study
    made = {column: name for name, (column, _) in rules.members.items()}
    for one, other in ((predictor, outcome), (outcome, predictor)):
        column = study.outcomes[other].variable if other in study.outcomes else other
        pair = next((groups for groups in rules.splits.values() if made.get(column) in groups), None)
        if pair is None:
            continue
        derived, event = study.derived.get(one), study.outcomes.get(one)
        source, level = (
            (derived.variable, "|".join(derived.one_of))
            if derived and derived.one_of
            else (event.variable, event.event)
            if event
            else (one, "1")
        )
        found = tuple(counts.of("", source, level, group) for group in pair)
        if None not in found:
            return found
    return None

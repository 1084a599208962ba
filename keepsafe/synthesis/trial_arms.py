"""The arms of a trial: cohorts made of what was printed, or of trees on the persons, and what each says of quantities
that the persons are known to have.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from keepsafe.statistics.engine import fit
from keepsafe.synthesis.making import OutOfReach, cohort
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.trials import PERSON, Trial, claims_of, comparisons_of, figures_of, final

ARMS = ("floor", "tables", "calibrated", "sized", "trees")
LEAF = 5  # records in a leaf of a tree, at least
LARGEST = 12.0  # a log odds ratio beyond this is no finite number
TOLD, KEPT, DROPPED = "odds ratio told in words", "odds ratio kept, not sized", "odds ratio not kept"
PAIR, SUBGROUP, OTHER = "correlation of a pair", "share in a subgroup", "odds ratio, other outcome"
KINDS = (TOLD, KEPT, DROPPED, PAIR, SUBGROUP, OTHER)


def cohorts(trial: Trial, arm: str, seeds: list[int]) -> list[pd.DataFrame | None]:
    """Cohorts of an arm, a seed each, as codes in text; None where one was out of reach."""
    if arm == "trees":
        return [trees(trial, seed) for seed in seeds]
    split = arm != "floor"
    figures, comparisons = figures_of(trial, split), comparisons_of(trial)
    claims, stays = claims_of(trial, arm == "sized")
    if arm == "floor":
        comparisons = comparisons.iloc[:0]
    plan = Plan(figures, comparisons, trial.study(stays, split), seed=seeds[0])
    made = []
    for seed in seeds:
        asked = claims if arm in ("calibrated", "sized") else None
        try:
            made.append(cohort(plan, asked, np.random.default_rng(seed)).drop(columns=[PERSON, "synthetic"]))
        except OutOfReach:
            made.append(None)
    return made


def trees(trial: Trial, seed: int) -> pd.DataFrame:
    """Persons made by sequential trees: each variable from those before it, a real value drawn from the leaf."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rng, real = np.random.default_rng(seed), trial.persons[[trial.outcome, *trial.candidates]]
    n, first = len(real), real.columns[0]
    made = pd.DataFrame({first: real[first].to_numpy()[rng.integers(n, size=n)]})
    for name in real.columns[1:]:
        before = list(made)
        number = name in trial.numbers
        kind = DecisionTreeRegressor if number else DecisionTreeClassifier
        tree = kind(min_samples_leaf=LEAF, random_state=seed)
        tree.fit(_wide(real[before], real, trial), real[name].astype(float) if number else real[name])
        leaf, wanted = tree.apply(_wide(real[before], real, trial)), tree.apply(_wide(made, real, trial))
        order = np.argsort(leaf, kind="stable")
        start, end = (np.searchsorted(leaf[order], wanted, side) for side in ("left", "right"))
        donor = order[start + (rng.random(n) * (end - start)).astype(int)]
        made[name] = real[name].to_numpy()[donor]
    return made[list(trial.persons)]


def _wide(persons: pd.DataFrame, real: pd.DataFrame, trial: Trial) -> np.ndarray:
    """Columns for a tree: a category one a level."""
    made = []
    for name in persons:
        if name in trial.categories:
            made += [persons[name].eq(level).astype(float) for level in sorted(set(real[name]))]
        else:
            made.append(persons[name].astype(float))
    return np.column_stack(made)


def quantities(trial: Trial) -> pd.DataFrame:
    """What is asked of every cohort: a row a quantity with kind, item, and the columns (`of`) that it is about."""
    claims, _ = claims_of(trial)
    told = set(claims.loc[claims["size"] == "printed", "predictor"])
    rows: list[tuple[str, str, tuple]] = [(TOLD if name in told else KEPT, name, (name,)) for name in trial.final.index]
    rows += [(DROPPED, name, (name,)) for name in trial.term if name not in trial.final.index]
    inner = [name for name in trial.term if name != trial.split]
    rows += [(PAIR, f"{a} with {b}", (a, b)) for a, b in combinations(inner, 2) if trial.term[a] != trial.term[b]]
    for name in (name for name in inner if name not in trial.numbers):
        rows += [(SUBGROUP, f"{name}, outcome {had}, split {side}", (name, had, side)) for had in "01" for side in "01"]
    rows += [(OTHER, name, (name,)) for name in inner]
    return pd.DataFrame(rows, columns=["kind", "item", "of"])


def measured(trial: Trial, persons: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """What a cohort says of each quantity: value, its standard error, and of odds ratios in the model of all candidates
    direction, whether p < .05, and whether elimination keeps the factor (blank elsewhere).
    """
    X, y, other = trial.columns(persons), trial.y(persons), persons[trial.split].eq("1").to_numpy(float)
    Z = X / trial.scale
    inner = [name for name in Z if name != trial.split]
    of_model = _fitted(Z[list(trial.final.index)], y)
    of_all, of_other = _fitted(Z, y), _fitted(Z[inner], other)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = pd.DataFrame(np.corrcoef(Z.to_numpy(), rowvar=False), index=Z.columns, columns=Z.columns)
    kept, n = set(final(X, y, trial.term).index), len(X)
    rows = []
    for row in asked.itertuples():
        first = row.of[0]
        if row.kind in (TOLD, KEPT, DROPPED):
            b, se = (of_all if row.kind == DROPPED else of_model)[first]
            z = of_all[first][0] / of_all[first][1]
            rows.append((b, se, np.sign(z), float(abs(z) > 1.959964), float(first in kept)))
        elif row.kind == OTHER:
            b, se = of_other[first]
            rows.append((b, se, np.sign(b), float(abs(b / se) > 1.959964), np.nan))
        elif row.kind == PAIR:
            value = r.at[row.of]
            rows.append((value, (1 - value**2) / np.sqrt(n - 1), np.sign(value), np.nan, np.nan))
        else:
            inside = (y == float(row.of[1])) & (other == float(row.of[2]))
            share = X.loc[inside, first].mean() if inside.any() else np.nan
            se = 100 * np.sqrt(share * (1 - share) / max(inside.sum(), 1))
            rows.append((100 * share, se, np.nan, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["value", "se", "direction", "significant", "kept"])


def _fitted(Z: pd.DataFrame, y: np.ndarray) -> dict[str, tuple[float, float]]:
    """Log odds ratio and standard error of each column; blank where the model separates or is collinear."""
    blank = (np.nan, np.nan)
    varies = [name for name in Z if Z[name].nunique() > 1]
    b, V, _, converged = fit(np.column_stack([np.ones(len(Z)), Z[varies].to_numpy(float)]), y)
    if not converged:
        return dict.fromkeys(Z, blank)
    se = np.sqrt(np.diag(V))
    found = {name: (b[k], se[k]) for k, name in enumerate(varies, 1)}
    return {name: found[name] if name in found and abs(found[name][0]) < LARGEST else blank for name in Z}


def guess(trial: Trial, asked: pd.DataFrame) -> pd.DataFrame:
    """What a reader of the tables would say of each quantity, in the form of `measured`."""
    groups, marks = trial.groups(), comparisons_of(trial)
    marked = {
        (row.contrast, f"{row.variable}={row.level}" if row.variable in trial.categories else row.variable): row.marker
        for row in marks.itertuples()
    }
    printed = {
        group: trial.columns(trial.persons[inside]).agg(["mean", "std"]).round(3) for group, inside in groups.items()
    }
    size = {group: int(inside.sum()) for group, inside in groups.items()}
    rows = []
    for row in asked.itertuples():
        name = row.of[0]
        if row.kind == PAIR:
            rows.append((0.0, np.nan, np.nan, np.nan, np.nan))
        elif row.kind == SUBGROUP:
            one, two = ("with" if row.of[1] == "1" else "without"), ("other_side" if row.of[2] == "1" else "one_side")
            z = sum(_logit(printed[g].at["mean", name], size[g]) * s for g, s in ((one, 1), (two, 1), ("everyone", -1)))
            rows.append((100 / (1 + np.exp(-z)), np.nan, np.nan, np.nan, np.nan))
        else:
            contrast, pair = (
                ("split", ("one_side", "other_side")) if row.kind == OTHER else ("outcome", ("without", "with"))
            )
            b = _crude(name, pair, printed, size, trial) * trial.scale[name]
            mark = marked.get((contrast, name), "")
            kept = np.nan if row.kind == OTHER else float(mark != "")
            rows.append((b, np.nan, np.sign(b), float(mark in ("*", "**", "***")), kept))
    return pd.DataFrame(rows, columns=["value", "se", "direction", "significant", "kept"])


def _crude(name: str, pair: tuple[str, str], printed: dict, size: dict, trial: Trial) -> float:
    """The log odds ratio that two printed percentages give (of a level against the first), or two means and SDs."""
    (m0, s0), (m1, s1) = (tuple(printed[group][name]) for group in pair)
    n0, n1 = (size[group] for group in pair)
    if name in trial.numbers:
        return (m1 - m0) / (((n0 - 1) * s0**2 + (n1 - 1) * s1**2) / (n0 + n1 - 2))
    if "=" not in name:
        return _logit(m1, n1) - _logit(m0, n0)
    levels = [column for column in trial.term if trial.term[column] == trial.term[name]]
    first = [1 - printed[group].loc["mean", levels].sum() for group in pair]
    ends = [np.log((m * n + 0.5) / (r * n + 0.5)) for m, r, n in zip((m0, m1), first, (n0, n1), strict=True)]
    return ends[1] - ends[0]


def _logit(share: float, n: int) -> float:
    """The log odds, half a person added to both sides."""
    return float(np.log((share * n + 0.5) / ((1 - share) * n + 0.5)))

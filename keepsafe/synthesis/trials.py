"""Trials where the truth is known: public data sets, what a report on each would print, and cohorts made of that.

The rule, fixed before any result was looked at, stands in data/trials/README.md.

Longer than 300 lines: what is printed of a data set is read beside what is made of it and asked of it.
"""

import json
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.paths import data
from keepsafe.statistics.association import marker
from keepsafe.statistics.engine import fit
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.study.published import CLAIMS, COMPARISONS, FIGURES, as_printed
from keepsafe.synthesis import OutOfReach, cohort
from keepsafe.synthesis.demands import in_model
from keepsafe.synthesis.design import columns_of
from keepsafe.synthesis.edition import figure_row
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.verdicts import final, tested

PERSON = "person"
ARMS = ("floor", "tables", "calibrated", "sized", "trees")
LEAF = 5  # records in a leaf of a tree, at least
LARGEST = 12.0  # a log odds ratio beyond this is no finite number
TOLD, KEPT, DROPPED = "odds ratio told in words", "odds ratio kept, not sized", "odds ratio not kept"
PAIR, SUBGROUP, OTHER = "correlation of a pair", "share in a subgroup", "odds ratio, other outcome"
SIDES = {"outcome": ("without", "with"), "split": ("one_side", "other_side")}  # groups of the two contrasts


@dataclass
class Trial:
    """A data set: `persons` (real, one row each, codes as text), what it is of, and the model that a report prints.

    `real` has a column for each column of a model, as numbers, `scale` its SD where it is of a number, else 1.
    """

    name: str
    persons: pd.DataFrame
    outcome: str
    split: str
    categories: tuple[str, ...] = ()
    title: str = ""
    source: str = ""
    licence: str = ""

    def __post_init__(self):
        self.candidates = [name for name in self.persons if name != self.outcome]
        uncoded = [name for name in self.candidates if name not in self.categories]
        self.numbers = [name for name in uncoded if not set(self.persons[name]) <= {"0", "1"}]
        self.book = self._codebook()
        study = self.study()
        self.term = {column: name for name in self.candidates for column in columns_of(name, study)}
        self.real = self.columns(self.persons)
        self.scale = self.real.std().where(self.real.columns.isin(self.numbers), 1.0)
        self.final = final(self.real, self.y(self.persons), self.term)

    def _codebook(self) -> pd.DataFrame:
        rows = [(PERSON, "identifier", "", "")]
        for name in self.persons:
            codes = sorted(set(self.persons[name].astype(int)))
            if name in self.numbers:
                rows.append((name, "count", f"{codes[0]}..{codes[-1]}", ""))
            elif name in self.categories:
                rows.append((name, "category", "; ".join(f"{code}={name} {code}" for code in codes), str(codes[0])))
            else:
                rows.append((name, "binary", "0=no; 1=yes", "0"))
        table = pd.DataFrame(rows, columns=["name", "type", "levels", "reference"])
        return table.assign(
            label=table["name"].str.replace("_", " ").str.capitalize(),
            question="What is printed?",
            phase="",
            missing="",
            sensitive="no",
            source_line="",
        )

    def study(self, stays: tuple[str, ...] = (), split: bool = True) -> Study:
        """The study file and codebook, read as any other; without the second split's groups where asked."""
        own = {"title": self.title or self.name, "outcome": self.outcome, "split": self.split}
        own |= {"candidates": json.dumps(self.candidates), "stays": json.dumps(stays)}
        text = Path(__file__).with_name("trial_study.txt").read_text(encoding="utf-8").format(**own)
        with tempfile.TemporaryDirectory() as folder:
            study, codebook = Path(folder, "study.toml"), Path(folder, "codebook.csv")
            study.write_text(text, encoding="utf-8")
            self.book.to_csv(codebook, index=False, lineterminator="\n")
            whole = load_study(study, load_codebook(codebook))
        if split:
            return whole
        groups = {name: group for name, group in whole.groups.items() if name not in SIDES["split"]}
        return replace(whole, groups=groups, contrasts={"outcome": whole.contrasts["outcome"]})

    def codes(self, name: str) -> list[str]:
        """The levels of a variable that a report prints; of a number the blank one."""
        if name in self.categories:
            return sorted(set(self.persons[name]), key=int)
        return [""] if name in self.numbers else ["1"]

    def columns(self, persons: pd.DataFrame) -> pd.DataFrame:
        """Candidates as the numeric columns of a model, one a level of a category but its first."""
        return pd.DataFrame({column: in_model(column, persons) for column in self.term})

    def y(self, persons: pd.DataFrame) -> np.ndarray:
        """The outcome as 0 and 1."""
        return persons[self.outcome].astype(float).to_numpy()

    def groups(self, split: bool = True) -> dict[str, np.ndarray]:
        """Who belongs to each group, by name."""
        had, other = self.persons[self.outcome].eq("1").to_numpy(), self.persons[self.split].eq("1").to_numpy()
        found = {"everyone": np.ones(len(had), bool), "without": ~had, "with": had}
        return found | ({"one_side": ~other, "other_side": other} if split else {})


def trials(names: list[str] | None = None) -> list[Trial]:
    """The data sets of data/trials, or those named."""
    sets = tomllib.loads(data("trials", "sets.toml").read_text(encoding="utf-8"))
    persons = {name: pd.read_csv(data("trials", f"{name}.csv"), dtype="str") for name in (names or sets)}
    return [Trial(name, table, **sets[name]) for name, table in persons.items()]


def figures_of(trial: Trial, split: bool = True) -> pd.DataFrame:
    """What a report prints of the groups: counts of persons, percentages, means and SDs."""
    rows = []
    for group, inside in trial.groups(split).items():
        part = trial.persons[inside]
        said: list[tuple[str, str, str, float, int]] = [(PERSON, "", "count", len(part), 0)]
        for name in trial.persons:
            if name in trial.numbers:
                value = part[name].astype(float)
                places = 2 if trial.persons[name].astype(float).std() < 10 else 1
                said += [(name, "", "mean", value.mean(), places), (name, "", "sd", value.std(), places)]
                continue
            shares = {code: as_printed(int(part[name].eq(code).sum()), len(part), 1) for code in trial.codes(name)}
            said += [(name, code, "percent", share, 1) for code, share in shares.items()]
        rows += [
            figure_row("table_1", name, code, group, statistic, f"{value:.{places}f}", places, "")
            for name, code, statistic, value, places in said
        ]
    return pd.DataFrame(rows, columns=FIGURES)


def comparisons_of(trial: Trial) -> pd.DataFrame:
    """What a report marks: for both contrasts the direction and the marker of each share and mean."""
    rows, groups = [], trial.groups()
    for contrast, own in {"outcome": trial.outcome, "split": trial.split}.items():
        for name in (name for name in trial.persons if name != own):
            for code in trial.codes(name):
                values = trial.persons[name].eq(code) if code else trial.persons[name]
                a, b = (values[groups[group]].astype(float).to_numpy() for group in SIDES[contrast])
                mark = marker(tested(a, b, "pearson" if code else "welch"))
                gap = round(b.mean() - a.mean(), 12)
                direction = "higher" if gap > 0 else "lower" if gap < 0 else "same"
                rows.append(("table_1", name, code, "", "", contrast, mark, "" if mark else "none", direction, ""))
    return pd.DataFrame(rows, columns=COMPARISONS)


def claims_of(trial: Trial, sized: bool = False) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What a report says of its model, and which factors stay in it without a word on their significance.

    `sized` gives the odds ratio of every factor, as journals do.
    """
    kept = trial.final.assign(wald=2 * stats.norm.sf(trial.final["z"].abs()))
    kept["significance"] = np.select(
        [(kept["p"] < 0.05) & (kept["wald"] < 0.05), kept["p"].between(0.05, 0.10) & kept["wald"].between(0.05, 0.10)],
        ["significant", "marginal"],
        "",
    )
    term = pd.Series(trial.term)[kept.index]
    strongest = kept.groupby(term)["z"].transform(lambda z: z.abs() == z.abs().max())
    several = term.duplicated(keep=False) | kept.index.str.contains("=")
    spoken = kept[(kept["significance"] != "") | ~several | strongest]
    worded = spoken["significance"].ne("").groupby(term[spoken.index]).transform("any")  # another level has a word
    spoken = spoken[~(several[spoken.index] & (spoken["significance"] == "") & worded)]
    order = np.lexsort([-spoken["z"].abs(), spoken.index.isin(trial.numbers)])
    in_words = spoken.index[order][: 3 if len(kept) > 5 else 2]
    rows, stays = [], []
    for name, row in spoken.iterrows():
        told = sized or name in in_words
        low, high = _range(name, row["b"], trial, sized) if told else (np.nan, np.nan)
        direction, size = "risk" if row["b"] > 0 else "protective", "printed" if told else "direction_only"
        rows.append(("outcome", trial.outcome, name, direction, low, high, size, row["significance"], ""))
        stays += [] if row["significance"] else [name]
    return pd.DataFrame(rows, columns=CLAIMS), tuple(stays)


def _range(name: str, b: float, trial: Trial, sized: bool) -> tuple[float, float]:
    """The printed range of an odds ratio: in words, or with the decimals of journals."""
    number = name in trial.numbers
    rounded = sized or number
    ratio = np.exp(b if rounded else abs(b))
    coarse, fine = (0.01, 0.001) if number else (0.1, 0.01) if sized else (0.5, 0.1)
    step = fine if (trial.scale[name] >= 10 if number else ratio < 2) else coarse
    low = (np.floor(ratio / step + 0.5) - 0.5) * step if rounded else np.floor(ratio / step) * step
    ends = round(low, 6), round(low + step, 6)
    return ends if rounded or b > 0 else (1 / ends[1], 1 / ends[0])


def cohorts(trial: Trial, arm: str, seeds: list[int]) -> list[pd.DataFrame | None]:
    """Cohorts of an arm, a seed each, as codes in text; None where one was out of reach."""
    if arm == "trees":
        return [trees(trial, seed) for seed in seeds]
    split = arm != "floor"
    comparisons, (claims, stays) = comparisons_of(trial), claims_of(trial, arm == "sized")
    said = comparisons if split else comparisons.iloc[:0]
    plan = Plan(figures_of(trial, split), said, trial.study(stays, split), seed=seeds[0])
    asked = claims if arm in ("calibrated", "sized") else None
    made: list[pd.DataFrame | None] = [None] * len(seeds)
    for k, seed in enumerate(seeds):
        with suppress(OutOfReach):
            made[k] = cohort(plan, asked, np.random.default_rng(seed)).drop(columns=[PERSON, "synthetic"])
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
        tree.fit(_wide(real[before], trial), real[name].astype(float) if number else real[name])
        leaf, wanted = tree.apply(_wide(real[before], trial)), tree.apply(_wide(made, trial))
        order = np.argsort(leaf, kind="stable")
        start, end = (np.searchsorted(leaf[order], wanted, side) for side in ("left", "right"))
        donor = order[start + (rng.random(n) * (end - start)).astype(int)]
        made[name] = real[name].to_numpy()[donor]
    return made[list(trial.persons)]


def _wide(persons: pd.DataFrame, trial: Trial) -> np.ndarray:
    """Columns for a tree: a category one a level."""
    made = []
    for name in persons:
        levels = sorted(set(trial.persons[name])) if name in trial.categories else []
        made += [persons[name].eq(level).astype(float) for level in levels] or [persons[name].astype(float)]
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
    """What a cohort says of each quantity: value, SE, and of odds ratios direction, p < .05, and whether kept."""
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
        if row.kind == PAIR:
            value = r.at[row.of]
            rows.append((value, (1 - value**2) / np.sqrt(n - 1), np.sign(value), np.nan, np.nan))
        elif row.kind == SUBGROUP:
            inside = (y == float(row.of[1])) & (other == float(row.of[2]))
            share = X.loc[inside, first].mean() if inside.any() else np.nan
            se = 100 * np.sqrt(share * (1 - share) / max(inside.sum(), 1))
            rows.append((100 * share, se, np.nan, np.nan, np.nan))
        else:
            b, se = {OTHER: of_other, DROPPED: of_all}.get(row.kind, of_model)[first]
            z = np.divide(*(of_other if row.kind == OTHER else of_all)[first])
            stays = np.nan if row.kind == OTHER else float(first in kept)
            rows.append((b, se, np.sign(z), float(abs(z) > 1.959964), stays))
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
            one, two = (SIDES[contrast][int(side)] for contrast, side in zip(SIDES, row.of[1:], strict=True))
            z = sum(_logit(printed[g].at["mean", name], size[g]) * s for g, s in ((one, 1), (two, 1), ("everyone", -1)))
            rows.append((100 / (1 + np.exp(-z)), np.nan, np.nan, np.nan, np.nan))
        else:
            contrast = "split" if row.kind == OTHER else "outcome"
            b = _crude(name, SIDES[contrast], printed, size, trial) * trial.scale[name]
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

"""Trials where the truth is known: public data sets, and what a report on each would print of them.

The rule, fixed before any result was looked at, stands in data/trials/README.md.
"""

import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.paths import data
from keepsafe.study.codebook import load_codebook
from keepsafe.study.definition import Study, load_study
from keepsafe.study.published import as_printed
from keepsafe.synthesis.schemes import columns_of
from keepsafe.synthesis.search import eliminate

PERSON = "person"
MARKS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.10, "†"))
STUDY = """[study]
title = "{title}"
person = "person"
denominators = "all"
[groups]
everyone = {{ label = "All persons" }}
without = {{ label = "Without the outcome", variable = "{outcome}", value = "0" }}
with = {{ label = "With the outcome", variable = "{outcome}", value = "1" }}
{split_groups}[contrasts]
outcome = {{ label = "Without against with the outcome", groups = ["without", "with"] }}
{split_contrast}[outcomes]
outcome = {{ label = "The outcome", variable = "{outcome}", event = "1" }}
[candidates]
all = {candidates}
[models]
outcome = {{ label = "The outcome", outcome = "outcome", candidates = ["all"] }}
[synthesis.stays]
outcome = {stays}
"""
SPLIT_GROUPS = """one_side = {{ label = "Not: {split}", variable = "{split}", value = "0" }}
other_side = {{ label = "{split}", variable = "{split}", value = "1" }}
"""
SPLIT_CONTRAST = 'split = { label = "The second split", groups = ["one_side", "other_side"] }\n'


@dataclass
class Trial:
    """A data set: `persons` (real, one row each, codes as text), what it is of, and the model that a report prints.

    `real` has a column for each column of a model, as numbers, `scale` its SD where it is of a number, else 1.
    """

    name: str
    persons: pd.DataFrame
    outcome: str
    split: str
    categories: tuple[str, ...]
    title: str = ""
    source: str = ""
    licence: str = ""
    candidates: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.candidates = [name for name in self.persons if name != self.outcome]
        self.numbers = [
            name
            for name in self.candidates
            if name not in self.categories and not set(self.persons[name]) <= {"0", "1"}
        ]
        self.book = self._codebook()
        everything = self.study()
        self.term = {column: name for name in self.candidates for column in columns_of(name, everything)}
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
        with tempfile.TemporaryDirectory() as folder:
            self.written(Path(folder), stays, split)
            return load_study(Path(folder, "study.toml"), load_codebook(Path(folder, "codebook.csv")))

    def written(self, folder: Path, stays: tuple[str, ...] = (), split: bool = True) -> None:
        """Write study.toml and codebook.csv into a folder."""
        self.book.to_csv(folder / "codebook.csv", index=False, lineterminator="\n")
        text = STUDY.format(
            title=self.title or self.name,
            outcome=self.outcome,
            split_groups=SPLIT_GROUPS.format(split=self.split) if split else "",
            split_contrast=SPLIT_CONTRAST if split else "",
            candidates=_list(self.candidates),
            stays=_list(stays),
        )
        (folder / "study.toml").write_text(text, encoding="utf-8")

    def columns(self, persons: pd.DataFrame) -> pd.DataFrame:
        """Candidates as the numeric columns of a model, one a level of a category but its first."""
        made = {}
        for column in self.term:
            name, _, level = column.partition("=")
            made[column] = persons[name].eq(level).astype(float) if level else persons[name].astype(float)
        return pd.DataFrame(made)

    def y(self, persons: pd.DataFrame) -> np.ndarray:
        """The outcome as 0 and 1."""
        return persons[self.outcome].astype(float).to_numpy()

    def groups(self, split: bool = True) -> dict[str, np.ndarray]:
        """Who belongs to each group, by name."""
        had, other = self.persons[self.outcome].eq("1").to_numpy(), self.persons[self.split].eq("1").to_numpy()
        found = {"everyone": np.ones(len(had), bool), "without": ~had, "with": had}
        return found | ({"one_side": ~other, "other_side": other} if split else {})


def _list(names) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def trials(names: list[str] | None = None) -> list[Trial]:
    """The data sets of data/trials, or those named."""
    sets = tomllib.loads(data("trials", "sets.toml").read_text(encoding="utf-8"))
    return [trial(name, **sets[name]) for name in (names or sets)]


def trial(name: str, categories: tuple[str, ...] = (), **said: Any) -> Trial:
    """One data set, read from its CSV."""
    persons = pd.read_csv(data("trials", f"{name}.csv"), dtype="str")
    return Trial(name, persons, categories=tuple(categories), **said)


def final(X: pd.DataFrame, y: np.ndarray, term: dict[str, str]) -> pd.DataFrame:
    """What backward elimination keeps: a row a column with b, se, z, and lr and p of its candidate."""
    number = {name: k for k, name in enumerate(dict.fromkeys(term.values()), 1)}
    spread = np.r_[1.0, X.std().replace(0, 1).to_numpy()]
    whole = np.column_stack([np.ones(len(X)), X.to_numpy(float)]) / spread
    cols, b, se, lr, p = eliminate(np.ascontiguousarray(whole), y, np.array([0, *(number[term[name]] for name in X)]))
    found = {"b": b / spread[cols], "se": se / spread[cols], "lr": lr, "p": p}
    table = pd.DataFrame(found, index=["", *X.columns[cols[1:] - 1]]).iloc[1:]
    return table.assign(z=table["b"] / table["se"])


def figures_of(trial: Trial, split: bool = True) -> pd.DataFrame:
    """What a report prints of the groups: counts of persons, percentages, means and SDs."""
    rows = []
    levels = {code: row.levels for code, row in zip(trial.book["name"], trial.book.itertuples(), strict=True)}
    kind = dict(zip(trial.book["name"], trial.book["type"], strict=True))
    for group, inside in trial.groups(split).items():
        part = trial.persons[inside]
        rows.append((PERSON, "", group, "count", str(len(part)), 0))
        for name in trial.persons:
            if kind[name] == "count":
                value = part[name].astype(float)
                places = 2 if trial.persons[name].astype(float).std() < 10 else 1
                rows.append((name, "", group, "mean", f"{value.mean():.{places}f}", places))
                rows.append((name, "", group, "sd", f"{value.std():.{places}f}", places))
                continue
            codes = ["1"] if kind[name] == "binary" else [part.split("=")[0] for part in levels[name].split("; ")]
            for code in codes:
                share = as_printed(int(part[name].eq(code).sum()), len(part), 1)
                rows.append((name, code, group, "percent", f"{share:.1f}", 1))
    table = pd.DataFrame(rows, columns=["variable", "level", "group", "statistic", "value", "decimals"])
    parts = [table[name].replace("", "mean" if name == "level" else "") for name in ("variable", "level", "group")]
    return table.assign(
        id="table_1." + parts[0] + "." + parts[1] + "." + parts[2] + "." + table["statistic"],
        source="table_1",
        stratum="",
        phase="",
        qualifier="exactly",
        unit="persons",
        n_printed=pd.NA,
        source_line="",
    )[
        ["id", "source", "variable", "level", "group", "stratum", "phase", "statistic", "value", "decimals"]
        + ["qualifier", "unit", "n_printed", "source_line"]
    ]


def comparisons_of(trial: Trial) -> pd.DataFrame:
    """What a report marks: for both contrasts the direction and the marker of each share and mean."""
    rows, groups = [], trial.groups()
    kind = dict(zip(trial.book["name"], trial.book["type"], strict=True))
    for contrast, (first, second) in {"outcome": ("without", "with"), "split": ("one_side", "other_side")}.items():
        for name in trial.persons:
            if name == (trial.outcome if contrast == "outcome" else trial.split):
                continue
            codes = ["1"] if kind[name] == "binary" else sorted(set(trial.persons[name]), key=int)
            for code in [""] if kind[name] == "count" else codes:
                values = trial.persons[name].eq(code) if code else trial.persons[name]
                a, b = (values[groups[group]].astype(float).to_numpy() for group in (first, second))
                p = _pearson(a, b) if code else float(stats.ttest_ind(a, b, equal_var=False).pvalue)
                marker = next((mark for end, mark in MARKS if p < end), "")
                gap = round(b.mean() - a.mean(), 12)
                direction = "higher" if gap > 0 else "lower" if gap < 0 else "same"
                rows.append((name, code, contrast, marker, "" if marker else "none", direction))
    table = pd.DataFrame(rows, columns=["variable", "level", "contrast", "marker", "wording", "direction"])
    return table.assign(source="table_1", phase="", stratum="", source_line="")[
        ["source", "variable", "level", "phase", "stratum", "contrast", "marker", "wording", "direction", "source_line"]
    ]


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    table = np.array([[a.sum(), a.size - a.sum()], [b.sum(), b.size - b.sum()]])
    return float(stats.chi2_contingency(table, correction=False).pvalue) if (table.sum(axis=0) > 0).all() else 1.0


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
    of_level = kept.index.str.contains("=")
    strongest = kept.groupby(term)["z"].transform(lambda z: z.abs() == z.abs().max())
    several = term.duplicated(keep=False) | of_level
    spoken = kept[(kept["significance"] != "") | ~several | strongest]
    spoken = spoken[~(several[spoken.index] & (spoken["significance"] == "") & _has_word(spoken, term))]
    order = np.lexsort([-spoken["z"].abs(), spoken.index.isin(trial.numbers)])
    in_words = spoken.index[order][: 3 if len(kept) > 5 else 2]
    rows, stays = [], []
    for name, row in spoken.iterrows():
        told = sized or name in in_words
        low, high = _range(name, row["b"], trial, sized) if told else (np.nan, np.nan)
        direction, size = "risk" if row["b"] > 0 else "protective", "printed" if told else "direction_only"
        rows.append(("outcome", trial.outcome, name, direction, low, high, size, row["significance"], ""))
        stays += [] if row["significance"] else [name]
    names = ["model", "outcome", "predictor", "direction", "or_low", "or_high", "size", "significance", "source_line"]
    return pd.DataFrame(rows, columns=names), tuple(stays)


def _has_word(spoken: pd.DataFrame, term: pd.Series) -> pd.Series:
    """Whether another level of the same category has a word on its significance."""
    return spoken["significance"].ne("").groupby(term[spoken.index]).transform("any")


def _range(name: str, b: float, trial: Trial, sized: bool) -> tuple[float, float]:
    """The printed range of an odds ratio: in words, or with the decimals of journals."""
    if name in trial.numbers:
        step = 0.001 if trial.scale[name] >= 10 else 0.01
        low = (np.floor(np.exp(b) / step + 0.5) - 0.5) * step
        return round(low, 6), round(low + step, 6)
    ratio = np.exp(b) if sized else np.exp(abs(b))
    step = (0.1 if ratio >= 2 else 0.01) if sized else (0.5 if ratio >= 2 else 0.1)
    low = (np.floor(ratio / step + 0.5) - 0.5) * step if sized else np.floor(ratio / step) * step
    ends = round(low, 6), round(low + step, 6)
    return ends if sized or b > 0 else (1 / ends[1], 1 / ends[0])

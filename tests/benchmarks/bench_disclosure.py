"""What disclosure control of models costs, and what it keeps from an attacker: random made-up files of several sizes.

Each file has ten 0/1 factors, one number, two outcomes, and two pairs of factors that go together in one to nine
persons. Three ways to print the same models are set beside each other: as they are with two decimals, with two
significant digits, and as keepsafe prints them. One file's model at three
sizes stands in disclosure_models.csv. A row a way and size, in disclosure.csv:

- shift: median change of a log odds ratio, in standard errors of the exact fit, of factors that stand;
- wider: median width of an interval, as a multiple of the exact one;
- dropped: share of factors that do not stand;
- joint: share of the planted pairs of which the attacker of tests/disclosure/attacker.py, who knows all margins
  exactly, bounds the joint cell within ten (a pair that no model has together is not bounded);
- removed: share of files with one person less in which the attacker, who knows the margins as tables show them, names
  the person's outcome and factor from both printed models, and is right; who guesses is right in a quarter;
- named: share in which the same attacker names just one, right or wrong;
- removed_known: the same for an attacker who sees the sums themselves with their noise, unrounded, and is 95% sure;
  product: the same of a factor that is the product of two; number: by how many standard deviations who sees the sums
  of a model of a number errs on that of the person, in the median, though the outcome is known;
- three: share of planted cells of one to nine persons with three factors, any two of which meet in many, that the
  attacker brings down to three numbers at most, the right one among them, by the odds ratios of a model of all three,
  knowing every table of two exactly and, under keepsafe, how large the noise is (95% sure);
- again: noise that is left of a sum after the mean of eight ways to ask for it (other names, order and company, outcome
  or factor turned round, another unit), as a share of that of one; merged: of a level of five, where each is
  a factor's level and two are merged in a second variable, as the rule allows; merged_all: after all fifteen ways;
- value: by how many standard deviations the attacker errs, in the median, on a number that the one person had, from
  both means unrounded.
"""

import argparse
import itertools
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from measure import row, run, taken  # noqa: E402
from scipy import stats  # noqa: E402

from keepsafe import runs  # noqa: E402
from keepsafe.files.disclosure import (  # noqa: E402
    VARIABLE,  # noqa: E402
    Withheld,
    models,
)
from keepsafe.statistics.design import Formula, make_design, raw_design  # noqa: E402
from keepsafe.statistics.fit import fit_logistic  # noqa: E402
from tests.files.disclosure import attacker  # noqa: E402

SHOWN = (205, 2_000, 20_000)  # persons of the files whose models stand side by side
SIZES, FILES, REMOVED = (205, 600, 2_000, 20_000), 6, 6
FACTORS = [f"f{k}" for k in range(10)]
PAIRS, THREE = (("f0", "f1"), ("f2", "f3")), ["f4", "f5", "f6"]
MEASURES = ("shift", "wider", "dropped", "joint", "removed", "named", "removed_known", "product", "three")
MERGES = {"merged": ["0001", "0010", "0100", "1000", "0011"], "merged_all": None}
WAYS = {"two decimals": None, "two digits": 2, "keepsafe": 2}


def made_up(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Persons with factors that hang together a little, and two planted pairs."""
    common = rng.normal(size=n)
    shares = rng.uniform(0.12, 0.5, len(FACTORS))
    frame = pd.DataFrame(
        {
            name: (rng.normal(size=n) + 0.4 * common < stats.norm.ppf(share) * 1.08).astype(int)
            for name, share in zip(FACTORS, shares, strict=True)
        }
    )
    for one, other in PAIRS:
        both = frame.index[(frame[one] == 1) & (frame[other] == 1)].to_numpy()
        frame.loc[rng.permutation(both)[rng.integers(1, 10) :], other] = 0
    three = frame.index[frame[THREE].all(axis=1)].to_numpy()
    frame.loc[rng.permutation(three)[rng.integers(1, 10) :], THREE[2]] = 0
    frame["age"] = rng.integers(11, 19, n).astype(float)
    for outcome in ("ill", "hurt"):
        b = rng.normal(0, 0.6, len(FACTORS))
        eta = frame[FACTORS].to_numpy() @ b + 0.05 * (frame["age"] - 15) - 0.9 - b @ frame[FACTORS].mean().to_numpy()
        frame[outcome] = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    return frame


class Controlled:
    """A run under disclosure control with a key of its own, while it is entered."""

    def __init__(self, key: str):
        self.key = key

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        runs.Run(Path(self.folder.name), synthetic=False, disclosure="threshold=10,round=5").write()
        os.environ |= {runs.VARIABLE: self.folder.name, VARIABLE: f"key of a benchmark, number {self.key}"}

    def __exit__(self, *_):
        del os.environ[runs.VARIABLE]
        self.folder.cleanup()


def estimates(frame: pd.DataFrame, outcome: str, factors: list[str], way: str, key: str) -> pd.DataFrame:
    """Odds ratio, low and high of each factor, as a way prints them."""
    if way == "keepsafe":
        with Controlled(key):
            try:
                return fit_logistic(frame, outcome, factors).odds_ratios
            except Withheld:
                return pd.DataFrame(columns=["B", "SE", "odds_ratio", "low", "high"], dtype=float)
    exact = fit_logistic(frame, outcome, factors).odds_ratios
    few = (lambda x: math.floor(x * 100 + 0.5) / 100) if way == "two decimals" else (lambda x: float(f"{x:.2g}"))
    ends = ("odds_ratio", "low", "high")
    return exact if way == "exact" else exact.assign(**{name: exact[name].map(few) for name in ends})


def utility(frame: pd.DataFrame, way: str, key: str) -> tuple[list, list, list]:
    """Shifts, widths and drops of the full model of each outcome."""
    shifts, widths, drops = [], [], []
    for outcome in ("ill", "hurt"):
        shown = estimates(frame, outcome, [*FACTORS, "age"], way, key)
        stands = list(shown.index)
        drops += [name not in stands for name in FACTORS]
        if not stands:
            continue
        exact = estimates(frame, outcome, stands, "exact", key)
        change = np.log(shown["odds_ratio"].to_numpy(float)) - exact["B"].to_numpy()
        shifts += (np.abs(change) / exact["SE"].to_numpy()).tolist()
        widths += (np.log(shown["high"] / shown["low"]).to_numpy() / np.log(exact["high"] / exact["low"])).tolist()
    return shifts, widths, drops


def margins(frame: pd.DataFrame, factor: str) -> list[tuple[int]]:
    return [(len(frame),), (int(frame["ill"].sum()),), (int(frame[factor].sum()),)]


def digits_of(way: str, printed: tuple[float, float, float]) -> int | None:
    """Significant digits in which a way prints an odds ratio with such an interval; None stands for two decimals."""
    narrow = printed[1] > 0 and math.log(printed[2] / printed[1]) / 3.92 < 0.1
    return 3 if way == "keepsafe" and narrow else WAYS[way]


def bounded(frame: pd.DataFrame, pair: tuple[str, str], way: str, key: str) -> bool:
    """Whether the joint cell of a pair is bounded within ten by the models with each and with both."""
    both = estimates(frame, "ill", list(pair), way, key)
    if len(both) < 2:
        return False
    tables = []
    for factor in pair:
        alone = estimates(frame, "ill", [factor], way, key).iloc[0]
        printed = tuple(alone[["odds_ratio", "low", "high"]])
        tables.append(attacker.tables_of(printed, margins(frame, factor), digits_of(way, printed)))
    digits = digits_of(way, tuple(both.iloc[0][["odds_ratio", "low", "high"]]))
    found = attacker.joint(both["odds_ratio"].to_dict(), tables[0][:12], tables[1][:12], 40, digits)
    return bool(found) and max(found) - min(found) < 10


def named(frame: pd.DataFrame, gone: int, factor: str, way: str, key: str) -> tuple[bool, bool]:
    """Whether the attacker names one outcome and factor for the person who is gone, and whether rightly."""
    ill, has = frame.loc[gone, ["ill", factor]]
    truth = {(1, 1): (1, 0, 0, 0), (0, 1): (0, 1, 0, 0), (1, 0): (0, 0, 1, 0), (0, 0): (0, 0, 0, 1)}[(ill, has)]
    fits = []
    for persons in (frame, frame.drop(index=gone)):
        fitted = estimates(persons, "ill", [factor], way, key)
        if fitted.empty:
            return False, False
        known = [attacker.within(count, 5) for (count,) in margins(persons, factor)]  # as tables show them
        printed = tuple(fitted.iloc[0][["odds_ratio", "low", "high"]])
        fits.append(attacker.tables_of(printed, known, digits_of(way, printed)))
    found = attacker.removed(*fits)
    return len(found) == 1, found == {truth}


def column(frame: pd.DataFrame, factor: str) -> np.ndarray:
    """A factor, or the product of two."""
    return frame[factor.split(":")].prod(axis=1).to_numpy(float)


def sure(frame: pd.DataFrame, gone: int, factor: str, key: str) -> bool:
    """Whether who sees both noisy sums unrounded is 95% sure, and right, of what the person was."""
    seen, spreads = [], None
    with Controlled(key):
        for persons in (frame, frame.drop(index=gone)):
            y, x = persons["ill"].to_numpy(float), column(persons, factor)
            Z = np.column_stack([np.ones(len(y)), (x - x.mean()) / np.abs(x - x.mean()).max()])
            spreads = models.spread(Z)
            drawn = np.array([models.noise(y, each) for each in (Z[:, 0], x)])
            seen.append(Z.T @ y + spreads * drawn)
    x = column(frame, factor)
    place, unit = x.mean(), np.abs(x - x.mean()).max()
    kinds = {(1, 1): 0.25, (1, 0): 0.25, (0, 0): 0.5}
    likely = {
        kind: prior
        * stats.norm.pdf(
            seen[0] - seen[1], [kind[0], kind[0] * (kind[1] - place) / unit], math.sqrt(2) * spreads
        ).prod()
        for kind, prior in kinds.items()
    }
    best = max(likely, key=likely.get)
    truth = int(frame.at[gone, "ill"]), int(x[frame.index.get_loc(gone)])
    return likely[best] > 0.95 * sum(likely.values()) and best == (truth if truth[0] else (0, 0))


def number_of(frame: pd.DataFrame, gone: int, key: str) -> float:
    """The error on the age of who is gone, whose outcome is known, from noisy sums, in standard deviations."""
    off = []
    with Controlled(key):
        for persons in (frame, frame.drop(index=gone)):
            y, x = persons["ill"].to_numpy(float), persons["age"].to_numpy(float)
            off.append(models.noise(y, x) * np.abs(x - x.mean()).max())
    return abs(off[0] - off[1]) / frame["age"].std()


def left_of_three(frame: pd.DataFrame, way: str, key: str) -> bool | None:
    """Whether three numbers at most are left for the cell of three factors; None where a rule keeps the model.

    All tables of two leave one number of the factors' joint table open, and a model without interactions asks for no
    more: each number that the cell can have has one fit.
    """
    printed, truth = estimates(frame, "ill", THREE, way, key), int(frame[THREE].all(axis=1).sum())
    if len(printed) < 3 or not truth:
        return None if way == "keepsafe" else False
    y, X = frame["ill"].to_numpy(float), frame[THREE].to_numpy(float)
    patterns = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    cells = np.array([(X == pattern).all(axis=1).sum() for pattern in patterns], float)
    parity = np.where(patterns.sum(axis=1) % 2, 1.0, -1.0)  # to add it changes no table of two
    Z, sums = np.column_stack([np.ones(8), patterns]), np.r_[y.sum(), X.T @ y]
    noise = np.diag(np.r_[1.0, np.abs(X - X.mean(axis=0)).max(axis=0)] ** 2)
    fits = {}
    for count in range(40):
        here = cells + (count - truth) * parity
        if here.min() >= 0:
            fits[count] = of_sums(Z, here, sums)
    shown = np.log(printed["odds_ratio"].to_numpy(float))
    if way == "keepsafe":
        far = {}
        for count, (b, V) in fits.items():
            spread = (V @ noise @ V)[1:, 1:] + np.diag(np.full(3, 0.03**2 / 3))  # two digits
            off = b[1:] - shown
            far[count] = off @ np.linalg.solve(spread, off) + np.linalg.slogdet(spread)[1]
        likely = {count for count, each in far.items() if each - min(far.values()) < 3.84}
    else:
        likely = {
            count
            for count, (b, _) in fits.items()
            if all(attacker.prints(math.exp(e), r, WAYS[way]) for e, r in zip(b[1:], np.exp(shown), strict=True))
        }
    return truth in likely and len(likely) <= 3


def of_sums(Z: np.ndarray, cells: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients that give these sums, and their covariance, where so many persons have each pattern of Z."""
    b = np.zeros(Z.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-Z @ b))
        V = np.linalg.inv((Z * (cells * p * (1 - p))[:, None]).T @ Z)
        step = V @ (sums - Z.T @ (cells * p))
        b += step
        if np.abs(step).max() < 1e-10:
            break
    return b, V


def asked_again(frame: pd.DataFrame, key: str) -> tuple[float, float]:
    """Noise of one sum, in standard deviations: of one way to ask, and of the mean of eight."""
    turned = frame.assign(well=1 - frame["ill"], other=1 - frame["f0"], far=3 * frame["f0"] + 2, same=frame["f0"])
    ways = [
        ("ill", ["f0"], 1, 1),
        ("ill", ["same"], 1, 1),
        ("ill", ["f7", "f0"], 1, 1),
        ("ill", ["other"], 1, -1),
        ("ill", ["f0"], 0, -1),
        ("well", ["f0"], 1, -1),
        ("well", ["other"], 1, 1),
        ("ill", ["far"], 1, 1),
    ]
    drawn = []
    with Controlled(key):
        for outcome, factors, event, sign in ways:
            persons = turned.sample(frac=1, random_state=len(drawn))
            made = make_design(persons, outcome, factors, event=event)
            place = len(made.columns) - 1
            raw = raw_design(persons, Formula(outcome, factors, event))
            drawn.append(sign * float(made.Z[:, place] @ made.y - raw.Z[:, place] @ raw.y))
    return drawn[0], float(np.mean(drawn))


def merged_away(rng: np.random.Generator, n: int, key: str) -> dict[str, tuple[float, float]]:
    """Error of the sum of a level of five, in persons: asked for alone, and after several ways to merge them."""
    level, y = rng.integers(0, 5, n), (rng.random(n) < 0.3).astype(float)
    truth = np.array([(level == each) @ (y - y.mean()) for each in range(5)])
    seen = {}
    with Controlled(key):
        for marks in itertools.product((0.0, 1.0), repeat=4):
            if any(marks):
                x = np.array([0.0, *marks])[level]
                unit = np.abs(x - x.mean()).max()
                name = "".join(str(int(mark)) for mark in marks)
                seen[name] = np.r_[marks, marks @ truth[1:] + unit * models.noise(y, x)] / unit
    alone, made = seen["0001"][4] / seen["0001"][3] - truth[4], {}
    for way, names in MERGES.items():
        asked = np.array([seen[name] for name in names or seen])
        found = np.linalg.lstsq(asked[:, :4], asked[:, 4], rcond=None)[0]
        made[way] = alone, float(found[3] - truth[4])
    return made


def value_of(frame: pd.DataFrame, gone: int, key: str) -> float:
    """The error on the age of who is gone, from the means with all their digits, in standard deviations."""
    with Controlled(key):
        before, after = (models.moments(each["age"].to_numpy())[0] for each in (frame, frame.drop(index=gone)))
    return abs(len(frame) * before - (len(frame) - 1) * after - frame.at[gone, "age"]) / frame["age"].std()


def compare(sizes: tuple[int, ...], files: int) -> Iterator[dict]:
    """A row a way and size, of disclosure.csv."""
    for n in sizes:
        found, asked = (
            {way: {name: [] for name in MEASURES} for way in WAYS},
            {name: [] for name in ("again", *MERGES, "value", "number")},
        )
        for number in range(files):
            rng = np.random.default_rng([n, number])
            frame, key = made_up(rng, n), str(number)
            picked = [(int(rng.integers(n)), FACTORS[int(rng.integers(4, 10))]) for _ in range(REMOVED)]
            for way, told in found.items():
                for name, part in zip(("shift", "wider", "dropped"), utility(frame, way, key), strict=True):
                    told[name] += part
                told["joint"] += [bounded(frame, pair, way, key) for pair in PAIRS]
                for one, right in (named(frame, *each, way, key) for each in picked):
                    told["named"].append(one)
                    told["removed"].append(right)
                told["three"] += [each for each in [left_of_three(frame, way, key)] if each is not None]
                if way == "keepsafe":
                    told["removed_known"] += [sure(frame, *each, key) for each in picked]
                    told["product"] += [sure(frame, gone, "f7:f8", key) for gone, _ in picked]
            for turn in range(5):
                asked["again"].append(asked_again(frame, f"{key}-{turn}"))
                for name, errors in merged_away(rng, n, f"{key}-{turn}").items():
                    asked[name].append(errors)
            asked["value"] += [value_of(frame, gone, key) for gone, _ in picked]
            asked["number"] += [number_of(frame, gone, key) for gone, _ in picked]
        for way, told in found.items():
            middle = {name: round(float(np.median(told[name])), 2) for name in ("shift", "wider")}
            share = {name: round(float(np.mean(told[name])), 2) if told[name] else None for name in MEASURES[2:]}
            yield {"way": way, "size": n, "files": files, **middle, **share} | (
                left(asked) if way == "keepsafe" else {}
            )


def left(asked: dict[str, list]) -> dict[str, float]:
    """What is left of the noise of one way to ask after the others, and the median error on a value."""
    one = {name: np.sqrt((np.array(asked[name]) ** 2).mean(axis=0)) for name in ("again", *MERGES)}
    return {name: round(float(all_ / single), 2) for name, (single, all_) in one.items()} | {
        name: round(float(np.median(asked[name])), 2) for name in ("value", "number")
    }


def side_by_side(sizes: tuple[int, ...]) -> Iterator[dict]:
    """The full model of one file a size, a row a factor: without control, without it of those that stand, and with."""
    for n in sizes:
        frame = made_up(np.random.default_rng([n, 0]), n)
        kept = estimates(frame, "ill", [*FACTORS, "age"], "keepsafe", "0")
        every, same = (
            estimates(frame, "ill", names, "two decimals", "0") for names in ([*FACTORS, "age"], list(kept.index))
        )
        for name in every.index:
            told = {
                way: f"{made.at[name, 'odds_ratio']:g} ({made.at[name, 'low']:g} to {made.at[name, 'high']:g})"
                if name in made.index
                else "withheld"
                for way, made in (("all", every), ("standing", same), ("shown", kept))
            }
            yield {"size": n, "factor": name} | told


def keep(table: pd.DataFrame, name: str) -> None:
    """Write a table beside that of all benchmarks, and print it."""
    asked = argparse.ArgumentParser(add_help=False)
    asked.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "reports" / "benchmarks")
    out = asked.parse_known_args()[0].out
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")
    print(table.to_string(index=False, na_rep=""), flush=True)


def rows(quick: bool) -> Iterator[dict]:
    """The comparison, written beside the table of all benchmarks; and what control costs in time."""
    keep(pd.DataFrame(compare(SIZES[:1] if quick else SIZES, 2 if quick else FILES)), "disclosure")
    keep(pd.DataFrame(side_by_side(SHOWN[:1] if quick else SHOWN)), "disclosure_models")
    for n in SIZES[:1] if quick else SIZES:
        frame = made_up(np.random.default_rng(n), n)
        ask = partial(fit_logistic, frame, "ill", [*FACTORS, "age"])
        plain = taken(ask)
        with Controlled("of time"):
            measured = taken(ask)
        yield row(
            "a model of 11 predictors under disclosure control",
            n,
            "persons",
            "the same without",
            plain["seconds"],
            **measured,
        )


if __name__ == "__main__":
    run("disclosure", rows)

"""The trials run and told: each arm on each data set, what it says and discloses, what may be read of such files.

`make trials` runs them; the results are committed under data/trials.

Longer than 300 lines: a measure is read beside how its rows are gathered and what may be concluded from them.
"""

import hashlib
import warnings
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError
from keepsafe.synthesis.trials import (
    ARMS,
    DROPPED,
    KEPT,
    OTHER,
    PAIR,
    SUBGROUP,
    TOLD,
    Trial,
    cohorts,
    guess,
    measured,
    quantities,
    trials,
)
from keepsafe.workers import share

COHORTS, CHUNK, FEWEST, WATCHED = 50, 10, 10, 10
UNPRINTED = "odds ratio not printed"
RARE = 2  # persons with a combination, at most
RECORDS = 400  # made records of a cohort whose nearest real person is looked for
SAID = ["value", "direction", "significant", "kept"]
RARE_ENOUGH = 10  # rare combinations that a data set has, where their recovery is told
RESULTS = ("items", "summary", "sets", "disclosure")
#: The kinds of quantity that are asked about, and the question of each row of the table.
QUESTIONS = {
    TOLD: "The size of an odds ratio that the report gives in words",
    KEPT: "The size of an odds ratio that the report names and does not size",
    DROPPED: "The size of an odds ratio of a candidate that did not stay",
    PAIR: "How strongly two candidates go together",
    SUBGROUP: "A share in one of the four groups of outcome by second split",
    OTHER: "An odds ratio in a model of another outcome",
}


def run(
    names: list[str] | None = None,
    count: int = COHORTS,
    arms: tuple[str, ...] = ARMS,
    n_jobs: int | None = None,
    progress=None,
) -> dict[str, pd.DataFrame]:
    """Try data sets (all, or those named), `count` cohorts an arm: the frames `items`, `sets` and `disclosure`."""
    order = [trial.name for trial in trials()]
    tasks = []
    for name in names or order:
        first = 1000 * (order.index(name) + 1)
        seeds = [list(range(s, min(s + CHUNK, first + count))) for s in range(first, first + count, CHUNK)]
        tasks += [(name, arm, part) for arm in arms for part in seeds]
    tasks.sort(key=lambda task: -len(_known(task[0]).persons) * (task[1] in ("calibrated", "sized")))
    done: dict[tuple[str, str], list] = {}
    for number, (task, made) in enumerate(zip(tasks, share(_task, tasks, n_jobs), strict=True), 1):
        done.setdefault(task[:2], []).extend(made)
        if progress:
            progress(number, len(tasks))
    found = [_trial(name, {arm: done[name, arm] for arm in arms}) for name in names or order]
    return {key: pd.concat([part[key] for part in found], ignore_index=True) for key in ("items", "sets", "disclosure")}


@cache
def _known(name: str) -> Trial:
    return trials([name])[0]


def _task(task: tuple[str, str, list[int]]) -> list[tuple[np.ndarray, dict[str, float]] | None]:
    """What each cohort says (quantities x SAID), the first ones also what they disclose; None out of reach."""
    name, arm, seeds = task
    trial = _known(name)
    asked = quantities(trial)
    told: list[tuple[np.ndarray, dict[str, float]] | None] = [None] * len(seeds)
    for k, (seed, made) in enumerate(zip(seeds, cohorts(trial, arm, seeds), strict=True)):
        if made is not None:
            said = measured(trial, made, asked)[SAID].to_numpy(float)
            told[k] = said, disclosed(trial, made, seed) if seed % 1000 < WATCHED else {}
    return told


def _trial(name: str, arms: dict[str, list]) -> dict[str, pd.DataFrame]:
    """Items, the row of the set, and disclosure of one data set."""
    trial = _known(name)
    asked = quantities(trial)
    truth, read = measured(trial, trial.persons, asked), guess(trial, asked)
    base = asked[["kind", "item"]].assign(set=name, truth=truth["value"], se=truth["se"])
    items, lost, seen = [], {}, []
    for arm, made in arms.items():
        whole = [one for one in made if one is not None]
        lost[arm] = len(made) - len(whole)
        seen += [{"set": name, "arm": arm, **one[1]} for one in whole if one[1]]
        if len(whole) >= min(FEWEST, len(made)):
            items.append(_items(base, truth, np.array([one[0] for one in whole]), arm))
    items.append(_items(base, truth, read[SAID].to_numpy(float)[None], "guess"))
    watched = pd.DataFrame(seen)
    if len(watched):
        watched = watched.groupby(["set", "arm"], as_index=False, sort=False).mean()
    return {"items": pd.concat(items), "sets": _row(trial, truth, read, asked, lost), "disclosure": watched}


def _items(base: pd.DataFrame, truth: pd.DataFrame, said: np.ndarray, arm: str) -> pd.DataFrame:
    """A row a quantity: the arm's median, range and SD over its cohorts, and how many draw the true conclusions."""
    value = said[:, :, 0]
    known = np.isfinite(value).sum(axis=0) >= (1 if arm == "guess" else len(value) / 2)
    fine = np.where(known & np.isfinite(truth["value"].to_numpy()), value, np.nan)
    found = base.assign(arm=arm, cohorts=np.isfinite(fine).sum(axis=0))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # quantities without a finite number are blank
        found["median"] = np.nanmedian(fine, axis=0)
        found["low"], found["high"] = np.nanquantile(fine, [0.05, 0.95], axis=0)
        found["sd"] = np.nanstd(fine, axis=0)
    for k, name in enumerate(("direction", "significant", "kept"), 1):
        real = truth[name].to_numpy(float)
        same = (said[:, :, k] == real).mean(axis=0)
        told = np.isfinite(real) & np.isfinite(truth["value"]) & np.isfinite(said[:, :, k]).any(axis=0)
        found[f"same_{name}"] = np.where(told, same, np.nan)
    return found


def _row(trial: Trial, truth: pd.DataFrame, read: pd.DataFrame, asked: pd.DataFrame, lost: dict) -> pd.DataFrame:
    """What a data set is like."""
    model = asked["kind"].isin([TOLD, KEPT, DROPPED]).to_numpy()
    crude, of_all = read[model].set_index(asked.loc[model, "item"]), truth[model].set_index(asked.loc[model, "item"])
    clear = of_all["significant"] == 1
    turned = clear & (crude["direction"] != of_all["direction"])
    hidden = clear & ~turned & (crude["significant"] == 0)
    r = trial.real.corr().abs()
    pairs = [(a, b) for a, b in combinations(r, 2) if trial.term[a] != trial.term[b] and r.at[a, b] >= 0.7]
    return pd.DataFrame(
        {
            "set": [trial.name],
            "title": trial.title,
            "persons": len(trial.persons),
            "outcome_share": round(float(trial.y(trial.persons).mean()), 3),
            "candidates": len(trial.candidates),
            "kept": trial.final.index.map(trial.term).nunique(),
            "reversed": " ".join(turned.index[turned]),
            "suppressed": " ".join(hidden.index[hidden]),
            "collinear": "; ".join(f"{a} with {b}" for a, b in pairs),
            **{f"lost_{arm}": count for arm, count in lost.items()},
        }
    )


def disclosed(trial: Trial, made: pd.DataFrame, seed: int) -> dict[str, float]:
    """How near made records lie to real persons, and whether rare combinations come back, over columns shuffled."""
    rng = np.random.default_rng([seed, 7])
    real = trial.persons
    shuffled = pd.DataFrame({name: rng.permutation(real[name].to_numpy()) for name in real})
    coded = [name for name in real if name not in trial.numbers]
    near = {key: _nearest(trial, table, rng) for key, table in {"made": made, "shuffled": shuffled}.items()}
    tables = {"real": real, "made": made, "shuffled": shuffled}
    n = pd.DataFrame({key: _combined(table, coded) for key, table in tables.items()}).fillna(0)
    held, rare = n > 0, n.ge(1) & n.le(RARE)
    return {
        "distance": near["made"],
        "distance_by_chance": near["shuffled"],
        "rare_real": float(rare["real"].sum()),
        "recovered": held.loc[rare["real"], "made"].mean(),
        "recovered_by_chance": held.loc[rare["real"], "shuffled"].mean(),
        "true_of_rare": held.loc[rare["made"], "real"].mean(),
        "true_by_chance": held.loc[rare["shuffled"], "real"].mean(),
    }


def _nearest(trial: Trial, made: pd.DataFrame, rng: np.random.Generator) -> float:
    """The mean Gower distance of made records to the nearest real person."""
    some = made.iloc[rng.permutation(len(made))[:RECORDS]]
    total = np.zeros((len(some), len(trial.persons)), np.float32)
    for name in trial.persons:
        one, other = some[name].to_numpy(), trial.persons[name].to_numpy()
        if name in trial.numbers:
            a, b = one.astype(np.float32), other.astype(np.float32)
            total += np.abs(a[:, None] - b) / max(b.max() - b.min(), 1)
        else:
            total += one[:, None] != other
    return float(total.min(axis=1).mean() / trial.persons.shape[1])


def _combined(table: pd.DataFrame, coded: list[str]) -> pd.Series:
    """How many persons have each combination of three coded columns."""
    return pd.Series(
        {(*three, *key): n for three in combinations(coded, 3) for key, n in table.groupby(list(three)).size().items()}
    )


def summarised(items: pd.DataFrame) -> pd.DataFrame:
    """Means over items, every data set alike: a row a kind, arm and `of` (all, a set, or all without one).

    Columns: items, error (mean distance of the median from the truth), coverage and width of the 5% to 95% ranges,
    spread (the cohorts' SD over the standard error), same_direction, same_significant, same_kept, told (of 1).
    """
    rows = items.assign(
        error=(items["median"] - items["truth"]).abs(),
        coverage=items["truth"].between(items["low"] - 1e-9, items["high"] + 1e-9).astype(float),
        width=items["high"] - items["low"],
        spread=items["sd"] / items["se"].where(items["se"] > 1e-9),
    )
    rows = rows[rows["error"].notna()]
    rows = pd.concat([rows, rows[rows["kind"].isin([KEPT, DROPPED])].assign(kind=UNPRINTED)])
    names = ["error", "coverage", "width", "spread", "same_direction", "same_significant", "same_kept"]
    each = rows.groupby(["kind", "arm", "set"], sort=False)
    of_set = each[names].mean().assign(items=each.size()).reset_index()
    every = [of_set.assign(of="all"), of_set.assign(of=of_set["set"])]
    every += [of_set[of_set["set"] != name].assign(of=f"without {name}") for name in of_set["set"].unique()]
    grouped = pd.concat(every).groupby(["of", "kind", "arm"], sort=False)
    table = grouped[names].mean().assign(items=grouped["items"].sum()).reset_index()
    table.loc[table["arm"] == "guess", ["coverage", "width", "spread"]] = np.nan
    return table[["of", "kind", "arm", "items", *names]]


def results(name: str = "summary") -> pd.DataFrame:
    """The committed results of the trials: "items", "summary", "sets" or "disclosure".

    Examples
    --------
    >>> len(results("sets"))
    10
    """
    path = data("trials", f"{name}.csv")
    if not path.is_file():  # an edition of another report: beside the program
        path = Path(__file__).parents[2] / "data" / "trials" / path.name
    if not path.is_file():
        raise InputError.of("no results of trials are here", file=shown(path), remedy="`make trials` writes them")
    return pd.read_csv(path)


def may_be_read() -> pd.DataFrame:
    """What may be read from synthetic files made of a report's figures, and what not, by the trials where the truth is
    known.

    Returns
    -------
    DataFrame
        a row a question: question, unit; calibrated, sized, tables, floor, guess and trees (the mean distance from
        the truth; blank where an arm was not made of every data set); no_association (the distance of a guess of an
        odds ratio of 1; of a share there is none, and of a correlation it is the guess); coverage (the share of truths
        within the calibrated cohorts' 5% to 95% range, on the mean of the sets); held (that share of all truths);
        width (of that range) and spread (the cohorts' SD over the standard error of sampling), on the mean of the
        sets; nearer_in (in how many of the `sets` the calibrated cohorts are nearer than guess and floor); verdict:
        "may be read" where they are nearer with each data set left out in turn and in most sets, and held is at least
        85%; "better
        than a guess, its range is no interval" where only the ranges fail; else "may not be read". What is told in
        words "was put in", which is no finding. In attrs: how many cohorts an arm the rule asks for (`asked`), and
        how many at least were `made`.

    Examples
    --------
    >>> set(may_be_read()["verdict"]) <= {MAY, BETTER, NOT, PUT_IN}
    True
    """
    summary, items, rows = results(), results("items"), []
    of_set = summary[~summary["of"].str.startswith("without ") & (summary["of"] != "all")]
    for kind, question in QUESTIONS.items():
        part = of_set[of_set["kind"] == kind]
        error = part.pivot_table("error", "of", "arm").dropna(subset=["calibrated"])
        range_of = part[part["arm"] == "calibrated"][["coverage", "width", "spread"]].mean()
        nearer = error["calibrated"] < error[["guess", "floor"]].min(axis=1)
        without = pd.DataFrame({name: error.drop(index=name).mean() for name in error.index}).T
        stands = bool((without["calibrated"] < without[["guess", "floor"]].min(axis=1)).all())
        better = stands and nearer.mean() > 0.5
        unit = {SUBGROUP: "points", PAIR: "correlation"}.get(kind, "log odds ratio")
        arms = {arm: error[arm].mean() if arm in error and error[arm].notna().all() else np.nan for arm in SHOWN}
        known = _answered(items, kind)
        held = known["held"].mean()
        verdict = (MAY if held >= HELD else BETTER) if better else NOT
        null = np.nan if kind in (SUBGROUP, PAIR) else known["truth"].abs().groupby(known["set"]).mean().mean()
        row = {"question": question, "unit": unit, **arms, "no_association": null, **range_of, "held": held}
        row |= {"nearer_in": int(nearer.sum()), "sets": len(error), "verdict": PUT_IN if kind == TOLD else verdict}
        rows.append(row)
    found = pd.DataFrame(rows)
    found.attrs = {"asked": COHORTS, "made": int(items.loc[items["arm"] == "calibrated", "cohorts"].min())}
    return found


SHOWN = ("calibrated", "sized", "tables", "floor", "guess", "trees")
MAY, BETTER, NOT = "may be read", "better than a guess, its range is no interval", "may not be read"
PUT_IN = "was put in"
HELD = 0.85


def trials_told() -> dict[str, Any]:
    """What the trials found, in numbers: chapter 06 and the datasheet take their sentences from here.

    Returns
    -------
    dict
        sets, fewest, most (data sets, and persons in them), made and asked (files an arm), tried (data sets with
        calibrated files), missing (the others), readable and kinds (how many kinds of figure may be read, of how
        many). Of the measure named beforehand (`primary`, a frame a data set and an arm of log odds ratios; `drawn`,
        the same as factors, a row a dot): gain (its columns' means, by arm), nearer, least, largest, mean, se (in how
        many sets calibrated files are nearer than the guess, and by how much). Of odds ratios named and not sized:
        factor, factor_guess, factor_low and factor_high (off by a factor of, on the mean and over the sets), unsized
        (share within the range), and significance (right, by arm). Of shares: shares, variables, variables_held, far
        (largest distance, points). Of candidates that did not stay: direction (right by the middle file, by arm),
        small (share of truths below their standard error). Of records: near, near_trees (distance to the nearest real
        record, over that of shuffled columns), rare, rare_chance. at_most: how often a range of so many files would
        hold one more of the same kind.

    Examples
    --------
    >>> told = trials_told()
    >>> told["tried"] + len(told["missing"]) == told["sets"]
    True
    """
    found, sets, items = may_be_read(), results("sets"), results("items")
    made = found.attrs["made"]
    summary = results()
    of_sets = summary[summary["of"].isin(sets["set"])]
    every = of_sets[of_sets["kind"] == UNPRINTED].pivot(index="of", columns="arm", values="error")
    primary = every.dropna(subset=["calibrated"])
    gain = primary["guess"] - primary["calibrated"]
    factors = of_sets[of_sets["kind"] == KEPT].pivot(index="of", columns="arm", values=["error", "same_significant"])
    factors = factors.dropna(subset=[("error", "calibrated")])
    rows = found.set_index("question")
    named, share = (rows.loc[QUESTIONS[kind]] for kind in (KEPT, SUBGROUP))
    shares = _answered(items, SUBGROUP)
    by_variable = shares["held"].groupby([shares["set"], shares["item"].str.partition(",")[0]]).all()
    left = _answered(items, DROPPED)
    signs = {arm: _same_sign(items, left, arm) for arm in ("calibrated", "guess", "trees")}
    near = results("disclosure")
    near["far"] = near["distance"] / near["distance_by_chance"]
    far = near.pivot(index="set", columns="arm", values="far").dropna(subset=["calibrated"]).mean()
    rare = near[near["arm"].eq("calibrated") & near["rare_real"].ge(RARE_ENOUGH)]
    draws = np.random.default_rng(1).standard_normal((20_000, made + 1))
    low, high = np.quantile(draws[:, 1:], [0.05, 0.95], axis=1)
    missing = [name for name in sets["set"] if name not in primary.index]
    read = found[found["verdict"] != PUT_IN]["verdict"].eq(MAY)
    return {
        "sets": len(sets),
        "fewest": int(sets["persons"].min()),
        "most": int(sets["persons"].max()),
        **found.attrs,
        "tried": len(primary),
        "missing": missing,
        "hardest": bool(missing) and every["guess"].idxmax() in missing,
        "readable": int(read.sum()),
        "kinds": len(read),
        "primary": primary,
        "drawn": _dots(primary, sets.set_index("set")["title"]),
        "gain": primary.mean(),
        "nearer": int((gain > 0).sum()),
        "least": gain.min(),
        "largest": gain.max(),
        "mean": gain.mean(),
        "se": gain.std() / len(gain) ** 0.5,
        "factor": np.exp(named["calibrated"]),
        "factor_guess": np.exp(named["guess"]),
        "factor_low": np.exp(factors["error", "calibrated"].min()),
        "factor_high": np.exp(factors["error", "calibrated"].max()),
        "unsized": named["held"],
        "significance": factors["same_significant"].dropna(axis=1).mean(),
        "share": share,
        "shares": len(shares),
        "variables": len(by_variable),
        "variables_held": int(by_variable.sum()),
        "far": (shares["median"] - shares["truth"]).abs().max(),
        "direction": signs,
        "small": (left["truth"].abs() < left["se"]).mean(),
        "near": far["calibrated"],
        "near_trees": far["trees"],
        "rare": rare["recovered"].mean(),
        "rare_chance": rare["recovered_by_chance"].mean(),
        "rare_sets": len(rare),
        "rare_enough": RARE_ENOUGH,
        "at_most": float(((draws[:, 0] >= low) & (draws[:, 0] <= high)).mean()),
    }


def _dots(primary: pd.DataFrame, titles: pd.Series) -> pd.DataFrame:
    """Distances on the log scale as factors, a row a data set and arm, the nearest to a guess first."""
    arms = {"calibrated": "files made to fit", "guess": "a reader's guess"}
    long = np.exp(primary[list(arms)]).sort_values("guess").rename(columns=arms)
    long = long.rename_axis("set").reset_index().melt("set", var_name="group", value_name="value")
    return pd.DataFrame({"label": long["set"].map(titles), "group": long["group"], "value": long["value"]})


def _answered(items: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The quantities of a kind that the calibrated files have a number for, and whether their range holds the truth."""
    rows = items[(items["kind"] == kind) & (items["arm"] == "calibrated")].dropna(subset=["median", "truth"])
    return rows.assign(held=rows["truth"].between(rows["low"] - 5e-5, rows["high"] + 5e-5))


def _same_sign(items: pd.DataFrame, asked: pd.DataFrame, arm: str) -> float:
    """How often the middle file of an arm has the true sign, every data set alike."""
    rows = items[items["arm"] == arm].merge(asked[["set", "kind", "item"]]).dropna(subset=["median"])
    return float((np.sign(rows["median"]) == np.sign(rows["truth"])).groupby(rows["set"]).mean().mean())


def written(found: dict[str, pd.DataFrame]) -> list[str]:
    """Write results with their checksums to data/trials; returns the files."""
    found = found | {"items": found["items"].round(4)}
    found["summary"] = summarised(found["items"])  # of what is committed: an end of a range may be the truth itself
    lead = ["set", "arm", "kind", "item"]
    found["items"] = found["items"][[*lead, *(name for name in found["items"] if name not in lead)]]
    sums = []
    for path in (data("trials", f"{name}.csv") for name in RESULTS):
        found[path.stem].round(4).to_csv(path, index=False, lineterminator="\n")
        sums.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    data("trials", "CHECKSUMS").write_text("".join(sums), encoding="utf-8")
    return [shown(data("trials", f"{name}.csv")) for name in RESULTS]

"""The trials run and told: each arm on each data set, what it says and discloses, what may be read of such files.

`make trials` runs them; the results are committed under data/trials.

Longer than 300 lines: a measure is read beside how its rows are gathered and what may be concluded from them.
"""

import hashlib
import warnings
from functools import cache
from itertools import combinations
from pathlib import Path

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
    scheduler: str | None = None,
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
    for number, (task, made) in enumerate(zip(tasks, share(_task, tasks, n_jobs, scheduler), strict=True), 1):
        done.setdefault(task[:2], []).append((task[2][0], made))
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
    told: list[tuple[np.ndarray, dict[str, float]] | None] = []
    for seed, made in zip(seeds, cohorts(trial, arm, seeds), strict=True):
        if made is None:
            told.append(None)
            continue
        said = measured(trial, made, asked)[SAID].to_numpy(float)
        told.append((said, disclosed(trial, made, seed) if seed % 1000 < WATCHED else {}))
    return told


def _trial(name: str, arms: dict[str, list]) -> dict[str, pd.DataFrame]:
    """Items, the row of the set, and disclosure of one data set."""
    trial = _known(name)
    asked = quantities(trial)
    truth, read = measured(trial, trial.persons, asked), guess(trial, asked)
    base = asked[["kind", "item"]].assign(set=name, truth=truth["value"], se=truth["se"])
    items, lost, seen = [], {}, []
    for arm, parts in arms.items():
        made = [one for _, part in sorted(parts, key=lambda part: part[0]) for one in part]
        whole = [one for one in made if one is not None]
        lost[arm] = len(made) - len(whole)
        seen += [{"set": name, "arm": arm, **one[1]} for one in whole if one[1]]
        if len(whole) < min(FEWEST, len(made)):
            continue
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
    with np.errstate(all="ignore"):
        with warnings.catch_warnings():
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
    of_all = [_all(table, coded) for table in (real, made, shuffled)]
    of_real, of_made, of_shuffled = ([key for key, n in found.items() if n <= RARE] for found in of_all)
    return {
        "distance": near["made"],
        "distance_by_chance": near["shuffled"],
        "rare_real": float(len(of_real)),
        "recovered": _share_of(of_real, of_all[1]),
        "recovered_by_chance": _share_of(of_real, of_all[2]),
        "true_of_rare": _share_of(of_made, of_all[0]),
        "true_by_chance": _share_of(of_shuffled, of_all[0]),
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


def _all(table: pd.DataFrame, coded: list[str]) -> dict[tuple, int]:
    """How many persons have each combination of three coded columns."""
    found = {}
    for three in combinations(coded, 3):
        found |= {(*three, *key): n for key, n in table.groupby(list(three)).size().items()}
    return found


def _share_of(keys: list[tuple], table: dict[tuple, int]) -> float:
    return float(np.mean([key in table for key in keys])) if keys else np.nan


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
    of_set = rows.groupby(["kind", "arm", "set"], sort=False)[names].mean().reset_index()
    of_set["items"] = rows.groupby(["kind", "arm", "set"], sort=False).size().to_numpy()
    parts = [_over(of_set, names).assign(of="all"), of_set.rename(columns={"set": "of"})]
    for name in of_set["set"].unique():
        parts.append(_over(of_set[of_set["set"] != name], names).assign(of=f"without {name}"))
    table = pd.concat(parts, ignore_index=True)
    blank = table["arm"] == "guess"
    table.loc[blank, ["coverage", "width", "spread"]] = np.nan
    return table[["of", "kind", "arm", "items", *names]]


def _over(of_set: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    grouped = of_set.groupby(["kind", "arm"], sort=False)
    return grouped[names].mean().assign(items=grouped["items"].sum()).reset_index()


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
    known = items[items["arm"] == "calibrated"]
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
        asked = known[(known["kind"] == kind) & (known["median"] - known["truth"]).notna()]
        size = asked.groupby("set")["truth"].agg(lambda truth: truth.abs().mean()).mean()
        held = asked["truth"].between(asked["low"] - 5e-5, asked["high"] + 5e-5).mean()
        verdict = (MAY if held >= HELD else BETTER) if better else NOT
        null = np.nan if kind in (SUBGROUP, PAIR) else size
        row = {"question": question, "unit": unit, **arms, "no_association": null, **range_of, "held": held}
        row |= {"nearer_in": int(nearer.sum()), "sets": len(error), "verdict": PUT_IN if kind == TOLD else verdict}
        rows.append(row)
    found = pd.DataFrame(rows)
    found.attrs = {"asked": COHORTS, "made": int(known["cohorts"].min())}
    return found


SHOWN = ("calibrated", "sized", "tables", "floor", "guess", "trees")
MAY, BETTER, NOT = "may be read", "better than a guess, its range is no interval", "may not be read"
PUT_IN = "was put in"
HELD = 0.85


def trial_conclusions() -> pd.DataFrame:
    """How often one cohort gives the conclusion that the real persons give: a row an arm and conclusion (direction,
    significance, membership) of factors and candidates in a model, with `share`; arms made of every data set of which
    calibrated cohorts were.

    Examples
    --------
    >>> sorted(trial_conclusions()["conclusion"].unique())
    ['direction', 'membership', 'significance']
    """
    rows = results()
    rows = rows[rows["kind"].isin([TOLD, KEPT, DROPPED])]
    rows = rows[rows["of"].isin(results("sets")["set"])]
    made = rows[rows["arm"] == "calibrated"].groupby("kind")["of"].agg(set)
    rows = rows[[of in made[kind] for of, kind in zip(rows["of"], rows["kind"], strict=True)]]
    rows = rows.groupby(["kind", "arm"], sort=False).filter(lambda part: len(part) == len(made[part["kind"].iloc[0]]))
    rows = rows.groupby(["kind", "arm"], sort=False).mean(numeric_only=True).reset_index()
    named = {"same_direction": "direction", "same_significant": "significance", "same_kept": "membership"}
    long = rows.melt(["kind", "arm"], list(named), "conclusion", "share")
    return long.assign(conclusion=long["conclusion"].map(named)).dropna(ignore_index=True)


def written(found: dict[str, pd.DataFrame]) -> list[str]:
    """Write results with their checksums to data/trials; returns the files."""
    found = found | {"items": found["items"].round(4)}
    found["summary"] = summarised(found["items"])  # of what is committed: an end of a range may be the truth itself
    lead = ["set", "arm", "kind", "item"]
    found["items"] = found["items"][[*lead, *(name for name in found["items"] if name not in lead)]]
    sums = []
    for name in RESULTS:
        text = found[name].round(4).to_csv(index=False, lineterminator="\n")
        data("trials", f"{name}.csv").write_text(text, encoding="utf-8")
        sums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}.csv\n")
    data("trials", "CHECKSUMS").write_text("".join(sums), encoding="utf-8")
    return [shown(data("trials", f"{name}.csv")) for name in RESULTS]

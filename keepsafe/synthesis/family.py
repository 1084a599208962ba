"""A family of cohorts that hold the same printed figures: made, read, and asked what it forces and leaves open.

How far a sized odds ratio can be pushed while the printed figures hold is told as well: at least this wide.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from keepsafe import synthesis
from keepsafe.files.cleaning import with_derived
from keepsafe.problems import InputError
from keepsafe.study import Study, load_study
from keepsafe.synthesis.demands import coded, sources
from keepsafe.synthesis.design import Design, Scheme, design, schemes
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.walks import on_grid
from keepsafe.workers import share

CHUNK = 25  # cohorts made from one plan; the next plan fills in afresh what all cohorts of a plan share
SMALL = 4  # the largest cell that counts as small
COHORTS = 60  # how many cohorts are compared for such cells


def family(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame | None,
    study: Study,
    seed: int,
    cohorts: int,
    scheduler: str | None = None,
    progress: Callable[[int], object] | None = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Make cohorts from seeds seed, seed + 1, ...

    Its spread shows what the printed figures leave open, and how this way of filling it in spreads over that: it is no
    confidence interval, since no sampling of young people is in it, and no bound, since cohorts at the edge of what is
    possible are rarely drawn. claims None gives cohorts exact on the tables alone; `n_jobs` and `scheduler` are as in
    `keepsafe.workers.share`. Back come `typed` cohorts with cohort (its seed) and targets (tables or all). One from
    which the claims were out of reach is left out, and `attrs["lost"]` says of its seed what was missed. InputError
    for figures that contradict each other, and where every cohort is out of reach.
    """
    if cohorts < 1:
        raise InputError.of(f"{cohorts} is no number of cohorts", column="cohorts", remedy="give 1 or more")
    seeds = [range(first, min(first + CHUNK, seed + cohorts)) for first in range(seed, seed + cohorts, CHUNK)]
    whole: list[pd.DataFrame] = []
    lost: dict[int, InputError] = {}
    for made, missed in share(partial(_chunk, figures, comparisons, claims, study), seeds, n_jobs, scheduler):
        whole += made
        lost |= missed
        if progress:
            progress(len(whole) + len(lost))
    if not whole:
        raise next(iter(lost.values()))
    found = pd.concat(whole, ignore_index=True)
    found.attrs["lost"] = {str(seed): str(error) for seed, error in lost.items()}
    return found


def _chunk(figures, comparisons, claims, study: Study, seeds: range) -> tuple[list[pd.DataFrame], dict]:
    """The cohorts of a plan, and by seed what those out of reach missed."""
    plan, made, lost = Plan(figures, comparisons, study, seed=seeds[0]), [], {}
    targets = "all" if claims is not None else "tables"
    for seed in seeds:
        try:
            codes = synthesis.cohort(plan, claims, np.random.default_rng(seed))
            made.append(typed(codes, study).assign(cohort=np.int32(seed), targets=targets))
        except synthesis.OutOfReach as error:
            lost[seed] = error
    return made, lost


def typed(cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """A cohort of codes in text as small nullable numbers and categories, codes of missing made blank."""
    left_out = {study.settings["study"].get("file"), study.settings.get("cohort", {}).get("team")}
    made, small = coded(cohort[[name for name in study.codebook.names if name not in left_out]], study), {}
    for variable in (study.codebook[name] for name in made.select_dtypes("Int64")):
        ends: Any = variable.low or 0, np.inf if variable.high is None else variable.high
        widest = 1 if variable.type == "binary" else max(map(abs, ends))
        small[variable.name] = next(f"Int{bits}" for bits in (8, 16, 32, 64) if widest < 2 ** (bits - 1) or bits == 64)
    made = made.astype(small)
    return made if "synthetic" in made else made.assign(synthetic=pd.array([1] * len(made), "Int8"))


def read_family(path: str | Path | None = None, study: Study | None = None) -> pd.DataFrame:
    """Read a family, with the study's derived variables.

    Parameters
    ----------
    path : a Parquet file that `keepsafe synthesise --cohorts K` wrote; by default the one that the study
        names.

    Returns
    -------
    DataFrame
        205 rows a cohort: the columns of the cohort without file and team, `cohort` and `targets`.

    Examples
    --------
    >>> sorted(read_family()["targets"].unique())
    ['all', 'tables']
    """
    study = study or load_study()
    return with_derived(pd.read_parquet(path or study.file("family")), study)


def cohorts_of(family: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Each cohort of a family with its seed."""
    yield from ((int(seed), part) for seed, part in family.groupby("cohort", sort=True))


def forced_pairs(family: pd.DataFrame, study: Study, least: float = 0.1) -> pd.DataFrame:
    """Compare correlations in calibrated cohorts with those in cohorts exact on the tables alone."""
    columns = sorted({name for model in study.models.values() for name in (*model.candidates, model.outcome.variable)})
    mean = {}
    for targets, part in family.groupby("targets"):
        found = [cohort[columns].astype("Float64").fillna(0).to_numpy(float) for _, cohort in cohorts_of(part)]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean[targets] = np.nanmean([np.nan_to_num(np.corrcoef(x, rowvar=False)) for x in found], axis=0)
    i, j = np.triu_indices(len(columns), 1)
    names = np.array(columns)
    pairs = pd.DataFrame({"first": names[i], "second": names[j], "tables": mean["tables"][i, j]})
    pairs["calibrated"] = mean["all"][i, j]
    pairs["difference"] = pairs["calibrated"] - pairs["tables"]
    pairs = pairs[pairs["difference"].abs() >= least]
    # pairs that differ in last bits alone keep their order
    ranked = {"key": lambda gap: gap.abs().round(9), "ascending": False, "kind": "stable"}
    return pairs.sort_values("difference", ignore_index=True, **ranked)


def determined_cells(family: pd.DataFrame, study: Study, cohorts: int = COHORTS) -> dict[int, int]:
    """Count the joint cells of two and three variables that hold 1 to 4 persons, as many in every cohort.

    A cell counts only if it is not printed itself, and if it says more than its parts: leaving one variable
    out changes the number of persons. A family is a sample of the cohorts that fit: what differs in it is not
    determined; what does not differ may be.
    """
    chosen = [part for _, part in cohorts_of(family[family["targets"] == "tables"])][:cohorts]
    coded = [variable for variable in study.codebook if variable.coded and variable.name in chosen[0]]
    names = [(variable.name, code) for variable in coded for code in variable.levels if variable.name != "synthetic"]
    owner = np.array([name for name, _ in names])
    groups = [group.variable for group in study.groups.values() if group.variable]
    grouping = np.isin(owner, groups)
    held = np.zeros((len(chosen), len(chosen[0]), len(names)), np.float32)  # who has which code
    for c, cohort in enumerate(chosen):
        text = {name: cohort[name].astype("str").to_numpy() for name in set(owner)}
        held[c] = np.column_stack([text[name] == code for name, code in names])
    one = held[0].sum(axis=0)
    two, two_few = _few(held.transpose(0, 2, 1) @ held)
    apart = owner[:, None] != owner[None, :]
    printed = grouping[:, None] ^ grouping[None, :]  # a code in a group is what the tables print
    more = apart & (two < one[:, None]) & (two < one[None, :])
    counted = {2: int(np.triu(two_few & more & ~printed, 1).sum()), 3: 0}
    for a in range(len(owner)):
        rest = slice(a + 1, None)
        three, three_few = _few((held[:, :, a, None] * held[:, :, rest]).transpose(0, 2, 1) @ held[:, :, rest])
        pairs = apart[rest, rest] & apart[a, rest, None] & apart[a, None, rest]
        fewer = (three < two[rest, rest]) & (three < two[a, rest, None]) & (three < two[a, None, rest])
        counted[3] += int(np.triu(three_few & pairs & fewer, 1).sum())
    return counted


def _few(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the first cohort, and where they are small and those of all cohorts."""
    first = counts[0]
    return first, (counts == first).all(axis=0) & (first >= 1) & (first <= SMALL)


STRIDE = 1.15  # each push asks for an odds ratio this much larger or smaller
MOST, FAILURES, STEPS, HOT, COLD, REFRESH = 100.0, 3, 150_000, 1.0, 0.001, 100
HELD = 0.05  # what may be left of the penalty
REACH = ["model", "factor", "published_low", "published_high", "lowest", "highest", "with_factor"]
REACH += ["with_low", "with_high"]


def reach(
    figures: pd.DataFrame, comparisons: pd.DataFrame, claims: pd.DataFrame, study: Study, seed: int
) -> pd.DataFrame:
    """Push each odds ratio that the report sizes down and up, in its own model, while the printed figures hold.

    The other named factors keep their signs and stay significant, with odds ratios from 1/100 to 100 (of a number:
    of a power of ten of units, about its SD); candidates outside the model are left free. The search finds cohorts,
    it proves nothing about those that it does not find, so the range is at least this wide. A push stops at 1/100
    and at 100. A row an odds ratio, with the ends found; and of the one unprinted
    factor that it depends on most (`with_factor`) the smallest and the largest odds ratio found while the
    published one holds (`with_low`, `with_high`).
    """
    plan = Plan(figures, comparisons, study, seed=seed)
    rows = []
    for scheme in schemes(claims, study):
        sized = claims[(claims["model"] == scheme.model.name) & (claims["size"] == "printed")].set_index("predictor")
        for k, name in enumerate(scheme.named):
            if scheme.crude or name not in sized.index:
                continue
            start = partial(_start, plan, replace(scheme, others=(), nulls=()), seed)
            ends = [push(start(), k + 1, direction) for direction in (-1, 1)]
            other, pair = _closest(plan, start(), k), [np.nan, np.nan]
            if other is not None:
                pair = [push(start(held=k), other + 1, direction) for direction in (-1, 1)]
            published = sized.loc[[name], ["or_low", "or_high"]].iloc[0]
            with_factor = "" if other is None else scheme.named[other]
            rows.append((scheme.model.name, name, *published, *ends, with_factor, *pair))
    return pd.DataFrame(rows, columns=REACH).round(6)  # further digits tell of the processor


def push(made: Design, place: int, direction: int) -> float:
    """The farthest odds ratio of the factor at `place` found in a direction, all other claims held."""
    size, farthest, failures = made.claimed.size, np.nan, 0
    scale = made.scale[made.schemes[0].named[place - 1]]  # the search's odds ratios are of so many units
    made.claimed.z[0, place] = -np.inf, np.inf
    made.search(STEPS * 4, HOT, COLD, REFRESH, 0)
    target = made.fits.b[0, place]
    for trial in range(200):
        energy = made.search(STEPS, HOT, COLD, REFRESH, trial)
        value = made.fits.b[0, place]
        if energy[0] < HELD and (np.isnan(farthest) or direction * (value - farthest) > 1e-6):
            farthest, failures = value, 0
        else:
            failures += 1
        if failures >= FAILURES or abs(farthest) >= np.log(MOST):
            break
        base = target if np.isnan(farthest) else farthest
        target = base + direction * np.log(STRIDE)
        size[0, place] = (target, np.log(MOST) + 1) if direction > 0 else (-np.log(MOST) - 1, target)
    return float(np.exp(np.clip(farthest, -np.log(MOST), np.log(MOST)) / scale))


def _closest(plan: Plan, made: Design, k: int) -> int | None:
    """Of the named factors without any printed figure the one whose coefficient goes most with the k-th."""
    printed, named = set(plan.figures["column"]), made.schemes[0].named
    free = [j for j, name in enumerate(named) if j != k and not printed & {name, *sources(name, plan.study)}]
    if not free:
        return None
    made.search(STEPS, HOT, COLD, REFRESH, 0)
    A = made.fits.A[0]
    together = [abs(A[k + 1, j + 1]) / np.sqrt(A[j + 1, j + 1] * A[k + 1, k + 1]) for j in free]
    return free[int(np.argmax(on_grid(np.array(together))))]


def _start(plan: Plan, scheme: Scheme, seed: int, held: int | None = None) -> Design:
    """A design in which all odds ratios are free, but for the one at `held`."""
    made = design(synthesis.draw(plan, np.random.default_rng(seed)), [scheme])
    free = [k + 1 for k in range(len(scheme.named)) if k != held]
    made.claimed.size[0, free] = -np.log(MOST), np.log(MOST)
    return made

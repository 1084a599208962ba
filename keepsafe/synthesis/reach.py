"""How far each sized odds ratio can be pushed while the printed figures hold: at least this wide."""

from dataclasses import replace

import numpy as np
import pandas as pd

from keepsafe.study.definition import Study
from keepsafe.synthesis.blocks import sources
from keepsafe.synthesis.design import Design, design
from keepsafe.synthesis.making import draw
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.schemes import Scheme, schemes
from keepsafe.synthesis.walks import on_grid

STRIDE = 1.15  # each push asks for an odds ratio this much larger or smaller
MOST, FAILURES, STEPS, HOT, COLD, REFRESH = 100.0, 3, 150_000, 1.0, 0.001, 100
HELD = 0.05  # what may be left of the penalty


def reach(
    figures: pd.DataFrame, comparisons: pd.DataFrame, claims: pd.DataFrame, study: Study, seed: int
) -> pd.DataFrame:
    """Push each odds ratio that the report sizes down and up, in its own model, as far as the printed figures
    allow.

    The other named factors keep their signs and stay significant, with odds ratios from 1/100 to 100 (of a number: of
    a power of ten of units, about its SD); candidates outside the model are left free. The search finds cohorts, it
    proves nothing about those that it does not find, so the range is at least this wide. A push stops at 1/100 and at
    100.

    Returns
    -------
    DataFrame
        one row an odds ratio: model, factor, published_low, published_high, lowest, highest; and what goes
        with the published value in the one unprinted factor that it depends on most: `with_factor`, the
        smallest and the largest odds ratio of that factor found while the published one holds (`with_low`,
        `with_high`).
    """
    plan = Plan(figures, comparisons, study, seed=seed)
    rows = []
    for scheme in schemes(claims, study):
        for k, name in enumerate(scheme.named):
            if scheme.crude or not np.isfinite(_said(claims, scheme, name)).all():
                continue
            alone = replace(scheme, others=(), nulls=())
            made = _start(plan, alone, seed)
            ends = [push(made(), k + 1, direction) for direction in (-1, 1)]
            other, pair = _closest(plan, made(), alone, k), [np.nan, np.nan]
            if other is not None:
                held = _start(plan, alone, seed, k)
                pair = [push(held(), other + 1, direction) for direction in (-1, 1)]
            rows.append(
                (
                    scheme.model.name,
                    name,
                    *_said(claims, scheme, name),
                    *ends,
                    scheme.named[other] if other is not None else "",
                    *pair,
                )
            )
    columns = [
        "model",
        "factor",
        "published_low",
        "published_high",
        "lowest",
        "highest",
        "with_factor",
        "with_low",
        "with_high",
    ]
    return pd.DataFrame(rows, columns=columns).round(6)  # further digits tell of the processor


def push(made: Design, place: int, direction: int) -> float:
    """The farthest odds ratio of the named factor at `place` that was found in a direction, all other claims
    held.

    Parameters
    ----------
    made : a design of one model whose claims hold but for the pushed factor; it is changed.
    direction : 1 up, -1 down.
    """
    size, farthest, failures = made.claimed.size, np.nan, 0
    scale = made.scale[made.schemes[0].named[place - 1]]  # the search's odds ratios are of so many units
    size[0, place] = -np.log(MOST), np.log(MOST)
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


def _closest(plan: Plan, made: Design, scheme: Scheme, k: int) -> int | None:
    """Of the named factors of which nothing is printed the one whose coefficient goes most with the k-th; None where
    there is none."""
    printed = set(plan.figures["column"])
    free = [j for j, name in enumerate(scheme.named) if j != k and not printed & {name, *sources(name, plan.study)}]
    if not free:
        return None
    made.search(STEPS, HOT, COLD, REFRESH, 0)
    A = made.fits.A[0]
    together = [abs(A[k + 1, j + 1]) / np.sqrt(A[j + 1, j + 1] * A[k + 1, k + 1]) for j in free]
    return free[int(np.argmax(on_grid(np.array(together))))]


def _start(plan: Plan, scheme: Scheme, seed: int, held: int | None = None):
    """Makes a design in which all odds ratios are free, but for the one at `held`."""

    def made() -> Design:
        fresh = design(draw(plan, np.random.default_rng(seed)), [scheme], 1e9)
        for k in range(len(scheme.named)):
            if k != held:
                fresh.claimed.size[0, k + 1] = -np.log(MOST), np.log(MOST)
        return fresh

    return made


def _said(claims: pd.DataFrame, scheme: Scheme, factor: str) -> tuple[float, float]:
    rows = claims[
        (claims["model"] == scheme.model.name) & (claims["predictor"] == factor) & (claims["size"] == "printed")
    ]
    return (float(rows["or_low"].iloc[0]), float(rows["or_high"].iloc[0])) if len(rows) else (np.nan, np.nan)

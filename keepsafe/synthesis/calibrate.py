"""Calibration: exchanges within printed margins until backward elimination ends in the published models."""

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.synthesis.design import Design, design
from keepsafe.synthesis.people import People
from keepsafe.synthesis.schemes import INSIDE, Scheme, schemes
from keepsafe.synthesis.selection import eliminate

STEPS, HOT, COLD, REFRESH = 1_000_000, 3.0, 0.001, 300
ATTEMPTS, TIGHTER = (
    5,
    0.7,
)  # searches from one draw, and by how much a cap is tightened where a candidate stays
Z_05, Z_10 = 1.959964, 1.644854


class OutOfReach(InputError):
    """Claims that the search did not reach from a cohort."""


def calibrate(people: People, claims: pd.DataFrame) -> pd.DataFrame:
    """Exchange what persons hold, within all printed figures, until each model ends in what the claims say.

    Parameters
    ----------
    people : a drawn cohort; its codes are changed.
    claims : as `load_claims` returns them.

    Returns
    -------
    DataFrame
        the factors that backward elimination keeps, as `selected` returns them.

    Raises
    ------
    OutOfReach
        for claims that stay out of reach: which, and the nearest that was reached.
    """
    made = design(people, schemes(claims, people.plan.study))
    for attempt in range(ATTEMPTS):
        made.search(STEPS, HOT if attempt == 0 else HOT / 10, COLD, REFRESH, int(people.rng.integers(2**31)))
        found = selected(made)
        faults = [fault for scheme in made.schemes if not scheme.crude for fault in missed(found, scheme)]
        if not faults:
            made.written()
            return found
        for m, scheme in enumerate(made.schemes):
            if not scheme.crude and (found["model"].eq(scheme.model.name) & found["kept"] & ~found["named"]).any():
                made.claimed.cap[m] *= TIGHTER
    raise OutOfReach([Problem(fault, "claims.csv", remedy="another seed may reach it") for fault in faults])


def selected(made: Design) -> pd.DataFrame:
    """Backward elimination of every model: one row a factor kept or named (model, factor, named, kept, b, se,
    lr)."""
    place, rows = {name: c for c, name in enumerate(made.names)}, []
    for m, scheme in enumerate(made.schemes):
        if scheme.crude:
            continue
        names = [*scheme.named, *scheme.others]
        X = np.ascontiguousarray(made.persons.X[:, [0, *(place[name] for name in names)]])
        cols, b, se, lr = eliminate(X, made.persons.y[m])
        kept = {names[c - 1]: k for k, c in enumerate(cols) if c > 0}
        for name in dict.fromkeys([*scheme.named, *kept]):
            k, scale = kept.get(name), made.scale[name]
            found = (np.nan, np.nan, np.nan) if k is None else (b[k] / scale, se[k] / scale, lr[k])
            rows.append((scheme.model.name, name, name in scheme.named, k is not None, *found))
    return pd.DataFrame(rows, columns=["model", "factor", "named", "kept", "b", "se", "lr"])


def missed(found: pd.DataFrame, scheme: Scheme) -> list[str]:
    """What backward elimination found of a model otherwise than claimed, each with the value reached."""
    model, faults = scheme.model.name, []
    rows = found[found["model"] == model].set_index("factor")
    for name in rows.index[rows["kept"] & ~rows["named"]]:
        faults.append(f"{model}: {name} stays, with an odds ratio of {np.exp(rows.at[name, 'b']):.2f}")
    for k, name in enumerate(scheme.named):
        if not rows.at[name, "kept"]:
            faults.append(f"{model}: {name} does not stay")
            continue
        b, lr = rows.at[name, "b"], rows.at[name, "lr"]
        z = b / rows.at[name, "se"] * scheme.sign[k]
        low, high = scheme.size[k] + np.array([-INSIDE, INSIDE])
        if not low <= b < high:
            faults.append(
                f"{model}: the odds ratio of {name} is {np.exp(b):.2f}, not {np.exp(low):.2f} to {np.exp(high):.2f}"
            )
        marginal = np.isfinite(scheme.z[k, 1])
        fine = Z_10 < z < Z_05 and Z_10**2 < lr < Z_05**2 if marginal else z > Z_05 and lr > Z_05**2
        if not fine:
            faults.append(f"{model}: {name} has z = {z:.2f} and a likelihood ratio of {lr:.2f}")
    return faults

"""Whether a cohort holds each claim on a model: backward elimination on all candidates, one line a claim."""

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.study import Study
from keepsafe.synthesis.schemes import Scheme, schemes
from keepsafe.synthesis.selection import LR_10, eliminate

MET, NOT_MET = "met", "not met"
CLAIM_COLUMNS = ["statement", "target", "value", "verdict"]
LR_05, P_10 = 3.841458820694124, 0.10


def claims_held(claims: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each claim against backward elimination by likelihood ratio (removal above .10) on all candidates."""
    finals = {scheme.model.name: _final(scheme, cohort) for scheme in schemes(claims, study) if not scheme.crude}
    rows = []
    for row in claims.itertuples():
        target = " ".join(
            filter(
                None,
                (
                    row.direction,
                    row.significance,
                    f"{row.or_low:g} to {row.or_high:g}" if row.size == "printed" else "",
                ),
            )
        )
        name = f"{row.model}: {row.predictor} (L{row.source_line})"
        rows.append((name, target, *_claim(row, finals, cohort, study)))
    for name, final in finals.items():
        extra = sorted(set(final.index) - set(claims.loc[claims["model"] == name, "predictor"]))
        rows.append((f"{name}: no other factor stays", "none", ", ".join(extra), NOT_MET if extra else MET))
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


def _final(scheme: Scheme, cohort: pd.DataFrame) -> pd.DataFrame:
    names = list(scheme.model.candidates)
    outcome = scheme.model.outcome
    y = cohort[outcome.variable].astype("str").eq(outcome.event).to_numpy(float)
    data = cohort[names].astype("Float64")
    whole = data.notna().all(axis=1).to_numpy() & cohort[outcome.variable].notna().to_numpy()
    X = np.column_stack([np.ones(whole.sum()), data[whole].to_numpy(float)])
    spread = X.std(axis=0)
    spread[0] = 1.0
    cols, b, se, lr = eliminate(X / spread, y[whole])
    kept = [names[c - 1] for c in cols[1:]]
    return pd.DataFrame({"b": b[1:] / spread[cols[1:]], "se": se[1:] / spread[cols[1:]], "lr": lr[1:]}, index=kept)


def _claim(row, finals: dict, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if row.model not in finals:
        return _of_all(row, finals, study)
    final, sign = finals[row.model], {"risk": 1, "protective": -1, "null": 0}[row.direction]
    if row.predictor in final.index:
        b, se, lr = final.loc[row.predictor]
        p, wald = stats.chi2.sf(lr, 1), 2 * stats.norm.sf(abs(b / se))
        value = f"odds ratio {np.exp(b):.3f}, p = {p:.4f} (Wald {wald:.4f})"
        fine = sign * b > 0
        if row.size == "printed":
            fine &= row.or_low <= np.exp(b) < row.or_high
        if row.significance == "significant":
            fine &= lr > LR_05
        if row.significance == "marginal":
            fine &= LR_10 < lr < LR_05
        return value, MET if fine else NOT_MET
    if row.direction == "null":
        return _null(row, final, cohort, study)
    crude = _crude(row, cohort, study)
    fine = not row.significance and sign * np.log(crude) > 0
    return f"not in the model; crude odds ratio {crude:.3f}", MET if fine else NOT_MET


def _null(row, final: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if ":" in row.predictor:
        one, other = row.predictor.split(":")
        model = study.models[row.model]
        names = [*final.index, *(name for name in (one, other) if name not in final.index)]
        data = cohort[names].astype(float)
        product = (cohort[one].astype(float) * cohort[other].astype(float)).to_numpy()
        y = cohort[model.outcome.variable].astype("str").eq(model.outcome.event).to_numpy(float)
        X = np.column_stack([np.ones(len(y)), data.to_numpy() / data.std().to_numpy(), product])
        _, _, _, lr = eliminate(X, y, -np.inf)
        p = stats.chi2.sf(max(lr[-1], 0), 1)
        return f"p = {p:.4f}", MET if p > P_10 else NOT_MET
    if row.predictor == "responses_provided":
        kept = [name for name in final.index if name.endswith("_provided")]
        return f"kept: {', '.join(kept) or 'none'}", NOT_MET if kept else MET
    return "not in the model", MET


def _of_all(row, finals: dict, study: Study) -> tuple[str, str]:
    """Statements on all outcomes: most responses matter in none, some are associated with a better or a worse
    one."""
    responses = [
        name
        for model in study.models.values()
        for name in model.candidates
        if name.rsplit("_", 1)[0] in study.responses
    ]
    tried = len(responses)
    if row.direction == "null":
        kept = sum(name.rsplit("_", 1)[0] in study.responses for final in finals.values() for name in final.index)
        return f"{kept} of {tried} kept", MET if kept < tried / 2 else NOT_MET
    sign = 1 if row.direction == "risk" else -1
    about = responses if row.predictor == "responses" else [row.predictor]
    seen = [
        f"{name}: {factor}"
        for name, final in finals.items()
        for factor in final.index
        if factor in about and sign * final.at[factor, "b"] > 0
    ]
    return "; ".join(seen) or "in none", MET if seen else NOT_MET


def _crude(row, cohort: pd.DataFrame, study: Study) -> float:
    outcome = study.models[row.model].outcome
    y = cohort[outcome.variable].astype("str") == outcome.event
    x = cohort[row.predictor] == 1
    a, b, c, d = (int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum()))
    return (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))

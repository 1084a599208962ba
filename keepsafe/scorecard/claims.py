"""What the report says of its models, beside what the chapters recorded of theirs."""

import pandas as pd

from keepsafe.scorecard.words import with_p
from keepsafe.study import Study
from keepsafe.values import Kind, rounded
from keepsafe.values.claims import LEFT_OUT, claim_value

NOT_YET = "not yet recomputed"
DIRECTIONS = {"risk": "more likely", "protective": "less likely", "null": "no association"}


def claim_rows(claims: pd.DataFrame, study: Study, values: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of the scorecard, one a claim; arguments as for `scorecard`.

    A claim that names no single model or variable of the study file is not comparable.
    """
    known = {} if values is None else dict(zip(values["id"], values["value"], strict=True))
    rows = []
    for row in claims.itertuples():
        parts = row.predictor.split(":")
        named = row.model in study.models and all(
            part in study.derived or part in study.codebook for part in parts
        )
        predictor = " by ".join(
            study.label(part) if named else part.replace("_", " ").capitalize() for part in parts
        )
        model = study.models[row.model].label if row.model in study.models else "all outcomes"
        size = f", odds ratio {row.or_low:g} to {row.or_high:g}" if pd.notna(row.or_low) else ""
        text, agrees = verdict(row, known) if named else ("no single model", pd.NA)
        kind = Kind.CALIBRATED if row.size == "printed" else Kind.DIRECTION
        rows.append(
            {
                "document": "claim",
                "source": "text",
                "line": row.source_line,
                "what": f"{predictor}; model: {model}",
                "printed": DIRECTIONS[row.direction] + size,
                "recomputed": text,
                "agrees": agrees,
                "holds": True,
                "kind": kind if named else Kind.NOT_COMPARABLE,
                "chapter": "03" if row.outcome == "cse" else "05",
            }
        )
    return pd.DataFrame(rows)


def verdict(claim, known: dict[str, str]) -> tuple[str, object]:
    """What a chapter recorded of a claim, in words, and whether it is as claimed (blank: not recorded)."""
    found, p = (
        known.get(claim_value(claim.model, claim.predictor, what), "") for what in ("odds_ratio", "p")
    )
    if not found:
        return NOT_YET, pd.NA
    if found == LEFT_OUT:
        return LEFT_OUT, claim.direction == "null"
    ratio = float(found)
    text = f"odds ratio {rounded(ratio, 2)}"
    if p:
        text = with_p(text, float(p))
    if claim.direction == "null":
        return text, float(p) > 0.1 if p else pd.NA
    # the words give a range; an odds ratio prints as its ends where it rounds to them
    within = pd.isna(claim.or_low) or claim.or_low - 0.05 <= ratio <= claim.or_high + 0.05
    return text, bool(within and (ratio > 1 if claim.direction == "risk" else ratio < 1))

"""How long the audit takes: of the report, of 10,000 figures, and beside GRIM of the same percentages."""

import importlib.util
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
from measure import row, run, taken

from keepsafe.audit import audit, power
from keepsafe.study.published import load_comparisons, load_figures


def grim(percentages: pd.DataFrame) -> int:
    """How many percentages are no whole count of their cases, each by itself (Brown and Heathers 2017)."""
    missed = 0
    for value, decimals, n in zip(*(percentages[name] for name in ("value", "decimals", "n_printed")), strict=True):
        step = Decimal(1).scaleb(-int(decimals))
        near = round(float(value) * n / 100)
        tried = (Decimal(100 * k) / Decimal(int(n)) for k in (near - 1, near, near + 1))
        missed += all(share.quantize(step, ROUND_HALF_UP) != Decimal(value) for share in tried)
    return missed


def large(figures: int) -> pd.DataFrame:
    """A made-up table of about that many percentages in five groups, as the tests make it."""
    path = Path(__file__).parents[1] / "audit" / "made_up.py"
    spec = importlib.util.spec_from_file_location("made_up", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.many(figures // 5)


def rows(quick: bool) -> Iterator[dict]:
    """The audit of the report and of a large table, beside GRIM of the same percentages."""
    figures, comparisons = load_figures(), load_comparisons()
    many = large(500 if quick else 10_000)
    for name, data, said in (("the report", figures, comparisons), ("a large table", many, None)):
        percent = data[(data["statistic"] == "percent") & data["n_printed"].notna()]
        alone = taken(lambda percent=percent: grim(percent))["seconds"]
        ours = taken(lambda data=data, said=said: audit(data, said), 1 if quick else 3)
        peer = f"GRIM of its {len(percent)} percentages, one by one"
        yield row(f"audit of {name}", len(data), "figures", peer, alone, **ours)
    if not quick:
        yield row("power of the audit", 500, "changed figures", **taken(lambda: power(figures), 1))


if __name__ == "__main__":
    run("audit", rows)

"""How long the audit takes: of the report, of 10,000 figures, and beside GRIM of the same percentages."""

import importlib.util
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd

from keepsafe.audit import audit, kept_figures, power
from keepsafe.published import load_comparisons, load_figures


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of several runs, the first one apart."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def grim(percentages: pd.DataFrame) -> int:
    """How many percentages are no whole count of their cases, each by itself (Brown and Heathers 2017)."""
    missed = 0
    for value, decimals, n in zip(
        *(percentages[name] for name in ("value", "decimals", "n_printed")), strict=True
    ):
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


def table() -> pd.DataFrame:
    """Time each of them.

    Returns
    -------
    what, figures (how many), checks (how many were made), seconds.
    """
    figures, comparisons = load_figures(), load_comparisons()
    many = large(10_000)
    rows = []
    for name, data, said in (("the report", figures, comparisons), ("a large table", many, None)):
        checks = len(audit(data, said))
        rows.append(
            (f"audit of {name}", len(data), checks, seconds(lambda data=data, said=said: audit(data, said)))
        )
        percent = data[(data["statistic"] == "percent") & data["n_printed"].notna()]
        alone = seconds(lambda percent=percent: grim(percent))
        rows.append((f"GRIM of {name}'s percentages, one by one", len(percent), len(percent), alone))
    rows.append(
        ("largest set that can hold", len(figures), len(figures), seconds(lambda: kept_figures(figures), 1))
    )
    rows.append(("power, 500 changes", len(figures), 500, seconds(lambda: power(figures), 1)))
    return pd.DataFrame(rows, columns=["what", "figures", "checks", "seconds"])


if __name__ == "__main__":
    print(table().round({"seconds": 3}).to_string(index=False))

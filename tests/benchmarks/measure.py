"""What every benchmark shares: times and memory of a call, one table of results, the machine, and cost curves."""

import argparse
import json
import platform
import re
import resource
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from keepsafe import paths

COLUMNS = ["script", "what", "against", "size", "seconds", "peak_mb", "peer", "peer_seconds", "ratio", "target"]
NUMBERS = ["size", "seconds", "peak_mb", "peer_seconds", "ratio", "target"]
CURVES = ("rows", "predictors", "variables", "resamples", "cohorts", "workers")  # what costs are drawn against
PACKAGES = ("dask", "distributed", "joblib", "numba", "numpy", "pandas", "papermill", "pyarrow",
            "pyreadstat", "scikit-learn", "scipy", "statsmodels", "tableone", "humanleague", "ipfn")  # fmt: skip


def taken(call: Callable[[], object], repeats: int = 3, clock: Callable[[], float] = time.perf_counter) -> dict:
    """What a call takes, a first one apart (it compiles, and fills caches) unless it is to be made only once.

    Parameters
    ----------
    call : what to measure.
    repeats : runs, of which the shortest counts; 0 for a single one with nothing before it.
    clock : `time.perf_counter`, or `time.process_time` where other work on the machine must not count.

    Returns
    -------
    Dictionary of seconds, and peak_mb: the most memory that the process has held meanwhile, Python included.
    """
    if repeats:
        call()
    _forget_peak()
    times = []
    for _ in range(max(1, repeats)):
        start = clock()
        call()
        times.append(clock() - start)
    return {"seconds": min(times), "peak_mb": peak_mb()}


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass  # not Linux: the peak is then that of the process so far


def peak_mb() -> float:
    """The most memory that this process has held, since it was last forgotten where the system can forget it."""
    try:
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[1]) / 1024
    except (OSError, TypeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if platform.system() != "Darwin" else 1024**2)


def row(what: str, size: float | None = None, against: str = "", peer: str = "", peer_seconds: float | None = None,
        target: float | None = None, **measured: float) -> dict:  # fmt: skip
    """A row of the results.

    Parameters
    ----------
    what : what was measured, in words.
    size : of what is named in `against`.
    against : what the size counts, such as rows; those of `CURVES` are drawn.
    peer : another program that did the same.
    peer_seconds : what that took.
    target : the seconds that it may take.
    measured : seconds and peak_mb, as `taken` gives them.
    """
    return {"what": what, "size": size, "against": against, "peer": peer, "peer_seconds": peer_seconds,
            "target": target, **measured}  # fmt: skip


def sensible(table: pd.DataFrame) -> None:
    """Stop where a number cannot be what was measured: no time or less than none, no memory, nothing at all."""
    given = table[["size", "seconds", "peak_mb", "peer_seconds", "target"]]
    nonsense = given.notna() & ~((given > 0) & (given < np.inf))
    wrong = nonsense.any(axis=1) | table[["seconds", "size"]].isna().all(axis=1)
    if wrong.any():
        rows = table.loc[wrong, ["what", "seconds", "peak_mb", "peer_seconds", "target"]].to_string(index=False)
        raise SystemExit(f"nothing was written: these cannot be what was measured\n{rows}")


def run(script: str, rows: Callable[[bool], Iterable[dict]]) -> None:
    """Measure, print, and put the rows into the table of all benchmarks, in place of what the script wrote before.

    Parameters
    ----------
    script : its name in the table.
    rows : given whether to be quick (small sizes, few repeats), makes rows with `row`.
    """
    asked = argparse.ArgumentParser()
    asked.add_argument("--quick", action="store_true", help="small sizes only, to see that all works")
    usual = paths.root() / "reports" / "benchmarks"
    asked.add_argument("--out", type=Path, default=usual, help="folder of the results")
    chosen = asked.parse_args()
    table = pd.DataFrame(rows(chosen.quick)).reindex(columns=COLUMNS).assign(script=script)
    table[NUMBERS] = table[NUMBERS].astype(float)
    table["ratio"] = table["peer_seconds"] / table["seconds"]
    print(table.drop(columns="script").round(4).to_string(index=False, na_rep=""), flush=True)
    save(table, chosen.out)


def save(table: pd.DataFrame, out: Path) -> None:
    """Write results.csv, machine.json and the curves; nothing where a number makes no sense."""
    sensible(table)
    out.mkdir(parents=True, exist_ok=True)
    place = out / "results.csv"
    if place.is_file():
        former = pd.read_csv(place, keep_default_na=False, na_values={name: [""] for name in NUMBERS})
        table = pd.concat([former[~former["script"].isin(table["script"])], table]).sort_values("script", kind="stable")
    table[COLUMNS].to_csv(place, index=False, lineterminator="\n", float_format="%.5g")
    (out / "machine.json").write_text(json.dumps(machine(), indent=1) + "\n", encoding="utf-8")
    for against in CURVES:
        part = table[table["against"] == against]
        if len(part):
            draw(part, against, out / f"{against}.svg")


def machine() -> dict:
    """The processor, its cores and memory, and versions; nothing that names the machine."""
    import psutil

    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "processor": _processor(), "cores": joblib.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9), "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(), "packages": versions,
    }  # fmt: skip


def _processor() -> str:
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), flags=re.M)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def draw(table: pd.DataFrame, against: str, place: Path) -> None:
    """Draw seconds against a size, a line for each thing measured."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter

    from keepsafe.telling.style import MARKERS, PALETTE, apply_style

    apply_style()
    fig, ax = plt.subplots()
    for place_in, (what, part) in enumerate(table.groupby("what", sort=False)):
        part = part.drop_duplicates("size").sort_values("size")
        look = {"marker": MARKERS[place_in % len(MARKERS)], "color": PALETTE[place_in % len(PALETTE)]}
        ax.plot(part["size"], part["seconds"], label=what, **look)
    ax.set(xscale="log", yscale="log", xlabel=against.capitalize(), ylabel="Seconds")
    # plain numbers: the style reads no powers, for a dollar sign in a label is a dollar sign
    ax.set_xticks(sorted(set(table["size"])), [f"{size:,.0f}" for size in sorted(set(table["size"]))])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(lambda seconds, _: f"{seconds:,g}")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
    fig.legend(loc="outside lower center")
    fig.savefig(place, metadata={"Date": None})
    plt.close(fig)

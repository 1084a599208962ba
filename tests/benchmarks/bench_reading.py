"""How long a million case files of a hundred columns take to read, check and clean, and the memory that it takes.

Each step runs in a process of its own, so that its peak is its own; `check` is the command itself, start included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from measure import row, run

from keepsafe.study.codebook import COLUMNS

ROWS = 1_000_000
STUDY = """
[study]
person = "person_id"
file = "file_id"
[cohort]
category = "risk"
grouped_as = "group"
groups_of_categories = { low = ["no", "mild"], high = ["moderate", "significant"] }
[rules.only_where]
"later_*" = "item_0"
[rules.within]
item_1 = "item_2"
[rules.sums]
kinds = ["item_3", "item_4", "item_5"]
"""
CODE = {
    "read": "read_case_files(data, codebook)",
    "draft": "draft(data)",
    "clean": "clean(read_case_files(data, codebook), load_study(study, codebook))",
}
TIMED = """
import json, resource, sys, time
start = time.perf_counter()
from keepsafe import clean, load_codebook, load_study, read_case_files
from keepsafe.files.draft import draft
data, book, study = sys.argv[1:]
codebook = load_codebook(book)
{}
print(json.dumps([time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]))
"""


def case_files(rows: int, seed: int = 2019) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Made-up case files without a fault, and their codebook: 100 columns, two files for each third person."""
    rng = np.random.default_rng(seed)
    persons = np.sort(rng.choice(int(0.75 * rows) + 1, rows))
    frame = {"person_id": [f"P{n:07}" for n in persons], "file_id": [f"F{n:07}" for n in range(rows)]}
    book = [("person_id", "identifier", "", ""), ("file_id", "identifier", "", "")]
    risk = rng.choice(["no", "mild", "moderate", "significant"], rows)
    frame |= {"risk": risk, "group": np.where(np.isin(risk, ["no", "mild"]), "low", "high")}
    book += [("risk", "ordered", "no=No; mild=Mild; moderate=Moderate; significant=Significant", ""),
             ("group", "ordered", "low=Low; high=High", "")]  # fmt: skip
    for i in range(40):
        frame[f"item_{i}"] = rng.binomial(1, 0.05 + 0.02 * i, rows)
    frame["item_1"] = frame["item_1"] & frame["item_2"]
    for i in range(20):
        frame[f"later_{i}"] = np.where(frame["item_0"] == 1, rng.binomial(1, 0.3, rows), -8)
    book += [(name, "binary", "0=no; 1=yes", "-9=not recorded; -8=not applicable") for name in frame
             if name.startswith(("item", "later"))]  # fmt: skip
    frame["kinds"] = frame["item_3"] + frame["item_4"] + frame["item_5"]
    book.append(("kinds", "count", "0..3", ""))
    for i in range(20):
        levels = [f"level_{j}" for j in range(3 + i % 5)]
        frame[f"level_{i}"] = rng.choice(levels, rows)
        book.append((f"level_{i}", "category", "; ".join(f"{level}={level}" for level in levels), ""))
    for i in range(100 - len(frame)):
        frame[f"count_{i}"] = np.where(rng.random(rows) < 0.03, -9, rng.poisson(2 + i, rows))
        book.append((f"count_{i}", "count", "0..99", "-9=not recorded"))
    rows_of_book = [(name, name, "", "", kind, levels, missing, "", "no", "") for name, kind, levels, missing in book]
    return pd.DataFrame(frame), pd.DataFrame(rows_of_book, columns=list(COLUMNS))


def write(rows: int, data: Path, book: Path, study: Path) -> None:
    """Write the case files as CSV and Parquet, with their codebook and study file."""
    frame, codebook = case_files(rows)
    frame.to_csv(data, index=False)
    frame.to_parquet(data.with_suffix(".parquet"))
    codebook.to_csv(book, index=False)
    study.write_text(STUDY, encoding="utf-8")


def wide(columns: int, path: Path, rows: int = 3_000, seed: int = 2019) -> None:
    """Write made-up cases of many columns: codes, counts, numbers with decimals, 0 and 1, words."""
    rng = np.random.default_rng(seed)
    kinds = [lambda: rng.integers(1, 6, rows), lambda: rng.integers(0, 100, rows), lambda: rng.integers(0, 2, rows),
             lambda: rng.normal(50, 10, rows).round(2), lambda: rng.choice(["a", "b", "c"], rows)]  # fmt: skip
    pd.DataFrame({f"q{i}": kinds[i % 5]() for i in range(columns)}).to_csv(path, index=False)


def rows(quick: bool) -> Iterator[dict]:
    """Each step against the number of rows, with its peak of memory; and a draft against the number of columns."""
    for columns in (100,) if quick else (100, 789):
        with tempfile.TemporaryDirectory() as folder:
            data, book, study = (Path(folder, name) for name in ("wide.csv", "codebook.csv", "study.toml"))
            wide(columns, data)
            write(10, Path(folder, "few.csv"), book, study)
            seconds, gigabytes = timed("draft", data, book, study)
        yield row("draft .csv, 3,000 rows", columns, "variables", seconds=seconds, peak_mb=gigabytes * 1000)
    for size in (100, 1_000) if quick else (1_000, 10_000, 100_000, ROWS):
        yield from steps(size)


def steps(rows: int) -> Iterator[dict]:
    with tempfile.TemporaryDirectory() as folder:
        data, book, study = (Path(folder, name) for name in ("files.csv", "codebook.csv", "study.toml"))
        # a process begins with the peak of the one that started it, so this one stays small
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:
            apart.submit(write, rows, data, book, study).result()
        for step, path in [("check", data), *((step, data) for step in CODE), ("check", data.with_suffix(".parquet"))]:
            seconds, gigabytes = timed(step, path, book, study)
            yield row(f"{step} {path.suffix}, 100 columns", rows, "rows", seconds=seconds, peak_mb=gigabytes * 1000)


def timed(step: str, data: Path, book: Path, study: Path) -> tuple[float, float]:
    """Seconds and peak in gigabytes of one step."""
    if step != "check":
        done = subprocess.run([sys.executable, "-c", TIMED.format(CODE[step]), data, book, study],
                              check=True, capture_output=True, text=True)  # fmt: skip
        return tuple(json.loads(done.stdout))
    program = Path(sys.executable).with_name("keepsafe")
    start = time.perf_counter()
    done = subprocess.Popen([program, "check", data, "--codebook", book, "--study", study], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    if status:
        raise RuntimeError(f"check ended with status {status}")
    return time.perf_counter() - start, used.ru_maxrss / 1e6


if __name__ == "__main__":
    run("reading", rows)

"""A benchmark writes one table with those of the others, what it was measured on, and its curves; nothing else."""

import json
import platform
import subprocess
import sys

import pandas as pd
import pytest

COLUMNS = ["script", "what", "against", "size", "seconds", "peak_mb", "peer", "peer_seconds", "ratio", "target"]


@pytest.fixture
def measure(compendium, monkeypatch):
    monkeypatch.syspath_prepend(compendium / "tests" / "benchmarks")
    import measure

    return measure


def test_a_quick_benchmark_writes_what_it_promises(compendium, tmp_path):
    script = compendium / "tests" / "benchmarks" / "bench_compare.py"
    subprocess.run([sys.executable, script, "--quick", "--out", tmp_path], check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["machine.json", "results.csv", "rows.svg"]
    results = pd.read_csv(tmp_path / "results.csv")
    assert list(results.columns) == COLUMNS
    assert set(results["script"]) == {"compare"} and results["size"].tolist() == [100, 205, 1000]
    assert (results[["seconds", "peak_mb"]] > 0).all().all()
    curve = (tmp_path / "rows.svg").read_text()
    assert "comparison table, 25 variables" in curve and "Seconds" in curve
    assert "1,000" in curve and "$" not in curve  # plain numbers at the ticks


def unknown_names(code: str) -> str:
    """What a linter says of names in code that nothing defines."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--isolated", "--select", "F821", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True).stdout


def test_the_floor_which_runs_as_a_program_of_its_own_imports_what_it_uses(measure):
    import bench_pipeline

    assert unknown_names(bench_pipeline.FLOOR) == ""
    assert "joblib" in unknown_names(bench_pipeline.FLOOR.replace("import joblib", "import os"))


def test_the_machine_is_told_by_its_kind_and_not_by_its_name(measure):
    told = measure.machine()
    assert set(told) == {"processor", "cores", "memory_gb", "system", "python", "packages"}
    assert told["processor"] and told["cores"] >= 1 and told["memory_gb"] >= 1
    assert told["packages"]["numpy"]
    assert platform.node() not in json.dumps(told).split('"') and "/home" not in json.dumps(told)


def table(measure, script: str, seconds: float) -> pd.DataFrame:
    rows = [measure.row("fit", size, "rows", "peer", 2 * seconds, seconds=seconds) for size in (10, 100)]
    return pd.DataFrame(rows).reindex(columns=COLUMNS).assign(script=script)


def test_a_script_replaces_its_own_rows_and_leaves_those_of_others(measure, tmp_path):
    for script, seconds in (("b", 1.0), ("a", 2.0), ("b", 3.0)):
        measure.save(table(measure, script, seconds), tmp_path)
    found = pd.read_csv(tmp_path / "results.csv")
    assert found[["script", "seconds"]].values.tolist() == [["a", 2.0], ["a", 2.0], ["b", 3.0], ["b", 3.0]]


@pytest.mark.parametrize("wrong", [
    {"seconds": -0.00014}, {"seconds": 0.0}, {"seconds": float("nan")}, {"seconds": float("inf")},
    {"seconds": 1.0, "peak_mb": -1.0}, {"seconds": 1.0, "peer_seconds": 0.0}, {"seconds": 1.0, "target": -1.0},
])  # fmt: skip
def test_a_benchmark_that_gives_nonsense_fails_and_writes_nothing(measure, tmp_path, wrong):
    rows = pd.DataFrame([measure.row("import keepsafe", **wrong)]).reindex(columns=COLUMNS).assign(script="a")
    with pytest.raises(SystemExit, match="import keepsafe"):
        measure.save(rows, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_the_committed_results_make_sense_and_have_targets_apart_from_peers(compendium, measure):
    results = pd.read_csv(compendium / "reports" / "benchmarks" / "results.csv")
    measure.sensible(results)
    assert list(results.columns) == COLUMNS and results["target"].notna().any()
    assert not results["peer"].fillna("").str.contains("target").any()


def test_the_same_results_draw_the_same_bytes(measure, tmp_path):
    for folder in ("one", "two"):
        measure.save(table(measure, "a", 1.0), tmp_path / folder)
    assert (tmp_path / "one" / "rows.svg").read_bytes() == (tmp_path / "two" / "rows.svg").read_bytes()


def test_time_and_peak_of_a_call_are_its_own(measure):
    large = measure.taken(lambda: b"x" * 200_000_000, 0)
    small, calls = measure.taken(lambda: None, 0), []
    if sys.platform == "linux":
        assert large["peak_mb"] > small["peak_mb"] + 100
    measure.taken(lambda: calls.append(1), 3)
    assert len(calls) == 4  # the first one apart


def test_every_benchmark_writes_into_the_one_table(compendium):
    scripts = sorted((compendium / "tests" / "benchmarks").glob("bench_*.py"))
    assert len(scripts) >= 9
    for path in scripts:
        assert f'run("{path.stem.removeprefix("bench_")}", rows)' in path.read_text(), path.name

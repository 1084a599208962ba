"""The plain installation, from a wheel and from any folder: the audit of any table, and nothing else to install."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LIBRARIES = {
    "IPython",
    "ipykernel",
    "papermill",
    "nbformat",
    "matplotlib",
    "seaborn",
    "statsmodels",
    "sklearn",
    "numba",
    "pyarrow",
}
CODE = "import sys; from keepsafe.cli import main; sys.argv[0] = 'keepsafe'; main()"


def needed(names: list[str]) -> set[str]:
    """The packages with all that they need, as they are installed here."""
    found, open_ = set(), list(names)
    while open_:
        name = re.sub(r"[-_.]+", "-", open_.pop()).lower()
        if name in found:
            continue
        try:
            asked = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another system
        found.add(name)
        wanted = map(Requirement, asked)
        open_ += [r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def linked(name: str, into: Path) -> None:
    """A package's own files, linked into another folder of packages; copied where links are not allowed."""
    package = distribution(name)
    for top in {file.parts[0] for file in package.files if file.parts[0] not in ("..", "__pycache__")}:
        source, target = Path(package.locate_file(top)), into / top
        if not target.exists():
            try:
                target.symlink_to(source, target_is_directory=source.is_dir())
            except OSError:
                shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


@pytest.fixture(scope="module")
def plain(compendium, tmp_path_factory):
    """A new environment with the wheel and what pyproject.toml asks for without any extra: its Python."""
    top = tmp_path_factory.mktemp("plain")
    build = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, top], cwd=compendium, capture_output=True, text=True, check=True
    )
    venv.create(top / "env", with_pip=False)
    [packages] = [*(top / "env").glob("lib/python*/site-packages"), *(top / "env").glob("Lib/site-packages")]
    with zipfile.ZipFile(top / built.stdout.split()[-1]) as wheel:
        wheel.extractall(packages)
    asked = [line for line in distribution_of(packages).requires if "extra ==" not in line]
    for name in needed([Requirement(line).name for line in asked]):
        linked(name, packages)
    return next(
        path for path in ((top / "env" / "bin" / "python"), (top / "env" / "Scripts" / "python.exe")) if path.exists()
    )


def distribution_of(packages: Path):
    from importlib.metadata import Distribution

    return next(found for found in Distribution.discover(path=[str(packages)]) if found.metadata["Name"] == "keepsafe")


def run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "TMPDIR", "LC_ALL")}
    return subprocess.run([python, "-c", CODE, *words], cwd=folder, env=kept, capture_output=True, text=True)


def test_it_holds_none_of_the_notebooks_libraries(plain):
    code = f"import importlib.util as u; print([n for n in {sorted(LIBRARIES)} if u.find_spec(n)])"
    assert subprocess.run([plain, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_table_is_audited_from_any_folder(plain, compendium, tmp_path):
    shutil.copy(compendium / "tests" / "audit" / "tables" / "pbc.csv", tmp_path / "pbc.csv")
    done = run(plain, tmp_path, "audit", "pbc.csv", "--json", "--html", "pbc.html")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and len(found) == 49 and not done.stderr
    assert {row["verdict"] for row in found} == {"holds", "holds only under"}
    assert "<title>Can it be true? pbc.csv</title>" in (tmp_path / "pbc.html").read_text(encoding="utf-8")


def test_a_workbook_is_audited(plain, compendium, tmp_path):
    code = "import sys, pandas as pd; pd.read_csv(sys.argv[1], dtype=str).to_excel(sys.argv[2], index=False)"
    table = compendium / "tests" / "audit" / "tables" / "eating_men.csv"
    subprocess.run([plain, "-c", code, table, tmp_path / "a.xlsx"], check=True)
    done = run(plain, tmp_path, "audit", "a.xlsx", "--strict")
    assert done.returncode == 1 and "Cannot hold (3)" in done.stdout


def test_what_needs_more_says_what_to_install(plain, compendium, tmp_path):
    done = run(plain, compendium, "report", "--out", str(tmp_path / "reports"))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "pip install 'keepsafe[all]'" in done.stderr


def test_an_audit_loads_none_of_the_notebooks_libraries(compendium):
    code = CODE.replace("main()", "\ntry: main()\nexcept SystemExit: pass\nprint(sorted(sys.modules), file=sys.stderr)")
    table = compendium / "tests" / "audit" / "tables" / "pbc.csv"
    done = subprocess.run([sys.executable, "-c", code, "audit", table], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in re.findall(r"'([\w.]+)'", done.stderr)}
    assert "pandas" in loaded and not loaded & (LIBRARIES - {"pyarrow"})  # pandas itself loads it where it is installed

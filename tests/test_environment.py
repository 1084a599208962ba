"""One environment: the lock, pyproject.toml, environment.yml and the citation say the same."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec, Version, VersionSpec

import keepsafe

PYTHONS = ("3.11", "3.12", "3.13")
NOT_PYTHON_PACKAGES = {"python", "pip"}


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock allows, by package; more than one where platforms differ."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;\\]+)", lock, flags=re.M):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def outside(ranges: dict, locked: dict[str, set[str]], admits) -> list[str]:
    """The packages whose locked version is absent or not within its range."""
    return [
        name
        for name, spec in ranges.items()
        if not locked.get(name) or not all(admits(spec, version) for version in locked[name])
    ]


def pip_admits(requirement: Requirement, version: str) -> bool:
    return requirement.specifier.contains(version, prereleases=True)


def conda_admits(spec: MatchSpec, version: str) -> bool:
    return spec.version is None or VersionSpec(spec.version, strict=True).matches(Version(version))


def by_pip(lines) -> dict[str, Requirement]:
    """Requirements by name; an extra that gathers others names keepsafe itself, which is none."""
    return {canonicalize_name(r.name): r for r in map(Requirement, lines) if r.name != "keepsafe"}


def by_conda(lines) -> dict[str, MatchSpec]:
    specs = [MatchSpec(line, strict=True) for line in lines]
    return {canonicalize_name(spec.name.normalized): spec for spec in specs}


@pytest.fixture(scope="module")
def lock(compendium) -> str:
    return (compendium / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def project(compendium) -> dict:
    return tomllib.loads((compendium / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wanted(project) -> dict[str, Requirement]:
    """Everything that pyproject.toml asks for: to run, for each extra, to set up, to build."""
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    lines = [*project["project"]["dependencies"], *sum(extras.values(), []), *sum(groups.values(), [])]
    return by_pip([*lines, *project["build-system"]["requires"]])


@pytest.fixture(scope="module")
def conda(compendium) -> dict:
    return yaml.safe_load((compendium / "environment.yml").read_text())


def test_pyproject_admits_the_lock(wanted, lock):
    assert outside(wanted, pins(lock), pip_admits) == []


def test_environment_yml_admits_the_lock(conda, lock):
    *lines, with_pip = conda["dependencies"]
    specs = {name: spec for name, spec in by_conda(lines).items() if name not in NOT_PYTHON_PACKAGES}
    assert outside(specs, pins(lock), conda_admits) == []
    from_pip = by_pip(line for line in with_pip["pip"] if not line.startswith("-"))
    assert outside(from_pip, pins(lock), pip_admits) == []


def test_environment_yml_asks_for_what_pyproject_asks_for(conda, project):
    declared = project["project"]
    extras = declared["optional-dependencies"]
    asked = by_pip(
        [*declared["dependencies"], *sum((lines for name, lines in extras.items() if name != "browser"), [])]
    )
    *lines, with_pip = conda["dependencies"]
    lines += [line for line in with_pip["pip"] if not line.startswith("-")]
    given = {name: r for name, r in by_pip(lines).items() if name not in NOT_PYTHON_PACKAGES}
    assert {n: r.specifier for n, r in given.items()} == {n: r.specifier for n, r in asked.items()}


def test_a_version_outside_its_range_is_caught():
    locked = pins("pandas==3.1.1 \\\n    --hash=sha256:0\nnumpy==2.4.6 ; os_name == 'nt'\nnumpy==2.6.0\n")
    assert locked == {"pandas": {"3.1.1"}, "numpy": {"2.4.6", "2.6.0"}}
    lines = ["pandas >=3.1,<4", "numpy >=2.4,<2.5", "scipy >=1"]
    assert outside(by_pip(lines), locked, pip_admits) == ["numpy", "scipy"]
    assert outside(by_conda(lines), locked, conda_admits) == ["numpy", "scipy"]


def test_the_plain_installation_is_light_and_one_extra_brings_the_compendium(project):
    declared = project["project"]
    assert set(by_pip(declared["dependencies"])) == {"numpy", "pandas", "scipy", "openpyxl", "typer", "rich"}
    [everything] = map(Requirement, declared["optional-dependencies"]["all"])
    assert everything.extras == {"report", "lab", "files", "cluster"} <= set(declared["optional-dependencies"])


def test_a_report_needs_a_part_of_the_lock_in_the_same_versions(project, compendium, lock):
    part, whole = pins((compendium / "requirements-report.lock").read_text()), pins(lock)
    extras = project["project"]["optional-dependencies"]
    needed = by_pip([*project["project"]["dependencies"], *(line for name in ("report", "files", "cluster")
                                                            for line in extras[name])])  # fmt: skip
    assert needed.keys() <= part.keys()
    assert {name: whole.get(name) for name in part} == part
    assert not {"playwright", "py-rattler", "jupyterlab", "scikit-learn", "pytest"} & part.keys()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-report.lock"])
def test_every_locked_package_has_hashes_and_the_lock_names_no_host(compendium, name):
    lock = (compendium / name).read_text()
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.M)[1:]
    assert len(blocks) == len(re.findall("^[a-z0-9]", lock, flags=re.M)) > 80
    assert [b.splitlines()[0] for b in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", b)] == []
    assert not re.search(r"://|^ *-(?!-hash)|\.(?:org|com|net)\b", lock, flags=re.M)


def test_the_three_pythons_are_admitted_everywhere(project, conda, lock):
    python = by_conda(line for line in conda["dependencies"] if str(line).startswith("python "))["python"]
    requires = Requirement("python " + project["project"]["requires-python"])
    for version in PYTHONS:
        assert conda_admits(python, version) and pip_admits(requires, version)
    for name in ("numpy", "scipy", "pandas", "statsmodels", "numba"):  # the same on each, so that results are
        assert len(pins(lock)[name]) == 1


def test_package_project_and_citation_name_one_version(project, compendium):
    citation = yaml.safe_load((compendium / "CITATION.cff").read_text())
    assert keepsafe.__version__ == project["project"]["version"] == str(citation["version"])
    [report] = citation["references"]
    assert (report["type"], report["year"]) == ("report", 2019)
    assert report["institution"]["name"] == "Cardiff University"


def test_pre_commit_runs_the_locked_linter(compendium, lock):
    asked = yaml.safe_load((compendium / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [linter] = [repo for repo in asked["repos"] if repo["repo"].endswith("/ruff-pre-commit")]
    assert {linter["rev"].removeprefix("v")} == pins(lock)["ruff"]


def test_binder_and_the_code_host_install_from_the_lock_and_call_make(compendium):
    binder = compendium / "binder"
    assert "-r ../requirements.lock" in (binder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert (binder / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-") in PYTHONS
    assert "--editable ." in (binder / "postBuild").read_text(encoding="utf-8")
    jobs = yaml.safe_load((compendium / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert jobs["test"]["steps"][-1] == {"run": "make test"}

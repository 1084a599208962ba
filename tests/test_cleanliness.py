"""What is committed names no machine, and `import keepsafe` is cheap."""

import re
import subprocess
import sys

import pytest

import keepsafe

# Written so that this file does not match itself.
UNWANTED = {
    "a machine's path": r"(?<![\w.-])/(?:work|tmp|farm|root|home|Users)/\w",
    "a package index": r"index[-]url|/simp[l]e/|\bregis[t]ry\.|files\.python[h]osted|find[-]links",
    "a neighbour of the project's folder": r"\.\./shar[e]d\b",
}
HEAVY = ("numpy", "pandas", "scipy", "matplotlib", "seaborn", "statsmodels", "numba", "sklearn", "papermill")


def unwanted(text: str) -> list[str]:
    return [f"{what}: {hit[0]}" for what, pattern in UNWANTED.items() for hit in re.finditer(pattern, text)]


def test_no_committed_file_names_a_machine_or_a_package_index(compendium):
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=compendium, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git repository: nothing says which files are committed")
    found = {}
    for name in filter(None, done.stdout.split("\0")):
        content = (compendium / name).read_bytes() if (compendium / name).is_file() else b""
        if b"\0" not in content[:8000] and (hits := unwanted(content.decode())):
            found[name] = hits[:3]
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["see /" + "root/x.csv", "'/" + "home/a/b'", "--index" + "-url https", "cp ../" + "shared/design.md ."],
)
def test_a_machine_path_or_an_index_address_is_caught(line):
    assert unwanted(line)


def test_an_ordinary_address_is_not_taken_for_a_path():
    assert unwanted("https://example.org/home/page and notebooks/01_cleaning.ipynb") == []


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries that a statement loads in a fresh Python."""
    code = f"import sys; {statement}; print(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import keepsafe", "from keepsafe import InputError", "import keepsafe.cli"])
def test_importing_the_package_or_its_commands_loads_nothing_heavy(statement):
    assert loaded_by(statement) == set()


def test_a_heavy_import_is_caught():
    assert loaded_by("import keepsafe, numpy") == {"numpy"}


@pytest.mark.parametrize("name", keepsafe.__all__)
def test_every_public_name_is_found_in_its_home(name):
    assert callable(getattr(keepsafe, name))
    assert name in dir(keepsafe)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = keepsafe.analyse


def test_audit_stays_a_function_when_its_package_was_imported_first():
    code = "import keepsafe.audit, keepsafe; from keepsafe import audit; assert callable(audit), audit"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_code_is_lint_free(compendium):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "keepsafe", "tests"],
        cwd=compendium, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

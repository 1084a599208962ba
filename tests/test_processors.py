"""Another processor gives the same numbers, words, tables, figures and synthetic files: this one in disguise."""

import hashlib

import pytest

from keepsafe.report.verify.contents import compare_cells, compare_documents, compare_values
from tests.processors import EMULATIONS, ROOT, SEED_1, no_emulation, start

pytestmark = pytest.mark.skipif(no_emulation() is not None, reason=no_emulation() or "")


def made(out, emulation: str | None, *wanted: str):
    out.mkdir(exist_ok=True)
    done = start(emulation, out, *wanted)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The report and a synthetic cohort as a processor without AVX, FMA and their kin makes them."""
    return made(tmp_path_factory.mktemp("elsewhere"), "together", "page", "1")


@pytest.mark.parametrize("name", EMULATIONS)
def test_an_emulation_is_really_under_way(tmp_path, name):
    """The child ends with an error where anything that it was told to do without is still on."""
    made(tmp_path, name)


@pytest.mark.parametrize(("variable", "entry"), [("NPY_DISABLE_CPU_FEATURES", "AVX2,FMA3"),
                                                 ("OPENBLAS_CORETYPE", "NoSuchCore"),
                                                 ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-NoSuchFeature")])  # fmt: skip
def test_an_emulation_that_does_nothing_is_found_out(tmp_path, monkeypatch, variable, entry):
    monkeypatch.setitem(EMULATIONS, "idle", {variable: entry})
    done = start("idle", tmp_path)
    assert done.returncode == 1 and "still on" in done.stderr


def test_every_cell_shows_elsewhere_what_is_committed(elsewhere):
    """Texts, tables and the fingerprints of figures' data; that this processor shows the same is for nbval to say."""
    checks = list(compare_cells(ROOT, elsewhere / "report", exact=False))
    assert len(checks) > 100 and [str(check) for check in checks if check.fault] == []


def test_every_value_and_the_page_read_elsewhere_as_they_are_committed(elsewhere):
    checks = list(compare_values(ROOT / "reports", elsewhere / "report"))
    assert len(checks) > 1000
    checks += compare_documents(ROOT / "reports", elsewhere / "report", exact=False)
    assert [str(check) for check in checks if check.fault] == []


def test_synthetic_files_are_the_same_bytes_elsewhere_and_on_every_python(elsewhere):
    """That this processor makes the same is for the tests of the synthetic files to say."""
    files = sorted((elsewhere / "seed-1").iterdir())
    assert [path.name for path in files] == ["case_files.csv", "second_coder.csv"]
    assert hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest() == SEED_1

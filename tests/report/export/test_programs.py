"""What SPSS users and R users run on an exported file gives keepsafe's own model again: by PSPP and by R."""

import csv
import io
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from keepsafe.files.cleaning import load_cohort
from keepsafe.report.export import export, read_cohort
from keepsafe.statistics.selection import backward_elimination
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook

needs_pspp = pytest.mark.skipif(not shutil.which("pspp"), reason="PSPP is not installed")
needs_r = pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
PACKAGE = {".sav": "foreign", ".dta": "haven", ".csv": "stats"}


@pytest.fixture(scope="module")
def ours(awkward):
    """Elimination of the main model: of the compendium, and of the small study, which has categories."""
    small = read_cohort(awkward["data"], load_study(awkward["study"], load_codebook(awkward["codebook"]))).frame
    found = load_cohort(), load_study().models["cse_any_abuse"].candidates
    return {
        "synthetic": backward_elimination(found[0], "cse", found[1]),
        "own": backward_elimination(
            small, "settled", ["with", "place", "Place", "n_moves"], event=0, reference={"place": "b", "Place": "1"}
        ),
    }


def equations(folder, syntax: str) -> list[list[list[str]]]:
    """Variables in the Equation, a table a model, as PSPP computes them from a syntax."""
    prepared = "SET DECIMAL=DOT.\nSET FORMAT=F24.14.\n" + syntax
    command = ["pspp", "-O", "format=csv", "-o", "-", "-"]
    done = subprocess.run(command, input=prepared, cwd=folder, capture_output=True, text=True, timeout=60)
    assert "error" not in done.stdout.lower(), done.stdout[-2000:]
    found = []
    for table in done.stdout.split("Table: Variables in the Equation\n")[1:]:
        rows = list(csv.reader(io.StringIO(table)))
        found.append(rows[2 : 1 + next(place for place, row in enumerate(rows) if "Constant" in row)])
    return found


@needs_pspp
@pytest.mark.parametrize("ending", [".sav", ".csv"])
@pytest.mark.parametrize("which", ["synthetic", "own"])
def test_pspp_reads_the_file_and_agrees_on_the_full_and_the_final_model(which, ending, ours, request):
    data = request.getfixturevalue(which)(ending)
    syntax, elimination = data.with_suffix(".sps").read_text(encoding="utf-8").split("* Backward elimination")
    assert "/METHOD=BSTEP(LR)" in elimination and "PIN(0.05) POUT(0.10)" in elimination
    found = equations(data.parent, syntax)
    assert len(found) == 2
    for rows, fit in zip(found, (ours[which].full, ours[which].final), strict=True):
        expected = fit.coefficients.iloc[[*range(1, len(rows)), 0]]  # PSPP prints the constant last
        for column, place in {"B": 2, "SE": 3, "odds_ratio": 7}.items():
            printed = [float(row[place]) for row in rows]
            assert_allclose(printed, expected[column], rtol=1e-6, atol=1e-9, err_msg=column)
    used = ours["own"].full.fit["n"].item()
    assert used < 240 or which == "synthetic"  # so that leaving out cases is tested too


@needs_pspp
def test_pspp_sees_labels_and_user_missing_codes(synthetic):
    syntax = "GET FILE='cohort.sav'.\nDISPLAY DICTIONARY /VARIABLES=cpr_p2.\nFREQUENCIES cpr_p2 /FORMAT=NOTABLE.\n"
    done = subprocess.run(
        ["pspp", "-O", "format=csv", "-o", "-", "-"],
        input=syntax,
        cwd=synthetic(".sav").parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "On the child protection register (phase 2)" in done.stdout
    assert "not applicable" in done.stdout and "Nominal" in done.stdout
    rows = dict(line.split(",")[1:3] for line in done.stdout.splitlines() if line.startswith("N,"))
    assert rows["Valid"] == str(load_cohort()["cpr_p2"].notna().sum())


@needs_r
@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv"])
@pytest.mark.parametrize("which", ["synthetic", "own"])
def test_r_repeats_the_full_model_and_the_elimination(which, ending, ours, request):
    package = PACKAGE[ending]
    asked = f'quit(status = !requireNamespace("{package}", quietly = TRUE))'
    if subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True).returncode:
        pytest.skip(f"the R package {package} is not installed")
    data = request.getfixturevalue(which)(ending)
    script = """options(digits = 17); sink(tempfile()); source("cohort.R"); sink()
    for (model in list(full, final)) cat(nobs(model), deviance(model), coef(model), sqrt(diag(vcov(model))), "\\n")"""
    done = subprocess.run(["Rscript", "--vanilla", "-e", script], cwd=data.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line, fit in zip(done.stdout.splitlines(), (ours[which].full, ours[which].final), strict=True):
        n, deviance, *rest = map(float, line.split())
        b, se = np.split(np.array(rest), 2)
        assert n == fit.fit["n"].item()
        assert_allclose(deviance, fit.fit["deviance"].item(), rtol=1e-9)
        assert_allclose(b, fit.coefficients["B"], rtol=1e-6, atol=1e-9)
        assert_allclose(se, fit.coefficients["SE"], rtol=1e-6)


def test_spss_is_told_the_reference_level_by_its_place_in_the_order_of_values(own):
    syntax = own(".sav").with_suffix(".sps").read_text(encoding="utf-8")
    assert "/CATEGORICAL=place Place_2\n  /CONTRAST(place)=INDICATOR(2)\n  /CONTRAST(Place_2)=INDICATOR(1)" in syntax
    assert "the reference level is Beta & co." in syntax


def test_scripts_of_a_model_that_cannot_be_fitted_say_why(awkward, tmp_path):
    cases = pd.read_csv(awkward["data"], dtype=str).assign(n_moves="7")
    cases.to_csv(tmp_path / "cases.csv", index=False)
    made = export(tmp_path / "c.sav", **awkward | {"data": tmp_path / "cases.csv"})
    for script in made.files[1:3]:
        said = script.read_text(encoding="utf-8")
        assert "keepsafe could not fit this model: column n_moves: " in said
    assert "BSTEP" not in made.files[1].read_text(encoding="utf-8")


def test_scripts_of_a_study_without_a_model_read_the_file_and_no_more(awkward, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(awkward["study"].read_text(encoding="utf-8").split("[models]")[0], encoding="utf-8")
    made = export(tmp_path / "c.sav", **awkward | {"study": study})
    syntax, script = (path.read_text(encoding="utf-8").strip().splitlines()[-1] for path in made.files[1:3])
    assert (syntax, script) == ("GET FILE='c.sav'.", "data <- suppressWarnings(read())")

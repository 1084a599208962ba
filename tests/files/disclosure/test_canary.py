"""A real-looking extract with things that must not come out: a run with disclosure control tells none of them.

The same search finds them in a run without, so it can fail.
"""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from keepsafe import load_cohort, load_figures, load_study, paths
from keepsafe.files.disclosure import coarse
from keepsafe.report.running import harvest, report
from keepsafe.report.running.forking import forked_kernels
from keepsafe.report.running.inputs import check_inputs
from keepsafe.report.running.notebooks import run_notebook, surroundings
from keepsafe.statistics.recompute import recompute
from keepsafe.telling.values import round_half_up

MARK = "CANARY-7731"
PRINTED_ONLY = "00_published"  # the chapter that rests on what was printed in 2019 and on no case file
FIGURES = load_figures()


@pytest.fixture(scope="module")
def extract(tmp_path_factory) -> Path:
    """The synthetic files as if they were real: without the label, with marked identifiers, in a marked folder."""
    files = pd.read_csv(paths.data("synthetic", "case_files.csv"), dtype=str, keep_default_na=False)
    files = files.assign(synthetic="0", person_id=MARK + files["person_id"], file_id=MARK + files["file_id"])
    folder = tmp_path_factory.mktemp(f"{MARK}-folder")
    files.to_csv(folder / f"{MARK}-extract.csv", index=False)
    return folder / f"{MARK}-extract.csv"


@pytest.fixture(scope="module")
def few() -> set[str]:
    """Ids of figures that rest on a cell of one to nine persons."""
    found = recompute(FIGURES, load_cohort(), load_study())
    cells = pd.DataFrame({"k": found["k"], "rest": found["n"] - found["k"], "n": found["n"]}).astype(float)
    small = ((cells > 0) & (cells < 10)).any(axis=1) & FIGURES["statistic"].isin(["percent", "count"])
    ends = FIGURES["statistic"].isin(["min", "max"])
    return set(FIGURES.loc[small | ends, "id"].str.lower())


@pytest.fixture(scope="module")
def protected(extract, tmp_path_factory) -> Path:
    few = {"n_boot": 20, "n_cohorts": 1, "n_sets": 2, "n_simulated": 50, "n_changes": 50}  # what is told is the same
    chosen = [(name, str(number)) for name, number in few.items()]
    return report(data=extract, out=tmp_path_factory.mktemp("protected") / "report", parameters=chosen).parent


@pytest.fixture(scope="module")
def open_values(extract, tmp_path_factory) -> pd.DataFrame:
    """Values of chapter 02 without disclosure control."""
    run = check_inputs(tmp_path_factory.mktemp("open"), extract, None, None, "off")
    own = replace(run, folder=run.path("02"))
    run.write()
    own.write()
    with surroundings(run), forked_kernels():
        run_notebook(paths.root() / "notebooks" / "02_descriptives.ipynb", own, {}, lambda notebook, doing: None)
    return harvest({"02": nbformat.read(own.path("notebook.ipynb"), 4)})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a report, with what is packed into a .docx."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as packed:
                found |= {f"{path.name}/{name}": packed.read(name) for name in packed.namelist()}
    return found


def told(values: pd.DataFrame, ids: set[str]) -> set[str]:
    """Those of the ids of which the values give a number."""
    return set(values.loc[values["id"].isin(ids) & values["value"].notna() & values["value"].ne(""), "id"])


def test_no_identifier_and_no_place_of_the_users_machine_is_in_any_output(protected):
    found = contents(protected)
    assert {"report.html", "values.csv", "manifest.json"} <= found.keys()
    assert [name for name, text in found.items() if MARK.encode() in text] == []


def test_no_figure_of_few_persons_is_told_and_without_control_some_are(protected, open_values, few):
    values = pd.read_csv(protected / "values.csv", keep_default_na=False)
    assert told(values, few) == set()
    assert len(told(open_values, few)) > 20


def test_no_count_of_one_to_nine_persons_is_told(protected):
    values = pd.read_csv(protected / "values.csv", keep_default_na=False)
    published = values["id"].str.startswith("recipients.")  # worked out from what was printed in 2019
    values = values[~published & ~values["id"].str.contains(".mean", regex=False)]
    persons = pd.to_numeric(values.loc[values["unit"].isin(["persons", "files", "case files"]), "value"])
    assert values.loc[values["id"].eq("cse.each"), "value"].eq("").all()  # times the candidates it is one exactly
    assert values.loc[values["id"].isin(["cse.n", "cse.most"]), "unit"].tolist() == ["persons"] * 2
    assert persons.notna().sum() > 10
    assert (persons.dropna() % 5 == 0).all() and not persons.between(1, 9).any()


def beyond_shown(values: pd.DataFrame) -> list[str]:
    """Ids of numbers with more digits than a reader is shown: from many, the persons behind a mean can be found."""
    values = values.assign(number=pd.to_numeric(values["value"], errors="coerce"))
    values = values[values["number"].notna() & values["unit"].ne("p")]
    pairs = zip(values["number"], values["digits"].astype(float).astype(int), strict=True)
    kept = [round_half_up(number, digits) for number, digits in pairs]
    return values.loc[values["number"].ne(kept), "id"].tolist()


def test_no_number_leaves_with_more_digits_than_are_shown(protected, open_values):
    values = pd.read_csv(protected / "values.csv", keep_default_na=False)
    values = values[values["notebook"].ne(PRINTED_ONLY)]
    assert values["id"].str.contains("mean").any() and beyond_shown(values) == []
    assert beyond_shown(open_values) == []
    one = pd.to_numeric(values["value"], errors="coerce").where(values["unit"].eq("%")).first_valid_index()
    values["value"] = values["value"].mask(values.index == one, "12.3456789")
    assert beyond_shown(values) == [values.at[one, "id"]]


def test_a_digit_too_many_is_caught():
    made = {"id": ["a", "b"], "value": [3.93, 3.9277108], "digits": [2, 2], "unit": ""}
    assert beyond_shown(pd.DataFrame(made)) == ["b"]


def test_figures_have_few_digits_of_what_they_draw(protected):
    printed = (paths.root() / "notebooks" / f"{PRINTED_ONLY}.ipynb").read_text(encoding="utf-8")
    drawn = [path for path in sorted((protected / "figures").glob("*.csv")) if f'\\"{path.stem}\\"' not in printed]
    assert len(drawn) > 5
    for path in drawn:
        for name, column in pd.read_csv(path).select_dtypes("float").items():
            assert column.map(lambda number: number == coarse(number) or pd.isna(number)).all(), (path.name, name)


def test_no_row_of_a_person_leaves(protected):
    assert not (protected / "tables" / "cohort.csv").exists()
    for path in (protected / "tables").glob("*.csv"):
        assert "person_id" not in path.read_text(encoding="utf-8").splitlines()[0]


def test_figures_drawn_rest_on_protected_counts(protected):
    """Shares in the data behind the figures are of rounded counts: multiples of five of multiples of five."""
    rounded = {coarse(100 * k / n) for n in range(10, 400, 5) for k in range(0, n + 1, 5)}
    for name in ("abuse-by-cse", "outcomes-by-cse"):
        drawn = pd.read_csv(protected / "figures" / f"{name}.csv")
        assert len(drawn) and set(drawn["value"]) <= rounded


def test_the_log_names_what_was_withheld_and_holds_no_number_of_it(protected):
    log = pd.read_csv(protected / "tables" / "disclosure-log.csv")
    assert {"variable", "candidate", "number"} <= set(log["what"])
    assert log["name"].str.contains("(rejection_p1)", regex=False).any()
    assert not log["why"].str.contains(r"\d").any()


def test_the_page_says_that_there_is_disclosure_control_and_nothing_of_synthetic_files(protected):
    page = (protected / "report.html").read_text(encoding="utf-8")
    assert "threshold=10,round=5" in page
    chapter = re.sub(r"<details.*?</details>", "", page, flags=re.S)
    assert "made so that the published model comes out" not in chapter

"""The datasheet of the synthetic files: whole, and what it says of the trials is what their results say."""

import pandas as pd
import pytest

from keepsafe.audit import printed_comparisons
from keepsafe.paths import data
from keepsafe.problems import InputError
from keepsafe.study.published import load_comparisons, load_figures
from keepsafe.synthesis import run
from keepsafe.synthesis import trial_results as told


def test_the_datasheet_tells_what_may_be_read_as_the_trials_results_have_it():
    text = data("README.md").read_text(encoding="utf-8")
    again = "python -c 'from keepsafe.synthesis.run import tell_trials; tell_trials()' writes it anew"
    assert text.count(run.READ) == 1 and run.may_be_read_told() + "\n\n## " in text, again
    found = told.may_be_read()
    assert all(f"| {row.question} |" in text and f"| {row.verdict} |" in text for row in found.itertuples())


def test_other_results_make_another_section_and_leave_the_rest(monkeypatch, tmp_path):
    text = data("README.md").read_text(encoding="utf-8")
    summary = told.results()
    worse = summary.assign(error=summary["error"].where(summary["arm"] != "calibrated", 9.0))
    known = told.results
    monkeypatch.setattr(told, "results", lambda name="summary": worse if name == "summary" else known(name))
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "README.md"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(run, "data", lambda *parts: (tmp_path / "data").joinpath(*parts))
    run.tell_trials()
    changed = path.read_text(encoding="utf-8")
    old, new = (set(part.splitlines()) for part in (text, changed))
    assert "| 9.00 |" in changed and "may not be read |" in changed
    begin, end = text.index(run.READ), text.index("## What the printed figures determine")
    assert changed[:begin] == text[:begin] and changed.endswith(text[end:]) and old != new
    path.write_text("# Nothing", encoding="utf-8")
    with pytest.raises(InputError, match="README.md: has no section"):
        run.tell_trials()


def test_a_comparison_that_another_test_may_give_is_not_said_to_be_impossible():
    text = data("README.md").read_text(encoding="utf-8")
    impossible, _, rest = text.partition("Of these comparisons both")
    found = printed_comparisons(load_figures(), load_comparisons())
    differ = found.loc[found["answer"].eq("differs"), "variable"].str.replace(r"_p\d$", "", regex=True)
    by_pearson = [line.split("|")[1].split(".")[0].strip() for line in rest.splitlines() if "| p = " in line]
    assert set(differ) <= set(by_pearson) and "| p = " not in impossible
    assert len(set(by_pearson)) > len(set(differ))  # 'not all are at odds with the figures'


def test_the_whole_datasheet_is_written_with_all_its_sections(study):
    held = pd.DataFrame([("figure", "a", "1", "1", "met")], columns=["kind", "statement", "target", "value", "verdict"])
    pairs = pd.DataFrame([("a", "b", 0.1, 0.4, 0.3)], columns=["first", "second", "tables", "calibrated", "difference"])
    text = run.datasheet(study, {"tables": "2", "all": "3"}, held, pairs, pairs, {2: 0, 3: 0})
    kept = data("README.md").read_text(encoding="utf-8")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [line for line in kept.splitlines() if line.startswith("#")]
    assert run.may_be_read_told() in text and "{" not in text

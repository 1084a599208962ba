"""Entries that cannot stand beside each other are told by the rule that they break; what is missing breaks none."""

import pytest

from keepsafe.files import check
from keepsafe.problems import InputError

BROKEN = [
    ({"cse": "0", "n_kinds": "1"}, 'line 4, care_p2: "1" contradicts cse: it is recorded only where cse is 1'),
    ({"ran": "0", "ran_often": "1", "n_kinds": "1"},
     "line 4, ran_often: the entry contradicts ran: it is part of that, and cannot be more"),
    ({"n_kinds": "3"}, 'line 4, n_kinds: "3" contradicts cse, ran, woman: it is how many of these are 1'),
    ({"sex": "female"}, 'line 4, n_kinds: "2" contradicts cse, ran, woman: it is how many of these are 1'),
    ({"risk": "high"}, 'line 4, group: "low" contradicts risk: low is for no or mild; raised is for high'),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), BROKEN)
def test_a_contradiction_is_told_with_its_rule(found, changes, said):
    [finding] = found({(4, column): entry for column, entry in changes.items()}).findings
    assert (finding.kind, str(finding)) == ("contradiction", said)


@pytest.mark.parametrize("changes", [
    {"cse": "0", "care_p2": "-8", "n_kinds": "1"}, {"cse": "0", "care_p2": "0", "n_kinds": "1"}, {"cse": "-9"},
    {"ran": "-9", "ran_often": "1"}, {"risk": "-9"}, {"group": "-9"}, {"sex": "-9", "n_kinds": "0"},
])  # fmt: skip
def test_what_is_missing_not_asked_or_unknown_contradicts_nothing(found, changes):
    assert found({(4, column): entry for column, entry in changes.items()}).findings == ()


def test_an_entry_that_is_not_allowed_contradicts_nothing_beside(found):
    assert [f.kind for f in found({(4, "ran"): "7", (4, "ran_often"): "1"}).findings] == ["entry"]


def test_a_rule_whose_columns_are_missing_is_passed_over(study, files):
    path = files()
    path.write_text(path.read_text().replace(",ran,", ",run,", 1))
    report = check(path, study / "codebook.csv", study / "study.toml")
    assert {finding.kind for finding in report.findings} == {"missing column", "unknown column"}


def test_a_study_file_for_another_codebook_is_refused_if_given_and_passed_over_if_not(study, files, compendium):
    with pytest.raises(InputError, match="which the codebook lacks"):
        check(files(), study / "codebook.csv", compendium / "data" / "study.toml")
    report = check(files(), study / "codebook.csv")
    assert report.findings == ()
    assert "no rules between columns were checked" in str(report) and "rules between columns." not in report.checked

"""A finished report is made again and compared: nothing is found where nothing was touched, and whatever was is."""

import json
import shutil
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from keepsafe import cli
from keepsafe.problems import InputError
from keepsafe.report.running import manifest, report
from keepsafe.report.verify import as_badge, as_json, as_junit, as_text, verify
from keepsafe.report.verify.contents import page_facts, page_text
from keepsafe.telling import values


def found(folder, **given) -> list[tuple[str, str]]:
    """Stage and name of each fault, besides files that are not as the manifest has them."""
    return [(check.stage, check.name) for check in verify(folder, jobs=1, **given).faults if check.stage != "files"]


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_untouched_report_comes_out_equal_in_every_stage(finished):
    verdict = verify(finished, jobs=1)
    assert verdict.faults == []
    assert verdict.equal
    counts = {row["stage"]: (row["equal"], row["compared"]) for row in verdict.funnel()}
    assert counts == {"inputs": (5, 5), "files": (16, 16), "notebooks": (3, 3), "cells": (12, 12), "values": (3, 3),
                      "figures": (1, 1), "tables": (1, 1), "documents": (6, 6)}  # fmt: skip
    assert verdict.software == {}


def test_verifying_leaves_the_report_and_the_compendium_as_they_were(finished):
    def tree():
        home = finished.parent
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in home.rglob("*") if path.is_file()}

    before = tree()
    verify(finished, jobs=1)
    assert tree() == before


@pytest.mark.parametrize(
    ("name", "old", "new", "stages"),
    [
        ("values.csv", "files.n,1.3,", "files.n,1.4,", {"values"}),
        ("values.csv", "26.3%", "26.4%", {"values"}),
        ("report.html", ">1.3<", ">1.9<", {"documents"}),
        ("report.html", "Files and persons", "Files and people", {"documents"}),
        ("notebooks/01_cleaning.ipynb", "1.3 files", "1.9 files", {"cells"}),
        ("notebooks/01_cleaning.ipynb", "n + 0.25", "n + 0.30", {"cells"}),
        ("notebooks/01_cleaning.ipynb", "iVBORw0KGgo", "iVBORw0KGgp", {"cells"}),
        ("figures/flow.csv", "205", "206", {"figures"}),
        ("figures/flow.txt", "205", "206", {"figures"}),
        ("figures/flow.svg", "<path", "<path ", {"figures"}),
        ("tables/groups.csv", "26.3", "26.4", {"tables"}),
        ("../data/codebook.csv", "1", "2", {"inputs"}),
        ("../data/synthetic/case_files.csv", "1\n", "1\n1\n", {"inputs", "values", "cells", "documents"}),
        ("../requirements.lock", "2.4.6", "2.4.7", {"inputs"}),
    ],
)
def test_what_was_tampered_with_is_found_and_nothing_else(finished, name, old, new, stages):
    edit(finished / name, old, new)
    verdict = verify(finished, jobs=1)
    changed = {check.stage for check in verdict.faults} - {"files"}
    # The page names the checksums of its inputs, so its bytes change with any of them.
    assert changed - {"documents"} == stages - {"documents"}
    assert stages <= changed
    assert not verdict.equal
    if not name.startswith(".."):
        assert [check.name for check in verdict.faults if check.stage == "files"] == [name]


def test_a_tampered_picture_is_found(finished):
    content = (finished / "figures" / "flow.png").read_bytes()
    (finished / "figures" / "flow.png").write_bytes(content[:-20] + b"x" + content[-19:])
    assert found(finished) == [("figures", "flow.png")]


def test_a_manifest_made_to_fit_the_tampering_helps_nobody(finished):
    old = manifest.checksum(finished / "values.csv")
    edit(finished / "values.csv", "files.n,1.3,", "files.n,1.4,")
    edit(finished / "manifest.json", old, manifest.checksum(finished / "values.csv"))
    verdict = verify(finished, jobs=1)
    assert [str(check) for check in verdict.faults] == ["files.n: another value: then 1.4, now 1.3"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"synthetic": true', '"synthetic": false', "another synthetic: then False, now True"),
        ('"title": "Small"', '"title": "Large"', "another title: then Large, now Small"),
        ("number of resamples", "number of samples", "another parameters"),
    ],
)
def test_what_a_manifest_says_of_its_run_is_compared(finished, old, new, said):
    edit(finished / "manifest.json", old, new)
    (check,) = verify(finished, jobs=1).faults
    assert said in str(check)


@pytest.mark.parametrize("name", ["notebooks/readme.txt", "figures/more.key", "tables/more/a.csv"])
def test_a_file_that_no_manifest_names_is_found(finished, name):
    (finished / name).parent.mkdir(exist_ok=True)
    (finished / name).write_text("x")
    assert f"{name}: is not in the manifest" in [str(check) for check in verify(finished, jobs=1).faults]


@pytest.mark.parametrize("name", ["figures/flow.csv", "tables/groups.csv", "notebooks/02_descriptives.ipynb"])
def test_what_was_taken_out_or_put_in_is_found(finished, name):
    other = (finished / name).with_name(f"09_more{(finished / name).suffix}")
    shutil.copy(finished / name, other)
    (finished / name).unlink()
    faults = {check.name for check in verify(finished, jobs=1).faults}
    stem = (finished / name).name if name[0] in "ft" else (finished / name).stem
    assert {name, stem, other.name if name[0] in "ft" else "09_more"} <= faults


@pytest.mark.parametrize(("noise", "stages"), [(1e-12, set()), (-1e-12, set()),
                                               (0.01, {"values", "cells", "tables", "documents"})])  # fmt: skip
def test_noise_in_every_number_is_nothing_and_another_digit_shown_is_found(finished, monkeypatch, noise, stages):
    plain = values.plain_number

    def noisy(number):
        number = plain(number)
        return number * (1 + noise) if isinstance(number, float) else number

    monkeypatch.setattr(values, "plain_number", noisy)
    assert {stage for stage, _ in found(finished)} == stages


def test_a_report_by_other_software_is_held_to_what_it_says_and_not_to_its_bytes(finished, monkeypatch):
    versions = manifest.versions()
    for module in ("keepsafe.report.running.manifest", "keepsafe.report.verify"):
        monkeypatch.setattr(f"{module}.versions", lambda: versions | {"matplotlib": "9.9"})
    edit(finished / "figures" / "flow.svg", "<path", "<path ")
    verdict = verify(finished, jobs=1)
    assert {check.stage for check in verdict.faults} == {"files"}
    assert verdict.software == {"matplotlib": (versions["matplotlib"], "9.9")}
    assert "made with other software: matplotlib" in as_text(verdict)
    edit(finished / "report.html", ">1.3<", ">1.9<")
    assert ("documents", "report.html") in found(finished)


@pytest.fixture
def cloned(finished):
    """What a fresh clone has of a report: the page and its values."""
    for name in ("notebooks", "tables", "figures", ".cache"):
        shutil.rmtree(finished / name)
    (finished / "manifest.json").unlink()
    return finished


def test_a_fresh_clone_is_compared_as_far_as_it_goes(cloned):
    verdict = verify(cloned, jobs=1)
    assert verdict.equal
    rows = {row["stage"]: row for row in verdict.funnel()}
    assert [stage for stage, row in rows.items() if row["compared"]] == ["inputs", "notebooks", "values", "documents"]
    assert rows["tables"]["absent"] == "the folder has no tables"
    assert rows["files"]["absent"] == "the folder has no manifest"


def test_a_page_without_a_manifest_declares_its_own_parameters_and_inputs(finished):
    report(parameters=[("n_boot", "7")], jobs=1)
    for name in ("notebooks", "tables", "figures"):
        shutil.rmtree(finished / name)
    (finished / "manifest.json").unlink()
    assert found(finished) == []
    edit(finished.parent / "data" / "study.toml", "1", "2")
    assert ("inputs", "data/study.toml") in found(finished)


def test_a_tampered_page_or_value_of_a_fresh_clone_is_found(cloned):
    edit(cloned / "report.html", ">1.3<", ">1.9<")
    edit(cloned / "values.csv", "26.3%", "26.4%")
    assert found(cloned) == [("values", "cse.percent"), ("documents", "report.html")]


def test_a_users_own_file_is_asked_for_and_used(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("keepsafe.report.running.inputs._labelled", lambda data, codebook: True)
    own = shutil.copy(finished.parent / "data" / "synthetic" / "case_files.csv", tmp_path / "own.csv")
    out = report(data=own, out=tmp_path / "out", jobs=1).parent
    verdict = verify(out, jobs=1)
    assert [str(check) for check in verdict.faults] == ["own.csv: was not found; name it with --data"]
    assert verdict.absent["values"] == "not run, for an input is missing"
    assert found(out, data=own) == []


def test_confidential_case_files_are_asked_for_by_no_name_and_come_out_again(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("keepsafe.report.running.inputs._labelled", lambda data, codebook: False)
    own = shutil.copy(finished.parent / "data" / "synthetic" / "case_files.csv", tmp_path / "ward-7.csv")
    out = report(data=own, out=tmp_path / "out", jobs=1).parent
    assert not any(b"ward-7" in path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert [str(check) for check in verify(out, jobs=1).faults] == ["case files: was not found; name it with --data"]
    assert found(out, data=own) == []
    edit(own, "1\n", "1\n1\n")
    assert ("inputs", "case files") in found(out, data=own)


def test_confidential_case_files_that_the_study_names_come_out_again(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("keepsafe.report.running.inputs._labelled", lambda data, codebook: False)
    monkeypatch.setattr("keepsafe.report.running.inputs.labelled", lambda data: False)
    home = finished.parent
    (home / "data" / "private").mkdir()
    shutil.copy(home / "data" / "synthetic" / "case_files.csv", home / "data" / "private" / "cases.csv")
    with (home / "data" / "study.toml").open("a", encoding="utf-8") as study:
        study.write('\n[files]\ncase_files = "private/cases.csv"\n')
    report(jobs=1, out=tmp_path / "out")
    assert found(tmp_path / "out") == []


def test_a_page_that_tells_who_made_the_edition_comes_out_again(finished, compendium):
    shutil.copy(compendium / "CITATION.cff", finished.parent)
    (finished.parent / "data" / "report").mkdir()  # by which an edition is known
    shutil.copy(compendium / "data" / "report" / "lines.csv", finished.parent / "data" / "report")
    report(jobs=1, fresh=True)
    assert '<p class="byline">' in (finished / "report.html").read_text(encoding="utf-8")
    assert found(finished) == []


def test_a_notebook_that_reads_what_is_not_declared_does_not_come_out_again(finished, rewrite):
    (finished.parent / "more.csv").write_text("a")
    rewrite("02_descriptives", ["from keepsafe import paths", "(paths.root() / 'more.csv').read_text()"])
    report(jobs=1)
    (check,) = verify(finished, jobs=1).faults
    assert "02_descriptives, cell 2: FileNotFoundError" in str(check)


def test_a_run_that_fails_is_a_fault_and_not_an_error(finished):
    edit(finished.parent / "notebooks" / "01_cleaning.ipynb", "n + 0.25", "n / 0")
    (check,) = verify(finished, jobs=1).faults
    assert check.stage == "notebooks"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no report here"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "is no manifest of a report"),
        (lambda folder: edit(folder / "manifest.json", '"value": "20"', '"value": 20'), "is no manifest of a report"),
        (lambda folder: edit(folder / "manifest.json", '"value"', '"worth"'), "is no manifest of a report"),
        (lambda folder: edit(folder / "manifest.json", '"given": {}', '"given": []'), "is no manifest of a report"),
        (lambda folder: (folder / ".finished").mkdir(), "a run was stopped as it put its report here"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(finished, spoil, said):
    spoil(finished)
    with pytest.raises(InputError, match=said):
        verify(finished, jobs=1)


def test_the_forms_tell_the_same(finished):
    edit(finished / "values.csv", "files.n,1.3,", "files.n,1.4,")
    verdict = verify(finished, jobs=1)
    assert "files.n: another value: then 1.4, now 1.3" in as_text(verdict)
    assert "2 of 3" in as_text(verdict)
    told = json.loads(as_json(verdict))
    assert (told["equal"], [fault["name"] for fault in told["faults"]]) == (False, ["values.csv", "files.n"])
    suites = ElementTree.fromstring(as_junit(verdict).split("\n", 1)[1])
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "values.csv",
        "files.n",
    ]
    equal, compared = (sum(row[name] for row in verdict.funnel()) for name in ("equal", "compared"))
    assert f"reproduced: {equal} of {compared}" in as_badge(verdict)
    assert compared - equal == 2


def test_the_command_ends_with_status_0_or_1_and_writes_what_it_is_asked_for(finished, tmp_path):
    written = ["--junit", str(tmp_path / "v.xml"), "--badge", str(tmp_path / "v.svg")]
    done = CliRunner().invoke(cli.app, ["verify", str(finished), "--jobs", "1", *written])
    assert done.exit_code == 0, done.output
    assert "came out again" in done.output
    assert {path.name for path in tmp_path.iterdir()} >= {"v.xml", "v.svg"}
    ElementTree.parse(tmp_path / "v.xml")
    ElementTree.parse(tmp_path / "v.svg")
    edit(finished / "tables" / "groups.csv", "26.3", "26.4")
    assert CliRunner().invoke(cli.app, ["verify", str(finished), "--jobs", "1", "--json"]).exit_code == 1


@pytest.mark.parametrize("content", [b"", b"<!-- cut", b"\x00\x01\xff", b'<?xml version="1.0" encoding="utf-8"?>'])
def test_the_words_of_what_is_no_page_can_be_read(tmp_path, content):
    (tmp_path / "report.html").write_bytes(content)
    assert page_text(tmp_path / "report.html") in {"", "\N{REPLACEMENT CHARACTER}"}
    assert page_facts(tmp_path / "report.html") == {}

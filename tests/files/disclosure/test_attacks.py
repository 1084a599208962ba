"""An attacker with a finished report solves for what was planted: finds all of it without control, none of it with."""

import builtins
import hashlib
import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest

from keepsafe import runs
from keepsafe.files.disclosure import VARIABLE, Limits
from keepsafe.report.running import report
from keepsafe.statistics.fit import fit_logistic
from keepsafe.telling import opened
from tests.files.disclosure import attacker
from tests.files.disclosure.made_up import Dominance, Joint, Nowhere, Whole, compendium, counts, many
from tests.report.running.conftest import in_process  # noqa: F401


@pytest.fixture
def made(tmp_path, monkeypatch, in_process):  # noqa: F811
    """Make a case's report without kernels and without the page, which holds no more than notebooks and tables."""
    monkeypatch.setattr("keepsafe.report.rendering.write", lambda *_: None)
    monkeypatch.setattr(builtins, "display", lambda *_: None, raising=False)
    monkeypatch.setenv(VARIABLE, "a secret of the tests, no more")  # and no report is remembered but in its own folder
    turn = iter(range(9))

    def make(case, disclosure=None, persons=None):
        monkeypatch.setattr(opened, "_LAST", [])
        home = compendium(tmp_path / f"{case.__name__}-{next(turn)}", case, persons)
        monkeypatch.setenv("KEEPSAFE_HOME", str(home))
        report(jobs=1, disclosure=disclosure)
        return home / "reports"

    return make


def said(folder, name: str) -> int:
    values = pd.read_csv(folder / "values.csv", dtype=str).set_index("id")["value"]
    return int(float(values[name]))


MARGINS = (612,), (172,), (202,)
ROUNDED = tuple(attacker.within(count, 5) for (count,) in MARGINS)


def test_without_control_the_attacker_finds_the_joint_cell_and_with_it_no_model_has_both_factors(made):
    folder = made(Joint, "off")
    ran = attacker.ratios(folder, "model-m1")["Ran away"]
    first = attacker.tables_of(ran, MARGINS)
    assert first == [(89, 113, 83, 327)]
    full = pd.read_csv(folder / "tables" / "model-m3.csv").set_index("Factor")["With all candidates"]
    second = [(12, 37, 160, 403)]  # the shares of the pregnant by outcome are in the table of groups
    assert attacker.joint(dict(full), first, second, 15) == {3}

    folder = made(Joint)
    for name in ("m1", "m2", "m3"):
        factors = pd.read_csv(folder / "tables" / f"model-{name}.csv")["Factor"].tolist()
        assert factors == ["Ran away"], name
    log = (folder / "tables" / "disclosure-log.csv").read_text(encoding="utf-8")
    assert "preg in a model of ill,not within the rules" in log and "few persons in a cell" not in log


def test_without_control_the_attacker_finds_who_is_left_out_and_with_it_all_models_have_the_same_cases(made):
    folder = made(Joint, "off")
    one, two = (attacker.ratios(folder, f"model-{name}")["Ran away"] for name in ("m1", "m2"))
    (before,) = attacker.tables_of(one, MARGINS)
    after = attacker.tables_of(two, [(609,), range(169, 173), range(199, 203)])
    assert [tuple(np.subtract(before, each)) for each in after if min(np.subtract(before, each)) >= 0] == [(3, 0, 0, 0)]

    folder = made(Joint)
    printed = {attacker.ratios(folder, f"model-{name}")["Ran away"] for name in ("m1", "m2", "m3")}
    assert len(printed) == 1


def test_from_what_a_model_prints_no_single_table_follows_and_the_true_one_need_not_be_among_them(made):
    folder = made(Joint)
    printed = attacker.ratios(folder, "model-m1")["Ran away"]
    assert all(float(f"{number:.2g}") == number for number in printed)
    fit = attacker.tables_of(printed, ROUNDED, 2)
    assert len({cells[0] for cells in fit}) != 1


def test_of_two_reports_one_person_apart_the_difference_is_noise(made, tmp_path, monkeypatch):
    persons = Joint.persons()
    less = persons.drop(index=persons.index[(persons["ill"] == 1) & (persons["ran"] == 1)][50])
    open_ = [attacker.ratios(made(Joint, "off", each.copy()), "model-m1")["Ran away"] for each in (persons, less)]
    before, after = (
        attacker.tables_of(each, [(n,), (i,), (e,)])
        for each, (n, i, e) in zip(open_, [(612, 172, 202), (611, 171, 201)], strict=True)
    )
    assert len(before) == len(after) == 1 and attacker.removed(before, after) == {(1, 0, 0, 0)}

    names = {(1, 1): (1, 0, 0, 0), (0, 1): (0, 1, 0, 0), (1, 0): (0, 0, 1, 0), (0, 0): (0, 0, 0, 1)}
    run = runs.Run(tmp_path / "run", synthetic=False, disclosure="threshold=10,round=5")
    run.write()
    monkeypatch.setenv(runs.VARIABLE, str(run.folder))
    few, found = persons.iloc[::3].reset_index(drop=True), []  # two digits alone do not keep a third of them
    sizes = len(few), few["ill"].sum(), few["ran"].sum()
    rounded = [attacker.within(int(count), 5) for count in sizes]
    for key, (kind, truth) in itertools.product(range(6), names.items()):
        monkeypatch.setenv(VARIABLE, f"key number {key} of the tests")
        gone = few.index[(few["ill"] == kind[0]) & (few["ran"] == kind[1])][10]
        rows = [
            fit_logistic(each, "ill", ["ran"]).coefficients.loc[1, ["odds_ratio", "low", "high"]]
            for each in (few, few.drop(index=gone))
        ]
        fits = [attacker.tables_of(tuple(row), rounded, 2) for row in rows]
        found.append(attacker.removed(*fits) == {truth})
    assert sum(found) <= len(found) / 4  # whoever guesses is as good


def named_by_counts(tmp_path, nearest: bool) -> list[bool]:
    """Of 20 files, each with and without one person: whether the attacker is 95% sure of an attribute of the person."""
    sure = []
    for seed, n in enumerate([205, 600, 2_000, 20_000] * 5):
        rng = np.random.default_rng(seed)
        persons = many(rng, n, 12)
        less = persons.drop(index=int(rng.integers(n)))
        before, after = (counts(each, tmp_path / f"{seed}-{len(each)}-{nearest}") for each in (persons, less))
        both = before.index.intersection(after.index)
        chance = attacker.gone(before.loc[both], after.loc[both], 5, nearest=nearest).loc[both[both != ""], "chance"]
        sure += ((chance > 0.95) | (chance < 0.05)).tolist()
    return sure


def test_of_two_reports_one_person_apart_no_count_tells_where_the_person_was(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "a secret of the tests, no more")
    sure = named_by_counts(tmp_path, nearest=False)
    assert len(sure) > 150 and np.mean(sure) <= 0.01

    def fixed(self, count, cells=None):
        made = (np.asarray(count, np.int64) + 2) // 5 * 5
        return int(made) if made.ndim == 0 else made

    monkeypatch.setattr(Limits, "rounded", fixed)  # as it was until November 2026
    assert np.mean(named_by_counts(tmp_path, nearest=True)) > 0.1


def test_with_one_person_less_the_counts_of_the_others_change_too_and_the_same_files_give_the_same(made):
    persons = Joint.persons()
    gone = persons.index[(persons["ill"] == 1) & (persons["ran"] == 0)][:3]
    one, again, *less = (
        attacker.shares(made(Joint, None, each.copy())).set_index("Variable").loc[["Ran away", "Pregnant"], "Not ill"]
        for each in (persons, persons, *(persons.drop(index=each) for each in gone))
    )
    assert one.tolist() == again.tolist() and any(each.tolist() != one.tolist() for each in less)


def test_an_entry_that_is_written_otherwise_draws_nothing_anew(made):
    """Two reports of the same, each with noise of its own, tell more than one: 1.0 is a 1, as a spreadsheet has it."""
    persons = Joint.persons()
    other = persons.assign(ran=[f"{ran}.0" if place % 7 else str(ran) for place, ran in enumerate(persons["ran"])])
    one, two = (made(Joint, None, each) for each in (persons.copy(), other))
    for name in ("groups", "model-m1", "differences"):
        assert (one / "tables" / f"{name}.csv").read_bytes() == (two / "tables" / f"{name}.csv").read_bytes()


def test_a_mean_and_its_sd_give_the_large_value_away_only_without_control(made):
    table = attacker.shares(made(Dominance, "off")).set_index("Variable")
    mean, sd = (float(part.replace(",", "")) for part in re.findall(r"[\d.,]+", table.at["Debt in pounds", "Not ill"]))
    assert abs(attacker.dominant(448, mean, sd) - Dominance.largest) < 0.005 * Dominance.largest
    assert set(attacker.shares(made(Dominance))["Variable"]) == {"Ran"}


def test_whole_groups_nested_levels_and_formulas_leave_only_without_control(made):
    table = attacker.shares(made(Whole, "off"))
    assert "100.0" in table["Night"].str.cat(sep=" ")
    shown = {"Full time", "Status"} & set(table["Variable"])
    assert shown == {"Full time", "Status"}

    folder = made(Whole)
    table = attacker.shares(folder)
    assert not len(table) or not re.search(r"\b100\.0\b", table.drop(columns="Variable").to_csv())
    assert not {"Full time", "Status"} <= set(table.get("Variable", ()))
    log = (folder / "tables" / "disclosure-log.csv").read_text(encoding="utf-8")
    assert "HYPERLINK" in log and not re.search(r'(^|,)"?=', log, flags=re.M)
    shown = attacker.shares(made(Whole, "threshold=10,round=5,whole=shown"))
    assert "100.0" in shown["Night"].str.cat(sep=" ")


def test_the_total_less_the_groups_gives_persons_in_no_group_away_only_without_control(made):
    table = attacker.shares(made(Nowhere, "off")).set_index("Variable")
    groups = [(float(table.at["HIV", name]), size) for name, size in (("Care", 154), ("Home", 232))]
    assert attacker.in_no_group((float(table.at["HIV", "Everybody"]), 400), groups) == (2, 14)
    for rules in (None, "threshold=10,round=1"):
        assert "HIV" not in set(attacker.shares(made(Nowhere, rules)).get("Variable", ()))


def test_few_persons_in_no_group_are_not_in_the_number_of_all_either(made):
    persons = Nowhere.persons().iloc[7:]
    for rules, both in ((None, False), ("threshold=10,round=1", False), ("off", True)):
        folder = made(Nowhere, rules, persons.copy())
        ids = set(pd.read_csv(folder / "values.csv")["id"])
        assert ("file.rows" in ids) is both and any(each.startswith("groups.hiv.") for each in ids)
        assert rules is None or said(folder, "file.persons") == (393 if both else 386)


def test_nothing_finer_than_the_table_stands_in_a_picture(made):
    folder = made(Joint)
    for name in ("m1", "m3"):
        table = pd.read_csv(folder / "figures" / f"forest-{name}.csv")
        words = (folder / "figures" / f"forest-{name}.txt").read_text(encoding="utf-8")
        for number in re.findall(r"\d+\.\d+", words):
            assert float(f"{float(number):.2g}") == float(number)
        row = table.iloc[0]
        share = math.log(row["odds_ratio"] / row["low"]) / math.log(row["high"] / row["low"])
        low, dot, high = attacker.drawn(folder / "figures" / f"forest-{name}.svg")
        assert abs((dot - low) / (high - low) - share) < 1e-4


def test_neither_the_name_of_the_files_nor_a_checksum_that_confirms_a_guess_leaves(made, tmp_path):
    folder = made(Joint)
    path = folder.parent / "data" / "private" / "ward-7.csv"
    plain = hashlib.sha256(path.read_bytes()).hexdigest().encode()
    study = {"study.toml"}  # it names its own file, and is not in the report
    assert set(attacker.names_in(folder, [b"ward-7", plain])) - study == set()
    assert attacker.names_in(folder, [b"case files"])


def test_how_many_entries_were_mended_does_not_tell_how_many_are_unknown(made):
    """Each height has a decimal point in the file and is mended: those that are not are unknown."""
    assert said(made(Joint, "off"), "file.mended") == 609
    assert said(made(Joint), "file.mended") in (605, 610)


def test_whoever_makes_a_second_report_with_one_person_less_is_warned_and_no_output_says_so(made, monkeypatch):
    persons = Joint.persons()
    folder = made(Joint, None, persons.copy())
    home, path = folder.parent, folder.parent / "data" / "private" / "ward-7.csv"
    monkeypatch.setattr(opened, "_LAST", [])
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="nearly the same persons"):
        report(jobs=1)
    assert not attacker.names_in(home / "reports", [b"nearly the same"])

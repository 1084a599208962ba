"""Errors planted in right tables: the committed numbers come from the committed tables, by the committed code."""

import re
import sys
from hashlib import sha256

import pandas as pd
import pytest

from keepsafe.audit import audit_table, planted_errors


@pytest.fixture
def bench(compendium, monkeypatch):
    monkeypatch.syspath_prepend(compendium / "tests" / "benchmarks")
    monkeypatch.delitem(sys.modules, "bench_audit_table", raising=False)
    import bench_audit_table

    return bench_audit_table


def test_the_numbers_are_of_these_tables(bench):
    committed = planted_errors()
    assert set(committed["tables"]) == {sha256(bench.TABLES.read_bytes()).hexdigest()[:16]}
    assert set(committed["seed"]) == {bench.SEED}


def test_right_tables_of_r_raise_no_alarm(bench):
    tables = bench.tables()
    assert len(tables) == 200
    wrong = {number: found for number, table in enumerate(tables, 1) if (found := bench.findings(table))}
    assert len(wrong) <= 1 and not any("cannot hold" in each for found in wrong.values() for each in found), wrong


def test_the_first_tables_give_the_committed_shares(bench):
    """A part of the planting again: close to the whole, which takes minutes."""
    some, committed = bench.planted(15), planted_errors()
    share = some.loc[some["kind"] != "none", "found"].mean()
    made = committed[committed["kind"] != "none"]
    assert abs(share - made["found"].sum() / made["planted"].sum()) < 0.1


def test_grim_and_statcheck_alone_see_what_they_are_made_for(bench):
    heads = ["variable", "level", "kind", "a (n=28)", "p", "test"]
    table = [heads, ["x", "", "mean (SD), whole", "5.19 (1.2)", "0.20", "t(43) = 2.38"]]
    assert (bench.grim_alone(table), bench.statcheck_alone(table)) == (1, 1)
    table[1][3:5] = ["5.18 (1.2)", "0.02"]
    assert (bench.grim_alone(table), bench.statcheck_alone(table)) == (0, 0)


def beneath(table: list[list[str]], shape: str) -> pd.DataFrame:
    """A table with its levels beneath the name of their variable, p and test beside the name."""
    heads, rows, last = table[0], [], ""
    said = [place for place, head in enumerate(heads) if head in ("p", "test")]
    for line in table[1:]:
        line, name = list(line), line[0]
        if line[1]:
            if name != last:
                rows.append([text if place in (0, *said) else "" for place, text in enumerate(line)])
                line = ["" if place in said else text for place, text in enumerate(line)]
            line[0] = shape + line[1]
        last = name
        rows.append(line)
    return pd.DataFrame(rows, columns=heads).drop(columns=heads[1:3])


@pytest.mark.parametrize("shape", ["  ", ""])
def test_right_tables_with_levels_beneath_a_name_raise_no_alarm(bench, shape):
    found = [audit_table(beneath(table, shape)) for table in bench.tables()[::6] if any(line[1] for line in table[1:])]
    wrong = [
        each[each["verdict"] == "cannot hold"].to_string() for each in found if "cannot hold" in set(each["verdict"])
    ]
    assert wrong == [] and sum((each["check"] == "levels").sum() for each in found) > 20


def restyled(table: list[list[str]], style: str) -> pd.DataFrame:
    """The same table as another journal would print it."""
    heads, *rows = [list(line) for line in table]
    groups = [place for place, head in enumerate(heads) if "(n=" in head]
    for line in rows:
        for place in groups:
            n = re.search(r"n=([0-9]+)", heads[place])[1]
            if style == "plus-minus" and line[2].startswith("mean"):
                line[place] = re.sub(r"^(\S+) \((\S+?)\)", r"\1±\2", line[place])
            if style == "of" and line[2] == "n (%)":
                line[place] = re.sub(r"^([0-9]+) \(\s*([0-9.]+)\)$", rf"\1/{n} (\2%)", line[place])
            if style == "per cent first" and line[2] == "n (%)":
                line[place] = re.sub(r"^([0-9]+) \(\s*([0-9.]+)\)$", r"\2% (\1)", line[place])
            if style == "marks" and line[place]:
                line[place] += "*"
    if style == "decimal commas":
        rows = [[re.sub(r"(?<=[0-9])\.(?=[0-9])", ",", text.replace("<.", "<0.")) for text in line] for line in rows]
    if style == "typographic":
        rows = [[line[0], *(text.replace("-", "−").replace(" to ", "–") for text in line[1:])] for line in rows]
    if style == "marks":
        heads = [f"{head}b" if place in groups else head for place, head in enumerate(heads)]
    if style == "two rows":
        rows.insert(0, [re.search(r"\(n=.*", head)[0] if place in groups else "" for place, head in enumerate(heads)])
        heads = [re.sub(r" \(n=.*", "", head) for head in heads]
    return pd.DataFrame(rows, columns=heads)


@pytest.mark.parametrize(
    "style", ["plus-minus", "of", "per cent first", "marks", "decimal commas", "typographic", "two rows"]
)
def test_the_style_of_a_table_changes_no_verdict(bench, style):
    """Of every twelfth table: the verdicts of the checks are those of the table as R printed it."""
    for number, table in list(enumerate(bench.tables()))[::12]:
        found, right = audit_table(restyled(table, style)), bench.audited(table)
        assert found["verdict"].value_counts().to_dict() == right["verdict"].value_counts().to_dict(), number

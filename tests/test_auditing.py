"""AUDITING.md is followed as it is written, and its numbers are those of the planted errors."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keepsafe.audit import planted_errors

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page(compendium) -> str:
    return (compendium / "AUDITING.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed(page, tmp_path_factory) -> tuple[str, Path]:
    """What the page's command prints, and the folder in which it was given."""
    folder = tmp_path_factory.mktemp("auditing")
    told = []
    for kind, name, content in BLOCK.findall(page):
        if name:
            (folder / name).write_text(content, encoding="utf-8")
        for command in re.findall(r"^\$ (.*)$", content, re.MULTILINE) if kind == "console" else ():
            words = command.split()
            assert words[:2] == ["keepsafe", "audit"]
            done = subprocess.run([Path(sys.executable).with_name("keepsafe"), *words[1:]], cwd=folder, text=True,
                                  capture_output=True, env=os.environ | {"COLUMNS": "200"})  # fmt: skip
            assert (done.returncode, done.stderr) == (0, "")
            told.append(done.stdout)
    return "\n".join(told), folder


def test_the_page_of_the_example_is_written(printed):
    assert "6.64 (1.48) [41]" in (printed[1] / "pizza.html").read_text(encoding="utf-8")


SAID = [
    "4 cannot hold, 1 hold only under a condition",
    "p by Student's t .530 to .534",
    "printed 0.52; no usual test gives it",
    "no 26 whole numbers have a mean of 7.81 and an SD of 1.22",
    "7.44 x 60 = 446.40",
    "holds only under n = 59",
]


@pytest.mark.parametrize("said", SAID)
def test_the_audit_says_what_the_page_says_of_it(printed, said):
    assert said in re.sub(r"\s+", " ", printed[0])


def planted_table() -> str:
    """The page's table of planted errors."""
    found = planted_errors()
    kinds = found[found["kind"] != "none"].groupby("kind", sort=False)[["planted", "found", "grim", "statcheck"]].sum()
    lines = ["| kind of error | planted | found | by GRIM alone | by statcheck alone |", "|---|---|---|---|---|"]
    for kind, row in [*kinds.iterrows(), ("**all**", kinds.sum())]:
        shares = [f"{100 * row[name] / row['planted']:.0f}%" for name in ("found", "grim", "statcheck")]
        lines.append(f"| {kind} | {row['planted']:,} | {' | '.join(shares)} |")
    none = found[found["kind"] == "none"].iloc[0]
    lines += ["", f"Of the {none['planted']} right tables {none['cannot']} gave a figure that ‘cannot hold’, and "
              f"{none['found']} one that holds only under a condition."]  # fmt: skip
    return "\n".join(lines)


def test_the_page_has_the_numbers_of_the_planted_errors(page):
    assert planted_table() in page


def test_sensitivity_is_above_seventy_per_cent_and_false_alarms_are_rare():
    found = planted_errors()
    made, none = found[found["kind"] != "none"], found[found["kind"] == "none"].iloc[0]
    assert made["kind"].nunique() == 12
    assert made["found"].sum() / made["planted"].sum() > 0.7
    assert (none["planted"], none["cannot"]) == (200, 0) and none["found"] <= 1

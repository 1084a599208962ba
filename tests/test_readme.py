"""The README states what the last run found, and the commands that exist."""

import re

import pandas as pd
import pytest

from keepsafe.report.verify.contents import compare_cells, compare_values, page_facts
from keepsafe.telling import FIGURE
from keepsafe.telling.values import value_name

KINDS = ["calibrated", "calibrated, direction only", "derived and agree", "derived and differ", "derived, no answer",
         "not comparable"]  # fmt: skip
STAGES = {"same": "derived-and-agree", "differ": "derived-and-differ", "unasked": "derived-2c-no-answer"}


@pytest.fixture(scope="module")
def readme(compendium):
    return (compendium / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def values(compendium):
    return pd.read_csv(compendium / "reports" / "values.csv", dtype=str).set_index("id")["value"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_scorecard_in_the_readme_is_that_of_the_last_run(readme, values, kind):
    row = re.search(rf"^\| {kind} \|.*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", readme, re.MULTILINE)
    told = [values[f"funnel.{value_name(kind)}.{part}"] for part in ("n", "agree", "differ", "open")]
    assert list(row.groups()) == told
    assert int(told[0]) == sum(map(int, told[1:]))


def test_the_number_of_statements_in_the_readme_is_that_of_the_last_run(readme, values):
    assert f"makes {values['funnel.printed.n']} statements" in readme
    assert int(values["funnel.printed.n"]) - int(values["funnel.can-hold.n"]) == 7
    assert "Seven printed figures" in readme


def contradictions(readme: str, values: pd.Series) -> list[str]:
    """Where README, front page, chapters and scorecard tell different counts of comparisons."""
    counted = {name: int(values[f"funnel.{stage}.comparisons"]) for name, stage in STAGES.items()}
    found = []
    # the front page shows the sentence `scorecard` of chapter 06, chapter 00 has its own from the audit
    told = {f"scorecard.{name}": number for name, number in counted.items()} | {
        "scorecard.tested": sum(counted.values()),
        "scorecard.printed": int(values["funnel.printed.n"]),
        "scorecard.hold": int(values["funnel.can-hold.n"]),
        **{f"fair.{name}": number for name, number in counted.items()},
    }
    found += [f"{id}: {values[id]}, not {number}" for id, number in told.items() if int(values[id]) != number]
    words = (
        f"are {sum(counted.values())} comparisons, each counted once: a usual test gives what was printed for "
        f"{counted['same']}, none does for {counted['differ']}, and {counted['unasked']} may not have been tested"
    )
    return found + [f"README: {words}"] * (words not in " ".join(readme.split()))


def test_readme_front_page_chapters_and_scorecard_tell_the_same_counts(readme, values):
    assert contradictions(readme, values) == []


@pytest.mark.parametrize(
    "id", ["fair.differ", "scorecard.differ", "scorecard.tested", "funnel.derived-and-agree.comparisons"]
)
def test_a_contradiction_between_chapters_and_scorecard_is_found(readme, values, id):
    planted = values.copy()
    planted[id] = str(int(planted[id]) + 1)
    assert contradictions(readme, planted)


def test_a_contradiction_between_readme_and_scorecard_is_found(readme, values):
    differ = values["scorecard.differ"]
    planted = " ".join(readme.split()).replace(f"none does for {differ},", "none does for 22,")
    assert len(contradictions(planted, values)) == 1


def test_the_funnel_in_the_readme_is_that_of_the_committed_report(readme, compendium):
    reports = compendium / "reports"
    books = [path.read_text(encoding="utf-8") for path in (compendium / "notebooks").glob("*.ipynb")]
    facts = {
        "inputs": len(page_facts(reports / "report.html")["inputs"]) + 1,  # and the lock
        "notebooks": len(books),
        "cells": len(list(compare_cells(compendium, compendium, exact=True))),
        "values": len(list(compare_values(reports, reports))),
        "figures": sum(book.count(f'"{FIGURE}"') for book in books),
    }
    said = {"inputs": r"checksum \| {0} of {0} \|", "notebooks": r"end \| {0} of {0} \|", "cells": "{0} of {0} cells",
            "values": "{0} of {0} values", "figures": "{0} of {0} figures"}  # fmt: skip
    for stage, number in facts.items():
        assert re.search(said[stage].format(f"{number:,}"), readme), (stage, number)


def test_every_make_target_in_the_readme_exists(readme, compendium):
    makefile = (compendium / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make (\w+)", readme, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_readme_links_to_exists(readme, compendium):
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (compendium / link).exists(), link

"""A team's files from the first command to the report: what cannot be told is told, and the rest stands."""

import html
import random
import re
from pathlib import Path

import pytest

from keepsafe.files.new import new
from keepsafe.report.running import report

CODEBOOK = """name,label,question,phase,type,levels,missing,reference,sensitive,source_line
pid,Person,,,identifier,,,,yes,
area,Area,,,category,1=North; 2=South,,1,no,
race,Race,,,category,1=White; 2=Black; 3=iPhone user,,1,no,
age,Age,,,count,0..20,,,no,
rare,Rare,,,binary,0=no; 1=yes,,0,no,
told,{told},,,binary,0=no; 1=yes,,0,no,
work,At work,,,binary,0=no; 1=yes,,0,no,
same,Same for all,,,category,a=A,,,no,
"""
STUDY = """[study]
title = "Made up"
person = "pid"
[files]
case_files = "private/cases.csv"
[groups]
total = {{ label = "All" }}
{groups}
[outcomes]
told = {{ label = "Told", variable = "told", event = "1" }}
work = {{ label = "At work", variable = "work", event = "1" }}
[candidates]
all = ["race", "age", "rare"]
without = ["race", "age"]
[models]
told = {{ label = "Told", outcome = "told", candidates = ["all"] }}
work = {{ label = "At work", outcome = "work", candidates = ["without"] }}
"""
GROUPS = """north = { label = "North", variable = "area", value = "1" }
south = { label = "South", variable = "area", value = "2" }
[contrasts]
area = { label = "South against north", groups = ["north", "south"] }
"""


def persons() -> str:
    """160 made-up persons; all of those with `rare` are told, so that a model with it separates."""
    draw, lines = random.Random(5), ["pid,area,race,age,rare,told,work,same"]
    for number in range(160):
        rare = int(number < 12)
        told = 1 if rare else int(draw.random() < 0.4)
        lines.append(
            f"P{number},{draw.randint(1, 2)},{draw.choice('1112233')},{draw.randint(10, 17)},"
            f"{rare},{told},{int(draw.random() < 0.5)},a"
        )
    return "\n".join(lines) + "\n"


def reported(folder: Path, told: str, groups: str) -> Path:
    home = new(folder / "mine")
    (home / "data" / "codebook.csv").write_text(CODEBOOK.format(told=told), encoding="utf-8")
    (home / "data" / "study.toml").write_text(STUDY.format(groups=groups), encoding="utf-8")
    (home / "data" / "private" / "cases.csv").write_text(persons(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEEPSAFE_HOME", str(home))
        return report(parameters=[("n_boot", "3")], disclosure="off")


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Path:
    """The report of two groups, one label of which is in letters that the figures' own font lacks."""
    return reported(tmp_path_factory.mktemp("compared"), "低出生体重 ภาษาไทย", GROUPS)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """The report of a study without groups to compare."""
    return reported(tmp_path_factory.mktemp("alone"), "Told", "")


def alts(page: Path) -> list[str]:
    return [
        html.unescape(alt)
        for alt in re.findall(r'<svg class="wide" role="img" aria-label="([^"]*)"', page.read_text(encoding="utf-8"))
    ]


def words(page: Path) -> str:
    text = re.sub(r"(?s)<(script|style|pre).*?</\1>|<[^>]+>", " ", page.read_text(encoding="utf-8"))
    return " ".join(html.unescape(text).split())


def test_levels_keep_their_names_as_the_codebook_writes_them(compared):
    shares, odds = alts(compared)
    assert re.findall(r"Race: ([A-Za-z ]+): North", shares) == ["White", "Black", "iPhone user"]
    assert "Same for all: A: North 100%, South 100%." in shares
    assert "Race: Black, all candidates: " in odds and "Race: iPhone user, all candidates: " in odds
    assert not re.search(r"Race[:,] (black|iphone|North)", words(compared))


def test_a_model_that_separates_leaves_the_other_and_says_why(compared, alone):
    for page in (compared, alone):
        assert "Told cannot be fitted: quasi-complete separation: rare tells the outcome" in words(page)
        assert "At work: what the model keeps" in words(page)


def test_a_study_without_groups_has_a_report_that_says_so(alone):
    said = words(alone)
    assert "Nothing is compared: the study file names no contrast that can be tested." in said
    assert not re.search(r"<caption[^>]*>[^<]*Tests of the differences", alone.read_text(encoding="utf-8"))
    assert "The groups side by side" in said


def test_letters_that_no_typeface_has_are_told_at_the_figure_and_stay_in_its_words(compared):
    assert "低出生体重 ภาษาไทย" in alts(compared)[0] and "低出生体重 ภาษาไทย" in words(compared)
    from matplotlib import font_manager

    families = {font.name for font in font_manager.fontManager.ttflist}
    if not any("CJK" in name for name in families):
        [note] = re.findall(r"Letters without a typeface on this machine show as boxes: ([^.]*)", words(compared))
        assert {"低", "ภ"} <= set(note.split())

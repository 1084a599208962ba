"""The main findings, lifted from where a chapter tells them to the front page, each with the figure that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from keepsafe.problems import InputError, Problem
from keepsafe.report.rendering.chapters import Chapter
from keepsafe.report.rendering.outputs import Exhibit


@dataclass
class MainFinding:
    """A finding of the front page: its sentence, the chapter and the place where it is told, and the figure, if any."""

    html: str
    chapter: str
    told: str
    figure: Exhibit | None


def main_findings(chapters: Sequence[Chapter]) -> list[MainFinding]:
    """What chapters tell in cells with the tag `finding`, in their order.

    Parameters
    ----------
    chapters : whose cells may name a figure of any chapter, in their metadata as `figure`.

    Raises
    ------
    InputError naming each figure that no chapter shows.
    """
    shown = {exhibit.address: exhibit for chapter in chapters for exhibit in chapter.exhibits}
    told = [(chapter.number, finding) for chapter in chapters for finding in chapter.findings]
    problems = [
        Problem(f"the finding in {each.anchor} names a figure that no chapter shows: {each.figure}", column="figure")
        for _, each in told
        if each.figure and f"figure-{each.figure}" not in shown
    ]
    if problems:
        raise InputError(problems)
    return [MainFinding(each.html, number, each.anchor, shown.get(f"figure-{each.figure}")) for number, each in told]

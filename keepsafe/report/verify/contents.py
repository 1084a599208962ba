"""What two reports say, compared, from cells to documents, as checks and a verdict; the words and facts of a page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from os.path import commonprefix
from pathlib import Path

import nbformat
import pandas as pd
from lxml import html

from keepsafe.report.rendering.look import CONTROL
from keepsafe.report.running.publishing import LAST

UNCOMPARED = {"manifest.json", "values.csv"}  # seen to by their own checks
PLAIN = {".csv", ".txt"}  # the same text whatever drew or wrote the rest
END = "\ue000"  # of a line: a letter that no text has
INLINE = {"a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup"}
COLOPHON = "colophon"  # it names the software, which is compared apart
#: The stages of the funnel, in their order, and what is counted in each.
STAGES = {
    "inputs": "declared inputs found with their checksum",
    "files": "files as the manifest declares them",
    "notebooks": "notebooks run to their end",
    "cells": "cells with identical text",
    "values": "values equal to the last digit shown",
    "figures": "figures with equal data",
    "tables": "tables equal",
    "documents": "documents equal",
}


@dataclass(frozen=True)
class Check:
    """One thing compared, at one of the `STAGES`: a file, a cell, the name of a value.

    `fault` is what is wrong with it, blank where it is equal; `then` and `now` are what the report has, and what the
    new run gave.
    """

    stage: str
    name: str
    fault: str = ""
    then: str = ""
    now: str = ""

    def __str__(self) -> str:
        told = f": then {self.then or 'nothing'}, now {self.now or 'nothing'}" if self.then or self.now else ""
        return f"{self.name}: {self.fault}{told}"


@dataclass
class Verdict:
    """The outcome of a verification: its checks in the order of the stages.

    `absent` says of stages why there was nothing to compare; `software` how each differs from that of the report, if it
    does: then and now.
    """

    checks: list[Check] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    software: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def faults(self) -> list[Check]:
        """The checks that found a difference."""
        return [check for check in self.checks if check.fault]

    @property
    def equal(self) -> bool:
        """Whether the report came out again: no fault, and at least its values or a document compared."""
        compared = {check.stage for check in self.checks}
        return not self.faults and bool(compared & {"values", "documents"})

    def funnel(self) -> list[dict]:
        """One row a stage: stage, what (is counted), equal, compared, absent (why nothing was)."""
        rows = []
        for stage, what in STAGES.items():
            mine = [check for check in self.checks if check.stage == stage]
            equal = sum(not check.fault for check in mine)
            absent = "" if mine else self.absent.get(stage, "there is none")
            rows.append({"stage": stage, "what": what, "equal": equal, "compared": len(mine), "absent": absent})
        return rows


def compare_cells(then: Path, now: Path, exact: bool) -> Iterator[Check]:
    """Cells of executed notebooks: their text and what they show; pictures where they must be equal to the byte."""
    for name in _names(then / "notebooks", now / "notebooks"):
        before, after = (_cells(folder / "notebooks" / name) for folder in (then, now))
        for id in dict.fromkeys([*before, *after]):
            cell, old, new = f"{Path(name).stem}, cell {id}", before.get(id, {}), after.get(id, {})
            compared = [what for what in old | new if exact or not what.startswith("image/")]
            other = next((what for what in compared if old.get(what) != new.get(what)), None)
            if not (old and new):
                yield Check("cells", cell, "is not in both")
            elif other:
                yield Check("cells", cell, f"other {other}", *_first_difference(old.get(other), new.get(other)))
            else:
                yield Check("cells", cell)


def _cells(path: Path) -> dict[str, dict[str, str]]:
    """What each cell holds: its source, and each form of its outputs, as text; nothing where that is no notebook."""
    found = {}
    try:
        for turn, cell in enumerate(nbformat.v4.reads(path.read_text(encoding="utf-8")).cells):
            texts = {"source": cell.source}
            for place, output in enumerate(cell.get("outputs", []), 1):
                forms = output.get("data", {}) | {output.get("name", "text"): output.get("text", "")}
                for form, told in forms.items():
                    text = told if isinstance(told, str) else json.dumps(told, sort_keys=True)
                    texts[f"{form} of output {place}"] = text
            found[cell.get("id", str(turn))] = texts
        return found
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def compare_values(then: Path, now: Path) -> Iterator[Check]:
    """Named values: each recorded as it is shown, and the same in everything that is recorded of it."""
    tables = (pd.read_csv(folder / "values.csv", dtype=str, keep_default_na=False) for folder in (then, now))
    before, after = ({row["id"]: row for row in table.to_dict("records")} for table in tables)
    for id in dict.fromkeys([*before, *after]):
        old, new = before.get(id, {}), after.get(id, {})
        if not (old and new):
            yield Check("values", id, "is not in both", old.get("text", ""), new.get("text", ""))
        else:
            other = next((name for name in new if old.get(name) != new[name]), None)
            told = (f"another {other}", old.get(other, ""), new[other]) if other else ()
            yield Check("values", id, *told)


def compare_files(stage: str, then: Path, now: Path, exact: bool) -> Iterator[Check]:
    """Figures or tables (the stage): data and words behind each, and where the software is the same each file."""
    found: dict[str, list[Check]] = {}
    for name in _names(then / stage, now / stage):
        if not name.endswith(".key"):
            check = _file(stage, then / stage / name, now / stage / name, exact)
            found.setdefault(name.partition(".")[0], []).append(check)
    for stem, checks in sorted(found.items()):
        faults = [check for check in checks if check.fault]
        plain = (check for check in faults if Path(check.name).suffix in PLAIN)  # what is to be told, if they differ
        yield next(plain, faults[0] if faults else Check(stage, stem))


def _file(stage: str, then: Path, now: Path, exact: bool) -> Check:
    if not (then.is_file() and now.is_file()):
        return Check(stage, then.name, "is not in both")
    old, new = then.read_bytes(), now.read_bytes()
    if old == new or not (exact or then.suffix in PLAIN):
        return Check(stage, then.name)
    if then.suffix not in PLAIN:
        return Check(stage, then.name, "other bytes")
    before, after = (content.decode(errors="replace") for content in (old, new))
    pairs = zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    lines = sum(a != b for a, b in pairs)
    return Check(stage, then.name, f"{lines} other line{'s' * (lines > 1)}", *_first_difference(before, after))


def compare_documents(then: Path, now: Path, exact: bool) -> Iterator[Check]:
    """The page by its text, and by its bytes where the software is the same; other documents by their bytes alone."""
    for name in sorted(path.name for path in then.iterdir() if path.is_file() and path.name[0] != "."):
        old, new = then / name, now / name
        if name in UNCOMPARED or (name != LAST and not exact):
            continue
        if not new.is_file():
            yield Check("documents", name, "was not made again")
        elif old.read_bytes() == new.read_bytes():
            yield Check("documents", name)
        elif name == LAST and (told := _first_difference(page_text(old), page_text(new))) != ("", ""):
            yield Check("documents", name, "another text", *told)
        else:
            yield Check("documents", name, "other bytes" if exact else "")


def compare_facts(then: dict, now: dict) -> Iterator[Check]:
    """What a manifest says of its run, beside checksums and versions; nothing where it is the same."""
    for name in sorted({"title", "synthetic", "disclosure", "given", "parameters", "inputs"} & then.keys()):
        old, new = (sorted(facts[name]) if name == "inputs" else facts[name] for facts in (then, now))
        if old != new:
            yield Check("documents", "manifest.json", f"another {name}", str(old)[:80], str(new)[:80])


def _names(then: Path, now: Path) -> list[str]:
    """Files of either folder; none where the report that is verified lacks the folder."""
    if not then.is_dir():
        return []
    return sorted({path.name for folder in (then, now) if folder.is_dir() for path in folder.iterdir()})


def _first_difference(then: str | None, now: str | None) -> tuple[str, str]:
    """The first lines that differ, cut short around the place."""
    for old, new in zip_longest((then or "").splitlines(), (now or "").splitlines(), fillvalue=""):
        if old != new:
            start = max(0, len(commonprefix([old, new])) - 30)
            mark = "…" if start else ""
            return mark + old[start : start + 80], mark + new[start : start + 80]
    return "", ""


def page_text(path: Path) -> str:
    """The page's words, a line for each paragraph, cell and alternative text; its colophon is left out."""
    page = _read(path)
    for silent in [*page.iter("script", "style"), *page.xpath(f"//*[@id='{COLOPHON}']")]:
        silent.drop_tree()
    for element in page.iter("*"):
        if element.tag == "img":
            element.tail = f"{END}{element.get('alt')}{END}{element.tail or ''}"
        elif element.tag not in INLINE:
            element.text = f"{END}{element.text or ''}"
            element.tail = f"{END}{element.tail or ''}"
    lines = (" ".join(line.split()) for line in page.text_content().split(END))
    return "\n".join(filter(None, lines))


def page_facts(path: Path) -> dict:
    """The facts of the run that the page's colophon states, in the form of a manifest: inputs, parameters, versions."""
    page = _read(path)
    rows = {
        what: [
            ["".join(map(str.strip, cell.itertext())) for cell in row]
            for row in page.xpath(f"//div[@id='{COLOPHON}-{what}']//tr")[1:]
        ]
        for what in ("inputs", "parameters", "versions")
    }
    inputs, versions = ({row[0]: row[1] for row in rows[what] if len(row) == 2} for what in ("inputs", "versions"))
    columns = ("name", "value", "default", "help")
    parameters = [dict(zip(columns, row, strict=True)) for row in rows["parameters"] if len(row) == len(columns)]
    return {"inputs": inputs, "parameters": parameters, "versions": versions} if inputs else {}


def _read(path: Path) -> html.HtmlElement:
    """A page, which may be cut short, or no page at all."""
    text = CONTROL.sub("", path.read_text(encoding="utf-8", errors="replace"))
    return html.document_fromstring(f"<html>{text}")

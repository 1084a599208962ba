"""What a verification found: one check for each thing compared, counted as a funnel; and the forms that tell it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from keepsafe.problems import InputError

SHOWN = 12  # faults of one stage that are printed; JSON has them all
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


def as_text(verdict: Verdict) -> str:
    """The funnel, then what differs and by how much."""
    lines = []
    for row in verdict.funnel():
        count = f"{row['equal']} of {row['compared']}" if row["compared"] else "–"
        lines.append(f"{count:>14}  {row['what']}" + (f" ({row['absent']})" if row["absent"] else ""))
    for stage in STAGES:
        faults = [check for check in verdict.faults if check.stage == stage]
        lines += [f"\n{stage}:"] if faults else []
        lines += [f"  {check}" for check in faults[:SHOWN]]
        lines += [f"  and {len(faults) - SHOWN} more (--json names them)"] if len(faults) > SHOWN else []
    if verdict.software:
        told = ", ".join(f"{name} {then or 'unknown'} (here {now})" for name, (then, now) in verdict.software.items())
        lines.append(f"\nmade with other software: {told}; so what it says is compared, not its bytes")
    lines.append(f"\n{_sentence(verdict)}")
    return "\n".join(lines)


def as_json(verdict: Verdict) -> str:
    """Everything: equal, funnel, faults (stage, name, fault, then, now), software."""
    content = {
        "equal": verdict.equal,
        "funnel": verdict.funnel(),
        "faults": [vars(check) for check in verdict.faults],
        "software": {name: {"then": then, "now": now} for name, (then, now) in verdict.software.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def as_junit(verdict: Verdict) -> str:
    """A suite for each stage and a case for each thing compared, for a build that reads JUnit's XML."""
    suites = ElementTree.Element("testsuites", name="keepsafe verify")
    for row in verdict.funnel():
        checks = [check for check in verdict.checks if check.stage == row["stage"]]
        failures = row["compared"] - row["equal"]
        counts = {"tests": len(checks) or 1, "failures": failures, "skipped": int(not checks)}
        suite = ElementTree.SubElement(
            suites, "testsuite", {"name": row["what"]} | {k: str(v) for k, v in counts.items()}
        )
        for check in checks:
            case = ElementTree.SubElement(suite, "testcase", classname=check.stage, name=check.name)
            if check.fault:
                ElementTree.SubElement(case, "failure", message=check.fault).text = str(check)
        if not checks:
            case = ElementTree.SubElement(suite, "testcase", classname=row["stage"], name="nothing to compare")
            ElementTree.SubElement(case, "skipped", message=row["absent"])
    ElementTree.indent(suites, " ")
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def as_badge(verdict: Verdict) -> str:
    """A small SVG that states how much came out again."""
    equal, compared = _counts(verdict)
    said = f"{equal} of {compared}"
    left, right = 86, 16 + 6.4 * len(said)
    colour = "#2e6b3a" if verdict.equal else "#9c2f2f"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:.0f}" height="20" role="img"'
        f' aria-label="reproduced: {said}"><title>reproduced: {said}</title>'
        f'<rect width="{left + right:.0f}" height="20" rx="3" fill="#444"/>'
        f'<path d="M{left} 0h{right - 3:.0f}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3:.0f}z" fill="{colour}"/>'
        '<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:.0f}" y="14">reproduced</text>'
        f'<text x="{left + right / 2:.0f}" y="14">{said}</text></g></svg>\n'
    )


def write(path: Path, content: str) -> None:
    """Write a form to a file, whole or not at all; InputError where that cannot be done."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError.of(f"cannot be written: {error.strerror}", file=str(path)) from None


def _counts(verdict: Verdict) -> tuple[int, int]:
    rows = verdict.funnel()
    return sum(row["equal"] for row in rows), sum(row["compared"] for row in rows)


def _sentence(verdict: Verdict) -> str:
    equal, compared = _counts(verdict)
    if verdict.equal:
        return f"all {compared} came out again"
    if not verdict.faults:
        return "nothing was there to compare"
    return f"{compared - equal} of {compared} did not come out again"

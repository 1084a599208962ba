"""What a verification found: one check for each thing compared, counted as a funnel."""

from dataclasses import dataclass, field

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
    """One thing compared.

    Parameters
    ----------
    stage : one of `STAGES`.
    name : what was compared: a file, a cell, the name of a value.
    fault : what is wrong with it; blank where it is equal.
    then, now : what the report has, and what the new run gave.
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
    """The outcome of a verification.

    Parameters
    ----------
    checks : in the order of the stages.
    absent : stages in which there was nothing to compare, and why.
    software : how the software differs from that of the report, if it does: name to then and now.
    """

    checks: list[Check] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    software: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def faults(self) -> list[Check]:
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

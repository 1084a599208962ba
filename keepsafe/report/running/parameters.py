"""Parameters of the notebooks: what there is to set, and what was asked, checked before a kernel starts."""

import ast
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from keepsafe.problems import InputError, Problem

TYPES = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}


@dataclass(frozen=True)
class Parameter:
    """One typed assignment in a notebook's cell tagged 'parameters': `n_boot: int = 200  # resamples`."""

    notebook: str
    name: str
    type: str
    default: str
    help: str

    def parse(self, text: str):
        """The text of a command line as this parameter's type; ValueError where it is not of that type."""
        if self.type == "bool":
            return {"true": True, "false": False}[text.lower()]
        return {"int": int, "float": float, "str": str}[self.type](text)


def read_parameters(notebooks: Iterable[Path]) -> list[Parameter]:
    """The parameters that the notebooks declare.

    Raises
    ------
    InputError for one whose type is neither written nor plain from its default.
    """
    from papermill import inspect_notebook

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    found, problems = [], []
    for path in notebooks:
        for name, entry in inspect_notebook(path).items():
            kind = entry["inferred_type_name"]
            kind = _type_of(entry["default"]) if kind == "None" else kind
            if kind not in TYPES:
                fault = f"parameter {name} is of a type that no command line can set"
                remedy = f"annotate it as one of {', '.join(TYPES)}"
                problems.append(Problem(fault, file=path.name, remedy=remedy))
            found.append(Parameter(path.stem, name, kind, entry["default"], entry["help"]))
    if problems:
        raise InputError(problems)
    return found


def check_parameters(declared: Iterable[Parameter], asked: Iterable[tuple[str, str]]) -> dict[str, dict]:
    """What was asked of each notebook, in its own types.

    Parameters
    ----------
    declared : from `read_parameters`.
    asked : pairs of name and text, as typed after -p.

    Returns
    -------
    Dictionary of notebook to its parameters; a name that several notebooks declare reaches each of them.

    Raises
    ------
    InputError naming every unknown name, with the nearest known one, and every value of another type.
    """
    declared = list(declared)
    names = list(dict.fromkeys(entry.name for entry in declared))
    chosen, problems = {}, []
    for name, text in asked:
        if name not in names:
            near = get_close_matches(name, names, 1, cutoff=0.5)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"
            problems.append(Problem(f"no notebook has a parameter {name!r}", remedy=remedy))
        for entry in (entry for entry in declared if entry.name == name):
            try:
                chosen.setdefault(entry.notebook, {})[name] = entry.parse(text)
            except (ValueError, KeyError):
                fault = f"parameter {name} of {entry.notebook} must be {TYPES[entry.type]}, not {text!r}"
                problems.append(Problem(fault, remedy=entry.help or None))
    if problems:
        raise InputError(problems)
    return chosen


def _type_of(default: str) -> str | None:
    try:
        return type(ast.literal_eval(default)).__name__
    except (ValueError, SyntaxError):
        return None

"""What a cell of a notebook needs: the study's names that stand in its code, and the names of earlier cells."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

#: Calls that cannot do without a variable; others leave out what is withheld.
EXACT = {"fit_logistic", "backward_elimination", "bootstrap_selection", "firth", "specification_curve"}


@dataclass(frozen=True)
class Needs:
    """What one cell needs.

    `named` are the study's names in it (variables, models, groups); `exact` those of them that it cannot do without;
    `makes` and `uses` the names that it defines, and takes from cells before it.
    """

    named: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    makes: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()


def cell_needs(source: str, names: Mapping[str, frozenset[str]]) -> Needs:
    """Read the needs of a cell off its code.

    Parameters
    ----------
    source : Python code.
    names : text that may stand in quotes, such as a variable's name or a figure's id, and the study's names it means.

    Returns
    -------
    Needs

    Examples
    --------
    >>> found = cell_needs('share = cohort["cse"].mean()', {"cse": frozenset({"cse"})})
    >>> set(found.named), set(found.exact), set(found.makes), sorted(found.uses)
    ({'cse'}, {'cse'}, {'share'}, ['cohort'])
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # such as a magic of IPython
        return Needs()
    named, exact = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            exact |= _meant(node.slice, names)
        elif isinstance(node, ast.Call) and _called(node) in EXACT:
            exact |= set().union(*(_meant(part, names) for part in ast.walk(node)))
        named |= _meant(node, names)
    makes, uses = _names(tree)
    return Needs(frozenset(named), frozenset(exact), frozenset(makes), frozenset(uses))


def _meant(node: ast.AST, names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    text = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(text, str):
        return frozenset()
    return frozenset().union(*(names.get(part, frozenset()) for part in [text, *text.split(":")]))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that a cell makes, and those that it takes from before, as `drawn` in `drawn = drawn.assign(...)`."""
    made, used = set(), set()
    for statement in tree.body:
        parts = list(ast.walk(statement))
        inner = [part.target for part in parts if isinstance(part, ast.comprehension)]
        bound = {part.id for target in inner for part in ast.walk(target) if isinstance(part, ast.Name)}
        bound |= {part.arg for part in parts if isinstance(part, ast.arg)}
        loops = {part.id for each in parts if isinstance(each, ast.For) for part in ast.walk(each.target)
                 if isinstance(part, ast.Name)}  # fmt: skip
        names = [part for part in parts if isinstance(part, ast.Name)]
        used |= {part.id for part in names if isinstance(part.ctx, ast.Load)} - made - bound - loops
        made |= {part.id for part in names if isinstance(part.ctx, ast.Store)} - bound
        made |= {part.name for part in parts if isinstance(part, ast.FunctionDef | ast.ClassDef)}
        made |= {(part.asname or part.name).partition(".")[0] for part in parts if isinstance(part, ast.alias)}
    return made, used

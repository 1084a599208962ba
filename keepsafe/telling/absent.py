"""What the data at hand cannot show: lacking in codebook or study, or withheld by disclosure control.

In a notebook on data of one's own, a cell that cannot do without such a variable says so in place of its output, and
so does every cell that builds on it; the rest of the chapter goes on.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from keepsafe import paths, runs
from keepsafe.files import disclosure
from keepsafe.files.disclosure import Withheld
from keepsafe.problems import InputError
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.telling import LEFT_OUT

WITHHELD = "Withheld by disclosure control"
ABOVE = "it builds on what is left out above"


class Absent(InputError):
    """A variable, model or group that this study does not have, or that is withheld."""


@dataclass(frozen=True)
class LeftOut:
    """What stands in the place of a cell's output."""

    why: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/plain": self.why, "text/markdown": f"*{self.why}.*", LEFT_OUT: {"why": self.why}}


class Gone:
    """What a cell would have made, had it not been left out: whatever touches it is left out as well."""

    def __init__(self, why: str):
        object.__setattr__(self, "_why", why)

    def _refuse(self, *args, **kwargs):
        raise Absent.of(object.__getattribute__(self, "_why"))


for _touch in """getattr getitem setitem delitem call iter len bool contains enter int float index round abs neg pos
        invert eq ne lt le gt ge hash str repr format add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv
        mod rmod pow rpow matmul rmatmul and rand or ror xor rxor""".split():
    setattr(Gone, f"__{_touch}__", Gone._refuse)


def check(*names: str) -> None:
    """Raise Absent where one of the names is lacking or withheld in the data at hand."""
    lacking, withheld, own = _absent()
    if missing := [name for name in names if name in lacking]:
        raise Absent.of(_lacks(missing, own))
    if gone := [name for name in names if name in withheld]:
        raise Absent.of(f"{WITHHELD}: {_words(gone, own)}")


def why_left_out(error: BaseException) -> str | None:
    """The sentence for a cell that failed because something is absent; None for any other failure."""
    if isinstance(error, Absent):
        return str(error.problems[0].message)
    if isinstance(error, Withheld):
        return f"{WITHHELD}: {error.problems[0].message}"
    lacking, withheld, own = _absent()
    if isinstance(error, KeyError) and error.args:
        told = [str(part) for part in ([error.args[0]] if isinstance(error.args[0], str) else error.args)]
    elif isinstance(error, InputError):
        told = [str(part) for each in error.problems for part in (each.column, each.message) if part]
    else:
        return None
    words = {word for text in told for word in (text, *re.split(r"[\s',:]+", text))}
    if missing := sorted(words & lacking):
        return _lacks(missing, own)
    return f"{WITHHELD}: {_words(sorted(words & withheld), own)}" if words & withheld else None


def watch() -> None:
    """Watch the cells of the notebook that is open, where something can be absent; elsewhere nothing changes."""
    try:
        shell = get_ipython()  # type: ignore[name-defined]  # noqa: F821 - a name that IPython puts in place
    except NameError:
        return
    shell.ast_transformers[:] = [each for each in shell.ast_transformers if not isinstance(each, _Watched)]
    if any(_absent()[:2]) or disclosure.active():
        shell.ast_transformers.append(_Watched())
        shell.user_ns["_keepsafe_failed"] = lambda error, names: _failed(shell, error, names)
        shell.user_ns["_keepsafe_shown"] = _shown


class _Watched(ast.NodeTransformer):
    """Puts a cell between try and except; its last expression is shown as before."""

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        if not tree.body:
            return tree
        *body, last = tree.body
        if isinstance(last, ast.Expr):
            last = ast.Expr(ast.Call(ast.Name("_keepsafe_shown", ast.Load()), [last.value], []))
        made = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        names = ast.Tuple([ast.Constant(name) for name in sorted(made)], ast.Load())
        call = ast.Call(ast.Name("_keepsafe_failed", ast.Load()), [ast.Name("_keepsafe_error", ast.Load()), names], [])
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_keepsafe_error", [ast.Expr(call)])
        tree.body = [ast.Try([*body, last], [handler], [], [])]
        return ast.fix_missing_locations(tree)


def _shown(thing) -> None:
    """Show the last expression of a cell; under disclosure control only what keepsafe has protected."""
    if thing is None:
        return
    if isinstance(thing, Gone):
        thing._refuse()
    from IPython.display import display

    ours = type(thing).__module__.startswith("keepsafe.") and hasattr(thing, "_repr_mimebundle_")
    display(thing if ours or not disclosure.active() else LeftOut(f"{WITHHELD}: a result that keepsafe did not make"))


def _failed(shell, error: BaseException, names: tuple[str, ...]) -> None:
    """Say why the cell is left out, and keep what it would have made from being used; raise any other failure."""
    why = why_left_out(error)
    if why is None:
        raise error
    _shown(LeftOut(why))
    shell.user_ns.update({name: Gone(ABOVE) for name in names})


def check_figure(variable: str, phase: str, group: str) -> None:
    """Raise Absent where the data at hand lack what a published figure counts, or it is withheld from them."""
    *gone, own = _absent()
    if any(gone):
        check(own.column(variable, phase), group)


def _absent() -> tuple[frozenset[str], frozenset[str], Study | None]:
    """Names that the study at hand lacks beside the compendium's own, names that are withheld, and that study."""
    run, facts = runs.active(), runs.withheld()
    if facts is None and not (run and (run.study or run.codebook)):
        return frozenset(), frozenset(), None
    lacking, own, models = _beside(run and run.study, run and run.codebook)
    facts = facts or {"columns": [], "models": models}
    return lacking, frozenset(facts["columns"]) | (models - set(facts["models"])), own


@cache
def _beside(study: Path | None, codebook: Path | None) -> tuple[frozenset[str], Study, frozenset[str]]:
    """What a study lacks beside the compendium's own, that one, and the names of the study's models."""
    own = load_study(paths.data("study.toml"), load_codebook(paths.data("codebook.csv")))
    here = load_study(study, load_codebook(codebook))
    return frozenset(_names(own) - _names(here)), own, frozenset(here.settings.get("models", {}))


def _names(study: Study) -> set[str]:
    parts = (study.codebook.names, study.derived, study.models, study.groups, study.contrasts, study.responses)
    return {name for part in parts for name in part}


def _lacks(names: list[str], own: Study) -> str:
    return f"Left out: the codebook or the study file has no {_words(names, own)}"


def _words(names: list[str], own: Study) -> str:
    known: dict[str, Any] = {**own.models, **own.groups, **own.contrasts, **own.responses}
    return ", ".join(known[name].label if name in known else own.label(name) for name in names)

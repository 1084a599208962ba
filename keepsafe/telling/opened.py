"""The study that a notebook has opened: labels, published figures, cohort, and what its data cannot show.

What is lacking in codebook or study, or withheld by disclosure control, is left out: a cell that cannot do without it
says so in place of its output, and so does every cell that builds on it; the rest of the chapter goes on.

Longer than 300 lines: what a study has and what it lacks are two sides of opening it.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from keepsafe import paths, runs
from keepsafe.audit import printed_comparisons
from keepsafe.files import read_case_files
from keepsafe.files.cleaning import load_cohort
from keepsafe.files.disclosure import Limits, Withheld, active
from keepsafe.problems import InputError
from keepsafe.reading.delimited import restored
from keepsafe.statistics.recompute import recompute
from keepsafe.study import Contrast, Group, Model, Study, load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.study.published import FIGURES, load_claims, load_comparisons, load_figures, printed_figure, quotation
from keepsafe.telling import LEFT_OUT, style
from keepsafe.telling.values import Kind, Value, value, value_name

LACKING, WITHHELD = "Left out: the codebook or the study file has no", "Withheld by disclosure control"
ABOVE = "it builds on what is left out above"
_LAST: list["OpenStudy"] = []  # the study that was opened last, for sentences, tables and figures


class OpenStudy(Study):
    """A study with all that a chapter works on; `open_study` opens it.

    Besides what a `Study` holds (codebook, groups, contrasts, outcomes, models, responses; `label`, `column`, `file`):
    `figures`, `comparisons` and `claims` are what was published, `cohort` the young people, one row each,
    `controlled` says whether disclosure control is on.
    """

    @cached_property
    def figures(self) -> pd.DataFrame:
        """The printed figures, as `load_figures` reads them; none where a compendium has none."""
        return load_figures(study=self) if paths.data("published").is_dir() else pd.DataFrame(columns=FIGURES)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """The printed comparisons, as `load_comparisons` reads them."""
        return load_comparisons()

    @cached_property
    def claims(self) -> pd.DataFrame:
        """What the report says of its models, as `load_claims` reads it."""
        return load_claims()

    @cached_property
    def answers(self) -> dict[tuple[str, str, str, str], str]:
        """What `printed_comparisons` answers where counts can test, by variable, level, stratum and contrast."""
        once = printed_comparisons(self.figures, self.comparisons, self.codebook, self)
        once = once[once["p"] != ""].set_index(["variable", "level", "stratum", "contrast"])
        return once["answer"].to_dict()

    @cached_property
    def exact(self) -> dict[tuple[str, str, str, str], str]:
        """The ids of the figures that were printed exactly, by statistic, column, level and group."""
        exact = self.figures[self.figures["qualifier"].eq("exactly") & self.figures["stratum"].eq("")]
        return {
            (row.statistic, self.column(row.variable, row.phase), row.level, row.group): row.id
            for row in exact.itertuples()
        }

    def follows(self, column: str, level: str, group: str, levels: set[str]) -> bool:
        """Whether a percentage follows from printed ones: of the other group and all, or of the other of two levels."""
        pairs = [each.groups for each in self.contrasts.values() if group == "total" or group in each.groups]

        def stands(level: str) -> bool:
            known = {name for name in (group, *self.groups, "total") if ("percent", column, level, name) in self.exact}
            return group in known or any({*pair, "total"} - {group} <= known for pair in pairs)

        return stands(level) or (len(levels) == 2 and all(map(stands, levels - {level})))

    @cached_property
    def cohort(self) -> pd.DataFrame:
        """The young people, as `load_cohort` gives them: under disclosure control what may be shown of them."""
        return load_cohort(self)

    @cached_property
    def facts(self) -> dict[str, float]:
        """What no cohort of persons shows, by variable: how many case files there were."""
        return {self.settings["study"]["file"]: len(read_case_files(codebook=self.codebook))}

    @cached_property
    def recorded(self) -> pd.DataFrame | None:
        """Every value that earlier chapters of this run, or the last report, recorded; None before the first."""
        run = runs.active()
        path = run.path("values.csv") if run else paths.root() / "reports" / "values.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False).map(restored) if path.is_file() else None

    @property
    def own(self) -> bool:
        """Whether the case files are a team's own: they do not carry the synthetic label."""
        return not runs.synthetic()

    @property
    def controlled(self) -> bool:
        """Whether disclosure control is on."""
        return active() is not None

    def comparable(self, cohort: pd.DataFrame) -> list[Group | Contrast]:
        """The groups and contrasts whose variable a cohort has, for `compare_groups(..., by=...)`."""
        parts: list[Group | Contrast] = [*self.groups.values(), *self.contrasts.values()]
        return [part for part in parts if part.variable is None or part.variable in cohort]

    def described(self, cohort: pd.DataFrame) -> list[str]:
        """The variables of a cohort, but identifiers, the synthetic label, and what makes the groups."""
        dividing = {part.variable for part in self.comparable(cohort)}
        plain = {each.name for each in self.codebook if each.described} - dividing - {"synthetic"}
        made = {name for name, rule in self.derived.items() if not dividing & set(rule.sources)}
        return [name for name in cohort if name in plain | made]

    def model(self, name: str) -> Model:
        """A model of the study file; InputError for a name that it does not have."""
        if name not in self.models:
            near = get_close_matches(name, list(self.models), 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"the models are {', '.join(self.models)}"
            raise InputError.of(f"no model is called {name!r}", column="model", remedy=remedy)
        return self.models[name]

    def asked(self, model: str) -> dict[str, Any]:
        """What a model of the study file asks of `backward_elimination`: outcome, predictors, event, references."""
        fitted = self.model(model)
        levels = [each for each in self.codebook if each.type in ("category", "ordered") and each.reference]
        return {
            "outcome": fitted.outcome.variable,
            "predictors": fitted.candidates,
            "event": fitted.outcome.event,
            "reference": {each.name: each.reference for each in levels if each.name in fitted.candidates},
        }

    def headline(self, message: str, topic: str) -> str:
        """The caption of a figure: on the edition's files with what it shows, on a team's own the topic alone."""
        return f"{message.rstrip('.')}. {topic}" if not self.own else topic

    def worded(self, texts: pd.Series) -> pd.Series:
        """Texts in which groups are called as the study calls them: non-CSE for non cse."""
        for name, group in self.groups.items():
            code, word = name.replace("_", " "), group.label.removesuffix(" group")
            word = word if word.isupper() else word[0].lower() + word[1:]
            if code != word and re.sub(r"\W", " ", word.lower()) == code:
                texts = texts.str.replace(rf"\b{re.escape(code)}\b", word, regex=True)
        return texts

    def told(self, found: pd.DataFrame) -> pd.DataFrame:
        """What an audit found, in words: `what` each row is about, and texts that call groups as the study does."""
        keys = zip(found["variable"], found.get("level", [""] * len(found)), strict=True)
        what = [self.term(f"{name}={level}".removesuffix("=").removesuffix("=1")) for name, level in keys if name]
        found = found.assign(what=pd.Series(what, found.index[found["variable"].ne("")]))
        found["what"] = found["what"].fillna("A whole column")
        texts = [name for name in ("explanation", "counts", "counted_where") if name in found]
        return found.assign(**{name: self.worded(found[name]) for name in texts})

    def printed(self, figure: str) -> float:
        """The number that the report printed under the id of a figure."""
        return float(printed_figure(self.figures, figure)["value"])

    def published_value(self, figure: str) -> Value:
        """A published figure computed again from the cohort, as a named value.

        Where the report words the figure (about, over, almost), the value shows that wording: a decimal would be ours.
        """
        row = printed_figure(self.figures, figure)
        *gone, own = _absent()
        if any(gone):
            check(own.column(row["variable"], row["phase"]), row["group"])
        facts = self.facts if row["variable"] == self.settings["study"].get("file") else {}
        part = self.figures[self.figures["id"] == figure]
        found = recompute(part, self.cohort, self, facts)["recomputed"].iloc[0]
        worded = row["qualifier"] != "exactly"
        unit = "%" if row["statistic"] == "percent" else row["unit"]
        digits, words = int(row["decimals"]) + worded, quotation(row)
        made = value(found, figure.lower(), unit, digits, (figure, words), Kind.CALIBRATED)
        return replace(made, text=words, number=words.removesuffix("%")) if worded and not self.own else made

    def recall(self, id: str) -> Value:
        """A value by its name, as an earlier chapter recorded it; InputError for one that none did."""
        id = value_name(*id.split("."))
        values = self.recorded if self.recorded is not None else pd.DataFrame({"id": []}, dtype=str)
        found = values.loc[values["id"] == id]
        if found.empty:
            near = get_close_matches(id, values["id"], 1)
            remedy = f"did you mean {near[0]!r}?" if near else "run: keepsafe report"
            raise Absent.of(f"no chapter recorded a value {id!r}", column="id", remedy=remedy)
        row = found.iloc[0]
        text, unit, kind = row["text"], row["unit"], Kind(row["kind"]) if row["kind"] else None
        bare = text.removeprefix("p = ").removeprefix("p ") if unit == "p" else text.removesuffix("%")
        digits = int(row["digits"]) if row["digits"] else None
        published = (row["figure"], row["printed"]) if row["figure"] else None
        return Value(id, _number(row["value"]), bare, text, unit, digits, published, kind)


def open_study(path: str | Path | None = None, disclosure: str | None = None) -> OpenStudy:
    """Open the study that this compendium is about: what its chapters work on, in one place.

    Sentences, tables and figures that follow speak of this study. Case files that do not carry the synthetic label are
    put under disclosure control, in a notebook opened by hand as in a report.

    Parameters
    ----------
    path : a study file; by default that of the run, or data/study.toml.
    disclosure : rules of disclosure control such as "threshold=10,round=5", or "off", for a notebook opened by hand;
        by default the usual ones where the case files do not carry the synthetic label. A run has its own.

    Returns
    -------
    OpenStudy
        with `cohort`, `figures`, `comparisons`, `claims`, `codebook`, `models`, `groups`, `label(...)` and more.

    Raises
    ------
    InputError
        as `load_study`; for the cohort, when it is first asked for, as `load_cohort`.

    Examples
    --------
    >>> study = open_study()
    >>> len(study.cohort), study.label("moves_total")
    (205, 'Total moves')
    """
    plain = load_study(path)
    if runs.active() is None:
        runs.by_hand(Limits.asked(disclosure, runs.synthetic()))
        if active():
            load_cohort(plain)  # what is withheld from it narrows the study's models
            plain = load_study(path)
    opened = OpenStudy(**{part.name: getattr(plain, part.name) for part in fields(plain)})
    _LAST[:] = [opened]
    style.apply_style()
    watch()
    return opened


def current() -> OpenStudy:
    """The study that was opened last; one is opened where none is."""
    return _LAST[0] if _LAST else open_study()


def _number(text: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


class Absent(InputError):
    """A variable, model or group that this study does not have, or that is withheld."""


@dataclass(frozen=True)
class LeftOut:
    """What stands in the place of a cell's output."""

    why: str

    @classmethod
    def of(cls, what: str, caption: str, why: str = WITHHELD) -> "LeftOut":
        """In the place of a table or figure that has this caption."""
        return cls(f"{why}: a {what}, {caption[0].lower()}{caption[1:].rstrip('.')}")

    @classmethod
    def nothing(cls, caption: str) -> "LeftOut":
        """In the place of a table or figure for which there is nothing, as where an elimination keeps no factor."""
        return cls(f"Nothing to show: {caption[0].lower()}{caption[1:].rstrip('.')}")

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
    if why := _why(names):
        raise Absent.of(why)


def why_left_out(error: BaseException) -> str | None:
    """The sentence for a cell that failed because something is absent; None for any other failure."""
    if isinstance(error, Absent):
        return str(error.problems[0].message)
    if isinstance(error, Withheld):
        return f"{WITHHELD}: {error.problems[0].message}"
    if isinstance(error, KeyError) and error.args:
        told = [str(part) for part in ([error.args[0]] if isinstance(error.args[0], str) else error.args)]
    elif isinstance(error, InputError):
        told = [str(part) for each in error.problems for part in (each.column, each.message) if part]
    else:
        return None
    return _why(sorted({word for text in told for word in (text, *re.split(r"[\s',:]+", text))}))


def _why(names: Iterable[str]) -> str | None:
    """The sentence for what is lacking, or else withheld, of these names; None where nothing is."""
    lacking, withheld, own = _absent()
    for reason, absent in ((LACKING, lacking), (f"{WITHHELD}:", withheld)):
        if found := [name for name in names if name in absent]:
            known: dict[str, Any] = {**own.models, **own.groups, **own.contrasts, **own.responses}
            return f"{reason} {', '.join(known[name].label if name in known else own.label(name) for name in found)}"
    return None


def watch() -> None:
    """Watch the cells of the notebook that is open, where something can be absent; elsewhere nothing changes."""
    try:
        shell = get_ipython()  # type: ignore[name-defined]  # noqa: F821 - a name that IPython puts in place
    except NameError:
        return
    shell.ast_transformers[:] = [each for each in shell.ast_transformers if not isinstance(each, _Watched)]
    if any(_absent()[:2]) or active():
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
        stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        failed = ast.parse(f"_keepsafe_failed(_keepsafe_error, {sorted(stored)!r})").body
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_keepsafe_error", failed)
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
    display(thing if ours or not active() else LeftOut(f"{WITHHELD}: a result that keepsafe did not make"))


def _failed(shell, error: BaseException, names: list[str]) -> None:
    """Say why the cell is left out, and keep what it would have made from being used; raise any other failure."""
    why = why_left_out(error)
    if why is None:
        raise error
    _shown(LeftOut(why))
    shell.user_ns.update({name: Gone(ABOVE) for name in names})


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

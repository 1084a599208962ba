"""Scripts beside the exported file, SPSS syntax (.sps) and R, which read it and repeat the study's main model."""

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import ne
from pathlib import Path

import pandas as pd

from keepsafe.problems import InputError
from keepsafe.report.export.fields import ONE_BY_ONE, Field, legal, shortened
from keepsafe.report.rendering.look import templates
from keepsafe.statistics.selection import backward_elimination
from keepsafe.study import Model, Study

P_REMOVE = 0.10  # threshold of elimination
WIDTH = 100
PRECISE = "BCON(0.0000000001) LCON(0) ITERATE(50)"


@dataclass(frozen=True)
class MainModel:
    """A logistic regression and its backward elimination by likelihood ratio.

    `categories` gives for each candidate that is a category the codes met, in the codebook's order, its reference
    level first. `selected` are the candidates that stay; None where the model cannot be fitted, and `why` says why.
    """

    model: Model
    categories: dict[str, tuple[str, ...]]
    selected: tuple[str, ...] | None = None
    why: str = ""


def main_model(cohort: pd.DataFrame, study: Study) -> MainModel | None:
    """The first model of the study file that the cohort has all variables of, and what elimination keeps of it.

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> len(main_model(load_cohort(), load_study()).model.candidates)
    25
    """
    there = (model for model in study.models.values() if {model.outcome.variable, *model.candidates} <= set(cohort))
    model = next(there, None)
    if model is None:
        return None
    outcome, candidates = model.outcome.variable, list(model.candidates)
    used = cohort[[outcome, *candidates]].dropna()
    categories = {}
    for name in candidates:
        if isinstance(used[name].dtype, pd.CategoricalDtype):
            met = list(map(str, used[name].cat.remove_unused_categories().cat.categories))
            first = study.codebook[name].reference
            categories |= {name: tuple(sorted(met, key=partial(ne, first)))} if met else {}
    reference = {name: met[0] for name, met in categories.items()}
    try:
        chosen = backward_elimination(
            cohort, outcome, candidates, "lr", P_REMOVE, event=model.outcome.event, reference=reference
        )
    except InputError as error:
        return MainModel(model, categories, why=str(error.problems[0]))
    return MainModel(model, categories, chosen.selected)


def spss_syntax(file: str, fields: list[Field], main: MainModel | None, title: str, note: str) -> str:
    """The syntax as text."""
    place = comment("Run it in the folder of the data, or set that folder first with CD")
    lines = ["* Encoding: UTF-8.", comment(title), comment(note), place, ""]
    if file.lower().endswith(".csv"):
        lines += _csv(file, fields)
    else:
        lines.append(f"GET {'STATA ' if file.lower().endswith('.dta') else ''}FILE={quoted(file)}.")
    lines.append("")
    if main:
        lines += _model(main, {field.variable.name: field for field in fields})
    return "\n".join(lines) + "\n"


def comment(text: str) -> str:
    """A comment in SPSS syntax: one line, one full stop at its end."""
    return f"* {shortened(text, 200).rstrip('. ')}."


def quoted(text: str | float) -> str:
    """A text in SPSS syntax; a number as it is.

    >>> quoted("the young person's own"), quoted(-9)
    ("'the young person''s own'", '-9')
    """
    return "'" + text.replace("'", "''") + "'" if isinstance(text, str) else str(text)


def _csv(file: str, fields: list[Field]) -> Iterator[str]:
    """Reads a .csv, which has no labels: they are set here, as a .sav holds them."""
    if any(len(_missing(field)) < len(field.missing) for field in fields):
        yield comment("Words that mean missing in a column of numbers become system-missing, each with a warning")
    yield f"GET DATA /TYPE=TXT /FILE={quoted(file)} /ENCODING='UTF8' /ARRANGEMENT=DELIMITED"
    yield "  /DELIMITERS=',' /QUALIFIER='\"' /FIRSTCASE=2 /VARIABLES="
    for field in fields:
        numeric = "SDATE10" if field.variable.type == "date" else "F8.0"
        yield f"  {field.name} {f'A{field.width}' if field.text else numeric}"
    yield "."
    for field in fields:
        yield _labelled(field.name, field.label)
        yield f"VARIABLE LEVEL {field.name} ({field.measure.upper()})."
        missing = _missing(field)
        labels = field.levels | {value: field.missing[value] for value in missing}
        if labels:
            pairs = (f"{quoted(code)} {quoted(shortened(label, 120))}" for code, label in labels.items())
            yield f"VALUE LABELS {field.name}\n  " + "\n  ".join(pairs) + "."
        if len(missing) > ONE_BY_ONE:  # as many as SPSS takes; the others count as the last of these
            last, rest = missing[ONE_BY_ONE - 1], " ".join(map(quoted, missing[ONE_BY_ONE:]))
            yield f"RECODE {field.name} ({rest}={quoted(last)})."
        if missing:
            yield f"MISSING VALUES {field.name} ({', '.join(map(quoted, missing[:ONE_BY_ONE]))})."


def _missing(field: Field) -> list[int | str]:
    """Values of missing that SPSS meets as such; a word among numbers, and Stata's letters, are missing on reading."""
    return [value for value in field.missing if field.text or not isinstance(value, str)]


def _model(main: MainModel, fields: dict[str, Field]) -> Iterator[str]:
    model, outcome = main.model, fields[main.model.outcome.variable]
    event, complete, *indicators = legal(
        [
            f"{outcome.name}_event",
            "complete_case",
            *(f"{fields[name].name}_{place}" for name, met in main.categories.items() for place in range(1, len(met))),
        ],
        64,
        [field.name for field in fields.values()],
    )
    yield comment(f"The model: {model.label}")
    if outcome.variable.type == "binary" and model.outcome.event == "1":
        event = outcome.name
    else:
        yield _recoded(outcome, model.outcome.event, event, model.outcome.label)
    columns = {name: [fields[name].name] for name in model.candidates}
    free = iter(indicators)
    for name, met in main.categories.items():
        field, labels, columns[name] = fields[name], fields[name].variable.levels, []
        yield comment(f"{name} as indicators; the reference level is {labels[met[0]]}")
        for code in met[1:]:
            columns[name].append(next(free))
            yield _recoded(field, code, columns[name][-1], f"{field.label}: {labels[code]}")
    every = [column for name in model.candidates for column in columns[name]]
    yield comment("All models use the same persons, those of whom outcome and candidates are known")
    yield f"COMPUTE {complete} = (NMISS({event},\n{_listed(every, ', ')}) = 0)."
    yield f"FILTER BY {complete}."
    yield "\n" + comment("The full model: every candidate enters")
    yield _regression(event, every)
    if main.selected is None:
        yield comment(f"keepsafe could not fit this model: {main.why}")
        return
    kept = [column for name in main.selected for column in columns[name]]
    yield comment("The final model: what backward elimination by likelihood ratio keeps")
    yield _regression(event, kept) if kept else comment("No candidate is kept")
    yield comment("Backward elimination by likelihood ratio, in SPSS alone: PSPP does not know METHOD")
    yield comment("SPSS lets a factor enter again where its score test has p below PIN; keepsafe does if asked")
    yield _elimination(main, fields, event)


def _recoded(field: Field, code: str, into: str, label: str) -> str:
    """1 where a column has this code, 0 where another, missing where it is."""
    missing = " ".join([*map(quoted, _missing(field)), quoted(" ") if field.text else "SYSMIS"])
    recode = f"RECODE {field.name} ({quoted(field.values[code])}=1) ({missing}=SYSMIS) (ELSE=0) INTO {into}."
    return f"{recode}\n{_labelled(into, label)}"


def _labelled(name: str, label: str) -> str:
    return f"VARIABLE LABELS {name} {quoted(shortened(label, 200))}."


def _regression(event: str, columns: list[str]) -> str:
    return f"LOGISTIC REGRESSION VARIABLES={event} WITH\n{_listed(columns)}\n  /PRINT=CI(95)\n  /CRITERIA={PRECISE}.\n"


def _elimination(main: MainModel, fields: dict[str, Field], event: str) -> str:
    """As an SPSS user would run it; SPSS counts a reference level among those that occur, in the order of values."""
    names = [fields[name].name for name in main.model.candidates]
    lines = [f"LOGISTIC REGRESSION VARIABLES={event} WITH", _listed(names)]
    if main.categories:
        lines.append(f"  /CATEGORICAL={' '.join(fields[name].name for name in main.categories)}")
    for name, met in main.categories.items():
        values = [fields[name].values[code] for code in met]
        lines.append(f"  /CONTRAST({fields[name].name})=INDICATOR({sorted(values).index(values[0]) + 1})")
    criteria = f"  /CRITERIA=PIN(0.05) POUT({P_REMOVE:.2f}) {PRECISE} CUT(0.5)."
    return "\n".join([*lines, "  /METHOD=BSTEP(LR)", "  /PRINT=GOODFIT CI(95)", criteria])


def _listed(names: list[str], between: str = " ") -> str:
    return textwrap.indent(textwrap.fill(between.join(names), WIDTH, break_long_words=False), "  ")


def r_script(file: str, fields: list[Field], main: MainModel | None, title: str, note: str) -> str:
    """The script as text."""
    template = templates(Path(__file__).parent, remark=remark, r=literal, vector=vector).get_template("script.R.j2")
    found, missing, facts = {field.variable.name: field for field in fields}, defaultdict(list), {}
    for field in fields:
        if field.missing:
            missing[tuple(field.missing)].append(field.column)
    if main:
        facts = {
            "outcome": found[main.model.outcome.variable],
            "candidates": [found[name].column for name in main.model.candidates],
            "references": [(name, found[name], met[0]) for name, met in main.categories.items()],
        }
    days = [field.column for field in fields if field.variable.type == "date"]
    about = {"file": file, "ending": file[-4:].lower(), "title": title, "note": note, "p_remove": P_REMOVE}
    return template.render(about, days=days, missing=missing, main=main, **facts)


def remark(text: str) -> str:
    """A comment in R: one line."""
    return f"# {shortened(text, 200)}"


def literal(value: int | str) -> str:
    r"""A number or a text in R.

    >>> literal('a "b"'), literal(-9)
    ('"a \\"b\\""', '-9')
    """
    return json.dumps(value, ensure_ascii=False)


def vector(values: Iterable[int | str]) -> str:
    """Numbers or texts as a vector in R, folded."""
    rows, row = [], "c("
    for value in values:
        if len(row) > 90:
            rows.append(row.rstrip())
            row = "  "
        row += f"{literal(value)}, "
    return "\n".join([*rows, row]).removesuffix(", ") + ")"

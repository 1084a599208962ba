"""Export: the cleaned cohort for those who stay in SPSS, Stata, R or a spreadsheet, with all that explains it.

Longer than 300 lines: the data and what stands beside them, scripts, dictionary and descriptor, are one folder.
"""

import hashlib
import json
import tempfile
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import ne
from pathlib import Path

import pandas as pd
import pyreadstat

from keepsafe.files import read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.problems import InputError, Problem
from keepsafe.report.export.fields import ONE_BY_ONE, Field, as_codes, fields_of, legal, shortened, write
from keepsafe.report.rendering.look import slug, templates
from keepsafe.statistics.selection import backward_elimination
from keepsafe.study import Model, Study, load_study
from keepsafe.study.codebook import load_codebook

__all__ = ["Exported", "export"]
ENDINGS = (".sav", ".dta", ".csv")
PACKAGE = "datapackage.json"
SYNTHETIC = "Synthetic data: no record is of a person. The column synthetic is 1 in each row."
OWN = "Records of persons: keep this file where the case files are kept."
P_REMOVE = 0.10  # threshold of elimination
WIDTH = 100  # of a line of syntax


@dataclass(frozen=True)
class Exported:
    """The files that were written, the data first; `synthetic` is False where they hold records of persons."""

    files: tuple[Path, ...]
    synthetic: bool


def export(
    to: str | Path, data: str | Path | None = None, codebook: str | Path | None = None, study: str | Path | None = None
) -> Exported:
    """Write the cleaned cohort, one row a person, with scripts, a data dictionary and a datapackage.json beside it.

    `to` is X.sav (SPSS), X.dta (Stata 14 and later) or X.csv (codes as text). Beside it go X.sps and X.R, which repeat
    the study's first model, X.html and datapackage.json. An ending alone, such as "out/.sav", stands for
    cohort-synthetic.sav, or cohort.sav where the records are of persons. `data` are case files, by default those that
    the study names; `codebook` and `study` by default the compendium's own. InputError for input that cannot be used,
    a place that cannot be written, and a file that is there already: nothing is written then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in export(Path(folder, ".csv")).files]
    ['cohort-synthetic.csv', 'cohort-synthetic.sps', 'cohort-synthetic.R', 'cohort-synthetic.html', 'datapackage.json']
    """
    to = Path(to)
    ending = (to.suffix or to.name).lower()
    if ending not in ENDINGS:
        remedy = f"choose one of {', '.join(ENDINGS)}"
        raise InputError.of(f"{to.name!r} has no ending that is known", column="--to", remedy=remedy)
    if to.suffix:
        check_place(to)
    cohort = read_cohort(data, load_study(study, load_codebook(codebook)))
    if not to.suffix:
        to = to.with_name(("cohort-synthetic" if cohort.synthetic else "cohort") + ending)
        check_place(to)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=to.parent, ignore_cleanup_errors=True) as staged:
        _write(Path(staged, to.name), ending, cohort)
        return Exported(tuple(publish(Path(staged), to)), cohort.synthetic)


@dataclass(frozen=True)
class Cohort:
    """The cleaned cohort as `clean` returns it (`frame`), and as codes, all text; one row a person."""

    frame: pd.DataFrame
    codes: pd.DataFrame
    study: Study

    @property
    def synthetic(self) -> bool:
        """Whether every row says that it is synthetic."""
        return "synthetic" in self.frame and bool(self.frame["synthetic"].eq(1).all())


def read_cohort(data: str | Path | None, study: Study) -> Cohort:
    """The cohort made from case files."""
    if data is None and "case_files" not in study.settings.get("files", {}):
        raise InputError.of("the study file names no case files", remedy="say which: keepsafe export FILE --to X.sav")
    extract = read_case_files(data or study.file("case_files"), study.codebook)
    frame = clean(extract, study)
    return Cohort(frame, as_codes(frame, extract, study), study)


def _write(path: Path, ending: str, cohort: Cohort) -> None:
    """The files, side by side."""
    study, codes, note = cohort.study, cohort.codes, SYNTHETIC if cohort.synthetic else OWN
    title = f"{'Synthetic data. ' if cohort.synthetic else ''}{study.title or 'The cleaned cohort'}"
    fields, main = fields_of(codes, study, ending), main_model(cohort.frame, study)
    try:
        write(path, codes, fields, title, note)
    except (pyreadstat.PyreadstatError, pyreadstat.ReadstatError, OSError) as error:
        raise InputError.of(f"cannot be written: {error}", file=path.name) from None
    _, syntax, script, page, package = files_of(path)
    about = {"file": path.name, "ending": ending, "title": title, "note": note, "synthetic": cohort.synthetic}
    made = [*scripts(fields, main, about), dictionary_page(fields, codes, about)]
    for beside, text in zip((syntax, script, page), made, strict=True):
        beside.write_text(text, encoding="utf-8")
    key = study.settings["study"]["person"]
    package.write_text(data_package(path, [syntax, script, page], fields, key, title, note), encoding="utf-8")


def files_of(to: Path) -> list[Path]:
    """The exported file and those beside it."""
    return [to, *(to.with_suffix(ending) for ending in (".sps", ".R", ".html")), to.with_name(PACKAGE)]


def check_place(to: Path) -> None:
    """Refuse a place that cannot take the files, before any work is done."""
    if to.name[:1] in ".~" or not to.name.isprintable() or set(to.name) & set('\\/:*?"<>|'):
        remedy = "use letters, digits, blanks, - and _"
        raise InputError.of(f"{to.name!r} is no name that every program takes", column="--to", remedy=remedy)
    try:
        tempfile.TemporaryFile(dir=to.parent).close()
    except OSError as error:
        fault, place = f"nothing can be written here: {error.strerror}", to.parent.name or str(to.parent)
        raise InputError.of(fault, file=place, remedy="name a folder that exists and is yours") from None
    taken = [path for path in files_of(to) if path.exists() or path.is_symlink()]
    if taken:
        remedy = "export into another folder, or move the file away"
        raise InputError(Problem("is there already and stays as it is", path.name, remedy=remedy) for path in taken)


def publish(staged: Path, to: Path) -> list[Path]:
    """Move the staged files into their places; on any failure take away those that were placed."""
    check_place(to)
    placed: list[Path] = []
    try:
        for path in files_of(to):
            path.touch(exist_ok=False)  # the name is taken before anything moves
            placed.append(path)
        for path in placed:
            (staged / path.name).replace(path)
    except BaseException as error:
        for path in placed:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            name = Path(error.filename or to).name
            raise InputError.of(f"cannot be written: {error.strerror}", file=name) from None
        raise
    return placed


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


def scripts(fields: list[Field], main: MainModel | None, about: Mapping) -> list[str]:
    """SPSS syntax and an R script, which read the file and repeat the study's main model."""
    found, missing = {field.variable.name: field for field in fields}, defaultdict(list)
    for field in fields:
        if field.missing:
            missing[tuple(field.missing)].append(field.column)
    words = any(len(field.met) < len(field.missing) for field in fields)
    facts = {**about, "fields": fields, "found": found, "missing": missing, "words": words, "main": main}
    facts |= {"p_remove": P_REMOVE, "most": ONE_BY_ONE, **(_columns(main, found) if main else {})}
    return [TEMPLATES.get_template(name).render(facts) for name in ("script.sps.j2", "script.R.j2")]


def _columns(main: MainModel, found: Mapping[str, Field]) -> dict:
    """The columns of a model in SPSS: outcome, event, complete cases, every candidate's, and those of what is kept.

    A category has indicators; `places` are those of the reference levels: SPSS counts levels that occur, by value.
    """
    outcome, candidates = found[main.model.outcome.variable], [found[name] for name in main.model.candidates]
    wanted = [f"{found[name].name}_{turn}" for name, met in main.categories.items() for turn in range(1, len(met))]
    taken = [field.name for field in found.values()]
    event, complete, *free = legal([f"{outcome.name}_event", "complete_case", *wanted], 64, taken)
    if outcome.variable.type == "binary" and main.model.outcome.event == "1":
        event = outcome.name
    columns, places = {field.variable.name: [field.name] for field in candidates}, {}
    for name, met in main.categories.items():
        columns[name] = [free.pop(0) for _ in met[1:]]
        values = [found[name].values[code] for code in met]
        places[name] = sorted(values).index(values[0]) + 1
    return {
        "outcome": outcome,
        "candidates": candidates,
        "event": event,
        "complete": complete,
        "columns": columns,
        "places": places,
        "every": [column for each in columns.values() for column in each],
        "kept": [column for name in main.selected or () for column in columns[name]],
    }


def quoted(text: str | float) -> str:
    """A text in SPSS syntax; a number as it is.

    >>> quoted("the young person's own"), quoted(-9)
    ("'the young person''s own'", '-9')
    """
    return "'" + text.replace("'", "''") + "'" if isinstance(text, str) else str(text)


def folded(names: str) -> str:
    """Names over as many lines as they need."""
    return textwrap.indent(textwrap.fill(names, WIDTH, break_long_words=False), "  ")


def literal(value: int | str) -> str:
    """A number or a text in R."""
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


TEMPLATES = templates(
    Path(__file__).parent,
    comment=lambda text: f"* {shortened(text, 200).rstrip('. ')}.",  # in SPSS, one full stop at its end
    remark=lambda text: f"# {shortened(text, 200)}",  # in R
    **{"shortened": shortened, "quoted": quoted, "folded": folded, "r": literal, "vector": vector},
)


PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
# Frictionless takes the format "sav" for a table that it cannot read without a further library: hence "spss".
KINDS = {  # of the files, and the titles of those beside the data
    ".csv": ("csv", "text/csv", ""),
    ".sav": ("spss", "application/x-spss-sav", ""),
    ".dta": ("stata", "application/x-stata-dta", ""),
    ".sps": ("sps", "text/plain", "SPSS syntax that repeats the main model"),
    ".r": ("r", "text/plain", "R script that repeats the main model"),
    ".html": ("html", "text/html", "Data dictionary"),
}


def dictionary_page(fields: list[Field], codes: pd.DataFrame, about: Mapping) -> str:
    """What each column means, which values it has and which of them are missing."""
    sections: dict[str, list] = defaultdict(list)
    for field in fields:
        sections[field.variable.question or "Further variables"].append(_row(field, codes[field.variable.name]))
    page = TEMPLATES.get_template("dictionary.html.j2")
    return page.render(about, sections=sections, rows=len(codes), columns=len(fields))


def _row(field: Field, codes: pd.Series) -> dict:
    """A variable in words: its values with their labels, and with counts, which the page shows where all is made up."""
    variable, counts = field.variable, codes.value_counts()

    def entries(labels: dict[str, str]) -> list[dict]:
        found = []
        for code, label in labels.items():
            value, count = field.shown(code), counts.get(code, 0)
            plain = value in (code, f".{field.values[code]}")  # a letter of Stata's stands for no word
            found.append({"value": value, "label": label, "count": count, "code": "" if plain else code})
        return found

    missing = entries(variable.missing)
    if field.blank:
        missing.append({"value": "blank", "label": field.blank, "count": counts.get("", 0), "code": ""})
    known = int((~codes.isin(["", *variable.missing])).sum())
    return {"field": field, "known": known, "levels": entries(variable.levels), "missing": missing}


def data_package(data: Path, beside: list[Path], fields: list[Field], key: str, title: str, note: str) -> str:
    """The descriptor as JSON."""
    name = slug(data.stem) or "cohort"
    table = {"type": "table", "encoding": "utf-8"} if data.suffix.lower() == ".csv" else {}
    schema = {
        "fields": [_field(field) for field in fields],
        "primaryKey": [field.column for field in fields if field.variable.name == key],
        "missingValues": [""],
    }
    resources = [_resource(data, name, title) | table | {"description": note, "schema": schema}]
    resources += [_resource(path, f"{name}-{path.suffix[1:].lower()}") for path in beside]
    package = {"$schema": PROFILE, "name": name, "title": title, "description": note, "resources": resources}
    return json.dumps(package, indent=2, ensure_ascii=False, default=str) + "\n"  # a limit may be a date


def _resource(path: Path, name: str, title: str = "") -> dict:
    content, (kind, media, about) = path.read_bytes(), KINDS[path.suffix.lower()]
    return {
        "name": name,
        "path": path.name,
        "title": title or about,
        "format": kind,
        "mediatype": media,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _field(field: Field) -> dict:
    variable = field.variable
    said = [variable.question, field.made and f"Made from others: {field.made}."]
    described: dict = {"name": field.column, "title": field.label, "type": "string"}
    described |= {"description": " ".join(filter(None, said))} if any(said) else {}
    constraints: dict = {}
    if variable.coded:
        described["type"] = "string" if field.text else "integer"
        described["categories"] = [{"value": value, "label": label} for value, label in field.levels.items()]
        described |= {"categoriesOrdered": True} if variable.type == "ordered" else {}
        constraints["enum"] = list(field.levels)
    elif variable.type != "identifier":
        described["type"] = "date" if variable.type == "date" else "integer" if variable.whole else "number"
        limits = {"minimum": variable.low, "maximum": variable.high}
        constraints |= {name: limit for name, limit in limits.items() if limit is not None}
    else:
        constraints["required"] = True
    described |= {"constraints": constraints} if constraints else {}
    shown = {field.shown(code): label for code, label in variable.missing.items()}  # codes may share a letter
    missing = [{"value": value, "label": label} for value, label in shown.items()]
    blank = {"value": "", "label": field.blank or "blank"}
    return described | ({"missingValues": [blank, *missing]} if missing or field.blank else {})

"""The study that a notebook has opened: its labels and groups, the published figures, the cohort, what was recorded."""

import re
from collections.abc import Collection
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from keepsafe import paths, runs
from keepsafe.audit import printed_comparisons
from keepsafe.files import read_case_files
from keepsafe.files.cleaning import load_cohort
from keepsafe.files.disclosure import Limits, active
from keepsafe.problems import InputError
from keepsafe.reading.delimited import restored
from keepsafe.statistics.recompute import recompute
from keepsafe.study import Contrast, Group, Study, load_study
from keepsafe.study.published import load_claims, load_comparisons, load_figures, printed_figure, quotation
from keepsafe.telling import absent, style
from keepsafe.telling.values import Kind, Value, value, value_name

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
        return load_figures(study=self) if paths.data("published").is_dir() else pd.DataFrame({"id": []})

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """The printed comparisons, as `load_comparisons` reads them."""
        return load_comparisons()

    @cached_property
    def claims(self) -> pd.DataFrame:
        """What the report says of its models, as `load_claims` reads it."""
        return load_claims()

    @property
    def answers(self) -> dict[tuple[str, str, str, str], str]:
        """What `printed_comparisons` answers, by variable, level, stratum and contrast; none on a team's own files."""
        return {} if self.own else self._answers

    @cached_property
    def _answers(self) -> dict[tuple[str, str, str, str], str]:
        once = printed_comparisons(self.figures, self.comparisons, self.codebook, self)
        keys = zip(once["variable"], once["level"], once["stratum"], once["contrast"], strict=True)
        return {key: answer for key, answer, p in zip(keys, once["answer"], once["p"], strict=True) if p}

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

    def asked(self, model: str) -> dict[str, Any]:
        """What a model of the study file asks of `backward_elimination`: outcome, predictors, event, references."""
        if model not in self.models:
            near = get_close_matches(model, list(self.models), 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"the models are {', '.join(self.models)}"
            raise InputError.of(f"no model is called {model!r}", column="model", remedy=remedy)
        fitted = self.models[model]
        references = {
            each.name: each.reference
            for each in self.codebook
            if each.type in ("category", "ordered") and each.reference and each.name in fitted.candidates
        }
        return {
            "outcome": fitted.outcome.variable,
            "predictors": fitted.candidates,
            "event": fitted.outcome.event,
            "reference": references,
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
        absent.check_figure(row["variable"], row["phase"], row["group"])
        file = self.settings["study"].get("file")
        facts = self.facts if row["variable"] == file else {}
        part = self.figures[self.figures["id"] == figure]
        found = recompute(part, self.cohort, self, facts)["recomputed"].iloc[0]
        worded = row["qualifier"] != "exactly"
        unit = "%" if row["statistic"] == "percent" else row["unit"]
        made = value(
            found, figure.lower(), unit, int(row["decimals"]) + worded, (figure, quotation(row)), Kind.CALIBRATED
        )
        if worded and not self.own:
            return replace(made, text=quotation(row), number=quotation(row).removesuffix("%"))
        return made

    def recall(self, id: str) -> Value:
        """A value by its name, as an earlier chapter recorded it; InputError for one that none did."""
        id = value_name(*id.split("."))
        values = self.recorded if self.recorded is not None else pd.DataFrame({"id": []}, dtype=str)
        found = values.loc[values["id"] == id]
        if found.empty:
            near = get_close_matches(id, values["id"], 1)
            raise absent.Absent.of(
                f"no chapter recorded a value {id!r}",
                column="id",
                remedy=f"did you mean {near[0]!r}?" if near else "run: keepsafe report",
            )
        row = found.iloc[0]
        text, unit = row["text"], row["unit"]
        bare = text.removeprefix("p = ").removeprefix("p ") if unit == "p" else text.removesuffix("%")
        return Value(
            row["id"],
            _number(row["value"]),
            bare,
            text,
            unit,
            int(row["digits"]) if row["digits"] else None,
            (row["figure"], row["printed"]) if row["figure"] else None,
            Kind(row["kind"]) if row["kind"] else None,
        )


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
    absent.watch()
    return opened


def current() -> OpenStudy:
    """The study that was opened last; one is opened where none is."""
    return _LAST[0] if _LAST else open_study()


def printed_numbers(study: OpenStudy) -> dict[tuple[str, str, str, str], str]:
    """The ids of the figures that were printed exactly, by statistic, column, level and group."""
    if not len(study.figures):
        return {}
    exact = study.figures[study.figures["qualifier"].eq("exactly") & study.figures["stratum"].eq("")]
    columns = [study.column(*pair) for pair in zip(exact["variable"], exact["phase"], strict=True)]
    keys = zip(exact["statistic"], columns, exact["level"], exact["group"], strict=True)
    return dict(zip(keys, exact["id"], strict=True))


def follows(study: OpenStudy, known: Collection, column: str, level: str, group: str, levels: set[str]) -> bool:
    """Whether a percentage follows from printed ones: of the other group and all, or of the other of two levels."""

    def stands(level: str) -> bool:
        pairs = [
            contrast.groups for contrast in study.contrasts.values() if group == "total" or group in contrast.groups
        ]
        known_here = {name for what, variable, of, name in known if (what, variable, of) == ("percent", column, level)}
        return group in known_here or any({*pair, "total"} - {group} <= known_here for pair in pairs)

    return stands(level) or (len(levels) == 2 and all(map(stands, levels - {level})))


def _number(text: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None

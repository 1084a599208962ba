"""An executable edition of the quantitative half of the 2019 report 'Keeping Safe?': what notebooks and students call.

{chapters}

A name is imported from its home when it is first asked for, so `import keepsafe` loads nothing else.
"""

import sys
from importlib import import_module
from textwrap import wrap
from types import ModuleType

__version__ = "0.1.0"

#: What is public, by chapter: each name and the module that it lives in.
CHAPTERS = {
    "Opening a study": {
        "open_study": "telling.opened", "load_codebook": "codebook", "load_study": "study",
        "load_figures": "published", "load_comparisons": "published", "load_claims": "published",
        "load_cohort": "cleaning", "InputError": "problems",
    },
    "Telling: sentences, tables, figures": {
        "say": "telling.sentences", "filled": "telling.sentences", "table": "telling.tables",
        "figure": "telling.figures", "dots": "telling.estimates", "forest": "telling.estimates",
    },
    "Chapter 00, the published figures": {
        "audit": "audit", "audit_table": "audit", "check_families": "audit", "marker_conventions": "audit",
        "unexplained_markers": "audit",
        "crude_odds_ratios": "audit", "seraf_by_cse": "audit", "power": "audit", "planted_errors": "audit",
        "noticed": "audit", "verdict_strip": "telling.shares",
    },
    "Chapter 01, cleaning": {
        "read_case_files": "case_files", "clean": "cleaning", "save_cohort": "cleaning", "flow": "cleaning",
        "disagreements": "cleaning", "repairs": "case_files", "not_recorded": "cleaning", "agreement": "reliability",
        "as_coded": "cleaning", "agreement_table": "telling.beside", "flow_chart": "telling.shares",
    },
    "Chapter 02, descriptives": {
        "compare_groups": "compare", "groups_table": "telling.beside", "published_table": "telling.beside",
        "statements_table": "telling.beside", "seraf_categories": "seraf",
    },
    "Chapter 03, models": {
        "fit_logistic": "logistic", "backward_elimination": "logistic", "bootstrap_selection": "logistic",
        "firth": "logistic", "by_effect": "logistic.known_truth", "specification_curve": "logistic",
        "times_kept": "logistic", "simulate_exposure": "logistic", "read_family": "synthesis.family",
        "over_family": "logistic",
        "odds_ratios": "telling.models", "model_table": "telling.models", "path_table": "telling.models",
        "stability_table": "telling.models", "beside_each_other": "telling.models",
        "specification_plot": "telling.estimates",
    },
    "Chapter 04, responses": {
        "responses": "compare", "impact_shares": "compare", "recipients": "audit.recipients",
        "figures_table": "telling.beside", "responses_table": "telling.beside", "impact_bars": "telling.shares",
    },
    "Chapter 05, outcomes": {
        "models_table": "telling.models", "fit_imputed": "logistic", "unknown_as_missing": "logistic",
    },
    "Chapter 06, conclusions": {
        "scorecard": "telling.scorecard", "funnel": "telling.scorecard", "stage_bars": "telling.shares",
        "differences_table": "telling.beside", "synthesise": "synthesis",
    },
}  # fmt: skip
_HOMES = {name: home for names in CHAPTERS.values() for name, home in names.items()}
__all__ = sorted(_HOMES)
__doc__ = (__doc__ or "").format(chapters="\n".join(
    "\n    ".join([f"{chapter}:", *wrap(", ".join(names), 100)]) for chapter, names in CHAPTERS.items()
))  # fmt: skip


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, "CHAPTERS", "__version__"]


class _Package(ModuleType):
    """The package: a public function keeps its name where its home (keepsafe.audit) has the same."""

    def __setattr__(self, name, value):
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""An executable edition of the quantitative half of the 2019 report 'Keeping Safe?': what notebooks and students call.

{chapters}

A name is imported from its home when it is first asked for, so `import keepsafe` loads nothing else.
"""

import sys
from importlib import import_module
from textwrap import wrap
from types import ModuleType

__version__ = "0.1.0"

_PUBLIC = {
    "Opening a study": {
        "telling.opened": "open_study",
        "study.codebook": "load_codebook",
        "study": "load_study",
        "study.published": "load_figures load_comparisons load_claims",
        "files.cleaning": "load_cohort",
        "problems": "InputError",
    },
    "Telling: sentences, tables, figures": {
        "telling.sentences": "say read_words",
        "telling.tables": "table",
        "telling.figures": "figure",
        "telling.estimates": "dots",
        "telling.forests": "forest",
    },
    "Chapter 00, the published figures": {
        "audit": "audit audit_table check_families marker_conventions unexplained_markers crude_odds_ratios"
        " seraf_by_cse power planted_errors noticed printed_comparisons",
        "telling.shares": "verdict_strip",
    },
    "Chapter 01, cleaning": {
        "files": "read_case_files repairs",
        "files.cleaning": "clean save_cohort not_recorded as_coded flow disagreements",
        "statistics.agreement": "agreement",
        "telling.beside": "agreement_table",
        "telling.shares": "flow_chart",
    },
    "Chapter 02, descriptives": {
        "statistics.comparison": "compare_groups",
        "telling.estimates": "groups_table",
        "telling.beside": "published_table statements_table",
        "statistics.recompute": "seraf_categories",
    },
    "Chapter 03, models": {
        "statistics.fit": "fit_logistic",
        "statistics.penalised": "firth",
        "statistics.selection": "backward_elimination bootstrap_selection",
        "statistics.specification": "specification_curve over_family explore_elimination",
        "statistics.risks": "risks_from_counts standardised_risks",
        "statistics.diagnostics": "diagnostics sample_size",
        "statistics.simulation": "simulate_exposure with_related by_window simulate_timing by_effect",
        "telling.shares": "hundred",
        "synthesis.family": "read_family",
        "telling.models": "odds_ratios model_table path_table paths_table strength_table beside_each_other"
        " explored_table",
        "telling.forests": "specification_plot",
    },
    "Chapter 04, responses": {
        "statistics.recompute": "responses impact_shares",
        "audit.sensitivity": "recipients",
        "telling.beside": "figures_table responses_table",
        "telling.shares": "impact_bars printed_impacts",
    },
    "Chapter 05, outcomes": {
        "statistics.imputation": "fit_other_ways unknown_as_missing",
    },
    "Chapter 06, conclusions": {
        "audit": "conclusions",
        "telling.scorecard": "scorecard funnel scorecard_table contradicted_table",
        "telling.beside": "differences_table",
        "synthesis": "synthesise",
        "synthesis.verdicts": "statements_held",
        "synthesis.trial_results": "may_be_read trials_told",
    },
}

#: What is public, by chapter: each name and the module that it lives in.
CHAPTERS = {
    chapter: {name: home for home, names in homes.items() for name in names.split()}
    for chapter, homes in _PUBLIC.items()
}
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

"""An executable edition of the quantitative half of the 2019 report 'Keeping Safe?': the public names.

A name is imported from its home when it is first asked for, so `import keepsafe` loads nothing else.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_HOMES = {
    "InputError": "problems",
    "load_codebook": "codebook",
    "load_study": "study",
    "load_figures": "published",
    "load_comparisons": "published",
    "load_claims": "published",
    "read_case_files": "case_files",
    "clean": "cleaning",
    "load_cohort": "cleaning",
    "synthesise": "synthesis",
    "compare_groups": "compare",
    "backward_elimination": "logistic",
    "bootstrap_selection": "logistic",
    "fit_logistic": "logistic",
    "audit": "audit",
    "audit_table": "audit",
    "say": "values",
    "value": "values",
    "table": "tables",
    "figure": "figures",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Package(ModuleType):
    """The package: a public function keeps its name where its home (keepsafe.audit) has the same."""

    def __setattr__(self, name, value):
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""The audit: can the printed figures all be true, and which tests give which markers?

Of any table as printed: `audit_table`. Of the report, whose figures are data: `audit` and what is beside it.
"""

from importlib import import_module

_HOMES = {
    "audit": "checking",
    "audit_table": "any_table",
    "check_families": "findings",
    "conclusions": "printed_text",
    "crude_odds_ratios": "statements",
    "marker_conventions": "markers",
    "noticed": "sensitivity",
    "planted_errors": "sensitivity",
    "power": "sensitivity",
    "printed_comparisons": "printed_text",
    "seraf_by_cse": "statements",
    "unexplained_markers": "markers",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    """A public name from its home: the audit of a table loads none of what the report needs."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

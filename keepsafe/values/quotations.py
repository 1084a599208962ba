"""A published figure in the words of the 2019 report."""

from difflib import get_close_matches
from functools import cache

from keepsafe.problems import InputError


@cache
def _figures() -> dict[str, tuple[str, str, str]]:
    from keepsafe.published import load_figures

    table = load_figures()
    return {row.id: (row.qualifier, row.value, row.statistic) for row in table.itertuples()}


def quotation(figure: str) -> str:
    """A published figure as the report words it: 'about 35%'."""
    figures = _figures()
    if figure not in figures:
        near = get_close_matches(figure, figures, 1)
        raise InputError.of(
            f"no published figure {figure!r}",
            column="published",
            remedy=f"did you mean {near[0]!r}?" if near else None,
        )
    qualifier, printed, statistic = figures[figure]
    worded = f"{qualifier} " if isinstance(qualifier, str) and qualifier not in {"", "exactly"} else ""
    return f"{worded}{printed}" + ("%" if statistic == "percent" else "")

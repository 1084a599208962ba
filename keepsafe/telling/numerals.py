"""How a number is printed: rounding half up, p-values, dashes, formats, text that cannot pose as markup.

The last bits of a computed number differ between processors. They are dropped before anything is rounded, so that a
half such as 14.5 is a half everywhere.
"""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

DASH = "–"
KEPT = 11  # significant digits that every processor agrees on
FORMAT = re.compile(r"\.([0-9])([f%])|p|d|s|")


def rounded(number: float | Decimal, digits: int = 0) -> str:
    """A number rounded half up, with thousands set off by commas and a true minus sign.

    Examples
    --------
    >>> rounded(14.5), rounded(100 * 0.145), rounded(-0.04, 1), rounded(2e6)
    ('15', '15', '0.0', '2,000,000')
    """
    return f"{_near(number, digits):,}".replace("-", "−")


def round_half_up(number: float, digits: int = 0) -> float:
    """The number that `rounded` writes.

    Examples
    --------
    >>> round_half_up(4.15343915, 1), round_half_up(14.5), round_half_up(-0.04, 1)
    (4.2, 15.0, 0.0)
    """
    return float(_near(number, digits)) + 0.0  # a negative nought is nought


def significant(number: float, digits: int) -> float:
    """A number rounded half up to some significant digits; missing and infinite ones stay.

    Examples
    --------
    >>> significant(26.3414634, 4), significant(0.00123456, 2), significant(float("inf"), 3)
    (26.34, 0.0012, inf)
    """
    if not math.isfinite(number):
        return number
    return round_half_up(number, digits - 1 - _steady(number).adjusted())


def as_shown(number: float, unit: str, digits: int) -> float:
    """The number that a reader is shown: 0 for a p-value below .001, 1 for one that rounds to 1.

    Examples
    --------
    >>> as_shown(26.3414634, "%", 1), as_shown(0.03214, "p", 0), as_shown(0.00096, "p", 0), as_shown(0.9996, "p", 0)
    (26.3, 0.032, 0.0, 1.0)
    """
    if not math.isfinite(number):
        return number
    if unit != "p":
        return round_half_up(number, digits)
    return {"< .001": 0.0, "> .999": 1.0}.get(p_value(number), round_half_up(number, 3))


def p_value(p: float) -> str:
    """A p-value to three decimals without the leading zero, as the field prints it.

    Examples
    --------
    >>> p_value(0.0321), p_value(0.0004), p_value(0.9999)
    ('.032', '< .001', '> .999')
    """
    near = _steady(float(p))
    if near < Decimal("0.001"):
        return "< .001"
    return "> .999" if near > Decimal("0.9994") else rounded(near, 3).removeprefix("0")


def _steady(number: float | Decimal) -> Decimal:
    return Decimal(f"{number:.{KEPT}g}") if isinstance(number, float) else Decimal(number)


def _near(number: float | Decimal, digits: int) -> Decimal:
    return _steady(number).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0  # no -0


def read_format(spec: str) -> tuple[str, int, int]:
    """A format as a sentence writes it: unit ("%", "p" or ""), decimals, and what the number is multiplied by.

    ValueError for any other format than .1f, .1% (of a share), p, d, s or none.

    >>> read_format(".1%"), read_format(".2f"), read_format("p"), read_format("")
    (('%', 1, 100), ('', 2, 1), ('p', 3, 1), ('', 0, 1))
    """
    found = FORMAT.fullmatch(spec)
    if not found:
        raise ValueError(spec)
    if spec == "p":
        return "p", 3, 1
    return ("%" if found[2] == "%" else ""), int(found[1] or 0), (100 if found[2] == "%" else 1)


def plain_number(number):
    """A built-in int, float, str or None for whatever a data frame holds."""
    if number is None or isinstance(number, str):
        return number
    if hasattr(number, "item"):
        number = number.item()
    if isinstance(number, bool):
        return "yes" if number else "no"
    if isinstance(number, int):
        return number
    try:
        number = float(number)
    except (TypeError, ValueError):
        return None if str(number) in {"<NA>", "NaT"} else str(number)
    return None if math.isnan(number) else number + 0.0  # a negative nought is nought


def shown(raw: float | int | str | None, unit: str, digits: int) -> str:
    """A number as a table cell shows it, without its unit.

    >>> shown(26.34, "%", 1), shown(None, "", 0), shown(0.0004, "p", 3)
    ('26.3', '–', '< .001')
    """
    if raw is None:
        return DASH
    if isinstance(raw, str):
        return raw
    if math.isinf(raw):
        return "∞" if raw > 0 else "−∞"
    return p_value(raw) if unit == "p" else rounded(raw, digits)


def with_unit(text: str, unit: str) -> str:
    """A shown number as a sentence says it.

    >>> with_unit("26.3", "%"), with_unit(".032", "p"), with_unit("< .001", "p")
    ('26.3%', 'p = .032', 'p < .001')
    """
    return {"%": f"{text}%", "p": f"p {text}" if text[0] in "<>" else f"p = {text}"}.get(unit, text)


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it stands; labels come from files that others wrote."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|$#~])", r"\\\1", text)

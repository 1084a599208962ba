"""How a number is printed: rounding half up, p-values, dashes, text that cannot pose as markup."""

import re
from decimal import ROUND_HALF_UP, Decimal

DASH = "–"


def rounded(number: float, digits: int = 0) -> str:
    """A number rounded half up, with thousands set off by commas and a true minus sign.

    Examples
    --------
    >>> rounded(14.5), rounded(100 * 0.145), rounded(-0.04, 1), rounded(2e6)
    ('15', '15', '0.0', '2,000,000')
    """
    near = _near(number, digits)
    return f"{abs(near) if near == 0 else near:,}".replace("-", "−")


def round_half_up(number: float, digits: int = 0) -> float:
    """The number that `rounded` writes.

    Examples
    --------
    >>> round_half_up(4.15343915, 1), round_half_up(14.5)
    (4.2, 15.0)
    """
    return float(_near(number, digits)) + 0.0  # a negative nought is nought


def _near(number: float, digits: int) -> Decimal:
    exact = Decimal(f"{number:.12g}") if isinstance(number, float) else Decimal(number)
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def p_value(p: float) -> str:
    """A p-value to three decimals without the leading zero, as the field prints it.

    Examples
    --------
    >>> p_value(0.0321), p_value(0.0004), p_value(0.9999)
    ('.032', '< .001', '> .999')
    """
    if p < 0.001:
        return "< .001"
    return "> .999" if p > 0.9994 else rounded(float(p), 3).removeprefix("0")


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it stands; labels come from files that others wrote."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|$#~])", r"\\\1", text)

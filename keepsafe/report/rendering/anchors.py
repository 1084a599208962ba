"""Addresses within the page: every link ends at something, and none leaves the file."""

import re
from collections.abc import Iterable, Mapping

from keepsafe.problems import InputError, Problem

LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.S)


def resolve_links(html: str, addresses: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """Make links between notebooks links within the page.

    Parameters
    ----------
    html : a chapter.
    addresses : what authors link to ("03_risk_factors.ipynb", "03_risk_factors.ipynb#Section", "#Section") and where
        it is in the page.
    labels : printed names of tables and figures by address; a link to one whose text is only 'Table' or 'Figure'
        shows the printed name.

    Returns
    -------
    The chapter; links to other places have become plain text, followed by the place.
    """

    def resolve(link: re.Match) -> str:
        href, text = link[1], link[2]
        target = addresses.get(href, href)
        if target.partition("#")[0].endswith(".ipynb"):
            return f'<a href="#{target}">{text}</a>'  # no such chapter: check_anchors says so
        if not target.startswith("#"):
            return text if target in text else f'{text} <span class="place">({target})</span>'
        label = labels.get(target[1:])
        return f'<a href="{target}">{label if label and text in {"Table", "Figure"} else text}</a>'

    return LINK.sub(resolve, html)


def check_anchors(html: str) -> None:
    """Refuse a page with a link that ends nowhere, or with two places of one address.

    Raises
    ------
    InputError naming each.
    """
    places = re.findall(r'\sid="([^"]+)"', html)
    known = set(places)
    wanted = dict.fromkeys(re.findall(r'href="#([^"]*)"', html))
    problems = [Problem(f"a link ends nowhere: #{target}") for target in wanted if target not in known]
    problems += [Problem(f"two places have the address #{place}") for place in _repeated(places)]
    if problems:
        raise InputError(problems)


def _repeated(places: Iterable[str]) -> list[str]:
    seen, again = set(), {}
    for place in places:
        again |= {place: None} if place in seen else {}
        seen.add(place)
    return list(again)

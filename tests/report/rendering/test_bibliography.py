"""Works cited: every author and year named in the text stands in the bibliography, and every entry is named."""

import re

import nbformat
import pytest

from keepsafe.report.rendering.appendices import first_author, read_works, year

NAME = r"(?:van |von )?(?![A-Z]{2})[A-Z][\w'’-]+(?: [A-Z][\w’-]+)*"
PERSON = rf"{NAME}(?:, (?:[A-Z]\. ?)+)?"
# A year stands in brackets of its own, or follows the names of several, or ends what stands in brackets.
CITATION = re.compile(
    rf"(?P<first>{NAME})(?:, (?:[A-Z]\. ?)+)?(?P<others>(?:,? {PERSON},?)*,? and {PERSON}|,? et al\.|,? and others)?"
    r"(?: \((?P<own>(?:19|20)\d\d)\)| (?P<year>(?:19|20)\d\d)(?P<end>[);,]?))"
)
NO_NAME = {"In", "The", "Of", "Since", "By", "Until", "From", "University", "Act", "Census"}


def citations(text: str) -> set[tuple[str, str]]:
    """Name of the first author and year of each work that a text cites."""
    found = CITATION.finditer(" ".join(text.replace("*", "").split()))
    return {
        (re.sub("['’]s?$", "", hit["first"]), hit["own"] or hit["year"])
        for hit in found
        if (hit["own"] or hit["others"] or hit["end"]) and (hit["others"] or hit["first"]).split()[-1] not in NO_NAME
    }


@pytest.fixture(scope="module")
def works(compendium):
    return read_works(compendium / "data" / "report" / "bibliography.json")


@pytest.fixture(scope="module")
def texts(compendium):
    """What may cite: the notebooks' prose, the library, and the data's own texts."""
    notebooks = {
        path.name: "\n\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
        for path in (compendium / "notebooks").glob("*.ipynb")
    }
    library = [path for pattern in ("*.py", "*.j2") for path in (compendium / "keepsafe").rglob(pattern)]
    data = [*(compendium / "data").rglob("README.md"), compendium / "data" / "report" / "glossary.csv"]
    return notebooks | {
        str(path.relative_to(compendium)): re.sub(r"\n\s*#", "\n", path.read_text(encoding="utf-8"))
        for path in [*library, *data]
    }


def entries(works, name: str, when: str) -> list[str]:
    return [
        work["id"] for work in works
        if year(work) == when and f" {name}".endswith(f" {first_author(work)}")
    ]  # fmt: skip


def test_every_citation_has_its_entry(works, texts):
    missing = {
        f"{file}: {name} {year}"
        for file, text in texts.items()
        for name, year in citations(text)
        if not entries(works, name, year)
    }
    assert missing == set()


def uncited(works, texts: dict[str, str]) -> set[str]:
    """The works that no text names with their year."""
    everything = " ".join(" ".join(texts.values()).split())
    between = r"(?:(?:[^.]|et al\.|\b[A-Z]\.){0,60}| and others.{0,80})"
    return {
        work["id"]
        for work in works
        if not re.search(rf"\b{re.escape(first_author(work))}\b{between}\b{year(work)}", everything)
    }


def test_every_work_that_is_listed_is_cited(works, texts):
    assert uncited(works, texts) == set()
    assert uncited([*works, works[0] | {"issued": {"date-parts": [[1831]]}}], texts) == {works[0]["id"]}


@pytest.mark.parametrize(
    ("text", "work"),
    [
        ("as shown (Nobody and Someone 2031)", ("Nobody", "2031")),
        ("by Heinze, Wallisch and\nDunkler 2018, in", ("Heinze", "2018")),
        ("Newcombe's (1998) interval", ("Newcombe", "1998")),
        ("Source: van Buuren (2018), *Flexible", ("van Buuren", "2018")),
        ("(Firth 1993; Heinze and Schemper 2002)", ("Firth", "1993")),
        ("(Firth 1993; Heinze and Schemper 2002)", ("Heinze", "2002")),
        ("Hallett, S., Verbruggen, J., Buckley, K. and Robinson, A. (2019) *Keeping", ("Hallett", "2019")),
        ("STROBE (von Elm et al. 2007)", ("von Elm", "2007")),
        ("Welsh Assembly Government (2011) Safeguarding", ("Welsh Assembly Government", "2011")),
    ],
)
def test_a_citation_is_seen(text, work):
    assert work in citations(text)


def test_a_year_alone_is_no_citation():
    text = "In 2019, the report of 2006 (In 2019) said so; phase 1 began in 2006. By 2019, all was told."
    assert citations(text) == set()


def test_a_planted_citation_and_a_stale_entry_are_caught(works):
    assert entries(works, "Nobody", "2031") == []
    assert entries(works, "Firth", "1994") == []
    assert entries(works, "Firth", "1993") == ["firth-1993"]


def test_references_are_complete_and_in_order(works):
    order = [(first_author(work).lower(), year(work)) for work in works]
    assert order == sorted(order)
    for work in works:
        needed = {"container-title", "volume", "page"} if work["type"] == "article-journal" else {"publisher"}
        assert needed <= set(work), work["id"]
        assert re.fullmatch(r"(10\.\d{4,9}/\S+)?", work.get("DOI", "")), work["id"]
    known = [work["DOI"] for work in works if "DOI" in work]
    assert len(known) == len(set(known))

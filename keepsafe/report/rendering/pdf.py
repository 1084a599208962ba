"""The page on paper: a tagged PDF (PDF/UA-1) with contents, page numbers and running titles, set by Typst."""

import json
import shutil
from collections import Counter
from html import escape
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from keepsafe.report.rendering.look import CONTROL, DRAWN, PAGE, as_images, tidy
from keepsafe.report.rendering.tables import fit_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement


STRETCHES = (0.8, 1.25)  # of the space between the rows of a table, one tried after the other
TALLEST, SHEET = (70, 62, 54, 46, 38), 2  # millimetres of the summary's figures, so that it is on so many pages
FONTS = ("font_source_serif_pro", "font_source_sans_pro")


class NoPdf(RuntimeError):
    """No PDF could be made; the message says why."""


def make_pdf(page: str, summary: bool = False) -> bytes:
    """The report's page as PDF/UA: tagged, with contents, page numbers and bookmarks; or its front page alone."""
    try:
        import typst
    except ImportError as error:
        raise NoPdf(f"Typst cannot be loaded ({error})") from None
    report = on_paper(page, summary)
    for ours_alone in (True, False):  # the same on every machine; a letter that ours lack may be on this one
        try:
            return _typeset(report, ours_alone)
        except typst.TypstError as error:
            refused = str(error)
    remedy = "; install a typeface that has it, such as Noto Sans" if "could not be displayed" in refused else ""
    raise NoPdf(f"Typst says: {refused}{remedy}")


def _typeset(report: dict, ours_alone: bool) -> bytes:
    """The PDF; where a page would begin with the last row of a table, that table is set a little closer, or wider."""
    import typst

    fonts = typst.Fonts(not ours_alone, font_paths=[str(files(package) / "files") for package in FONTS])
    with TemporaryDirectory() as place:
        look = shutil.copy(PAGE / "paper.typ", place)
        Path(place, "report.json").write_text(json.dumps(report), encoding="utf-8")
        compiler, spread = typst.Compiler(look, root=place, font_paths=fonts), {}

        def laid_out(label: str) -> list[dict]:
            """What the places of a label say, once all is laid out so spread."""
            Path(place, "spread.json").write_text(json.dumps(spread), encoding="utf-8")
            return json.loads(compiler.query(f"<{label}>", field="value"))

        for stretch in STRETCHES:
            orphans = _orphans(laid_out("tail"))
            if not orphans:
                break
            spread |= dict.fromkeys(orphans, stretch)
        if not report["contents"]:
            for spread["front"] in TALLEST:
                if laid_out("end")[0]["pages"] <= SHEET:
                    break
        Path(place, "spread.json").write_text(json.dumps(spread), encoding="utf-8")
        return compiler.compile(format="pdf", pdf_standards=["ua-1"])


def _orphans(tails: list[dict]) -> list[str]:
    """The tables whose last row stands on another page than the one before it."""
    pages = Counter(table for table, _ in {(tail["table"], tail["page"]) for tail in tails})
    return [table for table, count in pages.items() if count > 1]


# What only a screen shows.
SCREEN_TAGS = ("script", "style", "button", "input", "select", "form", "dialog")
SCREEN_CLASSES = ("contents", "skip", "code", "tool", "card", "on-screen", "chapter-list")
SCREEN_PARTS = ("exhibits", "appendix-scope", "appendix-checklists", "appendix-lines")  # for looking up
SIZES = {"plain": 54.0, "small": 60.4, "broad": 92.8}  # ems in a line of a table: usual type, smaller, on its side
SHORT, LONG = 16, 60  # lines of a table that stays on one page, rows from which type is smaller
WORDY = 2  # lines a row from which rows stand apart
INSETS = {False: 0.36, True: 0.6}  # ems above and below a row, of a wordy table the latter


def on_paper(page: str, summary: bool = False) -> dict:
    """What the printed report holds: title, label (that the files are synthetic, or blank) and body (see `to_node`)."""
    from lxml import html

    tree = html.document_fromstring(as_images(page))
    _leave_out(tree)
    if summary:
        _leave_the_front(tree)
    for value in tree.find_class("value"):  # nothing points at a number here; the register tells
        if "invented" not in value.classes:
            value.drop_tag()
    for turn, table in enumerate(tree.iter("table")):
        table.set("name", f"table {turn}")
        _fit(table)
    _level_headings(tree)
    _keep_together(tree)
    known = {element.get("id") for element in tree.iter() if element.get("id")}
    return {
        "contents": not summary,
        "title": tree.findtext(".//title") or "",
        "label": next((tag.text_content() for tag in tree.find_class("tag")), ""),
        "body": to_node(tree.find("body"), known & {link.get("href", "")[1:] for link in tree.iter("a")}),
    }


def _leave_out(tree: "HtmlElement") -> None:
    from lxml.html.builder import CLASS, E

    gone = [*tree.iter(*SCREEN_TAGS), *tree.xpath("//*[@aria-hidden='true']")]
    gone += [element for name in SCREEN_CLASSES for element in tree.find_class(name)]
    gone += [part for part in tree.iter("article") if part.get("id") in SCREEN_PARTS]
    for fold in tree.find_class("fold"):  # a table too long for paper
        what = fold.findtext("summary").rpartition(": show ")[0]
        where = f"in report.html, and as CSV in tables/{fold.get('data-name')}.csv"
        place = E.P(f"{what}: {where}.", CLASS("source"))
        place.set("id", fold.find(".//div").get("id"))
        fold.addprevious(place)
        gone.append(fold)
    for narrow in tree.find_class("narrow"):  # the front page is set in two columns
        wide, front = narrow.getprevious(), narrow.xpath("ancestor::ol[contains(@class, 'findings')]")
        gone.append(wide if front and _scale(narrow) > _scale(wide) else narrow)
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()


def _scale(picture: "HtmlElement") -> float:
    """How large the letters of a picture come out in a column of the front page."""
    width, height = (float(picture.get(side) or 1) for side in ("width", "height"))
    return min(78 / width, 56 / height)


def _leave_the_front(tree: "HtmlElement") -> None:
    """What a summary holds: the front page with the key to its numbers, its findings and how to cite."""
    for part in [*tree.iter("article"), *tree.xpath("//header[@id='front']/section[not(@class)]")]:
        if part.get("aria-labelledby") not in {"front-cite"}:
            part.drop_tree()
    for words in tree.find_class("of-lines"):
        words.drop_tree()
    for link in list(tree.iter("a")):  # what they lead to is in the report
        link.drop_tag()


def _fit(table: "HtmlElement") -> None:
    """Give each column of a table its share; say what size of type and what space it needs, and whether it is short."""
    rows = len(list(table.iter("tr")))
    size, fit = fit_page(table, dict(list(SIZES.items())[rows > LONG :]))
    table.classes.update({size, "short"} if fit.lines <= SHORT else {size})
    table.set("inset", str(INSETS[fit.lines > WORDY * rows]))
    for row in table.xpath("./tbody/tr")[-2:]:
        row.classes.add("tail")
    table.set("scale", f"{min(SIZES[size] / fit.needed, 1):.3f}")  # what fits no page is set smaller
    table.set("widths", " ".join(f"{width / max(SIZES[size], fit.needed):.4f}" for width in fit.widths))


def _level_headings(tree: "HtmlElement") -> None:
    """Say of each heading its level, none left out, of a chapter's its number, and which the contents leave out."""
    last = 0
    for heading in tree.xpath("//h2 | //h3 | //h4 | //h5 | //h6"):
        last = min(int(heading.tag[1]) - 1, last + 1)
        heading.set("level", str(last))
        if heading.getparent().tag == "header":
            heading.classes.add("chapter")
            heading.set("number", heading.xpath("string(preceding-sibling::p/text())").removeprefix("Chapter").strip())
        if last > 1 and heading.xpath("ancestor::article[not(./header/p)]"):
            heading.classes.add("unlisted")


BRIEF = 190  # letters of a paragraph that stays with what follows it, as its heading does


def _keep_together(tree: "HtmlElement") -> None:
    """A brief paragraph between a heading and a table is not parted from either."""
    for heading in tree.xpath("//h3 | //h4"):
        first = next(heading.itersiblings(), None)
        said = first if first is None or first.tag == "p" else first.find(".//p")
        if said is not None and len(tidy(said.text_content())) <= BRIEF:
            said.classes.add("brief")


BLOCKS = set(
    "body main header nav section article div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote figure figcaption "
    "details summary table caption thead tbody tfoot tr td th".split()
)
NUMBERS = ("colspan", "rowspan", "level")


def to_node(element: "HtmlElement", aims: set[str]) -> dict:
    r"""An element with all that it holds.

    Examples
    --------
    >>> from lxml.html import fragment_fromstring
    >>> node = to_node(fragment_fromstring("<p> So <b>54</b>\n  of them </p>"), set())
    >>> node["kids"][0], node["kids"][1]["kids"], node["kids"][2]
    ('So ', ['54'], ' of them')
    """
    name, aim = element.get("id", ""), element.get("href", "").removeprefix("#")
    node = {"tag": element.tag, "classes": sorted(element.classes), "id": name if name in aims else ""}
    if element.tag == "a" and aim in aims:
        node["href"] = aim
    if element.tag == "img":
        node |= {"svg": _drawing(element), "alt": element.get("alt", "")}
        node |= {side: float(element.get(side) or 0) for side in ("width", "height")}
    if element.tag == "table":
        node["widths"] = [float(width) for width in element.get("widths").split()]
        node |= {name: float(element.get(name)) for name in ("scale", "inset")} | {"name": element.get("name")}
    node |= {name: int(element.get(name)) for name in NUMBERS if element.get(name)}
    return node | {"number": element.get("number", ""), "kids": _kids(element, aims)}


def _kids(element: "HtmlElement", aims: set[str]) -> list:
    if element.tag == "pre":
        return [CONTROL.sub("", element.text_content())]
    kids: list[Any] = [tidy(element.text)]
    for child in element:
        kids += [to_node(child, aims)] if isinstance(child.tag, str) else []
        kids.append(tidy(child.tail))
    if element.tag in BLOCKS:  # a space parts words, not paragraphs
        kids[0] = kids[0].lstrip(" ")
        kids[-1] = kids[-1].rstrip(" ")
        if any(child.tag in BLOCKS for child in element):
            kids = [kid for kid in kids if kid != " "]
    return [kid for kid in kids if kid]


def _drawing(image: "HtmlElement") -> str:
    """A picture as SVG; a photograph stands inside one."""
    address = image.get("src", "")
    if address.startswith(DRAWN):
        return unquote(address.removeprefix(DRAWN))
    size = f'width="{image.get("width", 100)}" height="{image.get("height", 100)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{escape(address)}"/></svg>'

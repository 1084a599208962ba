"""An index of the figures, with the words that belong to each: for whoever takes one figure away."""

from keepsafe.reading.inert import inert_cells
from keepsafe.report.rendering.nodes import tidy

COLUMNS = ["figure", "name", "caption", "note", "alt"]


def figure_index(page: str) -> str:
    """The numbered figures of the report as CSV.

    Parameters
    ----------
    page : the report as `render` makes it.

    Returns
    -------
    CSV, a row a figure in their order: figure (its number), name (of its files: .svg, .png, .csv with its data, .txt),
    caption, note, alt.
    """
    import pandas as pd
    from lxml import html

    rows = []
    for figure in html.document_fromstring(page).xpath("//figure[starts-with(@id, 'figure-')]"):
        label = figure.xpath("string(./figcaption/b)")
        note = " ".join(part.text_content() for part in figure.find_class("note"))
        caption = tidy("".join(part.text_content() for part in figure.iter("figcaption")))
        caption = caption.removeprefix(label).removesuffix(note).strip()
        alt = tidy(figure.xpath("string(.//img/@alt)")).strip()
        rows.append([label.removeprefix("Figure ").rstrip("."), figure.get("id")[7:], caption, note, alt])
    return inert_cells(pd.DataFrame(rows, columns=COLUMNS, dtype=str)).to_csv(index=False, lineterminator="\n")

"""One page that shows an audited table with its cells marked, the arithmetic where the pointer or the focus is."""

import re
from html import escape
from importlib.resources import files

import pandas as pd

from keepsafe import __version__
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, ITEMS, SEVERITY, UNCHECKED, UNDER, counted
from keepsafe.audit.layout import Table

MEANING = (
    "‘Cannot hold’ means that the figures, as typed here, cannot all come from the same persons by any usual "
    "rounding or test. It says nothing of how that came about: a slip in typing this table, in print, or a case left "
    "out is as likely as any other reason. Look at the printed page first."
)
TITLES = {
    CANNOT: "Cannot hold",
    UNDER: "Holds only under a condition",
    HINT: "Hints: what would mend a finding",
    UNCHECKED: "Not checked",
    HOLDS: "Holds",
}
MARKS = {
    CANNOT: ("cannot", "✗"),
    UNDER: ("under", "?"),
    HOLDS: ("holds", ""),
    UNCHECKED: ("unchecked", ""),
    HINT: ("", ""),
}


def page_of(table: Table, found: pd.DataFrame) -> str:
    """The page, as HTML that needs no network and no script.

    Parameters
    ----------
    table : as it was read. found : its checks, as `keepsafe.audit_table` returns them.
    """
    grid, title = table.grid, f"Can it be true? {table.grid.file}"
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    by_cell: dict[str, list[int]] = {}
    for number, cells in enumerate(found["cell"]):
        for address in cells.split():
            by_cell.setdefault(address, []).append(number)
    items = "; ".join(f"{key} {text}" for key, text in ITEMS.items())
    marks = [by_cell.get(grid.address(-1, column), []) for column in range(len(grid.heads))]
    heads = "".join(_head(head, numbers, found) for head, numbers in zip(grid.heads, marks, strict=True))
    lines = []
    for row, texts in enumerate(grid.rows):
        cells = [_cell(text, by_cell.get(grid.address(row, column), []), found, column == 0)
                 for column, text in enumerate(texts)]  # fmt: skip
        lines.append(f"<tr>{''.join(cells)}</tr>")
    sections = []
    for verdict in SEVERITY[:-1]:
        mine = found.index[found["verdict"] == verdict]
        if len(mine):
            told = "\n".join(_item(number, found.loc[number]) for number in mine)
            sections.append(f'<h2>{TITLES[verdict]} ({len(mine)})</h2>\n<ol class="findings">\n{told}\n</ol>')
    read = ", ".join(
        f"{escape(group.heading)}{'' if group.n is None or str(group.n) in group.heading else f' (n = {group.n})'}"
        for group in table.groups
    )
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(counted(found))}. Read: {len(table.rows)} rows; columns of figures: {read}.</p>
<p class="quiet">{MEANING}</p>
<h2>The table as typed</h2>
<p class="quiet">Marked cells (✗ cannot hold, ? holds only under a condition) show their arithmetic under the pointer,
or when reached with the Tab key, and lead to the finding.</p>
<div class="table" tabindex="0" role="region" aria-label="The table as typed">
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{chr(10).join(lines)}
</tbody>
</table>
</div>
{chr(10).join(sections)}
<p class="quiet">Numbers in brackets are checks of INSPECT-SR: {items}.
Made by keepsafe {__version__}.</p>
</main>
</body>
</html>
"""


def _head(text: str, numbers: list[int], found: pd.DataFrame) -> str:
    marked = _cell(text, numbers, found, False)
    return re.sub(r"^<td(.*)</td>$", r'<th scope="col"\1</th>', marked, flags=re.DOTALL)


def _cell(text: str, numbers: list[int], found: pd.DataFrame, head: bool) -> str:
    shown = escape(text.strip())
    if head and not numbers:
        return f'<th scope="row">{shown}</th>' if shown else "<td></td>"
    open_ = [number for number in numbers if found.at[number, "verdict"] in (CANNOT, UNDER, HINT)]
    if not open_:
        verdicts = {found.at[number, "verdict"] for number in numbers}
        name = "unchecked" if verdicts == {UNCHECKED} else ""
        return f"<td{f' class={chr(34)}{name}{chr(34)}' if name else ''}>{shown}</td>"
    worst = min((found.at[number, "verdict"] for number in open_), key=SEVERITY.index)
    name, sign = MARKS[worst]
    told = "".join(f"<span>{escape(found.at[number, 'explanation'])}</span>" for number in open_)
    return (f'<td class="{name}"><a href="#finding-{open_[0]}">{shown or "(blank)"}<span class="sign">{sign}</span></a>'
            f'<span class="arithmetic" role="note">{told}</span></td>')  # fmt: skip


def _item(number: int, row: pd.Series) -> str:
    where = " · ".join(part for part in (row["cell"], row["row"], row["column"], row["check"]) if part)
    item = f" [{row['item']}]" if row["item"] else ""
    under = f' <span class="verdict">Holds only under {escape(row["under"])}.</span>' if row["under"] else ""
    return (f'<li id="finding-{number}"><span class="where">{escape(where)}{item}</span>'
            f"{escape(row['explanation'][:1].upper() + row['explanation'][1:])}.{under}</li>")  # fmt: skip

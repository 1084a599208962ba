"""One page that shows an audited table with its cells marked, the arithmetic where the pointer or the focus is."""

from html import escape

import pandas as pd

from keepsafe import __version__
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, ITEMS, SEVERITY, UNCHECKED, UNDER, counted
from keepsafe.audit.layout import Table

MEANING = (
    "‘Cannot hold’ means that the figures, as typed here, cannot all come from the same persons by any usual rounding or "
    "test. It says nothing of how that came about: a slip in typing this table, in print, or a case left out is as "
    "likely as any other reason. Look at the printed page first."
)
TITLES = {CANNOT: "Cannot hold", UNDER: "Holds only under a condition", HINT: "Hints: what would mend a finding",
          UNCHECKED: "Not checked", HOLDS: "Holds"}  # fmt: skip
MARKS = {CANNOT: ("cannot", "✗"), UNDER: ("under", "?"), HOLDS: ("holds", ""), UNCHECKED: ("unchecked", ""), HINT: ("", "")}

STYLE = """
:root { --paper: #fdfcfa; --card: #fff; --ink: #1d1f21; --quiet: #595d62; --hair: #dcd8d1; --line: #8d9196; --wash: #f4f1eb;
  --accent: #0d5160; --mark: #8a4b08; --cannot: #f6d9cd; --under: #f7ebc6; color-scheme: light dark;
  --serif: "Source Serif Pro", "Source Serif 4", "Iowan Old Style", Palatino, Georgia, "Noto Serif", serif;
  --sans: "Source Sans Pro", "Source Sans 3", "Segoe UI", system-ui, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #17191b; --card: #202427; --ink: #e6e3dd; --quiet: #a9abac;
  --hair: #3a3e41; --line: #81868a; --wash: #1f2326; --accent: #86cbd9; --mark: #e8b473; --cannot: #5a2a1c; --under: #4a3f17; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 3rem 1.25rem 9rem; background: var(--paper); color: var(--ink);
  font: 1.06rem/1.55 var(--serif); font-variant-numeric: lining-nums; overflow-wrap: break-word; }
h1 { font-size: 2.3rem; line-height: 1.1; font-weight: 600; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; font-weight: 600; margin: 2.6rem 0 .7rem; }
p { max-width: 38rem; margin: 0 0 1rem; }
a { color: var(--accent); } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.quiet, td small { color: var(--quiet); font-size: .88em; }
.table { overflow-x: auto; } table { border-collapse: collapse; font: .9rem/1.4 var(--sans); }
th, td { padding: .3rem .8rem .3rem .4rem; text-align: left; vertical-align: baseline; font-weight: 400;
  border-bottom: 1px solid var(--hair); }
thead th { font-weight: 600; vertical-align: bottom; border-top: 1.5px solid var(--ink); border-bottom: 1px solid var(--ink); }
td.cannot { background: var(--cannot); } td.under { background: var(--under); } td.unchecked { color: var(--quiet); }
td a { color: inherit; text-decoration-thickness: .06em; text-underline-offset: .18em; }
.sign { font-weight: 600; margin-left: .3rem; }
.arithmetic { display: none; position: fixed; left: 1rem; right: 1rem; bottom: 1rem; max-width: 46rem; margin: 0 auto; z-index: 5;
  padding: .8rem 1rem; background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 5px;
  box-shadow: 0 .4rem 1.6rem rgb(0 0 0 / .2); font: .92rem/1.45 var(--sans); white-space: normal; }
td a:hover + .arithmetic, td a:focus + .arithmetic { display: block; }
.arithmetic > span { display: block; } .arithmetic > span + span { margin-top: .4rem; }
ol.findings { list-style: none; padding: 0; } ol.findings li { border-top: 1px solid var(--hair); padding: .7rem 0; max-width: 52rem; }
.where { display: block; font: 600 .88rem/1.4 var(--sans); } .verdict { color: var(--mark); }
li:target { background: var(--wash); }
@media print { .arithmetic { display: none !important; } body { padding: 0; font-size: 10pt; } td { print-color-adjust: exact; } }
"""


def page_of(table: Table, found: pd.DataFrame) -> str:
    """The page, as HTML that needs no network and no script.

    Parameters
    ----------
    table : as it was read. found : its checks, as `keepsafe.audit_table` returns them.
    """
    grid, title = table.grid, f"Can it be true? {table.grid.file}"
    by_cell: dict[str, list[int]] = {}
    for number, cells in enumerate(found["cell"]):
        for address in cells.split():
            by_cell.setdefault(address, []).append(number)
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in grid.heads)
    lines = []
    for row, texts in enumerate(grid.rows):
        cells = [_cell(text, by_cell.get(grid.address(row, column), []), found, column == 0)
                 for column, text in enumerate(texts)]  # fmt: skip
        lines.append(f"<tr>{''.join(cells)}</tr>")
    sections = []
    for verdict in SEVERITY[:-1]:
        mine = found.index[found["verdict"] == verdict]
        if len(mine):
            items = "\n".join(_item(number, found.loc[number]) for number in mine)
            sections.append(f'<h2>{TITLES[verdict]} ({len(mine)})</h2>\n<ol class="findings">\n{items}\n</ol>')
    read = ", ".join(f"{escape(group.heading)}{'' if group.n is None or str(group.n) in group.heading else f' (n = {group.n})'}"
                     for group in table.groups)  # fmt: skip
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(counted(found))}. Read: {len(table.rows)} rows; columns of figures: {read}.</p>
<p class="quiet">{MEANING}</p>
<h2>The table as typed</h2>
<p class="quiet">Marked cells (✗ cannot hold, ? holds only under a condition) show their arithmetic under the pointer, or when
reached with the Tab key, and lead to the finding.</p>
<div class="table" tabindex="0" role="region" aria-label="The table as typed">
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{chr(10).join(lines)}
</tbody>
</table>
</div>
{chr(10).join(sections)}
<p class="quiet">Numbers in brackets are checks of INSPECT-SR: {"; ".join(f"{key} {text}" for key, text in ITEMS.items())}.
Made by keepsafe {__version__}.</p>
</main>
</body>
</html>
"""


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

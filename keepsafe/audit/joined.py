"""What stands apart in a typed table and belongs together: two rows of headings, columns, rows of statistics."""

import re

from keepsafe.audit.cells import cell
from keepsafe.audit.headings import ALONE, BARE_SIZE, HEAD_KIND, PART, ROLES, SIZE_ALONE, SIZED

STACKED = {"n": "n", "no": "n", "mean": "mean", "average": "mean", "se": "se", "sem": "se"}  # names of rows
STACKED |= dict.fromkeys(("sd", "s.d", "std dev", "std. dev", "std. deviation", "standard deviation", "stddev"), "sd")


def two_rows(heads: list[str], below: list[str]) -> bool:
    """Whether the row below the headings has headings too: texts beneath one that reaches over them, sizes, kinds."""
    said = [text.strip() for text in below]
    filled = [text for text in said if text]
    if not said[0] and filled and not any(SIZED.search(head) for head in heads):
        if all(SIZE_ALONE.fullmatch(text) for text in filled):
            return True
    if len(filled) > 1 and not said[0] and all(HEAD_KIND.fullmatch(text) for text in filled):
        return True
    plain = all(cell(re.sub(r"[(\[].*", "", text)).form in ("unknown", "blank") for text in said)
    return (
        plain
        and len(filled) > 1
        and any(text and (place >= len(heads) or not heads[place]) for place, text in enumerate(said) if place)
    )


def one_row(heads: list[str], below: list[str], reaches: list[str]) -> list[str]:
    """Two rows of headings as one; a heading reaches over the blanks beside it, or as far as its cells are merged."""
    made, carry, width = [], "", max(len(heads), len(below))
    from openpyxl.utils import range_boundaries

    over = {place for left, _, right, _ in map(range_boundaries, reaches) for place in range(left - 1, right)}
    for place in range(width):
        own, text = (row[place].strip() if place < len(row) else "" for row in (heads, below))
        carry = own or (carry if place in over or not over else "")
        size = SIZE_ALONE.fullmatch(text)
        text = f"(n={size[1].strip()})" if size else text
        made.append(text if _alone(text) and not own and not over else under(carry if text else own, text))
    return [" ".join(text.split()) for text in made]


def _alone(text: str) -> bool:
    """Whether a heading is of no group, whatever stands above it."""
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for role, pattern in ROLES if role in ALONE)


def under(heading: str, text: str) -> str:
    """A heading with the one beneath it, the number of cases last; a test with the comparison that it is of."""
    if _alone(text):
        return f"{text} ({heading})" if re.search(r"\b(vs?|versus|against)\b", heading) else text
    size = SIZED.search(heading) or BARE_SIZE.search(heading)
    name = heading[: size.start()] if size else heading
    return f"{name} {text} {size[0].strip() if size else ''}".strip()


def columns_joined(heads: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]], tuple[int, ...]]:
    """Columns of one group that stand apart (drug mean, drug SD, drug n) as the one that they make; which are kept."""
    parts: dict[str, dict[str, int]] = {}
    sizes: dict[str, str] = {}
    for place, head in enumerate(heads):
        size = SIZED.search(head)
        found = PART.fullmatch(head[: size.start()].strip() if size else head)
        if found:
            base = (found[1] or "").strip(" ,:(_-")
            size = size or SIZED.search(base)  # drug (n=34) M
            base = re.sub(SIZED, "", base).strip()
            sizes[base] = sizes.get(base) or (size[0].strip() if size else "")
            name = {"m": "mean", "no": "n", "percent": "%", "s.d.": "sd"}.get(found[2].lower(), found[2].lower())
            parts.setdefault(base or "figures", {}).setdefault(name, place)
    parts = {
        base: at
        for base, at in parts.items()
        if {"mean", "sd"} <= set(at) or {"mean", "se"} <= set(at) or {"n", "%"} <= set(at)
    }
    if not parts:
        return heads, rows, ()
    first = {min(at.values()): (base, at) for base, at in parts.items()}
    gone = {place for at in parts.values() for place in at.values()} - set(first)
    kept = [place for place in range(len(heads)) if place not in gone]
    named_ = {base: f"{base} {sizes.get(base, '')}".strip() for base in parts}
    heads = [named_[first[place][0]] if place in first else heads[place] for place in kept]

    def joined(row: list[str], place: int) -> str:
        if place not in first:
            return row[place]
        return _one({name: row[k].strip() for name, k in first[place][1].items()})

    return heads, [[joined(row, place) for place in kept] for row in rows], tuple(kept)


def rows_joined(rows: list[list[str]]) -> tuple[list[list[str]], list[int]]:
    """Rows 'Mean' and 'SD' beneath each other, and 'n' above them, as the one row that they make; which are kept."""
    rows, gone = [list(row) for row in rows], set()
    for place in range(min(3, len(rows[0]) if rows else 0)):
        names = [STACKED.get(row[place].strip(" :,.·-–").casefold(), "") for row in rows]
        for at in (k for k, name in enumerate(names) if name == "mean"):
            below = next((k for k in (at + 1, at + 2) if k < len(rows) and names[k] in ("sd", "se", "mean")), None)
            if below is None or names[below] == "mean" or any(rows[below][:place]):
                continue
            above = at - 1 if at and names[at - 1] == "n" and not any(rows[at][:place]) else None
            sizes = rows[above] if above is not None else [""] * len(rows[at])
            texts = [map(str.strip, row[place + 1 :]) for row in (rows[at], rows[below], sizes)]
            made = [_stacked(names[below], *cells) for cells in zip(*texts, strict=True)]
            if None in made:
                continue
            rows[at][place + 1 :] = made
            if above is not None:
                rows[at][:place] = sizes[:place]
            rows[at][place] = re.sub(r"\S.*", f"Mean ({names[below].upper()})", rows[at][place])
            gone |= {below} if above is None else {below, above}
    kept = [k for k in range(len(rows)) if k not in gone]
    return [rows[k] for k in kept], kept


def _stacked(name: str, mean: str, spread: str, n: str) -> str | None:
    """A cell of a mean, the SD or SE beneath it and the n above; None where two of them cannot be one."""
    if cell(mean).form == cell(spread).form == "number":
        return _one({"mean": mean, name: spread, "n": n if n.isdecimal() else ""})
    return None if mean and spread else mean or spread or n


def _one(said: dict[str, str]) -> str:
    """A cell of the texts that stand apart."""
    n, percent = said.get("n", ""), said.get("%", "").rstrip("% ")
    if said.get("mean"):
        spread = f" ({said['sd']})" if said.get("sd") else f" (SE {said['se']})" if said.get("se") else ""
        return f"{said['mean']}{spread}" + (f" [{n}]" if n else "")
    return f"{n} ({percent}%)" if n and percent else n or (f"{percent}%" if percent else "")

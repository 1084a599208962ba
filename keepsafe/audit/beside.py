"""What stands beside the columns of figures: p, test statistics, estimates with their interval, standard errors."""

import re
from dataclasses import replace

from keepsafe.audit.cells import Cell, cell, p_value, plain, statistic
from keepsafe.audit.rows import SHARES, Row, Table


def beside(table: Table, row: Row, roles: list[str], texts: list[str], comma: bool, at: dict[str, int]) -> None:
    """What stands beside the groups: p, statistics, estimates with their interval, standard errors."""
    grid, loose, before = table.grid, [], None
    for place, role in enumerate(roles):
        before = before if role in ("p", "interval", "low", "high", "se", "statistic") else None
        text, head, address = texts[place].strip(), grid.heads[place], grid.address(row.line, place)
        if not text or cell(text).form == "blank":
            continue
        wrong = ""
        if role == "p":
            p = p_value(text, comma)
            row.p += [(p, head, address)] if p else []
            if before:
                row.p_of[address], before = before, None
            wrong = "" if p else "no p-value; write it as 0.023, <.001 or ns"
        elif role == "statistic":
            headed = f"{head} = {text}" if "(" in head and re.fullmatch("-?[0-9.,]+", text) else text
            found = statistic(headed, comma, re.sub(r"[- ]?(test|value)$", "", head, flags=re.IGNORECASE))
            inside = re.search(r"\bp\s*([=<>].*)$", text, re.IGNORECASE)
            if found:
                if not found.df and "df" in at and re.fullmatch(r"[0-9.]+([,;] ?[0-9.]+)?", texts[at["df"]].strip()):
                    found = replace(found, df=tuple(map(float, re.split("[,;] ?", texts[at["df"]].strip()))))
                n = texts[at["total n"]].strip() if "total n" in at else ""
                if found.name == "r" and not found.df and n.isdecimal() and int(n) > 2:
                    found = replace(found, df=(int(n) - 2.0,))
                row.statistic = found, head, address
            elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain(text, comma)):
                row.unnamed = text, head, address  # a number: of which test, its row tells
            else:
                row.test = text
            if inside and (p := p_value(inside[1], comma)):
                row.p.append((p, head, address))
        elif role in ("estimate", "interval"):
            read = cell(text, comma)
            if read.form == "pair" and re.search(r"\(\s*s\.? ?e", head, re.IGNORECASE):
                row.se, row.se_of = Cell(read.numbers[1].text, "number", read.numbers[1:]), address
                read = replace(read, form="number", numbers=read.numbers[:1])
            if read.form in ("interval", "range", "number", "percent", "pair"):
                loose.append((role, read, head, address))
                before = before if role == "interval" and before else (head, address)
            elif re.search("change", head, re.IGNORECASE):
                wrong = "a change within persons, which no means before and after give"
            else:
                wrong = "no estimate; write it as 1.8 (1.1 to 2.9)"
        elif role == "se":
            row.se, row.se_of = cell(text, comma), loose[-1][3] if loose else ""
        elif role == "rate":
            table.unread.append((row.name, head, address, text, "a rate or time at risk: kept, and not checked"))
        if wrong:
            table.unread.append((row.name, head, address, text, wrong))
    ends = [cell(texts[at[role]], comma) for role in ("low", "high") if role in at]
    if len(ends) == 2 and all(end.form == "number" for end in ends):
        both = Cell(f"{ends[0].text} to {ends[1].text}", "range", ends[0].numbers + ends[1].numbers)
        loose.append(("interval", both, grid.heads[at["low"]], grid.address(row.line, at["low"])))
    row.estimates = _joined(loose)


def _joined(loose: list[tuple[str, Cell, str, str]]) -> list[tuple[Cell, str, str]]:
    """Estimates with the interval of the column after them, where that is a column of its own."""
    found = []
    for role, read, head, address in loose:
        last = found[-1] if found else None
        if role == "interval" and read.form == "range" and last and last[0].form in ("number", "pair"):
            whole = Cell(f"{last[0].text} ({read.text})", "interval", last[0].numbers[:1] + read.numbers)
            found[-1] = whole, f"{last[1]} {head}", last[2]
        else:
            found.append((read, head, address))
    return found


def name_statistic(table: Table, row: Row, comma: bool) -> None:
    """A number under a heading of no certain test is of the test that its row allows."""
    if not row.unnamed or row.statistic:
        return
    text, head, address = row.unnamed
    many = sum(not group.whole for group in table.groups)
    name = "chi2" if row.kind.form in SHARES else "t" if many == 2 else "F"
    known = row.kind.form in SHARES or row.kind.form.startswith("mean")
    found = statistic(text, comma, name) if known and name in _named(head) else None
    if found:
        row.statistic = replace(found, text=f"{name} = {text}"), head, address
    else:
        table.unread.append((row.name, head, address, text, "a statistic of a test that its heading does not name"))


def _named(heading: str) -> set[str]:
    """The statistics that a heading may be of: those it names, or any."""
    said = {
        "chi2" if found in "χx" or found.startswith("chi") else found.upper() if found == "f" else found
        for found in re.findall(r"chi|[tfzχx](?![a-z])", heading.lower())
    }
    return said or {"t", "F", "chi2"}

"""What stands around a row's figures: p, tests and estimates beside them, its levels or statistics beneath its name.

And what its cells hold where no word says it.
Longer than 300 lines: each of these is known by the others.
"""

import re
from dataclasses import replace

from keepsafe.audit.cells import Cell, cell, p_value, plain, statistic
from keepsafe.audit.rows import SHARES, UNKNOWN, Entry, Row, Table

BULLET = re.compile(r"[-–—•·*>]\s+(?=\S)")
BETA = re.compile(r"((std\.?|standardi[sz]ed) )?(coefficients? )?(beta|β)( weight| coefficient)?s?", re.IGNORECASE)
STATISTICS = (
    r"mean|median|average|sd|sem?|iqr|range|min|max|minimum|maximum|q1|q3|n|no|number|ci|geometric|and|to|whole|"
    r"standard|deviation|error|interquartile|quartiles?"
)


def beside(table: Table, row: Row) -> None:
    """What stands beside the groups: p, statistics, estimates with their interval, standard errors."""
    grid, comma, before = table.grid, table.comma, None
    for place, role in enumerate(table.roles):
        before = before if role in ("p", "interval", "low", "high", "se", "statistic") else None
        text, head, address = grid.rows[row.line][place].strip(), grid.heads[place], grid.address(row.line, place)
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
            _statistic(table, row, text, head, address)
        elif role in ("estimate", "interval"):
            read = cell(text, comma)
            if read.form == "pair" and re.search(r"\(\s*s\.? ?e", head, re.IGNORECASE):
                row.se, row.se_of = Cell(read.numbers[1].text, "number", read.numbers[1:]), address
                read = replace(read, form="number", numbers=read.numbers[:1])
            if read.form in ("interval", "range", "number", "percent", "pair"):
                _estimate(row, role, read, head, address)
                before = before if role == "interval" and before else (head, address)
            elif re.search("change", head, re.IGNORECASE):
                wrong = "a change within persons, which no means before and after give"
            else:
                wrong = "no estimate; write it as 1.8 (1.1 to 2.9)"
        elif role == "se":
            row.se, row.se_of = cell(text, comma), row.estimates[-1][2] if row.estimates else ""
        elif role == "rate":
            what = "a weight" if head.lower().startswith("weight") else "a rate or time at risk"
            wrong = f"{what}: kept, and not checked"
        if wrong:
            table.unread.append((row.name, head, address, text, wrong))
    low, high = (cell(table.said(row.line, role), comma) for role in ("low", "high"))
    if low.form == high.form == "number":
        both = Cell(f"{low.text} to {high.text}", "range", low.numbers + high.numbers)
        place = table.roles.index("low")
        _estimate(row, "interval", both, grid.heads[place], grid.address(row.line, place))


def _statistic(table: Table, row: Row, text: str, head: str, address: str) -> None:
    """A test statistic, with the df and number of cases beside it; a p in its cell; or the name of a test."""
    headed = f"{head} = {text}" if "(" in head and re.fullmatch("[-−–]?[0-9.,·]+", text) else text
    with_df = re.fullmatch(r"(\S+) ?[(\[]([0-9][0-9.,; ]*)[)\]]", text) if "df" in head.lower() else None
    if with_df:  # 12.3 (2) under 'χ² (df)'
        headed = f"{head.partition('(')[0].strip()}({with_df[2]}) = {with_df[1]}"
    wald = head.lower().startswith("wald")
    name = "chi2" if wald and "z" not in head.lower() else re.sub("wald ?", "", head, flags=re.IGNORECASE)
    found = statistic(
        headed, table.comma, re.sub(r"[- ]?(test|value|ratio|stat|statistic)$", "", name, flags=re.IGNORECASE)
    )
    if found and found.name == "r" and row.statistic:  # an effect size beside a t
        table.unread.append((row.name, head, address, text, "an r beside another statistic: kept, and not checked"))
    elif found:
        df, n = table.said(row.line, "df"), table.said(row.line, "total n")
        if not found.df and re.fullmatch(r"[0-9.]+([,;] ?[0-9.]+)?", df):
            found = replace(found, df=tuple(map(float, re.split("[,;] ?", df))))
        if wald and found.name == "chi2" and not found.df:
            found = replace(found, df=(1.0,))
        if found.name == "r" and not found.df and n.isdecimal() and int(n) > 2:
            found = replace(found, df=(int(n) - 2.0,))
        row.statistic = found, head, address
    elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain(text, table.comma)):
        row.unnamed = text, head, address  # a number: of which test, its row tells
    else:
        row.test = text
    inside = re.search(r"\bp\s*([=<>].*)$", text, re.IGNORECASE)
    if inside and (p := p_value(inside[1], table.comma)):
        row.p.append((p, head, address))


def _estimate(row: Row, role: str, read: Cell, head: str, address: str) -> None:
    """One more estimate of a row; an interval in a column of its own is of the estimate before it.

    A standardised coefficient has none: an interval after it is of the coefficient before.
    """
    at = len(row.estimates) - 1
    if at > 0 and BETA.fullmatch(row.estimates[at][1]):
        at -= 1
    last, own, place = row.estimates[at] if row.estimates else (None, "", "")
    if role == "interval" and read.form == "range" and last and last.form in ("number", "pair"):
        whole = Cell(f"{last.text} ({read.text})", "interval", last.numbers[:1] + read.numbers)
        row.estimates[at] = whole, f"{own} {head}", place
    else:
        row.estimates.append((read, head, address))


def name_statistic(table: Table, row: Row) -> None:
    """A number under a heading of no certain test is of the test that its row allows."""
    if not row.unnamed or row.statistic:
        return
    text, head, address = row.unnamed
    many = sum(not group.whole for group in table.groups)
    name = "chi2" if row.kind.form in SHARES else "t" if many == 2 else "F"
    known = row.kind.form in SHARES or row.kind.form.startswith("mean")
    letters = {"chi": "chi2", "χ": "chi2", "x": "chi2", "f": "F"}
    headed = {letters.get(said, said) for said in re.findall(r"chi|[tfzχx](?![a-z])", head.lower())}
    found = statistic(text, table.comma, name) if known and (name in headed or not headed) else None
    if found:
        row.statistic = replace(found, text=f"{name} = {text}"), head, address
    else:
        table.unread.append((row.name, head, address, text, "a statistic of a test that its heading does not name"))


def indent(text: str) -> int:
    """How far a name is indented, by blanks or a bullet.

    >>> indent("  female"), indent("– female"), indent("female")
    (2, 1, 0)
    """
    text = text.expandtabs(4)
    return len(text) - len(text.lstrip()) + bool(BULLET.match(text.strip()))


def inherit(row: Row, above: Row) -> None:
    """What stands beside a variable's name is of its rows together; the first of them carries it."""
    for name, nothing in {"p": [], "statistic": None, "test": ""}.items():
        if getattr(above, name) and not getattr(row, name):
            setattr(row, name, getattr(above, name))
            setattr(above, name, nothing)
    row.kind = row.kind if row.kind.form else replace(row.kind, form=above.kind.form, several=above.kind.several)


def stubs(table: Table) -> None:
    """Rows beneath a name that has no figures: a statistic of it, its levels, or rows that stand alone."""
    rows, indented = table.rows, any(row.indent for row in table.rows)
    for place, head in enumerate(rows):
        if not head.heads:
            continue
        block: list[Row] = []
        for row in rows[place + 1 :]:
            if row.heads or row.level or (indented and row.indent <= head.indent):
                break
            other = row.kind.form not in ("", *SHARES) and not is_statistic(row.variable)
            if not indented and block and (other or (row.p and head.p)):
                break
            block.append(row)
        statistics = [row for row in block if is_statistic(row.variable)]
        shares = [row for row in block if row not in statistics and _counted(row)]
        for row in statistics:
            row.stub, row.variable = row.variable, head.variable
            row.ranked = any(other.kind.form == "median" for other in block)
            if not any(other.p for other in block):
                inherit(row, head)
        _reached(statistics)
        if not shares or head.kind.form.startswith("me"):
            continue
        many = _complete(table, shares, indented)
        if not many and indented and head.p:  # a p beside the name is of all its levels
            many = len(shares)
        if not many and len(shares) == 1 and shares[0].variable.lower() in ("yes", "no"):
            many = 1
        for row in shares[:many]:
            row.variable, row.level = head.variable, row.variable
            inherit(row, head)
        if not many and len(shares) > 1 and not head.kind.several:
            table.loose.append((head.variable, [entry for row in shares for entry in row.entries.values()]))


def _reached(statistics: list[Row]) -> None:
    """A row 'Range' beneath a name has the lowest and highest values of the mean beside it."""
    for row in statistics:
        if not re.search(r"\brange\b|\bmin", row.stub, re.IGNORECASE) or "inter" in row.stub.lower():
            continue
        for other in statistics:
            for name, entry in row.entries.items():
                mine = other.entries.get(name)
                if mine and mine.n and mine.cell.form in ("pair", "mean sd") and entry.cell.form == "range":
                    mine.cell = replace(mine.cell, reach=(entry.cell.numbers[0], entry.cell.numbers[1]))
                    entry.checked = True


def unanswered(table: Table) -> None:
    """A row 'Unknown' of counts alone, beneath a variable, leaves its number out of what the variable is of."""
    for row, below in zip(table.rows, table.rows[1:], strict=False):
        told = below.level or below.variable
        if not UNKNOWN.search(told) or any(e.cell.form != "number" for e in below.entries.values()):
            continue
        variable = below.variable if below.level else row.variable
        others = [each for each in table.rows if each.variable == variable and each is not below]
        for name, without in below.entries.items():
            mine = [other.entries[name] for other in others if name in other.entries]
            gone = without.cell.numbers[0]
            if not gone.whole or any(e.own or not e.n or gone.value >= e.n for e in mine) or _of_everybody(mine):
                continue
            for entry in mine:
                entry.n, entry.own = entry.n - int(gone.value), True
            without.reasons.append("taken from the cases of the row above")


def _of_everybody(entries: list[Entry]) -> bool:
    """Whether there are percentages, and all are of the full number of cases."""
    pairs = [e for e in entries if len(e.cell.numbers) == 2 and e.cell.form in ("pair", "count percent")]
    shares = [(e.n, e.cell.numbers[0], e.cell.numbers[1]) for e in pairs]
    return bool(shares) and all(k.whole and abs(100 * k.value / n - p.value) <= p.half for n, k, p in shares)


def is_statistic(name: str) -> bool:
    """Whether a name is that of a statistic alone: 'Mean (SD)'; 'no' may be a level, and so may N, of a code.

    >>> is_statistic("Mean (SD)"), is_statistic("no"), is_statistic("1-2")
    (True, False, False)
    """
    found = re.fullmatch(rf"({STATISTICS}|[\W0-9])+", name, re.IGNORECASE) and re.search("[a-z]", name, re.IGNORECASE)
    return bool(found) and name.lower() not in ("no", "n")


def _counted(row: Row) -> bool:
    """Whether a row's cells can be counts or percentages."""
    if row.kind.form:
        return row.kind.form in SHARES
    read = [(entry.cell.form, entry.cell.numbers[0]) for entry in row.entries.values()]
    counts = ("count percent", "pair", "number")
    return all(form == "percent" or (form in counts and first.whole and not first.decimals) for form, first in read)


def _complete(table: Table, rows: list[Row], indented: bool) -> int:
    """How many of the rows are levels that make up their groups, in half of the columns at least; 0 if none do."""
    best = (0, 0)
    for many in [len(rows)] if indented else range(2, len(rows) + 1):
        whole = tried = 0
        for group in table.groups:
            read = [row.entries[group.name].cell for row in rows[:many] if group.name in row.entries]
            if not read or any(len(each.numbers) not in (1, 2) for each in read):
                continue
            tried += 1
            firsts = [each.numbers[0] for each in read]
            percents = [each.numbers[-1] for each in read if len(each.numbers) == 2 or each.form == "percent"]
            slack = sum(number.half for number in percents) + 1e-9
            hundred = len(percents) == len(read) and abs(sum(number.value for number in percents) - 100) <= slack
            counted = all(number.whole for number in firsts) and sum(number.value for number in firsts) == group.n
            whole += hundred or counted
        if many > 1 and whole and 2 * whole >= tried:
            best = max(best, (whole, many))  # a column may be complete before its last level, which is 0 in it
    return best[1]


def settle(row: Row) -> None:
    """Which number of a pair is which, and the kind of a row from what its cells look like where nothing says it."""
    pairs = [e for e in row.entries.values() if e.cell.form == "pair" and e.n and e.cell.numbers[1].whole]
    read = [(e.n, e.cell.numbers[0], e.cell.numbers[1]) for e in pairs]
    turned = sum(abs(100 * k.value / n - percent.value) <= percent.half for n, percent, k in read)
    right = sum(abs(100 * k.value / n - percent.value) <= 1 for n, k, percent in read)
    said = row.kind.form in ("", "count percent", "percent")
    if said and 2 * turned > len(row.entries) and turned > right:  # percentages printed before their counts
        for entry in pairs:
            entry.cell = replace(entry.cell, form="count percent", numbers=entry.cell.numbers[::-1])
        row.kind = replace(row.kind, form="count percent")
    row.kind = replace(row.kind, form=_form(row))


def as_others(table: Table) -> None:
    """A row that may be of counts with percentages is, where two others or more are, and no row is of means."""
    kinds = [row.kind.form for row in table.rows]
    if kinds.count("count percent") < 2 or any(kind.startswith("mean") for kind in kinds):
        return
    for row in table.rows:
        numbers = [entry.cell.numbers for entry in row.entries.values() if entry.cell.form == "pair"]
        if not row.kind.form and numbers and all(not k.decimals and percent.value <= 100 for k, percent in numbers):
            row.kind = replace(row.kind, form="count percent")


def _form(row: Row) -> str:
    """What a row's cells hold, as is said or as they look."""
    said, entries = row.kind.form, list(row.entries.values())
    forms = {entry.cell.form for entry in entries}
    if forms & {"mean sd", "mean se"}:
        return said if said.startswith("m") else "mean se" if "mean se" in forms else "mean sd"
    if (
        said and not (said == "percent" and forms & {"pair", "count percent"})
    ) or not entries:  # 'Male (%)' above 60 (52.0)
        return said
    if forms & {"count percent", "percent"}:
        return "percent" if forms == {"percent"} else "count percent"
    if "pair" in forms:
        pairs = [(e, e.cell.numbers[0], e.cell.numbers[1]) for e in entries if e.cell.form == "pair"]
        counts = all(k.decimals == 0 and k.value <= (e.n or 1e9) and p.value <= 100 for e, k, p in pairs)
        near = any(abs(100 * k.value / e.n - p.value) < 5 for e, k, p in pairs if e.n)
        parts = [(k.value, p.value) for e, k, p in pairs if not e.group.whole]
        whole = sum(k for k, _ in parts)
        of_row = len(parts) > 1 and all(abs(100 * k - whole * p) < whole for k, p in parts)
        if row.level or (counts and (near or of_row)):
            return "count percent"
        return "" if counts else "mean sd"
    if forms == {"number"}:
        if row.level and all(entry.cell.numbers[0].decimals == 0 for entry in entries):
            return "count"
        return "mean sd" if row.kind.whole or row.kind.scale else ""
    return ""

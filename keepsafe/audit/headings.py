"""What the words around figures say: headings of columns, names of rows and kinds of cells, as papers print them."""

import re
from dataclasses import dataclass

PART = re.compile(r"(.*\S[\s_,:(-]+)?(n|no|%|percent|mean|m|sd|s\.d\.|se)\.?\)?", re.IGNORECASE)
SIZED = re.compile(r"[(\[,;:]?\s*\b[nN]\s*[=:]\s*([^)\];]*?)\s*[)\]]?\s*$")
BARE_SIZE = re.compile(r"\s*\(\s*([0-9][0-9, ]*)\s*\)\s*$")
ROLES = [
    ("variable", r"variables?|characteristics?|row|outcomes?|measures?|items?|name|parameter"),
    ("level", r"levels?|category|categories|values?|subgroup"),
    ("kind", r"kind|type|form|statistic shown|what"),
    (
        "p",
        r"((un)?adj(usted|\.)?|crude|overall|nominal|exact|asymp(totic)?|(one|two|1|2)[- ](sided|tailed)|fisher('?s)?"
        r"|chi-?square) ((exact|p|sig)\b.*)|p|p[- ]?values?[a-h]?|sig|significance|pr ?\(.*\)|p[- ](trend|interaction)"
        r"|p\b[ ,(].*|(p[- ]?value|sig)\b.*|p-?wert|p[- ]?valor|valeurs? (de )?p|valor (de )?p",
    ),
    ("df", r"df|d\.f\.|degrees of freedom"),
    (
        "statistic",
        r"((paired|independent|student('?s)?|welch('?s)?|two-sample) )*(tests?|t|t[- ]test)|statistics?|test statistic"
        r"|[tfzr]|chi(2|\^2|-squared?)|[χx][2²]|[tf][- ]?(test|value)"
        r"|([tfz]|chi\^?2|[χx][2²]) ?\([0-9., ]+\)|([tfz]|chi\^?2|[χx][2²])( ?(/|,|or) ?([tfz]|chi\^?2|[χx][2²]))+",
    ),
    ("low", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(lower|low|ll|lcl)( (limit|bound|ci|95%? ci))*"),
    ("high", r"((95 ?%? )?(ci|conf(idence)?( interval)?) )?(upper|high|ul|ucl)( (limit|bound|ci|95%? ci))*"),
    ("interval", r"[0-9.]*\s*%?\s*(ci|confidence interval|interval)( \(?[0-9.]+ ?%\)?)?"),
    (
        "estimate",
        r".*\b(a?or|odds ratio|a?rr|risk ratio|relative risk|rate ratio|a?hr|hazard ratio|prevalence ratio"
        r"|difference|diff|change|md|smd|rd|estimate|effect|coefficient|coef|beta|β|ci|confidence interval)\b.*",
    ),
    (
        "estimate",
        r"b ?\(s\.?e\.?\)|cohen.{0,2}s? ?d|hedges.{0,2} ?g|effect size.*|standardi[sz]ed .*|(partial )?(η|eta).*"
        r"|cram[eé]r.*|smd",
    ),
    ("rate", r"(.*\b(incidence|rates?|person.?(years?|months?|days?))\b.*|.*\bper 10+,?0*\b.*)"),
    ("se", r"se|s\.e\.|standard error"),
    ("total n", r"n|number|total n"),
    ("ignored", r"notes?|comments?|source|units?|remarks?|footnotes?"),
]
MARKS = re.compile(r"[*†‡§¶‖#ᵃ-ᶻ⁰⁴-⁹¹]")  # of footnotes; ² and ³ where they are of no symbol
LETTERS = re.compile(r"(?<=\))\s*[a-h](\s*,\s*[a-h])*\s*$")  # after (n=154)
LAST_MARK = re.compile(r"(?<=[0-9A-Za-wyz)])[²³](?=$|[ ,)])")
ALONE = ("p", "statistic", "df", "level", "kind", "variable")  # headings of no group, whatever stands above them
WHOLES = re.compile(
    r"(?:^|[\s_])(total|totals|overall|all|everyone|everybody|whole|combined|pooled|entire|together|gesamt|insgesamt|"
    r"ensemble|totale)(?:$|[\s_])",
    re.IGNORECASE,
)
ONE_SIDE = re.compile(r"\b(one|1|single)[- ]?(sided|tailed)\b", re.IGNORECASE)
HEAD_KIND = re.compile(  # what the cells beneath a heading hold
    r"[\s,;:–—-]*([(\[]?\b(n|no\.?|number)\s*[,(\[]\s*%\s*[)\]]*|[(\[]\s*%\s*[)\]]"
    r"|[(\[]?\b(mean|m)\s*(±|\+/?-|[(\[,]).*|\bmedian\s*[(\[,].*)$",
    re.IGNORECASE,
)
SIZE_ALONE = re.compile(r"[(\[]?\s*(?:n\s*[=:]\s*)?([1-9][0-9, ]*)\s*[)\]]?\s*(?:[*†‡§¶‖#]|[a-h])?", re.IGNORECASE)
#: Of columns that may be of the same persons at several times.
TIMES = re.compile(
    r"\b(baseline|before|after|pre|post|follow[- ]?up|admission|discharge|entry|exit|"
    r"(pre|post)[- ]?(test|op\w*|treat\w*|interv\w*)|(week|month|day|year|visit|wave|time|t|phase) ?[0-9]+|"
    r"[0-9]+ ?(weeks?|months?|years?|days?|hours?|h|min))\b",
    re.IGNORECASE,
)
#: Of measurements whose unit is per cent, and which are no shares of persons.
IN_PERCENT = re.compile(
    r"ejection|\b[lr]vef\b|\bef\b|a1c|h(a)?emato|saturation|sp?[ao]o?2|\bfe[vf]|\bfvc\b|\bdlco\b|predicted|body fat|"
    r"fat mass|stenosis|score|change|adheren|compliance|reduction|weight|accuracy|correct",
    re.IGNORECASE,
)
SIZE_ROW = re.compile(
    r"n|no\.?|number|sample( size)?(,? \(?n\)?)?|total n|n \(total\)|((number|no\.?|n) of )?(patients|"
    r"participants|cases|subjects|persons|people|respondents|women|men|children|individuals)(?<!^cases)(?<!^women)(?<!^men)(?<!^children)"
    r"(,? \(?(n|no\.)\)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Kind:
    """What a row's cells hold: `form` (count percent, count, percent, mean sd, mean se, mean ci, mean range, median,
    interval or '').
    """

    form: str = ""
    whole: bool = False
    binary: bool = False
    items: int = 1
    scale: tuple[float, float] | None = None
    several: bool = False
    level: float = 95.0  # of an interval, per cent


def parts_of(heading: str) -> tuple[str, str | None, str]:
    """A heading's name, the number of cases that it prints (as text), and what it says of the cells beneath it.

    >>> parts_of("Drug A (n = 70)b"), parts_of("placebo, n (%)")
    (('Drug A', '70', ''), ('placebo', None, 'n (%)'))
    """
    head = LETTERS.sub("", LAST_MARK.sub("", MARKS.sub("", heading)).strip())
    size = SIZED.search(head) or BARE_SIZE.search(head)
    rest = head[: size.start()].strip(" ,;:([") if size else head
    kind = HEAD_KIND.search(rest)
    kind = kind if kind and kind.start() else None
    name = rest[: kind.start()] if kind else rest
    if kind and not size and (size := SIZED.search(name) or BARE_SIZE.search(name)):
        name = name[: size.start()].strip(" ,;:([")
    return name or head, size[1] if size else None, kind[0].strip(" ,;:–—-") if kind else ""


def counts_cases(name: str, cells: list[str], number: int, sized: bool) -> bool:
    """Whether a row holds numbers of cases, by its name; 'No' may be a level, and so may 'N' where cases are known."""
    shares = any(re.search(r"[(\[]\s*[0-9.]+\s*%?\s*[)\]]", text) for text in cells)
    return bool(SIZE_ROW.fullmatch(name)) and not (name.lower() == "no" and number) and not (sized and shares)


def named(variable: str, kind: str) -> tuple[str, Kind]:
    """The variable's name without what it says of its cells, and the kind that it or the kind column says."""
    variable = re.sub(r"\s*[*†‡§¶‖#]+$", "", variable)
    tail = re.search(
        r"[,;(\[]?\s*\(?(\b(n \(%\)|no\.? \(%\)|mean [(±+].*|mean|median.*)|(?<![a-z])% ?\(n(o\.?)?\)|(?<=\W)%)\]?\)?"
        r"\s*$",
        variable,
        re.IGNORECASE,
    )
    if tail and tail[0].strip(" ,;([)]") == "%" and IN_PERCENT.search(variable):
        tail = None
    said = kind_of(kind or (tail[0] if tail else ""))
    return (variable[: tail.start()].strip(" ,;:-–—") or variable if tail and not kind else variable), said


def kind_of(text: str) -> Kind:
    """What a kind says, in the words of a table's stub.

    >>> kind_of("mean (SD), whole").whole, kind_of("n (%)").form, kind_of("mean (SD), 1-7, 3 items").scale
    (True, 'count percent', (1.0, 7.0))
    """
    said = text.lower().replace("standard deviation", "sd").replace("standard error", "se")
    turned = re.search(r"% ?[(\[,;] ?(n|no)\b", said)
    form = ""
    if turned:
        form = "count percent"
    elif re.search(r"\bmedian|\biqr\b|quartile|geometric", said):
        form = "median"
    elif re.search(r"\bmean\b|\bm\b ?\(|\bsd\b|\baverage\b", said):
        form = (
            "mean se"
            if re.search(r"\bsem?\b", said)
            else "mean ci"
            if re.search(r"\bci\b|interval", said)
            else "mean range"
            if re.search(r"\brange\b|\bmin", said) and not re.search(r"\bsd\b|±", said)
            else "mean sd"
        )
    elif re.search(r"\b(or|rr|hr|ratio|estimate|difference|interval|ci)\b", said):
        form = "interval"
    elif re.search(r"%|per ?cent", said):
        form = "count percent" if re.search(r"\b(n|no|number|count)\b", said) else "percent"
    elif re.search(r"\b(n|no|number|counts?)\b", said):
        form = "count"
    items = re.search(r"([0-9]+) items?|items? ?= ?([0-9]+)", said)
    scale = re.search(
        r"(-?[0-9]+(?:\.[0-9]+)?)\s*(?:\.\.|–|-|\bto\b)\s*(-?[0-9]+(?:\.[0-9]+)?)", re.sub(r"95%.*", "", said)
    )
    level = re.search(r"\b([89][0-9](?:\.[0-9])?) ?%", said)
    binary = bool(re.search(r"\b0/1\b|\bbinary\b|dichotom|yes/no", said))
    return Kind(
        form,
        "whole" in said or "integer" in said or binary,
        binary,
        int(items[1] or items[2]) if items else 1,
        (0.0, 1.0) if binary else (float(scale[1]), float(scale[2])) if scale else None,
        bool(re.search("several|multiple|more than one", said)),
        float(level[1]) if level else 95.0,
    )

"""A printed table as data, once all has been read, and the words by which its headings say what is beneath them."""

import re
from dataclasses import dataclass, field

from keepsafe.audit.cells import Cell, Number, P, Statistic

SHARES = ("count percent", "count", "percent")
UNKNOWN = re.compile(
    r"^\W*(missing|unknown|not (known|recorded|stated|available)|unclear|no answer|n/?a)\b", re.IGNORECASE
)
#: Tests that cannot be worked out from what is printed.
OTHER_TESTS = re.compile(
    r"mann|wilcox|kruskal|rank|paired|mcnemar|friedman|ancova|mixed|log.?rank|regress|adjusted|cox|"
    r"sign test|median test|mood|permut|bootstrap|kolmogorov|spearman|pearson.?s? r|bayes|"
    r"bonferroni|tukey|\bholm\b|scheff|dunnett|\bfdr\b|post.?hoc|(?<!continuity.)(?<!yates.)\bcorrected|\badj\b|"
    r"interaction|(group|time|condition) ?([×x*]|by) ?(group|time|condition)|inferior|multivari|trend|\ba(or|rr|hr)\b",
    re.IGNORECASE,
)
SIZED = re.compile(r"[(\[,;:]?\s*\b[nN]\s*[=:]\s*([^)\];]*?)\s*[)\]]?\s*$")
BARE_SIZE = re.compile(r"\s*\(\s*([0-9][0-9, ]*)\s*\)\s*$")
OF_ENDS = r"(95 ?%? )?(c ?i|conf(idence)?( interval)?) (for (exp ?\(b\)|b|or|hr|rr) )?"  # an interval's
ROLES = [
    ("variable", r"variables?|characteristics?|row|outcomes?|measures?|items?|name|parameter"),
    ("level", r"levels?|category|categories|values?|subgroup"),
    ("kind", r"kind|type|form|statistic shown|what"),
    (
        "p",
        r"((un)?adj(usted|\.)?|crude|overall|nominal|exact|asymp(totic)?|(one|two|1|2)[- ](sided|tailed)|fisher('?s)?"
        r"|chi-?square) ((exact|p|sig)\b.*)|p|p[- ]?values?[a-h]?|sig|significance|pr ?\(.*\)|p[- ](trend|interaction)"
        r"|.*\b(test|rank|anova|whitney|wallis|wilcoxon|welch|cox|trend|interaction|squared?|χ²|t) p"
        r"|.*\b(corrected|bonferroni|tukey) p"
        r"|.*\b(vs?|versus)\b.* p|.* p[- ]?values?"
        r"|p ?> ?\|[tz]\||p\b[ ,(].*|(p[- ]?value|sig)\b.*|p-?wert|p[- ]?valor|valeurs? (de )?p|valor (de )?p",
    ),
    ("statistic", r"wald.*"),
    ("df", r"df|d\.f\.|degrees of freedom"),
    (
        "statistic",
        r"((paired|independent|student('?s)?|welch('?s)?|two-sample) )*(tests?|t|t[- ]test)|statistics?|test statistic"
        r"|[tfzr]|chi(2|\^2|-squared?)|[χx][2²]|[tfz][- ]?(test|value|ratio|stat(istic)?)"
        r"|([tfz]|chi\^?2|chi-?squared?|[χx][2²]) ?\(([0-9., ]+|df)\)"
        r"|([tfz]|chi\^?2|[χx][2²])( ?(/|,|or) ?([tfz]|chi\^?2|[χx][2²]))+",
    ),
    ("low", rf"({OF_ENDS})?(lower|low|ll|lcl)( (limit|bound|ci|95%? ci))*"),
    ("high", rf"({OF_ENDS})?(upper|high|ul|ucl)( (limit|bound|ci|95%? ci))*"),
    ("interval", r"\[?[0-9.]*\s*%?\s*(ci|conf(idence)? interval|interval)( \(?[0-9.]+ ?%\)?)?\]?"),
    (
        "estimate",
        r".*\b(a?or|odds ratio|a?rr|risk ratio|relative risk|rate ratio|a?hr|hazard ratio|prevalence ratio"
        r"|difference|diff|change|md|smd|rd|estimate|effect|coefficient|coef|beta|β|ci|confidence interval)\b.*"
        r"|b ?\(s\.?e\.?\)|exp ?\([bβ]\)|cohen.{0,2}s? ?d|hedges.{0,2} ?g|effect size.*|standardi[sz]ed .*"
        r"|(partial )?(η|eta).*|cram[eé]r.*|smd",
    ),
    ("rate", r"(.*\b(incidence|rates?|person.?(years?|months?|days?))\b.*|.*\bper 10+,?0*\b.*|weights? ?[(,]? ?%\)?)"),
    ("se", r"(se|std err(or)?|standard error)( ?\(?[bβ]\)?)?"),
    ("total n", r"n|number|total n"),
    ("ignored", r"notes?|comments?|source|units?|remarks?|footnotes?"),
]
MARKS = re.compile(r"[*†‡§¶‖#ᵃ-ᶻ⁰⁴-⁹¹]")  # of footnotes; ² and ³ where they are of no symbol
LETTERS = re.compile(r"(?<=\))\s*[a-h](\s*,\s*[a-h])*\s*$")  # after (n=154)
LAST_MARK = re.compile(r"(?<=[0-9A-Za-wyz)])[²³](?=$|[ ,)])")
WHOLES = re.compile(
    r"(?:^|[\s_])(total|totals|subtotal|overall|all|everyone|everybody|whole|combined|pooled|entire|together|gesamt|"
    r"insgesamt|ensemble|totale)(?:$|[\s_])",
    re.IGNORECASE,
)
ONE_SIDE = re.compile(r"\b(one|1|single)[- ]?(sided|tailed)\b", re.IGNORECASE)
HEAD_KIND = re.compile(  # what the cells beneath a heading hold
    r"[\s,;:–—-]*([(\[]?\b(n|no\.?|number)\s*[,(\[]\s*(weighted )?%\s*[)\]]*|[(\[]\s*%\s*[)\]]"
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


#: Of means that a model has made, whose p is of it.
MODELLED = re.compile(r"\badjusted\b|least.?squares?|\bls.?means?\b|marginal means?|\bemms?\b", re.IGNORECASE)
#: Of ratios whose p is of the time to an event, and not of its count.
TIMED = re.compile(r"\bhr\b|hazard|\birr\b|rate ratio", re.IGNORECASE)
PAIRED = "a test of paired measurements, as columns that are times may have"


@dataclass(frozen=True)
class Grid:
    """Texts of a table: its heading row, the rows below, and where they stand in a spreadsheet."""

    file: str
    heads: list[str]
    rows: list[list[str]]
    lines: list[int]  # the number of each row
    places: tuple[int, ...]  # of each column, from 0
    first: int  # the number of the heading row
    dates: frozenset[tuple[int, int]]  # line and place of each cell that the spreadsheet holds as a date
    title: str = ""  # above the headings

    def column(self, place: int) -> str:
        """The letters of a column."""
        return letters(self.places[place])

    def address(self, row: int, column: int) -> str:
        """The spreadsheet address of a cell; row -1 is the heading."""
        return f"{self.column(column)}{self.lines[row] if row >= 0 else self.first}"


def letters(column: int) -> str:
    """The letters of a spreadsheet's column, counted from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    above, last = divmod(column, 26)
    return (letters(above - 1) if above else "") + chr(65 + last)


@dataclass(frozen=True)
class Kind:
    """What a row's cells hold: `form` is a form of cells, 'mean ci', 'mean range', 'median', 'count' or ''."""

    form: str = ""
    whole: bool = False
    binary: bool = False
    items: int = 1
    scale: tuple[float, float] | None = None
    several: bool = False
    level: float = 95.0  # of an interval, per cent
    weighted: bool = False  # percentages that no count gives


@dataclass(frozen=True)
class Group:
    """A column of figures: its name, heading as typed, place, and number of cases where one is printed."""

    name: str
    heading: str
    place: int
    n: int | None
    said: str  # of the cells beneath it

    @property
    def whole(self) -> bool:
        """Whether the name says that all cases are meant."""
        return bool(WHOLES.search(self.name))


@dataclass(eq=False)
class Entry:
    """One printed cell in its place; `own` says that its number of cases was printed in it."""

    row: "Row"
    group: Group
    cell: Cell
    address: str
    n: int | None
    own: bool = False
    checked: bool = False
    fits: bool = True
    reasons: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # of cases that its percentage fits, where not the printed one

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Its row's name, its heading, address and text, as findings name it."""
        return self.row.name, self.group.heading, self.address, self.cell.text

    @property
    def count(self) -> int | None:
        """A printed count, if it is a whole number from 0 to n."""
        if self.row.kind.form not in ("count percent", "count") or self.cell.form == "percent":
            return None
        k = self.cell.numbers[0]
        return int(k.value) if k.whole and 0 <= k.value and not (self.n and k.value > self.n) else None

    @property
    def percent(self) -> Number | None:
        """The printed percentage; None where there is none."""
        place = 0 if self.cell.form == "percent" else {"percent": 0, "count percent": 1}.get(self.row.kind.form)
        return self.cell.numbers[place] if place is not None and len(self.cell.numbers) > place else None


@dataclass(eq=False)
class Row:
    """A printed row: variable, level, kind, cells by group, and what stands beside them, with heading and address."""

    variable: str
    level: str
    kind: Kind
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)
    p: list[tuple[P, str, str]] = field(default_factory=list)
    p_of: dict[str, tuple[str, str]] = field(default_factory=dict)  # heading and address of the estimate before a p
    statistic: tuple[Statistic, str, str] | None = None
    test: str = ""
    estimates: list[tuple[Cell, str, str]] = field(default_factory=list)
    se: Cell | None = None
    se_of: str = ""  # the address of the estimate that it stands beside
    alone: bool = True
    stub: str = ""  # its own name, where it is a statistic of the name above it
    unread: set[str] = field(default_factory=set)  # columns whose cell was not understood
    indent: int = 0
    heads: bool = False  # a name without figures, with its levels beneath
    unnamed: tuple[str, str, str] | None = None  # a test statistic whose heading does not say which
    ranked: bool = False  # a median is printed beside its mean
    siblings: list["Row"] = field(default_factory=list)  # the rows of its variable, itself among them

    @property
    def name(self) -> str:
        """The row as findings name it."""
        return self.variable if self.alone else f"{self.variable}: {self.level}"

    @property
    def block(self) -> list["Row"]:
        """The rows of its variable that are counts or percentages."""
        return [row for row in self.siblings if row.kind.form in SHARES]


@dataclass
class Table:
    """A table as read: groups, rows in order, and remarks on cells that were not understood."""

    grid: Grid
    roles: list[str]  # of its columns
    groups: list[Group]
    comma: bool  # before decimals
    rows: list[Row] = field(default_factory=list)
    unread: list[tuple[str, str, str, str, str]] = field(default_factory=list)  # row, column, address, text, reason
    sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    wholes: set[str] = field(default_factory=set)
    row_sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # footnotes that name tests
    of_all: int | None = None  # a row of numbers of cases with their percentages of all
    loose: list[tuple[str, list[Entry]]] = field(default_factory=list)  # rows beneath a name that are not summed

    def said(self, line: int, role: str) -> str:
        """What a row has in the first column of a role; nothing where there is none."""
        return self.grid.rows[line][self.roles.index(role)].strip() if role in self.roles else ""

    def group(self, name: str) -> Group:
        """A group by its name."""
        return next(group for group in self.groups if group.name == name)


def may_be_paired(row: Row, groups: tuple[Group, ...]) -> bool:
    """Whether columns may be of the same persons: they are times, or a t has as many degrees of freedom, and one."""
    sizes = {row.entries[group.name].n for group in groups if group.name in row.entries}
    df = row.statistic[0].df if row.statistic and row.statistic[0].name == "t" else ()
    return sum(bool(TIMES.search(group.name)) for group in groups) > 1 or (len(sizes) == 1 and df == (sizes.pop() - 1,))


def headings(row: Row, groups: list[tuple[Group, ...]]) -> list[str]:
    """A row's name, and the headings of its columns that are compared."""
    return [row.variable, *(group.heading for parts in groups for group in parts)]


def unmarked(heading: str) -> str:
    """A heading without its marks of footnotes."""
    return LAST_MARK.sub("", MARKS.sub("", heading)).strip()


def parts_of(heading: str) -> tuple[str, str | None, str]:
    """A heading's name, the number of cases that it prints (as text), and what it says of the cells beneath it.

    >>> parts_of("Drug A (n = 70)b"), parts_of("placebo, n (%)")
    (('Drug A', '70', ''), ('placebo', None, 'n (%)'))
    """
    head = LETTERS.sub("", unmarked(heading))
    inside = re.search(r"\s*[(\[]\s*n\s*=\s*[0-9][0-9, ]*[)\]](?=\s*\w)", head, re.IGNORECASE)
    if inside and not SIZED.search(head):  # drug (n=40) week 6
        head = f"{head[: inside.start()]}{head[inside.end() :]} {inside[0].strip()}"
    size = SIZED.search(head) or BARE_SIZE.search(head)
    rest = head[: size.start()].strip(" ,;:([") if size else head
    kind = HEAD_KIND.search(rest)
    kind = kind if kind and kind.start() else None
    name = rest[: kind.start()] if kind else rest
    if kind and not size and (size := SIZED.search(name) or BARE_SIZE.search(name)):
        name = name[: size.start()].strip(" ,;:([")
    return name or head, size[1] if size else None, kind[0].strip(" ,;:–—-") if kind else ""

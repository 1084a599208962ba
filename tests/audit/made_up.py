"""A second document, made up for the tests: pupils of two sites and two stages. It describes nobody."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import count

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook, load_codebook

GROUPS = {
    "total": None,
    "north": ("site", "north"),
    "south": ("site", "south"),
    "early": ("stage", "early"),
    "late": ("stage", "late"),
}
SPLITS = {"site": ("north", "south"), "stage": ("early", "late")}
ITEMS = ["reads", "paints", "sings", "swims"]
TRAVEL = ["walk", "bus", "car", "unknown"]

CODEBOOK = """name,label,question,phase,type,levels,missing,reference,sensitive,source_line
person_id,Pupil,Who?,,identifier,,,,yes,1
site,Site,Who?,,category,north=North; south=South,,north,no,1
stage,Stage,Who?,,category,early=Early; late=Late,,early,no,1
sex,Sex,Who?,,category,girl=Girl; boy=Boy,,boy,no,1
reads,Reads,What?,,binary,0=no; 1=yes,,0,no,1
paints,Paints,What?,,binary,0=no; 1=yes,,0,no,1
sings,Sings,What?,,binary,0=no; 1=yes,,0,no,1
swims,Swims,What?,,binary,0=no; 1=yes,,0,no,1
swims_often,Swims often,What?,,binary,0=no; 1=yes,,0,no,1
n_hobbies,Number of hobbies,What?,,count,0..4,,,no,1
travel,Travel,How?,,category,walk=Walks; bus=Bus; car=Car; unknown=Unknown,,walk,no,1
visits,Visits,How?,,count,0..90,,,no,1
"""

STUDY = """
[study]
title = "A made-up document"
person = "person_id"
[groups]
total = { label = "All" }
north = { label = "North", variable = "site", value = "north" }
south = { label = "South", variable = "site", value = "south" }
early = { label = "Early", variable = "stage", value = "early" }
late = { label = "Late", variable = "stage", value = "late" }
[contrasts]
site = { label = "Sites", groups = ["north", "south"] }
stage = { label = "Stages", groups = ["early", "late"] }
[strata]
sex = { label = "Sex", variable = "sex" }
[derived]
any_art = { label = "Any art", any_of = ["paints", "sings"] }
both_arts = { label = "Both arts", all_of = ["paints", "sings"] }
[audit]
unknown_levels = ["unknown"]
[rules.sums]
n_hobbies = ["reads", "paints", "sings", "swims"]
[rules.within]
swims_often = "swims"
"""


def meaning(folder) -> tuple[Codebook, Study]:
    """The document's codebook and study file, written into a folder and read."""
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "study.toml").write_text(STUDY)
    codebook = load_codebook(folder / "codebook.csv")
    return codebook, load_study(folder / "study.toml", codebook)


def pupils(seed: int = 1, n: int = 187) -> pd.DataFrame:
    """Made-up pupils, one row each."""
    draw = np.random.default_rng(seed)
    p = pd.DataFrame(
        {
            "site": draw.choice(["north", "south"], n, p=[0.6, 0.4]),
            "stage": draw.choice(["early", "late"], n, p=[0.7, 0.3]),
            "sex": draw.choice(["girl", "boy"], n),
            "travel": draw.choice(TRAVEL, n, p=[0.35, 0.35, 0.2, 0.1]),
            **{item: draw.binomial(1, share, n) for item, share in zip(ITEMS, (0.6, 0.3, 0.2, 0.5), strict=True)},
        }
    )
    south = p["site"] == "south"
    p["reads"] = np.where(south, draw.binomial(1, 0.35, n), p["reads"])
    p["swims_often"] = p["swims"] * draw.binomial(1, 0.5, n)
    p["any_art"], p["both_arts"] = p["paints"] | p["sings"], p["paints"] & p["sings"]
    p["n_hobbies"] = p[ITEMS].sum(axis=1)
    p["visits"] = draw.negative_binomial(2, np.where(south, 0.15, 0.25))
    return p


def printed(value: float | Decimal, decimals: int, rounding=ROUND_HALF_UP) -> str:
    """A number as a table prints it."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=rounding))


def figures(p: pd.DataFrame, half_even: bool = False) -> pd.DataFrame:
    """The document's printed figures: a table of percentages by group, a table of numbers, and some prose."""
    rounding, rows = ROUND_HALF_EVEN if half_even else ROUND_HALF_UP, []
    member = {name: p if rule is None else p[p[rule[0]] == rule[1]] for name, rule in GROUPS.items()}

    def row(source, variable, level, group, statistic, value, decimals, n, qualifier="exactly", stratum="", line=1):
        name = ".".join(
            part
            for part in (
                source,
                variable,
                level,
                group,
                stratum,
                statistic,
                qualifier if qualifier != "exactly" else "",
            )
            if part
        )
        rows.append(
            dict(
                id=name,
                source=source,
                variable=variable,
                level=level,
                group=group,
                stratum=stratum,
                phase="",
                statistic=statistic,
                value=value,
                decimals=decimals,
                qualifier=qualifier,
                unit="pupils",
                n_printed=n,
                source_line=line,
            )
        )

    def percent(k, n, decimals=1):
        return printed(Decimal(100 * int(k)) / Decimal(n), decimals, rounding)

    for group, m in member.items():
        n = len(m)
        row("table_1", "person_id", "", group, "count", str(n), 0, pd.NA)
        for name in (*ITEMS, "any_art", "both_arts", "swims_often"):
            row("table_1", name, "1", group, "percent", percent(m[name].sum(), n), 1, n)
        for level in TRAVEL:
            row("table_1", "travel", level, group, "percent", percent((m["travel"] == level).sum(), n), 1, n)
        row("table_1", "travel", "bus|car", group, "percent", percent(m["travel"].isin(["bus", "car"]).sum(), n), 1, n)
        row("table_1", "reads", "1", group, "count", str(m["reads"].sum()), 0, n)
        row("table_1", "sex", "girl", group, "percent", percent((m["sex"] == "girl").sum(), n), 1, n)
        girls = m[m["sex"] == "girl"]
        row(
            "table_1",
            "sings",
            "1",
            group,
            "percent",
            percent(girls["sings"].sum(), len(girls)),
            1,
            len(girls),
            stratum="girl",
        )
        for name, decimals in (("n_hobbies", 2), ("visits", 1)):
            total = Decimal(int(m[name].sum()))
            row("table_2", name, "", group, "mean", printed(total / n, decimals, rounding), decimals, n)
            row("table_2", name, "", group, "sd", printed(m[name].std(), decimals, rounding), decimals, n)
            for statistic in ("min", "max"):
                row("table_2", name, "", group, statistic, str(m[name].agg(statistic)), 0, n)
    everybody = member["total"]
    row(
        "text",
        "paints",
        "1",
        "total",
        "percent",
        percent(everybody["paints"].sum(), len(everybody), 0),
        0,
        pd.NA,
        line=20,
    )
    share = 100 * everybody["swims"].mean()
    row("text", "swims", "1", "total", "percent", "50", 0, pd.NA, "almost" if share < 50 else "over", line=21)
    frame = pd.DataFrame(rows)
    return frame.assign(n_printed=frame["n_printed"].astype("Int64"))


def comparisons(p: pd.DataFrame) -> pd.DataFrame:
    """Markers by Pearson's chi-square and Student's t, and what the text says of some of them."""
    rows, line = [], count(30)

    def marker(value: float) -> str:
        return next((m for m, top in (("***", 0.001), ("**", 0.01), ("*", 0.05), ("†", 0.10)) if value < top), "")

    def row(source, variable, level, contrast, **said):
        base = dict(phase="", stratum="", marker="", wording="", direction="")
        rows.append(
            {
                "source": source,
                "variable": variable,
                "level": level,
                "contrast": contrast,
                **base,
                **said,
                "source_line": 99 if said.get("wording") == "most" else next(line),
            }
        )

    def pearson(one, two) -> float:
        table = np.array([[one.sum(), len(one) - one.sum()], [two.sum(), len(two) - two.sum()]])
        return 1.0 if (table.sum(axis=0) == 0).any() else stats.chi2_contingency(table, correction=False)[1]

    for contrast, (first, second) in SPLITS.items():
        a, b = p[p[contrast] == first], p[p[contrast] == second]
        for name in ITEMS:
            value = pearson(a[name], b[name])
            way = "higher" if b[name].mean() > a[name].mean() else "lower"
            row("table_1", name, "1", contrast, marker=marker(value), direction=way)
            said = "significant" if value < 0.05 else "marginal" if value < 0.10 else "none"
            row("text", name, "1", contrast, wording=said, direction=way)
            row("text", name, "1", contrast, wording="most", direction=way)
        for level in TRAVEL:
            row(
                "table_1", "travel", level, contrast, marker=marker(pearson(a["travel"] == level, b["travel"] == level))
            )
        row("table_2", "visits", "", contrast, marker=marker(stats.ttest_ind(a["visits"], b["visits"])[1]))
    for group, rule in GROUPS.items():
        m = p if rule is None else p[p[rule[0]] == rule[1]]
        value = pearson(m.loc[m["sex"] == "girl", "swims"], m.loc[m["sex"] == "boy", "swims"])
        row("text", "swims", "1", "sex", stratum=group, wording="significant" if value < 0.05 else "none")
    return pd.DataFrame(rows)


def many(variables: int, seed: int = 1) -> pd.DataFrame:
    """A large table: percentages of that many yes-or-no variables in five groups, for the benchmark."""
    p, draw = pupils(seed), np.random.default_rng(seed)
    rows = []
    for i in range(variables):
        yes = draw.binomial(1, draw.uniform(0.05, 0.95), len(p))
        for group, rule in GROUPS.items():
            mine = yes if rule is None else yes[p[rule[0]] == rule[1]]
            rows.append(
                (
                    f"t.v{i}.{group}",
                    f"table_{i // 50}",
                    f"v{i}",
                    group,
                    printed(Decimal(100 * int(mine.sum())) / len(mine), 1),
                    len(mine),
                )
            )
    frame = pd.DataFrame(rows, columns=["id", "source", "variable", "group", "value", "n_printed"])
    return frame.assign(
        level="1",
        stratum="",
        phase="",
        statistic="percent",
        decimals=1,
        qualifier="exactly",
        unit="pupils",
        source_line=1,
    )

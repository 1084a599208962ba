"""Made-up persons in whose files something small is planted, each a compendium of its own."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import compare_groups, runs
from keepsafe.files.disclosure import note_content
from keepsafe.files.new import new

HEAD = (
    "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
    "id,Number,Who?,,identifier,,,,yes,\n"
)
STUDY = '[study]\ntitle = "Made up"\nperson = "id"\n[files]\ncase_files = "private/ward-7.csv"\n'


def compendium(folder: Path, case: "Case", persons: pd.DataFrame | None = None) -> Path:
    """Write a compendium with these persons' files; the case's own by default."""
    home = new(folder)
    (home / "notebooks" / "04_conclusions.ipynb").unlink()  # it says again what the others said
    (home / "data" / "codebook.csv").write_text(HEAD + case.codebook, encoding="utf-8")
    (home / "data" / "study.toml").write_text(STUDY + case.study, encoding="utf-8")
    persons = case.persons() if persons is None else persons
    persons.insert(0, "id", [f"P{7919 * k % 100_003:06d}" for k in range(len(persons))])
    persons.to_csv(home / "data" / "private" / "ward-7.csv", index=False)
    return home


def many(rng: np.random.Generator, n: int, variables: int, levels: int = 2) -> pd.DataFrame:
    """Persons of two groups with many variables that hang together with the group a little."""
    group = (rng.random(n) < 0.3).astype(int)
    made = {}
    for k in range(variables):
        shares = rng.dirichlet([6.0] * levels, 2).cumsum(axis=1)[group]
        made[f"v{k}"] = np.minimum((rng.random(n)[:, None] > shares).sum(axis=1), levels - 1)
    frame = pd.DataFrame({"group": group} | made)
    return frame if levels == 2 else frame.astype({name: "category" for name in made})


def counts(persons: pd.DataFrame, folder: Path, exact: bool = False) -> pd.DataFrame:
    """What a report of these persons shows of its counts: a row a variable and level, a column a group, "" for all."""
    runs.Run(folder, synthetic=exact, disclosure="" if exact else "threshold=10,round=5").write()
    os.environ[runs.VARIABLE] = str(folder)
    try:
        if not exact:
            note_content(persons, len(persons))
        rows = compare_groups(persons, [name for name in persons if name != "group"], by="group")
    finally:
        del os.environ[runs.VARIABLE]
    rows = rows.assign(group=rows["group"].where(rows["group"].isin(["0", "1"]), "total"))
    several = rows.groupby("variable")["level"].transform("nunique").gt(1)
    names = rows["variable"].where(~several, rows["variable"] + "=" + rows["level"])
    wide = rows.assign(name=names).pivot(index="name", columns="group", values="k").dropna()
    wide.loc[""] = rows.drop_duplicates("group").set_index("group")["n"]
    return wide[["total", "0", "1"]].astype(int)


class Case:
    """A codebook, a study and persons."""

    codebook = study = ""

    @staticmethod
    def persons() -> pd.DataFrame:
        raise NotImplementedError


def yes_no(name: str, label: str) -> str:
    return f"{name},{label},What?,,binary,0=no; 1=yes,,0,yes,\n"


def groups(variable: str, first: tuple[str, str], second: tuple[str, str], contrast: str) -> str:
    """The part of a study file with everybody, two groups by a variable (value, label), and their contrast."""
    (one, no), (other, yes) = first, second
    return f"""
[groups]
total = {{ label = "Everybody" }}
g{one} = {{ label = "{no}", variable = "{variable}", value = "{one}" }}
g{other} = {{ label = "{yes}", variable = "{variable}", value = "{other}" }}
[contrasts]
{contrast} = {{ label = "{yes} against {no}", groups = ["g{one}", "g{other}"] }}
"""


class Joint(Case):
    """Three persons both ran away and are pregnant, and the height of three is unknown; all single cells are large."""

    codebook = (
        yes_no("ill", "Ill")
        + yes_no("ran", "Ran away")
        + yes_no("preg", "Pregnant")
        + ("height,Height in cm,What?,,number,100..220,blank=not known,,no,\n")
    )
    groups = groups("ill", ("0", "Not ill"), ("1", "Ill"), "g1")  # a group and a contrast have one name
    study = (
        groups
        + """[outcomes]
ill = { label = "Ill", variable = "ill", event = "1" }
[models]
m1 = { label = "Model one", outcome = "ill", candidates = ["ran"] }
m2 = { label = "Model two", outcome = "ill", candidates = ["ran", "height"] }
m3 = { label = "Model three", outcome = "ill", candidates = ["ran", "preg"] }
"""
    )
    cells = {
        (0, 0, 0): 292,
        (0, 0, 1): 35,
        (0, 1, 0): 111,
        (0, 1, 1): 2,
        (1, 0, 0): 72,
        (1, 0, 1): 11,
        (1, 1, 0): 88,
        (1, 1, 1): 1,
    }

    @classmethod
    def persons(cls) -> pd.DataFrame:
        rows = [cell for cell, n in cls.cells.items() for _ in range(n)]
        frame = pd.DataFrame(rows, columns=["ill", "ran", "preg"])
        frame["height"] = 150.0 + 7 * np.arange(len(frame)) % 23
        ill_ran = frame.index[(frame["ill"] == 1) & (frame["ran"] == 1)][:3]
        frame.loc[ill_ran, "height"] = np.nan
        return frame


class Dominance(Case):
    """One person has an enormous debt, of a group of many."""

    codebook = yes_no("ill", "Ill") + "debt,Debt in pounds,What?,,number,0..1000000,,,yes,\n" + yes_no("ran", "Ran")
    study = Joint.groups.replace("[contrasts]\ng1", "[contrasts]\nby")
    largest = 184_250

    @classmethod
    def persons(cls) -> pd.DataFrame:
        place = np.arange(640)
        debt = np.where(place % 5 < 2, 1 + place * 37 % 399, 0)
        debt[17] = cls.largest
        return pd.DataFrame({"ill": (place % 10 < 3).astype(int), "debt": debt, "ran": (place % 7 < 3).astype(int)})


class Whole(Case):
    """All of the night team have the attribute; four of the employed do not work full time; a label is a formula."""

    codebook = (
        yes_no("ill", "Ill")
        + yes_no("drug", '"=HYPERLINK(""x"")"')
        + yes_no("full", "Full time")
        + "team,Team,What?,,category,night=Night; day=Day,,day,yes,\n"
        + "status,Status,What?,,category,emp=Employed; une=Unemployed,,emp,yes,\n"
    )
    study = groups("team", ("day", "Day"), ("night", "Night"), "teams")

    @staticmethod
    def persons() -> pd.DataFrame:
        place = np.arange(400)
        night, employed = place < 60, place % 2 == 0
        full = employed & ~((place >= 100) & (place < 108))
        return pd.DataFrame(
            {
                "ill": (place % 3 == 0).astype(int),
                "drug": np.where(night, 1, place % 5 < 2).astype(int),
                "team": np.where(night, "night", "day"),
                "status": np.where(employed, "emp", "une"),
                "full": full.astype(int),
            }
        )


class Nowhere(Case):
    """Of fourteen persons in no group two have the attribute."""

    codebook = (
        "place,Place,What?,,category,care=Care; home=Home,blank=not known,home,yes,\n"
        + yes_no("hiv", "HIV")
        + (yes_no("ran", "Ran"))
    )
    study = groups("place", ("care", "Care"), ("home", "Home"), "places")

    @staticmethod
    def persons() -> pd.DataFrame:
        place = np.arange(400)
        where = np.where(place < 14, None, np.where(place % 5 < 2, "care", "home"))
        hiv = np.where(place < 14, place < 2, place % 3 == 0).astype(int)
        return pd.DataFrame({"place": where, "hiv": hiv, "ran": (place % 4 < 2).astype(int)})

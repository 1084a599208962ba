"""Exported files: the synthetic cohort in each format, and a small study of all that is awkward in names and codes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepsafe.report.export import Exported, export

CODEBOOK = """name,label,question,phase,type,levels,missing,reference,sensitive,source_line
id,Person,Who?,,identifier,,,,yes,
with,"A word that Stata, SPSS and R keep",Who?,,binary,0=no; 1=yes,-9=not recorded,0,no,
place,<b>Where</b> it's,Where?,1,category,@x=<script>run()</script>; b=Beta & co; c=G,na=not asked; blank=not said,b,no,
Place,The same name in capitals,Where?,2,ordered,1=low; 2=middle; 3=high,-1=a; -2=b; -3=c; -4=d,1,no,
a_name_that_is_longer_than_thirty_two_letters,Long,Where?,,binary,0=no; 1=yes,-9=not recorded,0,no,
a_name_that_is_longer_than_thirty_two_characters,Long,Where?,,binary,0=no; 1=yes,-9=not recorded,0,no,
n_moves,Moves,Where?,,count,0..60,unknown=unknown,,no,
settled,Settled,Where?,3,binary,0=no; 1=yes,-9=not recorded,0,no,
"""
STUDY = """
[study]
title = "A study with 'quotes', and <i>markup</i>"
person = "id"
[derived]
several_moves = { label = "Lives at b or c", variable = "place", one_of = ["b", "c"] }
[outcomes]
unsettled = { label = "Not settled", variable = "settled", event = "0" }
[models]
unsettled = { label = "Not settled", outcome = "unsettled", candidates = ["with", "place", "Place", "n_moves"] }
"""
IDS = ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+2", "-2+3", "'=quoted", "-7", "ŵy", 'a "b", c']


def awkward_cases(n: int = 240) -> pd.DataFrame:
    """Case files of the small study, seeded; none is synthetic by label."""
    rng = np.random.default_rng(5)
    cases = pd.DataFrame(
        {
            "id": [*IDS, *(f"P{k:03}" for k in range(len(IDS), n))],
            "with": rng.choice(["0", "1", "-9"], n, p=[0.55, 0.4, 0.05]),
            "place": rng.choice(["@x", "b", "c", "na", ""], n, p=[0.3, 0.3, 0.32, 0.04, 0.04]),
            "Place": rng.choice(["1", "2", "3", "-1", "-2", "-3", "-4"], n, p=[0.3, 0.3, 0.3, 0.04, 0.02, 0.02, 0.02]),
            "a_name_that_is_longer_than_thirty_two_letters": "1",
            "a_name_that_is_longer_than_thirty_two_characters": "0",
            "n_moves": np.where(rng.random(n) < 0.05, "unknown", rng.poisson(6, n).astype(str)),
        }
    )
    push = 1.2 * (cases["with"] == "1") + 0.8 * (cases["place"] == "c") - 0.3
    cases["settled"] = np.where(rng.random(n) < 1 / (1 + np.exp(push)), "1", "0")
    return cases


@pytest.fixture(scope="session")
def awkward(tmp_path_factory) -> dict[str, Path]:
    """Codebook, study and case files of the small study."""
    folder = tmp_path_factory.mktemp("awkward")
    paths = {"codebook": folder / "codebook.csv", "study": folder / "study.toml", "data": folder / "cases.csv"}
    paths["codebook"].write_text(CODEBOOK, encoding="utf-8")
    paths["study"].write_text(STUDY, encoding="utf-8")
    awkward_cases().to_csv(paths["data"], index=False)
    return paths


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """The compendium's own cohort, exported once in a format."""
    return _once(lambda ending: export(tmp_path_factory.mktemp("synthetic") / f"cohort{ending}"))


@pytest.fixture(scope="session")
def own(tmp_path_factory, awkward):
    """The small study's cohort, exported once in a format."""
    return _once(lambda ending: export(tmp_path_factory.mktemp("own") / f"cohort{ending}", **awkward))


def _once(make):
    made: dict[str, Exported] = {}

    def get(ending: str) -> Path:
        if ending not in made:
            made[ending] = make(ending)
        return made[ending].files[0]

    return get

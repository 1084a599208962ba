"""What ADAPTING.md says of disclosure control is what was measured."""

import re

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def measured(compendium) -> pd.DataFrame:
    frame = pd.read_csv(compendium / "reports" / "benchmarks" / "disclosure.csv")
    return frame.set_index(["way", "size"])


@pytest.fixture(scope="module")
def section(compendium) -> str:
    text = (compendium / "ADAPTING.md").read_text(encoding="utf-8")
    return " ".join(re.search(r"## What disclosure control guarantees.*?(?=\n## )", text, re.DOTALL)[0].split())


@pytest.fixture(scope="module")
def counted(compendium) -> pd.DataFrame:
    frame = pd.read_csv(compendium / "reports" / "benchmarks" / "disclosure_counts.csv")
    return frame.set_index(["way", "size"])


def of_counts(counted: pd.DataFrame) -> list[str]:
    """Each sentence about counts that holds a measured number, as the table has it."""
    keyed, nearest = counted.loc["keyed"], counted.loc["nearest"]

    def ends(column: pd.Series) -> str:
        return f"{column.min():.0%} to {column.max():.0%}"

    def off(row: pd.Series) -> list[str]:
        return [f"{row[name]:.1f}" for name in ("points", "far")]

    (a, b), (c, d), (e, f) = off(keyed.loc[205]), off(nearest.loc[205]), off(keyed.loc[600])
    return [
        f"was 95% sure of {(keyed['sure'] + keyed['wrong']).max():.0%} of the attributes of a removed person",
        f"was right in {keyed['guessed'].max():.0%} of them at most",
        f"counts gave {ends(nearest['sure'])} away",
        f"was told in {keyed['group'].max():.0%} of files at most",
        f"is sure of {ends(keyed['known_sure'])} of the attributes "
        f"and of the group in {ends(keyed['known_group'])} of files",
        f"came out to within {keyed['error'].max():.0f} person in the median",
        f"off by {a} points in the median and by {b} in one case of twenty (to the nearest five: {c} and {d}), "
        f"at 600 persons in all by {e} and {f}",
    ]


def numbers(measured: pd.DataFrame) -> list[str]:
    """Each sentence of the page about models and means that holds a measured number, as the table has it."""
    kept, plain = measured.loc["keepsafe"], measured.loc["two decimals"]
    price = [f"{kept.at[size, 'shift']:.2f}" for size in (205, 600, 2_000)]
    return [
        f"{int(kept['files'].sum())} made-up files of 205 to 20,000 persons",
        f"that person's outcome and factor in {kept['removed'].max():.0%} of tries at most",
        f"the same models gave {plain.at[205, 'removed']:.0%} of them away at 205 persons",
        f"was missed by {kept['value'].min() - 0.05 + 1e-9:.1f} standard deviations or more",
        f"and by {kept['number'].min() - 0.05 + 1e-9:.1f} or more from the sums of a model",
        f"Printed with two decimals, {plain.at[205, 'three']:.0%} were, at 205 persons",
        f"all of the noise is left ({kept['again'].min():.0%})",
        f"which leave {kept['merged'].min():.0%} or more",
        f"would leave {kept['merged_all'].min():.0%}",
        f"{price[0]} standard errors of a log odds ratio at 205 persons, {price[1]} at 600 and {price[2]} at 2,000",
        f"and {kept['dropped'].min():.0%} to {kept['dropped'].max():.0%} of the factors",
    ]


def test_each_number_of_the_page_is_that_of_the_benchmark(section, measured):
    assert [said for said in numbers(measured) if said not in section] == []
    assert measured.loc["keepsafe", ["joint", "three", "removed_known", "product"]].eq(0).all(axis=None)


def test_each_number_about_counts_is_that_of_the_benchmark(section, counted):
    assert [said for said in of_counts(counted) if said not in section] == []
    assert counted.loc["keyed", "exactly"].eq(0).all()
    for column in ("sure", "guessed", "group", "known_sure", "known_group", "points", "far"):
        changed = counted.assign(**{column: counted[column] + 0.2})
        assert any(said not in section for said in of_counts(changed)), column
    assert any(said not in section for said in of_counts(counted.assign(error=2.0)))


def test_a_number_that_is_no_longer_measured_is_caught(section, measured):
    for column in ("removed", "value", "number", "again", "merged", "merged_all", "shift", "dropped"):
        assert any(said not in section for said in numbers(measured.assign(**{column: measured[column] + 0.2}))), column


def test_the_models_stand_side_by_side_at_three_sizes(compendium):
    beside = pd.read_csv(compendium / "reports" / "benchmarks" / "disclosure_models.csv")
    assert sorted(beside["size"].unique()) == [205, 2_000, 20_000]
    for _, part in beside.groupby("size"):
        assert (
            part["shown"].eq("withheld").equals(part["standing"].eq("withheld")) and part["shown"].eq("withheld").any()
        )

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


def numbers(measured: pd.DataFrame) -> list[str]:
    """Each sentence of the page that holds a measured number, as the table has it."""
    kept, plain = measured.loc["keepsafe"], measured.loc["two decimals"]
    price = [f"{kept.at[size, 'shift']:.2f}" for size in (205, 600, 2_000)]
    return [
        f"{int(kept['files'].sum())} made-up files of 205 to 20,000 persons",
        f"that person's outcome and factor in {kept['removed'].max():.0%} of tries at most",
        f"the same models gave {plain.at[205, 'removed']:.0%} of them away at 205 persons",
        f"was missed by {kept['value'].min() - 0.05 + 1e-9:.1f} standard deviations or more",
        f"Printed with two decimals, {plain.at[205, 'three']:.0%} were, at 205 persons",
        f"all of the noise is left ({kept['again'].min():.0%})",
        f"which leave {kept['merged'].min():.0%} or more",
        f"would leave {kept['merged_all'].min():.0%}",
        f"{price[0]} standard errors of a log odds ratio at 205 persons, {price[1]} at 600 and {price[2]} at 2,000",
        f"and {kept['dropped'].min():.0%} to {kept['dropped'].max():.0%} of the factors",
    ]


def test_each_number_of_the_page_is_that_of_the_benchmark(section, measured):
    assert [said for said in numbers(measured) if said not in section] == []
    assert measured.loc["keepsafe", ["joint", "three", "removed_known"]].eq(0).all(axis=None)


def test_a_number_that_is_no_longer_measured_is_caught(section, measured):
    for column in ("removed", "value", "again", "merged", "merged_all", "shift", "dropped"):
        assert any(said not in section for said in numbers(measured.assign(**{column: measured[column] + 0.2}))), column


def test_the_models_stand_side_by_side_at_three_sizes(compendium):
    beside = pd.read_csv(compendium / "reports" / "benchmarks" / "disclosure_models.csv")
    assert sorted(beside["size"].unique()) == [205, 2_000, 20_000]
    for _, part in beside.groupby("size"):
        assert (
            part["shown"].eq("withheld").equals(part["standing"].eq("withheld")) and part["shown"].eq("withheld").any()
        )

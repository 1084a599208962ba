"""The published figures, comparisons and claims are what was printed: held against a second transcription."""

import csv
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from keepsafe.problems import InputError
from keepsafe.study.published import load_claims

COLUMNS = {
    "figures": "id source variable level group stratum phase statistic value decimals qualifier unit "
    "n_printed source_line",
    "comparisons": "source variable level phase stratum contrast marker wording direction source_line",
    "claims": "model outcome predictor direction or_low or_high size significance source_line",
}
TABLES = ("table_1", "table_2", "table_3", "table_4")
GROUPS = {"total", "low_risk", "high_risk", "non_cse", "cse"}
ALLOWED = {
    "figures": {
        "source": {*TABLES, "text"},
        "group": GROUPS | {"no", "mild", "moderate", "significant"},
        "stratum": {"", "female", "male"},
        "phase": {"", "1", "2", "3", "4"},
        "statistic": {"percent", "count", "mean", "sd", "min", "max"},
        "qualifier": {"exactly", "about", "over", "almost"},
    },
    "comparisons": {
        "source": {*TABLES, "text"},
        "phase": {"", "1", "2", "3", "4"},
        "stratum": {"", "female", "male"} | GROUPS,
        "contrast": {"risk", "cse", "sex", "phase", "responses"},
        "marker": {"", "†", "*", "**", "***"},
        "wording": {"", "significant", "marginal", "none", "most"},
        "direction": {"", "higher", "lower", "same", "highest"},
    },
    "claims": {
        "direction": {"risk", "protective", "null"},
        "size": {"printed", "direction_only"},
        "significance": {"", "significant", "marginal", "none"},
    },
}

# Said of the study or of all responses together, so no column of the cohort.
STUDY_FACTS = {"years_followed", "files_read_for_coding_frame", "phases", "files_coded_twice", "responses"}
ALL_RESPONSES = {"responses", "responses_provided"}

CONTRAST = {"low_risk": "risk", "high_risk": "risk", "non_cse": "cse", "cse": "cse"}
COMPARED = {"risk": ("low_risk", "high_risk"), "cse": ("non_cse", "cse")}
CELL = re.compile(r"(?P<first>[\d.]+)(?:-(?P<highest>\d+)| ?\((?P<second>[\d.]+)\))? ?(?P<marker>†|\*{1,3})?")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def published(compendium):
    return {name: rows(compendium / "data" / "published" / f"{name}.csv") for name in ALLOWED}


@pytest.fixture(scope="session")
def second(compendium):
    return {table: rows(compendium / "tests" / "second_transcription" / f"{table}.csv") for table in TABLES}


@pytest.fixture(scope="session")
def table_figures(published):
    return [row for row in published["figures"] if row["source"] != "text"]


@pytest.fixture(scope="session")
def levels(compendium) -> dict[str, set[str] | None]:
    """The levels of every column of the cohort; None where it holds numbers."""
    study = tomllib.loads((compendium / "data" / "study.toml").read_text(encoding="utf-8"))
    coded = {
        row["name"]: {level.split("=")[0].strip() for level in row["levels"].split(";")}
        if "=" in row["levels"]
        else None
        for row in rows(compendium / "data" / "codebook.csv")
    }
    return coded | {name: {"0", "1"} for name in study["derived"]}


def cells(second):
    """Every printed cell: table, line, column and its matched parts."""
    for table, printed in second.items():
        for row in printed:
            for column in [name for name in row if name not in ("source_line", "label") and row[name]]:
                # The print has a stray space inside one standard deviation, "(1. 42)".
                cell = CELL.fullmatch(row[column].replace(". ", "."))
                assert cell, f"{table}, line {row['source_line']}, {column}: cannot read {row[column]!r}"
                yield table, row, column, cell


def transcribed(second) -> Counter:
    """Each number of the second transcription: source, line, group, phase, statistic, printed text, n."""
    figures, sizes = Counter(), {}
    for table, row, column, cell in cells(second):
        group = "cse" if column == "cse_phase_2" else column
        phase = "" if table == "table_4" else "2" if column == "cse_phase_2" else "1"
        where = (table, row["source_line"], group, phase)
        if row["label"] == "group size":
            sizes[table, column] = cell["first"]
            figures[*where, "count", cell["first"], ""] += 1
            continue
        n = sizes[table, column]
        if cell["highest"]:
            first, second_statistic = "min", "max"
        elif cell["second"]:
            first, second_statistic = ("percent", "count") if table == "table_4" else ("mean", "sd")
        else:
            first, second_statistic = "percent", ""
        figures[*where, first, cell["first"], n] += 1
        if second_statistic:
            figures[*where, second_statistic, cell["highest"] or cell["second"], n] += 1
    return figures


def recorded(figures) -> Counter:
    parts = ("source", "source_line", "group", "phase", "statistic", "value", "n_printed")
    return Counter(tuple(row[part] for part in parts) for row in figures)


def disagreements(first: Counter, second: Counter) -> list[tuple]:
    """What is in one transcription and not in the other, either way."""
    return sorted((first - second) + (second - first))


def slip(digits: str) -> str:
    """The same text with its last digit wrong by one."""
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


# ---------------------------------------------------------------- two transcriptions of the tables
def test_every_table_figure_is_the_same_in_both_transcriptions(second, table_figures):
    assert transcribed(second)
    assert disagreements(transcribed(second), recorded(table_figures)) == []


def test_a_slip_of_one_digit_in_any_published_figure_is_found(second, table_figures):
    truth = transcribed(second)
    already = disagreements(truth, recorded(table_figures))
    for place, row in enumerate(table_figures):
        copy = list(table_figures)
        copy[place] = row | {"value": slip(row["value"])}
        assert disagreements(truth, recorded(copy)) != already, f"a slip in {row['id']} goes unseen"


def test_a_slip_of_one_digit_in_any_cell_of_the_second_transcription_is_found(second, table_figures):
    truth = recorded(table_figures)
    already = disagreements(transcribed(second), truth)
    for table, row, column, cell in list(cells(second)):
        for part in [name for name in ("first", "highest", "second") if cell[name]]:
            start, end = cell.span(part)
            slipped = row | {column: cell[0][:start] + slip(cell[part]) + cell[0][end:]}
            copy = second | {table: [slipped if other is row else other for other in second[table]]}
            assert disagreements(transcribed(copy), truth) != already, f"{table}, {row['label']}, {column}"


def printed_markers(second, table_figures) -> dict[tuple, str]:
    """The marker of each row and contrast, blank where none is printed; a contrast has at most one."""
    named = {(row["source"], row["source_line"]): (row["variable"], row["level"]) for row in table_figures}
    markers: dict[tuple, set] = {}
    for table, row, column, cell in cells(second):
        if row["label"] == "group size":
            continue
        assert column in CONTRAST or not cell["marker"], f"a marker in the column {column}"
        if column in CONTRAST:
            key = (table, *named.get((table, row["source_line"]), ("?", row["label"])), CONTRAST[column])
            markers.setdefault(key, set()).update(filter(None, [cell["marker"]]))
    assert all(len(found) <= 1 for found in markers.values())
    return {key: next(iter(found), "") for key, found in markers.items()}


def recorded_markers(comparisons) -> dict[tuple, str]:
    tables = [row for row in comparisons if row["source"] != "text"]
    key = ("source", "variable", "level", "contrast")
    markers = {tuple(row[part] for part in key): row["marker"] for row in tables}
    assert len(markers) == len(tables), "a table row is compared twice"
    return markers


def test_every_marker_is_the_same_in_both_transcriptions(second, table_figures, published):
    markers = recorded_markers(published["comparisons"])
    assert any(markers.values())
    assert markers == printed_markers(second, table_figures)


def test_a_lost_marker_is_found(second, table_figures, published):
    marked = next(row for row in published["comparisons"] if row["marker"])
    copy = [row | {"marker": ""} if row is marked else row for row in published["comparisons"]]
    assert recorded_markers(copy) != printed_markers(second, table_figures)


def test_table_comparisons_follow_from_the_printed_figures_and_markers(table_figures, published):
    value, lines = {}, {}
    for row in table_figures:
        here = (row["source"], row["variable"], row["level"])
        lines.setdefault(here, set()).add(row["source_line"])
        if row["statistic"] in ("percent", "mean"):
            value[*here, row["phase"], row["group"]] = float(row["value"])
    wording = {"": {"", "none"}, "†": {"marginal"}}
    for row in published["comparisons"]:
        if row["source"] != "text":
            here = (row["source"], row["variable"], row["level"])
            first, second = (value[*here, row["phase"], group] for group in COMPARED[row["contrast"]])
            direction = "higher" if second > first else "lower" if second < first else "same"
            assert row["direction"] == direction, row
            assert row["wording"] in wording.get(row["marker"], {"significant"}), row
            assert row["source_line"] in lines[here], row


# ---------------------------------------------------------------- shape and allowed values
@pytest.mark.parametrize("name", ALLOWED)
def test_columns_and_values_are_those_of_the_design(published, name):
    assert published[name]
    assert list(published[name][0]) == COLUMNS[name].split()
    for row in published[name]:
        for column, allowed in ALLOWED[name].items():
            assert row[column] in allowed, f"{column} in {row}"


@pytest.mark.parametrize("name", ALLOWED)
def test_source_lines_are_within_the_report(published, name):
    assert [row for row in published[name] if not 35 <= int(row["source_line"]) <= 569] == []


def test_ids_of_figures_are_unique_and_name_their_place_and_variable(published):
    figures = published["figures"]
    assert len({row["id"] for row in figures}) == len(figures)
    for row in figures:
        place = f"L{row['source_line']}" if row["source"] == "text" else row["source"]
        assert row["id"].startswith(f"{place}.{row['variable']}."), row


def test_a_line_of_a_table_holds_one_variable_and_level(table_figures):
    held = {(row["source"], row["source_line"], row["variable"], row["level"]) for row in table_figures}
    assert len(held) == len({(source, line) for source, line, *_ in held})


def test_values_keep_their_printed_decimals(published):
    for row in published["figures"]:
        assert re.fullmatch(r"\d+(\.\d+)?", row["value"]), row
        assert int(row["decimals"]) == len(row["value"].partition(".")[2]), row
        assert re.fullmatch(r"([1-9]\d*)?", row["n_printed"]), row
        assert row["unit"], row


def test_figures_and_comparisons_name_columns_and_levels_of_the_cohort(published, levels):
    for row in published["figures"] + published["comparisons"]:
        # Phase 2 against phase 1 is a comparison of two columns, so its own phase is blank.
        phase = "2" if row.get("contrast") == "phase" else row["phase"]
        phased = f"{row['variable']}_p{phase}"
        name = phased if phased in levels else row["variable"]
        assert name in levels or name in STUDY_FACTS, row
        allowed = levels.get(name)
        if row["level"]:
            assert allowed and set(row["level"].split("|")) <= allowed, row


def test_claims_name_models_outcomes_and_predictors_of_the_study(compendium, published, levels):
    study = tomllib.loads((compendium / "data" / "study.toml").read_text(encoding="utf-8"))
    for row in published["claims"]:
        if row["model"] == "all_outcomes":
            assert row["outcome"] == "any", row
        else:
            assert row["outcome"] == study["models"][row["model"]]["outcome"], row
        for predictor in row["predictor"].split(":"):
            assert predictor in levels or predictor in ALL_RESPONSES, row


# ---------------------------------------------------------------- odds ratios
def test_exactly_five_odds_ratios_are_sized_in_words(published):
    sized = [row for row in published["claims"] if row["size"] == "printed"]
    assert {(row["outcome"], row["predictor"]) for row in sized} == {
        ("cse", "female"),
        ("cse", "any_sexual_abuse_p1"),
        ("cse", "extrafamilial_sexual_abuse_p1"),
        ("substance_misuse", "cse"),
        ("mental_health", "cse"),
    }
    assert all(1 < float(row["or_low"]) < float(row["or_high"]) for row in sized)


def test_a_claim_without_a_printed_size_has_no_odds_ratio(published):
    for row in published["claims"]:
        assert row["size"] == "printed" or not (row["or_low"] or row["or_high"]), row


@pytest.mark.parametrize(
    ("column", "entry", "said"),
    [("source_line", "L249", "'L249' is no line number"), ("or_low", "six", "'six' is no odds ratio")],
)
def test_a_claim_with_a_word_for_a_number_is_told_with_its_line(compendium, tmp_path, column, entry, said):
    with (compendium / "data/published/claims.csv").open(encoding="utf-8", newline="") as file:
        claims = [row for row in csv.DictReader(file) if row["size"] == "direction_only"][:2]
    claims[1][column] = entry
    with (tmp_path / "claims.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, claims[0])
        table.writeheader()
        table.writerows(claims)
    with pytest.raises(InputError, match=f"claims.csv, line 3, column {column}: {said}"):
        load_claims(tmp_path / "claims.csv")

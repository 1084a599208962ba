"""A drafted codebook says what the file says, guesses the rest, withholds what few cases have, and can be read."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from keepsafe.files import check, read_case_files
from keepsafe.files.cleaning import as_coded
from keepsafe.files.draft import draft
from keepsafe.problems import InputError
from keepsafe.study.codebook import load_codebook

N = 300


@pytest.fixture
def drawn():
    """Made-up cases of every kind of column."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "case_nr": [f"C{number:04}" for number in range(N)],
            "sex": rng.choice(["female", "male"], N),
            "lived_in_care_p2": rng.choice(["0", "1", "-8"], N),
            "moves": rng.choice([*map(str, range(40)), "-9", *["99"] * 4], N),
            "weight": [f"{number:.1f}" for number in rng.uniform(40, 90, N)],
            "area": rng.choice(["Llan", "Pen y bont"], N),
            "note": [f"note {number}, of some length, on nobody" for number in range(N)],
            "seen": [f"2006-01-{1 + number % 28:02}" for number in range(N)],
            "answer": rng.choice(["yes", "no", "NA", ""], N),
        }
    )


def drafted(frame, path):
    frame.to_csv(path, index=False)
    made = draft(path)
    return made, made.frame.set_index("name"), " | ".join([*made.attention, *made.questions])


def test_types_missing_codes_and_phases_are_guessed(drawn, tmp_path):
    _, book, attention = drafted(drawn, tmp_path / "a.csv")
    assert book["type"].to_dict() == {
        "case_nr": "identifier",
        "sex": "category",
        "lived_in_care_p2": "binary",
        "moves": "count",
        "weight": "number",
        "area": "category",
        "note": "identifier",
        "seen": "date",
        "answer": "category",
    }
    assert book["missing"].loc[lambda codes: codes != ""].to_dict() == {
        "lived_in_care_p2": "-8=not recorded",
        "moves": "-9=not recorded; 99=not recorded",
        "answer": "NA=not recorded; blank=not recorded",
    }
    assert book.loc["lived_in_care_p2", ["phase", "label", "levels"]].tolist() == ["2", "Lived in care", "0=no; 1=yes"]
    assert set(book.index[book["sensitive"] == "yes"]) == {"case_nr", "note", "seen"}
    assert book.loc["seen", "levels"] == "2005-01-01..2009-12-31"
    for said in ("Do 0 and 1 mean no and yes in lived_in_care_p2?", "Does -8 or -9 or 99 or NA stand for missing in"):
        assert said in attention


def test_the_draft_can_be_read_and_the_file_holds_by_it(drawn, tmp_path):
    made, _, _ = drafted(drawn, tmp_path / "a.csv")
    made.save(tmp_path / "codebook.csv")
    codebook = load_codebook(tmp_path / "codebook.csv")
    assert codebook.names == list(drawn)
    assert check(tmp_path / "a.csv", tmp_path / "codebook.csv").findings == ()
    cohort = as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)
    assert (str(cohort["weight"].dtype), str(cohort["moves"].dtype)) == ("Float64", "Int64")
    assert cohort["moves"].isna().sum() == drawn["moves"].isin(["-9", "99"]).sum()


def test_levels_that_few_cases_have_are_withheld_and_only_counted(drawn, tmp_path):
    rare = drawn.assign(area=drawn["area"].where(drawn.index > 8, "Ynys fach"))
    made, _, attention = drafted(rare.assign(sex=drawn["sex"].mask(drawn.index < 2, "x")), tmp_path / "a.csv")
    told = made.csv() + attention + " ".join(made.counts)
    assert "Ynys" not in told and "x=" not in told
    assert "Which levels that fewer than ten cases have belong to sex and area? Add them under levels" in attention
    common = drawn.assign(area=drawn["area"].where(drawn.index > 9, "Ynys fach"))
    assert "Ynys fach=Ynys fach" in drafted(common, tmp_path / "a.csv")[1].loc["area", "levels"]


def test_ranges_do_not_tell_the_smallest_and_the_largest_value(drawn, tmp_path):
    weight = ["-83.7", *["41.2"] * (N - 2), "417.3"]
    frame = drawn.assign(moves=[str(number % 38) for number in range(N)], weight=weight)
    _, book, _ = drafted(frame, tmp_path / "a.csv")
    assert book.loc["moves", "levels"] == "0..50"
    assert book.loc["weight", "levels"] == "-100.0..500.0"


def test_ranges_end_before_a_code_of_missing(drawn, tmp_path):
    _, book, _ = drafted(drawn, tmp_path / "a.csv")
    assert book.loc["moves", "levels"] == "0..50"
    wide = drawn.assign(moves=["60", *["99"] * 10, *["3", "4"] * 150][:N])
    _, book, _ = drafted(wide, tmp_path / "a.csv")
    assert book.loc["moves", ["levels", "missing"]].tolist() == ["0..98", "99=not recorded"]


def test_a_99_of_few_cases_is_a_value_and_not_told(drawn, tmp_path):
    made, book, attention = drafted(drawn.assign(moves=["99"] * 9 + ["3", "4", "5"] * 97), tmp_path / "a.csv")
    assert book.loc["moves", ["levels", "missing"]].tolist() == ["0..100", ""]
    assert "99" not in made.csv() + attention


def test_97_98_and_99_beyond_the_numbers_are_codes_of_missing_together(drawn, tmp_path):
    often = ["97"] * 3 + ["98"] * 20 + ["99"] * 20 + ["0", "1", "2", "3"] * 70
    _, book, attention = drafted(drawn.assign(moves=(often + ["1"] * N)[:N]), tmp_path / "a.csv")
    assert book.loc["moves", "levels"] == "0..5"
    assert book.loc["moves", "missing"] == "97=not recorded; 98=not recorded; 99=not recorded"
    assert "97 or 98 or 99" in attention
    _, book, _ = drafted(drawn.assign(moves=[str(60 + n % 40) for n in range(N)]), tmp_path / "b.csv")
    assert book.loc["moves", "missing"] == ""


def test_codes_below_other_negative_codes_are_missing_and_levels_that_say_so_are_asked_about(drawn, tmp_path):
    told = ["yes", "no", "Don't know", "refused"]
    frame = drawn.assign(moves=["0", "1", "2", "-1", "-9", "1"] * 50, answer=told * 75, x=["-3", "-9", "4", "20"] * 75)
    _, book, attention = drafted(frame, tmp_path / "a.csv")
    assert book.loc["moves", ["levels", "missing"]].tolist() == ["-1..2", "-9=not recorded"]
    assert "Are the numbers in moves and x codes of a category?" in attention and book.loc["x", "missing"] == ""
    assert "Does Don't know or refused stand for missing in answer? If so, move it from levels to missing." in attention


def test_999_is_no_age_and_99_beside_words_no_answer(drawn, tmp_path):
    frame = drawn.assign(moves=["999"] * 5 + [str(11 + n % 7) for n in range(N - 5)], answer=["yes", "no", "99"] * 100)
    _, book, attention = drafted(frame, tmp_path / "a.csv")
    assert book.loc["moves", ["levels", "missing"]].tolist() == ["0..20", "999=not recorded"]
    assert book.loc["answer", ["levels", "missing"]].tolist() == ["no=No; yes=Yes", "99=not recorded"]
    assert "999 or 99 stand for missing in lived_in_care_p2, moves and answer?" in attention


def test_a_column_of_few_dates_among_many_of_one_word_is_one_of_dates(drawn, tmp_path):
    """Dates are sensitive: as levels of a category they would be repeated."""
    path, open_ = tmp_path / "a.csv", [f"{1 + n:02}/03/2018" for n in range(28)] + ["ongoing"] * (N - 28)
    _, book, attention = drafted(drawn.assign(seen=open_), path)
    assert book.loc["seen", ["type", "sensitive"]].tolist() == ["date", "yes"]
    assert "What do the other entries among the values of seen mean?" in attention


def test_labels_levels_missing_codes_and_order_come_from_an_spss_file(tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"q1": rng.choice([1.0, 2.0, 3.0, 9.0], N), "q2": rng.choice([0.0, 1.0], N), "q3": 2.0})
    frame.loc[:3, "q1"] = 4.0
    often = {1: "never", 2: "at times", 3: "often", 4: "unheard-of", 5: "always", 9: "refused"}
    titles = {"q1": "How often;\n ever?"}
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        missing_ranges={"q1": [9]},
        column_labels=titles,
        variable_value_labels={"q1": often, "q2": {0: "No", 1: "Yes"}},
        variable_measure={"q1": "ordinal", "q3": "ordinal"},
    )
    made = draft(tmp_path / "a.sav")
    book = made.frame.set_index("name")
    assert book.loc["q1", ["label", "type", "levels", "missing"]].tolist() == [
        "How often, ever?",
        "ordered",
        "1=never; 2=at times; 3=often; 4=unheard-of; 5=always",
        "9=refused",
    ]
    assert book.loc["q2", ["type", "levels"]].tolist() == ["binary", "0=No; 1=Yes"]
    assert book.loc["q3", "type"] == "count"
    asked = " ".join(made.questions)
    assert "fewer than ten" not in asked and "without a label" not in asked


@pytest.mark.parametrize("times", [2, 50])
def test_a_code_without_a_label_in_a_labelled_column_is_no_level_and_pointed_out(tmp_path, times):
    frame = pd.DataFrame({"TEAM": [1.0, 2.0] * 50 + [4.0] * times, "free": [5.0] * 100 + [6.0] * times})
    frame["free"] = frame["free"].map({5: "often", 6: "seldom"})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"TEAM": {1: "North", 2: "South", 3: "East"}})
    made = draft(tmp_path / "a.sav")
    assert made.frame.set_index("name").loc["TEAM", "levels"] == "1=North; 2=South; 3=East"
    asked = " ".join(made.questions)
    assert "Does a code that the file leaves without a label belong to TEAM?" in asked
    assert ("fewer than ten cases have belong to free" in asked) == (times < 10)  # this one has no labels


def test_labels_of_a_binary_column_are_kept_whatever_its_counts(tmp_path):
    pyreadstat.write_sav(
        pd.DataFrame({"q": [0.0] * 60 + [1.0] * 2}),
        tmp_path / "a.sav",
        variable_value_labels={"q": {0: "never", 1: "once"}},
    )
    assert draft(tmp_path / "a.sav").frame["levels"].tolist() == ["0=never; 1=once"]


def test_numbers_that_nearly_all_differ_are_drafted_as_an_identifier_and_a_repeated_one_is_told(tmp_path):
    numbers = list(range(1000, 1100))
    columns = {"once": numbers, "twice": [*numbers[:-1], 1000], "often": [*numbers[:-5], *numbers[:5]]}
    _, book, attention = drafted(pd.DataFrame(columns), tmp_path / "a.csv")
    assert book["type"].tolist() == ["identifier", "identifier", "count"]
    assert "Do the numbers in once and twice name persons or files?" in attention


def test_decimal_commas_and_mixed_columns_are_pointed_out(drawn, tmp_path):
    frame = drawn.assign(weight=drawn["weight"].str.replace(".", ","))
    frame["moves"] = frame["moves"].where(drawn.index > 4, "many")
    _, book, attention = drafted(frame, tmp_path / "a.csv")
    assert book.loc["weight", "type"] == "number" and "its decimal commas are read as points (weight)" in attention
    assert book.loc["moves", "type"] == "count"
    assert "What do the other entries among the values of moves mean?" in attention and "many" not in attention


def test_formulas_in_labels_stay_inert_and_codes_that_no_codebook_takes_are_named(drawn, tmp_path):
    frame = pd.DataFrame({"q": [1.0, 2.0] * 50})
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        column_labels={"q": "=cmd|' /C x'!A0"},
        variable_value_labels={"q": {1: "<script>", 2: "@x;y"}},
    )
    text = draft(tmp_path / "a.sav").csv()
    assert ",'=cmd" in text and ",=cmd" not in text and "1=<script>; 2=@x,y" in text
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    assert load_codebook(tmp_path / "c.csv")["q"].label == "=cmd|' /C x'!A0"
    odd = drawn.assign(area=drawn["area"].where(drawn.index > 99, "=1;2").where(drawn.index < 200, "ok"))
    assert "1 code with = or ; left out" in drafted(odd, tmp_path / "a.csv")[2]


def test_repeated_and_nameless_columns_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("sex,Sex at birth,sex,\nf,1,m,2\n" * 20, encoding="utf-8")
    made = draft(tmp_path / "a.csv")
    assert made.frame["name"].tolist() == ["sex", "Sex_at_birth", "column_4"]
    assert "left out, for column 1 has the same name (column 3)" in made.attention
    assert any("without a heading" in line and "column_4" in line for line in made.attention)


def test_a_file_of_which_no_row_fits_the_header_is_refused_by_both(tmp_path):
    (tmp_path / "a.csv").write_text("id,age (years, months),sex\n" + "1,2,F\n" * 9)
    with pytest.raises(InputError, match="a.csv, line 2: no row has 4 cells, as the header has; quote cells"):
        draft(tmp_path / "a.csv")
    book = tmp_path / "book.csv"
    book.write_text(
        "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\nid,I,,,count,,,,no,\n"
    )
    [finding] = [finding for finding in check(tmp_path / "a.csv", book).findings if finding.kind == "row width"]
    assert finding.remedy == "quote cells that hold what separates cells"


def test_a_draft_never_overwrites_a_file(drawn, tmp_path):
    made, _, _ = drafted(drawn, tmp_path / "a.csv")
    (tmp_path / "codebook.csv").write_text("mine")
    with pytest.raises(InputError, match="is there already, and stays as it is"):
        made.save(tmp_path / "codebook.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "codebook.csv"]
    assert (tmp_path / "codebook.csv").read_text() == "mine"
    with pytest.raises(InputError, match="cannot be written: No such file"):
        made.save(tmp_path / "none" / "codebook.csv")


def test_a_code_of_missing_whose_label_is_blank_gets_words_that_a_codebook_takes(tmp_path):
    frame = pd.DataFrame({"age": [*map(float, range(10, 40)), *[99.0] * 12]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels={"age": {99: " "}})
    made = draft(tmp_path / "a.sav")
    assert made.frame.set_index("name").loc["age", "missing"] == "99=not recorded"
    made.save(tmp_path / "codebook.csv")
    assert load_codebook(tmp_path / "codebook.csv")["age"].missing == {"99": "not recorded"}

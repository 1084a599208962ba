"""Whatever labels a file has, reading changes no table of frequencies but as check reports it, and merges nothing."""

from collections import Counter

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsafe.files import in_codes, tidied
from keepsafe.files.entries import by_label, spellings
from keepsafe.reading.table import Meaning, Table, categorical
from keepsafe.study.codebook import Codebook, Variable

laws = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
CODES = [*map(str, range(5)), "-9", "-8", "a", "b", ".a"]
LABELS = [*map(str, range(5)), "Yes", "yes", "No", "Don't know", "a", "b", "Not recorded", "A  b", "a b"]
LABELLED = st.dictionaries(st.sampled_from(CODES), st.sampled_from(LABELS), max_size=5)


@st.composite
def described(draw, unique):
    """Levels and codes of missing, no code in both; in a codebook each level has a label of its own."""
    levels, missing = draw(LABELLED), draw(LABELLED)
    if unique:
        levels = {code: label for label, code in {label: code for code, label in levels.items()}.items()}
    return levels, {code: label for code, label in missing.items() if code not in levels}


@st.composite
def cases(draw):
    levels, missing = draw(described(unique=True))
    variable = Variable("x", "X", "", "", "category", levels or {"z": "Z"}, None, None, missing, None, False, "")
    said = Meaning("", *draw(described(unique=False)))
    return variable, said, draw(st.lists(st.sampled_from([*CODES, ""]), min_size=1, max_size=30))


@laws
@given(cases())
def test_codes_of_a_file_never_merge_whatever_the_labels(drawn):
    variable, said, entries = drawn
    codes = by_label(variable, said, set(entries))
    read = [codes.get(entry, entry) for entry in entries]
    assert sorted(Counter(read).values()) == sorted(Counter(entries).values())


@laws
@given(cases())
def test_no_level_becomes_missing_and_no_missing_a_level_by_its_label(drawn):
    variable, said, entries = drawn
    for code, meant in by_label(variable, said, set(entries)).items():
        if meant != code:
            assert not (code in said.levels and meant in variable.missing)
            assert not (code in said.missing and meant in variable.levels)


@laws
@given(cases())
def test_a_code_that_is_read_as_another_has_its_label_or_is_refused(drawn):
    variable, said, entries = drawn
    labels = {**said.levels, **said.missing}
    for code, meant in by_label(variable, said, set(entries)).items():
        known = {**variable.levels, **variable.missing}
        if meant != code and meant in known:
            same = labels[code].casefold().split() in (known[meant].casefold().split(), meant.casefold().split())
            assert same or labels[code] == "declared missing"


@laws
@given(cases())
def test_a_file_labelled_as_its_codebook_is_read_as_it_stands(drawn):
    variable, _, entries = drawn
    own = Meaning("", variable.levels, variable.missing)
    codes = by_label(variable, own, set(entries))
    assert all(codes.get(entry, entry) == entry for entry in entries)


@laws
@given(cases(), st.lists(st.sampled_from([*LABELS, *CODES, " 1", "1.0", "YES"]), max_size=20))
def test_entries_that_are_codes_stay_and_others_become_codes_with_their_label(drawn, entries):
    variable, known = drawn[0], {**drawn[0].levels, **drawn[0].missing}
    for entry, meant in spellings(variable, entries).items():
        if entry in known:
            assert meant == entry
        elif meant != " ".join(entry.split()) and meant != entry:
            written = " ".join(entry.split()).casefold()
            assert written in (
                known[meant].casefold(),
                " ".join(known[meant].split()).casefold(),
                meant.casefold(),
                f"{meant}.0",
            )
            assert sum(" ".join(label.split()).casefold() == written for label in known.values()) <= 1 or (
                written in map(str.casefold, known)
            )


@laws
@given(cases())
def test_the_entries_that_check_counts_as_changed_are_those_that_differ(drawn):
    variable, said, entries = drawn
    codes, column = pd.factorize(pd.Series(entries, dtype="str"))
    lines = pd.RangeIndex(1, len(entries) + 1)
    table = Table("x.sav", ("x",), (categorical(codes, column),), lines, 1, (), {"x": said})
    book = Codebook([variable], pd.DataFrame())
    extract, swapped = in_codes(table, book)
    tidy, mended = tidied(extract, book)
    before, within, after = entries, extract["x"].astype("str"), tidy["x"].astype("str")
    differ = [
        sum(one != two and one != "" for one, two in zip(*pair, strict=True))
        for pair in ((before, within), (within, after))
    ]
    assert [swapped["entries"].sum(), mended["entries"].sum()] == differ

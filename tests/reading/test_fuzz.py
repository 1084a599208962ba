"""Whatever a file holds, reading, checking and drafting end: in a result, or in an error in words.

KEEPSAFE_FUZZ sets the number of examples of each test; a few by default, so that the suite stays quick.
"""

import csv
import io
import json
import os
import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsafe import reading
from keepsafe.files import check, read_case_files, tidy
from keepsafe.files.draft import draft
from keepsafe.problems import InputError
from keepsafe.reading import delimited
from keepsafe.study import load_study
from keepsafe.study.codebook import COLUMNS, TYPES, load_codebook

EXAMPLES = int(os.environ.get("KEEPSAFE_FUZZ", "40"))
fuzz = settings(max_examples=EXAMPLES, deadline=None, derandomize="KEEPSAFE_FUZZ" not in os.environ,
                suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip

CELL = st.text(st.sampled_from("ab1 ,;\"'\n\r\té-=."), max_size=6)
WORDS = ["", "female", "femle", "1", "0", "-9", "3,5", "1e400", "9" * 400, "2019-03-01", "=cmd|' /C x'!A0", "\x1b[31m"]
ANY = st.one_of(CELL, st.text(max_size=8), st.sampled_from(WORDS))
STARTS = [b"", b"PK\3\4", b"PAR1", b"\xff\xfe", b"sep=;\n"]


def outcome(path, **options):
    try:
        table = reading.read(path, **options)
    except InputError as error:
        return str(error)
    return table.names, [list(column) for column in table.columns], table.lines.tolist(), table.ragged


@fuzz
@given(st.binary(max_size=300), st.sampled_from(STARTS))
def test_any_bytes_are_read_or_refused(tmp_path, content, start):
    (tmp_path / "a").write_bytes(start + content)
    outcome(tmp_path / "a")


TABLES = st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=2))


ODD = ["a", "1", " ", '"', '""', "'", ",", ";", "\t", "\n", "\r", "\x85", "\0", '"x"', 'x"y']
LETTERS = st.lists(st.sampled_from(ODD))


@fuzz
@given(LETTERS, st.booleans())
def test_a_file_is_read_or_refused_alike_whatever_its_size(tmp_path, letters, ended):
    """Quotation marks in odd places, above all: what reads large files lets pass what row by row is refused."""
    (tmp_path / "a.csv").write_bytes(("a,b\n1,2\n" + "".join(letters) + "\n" * ended).encode())
    small = outcome(tmp_path / "a.csv")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "LARGE", 0)
        assert outcome(tmp_path / "a.csv") == small


@fuzz
@given(TABLES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))
def test_large_files_read_like_small_ones(tmp_path, rows, end, encoding):
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["a", "b", "c"][: len(rows[0])], *rows])
    (tmp_path / "a.csv").write_bytes(text.getvalue().encode(encoding))
    slow = outcome(tmp_path / "a.csv")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "LARGE", 0)
        assert outcome(tmp_path / "a.csv") == slow


def damaged(path, seed):
    rng, content = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    path.write_bytes(content)


@fuzz
@given(st.sampled_from(["xlsx", "parquet"]), st.integers(0, 2**32))
def test_a_file_with_some_bytes_changed_is_read_or_refused(write, kind, seed):
    path = write(kind)
    damaged(path, seed)
    outcome(path)


@settings(fuzz, max_examples=max(2, EXAMPLES // 20))  # each takes a process of its own
@given(st.sampled_from(["sav", "zsav", "dta"]), st.integers(0, 2**32))
def test_a_statistical_file_with_some_bytes_changed_is_read_or_refused(write, kind, seed):
    path = write(kind)
    damaged(path, seed)
    outcome(path)


@fuzz
@given(st.lists(st.lists(ANY, min_size=6, max_size=6), max_size=12), st.data())
def test_whatever_the_cells_hold_check_ends_and_repeats_no_sensitive_one(tmp_path, codebook, rows, data):
    secret = "zq7vsecret"
    heads = data.draw(st.lists(st.one_of(st.sampled_from(codebook.names), ANY), min_size=6, max_size=6))
    heads = heads if data.draw(st.booleans()) else codebook.names
    place = codebook.names.index("cse")
    rows = [[*row[:place], row[place] + secret, *row[place + 1 :]] if heads == codebook.names else row for row in rows]
    pd.DataFrame(rows, columns=heads).to_csv(tmp_path / "a.csv", index=False)
    try:
        report = check(tmp_path / "a.csv", tmp_path / "codebook.csv")
    except InputError as error:
        assert str(error).replace("\n", "").isprintable()
        return
    assert str(report).replace("\n", "").isprintable()
    assert secret not in str(report) and secret not in report.as_json()
    assert json.loads(report.as_json())["faults"] == sum(finding.count for finding in report.findings)


@fuzz
@given(st.lists(st.lists(ANY, min_size=3, max_size=3), min_size=1, max_size=30), st.lists(ANY, min_size=3, max_size=3))
def test_a_draft_is_read_as_a_codebook(tmp_path, rows, heads):
    pd.DataFrame(rows, columns=heads).to_csv(tmp_path / "a.csv", index=False)
    try:
        made = draft(tmp_path / "a.csv")
    except InputError:
        return
    (tmp_path / "draft.csv").write_text(made.csv(), encoding="utf-8")
    named = " ".join(made.attention)
    assert 3 <= len(made.questions) <= 7
    if made.frame.empty:
        return
    codebook = load_codebook(tmp_path / "draft.csv")
    if any(told in named for told in ("without a heading", "has the same name", "were not counted", "delete the row")):
        return
    extract = read_case_files(tmp_path / "a.csv", codebook)
    pd.testing.assert_frame_equal(tidy(tidy(extract, codebook), codebook), tidy(extract, codebook))


@fuzz
@given(st.lists(st.tuples(ANY, ANY, ANY, st.sampled_from(["", "1", "5", "1;2"]), st.one_of(st.sampled_from(TYPES), ANY),
                          st.one_of(ANY, st.sampled_from(["0=no; 1=yes", "0..5", "0.5..2", "5..1", "a=b; a=c"])),
                          st.one_of(ANY, st.just("-9=x; blank=y")), ANY, st.sampled_from(["yes", "no", "?"]), ANY),
                max_size=5))  # fmt: skip
def test_any_codebook_is_read_or_refused_by_line_and_column(tmp_path, rows):
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(tmp_path / "c.csv", index=False)
    try:
        load_codebook(tmp_path / "c.csv")
    except InputError as error:
        assert all(problem.file for problem in error.problems)


SECTIONS = ("study files cohort groups contrasts strata derived outcomes candidates models rules").split()
KEYS = ("label variable value groups one_of any_of outcome candidates person file team category excluded_teams "
        "grouped_as groups_of_categories only_where within sums sex").split()  # fmt: skip
NAMES = ["sex", "cse", "1", "../x", ""]
LEAF = st.one_of(st.integers(), st.booleans(), st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=2))
ENTRY = st.recursive(LEAF, lambda inner: st.one_of(
    st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)), max_leaves=6)  # fmt: skip


def toml(entry) -> str:
    if isinstance(entry, dict):
        return "{" + ", ".join(f"{key} = {toml(value)}" for key, value in entry.items()) + "}"
    if isinstance(entry, list):
        return "[" + ", ".join(map(toml, entry)) + "]"
    return json.dumps(entry)


@fuzz
@given(st.dictionaries(st.sampled_from(SECTIONS), ENTRY, max_size=4))
def test_any_study_file_is_read_or_refused(tmp_path, codebook, sections):
    text = "\n".join(f"{name} = {toml(entry)}" for name, entry in sections.items())
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    try:
        load_study(tmp_path / "study.toml", codebook)
    except InputError as error:
        assert all(problem.file for problem in error.problems)

"""The data dictionary and datapackage.json: what each column means, for readers and for machines."""

import json
import re
from hashlib import sha256
from html.parser import HTMLParser

import pandas as pd
import pytest
from jsonschema import Draft7Validator

from keepsafe.files.cleaning import load_cohort
from keepsafe.study.codebook import load_codebook
from tests.browsing import contrast_faults, structure_faults, width_faults

# What the profile of Data Package 2.0 asks of the properties that are written here.
TEXT = {"type": "string"}
PATH = {"type": "string", "pattern": r"^(?=[^./~])(?!file:)((?!/\.\./)(?!\\)(?!://).)*$"}
RESOURCE = {
    "type": "object",
    "required": ["name", "path", "title", "format", "mediatype", "bytes", "hash"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "path": PATH,
        "title": TEXT,
        "description": TEXT,
        "type": {"enum": ["table"]},
        "format": TEXT,
        "mediatype": {"type": "string", "pattern": "^(.+)/(.+)$"},
        "encoding": TEXT,
        "bytes": {"type": "integer"},
        "hash": {"type": "string", "pattern": "^[^:]+:[a-fA-F0-9]+$"},
        "schema": {
            "type": "object",
            "required": ["fields"],
            "properties": {
                "fields": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/field"}},
                "primaryKey": {"type": "array", "minItems": 1, "uniqueItems": True, "items": TEXT},
                "missingValues": {"type": "array", "items": TEXT},
            },
        },
    },
    "additionalProperties": False,
}


def field(kind: str, value: str) -> dict:
    """A field of a type, whose categories and limits have values of that type."""
    labelled = {
        "type": "array",
        "items": {"type": "object", "required": ["value"], "properties": {"value": {"type": value}, "label": TEXT}},
    }
    constraints = {
        "required": {"type": "boolean"},
        "minimum": {"type": value},
        "maximum": {"type": value},
        "enum": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": value}},
    }
    missing = {
        "type": "array",
        "items": {"type": "object", "required": ["value"], "properties": {"value": TEXT, "label": TEXT}},
    }
    properties = {
        "name": TEXT,
        "title": TEXT,
        "description": TEXT,
        "type": {"enum": [kind]},
        "missingValues": missing,
        "categories": labelled,
        "categoriesOrdered": {"type": "boolean"},
        "constraints": {"properties": constraints, "additionalProperties": False},
    }
    return {"required": ["name", "type"], "properties": properties, "additionalProperties": False}


PROFILE = {
    "type": "object",
    "required": ["$schema", "name", "title", "resources"],
    "properties": {
        "$schema": {"const": "https://datapackage.org/profiles/2.0/datapackage.json"},
        "name": TEXT,
        "title": TEXT,
        "description": TEXT,
        "resources": {"type": "array", "minItems": 1, "items": RESOURCE},
    },
    "additionalProperties": False,
    "definitions": {
        "field": {"oneOf": [field("string", "string"), field("integer", "integer"), field("number", "number")]}
    },
}


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.addresses, self.text, self.rows = set(), set(), "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.addresses |= {value for name, value in attrs if name in ("href", "src")}
        self.rows += [[]] if tag == "tr" else []

    def handle_data(self, data):
        self.text += data
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())


def page_of(data) -> Page:
    return Page(data.with_suffix(".html").read_text(encoding="utf-8"))


def package_of(data) -> dict:
    return json.loads(data.with_name("datapackage.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv"])
@pytest.mark.parametrize("which", ["synthetic", "own"])
def test_the_datapackage_is_valid_and_names_every_file_with_its_checksum(which, ending, request):
    data = request.getfixturevalue(which)(ending)
    package = package_of(data)
    assert [error.message for error in Draft7Validator(PROFILE).iter_errors(package)] == []
    there = {path.name: path.read_bytes() for path in data.parent.iterdir() if path.name != "datapackage.json"}
    assert {entry["path"]: entry["hash"] for entry in package["resources"]} == {
        name: f"sha256:{sha256(content).hexdigest()}" for name, content in there.items()
    }
    assert package["title"].startswith("Synthetic data. ") == (which == "synthetic")


def test_an_invalid_datapackage_is_caught(own):
    package = package_of(own(".csv"))
    package["resources"][0]["path"] = "../cohort.csv"
    package["resources"][0]["schema"]["fields"][1]["categories"][0]["value"] = "no number"
    assert len(list(Draft7Validator(PROFILE).iter_errors(package))) == 2


@pytest.mark.parametrize("which", ["synthetic", "own"])
def test_every_cell_of_the_csv_is_what_the_datapackage_says(which, request):
    data = request.getfixturevalue(which)(".csv")
    schema = package_of(data)["resources"][0]["schema"]
    written = pd.read_csv(data, dtype=str, keep_default_na=False)
    assert [entry["name"] for entry in schema["fields"]] == list(written)
    assert written[schema["primaryKey"]].duplicated().sum() == 0
    for entry in schema["fields"]:
        blank = {each["value"] for each in entry.get("missingValues", [])} | set(schema["missingValues"])
        known = written[entry["name"]][~written[entry["name"]].isin(blank)]
        if entry["type"] == "integer":
            known = known.astype(int)
        limits = entry.get("constraints", {})
        assert known.isin(limits.get("enum", known)).all(), entry["name"]
        assert known.between(limits["minimum"], limits["maximum"]).all() if "minimum" in limits else True


def test_the_dictionary_describes_every_column_in_the_codebooks_words(synthetic):
    page, codebook = page_of(synthetic(".dta")), load_codebook()
    for variable in codebook:
        assert variable.name in page.text and variable.label in page.text
    row = next(row for row in page.rows if row[0] == "cpr_p2")
    blank = load_cohort()["cpr_p2"]
    assert row[:3] == ["cpr_p2", "On the child protection register", "Phase 2"]
    assert row[row.index("no") : row.index("no") + 2] == ["no", str((blank == 0).sum())]
    assert {".a", "not recorded", ".b", "not applicable"} < set(row)
    row = next(row for row in page.rows if row[0] == "female")
    assert "Made from others: 1 where sex is Female" in row
    assert "in the codebook: criminal_justice_support_requested" in page.text


@pytest.mark.parametrize("which", ["synthetic", "own"])
def test_the_dictionary_needs_nothing_but_itself(which, request):
    page = page_of(request.getfixturevalue(which)(".sav"))
    assert page.addresses == set()
    assert not page.elements & {"script", "link", "img", "iframe", "object", "b", "i"}


def test_a_blank_cell_is_explained_where_the_codebook_says_what_it_means(own):
    row = next(row for row in page_of(own(".csv")).rows if row[0] == "place")
    assert row[-4:] == ["na", "not asked", "blank", "not said"]
    field = package_of(own(".csv"))["resources"][0]["schema"]["fields"][2]
    assert field["missingValues"][0] == {"value": "", "label": "not said"}


def test_markup_in_labels_is_text_in_the_dictionary(own):
    page = page_of(own(".csv"))
    assert "<script>run()</script>" in page.text and "<b>Where</b> it's" in page.text
    assert "A study with 'quotes', and <i>markup</i>" in page.text


def test_nothing_is_counted_where_records_are_of_persons(own, synthetic):
    assert "Nothing is counted" in page_of(own(".sav")).text
    assert not re.search(r'class="count"|known in|\b240\b', own(".sav").with_suffix(".html").read_text())
    assert 'class="count"' in synthetic(".sav").with_suffix(".html").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_dictionary(own, browser, theme):
    page = browser.new_page(viewport={"width": 375, "height": 800}, color_scheme=theme)
    page.goto(own(".sav").with_suffix(".html").as_uri())
    assert (structure_faults(page), contrast_faults(page), width_faults(page)) == ([], [], [])

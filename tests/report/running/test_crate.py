"""The RO-Crate of a report; it was held against the official validator by hand, and here to what it promises."""

import json

import pytest

from keepsafe.report.running.manifest import CRATE, crate

FACTS = {
    "synthetic": True,
    "inputs": {"data/codebook.csv": "aa", "own.csv": "bb"},
    "lock": "cc",
    "parameters": [{"notebook": "03_risk_factors", "name": "n_boot", "value": "7", "default": "20", "help": ""}],
    "versions": {"keepsafe": "0.1.0", "Python": "3.11.7", "numpy": "2.4.6", "system": "Linux x86_64"},
}
OUTPUTS = {"notebooks/01_cleaning.ipynb": "dd", "report.html": "ee", "tables/moves.csv": "ff"}


@pytest.fixture
def entities() -> dict[str, dict]:
    graph = json.loads(crate(FACTS, OUTPUTS))["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)
    return {entity["@id"]: entity for entity in graph}


def linked(entity) -> list[str]:
    """Every address that an entity points to."""
    if isinstance(entity, list):
        return [address for part in entity for address in linked(part)]
    if isinstance(entity, dict):
        own = [entity["@id"]] if set(entity) == {"@id"} else []
        return own + [address for part in entity.values() for address in linked(part)]
    return []


def test_every_link_ends_at_an_entity_or_at_a_published_standard(entities):
    for entity in entities.values():
        assert [a for a in linked(entity) if a not in entities and not a.startswith("https://w3id.org/ro/")] == []


def test_the_run_names_its_inputs_parameters_outputs_and_software(entities):
    run = entities["#run"]
    read = [entities[address] for address in linked(run["object"])]
    assert [(e["name"], e.get("sha256") or e["value"]) for e in read] == [
        ("data/codebook.csv", "aa"), ("own.csv", "bb"), ("requirements.lock", "cc"),
        ("n_boot of 03_risk_factors", "7")]  # fmt: skip
    assert linked(run["result"]) == list(OUTPUTS)
    assert [entities[name]["sha256"] for name in OUTPUTS] == ["dd", "ee", "ff"]
    needed = [entities[address] for address in linked(entities["#keepsafe"]["softwareRequirements"])]
    assert [(e["name"], e["softwareVersion"]) for e in needed] == [("Python", "3.11.7"), ("numpy", "2.4.6")]


def test_each_file_is_part_of_the_root_or_of_its_folder(entities):
    parts = linked(entities["./"]["hasPart"])
    inner = [name for folder in parts if folder.endswith("/") for name in linked(entities[folder]["hasPart"])]
    assert sorted(inner + [part for part in parts if not part.endswith("/")]) == sorted(OUTPUTS)


def test_text_and_code_have_their_licences_and_synthetic_files_their_label(entities):
    assert entities["./"]["license"]["@id"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert "synthetic" in entities["./"]["description"]
    assert "synthetic" not in crate(FACTS | {"synthetic": False}, OUTPUTS)
    assert entities["#keepsafe"]["license"]["@id"].endswith("MIT")
    assert entities[CRATE]["about"] == {"@id": "./"}


def test_equal_runs_have_equal_crates():
    assert crate(FACTS, OUTPUTS) == crate(FACTS, OUTPUTS)

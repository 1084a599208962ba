"""The licence of every package of the lock is listed, as the package itself states it."""

import importlib.util
from importlib.metadata import distributions

import pytest


@pytest.fixture(scope="module")
def list_of(compendium):
    """The program that writes the list."""
    spec = importlib.util.spec_from_file_location("dependencies", compendium / "LICENSES" / "dependencies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults(pins, listed, unknown) -> list[str]:
    """Packages that the list lacks, has for nothing, or has without a licence."""
    missing, spare = set(pins) - set(listed), set(listed) - set(pins)
    return sorted(" ".join(pin) for pin in missing | spare | {pin for pin in listed if listed[pin] in ("", unknown)})


def test_every_locked_package_has_its_licence_in_the_list(list_of, compendium):
    pins = list_of.locked((compendium / "requirements.lock").read_text())
    assert len(pins) > 100
    remedy = "run python LICENSES/dependencies.py"
    assert faults(pins, list_of.listed(), list_of.UNKNOWN) == [], remedy


def test_the_list_says_what_the_installed_packages_say(list_of):
    listed, here = list_of.listed(), list_of.found(distributions())
    both = set(listed) & set(here)
    assert len(both) > 100
    assert {pin: here[pin] for pin in both if here[pin] != listed[pin]} == {}


def test_a_package_without_a_row_or_without_a_licence_is_caught(list_of):
    pins = list_of.locked("a==1 \\\n    --hash=sha256:0\nb==2 ; os_name == 'nt'\nc[x]==3\n")
    assert pins == [("a", "1"), ("b", "2"), ("c", "3")]
    assert faults(pins, {pin: "MIT" for pin in pins}, "unknown") == []
    assert faults(pins, {pins[0]: "unknown", pins[1]: "MIT", ("d", "1"): "MIT"}, "unknown") == ["a 1", "c 3", "d 1"]

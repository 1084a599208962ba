"""What every test may ask for: the compendium's own folder."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def compendium() -> Path:
    return Path(__file__).resolve().parents[1]

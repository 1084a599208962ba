"""What the tests of the synthetic data share: the report's figures, and cohorts made once a session."""

import pytest

from keepsafe.files import read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.study import load_study
from keepsafe.study.published import load_claims, load_comparisons, load_figures
from keepsafe.synthesis import make
from keepsafe.synthesis.plan import Plan

OTHER_SEED = 1


@pytest.fixture(scope="session")
def study():
    return load_study()


@pytest.fixture(scope="session")
def report():
    """Figures, comparisons and claims."""
    return load_figures(), load_comparisons(), load_claims()


@pytest.fixture(scope="session")
def committed(study):
    """The cohort that the committed case files give."""
    return clean(read_case_files(), study)


@pytest.fixture(scope="session")
def plan(report, study):
    return Plan(report[0], report[1], study)


@pytest.fixture(scope="session")
def anew(report, study):
    """Files made from another seed than the committed ones, of a plan from which no other test has drawn."""
    return make(Plan(report[0], report[1], study), report[2], OTHER_SEED)


@pytest.fixture(scope="session")
def cohort_anew(anew, study):
    return clean(anew.case_files, study)
